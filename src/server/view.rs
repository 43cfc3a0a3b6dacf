//! [`EnvironmentView`]: one environment, ready to be sent.
//!
//! It is never changed; the next one takes over what is the same. It holds bytes, not documents.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::tags::tag;
use crate::api::served;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::ItemFile;
use crate::model::{BlobId, CommitId, Environment, ItemId, Key, Policy, Result, ValuePath};
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

/// One item, with the bytes of its file. What else is sent of it is made when somebody asks for it first,
/// and kept.
pub(super) struct ServedItem {
    /// Its file, relative to the git root.
    pub(super) file: String,
    /// The commit that last changed it.
    pub(super) commit: Option<CommitId>,
    id: ItemId,
    blob: Option<BlobId>,
    policy: Arc<Policy>,
    content: Arc<Content>,
}

/// An item's content, and what was made of it.
struct Content {
    yaml: Bytes,
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

/// An item's values as JSON, as its [`Facts`] have tags for them.
#[derive(Default)]
struct Forms {
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
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn new(served: ServedEnvironment, before: Option<&Self>) -> Result<Self> {
        let known = before.and_then(|before| Some((before, before.served.good.as_ref()?)));
        let items = match (&served.good, known) {
            (Some(good), Some((before, known))) if good.is_same(known) => Arc::clone(&before.items),
            (Some(good), _) => Arc::new(items(good, before.map(|before| &*before.items))?),
            (None, _) => Arc::default(),
        };
        Ok(Self { served, items })
    }

    /// An item as it is in the newest commit of the branch, served or not, with the configuration that it
    /// is in.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub(super) fn newest_item(&self, key: &Key) -> Result<Option<(Configuration, Arc<ServedItem>)>> {
        let served = self.items.get(key);
        let Some(newest) = self.served.newest().filter(|_| self.served.held_back.is_some()) else {
            let good = self.served.good.as_ref();
            return Ok(good.zip(served).map(|(good, item)| (good.configuration().clone(), Arc::clone(item))));
        };
        let Some(item) = newest.item(key, self.environment()) else { return Ok(None) };
        Ok(Some((newest.clone(), ServedItem::new(newest, item, None, served)?)))
    }

    /// The tag under which somebody gets an item of this view.
    pub(super) fn etag(&self, item: &ServedItem, with_secrets: bool) -> String {
        match &self.served.good {
            Some(good) => item.etag(good.configuration(), with_secrets),
            None => item.yaml_etag(),
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
fn items(good: &Good, before: Option<&Items>) -> Result<Items> {
    let (mut known, mut commits) = (before.into_iter().flatten().peekable(), good.commits.iter().peekable());
    let item = |item: &ItemFile| {
        let key = &item.id.key;
        // All of them are in order.
        while known.next_if(|(before, _)| *before < key).is_some() {}
        while commits.next_if(|(before, _)| *before < key).is_some() {}
        let known = known.next_if(|(known, _)| *known == key).map(|(_, known)| known);
        let commit = commits.next_if(|(known, _)| *known == key).map(|(_, commit)| commit);
        Ok((key.clone(), ServedItem::new(good.configuration(), item, commit, known)?))
    };
    good.configuration().snapshot().items().map(item).collect()
}

/// The values of a document, as they may be shown.
struct ShownItem {
    masked: Vec<Shown>,
    whole: Vec<Shown>,
    holds_secrets: bool,
    has_complex_key: bool,
}

fn shown(configuration: &Configuration, document: &Document) -> ShownItem {
    let (mask, all) = (configuration.mask(Reveal::Nothing), configuration.mask(Reveal::Secrets));
    let own = mask.secrets_of([document]);
    let mask = mask.within(&own);
    let values = |mask: &secrets::mask::Mask<'_>| -> Vec<Shown> {
        let numbered = document.values().iter().enumerate();
        numbered.map(|(number, value)| mask.value(&ValuePath::document(number), value)).collect()
    };
    let (masked, whole) = (values(&mask), values(&all));
    let holds_secrets =
        masked != whole || !secrets::spans(document, None, &[configuration.policy()]).is_empty();
    let has_complex_key = document.complex_key(None).is_some();
    ShownItem { masked, whole, holds_secrets, has_complex_key }
}

/// Values as the JSON of an item.
fn json(id: (&Key, Environment), file: &str, values: &[Shown]) -> Bytes {
    let mut bytes = Vec::new();
    // A vector takes all.
    let _ = served::item(id, file, values, &mut bytes);
    Bytes::from(bytes)
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
    let shown = shown(configuration, &document);
    let masked = || masked_tag(environment, key, &json((key, environment), &file, &shown.masked));
    shown.holds_secrets.then(masked)
}

impl ServedItem {
    /// An item as it is in a configuration; one that is known stays where it is the same.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub(super) fn new(
        configuration: &Configuration,
        item: &ItemFile,
        commit: Option<&CommitId>,
        known: Option<&Arc<Self>>,
    ) -> Result<Arc<Self>> {
        let known = known.filter(|known| known.blob == item.blob);
        let is_same = known.is_some_and(|known| configuration.is_under(&known.policy));
        let content = match known {
            Some(known) if is_same && known.commit.as_ref() == commit => return Ok(Arc::clone(known)),
            Some(known) if is_same => Arc::clone(&known.content),
            Some(known) => Arc::new(Content::of(known.content.yaml.clone())),
            None => Arc::new(Content::of(configuration.snapshot().bytes_of(item)?.into())),
        };
        Ok(Arc::new(Self {
            file: item.file.clone(),
            commit: commit.cloned(),
            id: item.id.clone(),
            blob: item.blob.clone(),
            policy: configuration.shared_policy(),
            content,
        }))
    }

    /// What git calls the file's content.
    pub(super) const fn blob(&self) -> Option<&BlobId> {
        self.blob.as_ref()
    }

    /// Whether another item has the same content, and as much of it may be shown.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.content, &other.content)
    }

    /// The file's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.content.yaml
    }

    /// The file's bytes with their tag.
    pub(super) fn yaml(&self) -> Representation {
        Representation { bytes: self.content.yaml.clone(), etag: self.yaml_etag() }
    }

    /// The tag of the file's bytes.
    pub(super) fn yaml_etag(&self) -> String {
        self.tag("yaml")
    }

    fn tag(&self, what: &str) -> String {
        let content = self.blob.as_ref().map_or("", BlobId::as_str);
        tag(self.id.environment, self.id.key.as_str(), what, content.as_bytes())
    }

    /// Whether its tags are known without parsing it.
    pub(super) fn has_facts(&self) -> bool {
        self.content.facts.get().is_some()
    }

    /// Whether it can be sent without parsing it.
    pub(super) fn has_forms(&self) -> bool {
        self.content.forms.get().is_some()
    }

    /// What its tags rest on; `configuration` is one that has this item.
    pub(super) fn facts(&self, configuration: &Configuration) -> &Facts {
        // Whoever lists all items keeps no JSON of them.
        self.content.facts.get_or_init(|| match self.shown(configuration) {
            Ok(shown) => self.facts_of(&shown),
            Err(holds_secrets) => Facts { holds_secrets, masked: None, json: None },
        })
    }

    fn forms(&self, configuration: &Configuration) -> &Forms {
        self.content.forms.get_or_init(|| {
            let Ok(shown) = self.shown(configuration) else { return Forms::default() };
            // What no path leads to would be left out.
            if shown.has_complex_key {
                return Forms::default();
            }
            self.content.facts.get_or_init(|| self.facts_of(&shown));
            let whole = self.json_of(&shown.whole);
            match shown.holds_secrets {
                true => Forms { masked: Some(self.json_of(&shown.masked)), json: Some(whole) },
                false => Forms { masked: Some(whole), json: None },
            }
        })
    }

    /// Its values; where the file is not YAML that can be read, whether it holds a secret.
    fn shown(&self, configuration: &Configuration) -> Result<ShownItem, bool> {
        if let Ok(document) = Document::parse(self.bytes(), configuration.limits()) {
            return Ok(shown(configuration, &document));
        }
        let shown = configuration.mask(Reveal::Nothing).plain_text(&String::from_utf8_lossy(self.bytes()));
        let raw = shown.raw.iter().map(|line| line.trim_end_matches(['\n', '\r']));
        Err(raw.ne(shown.shown.iter().map(String::as_str)))
    }

    fn json_of(&self, values: &[Shown]) -> Bytes {
        json((&self.id.key, self.id.environment), &self.file, values)
    }

    fn facts_of(&self, shown: &ShownItem) -> Facts {
        let (holds_secrets, tag) = (shown.holds_secrets, self.tag("json"));
        if !holds_secrets {
            return Facts { holds_secrets, masked: Some(tag), json: None };
        }
        let masked = masked_tag(self.id.environment, &self.id.key, &self.json_of(&shown.masked));
        Facts { holds_secrets, masked: Some(masked), json: Some(tag) }
    }

    /// The tag under which somebody gets it who may read secrets, or not.
    pub(super) fn etag(&self, configuration: &Configuration, with_secrets: bool) -> String {
        let facts = self.facts(configuration);
        let json = facts.json.as_ref().filter(|_| with_secrets).or(facts.masked.as_ref());
        json.cloned().unwrap_or_else(|| self.yaml_etag())
    }

    /// Its values as JSON for somebody who may read secrets, or not; `None` where the file is not YAML
    /// that can be read.
    pub(super) fn json(&self, configuration: &Configuration, with_secrets: bool) -> Option<Representation> {
        let forms = self.forms(configuration);
        let bytes = forms.json.as_ref().filter(|_| with_secrets).or(forms.masked.as_ref())?.clone();
        Some(Representation { bytes, etag: self.etag(configuration, with_secrets) })
    }
}

impl Content {
    const fn of(yaml: Bytes) -> Self {
        Self { yaml, facts: OnceLock::new(), forms: OnceLock::new() }
    }
}
