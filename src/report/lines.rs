//! Texts of several lines and lists of several elements: what of them differs, small enough to decide by.

use similar::{Change, ChangeTag, TextDiff};

use super::apart::cut_beside;
use super::changed::elements;
use super::sanitize::width;
use super::view::View;
use crate::model::Value;
use crate::secrets::mask::Shown;

/// The most lines that are shown of one difference unless everything is asked for.
const LINES: usize = 12;

/// The lines around a difference.
const CONTEXT: usize = 1;

/// The lines or elements that differ, each behind `indent` blanks; none where the values are told whole. A
/// side that is absent has no lines.
pub(super) fn detail(old: Option<&Shown>, new: Option<&Shown>, indent: usize, view: &View) -> Vec<String> {
    let [old, new] = [old, new].map(|value| value.map(Shown::shown));
    let room =
        if view.verbose { usize::MAX } else { view.room().unwrap_or(200).saturating_sub(indent + 1).max(20) };
    let signed = match (old.map_or(Some(""), Value::as_str), new.map_or(Some(""), Value::as_str)) {
        (Some(old), Some(new)) if old.contains('\n') || new.contains('\n') => of_lines(old, new, room, view),
        _ => match old.zip(new).and_then(|(old, new)| elements(old, new)) {
            Some([old, new]) => of_elements(&old, &new, room, view),
            None => return Vec::new(),
        },
    };
    let blanks = " ".repeat(indent);
    let mut lines: Vec<String> = signed.into_iter().map(|line| format!("{blanks}{line}")).collect();
    // One line more than are left out takes no more room than to say so.
    if !view.verbose && lines.len() > LINES + 1 {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        let faint = view.styles.faint;
        lines.push(format!("{blanks}{faint}… {more} more lines{faint:#}"));
    }
    lines
}

/// The lines that differ, with a little around them.
fn of_lines(old: &str, new: &str, room: usize, view: &View) -> Vec<String> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        let changes = || group.iter().flat_map(|op| diff.iter_changes(op));
        let first = changes().next().and_then(|change| change.new_index().or(change.old_index()));
        let [gone, come] = [ChangeTag::Delete, ChangeTag::Insert].map(|tag| tagged(changes(), tag));
        let frame = view.styles.frame;
        lines.push(format!("{frame}@@ {} @@{frame:#}", first.unwrap_or_default() + 1));
        for change in changes() {
            let (sign, style, others) = match change.tag() {
                ChangeTag::Delete => ('-', view.styles.removed, come.as_slice()),
                ChangeTag::Insert => ('+', view.styles.added, gone.as_slice()),
                ChangeTag::Equal => (' ', view.styles.faint, [].as_slice()),
            };
            let text = change.value();
            let (text, end) = match text.strip_suffix('\n') {
                Some(text) => (text, ""),
                None => (text, " (no line break at the end)"),
            };
            // A text that ends without a line break is worth a word only where that is the difference.
            let end = if old.ends_with('\n') == new.ends_with('\n') { "" } else { end };
            let text = cut_beside(text, others.iter().copied(), room.saturating_sub(width(end)));
            lines.push(format!("{style}{sign}{text}{end}{style:#}"));
        }
    }
    lines
}

/// The lines or elements that only one side has.
fn tagged<'t>(changes: impl Iterator<Item = Change<&'t str>>, tag: ChangeTag) -> Vec<&'t str> {
    let lines = changes.filter(|change| change.tag() == tag).map(|change| change.value());
    lines.map(|line| line.strip_suffix('\n').unwrap_or(line)).collect()
}

/// The elements that differ.
fn of_elements(old: &[String], new: &[String], room: usize, view: &View) -> Vec<String> {
    let [old, new] = [old, new].map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
    let diff = TextDiff::from_slices(&old, &new);
    let [gone, come] = [ChangeTag::Delete, ChangeTag::Insert].map(|tag| tagged(diff.iter_all_changes(), tag));
    let line = |change: Change<&str>| {
        let (sign, style, others) = match change.tag() {
            ChangeTag::Delete => ('-', view.styles.removed, &come),
            ChangeTag::Insert => ('+', view.styles.added, &gone),
            ChangeTag::Equal => return None,
        };
        let text = cut_beside(change.value(), others.iter().copied(), room.saturating_sub(1));
        Some(format!("{style}{sign} {text}{style:#}"))
    };
    diff.iter_all_changes().filter_map(line).collect()
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
    fn lines_and_elements_are_cut_where_they_differ() {
        let narrow = View { columns: Some(40), ..View::default() };
        let start = "exec /usr/bin/java -Xmx512m -jar /opt/customer/app.jar";
        let text = |last: &str| format!("{start} --workers={last}\n");
        let list = |last: &str| {
            let names = ["a".repeat(30), format!("{}{last}.example.com", "b".repeat(40))];
            Value::List(names.map(Value::String).to_vec().into())
        };
        let told = |old: &Value, new: &Value| {
            let [old, new] = [old, new].map(|value| Mask::none().value(&ValuePath::root(), value));
            detail(Some(&old), Some(&new), 2, &narrow)
        };
        let string = |text: String| Value::String(text);
        for (old, new, expected) in [
            (string(text("4")), string(text("8")), &["-…workers=4", "+…workers=8"][..]),
            // A line that is put in above: each is cut beside the one that it is most like.
            (
                string(text("4")),
                string(format!("set -e {}\n{}", "x".repeat(90), text("8"))),
                &["-…workers=4", "+set -e…", "+…workers=8"],
            ),
            // Nothing to be told from: the end goes.
            (
                string("a\n".to_owned()),
                string(format!("a\n{}", text("4"))),
                &["+exec /usr/bin/java -Xmx512m -jar /op…"],
            ),
            (list("4"), list("8"), &["- …b4.example.com", "+ …b8.example.com"]),
        ] {
            let told = told(&old, &new);
            assert!(told.iter().all(|line| width(line) <= 40), "{told:#?}");
            let changed: Vec<_> = told.iter().filter(|line| line.trim().starts_with(['-', '+'])).collect();
            assert_eq!(changed.len(), expected.len(), "{told:#?}");
            for (line, expected) in changed.into_iter().zip(expected) {
                let ends: Vec<&str> = expected.split('…').collect();
                let line = line.trim();
                assert!(line.contains('…') && line.starts_with(ends[0]) && line.ends_with(ends[1]), "{line}");
            }
        }
    }

    #[test]
    fn a_line_break_at_the_end_is_a_difference() {
        assert_eq!(detailed("a\n", "a"), ["  @@ 1 @@", "  -a", "  +a (no line break at the end)"]);
    }

    #[test]
    fn elements_that_differ_are_told_one_by_one() {
        let hosts = |names: &[&str]| {
            let names = names.iter().map(|name| Value::String(format!("{name}.internal.example.com")));
            Value::List(names.collect::<Vec<_>>().into())
        };
        let lists = [hosts(&["a", "b"]), hosts(&["a", "c"])];
        let [old, new] = lists.map(|list| Mask::none().value(&ValuePath::root(), &list));
        let told = detail(Some(&old), Some(&new), 2, &View::default());
        assert_eq!(told, ["  - b.internal.example.com", "  + c.internal.example.com"]);
    }
}
