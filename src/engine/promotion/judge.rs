//! The resolution table: what to make of one path of one item over one hop.
//!
//! Rows are numbered as in the README. The first that fits counts.

use super::path_history::PathHistory;
use super::reason::{Hesitation, LeftOut, Reason};
use super::resolution::{Level, Resolution};
use crate::engine::naming::Naming;
use crate::engine::timeline::{DAY, EventId, View};
use crate::model::{CommitInfo, Date, Environment, Hop, Result, Segment, Value, ValuePath};
use crate::yaml::FileValues;

/// What was found of one path.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The row's word.
    pub resolution: Resolution,
    /// What a plain promotion does.
    pub level: Level,
    /// Why.
    pub reason: Reason,
    /// The source's value at the base.
    pub base: Option<Value>,
    /// The source's value before the commit that brought the present one.
    pub was: Option<Value>,
    /// The commit that gave the source its value here, or took it away.
    pub source_commit: Option<CommitInfo>,
    /// The commit that gave the target its value here, or took it away.
    pub target_commit: Option<CommitInfo>,
    /// The commit of the base.
    pub base_commit: Option<CommitInfo>,
}

impl Judgement {
    /// Row 2, by the pin on this line of `terrace.toml`; history is not asked.
    pub(super) const fn pinned(line: usize) -> Self {
        Self {
            resolution: Resolution::Pinned,
            level: Level::Keep,
            reason: Reason::Pinned { line },
            base: None,
            was: None,
            source_commit: None,
            target_commit: None,
            base_commit: None,
        }
    }
}

/// Judges the paths of one item over one hop.
pub struct Judge<'a> {
    view: View<'a>,
    hop: Hop,
    naming: &'a Naming<'a>,
    /// On the way to staging: production's document.
    production: Option<&'a FileValues>,
    /// Whether what a source commit changed waits in other items too, and was taken in none.
    waits_elsewhere: &'a dyn Fn(EventId) -> Result<bool>,
}

/// Last keys of what is sized or timed for each environment by itself.
const SIZED: [&str; 7] = ["cpu", "memory", "replicas", "workers", "threads", "schedule", "restart"];

impl<'a> Judge<'a> {
    /// A judge over a view, whose last event is what is judged. `production` is production's
    /// document of the same key where the hop leads to staging; `waits_elsewhere` says whether what
    /// a source commit changed waits in other items too, and was taken in none.
    pub fn new(
        view: View<'a>,
        hop: Hop,
        naming: &'a Naming<'a>,
        production: Option<&'a FileValues>,
        waits_elsewhere: &'a dyn Fn(EventId) -> Result<bool>,
    ) -> Self {
        Self { view, hop, naming, production, waits_elsewhere }
    }

    /// The rows that history decides: all but `in-sync`, `pinned` and `declined`. `top` is the
    /// highest path at or above `path` that the target lacks.
    ///
    /// # Errors
    /// When a version of another item cannot be read.
    pub fn judge_path(&self, path: &ValuePath, top: &ValuePath) -> Result<Judgement> {
        let track = PathHistory::new(self.view, path);
        let now = self.view.len().saturating_sub(1);
        let Some(base) = track.base() else {
            return Ok(self.judgement(
                &track,
                Row(Resolution::Unknown, Level::Stop, Reason::HistoryEnds),
                None,
            ));
        };
        let (s, t, b) = (track.s(now), track.t(now), track.s(base));
        let row = match (s, t) {
            (None, _) => self.source_absent(&track, b, t),
            (Some(s), None) => match b {
                Some(_) => self.target_absent(&track, path, s),
                None => {
                    if let Some(above) = self.left_with_the_whole(path, top) {
                        self.target_absent(&above, path, s)
                    } else if let Some((name, former)) = self.removed_before(path, top) {
                        let Row(resolution, level, _) = self.target_absent(&former, path, s);
                        Row(resolution, level, Reason::TargetRemovedAs(name))
                    } else {
                        self.new_key(&track, path, top, s)
                    }
                }
            },
            (Some(s), Some(t)) => self.both_present(&track, path, base, (s, t, b))?,
        };
        Ok(self.judgement(&track, row, Some(base)))
    }

    /// The same of a path that the target has under a former name, by its past under both; `None` where that is
    /// not known.
    ///
    /// # Errors
    /// As [`Self::judge_path`].
    pub fn judge_renamed(&self, path: &ValuePath) -> Result<Option<Judgement>> {
        let Some(track) = PathHistory::of_renamed(self.view, path) else { return Ok(None) };
        let (now, base) = (self.view.len().saturating_sub(1), track.base());
        let (Some(base), Some(s), Some(t)) = (base, track.s(now), track.t(now)) else { return Ok(None) };
        let row = self.both_present(&track, path, base, (s, t, track.s(base)))?;
        Ok(Some(self.judgement(&track, row, Some(base))))
    }

    fn judgement(&self, track: &PathHistory<'_>, row: Row, base: Option<usize>) -> Judgement {
        let Row(resolution, level, reason) = row;
        let commit = |event: Option<usize>| event.map(|event| self.view.commit(event).clone());
        Judgement {
            resolution,
            level,
            reason,
            base: base.and_then(|base| track.s(base)).cloned(),
            was: track.source_changed().and_then(|event| track.s_before(event)).cloned(),
            source_commit: commit(track.source_changed()),
            target_commit: commit(track.target_changed()),
            base_commit: commit(base),
        }
    }

    fn date(&self, event: Option<usize>) -> Option<Date> {
        event.map(|event| self.view.commit(event).date())
    }

    /// Whether an event is at most so many days old.
    fn is_within(&self, event: Option<usize>, days: i64) -> bool {
        event.is_some_and(|event| self.view.is_within(event, days * DAY))
    }

    /// Whether an event is more than so many days old.
    fn is_older(&self, event: usize, days: i64) -> bool {
        !self.view.is_within(event, days * DAY)
    }

    /// Rows 5a and 6.
    fn source_absent(&self, track: &PathHistory<'_>, base: Option<&Value>, target: Option<&Value>) -> Row {
        if base.is_none() {
            return Row(Resolution::EnvironmentSpecific, Level::Keep, Reason::OnlyInTarget);
        }
        let is_own = base != target && !target.is_some_and(|target| track.source_had(target));
        let level = if is_own { Level::Ask } else { Level::Take };
        Row(Resolution::Removed, level, Reason::Removed { on: self.date(track.source_changed()), is_own })
    }

    /// Row 7.
    fn target_absent(&self, track: &PathHistory<'_>, path: &ValuePath, source: &Value) -> Row {
        let [_, presence] = self.view.presence();
        let created = presence.last().map(|(event, _)| *event);
        let began_without =
            created.is_some_and(|created| track.target_changed().is_none_or(|at| at < created));
        let is_young = created.is_some_and(|created| self.view.is_within(created, 30 * DAY - 1));
        let level = match () {
            () if is_young && began_without => match self.names_other(path, source) {
                None => Level::Ask,
                Some(_) => Level::Offer,
            },
            () if track.target_lately_left() => Level::Offer,
            () => Level::Keep,
        };
        let reason = if began_without { Reason::TargetBegan } else { Reason::TargetRemoved };
        Row(Resolution::EnvironmentSpecific, level, reason)
    }

    /// What decides of a part of an element or document that the target lacks, where the target went or began
    /// without it while the source had it: they come or stay away whole, whatever they got since.
    fn left_with_the_whole(&self, path: &ValuePath, top: &ValuePath) -> Option<PathHistory<'a>> {
        let entered = path.segments.get(top.segments.len().saturating_sub(1)..)?;
        let is_whole = top.is_root() || entered.iter().any(|step| matches!(step, Segment::Identity { .. }));
        let is_part = is_whole && path != top;
        let above = PathHistory::new(self.view, top);
        let base = above.base().filter(|_| is_part)?;
        above.s(base)?;
        Some(above)
    }

    /// What decides of a path that the source renamed, where the target removed it under its former name, and
    /// that name.
    fn removed_before(&self, path: &ValuePath, top: &ValuePath) -> Option<(ValuePath, PathHistory<'a>)> {
        [top, path].into_iter().find_map(|path| PathHistory::of_removed(self.view, path))
    }

    /// Rows 8 to 11.
    fn new_key(&self, track: &PathHistory<'_>, path: &ValuePath, top: &ValuePath, source: &Value) -> Row {
        if let Some(other) = self.names_other(path, source) {
            return Row(Resolution::EnvironmentSpecific, Level::Keep, Reason::NewButNames(other));
        }
        let later =
            self.production.filter(|_| self.hop == Hop::ToStaging).and_then(|document| document.at(path));
        if later.is_some_and(|later| later != source) {
            return Row(Resolution::EnvironmentSpecific, Level::Keep, Reason::ProductionsOwn);
        }
        if let Some(why) = self.left_out(track, path, top) {
            return Row(Resolution::LeftOut, Level::Offer, Reason::LeftOut(why));
        }
        let brought = track.source_changed();
        let by = brought.map(|brought| self.view.commit(brought).id.clone());
        Row(Resolution::New, Level::Ask, Reason::New { on: self.date(brought), by })
    }

    /// Row 10: why people seem to have left a new key out on purpose. What came below something that
    /// the target was never given is part of that.
    fn left_out(&self, track: &PathHistory<'_>, path: &ValuePath, top: &ValuePath) -> Option<LeftOut> {
        let came = PathHistory::new(self.view, top).source_came()?;
        let parent = top.parent();
        let edits = self.view.edits_of(parent.as_ref());
        let edits = since(&edits, came);
        if edits.first() == Some(&came) {
            return Some(LeftOut::By(self.view.commit(came).id.clone()));
        }
        if edits.len() >= MANY {
            return Some(LeftOut::Edits(edits.len()));
        }
        let promotions = since(self.view.promotions(), track.source_changed().unwrap_or(came) + 1).len();
        if promotions >= MANY {
            return Some(LeftOut::Promotions(promotions));
        }
        let stale = path == top
            && parent.is_some_and(|parent| !parent.is_root())
            && self.is_older(came, 30)
            && since(self.view.target_edits(), came + 1).len() >= MANY;
        (self.is_older(came, 120) || stale).then(|| LeftOut::Days(self.view.days(came)))
    }

    /// Rows 12 to 19.
    fn both_present(
        &self,
        track: &PathHistory<'_>,
        path: &ValuePath,
        base: usize,
        (s, t, b): (&Value, &Value, Option<&Value>),
    ) -> Result<Row> {
        let offer = |yes: bool| if yes { Level::Offer } else { Level::Keep };
        let changed = track.source_changed();
        let written = track.target_changed();
        if b == Some(s) {
            let lately = track.target_lately_left();
            if track.source_had(t) {
                let left = track.source_left(t);
                let reason = Reason::Behind { left: self.date(left) };
                return Ok(Row(Resolution::Behind, offer(self.is_within(left, 30) || lately), reason));
            }
            let is_set_apart = written.is_some() && written == changed;
            let is_flag = matches!((s, t), (Value::Bool(_), Value::Bool(_)))
                && is_set_apart
                && self.is_within(written, 60);
            let waited =
                written.filter(|at| *at > 0 && !track.changed_source(*at) && track.t_before(*at) != Some(s));
            let reason = match (is_set_apart, written, waited) {
                (true, Some(at), _) => {
                    let commit = self.view.commit(at);
                    Reason::SetApart { on: commit.date(), by: commit.id.clone() }
                }
                (_, _, Some(at)) if track.s_before(at) == Some(s) && track.t_before(at).is_some() => {
                    Reason::WasWaiting { on: self.view.commit(at).date() }
                }
                _ => Reason::Own { since: self.date(changed) },
            };
            return Ok(Row(Resolution::EnvironmentSpecific, offer(lately || is_flag), reason));
        }
        let met_by_chance = written.is_some_and(|written| base > written && track.s(written) == Some(s));
        if b == Some(t) && met_by_chance {
            return Ok(Row(Resolution::EnvironmentSpecific, Level::Offer, Reason::MetByChance));
        }
        if let Some(other) = self.names_foreign(s, t) {
            return Ok(Row(Resolution::EnvironmentSpecific, Level::Keep, Reason::SourceNames(other)));
        }
        if b == Some(t) {
            let on = self.date(changed);
            return Ok(match self.hesitation(changed, path)? {
                Some(why) => Row(Resolution::Pending, Level::Offer, Reason::ChangedBut { on, why }),
                None => Row(Resolution::Pending, Level::Take, Reason::Changed { on }),
            });
        }
        if track.source_had(t) {
            let by = written.map(|written| self.view.commit(written).author.clone());
            let level = match changed.filter(|changed| self.is_sized(*changed, path)) {
                Some(_) => Level::Offer,
                None => Level::Take,
            };
            return Ok(Row(Resolution::Pending, level, Reason::OlderValue { by }));
        }
        let last_equal = track.last_equal();
        if last_equal.is_none() {
            let reason = Reason::AlwaysDifferent { moved: self.date(changed) };
            return Ok(Row(Resolution::EnvironmentSpecific, offer(self.is_within(changed, 7)), reason));
        }
        Ok(Row(Resolution::Conflict, Level::Stop, Reason::BothChanged { since: self.date(last_equal) }))
    }

    /// Row 16: why a waiting change seems to have been left where it is on purpose.
    fn hesitation(&self, changed: Option<usize>, path: &ValuePath) -> Result<Option<Hesitation>> {
        let Some(changed) = changed else { return Ok(None) };
        let promotions = since(self.view.promotions(), changed + 1).len();
        if promotions >= MANY {
            return Ok(Some(Hesitation::Promotions(promotions)));
        }
        let edits = since(self.view.target_edits(), changed + 1).len();
        if edits >= MANY && self.is_older(changed, 120) {
            return Ok(Some(Hesitation::Days(self.view.days(changed))));
        }
        if self.is_sized(changed, path) {
            return Ok(Some(Hesitation::Sized));
        }
        if let Some(id) = self.view.id(changed).filter(|_| self.is_older(changed, 14))
            && (self.waits_elsewhere)(id)?
        {
            return Ok(Some(Hesitation::WaitsElsewhere));
        }
        Ok(None)
    }

    /// Whether the path is sized or timed for each environment, and its change is no news any more.
    fn is_sized(&self, changed: usize, path: &ValuePath) -> bool {
        let last = path.segments.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(key.to_lowercase()),
            Segment::Identity { .. } | Segment::Index(_) | Segment::Append => None,
        });
        self.is_older(changed, 7) && last.is_some_and(|last| SIZED.contains(&last.as_str()))
    }

    /// Row 8: an environment other than the target, named by the path or by the value.
    fn names_other(&self, path: &ValuePath, value: &Value) -> Option<Environment> {
        let segments = path.segments.iter().flat_map(|segment| match segment {
            Segment::Key(text) | Segment::Identity { value: text, .. } => {
                self.naming.foreign(text, self.hop.target())
            }
            Segment::Index(_) | Segment::Append => None,
        });
        segments.chain(self.naming.foreign_in(value, self.hop.target())).next()
    }

    /// Row 15: an environment other than the target that the source's value names while the target's
    /// names none such, or that its value names where the target's names the target.
    fn names_foreign(&self, source: &Value, target: &Value) -> Option<Environment> {
        let here = self.hop.target();
        let named = self.naming.foreign_in(source, here);
        let named = named.filter(|_| self.naming.foreign_in(target, here).is_none());
        named.or_else(|| self.is_said_of_each(source, target).then(|| self.hop.source()))
    }

    /// Whether the source's text is the target's with the source's word in every place of the
    /// target's.
    fn is_said_of_each(&self, source: &Value, target: &Value) -> bool {
        let (Some(source), Some(target)) = (source.as_str(), target.as_str()) else { return false };
        let (source, target) = (source.to_lowercase(), target.to_lowercase());
        let words = |environment| self.naming.words_of(environment);
        words(self.hop.target())
            .filter(|word| target.contains(word))
            .any(|here| words(self.hop.source()).any(|there| target.replace(here, there) == source))
    }
}

/// So many commits that passed by a value are a decision.
const MANY: usize = 5;

/// The table's answer.
struct Row(Resolution, Level, Reason);

/// The events from `first` on.
fn since(events: &[usize], first: usize) -> &[usize] {
    &events[events.partition_point(|event| *event < first)..]
}
