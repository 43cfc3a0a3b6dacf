//! `overwrites-own-value`: a review overwrites what an environment keeps for itself.
//!
//! Which values those are, the plan at the base of the change says, and [`crate::engine::review`]
//! asks it; here they become findings like all others, with their place, level and waivers.

use super::Overwritten;
use super::context::RevisionContext;
use super::finding_builder::FindingBuilder;
use crate::engine::promotion::Reason;
use crate::model::{Finding, Help, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let found = world.change.iter().flat_map(|change| &change.overwritten);
    let found = found.filter(|found| !matches!(found.reason, Reason::Declined { .. }));
    found.map(|found| told(Rule::OverwritesOwnValue, world, found)).collect()
}

/// What is overwritten, since when it was kept, and why.
pub(super) fn told(rule: Rule, world: &RevisionContext<'_>, found: &Overwritten) -> Finding {
    let target = found.hop.target();
    let value = match &found.was {
        Some(was) if was.shown().is_scalar() => format!("own {}", brief(&was.shown().to_string())),
        Some(_) => "own value".to_owned(),
        None => String::new(),
    };
    let since = found.since.map_or_else(String::new, |since| format!(", kept since {since}"));
    let what = match (&found.was, found.is_removed) {
        (Some(_), true) => format!("this removes {target}'s {value}{since}"),
        (Some(_), false) => format!("this overwrites {target}'s {value}{since}"),
        (None, _) => format!("this gives {target} what a promotion leaves out"),
    };
    let message = format!("{what}: {}", found.reason.phrase(found.hop));
    let others = found.reason.environments(found.hop);
    let help = Help::ReadRule { text: format!("keep what {target} has, or accept it on purpose"), rule };
    if let Some(item) = world.of_key(&found.key).item(target) {
        let draft = FindingBuilder::of_item(rule, item, message, help).others(others.iter());
        return draft.path(&found.path).finish(world.policy);
    }
    let file = format!("{}{}", world.snapshot.prefix, found.key.file(target));
    let mut finding = Finding::new(rule, file, message, help);
    finding.environment = Some(target);
    finding.others = others;
    finding.key = Some(found.key.clone());
    finding.path = Some(found.path.clone());
    finding
}

/// The beginning of a long text.
fn brief(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
