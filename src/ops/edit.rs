//! Edits that several verbs make.

use super::item::no_such_path;
use crate::engine::configuration::Configuration;
use crate::engine::promotion::decision_places;
use crate::engine::snapshot::Snapshot;
use crate::model::{
    BlobId, Environment, Error, ErrorKind, Help, Hop, Key, Map, Result, Segment, Value, ValuePath, policy,
};
use crate::secrets::encrypted;
use crate::store::transaction::FileChange;
use crate::yaml::edit::{Operation, Place, Replacement};
use crate::yaml::{self, Document, Limits, NESTING};

/// Sets a value where there is one, else adds it to its parent.
pub(super) fn set_or_insert<'a>(
    document: &Document,
    path: &ValuePath,
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

/// Adds a value to a list, behind the element at `path`.
pub(super) fn insert_behind<'a>(path: &ValuePath, value: Value) -> Result<Operation<'a>> {
    let (Some(parent), Some(element)) = (path.parent(), path.last().cloned()) else {
        return Err(Error::internal("the root of a document is no element"));
    };
    let value = Replacement::Value(value);
    Ok(Operation::Insert { parent, key: None, place: Place::After(element), value, comment: None })
}

/// Refuses a path to where no value can be read again.
pub(super) fn refuse_depth(path: &ValuePath) -> Result<()> {
    let steps = path.segments.len();
    if steps <= NESTING {
        return Ok(());
    }
    Err(Error::usage(format!("the path has {steps} steps, and values nest at most {NESTING} deep")))
}

/// Sets where there is a value, adds where there is a parent, and with `parents` makes those.
pub(super) fn set_or_insert_with<'a>(
    document: &Document,
    path: &ValuePath,
    value: Value,
    parents: bool,
    file: &str,
) -> Result<Operation<'a>> {
    let parent_is_there = path.parent().is_none_or(|parent| document.at(&parent).is_some());
    if document.at(path).is_some() || parent_is_there {
        return set_or_insert(document, path, value, file);
    }
    let error = no_such_path(document.values(), path, file).with_kind(ErrorKind::Usage);
    let there = (0..path.segments.len())
        .rev()
        .map(|steps| path.prefix(steps))
        .find(|prefix| document.at(prefix).is_some());
    let Some(there) = there.filter(|there| document.at(there).and_then(Value::as_list).is_none()) else {
        return Err(error);
    };
    match path.segments[there.segments.len()..].split_first() {
        Some((Segment::Key(_), _)) if !parents => Err(error.or_help(Help::CreateParents)),
        Some((Segment::Key(key), below)) => {
            refuse_depth(path)?;
            Ok(Operation::Insert {
                parent: there,
                key: Some(key.clone()),
                place: Place::Last,
                value: Replacement::Value(nested(below, value)),
                comment: None,
            })
        }
        _ => Err(error),
    }
}

/// The value below mappings made of the path's keys.
pub(super) fn nested(segments: &[Segment], value: Value) -> Value {
    segments.iter().rev().fold(value, |value, segment| match segment {
        Segment::Key(key) => Value::Map(Map::from_iter([(key.clone(), value)])),
        Segment::Index(_) | Segment::Append | Segment::Identity { .. } => Value::List(vec![value].into()),
    })
}

/// Refuses to change what SOPS encrypted, or vouches for.
fn refuse_cipher(document: &Document, edits: &[Operation<'_>], file: &str) -> Result<()> {
    if encrypted::is_sealed(document.values()) {
        return Err(encrypted::refusal(file));
    }
    let path = |edit: &Operation<'_>| match edit {
        Operation::Set { path, .. } | Operation::Remove { path } | Operation::Uncover { path } => {
            Some(path.clone())
        }
        Operation::Insert { parent, .. } if !parent.is_root() => Some(parent.clone()),
        Operation::Insert { .. } | Operation::InsertDocument { .. } => None,
    };
    let is_cipher = |path: &ValuePath| encrypted::is_cipher_at(document.values(), path);
    match edits.iter().filter_map(path).find(is_cipher) {
        Some(path) => Err(encrypted::cipher_refusal(file, &path)),
        None => Ok(()),
    }
}

/// The text after edits; a refusal becomes an error with its place.
pub(super) fn edit(
    document: &Document,
    edits: &[Operation<'_>],
    limits: &Limits,
    file: &str,
) -> Result<String> {
    edited(document, edits, limits, file).map(Document::into_text)
}

/// The document after edits.
///
/// # Errors
/// As [`edit`].
pub(super) fn edited(
    document: &Document,
    edits: &[Operation<'_>],
    limits: &Limits,
    file: &str,
) -> Result<Document> {
    if !edits.is_empty() && encrypted::is_encrypted(document.values()) {
        refuse_cipher(document, edits, file)?;
    }
    yaml::edit::edited(document, edits, limits).map_err(|refusal| {
        let place = refusal.span.map_or_else(String::new, |span| {
            let at = document.location(&span).start;
            format!(":{}:{}", at.line, at.column)
        });
        Error::undecided(format!("{file}{place}: {}", refusal.message)).with_help(refusal.help)
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
        files.extend(Hop::ALL.iter().flat_map(|hop| decision_places(key, hop.target())));
        files.extend(policy.schemas_of(key).map(|schema| schema.file.clone()));
    }
    files.into_iter().map(|file| format!("{prefix}{file}")).collect()
}

/// The blob that a file change was judged on.
pub(super) fn blob_of(snapshot: &Snapshot, file: &str) -> Option<BlobId> {
    snapshot.files.get(file).and_then(|entry| entry.blob.clone())
}

/// A configuration with these files changed.
pub(super) fn after(configuration: &Configuration, files: &[FileChange]) -> Result<Configuration> {
    let prefix = &configuration.snapshot().prefix;
    let changed =
        |file: &FileChange| Some((file.path.strip_prefix(prefix.as_str())?.to_owned(), file.after.clone()));
    configuration.with(&files.iter().filter_map(changed).collect())
}
