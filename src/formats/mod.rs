//! The formats of others: configuration that comes in (`read`) and that goes out (`write`).
//!
//! Both work on bytes and values; the room does not know where files come from or where they go.

pub mod read;
pub mod write;
