//! The excerpt of a file that is no readable YAML.
//!
//! There are no values and so no secret paths to mask by. What a line's own key, and the keys
//! above it that are indented less, say of it must do; in doubt more is masked than need be.

use std::ops::Range;

use super::excerpt;
use crate::model::{Excerpt, Location, Policy, Position, ValuePath};
use crate::secrets::looks_secret;
use crate::yaml::Lines;

/// The line of `location`, what may be secret in it masked.
pub(super) fn excerpt(bytes: &[u8], location: Location, policy: &Policy) -> Option<Excerpt> {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if utf16 || bytes.len() > policy.file_bytes {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = Lines::new(&text);
    // What is not shown needs no masks.
    if lines.bytes(&text, location.start.line).len() > excerpt::WIDEST {
        return None;
    }
    let span = offset(&text, &lines, location.start)..offset(&text, &lines, location.end);
    let masks = masks(&text, &lines, location.start.line, policy);
    excerpt::excerpt(&text, &lines, &span, &masks)
}

fn offset(text: &str, lines: &Lines, position: Position) -> usize {
    let line = lines.bytes(text, position.line);
    let body = text.get(line.clone()).unwrap_or_default();
    line.start + body.char_indices().nth(position.column - 1).map_or(body.len(), |(at, _)| at)
}

fn masks(text: &str, lines: &Lines, number: usize, policy: &Policy) -> Vec<Range<usize>> {
    let line = lines.bytes(text, number);
    let body = text.get(line.clone()).unwrap_or_default();
    let above = keys_above(text, lines, number);
    let indent = body.len() - body.trim_start().len();
    if policy.is_secret(&above) || looks_secret(body) || is_opaque(body.trim()) {
        return std::iter::once(line.start + indent..line.end).collect();
    }
    let secret_from = body.match_indices(':').find(|(at, _)| {
        let key = key_before(body.get(..*at).unwrap_or_default());
        !key.is_empty() && policy.is_secret(&above.key(key))
    });
    secret_from.map(|(at, _)| line.start + at + 1..line.end).into_iter().collect()
}

/// Whether a line could be one of a key's or certificate's body.
fn is_opaque(line: &str) -> bool {
    line.len() >= 40 && line.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
}

/// The keys of the lines that enclose line `number`, by indentation.
fn keys_above(text: &str, lines: &Lines, number: usize) -> ValuePath {
    let line = |number| text.get(lines.bytes(text, number)).unwrap_or_default();
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut within = indent(line(number));
    let mut keys = Vec::new();
    for above in (1..number).rev() {
        let body = line(above);
        let is_blank = body.trim().is_empty() || body.trim_start().starts_with('#');
        if !is_blank && indent(body) < within {
            within = indent(body);
            keys.extend(body.split_once(':').map(|(key, _)| key_before(key).to_owned()));
        }
        if within == 0 {
            break;
        }
    }
    keys.into_iter().rev().fold(ValuePath::root(), |path, key| path.key(key))
}

/// The key that ends where a colon stands.
fn key_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    text.rsplit([' ', '"', '\'', '{', ',', '\t']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of the colons may stand behind a secret key.
    #[test]
    fn a_line_that_is_not_shown_is_not_searched() {
        let text = "a: [".to_owned() + &"a:".repeat(400_000);
        let at = Position { line: 1, column: 1 };
        assert_eq!(excerpt(text.as_bytes(), Location { start: at, end: at }, &Policy::default()), None);
    }

    #[test]
    fn what_may_be_secret_is_masked_without_a_parse() {
        let policy = Policy::default();
        for (text, line, shown) in [
            ("a: 1\npassword: \"hunter2\n", 2, "password:••••"),
            ("a: [1, {api-key: hunter2\n", 1, "a: [1, {api-key:••••"),
            ("private_key: |\n  AAAA\n \tBBBB\n", 2, "  ••••"),
            ("secret:\n  - x: [hunter2\n", 2, "  ••••"),
            ("db:\n  secret:\n    a: 1\n  host: [x\n", 4, "  host: [x"),
            ("a: ghp_0123456789abcdefghijABCDEFGHIJ012345 [", 1, "••••"),
            ("a: [1\n", 1, "a: [1"),
        ] {
            let at = Position { line, column: 1 };
            let found = excerpt(text.as_bytes(), Location { start: at, end: at }, &policy).expect(text);
            assert_eq!(found.text, shown, "{text}");
        }
    }
}
