//! `duplicate-key`: one mapping has the same key twice.

use super::context::RuleContext;
use super::finding_builder::{Anchor, FindingBuilder};
use crate::model::{Related, RelatedLabel, Rule};
use crate::yaml::ProblemKind;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    for item in &world.items {
        let Some(document) = item.document() else { continue };
        for problem in document.problems() {
            let ProblemKind::DuplicateKey { key, first } = &problem.kind else { continue };
            let message = format!("`{}` stands here a second time", key.escape_debug());
            let help = "keep one of them; some readers take the last, some refuse the file";
            let draft = FindingBuilder::of_item(Rule::DuplicateKey, item, message, help).path(&problem.path);
            let first = Related {
                label: RelatedLabel::First,
                file: item.file.to_owned(),
                location: document.location(first),
            };
            drafts.push(draft.at(Anchor::Span(problem.span.clone())).related(first));
        }
    }
    drafts
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    #[test]
    fn the_second_is_pointed_at_and_the_first_is_named() {
        for (text, expected) in [
            (
                "port: 1\nhost: a\nport: 2\n",
                vec!["3:1 error[duplicate-key] `port` stands here a second time (first 1:1)"],
            ),
            (
                "a: {b: 1, \"b\": 2}\n",
                vec!["1:11 error[duplicate-key] `b` stands here a second time (first 1:5)"],
            ),
            (
                "x: &x\n  a: 1\n  a: 2\ny: *x\n",
                vec!["3:3 error[duplicate-key] `a` stands here a second time (first 2:3)"],
            ),
            ("a: &a {k: 1}\nb:\n  <<: *a\n  k: 2\n", vec![]),
            ("a: {k: 1}\nb: {k: 1}\n", vec![]),
            ("a: 1\n---\na: 1\n", vec![]),
            (
                "a: &a {k: 1}\nb:\n  <<: *a\n  <<: *a\n",
                vec!["4:3 error[duplicate-key] `<<` stands here a second time (first 3:3)"],
            ),
        ] {
            let found = Repository::new(&[("environments/staging/a.yaml", text)]).of(Rule::DuplicateKey);
            let expected: Vec<_> =
                expected.iter().map(|at| format!("environments/staging/a.yaml:{at}")).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
