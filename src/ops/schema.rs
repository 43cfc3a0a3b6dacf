//! `schema infer`: JSON Schemas from the values there are.

use super::diff::Compared;
use super::workspace::{At, Workspace, require_keys};
use crate::engine::encrypted::is_encrypted;
use crate::engine::schema::{Ownership, infer as infer_schema, is_generated, text};
use crate::engine::snapshot::limits;
use crate::model::{Environment, Error, Key, Result, Value};
use crate::store::door::write_work_tree;

/// How a schema file stands to what would be inferred now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is none yet.
    New,
    /// It says something else.
    Stale,
    /// It says just that.
    Current,
    /// A person took it over; it is never overwritten.
    TakenOver,
}

/// The schema inferred for one item.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// The item.
    pub key: Key,
    /// The schema file, relative to the git root.
    pub file: String,
    /// How the file stands.
    pub state: State,
    /// The schema's text.
    pub text: String,
    old: Option<String>,
}

/// Infers the schemas of these items (all when none are named). Nothing is written. An item with a
/// file that cannot be read does not hide the others.
///
/// # Errors
/// When an item is not there, or the policy is wrong.
pub fn infer(workspace: &Workspace, at: &At, keys: &[Key], closed: bool) -> Result<Compared<Inferred>> {
    let snapshot = workspace.snapshot(at)?;
    require_keys(&snapshot, keys)?;
    let policy = snapshot.policy()?;
    let limits = limits(&policy);
    let infer = |key: &Key| {
        let mut samples: Vec<(Environment, &Value)> = Vec::new();
        for item in Environment::ALL.into_iter().filter_map(|env| snapshot.item(key, env)) {
            let document = snapshot.document(item, &limits)?;
            if is_encrypted(document.values()) {
                let message =
                    format!("{} is encrypted with SOPS: its values have no types to see", item.file);
                return Err(Error::usage(message).help("write the schema by hand"));
            }
            samples.extend(document.values().iter().map(|value| (item.id.environment, value)));
        }
        let file = format!("schemas/{key}.schema.json");
        let new = text(&infer_schema(key, &samples, closed));
        let old = snapshot.text(&file)?;
        let state = match &old {
            None => State::New,
            Some(old) if is_generated(old) != Ownership::Generated => State::TakenOver,
            Some(old) if *old == new => State::Current,
            Some(_) => State::Stale,
        };
        let file = format!("{}{file}", snapshot.prefix);
        Ok(Some(Inferred { key: key.clone(), file, state, text: new, old }))
    };
    let mut out = Compared::default();
    for key in snapshot.keys().into_iter().filter(|key| keys.is_empty() || keys.contains(key)) {
        out.add(infer(key));
    }
    Ok(out)
}

/// Writes what is new or stale into the working tree.
///
/// # Errors
/// In a bare repository, or when a file cannot be written.
pub fn write(workspace: &Workspace, inferred: &[Inferred]) -> Result<()> {
    let Some(root) = workspace.repository.work_tree() else {
        return Err(Error::usage("a bare repository has no working tree")
            .help("infer schemas in a clone and commit them"));
    };
    for schema in inferred.iter().filter(|schema| matches!(schema.state, State::New | State::Stale)) {
        write_work_tree(
            root,
            &schema.file,
            schema.old.as_deref().map(str::as_bytes),
            schema.text.as_bytes(),
        )?;
    }
    Ok(())
}
