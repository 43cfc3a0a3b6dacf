//! What would come of a rollback, values masked.

use http::HeaderMap;

use super::visit::Visit;
use crate::engine::rollback::{ItemFate, ItemRollback};
use crate::model::{Environment, Error, Hop, Key};
use crate::ops::{self, RollbackRequest, RollbackTarget};
use crate::secrets::mask::{Reveal, Shown};
use crate::server::problem::{Problem, ProblemKind};

/// Whether there is a promotion of an item that can be taken back.
pub(super) fn is_possible(visit: &Visit, environment: Environment, key: &Key) -> bool {
    let plan = || planned(visit, environment, key, None);
    Hop::into_target(environment).is_some()
        && tokio::task::block_in_place(plan)
            .is_ok_and(|items| items.iter().any(|it| it.whole != ItemFate::Stays || !it.lines.is_empty()))
}

/// What would come of it, values masked.
pub(super) fn planned(
    visit: &Visit,
    environment: Environment,
    key: &Key,
    to: Option<&str>,
) -> Result<Vec<ItemRollback<Shown>>, Problem> {
    let request = visit.request(environment, Some(key), "", HeaderMap::new())?;
    let back = match to {
        Some(to) => RollbackTarget::Revision(request.revision(to)?.as_str().to_owned()),
        None => RollbackTarget::LastPromotion,
    };
    let shared = &visit.shared;
    let workspace = shared.workspace.clone().with_readable(visit.caller.readable());
    let tip = shared.tip();
    let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
    let planner = workspace
        .planner_of(tip.as_ref().map(|tip| tip.as_str()), std::slice::from_ref(key))
        .map_err(unreadable)?;
    let asked = RollbackRequest {
        keys: vec![key.clone()],
        environment,
        back,
        only: Vec::new(),
        force: false,
        delete: false,
        expected: std::collections::BTreeMap::new(),
        subject: None,
    };
    let prepared = ops::prepare_rollback(&workspace, &planner, &asked)
        .map_err(|error| unplanned(visit, &asked, &error))?;
    let mask = planner.configuration.mask(Reveal::Nothing);
    Ok(prepared.items.iter().map(|item| item.masked(&mask)).collect())
}

/// Why nothing can be taken back. Nobody sent a body that could be at fault.
fn unplanned(visit: &Visit, asked: &RollbackRequest, error: &Error) -> Problem {
    let problem = Problem::of_write(error);
    if problem.kind != ProblemKind::InvalidBody {
        return problem;
    }
    let view = visit.shared.view(asked.environment);
    let key = asked.keys.first();
    let absent = view.zip(key).filter(|(view, key)| !view.items.contains_key(*key));
    match absent {
        Some((view, key)) if asked.back == RollbackTarget::LastPromotion => view.no_such_item(key),
        Some(_) | None => problem.with_kind(ProblemKind::NotFound),
    }
}
