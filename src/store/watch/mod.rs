//! The eyes of a watch, and the files it holds.
//!
//! [`Eyes`] tells that something happened and where; [`Files`] looks, and says what is different.
//! Neither knows when it is worth looking, or what a difference means.

mod eyes;
mod files;

pub use eyes::{Eyes, Sight, Waker};
pub use files::Files;
