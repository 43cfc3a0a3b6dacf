//! What rules look at: the items of a snapshot, read and parsed, under a policy.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use super::{Change, CheckInput};
use crate::diff::lists::{by_name, identity};
use crate::engine::naming::Naming;
use crate::engine::schemas::Schemas;
use crate::engine::snapshot::{ItemFile, Reading, Snapshot};
use crate::model::{Environment, Key, List, Policy, ProgressCounter, Result, ValuePath};
use crate::secrets;
use crate::secrets::encrypted::is_metadata;
use crate::yaml::{Document, Limits, Visit};

/// Everything that rules look at.
pub(super) struct RuleContext<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) policy: &'a Policy,
    pub(super) limits: &'a Limits,
    pub(super) schemas: &'a Schemas,
    pub(super) naming: Naming<'a>,
    /// What a review knows besides; the snapshot may then be a part of its revision.
    pub(super) change: Option<&'a Change>,
    /// By key and then environment.
    pub(super) items: Vec<ItemView<'a>>,
}

/// One item, read.
pub(super) struct ItemView<'a> {
    pub(super) key: &'a Key,
    pub(super) environment: Environment,
    pub(super) file: &'a str,
    pub(super) reading: Reading,
    /// What the item was, where that says of more values that they are secret.
    before: Option<Arc<Document>>,
    schemas: &'a Schemas,
    masks: OnceLock<Vec<Range<usize>>>,
    /// By which key the elements of each list are known.
    identities: Mutex<BTreeMap<ValuePath, Option<String>>>,
}

impl<'a> RuleContext<'a> {
    /// Reads the items, or only these of them, in parallel.
    ///
    /// # Errors
    /// The first file, in order, that cannot be read at all.
    pub(super) fn read(subject: &CheckInput<'a>, only: Option<&BTreeSet<Key>>) -> Result<Self> {
        let wanted = |file: &&ItemFile| {
            (subject.keys.is_empty() || subject.keys.contains(&file.id.key))
                && only.is_none_or(|only| only.contains(&file.id.key))
        };
        let configuration = subject.configuration;
        let files: Vec<&ItemFile> = configuration.snapshot().items().filter(wanted).collect();
        let steps = ProgressCounter::new(subject.progress, "reading items", Some(files.len()));
        let read = |file: &&'a ItemFile| {
            let reading = configuration.reading(file);
            steps.step();
            reading
        };
        let readings: Vec<Result<Reading>> = files.par_iter().map(read).collect();
        let before = |file: &ItemFile| {
            let before = subject.before?;
            before.document(before.item(&file.id.key, file.id.environment)?).ok()
        };
        let items = files.into_iter().zip(readings).map(|(file, reading)| {
            Ok(ItemView {
                key: &file.id.key,
                environment: file.id.environment,
                file: &file.file,
                reading: reading?,
                before: before(file),
                schemas: configuration.schemas(),
                masks: OnceLock::new(),
                identities: Mutex::default(),
            })
        });
        Ok(Self {
            snapshot: configuration.snapshot(),
            policy: configuration.policy(),
            limits: configuration.limits(),
            schemas: configuration.schemas(),
            naming: Naming::new(configuration.policy()),
            change: subject.change,
            items: items.collect::<Result<_>>()?,
        })
    }

    /// One item.
    pub(super) fn item(&self, key: &Key, environment: Environment) -> Option<&ItemView<'a>> {
        let found = self.items.binary_search_by(|item| (item.key, item.environment).cmp(&(key, environment)));
        found.ok().and_then(|at| self.items.get(at))
    }

    /// The items of each key.
    pub(super) fn by_key(&self) -> impl Iterator<Item = &[ItemView<'a>]> {
        self.items.chunk_by(|a, b| a.key == b.key)
    }
}

impl<'a> ItemView<'a> {
    /// What the file reads as, when it can be read.
    pub(super) fn document(&self) -> Option<&Document> {
        self.reading.document.as_deref().ok()
    }

    /// Visits every value but those that an encryption tool keeps for itself.
    pub(super) fn values<'i>(&'i self, visit: &mut dyn FnMut(&Visit<'_, 'i>)) {
        let Some(document) = self.document() else { return };
        document.walk(&mut |found| {
            if !is_metadata(document.values(), found.path) {
                visit(found);
            }
        });
    }

    /// Visits every scalar among [`Self::values`].
    pub(super) fn scalars<'i>(&'i self, visit: &mut dyn FnMut(&Visit<'_, 'i>)) {
        self.values(&mut |found| {
            if found.value.is_scalar() {
                visit(found);
            }
        });
    }

    /// A path in this item as people write it, elements of lists by their names.
    pub(super) fn named(&self, path: &ValuePath) -> ValuePath {
        let identity_of = |path: &ValuePath, list: &List| {
            let mut known = self.identities.lock().unwrap_or_else(PoisonError::into_inner);
            let found = || identity(&self.schemas.lists(self.key), path, list, Default::default());
            known.entry(path.clone()).or_insert_with(found).clone()
        };
        self.document()
            .map_or_else(|| path.clone(), |document| by_name(document.values(), path, &identity_of))
    }

    /// Whether the value at a path holds bytes that no report may show.
    pub(super) fn holds_secret(&self, policy: &Policy, path: &ValuePath) -> bool {
        let located = self.document().and_then(|document| Some((document, document.locate(path)?.node)));
        located.is_some_and(|(document, node)| {
            let span = &document.node(document.follow(node)).span;
            let masks = self.masks(policy);
            let first = masks.partition_point(|mask| mask.end <= span.start);
            masks.get(first).is_some_and(|mask| mask.start < span.end)
        })
    }

    /// The bytes that no report may show.
    pub(super) fn masks(&self, policy: &Policy) -> &[Range<usize>] {
        self.masks.get_or_init(|| {
            self.document()
                .map(|document| secrets::spans(document, self.before.as_deref(), policy))
                .unwrap_or_default()
        })
    }
}
