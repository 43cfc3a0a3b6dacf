//! What a target keeps of its own in an entry that the source called otherwise.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::diff::lists::{ListRules, identity, name_of};
use crate::engine::pairs::{Pair, identity_keys};
use crate::model::{List, Map, PathTree, Result, Segment, Value, ValuePath};
use crate::yaml::FileValues;

/// What is known of source and target.
pub(super) struct Known<'a> {
    pub(super) source: &'a FileValues,
    /// What the source calls now what the target has at a path; `None` where nothing there was renamed.
    pub(super) called: &'a dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    /// Whether the target ever had something at a path.
    pub(super) had: &'a dyn Fn(&ValuePath) -> Result<bool>,
    /// How elements of lists are told apart.
    pub(super) lists: &'a dyn ListRules,
}

/// The target's value under the old name of an entry.
pub(super) struct Own<'a> {
    pub(super) pair: &'a Pair,
    /// Whether something at a path there is the target's own.
    pub(super) is_own: &'a dyn Fn(&ValuePath) -> bool,
    /// Whether the target removed what the source has at a path now.
    pub(super) is_gone: &'a dyn Fn(&ValuePath) -> bool,
    pub(super) known: &'a Known<'a>,
}

/// What the target has under the new name of an entry.
#[derive(Debug, PartialEq)]
pub(super) struct Carried {
    pub(super) value: Value,
    /// The keys of the target that are called otherwise where they stand, with what they are called.
    pub(super) keys: Vec<(ValuePath, String)>,
    /// Where the target has what has another place within the entry now, and that place.
    pub(super) moved: Vec<(ValuePath, ValuePath)>,
}

/// Something within the entry that has another place in the source now.
struct Move {
    /// Its place below the entry's new name, when everything before it has moved.
    from: ValuePath,
    to: ValuePath,
    /// Where the target has it.
    target: ValuePath,
}

/// What has another place now, by that place.
type Places<'m> = PathTree<'m, &'m Move>;

impl Own<'_> {
    /// What the target has under the new name: its own values, and the source's where it has one that the
    /// source had; what it took away stays away. What has another place within the entry now has it there
    /// too.
    pub(super) fn carried(&self, own: &Value, new: &Value) -> Result<Carried> {
        let Pair { from, to, old } = self.pair;
        let mut moves = Vec::new();
        self.find_moves(own, [from, to], &mut moves)?;
        let (mut old, mut own) = (old.clone(), own.clone());
        moves.retain(|step: &Move| {
            let is_moved = step.carry_out(&mut own, to);
            if is_moved {
                step.carry_out(&mut old, to);
            }
            is_moved
        });
        let places: Places<'_> = moves.iter().map(|step| (&step.to, step)).collect();
        let value = self.taken(to, &places, [&old, &own, new])?;
        let mut carried = Carried { value, keys: Vec::new(), moved: Vec::new() };
        for step in moves {
            let is_in_place = step.from.parent() == step.to.parent();
            match (step.from.last(), step.to.last()) {
                (Some(Segment::Key(_)), Some(Segment::Key(key))) if is_in_place => {
                    carried.keys.push((step.target, key.clone()));
                }
                _ => carried.moved.push((step.target, step.to)),
            }
        }
        Ok(carried)
    }

    /// What of a value of the target has another place now, from the highest down.
    fn find_moves(&self, own: &Value, [path, now]: [&ValuePath; 2], moves: &mut Vec<Move>) -> Result<()> {
        let mut look = |step: Segment, value: &Value| {
            let (target, mut at) = (path.join(step.clone()), now.join(step));
            if self.known.source.at(&at).is_none() {
                let called = (self.known.called)(&target)?;
                let is_within =
                    |to: &ValuePath| self.pair.to.covers(to) && self.known.source.at(to).is_some();
                if let Some(to) = called.filter(is_within) {
                    let from = std::mem::replace(&mut at, to.clone());
                    moves.push(Move { from, to, target: target.clone() });
                }
            }
            self.find_moves(value, [&target, &at], moves)
        };
        match (own, self.known.source.at(now)) {
            (Value::Map(own), _) => {
                own.iter().try_for_each(|(key, value)| look(Segment::Key(key.clone()), value))
            }
            (Value::List(own), Some(Value::List(new))) => {
                let Some(field) = identity(self.known.lists, path, own, new) else { return Ok(()) };
                let mut named = own.iter().filter_map(|element| Some((name_of(element, &field)?, element)));
                named.try_for_each(|(name, element)| {
                    look(Segment::Identity { field: field.clone(), value: name.to_owned() }, element)
                })
            }
            _ => Ok(()),
        }
    }

    /// Where the target has what stands at a path now.
    fn was(&self, now: &ValuePath, places: &Places<'_>) -> ValuePath {
        match places.above(now).next_back() {
            Some((_, step)) => now.moved(&step.to, &step.target),
            None => now.moved(&self.pair.to, &self.pair.from),
        }
    }

    fn taken(&self, now: &ValuePath, places: &Places<'_>, [old, own, new]: [&Value; 3]) -> Result<Value> {
        if let (Value::Map(old), Value::Map(own), Value::Map(new)) = (old, own, new) {
            let mut out = Map::new();
            for (key, value) in new {
                let given = self.entry(&now.key(key), places, [old.get(key), own.get(key)], value)?;
                out.extend(given.map(|value| (key.clone(), value)));
            }
            for (key, own) in own.iter().filter(|(key, _)| !new.contains_key(*key)) {
                if self.stays(&now.key(key), places, old.get(key), own) {
                    out.insert(key.clone(), own.clone());
                }
            }
            return Ok(Value::Map(out));
        }
        if let (Value::List(old), Value::List(own), Value::List(new)) = (old, own, new)
            && let Some(field) = identity(self.known.lists, now, own, new)
            && old.is_told_apart_by(&field)
        {
            let [known, have, come] = [old, own, new].map(|list| elements(list, &field));
            let at =
                |name: &str| now.join(Segment::Identity { field: field.clone(), value: name.to_owned() });
            // They stand as the target's do, and each that comes behind what it follows in the source.
            let mut stay: IndexMap<&str, Value> = IndexMap::new();
            for (name, own) in &have {
                let old = known.get(name).copied();
                let value = match come.get(name) {
                    Some(new) => self.entry(&at(name), places, [old, Some(own)], new)?,
                    None => self.stays(&at(name), places, old, own).then(|| (*own).clone()),
                };
                stay.extend(value.map(|value| (*name, value)));
            }
            let mut behind: HashMap<Option<&str>, Vec<Value>> = HashMap::new();
            let mut before = None;
            for (name, value) in &come {
                if stay.contains_key(name) {
                    before = Some(*name);
                } else if !have.contains_key(name) {
                    let value = self.entry(&at(name), places, [known.get(name).copied(), None], value)?;
                    behind.entry(before).or_default().extend(value);
                }
            }
            let mut out = behind.remove(&None).unwrap_or_default();
            for (name, value) in stay {
                out.push(value);
                out.extend(behind.remove(&Some(name)).unwrap_or_default());
            }
            return Ok(Value::List(out.into()));
        }
        let is_own =
            own != old && ((self.is_own)(&self.was(now, places)) || self.tells_apart(now) && old == new);
        Ok(if is_own { own.clone() } else { new.clone() })
    }

    /// Whether a path is a part of what tells a document apart, of which no line speaks.
    fn tells_apart(&self, now: &ValuePath) -> bool {
        let root = &self.pair.to;
        let part = |keys: Vec<&str>| keys.iter().fold(root.clone(), |path, key| path.key(*key));
        root.is_root() && identity_keys(root).into_iter().any(|keys| part(keys) == *now)
    }

    /// What the target has of an entry that the source has; `None` for what it took away.
    fn entry(
        &self,
        now: &ValuePath,
        places: &Places<'_>,
        sides: [Option<&Value>; 2],
        new: &Value,
    ) -> Result<Option<Value>> {
        Ok(match sides {
            [Some(old), Some(own)] => Some(self.taken(now, places, [old, own, new])?),
            [None, Some(own)] => Some(own.clone()),
            [Some(_), None] if (self.known.had)(&self.was(now, places))? => None,
            [_, None] if (self.is_gone)(now) => None,
            [_, None] => Some(new.clone()),
        })
    }

    /// Whether the target keeps an entry that the source has no more.
    fn stays(&self, now: &ValuePath, places: &Places<'_>, old: Option<&Value>, own: &Value) -> bool {
        old != Some(own) && ((self.is_own)(&self.was(now, places)) || self.tells_apart(now))
    }
}

impl Move {
    /// Moves it within the value of an entry; `false` where the value has it not, or no place for it.
    fn carry_out(&self, value: &mut Value, entry: &ValuePath) -> bool {
        let below =
            |path: &'_ ValuePath| path.segments.get(entry.segments.len()..).unwrap_or_default().to_vec();
        let (from, to) = (below(&self.from), below(&self.to));
        if let Some(is_named) = rename_element(value, &from, &to) {
            return is_named;
        }
        let Some(moved) = take(value, &from) else { return false };
        let Err(moved) = put(value, &to, moved) else { return true };
        let _ = put(value, &from, moved);
        false
    }
}

/// Gives an element another name where it stands; `None` where that is not what the paths say.
fn rename_element(value: &mut Value, from: &[Segment], to: &[Segment]) -> Option<bool> {
    let ((Segment::Identity { field, value: old }, above), (Segment::Identity { value: new, .. }, beside)) =
        (from.split_last()?, to.split_last()?)
    else {
        return None;
    };
    if above != beside || field.contains('.') {
        return None;
    }
    let mut list = value;
    for step in above {
        list = match (step, list) {
            (Segment::Key(key), Value::Map(map)) => map.get_mut(key)?,
            (Segment::Identity { field, value }, Value::List(list)) => {
                list.position(field, value).and_then(|at| list.get_mut(at))?
            }
            _ => return None,
        };
    }
    let Value::List(list) = list else { return None };
    let at = list.position(field, old).filter(|_| list.position(field, new).is_none());
    let Some(Value::Map(element)) = at.and_then(|at| list.get_mut(at)) else { return Some(false) };
    element.insert(field.clone(), Value::String(new.clone()));
    Some(true)
}

/// Takes away what is at a path.
pub(super) fn take(value: &mut Value, path: &[Segment]) -> Option<Value> {
    let (step, rest) = path.split_first()?;
    match (step, value) {
        (_, Value::Tagged(_, inner)) => take(inner, path),
        (Segment::Key(key), Value::Map(map)) if rest.is_empty() => map.swap_remove(key),
        (Segment::Key(key), Value::Map(map)) => take(map.get_mut(key)?, rest),
        (Segment::Identity { field, value }, Value::List(list)) => {
            let at = list.position(field, value)?;
            if !rest.is_empty() {
                return take(list.get_mut(at)?, rest);
            }
            let mut elements = list.to_vec();
            let taken = elements.remove(at);
            *list = elements.into();
            Some(taken)
        }
        _ => None,
    }
}

/// Puts something where nothing is, and gives it back where it has no place; mappings on the way are made.
fn put(value: &mut Value, path: &[Segment], new: Value) -> std::result::Result<(), Value> {
    let Some((step, rest)) = path.split_first() else { return Err(new) };
    match (step, value) {
        (_, Value::Tagged(_, inner)) => put(inner, path, new),
        (Segment::Key(key), Value::Map(map)) if rest.is_empty() && !map.contains_key(key) => {
            map.insert(key.clone(), new);
            Ok(())
        }
        (Segment::Key(key), Value::Map(map)) if !rest.is_empty() => {
            put(map.entry(key.clone()).or_insert_with(|| Value::Map(Map::new())), rest, new)
        }
        (Segment::Identity { field, value }, Value::List(list)) => match (list.position(field, value), new) {
            (Some(at), new) if !rest.is_empty() => match list.get_mut(at) {
                Some(element) => put(element, rest, new),
                None => Err(new),
            },
            (None, Value::Map(mut element)) if rest.is_empty() && element.contains_key(field) => {
                element.insert(field.clone(), Value::String(value.clone()));
                *list = list.iter().cloned().chain([Value::Map(element)]).collect::<Vec<_>>().into();
                Ok(())
            }
            (_, new) => Err(new),
        },
        _ => Err(new),
    }
}

/// The elements of a list by their names.
fn elements<'l>(list: &'l List, field: &str) -> IndexMap<&'l str, &'l Value> {
    list.iter().filter_map(|element| Some((name_of(element, field)?, element))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::yaml::{Document, Limits};

    fn document(text: &str) -> FileValues {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text).file_values()
    }

    fn value(text: &str) -> Value {
        document(text).values()[0].clone()
    }

    fn pair(old: &str) -> Pair {
        Pair { from: ValuePath::root(), to: ValuePath::root(), old: value(old) }
    }

    /// Nothing is known but what the source has.
    fn nothing(source: &FileValues) -> Known<'_> {
        Known { source, called: &|_| Ok(None), had: &|_| Ok(false), lists: &NoListRules }
    }

    #[test]
    fn own_values_are_carried_and_old_ones_become_the_source_s() {
        for (old, own, new, expected) in [
            ("7", "40", "7", "40"),
            ("7", "7", "8", "8"),
            ("{a: 1, b: 2}", "{a: 1, b: 9}", "{a: 5, b: 2}", "{a: 5, b: 9}"),
            ("{a: 1, b: 2}", "{a: 1}", "{a: 1, b: 2, c: 3}", "{a: 1, c: 3}"),
            ("{a: 1}", "{a: 1, own: 1}", "{a: 1}", "{a: 1, own: 1}"),
            ("{a: 1, b: 2}", "{a: 1, b: 2}", "{a: 1}", "{a: 1}"),
            ("{a: 1, b: 2}", "{a: 1, b: 9}", "{a: 1}", "{a: 1, b: 9}"),
            // Elements by their names: values of its own and waiting ones, removed ones, some of its own.
            (
                "[{name: a, v: 1, w: 1}, {name: b}]",
                "[{name: a, v: 9, w: 1}, {name: own}]",
                "[{name: c}, {name: a, v: 1, w: 2}, {name: b}]",
                "[{name: c}, {name: a, v: 9, w: 2}, {name: own}]",
            ),
            (
                "{l: [{id: 1, v: 1}]}",
                "{l: [{id: 1}]}",
                "{l: [{id: 1, v: 2}, {id: 2}]}",
                "{l: [{id: 1}, {id: 2}]}",
            ),
            ("[1, 2]", "[1, 9]", "[1, 2, 3]", "[1, 9]"),
        ] {
            let (pair, source) = (pair(old), document(new));
            let known = Known { had: &|_| Ok(true), ..nothing(&source) };
            let own_values = Own { pair: &pair, is_own: &|_| true, is_gone: &|_| false, known: &known };
            let found = own_values.carried(&value(own), &value(new));
            assert_eq!(found.map(|found| found.value), Ok(value(expected)), "{old} {own} {new}");
        }
        // A value that the source had before, what it took away before, and what the target never had.
        let (pair, new) = (pair("{a: 2, c: 1}"), "{a: 3, c: 1}");
        let source = document(new);
        let known = nothing(&source);
        let own_values = Own { pair: &pair, is_own: &|_| false, is_gone: &|_| false, known: &known };
        let found = own_values.carried(&value("{a: 1, b: 1}"), &value(new));
        assert_eq!(found.map(|found| found.value), Ok(value(new)));
    }

    #[test]
    fn what_has_another_place_now_is_carried_there() {
        for (own, new, called, expected, keys) in [
            ("{a: 9, c: 1}", "{b: 1, c: 1}", [("a", "b")], "{b: 9, c: 1}", "a b"),
            ("{a: 9, c: 1}", "{m: {a: 1}, c: 1}", [("a", "m.a")], "{m: {a: 9}, c: 1}", "a to m.a"),
            (
                "{l: [{name: a, v: 9}]}",
                "{l: [{name: b, v: 1}]}",
                [("l[name=a]", "l[name=b]")],
                "{l: [{name: b, v: 9}]}",
                "l[name=a] to l[name=b]",
            ),
            // Nothing is put over another thing.
            ("{a: 9, b: 8}", "{b: 1}", [("a", "b")], "{b: 8, a: 9}", ""),
        ] {
            let (pair, source) = (pair("{a: 1, b: 1, c: 1, l: [{name: a, v: 1}]}"), document(new));
            let path = |text: &str| text.parse::<ValuePath>().expect(text);
            let called = |at: &ValuePath| {
                Ok(called.iter().find(|(from, _)| path(from) == *at).map(|(_, to)| path(to)))
            };
            let known = Known { called: &called, ..nothing(&source) };
            let own_values = Own { pair: &pair, is_own: &|_| true, is_gone: &|_| false, known: &known };
            let Carried { value: found, keys: renamed, moved } =
                own_values.carried(&value(own), &value(new)).expect("readable");
            let renamed = renamed.iter().map(|(path, key)| format!("{path} {key}"));
            let moved = moved.iter().map(|(path, to)| format!("{path} to {to}"));
            let told: Vec<_> = renamed.chain(moved).collect();
            assert_eq!((found, told.join(",")), (value(expected), keys.to_owned()), "{own} {new}");
        }
    }
}
