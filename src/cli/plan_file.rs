//! Plan files of `terrace promote`: written with `-o`, carried out with `--plan`.

use std::io::Write;
use std::path::Path;

use super::context::Context;
use crate::api::plan::{Creation, Promotion};
use crate::api::plan_file::{self, PlanFile};
use crate::engine::promotion::{Action, ItemPlan};
use crate::model::{Error, Hop, Policy, Result};
use crate::ops::{self, Planner, Prepared, Workspace};
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
    let given = prepared.plans.iter().flat_map(|plan| &plan.given).map(|given| (&given.path, &given.value));
    let created = prepared.creations.iter().flat_map(|creation| &creation.given);
    for (path, value) in set.chain(given).chain(created.map(|(path, value)| (path, value))) {
        plan_file::require_writable(path, value, policy)?;
    }
    let mut bytes = Vec::new();
    json(prepared, &Mask::new(policy), terms, &mut bytes)
        .map_err(|error| Error::internal(error.to_string()))?;
    replace(&context.dir().join(file), &bytes)
}

/// Puts a file that its owner alone reads where there is none, or in the place of another.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| Error::io("write", path, &error);
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            let what = if found.is_symlink() { "is a link" } else { "is no regular file" };
            return Err(Error::usage(format!(
                "{} {what}, and a plan is not written through it",
                path.display()
            ))
            .with_help("name another file"));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is new, has mode 0600, and takes the place of a link that came meanwhile.
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    temporary.write_all(bytes).map_err(failed)?;
    temporary.persist(path).map(|_| ()).map_err(|error| failed(error.error))
}

/// Writes what was prepared as JSON.
pub(super) fn json(
    prepared: &Prepared,
    mask: &Mask<'_>,
    (hop, reason): (Hop, Option<&str>),
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let created = prepared.creations.iter().map(|creation| Creation {
        key: &creation.key,
        source_blob: &creation.source_blob,
        left_out: &creation.left_out,
        given: creation.given.iter().map(|(path, value)| (path, mask.value(path, value))).collect(),
    });
    let plans = masked(prepared, mask);
    let promotion = Promotion {
        head: &prepared.head,
        hop,
        reason,
        plans: &plans,
        emptied: &prepared.emptied,
        created: created.collect(),
        deleted: prepared.deleted(hop),
        left: &prepared.left,
    };
    crate::api::plan::promotion(&promotion, out)
}

/// Reads a plan file and prepares what it orders, for who carries it out.
pub(super) fn read(
    (file, by): (&Path, String),
    workspace: &Workspace,
    planner: &Planner,
    context: &Context,
) -> Result<(PlanFile, Prepared)> {
    let path = context.dir().join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, &error))?;
    let mut plan = plan_file::read(&text, &file.display().to_string(), planner.configuration.policy())?;
    plan.agreed.by = by;
    let prepared = ops::prepare_agreed(workspace, planner, &plan.agreed)?;
    plan.require_same(&masked(&prepared, &planner.configuration.mask(Reveal::Nothing)))?;
    Ok((plan, prepared))
}

/// The plans as they may be shown.
pub(super) fn masked(prepared: &Prepared, mask: &Mask<'_>) -> Vec<ItemPlan<Shown>> {
    prepared.plans.iter().map(|plan| plan.masked(mask)).collect()
}
