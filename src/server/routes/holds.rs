//! What people decided not to promote: recorded, listed, released.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

use super::write::{dry_run, flag, read, refused, require_environment, require_json, written};
use crate::api;
use crate::api::requests;
use crate::api::served::WrittenItem;
use crate::engine::promotion::Until;
use crate::model::{CommitId, Hop, ValuePath};
use crate::ops::{self, HoldRequest};
use crate::server::environment::{InEnvironment, key};
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::invalid;
use crate::server::respond::{Answer, Work, respond};
use crate::server::tokens::Verb;
use crate::server::writing::write;

/// Refuses who may not read where the values come from.
fn require_source(request: &InEnvironment) -> Result<(), Problem> {
    Hop::into_target(request.environment).map_or(Ok(()), |hop| request.caller.require_read(hop.source()))
}

fn path(text: &str) -> Result<ValuePath, Problem> {
    text.parse::<ValuePath>().map_err(|error| Problem::of(&error.into(), ProblemKind::InvalidPath))
}

pub(super) async fn list(request: InEnvironment) -> Result<Response, Problem> {
    request.query(&[], &[])?;
    require_source(&request)?;
    // What was decided for another environment may be broken, and is not looked at.
    let hops = Vec::from_iter(Hop::into_target(request.environment));
    respond(&request, Work::Heavy, |_| {
        let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
        let tip = request.shared.tip();
        let workspace = request.shared.workspace.clone().with_readable(request.caller.readable());
        let held = ops::held_in(&workspace, tip.as_deref().map(CommitId::as_str), &hops);
        let held = held.map_err(unreadable)?;
        Ok(Answer::json(&request, "holds", |out| api::hold::json(&held, out)))
    })
    .await
}

pub(super) async fn hold(request: InEnvironment, body: Bytes) -> Result<Response, Problem> {
    let target = request.environment;
    request.caller.require_in(Verb::Promote, target)?;
    require_source(&request)?;
    let is_dry = dry_run(&request)?;
    require_json(&request.headers)?;
    let sent: requests::Hold = read(&body)?;
    require_environment(sent.environment.as_deref(), target)?;
    let until = sent.until.as_deref().map_or(Ok(Until::SourceChanges), str::parse::<Until>);
    let until = until.map_err(|error| Problem::of_write(&error))?;
    let (key, path) = (key(&sent.key)?, path(&sent.path)?);
    let asked = HoldRequest { key, target, path, reason: sent.reason, until };
    if asked.reason.trim().is_empty() {
        return Err(Problem::new(ProblemKind::InvalidBody, "a decision needs a reason")
            .with_help("say in `reason` why the value is kept"));
    }
    let name = asked.key.to_string();
    let done = write(&request, is_dry, move |writing| {
        if writing.is_dry {
            let planner = writing.planner(std::slice::from_ref(&asked.key))?;
            let would = ops::would_hold(&writing.workspace, &planner, &asked, &writing.options);
            let would = would.map_err(|error| refused(writing, &error))?;
            return Ok((None, Some(would), writing.etag_at(&asked.key, &writing.tip)));
        }
        let held = ops::hold(&writing.workspace, &asked, &writing.options);
        let held = held.map_err(|error| refused(writing, &error))?;
        let commit = held.map(|(committed, _)| committed.commit);
        writing.settle(commit.as_ref())?;
        let etag = writing.etag_at(&asked.key, commit.as_ref().unwrap_or(&writing.tip));
        Ok((commit, None, etag))
    });
    let (commit, would_commit, etag) = done.await?;
    let status = if commit.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok(written(target, status, commit.as_ref(), would_commit, &[WrittenItem { key: name, etag }]))
}

pub(super) async fn release(request: InEnvironment) -> Result<Response, Problem> {
    let target = request.environment;
    request.caller.require_in(Verb::Promote, target)?;
    require_source(&request)?;
    let key = request.key()?;
    let query = request.query(&["path", "dry-run"], &[])?;
    let is_dry = flag(&query, "dry-run")?;
    let Some(text) = query.get("path") else {
        return Err(invalid("`path` is missing".to_owned()).with_help("name what is held"));
    };
    let path = path(text)?;
    let name = key.to_string();
    let done = write(&request, is_dry, move |writing| {
        let nothing = || {
            let detail = format!("nothing is held at `{path}` of `{key}` in {target}");
            Problem::new(ProblemKind::ValueNotFound, detail).with_help("GET …/holds lists what is held")
        };
        if writing.is_dry {
            let planner = writing.planner(std::slice::from_ref(&key))?;
            let would = ops::would_release(&planner, &key, target, &path);
            let would = would.map_err(|error| refused(writing, &error))?;
            return if would { Ok(None) } else { Err(nothing()) };
        }
        let released = ops::release(&writing.workspace, &key, target, &path, &writing.options);
        let (committed, _) = released.map_err(|error| refused(writing, &error))?.ok_or_else(nothing)?;
        writing.settle(Some(&committed.commit))?;
        Ok(Some(committed.commit))
    });
    let commit = done.await?;
    let items = [WrittenItem { key: name, etag: None }];
    let status = if is_dry { StatusCode::OK } else { StatusCode::NO_CONTENT };
    Ok(written(target, status, commit.as_ref(), is_dry.then_some(true), &items))
}
