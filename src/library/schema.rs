//! JSON Schemas from a program's types, which `terrace check` then judges the values by.
//!
//! The type derives `schemars::JsonSchema` (schemars 1). Doc comments become descriptions, serde's
//! renames and enums are followed, an `Option` is not required, and `deny_unknown_fields` closes
//! the mapping.
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! /// What the payments service needs.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields, rename_all = "kebab-case")]
//! struct Settings {
//!     /// How many connections are held.
//!     pool_size: u16,
//!     note: Option<String>,
//! }
//!
//! let schema = terrace::schema::generate::<Settings>();
//! assert_eq!(schema["properties"]["pool-size"]["maximum"], 65535);
//! assert_eq!(schema["properties"]["pool-size"]["description"], "How many connections are held.");
//! assert_eq!(schema["required"], serde_json::json!(["pool-size"]));
//! assert_eq!(schema["additionalProperties"], false);
//! ```

use std::path::Path;

use schemars::JsonSchema;

use crate::json_schema::{Origin, generate as schema_of, generated};
use crate::model::{Key, Result};
use crate::ops::{self, Inferred, Workspace};

/// How a schema file stands to what the type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// There is none yet.
    New,
    /// It was generated, and says something else.
    Stale,
    /// It says just that.
    Current,
    /// A person wrote it or took it over; it is never overwritten.
    TakenOver,
}

/// The JSON Schema (draft 2020-12) of a type, as `schemas/KEY.schema.json` holds it: with the mark
/// of having been generated from a type, so that `terrace schema infer` leaves it alone.
#[must_use]
pub fn generate<T: JsonSchema>() -> serde_json::Value {
    generated(schema_of::<T>(), Origin::Type)
}

/// Says how `schemas/KEY.schema.json`, in the configuration that holds `path`, stands to the type.
/// Nothing is written: a program's own test may ask this.
///
/// # Errors
/// When the text is no key, or the file cannot be read.
pub fn compare<T: JsonSchema>(path: impl AsRef<Path>, key: &str) -> Result<State> {
    Ok(state(&propose::<T>(&Workspace::open(path.as_ref(), &super::environment())?, key)?))
}

/// Writes `schemas/KEY.schema.json` in the working tree that holds `path`, unless it is current or
/// a person's, and says how it stood before. It is not committed.
///
/// ```
/// use terrace::schema::{self, State};
///
/// #[derive(schemars::JsonSchema)]
/// struct Settings {
///     pool_size: u16,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = ("environments/staging/payments.yaml", "pool_size: 5\n");
/// let repository = terrace::testing::Repository::with(&[file])?;
/// assert_eq!(schema::write::<Settings>(repository.path(), "payments")?, State::New);
/// assert_eq!(schema::write::<Settings>(repository.path(), "payments")?, State::Current);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the text is no key, the repository has no working tree, or the file cannot be written.
pub fn write<T: JsonSchema>(path: impl AsRef<Path>, key: &str) -> Result<State> {
    let workspace = Workspace::open_to_change(path.as_ref(), &super::environment())?;
    let proposed = propose::<T>(&workspace, key)?;
    ops::write_schemas(&workspace, std::slice::from_ref(&proposed))?;
    Ok(state(&proposed))
}

fn propose<T: JsonSchema>(workspace: &Workspace, key: &str) -> Result<Inferred> {
    ops::typed_schema(workspace, &key.parse::<Key>()?, &generate::<T>())
}

const fn state(proposed: &Inferred) -> State {
    match proposed.state {
        ops::SchemaState::New => State::New,
        ops::SchemaState::Stale => State::Stale,
        ops::SchemaState::Current => State::Current,
        ops::SchemaState::TakenOver => State::TakenOver,
    }
}
