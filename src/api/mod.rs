//! What programs read and write: versioned types, their JSON, and its schemas.
//!
//! Values in them are masked already, but for the one that `get` was asked for. A plan file is read
//! here too; what of it is believed, its file says.

pub mod blame;
pub mod diff;
pub mod findings;
pub(crate) mod help;
pub mod hold;
pub mod items;
pub mod log;
pub mod matrix;
pub mod object;
pub mod plan;
pub mod plan_file;
pub mod publish;
pub mod requests;
pub mod review;
pub mod served;
pub use crate::model::sanitize;
pub mod sent;
pub mod value;
pub mod watch;
