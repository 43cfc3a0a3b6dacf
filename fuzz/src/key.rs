//! A key: what is accepted stays within its environment's folder, under exactly one name.

use std::path::{Component, Path};

use terrace::formats::read::key_for;
use terrace::model::{Environment, ItemId, Key};

/// Reads a text as a key, as a file that becomes one, and as an environment.
pub fn key(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let is_named = ["development", "staging", "production"].contains(&text);
    assert_eq!(text.parse::<Environment>().is_ok(), is_named, "{text:?} is an environment");
    if let Ok(key) = key_for("config", text) {
        stays(&key);
    }
    match text.parse::<Key>() {
        Ok(key) => {
            assert!(matches_pattern(text), "{text:?} is a key");
            assert_eq!(key.as_str(), text);
            stays(&key);
            true
        }
        Err(error) => {
            assert!(!matches_pattern(text) && !error.reason.is_empty(), "{text:?} is no key");
            false
        }
    }
}

fn stays(key: &Key) {
    for environment in Environment::ALL {
        let file = ItemId::new(key.clone(), environment).file();
        let parts: Vec<_> = Path::new(&file).components().collect();
        assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))), "{file:?}");
        let within = ["environments", environment.name()].map(|name| Component::Normal(name.as_ref()));
        assert!(parts.starts_with(&within) && parts.len() > 2, "{file:?}");
        assert_eq!(parts.len(), 3 + key.as_str().matches('/').count(), "{file:?}");
    }
}

/// [`Key::PATTERN`] and what a file's name and path may be long, by hand.
fn matches_pattern(text: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 1_024
        && text.split('/').all(|segment| {
            segment.len() <= 240
                && segment.starts_with(begins)
                && segment.chars().all(|c| begins(c) || matches!(c, '.' | '-'))
        })
}
