//! What the fuzz targets hold of any bytes, here of good files that were broken in a few places;
//! `PROPTEST_CASES` says of how many.

use std::collections::BTreeSet;

use proptest::prelude::{Strategy, any, prop, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

#[path = "../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "for the fuzz targets this is a crate")]
mod checks;
mod seeds;

pub(crate) use self::checks::{address, server};
pub(crate) use self::seeds::{ADDRESS, ADDRESSES};
use self::seeds::{
    BYTES, CACHES, DOTENVS, EDITS, FILES, HISTORIES, JSON, JSONS, KEYS, LETTERS, MERGES, PATCHES, PATHS,
    PATTERNS, PLANS, POLICIES, PROPERTIES, PROPERTY, STEPS, Seeds, TOML, TOMLS, VARIABLES, YAML,
};

/// A good file with a few places taken out, overwritten or filled with words of its format.
pub(crate) fn broken(seeds: Seeds, words: Seeds) -> impl Strategy<Value = Vec<u8>> {
    let new = prop_oneof![
        6 => select(words).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    let places = prop::collection::vec((any::<Index>(), 0_usize..6, new), 0..6);
    (select(seeds), places).prop_map(|(seed, places)| {
        let mut bytes = seed.to_vec();
        for (at, gone, new) in places {
            let at = at.index(bytes.len() + 1);
            let end = bytes.len().min(at + gone);
            bytes.splice(at..end, new);
        }
        bytes
    })
}

/// A check, good texts for it, and words that may break them.
type Target = (fn(&[u8]) -> bool, Seeds, Seeds);

const TARGETS: [(&str, Target); 15] = [
    ("cache", (checks::cache, CACHES, BYTES)),
    ("dotenv", (checks::dotenv, DOTENVS, VARIABLES)),
    ("edit", (checks::edit, EDITS, YAML)),
    ("history", (checks::history, HISTORIES, BYTES)),
    ("json", (checks::json, JSONS, JSON)),
    ("key", (checks::key, KEYS, LETTERS)),
    ("merge", (checks::merge, MERGES, YAML)),
    ("patch", (checks::patch, PATCHES, JSON)),
    ("path", (checks::path, PATHS, STEPS)),
    ("pattern", (checks::pattern, PATTERNS, STEPS)),
    ("plan", (checks::plan, PLANS, JSON)),
    ("policy", (checks::policy, POLICIES, TOML)),
    ("properties", (checks::properties, PROPERTIES, PROPERTY)),
    ("toml", (checks::toml, TOMLS, TOML)),
    ("yaml", (checks::yaml, FILES, YAML)),
];
#[test]
fn what_is_broken_here_was_good() {
    for (name, (check, seeds, _)) in TARGETS {
        for seed in seeds {
            assert!(check(seed), "{name}: {}", String::from_utf8_lossy(seed));
        }
    }
}

#[test]
fn every_check_is_a_target() {
    let targets = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/fuzz_targets"));
    let names = targets.expect("a folder").map(|file| {
        let file = file.expect("a file").file_name().into_string().expect("UTF-8");
        file.strip_suffix(".rs").expect("a source").to_owned()
    });
    let found: BTreeSet<String> = names.collect();
    let tried = TARGETS.iter().map(|(name, _)| (*name).to_owned()).chain(["address".to_owned()]);
    assert_eq!(found, tried.collect());
}

/// Puts broken texts to a check.
fn try_all(name: &str) {
    let (_, (check, seeds, words)) = TARGETS.iter().find(|(known, _)| *known == name).expect(name);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&broken(seeds, words), |bytes| {
        check(&bytes);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
}

/// A test for each check, so that they run beside each other.
macro_rules! any {
    ($($name:ident)*) => {
        mod any {
            $(#[test]
            fn $name() {
                super::try_all(stringify!($name));
            })*
        }
    };
}

any! { cache dotenv edit history json key merge patch path pattern plan policy properties toml yaml }
