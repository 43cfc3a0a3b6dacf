//! Reading bytes and editing what they hold neither panics nor gives a value that was not intended.
//! The first two bytes choose the edit.

use terrace::model::{Segment, Value, ValuePath};
use terrace::yaml::edit::{Operation, Place, Replacement, apply, intended};
use terrace::yaml::{Document, Limits};

/// Edits a file; whether it was one that can be edited like this.
pub fn edit(bytes: &[u8]) -> bool {
    let [which, what, text @ ..] = bytes else { return false };
    let limits = Limits::default();
    let Ok(document) = Document::parse(text, &limits) else { return false };
    let paths = paths(&document);
    let path = paths[usize::from(*which) % paths.len()].clone();
    let operation = operation(path, *what, &document);
    let operations = std::slice::from_ref(&operation);
    let Ok(edited) = apply(&document, operations, &limits) else { return false };
    let read = Document::parse(edited.as_bytes(), &limits).expect("an edited file is YAML");
    assert_eq!(Ok(read.values().to_vec()), intended(&document, operations));
    true
}

/// Every place of a document.
pub(crate) fn paths(document: &Document) -> Vec<ValuePath> {
    let mut paths = Vec::new();
    for (number, value) in document.values().iter().enumerate() {
        let root = ValuePath::document(number);
        paths.push(root.clone());
        value.walk(&root, &mut |path, _| {
            paths.extend(path.parent());
            paths.push(path.clone());
        });
    }
    paths
}

/// The edit that a byte chooses.
pub(crate) fn operation(path: ValuePath, what: u8, document: &Document) -> Operation<'_> {
    let value = match (what >> 2) % 5 {
        0 => Replacement::Value(Value::String("two\nlines: #\n".to_owned())),
        1 => Replacement::Value(Value::Number("1.10".to_owned())),
        2 => Replacement::Value(Value::List(vec![Value::Null, Value::String("x".to_owned())].into())),
        3 => Replacement::Value(Value::Map([("k".to_owned(), Value::Bool(true))].into_iter().collect())),
        _ => Replacement::From { document, path: path.parent().unwrap_or_default() },
    };
    let place = if what & 0x80 == 0 { Place::Last } else { Place::First };
    let insert = |parent, key| Operation::Insert { parent, key, place, value: value.clone(), comment: None };
    match what & 3 {
        0 => Operation::Set { path, value },
        1 => Operation::Remove { path },
        2 if matches!(path.last(), Some(Segment::Key(_))) => {
            insert(path.parent().unwrap_or_default(), Some("new".to_owned()))
        }
        2 => insert(path.parent().unwrap_or_default(), None),
        _ => insert(path, Some("new".to_owned())),
    }
}
