//! What must hold for any bytes, one function per entry of the library: nothing panics, what is
//! accepted is written and read again as the same, and what is refused says why. Each tells whether
//! it accepted the bytes.
//!
//! The fuzz targets call these, and so does the suite, with texts that are broken in small ways.

mod address;
mod cache;
mod convert;
mod edit;
mod history;
mod key;
mod merge;
mod patch;
mod path;
mod pattern;
mod plan;
mod policy;
mod properties;
mod server;
mod yaml;

pub use address::address;
pub use cache::cache;
pub use convert::{dotenv, json, toml};
pub use edit::edit;
pub use history::history;
pub use key::key;
pub use merge::merge;
pub use patch::patch;
pub use path::path;
pub use pattern::pattern;
pub use plan::plan;
pub use policy::policy;
pub use properties::properties;
pub use server::server;
pub use yaml::yaml;
