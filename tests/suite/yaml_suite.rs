//! The official YAML test suite: what is valid parses, what is not is refused with a position,
//! and every JSON value comes out right.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use terrace::model::Value;
use terrace::yaml::{Content, Document, Limits, Style, VersionReader};

use crate::fixtures;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: Vec<u8>,
    valid: bool,
    json: Option<String>,
}

fn cases(root: &Path, folder: &Path, out: &mut Vec<Case>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "name" && name != "tags") {
            cases(root, &path, out);
        }
    }
    if let Ok(input) = std::fs::read(folder.join("in.yaml")) {
        let name = folder.strip_prefix(root).expect("below").display().to_string();
        let json = std::fs::read_to_string(folder.join("in.json")).ok();
        out.push(Case { name, input, valid: !folder.join("error").exists(), json });
    }
}

/// All cases of the official suite.
pub(crate) fn suite() -> Vec<Case> {
    let archive = fixtures::folder().join("yaml-test-suite.tar.gz");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let status = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder.path()).status();
    assert!(status.expect("tar").success());
    let mut found = Vec::new();
    cases(folder.path(), folder.path(), &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Whether a value is what the suite's JSON says; the suite drops tags and compares numbers by value.
fn agrees(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Number(text), Json::Number(number)) => {
            let parsed = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
                (Some(hex), _) => i64::from_str_radix(hex, 16).ok().map(|n| n as f64),
                (_, Some(octal)) => i64::from_str_radix(octal, 8).ok().map(|n| n as f64),
                _ => text.parse::<f64>().ok(),
            };
            parsed == number.to_string().parse().ok()
        }
        (Value::String(a), Json::String(b)) => a == b,
        (Value::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|b| agrees(value, b)))
        }
        (Value::Tagged(_, value), json) => agrees(value, json),
        _ => false,
    }
}

#[test]
#[ignore = "needs the fixtures"]
fn the_official_suite_reads_as_it_should() {
    let cases = suite();
    let (mut valid, mut invalid, mut values) = ((0, 0), (0, 0), (0, 0));
    let mut wrong = Vec::new();
    for case in &cases {
        let result = Document::parse(&case.input, &Limits::default());
        let tally = if case.valid { &mut valid } else { &mut invalid };
        tally.1 += 1;
        match (&result, case.valid) {
            (Ok(_), true) => tally.0 += 1,
            (Err(rejection), false) if rejection.location.start.line > 0 => tally.0 += 1,
            (Err(rejection), true) => wrong.push(format!("{}: refused: {}", case.name, rejection.message)),
            _ => wrong.push(format!("{}: accepted", case.name)),
        }
        if let (Ok(document), Some(json)) = (&result, case.json.as_ref().filter(|_| case.valid)) {
            values.1 += 1;
            let stream: Result<Vec<Json>, _> = serde_json::Deserializer::from_str(json).into_iter().collect();
            let expected = stream.expect("the suite's JSON");
            let roots = document.roots().len();
            let same =
                roots == expected.len() && document.values().iter().zip(&expected).all(|(a, b)| agrees(a, b));
            if same {
                values.0 += 1;
            } else {
                wrong.push(format!("{}: {:?} is not {json}", case.name, document.values()));
            }
        }
    }
    println!("yaml-test-suite      right  cases");
    println!("valid, parsed        {:>5}  {:>5}", valid.0, valid.1);
    println!("invalid, refused     {:>5}  {:>5}", invalid.0, invalid.1);
    println!("JSON values          {:>5}  {:>5}", values.0, values.1);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((valid, invalid, values), ((308, 308), (94, 94), (279, 279)));
}

/// Spans: every scalar's bytes, read alone, give the scalar again; children lie in their parents.
#[test]
#[ignore = "needs the fixtures"]
fn spans_are_exact_on_the_suite_and_on_real_files() {
    let folder = fixtures::folder();
    let mut inputs: Vec<(String, Vec<u8>)> = suite().into_iter().map(|c| (c.name, c.input)).collect();
    for file in fixtures::files(&folder) {
        if file.extension().is_some_and(|ext| ext == "yaml" || ext == "yml") {
            inputs.push((file.display().to_string(), std::fs::read(&file).expect("a file")));
        }
    }
    let mut scalars = 0;
    for (name, input) in inputs {
        let Ok(document) = Document::parse(&input, &Limits::default()) else { continue };
        let text = document.text();
        for (_, node) in document.nodes() {
            assert!(
                node.outer.start <= node.span.start && node.outer.end == node.span.end,
                "{name}: {node:?}"
            );
            let slice = text.get(node.span.clone()).unwrap_or_else(|| panic!("{name}: {node:?}"));
            let inside = |child: &terrace::yaml::Node| {
                node.outer.start <= child.outer.start && child.outer.end <= node.outer.end
            };
            match &node.content {
                Content::Scalar { text: expected, style } => {
                    scalars += 1;
                    match style {
                        Style::Plain => assert!(
                            slice.split_whitespace().eq(expected.split_whitespace()),
                            "{name}: {slice:?} {expected:?}"
                        ),
                        Style::SingleQuoted => assert!(
                            slice.len() > 1 && slice.starts_with('\'') && slice.ends_with('\''),
                            "{name}: {slice:?}"
                        ),
                        Style::DoubleQuoted => assert!(
                            slice.len() > 1 && slice.starts_with('"') && slice.ends_with('"'),
                            "{name}: {slice:?}"
                        ),
                        Style::Literal => assert!(slice.starts_with('|'), "{name}: {slice:?}"),
                        Style::Folded => assert!(slice.starts_with('>'), "{name}: {slice:?}"),
                    }
                }
                Content::Sequence { items, flow } => {
                    if *flow {
                        assert!(slice.starts_with('[') && slice.ends_with(']'), "{name}: {slice:?}");
                    }
                    for item in items {
                        assert!(inside(document.node(item.node)), "{name}: {slice:?}");
                        assert!(*flow || text[item.start..].starts_with('-'), "{name}: {slice:?}");
                    }
                }
                Content::Mapping { entries, flow } => {
                    let pair = entries.first().is_some_and(|entry| entry.start == node.span.start);
                    assert!(
                        !flow || pair || (slice.starts_with('{') && slice.ends_with('}')),
                        "{name}: {slice:?}"
                    );
                    for entry in entries {
                        let (key, value) = (document.node(entry.key), document.node(entry.value));
                        assert!(inside(key) && inside(value), "{name}: {slice:?} {key:?} {value:?}");
                        assert!(entry.colon.is_none_or(|colon| text[colon..].starts_with(':')), "{name}");
                        assert!(
                            entry.start <= key.outer.start && key.outer.end <= value.outer.start,
                            "{name}: {slice:?}"
                        );
                    }
                }
                Content::Alias { .. } => assert!(slice.starts_with('*'), "{name}: {slice:?}"),
            }
        }
    }
    println!("{scalars} scalars have exact spans");
    assert!(scalars > 5_000);
}

/// Both ways of reading give the same values, or refuse the same.
fn read_both_ways(reader: &VersionReader, bytes: &[u8], limits: &Limits) {
    let whole = Document::parse(bytes, limits).ok().map(|document| document.values().to_vec());
    let parts = reader.read(bytes).map(|values| values.values().to_vec());
    assert_eq!(parts, whole, "{}", String::from_utf8_lossy(bytes));
}

#[test]
fn versions_that_are_read_by_parts_say_what_the_whole_files_say() {
    let limits = Limits::default();
    let mut texts: Vec<Vec<u8>> = suite().into_iter().map(|case| case.input).collect();
    let is_yaml = |path: &Path| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let files = fixtures::files(&fixtures::folder()).into_iter().filter(|path| is_yaml(path));
    texts.extend(files.map(|path| std::fs::read(path).expect("a file")));
    assert!(texts.len() > 500, "{} texts", texts.len());
    for bytes in &texts {
        let reader = VersionReader::new(limits);
        read_both_ways(&reader, bytes, &limits);
        // Two versions of a file, and what is not YAML any more: a line that is gone, said twice, or
        // indented otherwise.
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        if bytes.len() > 20_000 {
            continue;
        }
        for at in (0..lines.len()).step_by(lines.len() / 12 + 1) {
            let [before, after] = [&lines[..at], &lines[at + 1..]].map(<[_]>::concat);
            let less = lines[at].strip_prefix(b" ").unwrap_or(lines[at]);
            for line in [&[][..], &[lines[at], lines[at]].concat(), &[b" ", lines[at]].concat(), less] {
                read_both_ways(&reader, &[&before, line, &after].concat(), &limits);
            }
        }
    }
}
