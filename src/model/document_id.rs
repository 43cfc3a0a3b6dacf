//! Which YAML document of a file a path is into: by position, or by the identity that manifests
//! carry, so that a document keeps its name when another one is put in front of it.

use std::fmt;
use std::sync::Arc;

use super::{Value, lookups};

/// One YAML document of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentId {
    /// By its position in the file, from 0; written `#2:` for the second, and not at all for the
    /// first.
    Position(usize),
    /// By position among those without a name that are not empty, from 0; written `#~2:` for the
    /// second.
    Unnamed(usize),
    /// By what it describes, written `#Deployment/api:`.
    Named(Arc<DocumentName>),
}

impl Default for DocumentId {
    fn default() -> Self {
        Self::Position(0)
    }
}

impl From<usize> for DocumentId {
    fn from(position: usize) -> Self {
        Self::Position(position)
    }
}

impl DocumentId {
    /// Which of a file's documents it is; `None` when there is none, or more than one that it could
    /// be.
    #[must_use]
    pub fn find(&self, values: &[Value]) -> Option<usize> {
        match self {
            Self::Position(position) => (*position < values.len()).then_some(*position),
            Self::Unnamed(number) => unnamed(values).nth(*number),
            Self::Named(name) => {
                let mut found =
                    values.iter().enumerate().filter(|(_, value)| name.describes(value)).map(|(i, _)| i);
                found.next().filter(|_| found.next().is_none())
            }
        }
    }

    /// Whether it is how a file's only document is meant.
    #[must_use]
    pub fn is_first(&self) -> bool {
        *self == Self::default()
    }

    /// The document's name, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&DocumentName> {
        if let Self::Named(name) = self { Some(name) } else { None }
    }
}

/// The documents that say something and have no name.
fn unnamed(values: &[Value]) -> impl Iterator<Item = usize> {
    let plain = |value: &Value| *value != Value::Null && Identity::of(value).is_none();
    values.iter().enumerate().filter(move |(_, value)| plain(value)).map(|(i, _)| i)
}

/// What a manifest's document describes. The group and the namespace are only said where kind and
/// name alone could be several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentName {
    /// Its `kind`.
    pub kind: String,
    /// The part of its `apiVersion` before `/`, empty for the core group; `None` for any.
    pub group: Option<String>,
    /// Its `metadata.namespace`, empty when it has none; `None` for any.
    pub namespace: Option<String>,
    /// Its `metadata.name`.
    pub name: String,
}

/// How the core group is written.
const CORE: &str = "core";

impl DocumentName {
    /// Whether `value` is a document of this name.
    #[must_use]
    pub fn describes(&self, value: &Value) -> bool {
        lookups::count(1);
        Identity::of(value).is_some_and(|identity| self.is_of(&identity))
    }

    /// Whether it is a name of what this other name, which may say more, stands for.
    #[must_use]
    pub fn admits(&self, other: &Self) -> bool {
        let fits = |mine: &Option<String>, other: &Option<String>| match (mine, other) {
            (Some(mine), Some(other)) => mine == other,
            _ => true,
        };
        self.kind == other.kind
            && self.name == other.name
            && fits(&self.group, &other.group)
            && fits(&self.namespace, &other.namespace)
    }

    fn is_of(&self, identity: &Identity<'_>) -> bool {
        self.kind == identity.kind
            && self.name == identity.name
            && self.group.as_deref().is_none_or(|group| group == identity.group)
            && self.namespace.as_deref().is_none_or(|namespace| namespace == identity.namespace)
    }

    /// Reads `Deployment/api`, `Deployment.apps/api` or `Deployment/shop/api`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        let (kind, group) = match kind.split_once('.') {
            Some((kind, group)) => (kind, Some(if group == CORE { "" } else { group })),
            None => (kind, None),
        };
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, rest),
        };
        let is_whole = !kind.is_empty() && !name.is_empty() && !name.contains('/');
        is_whole.then(|| Self {
            kind: kind.to_owned(),
            group: group.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for DocumentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        match self.group.as_deref() {
            Some("") => write!(f, ".{CORE}")?,
            Some(group) => write!(f, ".{group}")?,
            None => {}
        }
        match self.namespace.as_deref() {
            Some(namespace) => write!(f, "/{namespace}/{}", self.name),
            None => write!(f, "/{}", self.name),
        }
    }
}

/// All that tells a manifest's document apart, as it stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity<'v> {
    /// Its `kind`.
    pub kind: &'v str,
    /// Its `metadata.name`.
    pub name: &'v str,
    /// The part of its `apiVersion` before `/`; empty for the core group.
    pub group: &'v str,
    /// Its `metadata.namespace`; empty when it has none.
    pub namespace: &'v str,
}

impl<'v> Identity<'v> {
    /// The identity of a document; `None` where it has none, or one that could not be written.
    #[must_use]
    pub fn of(value: &'v Value) -> Option<Self> {
        let map = value.as_map()?;
        let metadata = map.get("metadata")?.as_map()?;
        let version = map.get("apiVersion").and_then(Value::as_str)?;
        let identity = Self {
            kind: map.get("kind")?.as_str()?,
            name: metadata.get("name")?.scalar_text()?,
            group: version.split_once('/').map_or("", |(group, _)| group),
            namespace: metadata.get("namespace").and_then(Value::scalar_text).unwrap_or_default(),
        };
        let can_be_written = !identity.kind.is_empty()
            && !identity.name.is_empty()
            && !identity.kind.contains(['/', '.'])
            && identity.group != CORE
            && ![identity.name, identity.group, identity.namespace].iter().any(|part| part.contains('/'));
        can_be_written.then_some(identity)
    }

    /// The name that says of the group and the namespace only what is asked for.
    #[must_use]
    pub fn named(&self, with_group: bool, with_namespace: bool) -> DocumentName {
        DocumentName {
            kind: self.kind.to_owned(),
            group: with_group.then(|| self.group.to_owned()),
            namespace: with_namespace.then(|| self.namespace.to_owned()),
            name: self.name.to_owned(),
        }
    }
}

/// The named documents of one file, to be found without going through all.
#[derive(Clone, Debug)]
pub struct DocumentNames {
    /// Kind, name and position of each, in order.
    named: Vec<(String, String, usize)>,
    unnamed: Vec<usize>,
}

impl DocumentNames {
    /// The names of these documents.
    #[must_use]
    pub fn of(values: &[Value]) -> Self {
        let identities = values.iter().enumerate().filter_map(|(i, value)| Some((i, Identity::of(value)?)));
        let mut named: Vec<_> =
            identities.map(|(i, id)| (id.kind.to_owned(), id.name.to_owned(), i)).collect();
        named.sort_unstable();
        Self { named, unnamed: unnamed(values).collect() }
    }

    /// As [`DocumentId::find`]; `values` are those that the names were taken of.
    #[must_use]
    pub fn find(&self, document: &DocumentId, values: &[Value]) -> Option<usize> {
        match document {
            DocumentId::Position(_) => document.find(values),
            DocumentId::Unnamed(number) => self.unnamed.get(*number).copied(),
            DocumentId::Named(name) => {
                let wanted = (name.kind.as_str(), name.name.as_str());
                let key = |entry: &(String, String, usize)| (entry.0.as_str(), entry.1.as_str()) < wanted;
                let first = self.named.partition_point(key);
                let alike = self.named.iter().skip(first);
                let alike = alike.take_while(|(kind, named, _)| (kind.as_str(), named.as_str()) == wanted);
                let mut found = alike
                    .map(|(_, _, position)| *position)
                    .filter(|position| values.get(*position).is_some_and(|value| name.describes(value)));
                found.next().filter(|_| found.next().is_none())
            }
        }
    }
}
