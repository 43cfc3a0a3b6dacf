//! [`EnvironmentView`]: one environment, ready to be sent.
//!
//! It is never changed; the next one takes over what is the same. It holds bytes, not documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::tags::tag;
use crate::api::served;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::ItemFile;
use crate::model::{CommitId, Environment, Key, Policy, Result, ValuePath};
use crate::ops::ServedEnvironment;
use crate::secrets;
use crate::secrets::mask::{Reveal, Shown};
use crate::yaml::Document;

/// One environment, ready to be sent.
pub(crate) struct EnvironmentView {
    /// What it was made of.
    pub(super) served: ServedEnvironment,
    /// Its items, each with its bytes.
    pub(super) items: BTreeMap<Key, Arc<ServedItem>>,
}

/// One item, ready to be sent.
pub(super) struct ServedItem {
    /// Its file, relative to the git root.
    pub(super) file: String,
    /// The commit that last changed it.
    pub(super) commit: Option<CommitId>,
    /// Whether the file holds a secret.
    pub(super) holds_secrets: bool,
    /// The file's bytes.
    pub(super) yaml: Representation,
    /// Its values as JSON, secrets masked; `None` where the file is not YAML that can be read.
    pub(super) masked: Option<Representation>,
    /// The same with secrets; nothing of its own where there are none.
    pub(super) json: Option<Representation>,
    made_of: ItemContent,
}

/// Bytes with their tag.
#[derive(Clone)]
pub(super) struct Representation {
    pub(super) bytes: Bytes,
    pub(super) etag: String,
}

/// What an item's bytes rest on.
#[derive(Clone)]
struct ItemContent {
    blob: Option<String>,
    policy: Arc<Policy>,
}

impl EnvironmentView {
    /// Makes what is served ready, with all of `before` that is the same.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn new(served: ServedEnvironment, before: Option<&Self>) -> Result<Self> {
        let mut items = BTreeMap::new();
        if let Some(good) = &served.good {
            let configuration = good.configuration();
            for item in configuration.snapshot().items() {
                let commit = good.commits.get(&item.id.key);
                let known = before.and_then(|before| before.items.get(&item.id.key));
                let made = ServedItem::new(configuration, item, commit, known)?;
                items.insert(item.id.key.clone(), made);
            }
        }
        Ok(Self { served, items })
    }

    /// An item as it is in the newest commit of the branch, served or not.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub(super) fn newest_item(&self, key: &Key) -> Result<Option<Arc<ServedItem>>> {
        let served = self.items.get(key);
        let Some(newest) = self.served.newest().filter(|_| self.served.held_back.is_some()) else {
            return Ok(served.cloned());
        };
        let item = newest.item(key, self.environment());
        item.map(|item| ServedItem::new(newest, item, None, served)).transpose()
    }

    pub(super) const fn environment(&self) -> Environment {
        self.served.environment
    }

    /// The commit that last changed the environment.
    pub(super) fn commit(&self) -> Option<&CommitId> {
        self.served.good.as_ref().map(|good| &good.commit)
    }
}

/// The values of a document as JSON.
struct ShownItem {
    masked: Bytes,
    whole: Bytes,
    holds_secrets: bool,
}

fn shown(
    configuration: &Configuration,
    id: (&Key, Environment),
    file: &str,
    document: &Document,
) -> ShownItem {
    let (mask, all) = (configuration.mask(Reveal::Nothing), configuration.mask(Reveal::Secrets));
    let own = mask.secrets_of([document]);
    let mask = mask.within(&own);
    let values = |mask: &secrets::mask::Mask<'_>| -> Vec<Shown> {
        let numbered = document.values().iter().enumerate();
        numbered.map(|(number, value)| mask.value(&ValuePath::document(number), value)).collect()
    };
    let (shown, whole) = (values(&mask), values(&all));
    let write = |values: &[Shown]| {
        let mut bytes = Vec::new();
        // A vector takes all.
        let _ = served::item(id, file, values, &mut bytes);
        Bytes::from(bytes)
    };
    let holds_secrets = shown != whole || !secrets::spans(document, None, configuration.policy()).is_empty();
    ShownItem { masked: write(&shown), whole: write(&whole), holds_secrets }
}

fn masked_tag(environment: Environment, key: &Key, masked: &[u8]) -> String {
    tag(environment, key.as_str(), "masked", masked)
}

/// The tag that who may see no secrets was given of a file's content that holds some; `None` where it
/// holds none, or has no values.
pub(super) fn masked_tag_of(
    configuration: &Configuration,
    (key, environment): (&Key, Environment),
    bytes: &[u8],
) -> Option<String> {
    let document = Document::parse(bytes, configuration.limits()).ok()?;
    let file = format!("{}{}", configuration.snapshot().prefix, key.file(environment));
    let shown = shown(configuration, (key, environment), &file, &document);
    shown.holds_secrets.then(|| masked_tag(environment, key, &shown.masked))
}

impl ServedItem {
    /// Makes an item ready; one that is known stays where it is the same.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub(super) fn new(
        configuration: &Configuration,
        item: &ItemFile,
        commit: Option<&CommitId>,
        known: Option<&Arc<Self>>,
    ) -> Result<Arc<Self>> {
        let blob = item.blob.as_ref().map(|blob| blob.as_str().to_owned());
        let made_of = ItemContent { blob, policy: configuration.shared_policy() };
        if let Some(known) = known
            && known.made_of.blob == made_of.blob
            && Arc::ptr_eq(&known.made_of.policy, &made_of.policy)
        {
            if known.commit.as_ref() == commit {
                return Ok(Arc::clone(known));
            }
            return Ok(Arc::new(Self { commit: commit.cloned(), ..known.copied() }));
        }
        let (key, environment) = (&item.id.key, item.id.environment);
        let reading = configuration.reading_of(item, None)?;
        let text = reading.bytes.to_vec();
        let content = made_of.blob.clone().unwrap_or_default();
        let of_blob = |what: &str| tag(environment, key.as_str(), what, content.as_bytes());
        let (mut masked, mut json) = (None, None);
        let holds_secrets;
        match &reading.document {
            Ok(document) => {
                let shown = shown(configuration, (key, environment), &item.file, document);
                holds_secrets = shown.holds_secrets;
                let whole = Representation { bytes: shown.whole, etag: of_blob("json") };
                masked = Some(if holds_secrets {
                    json = Some(whole);
                    let etag = masked_tag(environment, key, &shown.masked);
                    Representation { bytes: shown.masked, etag }
                } else {
                    whole
                });
            }
            Err(_) => {
                let text = String::from_utf8_lossy(&text);
                let shown = configuration.mask(Reveal::Nothing).plain_text(&text);
                let raw = shown.raw.iter().map(|line| line.trim_end_matches(['\n', '\r']));
                holds_secrets = raw.ne(shown.shown.iter().map(String::as_str));
            }
        }
        let yaml = Representation { bytes: Bytes::from(text), etag: of_blob("yaml") };
        let (file, commit) = (item.file.clone(), commit.cloned());
        Ok(Arc::new(Self { file, commit, holds_secrets, yaml, masked, json, made_of }))
    }

    /// What git calls the file's content.
    pub(super) fn blob(&self) -> Option<&str> {
        self.made_of.blob.as_deref()
    }

    fn copied(&self) -> Self {
        Self {
            file: self.file.clone(),
            commit: self.commit.clone(),
            holds_secrets: self.holds_secrets,
            yaml: self.yaml.clone(),
            masked: self.masked.clone(),
            json: self.json.clone(),
            made_of: self.made_of.clone(),
        }
    }

    /// Its JSON for somebody who may read secrets, or not.
    pub(super) fn json(&self, with_secrets: bool) -> Option<&Representation> {
        self.json.as_ref().filter(|_| with_secrets).or(self.masked.as_ref())
    }
}
