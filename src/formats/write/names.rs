//! The names of values: variables, properties, and the ConfigMap that holds them.

use crate::model::{Key, Segment, ValuePath};

/// How a path becomes a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameStyle {
    /// The letters.
    pub case: NameCase,
    /// What stands between the steps of the path.
    pub separator: String,
}

impl Default for NameStyle {
    fn default() -> Self {
        Self { case: NameCase::Upper, separator: "_".to_owned() }
    }
}

/// The letters of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameCase {
    /// Capitals.
    Upper,
    /// As the path has them.
    Keep,
}

/// The characters that names have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Letters, digits and `_`, no digit first: what a shell can name.
    Variable,
    /// Letters, digits, `_`, `-` and `.`: what a ConfigMap or a Secret can name.
    Data,
    /// All there are.
    Any,
}

impl Alphabet {
    pub(super) fn has(self, c: char) -> bool {
        match self {
            Self::Variable => c.is_ascii_alphanumeric() || c == '_',
            Self::Data => c.is_ascii_alphanumeric() || "_-.".contains(c),
            Self::Any => true,
        }
    }
}

/// The name of a path: its steps joined by the style's separator. In capitals every character but
/// `A-Z`, `0-9` and `_` is `_`; letters that are kept have beside them what the alphabet has.
pub(super) fn variable(
    prefix: &str,
    style: &NameStyle,
    alphabet: Alphabet,
    key: Option<&Key>,
    path: &ValuePath,
) -> String {
    let steps = key.into_iter().flat_map(|key| key.as_str().split('/')).map(str::to_owned);
    let fitting = |c: char| match style.case {
        NameCase::Upper if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        NameCase::Keep if alphabet.has(c) => c,
        NameCase::Upper | NameCase::Keep => '_',
    };
    let words = steps.chain(path.segments.iter().map(step));
    let words: Vec<String> = words.map(|word| word.chars().map(fitting).collect()).collect();
    let name = format!("{prefix}{}", words.join(&style.separator));
    let is_bare = name.is_empty() && alphabet != Alphabet::Any;
    let digit_first = alphabet == Alphabet::Variable || style.case == NameCase::Upper;
    if is_bare || digit_first && name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
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

/// A key as the name of a Kubernetes object, a DNS subdomain; `None` when nothing of it is left or
/// it is too long.
#[must_use]
pub fn object(key: &Key) -> Option<String> {
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
            let style = NameStyle::default();
            assert_eq!(variable(prefix, &style, Alphabet::Variable, item.as_ref(), &path), as_variable);
            assert_eq!(property(prefix, item.as_ref(), &path), as_property);
        }
    }

    #[test]
    fn names_keep_what_their_alphabet_has() {
        use Alphabet::{Any, Data, Variable};
        let style = |case, separator: &str| NameStyle { case, separator: separator.to_owned() };
        let kept = style(NameCase::Keep, "__");
        for (style, alphabet, path, expected) in [
            (&kept, Variable, "poolSize.max-x", "poolSize__max_x"),
            (&kept, Data, "poolSize.max-x", "poolSize__max-x"),
            (&kept, Any, "größe.\"a b\"", "größe__a b"),
            (&kept, Variable, "1st", "_1st"),
            (&kept, Any, "1st", "1st"),
            (&style(NameCase::Upper, "__"), Variable, "a-b.c", "A_B__C"),
            (&style(NameCase::Keep, ":"), Any, "Logging.Level[0]", "Logging:Level:0"),
        ] {
            let path: ValuePath = path.parse().expect(path);
            assert_eq!(variable("", style, alphabet, None, &path), expected);
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
            (&format!("{0}/{0}", "x".repeat(126)), Some(&*format!("{0}-{0}", "x".repeat(126)))),
            (&format!("{0}/{0}", "x".repeat(127)), None),
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
