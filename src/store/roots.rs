//! The configuration roots of a repository.

use std::collections::{BTreeMap, BTreeSet};

use git2::{ObjectType, TreeWalkMode, TreeWalkResult};

use super::git_error::git_error;
use super::layout::is_root;
use super::repository::{Repository, find_commit};
use crate::model::{Environment, Result, Revision, policy};

impl Repository {
    /// The folders below the configuration root (relative to the git root) that have configuration of
    /// their own, in order.
    ///
    /// # Errors
    /// When the revision cannot be listed.
    pub fn roots_below(&self, revision: &Revision) -> Result<Vec<String>> {
        let below =
            |root: &String| root.strip_prefix(self.root_prefix()).is_some_and(|rest| !rest.is_empty());
        Ok(self.roots(revision)?.into_iter().filter(below).collect())
    }

    /// The folders (relative to the git root: empty, or ending in `/`) that have configuration. Of a
    /// working tree those are told that git's index knows.
    ///
    /// # Errors
    /// When the revision cannot be listed.
    pub fn roots(&self, revision: &Revision) -> Result<BTreeSet<String>> {
        Ok(self.roots_and_contents(revision)?.into_keys().collect())
    }

    /// The same folders, and whether they have an environment, beside a policy or without one.
    ///
    /// # Errors
    /// When the revision cannot be listed.
    pub fn roots_and_contents(&self, revision: &Revision) -> Result<BTreeMap<String, bool>> {
        let mut roots = BTreeMap::new();
        let mut note = |path: &str| {
            if let Some((root, has_environment)) = root_of(path) {
                *roots.entry(root).or_default() |= has_environment;
            }
        };
        match revision {
            Revision::Commit(id) => {
                let failed = |error: git2::Error| {
                    git_error(&format!("read the files of commit {}", id.short()), &error)
                };
                let git = self.git()?;
                let tree = find_commit(&git, id)?.tree().map_err(failed)?;
                let walked = tree.walk(TreeWalkMode::PreOrder, |parent, entry| {
                    let name = String::from_utf8_lossy(entry.name_bytes());
                    let is_tree = entry.kind() == Some(ObjectType::Tree);
                    note(&format!("{parent}{name}{}", if is_tree { "/" } else { "" }));
                    TreeWalkResult::Ok
                });
                walked.map_err(failed)?;
            }
            Revision::Index | Revision::WorkTree => {
                for entry in self.open_index()?.iter() {
                    note(&entry.text());
                }
            }
        }
        Ok(roots)
    }

    /// The roots that the hook and the attributes are for: all that git's index knows, and this one, of
    /// which nothing need be added yet. None where there is no configuration so far.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn roots_of_hooks(&self) -> Result<BTreeSet<String>> {
        let mut roots = self.roots(&Revision::Index)?;
        if !self.root_prefix().is_empty() || self.root().is_some_and(|root| is_root(&root)) {
            roots.insert(self.root_prefix().to_owned());
        }
        Ok(roots)
    }
}

/// The folder that a path makes a configuration root, and whether by an environment; it ends in `/` unless
/// it is the top.
fn root_of(path: &str) -> Option<(String, bool)> {
    if let Some(root) = path.strip_suffix(policy::FILE) {
        return (root.is_empty() || root.ends_with('/')).then(|| (root.to_owned(), false));
    }
    let is_environment =
        |below: &str| below.split_once('/').is_some_and(|(folder, _)| folder.parse::<Environment>().is_ok());
    let mut places = path.match_indices("environments/");
    let (at, _) = places.find(|(at, found)| {
        let is_whole = *at == 0 || path.get(..*at).is_some_and(|before| before.ends_with('/'));
        is_whole && path.get(at + found.len()..).is_some_and(is_environment)
    })?;
    path.get(..at).map(|root| (root.to_owned(), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_or_an_environment_makes_a_root() {
        for (path, root) in [
            ("terrace.toml", Some(("", false))),
            ("services/a/terrace.toml", Some(("services/a/", false))),
            ("services/my-terrace.toml", None),
            ("environments/production/a.yaml", Some(("", true))),
            ("services/b/environments/staging/x/y.yaml", Some(("services/b/", true))),
            ("services/b/environments/staging/", Some(("services/b/", true))),
            ("services/b/environments/qa/x.yaml", None),
            ("services/old-environments/staging/x.yaml", None),
            ("services/b/environments/README.md", None),
        ] {
            let root = root.map(|(root, has_environment): (&str, _)| (root.to_owned(), has_environment));
            assert_eq!(root_of(path), root, "{path}");
        }
    }
}
