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
    /// What it was before, where it counted then.
    pub before: Option<Decision>,
}

impl DecisionChange {
    /// Whether what was decided before may count for a shorter time now, or not at all.
    #[must_use]
    pub fn is_shortened(&self) -> bool {
        match (&self.before, self.turn) {
            (Some(_), Turn::Removed) => true,
            (Some(before), _) => {
                self.life != DecisionState::Live || before.until.may_outlast(&self.decision.until)
            }
            (None, _) => false,
        }
    }
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
        before: before
            .get(&standing.decision.path)
            .filter(|before| before.life == DecisionState::Live)
            .map(|before| before.decision.clone()),
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

    #[test]
    fn an_end_that_may_come_sooner_shortens_a_decision() {
        let [changes, released, early, late] = ["source-changes", "released", "2026-01-01", "2027-01-01"];
        for (before, after, is_shortened) in [
            (released, released, false),
            (released, late, true),
            (released, changes, true),
            (changes, released, false),
            (changes, late, true),
            (late, early, true),
            (early, late, false),
            (late, released, false),
            (late, changes, true),
        ] {
            let [base, head] = [before, after].map(|until| {
                let mut standing = standing("a", until, DecisionState::Live);
                standing.decision.until = until.parse().expect(until);
                standing
            });
            let key = "a".parse().expect("a key");
            let found = compare(&key, Environment::Production, [&[base], &[head]]);
            let told = found.iter().any(DecisionChange::is_shortened);
            assert_eq!(told, is_shortened, "{before} to {after}");
        }
    }

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
        let shortened: Vec<bool> = found.iter().map(DecisionChange::is_shortened).collect();
        assert_eq!(shortened, [false, true, false, true]);
    }
}
