//! One cell of a row: what it holds, and what may be done to it where there is little room.

use anstyle::Style;

use super::apart::{cut_among, cut_apart, fitting};
use super::path_name;
use super::sanitize::{clean, width};
use crate::model::ValuePath;

/// Text and its style; the text is already clean.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) content: Content,
    pub(super) style: Style,
    pub(super) right: bool,
    /// Where in its text the path's parent stands; nothing where there is none.
    parent: Option<(usize, usize)>,
    /// What its value is to be told from.
    beside: Option<String>,
    /// Whether its row has nothing to do with the row before.
    pub(super) begins: bool,
}

/// What a cell holds, and with it what may be done to it where there is little room.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A name or a path: broken, never cut.
    Name(String),
    /// A sentence: wrapped.
    Prose(String),
    /// A value: cut in its middle.
    Value(String),
    /// A value and what it becomes: each cut so that where they differ stays.
    Change([String; 2]),
}

impl Default for Content {
    fn default() -> Self {
        Self::Name(String::new())
    }
}

/// So much of each side of a change is to be seen for both to stand on one line.
pub(super) const SIDE: usize = 24;

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { content: Content::Name(text.into()), ..Self::default() }
    }

    /// A path, behind what leads to it; where there is little room, paths of one parent stand below that.
    pub(super) fn path(lead: &str, path: &ValuePath) -> Self {
        let text = format!("{lead}{}", path_name(path));
        let parent = path.parent().filter(|parent| !parent.is_root());
        let parent = parent.map(|parent| path_name(&parent));
        let end = parent.map(|parent| (lead.len() + parent.len(), parent));
        let is_there = |(end, parent): &(usize, String)| text.get(lead.len()..*end) == Some(parent);
        let parent = end.filter(is_there).map(|(end, _)| (lead.len(), end));
        Self { parent, ..Self::new(text) }
    }

    /// The same at the beginning of a row that has nothing to do with the row before.
    pub(super) fn begins(mut self, begins: bool) -> Self {
        self.begins = begins;
        self
    }

    /// The parent of its path.
    pub(super) fn parent(&self) -> Option<&str> {
        let (start, end) = self.parent?;
        self.text()?.get(start..end)
    }

    /// The blanks that it begins with.
    pub(super) fn indent(&self) -> usize {
        self.text().map_or(0, |text| text.len() - text.trim_start_matches(' ').len())
    }

    fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Name(text) | Content::Prose(text) | Content::Value(text) => Some(text),
            Content::Change(_) => None,
        }
    }

    /// The same below the parent of its path, which stands above it.
    pub(super) fn below_parent(&self) -> Self {
        let (Some((start, end)), Some(text)) = (self.parent, self.text()) else { return self.clone() };
        let (lead, rest) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
        let name = rest.strip_prefix('.').unwrap_or(rest);
        Self { content: Content::Name(format!("{lead}{name}")), parent: None, ..self.clone() }
    }

    /// The same, further to the right.
    pub(super) fn deeper(&self) -> Self {
        match &self.content {
            Content::Name(text) => Self { content: Content::Name(format!("  {text}")), ..self.clone() },
            Content::Prose(_) | Content::Value(_) | Content::Change(_) => self.clone(),
        }
    }

    /// A value.
    pub(super) fn value(text: &str) -> Self {
        Self { content: Content::Value(clean(text).into_owned()), ..Self::default() }
    }

    /// The same, to be told from another value that stands elsewhere.
    pub(super) fn beside(mut self, other: Option<String>) -> Self {
        self.beside = other;
        self
    }

    /// A value in so much room.
    fn cut(&self, text: &str, room: usize) -> String {
        cut_among(text, self.beside.as_deref(), room)
    }

    /// A value and what it becomes.
    pub(super) fn change(old: &str, new: &str) -> Self {
        Self {
            content: Content::Change([clean(old).into_owned(), clean(new).into_owned()]),
            ..Self::default()
        }
    }

    pub(super) fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// A sentence.
    pub(super) fn prose(self) -> Self {
        let content = match self.content {
            Content::Name(text) | Content::Prose(text) | Content::Value(text) => Content::Prose(text),
            Content::Change([old, new]) => Content::Prose(format!("{old} → {new}")),
        };
        Self { content, parent: None, ..self }
    }

    /// All of it on one line, a value no wider than `most`.
    pub(super) fn line(&self, most: usize) -> String {
        match &self.content {
            Content::Name(text) | Content::Prose(text) => text.clone(),
            Content::Value(text) => self.cut(text, most),
            Content::Change([old, new]) => {
                let [old, new] = cut_apart([old, new], [most, most]);
                format!("{old} → {new}")
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.content {
            Content::Name(text) | Content::Prose(text) | Content::Value(text) => text.is_empty(),
            Content::Change(_) => false,
        }
    }

    /// On one line of so much room, if it says enough there.
    pub(super) fn within(&self, room: usize, whole: bool) -> Option<String> {
        let line = match &self.content {
            Content::Name(text) | Content::Prose(text) | Content::Value(text) => text.clone(),
            Content::Change([old, new]) => {
                let both = room.checked_sub(width(" → "))?;
                let (wide_old, wide_new) = (width(old), width(new));
                let half = both / 2;
                let old_room = match (wide_old <= half, wide_new <= half) {
                    (true, _) => wide_old,
                    (false, true) => both - wide_new,
                    (false, false) => half,
                };
                let rooms = [old_room, both - old_room];
                let is_enough = |wide: usize, room: usize| wide <= room || (room >= SIDE && !whole);
                if !is_enough(wide_old, rooms[0]) || !is_enough(wide_new, rooms[1]) {
                    return None;
                }
                let [old, new] = cut_apart([old, new], rooms);
                format!("{old} → {new}")
            }
        };
        (width(&line) <= room).then_some(line)
    }

    /// The widest word of a sentence.
    pub(super) fn widest_word(&self) -> usize {
        match &self.content {
            Content::Prose(text) => text.split(' ').map(width).max().unwrap_or_default(),
            Content::Name(_) | Content::Value(_) | Content::Change(_) => 0,
        }
    }

    /// On as many lines as it takes, none wider than `room`; the first may have less.
    pub(super) fn lines(&self, first: usize, room: usize, whole: bool) -> Vec<String> {
        match &self.content {
            Content::Name(text) => broken(text, first, room),
            Content::Prose(text) => wrapped(text, room),
            Content::Value(text) if whole => broken(text, first, room),
            Content::Value(text) => vec![self.cut(text, room)],
            Content::Change([old, new]) if whole => {
                let old = broken(&format!("{old} →"), first, room);
                old.into_iter().chain(broken(new, room, room)).collect()
            }
            Content::Change([old, new]) => {
                let [old, new] = cut_apart([old, new], [room.saturating_sub(2).max(1), room]);
                vec![format!("{old} →"), new]
            }
        }
    }
}

/// A sentence on as many lines as it takes; a word is broken only where it is too wide by itself, and an arrow
/// is not parted from what it points to.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mark = ["→ ", "= "].into_iter().find(|mark| text.starts_with(mark)).unwrap_or_default();
    let options = textwrap::Options::new(room.max(1))
        .initial_indent(mark)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    let lines = textwrap::wrap(text.strip_prefix(mark).unwrap_or(text), options);
    lines.into_iter().flat_map(|line| broken(&line, room, room)).collect()
}

/// A text in pieces no wider than their room, broken behind a slash where that is not far, else behind a dot,
/// a dash or a blank where that is near.
pub(super) fn broken(text: &str, first: usize, room: usize) -> Vec<String> {
    let (mut pieces, mut rest, mut room_now) = (Vec::new(), text, first.max(1));
    while width(rest) > room_now {
        let count = fitting(rest.chars(), room_now).max(1);
        let end = rest.char_indices().nth(count).map_or(rest.len(), |(at, _)| at);
        let piece = rest.get(..end).unwrap_or(rest);
        let behind =
            |marks: &[char], least: usize| piece.rfind(marks).map(|at| at + 1).filter(|at| *at > least);
        let near = behind(&['/'], end / 3).or_else(|| behind(&['.', '_', '-', ' '], end / 2));
        let (piece, after) = rest.split_at(near.unwrap_or(end));
        pieces.push(piece.trim_end_matches(' ').to_owned());
        (rest, room_now) = (after, room.max(1));
    }
    pieces.push(rest.to_owned());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_only_where_they_are_too_wide() {
        for (text, room, expected) in [
            ("two words", 20, &["two words"][..]),
            ("two words", 8, &["two", "words"]),
            (
                "→ environments/staging/orders/settings.yaml",
                30,
                &["→ environments/staging/orders/", "settings.yaml"],
            ),
            ("= environments/a.yaml", 40, &["= environments/a.yaml"]),
            (
                "in services/config/some-name.yaml, too",
                24,
                &["in", "services/config/", "some-name.yaml,", "too"],
            ),
            ("an-extraordinary-name.yaml", 18, &["an-extraordinary-", "name.yaml"]),
        ] {
            assert_eq!(wrapped(text, room), expected, "{text}");
        }
    }
}
