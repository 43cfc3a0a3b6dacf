//! `terrace hooks`

use std::io::Write;
use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};

use super::Outcome;
use super::ask::{Answer, ask};
use super::context::Context;
use crate::ops::{HookManager, InstallState, IntegrationEntry, IntegrationTarget, Workspace};
use crate::store::integration;

/// Make git check what is committed, and show and merge configuration by path.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace hooks install\n  terrace hooks status\n  terrace hooks uninstall --yes\n\nExit codes: 0 done or nothing to do · 2 usage or repository"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up the pre-commit check, the diff and the merge driver of this clone
    #[command(
        after_help = "Everything is written to this clone's own git folder and is no part of a commit. `hooks uninstall` takes it out again.\n\nFor a team: commit the lines of the attributes as .gitattributes; each clone then still needs the settings, because git takes no programs from a commit:\n  echo '/environments/**/*.yaml merge=terrace diff=terrace' >> .gitattributes\n  echo '/.terrace/decisions/**/*=/*.toml merge=terrace' >> .gitattributes\n  terrace hooks install --yes\n\nWithout terrace on the search path git shows and merges lines as ever. `git log -p` and `git show` show lines; --ext-diff shows paths there too, --no-ext-diff shows lines in `git diff`."
    )]
    Install(Consent),
    /// Take out what `install` set up
    Uninstall(Consent),
    /// Show what is set up
    Status,
}

#[derive(Debug, ClapArgs)]
struct Consent {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = context.workspace()?;
    match &args.command {
        Command::Install(consent) => install(&workspace, consent, context),
        Command::Uninstall(consent) => uninstall(&workspace, consent, context),
        Command::Status => {
            let mut out = context.out();
            for entry in workspace.repository.integration()? {
                let word = match entry.standing {
                    InstallState::Missing => "not set up",
                    InstallState::Current => "set up",
                    InstallState::Stale => "outdated",
                    InstallState::Foreign => "not ours",
                    InstallState::ByHand => "by hand",
                };
                writeln!(out, "{word:<12} {}", name(&entry, &workspace))?;
            }
            Ok(0)
        }
    }
}

fn install(workspace: &Workspace, consent: &Consent, context: &Context) -> Outcome {
    let integration = workspace.repository.integration()?;
    let due =
        |entry: &&IntegrationEntry| matches!(entry.standing, InstallState::Missing | InstallState::Stale);
    let mut out = context.out();
    for entry in integration.iter().filter(due) {
        writeln!(out, "will write {}", name(entry, workspace))?;
        for line in entry.text.lines() {
            writeln!(out, "    {line}")?;
        }
    }
    for entry in integration.iter().filter(|entry| entry.standing == InstallState::Foreign) {
        writeln!(out, "left alone {}: {}", name(entry, workspace), advice(entry, workspace))?;
        for line in entry.owner.iter().flat_map(|owner| owner.lines.lines()) {
            writeln!(out, "    {line}")?;
        }
    }
    if !integration.iter().any(|entry| due(&entry)) {
        writeln!(out, "nothing to do")?;
        return Ok(0);
    }
    if !consent.yes && ask(context, "Write this?", &[Answer::Yes, Answer::Quit])? != Answer::Yes {
        return Ok(3);
    }
    workspace.repository.set_up(&integration)?;
    writeln!(out, "set up; `terrace hooks uninstall` takes it out again")?;
    Ok(0)
}

fn uninstall(workspace: &Workspace, consent: &Consent, context: &Context) -> Outcome {
    let integration = workspace.repository.integration()?;
    let ours: Vec<_> = integration
        .iter()
        .filter(|entry| matches!(entry.standing, InstallState::Current | InstallState::Stale))
        .collect();
    let mut out = context.out();
    if ours.is_empty() {
        writeln!(out, "nothing to do")?;
        return Ok(0);
    }
    for entry in ours {
        writeln!(out, "will take out {}", name(entry, workspace))?;
    }
    if !consent.yes && ask(context, "Take this out?", &[Answer::Yes, Answer::Quit])? != Answer::Yes {
        return Ok(3);
    }
    workspace.repository.take_down(&integration)?;
    writeln!(out, "taken out")?;
    Ok(0)
}

/// A place as the user knows it.
fn name(entry: &IntegrationEntry, workspace: &Workspace) -> String {
    match &entry.place {
        IntegrationTarget::Setting(name) => format!("git config {name}"),
        IntegrationTarget::Hook(file) | IntegrationTarget::Attributes(file) => shown(file, workspace),
    }
}

/// A file's path, relative to the work tree where it is inside.
fn shown(file: &Path, workspace: &Workspace) -> String {
    let root = workspace.repository.work_tree().unwrap_or(Path::new("/"));
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}

/// How to get the same where somebody else's is.
fn advice(entry: &IntegrationEntry, workspace: &Workspace) -> String {
    match &entry.place {
        IntegrationTarget::Hook(_) if let Some(owner) = &entry.owner => {
            let file = shown(&owner.file, workspace);
            match owner.manager {
                HookManager::TrackedFolder => format!(
                    "its folder is tracked, so that the hook is the team's; add this line to {file}, which must be executable, and commit it:"
                ),
                HookManager::Husky => format!("husky runs the hooks; add this line to {file} and commit it:"),
                HookManager::Lefthook => {
                    format!("lefthook runs the hooks; add this to {file} and commit it:")
                }
                HookManager::PreCommit => {
                    format!("pre-commit runs the hooks; add this to `repos` in {file} and commit it:")
                }
            }
        }
        IntegrationTarget::Hook(_) => format!(
            "the hook, or the folder of core.hooksPath, is not ours, or a link; add this line to the hook: {}",
            integration::check(workspace.repository.root_prefix())
        ),
        IntegrationTarget::Setting(name) => {
            format!("it is set already; `git config --unset {name}` makes room")
        }
        IntegrationTarget::Attributes(_) => format!("add these lines: {}", entry.text),
    }
}
