//! The user's editor, and the private file that it is given.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::git_config::GitConfig;
use super::process_environment::ProcessEnvironment;
use crate::model::{Error, Result};

/// The editor that the user's git names; what a repository names is never run.
#[must_use]
pub fn configured(environment: &ProcessEnvironment) -> Option<String> {
    GitConfig::of_user(environment).ok()?.text(&["core.editor"])
}

/// Opens a file in an editor and waits for it. The editor is a line of the shell, as it is to git.
///
/// # Errors
/// When it cannot be started or does not end well.
pub fn open(editor: &str, file: &Path) -> Result<()> {
    let script = format!("{editor} \"$@\"");
    let status = Command::new("sh").arg("-c").arg(script).arg(editor).arg(file).status();
    let status =
        status.map_err(|error| Error::usage(format!("cannot start the editor `{editor}`: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let how = status.code().map_or_else(|| "by a signal".to_owned(), |code| format!("with exit code {code}"));
    Err(Error::usage(format!("the editor `{editor}` ended {how}; nothing was changed"))
        .with_help("choose another one by VISUAL, EDITOR or git's core.editor"))
}

/// A file that nobody else reads, in a folder of its own; both go when it is dropped, unless kept.
#[derive(Debug)]
pub struct Scratch {
    // Editors leave their own files beside ours; they go with the folder.
    folder: TempDir,
    file: PathBuf,
}

impl Scratch {
    /// A file called `name` somewhere below `parent`, with this content.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(parent: &Path, name: &str, bytes: &[u8]) -> Result<Self> {
        let folder = private_folder(parent)?;
        let scratch = Self { file: folder.path().join(name), folder };
        let written = private_file().open(&scratch.file).and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| Error::io("write", &scratch.file, &error))?;
        Ok(scratch)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// What the file holds now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<Vec<u8>> {
        fs::read(&self.file).map_err(|error| Error::io("read", &self.file, &error))
    }

    /// Leaves the file where it is, and says where.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        let _ = self.folder.keep();
        self.file
    }
}

fn private_folder(parent: &Path) -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("terrace-edit-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.tempdir_in(parent).map_err(|error| Error::io("make a folder in", parent, &error))
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_file_is_private_and_goes_unless_kept() {
        let parent = tempfile::tempdir().expect("a folder");
        let (first, second) =
            (Scratch::new(parent.path(), "a.yaml", b"1"), Scratch::new(parent.path(), "a.yaml", b"2"));
        let (first, second) = (first.expect("a file"), second.expect("another"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
            assert_eq!((mode(first.path()), mode(first.path().parent().expect("a folder"))), (0o600, 0o700));
        }
        fs::write(first.path().with_extension("yaml~"), "a backup").expect("written");
        let (gone, kept) = (first.path().to_owned(), second.keep());
        drop(first);
        assert!(!gone.parent().expect("a folder").exists());
        assert_eq!(fs::read(kept).expect("kept"), b"2");
    }

    #[cfg(unix)]
    #[test]
    fn the_editor_is_a_line_of_the_shell() {
        let parent = tempfile::tempdir().expect("a folder");
        let scratch = Scratch::new(parent.path(), "it's a.yaml", b"a: 1\n").expect("a file");
        open("sed -i -e 's/1/2 3/'", scratch.path()).expect("edited");
        assert_eq!(scratch.read().expect("there"), b"a: 2 3\n");
        let error = open("exit 7;", scratch.path()).expect_err("ended");
        assert_eq!(error.message, "the editor `exit 7;` ended with exit code 7; nothing was changed");
    }
}
