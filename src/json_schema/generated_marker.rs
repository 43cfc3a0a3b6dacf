//! The mark of a generated schema: who made it, and a digest by which a person's edit is noticed.
//!
//! `"x-terrace": {"generated": "<digest of the rest>"}`, and `"from": "type"` besides where a
//! program's type is the origin instead of the values there are.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

/// The keyword that holds the mark.
const OWN: &str = "x-terrace";

/// What a schema was generated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The values that items have.
    Values,
    /// A program's type, which knows better than the values.
    Type,
}

/// Whose a schema file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Generated and untouched: it may be generated again.
    Generated(Origin),
    /// Generated once and changed by a person since.
    TakenOver,
    /// Written by a person, or not readable.
    NotGenerated,
}

/// A schema as the text of its file.
#[must_use]
pub fn text(schema: &Json) -> String {
    format!("{schema:#}\n")
}

/// The schema with the mark of having been generated; what else it says of lists stays.
#[must_use]
pub fn generated(mut schema: Json, origin: Origin) -> Json {
    let Some(map) = schema.as_object_mut() else { return schema };
    let mut own = match map.shift_remove(OWN) {
        Some(Json::Object(own)) => own,
        _ => Map::new(),
    };
    own.shift_remove("generated");
    match origin {
        Origin::Values => own.shift_remove("from"),
        Origin::Type => own.insert("from".to_owned(), "type".into()),
    };
    if !own.is_empty() {
        map.insert(OWN.to_owned(), Json::Object(own.clone()));
    }
    let digest = digest(&schema);
    own.insert("generated".to_owned(), digest.into());
    if let Some(map) = schema.as_object_mut() {
        map.insert(OWN.to_owned(), Json::Object(own));
    }
    schema
}

/// Whose the schema file with this text is; only a generated one may be overwritten.
#[must_use]
pub fn is_generated(text: &str) -> Ownership {
    let Ok(mut schema) = serde_json::from_str::<Json>(text) else { return Ownership::NotGenerated };
    let Some(own) = schema.get_mut(OWN).and_then(Json::as_object_mut) else {
        return Ownership::NotGenerated;
    };
    let Some(Json::String(said)) = own.shift_remove("generated") else { return Ownership::NotGenerated };
    let origin =
        if own.get("from").is_some_and(|from| from == "type") { Origin::Type } else { Origin::Values };
    if own.is_empty()
        && let Some(schema) = schema.as_object_mut()
    {
        schema.shift_remove(OWN);
    }
    if digest(&schema) == said { Ownership::Generated(origin) } else { Ownership::TakenOver }
}

/// The digest of a schema, whatever its layout and the order of its keys.
fn digest(schema: &Json) -> String {
    let mut sorted = schema.clone();
    sorted.sort_all_objects();
    Sha256::digest(sorted.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_mark_tells_the_origin_and_notices_an_edit() {
        for (origin, schema) in [
            (Origin::Values, json!({"type": "object"})),
            (Origin::Type, json!({"type": "object"})),
            (Origin::Type, json!({"x-terrace": {"listKey": "host", "generated": "old"}})),
        ] {
            let marked = generated(schema, origin);
            assert_eq!(is_generated(&text(&marked)), Ownership::Generated(origin), "{marked}");
            assert_eq!(generated(marked.clone(), origin), marked);
            let mut edited = marked;
            edited["maximum"] = json!(5);
            assert_eq!(is_generated(&text(&edited)), Ownership::TakenOver, "{edited}");
        }
    }

    #[test]
    fn another_origin_is_an_edit() {
        let mut marked = generated(json!({}), Origin::Values);
        marked["x-terrace"]["from"] = json!("type");
        assert_eq!(is_generated(&text(&marked)), Ownership::TakenOver);
    }
}
