//! What a person is asked before a promotion: how conflicts end, and which new keys are taken.

use super::Work;
use super::args::one_value;
use crate::cli::ask::{Answer, ask, read_line};
use crate::cli::context::Context;
use crate::engine::promotion::{Action, PlanEntry, Resolution};
use crate::model::{CommitInfo, Key, Result, Value};
use crate::ops::{Prepared, PromoteRequest};
use crate::report::sanitize::cut;
use crate::report::{View, plan};
use crate::secrets::mask::Reveal;
use crate::secrets::shown_path;

impl Work<'_> {
    /// Asks about conflicts, one path at a time; false when the user quits.
    pub(super) fn answer_conflicts(&self, request: &mut PromoteRequest, prepared: &Prepared) -> Result<bool> {
        let Self { args, context, planner, .. } = *self;
        let mask = planner.configuration.mask(Reveal::asked(args.show_secrets));
        let view = context.view();
        let target = request.hop.target();
        for (key, line) in prepared.conflicts() {
            let question = plan::conflict(key, &line.masked(&mask), request.hop, &view);
            let path = line.path.clone();
            let mut choices =
                vec![Answer::Source, Answer::Target, Answer::Value, Answer::Leave, Answer::Quit];
            choices.retain(|answer| *answer != Answer::Value || takes_one_value(line));
            let answers = request.answers.entry(key.clone()).or_default();
            loop {
                match ask(context, &question, &choices)? {
                    Answer::Source => answers.take_source.push(path),
                    Answer::Target if args.reason.is_some() => answers.take_target.push((path, None)),
                    Answer::Target => {
                        let question = format!("Why does {target} keep it? (it is recorded)");
                        let Some(reason) = read_line(context, &question)? else { return Ok(false) };
                        let reason = Some(reason).filter(|reason| !reason.is_empty());
                        answers.take_target.push((path, reason));
                    }
                    Answer::Value => {
                        let question = format!("The value for {target}:");
                        let Some(text) = read_line(context, &question)? else { return Ok(false) };
                        let Some(value) = one_value(&text).filter(|_| !text.is_empty()) else {
                            context.remark("that is not one YAML value");
                            continue;
                        };
                        answers.set.push((path, value));
                    }
                    Answer::Leave => answers.skip.push(path),
                    Answer::Yes | Answer::No | Answer::Never | Answer::Skip | Answer::Quit => {
                        return Ok(false);
                    }
                }
                break;
            }
        }
        Ok(true)
    }
}

/// What a question is about: which keys are new, renamed and removed.
fn what_is_asked(lines: &[(&Key, &PlanEntry)], view: &View) -> String {
    let several = lines.windows(2).any(|pair| pair[0].0 != pair[1].0);
    let names = |what: &str, is_meant: fn(Resolution) -> bool| {
        let lines = lines.iter().filter(|(_, line)| !line.awaits_another() && is_meant(line.resolution));
        let name = |(key, line): &(&Key, &PlanEntry)| match several {
            true => format!("{key}:{}", shown_path(&line.path)),
            false => shown_path(&line.path),
        };
        let names: Vec<String> = lines.map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{what} {}", view.names(&names)))
    };
    let parts = [
        names("new", |it| !matches!(it, Resolution::Renamed | Resolution::Removed)),
        names("renamed", |it| it == Resolution::Renamed),
        names("removed", |it| it == Resolution::Removed),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Whether what is in conflict is one value, and not all that is below a path.
fn takes_one_value(line: &PlanEntry) -> bool {
    let is_one = |value: &Value| match value {
        Value::Map(_) => false,
        Value::List(list) => list.iter().all(|value| value.as_map().is_none()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => true,
    };
    line.source.iter().chain(&line.target).all(is_one)
}

/// Asks about new keys, one change at a time; false when the user quits.
pub(super) fn answer_new_keys(
    request: &mut PromoteRequest,
    prepared: &Prepared,
    context: &Context,
) -> Result<bool> {
    let mut groups: Vec<(CommitInfo, Vec<(&Key, &PlanEntry)>)> = Vec::new();
    for (key, line) in prepared.with(&Action::Ask) {
        let Some(commit) = line.change().cloned() else { continue };
        match groups.iter_mut().find(|(known, _)| known.id == commit.id) {
            Some((_, lines)) => lines.push((key, line)),
            None => groups.push((commit, vec![(key, line)])),
        }
    }
    for (commit, lines) in groups {
        let CommitInfo { id, subject, .. } = &commit;
        let question =
            format!("Take \"{}\" ({}) as well?", cut(subject, 60), what_is_asked(&lines, &context.view()));
        match ask(context, &question, &[Answer::Yes, Answer::Never, Answer::Skip, Answer::Quit])? {
            Answer::Yes => request.selection.accepted.push(id.to_string()),
            Answer::No | Answer::Never => {
                for (key, line) in lines {
                    let answers = request.answers.entry(key.clone()).or_default();
                    answers.take_target.push((line.path.clone(), None));
                }
            }
            Answer::Skip => request.selection.left.push(id.to_string()),
            Answer::Source | Answer::Target | Answer::Value | Answer::Leave | Answer::Quit => {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
