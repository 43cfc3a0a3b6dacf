//! Which comment belongs to which value, judged by where they stand in the source.
//!
//! A comment behind a value stays behind it. Lines of comments go above what follows them, except
//! that a paragraph which follows a value directly and is itself followed by a blank line stays
//! below that value: that is how people comment settings out. No comment is ever dropped.

use std::collections::BTreeMap;
use std::ops::Range;

use super::draft::Draft;

/// The comments and the blank line around one value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// Whether a blank line sets it, with the comments above it, apart from what comes before.
    pub(super) gap: bool,
    /// Lines above; an empty one is a blank line.
    pub(super) above: Vec<String>,
    pub(super) trailing: Option<String>,
    pub(super) below: Vec<String>,
}

/// All comments of a source, each at its value.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// What the file says of itself.
    pub(super) head: Vec<String>,
    /// What follows the last value.
    pub(super) tail: Vec<String>,
    around: BTreeMap<usize, Around>,
}

impl Placed {
    pub(super) fn around(&self, draft: &Draft) -> Option<&Around> {
        if draft.span.is_empty() { None } else { self.around.get(&draft.span.start) }
    }

    fn at(&mut self, draft: &Draft) -> &mut Around {
        self.around.entry(draft.span.start).or_default()
    }
}

/// Gives every comment its place.
pub(super) fn place(text: &str, draft: &Draft, comments: &[Range<usize>]) -> Placed {
    let mut anchors = Vec::new();
    draft.anchors(&mut anchors);
    // An element that is a mapping begins before its first key, a list before its first element.
    anchors.sort_by_key(|anchor| (anchor.span.start, std::cmp::Reverse(anchor.span.end)));
    let mut sweep = Sweep { text, anchors, passed: 0, open: Vec::new(), closed: None };
    let mut placed = sweep.gaps();
    let mut rest = comments;
    while let Some(comment) = rest.first() {
        let here = sweep.advance(comment.start);
        if let Some(draft) = here.trailed(text, comment.start)
            && placed.at(draft).trailing.is_none()
        {
            placed.at(draft).trailing = Some(line_of(text, comment));
            rest = &rest[1..];
            continue;
        }
        let count = paragraph(text, rest, here.limit(text));
        let (lines, more) = rest.split_at(count);
        here.settle(text, lines, &mut placed);
        rest = more;
    }
    placed
}

/// A walk over the anchors in the order of the text.
struct Sweep<'a> {
    text: &'a str,
    anchors: Vec<&'a Draft>,
    passed: usize,
    open: Vec<&'a Draft>,
    closed: Option<&'a Draft>,
}

/// What surrounds an offset.
struct Here<'a> {
    /// The innermost value around it.
    inner: Option<&'a Draft>,
    /// The value that ended last before it, the outermost of those that ended together.
    closed: Option<&'a Draft>,
    /// The value that begins next inside `inner`.
    next: Option<&'a Draft>,
}

impl<'a> Sweep<'a> {
    fn advance(&mut self, offset: usize) -> Here<'a> {
        while let Some(anchor) =
            self.anchors.get(self.passed).copied().filter(|anchor| anchor.span.start < offset)
        {
            self.close(anchor.span.start);
            self.open.push(anchor);
            self.passed += 1;
        }
        self.close(offset);
        let inner = self.open.last().copied();
        let inside = |draft: &&Draft| inner.is_none_or(|inner| inner.span.contains(&draft.span.start));
        Here {
            inner,
            closed: self.closed.filter(inside),
            next: self.anchors.get(self.passed).copied().filter(inside),
        }
    }

    fn close(&mut self, offset: usize) {
        while let Some(ended) = self.open.pop_if(|open| open.span.end <= offset) {
            self.closed = Some(ended);
        }
    }

    /// The blank lines directly above values that begin a line.
    fn gaps(&self) -> Placed {
        let mut placed = Placed::default();
        let mut from = 0;
        for anchor in &self.anchors {
            let start = anchor.span.start;
            let newline = self.text.get(from..start).and_then(|between| between.rfind('\n'));
            if let Some(line) = newline.map(|newline| from + newline + 1)
                && is_blank(self.text, line..start)
                && blank_before(self.text, line)
            {
                placed.at(anchor).gap = true;
            }
            from = start;
        }
        placed
    }
}

impl<'a> Here<'a> {
    /// The value behind which a comment at `offset` stands in the same line.
    fn trailed(&self, text: &str, offset: usize) -> Option<&'a Draft> {
        let line = line_start(text, offset);
        let ended = self.closed.filter(|closed| closed.span.end > line);
        ended.or_else(|| self.inner.filter(|inner| inner.span.start >= line))
    }

    /// Where a paragraph must end: at the next value, or where the value around it ends.
    fn limit(&self, text: &str) -> usize {
        let next = self.next.map(|next| next.span.start);
        next.or(self.inner.map(|inner| inner.span.end)).unwrap_or(text.len())
    }

    fn settle(&self, text: &str, lines: &[Range<usize>], placed: &mut Placed) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        let start = line_start(text, first.start);
        let parted_before = start == 0 || blank_before(text, start);
        let parted_after = blank_after(text, last.end);
        let shown = lines.iter().map(|line| line_of(text, line));
        let owner = self.closed.filter(|closed| !closed.header && !parted_before);
        match (owner, self.next, self.inner) {
            (Some(owner), Some(_), _) if parted_after => placed.at(owner).below.extend(shown),
            (None, Some(_), None) if self.closed.is_none() && parted_after => {
                append(&mut placed.head, shown, parted_before);
            }
            (None, None, None) if self.closed.is_none() => append(&mut placed.head, shown, parted_before),
            (_, Some(next), _) => {
                let around = placed.at(next);
                if around.above.is_empty() {
                    around.gap = parted_before && start > 0;
                }
                append(&mut around.above, shown, parted_before);
                // The blank line between the comment and its value, unless another paragraph
                // follows and brings its own.
                if parted_after && blank_before(text, line_start(text, next.span.start)) {
                    around.above.push(String::new());
                }
            }
            (Some(owner), None, _) => placed.at(owner).below.extend(shown),
            (None, None, Some(inner)) => match self.closed {
                Some(closed) => placed.at(closed).below.extend(shown),
                None => append(&mut placed.at(inner).above, shown, false),
            },
            (None, None, None) => append(&mut placed.tail, shown, parted_before),
        }
    }
}

/// Adds a paragraph, set apart by a blank line where the source had one.
fn append(lines: &mut Vec<String>, paragraph: impl Iterator<Item = String>, parted: bool) {
    if parted && lines.last().is_some_and(|line| !line.is_empty()) {
        lines.push(String::new());
    }
    lines.extend(paragraph);
}

/// How many of `comments` stand in consecutive lines before `limit`; at least one.
fn paragraph(text: &str, comments: &[Range<usize>], limit: usize) -> usize {
    let follows = |pair: &[Range<usize>]| match pair {
        [a, b] => {
            let between = text.get(a.end..b.start).unwrap_or_default();
            b.start < limit && between.trim().is_empty() && between.matches('\n').count() == 1
        }
        _ => false,
    };
    1 + comments.windows(2).take_while(|pair| follows(pair)).count()
}

/// A comment as YAML may hold it: nothing that a reader takes for a line's end or refuses.
fn line_of(text: &str, comment: &Range<usize>) -> String {
    let raw = text.get(comment.clone()).unwrap_or_default().trim_end();
    let is_safe =
        |c: char| c == '\t' || !(c.is_control() || "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(c));
    raw.chars().map(|c| if is_safe(c) { c } else { ' ' }).collect()
}

fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

fn is_blank(text: &str, span: Range<usize>) -> bool {
    text.get(span).is_some_and(|part| part.trim().is_empty())
}

/// Whether the line before the one that begins at `start` is blank.
fn blank_before(text: &str, start: usize) -> bool {
    let end = start.saturating_sub(1);
    start > 0 && is_blank(text, line_start(text, end)..end)
}

/// Whether the line after the one that holds `offset` is blank or there is none.
fn blank_after(text: &str, offset: usize) -> bool {
    let mut lines = text.get(offset..).unwrap_or_default().split('\n').skip(1);
    lines.next().is_none_or(|line| line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::converted;

    #[test]
    fn comments_stay_with_what_they_speak_of() {
        for (toml, yaml) in [
            // The file's own, a value's own, and what ends the file.
            ("# file\n\n# a\na = 1 # one\n\n# end\n", "# file\n\n# a\na: 1 # one\n\n# end\n"),
            ("# two\n# lines\na = 1\n# end", "# two\n# lines\na: 1\n# end\n"),
            ("# x\n\n# z\n", "# x\n\n# z\n\n{}\n"),
            // Commented-out settings follow their neighbour; what leads over stays above.
            ("a = 1\n# b = 2\n\nc = 3\n", "a: 1\n# b = 2\n\nc: 3\n"),
            ("a = 1\n# on c\nc = 3\n", "a: 1\n# on c\nc: 3\n"),
            ("a = 1\n\n# apart\n\nc = 3\n", "a: 1\n\n# apart\n\nc: 3\n"),
            ("a = 1\n\n\n# p\n# q\n\n# r\nc = 3\n", "a: 1\n\n# p\n# q\n\n# r\nc: 3\n"),
            // Tables.
            (
                "# t\n[t] # head\n# in\n\na = 1\n# old\n\n[u]\nb = 2\n",
                "# t\nt: # head\n  # in\n\n  a: 1\n  # old\n\nu:\n  b: 2\n",
            ),
            ("x = 0\n\n# p\n[t.p]\na = 1\n", "x: 0\n\nt:\n  # p\n  p:\n    a: 1\n"),
            (
                "[[s]] # one\n# n\nm = 1\n\n# second\n[[s]]\nm = 2\n",
                "s:\n  # one\n  # n\n  - m: 1\n\n  # second\n  - m: 2\n",
            ),
            ("# d\na.b = 1 # e\n# f\na.c = 2\n", "# d\na:\n  b: 1 # e\n  # f\n  c: 2\n"),
            // Arrays.
            (
                "a = [ # open\n  1, # one\n  # on two\n  2\n  , # two\n  # last\n] # closed\n",
                "a: # open\n  - 1 # one\n  # on two\n  - 2\n  # two\n  # last\n# closed\n",
            ),
            ("a = [ # open\n  # in\n]\nb = [\n  # in\n]\n", "# in\na: [] # open\n# in\nb: []\n"),
            (
                "a = [\n  [1, 2], # pair\n  # t\n  { x = 1 }, # table\n]\n",
                "a:\n  # pair\n  - - 1\n    - 2\n  # t\n  # table\n  - x: 1\n",
            ),
            ("a = { x = 1, z = [1] } # t\n", "a: # t\n  x: 1\n  z:\n    - 1\n"),
            // A block scalar's blank lines are its own.
            ("a = \"x\\n\\n\"\n\n# on b\nb = 1\n", "a: |+\n  x\n\n# on b\nb: 1\n"),
            ("a = \"x\\ny\" # lines\nb = '#' #\n", "# lines\na: |-\n  x\n  y\nb: '#' #\n"),
            // What YAML readers would take for a line's end becomes a blank.
            ("a = 1 # x\u{2028}y\u{feff}z\t\n", "a: 1 # x y z\n"),
        ] {
            let done = converted(Format::Toml, toml);
            assert_eq!(done.text, yaml, "{toml}");
        }
    }
}
