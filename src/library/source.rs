//! A repository as where a program's values come from: read and judged when asked for, written as a commit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::said::{said, tag_of, told};
use super::{Item, RepositoryView};
use crate::api;
use crate::client::{ClientError, ClientErrorKind, Edit, Follow, Place, Said, Source, Write, Written};
use crate::model::{Error, ItemId, Patch, Result, Value};
use crate::ops::{self, At, ChangeRequest, Expected, ItemChange, ItemEdit, Workspace};
use crate::secrets::mask::Reveal;
use crate::store::transaction::{Identity, Moment, Options, Person};

/// One environment of a repository, and the last good values that its handles read.
#[derive(Debug)]
pub(super) struct RepositorySource {
    view: RepositoryView,
    good: Mutex<BTreeMap<Place, Said>>,
}

impl RepositorySource {
    pub(super) fn new(view: RepositoryView) -> Self {
        Self { view, good: Mutex::default() }
    }

    fn good(&self) -> MutexGuard<'_, BTreeMap<Place, Said>> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn item(&self, place: &Place) -> Item {
        Item::new(&self.view, place.key.clone())
    }
}

impl Source for RepositorySource {
    fn read(&self, place: &Place) -> Result<Said, ClientError> {
        let said = self.view.read().and_then(|configuration| said(&self.item(place), place, &configuration));
        said.map_err(|error| told(&error, place))
    }

    fn recall(&self, place: &Place, failure: &ClientError) -> Option<Said> {
        failure.is_broken_repository().then(|| self.good().get(place).cloned()).flatten()
    }

    fn remember(&self, place: &Place, said: &Said) -> bool {
        self.good().insert(place.clone(), said.clone());
        true
    }

    #[cfg(feature = "watch")]
    fn follow(&self, place: &Place) -> Result<Box<dyn Follow>, ClientError> {
        if self.view.configuration.at != At::Here {
            let told = ClientError::new(ClientErrorKind::Usage, "a commit does not change").about(place);
            return Err(told.with_help("watch the working tree: leave `at` out"));
        }
        Ok(Box::new(super::following::Following::new(self.item(place), place.clone())))
    }

    #[cfg(not(feature = "watch"))]
    fn follow(&self, place: &Place) -> Result<Box<dyn Follow>, ClientError> {
        let told = ClientError::new(ClientErrorKind::Usage, "this program cannot watch files").about(place);
        Err(told.with_help("build it with terrace's feature `watch`"))
    }

    fn write(&self, place: &Place, write: Write<'_>) -> Result<Written, ClientError> {
        let committed = self.commit(place, write).map_err(|error| told(&error, place))?;
        if committed.etag.is_none() {
            self.good().remove(place);
        }
        Ok(committed)
    }
}

impl RepositorySource {
    /// Commits a change on the branch that is checked out.
    fn commit(&self, place: &Place, write: Write<'_>) -> Result<Written> {
        let super::Configuration { dir, at } = &self.view.configuration;
        if *at != At::Here {
            return Err(Error::usage("a commit does not change").with_help("leave `at` out to write"));
        }
        let environment = super::environment();
        let workspace = Workspace::open_to_change(dir, &environment)?;
        let (expected, edit) = match write.edit {
            Edit::Create(content) => (Expected::Absent, ItemEdit::Value(value(&content)?)),
            Edit::Put { tag, content } => (expected(tag)?, ItemEdit::Value(value(&content)?)),
            Edit::Patch { tag, content } => (expected(tag)?, ItemEdit::Patch(Patch::Merge(value(&content)?))),
            Edit::Delete { tag } => (expected(tag)?, ItemEdit::Delete),
        };
        let item = ItemId { key: place.key.clone(), environment: place.environment };
        let items = vec![ItemChange { item, expected: Some(expected), edit }];
        let request =
            ChangeRequest { items, message: write.message.map(str::to_owned), reveal: Reveal::Secrets };
        let variable = |name: &str| environment.text(name);
        let person = |name, email| Person { name: variable(name), email: variable(email), time: None };
        let identity = Identity {
            author: person("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"),
            committer: person("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"),
        };
        let now = Moment { seconds: jiff::Timestamp::now().as_second(), offset: 0 };
        let options = Options { identity, ..Options::at(now, Arc::clone(&environment)) };
        let outcome = ops::commit_changes(&workspace, &request, &options)?;
        let after = outcome.items.first().and_then(|item| item.after.as_ref());
        let commit = outcome.committed.map(|committed| committed.commit);
        Ok(Written { commit, etag: after.map(tag_of) })
    }
}

fn expected(tag: &str) -> Result<Expected> {
    let blob = tag.trim_matches('"').parse();
    blob.map(Expected::Blob).map_err(|_| {
        Error::usage("the tag is not of a repository").with_help("write where the value was read from")
    })
}

fn value(content: &[u8]) -> Result<Value> {
    let read = serde_json::from_slice::<Json>(content).ok().as_ref().and_then(api::value::from_json);
    read.ok_or_else(|| {
        Error::usage("the value reads like what stands for something else in JSON, such as {\"masked\":true}")
            .with_help("name its keys otherwise")
    })
}
