//! `foreign-host`: a value names a host that belongs to another environment.
//!
//! An error where the policy says whose the host is. A warning where only the host's name says so:
//! one of its labels names another environment and none its own. Values that are no address, paths
//! that themselves name the other environment, links for people to read, the sandbox of somebody
//! else that development and staging share, and names that merely look so are left alone.

use std::cell::{LazyCell, OnceCell};
use std::collections::BTreeSet;

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use crate::engine::hosts::{addresses, tokens};
use crate::model::{Environment, Help, NoteLabel, Rule, Segment, Severity, Value, ValuePath};
use crate::secrets;
use crate::yaml::{Document, Visit};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let mut drafts = Vec::new();
    for items in world.by_key() {
        let own = OwnDomains { world, items, domains: OnceCell::new() };
        for item in items {
            let Some(document) = item.document() else { continue };
            item.scalars(&mut |visit| {
                // What comes through an alias is judged at its anchor.
                let Value::String(text) = visit.value else { return };
                if !visit.aliased {
                    let found = owned(world, item, text).or_else(|| {
                        let found = named(world, item, visit.path, text)?;
                        (!is_shared_sandbox(&own, item, visit, &found)).then_some(found)
                    });
                    drafts.extend(found.map(|found| found.draft(world, item, document, visit)));
                    drafts.extend(foreign_secret(world, item, visit.path, text));
                }
            });
        }
    }
    drafts
}

/// A foreign host or URL in a value.
struct Foreign<'t> {
    owner: Environment,
    text: &'t str,
    severity: Severity,
}

impl Foreign<'_> {
    fn draft<'w>(
        self,
        world: &RuleContext<'_>,
        item: &'w ItemView<'w>,
        document: &Document,
        visit: &Visit<'_, '_>,
    ) -> FindingBuilder<'w> {
        let Self { owner, text, severity } = self;
        let message = format!("{} names a {owner} host", item.environment);
        let help = Help::ReadRule {
            text: format!("use {}'s own host, or accept it on purpose", item.environment),
            rule: Rule::ForeignHost,
        };
        let draft = FindingBuilder::of_item(Rule::ForeignHost, item, message, help)
            .path(visit.path)
            .severity(severity);
        let draft = draft.at(Anchor::Span(secrets::written(document, visit.node, text)));
        // Were it a sandbox that both share, the other environments would say so.
        let is_asked_elsewhere = severity == Severity::Warning && may_be_sandbox(item.environment, owner);
        let draft = if is_asked_elsewhere { draft.others(Environment::ALL) } else { draft };
        if severity == Severity::Error && secrets::secret(world.policy, visit.path, visit.value).is_none() {
            return draft.note(NoteLabel::Policy, format!("`{}` belongs to {owner}", text.to_lowercase()));
        }
        draft
    }
}

/// A reference to another environment's secret: a part of its path names that one and none its own.
fn foreign_secret<'w>(
    world: &RuleContext<'_>,
    item: &'w ItemView<'w>,
    path: &ValuePath,
    text: &str,
) -> Option<FindingBuilder<'w>> {
    // A variable's name says little of where its value comes from, and ciphertext says nothing.
    let is_path = text.contains('/') && !["${", "%env(", "ENC["].iter().any(|begin| text.starts_with(begin));
    if !is_path || !(world.policy.is_reference(text) || secrets::names_a_stored_secret(text)) {
        return None;
    }
    let named = world.naming.by_word(text);
    let owner = *named.first().filter(|_| !named.contains(&item.environment))?;
    let is_meant = |key: &str| world.naming.by_word(key).contains(&owner);
    if path.segments.iter().filter_map(key_text).any(is_meant) {
        return None;
    }
    let message = format!("{} refers to a {owner} secret", item.environment);
    let help = Help::ReadRule {
        text: format!("refer to {}'s own secret, or accept it on purpose", item.environment),
        rule: Rule::ForeignHost,
    };
    let draft = FindingBuilder::of_item(Rule::ForeignHost, item, message, help);
    Some(draft.path(path).severity(Severity::Warning))
}

/// A host that the policy gives to other environments and not to this one.
fn owned<'t>(world: &RuleContext<'_>, item: &ItemView<'_>, text: &'t str) -> Option<Foreign<'t>> {
    if !world.policy.has_hosts() {
        return None;
    }
    tokens(text).find_map(|token| {
        let owners = owners(world, token);
        let owner = *owners.first().filter(|_| !owners.contains(&item.environment))?;
        Some(Foreign { owner, text: token, severity: Severity::Error })
    })
}

fn owners(world: &RuleContext<'_>, host: &str) -> Vec<Environment> {
    world.policy.host_owners(&host.to_lowercase()).collect()
}

/// An address whose own name gives it to another environment.
fn named<'t>(
    world: &RuleContext<'_>,
    item: &ItemView<'_>,
    path: &ValuePath,
    text: &'t str,
) -> Option<Foreign<'t>> {
    let key = key_of(path);
    if !text.contains(['.', ':']) && !may_speak_of_hosts(key) {
        return None;
    }
    // Names of buckets may look like hosts, and nothing connects to what people only read.
    let words = words(key);
    let is_no_place = |word: &String| word == "bucket" || READ.contains(&word.as_str());
    if words.iter().any(is_no_place) {
        return None;
    }
    let is_whole = !text.trim().contains(char::is_whitespace);
    let addresses = addresses(text, words.iter().any(|word| HOSTS.contains(&word.as_str())));
    if addresses.is_empty() || world.policy.is_reference(text) {
        return None;
    }
    // What the policy gives to this environment may be called anything.
    let is_own = |host: &str| is_public(host) || owners(world, host).contains(&item.environment);
    let place = LazyCell::new(|| last_place(world, text.trim_end(), item.environment));
    let is_url = text.contains("://");
    // Whoever writes `staging.url` in production means staging.
    let meant = LazyCell::new(|| -> Vec<Environment> {
        path.segments.iter().filter_map(key_text).flat_map(|key| world.naming.by_word(key)).collect()
    });
    addresses.into_iter().filter(|address| !is_own(address.host)).find_map(|address| {
        let named = world.naming.by_word(labels(address.host));
        let owner = *named.first().filter(|_| !named.contains(&item.environment))?;
        // A later environment's service that has a place for this one is shared on purpose. The
        // rest of every URL in a word goes on to the word's end.
        let has_place = || {
            if is_url {
                place.is_some_and(|length| length <= address.rest.len())
            } else {
                last_place(world, address.rest, item.environment).is_some()
            }
        };
        let is_placed = is_whole && owner > item.environment && has_place();
        let foreign = Foreign { owner, text: address.host, severity: Severity::Warning };
        (!is_placed && !meant.contains(&owner)).then_some(foreign)
    })
}

/// Whether a host of `owner` may be the sandbox of somebody else that development and staging share.
fn may_be_sandbox(environment: Environment, owner: Environment) -> bool {
    (environment, owner) == (Environment::Development, Environment::Staging)
}

/// Whether development and staging use one sandbox of somebody else: the same value stands in
/// both, and neither development nor production has a host of its own in that domain.
fn is_shared_sandbox(
    own: &OwnDomains<'_, '_>,
    item: &ItemView<'_>,
    visit: &Visit<'_, '_>,
    found: &Foreign<'_>,
) -> bool {
    if !may_be_sandbox(item.environment, found.owner) {
        return false;
    }
    let in_staging = own.items.iter().find(|item| item.environment == Environment::Staging);
    let same = in_staging.and_then(ItemView::document).and_then(|staging| staging.at(visit.path));
    let domain = domain(found.text);
    same == Some(visit.value) && domain.contains('.') && !own.hold(domain)
}

/// The domains in which the items of one key have hosts that show whose the domain is:
/// development's own, or one named after production. Found when first asked for.
struct OwnDomains<'w, 'a> {
    world: &'w RuleContext<'a>,
    items: &'w [ItemView<'a>],
    domains: OnceCell<BTreeSet<String>>,
}

impl OwnDomains<'_, '_> {
    fn hold(&self, domain: &str) -> bool {
        self.domains.get_or_init(|| self.find()).contains(domain)
    }

    fn find(&self) -> BTreeSet<String> {
        let mut domains = BTreeSet::new();
        for item in self.items {
            item.scalars(&mut |visit| {
                let hosts = tokens(visit.value.as_str().unwrap_or_default());
                domains
                    .extend(hosts.filter(|host| self.is_own(item, host)).map(|host| domain(host).to_owned()));
            });
        }
        domains
    }

    fn is_own(&self, item: &ItemView<'_>, host: &str) -> bool {
        let named = self.world.naming.by_word(labels(host));
        match item.environment {
            Environment::Development => !named.contains(&Environment::Staging),
            Environment::Staging | Environment::Production => named.contains(&Environment::Production),
        }
    }
}

/// The part of a host's name that somebody registered: two labels, or three below a country's
/// `co.uk`.
fn domain(host: &str) -> &str {
    let dots: Vec<usize> = host.rmatch_indices('.').map(|(at, _)| at).take(3).collect();
    let label = |from: usize, to: usize| to.saturating_sub(from + 1);
    let [last, second, ..] = dots.as_slice() else { return host };
    let is_country = label(*last, host.len()) == 2 && label(*second, *last) <= 3;
    let start = if is_country { dots.get(2).map_or(0, |at| at + 1) } else { second + 1 };
    host.get(start..).unwrap_or(host)
}

/// The part of a host in which an environment can be named: `dev` is also a top-level domain.
fn labels(host: &str) -> &str {
    host.strip_suffix(".dev").unwrap_or(host)
}

/// How long before its end the last part of a URL begins that names `environment`: a whole segment
/// of the path, or a whole value of the query.
fn last_place(world: &RuleContext<'_>, url: &str, environment: Environment) -> Option<usize> {
    let mut length = 0;
    let mut lengths = url.rsplit(['/', '?', '&', '=', '#']).map(|part| {
        let begin = length + part.len();
        length = begin + 1;
        (part, begin)
    });
    lengths.find(|(part, _)| world.naming.word(part) == Some(environment)).map(|(_, begin)| begin)
}

/// The key that a value, or the list it is in, stands under.
fn key_of(path: &ValuePath) -> &str {
    path.segments.iter().rev().find_map(key_text).unwrap_or_default()
}

fn key_text(segment: &Segment) -> Option<&str> {
    if let Segment::Key(key) = segment { Some(key) } else { None }
}

/// The words of a key, in lower case: `runbook_url`, `runbookUrl` and `RUNBOOK-URL` have two.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in key.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

/// Words of keys that say that the value is a host, so that one bare label is one.
const HOSTS: [&str; 8] = ["host", "hosts", "hostname", "hostnames", "server", "servers", "broker", "brokers"];

/// Whether a key may have one of [`HOSTS`] among its words; surely not where this says so.
fn may_speak_of_hosts(key: &str) -> bool {
    let holds = |word: &str| {
        key.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    !key.is_ascii() || ["host", "server", "broker"].into_iter().any(holds)
}

/// Words of keys whose values people read.
const READ: [&str; 12] = [
    "changelog",
    "comment",
    "comments",
    "description",
    "doc",
    "docs",
    "documentation",
    "note",
    "notes",
    "readme",
    "runbook",
    "wiki",
];

/// Well-known hosts whose names only look as if they belonged to an environment of ours.
fn is_public(host: &str) -> bool {
    let domains = [
        "dev.azure.com",
        "dev.mysql.com",
        "dev.to",
        "dev.virtualearth.net",
        "dev.twitch.tv",
        "docker.com",
        "k8s.io",
        "prod-aks.azure.com",
    ];
    let is_in =
        |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    // Amazon's own mail relays; stages of its API gateway are all called `prod` by default.
    let amazon =
        host.ends_with(".amazonaws.com") && (host.starts_with("ses-smtp-") || host.contains(".execute-api."));
    amazon || domains.iter().any(|domain| is_in(domain))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn found(policy: &str, environment: &str, text: &str) -> Vec<String> {
        let file = format!("environments/{environment}/a.yaml");
        let repository = Repository::new(&[("terrace.toml", policy), (&file, text)]);
        let found = repository.of(Rule::ForeignHost);
        found.iter().map(|line| line.trim_start_matches(&format!("{file}:")).to_owned()).collect()
    }

    #[test]
    fn hosts_named_after_another_environment_are_told() {
        for (environment, text, place) in [
            ("production", "host: db.staging.example.com\n", "1:7"),
            ("production", "url: https://api-dev.example.com/v1\n", "1:14"),
            ("production", "url: 'jdbc:postgresql://u:p@pg.stg.example.com:5432/x'\n", "1:29"),
            ("staging", "brokers: kafka-prod-0:9092,kafka-prod-1:9092\n", "1:10"),
            ("development", "DB_HOST: postgres-production\n", "1:10"),
            ("staging", "dbHost: prod-db\n", "1:9"),
            ("production", "hostnames:\n  - podinfo.staging\n", "2:5"),
            ("production", "csp: \"default-src 'self' https://cdn.staging.example.com\"\n", "1:34"),
            ("production", "vault: https://vault.staging.example.com/v1/production/pay\n", "1:16"),
            ("production", "acme: https://acme-staging-v02.api.letsencrypt.org/directory\n", "1:15"),
            ("production", "s3: https://payments-stage.s3.eu-west-1.amazonaws.com/x\n", "1:13"),
            ("production", "origins: [https://example.com, https://stg.example.com]\n", "1:40"),
            ("production", "doctor_url: https://doctor.dev.example.com\n", "1:21"),
            ("staging", "redis: redis://cache.prod.example.com:6379/0\n", "1:16"),
            ("development", "url: https://api.staging.example.com\n", "1:14"),
            (
                "production",
                "conf: |\n  server {\n    proxy_pass http://api.dev.example.com:80;\n  }\n",
                "3:23",
            ),
            ("production", "image: registry.dev.example.com/team/app:1.2\n", "1:8"),
            ("staging", "v: https://a.prod.example.com/staging/https://b.prod.example.com/x\n", "1:47"),
            ("staging", "v: a.prod.example.com/staging,b.prod.example.com/x\n", "1:31"),
            ("staging", "v: a.prod.example.com/x,b.prod.example.com/staging\n", "1:4"),
            ("staging", "v: https://a.prod.example.com/staging and more\n", "1:12"),
        ] {
            let found = found("", environment, text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].starts_with(&format!("{place} warning[foreign-host]")), "{text}: {found:?}");
        }
    }

    #[test]
    fn references_to_another_environments_secret_are_told() {
        let arn = "arn:aws:secretsmanager:eu-west-1:1:secret:staging/db";
        for (environment, text, count) in [
            ("production", "password: vault://stg/db\n".to_owned(), 1),
            ("production", "password: vault://prod/db\n".to_owned(), 0),
            ("production", format!("db: {arn}\n"), 1),
            ("staging", format!("db: {arn}\n"), 0),
            ("production", "db: arn:aws:s3:::builds/staging/x\n".to_owned(), 0),
            ("production", "password: ${STAGING_DB}\n".to_owned(), 0),
        ] {
            let found = found("", environment, &text);
            assert_eq!(found.len(), count, "{environment} {text}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_foreign_host_is_left_alone() {
        for (environment, text) in [
            ("staging", "host: db.staging.example.com\n"),
            ("production", "stages: [build, deploy]\npriority: production\n"),
            ("development", "priority: production\nenv: {NODE_ENV: production, RAILS_ENV: production}\n"),
            ("development", "image:\n  name: node\n  args: [--env=production]\nNODE_ENV: production\n"),
            ("development", "stages:\n- {name: a, production: false}\n- {name: b, production: true}\n"),
            ("production", "config: https://config.example.com/staging/app\n"),
            ("production", "config: https://config.example.com/app?env=staging\n"),
            ("staging", "config: https://config.prod.example.com/staging/app\n"),
            ("production", "image: registry.example.com/staging/app:1.2\n"),
            ("staging", "v: https://a.prod.example.com/x/https://b.prod.example.com/staging\n"),
            ("staging", "v: a.prod.example.com/staging,b.prod.example.com/x?env=staging\n"),
            ("production", "docs_url: https://docs.dev.example.com/pay\n"),
            ("production", "annotations: {runbookUrl: 'https://wiki.staging.example.com/pay'}\n"),
            ("production", "description: like https://api.staging.example.com\n"),
            (
                "development",
                "registry: https://registry-1.docker.io\ncdn: https://production.cloudflare.docker.com\n",
            ),
            ("production", "path: /srv/staging/app\nschedule: '@daily'\nteam: dev\n"),
            ("production", "reporter: dev@example.com\nlog: dev.log\nchart: payments-staging-1.2.tgz\n"),
            ("production", "stage: staging\n"),
            ("staging", "queue: dps-core-prod-prisoner-event-queue\n"),
            ("staging", "bucket: govuk-production-assets\nuri: s3://govuk-production-assets/x\n"),
            ("production", "S3_BUCKET_NAME: staging.payments.example.com\n"),
            ("production", "image: quay.io/team/app:staging-20240101\ntag: dev-1a2b3c\n"),
            ("production", "url: https://devices.example.com/stages/backstage\n"),
            ("production", "url: https://web.dev/articles\n"),
            ("production", "git: https://dev.azure.com/acme/_git/app\n"),
            ("staging", "smtp: ses-smtp-prod-335357831.us-east-1.elb.amazonaws.com:587\n"),
            ("staging", "config: applicationinsights.dev.json\n"),
            ("production", "mail: govuk-dev@digital.example.gov.uk\n"),
            ("production", "staging:\n  url: https://api.staging.example.com\n"),
            ("production", "DEV_PORTAL_URL: https://dev-portal.example.com\n"),
            ("staging", "url: https://community-api.pre-prod.example.com\n"),
            ("staging", "sync: https://staging-to-prod.example.com\n"),
            ("production", "url: ${STAGING_URL:https://api.staging.example.com}\n"),
            ("production", "note: moved from dev.example.com to here\n"),
            ("production", "repo: https://github.com/acme/dev-tools\n"),
            ("production", "a: 1\nb: true\nc: null\n"),
        ] {
            assert_eq!(found("", environment, text), Vec::<String>::new(), "{text}");
        }
    }

    /// Somebody else's sandbox is used by all who are not real; our own staging is not.
    #[test]
    fn a_sandbox_that_development_shares_with_staging_is_no_host_of_ours() {
        let found = |development: &str, staging: &str, production: &str| {
            let texts = [("development", development), ("staging", staging), ("production", production)];
            let files = texts.map(|(env, text)| (format!("environments/{env}/a.yaml"), text));
            let files: Vec<_> = files.iter().map(|(file, text)| (file.as_str(), *text)).collect();
            Repository::new(&files).of(Rule::ForeignHost).len()
        };
        let sandbox = "mail: stage-api.mailer.com\n";
        let production = "mail: api.mailer.com\n";
        for (development, staging, production, expected) in [
            (sandbox, sandbox, production, 0),
            (sandbox, "mail: stage-eu.mailer.com\n", production, 1),
            (sandbox, sandbox, "mail: prod-api.mailer.com\n", 1),
            ("mail: stage-api.mailer.com\nown: api.mailer.com\n", sandbox, production, 1),
            ("mail: stage-api.mailer.co.uk\nown: api.post.co.uk\n", "mail: stage-api.mailer.co.uk\n", "", 0),
            ("host: db-staging\n", "host: db-staging\n", "host: db\n", 1),
            (production, production, sandbox, 1),
        ] {
            assert_eq!(found(development, staging, production), expected, "{development}{production}");
        }
    }

    /// What is asked of every URL is not looked up in all that follows it.
    #[test]
    fn many_urls_in_one_word_stay_cheap() {
        for (environment, key, end, expected) in
            [("staging", "v", "staging", 0), ("staging", "v", "x", 1), ("staging", "prod", "x", 0)]
        {
            let urls = "a://b.prod.example.com/".repeat(30_000);
            assert_eq!(
                found("", environment, &format!("{key}: {urls}{end}\n")).len(),
                expected,
                "{key} {end}"
            );
        }
        let values: String = (0..5_000).map(|n| format!("k{n}: s{n}.staging.x{n}.com\n")).collect();
        let files =
            [("environments/development/a.yaml", &*values), ("environments/staging/a.yaml", &*values)];
        assert_eq!(Repository::new(&files).of(Rule::ForeignHost).len(), 0);
    }

    #[test]
    fn hosts_that_the_policy_gives_away_are_errors() {
        let policy = "[isolation.hosts]\ndevelopment = [\"localhost\", \"*.lab.example.com\"]\n\
                      staging = [\"*.lab.example.com\"]\nproduction = [\"pay.example.com\", \"dev.pay.example.com\"]\n";
        for (environment, text, expected) in [
            (
                "production",
                "url: http://LocalHost:8080\n",
                vec!["1:13 error[foreign-host] production names a development host"],
            ),
            (
                "production",
                "a: x.lab.example.com\n",
                vec!["1:4 error[foreign-host] production names a development host"],
            ),
            ("staging", "a: x.lab.example.com\n", vec![]),
            (
                "staging",
                "a: https://pay.example.com\n",
                vec!["1:12 error[foreign-host] staging names a production host"],
            ),
            (
                "staging",
                "production:\n  a: pay.example.com\n",
                vec!["2:6 error[foreign-host] staging names a production host"],
            ),
            ("production", "a: notpay.example.com\nb: localhosts\n", vec![]),
            (
                "production",
                "a: dev.pay.example.com\nb: dev.buy.example.com\n",
                vec!["2:4 warning[foreign-host] production names a development host"],
            ),
            (
                "production",
                "x: &x localhost\ny: *x\n",
                vec!["1:7 error[foreign-host] production names a development host"],
            ),
        ] {
            assert_eq!(found(policy, environment, text), expected, "{text}");
        }
    }

    #[test]
    fn a_password_beside_the_host_stays_hidden() {
        let text = "url: postgres://app:hunter2x@db.staging.example.com/x\n";
        let report = Repository::new(&[("environments/production/a.yaml", text)]).report();
        for finding in &report.findings {
            assert!(!format!("{finding:?}").contains("hunter2x"), "{finding:?}");
        }
        let excerpt = report.findings.iter().find_map(|finding| finding.excerpt.as_ref());
        assert_eq!(
            excerpt.map(|e| e.text.as_str()),
            Some("url: postgres://app:\u{2022}\u{2022}\u{2022}\u{2022}@db.staging.example.com/x")
        );
    }
}
