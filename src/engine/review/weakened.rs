//! `policy-weakened`: what a change takes away from what policy, schemas and decisions protect.
//!
//! Two policies are compared clause by clause, two texts of a schema constraint by constraint. The
//! policy before the change says how much that weighs, and no waiver of the change accepts it.

use std::collections::{BTreeMap, BTreeSet};

use super::{DecisionChange, Turn};
use crate::engine::configuration::Configuration;
use crate::engine::promotion::decision_places;
use crate::json_schema::{Loosened, Loosening, loosened};
use crate::model::policy::{Clause, FILE, NewKeys, PolicyEntry};
use crate::model::{
    Environment, Finding, Help, Key, Location, PathPattern, Pointer, Policy, Position, Related, RelatedLabel,
    Result, Rule, Segment, Severity, ValuePath,
};
use crate::yaml::{Document, Limits};

/// One thing that protects less than it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weakening {
    /// A rule weighs less; `None` is off.
    Rule {
        /// The rule.
        rule: Rule,
        /// Its level before.
        from: Option<Severity>,
        /// Its level now.
        to: Option<Severity>,
    },
    /// What the policy forbade.
    Gone(Clause),
    /// What the policy did not permit.
    Added(Clause),
    /// The configuration came here from these folders, whose policy no longer judges it.
    Moved(Vec<String>),
    /// Larger files are read, in bytes.
    FileBytes {
        /// Before.
        from: usize,
        /// Now.
        to: usize,
    },
    /// Promotions decide more by themselves.
    Undecided {
        /// Which part: `new-keys` or `removals`.
        name: &'static str,
        /// Before.
        from: NewKeys,
        /// Now.
        to: NewKeys,
    },
    /// A schema describes these items no more.
    Undescribed(Vec<Key>),
    /// A constraint of a schema.
    Constraint(Loosened),
    /// A decision that still counted is gone, or ends sooner.
    Decision {
        /// Whether it is still there.
        stays: bool,
        /// The item.
        key: Key,
        /// The environment that kept its value.
        target: Environment,
        /// What it kept.
        path: ValuePath,
    },
}

/// A weakening and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakened {
    /// What.
    pub what: Weakening,
    /// The file, relative to the git root.
    pub file: String,
    /// Where in the file after the change; nothing where it is the absence of something.
    pub at: Option<Position>,
    /// Where what is gone stood in the file before the change.
    pub before: Option<Position>,
}

impl Weakening {
    /// It in one phrase.
    #[must_use]
    pub fn phrase(&self) -> String {
        match self {
            Self::Rule { rule, to: None, .. } => format!("{rule} is turned off"),
            Self::Rule { rule, from, to: Some(to) } => {
                let from = from.map_or_else(String::new, |from| format!(" from {from}"));
                format!("{rule} is turned down{from} to {to}")
            }
            Self::Gone(clause) => format!("{clause} is gone"),
            Self::Added(clause) => format!("{clause} is new"),
            Self::Moved(roots) => {
                let named =
                    |root: &String| if root.is_empty() { "the top".to_owned() } else { format!("`{root}`") };
                let roots: Vec<String> = roots.iter().map(named).collect();
                format!("the configuration comes from {}, whose policy no longer judges it", roots.join(", "))
            }
            Self::FileBytes { from, to } => format!("[limits] file-bytes is raised from {from} to {to}"),
            Self::Undecided { name, from, to } => {
                format!("[promotion] {name} goes from {} to {}", word(*from), word(*to))
            }
            Self::Undescribed(keys) => {
                const SHOWN: usize = 5;
                let shown: Vec<&str> = keys.iter().take(SHOWN).map(Key::as_str).collect();
                let more = keys.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("the schema no longer describes {}{more}", shown.join(", "))
            }
            Self::Constraint(Loosened { pointer, keyword, how }) => {
                let place = if pointer.is_empty() { "the schema" } else { pointer };
                let what =
                    if keyword.is_empty() { "what was refused".to_owned() } else { format!("`{keyword}`") };
                let how = match how {
                    Loosening::Gone => "is gone",
                    Loosening::Looser if keyword.is_empty() => "is allowed",
                    Loosening::Looser => "allows more",
                    Loosening::Changed => "is another one",
                };
                format!("{what} of {place} {how}")
            }
            Self::Decision { stays, key, target, path } => {
                let how = if *stays { "may end sooner" } else { "is gone" };
                format!("the decision that {target} keeps {path} of {key} {how}")
            }
        }
    }
}

const fn word(new_keys: NewKeys) -> &'static str {
    match new_keys {
        NewKeys::Ask => "ask",
        NewKeys::Take => "take",
        NewKeys::Leave => "leave",
    }
}

/// That the configuration, which the base does not have, comes from these folders of it.
#[must_use]
pub fn moved(roots: Vec<String>, head: &Configuration) -> Vec<Weakened> {
    if roots.is_empty() {
        return Vec::new();
    }
    let file = format!("{}{FILE}", head.snapshot().prefix);
    vec![Weakened { what: Weakening::Moved(roots), file, at: None, before: None }]
}

/// What the change weakens. `schemas` are the files of schemas that it touches, `keys` the items that
/// it concerns, `renamed` what they were called before, and `decisions` what it does to those that still
/// count.
///
/// # Errors
/// When a schema that is there cannot be read.
pub fn weakened(
    [base, head]: [&Configuration; 2],
    schemas: &[String],
    (keys, renamed): (&BTreeSet<Key>, &BTreeMap<(Environment, Key), Key>),
    decisions: &[&DecisionChange],
) -> Result<Vec<Weakened>> {
    let prefix = &head.snapshot().prefix;
    let of_policy = policies(base.policy(), head.policy()).into_iter();
    let placed = |(what, at): Placed| {
        let stood = |gone: &Clause| {
            let mut entries = base.policy().entries.iter();
            entries.find(|entry| entry.clause == *gone).map(|entry| entry.position)
        };
        let before = if let Weakening::Gone(clause) = &what { stood(clause) } else { None };
        Weakened { what, file: format!("{prefix}{FILE}"), at, before }
    };
    let mut out: Vec<Weakened> = of_policy.map(placed).collect();
    out.extend(undescribed([base, head], keys, renamed)?);
    for file in schemas {
        let texts = [base.snapshot().read_file(file)?, head.snapshot().read_file(file)?];
        if let [Some(before), Some(after)] = texts {
            let of_schema = schema(&before, &after).into_iter();
            out.extend(of_schema.map(|(what, at)| Weakened {
                what,
                file: format!("{prefix}{file}"),
                at,
                before: None,
            }));
        }
    }
    for change in decisions {
        let DecisionChange { key, target, decision, turn, .. } = change;
        let [folder, _] = decision_places(key, *target);
        let stays = *turn != Turn::Removed;
        let what =
            Weakening::Decision { stays, key: key.clone(), target: *target, path: decision.path.clone() };
        out.push(Weakened { what, file: format!("{prefix}{folder}"), at: None, before: None });
    }
    Ok(out)
}

/// The findings about it, at the level that the policy of the base gives the rule.
#[must_use]
pub fn findings(weakened: &[Weakened], base: &Policy) -> Vec<Finding> {
    let rule = Rule::PolicyWeakened;
    let Some(severity) = base.severity(rule, rule.severity()) else { return Vec::new() };
    let help = Help::ReadRule { text: "leave it as it was, or have its owners agree".to_owned(), rule };
    let finding = |weakened: &Weakened| {
        let mut finding = Finding::new(rule, weakened.file.clone(), weakened.what.phrase(), help.clone());
        finding.severity = severity;
        finding.location = weakened.at.map(|at| Location { start: at, end: at });
        finding.related.extend(weakened.before.map(|at| Related {
            label: RelatedLabel::Before,
            file: weakened.file.clone(),
            location: Location { start: at, end: at },
        }));
        if let Weakening::Decision { key, target, .. } = &weakened.what {
            (finding.key, finding.environment) = (Some(key.clone()), Some(*target));
        }
        finding
    };
    weakened.iter().map(finding).collect()
}

type Placed = (Weakening, Option<Position>);

fn policies(base: &Policy, head: &Policy) -> Vec<Placed> {
    let mut out = levels(base, head);
    let [before, after] =
        [base, head].map(|policy| policy.entries.iter().map(|entry| &entry.clause).collect::<BTreeSet<_>>());
    let added = head.entries.iter().filter(|entry| entry.clause.permits() && !before.contains(&entry.clause));
    out.extend(added.map(|entry| (Weakening::Added(entry.clause.clone()), Some(entry.position))));
    // Which schema describes what is asked item by item.
    let forbids = |clause: &Clause| !clause.permits() && !matches!(clause, Clause::Schema { .. });
    let mut told = BTreeSet::new();
    let gone = base.entries.iter().map(|entry| &entry.clause).filter(|clause| {
        forbids(clause)
            && !after.contains(clause)
            && !is_covered(clause, &head.entries)
            && told.insert(*clause)
    });
    out.extend(gone.map(|clause| (Weakening::Gone(clause.clone()), None)));
    let [from, to] = [base, head].map(|policy| policy.file_bytes.value);
    if to > from {
        out.push((Weakening::FileBytes { from, to }, head.file_bytes.at));
    }
    let undecided = [("new-keys", base.new_keys, head.new_keys), ("removals", base.removals, head.removals)];
    for (name, from, to) in undecided {
        if to.value == NewKeys::Take && from.value != NewKeys::Take {
            out.push((Weakening::Undecided { name, from: from.value, to: to.value }, to.at));
        }
    }
    out
}

fn levels(base: &Policy, head: &Policy) -> Vec<Placed> {
    let (before, after) = (&base.levels, &head.levels);
    let rules: BTreeSet<Rule> = before.keys().chain(after.keys()).copied().collect();
    let lower = |rule: Rule| {
        let [from, to] = [before, after].map(|levels| levels.get(&rule).map(|level| level.value));
        let is_lower = match (from, to) {
            // By itself it tells some findings as less than its level.
            (Some(Some(Severity::Error)), None) if may_weigh_less(rule) => true,
            _ => to.unwrap_or(Some(rule.severity())) < from.unwrap_or(Some(rule.severity())),
        };
        let [from, to] = [from, to].map(|said| said.unwrap_or(Some(rule.severity())));
        let at = after.get(&rule).and_then(|level| level.at);
        is_lower.then_some((Weakening::Rule { rule, from, to }, at))
    };
    rules.into_iter().filter_map(lower).collect()
}

const fn may_weigh_less(rule: Rule) -> bool {
    matches!(rule, Rule::ForeignHost | Rule::HiddenCharacter)
}

/// Whether a pin or secret path that is gone is within another one.
fn is_covered(clause: &Clause, entries: &[PolicyEntry]) -> bool {
    // A path is taken for one that its stars stand in: what covers it covers all that it matches.
    let covers = |wide: &str, path: &str| {
        let path = path.parse::<ValuePath>().ok().filter(|_| !path.contains("**"));
        let wide = wide.parse::<PathPattern>().ok();
        path.zip(wide).is_some_and(|(path, wide)| wide.covers(&path))
    };
    entries.iter().any(|other| match (clause, &other.clause) {
        (Clause::Pin { key, path, to }, Clause::Pin { key: other_key, path: other_path, to: other_to }) => {
            (other_key.is_none() || other_key == key)
                && (other_to.is_none() || other_to == to)
                && (other_path == path || covers(other_path, path))
        }
        (Clause::Secret(path), Clause::Secret(other)) => covers(other, path),
        _ => false,
    })
}

/// The schemas that describe items no more, which are there still, under another name perhaps. One that has
/// another name itself and says the same goes on.
fn undescribed(
    [base, head]: [&Configuration; 2],
    keys: &BTreeSet<Key>,
    renamed: &BTreeMap<(Environment, Key), Key>,
) -> Result<Vec<Weakened>> {
    let mut lost: BTreeMap<String, BTreeSet<&Key>> = BTreeMap::new();
    for key in keys {
        for environment in Environment::ALL {
            if head.item(key, environment).is_none() {
                continue;
            }
            let before = renamed.get(&(environment, key.clone())).unwrap_or(key);
            let before = base.schemas().describing(before, environment);
            let after = head.schemas().describing(key, environment);
            for file in before.into_iter().filter(|file| !after.contains(file)) {
                let text = base.snapshot().read_file(&file)?;
                let others = after.iter().map(|file| head.snapshot().read_file(file));
                if text.is_some() && !others.collect::<Result<Vec<_>>>()?.contains(&text) {
                    lost.entry(file).or_default().insert(key);
                }
            }
        }
    }
    let told = |(file, keys): (String, BTreeSet<&Key>)| Weakened {
        what: Weakening::Undescribed(keys.into_iter().cloned().collect()),
        file: format!("{}{file}", head.snapshot().prefix),
        at: None,
        before: None,
    };
    Ok(lost.into_iter().map(told).collect())
}

/// The constraints that a schema's new text loosens, with their places in it. What cannot be read is
/// told by the rule for schemas.
fn schema(before: &[u8], after: &[u8]) -> Vec<Placed> {
    let read = |bytes: &[u8]| serde_json::from_slice(bytes).ok();
    let (Some(old), Some(new)) = (read(before), read(after)) else { return Vec::new() };
    let found = loosened(&old, &new);
    if found.is_empty() {
        return Vec::new();
    }
    let document = Document::parse(after, &Limits::default()).ok();
    let place = |one: &Loosened| {
        let document = document.as_ref()?;
        let tokens = Pointer::parse(&one.pointer)?.tokens().to_vec();
        let keyword = (!one.keyword.is_empty()).then(|| one.keyword.clone());
        let segment = |token: String| token.parse().map_or(Segment::Key(token), Segment::Index);
        let segments = tokens.into_iter().chain(keyword).map(segment).collect();
        // What is gone stood in what is still there.
        let (_, found) = document.nearest(&ValuePath { segments, ..ValuePath::root() })?;
        Some(document.location(&found.key.clone().unwrap_or_else(|| found.token())).start)
    };
    found.into_iter().map(|one| (Weakening::Constraint(one.clone()), place(&one))).collect()
}
