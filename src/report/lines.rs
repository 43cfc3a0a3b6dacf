//! Values of several lines: what of them differs, small enough to decide by.

use similar::{ChangeTag, TextDiff};

use super::sanitize::cut_end;
use super::view::View;
use crate::secrets::mask::Shown;

/// The most lines that are shown of one difference unless everything is asked for.
const LINES: usize = 12;

/// The lines around a difference.
const CONTEXT: usize = 1;

/// The texts of a change of which one has several lines; the other may be absent.
fn texts<'a>(old: Option<&'a Shown>, new: Option<&'a Shown>) -> Option<[&'a str; 2]> {
    let text = |value: Option<&'a Shown>| match value {
        None => Some(""),
        Some(value) => value.shown().as_str(),
    };
    let texts = [text(old)?, text(new)?];
    texts.iter().any(|text| text.contains('\n')).then_some(texts)
}

/// The lines that differ with a little around them, each behind `indent` blanks; none where no side
/// has several lines. A side that is absent has no lines.
pub(super) fn detail(old: Option<&Shown>, new: Option<&Shown>, indent: usize, view: &View) -> Vec<String> {
    let Some([old, new]) = texts(old, new) else { return Vec::new() };
    let blanks = " ".repeat(indent);
    let room =
        if view.verbose { usize::MAX } else { view.room().unwrap_or(200).saturating_sub(indent + 1).max(20) };
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        let changes = || group.iter().flat_map(|op| diff.iter_changes(op));
        let first = changes().next().and_then(|change| change.new_index().or(change.old_index()));
        let frame = view.styles.frame;
        lines.push(format!("{blanks}{frame}@@ {} @@{frame:#}", first.unwrap_or_default() + 1));
        for change in changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', view.styles.removed),
                ChangeTag::Insert => ('+', view.styles.added),
                ChangeTag::Equal => (' ', view.styles.faint),
            };
            let text = change.value();
            let (text, end) = match text.strip_suffix('\n') {
                Some(text) => (text, ""),
                None => (text, " (no line break at the end)"),
            };
            // A text that ends without a line break is worth a word only where that is the difference.
            let end = if old.ends_with('\n') == new.ends_with('\n') { "" } else { end };
            lines.push(format!("{blanks}{style}{sign}{}{end}{style:#}", cut_end(text, room)));
        }
    }
    // One line more than are left out takes no more room than to say so.
    if !view.verbose && lines.len() > LINES + 1 {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        let faint = view.styles.faint;
        lines.push(format!("{blanks}{faint}… {more} more lines{faint:#}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Value, ValuePath};
    use crate::secrets::mask::Mask;

    fn shown(text: &str) -> Shown {
        Mask::none().value(&ValuePath::root(), &Value::String(text.to_owned()))
    }

    fn detailed(old: &str, new: &str) -> Vec<String> {
        detail(Some(&shown(old)), Some(&shown(new)), 2, &View::default())
    }

    #[test]
    fn what_differs_stands_between_the_lines_around_it() {
        let old: String = (1..=14).map(|n| format!("step {n}\n")).collect();
        let new = old.replace("step 6\n", "step six\n");
        assert_eq!(detailed(&old, &new), ["  @@ 5 @@", "   step 5", "  -step 6", "  +step six", "   step 7"]);
    }

    #[test]
    fn a_long_difference_is_cut_and_nothing_in_it_acts() {
        let new: String = (0..40).map(|n| format!("{n}\u{1b}[2J\n")).collect();
        let lines = detail(None, Some(&shown(&new)), 2, &View::default());
        assert_eq!(lines.len(), LINES + 1, "{lines:?}");
        assert_eq!(lines[1], "  +0\\u{1b}[2J");
        assert_eq!(lines[LINES], "  … 29 more lines");
        let all = View { verbose: true, ..View::default() };
        assert_eq!(detail(None, Some(&shown(&new)), 2, &all).len(), 41);
        assert!(detailed("a", "b").is_empty());
    }

    #[test]
    fn a_line_break_at_the_end_is_a_difference() {
        assert_eq!(detailed("a\n", "a"), ["  @@ 1 @@", "  -a", "  +a (no line break at the end)"]);
    }
}
