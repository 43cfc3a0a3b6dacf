//! What changed in an environment.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::findings::line;
use crate::model::{CommitId, Environment};

/// What changed in an environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(super) struct EventReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The environment.
    environment: Environment,
    /// The commit that last changed it.
    commit: Option<&'a str>,
    /// The items that changed; left out where nothing is told but how the environment stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'a [ChangedItem<'a>]>,
}

/// An item that changed.
#[derive(Serialize, JsonSchema)]
pub struct ChangedItem<'a> {
    /// The item's key.
    pub key: &'a str,
    /// The entity tag of its JSON; null when it is gone.
    pub etag: Option<String>,
    /// What happened to it.
    pub change: ItemChange,
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemChange {
    /// It was not there.
    Added,
    /// It is not what it was.
    Modified,
    /// It is gone.
    Removed,
}

/// Writes an event.
///
/// # Errors
/// Those of `out`.
pub fn event(
    environment: Environment,
    commit: Option<&CommitId>,
    items: Option<&[ChangedItem<'_>]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&EventReport { version: 1, environment, commit: commit.map(CommitId::as_str), items }, out)
}
