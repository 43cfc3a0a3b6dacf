//! What a text at the place of a secret is, where it is none.

use super::looks::{is_address, is_duration, is_word_for_secret, refers};
use super::names::Family;

/// Whether a text below a name of this family is something else than a secret.
pub(super) fn is_other_than(family: Family, text: &str) -> bool {
    let by_family = match family {
        Family::Password => false,
        Family::Secret => is_object_name(text),
        Family::Key => is_word_for_secret(text),
        Family::Authorization => is_identifier(text),
        Family::Connection => is_settings(text),
    };
    by_family || refers(text) || is_address(text) || is_duration(text)
}

/// Whether a text reads like the name of an object: words joined by hyphens or underscores.
pub(super) fn is_object_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '_']).collect();
    let is_plain = |part: &&str| {
        let plain = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        plain && (1..=20).contains(&part.len())
    };
    let words: Vec<_> = parts.iter().filter(|part| part.chars().all(|c| c.is_ascii_lowercase())).collect();
    // What has only the letters of hexadecimal digits may be anything.
    let is_speech = words.iter().any(|word| word.len() > 2 && word.chars().any(|c| c > 'f'));
    words.len() > 1 && is_speech && parts.iter().all(is_plain)
}

/// Whether a text is one word, or several that are joined.
pub(super) fn is_identifier(text: &str) -> bool {
    is_object_name(text)
        || (text.len() <= 20 && !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase()))
}

/// Settings of a connection, or one place, without a password among them: that has a look of its own.
fn is_settings(text: &str) -> bool {
    let mut parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.all(|part| part.split_once('=').is_some_and(|(name, _)| !name.is_empty()))
        || !text.contains(char::is_whitespace) && text.contains([':', '/']) && !text.contains('@')
}
