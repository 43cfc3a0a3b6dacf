//! From a plan to the edits of the target's file.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::entry::{Action, PlanEntry, Renamed};
use super::leaves::highest_absent;
use crate::diff::documents::{DocumentPair, pair_documents};
use crate::diff::lists::{ListRules, identity, name_of};
use crate::engine::pairs::identity_keys;
use crate::model::{DocumentId, Identity, List, Map, PathTree, Segment, Value, ValuePath};
use crate::yaml::edit::{Operation, Place, Replacement, edited, last_key, rename_keys};
use crate::yaml::{Content, Document, Limits};

/// The edits by which the target takes what the lines take.
#[must_use]
pub fn operations<'a>(
    lines: &'a [PlanEntry],
    source: &'a Document,
    target: &'a Document,
) -> Vec<Operation<'a>> {
    let left = Left::of(lines, [source, target]);
    let (mut out, mut gone) = (Vec::new(), HashSet::new());
    let mut entering: IndexMap<&ValuePath, Vec<&PlanEntry>> = IndexMap::new();
    for line in lines {
        if let (Some(renamed), true) = (&line.renamed, line.is_taken()) {
            match identity_alone(line, renamed, target) {
                Some(parts) if line.verdict == Action::Take => {
                    out.extend(parts.iter().map(|keys| {
                        let part =
                            |path: &ValuePath| keys.iter().fold(path.clone(), |path, key| path.key(*key));
                        let value = Replacement::From { document: source, path: part(&line.path) };
                        Operation::Set { path: part(&renamed.from), value }
                    }));
                }
                _ => {
                    let path = left.highest_leaving(&highest_absent(source, &renamed.from), &renamed.from);
                    if gone.insert(path.clone()) {
                        out.push(Operation::Remove { path });
                    }
                    entering.entry(&line.top).or_default().push(line);
                }
            }
            continue;
        }
        let replacement = match &line.verdict {
            Action::Take if line.source.is_none() => {
                let path = left.highest_leaving(&line.top, &line.path);
                if gone.insert(path.clone()) {
                    out.push(Operation::Remove { path });
                }
                continue;
            }
            Action::Take => Replacement::From { document: source, path: line.path.clone() },
            Action::Set(value) => Replacement::Value(value.clone()),
            Action::Decline | Action::Keep | Action::Ask | Action::Stop => continue,
        };
        if line.target.is_some() {
            out.push(Operation::Set { path: line.path.clone(), value: replacement });
        } else {
            entering.entry(&line.top).or_default().push(line);
        }
    }
    let mut places = Places { source, target, known: HashMap::new() };
    let mut pairs = None;
    for (top, entering) in entering {
        let whole = left.is_whole(top)
            || entering.iter().any(|line| line.path == *top && line.verdict == Action::Take);
        let as_in_source = entering.iter().all(|line| line.taken_value() == line.source.as_ref());
        let moved = match entering[..] {
            [line] if line.path == *top && line.verdict == Action::Take => line.renamed.as_deref(),
            _ => None,
        };
        let value = match moved.filter(|moved| target.at(&moved.from) == Some(&moved.carried)) {
            Some(moved) => Replacement::From { document: target, path: moved.from.clone() },
            None if whole && as_in_source => Replacement::From { document: source, path: top.clone() },
            None => Replacement::Value(partial(top, &entering, source)),
        };
        let Some(parent) = top.parent() else {
            let pairs = pairs.get_or_insert_with(|| pair_documents(source.values(), target.values()));
            let after = source.position_of(&top.document).and_then(|at| document_before(at, pairs));
            out.push(Operation::InsertDocument { after, value });
            continue;
        };
        let key = match top.last() {
            Some(Segment::Key(key)) => Some(key.clone()),
            _ => None,
        };
        let place = places.of(top);
        out.push(Operation::Insert { parent, key, place, value, comment: None });
    }
    out
}

/// The target in which renamed entries hold what they hold afterwards, those whose keys alone change with their
/// new keys, and the lines that are left to do there; `None` where no line is of that kind.
#[must_use]
pub fn rename_in_place(
    lines: &[PlanEntry],
    source: &Document,
    target: &Document,
    limits: &Limits,
    lists: &dyn ListRules,
) -> Option<(Document, Vec<PlanEntry>)> {
    let in_place = |line: &PlanEntry| {
        let renamed = line.renamed.as_ref().filter(|_| line.verdict == Action::Take)?;
        let is_beside = renamed.from.parent() == line.path.parent() && last_key(&renamed.from).is_some();
        last_key(&line.path).filter(|_| is_beside).map(str::to_owned)
    };
    let keys: Vec<Option<String>> = lines.iter().map(in_place).collect();
    let renames = lines.iter().zip(&keys).filter(|(line, _)| line.verdict == Action::Take);
    let renames = renames.flat_map(|(line, key)| {
        let whole = line.renamed.iter().filter_map(|renamed| Some((&renamed.from, key.as_deref()?)));
        let within = line.renamed.iter().flat_map(|renamed| &renamed.within);
        whole.chain(within.map(|(path, key)| (path, key.as_str())))
    });
    let moved_keys = moved_keys(lines, target);
    let moving = lines.iter().zip(&moved_keys);
    let moving = moving.filter_map(|(line, key)| Some((&line.renamed.as_ref()?.from, key.as_deref()?)));
    let renames: Vec<(&ValuePath, &str)> = renames.chain(moving).collect();
    let names: Vec<Vec<Operation<'_>>> = lines.iter().map(|line| names_in_place(line, target)).collect();
    let is_in_place: Vec<bool> =
        keys.iter().zip(&names).map(|(key, names)| key.is_some() || !names.is_empty()).collect();
    let names: Vec<Operation<'_>> = names.into_iter().flatten().collect();
    let mut document = Cow::Borrowed(target);
    if !renames.is_empty() {
        document = Cow::Owned(rename_keys(target, &renames, limits)?);
    }
    if !names.is_empty() {
        document = Cow::Owned(edited(&document, &names, limits).ok()?);
    }
    let lines = &*under_moved_keys(lines, &moved_keys);
    let texts = [source, target];
    let changes = changes_within(lines, &is_in_place, texts, &document, lists);
    if let Some(changed) = edited_or_not(&document, &changes, limits) {
        document = Cow::Owned(changed);
    }
    let seats = seats(lines, source, &document);
    if !seats.is_empty() {
        let mut places = Places { source, target: &document, known: HashMap::new() };
        let pairs = pair_documents(source.values(), document.values());
        let insert = |(top, skeleton): (&ValuePath, Value)| {
            let value = Replacement::Value(skeleton);
            let Some(parent) = top.parent() else {
                let after = source.position_of(&top.document).and_then(|at| document_before(at, &pairs));
                return Operation::InsertDocument { after, value };
            };
            let (key, place) = (last_key(top).map(str::to_owned), places.of(top));
            Operation::Insert { parent, key, place, value, comment: None }
        };
        let operations: Vec<Operation<'_>> = seats.into_iter().map(insert).collect();
        if let Some(seated) = edited_or_not(&document, &operations, limits) {
            document = Cow::Owned(seated);
        }
    }
    let Cow::Owned(document) = document else { return None };
    let mut left = Vec::with_capacity(lines.len());
    for (line, is_in_place) in lines.iter().zip(is_in_place) {
        match (&line.renamed, is_in_place) {
            (Some(renamed), true) if document.at(&line.path) == Some(&renamed.carried) => {}
            (Some(renamed), true) => {
                let verdict = Action::Set(renamed.carried.clone());
                left.push(PlanEntry { renamed: None, verdict, ..line.clone() });
            }
            _ if line.renamed.is_some() || (line.source.is_some() && line.target.is_none()) => {
                left.push(PlanEntry { top: highest_absent(&document, &line.path), ..line.clone() });
            }
            _ => left.push(line.clone()),
        }
    }
    Some((document, left))
}

/// The keys that entries which go elsewhere get there, where they can get them before: comments above an entry
/// and behind its key go with the key.
fn moved_keys(lines: &[PlanEntry], target: &Document) -> Vec<Option<String>> {
    // What is read in several places may have to be written out.
    if target.has_aliases() {
        return vec![None; lines.len()];
    }
    let taken = lines.iter().filter(|line| line.is_taken()).map(|line| (&line.path, ()));
    let (taken, mut given): (PathTree<'_, ()>, _) = (taken.collect(), HashSet::new());
    let mut key = |line: &PlanEntry| {
        let renamed = line.renamed.as_ref().filter(|_| line.verdict == Action::Take)?;
        let (old, new) = (last_key(&renamed.from)?, last_key(&line.path)?);
        let parent = renamed.from.parent()?;
        let place = parent.key(new);
        let is_free = target.at(&place).is_none() && !taken.reaches(&place);
        let is_moved = old != new && Some(&parent) != line.path.parent().as_ref();
        (is_moved && is_free && given.insert(place)).then(|| new.to_owned())
    };
    lines.iter().map(&mut key).collect()
}

/// The lines as they are once those keys are changed.
fn under_moved_keys<'p>(lines: &'p [PlanEntry], keys: &[Option<String>]) -> Cow<'p, [PlanEntry]> {
    if keys.iter().all(Option::is_none) {
        return Cow::Borrowed(lines);
    }
    let mut lines = lines.to_vec();
    for (line, key) in lines.iter_mut().zip(keys) {
        if let (Some(renamed), Some(key)) = (&mut line.renamed, key)
            && let Some(parent) = renamed.from.parent()
        {
            renamed.from = parent.key(key);
        }
    }
    Cow::Owned(lines)
}

/// A document after operations; `None` where there are none, or they do not fit.
fn edited_or_not(document: &Document, operations: &[Operation<'_>], limits: &Limits) -> Option<Document> {
    (!operations.is_empty()).then(|| edited(document, operations, limits).ok()).flatten()
}

/// The edits by which renamed entries hold, where they stand now, what they hold afterwards: what stays of them
/// moves with its text.
fn changes_within<'a>(
    lines: &'a [PlanEntry],
    is_in_place: &[bool],
    [source, target]: [&'a Document; 2],
    document: &Document,
    lists: &'a dyn ListRules,
) -> Vec<Operation<'a>> {
    let mut changes = Vec::new();
    // What is read in several places may have to be written out.
    if document.has_aliases() {
        return changes;
    }
    for (line, is_in_place) in lines.iter().zip(is_in_place).filter(|(line, _)| line.verdict == Action::Take)
    {
        let Some(renamed) = &line.renamed else { continue };
        let at = if *is_in_place { &line.path } else { &renamed.from };
        // What tells it apart is found by that.
        let is_told_apart = |own: &Value| {
            let parts = identity_keys(at);
            parts.iter().all(|keys| at_keys(own, keys) == at_keys(&renamed.carried, keys))
        };
        if let Some(own @ (Value::Map(_) | Value::List(_))) = document.at(at).filter(|own| is_told_apart(own))
        {
            let moved = renamed.moved.iter().map(|(from, to)| (to, from)).collect();
            let texts = Texts { source, target, moved, lists };
            change(own, &renamed.carried, [at, &line.path], (&texts, document), &mut changes);
        }
    }
    changes
}

/// Where the text of a value may be taken from.
struct Texts<'a> {
    source: &'a Document,
    target: &'a Document,
    /// Where the target has what is at a place of now.
    moved: HashMap<&'a ValuePath, &'a ValuePath>,
    lists: &'a dyn ListRules,
}

impl<'a> Texts<'a> {
    /// The text of a value that comes to a path: the target's own, the source's, or a new one.
    fn of(&self, value: &Value, path: ValuePath) -> Replacement<'a> {
        let own = self.moved.get(&path).filter(|from| self.target.at(from) == Some(value));
        match own {
            Some(from) => Replacement::From { document: self.target, path: (*from).clone() },
            None if self.source.at(&path) == Some(value) => Replacement::From { document: self.source, path },
            None => Replacement::Value(value.clone()),
        }
    }
}

/// The edits that make a value at a path another one, which is at a second path in the source as far as it is
/// the source's.
fn change<'a>(
    own: &Value,
    new: &Value,
    [at, to]: [&ValuePath; 2],
    (texts, document): (&Texts<'a>, &Document),
    changes: &mut Vec<Operation<'a>>,
) {
    if own == new {
        return;
    }
    let (own_map, new_map) = match (own, new) {
        (Value::Map(own), Value::Map(new)) => (own, new),
        (Value::List(own), Value::List(new))
            if change_list([own, new], [at, to], (texts, document), changes) =>
        {
            return;
        }
        _ => {
            changes.push(Operation::Set { path: at.clone(), value: texts.of(new, to.clone()) });
            return;
        }
    };
    let kept = own_map.keys().any(|key| new_map.contains_key(key));
    if !kept {
        changes.push(Operation::Set { path: at.clone(), value: texts.of(new, to.clone()) });
        return;
    }
    let places = key_places(new_map.keys().map(String::as_str), &own_keys(document, at));
    for (key, value) in new_map {
        if let Some(own) = own_map.get(key) {
            change(own, value, [&at.key(key), &to.key(key)], (texts, document), changes);
            continue;
        }
        changes.push(Operation::Insert {
            parent: at.clone(),
            key: Some(key.clone()),
            place: places.get(key).cloned().unwrap_or(Place::Last),
            value: texts.of(value, to.key(key)),
            comment: None,
        });
    }
    let gone = own_map.keys().filter(|key| !new_map.contains_key(*key));
    changes.extend(gone.map(|key| Operation::Remove { path: at.key(key) }));
}

/// The same of the elements of lists that are told apart by a name and stand in one order; `false` where they
/// are values as wholes.
fn change_list<'a>(
    [own, new]: [&List; 2],
    [at, to]: [&ValuePath; 2],
    (texts, document): (&Texts<'a>, &Document),
    changes: &mut Vec<Operation<'a>>,
) -> bool {
    let Some(field) = identity(texts.lists, at, own, new) else { return false };
    let element = |name: &str| Segment::Identity { field: field.clone(), value: name.to_owned() };
    let [own_names, new_names] = [own, new].map(|list| names_of(list, &field));
    // What got another name is the same element.
    let former = |name: &str| {
        let from = texts.moved.get(&to.join(element(name)))?;
        match from.last() {
            Some(Segment::Identity { field: own, value }) if *own == field => Some(value.as_str()),
            _ => None,
        }
    };
    let is_left = |name: &&str| own_names.contains(*name) && !new_names.contains(*name);
    let was = |name: &'_ str| match own_names.get(name) {
        Some(name) => Some(*name),
        None => former(name).filter(is_left).and_then(|name| own_names.get(name).copied()),
    };
    let kept: Vec<Option<&str>> = new_names.iter().map(|name| was(name)).collect();
    let seen: IndexSet<&str> = kept.iter().flatten().copied().collect();
    let in_order = own_names.iter().filter(|name| seen.contains(*name)).eq(seen.iter());
    if !in_order || seen.len() != kept.iter().flatten().count() || seen.is_empty() {
        return false;
    }
    let mut place = Place::First;
    for (name, was) in new_names.iter().zip(&kept) {
        let (Some(value), here) = (new.named(&field, name), to.join(element(name))) else { continue };
        match was.and_then(|was| Some((was, own.named(&field, was)?))) {
            Some((was, own)) => {
                change(own, value, [&at.join(element(was)), &here], (texts, document), changes);
                place = Place::After(element(was));
            }
            None => changes.push(Operation::Insert {
                parent: at.clone(),
                key: None,
                place: place.clone(),
                value: texts.of(value, here),
                comment: None,
            }),
        }
    }
    let gone = own_names.iter().filter(|name| !seen.contains(*name));
    changes.extend(gone.map(|name| Operation::Remove { path: at.join(element(name)) }));
    true
}

/// The names of the elements of a list.
fn names_of<'l>(list: &'l List, field: &str) -> IndexSet<&'l str> {
    list.iter().filter_map(|element| name_of(element, field)).collect()
}

/// The mappings, elements and documents that the target lacks and into which it moves entries of its own, with
/// nothing in them as yet but names, by their highest paths: into what is there each entry comes with its text.
fn seats<'p>(lines: &'p [PlanEntry], source: &Document, target: &Document) -> IndexMap<&'p ValuePath, Value> {
    let mut ways: IndexMap<&ValuePath, Vec<(&[Segment], Value)>> = IndexMap::new();
    if target.has_aliases() {
        return IndexMap::new();
    }
    let is_candidate = |line: &&PlanEntry| line.verdict == Action::Take && line.path != line.top;
    for line in lines.iter().filter(is_candidate) {
        let has_text = |renamed: &Renamed| target.at(&renamed.from) == Some(&renamed.carried);
        let steps = line.path.segments.get(line.top.segments.len()..).unwrap_or_default();
        let Some((_, way)) = steps.split_last() else { continue };
        if line.renamed.as_deref().is_some_and(has_text) {
            let seat = line.path.prefix(line.path.segments.len() - 1);
            let name = match seat.last() {
                Some(Segment::Identity { field, value }) => named(field, value, source.at(&seat)),
                _ => Value::Null,
            };
            ways.entry(&line.top).or_default().push((way, name));
        }
    }
    let seat = |(top, ways): (&'p ValuePath, Vec<(&[Segment], Value)>)| {
        let like = source.at(top);
        let start = match top.last() {
            Some(Segment::Identity { field, value }) => named(field, value, like),
            None => like.map_or(Value::Null, |like| Value::Map(name_entries(like))),
            _ => Value::Null,
        };
        let ways = ways.into_iter().filter(|(way, _)| !way.is_empty()).collect();
        (top, filled(start, like, ways))
    };
    ways.into_iter().map(seat).collect()
}

/// The edits that give an element or a document its new name where it stands, where something else of it
/// changes too.
fn names_in_place<'p>(line: &'p PlanEntry, target: &Document) -> Vec<Operation<'p>> {
    let Some(renamed) = line.renamed.as_ref().filter(|_| line.verdict == Action::Take) else {
        return Vec::new();
    };
    if identity_alone(line, renamed, target).is_some() {
        return Vec::new();
    }
    let parts = identity_in_place(line, renamed, target).unwrap_or_default().into_iter();
    let set = parts.filter_map(|keys| {
        let path = keys.iter().fold(renamed.from.clone(), |path, key| path.key(*key));
        Some(Operation::Set { path, value: Replacement::Value(at_keys(&renamed.carried, &keys)?) })
    });
    set.collect()
}

fn at_keys(value: &Value, keys: &[&str]) -> Option<Value> {
    keys.iter().try_fold(value, |value, key| value.as_map()?.get(*key)).cloned()
}

/// The keys that lead to the parts of what tells an element or a document apart that a renaming changes,
/// where it leaves it where it is.
fn identity_in_place<'p>(
    line: &'p PlanEntry,
    renamed: &'p Renamed,
    target: &Document,
) -> Option<Vec<Vec<&'p str>>> {
    let parts = identity_keys(&line.path);
    let own = target.at(&renamed.from)?;
    let is_in_place = parts == identity_keys(&renamed.from) && line.path.parent() == renamed.from.parent();
    let is_other = |keys: &Vec<&str>| at_keys(own, keys) != at_keys(&renamed.carried, keys);
    let parts: Vec<Vec<&str>> = parts.into_iter().filter(is_other).collect();
    (is_in_place && !parts.is_empty()).then_some(parts)
}

/// The same where it changes nothing else of it.
fn identity_alone<'p>(
    line: &'p PlanEntry,
    renamed: &'p Renamed,
    target: &Document,
) -> Option<Vec<Vec<&'p str>>> {
    let parts = identity_in_place(line, renamed, target)?;
    let with_new = parts.iter().try_fold(target.at(&renamed.from)?.clone(), |own, keys| {
        let value = at_keys(&renamed.carried, keys)?;
        Some(with(own, keys, &value))
    })?;
    (with_new == renamed.carried).then_some(parts)
}

/// A value with another one at these keys.
fn with(mut value: Value, keys: &[&str], new: &Value) -> Value {
    match (keys.split_first(), &mut value) {
        (None, _) => return new.clone(),
        (Some((first, rest)), Value::Map(map)) => {
            if let Some(slot) = map.get_mut(*first) {
                *slot = with(std::mem::replace(slot, Value::Null), rest, new);
            }
        }
        _ => {}
    }
    value
}

/// The document that a new one follows in the source, of those that the target has.
fn document_before(position: usize, pairs: &[DocumentPair]) -> Option<DocumentId> {
    let before = pairs.iter().filter(|pair| pair.left.is_some_and(|left| left < position));
    before.filter(|pair| pair.right.is_some()).max_by_key(|pair| pair.left).map(|pair| pair.document.clone())
}

/// The paths that are not taken.
struct Left<'a> {
    paths: PathTree<'a, ()>,
    /// Whether one side has several documents, so that one of them can come or go.
    has_documents: bool,
}

impl<'a> Left<'a> {
    fn of(lines: &'a [PlanEntry], sides: [&Document; 2]) -> Self {
        let left = lines.iter().filter(|line| line.verdict != Action::Take).map(|line| &line.path);
        let renamed = lines.iter().filter(|line| !line.is_taken()).filter_map(|line| line.renamed.as_ref());
        let paths = left.chain(renamed.map(|renamed| &renamed.from)).map(|path| (path, ())).collect();
        Self { paths, has_documents: sides.iter().any(|side| side.values().len() > 1) }
    }

    /// Whether all that there is at or below a path that one side lacks is taken.
    fn is_whole(&self, at: &ValuePath) -> bool {
        (!at.is_root() || self.has_documents) && !self.paths.reaches(at)
    }

    /// The highest path from `top` on that goes when `path` does, so that no empty mapping and no element with
    /// only a name stays behind.
    fn highest_leaving(&self, top: &ValuePath, path: &ValuePath) -> ValuePath {
        (top.segments.len()..path.segments.len())
            .map(|steps| path.prefix(steps))
            .find(|prefix| self.is_whole(prefix))
            .unwrap_or_else(|| path.clone())
    }
}

/// The places of new entries and elements: behind the nearest one before them in the source that the
/// target has as well; those that have none there stand before the first that they have in common.
struct Places<'d> {
    source: &'d Document,
    target: &'d Document,
    /// What was gone through already: by parent, and by what tells its elements apart, the place of
    /// each name.
    known: HashMap<(ValuePath, Option<String>), HashMap<String, Place>>,
}

impl Places<'_> {
    fn of(&mut self, top: &ValuePath) -> Place {
        let (field, name) = match top.last() {
            Some(Segment::Key(key)) => (None, key),
            Some(Segment::Identity { field, value }) => (Some(field.clone()), value),
            Some(Segment::Index(_) | Segment::Append) | None => return Place::Last,
        };
        let Some(parent) = top.parent() else { return Place::Last };
        let (source, target) = (self.source, self.target);
        let places = self.known.entry((parent, field)).or_insert_with_key(|(parent, field)| {
            match (field, source.at(parent), target.at(parent)) {
                (None, Some(Value::Map(_)), Some(Value::Map(_))) => {
                    let [from, into] = [source, target].map(|document| own_keys(document, parent));
                    key_places(from.iter().copied(), &into)
                }
                (Some(field), Some(Value::List(from)), Some(Value::List(into))) => {
                    let names = from.iter().filter_map(|element| name_of(element, field));
                    let step = |name: &str| {
                        let segment = || Segment::Identity { field: field.clone(), value: name.to_owned() };
                        into.position(field, name).map(|_| Place::After(segment()))
                    };
                    behind(names, Place::First, step)
                }
                _ => HashMap::new(),
            }
        });
        places.get(name).cloned().unwrap_or(Place::Last)
    }
}

/// The keys of a mapping as they stand there, `<<` too.
fn own_keys<'d>(document: &'d Document, mapping: &ValuePath) -> IndexSet<&'d str> {
    let found = document.locate(mapping).map(|found| document.node(document.follow(found.node)));
    let Some(Content::Mapping { entries, .. }) = found.map(|node| &node.content) else {
        return IndexSet::new();
    };
    entries.iter().filter_map(|entry| document.key_text(entry.key)).collect()
}

/// For each of these keys its place among others.
fn key_places<'n>(
    from: impl Iterator<Item = &'n str> + Clone,
    into: &IndexSet<&str>,
) -> HashMap<String, Place> {
    let step = |key: &str| into.contains(key).then(|| behind_key(key));
    let start = from.clone().find(|key| into.contains(*key));
    let start = start.and_then(|key| into.get_index_of(key));
    let start = start.map(|at| at.checked_sub(1).map_or(Place::First, |at| behind_key(into[at])));
    behind(from, start.unwrap_or(Place::Last), step)
}

/// Behind an entry; there is no place behind a merge.
fn behind_key(key: &str) -> Place {
    if key == "<<" { Place::Last } else { Place::After(Segment::Key(key.to_owned())) }
}

/// For each name the place behind the last one before it that the target has, as `step` says.
fn behind<'n>(
    names: impl Iterator<Item = &'n str>,
    start: Place,
    step: impl Fn(&str) -> Option<Place>,
) -> HashMap<String, Place> {
    let mut place = start;
    let mut places = HashMap::new();
    for name in names {
        places.entry(name.to_owned()).or_insert_with(|| place.clone());
        place = step(name).unwrap_or(place);
    }
    places
}

/// The value at `top` that holds just these lines.
fn partial(top: &ValuePath, lines: &[&PlanEntry], source: &Document) -> Value {
    let like = source.at(top);
    let start = match top.last() {
        Some(Segment::Identity { field, value }) => named(field, value, like),
        None => Value::Map(like.map(name_entries).unwrap_or_default()),
        _ => Value::Map(Map::new()),
    };
    let leaf = |line: &&'_ PlanEntry| match &line.verdict {
        Action::Set(value) => value.clone(),
        Action::Take | Action::Decline | Action::Keep | Action::Ask | Action::Stop => {
            line.taken_value().cloned().unwrap_or(Value::Null)
        }
    };
    let leaves = lines.iter().map(|line| (&line.path.segments[top.segments.len()..], leaf(line)));
    filled(start, like, leaves.collect())
}

/// `value` with these leaves below it; of `like` it has only what comes with them: the names of
/// elements.
fn filled(mut value: Value, like: Option<&Value>, leaves: Vec<(&[Segment], Value)>) -> Value {
    let mut below: IndexMap<&Segment, Vec<(&[Segment], Value)>> = IndexMap::new();
    for (segments, leaf) in leaves {
        match segments.split_first() {
            Some((segment, rest)) => below.entry(segment).or_default().push((rest, leaf)),
            None => value = leaf,
        }
    }
    for (segment, leaves) in below {
        let child = like.and_then(|like| like.child(segment));
        match segment {
            Segment::Key(key) => {
                if !matches!(value, Value::Map(_)) {
                    value = Value::Map(Map::new());
                }
                if let Value::Map(map) = &mut value {
                    let place = map.entry(key.clone()).or_insert(Value::Null);
                    *place = filled(std::mem::replace(place, Value::Null), child, leaves);
                }
            }
            Segment::Identity { field, value: name } => {
                if !matches!(value, Value::List(_)) {
                    value = Value::List(List::new());
                }
                if let Value::List(list) = &mut value {
                    list.push(filled(named(field, name, child), child, leaves));
                }
            }
            Segment::Index(_) | Segment::Append => {}
        }
    }
    value
}

/// What tells a document apart, and nothing else of it.
fn name_entries(document: &Value) -> Map {
    let entries = |value: &Value, names: &[&str]| -> Map {
        let map = value.as_map().into_iter().flatten();
        let named = map.filter(|(key, _)| names.contains(&key.as_str()));
        named.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let mut out = entries(document, &["apiVersion", "kind", "metadata"]);
    if Identity::of(document).is_none() {
        return Map::new();
    }
    if let Some(metadata) = out.get_mut("metadata") {
        *metadata = Value::Map(entries(metadata, &["name", "namespace"]));
    }
    out
}

/// An element with nothing but its name, which is written as in `like`: `id: 7` is no text.
fn named(field: &str, value: &str, like: Option<&Value>) -> Value {
    let entry = |key: &str| like.and_then(Value::as_map).and_then(|map| map.get(key));
    let (key, name) = match (entry(field), field.split_once('.')) {
        (None, Some((first, rest))) => (first, named(rest, value, entry(first))),
        (name, _) => (field, name.cloned().unwrap_or_else(|| Value::String(value.to_owned()))),
    };
    Value::Map([(key.to_owned(), name)].into_iter().collect())
}
