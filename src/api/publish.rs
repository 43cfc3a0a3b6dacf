//! What was published, or would be.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::served::ItemChange;
use crate::model::Environment;

/// What was published, or would be.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace publish")]
pub struct Publication<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    pub version: u8,
    /// The environment.
    pub environment: Environment,
    /// Where to, without user and password.
    pub target: String,
    /// The commit that the store held; null when it held none.
    pub from: Option<&'a str>,
    /// The commit that it holds then.
    pub commit: &'a str,
    /// Whether something was written.
    pub written: bool,
    /// Whether the store is, or was already, as promised.
    pub current: bool,
    /// Whether it finishes what was interrupted.
    pub completes: bool,
    /// What changes, in the order of the names.
    pub changes: Vec<PublishedName<'a>>,
    /// So many names stay as they are.
    pub unchanged: usize,
}

/// One name of the store.
#[derive(Serialize, JsonSchema)]
pub struct PublishedName<'a> {
    /// The name, without what all of the environment begin with.
    pub name: &'a str,
    /// What happens to it.
    pub change: ItemChange,
}

/// Writes it for programs, on one line.
///
/// # Errors
/// Those of `out`.
pub fn json(publication: &Publication<'_>, out: &mut dyn Write) -> io::Result<()> {
    super::findings::line(publication, out)
}

/// The JSON Schema of that.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<Publication<'_>>()
}
