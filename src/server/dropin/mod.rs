//! Drop-in reads: what clients of other people's protocols ask, answered from the same views.
//!
//! Each protocol has its own addresses and its own shape of answers. The rules are those of every door: one
//! environment that is named exactly, no mask in the place of a value, 404 for what is not there alone.

mod argocd;
mod ofrep;
mod spring;
mod values;

use axum::response::{IntoResponse, Response};

pub(super) use self::argocd::parameters;
pub(super) use self::ofrep::fallback;
pub(super) use self::spring::spring;
use super::problem::{Problem, ProblemKind};
use crate::model::{Environment, ValuePath};
use crate::secrets::encrypted;
use crate::yaml::{Document, Limits};

/// What an answer is counted as, where its address does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// The route; the one that matched without.
    pub(super) route: Option<&'static str>,
    /// The environment that was asked about.
    pub(super) environment: Option<Environment>,
}

fn counted(answered: Result<Response, Problem>, counted: Counted) -> Response {
    let mut response = answered.into_response();
    response.extensions_mut().insert(counted);
    response
}

/// The document of a file whose values can be given as they are.
fn readable(file: &str, bytes: &[u8], limits: &Limits) -> Result<Document, Problem> {
    let refused = |detail: String| Problem::new(ProblemKind::Refused, detail);
    let document = Document::parse(bytes, limits)
        .map_err(|_| refused(format!("{file} is not YAML that can be read as values")))?;
    if encrypted::is_encrypted(document.values()) {
        return Err(refused(format!("{file} is encrypted, and its values would leave as ciphertext"))
            .with_help("let its readers decrypt the file itself"));
    }
    Ok(document)
}

/// Refuses a document, or what is at a path of it, that holds what no path leads to: it would be left out.
pub(super) fn require_sayable(
    file: &str,
    document: &Document,
    path: Option<&ValuePath>,
) -> Result<(), Problem> {
    let Some(at) = document.complex_key(path) else { return Ok(()) };
    let detail = format!("{file}:{}:{}: this key is a list or a mapping", at.line, at.column);
    Err(Problem::new(ProblemKind::Refused, detail)
        .with_help("use plain text as the key; what is below this one would be left out"))
}

/// The same of a file that is one YAML document.
fn single(file: &str, bytes: &[u8], limits: &Limits) -> Result<Document, Problem> {
    let document = readable(file, bytes, limits)?;
    require_sayable(file, &document, None)?;
    match document.values().len() {
        0 | 1 => Ok(document),
        count => {
            let detail = format!("{file} holds {count} YAML documents, and an item leaves as one");
            Err(Problem::new(ProblemKind::Refused, detail)
                .with_help("split it into items of one document each"))
        }
    }
}
