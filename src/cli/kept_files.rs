//! What is said of files that stay for old readers and did not follow their items.

use super::context::Context;
use crate::model::{Environment, Key, Result, Revision};
use crate::ops::{self, At, Workspace};
use crate::report::sanitize::clean;
use crate::store::transaction::Committed;

/// Says which kept files somebody has to change, after a commit or a change of the working tree.
pub(super) fn tell_of_kept(
    committed: Option<&Committed>,
    (keys, environment): (&[Key], Environment),
    (workspace, context): (&Workspace, &Context),
) -> Result<()> {
    let revision = match committed {
        Some(committed) => Revision::Commit(committed.commit.clone()),
        None => workspace.revision(&At::Here)?,
    };
    for (file, key) in ops::kept_apart(workspace, &revision, keys, environment)? {
        context.remark(&format!(
            "note: old readers read {}, which no longer says what `{key}` of {environment} says; change it too",
            clean(&file)
        ));
    }
    Ok(())
}
