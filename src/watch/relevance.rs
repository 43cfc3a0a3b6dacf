//! What a path concerns, and how sure an event makes that its content can be read.

use std::collections::BTreeMap;

use super::EventKind;
use crate::engine::snapshot::{FileEntry, FileKind, Place, is_scratch, place};
use crate::model::{Environment, Key, policy};

/// What a path below the configuration root has to do with the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relevance {
    /// Nothing.
    Nothing,
    /// A file that is held, and its content.
    Content,
    /// Which files there are: a folder, a file that is not known yet, or what git ignores.
    Listing,
}

/// Says what `path`, relative to the configuration root, concerns, where `files` are known.
#[must_use]
pub(super) fn relevance(path: &str, files: &BTreeMap<String, FileEntry>) -> Relevance {
    let name = path.rsplit('/').next().unwrap_or(path);
    let top = path.split('/').next().unwrap_or(path);
    if files.get(path).is_some_and(|entry| entry.kind == FileKind::File) {
        return Relevance::Content;
    }
    let ours = matches!(top, "environments" | "schemas" | ".terrace") || path == policy::FILE;
    // What makes way for an item, say, or was a link and is a file now.
    let known = files.contains_key(path);
    let listed = name == ".gitignore" || known || (ours && !is_scratch(name));
    if listed { Relevance::Listing } else { Relevance::Nothing }
}

/// How sure it is that a path can be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Readiness {
    /// The content is complete.
    Sure,
    /// It is being written, or went away perhaps to come back: a moment is waited for more.
    Unsure,
}

/// What an event says of a path that concerns us.
#[must_use]
pub(super) const fn readiness(happened: EventKind, concern: Relevance) -> Readiness {
    match (happened, concern) {
        (EventKind::Closed | EventKind::MovedIn, Relevance::Content) => Readiness::Sure,
        _ => Readiness::Unsure,
    }
}

/// What of the configuration is watched: all of it, or a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only these items; all when empty.
    pub keys: Vec<Key>,
    /// Only this environment; all without one.
    pub environment: Option<Environment>,
}

impl Scope {
    /// Whether the content of a file, given relative to the configuration root, belongs to the
    /// part: policy and schemas belong to every part, decisions say nothing of values.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        match place(path) {
            Some(Place::Item(id)) => {
                (self.keys.is_empty() || self.keys.contains(&id.key))
                    && self.environment.is_none_or(|only| only == id.environment)
            }
            Some(Place::InvalidKey(environment, _)) => {
                self.keys.is_empty() && self.environment.is_none_or(|only| only == environment)
            }
            Some(Place::UnknownEnvironment(_) | Place::Stray) => {
                self.keys.is_empty() && self.environment.is_none()
            }
            None => !path.starts_with(".terrace/decisions/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> BTreeMap<String, FileEntry> {
        let file = |path: &str, kind| (path.to_owned(), FileEntry { blob: None, kind });
        [
            file("environments/staging/pay.yaml", FileKind::File),
            file("environments/staging/link.yaml", FileKind::Symlink),
            file("config/old.toml", FileKind::File),
            file("terrace.toml", FileKind::File),
        ]
        .into()
    }

    #[test]
    fn paths_concern_content_or_listing_or_nothing() {
        for (path, expected) in [
            ("environments/staging/pay.yaml", Relevance::Content),
            ("terrace.toml", Relevance::Content),
            ("config/old.toml", Relevance::Content),
            ("config/new.toml", Relevance::Nothing),
            ("environments/staging/link.yaml", Relevance::Listing),
            ("environments/staging/new.yaml", Relevance::Listing),
            ("environments/staging", Relevance::Listing),
            ("environments", Relevance::Listing),
            ("schemas/pay.schema.json", Relevance::Listing),
            (".terrace/decisions/production/pay.toml", Relevance::Listing),
            ("sub/.gitignore", Relevance::Listing),
            ("environments/staging/4913", Relevance::Nothing),
            ("environments/staging/.pay.yaml.swp", Relevance::Nothing),
            ("README.md", Relevance::Nothing),
            ("src/main.rs", Relevance::Nothing),
        ] {
            assert_eq!(relevance(path, &files()), expected, "{path}");
        }
    }

    #[test]
    fn files_of_editors_are_known_by_their_names() {
        for name in [
            "4913",
            "pay.yaml~",
            ".pay.yaml.swp",
            ".pay.yaml.swx",
            ".#pay.yaml",
            "#pay.yaml#",
            "sedAb12Cd",
            "pay.yaml___jb_tmp___",
            "pay.yaml___jb_old___",
            ".goutputstream-X1",
            ".terrace-12-0",
            "pay.yaml.tmp",
            "._pay.yaml",
            ".nfs0000a1",
            "Thumbs.db",
        ] {
            assert!(is_scratch(name), "{name}");
        }
        for name in ["pay.yaml", "sedimentation", "seder.yaml", "", "#", ".pay.yaml", "2024.yaml", "a.swp"] {
            assert!(!is_scratch(name), "{name}");
        }
    }

    #[test]
    fn only_a_complete_file_that_is_held_is_sure() {
        assert_eq!(readiness(EventKind::Closed, Relevance::Content), Readiness::Sure);
        assert_eq!(readiness(EventKind::MovedIn, Relevance::Content), Readiness::Sure);
        assert_eq!(readiness(EventKind::Gone, Relevance::Content), Readiness::Unsure);
        assert_eq!(readiness(EventKind::Closed, Relevance::Listing), Readiness::Unsure);
    }

    #[test]
    fn a_part_has_its_items_and_what_all_share() {
        let part = Scope { keys: vec!["pay".parse().expect("key")], environment: Some(Environment::Staging) };
        for (path, expected) in [
            ("environments/staging/pay.yaml", true),
            ("environments/production/pay.yaml", false),
            ("environments/staging/search.yaml", false),
            ("environments/staging/a b.yaml", false),
            ("environments/qa/pay.yaml", false),
            ("schemas/pay.schema.json", true),
            ("terrace.toml", true),
            (".terrace/decisions/staging/pay.toml", false),
        ] {
            assert_eq!(part.covers(path), expected, "{path}");
        }
        assert!(Scope::default().covers("environments/qa/pay.yaml"));
    }
}
