//! The values of a file, for those who do not ask where they stand.

use std::sync::OnceLock;

use crate::model::{DocumentId, DocumentNames, Value, ValuePath};

/// The values of a file, without the places where they stand.
#[derive(Clone, Debug)]
pub struct FileValues {
    values: Vec<Value>,
    names: OnceLock<DocumentNames>,
}

impl FileValues {
    /// The value of each YAML document, at least one.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value at `path`.
    #[must_use]
    pub fn at(&self, path: &ValuePath) -> Option<&Value> {
        self.values.get(self.position_of(&path.document)?)?.at(path)
    }

    /// Which of the file's YAML documents this is, by its position.
    pub(super) fn position_of(&self, document: &DocumentId) -> Option<usize> {
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
        Self { values, names: OnceLock::new() }
    }
}
