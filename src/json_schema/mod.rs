//! JSON Schemas of items: which describe an item, resolved within the repository, validated
//! against, asked about one path, and inferred from values.
//!
//! A schema is somebody's text, so it is not trusted: references stay inside the repository,
//! regular expressions run in linear time, and what a document would cost to validate is counted
//! before it is validated. All drafts from 4 to 2020-12 are read into one graph, which every
//! question is put to; the validator itself is compiled from that graph, so both see the same.
//!
//! The room reads no files: the caller hands in a function that does. It knows nothing of
//! findings, severities and secrets either; a [`Violation`] carries its message with and without
//! values, and the caller decides which may be shown.

mod catalog;
mod compile;
mod convert;
mod cost;
mod described;
mod draft;
pub mod editor_settings;
mod explain;
mod format;
mod generate;
mod generated_marker;
mod graph;
mod infer;
mod lookup;
mod loosened;
mod metaschemas;
mod names;
mod phrasing;
mod reader;
mod source;
#[cfg(test)]
mod testing;
mod unchecked;
mod unheeded;
mod validate;

pub use catalog::{Catalog, KeySchemas};
pub use compile::Compiled;
pub use described::{Bound, ValueDescription, ValueKind};
pub use generate::generate;
pub use generated_marker::{Origin, Ownership, generated, is_generated, text};
pub use infer::infer;
pub use loosened::{Loosened, Loosening, loosened};
pub use source::{Found, Read, SchemaError};
pub use validate::Violation;
