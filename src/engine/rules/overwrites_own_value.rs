//! `overwrites-own-value`: a review overwrites what an environment keeps for itself.
//!
//! Which values those are, the plan at the base of the change says, and [`crate::engine::review`]
//! asks it; here they become findings like all others, with their place, level and waivers.

use super::Overwritten;
use super::context::RuleContext;
use super::finding_builder::FindingBuilder;
use crate::engine::promotion::Reason;
use crate::model::Rule;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let found = world.change.iter().flat_map(|change| &change.overwritten);
    let found = found.filter(|found| !matches!(found.reason, Reason::Declined { .. }));
    found.map(|found| draft(Rule::OverwritesOwnValue, world, found)).collect()
}

/// What is overwritten, since when it was kept, and why.
pub(super) fn draft<'w>(rule: Rule, world: &'w RuleContext<'w>, found: &Overwritten) -> FindingBuilder<'w> {
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
    let help = format!("keep what {target} has, or accept it on purpose: terrace explain {rule}");
    match world.item(&found.key, target) {
        Some(item) => FindingBuilder::of_item(rule, item, message, help).path(&found.path),
        None => {
            let file = format!("{}{}", world.snapshot.prefix, found.key.file(target));
            let mut draft = FindingBuilder::of_file(rule, file, message, help);
            draft.finding.environment = Some(target);
            draft.finding.key = Some(found.key.clone());
            draft.finding.path = Some(found.path.clone());
            draft
        }
    }
}

/// The beginning of a long text.
fn brief(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
