//! What people decided not to promote: recorded, listed, released.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

use super::write::{read, refused, require_environment, require_json, written};
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
    request.query(&[], &[])?;
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
    let done = write(&request, false, move |writing| {
        let held = ops::hold(&writing.workspace, &asked, &writing.options);
        let held = held.map_err(|error| refused(writing, &error))?;
        let commit = held.map(|(committed, _)| committed.commit);
        writing.settle(commit.as_ref())?;
        let etag = writing.etag_at(&asked.key, commit.as_ref().unwrap_or(&writing.tip));
        Ok((commit, etag))
    });
    let (commit, etag) = done.await?;
    let status = if commit.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok(written(target, status, commit.as_ref(), None, &[WrittenItem { key: name, etag }]))
}

pub(super) async fn release(request: InEnvironment) -> Result<Response, Problem> {
    let target = request.environment;
    request.caller.require_in(Verb::Promote, target)?;
    require_source(&request)?;
    let key = request.key()?;
    let query = request.query(&["path"], &[])?;
    let Some(text) = query.get("path") else {
        return Err(invalid("`path` is missing".to_owned()).with_help("name what is held"));
    };
    let path = path(text)?;
    let name = key.to_string();
    let done = write(&request, false, move |writing| {
        let released = ops::release(&writing.workspace, &key, target, &path, &writing.options);
        let released = released.map_err(|error| refused(writing, &error))?;
        let Some((committed, _)) = released else {
            let detail = format!("nothing is held at `{path}` of `{key}` in {target}");
            return Err(
                Problem::new(ProblemKind::ValueNotFound, detail).with_help("GET …/holds lists what is held")
            );
        };
        writing.settle(Some(&committed.commit))?;
        Ok(committed.commit)
    });
    let commit = done.await?;
    let items = [WrittenItem { key: name, etag: None }];
    Ok(written(target, StatusCode::NO_CONTENT, Some(&commit), None, &items))
}
