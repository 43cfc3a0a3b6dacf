//! Schemas inferred from real files: every file fits the schema that it took part in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use terrace::json_schema::{Compiled, infer};
use terrace::model::{Environment, Value};
use terrace::yaml::{Document, Limits};

use crate::fixtures;

/// The environment that a file's path names, and the path without that name.
fn environment(path: &Path) -> Option<(Environment, String)> {
    let names = [
        ("integration", Environment::Development),
        ("development", Environment::Development),
        ("preprod", Environment::Staging),
        ("staging", Environment::Staging),
        ("production", Environment::Production),
        ("dev", Environment::Development),
        ("prod", Environment::Production),
    ];
    let text = path.to_str()?;
    let (name, environment) = names.into_iter().find(|(name, _)| text.contains(name))?;
    Some((environment, text.replace(name, "")))
}

fn documents(path: &Path) -> Option<Document> {
    Document::parse(&std::fs::read(path).ok()?, &Limits::default()).ok()
}

fn compile(schema: &Json) -> Compiled {
    let text = schema.to_string();
    Compiled::load("schemas/a.schema.json", &|_| Some(text.clone().into_bytes()).into()).expect("a schema")
}

/// Infers from the files, validates them, and counts documents, required keys and formats.
fn check(name: &str, files: &[(Environment, Document)]) -> [usize; 3] {
    let values: Vec<(Environment, &Value)> = files
        .iter()
        .flat_map(|(environment, document)| document.values().iter().map(|value| (*environment, value)))
        .collect();
    let key = "item".parse().expect("a key");
    for closed in [false, true] {
        let compiled = compile(&infer(&key, &values, closed));
        for (environment, value) in &values {
            assert_eq!(compiled.validate(value), [], "{name} in {environment}");
        }
    }
    let schema = infer(&key, &values, false);
    [values.len(), count(&schema, "required"), count(&schema, "format")]
}

/// How often a keyword stands in a schema, lists by their length.
fn count(schema: &Json, keyword: &str) -> usize {
    let below = |json: &Json| count(json, keyword);
    match schema {
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| match value {
                Json::Array(list) if key == keyword => list.len(),
                Json::String(_) if key == keyword => 1,
                value => below(value),
            })
            .sum(),
        Json::Array(list) => list.iter().map(below).sum(),
        _ => 0,
    }
}

#[test]
#[ignore = "needs the fixtures"]
fn real_files_fit_the_schemas_inferred_from_them() {
    let folder = fixtures::folder();
    let mut items: BTreeMap<String, Vec<(Environment, PathBuf)>> = BTreeMap::new();
    for file in fixtures::files(&folder.join("per-env")) {
        let (environment, key) = environment(file.strip_prefix(&folder).expect("below"))
            .unwrap_or((Environment::Development, file.display().to_string()));
        items.entry(key).or_default().push((environment, file));
    }
    for file in fixtures::files(&folder.join("flat")) {
        items.entry(file.display().to_string()).or_default().push((Environment::Development, file));
    }
    let (mut read, mut files, mut total) = (0, 0, [0; 3]);
    for (name, paths) in &items {
        let parsed = paths.iter().filter_map(|(environment, path)| Some((*environment, documents(path)?)));
        let parsed: Vec<_> = parsed.collect();
        files += parsed.len();
        read += usize::from(!parsed.is_empty());
        for (total, more) in total.iter_mut().zip(check(name, &parsed)) {
            *total += more;
        }
    }
    let [documents, required, formats] = total;
    println!("{documents} documents of {files} files fit the schemas of their {read} items, open and closed");
    println!("{required} required keys, {formats} formats");
    assert!(files >= 80 && required >= 200 && formats >= 70, "{files} {required} {formats}");
}
