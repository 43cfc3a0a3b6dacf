//! Which findings a change introduces, which were there, and which it mends.

use std::collections::BTreeMap;

use crate::model::{Environment, Finding, Help, Key, Rule, ValuePath};

/// The findings of a change.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Those that were not there before.
    pub introduced: Vec<Finding>,
    /// Those that were.
    pub known: Vec<Finding>,
    /// Those that are gone.
    pub mended: Vec<Finding>,
}

/// What makes a finding the same one before and after: never its line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    rule: Rule,
    environment: Option<Environment>,
    subject: Subject,
    path: Option<ValuePath>,
    message: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Item(Key),
    File(String),
}

/// What an item of an environment is called after the change, where that is another key.
pub type NewKey<'a> = dyn Fn(&Key, Environment) -> Option<Key> + 'a;

impl Identity {
    /// The identity of a finding, its key as `renamed` says.
    fn of(finding: &Finding, renamed: &NewKey<'_>) -> Self {
        let new_key = |key: &Key| finding.environment.and_then(|environment| renamed(key, environment));
        let subject = match &finding.key {
            Some(key) => Subject::Item(new_key(key).unwrap_or_else(|| key.clone())),
            None => Subject::File(finding.file.clone()),
        };
        let Finding { rule, environment, path, message, .. } = finding;
        Self { rule: *rule, environment: *environment, subject, path: path.clone(), message: message.clone() }
    }
}

/// What an item that keeps its key is called.
fn same(_: &Key, _: Environment) -> Option<Key> {
    None
}

/// What was found after the change.
#[derive(Clone, Debug, Default)]
pub struct HeadFindings {
    /// By its own policy and schemas.
    pub own: Vec<Finding>,
    /// By those of the base, where they are others.
    pub by_base: Vec<Finding>,
    /// What a waiver of the head accepts.
    pub accepted: Vec<Finding>,
}

impl HeadFindings {
    /// All that was found, each finding once and by the sterner policy. What the base's alone refuses
    /// is told with that.
    fn joined(self, known: impl Fn(&Identity) -> bool) -> Vec<Finding> {
        let mut of_base: BTreeMap<Identity, Vec<Finding>> = BTreeMap::new();
        for finding in self.by_base {
            of_base.entry(Identity::of(&finding, &same)).or_default().push(finding);
        }
        let mut all = self.own;
        for finding in &mut all {
            if let Some(other) = of_base.get_mut(&Identity::of(finding, &same)).and_then(Vec::pop) {
                finding.severity = finding.severity.max(other.severity);
            }
        }
        for (identity, findings) in of_base {
            let is_known = known(&identity);
            all.extend(findings.into_iter().map(|mut finding| {
                if !is_known {
                    let why = "judged by the base's policy and schemas; those of the change accept it";
                    let help = Box::new(finding.help);
                    finding.help = Help::Because { help, why: why.into() };
                }
                finding
            }));
        }
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        all
    }
}

/// Tells findings apart. `renamed` says what an item is called after the change; what a waiver
/// accepts is not mended, nor is what only the policy and schemas of the head accept.
#[must_use]
pub fn compare(base: Vec<Finding>, head: HeadFindings, renamed: &NewKey<'_>) -> Compared {
    let mut before: BTreeMap<Identity, Vec<Finding>> = BTreeMap::new();
    for finding in base {
        before.entry(Identity::of(&finding, renamed)).or_default().push(finding);
    }
    let accepted: Vec<Identity> = head.accepted.iter().map(|finding| Identity::of(finding, &same)).collect();
    let mut out = Compared::default();
    for finding in head.joined(|identity| before.contains_key(identity)) {
        match before.get_mut(&Identity::of(&finding, &same)).and_then(Vec::pop) {
            Some(_) => out.known.push(finding),
            None => out.introduced.push(finding),
        }
    }
    for identity in accepted {
        before.get_mut(&identity).and_then(Vec::pop);
    }
    out.mended = before.into_values().flatten().collect();
    out.mended.sort_by(|a, b| a.order().cmp(&b.order()));
    out
}

/// How often each finding was there before.
pub(super) struct Known(BTreeMap<Identity, usize>);

impl Known {
    pub(super) fn new<'f>(before: impl Iterator<Item = &'f Finding>) -> Self {
        let mut known: BTreeMap<Identity, usize> = BTreeMap::new();
        for finding in before {
            *known.entry(Identity::of(finding, &same)).or_default() += 1;
        }
        Self(known)
    }

    /// How many of `found` were not there before; the others are not known any more.
    pub(super) fn news(&mut self, found: &[&Finding]) -> usize {
        let is_new = |finding: &&&Finding| match self.0.get_mut(&Identity::of(finding, &same)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        };
        found.iter().filter(is_new).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Location, Position};

    fn finding(key: &str, path: &str, message: &str, line: usize) -> Finding {
        let at = Position { line, column: 1 };
        Finding {
            environment: Some(Environment::Staging),
            key: key.parse().ok(),
            path: path.parse().ok(),
            location: Some(Location { start: at, end: at }),
            ..Finding::new(Rule::Schema, format!("{key}.yaml"), message, "")
        }
    }

    fn own(own: Vec<Finding>) -> HeadFindings {
        HeadFindings { own, ..HeadFindings::default() }
    }

    /// What is found by the head's policy, and by the base's.
    #[test]
    fn what_only_the_head_accepts_is_not_mended() {
        use crate::model::Severity::{Error, Warning};
        let at = |message: &str, severity| Finding { severity, ..finding("a", message, message, 1) };
        let head = HeadFindings {
            own: vec![at("weaker", Warning), at("sterner", Error), at("own", Warning)],
            by_base: vec![at("weaker", Error), at("sterner", Warning), at("new", Error), at("old", Error)],
            accepted: Vec::new(),
        };
        let found = compare(vec![at("old", Error), at("gone", Error)], head, &same);
        let told = |findings: &[Finding]| -> Vec<String> {
            findings.iter().map(|finding| format!("{} {}", finding.message, finding.severity)).collect()
        };
        assert_eq!(told(&found.introduced), ["new error", "own warning", "sterner error", "weaker error"]);
        assert_eq!(
            (told(&found.known), told(&found.mended)),
            (vec!["old error".into()], vec!["gone error".into()])
        );
        assert!(found.introduced[0].help.to_string().contains("those of the change accept it"));
    }

    fn told(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.message.as_str()).collect()
    }

    #[test]
    fn lines_do_not_matter_and_every_occurrence_counts() {
        let base =
            vec![finding("a", "x", "old", 1), finding("a", "x", "gone", 2), finding("a", "x", "kept", 3)];
        let head = vec![
            finding("a", "x", "old", 9),
            finding("a", "x", "old", 10),
            finding("a", "y", "old", 11),
            finding("b", "x", "old", 1),
        ];
        let accepted = [finding("a", "x", "kept", 3)];
        let head = HeadFindings { own: head, accepted: accepted.to_vec(), ..HeadFindings::default() };
        let found = compare(base, head, &same);
        assert_eq!(told(&found.known), ["old"]);
        assert_eq!(found.introduced.len(), 3);
        assert_eq!(told(&found.mended), ["gone"]);
    }

    #[test]
    fn one_wrong_value_in_place_of_another_is_introduced() {
        let found = |value: &str| vec![finding("a", "x", &format!("{value} is not one of a, b"), 1)];
        assert_eq!(compare(found("pipeline 1"), own(found("pipeline 2")), &same).introduced.len(), 1);
    }

    #[test]
    fn a_renamed_item_keeps_its_findings() {
        let renamed = |key: &Key, _| (key.as_str() == "a").then(|| "b".parse().expect("a key"));
        let found =
            compare(vec![finding("a", "x", "old", 1)], own(vec![finding("b", "x", "old", 1)]), &renamed);
        assert_eq!((found.known.len(), found.introduced.len(), found.mended.len()), (1, 0, 0));
    }

    #[test]
    fn what_belongs_to_no_item_is_known_by_its_file() {
        let stray = |file: &str| Finding::new(Rule::StrayFile, file, "stray", "");
        let found = compare(vec![stray("a.txt")], own(vec![stray("a.txt"), stray("b.txt")]), &same);
        assert_eq!(found.introduced, [stray("b.txt")]);
        assert_eq!(Known::new([stray("a.txt")].iter()).news(&[&stray("a.txt"), &stray("b.txt")]), 1);
    }
}
