//! File modes as git records them, and how they change.

use std::fmt;

/// What git records a file as, besides its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// A regular file.
    Regular,
    /// A regular file that may be run.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A commit of another repository.
    Submodule,
}

impl FileMode {
    /// The digits that git prints.
    #[must_use]
    pub const fn digits(self) -> &'static str {
        match self {
            Self::Regular => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Submodule => "160000",
        }
    }

    /// The mode that git prints as these digits.
    #[must_use]
    pub fn of_digits(digits: &str) -> Option<Self> {
        let all = [Self::Regular, Self::Executable, Self::Symlink, Self::Submodule];
        all.into_iter().find(|mode| mode.digits() == digits)
    }

    /// Whether content of such a file is configuration.
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, Self::Regular | Self::Executable)
    }
}

/// How a file is recorded before and after; `None` where there is none.
pub type Modes = [Option<FileMode>; 2];

/// A file that is recorded with another mode than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// The file, relative to the git root.
    pub file: String,
    /// Its mode before.
    pub before: FileMode,
    /// Its mode after.
    pub after: FileMode,
}

impl fmt::Display for ModeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&described(self.before, self.after))
    }
}

/// A change of a mode, in words.
#[must_use]
pub fn described(before: FileMode, after: FileMode) -> String {
    let now = match after {
        FileMode::Regular if before == FileMode::Executable => "no longer executable",
        FileMode::Regular => "a regular file now",
        FileMode::Executable => "executable now",
        FileMode::Symlink => "a symbolic link now",
        FileMode::Submodule => "a submodule now",
    };
    format!("mode {} → {}, {now}", before.digits(), after.digits())
}
