//! The secret by which a git host proves that it is who says that a branch moved.

use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::Sha256;

use super::tokens;
use crate::model::{Error, Result};

/// What a webhook has to know.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(String);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret")
    }
}

impl WebhookSecret {
    /// The secret that a file holds; the line end behind it is not part of it.
    ///
    /// # Errors
    /// When there is hardly any.
    pub fn of_file(text: &str) -> Result<Self> {
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.len() < 16 {
            return Err(Error::usage("the file of the webhook's secret holds fewer than 16 bytes")
                .with_help("make one with `openssl rand -hex 32`, and give the git host the same"));
        }
        Ok(Self(secret.to_owned()))
    }

    /// Whether these headers prove that the sender knows it: GitHub, Gitea and Forgejo sign the body,
    /// GitLab sends the secret itself.
    pub(super) fn is_proved(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match (text("x-hub-signature-256"), text("x-gitlab-token")) {
            (Some(signature), _) => self.has_signed(signature, body),
            (None, Some(token)) => tokens::is_same(&self.0, token),
            (None, None) => false,
        }
    }

    fn has_signed(&self, signature: &str, body: &[u8]) -> bool {
        let Some(signature) = signature.strip_prefix("sha256=").and_then(from_hex) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else { return false };
        mac.update(body);
        mac.verify_slice(&signature).is_ok()
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_the_documentation_of_github_says() {
        let secret = WebhookSecret::of_file("It's a Secret to Everybody\n").expect("long enough");
        let good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let headers = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().expect("a value"))])
        };
        for (name, value, body, expected) in [
            ("x-hub-signature-256", good, "Hello, World!", true),
            ("x-hub-signature-256", good, "Hello, World?", false),
            ("x-hub-signature-256", &good[7..], "Hello, World!", false),
            ("x-hub-signature-256", &good[..20], "Hello, World!", false),
            ("x-hub-signature-256", "sha256=", "Hello, World!", false),
            ("x-hub-signature-256", "sha256=zz", "Hello, World!", false),
            ("x-gitlab-token", "It's a Secret to Everybody", "Hello", true),
            ("x-gitlab-token", "It's a Secret to", "Hello", false),
            ("x-other", good, "Hello, World!", false),
        ] {
            assert_eq!(secret.is_proved(&headers(name, value), body.as_bytes()), expected, "{name} {value}");
        }
    }

    #[test]
    fn a_secret_that_anybody_guesses_is_none() {
        assert!(WebhookSecret::of_file("").is_err() && WebhookSecret::of_file("short\n").is_err());
    }
}
