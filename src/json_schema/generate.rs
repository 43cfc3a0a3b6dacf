//! JSON Schemas of Terrace's own formats, from the types that read and write them.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};

/// The schema of `T`, in draft 2020-12.
///
/// Formats that no draft knows, such as `uint`, are left out: what they say, `minimum` and
/// `maximum` say too.
#[must_use]
pub fn generate<T: JsonSchema>() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(known_formats));
    settings.into_generator().into_root_schema_for::<T>().into()
}

fn known_formats(schema: &mut Schema) {
    const KNOWN: [&str; 8] = ["date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"];
    let format = schema.get("format").and_then(serde_json::Value::as_str);
    let (minimum, maximum) = match format {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("uint32") => (0, i64::from(u32::MAX)),
        _ => (0, 0),
    };
    if format.is_some_and(|format| !KNOWN.contains(&format)) {
        schema.remove("format");
    }
    if maximum > 0 {
        for (keyword, bound) in [("minimum", minimum), ("maximum", maximum)] {
            if schema.get(keyword).is_none() {
                schema.insert(keyword.to_owned(), bound.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::generate;
    use crate::json_schema::Compiled;
    use crate::model::policy::RawPolicy;

    #[test]
    fn the_policy_has_a_schema_that_compiles() {
        let schema = generate::<RawPolicy>();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], "terrace.toml");
        assert!(!schema.to_string().contains("uint"), "{schema}");
        let text = schema.to_string();
        let compiled = Compiled::load("policy.schema.json", &|_| Some(text.clone().into_bytes()).into())
            .expect("a schema");
        let policy = |json: serde_json::Value| compiled.validate(&super::super::convert::from_json(&json));
        assert!(policy(json!({"version": 1, "promotion": {"new-keys": "ask"}})).is_empty());
        assert_eq!(policy(json!({"vesion": 1}))[0].message, "`vesion` is not an allowed key");
    }

    #[test]
    fn numbers_are_bounded_by_what_their_type_holds() {
        let bounds = |schema: serde_json::Value| (schema["minimum"].clone(), schema["maximum"].clone());
        assert_eq!(bounds(generate::<u32>()), (json!(0), json!(u32::MAX)));
        assert_eq!(bounds(generate::<i32>()), (json!(i32::MIN), json!(i32::MAX)));
        assert_eq!(bounds(generate::<u8>()), (json!(0), json!(255)));
    }
}
