//! Which YAML document of a file a path is into: by position, or by the identity that manifests
//! carry, so that a document keeps its name when another one is put in front of it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One YAML document of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// What a manifest's document describes. The group and the namespace are only said where kind and
/// name alone could be several.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentName {
    /// Its `kind`.
    pub kind: String,
    /// The part of its `apiVersion` before `/`, empty for the core group; `None` for any.
    pub group: Option<String>,
    /// Its `metadata.namespace`, empty when it has none; `None` for any.
    pub namespace: Option<String>,
    /// Its `metadata.name`.
    pub name: String,
    /// Groups and namespaces of the documents that it was taken from: they tell in other versions which of
    /// several is meant, and are no part of the name.
    #[serde(skip)]
    pub(super) seen: Vec<(String, String)>,
}

impl DocumentName {
    fn parts(&self) -> (&str, Option<&str>, Option<&str>, &str) {
        (&self.kind, self.group.as_deref(), self.namespace.as_deref(), &self.name)
    }
}

impl PartialEq for DocumentName {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for DocumentName {}

impl PartialOrd for DocumentName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DocumentName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl Hash for DocumentName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// How the core group is written.
pub(super) const CORE: &str = "core";

impl DocumentName {
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
            seen: Vec::new(),
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
