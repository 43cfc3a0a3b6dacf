//! Objects, read as such: a list of an object's fields in their order is none.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// What has to be sent as an object.
#[derive(Debug, Default)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData)).map(Self)
    }
}

/// A field that has to be an object.
///
/// # Errors
/// When it is none, or not this one.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// A list of objects.
///
/// # Errors
/// As [`object`].
pub fn objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::<Object<T>>::deserialize(deserializer).map(|all| all.into_iter().map(|Object(it)| it).collect())
}

/// Reads a text that has to be an object.
///
/// # Errors
/// As [`object`]; also when it is no JSON.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    serde_json::from_str::<Object<T>>(text).map(|Object(value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Outer<'a> {
        #[serde(borrow, deserialize_with = "objects")]
        inner: Vec<Inner<'a>>,
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner<'a> {
        #[serde(borrow)]
        value: &'a RawValue,
    }

    #[test]
    fn a_list_is_no_object() {
        let read = from_str::<Outer<'_>>(r#"{"inner": [{"value": [1, 1.10]}]}"#).expect("an object");
        assert_eq!(read.inner[0].value.get(), "[1, 1.10]");
        for text in
            [r#"[[{"value": 1}]]"#, r#"{"inner": [[1]]}"#, r#"{"inner": [{"x": 1}]}"#, "1", "null", "[]"]
        {
            assert!(from_str::<Outer<'_>>(text).is_err(), "{text}");
        }
    }
}
