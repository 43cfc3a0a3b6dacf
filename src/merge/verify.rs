//! Whether a merge of lines made what both sides meant.
//!
//! This accepts more than the merge by path would make itself: two elements put into a list at
//! different places, two lines changed in one long text, a value changed below a key that the
//! other side renamed. In each case the merge of lines has seen where things stand, and all that
//! is asked here is whether each side's change is in the result, once, and nothing else.

use std::fmt::Debug;

use super::hunks::{Piece, pieces};
use super::{Decided, of};
use crate::diff::lists::{ListRules, identity, name_of};
use crate::model::{List, Map, Segment, Value, ValuePath};

type Side<'a> = Option<&'a Value>;

/// Whether the documents of the last may be the merge of the other three: base, ours and theirs.
/// A path that both changed may hold what `decided` says.
pub(super) fn documents(
    [base, ours, theirs, result]: [&[Value]; 4],
    lists: &dyn ListRules,
    decided: Decided<'_>,
) -> bool {
    let verify = Verify { lists, decided };
    let root = ValuePath::root();
    match (base, ours, theirs, result) {
        ([], [ours], [theirs], [result]) => verify.fits(&root, None, Some(ours), Some(theirs), Some(result)),
        _ => sequence(base, ours, theirs, result, &|b, o, t, r| {
            verify.fits(&root, Some(b), Some(o), Some(t), Some(r))
        }),
    }
}

struct Verify<'a> {
    lists: &'a dyn ListRules,
    decided: Decided<'a>,
}

impl Verify<'_> {
    fn fits(
        &self,
        path: &ValuePath,
        base: Side<'_>,
        ours: Side<'_>,
        theirs: Side<'_>,
        result: Side<'_>,
    ) -> bool {
        if ours == theirs || theirs == base {
            return result == ours;
        }
        if ours == base {
            return result == theirs;
        }
        if (self.decided)(path).is_some_and(|version| result == of(version, base, ours, theirs)) {
            return true;
        }
        let (Some(ours), Some(theirs), Some(result)) = (ours, theirs, result) else { return false };
        match (ours, theirs, result) {
            (Value::Map(ours), Value::Map(theirs), Value::Map(result)) => {
                let below = |key: &str| path.key(key);
                match base {
                    None => self.maps(&below, &Map::new(), ours, theirs, result),
                    Some(Value::Map(base)) => self.maps(&below, base, ours, theirs, result),
                    Some(_) => false,
                }
            }
            (Value::List(ours), Value::List(theirs), Value::List(result)) => match base {
                None => self.lists(path, &List::new(), ours, theirs, result),
                Some(Value::List(base)) => self.lists(path, base, ours, theirs, result),
                Some(_) => false,
            },
            (Value::Tagged(a, ours), Value::Tagged(b, theirs), Value::Tagged(c, result))
                if a == b && b == c =>
            {
                let Some(Value::Tagged(tag, base)) = base else { return false };
                tag == a && self.fits(path, Some(base), Some(ours), Some(theirs), Some(result))
            }
            (Value::String(ours), Value::String(theirs), Value::String(result)) => {
                base.and_then(Value::as_str).is_some_and(|base| texts(base, ours, theirs, result))
            }
            _ => false,
        }
    }

    /// `below` is the path of what has a name.
    fn maps(
        &self,
        below: &dyn Fn(&str) -> ValuePath,
        base: &Map,
        ours: &Map,
        theirs: &Map,
        result: &Map,
    ) -> bool {
        let mut open: Vec<&String> =
            [base, ours, theirs, result].into_iter().flat_map(|map| map.keys()).collect();
        open.sort();
        open.dedup();
        open.retain(|key| {
            let sides = [base, ours, theirs, result].map(|map| map.get(*key));
            !self.fits(&below(key), sides[0], sides[1], sides[2], sides[3])
        });
        // What one side changed below a key that the other renamed stands below the new name.
        while let Some(at) = open.iter().position(|key| base.contains_key(*key) && !result.contains_key(*key))
        {
            let old = open.swap_remove(at);
            let renamed = |new: &String| {
                let new_in = |side: &Map| side.contains_key(new) && !base.contains_key(new);
                let (left, right) = match (ours.get(old), theirs.get(old)) {
                    (None, right) if new_in(ours) && !theirs.contains_key(new) => (ours.get(new), right),
                    (left, None) if new_in(theirs) && !ours.contains_key(new) => (left, theirs.get(new)),
                    _ => return false,
                };
                self.fits(&below(new), base.get(old), left, right, result.get(new))
            };
            let Some(at) = open.iter().position(|new| renamed(new)) else { return false };
            open.swap_remove(at);
        }
        open.is_empty()
    }

    fn lists(&self, path: &ValuePath, base: &List, ours: &List, theirs: &List, result: &List) -> bool {
        if has_duplicates(result) && ![base, ours, theirs].into_iter().any(|list| has_duplicates(list)) {
            return false;
        }
        let element = path.join(Segment::Index(0));
        let inside = |b: &Value, o: &Value, t: &Value, r: &Value| {
            self.fits(&element, Some(b), Some(o), Some(t), Some(r))
        };
        let in_sequence = || sequence(base, ours, theirs, result, &inside);
        match field(self.lists, path, [base, ours, theirs]) {
            Some(field) => {
                let unique = identity(self.lists, path, result, Default::default()).as_ref() == Some(&field);
                let below = |name: &str| {
                    path.join(Segment::Identity { field: field.clone(), value: name.to_owned() })
                };
                let named = || {
                    let [base, ours, theirs, result] =
                        [base, ours, theirs, result].map(|list| by_name(list, &field));
                    self.maps(&below, &base, &ours, &theirs, &result)
                };
                result.is_empty() || (unique && (named() || in_sequence()))
            }
            None => in_sequence(),
        }
    }
}

/// The key by which the elements of all three lists are told apart.
pub(super) fn field(
    lists: &dyn ListRules,
    path: &ValuePath,
    [base, ours, theirs]: [&List; 3],
) -> Option<String> {
    let of = |left, right| identity(lists, path, left, right);
    let field = of(ours, theirs)?;
    let same = base.is_empty() || of(base, ours).as_ref() == Some(&field);
    (same && (base.is_empty() || of(base, theirs).as_ref() == Some(&field))).then_some(field)
}

fn by_name(list: &[Value], field: &str) -> Map {
    list.iter().filter_map(|value| Some((name_of(value, field)?.to_owned(), value.clone()))).collect()
}

/// An element that is there twice was perhaps brought by both sides.
fn has_duplicates(list: &[Value]) -> bool {
    let mut shown: Vec<_> = list.iter().map(|value| format!("{value:?}")).collect();
    shown.sort();
    shown.windows(2).any(|pair| pair.first() == pair.last())
}

/// A text is merged by its lines, or where lines are folded by its words.
fn texts(base: &str, ours: &str, theirs: &str, result: &str) -> bool {
    [&['\n'][..], &[' ', '\n']].into_iter().any(|ends| {
        let [base, ours, theirs, result] =
            [base, ours, theirs, result].map(|text| text.split_inclusive(ends).collect::<Vec<_>>());
        sequence(&base, &ours, &theirs, &result, &|_, _, _, _| false)
    })
}

type Inside<'a, T> = &'a dyn Fn(&T, &T, &T, &T) -> bool;

fn sequence<T: Debug + PartialEq>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
    result: &[T],
    inside: Inside<'_, T>,
) -> bool {
    let mut rest = result;
    for piece in pieces(base, ours, theirs) {
        let after = match piece {
            Piece::Ours(range) => rest.strip_prefix(&ours[range]),
            Piece::Theirs(range) => rest.strip_prefix(&theirs[range]),
            Piece::Both { base: b, ours: o, theirs: t } => both(&base[b], &ours[o], &theirs[t], rest, inside),
        };
        let Some(after) = after else { return false };
        rest = after;
    }
    rest.is_empty()
}

/// What is left of the result behind a stretch that both sides changed; `None` when it is no merge
/// of the two.
fn both<'r, T: PartialEq>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
    result: &'r [T],
    inside: Inside<'_, T>,
) -> Option<&'r [T]> {
    if ours == theirs {
        return result.strip_prefix(ours);
    }
    if base.is_empty() {
        let in_order = |first, second| result.strip_prefix(first)?.strip_prefix(second);
        return in_order(ours, theirs).or_else(|| in_order(theirs, ours));
    }
    let (changed, rest) = result.split_at_checked(base.len())?;
    let same_length = base.len() == ours.len() && base.len() == theirs.len();
    let mut elements = base.iter().zip(ours).zip(theirs).zip(changed);
    (same_length && elements.all(|(((b, o), t), r)| inside(b, o, t, r))).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::yaml::{Document, Limits};

    fn values(text: &str) -> Vec<Value> {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text).values().to_vec()
    }

    #[test]
    fn a_result_fits_when_each_side_is_in_it_once() {
        for (base, ours, theirs, result, expected) in [
            ("a: 1\nb: 1", "a: 2\nb: 1", "a: 1\nb: 2", "a: 2\nb: 2", true),
            ("a: 1\nb: 1", "a: 2\nb: 1", "a: 1\nb: 2", "a: 2\nb: 1", false),
            ("a: 1", "a: 2", "a: 3", "a: 3", false),
            ("a: 1", "a: 2", "a: 2", "a: 2", true),
            ("a: 1", "b: 1", "a: 2", "b: 2", true),
            ("a: 1", "b: 1", "a: 2", "a: 2", false),
            ("a: {x: 1, y: 1}", "b: {x: 2, y: 1}", "a: {x: 1, y: 2}", "b: {x: 2, y: 2}", true),
            ("a: {x: 1}", "{}", "a: {x: 2}", "{}", false),
            ("[a, b]", "[x, a, b]", "[a, b, y]", "[x, a, b, y]", true),
            ("[a, b]", "[x, a, b]", "[a, b, y]", "[x, a, b]", false),
            ("[a, b]", "[a, b, x]", "[a, b, y]", "[a, b, y, x]", true),
            ("[a, b]", "[a, b, x]", "[x, a, b]", "[x, a, b, x]", false),
            ("[{n: 1, m: 1}]", "[{n: 2, m: 1}]", "[{n: 1, m: 2}]", "[{n: 2, m: 2}]", true),
            (
                "[{id: 1}]",
                "[{id: 1}, {id: 2, v: 1}]",
                "[{id: 2, v: 1}, {id: 1}]",
                "[{id: 2, v: 1}, {id: 1}, {id: 2, v: 1}]",
                false,
            ),
            ("[{id: 1, v: 1}]", "[{id: 2, v: 1}]", "[{id: 1, v: 2}]", "[{id: 2, v: 2}]", true),
            ("t: |\n a\n b\n c", "t: |\n x\n b\n c", "t: |\n a\n b\n y", "t: |\n x\n b\n y", true),
            ("t: |\n a\n b\n c", "t: |\n x\n b\n c", "t: |\n a\n b\n y", "t: |\n a\n b\n y", false),
            (
                "a: 1\n---\nb: 1",
                "a: 2\n---\nb: 1",
                "a: 1\n---\nb: 1\n---\nc: 1",
                "a: 2\n---\nb: 1\n---\nc: 1",
                true,
            ),
        ] {
            let found = documents(
                [&values(base), &values(ours), &values(theirs), &values(result)],
                &NoListRules,
                &|_| None,
            );
            assert_eq!(found, expected, "{base} | {ours} | {theirs} | {result}");
        }
    }
}
