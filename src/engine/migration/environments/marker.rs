//! Where a path says whose a file is: a folder that is an environment's word, or a word at either
//! end of a file's name.

use std::collections::BTreeMap;

use crate::formats::read::{Format, file_name};
use crate::model::Environment;

/// What a word of a path stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    /// An environment.
    Environment(Environment),
    /// What all environments begin from.
    Base,
    /// An environment that terrace does not know, in lower case.
    Unknown(String),
}

/// The word of a path that says whose the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// The word, in lower case.
    pub(super) word: String,
    /// What it stands for.
    pub(super) meaning: Meaning,
    /// The files that go together with this one: the folder that holds the environments' folders, or
    /// the path with `*` for the word, without what tells the format.
    pub(super) family: String,
    /// The folders above the environment's, where a folder names it.
    pub(super) container: Option<String>,
    /// The path without the word.
    pub(super) rest: String,
    /// Another environment that the last word of the name says, where a folder says this one.
    pub(super) also: Option<Environment>,
}

/// Words for what all environments begin from.
const BASES: [&str; 8] = ["base", "_base", "common", "default", "defaults", "global", "shared", "all"];

/// Words by which people call environments, of which nobody but they can say whose they are.
const UNKNOWN: [&str; 30] = [
    "acc",
    "acceptance",
    "canary",
    "ci",
    "demo",
    "devel",
    "develop",
    "e2e",
    "int",
    "integration",
    "live",
    "load",
    "local",
    "nonprod",
    "perf",
    "performance",
    "prd",
    "pre",
    "preprod",
    "preproduction",
    "preview",
    "qa",
    "release",
    "sandbox",
    "sit",
    "test",
    "testing",
    "training",
    "uat",
    "dr",
];

/// What single words stand for.
pub(super) trait Vocabulary {
    /// The environment that a lower-case word stands for.
    fn environment(&self, word: &str) -> Option<Environment>;
}

/// The unknown word that is a folder of `path`, or the last word of its name.
pub(super) fn unknown_word(path: &str, vocabulary: &dyn Vocabulary) -> Option<String> {
    let unknown = |word: &str| match meaning(vocabulary, word) {
        Some(Meaning::Unknown(word)) => Some(word),
        Some(Meaning::Environment(_) | Meaning::Base) | None => None,
    };
    let mut folders = path.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
    folders.find_map(unknown).or_else(|| {
        let name = Name::of(path)?;
        let last = name.pieces.last().filter(|span| !name.says_something_else(span))?;
        unknown(name.stem.get(last.clone())?)
    })
}

impl Vocabulary for BTreeMap<Environment, Vec<String>> {
    fn environment(&self, word: &str) -> Option<Environment> {
        let is_one = |words: &Vec<String>| words.iter().any(|known| known.to_lowercase() == word);
        self.iter().find(|(_, words)| is_one(words)).map(|(environment, _)| *environment)
    }
}

fn meaning(vocabulary: &dyn Vocabulary, word: &str) -> Option<Meaning> {
    let lower = word.to_lowercase();
    if let Some(environment) = vocabulary.environment(&lower) {
        return Some(Meaning::Environment(environment));
    }
    if BASES.contains(&lower.as_str()) {
        return Some(Meaning::Base);
    }
    let joined: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    UNKNOWN.contains(&joined.as_str()).then_some(Meaning::Unknown(lower))
}

/// The word of `path` that says whose the file is: a folder before the file's name.
pub(super) fn marker(path: &str, vocabulary: &dyn Vocabulary) -> Option<Marker> {
    by_folder(path, vocabulary).or_else(|| by_name(path, vocabulary))
}

fn by_folder(path: &str, vocabulary: &dyn Vocabulary) -> Option<Marker> {
    let names: Vec<&str> = path.split('/').collect();
    let folders = names.get(..names.len().saturating_sub(1))?;
    // An environment before a layer: `base/production/x.yaml` is production's.
    let found = |is_meant: &dyn Fn(&Meaning) -> bool| {
        let mut meanings =
            folders.iter().enumerate().filter_map(|(at, name)| Some((at, meaning(vocabulary, name)?)));
        meanings.find(|(_, meaning)| is_meant(meaning))
    };
    let is_environment = |meaning: &Meaning| matches!(meaning, Meaning::Environment(_));
    let (at, meaning) = found(&is_environment).or_else(|| {
        // A layer's folder may hold files that name environments.
        by_name(path, vocabulary)
            .is_none_or(|marker| !is_environment(&marker.meaning))
            .then(|| found(&|_| true))?
    })?;
    let (before, after) = (names.get(..at)?.join("/"), names.get(at + 1..)?.join("/"));
    let also = match (&meaning, environment_at_end(&after, vocabulary)) {
        (Meaning::Environment(one), Some(other)) if *one != other => Some(other),
        _ => None,
    };
    // `production/values-production.yaml` says it twice.
    let after = match by_name(&after, vocabulary) {
        Some(again) if again.meaning == meaning && is_environment(&meaning) => again.rest,
        _ => after,
    };
    let above = if before.is_empty() { String::new() } else { format!("{before}/") };
    Some(Marker {
        word: names.get(at)?.to_lowercase(),
        meaning,
        family: format!("{above}*/"),
        rest: format!("{above}{after}"),
        container: Some(before),
        also,
    })
}

/// The environment that the last word of a file's name stands for.
fn environment_at_end(path: &str, vocabulary: &dyn Vocabulary) -> Option<Environment> {
    let name = Name::of(path)?;
    vocabulary.environment(&name.stem.get(name.pieces.last()?.clone())?.to_lowercase())
}

/// A file's name in its parts.
struct Name<'a> {
    /// `.env.`, where the format's name comes first.
    head: &'a str,
    stem: &'a str,
    /// The words of the stem.
    pieces: Vec<std::ops::Range<usize>>,
}

impl<'a> Name<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let name = file_name(path);
        Format::of(name)?;
        // The words of `.env.production` follow the format's name, all others go before it.
        let (head, stem) = match name.strip_prefix(".env.") {
            Some(rest) => (".env.", rest),
            None => ("", name.get(..name.rfind('.')?)?),
        };
        Some(Self { head, stem, pieces: pieces(stem) })
    }

    /// `release.yaml` is what is released, and `values-release.yaml` is for a release.
    fn says_something_else(&self, span: &std::ops::Range<usize>) -> bool {
        span.len() == self.stem.len() && self.stem.eq_ignore_ascii_case("release")
    }
}

fn by_name(path: &str, vocabulary: &dyn Vocabulary) -> Option<Marker> {
    let file = file_name(path);
    let folder = path.get(..path.len() - file.len())?;
    let name = Name::of(path)?;
    let Name { head, stem, .. } = name;
    let tail = file.get(head.len() + stem.len()..)?;
    let ends = [name.pieces.last()?, name.pieces.first()?];
    let (span, meaning) = ends
        .into_iter()
        .filter(|span| !name.says_something_else(span))
        .find_map(|span| Some((span.clone(), meaning(vocabulary, stem.get(span.clone())?)?)))?;
    let word = stem.get(span.clone())?;
    let (before, after) = (stem.get(..span.start)?, stem.get(span.end..)?);
    let (short_before, short_after) = if before.is_empty() {
        (before, after.trim_start_matches(SEPARATORS))
    } else {
        (before.trim_end_matches(SEPARATORS), after)
    };
    let left = format!("{short_before}{short_after}");
    let rest = match (head, left.is_empty()) {
        (".env.", true) => ".env".to_owned(),
        _ => format!("{head}{left}{tail}"),
    };
    Some(Marker {
        word: word.to_lowercase(),
        meaning,
        // One environment may write as JSON what another writes as YAML.
        family: format!("{folder}{head}{before}*{after}"),
        rest: format!("{folder}{rest}"),
        container: None,
        also: None,
    })
}

const SEPARATORS: [char; 3] = ['.', '-', '_'];

/// The words of a name, `configProd` has two; `pre-prod` is one.
fn pieces(stem: &str) -> Vec<std::ops::Range<usize>> {
    let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
    for span in words(stem) {
        let before = pieces.last().and_then(|before| stem.get(before.clone())).map(str::to_lowercase);
        match pieces.last_mut() {
            Some(last) if before.is_some_and(|word| ["pre", "non", "not"].contains(&word.as_str())) => {
                last.end = span.end;
            }
            _ => pieces.push(span),
        }
    }
    pieces
}

/// The words of a text, parted by separators and where a capital follows a small letter.
fn words(stem: &str) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let (mut start, mut was_small) = (0, false);
    for (at, c) in stem.char_indices() {
        if SEPARATORS.contains(&c) {
            words.push(start..at);
            start = at + c.len_utf8();
        } else if c.is_uppercase() && was_small {
            words.push(start..at);
            start = at;
        }
        was_small = c.is_lowercase();
    }
    words.push(start..stem.len());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Own;

    impl Vocabulary for Own {
        fn environment(&self, word: &str) -> Option<Environment> {
            Environment::called(word)
        }
    }

    #[test]
    fn paths_say_whose_a_file_is() {
        for (path, word, family, rest) in [
            ("config/dev/app.yaml", "dev", "config/*/", "config/app.yaml"),
            ("c/configProd.yaml", "prod", "c/config*", "c/config.yaml"),
            ("c/stagingSettings.json", "staging", "c/*Settings", "c/Settings.json"),
            ("environments/prod/a/b.yaml", "prod", "environments/*/", "environments/a/b.yaml"),
            ("apps/base/podinfo/release.yaml", "base", "apps/*/", "apps/podinfo/release.yaml"),
            ("prod/values-prod.yaml", "prod", "*/", "values.yaml"),
            ("prod/values-dev.yaml", "prod", "*/", "values-dev.yaml"),
            ("base/values-dev.yaml", "dev", "base/values-*", "base/values.yaml"),
            ("helm/values-prod.yaml", "prod", "helm/values-*", "helm/values.yaml"),
            ("helm/values.prod.yaml", "prod", "helm/values.*", "helm/values.yaml"),
            ("appsettings.Production.json", "production", "appsettings.*", "appsettings.json"),
            ("scaling-production.yml", "production", "scaling-*", "scaling.yml"),
            (".env.production", "production", ".env.*", ".env"),
            ("hiera/production.yaml", "production", "hiera/*", "hiera/.yaml"),
            ("config/default.json", "default", "config/*", "config/.json"),
            ("prod-values.yaml", "prod", "*-values", "values.yaml"),
            ("values-preprod.yaml", "preprod", "values-*", "values.yaml"),
            ("values-pre-prod.yaml", "pre-prod", "values-*", "values.yaml"),
            ("values-non_prod.yaml", "non_prod", "values-*", "values.yaml"),
        ] {
            let found = marker(path, &Own).expect(path);
            assert_eq!((&*found.word, &*found.family, &*found.rest), (word, family, rest), "{path}");
        }
        for path in ["values.yaml", "products.yaml", "backstage/app.yaml", "my-prod-app.yaml", "prod.txt"] {
            assert_eq!(marker(path, &Own), None, "{path}");
        }
    }

    #[test]
    fn a_folder_and_the_end_of_a_name_may_disagree() {
        for (path, also) in [
            ("config/prod/values-dev.yaml", Some(Environment::Development)),
            ("config/prod/dev.yaml", Some(Environment::Development)),
            ("config/dev/prod-tools.yaml", None),
            ("config/prod/values-prod.yaml", None),
            ("base/values-dev.yaml", None),
        ] {
            assert_eq!(marker(path, &Own).and_then(|marker| marker.also), also, "{path}");
        }
    }

    #[test]
    fn words_that_nobody_knows_stand_in_folders_and_at_the_end_of_names() {
        for (path, word) in [
            ("c/values-prd.yaml", "prd"),
            ("c/live/app.yaml", "live"),
            ("c/values.pre-prod.yaml", "pre-prod"),
            ("c/app-release.json", "release"),
            (".env.local", "local"),
            ("c/test.json", "test"),
        ] {
            assert_eq!(unknown_word(path, &Own).as_deref(), Some(word), "{path}");
        }
        for path in ["apps/podinfo/release.yaml", "c/local-cache.yaml", "c/load-balancer.yaml", ".env"] {
            assert_eq!(unknown_word(path, &Own), None, "{path}");
        }
    }

    #[test]
    fn what_comes_before_production_is_not_production() {
        for path in ["pre-prod/app.yaml", "app-pre-prod.yaml", "nonprod.yaml", "app-not-production.yaml"] {
            let meaning = marker(path, &Own).map(|marker| marker.meaning);
            assert!(!matches!(meaning, Some(Meaning::Environment(_))), "{path}: {meaning:?}");
        }
    }
}
