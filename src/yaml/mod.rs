//! One YAML file: its exact bytes, its values, and where every key and value stands.
//!
//! The room reads text that somebody else fetched, and (in [`edit`]) writes text that somebody
//! else stores. It knows nothing of environments, schemas, policies or git.

mod brackets;
mod ciphertext;
mod differences;
mod document;
pub mod edit;
mod file_values;
mod keys;
mod limits;
mod lines;
mod node;
mod other_readings;
mod parse;
mod parts;
mod plain;
pub mod render;
mod resolve;
mod scalar;
mod sharing;
mod walk;

pub use ciphertext::Ciphertext;
pub use differences::{Difference, DifferenceKind};
pub use document::{Document, Located};
pub use file_values::{FileValues, SharedScalars};
pub use limits::{Limits, Rejection, check_limits};
pub use lines::Lines;
pub(crate) use lines::WHITE;
pub use node::{Content, MappingEntry, Node, NodeId, SequenceItem, Style};
pub use other_readings::{OtherReading, reads_differently};
pub use parse::NESTING;
pub use parts::VersionReader;
pub use resolve::{Problem, ProblemKind};
pub use scalar::plain_value;
pub use walk::Visit;
