//! Renamed pairs: an entry that a source commit took away at one path and brought at another.
//!
//! Whoever renames an entry means one entry. A target that has it under its old name gets it under
//! the new one, with its own values in it: what was the source's old value becomes the source's, what
//! was its own stays so.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::entry::{Action, PlanEntry, Renamed};
use super::leaves::highest_absent;
use super::reason::Reason;
use super::resolution::{Level, Resolution};
use super::source_commits::{SourceCommit, SourceCommits};
use crate::diff::lists::ListRules;
use crate::diff::{Depth, diff};
use crate::model::{CommitId, CommitInfo, Map, PathTree, Result, Segment, Value, ValuePath};
use crate::yaml::{Document, FileValues};

/// Two ends of one entry.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    from: ValuePath,
    to: ValuePath,
    /// The source's value at `from` before.
    old: Value,
}

/// The source commits that may have renamed something that a target of these lines has.
fn renaming_commits(lines: &[PlanEntry]) -> Vec<CommitId> {
    if !lines.iter().any(|line| line.source.is_some() && line.target.is_none()) {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let removing = lines.iter().filter(|line| line.source.is_none()).filter_map(|line| line.commit.as_ref());
    removing.map(|commit| &commit.id).filter(|id| seen.insert(*id)).cloned().collect()
}

/// Joins the lines of both ends of each renamed entry into one.
///
/// # Errors
/// When a version of the source's file cannot be read.
pub fn join_renamed(
    lines: Vec<PlanEntry>,
    commits: &SourceCommits<'_>,
    (source, target): (&Document, &Document),
    lists: &dyn ListRules,
    is_apart: &dyn Fn(&ValuePath, &Value) -> bool,
) -> Result<Vec<PlanEntry>> {
    let concerns = |pair: &Pair| {
        let new = source.at(&pair.to).filter(|_| source.at(&pair.from).is_none());
        let has_old_alone = target.at(&pair.from).is_some() && target.at(&pair.to).is_none();
        has_old_alone
            && !is_within_element(source, &pair.from)
            && !is_within_element(target, &pair.to)
            && new.is_some_and(|new| !is_apart(&pair.from, &pair.old) && !is_apart(&pair.to, new))
    };
    let mut pairs: Vec<(CommitId, Pair)> = Vec::new();
    for id in renaming_commits(&lines) {
        let Some(commit) = (commits.by)(&id)? else { continue };
        let mut later = None;
        for mut pair in self::pairs(&commit, lists) {
            if target.at(&pair.from).is_some() && source.at(&pair.to).is_none() {
                let later = match &later {
                    Some(known) => known,
                    None => later.insert(Later::of((commits.since)(&id)?)),
                };
                pair.to = later.called(pair.to, lists);
            }
            if concerns(&pair) {
                pairs.push((id.clone(), pair));
            }
        }
    }
    // The lines at both ends of each pair: the old one's, and the new one's.
    let ends = pairs
        .iter()
        .enumerate()
        .flat_map(|(number, (_, pair))| [(&pair.from, (number, 0)), (&pair.to, (number, 1))]);
    let ends: PathTree<'_, (usize, usize)> = ends.collect();
    let mut at: Vec<[Vec<usize>; 2]> = vec![Default::default(); pairs.len()];
    for (number, line) in lines.iter().enumerate() {
        if let Some((_, (pair, end))) = ends.above(&line.path).next() {
            at[*pair][*end].push(number);
        }
    }
    let mut lines: Vec<Option<PlanEntry>> = lines.into_iter().map(Some).collect();
    for ((commit, pair), [old, new]) in pairs.iter().zip(at) {
        let of = |numbers: &[usize]| -> Vec<&PlanEntry> {
            numbers.iter().filter_map(|number| lines[*number].as_ref()).collect()
        };
        let ends = [&*of(&old), &*of(&new)];
        let joined = join(commit, pair, ends, (source, target), commits.target_had)?;
        let (Some(joined), Some(place)) = (joined, new.first()) else { continue };
        for number in old.iter().chain(&new) {
            lines[*number] = None;
        }
        lines[*place] = Some(joined);
    }
    Ok(lines.into_iter().flatten().collect())
}

/// Commits behind one, oldest first; what each renamed is worked out when it is asked for.
struct Later(Vec<(SourceCommit, OnceCell<HashMap<ValuePath, ValuePath>>)>);

impl Later {
    fn of(commits: Vec<SourceCommit>) -> Self {
        Self(commits.into_iter().map(|commit| (commit, OnceCell::new())).collect())
    }

    /// What an entry is called after these commits, which may have renamed it again.
    fn called(&self, mut path: ValuePath, lists: &dyn ListRules) -> ValuePath {
        for (commit, renamed) in &self.0 {
            if commit.before.at(&path).is_none() || commit.after.at(&path).is_some() {
                continue;
            }
            let renamed = renamed
                .get_or_init(|| pairs(commit, lists).into_iter().map(|pair| (pair.from, pair.to)).collect());
            let mut above = (0..=path.segments.len()).map(|steps| path.prefix(steps));
            let Some((from, to)) = above.find_map(|above| renamed.get_key_value(&above)) else { break };
            let rest = path.segments.get(from.segments.len()..).unwrap_or_default();
            path = rest.iter().fold(to.clone(), |path, segment| path.join(segment.clone()));
        }
        path
    }
}

/// Whether a path leads into an element that a side lacks: elements go and come whole.
fn is_within_element(side: &FileValues, path: &ValuePath) -> bool {
    let above = (1..path.segments.len()).map(|steps| path.prefix(steps));
    above
        .filter(|above| matches!(above.last(), Some(Segment::Identity { .. })))
        .any(|element| side.at(&element).is_none())
}

/// The one line of a pair from the lines at its ends; `None` where one of them holds it apart.
fn join(
    commit: &CommitId,
    pair: &Pair,
    [at_old, at_new]: [&[&PlanEntry]; 2],
    (source, target): (&Document, &Document),
    target_had: &dyn Fn(&ValuePath) -> Result<bool>,
) -> Result<Option<PlanEntry>> {
    let (Some(new), Some(own)) = (source.at(&pair.to), target.at(&pair.from)) else { return Ok(None) };
    let stays = |line: &&PlanEntry| {
        matches!(line.resolution, Resolution::Pinned | Resolution::Unknown) || line.secret
    };
    let (Some(removed), Some(level)) = (at_old.first(), at_new.iter().map(|line| line.level).max()) else {
        return Ok(None);
    };
    if at_old.iter().chain(at_new).any(stays) {
        return Ok(None);
    }
    let declined = at_old.iter().chain(at_new).find(|line| line.resolution == Resolution::Declined);
    // What the target has of the source's past is waiting, and none of its own.
    let own_leaves: PathTree<'_, ()> =
        at_old.iter().filter(|line| is_targets_own(line)).map(|line| (&line.path, ())).collect();
    let is_own = |path: &ValuePath| own_leaves.reaches(path) || own_leaves.above(path).next().is_some();
    let carried = Own { is_own: &is_own, had: target_had }.carried(&pair.from, [&pair.old, own, new])?;
    let on = removed.commit.as_ref().filter(|by| by.id == *commit).map(CommitInfo::date);
    let renamed = Reason::Renamed { on, keeps_own: carried != *new };
    let (resolution, level, reason) = match declined {
        Some(line) => (Resolution::Declined, Level::Keep, line.reason.clone()),
        None => (Resolution::Renamed, level, renamed),
    };
    Ok(Some(PlanEntry {
        path: pair.to.clone(),
        pointer: source.pointer(&pair.to),
        resolution,
        level,
        verdict: Action::Keep,
        source: Some(new.clone()),
        base: None,
        was: Some(pair.old.clone()),
        target: Some(own.clone()),
        reason,
        commit: removed.commit.clone(),
        origin: removed.origin.clone(),
        target_commit: removed.target_commit.clone(),
        top: highest_absent(target, &pair.to),
        renamed: Some(Box::new(Renamed { from: pair.from.clone(), carried })),
        replaced_by: Vec::new(),
        secret: false,
        literal: false,
    }))
}

/// Whether what the target has there is its own, and not what the source had once.
const fn is_targets_own(line: &PlanEntry) -> bool {
    !matches!(line.reason, Reason::Removed { is_own: false, .. })
}

/// An entry of the source's file that its commit removed or added, at any depth.
struct Node<'a> {
    path: ValuePath,
    value: &'a Value,
    /// What it is but for its identity.
    likeness: String,
}

/// The pairs that a commit made, from the highest entries down.
fn pairs(commit: &SourceCommit, lists: &dyn ListRules) -> Vec<Pair> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in diff(commit.before.values(), commit.after.values(), lists, Depth::Whole) {
        match (change.left, change.right) {
            (Some(value), None) => nodes(&change.path, value, &mut removed),
            (None, Some(value)) => nodes(&change.path, value, &mut added),
            _ => {}
        }
    }
    let (of_removed, of_added) = (Likely::new(&removed), Likely::new(&added));
    let mut pairs: Vec<Pair> = Vec::new();
    let mut taken: PathTree<'_, ()> = PathTree::default();
    for node in &removed {
        if pairs.last().is_some_and(|pair| pair.from.covers(&node.path)) {
            continue;
        }
        let Some(to) = of_added.only(node).map(|to| &added[to]) else { continue };
        if of_removed.only(to).is_some() && taken.above(&to.path).next().is_none() {
            *taken.slot(&to.path) = Some(());
            pairs.push(Pair { from: node.path.clone(), to: to.path.clone(), old: node.value.clone() });
        }
    }
    pairs
}

/// Entries by what makes them the other end of one: equal beside it, or equal under its last name.
#[derive(Default)]
struct Likely<'n> {
    beside: HashMap<(&'n str, Option<ValuePath>), Vec<usize>>,
    alike: HashMap<(&'n str, &'n str), Vec<usize>>,
}

impl<'n> Likely<'n> {
    fn new(nodes: &'n [Node<'_>]) -> Self {
        let mut likely = Self::default();
        for (number, node) in nodes.iter().enumerate() {
            if !says_little(node.value) {
                likely.beside.entry((&node.likeness, node.path.parent())).or_default().push(number);
            }
            if let Some(Segment::Key(key)) = node.path.last() {
                likely.alike.entry((&node.likeness, key)).or_default().push(number);
            }
        }
        likely
    }

    /// The entry that fits, where there is just one.
    fn only(&self, node: &Node<'_>) -> Option<usize> {
        let beside = self.beside.get(&(node.likeness.as_str(), node.path.parent()));
        let alike = match node.path.last() {
            Some(Segment::Key(key)) => self.alike.get(&(node.likeness.as_str(), key.as_str())),
            _ => None,
        };
        let mut found = [beside, alike].into_iter().flatten().flat_map(|numbers| numbers.iter().take(2));
        let first = *found.next()?;
        found.all(|number| *number == first).then_some(first)
    }
}

/// The keys that lead to each part of what an element or a document is told by; none where a path is of
/// neither.
pub(super) fn identity_keys(path: &ValuePath) -> Vec<Vec<&str>> {
    match path.last() {
        None => {
            vec![vec!["apiVersion"], vec!["kind"], vec!["metadata", "name"], vec!["metadata", "namespace"]]
        }
        Some(Segment::Identity { field, .. }) => vec![field.split('.').collect()],
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

/// A value without what tells it apart at this path.
fn without_identity(path: &ValuePath, value: &Value) -> Value {
    identity_keys(path).iter().fold(value.clone(), |value, keys| without(&value, keys))
}

/// An entry and all that lies below it, itself first.
fn nodes<'a>(path: &ValuePath, value: &'a Value, out: &mut Vec<Node<'a>>) {
    out.push(Node { path: path.clone(), value, likeness: without_identity(path, value).canonical() });
    let name = match path.last() {
        Some(Segment::Identity { field, .. }) if !field.contains('.') => Some(field.as_str()),
        _ => None,
    };
    for (key, value) in value.as_map().into_iter().flatten().filter(|(key, _)| Some(key.as_str()) != name) {
        nodes(&path.key(key), value, out);
    }
}

/// Whether a value is one of so many that it tells nothing of where it came from.
fn says_little(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Number(_) | Value::Tagged(..) => false,
    }
}

/// What is known of the target's value under the old name of an entry.
struct Own<'a> {
    /// Whether something at a path there is the target's own.
    is_own: &'a dyn Fn(&ValuePath) -> bool,
    /// Whether the target ever had something at a path there.
    had: &'a dyn Fn(&ValuePath) -> Result<bool>,
}

impl Own<'_> {
    /// What the target has under the new name: its own values, and the source's where it has one that the
    /// source had. `old` is the source's value before; what the target took away stays away.
    fn carried(&self, path: &ValuePath, [old, own, new]: [&Value; 3]) -> Result<Value> {
        let (Value::Map(old), Value::Map(own), Value::Map(new)) = (old, own, new) else {
            return Ok(if own == old || !(self.is_own)(path) { new.clone() } else { own.clone() });
        };
        let mut out = Map::new();
        for (key, value) in new {
            let path = path.key(key);
            let carried = match (old.get(key), own.get(key)) {
                (Some(old), Some(own)) => self.carried(&path, [old, own, value])?,
                (None, Some(own)) => own.clone(),
                (None, None) => value.clone(),
                (Some(_), None) if (self.had)(&path)? => continue,
                (Some(_), None) => value.clone(),
            };
            out.insert(key.clone(), carried);
        }
        for (key, own) in own {
            if !new.contains_key(key) && old.get(key) != Some(own) && (self.is_own)(&path.key(key)) {
                out.insert(key.clone(), own.clone());
            }
        }
        Ok(Value::Map(out))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::lookups::assert_linear;
    use crate::yaml::Limits;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    fn commit(id: CommitId, before: &Document, after: &Document) -> SourceCommit {
        SourceCommit { id, before: Arc::new(before.file_values()), after: Arc::new(after.file_values()) }
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
            // Another group, or another kind, and nothing else.
            (
                "apiVersion: x/v1\nkind: A\nmetadata: {name: x}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                "apiVersion: y/v1\nkind: A\nmetadata: {name: x}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                &["#A.x/x: > #A.y/x:"],
            ),
        ] {
            let (before, after) = (document(before), document(after));
            let id = CommitId::new("0".repeat(40));
            let commit = commit(id, &before, &after);
            let found = pairs(&commit, &NoListRules);
            let shown: Vec<_> = found.iter().map(|pair| format!("{} > {}", pair.from, pair.to)).collect();
            assert_eq!(shown, expected, "{} {}", before.text(), after.text());
        }
    }

    #[test]
    fn many_renamed_entries_take_as_many_steps() {
        assert_linear("renamed", |n| {
            let text = |name: &str| (0..n).map(|i| format!("{name}{i}: 7\n")).collect::<String>();
            let (before, after) = (document(&text("a")), document(&text("b")));
            let id = CommitId::new("0".repeat(40));
            let commit = commit(id, &before, &after);
            assert!(pairs(&commit, &NoListRules).is_empty());
        });
        assert_linear("renamed, each by its value", |n| {
            let text = |name: &str| (0..n).map(|i| format!("{name}{i}: {i}\n")).collect::<String>();
            let (before, after) = (document(&text("a")), document(&text("b")));
            let id = CommitId::new("0".repeat(40));
            let commit = commit(id, &before, &after);
            assert_eq!(pairs(&commit, &NoListRules).len(), n);
        });
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
            let told = Own { is_own: &|_| true, had: &|_| Ok(true) };
            let found = told.carried(&ValuePath::root(), [&old, &own, &new]);
            assert_eq!(found, Ok(expected), "{old} {own} {new}");
        }
        // A value that the source had before, what it took away before, and what the target never had.
        let [old, own, new] =
            ["{a: 2, c: 1}", "{a: 1, b: 1}", "{a: 3, c: 1}"].map(|text| document(text).value().clone());
        let told = Own { is_own: &|_| false, had: &|_| Ok(false) };
        assert_eq!(told.carried(&ValuePath::root(), [&old, &own, &new]), Ok(new));
    }
}
