//! The part of two commits that a review looks at: the items it touches in every environment, and
//! what their rules need. Nothing else is listed, so that nothing else is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diff::Kind;
use crate::engine::configuration::Configuration;
use crate::engine::history::FileChange;
use crate::engine::migration::{RECORD, parse_kept};
use crate::engine::review::Touched;
use crate::engine::snapshot::Snapshot;
use crate::model::{CommitId, Key, Policy, Result, policy};
use crate::ops::Workspace;
use crate::ops::named::{files, refers, refers_to_others};
use crate::store::Parts;

/// What a review reads.
pub(super) struct Part {
    /// Before and after.
    pub(super) ends: [Configuration; 2],
    /// What is after, under the policy and schemas of before, where those are others.
    pub(super) head_by_base: Option<Configuration>,
    /// Whether there was a configuration before.
    pub(super) has_base: bool,
    /// The items that are judged.
    pub(super) keys: BTreeSet<Key>,
    /// The schemas of the change and the items that they describe.
    pub(super) schemas: Vec<(FileChange, BTreeSet<Key>)>,
}

/// Reads it: the items of `touched` that are asked for, and those whose schemas the change touches.
/// Under another policy every item is judged anew.
pub(super) fn read(
    workspace: &Workspace,
    parts: &mut Parts<'_>,
    ends: [&CommitId; 2],
    touched: &Touched,
    asked: &[Key],
) -> Result<Part> {
    // The base first: trees that were compared last are still at hand.
    let just_policy = BTreeSet::from([policy::FILE.to_owned(), RECORD.to_owned()]);
    let heads = [parts.snapshot(ends[0], &just_policy)?, parts.snapshot(ends[1], &just_policy)?];
    let [old, head] = heads;
    let record = head.text(RECORD);
    let policies = [old, head].map(|head| Configuration::read(head).map(|head| head.shared_policy()));
    let [old, new] = policies;
    let policies = [old?, new?];
    let has_base = parts.is_configured(ends[0])?;
    let schemas = described(parts, ends, touched, &policies)?;
    let mut keys: BTreeSet<Key> = touched.keys().cloned().collect();
    keys.extend(touched.renamed.iter().flat_map(|((_, new), old)| [new.clone(), old.clone()]));
    keys.extend(schemas.iter().flat_map(|(_, keys)| keys.iter().cloned()));
    if touched.is_whole() {
        let full = |id: &CommitId| {
            let snapshot = workspace.repository.snapshot(&crate::model::Revision::Commit(id.clone()))?;
            Ok::<_, crate::model::Error>(snapshot)
        };
        let snapshots = [full(ends[0])?, full(ends[1])?];
        if touched.policy || touched.record {
            keys.extend(snapshots.iter().flat_map(|snapshot| snapshot.keys()).cloned());
        }
        keys.retain(|key| asked.is_empty() || asked.contains(key));
        return Part::new(snapshots, policies, has_base, touched, keys, schemas);
    }
    keys.retain(|key| asked.is_empty() || asked.contains(key));
    let mut wanted = just_policy;
    wanted.extend(keys.iter().flat_map(|key| files(key, policies.iter().map(Arc::as_ref))));
    wanted.extend(touched.others.iter().flat_map(|file| with_item(file)));
    // A link among the schemas is seen where they are listed.
    wanted.extend((!touched.schemas.is_empty()).then(|| "schemas/".to_owned()));
    wanted.extend(touched.folders.iter().map(|folder| format!("environments/{folder}/")));
    wanted.extend(kept(record, &keys));
    let mut snapshots = [parts.snapshot(ends[0], &wanted)?, parts.snapshot(ends[1], &wanted)?];
    if snapshots.iter().any(refers_to_others) {
        wanted.insert("schemas/".to_owned());
        snapshots = [parts.snapshot(ends[0], &wanted)?, parts.snapshot(ends[1], &wanted)?];
    }
    Part::new(snapshots, policies, has_base, touched, keys, schemas)
}

impl Part {
    fn new(
        [before, after]: [Snapshot; 2],
        [old, new]: [Arc<Policy>; 2],
        has_base: bool,
        touched: &Touched,
        keys: BTreeSet<Key>,
        schemas: Vec<(FileChange, BTreeSet<Key>)>,
    ) -> Result<Self> {
        let judged_otherwise = has_base && (touched.policy || !touched.schemas.is_empty());
        let by_base = || -> Result<Configuration> {
            let files = touched.schemas.iter().map(|change| change.path.clone());
            let of_base = files.chain([policy::FILE.to_owned()]);
            let of_base = of_base.map(|file| Ok((file.clone(), before.read_file(&file)?)));
            let of_base = of_base.collect::<Result<_>>()?;
            Ok(Configuration::under(after.with(&of_base), Arc::clone(&old)))
        };
        let head_by_base = judged_otherwise.then(by_base).transpose()?;
        let most = if has_base { old.file_bytes.value } else { usize::MAX };
        let ends = [Configuration::under(before, old), Configuration::within(after, new, most)];
        Ok(Self { ends, head_by_base, has_base, keys, schemas })
    }
}

/// A file that is no item, and the item that it may stand beside.
fn with_item(file: &str) -> [String; 2] {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    [file.to_owned(), format!("{stem}.yaml")]
}

/// The legacy files that are kept beside these items.
fn kept(record: Result<Option<String>>, keys: &BTreeSet<Key>) -> Vec<String> {
    let record = record.ok().flatten().unwrap_or_default();
    let kept = parse_kept(&record).unwrap_or_default();
    kept.into_iter().filter(|kept| keys.contains(&kept.key)).map(|kept| kept.file).collect()
}

/// The schemas of the change with the items that they describe, before or after.
fn described(
    parts: &mut Parts<'_>,
    ends: [&CommitId; 2],
    touched: &Touched,
    policies: &[Arc<Policy>; 2],
) -> Result<Vec<(FileChange, BTreeSet<Key>)>> {
    let mut out: Vec<(FileChange, BTreeSet<Key>)> =
        touched.schemas.iter().map(|change| (change.clone(), BTreeSet::new())).collect();
    if out.is_empty() {
        return Ok(out);
    }
    let everything = BTreeSet::from(["schemas/".to_owned(), "environments/".to_owned()]);
    for (end, policy) in ends.into_iter().zip(policies) {
        let configuration = Configuration::under(parts.snapshot(end, &everything)?, Arc::clone(policy));
        let (snapshot, schemas) = (configuration.snapshot(), configuration.schemas());
        let users = users(snapshot, &out);
        let mut describes: BTreeMap<String, BTreeSet<Key>> = BTreeMap::new();
        for item in snapshot.items() {
            for file in schemas.describing(&item.id.key, item.id.environment) {
                describes.entry(file).or_default().insert(item.id.key.clone());
            }
        }
        for (change, keys) in &mut out {
            let files = users.get(&change.path).into_iter().flatten().chain([&change.path]);
            keys.extend(files.filter_map(|file| describes.get(file)).flatten().cloned());
        }
    }
    Ok(out)
}

/// The schemas that name each schema of the change, directly or through others.
fn users(snapshot: &Snapshot, changed: &[(FileChange, BTreeSet<Key>)]) -> BTreeMap<String, BTreeSet<String>> {
    let files: Vec<&String> = snapshot.files.keys().filter(|file| file.starts_with("schemas/")).collect();
    let known_before = changed.iter().any(|(change, _)| change.before.is_some());
    if !known_before || files.len() < 2 {
        return BTreeMap::new();
    }
    let text = |file: &&String| {
        let text = String::from_utf8_lossy(&snapshot.bytes(file)?).into_owned();
        refers(&text).then(|| ((*file).clone(), text))
    };
    let texts: Vec<(String, String)> = files.iter().filter_map(text).collect();
    let name = |file: &str| file.rsplit('/').next().unwrap_or(file).to_owned();
    let users = |(change, _): &(FileChange, BTreeSet<Key>)| {
        let mut found = BTreeSet::new();
        let mut open = vec![change.path.clone()];
        while let Some(file) = open.pop() {
            let name = name(&file);
            for (user, _) in texts.iter().filter(|(_, text)| text.contains(&name)) {
                if found.insert(user.clone()) {
                    open.push(user.clone());
                }
            }
        }
        (change.path.clone(), found)
    };
    changed.iter().map(users).collect()
}

/// What happened to a file.
pub(super) const fn kind(change: &FileChange) -> Kind {
    match (&change.before, &change.after) {
        (None, _) => Kind::Added,
        (_, None) => Kind::Removed,
        _ => Kind::Modified,
    }
}
