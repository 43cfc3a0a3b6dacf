//! What `terrace promote` is asked for.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use clap::builder::NonEmptyStringValueParser;

use crate::cli::context::Context;
use crate::cli::destination::Destination;
use crate::cli::parse;
use crate::engine::promotion::Selection;
use crate::guards::{self, Guard};
use crate::model::policy::NewKeys;
use crate::model::{Environment, Error, Hop, Key, KeyGlob, Policy, Result, Value, ValuePath};
use crate::ops::{Workspace, not_a_value};
use crate::report::sanitize::clean;
use crate::secrets::shown_path;
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
pub(in crate::cli) struct Args {
    /// The items; a glob such as 'billing/*' is as --all for those that match
    #[arg(value_name = "KEY", required_unless_present_any = ["all", "plan"], conflicts_with = "all")]
    pub(super) keys: Vec<String>,
    /// Every item that both environments have
    #[arg(long)]
    pub(super) all: bool,
    /// The environment that gets the changes
    #[arg(long, value_name = "ENVIRONMENT", required_unless_present = "plan")]
    pub(super) to: Option<String>,
    /// The environment they come from; implied by --to
    #[arg(long, value_name = "ENVIRONMENT")]
    pub(super) from: Option<String>,
    /// Only this path; a new key named here is taken
    #[arg(long, value_name = "PATH")]
    pub(super) only: Vec<String>,
    /// Not this path
    #[arg(long, value_name = "PATH")]
    pub(super) except: Vec<String>,
    /// Only what this commit changed: of the source, or the one that its value came from
    #[arg(long, value_name = "COMMIT")]
    pub(super) change: Vec<String>,
    /// source=PATH writes the source's value; target=PATH keeps the target's and records it
    #[arg(long, value_name = "SIDE=PATH")]
    pub(super) take: Vec<String>,
    /// Give the target a value of its own
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Why the target keeps its value, with --take target=PATH
    #[arg(long, value_name = "REASON")]
    pub(super) reason: Option<String>,
    /// Take new keys
    #[arg(long, conflicts_with = "without_new")]
    pub(super) with_new: bool,
    /// Leave new keys
    #[arg(long)]
    pub(super) without_new: bool,
    /// Take removals of values that the target has for itself
    #[arg(long, conflicts_with = "without_removals")]
    pub(super) with_removals: bool,
    /// Leave removals of values that the target has for itself
    #[arg(long)]
    pub(super) without_removals: bool,
    /// Leave conflicts and questions instead of stopping
    #[arg(long)]
    pub(super) skip_undecided: bool,
    /// With --all or a glob: create the items that only the source has
    #[arg(long)]
    pub(super) create: bool,
    /// Delete the named items that the source deleted
    #[arg(long)]
    pub(super) delete: bool,
    /// Show the plan and stop; exits as the real run would
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write the plan to FILE, to be reviewed and carried out with --plan, and stop
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Carry out this plan exactly, or refuse when a file has changed since (exit 4)
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "keys", "all", "to", "from", "only", "except", "change", "take", "set", "reason", "with_new",
        "without_new", "with_removals", "without_removals", "skip_undecided", "create", "delete", "output",
    ])]
    pub(super) plan: Option<PathBuf>,
    /// With --dry-run: exit 1 when something waits
    #[arg(long, requires = "dry_run")]
    pub(super) exit_code: bool,
    /// text or json
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    pub(super) format: String,
    #[command(flatten)]
    pub(super) destination: Destination,
    /// The commit's subject
    #[arg(short, long, value_name = "MESSAGE", value_parser = NonEmptyStringValueParser::new())]
    pub(super) message: Option<String>,
    /// Commit without asking
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Show secrets instead of masking them
    #[arg(long)]
    pub(super) show_secrets: bool,
}

impl Args {
    /// The items that are named by their keys.
    pub(super) fn named(&self) -> Result<Vec<Key>, Error> {
        self.keys.iter().filter(|word| !KeyGlob::is_meant(word)).map(|word| parse(word)).collect()
    }

    /// Those that are named by globs.
    pub(super) fn globs(&self) -> Result<Vec<KeyGlob>, Error> {
        self.keys.iter().filter(|word| KeyGlob::is_meant(word)).map(|word| parse(word)).collect()
    }

    /// What is printed: after -o too, where a format is named there and no file.
    pub(super) fn format(&self) -> &str {
        match self.output.as_deref().and_then(Path::to_str) {
            Some(format @ ("json" | "text")) => format,
            _ => &self.format,
        }
    }

    /// The plan's file.
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref().filter(|file| !matches!(file.to_str(), Some("json" | "text" | "yaml")))
    }

    /// Where what was done is told: a machine format has standard output to itself.
    pub(super) fn told(&self, context: &Context) -> Box<dyn Write> {
        if self.format() == "json" { context.err() } else { context.screen("text") }
    }

    pub(super) fn hop(&self) -> Result<Hop> {
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

    pub(super) fn selection(&self, workspace: &Workspace, policy: &Policy) -> Result<Selection> {
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
        refuse_contradictions(&selection)?;
        Ok(selection)
    }
}

/// Refuses a path that is to become two things.
fn refuse_contradictions(selection: &Selection) -> Result<()> {
    let mut said: BTreeMap<&ValuePath, &str> = BTreeMap::new();
    let wishes = [
        (&selection.take_source, "--take source"),
        (&selection.take_target, "--take target"),
        (&selection.except, "--except"),
    ];
    let paths = wishes.into_iter().flat_map(|(paths, option)| paths.iter().map(move |path| (path, option)));
    for (path, option) in paths.chain(selection.set.iter().map(|(path, _)| (path, "--set"))) {
        let other = said.insert(path, option).filter(|other| *other != option || option == "--set");
        if let Some(other) = other {
            let path = clean(&shown_path(path)).into_owned();
            let message = match other == option {
                true => format!("{option} gives `{path}` two values"),
                false => format!("{other} and {option} both speak of `{path}`"),
            };
            return Err(Error::usage(message).with_help("say for each path one thing that becomes of it"));
        }
    }
    Ok(())
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
        // What may be the value stands behind the path.
        let path = word.find([':', ' ']).map_or(word.to_owned(), |end| format!("{}…", word.split_at(end).0));
        return Err(wrong(&path, "is not PATH=VALUE"));
    };
    let place = parse(path)?;
    if value.trim().is_empty() {
        return Err(not_a_value(&place, value));
    }
    // The value is not repeated: it may be a secret.
    let value = one_value(value).ok_or_else(|| wrong(path, "is given what is not one YAML value"))?;
    Ok((place, value))
}

/// The value that a text is as YAML; nothing where it is not one.
pub(super) fn one_value(text: &str) -> Option<Value> {
    Document::parse(text.as_bytes(), &Limits::default()).ok().map(|document| document.value().clone())
}
