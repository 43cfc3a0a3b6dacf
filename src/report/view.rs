//! What a reader of text sees: colours and room.

use super::sanitize;
use super::style::Styles;
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

    /// A change of value: `old → new`, or the one there is.
    #[must_use]
    pub fn change(&self, old: Option<&Shown>, new: Option<&Shown>) -> String {
        match (old, new) {
            (Some(old), Some(new)) => format!("{} → {}", self.value(old), self.value(new)),
            (Some(value), None) | (None, Some(value)) => self.value(value),
            (None, None) => String::new(),
        }
    }
}
