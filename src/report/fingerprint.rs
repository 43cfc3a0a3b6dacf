//! A name for each finding that stays while lines move and messages change.
//!
//! Services that compare two runs need it: what makes a finding the same finding is its rule, its
//! file and its value's path; equal ones are told apart by their order.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use super::remark::Remark;
use crate::model::Finding;

/// What makes a finding the same finding in two runs.
pub(super) struct Fingerprint {
    hash: String,
    /// The how many-th of its equals it is, from 1.
    pub(super) occurrence: usize,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.hash, self.occurrence)
    }
}

/// The fingerprints of `findings`, in their order; no two are equal.
pub(super) fn fingerprints(findings: &[Finding]) -> Vec<Fingerprint> {
    let mut seen = BTreeMap::new();
    let mut fingerprint = |finding: &Finding| {
        let hash = hash(finding);
        let occurrence = *seen.entry(hash.clone()).and_modify(|n| *n += 1).or_insert(1);
        Fingerprint { hash, occurrence }
    };
    findings.iter().map(&mut fingerprint).collect()
}

/// The fingerprints of what a review accepts or cannot compare: by what is said.
pub(super) fn remark_fingerprints(remarks: &[Remark]) -> impl Iterator<Item = String> {
    remarks.iter().map(|Remark { name, file, text }| digest(&format!("{name}\0{file}\0{text}")))
}

fn hash(finding: &Finding) -> String {
    let environment = finding.environment.map_or("", |environment| environment.name());
    let path = finding.path.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = [finding.rule.id(), &finding.file, environment, &path].join("\0");
    digest(&name)
}

fn digest(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Rule;

    #[test]
    fn fingerprints_stay_and_differ() {
        let finding = |file: &str, message: &str| Finding::new(Rule::Schema, file, message, "");
        let names = |findings: &[Finding]| -> Vec<String> {
            fingerprints(findings).iter().map(ToString::to_string).collect()
        };
        let before = names(&[finding("a.yaml", "5 is too much"), finding("a.yaml", "x"), finding("b", "")]);
        let after = names(&[finding("a.yaml", "6 is too much"), finding("a.yaml", "y"), finding("b", "")]);
        assert_eq!(before, after);
        // Written down, because a change would make every open alert of every user a new one.
        assert_eq!(before[0], "673b487e8e1c4b956fb3bcfd7dcc7c0c:1");
        assert_eq!(before[0].replace(":1", ":2"), before[1]);
        assert_ne!(before[0], before[2]);
    }
}
