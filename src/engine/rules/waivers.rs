//! Waivers: findings that the policy accepts, and waivers that no longer do anything.

use super::context::RevisionContext;
use super::excerpt::excerpt;
use super::{CheckInput, RULES, Waived};
use crate::model::policy::{FILE, Waiver};
use crate::model::{EnvironmentSet, Finding, Result, Rule};
use crate::yaml::Lines;

/// The findings that no waiver covers, with those about the waivers themselves, and the findings
/// that one does.
///
/// # Errors
/// When `terrace.toml` cannot be read.
pub(super) fn apply(
    subject: &CheckInput<'_>,
    world: &RevisionContext<'_>,
    findings: Vec<Finding>,
) -> Result<(Vec<Finding>, Waived)> {
    let waivers = &world.policy.waivers;
    let has_ended = |waiver: &Waiver| match (&waiver.until, subject.today) {
        (Some(until), Some(today)) => *until < today,
        _ => false,
    };
    let ended: Vec<bool> = waivers.iter().map(has_ended).collect();
    let mut used = vec![false; waivers.len()];
    let (mut open, mut waived) = (Vec::new(), Waived::new());
    for finding in findings {
        let (key, path) = (finding.key.as_ref(), finding.path.as_ref());
        let mut accepted = None;
        for waiver in world.policy.waivers_of(finding.rule, key, finding.environment, path) {
            used[waiver] = true;
            accepted = accepted.or((!ended[waiver]).then_some(waiver));
        }
        match accepted {
            Some(waiver) => waived.push((waiver, finding)),
            None => open.push(finding),
        }
    }

    let text = if waivers.is_empty() { None } else { world.snapshot.text(FILE)? };
    let text = text.unwrap_or_default();
    let lines = Lines::new(&text);
    let file = format!("{}{FILE}", world.snapshot.prefix);
    // What only a review judges, a check cannot miss.
    let judged_here = |rule: Rule| !rule.is_of_changes() && RULES.iter().any(|(judged, ..)| *judged == rule);
    // A file that cannot be judged may hide what a waiver is for, and so does looking at a part.
    let all_seen = !subject.is_narrowed() && world.is_all_read();
    for ((waiver, used), ended) in waivers.iter().zip(used).zip(ended) {
        let about = if ended && (used || !subject.is_narrowed()) {
            let until = waiver.until.map_or_else(String::new, |until| format!(" on {until}"));
            let message = format!("this waiver for {} ended{until}", waiver.rule);
            let help = match (used, all_seen) {
                (true, _) => "mend what it accepted, or give it a new date and reason",
                (false, true) => "remove it: nothing is left that it would accept",
                (false, false) => "remove it, or give it a new date and reason",
            };
            Some((Rule::ExpiredWaiver, message, help))
        } else if !used && all_seen && judged_here(waiver.rule) {
            let message = format!("this waiver accepts nothing: no {} finding fits it", waiver.rule);
            Some((Rule::UnusedWaiver, message, "remove it, or mend its key, environment or path"))
        } else {
            None
        };
        let about = about.filter(|(rule, ..)| world.policy.severity(*rule, rule.severity()).is_some());
        if let Some((rule, message, help)) = about {
            let mut finding = Finding::new(rule, file.clone(), message, help);
            finding.others = EnvironmentSet::ALL;
            finding.location = Some(lines.location(&text, &waiver.span));
            finding.excerpt = excerpt(&text, &lines, &waiver.span, &[]);
            open.push(finding);
        }
    }
    Ok((open, waived))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Repository, check};
    use crate::model::{Environment, Rule};

    const POLICY: &str = "version = 1\n\n[[waiver]]\nrule = \"ambiguous-scalar\"\nkey = \"pay*\"\n\
        environment = \"development\"\npath = \"a.**\"\nreason = \"read by a 1.1 parser\"\nuntil = 2026-05-31\n";

    fn repository(development: &str) -> Repository {
        Repository::new(&[
            ("environments/development/payments.yaml", development),
            ("environments/staging/payments.yaml", "a:\n  b: no\n"),
            ("terrace.toml", POLICY),
        ])
    }

    #[test]
    fn a_waiver_counts_until_its_last_day() {
        let both = [
            "environments/development/payments.yaml:2:6 warning[ambiguous-scalar]",
            "environments/staging/payments.yaml:2:6 warning[ambiguous-scalar]",
            "terrace.toml:3:1 warning[expired-waiver]",
        ];
        for (today, expected) in
            [(None, &both[1..2]), (Some("2026-05-31"), &both[1..2]), (Some("2026-06-01"), &both[..])]
        {
            assert_eq!(repository("a:\n  b: no\n").at(today).places(), expected, "{today:?}");
        }
    }

    /// One waiver over one finding in each of two items and environments: how many are left, and
    /// whether the waiver is unused.
    #[test]
    fn a_waiver_covers_what_its_globs_do() {
        let text = "servers:\n- name: api\n  modes: {a: 0644}\n";
        let files = ["development/pay", "staging/pay", "staging/billing/invoices"]
            .map(|path| (format!("environments/{path}.yaml"), text));
        let repository = |waiver: &str| {
            let policy = format!("[[waiver]]\nrule = \"ambiguous-scalar\"\nreason = \"x\"\n{waiver}");
            let files: Vec<_> = files.iter().map(|(file, text)| (file.as_str(), *text)).collect();
            Repository::new(&files).and("terrace.toml", &policy).at(Some("2026-06-01"))
        };
        for (waiver, left, unused, expired) in [
            ("", 0, 0, 0),
            ("key = \"pay\"", 1, 0, 0),
            ("key = \"billing/*\"", 2, 0, 0),
            ("key = \"*\"", 0, 0, 0),
            ("key = \"p?y\"\nenvironment = \"staging\"", 2, 0, 0),
            ("key = \"{pay,billing/**}\"\nenvironment = \"staging\"", 1, 0, 0),
            ("environment = \"development\"", 2, 0, 0),
            ("environment = \"production\"", 3, 1, 0),
            ("key = \"Pay\"", 3, 1, 0),
            ("key = \"pay*\"\nenvironment = \"production\"", 3, 1, 0),
            ("path = \"servers\"", 0, 0, 0),
            ("path = \"servers[name=api].modes.a\"", 0, 0, 0),
            ("path = \"servers[name=web].modes.a\"", 3, 1, 0),
            ("path = \"servers.*.modes\"", 0, 0, 0),
            ("path = \"**.a\"", 0, 0, 0),
            ("path = \"**.mode\"", 3, 1, 0),
            ("path = \"**.mode*\"", 0, 0, 0),
            ("path = \"modes.a\"", 3, 1, 0),
            ("key = \"pay\"\nenvironment = \"staging\"\npath = \"servers.**\"", 2, 0, 0),
            ("until = 2026-06-01", 0, 0, 0),
            ("until = 2026-06-02T00:00:00Z", 0, 0, 0),
            ("until = 2026-05-31", 3, 0, 1),
            ("until = 2026-05-31\nkey = \"pay\"", 3, 0, 1),
            ("until = 2025-12-31\nenvironment = \"production\"", 3, 0, 1),
            ("until = 2027-01-01\nenvironment = \"production\"", 3, 1, 0),
        ] {
            let repository = repository(waiver);
            let counts = [Rule::AmbiguousScalar, Rule::UnusedWaiver, Rule::ExpiredWaiver];
            let counts = counts.map(|rule| repository.of(rule).len());
            assert_eq!(counts, [left, unused, expired], "{waiver}");
        }
    }

    #[test]
    fn two_waivers_for_one_finding_are_both_used_and_the_living_one_counts() {
        let waiver = |until: &str| {
            format!("[[waiver]]\nrule = \"ambiguous-scalar\"\nreason = \"x\"\nuntil = {until}\n")
        };
        let policy = format!("{}{}", waiver("2026-01-01"), waiver("2026-12-31"));
        let files = [("environments/development/a.yaml", "a: no\n"), ("terrace.toml", policy.as_str())];
        let places = |today| Repository::new(&files).at(Some(today)).places();
        assert_eq!(places("2025-12-31"), Vec::<String>::new());
        assert_eq!(places("2026-06-01"), ["terrace.toml:1:1 warning[expired-waiver]"]);
        assert_eq!(places("2027-01-01").len(), 3);
    }

    #[test]
    fn a_waiver_for_nothing_is_said_when_everything_was_looked_at() {
        let unused = "terrace.toml:3:1 warning[unused-waiver]";
        let waived = "environments/staging/payments.yaml:2:6 warning[ambiguous-scalar]";
        assert_eq!(repository("a:\n  b: x\n").places(), [waived, unused]);
        assert_eq!(repository("a:\n  b: x\n").only(Environment::Staging).places(), [waived]);
        assert_eq!(repository("a:\n  b: x\n").keys(&["payments"]).places(), [waived]);
        let broken = repository("a: [\n").places();
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(!broken.contains(&unused.to_owned()));
    }

    #[test]
    fn the_policy_sets_severities_and_silences() {
        let files = |level: &str| {
            let policy = format!("[rules]\nambiguous-scalar = \"{level}\"\n");
            check(&[("environments/development/a.yaml", "a: no\n"), ("terrace.toml", &policy)])
        };
        assert_eq!(files("error")[0].severity, crate::model::Severity::Error);
        assert_eq!(files("notice")[0].rule, Rule::AmbiguousScalar);
        assert!(files("off").is_empty());
    }
}
