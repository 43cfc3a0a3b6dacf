//! JSON that keeps the text of numbers.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value as Json};

use super::{ExportItem, Selection, Step, Variable, number, path_of, place};
use crate::model::{Error, Help, Key, Result, Value};

/// The items' values: of one item meant by itself, or of several below their keys.
pub(super) fn write(selection: &Selection<'_>) -> Result<String> {
    for item in &selection.items {
        refuse_numbers(item.value, item.key, &mut Vec::new())?;
    }
    match selection.items.as_slice() {
        [item] if selection.alone => printed(&Tree(item.value)),
        items => printed(&Items(items)),
    }
}

/// One object of strings.
pub(super) fn flat(entries: &[Variable]) -> Result<String> {
    let strings = entries.iter().map(|entry| (entry.name.clone(), Json::String(entry.text.clone())));
    printed(&Json::Object(strings.collect()))
}

fn printed(json: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(json)
        .map_err(|error| Error::internal(format!("a value is no JSON: {error}")))?;
    Ok(text + "\n")
}

/// The first number, in the order of the output, that JSON has no notation for.
fn refuse_numbers<'v>(value: &'v Value, key: &Key, at: &mut Vec<Step<'v>>) -> Result<()> {
    let mut below = |value: &'v Value, step| {
        at.push(step);
        refuse_numbers(value, key, at)?;
        at.pop();
        Ok(())
    };
    match value {
        Value::Number(text) if number::decimal(text).is_none() => {
            let place = place(key, &path_of(at));
            Err(Error::undecided(format!("{place} is {text}, which JSON cannot say")).with_help(
                Help::OtherFormat {
                    formats: "yaml".into(),
                    or: Some("quote it in the item if its readers take a string".into()),
                },
            ))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        Value::List(list) => {
            list.iter().enumerate().try_for_each(|(index, value)| below(value, Step::Index(index)))
        }
        Value::Map(map) => map.iter().try_for_each(|(name, value)| below(value, Step::Key(name))),
        Value::Tagged(_, value) => refuse_numbers(value, key, at),
    }
}

/// Items below their keys.
struct Items<'a>(&'a [ExportItem<'a>]);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|item| (item.key.as_str(), Tree(item.value))))
    }
}

/// A value without its tags, of which no tree is made: there may be very many.
struct Tree<'a>(&'a Value);

impl Serialize for Tree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(text) => match number::decimal(text) {
                Some(text) => Number::from_string_unchecked(text).serialize(serializer),
                None => Err(S::Error::custom("a number that JSON cannot say")),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::List(list) => serializer.collect_seq(list.iter().map(Tree)),
            Value::Map(map) => serializer.collect_map(map.iter().map(|(name, value)| (name, Tree(value)))),
            Value::Tagged(_, value) => Tree(value).serialize(serializer),
        }
    }
}
