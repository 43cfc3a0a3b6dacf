//! `init`: lays out a repository and commits it.

use std::path::Path;

use crate::engine::snapshot::{Place, place};
use crate::model::{Environment, Result, policy};
use crate::store::Repository;
use crate::store::transaction::{self, Change, Committed, FileChange, Options};

const POLICY: &str = "\
# The policy of this configuration repository. Every key has a default; see `terrace explain policy`.
version = 1

# [promotion]
# new-keys = \"ask\"                  # ask | take | leave
# removals = \"ask\"                  # of a target's own values

# [[pin]]                           # never promoted
# key = \"payments\"
# path = \"database.host\"
# to = \"production\"

# [isolation.hosts]                 # such a host may stand in no other environment
# development = [\"*.dev.example.com\", \"localhost\"]
# staging = [\"*.staging.example.com\"]
";

/// Lays out `dir`, making it a git repository when it is in none; `None` when all is there.
///
/// # Errors
/// When the folder cannot be made, or the transaction refuses.
pub fn init(dir: &Path, options: &Options) -> Result<(bool, Option<Committed>)> {
    let (created, prefix) = Repository::prepare(dir, &options.environment)?;
    let repository = Repository::discover(dir)?;
    let published = transaction::publish(repository.transaction_path(), options, None, |head| {
        let known = match head {
            Some(head) => repository.files_at(head, &prefix)?,
            None => Vec::new(),
        };
        let has = |below: &str| {
            known
                .iter()
                .any(|(path, _)| path.strip_prefix(&prefix).is_some_and(|rest| rest.starts_with(below)))
        };
        let mut files = Vec::new();
        let mut add = |path: String, text: &str| {
            files.push(FileChange {
                path: format!("{prefix}{path}"),
                before: None,
                after: Some(text.as_bytes().to_vec()),
            });
        };
        if !has(policy::FILE) {
            add(policy::FILE.to_owned(), POLICY);
        }
        for environment in Environment::ALL {
            let folder = format!("environments/{environment}/");
            debug_assert_eq!(place(&format!("{folder}.gitkeep")), None::<Place>);
            if !has(&folder) {
                add(format!("{folder}.gitkeep"), "");
            }
        }
        if files.is_empty() {
            return Ok(None);
        }
        let message = "init: lay out development, staging and production".to_owned();
        Ok(Some((Change { base: head.cloned(), files, rests_on: Vec::new(), message }, ())))
    })?;
    Ok((created, published.map(|(committed, ())| committed)))
}
