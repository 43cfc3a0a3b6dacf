//! A tiny repository for the tests of what people decide and take back: real git, a scrubbed
//! environment, a fixed clock.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a home and a repository in it.
pub(crate) struct People {
    folder: TempDir,
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().expect("an exit code"),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

impl People {
    /// A repository whose first commit, of 2026-01-05, holds these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let people = Self { folder: tempfile::tempdir().expect("a folder") };
        std::fs::create_dir_all(people.root()).expect("a folder");
        people.git("2026-01-05", &["init", "-q", "-b", "main", "."]);
        people.commit("2026-01-05", "begin", files);
        people
    }

    pub(crate) fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("repository")
    }

    fn run(&self, day: &str, program: &Path, arguments: &[&str]) -> Said {
        let mut command = Command::new(program);
        command.current_dir(self.root()).args(arguments).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.folder.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ada")
                .env(format!("GIT_{role}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{role}_DATE"), format!("{day}T12:00:00+00:00"));
        }
        command.stdin(std::process::Stdio::null()).output().expect("the program runs").into()
    }

    /// Runs terrace on a day.
    pub(crate) fn terrace(&self, day: &str, arguments: &[&str]) -> Said {
        self.run(day, Path::new(env!("CARGO_BIN_EXE_terrace")), arguments)
    }

    /// Runs terrace on a day; it must succeed. Gives what it printed.
    pub(crate) fn works(&self, day: &str, arguments: &[&str]) -> String {
        let said = self.terrace(day, arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.out
    }

    pub(crate) fn git(&self, day: &str, arguments: &[&str]) -> String {
        let said = self.run(day, Path::new("git"), arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.out
    }

    /// Commits these files by hand.
    pub(crate) fn commit(&self, day: &str, subject: &str, files: &[(&str, &str)]) {
        for (file, text) in files {
            let path = self.root().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        self.git(day, &["add", "-A"]);
        self.git(day, &["commit", "-qm", subject]);
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.root().join(file)).expect(file)
    }

    /// The short id of a revision.
    pub(crate) fn id(&self, revision: &str) -> String {
        self.git("2026-01-05", &["rev-parse", "--short=7", revision]).trim().to_owned()
    }

    /// How many commits there are, all of them in one clean work tree.
    pub(crate) fn commits(&self) -> usize {
        assert_eq!(self.git("2026-01-05", &["status", "--porcelain"]), "", "a clean work tree");
        self.git("2026-01-05", &["rev-list", "--count", "HEAD"]).trim().parse().expect("a number")
    }
}

pub(crate) const DEV: &str = "environments/development/payments.yaml";
pub(crate) const STAGING: &str = "environments/staging/payments.yaml";
pub(crate) const PRODUCTION: &str = "environments/production/payments.yaml";

/// Both of a day on which all environments are equal.
pub(crate) fn equal(text: &str) -> People {
    People::new(&[(DEV, text), (STAGING, text), (PRODUCTION, text)])
}
