//! What is said of the settings of VS Code.

use std::io::Write;

use super::Failure;
use super::context::Context;
use crate::ops::{self, EditorSettings, Workspace};

/// Keeps the editor's settings in step, and says what became of them.
pub(super) fn keep(workspace: &Workspace, context: &Context) -> Result<(), Failure> {
    match ops::keep_editor(workspace)? {
        EditorSettings::Current => {}
        EditorSettings::Written(file) => writeln!(context.out(), "{:<8} {file}", "wrote")?,
        EditorSettings::LeftAlone(file, reason) => {
            context.remark(&format!("left {file} alone: {reason}"));
        }
    }
    Ok(())
}
