//! What a store shall hold: names and values, made of what an environment serves.

use std::collections::{BTreeMap, BTreeSet};

use super::PublishRequest;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::ItemFile;
use crate::formats::write::{self, ExportItem, Format, NameCase, NameStyle, Selection};
use crate::model::{CommitId, Error, ErrorKind, Help, Key, Result, ValuePath};
use crate::ops::served::Good;
use crate::secrets::encrypted::is_encrypted;
use crate::secrets::{self, mask::Reveal};
use crate::sinks::Target;
use crate::yaml::Document;

/// What a store shall hold.
pub(super) struct Content {
    /// The commit that it is of.
    pub(super) commit: CommitId,
    /// The values by name.
    pub(super) values: BTreeMap<String, Vec<u8>>,
}

/// So many items are named by an error.
const NAMED: usize = 5;

impl Content {
    /// Turns what is served into names and values.
    ///
    /// # Errors
    /// `Forbidden` when secrets would leave that may not, `Undecided` when an item cannot be said there.
    pub(super) fn read(good: &Good, request: &PublishRequest) -> Result<Self> {
        let configuration = good.configuration();
        let mut content = Self { commit: good.commit.clone(), values: BTreeMap::new() };
        let (mut secret, mut taken) = (Vec::new(), BTreeMap::new());
        for item in configuration.snapshot().items() {
            let document = configuration.document(item)?;
            if !request.allow_secrets && holds_secrets(configuration, &document) {
                secret.push(&item.id.key);
                continue;
            }
            let item = Item { configuration, item, document: &document };
            match (&request.target, request.is_flat) {
                (Target::Manifests(_), is_flat) => {
                    let commit = good.commits.get(item.key());
                    let (name, text) = item.config_map(is_flat, commit)?;
                    refuse_taken(&mut taken, &name, item.key())?;
                    content.values.insert(name, text.into_bytes());
                }
                (Target::Etcd { .. } | Target::Redis { .. }, true) => content.values.extend(item.flat()?),
                (Target::Etcd { .. } | Target::Redis { .. }, false) => {
                    content.values.insert(item.key().to_string(), item.bytes()?);
                }
            }
        }
        refuse_secrets(&secret)?;
        Ok(content)
    }

    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.values.keys().map(String::as_str).collect()
    }
}

struct Item<'a, 'd> {
    configuration: &'a Configuration,
    item: &'a ItemFile,
    document: &'d Document,
}

impl<'a> Item<'a, '_> {
    const fn key(&self) -> &'a Key {
        &self.item.id.key
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        self.configuration.snapshot().bytes_of(self.item)
    }

    /// Its values, one a name.
    fn flat(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        self.require_values()?;
        let names = NameStyle { case: NameCase::Keep, separator: ".".to_owned() };
        let items = vec![ExportItem { key: self.key(), value: self.document.value() }];
        let allowed = &self.configuration.policy().run_allow;
        let selection = Selection { items, alone: true, prefix: "", names: &names, allowed };
        let exported = write::export(&selection, Format::FlatJson)?;
        let values: BTreeMap<String, String> = serde_json::from_str(&exported.text).map_err(|error| {
            Error::internal(format!("the values of {} are no object: {error}", self.key()))
        })?;
        let named = |(path, text): (String, String)| (format!("{}:{path}", self.key()), text.into_bytes());
        Ok(values.into_iter().map(named).collect())
    }

    /// Its ConfigMap, with the name of its file.
    fn config_map(&self, is_flat: bool, commit: Option<&CommitId>) -> Result<(String, String)> {
        let key = self.key();
        let name = write::object_name(key).ok_or_else(|| {
            Error::undecided(format!("`{key}` cannot be the name of a ConfigMap"))
                .with_help("a name has letters or digits, and at most 253 characters")
        })?;
        let file = if is_flat {
            self.require_values()?;
            None
        } else {
            let text = String::from_utf8(self.bytes()?).map_err(|_| {
                Error::undecided(format!("{} is not UTF-8, as a ConfigMap's text is", self.item.file))
                    .with_help("save it as UTF-8, or publish its values one by one")
            })?;
            let last = key.as_str().rsplit('/').next().unwrap_or_default();
            Some((format!("{last}.yaml"), text))
        };
        let labels = [
            ("app.kubernetes.io/managed-by", "terrace"),
            ("terrace.dev/environment", self.item.id.environment.name()),
        ];
        // Whatever watches the map starts what reads it anew when the item changes, and only then.
        let mut annotations = vec![("terrace.dev/key", key.as_str())];
        annotations.extend(commit.map(|commit| ("terrace.dev/commit", commit.as_str())));
        let metadata = [("labels", &labels[..]), ("annotations", &annotations[..])];
        let item = ExportItem { key, value: self.document.value() };
        Ok((format!("{name}.yaml"), write::config_map(&name, &metadata, &item, file)?))
    }

    /// Single values are there to be named.
    fn require_values(&self) -> Result<()> {
        let file = &self.item.file;
        if let count @ 2.. = self.document.values().len() {
            let message = format!("{file} holds {count} YAML documents, whose values cannot be told apart");
            return Err(Error::undecided(message).with_help("split it into items of one document each"));
        }
        if let Some(at) = self.document.complex_key(None) {
            let message = format!("{file}:{}:{}: this key is a list or a mapping", at.line, at.column);
            return Err(Error::undecided(message)
                .with_help("use plain text as the key; what is below this one would be left out"));
        }
        if is_encrypted(self.document.values()) {
            let message = format!("{file} is encrypted with SOPS, and its values would leave as ciphertext");
            return Err(
                Error::undecided(message).with_help("publish whole files, which their readers decrypt")
            );
        }
        Ok(())
    }
}

/// Whether an item holds a secret in clear.
fn holds_secrets(configuration: &Configuration, document: &Document) -> bool {
    let mask = configuration.mask(Reveal::Nothing);
    let own = mask.secrets_of([document]);
    let mask = mask.within(&own);
    let numbered = document.values().iter().enumerate();
    let mut values = numbered.map(|(number, value)| (ValuePath::document(number), value));
    values.any(|(path, value)| mask.value(&path, value).shown() != value)
        || !secrets::spans(document, None, &[configuration.policy()]).is_empty()
}

fn refuse_secrets(keys: &[&Key]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = keys.iter().take(NAMED).map(|key| key.as_str()).collect();
    let more = keys.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let holds = if keys.len() == 1 { "holds" } else { "hold" };
    let message = format!("{}{more} {holds} secrets in clear", named.join(", "));
    Err(Error::new(ErrorKind::Forbidden, message).with_help(Help::AllowSecrets))
}

fn refuse_taken<'a>(taken: &mut BTreeMap<String, &'a Key>, name: &str, key: &'a Key) -> Result<()> {
    match taken.insert(name.to_owned(), key) {
        None => Ok(()),
        Some(first) => Err(Error::undecided(format!(
            "{first} and {key} would both be the ConfigMap {}",
            name.trim_end_matches(".yaml")
        ))
        .with_help("rename one of them")),
    }
}
