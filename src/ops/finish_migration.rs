//! `migrate --finish`: the files that stayed for old readers go, with the record of them.

use super::check::findings;
use super::edit::blob_of;
use super::workspace::Workspace;
use crate::engine::configuration::Configuration;
use crate::engine::migration::{Kept, RECORD, parse_kept};
use crate::model::{CommitId, Error, Result, Revision, Rule};
use crate::store::transaction::{self, Change, Committed, FileChange, Options};

/// The files of HEAD that stay for old readers; `None` where there is no record of any.
///
/// # Errors
/// When there is no commit, or the record cannot be read.
pub fn kept(workspace: &Workspace) -> Result<Option<Vec<Kept>>> {
    let head = workspace.repository.require_head()?;
    let snapshot = workspace.repository.snapshot(&Revision::Commit(head))?;
    let Some(text) = snapshot.text(RECORD)? else { return Ok(None) };
    let mut kept = parse_kept(&text)?;
    kept.retain(|kept| snapshot.files.contains_key(&kept.file));
    Ok(Some(kept))
}

/// Removes them and the record in one commit; `None` when there are none.
///
/// # Errors
/// `Undecided` when a file and its item have come apart, so that a value would be lost; the transaction's
/// refusals.
pub fn finish_migration(workspace: &Workspace, options: &Options) -> Result<Option<Committed>> {
    let published = transaction::publish(workspace.repository.transaction_path(), options, None, |head| {
        let Some(head) = head else { return Ok(None) };
        Ok(removal(workspace, head)?.map(|change| (change, ())))
    })?;
    Ok(published.map(|(committed, ())| committed))
}

fn removal(workspace: &Workspace, head: &CommitId) -> Result<Option<Change>> {
    let configuration = Configuration::read(workspace.repository.snapshot(&Revision::Commit(head.clone()))?)?;
    let snapshot = configuration.snapshot();
    let Some(text) = snapshot.text(RECORD)? else { return Ok(None) };
    let kept = parse_kept(&text)?;
    let there: Vec<&Kept> = kept.iter().filter(|kept| snapshot.files.contains_key(&kept.file)).collect();
    let drift = findings(&configuration, &[], None)?.into_iter().find(|finding| {
        let concerned = |kept: &&Kept| finding.file == format!("{}{}", snapshot.prefix, kept.file);
        finding.rule == Rule::LegacyDrift && there.iter().any(concerned)
    });
    if let Some(drift) = drift {
        let lacks = |kept: &&Kept| snapshot.item(&kept.key, kept.environment).is_none();
        let is_left = there.iter().filter(|kept| drift.key.as_ref() == Some(&kept.key)).any(lacks);
        let help = if is_left {
            "remove the file as well, or bring the item back; then finish"
        } else {
            "decide which one is right and make both say it; then finish"
        };
        return Err(Error::undecided(format!("{}: {}", drift.file, drift.message)).with_help(help));
    }
    let remove = |file: &str| FileChange {
        path: format!("{}{file}", snapshot.prefix),
        before: blob_of(snapshot, file),
        after: None,
    };
    let mut files: Vec<FileChange> = there.iter().map(|kept| remove(&kept.file)).collect();
    files.push(remove(RECORD));
    let lines: Vec<String> = there
        .iter()
        .map(|kept| format!("{}{} (item {} of {})", snapshot.prefix, kept.file, kept.key, kept.environment))
        .collect();
    let message = format!("migrate: finish, old files removed\n\n{}\n", lines.join("\n"));
    let rests_on = there.iter().map(|kept| format!("{}{}", snapshot.prefix, kept.key.file(kept.environment)));
    Ok(Some(Change { base: Some(head.clone()), files, rests_on: rests_on.collect(), message }))
}
