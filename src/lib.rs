//! Terrace.

pub mod engine;
pub mod model;
pub mod ops;
pub mod report;
pub mod store;
pub mod yaml;
