//! Whose history goes on through a migration: asked of what judges histories afterwards, so that a plan
//! says nothing else than `log` will.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::moves::{Appeared, Gone, MOST_BYTES, find_moves};
use crate::engine::naming::Naming;
use crate::formats::read::Format;
use crate::model::{BlobId, Environment, Policy, Result};

/// One file that becomes an item.
pub(super) struct Step<'a> {
    /// The file, relative to the git root.
    pub(super) source: &'a str,
    /// The item's file, relative to the configuration root.
    pub(super) item: String,
    /// Whose the item is.
    pub(super) environment: Environment,
    /// The file's bytes.
    pub(super) before: &'a [u8],
    /// The item's bytes.
    pub(super) after: &'a [u8],
}

/// The commit that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Intended<'a> {
    /// The files with their bytes, as they were looked at, in the order of their paths.
    pub files: &'a [(String, Vec<u8>)],
    /// The configuration root relative to the git root.
    pub prefix: &'a str,
    /// Whether the files stay for old readers.
    pub keeps: bool,
    /// The policy as it is in that commit.
    pub policy: &'a Policy,
}

impl Intended<'_> {
    /// The bytes of a file.
    pub(super) fn bytes(&self, source: &str) -> &[u8] {
        let found = self.files.binary_search_by(|(file, _)| file.as_str().cmp(source)).ok();
        found.and_then(|at| self.files.get(at)).map_or(&[], |(_, bytes)| bytes)
    }

    /// The sources of items whose history goes on.
    pub(super) fn going_on(&self, steps: &[Step<'_>]) -> Result<BTreeSet<String>> {
        let mut contents: BTreeMap<&[u8], BlobId> = BTreeMap::new();
        for bytes in steps.iter().flat_map(|step| [step.before, step.after]) {
            let number = contents.len();
            contents.entry(bytes).or_insert_with(|| BlobId::new(number.to_string()));
        }
        let blob = |bytes: &[u8]| contents.get(bytes).cloned().unwrap_or_else(|| BlobId::new(String::new()));
        let appeared: Vec<Appeared> = steps
            .iter()
            .map(|step| Appeared {
                path: step.item.clone(),
                environment: step.environment,
                blob: blob(step.after),
            })
            .collect();
        let gone: Vec<Gone> = steps
            .iter()
            .map(|step| Gone {
                path: self.told(step.source),
                blob: blob(step.before),
                became: self.keeps.then(|| vec![step.item.clone()]),
            })
            .collect();
        let by_id: BTreeMap<&BlobId, &[u8]> = contents.iter().map(|(bytes, id)| (id, *bytes)).collect();
        let mut read = |id: &BlobId| {
            let found = by_id.get(id).filter(|bytes| bytes.len() <= MOST_BYTES);
            Ok(found.map(|bytes| bytes.to_vec()))
        };
        let moves = find_moves(&appeared, &gone, &Naming::new(self.policy), &mut read)?;
        let origins: BTreeMap<&str, &str> = moves
            .iter()
            .filter_map(|found| Some((found.to.as_str(), found.origin.as_ref()?.path.as_str())))
            .collect();
        let goes_on = |step: &&Step<'_>| {
            // Older versions of other formats are not read.
            let is_read = matches!(Format::of(step.source), Some(Format::Yaml | Format::Json));
            is_read && origins.get(step.item.as_str()) == Some(&self.told(step.source).as_str())
        };
        Ok(steps.iter().filter(goes_on).map(|step| step.source.to_owned()).collect())
    }

    /// The name in a history.
    fn told(&self, path: &str) -> String {
        match path.strip_prefix(self.prefix) {
            Some(below) if below.starts_with("environments/") => below.to_owned(),
            _ => format!("/{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_goes_on_where_the_move_will_be_found() {
        let policy = Policy::default();
        for (source, environment, before, after, keeps, expected) in [
            ("c/v-dev.yaml", Environment::Development, "a: 1\n", "a: 1\n", false, true),
            ("c/v.yaml", Environment::Production, "a: 1\n", "a: 1\n", false, true),
            ("staging-cluster/v.yaml", Environment::Production, "a: 1\n", "a: 1\n", false, false),
            ("v-staging.yaml", Environment::Production, "a: 1\n", "a: 1\n", true, false),
            ("environments/dev/v.yml", Environment::Development, "a: 1\n", "a: 1\n", false, true),
            ("v.json", Environment::Staging, "{\"a\": 1}", "a: 1\n", false, true),
            ("v.env", Environment::Staging, "A=1", "A: '1'\n", true, false),
        ] {
            let files = [(source.to_owned(), before.as_bytes().to_vec())];
            let intended = Intended { files: &files, prefix: "", keeps, policy: &policy };
            let step = Step {
                source,
                item: format!("environments/{environment}/v.yaml"),
                environment,
                before: before.as_bytes(),
                after: after.as_bytes(),
            };
            assert_eq!(intended.going_on(&[step]).expect("moves").contains(source), expected, "{source}");
        }
    }
}
