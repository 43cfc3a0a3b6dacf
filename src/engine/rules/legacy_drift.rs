//! `legacy-drift`: a kept legacy file and its item have come apart.
//!
//! The finding stands at the legacy file: the item is what counts, and the file must follow it for
//! as long as old readers read it.

use super::context::RevisionContext;
use crate::diff::lists::NoListRules;
use crate::diff::{Depth, diff};
use crate::engine::migration::{Kept, RECORD, parse_kept};
use crate::formats::read::{Format, convert};
use crate::model::{Finding, Help, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let prefix = &world.snapshot.prefix;
    let record = match world.snapshot.text(RECORD) {
        Ok(None) => return Vec::new(),
        Ok(Some(text)) => parse_kept(&text),
        Err(error) => Err(error),
    };
    match record {
        Ok(kept) => kept.iter().filter_map(|kept| compare(world, kept)).collect(),
        Err(error) => {
            let help = error.help.unwrap_or_else(|| "".into());
            vec![Finding::new(Rule::LegacyDrift, format!("{prefix}{RECORD}"), error.message, help)]
        }
    }
}

fn compare(world: &RevisionContext<'_>, kept: &Kept) -> Option<Finding> {
    let drift = |message: String, help: Help| {
        let file = format!("{}{}", world.snapshot.prefix, kept.file);
        let mut finding = Finding::new(Rule::LegacyDrift, file, message, help);
        finding.environment = Some(kept.environment);
        finding.key = Some(kept.key.clone());
        finding
    };
    let or_finish = |first: &str| Help::Any(vec![first.into(), Help::FinishMigration]);
    if world.snapshot.item(&kept.key, kept.environment).is_none() {
        // Both are gone, and nobody reads either.
        world.snapshot.files.get(&kept.file)?;
        let message = format!("{} has no item `{}` that this file became", kept.environment, kept.key);
        return Some(drift(message, "remove this file too, or bring the item back".into()));
    }
    // An item that was not asked about, or is no YAML, is not compared.
    if !world.judgements.contains_key(&kept.key) {
        return None;
    }
    let item = world.snapshot.item(&kept.key, kept.environment)?;
    let item = match world.configuration.reading(item) {
        Ok(reading) => reading.document.ok()?,
        Err(error) => return Some(drift(error.message, Help::FinishMigration)),
    };
    let Some(bytes) = world.snapshot.bytes(&kept.file) else {
        let message = "this file, which old readers read, is not there any more".to_owned();
        return Some(drift(message, or_finish("bring it back with git restore")));
    };
    let format = Format::of(&kept.file)?;
    let Ok(legacy) = convert(format, &bytes, world.limits) else {
        let message = format!("this file cannot be read any more as what became `{}`", kept.key);
        return Some(drift(message, or_finish("make it say what the item says")));
    };
    let changes = diff(&legacy.documents, item.values(), &NoListRules, Depth::Leaves);
    let first = changes.first()?;
    let others = match changes.len() - 1 {
        0 => String::new(),
        1 => " (and at 1 other path)".to_owned(),
        more => format!(" (and at {more} other paths)"),
    };
    let message = format!("old readers and the item `{}` differ at {}{others}", kept.key, first.path);
    let mut finding = drift(message, or_finish("make both say the same"));
    finding.path = Some(first.path.clone());
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    const RECORD: &str = "version = 1\n[[kept]]\nfile = \"config/a.json\"\nkey = \"a\"\n";

    #[test]
    fn kept_files_say_what_their_items_say() {
        for (item, legacy, expected) in [
            ("a: 1.10\nb: [x]\n", Some(r#"{"b": ["x"], "a": 1.10}"#), None),
            ("a: 2\nb: [x]\n", Some(r#"{"a": 1, "b": ["x"]}"#), Some("differ at a")),
            ("a: 1\n", Some(r#"{"a": 1, "b": 1, "c": 2}"#), Some("differ at b (and at 1 other path)")),
            ("password: one\n", Some(r#"{"password": "two"}"#), Some("differ at password")),
            ("a: 1\n", Some("{"), Some("cannot be read any more")),
            ("a: 1\n", None, Some("not there any more")),
        ] {
            let repository = Repository::new(&[("environments/development/a.yaml", item)])
                .and(".terrace/legacy.toml", RECORD);
            let repository = match legacy {
                Some(text) => repository.and("config/a.json", text),
                None => repository,
            };
            let found = repository.of(Rule::LegacyDrift);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{found:?}");
            if let (Some(found), Some(expected)) = (found.first(), expected) {
                assert!(found.starts_with("config/a.json error[legacy-drift]"), "{found}");
                assert!(found.contains(expected) && !found.contains("two"), "{found}");
            }
        }
        let alone = Repository::new(&[(".terrace/legacy.toml", RECORD), ("config/a.json", "{}")]);
        let told = alone.of(Rule::LegacyDrift).concat();
        assert!(told.contains("has no item `a`"), "{told}");
        // The file went with its item.
        let gone = Repository::new(&[(".terrace/legacy.toml", RECORD)]);
        assert_eq!(gone.of(Rule::LegacyDrift), Vec::<String>::new());
        let broken = Repository::new(&[(".terrace/legacy.toml", "version = 2\n")]);
        assert!(broken.of(Rule::LegacyDrift).concat().contains("version 2 is not known"));
    }
}
