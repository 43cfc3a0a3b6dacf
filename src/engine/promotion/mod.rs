//! Promotion: what of one environment belongs into the next.
//!
//! The judging is one table (`judge`), path by path, over the states that history recorded; a plan
//! gathers what was judged, a selection says what the user chose, and the edits follow from both.

mod agreed;
mod decision;
mod edits;
mod fate;
mod judge;
mod leaves;
mod plan;
#[cfg(test)]
mod properties;
mod reason;
mod resolution;
mod selection;
#[cfg(test)]
mod tests;
mod track;
mod verify;

pub use agreed::{Agreed, AgreedCreation, AgreedItem, AgreedLine, settle, wrong as wrong_plan};
pub use decision::{
    Decision, Held, Life, Until, digest, file as decisions_file, parse as parse_decisions,
    render as render_decisions,
};
pub use edits::operations;
pub use judge::{Judge, Judgement};
pub use leaves::{Leaf, leaves};
pub use plan::{HopStatus, Input, ItemPlan, ItemState, Line, judge_leaves, renames, select};
pub use reason::{LeftOut, Reason};
pub use resolution::{Level, Resolution};
pub use selection::{Selection, Verdict};
pub use verify::broken_promise;
