//! Kubernetes ConfigMaps and Secrets: one an item, its data named as variables, so that `envFrom`
//! gives a container what `terrace run` gives a process.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::entry::{Naming, entries};
use super::names::Alphabet;
use super::{ExportItem, Selection, names};
use crate::model::{Error, Key, Result};
use crate::yaml::{Style, render};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manifest {
    /// Its data is text.
    ConfigMap,
    /// Its data is in base64.
    Secret,
}

impl Manifest {
    const fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// What Kubernetes allows for the data of one manifest.
const LIMIT: usize = 1_048_576;

/// The longest name within the data.
const LONGEST: usize = 253;

/// The manifests, one YAML document an item.
pub(super) fn write(selection: &Selection<'_>, what: Manifest) -> Result<String> {
    let kind = what.kind();
    let mut taken: BTreeMap<String, &Key> = BTreeMap::new();
    let mut manifests = Vec::new();
    for item in &selection.items {
        let name = names::object(item.key).ok_or_else(|| {
            Error::undecided(format!("`{}` cannot be the name of a {kind}", item.key))
                .with_help("a name has letters or digits, and at most 253 characters")
        })?;
        if let Some(first) = taken.insert(name.clone(), item.key) {
            return Err(Error::undecided(format!(
                "{first} and {} would both be the {kind} {name}",
                item.key
            ))
            .with_help("export one of them apart, or rename it"));
        }
        manifests.push(manifest(what, &name, item, selection)?);
    }
    Ok(manifests.join("---\n"))
}

fn manifest(what: Manifest, name: &str, item: &ExportItem<'_>, selection: &Selection<'_>) -> Result<String> {
    let kind = what.kind();
    let alone = Selection { items: vec![item.clone()], alone: true, ..selection.clone() };
    let entries = entries(&alone, Naming::Variable(Alphabet::Data))?;
    if let Some(long) = entries.iter().find(|entry| entry.name.len() > LONGEST) {
        let message = format!("`{}` of {} has a name of more than {LONGEST} characters", long.path, item.key);
        return Err(
            Error::undecided(message).with_help("Kubernetes allows no longer names; shorten its keys")
        );
    }
    let size: usize = entries.iter().map(|entry| entry.name.len() + entry.text.len()).sum();
    if size > LIMIT {
        return Err(Error::undecided(format!("{} has {size} bytes, a {kind} holds {LIMIT}", item.key))
            .with_help("split the item, or deliver its large values as files"));
    }
    // Always quoted: a reader of YAML 1.1 takes a bare `on` or `y` for a boolean, keys included.
    let quoted = |text: &str| render::string(text, Some(Style::DoubleQuoted), false);
    let mut out = format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {}\n", quoted(name));
    if what == Manifest::Secret {
        out.push_str("type: Opaque\n");
    }
    out.push_str(if entries.is_empty() { "data: {}\n" } else { "data:\n" });
    for entry in &entries {
        let value = match what {
            Manifest::ConfigMap => quoted(&entry.text),
            Manifest::Secret => quoted(&STANDARD.encode(&entry.text)),
        };
        out.push_str(&format!("  {}: {value}\n", quoted(&entry.name)));
    }
    Ok(out)
}
