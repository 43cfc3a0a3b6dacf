//! A small repository with the built command in it, away from everybody's settings.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A home and a repository in a temporary folder.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    /// The work tree in which commands run.
    pub(crate) root: PathBuf,
    day: std::cell::Cell<u32>,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) const STAGING: &str = "environments/staging/payments.yaml";
pub(crate) const PRODUCTION: &str = "environments/production/payments.yaml";

impl Shop {
    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        let folder = TempDir::new().expect("a folder");
        let root = folder.path().join("repo");
        for path in [&root, &folder.path().join("home")] {
            std::fs::create_dir(path).expect("a folder");
        }
        let shop = Self { folder, root, day: std::cell::Cell::new(1) };
        shop.git(&["init", "-q", "-b", "main", "."]);
        shop
    }

    /// Staging is ahead of production by two commits: one changes `timeout` and `retries`, the
    /// other adds `cache`.
    pub(crate) fn ahead() -> Self {
        let shop = Self::empty();
        let before = "# payments\ntimeout: 5s\nretries: 3\npool:\n  size: 10\npassword: one\n";
        shop.commit(&[(STAGING, before), (PRODUCTION, before)], "begin");
        let own = before.replace("size: 10", "size: 40").replace("one", "two");
        shop.commit(&[(PRODUCTION, &own)], "production has its own pool");
        let raised = before.replace("5s", "8s").replace("retries: 3", "retries: 5");
        shop.commit(&[(STAGING, &raised)], "raise timeout");
        shop.commit(&[(STAGING, &format!("{raised}cache:\n  ttl: 60s\n  size: 512\n"))], "cache responses");
        shop
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).expect(path)
    }

    /// Writes files and commits everything, a day later than the last time.
    pub(crate) fn commit(&self, files: &[(&str, &str)], subject: &str) {
        for (path, text) in files {
            self.write(path, text);
        }
        self.day.set(self.day.get() + 1);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", subject]);
    }

    /// A command in the work tree, with nothing of the caller's settings.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.root);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path().join("home"));
        command.env("XDG_CONFIG_HOME", self.folder.path().join("home/.config"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("TERM", "dumb");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Tester");
            command.env(format!("GIT_{role}_EMAIL"), "tester@example.com");
            command.env(format!("GIT_{role}_DATE"), format!("2026-01-{:02}T12:00:00Z", self.day.get()));
        }
        command
    }

    /// The command under test with these arguments.
    pub(crate) fn terrace_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(arguments);
        command
    }

    pub(crate) fn terrace(&self, arguments: &[&str]) -> Answer {
        answer(&self.terrace_command(arguments).output().expect("terrace runs"))
    }

    /// What git prints; it must succeed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().expect("git runs");
        let answer = answer(&output);
        assert_eq!(answer.code, 0, "git {arguments:?}: {answer:?}");
        answer.out.trim_end().to_owned()
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }
}

fn answer(output: &Output) -> Answer {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Answer { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}
