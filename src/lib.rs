//! Terrace.

pub mod engine;
pub mod model;
pub mod store;
pub mod yaml;
