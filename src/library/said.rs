//! What is at a place of a repository, or why there is nothing good, as programs get it from any source.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Item;
use crate::api;
use crate::client::{ClientError, Origin, Place, Said, Step};
use crate::engine::configuration::Configuration;
use crate::model::{BlobId, Error, Result, Segment, Value, ValuePath};
use crate::ops;
use crate::store::Repository;
use crate::yaml::Document;

/// What is at a place of a configuration, when `check` has nothing against it.
pub(super) fn said(item: &Item, place: &Place, configuration: &Configuration) -> Result<Said> {
    let checked = item.checked(configuration)?;
    let root = ValuePath::root();
    let (path, value, etag) = match &place.path {
        None => {
            let file = item.file(configuration)?;
            let blob = match configuration.snapshot().identify_item(file)?.id {
                Some(blob) => blob,
                // Git knows nothing of the file as it is.
                None => Repository::id_of(&configuration.reading(file)?.bytes)?,
            };
            (root, api::value::json(checked.only()?), tag_of(&blob))
        }
        Some(path) => {
            let view = ops::get(configuration, &place.key, place.environment, Some(path))?;
            let value = api::value::json(&view.value);
            let digest = Sha256::digest(value.to_string());
            let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            (view.path, value, format!("\"{digits}\""))
        }
    };
    Ok(Said { etag, commit: None, value, origin: origin(&checked.file, &checked.document, path) })
}

/// Finds values below a path of a document.
fn origin(file: &str, document: &Arc<Document>, root: ValuePath) -> Origin {
    let (file, document) = (file.to_owned(), Arc::clone(document));
    Origin::of(move |steps: &[Step<'_>]| {
        let path = steps.iter().fold(root.clone(), |path, step| match step {
            Step::Name(name) => path.key(*name),
            Step::Index(index) => path.join(Segment::Index(*index)),
        });
        let located = document.locate(&path)?;
        let is_scalar = document.at(&path).is_none_or(Value::is_scalar);
        let span = if is_scalar { located.token() } else { located.key.unwrap_or(located.value) };
        let at = document.location(&span).start;
        Some(format!("{file}:{}:{}", at.line, at.column))
    })
}

/// The tag of an item whose file has this content.
pub(super) fn tag_of(blob: &BlobId) -> String {
    format!("\"{blob}\"")
}

/// The error for programs, about a place.
pub(super) fn told(error: &Error, place: &Place) -> ClientError {
    let findings = error.findings();
    let document = (!findings.is_empty()).then(|| {
        let entries: Vec<_> = findings.iter().map(api::findings::FindingEntry::from).collect();
        serde_json::json!({ "findings": entries })
    });
    ClientError::of_repository(error, document).about(place)
}
