//! [`Item`]: one item of one environment, as a program asks for it.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{RepositoryView, refusal, typed};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::ItemFile;
use crate::model::{Environment, Error, Finding, Key, Policy, Result, Severity, Value, ValuePath};
use crate::ops;
use crate::yaml::Document;

/// One item of one environment. Each question reads its file anew.
#[derive(Clone, Debug)]
#[must_use]
pub struct Item {
    pub(super) place: RepositoryView,
    key: Key,
}

/// An item's file that has no error.
pub(super) struct Checked {
    policy: Arc<Policy>,
    pub(super) file: String,
    pub(super) document: Arc<Document>,
}

impl Checked {
    fn typed<T: DeserializeOwned>(&self, number: usize, value: &Value) -> Result<T> {
        let read = typed::read(value, ValuePath::document(number));
        read.map_err(|wrong| refusal::of_wrong(wrong.told(), &self.file, &self.document, &self.policy))
    }

    /// The value of the only YAML document.
    pub(super) fn only(&self) -> Result<&Value> {
        match self.document.values() {
            [value] => Ok(value),
            values => Err(Error::usage(format!("{} has {} YAML documents", self.file, values.len()))
                .with_help("read all of them with `load_all`, or keep one to a file")),
        }
    }
}

impl Item {
    pub(super) fn new(place: &RepositoryView, key: Key) -> Self {
        Self { place: place.clone(), key }
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Its environment.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.place.environment
    }

    /// Its values as a `T`: merges applied, aliases followed, found good by its schemas and every
    /// other rule whose findings are errors.
    ///
    /// Strings and numbers are told apart by quotes (`"1.10"` and `1.10`), and whole numbers up to
    /// 128 bits arrive exactly or not at all.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use terrace::Environment;
    ///
    /// #[derive(Debug, Deserialize)]
    /// struct Settings {
    ///     version: String,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let file = ("environments/staging/payments.yaml", "version: 1.10\n");
    /// let repository = terrace::testing::Repository::with(&[file])?;
    /// let item = terrace::open(repository.path())?.item(Environment::Staging, "payments")?;
    /// let error = item.load::<Settings>().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "environments/staging/payments.yaml:1:10: version: expected a string, found the number 1.10",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What `terrace check` calls an error, or why the values are no `T`: one line each, beginning
    /// with `file:line:column`, secrets masked. Also when the file holds several YAML documents.
    pub fn load<T: DeserializeOwned>(&self) -> Result<T> {
        let checked = self.checked(&self.configuration()?)?;
        checked.typed(0, checked.only()?)
    }

    /// The values of each YAML document of its file as a `T`, as [`Self::load`] does for one.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let file = ("environments/staging/limits.yaml", "[1, 2]\n---\n[3]\n");
    /// let repository = terrace::testing::Repository::with(&[file])?;
    /// let item = terrace::open(repository.path())?.item(terrace::Environment::Staging, "limits")?;
    /// assert_eq!(item.load_all::<Vec<u32>>()?, [vec![1, 2], vec![3]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_all<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        let checked = self.checked(&self.configuration()?)?;
        checked.document.values().iter().enumerate().map(|(i, value)| checked.typed(i, value)).collect()
    }

    /// One value, delivered as it is, secret or not, and not judged; `path` is written as
    /// `database.pool.size` or `/database/pool/size`.
    ///
    /// # Errors
    /// When the path is none, nothing stands there, or the file is not YAML.
    pub fn get(&self, path: &str) -> Result<Value> {
        let path = path.parse::<ValuePath>()?;
        Ok(ops::get(&self.configuration()?, &self.key, self.place.environment, Some(&path))?.value)
    }

    /// The values of each YAML document as YAML readers see them, numbers by their text; delivered
    /// as they are, secret or not, and not judged.
    ///
    /// # Errors
    /// When the file is not YAML.
    pub fn values(&self) -> Result<Vec<Value>> {
        let configuration = self.configuration()?;
        Ok(configuration.document(self.file(&configuration)?)?.values().to_vec())
    }

    /// Everything that `terrace check` says of it; no waiver has ended.
    ///
    /// # Errors
    /// When files or the policy cannot be read.
    pub fn findings(&self) -> Result<Vec<Finding>> {
        let configuration = self.configuration()?;
        self.file(&configuration)?;
        self.judged(&configuration)
    }

    pub(super) fn exists(&self) -> Result<()> {
        let snapshot = self.place.snapshot()?;
        let found = snapshot.item(&self.key, self.place.environment);
        found.map(|_| ()).ok_or_else(|| self.place.absent(&self.key, &snapshot))
    }

    fn judged(&self, configuration: &Configuration) -> Result<Vec<Finding>> {
        ops::findings(configuration, std::slice::from_ref(&self.key), Some(self.place.environment))
    }

    fn configuration(&self) -> Result<Configuration> {
        self.place.read()
    }

    pub(super) fn file<'c>(&self, configuration: &'c Configuration) -> Result<&'c ItemFile> {
        let found = configuration.item(&self.key, self.place.environment);
        found.ok_or_else(|| self.place.absent(&self.key, configuration.snapshot()))
    }

    pub(super) fn checked(&self, configuration: &Configuration) -> Result<Checked> {
        let file = self.file(configuration)?;
        let mut errors = self.judged(configuration)?;
        errors.retain(|finding| finding.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(refusal::of_findings(&errors));
        }
        let document = configuration.document(file)?;
        Ok(Checked { policy: configuration.shared_policy(), file: file.file.clone(), document })
    }

    /// The value in a snapshot as a `T`, unless it equals `before`; and what it was made from.
    #[cfg(feature = "watch")]
    pub(super) fn differing<T: DeserializeOwned>(
        &self,
        configuration: &Configuration,
        before: Option<&Value>,
    ) -> Result<Option<(T, Value)>> {
        let checked = self.checked(configuration)?;
        let value = checked.only()?;
        if before == Some(value) {
            return Ok(None);
        }
        Ok(Some((checked.typed(0, value)?, value.clone())))
    }
}
