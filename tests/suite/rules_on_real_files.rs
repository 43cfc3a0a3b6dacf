//! The rules on real configuration: what they say of nine sets of public files, each finding of
//! which was looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use terrace::engine::configuration::Configuration;
use terrace::engine::rules::{CheckInput, CheckReport, check};
use terrace::engine::snapshot::{FileEntry, FileKind, Snapshot, Source};
use terrace::model::{BlobId, Error, Policy, Result, Revision, Rule};

use crate::fixtures;

/// Files by their path relative to the git root.
type Files = BTreeMap<String, Vec<u8>>;

struct InMemory(Files);

impl Source for InMemory {
    fn read(&self, path: &str, _: Option<&BlobId>) -> Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| Error::usage(format!("cannot read {path}")))
    }
}

fn judge(files: Files, policy: &str) -> CheckReport {
    let entry = FileEntry { blob: None, kind: FileKind::File };
    let listing = files.keys().map(|path| (path.clone(), entry.clone())).collect();
    let snapshot = Snapshot::new(Revision::WorkTree, String::new(), listing, Arc::new(InMemory(files)));
    let policy = Policy::parse(policy, "terrace.toml").expect("a policy");
    let configuration = Configuration::under(snapshot, Arc::new(policy));
    let (keys, environment) = (&[], None);
    let subject = CheckInput {
        ends: None,
        memory: None,
        configuration: &configuration,
        today: None,
        keys,
        environment,
        is_alone: false,
        change: None,
        progress: &terrace::model::NoProgress,
    };
    check(&subject).expect("readable files")
}

/// The set's files laid out as items: folder, key, and the file of each environment.
fn laid_out(root: &Path, key: &str, files: [(&str, &str); 3]) -> Files {
    let read = |(environment, file): (&str, &str)| {
        let bytes = std::fs::read(root.join(file)).expect(file);
        (format!("environments/{environment}/{key}.yaml"), bytes)
    };
    files.into_iter().map(read).collect()
}

/// The newest state of a mainline history.
fn checked_out(bundle: &Path) -> Files {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clone = folder.path().join("clone");
    let status =
        Command::new("git").args(["clone", "--quiet", "-b", "main"]).arg(bundle).arg(&clone).status();
    assert!(status.expect("git").success(), "{}", bundle.display());
    let files = fixtures::files(&clone.join("environments")).into_iter().map(|file| {
        let path = file.strip_prefix(&clone).expect("below").display().to_string();
        (path, std::fs::read(&file).expect("a file"))
    });
    files.collect()
}

fn three<'a>(development: &'a str, staging: &'a str, production: &'a str) -> [(&'a str, &'a str); 3] {
    [("development", development), ("staging", staging), ("production", production)]
}

fn sets(root: &Path) -> Vec<(String, Files)> {
    let per_env = root.join("per-env");
    let mut sets = Vec::new();
    let govuk = three("integration.yaml", "staging.yaml", "production.yaml");
    sets.push(("govuk-puppet".to_owned(), laid_out(&per_env.join("govuk-puppet"), "hieradata", govuk)));
    for name in ["moj-adjudications", "moj-interventions"] {
        let files = three("values-dev.yaml", "values-preprod.yaml", "values-prod.yaml");
        sets.push((name.to_owned(), laid_out(&per_env.join(name), "values", files)));
    }
    let mut cloud_gov = Files::new();
    for kind in ["varsfiles", "scaling"] {
        let names = ["development", "staging", "production"].map(|env| format!("{kind}-{env}.yml"));
        let [a, b, c] = names.each_ref().map(String::as_str);
        cloud_gov.extend(laid_out(&per_env.join("cloud-gov-cf"), kind, three(a, b, c)));
    }
    sets.push(("cloud-gov-cf".to_owned(), cloud_gov));
    let mut flux = Files::new();
    for environment in ["staging", "production"] {
        let folder = per_env.join("flux2-kustomize/apps").join(environment);
        for file in fixtures::files(&folder) {
            let name = file.strip_prefix(&folder).expect("below").display().to_string();
            flux.insert(
                format!("environments/{environment}/podinfo/{name}"),
                std::fs::read(&file).expect("a file"),
            );
        }
    }
    sets.push(("flux2-kustomize".to_owned(), flux));
    for name in ["cloud-gov-cf", "govuk-puppet", "moj-adjudications", "moj-interventions"] {
        let bundle = root.join("histories").join(format!("{name}.bundle"));
        sets.push((format!("histories/{name}"), checked_out(&bundle)));
    }
    sets
}

fn by_rule(report: &CheckReport) -> BTreeMap<&'static str, usize> {
    report.findings.iter().fold(BTreeMap::new(), |mut counts, finding| {
        *counts.entry(finding.rule.id()).or_default() += 1;
        counts
    })
}

fn print(name: &str, report: &CheckReport) {
    println!("\n== {name}: {} items, {:?}", report.items, by_rule(report));
    for finding in &report.findings {
        let at = finding.location.map(|at| format!(":{}:{}", at.start.line, at.start.column));
        println!(
            "{}{} {}[{}] {}",
            finding.file,
            at.unwrap_or_default(),
            finding.severity,
            finding.rule,
            finding.message
        );
        if let Some(excerpt) = &finding.excerpt {
            let marked = excerpt.text.get(excerpt.highlight.clone()).expect("a stretch of the line");
            println!("    {}  <{marked}>", excerpt.text.trim());
        }
    }
}

/// How many findings of each rule a set has.
type Counts = &'static [(&'static str, usize)];

const GOVUK: Counts = &[("foreign-host", 2), ("missing-key", 4), ("type-mismatch", 1)];

/// What was looked at and found right.
const EXPECTED: [(&str, usize, Counts); 9] = [
    ("govuk-puppet", 3, GOVUK),
    ("moj-adjudications", 3, &[("missing-key", 1)]),
    ("moj-interventions", 3, &[]),
    ("cloud-gov-cf", 6, &[]),
    ("flux2-kustomize", 4, &[("missing-item", 2)]),
    ("histories/cloud-gov-cf", 9, &[]),
    ("histories/govuk-puppet", 3, GOVUK),
    ("histories/moj-adjudications", 3, &[("missing-key", 1)]),
    ("histories/moj-interventions", 3, &[]),
];

#[test]
#[ignore = "needs the fixtures"]
fn what_the_rules_say_of_real_files() {
    let root = fixtures::folder();
    for ((name, files), (expected_name, items, counts)) in sets(&root).into_iter().zip(EXPECTED) {
        // That none of these items has a schema yet says nothing of the rules.
        let report = judge(files, "[rules]\nno-schema = \"off\"\n");
        print(&name, &report);
        assert_eq!((name.as_str(), report.items), (expected_name, items));
        assert_eq!(by_rule(&report), counts.iter().copied().collect(), "{name}");
    }
}

/// Once the policy says what that team calls its first environment, the rules show where its
/// second one uses hosts of the first.
#[test]
#[ignore = "needs the fixtures"]
fn a_word_of_the_policy_finds_more_foreign_hosts() {
    let root = fixtures::folder();
    let (name, files) = sets(&root).swap_remove(0);
    let report = judge(files, "[isolation]\nwords = { development = [\"integration\"] }\n");
    print(&name, &report);
    let foreign = report.findings.iter().filter(|finding| finding.rule == Rule::ForeignHost);
    let lines: Vec<_> = foreign.filter_map(|finding| Some(finding.location?.start.line)).collect();
    assert_eq!(lines, [165, 132, 164, 175, 176, 225, 226, 228, 295]);
}
