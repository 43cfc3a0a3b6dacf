//! `try`: what taking a repository over would give, judged in a scratch repository that borrows its
//! objects. Nothing of the repository changes.

use super::check::check;
use super::status::{Status, status};
use super::take_over::{PreparedTakeOver, TakeOverRequest, commit_all_that_is_clear, prepare};
use super::workspace::{At, Workspace};
use crate::engine::configuration::Configuration;
use crate::engine::rules::CheckReport;
use crate::model::{Date, Environment, Key, Result, Value, ValuePath};
use crate::secrets::mask::Reveal;
use crate::secrets::secret_below;
use crate::store::Scratch;
use crate::store::transaction::{Identity, Moment, Options, Person};

/// What taking over would give.
pub struct Trial {
    /// What becomes of every file.
    pub plan: PreparedTakeOver,
    /// The words for which somebody would have to say what they are, taken as suggested here.
    pub assumed: Vec<(String, Environment)>,
    /// What came of it; `None` where there would be no item.
    pub result: Option<TrialResult>,
}

/// What the items would look like.
pub struct TrialResult {
    /// What `check` would find.
    pub findings: CheckReport,
    /// What would wait.
    pub status: Status,
    /// What production has as staging has it, by item.
    pub shared: Vec<Shared>,
}

/// The values of an item that production has as staging has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The item.
    pub key: Key,
    /// How many values production has.
    pub values: usize,
    /// The paths of those that staging has as well, alike.
    pub paths: Vec<ValuePath>,
    /// Those of them that are secrets, or look like some.
    pub secrets: Vec<ValuePath>,
}

/// Tries it at HEAD; `now` and `today` are the time.
///
/// # Errors
/// When something cannot be read, or the scratch repository cannot be made.
pub fn try_out(workspace: &Workspace, now: Moment, today: Date) -> Result<Trial> {
    let mut request = TakeOverRequest { skip_invalid: true, ..TakeOverRequest::default() };
    let asked = prepare(workspace, &request)?;
    let mut assumed = Vec::new();
    for unknown in &asked.plan.unknown {
        // One that nobody can guess stays a question.
        if let Some(environment) = unknown.suggestion {
            request.words.insert(unknown.word.clone(), environment);
            assumed.push((unknown.word.clone(), environment));
        }
    }
    let scratch = Scratch::of(&workspace.repository, &asked.head)?;
    let repository = scratch.repository.clone();
    let trial = Workspace { repository, readable: workspace.readable };
    let plan = prepare(&trial, &request)?;
    let me = Person {
        name: Some("terrace".to_owned()),
        email: Some("terrace@localhost".to_owned()),
        time: Some(now),
    };
    let identity = Identity { author: me.clone(), committer: me };
    let environment = workspace.repository.environment();
    let options = Options { identity, ..Options::at(now, std::sync::Arc::clone(environment)) };
    commit_all_that_is_clear(&trial, &request, &options)?;
    let here = At::Here;
    let snapshot = trial.snapshot(&here)?;
    if snapshot.items().next().is_none() {
        return Ok(Trial { plan, assumed, result: None });
    }
    let findings = check(&trial, &here, &[], None, today)?;
    let status = status(&trial, &[], None, Reveal::Nothing)?;
    let shared = shared(&Configuration::read(snapshot)?)?;
    Ok(Trial { plan, assumed, result: Some(TrialResult { findings, status, shared }) })
}

/// What production has as staging has it. An item that cannot be read is among the findings.
fn shared(configuration: &Configuration) -> Result<Vec<Shared>> {
    let mut found = Vec::new();
    for key in configuration.snapshot().keys() {
        let item = |environment| configuration.item(key, environment);
        let (Some(production), Some(staging)) = (item(Environment::Production), item(Environment::Staging))
        else {
            continue;
        };
        let (production, staging) = (configuration.reading(production)?, configuration.reading(staging)?);
        let (Ok(production), Ok(staging)) = (production.document, staging.document) else { continue };
        let mut shared = Shared { key: key.clone(), values: 0, paths: Vec::new(), secrets: Vec::new() };
        for (number, value) in production.values().iter().enumerate() {
            let other = staging.values().get(number);
            compare(configuration, &ValuePath::document(number), (value, other), &mut shared);
        }
        found.push(shared);
    }
    Ok(found)
}

fn compare(
    configuration: &Configuration,
    root: &ValuePath,
    (value, other): (&Value, Option<&Value>),
    shared: &mut Shared,
) {
    value.walk(root, &mut |path, leaf| {
        shared.values += 1;
        if other.and_then(|other| other.at(path)) == Some(leaf) {
            shared.paths.push(path.clone());
            if secret_below(configuration.policy(), value, path, leaf).is_some() {
                shared.secrets.push(path.clone());
            }
        }
    });
}
