//! The bodies of what programs ask a server to write, read strictly.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::{object, sent};
use crate::model::{Environment, Error, Key, Result};

/// An item to put: what `GET` answers, with another value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PutItem")]
pub struct Put<'a> {
    /// 1, where it is given.
    pub version: Option<u64>,
    /// The item's key, as in the address.
    #[schemars(extend("pattern" = Key::PATTERN))]
    pub key: Option<String>,
    /// The environment, as in the address.
    #[schemars(with = "Option<Environment>")]
    pub environment: Option<String>,
    /// Not read.
    pub file: Option<String>,
    /// What the item shall hold; `{"masked":true}` where a secret stays as it is.
    #[serde(borrow)]
    #[schemars(with = "Json")]
    pub value: &'a RawValue,
}

/// Items to change in one commit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangeItems")]
pub struct Changes<'a> {
    /// The environment, as in the address.
    #[schemars(with = "Option<Environment>")]
    pub environment: Option<String>,
    /// The commit's message.
    pub message: Option<String>,
    /// The items, each once.
    #[serde(borrow, deserialize_with = "object::objects")]
    #[schemars(length(min = 1))]
    pub items: Vec<Change<'a>>,
}

/// One item to change: exactly one of `put`, `yaml`, `patch` and `delete`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangeItem")]
pub struct Change<'a> {
    /// The item's key.
    #[schemars(extend("pattern" = Key::PATTERN))]
    pub key: String,
    /// The tag of the item as it was read; null when there is none yet. It must be given.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    pub etag: Option<Option<String>>,
    /// The value that it shall hold.
    #[serde(borrow, default, deserialize_with = "raw")]
    #[schemars(with = "Json")]
    pub put: Option<&'a RawValue>,
    /// The text that its file shall have.
    pub yaml: Option<String>,
    /// A JSON Patch (a list), or else a merge patch.
    #[serde(borrow, default, deserialize_with = "raw")]
    #[schemars(with = "Json")]
    pub patch: Option<&'a RawValue>,
    /// Whether it goes.
    #[serde(default)]
    pub delete: bool,
}

/// A plan to carry out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Promote")]
pub struct Promote<'a> {
    /// The plan, as it was read; of each line `taken`, `outcome` and `value` may be changed.
    #[serde(borrow)]
    #[schemars(with = "serde_json::Map<String, Json>")]
    pub plan: &'a RawValue,
    /// What becomes of single paths, by item and path.
    #[serde(default)]
    pub select: BTreeMap<String, BTreeMap<String, Selected>>,
    /// The subject of the commit.
    pub message: Option<String>,
    /// The target once more, where that is production.
    pub confirm: Option<String>,
}

/// What becomes of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Selected {
    /// The source's value is written.
    Take,
    /// The target keeps its value, and that is recorded.
    Decline,
    /// Nothing happens.
    Keep,
}

/// Items to take back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RollBack")]
pub struct RollBack {
    /// The environment, as in the address.
    #[schemars(with = "Option<Environment>")]
    pub environment: Option<String>,
    /// The items.
    #[schemars(length(min = 1), inner(regex(pattern = Key::PATTERN)))]
    pub keys: Vec<String>,
    /// The commit whose values come back.
    pub to: Option<String>,
    /// The promotion that is taken back; the last one of each item without it and `to`.
    pub promotion: Option<String>,
    /// Only these paths, and what is below them.
    #[serde(default)]
    pub only: Vec<String>,
    /// The tag of each item as it was read; null where there is none now. Each must be given.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": Key::PATTERN}))]
    pub expected: BTreeMap<String, Option<String>>,
    /// Whether findings are accepted that the older values bring.
    #[serde(default)]
    pub force: bool,
    /// Whether an item goes that the promotion created.
    #[serde(default)]
    pub delete: bool,
    /// The first line of the commit's message; one is made without it.
    pub message: Option<String>,
}

/// A path that its environment shall keep.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hold")]
pub struct Hold {
    /// The environment, as in the address.
    #[schemars(with = "Option<Environment>")]
    pub environment: Option<String>,
    /// The item's key.
    #[schemars(extend("pattern" = Key::PATTERN))]
    pub key: String,
    /// What is kept, and all below it.
    pub path: String,
    /// Why.
    pub reason: String,
    /// `source-changes` (as it is without), `released`, or a day, `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// Reads a body.
///
/// # Errors
/// Usage: what is no JSON, holds a key twice, nests too deep, or has not these fields.
pub fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    sent::require_strict(text)?;
    object::from_str(text).map_err(|error| {
        Error::usage(format!("the body is not what is read here: {error}"))
            .with_help("the description of the API says which fields there are")
    })
}

/// Tells null from what is not given.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// A value that may be null.
fn raw<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}
