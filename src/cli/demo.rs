//! `terrace demo`: the main job from end to end, with the real commands.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args as ClapArgs;

use super::context::Context;
use super::{Failure, Outcome};
use crate::model::{Error, Result};

/// Make a small repository and run the main job in it.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Every command is printed as you would type it, with its answer. The repository stays, to go on with.\n\nExamples:\n  terrace demo\n  terrace demo /tmp/terrace-demo\n\nExit codes: 0 done · 2 the folder is there already"
)]
pub(super) struct Args {
    /// Where; must not exist yet
    #[arg(default_value = "terrace-demo")]
    dir: PathBuf,
}

/// The flat files to start from.
const FILES: [(&str, &str); 4] = [
    ("config/payments.yaml", include_str!("../../examples/shop/config/payments.yaml")),
    ("config/search.toml", include_str!("../../examples/shop/config/search.toml")),
    ("config/docker-compose.yml", include_str!("../../examples/shop/config/docker-compose.yml")),
    ("config/settings.production.json", include_str!("../../examples/shop/config/settings.production.json")),
];

/// One day of the story: its date, what it is about, and the commands with their exit codes.
struct Day {
    date: &'static str,
    title: &'static str,
    commands: &'static [(&'static str, u8)],
}

const STORY: [Day; 5] = [
    Day {
        date: "2026-01-05",
        title: "bring the flat files in, and fill staging and production",
        commands: &[
            ("terrace migrate config --dry-run", 0),
            ("terrace migrate config --yes", 0),
            ("terrace promote --all --to staging --create --yes", 0),
            ("terrace set payments database.host db.staging.example.com --env staging --commit", 0),
            ("terrace promote --all --to production --create --yes", 0),
            ("terrace set payments database.host db.example.com --env production --commit", 0),
            ("terrace set payments database.pool.size 40 --env production --commit -m 'more connections'", 0),
            ("terrace list", 0),
        ],
    },
    Day {
        date: "2026-01-06",
        title: "schemas say what is allowed",
        commands: &[
            ("terrace schema infer", 0),
            ("git add schemas", 0),
            ("git commit --quiet --message 'schemas: infer'", 0),
            ("terrace check", 0),
            ("terrace set payments database.pool.size many --env production", 3),
        ],
    },
    Day {
        date: "2026-02-13",
        title: "an incident: production is changed by hand",
        commands: &[(
            "terrace set payments limits.rate 20/s --env production --commit -m 'protect the provider'",
            0,
        )],
    },
    Day {
        date: "2026-02-16",
        title: "development moves on, and staging follows",
        commands: &[
            ("terrace set payments database.timeout 8s --env development --commit -m 'longer timeout'", 0),
            ("terrace set payments retry.legacy false --env development --commit -m 'no legacy retry'", 0),
            ("terrace set payments cache '{ttl: 60s, size: 512}' --env development --commit -m 'cache'", 0),
            ("terrace set payments limits.rate 60/s --env development --commit -m 'load test passed'", 0),
            ("terrace diff", 1),
            ("terrace promote payments --to staging --dry-run", 3),
            ("terrace promote payments --to staging --with-new --yes", 0),
        ],
    },
    Day {
        date: "2026-02-20",
        title: "production: a conflict stops, is decided, and the rest moves on",
        commands: &[
            ("terrace status", 0),
            ("terrace promote payments --to production --with-new --yes", 3),
            ("terrace promote payments --to production --with-new --take target=limits.rate --yes", 0),
            ("git show --format=%B HEAD -- environments", 0),
            ("terrace diff staging production payments", 1),
            ("terrace promote payments --to production --yes", 0),
            ("terrace check", 0),
        ],
    },
];

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let dir = context.dir().join(&args.dir);
    if dir.exists() {
        return Err(Error::usage(format!("{} exists already", dir.display()))
            .with_help("name another folder: terrace demo DIR")
            .into());
    }
    let mut out = context.out();
    let program = std::env::current_exe()
        .map_err(|error| Error::usage(format!("cannot find this program: {error}")))?;
    prepare(&dir)?;
    writeln!(out, "# a repository with flat files, in {}\n$ cd {}\n", dir.display(), args.dir.display())?;
    for day in &STORY {
        writeln!(out, "# {}: {}", day.date, day.title)?;
        for (line, expected) in day.commands {
            let colour = context.view().styles.strong;
            writeln!(out, "$ {colour}{line}{colour:#}")?;
            out.flush()?;
            let code = step(&dir, &program, day.date, line, &mut out)?;
            if code != *expected {
                return Err(Error::internal(format!("`{line}` exited {code}, not {expected}")).into());
            }
        }
    }
    writeln!(out, "# go on in {}: terrace status, terrace diff, git log", args.dir.display())?;
    Ok(0)
}

/// Runs one command of the story in a shell and shows what it prints.
fn step(dir: &Path, program: &Path, date: &str, line: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut shell = shell(dir, date);
    // This very program, whatever it is called and wherever it lies.
    let script = format!("program=$0\nterrace() {{ \"$program\" \"$@\"; }}\n{line} 2>&1");
    shell.arg("-c").arg(script).arg(program);
    let output = shell.output().map_err(|error| Error::usage(format!("cannot run sh: {error}")))?;
    out.write_all(&output.stdout)?;
    let code = output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(70);
    if code != 0 {
        writeln!(out, "(exit {code})")?;
    }
    writeln!(out)?;
    Ok(code)
}

/// A shell in the demo's folder, on a day, with an identity of its own.
fn shell(dir: &Path, date: &str) -> Command {
    let mut command = Command::new("sh");
    command.current_dir(dir);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "demo").env(format!("GIT_{role}_EMAIL"), "demo@example.com");
        command.env(format!("GIT_{role}_DATE"), format!("{date}T12:00:00+00:00"));
    }
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    command
}

/// Makes the repository with its flat files.
fn prepare(dir: &Path) -> Result<()> {
    for (file, text) in FILES {
        let path = dir.join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, &error))?;
        }
        std::fs::write(&path, text).map_err(|error| Error::io("write", &path, &error))?;
    }
    let script = "git init --quiet --initial-branch=main . && git add config && git commit --quiet --no-gpg-sign --message 'flat configuration'";
    let output = shell(dir, "2025-12-01").arg("-c").arg(script).output();
    let output = output.map_err(|error| Error::usage(format!("cannot run sh: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::usage(format!("git could not make the demo's repository: {why}"))
        .with_help("the demo needs git 2.28 or later"))
}
