//! `list` and `get` for programs.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::value;
use crate::model::{CommitId, Environment, Key, Pointer, Value, ValuePath};

/// The items of a repository.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace list")]
struct Items<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The items, by key.
    items: Vec<ListedItem<'a>>,
}

/// One item.
#[derive(Serialize, JsonSchema)]
struct ListedItem<'a> {
    /// The item's key.
    key: &'a str,
    /// The environments that have it.
    environments: &'a [Environment],
}

/// Writes the items and the environments that have them.
///
/// # Errors
/// Those of `out`.
pub fn list<'a>(
    items: impl IntoIterator<Item = (&'a Key, &'a [Environment])>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let items = items.into_iter().map(|(key, environments)| ListedItem { key: key.as_str(), environments });
    super::findings::document(&Items { version: 1, items: items.collect() }, out)
}

/// One value, as it is: not masked.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace get")]
pub(super) struct Got<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The item's key.
    key: &'a str,
    /// The environment that was read.
    environment: Environment,
    /// The commit that was read; null for the working tree and the index.
    commit: Option<&'a str>,
    /// The value as a JSON Pointer.
    pointer: String,
    /// The value as people name it.
    path: String,
    /// The value itself.
    value: Json,
}

/// Where a value stands.
pub struct At<'a> {
    /// The item.
    pub key: &'a Key,
    /// The environment that was read.
    pub environment: Environment,
    /// The commit that was read; `None` for the working tree and the index.
    pub commit: Option<&'a CommitId>,
    /// The place as a pointer.
    pub pointer: &'a Pointer,
    /// The place as a path.
    pub path: &'a ValuePath,
}

/// Writes one value and where it stands.
///
/// # Errors
/// Those of `out`.
pub fn get(at: &At<'_>, value: &Value, out: &mut dyn Write) -> io::Result<()> {
    let got = Got {
        version: 1,
        key: at.key.as_str(),
        environment: at.environment,
        commit: at.commit.map(|commit| commit.as_str()),
        pointer: at.pointer.to_string(),
        path: at.path.to_string(),
        value: value::json(value),
    };
    super::findings::document(&got, out)
}

/// The JSON Schemas of what `list` and `get` write.
#[must_use]
pub fn schemas() -> [(&'static str, Json); 2] {
    [("list", super::findings::schema_of::<Items<'_>>()), ("get", super::findings::schema_of::<Got<'_>>())]
}
