//! Keys of one version of an item that look like another one's mistyped.
//!
//! Only keys are looked at that one of two versions has alone, and only where they are few: many make a
//! dictionary, whose keys are data.

use std::collections::BTreeMap;

use crate::diff::Change;
use crate::model::{Map, Segment, Slip, Value, ValuePath, slip, words};

/// With more keys that only one side has, a mapping is data.
const FEW: usize = 32;

/// In a mapping with more keys none is held against all the others.
const MANY: usize = 1_000;

/// A key that looks like a known one mistyped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistyped {
    /// The mapping.
    pub(super) parent: ValuePath,
    pub(super) key: String,
    pub(super) known: String,
    /// Whether the known one stands beside it.
    pub(super) is_beside: bool,
}

/// What looks mistyped in two versions, each with the side that has it; of two keys that look like each
/// other, the one that is not spelt so anywhere else, or the first side's.
pub(super) fn mistyped(sides: [&[Value]; 2], changes: &[Change<'_>]) -> Vec<(usize, Mistyped)> {
    let mut found = Vec::new();
    for (parent, [here, there]) in own_keys(changes) {
        let maps = sides.map(|values| mapping(values, &parent));
        let [Some(left), Some(right)] = maps else { continue };
        if here.len() > FEW || there.len() > FEW {
            continue;
        }
        let told = |key: &str, known: &str, is_beside| Mistyped {
            parent: parent.clone(),
            key: key.to_owned(),
            known: known.to_owned(),
            is_beside,
        };
        let is_alike = left.keys().any(|key| right.contains_key(key));
        if is_alike || (here.len() == 1 && there.len() == 1) {
            for (a, b) in here.iter().flat_map(|a| there.iter().map(move |b| (a, b))) {
                let (key, known) = (a.0, b.0);
                match likely(*a, *b) {
                    Some(Slip::Word { typed, known: right }) => {
                        match (is_word(sides[1], &typed), is_word(sides[0], &right)) {
                            (true, true) => {}
                            (true, false) => found.push((1, told(known, key, false))),
                            (false, _) => found.push((0, told(key, known, false))),
                        }
                    }
                    Some(_) => found.push((0, told(key, known, false))),
                    None => {}
                }
            }
        }
        for (side, own, map, other) in [(0, &here, left, right), (1, &there, right, left)] {
            for own in own.iter().filter(|_| map.len() <= MANY) {
                let near = map.iter().filter(|(known, value)| {
                    is_slip_beside(*own, (known, value), &|word| is_word(sides[1 - side], word))
                        && other.contains_key(*known)
                });
                found.extend(near.map(|(known, _)| (side, told(own.0, known, true))));
            }
        }
    }
    found
}

/// The same within the one version that there is: of two keys of a mapping the later one.
pub(super) fn mistyped_alone(values: &[Value]) -> Vec<Mistyped> {
    let mut found = Vec::new();
    for (position, value) in values.iter().enumerate() {
        alone(value, &ValuePath::document(position), &mut found);
    }
    found
}

fn alone(value: &Value, at: &ValuePath, found: &mut Vec<Mistyped>) {
    match value {
        Value::Map(map) => {
            let entries: Vec<(&str, &Value)> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
            let held = if entries.len() > FEW { &[] } else { entries.as_slice() };
            for (number, entry) in held.iter().enumerate() {
                let mut before = held.iter().take(number);
                if let Some((known, _)) = before.find(|known| is_slip_beside(*entry, **known, &|_| false)) {
                    let (key, known) = (entry.0.to_owned(), (*known).to_owned());
                    found.push(Mistyped { parent: at.clone(), key, known, is_beside: true });
                }
            }
            for (key, value) in entries.into_iter().filter(|(_, value)| !value.is_scalar()) {
                alone(value, &at.key(key), found);
            }
        }
        Value::List(list) => {
            for (index, value) in list.iter().enumerate().filter(|(_, value)| !value.is_scalar()) {
                alone(value, &at.join(Segment::Index(index)), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => {}
    }
}

type Entry<'v> = (&'v str, &'v Value);

/// The keys that one side has alone, by the mapping that both have.
fn own_keys<'c>(changes: &'c [Change<'_>]) -> BTreeMap<ValuePath, [Vec<Entry<'c>>; 2]> {
    let mut own: BTreeMap<ValuePath, [Vec<Entry<'_>>; 2]> = BTreeMap::new();
    for change in changes {
        let (Some(Segment::Key(key)), Some(parent)) = (change.path.last(), change.path.parent()) else {
            continue;
        };
        match (change.left, change.right) {
            (Some(value), None) => own.entry(parent).or_default()[0].push((key, value)),
            (None, Some(value)) => own.entry(parent).or_default()[1].push((key, value)),
            _ => {}
        }
    }
    own
}

/// The mapping at a path, in whichever document it is.
pub(super) fn mapping<'v>(values: &'v [Value], path: &ValuePath) -> Option<&'v Map> {
    values.get(path.document.find(values)?)?.at(path)?.as_map()
}

/// How a key is likely mistyped whose value is of the other's shape.
fn likely((key, value): Entry<'_>, (known, other): Entry<'_>) -> Option<Slip> {
    let is_alike = value.is_scalar() == other.is_scalar()
        && (value.is_scalar() || value.as_map().is_some() == other.as_map().is_some());
    slip(key, known).filter(|slip| is_alike && *slip != Slip::Possible)
}

/// The same of a key that has the other one beside it: both are meant where the word is used elsewhere,
/// or where they differ in case alone (`http_proxy`).
fn is_slip_beside(own: Entry<'_>, known: Entry<'_>, is_word: &dyn Fn(&str) -> bool) -> bool {
    match likely(own, known) {
        Some(Slip::Word { typed, .. }) => !is_word(&typed),
        Some(Slip::Spelling) => !own.0.eq_ignore_ascii_case(known.0),
        Some(Slip::Possible) | None => false,
    }
}

/// Whether a word stands in any key.
fn is_word(values: &[Value], word: &str) -> bool {
    values.iter().any(|value| match value {
        Value::Map(map) => map.iter().any(|(key, value)| {
            words(key).iter().any(|known| known == word) || is_word(std::slice::from_ref(value), word)
        }),
        Value::List(list) => is_word(list.as_slice(), word),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => false,
    })
}
