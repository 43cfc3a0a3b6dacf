//! Three texts of the same values in one: what then still differs is comments, order and layout.
//!
//! What a line says and the comment behind it are two pieces, and a comment on a line of its own is a
//! third, so that what one side wrote beside a value does not stand in the way of what the other wrote
//! beside its neighbour.

use std::fmt::Debug;
use std::ops::Range;

use super::Version;
use super::hunks::{Piece, pieces};
use super::losses::Leeway;
use super::{Decided, of};
use crate::model::ValuePath;
use crate::yaml::{Document, Limits, Lines, WHITE};

/// One text of three.
pub(super) struct Joined {
    /// The text, the preferred version's where more than one says something else.
    pub(super) text: String,
    /// At which values both sides changed comments differently.
    pub(super) comments: Vec<ValuePath>,
    /// Whether both sides changed order or layout differently.
    pub(super) is_layout_contested: bool,
    /// The comments that gave way where one side's were chosen.
    pub(super) leeway: Leeway,
}

/// Joins the base's text, ours and theirs; what stands beside a value that `decided` knows is that
/// version's, and the layout is whose it says of the root. `None` when one of them cannot be read.
pub(super) fn join(
    texts: [&str; 3],
    preferred: Version,
    decided: Decided<'_>,
    limits: &Limits,
) -> Option<Joined> {
    let frame = Frame::of(texts);
    let inner = texts.map(|text| frame.without(text));
    let [base, ours, theirs] = [&inner[0], &inner[1], &inner[2]]
        .map(|text| Document::parse(text.as_bytes(), limits).ok().filter(|it| it.problems().is_empty()));
    let (base, ours, theirs) = (base?, ours?, theirs?);
    let [b, o, t] = [&base, &ours, &theirs].map(tokens);
    let mut text = String::with_capacity(ours.text().len());
    let mut push = |tokens: &[Token<'_>]| tokens.iter().for_each(|token| text.push_str(token.text()));
    let (mut comments, mut is_layout_contested, mut leeway) = (Vec::new(), false, Leeway::default());
    for piece in pieces(&b, &o, &t) {
        let three = match piece {
            Piece::Ours(range) => {
                push(&o[range]);
                continue;
            }
            Piece::Theirs(range) => {
                push(&t[range]);
                continue;
            }
            Piece::Both { base, ours, theirs } => [slots(&b, base), slots(&o, ours), slots(&t, theirs)],
        };
        for [in_base, in_ours, in_theirs] in paired(three) {
            let [old, left, right] = [&b[in_base], &o[in_ours.clone()], &t[in_theirs]];
            if right == old || left.iter().filter_map(Token::said).eq(right.iter().filter_map(Token::said)) {
                push(left);
                continue;
            }
            if left == old {
                push(right);
                continue;
            }
            let is_layout = [old, left, right].into_iter().flatten().any(Token::is_code);
            let beside = beside(&ours, &o, &in_ours).filter(|_| !is_layout);
            let chosen = decided(beside.as_ref().unwrap_or(&ValuePath::root()));
            if let Some(version) = chosen {
                let said = |tokens: &[Token<'_>]| {
                    tokens.iter().filter_map(Token::comment).map(str::to_owned).collect()
                };
                leeway.give(version, [old, left, right].map(said));
            } else {
                is_layout_contested |= is_layout;
                comments.extend(beside);
            }
            push(of(chosen.unwrap_or(preferred), old, left, right));
        }
    }
    comments.dedup();
    Some(Joined { text: frame.around(text), comments, is_layout_contested, leeway })
}

/// A part of a line; all of them are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// What a line says, without what follows it.
    Code(&'a str),
    /// What follows: blanks, a comment, the end of the line.
    Tail(&'a str),
    /// A line that holds a comment alone.
    Comment(&'a str),
    /// A line that holds nothing.
    Blank(&'a str),
}

impl<'a> Token<'a> {
    fn text(&self) -> &'a str {
        match self {
            Self::Code(text) | Self::Tail(text) | Self::Comment(text) | Self::Blank(text) => text,
        }
    }

    fn slot(&self) -> Slot {
        match self {
            Self::Tail(_) => Slot::Tail,
            Self::Comment(_) | Self::Blank(_) => Slot::Between,
            Self::Code(_) => Slot::Code,
        }
    }

    fn is_code(&self) -> bool {
        self.slot() == Slot::Code
    }

    /// The comment in it.
    fn comment(&self) -> Option<&'a str> {
        self.said().filter(|_| !self.is_code())
    }

    /// What must not get lost of it.
    fn said(&self) -> Option<&'a str> {
        Some(self.text().trim_matches(WHITE)).filter(|text| !text.is_empty())
    }
}

fn tokens(document: &Document) -> Vec<Token<'_>> {
    let text = document.text();
    let mut comments = document.comments().iter().map(|span| span.start).peekable();
    let mut out = Vec::new();
    let mut at = 0;
    for line in Lines::split(text) {
        let end = at + line.len();
        let comment = comments.next_if(|start| *start < end).map(|start| start - at);
        let said = line.get(..comment.unwrap_or(line.len())).unwrap_or(line);
        let code = said.trim_end_matches(WHITE);
        match (code.trim_start_matches('\u{feff}').is_empty(), comment) {
            (true, Some(_)) => out.push(Token::Comment(line)),
            (true, None) => out.push(Token::Blank(line)),
            (false, _) => {
                let (code, tail) = line.split_at(code.len());
                out.extend([Token::Code(code), Token::Tail(tail)]);
            }
        }
        at = end;
    }
    out
}

/// What follows a line's code, what stands between two lines, and the next code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Tail,
    Between,
    Code,
}

/// In this order, again and again.
const SLOTS: [Slot; 3] = [Slot::Tail, Slot::Between, Slot::Code];

/// The slots of some pieces.
fn slots(tokens: &[Token<'_>], range: Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = range.start;
    for slot in SLOTS.into_iter().cycle() {
        let found = tokens.get(at..range.end).unwrap_or_default().iter();
        let end = at + found.take_while(|token| token.slot() == slot).count();
        out.push(at..end);
        at = end;
        if at == range.end {
            break;
        }
    }
    out
}

/// The slots of the three side by side; where they hold no equal number of lines all of them are one.
fn paired(mut three: [Vec<Range<usize>>; 3]) -> Vec<[Range<usize>; 3]> {
    let lines = three.each_ref().map(|slots| slots.len() / SLOTS.len());
    let most = three.iter().map(Vec::len).max().unwrap_or(0);
    let ends = |slots: &[Range<usize>]| {
        (slots.first().map_or(0, |first| first.start), slots.last().map_or(0, |last| last.end))
    };
    if lines != [lines[0]; 3] {
        return vec![three.map(|slots| ends(&slots).0..ends(&slots).1)];
    }
    for slots in &mut three {
        let end = ends(slots).1;
        slots.resize(most, end..end);
    }
    let [base, ours, theirs] = three;
    base.into_iter().zip(ours).zip(theirs).map(|((base, ours), theirs)| [base, ours, theirs]).collect()
}

/// The value that these pieces stand beside: the one on their line, else the next one, else the last.
fn beside(document: &Document, tokens: &[Token<'_>], range: &Range<usize>) -> Option<ValuePath> {
    let is_tail = tokens.get(range.start).is_some_and(|token| token.slot() == Slot::Tail);
    let code = |mut range: Range<usize>| range.find(|at| tokens.get(*at).is_some_and(Token::is_code));
    let before = || (0..range.start).rev().find(|at| tokens.get(*at).is_some_and(Token::is_code));
    let at = if is_tail { before() } else { code(range.end..tokens.len()).or_else(before) }?;
    let start: usize = tokens.get(..at)?.iter().map(|token| token.text().len()).sum();
    let end = start + tokens.get(at)?.text().len();
    let mut found = None;
    document.walk(&mut |visit| {
        let begins = document.node(visit.key.unwrap_or(visit.node)).outer.start;
        if found.is_none() && !visit.aliased && (start..end).contains(&begins) && !visit.path.is_root() {
            found = Some(visit.path.clone());
        }
    });
    found
}

/// How a text begins and how its lines end, where the three do not agree: that is nobody's comment, and
/// whoever changed it has it.
struct Frame {
    mark: Option<bool>,
    crlf: Option<bool>,
}

impl Frame {
    fn of(texts: [&str; 3]) -> Self {
        let changed = |[base, ours, theirs]: [bool; 3]| {
            (base != ours || base != theirs).then_some(if ours == base { theirs } else { ours })
        };
        let lines = |text: &str, end: &str| text.matches(end).count();
        let is_mixed = |text: &str| ![0, lines(text, "\n")].contains(&lines(text, "\r\n"));
        let crlf = changed(texts.map(|text| text.contains("\r\n")));
        Self {
            mark: changed(texts.map(|text| text.starts_with('\u{feff}'))),
            crlf: crlf.filter(|_| !texts.into_iter().any(is_mixed)),
        }
    }

    fn without(&self, text: &str) -> String {
        let text = match self.mark {
            Some(_) => text.trim_start_matches('\u{feff}'),
            None => text,
        };
        if self.crlf.is_some() { text.replace("\r\n", "\n") } else { text.to_owned() }
    }

    fn around(&self, text: String) -> String {
        let text = if self.crlf == Some(true) { text.replace('\n', "\r\n") } else { text };
        if self.mark == Some(true) { format!("\u{feff}{text}") } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_beside_values_is_joined_piece_by_piece() {
        for (base, ours, theirs, expected, contested) in [
            ("a: 1 # x\nb: 2\n", "a: 1 # y\nb: 2\n", "a: 1 # x\nb: 2 # z\n", "a: 1 # y\nb: 2 # z\n", ""),
            ("a: 1\n# b\nb: 2\n", "a: 1 # y\n# b\nb: 2\n", "a: 1\n# c\nb: 2\n", "a: 1 # y\n# c\nb: 2\n", ""),
            ("a: 1 # x\n", "a: 1 # y\n", "a: 1 # y\n", "a: 1 # y\n", ""),
            (
                "a: 1 # x\n# b\nb: 2\n",
                "a: 1 # x\n# c\nb: 2\n",
                "a: 1 # y\n# d\nb: 2\n",
                "a: 1 # y\n# c\nb: 2\n",
                "b",
            ),
            ("a: 1 # x\nb: 2\n", "a: 1 # y\nb: 2\n", "a: 1\nb: 2\n", "a: 1 # y\nb: 2\n", "a"),
            ("a: 1\nb: 2\n", "a: 1\n# o\nb: 2\n", "a: 1\n# t\nb: 2\n", "a: 1\n# o\nb: 2\n", "b"),
            ("a: 1\n", "a: 1\n# o\n", "a: 1\n# t\n", "a: 1\n# o\n", "a"),
            ("a: 1\n\nb: 2\n", "a: 1\nb: 2\n", "a: 1\n\n\nb: 2\n", "a: 1\n\nb: 2\n", ""),
            ("a: 'x'\nb: 2\n", "a: \"x\"\nb: 2\n", "a: 'x' # w\nb: 2\n", "a: \"x\" # w\nb: 2\n", ""),
            ("a: 'x'\n", "a: \"x\"\n", "a: x\n", "a: \"x\"\n", "!"),
            ("a: 1\nb: 2\n", "a: 1\r\nb: 2\r\n", "a: 1 # t\nb: 2\n", "a: 1 # t\r\nb: 2\r\n", ""),
            ("a: 1 # x\rb: 2 # y\r", "a: 1 # z\rb: 2 # y\r", "a: 1 # x\rb: 2\r", "a: 1 # z\rb: 2\r", ""),
            ("a # x\r# y\r\n", "a # x\r# z\r\n", "a\r# y\r\n", "a\r# z\r\n", ""),
            ("# x\na: 1\n", "\u{feff}# x\na: 1\n", "# y\na: 1\n", "\u{feff}# y\na: 1\n", ""),
            (
                "a: |\n  # no\n  x\n",
                "a: |\n  # no\n  x\n",
                "a: |\n  # no\n  x\n# t\n",
                "a: |\n  # no\n  x\n# t\n",
                "",
            ),
        ] {
            let joined =
                join([base, ours, theirs], Version::Ours, &|_| None, &Limits::default()).expect(base);
            let paths = joined.comments.iter().map(ToString::to_string);
            let layout = joined.is_layout_contested.then(|| "!".to_owned());
            let found: String = paths.chain(layout).collect();
            assert_eq!((joined.text.as_str(), found.as_str()), (expected, contested), "{base}{ours}{theirs}");
        }
    }
}
