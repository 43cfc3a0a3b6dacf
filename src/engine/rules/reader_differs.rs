//! `reader-differs`: readers of YAML take the text differently, or refuse it.

use super::context::RuleContext;
use super::finding_builder::{Anchor, FindingBuilder};
use crate::model::Rule;
use crate::yaml::{DifferenceKind, ProblemKind};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    for item in &world.items {
        let Some(document) = item.document() else { continue };
        for difference in item.differences() {
            let Some((message, help)) = judged(difference.kind) else { continue };
            let draft = FindingBuilder::of_item(Rule::ReaderDiffers, item, message, help);
            drafts.push(draft.at(Anchor::Span(difference.span.clone())));
        }
        for problem in document.problems() {
            let ProblemKind::MergesDisagree { key } = &problem.kind else { continue };
            let message = format!(
                "two mappings merged here disagree on `{}`: the first one counts, to some readers the last",
                key.escape_debug()
            );
            let help = "write the key in the mapping itself, or merge a single mapping";
            let draft = FindingBuilder::of_item(Rule::ReaderDiffers, item, message, help).path(&problem.path);
            drafts.push(draft.at(Anchor::Span(problem.span.clone())));
        }
    }
    drafts
}

const fn judged(kind: DifferenceKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        DifferenceKind::SecondMark => (
            "a second byte order mark is part of the first key or value to other readers",
            "remove both marks; UTF-8 needs none",
        ),
        DifferenceKind::BlockWithoutEnd => (
            "the file ends within a block text: its last line feed is there to some readers only",
            "end the file with a line break, or begin the text with `|-` if it has none",
        ),
        DifferenceKind::BlockEndsInBlanks => (
            "the file ends in blanks within a block text: they are text to some readers, a line to others",
            "remove the blanks, or end the file with a line break",
        ),
        DifferenceKind::FlowKeyBroken => (
            "a key within brackets that is broken over lines is refused by some readers",
            "write the key and its `:` on one line",
        ),
        DifferenceKind::FlowColon => {
            ("a plain text within brackets that begins with `:` is refused by some readers", "quote it")
        }
        DifferenceKind::FlowQuestionMark => {
            ("a plain text within brackets that holds `?` is a key or refused to some readers", "quote it")
        }
        DifferenceKind::FlowKeyWithoutValue => {
            ("the `:` is part of the key to some readers", "write a space behind it, or `null`")
        }
        DifferenceKind::FlowPairWithoutSpace => {
            ("a pair without a space behind `:` is refused by some readers", "write a space behind it")
        }
        DifferenceKind::AnchorName => {
            ("an anchor of this name is refused by some readers", "name it with letters, digits, `-` and `_`")
        }
        DifferenceKind::AnchorAgain => {
            ("a second anchor of this name is refused by some readers", "give it a name of its own")
        }
        DifferenceKind::Tag => (
            "readers do not agree on what this tag makes of its value",
            "leave the tag out, and write the value so that it needs none",
        ),
        DifferenceKind::Tab => {
            ("a tab outside of quotes is refused by some readers", "write a space instead, or quote the text")
        }
        DifferenceKind::CarriageReturn => (
            "a carriage return by itself ends the line here, not to all readers",
            "end lines with a line feed, or with both",
        ),
        DifferenceKind::Break { .. }
        | DifferenceKind::HiddenInKey(_)
        | DifferenceKind::HiddenIndentation(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    #[test]
    fn what_readers_take_differently_is_told() {
        let merged = "a: &a {x: 1, y: 1}\nb: &b {x: 2, y: 1}\n";
        let with = |more: &str| format!("{merged}{more}");
        for (text, expected) in [
            (with("c:\n  <<: [*a, *b]\n"), vec!["4:7 two mappings merged here disagree on `x`"]),
            (with("c:\n  <<: *a\n  <<: *b\n"), vec!["5:7 two mappings merged here disagree on `x`"]),
            (with("c:\n  <<: [*a, *b]\n  x: 3\n"), vec![]),
            (with("c:\n  <<: *a\n  x: 3\n"), vec![]),
            ("a: |\n  x".to_owned(), vec!["2:3 the file ends within a block text"]),
            ("a:\n- >+\n  x\n\n  y".to_owned(), vec!["5:3 the file ends within a block text"]),
            ("a: |-\n  x".to_owned(), vec![]),
            ("a: |\n  x\n".to_owned(), vec![]),
            ("a: |\n  x\n  ".to_owned(), vec![]),
            ("a: |\n  x\n   ".to_owned(), vec!["3:1 the file ends in blanks within a block text"]),
            ("a: |+\n  x\n ".to_owned(), vec!["3:1 the file ends in blanks within a block text"]),
            ("- >\n x\n   \n   ".to_owned(), vec!["4:1 the file ends in blanks within a block text"]),
            ("a: |-\n  x\n   ".to_owned(), vec![]),
            ("a: |\n  x\n   \n".to_owned(), vec![]),
            ("a: {b c\n  d: 1}\n".to_owned(), vec!["1:5 a key within brackets that is broken"]),
            ("a: {\"b\"\n  : 1}\n".to_owned(), vec!["1:5 a key within brackets that is broken"]),
            ("a: {b: c\n  d, e: {\n  f: 1},\n  ? g\n  h : 1, i\n  j}\n".to_owned(), vec![]),
            (
                "a: !!int 017\nb: !!int -08\nc: !!float -.5\n".to_owned(),
                vec!["1:4 readers", "2:4 readers", "3:4 readers"],
            ),
            (
                "a: !!int 0o17\nb: !!int 0\nc: !!float 1e3\nd: !!float .5\ne: !!float 08.5\n".to_owned(),
                vec![],
            ),
            ("a: x".to_owned(), vec![]),
            ("\u{feff}\u{feff}a: 1\n".to_owned(), vec!["1:1 a second byte order mark"]),
            ("\u{feff}a: 1\n".to_owned(), vec![]),
            ("a: [:x, {b: ::1}]\n".to_owned(), vec!["1:5 a plain text within", "1:13 a plain text within"]),
            ("a: {?x: 1, u: http://x/?y}\n".to_owned(), vec!["1:5 a plain text", "1:15 a plain text"]),
            ("a: [':x', \"?y\", x:y]\nb: :x\nc: x?y\n".to_owned(), vec![]),
            ("a: {x:}\nb: {y:, z: 1}\n".to_owned(), vec!["1:5 the `:` is part", "2:5 the `:` is part"]),
            ("a: {x :}\n".to_owned(), vec!["1:5 the `:` is part"]),
            ("a: {x: }\nb: {\"y\":}\nc: {\"z\":1}\nd: [x: 1]\n".to_owned(), vec![]),
            ("a: [\"x\":1]\nb: [{\"y\":1}]\n".to_owned(), vec!["1:5 a pair without a space"]),
            (
                "a: !!float 1\nb: ! 1\nc: !!set {x}\n".to_owned(),
                vec!["1:4 readers", "2:4 readers", "3:4 readers"],
            ),
            ("a: !!float 1.0\nb: !!int 1\nc: !!str 1\nd: ! x\ne: !Ref x\n".to_owned(), vec![]),
            ("a: &x 1\nb: &x 2\nc: *x\n".to_owned(), vec!["2:4 a second anchor"]),
            ("a: &x: 1\nb: !!str &y.z 2\n".to_owned(), vec!["1:4 an anchor of", "2:10 an anchor of"]),
            ("a:\tx\n".to_owned(), vec!["1:3 a tab outside of"]),
            ("a: x\t# c\n".to_owned(), vec!["1:5 a tab outside of"]),
            ("a: x\ty\n".to_owned(), vec!["1:5 a tab outside of"]),
            ("a: 'x\ty' # a\tb\nb: |\n  x\ty\n".to_owned(), vec![]),
            ("a: 1\rb: 2\n".to_owned(), vec!["1:5 a carriage return by itself"]),
            ("a: 1\r\nb: 2\r\n".to_owned(), vec![]),
        ] {
            let found = Repository::new(&[("environments/staging/a.yaml", &text)]).of(Rule::ReaderDiffers);
            let found: Vec<_> = found
                .iter()
                .map(|told| {
                    told.replace("environments/staging/a.yaml:", "").replace("warning[reader-differs] ", "")
                })
                .collect();
            assert_eq!(found.len(), expected.len(), "{text:?}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.starts_with(expected), "{found} / {expected}");
            }
        }
    }
}
