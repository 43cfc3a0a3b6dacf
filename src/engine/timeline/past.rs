//! What a timeline says, without the history that it belongs to, so that it can be remembered.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ages::Ages;
use super::{EventId, Question, Side, Timeline};
use crate::engine::history::History;
use crate::engine::versions::ReadVersion;
use crate::model::{Hop, Key, Result, Value};

/// A timeline whose commits are counted among those that changed the item. `V` is what its values
/// are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past<V = Value> {
    events: Vec<(usize, Option<usize>)>,
    sides: [PastSide<V>; 2],
    target_edits: Vec<usize>,
    promotions: Vec<usize>,
    edited: Vec<(usize, Vec<usize>)>,
    edited_documents: Vec<usize>,
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
        add(env!("CARGO_PKG_VERSION"));
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
        add(rules);
        let fingerprint = Fingerprint(digest.finalize().into());
        if let Some(past) = memory.recall(question.key, question.hop, fingerprint)
            && let Some(timeline) = self.of_past(past, question, &commits)
        {
            return Ok(timeline);
        }
        let timeline = self.timeline(question, read)?;
        if let Some(past) = timeline.past(question, &commits) {
            memory.remember(question.key, question.hop, fingerprint, past);
        }
        Ok(timeline)
    }

    /// The timeline that a past of these commits was; `None` where it does not fit.
    fn of_past(&self, past: Past, question: &Question<'_>, commits: &[usize]) -> Option<Timeline<'_>> {
        let event = |(commit, brought): (usize, Option<usize>)| {
            let commit = *commits.get(commit)?;
            let is_there = brought.is_none_or(|number| number < self.commits()[commit].brought.len());
            is_there.then_some(EventId { commit, brought })
        };
        let events: Vec<EventId> = past.events.into_iter().map(event).collect::<Option<_>>()?;
        let is_event = |event: &usize| *event < events.len();
        let numbers = question.paths.iter().enumerate().map(|(number, path)| ((*path).clone(), number));
        let [source, target] = past.sides.map(|PastSide { presence, values }| Side { presence, values });
        let fits = [&source, &target].iter().all(|side| {
            side.values.len() == question.paths.len()
                && side.values.iter().flatten().all(|(event, _)| is_event(event))
                && side.presence.iter().all(|(event, _)| is_event(event))
        });
        let mut edited = std::collections::HashMap::new();
        for (number, events) in past.edited {
            edited.insert(question.containers.get(number)?.clone(), events);
        }
        let lists = [&past.target_edits, &past.promotions, &past.edited_documents];
        let fits = fits && lists.into_iter().chain(edited.values()).flatten().all(is_event);
        fits.then_some(Timeline {
            history: self,
            events,
            numbers: numbers.collect(),
            source,
            target,
            target_edits: past.target_edits,
            promotions: past.promotions,
            edited,
            edited_documents: past.edited_documents,
            ages: Ages::default(),
        })
    }
}

impl Timeline<'_> {
    fn past(&self, question: &Question<'_>, commits: &[usize]) -> Option<Past> {
        let event = |event: &EventId| Some((commits.binary_search(&event.commit).ok()?, event.brought));
        let side = |side: &Side| PastSide { presence: side.presence.clone(), values: side.values.clone() };
        let containers = question.containers.iter().enumerate();
        let edited = containers.filter_map(|(number, path)| Some((number, self.edited.get(path)?.clone())));
        Some(Past {
            events: self.events.iter().map(event).collect::<Option<_>>()?,
            sides: [side(&self.source), side(&self.target)],
            target_edits: self.target_edits.clone(),
            promotions: self.promotions.clone(),
            edited: edited.collect(),
            edited_documents: self.edited_documents.clone(),
        })
    }
}
