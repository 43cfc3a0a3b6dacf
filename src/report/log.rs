//! Values over time: per commit what it changed, an environment on every line.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::columns::{Cell, align};
use super::json;
use super::path_name;
use super::sanitize::{clean, cut};
use super::value::json_or_absent;
use super::view::View;
use crate::diff::Kind;
use crate::engine::provenance::{Entry, Logged};
use crate::model::Environment;
use crate::secrets::mask::Shown;

/// Writes commits for people, values already masked.
///
/// # Errors
/// Those of `out`.
pub fn text(commits: &[Logged<Shown>], view: &View, out: &mut dyn Write) -> io::Result<()> {
    for (index, logged) in commits.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let (frame, faint, commit) = (view.styles.frame, view.styles.faint, &logged.commit);
        let who = format!("{}, {}", cut(&commit.author, 24), commit.date());
        let subject = view.subject(&commit.subject, 60, &who);
        writeln!(out, "{frame}{}{frame:#}  {subject}   {faint}{who}{faint:#}", commit.id.short())?;
        let rows: Vec<_> = logged.entries.iter().map(|entry| row(entry, view)).collect();
        for line in align(&rows, view.room()) {
            writeln!(out, "{line}")?;
        }
        for file in &logged.unreadable {
            writeln!(out, "  {} is not YAML before or after this commit", clean(file))?;
        }
    }
    Ok(())
}

fn row(entry: &Entry<Shown>, view: &View) -> Vec<Cell> {
    let style = match entry.kind {
        Kind::Added => view.styles.added,
        Kind::Removed => view.styles.removed,
        Kind::Modified => view.styles.modified,
    };
    let change = match entry.kind {
        Kind::Removed => format!("{} → removed", view.change(entry.old.as_ref(), None)),
        Kind::Added | Kind::Modified => view.change(entry.old.as_ref(), entry.new.as_ref()),
    };
    vec![
        Cell::new(format!("  {}", entry.environment)),
        Cell::new(clean(entry.key.as_str())),
        Cell::new(entry.kind.sign().to_string()).style(style),
        Cell::new(path_name(&entry.path)),
        Cell::new(change),
        Cell::new(entry.from.map_or(String::new(), |from| format!("from {from}"))).style(view.styles.faint),
    ]
}

/// Commits, and the values that they changed.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace log")]
struct Report<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The commits, newest first.
    commits: Vec<Commit<'a>>,
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
    fn change(entry: &Entry<Shown>) -> Changed<'_> {
        Changed {
            environment: entry.environment,
            key: entry.key.as_str(),
            path: entry.path.to_string(),
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
    json::document(&Report { version: 1, commits: commits.iter().map(commit).collect() }, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    json::schema_of::<Report<'_>>()
}
