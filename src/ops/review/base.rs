//! What a review compares: the commit under review, and the one it is compared with.

use crate::engine::review::End;
use crate::model::{CommitId, Error, Help, Result};
use crate::store::Repository;

/// What the user asks for, and what a CI system says of the change; empty words say nothing.
#[derive(Clone, Debug, Default)]
pub struct ReviewRequest {
    /// The revision to compare with: where it and the head part.
    pub base: Option<String>,
    /// The revision to review; HEAD without one.
    pub head: Option<String>,
    /// What GitHub Actions says.
    pub github: GithubHints,
    /// What GitLab CI says.
    pub gitlab: GitlabHints,
}

/// What GitHub Actions says of a run.
#[derive(Clone, Debug, Default)]
pub struct GithubHints {
    /// `GITHUB_EVENT_NAME`
    pub event: Option<String>,
    /// `GITHUB_BASE_REF`
    pub base_ref: Option<String>,
    /// `GITHUB_SHA`
    pub sha: Option<String>,
}

/// What GitLab CI says of a job.
#[derive(Clone, Debug, Default)]
pub struct GitlabHints {
    /// `CI_MERGE_REQUEST_DIFF_BASE_SHA`
    pub base: Option<String>,
    /// `CI_MERGE_REQUEST_TARGET_BRANCH_NAME`
    pub target: Option<String>,
}

/// What a review compares.
pub(super) struct Ends {
    /// Where the change begins.
    pub(super) base: End,
    /// What is reviewed.
    pub(super) head: End,
    /// The last commit of the line that the change goes to.
    pub(super) tip: CommitId,
}

/// The two ends of the change.
pub(super) fn ends(repository: &Repository, request: &ReviewRequest) -> Result<Ends> {
    let head = match &request.head {
        Some(name) => found(repository, name)?,
        None => repository.require_head()?,
    };
    let name = match &request.head {
        Some(name) => name.clone(),
        None => repository.branch()?.unwrap_or_else(|| "HEAD".to_owned()),
    };
    let Line { base, tip, name: line } = base(repository, request, &head)?;
    let end = |id: &CommitId, name| Ok::<_, Error>(End { commit: repository.info(id)?, name });
    Ok(Ends { base: end(&base, line)?, head: end(&head, name)?, tip })
}

/// The line that the change goes to.
struct Line {
    /// Where the head left it.
    base: CommitId,
    /// Its last commit.
    tip: CommitId,
    /// What it is called.
    name: String,
}

/// The commit to compare with, and the line that it is on.
fn base(repository: &Repository, request: &ReviewRequest, head: &CommitId) -> Result<Line> {
    if let Some(name) = &request.base {
        return parting(repository, found(repository, name)?, name, head);
    }
    if request.head.is_none() {
        if let Some(found) = github(repository, &request.github, head)? {
            return Ok(found);
        }
        if let Some(found) = gitlab(repository, &request.gitlab, head)? {
            return Ok(found);
        }
    }
    match repository.upstream(request.head.as_deref().unwrap_or("HEAD"))? {
        Some((name, line)) => parting(repository, line, &name, head),
        None if repository.is_cut_off() => Err(cut_off("the branch it goes back to")),
        None => Err(Error::usage("there is no branch to compare with").with_help(Help::NameBase)),
    }
}

/// Where the head left a line. What shares no history is compared as it is.
fn parting(repository: &Repository, line: CommitId, name: &str, head: &CommitId) -> Result<Line> {
    let name = name.to_owned();
    match repository.merge_base(&line, head)? {
        Some(base) => Ok(Line { base, tip: line, name }),
        None if repository.is_cut_off() => Err(cut_off(&name)),
        None => Ok(Line { base: line.clone(), tip: line, name }),
    }
}

/// On a pull request GitHub checks out a merge of the change into its base, whose first parent is
/// that base.
fn github(repository: &Repository, hints: &GithubHints, head: &CommitId) -> Result<Option<Line>> {
    let is_request = said(&hints.event).is_some_and(|event| event.starts_with("pull_request"));
    let Some(base) = said(&hints.base_ref).filter(|_| is_request) else { return Ok(None) };
    let parents = repository.parents(head)?;
    let is_theirs = said(&hints.sha).is_none_or(|sha| sha == head.as_str());
    if let ([first, _, ..], true) = (parents.as_slice(), is_theirs) {
        let name = base.to_owned();
        return Ok(Some(Line { base: first.clone(), tip: first.clone(), name }));
    }
    target(repository, base, head).map(Some)
}

fn gitlab(repository: &Repository, hints: &GitlabHints, head: &CommitId) -> Result<Option<Line>> {
    let named = match said(&hints.base) {
        Some(sha) => repository.known_commit(sha)?.map(|commit| (commit, sha)),
        None => None,
    };
    match (named, said(&hints.target), said(&hints.base)) {
        (Some((base, sha)), branch, _) => {
            let name = branch.unwrap_or(sha).to_owned();
            let tip = match branch {
                Some(branch) => line(repository, branch)?,
                None => None,
            };
            let tip = tip.unwrap_or_else(|| base.clone());
            Ok(Some(Line { base, tip, name }))
        }
        (None, Some(branch), _) => target(repository, branch, head).map(Some),
        (None, None, Some(sha)) if repository.is_cut_off() => Err(cut_off(sha)),
        (None, None, _) => Ok(None),
    }
}

/// Where the head left the branch that a merge request goes to, as the remote has it.
fn target(repository: &Repository, branch: &str, head: &CommitId) -> Result<Line> {
    match line(repository, branch)? {
        Some(line) => parting(repository, line, branch, head),
        None if repository.is_cut_off() => Err(cut_off(branch)),
        None => Err(Error::state(format!(
            "this clone does not have the branch `{branch}` that the change goes to"
        ))
        .with_help(Help::FetchBase)),
    }
}

/// The last commit of a branch, as the remote has it.
fn line(repository: &Repository, branch: &str) -> Result<Option<CommitId>> {
    match repository.line(&format!("origin/{branch}"))? {
        Some(found) => Ok(Some(found)),
        None => repository.line(branch),
    }
}

fn found(repository: &Repository, name: &str) -> Result<CommitId> {
    repository.commit(name).map_err(|error| {
        if !repository.is_cut_off() {
            return error;
        }
        cut_off(name)
    })
}

fn said(word: &Option<String>) -> Option<&str> {
    word.as_deref().filter(|word| !word.is_empty())
}

fn cut_off(line: &str) -> Error {
    let line: String = line.escape_debug().collect();
    Error::state(format!("this clone's history is cut off before the change left {line}"))
        .with_help(Help::FetchHistory)
}
