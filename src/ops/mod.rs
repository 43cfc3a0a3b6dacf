//! Each verb once: read a snapshot, judge, commit or report.
//!
//! Doors (the command line, a server, a library user) call these operations and only translate.
//! Author, time and the process environment are arguments; what is printed is somebody else's.

mod candidates;
mod changes;
mod check;
mod diff;
mod edit;
mod edit_text;
mod environment_words;
mod expected;
mod export;
mod file_rules;
mod finish_migration;
mod git_diff;
mod git_merge;
mod hold;
mod init;
mod item;
mod judged_items;
mod kept_files;
mod log;
mod migrate;
mod modes;
mod named;
mod patch;
mod plan;
mod promote;
#[cfg(feature = "publish")]
mod publish;
mod remembered_status;
mod review;
mod rollback;
mod saved_plan;
mod schema;
mod served;
mod set;
mod slips;
mod states;
mod status;
mod take_over;
mod trial;
mod validation;
mod vscode;
mod workspace;

pub use crate::store::{HookManager, InstallState, IntegrationEntry, IntegrationTarget};
pub use candidates::{commit_candidates, key_candidates, path_candidates, revision_candidates};
pub use changes::{
    Allow as AllowChanges, ChangeOutcome, ChangeRequest, ItemChange, ItemEdit, ItemOutcome, PathEdit,
    Prepared as PreparedChanges, commit as commit_changes, commit_if as commit_changes_if,
    prepare as prepare_changes, prepare_whole as prepare_whole_changes,
};
pub use check::{Introduced, check, check_since, findings};
pub use diff::{Compared, Side, Texts, diff, matrix};
pub use edit_text::{Edited, Editing, edit};
pub use environment_words::suggested_words;
pub use expected::{Expected, changed_since};
pub use export::{ExportRequest, export, export_at, variables};
pub use finish_migration::{finish_migration, kept};
pub use git_diff::git_diff;
pub use git_merge::{MergeFiles, git_merge};
pub use hold::{HoldRequest, decider, held, held_at, held_in, hold, release, would_hold, would_release};
pub use init::init;
pub use item::{ItemView, get, list, no_item, no_such_path};
pub use judged_items::{JudgedItem, judge_items};
pub use kept_files::kept_apart;
pub use log::{LogRequest, blame, log};
pub use migrate::{
    MigrateRequest, Prepared as PreparedMigration, commit as commit_migration, prepare as prepare_migration,
    require_clear,
};
pub use modes::mode_changes;
#[doc(hidden)]
pub use patch::{patched, require_still_masked};
pub use plan::Planner;
pub use promote::{
    Answers, Creation, Prepared, PromoteRequest, commit as commit_promotion, left_on_branch,
    preflight as preflight_promotion, prepare as prepare_promotion, refusal, uncommitted_sources,
};
#[cfg(feature = "publish")]
pub use publish::{Publication, PublishRequest, PublishedChange, Publisher};
pub use review::{GithubHints, GitlabHints, ReviewRequest, review};
pub use rollback::{
    Prepared as PreparedRollback, RollbackRequest, RollbackTarget, commit as commit_rollback,
    prepare as prepare_rollback,
};
pub use saved_plan::{Agreed, agree, commit as commit_agreed, prepare as prepare_agreed};
pub use schema::{Inferred, State as SchemaState, infer, typed as typed_schema, write as write_schemas};
pub use served::{
    Good, HeldBack, ServedEnvironment, SharedHistory, blocking, environment_at, judge, last_change_of_hop,
};
#[cfg(feature = "cli")]
pub(crate) use set::not_a_value;
pub use set::{Edit, Outcome, SetRequest, set, set_committed};
pub use status::{Status, status, status_of};
pub use take_over::{
    PolicyWords, PreparedTakeOver, TakeOverRequest, commit as commit_take_over, environment_branches,
    prepare as prepare_take_over, require_clear as require_clear_take_over,
};
pub use trial::{Shared, Trial, TrialResult, try_out};
pub use vscode::{EditorSettings, keep_editor};
pub use workspace::{At, Workspace};
