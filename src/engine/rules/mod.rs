//! The rules that `check` runs: from a snapshot and a policy to findings.
//!
//! Each rule has its file, named as the user reads it, and takes what was read to drafts: a
//! message and a symbolic place. Lines, columns and masked excerpts are worked out once for all of
//! them in `draft`; severities and waivers are the policy's and applied last. A file that cannot
//! be read as YAML is a finding and hides no other file's.

mod alone;
mod compared;
mod context;
mod excerpt;
mod finding_builder;
mod judgement;
mod memory;
mod mistyped;
mod schema;
mod unparsed;
mod waivers;

mod against_decision;
mod ambiguous_scalar;
mod bad_decision;
mod conflict_markers;
mod duplicate_key;
mod empty_item;
mod foreign_host;
mod hidden_character;
mod invalid_key;
mod key_case_collision;
mod legacy_drift;
mod missing_item;
mod missing_key;
mod missing_value;
mod no_schema;
mod overtaken_promotion;
mod overwrites_own_value;
mod plain_secret;
mod portable_name;
mod reader_differs;
mod schema_limits;
mod shared_secret;
mod similar_key;
mod skipped_promotion;
mod stray_file;
mod symlink;
mod syntax;
mod type_mismatch;
mod unknown_environment;
mod unsupported_yaml;
mod unused;
mod wide_folder;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod traps;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use self::alone::read_without_error;
use self::context::{Keeps, RevisionContext, RuleContext};
use self::finding_builder::FindingBuilder;
pub use self::judgement::{Judgement, Judgements, Salt};
use self::memory::Fingerprints;
pub use self::memory::{Fingerprint, Memory};
use super::configuration::Configuration;
use super::departure::Departure;
use super::parallel::map_each;
use super::promotion::Reason;
use super::snapshot::ItemFile;
use crate::model::{
    Date, Environment, Finding, Hop, Key, Progress, ProgressCounter, Result, Rule, Severity, ValuePath,
};
use crate::secrets::mask::Shown;

/// So many items are held once they are read.
const FEW: usize = 64;

/// What is judged, and what of it is reported.
#[derive(Clone, Copy)]
pub struct CheckInput<'a> {
    /// The revision.
    pub configuration: &'a Configuration,
    /// The day, `YYYY-MM-DD`, by which waivers end; without one none has ended.
    pub today: Option<Date>,
    /// The items that are judged; all when empty.
    pub keys: &'a [Key],
    /// The environment whose findings are reported; all without one. What is compared across
    /// environments is compared all the same.
    pub environment: Option<Environment>,
    /// Whether the revision holds one environment and nothing of the others: what compares environments
    /// is not asked.
    pub is_alone: bool,
    /// What only a review knows; `None` when a revision is judged for itself.
    pub change: Option<&'a Change>,
    /// The two revisions of a change: what the first holds as a secret stays one, and what the policy of
    /// either calls one is masked.
    pub ends: Option<[&'a Configuration; 2]>,
    /// What earlier runs judged; not asked for a change, whose judgements rest on more.
    pub memory: Option<&'a dyn Memory>,
    /// Is told how far it has come.
    pub progress: &'a dyn Progress,
}

/// What a review knows besides the snapshot, which may be a part of the revision.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Whether all items were read, not only those that it touches.
    pub is_whole: bool,
    /// The production values that skipped staging.
    pub skipped: Vec<(Key, ValuePath)>,
    /// The values that the plan at the base keeps where they are, and the change overwrites with the
    /// source's.
    pub overwritten: Vec<Overwritten>,
    /// The promoted values that their source has left, and how.
    pub overtaken: Vec<(Key, Hop, ValuePath, Departure)>,
}

/// A value that an environment keeps for itself by the plan at the base, and that a change overwrites
/// with the source's.
#[derive(Clone, Debug)]
pub struct Overwritten {
    /// The item.
    pub key: Key,
    /// The hop into the environment.
    pub hop: Hop,
    /// Where.
    pub path: ValuePath,
    /// What was there, as it may be shown; nothing where the key is new.
    pub was: Option<Shown>,
    /// Whether the change removes it.
    pub is_removed: bool,
    /// The day of the commit that gave the environment its value, or took it away.
    pub since: Option<Date>,
    /// Why the plan keeps it.
    pub reason: Reason,
}

impl CheckInput<'_> {
    fn is_narrowed(&self) -> bool {
        !self.keys.is_empty() || self.environment.is_some() || self.change.is_some()
    }

    fn reports(&self, finding: &Finding) -> bool {
        // What hides files may hide those that are asked for.
        let hides = finding.rule == Rule::Symlink;
        let key_fits =
            self.keys.is_empty() || finding.key.as_ref().map_or(hides, |key| self.keys.contains(key));
        let of_all = hides && finding.environment.is_none();
        key_fits && (self.environment.is_none() || self.environment == finding.environment || of_all)
    }
}

/// Accepted findings, each with the position of its waiver.
pub type Waived = Vec<(usize, Finding)>;

/// What was found.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// By file, place and rule.
    pub findings: Vec<Finding>,
    /// The findings that a waiver accepts, each with the position of the first one that does.
    pub waived: Waived,
    /// How many items were judged, each environment's counted for itself.
    pub items: usize,
    /// The environments that these items are in, in order.
    pub environments: Vec<Environment>,
}

impl CheckReport {
    /// How many findings have this weight.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// What a rule looks at.
#[derive(Clone, Copy)]
enum Judge {
    /// One item, in all its environments.
    Item(for<'w> fn(&'w RuleContext<'w>) -> Vec<FindingBuilder<'w>>),
    /// Everything, once every item is judged.
    Revision(fn(&RevisionContext<'_>) -> Vec<Finding>),
}

/// Every rule that is judged here.
const RULES: &[(Rule, Judge)] = &[
    (Rule::Syntax, Judge::Item(syntax::judge)),
    (Rule::Schema, Judge::Item(schema::judge)),
    (Rule::UnknownEnvironment, Judge::Revision(unknown_environment::judge)),
    (Rule::InvalidKey, Judge::Revision(invalid_key::judge)),
    (Rule::KeyCaseCollision, Judge::Revision(key_case_collision::judge)),
    (Rule::Symlink, Judge::Revision(symlink::judge)),
    (Rule::DuplicateKey, Judge::Item(duplicate_key::judge)),
    (Rule::ForeignHost, Judge::Item(foreign_host::judge)),
    (Rule::HiddenCharacter, Judge::Item(hidden_character::judge)),
    (Rule::SharedSecret, Judge::Revision(shared_secret::judge)),
    (Rule::LegacyDrift, Judge::Revision(legacy_drift::judge)),
    (Rule::ConflictMarkers, Judge::Item(conflict_markers::judge)),
    (Rule::BadDecision, Judge::Revision(bad_decision::judge)),
    (Rule::StrayFile, Judge::Revision(stray_file::judge)),
    (Rule::EmptyItem, Judge::Item(empty_item::judge)),
    (Rule::PortableName, Judge::Revision(portable_name::judge)),
    (Rule::SchemaLimits, Judge::Item(schema_limits::judge)),
    (Rule::PlainSecret, Judge::Item(plain_secret::judge)),
    (Rule::TypeMismatch, Judge::Item(type_mismatch::judge)),
    (Rule::AmbiguousScalar, Judge::Item(ambiguous_scalar::judge)),
    (Rule::ReaderDiffers, Judge::Item(reader_differs::judge)),
    (Rule::SimilarKey, Judge::Item(similar_key::judge)),
    (Rule::WideFolder, Judge::Revision(wide_folder::judge)),
    (Rule::UnsupportedYaml, Judge::Item(unsupported_yaml::judge)),
    (Rule::UnusedPin, Judge::Revision(unused::pins)),
    (Rule::UnusedHost, Judge::Revision(unused::hosts)),
    (Rule::UnusedWord, Judge::Revision(unused::words)),
    (Rule::UnusedSecret, Judge::Revision(unused::secrets)),
    (Rule::UnusedSchema, Judge::Revision(unused::schemas)),
    (Rule::NoSchema, Judge::Item(no_schema::judge)),
    (Rule::MissingItem, Judge::Item(missing_item::judge)),
    (Rule::MissingKey, Judge::Item(missing_key::judge)),
    (Rule::MissingValue, Judge::Item(missing_value::judge)),
    (Rule::OverwritesOwnValue, Judge::Revision(overwrites_own_value::judge)),
    (Rule::AgainstDecision, Judge::Revision(against_decision::judge)),
    (Rule::SkippedPromotion, Judge::Revision(skipped_promotion::judge)),
    (Rule::OvertakenPromotion, Judge::Revision(overtaken_promotion::judge)),
];

/// Judges a snapshot.
///
/// # Errors
/// When a file cannot be read at all; what is wrong inside a file is a finding.
pub fn check(subject: &CheckInput<'_>) -> Result<CheckReport> {
    let mut revision = RevisionContext::new(subject);
    if subject.memory.is_none() {
        // Nothing is taken over from these judgements, so that an entry needs to be seen once.
        revision.seen = Some(revision.policy.entries.iter().map(|_| AtomicBool::new(false)).collect());
    }
    judge(subject, revision, None).map(|(report, _)| report)
}

/// Judges a snapshot that differs from one that was judged before, with what its items were judged to
/// be, in these items and perhaps in files that are no items.
///
/// # Errors
/// As [`check`].
pub fn check_again(
    subject: &CheckInput<'_>,
    before: Option<(&Judgements, &BTreeSet<Key>)>,
) -> Result<(CheckReport, Judgements)> {
    judge(subject, RevisionContext::new(subject), before)
}

fn judge(
    subject: &CheckInput<'_>,
    mut revision: RevisionContext<'_>,
    before: Option<(&Judgements, &BTreeSet<Key>)>,
) -> Result<(CheckReport, Judgements)> {
    let fingerprints = match subject.memory.filter(|_| subject.change.is_none() && subject.ends.is_none()) {
        Some(memory) => Some(Fingerprints::new(memory, &revision)?),
        None => None,
    };
    let judgements = judge_items(subject, &revision, before, fingerprints.as_ref())?;
    let schemas_made_of = fingerprints.map(Fingerprints::schemas).unwrap_or_default();
    (revision.judgements, revision.schemas_made_of) = (judgements, schemas_made_of);
    subject.configuration.schemas().require_read()?;
    let of_items = revision.judgements.values().flat_map(|judgement| &judgement.findings);
    let is_joined = no_schema::is_joined(&revision, subject.environment);
    let is_told = |finding: &&Finding| {
        subject.reports(finding) && !(is_joined && no_schema::is_one_of_many(&revision, finding))
    };
    let mut findings: Vec<Finding> = of_items.filter(is_told).cloned().collect();
    if is_joined {
        findings.extend(no_schema::joined(&revision, subject.environment));
    }
    for judge in judged(&revision) {
        if let Judge::Revision(judge) = judge {
            findings.extend(judge(&revision).into_iter().filter(|finding| subject.reports(finding)));
        }
    }
    let report = report(subject, &revision, findings)?;
    Ok((report, revision.judgements))
}

/// The rules that the policy does not turn off.
fn judged<'p>(revision: &RevisionContext<'p>) -> impl Iterator<Item = Judge> + use<'p> {
    let (policy, is_alone) = (revision.policy, revision.is_alone);
    let on = move |(rule, judge): &(Rule, Judge)| {
        let is_asked = !is_alone || says_of_one(*rule);
        policy.severity(*rule, rule.severity()).filter(|_| is_asked).map(|_| *judge)
    };
    RULES.iter().filter_map(on)
}

/// Whether a rule may say something of one environment where nothing is known of the others; what stands
/// in the policy and is not used there may be used elsewhere.
fn says_of_one(rule: Rule) -> bool {
    let is_of_use = matches!(
        rule,
        Rule::UnusedPin | Rule::UnusedHost | Rule::UnusedWord | Rule::UnusedSecret | Rule::UnusedSchema
    );
    !is_of_use && !rule.spans_environments()
}

/// Judges each item by itself.
fn judge_items(
    subject: &CheckInput<'_>,
    revision: &RevisionContext<'_>,
    before: Option<(&Judgements, &BTreeSet<Key>)>,
    fingerprints: Option<&Fingerprints<'_>>,
) -> Result<Judgements> {
    if let Some((known, changed)) = before.filter(|_| subject.keys.is_empty()) {
        return judge_changed(revision, known, changed);
    }
    let named: HashSet<&Key> = subject.keys.iter().collect();
    let wanted = |file: &&ItemFile| named.is_empty() || named.contains(&file.id.key);
    let files: Vec<&ItemFile> = revision.snapshot.items().filter(wanted).collect();
    let keys: Vec<&[&ItemFile]> = files.chunk_by(|a, b| a.id.key == b.id.key).collect();
    let steps = ProgressCounter::new(subject.progress, "judging items", Some(keys.len()));
    // Of many items nothing is kept but what was found: they may be more than fit into memory.
    let is_many = subject.keys.is_empty() || subject.keys.len() > FEW;
    let keeps = if is_many && subject.change.is_none() { Keeps::Nothing } else { Keeps::Readings };
    let judge = |files: &&[&ItemFile]| -> Result<Option<(Key, Arc<Judgement>)>> {
        let Some(key) = files.first().map(|file| &file.id.key) else { return Ok(None) };
        let judgement = match fingerprints {
            Some(fingerprints) => recall_or_judge(revision, key, files, fingerprints)?,
            None => Arc::new(judge_item(&revision.read(files, keeps)?)),
        };
        steps.step();
        Ok(Some((key.clone(), judgement)))
    };
    // In order, so that of several files that cannot be read the first one is told.
    let judged = map_each(&keys, judge);
    judged.into_iter().filter_map(Result::transpose).collect()
}

/// Judges the items that changed anew, and takes the others for what they were; it does not look at them.
fn judge_changed(
    revision: &RevisionContext<'_>,
    known: &Judgements,
    changed: &BTreeSet<Key>,
) -> Result<Judgements> {
    let judge = |key: &Key| -> Result<(Key, Option<Arc<Judgement>>)> {
        let files = Environment::ALL.iter().filter_map(|env| revision.snapshot.item(key, *env));
        let files: Vec<&ItemFile> = files.collect();
        let read = (!files.is_empty()).then(|| revision.read(&files, Keeps::Nothing)).transpose()?;
        let judgement = read.map(|read| Arc::new(judge_item(&read)));
        Ok((key.clone(), judgement))
    };
    // In order, so that of several files that cannot be read the first one is told.
    let judged = map_each(&Vec::from_iter(changed), |key| judge(key));
    let mut judgements = known.clone();
    for judged in judged {
        match judged? {
            (key, Some(judgement)) => _ = judgements.insert(key, judgement),
            (key, None) => _ = judgements.remove(&key),
        }
    }
    Ok(judgements)
}

fn recall_or_judge(
    revision: &RevisionContext<'_>,
    key: &Key,
    files: &[&ItemFile],
    fingerprints: &Fingerprints<'_>,
) -> Result<Arc<Judgement>> {
    let found = fingerprints.identify(files)?;
    let of = fingerprints.of(key, files, &found);
    if let Some(known) = of.and_then(|of| fingerprints.memory.recall(key, of)) {
        return Ok(known);
    }
    // What is remembered is of the bytes that are judged, whatever was there before.
    let ids: Vec<_> = found.iter().map(|content| content.id.clone()).collect();
    let read = fingerprints.read(files, found)?;
    let is_same = read.iter().map(|content| &content.id).eq(&ids);
    let of = if is_same { of } else { fingerprints.of(key, files, &read) };
    let bytes = read.into_iter().map(|content| content.bytes);
    let world = revision.read_known(files.iter().copied().zip(bytes), Keeps::Nothing)?;
    let judgement = Arc::new(judge_item(&world));
    if let Some(of) = of {
        fingerprints.memory.remember(key, of, &judgement);
    }
    Ok(judgement)
}

fn judge_item(world: &RuleContext<'_>) -> Judgement {
    let drafts = judged(world).flat_map(|judge| match judge {
        Judge::Item(judge) => judge(world),
        Judge::Revision(_) => Vec::new(),
    });
    Judgement {
        findings: drafts.map(|draft| draft.finish(world.policy)).collect(),
        has_unread: world.items.iter().any(|item| item.document().is_none()),
        secrets: if world.is_alone { Vec::new() } else { shared_secret::uses(world) },
        fitting: if world.is_alone { BTreeSet::new() } else { unused::fitting(world) },
    }
}

/// The items that files (relative to the configuration root) concern when they change; `None` when one
/// of them, a schema or the policy, may concern any.
#[must_use]
pub fn affected(changed: &BTreeSet<String>) -> Option<BTreeSet<Key>> {
    let mut keys = BTreeSet::new();
    for file in changed {
        let (_, name) = file.strip_prefix("environments/")?.strip_suffix(".yaml")?.split_once('/')?;
        // An item called `a.production` takes the schema of that name away from `a`.
        let shorter =
            Environment::ALL.iter().filter_map(|env| name.strip_suffix(env.name())?.strip_suffix('.'));
        keys.extend(shorter.chain([name]).filter_map(|key| key.parse().ok()));
    }
    Some(keys)
}

/// All findings in order, waivers applied.
fn report(
    subject: &CheckInput<'_>,
    world: &RevisionContext<'_>,
    mut findings: Vec<Finding>,
) -> Result<CheckReport> {
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    // What one anchor brings to several places is one finding.
    findings.dedup_by(|a, b| a.order() == b.order());
    let (mut findings, waived) = waivers::apply(subject, world, findings)?;
    for finding in &mut findings {
        let severity = subject.configuration.policy().severity(finding.rule, finding.severity);
        finding.severity = severity.unwrap_or(finding.severity);
    }
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    // Where none are named, all are judged, and none is looked up.
    let is_judged = |key: &Key| subject.keys.is_empty() || world.judgements.contains_key(key);
    let judged = world.snapshot.items().filter(|item| {
        subject.environment.is_none_or(|only| only == item.id.environment) && is_judged(&item.id.key)
    });
    let mut counts = [0; Environment::ALL.len()];
    judged.for_each(|item| counts[item.id.environment as usize] += 1);
    let environments = Environment::ALL.into_iter().zip(counts).filter(|(_, items)| *items > 0);
    let environments = environments.map(|(environment, _)| environment).collect();
    Ok(CheckReport { findings, waived, items: counts.iter().sum(), environments })
}

/// Environments as a sentence names them: "staging and production".
fn listed(environments: &[Environment], conjunction: &str) -> String {
    let names: Vec<_> = environments.iter().map(|env| env.name()).collect();
    names.join(&format!(" {conjunction} "))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::testing::Repository;
    use crate::engine::snapshot::{FileEntry, FileKind};
    use crate::model::{Environment, EnvironmentSet, Severity};

    fn repository() -> Repository {
        Repository::new(&[
            ("environments/development/a.yaml", "x: 1\nmode: 0644\n"),
            ("environments/production/a.yaml", "x: '1'\nmode: 0644\nhost: db.staging.example.com\n"),
            ("environments/development/b.yaml", "password: hunter2\n"),
            ("environments/staging/b.yaml", "password: hunter2\n"),
            ("environments/staging/b.yml", ""),
        ])
    }

    #[test]
    fn findings_are_sorted_and_counted() {
        let report = repository().below("config/").report();
        let counts = [Severity::Error, Severity::Warning, Severity::Notice].map(|s| report.count(s));
        assert_eq!((report.items, counts), (4, [2, 6, 2]));
        assert_eq!(report.environments, Environment::ALL);
        assert_eq!(
            repository().below("config/").places(),
            [
                "config/environments/development/a.yaml:1:1 notice[missing-key]",
                "config/environments/development/a.yaml:2:7 warning[ambiguous-scalar]",
                "config/environments/development/b.yaml:1:11 warning[plain-secret]",
                "config/environments/production/a.yaml:1:1 notice[missing-item]",
                "config/environments/production/a.yaml:1:4 warning[type-mismatch]",
                "config/environments/production/a.yaml:2:7 warning[ambiguous-scalar]",
                "config/environments/production/a.yaml:3:7 warning[foreign-host]",
                "config/environments/staging/b.yaml:1:11 error[shared-secret]",
                "config/environments/staging/b.yaml:1:11 warning[plain-secret]",
                "config/environments/staging/b.yml error[stray-file]",
            ]
        );
    }

    #[test]
    fn judged_again_it_is_as_judged_anew() {
        let nothing = BTreeMap::new();
        let mut now = repository();
        let (_, mut held) = now.judge_again(&nothing, None).expect("readable files");
        for (file, text) in [
            ("environments/development/a.yaml", "x: 2\n"),
            ("environments/production/a.yaml", "x: '1'\nhost: db.staging.example.com\nmode: no\n"),
            ("environments/production/c.yaml", "token: hunter2\n"),
            ("environments/production/a.yaml", "x: [\n"),
            ("environments/staging/b.yaml", "password: other\nx: &a 0644\ny: *a\n"),
            ("environments/production/a.yaml", "x: 1\n"),
        ] {
            now = now.and(file, text);
            let key =
                file.rsplit_once('/').and_then(|(_, name)| name.strip_suffix(".yaml")).expect("an item");
            let changed = BTreeSet::from([key.parse().expect("a key")]);
            let (again, by_item) =
                now.judge_again(&nothing, Some((&held, &changed))).expect("readable files");
            let anew = now.judge(&nothing).expect("readable files");
            assert_eq!((&again.findings, again.items), (&anew.findings, anew.items), "{file}");
            held = by_item;
        }
    }

    /// What may be told to who reads one environment alone is the same whatever the others hold.
    #[test]
    fn what_rests_on_one_environment_depends_on_no_other() {
        let worlds = [
            vec![],
            vec![("a", "x: 1\nmode: 0644\n")],
            vec![
                ("a", "x: 'one'\nhost: db.staging.example.com\n"),
                ("A", "x: 1\n"),
                ("b", "password: hunter2\n"),
            ],
            vec![("a", "x: [\n"), ("b", "password: hunter2\nuser: u\n"), ("only", "no: 015\n")],
            vec![
                ("a", "x: {y: 1}\nhost: db.staging.example.com\nurl: http://db.prod.example.com\n"),
                ("b", "k: 1\n"),
            ],
        ];
        let policy =
            "[[waiver]]\nrule = \"no-schema\"\nkey = \"b\"\nreason = \"r\"\n\n[[pin]]\npath = \"k.**\"\n";
        let schema = r#"{"properties": {"x": {"type": "integer"}}}"#;
        for environment in Environment::ALL {
            for own in &worlds {
                let mut told = BTreeSet::new();
                for others in &worlds {
                    let placed = environment.others().map(|other| (other, others));
                    let files = placed.chain([(environment, own)]).flat_map(|(environment, items)| {
                        let file = move |key: &str| format!("environments/{environment}/{key}.yaml");
                        items.iter().map(move |(key, text)| (file(key), *text))
                    });
                    let mut repository =
                        Repository::new(&[("schemas/a.schema.json", schema), ("terrace.toml", policy)]);
                    for (file, text) in files {
                        repository = repository.and(&file, text);
                    }
                    let findings = repository.report().findings.into_iter();
                    let may_be_told = |finding: &crate::model::Finding| {
                        finding.environment == Some(environment)
                            && EnvironmentSet::from(environment).covers(finding.environments())
                    };
                    let lines = findings
                        .filter(may_be_told)
                        .map(|it| format!("{} {:?} {}", it.rule, it.location, it.message));
                    told.insert(lines.collect::<Vec<_>>());
                }
                assert_eq!(told.len(), 1, "{environment} {own:?}: {told:#?}");
            }
        }
    }

    #[test]
    fn a_part_is_judged_against_the_whole() {
        let production = repository().keys(&["a"]).only(Environment::Production);
        assert_eq!((production.report().items, production.report().environments.len()), (1, 1));
        assert_eq!(
            production.places(),
            [
                "environments/production/a.yaml:1:1 notice[missing-item]",
                "environments/production/a.yaml:1:4 warning[type-mismatch]",
                "environments/production/a.yaml:2:7 warning[ambiguous-scalar]",
                "environments/production/a.yaml:3:7 warning[foreign-host]",
            ]
        );
        assert_eq!(repository().keys(&["b"]).places().len(), 3);
        assert_eq!(repository().keys(&["c"]).report().items, 0);
    }

    #[test]
    fn a_finding_has_all_that_reports_show() {
        let report = repository().keys(&["a"]).only(Environment::Production).report();
        let host = report.findings.last().expect("a finding");
        assert_eq!(host.message, "production names a staging host");
        assert_eq!(host.path.as_ref().map(ToString::to_string).as_deref(), Some("host"));
        assert_eq!(host.pointer.as_ref().map(ToString::to_string).as_deref(), Some("/host"));
        let excerpt = host.excerpt.as_ref().expect("an excerpt");
        assert_eq!((excerpt.first_line, excerpt.text.as_str()), (3, "host: db.staging.example.com"));
        assert_eq!(&excerpt.text[excerpt.highlight.clone()], "db.staging.example.com");
    }

    #[test]
    fn elements_of_lists_are_called_by_their_names() {
        let text = "servers:\n- name: api\n  mode: 0644\n- name: web\n  modes: [0600]\n";
        let report = Repository::new(&[("environments/development/a.yaml", text)]).report();
        let shown: Vec<_> = report
            .findings
            .iter()
            .map(|f| (f.path.as_ref().map(ToString::to_string), f.pointer.as_ref().map(ToString::to_string)))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            shown,
            [
                (some("servers[name=api].mode"), some("/servers/0/mode")),
                (some("servers[name=web].modes[0]"), some("/servers/1/modes/0")),
            ]
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_that_names_it() {
        let path = "environments/staging/gone.yaml".to_owned();
        let more = BTreeMap::from([(path.clone(), FileEntry { blob: None, kind: FileKind::File })]);
        let error = repository().judge(&more).expect_err("unreadable");
        assert!(error.message.contains(&path), "{}", error.message);
    }
}
