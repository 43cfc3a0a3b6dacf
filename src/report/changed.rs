//! How much of a text of several lines, or of a list, differs.

use similar::{ChangeTag, TextDiff};

use super::counted;
use super::sanitize::width;
use crate::model::Value;

/// Two lists that are no wider are told whole.
const LISTS: usize = 40;

/// How much of two values differs: `2 of 14 lines`, `1 of 3 elements`; nothing where they are told whole.
pub(super) fn changed(old: &Value, new: &Value) -> Option<String> {
    let most = |diff: &dyn Fn(ChangeTag) -> usize| diff(ChangeTag::Delete).max(diff(ChangeTag::Insert));
    if let [Some(old), Some(new)] = [old, new].map(Value::as_str) {
        if !old.contains('\n') && !new.contains('\n') {
            return None;
        }
        let diff = TextDiff::from_lines(old, new);
        let changed = most(&|tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count());
        let all = old.lines().count().max(new.lines().count());
        return Some(format!("{changed} of {}", counted(all, "line")));
    }
    let [old, new] = elements(old, new)?;
    let [before, after] = [&old, &new].map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
    let diff = TextDiff::from_slices(&before, &after);
    let changed = most(&|tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count());
    Some(format!("{changed} of {}", counted(before.len().max(after.len()), "element")))
}

/// The elements of two lists that are told one by one.
pub(super) fn elements(old: &Value, new: &Value) -> Option<[Vec<String>; 2]> {
    let lists = [old.as_list()?, new.as_list()?];
    let lists = lists.map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>());
    let wide = lists.iter().flatten().map(|element| width(element) + 2).sum::<usize>();
    (wide > LISTS && lists.iter().any(|list| list.len() > 1)).then_some(lists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_how_many_lines_or_elements_differ() {
        let old: String = (1..=14).map(|n| format!("step {n}\n")).collect();
        let new = old.replace("step 6\n", "step six\n");
        let text = |text: &str| Value::String(text.to_owned());
        let hosts = |names: &[&str]| {
            let names = names.iter().map(|name| text(&format!("{name}.internal.example.com")));
            Value::List(names.collect::<Vec<_>>().into())
        };
        let short = Value::List(vec![text("a"), text("b")].into());
        for (old, new, expected) in [
            (text(&old), text(&new), Some("1 of 14 lines")),
            (text("a"), text("b"), None),
            (hosts(&["a", "b"]), hosts(&["a", "c", "b"]), Some("1 of 3 elements")),
            (short.clone(), Value::List(vec![text("c")].into()), None),
            (short, text("a"), None),
        ] {
            assert_eq!(changed(&old, &new).as_deref(), expected, "{old} {new}");
        }
    }
}
