//! Terrace.
pub mod model;
pub mod yaml;
