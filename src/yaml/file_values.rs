//! The values of a file, for those who do not ask where they stand.

use std::sync::OnceLock;

use crate::model::{DocumentId, DocumentNames, Segment, Value, ValuePath};

/// The values of a file, without the places where they stand.
#[derive(Clone, Debug)]
pub struct FileValues {
    values: Vec<Value>,
    names: OnceLock<DocumentNames>,
    shared: SharedScalars,
}

/// The scalars of a file that are written once and read in several places.
#[derive(Clone, Debug)]
pub enum SharedScalars {
    /// The paths of each, lists by position.
    Paths(Vec<Vec<ValuePath>>),
    /// So many that they are not listed: it may be any.
    Many,
}

impl FileValues {
    /// The value of each YAML document, at least one.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// `path` with its document and the elements of lists by position; `None` when nothing is there.
    #[must_use]
    pub fn by_position(&self, path: &ValuePath) -> Option<ValuePath> {
        let mut out = ValuePath::document(self.position_of(&path.document)?);
        let mut value = self.values.get(self.position_of(&path.document)?)?;
        for segment in &path.segments {
            out.segments.push(position(value, segment).map_or_else(|| segment.clone(), Segment::Index));
            value = value.child(segment)?;
        }
        Some(out)
    }

    /// The scalars that are written once and read in several places; known of old versions alone.
    #[must_use]
    pub const fn shared(&self) -> &SharedScalars {
        &self.shared
    }

    /// The same values, of which these are shared.
    pub(super) fn with_shared(self, shared: SharedScalars) -> Self {
        Self { shared, ..self }
    }

    /// The value at `path`.
    #[must_use]
    pub fn at(&self, path: &ValuePath) -> Option<&Value> {
        self.values.get(self.position_of(&path.document)?)?.at(path)
    }

    /// Which of the file's YAML documents this is, by its position.
    #[must_use]
    pub fn position_of(&self, document: &DocumentId) -> Option<usize> {
        match document {
            DocumentId::Position(_) => document.find(&self.values),
            DocumentId::Unnamed(_) | DocumentId::Named(_) => {
                self.names.get_or_init(|| DocumentNames::of(&self.values)).find(document, &self.values)
            }
        }
    }
}

impl From<Vec<Value>> for FileValues {
    fn from(values: Vec<Value>) -> Self {
        Self { values, names: OnceLock::new(), shared: SharedScalars::Paths(Vec::new()) }
    }
}

/// The position in a list that a name stands for; `None` for any other step.
pub(super) fn position(list: &Value, segment: &Segment) -> Option<usize> {
    match segment {
        Segment::Identity { field, value } => list.untagged().as_list()?.position(field, value),
        Segment::Key(_) | Segment::Index(_) | Segment::Append => None,
    }
}
