//! Where a path says whose a file is: a folder that is an environment's word, or a word at either
//! end of a file's name.

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
    /// the path with `*` for the word.
    pub(super) family: String,
    /// The folders above the environment's, where a folder names it.
    pub(super) container: Option<String>,
    /// The path without the word.
    pub(super) rest: String,
}

/// Words for what all environments begin from.
const BASES: [&str; 8] = ["base", "_base", "common", "default", "defaults", "global", "shared", "all"];

/// Words by which people call environments that terrace does not have.
const UNKNOWN: [&str; 24] = [
    "acc",
    "acceptance",
    "canary",
    "ci",
    "demo",
    "e2e",
    "int",
    "integration",
    "load",
    "local",
    "nonprod",
    "perf",
    "performance",
    "preprod",
    "preproduction",
    "preview",
    "qa",
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
    })
}

fn by_name(path: &str, vocabulary: &dyn Vocabulary) -> Option<Marker> {
    let name = file_name(path);
    let folder = path.get(..path.len() - name.len())?;
    Format::of(name)?;
    // The words of `.env.production` follow the format's name, all others go before it.
    let (head, stem, tail) = match name.strip_prefix(".env.") {
        Some(rest) => (".env.", rest, ""),
        None => {
            let dot = name.rfind('.')?;
            ("", name.get(..dot)?, name.get(dot..)?)
        }
    };
    let pieces = pieces(stem);
    let first = pieces.first()?;
    let last = pieces.last()?;
    let (span, meaning) = [last, first]
        .into_iter()
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
        family: format!("{folder}{head}{before}*{after}{tail}"),
        rest: format!("{folder}{rest}"),
        container: None,
    })
}

const SEPARATORS: [char; 3] = ['.', '-', '_'];

/// The words of a name; `pre-prod` is one.
fn pieces(stem: &str) -> Vec<std::ops::Range<usize>> {
    let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
    let mut at = 0;
    for piece in stem.split(SEPARATORS) {
        let span = at..at + piece.len();
        at = span.end + 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Own;

    impl Vocabulary for Own {
        fn environment(&self, word: &str) -> Option<Environment> {
            Environment::ALL.into_iter().find(|environment| environment.words().contains(&word))
        }
    }

    #[test]
    fn paths_say_whose_a_file_is() {
        for (path, word, family, rest) in [
            ("config/dev/app.yaml", "dev", "config/*/", "config/app.yaml"),
            ("environments/prod/a/b.yaml", "prod", "environments/*/", "environments/a/b.yaml"),
            ("apps/base/podinfo/release.yaml", "base", "apps/*/", "apps/podinfo/release.yaml"),
            ("prod/values-prod.yaml", "prod", "*/", "values.yaml"),
            ("prod/values-dev.yaml", "prod", "*/", "values-dev.yaml"),
            ("base/values-dev.yaml", "dev", "base/values-*.yaml", "base/values.yaml"),
            ("helm/values-prod.yaml", "prod", "helm/values-*.yaml", "helm/values.yaml"),
            ("helm/values.prod.yaml", "prod", "helm/values.*.yaml", "helm/values.yaml"),
            ("appsettings.Production.json", "production", "appsettings.*.json", "appsettings.json"),
            ("scaling-production.yml", "production", "scaling-*.yml", "scaling.yml"),
            (".env.production", "production", ".env.*", ".env"),
            ("hiera/production.yaml", "production", "hiera/*.yaml", "hiera/.yaml"),
            ("config/default.json", "default", "config/*.json", "config/.json"),
            ("prod-values.yaml", "prod", "*-values.yaml", "values.yaml"),
            ("values-preprod.yaml", "preprod", "values-*.yaml", "values.yaml"),
            ("values-pre-prod.yaml", "pre-prod", "values-*.yaml", "values.yaml"),
            ("values-non_prod.yaml", "non_prod", "values-*.yaml", "values.yaml"),
        ] {
            let found = marker(path, &Own).expect(path);
            assert_eq!((&*found.word, &*found.family, &*found.rest), (word, family, rest), "{path}");
        }
        for path in ["values.yaml", "products.yaml", "backstage/app.yaml", "my-prod-app.yaml", "prod.txt"] {
            assert_eq!(marker(path, &Own), None, "{path}");
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
