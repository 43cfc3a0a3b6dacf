//! What the tests of this room share: schemas and documents from text.

use serde_json::Value as Json;

use super::{Broken, Compiled};
use crate::model::Value;
use crate::yaml::{Document, Limits};

/// The schema made of these files, the first being its root.
pub(super) fn load(files: &[(&str, Json)]) -> Result<Compiled, Vec<Broken>> {
    let read = |path: &str| {
        let (_, json) = files.iter().find(|(known, _)| *known == path)?;
        serde_json::to_vec_pretty(json).ok()
    };
    Compiled::load(files[0].0, &read)
}

/// A schema in one file.
pub(super) fn schema(json: Json) -> Compiled {
    load(&[("schemas/a.schema.json", json)]).expect("a schema")
}

/// What is wrong with a schema in one file.
pub(super) fn broken(text: &str) -> Vec<Broken> {
    let read = |_: &str| Some(text.as_bytes().to_vec());
    Compiled::load("schemas/a.schema.json", &read).expect_err(text)
}

/// The value of some YAML.
pub(super) fn yaml(text: &str) -> Value {
    Document::parse(text.as_bytes(), &Limits::default()).expect(text).value().clone()
}
