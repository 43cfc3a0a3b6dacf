//! What a change does to the waivers: added, removed, ended, or accepting what it brings.

use std::collections::HashMap;

use super::Turn;
use super::findings::Known;
use crate::engine::rules::CheckReport;
use crate::model::policy::Waiver;
use crate::model::{Date, Finding, Policy, Rule};

/// What a change does to a waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverChange {
    /// The rule whose findings it accepts.
    pub rule: Rule,
    /// The place it speaks of; empty when it speaks of every place.
    pub place: String,
    /// Why.
    pub reason: String,
    /// The author of the commit of the change that wrote it; empty where there is none.
    pub by: String,
    /// The last day it counts.
    pub until: Option<Date>,
    /// What happens to it.
    pub turn: Turn,
    /// How many findings of the items judged it accepts after the change.
    pub accepts: usize,
}

/// Compares the waivers of two revisions; `since` and `today` are the days of the base and of the
/// review.
#[must_use]
pub fn compare(
    base: (&Policy, &CheckReport),
    head: (&Policy, &CheckReport),
    since: Date,
    today: Date,
) -> Vec<WaiverChange> {
    let (twins, heirs) = (by_place(base.0), by_place(head.0));
    let mut accepted: Vec<Vec<&Finding>> = vec![Vec::new(); head.0.waivers.len()];
    for (waiver, finding) in &head.1.waived {
        if let Some(accepted) = accepted.get_mut(*waiver) {
            accepted.push(finding);
        }
    }
    let mut known =
        Known::new(base.1.findings.iter().chain(base.1.waived.iter().map(|(_, finding)| finding)));
    let mut changes = Vec::new();
    for (waiver, accepted) in head.0.waivers.iter().zip(&accepted) {
        // Alike findings are accepted by one waiver, so that none is counted for two.
        let news = known.news(accepted);
        let ended = waiver.until.is_some_and(|until| since <= until && until < today);
        let turn = match twins.get(&(waiver.rule, waiver.place())) {
            None => Turn::Added,
            Some(before) if (&before.reason, &before.until) != (&waiver.reason, &waiver.until) => {
                Turn::Changed
            }
            Some(_) if ended => Turn::Ended,
            Some(_) if news > 0 => Turn::Used,
            Some(_) => continue,
        };
        changes.push(told(waiver, turn, accepted.len()));
    }
    let gone = base.0.waivers.iter().filter(|waiver| !heirs.contains_key(&(waiver.rule, waiver.place())));
    changes.extend(gone.map(|waiver| told(waiver, Turn::Removed, 0)));
    changes
}

/// The first waiver for each rule and place.
fn by_place(policy: &Policy) -> HashMap<(Rule, String), &Waiver> {
    policy.waivers.iter().rev().map(|waiver| ((waiver.rule, waiver.place()), waiver)).collect()
}

impl WaiverChange {
    /// Whether a policy has the waiver as it is after the change.
    #[must_use]
    pub fn is_in(&self, policy: &Policy) -> bool {
        let is_this = |waiver: &Waiver| {
            (waiver.rule, &waiver.reason, waiver.until) == (self.rule, &self.reason, self.until)
                && waiver.place() == self.place
        };
        policy.waivers.iter().any(is_this)
    }
}

fn told(waiver: &Waiver, turn: Turn, accepts: usize) -> WaiverChange {
    WaiverChange {
        rule: waiver.rule,
        place: waiver.place(),
        reason: waiver.reason.clone(),
        by: String::new(),
        until: waiver.until,
        turn,
        accepts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::date::day;

    fn policy(waivers: &[(&str, &str, &str)]) -> Policy {
        let waiver = |(key, reason, until): &(&str, &str, &str)| {
            let until = if until.is_empty() { String::new() } else { format!("until = {until}\n") };
            format!("[[waiver]]\nrule = \"schema\"\nkey = \"{key}\"\nreason = \"{reason}\"\n{until}")
        };
        let text: String = waivers.iter().map(waiver).collect();
        Policy::parse(&text, "terrace.toml").expect("a policy")
    }

    fn report(waived: &[(usize, &str)]) -> CheckReport {
        let waived = waived.iter().map(|(by, file)| (*by, Finding::new(Rule::Schema, *file, "m", "")));
        CheckReport { findings: Vec::new(), waived: waived.collect(), items: 0, environments: Vec::new() }
    }

    #[test]
    fn each_turn_is_told_once() {
        let base =
            policy(&[("gone", "r", ""), ("said", "r", ""), ("over", "r", "2026-03-01"), ("used", "r", "")]);
        let head = policy(&[
            ("said", "s", ""),
            ("over", "r", "2026-03-01"),
            ("used", "r", ""),
            ("new", "r", "2027-01-01"),
        ]);
        let (before, after) = (report(&[(3, "a")]), report(&[(2, "a"), (2, "b"), (3, "c")]));
        let found = compare((&base, &before), (&head, &after), day("2026-01-01"), day("2026-03-02"));
        let told: Vec<_> =
            found.iter().map(|w| format!("{} {} {}", w.turn.name(), w.place, w.accepts)).collect();
        assert_eq!(told, ["changed said 0", "ended over 0", "used used 2", "added new 1", "removed gone 0"]);
        let quiet = compare((&base, &before), (&base, &before), day("2026-03-02"), day("2026-03-02"));
        assert_eq!(quiet, []);
    }
}
