//! Which findings a change introduces, which were there, and which it mends.

use std::collections::BTreeMap;

use crate::model::{Environment, Finding, Key, Rule, ValuePath};

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
type Identity = (Rule, Option<Environment>, String, Option<ValuePath>, String);

/// The identity of a finding, its key as `renamed` says; what belongs to no item has its file.
fn identity(finding: &Finding, renamed: &dyn Fn(&Key, Environment) -> Option<Key>) -> Identity {
    let new_key = |key: &Key| {
        let new = finding.environment.and_then(|environment| renamed(key, environment));
        new.unwrap_or_else(|| key.clone()).to_string()
    };
    let name = finding.key.as_ref().map_or_else(|| finding.file.clone(), new_key);
    (finding.rule, finding.environment, name, finding.path.clone(), finding.message.clone())
}

/// Tells findings apart. `renamed` says what an item is called after the change; `accepted` are
/// findings of the head that a waiver accepts, which mends nothing.
#[must_use]
pub fn compare(
    base: Vec<Finding>,
    head: Vec<Finding>,
    accepted: &[Finding],
    renamed: &dyn Fn(&Key, Environment) -> Option<Key>,
) -> Compared {
    let same = |_: &Key, _: Environment| None;
    let mut before: BTreeMap<Identity, Vec<Finding>> = BTreeMap::new();
    for finding in base {
        before.entry(identity(&finding, renamed)).or_default().push(finding);
    }
    let mut out = Compared::default();
    for finding in head {
        match before.get_mut(&identity(&finding, &same)).and_then(Vec::pop) {
            Some(_) => out.known.push(finding),
            None => out.introduced.push(finding),
        }
    }
    for finding in accepted {
        before.get_mut(&identity(finding, &same)).and_then(Vec::pop);
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
            *known.entry(identity(finding, &|_, _| None)).or_default() += 1;
        }
        Self(known)
    }

    /// How many of `found` were not there before; the others are not known any more.
    pub(super) fn news(&mut self, found: &[&Finding]) -> usize {
        let is_new = |finding: &&&Finding| match self.0.get_mut(&identity(finding, &|_, _| None)) {
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
        let found = compare(base, head, &accepted, &|_, _| None);
        assert_eq!(told(&found.known), ["old"]);
        assert_eq!(found.introduced.len(), 3);
        assert_eq!(told(&found.mended), ["gone"]);
    }

    #[test]
    fn one_wrong_value_in_place_of_another_is_introduced() {
        let found = |value: &str| vec![finding("a", "x", &format!("{value} is not one of a, b"), 1)];
        assert_eq!(compare(found("pipeline 1"), found("pipeline 2"), &[], &|_, _| None).introduced.len(), 1);
    }

    #[test]
    fn a_renamed_item_keeps_its_findings() {
        let renamed = |key: &Key, _| (key.as_str() == "a").then(|| "b".parse().expect("a key"));
        let found =
            compare(vec![finding("a", "x", "old", 1)], vec![finding("b", "x", "old", 1)], &[], &renamed);
        assert_eq!((found.known.len(), found.introduced.len(), found.mended.len()), (1, 0, 0));
    }

    #[test]
    fn what_belongs_to_no_item_is_known_by_its_file() {
        let stray = |file: &str| Finding::new(Rule::StrayFile, file, "stray", "");
        let found = compare(vec![stray("a.txt")], vec![stray("a.txt"), stray("b.txt")], &[], &|_, _| None);
        assert_eq!(found.introduced, [stray("b.txt")]);
        assert_eq!(Known::new([stray("a.txt")].iter()).news(&[&stray("a.txt"), &stray("b.txt")]), 1);
    }
}
