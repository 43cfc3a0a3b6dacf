//! What the user chose of a plan.

use super::entry::{Action, PlanEntry};
use super::resolution::{Level, Resolution};
use crate::model::policy::NewKeys;
use crate::model::{Value, ValuePath};

/// What the user chose; [`Default`] is a plain promotion.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these paths and what is below them; all when empty.
    pub only: Vec<ValuePath>,
    /// Not these paths nor what is below them.
    pub except: Vec<ValuePath>,
    /// Only what these source commits changed (hexadecimal prefixes); all when empty.
    pub changes: Vec<String>,
    /// Write the source's value, whatever the table says.
    pub take_source: Vec<ValuePath>,
    /// Keep the target's value, and record it.
    pub take_target: Vec<ValuePath>,
    /// Give the target these values.
    pub set: Vec<(ValuePath, Value)>,
    /// What to do with new keys that nobody named.
    pub new_keys: NewKeys,
    /// New keys accepted by source commit, as answered on a terminal.
    pub accepted: Vec<String>,
    /// New keys left by source commit, as answered on a terminal.
    pub left: Vec<String>,
    /// Leave conflicts and unknowns instead of stopping.
    pub skip_undecided: bool,
}

impl Selection {
    /// What happens to one judged leaf.
    pub(super) fn verdict(&self, line: &PlanEntry) -> Action {
        let covers = |paths: &[ValuePath]| paths.iter().any(|path| path.covers(&line.path));
        let commit = line.commit.as_ref().map(|commit| commit.id.as_str()).unwrap_or_default();
        let by_commit = |prefixes: &[String]| {
            prefixes.iter().any(|p| !commit.is_empty() && commit.starts_with(p.as_str()))
        };
        if let Some((_, value)) = self.set.iter().find(|(path, _)| *path == line.path) {
            let has_it = line.target.as_ref() == Some(value);
            return if has_it { Action::Keep } else { Action::Set(value.clone()) };
        }
        if covers(&self.take_target) {
            return Action::Decline;
        }
        if covers(&self.take_source) && !line.is_refused() {
            return Action::Take;
        }
        let chosen = (self.only.is_empty() || covers(&self.only))
            && !covers(&self.except)
            && (self.changes.is_empty() || by_commit(&self.changes));
        if !chosen {
            return Action::Keep;
        }
        let named = !self.only.is_empty() || !self.changes.is_empty();
        match (line.resolution, line.level) {
            (Resolution::New | Resolution::LeftOut, Level::Ask | Level::Offer) if named => Action::Take,
            (_, Level::Take) => Action::Take,
            (_, Level::Ask) if by_commit(&self.accepted) => Action::Take,
            (_, Level::Ask) if by_commit(&self.left) => Action::Keep,
            (_, Level::Ask) => match self.new_keys {
                NewKeys::Ask => Action::Ask,
                NewKeys::Take => Action::Take,
                NewKeys::Leave => Action::Keep,
            },
            (_, Level::Stop) if self.skip_undecided => Action::Keep,
            (_, Level::Stop) => Action::Stop,
            (_, Level::Offer | Level::Keep) => Action::Keep,
        }
    }

    /// Whether nothing is named: no path and no commit.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.parts().is_none() && self.except.is_empty() && self.set.is_empty()
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
        let speaks = |path: &ValuePath| lines.iter().any(|line| path.covers(&line.path)) || exists(path);
        let paths = self.only.iter().chain(&self.except).chain(&self.take_source).chain(&self.take_target);
        let idle_paths = paths.filter(|path| !speaks(path)).map(ToString::to_string);
        let by = |prefix: &String| {
            lines
                .iter()
                .any(|line| line.commit.as_ref().is_some_and(|c| c.id.as_str().starts_with(prefix.as_str())))
        };
        let idle_commits =
            self.changes.iter().filter(|prefix| !by(prefix)).map(|prefix| format!("commit {prefix}"));
        idle_paths.chain(idle_commits).collect()
    }
}
