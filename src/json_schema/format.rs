//! Which formats a string fits, for inference.
//!
//! A format that is inferred wrongly refuses good values later, so each is asked for more than
//! the validator asks: a URI has a scheme and a host, a host name has a dot and is no file name.
//! What fits here also fits the validator, since that is asked as well.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value as Json, json};

/// A format and what it takes beyond what the validator asks.
type Format = (&'static str, fn(&str) -> bool);

/// The most telling first: of several that fit, the first is inferred.
const FORMATS: [Format; 8] = [
    ("uuid", |text| text.len() == 36),
    ("date-time", |text| text.contains('T')),
    ("date", |_| true),
    ("ipv4", |_| true),
    ("ipv6", |text| text.matches(':').count() > 1),
    ("email", is_email),
    ("uri", is_uri),
    ("hostname", is_host_name),
];

/// Text longer than this has no format.
const LONGEST: usize = 2_000;

static VALIDATORS: LazyLock<Vec<Option<Validator>>> = LazyLock::new(|| {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    FORMATS.iter().map(|(name, _)| options.build(&json!({ "format": name })).ok()).collect()
});

/// Formats that all of some strings fit.
#[derive(Clone, Debug)]
pub(super) struct Formats {
    fitting: [bool; FORMATS.len()],
    samples: usize,
}

impl Default for Formats {
    fn default() -> Self {
        Self { fitting: [true; FORMATS.len()], samples: 0 }
    }
}

impl Formats {
    /// Takes another string into account.
    pub(super) fn learn(&mut self, text: &str) {
        self.samples += 1;
        for ((fits, format), validator) in self.fitting.iter_mut().zip(FORMATS).zip(VALIDATORS.iter()) {
            *fits = *fits && is(text, format, validator.as_ref());
        }
    }

    /// The format that two or more strings agree on.
    pub(super) fn agreed(&self) -> Option<&'static str> {
        let fitting = self.fitting.iter().zip(FORMATS).find(|(fits, _)| **fits);
        fitting.filter(|_| self.samples >= 2).map(|(_, (name, _))| name)
    }
}

fn is(text: &str, (_, asks): Format, validator: Option<&Validator>) -> bool {
    let valid = |validator: &Validator| validator.is_valid(&Json::String(text.to_owned()));
    text.len() <= LONGEST && asks(text) && validator.is_some_and(valid)
}

fn is_email(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    text.split_once('@').is_some_and(|(name, host)| name.chars().all(plain) && is_host_name(host))
}

fn is_uri(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    scheme.len() > 1 && !host.is_empty()
}

fn is_host_name(text: &str) -> bool {
    /// Last labels that are more often the end of a file's name.
    const FILES: [&str; 22] = [
        "cfg",
        "conf",
        "crt",
        "css",
        "csv",
        "env",
        "html",
        "ini",
        "jar",
        "js",
        "json",
        "key",
        "log",
        "pem",
        "php",
        "properties",
        "sql",
        "toml",
        "txt",
        "xml",
        "yaml",
        "yml",
    ];
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let last = text.rsplit_once('.').map_or("", |(_, last)| last);
    let is_word = last.len() > 1 && last.chars().all(|c| c.is_ascii_lowercase());
    is_word && text.chars().all(plain) && !FILES.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_agreed_on_with_care() {
        for (samples, expected) in [
            (&["https://a.example.com/x", "postgres://u@db:5432/x"][..], Some("uri")),
            (&["https://a.example.com/x"], None),
            (&["https://a.example.com/x", "localhost:80"], None),
            (&["mailto:a@example.com", "urn:x"], None),
            (&["db.dev.example.com", "db.example.com"], Some("hostname")),
            (&["localhost", "db"], None),
            (&["app.log", "other.log"], None),
            (&["com.example.Main", "com.example.Other"], None),
            (&["1.2", "1.3"], None),
            (&["a.b.example.com:80", "c.example.com:80"], None),
            (&["ops@example.com", "dev@example.com"], Some("email")),
            (&["@example.com", "a@b"], None),
            (&["10.0.0.1", "10.0.0.2"], Some("ipv4")),
            (&["10.0.0.1", "10.0.0.0/8"], None),
            (&["::1", "fe80::1"], Some("ipv6")),
            (&["2026-01-31", "2025-02-28"], Some("date")),
            (&["2026-01-31", "2025-02-30"], None),
            (&["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+01:00"], Some("date-time")),
            (&["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000"], Some("uuid")),
            (&["", ""], None),
            (&["plain", "words"], None),
        ] {
            let mut formats = Formats::default();
            for sample in samples {
                formats.learn(sample);
            }
            assert_eq!(formats.agreed(), expected, "{samples:?}");
        }
    }
}
