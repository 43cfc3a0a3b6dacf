//! A repository of the attempts, in which every line is one that terrace understands.

use std::io::Read;
use std::ops::{Deref, DerefMut};
use std::process::{Command, Stdio};

use super::scene::{OF_PRODUCTION, judge};
use super::table::Outcome;
use crate::support::{Output, World, run};

/// What the command line says of words that it does not know: nothing was tried.
const MISREAD: &str = "\nUsage: terrace ";

/// A world whose lines are tries: one that is misspelt panics instead of being refused.
pub(super) struct Repository(World);

impl Deref for Repository {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl DerefMut for Repository {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0
    }
}

impl Repository {
    /// A repository whose first commit has these files.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        Self(World::with(files))
    }

    fn ran(&self, line: &[&str]) -> Output {
        run(self.0.command(env!("CARGO_BIN_EXE_terrace")).args(line))
    }

    /// Runs a line, which has to be one.
    pub(super) fn terrace(&self, line: &[&str]) -> Output {
        let said = self.ran(line);
        understood(line, &said.stderr);
        said
    }

    /// A line whose very words are refused: the command line names this word, and what it expects.
    pub(super) fn misread(&self, line: &[&str], word: &str) -> Outcome {
        let said = self.ran(line);
        let first = said.stderr.split(MISREAD).next().unwrap_or_default();
        let is_right = said.code == 2 && said.stderr.contains(MISREAD) && first.contains(word);
        judge(is_right, "usage".to_owned(), || format!("{line:?}: {}", said.told()))
    }

    /// A command that is refused with this exit code, and says nothing of production's values.
    pub(super) fn refuses(&self, line: &[&str], code: i32) -> Outcome {
        let said = self.terrace(line);
        let is_right = said.code == code && !said.told().contains(OF_PRODUCTION);
        judge(is_right, format!("exit {code}"), || format!("{line:?}: {}", said.told()))
    }

    /// A publication that is refused with this exit code: nothing stands where it would be.
    pub(super) fn publishes_nothing(&self, line: &[&str], code: i32) -> Outcome {
        let out = self.beside("published");
        let to = format!("kubernetes-manifest:{}", out.display());
        let said = self.terrace(&[&["publish", "--to", &to], line].concat());
        let is_right = said.code == code && !out.exists() && !said.told().contains(OF_PRODUCTION);
        judge(is_right, format!("exit {code}"), || format!("{line:?}: {}", said.told()))
    }

    /// Has git run terrace: its hook, its diff and its merge.
    pub(super) fn hooked(&mut self) {
        self.find_terrace();
        self.terrace(&["hooks", "install", "--yes"]).exits(0);
    }

    /// A commit of all there is, as the hook lets it; what it says.
    pub(super) fn tries_to_commit(&self) -> Output {
        self.git(&["-c", "advice.addEmbeddedRepo=false", "add", "--all"]);
        run(self.0.command("git").args(["commit", "--quiet", "--allow-empty", "--message", "by the hook"]))
    }

    /// A commit that the hook refuses by this rule: the branch stays.
    pub(super) fn commits_nothing(&self, rule: &str) -> Outcome {
        let before = self.git(&["rev-parse", "HEAD"]);
        let said = self.tries_to_commit();
        let is_still = self.git(&["rev-parse", "HEAD"]) == before;
        let is_right = said.code == 1 && is_still && said.told().contains(&format!("error[{rule}]"));
        judge(is_right, "exit 1".to_owned(), || said.told())
    }

    /// A command that would go on for ever: what it says until it ends, or says this.
    pub(super) fn watched(&self, line: &[&str], until: &str) -> Output {
        let mut command = self.0.command(env!("CARGO_BIN_EXE_terrace"));
        let mut child = running(command.args(line));
        let (mut out, mut bytes) = (child.stdout.take().expect("a pipe"), [0; 4096]);
        let mut stdout = Vec::new();
        while let Ok(read @ 1..) = out.read(&mut bytes) {
            stdout.extend_from_slice(&bytes[..read]);
            if String::from_utf8_lossy(&stdout).contains(until) {
                let _ = child.kill();
                break;
            }
        }
        let ended = child.wait_with_output().expect("an end");
        let [stdout, stderr] = [stdout, ended.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        understood(line, &stderr);
        Output { code: ended.status.code().unwrap_or(crate::support::KILLED), stdout, stderr }
    }
}

fn running(command: &mut Command) -> std::process::Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("terrace runs")
}

fn understood(line: &[&str], stderr: &str) {
    assert!(!stderr.contains(MISREAD), "{line:?} is no line of terrace, so nothing was tried: {stderr}");
}

#[test]
fn a_misspelt_line_is_no_refusal() {
    let repository = Repository::with(&[("environments/staging/pay.yaml", "a: 1\n")]);
    let misspelt = ["diff", "pay", "--from", "development", "--to", "staging"];
    let refuses = || repository.refuses(&misspelt, 2);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(refuses)).is_err());
    repository.misread(&misspelt, "--from").expect("refused");
    repository
        .misread(&["get", "pay", "--env", "prod"], "prod")
        .expect_err("a line, and refused for its name");
    repository.refuses(&["get", "pay", "--env", "prod"], 2).expect("refused");
}
