//! What was meant by words that the command line does not take: commands as other tools call them, and
//! environments in the place of items.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, words};
use crate::model::{Environment, closest};

/// What other tools call what a command of ours does.
const CALLED: [(&str, &[&str]); 15] = [
    ("check", &["validate", "verify", "lint", "vet", "test"]),
    ("list", &["ls"]),
    ("get", &["show", "cat", "read", "view", "describe"]),
    ("set", &["edit", "put", "add", "update", "write"]),
    ("unset", &["rm", "delete", "del", "remove"]),
    ("rollback", &["revert", "undo", "restore", "reset"]),
    ("log", &["history", "hist"]),
    ("diff", &["compare", "cmp", "difftool"]),
    ("migrate", &["import", "convert", "adopt"]),
    ("promote", &["deploy", "release", "cherry-pick"]),
    ("blame", &["annotate", "praise"]),
    ("hold", &["keep", "freeze", "lock", "pin"]),
    ("export", &["render", "template", "dump", "env", "printenv"]),
    ("run", &["exec"]),
    ("serve", &["server", "start"]),
];

/// Puts into an error what was meant, where that can be told.
pub(super) fn add(error: &mut clap::Error, given: &[OsString]) {
    if error.kind() == ErrorKind::InvalidSubcommand {
        command(error, given);
    }
    if matches!(error.kind(), ErrorKind::MissingRequiredArgument | ErrorKind::UnknownArgument)
        && let Some(tip) = environment(given)
    {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}

/// The command that another tool calls so, or the near one.
fn command(error: &mut clap::Error, given: &[OsString]) {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidSubcommand).cloned() else {
        return;
    };
    if words::command(given).is_some() {
        // It is a command within a command.
        return;
    }
    error.remove(ContextKind::SuggestedSubcommand);
    let root = Cli::command();
    let ours: Vec<&str> = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(clap::Command::get_name)
        .collect();
    let called = CALLED
        .iter()
        .find(|(ours, theirs)| theirs.contains(&wrong.as_str()) && root.find_subcommand(ours).is_some());
    let near = called.map(|(ours, _)| *ours).or_else(|| closest(&wrong, ours.iter().copied()));
    if let Some(near) = near {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![near.to_owned()]));
    }
}

/// How an environment is named that stands among the items, where nothing else names one.
fn environment(given: &[OsString]) -> Option<String> {
    let option = words::environment_option(given)?;
    let names = |word: &&str| Environment::called(word).is_some();
    let mut named = given.iter().skip(2).filter_map(|word| word.to_str()).filter(names);
    // Of `promote payments staging production` the last is the one that it goes to.
    let word = if option == "--to" { named.next_back() } else { named.next() }?;
    Some(format!("an environment is named by an option: {option} {}", Environment::guess(word)?))
}
