//! `plain-secret`: a secret stands in plain text, where anyone with the repository reads it.

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use crate::model::Rule;
use crate::secrets;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    for item in &world.items {
        for secret in item.plain_secrets(world) {
            let message = format!("{} stands in plain text", secret.what);
            let help = format!(
                "put a reference such as `${{NAME}}` here, and replace the secret: git keeps the old one; \
                 where it is none, say so under [secrets] in terrace.toml: {}",
                secrets::exclusion(&item.named(&secret.path))
            );
            let draft = FindingBuilder::of_item(Rule::PlainSecret, item, message, help).path(&secret.path);
            drafts.push(draft.at(Anchor::Span(secret.written.clone())));
        }
        drafts.extend(keys(item));
    }
    drafts
}

/// The keys that are secrets by their look.
fn keys<'w>(item: &'w ItemView<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    let Some(document) = item.document().filter(|document| secrets::has_key(document)) else { return drafts };
    item.values(&mut |visit| {
        for key in visit.value.as_map().into_iter().flat_map(|map| map.keys()) {
            let Some(secret) = secrets::in_key(key) else { continue };
            let Some(written) = document.locate(&visit.path.key(key)).and_then(|found| found.key) else {
                continue;
            };
            let message = format!("{} stands in plain text, in a key", secret.what);
            let help = "keep what it is for under a name, and replace the secret: git keeps the old one";
            let draft = FindingBuilder::of_item(Rule::PlainSecret, item, message, help).path(visit.path);
            drafts.push(draft.at(Anchor::Span(written)));
        }
    });
    drafts
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    const KEY: &str = "MIIEowIBAAKCAQEAxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxX";

    fn found(text: &str) -> Vec<String> {
        let file = "environments/staging/a.yaml";
        let found = Repository::new(&[(file, text)]).of(Rule::PlainSecret);
        found.iter().map(|line| line.replace(&format!("{file}:"), "")).collect()
    }

    #[test]
    fn keys_that_are_secrets_are_told_and_never_shown() {
        for (text, told) in [
            (
                "ghp_0123456789abcdefghijABCDEFGHIJ012345: 1\n",
                "1:1 warning[plain-secret] a GitHub token stands",
            ),
            (
                "m:\n  https://u:hunter2@db.internal/x: 1\n",
                "2:3 warning[plain-secret] a password in a URL stands",
            ),
            (
                "m: {\"postgres://u:hunter2@db/x\": {mode: 0644}}\n",
                "1:5 warning[plain-secret] a password in a URL",
            ),
            ("l: [{AKIAQ3EGRDXLZ7TYUPWN: no}]\n", "1:6 warning[plain-secret] an AWS access key stands"),
        ] {
            let file = "environments/staging/a.yaml";
            let report =
                Repository::new(&[(file, text), ("environments/production/a.yaml", "x: 1\n")]).report();
            let lines = found(text);
            assert!(lines.len() == 1 && lines[0].starts_with(told), "{lines:?}");
            let all = format!("{:?}", report.findings);
            for secret in ["0123456789", "hunter2", "AKIAQ"] {
                assert!(!all.contains(secret), "{text}: {all}");
            }
        }
        for text in
            ["govuk::apps::publishing-api::feature_flags: 1\n", "https://db.example.com/path/of/it: 1\n"]
        {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn secrets_in_plain_text_are_told() {
        let web_token =
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let private =
            format!("tls: |\n  -----BEGIN RSA PRIVATE KEY-----\n  {KEY}\n  -----END RSA PRIVATE KEY-----\n");
        let github = "url: https://ghp_0123456789abcdefghijABCDEFGHIJ012345@github.com/x\n";
        for (text, place, what) in [
            ("db:\n  password: hunter2\n", "2:13", "a secret"),
            ("api-key: \"s3cr3t\"\n", "1:10", "a secret"),
            ("users: [{name: a, token: '12345'}]\n", "1:26", "a secret"),
            ("secret:\n  signing: 9fK2pQ\n", "2:12", "a secret"),
            ("secret: 550e8400-e29b-41d4-a716-446655440000\n", "1:9", "a secret"),
            ("properties: {password: hunter2}\n", "1:24", "a secret"),
            ("default: &p hunter2\npassword: *p\n", "2:11", "a secret"),
            ("password: |\n  hunter2\n", "1:11", "a secret"),
            ("password: HUNTER_2\n", "1:11", "a secret"),
            ("datasource: {username: root, password: petclinic}\n", "1:40", "a secret"),
            ("session:\n  secret: 'keyboard cat'\n", "2:11", "a secret"),
            (private.as_str(), "1:6", "a private key"),
            (github, "1:14", "a GitHub token"),
            ("id: AKIAQ3EGRDXLZ7TYUPWN\n", "1:5", "an AWS access key"),
            (&format!("jwt: {web_token}\n"), "1:6", "a JSON Web Token"),
            ("dsn: postgres://app:hunter2@db.example.com/x\n", "1:21", "a password in a URL"),
        ] {
            assert_eq!(
                found(text),
                [format!("{place} warning[plain-secret] {what} stands in plain text")],
                "{text}"
            );
        }
    }

    #[test]
    fn references_and_descriptions_are_no_secrets() {
        for text in [
            "password: ${DB_PASSWORD}\n",
            "password: vault:kv/db#password\n",
            "password: ENC[AES256_GCM,data:x,type:str]\n",
            "secret: '%kernel.secret%'\ntoken: '%env(TOKEN)%'\npassword: '%DB_PASSWORD%'\n",
            "db: {password: DB_PASSWORD, token: SERVICE_API_TOKEN}\n",
            "password: required\ntoken: optional\n",
            "db: {password: 'ENC[AES256_GCM,x]'}\nsops: {mac: 'ENC[x]', version: 3.9.0, pgp: [{token: x}]}\n",
            "password: \"%{hiera('db::password')}\"\n",
            "password: '{{ vault_password }}'\n",
            "secret: ((pages_client_secret))\n",
            "password: ''\ntoken: null\nsecret: ~\n",
            "password: CHANGE_ME\ntoken: <your-token>\nsecret: xxxx\napi_key: '****'\n",
            "token: $TOKEN\n",
            "token: true\npassword: false\nsecret: 12\n",
            "secret: {name: payments-db, namespace: pay, enabled: true, ttl: 3600}\n",
            "hosts: [{secret: ibm-ppc64le-ssh-key-wdc06}, {secret: payments-db}]\n",
            "properties: {password: {items: {enum: [too_short]}}}\n",
            "private_key: /run/secrets/tls.key\n",
            "token: https://auth.example.com/oauth/token\n",
            "secret: arn:aws:secretsmanager:eu-west-1:1:secret:x\n",
            "password: $2b$12$KIXQ0d8m1ZcSHnX0yG3Y7e\n",
            "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6231\n",
            "namespace_secrets:\n  DB_PASS: database_password\n",
            "ssh_key: AAAAB3NzaC1yc2EAAAADAQABAAACAQCfPjubgzCkZo1aTPlkgeXb1eh3\n",
            "cert: |\n  -----BEGIN CERTIFICATE-----\n  MIIEowIBAAKCAQEAxXxXxXxXxXxXxXxXxXxXxXxX\n",
            "doc: the file begins with -----BEGIN PRIVATE KEY-----\n",
            "id: AKIAIOSFODNN7EXAMPLE\n",
            "dsn: postgres://app:${PW}@db.example.com/x\nurl: amqps://u:%{hiera('a::b')}@mq.example.com\n",
            "dsn: postgres://user:password@db.example.com/x\n",
            "task: ghp_short\nversion: 1.2.3\n",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn no_finding_shows_a_secret() {
        let text = "a: {password: hunter2, mode: 0644}\npassword: hunter2\npassword: hunter2 # twice\n\
                    secret: {on: hunter2}\nx: {token: hunter2, token: 0644, host: db.prod.example.com}\n";
        let other = "a: {password: 5}\npassword: hunter2\nsecret: {more: hunter2}\n";
        let report = Repository::new(&[
            ("environments/staging/a.yaml", text),
            ("environments/production/a.yaml", other),
            ("environments/production/b.yaml", "b: [\npassword: hunter2 ]: x\n"),
        ])
        .report();
        assert!(report.findings.len() > 8, "{}", report.findings.len());
        for finding in &report.findings {
            assert!(!format!("{finding:?}").contains("hunter2"), "{finding:?}");
        }
    }
}
