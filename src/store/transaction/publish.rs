//! Deciding and committing: the loop of every verb that commits.
//!
//! What a decision rests on may change while it is made, here or at the remote. Then it is made anew,
//! and what was shown already is committed as it was shown, or not at all.

use std::path::Path;
use std::time::Duration;

use git2::{Oid, Repository};

use super::branch::{self, Branch};
use super::decided::{Decide, Decided, Fingerprint, fingerprint};
use super::failpoints::kill_point;
use super::open::open_repository;
use super::paths::Paths;
use super::pending::Followed;
use super::placement::{Placement, Standing, descends, differs_by, only_parent, shared_part, standing};
use super::{Change, Committed, Options, Outcome, Start, Transaction, open_finished};
use crate::model::{CommitId, Error, ErrorKind, Result};
use crate::store::git_error::git_error;
use crate::store::remote::{Pushed, Remote, tracking_name};

/// How often a decision is made anew before the transaction gives up: each time, somebody else's commit
/// changed what it rests on.
const TRIES: usize = 16;

/// How often of these it is made before anything is locked. Then it is made under the locks, where
/// only git itself can still come in between, so that a busy repository starves nobody.
const FREE_TRIES: usize = 3;

/// How often a commit is sent again because the remote had moved.
const RESENDS: u64 = 5;

/// Decides and commits, again when what a decision rests on changed meanwhile. `decide` gets the
/// commit to decide on; `None` means that there is nothing to do, of it and of this. What was
/// `shown` already is committed as it was shown, or not at all.
pub fn publish<T>(
    repository: &Path,
    options: &Options,
    shown: Decided<T>,
    mut decide: impl FnMut(Option<&CommitId>) -> Result<Decided<T>>,
) -> Result<Option<(Committed, T)>> {
    let agreed = shown.as_ref().map(|(change, _)| fingerprint(change));
    Publishing { repository, options, agreed, decide: &mut decide }.run(shown)
}

/// Sees to it that the remote has what the branch has, where it was shown that there is nothing to
/// do: an earlier run may have committed and not sent it.
pub fn confirm<T>(
    repository: &Path,
    options: &Options,
    mut decide: impl FnMut(Option<&CommitId>) -> Result<Decided<T>>,
) -> Result<Option<(Committed, T)>> {
    if options.push.is_none() {
        return Ok(None);
    }
    let agreed = Some(Fingerprint::default());
    Publishing { repository, options, agreed, decide: &mut decide }.run(None)
}

/// The commit that decisions begin on: HEAD, the tip of the branch that `options` name, or the
/// remote's where the branch is only behind it; `None` before the first commit.
pub fn start(repository: &Path, options: &Options) -> Result<Option<CommitId>> {
    let git = open_repository(repository)?;
    let branch = find(&git, options)?;
    if !begins_at_tip(&branch, options) {
        return Ok(branch::target(&git, "HEAD")?.map(commit_id));
    }
    let local = branch.parent(&git)?;
    let Some(remote) = &options.push else { return Ok(local.map(commit_id)) };
    let theirs = remote.heads()?.get(branch.short()).copied();
    let Some(theirs) = theirs else { return Ok(local.map(commit_id)) };
    remote.fetch(&git, branch.short(), theirs)?;
    let is_behind = local.map_or(Ok(true), |local| descends(&git, theirs, local))?;
    Ok(if is_behind { Some(theirs) } else { local }.map(commit_id))
}

/// The refusal to commit something else than what was shown.
#[must_use]
pub fn not_as_shown() -> Error {
    Error::stale("somebody committed meanwhile, and the plan is no longer what was shown")
        .with_help("nothing was committed; look at the new plan and try it again")
}

/// Whether decisions begin at the branch's own tip rather than at HEAD; for the branch that is checked
/// out both are the same.
fn begins_at_tip(branch: &Branch, options: &Options) -> bool {
    branch.head || options.start == Start::Tip
}

fn find(git: &Repository, options: &Options) -> Result<Branch> {
    Branch::find(git, &Paths::of(git), options.branch.as_deref())
}

fn commit_id(id: Oid) -> CommitId {
    CommitId::new(id.to_string())
}

/// One change on its way.
struct Publishing<'a, T> {
    repository: &'a Path,
    options: &'a Options,
    /// What was shown, if something was.
    agreed: Option<Fingerprint>,
    decide: &'a mut Decide<'a, T>,
}

/// What there is to do for a branch and its remote.
enum Step<T> {
    /// Nothing: the remote has it.
    Nothing,
    /// The branch's own commit is sent, in the place of this one perhaps.
    Send(Oid, Option<Oid>, T),
    /// A commit is made on top of this one, and sent, in the place of that one perhaps.
    Commit(Oid, Option<Oid>, (Change, T)),
}

impl<T> Publishing<'_, T> {
    fn run(mut self, shown: Decided<T>) -> Result<Option<(Committed, T)>> {
        let git = open_finished(self.repository, &self.options.environment)?;
        let branch = find(&git, self.options)?;
        match &self.options.push {
            Some(remote) => self.send(remote, shown),
            None if begins_at_tip(&branch, self.options) => self.on_tip(&branch, shown),
            None => self.beside(shown),
        }
    }

    /// Decides on another commit. Where something was agreed on, nothing else will do.
    fn reprepare(&mut self, head: Option<&CommitId>) -> Result<Decided<T>> {
        let decided = (self.decide)(head)?;
        match (&decided, &self.agreed) {
            (Some((change, _)), Some(agreed)) if fingerprint(change) != *agreed => Err(not_as_shown()),
            _ => Ok(decided),
        }
    }

    /// What was shown, if it was decided on this commit, else what is decided there.
    fn decided_on(&mut self, shown: &mut Decided<T>, head: Option<Oid>) -> Result<Decided<T>> {
        let head = head.map(commit_id);
        match shown.take() {
            Some((change, kept)) if change.base == head => Ok(Some((change, kept))),
            _ => self.reprepare(head.as_ref()),
        }
    }

    /// Commits on the branch that decisions are made on.
    fn on_tip(&mut self, branch: &Branch, shown: Decided<T>) -> Result<Option<(Committed, T)>> {
        let (repository, options) = (self.repository, self.options);
        let mut decided = match shown {
            Some(shown) => Some(shown),
            None => {
                let tip = branch.parent(&open_repository(repository)?)?.map(commit_id);
                self.reprepare(tip.as_ref())?
            }
        };
        for _ in 0..FREE_TRIES {
            let Some((change, kept)) = decided else { return Ok(None) };
            let mut transaction = Transaction::open(repository, options)?;
            match transaction.commit(&change)? {
                Outcome::Stale => {
                    let head = transaction.head()?;
                    transaction.close()?;
                    decided = self.reprepare(head.as_ref())?;
                }
                Outcome::NothingToDo => return transaction.close().map(|()| None),
                Outcome::Committed(committed) => {
                    return transaction.close().map(|()| Some((committed, kept)));
                }
            }
        }
        let mut transaction = Transaction::open(repository, options)?;
        for _ in FREE_TRIES..TRIES {
            let Some((change, kept)) = self.reprepare(transaction.head()?.as_ref())? else {
                return transaction.close().map(|()| None);
            };
            match transaction.commit(&change)? {
                Outcome::Stale => {}
                Outcome::NothingToDo => return transaction.close().map(|()| None),
                Outcome::Committed(committed) => {
                    return transaction.close().map(|()| Some((committed, kept)));
                }
            }
        }
        Err(moved_too_often(branch))
    }

    /// Commits on a branch that is brought to HEAD.
    fn beside(&mut self, mut shown: Decided<T>) -> Result<Option<(Committed, T)>> {
        let (repository, options) = (self.repository, self.options);
        let git = open_repository(repository)?;
        let branch = find(&git, options)?;
        for _ in 0..TRIES {
            let (head, old) = (branch::target(&git, "HEAD")?, branch.tip(&git)?);
            let Some(decided) = self.decided_on(&mut shown, head)? else { return Ok(None) };
            let standing = match head.zip(old) {
                Some(ends) => standing(&git, ends, &decided, self.decide)?,
                None => Standing::AtStart,
            };
            let (parent, (change, kept)) = match standing {
                Standing::Holds => return Ok(None),
                Standing::AtStart => (head, decided),
                Standing::OnTop(anew) => (old, anew),
                Standing::Apart => return Err(apart(branch.short(), None)),
            };
            let mut transaction = Transaction::open(repository, options)?;
            match transaction.commit_at(&change, Placement { old, parent })? {
                Outcome::Stale => transaction.close()?,
                Outcome::NothingToDo => return transaction.close().map(|()| None),
                Outcome::Committed(committed) => {
                    return transaction.close().map(|()| Some((committed, kept)));
                }
            }
        }
        Err(moved_too_often(&branch))
    }

    /// Commits on top of what the remote has, sends it, and then moves the branch here.
    fn send(&mut self, remote: &Remote, mut shown: Decided<T>) -> Result<Option<(Committed, T)>> {
        let git = open_repository(self.repository)?;
        let branch = find(&git, self.options)?;
        for attempt in 0..=RESENDS {
            // Those who met once do not meet again at once.
            let jitter = attempt * (50 + u64::from(std::process::id()) % 100);
            std::thread::sleep(Duration::from_millis(jitter));
            let place = RemoteBranch::read(&git, &branch, remote)?;
            let step = if begins_at_tip(&branch, self.options) {
                self.step_on_branch(&place, &mut shown)?
            } else {
                self.step_beside(&place, &mut shown)?
            };
            match step {
                Step::Nothing => return Ok(None),
                Step::Send(commit, replaced, kept) => {
                    if remote.push(commit, branch.short(), replaced)? == Pushed::Done {
                        self.remember(&place, commit);
                        return Ok(Some((sent(commit, &branch, remote, false), kept)));
                    }
                }
                Step::Commit(parent, replaced, (change, kept)) => {
                    match self.commit_and_send(&place, (parent, replaced), &change)? {
                        Sent::Done(committed) => return Ok(Some((committed, kept))),
                        Sent::NothingToDo => return Ok(None),
                        Sent::Moved => {}
                    }
                }
            }
        }
        let name = remote.name();
        Err(Error::busy(format!(
            "branch {} of {name} moved {RESENDS} times while the commit was sent",
            branch.short()
        ))
        .with_help("no branch was moved; try it again when it is quieter"))
    }

    /// What there is to do where the branch itself is the start.
    fn step_on_branch(&mut self, place: &RemoteBranch<'_>, shown: &mut Decided<T>) -> Result<Step<T>> {
        let RemoteBranch { git, branch, theirs, .. } = *place;
        let local = branch.parent(git)?;
        let shared = match (theirs, local) {
            (Some(theirs), _) => Some(theirs),
            (None, Some(local)) => place.shared_part(local)?,
            (None, None) => None,
        };
        let is_behind = |theirs, local: Option<Oid>| local.map_or(Ok(true), |it| descends(git, theirs, it));
        if let Some(base) = shared
            && is_behind(base, local)?
        {
            let decided = self.decided_on(shown, Some(base))?;
            return Ok(decided.map_or(Step::Nothing, |decided| Step::Commit(base, None, decided)));
        }
        // There are commits of one's own: this very change, of an earlier run, or others.
        let Some((base, local)) = shared.zip(local) else {
            return Err(place.unpushed(branch.short(), false));
        };
        let diverged = !descends(git, local, base)?;
        if self.decided_on(shown, Some(local))?.is_some() {
            return Err(place.unpushed(branch.short(), diverged));
        }
        match (self.decide)(Some(&commit_id(base))) {
            Ok(None) => return Ok(Step::Nothing),
            Ok(Some((change, kept))) if differs_by(git, base, local, &change)? && !diverged => {
                return Ok(Step::Send(local, None, kept));
            }
            Err(error) if error.kind == ErrorKind::Io => return Err(error),
            Ok(Some(_)) | Err(_) => {}
        }
        Err(place.unpushed(branch.short(), diverged))
    }

    /// What there is to do where the branch is brought to HEAD.
    fn step_beside(&mut self, place: &RemoteBranch<'_>, shown: &mut Decided<T>) -> Result<Step<T>> {
        let RemoteBranch { git, branch, theirs, .. } = *place;
        let Some(head) = branch::target(git, "HEAD")? else {
            return Err(Error::state("HEAD has no commit yet").with_help("commit the configuration first"));
        };
        let decided = self.decided_on(shown, Some(head))?;
        let shared = place.shared_part(head)?;
        if shared != Some(head) {
            let below = match (&decided, shared) {
                (None, Some(shared)) => (self.decide)(Some(&commit_id(shared)))?.is_none(),
                _ => false,
            };
            let name = branch::head(git)?;
            let name = name.as_deref().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or("HEAD");
            return if below { Ok(Step::Nothing) } else { Err(place.unpushed(name, false)) };
        }
        let Some(decided) = decided else { return Ok(Step::Nothing) };
        let local = branch.tip(git)?;
        // What the remote had once is no news: a branch that is gone there, or another one, is so on purpose.
        let own = match local {
            Some(local) if place.shared_part(local)? != Some(local) => {
                Some((local, standing(git, (head, local), &decided, self.decide)?))
            }
            _ => None,
        };
        let standing = match theirs {
            Some(theirs) => standing(git, (head, theirs), &decided, self.decide)?,
            None => Standing::AtStart,
        };
        let replaced = match theirs {
            Some(theirs) if !descends(git, head, theirs)? => Some(theirs),
            _ => None,
        };
        match (standing, own) {
            (Standing::Holds, _) => Ok(Step::Nothing),
            (standing, Some((local, Standing::Holds))) => {
                let parent = only_parent(git, local)?;
                let is_next = parent.is_some() && parent == theirs;
                let is_apart = match (standing, parent) {
                    (Standing::AtStart, Some(parent)) => place.shared_part(parent)? == Some(parent),
                    _ => false,
                };
                match (is_next, is_apart) {
                    (true, _) => Ok(Step::Send(local, None, decided.1)),
                    (false, true) => Ok(Step::Send(local, theirs, decided.1)),
                    (false, false) => Err(place.unpushed(branch.short(), theirs.is_some())),
                }
            }
            (_, Some((_, Standing::OnTop(_) | Standing::Apart))) => {
                Err(place.unpushed(branch.short(), theirs.is_some()))
            }
            (Standing::AtStart, _) => Ok(Step::Commit(head, replaced, decided)),
            (Standing::OnTop(anew), _) => Ok(Step::Commit(theirs.unwrap_or(head), None, anew)),
            (Standing::Apart, _) => Err(apart(branch.short(), Some(place.remote))),
        }
    }

    /// Keeps what a remote got on a branch beside the one that is checked out: once it is gone there, and
    /// git has forgotten it, that it was there is what tells it from work that nobody sent.
    fn remember(&self, place: &RemoteBranch<'_>, commit: Oid) {
        let RemoteBranch { git, branch, remote, .. } = *place;
        if !begins_at_tip(branch, self.options) {
            // What cannot be kept is asked about at worst.
            let name = tracking_name(remote.name(), branch.short());
            let _ = git.reference(&name, commit, true, "terrace");
        }
    }

    fn commit_and_send(
        &self,
        place: &RemoteBranch<'_>,
        (parent, replaced): (Oid, Option<Oid>),
        change: &Change,
    ) -> Result<Sent> {
        let RemoteBranch { git, branch, remote, .. } = *place;
        let local = branch.tip(git)?;
        let transaction = Transaction::open(self.repository, self.options)?;
        let Some(new) = transaction.write_pending(change, Some(parent), local)? else {
            return transaction.close().map(|()| Sent::NothingToDo);
        };
        // Nobody waits while the network is asked.
        transaction.close()?;
        let pushed = remote.push(new, branch.short(), replaced).or_else(|error| place.arrived(new, error));
        kill_point("sent");
        let transaction = Transaction::open(self.repository, self.options);
        if !matches!(pushed, Ok(Pushed::Done)) {
            let transaction = transaction?;
            transaction.drop_pending()?;
            transaction.close()?;
            return pushed.map(|_| Sent::Moved);
        }
        self.remember(place, new);
        let mut committed = sent(new, branch, remote, true);
        // The remote has it, and that is what counts from here on.
        let followed = transaction.and_then(|mut transaction| {
            let followed = transaction.follow_pushed(local, new, &change.message)?;
            transaction.drop_pending()?;
            kill_point("pending-dropped");
            transaction.close()?;
            Ok(followed)
        });
        match followed {
            Ok(Followed::Moved(left_alone)) => committed.left_alone = left_alone,
            Ok(Followed::Stays(why)) => committed.behind = Some(why),
            Err(error) => committed.behind = Some(error.message),
        }
        Ok(Sent::Done(committed))
    }
}

/// How sending a new commit ended.
enum Sent {
    Done(Committed),
    NothingToDo,
    Moved,
}

/// A branch here and at its remote.
struct RemoteBranch<'a> {
    git: &'a Repository,
    branch: &'a Branch,
    remote: &'a Remote,
    /// Where it is there.
    theirs: Option<Oid>,
    /// All that the remote has, as far as it is known here.
    tips: Vec<Oid>,
}

impl<'a> RemoteBranch<'a> {
    fn read(git: &'a Repository, branch: &'a Branch, remote: &'a Remote) -> Result<Self> {
        let heads = remote.heads()?;
        let theirs = heads.get(branch.short()).copied();
        // The branch that is checked out is what another one most likely begins on.
        let checked_out =
            branch::head(git)?.and_then(|name| Some(name.strip_prefix("refs/heads/")?.to_owned()));
        for name in checked_out.iter().map(String::as_str).chain([branch.short()]) {
            if let Some(tip) = heads.get(name) {
                remote.fetch(git, name, *tip)?;
            }
        }
        let failed = |error: git2::Error| git_error("read the branches of a remote", &error);
        let mut tips: Vec<Oid> = heads.into_values().collect();
        for tracked in [format!("refs/remotes/{}/*", remote.name()), tracking_name(remote.name(), "*")] {
            let tracked = git.references_glob(&tracked).map_err(failed)?;
            tips.extend(tracked.filter_map(|it| it.ok()?.target()));
        }
        Ok(Self { git, branch, remote, theirs, tips })
    }

    /// The first commit, from this one downwards, that the remote has.
    fn shared_part(&self, commit: Oid) -> Result<Option<Oid>> {
        shared_part(self.git, commit, &self.tips)
    }

    /// Whether a commit arrived whose sending failed: the remote may have taken it and not been heard.
    fn arrived(&self, new: Oid, error: Error) -> Result<Pushed> {
        if error.kind == ErrorKind::Undecided {
            return Err(error);
        }
        let has_it = || -> Result<bool> {
            let Some(theirs) = self.remote.head(self.branch.short())? else { return Ok(false) };
            self.remote.fetch(self.git, self.branch.short(), theirs)?;
            descends(self.git, theirs, new)
        };
        if has_it().unwrap_or(false) { Ok(Pushed::Done) } else { Err(error) }
    }

    /// The refusal to send commits along that nobody asked to send.
    fn unpushed(&self, branch: &str, is_diverged: bool) -> Error {
        let remote = self.remote.name();
        let message = format!("{branch} has commits of its own that {remote} does not have");
        let help = match (branch, is_diverged) {
            ("HEAD", _) => format!("push them first, or begin at a commit that {remote} has"),
            (_, true) => format!(
                "git pull --rebase {remote} {branch}, then git push {remote} {branch}, then try it again"
            ),
            (_, false) => format!("git push {remote} {branch}, then try it again"),
        };
        Error::stale(message).with_help(help)
    }
}

fn sent(commit: Oid, branch: &Branch, remote: &Remote, is_new: bool) -> Committed {
    Committed {
        commit: commit_id(commit),
        branch: branch.short().to_owned(),
        left_alone: Vec::new(),
        is_new,
        pushed: Some(remote.name().to_owned()),
        behind: None,
    }
}

/// The refusal of a branch that has other commits in the way.
fn apart(branch: &str, remote: Option<&Remote>) -> Error {
    let (whose, delete) = match remote {
        None => (String::new(), format!("git branch -D {branch}")),
        Some(remote) => {
            let remote = remote.name();
            (format!(" of {remote}"), format!("git push {remote} --delete {branch}"))
        }
    };
    Error::undecided(format!(
        "branch {branch}{whose} has other commits, and on top of them this would be another change"
    ))
    .with_help(format!(
        "look at them, then merge what is checked out into {branch}, take another name, or begin anew: {delete}"
    ))
}

fn moved_too_often(branch: &Branch) -> Error {
    Error::busy(format!("branch {} moved {TRIES} times while the change was decided", branch.short()))
        .with_help("nothing was changed; try it again when it is quieter")
}
