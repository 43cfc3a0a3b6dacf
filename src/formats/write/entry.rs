//! Single values with their names: what the formats without a tree are made of.

use std::collections::BTreeMap;
use std::fmt;

use super::names::Alphabet;
use super::{ExportItem, Selection, names, place};
use crate::model::{Error, Help, Key, Result, Value, ValuePath};

/// How a format names values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// By the style that is asked for, in the letters that the format has.
    Variable(Alphabet),
    Property,
}

/// One value under its name.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// The variable's or the property's name.
    pub name: String,
    /// The value's text; empty for null, `{}` and `[]`.
    pub text: String,
    /// The item that it comes from.
    pub key: Key,
    /// The value's path.
    pub path: ValuePath,
}

impl fmt::Debug for Variable {
    /// Without the value, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} from {} of {})", self.name, self.path, self.key)
    }
}

impl Variable {
    /// Refuses a text with a NUL character.
    pub(super) fn refuse_nul(&self, what: &str) -> Result<()> {
        if !self.text.contains('\0') {
            return Ok(());
        }
        let place = place(&self.key, &self.path);
        Err(Error::undecided(format!("{place} holds a NUL character, which {what} cannot")).with_help(
            Help::OtherFormat {
                formats: "json or yaml".into(),
                or: Some("encode the value, for example in base64".into()),
            },
        ))
    }
}

/// Every value of a selection under its name, in the order of the items.
///
/// # Errors
/// When two values would have one name, or a name means something else already.
pub(super) fn entries(selection: &Selection<'_>, naming: Naming) -> Result<Vec<Variable>> {
    if let Naming::Variable(alphabet) = naming {
        refuse_style(selection, alphabet)?;
    }
    let mut found = Vec::new();
    for item in &selection.items {
        of_item(item, selection, naming, &mut found);
    }
    refuse_collisions(&found)?;
    Ok(found)
}

fn of_item(item: &ExportItem<'_>, selection: &Selection<'_>, naming: Naming, out: &mut Vec<Variable>) {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => false,
    };
    // An item without any content has no values to name.
    if is_empty(item.value) {
        return;
    }
    item.value.walk(&ValuePath::root(), &mut |path, value| {
        // An item that is one value has no other name than its key.
        let key = (!selection.alone || path.is_root()).then_some(item.key);
        let name = match naming {
            Naming::Variable(alphabet) => {
                names::variable(selection.prefix, selection.names, alphabet, key, path)
            }
            Naming::Property => names::property(selection.prefix, key, path),
        };
        out.push(Variable { name, text: text(value).to_owned(), key: item.key.clone(), path: path.clone() });
    });
}

/// The text of a single value: strings as they are, numbers as written, nothing for what is empty.
fn text(value: &Value) -> &str {
    match value {
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(text) | Value::String(text) => text,
        Value::Null | Value::List(_) | Value::Map(_) => "",
        // Refused before; its content is what a reader would see.
        Value::Tagged(_, value) => text(value),
    }
}

fn refuse_collisions(entries: &[Variable]) -> Result<()> {
    let mut seen: BTreeMap<&str, &Variable> = BTreeMap::new();
    for entry in entries {
        if let Some(first) = seen.insert(&entry.name, entry) {
            let (one, two) = (place(&first.key, &first.path), place(&entry.key, &entry.path));
            return Err(Error::undecided(format!(
                "{one} and {two} would both be {}",
                entry.name.escape_debug()
            ))
            .with_help("rename one of them, or take a format that keeps the tree: json, yaml, toml"));
        }
    }
    Ok(())
}

fn refuse_style(selection: &Selection<'_>, alphabet: Alphabet) -> Result<()> {
    let prefix = selection.prefix;
    let begins = alphabet != Alphabet::Variable || names::is_prefix(prefix);
    if !begins || !prefix.chars().all(|c| alphabet.has(c)) {
        let shown = prefix.escape_debug();
        return Err(Error::usage(format!("`{shown}` cannot begin the name of a variable"))
            .with_help("a prefix has letters, digits and `_`, and does not begin with a digit"));
    }
    let separator = &selection.names.separator;
    if !separator.chars().all(|c| alphabet.has(c)) {
        let shown = separator.escape_debug();
        return Err(Error::usage(format!("`{shown}` cannot stand in the name of a variable"))
            .with_help("a separator has letters, digits and `_`; flat-json takes any"));
    }
    Ok(())
}
