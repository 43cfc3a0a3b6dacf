//! Configuration that knew no environments, on its way to `environments/development`, and such that
//! keeps them apart already, on its way to `environments/`.
//!
//! The room sorts what it is shown into what moves, what is left alone, what a person is asked
//! about and what cannot be read. It does not know where files come from, what git tracks, or
//! what becomes of the old files.

mod belonging;
mod charts;
mod environments;
mod exclusions;
mod history;
mod manifests;
mod plan;
mod record;
mod templates;

pub use belonging::{Belonging, Owner};
pub use environments::{
    BaseFile, Clash, Gaps, Left, TakeOver, TakeOverPlan, Taken, UnknownWord, WordSource, WordUse, gaps,
    take_over,
};
pub use exclusions::{Suspicion, unread};
pub use history::Intended;
pub use manifests::SecretManifest;
pub use plan::{Collision, Migration, Plan, Planned, Reading, plan};
pub use record::{Kept, RECORD, parse as parse_kept, render as render_kept};
pub use templates::Template;
