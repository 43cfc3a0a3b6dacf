//! What the rules that look at one item told of it, and what those that look at everything need to
//! know of it: kept instead of the item, which may be let go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Environment, Finding, Key, Location, ValuePath};

/// What each item is judged to be.
pub type Judgements = BTreeMap<Key, Arc<Judgement>>;

/// What one item, in all its environments, is judged to be. It holds for as long as the item, the
/// policy and the schemas are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What stands for a secret: equal for equal texts under one salt. It is never shown.
pub(super) type SecretDigest = [u8; 16];

/// What secrets are digested with, so that a digest tells nobody who lacks it what a weak secret is.
pub type Salt = [u8; 32];

/// Where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SecretUse {
    pub(super) digest: SecretDigest,
    pub(super) environment: Environment,
    pub(super) path: ValuePath,
    pub(super) location: Location,
}

/// The first half of the SHA-256 of the salt and the secret.
pub(super) fn digest(salt: &Salt, text: &str) -> SecretDigest {
    let mut digest = SecretDigest::default();
    let sum = Sha256::new_with_prefix(salt).chain_update(text).finalize();
    digest.iter_mut().zip(sum).for_each(|(to, from)| *to = from);
    digest
}
