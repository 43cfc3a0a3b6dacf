//! `migrate`: flat legacy files become items of development, in one commit.

use std::collections::{BTreeMap, BTreeSet};

use super::workspace::Workspace;
use crate::engine::configuration::Configuration;
use crate::engine::migration::{
    self, Intended, Kept, Migration, Plan, RECORD, Suspicion, parse_kept, render_kept,
};
use crate::formats::read::{Format, below, file_name};
use crate::model::policy::FILE;
use crate::model::sanitize::{clean, clean_lines};
use crate::model::{BlobId, CommitId, Environment, Error, Help, InvalidKey, Key, Result, Revision};
use crate::store::Irregular;
use crate::store::transaction::{self, Change, Committed, FileChange, Options};
use crate::yaml::Rejection;

/// What to migrate.
#[derive(Clone, Debug)]
pub struct MigrateRequest {
    /// Files and folders relative to the git root; the whole repository when empty.
    pub sources: Vec<String>,
    /// The key to give the one file there is.
    pub as_key: Option<Key>,
    /// Whether files that cannot be read are left instead of stopping.
    pub skip_invalid: bool,
    /// Whether the files stay for old readers.
    pub keep_legacy: bool,
}

/// What a migration would do.
pub struct Prepared {
    /// The commit that was read.
    pub head: CommitId,
    /// What becomes of every file.
    pub plan: Plan,
    /// The configuration root relative to the git root.
    pub prefix: String,
    /// The files that stay for old readers already, and the record of them.
    kept: Vec<Kept>,
    record: Option<BlobId>,
    blobs: BTreeMap<String, BlobId>,
}

/// Reads the files of HEAD and says what would become of each. Nothing is written.
///
/// # Errors
/// When a source names nothing, or a file cannot be read.
pub fn prepare(workspace: &Workspace, request: &MigrateRequest) -> Result<Prepared> {
    prepare_at(workspace, request, &workspace.repository.require_head()?)
}

fn prepare_at(workspace: &Workspace, request: &MigrateRequest, head: &CommitId) -> Result<Prepared> {
    let repository = &workspace.repository;
    let configuration = Configuration::read(repository.snapshot(&Revision::Commit(head.clone()))?)?;
    let snapshot = configuration.snapshot();
    let prefix = snapshot.prefix.clone();
    let kept = snapshot.text(RECORD)?.map_or(Ok(Vec::new()), |text| parse_kept(&text))?;
    let ours = Ours {
        folders: ["environments/", "schemas/", ".terrace/"]
            .map(|folder| format!("{prefix}{folder}"))
            .to_vec(),
        items: BTreeSet::new(),
        kept: kept.iter().map(|kept| format!("{prefix}{}", kept.file)).collect(),
        roots: other_roots(workspace, head, &prefix)?,
    };
    let Sources { roots, blobs, aside } = sources(workspace, head, &request.sources, &ours)?;
    let source = repository.blobs();
    let mut files = Vec::new();
    for (path, blob) in &blobs {
        files.push((path.clone(), source.read(path, Some(blob))?));
    }
    let mut existing = BTreeMap::new();
    for item in snapshot.items().filter(|item| item.id.environment == Environment::Development) {
        existing.insert(item.id.key.clone(), configuration.reading(item)?.bytes.to_vec());
    }
    let mut plan = migration::plan(&Migration {
        roots: &roots,
        files: &files,
        prefix: &prefix,
        existing: &existing,
        as_key: request.as_key.as_ref(),
        policy: configuration.policy(),
        limits: configuration.limits(),
    })?;
    plan.tell_history(&Intended {
        files: &files,
        prefix: &prefix,
        keeps: request.keep_legacy,
        policy: configuration.policy(),
    })?;
    plan.left_alone.extend(aside);
    let record = super::edit::blob_of(snapshot, RECORD);
    Ok(Prepared { head: head.clone(), plan, prefix, kept, record, blobs })
}

/// The files of a commit that a migration looks at.
pub(super) struct Sources {
    /// The files and folders that were named; the git root when none was.
    pub(super) roots: Vec<String>,
    /// The files at or below them that may be configuration.
    pub(super) blobs: BTreeMap<String, BlobId>,
    /// The links and submodules among them, and what is kept or another configuration root's.
    pub(super) aside: BTreeMap<String, Suspicion>,
}

/// What a migration leaves where it is. Paths are relative to the git root, those of folders end in `/`.
pub(super) struct Ours {
    /// Folders of terrace's own.
    pub(super) folders: Vec<String>,
    /// Files that are items.
    pub(super) items: BTreeSet<String>,
    /// Files that stay for old readers.
    pub(super) kept: BTreeSet<String>,
    /// Other configuration roots.
    pub(super) roots: Vec<String>,
}

/// The configuration roots of a commit beside the one that is worked in: folders that have a policy, or
/// nothing but environments in `environments/`.
///
/// # Errors
/// When the commit cannot be read.
pub(super) fn other_roots(workspace: &Workspace, head: &CommitId, prefix: &str) -> Result<Vec<String>> {
    let repository = &workspace.repository;
    let mut others = Vec::new();
    for root in repository.roots(&Revision::Commit(head.clone()))? {
        if prefix.starts_with(&root) {
            continue;
        }
        let folder = format!("{root}environments");
        let files = repository.files_at(head, &folder)?;
        let mut folders =
            files.iter().filter_map(|(path, _)| Some(below(&folder, path)?.split_once('/')?.0.to_owned()));
        let is_whole = folders.all(|name| name.parse::<Environment>().is_ok());
        if is_whole || !repository.files_at(head, &format!("{root}{FILE}"))?.is_empty() {
            others.push(root);
        }
    }
    Ok(others)
}

/// Lists them; nothing is taken of what is `ours`, or another root's unless the source lies within that.
///
/// # Errors
/// When one that is named is not there, is no regular file, or is terrace's own.
pub(super) fn sources(
    workspace: &Workspace,
    head: &CommitId,
    named: &[String],
    ours: &Ours,
) -> Result<Sources> {
    let repository = &workspace.repository;
    let roots: Vec<String> = if named.is_empty() { vec![String::new()] } else { named.to_vec() };
    let mut blobs: BTreeMap<String, BlobId> = BTreeMap::new();
    let mut aside: BTreeMap<String, Suspicion> = BTreeMap::new();
    for root in &roots {
        let is_within = |folder: &String| format!("{root}/").starts_with(folder);
        if ours.folders.iter().any(is_within) {
            return Err(is_part_already(root));
        }
        let found = repository.files_at(head, root)?;
        let irregular = repository.irregular_at(head, root)?;
        if let Some((path, what)) = irregular.iter().find(|(path, _)| is_at_or_below(root, path)) {
            return Err(no_file(root, path, what));
        }
        if found.is_empty() && irregular.is_empty() && !root.is_empty() {
            return Err(no_source(workspace, root));
        }
        let is_item = |(path, _): &(String, BlobId)| ours.items.contains(path);
        if !root.is_empty() && !found.is_empty() && found.iter().all(is_item) {
            return Err(is_part_already(root));
        }
        let others: Vec<&String> = ours.roots.iter().filter(|other| !is_within(other)).collect();
        let is_ours = |path: &String| {
            ours.items.contains(path) || ours.folders.iter().any(|folder| path.starts_with(folder))
        };
        let concerned =
            |path: &String| Format::of(path).is_some() && !is_ours(path) && !path.ends_with("terrace.toml");
        // A link without an extension may lead to a folder of such files.
        let may_hold = |path: &String| Format::of(path).is_some() || !file_name(path).contains('.');
        let is_left = |path: &String| is_ours(path) || others.iter().any(|other| path.starts_with(*other));
        for (path, what) in irregular {
            let is_left = is_left(&path);
            match what {
                Irregular::Link(target) if may_hold(&path) && !is_left => {
                    aside.insert(path, Suspicion::Link(target));
                }
                Irregular::Submodule if !is_left => {
                    aside.insert(path, Suspicion::Submodule);
                }
                Irregular::Link(_) | Irregular::Submodule => {}
            }
        }
        if !root.is_empty() {
            let unread = found.iter().filter(|(path, _)| path != root && !is_left(path));
            aside.extend(unread.filter_map(|(path, _)| Some((path.clone(), migration::unread(root, path)?))));
        }
        for (path, blob) in found.into_iter().filter(|(path, _)| concerned(path) || path == root) {
            if let Some(other) = others.iter().find(|other| path.starts_with(**other)) {
                aside.insert((*other).clone(), Suspicion::OtherRoot);
            } else if ours.kept.contains(&path) {
                aside.insert(path, Suspicion::Kept);
            } else {
                blobs.insert(path, blob);
            }
        }
    }
    Ok(Sources { roots, blobs, aside })
}

fn is_part_already(source: &str) -> Error {
    Error::usage(format!("{source} is part of the configuration repository already"))
        .with_help("name flat files that stand outside environments/, schemas/ and .terrace/")
}

/// Whether a source is the path itself or stands below it.
fn is_at_or_below(source: &str, path: &str) -> bool {
    below(path, source).is_some()
}

/// Why a source that is a link or a submodule, or lies behind one, is not taken.
fn no_file(source: &str, path: &str, what: &Irregular) -> Error {
    let subject =
        if source.trim_end_matches('/') == path { path.to_owned() } else { format!("{source}: {path}") };
    match what {
        Irregular::Link(target) => Error::usage(format!("{subject} is a symbolic link to {target}"))
            .with_help("name the file or folder that it leads to"),
        Irregular::Submodule => Error::usage(format!("{subject} is a submodule, another repository's files"))
            .with_help("run the migration in that repository, or copy the files into this one"),
    }
}

fn no_source(workspace: &Workspace, root: &str) -> Error {
    let on_disk = workspace.repository.work_tree().is_some_and(|top| top.join(root).exists());
    if on_disk {
        Error::usage(format!("{root} is not committed"))
            .with_help("a migration moves what git has: git add it and commit first")
    } else {
        Error::usage(format!("there is no {root}")).with_help(Help::NameSources)
    }
}

/// Refuses what a person has to look at first.
///
/// # Errors
/// A file that was named and is another environment's; one that cannot be read, unless those are skipped;
/// two files for one key; nothing but files whose path is no key.
pub fn require_clear(prepared: &Prepared, request: &MigrateRequest) -> Result<()> {
    refuse_others(prepared, request)?;
    if let Some(collision) = prepared.plan.collisions.first() {
        let with = collision
            .existing
            .as_ref()
            .map_or(String::new(), |key| format!(", and development has an item `{key}` already"));
        let all = if collision.sources.len() > 1 { "all " } else { "" };
        return Err(Error::undecided(format!(
            "{} would {all}be `{}`{with}",
            collision.sources.join(" and "),
            collision.key
        ))
        .with_help(Help::OtherKey));
    }
    let outside = |source: &&migration::Planned| !source.source.starts_with(&prepared.prefix);
    if let Some(item) = prepared.plan.items.iter().find(outside).filter(|_| request.keep_legacy) {
        return Err(Error::usage(format!("{} is outside the configuration root", item.source))
            .with_help(Help::WithoutKeeping));
    }
    require_readable(&prepared.plan.rejected, request.skip_invalid)?;
    require_some_key(prepared.plan.items.is_empty(), &prepared.plan.unnamed)
}

/// Refuses to make a file that was named, and names another environment or says that it is another one's,
/// development's.
fn refuse_others(prepared: &Prepared, request: &MigrateRequest) -> Result<()> {
    let whose = |(file, why): &(String, Suspicion)| match why {
        Suspicion::OtherEnvironment(environment) => Some((file.clone(), *environment, "by its name")),
        Suspicion::Holds(found) => {
            found.owner_of_all().map(|environment| (file.clone(), environment, "by what it says"))
        }
        Suspicion::Overlay(_)
        | Suspicion::Unknown(_)
        | Suspicion::NotConfiguration(_)
        | Suspicion::Template(_)
        | Suspicion::Link(_)
        | Suspicion::Submodule
        | Suspicion::Unread(_)
        | Suspicion::Kept
        | Suspicion::OtherRoot => None,
    };
    let is_named = |file: &String| request.sources.contains(file);
    let others: Vec<_> =
        prepared.plan.asks.iter().filter_map(whose).filter(|(file, ..)| is_named(file)).collect();
    if let Some((first, environment, how)) = others.first() {
        let files = others.iter().filter(|(_, whose, _)| whose == environment).map(|(file, ..)| file.clone());
        let message = format!("{first} is {environment}'s {how}, and would become development's");
        return Err(Error::undecided(message)
            .with_help(Help::TakeAs { files: files.collect(), environment: *environment }));
    }
    Ok(())
}

/// Refuses to be done where all there is has a path that is no key.
pub(super) fn require_some_key(is_empty: bool, unnamed: &[(String, InvalidKey)]) -> Result<()> {
    match unnamed.first() {
        Some((file, why)) if is_empty => {
            Err(Error::usage(format!("{file} gets no key from its path: {}", clean(&why.reason)))
                .with_help(Help::GiveKey))
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses files that cannot be read, unless those are skipped.
pub(super) fn require_readable(rejected: &[(String, Rejection)], skips: bool) -> Result<()> {
    let Some((file, rejection)) = rejected.first().filter(|_| !skips) else { return Ok(()) };
    let at = rejection.location.start;
    Err(Error::usage(format!("{file}:{}:{}: {}", at.line, at.column, rejection.message))
        .with_help(rejection.help.as_str())
        .or_help(Help::SkipInvalid))
}

/// Commits a change; one that was shown only if it is the same on the head that there is then.
pub(super) fn publish(
    workspace: &Workspace,
    options: &Options,
    shown: Option<Change>,
    change_at: impl Fn(&CommitId) -> Result<Option<Change>>,
) -> Result<Option<Committed>> {
    let path = workspace.repository.transaction_path();
    let published = transaction::publish(path, options, shown.map(|shown| (shown, ())), |head| {
        let change = head.map(&change_at).transpose()?.flatten();
        Ok(change.map(|change| (change, ())))
    })?;
    Ok(published.map(|(committed, ())| committed))
}

/// Commits the migration; `None` when there is nothing to do.
///
/// # Errors
/// The door's refusals.
pub fn commit(
    workspace: &Workspace,
    request: &MigrateRequest,
    prepared: &Prepared,
    options: &Options,
) -> Result<Option<Committed>> {
    require_clear(prepared, request)?;
    let Some(shown) = change(prepared, request) else { return Ok(None) };
    publish(workspace, options, Some(shown), |head| {
        let prepared = prepare_at(workspace, request, head)?;
        require_clear(&prepared, request)?;
        Ok(change(&prepared, request))
    })
}

/// What is committed; `None` when there is nothing to do.
fn change(prepared: &Prepared, request: &MigrateRequest) -> Option<Change> {
    let Prepared { prefix, .. } = prepared;
    (!prepared.plan.items.is_empty()).then(|| Change {
        base: Some(prepared.head.clone()),
        files: files(prepared, request.keep_legacy),
        rests_on: vec![
            format!("{prefix}environments/{}", Environment::Development),
            format!("{prefix}{FILE}"),
        ],
        message: message(prepared),
    })
}

fn files(prepared: &Prepared, keep: bool) -> Vec<FileChange> {
    let mut files = Vec::new();
    for item in &prepared.plan.items {
        let new = format!("{}{}", prepared.prefix, item.key.file(Environment::Development));
        if !keep {
            files.push(FileChange {
                path: item.source.clone(),
                before: prepared.blobs.get(&item.source).cloned(),
                after: None,
            });
        }
        files.push(FileChange {
            path: new,
            before: None,
            after: Some(item.converted.text.clone().into_bytes()),
        });
    }
    if keep {
        let mut kept = prepared.kept.clone();
        kept.extend(prepared.plan.items.iter().map(|item| Kept {
            file: item.source.strip_prefix(&prepared.prefix).unwrap_or(&item.source).to_owned(),
            key: item.key.clone(),
            environment: Environment::Development,
        }));
        kept.sort();
        files.push(FileChange {
            path: format!("{}{RECORD}", prepared.prefix),
            before: prepared.record.clone(),
            after: Some(render_kept(&kept).into_bytes()),
        });
    }
    files
}

fn message(prepared: &Prepared) -> String {
    let items = &prepared.plan.items;
    let what = match items.as_slice() {
        [one] => one.key.to_string(),
        many => format!("{} items", many.len()),
    };
    let lines: Vec<String> = items
        .iter()
        .map(|item| {
            format!("{} -> {}{}", item.source, prepared.prefix, item.key.file(Environment::Development))
        })
        .collect();
    clean_lines(&format!("migrate({what}): flat files -> development\n\n{}\n", lines.join("\n")))
}
