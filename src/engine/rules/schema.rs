//! `schema`: a value breaks its JSON Schema, or the schema itself is broken.

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use crate::json_schema::{SchemaError, Violation};
use crate::model::{NoteLabel, Rule, Value, ValuePath};
use crate::secrets::encrypted::{holds_ciphertext, is_encrypted, is_metadata};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    for item in &world.items {
        for file in world.schemas.describing(item.key, item.environment) {
            match world.schemas.load(&file).as_ref() {
                Ok(schema) => {
                    let Some(document) = item.document() else { continue };
                    let is_encrypted = is_encrypted(document.values());
                    for (number, value) in document.values().iter().enumerate() {
                        let mut found = schema.validate(value);
                        if is_encrypted {
                            found
                                .retain(|violation| is_of_plain_values(document.values(), number, violation));
                        }
                        let found = found.into_iter();
                        drafts.extend(found.map(|violation| broken_rule(world, item, number, violation)));
                    }
                }
                Err(broken) => drafts.extend(broken.iter().map(|broken| broken_schema(world, item, broken))),
            }
        }
    }
    drafts
}

/// Keywords that ask for keys, which SOPS leaves readable.
const KEYWORDS_OF_KEYS: [&str; 5] =
    ["additionalProperties", "dependentRequired", "propertyNames", "required", "unevaluatedProperties"];

/// Whether a violation in a file that SOPS encrypted is about what can be read there: which keys
/// there are, and values in plain text.
fn is_of_plain_values(values: &[Value], document: usize, violation: &Violation) -> bool {
    let path = ValuePath { document: document.into(), ..violation.path.clone() };
    let is_about_keys = KEYWORDS_OF_KEYS.contains(&violation.keyword.as_str());
    let value = values.get(document).and_then(|value| value.at(&path));
    !is_metadata(values, &path) && (is_about_keys || value.is_none_or(|value| !holds_ciphertext(value)))
}

fn broken_rule<'w>(
    world: &RuleContext<'_>,
    item: &'w ItemView<'w>,
    document: usize,
    violation: Violation,
) -> FindingBuilder<'w> {
    let Violation { path, at_key, message, masked, help, schema_file, schema_pointer, missing, .. } =
        violation;
    let path = ValuePath { document: document.into(), ..path };
    let at = if at_key { Anchor::Key(path.clone()) } else { Anchor::Value };
    let place = match schema_pointer.as_str() {
        "" => format!("{}{schema_file}", world.snapshot.prefix),
        pointer => format!("{}{schema_file}#{pointer}", world.snapshot.prefix),
    };
    let mut draft =
        FindingBuilder::of_value(Rule::Schema, (world, item), &path, [message, masked], help).at(at);
    draft.finding.missing = missing.map(|key| path.key(key));
    draft.note(NoteLabel::Schema, place)
}

/// A finding about the schema itself, which is told once, as of the first item reported that it
/// describes.
fn broken_schema<'w>(
    world: &RuleContext<'_>,
    item: &ItemView<'_>,
    broken: &SchemaError,
) -> FindingBuilder<'w> {
    let file = format!("{}{}", world.snapshot.prefix, broken.file);
    let mut draft = FindingBuilder::of_file(Rule::Schema, file, broken.message.clone(), broken.help.clone());
    draft.finding.location = broken.location;
    draft.finding.key = Some(item.key.clone());
    draft.finding.environment = Some(item.environment);
    draft
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::{Environment, Rule};

    const SCHEMA: &str = r#"{"properties": {"size": {"type": "integer", "maximum": 50}, "password": {"type": "string", "maxLength": 3}}, "required": ["size"]}"#;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        Repository::new(files).of(Rule::Schema)
    }

    #[test]
    fn violations_stand_at_their_value_and_secrets_stay_hidden() {
        let item = "environments/staging/a.yaml";
        for (text, expected) in [
            ("size: 5\n", vec![]),
            ("x: 1\nsize: 500\n", vec!["2:7 error[schema] 500 is more than the maximum of 50"]),
            ("x: 1\n", vec!["1:1 error[schema] the required key `size` is missing"]),
            (
                "size: 1\npassword: hunter2\n",
                vec!["2:11 error[schema] the value is longer than 3 characters"],
            ),
            (
                "size: 1\n---\nsize: x\n",
                vec!["3:7 error[schema] expected an integer, found the string \"x\""],
            ),
        ] {
            let expected: Vec<_> = expected.iter().map(|at| format!("{item}:{at}")).collect();
            assert_eq!(found(&[(item, text), ("schemas/a.schema.json", SCHEMA)]), expected, "{text}");
        }
    }

    #[test]
    fn what_a_schema_allows_for_a_secret_stays_hidden() {
        for (schema, text) in [
            (r#"{"properties": {"password": {"enum": ["Tr0ub4dor", "hunter3"]}}}"#, "password: hunter2\n"),
            (r#"{"properties": {"password": {"const": "hunter3"}}}"#, "password: hunter2\n"),
            (r#"{"properties": {"password": {"const": "hunter3"}}}"#, "password: ${PASSWORD}\n"),
            (r#"{"properties": {"db": {"const": {"password": "hunter3"}}}}"#, "db: {host: x}\n"),
            (r#"{"properties": {"l": {"enum": [["--password=hunter3"]]}}}"#, "l: [x]\n"),
            (
                r#"{"oneOf": [{"properties": {"password": {"enum": ["hunter3"]}}}, false]}"#,
                "password: hunter2\n",
            ),
            (r#"{"properties": {"url": {"const": "https://u:hunter3@db.example.com/"}}}"#, "url: x\n"),
        ] {
            let told = found(&[("environments/staging/a.yaml", text), ("schemas/a.schema.json", schema)]);
            assert_eq!(told.len(), 1, "{schema}");
            assert!(!told[0].contains("hunter") && !told[0].contains("Tr0ub"), "{schema}: {told:?}");
        }
    }

    #[test]
    fn overlays_count_in_their_environment_only() {
        let files = |env: &str| {
            found(&[
                (&format!("environments/{env}/a.yaml"), "size: 30\n"),
                ("schemas/a.schema.json", SCHEMA),
                ("schemas/a.production.schema.json", r#"{"properties": {"size": {"maximum": 20}}}"#),
            ])
        };
        assert!(files("staging").is_empty());
        assert_eq!(files("production").len(), 1);
    }

    #[test]
    fn a_broken_schema_is_told_to_whoever_looks_at_one_environment() {
        let files = [
            ("environments/staging/a.yaml", "size: 30\n"),
            ("environments/production/a.yaml", "size: 30\n"),
            ("schemas/a.schema.json", "{\"type\": \n"),
        ];
        for environment in [Environment::Staging, Environment::Production] {
            let told = Repository::new(&files).only(environment).of(Rule::Schema);
            assert_eq!(told.len(), 1, "{told:?}");
        }
    }

    #[test]
    fn a_broken_schema_is_told_once_at_its_own_place() {
        let found = found(&[
            ("environments/staging/a.yaml", "size: 30\n"),
            ("environments/production/a.yaml", "size: 30\n"),
            ("schemas/a.schema.json", "{\"type\": \n"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("schemas/a.schema.json:"), "{found:?}");
    }
}
