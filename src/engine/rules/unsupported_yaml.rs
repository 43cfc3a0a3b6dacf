//! `unsupported-yaml`: valid YAML that terrace cannot address.

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use super::syntax;
use crate::model::Rule;
use crate::yaml::{Document, Problem, ProblemKind};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let read = world.items.iter().filter_map(|item| Some((item, item.document()?)));
    let problems = read.flat_map(|(item, document)| {
        document.problems().iter().filter_map(move |problem| draft(item, document, problem))
    });
    syntax::rejected(world, Rule::UnsupportedYaml).into_iter().chain(problems).collect()
}

fn draft<'w>(item: &'w ItemView<'w>, document: &Document, problem: &Problem) -> Option<FindingBuilder<'w>> {
    let before = document.text().get(..problem.span.start).unwrap_or_default();
    let (message, help) = match problem.kind {
        ProblemKind::ComplexKey if before.ends_with('{') => (
            "`{{` reads as a mapping whose key is a mapping",
            "if this is a template, keep it elsewhere; if it is text, quote it",
        ),
        ProblemKind::ComplexKey => {
            ("this key is a list or a mapping", "use plain text as the key; no path leads below this one")
        }
        ProblemKind::BadMerge => {
            ("`<<` merges something that is no mapping", "merge an alias of a mapping, or quote the key")
        }
        ProblemKind::DuplicateKey { .. } | ProblemKind::MergesDisagree { .. } => return None,
    };
    let draft = FindingBuilder::of_item(Rule::UnsupportedYaml, item, message, help).path(&problem.path);
    Some(draft.at(Anchor::Span(problem.span.clone())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;

    #[test]
    fn what_cannot_be_addressed_is_pointed_at() {
        for (text, expected) in [
            ("? [a, b]\n: 1\n", vec!["1:3 warning"]),
            ("x:\n  ? {a: 1}\n  : 2\n", vec!["2:5 warning"]),
            ("a: 1\n<<: 2\n", vec!["2:5 warning"]),
            ("a: &a 1\nb:\n  <<: [*a]\n", vec!["3:7 warning"]),
            ("a: &a [*a]\n", vec!["1:8 error"]),
            ("image: {{ .Values.image }}\n", vec!["1:9 warning"]),
            ("a: &a {b: 1}\nc:\n  !!merge <<: *a\n", vec![]),
            ("a: &a {b: 1}\nb: &b {c: 1}\nc:\n  !!merge <<: [*a, *b]\n", vec![]),
            ("\"<<\": 1\n", vec![]),
        ] {
            let places = Repository::new(&[("environments/development/a.yaml", text)]).places();
            let expected: Vec<_> = expected
                .iter()
                .map(|at| format!("environments/development/a.yaml:{at}[unsupported-yaml]"))
                .collect();
            assert_eq!(places, expected, "{text}");
        }
    }
}
