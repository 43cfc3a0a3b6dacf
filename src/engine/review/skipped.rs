//! Which production values of a change skipped staging.
//!
//! A value that staging has, or ever had, was tried. One that is set in both at once was decided
//! with both in view. And much is production's own and was never meant for staging: what names
//! production, secrets and references, pins and decisions, and a path at which production already
//! had a value that staging never knew. The rest is worth a question.

use super::Origin;
use super::input::{Exemptions, Input};
use crate::model::{Environment, Hop, PathTree, Result, Value, ValuePath};
use crate::secrets::is_confidential;

/// The paths whose production values skipped staging.
pub(super) fn skipped(input: &Input<'_>, found: &[(ValuePath, Origin)]) -> Result<Vec<ValuePath>> {
    let by_hand = found.iter().filter(|(_, origin)| matches!(origin, Origin::ByHand(_)));
    let decided = input.exemptions.decisions.iter().map(|decision| (&decision.path, ())).collect();
    let mut paths =
        by_hand.map(|(path, _)| path).filter(|path| is_new_here(input, &decided, path)).peekable();
    if paths.peek().is_none() {
        return Ok(Vec::new());
    }
    // Without its whole history nobody can say that staging never had a value.
    let Some(versions) = (input.past)(Environment::Staging)? else { return Ok(Vec::new()) };
    let knew =
        |path: &ValuePath, value: &Value| versions.iter().any(|version| version.at(path) == Some(value));
    let skipped = paths.filter(|path| match input.values(Environment::Production, path) {
        [before, Some(after)] => !knew(path, after) && before.is_none_or(|before| knew(path, before)),
        [_, None] => false,
    });
    Ok(skipped.cloned().collect())
}

/// Whether production gets a value here that nothing calls its own, and staging is left alone.
fn is_new_here(input: &Input<'_>, decided: &PathTree<'_, ()>, path: &ValuePath) -> bool {
    let Exemptions { policy, naming, .. } = input.exemptions;
    let [_, Some(value)] = input.values(Environment::Production, path) else { return false };
    let is_own = is_confidential(policy, path, Some(value))
        || value.as_str().is_some_and(|text| policy.is_reference(text))
        || naming.named_by(value).contains(&Environment::Production)
        || naming.named(&path.to_string()).contains(&Environment::Production)
        || policy.pin(input.key, path, Hop::ToProduction).is_some()
        || decided.above(path).next().is_some();
    !is_own && input.is_in(Environment::Staging) && !input.sets(Environment::Staging, path)
}
