//! [`Configuration`]: one revision, read and understood.
//!
//! The only place that parses a policy. Whoever judges a revision is handed one of these; what was
//! read, parsed and compiled for one question is there for the next. It is never changed: the next
//! revision is another one, which takes over what is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::schemas::{SchemaLists, Schemas};
use super::snapshot::{ItemFile, Reading, Snapshot};
use crate::model::{Environment, Key, Policy, Result, policy};
use crate::secrets::mask::{Mask, Reveal};
use crate::yaml::{Document, Limits};

/// One revision, read and understood: its snapshot, its policy with the limits of reading, and its
/// schemas. Cheap to clone, shared by threads, and valid for ever.
#[derive(Clone)]
pub struct Configuration(Arc<Inner>);

struct Inner {
    snapshot: Arc<Snapshot>,
    policy: Arc<Policy>,
    limits: Limits,
    schemas: Schemas,
}

impl Configuration {
    /// Reads the policy of a snapshot; items and schemas are read when they are asked for.
    ///
    /// # Errors
    /// When the policy cannot be read, or says something that means nothing; also when something of
    /// another kind hides the policy, the schemas, the decisions or the environments.
    pub fn read(snapshot: Snapshot) -> Result<Self> {
        snapshot.require_sound()?;
        Self::read_to_judge(snapshot)
    }

    /// The same for the rules, of which one tells what hides files.
    ///
    /// # Errors
    /// When the policy cannot be read, or says something that means nothing.
    pub fn read_to_judge(snapshot: Snapshot) -> Result<Self> {
        let policy = Arc::new(policy_of(&snapshot)?);
        Ok(Self::under(snapshot, policy))
    }

    /// Another snapshot under a policy that is known: a part of the same revision, say.
    #[must_use]
    pub fn under(snapshot: Snapshot, policy: Arc<Policy>) -> Self {
        Self::within(snapshot, policy, usize::MAX)
    }

    /// The same, where no more bytes of a file are read than `most`, whatever the policy says.
    #[must_use]
    pub fn within(snapshot: Snapshot, policy: Arc<Policy>, most: usize) -> Self {
        let snapshot = Arc::new(snapshot);
        let schemas = Schemas::new(Arc::clone(&snapshot), Arc::clone(&policy));
        Self::of(snapshot, policy, schemas, most)
    }

    fn of(snapshot: Arc<Snapshot>, policy: Arc<Policy>, schemas: Schemas, most: usize) -> Self {
        let limits = Limits { file_bytes: policy.file_bytes.value.min(most), ..Limits::default() };
        Self(Arc::new(Inner { snapshot, policy, limits, schemas }))
    }

    /// The next revision, `snapshot`, in which these files (relative to the configuration root) are
    /// not what they were: what was read and compiled of all others stays.
    ///
    /// # Errors
    /// As [`Self::read`], when the policy is among the files.
    pub fn advance(&self, snapshot: Snapshot, changed: &BTreeSet<String>) -> Result<Self> {
        if changed.contains(policy::FILE) {
            // The policy sets the limits of reading, so nothing that was read may stay.
            return Self::read_to_judge(snapshot);
        }
        let snapshot = Arc::new(snapshot.inherit(self.snapshot(), changed));
        let schemas = self.schemas().advance(Arc::clone(&snapshot), changed);
        Ok(Self::of(snapshot, Arc::clone(&self.0.policy), schemas, self.0.limits.file_bytes))
    }

    /// What it would be with some files (relative to the configuration root) replaced, added, or
    /// (`None`) removed.
    ///
    /// # Errors
    /// As [`Self::read`], when the policy is among the files.
    pub fn with(&self, files: &BTreeMap<String, Option<Vec<u8>>>) -> Result<Self> {
        self.advance(self.snapshot().with(files), &files.keys().cloned().collect())
    }

    /// The files.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.0.snapshot
    }

    /// What the revision decides for itself.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// The same, to be kept as long as one likes.
    #[must_use]
    pub fn shared_policy(&self) -> Arc<Policy> {
        Arc::clone(&self.0.policy)
    }

    /// Whether its policy is this one, not one that says the same.
    #[must_use]
    pub fn is_under(&self, policy: &Arc<Policy>) -> bool {
        Arc::ptr_eq(&self.0.policy, policy)
    }

    /// The limits of reading.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The schemas.
    #[must_use]
    pub fn schemas(&self) -> &Schemas {
        &self.0.schemas
    }

    /// What the schemas of an item say of lists.
    #[must_use]
    pub fn lists(&self, key: &Key) -> SchemaLists {
        self.schemas().lists(key)
    }

    /// What may be shown of values.
    #[must_use]
    pub fn mask(&self, reveal: Reveal) -> Mask<'_> {
        match reveal {
            Reveal::Secrets => Mask::none(),
            Reveal::Nothing => Mask::new(self.policy()),
        }
    }

    /// One item.
    #[must_use]
    pub fn item(&self, key: &Key, environment: Environment) -> Option<&ItemFile> {
        self.snapshot().item(key, environment)
    }

    /// The content of an item's file.
    ///
    /// # Errors
    /// When the file cannot be read; a file that is not YAML is a [`Reading`] without document.
    pub fn reading(&self, item: &ItemFile) -> Result<Reading> {
        self.snapshot().read(item, self.limits())
    }

    /// The same, not held for whoever asks next, and not read where its bytes are known.
    ///
    /// # Errors
    /// As [`Self::reading`].
    pub fn reading_of(&self, item: &ItemFile, known: Option<Vec<u8>>) -> Result<Reading> {
        self.snapshot().read_once(item, known, self.limits())
    }

    /// The document of an item's file.
    ///
    /// # Errors
    /// When the file cannot be read, or is not YAML that terrace can read.
    pub fn document(&self, item: &ItemFile) -> Result<Arc<Document>> {
        self.snapshot().document(item, self.limits())
    }

    /// The same, not held for whoever asks next, and not read where its bytes are known.
    ///
    /// # Errors
    /// As [`Self::document`].
    pub fn document_once(&self, item: &ItemFile, known: Option<Vec<u8>>) -> Result<Arc<Document>> {
        self.snapshot().document_once(item, known, self.limits())
    }
}

/// The policy of a snapshot; the defaults where it has no `terrace.toml`.
fn policy_of(snapshot: &Snapshot) -> Result<Policy> {
    match snapshot.text(policy::FILE)? {
        Some(text) => parse_policy(&text, &format!("{}{}", snapshot.prefix, policy::FILE)),
        None => Ok(Policy::default()),
    }
}

/// The policy that a text says; `file` is its name for messages.
///
/// # Errors
/// When it says something that means nothing.
pub fn parse_policy(text: &str, file: &str) -> Result<Policy> {
    Policy::parse(text, file)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::engine::snapshot::{FileEntry, FileKind, Source};
    use crate::model::{BlobId, Error, Revision};

    /// Texts by path, and how often each was read.
    #[derive(Default)]
    struct Texts {
        texts: BTreeMap<String, String>,
        reads: Mutex<BTreeMap<String, usize>>,
    }

    impl Source for Texts {
        fn read(&self, path: &str, _: Option<&BlobId>) -> Result<Vec<u8>> {
            *self.reads.lock().expect("no panic").entry(path.to_owned()).or_default() += 1;
            let text = self.texts.get(path).ok_or_else(|| Error::usage(path))?;
            Ok(text.clone().into_bytes())
        }
    }

    fn snapshot(texts: &Arc<Texts>) -> Snapshot {
        let entry = |path: &String| {
            let blob = Some(BlobId::new(format!("blob of {path}")));
            (path.clone(), FileEntry { blob, kind: FileKind::File })
        };
        let files = texts.texts.keys().map(entry).collect();
        Snapshot::new(Revision::Index, String::new(), files, Arc::<Texts>::clone(texts))
    }

    fn texts(files: &[(&str, &str)]) -> Arc<Texts> {
        let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Arc::new(Texts { texts, reads: Mutex::default() })
    }

    const FILES: [(&str, &str); 5] = [
        ("environments/staging/a.yaml", "size: 1\n"),
        ("environments/staging/b.yaml", "size: 1\n"),
        ("schemas/a.schema.json", r#"{"$ref": "common.json"}"#),
        ("schemas/b.schema.json", r#"{"required": ["size"]}"#),
        ("schemas/common.json", r#"{"required": ["mode"]}"#),
    ];

    #[test]
    fn it_can_be_shared() {
        fn is_shared<T: Clone + Send + Sync + 'static>() {}
        is_shared::<Configuration>();
    }

    #[test]
    fn what_has_not_changed_is_not_read_again() {
        let (before, after) = (texts(&FILES), texts(&FILES));
        let now = Configuration::read(snapshot(&before)).expect("a configuration");
        let look = |configuration: &Configuration| {
            for key in ["a", "b"] {
                let key: Key = key.parse().expect("a key");
                let item = configuration.item(&key, Environment::Staging).expect("an item");
                configuration.document(item).expect("YAML");
                let schemas = configuration.schemas().describing(&key, Environment::Staging);
                assert!(schemas.iter().all(|file| configuration.schemas().load(file).is_ok()));
            }
        };
        look(&now);
        let reads = |texts: &Texts| texts.reads.lock().expect("no panic").keys().cloned().collect::<Vec<_>>();
        assert_eq!(reads(&before).len(), 5);
        for (changed, expected) in [
            ("environments/staging/a.yaml", &["environments/staging/a.yaml"][..]),
            ("schemas/b.schema.json", &["schemas/b.schema.json"]),
            ("schemas/common.json", &["schemas/a.schema.json", "schemas/common.json"]),
        ] {
            after.reads.lock().expect("no panic").clear();
            let changed = BTreeSet::from([changed.to_owned()]);
            look(&now.advance(snapshot(&after), &changed).expect("a configuration"));
            assert_eq!(reads(&after), expected, "{changed:?}");
        }
        // The policy says how much may be read.
        after.reads.lock().expect("no panic").clear();
        look(&now.advance(snapshot(&after), &BTreeSet::from([policy::FILE.to_owned()])).expect("policy"));
        assert_eq!(reads(&after).len(), 5);
    }

    #[test]
    fn a_tree_that_was_let_go_is_read_again() {
        let texts = texts(&FILES);
        let configuration = Configuration::read(snapshot(&texts)).expect("a configuration");
        let item = configuration.item(&"a".parse().expect("a key"), Environment::Staging).expect("an item");
        let first = Arc::downgrade(&configuration.document(item).expect("YAML"));
        assert!(first.upgrade().is_some());
        item.let_go();
        assert!(first.upgrade().is_none());
        assert_eq!(configuration.document(item).expect("YAML").text(), "size: 1\n");
        assert_eq!(texts.reads.lock().expect("no panic")["environments/staging/a.yaml"], 2);
    }
}
