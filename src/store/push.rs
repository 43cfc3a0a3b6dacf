//! The remotes of a repository, and what it may say about them.
//!
//! What the repository's own configuration would have executed is refused before anything is
//! committed.

use std::sync::Arc;

use super::git_config::Scope;
use super::git_error::git_error;
use super::remote::Remote;
use super::repository::Repository;
use crate::model::{Error, Result, closest};

impl Repository {
    /// The configured remote of that name.
    ///
    /// # Errors
    /// When there is none, or the repository's own configuration names a program that a push would
    /// run.
    pub fn remote(&self, name: &str) -> Result<Remote> {
        let known = self.git()?.remotes().map_err(|error| git_error("read the remotes", &error))?;
        let known: Vec<&str> = known.iter().flatten().flatten().collect();
        if !known.contains(&name) {
            let near = closest(name, known.iter().copied());
            let help = match known.as_slice() {
                [] => "there are none; git remote add NAME URL adds one".to_owned(),
                names => match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the remotes are {}", names.join(", ")),
                },
            };
            return Err(Error::usage(format!("there is no remote `{}`", name.escape_debug())).with_help(help));
        }
        self.refuse_programs(name)?;
        Ok(Remote {
            name: name.to_owned(),
            has_own_ssh: self.config()?.get("core.sshcommand").is_some(),
            limit: None,
            folder: self.transaction_path().to_path_buf(),
            environment: Arc::clone(self.environment()),
        })
    }

    fn refuse_programs(&self, remote: &str) -> Result<()> {
        let config = self.config()?;
        let own = config.entries().iter().filter(|entry| entry.scope == Scope::Repository);
        let names: Vec<_> = own.map(|entry| entry.name.as_str()).collect();
        match names.iter().find(|name| names_a_program(name, remote)) {
            None => Ok(()),
            Some(name) => Err(Error::state(format!(
                "the repository's own configuration says what to run for a push ({name})"
            ))
            .with_help("terrace runs nothing that a repository names; put it into your global configuration, or push by hand")),
        }
    }
}

/// Whether a setting names what asking and feeding a remote would execute here.
fn names_a_program(name: &str, remote: &str) -> bool {
    let own = |what: &str| name == format!("remote.{remote}.{what}");
    matches!(name, "core.sshcommand" | "core.askpass" | "core.gitproxy" | "core.alternaterefscommand")
        || (name.starts_with("credential.") && name.ends_with("helper"))
        || own("receivepack")
        || own("uploadpack")
        || own("vcs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_name_programs_are_known() {
        for (name, expected) in [
            ("core.sshcommand", true),
            ("credential.helper", true),
            ("credential.https://example.com.helper", true),
            ("remote.origin.receivepack", true),
            ("remote.other.receivepack", false),
            ("remote.origin.url", false),
            ("credential.username", false),
        ] {
            assert_eq!(names_a_program(name, "origin"), expected, "{name}");
        }
    }
}
