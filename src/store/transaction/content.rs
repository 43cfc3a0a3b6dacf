//! Whether a file of the work tree shows a certain blob, line endings considered.

use std::rc::Rc;

use git2::{ObjectType, Oid};

use super::attributes::Attributes;
use super::eol::LineEndings;
use super::files::WorktreeEntry;
use crate::model::Result;

/// A blob and how the work tree shows it.
pub(super) struct BlobView {
    id: Oid,
    blob: Rc<[u8]>,
    endings: LineEndings,
}

impl BlobView {
    pub(super) fn of(attributes: &Attributes<'_>, path: &str, id: Oid) -> Result<Self> {
        Ok(Self { id, blob: attributes.blob(path, id)?, endings: attributes.line_endings(path)? })
    }

    /// The bytes of the file.
    pub(super) fn file(&self) -> Vec<u8> {
        self.endings.to_file(&self.blob).into_owned()
    }

    /// Whether git would say that a file with these bytes is unchanged.
    pub(super) fn is_shown_by(&self, file: &[u8]) -> bool {
        let same_id = |bytes: &[u8]| Oid::hash_object(ObjectType::Blob, bytes) == Ok(self.id);
        *file == *self.blob
            || *file == *self.endings.to_file(&self.blob)
            || same_id(&self.endings.to_blob(file, Some(&self.blob)))
    }
}

/// Whether what stands at a path is this blob, or nothing where there is none.
pub(super) fn shows(sight: &WorktreeEntry, view: Option<&BlobView>) -> bool {
    match (sight, view) {
        (WorktreeEntry::Absent, None) => true,
        (WorktreeEntry::File(seen), Some(view)) => view.is_shown_by(&seen.bytes),
        (WorktreeEntry::Absent | WorktreeEntry::File(_) | WorktreeEntry::Blocked(_), _) => false,
    }
}
