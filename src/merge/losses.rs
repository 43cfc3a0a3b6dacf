//! What is no value and must not get lost: comments, and where text merging cannot vouch for it,
//! layout and order.

use std::collections::BTreeMap;

use crate::diff::documents::settle_document;
use crate::diff::lists::ListRules;
use crate::merge::{Version, of};
use crate::model::{Segment, Value, ValuePath};
use crate::yaml::{Content, Document, NodeId, Style};

/// How often each comment may be there less or more than both sides' changes make it, since one side was
/// chosen where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Leeway(BTreeMap<String, [i64; 2]>);

impl Leeway {
    /// The comments of the base, ours and theirs at one place, where one version's were chosen.
    pub(super) fn give(&mut self, chosen: Version, comments: [Vec<String>; 3]) {
        let [base, ours, theirs] = comments;
        let chosen = of(chosen, &base, &ours, &theirs).clone();
        for other in [&ours, &theirs] {
            let mut more: BTreeMap<&String, i64> = BTreeMap::new();
            chosen.iter().for_each(|text| *more.entry(text).or_default() += 1);
            other.iter().for_each(|text| *more.entry(text).or_default() -= 1);
            for (text, more) in more {
                let [less, most] = self.0.entry(text.clone()).or_default();
                *less += (-more).max(0);
                *most += more.max(0);
            }
        }
    }

    /// The same at paths whose values were chosen.
    pub(super) fn give_at(&mut self, versions: [&Document; 3], chosen: &[(ValuePath, Version)]) {
        for (path, version) in chosen {
            let owned = |document| comments_at(document, path).into_iter().map(str::to_owned).collect();
            self.give(*version, versions.map(owned));
        }
    }

    fn of(&self, text: &str) -> [i64; 2] {
        self.0.get(text).copied().unwrap_or_default()
    }
}

impl std::ops::Add for Leeway {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        for (text, [less, more]) in other.0 {
            let own = self.0.entry(text).or_default();
            *own = [own[0] + less, own[1] + more];
        }
        self
    }
}

/// Whether each comment is in the result as often as both sides' changes make it, within the leeway.
pub(super) fn comments([base, ours, theirs]: [&Document; 3], result: &Document, leeway: &Leeway) -> bool {
    let [base, ours, theirs, result] = [base, ours, theirs, result].map(counted);
    let all = [&base, &ours, &theirs, &result].into_iter().flat_map(BTreeMap::keys);
    let count = |side: &BTreeMap<&str, i64>, text: &str| side.get(text).copied().unwrap_or(0);
    all.into_iter().all(|text| {
        let before = count(&base, text);
        let (mine, other) = (count(&ours, text) - before, count(&theirs, text) - before);
        let now = count(&result, text) - before;
        let both = mine + other;
        // Two comments of one text may be one that both sides wrote.
        let once = if mine.abs() < other.abs() { other } else { mine };
        let at_least = if mine.signum() == other.signum() { once } else { both };
        let [less, more] = leeway.of(text);
        // No more is forgiven than one side alone would have made of it.
        let lowest = (at_least.min(both) - less).max(mine.min(other).min(0)).min(at_least.min(both));
        let highest = (at_least.max(both) + more).min(mine.max(other).max(0)).max(at_least.max(both));
        (lowest..=highest).contains(&now)
    })
}

/// Whether no comment that a side has is in neither of two results, as far as both sides' changes do not
/// take it away.
pub(super) fn keeps_comments([base, ours, theirs]: [&Document; 3], results: [&Document; 2]) -> bool {
    let [base, ours, theirs] = [base, ours, theirs].map(counted);
    let results = results.map(counted);
    let count = |side: &BTreeMap<&str, i64>, text: &str| side.get(text).copied().unwrap_or(0);
    ours.keys().chain(theirs.keys()).all(|text| {
        let [before, mine, other] = [&base, &ours, &theirs].map(|side| count(side, text));
        let wanted = mine.min(other).max(mine + other - before).min(mine.max(other));
        results.iter().any(|result| count(result, text) >= wanted)
    })
}

/// Whether a comment that came from the first version to the second is in neither the third nor the last.
#[must_use]
pub fn lacks_comments([base, side, other]: [&Document; 3], result: &Document) -> bool {
    let [base, side, other, result] = [base, side, other, result].map(counted);
    let count = |side: &BTreeMap<&str, i64>, text: &str| side.get(text).copied().unwrap_or(0);
    side.iter().any(|(text, now)| {
        let came = now - count(&base, text);
        came > 0 && count(&result, text) < (count(&other, text) + came).min(*now)
    })
}

/// Whether a side wrote other comments than the base at the entry at this path, above it or in it.
#[must_use]
pub fn differ_at([base, side]: [&Document; 2], path: &ValuePath) -> bool {
    comments_at(base, path) != comments_at(side, path)
}

fn comments_at<'d>(document: &'d Document, path: &ValuePath) -> Vec<&'d str> {
    let Some(found) = document.locate(path) else { return Vec::new() };
    let (text, lines) = (document.text(), document.lines());
    let outer = &document.node(found.node).outer;
    let mut first = lines.line(found.key.map_or(outer.start, |key| key.start));
    let line = |number| text.get(lines.bytes(text, number)).unwrap_or_default();
    while first > 1 && line(first - 1).trim_start().starts_with('#') {
        first -= 1;
    }
    let last = lines.line(outer.end.saturating_sub(1).max(outer.start));
    let whole = lines.bytes(text, first).start..lines.bytes(text, last).end;
    let comments = document.comments().iter().filter(|comment| whole.contains(&comment.start));
    let mut comments: Vec<_> =
        comments.filter_map(|comment| text.get(comment.clone())).map(str::trim_end).collect();
    comments.sort_unstable();
    comments
}

fn counted(document: &Document) -> BTreeMap<&str, i64> {
    let mut out = BTreeMap::new();
    for span in document.comments() {
        let text = document.text().get(span.clone()).unwrap_or_default().trim_end();
        *out.entry(text).or_insert(0) += 1;
    }
    out
}

/// How something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Layout {
    Scalar(Style),
    Flow,
    /// The column of its entries, and their names in order.
    Block(usize, Vec<Segment>),
    Alias,
}

/// How a text begins and ends, and how its lines end.
fn frame(document: &Document) -> [bool; 3] {
    let text = document.text();
    [text.starts_with('\u{feff}'), text.ends_with('\n'), text.contains("\r\n")]
}

/// Whether all that a side writes in another way than the base is written that way in the result.
pub(super) fn layout([base, ours, theirs]: [&Document; 3], result: &Document, lists: &dyn ListRules) -> bool {
    let [old, left, right, new] = [base, ours, theirs, result].map(frame);
    let framed = old.iter().zip(left).zip(right).zip(new);
    if framed.into_iter().any(|(((old, left), right), new)| new != if left == *old { right } else { left }) {
        return false;
    }
    let [base, ours, theirs, result] = [base, ours, theirs, result].map(|document| layouts(document, lists));
    [ours, theirs].iter().all(|side| {
        let changed = side.iter().filter_map(|(path, now)| Some((path, base.get(path)?, now)));
        let changed = changed.filter(|(_, before, now)| !alike(before, now));
        changed.into_iter().all(|(path, _, now)| result.get(path).is_none_or(|result| alike(now, result)))
    })
}

/// Entries that only one of the two has say nothing of the order.
fn alike(a: &Layout, b: &Layout) -> bool {
    let (Layout::Block(at, left), Layout::Block(there, right)) = (a, b) else { return a == b };
    let common = |of: &[Segment], other: &[Segment]| -> Vec<Segment> {
        of.iter().filter(|name| other.contains(name)).cloned().collect()
    };
    at == there && common(left, right) == common(right, left)
}

fn layouts(document: &Document, lists: &dyn ListRules) -> BTreeMap<ValuePath, Layout> {
    let mut out = BTreeMap::new();
    for (number, root) in document.roots().iter().enumerate() {
        let path = settle_document(&ValuePath::document(number), document.values(), document.values());
        visit(document, *root, &path, lists, &mut out);
    }
    out
}

fn visit(
    document: &Document,
    id: NodeId,
    path: &ValuePath,
    lists: &dyn ListRules,
    out: &mut BTreeMap<ValuePath, Layout>,
) {
    let column = |offset: usize| document.location(&(offset..offset)).start.column;
    let (layout, children): (Layout, Vec<(Segment, NodeId)>) = match &document.node(id).content {
        Content::Scalar { style, .. } => (Layout::Scalar(*style), Vec::new()),
        Content::Alias { .. } => (Layout::Alias, Vec::new()),
        Content::Sequence { items, flow } => {
            let key = lists.list_key(path);
            let name = |(index, id)| named(document, id, key.as_deref()).unwrap_or(Segment::Index(index));
            let nodes = items.iter().map(|item| item.node);
            let children: Vec<_> = nodes.enumerate().map(|(index, id)| (name((index, id)), id)).collect();
            (block(*flow, items.first().map(|item| column(item.start)), &children), children)
        }
        Content::Mapping { entries, flow } => {
            let key = |key| Segment::Key(document.key_text(key).unwrap_or_default().to_owned());
            let children: Vec<_> = entries.iter().map(|entry| (key(entry.key), entry.value)).collect();
            (block(*flow, entries.first().map(|entry| column(entry.start)), &children), children)
        }
    };
    for (segment, child) in children {
        visit(document, child, &path.join(segment), lists, out);
    }
    out.insert(path.clone(), layout);
}

fn block(flow: bool, column: Option<usize>, children: &[(Segment, NodeId)]) -> Layout {
    match column.filter(|_| !flow) {
        Some(column) => Layout::Block(column, children.iter().map(|(segment, _)| segment.clone()).collect()),
        None => Layout::Flow,
    }
}

/// What a list's element is called, by the schema's key or those that usually tell elements apart.
fn named(document: &Document, id: NodeId, key: Option<&str>) -> Option<Segment> {
    let entry = |id: NodeId, key: &str| {
        let Content::Mapping { entries, .. } = &document.node(id).content else { return None };
        entries.iter().find(|entry| document.key_text(entry.key) == Some(key)).map(|entry| entry.value)
    };
    key.into_iter().chain(Value::NAMES).find_map(|field| {
        let Content::Scalar { text, .. } = &document.node(field.split('.').try_fold(id, entry)?).content
        else {
            return None;
        };
        Some(Segment::Identity { field: field.to_owned(), value: text.clone() })
    })
}
