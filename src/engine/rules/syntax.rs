//! `syntax`: the file cannot be read as YAML.

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use crate::model::{Rule, Severity};
use crate::yaml::Rejection;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    rejected(world, Rule::Syntax)
}

/// The items that could not be read, where `rule` says why.
pub(super) fn rejected<'w>(world: &'w RuleContext<'w>, rule: Rule) -> Vec<FindingBuilder<'w>> {
    let rejections =
        world.items.iter().filter_map(|item| Some((item, item.reading.document.as_ref().err()?)));
    rejections.filter(|(_, rejection)| rejection.rule == rule).map(|(item, why)| draft(item, why)).collect()
}

/// An error whatever the rule: no other rule has looked at such a file. Ciphertext is as it is meant
/// to be, and only said.
fn draft<'w>(item: &'w ItemView<'w>, why: &Rejection) -> FindingBuilder<'w> {
    FindingBuilder::of_item(why.rule, item, why.message.clone(), why.help.clone())
        .at(Anchor::Place(why.location))
        .severity(if why.ciphertext.is_some() { Severity::Warning } else { Severity::Error })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::{Rule, Severity};

    #[test]
    fn a_broken_file_is_a_finding_at_its_place_and_hides_no_other() {
        for (text, place) in [
            ("a: 1\n  b: 2\n", "2:4"),
            ("a: [1, 2\n", "1:4"),
            ("a: 1\n\tb: 2\n", "1:4"),
            ("replicas: {{ .Values.replicas }}:{{ .x }}\n", "1:33"),
        ] {
            let repository = Repository::new(&[
                ("environments/development/broken.yaml", text),
                ("environments/development/whole.yaml", "a: no\n"),
            ]);
            let places = repository.places();
            let broken = places.first().expect(text);
            assert!(broken.starts_with("environments/development/broken.yaml:"), "{places:?}");
            assert!(broken.ends_with(&format!(":{place} error[syntax]")), "{text:?}: {places:?}");
            assert!(places.iter().any(|place| place.contains("whole.yaml:1:4")), "{places:?}");
        }
    }

    #[test]
    fn a_line_that_other_readers_accept_is_said_to_be_so() {
        for (text, is_accepted) in [
            ("a: \"x\ny\"\n", true),
            ("a:\n  b: 'x\n  y'\n", true),
            ("a: [\n1]\n", true),
            ("a: 1\n  b: 2\n", false),
        ] {
            let report = Repository::new(&[("environments/development/a.yaml", text)]).report();
            let told = report.findings.iter().find(|finding| finding.rule == Rule::Syntax).expect(text);
            assert_eq!(
                told.help.to_string().contains("other readers accept it"),
                is_accepted,
                "{text:?}: {}",
                told.help
            );
        }
    }

    #[test]
    fn ciphertext_is_named_and_no_error() {
        for (text, told) in [
            ("$ANSIBLE_VAULT;1.1;AES256\n3336\n3132\n", "with ansible-vault"),
            ("-----BEGIN PGP MESSAGE-----\nVersion: x\n\nhQ\n-----END PGP MESSAGE-----\n", "with PGP"),
        ] {
            let report = Repository::new(&[("environments/development/a.yaml", text)]).report();
            let found = report.findings.iter().find(|finding| finding.rule == Rule::UnsupportedYaml);
            let found = found.expect(text);
            assert!(found.message.ends_with(told), "{}", found.message);
            assert_eq!(found.severity, Severity::Warning);
            assert!(report.findings.iter().all(|finding| finding.severity < Severity::Error));
        }
    }

    #[test]
    fn a_template_is_told_to_be_one() {
        let files = [("environments/development/a.yaml", "{{- if .x }}\na: 1\n{{- end }}\n")];
        let report = Repository::new(&files).report();
        assert_eq!(report.findings.len(), 1);
        assert_eq!(report.findings[0].rule, Rule::Syntax);
        assert!(report.findings[0].help.to_string().contains("template"), "{}", report.findings[0].help);
    }
}
