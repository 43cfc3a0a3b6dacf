//! Files that are ciphertext as a whole, or stand for content kept elsewhere: recognised by their
//! first bytes, and never taken for values.

use serde::{Deserialize, Serialize};

/// What made a file one that only it can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ciphertext {
    /// `ansible-vault encrypt`.
    AnsibleVault,
    /// age, armoured or not.
    Age,
    /// OpenPGP, armoured.
    Pgp,
    /// git-crypt, in a clone that is locked.
    GitCrypt,
    /// A pointer of Git LFS in the place of the content.
    LfsPointer,
}

impl Ciphertext {
    /// What these bytes are; `None` for any other file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = bytes.trim_ascii_start();
        let begins = [
            (Self::AnsibleVault, &b"$ANSIBLE_VAULT;"[..]),
            (Self::Age, b"-----BEGIN AGE ENCRYPTED FILE-----"),
            (Self::Age, b"age-encryption.org/v1\n"),
            (Self::Pgp, b"-----BEGIN PGP MESSAGE-----"),
            (Self::LfsPointer, b"version https://git-lfs.github.com/spec/v1\n"),
            (Self::LfsPointer, b"version https://git-lfs.github.com/spec/v1\r\n"),
        ];
        if bytes.starts_with(b"\0GITCRYPT\0") {
            return Some(Self::GitCrypt);
        }
        begins.into_iter().find(|(_, begin)| text.starts_with(begin)).map(|(kind, _)| kind)
    }

    /// What such a file is, behind "is".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::AnsibleVault => "encrypted as a whole with ansible-vault",
            Self::Age => "encrypted as a whole with age",
            Self::Pgp => "encrypted as a whole with PGP",
            Self::GitCrypt => "encrypted with git-crypt, and locked here",
            Self::LfsPointer => "a pointer of Git LFS, and its content is not here",
        }
    }

    /// How it is read.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::AnsibleVault => "read it with `ansible-vault view`, change it with `ansible-vault edit`",
            Self::Age => "decrypt it with `age --decrypt`, and replace it by a whole encrypted file",
            Self::Pgp => "decrypt it with `gpg --decrypt`, and replace it by a whole encrypted file",
            Self::GitCrypt => "unlock the clone: git-crypt unlock",
            Self::LfsPointer => "fetch it with `git lfs pull`; configuration is better kept in git itself",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        for (bytes, expected) in [
            (&b"$ANSIBLE_VAULT;1.1;AES256\n3336\n"[..], Some(Ciphertext::AnsibleVault)),
            (b"\xef\xbb\xbf-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", Some(Ciphertext::Age)),
            (b"age-encryption.org/v1\n-> X25519 x\n\xff", Some(Ciphertext::Age)),
            (b"\n-----BEGIN PGP MESSAGE-----\nVersion: x\n", Some(Ciphertext::Pgp)),
            (b"\0GITCRYPT\0\x8a", Some(Ciphertext::GitCrypt)),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", Some(Ciphertext::LfsPointer)),
            (b"a: $ANSIBLE_VAULT;1.1\n", None),
            (b"version: https://git-lfs.github.com/spec/v1\n", None),
            (b"-----BEGIN CERTIFICATE-----\n", None),
            (b"", None),
        ] {
            assert_eq!(Ciphertext::of(bytes), expected, "{bytes:?}");
        }
    }
}
