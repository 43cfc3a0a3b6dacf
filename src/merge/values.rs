//! What both sides meant, path by path: one side's change is taken, two different ones to the same
//! path are a conflict. Elements of a list are matched by name; any other list is one value.

use std::collections::HashMap;

use super::order::{Order, order};
use crate::diff::documents::{DocumentPair, pair_documents};
use crate::diff::lists::{ListRules, name_of};
use crate::merge::verify::field;
use crate::merge::{Conflict, Decided, Version, of};
use crate::model::{DocumentId, DocumentName, List, Map, Segment, Value, ValuePath};

/// The values of the merged file; where both sides changed a path differently, those of the preferred
/// version.
#[derive(Debug)]
pub(super) struct MergedValues {
    /// The values of its documents.
    pub(super) values: Vec<Value>,
    /// What only a person can decide; with none the preference was not asked for.
    pub(super) conflicts: Vec<Conflict>,
    /// Where one version's value stands because somebody decided so.
    pub(super) chosen: Vec<(ValuePath, Version)>,
}

/// Whether this side, which left the value at a path as it was, wrote something else beside it.
pub(super) type Rewrote<'a> = &'a dyn Fn(&ValuePath, Version) -> bool;

/// Merges the values, path by path; `None` when the documents do not pair.
pub(super) fn documents(
    [base, ours, theirs]: [&[Value]; 3],
    lists: &dyn ListRules,
    preferred: Version,
    decided: Decided<'_>,
    rewrote: Rewrote<'_>,
) -> Option<MergedValues> {
    let pairs = pair_documents(ours, theirs);
    let mut merge = Merge { lists, preferred, decided, rewrote, conflicts: Vec::new(), chosen: Vec::new() };
    let values = if pairs.iter().any(|pair| pair.document.name().is_some()) {
        named_documents(&mut merge, &pairs, [base, ours, theirs])?
    } else {
        let same_count = ours.len() == theirs.len() && (base.is_empty() || base.len() == ours.len());
        if !same_count || ours.is_empty() {
            return None;
        }
        let pairs = ours.iter().zip(theirs).enumerate();
        pairs
            .filter_map(|(number, (ours, theirs))| {
                merge.value(&ValuePath::document(number), base.get(number), Some(ours), Some(theirs))
            })
            .collect()
    };
    Some(MergedValues { values, conflicts: merge.conflicts, chosen: merge.chosen })
}

/// The same where the documents have names.
fn named_documents(
    merge: &mut Merge<'_>,
    pairs: &[DocumentPair],
    [base, ours, theirs]: [&[Value]; 3],
) -> Option<Vec<Value>> {
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
        return None;
    }
    let order =
        order(&side(&|pair| pair.document.find(base)), &side(&|pair| pair.left), &side(&|pair| pair.right));
    let by_label: HashMap<String, &DocumentPair> =
        pairs.iter().map(|pair| (label(&pair.document), pair)).collect();
    let mut out = Vec::new();
    for pair in order.names.iter().filter_map(|name| by_label.get(name)) {
        let at =
            |values: &'_ [Value], position: Option<usize>| position.and_then(|at| values.get(at).cloned());
        let (base, ours, theirs) =
            (at(base, pair.document.find(base)), at(ours, pair.left), at(theirs, pair.right));
        let path = ValuePath::document(pair.document.clone());
        out.extend(merge.value(&path, base.as_ref(), ours.as_ref(), theirs.as_ref()));
    }
    if out.is_empty() && merge.conflicts.is_empty() {
        let version = merge.decide(&ValuePath::root(), Conflict::Emptied(ValuePath::root()));
        return Some(of(version, base, ours, theirs).to_vec());
    }
    Some(out)
}

struct Merge<'a> {
    lists: &'a dyn ListRules,
    preferred: Version,
    decided: Decided<'a>,
    rewrote: Rewrote<'a>,
    conflicts: Vec<Conflict>,
    chosen: Vec<(ValuePath, Version)>,
}

type Side<'a> = Option<&'a Value>;

impl Merge<'_> {
    fn value(&mut self, path: &ValuePath, base: Side<'_>, ours: Side<'_>, theirs: Side<'_>) -> Option<Value> {
        let (kept, changed) = match () {
            () if ours == theirs => return ours.cloned(),
            () if theirs == base => (Version::Theirs, ours),
            () if ours == base => (Version::Ours, theirs),
            () => return self.both(path, base, ours, theirs),
        };
        // What one side took away while the other wrote beside it is for a person.
        let goes_on = match (base, changed) {
            (Some(_), None) => true,
            (Some(Value::Map(_)), Some(Value::Map(map))) => !map.is_empty(),
            (Some(Value::List(old)), Some(Value::List(list))) => {
                !list.is_empty() && field(self.lists, path, [old, old, list]).is_some()
            }
            (Some(Value::Map(_) | Value::List(_)), Some(_)) => true,
            _ => false,
        };
        if goes_on && (self.rewrote)(path, kept) {
            return self.both(path, base, ours, theirs);
        }
        changed.cloned()
    }

    /// What becomes of a value that both sides changed.
    fn both(&mut self, path: &ValuePath, base: Side<'_>, ours: Side<'_>, theirs: Side<'_>) -> Option<Value> {
        match (base, ours, theirs) {
            (None, Some(Value::Map(ours)), Some(Value::Map(theirs))) => {
                Some(self.map(path, &Map::new(), ours, theirs))
            }
            (Some(Value::Map(base)), Some(Value::Map(ours)), Some(Value::Map(theirs))) => {
                Some(self.map(path, base, ours, theirs))
            }
            (None, Some(Value::List(left)), Some(Value::List(right))) => {
                self.list(path, &List::new(), left, right).or_else(|| self.changed(path, base, ours, theirs))
            }
            (Some(Value::List(old)), Some(Value::List(left)), Some(Value::List(right))) => {
                self.list(path, old, left, right).or_else(|| self.changed(path, base, ours, theirs))
            }
            (Some(Value::Tagged(a, base)), Some(Value::Tagged(b, ours)), Some(Value::Tagged(c, theirs)))
                if a == b && b == c =>
            {
                let value = self.value(path, Some(base), Some(ours), Some(theirs))?;
                Some(Value::Tagged(a.clone(), Box::new(value)))
            }
            _ => self.changed(path, base, ours, theirs),
        }
    }

    fn changed(
        &mut self,
        path: &ValuePath,
        base: Side<'_>,
        ours: Side<'_>,
        theirs: Side<'_>,
    ) -> Option<Value> {
        let [old, left, right] = [base, ours, theirs].map(|value| value.cloned());
        let conflict = Conflict::Changed { path: path.clone(), base: old, ours: left, theirs: right };
        of(self.decide(path, conflict), base, ours, theirs).cloned()
    }

    /// Whose value stands at the path: what somebody decided, else the preferred version's, and it is a
    /// conflict.
    fn decide(&mut self, path: &ValuePath, conflict: Conflict) -> Version {
        match (self.decided)(path) {
            Some(version) => {
                self.chosen.push((path.clone(), version));
                version
            }
            None => {
                self.conflicts.push(conflict);
                self.preferred
            }
        }
    }

    fn map(&mut self, path: &ValuePath, base: &Map, ours: &Map, theirs: &Map) -> Value {
        let names = |map: &Map| map.keys().cloned().collect::<Vec<_>>();
        let before = self.conflicts.len();
        let names = self.ordered(path, [base, ours, theirs].map(names));
        let instead = self.renamed_apart(&|key| path.key(key), [base, ours, theirs]);
        let mut out = Map::new();
        for key in names {
            if let Some(old) = instead.get(&key) {
                out.extend(old.iter().filter_map(|old| Some((old.clone(), base.get(old)?.clone()))));
                continue;
            }
            let child = self.value(&path.key(&key), base.get(&key), ours.get(&key), theirs.get(&key));
            out.extend(child.map(|value| (key, value)));
        }
        if out.is_empty() && self.conflicts.len() == before {
            let version = self.decide(path, Conflict::Emptied(path.clone()));
            out = of(version, base, ours, theirs).clone();
        }
        Value::Map(out)
    }

    /// What stands in the place of each name that one side gave something which the other side called
    /// otherwise: nothing, or the old name.
    fn renamed_apart(
        &mut self,
        below: &dyn Fn(&str) -> ValuePath,
        [base, ours, theirs]: [&Map; 3],
    ) -> HashMap<String, Option<String>> {
        let mut instead = HashMap::new();
        let is_gone = |key: &str| !ours.contains_key(key) && !theirs.contains_key(key);
        let gone: Vec<_> = base.iter().filter(|(key, value)| is_gone(key) && says_much(value)).collect();
        if gone.is_empty() {
            return instead;
        }
        let came = |side: &Map, other: &Map| -> HashMap<String, Vec<String>> {
            let new = side.iter().filter(|(key, _)| !base.contains_key(*key) && !other.contains_key(*key));
            let mut by_value: HashMap<String, Vec<String>> = HashMap::new();
            new.for_each(|(key, value)| by_value.entry(format!("{value:?}")).or_default().push(key.clone()));
            by_value
        };
        let (mine, other) = (came(ours, theirs), came(theirs, ours));
        for (old, value) in gone {
            let value = format!("{value:?}");
            let (Some([ours]), Some([theirs])) =
                (mine.get(&value).map(Vec::as_slice), other.get(&value).map(Vec::as_slice))
            else {
                continue;
            };
            let path = below(old);
            let conflict =
                Conflict::Renamed { path: path.clone(), ours: ours.clone(), theirs: theirs.clone() };
            let version = self.decide(&path, conflict);
            self.chosen.extend([ours, theirs].map(|new| (below(new), version)));
            match version {
                Version::Ours => drop(instead.insert(theirs.clone(), None)),
                Version::Theirs => drop(instead.insert(ours.clone(), None)),
                Version::Base => {
                    instead.extend([(ours.clone(), Some(old.clone())), (theirs.clone(), None)]);
                }
            }
        }
        instead
    }

    /// The names in the merged order.
    fn ordered(&mut self, path: &ValuePath, [base, ours, theirs]: [Vec<String>; 3]) -> Vec<String> {
        let Order { names, is_contested } = order(&base, &ours, &theirs);
        if !is_contested {
            return names;
        }
        match self.decide(path, Conflict::Reordered(path.clone())) {
            Version::Ours => names,
            Version::Theirs => order(&base, &theirs, &ours).names,
            Version::Base => order(&names, &names, &base).names,
        }
    }

    /// The list, unless its elements have no names.
    fn list(&mut self, path: &ValuePath, base: &List, ours: &List, theirs: &List) -> Option<Value> {
        let field = field(self.lists, path, [base, ours, theirs])?;
        let names = |list: &List| -> Vec<String> {
            list.iter().filter_map(|value| name_of(value, &field).map(str::to_owned)).collect()
        };
        let before = self.conflicts.len();
        let names = self.ordered(path, [base, ours, theirs].map(names));
        let element =
            |name: &str| path.join(Segment::Identity { field: field.clone(), value: name.to_owned() });
        let nameless = [base, ours, theirs].map(|list| nameless(list, &field));
        let instead = self.renamed_apart(&element, nameless.each_ref());
        let mut out = Vec::new();
        for name in names {
            if let Some(old) = instead.get(&name) {
                out.extend(old.iter().filter_map(|old| base.named(&field, old)).cloned());
                continue;
            }
            let [base, ours, theirs] = [base, ours, theirs].map(|list| list.named(&field, &name));
            let segment = Segment::Identity { field: field.clone(), value: name };
            out.extend(self.value(&path.join(segment), base, ours, theirs));
        }
        if out.is_empty() && self.conflicts.len() == before {
            // Whether what held it stays, nobody said.
            let version = self.decide(path, Conflict::Emptied(path.clone()));
            return Some(Value::List(of(version, base, ours, theirs).clone()));
        }
        Some(Value::List(out.into()))
    }
}

/// Whether two entries of this value are the same by it.
pub(super) fn says_much(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::String(text) => !text.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::List(list) => !list.is_empty(),
        Value::Number(_) | Value::Tagged(..) => true,
    }
}

/// Named elements by their names, each without its own.
pub(super) fn nameless(list: &List, field: &str) -> Map {
    let without = |element: &Value| {
        let mut element = element.clone();
        let (parents, last) =
            field.rsplit_once('.').map_or((None, field), |(parents, last)| (Some(parents), last));
        let mut steps = parents.into_iter().flat_map(|parents| parents.split('.'));
        let holder = steps.try_fold(&mut element, |value, step| match value {
            Value::Map(map) => map.get_mut(step),
            _ => None,
        });
        if let Some(Value::Map(map)) = holder {
            map.shift_remove(last);
        }
        element
    };
    list.iter().filter_map(|element| Some((name_of(element, field)?.to_owned(), without(element)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
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
            ("{a: 40, z: 1}", "{b: 40, z: 1}", "{c: 40, z: 1}", "! a"),
            ("{a: 40, z: 1}", "{b: 40, z: 1}", "{c: 41, z: 1}", "{b: 40, c: 41, z: 1}"),
            ("{a: 40, z: 1}", "{b: 40, z: 1}", "{b: 40, z: 2}", "{b: 40, z: 2}"),
            ("{a: true, z: 1}", "{b: true, z: 1}", "{c: true, z: 1}", "{b: true, c: true, z: 1}"),
            ("[{id: a, v: 1}]", "[{id: b, v: 1}]", "[{id: c, v: 1}]", "! [id=a]"),
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
            ("a: 1", "a: 2", "a: 1\n---\nb: 2", "Documents"),
            (
                "{apiVersion: v1, kind: S, metadata: {name: a}, x: 1, y: 1}\n---\nb: 1",
                "{apiVersion: v1, kind: S, metadata: {name: a}, x: 2, y: 1}\n---\nb: 1",
                "b: 1\n---\n{apiVersion: v1, kind: S, metadata: {name: a}, x: 1, y: 2}",
                "{b: 1} {apiVersion: v1, kind: S, metadata: {name: a}, x: 2, y: 2}",
            ),
        ] {
            let sides = [&values(base)[..], &values(ours), &values(theirs)];
            let found = documents(sides, &NoListRules, Version::Ours, &|_| None, &|_, _| false);
            let path = |conflict: &Conflict| match conflict {
                Conflict::Changed { path, .. }
                | Conflict::Renamed { path, .. }
                | Conflict::Reordered(path)
                | Conflict::Emptied(path) => format!("! {path}"),
                other => format!("{other:?}"),
            };
            let found = match &found {
                None => vec!["Documents".to_owned()],
                Some(merged) if merged.conflicts.is_empty() => {
                    merged.values.iter().map(ToString::to_string).collect()
                }
                Some(merged) => merged.conflicts.iter().map(path).collect(),
            };
            assert_eq!(found.join(" "), expected, "{base} | {ours} | {theirs}");
        }
    }
}
