//! Kubernetes ConfigMaps and Secrets: one an item, its data named as variables, so that `envFrom`
//! gives a container what `terrace run` gives a process.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::entry::{Naming, entries};
use super::names::Alphabet;
use super::{ExportItem, NameStyle, Selection, names};
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
    let alone = Selection { items: vec![item.clone()], alone: true, ..selection.clone() };
    let data = data(&alone, item.key)?;
    refuse_large(what.kind(), item.key, &data)?;
    Ok(text(what, name, &[], &data))
}

fn refuse_large(kind: &str, key: &Key, data: &[(String, String)]) -> Result<()> {
    let size: usize = data.iter().map(|(name, text)| name.len() + text.len()).sum();
    if size <= LIMIT {
        return Ok(());
    }
    Err(Error::undecided(format!("{key} has {size} bytes, a {kind} holds {LIMIT}"))
        .with_help("split the item, or deliver its large values as files"))
}

fn text(what: Manifest, name: &str, metadata: &[Metadata<'_>], data: &[(String, String)]) -> String {
    // Always quoted: a reader of YAML 1.1 takes a bare `on` or `y` for a boolean, keys included.
    let quoted = |text: &str| render::string(text, Some(Style::DoubleQuoted), false);
    let mut out = format!("apiVersion: v1\nkind: {}\nmetadata:\n  name: {}\n", what.kind(), quoted(name));
    for (kind, entries) in metadata {
        out.push_str(&format!("  {kind}:\n"));
        for (name, text) in *entries {
            out.push_str(&format!("    {}: {}\n", quoted(name), quoted(text)));
        }
    }
    if what == Manifest::Secret {
        out.push_str("type: Opaque\n");
    }
    out.push_str(if data.is_empty() { "data: {}\n" } else { "data:\n" });
    for (name, text) in data {
        let value = match what {
            Manifest::ConfigMap => quoted(text),
            Manifest::Secret => quoted(&STANDARD.encode(text)),
        };
        out.push_str(&format!("  {}: {value}\n", quoted(name)));
    }
    out
}

/// What is said of a manifest: `labels` or `annotations`, and which.
pub type Metadata<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// The ConfigMap of one item with these labels and annotations: the text of its file under `file`, or
/// without one a value a name, as an export has them.
///
/// # Errors
/// `Undecided` when the item is too large, or a value cannot be said there.
pub fn config_map(
    name: &str,
    metadata: &[Metadata<'_>],
    item: &ExportItem<'_>,
    file: Option<(String, String)>,
) -> Result<String> {
    let data = match file {
        Some(file) => vec![file],
        None => {
            let style = NameStyle::default();
            let (items, allowed) = (vec![item.clone()], &[]);
            let selection = Selection { items, alone: true, prefix: "", names: &style, allowed };
            super::refuse_tags(&selection, super::Format::Configmap)?;
            data(&selection, item.key)?
        }
    };
    refuse_large(Manifest::ConfigMap.kind(), item.key, &data)?;
    Ok(text(Manifest::ConfigMap, name, metadata, &data))
}

/// The values of an item by their names.
fn data(selection: &Selection<'_>, key: &Key) -> Result<Vec<(String, String)>> {
    let entries = entries(selection, Naming::Variable(Alphabet::Data))?;
    if let Some(long) = entries.iter().find(|entry| entry.name.len() > LONGEST) {
        let message = format!("`{}` of {} has a name of more than {LONGEST} characters", long.path, key);
        return Err(
            Error::undecided(message).with_help("Kubernetes allows no longer names; shorten its keys")
        );
    }
    Ok(entries.into_iter().map(|entry| (entry.name, entry.text)).collect())
}
