//! `hidden-character`: what nobody sees changes what is read.

use super::context::RuleContext;
use super::finding_builder::{Anchor, FindingBuilder};
use crate::model::{Rule, Severity};
use crate::yaml::DifferenceKind;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    for item in &world.items {
        for difference in item.differences() {
            let Some((severity, message, help)) = judged(difference.kind) else { continue };
            let draft = FindingBuilder::of_item(Rule::HiddenCharacter, item, message, help);
            drafts.push(draft.severity(severity).at(Anchor::Span(difference.span.clone())));
        }
    }
    drafts
}

fn judged(kind: DifferenceKind) -> Option<(Severity, String, &'static str)> {
    let code = |c: char| format!("U+{:04X}", u32::from(c));
    Some(match kind {
        DifferenceKind::Break { character, splits: true } => (
            Severity::Error,
            format!("{} ends the line to YAML 1.1 readers, which take the rest for content", code(character)),
            "remove it, or write it as an escape between double quotes",
        ),
        DifferenceKind::Break { character, splits: false } => (
            Severity::Warning,
            format!("{} is a line break to YAML 1.1 readers, text to others", code(character)),
            "remove it, or write it as an escape between double quotes",
        ),
        DifferenceKind::HiddenInKey(c) => (
            Severity::Warning,
            format!("this key holds {}, which cannot be seen", code(c)),
            "type the key anew, or write the character as an escape between double quotes",
        ),
        DifferenceKind::HiddenIndentation(c) => (
            Severity::Warning,
            format!("{} looks like indentation here and is text", code(c)),
            "indent with spaces",
        ),
        DifferenceKind::SecondMark
        | DifferenceKind::BlockWithoutEnd
        | DifferenceKind::FlowColon
        | DifferenceKind::FlowQuestionMark
        | DifferenceKind::FlowKeyWithoutValue
        | DifferenceKind::FlowPairWithoutSpace
        | DifferenceKind::AnchorName
        | DifferenceKind::AnchorAgain
        | DifferenceKind::Tag
        | DifferenceKind::Tab
        | DifferenceKind::BlockEndsInBlanks
        | DifferenceKind::FlowKeyBroken
        | DifferenceKind::CarriageReturn => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    #[test]
    fn what_cannot_be_seen_is_told() {
        for (text, expected) in [
            ("t: a\u{2028}b\nn: 1\n", vec!["1:5 error U+2028"]),
            ("t: \"a\u{85}b\"\n", vec!["1:6 error U+0085"]),
            ("t: 1 # x\u{2029}y: 2\n", vec!["1:9 error U+2029"]),
            ("# x\u{2028}# y\nn: 1\n", vec!["1:4 error U+2028"]),
            ("t: |\n  a\u{2028}b\n", vec!["2:4 error U+2028"]),
            ("t: a\u{2028}\nn: 1 # x\u{2028} \n", vec!["1:5 warning U+2028", "2:9 warning U+2028"]),
            ("pass\u{200b}word: x\n", vec!["1:5 warning this key holds U+200B"]),
            ("'a\u{202e}b': {\u{2066}c: 1}\n", vec!["1:3 warning this key", "1:9 warning this key"]),
            ("db:\n\u{a0}\u{a0}host: x\n", vec!["2:1 warning U+00A0 looks like indentation"]),
            ("l:\n- \u{3000}a\n", vec!["2:3 warning U+3000 looks like indentation"]),
            ("t: \"a\\u2028b\"\n\"k\\u200b\": 1\n", vec![]),
            ("t: zero\u{200b}width and\u{a0}no break\n", vec![]),
            ("t: |\n  \u{a0}content\n", vec![]),
            ("\u{feff}größe: 1\n設定: 2\n🎉: 3\n", vec![]),
        ] {
            let found = Repository::new(&[("environments/staging/a.yaml", text)]).of(Rule::HiddenCharacter);
            let found: Vec<_> = found
                .iter()
                .map(|told| {
                    told.replace("environments/staging/a.yaml:", "").replace("[hidden-character]", "")
                })
                .collect();
            assert_eq!(found.len(), expected.len(), "{text:?}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.starts_with(expected), "{found} / {expected}");
            }
        }
    }
}
