//! The settings of VS Code kept in step with the schemas, in the working tree.

use super::workspace::{At, Workspace};
use crate::json_schema::editor_settings::{FILE, mapping, settings};
use crate::model::{Error, Result};
use crate::store::transaction::write_work_tree;

/// What became of the editor's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorSettings {
    /// They say all that there is to say.
    Current,
    /// They were written.
    Written(&'static str),
    /// They are somebody's, and cannot be merged; the reason.
    LeftAlone(&'static str, &'static str),
}

/// Puts the schemas of the working tree's items into the editor's settings at the git root.
///
/// # Errors
/// When the items cannot be listed, or the file cannot be read or written.
pub fn keep_editor(workspace: &Workspace) -> Result<EditorSettings> {
    let Some(root) = workspace.repository.work_tree() else { return Ok(EditorSettings::Current) };
    let configuration = workspace.configuration(&At::Here)?;
    let (snapshot, schemas) = (configuration.snapshot(), configuration.schemas());
    let mapping =
        mapping(&snapshot.prefix, &snapshot.keys(), &|key, environment| schemas.describing(key, environment));
    if mapping.is_empty() {
        return Ok(EditorSettings::Current);
    }
    let path = root.join(FILE);
    let old = match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io("read", &path, &error)),
    };
    let Ok(text) = old.as_deref().map(std::str::from_utf8).transpose() else {
        return Ok(EditorSettings::LeftAlone(FILE, "it is not UTF-8"));
    };
    match settings(text, &mapping) {
        Err(reason) => Ok(EditorSettings::LeftAlone(FILE, reason)),
        Ok(new) if Some(new.as_str()) == text => Ok(EditorSettings::Current),
        Ok(new) => {
            write_work_tree(root, FILE, old.as_deref(), new.as_bytes(), workspace.repository.environment())?;
            Ok(EditorSettings::Written(FILE))
        }
    }
}
