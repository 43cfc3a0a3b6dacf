//! What a status remembers of each item, and how it goes on to a later commit: what the commits between
//! the two touched is judged again, and what rests on it, and what is older by now than it counted as.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::environment_words::count_words;
use super::named::{files, schemas_stay_inside};
use super::plan::Planner;
use super::states::{RenamedItem, renamed_items};
use super::workspace::Workspace;
use crate::engine::environment_words::{WordCount, is_known};
use crate::engine::history::{CommitChanges, History};
use crate::engine::promotion::{Grounds, ItemState, decision_owner};
use crate::engine::snapshot::{FileKind, Place, owner_of_folder, place};
use crate::model::{CommitId, CommitInfo, Environment, Hop, Key, Result, Revision, policy};
use crate::secrets::mask::{Reveal, Shown};

/// More items than so many are listed, not looked up.
const FEW: usize = 64;

/// How the items of a commit stand, as far as there is something to say of them.
#[derive(Serialize, Deserialize)]
pub(super) struct JudgedItems {
    /// By key.
    pub(super) items: BTreeMap<Key, RememberedItem>,
    /// Of each hop, by the new names.
    pub(super) renamed: [Vec<RenamedItem>; 2],
    /// The environments of which nothing can be read, for something else stands in the place of their folder.
    pub(super) hidden: Vec<Environment>,
    /// What else hides items of an environment, in words; none where single items were asked for.
    pub(super) hidden_below: Vec<String>,
    /// Whether nothing but an item's own files and what is noted of it decides over it.
    goes_on: bool,
}

/// How an item stands, values masked.
#[derive(Serialize, Deserialize)]
pub(super) struct RememberedItem {
    /// Over each hop, before renamed items are joined.
    pub(super) states: [Option<ItemState<Shown>>; 2],
    /// The moves at which its history begins, because several files may have been it before.
    pub(super) begins: Vec<CommitInfo>,
    /// Words that seem to name an environment and that the policy does not know, where it differs.
    pub(super) words: Vec<(Environment, String)>,
    grounds: Grounds,
}

impl RememberedItem {
    fn says_nothing(&self) -> bool {
        let nothing = self.states.iter().all(Option::is_none);
        nothing && self.begins.is_empty() && self.words.is_empty() && self.grounds.are_none()
    }

    /// Whether it may be one end of a renaming.
    fn may_be_renamed(&self) -> bool {
        let states = self.states.iter().flatten();
        states.into_iter().any(|state| matches!(state, ItemState::Deleted | ItemState::OnlyInSource))
    }
}

/// Judges some items (all without any) of a commit.
///
/// # Errors
/// As [`Planner::status`]; also when there is no such item.
pub(super) fn judge(
    workspace: &Workspace,
    keys: &[Key],
    head: &CommitId,
    reveal: Reveal,
) -> Result<JudgedItems> {
    // What is named is looked up.
    let planner = Planner::of(workspace, head, keys)?;
    let snapshot = planner.configuration.snapshot();
    for key in keys {
        workspace.require_in_commit(snapshot, key)?;
    }
    let is_hidden = |environment: &Environment| snapshot.require_environment(*environment).is_err();
    let hidden = Environment::ALL.into_iter().filter(is_hidden).collect();
    let environments = Environment::ALL.into_iter().filter(|_| keys.is_empty());
    let hidden_below = environments.flat_map(|environment| snapshot.hidden_in(environment));
    let hidden_below = hidden_below.map(|obstacle| obstacle.error().message).collect();
    let items = judge_items(workspace, &planner, keys, reveal)?;
    let renamed = renamed_of(&planner.history, &items);
    let goes_on = schemas_stay_inside(&planner.configuration);
    Ok(JudgedItems { items, renamed, hidden, hidden_below, goes_on })
}

fn judge_items(
    workspace: &Workspace,
    planner: &Planner,
    keys: &[Key],
    reveal: Reveal,
) -> Result<BTreeMap<Key, RememberedItem>> {
    let configuration = &planner.configuration;
    let mask = configuration.mask(reveal);
    let progress = workspace.repository.progress();
    let items = planner.standings(&planner.chosen_keys(keys), progress, |key, standing| {
        let mut count = WordCount::default();
        if standing.states.iter().flatten().any(|state| matches!(state, ItemState::Differs(_))) {
            count_words(configuration, key, &mut count);
        }
        let words = count.words().filter(|(word, _)| !is_known(word, configuration.policy()));
        let present = Environment::ALL.into_iter().filter(|env| configuration.item(key, *env).is_some());
        let begins = present.filter_map(|environment| planner.history.begins_at_move(key, environment));
        RememberedItem {
            states: standing.states.map(|state| state.map(|state| state.masked(&mask))),
            begins: begins.cloned().collect(),
            words: words.map(|(word, environment)| (environment, word.to_owned())).collect(),
            grounds: standing.grounds,
        }
    })?;
    Ok(items.into_iter().filter(|(_, item)| !item.says_nothing()).collect())
}

fn renamed_of(history: &History, items: &BTreeMap<Key, RememberedItem>) -> [Vec<RenamedItem>; 2] {
    let of_hop =
        |at: usize| items.iter().filter_map(move |(key, item)| Some((key, item.states[at].as_ref()?)));
    let [staging, production] = Hop::ALL;
    [renamed_items(history, staging, of_hop(0)), renamed_items(history, production, of_hop(1))]
}

impl JudgedItems {
    /// The same of a later commit; `None` where that cannot be told without judging all items.
    ///
    /// # Errors
    /// When something of the repository cannot be read.
    pub(super) fn advance(
        mut self,
        workspace: &Workspace,
        before: &CommitId,
        head: &CommitId,
    ) -> Result<Option<Self>> {
        let repository = &workspace.repository;
        if !self.goes_on || !self.hidden_below.is_empty() {
            return Ok(None);
        }
        let Some(commits) = repository.changes_since(head, before)? else { return Ok(None) };
        let wanted = ["environments/", "schemas/", ".terrace/", policy::FILE].map(str::to_owned);
        let differing = repository.parts().differing(before, head, &BTreeSet::from(wanted))?;
        let Some(differing) = differing else { return Ok(None) };
        if differing.values().flatten().any(|entry| entry.kind != FileKind::File) {
            return Ok(None);
        }
        let brought = commits.iter().flat_map(|commit| &commit.brought);
        let changes = commits.iter().chain(brought).flat_map(|commit| &commit.changes);
        let paths = changes.map(|change| change.path.as_str()).chain(differing.keys().map(String::as_str));
        let Some(touched) = touched(paths) else { return Ok(None) };
        let again = self.to_judge(workspace, head, &touched)?;
        if again.is_empty() {
            return Ok(Some(self));
        }
        let may_be_renamed = |items: &BTreeMap<Key, RememberedItem>| {
            again.iter().filter_map(|key| items.get(key)).any(RememberedItem::may_be_renamed)
        };
        let was_renamed = may_be_renamed(&self.items);
        self.items.retain(|key, _| !again.contains(key));
        self.items.extend(judge_again(workspace, head, &again)?);
        if was_renamed || may_be_renamed(&self.items) {
            self.renamed = renamed_of(&repository.history(head)?, &self.items);
        }
        Ok(Some(self))
    }

    /// The items of a later commit that are to be judged again: those that are touched, those that rest
    /// on what became of the same commits in them, and those whose ages count otherwise now.
    fn to_judge(
        &self,
        workspace: &Workspace,
        head: &CommitId,
        touched: &BTreeSet<Key>,
    ) -> Result<BTreeSet<Key>> {
        let repository = &workspace.repository;
        let mut changed = BTreeSet::new();
        if !touched.is_empty() && self.items.values().any(|item| !item.grounds.siblings.is_empty()) {
            let keys: Vec<Key> = touched.iter().cloned().collect();
            let history = repository.history_of_items(head, &keys)?;
            let has_touched = |commit: &&CommitChanges| {
                commit.changes.iter().any(|change| match place(&change.path) {
                    Some(Place::Item(item)) => touched.contains(&item.key),
                    _ => false,
                })
            };
            changed.extend(history.commits().iter().filter(has_touched).map(|commit| commit.info.id.clone()));
        }
        let head = repository.info(head)?;
        let rests = self.items.iter().filter(|(_, item)| !item.grounds.still_hold(&head, &changed));
        Ok(touched.iter().chain(rests.map(|(key, _)| key)).cloned().collect())
    }
}

/// Judges those of the items that are still there.
fn judge_again(
    workspace: &Workspace,
    head: &CommitId,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, RememberedItem>> {
    if keys.len() > FEW {
        let keys: Vec<Key> = keys.iter().cloned().collect();
        return judge_items(workspace, &Planner::new(workspace, head)?, &keys, Reveal::Nothing);
    }
    let wanted = keys.iter().flat_map(|key| files(key, [])).collect();
    let part = workspace.repository.snapshot_of_paths(&Revision::Commit(head.clone()), &wanted)?;
    let keys: Vec<Key> = keys.iter().filter(|key| part.has_key(key)).cloned().collect();
    // No key at all would mean every key.
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    judge_items(workspace, &Planner::of(workspace, head, &keys)?, &keys, Reveal::Nothing)
}

/// The items to which changed files belong; `None` where one may concern others.
fn touched<'p>(paths: impl Iterator<Item = &'p str>) -> Option<BTreeSet<Key>> {
    let mut touched = BTreeSet::new();
    for path in paths {
        match place(path) {
            Some(Place::Item(item)) => {
                // An item of that name owns what would else be another one's schema.
                let owner = item.key.as_str().rsplit_once('.');
                let owner = owner.filter(|(_, name)| name.parse::<Environment>().is_ok());
                touched.extend(owner.and_then(|(key, _)| key.parse().ok()));
                touched.insert(item.key);
            }
            Some(Place::UnknownEnvironment(_) | Place::InvalidKey(..) | Place::Stray) => return None,
            // What hides an environment, or what is decided for it.
            None if owner_of_folder(path).is_some() => return None,
            // What a moved file was before, or a file that every repository has.
            None if path.starts_with('/') || path.starts_with("environments/") => {}
            None => _ = touched.insert(decision_owner(path)?.0),
        }
    }
    Some(touched)
}

#[cfg(test)]
mod tests {
    use super::touched;

    #[test]
    fn what_may_concern_others_has_everything_judged() {
        for (path, expected) in [
            ("environments/staging/team/api.yaml", Some(vec!["team/api"])),
            ("environments/staging/pay.staging.yaml", Some(vec!["pay", "pay.staging"])),
            ("environments/README.md", Some(vec![])),
            ("environments/staging", None),
            (".terrace/decisions/staging", None),
            ("environments/staging/notes.txt", None),
            ("environments/test/pay.yaml", None),
            (".terrace/decisions/staging/team/api=/0123.toml", Some(vec!["team/api"])),
            (".terrace/decisions/staging/team/api.toml", Some(vec!["team/api"])),
            (".terrace/migration.toml", None),
            ("schemas/pay.schema.json", None),
            ("terrace.toml", None),
        ] {
            let found = touched([path].into_iter());
            let found = found.map(|keys| keys.iter().map(ToString::to_string).collect::<Vec<_>>());
            let expected = expected.map(|keys| keys.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(found, expected, "{path}");
        }
    }
}
