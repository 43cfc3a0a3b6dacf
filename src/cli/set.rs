//! `terrace set` and `terrace unset`

use std::io::{Read, Write};

use clap::Args as ClapArgs;
use clap::builder::NonEmptyStringValueParser;

use super::ask::{Answer, ask};
use super::context::Context;
use super::destination::{Destination, tell};
use super::help::say;
use super::kept_files::tell_of_kept;
use super::{Outcome, edit, parse};
use crate::model::{Environment, Error, Help, Key, Result, ValuePath};
use crate::ops::{self, At, Edit, SetRequest, Workspace};
use crate::report::sanitize::clean;
use crate::secrets::shown_path;

/// Set one value of an item.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "VALUE is one YAML flow value, so JSON works. `-` reads it from standard input, less one line break at its end; a text of several lines is a string as it is.\n\nExamples:\n  terrace set payments database.pool.size 20 --env staging\n  terrace set payments 'hosts[+]' db3.example.com --env production --commit -m 'add a replica'\n  terrace set gateway 'routes[name=api]+' '{name: edge, port: 9}' --env staging\n  terrace set payments feature.checkout '{v1: true}' --env development --parents\n  pass show db | terrace set payments database.password - --env staging\n  terrace set --edit payments --env staging\n\nExit codes: 0 done or nothing to do · 2 no such item or parent · 3 refused by a rule · 4 busy"
)]
pub(super) struct Args {
    /// The item
    key: String,
    /// The value's path; `[+]` appends to a list, `'hosts[2]+'` inserts behind an element. With --whole: the value
    #[arg(required_unless_present = "edit", conflicts_with = "edit", allow_hyphen_values = true)]
    path: Option<String>,
    /// The value; `-` reads it from standard input, where no shell records it
    #[arg(allow_hyphen_values = true, required_unless_present_any = ["edit", "whole"], conflicts_with = "whole")]
    value: Option<String>,
    /// Open the whole item in $EDITOR; it is taken when it brings no new error
    #[arg(long, conflicts_with_all = ["commit", "parents", "string"])]
    edit: bool,
    #[command(flatten)]
    place: Place,
    /// Make the item when it is missing
    #[arg(long)]
    create: bool,
    /// Make missing parents of the path
    #[arg(long)]
    parents: bool,
    /// Take VALUE as a string, whatever it looks like
    #[arg(long)]
    string: bool,
    /// Set the item as a whole: terrace set KEY VALUE --whole
    #[arg(long, conflicts_with = "edit")]
    whole: bool,
    /// What is new is meant, although it looks like something that is there
    #[arg(long)]
    new: bool,
}

/// Remove one value of an item.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace unset payments retry.legacy --env staging\n  terrace unset payments 'servers[name=old]' --env production --commit\n\nExit codes: 0 done or nothing to do · 2 no such item · 3 refused by a rule · 4 busy"
)]
pub(super) struct UnsetArgs {
    /// The item
    key: String,
    /// The value's path
    path: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, ClapArgs)]
struct Place {
    /// The environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: String,
    /// Commit the change
    #[arg(long)]
    commit: bool,
    /// The commit's message
    #[arg(short, long, value_name = "MESSAGE", requires = "commit", value_parser = NonEmptyStringValueParser::new())]
    message: Option<String>,
    #[command(flatten)]
    destination: Destination,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let (path, value) = match (&args.path, &args.value) {
        (Some(value), None) if args.whole => (None, Some(value)),
        (path, value) => (path.as_ref(), value.as_ref()),
    };
    if path.is_some_and(String::is_empty) {
        return Err(no_path().into());
    }
    let Some(value) = value else {
        let (key, environment) = (parse::<Key>(&args.key)?, parse::<Environment>(&args.place.env)?);
        args.place.destination.require_commit()?;
        return edit::run(&key, environment, (args.create, args.new), context);
    };
    let (text, string) = match value.as_str() {
        "-" => read_value(&mut std::io::stdin().lock())?,
        value => (value.to_owned(), false),
    };
    let path = path.map_or("", String::as_str);
    // A key that holds `]` ends in a quote, so that this is no key's end.
    let behind = path.strip_suffix('+').filter(|element| element.ends_with(']') && !element.starts_with('/'));
    let wish = Edit::Set {
        text,
        string: args.string || string,
        parents: args.parents,
        create: args.create,
        is_new: args.new,
        behind: behind.is_some(),
    };
    act(&args.key, behind.unwrap_or(path), &args.place, wish, context)
}

/// An empty path is the whole item, which nobody means whose shell lost a variable.
fn no_path() -> Error {
    Error::usage("the path is empty").with_help(
        "name the value's path (a shell variable may be unset); the item as a whole is `terrace set KEY VALUE --whole`",
    )
}

/// So many bytes of a value are read.
const VALUE: u64 = 1024 * 1024;

/// A value from a stream, less one line break at its end, and whether it can only be a string: one
/// of several lines is taken as it is, unless it is a list, a mapping or quoted.
fn read_value(input: &mut dyn Read) -> Result<(String, bool)> {
    let mut bytes = Vec::new();
    input
        .take(VALUE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::unreadable(format!("standard input cannot be read: {error}")))?;
    if bytes.len() as u64 > VALUE {
        return Err(Error::usage(format!("standard input holds more than the {VALUE} bytes of one value"))
            .with_help("give the value alone, without what stands around it"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| {
        Error::usage("standard input is not UTF-8").with_help("encode the value, as base64 for example")
    })?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    let string = text.contains('\n') && !text.trim_start().starts_with(['{', '[', '"', '\'']);
    Ok((text, string))
}

pub(super) fn unset(args: &UnsetArgs, context: &Context) -> Outcome {
    if args.path.is_empty() {
        return Err(Error::usage("the path is empty")
            .with_help("name the value's path (a shell variable may be unset); an item goes with its file")
            .into());
    }
    act(&args.key, &args.path, &args.place, Edit::Unset, context)
}

/// There is nothing to remove; perhaps because of a slip of the hand.
fn tell_absent(request: &SetRequest, workspace: &Workspace, context: &Context) -> Result<()> {
    let configuration = workspace.configuration_of(&At::Here, &request.key, request.environment)?;
    let absent = ops::get(&configuration, &request.key, request.environment, Some(&request.path)).err();
    if let Some(error) = absent.filter(|_| matches!(request.wish, Edit::Unset)) {
        context.remark(&format!(
            "note: {}; {}",
            error.message,
            error.help.as_ref().map(say).unwrap_or_default()
        ));
    }
    Ok(())
}

fn act(key: &str, path: &str, place: &Place, wish: Edit, context: &Context) -> Outcome {
    let request = SetRequest {
        key: parse::<Key>(key)?,
        environment: parse::<Environment>(&place.env)?,
        path: parse::<ValuePath>(path)?,
        wish,
        expected: None,
    };
    let workspace = context.workspace_to_change(false)?;
    let carry_out = |request: &SetRequest| {
        if place.commit {
            let options = place.destination.options(&workspace, context)?;
            return ops::set_committed(&workspace, request, place.message.as_deref(), &options);
        }
        place.destination.require_commit()?;
        ops::set(&workspace, request)
    };
    let mut request = request;
    let done = match carry_out(&request) {
        Err(error) if matches!(error.help, Some(Help::SayNew(_))) && context.is_interactive() => {
            context.remark(&error.message);
            if ask(context, "Set the new key?", &[Answer::Yes, Answer::Quit])? != Answer::Yes {
                return Ok(3);
            }
            if let Edit::Set { is_new, .. } = &mut request.wish {
                *is_new = true;
            }
            carry_out(&request)?
        }
        done => done?,
    };
    let mut out = context.screen("text");
    let Some(done) = done else {
        writeln!(out, "nothing to do")?;
        tell_absent(&request, &workspace, context)?;
        return Ok(0);
    };
    let view = context.view();
    let path = match done.path.is_root() {
        true => "(the whole item)".to_owned(),
        false => clean(&shown_path(&done.path)).into_owned(),
    };
    let file = clean(&done.file);
    match (&done.before, &done.after) {
        (_, None) => write!(out, "{file}: {path} removed")?,
        _ if done.is_written_out => write!(out, "{file}: {path} written out")?,
        (before, after) => write!(out, "{file}: {path} {}", view.change(before.as_ref(), after.as_ref()))?,
    }
    if done.is_merged {
        write!(out, ", merged by `<<`")?;
    }
    match &done.committed {
        Some(committed) => {
            writeln!(out, " ({} on {})", committed.commit.short(), committed.branch)?;
            tell(committed, &mut *out, context)?;
        }
        None => writeln!(out)?,
    }
    let keys = std::slice::from_ref(&request.key);
    tell_of_kept(done.committed.as_ref(), (keys, request.environment), (&workspace, context))?;
    if let Some([before, after]) = done.kinds {
        let advice = if before == "string" { "; --string keeps it a string" } else { "" };
        let article = if after == "null" { "" } else { "a " };
        context.remark(&format!("note: {path} was a {before} and is {article}{after} now{advice}"));
    }
    if let Some(tag) = &done.lost_tag {
        context.remark(&format!("note: the tag {tag} of {path} is gone"));
    }
    Ok(0)
}
