//! `log` and `blame`: values over time, and where they came from.

use std::collections::{BTreeSet, HashMap, hash_map};
use std::iter;

use super::item::{nearest, no_such_path};
use super::plan::Planner;
use super::workspace::Workspace;
use crate::diff::lists::{by_name, identity};
use crate::engine::history::FileChange;
use crate::engine::provenance::{Blame, Logged, LoggedChange, Provenance};
use crate::engine::snapshot::{Place, place};
use crate::model::{
    CommitId, DocumentId, Environment, EnvironmentSet, Error, Help, Hop, ItemId, Key, List, ProgressCounter,
    Result, Value, ValuePath,
};
use crate::secrets::mask::{Reveal, Shown};

/// Which commits are told of.
#[derive(Clone, Debug, Default)]
pub struct LogRequest {
    /// Only this item.
    pub key: Option<Key>,
    /// Only what is at, below or above this path.
    pub path: Option<ValuePath>,
    /// Only this environment.
    pub environment: Option<Environment>,
    /// The revision whose history is told; HEAD when `None`.
    pub at: Option<String>,
    /// At most this many commits.
    pub most: Option<usize>,
}

/// So many commits at most are worth a walk of their own beside the history index.
const FEW: usize = 256;

/// The first-parent commits that changed values, newest first, values masked.
///
/// # Errors
/// When history cannot be read, or never had the item.
pub fn log(workspace: &Workspace, request: &LogRequest, reveal: Reveal) -> Result<Vec<Logged<Shown>>> {
    let head = revision(workspace, request.at.as_deref())?;
    let few = request.most.filter(|most| request.key.is_none() && (1..=FEW).contains(most));
    if let Some(most) = few
        && let Some(history) = workspace.repository.recent_history(&head, most)?
    {
        let items = history.commits().iter().flat_map(|commit| &commit.changes).filter_map(item_of);
        let keys: BTreeSet<Key> = items.map(|item| item.key).collect();
        let planner = Planner::of_history(workspace, &head, &Vec::from_iter(keys), history)?;
        let found = log_of(workspace, &planner, request, reveal, most)?;
        if found.len() == most && !found.iter().any(may_be_promoted) {
            return Ok(found);
        }
    }
    let planner = Planner::of(workspace, &head, request.key.as_slice())?;
    let commits = planner.history.commits().len();
    log_of(workspace, &planner, request, reveal, commits)
}

/// The item that a changed file is.
fn item_of(change: &FileChange) -> Option<ItemId> {
    match place(&change.path) {
        Some(Place::Item(id)) => Some(id),
        _ => None,
    }
}

/// Whether only older history can tell that a commit took over what the source dropped.
fn may_be_promoted(logged: &Logged<Shown>) -> bool {
    logged.entries.iter().any(|entry| {
        let may_be = Hop::into_target(entry.environment).is_some() && entry.from.is_none();
        may_be && (entry.new.is_none() || entry.path.is_file())
    })
}

/// What the newest `commits` of the planner's history say.
fn log_of(
    workspace: &Workspace,
    planner: &Planner,
    request: &LogRequest,
    reveal: Reveal,
    commits: usize,
) -> Result<Vec<Logged<Shown>>> {
    let mask = planner.configuration.mask(reveal);
    let read = planner.old_versions();
    let mut known: HashMap<Key, Provenance<'_>> = HashMap::new();
    let mut out = Vec::new();
    let mut met = false;
    let later_names = planner.history.later_names();
    let steps = ProgressCounter::new(workspace.repository.progress(), "comparing commits", Some(commits));
    for (position, commit) in planner.history.commits().iter().enumerate().take(commits) {
        if request.most.is_some_and(|most| out.len() >= most) {
            break;
        }
        steps.step();
        let mut logged = Logged { commit: commit.info.clone(), entries: Vec::new(), unreadable: Vec::new() };
        for (number, change) in commit.changes.iter().enumerate() {
            let later = later_names.get(&(position, number)).into_iter().flatten().copied();
            let items = iter::once(change.path.as_str()).chain(later).filter_map(|path| match place(path) {
                Some(Place::Item(id)) => Some(id),
                _ => None,
            });
            let is_wanted = |id: &ItemId| {
                request.key.as_ref().is_none_or(|key| *key == id.key)
                    && request.environment.is_none_or(|environment| environment == id.environment)
            };
            let Some(id) = items.into_iter().find(is_wanted) else { continue };
            met = true;
            for blob in [&change.before, &change.after].into_iter().flatten() {
                if read(blob)?.is_none() {
                    logged.unreadable.push(change.path.clone());
                    break;
                }
            }
            let lists = planner.configuration.lists(&id.key);
            let provenance = match known.entry(id.key.clone()) {
                hash_map::Entry::Occupied(known) => known.into_mut(),
                hash_map::Entry::Vacant(new) => {
                    new.insert(Provenance::new(&planner.history, &id.key, &read)?)
                }
            };
            let entries = provenance.entries(&id.key, id.environment, position, &lists);
            let sides =
                [provenance.before(id.environment, position), provenance.after(id.environment, position)];
            let secrets = mask.secrets_of_values(sides.into_iter().flatten().map(|values| &**values));
            let mask = mask.within(&secrets);
            let is_at = |entry: &LoggedChange| request.path.as_ref().is_none_or(|path| concerns(entry, path));
            logged.entries.extend(entries.into_iter().filter(is_at).map(|entry| entry.masked(&mask)));
        }
        if !logged.entries.is_empty() || !logged.unreadable.is_empty() {
            out.push(logged);
        }
    }
    if let (Some(key), Some(path), true, true) = (&request.key, &request.path, met, out.is_empty()) {
        let here = |environment| planner.configuration.item(key, environment);
        let items = planner.readable.iter().filter_map(here);
        let near = items
            .filter_map(|item| planner.configuration.document(item).ok())
            .find_map(|document| nearest(document.values(), path).filter(|near| near != path));
        let help =
            near.map_or_else(|| Help::ListChanges(key.clone()), |near| Help::DidYouMean(near.to_string()));
        return Err(Error::not_found(format!("no commit changed `{path}` of `{key}`")).with_help(help));
    }
    match &request.key {
        Some(key) if !met && out.is_empty() => {
            let asked = request.environment.map_or(planner.readable, EnvironmentSet::from);
            let snapshot = planner.configuration.snapshot();
            let error = snapshot.no_such_item(key, asked, planner.readable);
            Err(workspace.not_in_commit(error, snapshot, key, asked)?)
        }
        _ => Ok(out),
    }
}

/// Whether a change is of the value at a path, or of something below it.
fn concerns(entry: &LoggedChange, path: &ValuePath) -> bool {
    if path.covers(&entry.path) {
        return true;
    }
    let Some(below) = path.segments.get(entry.path.segments.len()..).filter(|_| entry.path.covers(path))
    else {
        return false;
    };
    let inside = ValuePath { document: DocumentId::default(), segments: below.to_vec() };
    let at = |value: &Option<Value>| value.as_ref().and_then(|value| value.at(&inside)).cloned();
    at(&entry.old) != at(&entry.new)
}

/// Where the values of an item, or those at a path of it, came from; values masked.
///
/// # Errors
/// When item or path are not there.
pub fn blame(
    workspace: &Workspace,
    key: &Key,
    environment: Environment,
    path: Option<&ValuePath>,
    at: Option<&str>,
    reveal: Reveal,
) -> Result<Vec<Blame<Shown>>> {
    let planner = Planner::of(workspace, &revision(workspace, at)?, std::slice::from_ref(key))?;
    let Some(item) = planner.configuration.item(key, environment) else {
        let snapshot = planner.configuration.snapshot();
        let error = snapshot.absent(key, environment);
        return Err(workspace.not_in_commit(error, snapshot, key, environment.into())?);
    };
    let document = planner.configuration.document(item)?;
    let lists = planner.configuration.lists(key);
    let asked = document.resolve(path.unwrap_or(&ValuePath::root()));
    if document.at(&asked).is_none() {
        return Err(no_such_path(document.values(), &asked, &item.file));
    }
    let named = |path: &ValuePath, list: &List| identity(&lists, path, list, list);
    let asked = by_name(document.values(), &asked, &named);
    let read = planner.old_versions();
    let provenance = Provenance::new(&planner.history, key, &read)?;
    let mask = planner.configuration.mask(reveal);
    let found = provenance.blame(environment, &document, &asked, &lists);
    let secrets = mask.secrets_of([&*document]);
    let mask = mask.within(&secrets);
    Ok(found.into_iter().map(|blame| blame.masked(&mask)).collect())
}

fn revision(workspace: &Workspace, at: Option<&str>) -> Result<CommitId> {
    match at {
        Some(revision) => workspace.repository.commit(revision),
        None => workspace.repository.require_head(),
    }
}
