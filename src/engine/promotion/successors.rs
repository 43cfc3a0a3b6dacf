//! What a source commit put in the place of what it removed, whatever became of that later.
//!
//! Both are read from the commit's own change of the source's file: what is left of it among the
//! differences of today says neither what came with a removal nor where it is now.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::decision::canonical;
use super::entry::PlanEntry;
use super::source_commits::{SourceCommit, SourceCommits};
use crate::diff::lists::ListRules;
use crate::diff::{Depth, diff};
use crate::model::{PathTree, Result, Value, ValuePath};
use crate::yaml::Document;

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
        let replaced = Replaced::by(&commit, lists);
        let mut later = None;
        for number in numbers {
            let Some(line) = lines.get_mut(number) else { continue };
            let mut found = replaced.successors(&line.path);
            if found.iter().any(|path| source.at(path).is_none()) {
                let later = match &later {
                    Some(known) => known,
                    None => later.insert((commits.since)(&id)?),
                };
                found = followed(found, later, lists);
                found.retain(|path| source.at(path).is_some());
            }
            line.replaced_by = found;
        }
    }
    Ok(())
}

/// What is called so after a commit is called like this after later ones.
fn followed(mut paths: Vec<ValuePath>, later: &[SourceCommit], lists: &dyn ListRules) -> Vec<ValuePath> {
    for commit in later {
        let leaves = |path: &ValuePath| commit.before.at(path).is_some() && commit.after.at(path).is_none();
        if !paths.iter().any(leaves) {
            continue;
        }
        let replaced = Replaced::by(commit, lists);
        let now = paths.into_iter().flat_map(|path| match leaves(&path) {
            true => replaced.successors(&path),
            false => vec![path],
        });
        let mut seen = HashSet::new();
        paths = now.filter(|path| seen.insert(path.clone())).take(FOLLOWED).collect();
    }
    paths
}

/// The highest entries that a commit removed and added.
struct Replaced<'c> {
    commit: &'c SourceCommit,
    removed: Vec<(ValuePath, &'c Value)>,
    added: Vec<(ValuePath, &'c Value)>,
    /// The added entries, and the places in them, that hold a value.
    by_value: HashMap<String, Vec<(usize, ValuePath)>>,
    /// Below each parent: how many entries were removed and added, and the last one added.
    by_parent: HashMap<Option<ValuePath>, (usize, usize, usize)>,
}

impl<'c> Replaced<'c> {
    fn by(commit: &'c SourceCommit, lists: &dyn ListRules) -> Self {
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        for change in diff(commit.before.values(), commit.after.values(), lists, Depth::Whole) {
            match (change.left, change.right) {
                (Some(value), None) => removed.push((change.path, value)),
                (None, Some(value)) => added.push((change.path, value)),
                _ => {}
            }
        }
        let mut by_value: HashMap<String, Vec<(usize, ValuePath)>> = HashMap::new();
        let mut by_parent: HashMap<Option<ValuePath>, (usize, usize, usize)> = HashMap::new();
        for (path, _) in &removed {
            by_parent.entry(path.parent()).or_default().0 += 1;
        }
        for (number, (path, value)) in added.iter().enumerate() {
            let (_, count, last) = by_parent.entry(path.parent()).or_default();
            (*count, *last) = (*count + 1, number);
            value.walk(path, &mut |path, leaf| {
                by_value.entry(canonical(leaf)).or_default().push((number, path.clone()));
            });
        }
        Self { commit, removed, added, by_value, by_parent }
    }

    /// What took the place of an entry, or of the part of a removed one: the same part of an added entry
    /// that holds a value which the removed one held, or that is the only one added where the removed one is
    /// the only one removed; failing that, what of it has the value, or else all of it.
    fn successors(&self, path: &ValuePath) -> Vec<ValuePath> {
        let removed: PathTree<'_, usize> =
            self.removed.iter().enumerate().map(|(number, (path, _))| (path, number)).collect();
        let above = removed.above(path).next().map(|(_, number)| *number);
        let Some((whole, value)) = above.and_then(|number| self.removed.get(number)) else {
            return Vec::new();
        };
        let mut numbers: Vec<usize> = Vec::new();
        value.walk(whole, &mut |_, leaf| {
            let holding = self.by_value.get(&canonical(leaf)).into_iter().flatten();
            numbers.extend(holding.map(|(number, _)| *number));
        });
        if let Some((1, 1, added)) = self.by_parent.get(&whole.parent()) {
            numbers.push(*added);
        }
        numbers.sort_unstable();
        numbers.dedup();
        let rest = path.segments.get(whole.segments.len()..).unwrap_or_default();
        let own = self.commit.before.at(path).map(canonical);
        let mut found = Vec::new();
        for number in numbers {
            let Some((added, _)) = self.added.get(number) else { continue };
            let same = rest.iter().fold(added.clone(), |path, segment| path.join(segment.clone()));
            if self.commit.after.at(&same).is_some() {
                found.push(same);
                continue;
            }
            let known = found.len();
            let holding = own.as_ref().and_then(|own| self.by_value.get(own)).into_iter().flatten();
            found.extend(holding.filter(|(other, _)| *other == number).map(|(_, path)| path.clone()));
            if found.len() == known {
                found.push(added.clone());
            }
        }
        found.truncate(FOLLOWED);
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::CommitId;
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
            // Twice, and with another value meanwhile.
            (&["m: {a: 1, z: 0}", "m: {b: 1, z: 0}", "m: {b: 2, z: 0}", "m: {c: 2, z: 0}"], "m.a", &["m.c"]),
            (&["a: 1\nz: 0", "b: 1\nz: 0", "z: 0"], "a", &[]),
        ] {
            let commits: Vec<SourceCommit> =
                versions.windows(2).map(|pair| commit([pair[0], pair[1]])).collect();
            let (first, later) = commits.split_first().expect("a commit");
            let path: ValuePath = path.parse().expect(path);
            let found = followed(Replaced::by(first, &NoListRules).successors(&path), later, &NoListRules);
            let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(shown, expected, "{versions:?}");
        }
    }
}
