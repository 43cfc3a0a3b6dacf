//! What one side alone called otherwise, the entry of a mapping or the element of a list: what the other side
//! did below the old name belongs below the new one, as it does in a merge of lines.

use std::collections::{HashMap, HashSet};

use super::values::{nameless, says_much};
use super::verify::field;
use crate::diff::documents::pair_documents;
use crate::diff::lists::ListRules;
use crate::model::{Map, Segment, Value, ValuePath};
use crate::yaml::edit::{self, Operation, Replacement, last_key, rename_keys};
use crate::yaml::{Document, Limits};

/// What one side called otherwise: the path by the old name, and by the new one.
pub type Renames = Vec<(ValuePath, ValuePath)>;

/// The base and another version of it with the keys and names that `side` gave what all three have; `None`
/// where there are none, or where they cannot be written.
pub fn followed(
    versions: [&Document; 3],
    lists: &dyn ListRules,
    likeness: Likeness,
    limits: &Limits,
) -> Option<[Document; 2]> {
    let found = find_renames(versions, lists, likeness);
    let [base, _, other] = versions;
    Some([renamed(base, &found, limits)?, renamed(other, &found, limits)?])
}

/// How much of what was called otherwise must be as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// All of it.
    Equal,
    /// Half of its values, where nothing else is as like.
    Half,
}

/// What `side` called otherwise of what all three have.
pub fn find_renames(versions: [&Document; 3], lists: &dyn ListRules, likeness: Likeness) -> Renames {
    search(versions, Search { lists, likeness, is_in_other: true, found: Vec::new() })
}

/// What both sides called alike, one of them with this likeness.
pub(super) fn renames_of_both(
    [base, ours, theirs]: [&Document; 3],
    lists: &dyn ListRules,
    likeness: Likeness,
) -> Renames {
    let of = |side, likeness| find_renames([base, side, base], lists, likeness);
    let mut found = of(ours, likeness);
    if !found.is_empty() {
        let known: HashSet<_> = of(theirs, Likeness::Half).into_iter().collect();
        found.retain(|renamed| known.contains(renamed));
    }
    let by_theirs = of(theirs, likeness);
    if !by_theirs.is_empty() {
        let (known, own): (HashSet<_>, HashSet<_>) =
            (found.iter().cloned().collect(), of(ours, Likeness::Half).into_iter().collect());
        found.extend(
            by_theirs.into_iter().filter(|renamed| own.contains(renamed) && !known.contains(renamed)),
        );
    }
    found
}

/// What `side` called otherwise of what the last has no more.
pub fn renames_of_removed(versions: [&Document; 3], lists: &dyn ListRules) -> Renames {
    search(versions, Search { lists, likeness: Likeness::Half, is_in_other: false, found: Vec::new() })
}

fn search([base, side, other]: [&Document; 3], mut search: Search<'_>) -> Renames {
    let [b, s, o] = [base, side, other].map(|document| document.values());
    let paired = |version: &[Value]| -> HashSet<usize> {
        // Where there is one alone it is the same one, whatever it describes now.
        let is_only = b.len() == 1 && version.len() == 1;
        let pairs = pair_documents(b, version).into_iter().filter(|pair| pair.left == pair.right);
        pairs.filter_map(|pair| pair.left).chain(is_only.then_some(0)).collect()
    };
    let (in_side, in_other) = (paired(s), paired(o));
    for (number, base) in
        b.iter().enumerate().filter(|(number, _)| in_side.contains(number) && in_other.contains(number))
    {
        if let (Some(side), Some(other)) = (s.get(number), o.get(number)) {
            search.find(&ValuePath::document(number), [base, side, other]);
        }
    }
    search.found
}

/// A document with these names; `None` where there are none, or where they cannot be written.
pub fn renamed(document: &Document, found: &Renames, limits: &Limits) -> Option<Document> {
    if found.is_empty() {
        return None;
    }
    let (names, keys): (Vec<_>, Vec<_>) = found.iter().partition(|(path, _)| last_key(path).is_none());
    let name = |(path, new): &(ValuePath, ValuePath)| {
        let Some(Segment::Identity { field, value: name }) = new.last() else { return None };
        let path = field.split('.').fold(path.clone(), |path, key| path.key(key));
        // What is no text stays none: `1` for `2`.
        let value = match document.at(&path)? {
            Value::String(_) => Value::String(name.clone()),
            _ => return None,
        };
        Some(Operation::Set { path, value: Replacement::Value(value) })
    };
    let operations: Vec<_> = names.into_iter().map(name).collect::<Option<_>>()?;
    let keys: Vec<_> = keys.into_iter().filter_map(|(path, new)| Some((path, last_key(new)?))).collect();
    let document = match keys.is_empty() {
        true => document.clone(),
        false => rename_keys(document, &keys, limits)?,
    };
    edit::edited(&document, &operations, limits).ok()
}

/// How many pairs of entries are compared value by value.
const MOST_COMPARED: usize = 1_000;

struct Search<'a> {
    lists: &'a dyn ListRules,
    likeness: Likeness,
    is_in_other: bool,
    found: Renames,
}

impl Search<'_> {
    fn find(&mut self, path: &ValuePath, [base, side, other]: [&Value; 3]) {
        match (base, side, other) {
            _ if base == side => {}
            (Value::Map(base), Value::Map(side), Value::Map(other)) => {
                for (key, value) in base {
                    if let (Some(side), Some(other)) = (side.get(key), other.get(key)) {
                        self.find(&path.key(key), [value, side, other]);
                    }
                }
                self.entries(&|key| path.key(key), [base, side, other]);
            }
            (Value::List(base), Value::List(side), Value::List(other)) => {
                let Some(field) = field(self.lists, path, [base, side, other]) else { return };
                let element = |name: &str| {
                    path.join(Segment::Identity { field: field.clone(), value: name.to_owned() })
                };
                let nameless = [base, side, other].map(|list| nameless(list, &field));
                for name in nameless[0].keys() {
                    let three = [base, side, other].map(|list| list.named(&field, name));
                    if let [Some(base), Some(side), Some(other)] = three {
                        self.find(&element(name), [base, side, other]);
                    }
                }
                self.entries(&element, nameless.each_ref());
            }
            _ => {}
        }
    }

    /// Finds what stands under another name among entries, whose paths `below` says.
    fn entries(&mut self, below: &dyn Fn(&str) -> ValuePath, [base, side, other]: [&Map; 3]) {
        let gone = |(key, _): &(&String, &Value)| !side.contains_key(*key);
        let (old, new) = (by_value(base.iter().filter(gone)), by_value(came(side, [base, other])));
        if old.is_empty() {
            return;
        }
        let (places, new_places) = (places(base, side), places(side, base));
        let mut left = Vec::new();
        let concerned = |(key, _): &(&String, &Value)| other.contains_key(*key) == self.is_in_other;
        for (key, value) in base.iter().filter(gone).filter(concerned) {
            let equal = value.canonical();
            match (old.get(&equal).map(Vec::as_slice), new.get(&equal).map(Vec::as_slice)) {
                // Of two that are equal nobody knows which it was.
                (Some([_]), Some([new])) => {
                    let beside = || places[key.as_str()].iter().zip(&new_places[new.as_str()]);
                    let is_same_place =
                        self.likeness == Likeness::Half || beside().any(|(old, new)| old == new);
                    let is_kept = other.get(key).is_none_or(|other| other == value);
                    if is_same_place && is_known(value, is_kept, self.likeness) {
                        self.found.push((below(key), below(new)));
                    }
                }
                (_, None) => left.push((key, value)),
                _ => {}
            }
        }
        if self.likeness == Likeness::Equal {
            return;
        }
        let known: HashSet<String> = base.values().map(Value::canonical).collect();
        let came: Vec<_> =
            came(side, [base, other]).filter(|(_, value)| !known.contains(&value.canonical())).collect();
        // Where this much was exchanged, likeness says nothing.
        if left.len() * came.len() > MOST_COMPARED {
            return;
        }
        for (key, value) in &left {
            let like: Vec<_> = came.iter().filter(|(_, new)| are_alike(value, new)).collect();
            let [(name, new)] = like[..] else { continue };
            if left.iter().filter(|(_, old)| are_alike(old, new)).count() == 1 {
                self.found.push((below(key), below(name)));
            }
        }
    }
}

/// What only one has and says something.
fn came<'m>(side: &'m Map, others: [&'m Map; 2]) -> impl Iterator<Item = (&'m String, &'m Value)> {
    let is_new = move |key: &str| !others.iter().any(|other| other.contains_key(key));
    side.iter().filter(move |(key, value)| says_much(value) && is_new(key))
}

/// The keys by what they hold.
fn by_value<'m>(entries: impl Iterator<Item = (&'m String, &'m Value)>) -> HashMap<String, Vec<&'m String>> {
    let mut out: HashMap<String, Vec<&String>> = HashMap::new();
    entries.for_each(|(key, value)| out.entry(value.canonical()).or_default().push(key));
    out
}

/// What both have right before and right behind each key that the other has not.
fn places<'m>(map: &'m Map, other: &Map) -> HashMap<&'m str, [Option<&'m str>; 2]> {
    let mut places: HashMap<&str, [Option<&str>; 2]> = HashMap::new();
    let mut look = |at: usize, keys: &mut dyn Iterator<Item = &'m String>| {
        let mut last = None;
        for key in keys {
            match other.contains_key(key) {
                true => last = Some(key.as_str()),
                false => places.entry(key).or_default()[at] = last,
            }
        }
    };
    look(0, &mut map.keys());
    look(1, &mut map.keys().rev());
    places
}

/// Whether half of what each of two mappings or lists holds is in the other, and more than switches.
fn are_alike(old: &Value, new: &Value) -> bool {
    let leaves = |value: &Value| {
        let mut leaves = HashMap::new();
        value.walk(&ValuePath::root(), &mut |path, value| {
            if value.is_scalar() {
                leaves.insert(path.clone(), value.clone());
            }
        });
        leaves
    };
    if old.is_scalar() || new.is_scalar() {
        return false;
    }
    let (old, new) = (leaves(old), leaves(new));
    let alike: Vec<_> = old.iter().filter(|(path, value)| new.get(*path) == Some(*value)).collect();
    alike.len() * 2 >= old.len().max(new.len()) && alike.iter().any(|(_, value)| says_much(value))
}

/// Whether it holds enough to be known again: two values, of which one is more than a switch, or where
/// nothing else was done to it a value at all. Where half suffices, one in a mapping or a list does.
fn is_known(value: &Value, is_kept: bool, likeness: Likeness) -> bool {
    if is_kept {
        return says_much(value);
    }
    let (mut leaves, mut telling) = (0, false);
    value.walk(&ValuePath::root(), &mut |_, value| {
        if value.is_scalar() {
            leaves += 1;
            telling |= says_much(value);
        }
    });
    telling && (leaves >= 2 || likeness == Likeness::Half && !value.is_scalar())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;

    #[test]
    fn what_one_side_called_otherwise_is_called_so() {
        let limits = Limits::default();
        for (base, side, other, expected) in [
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 2}\n", "a: {x: 1, y: 3}\n", Some("b: {x: 1, y: 3}\n")),
            ("a: 1  # a\n", "b: 1  # a\n", "a: 1  # why\n", Some("b: 1  # why\n")),
            (
                "l:\n- {name: a, v: 1, w: 1}\n",
                "l:\n- {name: b, v: 1, w: 1}\n",
                "l:\n- {name: a, v: 1, w: 2}\n",
                Some("l:\n- {name: b, v: 1, w: 2}\n"),
            ),
            ("a: 1\n", "b: 1\n", "a: 2\n", None),
            ("a: {on: true}\n", "b: {on: true}\n", "a: {on: false}\n", None),
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 3}\n", "a: {x: 1, y: 3}\n", None),
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 2}\nc: {x: 1, y: 2}\n", "a: {x: 1, y: 3}\n", None),
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 2}\n", "c: {x: 1, y: 2}\n", None),
            // Of two that are equal nobody knows which it was.
            (
                "a: {x: 1, y: 2}\nb: {x: 1, y: 2}\n",
                "c: {x: 1, y: 2}\n",
                "a: {x: 1, y: 3}\nb: {x: 1, y: 2}\n",
                None,
            ),
            // What came elsewhere is another one.
            (
                "a: {x: 1, y: 2}\nk: 1\nl: 1\n",
                "k: 1\nl: 1\nb: {x: 1, y: 2}\n",
                "a: {x: 1, y: 3}\nk: 1\nl: 1\n",
                None,
            ),
            (
                "k: 1\na: {x: 1, y: 2}\nl: 1\n",
                "k: 1\nn: 1\nb: {x: 1, y: 2}\nl: 1\n",
                "k: 1\na: {x: 1, y: 3}\nl: 1\n",
                Some("k: 1\nb: {x: 1, y: 3}\nl: 1\n"),
            ),
            // Documents in another order are not each other.
            (
                "{kind: A, apiVersion: v1, metadata: {name: a}, a: {x: 1, y: 2}}\n---\n{kind: B, apiVersion: v1, metadata: {name: b}, b: {x: 1, y: 2}}\n",
                "{kind: B, apiVersion: v1, metadata: {name: b}, b: {x: 1, y: 2}}\n---\n{kind: A, apiVersion: v1, metadata: {name: a}, a: {x: 1, y: 2}}\n",
                "{kind: A, apiVersion: v1, metadata: {name: a}, a: {x: 1, y: 3}}\n---\n{kind: B, apiVersion: v1, metadata: {name: b}, b: {x: 1, y: 2}}\n",
                None,
            ),
        ] {
            let three =
                [base, side, other].map(|text| Document::parse(text.as_bytes(), &limits).expect(text));
            let found = followed(three.each_ref(), &NoListRules, Likeness::Equal, &limits);
            assert_eq!(found.as_ref().map(|[_, other]| other.text()), expected, "{base} {side} {other}");
        }
    }

    #[test]
    fn what_both_called_alike_is_known_where_one_changed_it() {
        let limits = Limits::default();
        let base = "p: {a: 1x, b: 2x, c: 3x}\n";
        for (ours, theirs, expected) in [
            ("q: {a: 1x, b: 2x, c: 3x}\n", "q: {a: 1x, b: 5x, c: 3x}\n", "p q"),
            ("q: {a: 1x, b: 5x, c: 3x}\n", "q: {a: 1x, b: 2x, c: 3x}\n", "p q"),
            ("q: {a: 1x, b: 2x, c: 3x}\n", "q: {z: 9x}\n", ""),
            ("q: {a: 1x, b: 2x, c: 3x}\n", "r: {a: 1x, b: 2x, c: 3x}\n", ""),
            ("q: {a: 1x, b: 5x, c: 3x}\n", "q: {a: 7x, b: 2x, c: 3x}\n", ""),
        ] {
            let three =
                [base, ours, theirs].map(|text| Document::parse(text.as_bytes(), &limits).expect(text));
            let found = renames_of_both(three.each_ref(), &NoListRules, Likeness::Equal);
            let shown: Vec<_> = found.iter().map(|(from, to)| format!("{from} {to}")).collect();
            assert_eq!(shown.join(", "), expected, "{ours} {theirs}");
        }
    }
}
