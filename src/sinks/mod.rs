//! Stores of others that hold what an environment serves: etcd, redis, and folders of Kubernetes
//! manifests.
//!
//! The room knows how each store is read and changed at once, and what of it is ours: the names that
//! `@manifest` records, and no others. It knows no git, and does not decide what a store shall hold.

mod etcd;
mod manifest;
mod manifests;
mod redis;
mod target;

use std::collections::{BTreeMap, BTreeSet};

use self::etcd::Etcd;
use self::manifests::Manifests;
use self::redis::Redis;
pub use self::target::{Credentials, Target};
use crate::model::{Environment, Error, Result};

/// The name of the commit that is published.
const COMMIT: &str = "@commit";
/// The name of the list of what is ours.
const MANIFEST: &str = "@manifest";
/// The name of what says that a publication is under way.
const STATE: &str = "@state";
/// The name of whoever is at it.
const OWNER: &str = "@owner";

/// One environment's place in a store.
pub trait Sink {
    /// What the store holds under the names that are ours, and under these.
    ///
    /// # Errors
    /// `Busy` when the store cannot be reached; `State` when it refuses, or holds what cannot be read.
    fn read(&mut self, wanted: &BTreeSet<&str>) -> Result<Held>;

    /// Changes what was read, and nothing that is not as it was read.
    ///
    /// # Errors
    /// As [`Self::read`]; `Stale` when somebody else changed the store meanwhile.
    fn write(&mut self, change: &Change<'_>, held: &Held) -> Result<()>;

    /// The commit that the store says it holds.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn commit(&mut self) -> Result<Option<String>>;

    /// The name under which others find what is called this here.
    fn full_name(&self, name: &str) -> String;

    /// The largest value that the store takes, in bytes.
    fn largest(&self) -> usize;
}

impl Target {
    /// The place of an environment there.
    ///
    /// # Errors
    /// When the store cannot be reached or refuses.
    pub fn open(&self, environment: Environment) -> Result<Box<dyn Sink>> {
        Ok(match self {
            Self::Etcd { .. } => Box::new(Etcd::open(self, environment)?),
            Self::Redis { .. } => Box::new(Redis::open(self, environment)?),
            Self::Manifests(folder) => Box::new(Manifests::open(folder, environment)),
        })
    }
}

/// Somebody else changed the store.
fn overtaken(place: &str) -> Error {
    Error::stale(format!("somebody else changed {place} meanwhile"))
        .with_help("see that nobody else publishes there or writes there, and publish again")
}

/// What a store holds of an environment.
#[derive(Default)]
pub struct Held {
    /// The commit that was published last, as it is written there.
    pub commit: Option<String>,
    /// Whether a publication is under way, or was interrupted.
    pub is_writing: bool,
    /// The names that are ours.
    pub names: BTreeSet<String>,
    /// What stands under them, and under those that were asked for.
    pub values: BTreeMap<String, Present>,
    /// When each was changed, where the store counts that.
    versions: BTreeMap<String, i64>,
}

/// What stands under a name.
#[derive(PartialEq, Eq)]
pub enum Present {
    /// A value.
    Value(Vec<u8>),
    /// Something that is none, in the store's words.
    Other(String),
}

/// What is to become of a store.
pub struct Change<'a> {
    /// The commit that it holds then.
    pub commit: &'a str,
    /// What is to be written.
    pub puts: Vec<(&'a str, &'a [u8])>,
    /// What is to go.
    pub removals: Vec<&'a str>,
    /// All names that are ours then.
    pub names: BTreeSet<&'a str>,
}
