//! `migrate` of a repository that keeps environments apart already: its files become items of their
//! own environments, in one commit.

use std::collections::{BTreeMap, BTreeSet};

use super::edit::blob_of;
use super::migrate::{Ours, other_roots, publish, require_readable, require_some_key, sources};
use super::workspace::Workspace;
use crate::engine::configuration::{Configuration, parse_policy};
use crate::engine::migration::{
    self, Intended, Kept, Left, RECORD, Suspicion, TakeOver, TakeOverPlan, Taken, parse_kept, render_kept,
};
use crate::engine::snapshot::Snapshot;
use crate::model::policy::FILE;
use crate::model::sanitize::clean_lines;
use crate::model::{BlobId, CommitId, Environment, Error, Help, Key, Result, Revision};
use crate::store::transaction::{Change, Committed, FileChange, Options};

/// What to take over.
#[derive(Clone, Debug, Default)]
pub struct TakeOverRequest {
    /// Files and folders relative to the git root; the whole repository when empty.
    pub sources: Vec<String>,
    /// What words stand for, besides those that are known.
    pub words: BTreeMap<String, Environment>,
    /// Words of which all files are left alone.
    pub left: BTreeSet<String>,
    /// The environment whose all files are.
    pub one: Option<Environment>,
    /// The key to give the one item there is.
    pub as_key: Option<Key>,
    /// Whether items get the values of their base.
    pub folds: bool,
    /// Whether files that cannot be read are left instead of stopping.
    pub skip_invalid: bool,
    /// Whether the files stay for old readers.
    pub keep_legacy: bool,
}

/// What taking over would do.
pub struct PreparedTakeOver {
    /// The commit that was read.
    pub head: CommitId,
    /// What becomes of every file.
    pub plan: TakeOverPlan,
    /// The configuration root relative to the git root.
    pub prefix: String,
    /// The policy with the words that are new to it.
    pub policy: PolicyWords,
    policy_blob: Option<BlobId>,
    kept: Vec<Kept>,
    record: Option<BlobId>,
    blobs: BTreeMap<String, BlobId>,
}

/// What becomes of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyWords {
    /// It knows all words.
    Unchanged,
    /// This text knows the new ones too.
    Added(String),
    /// It has a section of its own, which a person has to add this line to.
    ByHand(String),
}

/// Reads the files of HEAD and says what would become of each. Nothing is written.
///
/// # Errors
/// When a source names nothing, or a file cannot be read.
pub fn prepare(workspace: &Workspace, request: &TakeOverRequest) -> Result<PreparedTakeOver> {
    prepare_at(workspace, request, &workspace.repository.require_head()?)
}

fn prepare_at(workspace: &Workspace, request: &TakeOverRequest, head: &CommitId) -> Result<PreparedTakeOver> {
    let repository = &workspace.repository;
    let configuration = Configuration::read(repository.snapshot(&Revision::Commit(head.clone()))?)?;
    let snapshot = configuration.snapshot();
    let prefix = snapshot.prefix.clone();
    let kept = snapshot.text(RECORD)?.map_or(Ok(Vec::new()), |text| parse_kept(&text))?;
    // `environments/dev` is no environment's folder yet, and `environments/staging/x.yml` no item.
    let ours = Ours {
        folders: ["schemas/", ".terrace/"].map(|folder| format!("{prefix}{folder}")).to_vec(),
        items: snapshot.items().map(|item| item.file.clone()).collect(),
        kept: kept.iter().map(|kept| format!("{prefix}{}", kept.file)).collect(),
        roots: other_roots(workspace, head, &prefix)?,
    };
    let found = sources(workspace, head, &request.sources, &ours)?;
    let beside: Vec<String> = ours.items.iter().chain(&ours.kept).cloned().collect();
    let source = repository.blobs();
    let mut files = Vec::new();
    for (path, blob) in &found.blobs {
        files.push((path.clone(), source.read(path, Some(blob))?));
    }
    let mut existing = BTreeMap::new();
    for item in snapshot.items() {
        let id = (item.id.key.clone(), item.id.environment);
        existing.insert(id, configuration.reading(item)?.bytes.to_vec());
    }
    let mut plan = migration::take_over(&TakeOver {
        roots: &found.roots,
        files: &files,
        beside: &beside,
        prefix: &prefix,
        existing: &existing,
        given: &request.words,
        left: &request.left,
        one: request.one,
        as_key: request.as_key.as_ref(),
        folds: request.folds,
        policy: configuration.policy(),
        limits: configuration.limits(),
    })?;
    let aside = found.aside.into_iter().map(|(path, why): (String, Suspicion)| (path, Left::Excluded(why)));
    plan.left_alone.extend(aside);
    let policy = policy_words(snapshot, &plan)?;
    let known = match &policy {
        PolicyWords::Added(text) => Some(parse_policy(text, FILE)?),
        PolicyWords::Unchanged | PolicyWords::ByHand(_) => None,
    };
    plan.tell_history(&Intended {
        files: &files,
        prefix: &prefix,
        keeps: request.keep_legacy,
        policy: known.as_ref().unwrap_or(configuration.policy()),
    })?;
    Ok(PreparedTakeOver {
        head: head.clone(),
        policy,
        policy_blob: blob_of(snapshot, FILE),
        plan,
        prefix,
        kept,
        record: blob_of(snapshot, RECORD),
        blobs: found.blobs,
    })
}

/// The policy that knows the new words: what checks values has to know them as well.
fn policy_words(snapshot: &Snapshot, plan: &TakeOverPlan) -> Result<PolicyWords> {
    let new = plan.new_words();
    if new.is_empty() {
        return Ok(PolicyWords::Unchanged);
    }
    let environments = new.iter().map(|(environment, words)| {
        let words: Vec<String> = words.iter().map(|word| toml::Value::from(*word).to_string()).collect();
        format!("{environment} = [{}]", words.join(", "))
    });
    let line = format!("words = {{ {} }}", environments.collect::<Vec<_>>().join(", "));
    let old = snapshot.text(FILE)?.unwrap_or_default();
    let gap = if old.is_empty() || old.ends_with("\n\n") {
        ""
    } else if old.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    let text = format!("{old}{gap}[isolation]\n{line}\n");
    // A second section of that name is no TOML.
    let knows_all = parse_policy(&text, FILE).is_ok_and(|policy| {
        new.iter().all(|(environment, words)| {
            let known = policy.words.get(environment);
            words.iter().all(|word| known.is_some_and(|known| known.iter().any(|known| known == word)))
        })
    });
    Ok(if knows_all { PolicyWords::Added(text) } else { PolicyWords::ByHand(line) })
}

/// Refuses what a person has to look at first.
///
/// # Errors
/// A word that nobody knows; a file that cannot be read, unless those are skipped; two files for one
/// item.
pub fn require_clear(prepared: &PreparedTakeOver, request: &TakeOverRequest) -> Result<()> {
    let plan = &prepared.plan;
    if let Some((word, near)) = plan.unmatched.first() {
        let error = Error::usage(format!("`{word}` is a word of no file that was looked at"));
        return Err(match near {
            Some(near) => error.with_help(Help::DidYouMean(near.clone())),
            None => error.with_help("name a folder, or the first or last word of a file's name"),
        });
    }
    if let Some(unknown) = plan.unknown.first() {
        let (word, count) = (&unknown.word, unknown.files.len());
        let example = unknown.files.first().map_or("", String::as_str);
        let files = if count == 1 { example.to_owned() } else { format!("{count} files such as {example}") };
        let wanted = unknown.suggestion.unwrap_or(Environment::Staging);
        return Err(Error::undecided(format!("nobody says what `{word}` is, in {files}")).with_help(
            format!("--environments {word}={wanted} if it is {wanted}; --leave {word} if it stays as it is"),
        ));
    }
    if let Some(clash) = plan.clashes.first() {
        let key = &clash.key;
        let sources = clash.sources.join(" and ");
        let (message, help) = if clash.exists {
            (
                format!(
                    "{sources} would be `{key}` of {}, which is there and says something else",
                    clash.environment
                ),
                "remove one of the two, or name the others alone",
            )
        } else {
            (
                format!("{sources} would all be `{key}` of {}", clash.environment),
                "name one of them, or --leave one of their words, and take the other over with --as KEY",
            )
        };
        return Err(Error::undecided(message).with_help(help));
    }
    if let Some((file, why)) = plan.unfolded.first() {
        return Err(Error::undecided(format!("{file} does not get the values of its base: {why}"))
            .with_help("without --base fold the base stays beside the items"));
    }
    let outside = |item: &&Taken| !item.source.starts_with(&prepared.prefix);
    if let Some(item) = plan.items.iter().find(outside).filter(|_| request.keep_legacy) {
        return Err(Error::usage(format!("{} is outside the configuration root", item.source))
            .with_help(Help::WithoutKeeping));
    }
    if let Some(item) = plan.items.iter().find(|item| item.folded > 0).filter(|_| request.keep_legacy) {
        return Err(Error::usage(format!(
            "{} cannot stay as it is and get the values of its base",
            item.source
        ))
        .with_help("use one of --keep-legacy and --base fold"));
    }
    require_readable(&plan.rejected, request.skip_invalid)?;
    require_some_key(plan.items.is_empty(), &plan.unnamed)
}

/// Commits it; `None` when there is nothing to do.
///
/// # Errors
/// Those of [`require_clear`]; the transaction's refusals.
pub fn commit(
    workspace: &Workspace,
    request: &TakeOverRequest,
    prepared: &PreparedTakeOver,
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

/// Commits what nobody has to be asked about; `None` when there is nothing to do.
///
/// # Errors
/// The transaction's refusals.
pub(super) fn commit_all_that_is_clear(
    workspace: &Workspace,
    request: &TakeOverRequest,
    options: &Options,
) -> Result<Option<Committed>> {
    publish(workspace, options, None, |head| Ok(change(&prepare_at(workspace, request, head)?, request)))
}

fn change(prepared: &PreparedTakeOver, request: &TakeOverRequest) -> Option<Change> {
    let prefix = &prepared.prefix;
    (!prepared.plan.items.is_empty()).then(|| Change {
        base: Some(prepared.head.clone()),
        files: files(prepared, request.keep_legacy),
        rests_on: vec![format!("{prefix}environments"), format!("{prefix}{FILE}")],
        message: message(prepared),
    })
}

fn files(prepared: &PreparedTakeOver, keep: bool) -> Vec<FileChange> {
    let prefix = &prepared.prefix;
    let mut files = Vec::new();
    for item in &prepared.plan.items {
        if !keep {
            let before = prepared.blobs.get(&item.source).cloned();
            files.push(FileChange { path: item.source.clone(), before, after: None });
        }
        let path = format!("{prefix}{}", item.key.file(item.environment));
        let text = item.converted.text.clone().into_bytes();
        files.push(FileChange { path, before: None, after: Some(text) });
    }
    if let PolicyWords::Added(text) = &prepared.policy {
        let (path, before) = (format!("{prefix}{FILE}"), prepared.policy_blob.clone());
        files.push(FileChange { path, before, after: Some(text.clone().into_bytes()) });
    }
    if keep {
        let mut kept = prepared.kept.clone();
        kept.extend(prepared.plan.items.iter().map(|item| Kept {
            file: item.source.strip_prefix(prefix).unwrap_or(&item.source).to_owned(),
            key: item.key.clone(),
            environment: item.environment,
        }));
        kept.sort();
        let (path, before) = (format!("{prefix}{RECORD}"), prepared.record.clone());
        files.push(FileChange { path, before, after: Some(render_kept(&kept).into_bytes()) });
    }
    files
}

fn message(prepared: &PreparedTakeOver) -> String {
    let items = &prepared.plan.items;
    let keys: BTreeSet<&Key> = items.iter().map(|item| &item.key).collect();
    let what = match keys.first() {
        Some(one) if keys.len() == 1 => one.to_string(),
        _ => format!("{} items", keys.len()),
    };
    let line = |item: &Taken| {
        let base = if item.folded > 0 { " (with its base)" } else { "" };
        format!("{} -> {}{}{base}", item.source, prepared.prefix, item.key.file(item.environment))
    };
    let lines: Vec<String> = items.iter().map(line).collect();
    clean_lines(&format!("migrate({what}): environments taken over\n\n{}\n", lines.join("\n")))
}

/// Branches named like environments: keeping them apart by branches is another layout.
///
/// # Errors
/// When the branches cannot be listed.
pub fn environment_branches(workspace: &Workspace) -> Result<Vec<(String, Environment)>> {
    let branches = workspace.repository.branches()?;
    let environment = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or(name).to_lowercase();
        Environment::called(&last)
    };
    Ok(branches.into_iter().filter_map(|name| environment(&name).map(|found| (name, found))).collect())
}
