//! Commits and what they changed.

use super::value::json_or_absent;
use crate::engine::provenance::{Logged, LoggedChange};
use crate::model::{CommitId, Environment};
use crate::secrets::mask::Shown;
use crate::secrets::shown_path;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use std::io::{self, Write};

/// Commits, and the values that they changed.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace log")]
pub(super) struct LogReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The commits, newest first.
    commits: Vec<Commit<'a>>,
    /// Where older commits begin, when they were not all asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

/// One commit.
#[derive(Serialize, JsonSchema)]
struct Commit<'a> {
    /// Its full id.
    commit: &'a str,
    /// The day it was committed, `YYYY-MM-DD`.
    date: String,
    /// Its author.
    author: &'a str,
    /// The first line of its message.
    subject: &'a str,
    /// The values that it changed.
    changes: Vec<Changed<'a>>,
    /// Files that are not YAML before or after it.
    unreadable: &'a [String],
}

/// One value that a commit changed.
#[derive(Serialize, JsonSchema)]
struct Changed<'a> {
    /// In which environment.
    environment: Environment,
    /// The item's key.
    key: &'a str,
    /// Where.
    path: String,
    /// `added`, `removed` or `modified`.
    kind: &'a str,
    /// The value before; `{"absent":true}` where there was none.
    old: Json,
    /// The value after; `{"absent":true}` where there is none.
    new: Json,
    /// The environment that had the value before: the change was a promotion.
    from: Option<Environment>,
}

/// Writes the log for programs.
///
/// # Errors
/// Those of `out`.
pub fn json(commits: &[Logged<Shown>], out: &mut dyn Write) -> io::Result<()> {
    page(commits, None, out)
}

/// Writes some commits for programs, and the commit after which more are to be asked for.
///
/// # Errors
/// Those of `out`.
pub fn page(commits: &[Logged<Shown>], next: Option<&CommitId>, out: &mut dyn Write) -> io::Result<()> {
    fn change(entry: &LoggedChange<Shown>) -> Changed<'_> {
        Changed {
            environment: entry.environment,
            key: entry.key.as_str(),
            path: shown_path(&entry.path),
            kind: entry.kind.name(),
            old: json_or_absent(entry.old.as_ref()),
            new: json_or_absent(entry.new.as_ref()),
            from: entry.from,
        }
    }
    fn commit(logged: &Logged<Shown>) -> Commit<'_> {
        Commit {
            commit: logged.commit.id.as_str(),
            date: logged.commit.date().to_string(),
            author: &logged.commit.author,
            subject: &logged.commit.subject,
            changes: logged.entries.iter().map(change).collect(),
            unreadable: &logged.unreadable,
        }
    }
    let (commits, next) = (commits.iter().map(commit).collect(), next.map(CommitId::as_str));
    super::findings::document(&LogReport { version: 1, commits, next }, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<LogReport<'_>>()
}
