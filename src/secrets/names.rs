//! What a name says: that a value is a secret, or only something about one.
//!
//! A name is split at `_ - . : /`, spaces and camel case. What counts is its last word, once
//! numbers, environments and words such as `old` are left off behind it. Only so many bytes at
//! either end of a name are read, so that no name costs more than another.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::model::{Environment, words as words_of};

/// The kind of secret that a name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// What a person or an account signs in with; a number can be one.
    Password,
    /// `secret` and `credentials`, under which names of objects that hold one stand as well.
    Secret,
    /// A token, or a key to sign or encrypt with.
    Key,
    /// The header `Authorization`, under which a kind of authorization may stand.
    Authorization,
    /// Where a service is, with or without the password for it.
    Connection,
}

/// What a name says of the value that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Nothing of secrets.
    Plain,
    /// Something about a secret: `use_token`, `existingSecret`.
    About,
    /// That it is a secret.
    Secret(Family),
    /// That it is ciphertext.
    Encrypted,
}

/// All that is asked of the name of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// What it says of the value.
    pub(super) name: Name,
    /// Whether it [`describes`] a secret.
    pub(super) describes: bool,
    /// Whether it [`is_objects`].
    pub(super) is_objects: bool,
}

/// So many names are remembered, and none that is longer.
const REMEMBERED: usize = 4096;
const REMEMBERED_BYTES: usize = 64;

thread_local! {
    static SAID: RefCell<HashMap<Box<str>, Said>> = RefCell::default();
}

/// All that the name of a key says; the same names come in every file, so that each is read once.
pub(super) fn said(name: &str) -> Said {
    if let Some(said) = SAID.with_borrow(|known| known.get(name).copied()) {
        return said;
    }
    let said = Said { name: read(name), describes: describes(name), is_objects: is_objects(name) };
    if name.len() <= REMEMBERED_BYTES {
        SAID.with_borrow_mut(|known| {
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(name.into(), said);
        });
    }
    said
}

/// A name less what it ends with that names an environment by the policy, `uat` say.
pub(super) fn without_own_words<'n>(name: &'n str, words: &[String]) -> &'n str {
    let mut rest = name;
    while let Some(shorter) = words.iter().find_map(|word| without_word(rest, word)) {
        rest = shorter;
    }
    rest
}

/// A name less its last word, where it is this one and not the only one.
fn without_word<'n>(name: &'n str, word: &str) -> Option<&'n str> {
    let start = name.len().checked_sub(word.len())?;
    let (before, last) = name.split_at_checked(start).filter(|(_, last)| last.eq_ignore_ascii_case(word))?;
    let separated = before.ends_with(|c: char| !c.is_alphanumeric());
    let begins = before.ends_with(|c: char| c.is_lowercase() || c.is_ascii_digit())
        && last.starts_with(|c: char| c.is_uppercase());
    let rest = before.trim_end_matches(|c: char| !c.is_alphanumeric());
    ((separated || begins) && !rest.is_empty()).then_some(rest)
}

/// Of a longer name only the beginning and the end are read.
const READ: usize = 128;

/// Words that make a name say something about a secret, at its beginning.
const ABOUT: [&str; 22] = [
    "existing",
    "use",
    "create",
    "pull",
    "allow",
    "require",
    "reset",
    "forgot",
    "change",
    "hide",
    "show",
    "enable",
    "disable",
    "max",
    "min",
    "next",
    "page",
    "automount",
    "is",
    "has",
    "no",
    "not",
];

/// The same anywhere before the last word.
const ABOUT_WITHIN: [&str; 3] = ["existing", "pull", "max"];

/// Words before `pass`: what has an account.
const ACCOUNTS: [&str; 31] = [
    "account", "admin", "amqp", "auth", "basic", "client", "database", "db", "default", "email", "ftp",
    "imap", "jdbc", "keystore", "ldap", "login", "mail", "mariadb", "mongo", "mongodb", "mq", "mysql", "pg",
    "postgres", "proxy", "rabbitmq", "redis", "root", "sftp", "smtp", "user",
];

/// Words before `key`.
const KEYS: [&str; 19] = [
    "api",
    "access",
    "secret",
    "private",
    "signing",
    "encryption",
    "client",
    "app",
    "master",
    "hmac",
    "session",
    "cookie",
    "jwt",
    "fernet",
    "deploy",
    "storage",
    "account",
    "shared",
    "license",
];

/// Words before `secret` and `token` in names that are run together, besides [`ACCOUNTS`] and [`KEYS`].
const BEARERS: [&str; 11] =
    ["auth", "bearer", "bot", "csrf", "gh", "github", "gitlab", "id", "oauth", "refresh", "web"];

/// What a name says.
pub(super) fn read(name: &str) -> Name {
    let (first, words) = words(name);
    if ["encrypted", "sealed"].contains(&first.as_str()) {
        return Name::Encrypted;
    }
    let end = words.iter().rposition(|word| !is_aside(word)).map_or(0, |last| last + 1);
    let Some((last, before)) = words.get(..end).and_then(|words| words.split_last()) else {
        return Name::Plain;
    };
    let Some(found) = family(last.trim_end_matches(|c: char| c.is_ascii_digit()), before) else {
        return Name::Plain;
    };
    let is_about = !before.is_empty() && ABOUT.contains(&first.as_str())
        || before.iter().any(|word| ABOUT_WITHIN.contains(&word.as_str()));
    if is_about { Name::About } else { found }
}

/// What the last word says behind the others; `None` when nothing of secrets.
fn family(last: &str, before: &[String]) -> Option<Name> {
    let previous = before.last().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    let follows = |words: &[&str]| previous.is_some_and(|word| words.contains(&word));
    let found = match last {
        "password" | "passwords" | "passwd" | "passphrase" | "passcode" | "htpasswd" => Family::Password,
        "pass" | "pwd" if follows(&ACCOUNTS) => Family::Password,
        "secret" | "secrets" | "credential" | "credentials" => Family::Secret,
        "token" | "tokens" | "bearer" => Family::Key,
        "key" | "keys" if follows(&KEYS) || previous.is_some_and(run_together_key) => Family::Key,
        "authorization" => Family::Authorization,
        "auth" if follows(&["basic"]) => Family::Password,
        // Redis' own names.
        "basicauth" | "requirepass" | "masterauth" => Family::Password,
        "string" | "strings" if follows(&["connection"]) => Family::Connection,
        "connectionstring" | "connectionstrings" => Family::Connection,
        _ => return run_together(last),
    };
    Some(Name::Secret(found))
}

/// `secretaccess` before `key`.
fn run_together_key(word: &str) -> bool {
    KEYS.iter().any(|first| word.strip_prefix(first).is_some_and(|rest| KEYS.contains(&rest)))
}

/// What a word says that is made of several.
fn run_together(word: &str) -> Option<Name> {
    let ends = |end: &str| word.strip_suffix(end).or_else(|| word.strip_suffix('s')?.strip_suffix(end));
    let told =
        |before: &str, family| Some(if ABOUT.contains(&before) { Name::About } else { Name::Secret(family) });
    let is_bearer = |before: &str| {
        let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
        let ends = |word: &&str| word.len() > 2 && before.ends_with(*word);
        [&ACCOUNTS[..], &BEARERS, &ABOUT].iter().any(|words| words.contains(&before))
            || KEYS.iter().chain(&BEARERS).any(ends)
    };
    for end in ["password", "passwd", "passphrase"] {
        if let Some(before) = ends(end) {
            return told(before, Family::Password);
        }
    }
    for end in ["pass", "pwd"] {
        if word.strip_suffix(end).is_some_and(|before| ACCOUNTS.contains(&before)) {
            return told("", Family::Password);
        }
    }
    for (end, family) in [("secret", Family::Secret), ("token", Family::Key)] {
        if let Some(before) = ends(end).filter(|before| is_bearer(before)) {
            return told(before, family);
        }
    }
    let before = ends("key")?;
    KEYS.iter().any(|key| before.ends_with(key)).then_some(Name::Secret(Family::Key))
}

/// Whether a word at the end of a name says which one, and not what.
fn is_aside(word: &str) -> bool {
    let version = word.strip_prefix('v').unwrap_or(word);
    (!version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()))
        || ["ro", "rw", "old", "new", "base", "preprod", "nonprod"].contains(&word)
        || Environment::called(word).is_some()
}

/// Words of keys below a secret that say something about it: as the last word of the key.
const DESCRIBING: [&str; 60] = [
    "algorithm",
    "annotations",
    "apiversion",
    "audience",
    "backend",
    "class",
    "defaultmode",
    "description",
    "driver",
    "email",
    "enabled",
    "encoder",
    "endpoint",
    "engine",
    "env",
    "expiration",
    "expiry",
    "file",
    "filename",
    "format",
    "header",
    "host",
    "hostname",
    "interval",
    "issuer",
    "kind",
    "labels",
    "length",
    "login",
    "message",
    "mode",
    "mountpath",
    "name",
    "namespace",
    "path",
    "pattern",
    "policy",
    "port",
    "prefix",
    "project",
    "provider",
    "ref",
    "region",
    "role",
    "schedule",
    "scope",
    "scopes",
    "store",
    "suffix",
    "template",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "usernames",
    "validity",
    "vault",
];

/// The same as the whole key.
const DESCRIBING_ALONE: [&str; 9] =
    ["id", "items", "key", "keys", "version", "properties", "from", "in", "expires"];

/// Whether a key below a secret mapping says something about the secret.
fn describes(name: &str) -> bool {
    let (_, words) = words(name);
    let folded = words.concat();
    let alone = |list: &[&str]| list.contains(&folded.as_str());
    alone(&DESCRIBING_ALONE)
        || alone(&DESCRIBING)
        || words.last().is_some_and(|last| DESCRIBING.contains(&last.as_str()))
}

/// Whether a name reads like that of an object, such as `sqs-orders-queue-secret`: then the entries
/// below it name the object's own.
fn is_objects(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.matches('-').count() > 1 && name.chars().all(is_plain)
}

/// The first word of a name, behind what it is kept under (`govuk::apps::`), and the last ones, in
/// lower case.
fn words(name: &str) -> (String, Vec<String>) {
    let own = name.rsplit([':', '/', '.']).next().unwrap_or_default();
    let beginning = own.get(..own.floor_char_boundary(READ.min(own.len()))).unwrap_or_default();
    (words_of(beginning).into_iter().next().unwrap_or_default(), words_of(end_of(name)))
}

fn end_of(name: &str) -> &str {
    let from = name.ceil_char_boundary(name.len().saturating_sub(READ));
    name.get(from..).unwrap_or_default()
}
