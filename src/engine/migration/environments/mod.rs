//! Configuration that keeps environments apart already, in folders or by the names of its files, on
//! its way to `environments/`.
//!
//! The room finds the words that say whose a file is, puts files of one item together, and says
//! what an environment lacks that another has. Bytes of YAML stay as they are.

mod fold;
mod gaps;
mod layout;
mod marker;
mod outcome;
mod plan;

pub use gaps::{Gaps, gaps};
pub use outcome::{BaseFile, Clash, Left, TakeOver, TakeOverPlan, Taken, UnknownWord, WordSource, WordUse};
pub use plan::take_over;
