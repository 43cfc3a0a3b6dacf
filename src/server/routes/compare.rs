//! What spans two environments: given to those who may read both.

use axum::response::Response;

use super::promotions::veil_blobs;
use crate::api;
use crate::engine::configuration::Configuration;
use crate::guards::{self, Guard};
use crate::model::{Environment, Error, Hop, Key};
use crate::ops::{self, Side, Texts};
use crate::secrets::mask::Reveal;
use crate::server::environment::{InEnvironment, environment, key};
use crate::server::found::not_then;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::invalid;
use crate::server::respond::{Answer, Work, respond};
use crate::server::view::EnvironmentView;

pub(super) async fn status(request: InEnvironment) -> Result<Response, Problem> {
    let query = request.query(&["key"], &["key"])?;
    let keys = query.all("key").map(key).collect::<Result<Vec<_>, _>>()?;
    let hop = Hop::into_target(request.environment);
    if let Some(hop) = hop {
        request.caller.require_read(hop.source())?;
    }
    respond(&request, Work::Heavy, |view| {
        view.good()?;
        let source = hop.and_then(|hop| request.shared.view(hop.source()));
        let is_there = |key| {
            view.items.contains_key(key) || source.as_ref().is_some_and(|view| view.items.contains_key(key))
        };
        if let Some(missing) = keys.iter().find(|key| !is_there(*key)) {
            return Err(view.no_such_item(missing));
        }
        let tip = request.shared.tip();
        let mut hops = match (hop, &tip) {
            (Some(hop), Some(tip)) => {
                let workspace = request.shared.workspace.clone().with_readable(request.caller.readable());
                let reveal = Reveal::asked(request.caller.may_read_secrets());
                let sides = [hop.source(), hop.target()];
                let found = ops::status_of(&workspace, &keys, Some(tip.as_str()), reveal, &sides);
                found.map_err(|error| Problem::of(&error, ProblemKind::Refused))?.hops
            }
            _ => Vec::new(),
        };
        hops.retain(|status| Some(status.hop) == hop);
        veil_blobs(&request, &mut hops);
        Ok(Answer::json(&request, "status", |out| api::plan::json(&hops, out)))
    })
    .await
}

pub(super) async fn diff(request: InEnvironment) -> Result<Response, Problem> {
    let query = request.query(&["against", "key", "revision"], &["key"])?;
    let Some(against) = query.get("against") else {
        let help = "name the environment to compare with; it is the left side";
        return Err(invalid("`against` is missing".to_owned()).with_help(help));
    };
    let against = environment(against)?;
    if !guards::off(Guard::ComparedSide) {
        request.caller.require_read(against)?;
    }
    let keys = query.all("key").map(key).collect::<Result<Vec<_>, _>>()?;
    let revision = query.get("revision").map(|text| request.revision(text)).transpose()?;
    respond(&request, Work::Heavy, |view| {
        let other = request.shared.view(against);
        let other = other.as_deref().unwrap_or(view);
        let sides = [(against, other.good()?), (request.environment, view.good()?)];
        let configurations = sides.map(|(environment, good)| match &revision {
            None => Ok(good.configuration().clone()),
            Some(revision) => {
                let policy = good.configuration().shared_policy();
                ops::environment_at(&request.shared.workspace.repository, environment, revision, policy)
            }
        });
        let [left, right] = configurations;
        let unreadable = |error: Error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
        let (left, right) = (left.map_err(unreadable)?, right.map_err(unreadable)?);
        let has = |configuration: &Configuration, environment: Environment, key: &Key| {
            configuration.item(key, environment).is_some()
        };
        let missing = |key: &&Key| !has(&left, against, key) && !has(&right, request.environment, key);
        if let Some(missing) = keys.iter().find(missing) {
            let is_served = |view: &EnvironmentView| view.items.contains_key(missing);
            if revision.is_some() && (is_served(view) || is_served(other)) {
                return Err(not_then(format!("`{missing}` was in neither environment then")));
            }
            let error = right.snapshot().absent(missing, request.environment);
            return Err(Problem::of(&error, ProblemKind::ItemNotFound));
        }
        let left = Side { configuration: &left, environment: against };
        let right = Side { configuration: &right, environment: request.environment };
        let reveal = Reveal::asked(request.caller.may_read_secrets());
        let compared = ops::diff(&left, &right, &keys, reveal, Texts::Left);
        for side in [&left, &right] {
            side.configuration.snapshot().items().for_each(crate::engine::snapshot::ItemFile::let_go);
        }
        let refused = |error: Error| Problem::of(&error, ProblemKind::Refused);
        let compared = compared.map_err(refused)?;
        if let Some(error) = compared.unreadable.into_iter().next() {
            return Err(refused(error));
        }
        let (names, items) = ([against.name(), request.environment.name()], compared.items);
        Ok(Answer::json(&request, "diff", |out| api::diff::json(&items, names[0], names[1], out)))
    })
    .await
}
