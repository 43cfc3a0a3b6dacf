//! One environment for what leaves it: read once, and whether nothing of it is an error.
//!
//! An export needs to know that no error stands in one environment, and no more. Here the rules that
//! tell errors look at that environment's items alone, each of which is handed over while it is there.
//! Where there may be an error, or where that cannot be told without the other environments, nothing
//! is said, and the whole has to be judged.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::context::{Keeps, RevisionContext, RuleContext};
use super::judgement::SecretDigest;
use super::{CheckInput, Judge, RULES, says_of_one, shared_secret};
use crate::engine::configuration::Configuration;
use crate::engine::migration::RECORD;
use crate::engine::snapshot::{ItemFile, Reading};
use crate::model::{Environment, Finding, NoProgress, Result, Rule, Severity};

/// What `take` makes of every item of an environment, in order; `None` where `check` may call something
/// of it an error, or may be unable to look.
pub fn read_without_error<T: Send>(
    configuration: &Configuration,
    environment: Environment,
    take: impl Fn(&ItemFile, Reading) -> T + Sync,
) -> Option<Vec<T>> {
    let subject = CheckInput {
        configuration,
        today: None,
        keys: &[],
        environment: Some(environment),
        is_alone: true,
        change: None,
        ends: None,
        memory: None,
        progress: &NoProgress,
    };
    let revision = RevisionContext::new(&subject);
    if rests_on_others(&revision) || has_error_beside(&revision, environment) {
        return None;
    }
    let items = revision.snapshot.items().filter(|item| item.id.environment == environment);
    let items: Vec<&ItemFile> = items.collect();
    let (rules, has_failed) = (rules_of_errors(&revision), AtomicBool::new(false));
    let judge = |item: &&ItemFile| -> Option<(T, Vec<SecretDigest>)> {
        if has_failed.load(Ordering::Relaxed) {
            return None;
        }
        let judged = judge_item(&revision, &rules, item).ok().flatten();
        has_failed.fetch_or(judged.is_none(), Ordering::Relaxed);
        let (reading, secrets) = judged?;
        Some((take(item, reading), secrets))
    };
    let judged = items.par_iter().map(judge).collect::<Option<Vec<_>>>()?;
    configuration.schemas().require_read().ok()?;
    let (taken, secrets): (Vec<T>, Vec<Vec<SecretDigest>>) = judged.into_iter().unzip();
    let secrets: BTreeSet<SecretDigest> = secrets.into_iter().flatten().collect();
    let is_apart = secrets.is_empty() || is_nowhere_else(&revision, environment, &secrets);
    is_apart.then_some(taken)
}

/// Whether an error may rest on what other environments hold, but for a secret that they share.
fn rests_on_others(revision: &RevisionContext<'_>) -> bool {
    let has_record = revision.snapshot.files.contains_key(RECORD);
    let compares = |rule: &Rule| {
        let is_elsewhere = *rule == Rule::SharedSecret || *rule == Rule::LegacyDrift && !has_record;
        // That there is no schema stands at the first environment that has the item.
        // What is empty may be so beside others alone.
        matches!(rule, Rule::NoSchema | Rule::EmptyItem) || rule.spans_environments() && !is_elsewhere
    };
    Rule::ALL.iter().any(|rule| compares(rule) && is_error(revision, *rule, rule.severity()))
}

fn is_error(revision: &RevisionContext<'_>, rule: Rule, severity: Severity) -> bool {
    revision.policy.severity(rule, severity) == Some(Severity::Error)
}

/// Whether what stands among the items, or how they are called, is an error.
fn has_error_beside(revision: &RevisionContext<'_>, environment: Environment) -> bool {
    let folder = format!("{}environments/{environment}/", revision.snapshot.prefix);
    let judged = RULES.iter().filter(|(rule, _)| says_of_one(*rule)).filter_map(|(_, judge)| match judge {
        Judge::Revision(judge) => Some(judge(revision)),
        Judge::Item(_) => None,
    });
    let mut found = judged.flatten().filter(|finding| finding.file.starts_with(&folder));
    found.any(|finding| stops(revision, &finding))
}

/// Whether a finding is an error that no waiver accepts.
fn stops(revision: &RevisionContext<'_>, finding: &Finding) -> bool {
    let (key, path) = (finding.key.as_ref(), finding.path.as_ref());
    let mut waivers = revision.policy.waivers_of(finding.rule, key, finding.environment, path);
    is_error(revision, finding.rule, finding.severity) && waivers.next().is_none()
}

type ItemRule = for<'w> fn(&'w RuleContext<'w>) -> Vec<super::FindingBuilder<'w>>;

/// The rules that look at one item, and of which the policy makes errors: none of the others calls
/// anything an error by itself.
fn rules_of_errors(revision: &RevisionContext<'_>) -> Vec<ItemRule> {
    let asked = RULES.iter().filter(|(rule, _)| says_of_one(*rule));
    let asked = asked.filter(|(rule, _)| is_error(revision, *rule, rule.severity()));
    let of_items = asked.filter_map(|(_, judge)| match judge {
        Judge::Item(judge) => Some(*judge),
        Judge::Revision(_) => None,
    });
    of_items.collect()
}

/// An item and its secrets; `None` where something of it is an error.
fn judge_item(
    revision: &RevisionContext<'_>,
    rules: &[ItemRule],
    item: &ItemFile,
) -> Result<Option<(Reading, Vec<SecretDigest>)>> {
    let read = revision.read(&[item], Keeps::Nothing)?;
    let stops = |finding: &Finding| {
        // What is wrong with a schema is told once for all environments, and may be accepted in one.
        let is_shared = finding.file != item.file && is_error(revision, finding.rule, finding.severity);
        is_shared || stops(revision, finding)
    };
    if rules.iter().any(|judge| judge(&read).into_iter().any(|draft| stops(&draft.finish(revision.policy)))) {
        return Ok(None);
    }
    let secrets = secrets(&read);
    Ok(read.items.into_iter().next().map(|view| (view.reading, secrets)))
}

fn secrets(read: &RuleContext<'_>) -> Vec<SecretDigest> {
    if !is_error(read, Rule::SharedSecret, Rule::SharedSecret.severity()) {
        return Vec::new();
    }
    shared_secret::uses(read).into_iter().map(|secret| secret.digest).collect()
}

/// Whether no other environment holds one of these secrets, as far as it can be read.
fn is_nowhere_else(
    revision: &RevisionContext<'_>,
    environment: Environment,
    known: &BTreeSet<SecretDigest>,
) -> bool {
    let others: Vec<_> =
        revision.snapshot.items().filter(|item| item.id.environment != environment).collect();
    let is_apart = |item: &&ItemFile| {
        let read = revision.read(&[*item], Keeps::Nothing);
        read.is_ok_and(|read| secrets(&read).iter().all(|secret| !known.contains(secret)))
    };
    others.par_iter().all(is_apart)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::testing::Repository;
    use super::read_without_error;
    use crate::model::{Environment, Severity};

    const TEXTS: [&str; 10] = [
        "x: 1\n",
        "x: [\n",
        "x: 1\nx: 2\n",
        "x: one\nno: 0644\n",
        "url: http://db.prod.example.com\n",
        "password: hunter2\n",
        "password: Wq7hLmZ2pTx9\nx: 1\n",
        "- a\n",
        "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n",
        "x: {y: 1}\n",
    ];

    fn file(environment: Environment, name: &str) -> String {
        format!("environments/{environment}/{name}")
    }

    fn repositories() -> Vec<Repository> {
        let schema = r#"{"properties": {"x": {"type": "integer"}}}"#;
        let error = |rule: &str| format!("[rules]\n{rule} = \"error\"\n");
        let waiver = |rule: &str, more: &str| {
            format!("[[waiver]]\nrule = \"{rule}\"\nkey = \"a\"\n{more}reason = \"r\"\n")
        };
        let policies = [
            String::new(),
            "[isolation.hosts]\nproduction = [\"*.prod.example.com\"]\n".to_owned(),
            error("missing-key"),
            error("no-schema"),
            error("ambiguous-scalar"),
            "[rules]\nshared-secret = \"warning\"\n".to_owned(),
            waiver("duplicate-key", ""),
            waiver("schema", "environment = \"development\"\n"),
        ];
        let mut out = Vec::new();
        for (number, policy) in (0..).zip(policies.iter().cycle().take(8 * 40)) {
            let mut repository = Repository::new(&[("terrace.toml", policy)]);
            for (at, environment) in (0..).zip(Environment::ALL) {
                let text = |more: usize| TEXTS[(number / 8 * (at + 1) + more * number) % TEXTS.len()];
                repository = repository.and(&file(environment, "a.yaml"), text(0));
                if (number + at) % 4 > 0 {
                    repository = repository.and(&file(environment, "b.yaml"), text(1));
                }
            }
            let more = [
                ("schemas/a.schema.json", schema),
                ("schemas/b.schema.json", "{"),
                ("environments/staging/c.yml", ""),
                ("environments/production/B.yaml", "a: 1\n"),
            ];
            for (bit, (path, text)) in (0..).zip(more) {
                if number >> (bit + 2) & 3 == 1 {
                    repository = repository.and(path, text);
                }
            }
            out.push(repository);
        }
        out
    }

    #[test]
    fn nothing_is_handed_over_where_check_finds_an_error() {
        let (mut over, mut kept) = (0, 0);
        for repository in repositories() {
            let nothing = BTreeMap::new();
            let configuration = repository.configuration(&nothing).expect("a policy");
            let report = repository.judge(&nothing).expect("readable files");
            for environment in Environment::ALL {
                let taken = read_without_error(&configuration, environment, |item, _| item.file.clone());
                let items = configuration.snapshot().items();
                let own: Vec<_> = items.filter(|item| item.id.environment == environment).collect();
                let describing = |file: &str| {
                    let schemas = configuration.schemas();
                    own.iter().any(|item| {
                        schemas.describing(&item.id.key, environment).iter().any(|schema| schema == file)
                    })
                };
                let folder = file(environment, "");
                let is_there = |file: &str| file.starts_with(&folder) || describing(file);
                let errors = report.findings.iter().filter(|it| it.severity == Severity::Error);
                let errors: Vec<_> = errors.filter(|it| is_there(&it.file)).collect();
                match taken {
                    Some(files) => {
                        over += 1;
                        assert!(errors.is_empty(), "{environment} {errors:#?}");
                        assert_eq!(files, own.iter().map(|item| item.file.clone()).collect::<Vec<_>>());
                    }
                    None => kept += 1,
                }
            }
        }
        assert!(over > 100 && kept > 100, "{over} {kept}");
    }

    #[test]
    fn what_is_sound_is_handed_over_whatever_stands_elsewhere() {
        for (own, other, expected) in [
            ("x: 1\n", "x: [\n", true),
            ("x: 1\n", "y: 1\ny: 2\n", true),
            ("password: Wq7hLmZ2pTx9\n", "password: Kq9hLmZ2pTx1\n", true),
            ("password: Wq7hLmZ2pTx9\n", "- token: Wq7hLmZ2pTx9\n", false),
            ("x: [\n", "x: 1\n", false),
        ] {
            let repository = Repository::new(&[
                ("environments/staging/a.yaml", own),
                ("environments/development/b.yaml", other),
            ]);
            let configuration = repository.configuration(&BTreeMap::new()).expect("a policy");
            let taken = read_without_error(&configuration, Environment::Staging, |_, reading| {
                reading.document.map(|document| document.value().clone()).ok()
            });
            assert_eq!(taken.is_some(), expected, "{own} {other}");
        }
    }
}
