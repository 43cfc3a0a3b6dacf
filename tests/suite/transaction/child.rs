//! A process of its own that goes through the door: the test binary, started again in a role.

use std::path::Path;
use std::process::{Command, Stdio};

use git2::Repository;
use terrace::model::{BlobId, CommitId, ErrorKind, Result};
use terrace::store::ProcessEnvironment;
use terrace::store::transaction::{self, Change, Committed, FileChange, Options};

use super::world::{World, options_of};

/// What a child does.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Task {
    /// Files to commit: path and content, nothing to delete. None at all only looks.
    pub(crate) files: Vec<(String, Option<String>)>,
    /// The branch, if it is not the one that is checked out.
    pub(crate) branch: Option<String>,
    /// Instead, add one to the number in this file, so many times.
    pub(crate) count: Option<(String, usize)>,
    /// Where a count is refused for what plain git staged or left behind, take that back as people would.
    pub(crate) mends: bool,
    /// Instead, write the first file to the work tree only.
    pub(crate) work_tree: bool,
    /// Wait for the locks of others no longer than this.
    pub(crate) milliseconds: Option<u64>,
}

impl Task {
    pub(crate) fn publish(files: &[(&str, Option<&str>)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.map(str::to_owned))).collect();
        Self { files, ..Self::default() }
    }

    /// The command that does it in the world's repository.
    pub(crate) fn command(&self, world: &World) -> Command {
        let mut child = Command::new(std::env::current_exe().expect("the test binary"));
        child.args(["--exact", "transaction::child::role", "--nocapture", "--test-threads=1"]);
        world.scrub(&mut child);
        child.env("DOOR_TASK", serde_json::to_string(self).expect("json")).env("RUST_BACKTRACE", "0");
        child.current_dir(&world.root).stdout(Stdio::null()).stderr(Stdio::piped());
        child
    }
}

/// Not a test: what the child does.
#[test]
fn role() {
    let Some(task) = std::env::var_os("DOOR_TASK") else { return };
    let task: Task = serde_json::from_str(task.to_str().expect("text")).expect("a task");
    let root = std::env::current_dir().expect("a folder");
    if let Err(error) = act(&root, &task) {
        panic!("{:?}: {error}", error.kind());
    }
}

fn act(root: &Path, task: &Task) -> Result<()> {
    if let Some((path, times)) = &task.count {
        let step = || {
            publish(root, task, |repository| {
                let old = text_at(repository, path).expect("a number");
                let number: usize = old.trim().parse().expect("a number");
                vec![(path.clone(), Some(format!("{}\n", number + 1)))]
            })
        };
        for _ in 0..*times {
            let mut tries = 0;
            while let Err(error) = step() {
                tries += 1;
                if !task.mends || error.kind() != ErrorKind::State || tries > 100 {
                    return Err(error);
                }
                let restore = ["restore", "--staged", "--worktree", "--", path];
                // Busy, perhaps; then once more.
                let _ = Command::new("git").args(restore).current_dir(root).output();
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        return Ok(());
    }
    if task.work_tree {
        let (path, after) = task.files.first().expect("a file");
        let before = std::fs::read(root.join(path)).ok();
        let after = after.as_deref().unwrap_or_default();
        let environment = ProcessEnvironment::of(std::env::vars_os());
        return transaction::write_work_tree(root, path, before.as_deref(), after.as_bytes(), &environment);
    }
    publish(root, task, |_| task.files.clone())?;
    Ok(())
}

fn publish(
    root: &Path,
    task: &Task,
    decide: impl Fn(&Repository) -> Vec<(String, Option<String>)>,
) -> Result<Option<Committed>> {
    let mut options = Options { branch: task.branch.clone(), ..options_of(std::env::vars_os()) };
    options.wait = task.milliseconds.map_or(options.wait, std::time::Duration::from_millis);
    let repository = Repository::open(root).expect("a repository");
    let published = transaction::publish(root, &options, None, |head| {
        let files = decide(&repository);
        if files.is_empty() {
            return Ok(None);
        }
        let files = files.into_iter().map(|(path, after)| FileChange {
            before: blob_at(&repository, head, &path),
            after: after.map(String::into_bytes),
            path,
        });
        let change = Change {
            base: head.cloned(),
            files: files.collect(),
            rests_on: Vec::new(),
            message: "publish".to_owned(),
        };
        Ok(Some((change, ())))
    })?;
    Ok(published.map(|(committed, ())| committed))
}

fn blob_at(repository: &Repository, head: Option<&CommitId>, path: &str) -> Option<BlobId> {
    let commit = repository.revparse_single(head?.as_str()).expect("a commit");
    let tree = commit.peel_to_tree().expect("a tree");
    tree.get_path(Path::new(path)).ok().map(|entry| entry.id().to_string().parse::<BlobId>().expect("an id"))
}

fn text_at(repository: &Repository, path: &str) -> Option<String> {
    let object = repository.revparse_single(&format!("HEAD:{path}")).ok()?;
    let blob = object.peel_to_blob().ok()?;
    String::from_utf8(blob.content().to_vec()).ok()
}
