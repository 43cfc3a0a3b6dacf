//! A server, by its address.

use std::path::Path;
use std::time::Duration;

use super::connection::{self, Address, Connection, Token};
use super::error::{ClientError, ClientErrorKind};
use super::remembered::Folder;
use super::server::ServerSource;
use super::view::EnvironmentView;
use crate::model::Environment;

/// The server at `url`, such as `https://config.example.com` or `http://127.0.0.1:7878`; a path stands
/// before the server's own. Nothing is asked yet. What it gives for an environment is what `open` gives of a
/// repository: the same [`EnvironmentView`].
///
/// # Errors
/// When it is no such address.
pub fn connect(url: &str) -> Result<Client, ClientError> {
    Client::new(url)
}

/// A server from which configuration comes. Nothing is read or written without an
/// [`environment`](Self::environment).
///
/// Certificates are verified; a redirect is followed within the server and to no other host. `http://` sends
/// the token as it is, so it is for this machine and for networks that encrypt by themselves.
/// The variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are followed.
///
/// ```no_run
/// use serde::Deserialize;
/// use terrace::Environment;
///
/// #[derive(Clone, Deserialize)]
/// struct Settings {
///     timeout: String,
/// }
///
/// # fn main() -> Result<(), terrace::ClientError> {
/// let staging = terrace::connect("https://config.example.com")?
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
/// let guessed = terrace::connect("https://config.example.com")?.get::<String>("payments")?;
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
    /// The server at `url`: what [`connect`] gives.
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
    pub fn environment(&self, environment: Environment) -> EnvironmentView {
        let source = ServerSource { connection: self.connection.clone(), folder: self.folder.clone() };
        EnvironmentView::of(source, environment)
    }
}
