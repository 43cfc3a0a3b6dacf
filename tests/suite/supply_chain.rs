//! What Terrace is built from: crates of crates.io alone, under licences that ask for no more than a
//! notice, each in one version but for those listed, and each direct one with its reason in the guide.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Licences that may stand alone or as one choice of an `OR`.
const LICENCES: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that are there in more than one version, because crates that we use ask for different ones.
const DOUBLED: [&str; 8] =
    ["base64", "cpufeatures", "embedded-io", "getrandom", "r-efi", "similar", "syn", "windows-sys"];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

fn toml(path: &str) -> toml::Table {
    read(path).parse().expect(path)
}

/// Whether one of the choices of a licence expression is allowed; `AND` binds all of its parts.
fn is_allowed(expression: &str) -> bool {
    let words = expression.replace(['(', ')'], " ").replace('/', " OR ");
    words.split(" AND ").all(|part| part.split(" OR ").any(|licence| LICENCES.contains(&licence.trim())))
}

#[test]
fn licences_are_judged_by_their_choices() {
    for good in ["MIT", "MIT OR GPL-3.0", "Apache-2.0 / MIT", "(MIT OR X) AND Unicode-3.0"] {
        assert!(is_allowed(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND X"] {
        assert!(!is_allowed(bad), "{bad}");
    }
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["metadata", "--offline", "--locked", "--format-version=1", "--features=client"]);
    // Crates of other systems are not there when nothing may be downloaded.
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = command.arg(format!("--filter-platform={host}")).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "only {} crates", packages.len());
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence), "{} is under {licence:?}", package["name"]);
    }
}

#[test]
fn every_crate_is_of_the_registry_and_there_once() {
    let lock = toml("Cargo.lock");
    let mut versions = BTreeMap::<&str, usize>::new();
    for package in lock["package"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        *versions.entry(name).or_default() += 1;
        if name != "terrace" {
            let source = package.get("source").and_then(|source| source.as_str()).unwrap_or_default();
            assert!(source.starts_with("registry+"), "{name} comes from {source:?}");
            assert!(package.get("checksum").is_some(), "{name} has no checksum");
        }
    }
    let doubled: Vec<_> =
        versions.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect();
    assert_eq!(doubled, DOUBLED, "crates in more than one version");
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let manifest = toml("Cargo.toml");
    let unix = &manifest["target"]["cfg(unix)"];
    let tables = [&manifest["dependencies"], &unix["dependencies"]];
    let wanted: BTreeSet<_> = tables
        .iter()
        .flat_map(|table| table.as_table().expect("a table").keys().map(String::as_str))
        .collect();
    let page = read("src/guide/security.md");
    let rows: Vec<_> = page
        .lines()
        .filter_map(|line| {
            let (name, reason) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((name, reason.trim_end_matches(['|', ' '])))
        })
        .collect();
    let listed: BTreeSet<_> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, wanted, "the table of src/guide/security.md and Cargo.toml");
    assert_eq!(listed.len(), rows.len(), "a crate is listed twice");
    assert!(rows.iter().all(|(_, reason)| !reason.is_empty()), "a crate without a reason");
}

#[test]
fn our_own_code_is_safe() {
    let manifest = toml("Cargo.toml");
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
}
