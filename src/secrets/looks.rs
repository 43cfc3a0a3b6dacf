//! What a secret looks like: private keys, tokens with a prefix of their own, passwords in URLs;
//! and what looks like a place kept for one.

/// Whether a text holds what looks like a secret.
pub fn looks_secret(text: &str) -> bool {
    by_look(text).next().is_some()
}

/// A secret in plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret<'a> {
    /// What it is, as in "a password".
    pub what: &'static str,
    /// The secret itself; no message may hold it.
    pub text: &'a str,
}

/// The letters and digits of a text, in lower case.
pub(super) fn folded(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a text only keeps the place of a secret, or is filled in later.
pub(super) fn stands_in(text: &str) -> bool {
    let bare = folded(text);
    bare.chars().all(|c| c == 'x')
        || ["none", "todo", "tbd", "fixme", "unset", "notset", "dummy"].contains(&bare.as_str())
        || ["true", "false", "enabled", "disabled", "required", "optional"].contains(&text)
        || ["changeme", "changeit", "replaceme", "replacewith", "placeholder", "redacted"]
            .iter()
            .any(|word| bare.contains(word))
        || (bare.starts_with("your") && bare.ends_with("here"))
        || text.starts_with("__")
        || is_filled_in(text)
}

/// Whether a text is a template, a variable or a parameter: its value comes from elsewhere.
pub fn is_filled_in(text: &str) -> bool {
    let wrapped =
        |open, close| text.strip_prefix(open).and_then(|text: &str| text.strip_suffix(close)).is_some();
    let name = text.strip_prefix('$').unwrap_or_default();
    let is_variable = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let parameter = text.strip_prefix('%').and_then(|text| text.strip_suffix('%')).unwrap_or_default();
    let is_parameter =
        !parameter.is_empty() && parameter.chars().all(|c| c.is_ascii_alphanumeric() || "._-:()".contains(c));
    ["{{", "${", "%{"].iter().any(|open| text.contains(open))
        || ["$(", "<%", "%env("].iter().any(|open| text.starts_with(open))
        || wrapped("((", "))")
        || wrapped("<", ">")
        || wrapped("@", "@")
        || wrapped("[", "]")
        || is_parameter
        || is_variable
}

/// Beginnings of texts that say where a secret is.
const SCHEMES: [&str; 9] =
    ["arn:", "env:", "file:", "keyvault:", "kms:", "projects/", "secretsmanager:", "ssm:", "k8s:"];

/// Beginnings of texts that are encrypted, hashed or public.
const PROTECTED: [&str; 13] = [
    "$ANSIBLE_VAULT;",
    "-----BEGIN PGP MESSAGE",
    "-----BEGIN AGE ENCRYPTED",
    "-----BEGIN CERTIFICATE",
    "-----BEGIN PUBLIC KEY",
    "ssh-",
    "$2a$",
    "$2b$",
    "$2y$",
    "$5$",
    "$6$",
    "$argon2",
    "{SHA",
];

/// Whether a text says where the secret is, or is of no use to a thief.
pub(super) fn refers(text: &str) -> bool {
    let is_path = (text.starts_with(['/', '~']) || text.starts_with("./"))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-~".contains(c));
    is_path
        || is_variables_name(text)
        || text.contains("://")
        || SCHEMES.iter().chain(&PROTECTED).any(|beginning| text.starts_with(beginning))
}

/// Whether a text is the name of a variable that holds a secret, such as `DB_PASSWORD`.
fn is_variables_name(text: &str) -> bool {
    let words: Vec<&str> = text.split('_').collect();
    let is_word =
        |word: &&str| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) && !word.is_empty();
    let speaks = ["PASSWORD", "PASSWD", "PASS", "PWD", "PW", "SECRET", "TOKEN", "KEY"];
    words.len() > 1 && words.iter().all(is_word) && words.iter().any(|word| speaks.contains(word))
}

/// Tokens with a shape of their own: what they are, prefix, least length of the rest.
const TOKENS: [(&str, &str, usize); 18] = [
    ("a GitHub token", "ghp_", 36),
    ("a GitHub token", "gho_", 36),
    ("a GitHub token", "ghu_", 36),
    ("a GitHub token", "ghs_", 36),
    ("a GitHub token", "ghr_", 36),
    ("a GitHub token", "github_pat_", 36),
    ("a GitLab token", "glpat-", 20),
    ("a Slack token", "xoxb-", 24),
    ("a Slack token", "xoxp-", 24),
    ("a Slack token", "xoxa-", 24),
    ("a Stripe key", "sk_live_", 24),
    ("a Stripe key", "rk_live_", 24),
    ("an npm token", "npm_", 36),
    ("a SendGrid key", "SG.", 40),
    ("an age key", "AGE-SECRET-KEY-1", 50),
    ("an AWS access key", "AKIA", 16),
    ("an AWS access key", "ASIA", 16),
    ("a JSON Web Token", "eyJ", 40),
];

/// The secrets that a text is or holds, by their look alone.
pub(super) fn by_look(text: &str) -> impl Iterator<Item = Secret<'_>> {
    let keys = private_keys(text).map(|text| Secret { what: "a private key", text });
    let passwords = passwords_in_urls(text).map(|text| Secret { what: "a password in a URL", text });
    keys.chain(tokens(text)).chain(passwords)
}

fn tokens(text: &str) -> impl Iterator<Item = Secret<'_>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.split(move |c| !is_part(c)).filter_map(|word| {
        let fits = |(_, prefix, least): &&(&str, &str, usize)| {
            word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *least)
        };
        let (what, prefix, _) = TOKENS.iter().find(fits)?;
        let is_genuine = match *prefix {
            "AKIA" | "ASIA" => is_access_key(word),
            "eyJ" => is_web_token(word),
            _ => true,
        };
        let is_example = word.to_ascii_lowercase().contains("example");
        (is_genuine && !is_example).then_some(Secret { what, text: word })
    })
}

fn is_access_key(word: &str) -> bool {
    word.len() == 20 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn is_web_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    matches!(parts.as_slice(), [_, claims, signature] if claims.starts_with("eyJ") && signature.len() >= 20)
}

/// The bodies of private keys that are not themselves encrypted.
fn private_keys(text: &str) -> impl Iterator<Item = &str> {
    text.split("-----BEGIN ").skip(1).filter_map(|block| {
        let (label, body) = block.split_once("-----")?;
        let is_private = label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK");
        let body = body.split("-----END").next()?;
        let is_whole = body.chars().filter(char::is_ascii_alphanumeric).count() >= 40;
        let is_encrypted = label.contains("ENCRYPTED") || body.contains("ENCRYPTED");
        (is_private && is_whole && !is_encrypted).then_some(body)
    })
}

/// The literal passwords in the authorities of URLs.
fn passwords_in_urls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("://").filter_map(|(at, separator)| {
        let after = text.get(at + separator.len()..)?;
        let authority = after.split(['/', '?', '#', ' ', '\n']).next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let (_, password) = user.split_once(':')?;
        let is_literal = !password.is_empty()
            && !stands_in(password)
            && !["user", "pass", "password", "pw", "secret"].contains(&password)
            && !password.contains(['{', '$', '<', '(', '*']);
        is_literal.then_some(password)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_secrets_place_is_none() {
        for text in [
            "",
            "****",
            "xxxx",
            "CHANGE_ME",
            "changeme!",
            "<password>",
            "@db.password@",
            "{{ pw }}",
            "${PW}",
            "pre-${PW}",
            "%{hiera('x')}",
            "$(PW)",
            "$PW",
            "%kernel.secret%",
            "%DB_PW%",
            "required",
            "$_pw1",
            "((pw))",
            "[REDACTED]",
            "__PW__",
            "your-token-here",
            "TODO",
            "none",
            "replace-me",
        ] {
            assert!(stands_in(text), "{text}");
        }
        for text in
            ["hunter2", "100%", "%a b%", "$ecret!", "$1", "todo-list-of-9", "p<w>", "xoxo", "yourself"]
        {
            assert!(!stands_in(text), "{text}");
        }
    }

    #[test]
    fn a_url_shows_its_password() {
        for (text, password) in [
            ("postgres://app:hunter2@db/x", Some("hunter2")),
            ("see redis://:s3cr3t@cache:6379/0 for it", Some("s3cr3t")),
            ("https://user@host/x:y@z", None),
            ("https://host:8080/a@b", None),
            ("amqp://user:${PW}@host", None),
            ("postgres://user:password@host", None),
            ("mailto:a@b", None),
        ] {
            assert_eq!(by_look(text).next().map(|secret| secret.text), password, "{text}");
        }
    }
}
