//! What both sides meant, path by path: one side's change is taken, two different ones to the same
//! path are a conflict. Elements of a list are matched by name; any other list is one value.

use std::collections::HashMap;

use super::order::order;
use crate::diff::documents::{DocumentPair, pair_documents};
use crate::diff::lists::name_of;
use crate::merge::verify::field;
use crate::model::{DocumentId, DocumentName, List, Map, Segment, Value, ValuePath};

/// The values of the merged file.
///
/// # Errors
/// The paths that both sides changed differently.
pub(super) fn documents(
    base: &[Value],
    ours: &[Value],
    theirs: &[Value],
) -> Result<Vec<Value>, Vec<ValuePath>> {
    let pairs = pair_documents(ours, theirs);
    if pairs.iter().any(|pair| pair.document.name().is_some()) {
        return named_documents(&pairs, [base, ours, theirs]);
    }
    let same_count = ours.len() == theirs.len() && (base.is_empty() || base.len() == ours.len());
    if !same_count || ours.is_empty() {
        return Err(Vec::new());
    }
    let mut merge = Merge::default();
    let mut out = Vec::new();
    for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        out.extend(merge.value(&ValuePath::document(number), base.get(number), Some(ours), Some(theirs)));
    }
    if merge.conflicts.is_empty() { Ok(out) } else { Err(merge.conflicts) }
}

/// The same where the documents have names.
fn named_documents(
    pairs: &[DocumentPair],
    [base, ours, theirs]: [&[Value]; 3],
) -> Result<Vec<Value>, Vec<ValuePath>> {
    let label = |document: &DocumentId| ValuePath::document(document.clone()).to_string();
    let side = |at: &dyn Fn(&DocumentPair) -> Option<usize>| -> Vec<String> {
        let mut there: Vec<_> =
            pairs.iter().filter_map(|pair| Some((at(pair)?, label(&pair.document)))).collect();
        there.sort();
        there.into_iter().map(|(_, label)| label).collect()
    };
    let is_guess = |pair: &DocumentPair| {
        let describes = |name: &DocumentName| base.iter().filter(|value| name.describes(value)).count() > 1;
        pair.is_guess || pair.document.name().is_some_and(describes)
    };
    if pairs.iter().any(is_guess) {
        return Err(Vec::new());
    }
    let order =
        order(&side(&|pair| pair.document.find(base)), &side(&|pair| pair.left), &side(&|pair| pair.right));
    let by_label: HashMap<String, &DocumentPair> =
        pairs.iter().map(|pair| (label(&pair.document), pair)).collect();
    let mut merge = Merge::default();
    let mut out = Vec::new();
    for pair in order.names.iter().filter_map(|name| by_label.get(name)) {
        let at =
            |values: &'_ [Value], position: Option<usize>| position.and_then(|at| values.get(at).cloned());
        let (base, ours, theirs) =
            (at(base, pair.document.find(base)), at(ours, pair.left), at(theirs, pair.right));
        let path = ValuePath::document(pair.document.clone());
        out.extend(merge.value(&path, base.as_ref(), ours.as_ref(), theirs.as_ref()));
    }
    merge.emptied(&ValuePath::root(), out.is_empty());
    if merge.conflicts.is_empty() { Ok(out) } else { Err(merge.conflicts) }
}

#[derive(Default)]
struct Merge {
    conflicts: Vec<ValuePath>,
}

type Side<'a> = Option<&'a Value>;

impl Merge {
    fn value(&mut self, path: &ValuePath, base: Side<'_>, ours: Side<'_>, theirs: Side<'_>) -> Option<Value> {
        if ours == theirs || theirs == base {
            return ours.cloned();
        }
        if ours == base {
            return theirs.cloned();
        }
        match (base, ours, theirs) {
            (None, Some(Value::Map(ours)), Some(Value::Map(theirs))) => {
                self.map(path, &Map::new(), ours, theirs)
            }
            (Some(Value::Map(base)), Some(Value::Map(ours)), Some(Value::Map(theirs))) => {
                self.map(path, base, ours, theirs)
            }
            (None, Some(Value::List(ours)), Some(Value::List(theirs))) => {
                self.list(path, &List::new(), ours, theirs)
            }
            (Some(Value::List(base)), Some(Value::List(ours)), Some(Value::List(theirs))) => {
                self.list(path, base, ours, theirs)
            }
            (Some(Value::Tagged(a, base)), Some(Value::Tagged(b, ours)), Some(Value::Tagged(c, theirs)))
                if a == b && b == c =>
            {
                let value = self.value(path, Some(base), Some(ours), Some(theirs))?;
                Some(Value::Tagged(a.clone(), Box::new(value)))
            }
            _ => self.conflict(path),
        }
    }

    fn conflict(&mut self, path: &ValuePath) -> Option<Value> {
        self.conflicts.push(path.clone());
        None
    }

    fn map(&mut self, path: &ValuePath, base: &Map, ours: &Map, theirs: &Map) -> Option<Value> {
        let names = |map: &Map| map.keys().cloned().collect::<Vec<_>>();
        let order = order(&names(base), &names(ours), &names(theirs));
        let mut out = Map::new();
        for key in order.names {
            let child = self.value(&path.key(&key), base.get(&key), ours.get(&key), theirs.get(&key));
            out.extend(child.map(|value| (key, value)));
        }
        self.emptied(path, out.is_empty());
        Some(Value::Map(out))
    }

    fn list(&mut self, path: &ValuePath, base: &List, ours: &List, theirs: &List) -> Option<Value> {
        let Some(field) = field(base, ours, theirs) else { return self.conflict(path) };
        let names = |list: &List| -> Vec<String> {
            list.iter().filter_map(|value| name_of(value, &field).map(str::to_owned)).collect()
        };
        let order = order(&names(base), &names(ours), &names(theirs));
        if order.is_contested {
            return self.conflict(path);
        }
        let mut out = Vec::new();
        for name in order.names {
            let [base, ours, theirs] = [base, ours, theirs].map(|list| list.named(&field, &name));
            let segment = Segment::Identity { field: field.clone(), value: name };
            out.extend(self.value(&path.join(segment), base, ours, theirs));
        }
        self.emptied(path, out.is_empty());
        Some(Value::List(out.into()))
    }

    /// Both sides together removed all there was: whether what held it stays, nobody said.
    fn emptied(&mut self, path: &ValuePath, is_empty: bool) {
        if is_empty && self.conflicts.is_empty() {
            self.conflicts.push(path.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};

    fn values(text: &str) -> Vec<Value> {
        match text {
            "" => Vec::new(),
            text => Document::parse(text.as_bytes(), &Limits::default()).expect(text).values().to_vec(),
        }
    }

    #[test]
    fn each_path_is_merged_by_itself() {
        for (base, ours, theirs, expected) in [
            ("{a: 1, b: 1}", "{a: 2, b: 1}", "{a: 1, b: 2}", "{a: 2, b: 2}"),
            ("{a: 1}", "{a: 2}", "{a: 2}", "{a: 2}"),
            ("{a: 1}", "{a: 2}", "{a: 3}", "! a"),
            ("{a: 1}", "{a: '1'}", "{a: 1.0}", "! a"),
            ("{a: {b: 1}}", "{}", "{a: {b: 2}}", "! a"),
            ("{a: {b: 1}}", "{a: 1}", "{a: {b: 2}}", "! a"),
            ("{a: {b: 1}}", "{}", "{a: {b: 1}, c: 1}", "{c: 1}"),
            ("{a: 1}", "{a: 1, n: {x: 1}}", "{a: 1, n: {y: 2}}", "{a: 1, n: {x: 1, y: 2}}"),
            ("{a: 1}", "{a: 1, n: {x: 1}}", "{a: 1, n: {x: 2}}", "! n.x"),
            ("{a: 1}", "{a: 1, x: 1}", "{a: 1, y: 1}", "{a: 1, x: 1, y: 1}"),
            ("{a: {x: 1, y: 1}}", "{a: {x: 1}}", "{a: {y: 1}}", "! a"),
            ("{a: }", "{a: {x: 1}}", "{a: {y: 1}}", "! a"),
            ("[1, 2]", "[0, 1, 2]", "[1, 2, 3]", "! "),
            ("[{id: a}]", "[{id: a}, {id: b}]", "[{id: a}, {id: c}]", "[{id: a}, {id: b}, {id: c}]"),
            ("[{id: a, v: 1}]", "[{id: a, v: 2}]", "[{id: a, v: 3}]", "! [id=a].v"),
            (
                "[{id: a}, {id: b}]",
                "[{id: b}, {id: a}]",
                "[{id: a}, {id: b}, {id: c}]",
                "[{id: b}, {id: c}, {id: a}]",
            ),
            (
                "[{id: a}, {id: b}, {id: c}]",
                "[{id: b}, {id: a}, {id: c}]",
                "[{id: a}, {id: c}, {id: b}]",
                "! ",
            ),
            ("!x {a: 1, b: 1}", "!x {a: 2, b: 1}", "!x {a: 1, b: 2}", "!x {a: 2, b: 2}"),
            ("", "{a: 1}", "{b: 1}", "{a: 1, b: 1}"),
            ("a: 1\n---\nb: 1", "a: 2\n---\nb: 1", "a: 1\n---\nb: 2", "{a: 2} {b: 2}"),
            ("a: 1", "a: 2", "a: 1\n---\nb: 2", "!"),
            (
                "{apiVersion: v1, kind: S, metadata: {name: a}, x: 1, y: 1}\n---\nb: 1",
                "{apiVersion: v1, kind: S, metadata: {name: a}, x: 2, y: 1}\n---\nb: 1",
                "b: 1\n---\n{apiVersion: v1, kind: S, metadata: {name: a}, x: 1, y: 2}",
                "{b: 1} {apiVersion: v1, kind: S, metadata: {name: a}, x: 2, y: 2}",
            ),
        ] {
            let found = documents(&values(base), &values(ours), &values(theirs));
            let list = |shown: Vec<String>| shown.join(" ");
            let found = match found {
                Ok(values) => list(values.iter().map(ToString::to_string).collect()),
                Err(paths) => {
                    let paths = paths.iter().map(ToString::to_string);
                    list(std::iter::once("!".to_owned()).chain(paths).collect())
                }
            };
            assert_eq!(found, expected, "{base} | {ours} | {theirs}");
        }
    }
}
