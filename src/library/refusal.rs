//! Why a program does not get its values, as an error that says where.

use super::typed::DeserializeFailure;
use crate::model::{Error, Finding, Policy, Position, ValuePath};
use crate::report::sanitize::clean;
use crate::secrets::is_secret_path;
use crate::secrets::mask::SecretTexts;
use crate::yaml::Document;

/// So many findings are told.
const TOLD: usize = 10;

/// The error for findings that are errors: one line each.
pub(super) fn of_findings(errors: &[Finding]) -> Error {
    let line = |finding: &Finding| {
        let at = finding.location.map(|location| location.start);
        line(&finding.file, at, finding.path.as_ref(), &format!("{} [{}]", finding.message, finding.rule))
    };
    let mut lines: Vec<_> = errors.iter().take(TOLD).map(line).collect();
    if errors.len() > TOLD {
        lines.push(format!("and {} more errors", errors.len() - TOLD));
    }
    let error = Error::usage(lines.join("\n")).with_findings(errors.to_vec());
    match errors.first().filter(|finding| !finding.help.is_empty()) {
        Some(finding) => error.with_help(finding.help.clone()),
        None => error,
    }
}

/// The error for a value that a program's type does not take.
pub(super) fn of_wrong(
    wrong: &DeserializeFailure,
    file: &str,
    document: &Document,
    policy: &Policy,
) -> Error {
    let root = ValuePath::root();
    let (path, is_key) = wrong.place.as_ref().map_or((&root, false), |at| (&at.path, at.is_key));
    let at = position(document, path, is_key);
    let hidden =
        is_secret_path(policy, path) || SecretTexts::of(document, policy).are_told_in(&wrong.message);
    let message = if hidden { &wrong.masked } else { &wrong.message };
    let help = wrong.help.as_deref().unwrap_or("change the value, or the type that reads it");
    Error::usage(line(file, Some(at), Some(path), message)).with_help(help)
}

/// Where a value stands: a list or a mapping at its key, and what has no key where its document
/// begins.
fn position(document: &Document, path: &ValuePath, is_key: bool) -> Position {
    let root = document.root(&path.document).map_or(0, |root| document.node(root).span.start);
    let is_scalar = document.at(path).is_none_or(crate::model::Value::is_scalar);
    let span = match document.locate(path).filter(|_| !path.is_root()) {
        Some(located) if is_key || !is_scalar => located.key.unwrap_or(located.value),
        Some(located) => located.token(),
        None => root..root,
    };
    document.location(&span).start
}

fn line(file: &str, at: Option<Position>, path: Option<&ValuePath>, message: &str) -> String {
    let mut out = clean(file).into_owned();
    if let Some(at) = at {
        out.push_str(&format!(":{}:{}", at.line, at.column));
    }
    if let Some(path) = path.map(ValuePath::to_string).filter(|path| !path.is_empty() && !path.ends_with(':'))
    {
        out.push_str(&format!(": {}", clean(&path)));
    }
    format!("{out}: {}", clean(message))
}
