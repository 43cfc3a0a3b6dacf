//! Configuration that knew no environments, on its way to `environments/development`.
//!
//! The room turns the bytes of flat YAML, JSON, TOML, .env and .properties files into the bytes of
//! plain YAML items, and sorts what it is shown into what moves, what is left alone, what a person is asked
//! about and what cannot be read. A converted file is read again and compared with the source
//! before anybody sees it. The room does not know where files come from, what git tracks, or
//! what becomes of the old files.

mod comments;
mod convert;
mod dotenv;
mod draft;
mod format;
mod json;
mod kept;
mod plan;
mod properties;
mod suspicion;
#[cfg(test)]
mod testing;
mod toml;
mod write;

pub use convert::{Converted, Refusal, convert};
pub use format::{Format, key_for};
pub use kept::{Kept, RECORD, parse as parse_kept, render as render_kept};
pub use plan::{Collision, Migration, Plan, Planned, plan};
pub use suspicion::{Suspicion, look};
