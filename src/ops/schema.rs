//! `schema infer`: JSON Schemas from the values there are; and those from a program's types.

use serde_json::Value as Json;

use super::diff::Compared;
use super::workspace::{At, Workspace};
use crate::engine::snapshot::Snapshot;
use crate::json_schema::{Origin, Ownership, infer as infer_schema, is_generated, text};
use crate::model::{Environment, Error, Key, ProgressCounter, Result, Value};
use crate::secrets::encrypted::is_encrypted;
use crate::store::transaction::write_work_tree;

/// How a schema file stands to what would be inferred now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is none yet.
    New,
    /// It says something else.
    Stale,
    /// It says just that.
    Current,
    /// A person took it over, or for one that is inferred a program's type; it is never overwritten.
    TakenOver,
}

/// The schema inferred for one item, or given by a type.
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
    let configuration = workspace.configuration(at)?;
    let snapshot = configuration.snapshot();
    snapshot.require_keys(keys)?;
    let infer = |key: &Key| {
        let mut documents = Vec::new();
        for item in Environment::ALL.into_iter().filter_map(|env| configuration.item(key, env)) {
            let document = configuration.document(item)?;
            if is_encrypted(document.values()) {
                let message =
                    format!("{} is encrypted with SOPS: its values have no types to see", item.file);
                return Err(Error::usage(message).with_help("write the schema by hand"));
            }
            documents.push((item.id.environment, document));
        }
        let values =
            documents.iter().flat_map(|(env, document)| document.values().iter().map(|value| (*env, value)));
        let samples: Vec<(Environment, &Value)> = values.collect();
        propose(snapshot, key, text(&infer_schema(key, &samples, closed)), &[Origin::Values]).map(Some)
    };
    let mut out = Compared::default();
    let chosen: Vec<_> =
        snapshot.keys().into_iter().filter(|key| keys.is_empty() || keys.contains(key)).collect();
    let steps =
        ProgressCounter::new(workspace.repository.progress(), "inferring schemas", Some(chosen.len()));
    for key in chosen {
        out.add(infer(key));
        steps.step();
    }
    Ok(out)
}

/// Compares a schema that a program's type gave, in `schemas/KEY.schema.json`, with the file there is.
/// Nothing is written. It may replace what was inferred from values, but nothing a person wrote.
///
/// # Errors
/// When the file cannot be read.
pub fn typed(workspace: &Workspace, key: &Key, schema: &Json) -> Result<Inferred> {
    let snapshot = workspace.snapshot(&At::Here)?;
    propose(&snapshot, key, text(schema), &[Origin::Type, Origin::Values])
}

/// How a new text for an item's schema stands to the file there is, of which those generated from
/// `replaced` may be replaced.
fn propose(snapshot: &Snapshot, key: &Key, new: String, replaced: &[Origin]) -> Result<Inferred> {
    let file = format!("schemas/{key}.schema.json");
    let old = snapshot.text(&file)?;
    let is_ours = |old: &str| matches!(is_generated(old), Ownership::Generated(by) if replaced.contains(&by));
    let state = match &old {
        None => State::New,
        Some(old) if !is_ours(old) => State::TakenOver,
        Some(old) if *old == new => State::Current,
        Some(_) => State::Stale,
    };
    let file = format!("{}{file}", snapshot.prefix);
    Ok(Inferred { key: key.clone(), file, state, text: new, old })
}

/// Writes what is new or stale into the working tree.
///
/// # Errors
/// In a bare repository, or when a file cannot be written.
pub fn write(workspace: &Workspace, inferred: &[Inferred]) -> Result<()> {
    let Some(root) = workspace.repository.work_tree() else {
        return Err(Error::state("a bare repository has no working tree")
            .with_help("infer schemas in a clone and commit them"));
    };
    for schema in inferred.iter().filter(|schema| matches!(schema.state, State::New | State::Stale)) {
        write_work_tree(
            root,
            &schema.file,
            schema.old.as_deref().map(str::as_bytes),
            schema.text.as_bytes(),
            workspace.repository.environment(),
        )?;
    }
    Ok(())
}
