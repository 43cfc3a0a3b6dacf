//! The torture cases of the editor: one edit each, judged by its bytes, or else by its value and
//! by the lines and comments that stay.

use std::path::Path;

use serde_json::Value as Json;
use terrace::model::{Segment, Value, ValuePath};
use terrace::yaml::edit::{Operation, Place, Replacement, apply, intended};
use terrace::yaml::{Document, Limits};

use crate::fixtures;

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(map) => Value::Map(map.iter().map(|(key, item)| (key.clone(), value(item))).collect()),
    }
}

fn path(json: &Json, document: usize) -> ValuePath {
    let segments = json.as_array().into_iter().flatten().map(|segment| match segment {
        Json::Number(number) => Segment::Index(number.to_string().parse().expect("a position")),
        other => Segment::Key(other.as_str().expect("a key").to_owned()),
    });
    ValuePath { document: document.into(), segments: segments.collect() }
}

fn operation(edit: &Json) -> Operation<'static> {
    let text = |name: &str| edit.get(name).and_then(Json::as_str).map(str::to_owned);
    let number =
        |name: &str| edit.get(name).and_then(Json::as_u64).map(|n| usize::try_from(n).expect("small"));
    let path = path(&edit["path"], number("doc").unwrap_or(0));
    let new = || Replacement::Value(value(&edit["value"]));
    match text("op").as_deref() {
        Some("set") => Operation::Set { path, value: new() },
        Some("delete") => Operation::Remove { path },
        Some("add") => Operation::Insert {
            parent: path,
            key: text("key"),
            place: Place::Last,
            value: new(),
            comment: text("comment"),
        },
        Some("insert") => {
            let before = number("index").expect("a position").checked_sub(1);
            let place = before.map_or(Place::First, |index| Place::After(Segment::Index(index)));
            Operation::Insert { parent: path, key: None, place, value: new(), comment: text("comment") }
        }
        other => panic!("unknown operation {other:?}"),
    }
}

fn read(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::default()).expect("readable")
}

/// Whether the lines in both of `a` and `b` are in `c`, in the order of `b`.
fn keeps_common_lines(a: &str, b: &str, c: &str) -> bool {
    let mut rest = c.lines();
    b.lines().filter(|line| a.lines().any(|other| other == *line)).all(|line| rest.any(|other| other == line))
}

fn judge(folder: &Path) -> Result<(), String> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a case's file");
    let edit: Json = serde_json::from_str(&text("edit.json")).expect("a case's edit");
    let input = text("input.yaml");
    let (document, operation) = (read(&input), operation(&edit));
    let result = apply(&document, std::slice::from_ref(&operation), &Limits::default());
    if folder.join("expect-error").exists() {
        return match result {
            Err(_) => Ok(()),
            Ok(text) if Ok(read(&text).values().to_vec()) == intended(&document, &[operation]) => Ok(()),
            Ok(text) => Err(format!("not refused: {text:?}")),
        };
    }
    let result = result.map_err(|refusal| format!("refused: {}", refusal.message))?;
    let wished = text("expected.yaml");
    let mut names: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").file_name()).collect();
    names.retain(|name| name.to_string_lossy().starts_with("expected"));
    if names.iter().any(|name| text(&name.to_string_lossy()) == result) {
        return Ok(());
    }
    let same_values = intended(&document, &[operation]).is_ok_and(|wanted| wanted == read(&result).values());
    let lines = keeps_common_lines(&input, &wished, &result);
    let comments = read(&result).comments().len() == read(&wished).comments().len();
    let short = result.lines().count() <= wished.lines().count() + 2;
    println!("not the wished bytes: {} {result:?}", folder.display());
    if same_values && lines && comments && short { Ok(()) } else { Err(format!("{result:?}")) }
}

#[test]
#[ignore = "needs the fixtures"]
fn every_case_is_edited_as_wished() {
    let root = fixtures::folder();
    let mut folders: Vec<_> = std::fs::read_dir(root.join("edit-cases"))
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let mut failed = Vec::new();
    for folder in &folders {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let verdict = judge(folder);
        println!("{name:<40} {}", if verdict.is_ok() { "pass" } else { "FAIL" });
        failed.extend(verdict.err().map(|reason| format!("{name}: {reason}")));
    }
    println!("edit cases: {} pass, {} fail", folders.len() - failed.len(), failed.len());
    assert!(!folders.is_empty() && failed.is_empty(), "{}", failed.join("\n"));
}
