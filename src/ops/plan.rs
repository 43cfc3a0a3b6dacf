//! Planning promotions of a commit: everything the judge needs, read once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use super::named::refers;
use super::workspace::Workspace;
use crate::diff::documents::settle_document;
use crate::diff::labels::DocumentLabels;
use crate::engine::configuration::Configuration;
use crate::engine::history::History;
use crate::engine::naming::Naming;
use crate::engine::promotion::{
    Decision, Grounds, Input, ItemPlan, Judge, Level, PlanEntry, Reason, Selection, Siblings, SourceCommit,
    SourceCommits, asked, containers, decisions, join_renamed, judge_leaves, leaves, note_origins,
    note_successors, parts_at, select, stop_shared,
};
use crate::engine::snapshot::{ItemFile, Reading, Snapshot, Source};
use crate::engine::timeline::Question;
use crate::model::{
    BlobId, CommitId, CommitInfo, Environment, EnvironmentSet, Error, ErrorKind, Hop, Key, Result, Revision,
    Segment, Value, ValuePath, policy,
};
use crate::secrets::encrypted::{
    EncryptedFile, Encryption, is_cipher_at, is_encrypted, is_metadata, is_sealed, not_promoted,
};
use crate::secrets::is_confidential;
use crate::store::transaction::{self, Options, Start};
use crate::store::{PastFiles, Repository};
use crate::yaml::{Document, FileValues, VersionReader};

/// Reads what the judge needs of one commit, and plans.
pub struct Planner {
    /// The commit judged.
    pub head: CommitInfo,
    /// What it holds.
    pub configuration: Configuration,
    /// Its first-parent history.
    pub history: History,
    /// Where the items of the commit are looked up that its configuration, a part of it, leaves out.
    beside: Option<Repository>,
    /// The environments from which items are suggested, and of which messages speak.
    pub readable: EnvironmentSet,
    blobs: Arc<dyn Source>,
    /// For plans, and for the changes that their values go back to.
    pasts: [PastFiles; 2],
    parsed: Mutex<HashMap<BlobId, Option<Arc<Document>>>>,
    /// Whether a schema refers to another file.
    referring: Mutex<HashMap<String, bool>>,
}

impl Workspace {
    /// What promotions are judged on: the commit that `at` names, HEAD without one.
    ///
    /// # Errors
    /// When there is no such commit, or something of it cannot be read.
    pub fn planner(&self, at: Option<&str>) -> Result<Planner> {
        self.planner_of(at, &[])
    }

    /// The same of a commit, with all that is the same in a configuration of another one.
    ///
    /// # Errors
    /// As [`Workspace::planner`].
    pub fn planner_near(&self, head: &CommitId, near: &Configuration) -> Result<Planner> {
        let history = self.repository.history(head)?;
        match self.repository.parts().snapshot_near(near.snapshot(), head)? {
            Some((snapshot, changed)) => {
                snapshot.require_sound()?;
                self.require_configuration(&snapshot)?;
                Planner::over(self, head, near.advance(snapshot, &changed)?, history)
            }
            None => Planner::with_history(self, head, history),
        }
    }

    /// The same for some items (all without any).
    ///
    /// # Errors
    /// As [`Workspace::planner`].
    pub fn planner_of(&self, at: Option<&str>, keys: &[Key]) -> Result<Planner> {
        let commit = match at {
            Some(revision) => self.repository.commit(revision)?,
            None => self.repository.require_head()?,
        };
        Planner::of(self, &commit, keys)
    }

    /// What a commit of these items (all without any) with these options is judged on before it is
    /// shown: HEAD, the tip of the branch where that is the [`Start`], or the remote's tip where the
    /// branch is only behind it.
    ///
    /// # Errors
    /// As [`Workspace::planner`]; also when the remote cannot be asked.
    pub fn planner_to_commit(&self, options: &Options, keys: &[Key]) -> Result<Planner> {
        let start = match (&options.push, options.start) {
            (Some(_), _) | (_, Start::Tip) => {
                transaction::start(self.repository.transaction_path(), options)?
            }
            (None, Start::Head) => None,
        };
        start.map_or_else(|| self.planner_of(None, keys), |start| Planner::of(self, &start, keys))
    }
}

impl Planner {
    /// Reads configuration and history of a commit.
    ///
    /// # Errors
    /// When one of them cannot be read, or the policy is wrong.
    pub fn new(workspace: &Workspace, head: &CommitId) -> Result<Self> {
        Self::with_history(workspace, head, workspace.repository.history(head)?)
    }

    /// The same of some items only (of all without any): what is named is looked up, so that nothing is
    /// listed and read for the sake of the others.
    ///
    /// # Errors
    /// As [`Planner::new`].
    pub fn of(workspace: &Workspace, head: &CommitId, keys: &[Key]) -> Result<Self> {
        let revision = Revision::Commit(head.clone());
        let Some(snapshot) = workspace.part_of(&revision, keys)? else {
            return Self::new(workspace, head);
        };
        let history = workspace.repository.history_of_items(head, keys)?;
        Self::of_part(workspace, head, snapshot, history)
    }

    /// The same of a part of the commit.
    fn of_part(workspace: &Workspace, head: &CommitId, snapshot: Snapshot, history: History) -> Result<Self> {
        workspace.require_configuration(&snapshot)?;
        let planner = Self::over(workspace, head, Configuration::read(snapshot)?, history)?;
        Ok(planner.beside(&workspace.repository))
    }

    /// The same, where the configuration is a part of the commit: what became of a change in items
    /// that are not in it is looked up.
    #[must_use]
    pub(super) fn beside(self, repository: &Repository) -> Self {
        Self { beside: Some(repository.clone()), ..self }
    }

    /// The same with this history of the commit, where some items only (all without any) are asked
    /// about.
    ///
    /// # Errors
    /// As [`Planner::new`].
    pub(super) fn of_history(
        workspace: &Workspace,
        head: &CommitId,
        keys: &[Key],
        history: History,
    ) -> Result<Self> {
        let Some(snapshot) = workspace.part_of(&Revision::Commit(head.clone()), keys)? else {
            return Self::with_history(workspace, head, history);
        };
        Self::of_part(workspace, head, snapshot, history)
    }

    /// The same with this history of the commit.
    ///
    /// # Errors
    /// As [`Planner::new`].
    pub(super) fn with_history(workspace: &Workspace, head: &CommitId, history: History) -> Result<Self> {
        let snapshot = workspace.repository.snapshot(&Revision::Commit(head.clone()))?;
        workspace.require_configuration(&snapshot)?;
        Self::over(workspace, head, Configuration::read(snapshot)?, history)
    }

    /// The same over a part of the commit: its configuration and history hold all that is asked about.
    ///
    /// # Errors
    /// As [`Planner::new`].
    pub fn over(
        workspace: &Workspace,
        head: &CommitId,
        configuration: Configuration,
        history: History,
    ) -> Result<Self> {
        let repository = &workspace.repository;
        Ok(Self {
            head: repository.info(head)?,
            history,
            beside: None,
            readable: workspace.readable,
            blobs: repository.verified_blobs(),
            pasts: ["plan", "origins"].map(|purpose| repository.pasts(purpose)),
            parsed: Mutex::default(),
            referring: Mutex::default(),
            configuration,
        })
    }

    /// The error for an item that neither side of a hop has.
    pub(super) fn no_such_item(&self, key: &Key, hop: Hop) -> Error {
        let snapshot = self.configuration.snapshot();
        let sides = EnvironmentSet::from_iter([hop.source(), hop.target()]);
        // Where the third one has it, or may not be asked, nothing is said of it.
        let is_nowhere = self.readable == EnvironmentSet::ALL && !snapshot.has_key(key);
        let among = if is_nowhere { EnvironmentSet::ALL } else { sides };
        snapshot.no_such_item(key, among, self.readable)
    }

    pub(super) fn item(&self, key: &Key, environment: Environment) -> Option<&ItemFile> {
        self.configuration.item(key, environment)
    }

    /// A version of a file; `None` when it is not YAML.
    ///
    /// # Errors
    /// When its content cannot be read.
    pub(super) fn version(&self, blob: &BlobId) -> Result<Option<Arc<Document>>> {
        let parsed = || self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = parsed().get(blob) {
            return Ok(known.clone());
        }
        let bytes = self.blobs.read("an old version of an item", Some(blob))?;
        let document = Document::parse(&bytes, self.configuration.limits()).ok().map(Arc::new);
        parsed().insert(blob.clone(), document.clone());
        Ok(document)
    }

    /// Reads versions of files that are looked at once and let go; each is `None` when it is not YAML.
    pub(super) fn old_versions(&self) -> impl Fn(&BlobId) -> Result<Option<Arc<FileValues>>> + '_ {
        let reader = VersionReader::new(*self.configuration.limits());
        move |blob| {
            let bytes = self.blobs.read("an old version of an item", Some(blob))?;
            Ok(reader.read(&bytes).map(Arc::new))
        }
    }

    /// The document of an item of the snapshot: one of its versions, and let go with them.
    pub(super) fn document(&self, item: &ItemFile) -> Result<Arc<Document>> {
        if let Some(blob) = &item.blob
            && let Some(known) = self.version(blob)?
        {
            return Ok(known);
        }
        // Why it cannot be read, the snapshot tells.
        self.configuration.document(item)
    }

    /// Takes a document for that of the commit's item where it was read from the very bytes, so that it
    /// is not parsed again; `id` says which content bytes are.
    pub(super) fn share(
        &self,
        configuration: &Configuration,
        item: &ItemFile,
        reading: &Reading,
        id: impl FnOnce(&[u8]) -> Result<BlobId>,
    ) -> Result<()> {
        let own = self.item(&item.id.key, item.id.environment).and_then(|own| own.blob.as_ref());
        if let (Ok(document), Some(own)) = (&reading.document, own)
            && configuration.limits() == self.configuration.limits()
            && id(&reading.bytes)? == *own
        {
            let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
            parsed.insert(own.clone(), Some(Arc::clone(document)));
        }
        Ok(())
    }

    /// What people decided for an item of the hop's target.
    ///
    /// # Errors
    /// When a decisions file is not one.
    pub fn decisions(&self, key: &Key, target: Environment) -> Result<Vec<Decision>> {
        decisions(self.configuration.snapshot(), key, target)
    }

    /// The file of the item, of those that the hop has to do with, that is encrypted so that nothing
    /// of it can be changed by path; none where both sides are the same.
    ///
    /// # Errors
    /// When a file cannot be read or is not YAML.
    pub fn encrypted(&self, key: &Key, hop: Hop) -> Result<Option<EncryptedFile>> {
        let sides = [hop.source(), hop.target()].map(|environment| self.item(key, environment));
        if let [Some(from), Some(into)] = sides
            && from.blob.is_some()
            && from.blob == into.blob
        {
            return Ok(None);
        }
        for item in sides.into_iter().flatten() {
            let found = self.encryption(item, is_sealed)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// What encrypted a file as a whole, or SOPS where `by_sops` says so of its values.
    pub(super) fn encryption(
        &self,
        item: &ItemFile,
        by_sops: impl Fn(&[Value]) -> bool,
    ) -> Result<Option<EncryptedFile>> {
        let by = match self.document(item) {
            Ok(document) => by_sops(document.values()).then_some(Encryption::Sops),
            Err(error) => {
                let reading = self.configuration.reading(item).ok();
                let why = reading.and_then(|reading| reading.document.err());
                Some(Encryption::Whole(why.and_then(|why| why.ciphertext).ok_or(error)?))
            }
        };
        Ok(by.map(|by| EncryptedFile { file: item.file.clone(), by }))
    }

    /// The judged leaves of an item over a hop, ungathered, with the changes that they go back to;
    /// `None` unless both sides have it.
    ///
    /// # Errors
    /// When a file cannot be read, is not YAML, or is encrypted.
    pub fn leaves(&self, key: &Key, hop: Hop) -> Result<Option<Vec<PlanEntry>>> {
        let Some(mut lines) = self.judged(key, hop, &mut Grounds::default())? else { return Ok(None) };
        if hop == Hop::ToProduction {
            let asked = |line: &PlanEntry| match &line.renamed {
                Some(renamed) => renamed.from.clone(),
                None => line.path.clone(),
            };
            let paths: Vec<ValuePath> =
                lines.iter().filter(|line| line.commit.is_some()).map(asked).collect();
            let paths: Vec<&ValuePath> = paths.iter().collect();
            let lists = self.configuration.lists(key);
            let sides = [hop.source(), hop.target()].map(|environment| self.item(key, environment));
            if let ([Some(from), Some(into)], false) = (sides, paths.is_empty()) {
                let (source, target) = (self.document(from)?, self.document(into)?);
                let documents = DocumentLabels::new(source.values(), target.values());
                let question = Question {
                    key,
                    hop: Hop::ToStaging,
                    paths: &paths,
                    containers: &[],
                    documents: &documents,
                    lists: &lists,
                };
                let (rules, read) = (self.rules(key), self.old_versions());
                let timeline = self.history.remembered_timeline(&question, &rules, &read, &self.pasts[1])?;
                note_origins(&mut lines, timeline.view());
            }
        }
        Ok(Some(lines))
    }

    /// The judged leaves without the changes that they go back to; `grounds` are told what else they rest on.
    ///
    /// # Errors
    /// As [`Self::leaves`].
    pub(super) fn judged(
        &self,
        key: &Key,
        hop: Hop,
        grounds: &mut Grounds,
    ) -> Result<Option<Vec<PlanEntry>>> {
        let sides = (self.item(key, hop.source()), self.item(key, hop.target()));
        let (Some(from), Some(into)) = sides else {
            // What is hidden is not absent.
            let snapshot = self.configuration.snapshot();
            [hop.source(), hop.target()].iter().try_for_each(|side| snapshot.require_file(key, *side))?;
            return Ok(None);
        };
        if from.blob.is_some() && from.blob == into.blob {
            return Ok(Some(Vec::new()));
        }
        if let Some(file) = self.encrypted(key, hop)? {
            return Err(not_promoted(key, &file));
        }
        let (source, target) = (self.document(from)?, self.document(into)?);
        let lists = self.configuration.lists(key);
        if source.values() == target.values() {
            return Ok(Some(Vec::new()));
        }
        let production = match (hop, self.item(key, Environment::Production)) {
            (Hop::ToStaging, Some(item)) => match self.document(item) {
                Err(error) if error.kind == ErrorKind::Io => return Err(error),
                document => document.ok(),
            },
            _ => None,
        };
        let old = self.old_versions();
        let now = [(from, &source), (into, &target)].map(|(item, document)| (item.blob.as_ref(), document));
        // Most items have had one version only, and it is here.
        let read = |blob: &BlobId| match now.iter().find(|(known, _)| *known == Some(blob)) {
            Some((_, document)) => Ok(Some(Arc::new(document.file_values()))),
            None => old(blob),
        };
        let differing = leaves(&source, &target, &lists);
        let paths = asked(&differing);
        let containers = containers(&differing);
        let documents = &DocumentLabels::new(source.values(), target.values());
        let question =
            Question { key, hop, paths: &paths, containers: &containers, documents, lists: &lists };
        let rules = self.rules(key);
        let timeline = self.history.remembered_timeline(&question, &rules, &read, &self.pasts[0])?;
        let naming = Naming::new(self.configuration.policy());
        let now = |key: &Key, environment| self.blob_now(key, environment);
        let siblings = Siblings::new(&self.history, key, hop, &read, &now);
        let waits_elsewhere = |id| siblings.wait(id);
        let production = production.as_deref().map(Deref::deref);
        let judge = Judge::new(timeline.view(), hop, &naming, production, &waits_elsewhere);
        let mut decisions = self.decisions(key, hop.target())?;
        grounds.note_decisions(&decisions, self.head.date());
        for decision in &mut decisions {
            decision.path = settle_document(&decision.path, source.values(), target.values());
        }
        let input = Input {
            key,
            hop,
            source: &source,
            source_blob: from.committed()?,
            target: &target,
            judge: &judge,
            policy: self.configuration.policy(),
            decisions: &decisions,
            required: &|path| self.requires(key, hop.target(), path),
            today: self.head.date(),
        };
        let mut judged = judge_leaves(&input, &differing)?;
        siblings.note(grounds);
        grounds.times = grounds.times.and(timeline.answered_alike());
        let commit = |id: &CommitId, [before, after]: [&BlobId; 2]| -> Result<Option<SourceCommit>> {
            let (Some(before), Some(after)) = (read(before)?, read(after)?) else { return Ok(None) };
            Ok(Some(SourceCommit { id: id.clone(), before, after }))
        };
        let by = |id: &CommitId| match self.history.change_by(id, key, hop.source()) {
            Some(blobs) => commit(id, blobs),
            None => Ok(None),
        };
        let since = |id: &CommitId| {
            let changes = self.history.changes_since(id, key, hop.source()).into_iter();
            changes.filter_map(|(id, blobs)| commit(id, blobs).transpose()).collect()
        };
        let target_had = |path: &ValuePath| -> Result<bool> {
            let names = timeline.view().target_names(path);
            for blob in self.history.blobs(key, hop.target()) {
                if read(&blob)?.is_some_and(|version| names.iter().any(|name| version.at(name).is_some())) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let commits = SourceCommits { by: &by, since: &since, documents, target_had: &target_had };
        let policy = self.configuration.policy();
        let is_apart = |path: &ValuePath, value: &Value| {
            is_confidential(policy, path, Some(value))
                || policy.pin(key, path, hop).is_some()
                || naming.is_named_at(path, value)
        };
        judged = join_renamed(judged, &commits, (&source, &target), &lists, &is_apart, &judge)?;
        note_successors(&mut judged, &commits, &source, &lists)?;
        if [&source, &target].iter().any(|side| is_encrypted(side.values())) {
            keep_ciphertext(&mut judged, [source.values(), target.values()]);
        }
        Ok(Some(judged))
    }

    /// The content of an item of the commit.
    pub(super) fn blob_now(&self, key: &Key, environment: Environment) -> Result<Option<BlobId>> {
        if let Some(item) = self.item(key, environment) {
            return Ok(item.blob.clone());
        }
        let Some(repository) = &self.beside else { return Ok(None) };
        let wanted = BTreeSet::from([key.file(environment)]);
        let part = repository.snapshot_of_paths(&Revision::Commit(self.head.id.clone()), &wanted)?;
        Ok(part.item(key, environment).and_then(|item| item.blob.clone()))
    }

    /// Stands for the policy and for the schemas that describe an item, with all that they may refer to.
    fn rules(&self, key: &Key) -> String {
        let files = &self.configuration.snapshot().files;
        let schemas = self.configuration.schemas();
        let describing = Environment::ALL.iter().flat_map(|env| schemas.describing(key, *env));
        let mut rules: BTreeSet<String> = describing.collect();
        if rules.iter().any(|schema| self.refers_to_others(schema)) {
            rules.extend(files.keys().filter(|file| file.starts_with("schemas/")).cloned());
        }
        rules.insert(policy::FILE.to_owned());
        let one = |file: &String| format!("{file}\n{:?}\n", files.get(file).map(|entry| &entry.blob));
        rules.iter().map(one).collect()
    }

    fn refers_to_others(&self, schema: &str) -> bool {
        let known = || self.referring.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(schema) {
            return *known;
        }
        let bytes = self.configuration.snapshot().bytes(schema).unwrap_or_default();
        let refers = refers(&String::from_utf8_lossy(&bytes));
        known().insert(schema.to_owned(), refers);
        refers
    }

    /// Whether the item's schema requires the key at a path.
    #[must_use]
    pub fn requires(&self, key: &Key, environment: Environment, path: &ValuePath) -> bool {
        self.configuration.schemas().required(key, environment, path)
    }

    /// The selection with the documents of this item called as its plan calls them.
    ///
    /// # Errors
    /// When a file cannot be read or is not YAML.
    pub fn settle_selection(&self, key: &Key, hop: Hop, selection: &Selection) -> Result<Selection> {
        let mut settled = selection.clone();
        let sides = (self.item(key, hop.source()), self.item(key, hop.target()));
        let (Some(from), Some(into)) = sides else { return Ok(settled) };
        let (source, target) = (self.document(from)?, self.document(into)?);
        let settle = |path: &mut ValuePath| {
            *path = settle_document(path, source.values(), target.values());
        };
        let Selection { only, except, take_source, take_target, set, .. } = &mut settled;
        for paths in [only, except, take_source, take_target] {
            paths.iter_mut().for_each(settle);
        }
        set.iter_mut().for_each(|(path, _)| settle(path));
        Ok(settled)
    }

    /// What of a selection speaks of nothing in the item. What is in sync or as given already is
    /// nothing to do, and no mistake: the same command may be given twice.
    ///
    /// # Errors
    /// As [`Planner::leaves`].
    pub fn unmatched(&self, key: &Key, hop: Hop, selection: &Selection) -> Result<Vec<String>> {
        if selection.is_plain() {
            return Ok(Vec::new());
        }
        let mut leaves = self.leaves(key, hop)?.unwrap_or_default();
        let selection = &self.settle_selection(key, hop, selection)?;
        let mut sides = Vec::new();
        for environment in [hop.source(), hop.target()] {
            if let Some(item) = self.item(key, environment) {
                sides.push(self.document(item)?);
            }
        }
        if let Some(source) = sides.first() {
            leaves.extend(parts_at(&leaves, selection.decided(), source));
        }
        let by_place = |path: &ValuePath| path.segments.iter().any(|s| matches!(s, Segment::Index(_)));
        let exists = |path: &ValuePath| !by_place(path) && sides.iter().any(|side| side.at(path).is_some());
        let leaf_paths: HashSet<&ValuePath> = leaves.iter().map(|line| &line.path).collect();
        let as_given = |path: &ValuePath, value: &Value| sides.last().and_then(|s| s.at(path)) == Some(value);
        let mut idle = selection.unmatched(&leaves, &exists);
        let is_part = |path: &ValuePath| leaf_paths.iter().any(|leaf| leaf.covers(path) || path.covers(leaf));
        let set = selection.set.iter().filter(|(path, value)| {
            let is_required = self.requires(key, hop.target(), path) && !is_part(path);
            !leaf_paths.contains(path) && !is_required && !as_given(path, value)
        });
        idle.extend(set.map(|(path, _)| path.to_string()));
        Ok(idle)
    }

    /// The plan of an item over a hop; `None` unless both sides have it.
    ///
    /// # Errors
    /// When a file cannot be read or is not YAML.
    pub fn plan(&self, key: &Key, hop: Hop, selection: &Selection) -> Result<Option<ItemPlan>> {
        self.leaves(key, hop)?.map_or(Ok(None), |leaves| self.chosen(leaves, key, hop, selection))
    }

    pub(super) fn chosen(
        &self,
        leaves: Vec<PlanEntry>,
        key: &Key,
        hop: Hop,
        selection: &Selection,
    ) -> Result<Option<ItemPlan>> {
        let sides = (self.item(key, hop.source()), self.item(key, hop.target()));
        let (Some(from), Some(into)) = sides else { return Ok(None) };
        let (source, target) = (self.document(from)?, self.document(into)?);
        Ok(Some(ItemPlan {
            key: key.clone(),
            hop,
            source_blob: from.committed()?.clone(),
            target_blob: into.committed()?.clone(),
            lines: stop_shared(
                select(leaves, &self.settle_selection(key, hop, selection)?, &source, &target),
                &source,
                &target,
                (self.configuration.limits(), &self.configuration.lists(key)),
                selection,
            ),
            given: Vec::new(),
        }))
    }

    /// Lets go of all that was read of an item.
    pub(super) fn let_go(&self, key: &Key) {
        self.forget(key);
        let items = Environment::ALL.iter().filter_map(|env| self.item(key, *env));
        items.for_each(ItemFile::let_go);
    }

    /// Lets go of an item's versions, which nobody will ask for again: a thousand items have
    /// thousands of them, and memory that is used again costs less than new.
    pub(super) fn forget(&self, key: &Key) {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<_> = Environment::ALL
            .into_iter()
            .flat_map(|environment| self.history.blobs(key, environment))
            .filter_map(|blob| parsed.remove(&blob))
            .collect();
        drop(parsed);
        drop(gone);
    }
}

/// Keeps what SOPS encrypted where it is, and its own data out of the plan.
fn keep_ciphertext(judged: &mut Vec<PlanEntry>, sides: [&[Value]; 2]) {
    judged.retain(|line| !sides.iter().any(|values| is_metadata(values, &line.path)));
    for line in judged {
        if sides.iter().any(|values| is_cipher_at(values, &line.path)) {
            (line.level, line.reason, line.literal) = (Level::Keep, Reason::Ciphertext, true);
        }
    }
}

/// Leaves that can be judged: none of an item that is not YAML, or encrypted.
///
/// # Errors
/// When a file or the history cannot be read.
pub(super) fn judgeable(leaves: Result<Option<Vec<PlanEntry>>>) -> Result<Vec<PlanEntry>> {
    match leaves {
        Err(error) if matches!(error.kind(), ErrorKind::Io | ErrorKind::Internal) => Err(error),
        leaves => Ok(leaves.ok().flatten().unwrap_or_default()),
    }
}
