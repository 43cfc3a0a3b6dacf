//! Which files go together, and which of them are an environment's.

use std::collections::{BTreeMap, BTreeSet};

use super::super::plan::root_of;
use super::marker::{Marker, Meaning, Vocabulary, marker};
use crate::formats::read::{below, file_name, key_for};
use crate::model::{Environment, InvalidKey, Key};

/// What a file is in a repository that keeps environments apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An environment's.
    Item { environment: Environment, word: String, key: Result<Key, InvalidKey> },
    /// What this item begins from in all environments.
    Base(Key),
    /// What environments begin from, though none has an item of that name.
    BaseAlone,
    /// That of an environment that terrace does not know.
    Unknown(String),
    /// That of a word that is left alone.
    LeftWord(String),
    /// It names an environment, and nothing beside it names another.
    Alone(Environment),
    /// It names none.
    Plain,
}

/// The words that were given, besides those that are known.
pub(super) struct Words<'a> {
    /// What each word stands for, in lower case.
    pub(super) known: &'a BTreeMap<String, Environment>,
    /// Those that were given for this run.
    pub(super) given: &'a BTreeMap<String, Environment>,
    /// Those to leave alone.
    pub(super) left: &'a BTreeSet<String>,
}

impl Vocabulary for Words<'_> {
    fn environment(&self, word: &str) -> Option<Environment> {
        self.given.get(word).or_else(|| self.known.get(word)).copied()
    }
}

#[derive(Default)]
struct Family {
    environments: BTreeSet<Environment>,
    words: BTreeSet<String>,
    has_other: bool,
}

/// What each file is.
pub(super) fn roles(files: &[&str], roots: &[String], words: &Words<'_>) -> BTreeMap<String, Role> {
    let marked: Vec<(&str, Option<Marker>)> = files.iter().map(|file| (*file, marker(file, words))).collect();
    let plain: BTreeSet<&str> =
        marked.iter().filter(|(_, marker)| marker.is_none()).map(|(file, _)| *file).collect();
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for marker in marked.iter().filter_map(|(_, marker)| marker.as_ref()) {
        let family = families.entry(&marker.family).or_default();
        family.words.insert(marker.word.clone());
        match &marker.meaning {
            Meaning::Environment(environment) if !words.left.contains(&marker.word) => {
                family.environments.insert(*environment);
            }
            Meaning::Environment(_) | Meaning::Base | Meaning::Unknown(_) => family.has_other = true,
        }
        family.has_other |= plain.contains(marker.rest.as_str());
    }
    let is_apart = |marker: &Marker| {
        families.get(marker.family.as_str()).is_some_and(|family| {
            let count = family.environments.len();
            let is_given = family.words.iter().any(|word| words.given.contains_key(word));
            count > 1 || count == 1 && (family.has_other || is_given)
        })
    };
    let mut roles = BTreeMap::new();
    let mut keys = BTreeSet::new();
    for (file, marker) in &marked {
        let role = match marker {
            None => Role::Plain,
            Some(marker) if words.left.contains(&marker.word) => Role::LeftWord(marker.word.clone()),
            Some(marker) => match (&marker.meaning, is_apart(marker)) {
                (Meaning::Environment(environment), true) => {
                    let key = key(roots, file, marker);
                    keys.extend(key.iter().cloned());
                    Role::Item { environment: *environment, word: marker.word.clone(), key }
                }
                (Meaning::Environment(environment), false) => Role::Alone(*environment),
                (Meaning::Base, _) => Role::BaseAlone,
                (Meaning::Unknown(word), true) => Role::Unknown(word.clone()),
                (Meaning::Unknown(_), false) => Role::Plain,
            },
        };
        roles.insert((*file).to_owned(), role);
    }
    for (file, marker) in &marked {
        let Some(role) = roles.get_mut(*file) else { continue };
        let key = match (&role, marker) {
            (Role::BaseAlone, Some(marker)) => key(roots, file, marker),
            (Role::Plain, _) => key_for(root_of(roots, file), file),
            _ => continue,
        };
        if let Some(key) = key.ok().filter(|key| keys.contains(key)) {
            *role = Role::Base(key);
        }
    }
    roles
}

/// Folders that hold environments and say nothing of what is configured.
const CONTAINERS: [&str; 12] = [
    "conf",
    "config",
    "configs",
    "configuration",
    "env",
    "environment",
    "environments",
    "envs",
    "overlays",
    "settings",
    "stages",
    "values",
];

/// The key of the item that a file becomes: its path below what was named, without the environment.
fn key(roots: &[String], file: &str, marker: &Marker) -> Result<Key, InvalidKey> {
    let root = root_of(roots, file);
    let root = if root == file { folder(file) } else { root.trim_end_matches('/') };
    let root = if root == "." { "" } else { root };
    let rest = match &marker.container {
        Some(container) => without_container(root, container, &marker.rest),
        None => below(root, &marker.rest).unwrap_or(&marker.rest).to_owned(),
    };
    let name = file_name(&rest);
    if name.starts_with('.') && !name.starts_with(".env") {
        // The name was the word alone; what is above it names the item.
        let above = folder(&rest);
        let above = if above.is_empty() { file_name(root) } else { above };
        return above.parse();
    }
    key_for("", &rest)
}

fn without_container(root: &str, container: &str, rest: &str) -> String {
    if let Some(within) = below(container, root).filter(|within| container != root && !within.is_empty()) {
        // The environment's folder, or one in it, was named.
        let after = below(container, rest).unwrap_or(rest);
        let inner = within.split_once('/').map_or("", |(_, inner)| inner);
        return below(inner, after).unwrap_or(after).to_owned();
    }
    let rest = below(root, rest).unwrap_or(rest);
    let Some(within) = below(root, container).filter(|_| container != root) else {
        return rest.to_owned();
    };
    let last = file_name(within);
    let is_container = CONTAINERS.contains(&last.to_lowercase().as_str());
    match rest.strip_prefix(within).filter(|_| is_container) {
        Some(after) => {
            let above = folder(within);
            let after = after.trim_start_matches('/');
            if above.is_empty() { after.to_owned() } else { format!("{above}/{after}") }
        }
        None => rest.to_owned(),
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &str, roots: &str, given: &str, left: &str) -> String {
        let known = Environment::ALL.into_iter().flat_map(|environment| {
            environment.words().iter().map(move |word| ((*word).to_owned(), environment))
        });
        let known: BTreeMap<String, Environment> = known.collect();
        let given = given.split_whitespace().filter_map(|pair| pair.split_once('='));
        let given: BTreeMap<String, Environment> =
            given.map(|(word, name)| (word.to_owned(), name.parse().expect("an environment"))).collect();
        let left: BTreeSet<String> = left.split_whitespace().map(str::to_owned).collect();
        let roots: Vec<String> = roots.split_whitespace().map(str::to_owned).collect();
        let roots = if roots.is_empty() { vec![String::new()] } else { roots };
        let files: Vec<&str> = files.split_whitespace().collect();
        let words = Words { known: &known, given: &given, left: &left };
        let roles = roles(&files, &roots, &words);
        let one = |(_, role): (&String, &Role)| match role {
            Role::Item { environment, key, .. } => {
                format!(
                    "{}:{}",
                    environment.name().get(..1).unwrap_or_default(),
                    key.as_ref().map_or("?", Key::as_str)
                )
            }
            Role::Base(key) => format!("base:{key}"),
            Role::BaseAlone => "base".to_owned(),
            Role::Unknown(word) => format!("?{word}"),
            Role::LeftWord(word) => format!("-{word}"),
            Role::Alone(_) => "alone".to_owned(),
            Role::Plain => "plain".to_owned(),
        };
        roles.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn files_of_one_item_get_one_key() {
        for (files, roots, expected) in [
            ("config/dev/app.yaml config/prod/app.yaml config/stage/app.yaml", "", "d:app p:app s:app"),
            ("config/dev/app.yaml config/prod/a/b.yaml", "config", "d:app p:a/b"),
            (
                "helm/values-dev.yaml helm/values-prod.yaml helm/values.yaml",
                "",
                "d:helm/values p:helm/values base:helm/values",
            ),
            (
                "helm/values-dev.yaml helm/values-prod.yaml helm/values.yaml",
                "helm",
                "d:values p:values base:values",
            ),
            (
                "appsettings.Development.json appsettings.Production.json appsettings.json",
                "",
                "d:appsettings p:appsettings base:appsettings",
            ),
            ("application-prod.yml application.yml", "", "p:application base:application"),
            (".env .env.production .env.staging", "", "base:env p:env s:env"),
            (
                "hieradata_aws/production.yaml hieradata_aws/staging.yaml",
                "",
                "p:hieradata_aws s:hieradata_aws",
            ),
            (
                "hieradata_aws/production.yaml hieradata_aws/staging.yaml",
                "hieradata_aws",
                "p:hieradata_aws s:hieradata_aws",
            ),
            (
                "config/default.json config/production.json config/custom.json",
                "config",
                "plain base:config p:config",
            ),
            (
                "d/base/app.yaml d/overlays/prod/app.yaml d/overlays/staging/app.yaml",
                "",
                "base:d/app p:d/app s:d/app",
            ),
            (
                "apps/base/podinfo/r.yaml apps/production/v.yaml apps/staging/v.yaml",
                "",
                "base p:apps/v s:apps/v",
            ),
            ("bosh/scaling-development.yml bosh/scaling-production.yml", "", "d:bosh/scaling p:bosh/scaling"),
            ("config/dev/x.yaml config/prod/x.yaml", "config/dev config/prod", "d:x p:x"),
            // One environment alone says nothing of the others.
            ("config/prod-tools.yaml config/x.yaml", "", "alone plain"),
            ("docs/qa.yaml a.yaml", "", "plain plain"),
        ] {
            assert_eq!(told(files, roots, "", ""), expected, "{files}");
        }
    }

    #[test]
    fn unknown_words_are_asked_about_given_or_left() {
        let files = "h/values-dev.yaml h/values-preprod.yaml h/values-prod.yaml";
        for (given, left, expected) in [
            ("", "", "d:h/values ?preprod p:h/values"),
            ("preprod=staging", "", "d:h/values s:h/values p:h/values"),
            ("", "preprod", "d:h/values -preprod p:h/values"),
            ("", "preprod dev", "-dev -preprod p:h/values"),
        ] {
            assert_eq!(told(files, "", given, left), expected, "{given} {left}");
        }
        assert_eq!(told("a/eu1/x.yaml a/us1/x.yaml", "", "eu1=production", ""), "p:a/x plain");
    }
}
