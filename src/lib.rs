//! Terrace.

#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
pub mod model;
pub mod ops;
pub mod report;
pub mod store;
pub mod yaml;
