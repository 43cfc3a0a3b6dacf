//! The excerpt of a file that is no readable YAML.

use super::excerpt;
use crate::model::{Excerpt, Location, Policy, Position};
use crate::secrets::apart;
use crate::secrets::unparsed::spans;
use crate::yaml::Lines;

/// The line of `location`, what may be secret in it masked.
pub(super) fn excerpt(bytes: &[u8], location: Location, policies: &[&Policy]) -> Option<Excerpt> {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if utf16 || policies.iter().any(|policy| bytes.len() > policy.file_bytes.value) {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = Lines::new(&text);
    // What is not shown needs no masks.
    if lines.bytes(&text, location.start.line).len() > excerpt::WIDEST {
        return None;
    }
    let span = offset(&text, &lines, location.start)..offset(&text, &lines, location.end);
    let masks = apart(policies.iter().flat_map(|policy| spans(&text, policy)).collect());
    excerpt::excerpt(&text, &lines, &span, &masks)
}

fn offset(text: &str, lines: &Lines, position: Position) -> usize {
    let line = lines.bytes(text, position.line);
    let body = text.get(line.clone()).unwrap_or_default();
    line.start + body.char_indices().nth(position.column - 1).map_or(body.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of the colons may stand behind a secret key.
    #[test]
    fn a_line_that_is_not_shown_is_not_searched() {
        let text = "a: [".to_owned() + &"a:".repeat(400_000);
        let at = Position { line: 1, column: 1 };
        assert_eq!(excerpt(text.as_bytes(), Location { start: at, end: at }, &[&Policy::default()]), None);
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
            let found = excerpt(text.as_bytes(), Location { start: at, end: at }, &[&policy]).expect(text);
            assert_eq!(found.text, shown, "{text}");
        }
    }
}
