//! What comes in: a value with its source, and where it enters.

use std::borrow::Cow;

use super::{Refusal, Replacement};
use crate::model::{Segment, Value, ValuePath};
use crate::yaml::document::{Document, Located};
use crate::yaml::node::NodeId;

/// A value that comes in, and where it stands in its source.
#[derive(Clone)]
pub(super) struct New<'a> {
    pub(super) value: Cow<'a, Value>,
    pub(super) source: Option<(&'a Document, ValuePath)>,
    /// Whether a scalar keeps the quotes and lines of its source.
    pub(super) is_restored: bool,
}

impl<'a> TryFrom<&Replacement<'a>> for New<'a> {
    type Error = Refusal;

    fn try_from(replacement: &Replacement<'a>) -> Result<Self, Refusal> {
        let is_restored = matches!(replacement, Replacement::Restored { .. });
        match replacement {
            Replacement::Value(value) => {
                Ok(Self { value: Cow::Owned(value.clone()), source: None, is_restored })
            }
            Replacement::From { document, path } | Replacement::Restored { document, path } => {
                let path = document.resolve(path);
                let message =
                    || Refusal::new(format!("the source has nothing at `{path}`"), "name what it has");
                let value = document.at(&path).ok_or_else(message)?;
                Ok(Self { value: Cow::Borrowed(value), source: Some((document, path)), is_restored })
            }
        }
    }
}

impl<'a> New<'a> {
    /// The same value without its source's text.
    pub(super) fn bare(&self) -> Self {
        Self { value: self.value.clone(), source: None, is_restored: false }
    }

    /// The same value laid out anew where it takes another's place.
    pub(super) fn flowing(&self) -> Self {
        Self { is_restored: false, ..self.clone() }
    }

    /// The document whose root it is.
    pub(super) fn whole_source(&self) -> Option<&'a Document> {
        self.source.as_ref().filter(|(_, path)| path.is_root()).map(|(document, _)| *document)
    }

    /// The value one step down.
    pub(super) fn child(&self, segment: &Segment) -> Option<Self> {
        let value = match &self.value {
            Cow::Borrowed(value) => Cow::Borrowed(value.child(segment)?),
            Cow::Owned(value) => Cow::Owned(value.child(segment)?.clone()),
        };
        let source = self.source.as_ref().map(|(document, path)| (*document, path.join(segment.clone())));
        Some(Self { value, source, is_restored: self.is_restored })
    }

    /// The tag that the core schema does not know, and the value under it.
    pub(super) fn untagged(&self) -> (Option<&str>, &Value) {
        match &*self.value {
            Value::Tagged(tag, value) => (Some(tag), value),
            value => (None, value),
        }
    }

    pub(super) fn located(&self) -> Option<(&'a Document, Located)> {
        let (document, path) = self.source.as_ref()?;
        Some((document, document.locate(path)?))
    }

    /// The source's node, with what an alias stands for.
    pub(super) fn node(&self) -> Option<(&'a Document, NodeId)> {
        self.located().map(|(document, located)| (document, document.follow(located.node)))
    }
}

/// A new entry or element. Those with the same `after` stand in the order of their vector.
#[derive(Clone)]
pub(super) struct Added<'a> {
    pub(super) after: After,
    pub(super) key: Option<String>,
    pub(super) new: New<'a>,
    pub(super) comment: Option<String>,
}

impl<'a> Added<'a> {
    pub(super) fn new(after: After, key: Option<String>, new: New<'a>) -> Self {
        Self { after, key, new, comment: None }
    }
}

/// A new YAML document, and the position of the one that it follows. Those that follow the same one
/// stand in the order of their vector.
#[derive(Clone)]
pub(super) struct AddedDocument<'a> {
    pub(super) after: Option<usize>,
    pub(super) new: New<'a>,
}

/// The place of something new among the old siblings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum After {
    Start,
    /// By key or position.
    Sibling(Segment),
    End,
}
