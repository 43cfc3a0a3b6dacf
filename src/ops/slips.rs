//! Slips of the hand in what `set` is given: a new name that looks like one that is there, or a path that
//! is read otherwise than it was meant. What is named by somebody else already is no slip.

use std::collections::BTreeMap;

use super::item::split_as_path;
use crate::engine::configuration::Configuration;
use crate::model::{
    Environment, EnvironmentSet, Error, Help, ItemId, Key, Result, Segment, Value, ValuePath, slip,
};
use crate::yaml::Document;

/// Nobody types more new names at once; what brings them was made by a program.
const TYPED: usize = 64;

/// Refuses a new item that looks like another one mistyped, or like one below the name of an environment.
pub(super) fn refuse_item(
    configuration: &Configuration,
    readable: EnvironmentSet,
    key: &Key,
    environment: Environment,
) -> Result<()> {
    let snapshot = configuration.snapshot();
    if snapshot.has_key_in(key, readable) {
        return Ok(());
    }
    let known = || snapshot.items().filter(|item| readable.contains(item.id.environment));
    let below = key.as_str().split_once('/').filter(|(first, _)| Environment::called(first).is_some());
    let is_meant = |known: &Key| match below {
        Some((_, rest)) if known.as_str() == rest => true,
        _ => is_item_slip(key.as_str(), known.as_str()),
    };
    match known().map(|item| &item.id.key).find(|known| is_meant(known)) {
        Some(near) => {
            Err(Error::undecided(format!("{environment} has no item `{key}`, which looks like `{near}`"))
                .with_help(Help::SayNew(near.to_string())))
        }
        None => Ok(()),
    }
}

/// Whether one segment alone is mistyped.
fn is_item_slip(new: &str, known: &str) -> bool {
    let mut differing = new.split('/').zip(known.split('/')).filter(|(new, known)| new != known);
    let one = differing.next().filter(|_| differing.next().is_none());
    new.matches('/').count() == known.matches('/').count()
        && one.is_some_and(|(new, known)| is_near(new, known))
}

/// Refuses what is about to be set at `path` where a key of the path or of the value is new and looks like
/// one that stands there: in the item, in another environment's, in another element of the list.
pub(super) fn refuse_value(
    configuration: &Configuration,
    readable: EnvironmentSet,
    item: &ItemId,
    (document, path, wanted): (&Document, &ValuePath, &Value),
) -> Result<()> {
    let root = ValuePath::document(path.document.clone());
    let mut others = Vec::new();
    for environment in item.environment.others().filter(|it| readable.contains(*it)) {
        // A file that cannot be read has no keys to be near to.
        others.extend(
            configuration.item(&item.key, environment).and_then(|it| configuration.document(it).ok()),
        );
    }
    let known: Vec<&Value> = std::iter::once(document)
        .chain(others.iter().map(|other| &**other))
        .filter_map(|it| it.at(&root))
        .collect();
    let typed = Typed { key: &item.key, path, wanted };
    let Some(slip) = typed.slip(&known) else { return Ok(()) };
    let file = format!("{}{}", configuration.snapshot().prefix, item.key.file(item.environment));
    let (message, near) = match slip {
        Slip::Near { new, near } => (format!("{file} has no `{new}`, which looks like `{near}`"), near),
        Slip::Swapped { new, path } => {
            (format!("{file} has no `{new}`, and what is given for it is the path `{path}`"), path)
        }
    };
    Err(Error::undecided(message).with_help(Help::SayNew(near.to_string())))
}

/// What was typed: a value at a path of an item.
struct Typed<'a> {
    key: &'a Key,
    path: &'a ValuePath,
    wanted: &'a Value,
}

impl Typed<'_> {
    /// What is new, and what it looks like.
    fn slip(&self, known: &[&Value]) -> Option<Slip> {
        let mut here = ValuePath::document(self.path.document.clone());
        let mut known = known.to_vec();
        for (step, segment) in self.path.segments.iter().enumerate() {
            let Segment::Key(key) = segment else {
                known = elements(&known);
                here = here.join(segment.clone());
                continue;
            };
            let below = entries(&known, key);
            if below.is_empty() {
                return match near_key(key, &known) {
                    Some(near) => Some(Slip::Near { new: here.key(key), near: here.key(near) }),
                    None => self.read_otherwise(step, &here, &known),
                };
            }
            known = below;
            here = here.key(key);
        }
        inside(vec![(here, self.wanted)], &known)
    }

    /// What a path was perhaps meant for whose key at a step is new: `a/b` or `a:b` for `a.b`, one that begins with
    /// the item or an environment, or the value in its place.
    fn read_otherwise(&self, step: usize, here: &ValuePath, known: &[&Value]) -> Option<Slip> {
        let (Segment::Key(first), rest) = self.path.segments.get(step..)?.split_first()? else { return None };
        let parts = split_as_path(first);
        let is_split = parts.is_some();
        let mut steps = parts.unwrap_or_else(|| vec![Segment::Key(first.clone())]);
        steps.extend(rest.iter().cloned());
        let is_there = |step: &Segment| known.iter().any(|value| value.child(step).is_some());
        let holds_more = |step: &Segment| {
            known.iter().filter_map(|value| value.child(step)).any(|value| !value.is_scalar())
        };
        match steps.as_slice() {
            [top, ..] if is_split && holds_more(top) => {}
            [Segment::Key(word), below, ..] if step == 0 && self.is_place(word) && is_there(below) => {
                steps.remove(0);
            }
            _ => return self.swapped(step, first, known),
        }
        let segments = here.segments.iter().cloned().chain(steps).collect();
        let near = ValuePath { document: here.document.clone(), segments };
        Some(Slip::Near { new: self.path.clone(), near })
    }

    /// Whether a word names where the value is: the item, or an environment.
    fn is_place(&self, word: &str) -> bool {
        let key = self.key.as_str();
        key == word || key.rsplit('/').next() == Some(word) || Environment::called(word).is_some()
    }

    /// The value, where it is a path that is there, and the path rather a value.
    fn swapped(&self, step: usize, first: &str, known: &[&Value]) -> Option<Slip> {
        let path: ValuePath = self.wanted.as_str().filter(|_| step == 0)?.parse().ok()?;
        let is_value = first.parse::<f64>().is_ok() || matches!(first, "true" | "false" | "null");
        let is_there = known.iter().any(|value| value.at(&path).is_some());
        ((is_value || path.segments.len() > 1) && is_there)
            .then(|| Slip::Swapped { new: self.path.clone(), path })
    }
}

/// What is new, and what was perhaps meant.
enum Slip {
    /// A path that looks like another one.
    Near { new: ValuePath, near: ValuePath },
    /// The value is a path, and the path perhaps the value.
    Swapped { new: ValuePath, path: ValuePath },
}

/// The first new key within values, and the one that it looks like; `known` is what stands in their place.
fn inside(values: Vec<(ValuePath, &Value)>, known: &[&Value]) -> Option<Slip> {
    if values.is_empty() || known.is_empty() {
        return None;
    }
    let mut entries_of: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (key, value) in known.iter().filter_map(|value| value.as_map()).flatten() {
        entries_of.entry(key).or_default().push(value);
    }
    let mut wanted: BTreeMap<&str, Vec<(ValuePath, &Value)>> = BTreeMap::new();
    let mut inner = Vec::new();
    for (at, value) in &values {
        for (key, value) in value.as_map().into_iter().flatten() {
            wanted.entry(key).or_default().push((at.key(key), value));
        }
        let list = value.as_list().into_iter().flat_map(|list| list.iter());
        inner.extend(list.enumerate().map(|(index, value)| (at.join(Segment::Index(index)), value)));
    }
    let new = wanted.iter().filter(|(key, _)| !entries_of.contains_key(**key));
    let new: Vec<_> =
        new.filter_map(|(key, found)| Some((*key, &found.first()?.0))).take(TYPED + 1).collect();
    if new.len() <= TYPED {
        for (key, at) in new {
            if let (Some(near), Some(parent)) = (nearest_of(key, entries_of.keys().copied()), at.parent()) {
                return Some(Slip::Near { new: at.clone(), near: parent.key(near) });
            }
        }
    }
    let mut below = wanted
        .into_iter()
        .filter_map(|(key, values)| inside(values, entries_of.get(key).map_or(&[], |it| it)));
    below.next().or_else(|| inside(inner, &elements(known)))
}

/// The elements of all lists among some values.
fn elements<'v>(values: &[&'v Value]) -> Vec<&'v Value> {
    values.iter().filter_map(|value| value.as_list()).flat_map(|list| list.iter()).collect()
}

/// The values that a key has in the mappings among some values.
fn entries<'v>(values: &[&'v Value], key: &str) -> Vec<&'v Value> {
    values.iter().filter_map(|value| value.as_map()?.get(key)).collect()
}

/// The key of the mappings among some values that a new one looks like.
fn near_key<'v>(new: &str, known: &[&'v Value]) -> Option<&'v str> {
    nearest_of(new, known.iter().filter_map(|value| value.as_map()).flatten().map(|(key, _)| key.as_str()))
}

fn nearest_of<'k>(new: &str, mut known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known.find(|known| is_near(new, known))
}

/// Whether a new name looks like a known one mistyped. Names that differ in a word of one letter are a
/// series; in one of three letters, a slip is the same letters once more, or a letter left out.
fn is_near(new: &str, known: &str) -> bool {
    let words = |name: &str| name.split(['-', '_', '.']).map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (words(new), words(known));
    let mut differing = left.iter().zip(&right).filter(|(a, b)| a != b).peekable();
    let is_series = differing.peek().is_some()
        && differing.all(|(a, b)| a.chars().count() == 1 && b.chars().count() == 1);
    if left.len() > 1 && left.len() == right.len() && is_series {
        return false;
    }
    if new.chars().count() != 3 {
        return slip(new, known).is_some();
    }
    let [new, known] = [new, known].map(|name| name.chars().flat_map(char::to_lowercase).collect::<Vec<_>>());
    let set = |letters: &[char]| letters.iter().copied().collect::<std::collections::BTreeSet<_>>();
    match (new.as_slice(), known.as_slice()) {
        ([a, ..], [first, ..]) if a != first => false,
        (new, known) if known.len() == 3 => new != known && set(new) == set(known),
        ([a, b, c], [first, second, third, last]) => {
            [[first, third, last], [first, second, last]].contains(&[a, b, c])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_series_are_told_from_slips() {
        for (new, known, expected) in [
            ("tll", "ttl", true),
            ("cup", "cpu", true),
            ("prt", "port", true),
            ("hot", "host", true),
            ("url", "urls", false),
            ("tls", "mtls", false),
            ("cpu", "gpu", false),
            ("min", "max", false),
            ("timout", "timeout", true),
            ("log-level", "log_level", true),
            ("host_b", "host_a", false),
            ("worker-c", "worker-a", false),
            ("replicas2", "replicas1", false),
        ] {
            assert_eq!(is_near(new, known), expected, "{new} for {known}");
        }
        for (new, known, expected) in [
            ("paymnets", "payments", true),
            ("billing/invoces", "billing/invoices", true),
            ("biling/invoces", "billing/invoices", false),
            ("invoices", "billing/invoices", false),
            ("services/a", "services/b", false),
        ] {
            assert_eq!(is_item_slip(new, known), expected, "{new} for {known}");
        }
    }
}
