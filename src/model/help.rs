//! What can be done about an error or a finding, as a fact; each door says it in its own words.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CommitId, Environment, Key, Rule, ValuePath};

/// What can be done about an error or a finding.
///
/// Shown, it is a sentence that names no command and no flag of ours, true at every door; the command
/// line, the API and the page say it with their own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Help {
    /// Advice that names nothing of a door's.
    Text(String),
    /// A word was a slip of the hand.
    DidYouMean(String),
    /// Several things, each of which may do.
    Any(Vec<Self>),
    /// Lay a configuration out, or name the folder that holds one.
    LayOut,
    /// Take the folders over that hold environments under other names.
    TakeOver,
    /// Name one of these folders, which hold configuration.
    NameRoot(Vec<String>),
    /// Name a folder of the right place: what was looked for is not where it was looked for.
    OtherFolder,
    /// Make a git repository.
    MakeRepository,
    /// Look which items there are.
    ListItems,
    /// Name an item; this environment is named otherwise.
    NameEnvironment(Environment),
    /// Look which revisions can be named, and name one.
    NameRevision,
    /// Commit, instead of writing to a working tree that is not there.
    CommitDirectly,
    /// Name the branch that is to change.
    NameBranch,
    /// Let the command make the item.
    CreateItem,
    /// Take this near word, or say that a new key is meant.
    SayNew(String),
    /// Let the command make what is missing on the way to a path.
    CreateParents,
    /// Give a text as it is, for it is no YAML value.
    GiveText,
    /// Say which files become items.
    NameSources,
    /// Migrate one of several files that would become one item, under another key.
    OtherKey,
    /// Take these files (relative to the git root) over as an environment's.
    TakeAs {
        /// The files.
        files: Vec<String>,
        /// The environment.
        environment: Environment,
    },
    /// Give the item another key than its file's path.
    GiveKey,
    /// Migrate without keeping the old files.
    WithoutKeeping,
    /// Leave files out that cannot be read.
    SkipInvalid,
    /// A record that the migration writes.
    RestoreRecord,
    /// Name the commit to compare with.
    NameBase,
    /// Fetch the commit to compare with, or name another.
    FetchBase,
    /// Fetch the part of the history that the clone lacks.
    FetchHistory,
    /// A new item is taken as a whole; say what it leaves out or gets instead.
    ShapeItem,
    /// Leave a path out of a promotion.
    LeaveOut,
    /// Write out what is read through an alias, or leave it.
    WriteOut {
        /// The item.
        key: Key,
        /// The environment that reads it.
        environment: Environment,
        /// Where the alias stands.
        path: Box<ValuePath>,
    },
    /// Decide conflicts.
    DecideConflicts,
    /// Decide about new keys.
    DecideNew,
    /// A promotion would leave nothing of an item.
    Emptying,
    /// Removals of a target's own values are open.
    DecideRemovals,
    /// Give the target values of its own.
    GiveValues(Vec<ValuePath>),
    /// Give the target a value of its own, or leave the path out.
    GiveOrLeaveOut,
    /// The same of a secret; where it is none, this line of `terrace.toml` says so.
    GiveSecretOrExclude(String),
    /// Look at the plan, in which the paths and commits stand that can be chosen.
    SeePlan,
    /// Promote a deletion to this environment.
    PromoteDeletion(Environment),
    /// Look at what a rollback would change.
    SeeRollback,
    /// Choose what is taken back, or restore a revision.
    ChooseRollback,
    /// Take an item back as a whole.
    WithoutChoice,
    /// Name the revision whose values are to come back.
    RestoreRevision,
    /// Look for the promotions of an item, or restore what was before a commit.
    FindPromotion(Key, CommitId),
    /// Take back the merge that brought a commit.
    TakeBackMerge(CommitId),
    /// Accept that an item goes as a whole.
    AcceptDeletion,
    /// Accept the errors that older values bring.
    AcceptErrors,
    /// Look at all findings of an environment: only items without errors leave.
    CheckEnvironment(Environment),
    /// Make the plan anew.
    PlanAnew,
    /// Leave a value out of a plan and set it by itself.
    SetByItself,
    /// The file in which decisions are kept.
    ReadDecisions,
    /// Finish a merge in the file.
    FinishMerge,
    /// Take another format.
    OtherFormat {
        /// Those that do.
        formats: Cow<'static, str>,
        /// What else can be done.
        or: Option<Cow<'static, str>>,
    },
    /// Take another format, or hand the values to a process without any file.
    WithoutFile {
        /// The formats that do.
        formats: Cow<'static, str>,
    },
    /// Give names a prefix, or allow this one by the policy.
    AllowName(String),
    /// Let secrets in clear leave, or keep references in their place.
    AllowSecrets,
    /// Let a store be changed that holds no earlier state of the branch.
    AcceptRewrite(Cow<'static, str>),
    /// Let all that was published go.
    AllowEmpty,
    /// A prefix goes with these formats alone.
    PrefixFormats(Cow<'static, str>),
    /// The first of it, and the second where that is meant: what is read about a rule says how.
    ReadRule {
        /// What can be done.
        text: String,
        /// The rule whose explanation says more.
        rule: Rule,
    },
    /// Convert a file of another format, or put it elsewhere.
    ConvertFile,
    /// Write schemas from the values there are; of one item, or of all.
    InferSchema(Option<Key>),
    /// Set in an earlier environment what is to be tried there.
    TryEarlier,
    /// Give an environment a value that no promotion brings.
    SetValue {
        /// The item.
        key: Key,
        /// The environment that lacks it.
        environment: Environment,
        /// Where.
        path: Box<ValuePath>,
    },
    /// Remove the files that a migration kept, when nobody reads them any more.
    FinishMigration,
    /// Look which paths of an item changed.
    ListChanges(Key),
    /// Read what a policy may hold.
    ReadPolicy,
    /// Lay a configuration out where there is no repository yet, or name the folder that has one.
    Begin,
    /// Name a revision in the place of a working tree.
    WithoutWorkTree,
    /// Send a change by another way than a branch that refuses it.
    OtherBranch,
    /// What can be done, and why it is told.
    Because {
        /// What can be done.
        help: Box<Self>,
        /// Why, said in brackets.
        why: Cow<'static, str>,
    },
}

impl Help {
    /// What can be done, in the words of a door: `word` says what it says otherwise, `None` where the
    /// common words do.
    pub(crate) fn worded(&self, word: &dyn Fn(&Self) -> Option<String>) -> String {
        match self {
            Self::Any(several) => {
                let several: Vec<_> = several.iter().map(|help| help.worded(word)).collect();
                let mut text = String::new();
                for part in several.iter().filter(|part| !part.is_empty()) {
                    let join = if text.is_empty() {
                        ""
                    } else if text.ends_with('?') {
                        " "
                    } else {
                        "; "
                    };
                    text.push_str(join);
                    text.push_str(part);
                }
                text
            }
            Self::Because { help, why } => format!("{} ({why})", help.worded(word)),
            one => word(one).unwrap_or_else(|| one.common().into_owned()),
        }
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Any(several) => several.iter().all(Self::is_empty),
            one => matches!(one, Self::Text(text) if text.is_empty()),
        }
    }

    fn common(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::DidYouMean(word) => format!("did you mean `{word}`?").into(),
            Self::Any(_) | Self::Because { .. } => self.worded(&|_| None).into(),
            Self::LayOut => "name the folder that holds `environments/`".into(),
            Self::TakeOver => "call the folders development, staging and production".into(),
            Self::NameRoot(roots) => {
                format!("name one of the folders that hold one: {}", roots.join(", ")).into()
            }
            Self::OtherFolder => "check the spelling, and the folder that it is looked for in".into(),
            Self::MakeRepository => "make it a git repository first".into(),
            Self::ListItems => "name an item that the environment has".into(),
            Self::NameEnvironment(environment) => {
                format!("an item is named here, and this is an environment: {environment}").into()
            }
            Self::NameRevision => "name a commit, a branch or a tag".into(),
            Self::CommitDirectly => "commit the change instead".into(),
            Self::NameBranch => "name the branch that is to change".into(),
            Self::CreateItem => "say that the item is to be made".into(),
            Self::SayNew(near) => format!("did you mean `{near}`? Otherwise say that the key is new").into(),
            Self::CreateParents => "say that what is missing on the way is to be made".into(),
            Self::GiveText => "quote it for YAML, or write JSON".into(),
            Self::NameSources => "name a file or a folder of this repository".into(),
            Self::OtherKey => "migrate one of them alone, under another key".into(),
            Self::TakeAs { files, environment } => {
                format!("take {} over as {environment}'s", files.join(", ")).into()
            }
            Self::GiveKey => "give the item a key of its own".into(),
            Self::WithoutKeeping => {
                "only files below it can be kept and compared; migrate this one without keeping it".into()
            }
            Self::SkipInvalid => "or leave such files out".into(),
            Self::RestoreRecord => "a migration writes this file; bring it back from git".into(),
            Self::NameBase => "name a commit or branch to compare with".into(),
            Self::FetchBase => "fetch it, or name a commit to compare with".into(),
            Self::FetchHistory => "fetch the rest of the history".into(),
            Self::ShapeItem => {
                "a new item is created as a whole; leave paths out, or give them values of its own".into()
            }
            Self::LeaveOut => "nothing was committed; make this change by hand, or leave its path out".into(),
            Self::WriteOut { key, environment, path } => {
                format!("write out what {environment} reads at `{path}` of {key} first, or leave the path")
                    .into()
            }
            Self::DecideConflicts => "take one side, give a value, or leave them undecided".into(),
            Self::Emptying => "name the paths that go, or say that the item goes".into(),
            Self::DecideRemovals => "take them, leave them, or choose some by their paths".into(),
            Self::DecideNew => "take them, leave them, or choose some by their paths".into(),
            Self::GiveValues(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
                format!("give a value for {}", paths.join(", ")).into()
            }
            Self::GiveOrLeaveOut => "give the target its own value, or leave the path out".into(),
            Self::GiveSecretOrExclude(line) => format!(
                "give the target its own value, or leave the path out; where it is no secret, say so under \
                 [secrets] in terrace.toml: {line}"
            )
            .into(),
            Self::SeePlan => "a selection names paths or source commits of the plan; look at it first".into(),
            Self::PromoteDeletion(target) => {
                format!("if it was deleted there, promote the deletion to {target}").into()
            }
            Self::SeeRollback => "look at all that it changes first".into(),
            Self::ChooseRollback => "choose what to take back, or restore a revision".into(),
            Self::WithoutChoice => "take it back as a whole".into(),
            Self::RestoreRevision => "name the revision whose values shall come back".into(),
            Self::FindPromotion(key, commit) => {
                format!("look for the promotions of {key}, or restore what was before {}", commit.short())
                    .into()
            }
            Self::TakeBackMerge(merge) => format!("take back all that came with {}", merge.short()).into(),
            Self::AcceptDeletion => "say that the item goes".into(),
            Self::AcceptErrors => "accept that on purpose".into(),
            Self::CheckEnvironment(_) => "only items without errors leave".into(),
            Self::PlanAnew => "nothing was committed; make the plan anew".into(),
            Self::SetByItself => "leave it out of the plan, and set it by itself".into(),
            Self::ReadDecisions => "this file holds decisions; mend it, or bring it back from git".into(),
            Self::FinishMerge => {
                "decide for one of the two sides, and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`"
                    .into()
            }
            Self::OtherFormat { formats, or } => {
                let or = or.as_ref().map_or(String::new(), |or| format!(", or {or}"));
                format!("take the format {formats}{or}").into()
            }
            Self::WithoutFile { formats } => format!("take the format {formats}").into(),
            Self::AllowName(name) => format!(
                "give every name a prefix; where it is meant: [run] allow = [\"{name}\"] in terrace.toml"
            )
            .into(),
            Self::AllowSecrets => {
                "keep a reference in the place of each secret, or allow secrets where they go".into()
            }
            Self::AcceptRewrite(first) => {
                format!("{first}; where that is meant, accept what the store holds").into()
            }
            Self::AllowEmpty => {
                "see that this is the right branch and folder, or allow an empty store".into()
            }
            Self::PrefixFormats(formats) => format!("a prefix goes with {formats}").into(),
            Self::ReadRule { text, .. } => text.as_str().into(),
            Self::ConvertFile => "convert it to YAML, or move it out of `environments/`".into(),
            Self::InferSchema(None) => "write them from the values there are".into(),
            Self::InferSchema(Some(_)) => "write one from the values there are".into(),
            Self::TryEarlier => "set here what should be tried before it is real".into(),
            Self::SetValue { environment, .. } => format!(
                "no promotion brings it: give {environment} a value of its own, or accept it with a waiver"
            )
            .into(),
            Self::ListChanges(_) => "look at the item's history without a path".into(),
            Self::ReadPolicy => "see what the guide says of terrace.toml".into(),
            Self::Begin => "name a folder of a git repository that holds `environments/`".into(),
            Self::WithoutWorkTree => "name a revision".into(),
            Self::OtherBranch => {
                "no branch was moved, here or there; send it another way, for example by a branch of its own"
                    .into()
            }
            Self::FinishMigration => "when nobody reads the old files any more, finish the migration".into(),
        }
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.common())
    }
}

impl From<String> for Help {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Help {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
