//! `terrace set --edit`

use std::io::Write;

use super::Outcome;
use super::ask::{Answer, ask};
use super::context::Context;
use super::help::say;
use super::kept_files::tell_of_kept;
use crate::model::{Environment, Error, ErrorKind, Finding, Key, Result};
use crate::ops::{self, Editing};
use crate::report::sanitize::clean;
use crate::report::text;
use crate::secrets::shown_path;
use crate::store::editor::{self, Scratch};

/// Opens the item in the user's editor until it checks, is left as it was, or is dropped.
pub(super) fn run(
    key: &Key,
    environment: Environment,
    (create, is_new): (bool, bool),
    context: &Context,
) -> Outcome {
    let workspace = context.workspace_to_change(false)?;
    let editing = ops::edit(&workspace, key, environment, (create, is_new))?;
    let editor = editor(context)?;
    let name = format!("{}.{environment}.yaml", key.as_str().replace('/', "."));
    let scratch = Scratch::new(&std::env::temp_dir(), &name, editing.before())?;
    loop {
        if let Err(error) = editor::open(&editor, scratch.path()) {
            let changed = scratch.read().is_ok_and(|bytes| bytes != editing.before());
            return Err(if changed { kept(error, scratch) } else { error }.into());
        }
        let bytes = scratch.read()?;
        if bytes == editing.before() {
            writeln!(context.out(), "nothing to do")?;
            return Ok(0);
        }
        let errors = match editing.find_errors(&bytes) {
            Ok(errors) => errors,
            Err(error) => return Err(kept(error, scratch).into()),
        };
        if errors.is_empty() {
            return match editing.save(&workspace, &bytes) {
                Ok(()) => {
                    let told = told(&editing, &bytes, context);
                    let items = (std::slice::from_ref(key), environment);
                    tell_of_kept(None, items, (&workspace, context))?;
                    told
                }
                Err(error) => Err(kept(error, scratch).into()),
            };
        }
        show(&errors, context)?;
        if !context.is_interactive() {
            let count = crate::report::counted(errors.len(), "error");
            let message = format!("{} would have {count}; nothing was changed", editing.file());
            return Err(kept(Error::new(ErrorKind::Undecided, message), scratch).into());
        }
        if ask(context, "Edit again? (No drops the text.)", &[Answer::Yes, Answer::No])? != Answer::Yes {
            context.remark("nothing was changed");
            return Ok(0);
        }
    }
}

/// The editor, by git's order: what is meant for git first, then the user's configuration, then
/// the environment.
fn editor(context: &Context) -> Result<String> {
    let environment = context.environment();
    let variable = |name: &str| environment.text(name);
    let screen = variable("TERM").is_some_and(|term| term != "dumb");
    let named = variable("GIT_EDITOR").or_else(|| editor::configured(environment));
    let named = named.or_else(|| variable("VISUAL").filter(|_| screen)).or_else(|| variable("EDITOR"));
    match named {
        Some(editor) => Ok(editor),
        None if screen && context.is_interactive() => Ok("vi".to_owned()),
        None => Err(Error::usage("there is no editor to open the item in")
            .with_help("name one by VISUAL or EDITOR, or set single values: terrace set KEY PATH VALUE")),
    }
}

/// What people typed is not thrown away with a refusal.
fn kept(error: Error, scratch: Scratch) -> Error {
    let path = scratch.keep();
    let help = error.help.as_ref().map_or_else(String::new, |help| format!("{}\n", say(help)));
    error.with_help(format!("{help}your text is kept in {}", path.display()))
}

fn show(errors: &[Finding], context: &Context) -> Result<(), super::Failure> {
    let mut err = context.err();
    for finding in errors {
        text::finding(finding, &context.error_view(), &mut err)?;
        writeln!(err)?;
    }
    Ok(())
}

fn told(editing: &Editing, bytes: &[u8], context: &Context) -> Outcome {
    let (mut out, view) = (context.screen("text"), context.view());
    let file = editing.file();
    if editing.is_new() {
        writeln!(out, "{file}: created")?;
        return Ok(0);
    }
    let changes = editing.changes(bytes).unwrap_or_default();
    for change in &changes {
        let root = change.path.is_file();
        let path = if root { "(the whole item)".to_owned() } else { shown_path(&change.path) };
        let what = match &change.after {
            None => "removed".to_owned(),
            after => view.change(change.before.as_ref(), after.as_ref()),
        };
        writeln!(out, "{file}: {} {what}", clean(&path))?;
    }
    if changes.is_empty() {
        writeln!(out, "{file}: no value changed")?;
    }
    Ok(0)
}
