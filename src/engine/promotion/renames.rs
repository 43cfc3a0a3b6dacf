//! Renamed pairs: an entry that a source commit took away at one path and brought at another.
//!
//! Whoever renames an entry means one entry. A target that has it under its old name gets it under
//! the new one, with its own values in it: what was the source's old value becomes the source's, what
//! was its own stays so.

use std::collections::{HashMap, HashSet};

use super::decision::canonical;
use super::entry::{Action, PlanEntry, Renamed};
use super::leaves::highest_absent;
use super::reason::Reason;
use super::resolution::Resolution;
use crate::diff::lists::ListRules;
use crate::diff::{Depth, diff};
use crate::model::{CommitId, CommitInfo, Map, Segment, Value, ValuePath};
use crate::yaml::Document;

/// What one source commit did to the source's file.
pub struct SourceCommit<'a> {
    /// The commit.
    pub id: CommitId,
    /// The document before.
    pub before: &'a Document,
    /// The document after.
    pub after: &'a Document,
}

/// Two ends of one entry.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    from: ValuePath,
    to: ValuePath,
    /// The source's value at `from` before.
    old: Value,
}

/// The source commits that may have renamed something that a target of these lines has.
#[must_use]
pub fn renaming_commits(lines: &[PlanEntry]) -> Vec<CommitId> {
    if !lines.iter().any(|line| line.source.is_some() && line.target.is_none()) {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let removing = lines.iter().filter(|line| line.source.is_none()).filter_map(|line| line.commit.as_ref());
    removing.map(|commit| &commit.id).filter(|id| seen.insert(*id)).cloned().collect()
}

/// Joins the lines of both ends of each renamed entry into one.
#[must_use]
pub fn join_renamed(
    lines: Vec<PlanEntry>,
    commits: &[SourceCommit<'_>],
    (source, target): (&Document, &Document),
    lists: &dyn ListRules,
    is_apart: &dyn Fn(&ValuePath, &Value) -> bool,
) -> Vec<PlanEntry> {
    let mut lines: Vec<Option<PlanEntry>> = lines.into_iter().map(Some).collect();
    for commit in commits {
        for pair in pairs(commit, lists) {
            join(&mut lines, commit, &pair, (source, target), is_apart);
        }
    }
    lines.into_iter().flatten().collect()
}

/// Makes one line of a pair, where the target has its old end alone and the source its new one.
fn join(
    lines: &mut [Option<PlanEntry>],
    commit: &SourceCommit<'_>,
    pair: &Pair,
    (source, target): (&Document, &Document),
    is_apart: &dyn Fn(&ValuePath, &Value) -> bool,
) {
    let (Some(new), Some(own)) = (source.at(&pair.to), target.at(&pair.from)) else { return };
    if source.at(&pair.from).is_some() || target.at(&pair.to).is_some() {
        return;
    }
    if is_apart(&pair.from, &pair.old) || is_apart(&pair.to, new) {
        return;
    }
    let is_at = |path: &ValuePath, line: &Option<PlanEntry>| {
        line.as_ref().is_some_and(|line| path.covers(&line.path))
    };
    let at_old: Vec<&PlanEntry> = lines.iter().filter(|line| is_at(&pair.from, line)).flatten().collect();
    let at_new: Vec<&PlanEntry> = lines.iter().filter(|line| is_at(&pair.to, line)).flatten().collect();
    let stays = |line: &&PlanEntry| {
        matches!(line.resolution, Resolution::Pinned | Resolution::Declined | Resolution::Unknown)
            || line.secret
    };
    let (Some(removed), Some(level)) = (at_old.first(), at_new.iter().map(|line| line.level).max()) else {
        return;
    };
    if at_old.iter().chain(&at_new).any(stays) {
        return;
    }
    let carried = carried(&pair.old, own, new);
    let on = removed.commit.as_ref().filter(|by| by.id == commit.id).map(CommitInfo::date);
    let line = PlanEntry {
        path: pair.to.clone(),
        pointer: source.pointer(&pair.to),
        resolution: Resolution::Renamed,
        level,
        verdict: Action::Keep,
        source: Some(new.clone()),
        base: None,
        was: Some(pair.old.clone()),
        target: Some(own.clone()),
        reason: Reason::Renamed { on, keeps_own: carried != *new },
        commit: removed.commit.clone(),
        target_commit: removed.target_commit.clone(),
        top: highest_absent(target, &pair.to),
        renamed: Some(Box::new(Renamed { from: pair.from.clone(), carried })),
        secret: false,
        literal: false,
    };
    let mut line = Some(line);
    for slot in lines {
        if is_at(&pair.to, slot) {
            *slot = line.take();
        } else if is_at(&pair.from, slot) {
            *slot = None;
        }
    }
}

/// An entry of the source's file that its commit removed or added, at any depth.
struct Node<'a> {
    path: ValuePath,
    value: &'a Value,
    /// What it is but for its identity.
    likeness: String,
}

/// The pairs that a commit made, from the highest entries down.
fn pairs(commit: &SourceCommit<'_>, lists: &dyn ListRules) -> Vec<Pair> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in diff(commit.before.values(), commit.after.values(), lists, Depth::Whole) {
        match (change.left, change.right) {
            (Some(value), None) => nodes(&change.path, value, &mut removed),
            (None, Some(value)) => nodes(&change.path, value, &mut added),
            _ => {}
        }
    }
    let index = |nodes: &[Node<'_>]| {
        let mut index: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, node) in nodes.iter().enumerate() {
            index.entry(node.likeness.clone()).or_default().push(number);
        }
        index
    };
    let (of_removed, of_added) = (index(&removed), index(&added));
    let fitting = |index: &HashMap<String, Vec<usize>>, others: &[Node<'_>], node: &Node<'_>| {
        let alike = index.get(&node.likeness).into_iter().flatten().copied();
        alike.filter(|other| fits(node, &others[*other])).take(2).collect::<Vec<_>>()
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for node in &removed {
        if pairs.last().is_some_and(|pair| pair.from.covers(&node.path)) {
            continue;
        }
        let [to] = fitting(&of_added, &added, node)[..] else { continue };
        let to = &added[to];
        if fitting(&of_removed, &removed, to).len() == 1 && !pairs.iter().any(|pair| pair.to.covers(&to.path))
        {
            pairs.push(Pair { from: node.path.clone(), to: to.path.clone(), old: node.value.clone() });
        }
    }
    pairs
}

/// The keys that lead to the name of an element or a document; none where a path is of neither.
pub(super) fn name_keys(path: &ValuePath) -> Vec<&str> {
    match path.last() {
        None => vec!["metadata", "name"],
        Some(Segment::Identity { field, .. }) => vec![field],
        Some(Segment::Key(_) | Segment::Index(_) | Segment::Append) => Vec::new(),
    }
}

/// A value without what is at these keys.
fn without(value: &Value, keys: &[&str]) -> Value {
    let (Some((first, rest)), Some(map)) = (keys.split_first(), value.as_map()) else { return value.clone() };
    let entry = |(key, value): (&String, &Value)| match (key == first, rest.is_empty()) {
        (true, true) => None,
        (true, false) => Some((key.clone(), without(value, rest))),
        (false, _) => Some((key.clone(), value.clone())),
    };
    Value::Map(map.iter().filter_map(entry).collect())
}

/// An entry and all that lies below it, itself first.
fn nodes<'a>(path: &ValuePath, value: &'a Value, out: &mut Vec<Node<'a>>) {
    let keys = name_keys(path);
    out.push(Node { path: path.clone(), value, likeness: canonical(&without(value, &keys)) });
    let name = match keys[..] {
        [name] => Some(name),
        _ => None,
    };
    for (key, value) in value.as_map().into_iter().flatten().filter(|(key, _)| Some(key.as_str()) != name) {
        nodes(&path.key(key), value, out);
    }
}

/// Whether two entries of one likeness may be the two ends of one.
fn fits(a: &Node<'_>, b: &Node<'_>) -> bool {
    let last = |node: &Node<'_>| match node.path.last() {
        Some(Segment::Key(key)) => Some(key.clone()),
        _ => None,
    };
    let is_named_alike = last(a).is_some() && last(a) == last(b);
    let says_little = match a.value {
        Value::Bool(_) | Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Number(_) | Value::Tagged(..) => false,
    };
    let is_beside = a.path.is_root() == b.path.is_root() && a.path.parent() == b.path.parent();
    is_named_alike || (is_beside && !says_little)
}

/// What the target has under the new name: its own values, and the source's where it had the source's
/// old ones.
fn carried(old: &Value, own: &Value, new: &Value) -> Value {
    let (Value::Map(old), Value::Map(own), Value::Map(new)) = (old, own, new) else {
        return if own == old { new.clone() } else { own.clone() };
    };
    let mut out = Map::new();
    for (key, value) in new {
        match (old.get(key), own.get(key)) {
            (Some(old), Some(own)) => _ = out.insert(key.clone(), carried(old, own, value)),
            (None, Some(own)) => _ = out.insert(key.clone(), own.clone()),
            (None, None) => _ = out.insert(key.clone(), value.clone()),
            (Some(_), None) => {}
        }
    }
    for (key, own) in own {
        if !new.contains_key(key) && old.get(key) != Some(own) {
            out.insert(key.clone(), own.clone());
        }
    }
    Value::Map(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::yaml::Limits;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    #[test]
    fn pairs_are_equal_but_for_the_name_and_no_second_entry_fits() {
        for (before, after, expected) in [
            ("a: 1\nsize: 7", "a: 1\ncapacity: 7", &["size > capacity"][..]),
            ("size: 7", "capacity: 8", &[]),
            ("size: 7", "capacity: 7\nroom: 7", &[]),
            ("size: 7\nroom: 7", "capacity: 7", &[]),
            // What says little pairs only under its own last name.
            ("old: true", "new: true", &[]),
            ("old: ''", "new: ''", &[]),
            ("old: {on: true}", "new: {x: {on: true}}", &["old.on > new.x.on"]),
            ("old: {on: true, n: 1}", "new: {on: true, n: 1}", &["old > new"]),
            ("q: {size: 7}", "db: {size: 7}", &["q > db"]),
            ("q: {size: 7, x: 1}", "db: {y: {size: 7}}", &["q.size > db.y.size"]),
            ("q: {size: 7, x: 1}", "db: {y: {room: 7}}", &[]),
            (
                "l: [{name: a, v: 9, w: {x: 1}}, {name: b}]",
                "l: [{name: c, v: 9, w: {x: 1}}, {name: b}]",
                &["l[name=a] > l[name=c]"],
            ),
            ("l: [{name: a, v: 9}, {name: b}]", "l: [{name: c, v: 8}, {name: b}]", &[]),
            (
                "apiVersion: v1\nkind: A\nmetadata: {name: x}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                "apiVersion: v1\nkind: A\nmetadata: {name: y}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                &["#A/x: > #A/y:"],
            ),
        ] {
            let (before, after) = (document(before), document(after));
            let id = CommitId::new("0".repeat(40));
            let commit = SourceCommit { id, before: &before, after: &after };
            let found = pairs(&commit, &NoListRules);
            let shown: Vec<_> = found.iter().map(|pair| format!("{} > {}", pair.from, pair.to)).collect();
            assert_eq!(shown, expected, "{} {}", before.text(), after.text());
        }
    }

    #[test]
    fn own_values_are_carried_and_old_ones_become_the_source_s() {
        for (old, own, new, expected) in [
            ("7", "40", "7", "40"),
            ("7", "7", "8", "8"),
            ("{a: 1, b: 2}", "{a: 1, b: 9}", "{a: 5, b: 2}", "{a: 5, b: 9}"),
            ("{a: 1, b: 2}", "{a: 1}", "{a: 1, b: 2, c: 3}", "{a: 1, c: 3}"),
            ("{a: 1}", "{a: 1, own: 1}", "{a: 1}", "{a: 1, own: 1}"),
            ("{a: 1, b: 2}", "{a: 1, b: 2}", "{a: 1}", "{a: 1}"),
            ("{a: 1, b: 2}", "{a: 1, b: 9}", "{a: 1}", "{a: 1, b: 9}"),
        ] {
            let [old, own, new, expected] =
                [old, own, new, expected].map(|text| document(text).value().clone());
            assert_eq!(carried(&old, &own, &new), expected, "{old} {own} {new}");
        }
    }
}
