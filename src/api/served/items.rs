//! The items of an environment, and the schemas that describe them.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use crate::api::findings::line;
use crate::api::value;
use crate::model::{Environment, Key};
use crate::secrets::mask::Shown;

/// Items of one environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Items")]
pub(super) struct ItemsReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The environment.
    environment: Environment,
    /// In the order of their keys.
    items: &'a [ListedItem<'a>],
    /// Where the next page begins: the value for `after`; null on the last page.
    next: Option<&'a str>,
}

/// An item of a list.
#[derive(Serialize, JsonSchema)]
pub struct ListedItem<'a> {
    /// The item's key.
    pub key: &'a str,
    /// The entity tag of its JSON.
    pub etag: &'a str,
    /// The commit that last changed it; null where a shallow clone does not tell.
    pub commit: Option<&'a str>,
}

/// Writes a page of items.
///
/// # Errors
/// Those of `out`.
pub fn items(
    environment: Environment,
    items: &[ListedItem<'_>],
    next: Option<&Key>,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&ItemsReport { version: 1, environment, items, next: next.map(Key::as_str) }, out)
}

/// One item.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Item")]
pub(super) struct ItemReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The item's key.
    key: &'a str,
    /// Its environment.
    environment: Environment,
    /// Its file, relative to the git root.
    file: &'a str,
    /// What it holds; left out of a file of several YAML documents. A secret that may not be shown is
    /// `{"masked":true}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// What each of several YAML documents holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<Json>>,
}

/// Writes one item, the value of each of its YAML documents already masked.
///
/// # Errors
/// Those of `out`.
pub fn item(
    (key, environment): (&Key, Environment),
    file: &str,
    values: &[Shown],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut values = values.iter().map(|value| value::json(value.shown()));
    let (value, documents) = match values.len() {
        0 => (Some(Json::Null), None),
        1 => (values.next(), None),
        _ => (None, Some(values.collect())),
    };
    line(&ItemReport { version: 1, key: key.as_str(), environment, file, value, documents }, out)
}

/// The schemas that describe one item.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ItemSchemas")]
pub(super) struct SchemasReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The item's key.
    key: &'a str,
    /// Its environment.
    environment: Environment,
    /// Each has to be met.
    schemas: &'a [DescribingSchema],
}

/// A schema that describes an item.
#[derive(Serialize, JsonSchema)]
pub struct DescribingSchema {
    /// Its file, relative to the git root.
    pub file: String,
    /// The JSON Schema; null where the file is not JSON.
    pub schema: Json,
}

/// Writes the schemas of one item.
///
/// # Errors
/// Those of `out`.
pub fn schemas_of_item(
    (key, environment): (&Key, Environment),
    schemas: &[DescribingSchema],
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&SchemasReport { version: 1, key: key.as_str(), environment, schemas }, out)
}
