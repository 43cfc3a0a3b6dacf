//! From configuration values to a program's types, through serde.
//!
//! Quoting decides: `"1.10"` is a string and `1.10` a number, and neither passes for the other.
//! Whole numbers up to 128 bits arrive exactly or not at all, `0x1F` and `0o17` as YAML 1.2 reads
//! them. A tag that nobody knows is part of the type, and no type of a program has one. Every refusal
//! knows its path.
//!
//! The room knows nothing of files and secrets: a [`DeserializeError`] says what is wrong with and without
//! values, and its reader decides which may be shown.

mod access;
mod deserialize_error;
mod number;

use serde::de::{DeserializeOwned, Deserializer, Error as _, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use self::access::{Elements, Entries, Variant};
pub(super) use self::deserialize_error::{DeserializeError, DeserializeFailure};
use self::number::Read;
use crate::model::{Value, ValuePath};

/// Reads a document's value as a `T`.
pub(super) fn read<T: DeserializeOwned>(value: &Value, path: ValuePath) -> Result<T, DeserializeError> {
    Reader::new(value, path).settle(T::deserialize)
}

/// A value about to be read, and where it stands.
pub(super) struct Reader<'v> {
    value: &'v Value,
    path: ValuePath,
}

impl<'v> Reader<'v> {
    fn new(value: &'v Value, path: ValuePath) -> Self {
        Self { value, path }
    }

    /// Reads the value; what goes wrong without a place of its own stands here.
    fn settle<R>(
        self,
        read: impl FnOnce(Self) -> Result<R, DeserializeError>,
    ) -> Result<R, DeserializeError> {
        let (value, path) = (self.value, self.path.clone());
        read(self).map_err(|wrong| wrong.at(&path, value))
    }

    fn elements<V: Visitor<'v>>(self, list: &'v [Value], visitor: V) -> Result<V::Value, DeserializeError> {
        let mut elements = Elements::new(list, self.path);
        let value = visitor.visit_seq(&mut elements)?;
        match elements.left() {
            0 => Ok(value),
            left => Err(DeserializeError::invalid_length(list.len(), &Shorter(list.len() - left))),
        }
    }

    fn number<V: Visitor<'v>>(text: &str, visitor: V) -> Result<V::Value, DeserializeError> {
        match number::read(text) {
            Some(Read::Unsigned(number)) => match u64::try_from(number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_u128(number),
            },
            Some(Read::Signed(number)) => match i64::try_from(number) {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => visitor.visit_i128(number),
            },
            Some(Read::Float(number)) => visitor.visit_f64(number),
            None => Err(DeserializeError::invalid_value(Unexpected::Other("a number"), &visitor)),
        }
    }
}

/// That a list has more elements than are taken.
struct Shorter(usize);

impl serde::de::Expected for Shorter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a list of {}", self.0)
    }
}

impl<'v> Deserializer<'v> for Reader<'v> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(text) => Self::number(text, visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(list) => self.elements(list, visitor),
            Value::Map(map) => visitor.visit_map(Entries::new(map, self.path)),
            Value::Tagged(..) => {
                Err(DeserializeError::invalid_type(Unexpected::Other("a value under a tag"), &visitor))
            }
        }
    }

    fn deserialize_f64<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match self.value {
            Value::Number(text) => visitor.visit_f64(number::float(text)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        let variant = match self.value {
            Value::String(name) => Variant { name, content: None, path: self.path },
            Value::Map(map) if map.len() == 1 => match map.first() {
                Some((name, content)) => {
                    let path = self.path.key(name);
                    Variant { name, content: Some(content), path }
                }
                None => return self.deserialize_any(visitor),
            },
            _ => return self.deserialize_any(visitor),
        };
        visitor.visit_enum(variant)
    }

    fn deserialize_ignored_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'v>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier
    }
}

#[cfg(test)]
mod tests;
