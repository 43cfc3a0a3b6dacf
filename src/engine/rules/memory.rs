//! What earlier runs judged: taken again where nothing that a judgement rests on has changed.
//!
//! A judgement rests on the bytes of the item's files, on what stands in their places where there are
//! none, on the policy, on the schemas that describe the item, and on this program. All of that goes
//! into its fingerprint. What a review knows besides is not among it, so reviews remember nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::context::RevisionContext;
use super::judgement::{Judgement, Salt};
use crate::engine::snapshot::{Content, ItemFile};
use crate::model::{Environment, Key, Result, policy};

/// All that a judgement, or a compiled schema, rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// Keeps judgements from one run to the next; what it does not know is judged.
pub trait Memory: Sync {
    /// What secrets are digested with; another one makes other fingerprints.
    fn salt(&self) -> &Salt;

    /// What was remembered of an item, if it rests on the very same.
    fn recall(&self, key: &Key, of: Fingerprint) -> Option<Arc<Judgement>>;

    /// Remembers what an item was judged to be.
    fn remember(&self, key: &Key, of: Fingerprint, judgement: &Arc<Judgement>);

    /// The files (relative to the configuration root) that a schema was made of, and what stands for
    /// their content then.
    fn recall_schema(&self, file: &str) -> Option<(Vec<String>, Fingerprint)>;

    /// Remembers which files a schema is made of.
    fn remember_schema(&self, file: &str, made_of: &[String], of: Fingerprint);
}

/// Works out what the judgements of one revision rest on.
pub(super) struct Fingerprints<'a> {
    pub(super) memory: &'a dyn Memory,
    revision: &'a RevisionContext<'a>,
    /// What every judgement rests on.
    common: Sha256,
    schemas: Mutex<HashMap<String, Option<MadeOf>>>,
}

/// The files (relative to the configuration root) that a schema is made of, and what stands for their
/// content.
#[derive(Clone)]
struct MadeOf(Arc<[String]>, Fingerprint);

impl<'a> Fingerprints<'a> {
    /// # Errors
    /// When the policy cannot be read.
    pub(super) fn new(memory: &'a dyn Memory, revision: &'a RevisionContext<'a>) -> Result<Self> {
        let snapshot = revision.snapshot;
        let mut common = Sha256::new();
        add(&mut common, env!("TERRACE_SOURCES").as_bytes());
        add(&mut common, memory.salt());
        add(&mut common, &[u8::from(revision.is_without_schemas), u8::from(revision.is_alone)]);
        add(&mut common, snapshot.prefix.as_bytes());
        add(&mut common, &revision.limits.file_bytes.to_le_bytes());
        add(&mut common, &snapshot.read_file(policy::FILE)?.unwrap_or_default());
        Ok(Self { memory, revision, common, schemas: Mutex::default() })
    }

    /// Which bytes these files have.
    ///
    /// # Errors
    /// When a file has to be read and cannot be.
    pub(super) fn identify(&self, files: &[&ItemFile]) -> Result<Vec<Content>> {
        files.iter().map(|file| self.revision.snapshot.identify_item(file)).collect()
    }

    /// The same with all bytes, read where they are not there yet; a file may be another one by then.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn read(&self, files: &[&ItemFile], found: Vec<Content>) -> Result<Vec<Content>> {
        let read = |(file, content): (&&ItemFile, Content)| match content.bytes {
            Some(_) => Ok(content),
            None => self.revision.snapshot.read_identified(file),
        };
        files.iter().zip(found).map(read).collect()
    }

    /// What the judgement of the item in these files, with these contents, rests on; `None` where
    /// something cannot be told without judging.
    pub(super) fn of(&self, key: &Key, files: &[&ItemFile], contents: &[Content]) -> Option<Fingerprint> {
        let mut digest = self.common.clone();
        add(&mut digest, key.as_str().as_bytes());
        let mapped = self.revision.schemas.of_key(key);
        for environment in Environment::ALL {
            let at = files.iter().position(|file| file.id.environment == environment);
            match at.and_then(|at| contents.get(at)) {
                Some(content) => add(&mut digest, content.id.as_ref()?.as_str().as_bytes()),
                None => add(&mut digest, &[u8::from(self.revision.is_occupied(key, environment))]),
            }
            for file in mapped.describing(environment) {
                add(&mut digest, file.as_bytes());
                add(&mut digest, &self.made_of(file)?.1.0);
            }
        }
        Some(Fingerprint(digest.finalize().into()))
    }

    /// The files of each schema that was asked for and can be compiled.
    pub(super) fn schemas(self) -> BTreeMap<String, Arc<[String]>> {
        let known = self.schemas.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
        known.filter_map(|(file, found)| Some((file, found?.0))).collect()
    }

    fn made_of(&self, file: &str) -> Option<MadeOf> {
        let known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(file).cloned();
        known.unwrap_or_else(|| {
            // Worked out without the lock: two that ask at once do the work twice, and none waits.
            let found = self.find_made_of(file);
            self.schemas
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(file.to_owned(), found.clone());
            found
        })
    }

    fn find_made_of(&self, file: &str) -> Option<MadeOf> {
        if let Some((files, of)) = self.memory.recall_schema(file)
            && self.of_files(&files) == Some(of)
        {
            return Some(MadeOf(files.into(), of));
        }
        // What keeps a schema from being compiled may be mended by any file.
        let loaded = self.revision.schemas.load(file);
        let files = loaded.as_ref().as_ref().ok()?.files();
        let of = self.of_files(files)?;
        self.memory.remember_schema(file, files, of);
        Some(MadeOf(files.into(), of))
    }

    fn of_files(&self, files: &[String]) -> Option<Fingerprint> {
        let mut digest = Sha256::new();
        for file in files {
            add(&mut digest, file.as_bytes());
            let id = self.revision.snapshot.identify(file).ok()??.id?;
            add(&mut digest, id.as_str().as_bytes());
        }
        Some(Fingerprint(digest.finalize().into()))
    }
}

fn add(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_le_bytes());
    digest.update(part);
}
