//! A repository with people at work in it, and plain git to judge.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use tempfile::TempDir;
use terrace::model::{BlobId, Result};
use terrace::store::ProcessEnvironment;
use terrace::store::transaction::{self, Change, Committed, FileChange, Moment, Options};

/// A temporary folder with a home and a repository in it.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    /// The work tree (or the bare repository) that the test speaks of.
    pub(crate) root: PathBuf,
}

impl World {
    /// A repository with one commit of some files.
    pub(crate) fn new() -> Self {
        let world = Self::empty();
        world.write("environments/production/payments.yaml", "size: 10\n");
        world.write("environments/production/search.yaml", "boost: 1\n");
        world.write("colleague.txt", "one\n");
        world.write("notes.txt", "one\n");
        world.git(&["add", "."]);
        world.git(&["commit", "-qm", "begin"]);
        world
    }

    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        let folder = TempDir::new().expect("a folder");
        let root = folder.path().join("repo");
        let home = folder.path().join("home");
        for path in [&root, &home] {
            std::fs::create_dir(path).expect("a folder");
        }
        let world = Self { folder, root };
        world.git(&["init", "-q", "-b", "main", "."]);
        world.git(&["config", "user.name", "Tester"]);
        world.git(&["config", "user.email", "tester@example.com"]);
        world
    }

    /// What others leave lying about: staged, unsaved, both, deleted, untracked.
    pub(crate) fn disturb(&self) {
        self.write("colleague.txt", "two, staged\n");
        self.write("staged/new.txt", "new, staged\n");
        self.git(&["add", "colleague.txt", "staged/new.txt"]);
        self.write("colleague.txt", "three, not staged\n");
        self.write("notes.txt", "two, not staged\n");
        self.write("environments/production/untracked.yaml", "mine: true\n");
        self.write("later.txt", "");
        self.git(&["add", "-N", "later.txt"]);
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// The file's text; `None` when there is nothing.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        match std::fs::read(self.path(path)) {
            Ok(bytes) => Some(String::from_utf8(bytes).expect("text")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Runs plain git and returns what it says; it must succeed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(&self.root);
        self.scrub(&mut git).output().expect("git runs")
    }

    /// Gives a program this world's home and nothing of the tester's.
    pub(crate) fn scrub<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        program
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
    }

    pub(crate) fn head(&self) -> Option<String> {
        let output = self.try_git(&["rev-parse", "--verify", "-q", "HEAD"]);
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The blob at a path of HEAD.
    pub(crate) fn blob(&self, path: &str) -> Option<BlobId> {
        let output = self.try_git(&["rev-parse", "--verify", "-q", &format!("HEAD:{path}")]);
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().parse::<BlobId>().expect("an id"))
    }

    /// The change that gives these files these contents, decided on HEAD.
    pub(crate) fn change(&self, files: &[(&str, Option<&str>)]) -> Change {
        let file = |(path, after): &(&str, Option<&str>)| FileChange {
            path: (*path).to_owned(),
            before: self.blob(path),
            after: after.map(|text| text.as_bytes().to_vec()),
        };
        let files = files.iter().map(file).collect();
        Change {
            base: self.head().and_then(|head| head.parse().ok()),
            files,
            rests_on: Vec::new(),
            message: "change".to_owned(),
        }
    }

    /// Somebody pushes a commit that gives this file this content.
    pub(crate) fn pushed(&self, path: &str, text: &str) {
        let blob = self.folder.path().join("pushed");
        std::fs::write(&blob, text).expect("written");
        let id = self.git(&["hash-object", "-w", blob.to_str().expect("UTF-8")]);
        let index = self.folder.path().join("pushed-index");
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(arguments).current_dir(&self.root);
            let output = self.scrub(&mut git).env("GIT_INDEX_FILE", &index).output().expect("git runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        git(&["read-tree", "HEAD"]);
        git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{path}")]);
        let tree = git(&["write-tree"]);
        let commit = git(&["commit-tree", &tree, "-p", "HEAD", "-m", "pushed"]);
        git(&["update-ref", "refs/heads/main", &commit]);
    }

    /// Publishes that change through the door.
    pub(crate) fn publish(
        &self,
        files: &[(&str, Option<&str>)],
        options: &Options,
    ) -> Result<Option<Committed>> {
        let published =
            transaction::publish(&self.root, options, None, |_| Ok(Some((self.change(files), ()))));
        Ok(published?.map(|(committed, ())| committed))
    }

    /// Everything in the work tree but git's own, with its content; links as they are.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.root, &self.root, &mut found);
        found.sort();
        found
    }

    /// The bytes of the index, if there is one.
    pub(crate) fn index(&self) -> Option<Vec<u8>> {
        std::fs::read(PathBuf::from(self.git(&["rev-parse", "--absolute-git-dir"])).join("index")).ok()
    }

    /// Locks of any kind and temporary files that somebody left.
    pub(crate) fn litter(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(self.folder.path(), self.folder.path(), &mut found);
        let common = PathBuf::from(self.git(&["rev-parse", "--path-format=absolute", "--git-common-dir"]));
        collect(&common, &common, &mut found);
        let names = found.into_iter().map(|(name, _)| name);
        let bad = |name: &String| {
            name.ends_with(".lock") || name.contains(".terrace-") || name.ends_with("journal")
        };
        names.filter(bad).collect()
    }

    /// Plain git finds nothing wrong.
    pub(crate) fn fsck(&self) {
        let output = self.try_git(&["fsck", "--strict", "--no-dangling", "--no-progress"]);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let complaints: Vec<_> = said.lines().filter(|line| !line.starts_with("notice:")).collect();
        assert!(output.status.success() && complaints.is_empty(), "fsck: {said}");
    }
}

/// How the tests commit: by whoever the repository names, with nothing of the tester's but the search
/// path.
pub(crate) fn options() -> Options {
    options_of(std::env::vars_os().filter(|(name, _)| name == "PATH"))
}

/// The same with these variables.
pub(crate) fn options_of(variables: impl Iterator<Item = (OsString, OsString)>) -> Options {
    let now = Moment { seconds: 1_800_000_000, offset: 0 };
    Options::at(now, Arc::new(ProcessEnvironment::of(variables)))
}

fn collect(base: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(base).expect("below").to_string_lossy().into_owned();
        let metadata = std::fs::symlink_metadata(&path).expect("metadata");
        if path.file_name().is_some_and(|name| name == ".git") {
            continue;
        }
        if metadata.is_symlink() {
            let target = std::fs::read_link(&path).expect("a link");
            found.push((name, target.to_string_lossy().into_owned().into_bytes()));
        } else if metadata.is_dir() {
            found.push((format!("{name}/"), Vec::new()));
            collect(base, &path, found);
        } else {
            found.push((name, std::fs::read(&path).expect("readable")));
        }
    }
}
