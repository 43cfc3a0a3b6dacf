//! Entity tags: strong, and made of what an answer is.

use sha2::{Digest, Sha256};

use crate::model::Environment;

/// The tag of a representation: `what` tells it from others of the same thing, `content` stands for its
/// bytes.
pub(super) fn tag(environment: Environment, key: &str, what: &str, content: &[u8]) -> String {
    let mut digest = Sha256::new();
    for part in [environment.name().as_bytes(), key.as_bytes(), what.as_bytes(), content] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let digits = digest.finalize().iter().take(16).fold(String::new(), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    });
    format!("\"{digits}\"")
}
