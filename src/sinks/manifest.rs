//! `@manifest`: the names that are ours in a store.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{Environment, Error, Result};

/// The list of what is ours.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u8,
    environment: Environment,
    /// The names.
    pub(super) names: BTreeSet<String>,
}

/// Its text.
pub(super) fn write<'a>(environment: Environment, names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let names = names.map(str::to_owned).collect();
    serde_json::to_vec(&Manifest { version: 1, environment, names }).unwrap_or_default()
}

/// Reads it from a place.
pub(super) fn read(environment: Environment, bytes: &[u8], place: &str) -> Result<BTreeSet<String>> {
    let wrong = |why: String| {
        Error::state(format!("{place} is no list of what terrace published: {why}")).with_help(
            "bring it back, or remove it with all that was published, and publish again under a free prefix",
        )
    };
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    if manifest.version != 1 {
        return Err(wrong(format!("its version is {}, and this terrace knows 1", manifest.version)));
    }
    if manifest.environment != environment {
        return Err(wrong(format!("it is that of {}", manifest.environment)));
    }
    // What is ours is removed by these names.
    match manifest.names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(wrong(format!("`{}` is no name", name.escape_debug()))),
        None => Ok(manifest.names),
    }
}

/// Whether something can have been published under a name: a key, and behind `:` any path.
fn is_name(name: &str) -> bool {
    let key = name.split_once(':').map_or(name, |(key, _)| key);
    key.split('/').all(|step| !step.is_empty() && !step.starts_with(['.', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_what_is_ours_and_nothing_else() {
        let read = |text: &str| read(Environment::Staging, text.as_bytes(), "@manifest");
        let written = write(Environment::Staging, ["a", "b/c", "d:e.f[0]", "g:", "g:h/../i"].into_iter());
        let names = read(std::str::from_utf8(&written).expect("UTF-8")).expect("names");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b/c", "d:e.f[0]", "g:", "g:h/../i"]);
        for (text, said) in [
            ("", "EOF"),
            ("{}", "missing field"),
            (r#"{"version":2,"environment":"staging","names":[]}"#, "its version is 2"),
            (r#"{"version":1,"environment":"production","names":[]}"#, "it is that of production"),
            (r#"{"version":1,"environment":"staging","names":["../production/a"]}"#, "is no name"),
            (r#"{"version":1,"environment":"staging","names":["a/../b"]}"#, "is no name"),
            (r#"{"version":1,"environment":"staging","names":["@commit"]}"#, "is no name"),
            (r#"{"version":1,"environment":"staging","names":["/etc/x"]}"#, "is no name"),
            (r#"{"version":1,"environment":"staging","names":[""]}"#, "is no name"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.message().contains(said), "{text}: {error}");
        }
    }
}
