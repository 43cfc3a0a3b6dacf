//! What a migration does with each file it is shown.

use std::collections::BTreeMap;

use super::belonging::{Belonging, belongings};
use super::charts::Charts;
use super::environments::marked_for_other;
use super::exclusions::{Suspicion, look};
use super::history::{Intended, Step};
use super::manifests::{SecretManifest, secret_manifests};
use super::templates::{Template, template};
use crate::formats::read::{Converted, Format, Refusal, below, convert, key_for};
use crate::model::{
    Environment, Error, InvalidKey, Key, Location, Policy, Position, Result, Rule, ValuePath,
};
use crate::secrets::secret_below;
use crate::yaml::{Document, Limits, Rejection};

/// What a migration is asked to judge.
#[derive(Clone, Copy, Debug)]
pub struct Migration<'a> {
    /// The files and folders that were named, relative to the git root; an empty one is the root.
    pub roots: &'a [String],
    /// The files at or below the roots, with their bytes.
    pub files: &'a [(String, Vec<u8>)],
    /// The configuration root relative to the git root.
    pub prefix: &'a str,
    /// The items that development has already, with their bytes.
    pub existing: &'a BTreeMap<Key, Vec<u8>>,
    /// The key to give the one file there is.
    pub as_key: Option<&'a Key>,
    /// Its words for environments are looked for in names.
    pub policy: &'a Policy,
    /// Bounds on what is read.
    pub limits: &'a Limits,
}

/// One file that becomes an item.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The file as it was found.
    pub source: String,
    /// The item it becomes.
    pub key: Key,
    /// Its format.
    pub format: Format,
    /// The item's text and what there is to say about it.
    pub converted: Converted,
    /// The values that are secrets in plain text, or look like some.
    pub secrets: Vec<ValuePath>,
    /// Its manifests whose purpose is a secret.
    pub manifests: Vec<(ValuePath, SecretManifest)>,
    /// The template that it is, taken because it was named.
    pub template: Option<Template>,
    /// Whether its history goes on through the move, once that was asked.
    pub goes_on: bool,
    /// What of it is another environment's.
    pub belongings: Vec<Belonging>,
}

/// What was read of a file that becomes an item.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The file.
    pub source: &'a str,
    /// The item's text and what there is to say about it.
    pub converted: &'a Converted,
    /// The values that are secrets, or look like some.
    pub secrets: &'a [ValuePath],
}

impl Planned {
    /// What was read of the file.
    #[must_use]
    pub fn reading(&self) -> Reading<'_> {
        Reading { source: &self.source, converted: &self.converted, secrets: &self.secrets }
    }
}

/// Several sources for one key, or one for a key that is taken; none of them moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The key, as its first source spells it.
    pub key: Key,
    /// The files, in order.
    pub sources: Vec<String>,
    /// The item that is there already, which may differ in case.
    pub existing: Option<Key>,
}

/// What becomes of every file, each listed once, in the order of their paths.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is written.
    pub items: Vec<Planned>,
    /// What development's item of that key says already.
    pub present: Vec<(String, Key)>,
    /// What is no configuration.
    pub left_alone: Vec<(String, Suspicion)>,
    /// What a person must name.
    pub asks: Vec<(String, Suspicion)>,
    /// What would become one and the same item.
    pub collisions: Vec<Collision>,
    /// What cannot be read, and why.
    pub rejected: Vec<(String, Rejection)>,
    /// What has a path that is no key.
    pub unnamed: Vec<(String, InvalidKey)>,
}

impl Plan {
    /// Says of each item whether its history goes on through this commit.
    ///
    /// # Errors
    /// When what judges histories fails.
    pub fn tell_history(&mut self, intended: &Intended<'_>) -> Result<()> {
        let environment = Environment::Development;
        let steps: Vec<Step<'_>> = self
            .items
            .iter()
            .map(|item| Step {
                source: &item.source,
                item: item.key.file(environment),
                environment,
                before: intended.bytes(&item.source),
                after: item.converted.text.as_bytes(),
            })
            .collect();
        let found = intended.going_on(&steps)?;
        for item in &mut self.items {
            item.goes_on = found.contains(&item.source);
        }
        Ok(())
    }

    /// How many values the items hold.
    #[must_use]
    pub fn values(&self) -> usize {
        self.items.iter().map(|item| item.converted.values).sum()
    }
}

/// Judges every file. A file that was named itself is taken whatever its name says, but for one that
/// names another environment, or says that it is another one's.
///
/// # Errors
/// A usage error when `as_key` meets several files, or a named file has no known format; a defect
/// when a converted file does not say what its source says.
pub fn plan(migration: &Migration<'_>) -> Result<Plan> {
    let mut files: Vec<&(String, Vec<u8>)> = migration.files.iter().collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files.dedup_by(|a, b| a.0 == b.0);
    let charts = Charts::among(files.iter().map(|(file, _)| file.as_str()));
    let mut plan = Plan::default();
    for (file, bytes) in files {
        judge_file(migration, (file, &charts), bytes, &mut plan)?;
    }
    if let (Some(key), count @ 2..) = (migration.as_key, plan.items.len()) {
        return Err(Error::usage(format!("`--as {key}` names one item, and there are {count} files"))
            .with_help("name the one file that becomes this item"));
    }
    let items = std::mem::take(&mut plan.items);
    for sources in by_key(items) {
        check_limits(sources, migration, &mut plan);
    }
    plan.items.sort_by(|a, b| a.source.cmp(&b.source));
    plan.present.sort();
    Ok(plan)
}

fn judge_file(
    migration: &Migration<'_>,
    (file, charts): (&str, &Charts<'_>),
    bytes: &[u8],
    plan: &mut Plan,
) -> Result<()> {
    let named = migration.roots.iter().any(|root| root == file);
    let Some(format) = Format::of(file) else {
        return if named { Err(unknown_format(file)) } else { Ok(()) };
    };
    let root = root_of(migration.roots, file);
    let outcome = match convert(format, bytes, migration.limits) {
        Err(Refusal::Defect(error)) => return Err(error.at(file)),
        Err(Refusal::Rejected(rejection)) => Err(rejection),
        Ok(converted) => Ok(converted),
    };
    let words = &migration.policy.words;
    let text = String::from_utf8_lossy(bytes);
    let read = outcome.as_ref().ok().map(|converted| converted.documents.as_slice());
    // `{{ x }}` is also a mapping whose key is a mapping, which nobody means.
    let meant = outcome.as_ref().ok().is_some_and(|converted| converted.complex_key.is_none());
    let template = template(&text, read.filter(|_| meant));
    let values = read.unwrap_or_default();
    let belongings = belongings(values, words);
    let has_lines = !belongings.is_empty() && matches!(format, Format::Yaml | Format::Json);
    let document = has_lines.then(|| Document::parse(bytes, migration.limits).ok()).flatten();
    let belongings: Vec<Belonging> =
        belongings.into_iter().map(|found| found.found_in(document.as_ref())).collect();
    let holds = || belongings.iter().find(|found| found.asks()).cloned().map(Suspicion::Holds);
    let suspicion = if named {
        let says = || belongings.iter().find(|found| found.owner_of_all().is_some()).cloned();
        let by_name = marked_for_other(file, words).map(Suspicion::OtherEnvironment);
        by_name.or_else(|| says().map(Suspicion::Holds))
    } else {
        look((root, migration.prefix), (file, charts), words, template, values).or_else(holds)
    };
    let outcome = match template {
        Some(template) if !meant => Err(not_filled_in(template)),
        _ => outcome,
    };
    let source = file.to_owned();
    let key = match migration.as_key {
        Some(key) => Ok(key.clone()),
        None => key_for(root, file),
    };
    match (suspicion, outcome, key) {
        (Some(suspicion), _, _) if suspicion.asks() => plan.asks.push((source, suspicion)),
        (Some(suspicion), _, _) => plan.left_alone.push((source, suspicion)),
        (None, Err(rejection), _) => plan.rejected.push((source, rejection)),
        (None, Ok(_), Err(invalid)) => plan.unnamed.push((source, invalid)),
        (None, Ok(converted), Ok(key)) => {
            let secrets = secret_paths(&converted, migration.policy);
            let manifests = secret_manifests(&converted.documents);
            plan.items.push(Planned {
                source,
                key,
                format,
                converted,
                secrets,
                manifests,
                template,
                goes_on: false,
                belongings,
            });
        }
    }
    Ok(())
}

/// Why a template that does not even read as YAML, JSON … is not taken.
pub(super) fn not_filled_in(template: Template) -> Rejection {
    let at = Position { line: template.line, column: 1 };
    Rejection {
        rule: Rule::Syntax,
        message: format!("this is {}, which a program fills in before it is configuration", template.what),
        help: "fill it in, as with `helm template`, and migrate what comes out".to_owned(),
        location: Location { start: at, end: at },
        ciphertext: None,
    }
}

pub(super) fn secret_paths(converted: &Converted, policy: &Policy) -> Vec<ValuePath> {
    let mut found = Vec::new();
    for (number, value) in converted.documents.iter().enumerate() {
        let root = ValuePath::document(number);
        value.walk(&root, &mut |path, scalar| {
            found.extend(secret_below(policy, value, path, scalar).map(|_| path.clone()));
        });
    }
    found
}

fn unknown_format(file: &str) -> Error {
    Error::usage(format!("{file} is no YAML, JSON, TOML, .env or .properties file"))
        .with_help("the name tells the format: .yaml, .yml, .json, .toml, .env, .properties")
}

/// The outermost of the named folders that hold `file`; the file itself when none does.
pub(super) fn root_of<'a>(roots: &'a [String], file: &'a str) -> &'a str {
    let folders = roots.iter().filter(|root| *root != file && below(root, file).is_some());
    folders.map(String::as_str).min_by_key(|root| root.trim_end_matches('/').len()).unwrap_or(file)
}

/// The candidates whose keys are the same or differ only in case, together.
fn by_key(items: Vec<Planned>) -> impl Iterator<Item = Vec<Planned>> {
    let mut groups: BTreeMap<String, Vec<Planned>> = BTreeMap::new();
    for item in items {
        groups.entry(item.key.as_str().to_lowercase()).or_default().push(item);
    }
    groups.into_values()
}

/// Takes a candidate that is alone with its key; all others collide.
fn check_limits(mut candidates: Vec<Planned>, migration: &Migration<'_>, plan: &mut Plan) {
    let Some(first) = candidates.first() else { return };
    let key = first.key.clone();
    let same = |taken: &Key| taken.as_str().eq_ignore_ascii_case(key.as_str());
    let existing = migration.existing.iter().find(|(taken, _)| same(taken));
    match (existing, candidates.len()) {
        (None, 1) => plan.items.append(&mut candidates),
        (Some((taken, bytes)), 1) if *taken == key && says(bytes, &first.converted, migration.limits) => {
            plan.present.push((first.source.clone(), key));
        }
        _ => {
            let sources = candidates.into_iter().map(|item| item.source).collect();
            let existing = existing.map(|(taken, _)| taken.clone());
            plan.collisions.push(Collision { key, sources, existing });
        }
    }
}

/// Whether an item says already what a file was converted to.
pub(super) fn says(item: &[u8], converted: &Converted, limits: &Limits) -> bool {
    Document::parse(item, limits).is_ok_and(|item| item.values() == converted.documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        roots: Vec<String>,
        files: Vec<(String, Vec<u8>)>,
        existing: BTreeMap<Key, Vec<u8>>,
        as_key: Option<Key>,
    }

    fn world(roots: &[&str], files: &[(&str, &str)]) -> World {
        World {
            roots: roots.iter().map(|root| (*root).to_owned()).collect(),
            files: files.iter().map(|(file, text)| ((*file).to_owned(), text.as_bytes().to_vec())).collect(),
            existing: BTreeMap::new(),
            as_key: None,
        }
    }

    impl World {
        fn holds(mut self, key: &str, text: &str) -> Self {
            self.existing.insert(key.parse().expect(key), text.as_bytes().to_vec());
            self
        }

        fn plan(&self) -> Result<Plan> {
            plan(&Migration {
                roots: &self.roots,
                files: &self.files,
                prefix: "",
                existing: &self.existing,
                as_key: self.as_key.as_ref(),
                policy: &Policy::default(),
                limits: &Limits::default(),
            })
        }

        /// Every file with what becomes of it, one a line.
        fn outcome(&self) -> String {
            let plan = self.plan().expect("a plan");
            let mut lines = Vec::new();
            for item in &plan.items {
                let how = if item.converted.unchanged { "moves" } else { "is written" };
                lines.push(format!("{} {how} to {}", item.source, item.key));
            }
            let all = plan.present.iter().map(|(file, key)| format!("{file} is {key} already"));
            lines.extend(all);
            let aside = plan.asks.iter().map(|(file, why)| format!("{file} asks: {why:?}"));
            lines.extend(aside);
            lines.extend(plan.left_alone.iter().map(|(file, why)| format!("{file} stays: {why:?}")));
            lines.extend(plan.rejected.iter().map(|(file, why)| {
                format!("{file}:{}:{} is rejected", why.location.start.line, why.location.start.column)
            }));
            lines.extend(plan.unnamed.iter().map(|(file, why)| format!("{file} has no name: {}", why.text)));
            for collision in &plan.collisions {
                let taken = collision.existing.as_ref().map(|key| format!(" with {key}")).unwrap_or_default();
                lines.push(format!("{} collide{taken}", collision.sources.join(" and ")));
            }
            lines.join("\n")
        }
    }

    #[test]
    fn every_file_is_listed_once() {
        let files = [
            ("c/z.yaml", "a: 1"),
            ("c/b/x.toml", "a = 1"),
            ("c/.env", "A=1"),
            ("c/app.yaml", "a: 1"),
            ("c/app.json", "{}"),
            ("c/App.toml", ""),
            ("c/settings.production.json", "{}"),
            ("c/docker-compose.yml", ""),
            ("c/broken.json", "{\n1}"),
            ("c/my file.yaml", "a: 1"),
            ("c/README.md", "# x"),
        ];
        let outcome = world(&["c"], &files).outcome();
        assert_eq!(
            outcome,
            "c/.env is written to env\n\
             c/b/x.toml is written to b/x\n\
             c/z.yaml moves to z\n\
             c/settings.production.json asks: OtherEnvironment(Production)\n\
             c/docker-compose.yml stays: NotConfiguration(\"a Compose file\")\n\
             c/broken.json:2:1 is rejected\n\
             c/my file.yaml has no name: my file\n\
             c/App.toml and c/app.json and c/app.yaml collide"
        );
    }

    #[test]
    fn a_named_file_is_taken_whatever_it_looks_like() {
        for (roots, files, expected) in [
            (
                &["c/values-prd.yaml"][..],
                &[("c/values-prd.yaml", "a: 1")][..],
                "c/values-prd.yaml moves to values-prd",
            ),
            (
                &["c", "c/qa/a.yaml"],
                &[("c/qa/a.yaml", ""), ("c/qa/b.yaml", "")],
                "c/qa/a.yaml moves to qa/a\nc/qa/b.yaml asks: Unknown(\"qa\")",
            ),
            (
                &["docker-compose.yml"],
                &[("docker-compose.yml", "services: {}")],
                "docker-compose.yml moves to docker-compose",
            ),
            (&["a.json"], &[("a.json", "{")], "a.json:1:1 is rejected"),
            (&["", "c"], &[("c/a.json", "{}"), ("c/a.json", "{}")], "c/a.json is written to c/a"),
        ] {
            assert_eq!(world(roots, files).outcome(), expected);
        }
    }

    #[test]
    fn another_environments_file_is_asked_about_even_where_it_is_named() {
        for file in ["production.yaml", "config/prod/app.yaml", "c/values-stg.yaml", "stage/a-dev.yaml"] {
            let plan = world(&[file], &[(file, "a: 1")]).plan().expect("a plan");
            assert!(plan.items.is_empty(), "{file}");
            assert!(matches!(plan.asks[0].1, Suspicion::OtherEnvironment(_)), "{file}: {:?}", plan.asks);
        }
    }

    #[test]
    fn what_is_another_environments_within_a_file_is_asked_about_or_told() {
        let files = [
            ("c/database.yml", "development: {a: 1}\nproduction: {a: 2}\n"),
            ("c/two.yml", "a: 1\n---\nspring: {config: {activate: {on-profile: prod}}}\nb: 2\n"),
            ("c/app.properties", "a=1\n#---\nspring.config.activate.on-profile=prod\nb=2\n"),
            ("c/mixed.env", "PROD_URL=x\n"),
            ("c/chart.yaml", "a: {{ .Values.a }}\n"),
            ("c/all.yaml", "environment: Production\na: 1\n"),
            ("c/part.yaml", "sentry: {env: prod}\n"),
            ("c/mode.env", "NODE_ENV=production\n"),
        ];
        let outcome = world(&["c"], &files).outcome();
        let found: Vec<&str> = outcome.lines().map(|line| line.split('{').next().unwrap_or(line)).collect();
        assert_eq!(
            found,
            [
                "c/mixed.env is written to mixed",
                "c/mode.env is written to mode",
                "c/all.yaml asks: Holds(Belonging ",
                "c/database.yml asks: Holds(Belonging ",
                "c/part.yaml asks: Holds(Belonging ",
                "c/two.yml asks: Holds(Belonging ",
                "c/chart.yaml stays: NotConfiguration(\"a Helm chart manifest\")",
                "c/app.properties:2:1 is rejected",
            ]
        );
        let asks = world(&["c"], &files).plan().expect("a plan").asks;
        assert_eq!(
            asks.iter().map(|(_, why)| why.to_string()).collect::<Vec<_>>(),
            [
                "says in `environment` that it is production's, line 1; --env production takes it as that, --env development as development's",
                "holds production's `production`, line 2; divide it, or name it to take it whole",
                "says in `sentry.env` that it is production's, line 1; divide it, or name it to take it whole",
                "holds what counts for the profile `prod` only, `#2:spring.config.activate.on-profile`, line 3; divide it, or name it to take it whole",
            ]
        );
        let named = world(&["c/all.yaml"], &[files[5]]).plan().expect("a plan");
        assert!(named.items.is_empty() && named.asks.len() == 1);
        let named = world(&["c/part.yaml"], &[files[6]]);
        assert_eq!(named.outcome(), "c/part.yaml moves to part");
        let named = world(&["c/database.yml", "c/a.yaml"], &[files[0], ("c/a.yaml", files[4].1)]);
        assert_eq!(named.outcome(), "c/database.yml moves to database\nc/a.yaml:1:1 is rejected");
        let plan = named.plan().expect("a plan");
        let told: Vec<String> = plan.items[0].belongings.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["`production` names production, though the item is development's"]);
        assert_eq!(
            plan.rejected[0].1.message,
            "this is a Helm chart template, which a program fills in before it is configuration"
        );
    }

    #[test]
    fn manifests_of_secrets_are_recognised() {
        let secret = "kind: Secret\nstringData: {host: db}\n---\nkind: SealedSecret\n---\nkind: ConfigMap\n";
        let list = "kind: List\nitems:\n- {kind: ExternalSecret}\n- kind\n";
        let plan = world(&["c"], &[("c/a.yaml", secret), ("c/b.yaml", list)]).plan().expect("a plan");
        let found = |index: usize| -> Vec<String> {
            let manifests = plan.items[index].manifests.iter();
            manifests.map(|(path, manifest)| format!("{path} {manifest:?}")).collect()
        };
        assert_eq!(found(0), [" Plain", "#2: Sealed"]);
        assert_eq!(found(1), ["items[0] Reference"]);
    }

    #[test]
    fn keys_that_are_taken_collide_unless_they_say_the_same() {
        for (existing, text, expected) in [
            ("app", "a: 1 # same value\n", "c/app.json is app already"),
            ("app", "a: 2\n", "c/app.json collide with app"),
            ("App", "a: 1\n", "c/app.json collide with App"),
            ("other", "a: 1\n", "c/app.json is written to app"),
        ] {
            let world = world(&["c"], &[("c/app.json", "{\"a\": 1}")]).holds(existing, text);
            assert_eq!(world.outcome(), expected);
        }
    }

    #[test]
    fn a_given_key_is_for_one_file() {
        let one = [("c/my file.yaml", "a: 1")];
        let mut named = world(&["c/my file.yaml"], &one);
        named.as_key = "billing/invoices".parse().ok();
        assert_eq!(named.outcome(), "c/my file.yaml moves to billing/invoices");

        let mut several = world(&["c"], &[("c/a.yaml", ""), ("c/b.yaml", "")]);
        several.as_key = "x".parse().ok();
        let error = several.plan().expect_err("two files");
        assert_eq!(error.message, "`--as x` names one item, and there are 2 files");
    }

    #[test]
    fn a_named_file_of_no_known_format_is_an_error() {
        let error = world(&["a.ini"], &[("a.ini", "")]).plan().expect_err("no format");
        assert_eq!(error.message, "a.ini is no YAML, JSON, TOML, .env or .properties file");
    }
}
