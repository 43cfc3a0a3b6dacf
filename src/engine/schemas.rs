//! The schemas of one snapshot, each read and compiled once, when an item asks for it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::snapshot::{FileKind, Snapshot};
use crate::diff::lists::ListRules;
use crate::json_schema::{Catalog, Compiled, Found, KeySchemas, SchemaError, ValueDescription};
use crate::model::{Environment, Error, Key, Policy, Result, Segment, ValuePath};
use crate::secrets::is_secret_path;

/// A schema, or what is wrong with it.
pub type Loaded = std::result::Result<Compiled, Vec<SchemaError>>;

/// The schemas of a snapshot.
pub struct Schemas {
    snapshot: Arc<Snapshot>,
    policy: Arc<Policy>,
    files: Arc<BTreeSet<String>>,
    /// Whether something among the schemas may hide some.
    hides: bool,
    loaded: Mutex<HashMap<String, Slot>>,
    /// The first file that is there and could not be read.
    unreadable: OnceLock<Error>,
}

/// A schema that is compiled once, by whoever asks first; others wait for it, and for no other.
type Slot = Arc<OnceLock<Arc<Loaded>>>;

impl Schemas {
    /// The schemas of `snapshot`; nothing is read yet.
    #[must_use]
    pub fn new(snapshot: Arc<Snapshot>, policy: Arc<Policy>) -> Self {
        let named = snapshot.files.keys().filter_map(|file| {
            // A folder that is called like a schema stands in its place.
            let end = file.find(".json/").map_or(file.len(), |at| at + ".json".len());
            file.get(..end).filter(|file| file.ends_with(".json"))
        });
        let files = named.map(str::to_owned).collect();
        Self::among(Arc::new(files), snapshot, policy)
    }

    fn among(files: Arc<BTreeSet<String>>, snapshot: Arc<Snapshot>, policy: Arc<Policy>) -> Self {
        let hides = snapshot.below("schemas/").any(|(_, entry)| entry.kind != FileKind::File);
        Self { snapshot, policy, files, hides, loaded: Mutex::default(), unreadable: OnceLock::new() }
    }

    /// The schemas of the next snapshot, in which these files are not what they were: what was
    /// compiled of others stays.
    #[must_use]
    pub(super) fn advance(&self, snapshot: Arc<Snapshot>, changed: &BTreeSet<String>) -> Self {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // What keeps a schema from being compiled may be mended by any file, so it is tried again.
        loaded.retain(|_, slot| match slot.get().map(Arc::as_ref) {
            Some(Ok(schema)) => !schema.files().iter().any(|file| changed.contains(file)),
            Some(Err(_)) | None => false,
        });
        let policy = Arc::clone(&self.policy);
        let next = if Arc::ptr_eq(&self.snapshot.files, &snapshot.files) {
            Self::among(Arc::clone(&self.files), snapshot, policy)
        } else {
            Self::new(snapshot, policy)
        };
        Self { loaded: Mutex::new(loaded), ..next }
    }

    /// The files that describe an item; none when no schema does.
    #[must_use]
    pub fn describing(&self, key: &Key, environment: Environment) -> Vec<String> {
        self.of_key(key).describing(environment).map(str::to_owned).collect()
    }

    /// The files that describe an item, in each environment.
    #[must_use]
    pub fn of_key(&self, key: &Key) -> KeySchemas {
        let is_item = |key: &Key| self.snapshot.has_key(key);
        let is_hidden = |file: &str| self.hides && self.snapshot.obstacle(file).is_some();
        Catalog { files: &self.files, is_hidden: &is_hidden, is_item: &is_item, policy: &self.policy }
            .of_key(key)
    }

    /// The schema in a file (relative to the configuration root).
    #[must_use]
    pub fn load(&self, file: &str) -> Arc<Loaded> {
        let slot = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(loaded.entry(file.to_owned()).or_default())
        };
        let read = |path: &str| {
            if let Some(obstacle) = self.snapshot.obstacle_to_file(path) {
                let error = obstacle.error();
                return Found::Hidden { message: error.message, help: obstacle.help().to_owned() };
            }
            self.snapshot.read_file(path).map_or_else(
                |error| {
                    // The first one is kept.
                    let _ = self.unreadable.set(error);
                    Found::Nothing
                },
                Found::from,
            )
        };
        let compiled = || Arc::new(Compiled::load(file, &read));
        Arc::clone(slot.get_or_init(compiled))
    }

    /// Refuses what was judged without a schema that is there and cannot be read.
    ///
    /// # Errors
    /// The failure to read it.
    pub fn require_read(&self) -> Result<()> {
        self.unreadable.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// The files of what is wrong with the schemas that describe an item.
    #[must_use]
    pub fn broken(&self, key: &Key, environment: Environment) -> Vec<String> {
        let loaded = self.describing(key, environment).into_iter().map(|file| self.load(&file));
        loaded
            .filter_map(|loaded| loaded.as_ref().as_ref().err().cloned())
            .flatten()
            .map(|broken| broken.file)
            .collect()
    }

    /// The usable schemas that describe an item.
    fn of(&self, key: &Key, environment: Environment) -> Vec<Arc<Loaded>> {
        let files = self.describing(key, environment);
        files.iter().map(|file| self.load(file)).filter(|schema| schema.is_ok()).collect()
    }

    /// Whether some schema of the item allows nothing but strings at `path`.
    #[must_use]
    pub fn allows_only_strings(&self, key: &Key, environment: Environment, path: &ValuePath) -> bool {
        self.of(key, environment)
            .iter()
            .flat_map(|schema| schema.as_ref().as_ref().ok())
            .any(|schema| schema.allows_only_strings(path))
    }

    /// Whether some schema of the item requires the key at `path`.
    #[must_use]
    pub fn required(&self, key: &Key, environment: Environment, path: &ValuePath) -> bool {
        self.of(key, environment)
            .iter()
            .flat_map(|schema| schema.as_ref().as_ref().ok())
            .any(|schema| schema.required(path))
    }

    /// What the schemas of an item say of the value at `path`.
    #[must_use]
    pub fn describe(&self, key: &Key, environment: Environment, path: &ValuePath) -> ValueDescription {
        let schemas = self.of(key, environment);
        let described = schemas.iter().flat_map(|schema| schema.as_ref().as_ref().ok());
        described.map(|schema| schema.describe(path)).fold(ValueDescription::default(), ValueDescription::or)
    }

    /// The values that the schemas of an item name, whether they are there or not.
    #[must_use]
    pub fn named_values(&self, key: &Key, environment: Environment) -> Vec<ValuePath> {
        let schemas = self.of(key, environment);
        let mut seen = BTreeSet::new();
        let named = schemas.iter().flat_map(|schema| schema.as_ref().as_ref().ok());
        let named = named.flat_map(Compiled::named_values);
        named.filter(|path| seen.insert(path.clone())).collect()
    }

    /// What the schemas of an item, in any environment, say of lists.
    #[must_use]
    pub fn lists(&self, key: &Key) -> SchemaLists {
        let mut files: Vec<String> =
            Environment::ALL.into_iter().flat_map(|env| self.describing(key, env)).collect();
        files.dedup();
        let schemas = files.iter().map(|file| self.load(file)).collect();
        SchemaLists { schemas, policy: Arc::clone(&self.policy) }
    }
}

/// What the schemas of one item say of lists, and which names the policy keeps secret.
#[derive(Debug)]
pub struct SchemaLists {
    schemas: Vec<Arc<Loaded>>,
    policy: Arc<Policy>,
}

impl ListRules for SchemaLists {
    fn list_key(&self, path: &ValuePath) -> Option<String> {
        self.schemas
            .iter()
            .filter_map(|schema| schema.as_ref().as_ref().ok())
            .find_map(|schema| schema.list_key(path))
    }

    fn list_order(&self, path: &ValuePath) -> bool {
        self.schemas
            .iter()
            .filter_map(|schema| schema.as_ref().as_ref().ok())
            .any(|schema| schema.list_order(path))
    }

    fn is_kept_secret(&self, path: &ValuePath, field: &str) -> bool {
        let element = path.join(Segment::Index(0));
        let fields = field.split('.').fold(element.clone(), |path, part| path.key(part));
        let by_itself = ValuePath::root().key(field.rsplit('.').next().unwrap_or(field));
        let is_declared = |path| self.policy.declares_secret(path) == Some(true);
        is_secret_path(&self.policy, &by_itself) || [fields, element.key(field)].iter().any(is_declared)
    }
}
