//! Opening a repository for writing: which kinds there are, whose lock comes first, and what an
//! earlier run left.

use std::path::Path;
use std::time::Duration;

use git2::{ErrorCode, Repository};

use super::failpoints::kill_point;
use super::lock::TransactionLock;
use super::paths::Paths;
use super::{config, recover};
use crate::model::{Error, Help, Result};
use crate::store::git_config::GitConfig;
use crate::store::git_error::not_owned;
use crate::store::process_environment::ProcessEnvironment;

/// A repository opened for writing, with its paths.
pub(super) struct OpenRepository {
    pub(super) git: Repository,
    pub(super) paths: Paths,
    /// Git's configuration as it was then.
    pub(super) config: GitConfig,
}

impl std::fmt::Debug for OpenRepository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.paths.fmt(f)
    }
}

/// Opens a repository, takes terrace's lock and finishes what earlier runs began.
pub(super) fn enter(
    repository: &Path,
    wait: Duration,
    environment: &ProcessEnvironment,
) -> Result<(OpenRepository, TransactionLock)> {
    let git = open_repository(repository)?;
    let paths = Paths::of(&git);
    paths.prepare()?;
    let lock = TransactionLock::take(&paths, wait)?;
    let config = config::restrict(&git, &paths.own("config"), environment)?;
    recover::recover(&git, &paths, &lock, wait, environment)?;
    kill_point("recovered");
    Ok((OpenRepository { git, paths, config }, lock))
}

/// Opens a repository, and says clearly which kinds cannot be opened.
pub(super) fn open_repository(path: &Path) -> Result<Repository> {
    Repository::open(path).map_err(|error| {
        let text = error.message();
        let shown = path.display();
        let (message, help) = match () {
            () if error.code() == ErrorCode::NotFound => {
                (format!("{shown} is not a git repository"), Help::MakeRepository)
            }
            () if error.code() == ErrorCode::Owner => return not_owned(path),
            () if text.contains("objectformat") || text.contains("object format") => (
                format!("{shown} is a sha256 repository, which terrace cannot open"),
                "terrace works with sha1 repositories, git's default".into(),
            ),
            () if text.contains("refstorage") => (
                format!("{shown} keeps its branches as reftable, which terrace cannot open"),
                "git refs migrate --ref-format=files turns them into files".into(),
            ),
            () => (
                format!("{shown} cannot be opened: {text}"),
                "`git status` tells whether git can open it".into(),
            ),
        };
        Error::state(message).with_help(help)
    })
}
