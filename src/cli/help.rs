//! What can be done about an error or a finding, in the words of the command line.

use std::sync::Arc;

use crate::engine::review::Review;
use crate::engine::rules::CheckReport;
use crate::model::{Error, Finding, Help};

/// The advice with our commands and flags.
pub(super) fn say(help: &Help) -> String {
    help.worded(&words)
}

/// An error whose advice is said with our commands and flags.
pub(super) fn worded(error: Error) -> Error {
    match error.help.as_ref().map(say) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// Says the advice of findings with our commands and flags.
pub(super) fn word_findings(findings: &mut [Finding]) {
    for finding in findings {
        finding.help = say(&finding.help).into();
    }
}

/// A report whose advice is said with our commands and flags.
pub(super) fn worded_report(mut report: Arc<CheckReport>) -> Arc<CheckReport> {
    word_findings(&mut Arc::make_mut(&mut report).findings);
    report
}

/// The same for all findings of a review.
pub(super) fn word_review(review: &mut Review) {
    let found = &mut review.findings;
    for findings in [&mut found.introduced, &mut found.known, &mut found.mended] {
        word_findings(findings);
    }
}

fn words(help: &Help) -> Option<String> {
    let text = match help {
        Help::LayOut => "run `terrace init` to lay one out, or say where it is with -C DIR",
        Help::TakeOver => "`terrace migrate` shows how its files are taken over",
        Help::NameRoot(roots) => {
            let shown = roots.iter().take(8).map(|root| format!("-C {root}")).collect::<Vec<_>>().join(", ");
            let more = if roots.len() > 8 { ", …" } else { "" };
            return Some(format!("further down there is one; say where: {shown}{more}"));
        }
        Help::OtherFolder => "check the spelling, and the folder that terrace runs in (-C DIR)",
        Help::MakeRepository => "terrace init makes one",
        Help::ListItems => "`terrace list` shows the items there are",
        Help::NameEnvironment(environment) => {
            return Some(format!(
                "an item is named here, and an environment by an option: --env {environment}, of promote --to {environment}"
            ));
        }
        Help::NameRevision => "name a commit: --at REV",
        Help::CommitDirectly => "commit directly: --commit",
        Help::NameBranch => "check out a branch, or name one with --branch",
        Help::CreateItem => "--create makes a new item",
        Help::SayNew(near) => {
            return Some(format!("did you mean `{near}`? --new says that the new key is meant"));
        }
        Help::CreateParents => "--parents makes what is missing",
        Help::GiveText => {
            "quote it for YAML as well (\"'a: b'\"), write JSON, or pass --string to take it as it is"
        }
        Help::NameSources => {
            "name a file or a folder of this repository; without one, `terrace migrate` lists candidates"
        }
        Help::OtherKey => "migrate one of them alone, with --as KEY to give it another name",
        Help::TakeAs { files, environment } => {
            return Some(format!("terrace migrate {} --env {environment}", files.join(" ")));
        }
        Help::GiveKey => "name the one file, or those of one item, and give it a key: --as KEY",
        Help::WithoutKeeping => {
            "only files below it can be kept and compared; migrate this one without --keep-legacy"
        }
        Help::SkipInvalid => "or leave such files with --skip-invalid",
        Help::RestoreRecord => {
            "terrace migrate --keep-legacy writes this file; bring it back with git restore"
        }
        Help::NameBase => "name a commit or branch to compare with: terrace review --base REV",
        Help::FetchBase => "fetch it, for example with `fetch-depth: 0`, or name a commit: --base REV",
        Help::FetchHistory => {
            "fetch the rest: git fetch --unshallow; in GitHub Actions check out with `fetch-depth: 0`, in GitLab CI set GIT_DEPTH to 0"
        }
        Help::ShapeItem => {
            "a new item is created as a whole; --except PATH leaves parts out, --set PATH=VALUE gives it its own"
        }
        Help::LeaveOut => "nothing was committed; make this change by hand, or leave it out with --except",
        Help::DecideConflicts => {
            "decide with --take source=PATH, --take target=PATH or --set PATH=VALUE, or leave them with --skip-undecided"
        }
        Help::WriteOut { key, environment, path } => {
            return Some(format!(
                "write it out first: terrace set {key} '{path}' VALUE --env {environment} --commit; or give it no value and leave it with --skip-undecided"
            ));
        }
        Help::DecideNew => {
            "take them with --with-new, leave them with --without-new, or name some with --only PATH"
        }
        Help::DecideRemovals => {
            "take them with --with-removals, leave them with --without-removals, or name some with --only PATH"
        }
        Help::Emptying => "name the paths that go with --only PATH, or say --delete",
        Help::GiveValues(paths) => {
            let lines: Vec<_> = paths.iter().map(|path| format!("--set '{path}=…'")).collect();
            return Some(format!("give a value: {}", lines.join(" ")));
        }
        Help::GiveSecretOrExclude(line) => {
            return Some(format!(
                "give the target its own value with --set PATH=VALUE, or leave the path out; where it is no \
                 secret, say so under [secrets] in terrace.toml: {line}"
            ));
        }
        Help::GiveOrLeaveOut => "give the target its own value with --set PATH=VALUE, or leave the path out",
        Help::SeePlan => {
            "a selection names paths or source commits of the plan; run with --dry-run to see them"
        }
        Help::PromoteDeletion(target) => {
            return Some(format!("if it was deleted there, delete it in {target} with --delete"));
        }
        Help::SeeRollback => "run with --dry-run and without --only to see what it changes",
        Help::ChooseRollback => {
            "name what to take back with --only PATH, or restore a revision with --to REV"
        }
        Help::WithoutChoice => "take it back without --only",
        Help::RestoreRevision => "name the revision whose values shall come back: --to REV",
        Help::FindPromotion(key, commit) => {
            let before = "restore the values from before it with --to";
            return Some(format!("`terrace log {key}` lists promotions; {before} {}~1", commit.short()));
        }
        Help::TakeBackMerge(merge) => {
            return Some(format!("take back all that came with it: --promotion {}", merge.short()));
        }
        Help::AcceptDeletion => "delete it with --delete",
        Help::AcceptErrors => "accept that with --force",
        Help::CheckEnvironment(environment) => {
            return Some(format!("only items without errors leave: terrace check --env {environment}"));
        }
        Help::PlanAnew => "nothing was committed; plan anew: terrace promote … -o FILE",
        Help::SetByItself => {
            "leave it out of the plan, and give it with: terrace set KEY PATH VALUE --env ENVIRONMENT"
        }
        Help::ReadDecisions => "terrace hold writes this file; `terrace hold --list` shows what it says",
        Help::OtherFormat { formats, or } => {
            let or = or.as_ref().map_or(String::new(), |or| format!(", or {or}"));
            return Some(format!("take --format {formats}{or}"));
        }
        Help::WithoutFile { formats } => {
            return Some(format!("take --format {formats}, or hand it over with `terrace run`"));
        }
        Help::AllowName(name) => {
            return Some(format!(
                "give every name a prefix: --prefix APP_; where it is meant: [run] allow = [\"{name}\"] in terrace.toml"
            ));
        }
        Help::AllowSecrets => {
            "keep a reference in the place of each secret; where those who read the store may read them: --allow-secrets"
        }
        Help::AcceptRewrite(first) => {
            return Some(format!("{first}; where that is meant: --accept-rewrite"));
        }
        Help::AllowEmpty => {
            "see that this is the right branch and folder; where that is meant: --allow-empty"
        }
        Help::PrefixFormats(formats) => return Some(format!("--prefix goes with {formats}")),
        Help::ReadRule { text, rule } => return Some(format!("{text}: terrace explain {rule}")),
        Help::ConvertFile => "convert it with `terrace migrate`, or move it out of `environments/`",
        Help::InferSchema(None) => "write them from the values there are: terrace schema infer",
        Help::InferSchema(Some(key)) => {
            return Some(format!("write one from the values there are: terrace schema infer {key}"));
        }
        Help::TryEarlier => {
            "set here what should be tried before it is real; terrace diff shows all that differs"
        }
        Help::SetValue { key, environment, path } => {
            return Some(format!(
                "no promotion brings it: terrace set {key} '{path}' - --env {environment}, or accept it with a waiver"
            ));
        }
        Help::ListChanges(key) => {
            return Some(format!("`terrace log {key}` shows the paths that changed"));
        }
        Help::ReadPolicy => "terrace explain policy shows what terrace.toml may hold",
        Help::Begin => "run `terrace init` to lay one out here, or name a folder with `-C DIR`",
        Help::WithoutWorkTree => "name a revision: --at REV",
        Help::OtherBranch => {
            "no branch was moved, here or there; send it another way, for example with --branch and a pull request"
        }
        Help::FinishMigration => "when nobody reads the old files any more: terrace migrate --finish",
        _ => return None,
    };
    Some(text.to_owned())
}
