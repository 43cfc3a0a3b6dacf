//! Promotion: what of one environment belongs into the next.
//!
//! The judging is one table (`judge`), path by path, over the states that history recorded; a plan
//! gathers what was judged, a selection says what the user chose, and the edits follow from both.

mod carried;
mod comments;
mod decision;
mod edits;
mod entry;
mod fate;
#[cfg(test)]
mod former_names;
mod grounds;
mod judge;
mod leaves;
mod left_alone;
mod origins;
mod parted;
mod parts;
mod path_history;
mod plan;
#[cfg(test)]
mod properties;
mod reason;
mod recorded;
mod renames;
mod resolution;
mod saved_plan;
mod selection;
mod shared;
mod siblings;
mod source_commits;
#[cfg(test)]
mod steps;
mod successors;
#[cfg(test)]
mod tests;
mod verify;

pub use comments::{comments_left_out, without_local_comments};
pub use decision::{
    Decision, DecisionState, HoldStatus, Until, digest, is_one as is_decision,
    is_unread as is_unread_decision, owner as decision_owner, parse as parse_decisions,
    places as decision_places,
};
pub use edits::{operations, rename_in_place};
pub use entry::{Action, PlanEntry, Renamed};
pub use grounds::Grounds;
pub use judge::{Judge, Judgement};
pub use leaves::{Leaf, asked, containers, leaves};
pub use left_alone::LeftAlone;
pub use origins::note_origins;
pub use parts::{parts_at, with_parts};
pub use plan::{GivenValue, HopStatus, Input, ItemPlan, ItemState, decide, judge_leaves, select};
pub use reason::{Hesitation, LeftOut, Reason};
pub use recorded::{
    decided, decisions, files_of, recorded as recorded_decisions, rewritten as rewritten_decisions,
};
pub use renames::join_renamed;
pub use resolution::{Level, Resolution};
pub use saved_plan::{SavedCreation, SavedEntry, SavedItem, SavedPlan, settle, wrong as wrong_plan};
pub use selection::Selection;
pub use shared::stop_shared;
pub use siblings::{BlobNow, Siblings};
pub use source_commits::{SourceCommit, SourceCommits};
pub use successors::note_successors;
pub use verify::broken_promise;
