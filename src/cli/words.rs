//! The words of the command line as they are typed, turned into those that the commands know: an item
//! by its file, `plan` and `apply`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory};

use super::Cli;
use super::context::process_environment;
use crate::engine::snapshot::{Place, place};
use crate::model::{Environment, Error, Hop, ItemId, Key, closest};
use crate::ops::Workspace;

/// The arguments that take keys.
const KEYS: [&str; 3] = ["key", "keys", "words"];

/// The words that the commands know, and what is wrong with those that were typed.
pub(super) fn expand(words: Vec<OsString>) -> (Vec<OsString>, Option<Error>) {
    // What is no text names no command and no item.
    let Some(mut texts) =
        words.iter().map(|word| word.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    else {
        return (words, None);
    };
    let root = Cli::command();
    let Some(at) = command_word(&root, &texts) else { return (words, None) };
    shorthand(&mut texts, at);
    let wrong = files(&root, &mut texts, at).err();
    (texts.into_iter().map(OsString::from).collect(), wrong)
}

/// The option of the command that a mistyped one is near to.
pub(super) fn near_option(words: &[OsString], wrong: &str) -> Option<String> {
    let texts: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let root = Cli::command();
    let command = &whole(root.find_subcommand(texts.get(command_word(&root, &texts)?)?)?);
    let longs = [&root, command].into_iter().flat_map(|command| command.get_arguments());
    let longs: Vec<&str> = longs.filter_map(Arg::get_long).collect();
    closest(wrong.strip_prefix("--")?, longs).map(|near| format!("--{near}"))
}

/// The command that the words name.
pub(super) fn command(words: &[OsString]) -> Option<String> {
    let texts: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let root = Cli::command();
    let word = texts.get(command_word(&root, &texts)?)?;
    root.find_subcommand(word).map(|command| command.get_name().to_owned())
}

/// The option by which the command is told an environment, where the words have none.
pub(super) fn environment_option(words: &[OsString]) -> Option<&'static str> {
    let texts: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let root = Cli::command();
    let command = whole(root.find_subcommand(texts.get(command_word(&root, &texts)?)?)?);
    let (long, short) = [("env", Some("-e")), ("to", None)].into_iter().find(|(long, _)| {
        command.get_arguments().any(|arg| {
            arg.get_long() == Some(long)
                && arg.get_value_names().is_some_and(|names| names == ["ENVIRONMENT"])
        })
    })?;
    let is_given = texts.iter().any(|word| {
        word.strip_prefix("--").is_some_and(|name| name.split('=').next() == Some(long))
            || short.is_some_and(|short| word.starts_with(short))
    });
    match long {
        _ if is_given => None,
        "env" => Some("--env"),
        _ => Some("--to"),
    }
}

/// A command with all that it takes.
fn whole(command: &Command) -> Command {
    let mut command = command.clone();
    command.build();
    command
}

/// Where the command stands.
fn command_word(root: &Command, words: &[String]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if takes_next(&[root], word) { 2 } else { 1 };
    }
    None
}

/// `plan` is `promote --dry-run`, and `apply FILE` is `promote --plan FILE`.
fn shorthand(words: &mut Vec<String>, at: usize) {
    match words.get(at).map(String::as_str) {
        Some("plan") => _ = words.splice(at..=at, ["promote", "--dry-run"].map(str::to_owned)),
        Some("apply") => {
            let is_file = |word: &String| !word.starts_with('-');
            let file = match words.get(at + 1) {
                Some(next) if is_file(next) => Some(at + 1),
                _ => words.iter().rposition(is_file).filter(|file| *file > at),
            };
            if let Some(file) = file {
                words.insert(file, "--plan".to_owned());
            }
            words[at] = "promote".to_owned();
        }
        _ => {}
    }
}

/// Whether the value of an option is the next word.
fn takes_next(commands: &[&Command], word: &str) -> bool {
    let arguments = || commands.iter().flat_map(|command| command.get_arguments());
    let takes = |arg: &Arg| arg.get_action().takes_values();
    if let Some(name) = word.strip_prefix("--") {
        return arguments().any(|arg| arg.get_long() == Some(name) && takes(arg));
    }
    let mut letters = word.strip_prefix('-').unwrap_or_default().chars();
    while let Some(letter) = letters.next() {
        if arguments().any(|arg| arg.get_short() == Some(letter) && takes(arg)) {
            return letters.as_str().is_empty();
        }
    }
    false
}

/// Turns items that are named by their files into keys, with the environment that the file is in where
/// the command asks for one.
fn files(root: &Command, words: &mut Vec<String>, at: usize) -> Result<(), Error> {
    let mut at = at;
    let Some(found) = words.get(at).and_then(|word| root.find_subcommand(word)) else { return Ok(()) };
    // A word that names no file needs no look at what the command takes.
    if !words[at..].iter().any(|word| word.ends_with(".yaml")) {
        return Ok(());
    }
    let whole = whole(found);
    let mut command = &whole;
    while let Some(below) = words.get(at + 1).and_then(|word| command.find_subcommand(word)) {
        (command, at) = (below, at + 1);
    }
    let positional: Vec<&Arg> = command.get_positionals().collect();
    let takes_environment = command.get_arguments().any(|arg| arg.get_long() == Some("env"));
    let (mut dir, mut asked, mut to) = (PathBuf::from("."), None, None);
    let (mut candidates, mut number, mut next) = (Vec::new(), 0, 1);
    while let Some(word) = words.get(next).filter(|word| *word != "--") {
        let value = words.get(next + 1);
        if word.starts_with('-') && word != "-" {
            if let Some(joined) = word.strip_prefix("-C") {
                dir =
                    PathBuf::from(if joined.is_empty() { value.map_or(".", String::as_str) } else { joined });
            }
            let joined = word.strip_prefix("--env=").or_else(|| word.strip_prefix("-e"));
            match joined {
                Some(joined) if !joined.is_empty() => asked = Some(joined.trim_start_matches('=').to_owned()),
                Some(_) => asked = value.cloned(),
                None if word == "--env" => asked = value.cloned(),
                None if word == "--to" => to = value.cloned(),
                None => to = word.strip_prefix("--to=").map(str::to_owned).or(to),
            }
            next += if takes_next(&[root, command], word) { 2 } else { 1 };
            continue;
        }
        if next > at {
            let last = positional.last().filter(|arg| arg.get_num_args().is_some_and(|n| n.max_values() > 1));
            let arg = positional.get(number).or(last);
            if arg.is_some_and(|arg| KEYS.contains(&arg.get_id().as_str())) {
                candidates.push(next);
            }
            number += 1;
        }
        next += 1;
    }
    let mut environments = Vec::new();
    for place in candidates {
        let Some((key, environment)) = words.get(place).and_then(|word| item_of(&dir, word)) else {
            continue;
        };
        if let (Some(environment), Some(asked)) = (environment, &asked)
            && takes_environment
            && asked.parse::<Environment>().is_ok_and(|asked| asked != environment)
        {
            let message = format!("{} is of {environment}, and --env says {asked}", words[place]);
            return Err(Error::usage(message).with_help("name the item by its key, or leave --env out"));
        }
        // A promotion is about the file that it comes from, or the one that it goes to.
        let target = to.as_deref().and_then(|to: &str| to.parse::<Environment>().ok());
        if let (Some(environment), Some(hop)) = (environment, target.and_then(Hop::into_target))
            && environment != hop.source()
            && environment != hop.target()
        {
            let message = format!("{} is of {environment}, and --to says {}", words[place], hop.target());
            return Err(Error::usage(message).with_help("name the item by its key"));
        }
        environments.extend(environment);
        words[place] = key.to_string();
    }
    environments.dedup();
    if let ([environment], None, true) = (environments.as_slice(), &asked, takes_environment) {
        words.insert(at + 1, format!("--env={environment}"));
    }
    Ok(())
}

/// The item whose file a word names, with its environment where the word says it.
fn item_of(dir: &Path, word: &str) -> Option<(Key, Option<Environment>)> {
    let bare = word.strip_suffix(".yaml")?;
    let of = |path: &str| match place(path) {
        Some(Place::Item(ItemId { key, environment })) => Some((key, Some(environment))),
        Some(Place::UnknownEnvironment(_) | Place::InvalidKey(..) | Place::Stray) | None => None,
    };
    let Ok(workspace) = Workspace::open(dir, &process_environment()) else { return of(word) };
    let repository = workspace.repository;
    let relative = repository.relative(dir, Path::new(word)).ok();
    let below = relative.as_deref().and_then(|path| path.strip_prefix(repository.root_prefix()));
    if let Some(found) = below.and_then(of).or_else(|| of(word)) {
        return Some(found);
    }
    // `payments.yaml` for `payments`, unless that is a key itself.
    let (key, whole) = (bare.parse::<Key>().ok()?, word.parse::<Key>().ok()?);
    let root = repository.root()?;
    let is_there = |key: &Key| Environment::ALL.iter().any(|env| root.join(key.file(*env)).is_file());
    (is_there(&key) && !is_there(&whole)).then_some((key, None))
}
