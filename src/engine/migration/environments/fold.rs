//! What all environments begin from, written into one environment's item where that lacks it.

use crate::model::{Value, ValuePath};
use crate::yaml::edit::{Operation, Place, Replacement, apply};
use crate::yaml::{Document, Limits};

/// An item with the values of its base.
#[derive(Debug)]
pub(super) struct Folded {
    /// The item's text.
    pub(super) text: String,
    /// How many values came from the base.
    pub(super) added: usize,
    /// What the text says.
    pub(super) documents: Vec<Value>,
}

/// Writes into `item` what it lacks of `base`, and verifies that the result is their deep merge:
/// mappings key by key, all else the item's own.
///
/// # Errors
/// Why that cannot be done, as the end of a sentence.
pub(super) fn fold(base: &str, item: &str, limits: &Limits) -> Result<Folded, String> {
    let read = |text: &str, whose: &str| {
        Document::parse(text.as_bytes(), limits)
            .map_err(|rejection| format!("{whose}: {}", rejection.message))
    };
    let (base, item) = (read(base, "its base")?, read(item, "the file")?);
    let ([below], [own]) = (base.values(), item.values()) else {
        return Err("one of them holds several YAML documents".to_owned());
    };
    if below.as_map().is_none() || own.as_map().is_none() {
        return Err("one of them is no mapping".to_owned());
    }
    let mut operations = Vec::new();
    let mut added = 0;
    lacking(&base, &ValuePath::root(), (below, own), &mut |operation, values| {
        operations.push(operation);
        added += values;
    });
    let text = apply(&item, &operations, limits).map_err(|refusal| refusal.message)?;
    let documents = read(&text, "the result")?.values().to_vec();
    if documents != [merged(below, own)] {
        return Err("the result would not be their deep merge".to_owned());
    }
    Ok(Folded { text, added, documents })
}

fn lacking<'a>(
    document: &'a Document,
    at: &ValuePath,
    (below, own): (&Value, &Value),
    add: &mut dyn FnMut(Operation<'a>, usize),
) {
    let (Some(below), Some(own)) = (below.as_map(), own.as_map()) else { return };
    for (key, value) in below {
        let path = at.key(key);
        if let Some(own) = own.get(key) {
            lacking(document, &path, (value, own), add);
            continue;
        }
        let operation = Operation::Insert {
            parent: at.clone(),
            key: Some(key.to_owned()),
            place: Place::Last,
            value: Replacement::From { document, path },
            comment: None,
        };
        add(operation, value.leaves());
    }
}

/// The deep merge: the values of `own`, and those of `below` where it has none.
fn merged(below: &Value, own: &Value) -> Value {
    let (Some(base), Some(over)) = (below.as_map(), own.as_map()) else { return own.clone() };
    let mut map = over.clone();
    for (key, value) in base {
        let value = over.get(key).map_or_else(|| value.clone(), |own| merged(value, own));
        map.insert(key.to_owned(), value);
    }
    Value::Map(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_gets_what_it_lacks_and_keeps_the_rest() {
        let limits = Limits::default();
        for (base, item, expected) in [
            ("a: 1\nb: 2\n", "b: 3 # own\n", "b: 3 # own\na: 1\n"),
            ("a: {x: 1, y: 2}\nl: [1]\n", "a:\n  x: 5\nl: [2, 3]\n", "a:\n  x: 5\n  y: 2\nl: [2, 3]\n"),
            ("a:\n  b: 1.10\n", "c: null\n", "c: null\na:\n  b: 1.10\n"),
            ("a: {b: 1}\n", "a: null\n", "a: null\n"),
            ("a: 1\n", "a: 1\n", "a: 1\n"),
        ] {
            let folded = fold(base, item, &limits).expect(base);
            assert_eq!(folded.text, expected, "{base}");
        }
        for (base, item) in [("a: 1\n---\nb: 1\n", "a: 1\n"), ("[1]\n", "a: 1\n"), ("a: [\n", "a: 1\n")] {
            assert!(fold(base, item, &limits).is_err(), "{base}");
        }
    }
}
