//! Judging: from values to values.
//!
//! Snapshots, differences, promotions, schemas and rules, all pure: what they judge was read
//! by somebody else, and what they decide is written by somebody else. This room knows no files,
//! no git, no clock, no process environment and no terminal.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod candidates;
pub mod compare;
pub mod configuration;
pub mod departure;
pub mod environment_words;
pub mod history;
pub mod hosts;
pub mod migration;
pub mod mode;
pub mod moves;
pub mod naming;
pub mod own_names;
pub mod pairs;
pub mod parallel;
pub mod promotion;
pub mod provenance;
pub mod review;
pub mod rollback;
pub mod rules;
pub mod schemas;
pub mod snapshot;
pub mod summary;
pub mod timeline;
pub mod verdict;
pub mod versions;
