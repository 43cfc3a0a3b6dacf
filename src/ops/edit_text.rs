//! `set --edit`: an item's whole text, taken back only when it checks.

use super::kept_files::alike;
use super::slips::refuse_item;
use super::workspace::{At, Workspace};
use crate::diff::{Depth, diff};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::no_such_item;
use crate::model::{Environment, Error, Finding, Help, Key, Result, Rule, Value, ValuePath};
use crate::ops::validation::{Proposal, Validation};
use crate::secrets::encrypted;
use crate::secrets::mask::{Reveal, Shown};
use crate::store::transaction::write_work_tree;
use crate::yaml::Document;

/// An item of the working tree in somebody's hands.
pub struct Editing {
    configuration: Configuration,
    key: Key,
    environment: Environment,
    before: Option<Vec<u8>>,
}

/// One value that an edit changed, masked.
#[derive(Clone, Debug)]
pub struct Edited {
    /// Where it is.
    pub path: ValuePath,
    /// What it was.
    pub before: Option<Shown>,
    /// What it is.
    pub after: Option<Shown>,
}

/// Takes an item up; one that is missing begins empty when `create` says so, and when `is_new` says that it
/// is meant, however much it looks like another one.
///
/// # Errors
/// When there is no such item or no working tree.
pub fn edit(
    workspace: &Workspace,
    key: &Key,
    environment: Environment,
    (create, is_new): (bool, bool),
) -> Result<Editing> {
    if workspace.repository.work_tree().is_none() {
        return Err(Error::state("a bare repository has no working tree")
            .with_help("edit in a clone")
            .or_help(Help::CommitDirectly));
    }
    let configuration = workspace.configuration_of(&At::Here, key, environment)?;
    configuration.snapshot().require_file(key, environment)?;
    // A text that is no YAML can be edited: that is how it is mended.
    let before = match configuration.item(key, environment) {
        Some(item) => {
            let reading = configuration.reading(item)?;
            match reading.document.as_ref() {
                Ok(document) if encrypted::is_sealed(document.values()) => {
                    return Err(encrypted::refusal(&item.file));
                }
                Err(rejection) => {
                    if let Some(ciphertext) = rejection.ciphertext {
                        return Err(encrypted::whole_refusal(&item.file, ciphertext));
                    }
                }
                Ok(_) => {}
            }
            Some(reading.bytes.to_vec())
        }
        None if create => {
            if !is_new {
                refuse_item(&configuration, workspace.readable, key, environment)?;
            }
            None
        }
        None => {
            let known = configuration.snapshot().items().filter(|item| item.id.environment == environment);
            let error = no_such_item(key, known.map(|item| &item.id.key).collect(), environment.into());
            return Err(error.or_help(Help::CreateItem));
        }
    };
    Ok(Editing { configuration, key: key.clone(), environment, before })
}

impl Editing {
    /// The item's bytes as they were taken up.
    #[must_use]
    pub fn before(&self) -> &[u8] {
        self.before.as_deref().unwrap_or_default()
    }

    /// Whether the item is only being made.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// The item's file, relative to the git root.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}{}", self.configuration.snapshot().prefix, self.key.file(self.environment))
    }

    /// The errors that a text would bring and that the item did not have.
    ///
    /// # Errors
    /// When something else cannot be read.
    pub fn find_errors(&self, bytes: &[u8]) -> Result<Vec<Finding>> {
        let Ok(text) = String::from_utf8(bytes.to_vec()) else {
            let finding =
                Finding::new(Rule::Syntax, self.file(), "the text is not UTF-8", "save it as UTF-8");
            return Ok(vec![finding]);
        };
        let mut validation = Validation::over(&self.configuration);
        validation.propose(Proposal { file: self.key.file(self.environment), text: Some(text) });
        validation.new_errors()
    }

    /// The values that differ; `None` when one of the texts cannot be compared.
    #[must_use]
    pub fn changes(&self, bytes: &[u8]) -> Option<Vec<Edited>> {
        let limits = self.configuration.limits();
        let before = Document::parse(self.before(), limits).ok()?;
        let after = Document::parse(bytes, limits).ok()?;
        let mask = self.configuration.mask(Reveal::Nothing);
        let secrets = mask.secrets_of([&before, &after]);
        let mask = mask.within(&secrets);
        let lists = self.configuration.lists(&self.key);
        let changes = diff(before.values(), after.values(), &lists, Depth::Leaves);
        let edited = changes.into_iter().map(|change| {
            let masked = |value: Option<&Value>| value.map(|value| mask.value(&change.path, value));
            Edited { before: masked(change.left), after: masked(change.right), path: change.path.clone() }
        });
        Some(edited.collect())
    }

    /// Writes a text into the working tree.
    ///
    /// # Errors
    /// `Retry` when the file has changed since it was taken up.
    pub fn save(&self, workspace: &Workspace, bytes: &[u8]) -> Result<()> {
        let Some(root) = workspace.repository.work_tree() else {
            return Err(Error::internal("an edited item has no working tree"));
        };
        let environment = workspace.repository.environment();
        let snapshot = self.configuration.snapshot();
        let followers = alike(snapshot, &self.key.file(self.environment));
        write_work_tree(root, &self.file(), self.before.as_deref(), bytes, environment)?;
        followers.into_iter().try_for_each(|file| {
            let file = format!("{}{file}", snapshot.prefix);
            write_work_tree(root, &file, self.before.as_deref(), bytes, environment)
        })
    }
}
