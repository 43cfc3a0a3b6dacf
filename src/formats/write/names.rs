//! The names of values: variables, properties, and the ConfigMap that holds them.

use crate::model::{Key, Segment, ValuePath};

/// The environment variable of a path: its steps in capitals, joined by `_`, every character but
/// `A-Z`, `0-9` and `_` as `_`.
pub(super) fn variable(prefix: &str, key: Option<&Key>, path: &ValuePath) -> String {
    let steps = key.into_iter().flat_map(|key| key.as_str().split('/')).map(str::to_owned);
    let words: Vec<String> = steps.chain(path.segments.iter().map(step)).collect();
    let fitting = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = words.join("_").chars().map(fitting).collect();
    let name = format!("{prefix}{name}");
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The property of a path: its steps joined by `.`, list elements as `[0]`.
pub(super) fn property(prefix: &str, key: Option<&Key>, path: &ValuePath) -> String {
    let mut name = key.map_or_else(String::new, |key| key.as_str().replace('/', "."));
    for (i, segment) in path.segments.iter().enumerate() {
        match segment {
            Segment::Index(index) => name.push_str(&format!("[{index}]")),
            Segment::Key(_) | Segment::Identity { .. } | Segment::Append => {
                if i > 0 || key.is_some() {
                    name.push('.');
                }
                name.push_str(&step(segment));
            }
        }
    }
    format!("{prefix}{name}")
}

fn step(segment: &Segment) -> String {
    match segment {
        Segment::Key(key) => key.clone(),
        Segment::Index(index) => index.to_string(),
        Segment::Identity { value, .. } => value.clone(),
        Segment::Append => String::new(),
    }
}

/// Whether a prefix can begin a variable's name.
pub(super) fn is_prefix(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// What already has this name and would take the value for its own: the loader, the search for
/// programs, or the shell itself.
pub(super) fn taken_by(name: &str) -> Option<&'static str> {
    match name {
        "PATH" => Some("where programs are looked for"),
        "IFS" | "BASH_ENV" | "SHELLOPTS" | "BASHOPTS" | "BASH_VERSINFO" => Some("how shells read scripts"),
        "UID" | "EUID" | "PPID" => Some("a constant of the shell"),
        _ if name.starts_with("LD_") || name.starts_with("DYLD_") => {
            Some("what the loader puts into programs")
        }
        _ => None,
    }
}

/// A key as the name of a Kubernetes object, a DNS subdomain; `None` when nothing of it is left or
/// it is too long.
pub(super) fn object(key: &Key) -> Option<String> {
    let fitting = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '.') => c,
        _ => '-',
    };
    let text: String = key.as_str().chars().map(fitting).collect();
    let labels: Vec<&str> =
        text.split('.').map(|label| label.trim_matches('-')).filter(|label| !label.is_empty()).collect();
    let name = labels.join(".");
    (1..=253).contains(&name.len()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect(text)
    }

    #[test]
    fn paths_become_names() {
        for (prefix, item, path, as_variable, as_property) in [
            ("", None, "database.pool.size", "DATABASE_POOL_SIZE", "database.pool.size"),
            ("", None, "hosts[0].name", "HOSTS_0_NAME", "hosts[0].name"),
            ("", None, "[1][0]", "_1_0", "[1][0]"),
            ("APP_", None, "a", "APP_A", "APP_a"),
            ("APP_", None, "1st", "APP_1ST", "APP_1st"),
            ("", None, "poolSize", "POOLSIZE", "poolSize"),
            ("", None, "\"a.b\"", "A_B", "a.b"),
            ("", None, "govuk::apps::x", "GOVUK__APPS__X", "govuk::apps::x"),
            ("", None, "größe.\"\"", "GR__E_", "größe."),
            ("", Some("billing/invoices"), "a", "BILLING_INVOICES_A", "billing.invoices.a"),
            ("", Some("a-b.c"), "[0]", "A_B_C_0", "a-b.c[0]"),
            ("", Some("a"), "", "A", "a"),
            ("", None, "\"\"", "_", ""),
        ] {
            let (item, path) = (item.map(key), path.parse::<ValuePath>().expect(path));
            assert_eq!(variable(prefix, item.as_ref(), &path), as_variable);
            assert_eq!(property(prefix, item.as_ref(), &path), as_property);
        }
    }

    #[test]
    fn keys_become_names_of_objects() {
        for (item, expected) in [
            ("payments", Some("payments")),
            ("billing/Invoices_v2", Some("billing-invoices-v2")),
            ("a.b-/c-", Some("a.b--c")),
            ("a-.x..b", Some("a.x.b")),
            ("_", None),
            (&"x".repeat(253), Some(&*"x".repeat(253))),
            (&"x".repeat(254), None),
        ] {
            assert_eq!(object(&key(item)).as_deref(), expected, "{item}");
        }
    }

    #[test]
    fn prefixes_begin_names() {
        for (text, expected) in
            [("APP_", true), ("", true), ("_9", true), ("9", false), ("A-", false), ("Ä", false)]
        {
            assert_eq!(is_prefix(text), expected, "{text}");
        }
    }
}
