//! What serde reads lists, mappings and enums through.

use indexmap::map::Iter;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::number::{self, Read};
use super::{DeserializeError, Reader};
use crate::model::{Map, Segment, Value, ValuePath};

/// The elements of a list that are still to be read.
pub(super) struct Elements<'v> {
    list: &'v [Value],
    next: usize,
    path: ValuePath,
}

impl<'v> Elements<'v> {
    pub(super) fn new(list: &'v [Value], path: ValuePath) -> Self {
        Self { list, next: 0, path }
    }

    pub(super) fn left(&self) -> usize {
        self.list.len().saturating_sub(self.next)
    }
}

impl<'v> SeqAccess<'v> for &mut Elements<'v> {
    type Error = DeserializeError;

    fn next_element_seed<T: DeserializeSeed<'v>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DeserializeError> {
        let Some(value) = self.list.get(self.next) else { return Ok(None) };
        let path = self.path.join(Segment::Index(self.next));
        self.next += 1;
        Reader::new(value, path).settle(|reader| seed.deserialize(reader)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left())
    }
}

/// The entries of a mapping that are still to be read.
pub(super) struct Entries<'v> {
    entries: Iter<'v, String, Value>,
    value: Option<(&'v str, &'v Value)>,
    path: ValuePath,
}

impl<'v> Entries<'v> {
    pub(super) fn new(map: &'v Map, path: ValuePath) -> Self {
        Self { entries: map.iter(), value: None, path }
    }
}

impl<'v> MapAccess<'v> for Entries<'v> {
    type Error = DeserializeError;

    fn next_key_seed<K: DeserializeSeed<'v>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DeserializeError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, value));
        let read = seed.deserialize(KeyReader { key });
        read.map(Some).map_err(|wrong| wrong.at_key(&self.path.key(key)))
    }

    fn next_value_seed<V: DeserializeSeed<'v>>(&mut self, seed: V) -> Result<V::Value, DeserializeError> {
        let Some((key, value)) = self.value.take() else {
            return Err(DeserializeError::custom("a value was asked for before its key"));
        };
        Reader::new(value, self.path.key(key)).settle(|reader| seed.deserialize(reader))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// The key of an entry: a text, which may be asked for as a number.
struct KeyReader<'v> {
    key: &'v str,
}

impl<'v> KeyReader<'v> {
    fn number<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match crate::yaml::plain_value(self.key) {
            Value::Number(text) => match number::read(&text) {
                Some(Read::Unsigned(_) | Read::Signed(_)) => Reader::number(&text, visitor),
                Some(Read::Float(_)) | None => {
                    Err(DeserializeError::invalid_type(Unexpected::Str(self.key), &visitor))
                }
            },
            _ => Err(DeserializeError::invalid_type(Unexpected::Str(self.key), &visitor)),
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
            self.number(visitor)
        })*
    };
}

impl<'v> Deserializer<'v> for KeyReader<'v> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        visitor.visit_borrowed_str(self.key)
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_bool<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        match crate::yaml::plain_value(self.key) {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        visitor.visit_some(self)
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
        visitor.visit_enum(Variant { name: self.key, content: None, path: ValuePath::root() })
    }

    forward_to_deserialize_any! {
        <V: Visitor<'v>>
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// A variant of an enum: its name, and its content where it has one.
pub(super) struct Variant<'v> {
    pub(super) name: &'v str,
    pub(super) content: Option<&'v Value>,
    /// Where the content stands.
    pub(super) path: ValuePath,
}

impl<'v> Variant<'v> {
    fn content<R>(
        self,
        wanted: &'static str,
        read: impl FnOnce(Reader<'v>) -> Result<R, DeserializeError>,
    ) -> Result<R, DeserializeError> {
        match self.content {
            Some(value) => Reader::new(value, self.path).settle(read),
            None => Err(DeserializeError::invalid_type(Unexpected::Str(self.name), &wanted)),
        }
    }
}

impl<'v> EnumAccess<'v> for Variant<'v> {
    type Error = DeserializeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'v>>(self, seed: V) -> Result<(V::Value, Self), DeserializeError> {
        let name = seed.deserialize(KeyReader { key: self.name })?;
        Ok((name, self))
    }
}

impl<'v> VariantAccess<'v> for Variant<'v> {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<(), DeserializeError> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(value) => Err(DeserializeError::invalid_type(Unexpected::NewtypeVariant, &"a name alone")
                .at(&self.path, value)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'v>>(self, seed: T) -> Result<T::Value, DeserializeError> {
        self.content("a mapping from the name to its value", |reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'v>>(self, _: usize, visitor: V) -> Result<V::Value, DeserializeError> {
        self.content("a mapping from the name to its list", |reader| reader.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'v>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        self.content("a mapping from the name to its fields", |reader| reader.deserialize_map(visitor))
    }
}
