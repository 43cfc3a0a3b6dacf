//! Kubernetes manifests whose purpose is a secret, told as what they hold.

use std::fmt;

use crate::model::{Segment, Value, ValuePath};

/// What a manifest holds of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretManifest {
    /// A `Secret`: they stand there, only encoded.
    Plain,
    /// A `SealedSecret`, encrypted for one cluster.
    Sealed,
    /// An `ExternalSecret` and the like: where they are kept.
    Reference,
}

impl SecretManifest {
    fn of(kind: &str) -> Option<Self> {
        match kind {
            "Secret" => Some(Self::Plain),
            "SealedSecret" => Some(Self::Sealed),
            "ExternalSecret"
            | "ClusterExternalSecret"
            | "PushSecret"
            | "SecretProviderClass"
            | "VaultStaticSecret"
            | "VaultDynamicSecret" => Some(Self::Reference),
            _ => None,
        }
    }
}

impl fmt::Display for SecretManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "a Kubernetes Secret: its values are encoded, not encrypted",
            Self::Sealed => "a SealedSecret: another environment's cluster cannot open it",
            Self::Reference => "names secrets that are kept elsewhere; another environment has its own",
        })
    }
}

/// The manifests of secrets in a file, those of a `List` among them.
pub(super) fn secret_manifests(documents: &[Value]) -> Vec<(ValuePath, SecretManifest)> {
    let mut found = Vec::new();
    for (number, value) in documents.iter().enumerate() {
        collect(&ValuePath::document(number), value, &mut found);
    }
    found
}

fn collect(path: &ValuePath, value: &Value, found: &mut Vec<(ValuePath, SecretManifest)>) {
    let Some(map) = value.as_map() else { return };
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    if let Some(kind) = text("kind") {
        found.extend(SecretManifest::of(kind).map(|manifest| (path.clone(), manifest)));
        for (index, item) in map.get("items").and_then(Value::as_list).into_iter().flatten().enumerate() {
            collect(&path.key("items").join(Segment::Index(index)), item, found);
        }
    }
}
