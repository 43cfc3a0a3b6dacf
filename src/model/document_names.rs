//! The identity of YAML documents: what tells manifests apart, and which document a name means.

use super::document_id::{CORE, DocumentId, DocumentName};
use super::{Value, lookups};

impl DocumentId {
    /// Which of a file's documents it is; `None` when there is none, or more than one that it could
    /// be.
    #[must_use]
    pub fn find(&self, values: &[Value]) -> Option<usize> {
        match self {
            Self::Position(position) => (*position < values.len()).then_some(*position),
            Self::Unnamed(number) => unnamed(values).nth(*number),
            Self::Named(name) => {
                let found =
                    values.iter().enumerate().filter(|(_, value)| name.describes(value)).map(|(i, _)| i);
                name.only(found, values)
            }
        }
    }
}

/// The documents that say something and have no name.
fn unnamed(values: &[Value]) -> impl Iterator<Item = usize> {
    let plain = |value: &Value| *value != Value::Null && Identity::of(value).is_none();
    values.iter().enumerate().filter(move |(_, value)| plain(value)).map(|(i, _)| i)
}

impl DocumentName {
    /// Whether `value` is a document of this name.
    #[must_use]
    pub fn describes(&self, value: &Value) -> bool {
        lookups::count(1);
        Identity::of(value).is_some_and(|identity| self.is_of(&identity))
    }

    /// The one of these positions that is meant: the only one, or the only one that is as what the name was
    /// taken from.
    fn only(&self, positions: impl Iterator<Item = usize>, values: &[Value]) -> Option<usize> {
        let all: Vec<usize> = positions.collect();
        if let [one] = all[..] {
            return Some(one);
        }
        let is_seen = |position: &&usize| {
            let identity = values.get(**position).and_then(Identity::of);
            identity.is_some_and(|it| self.seen.iter().any(|(g, n)| g == it.group && n == it.namespace))
        };
        let mut seen = all.iter().filter(is_seen);
        seen.next().filter(|_| seen.next().is_none()).copied()
    }

    /// The same name, taken from this document as well.
    #[must_use]
    pub fn seen_in(&self, value: &Value) -> Self {
        let mut name = self.clone();
        if let Some(it) = Identity::of(value) {
            let seen = (it.group.to_owned(), it.namespace.to_owned());
            if !name.seen.contains(&seen) {
                name.seen.push(seen);
            }
        }
        name
    }

    fn is_of(&self, identity: &Identity<'_>) -> bool {
        self.kind == identity.kind
            && self.name == identity.name
            && self.group.as_deref().is_none_or(|group| group == identity.group)
            && self.namespace.as_deref().is_none_or(|namespace| namespace == identity.namespace)
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
            seen: vec![(self.group.to_owned(), self.namespace.to_owned())],
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
                let found = alike
                    .map(|(_, _, position)| *position)
                    .filter(|position| values.get(*position).is_some_and(|value| name.describes(value)));
                name.only(found, values)
            }
        }
    }
}
