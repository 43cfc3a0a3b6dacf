//! Promotion: what of one environment belongs into the next.
//!
//! The judging is one table ([`judge`]), path by path, over the states that history recorded;
//! a plan gathers what was judged, selects, and says which edits follow.

mod judge;
mod leaves;
mod resolution;
mod track;

pub use judge::{Judge, Judgement};
pub use leaves::{Leaf, leaves};
pub use resolution::{Level, Resolution};
