//! What is in an environment, as the program's type, and what a write did.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::{Path, Segment};

use super::error::{ClientError, ClientErrorKind};
use super::numbers::plain;
use crate::model::{CommitId, Environment, Key, ValuePath};

/// An item, or one value of it, in one environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) environment: Environment,
    pub(crate) key: Key,
    pub(crate) path: Option<ValuePath>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.environment, self.key)?;
        match &self.path {
            None => Ok(()),
            Some(path) => write!(f, ": {path}"),
        }
    }
}

/// What a source said that is at a place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) etag: String,
    pub(crate) commit: Option<CommitId>,
    pub(crate) value: Json,
    pub(crate) origin: Origin,
}

/// Says where a value below a place stands in its file, by names and positions; where nobody knows, nothing.
type Locate = dyn Fn(&[Step<'_>]) -> Option<String> + Send + Sync;

/// One step down from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// To the value of this name.
    Name(&'a str),
    /// To the element at this position.
    Index(usize),
}

/// The file that a value is from, where the source has files. It is no part of what was said.
#[derive(Clone, Default)]
pub(crate) struct Origin(Option<Arc<Locate>>);

impl Origin {
    /// Of a file in which `locate` finds values.
    #[cfg(feature = "repository")]
    pub(crate) fn of(locate: impl Fn(&[Step<'_>]) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(locate)))
    }

    fn locate(&self, path: &Path) -> Option<String> {
        let steps: Vec<_> = path.iter().map_while(step).collect();
        self.0.as_ref().and_then(|locate| locate(&steps))
    }
}

/// The step that a segment is, if it is one of values: a variant of an enum is a name of a mapping.
fn step(segment: &Segment) -> Option<Step<'_>> {
    match segment {
        Segment::Map { key } => Some(Step::Name(key)),
        Segment::Enum { variant } => Some(Step::Name(variant)),
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Unknown => None,
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Origin(file)" } else { "Origin(unknown)" })
    }
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A value with where it is from: it is used as the value itself, and guards a write.
///
/// The guard is the tag of what was read, so that a write changes that and nothing newer.
#[derive(Clone, Debug)]
pub struct Fetched<T> {
    value: T,
    pub(super) place: Place,
    etag: String,
    commit: Option<CommitId>,
    is_remembered: bool,
    stale: Option<ClientError>,
}

impl<T: DeserializeOwned> Fetched<T> {
    pub(super) fn read(place: &Place, said: &Said) -> Result<Self, ClientError> {
        let sent = plain(said.value.clone());
        let value = serde_path_to_error::deserialize(&sent).map_err(|error| {
            let place_in_file = said.origin.locate(error.path()).map(|at| format!("{at}: ")).unwrap_or_default();
            let refusal = refusal::<T>(&sent, error.path());
            ClientError::new(ClientErrorKind::WrongType, format!("{place_in_file}{refusal}"))
                .with_help("the value and the program's type must fit; a secret that the token may not read is {\"masked\":true}")
                .about(place)
        })?;
        let (etag, commit) = (said.etag.clone(), said.commit.clone());
        Ok(Self { value, place: place.clone(), etag, commit, is_remembered: false, stale: None })
    }
}

/// Why a type does not take a value: what it says of the same value without the strings there, since they
/// may be secret.
fn refusal<T: DeserializeOwned>(sent: &Json, path: &Path) -> String {
    let mut bare = sent.clone();
    strip_at(&mut bare, &path.iter().collect::<Vec<_>>());
    let again = serde_path_to_error::deserialize::<_, T>(&bare).err();
    let same = again.filter(|again| again.path().to_string() == path.to_string());
    let said =
        same.map_or_else(|| "the program's type does not take it".to_owned(), |it| it.inner().to_string());
    if path.iter().len() == 0 { said } else { format!("{path}: {said}") }
}

/// Takes the text out of every string at a place, or as near to it as it can be found.
fn strip_at(value: &mut Json, path: &[&Segment]) {
    let inner = match (path, &mut *value) {
        ([Segment::Map { key }, rest @ ..], Json::Object(map)) => map.get_mut(key).map(|inner| (inner, rest)),
        ([Segment::Seq { index }, rest @ ..], Json::Array(list)) => {
            list.get_mut(*index).map(|inner| (inner, rest))
        }
        _ => None,
    };
    match inner {
        Some((inner, rest)) => strip_at(inner, rest),
        None => strip(value),
    }
}

/// Takes the text out of every string.
fn strip(value: &mut Json) {
    match value {
        Json::String(text) => "…".clone_into(text),
        Json::Array(list) => list.iter_mut().for_each(strip),
        Json::Object(map) => map.values_mut().for_each(strip),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

impl<T> Fetched<T> {
    pub(super) fn remembered(self, is_remembered: bool) -> Self {
        Self { is_remembered, ..self }
    }

    /// The same as the last good value that stands in because of a failure.
    pub(super) fn instead_of(self, failure: ClientError) -> Self {
        Self { is_remembered: true, stale: Some(failure), ..self }
    }

    /// The value by itself.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The item that it is, or is in.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.place.key
    }

    /// The environment that it is of.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.place.environment
    }

    /// Where in the item it is; `None` for the whole.
    #[must_use]
    pub const fn path(&self) -> Option<&ValuePath> {
        self.place.path.as_ref()
    }

    /// The tag of it, with its quotes; it changes when the value does (of a whole item: when its file does), and
    /// only then.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// The last commit that changed the item, where the source says it: servers do.
    #[must_use]
    pub const fn commit(&self) -> Option<&CommitId> {
        self.commit.as_ref()
    }

    /// Whether it is the last good value, and not what is there now.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.stale.is_some()
    }

    /// Why there is nothing good to read now, when the value is stale.
    #[must_use]
    pub const fn why_stale(&self) -> Option<&ClientError> {
        self.stale.as_ref()
    }

    /// Whether it is kept as the last good value: on disk of a server (`remember_in`), in memory of a repository.
    #[must_use]
    pub const fn is_remembered(&self) -> bool {
        self.is_remembered
    }
}

impl<T> Deref for Fetched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The commit that it made; `None` when there was nothing to change.
    pub commit: Option<CommitId>,
    /// The item's tag from now on; `None` when it is gone.
    pub etag: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_holds_no_string_of_the_value() {
        let said =
            |value: Json| Said { etag: "\"t\"".to_owned(), commit: None, value, origin: Origin::default() };
        let key = "a".parse().expect("a key");
        let place = Place { environment: Environment::Staging, key, path: None };
        let secret = "hunter2-hunter2";
        let read = |value: Json| Fetched::<BTreeMap<String, Vec<u8>>>::read(&place, &said(value)).map(drop);
        for (value, expected) in [
            (
                json!({ "b": [1], "c": [2, secret] }),
                "staging/a: c[1]: invalid type: string \"…\", expected u8",
            ),
            (json!({ "c": secret }), "staging/a: c: invalid type: string \"…\", expected a sequence"),
            (json!(secret), "staging/a: invalid type: string \"…\", expected a map"),
            (json!({ "c": [300] }), "staging/a: c[0]: invalid number"),
        ] {
            let error = read(value).expect_err(expected);
            assert_eq!(error.to_string(), expected);
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(read(json!({ "a": [1, { "number": "0x1F" }] })).is_ok());
    }
}
