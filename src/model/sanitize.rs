//! The one sanitizer: whatever comes from a file passes here before a person's screen or a CI log
//! sees it.
//!
//! It makes visible what would act instead of being read: control characters and terminal
//! escapes, bidirectional controls, characters without width, line separators, and that by which CI
//! runners recognise commands: `##word[` in the middle of a line, `::word::` at its beginning. Letters of every
//! script pass unchanged. It knows nothing of the formats, which have escapes of their own.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` on one line and without anything that acts; borrowed when there is nothing to change.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    let Some(first) = text.char_indices().find(|(at, _)| acts(text, *at)).map(|(at, _)| at) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(text.get(..first).unwrap_or_default());
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < first) {
        match escape(text, at, c) {
            Some(escaped) => out.push_str(&escaped),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A text of several lines, each of them cleaned.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", clean(line)),
            None => clean(line).into_owned(),
        })
        .collect()
}

/// `text` cleaned and, where it is wider than `width` columns, cut in the middle with `…`.
#[must_use]
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    let text = clean(text);
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(1);
    let front = fitting(text.char_indices().map(|(at, c)| (at + c.len_utf8(), c)), room.div_ceil(2));
    let back = fitting(text.char_indices().rev(), room / 2);
    let (front, back) = (front.unwrap_or(0), back.unwrap_or(text.len()));
    // A combining mark whose base was cut away must not land on the ellipsis.
    let tail = text.get(back..).unwrap_or_default().trim_start_matches(|c: char| c.width() == Some(0));
    Cow::Owned(format!("{}…{tail}", text.get(..front).unwrap_or_default()))
}

/// `text` cleaned and, where it is wider than `width` columns, cut at its end with `…`.
#[must_use]
pub fn cut_end(text: &str, width: usize) -> Cow<'_, str> {
    let text = clean(text);
    if text.width() <= width {
        return text;
    }
    let ends = text.char_indices().map(|(at, c)| (at + c.len_utf8(), c));
    let end = fitting(ends, width.saturating_sub(1)).unwrap_or(0);
    Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default().trim_end()))
}

/// The last offset at which the characters so far still fit into `room` columns.
fn fitting(chars: impl Iterator<Item = (usize, char)>, room: usize) -> Option<usize> {
    let widths = chars.scan(0, |used, (at, c)| {
        *used += c.width().unwrap_or(0);
        Some((at, *used))
    });
    widths.take_while(|(_, used)| *used <= room).last().map(|(at, _)| at)
}

/// How many columns a cleaned text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// Whether the character at byte `at` of `text` would act instead of being read.
pub(crate) fn acts(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    match after.chars().next() {
        Some(':') => before.trim_start().is_empty() && is_command(after),
        Some('[') => before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).ends_with("##"),
        Some(c) => is_hidden(c),
        None => false,
    }
}

/// Whether a line's text is a command to a CI runner: `::error::`, `::set-output name=x::1`.
fn is_command(text: &str) -> bool {
    let Some((word, _)) = text.strip_prefix("::").and_then(|rest| rest.split_once("::")) else {
        return false;
    };
    word.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// What stands for the character `c` at byte `at` of `text`; `None` when it stands for itself.
pub(crate) fn escape(text: &str, at: usize, c: char) -> Option<String> {
    acts(text, at).then(|| match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c => c.escape_unicode().to_string(),
    })
}

/// Characters that draw nothing of their own but change what is around them.
///
/// Variation selectors 1 to 16 stay: they choose between text and emoji, and nothing else.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'           // controls: C0, delete, C1
        | '\u{ad}' | '\u{34f}'                          // soft hyphen, grapheme joiner
        | '\u{61c}' | '\u{200e}' | '\u{200f}'           // bidirectional marks
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // bidirectional embeddings, overrides, isolates
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // blank letters
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
        | '\u{2028}' | '\u{2029}'                       // line and paragraph separator
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}'          // byte order mark, interlinear annotation
        | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e0fff}'                     // tags and further variation selectors
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown_and_what_reads_is_left() {
        for (text, expected) in [
            ("größer 設定 🎉 e\u{301} ⚠\u{fe0f} \\n", "größer 設定 🎉 e\u{301} ⚠\u{fe0f} \\n"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("\u{9b}31m\u{7f}\0", "\\u{9b}31m\\u{7f}\\u{0}"),
            ("user\u{202e}nimda\u{2069}", "user\\u{202e}nimda\\u{2069}"),
            ("pay\u{200b}pal\u{feff}\u{ad}\u{e0041}", "pay\\u{200b}pal\\u{feff}\\u{ad}\\u{e0041}"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("x ##[add-mask]y ##vso[task.x]", "x ##\\u{5b}add-mask]y ##vso\\u{5b}task.x]"),
            ("::add-mask::x", "\\u{3a}:add-mask::x"),
            (" \t::error file=a,line=1::y", " \\t\\u{3a}:error file=a,line=1::y"),
            (
                "::1 fe80::a:b ::ffff:10.0.0.1 x ::error::y a::b::c",
                "::1 fe80::a:b ::ffff:10.0.0.1 x ::error::y a::b::c",
            ),
            ("### [a] # [b] ## c [d] #[e]", "### [a] # [b] ## c [d] #[e]"),
        ] {
            assert_eq!(clean(text), expected);
        }
        assert!(matches!(clean("größer 設定"), Cow::Borrowed(_)));
    }

    #[test]
    fn wide_values_are_cut_in_the_middle() {
        for (text, width, expected) in [
            ("database", 8, "database"),
            ("database", 7, "dat…ase"),
            ("database", 6, "dat…se"),
            ("database", 1, "…"),
            ("database", 0, "…"),
            ("設定設定設定", 7, "設…定"),
            ("abe\u{301}fghe\u{301}", 5, "ab…he\u{301}"),
            ("abcde\u{301}f", 4, "ab…f"),
            ("a\nb", 4, "a\\nb"),
        ] {
            assert_eq!(cut(text, width), expected, "{text:?} {width}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_acts_twice_and_cuts_fit(text in "(?s).{0,40}", wide in 1_usize..20) {
            let once = clean(&text);
            proptest::prop_assert!(!once.char_indices().any(|(at, _)| acts(&once, at)));
            proptest::prop_assert!(width(&cut(&text, wide)) <= wide);
        }
    }
}
