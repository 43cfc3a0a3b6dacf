//! [`EnvironmentView`]: one environment, ready to be sent.
//!
//! It is never changed; the next one takes over what is the same. It holds bytes, not documents, and
//! those of an item once somebody has asked for it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::tags::tag;
use crate::api::served;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::ItemFile;
use crate::model::{BlobId, CommitId, Environment, Error, ItemId, Key, Policy, Result, ValuePath};
use crate::ops::{Good, ServedEnvironment};
use crate::secrets;
use crate::secrets::mask::{Reveal, Shown};
use crate::yaml::Document;

/// One environment, ready to be sent.
pub(crate) struct EnvironmentView {
    /// What it was made of.
    pub(super) served: ServedEnvironment,
    /// Its items.
    pub(super) items: Arc<Items>,
}

/// Items by key.
pub(super) type Items = BTreeMap<Key, Arc<ServedItem>>;

/// One item. What is sent of it is made when it is asked for first, and kept: most items are not asked
/// for, and what their tags rest on is known without reading them.
pub(super) struct ServedItem {
    /// Its file, relative to the git root.
    pub(super) file: String,
    /// The commit that last changed it.
    pub(super) commit: Option<CommitId>,
    id: ItemId,
    blob: Option<BlobId>,
    policy: Arc<Policy>,
    made: Arc<Made>,
}

/// What was made of an item's content, as far as somebody asked.
#[derive(Default)]
struct Made {
    facts: OnceLock<Facts>,
    forms: OnceLock<Forms>,
}

/// What has to be known of an item's content to tell its tags.
pub(super) struct Facts {
    /// Whether the file holds a secret.
    pub(super) holds_secrets: bool,
    /// The tag of its values as JSON, secrets masked; `None` where the file is not YAML that can be read.
    pub(super) masked: Option<String>,
    /// The tag of the same with secrets; nothing of its own where there are none.
    pub(super) json: Option<String>,
}

/// What is sent of an item.
pub(super) struct Forms {
    /// The file's bytes.
    pub(super) yaml: Bytes,
    masked: Option<Bytes>,
    json: Option<Bytes>,
}

/// Bytes with their tag.
pub(super) struct Representation {
    pub(super) bytes: Bytes,
    pub(super) etag: String,
}

impl EnvironmentView {
    /// Makes what is served ready, with all of `before` that is the same.
    #[must_use]
    pub(super) fn new(served: ServedEnvironment, before: Option<&Self>) -> Self {
        let known = before.and_then(|before| Some((before, before.served.good.as_ref()?)));
        let items = match (&served.good, known) {
            (Some(good), Some((before, known))) if good.is_same(known) => Arc::clone(&before.items),
            (Some(good), _) => Arc::new(items(good, before.map(|before| &*before.items))),
            (None, _) => Arc::default(),
        };
        Self { served, items }
    }

    /// An item as it is in the newest commit of the branch, served or not, with what it is read from.
    pub(super) fn newest_item(&self, key: &Key) -> Option<(Configuration, Arc<ServedItem>)> {
        let served = self.items.get(key);
        let Some(newest) = self.served.newest().filter(|_| self.served.held_back.is_some()) else {
            let good = self.served.good.as_ref()?;
            return Some((good.configuration().clone(), Arc::clone(served?)));
        };
        let item = newest.item(key, self.environment())?;
        Some((newest.clone(), ServedItem::new(newest, item, None, served)))
    }

    /// The tag under which somebody gets an item of this view.
    ///
    /// # Errors
    /// When its file has to be read, and cannot be.
    pub(super) fn etag(&self, item: &ServedItem, with_secrets: bool) -> Result<String> {
        match &self.served.good {
            Some(good) => item.etag(good.configuration(), with_secrets),
            None => Ok(item.yaml_etag()),
        }
    }

    pub(super) const fn environment(&self) -> Environment {
        self.served.environment
    }

    /// The commit that last changed the environment.
    pub(super) fn commit(&self) -> Option<&CommitId> {
        self.served.good.as_ref().map(|good| &good.commit)
    }
}

/// The items of a state; those that are in `before` and the same are taken over.
fn items(good: &Good, before: Option<&Items>) -> Items {
    let (mut known, mut commits) = (before.into_iter().flatten().peekable(), good.commits.iter().peekable());
    let item = |item: &ItemFile| {
        let key = &item.id.key;
        // All of them are in order.
        while known.next_if(|(before, _)| *before < key).is_some() {}
        while commits.next_if(|(before, _)| *before < key).is_some() {}
        let known = known.next_if(|(known, _)| *known == key).map(|(_, known)| known);
        let commit = commits.next_if(|(known, _)| *known == key).map(|(_, commit)| commit);
        (key.clone(), ServedItem::new(good.configuration(), item, commit, known))
    };
    good.configuration().snapshot().items().map(item).collect()
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
    /// An item as it is in a configuration; one that is known stays where it is the same.
    pub(super) fn new(
        configuration: &Configuration,
        item: &ItemFile,
        commit: Option<&CommitId>,
        known: Option<&Arc<Self>>,
    ) -> Arc<Self> {
        let known =
            known.filter(|known| known.blob == item.blob && configuration.is_under(&known.policy));
        let made = match known {
            Some(known) if known.commit.as_ref() == commit => return Arc::clone(known),
            Some(known) => Arc::clone(&known.made),
            None => Arc::default(),
        };
        Arc::new(Self {
            file: item.file.clone(),
            commit: commit.cloned(),
            id: item.id.clone(),
            blob: item.blob.clone(),
            policy: configuration.shared_policy(),
            made,
        })
    }

    /// What git calls the file's content.
    pub(super) const fn blob(&self) -> Option<&BlobId> {
        self.blob.as_ref()
    }

    /// Whether another item has the same content, and as much of it may be shown.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.made, &other.made)
    }

    /// The tag of the file's bytes.
    pub(super) fn yaml_etag(&self) -> String {
        self.tag("yaml")
    }

    fn tag(&self, what: &str) -> String {
        let content = self.blob.as_ref().map_or("", BlobId::as_str);
        tag(self.id.environment, self.id.key.as_str(), what, content.as_bytes())
    }

    /// Whether its tags are known without a look at its content.
    pub(super) fn has_facts(&self) -> bool {
        self.made.facts.get().is_some()
    }

    /// Whether it can be sent without a look at its content.
    pub(super) fn is_made(&self) -> bool {
        self.made.forms.get().is_some()
    }

    /// What its tags rest on; `configuration` is one that it was made of.
    ///
    /// # Errors
    /// When its file has to be read, and cannot be.
    pub(super) fn facts(&self, configuration: &Configuration) -> Result<&Facts> {
        if let Some(facts) = self.made.facts.get() {
            return Ok(facts);
        }
        // Whoever lists all items keeps no bytes of them.
        let (facts, _) = self.make(configuration)?;
        Ok(self.made.facts.get_or_init(|| facts))
    }

    /// What is sent of it; `configuration` is one that it was made of.
    ///
    /// # Errors
    /// As [`Self::facts`].
    pub(super) fn forms(&self, configuration: &Configuration) -> Result<&Forms> {
        if let Some(forms) = self.made.forms.get() {
            return Ok(forms);
        }
        let (facts, forms) = self.make(configuration)?;
        self.made.facts.get_or_init(|| facts);
        Ok(self.made.forms.get_or_init(|| forms))
    }

    fn make(&self, configuration: &Configuration) -> Result<(Facts, Forms)> {
        let ItemId { key, environment } = &self.id;
        let item = configuration.item(key, *environment);
        let item = item.ok_or_else(|| Error::internal(format!("{} is not there", self.file)))?;
        let reading = configuration.reading_of(item, None)?;
        let text = Bytes::from(reading.bytes.to_vec());
        let Ok(document) = &reading.document else {
            let shown = configuration.mask(Reveal::Nothing).plain_text(&String::from_utf8_lossy(&text));
            let raw = shown.raw.iter().map(|line| line.trim_end_matches(['\n', '\r']));
            let holds_secrets = raw.ne(shown.shown.iter().map(String::as_str));
            let facts = Facts { holds_secrets, masked: None, json: None };
            return Ok((facts, Forms { yaml: text, masked: None, json: None }));
        };
        let shown = shown(configuration, (key, *environment), &self.file, document);
        let (holds_secrets, whole) = (shown.holds_secrets, self.tag("json"));
        let (masked, json) = match holds_secrets {
            true => (masked_tag(*environment, key, &shown.masked), Some(whole)),
            false => (whole, None),
        };
        let json_bytes = json.is_some().then(|| shown.whole.clone());
        let masked_bytes = if holds_secrets { shown.masked } else { shown.whole };
        let facts = Facts { holds_secrets, masked: Some(masked), json };
        Ok((facts, Forms { yaml: text, masked: Some(masked_bytes), json: json_bytes }))
    }

    /// The tag under which somebody gets it who may read secrets, or not.
    ///
    /// # Errors
    /// As [`Self::facts`].
    pub(super) fn etag(&self, configuration: &Configuration, with_secrets: bool) -> Result<String> {
        let facts = self.facts(configuration)?;
        let json = facts.json.as_ref().filter(|_| with_secrets).or(facts.masked.as_ref());
        Ok(json.cloned().unwrap_or_else(|| self.yaml_etag()))
    }

    /// The file's bytes with their tag.
    ///
    /// # Errors
    /// As [`Self::facts`].
    pub(super) fn yaml(&self, configuration: &Configuration) -> Result<Representation> {
        Ok(Representation { bytes: self.forms(configuration)?.yaml.clone(), etag: self.yaml_etag() })
    }

    /// Its values as JSON for somebody who may read secrets, or not; `None` where the file is not YAML
    /// that can be read.
    ///
    /// # Errors
    /// As [`Self::facts`].
    pub(super) fn json(
        &self,
        configuration: &Configuration,
        with_secrets: bool,
    ) -> Result<Option<Representation>> {
        let forms = self.forms(configuration)?;
        let bytes = forms.json.as_ref().filter(|_| with_secrets).or(forms.masked.as_ref());
        let Some(bytes) = bytes.cloned() else { return Ok(None) };
        Ok(Some(Representation { bytes, etag: self.etag(configuration, with_secrets)? }))
    }
}
