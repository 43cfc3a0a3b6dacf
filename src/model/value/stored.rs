//! Values as the files of the cache hold them.

use serde::{Deserialize, Serialize};

use super::Value;

/// A value as it stands in a file: told apart by number, not by what it looks like.
#[derive(Serialize, Deserialize)]
pub enum StoredValue {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as its text.
    Number(String),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Self>),
    /// A mapping.
    Map(Vec<(String, Self)>),
    /// A value under a tag.
    Tagged(String, Box<Self>),
}

impl From<Value> for StoredValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(text) => Self::Number(text),
            Value::String(text) => Self::String(text),
            Value::List(list) => Self::List(list.into_iter().map(Self::from).collect()),
            Value::Map(map) => Self::Map(map.into_iter().map(|(key, value)| (key, value.into())).collect()),
            Value::Tagged(tag, value) => Self::Tagged(tag, Box::new((*value).into())),
        }
    }
}

impl From<StoredValue> for Value {
    fn from(value: StoredValue) -> Self {
        match value {
            StoredValue::Null => Self::Null,
            StoredValue::Bool(value) => Self::Bool(value),
            StoredValue::Number(text) => Self::Number(text),
            StoredValue::String(text) => Self::String(text),
            StoredValue::List(list) => Self::List(list.into_iter().map(Self::from).collect()),
            StoredValue::Map(map) => {
                Self::Map(map.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            StoredValue::Tagged(tag, value) => Self::Tagged(tag, Box::new((*value).into())),
        }
    }
}
