//! The origins of values.

use super::value;
use crate::engine::provenance::{Blame, Step};
use crate::model::{Date, Environment, Key};
use crate::secrets::mask::Shown;
use crate::secrets::shown_path;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use std::io::{self, Write};

/// Where the values of an item come from.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace blame")]
pub(super) struct BlameReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The item's key.
    key: &'a str,
    /// The environment whose values these are.
    environment: Environment,
    /// The values, in file order.
    paths: Vec<Origin<'a>>,
}

/// One value and where it comes from.
#[derive(Serialize, JsonSchema)]
struct Origin<'a> {
    /// Where it is.
    path: String,
    /// The value; masked where it is a secret.
    value: Json,
    /// The commit that gave this environment the value.
    given: Option<Stop<'a>>,
    /// The commit that first wrote it, back through promotions.
    written: Option<Stop<'a>>,
    /// All of its way, from this environment back.
    way: Vec<Stop<'a>>,
}

/// One commit on a value's way; nulls where the history that is here begins later.
#[derive(Serialize, JsonSchema)]
struct Stop<'a> {
    /// The environment that got the value.
    environment: Environment,
    /// The commit's full id.
    commit: Option<&'a str>,
    /// The day it was committed, `YYYY-MM-DD`.
    #[schemars(with = "Option<String>")]
    date: Option<Date>,
    /// Its author.
    author: Option<&'a str>,
    /// The first line of its message.
    subject: Option<&'a str>,
}

/// Writes the origins for programs.
///
/// # Errors
/// Those of `out`.
pub fn json(
    key: &Key,
    environment: Environment,
    blames: &[Blame<Shown>],
    out: &mut dyn Write,
) -> io::Result<()> {
    fn stop(step: &Step) -> Stop<'_> {
        let commit = step.commit.as_ref();
        Stop {
            environment: step.environment,
            commit: commit.map(|commit| commit.id.as_str()),
            date: commit.map(crate::model::CommitInfo::date),
            author: commit.map(|commit| commit.author.as_str()),
            subject: commit.map(|commit| commit.subject.as_str()),
        }
    }
    fn origin(blame: &Blame<Shown>) -> Origin<'_> {
        Origin {
            path: shown_path(&blame.path),
            value: value::json(blame.value.shown()),
            given: blame.steps.first().map(stop),
            written: blame.steps.last().map(stop),
            way: blame.steps.iter().map(stop).collect(),
        }
    }
    let paths = blames.iter().map(origin).collect();
    super::findings::document(&BlameReport { version: 1, key: key.as_str(), environment, paths }, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<BlameReport<'_>>()
}
