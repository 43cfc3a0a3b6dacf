//! What the rules that look at one item told of it, and what those that look at everything need to
//! know of it: kept instead of the item, which may be let go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::model::{Finding, Key, Related};

/// What each item is judged to be.
pub type Judgements = BTreeMap<Key, Arc<Judgement>>;

/// What one item, in all its environments, is judged to be. It holds for as long as the item, the
/// policy and the schemas are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What the rules that look at one item found.
    pub(super) findings: Vec<Finding>,
    /// Whether a file could not be read as YAML, so that it may hold what nobody saw.
    pub(super) has_unread: bool,
    /// The secrets in plain text.
    pub(super) secrets: Vec<SecretUse>,
    /// The entries of the policy, by position, that fit something of it.
    pub(super) fitting: BTreeSet<usize>,
}

/// What stands for a secret in memory: equal for equal texts. It is never written or shown.
pub(super) type SecretDigest = [u8; 16];

/// Where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SecretUse {
    pub(super) digest: SecretDigest,
    pub(super) place: Related,
    /// What is told where another environment has the secret too, without the message.
    pub(super) finding: Finding,
}

/// The first half of the secret's SHA-256.
pub(super) fn digest(text: &str) -> SecretDigest {
    let mut digest = SecretDigest::default();
    let sum = Sha256::digest(text.as_bytes());
    digest.iter_mut().zip(sum).for_each(|(to, from)| *to = from);
    digest
}
