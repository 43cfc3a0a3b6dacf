//! JSON that keeps the text of numbers.

use serde_json::{Map, Number, Value as Json};

use super::{Selection, Variable, number, place};
use crate::model::{Error, Help, Key, Result, Segment, Value, ValuePath};

/// The items' values: of one item meant by itself, or of several below their keys.
pub(super) fn write(selection: &Selection<'_>) -> Result<String> {
    let json = match selection.items.as_slice() {
        [item] if selection.alone => of(item.value, item.key, &ValuePath::root())?,
        items => {
            let entry = |item: &super::ExportItem<'_>| {
                Ok((item.key.to_string(), of(item.value, item.key, &ValuePath::root())?))
            };
            Json::Object(items.iter().map(entry).collect::<Result<Map<_, _>>>()?)
        }
    };
    printed(&json)
}

/// One object of strings.
pub(super) fn flat(entries: &[Variable]) -> Result<String> {
    let strings = entries.iter().map(|entry| (entry.name.clone(), Json::String(entry.text.clone())));
    printed(&Json::Object(strings.collect()))
}

fn printed(json: &Json) -> Result<String> {
    let text = serde_json::to_string_pretty(json)
        .map_err(|error| Error::internal(format!("a value is no JSON: {error}")))?;
    Ok(text + "\n")
}

fn of(value: &Value, key: &Key, path: &ValuePath) -> Result<Json> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => match number::decimal(text) {
            Some(text) => Json::Number(Number::from_string_unchecked(text)),
            None => {
                return Err(Error::undecided(format!(
                    "{} is {text}, which JSON cannot say",
                    place(key, path)
                ))
                .with_help(Help::OtherFormat {
                    formats: "yaml".into(),
                    or: Some("quote it in the item if its readers take a string".into()),
                }));
            }
        },
        Value::String(text) => Json::String(text.clone()),
        Value::List(list) => {
            let items = list.iter().enumerate();
            Json::Array(
                items
                    .map(|(i, value)| of(value, key, &path.join(Segment::Index(i))))
                    .collect::<Result<_>>()?,
            )
        }
        Value::Map(map) => {
            let entries =
                map.iter().map(|(name, value)| Ok((name.clone(), of(value, key, &path.key(name))?)));
            Json::Object(entries.collect::<Result<Map<_, _>>>()?)
        }
        Value::Tagged(_, value) => of(value, key, path)?,
    })
}
