//! A mapping or list that becomes another one, as changes of what is in it. So its comments stay,
//! and what is equal in both is not touched.

use std::collections::HashMap;

use super::Edits;
use crate::model::{Map, Segment, Value, ValuePath};
use crate::yaml::document::{Document, Located};
use crate::yaml::edit::addition::New;
use crate::yaml::edit::addition::{Added, After};
use crate::yaml::edit::layout::is_collection;

/// Makes the changes inside; false when the whole must be replaced.
pub(super) fn inside<'a>(
    edits: &mut Edits<'a>,
    document: &Document,
    path: &ValuePath,
    located: &Located,
    new: &New<'a>,
) -> bool {
    let node = document.node(located.node);
    let Some(old) = document.at(path).filter(|_| is_collection(node)) else { return false };
    let spread = Spread { document, path, located, new };
    match (old, &*new.value) {
        (Value::Map(old), Value::Map(value)) if !old.is_empty() => spread.mapping(edits, old, value),
        (Value::List(old), Value::List(value)) if !old.is_empty() => spread.list(edits, old, value),
        (Value::Tagged(tag, old), Value::Tagged(other, value)) if tag == other => match (&**old, &**value) {
            (Value::Map(old), Value::Map(value)) if !old.is_empty() => spread.mapping(edits, old, value),
            (Value::List(old), Value::List(value)) if !old.is_empty() => spread.list(edits, old, value),
            _ => false,
        },
        _ => false,
    }
}

struct Spread<'s, 'a> {
    document: &'s Document,
    path: &'s ValuePath,
    located: &'s Located,
    new: &'s New<'a>,
}

impl<'a> Spread<'_, 'a> {
    fn mapping(&self, edits: &mut Edits<'a>, old: &Map, value: &Map) -> bool {
        // What a merge brings cannot be changed from here.
        let changed = old.iter().filter(|(key, old)| value.get(*key) != Some(*old));
        let own = |key: &String| self.document.locate(&self.path.key(key)).is_some_and(|child| !child.shared);
        if !changed.clone().all(|(key, _)| own(key)) {
            return false;
        }
        for (key, _) in changed {
            self.change(edits, Segment::Key(key.clone()), value.contains_key(key));
        }
        let mut after = After::Start;
        for key in value.keys() {
            let segment = Segment::Key(key.clone());
            if old.contains_key(key) {
                after = After::Sibling(segment);
            } else if let Some(new) = self.new.child(&segment) {
                edits.add(self.located, [Added::new(after.clone(), Some(key.clone()), new)]);
            }
        }
        true
    }

    /// Gives a child its new value, or removes it.
    fn change(&self, edits: &mut Edits<'a>, segment: Segment, stays: bool) {
        let path = self.path.join(segment.clone());
        let Some(located) = self.document.locate(&path) else { return };
        match self.new.child(&segment).filter(|_| stays) {
            Some(new) => edits.set(self.document, &path, &located, new),
            None => edits.remove(self.document, &located, &path),
        }
    }

    fn list(&self, edits: &mut Edits<'a>, old: &[Value], value: &[Value]) -> bool {
        let pairs = pairs(old, value);
        let mut taken = vec![false; old.len()];
        let mut after = After::Start;
        for (index, pair) in pairs.iter().enumerate() {
            let Some(new) = self.new.child(&Segment::Index(index)) else { continue };
            match pair {
                Some(old) => {
                    let path = self.path.join(Segment::Index(*old));
                    if let Some(located) = self.document.locate(&path) {
                        edits.set(self.document, &path, &located, new);
                    }
                    after = After::Sibling(Segment::Index(*old));
                    taken[*old] = true;
                }
                None => edits.add(self.located, [Added::new(after.clone(), None, new)]),
            }
        }
        for index in (0..old.len()).filter(|index| !taken[*index]) {
            self.change(edits, Segment::Index(index), false);
        }
        true
    }
}

/// For each new element the old one that becomes it, in ascending order: those that are the same
/// thing, and between them one by one those that can stand in for each other.
fn pairs(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut numbers = HashMap::new();
    let mut number = |value: &Value| {
        let next = numbers.len();
        *numbers.entry(token(value)).or_insert(next)
    };
    let old_tokens: Vec<usize> = old.iter().map(&mut number).collect();
    let new_tokens: Vec<usize> = new.iter().map(&mut number).collect();
    let mut out = vec![None; new.len()];
    for op in similar::capture_diff_slices(similar::Algorithm::Myers, &old_tokens, &new_tokens) {
        let (tag, olds, news) = op.as_tag_tuple();
        for (old_index, new_index) in olds.zip(news) {
            let stands_in = identity(&old[old_index]).is_none() && identity(&new[new_index]).is_none();
            if tag == similar::DiffTag::Equal || (tag == similar::DiffTag::Replace && stands_in) {
                out[new_index] = Some(old_index);
            }
        }
    }
    out
}

/// What makes an element the same thing in both lists: its identity if it has one.
fn token(value: &Value) -> String {
    identity(value).map_or_else(|| format!("{value:?}"), |(field, text)| format!("{field}={text}"))
}

fn identity(value: &Value) -> Option<(&'static str, &str)> {
    Value::NAMES.into_iter().find_map(|field| Some((field, value.name(field)?)))
}
