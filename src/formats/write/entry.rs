//! Single values with their names: what the formats without a tree are made of.

use std::collections::BTreeMap;
use std::fmt;

use super::{ExportItem, Selection, names, place};
use crate::model::{Error, Help, Key, Result, Value, ValuePath};

/// How a format names values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    Variable,
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
                formats: "json or yaml",
                or: Some("encode the value, for example in base64"),
            },
        ))
    }
}

/// Every value of a selection under its name, in the order of the items.
///
/// # Errors
/// When two values would have one name, or a name means something else already.
pub(super) fn entries(selection: &Selection<'_>, naming: Naming) -> Result<Vec<Variable>> {
    if naming == Naming::Variable && !names::is_prefix(selection.prefix) {
        let shown = selection.prefix.escape_debug();
        return Err(Error::usage(format!("`{shown}` cannot begin the name of a variable"))
            .with_help("a prefix has letters, digits and `_`, and does not begin with a digit"));
    }
    let mut found = Vec::new();
    for item in &selection.items {
        of_item(item, selection, naming, &mut found);
    }
    refuse_collisions(&found)?;
    if naming == Naming::Variable {
        found.iter().try_for_each(refuse_taken)?;
    }
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
            Naming::Variable => names::variable(selection.prefix, key, path),
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

fn refuse_taken(entry: &Variable) -> Result<()> {
    let Some(what) = names::taken_by(&entry.name) else { return Ok(()) };
    let place = place(&entry.key, &entry.path);
    Err(Error::undecided(format!("{place} would be the variable {}, which is {what}", entry.name))
        .with_help(Help::NamePrefix))
}
