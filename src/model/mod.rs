//! The domain's words as types: environments, keys, paths, values, findings, policy.
//!
//! Everything here is plain data that is parsed once, at the edge, and cannot hold what must not
//! be. This room knows nothing of YAML text, git, files or terminals.

#[cfg(feature = "repository")]
mod conflict_markers;
pub(crate) mod date;
mod document_id;
mod document_names;
mod environment;
mod error;
#[cfg(feature = "repository")]
mod explain;
mod finding;
#[cfg(feature = "repository")]
mod glob;
mod help;
mod key;
pub(crate) mod lookups;
mod patch;
mod path;
mod path_tree;
#[cfg(feature = "repository")]
mod pattern;
#[cfg(feature = "repository")]
mod place_index;
mod pointer;
#[cfg(feature = "repository")]
pub mod policy;
#[cfg(feature = "repository")]
mod progress;
mod revision;
mod rule;
#[cfg(feature = "repository")]
pub mod sanitize;
mod severity;
mod suggest;
mod value;

#[cfg(feature = "repository")]
pub use conflict_markers::{UNFINISHED_MERGE, conflict_markers, left_markers, marker_lines};
pub use date::{Date, InvalidDate};
pub use document_id::{DocumentId, DocumentName};
pub use document_names::{DocumentNames, Identity};
pub use environment::{Environment, EnvironmentSet, Hop, UnknownEnvironment, names_word};
pub use error::{ChangedValue, Error, ErrorKind, Result};
#[cfg(feature = "repository")]
pub use explain::{Explanation, Waivable};
pub use finding::{Excerpt, Finding, Location, NoteLabel, Position, Related, RelatedLabel};
#[cfg(feature = "repository")]
pub use glob::KeyGlob;
pub use help::Help;
pub use key::{InvalidKey, ItemId, Key};
pub use patch::{Patch, PatchOperation};
pub use path::{InvalidPath, Segment, ValuePath};
pub use path_tree::PathTree;
#[cfg(feature = "repository")]
pub use pattern::{InvalidPattern, PathPattern};
pub use pointer::Pointer;
#[cfg(feature = "repository")]
pub use policy::Policy;
#[cfg(feature = "repository")]
pub use progress::{NoProgress, Progress, ProgressCounter};
pub use revision::{BlobId, CommitId, CommitInfo, InvalidId, Revision};
pub use rule::{Rule, UnknownRule};
pub use severity::Severity;
pub use suggest::{Slip, closest, slip, words};
#[cfg(feature = "repository")]
pub use value::StoredValue;
pub use value::{List, Map, Value, written_tag};
