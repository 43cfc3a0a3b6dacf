//! What the small files of the cache are wrapped in: what they are, and a digest of the rest.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The bytes of the SHA-256 behind the magic.
const SUM: usize = 32;

/// The file's bytes; `None` when they are more than `limit`.
pub(super) fn seal<T: Serialize>(magic: &[u8], value: &T, limit: usize) -> Option<Vec<u8>> {
    let body = postcard::to_stdvec(value).ok()?;
    let bytes = [magic, Sha256::digest(&body).as_slice(), &body].concat();
    (bytes.len() <= limit).then_some(bytes)
}

/// Whether a body comes back the same when it is written again; `None` when it is refused.
pub(super) fn survives<T: Serialize + DeserializeOwned>(magic: &[u8], body: &[u8]) -> Option<bool> {
    let sealed = [magic, Sha256::digest(body).as_slice(), body].concat();
    let value: T = open(magic, &sealed)?;
    let written = seal(magic, &value, usize::MAX);
    let again = written.as_deref().and_then(|bytes| seal(magic, &open::<T>(magic, bytes)?, usize::MAX));
    Some(again == written)
}

/// What a file holds; `None` when it is another file, or a byte of it is damaged.
pub(super) fn open<T: DeserializeOwned>(magic: &[u8], bytes: &[u8]) -> Option<T> {
    let (sum, body) = bytes.strip_prefix(magic)?.split_first_chunk::<SUM>()?;
    if Sha256::digest(body).as_slice() != sum {
        return None;
    }
    postcard::from_bytes(body).ok()
}
