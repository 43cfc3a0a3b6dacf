//! Who runs a repository's hooks, where that is not git's own folder alone: then a line is added by a
//! person, in a file that all clones share, and nothing is written over it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::model::{Error, Result};

/// What runs the hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookManager {
    /// The folder of `core.hooksPath` is part of the commits.
    TrackedFolder,
    /// husky.
    Husky,
    /// lefthook.
    Lefthook,
    /// The pre-commit framework.
    PreCommit,
}

/// Who runs the hooks, and where a check is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookOwner {
    /// What runs them.
    pub manager: HookManager,
    /// The file of the work tree that says what runs.
    pub file: PathBuf,
    /// What to add there.
    pub lines: String,
    /// Whether the file has it already.
    pub is_added: bool,
}

const LEFTHOOK: [&str; 9] = [
    "lefthook.yml",
    "lefthook.yaml",
    "lefthook.toml",
    "lefthook.json",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".lefthook.toml",
    ".lefthook.json",
    ".config/lefthook.yml",
];

const PRE_COMMIT: [&str; 2] = [".pre-commit-config.yaml", ".pre-commit-config.yml"];

/// Who runs the hooks of a work tree whose hooks lie in `folder`; `is_tracked` says whether a path
/// relative to the work tree is part of the commits. `checks` are the commands to run.
pub(super) fn hook_owner(
    work_tree: &Path,
    folder: &Path,
    checks: &[String],
    is_tracked: impl Fn(&Path) -> bool,
) -> Result<Option<HookOwner>> {
    let inside = folder.strip_prefix(work_tree).ok();
    let husky = inside.filter(|path| path.starts_with(".husky")).map(|_| work_tree.join(".husky"));
    let (manager, file) = if let Some(husky) = husky {
        (HookManager::Husky, husky.join("pre-commit"))
    } else if inside.is_some_and(is_tracked) {
        (HookManager::TrackedFolder, folder.join("pre-commit"))
    } else if let Some(file) = first_file(work_tree, &LEFTHOOK)? {
        (HookManager::Lefthook, file)
    } else if let Some(file) = first_file(work_tree, &PRE_COMMIT)? {
        (HookManager::PreCommit, file)
    } else {
        return Ok(None);
    };
    let check = checks.join(" && ");
    let lines = match manager {
        HookManager::TrackedFolder | HookManager::Husky => check,
        HookManager::Lefthook if file.extension().is_some_and(|it| it == "toml") => {
            format!("[pre-commit.commands.terrace]\nrun = {check:?}")
        }
        HookManager::Lefthook if file.extension().is_some_and(|it| it == "json") => {
            format!("\"pre-commit\": {{\"commands\": {{\"terrace\": {{\"run\": {check:?}}}}}}}")
        }
        HookManager::Lefthook => format!("pre-commit:\n  commands:\n    terrace:\n      run: {check}"),
        HookManager::PreCommit => {
            let hook = |check: &String| {
                format!(
                    "\n    - id: terrace-check\n      name: terrace check\n      entry: {check}\n      language: system\n      pass_filenames: false"
                )
            };
            format!("- repo: local\n  hooks:{}", checks.iter().map(hook).collect::<String>())
        }
    };
    let is_added = match std::fs::read(&file) {
        Ok(bytes) => has_check(&String::from_utf8_lossy(&bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(Error::io("read", &file, &error)),
    };
    Ok(Some(HookOwner { manager, file, lines, is_added }))
}

/// The first of these names that a file in the folder has.
fn first_file(folder: &Path, names: &[&str]) -> Result<Option<PathBuf>> {
    for file in names.iter().map(|name| folder.join(name)) {
        match std::fs::metadata(&file) {
            Ok(found) if found.is_file() => return Ok(Some(file)),
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(Error::io("read", &file, &error));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}

/// Whether a hook, or what says which hooks run, has our check.
pub(super) fn has_check(text: &str) -> bool {
    let mut commands = text.lines().map(|line| match line.trim_start() {
        comment if comment.starts_with("//") => "",
        line => line.split_once(" #").map_or(line, |(command, _)| command),
    });
    commands.any(|line| {
        !line.starts_with('#') && {
            (line.contains("terrace ") && line.contains(" check") && line.contains("--staged"))
                || line.contains("id: terrace-check")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_runs_the_hooks_is_known_by_its_folder_or_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let checks = ["terrace check --staged --since HEAD".to_owned()];
        let owner = |hooks: &str, tracked: &str| {
            let tracked = Path::new(tracked).to_path_buf();
            let found =
                hook_owner(root, &root.join(hooks), &checks, |path| path == tracked).expect("read")?;
            Some((found.manager, found.file.strip_prefix(root).expect("inside").display().to_string()))
        };
        let tracked = |file: &str| Some((HookManager::TrackedFolder, file.to_owned()));
        assert_eq!(owner(".git/hooks", ".githooks"), None);
        assert_eq!(owner(".githooks", ".githooks"), tracked(".githooks/pre-commit"));
        assert_eq!(owner("./tools/hooks/", "tools/hooks"), tracked("tools/hooks/pre-commit"));
        assert_eq!(owner("mine", ".githooks"), None);
        assert_eq!(owner(".husky/_", ""), Some((HookManager::Husky, ".husky/pre-commit".to_owned())));
        for (file, manager) in
            [(".pre-commit-config.yaml", HookManager::PreCommit), ("lefthook.yml", HookManager::Lefthook)]
        {
            std::fs::write(root.join(file), "# terrace check --staged\nx: y # terrace check --staged\n")
                .expect("a file");
            assert_eq!(owner(".git/hooks", ""), Some((manager, file.to_owned())));
            let owner = hook_owner(root, &root.join(".git/hooks"), &checks, |_| false)
                .expect("read")
                .expect("an owner");
            assert!(!owner.is_added, "a comment runs nothing");
            std::fs::write(root.join(file), &owner.lines).expect("a file");
            assert!(
                hook_owner(root, &root.join(".git/hooks"), &checks, |_| false)
                    .expect("read")
                    .expect("an owner")
                    .is_added
            );
        }
    }
}
