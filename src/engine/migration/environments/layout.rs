//! Which files go together, and which of them are an environment's.

use std::collections::{BTreeMap, BTreeSet};

use super::super::plan::root_of;
use super::marker::{Marker, Meaning, Vocabulary, marker, unknown_word};
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
    /// The same, where nothing beside it is a known environment's.
    Unsaid(String),
    /// That of a word that is left alone.
    LeftWord(String),
    /// It names an environment, and nothing beside it names another.
    Alone { environment: Environment, key: Result<Key, InvalidKey> },
    /// Its folder names one environment, and its name another.
    Both(Environment, Environment),
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

/// What is looked at.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// The files that may be taken.
    pub(super) files: &'a [&'a str],
    /// Those that were taken already, and say whose the files beside them are.
    pub(super) beside: &'a [&'a str],
    /// What was named.
    pub(super) roots: &'a [String],
    /// The configuration root.
    pub(super) prefix: &'a str,
}

/// What all files are.
pub(super) struct Roles {
    pub(super) of: BTreeMap<String, Role>,
    /// The environments of what was taken already and goes together with files that were not.
    pub(super) beside: BTreeSet<Environment>,
    /// All words that mark one of them.
    pub(super) words: BTreeSet<String>,
}

/// What each file is.
pub(super) fn roles(ground: Ground<'_>, words: &Words<'_>) -> Roles {
    let Ground { files, beside, roots, prefix } = ground;
    let mark = |file: &&'_ str| marker_below(prefix, file, words);
    let marked: Vec<(&str, Option<Marker>)> = files.iter().map(|file| (*file, mark(file))).collect();
    let others: Vec<Marker> = beside.iter().filter_map(mark).collect();
    let plain: BTreeSet<&str> = marked
        .iter()
        .filter(|(_, marker)| marker.is_none())
        .map(|(file, _)| without_extension(file))
        .collect();
    let own = format!("{prefix}environments/*/");
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for marker in marked.iter().filter_map(|(_, marker)| marker.as_ref()).chain(&others) {
        let family = families.entry(&marker.family).or_default();
        family.words.insert(marker.word.clone());
        match &marker.meaning {
            Meaning::Environment(environment) if !words.left.contains(&marker.word) => {
                family.environments.insert(*environment);
            }
            Meaning::Environment(_) | Meaning::Base | Meaning::Unknown(_) => family.has_other = true,
        }
        family.has_other |= plain.contains(without_extension(&marker.rest));
    }
    let is_apart = |marker: &Marker| {
        // What lies in `environments/` needs nothing beside it.
        marker.family == own
            || families.get(marker.family.as_str()).is_some_and(|family| {
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
                (Meaning::Environment(one), _) if let Some(other) = marker.also => Role::Both(*one, other),
                (Meaning::Environment(environment), true) => {
                    let key = key(ground, file, marker);
                    keys.extend(key.iter().cloned());
                    Role::Item { environment: *environment, word: marker.word.clone(), key }
                }
                (Meaning::Environment(environment), false) => {
                    Role::Alone { environment: *environment, key: key(ground, file, marker) }
                }
                (Meaning::Base, _) => Role::BaseAlone,
                (Meaning::Unknown(word), true) => Role::Unknown(word.clone()),
                (Meaning::Unknown(_), false) => {
                    unknown_word(file.strip_prefix(prefix).unwrap_or(file), words)
                        .map_or(Role::Plain, Role::Unsaid)
                }
            },
        };
        roles.insert((*file).to_owned(), role);
    }
    for (file, marker) in &marked {
        let Some(role) = roles.get_mut(*file) else { continue };
        let key = match (&role, marker) {
            (Role::BaseAlone, Some(marker)) => key(ground, file, marker),
            (Role::Plain, _) => key_for(root_of(roots, file), file),
            _ => continue,
        };
        if let Some(key) = key.ok().filter(|key| keys.contains(key)) {
            *role = Role::Base(key);
        }
    }
    let together: BTreeSet<&str> =
        marked.iter().filter_map(|(_, marker)| Some(marker.as_ref()?.family.as_str())).collect();
    let beside = others.iter().filter(|other| together.contains(other.family.as_str()));
    let beside = beside.filter_map(|other| match other.meaning {
        Meaning::Environment(environment) => Some(environment),
        Meaning::Base | Meaning::Unknown(_) => None,
    });
    let words = marked.iter().filter_map(|(_, marker)| marker.as_ref()).chain(&others);
    let words = words.map(|marker| marker.word.clone()).collect();
    Roles { beside: beside.collect(), of: roles, words }
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

/// What marks a file below the configuration root; what marks that itself only where nothing does.
fn marker_below(prefix: &str, file: &str, words: &Words<'_>) -> Option<Marker> {
    let found = file.strip_prefix(prefix).and_then(|below| marker(below, words));
    let within = |path: String| format!("{prefix}{path}");
    let found = found.map(|found| Marker {
        family: within(found.family),
        rest: within(found.rest),
        container: found.container.map(|container| within(container).trim_end_matches('/').to_owned()),
        ..found
    });
    found.or_else(|| marker(file, words))
}

/// A path without what tells the format; `.env` and what follows it belong to the name.
fn without_extension(path: &str) -> &str {
    let name = file_name(path);
    match name.rfind('.').filter(|at| *at > 0 && !name.starts_with(".env")) {
        Some(at) => path.get(..path.len() - name.len() + at).unwrap_or(path),
        None => path,
    }
}

/// The key of the item that a file becomes: its path below what was named, without the environment.
fn key(ground: Ground<'_>, file: &str, marker: &Marker) -> Result<Key, InvalidKey> {
    let own = format!("{}environments", ground.prefix);
    if let (true, Some(rest)) = (marker.container.as_ref() == Some(&own), below(&own, &marker.rest)) {
        return key_for("", rest);
    }
    let root = root_of(ground.roots, file);
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
        // `+` stands before what was taken already.
        let (beside, files): (Vec<&str>, Vec<&str>) =
            files.split_whitespace().partition(|file| file.starts_with('+'));
        let beside: Vec<&str> = beside.iter().map(|file| file.trim_start_matches('+')).collect();
        let words = Words { known: &known, given: &given, left: &left };
        let ground = Ground { files: &files, beside: &beside, roots: &roots, prefix: "" };
        let roles = roles(ground, &words).of;
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
            Role::Unsaid(word) => format!("~{word}"),
            Role::LeftWord(word) => format!("-{word}"),
            Role::Alone { .. } => "alone".to_owned(),
            Role::Both(..) => "both".to_owned(),
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
            // One environment writes as JSON what another writes as YAML.
            ("x-dev.yaml x-staging.json x-prod.toml", "", "d:x p:x s:x"),
            ("c/x-prod.json c/x.yaml", "c", "p:x base:x"),
            // What lies in `environments/` is an environment's, and what lies there already says it too.
            (
                "environments/dev/app.yaml +environments/staging/app.yaml environments/staging/b.yml",
                "",
                "d:app s:b",
            ),
            ("environments/dev/app.yaml environments/qa/app.yaml", "environments", "d:app ?qa"),
            ("c/v-stg.yaml +c/v-dev.yaml", "c", "s:v"),
            ("config/prod/values-dev.yaml config/dev/values.yaml", "", "d:values both"),
            ("v-uat.yaml v-prod.yaml", "", "p:v ?uat"),
            (
                "c/v-develop.yaml c/v-live.yaml c/v-prd.yaml c/v-pre.yaml c/v-prod.yaml c/v-stage.yaml",
                "c",
                "?develop ?live ?prd ?pre p:v s:v",
            ),
            // One environment alone says nothing of the others.
            ("config/prod-tools.yaml config/x.yaml", "", "alone plain"),
            ("docs/qa.yaml a.yaml load-balancer.yaml", "", "plain ~qa plain"),
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
