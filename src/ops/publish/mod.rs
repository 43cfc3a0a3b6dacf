//! `publish`: a store holds what an environment serves.
//!
//! What is served is turned into names with values, compared with what the store holds under the names
//! that are ours, and the difference is written as the store allows. What was written is read again.

mod content;
mod plan;

use std::path::{Component, PathBuf};

use self::content::Content;
pub use self::plan::PublishedChange;
use self::plan::{Plan, plan};
use super::export::refuse_first;
use super::served::{Good, HeldBack, ServedEnvironment, SharedHistory};
use super::workspace::Workspace;
use crate::model::{CommitId, Environment, Error, ErrorKind, Help, Result, Revision};
use crate::sinks::{Change, Held, Sink, Target};

/// What is published, and what that may do.
#[derive(Clone, Debug)]
pub struct PublishRequest {
    /// The environment, and no other.
    pub environment: Environment,
    /// Where to.
    pub target: Target,
    /// Whether each value has a name of its own; an item has one without.
    pub is_flat: bool,
    /// Whether secrets in clear may leave.
    pub allow_secrets: bool,
    /// Whether a store may be changed that holds no earlier commit of the branch.
    pub accept_rewrite: bool,
    /// Whether all that was published may go, because the environment has no items.
    pub allow_empty: bool,
}

/// What was published, or would be.
#[derive(Debug)]
pub struct Publication {
    /// The commit that the store held, in the store's words.
    pub from: Option<String>,
    /// The commit that it holds.
    pub commit: CommitId,
    /// What changed, in the order of the names.
    pub changes: Vec<PublishedChange>,
    /// So many names are as they were.
    pub unchanged: usize,
    /// Whether it finishes what was interrupted.
    pub completes: bool,
    /// Whether everything was as promised already.
    pub is_nothing: bool,
}

/// Publishes one environment of a branch, as often as it changes.
pub struct Publisher {
    workspace: Workspace,
    branch: String,
    request: PublishRequest,
    served: Option<ServedEnvironment>,
    tip: Option<CommitId>,
}

impl Publisher {
    /// Publishes a branch; the one that HEAD names without.
    ///
    /// # Errors
    /// When there is no such branch or no configuration, or manifests would lie among items.
    pub fn new(workspace: Workspace, branch: Option<&str>, request: PublishRequest) -> Result<Self> {
        let branch = match branch {
            Some(branch) => branch.strip_prefix("refs/heads/").unwrap_or(branch).to_owned(),
            None => {
                let branch = workspace.repository.branch()?;
                branch.ok_or_else(|| Error::usage("HEAD is on no branch").with_help(Help::NameBranch))?
            }
        };
        let publisher = Self { workspace, branch, request, served: None, tip: None };
        publisher.refuse_items_folder()?;
        let snapshot = publisher.workspace.repository.snapshot(&Revision::Commit(publisher.branch_tip()?))?;
        publisher.workspace.require_configuration(&snapshot)?;
        Ok(publisher)
    }

    /// What is asked for.
    #[must_use]
    pub const fn request(&self) -> &PublishRequest {
        &self.request
    }

    /// What keeps the newest state of the environment from being published.
    #[must_use]
    pub fn held_back(&self) -> Option<&HeldBack> {
        self.served.as_ref()?.held_back.as_ref()
    }

    /// The commit that is published next.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitId> {
        Some(&self.served.as_ref()?.good.as_ref()?.commit)
    }

    /// Reads the branch where it is now; says whether it has moved.
    ///
    /// # Errors
    /// When it is gone, or cannot be read.
    pub fn look(&mut self) -> Result<bool> {
        let tip = self.branch_tip()?;
        if self.tip.as_ref() == Some(&tip) {
            return Ok(false);
        }
        let (repository, environment) = (&self.workspace.repository, self.request.environment);
        let history = SharedHistory::default();
        let served = ServedEnvironment::load(repository, environment, &tip, self.served.as_ref(), &history)?;
        (self.served, self.tip) = (Some(served), Some(tip));
        Ok(true)
    }

    /// Refuses by what keeps the newest state from being served.
    ///
    /// # Errors
    /// `Undecided`.
    pub fn require_newest(&self) -> Result<()> {
        let Some(held) = self.held_back() else { return Ok(()) };
        if let Some(error) = &held.error {
            return Err(error.clone());
        }
        refuse_first(held.findings.iter().cloned(), self.request.environment)
    }

    /// Makes the store hold what is served, or (`dry_run`) says what that would change.
    ///
    /// # Errors
    /// `Undecided` when a person has to decide, `Stale` when somebody else publishes there, `Busy` when the
    /// store cannot be reached.
    pub fn publish(&self, dry_run: bool) -> Result<Publication> {
        let environment = self.request.environment;
        let good = self.served.as_ref().and_then(|served| served.good.as_ref()).ok_or_else(|| {
            Error::undecided(format!("no state of {environment} of late is without errors that block it"))
                .with_help(Help::CheckEnvironment(environment))
        })?;
        let content = Content::read(good, &self.request)?;
        let mut sink = self.request.target.open(environment)?;
        match self.attempt(sink.as_mut(), good, &content, dry_run) {
            Err(error) if error.kind() == ErrorKind::Stale => {
                // Whoever was faster may have published the same.
                let mut sink = self.request.target.open(environment).map_err(|_| error.clone())?;
                let held = sink.read(&content.names()).map_err(|_| error.clone())?;
                let seen = plan(&content, &held, sink.as_ref()).map_err(|_| error.clone())?;
                if seen.is_nothing() { Ok(seen.publication(&content)) } else { Err(error) }
            }
            outcome => outcome,
        }
    }

    /// The commit that the store says it holds.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub fn published_commit(&self) -> Result<Option<String>> {
        self.request.target.open(self.request.environment)?.commit()
    }

    fn attempt(
        &self,
        sink: &mut dyn Sink,
        good: &Good,
        content: &Content,
        dry_run: bool,
    ) -> Result<Publication> {
        let held = sink.read(&content.names())?;
        self.require_descent(&held, good)?;
        self.refuse_emptying(&held, content)?;
        let planned = plan(content, &held, sink)?;
        if !dry_run && !planned.is_nothing() {
            sink.write(&planned.change(content), &held)?;
            verify(sink, content)?;
        }
        Ok(planned.publication(content))
    }

    fn branch_tip(&self) -> Result<CommitId> {
        self.workspace.repository.branch_tip(&self.branch)?.ok_or_else(|| {
            let message = format!("there is no branch `{}` with a commit", self.branch.escape_debug());
            Error::usage(message).with_help(Help::NameBranch)
        })
    }

    /// An older state does not take the place of a newer one, nor one repository's that of another.
    fn require_descent(&self, held: &Held, good: &Good) -> Result<()> {
        let Some(known) = held.commit.as_ref().filter(|_| !self.request.accept_rewrite) else {
            return Ok(());
        };
        if *known == good.commit.as_str() {
            return Ok(());
        }
        let repository = &self.workspace.repository;
        let wrong = |what: String, help: &'static str| {
            Err(Error::undecided(what).with_help(Help::AcceptRewrite(help.into())))
        };
        let Ok(id) = known.parse::<CommitId>() else {
            let what = format!("what the store holds is no commit: `{}`", known.escape_debug());
            return wrong(what, "somebody else may use the place; publish to a free one");
        };
        match repository.commit(id.as_str()) {
            Err(error) if error.kind() == ErrorKind::Usage => {
                let what = format!("the store holds {}, which this repository does not have", id.short());
                return wrong(what, "it may be another repository's, or newer than this clone: git fetch");
            }
            outcome => outcome?,
        };
        if repository.is_reachable(&id, good.point())? {
            return Ok(());
        }
        let (ours, theirs) = (good.commit.short(), id.short());
        let what =
            format!("the store holds {theirs}, and {ours}, which is to be published, does not follow it");
        wrong(what, "see that the branch is up to date: git pull")
    }

    fn refuse_emptying(&self, held: &Held, content: &Content) -> Result<()> {
        if self.request.allow_empty || !content.values.is_empty() {
            return Ok(());
        }
        let (environment, count) = (self.request.environment, held.names.len());
        if count == 0 {
            return Err(Error::usage(format!("{environment} has no items")).with_help(Help::ListItems));
        }
        Err(Error::undecided(format!(
            "{environment} has no items, and all {count} names that the store holds would go"
        ))
        .with_help(Help::AllowEmpty))
    }

    /// A manifest among items would be an item.
    fn refuse_items_folder(&self) -> Result<()> {
        let (Target::Manifests(folder), Some(root)) =
            (&self.request.target, self.workspace.repository.root())
        else {
            return Ok(());
        };
        // What is not there yet is made on the way, and then `..` leads out of it.
        let resolved = |path: PathBuf| {
            let path = std::path::absolute(&path).unwrap_or(path);
            let there = path.ancestors().find_map(|known| Some((known, known.canonicalize().ok()?)));
            let Some((mut real, rest)) =
                there.and_then(|(known, real)| Some((real, path.strip_prefix(known).ok()?)))
            else {
                return path;
            };
            for part in rest.components() {
                match part {
                    Component::ParentDir => _ = real.pop(),
                    Component::Normal(name) => real.push(name),
                    Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
                }
            }
            real
        };
        let items = resolved(root.join("environments"));
        if !resolved(folder.clone()).starts_with(items) {
            return Ok(());
        }
        Err(Error::usage(format!("{} is where the items are", folder.display()))
            .with_help("name a folder beside `environments/`, or one of another repository"))
    }
}

/// What was written is what was promised.
fn verify(sink: &mut dyn Sink, content: &Content) -> Result<()> {
    let held = sink.read(&content.names())?;
    let left = plan(content, &held, sink)?;
    match left.first_difference() {
        None => Ok(()),
        Some(name) => Err(Error::stale(format!("{} is not what was written there", sink.full_name(name)))
            .with_help("see who else writes there, and publish again")),
    }
}

impl Plan<'_> {
    fn change<'a>(&'a self, content: &'a Content) -> Change<'a> {
        Change {
            commit: content.commit.as_str(),
            puts: self.puts.iter().map(|(name, value)| (*name, *value)).collect(),
            removals: self.removals.iter().map(String::as_str).collect(),
            names: content.names(),
        }
    }
}
