//! Which files two revisions record with other modes.

use git2::{Delta, DiffOptions, FileMode as GitMode};

use super::git_error::git_error;
use super::layout::FOLDERS;
use super::repository::{Repository, find_commit};
use crate::engine::mode::{FileMode, ModeChange};
use crate::model::{CommitId, Result, Revision, policy};

impl Repository {
    /// The files of the configuration root (policy, environments, schemas and decisions) that `base`
    /// and `head` both have, with another mode. Folders that both share are not opened.
    ///
    /// # Errors
    /// When a revision cannot be read.
    pub fn mode_changes(&self, base: &CommitId, head: &Revision) -> Result<Vec<ModeChange>> {
        let failed = |error: git2::Error| git_error("compare the modes of files", &error);
        let git = self.git()?;
        let tree = |id: &CommitId| find_commit(&git, id)?.tree().map_err(failed);
        let mut options = DiffOptions::new();
        options.disable_pathspec_match(true).include_typechange(true);
        let prefix = self.root_prefix();
        for name in FOLDERS.iter().chain([&policy::FILE]) {
            options.pathspec(format!("{prefix}{name}"));
        }
        let (before, options) = (tree(base)?, Some(&mut options));
        let diff = match head {
            Revision::Commit(id) => git.diff_tree_to_tree(Some(&before), Some(&tree(id)?), options),
            Revision::Index => git.diff_tree_to_index(Some(&before), None, options),
            Revision::WorkTree => git.diff_tree_to_workdir_with_index(Some(&before), options),
        };
        let change = |delta: git2::DiffDelta<'_>| -> Option<ModeChange> {
            let (old, new) = (delta.old_file(), delta.new_file());
            let has_both = matches!(delta.status(), Delta::Modified | Delta::Typechange);
            let (before, after) = (mode(old.mode())?, mode(new.mode())?);
            let file = String::from_utf8_lossy(new.path_bytes().or(old.path_bytes())?).into_owned();
            (has_both && before != after).then_some(ModeChange { file, before, after })
        };
        Ok(diff.map_err(failed)?.deltas().filter_map(change).collect())
    }
}

const fn mode(mode: GitMode) -> Option<FileMode> {
    match mode {
        GitMode::Blob | GitMode::BlobGroupWritable => Some(FileMode::Regular),
        GitMode::BlobExecutable => Some(FileMode::Executable),
        GitMode::Link => Some(FileMode::Symlink),
        GitMode::Commit => Some(FileMode::Submodule),
        GitMode::Tree | GitMode::Unreadable => None,
    }
}
