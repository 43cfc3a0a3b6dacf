//! Kubernetes ConfigMaps: one an item, its data named as variables, so that `envFrom` gives a
//! container what `terrace run` gives a process.

use std::collections::BTreeMap;

use super::entry::{Naming, entries};
use super::{ExportItem, Selection, names};
use crate::model::{Error, Key, Result};
use crate::yaml::{Style, render};

/// What Kubernetes allows for the data of one ConfigMap.
const LIMIT: usize = 1_048_576;

/// The longest name within the data.
const LONGEST: usize = 253;

/// The manifests, one YAML document an item.
pub(super) fn write(selection: &Selection<'_>) -> Result<String> {
    let mut taken: BTreeMap<String, &Key> = BTreeMap::new();
    let mut manifests = Vec::new();
    for item in &selection.items {
        let name = names::object(item.key).ok_or_else(|| {
            Error::undecided(format!("`{}` cannot be the name of a ConfigMap", item.key))
                .with_help("a name has letters or digits, and at most 253 characters")
        })?;
        if let Some(first) = taken.insert(name.clone(), item.key) {
            return Err(Error::undecided(format!(
                "{first} and {} would both be the ConfigMap {name}",
                item.key
            ))
            .with_help("export one of them apart, or rename it"));
        }
        manifests.push(manifest(&name, item, selection.prefix)?);
    }
    Ok(manifests.join("---\n"))
}

fn manifest(name: &str, item: &ExportItem<'_>, prefix: &str) -> Result<String> {
    let alone = Selection { items: vec![item.clone()], alone: true, prefix };
    let entries = entries(&alone, Naming::Variable)?;
    if let Some(long) = entries.iter().find(|entry| entry.name.len() > LONGEST) {
        let message = format!("`{}` of {} has a name of more than {LONGEST} characters", long.path, item.key);
        return Err(
            Error::undecided(message).with_help("Kubernetes allows no longer names; shorten its keys")
        );
    }
    let size: usize = entries.iter().map(|entry| entry.name.len() + entry.text.len()).sum();
    if size > LIMIT {
        return Err(Error::undecided(format!("{} has {size} bytes, a ConfigMap holds {LIMIT}", item.key))
            .with_help("split the item, or deliver its large values as files"));
    }
    // Always quoted: a reader of YAML 1.1 takes a bare `on` or `y` for a boolean, keys included.
    let quoted = |text: &str| render::string(text, Some(Style::DoubleQuoted), false);
    let mut out = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n", quoted(name));
    out.push_str(if entries.is_empty() { "data: {}\n" } else { "data:\n" });
    for entry in &entries {
        out.push_str(&format!("  {}: {}\n", quoted(&entry.name), quoted(&entry.text)));
    }
    Ok(out)
}
