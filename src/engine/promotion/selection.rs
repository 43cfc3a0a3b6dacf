//! What the user chose of a plan.

use std::collections::HashSet;

use super::entry::{Action, PlanEntry};
use super::resolution::{Level, Resolution};
use crate::model::policy::NewKeys;
use crate::model::{CommitId, PathTree, Segment, Value, ValuePath};

/// What the user chose; [`Default`] is a plain promotion.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these paths and what is below them; all when empty.
    pub only: Vec<ValuePath>,
    /// Not these paths nor what is below them.
    pub except: Vec<ValuePath>,
    /// Only what these commits changed, of the source or the origin (hexadecimal prefixes); all when
    /// empty.
    pub changes: Vec<String>,
    /// Write the source's value, whatever the table says.
    pub take_source: Vec<ValuePath>,
    /// Keep the target's value, and record it.
    pub take_target: Vec<ValuePath>,
    /// Give the target these values.
    pub set: Vec<(ValuePath, Value)>,
    /// What to do with new keys that nobody named.
    pub new_keys: NewKeys,
    /// What to do with removals of the target's own values that nobody named.
    pub removals: NewKeys,
    /// New keys accepted by source commit, as answered on a terminal.
    pub accepted: Vec<String>,
    /// New keys left by source commit, as answered on a terminal.
    pub left: Vec<String>,
    /// Leave conflicts and unknowns instead of stopping.
    pub skip_undecided: bool,
}

/// A selection that was made ready to be asked for each leaf of a plan.
pub(super) struct Choice<'s> {
    selection: &'s Selection,
    only: PathTree<'s, ()>,
    except: PathTree<'s, ()>,
    take_source: PathTree<'s, ()>,
    take_target: PathTree<'s, ()>,
    set: PathTree<'s, &'s Value>,
    changes: Prefixes<'s>,
    accepted: Prefixes<'s>,
    left: Prefixes<'s>,
}

impl<'s> Choice<'s> {
    pub(super) fn new(selection: &'s Selection) -> Self {
        Self {
            selection,
            only: tree(&selection.only),
            except: tree(&selection.except),
            take_source: tree(&selection.take_source),
            take_target: tree(&selection.take_target),
            // Of two values for one path the first counts.
            set: selection.set.iter().rev().map(|(path, value)| (path, value)).collect(),
            changes: Prefixes::new(&selection.changes),
            accepted: Prefixes::new(&selection.accepted),
            left: Prefixes::new(&selection.left),
        }
    }

    /// What happens to one judged leaf.
    pub(super) fn verdict(&self, line: &PlanEntry) -> Action {
        let covers = |paths: &PathTree<'_, ()>| {
            let old = line.renamed.as_ref().map(|renamed| &renamed.from);
            old.into_iter().chain([&line.path]).any(|path| paths.above(path).next().is_some())
        };
        let by_commit = |prefixes: &Prefixes<'_>| prefixes.speak_of(line);
        if let Some(value) = self.set.get(&line.path) {
            let has_it = line.target.as_ref() == Some(value);
            return if has_it { Action::Keep } else { Action::Set((*value).clone()) };
        }
        if covers(&self.take_target) {
            // What was decided is not decided again.
            let is_known = line.resolution == Resolution::Declined;
            return if is_known { Action::Keep } else { Action::Decline };
        }
        let whole = comes_whole(line);
        let is_part = |paths: &PathTree<'_, ()>| whole.as_ref().is_some_and(|whole| paths.reaches(whole));
        // What is kept in an element that comes is not asked for with the rest of it.
        let is_free = matches!(line.level, Level::Take | Level::Ask | Level::Offer);
        let is_asked_for = covers(&self.take_source) || is_free && is_part(&self.take_source);
        if is_asked_for && !line.is_refused() {
            // The source's value, be it that the target has one of its own under the old name.
            let own = line.renamed.as_ref().filter(|it| line.source.as_ref() != Some(&it.carried));
            return match own.and(line.source.clone()).filter(|_| covers(&self.take_source)) {
                Some(value) => Action::Set(value),
                None => Action::Take,
            };
        }
        let Selection { only, changes, new_keys, removals, skip_undecided, .. } = self.selection;
        let chosen = (only.is_empty() || covers(&self.only) || is_part(&self.only))
            && !covers(&self.except)
            && (changes.is_empty() || by_commit(&self.changes));
        if !chosen {
            return Action::Keep;
        }
        let named = !only.is_empty() || !changes.is_empty();
        match (line.resolution, line.level) {
            (_, Level::Ask | Level::Offer) if named && self.consents_to(line) => Action::Take,
            (_, Level::Take) => Action::Take,
            (_, Level::Ask) if by_commit(&self.accepted) => Action::Take,
            (_, Level::Ask) if by_commit(&self.left) => Action::Keep,
            (_, Level::Ask) => match if line.resolution == Resolution::Removed { removals } else { new_keys }
            {
                NewKeys::Ask => Action::Ask,
                NewKeys::Take => Action::Take,
                NewKeys::Leave => Action::Keep,
            },
            (_, Level::Stop) if *skip_undecided => Action::Keep,
            (_, Level::Stop) => Action::Stop,
            (_, Level::Offer | Level::Keep) => Action::Keep,
        }
    }

    /// Whether naming paths or commits consents to a question or an offer: its commit was named, or a
    /// path that is the shown one or lies below it.
    fn consents_to(&self, line: &PlanEntry) -> bool {
        let old = line.renamed.as_ref().map(|renamed| &renamed.from);
        self.changes.speak_of(line)
            || old.into_iter().chain([&line.top]).any(|shown| self.only.reaches(shown))
    }

    /// Whether the user asked for something at or below `top` by name.
    pub(super) fn names(&self, top: &ValuePath) -> bool {
        self.only.reaches(top) || self.take_source.reaches(top)
    }
}

/// The entry that is taken as a whole or not at all, of which a line is: what was renamed, or an element that
/// one side lacks.
fn comes_whole(line: &PlanEntry) -> Option<ValuePath> {
    if line.renamed.is_some() {
        return Some(line.path.clone());
    }
    let is_lacking = line.source.is_none() || line.target.is_none();
    let mut paths = (line.top.segments.len()..=line.path.segments.len()).map(|steps| line.path.prefix(steps));
    paths.find(|path| is_lacking && matches!(path.last(), Some(Segment::Identity { .. })))
}

fn tree(paths: &[ValuePath]) -> PathTree<'_, ()> {
    paths.iter().map(|path| (path, ())).collect()
}

/// The commits that a line may be chosen by.
fn commits_of(line: &PlanEntry) -> impl Iterator<Item = &CommitId> {
    [&line.commit, &line.origin].into_iter().flatten().map(|commit| &commit.id)
}

/// Beginnings of the names of commits.
struct Prefixes<'s>(HashSet<&'s str>);

impl<'s> Prefixes<'s> {
    fn new(prefixes: &'s [String]) -> Self {
        Self(prefixes.iter().map(String::as_str).collect())
    }

    /// Whether one of them is the commit or the origin of a line.
    fn speak_of(&self, line: &PlanEntry) -> bool {
        commits_of(line).any(|commit| self.are_of(commit))
    }

    fn are_of(&self, commit: &CommitId) -> bool {
        let id = commit.as_str();
        let mut beginnings = (0..=id.len()).filter_map(|length| id.get(..length));
        !self.0.is_empty() && beginnings.any(|beginning| self.0.contains(beginning))
    }
}

impl Selection {
    /// Whether nothing is named: no path and no commit.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.parts().is_none() && self.except.is_empty() && self.set.is_empty()
    }

    /// Whether the user gave a path a value by name, of the source or another.
    #[must_use]
    pub fn gives(&self, path: &ValuePath) -> bool {
        self.take_source.iter().any(|named| named.covers(path) || path.covers(named))
            || self.set.iter().any(|(named, _)| named.covers(path))
    }

    /// The paths of which something was decided by name, each by itself.
    pub fn decided(&self) -> impl Iterator<Item = &ValuePath> {
        let given = self.set.iter().map(|(path, _)| path);
        self.take_source.iter().chain(&self.take_target).chain(given)
    }

    /// The first option that chooses parts of a plan, as the user wrote it.
    #[must_use]
    pub fn parts(&self) -> Option<&'static str> {
        let options = [
            (self.only.is_empty(), "--only"),
            (self.changes.is_empty(), "--change"),
            (self.take_source.is_empty() && self.take_target.is_empty(), "--take"),
        ];
        options.into_iter().find(|(unused, _)| !unused).map(|(_, option)| option)
    }

    /// The paths and commits of the selection that speak of none of these leaves, nor of anything
    /// that exists.
    #[must_use]
    pub fn unmatched(&self, lines: &[PlanEntry], exists: &dyn Fn(&ValuePath) -> bool) -> Vec<String> {
        let leaves: PathTree<'_, ()> = lines.iter().map(|line| (&line.path, ())).collect();
        // The whole is named where it is one value; elsewhere it is a word that got lost.
        let is_whole = |path: &ValuePath| !path.is_file() || lines.iter().any(|line| line.path.is_file());
        let speaks = |path: &ValuePath| is_whole(path) && (leaves.reaches(path) || exists(path));
        // What was renamed is taken or left whole.
        let ends = |line: &'_ PlanEntry| line.renamed.as_ref().map(|it| [it.from.clone(), line.path.clone()]);
        let ends: Vec<ValuePath> = lines.iter().filter_map(ends).flatten().collect();
        let renamed: PathTree<'_, ()> = ends.iter().map(|end| (end, ())).collect();
        let is_part = |path: &ValuePath| {
            let is_line = leaves.reaches(path);
            !is_line && renamed.above(path).any(|(steps, ())| steps < path.segments.len())
        };
        let of_parts = self.except.iter().chain(&self.take_source).chain(&self.take_target);
        let idle_paths = self.only.iter().filter(|path| !speaks(path));
        let idle_paths = idle_paths.chain(of_parts.filter(|path| is_part(path) || !speaks(path)));
        let idle_paths = idle_paths.map(ToString::to_string);
        let commits: HashSet<&str> = lines.iter().flat_map(commits_of).map(CommitId::as_str).collect();
        let by = |prefix: &String| commits.iter().any(|commit| commit.starts_with(prefix.as_str()));
        let idle_commits =
            self.changes.iter().filter(|prefix| !by(prefix)).map(|prefix| format!("commit {prefix}"));
        idle_paths.chain(idle_commits).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lookups::assert_linear;

    type List = fn(&mut Selection) -> &mut Vec<ValuePath>;

    fn paths(n: usize) -> Vec<ValuePath> {
        (0..n).map(|n| ValuePath::root().key("services").key(format!("s{n}"))).collect()
    }

    /// Twice as many named, and twice as many leaves to ask about.
    #[test]
    fn a_leaf_is_not_compared_with_every_path_that_is_named() {
        let lists: [(&str, List); 4] = [
            ("--only", |selection| &mut selection.only),
            ("--except", |selection| &mut selection.except),
            ("--take source", |selection| &mut selection.take_source),
            ("--take target", |selection| &mut selection.take_target),
        ];
        for (what, list) in lists {
            assert_linear(what, |n| {
                let mut selection = Selection::default();
                *list(&mut selection) = paths(n);
                let choice = Choice::new(&selection);
                for path in paths(n) {
                    let below = path.key("port");
                    let trees = [&choice.only, &choice.except, &choice.take_source, &choice.take_target];
                    assert_eq!(trees.iter().filter(|tree| tree.above(&below).count() == 1).count(), 1);
                }
            });
        }
    }

    #[test]
    fn a_commit_is_known_by_its_beginning() {
        let id: CommitId = "0123456789abcdef0123456789abcdef01234567".parse().expect("an id");
        for (prefixes, expected) in
            [(vec![], false), (vec!["0123"], true), (vec!["1", "01"], true), (vec!["123"], false)]
        {
            let prefixes: Vec<String> = prefixes.into_iter().map(str::to_owned).collect();
            assert_eq!(Prefixes::new(&prefixes).are_of(&id), expected, "{prefixes:?}");
        }
    }
}
