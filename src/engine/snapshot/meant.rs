//! What somebody meant who named an item that there is not.

use crate::model::{Environment, Help, Key, closest};

/// So many items below a folder are named.
const SHOWN: usize = 4;

/// What may have been meant: an environment, a path, a folder, or another item.
pub(super) fn meant(key: &Key, known: &[&Key]) -> Help {
    let text = key.as_str();
    let within = text.strip_prefix("environments/").unwrap_or(text);
    let (first, rest) = within.split_once('/').map_or((within, None), |(first, rest)| (first, Some(rest)));
    if let Some(environment) = Environment::called(first) {
        match rest {
            None => return Help::NameEnvironment(environment),
            Some(rest) if known.iter().any(|key| key.as_str() == rest) => {
                return Help::Any(vec![
                    Help::DidYouMean(rest.to_owned()),
                    Help::NameEnvironment(environment),
                ]);
            }
            Some(_) => {}
        }
    }
    if let Some(near) = closest(text, known.iter().map(|key| key.as_str())).filter(|near| *near != text) {
        return Help::DidYouMean(near.to_owned());
    }
    let path_of = |known: &&Key| {
        Some((known.as_str().to_owned(), text.strip_prefix(known.as_str())?.strip_prefix('.')?))
    };
    if let Some((item, path)) = known.iter().filter_map(path_of).max_by_key(|(item, _)| item.len()) {
        return format!("`{item}` is an item; a path stands apart from it: {item} {path}").into();
    }
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&str> {
        known.iter().map(|key| key.as_str()).filter(|key| fits(key)).collect()
    };
    let below = named(&|key| key.strip_prefix(text).is_some_and(|rest| rest.starts_with('/')));
    if !below.is_empty() {
        let more = if below.len() > SHOWN { ", …" } else { "" };
        let shown: Vec<&str> = below.into_iter().take(SHOWN).collect();
        return format!("it is a folder of items: {}{more}", shown.join(", ")).into();
    }
    match named(&|key| key.strip_suffix(text).is_some_and(|rest| rest.ends_with('/'))).as_slice() {
        [one] => Help::DidYouMean((*one).to_owned()),
        _ => Help::ListItems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_said() {
        let keys = ["payments", "billing/invoices", "billing/rates", "search/index", "a.b"];
        let keys = keys.map(|key| key.parse::<Key>().expect(key));
        let known: Vec<&Key> = keys.iter().collect();
        for (asked, expected) in [
            ("paymens", "did you mean `payments`?"),
            ("staging", "an item is named here, and this is an environment: staging"),
            ("prod", "an item is named here, and this is an environment: production"),
            ("environments/staging", "an item is named here, and this is an environment: staging"),
            (
                "staging/payments",
                "did you mean `payments`? an item is named here, and this is an environment: staging",
            ),
            ("products", "name an item that the environment has"),
            ("payments.db.host", "`payments` is an item; a path stands apart from it: payments db.host"),
            ("a.b.size", "`a.b` is an item; a path stands apart from it: a.b size"),
            ("billing", "it is a folder of items: billing/invoices, billing/rates"),
            ("index", "did you mean `search/index`?"),
            ("nothing", "name an item that the environment has"),
        ] {
            assert_eq!(meant(&asked.parse().expect(asked), &known).to_string(), expected, "{asked}");
        }
    }
}
