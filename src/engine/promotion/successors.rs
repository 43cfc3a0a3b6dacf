//! What a source commit put in the place of what it removed, whatever became of that later.
//!
//! Both are read from the commit's own change of the source's file: what is left of it among the
//! differences of today says neither what came with a removal nor where it is now.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::entry::PlanEntry;
use super::fate::element_of;
use super::source_commits::{SourceCommit, SourceCommits};
use crate::diff::labels::DocumentLabels;
use crate::diff::lists::ListRules;
use crate::diff::{Change, Depth, leaves_of};
use crate::model::{Result, Value, ValuePath, lookups};
use crate::yaml::{Document, FileValues};

/// Names of one thing are followed to so many others.
const FOLLOWED: usize = 64;

/// Notes for each removal what its source commit put in its place, as far as the source has it.
///
/// # Errors
/// When a version of the source's file cannot be read.
pub fn note_successors(
    lines: &mut [PlanEntry],
    commits: &SourceCommits<'_>,
    source: &Document,
    lists: &dyn ListRules,
) -> Result<()> {
    let mut removals: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let is_removal = line.source.is_none() && line.target.is_some() && line.renamed.is_none();
        if let Some(commit) = line.commit.as_ref().filter(|_| is_removal) {
            removals.entry(commit.id.clone()).or_default().push(number);
        }
    }
    for (id, numbers) in removals {
        let Some(commit) = (commits.by)(&id)? else { continue };
        let replaced = Replaced::by(&commit, commits.documents, lists);
        let mut later = None;
        for number in numbers {
            let Some(line) = lines.get_mut(number) else { continue };
            let mut found = replaced.successors(&line.path);
            if found.iter().any(|path| source.at(path).is_none()) {
                let later = match &later {
                    Some(known) => known,
                    None => later.insert(Later::of((commits.since)(&id)?)),
                };
                found = later.followed(found, commits.documents, lists);
                found.retain(|path| source.at(path).is_some());
            }
            line.replaced_by = found;
        }
    }
    share_within_elements(lines);
    Ok(())
}

/// An element goes or stays whole: what took the place of a part of it took that of all.
fn share_within_elements(lines: &mut [PlanEntry]) {
    let element =
        |line: &PlanEntry| element_of(line).filter(|_| line.source.is_none() && line.renamed.is_none());
    let mut successors: HashMap<ValuePath, IndexSet<ValuePath>> = HashMap::new();
    for line in lines.iter() {
        if let Some(element) = element(line) {
            successors.entry(element).or_default().extend(line.replaced_by.iter().cloned());
        }
    }
    for line in lines {
        if let Some(found) = element(line).and_then(|element| successors.get(&element)) {
            let others = found.iter().filter(|path| !line.replaced_by.contains(path)).take(FOLLOWED);
            let others: Vec<ValuePath> = others.cloned().collect();
            line.replaced_by.extend(others);
        }
    }
}

/// Commits behind one, oldest first; what each replaced is worked out when it is asked for.
struct Later(Vec<(SourceCommit, OnceCell<Replaced>)>);

impl Later {
    fn of(commits: Vec<SourceCommit>) -> Self {
        Self(commits.into_iter().map(|commit| (commit, OnceCell::new())).collect())
    }

    /// What is called so before these commits is called like this after them.
    fn followed(
        &self,
        mut paths: Vec<ValuePath>,
        documents: &DocumentLabels<'_>,
        lists: &dyn ListRules,
    ) -> Vec<ValuePath> {
        for (commit, replaced) in &self.0 {
            let leaves =
                |path: &ValuePath| commit.before.at(path).is_some() && commit.after.at(path).is_none();
            if !paths.iter().any(leaves) {
                continue;
            }
            let replaced = replaced.get_or_init(|| Replaced::by(commit, documents, lists));
            let now = paths.into_iter().flat_map(|path| match leaves(&path) {
                true => replaced.successors(&path),
                false => vec![path],
            });
            let mut seen = HashSet::new();
            paths = now.filter(|path| seen.insert(path.clone())).take(FOLLOWED).collect();
        }
        paths
    }
}

/// The highest entries that a commit removed and added.
struct Replaced {
    before: Arc<FileValues>,
    after: Arc<FileValues>,
    /// The removed entries, each with the numbers of the added ones that took its place.
    removed: HashMap<ValuePath, Vec<usize>>,
    added: Vec<ValuePath>,
    /// By value the added entries, and the places in them, that hold it.
    by_value: HashMap<String, BTreeMap<usize, Vec<ValuePath>>>,
}

impl Replaced {
    fn by(commit: &SourceCommit, documents: &DocumentLabels<'_>, lists: &dyn ListRules) -> Self {
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        let mut by_value: HashMap<String, BTreeMap<usize, Vec<ValuePath>>> = HashMap::new();
        // Below each parent: how many entries were removed and added, and the last one added.
        let mut by_parent: HashMap<Option<ValuePath>, (usize, usize, usize)> = HashMap::new();
        for change in documents.diff(commit.before.values(), commit.after.values(), lists, Depth::Whole) {
            match (change.left, change.right) {
                (Some(value), None) => {
                    by_parent.entry(change.path.parent()).or_default().0 += 1;
                    removed.push((change.path, value));
                }
                (None, Some(_)) => {
                    let number = added.len();
                    let (_, count, last) = by_parent.entry(change.path.parent()).or_default();
                    (*count, *last) = (*count + 1, number);
                    for Change { path, .. } in leaves_of(&change, lists) {
                        let Some(leaf) = commit.after.at(&path) else { continue };
                        let mut hold = |held: &Value| {
                            let holders = by_value.entry(held.canonical()).or_default();
                            let places = holders.entry(number).or_default();
                            if places.last() != Some(&path) {
                                places.push(path.clone());
                            }
                        };
                        hold(leaf);
                        leaf.walk(&path, &mut |_, held| hold(held));
                    }
                    added.push(change.path);
                }
                _ => {}
            }
        }
        let successors = |(path, value): (ValuePath, &Value)| {
            let mut numbers: BTreeSet<usize> = BTreeSet::new();
            value.walk(&path, &mut |_, leaf| {
                lookups::count(1);
                let holders = by_value.get(&leaf.canonical()).into_iter().flatten();
                numbers.extend(holders.take(FOLLOWED).map(|(number, _)| *number));
            });
            if let Some((1, 1, added)) = by_parent.get(&path.parent()) {
                numbers.insert(*added);
            }
            (path, numbers.into_iter().take(FOLLOWED).collect())
        };
        let removed = removed.into_iter().map(successors).collect();
        let (before, after) = (Arc::clone(&commit.before), Arc::clone(&commit.after));
        Self { before, after, removed, added, by_value }
    }

    /// What took the place of an entry, or of the part of a removed one: the same part of an added entry
    /// that holds a value which the removed one held, or that is the only one added where the removed one is
    /// the only one removed; failing that, what of it has the value, or else all of it.
    fn successors(&self, path: &ValuePath) -> Vec<ValuePath> {
        let mut above = (0..=path.segments.len()).map(|steps| path.prefix(steps));
        let Some((whole, numbers)) = above.find_map(|above| self.removed.get_key_value(&above)) else {
            return Vec::new();
        };
        let own = self.before.at(path).map(Value::canonical);
        let holders = own.and_then(|own| self.by_value.get(&own));
        let mut found = Vec::new();
        for number in numbers {
            lookups::count(1);
            let Some(added) = self.added.get(*number) else { continue };
            let same = path.moved(whole, added);
            if self.after.at(&same).is_some() {
                found.push(same);
                continue;
            }
            match holders.and_then(|holders| holders.get(number)) {
                Some(places) => found.extend(places.iter().take(FOLLOWED).cloned()),
                None => found.push(added.clone()),
            }
        }
        found.truncate(FOLLOWED);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::CommitId;
    use crate::model::lookups::assert_linear;
    use crate::yaml::Limits;

    fn commit([before, after]: [&str; 2]) -> SourceCommit {
        let read = |text: &str| {
            Arc::new(Document::parse(text.as_bytes(), &Limits::default()).expect(text).file_values())
        };
        SourceCommit { id: CommitId::new("0".repeat(40)), before: read(before), after: read(after) }
    }

    #[test]
    fn what_takes_a_place_is_found_and_followed() {
        for (versions, path, expected) in [
            (&["a: 1\nz: 1", "b: 1\nz: 1"][..], "a", &["b"][..]),
            // One went and one came, whatever they hold.
            (&["m: {a: 5, z: 1}", "m: {b: 6, z: 1}"], "m.a", &["m.b"]),
            (&["a: 5\nq: 1", "b: 6\nc: 7\nq: 1"], "a", &[]),
            // Part for part.
            (&["db: {p: x, u: y}", "database: {p: x, u: z}"], "db.u", &["database.u"]),
            (&["db: {host: h, port: 1}", "db2: {conn: {host: h}, n: 2}"], "db.host", &["db2.conn.host"]),
            (&["db: {host: h, port: 1}", "db2: {conn: {host: h}, n: 2}"], "db.port", &["db2"]),
            (&["l: [{name: a, v: 1}]", "l: [{name: b, v: 1}]"], "l[name=a].v", &["l[name=b].v"]),
            (
                &["l: [{name: a, v: 1}]\nz: 0", "q: {l: [{name: a, v: 1}]}\nz: 0"],
                "l[name=a].v",
                &["q.l[name=a].v"],
            ),
            (&["l: [1, 2]\nn: 3\nz: 0", "q: {l: [1, 2, 4], n: 3}\nz: 0"], "l", &["q"]),
            // Twice, and with another value meanwhile.
            (&["m: {a: 1, z: 0}", "m: {b: 1, z: 0}", "m: {b: 2, z: 0}", "m: {c: 2, z: 0}"], "m.a", &["m.c"]),
            (&["a: 1\nz: 0", "b: 1\nz: 0", "z: 0"], "a", &[]),
        ] {
            let commits: Vec<SourceCommit> =
                versions.windows(2).map(|pair| commit([pair[0], pair[1]])).collect();
            let (first, later) = commits.split_first().expect("a commit");
            let path: ValuePath = path.parse().expect(path);
            let documents = DocumentLabels::new(&[], &[]);
            let found = Replaced::by(first, &documents, &NoListRules).successors(&path);
            let found = Later::of(later.to_vec()).followed(found, &documents, &NoListRules);
            let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(shown, expected, "{versions:?}");
        }
    }

    /// Twice as many entries that were renamed, all with one value or each with its own.
    #[test]
    fn many_removals_take_as_many_steps() {
        for (what, value) in [("one value", (|_| 7) as fn(usize) -> usize), ("each its own", |i| i)] {
            assert_linear(what, |n| {
                let text =
                    |name: &str| (0..n).map(|i| format!("{name}{i}: {}\n", value(i))).collect::<String>();
                let documents = DocumentLabels::new(&[], &[]);
                let replaced = Replaced::by(&commit([&text("a"), &text("b")]), &documents, &NoListRules);
                for i in 0..n {
                    assert!(!replaced.successors(&ValuePath::root().key(format!("a{i}"))).is_empty());
                }
            });
        }
    }
}
