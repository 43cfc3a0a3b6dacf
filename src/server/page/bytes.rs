//! The bytes that files would have, as the difference from those that they have: in unified format.

use maud::{Markup, html};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, TextDiff};

use crate::model::sanitize::{clean, cut};
use crate::secrets::mask::MaskedText;
use crate::server::routes::promotions::{FileTexts, WouldWrite};

/// So many lines of one file are shown at most.
const MOST: usize = 500;

/// The differences of all files.
pub(super) fn differences(files: &WouldWrite) -> Markup {
    html! {
        @if !files.0.is_empty() {
            details open[files.0.len() <= 3] {
                summary { "Unified diff" }
                @for file in files.0.iter() { (difference(file)) }
            }
        }
    }
}

/// A line of a difference, and what it is.
struct Line {
    class: &'static str,
    text: String,
}

fn difference(FileTexts { file, before, after }: &FileTexts) -> Markup {
    let lines = lines(before.as_ref(), after.as_ref());
    html! {
        h3 { code { bdi { (clean(file)) } } @if before.is_none() { " is new" } @else if after.is_none() { " goes" } }
        @if lines.is_empty() { p.soft { "Its bytes stay as they are." } }
        @else { ol.diff { @for line in lines.iter().take(MOST) { li class=(line.class) { bdi { (cut(&line.text, 300)) } } } } }
        @if lines.len() > MOST { p.soft { "The first " (MOST) " of " (lines.len()) " lines." } }
    }
}

/// The hunks. What is compared are the bytes; what is shown has its secrets masked, so one that differs
/// is taken out and put in again.
fn lines(before: Option<&MaskedText>, after: Option<&MaskedText>) -> Vec<Line> {
    let raw =
        |text: Option<&'_ MaskedText>| -> Vec<String> { text.map_or_else(Vec::new, |text| text.raw.clone()) };
    let (old, new) = (raw(before), raw(after));
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
    let shown = |text: Option<&MaskedText>, at: Option<usize>| {
        text.zip(at).and_then(|(text, at)| text.shown.get(at)).cloned().unwrap_or_default()
    };
    let diff = TextDiff::from_slices(&old, &new);
    let mut out = Vec::new();
    for group in diff.grouped_ops(3) {
        out.push(Line { class: "hunk", text: UnifiedHunkHeader::new(&group).to_string() });
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, class, line) = match change.tag() {
                ChangeTag::Delete => ("-", "del", shown(before, change.old_index())),
                ChangeTag::Insert => ("+", "ins", shown(after, change.new_index())),
                ChangeTag::Equal => (" ", "", shown(after, change.new_index())),
            };
            out.push(Line { class, text: format!("{sign}{line}") });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Policy;
    use crate::secrets::mask::Mask;
    use crate::yaml::{Document, Limits};

    #[test]
    fn bytes_are_compared_and_secrets_are_not_shown() {
        let policy = Policy::default();
        let text = |text: &str| {
            let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
            Mask::new(&policy).text(&document)
        };
        let before = text("a: 1\npassword: hunter2-hunter2\n");
        let after = text("a: 2\npassword: hunter3-hunter3\n");
        let shown: Vec<String> =
            lines(Some(&before), Some(&after)).into_iter().map(|line| line.text).collect();
        assert_eq!(shown[0], "@@ -1,2 +1,2 @@");
        assert_eq!((shown[1].as_str(), shown[3].as_str()), ("-a: 1", "+a: 2"));
        assert!(shown[2].starts_with("-password: ") && shown[4].starts_with("+password: "), "{shown:?}");
        assert!(!shown.concat().contains("hunter"), "{shown:?}");
        assert!(lines(Some(&after), Some(&after)).is_empty());
        assert_eq!(lines(None, Some(&after)).len(), 3);
    }
}
