//! A `.properties` file that becomes an item, and the item that becomes a `.properties` file again.

use terrace::formats::read::{Converted, Format, Refusal, convert};
use terrace::formats::write::{ExportItem, Format as Export, NameStyle, Selection, export};
use terrace::model::Key;
use terrace::yaml::{Document, Limits};

/// Turns the file into an item and back.
pub fn properties(bytes: &[u8]) -> bool {
    let Some(item) = converted(bytes) else { return false };
    let read = Document::parse(item.text.as_bytes(), &Limits::default()).expect("an item is YAML");
    assert_eq!(read.values(), item.documents);
    let key: Key = "app".parse().expect("a key");
    let [value] = item.documents.as_slice() else { panic!("not one document: {}", item.text) };
    let selection = Selection {
        items: vec![ExportItem { key: &key, value }],
        alone: true,
        prefix: "",
        names: &NameStyle::default(),
        allowed: &[],
    };
    match export(&selection, Export::Properties) {
        Ok(exported) => {
            let again = converted(exported.text.as_bytes()).expect("what was exported is read");
            assert_eq!(again.documents, item.documents, "{}", exported.text);
        }
        Err(error) => assert!(!error.message().is_empty()),
    }
    true
}

fn converted(bytes: &[u8]) -> Option<Converted> {
    match convert(Format::Properties, bytes, &Limits::default()) {
        Ok(converted) => Some(converted),
        Err(Refusal::Rejected(rejection)) => {
            assert!(!rejection.message.is_empty());
            None
        }
        Err(Refusal::Defect(error)) => panic!("{error}"),
    }
}
