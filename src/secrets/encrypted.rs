//! Files that are encrypted: by SOPS value by value, or as a whole; and what of them is SOPS's own.
//!
//! SOPS keeps a code (MAC) over all values of a file in the file, those that it left in plain text
//! too. Whoever changes one of them without the key breaks the code, and the file can no longer be
//! decrypted; so such a file is only ever replaced as a whole. A file made with `mac_only_encrypted`
//! lets its plain values through. Nothing here encrypts or decrypts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Error, Key, Segment, Value, ValuePath};
use crate::yaml::Ciphertext;

/// Where SOPS keeps its data, at the top of each YAML document.
const BLOCK: &str = "sops";

/// Whether a file with these values, one for each YAML document, was encrypted by SOPS.
#[must_use]
pub fn is_encrypted(values: &[Value]) -> bool {
    values.iter().any(has_block)
}

/// What encrypted a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encryption {
    /// SOPS, value by value, with a code over all of them.
    Sops,
    /// Something that encrypts files as wholes.
    Whole(Ciphertext),
}

/// A file that is encrypted, so that nothing can be said of it by path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedFile {
    /// The file, relative to the git root.
    pub file: String,
    /// By what.
    pub by: Encryption,
}

impl fmt::Display for EncryptedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            Encryption::Sops => write!(f, "{} is encrypted with SOPS", self.file),
            Encryption::Whole(ciphertext) => write!(f, "{} is {}", self.file, ciphertext.phrase()),
        }
    }
}

/// Whether SOPS keeps a code over all values of the file, those in plain text too, so that none of
/// them may change.
#[must_use]
pub fn is_sealed(values: &[Value]) -> bool {
    let covers_all = |value: &&Value| {
        let block = value.as_map().and_then(|root| root.get(BLOCK)).and_then(Value::as_map);
        block.and_then(|block| block.get("mac_only_encrypted")) != Some(&Value::Bool(true))
    };
    values.iter().filter(|value| has_block(value)).any(|value| covers_all(&value))
}

/// Whether the value at `path` of a file that SOPS encrypted is none of its plain ones.
#[must_use]
pub fn is_cipher_at(values: &[Value], path: &ValuePath) -> bool {
    let root = path.document.find(values).and_then(|position| values.get(position));
    is_metadata(values, path)
        || (root.is_some_and(has_block)
            && root
                .and_then(|root| root.at(path))
                .is_some_and(|value| path.is_root() || holds_ciphertext(value)))
}

/// Whether `path` is in the data that SOPS added to the file.
#[must_use]
pub fn is_metadata(values: &[Value], path: &ValuePath) -> bool {
    matches!(path.segments.first(), Some(Segment::Key(key)) if key == BLOCK)
        && path.document.find(values).and_then(|position| values.get(position)).is_some_and(has_block)
}

/// Whether a value, or one below it, is only there in encrypted form.
#[must_use]
pub fn holds_ciphertext(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("ENC[") && text.ends_with(']'),
        Value::Map(map) => map.values().any(holds_ciphertext),
        Value::List(list) => list.iter().any(holds_ciphertext),
        Value::Tagged(_, value) => holds_ciphertext(value),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The refusal to change one value of such a file.
#[must_use]
pub fn refusal(file: &str) -> Error {
    Error::undecided(format!(
        "{file} is encrypted with SOPS, whose MAC covers every value: an edit of one would break it"
    ))
    .with_help(format!("edit it with `sops edit {file}`, or replace it by a whole encrypted file"))
}

/// The refusal to change what SOPS encrypted at `path`.
#[must_use]
pub fn cipher_refusal(file: &str, path: &ValuePath) -> Error {
    Error::undecided(format!("{file}: `{path}` is encrypted with SOPS, or holds what is"))
        .with_help(format!("edit it with `sops edit {file}`"))
}

/// The refusal to promote an item of which this file is encrypted.
#[must_use]
pub fn not_promoted(key: &Key, file: &EncryptedFile) -> Error {
    match file.by {
        Encryption::Sops => Error::undecided(format!(
            "`{key}` is not promoted by path: {file}, whose MAC covers the whole file"
        ))
        .with_help(
            "give the target its own values with `sops edit FILE`, or replace its file by a whole encrypted one",
        ),
        Encryption::Whole(ciphertext) => {
            Error::undecided(format!("`{key}` is not promoted by path: {file}")).with_help(ciphertext.remedy())
        }
    }
}

/// The refusal to change part of a file that is ciphertext as a whole.
#[must_use]
pub fn whole_refusal(file: &str, ciphertext: Ciphertext) -> Error {
    let file = EncryptedFile { file: file.to_owned(), by: Encryption::Whole(ciphertext) };
    Error::undecided(format!("{file}: nothing of it can be changed by path")).with_help(ciphertext.remedy())
}

fn has_block(value: &Value) -> bool {
    let block = value.as_map().and_then(|root| root.get(BLOCK)).and_then(Value::as_map);
    block.is_some_and(|block| block.contains_key("mac") && block.contains_key("version"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};

    fn values(text: &str) -> Vec<Value> {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text).values().to_vec()
    }

    #[test]
    fn the_block_tells_not_the_name_alone() {
        for (text, encrypted) in [
            ("a: ENC[AES256_GCM,data:x]\nsops: {mac: 'ENC[x]', version: 3.8.1, age: []}\n", true),
            ("a: 1\nsops: {mac: 'ENC[x]', version: 3.8.1, unencrypted_suffix: _plain}\n", true),
            ("a: 1\n---\nb: 1\nsops: {mac: x, version: 3.8.1}\n", true),
            ("sops: {enabled: true}\n", false),
            ("sops: 3.8.1\nmac: x\nversion: 1\n", false),
            ("x: {sops: {mac: x, version: 1}}\n", false),
            ("a: ENC[PKCS7,MIIB]\n", false),
            ("- sops\n", false),
            ("", false),
        ] {
            assert_eq!(is_encrypted(&values(text)), encrypted, "{text}");
        }
        let two = values("sops: {mac: 1}\n---\nsops: {mac: x, version: 1}\n");
        let path = |text: &str| text.parse::<ValuePath>().expect(text);
        assert!(!is_metadata(&two, &path("sops.mac")) && is_metadata(&two, &path("#2:sops.mac")));
        assert!(!is_metadata(&two, &path("#2:x")));
    }

    #[test]
    fn a_code_over_ciphertext_alone_leaves_plain_values_free() {
        let block = "sops: {mac: x, version: 1}";
        let open =
            "p: 'ENC[AES256_GCM,x]'\na: {b: 1}\nsops: {mac: x, version: 1, mac_only_encrypted: true}\n";
        assert!(is_sealed(&values(block)) && !is_sealed(&values(open)) && !is_sealed(&values("a: 1")));
        assert!(is_sealed(&values(&format!("{open}---\n{block}"))));
        for (path, cipher) in [("a.b", false), ("a", false), ("p", true), ("sops.mac", true), ("", true)] {
            assert_eq!(is_cipher_at(&values(open), &path.parse().expect(path)), cipher, "{path}");
        }
    }

    #[test]
    fn ciphertext_is_seen_at_any_depth() {
        for (text, expected) in
            [("a: {b: [1, 'ENC[AES256_GCM,x]']}", true), ("a: {b: [1]}", false), ("ENC[ and more", false)]
        {
            assert_eq!(holds_ciphertext(&values(text)[0]), expected, "{text}");
        }
    }
}
