//! The user's git: the one place that starts it.
//!
//! What it is asked is fixed in the code; of the variables it gets those that were handed in, but for
//! the ones that would lead it elsewhere.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::process_environment::ProcessEnvironment;

/// A git that asks nobody anything on its standard input, and speaks the language of programs.
pub(super) fn git(environment: &ProcessEnvironment) -> Command {
    let mut git = Command::new(program(environment));
    git.env_clear().envs(environment.for_git()).env("LC_ALL", "C");
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    git
}

/// Where git is. A program that is named by its path is started without a copy of this process' pages,
/// of which a server has many.
#[cfg(unix)]
fn program(environment: &ProcessEnvironment) -> PathBuf {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    let may_run = |program: &PathBuf| {
        let is_for_somebody = |mode: u32| mode & 0o111 != 0;
        program.metadata().is_ok_and(|file| file.is_file() && is_for_somebody(file.permissions().mode()))
    };
    let folders = environment.get("PATH").unwrap_or_default().as_bytes().split(|byte| *byte == b':');
    let mut programs = folders.map(|folder| Path::new(OsStr::from_bytes(folder)).join("git"));
    programs.find(|program| program.is_absolute() && may_run(program)).unwrap_or_else(|| "git".into())
}

#[cfg(not(unix))]
fn program(_: &ProcessEnvironment) -> PathBuf {
    "git".into()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{Permissions, create_dir, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn git_is_the_first_program_of_that_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for (name, mode) in [("text", 0o644), ("first", 0o755), ("second", 0o755)] {
            create_dir(at(name)).expect("a folder");
            write(at(name).join("git"), "").expect("a file");
            set_permissions(at(name).join("git"), Permissions::from_mode(mode)).expect("its mode");
        }
        create_dir(at("folder")).and_then(|()| create_dir(at("folder/git"))).expect("a folder");
        let looked = |path: &[&str]| {
            let path = path.iter().map(|name| match name.strip_prefix('/') {
                Some(name) => at(name).display().to_string(),
                None => (*name).to_owned(),
            });
            let path: Vec<String> = path.collect();
            program(&ProcessEnvironment::of([("PATH".into(), path.join(":").into())]))
        };
        assert_eq!(looked(&["/nothing", "/text", "/folder", "", ".", "/first", "/second"]), at("first/git"));
        // As the system says then.
        assert_eq!(looked(&["/text", "bin"]), PathBuf::from("git"));
        assert_eq!(program(&ProcessEnvironment::default()), PathBuf::from("git"));
    }
}
