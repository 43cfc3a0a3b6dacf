//! Objects that were read lately, for whoever asks next; never many bytes of them.

use std::collections::HashMap;
use std::fmt;

use git2::Oid;

/// So many bytes are kept at most.
const MOST: usize = 8 << 20;

/// What was asked for since half of [`MOST`] was last full, and what before that.
pub(super) struct Recent<V> {
    young: HashMap<Oid, (V, usize)>,
    old: HashMap<Oid, (V, usize)>,
    /// How many bytes the young ones have.
    bytes: usize,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), bytes: 0 }
    }
}

impl<V: Clone> Recent<V> {
    /// What is kept of an object.
    pub(super) fn get(&mut self, id: Oid) -> Option<V> {
        if let Some((known, _)) = self.young.get(&id) {
            return Some(known.clone());
        }
        let (known, length) = self.old.remove(&id)?;
        self.add(id, known.clone(), length);
        Some(known)
    }

    /// Keeps something of an object that has so many bytes.
    pub(super) fn add(&mut self, id: Oid, known: V, length: usize) {
        if length > MOST / 2 {
            return;
        }
        if self.bytes + length > MOST / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += length;
        if let Some((_, before)) = self.young.insert(id, (known, length)) {
            self.bytes -= before;
        }
    }
}

impl<V> fmt::Debug for Recent<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} objects", self.young.len() + self.old.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_lately_is_kept_and_never_too_much() {
        let id = |number: u8| Oid::from_bytes(&[number; 20]).expect("an id");
        let mut recent = Recent::default();
        recent.add(id(0), (), MOST / 2 + 1);
        assert_eq!(recent.get(id(0)), None, "too long");
        let kept = |of: &HashMap<Oid, ((), usize)>| of.values().map(|(_, length)| length).sum::<usize>();
        for number in 1..=20 {
            recent.add(id(number), (), MOST / 8);
            assert!(recent.get(id(1)).is_some(), "asked for again and again");
            assert!(kept(&recent.young) + kept(&recent.old) <= MOST);
            assert_eq!(recent.bytes, kept(&recent.young));
        }
        assert!(recent.get(id(20)).is_some());
        assert_eq!(recent.get(id(2)), None);
        recent.add(id(20), (), 3);
        assert_eq!(recent.bytes, kept(&recent.young));
    }
}
