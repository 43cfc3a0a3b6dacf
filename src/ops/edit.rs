//! Edits that several verbs make.

use super::item::no_such_path;
use crate::engine::configuration::Configuration;
use crate::engine::encrypted;
use crate::engine::promotion::decisions_file;
use crate::engine::snapshot::Snapshot;
use crate::model::{BlobId, Environment, Error, Hop, Key, Path, Result, Segment, Value, policy};
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

/// The files and folders, relative to the git root, that a judgement of these items rests on: the
/// items everywhere, what was decided about them, the policy and the schemas.
pub(super) fn rests_on<'k>(
    configuration: &Configuration,
    keys: impl IntoIterator<Item = &'k Key>,
) -> Vec<String> {
    let prefix = &configuration.snapshot().prefix;
    let policy = configuration.policy();
    let mut files = vec![policy::FILE.to_owned(), "schemas".to_owned()];
    for key in keys {
        files.extend(Environment::ALL.map(|environment| key.file(environment)));
        files.extend(Hop::ALL.map(|hop| decisions_file(key, hop.target())));
        files.extend(policy.schemas_of(key).map(|schema| schema.file.clone()));
    }
    files.into_iter().map(|file| format!("{prefix}{file}")).collect()
}

/// The blob that a file change was judged on.
pub(super) fn blob_of(snapshot: &Snapshot, file: &str) -> Option<BlobId> {
    snapshot.files.get(file).and_then(|entry| entry.blob.clone())
}
