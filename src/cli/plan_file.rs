//! Plan files of `terrace promote`: written with `-o`, carried out with `--plan`.

use std::path::Path;

use super::context::Context;
use crate::engine::promotion::{Action, ItemPlan};
use crate::model::{Error, Hop, Policy, Result};
use crate::ops::{self, Planner, Prepared, Workspace};
use crate::report::plan_file::{self, PlanFile};
use crate::report::plan_json::{self, Creation, Promotion};
use crate::secrets::mask::{Mask, Reveal, Shown};

/// Writes what was prepared to a file; secrets stay out of it.
pub(super) fn write(
    file: &Path,
    prepared: &Prepared,
    terms: (Hop, Option<&str>),
    policy: &Policy,
    context: &Context,
) -> Result<()> {
    let set = prepared.plans.iter().flat_map(|plan| &plan.lines).filter_map(|line| match &line.verdict {
        Action::Set(value) => Some((&line.path, value)),
        Action::Take | Action::Decline | Action::Keep | Action::Ask | Action::Stop => None,
    });
    let given = prepared.given.values().chain(prepared.creations.iter().map(|creation| &creation.given));
    for (path, value) in set.chain(given.flatten().map(|(path, value)| (path, value))) {
        plan_file::require_writable(path, value, policy)?;
    }
    let mut bytes = Vec::new();
    let plans = masked(prepared, &Mask::new(policy));
    json(prepared, &plans, terms, &mut bytes).map_err(|error| Error::internal(error.to_string()))?;
    let path = context.dir().join(file);
    std::fs::write(&path, bytes).map_err(|error| Error::io("write", &path, &error))
}

/// Writes what was prepared as JSON.
pub(super) fn json(
    prepared: &Prepared,
    plans: &[ItemPlan<Shown>],
    (hop, reason): (Hop, Option<&str>),
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let created = prepared.creations.iter().map(|creation| Creation {
        key: &creation.key,
        source_blob: &creation.source_blob,
        left_out: &creation.left_out,
        given: &creation.given,
    });
    let promotion = Promotion {
        head: &prepared.head,
        hop,
        reason,
        plans,
        given: &prepared.given,
        created: created.collect(),
        deleted: prepared.deleted(hop),
    };
    plan_json::promotion(&promotion, out)
}

/// Reads a plan file and prepares what it orders.
pub(super) fn read(
    file: &Path,
    workspace: &Workspace,
    planner: &Planner,
    context: &Context,
) -> Result<(PlanFile, Prepared)> {
    let path = context.dir().join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, &error))?;
    let plan = plan_file::read(&text, &file.display().to_string(), planner.configuration.policy())?;
    let prepared = ops::prepare_agreed(workspace, planner, &plan.agreed)?;
    plan.require_same(&masked(&prepared, &planner.configuration.mask(Reveal::Nothing)))?;
    Ok((plan, prepared))
}

/// The plans as they may be shown.
pub(super) fn masked(prepared: &Prepared, mask: &Mask<'_>) -> Vec<ItemPlan<Shown>> {
    prepared.plans.iter().map(|plan| plan.masked(mask)).collect()
}
