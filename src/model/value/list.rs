//! Lists that find their elements by name.

use std::collections::HashMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock, OnceLock};

use super::Value;
use crate::model::lookups;

/// So few elements are looked through each time.
const FEW: usize = 8;

/// A list of values.
///
/// Who asks for an element by the text of its entry `name` gets it at the same cost in a long list
/// as in a short one: the first question makes an index, which any change of the list drops. A copy
/// shares elements and index until one of the two changes.
#[derive(Clone, Default)]
pub struct List(Arc<Elements>);

#[derive(Default)]
struct Elements {
    values: Vec<Value>,
    names: OnceLock<Box<Names>>,
}

/// The copy is there to be changed, so it begins without an index.
impl Clone for Elements {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), names: OnceLock::new() }
    }
}

/// Where the elements are by the text of one entry.
struct Names {
    field: String,
    /// The first position of each name.
    positions: HashMap<Box<str>, usize>,
    /// Whether every element has a name, and none that of another.
    apart: bool,
    /// The same by other entries.
    others: OnceLock<Box<Self>>,
}

impl Names {
    fn new(elements: &[Value], field: &str) -> Self {
        let mut positions = HashMap::with_capacity(elements.len());
        for (position, element) in elements.iter().enumerate() {
            if let Some(name) = element.name(field) {
                positions.entry(name.into()).or_insert(position);
            }
        }
        let apart = positions.len() == elements.len();
        Self { field: field.to_owned(), positions, apart, others: OnceLock::new() }
    }
}

impl List {
    /// A list without elements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The position of the first element whose entry `field` has the text `name`.
    #[must_use]
    pub fn position(&self, field: &str, name: &str) -> Option<usize> {
        lookups::count(1);
        if self.0.values.len() <= FEW {
            return self.0.values.iter().position(|element| element.name(field) == Some(name));
        }
        self.names(field).positions.get(name).copied()
    }

    /// The first element whose entry `field` has the text `name`.
    #[must_use]
    pub fn named(&self, field: &str, name: &str) -> Option<&Value> {
        self.0.values.get(self.position(field, name)?)
    }

    /// Whether the texts of their entries `field` tell all elements apart.
    #[must_use]
    pub fn is_told_apart_by(&self, field: &str) -> bool {
        if self.0.values.len() <= FEW {
            let is_first = |(position, element): (usize, &Value)| {
                element.name(field).is_some_and(|name| self.position(field, name) == Some(position))
            };
            return self.0.values.iter().enumerate().all(is_first);
        }
        // Most lists without names say so in their first element, and need no index for it.
        self.0.values.first().is_some_and(|first| first.name(field).is_some()) && self.names(field).apart
    }

    fn names(&self, field: &str) -> &Names {
        let mut slot = &self.0.names;
        loop {
            let names = slot.get_or_init(|| Box::new(Names::new(&self.0.values, field)));
            if names.field == field {
                return names;
            }
            slot = &names.others;
        }
    }
}

impl Deref for List {
    type Target = Vec<Value>;

    fn deref(&self) -> &Vec<Value> {
        &self.0.values
    }
}

impl DerefMut for List {
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        let elements = Arc::make_mut(&mut self.0);
        elements.names.take();
        &mut elements.values
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.values == other.0.values
    }
}

impl Eq for List {}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.values.fmt(f)
    }
}

impl Default for &List {
    fn default() -> Self {
        static EMPTY: LazyLock<List> = LazyLock::new(List::new);
        &EMPTY
    }
}

impl From<Vec<Value>> for List {
    fn from(elements: Vec<Value>) -> Self {
        Self(Arc::new(Elements { values: elements, names: OnceLock::new() }))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        elements.into_iter().collect::<Vec<_>>().into()
    }
}

impl IntoIterator for List {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::try_unwrap(self.0).map_or_else(|shared| shared.values.clone(), |own| own.values).into_iter()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.values.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(field: &str, name: Value) -> Value {
        Value::Map([(field.to_owned(), name)].into_iter().collect())
    }

    /// Elements with these names; a dot has none.
    fn list(names: &str) -> List {
        let named = |name: char| match name {
            '.' => Value::Null,
            name => element("name", Value::String(name.to_string())),
        };
        names.chars().map(named).collect()
    }

    #[test]
    fn long_lists_answer_as_short_ones_do() {
        for (names, apart) in [
            ("", true),
            ("a", true),
            (".", false),
            ("ab", true),
            ("aba", false),
            ("ab.", false),
            ("abcdefghijkl", true),
            ("abcdefghijka", false),
            ("abcdefghij.l", false),
            (".bcdefghijkl", false),
        ] {
            let list = list(names);
            assert_eq!(list.is_told_apart_by("name"), apart, "{names}");
            assert_eq!(list.is_told_apart_by("id"), names.is_empty(), "{names}");
            for name in ('a'..='m').map(String::from) {
                assert_eq!(list.position("name", &name), names.find(&name), "{names} {name}");
                assert_eq!(list.position("id", &name), None, "{names} {name}");
            }
        }
    }

    #[test]
    fn a_list_that_changed_is_asked_anew() {
        let mut list = list("abcdefghijkl");
        assert_eq!(list.position("name", "m"), None);
        list.push(element("name", Value::String("m".into())));
        assert_eq!(list.position("name", "m"), Some(12));
        list[0] = element("name", Value::Bool(true));
        assert_eq!((list.position("name", "a"), list.position("name", "true")), (None, Some(0)));
        let mut copy = list.clone();
        copy[0] = Value::Null;
        assert_eq!((copy.position("name", "true"), list.position("name", "true")), (None, Some(0)));
    }

    #[test]
    fn all_names_are_found_in_as_many_steps_as_there_are() {
        for n in [200, 2_000] {
            let list: List = (0..n).map(|i| element("id", Value::Number(i.to_string()))).collect();
            let (found, steps) = lookups::counted(|| {
                (0..n).filter(|i| list.position("id", &i.to_string()) == Some(*i)).count()
            });
            assert_eq!(found, n);
            assert!(steps <= 3 * n, "{steps} steps for {n}");
        }
    }
}
