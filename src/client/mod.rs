//! Configuration of a server (`terrace serve`) for Rust programs: typed values of one environment, as they
//! change, and writes that overwrite nothing that was not seen.
//!
//! Numbers keep their digits on the way: integers of any size and decimals arrive as they are written, so
//! that `serde_json::Value` and `serde_json::Number` have `1.10` and not `1.1`; an `f64` takes the nearest
//! number, and an integer type refuses what it cannot hold. `0x1F` and `0o17` are 31 and 15; `.inf` and `.nan`,
//! which JSON has not, arrive as `{"number":".inf"}`, and a value under a tag as `{"tag":…,"value":…}`.

mod backoff;
mod connection;
mod error;
mod fetched;
mod numbers;
mod remembered;
mod remote;
mod updates;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use self::connection::{Address, Connection, Token};
pub use self::error::{ClientError, ClientErrorKind};
pub use self::fetched::{Fetched, Written};
use self::remembered::Folder;
pub use self::remote::RemoteEnvironment;
pub use self::updates::Updates;
use crate::model::Environment;

/// A server from which configuration comes. Nothing is read or written without an
/// [`environment`](Self::environment).
///
/// Certificates are verified; a redirect is followed within the server and to no other host. `http://` sends
/// the token as it is, so it is for this machine and for networks that encrypt by themselves.
/// The variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are followed.
///
/// ```no_run
/// use serde::Deserialize;
/// use terrace::{Client, Environment};
///
/// #[derive(Clone, Deserialize)]
/// struct Settings {
///     timeout: String,
/// }
///
/// # fn main() -> Result<(), terrace::ClientError> {
/// let staging = Client::new("https://config.example.com")?
///     .token("trc_…")
///     .remember_in("/var/lib/payments/config")?
///     .environment(Environment::Staging);
/// let settings = staging.get::<Settings>("payments")?;
/// if let Some(why) = settings.why_stale() {
///     println!("the last good settings: {why}");
/// }
/// println!("{}", settings.timeout);
/// for changed in staging.watch::<Settings>("payments")? {
///     match changed {
///         Ok(settings) => println!("now {}", settings.timeout),
///         Err(error) => println!("kept the last: {error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail
/// # fn main() -> Result<(), terrace::ClientError> {
/// let guessed = terrace::Client::new("https://config.example.com")?.get::<String>("payments")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Client {
    connection: Connection,
    folder: Option<Folder>,
}

impl Client {
    /// The server at `url`, such as `https://config.example.com` or `http://127.0.0.1:7878`; a path stands
    /// before the server's own. Nothing is asked yet.
    ///
    /// # Errors
    /// When it is no such address.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let (address, agent) = (Address::parse(url)?, connection::agent(None)?);
        let connection = Connection { agent, address, token: None, timeout: Duration::from_secs(30) };
        Ok(Self { connection, folder: None })
    }

    /// The same, asking with a token (`terrace token create`).
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.connection.token = Some(Token(token.into()));
        self
    }

    /// The same, keeping each good value in a folder, which is made when it is not there: it stands in when
    /// nobody answers or the server cannot (5xx), and never when the server refuses (401, 403) or says that
    /// there is none (404).
    ///
    /// Files are readable by their owner alone, and hold what the token may read, secrets too. A file that was
    /// damaged or is of another server, environment, item or value is not believed.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn remember_in(mut self, folder: impl AsRef<Path>) -> Result<Self, ClientError> {
        let folder = folder.as_ref();
        let opened = Folder::open(folder).map_err(|error| {
            let detail = format!("cannot write to {}: {error}", folder.display());
            ClientError::new(ClientErrorKind::Folder, detail)
                .with_help("give a folder that the program may write to")
                .with_source(error)
        })?;
        self.folder = Some(opened);
        Ok(self)
    }

    /// The same, trusting these certificates (PEM) instead of the web's authorities.
    ///
    /// # Errors
    /// When there are none in the text.
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, ClientError> {
        self.connection.agent = connection::agent(Some(pem))?;
        Ok(self)
    }

    /// The same, giving up a request after so long (30 seconds otherwise); waiting for changes comes on top.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.connection.timeout = timeout;
        self
    }

    /// One environment of the server.
    pub fn environment(&self, environment: Environment) -> RemoteEnvironment {
        let connection = Arc::new(self.connection.clone());
        RemoteEnvironment { connection, folder: self.folder.clone(), environment, message: None }
    }
}
