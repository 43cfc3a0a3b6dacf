//! `terrace review`

use clap::Args as ClapArgs;

use super::context::Context;
use super::help::word_review;
use super::{Outcome, keys, parse};
use crate::model::{ErrorKind, Finding, Rule, Severity, Waivable};
use crate::ops::{self, GithubHints, GitlabHints, ReviewRequest, Workspace};
use crate::report::{Format, review};

/// Say what a change means for every environment.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Without --base the change is what HEAD has and its upstream has not: the branch's configured upstream,\nelse origin's main branch, else main or master. On pull requests GitHub's and GitLab's variables say it.\n\nExamples:\n  terrace review\n  terrace review --base main --head feature payments\n  terrace review --strict --fail-on policy\n  terrace review --format markdown > comment.md\n\nExit codes: 0 no errors introduced · 1 errors introduced (with --strict: warnings that a waiver could accept too; with --fail-on policy: a weakened policy too)"
)]
pub(super) struct Args {
    /// Only these items
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Compare with the commit at which the change left REV
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Review this commit instead of HEAD
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Exit 1 for warnings as well that a waiver could accept
    #[arg(long)]
    strict: bool,
    /// Exit 1 for this as well: policy, whatever `policy-weakened` tells
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    /// text, json, markdown, github, sarif, junit or gitlab
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    format: String,
}

/// What else ends with exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// A weakened policy.
    Policy,
}

impl Args {
    /// Whether a finding that the change introduces is one to fail on.
    fn counts(&self, finding: &Finding) -> bool {
        match (finding.severity, finding.rule) {
            (Severity::Error, _) => true,
            (_, Rule::PolicyWeakened) => self.fail_on == Some(FailOn::Policy),
            (Severity::Warning, rule) => self.strict && rule.explanation().waivable != Waivable::Level,
            (Severity::Notice, _) => false,
        }
    }
}

/// The revisions that were named in the place of items.
fn revisions(words: &[String], workspace: &Workspace) -> Option<[String; 2]> {
    let ends = match words {
        [range] => match range.split_once("..") {
            Some((base, head)) => [base, head.trim_start_matches('.')],
            None => [range.as_str(), "HEAD"],
        },
        [base, head] => [base.as_str(), head.as_str()],
        _ => return None,
    };
    let ends = ends.map(|end| if end.is_empty() { "HEAD" } else { end });
    ends.iter().all(|end| workspace.repository.commit(end).is_ok()).then(|| ends.map(str::to_owned))
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let format = parse::<Format>(&args.format)?;
    let variable = |name: &str| context.environment().text(name);
    let request = ReviewRequest {
        base: args.base.clone(),
        head: args.head.clone(),
        github: GithubHints {
            event: variable("GITHUB_EVENT_NAME"),
            base_ref: variable("GITHUB_BASE_REF"),
            sha: variable("GITHUB_SHA"),
        },
        gitlab: GitlabHints {
            base: variable("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
            target: variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        },
    };
    let workspace = context.workspace()?;
    let reviewed =
        keys(&args.keys).and_then(|keys| ops::review(&workspace, &request, &keys, context.today()));
    let mut found = reviewed.map_err(|error| match revisions(&args.keys, &workspace) {
        Some([base, head]) if error.kind == ErrorKind::Usage => {
            error.with_help(format!("revisions are named by options: --base {base} --head {head}"))
        }
        _ => error,
    })?;
    word_review(&mut found);
    review::review(format, &found, &context.view(), &mut context.pages(format.name()))?;
    Ok(u8::from(found.introduced().iter().any(|finding| args.counts(finding))))
}
