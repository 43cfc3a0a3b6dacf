//! The operations of one call made definite: every path found, nothing said twice, new siblings in
//! order. It sees values only; how they are written is nobody's concern here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::addition::{Added, AddedDocument, After, New};
use super::siblings::Siblings;
use super::{Operation, Place, Refusal};
use crate::model::{DocumentId, List, Map, Segment, Value, ValuePath};
use crate::yaml::document::Document;

/// What changes, by paths into the old values, with lists by position.
#[derive(Default)]
pub(super) struct Plan<'a> {
    pub(super) sets: BTreeMap<ValuePath, New<'a>>,
    pub(super) removes: BTreeSet<ValuePath>,
    /// New entries and elements by the list or mapping that they enter.
    pub(super) adds: BTreeMap<ValuePath, Vec<Added<'a>>>,
    /// What counts again where an override goes.
    uncovered: BTreeMap<ValuePath, Value>,
    /// New YAML documents.
    pub(super) documents: Vec<AddedDocument<'a>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(document: &Document, operations: &[Operation<'a>]) -> Result<Self, Refusal> {
        let mut plan = Self::default();
        let mut siblings = BTreeMap::new();
        for operation in operations {
            plan.take(document, operation, &mut siblings)?;
        }
        plan.adds = siblings.into_iter().map(|(parent, siblings)| (parent, siblings.in_order())).collect();
        plan.refuse_present_keys(document)?;
        plan.refuse_overlaps(document)?;
        plan.refuse_emptied_file(document)?;
        Ok(plan)
    }

    fn take(
        &mut self,
        document: &Document,
        operation: &Operation<'a>,
        siblings: &mut BTreeMap<ValuePath, Siblings<'a>>,
    ) -> Result<(), Refusal> {
        match operation {
            Operation::Set { path, value } => {
                let (path, new) = (find(document, path)?, New::try_from(value)?);
                if self.sets.get(&path).is_some_and(|other| other.value != new.value) {
                    return Err(twice(document, &path));
                }
                self.sets.insert(path, new);
            }
            Operation::Remove { path } => {
                self.removes.insert(find(document, path)?);
            }
            Operation::Uncover { path } => {
                let path = find(document, path)?;
                let value = document.overridden(&path).ok_or_else(|| {
                    Refusal::new(format!("`{path}` hides no merged value"), "remove it instead")
                })?;
                self.uncovered.insert(path.clone(), value);
                self.removes.insert(path);
            }
            Operation::InsertDocument { after, value } => {
                let position = |id: &DocumentId| {
                    let path = ValuePath::document(id.clone());
                    document.position_of(id).ok_or_else(|| absent(document, &path))
                };
                let after = after.as_ref().map(position).transpose()?;
                self.documents.push(AddedDocument { after, new: New::try_from(value)? });
            }
            Operation::Insert { parent, key, place, value, comment } => {
                let parent = find(document, parent)?;
                fits(document, &parent, key.as_ref())?;
                let added = Added::new(After::End, key.clone(), New::try_from(value)?);
                let added = Added { comment: comment.clone(), ..added };
                let siblings = siblings.entry(parent.clone()).or_default();
                insert(document, &parent, siblings, place, added)?;
            }
        }
        Ok(())
    }

    fn refuse_present_keys(&self, document: &Document) -> Result<(), Refusal> {
        for (parent, siblings) in &self.adds {
            let mut seen = BTreeSet::new();
            for key in siblings.iter().filter_map(|added| added.key.as_ref()) {
                let path = parent.key(key);
                let present = document.at(&path).is_some() && !self.removes.contains(&path);
                if present || !seen.insert(key) {
                    let message = format!("`{path}` is there already");
                    return Err(spanned(document, &path, Refusal::new(message, "set its value instead")));
                }
            }
        }
        Ok(())
    }

    /// A file has a document, or is removed itself.
    fn refuse_emptied_file(&self, document: &Document) -> Result<(), Refusal> {
        let removed = self.removed_documents();
        let stays =
            |(position, value): (usize, &Value)| !removed.contains(&position) && *value != Value::Null;
        if removed.is_empty() || !self.documents.is_empty() || document.values().iter().enumerate().any(stays)
        {
            return Ok(());
        }
        Err(Refusal::new("a file's only document cannot be removed", "remove the file instead"))
    }

    /// The positions of the YAML documents that go.
    pub(super) fn removed_documents(&self) -> BTreeSet<usize> {
        let position = |path: &ValuePath| match path.document {
            DocumentId::Position(position) if path.is_root() => Some(position),
            _ => None,
        };
        self.removes.iter().filter_map(position).collect()
    }

    /// What is set or removed as a whole has nothing else happening to it or below it.
    fn refuse_overlaps(&self, document: &Document) -> Result<(), Refusal> {
        let whole = self.sets.keys().chain(&self.removes).map(|path| (path, true));
        let mut paths: Vec<_> = whole.chain(self.adds.keys().map(|path| (path, false))).collect();
        paths.sort_unstable_by_key(|(path, whole)| (*path, !whole));
        let overlap = paths.windows(2).find(|pair| pair[0].1 && pair[0].0.covers(pair[1].0));
        overlap.map_or(Ok(()), |pair| Err(twice(document, pair[1].0)))
    }

    /// The text of the source whose one scalar becomes this file's one scalar. Such a file is its
    /// value: laid out anew, ciphertext that happens to be YAML could not be opened any more.
    pub(super) fn whole_text(&self, document: &Document) -> Option<&'a str> {
        let (path, new) = self.sets.first_key_value().filter(|_| self.sets.len() == 1)?;
        let source = new.whole_source()?;
        let is_scalar = |document: &Document| document.values().len() == 1 && document.value().is_scalar();
        let alone = self.adds.is_empty() && self.removes.is_empty() && self.documents.is_empty();
        let fits = path.is_root() && alone && is_scalar(document) && is_scalar(source);
        fits.then(|| source.text())
    }

    /// Whether a value that is read from elsewhere is to be written where it is read, the same or
    /// not.
    pub(super) fn writes_out(&self, document: &Document) -> bool {
        self.sets.keys().any(|path| document.is_borrowed(path))
    }

    /// The same plan without the text of sources.
    pub(super) fn bare(&self) -> Self {
        let added = |added: &Added<'a>| Added { new: added.new.bare(), ..added.clone() };
        let adds = self.adds.iter().map(|(path, list)| (path.clone(), list.iter().map(added).collect()));
        let sets = self.sets.iter().map(|(path, new)| (path.clone(), new.bare()));
        let document =
            |added: &AddedDocument<'a>| AddedDocument { after: added.after, new: added.new.bare() };
        let documents = self.documents.iter().map(document).collect();
        let (removes, uncovered) = (self.removes.clone(), self.uncovered.clone());
        Self { sets: sets.collect(), removes, adds: adds.collect(), uncovered, documents }
    }

    /// The same plan with restored scalars laid out anew; `None` where there are none.
    pub(super) fn flowing(&self) -> Option<Self> {
        if !self.sets.values().any(|new| new.is_restored) {
            return None;
        }
        let sets = self.sets.iter().map(|(path, new)| (path.clone(), new.flowing())).collect();
        let Self { removes, adds, uncovered, documents, .. } = self;
        let (removes, adds, uncovered) = (removes.clone(), adds.clone(), uncovered.clone());
        Some(Self { sets, removes, adds, uncovered, documents: documents.clone() })
    }

    /// The values that must result.
    pub(super) fn intended(&self, document: &Document) -> Vec<Value> {
        let mut values = document.values().to_vec();
        for (path, new) in &self.sets {
            if let Some(value) = at_mut(&mut values, path) {
                *value = new.value.clone().into_owned();
            }
        }
        for (path, value) in &self.uncovered {
            if let Some(place) = at_mut(&mut values, path) {
                *place = value.clone();
            }
        }
        let mut parents: Vec<_> = self.removes.iter().filter_map(ValuePath::parent).collect();
        parents.extend(self.adds.keys().cloned());
        // The deepest first, so that positions further out still hold.
        parents.sort_by(|a, b| b.segments.len().cmp(&a.segments.len()).then_with(|| a.cmp(b)));
        parents.dedup();
        for parent in parents {
            let added = self.adds.get(&parent).map(Vec::as_slice).unwrap_or_default();
            if let Some(value) = at_mut(&mut values, &parent) {
                restructure(value, &self.removed_from(&parent), added);
            }
        }
        self.with_documents(values)
    }

    /// The values without the documents that go, and with those that come.
    fn with_documents(&self, values: Vec<Value>) -> Vec<Value> {
        let removed = self.removed_documents();
        if removed.is_empty() && self.documents.is_empty() {
            return values;
        }
        let behind = |after: Option<usize>| {
            let there = self.documents.iter().filter(move |added| added.after == after);
            there.map(|added| added.new.value.clone().into_owned())
        };
        let Some(first) = values.iter().position(|value| *value != Value::Null) else {
            return self.documents.iter().map(|added| added.new.value.clone().into_owned()).collect();
        };
        let mut out = Vec::with_capacity(values.len() + self.documents.len());
        for (position, value) in values.into_iter().enumerate() {
            if position == first {
                out.extend(behind(None));
            }
            if !removed.contains(&position) {
                out.push(value);
            }
            out.extend(behind(Some(position)));
        }
        out
    }

    /// The steps from a list or mapping to what goes directly in it.
    fn removed_from(&self, parent: &ValuePath) -> HashSet<&Segment> {
        let depth = parent.segments.len();
        let below = self.removes.range::<ValuePath, _>(parent..).take_while(|path| parent.covers(path));
        let direct = below.filter(|path| path.segments.len() == depth + 1);
        direct.filter(|path| !self.uncovered.contains_key(path)).filter_map(ValuePath::last).collect()
    }
}

/// Puts something new where it was asked to go.
fn insert<'a>(
    document: &Document,
    parent: &ValuePath,
    siblings: &mut Siblings<'a>,
    place: &Place,
    mut added: Added<'a>,
) -> Result<(), Refusal> {
    if siblings.are_keyed().is_some_and(|keyed| keyed != added.key.is_some()) {
        return Err(twice(document, parent));
    }
    let segment = match place {
        Place::First | Place::Last | Place::After(Segment::Append) => {
            added.after = if *place == Place::First { After::Start } else { After::End };
            siblings.push(added);
            return Ok(());
        }
        Place::After(segment) => segment,
    };
    let path = parent.join(segment.clone());
    if let Some(sibling) = document.by_position(&document.resolve(&path)) {
        added.after = sibling.last().cloned().map_or(After::End, After::Sibling);
        siblings.push(added);
        return Ok(());
    }
    match siblings.find(segment) {
        Some(before) => siblings.push_behind(before, added),
        None => return Err(absent(document, &path)),
    }
    Ok(())
}

fn restructure(value: &mut Value, removed: &HashSet<&Segment>, added: &[Added<'_>]) {
    match value {
        Value::Tagged(_, value) => restructure(value, removed, added),
        Value::Map(map) => {
            if !removed.is_empty() {
                map.retain(|key, _| !removed.contains(&Segment::Key(key.clone())));
            }
            map.extend(entries(added));
        }
        Value::List(list) => *list = elements(std::mem::take(list), removed, added),
        Value::Null if added.iter().all(|added| added.key.is_some()) => {
            *value = Value::Map(entries(added).collect::<Map>());
        }
        Value::Null => {
            *value = Value::List(added.iter().map(|added| added.new.value.clone().into_owned()).collect());
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The elements that stay, with what is new among them.
fn elements(list: List, removed: &HashSet<&Segment>, added: &[Added<'_>]) -> List {
    let (mut first, mut last, mut behind) = (Vec::new(), Vec::new(), HashMap::<usize, Vec<_>>::new());
    for added in added {
        let value = added.new.value.clone().into_owned();
        match &added.after {
            After::Start => first.push(value),
            After::Sibling(Segment::Index(index)) => behind.entry(*index).or_default().push(value),
            After::Sibling(_) => {}
            After::End => last.push(value),
        }
    }
    let mut out = first;
    for (index, element) in list.into_iter().enumerate() {
        if !removed.contains(&Segment::Index(index)) {
            out.push(element);
        }
        out.extend(behind.remove(&index).unwrap_or_default());
    }
    out.extend(last);
    out.into()
}

fn entries<'v>(added: &'v [Added<'_>]) -> impl Iterator<Item = (String, Value)> + 'v {
    added.iter().filter_map(|added| Some((added.key.clone()?, added.new.value.clone().into_owned())))
}

pub(super) fn at_mut<'v>(values: &'v mut [Value], path: &ValuePath) -> Option<&'v mut Value> {
    let mut value = values.get_mut(path.document.find(values)?)?;
    for segment in &path.segments {
        while let Value::Tagged(_, inner) = value {
            value = inner;
        }
        value = match (segment, value) {
            (Segment::Key(key), Value::Map(map)) => map.get_mut(key)?,
            (Segment::Index(index), Value::List(list)) => list.get_mut(*index)?,
            _ => return None,
        };
    }
    Some(value)
}

/// The path to a value that is there, with list elements by position.
fn find(document: &Document, path: &ValuePath) -> Result<ValuePath, Refusal> {
    let path = document.resolve(path);
    document.by_position(&path).ok_or_else(|| absent(document, &path))
}

/// Whether something with or without a key can enter the value at `parent`.
fn fits(document: &Document, parent: &ValuePath, key: Option<&String>) -> Result<(), Refusal> {
    let value = document.at(parent).unwrap_or(&Value::Null).untagged();
    let shown = if parent.is_root() { "the document".to_owned() } else { format!("`{parent}`") };
    let kind = value.kind();
    let refusal = match (value, key) {
        (Value::Null, _) | (Value::Map(_), Some(_)) | (Value::List(_), None) => return Ok(()),
        (_, Some(key)) => Refusal::new(
            format!("{shown} is a {kind} and has no place for the key `{key}`"),
            "set the whole value to a mapping instead",
        ),
        (_, None) => Refusal::new(
            format!("{shown} is a {kind} and has no place for an element"),
            "set the whole value to a list instead",
        ),
    };
    Err(spanned(document, parent, refusal))
}

fn absent(document: &Document, path: &ValuePath) -> Refusal {
    let refusal = Refusal::new(format!("there is nothing at `{path}`"), "insert it instead");
    spanned(document, path, refusal)
}

fn twice(document: &Document, path: &ValuePath) -> Refusal {
    let message = format!("`{path}` is changed twice");
    let help = "leave out one of the changes: what is set or removed as a whole cannot change inside";
    spanned(document, path, Refusal::new(message, help))
}

/// The refusal at the value concerned, or at the nearest one above that is there.
fn spanned(document: &Document, path: &ValuePath, refusal: Refusal) -> Refusal {
    match document.nearest(path) {
        Some((_, located)) => refusal.at(located.token()),
        None => refusal,
    }
}
