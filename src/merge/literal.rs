//! Values as they are written: an alias is itself and not what it stands for, an anchor belongs to
//! its value, a merge is a key.

use crate::model::{Map, Value};
use crate::yaml::{Content, Document, NodeId, Style, plain_value};

/// The values of the documents that are there.
pub(super) fn values(document: &Document) -> Vec<Value> {
    document.roots().iter().map(|root| value(document, *root)).collect()
}

fn value(document: &Document, id: NodeId) -> Value {
    let node = document.node(id);
    let written = match &node.content {
        Content::Alias { target } => {
            let name = document.node(*target).anchor.clone().unwrap_or_default();
            return Value::Tagged("*".to_owned(), Box::new(Value::String(name)));
        }
        Content::Scalar { text, style } if *style == Style::Plain && node.tag.is_none() => plain_value(text),
        Content::Scalar { text, .. } => Value::String(text.clone()),
        Content::Sequence { items, .. } => {
            Value::List(items.iter().map(|item| value(document, item.node)).collect())
        }
        Content::Mapping { entries, .. } => {
            let key = |id| document.key_text(id).unwrap_or_default().to_owned();
            let entry = |entry: &crate::yaml::MappingEntry| (key(entry.key), value(document, entry.value));
            Value::Map(entries.iter().map(entry).collect::<Map>())
        }
    };
    let properties = [node.tag.clone(), node.anchor.as_ref().map(|name| format!("&{name}"))];
    properties.into_iter().flatten().fold(written, |value, tag| Value::Tagged(tag, Box::new(value)))
}
