//! `terrace promote`

mod args;
mod questions;
mod show;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

pub(super) use self::args::Args;
use self::questions::answer_new_keys;
use super::ask::{Answer, ask};
use super::context::Context;
use super::destination::tell;
use super::kept_files::tell_of_kept;
use super::{Outcome, plan_file};
use crate::engine::promotion::Action;
use crate::model::{Environment, Error, Key, Result};
use crate::ops::{self, Planner, Prepared, PromoteRequest, Workspace};
use crate::store::transaction::{Committed, Options};

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    if args.output.as_deref() == Some(Path::new("yaml")) {
        return Err(Error::usage("a plan has no format `yaml`")
            .with_help("take -o json or -o text; any other word is the file that the plan is written to")
            .into());
    }
    if args.create && !args.all && args.globs()?.is_empty() {
        return Err(Error::usage("--create is for --all and globs")
            .with_help("leave it out: an item that is named is created")
            .into());
    }
    let workspace = context.workspace_to_change(args.dry_run)?;
    let options = args.destination.options(&workspace, context)?;
    let writes = !args.dry_run && args.output().is_none();
    let keys = if args.globs()?.is_empty() { args.named()? } else { Vec::new() };
    let planner = match writes {
        true => workspace.planner_to_commit(&options, &keys)?,
        false => workspace.planner_of(None, &keys)?,
    };
    args.destination.tell_start(&planner.head.id, &workspace, context);
    let work = Work { args, context, workspace: &workspace, planner: &planner, options };
    match &args.plan {
        Some(file) => work.carry_out(file),
        None => work.promote(),
    }
}

/// What both ways to promote need.
struct Work<'a> {
    args: &'a Args,
    context: &'a Context,
    workspace: &'a Workspace,
    planner: &'a Planner,
    options: Options,
}

impl Work<'_> {
    /// Plans, asks, and commits.
    fn promote(&self) -> Outcome {
        let Self { args, context, workspace, planner, .. } = *self;
        let policy = planner.configuration.policy();
        let hop = args.hop()?;
        let selection = args.selection(workspace, policy)?;
        let asking = !args.yes && context.is_interactive();
        // Git is asked who decides only where something may be decided.
        let may_decide = asking || !selection.take_target.is_empty();
        let mut request = PromoteRequest {
            keys: args.named()?,
            matching: args.globs()?,
            hop,
            selection,
            answers: BTreeMap::new(),
            create_unnamed: args.create,
            delete: args.delete,
            leave_unwritable: false,
            reason: args.reason.clone(),
            by: if may_decide { ops::decider(workspace, &self.options) } else { String::new() },
        };
        let mut prepared = ops::prepare_promotion(workspace, planner, &request)?;
        let terms = (hop, args.reason.as_deref());
        self.show(&prepared, terms)?;
        self.remark_uncommitted(&request)?;
        if let Some(file) = args.output() {
            plan_file::write(file, &prepared, terms, policy, context)?;
            context.remark(&format!("wrote {}; to carry it out: terrace promote --plan {0}", file.display()));
        }
        if args.dry_run || args.output().is_some() {
            prepared.require_decided()?;
            // With --exit-code the question is whether something waits, not whether it can be committed.
            if args.dry_run && !args.exit_code {
                ops::preflight_promotion(workspace, &prepared, &self.options)?;
            }
            return Ok(u8::from(args.exit_code && !prepared.is_empty()));
        }
        let conflicts = prepared.count(&Action::Stop);
        let is_open = conflicts + prepared.questions() > 0;
        if asking && is_open && prepared.conflicts().count() == conflicts {
            if !self.answer_conflicts(&mut request, &prepared)?
                || !answer_new_keys(&mut request, &prepared, context)?
            {
                context.remark("nothing was committed");
                return Ok(0);
            }
            prepared = ops::prepare_promotion(workspace, planner, &request)?;
            self.show(&prepared, terms)?;
        }
        let outcome = self.commit((&prepared, hop.target()), &|options| {
            ops::commit_promotion(workspace, &request, &prepared, args.message.as_deref(), options)
        })?;
        if prepared.is_empty() {
            self.remark_left_on_branch(&request)?;
        }
        Ok(outcome)
    }

    fn remark_left_on_branch(&self, request: &PromoteRequest) -> Result<()> {
        let Some(branch) = &self.options.branch else { return Ok(()) };
        let delete = match &self.options.push {
            Some(remote) => format!("git push {} --delete {branch}", remote.name()),
            None => format!("git branch -D {branch}"),
        };
        for key in ops::left_on_branch(self.workspace, request, &self.planner.head.id, &self.options)? {
            self.context.remark(&format!(
                "note: branch {branch} still changes {key} in {}, and nothing of it is promoted now; to give \
                 it up: {delete}",
                request.hop.target()
            ));
        }
        Ok(())
    }

    /// Carries out a plan file.
    fn carry_out(&self, file: &Path) -> Outcome {
        let Self { args, context, workspace, planner, .. } = *self;
        let by = ops::decider(workspace, &self.options);
        let (plan, prepared) = plan_file::read((file, by), workspace, planner, context)?;
        let agreed = &plan.agreed;
        self.show(&prepared, (agreed.hop, agreed.reason.as_deref()))?;
        if args.dry_run {
            prepared.require_decided()?;
            if !args.exit_code {
                ops::preflight_promotion(workspace, &prepared, &self.options)?;
            }
            return Ok(u8::from(args.exit_code && !prepared.is_empty()));
        }
        self.commit((&prepared, agreed.hop.target()), &|options| {
            ops::commit_agreed(workspace, agreed, &prepared, args.message.as_deref(), options)
        })
    }

    fn remark_uncommitted(&self, request: &PromoteRequest) -> Result<()> {
        for file in ops::uncommitted_sources(self.workspace, request)? {
            self.context.remark(&format!(
                "note: {file} has changes that are not committed; a promotion takes what is committed"
            ));
        }
        Ok(())
    }

    /// Asks for the last time, commits and sends.
    fn commit(
        &self,
        (prepared, target): (&Prepared, Environment),
        publish: &dyn Fn(&Options) -> Result<Option<Committed>>,
    ) -> Outcome {
        let Self { args, context, .. } = *self;
        prepared.require_decided()?;
        if !args.yes && !prepared.is_empty() {
            let question = match (prepared.changes(), prepared.count(&Action::Decline)) {
                (0, decisions) => format!("Commit {}?", crate::report::counted(decisions, "decision")),
                (changes, _) => format!("Commit {}?", crate::report::counted(changes, "change")),
            };
            if ask(context, &question, &[Answer::Yes, Answer::No])? != Answer::Yes {
                context.remark("nothing was committed");
                return Ok(0);
            }
        }
        let mut out = args.told(context);
        let Some(committed) = publish(&self.options)? else {
            writeln!(out, "nothing to do")?;
            return Ok(0);
        };
        if committed.is_new {
            writeln!(out, "committed {} on {}", committed.commit.short(), committed.branch)?;
        }
        tell(&committed, &mut *out, context)?;
        let keys: Vec<Key> = prepared.keys().cloned().collect();
        tell_of_kept(Some(&committed), (&keys, target), (self.workspace, context))?;
        Ok(0)
    }
}
