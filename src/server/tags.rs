//! Entity tags: strong, and made of what an answer is.

use sha2::{Digest, Sha256};

use crate::guards::{self, Guard};
use crate::model::Environment;

/// The tag of a representation: `what` tells it from others of the same thing, `content` stands for its
/// bytes.
pub(super) fn tag(environment: Environment, key: &str, what: &str, content: &[u8]) -> String {
    let digest = digest(environment, key, what.as_bytes(), content);
    format!("\"{}\"", hex(digest.iter().take(16)))
}

/// What stands for a blob: as many digits as git's ids have, which tell nothing to who does not know `veil`.
pub(super) fn digits(environment: Environment, key: &str, veil: &[u8], content: &[u8]) -> String {
    hex(digest(environment, key, veil, content).iter().take(20))
}

fn digest(environment: Environment, key: &str, what: &[u8], content: &[u8]) -> Vec<u8> {
    let mut digest = Sha256::new();
    let environment = if guards::off(Guard::TagEnvironment) { "" } else { environment.name() };
    for part in [environment.as_bytes(), key.as_bytes(), what, content] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().to_vec()
}

fn hex<'b>(bytes: impl Iterator<Item = &'b u8>) -> String {
    let digits = bytes.flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
