//! Edits that several verbs make.

use super::item::no_such_path;
use crate::engine::encrypted;
use crate::engine::snapshot::Snapshot;
use crate::model::{BlobId, Error, Path, Result, Segment, Value};
use crate::yaml::edit::{Operation, Place, Replacement, apply};
use crate::yaml::{Document, Limits};

/// Sets a value where there is one, else adds it to its parent.
pub(super) fn set_or_insert<'a>(
    document: &Document,
    path: &Path,
    value: Value,
    file: &str,
) -> Result<Operation<'a>> {
    let value = Replacement::Value(value);
    if document.at(path).is_some() {
        return Ok(Operation::Set { path: path.clone(), value });
    }
    match (path.parent(), path.last()) {
        (Some(parent), Some(Segment::Key(key))) if document.at(&parent).is_some() => {
            let key = Some(key.clone());
            Ok(Operation::Insert { parent, key, place: Place::Last, value, comment: None })
        }
        (Some(parent), Some(Segment::Append)) if document.at(&parent).is_some() => {
            Ok(Operation::Insert { parent, key: None, place: Place::Last, value, comment: None })
        }
        _ => Err(no_such_path(document.values(), path, file)),
    }
}

/// Applies edits; a refusal becomes an error with its place.
pub(super) fn edit(
    document: &Document,
    edits: &[Operation<'_>],
    limits: &Limits,
    file: &str,
) -> Result<String> {
    if !edits.is_empty() && encrypted::is_encrypted(document.values()) {
        return Err(encrypted::refusal(file));
    }
    apply(document, edits, limits).map_err(|refusal| {
        let place = refusal.span.map_or_else(String::new, |span| {
            let at = document.location(&span).start;
            format!(":{}:{}", at.line, at.column)
        });
        Error::undecided(format!("{file}{place}: {}", refusal.message)).help(refusal.help)
    })
}

/// The blob that a file change was judged on.
pub(super) fn blob_of(snapshot: &Snapshot, file: &str) -> Option<BlobId> {
    snapshot.files.get(file).and_then(|entry| entry.blob.clone())
}
