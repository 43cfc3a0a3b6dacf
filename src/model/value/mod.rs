//! Values as readers see them: aliases followed, merges applied, numbers by their text.

mod list;
mod map;
#[cfg(feature = "repository")]
mod stored;

use std::fmt;

pub use self::list::List;
pub use self::map::Map;
#[cfg(feature = "repository")]
pub use self::stored::StoredValue;
use super::lookups;

/// A configuration value.
///
/// Equality is the contract's: strings by content, numbers by their text as written, booleans
/// and nulls by value, mappings without regard to order, lists with regard to it; an unknown tag
/// is part of the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false` of the YAML 1.2 core schema.
    Bool(bool),
    /// A number, as its text (`1.10` is not `1.1`).
    Number(String),
    /// A string.
    String(String),
    /// A list.
    List(List),
    /// A mapping.
    Map(Map),
    /// A value under a tag that the core schema does not know.
    Tagged(String, Box<Self>),
}

/// The tag of the value that stands in for a secret; it is no tag that YAML can write plainly.
const MASKED: &str = "terrace:masked";

impl Value {
    /// The value that stands in for a secret.
    #[must_use]
    pub fn masked() -> Self {
        Self::Tagged(MASKED.to_owned(), Box::new(Self::Null))
    }

    /// Whether this stands in for a secret.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        matches!(self, Self::Tagged(tag, _) if tag == MASKED)
    }

    /// The tag, as it is written, that this value has and `after`, which takes its place, lacks.
    #[must_use]
    pub fn lost_tag(&self, after: Option<&Self>) -> Option<String> {
        let Self::Tagged(tag, _) = self else { return None };
        let is_kept = self.is_masked() || matches!(after, Some(Self::Tagged(kept, _)) if kept == tag);
        (!is_kept).then(|| written_tag(tag))
    }

    /// The type's name in JSON Schema's words; a tagged value has its content's.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "mapping",
            Self::Tagged(_, value) => value.kind(),
        }
    }

    /// Whether this is neither a list nor a mapping.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(_) | Self::Map(_) => false,
            Self::Tagged(_, value) => value.is_scalar(),
        }
    }

    /// The value without the tags that it stands under.
    #[must_use]
    pub fn untagged(&self) -> &Self {
        match self {
            Self::Tagged(_, value) => value.untagged(),
            value => value,
        }
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&List> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The text of an untagged scalar, by which list elements are identified.
    #[must_use]
    pub fn scalar_text(&self) -> Option<&str> {
        match self {
            Self::Null => Some("null"),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Number(text) | Self::String(text) => Some(text),
            Self::List(_) | Self::Map(_) | Self::Tagged(..) => None,
        }
    }

    /// The entries that usually tell the elements of a list apart, in this order.
    pub const NAMES: [&str; 4] = ["name", "id", "key", "metadata.name"];

    /// The text of the entry `field`, by which an element of a list is known; a field that is no entry
    /// is the way to one, as `metadata.name`.
    #[must_use]
    pub fn name(&self, field: &str) -> Option<&str> {
        lookups::count(1);
        let map = self.as_map()?;
        match (map.get(field), field.split_once('.')) {
            (Some(value), _) => value.scalar_text(),
            (None, Some((first, rest))) => map.get(first)?.name(rest),
            (None, None) => None,
        }
    }

    /// One text per value: equal values have the same, whatever the order of their mappings.
    #[must_use]
    pub fn canonical(&self) -> String {
        match self {
            Self::Null => "~".to_owned(),
            Self::Bool(value) => format!("b{value}"),
            Self::Number(text) => format!("n{text};"),
            Self::String(text) => format!("s{}:{text}", text.len()),
            Self::List(list) => format!("[{}]", list.iter().map(Self::canonical).collect::<String>()),
            Self::Map(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| key.as_str());
                let body: String =
                    entries.iter().map(|(k, v)| format!("{}:{k}{}", k.len(), v.canonical())).collect();
                format!("{{{body}}}")
            }
            Self::Tagged(tag, value) => format!("!{}:{tag}{}", tag.len(), value.canonical()),
        }
    }

    /// The value at `path` (whose document number is not looked at).
    #[must_use]
    pub fn at(&self, path: &crate::model::ValuePath) -> Option<&Self> {
        path.segments.iter().try_fold(self, |value, segment| value.child(segment))
    }

    /// The value one step down; a tag is no step.
    #[must_use]
    pub fn child(&self, segment: &crate::model::Segment) -> Option<&Self> {
        lookups::count(1);
        match (segment, self) {
            (crate::model::Segment::Key(key), Self::Map(map)) => map.get(key),
            (crate::model::Segment::Index(index), Self::List(list)) => list.get(*index),
            (crate::model::Segment::Identity { field, value }, Self::List(list)) => list.named(field, value),
            (_, Self::Tagged(_, value)) => value.child(segment),
            _ => None,
        }
    }

    /// Every scalar and empty collection with its path below `base`, lists by position.
    pub fn walk<'a>(
        &'a self,
        base: &crate::model::ValuePath,
        visit: &mut dyn FnMut(&crate::model::ValuePath, &'a Self),
    ) {
        match self {
            Self::Map(map) if !map.is_empty() => {
                for (key, value) in map {
                    value.walk(&base.key(key), visit);
                }
            }
            Self::List(list) if !list.is_empty() => {
                for (index, value) in list.iter().enumerate() {
                    value.walk(&base.join(crate::model::Segment::Index(index)), visit);
                }
            }
            Self::Tagged(_, value) if !value.is_scalar() => value.walk(base, visit),
            leaf => visit(base, leaf),
        }
    }

    /// How many scalars and empty collections it holds.
    #[must_use]
    pub fn leaves(&self) -> usize {
        match self {
            Self::Map(map) if !map.is_empty() => map.values().map(Self::leaves).sum(),
            Self::List(list) if !list.is_empty() => list.iter().map(Self::leaves).sum(),
            Self::Tagged(_, value) => value.leaves(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::List(_) | Self::Map(_) => {
                1
            }
        }
    }
}

impl fmt::Display for Value {
    /// One line in YAML flow style, for people to read; strings are quoted only where they would
    /// read as something else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::String(text) => write_string(f, text),
            Self::List(list) => {
                f.write_str("[")?;
                for (i, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(map) => {
                f.write_str("{")?;
                for (i, (key, value)) in map.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    write_string(f, key)?;
                    write!(f, ": {value}")?;
                }
                f.write_str("}")
            }
            Self::Tagged(..) if self.is_masked() => f.write_str("••••"),
            Self::Tagged(tag, value) => write!(f, "{} {value}", written_tag(tag)),
        }
    }
}

/// A tag as it is written before a value (YAML 1.2.2, section 6.9.1).
#[must_use]
pub fn written_tag(tag: &str) -> String {
    /// What parts a tag from what stands about it.
    const INDICATORS: &str = "!,[]{}";
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some(short) if !short.is_empty() => format!("!!{}", tag_text(short, INDICATORS)),
        _ => match tag.strip_prefix('!') {
            Some(local) => format!("!{}", tag_text(local, INDICATORS)),
            None => format!("!<{}>", tag_text(tag, "")),
        },
    }
}

/// The text of a tag with escapes for what cannot stand in it as it is.
fn tag_text(text: &str, escaped: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-#;/?:@&=+$,_.!~*'()[]".contains(c) && !escaped.contains(c) {
            out.push(c);
        } else {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    out
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+~ $()<>;=^|&*!?'{}".contains(c);
    let starts_plain = text.starts_with(|c: char| c.is_alphanumeric() || "/_$(<".contains(c));
    let word =
        matches!(text.to_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    let numeric = text.chars().all(|c| c.is_ascii_hexdigit() || "_.xXo:+-eE".contains(c))
        && text.starts_with(|c: char| c.is_ascii_digit());
    let safe = starts_plain
        && !word
        && !numeric
        && text.chars().all(plain)
        && !text.contains(": ")
        && !text.ends_with([':', ' ']);
    if safe { f.write_str(text) } else { write!(f, "{text:?}") }
}
