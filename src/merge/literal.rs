//! Values as they are written: an alias is itself and not what it stands for, an anchor belongs to
//! its value, a merge is a key.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Map, Value};
use crate::yaml::{Content, Document, NodeId, Style, plain_value};

/// The anchors that do not stand at one place in all three.
pub(super) fn moved_anchors(versions: [&Document; 3]) -> Vec<String> {
    let [base, ours, theirs] = versions.map(|document| {
        let mut places = BTreeMap::new();
        document.walk(&mut |visit| {
            let anchor = document.node(visit.node).anchor.as_ref().filter(|_| !visit.aliased);
            anchor.map(|name| places.entry(name.clone()).or_insert_with(|| visit.path.clone()));
        });
        places
    });
    let all: BTreeSet<&String> = [&base, &ours, &theirs].into_iter().flat_map(BTreeMap::keys).collect();
    let is_moved =
        |name: &&String| base.get(*name) != ours.get(*name) || base.get(*name) != theirs.get(*name);
    all.into_iter().filter(is_moved).cloned().collect()
}

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
