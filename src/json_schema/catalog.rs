//! Which schema files describe an item in an environment.
//!
//! Only names are looked at here; no file is opened.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::{Environment, Key, Policy};

/// The schema files of one revision, and what is needed to say whose they are.
#[derive(Clone, Copy)]
pub struct Catalog<'a> {
    /// Every schema file, relative to the configuration root.
    pub files: &'a BTreeSet<String>,
    /// Whether what a file would be is hidden behind something else on the way to it.
    pub is_hidden: &'a dyn Fn(&str) -> bool,
    /// Whether some environment has an item of a key.
    pub is_item: &'a dyn Fn(&Key) -> bool,
    /// The policy, for its `[[schema]]` mappings.
    pub policy: &'a Policy,
}

impl Catalog<'_> {
    /// The schemas that `key` must fit: its own or else those the policy maps to it, then each
    /// environment's overlay.
    ///
    /// `schemas/payments.production.schema.json` is the overlay of `payments` in production,
    /// unless there is an item called `payments.production`: a file belongs to the item that it
    /// names in full. A mapped file is listed even where it does not exist, and the key's own where
    /// nobody can see whether it does, so that loading it says so.
    #[must_use]
    pub fn of_key(&self, key: &Key) -> KeySchemas {
        let own = file(key);
        let is_hidden = (self.is_hidden)(&own);
        if self.files.is_empty() && self.policy.schemas.is_empty() && !is_hidden {
            return KeySchemas::default();
        }
        let shared = if is_hidden || self.files.contains(&own) {
            vec![own]
        } else {
            self.policy.schemas_of(key).map(|mapping| mapping.file.clone()).collect()
        };
        let overlay = |environment| {
            let overlay = file(format_args!("{key}.{environment}"));
            let is_item = || {
                let full = format!("{key}.{environment}").parse();
                full.is_ok_and(|key: Key| (self.is_item)(&key))
            };
            (self.files.contains(&overlay) && !is_item()).then_some(overlay)
        };
        KeySchemas { shared, overlays: Environment::ALL.map(overlay) }
    }
}

/// The schema files of one key, relative to the configuration root.
#[derive(Clone, Debug, Default)]
pub struct KeySchemas {
    shared: Vec<String>,
    overlays: [Option<String>; Environment::ALL.len()],
}

impl KeySchemas {
    /// Those that the item must fit in an environment.
    pub fn describing(&self, environment: Environment) -> impl Iterator<Item = &str> {
        let overlay = self.overlays.iter().zip(Environment::ALL).filter(move |(_, of)| *of == environment);
        self.shared.iter().chain(overlay.filter_map(|(overlay, _)| overlay.as_ref())).map(String::as_str)
    }

    /// All of them, each once.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.shared.iter().chain(self.overlays.iter().flatten()).map(String::as_str)
    }
}

/// The schema file of the item called `name`, relative to the configuration root.
fn file(name: impl fmt::Display) -> String {
    format!("schemas/{name}.schema.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describing(catalog: &Catalog<'_>, key: &Key, environment: Environment) -> Vec<String> {
        catalog.of_key(key).describing(environment).map(str::to_owned).collect()
    }

    const MAPPINGS: &str = "[[schema]]\nkeys = \"services/*\"\nfile = \"schemas/service.schema.json\"\n\
                            [[schema]]\nkeys = \"services/a*\"\nfile = \"schemas/a.schema.json\"\n";

    #[test]
    fn own_schemas_come_before_mapped_ones_and_overlays_are_added() {
        let policy = Policy::parse(MAPPINGS, "terrace.toml").expect("policy");
        let files =
            ["payments", "payments.production", "billing.staging", "services/own", "services/b.staging"]
                .map(file)
                .into();
        let catalog = Catalog { files: &files, is_hidden: &|_| false, is_item: &|_| false, policy: &policy };
        let (development, staging, production) =
            (Environment::Development, Environment::Staging, Environment::Production);
        for (key, environment, expected) in [
            ("payments", development, vec!["payments"]),
            ("payments", production, vec!["payments", "payments.production"]),
            ("billing", staging, vec!["billing.staging"]),
            ("billing", production, vec![]),
            ("services/own", staging, vec!["services/own"]),
            ("services/b", production, vec!["service"]),
            ("services/b", staging, vec!["service", "services/b.staging"]),
            ("services/api", production, vec!["service", "a"]),
            ("other", production, vec![]),
        ] {
            let key: Key = key.parse().expect("key");
            let expected: Vec<_> = expected.into_iter().map(file).collect();
            assert_eq!(describing(&catalog, &key, environment), expected, "{key} in {environment}");
        }
    }

    #[test]
    fn a_key_that_ends_like_an_overlay_keeps_its_own_schema() {
        let policy = Policy::default();
        let files = ["payments", "payments.production"].map(file).into();
        let key = |text: &str| text.parse::<Key>().expect("key");
        for (keys, expected) in [
            (vec!["payments"], vec!["payments", "payments.production"]),
            (vec!["payments", "payments.production"], vec!["payments"]),
        ] {
            let keys: BTreeSet<Key> = keys.into_iter().map(key).collect();
            let is_item = |key: &Key| keys.contains(key);
            let catalog =
                Catalog { files: &files, is_hidden: &|_| false, is_item: &is_item, policy: &policy };
            let expected: Vec<_> = expected.into_iter().map(file).collect();
            assert_eq!(describing(&catalog, &key("payments"), Environment::Production), expected);
            let own = describing(&catalog, &key("payments.production"), Environment::Staging);
            assert_eq!(own, [file("payments.production")]);
        }
    }
}
