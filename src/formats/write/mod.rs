//! Configuration as processes and other tools take it: names, values and quoting.
//!
//! The room turns the values of one environment's items into text that reads back as the same
//! values, or says why it cannot. Four formats name single values by variables (`dotenv`, `shell`,
//! `configmap`, and the variables of a process), one by dotted properties, three keep the tree.
//! A name that two values would share, a value that a format cannot say, and a tag that its reader
//! would not see are refused; nothing is left to whichever comes last. The room does not know
//! whether a value may be delivered, nor where it goes.

mod configmap;
mod dotenv;
mod entry;
mod json;
mod names;
mod number;
mod properties;
mod shell;
mod toml;

use std::fmt;
use std::str::FromStr;

use entry::Naming;
pub use entry::Variable;

use crate::model::{Error, Help, Key, Result, Value, ValuePath, closest};
use crate::yaml::render;

/// A format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `NAME='value'` lines.
    Dotenv,
    /// `export NAME='value'` lines for a POSIX shell.
    Shell,
    /// JSON.
    Json,
    /// YAML, aliases and merges resolved.
    Yaml,
    /// TOML.
    Toml,
    /// Java properties.
    Properties,
    /// Kubernetes ConfigMaps.
    Configmap,
}

impl Format {
    /// Every format, as users are told of them.
    pub const ALL: [Self; 7] =
        [Self::Dotenv, Self::Shell, Self::Json, Self::Yaml, Self::Toml, Self::Properties, Self::Configmap];

    /// The name that users type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv",
            Self::Shell => "shell",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Properties => "properties",
            Self::Configmap => "configmap",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let set = format!("the formats are {}", Self::ALL.map(Self::name).join(", "));
            let error = Error::usage(format!("`{}` is not a format of export", name.escape_debug()));
            match closest(name, Self::ALL.map(Self::name)) {
                Some(near) => error.with_help(format!("did you mean `{near}`? {set}")),
                None => error.with_help(set),
            }
        })
    }
}

/// One item whose values leave.
#[derive(Clone, Debug)]
pub struct ExportItem<'a> {
    /// Its key.
    pub key: &'a Key,
    /// Its values, merged and aliases followed.
    pub value: &'a Value,
}

/// What leaves, and how it is named.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    /// The items, in the order of the output.
    pub items: Vec<ExportItem<'a>>,
    /// Whether one item is meant by itself, so that its key is not part of any name.
    pub alone: bool,
    /// What every name begins with.
    pub prefix: &'a str,
}

/// A finished export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The text, ending in a line feed unless empty.
    pub text: String,
    /// What a person should know of it, without values.
    pub notes: Vec<String>,
}

/// The text of a selection in a format.
///
/// # Errors
/// `Undecided` when two values would have one name, or the format cannot say a value.
pub fn export(selection: &Selection<'_>, format: Format) -> Result<Exported> {
    if format != Format::Yaml {
        refuse_tags(selection, format)?;
    }
    let text = |text| Exported { text, notes: Vec::new() };
    match format {
        Format::Dotenv => dotenv::write(&entry::entries(selection, Naming::Variable)?),
        Format::Shell => shell::write(&entry::entries(selection, Naming::Variable)?).map(text),
        Format::Properties => Ok(text(properties::write(&entry::entries(selection, Naming::Property)?))),
        Format::Configmap => configmap::write(selection).map(text),
        Format::Json => {
            refuse_prefix(selection, format)?;
            json::write(selection).map(text)
        }
        Format::Toml => {
            refuse_prefix(selection, format)?;
            toml::write(selection)
        }
        Format::Yaml => {
            refuse_prefix(selection, format)?;
            Ok(text(yaml(selection)))
        }
    }
}

/// The variables of a selection for a process.
///
/// # Errors
/// As [`export`]; also when a value holds a NUL character, which no variable can.
pub fn variables(selection: &Selection<'_>) -> Result<Vec<Variable>> {
    refuse_tags(selection, Format::Shell)?;
    let entries = entry::entries(selection, Naming::Variable)?;
    entries.iter().try_for_each(|entry| entry.refuse_nul("a variable"))?;
    Ok(entries)
}

fn yaml(selection: &Selection<'_>) -> String {
    match selection.items.as_slice() {
        [item] if selection.alone => render::block(item.value, 0),
        items => {
            let entries = items.iter().map(|item| (item.key.to_string(), item.value.clone()));
            render::block(&Value::Map(entries.collect()), 0)
        }
    }
}

fn refuse_prefix(selection: &Selection<'_>, format: Format) -> Result<()> {
    if selection.prefix.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!("{format} keeps the tree of values and has no names to put a prefix before"))
        .with_help(Help::PrefixFormats("dotenv, shell, properties and configmap")))
}

/// A tag says what a value means; where it cannot be written the value would mean something else.
fn refuse_tags(selection: &Selection<'_>, format: Format) -> Result<()> {
    let found =
        selection.items.iter().find_map(|item| Some((item.key, tagged(item.value, &ValuePath::root())?)));
    match found {
        None => Ok(()),
        Some((key, (path, tag))) => Err(Error::undecided(format!(
            "{} is under the tag `{}`, which {format} cannot say",
            place(key, &path),
            tag.escape_debug()
        ))
        .with_help(Help::OtherFormat {
            formats: "yaml, whose readers see the tag",
            or: Some("remove it from the item"),
        })),
    }
}

fn tagged<'a>(value: &'a Value, path: &ValuePath) -> Option<(ValuePath, &'a str)> {
    match value {
        Value::Tagged(tag, _) => Some((path.clone(), tag)),
        Value::Map(map) => map.iter().find_map(|(key, value)| tagged(value, &path.key(key))),
        Value::List(list) => list
            .iter()
            .enumerate()
            .find_map(|(index, value)| tagged(value, &path.join(crate::model::Segment::Index(index)))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A value of an item, as errors name it.
fn place(key: &Key, path: &ValuePath) -> String {
    if path.is_root() { format!("the whole of {key}") } else { format!("`{path}` of {key}") }
}

#[cfg(test)]
mod tests;
