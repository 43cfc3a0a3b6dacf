//! Files of other formats on their way to plain YAML: flat YAML, JSON, TOML, .env and .properties.
//!
//! A converted file is read again and compared with the source before anybody sees it.

mod comments;
mod convert;
mod dotenv;
mod doubts;
mod draft;
mod format;
mod json;
mod properties;
#[cfg(test)]
mod testing;
mod toml;
mod write;

pub use convert::{Converted, Refusal, convert};
pub use doubts::{Doubt, DoubtKind};
pub use format::{Format, below, file_name, key_for};
