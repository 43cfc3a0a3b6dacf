//! `ambiguous-scalar`: YAML 1.1 and 1.2 readers take a plain scalar for different things.
//!
//! Values and keys alike: to a 1.1 reader the country code `no:` is the key `false`. The keys `y`
//! and `n` are left alone, because they are coordinates far more often and nearly no reader makes
//! booleans of them.

use std::collections::BTreeSet;

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use crate::model::{Rule, Severity, Value};
use crate::yaml::{Content, Document, NodeId, OtherReading, Style, Visit, plain_value, reads_differently};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    world.items.iter().flat_map(|item| of_item(world, item)).collect()
}

fn of_item<'w>(world: &'w RuleContext<'w>, item: &'w ItemView<'w>) -> Vec<FindingBuilder<'w>> {
    let (mut drafts, mut keys) = (Vec::new(), BTreeSet::new());
    let Some(document) = item.document() else { return drafts };
    item.values(&mut |visit| {
        if visit.aliased {
            return;
        }
        let of_key = visit.key.and_then(|key| {
            let draft = key_draft(item, document, visit, key);
            Some((key, draft.or_else(|| respelt_key(item, document, visit, key))?))
        });
        drafts.extend(of_key.filter(|(key, _)| keys.insert(*key)).map(|(_, draft)| draft));
        let Some((text, reading)) = plain(document, visit.node) else { return };
        let tell = |shown: &str| format!("{shown} is {reading}{}", to_others(reading, visit.value.kind()));
        let messages = [tell(&format!("`{text}`")), tell("this")];
        let draft = FindingBuilder::of_value(
            Rule::AmbiguousScalar,
            (world, item),
            visit.path,
            messages,
            help(reading),
        );
        let draft = draft.severity(severity(reading));
        drafts.push(draft.at(Anchor::Span(document.node(visit.node).span.clone())));
    });
    drafts
}

fn key_draft<'w>(
    item: &'w ItemView<'w>,
    document: &Document,
    visit: &Visit<'_, '_>,
    key: NodeId,
) -> Option<FindingBuilder<'w>> {
    let (text, reading) =
        plain(document, key).filter(|(text, _)| !matches!(*text, "y" | "Y" | "n" | "N" | "<<"))?;
    let message = format!("the key `{text}` is {reading}");
    let draft =
        FindingBuilder::of_item(Rule::AmbiguousScalar, item, message, format!("quote it: \"{text}\""));
    let draft = draft.path(visit.path).severity(severity(reading));
    Some(draft.at(Anchor::Span(document.node(key).span.clone())))
}

/// A key that is null or a number, which some write in another way: `1.0` becomes `1`, `~` nothing.
fn respelt_key<'w>(
    item: &'w ItemView<'w>,
    document: &Document,
    visit: &Visit<'_, '_>,
    key: NodeId,
) -> Option<FindingBuilder<'w>> {
    let node = document.node(key);
    let Content::Scalar { text, style: Style::Plain } = &node.content else { return None };
    let is_respelt = node.tag.is_none()
        && match plain_value(text) {
            Value::Null => true,
            Value::Number(text) => text.parse::<f64>().map_or(true, |number| number.to_string() != *text),
            Value::Bool(_) => text.chars().any(char::is_uppercase),
            Value::String(_) | Value::List(_) | Value::Map(_) | Value::Tagged(..) => false,
        };
    let message = format!("the key `{text}` gets another name from some readers, which take it for a value");
    let draft =
        || FindingBuilder::of_item(Rule::AmbiguousScalar, item, message, format!("quote it: \"{text}\""));
    is_respelt.then(|| draft().path(visit.path).at(Anchor::Span(node.span.clone())))
}

/// The text of a plain scalar that readers disagree on, and what the others take it for.
fn plain(document: &Document, node: NodeId) -> Option<(&str, OtherReading)> {
    let node = document.node(node);
    let Content::Scalar { text, style: Style::Plain } = &node.content else { return None };
    if node.tag.is_some() || is_one_number(text) {
        return None;
    }
    reads_differently(text).map(|reading| (text.as_str(), reading))
}

/// Whether octal and decimal readers see the same number, as in `06`.
fn is_one_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start_matches('0');
    text.contains('0') && digits.len() < 2 && digits.chars().all(|c| c.is_digit(8))
}

/// What a value of this kind is to the readers that do not read it so.
const fn to_others(reading: OtherReading, kind: &str) -> &'static str {
    match (reading, kind.as_bytes()) {
        (OtherReading::Rounded | OtherReading::Infinite, _) => "",
        (_, b"number") => ", a decimal number to others",
        _ => ", a string to others",
    }
}

/// A valid date and a large number are what they look like to everybody: they only have another type
/// or lose digits for some.
const fn severity(reading: OtherReading) -> Severity {
    match reading {
        OtherReading::Date | OtherReading::Rounded => Severity::Notice,
        OtherReading::Boolean
        | OtherReading::Octal
        | OtherReading::Binary
        | OtherReading::Hexadecimal
        | OtherReading::Sexagesimal
        | OtherReading::Number
        | OtherReading::Text
        | OtherReading::ImpossibleDate
        | OtherReading::Refused
        | OtherReading::Infinite => Severity::Warning,
    }
}

const fn help(reading: OtherReading) -> &'static str {
    match reading {
        OtherReading::Date => "quote it, unless all its readers want a date",
        OtherReading::Rounded => "quote it if it is a name such as an account's number",
        OtherReading::Boolean
        | OtherReading::Octal
        | OtherReading::Binary
        | OtherReading::Hexadecimal
        | OtherReading::Sexagesimal
        | OtherReading::Number
        | OtherReading::Text
        | OtherReading::ImpossibleDate
        | OtherReading::Refused
        | OtherReading::Infinite => "quote it if it is text; else write it so that all readers agree",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::{Rule, Severity};

    #[test]
    fn dates_and_large_numbers_are_noticed() {
        for text in ["2024-01-01", "2024-01-01T10:00:00Z", "123456789012345678901234567890"] {
            let file = ("environments/development/a.yaml", &*format!("a: {text}\n"));
            let found = Repository::new(&[file]).report().findings;
            let found: Vec<_> = found.iter().map(|finding| (finding.rule, finding.severity)).collect();
            assert_eq!(found, [(Rule::AmbiguousScalar, Severity::Notice)], "{text}");
        }
    }

    #[test]
    fn readers_that_disagree_are_named() {
        for (text, expected) in [
            ("country: no\n", vec!["1:10 `no` is a boolean"]),
            ("mode: 0644\n", vec!["1:7 `0644` is an octal number"]),
            ("at: 12:30:45\n", vec!["1:5 `12:30:45` is a number to the base of 60"]),
            ("ports: [22:22, 80:8080]\n", vec!["1:9 `22:22` is a number to the base of 60"]),
            ("limit: 1_000\n", vec!["1:8 `1_000` is a number"]),
            ("names:\n  no: Norge\n  se: Sverige\n", vec!["2:3 the key `no` is a boolean"]),
            ("on:\n  push: 1\n", vec!["1:1 the key `on` is a boolean"]),
            ("a: &x off\nb: *x\n", vec!["1:7 `off` is a boolean"]),
            ("base: &b {on: 1}\nc:\n  <<: *b\n", vec!["1:11 the key `on` is a boolean"]),
            ("password: 0123\n", vec!["1:11 this is an octal number"]),
            ("flags: [yes, ON, Off]\n", vec!["1:9 `yes` is", "1:14 `ON` is", "1:18 `Off` is"]),
            ("umask: 022\nhour: 010\n", vec!["1:8 `022` is an octal", "2:7 `010` is an octal"]),
            ("mask: 0b11\nbase: 0o17\n", vec!["1:7 `0b11` is a binary", "2:7 `0o17` is a string"]),
            (
                "n: [1e3, 1.5e+3, 08, -.5]\n",
                vec!["1:5 `1e3` is a string", "1:18 `08` is a str", "1:22 `-.5` is"],
            ),
            ("a: -0x1F\nb: -0o7\n", vec!["1:4 `-0x1F` is a hexadecimal", "2:4 `-0o7` is an octal"]),
            ("a: 2024-13-45\n", vec!["1:4 `2024-13-45` is an impossible date"]),
            ("a: =\nb: <<\n", vec!["1:4 `=` is no value", "2:4 `<<` is no value"]),
            ("08: x\n", vec!["1:1 the key `08` is a string"]),
            ("point: {x: 1, y: 2}\n", vec![]),
            ("hour: 06\nminute: 00\nday: -07\n", vec![]),
            ("enabled: 'yes'\nnorth: nono\nonline: offline\n", vec![]),
            ("version: 1.10\nsemver: 1.2.3\nhash: 0a1b2c\nempty:\nnothing: ~\n", vec![]),
            ("hex: 0x1F\nfloat: 1.5e+3\nneg: -4\nratio: 16:9:x\n", vec![]),
            ("a: 'no'\nb: \"0644\"\nc: !!str on\n", vec![]),
            ("a: true\nb: 17\nd: '12:30:45'\ne: note\nf: 0.5\ng: 0\n", vec![]),
            ("a: |\n  no\n", vec![]),
            ("schedule: 30 8 * * 1-5\nkey: a:b\nmac: 00:1b:44:11:3a:b7\n", vec![]),
        ] {
            let found = Repository::new(&[("environments/staging/a.yaml", text)]).of(Rule::AmbiguousScalar);
            assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                let (at, message) = expected.split_once(' ').expect(expected);
                let whole = format!("environments/staging/a.yaml:{at} warning[ambiguous-scalar] {message}");
                assert!(found.starts_with(&whole), "{found} / {whole}");
                assert!(found.contains(" to YAML 1.1 readers"), "{found}");
            }
        }
    }
}
