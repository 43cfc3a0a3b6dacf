//! Whether a file of the work tree shows a certain blob, line endings considered.

use git2::{Blob, ObjectType, Oid};

use super::attributes::Attributes;
use super::eol::LineEndings;
use super::files::WorktreeEntry;
use crate::model::Result;
use crate::store::git_error::git_error;

/// A blob and how the work tree shows it.
pub(super) struct BlobView<'a> {
    blob: Blob<'a>,
    endings: LineEndings,
}

impl<'a> BlobView<'a> {
    pub(super) fn of(attributes: &Attributes<'a>, path: &str, id: Oid) -> Result<Self> {
        let blob = attributes.repository.find_blob(id);
        let blob = blob.map_err(|error| git_error(&format!("read {path}"), &error))?;
        Ok(Self { blob, endings: attributes.line_endings(path)? })
    }

    /// The bytes of the file.
    pub(super) fn file(&self) -> Vec<u8> {
        self.endings.to_file(self.blob.content()).into_owned()
    }

    /// Whether git would say that a file with these bytes is unchanged.
    pub(super) fn is_shown_by(&self, file: &[u8]) -> bool {
        let blob = self.blob.content();
        let same_id = |bytes: &[u8]| Oid::hash_object(ObjectType::Blob, bytes) == Ok(self.blob.id());
        file == blob
            || *file == *self.endings.to_file(blob)
            || same_id(&self.endings.to_blob(file, Some(blob)))
    }
}

/// Whether what stands at a path is this blob, or nothing where there is none.
pub(super) fn shows(sight: &WorktreeEntry, view: Option<&BlobView<'_>>) -> bool {
    match (sight, view) {
        (WorktreeEntry::Absent, None) => true,
        (WorktreeEntry::File(seen), Some(view)) => view.is_shown_by(&seen.bytes),
        (WorktreeEntry::Absent | WorktreeEntry::File(_) | WorktreeEntry::Blocked(_), _) => false,
    }
}
