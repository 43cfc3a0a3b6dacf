//! What a timeline says, without the history that it belongs to, so that it can be remembered.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ages::Ages;
use super::names::{FormerNames, Names};
use super::{EventId, Question, Side, Timeline};
use crate::engine::history::History;
use crate::engine::versions::ReadVersion;
use crate::model::{Hop, Key, Result, Value, ValuePath};

/// A timeline whose commits are counted among those that changed the item. `V` is what its values
/// are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past<V = Value> {
    events: Vec<(usize, Option<usize>)>,
    sides: [PastSide<V>; 2],
    target_edits: Vec<usize>,
    promotions: Vec<usize>,
    edited: Vec<(ValuePath, Vec<usize>)>,
    edited_documents: Vec<usize>,
    /// The paths that were asked about, and their former names.
    paths: Vec<ValuePath>,
    names: [Vec<(ValuePath, FormerNames)>; 2],
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct PastSide<V> {
    presence: Vec<(usize, bool)>,
    values: Vec<Vec<(usize, Option<V>)>>,
}

impl<V> Past<V> {
    /// The same with other values.
    #[must_use]
    pub fn map<W>(self, value: &impl Fn(V) -> W) -> Past<W> {
        let changes = |changes: Vec<(usize, Option<V>)>| {
            changes.into_iter().map(|(event, given)| (event, given.map(value))).collect()
        };
        Past {
            events: self.events,
            sides: self.sides.map(|side| PastSide {
                presence: side.presence,
                values: side.values.into_iter().map(changes).collect(),
            }),
            target_edits: self.target_edits,
            promotions: self.promotions,
            edited: self.edited,
            edited_documents: self.edited_documents,
            paths: self.paths,
            names: self.names,
        }
    }
}

/// All that a timeline depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// Remembers the pasts of items; what it does not know is read again.
pub trait Memory {
    /// What is remembered of an item over a hop, if it was made of the very same.
    fn recall(&self, key: &Key, hop: Hop, of: Fingerprint) -> Option<Past>;

    /// Remembers it in the place of what was known.
    fn remember(&self, key: &Key, hop: Hop, of: Fingerprint, past: Past);
}

/// So many versions are worth remembering what they said.
const MANY: usize = 64;

impl History {
    /// As [`History::timeline`], from memory where it was asked the same before. `rules` stands for
    /// what the question's lists say.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn remembered_timeline(
        &self,
        question: &Question<'_>,
        rules: &str,
        read: &ReadVersion<'_>,
        memory: &dyn Memory,
    ) -> Result<Timeline<'_>> {
        let sides = [question.hop.source(), question.hop.target()].map(|env| self.side(question.key, env));
        if sides.iter().map(Vec::len).sum::<usize>() < MANY {
            return self.timeline(question, read);
        }
        let commits: BTreeSet<usize> = sides.iter().flatten().map(|(commit, _)| *commit).collect();
        let commits: Vec<usize> = commits.into_iter().collect();
        let mut digest = Sha256::new();
        let mut add = |part: &str| {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        };
        add(env!("TERRACE_SOURCES"));
        for side in &sides {
            add(if self.is_complete() { "whole" } else { "cut off" });
            for (commit, blob) in side {
                add(self.commits()[*commit].info.id.as_str());
                add(blob.as_ref().map_or("", |blob| blob.as_str()));
            }
        }
        add("paths");
        question.paths.iter().for_each(|path| add(&format!("{path:?}")));
        add("containers");
        question.containers.iter().for_each(|path| add(&format!("{path:?}")));
        add("documents");
        question.documents.names().iter().for_each(|name| add(name));
        add(rules);
        let fingerprint = Fingerprint(digest.finalize().into());
        if let Some(past) = memory.recall(question.key, question.hop, fingerprint)
            && let Some(timeline) = self.of_past(past, &commits)
        {
            return Ok(timeline);
        }
        let timeline = self.timeline(question, read)?;
        if let Some(past) = timeline.past(&commits) {
            memory.remember(question.key, question.hop, fingerprint, past);
        }
        Ok(timeline)
    }

    /// The timeline that a past of these commits was; `None` where it does not fit.
    fn of_past(&self, past: Past, commits: &[usize]) -> Option<Timeline<'_>> {
        let event = |(commit, brought): (usize, Option<usize>)| {
            let commit = *commits.get(commit)?;
            let is_there = brought.is_none_or(|number| number < self.commits()[commit].brought.len());
            is_there.then_some(EventId { commit, brought })
        };
        let events: Vec<EventId> = past.events.into_iter().map(event).collect::<Option<_>>()?;
        let is_event = |event: &usize| *event < events.len();
        let numbers: HashMap<_, _> = past.paths.into_iter().zip(0..).collect();
        let [source, target] = past.sides.map(|PastSide { presence, values }| Side { presence, values });
        let fits = [&source, &target].iter().all(|side| {
            side.values.len() == numbers.len()
                && side.values.iter().flatten().all(|(event, _)| is_event(event))
                && side.presence.iter().all(|(event, _)| is_event(event))
        });
        let edited: HashMap<_, _> = past.edited.into_iter().collect();
        let names = past.names.map(|names| names.into_iter().collect::<Names>());
        let steps = names.iter().flat_map(|names| names.values()).flatten().map(|(event, _)| event);
        let fits = fits && steps.into_iter().all(is_event);
        let lists = [&past.target_edits, &past.promotions, &past.edited_documents];
        let fits = fits && lists.into_iter().chain(edited.values()).flatten().all(is_event);
        fits.then_some(Timeline {
            history: self,
            events,
            numbers,
            source,
            target,
            target_edits: past.target_edits,
            promotions: past.promotions,
            edited,
            edited_documents: past.edited_documents,
            names,
            left_names: OnceLock::new(),
            ages: Ages::default(),
        })
    }
}

impl Timeline<'_> {
    fn past(&self, commits: &[usize]) -> Option<Past> {
        let event = |event: &EventId| Some((commits.binary_search(&event.commit).ok()?, event.brought));
        let side = |side: &Side| PastSide { presence: side.presence.clone(), values: side.values.clone() };
        let mut paths: Vec<(&ValuePath, usize)> = self.numbers.iter().map(|(path, at)| (path, *at)).collect();
        paths.sort_unstable_by_key(|(_, number)| *number);
        let mut edited: Vec<_> =
            self.edited.iter().map(|(path, events)| (path.clone(), events.clone())).collect();
        edited.sort_unstable();
        let names = self.names.each_ref().map(|names| {
            let mut names: Vec<_> = names.iter().map(|(to, steps)| (to.clone(), steps.clone())).collect();
            names.sort_unstable();
            names
        });
        Some(Past {
            events: self.events.iter().map(event).collect::<Option<_>>()?,
            sides: [side(&self.source), side(&self.target)],
            target_edits: self.target_edits.clone(),
            promotions: self.promotions.clone(),
            edited,
            edited_documents: self.edited_documents.clone(),
            paths: paths.into_iter().map(|(path, _)| path.clone()).collect(),
            names,
        })
    }
}
