//! Configuration for Rust programs, of a repository or of a server (`terrace serve`): typed values of one
//! environment, as they change, and writes that overwrite nothing that was not seen. What a repository says is
//! brought here by the library; a server is asked here.
//!
//! Numbers keep their digits on the way: integers of any size and decimals arrive as they are written, so
//! that `serde_json::Value` and `serde_json::Number` have `1.10` and not `1.1`; an `f64` takes the nearest
//! number, and an integer type refuses what it cannot hold. `0x1F` and `0o17` are 31 and 15; `.inf` and `.nan`,
//! which JSON has not, arrive as `{"number":".inf"}`, and a value under a tag as `{"tag":…,"value":…}`.

#[cfg(feature = "client")]
mod backoff;
#[cfg(feature = "client")]
mod connection;
mod error;
mod fetched;
mod numbers;
#[cfg(feature = "client")]
mod remembered;
#[cfg(feature = "client")]
mod remote;
#[cfg(feature = "client")]
mod server;
mod source;
#[cfg(feature = "client-async")]
mod stream;
mod updates;
mod view;

pub use self::error::{ClientError, ClientErrorKind};
pub use self::fetched::{Fetched, Written};
#[cfg(feature = "repository")]
pub(crate) use self::fetched::{Origin, Place, Said, Step};
#[cfg(feature = "client")]
pub use self::remote::{Client, connect};
#[cfg(feature = "repository")]
pub(crate) use self::source::{Edit, Follow, Source, Write};
#[cfg(feature = "client-async")]
pub use self::stream::UpdateStream;
pub use self::updates::Updates;
pub use self::view::EnvironmentView;
