//! What a reader of text sees: colours and room.

use similar::{ChangeTag, TextDiff};

use super::style::Styles;
use super::{counted, sanitize};
use crate::model::Value;
use crate::secrets::mask::Shown;

/// The most names that stand in a row unless everything is asked for.
const NAMES: usize = 5;

/// Colours, and how wide a value may be.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The colours; plain on a pipe.
    pub styles: Styles,
    /// The columns of the terminal; `None` on a pipe.
    pub columns: Option<usize>,
    /// Whether everything is listed, however long.
    pub verbose: bool,
}

impl View {
    /// How wide a line of a table may be; without limit on a pipe, and where everything is listed.
    #[must_use]
    pub fn room(&self) -> Option<usize> {
        self.columns.filter(|columns| *columns > 0 && !self.verbose)
    }

    /// A name at the head of a line, cut so that `rest` fits behind it.
    #[must_use]
    pub fn head(&self, name: &str, rest: &str) -> String {
        let room = self.room().map(|room| room.saturating_sub(3 + sanitize::width(rest)).max(8));
        sanitize::cut(name, room.unwrap_or(usize::MAX)).into_owned()
    }

    /// Names in a row: as many as a line takes, and how many more there are.
    #[must_use]
    pub fn names(&self, names: &[&str]) -> String {
        let most = if self.verbose { names.len() } else { NAMES };
        let mut shown: Vec<String> =
            names.iter().take(most).map(|name| sanitize::clean(name).into()).collect();
        if names.len() > most {
            shown.push(format!("… {} more (-v lists them)", names.len() - most));
        }
        shown.join(", ")
    }

    /// A commit's subject, cut so that it fits on a line with the short id and `who`.
    #[must_use]
    pub fn subject(&self, subject: &str, most: usize, who: &str) -> String {
        // Seven digits, two blanks before the subject and three behind it.
        let room = self.room().map(|room| room.saturating_sub(12 + sanitize::width(who)).max(12));
        sanitize::cut_end(subject, room.map_or(most, |room| room.min(most))).into_owned()
    }

    /// A value on one line, cut in the middle when it is too wide.
    #[must_use]
    pub fn value(&self, value: &Shown) -> String {
        let room = self.room().map_or(72, |columns| (columns / 3).clamp(16, 60));
        let text = match value.shown() {
            Value::String(text) if text.contains('\n') => {
                format!("{:?}", text.lines().next().unwrap_or_default()) + " …"
            }
            other => other.to_string(),
        };
        sanitize::cut(&text, room).into_owned()
    }

    /// A change of value: `old → new`, how many lines of a text differ, or the one there is.
    #[must_use]
    pub fn change(&self, old: Option<&Shown>, new: Option<&Shown>) -> String {
        match (old, new) {
            (Some(old), Some(new)) => changed_lines(old.shown(), new.shown())
                .unwrap_or_else(|| format!("{} → {}", self.value(old), self.value(new))),
            (Some(value), None) | (None, Some(value)) => self.value(value),
            (None, None) => String::new(),
        }
    }
}

/// How much of two texts differs: `2 of 14 lines`; nothing unless both are texts, and one has
/// several lines.
fn changed_lines(old: &Value, new: &Value) -> Option<String> {
    let (old, new) = (old.as_str()?, new.as_str()?);
    if !old.contains('\n') && !new.contains('\n') {
        return None;
    }
    let diff = TextDiff::from_lines(old, new);
    let count = |tag: ChangeTag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    let changed = count(ChangeTag::Delete).max(count(ChangeTag::Insert));
    let all = old.lines().count().max(new.lines().count());
    Some(format!("{changed} of {}", counted(all, "line")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_several_lines_are_told_by_how_many_differ() {
        let old: String = (1..=14).map(|n| format!("step {n}\n")).collect();
        let new = old.replace("step 6\n", "step six\n");
        let (old, new) = (Value::String(old), Value::String(new));
        assert_eq!(changed_lines(&old, &new).as_deref(), Some("1 of 14 lines"));
        assert_eq!(changed_lines(&Value::String("a".into()), &Value::String("b".into())), None);
    }
}
