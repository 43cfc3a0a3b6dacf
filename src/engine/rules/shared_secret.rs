//! `shared-secret`: two environments have the same literal secret, so that whoever reads the one
//! holds the other.

use std::collections::BTreeMap;

use super::context::{ItemView, Keeps, RevisionContext, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use super::judgement::{SecretDigest, SecretUse};
use super::listed;
use crate::model::{Environment, Finding, Key, Related, RelatedLabel, Rule, ValuePath};
use crate::secrets;

/// Where an item holds which secrets.
pub(super) fn uses(world: &RuleContext<'_>) -> Vec<SecretUse> {
    let mut uses = Vec::new();
    for item in &world.items {
        let Some(document) = item.document() else { continue };
        uses.extend(item.plain_secrets(world).iter().map(|secret| SecretUse {
            digest: secret.digest,
            environment: item.environment,
            path: secret.path.clone(),
            location: document.location(&document.node(secret.node).span),
        }));
    }
    uses
}

/// A secret with the item that it stands in.
#[derive(Clone, Copy)]
struct Use<'w> {
    key: &'w Key,
    secret: &'w SecretUse,
}

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let mut uses: BTreeMap<&SecretDigest, Vec<Use<'_>>> = BTreeMap::new();
    for (key, judgement) in &world.judgements {
        for secret in &judgement.secrets {
            uses.entry(&secret.digest).or_default().push(Use { key, secret });
        }
    }
    uses.values().flat_map(|uses| shared(world, uses)).collect()
}

/// One finding for each place in an environment behind the first that has the secret.
fn shared(world: &RevisionContext<'_>, uses: &[Use<'_>]) -> Vec<Finding> {
    let mut first: BTreeMap<Environment, Use<'_>> = BTreeMap::new();
    let mut places: BTreeMap<(Environment, &Key, &ValuePath), Use<'_>> = BTreeMap::new();
    for used in uses {
        let environment = used.secret.environment;
        first.entry(environment).or_insert(*used);
        places.insert((environment, used.key, &used.secret.path), *used);
    }
    let findings = uses.iter().filter_map(|used| {
        let environment = used.secret.environment;
        let others: Vec<_> = first.keys().filter(|env| **env < environment).copied().collect();
        if others.is_empty() {
            return None;
        }
        let mut finding = used.finding(world);
        finding.others = others.iter().copied().collect();
        finding.message = format!("{environment} has the same secret as {}", listed(&others, "and"));
        // At the same path, if it is there.
        let at = |other: &Environment| places.get(&(*other, used.key, &used.secret.path));
        let of = |other: &Environment| at(other).or_else(|| first.get(other));
        finding.related.extend(others.iter().filter_map(of).map(|other| other.place(world)));
        Some(finding)
    });
    findings.collect()
}

impl Use<'_> {
    fn file(&self, world: &RevisionContext<'_>) -> String {
        format!("{}{}", world.snapshot.prefix, self.key.file(self.secret.environment))
    }

    fn place(&self, world: &RevisionContext<'_>) -> Related {
        let location = self.secret.location;
        Related { label: RelatedLabel::Also, file: self.file(world), location }
    }

    /// The finding without its message; the item is read for it once more.
    fn finding(&self, world: &RevisionContext<'_>) -> Finding {
        let SecretUse { environment, path, location, .. } = self.secret;
        let file = world.snapshot.item(self.key, *environment);
        let read = file.and_then(|file| world.read(&[file], Keeps::Nothing).ok());
        let item = read.as_ref().and_then(|read| read.items.first());
        let found = item.and_then(|item| finding_in(item, path, world));
        found.unwrap_or_else(|| {
            // It was changed since it was judged.
            let mut finding = Finding::new(Rule::SharedSecret, self.file(world), "", help(path));
            finding.location = Some(*location);
            (finding.key, finding.environment) = (Some(self.key.clone()), Some(*environment));
            finding.path = Some(path.clone());
            finding
        })
    }
}

fn finding_in(item: &ItemView<'_>, path: &ValuePath, world: &RevisionContext<'_>) -> Option<Finding> {
    let secret = item.plain_secrets(world).iter().rfind(|secret| secret.path == *path)?;
    let help = help(&item.named(path));
    let draft = FindingBuilder::of_item(Rule::SharedSecret, item, "", help).path(path);
    Some(draft.at(Anchor::Span(secret.written.clone())).finish(world.policy))
}

fn help(named: &ValuePath) -> String {
    format!(
        "give each environment a secret of its own, and replace this one; where it is none, say so under \
         [secrets] in terrace.toml: {}",
        secrets::exclusion(named)
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn found(development: &str, staging: &str, production: &str) -> Vec<String> {
        Repository::new(&[
            ("environments/development/a.yaml", development),
            ("environments/staging/a.yaml", staging),
            ("environments/production/a.yaml", production),
        ])
        .of(Rule::SharedSecret)
    }

    #[test]
    fn each_later_environment_is_told_with_the_earlier_ones() {
        assert_eq!(
            found("password: hunter2\n", "x: 1\npassword: hunter2\n", "password: other\n"),
            [
                "environments/staging/a.yaml:2:11 error[shared-secret] staging has the same secret as development (also environments/development/a.yaml:1:11)"
            ]
        );
        assert_eq!(
            found("password: a1\n", "token: a1\n", "db: {password: a1}\n"),
            [
                "environments/production/a.yaml:1:16 error[shared-secret] production has the same secret as development and staging (also environments/development/a.yaml:1:11) (also environments/staging/a.yaml:1:8)",
                "environments/staging/a.yaml:1:8 error[shared-secret] staging has the same secret as development (also environments/development/a.yaml:1:11)",
            ]
        );
        let key = "id: AKIAQ3EGRDXLZ7TYUPWN\n";
        assert_eq!(found("", key, key).len(), 1);
    }

    #[test]
    fn one_secret_in_two_environments_is_told_wherever_it_stands() {
        let private = "tls: |\n  -----BEGIN PRIVATE KEY-----\n  MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB\n  -----END PRIVATE KEY-----\n";
        for (development, production) in [
            ("password: hunter2\n", "password: \"hunter2\"\n"),
            ("db: {password: hunter2}\n", "cache: {password: hunter2}\n"),
            ("users: [{name: a, token: t0psecret}]\n", "users: [{name: b, token: t0psecret}]\n"),
            ("API-KEY: k-91f3\n", "api_key: k-91f3\n"),
            ("token: '123456'\n", "token: \"123456\"\n"),
            ("password: 123456\n", "password: 123456\n"),
            (
                "db: postgres://app:hunter2@db.dev.example.com/x\n",
                "db: postgres://app:hunter2@db.example.com/x\n",
            ),
            ("db: postgres://app:hunter2@db.dev.example.com/x\n", "password: hunter2\n"),
            (
                "ci: ghp_0123456789abcdefghijABCDEFGHIJ012345\n",
                "git: ghp_0123456789abcdefghijABCDEFGHIJ012345\n",
            ),
            (private, private),
            ("p: &p hunter2\npassword: *p\n", "password: hunter2\n"),
            ("secret: {signing: 9fK2pQ}\n", "secret: {signing: 9fK2pQ}\n"),
        ] {
            assert_eq!(found(development, "", production).len(), 1, "{development}{production}");
        }
    }

    #[test]
    fn references_placeholders_and_repetition_within_one_environment_are_fine() {
        for text in [
            "password: ${PW}\n",
            "password: CHANGEME\n",
            "token: ''\n",
            "host: same\n",
            "token: true\n",
            "password: vault:kv/db#password\n",
            "secret: '%kernel.secret%'\n",
            "secret: payments-db\n",
            "password: ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCCAWYCAQAxggEh]\n",
            "private_key: /run/secrets/tls.key\n",
            "token: {url: https://auth.example.com/oauth/token}\n",
            "dsn: postgres://app:${PW}@db.example.com/x\n",
        ] {
            assert!(found(text, text, text).is_empty(), "{text}");
        }
        assert!(found("", "", "password: a1\ntoken: a1\n").is_empty());
        let sops =
            "password: ENC[AES256_GCM,data:x]\nsops: {mac: 'ENC[x]', version: 3.8.1, pgp: [{enc: same}]}\n";
        assert!(found(sops, sops, sops).is_empty());
    }
}
