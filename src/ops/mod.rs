//! Each verb once: read a snapshot, judge, commit or report.
//!
//! Doors (the command line, a server, a library user) call these operations and only translate.
//! Author, time and the process environment are arguments; what is printed is somebody else's.

mod diff;
mod item;
mod plan;
mod status;
mod workspace;

pub use diff::{Side, diff, matrix};
pub use item::{ItemView, get, list};
pub use plan::Planner;
pub use status::{Status, status};
pub use workspace::{At, Workspace};
