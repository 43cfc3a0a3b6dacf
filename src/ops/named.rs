//! What is named is looked up: the part of a revision that some items need, so that nothing is listed
//! and read for the sake of the others.

use std::collections::BTreeSet;

use super::kept_files::recorded;
use super::workspace::{At, Workspace};
use crate::engine::configuration::Configuration;
use crate::engine::migration::RECORD;
use crate::engine::promotion::decision_places;
use crate::engine::snapshot::Snapshot;
use crate::model::{Environment, Hop, Key, Policy, Result, Revision, policy};

impl Workspace {
    /// The part of a revision that these items need, where it has them all (in `environment`, when one
    /// is given); else the whole of it, which says what there is instead. All of it without items.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn snapshot_of(
        &self,
        revision: &Revision,
        keys: &[Key],
        environment: Option<Environment>,
    ) -> Result<Snapshot> {
        let has = |snapshot: &Snapshot, key: &Key| {
            environment.map_or_else(|| snapshot.has_key(key), |env| snapshot.item(key, env).is_some())
        };
        match self.part_of(revision, keys)?.filter(|part| keys.iter().all(|key| has(part, key))) {
            Some(part) => Ok(part),
            None => self.repository.snapshot(revision),
        }
    }

    /// The part of a revision that these items need, where it has each in some environment and only
    /// they are needed.
    pub(super) fn part_of(&self, revision: &Revision, keys: &[Key]) -> Result<Option<Snapshot>> {
        let part = if keys.is_empty() { None } else { self.part(revision, keys)? };
        Ok(part.filter(|part| keys.iter().all(|key| part.has_key(key))))
    }

    /// The configuration that `at` means, as far as one item in an environment needs it.
    ///
    /// # Errors
    /// When it cannot be listed, there is none, or its policy is wrong.
    pub fn configuration_of(&self, at: &At, key: &Key, environment: Environment) -> Result<Configuration> {
        let snapshot = self.snapshot_of(&self.revision(at)?, std::slice::from_ref(key), Some(environment))?;
        self.require_configuration(&snapshot)?;
        Configuration::read(snapshot)
    }

    /// The part; `None` where that cannot be told: the policy cannot be read, or a schema lies, or may
    /// lead, outside `schemas/`.
    pub(super) fn part(&self, revision: &Revision, keys: &[Key]) -> Result<Option<Snapshot>> {
        let mut wanted = BTreeSet::from([policy::FILE.to_owned(), RECORD.to_owned()]);
        let head = self.repository.snapshot_of_paths(revision, &wanted)?;
        let kept = recorded(&head).into_iter().filter(|kept| keys.contains(&kept.key));
        wanted.extend(kept.map(|kept| kept.file));
        let Ok(head) = Configuration::read_to_judge(head) else { return Ok(None) };
        let mut mapped = keys.iter().flat_map(|key| head.policy().schemas_of(key));
        if mapped.any(|schema| !schema.file.starts_with("schemas/")) {
            return Ok(None);
        }
        wanted.extend(keys.iter().flat_map(|key| files(key, [head.policy()])));
        let part = self.repository.snapshot_of_paths(revision, &wanted)?;
        if !refers_to_others(&part) {
            return Ok(Some(part));
        }
        wanted.insert("schemas/".to_owned());
        let part = self.repository.snapshot_of_paths(revision, &wanted)?;
        let is_inside = !name_environments(&part);
        Ok(Some(part).filter(|_| is_inside))
    }
}

/// The files that judging an item under these policies needs.
pub(super) fn files<'p>(key: &Key, policies: impl IntoIterator<Item = &'p Policy>) -> Vec<String> {
    let mut files = vec![format!("schemas/{key}.schema.json")];
    for environment in Environment::ALL {
        files.push(key.file(environment));
        files.push(format!("schemas/{key}.{environment}.schema.json"));
        // An item of that name would own the overlay.
        let overlay: Option<Key> = format!("{key}.{environment}").parse().ok();
        files.extend(overlay.iter().flat_map(|key| Environment::ALL.map(|env| key.file(env))));
    }
    for hop in Hop::ALL {
        let [folder, before] = decision_places(key, hop.target());
        files.extend([format!("{folder}/"), before]);
    }
    let policies = policies.into_iter();
    let mapped = policies.flat_map(|policy| policy.schemas_of(key)).map(|schema| schema.file.clone());
    files.extend(mapped.filter(|file| file.starts_with("schemas/")));
    files
}

/// Whether a schema of a part refers to another file.
pub(super) fn refers_to_others(snapshot: &Snapshot) -> bool {
    texts_of_schemas(snapshot).any(|text| refers(&text))
}

/// Whether a text among the schemas names the folder of the items: what refers may lead there.
fn name_environments(snapshot: &Snapshot) -> bool {
    texts_of_schemas(snapshot).any(|text| text.contains("environments"))
}

/// Whether the schemas of a revision are files of `schemas/` alone.
pub(super) fn schemas_stay_inside(configuration: &Configuration) -> bool {
    let snapshot = configuration.snapshot();
    configuration.policy().schemas.iter().all(|schema| schema.file.starts_with("schemas/"))
        && !(refers_to_others(snapshot) && name_environments(snapshot))
}

fn texts_of_schemas(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let schemas = snapshot.files.keys().filter(|file| file.starts_with("schemas/"));
    let texts = schemas.filter_map(|file| snapshot.bytes(file));
    texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a schema's text has a reference that leads out of its file.
pub(super) fn refers(text: &str) -> bool {
    let after = |rest: &str| {
        let target = rest.trim_start().strip_prefix(':').map(str::trim_start);
        !target.is_some_and(|target| target.starts_with("\"#"))
    };
    ["\"$ref\"", "\"$dynamicRef\"", "\"$recursiveRef\""]
        .iter()
        .any(|word| text.split(word).skip(1).any(after))
}

#[cfg(test)]
mod tests {
    use super::refers;

    #[test]
    fn only_references_to_other_files_lead_out() {
        for (text, expected) in [
            (r##"{"$ref": "#/$defs/a"}"##, false),
            (r##"{"$ref" : "common.json#/a"}"##, true),
            (r##"{"$ref": "#a", "x": {"$ref":"b.json"}}"##, true),
            (r##"{"title": "$refs"}"##, false),
        ] {
            assert_eq!(refers(text), expected, "{text}");
        }
    }
}
