//! The variables of the process, as a door hands them in, and what of them is git's.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The variables of a process. Empty by default: nothing is looked up that nobody handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessEnvironment {
    variables: BTreeMap<OsString, OsString>,
}

/// What of git's variables a git that we start gets: who acts and when, whose configuration counts,
/// and how it reaches a remote.
const KEPT: [&str; 3] = ["GIT_ASKPASS", "GIT_TERMINAL_PROMPT", "GIT_PROTOCOL"];
const KEPT_BEGINNINGS: [&str; 4] = ["GIT_CONFIG", "GIT_SSH", "GIT_AUTHOR_", "GIT_COMMITTER_"];

impl ProcessEnvironment {
    /// These variables.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    /// A variable that is set, and not to nothing.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The same as it is given, empty too: for the few to whom nothing is an answer.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The same as text, whatever it is made of; blanks are nothing.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        let value = self.get(name)?.to_string_lossy().into_owned();
        Some(value).filter(|value| !value.trim().is_empty())
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// What a git that we start gets: all but those variables of git's by which it would work
    /// elsewhere, or run what we did not ask for.
    pub(super) fn for_git(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let is_kept = |name: &OsStr| {
            let name = name.to_string_lossy();
            !name.starts_with("GIT_")
                || KEPT.contains(&&*name)
                || KEPT_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        };
        let all = self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        all.filter(move |(name, _)| is_kept(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_gets_nothing_that_leads_it_elsewhere() {
        let pair = |name: &str| (OsString::from(name), OsString::from("x"));
        let names = [
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_ASKPASS",
            "GIT_AUTHOR_NAME",
            "GIT_COMMON_DIR",
            "GIT_CONFIG_COUNT",
            "GIT_CONFIG_GLOBAL",
            "GIT_DIR",
            "GIT_EDITOR",
            "GIT_EXTERNAL_DIFF",
            "GIT_INDEX_FILE",
            "GIT_NAMESPACE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_PAGER",
            "GIT_SSH_COMMAND",
            "GIT_TERMINAL_PROMPT",
            "GIT_WORK_TREE",
            "HOME",
            "PATH",
        ];
        let environment = ProcessEnvironment::of(names.map(pair));
        let kept: Vec<_> = environment.for_git().filter_map(|(name, _)| name.to_str()).collect();
        assert_eq!(
            kept,
            [
                "GIT_ASKPASS",
                "GIT_AUTHOR_NAME",
                "GIT_CONFIG_COUNT",
                "GIT_CONFIG_GLOBAL",
                "GIT_SSH_COMMAND",
                "GIT_TERMINAL_PROMPT",
                "HOME",
                "PATH"
            ]
        );
    }

    #[test]
    fn what_is_set_to_nothing_is_not_set() {
        let pairs = [("A", ""), ("B", " "), ("C", "c")];
        let environment = ProcessEnvironment::of(pairs.map(|(name, value)| (name.into(), value.into())));
        assert_eq!((environment.get("A"), environment.text("B")), (None, None));
        assert_eq!(environment.text("C").as_deref(), Some("c"));
    }
}
