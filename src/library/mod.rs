//! Configuration for Rust programs: typed values of one environment, kept up to date while the
//! program runs, and schemas from the program's types.
//!
//! A door like the command line, only for code: it calls the same operations and translates. What
//! `terrace check KEY --env ENVIRONMENT` calls an error, a program does not get as a value; but no
//! waiver ends here, since no clock may keep a program from starting.

#[cfg(feature = "watch")]
mod following;
mod item;
mod refusal;
mod said;
pub mod schema;
mod source;
pub mod testing;
mod typed;
#[cfg(feature = "watch")]
mod watched;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::item::Item;
#[cfg(feature = "watch")]
pub use self::watched::Watched;
use crate::client;
use crate::model::{Environment, Error, Key, Result};
use crate::ops::{At, Workspace};
use crate::store::ProcessEnvironment;

/// Opens the configuration that holds the folder `path`: its working tree, or `HEAD` of a bare
/// repository.
///
/// ```no_run
/// # fn main() -> terrace::Result<()> {
/// for item in terrace::open("/srv/config")?.items(terrace::Environment::Staging)? {
///     println!("{}", item.key());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no repository, or it cannot be read.
pub fn open(path: impl AsRef<Path>) -> Result<Configuration> {
    let path = path.as_ref();
    let dir = std::path::absolute(path).map_err(|error| Error::io("find", path, &error))?;
    Workspace::open(&dir, &environment())?;
    Ok(Configuration { dir, at: At::Here })
}

/// The variables of this process: a program that reads its configuration is a door.
fn environment() -> Arc<ProcessEnvironment> {
    Arc::new(ProcessEnvironment::of(std::env::vars_os()))
}

/// The configuration of a repository. Nothing is held: whatever is asked for is read then.
#[derive(Clone, Debug)]
#[must_use]
pub struct Configuration {
    dir: PathBuf,
    at: At,
}

impl Configuration {
    /// The same at a commit, by any name git knows; what the name means is settled here.
    ///
    /// ```no_run
    /// # fn main() -> terrace::Result<()> {
    /// let released = terrace::open(".")?.at("v1.4")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the name means no commit.
    pub fn at(self, revision: &str) -> Result<Self> {
        let commit = Workspace::open(&self.dir, &environment())?.repository.commit(revision)?;
        Ok(Self { at: At::Revision(commit.to_string()), ..self })
    }

    /// What it holds for one environment: the same handle as of a server. A name becomes an [`Environment`] by
    /// [`str::parse`], which takes exactly the three names; there is no default.
    ///
    /// ```
    /// use terrace::Environment;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let file = ("environments/staging/payments.yaml", "timeout: 5\ndatabase: {pool: 10}\n");
    /// let repository = terrace::testing::Repository::with(&[file])?;
    /// let staging = terrace::open(repository.path())?.environment(Environment::Staging);
    /// assert_eq!(*staging.value::<u32>("payments", "database.pool")?, 10);
    ///
    /// assert_eq!("staging".parse(), Ok(Environment::Staging));
    /// assert!("stage".parse::<Environment>().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn environment(&self, environment: Environment) -> client::EnvironmentView {
        let source = source::RepositorySource::new(self.view(environment));
        client::EnvironmentView::of(source, environment)
    }

    /// The item of this key, for what only a repository has.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let file = ("environments/development/payments.yaml", "timeout: 5\n");
    /// let repository = terrace::testing::Repository::with(&[file])?;
    /// let configuration = terrace::open(repository.path())?;
    /// let error = configuration.item(terrace::Environment::Production, "payments").unwrap_err();
    /// assert_eq!(error.to_string(), "there is no item `payments` in production");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the text is no key, or the environment has no such item.
    pub fn item(&self, environment: Environment, key: &str) -> Result<Item> {
        let item = Item::new(&self.view(environment), key.parse()?);
        item.exists()?;
        Ok(item)
    }

    /// All items of an environment, by key.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn items(&self, environment: Environment) -> Result<Vec<Item>> {
        let view = self.view(environment);
        let configuration = view.read()?;
        let snapshot = configuration.snapshot();
        snapshot.require_whole(environment)?;
        let here = snapshot.items().filter(|item| item.id.environment == environment);
        Ok(here.map(|item| Item::new(&view, item.id.key.clone())).collect())
    }

    fn view(&self, environment: Environment) -> RepositoryView {
        RepositoryView { configuration: self.clone(), environment }
    }
}

/// One environment of a repository.
#[derive(Clone, Debug)]
struct RepositoryView {
    configuration: Configuration,
    environment: Environment,
}

impl RepositoryView {
    fn snapshot(&self) -> Result<crate::engine::snapshot::Snapshot> {
        let workspace = Workspace::open(&self.configuration.dir, &environment())?;
        let snapshot = workspace.snapshot(&self.configuration.at)?;
        workspace.require_configuration(&snapshot)?;
        Ok(snapshot)
    }

    fn read(&self) -> Result<crate::engine::configuration::Configuration> {
        let workspace = Workspace::open(&self.configuration.dir, &environment())?;
        let configuration = workspace.configuration(&self.configuration.at)?;
        configuration.snapshot().require_environment(self.environment)?;
        Ok(configuration)
    }

    /// The error for an item that is not there.
    fn absent(&self, key: &Key, snapshot: &crate::engine::snapshot::Snapshot) -> Error {
        crate::ops::no_item(snapshot, key, self.environment)
    }
}
