//! Configuration as processes and other tools take it: names, values and quoting.
//!
//! The room turns the values of one environment's items into text that reads back as the same
//! values, or says why it cannot. Most formats name single values by variables, one by dotted
//! properties, three keep the tree. A name that two values would share, a value that a format cannot
//! say, a tag that its reader would not see, and, where a shell or a process takes the variables, a
//! name by which text is run are refused; nothing is left to whichever comes last. The room does not know
//! whether a value may be delivered, nor where it goes.

mod dotenv;
mod entry;
mod env_file;
mod json;
mod manifest;
mod names;
mod number;
mod properties;
mod running;
mod shell;
mod toml;

use std::fmt;
use std::str::FromStr;

use entry::Naming;
pub use entry::Variable;
use manifest::Manifest;
pub use manifest::{Metadata, config_map};
use names::Alphabet;
pub use names::{NameCase, NameStyle, object as object_name};
pub use properties::property;

use crate::model::{Error, Help, Key, Result, Segment, Value, ValuePath, closest, written_tag};
use crate::yaml::render;

/// A format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `NAME='value'` lines.
    Dotenv,
    /// `NAME=value` lines without any quoting, for docker and kubectl.
    EnvFile,
    /// `export NAME='value'` lines for a POSIX shell.
    Shell,
    /// JSON.
    Json,
    /// One JSON object of strings.
    FlatJson,
    /// YAML, aliases and merges resolved.
    Yaml,
    /// TOML.
    Toml,
    /// Java properties.
    Properties,
    /// Kubernetes ConfigMaps.
    Configmap,
    /// Kubernetes Secrets.
    Secret,
}

impl Format {
    /// Every format, as users are told of them.
    pub const ALL: [Self; 10] = [
        Self::Dotenv,
        Self::EnvFile,
        Self::Shell,
        Self::Json,
        Self::FlatJson,
        Self::Yaml,
        Self::Toml,
        Self::Properties,
        Self::Configmap,
        Self::Secret,
    ];

    /// The name that users type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv",
            Self::EnvFile => "env-file",
            Self::Shell => "shell",
            Self::Json => "json",
            Self::FlatJson => "flat-json",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Properties => "properties",
            Self::Configmap => "configmap",
            Self::Secret => "secret",
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
    /// How paths become names, in the formats that name values by variables.
    pub names: &'a NameStyle,
    /// The variables that may leave though text is run by them.
    pub allowed: &'a [String],
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
    let mut exported = written(selection, format)?;
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => false,
    };
    let empty = selection.items.iter().filter(|item| is_empty(item.value));
    exported.notes.extend(empty.map(|item| format!("`{}` holds no value", item.key)));
    Ok(exported)
}

fn written(selection: &Selection<'_>, format: Format) -> Result<Exported> {
    if format != Format::Yaml {
        refuse_tags(selection, format)?;
    }
    let text = |text| Exported { text, notes: Vec::new() };
    let entries = |alphabet| entry::entries(selection, Naming::Variable(alphabet));
    let harmless = || -> Result<Vec<Variable>> {
        let entries = entries(Alphabet::Variable)?;
        entries.iter().try_for_each(|entry| running::refuse(entry, selection.allowed, None))?;
        Ok(entries)
    };
    match format {
        Format::Dotenv => dotenv::write(&harmless()?),
        Format::EnvFile => env_file::write(&entries(Alphabet::Variable)?).map(text),
        Format::Shell => shell::write(&harmless()?).map(text),
        Format::FlatJson => json::flat(&entries(Alphabet::Any)?).map(text),
        Format::Configmap => manifest::write(selection, Manifest::ConfigMap).map(text),
        Format::Secret => manifest::write(selection, Manifest::Secret).map(text),
        Format::Properties => {
            refuse_names(selection, format)?;
            Ok(text(properties::write(&entry::entries(selection, Naming::Property)?)))
        }
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

/// The variables of a selection for a process that runs `program`.
///
/// # Errors
/// As [`export`]; also when a value holds a NUL character, which no variable can, or its name is one
/// by which text is run.
pub fn variables(selection: &Selection<'_>, program: &str) -> Result<Vec<Variable>> {
    refuse_tags(selection, Format::Shell)?;
    let entries = entry::entries(selection, Naming::Variable(Alphabet::Variable))?;
    for entry in &entries {
        entry.refuse_nul("a variable")?;
        running::refuse(entry, selection.allowed, Some(program))?;
    }
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
    refuse_names(selection, format)?;
    if selection.prefix.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!("{format} keeps the tree of values and has no names to put a prefix before"))
        .with_help(Help::PrefixFormats(
            "dotenv, env-file, shell, flat-json, properties, configmap and secret".into(),
        )))
}

fn refuse_names(selection: &Selection<'_>, format: Format) -> Result<()> {
    if *selection.names == NameStyle::default() {
        return Ok(());
    }
    Err(Error::usage(format!("{format} names values by their paths, in no other style"))
        .with_help("other names go with dotenv, env-file, shell, flat-json, configmap and secret"))
}

/// A tag says what a value means; where it cannot be written the value would mean something else.
fn refuse_tags(selection: &Selection<'_>, format: Format) -> Result<()> {
    let found =
        selection.items.iter().find_map(|item| Some((item.key, tagged(item.value, &mut Vec::new())?)));
    match found {
        None => Ok(()),
        Some((key, (path, tag))) => Err(Error::undecided(format!(
            "{} is under the tag `{}`, which {format} cannot say",
            place(key, &path),
            written_tag(tag).escape_debug()
        ))
        .with_help(Help::OtherFormat {
            formats: "yaml, whose readers see the tag".into(),
            or: Some("remove it from the item".into()),
        })),
    }
}

/// The first tag and its path; `at` is the way to the value, of which nothing is left where there is none.
fn tagged<'a>(value: &'a Value, at: &mut Vec<Step<'a>>) -> Option<(ValuePath, &'a str)> {
    match value {
        Value::Tagged(tag, _) => Some((path_of(at), tag)),
        Value::Map(map) => map.iter().find_map(|(key, value)| below(value, Step::Key(key), at)),
        Value::List(list) => {
            list.iter().enumerate().find_map(|(index, value)| below(value, Step::Index(index), at))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn below<'a>(value: &'a Value, step: Step<'a>, at: &mut Vec<Step<'a>>) -> Option<(ValuePath, &'a str)> {
    at.push(step);
    let found = tagged(value, at);
    at.pop();
    found
}

/// A step on the way to a value, of which most are never named.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

fn path_of(steps: &[Step<'_>]) -> ValuePath {
    steps.iter().fold(ValuePath::root(), |path, step| match step {
        Step::Key(key) => path.key(*key),
        Step::Index(index) => path.join(Segment::Index(*index)),
    })
}

/// A value of an item, as errors name it.
fn place(key: &Key, path: &ValuePath) -> String {
    if path.is_root() { format!("the whole of {key}") } else { format!("`{path}` of {key}") }
}

#[cfg(test)]
mod tests;
