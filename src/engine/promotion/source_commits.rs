//! What single commits did to the source's file.

use std::sync::Arc;

use crate::diff::labels::DocumentLabels;
use crate::model::{CommitId, Result, ValuePath};
use crate::yaml::FileValues;

/// What one source commit did to the source's file.
#[derive(Clone)]
pub struct SourceCommit {
    /// The commit.
    pub id: CommitId,
    /// What the file held before.
    pub before: Arc<FileValues>,
    /// What it holds after.
    pub after: Arc<FileValues>,
}

/// The source commits of an item, read when they are asked for.
pub struct SourceCommits<'a> {
    /// One of them; `None` where it made or removed the file, or a version is no YAML.
    pub by: &'a dyn Fn(&CommitId) -> Result<Option<SourceCommit>>,
    /// Those behind one, oldest first.
    pub since: &'a dyn Fn(&CommitId) -> Result<Vec<SourceCommit>>,
    /// What source and target call their documents.
    pub documents: &'a DocumentLabels<'a>,
    /// Whether the target ever had something at a path.
    pub target_had: &'a dyn Fn(&ValuePath) -> Result<bool>,
}
