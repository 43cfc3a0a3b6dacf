//! `terrace promote`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::ask::{Answer, ask, read_line};
use super::context::Context;
use super::destination::{Destination, tell};
use super::{Failure, Outcome, parse, plan_file};
use crate::engine::promotion::{Action, LeftAlone, PlanEntry, Reason, Resolution, Selection};
use crate::guards::{self, Guard};
use crate::model::policy::NewKeys;
use crate::model::{CommitInfo, Environment, Error, Hop, Key, KeyGlob, Policy, Result, Value, ValuePath};
use crate::ops::{self, Planner, Prepared, PromoteRequest, Workspace};
use crate::report::sanitize::{clean, cut};
use crate::report::{View, plan};
use crate::secrets::exclusion;
use crate::secrets::mask::{Mask, Reveal};
use crate::store::transaction::{Committed, Options};
use crate::yaml::{Document, Limits};

/// Move changes from one environment to the next.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Shows the plan, asks, and makes one commit. Paths cover what is below them.

Examples:
  terrace promote payments --to production
  terrace promote --all --to staging --dry-run
  terrace promote payments --to production --only cache --yes
  terrace promote payments --to production --take target=limits.rate --take source=search.boost
  terrace promote --all --to production -o plan.json && terrace promote --plan plan.json --yes
  terrace promote payments --to production --branch promote-payments --push origin --yes

Exit codes: 0 done or nothing to do · 3 something must be decided · 4 somebody else was faster")]
pub(super) struct Args {
    /// The items; a glob such as 'billing/*' is as --all for those that match
    #[arg(value_name = "KEY", required_unless_present_any = ["all", "plan"], conflicts_with = "all")]
    keys: Vec<String>,
    /// Every item that both environments have
    #[arg(long)]
    all: bool,
    /// The environment that gets the changes
    #[arg(long, value_name = "ENVIRONMENT", required_unless_present = "plan")]
    to: Option<String>,
    /// The environment they come from; implied by --to
    #[arg(long, value_name = "ENVIRONMENT")]
    from: Option<String>,
    /// Only this path; a new key named here is taken
    #[arg(long, value_name = "PATH")]
    only: Vec<String>,
    /// Not this path
    #[arg(long, value_name = "PATH")]
    except: Vec<String>,
    /// Only what this commit changed: of the source, or the one that its value came from
    #[arg(long, value_name = "COMMIT")]
    change: Vec<String>,
    /// source=PATH writes the source's value; target=PATH keeps the target's and records it
    #[arg(long, value_name = "SIDE=PATH")]
    take: Vec<String>,
    /// Give the target a value of its own
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Why the target keeps its value, with --take target=PATH
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Take new keys
    #[arg(long, conflicts_with = "without_new")]
    with_new: bool,
    /// Leave new keys
    #[arg(long)]
    without_new: bool,
    /// Take removals of values that the target has for itself
    #[arg(long, conflicts_with = "without_removals")]
    with_removals: bool,
    /// Leave removals of values that the target has for itself
    #[arg(long)]
    without_removals: bool,
    /// Leave conflicts instead of stopping
    #[arg(long)]
    skip_undecided: bool,
    /// With --all or a glob: create the items that only the source has
    #[arg(long)]
    create: bool,
    /// Delete the named items that the source deleted
    #[arg(long)]
    delete: bool,
    /// Show the plan and stop; exits as the real run would
    #[arg(long)]
    dry_run: bool,
    /// Write the plan to FILE, to be reviewed and carried out with --plan, and stop
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Carry out this plan exactly, or refuse when a file has changed since (exit 4)
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "keys", "all", "to", "from", "only", "except", "change", "take", "set", "reason", "with_new",
        "without_new", "with_removals", "without_removals", "skip_undecided", "create", "delete", "output",
    ])]
    plan: Option<PathBuf>,
    /// With --dry-run: exit 1 when something waits
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// text or json
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    format: String,
    #[command(flatten)]
    destination: Destination,
    /// The commit's subject
    #[arg(short, long, value_name = "MESSAGE")]
    message: Option<String>,
    /// Commit without asking
    #[arg(short, long)]
    yes: bool,
    /// Show secrets instead of masking them
    #[arg(long)]
    show_secrets: bool,
}

impl Args {
    /// The items that are named by their keys.
    fn named(&self) -> Result<Vec<Key>, Error> {
        self.keys.iter().filter(|word| !KeyGlob::is_meant(word)).map(|word| parse(word)).collect()
    }

    /// Those that are named by globs.
    fn globs(&self) -> Result<Vec<KeyGlob>, Error> {
        self.keys.iter().filter(|word| KeyGlob::is_meant(word)).map(|word| parse(word)).collect()
    }

    /// What is printed: after -o too, where a format is named there and no file.
    fn format(&self) -> &str {
        match self.output.as_deref().and_then(Path::to_str) {
            Some(format @ ("json" | "text")) => format,
            _ => &self.format,
        }
    }

    /// The plan's file.
    fn output(&self) -> Option<&Path> {
        self.output.as_deref().filter(|file| !matches!(file.to_str(), Some("json" | "text" | "yaml")))
    }

    /// Where what was done is told: a machine format has standard output to itself.
    fn told(&self, context: &Context) -> Box<dyn Write> {
        if self.format() == "json" { context.err() } else { context.screen("text") }
    }

    fn hop(&self) -> Result<Hop> {
        let target = parse::<Environment>(self.to.as_deref().unwrap_or_default())?;
        let source = self.from.as_deref().map(parse::<Environment>).transpose()?;
        let hop = Hop::into_target(target).ok_or_else(|| {
            Error::usage("nothing is promoted to development")
                .with_help("changes begin there: terrace set KEY PATH VALUE --env development")
        })?;
        match source {
            Some(source) if source != hop.source() && !guards::off(Guard::PromotionOrder) => {
                let message = format!("there is no promotion from {source} to {target}");
                Err(Error::usage(message)
                    .with_help(format!("{target} takes from {}; promote hop by hop", hop.source())))
            }
            _ => Ok(hop),
        }
    }

    fn selection(&self, workspace: &Workspace, policy: &Policy) -> Result<Selection> {
        let paths =
            |words: &[String]| words.iter().map(|word| parse::<ValuePath>(word)).collect::<Result<Vec<_>>>();
        let mut selection = Selection {
            only: paths(&self.only)?,
            except: paths(&self.except)?,
            changes: Vec::new(),
            new_keys: answer(self.with_new, self.without_new, policy.new_keys.value),
            removals: answer(self.with_removals, self.without_removals, policy.removals.value),
            skip_undecided: self.skip_undecided,
            ..Selection::default()
        };
        for commit in &self.change {
            selection.changes.push(workspace.repository.commit(commit)?.to_string());
        }
        for word in &self.take {
            match word.split_once('=') {
                Some(("source", path)) => selection.take_source.push(parse(path)?),
                Some(("target", path)) => selection.take_target.push(parse(path)?),
                _ => {
                    return Err(Error::usage(format!("`--take {}` names no side", clean(word)))
                        .with_help("write --take source=PATH or --take target=PATH"));
                }
            }
        }
        for word in &self.set {
            selection.set.push(assignment(word)?);
        }
        Ok(selection)
    }
}

/// What the flags say, else the policy.
const fn answer(with: bool, without: bool, policy: NewKeys) -> NewKeys {
    match (with, without) {
        (true, _) => NewKeys::Take,
        (_, true) => NewKeys::Leave,
        _ => policy,
    }
}

/// `PATH=VALUE`; the `=` of a list identity stands in brackets.
fn assignment(word: &str) -> Result<(ValuePath, Value)> {
    let mut depth = 0_usize;
    let at = word.char_indices().find(|(_, c)| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *c == '=' && depth == 0
    });
    let wrong = |path: &str, what: &str| {
        Error::usage(format!("`--set {}` {what}", clean(path)))
            .with_help("for example: --set limits.rate=40/s")
    };
    let Some((path, value)) = at.and_then(|(i, _)| Some((word.get(..i)?, word.get(i + 1..)?))) else {
        return Err(wrong(word, "is not PATH=VALUE"));
    };
    // The value is not repeated: it may be a secret.
    let value = one_value(value).ok_or_else(|| wrong(path, "is given what is not one YAML value"))?;
    Ok((parse(path)?, value))
}

/// The value that a text is as YAML; nothing where it is not one.
fn one_value(text: &str) -> Option<Value> {
    Document::parse(text.as_bytes(), &Limits::default()).ok().map(|document| document.value().clone())
}

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
        let mut request = PromoteRequest {
            keys: args.named()?,
            matching: args.globs()?,
            hop,
            selection: args.selection(workspace, policy)?,
            answers: BTreeMap::new(),
            create_unnamed: args.create,
            delete: args.delete,
            leave_unwritable: false,
            reason: args.reason.clone(),
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
        let asking = !args.yes && context.is_interactive();
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
        self.commit(&prepared, &|options| {
            ops::commit_promotion(workspace, &request, &prepared, args.message.as_deref(), options)
        })
    }

    /// Carries out a plan file.
    fn carry_out(&self, file: &Path) -> Outcome {
        let Self { args, context, workspace, planner, .. } = *self;
        let (plan, prepared) = plan_file::read(file, workspace, planner, context)?;
        let agreed = &plan.agreed;
        self.show(&prepared, (agreed.hop, agreed.reason.as_deref()))?;
        if args.dry_run {
            prepared.require_decided()?;
            if !args.exit_code {
                ops::preflight_promotion(workspace, &prepared, &self.options)?;
            }
            return Ok(u8::from(args.exit_code && !prepared.is_empty()));
        }
        self.commit(&prepared, &|options| {
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
        prepared: &Prepared,
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
        Ok(0)
    }

    /// Asks about conflicts, one path at a time; false when the user quits.
    fn answer_conflicts(&self, request: &mut PromoteRequest, prepared: &Prepared) -> Result<bool> {
        let Self { args, context, planner, .. } = *self;
        let mask = planner.configuration.mask(Reveal::asked(args.show_secrets));
        let view = context.view();
        let target = request.hop.target();
        for (key, line) in prepared.conflicts() {
            let question = plan::conflict(key, &line.masked(&mask), request.hop, &view);
            let path = line.path.clone();
            let mut choices =
                vec![Answer::Source, Answer::Target, Answer::Value, Answer::Leave, Answer::Quit];
            choices.retain(|answer| *answer != Answer::Value || takes_one_value(line));
            let answers = request.answers.entry(key.clone()).or_default();
            loop {
                match ask(context, &question, &choices)? {
                    Answer::Source => answers.take_source.push(path),
                    Answer::Target if args.reason.is_some() => answers.take_target.push((path, None)),
                    Answer::Target => {
                        let question = format!("Why does {target} keep it? (it is recorded)  ");
                        let Some(reason) = read_line(context, &question)? else { return Ok(false) };
                        let reason = Some(reason).filter(|reason| !reason.is_empty());
                        answers.take_target.push((path, reason));
                    }
                    Answer::Value => {
                        let question = format!("The value for {target}:  ");
                        let Some(text) = read_line(context, &question)? else { return Ok(false) };
                        let Some(value) = one_value(&text).filter(|_| !text.is_empty()) else {
                            context.remark("that is not one YAML value");
                            continue;
                        };
                        answers.set.push((path, value));
                    }
                    Answer::Leave => answers.skip.push(path),
                    Answer::Yes | Answer::No | Answer::Never | Answer::Skip | Answer::Quit => {
                        return Ok(false);
                    }
                }
                break;
            }
        }
        Ok(true)
    }

    /// Prints the plans, and what becomes of whole items.
    fn show(&self, prepared: &Prepared, terms: (Hop, Option<&str>)) -> Result<(), Failure> {
        let Self { args, context, planner, .. } = *self;
        let mask = planner.configuration.mask(Reveal::asked(args.show_secrets));
        let mut out = context.screen(args.format());
        if args.format() == "json" {
            plan_file::json(prepared, &mask, terms, &mut out)?;
            return Ok(());
        }
        let view = context.view();
        let globs = args.globs()?;
        let all = args.all || !globs.is_empty();
        let plans = plan_file::masked(prepared, &mask);
        for plan in plans.iter().filter(|plan| !all || plan::acts(plan) || view.verbose) {
            if all {
                plan::brief(plan, &view, &mut out)?;
            } else {
                plan::text(plan, &view, &mut out)?;
            }
            if let Some(comments) = prepared.left_comments.get(&plan.key) {
                writeln!(
                    out,
                    "comments left out: {}",
                    clean(&mask.plain_text(&comments.join("; ")).shown.join(" "))
                )?;
            }
            writeln!(out)?;
        }
        show_items(prepared, terms.0, (&view, &mask), &mut out)?;
        if let Some(note) = not_a_secret(prepared) {
            writeln!(out, "{note}\n")?;
        }
        if all {
            let is_meant = |key: &&Key| args.all || globs.iter().any(|glob| glob.is_match(key));
            let only_in_source =
                prepared.left.iter().filter(|(_, left)| *left == LeftAlone::OnlyInSource).count();
            let totals = plan::Totals {
                items: planner.configuration.snapshot().keys().into_iter().filter(is_meant).count(),
                created: prepared.creations.len(),
                only_in_source,
                target: terms.0.target(),
            };
            writeln!(out, "{}", totals.sentence(&plans))?;
        }
        out.flush()?;
        Ok(())
    }
}

/// What to write where the first of the secrets that are left is none.
fn not_a_secret(prepared: &Prepared) -> Option<String> {
    let kept = |line: &&PlanEntry| line.reason == Reason::Secret && !line.is_taken();
    let path = prepared.plans.iter().flat_map(|plan| &plan.lines).find(kept).map(|line| &line.path)?;
    let path = clean(&exclusion(path)).into_owned();
    Some(format!("where it is no secret: {path} under [secrets] in terrace.toml"))
}

/// Prints what becomes of whole items.
fn show_items(
    prepared: &Prepared,
    hop: Hop,
    (view, mask): (&View, &Mask<'_>),
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let target = hop.target();
    for creation in &prepared.creations {
        writeln!(out, "{}   new item in {target}", creation.key)?;
        for (path, value) in &creation.given {
            let (path, value) = (path.to_string(), mask.value(path, value).to_string());
            writeln!(out, "  set     {}   {}   as given", clean(&path), cut(&value, 60))?;
        }
        for path in &creation.left_out {
            let why = if creation.to_give.contains(path) {
                format!("pinned or secret; {target} needs its own")
            } else {
                "as asked for".to_owned()
            };
            writeln!(out, "  left    {}   {why}", clean(&path.to_string()))?;
        }
        if !creation.to_give.is_empty() {
            let lines =
                creation.to_give.iter().map(|path| format!(" --set '{}=…'", clean(&path.to_string())));
            let lines: String = lines.collect();
            writeln!(out, "  to give them: terrace promote {} --to {target}{lines}", creation.key)?;
        }
        if !creation.left_comments.is_empty() {
            writeln!(
                out,
                "  comments left out: {}",
                clean(&mask.plain_text(&creation.left_comments.join("; ")).shown.join(" "))
            )?;
        }
        for (path, environment) in &creation.foreign {
            writeln!(
                out,
                "  look    {}   names {environment}; {target} may need its own",
                clean(&path.to_string())
            )?;
        }
        writeln!(out)?;
    }
    for key in &prepared.deletions {
        writeln!(out, "{key}   deleted in {target}\n")?;
    }
    let only_in_source = prepared.left.iter().filter(|(_, left)| *left == LeftAlone::OnlyInSource);
    let only_in_source: Vec<&str> = only_in_source.map(|(key, _)| key.as_str()).collect();
    if !only_in_source.is_empty() {
        writeln!(out, "not in {target} yet (--create): {}", view.names(&only_in_source))?;
    }
    for (key, left) in &prepared.left {
        let why = match left {
            LeftAlone::OnlyInSource => continue,
            LeftAlone::Deleted => {
                format!("is deleted in {}: terrace promote {key} --to {target} --delete", hop.source())
            }
            LeftAlone::Encrypted(file) => format!("left alone: {}", clean(&file.to_string())),
            LeftAlone::Shared(path) => {
                let path = clean(&path.to_string()).into_owned();
                format!(
                    "left alone: `{path}` is read through an alias that others use: terrace promote {key} --to {target}"
                )
            }
            LeftAlone::Unreadable(why) | LeftAlone::Unwritable(why) => format!("left alone: {}", clean(why)),
            LeftAlone::Refused(finding) => format!("left alone: {}", clean(&ops::refusal(finding))),
        };
        writeln!(out, "{key}   {why}")?;
    }
    Ok(())
}

/// What a question is about: which keys are new, renamed and removed.
fn what_is_asked(lines: &[(&Key, &PlanEntry)], view: &View) -> String {
    let several = lines.windows(2).any(|pair| pair[0].0 != pair[1].0);
    let names = |what: &str, is_meant: fn(Resolution) -> bool| {
        let lines = lines.iter().filter(|(_, line)| !line.awaits_another() && is_meant(line.resolution));
        let name = |(key, line): &(&Key, &PlanEntry)| match several {
            true => format!("{key}:{}", line.path),
            false => line.path.to_string(),
        };
        let names: Vec<String> = lines.map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{what} {}", view.names(&names)))
    };
    let parts = [
        names("new", |it| !matches!(it, Resolution::Renamed | Resolution::Removed)),
        names("renamed", |it| it == Resolution::Renamed),
        names("removed", |it| it == Resolution::Removed),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Whether what is in conflict is one value, and not all that is below a path.
fn takes_one_value(line: &PlanEntry) -> bool {
    let is_one = |value: &Value| match value {
        Value::Map(_) => false,
        Value::List(list) => list.iter().all(|value| value.as_map().is_none()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => true,
    };
    line.source.iter().chain(&line.target).all(is_one)
}

/// Asks about new keys, one change at a time; false when the user quits.
fn answer_new_keys(request: &mut PromoteRequest, prepared: &Prepared, context: &Context) -> Result<bool> {
    let mut groups: Vec<(CommitInfo, Vec<(&Key, &PlanEntry)>)> = Vec::new();
    for (key, line) in prepared.with(&Action::Ask) {
        let Some(commit) = line.change().cloned() else { continue };
        match groups.iter_mut().find(|(known, _)| known.id == commit.id) {
            Some((_, lines)) => lines.push((key, line)),
            None => groups.push((commit, vec![(key, line)])),
        }
    }
    for (commit, lines) in groups {
        let CommitInfo { id, subject, .. } = &commit;
        let question =
            format!("Take \"{}\" ({}) as well?", cut(subject, 60), what_is_asked(&lines, &context.view()));
        match ask(context, &question, &[Answer::Yes, Answer::Never, Answer::Skip, Answer::Quit])? {
            Answer::Yes => request.selection.accepted.push(id.to_string()),
            Answer::No | Answer::Never => {
                for (key, line) in lines {
                    let answers = request.answers.entry(key.clone()).or_default();
                    answers.take_target.push((line.path.clone(), None));
                }
            }
            Answer::Skip => request.selection.left.push(id.to_string()),
            Answer::Source | Answer::Target | Answer::Value | Answer::Leave | Answer::Quit => {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
