//! What the files of a change are: items, schemas, decisions, the policy, and what lies among them.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::history::FileChange;
use crate::engine::migration::RECORD;
use crate::engine::promotion::decision_owner;
use crate::engine::snapshot::{Place, place};
use crate::model::{Environment, Key, policy};

/// What a change touches.
#[derive(Debug, Default)]
pub struct Touched {
    /// The items whose files differ, and in which environments.
    pub items: BTreeMap<Key, BTreeSet<Environment>>,
    /// Items under a new name: the environment, the new key and the old one.
    pub renamed: BTreeMap<(Environment, Key), Key>,
    /// Files below `environments/` that are no items.
    pub others: BTreeSet<String>,
    /// The folders below `environments/` that are no environment.
    pub folders: BTreeSet<String>,
    /// The items whose decisions differ, and whose they are.
    pub decisions: BTreeSet<(Key, Environment)>,
    /// The schema files.
    pub schemas: Vec<FileChange>,
    /// Whether the policy differs.
    pub policy: bool,
    /// Whether the record of kept legacy files differs.
    pub record: bool,
    /// Whether something differs among the decisions or the schemas that is none of them.
    pub misplaced: bool,
}

/// Sorts the files of a change.
#[must_use]
pub fn touched(changes: &[FileChange]) -> Touched {
    let mut out = Touched::default();
    for change in changes {
        match place(&change.path) {
            Some(Place::Item(id)) => _ = out.items.entry(id.key).or_default().insert(id.environment),
            Some(Place::UnknownEnvironment(folder)) => _ = out.folders.insert(folder),
            Some(Place::InvalidKey(..) | Place::Stray) => _ = out.others.insert(change.path.clone()),
            None => out.elsewhere(change),
        }
    }
    out.find_renames(changes);
    out
}

impl Touched {
    fn elsewhere(&mut self, change: &FileChange) {
        if change.path == policy::FILE {
            self.policy = true;
        } else if change.path == RECORD {
            self.record = true;
        } else if change.path.starts_with("schemas/") && change.path.ends_with(".json") {
            self.schemas.push(change.clone());
        } else if let Some(owner) = decision_owner(&change.path) {
            // Nothing is kept for development.
            self.misplaced |= owner.1 == Environment::Development;
            self.decisions.insert(owner);
        } else {
            self.misplaced |= [".terrace", "schemas"].iter().any(|folder| {
                change.path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        }
    }

    /// A rename is a removal and an addition of the same bytes in one environment.
    fn find_renames(&mut self, changes: &[FileChange]) {
        let item = |change: &FileChange| match place(&change.path) {
            Some(Place::Item(id)) => Some(id),
            _ => None,
        };
        let mut gone: Vec<_> = changes.iter().filter(|change| change.after.is_none()).collect();
        for added in changes.iter().filter(|change| change.before.is_none()) {
            let Some(new) = item(added) else { continue };
            let fits = |old: &&&FileChange| {
                old.before == added.after && item(old).is_some_and(|id| id.environment == new.environment)
            };
            let Some(old) = gone.iter().find(fits).copied() else { continue };
            gone.retain(|other| !std::ptr::eq(*other, old));
            let Some(old) = item(old) else { continue };
            if let Some(environments) = self.items.get_mut(&old.key) {
                environments.remove(&new.environment);
            }
            self.renamed.insert((new.environment, new.key), old.key);
        }
    }

    /// Whether everything is looked at: what differs may concern any item.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.policy || self.record || self.misplaced
    }

    /// The items whose findings can differ because of their own files.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.items.keys().chain(self.decisions.iter().map(|(key, _)| key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BlobId;

    fn change(path: &str, before: &str, after: &str) -> FileChange {
        let blob = |text: &str| (!text.is_empty()).then(|| BlobId::new(text.to_owned()));
        FileChange::new(path.to_owned(), blob(before), blob(after))
    }

    #[test]
    fn files_are_what_their_places_make_them() {
        let found = touched(&[
            change("environments/staging/a.yaml", "1", "2"),
            change("environments/production/a.yaml", "1", "2"),
            change("environments/production/a.yml", "", "2"),
            change("environments/prod/x.yaml", "", "2"),
            change("schemas/a.schema.json", "1", "2"),
            change("schemas/README.md", "1", "2"),
            change(".terrace/decisions/production/b/c.toml", "1", ""),
            change(".terrace/decisions/staging/b/d=/0123.toml", "", "1"),
            change("terrace.toml", "1", "2"),
        ]);
        let keys: Vec<_> = found.keys().map(Key::as_str).collect();
        assert_eq!(keys, ["a", "b/c", "b/d"]);
        assert_eq!(found.items.values().next().map(BTreeSet::len), Some(2));
        assert_eq!((found.schemas.len(), found.policy, found.record), (1, true, false));
        for (path, expected) in [
            (".terrace/decisions", true),
            (".terrace/decisions/prod/a=/0.toml", true),
            (".terrace/decisions/x.toml", true),
            ("schemas/shared", true),
            ("schemas.md", false),
            ("docs/a.md", false),
        ] {
            assert_eq!(touched(&[change(path, "", "1")]).misplaced, expected, "{path}");
        }
        assert!(found.others.contains("environments/production/a.yml") && found.folders.contains("prod"));
    }

    #[test]
    fn the_same_bytes_under_a_new_name_are_a_rename_within_one_environment() {
        let found = touched(&[
            change("environments/staging/old.yaml", "1", ""),
            change("environments/staging/new.yaml", "", "1"),
            change("environments/production/new.yaml", "", "1"),
            change("environments/staging/copy.yaml", "", "1"),
        ]);
        let renamed: Vec<_> =
            found.renamed.iter().map(|((env, new), old)| format!("{env} {old} {new}")).collect();
        assert_eq!(renamed, ["staging old new"]);
        assert!(found.items[&"old".parse::<Key>().expect("a key")].is_empty());
    }
}
