//! What holds for one file that git hands over: the policy, and what its schemas say of lists.

use std::path::Path;
use std::slice;
use std::sync::Arc;

use super::workspace::{At, Workspace};
use crate::diff::lists::{ListRules, NoListRules};
use crate::engine::configuration::{Configuration, parse_policy};
use crate::model::{Environment, Key, Policy, policy};
use crate::store::ProcessEnvironment;

/// What holds for one file.
pub(super) struct FileRules {
    /// The policy of the work tree.
    pub(super) policy: Policy,
    /// What the schemas of the item say of its lists.
    pub(super) lists: Box<dyn ListRules>,
}

impl FileRules {
    /// What holds for the file at `path` (in the repository that holds `dir`), by the schemas that stand at
    /// `at`. What cannot be read masks what masks by default and says nothing of lists: git asked for a
    /// difference or a merge, and a check will say what is wrong with the configuration.
    pub(super) fn near(
        dir: &Path,
        path: Option<&str>,
        at: &At,
        environment: &Arc<ProcessEnvironment>,
    ) -> Self {
        let workspace = Workspace::open(dir, environment).ok();
        let root = workspace.as_ref().and_then(|workspace| workspace.repository.root());
        let text = root.and_then(|root| std::fs::read_to_string(root.join(policy::FILE)).ok());
        let policy = text.and_then(|text| parse_policy(&text, policy::FILE).ok()).unwrap_or_default();
        let lists = workspace.zip(path).and_then(|(workspace, path)| lists(&workspace, path, at));
        Self { policy, lists: lists.unwrap_or_else(|| Box::new(NoListRules)) }
    }
}

fn lists(workspace: &Workspace, path: &str, at: &At) -> Option<Box<dyn ListRules>> {
    let key = key(path.strip_prefix(workspace.repository.root_prefix())?)?;
    let part = workspace.part(&workspace.revision(at).ok()?, slice::from_ref(&key)).ok()??;
    let configuration = Configuration::read_to_judge(part).ok()?;
    Some(Box::new(configuration.lists(&key)))
}

/// The item of a file (relative to the configuration root).
fn key(file: &str) -> Option<Key> {
    let (environment, below) = file.strip_prefix("environments/")?.split_once('/')?;
    let environment: Environment = environment.parse().ok()?;
    let key: Key = below.rsplit_once('.')?.0.parse().ok()?;
    (key.file(environment) == file).then_some(key)
}
