//! `schema-limits`: a part of a schema that is not checked.

use super::context::RuleContext;
use super::finding_builder::FindingBuilder;
use crate::model::Rule;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    for item in &world.items {
        for file in world.schemas.describing(item.key, item.environment) {
            let loaded = world.schemas.load(&file);
            let Ok(schema) = loaded.as_ref() else { continue };
            // Told once, as of the first item reported that the schema describes.
            drafts.extend(schema.limits().iter().map(|limit| {
                let file = format!("{}{}", world.snapshot.prefix, limit.file);
                let (message, help) = (limit.message.clone(), limit.help.clone());
                let mut draft = FindingBuilder::of_file(Rule::SchemaLimits, file, message, help);
                draft.finding.location = limit.location;
                draft.finding.key = Some(item.key.clone());
                draft.finding.environment = Some(item.environment);
                draft
            }));
        }
    }
    drafts
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;

    #[test]
    fn one_pattern_is_left_out_and_the_rest_of_the_schema_holds() {
        let schema = r#"{"properties": {"name": {"pattern": "^(?!prod)"}, "size": {"maximum": 5}}}"#;
        let repository = Repository::new(&[
            ("environments/staging/a.yaml", "name: prod\nsize: 9\n"),
            ("environments/production/a.yaml", "name: prod\nsize: 1\n"),
            ("schemas/a.schema.json", schema),
        ]);
        assert_eq!(
            repository.places(),
            [
                "environments/staging/a.yaml:1:1 notice[missing-item]",
                "environments/staging/a.yaml:2:7 error[schema]",
                "schemas/a.schema.json:1:37 warning[schema-limits]",
            ]
        );
    }
}
