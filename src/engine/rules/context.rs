//! What rules look at: a revision, and one of its items, read and parsed.

use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::compared::{Compared, Side, Terms};
use super::judgement::{Judgements, Salt, SecretDigest, digest};
use super::{Change, CheckInput};
use crate::diff::lists::{by_name, identity};
use crate::engine::configuration::Configuration;
use crate::engine::naming::Naming;
use crate::engine::schemas::Schemas;
use crate::engine::snapshot::{ItemFile, Reading, Snapshot};
use crate::model::{Environment, Key, List, Policy, Result, ValuePath};
use crate::secrets::encrypted::is_metadata;
use crate::secrets::{self, DocumentSecrets};
use crate::yaml::{Difference, Document, Limits, NodeId, Visit};

/// What rules know of the revision that they judge.
pub(super) struct RevisionContext<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) snapshot: &'a Snapshot,
    pub(super) policy: &'a Policy,
    pub(super) limits: &'a Limits,
    pub(super) schemas: &'a Schemas,
    pub(super) naming: Naming<'a>,
    /// What a review knows besides; the snapshot may then be a part of its revision.
    pub(super) change: Option<&'a Change>,
    /// Whether everything is judged.
    pub(super) is_whole: bool,
    /// Whether everything is judged, and no item can have a schema: nobody uses them yet. Not asked where
    /// nothing of other environments is there, for a schema of theirs would change it.
    pub(super) is_without_schemas: bool,
    /// Whether nothing of other environments is there.
    pub(super) is_alone: bool,
    /// What secrets are digested with.
    pub(super) salt: Salt,
    /// The files that schemas are made of, as far as that is known without compiling them.
    pub(super) schemas_made_of: BTreeMap<String, Arc<[String]>>,
    ends: Option<[&'a Configuration; 2]>,
    /// The entries of the policy that are known to fit something, so that no other item is asked; `None`
    /// where each judgement must say all that the item fits.
    pub(super) seen: Option<Vec<AtomicBool>>,
    /// What each item that was asked for is judged to be; filled before any rule looks at everything.
    pub(super) judgements: Judgements,
}

/// What rules look at that judge one item: what it is in every environment.
pub(super) struct RuleContext<'a> {
    revision: &'a RevisionContext<'a>,
    /// By environment.
    pub(super) items: Vec<ItemView<'a>>,
    compared: OnceLock<Compared>,
}

impl<'a> Deref for RuleContext<'a> {
    type Target = RevisionContext<'a>;

    fn deref(&self) -> &RevisionContext<'a> {
        self.revision
    }
}

/// One item, read.
pub(super) struct ItemView<'a> {
    pub(super) key: &'a Key,
    pub(super) environment: Environment,
    pub(super) file: &'a str,
    pub(super) reading: Reading,
    /// What the item was before a change.
    before: Option<Arc<Document>>,
    /// The policies that say besides what is masked.
    also_masked: Vec<&'a Policy>,
    schemas: &'a Schemas,
    masks: OnceLock<Vec<Range<usize>>>,
    secrets: OnceLock<Vec<PlainSecret>>,
    differences: OnceLock<Vec<Difference>>,
    /// By which key the elements of each list are known.
    identities: Mutex<BTreeMap<ValuePath, Option<String>>>,
}

/// A secret that stands in plain text.
pub(super) struct PlainSecret {
    pub(super) path: ValuePath,
    /// The scalar that is or holds it.
    pub(super) node: NodeId,
    /// What it is, as in "a password".
    pub(super) what: &'static str,
    /// The bytes to point at.
    pub(super) written: Range<usize>,
    pub(super) digest: SecretDigest,
}

impl<'a> RevisionContext<'a> {
    /// Nothing is judged yet.
    pub(super) fn new(subject: &CheckInput<'a>) -> Self {
        let configuration = subject.configuration;
        let (snapshot, policy) = (configuration.snapshot(), configuration.policy());
        let has_schemas = || {
            let first = snapshot.files.range("schemas/".to_owned()..).next();
            !policy.schemas.is_empty() || first.is_some_and(|(file, _)| file.starts_with("schemas/"))
        };
        let is_whole = subject.keys.is_empty() && subject.change.is_none();
        Self {
            configuration,
            snapshot,
            policy,
            limits: configuration.limits(),
            schemas: configuration.schemas(),
            naming: Naming::new(configuration.policy()),
            change: subject.change,
            is_whole,
            is_without_schemas: is_whole && !subject.is_alone && !has_schemas(),
            is_alone: subject.is_alone,
            salt: subject.memory.map(|memory| *memory.salt()).unwrap_or_default(),
            schemas_made_of: BTreeMap::new(),
            ends: subject.ends,
            seen: None,
            judgements: Judgements::default(),
        }
    }

    /// Reads these files of one item.
    ///
    /// # Errors
    /// The first file, in order, that cannot be read at all.
    pub(super) fn read<'r>(&'r self, files: &[&'r ItemFile], keeps: Keeps) -> Result<RuleContext<'r>> {
        self.read_known(files.iter().map(|file| (*file, None)), keeps)
    }

    /// The same, of which some bytes are known.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_known<'r>(
        &'r self,
        files: impl Iterator<Item = (&'r ItemFile, Option<Vec<u8>>)>,
        keeps: Keeps,
    ) -> Result<RuleContext<'r>> {
        let items = files.map(|(file, known)| {
            let before = || {
                let [before, _] = self.ends?;
                let item = before.item(&file.id.key, file.id.environment)?;
                match keeps {
                    Keeps::Readings => before.document(item).ok(),
                    Keeps::Nothing => before.document_once(item, None).ok(),
                }
            };
            Ok(ItemView {
                key: &file.id.key,
                environment: file.id.environment,
                file: &file.file,
                reading: match keeps {
                    Keeps::Readings => self.configuration.reading(file)?,
                    Keeps::Nothing => self.configuration.reading_of(file, known)?,
                },
                before: before(),
                also_masked: self.ends.iter().flatten().map(|end| end.policy()).collect(),
                schemas: self.schemas,
                masks: OnceLock::new(),
                secrets: OnceLock::new(),
                differences: OnceLock::new(),
                identities: Mutex::default(),
            })
        });
        Ok(RuleContext::new(self, items.collect::<Result<_>>()?))
    }

    /// One item in the environments in which it can be read.
    pub(super) fn of_key(&self, key: &Key) -> RuleContext<'_> {
        let files = Environment::ALL.into_iter().filter_map(|env| self.snapshot.item(key, env));
        let items = files.filter_map(|file| self.read(&[file], Keeps::Readings).ok());
        RuleContext::new(self, items.flat_map(|read| read.items).collect())
    }

    /// Whether something stands where the item's file would be.
    pub(super) fn is_occupied(&self, key: &Key, environment: Environment) -> bool {
        self.snapshot.files.contains_key(&key.file(environment))
    }

    /// Whether every file of the items that were asked for could be read as YAML.
    pub(super) fn is_all_read(&self) -> bool {
        self.judgements.values().all(|judgement| !judgement.has_unread)
    }
}

/// Whether what was read for judging is kept for whoever asks next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    Readings,
    Nothing,
}

impl<'a> RuleContext<'a> {
    fn new(revision: &'a RevisionContext<'a>, items: Vec<ItemView<'a>>) -> Self {
        Self { revision, items, compared: OnceLock::new() }
    }

    /// What differs between the environments; several rules ask for it.
    pub(super) fn compared(&self) -> &Compared {
        self.compared.get_or_init(|| {
            let mut compared = Compared::default();
            let Some(first) = self.items.first() else { return compared };
            // Asked even where nothing is compared: a schema that cannot be read is told.
            let lists = &self.schemas.lists(first.key);
            for (n, earlier) in self.items.iter().enumerate() {
                for later in self.items.iter().skip(n + 1) {
                    let (Some(left), Some(right)) = (earlier.side(), later.side()) else { continue };
                    // Equal bytes have equal values.
                    if earlier.reading.bytes != later.reading.bytes {
                        compared.add(
                            &Terms { policy: self.policy, naming: &self.naming, lists },
                            left,
                            right,
                        );
                    }
                }
            }
            compared
        })
    }

    /// The item in one environment.
    pub(super) fn item(&self, environment: Environment) -> Option<&ItemView<'a>> {
        self.items.iter().find(|item| item.environment == environment)
    }

    /// The item in every environment that has it; nothing where none has.
    pub(super) fn by_key(&self) -> impl Iterator<Item = &[ItemView<'a>]> {
        std::iter::once(self.items.as_slice()).filter(|items| !items.is_empty())
    }
}

impl<'a> ItemView<'a> {
    /// What the file reads as, when it can be read.
    pub(super) fn document(&self) -> Option<&Document> {
        self.reading.document.as_deref().ok()
    }

    /// What the item was before the change that is judged, where that is known.
    pub(super) fn before(&self) -> Option<&Document> {
        self.before.as_deref()
    }

    fn side(&self) -> Option<Side<'_>> {
        Some(Side { environment: self.environment, values: self.document()?.values() })
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

    /// The secrets that stand in plain text, in file order; several rules ask for them.
    pub(super) fn plain_secrets(&self, revision: &RevisionContext<'_>) -> &[PlainSecret] {
        self.secrets.get_or_init(|| {
            let mut found = Vec::new();
            let Some(document) = self.document() else { return found };
            let known = DocumentSecrets::of(document, revision.policy);
            self.scalars(&mut |visit| {
                let Some(secret) = known.own_secret(revision.policy, visit.path, visit.value) else { return };
                found.push(PlainSecret {
                    path: visit.path.clone(),
                    node: visit.node,
                    what: secret.what,
                    written: secrets::written(document, visit.node, secret.text),
                    digest: digest(&revision.salt, secret.text),
                });
            });
            found
        })
    }

    /// What other readers take differently, in file order; several rules ask for it.
    pub(super) fn differences(&self) -> &[Difference] {
        self.differences.get_or_init(|| self.document().map(Document::differences).unwrap_or_default())
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
            let masked = |document| secrets::spans(document, self.before.as_deref(), &self.policies(policy));
            self.document().map(masked).unwrap_or_default()
        })
    }

    /// The policies of which any may say that something is masked.
    pub(super) fn policies<'p>(&self, policy: &'p Policy) -> Vec<&'p Policy>
    where
        'a: 'p,
    {
        self.also_masked.iter().copied().chain([policy]).collect()
    }
}
