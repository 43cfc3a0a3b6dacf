//! What a change does to decisions, waivers and the rules that it is judged by.

use std::collections::BTreeSet;

use super::Reviewer;
use crate::engine::configuration::Configuration;
use crate::engine::promotion::{Decision, DecisionState, decisions};
use crate::engine::review::{
    DecisionChange, End, Review, Standing, Turn, WaiverChange, Weakened, compare_decisions, weakened,
};
use crate::model::{Date, ErrorKind, Hop, Key, Result, policy};

impl Reviewer<'_> {
    /// Notes who wrote the waivers that the change brings: the author of the last of its commits, of
    /// those that are named, that has one and whose parent has not.
    pub(super) fn note_authors(&self, review: &mut Review) -> Result<()> {
        let is_written = |waiver: &&mut WaiverChange| matches!(waiver.turn, Turn::Added | Turn::Changed);
        let mut waivers: Vec<&mut WaiverChange> = review.waivers.iter_mut().filter(is_written).collect();
        if waivers.is_empty() {
            return Ok(());
        }
        let repository = &self.workspace.repository;
        let file = BTreeSet::from([policy::FILE.to_owned()]);
        let mut parts = repository.parts();
        for commit in &review.commits {
            let [parent] = repository.parents(&commit.id)?.try_into().unwrap_or_else(|_| [commit.id.clone()]);
            let [before, after] = [parts.snapshot(&parent, &file)?, parts.snapshot(&commit.id, &file)?];
            if before.files == after.files {
                continue;
            }
            // What no policy could be read from has no waivers.
            let [before, after] = [before, after].map(|snapshot| Configuration::read(snapshot).ok());
            let has = |end: &Option<Configuration>, waiver: &WaiverChange| {
                end.as_ref().is_some_and(|end| waiver.is_in(end.policy()))
            };
            for waiver in waivers.iter_mut().filter(|waiver| waiver.by.is_empty()) {
                if has(&after, waiver) && !has(&before, waiver) {
                    waiver.by.clone_from(&commit.author);
                }
            }
        }
        Ok(())
    }

    /// What the change takes away from policy, schemas and decisions.
    pub(super) fn weakened(&self, review: &Review) -> Result<Vec<Weakened>> {
        let mut shortened = Vec::new();
        for change in review.decisions.iter().filter(|change| change.is_shortened()) {
            if let (Some(hop), Some(before)) = (Hop::into_target(change.target), &change.before) {
                // What a new value of the source ends is not taken away.
                let life = self.life(1, &change.key, hop, self.planner.head.date());
                if life(before) == DecisionState::Live {
                    shortened.push(change);
                }
            }
        }
        let [old, new] = &self.part.ends;
        let files: Vec<String> = self.touched.schemas.iter().map(|change| change.path.clone()).collect();
        weakened([old, new], &files, (&self.part.keys, &self.touched.renamed), &shortened)
    }

    pub(super) fn decisions(&self, base: &End) -> Result<Vec<DecisionChange>> {
        let mut out = Vec::new();
        for key in &self.part.keys {
            for hop in Hop::ALL {
                let standings = [
                    self.standings(0, key, hop, base.commit.date())?,
                    self.standings(1, key, hop, self.planner.head.date())?,
                ];
                out.extend(compare_decisions(key, hop.target(), [&standings[0], &standings[1]]));
            }
        }
        Ok(out)
    }

    /// Whether decisions about an item count at one end.
    fn life(&self, end: usize, key: &Key, hop: Hop, today: Date) -> impl Fn(&Decision) -> DecisionState {
        let configuration = &self.part.ends[end];
        let source = configuration.item(key, hop.source());
        let document = source.and_then(|item| configuration.document(item).ok());
        move |decision| {
            let value = document.as_ref().and_then(|document| document.at(&decision.path));
            decision.life((value, source.and_then(|item| item.blob.as_ref())), today)
        }
    }

    /// The decisions of one end, each with whether it counts there.
    fn standings(&self, end: usize, key: &Key, hop: Hop, today: Date) -> Result<Vec<Standing>> {
        let life = self.life(end, key, hop, today);
        let snapshot = self.part.ends[end].snapshot();
        // One that cannot be read is a finding.
        let decisions = match decisions(snapshot, key, hop.target()) {
            Err(error) if error.kind == ErrorKind::Io => return Err(error),
            decisions => decisions.unwrap_or_default(),
        };
        Ok(decisions.into_iter().map(|decision| Standing { life: life(&decision), decision }).collect())
    }
}
