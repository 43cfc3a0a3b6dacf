//! Values as JSON that means what it says: no notation of our own is in it.

use serde_json::{Number, Value as Json};

use crate::model::{Segment, Value, ValuePath};
use crate::yaml::Document;

/// A value as JSON. A number keeps its text; one that JSON cannot say is a string, and a tag is left off.
pub(super) fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => match serde_json::from_str::<Number>(text) {
            // Reading it says that it is a number; its own text is what is kept.
            Ok(_) => Json::Number(Number::from_string_unchecked(text.clone())),
            Err(_) => Json::String(text.clone()),
        },
        Value::String(text) => Json::String(text.clone()),
        Value::List(list) => Json::Array(list.iter().map(plain).collect()),
        Value::Map(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), plain(value))).collect()),
        Value::Tagged(_, value) => plain(value),
    }
}

/// An object of values whose numbers keep their texts: nothing that is in it is read again.
pub(super) fn object_of<const N: usize>(entries: [(&str, Json); N]) -> Json {
    Json::Object(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A scalar, or an empty collection, and where it is written.
pub(super) struct Leaf {
    pub(super) path: ValuePath,
    pub(super) value: Value,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Every scalar and empty collection of a document, in the order of the file.
pub(super) fn leaves(document: &Document) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    document.walk(&mut |visit| {
        let is_leaf = match visit.value.untagged() {
            Value::List(list) => list.is_empty(),
            Value::Map(map) => map.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => true,
        };
        if is_leaf {
            let start = document.location(&document.node(visit.node).span).start;
            let (path, value) = (visit.path.clone(), visit.value.untagged().clone());
            leaves.push(Leaf { path, value, line: start.line, column: start.column });
        }
    });
    leaves
}

/// The name that Spring gives to a value: `a.b`, `list[0].c`.
pub(super) fn property_name(path: &ValuePath) -> String {
    let mut name = String::new();
    for segment in &path.segments {
        match segment {
            Segment::Key(key) => {
                if !name.is_empty() && !key.starts_with('[') {
                    name.push('.');
                }
                name.push_str(key);
            }
            Segment::Index(index) => name.push_str(&format!("[{index}]")),
            // A walk names elements by position.
            Segment::Identity { .. } | Segment::Append => {}
        }
    }
    // A file that is one scalar.
    if name.is_empty() { "document".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Limits;

    #[test]
    fn leaves_have_the_names_of_spring_and_json_of_their_own() {
        let text = "a: {b: 1.10, 'c.d': 0x1F}\nl:\n- x: ~\n- [true, !t s]\ne: []\nm: {}\nk: {'[q]': 1}\n";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        let told: Vec<String> = leaves(&document)
            .iter()
            .map(|leaf| {
                let (name, json) = (property_name(&leaf.path), plain(&leaf.value));
                format!("{name}={json}@{}:{}", leaf.line, leaf.column)
            })
            .collect();
        let expected = [
            "a.b=1.10@1:8",
            "a.c.d=\"0x1F\"@1:21",
            "l[0].x=null@3:6",
            "l[1][0]=true@4:4",
            "l[1][1]=\"s\"@4:13",
            "e=[]@5:4",
            "m={}@6:4",
            "k[q]=1@7:12",
        ];
        assert_eq!(told, expected);
        let one = Document::parse(b"x", &Limits::default()).expect("YAML");
        let number = object_of([("a", plain(&Value::Number("1e3".to_owned())))]);
        assert_eq!(number.to_string(), r#"{"a":1e3}"#);
        assert_eq!(
            leaves(&one).iter().map(|leaf| property_name(&leaf.path)).collect::<Vec<_>>(),
            ["document"]
        );
    }
}
