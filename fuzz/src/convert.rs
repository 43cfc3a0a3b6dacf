//! A file of another format that becomes an item.

use terrace::formats::read::{Format, Refusal, convert as convert_file};
use terrace::formats::write::{ExportItem, Format as Export, NameStyle, Selection, export};
use terrace::model::{Key, Value};
use terrace::yaml::{Document, Limits};

/// Reads TOML.
pub fn toml(bytes: &[u8]) -> bool {
    converted(Format::Toml, bytes, &[Export::Toml, Export::Yaml, Export::Json])
}

/// Reads `NAME=value` lines.
pub fn dotenv(bytes: &[u8]) -> bool {
    converted(Format::Env, bytes, &[Export::Dotenv, Export::Shell, Export::EnvFile])
}

/// Reads JSON.
pub fn json(bytes: &[u8]) -> bool {
    converted(Format::Json, bytes, &[Export::Json, Export::Yaml, Export::FlatJson])
}

/// Turns a file into an item, which is read as what it says it holds; and the item into files, of which
/// the first is read as the same again.
fn converted(format: Format, bytes: &[u8], exports: &[Export]) -> bool {
    let limits = Limits::default();
    let item = match convert_file(format, bytes, &limits) {
        Ok(item) => item,
        Err(Refusal::Rejected(rejection)) => {
            assert!(!rejection.message.is_empty());
            return false;
        }
        Err(Refusal::Defect(error)) => panic!("{error}"),
    };
    let read = Document::parse(item.text.as_bytes(), &limits).expect("an item is YAML");
    assert_eq!(read.values(), item.documents);
    let [value] = item.documents.as_slice() else { panic!("not one document: {}", item.text) };
    for (number, to) in exports.iter().enumerate() {
        let Some(text) = exported(value, *to) else { continue };
        if number == 0 {
            let again = convert_file(format, text.as_bytes(), &limits);
            let again = again.unwrap_or_else(|why| panic!("{text:?} is not read: {why:?}"));
            same(&again.documents, value, &text);
        }
    }
    true
}

/// The values that were written are those that were there. How a number or a time is spelt may differ.
fn same(documents: &[Value], value: &Value, text: &str) {
    let [again] = documents else { panic!("not one document: {text}") };
    assert_eq!(again.leaves(), value.leaves(), "{text:?}: {again:?}, not {value:?}");
}

fn exported(value: &Value, format: Export) -> Option<String> {
    let key: Key = "app".parse().expect("a key");
    let selection = Selection {
        items: vec![ExportItem { key: &key, value }],
        alone: true,
        prefix: "",
        names: &NameStyle::default(),
        allowed: &[],
    };
    match export(&selection, format) {
        Ok(exported) => Some(exported.text),
        Err(error) => {
            assert!(!error.message().is_empty());
            None
        }
    }
}
