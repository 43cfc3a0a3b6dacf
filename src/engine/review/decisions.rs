//! What a change does to the decisions of an item: recorded, withdrawn, or ended by a new value of its
//! source. What it leaves alone is not told.

use std::collections::HashMap;

use super::Turn;
use crate::engine::promotion::{Decision, DecisionState};
use crate::model::{Environment, Key, ValuePath};

/// A decision of one revision and whether it counts there.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The decision.
    pub decision: Decision,
    /// Whether it counts.
    pub life: DecisionState,
}

/// What a change does to a decision.
#[derive(Clone, Debug)]
pub struct DecisionChange {
    /// The item.
    pub key: Key,
    /// The environment that keeps its value.
    pub target: Environment,
    /// The decision; the new one where it changed.
    pub decision: Decision,
    /// What happens to it.
    pub turn: Turn,
    /// Whether it counts after the change, or counted before it was removed.
    pub life: DecisionState,
}

/// Compares the decisions of one item for one target.
#[must_use]
pub fn compare(key: &Key, target: Environment, [base, head]: [&[Standing]; 2]) -> Vec<DecisionChange> {
    let (before, after) = (by_path(base), by_path(head));
    let told = |standing: &Standing, turn| DecisionChange {
        key: key.clone(),
        target,
        decision: standing.decision.clone(),
        turn,
        life: standing.life,
    };
    let now = head.iter().filter_map(|standing| {
        let turn = match before.get(&standing.decision.path) {
            None => Turn::Added,
            Some(before) if before.decision != standing.decision => Turn::Changed,
            Some(before)
                if before.life == DecisionState::Live && standing.life == DecisionState::SourceChanged =>
            {
                Turn::Ended
            }
            Some(_) => return None,
        };
        Some(told(standing, turn))
    });
    let gone = base.iter().filter(|standing| !after.contains_key(&standing.decision.path));
    now.chain(gone.map(|standing| told(standing, Turn::Removed))).collect()
}

/// The first decision at each path.
fn by_path(standings: &[Standing]) -> HashMap<&ValuePath, &Standing> {
    standings.iter().rev().map(|standing| (&standing.decision.path, standing)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::promotion::Until;

    fn standing(path: &str, reason: &str, life: DecisionState) -> Standing {
        let decision = Decision {
            path: path.parse().expect(path),
            reason: reason.to_owned(),
            by: String::new(),
            until: Until::SourceChanges,
            source: String::new(),
        };
        Standing { decision, life }
    }

    #[test]
    fn each_turn_is_told_once() {
        use DecisionState::{Live, SourceChanged};
        let base = [
            standing("gone", "", Live),
            standing("said", "x", Live),
            standing("ends", "", Live),
            standing("dead", "", SourceChanged),
            standing("idle", "", Live),
        ];
        let head = [
            standing("said", "y", Live),
            standing("ends", "", SourceChanged),
            standing("dead", "", SourceChanged),
            standing("idle", "", Live),
            standing("new", "", Live),
        ];
        let key = "a".parse().expect("a key");
        let found = compare(&key, Environment::Production, [&base, &head]);
        let told: Vec<_> =
            found.iter().map(|change| format!("{} {}", change.turn.name(), change.decision.path)).collect();
        assert_eq!(told, ["changed said", "ended ends", "added new", "removed gone"]);
    }
}
