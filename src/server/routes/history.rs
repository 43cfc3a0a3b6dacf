//! Values over time, and where they came from.

use axum::response::Response;

use crate::api;
use crate::model::{CommitInfo, Environment, Key};
use crate::ops::{self, Good, LogRequest};
use crate::secrets::mask::Reveal;
use crate::server::environment::InEnvironment;
use crate::server::found::found;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::respond::{Answer, Work, respond};

/// So many commits are told of at most.
const MOST: usize = 1_000;

/// So many unless told otherwise.
const USUAL: usize = 50;

pub(in crate::server) async fn history(request: InEnvironment) -> Result<Response, Problem> {
    let key = request.key()?;
    let query = request.query(&["limit", "before"], &[])?;
    let limit = query.number("limit", MOST)?.unwrap_or(USUAL);
    let before = query.get("before").map(|text| request.revision(text)).transpose()?;
    respond(&request, Work::Heavy, |view| {
        let (_, item) = found(&request, view, &key, None)?;
        let asked = LogRequest {
            key: Some(key.clone()),
            path: None,
            environment: Some(request.environment),
            at: Some(view.good()?.point().as_str().to_owned()),
            most: None,
        };
        let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
        let reveal = Reveal::asked(request.caller.may_read_secrets());
        let mut commits = ops::log(&request.shared.workspace, &asked, reveal).map_err(unreadable)?;
        if let Some(before) = &before {
            let position = commits.iter().position(|logged| logged.commit.id == *before);
            let Some(position) = position else {
                return Err(Problem::new(
                    ProblemKind::InvalidParameter,
                    "`before` is no commit of this item's history",
                )
                .with_help("give `next` of the page before"));
            };
            commits.drain(..=position);
        }
        let has_more = commits.len() > limit;
        commits.truncate(limit);
        let next = commits.last().filter(|_| has_more).map(|logged| logged.commit.id.clone());
        for logged in &mut commits {
            hide(&request, &mut logged.commit)?;
            for entry in &mut logged.entries {
                entry.from = entry.from.filter(|from| request.caller.may_read(*from));
            }
            let own = format!("environments/{}/", request.environment);
            logged.unreadable.retain(|file| request.caller.may_read_all() || file.starts_with(&own));
        }
        let answer = Answer::json(&request, "history", |out| api::log::page(&commits, next.as_ref(), out));
        Ok(answer.with_commit(item.commit.as_ref()))
    })
    .await
}

pub(in crate::server) async fn blame(request: InEnvironment) -> Result<Response, Problem> {
    let key = request.key()?;
    request.query(&[], &[])?;
    respond(&request, Work::Heavy, |view| {
        let (_, item) = found(&request, view, &key, None)?;
        let blames = blamed(&request, view.good()?, &key)?;
        let answer =
            Answer::json(&request, "blame", |out| api::blame::json(&key, request.environment, &blames, out));
        Ok(answer.with_commit(item.commit.as_ref()))
    })
    .await
}

fn blamed(
    request: &InEnvironment,
    good: &Good,
    key: &Key,
) -> Result<Vec<crate::engine::provenance::Blame<crate::secrets::mask::Shown>>, Problem> {
    let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
    let reveal = Reveal::asked(request.caller.may_read_secrets());
    let (workspace, at) = (&request.shared.workspace, good.point().as_str());
    let found = ops::blame(workspace, key, request.environment, None, Some(at), reveal);
    let mut blames = found.map_err(unreadable)?;
    for blame in &mut blames {
        // The way ends where the caller may not look.
        let is_readable = |environment: Environment| request.caller.may_read(environment);
        let readable = blame.steps.iter().take_while(|step| is_readable(step.environment)).count();
        blame.steps.truncate(readable);
        for commit in blame.steps.iter_mut().filter_map(|step| step.commit.as_mut()) {
            hide(request, commit)?;
        }
    }
    Ok(blames)
}

/// Leaves out the message of a commit that also changed what the caller may not read.
fn hide(request: &InEnvironment, commit: &mut CommitInfo) -> Result<(), Problem> {
    if request.caller.may_read_all() {
        return Ok(());
    }
    let repository = &request.shared.workspace.repository;
    let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
    let touches = match repository.first_parent(&commit.id).map_err(unreadable)? {
        Some(parent) => repository.parts().changes(&parent, &commit.id).map_err(unreadable)?,
        // Everything is new.
        None => {
            commit.subject = String::new();
            return Ok(());
        }
    };
    let hidden = Environment::ALL.into_iter().filter(|environment| !request.caller.may_read(*environment));
    for environment in hidden {
        let folders = [format!("environments/{environment}/"), format!(".terrace/decisions/{environment}/")];
        if touches.iter().any(|change| folders.iter().any(|folder| change.path.starts_with(folder))) {
            commit.subject = String::new();
        }
    }
    Ok(())
}
