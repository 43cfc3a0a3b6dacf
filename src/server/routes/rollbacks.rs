//! Rollbacks: an older version's values come back.

use std::collections::BTreeMap;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

use super::write::{dry_run, read, refused, require_environment, require_json, written};
use crate::api::requests::RollBack;
use crate::api::served::WrittenItem;
use crate::model::{ItemId, Key, ValuePath};
use crate::ops::{self, RollbackRequest, RollbackTarget};
use crate::secrets::mask::Reveal;
use crate::server::environment::{InEnvironment, key};
use crate::server::precondition::Precondition;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::tokens::Verb;
use crate::server::writing::write;

pub(in crate::server) async fn roll_back(request: InEnvironment, body: Bytes) -> Result<Response, Problem> {
    let environment = request.environment;
    request.caller.require_in(Verb::Write, environment)?;
    let is_dry = dry_run(&request)?;
    require_json(&request.headers)?;
    let sent: RollBack = read(&body)?;
    require_environment(sent.environment.as_deref(), environment)?;
    let wrong = |detail: &str, help: &str| Problem::new(ProblemKind::InvalidBody, detail).with_help(help);
    let revision = |text: &str| request.revision(text).map(|commit| commit.as_str().to_owned());
    let back = match (&sent.to, &sent.promotion) {
        (Some(_), Some(_)) => return Err(wrong("both `to` and `promotion` are given", "give one of them")),
        (Some(to), None) => RollbackTarget::Revision(revision(to)?),
        (None, Some(promotion)) => RollbackTarget::Promotion(revision(promotion)?),
        (None, None) => RollbackTarget::LastPromotion,
    };
    let keys = sent.keys.iter().map(|text| key(text)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(wrong("there is no item to take back", "name at least one in `keys`"));
    }
    let path = |text: &String| {
        text.parse::<ValuePath>().map_err(|error| Problem::of(&error.into(), ProblemKind::InvalidPath))
    };
    let only = sent.only.iter().map(path).collect::<Result<Vec<_>, _>>()?;
    let mut tags = Vec::new();
    for (name, etag) in &sent.expected {
        let key = key(name)?;
        if !keys.contains(&key) {
            let detail = format!("`{key}` is expected to be something, and not taken back");
            return Err(wrong(&detail, "name it in `keys`"));
        }
        tags.push((key, Precondition::of_body(etag.as_deref())?));
    }
    if let Some(key) = keys.iter().find(|key| !tags.iter().any(|(known, _)| known == *key)) {
        let detail = format!("`expected` has no tag of `{key}`");
        return Err(Problem::new(ProblemKind::PreconditionRequired, detail)
            .with_help("give the tag that was read, or null where there is no item now"));
    }
    let subject = sent.message.filter(|message| !message.trim().is_empty());
    if subject.as_ref().is_some_and(|subject| subject.contains(['\n', '\r'])) {
        return Err(wrong("`message` is more than one line", "say in one line what is taken back"));
    }
    let (force, delete) = (sent.force, sent.delete);
    let done = write(&request, is_dry, move |writing| {
        writing.newest()?;
        let workspace = &writing.workspace;
        let planner = writing.planner(&keys)?;
        let was_there = |key: &Key| {
            let file = key.file(environment);
            let changes = planner.history.commits().iter().flat_map(|commit| &commit.changes);
            planner.configuration.item(key, environment).is_some()
                || changes.into_iter().any(|change| change.path == file)
        };
        if let Some(missing) = keys.iter().find(|key| !was_there(key)) {
            return Err(writing.view.no_such_item(missing));
        }
        let expected = tags.iter().map(|(key, tag)| Ok((key.clone(), tag.expected(writing, key)?)));
        let expected = expected.collect::<Result<BTreeMap<_, _>, Problem>>()?;
        let asked = RollbackRequest { keys, environment, back, only, force, delete, expected, subject };
        let prepared = ops::prepare_rollback(workspace, &planner, &asked);
        let mut prepared = prepared.map_err(|error| refused(writing, &error))?;
        // A refusal for what another environment holds would tell of it.
        prepared.refused.retain(|finding| workspace.readable.covers(finding.environments()));
        prepared.require_decided(force).map_err(|error| Problem::of_write(&error))?;
        let is_held = writing.view.served.held_back.is_some();
        if writing.reveal == Reveal::Nothing {
            let before = &planner.configuration;
            let still = prepared.after(before).and_then(|after| {
                let id = |key: &Key| ItemId::new(key.clone(), environment);
                asked
                    .keys
                    .iter()
                    .try_for_each(|key| ops::require_still_masked((before, &after), &id(key), &[]))
            });
            still.map_err(|error| refused(writing, &error))?;
        }
        if is_held || force {
            let of = if is_held { &[][..] } else { &asked.keys };
            let after = prepared.after(&planner.configuration);
            let left = after.and_then(|after| ops::blocking(&after, environment, of));
            let left = left.map_err(|error| refused(writing, &error))?;
            if !left.is_empty() {
                return Err(writing.held_back(left));
            }
        }
        if writing.is_dry {
            let item = |key: &Key| WrittenItem { key: key.to_string(), etag: None };
            return Ok((None, Some(!prepared.is_empty()), asked.keys.iter().map(item).collect::<Vec<_>>()));
        }
        let committed = ops::commit_rollback(workspace, &asked, &prepared, &writing.options);
        let committed = committed.map_err(|error| refused(writing, &error))?;
        let commit = committed.map(|committed| committed.commit);
        writing.settle(commit.as_ref())?;
        let at = commit.clone().unwrap_or_else(|| (*writing.tip).clone());
        let item = |key: &Key| WrittenItem { key: key.to_string(), etag: writing.etag_at(key, &at) };
        Ok((commit, None, asked.keys.iter().map(item).collect()))
    });
    let (commit, would_commit, items) = done.await?;
    let status = if commit.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok(written(environment, status, commit.as_ref(), would_commit, &items))
}
