//! The record of legacy files that stay for old readers after they became items.
//!
//! It is `.terrace/legacy.toml`: pairs of a file and the item it became, until the rollout is
//! finished. Paths are relative to the configuration root.

use serde::Deserialize;

use crate::model::{Environment, Error, Help, Key, Result};

/// Where the record is, relative to the configuration root.
pub const RECORD: &str = ".terrace/legacy.toml";

/// A legacy file that stays, and the item that it became.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The file, relative to the configuration root.
    pub file: String,
    /// The item.
    pub key: Key,
    /// Whose it is; development's where the record does not say.
    pub environment: Environment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecord {
    version: u32,
    #[serde(default)]
    kept: Vec<RawKept>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKept {
    file: String,
    key: String,
    environment: Option<String>,
}

/// Reads the record.
///
/// # Errors
/// When the text is no record, or a path in it leaves the configuration root.
pub fn parse(text: &str) -> Result<Vec<Kept>> {
    let wrong = |what: String| Error::state(format!("{RECORD}: {what}")).with_help(Help::RestoreRecord);
    let raw: RawRecord = toml::from_str(text).map_err(|error| wrong(error.message().replace('\n', ", ")))?;
    if raw.version != 1 {
        return Err(wrong(format!("version {} is not known", raw.version)));
    }
    raw.kept
        .into_iter()
        .map(|kept| {
            let odd = |part: &str| part.is_empty() || part == "." || part == ".." || part.contains('\\');
            if kept.file.split('/').any(odd) {
                return Err(wrong(format!("`{}` is not a path below the configuration root", kept.file)));
            }
            let key = kept.key.parse().map_err(|error| wrong(format!("{error}")))?;
            let environment = kept.environment.map_or(Ok(Environment::Development), |name| name.parse());
            let environment = environment.map_err(|error| wrong(format!("{error}")))?;
            Ok(Kept { file: kept.file, key, environment })
        })
        .collect()
}

/// The text of the record.
#[must_use]
pub fn render(kept: &[Kept]) -> String {
    let mut text = String::from(
        "# Files that stay for old readers. They must say what their items say, until\n\
         # `terrace migrate --finish` removes them.\nversion = 1\n",
    );
    for kept in kept {
        let [file, key] = [kept.file.clone(), kept.key.to_string()].map(toml::Value::String);
        text.push_str(&format!("\n[[kept]]\nfile = {file}\nkey = {key}\n"));
        if kept.environment != Environment::Development {
            text.push_str(&format!("environment = \"{}\"\n", kept.environment));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_being_written_and_read() {
        let kept = vec![
            Kept {
                file: "config/a \"b\".toml".into(),
                key: "a".parse().expect("a key"),
                environment: Environment::Development,
            },
            Kept {
                file: "x.env".into(),
                key: "billing/x".parse().expect("a key"),
                environment: Environment::Production,
            },
        ];
        assert_eq!(parse(&render(&kept)), Ok(kept));
        for file in ["../x", "/x", "a//b", "a/./b"] {
            let text = format!("version = 1\n[[kept]]\nfile = \"{file}\"\nkey = \"a\"\n");
            assert!(parse(&text).is_err(), "{file}");
        }
    }
}
