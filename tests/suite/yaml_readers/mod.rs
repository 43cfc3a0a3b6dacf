//! Readers of YAML in common use, asked about plain scalars and about texts that they take apart: no
//! value differs without a finding that says so.
//!
//! `tests/run` installs PyYAML and ruamel.yaml for Python, js-yaml and yaml for Node.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value as Json;
use terrace::engine::configuration::Configuration;
use terrace::engine::rules::{CheckInput, check};
use terrace::engine::snapshot::{FileEntry, FileKind, Snapshot, Source};
use terrace::model::{BlobId, Error, NoProgress, Policy, Result, Revision, Rule, Severity, Value};
use terrace::yaml::{Document, Limits, plain_value};

/// What each reader makes of each text, by the reader's name.
type Answers = BTreeMap<String, Vec<Json>>;

/// Readers that only say which findings are not needless: a mode that one asks for.
const ON_REQUEST: &str = "yaml 1.1";

fn asked(command: &mut Command, script: &str, texts: &[String]) -> Answers {
    let script =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/yaml_readers").join(script);
    let mut child = command
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program: run `tests/run`, which installs it");
    let asked = serde_json::to_vec(texts).expect("JSON");
    child.stdin.take().expect("a pipe").write_all(&asked).expect("written");
    let output = child.wait_with_output().expect("an answer");
    assert!(output.status.success(), "{command:?}: run `tests/run`, which installs what it needs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn answers(texts: &[String]) -> Answers {
    let python = std::env::var_os("TERRACE_PYTHON").unwrap_or_else(|| "python3".into());
    let mut answers = asked(&mut Command::new(python), "read.py", texts);
    answers.extend(asked(&mut Command::new("node"), "read.js", texts));
    answers
}

struct OneFile(Vec<u8>);

impl Source for OneFile {
    fn read(&self, path: &str, _: Option<&BlobId>) -> Result<Vec<u8>> {
        if path == FILE { Ok(self.0.clone()) } else { Err(Error::usage(format!("cannot read {path}"))) }
    }
}

const FILE: &str = "environments/development/a.yaml";

/// What `check` says of how readers read a text.
fn findings(text: &str) -> Vec<(Rule, Severity)> {
    let entry = FileEntry { blob: None, kind: FileKind::File };
    let listing = [(FILE.to_owned(), entry)].into_iter().collect();
    let source = Arc::new(OneFile(text.as_bytes().to_vec()));
    let snapshot = Snapshot::new(Revision::WorkTree, String::new(), listing, source);
    let policy = Policy::parse("version = 1\n", "terrace.toml").expect("a policy");
    let configuration = Configuration::under(snapshot, Arc::new(policy));
    let subject = CheckInput {
        ends: None,
        memory: None,
        configuration: &configuration,
        today: None,
        keys: &[],
        environment: None,
        is_alone: false,
        change: None,
        progress: &NoProgress,
    };
    let found = check(&subject).expect("a readable file").findings;
    let about_readers = |rule: &Rule| {
        matches!(
            rule,
            Rule::AmbiguousScalar
                | Rule::ReaderDiffers
                | Rule::HiddenCharacter
                | Rule::DuplicateKey
                | Rule::Syntax
                | Rule::UnsupportedYaml
        )
    };
    found.iter().map(|found| (found.rule, found.severity)).filter(|(rule, _)| about_readers(rule)).collect()
}

/// Whether a reader's answer is what Terrace reads.
fn agrees(value: &Value, answer: &Json) -> bool {
    let (kind, told) = (answer[0].as_str().expect("a kind"), &answer[1]);
    match (value, kind) {
        (Value::Null, "null") => true,
        (Value::Bool(value), "bool") => told.as_bool() == Some(*value),
        (Value::String(value), "string") => told.as_str() == Some(value),
        (Value::Number(text), "number") => is_number(text, told.as_str().expect("a number as text")),
        (Value::List(list), "list") => {
            let told = told.as_array().expect("elements");
            list.len() == told.len() && list.iter().zip(told).all(|(value, told)| agrees(value, told))
        }
        (Value::Map(map), "map") => {
            let told = told.as_array().expect("entries");
            map.len() == told.len()
                && told.iter().all(|entry| {
                    entry[0][1]
                        .as_str()
                        .and_then(|key| map.get(key))
                        .is_some_and(|value| agrees(value, &entry[1]))
                })
        }
        _ => false,
    }
}

/// Whether a number as Terrace keeps it is the one that a reader has: integers digit by digit.
fn is_number(text: &str, told: &str) -> bool {
    if integer(text).is_some() || integer(told).is_some() {
        return integer(text).or_else(|| whole(text)) == integer(told).or_else(|| whole(told));
    }
    let float = |text: &str| match text.trim_start_matches('+').replacen(".inf", "inf", 1).as_str() {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        text => text.to_lowercase().replacen(".inf", "inf", 1).parse().ok(),
    };
    match (float(text), float(told)) {
        (Some(one), Some(other)) => {
            one.is_nan() && other.is_nan() || one.to_bits() == other.to_bits() || {
                // A reader without integers tells no negative zero.
                one.to_string().trim_start_matches('-') == "0"
                    && other.to_string().trim_start_matches('-') == "0"
            }
        }
        _ => false,
    }
}

fn integer(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    match (digits.strip_prefix("0x"), digits.strip_prefix("0o")) {
        (Some(hex), _) => i128::from_str_radix(hex, 16).ok(),
        (_, Some(octal)) => i128::from_str_radix(octal, 8).ok(),
        (None, None) => digits.parse().ok(),
    }
}

/// An integer written as a float.
fn whole(text: &str) -> Option<i128> {
    let float: f64 = text.parse().ok()?;
    if float.fract() == 0.0 { format!("{float:.0}").parse().ok() } else { None }
}

/// Plain scalars, where YAML 1.1, YAML 1.2 and the readers of either come apart, and their neighbours.
fn scalars() -> Vec<String> {
    let words = include_str!("scalars.txt").lines().filter(|line| !line.starts_with("# "));
    words.map(str::to_owned).collect()
}

#[test]
#[ignore = "needs node with js-yaml and yaml, python3 with PyYAML and ruamel.yaml"]
fn no_plain_scalar_is_read_differently_without_a_finding() {
    let scalars = scalars();
    assert!(scalars.len() >= 150, "{}", scalars.len());
    for form in ["k: ", "- "] {
        let texts: Vec<String> = scalars.iter().map(|scalar| format!("{form}{scalar}\n")).collect();
        let answers = answers(&texts);
        let (mut silent, mut needless, mut told) = (Vec::new(), Vec::new(), 0);
        for (number, (scalar, text)) in scalars.iter().zip(&texts).enumerate() {
            let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
            assert_eq!(
                document
                    .value()
                    .as_list()
                    .and_then(|list| list.first())
                    .or_else(|| document.value().as_map()?.get("k")),
                Some(&plain_value(scalar)),
                "{text}"
            );
            let differs = |reader: &&String| !agrees(document.value(), &answers[*reader][number]);
            let readers: Vec<&String> = answers.keys().filter(differs).collect();
            let by_default = readers.iter().any(|reader| *reader != ON_REQUEST);
            let found = findings(text);
            match (by_default, found.is_empty()) {
                (true, true) => silent.push(format!("{scalar}: {readers:?}")),
                (false, false) => needless.push(format!("{scalar}: {readers:?}")),
                (true, false) => told += 1,
                (false, true) => {}
            }
        }
        println!(
            "`{form}…`: {} plain scalars, {told} read differently and told, {} told though all agree by default: {needless:?}",
            scalars.len(),
            needless.len()
        );
        assert_eq!(silent, Vec::<String>::new());
        let unfounded: Vec<_> = needless.iter().filter(|told| told.ends_with("[]")).collect();
        assert_eq!(unfounded, NEEDLESS.iter().collect::<Vec<_>>());
    }
}

/// Told though no reader differs: a power of two, which a float holds by chance.
const NEEDLESS: [&str; 1] = ["9223372036854775808: []"];

/// Texts that readers take apart, each with the rule that says so.
const TEXTS: &[(&str, Rule)] = &[
    ("a: &a {x: 1}\nb: &b {x: 2}\nc:\n  <<: *a\n  <<: *b\n", Rule::DuplicateKey),
    ("a: 1\na: 2\n", Rule::DuplicateKey),
    ("a: |\n  x", Rule::ReaderDiffers),
    ("a: >\n  x", Rule::ReaderDiffers),
    ("a: |+\n  x", Rule::ReaderDiffers),
    ("- |\n x", Rule::ReaderDiffers),
    ("a: |\n  x\n   ", Rule::ReaderDiffers),
    ("a: |\n  x\n    \n    ", Rule::ReaderDiffers),
    ("a: >\n  x\n   ", Rule::ReaderDiffers),
    ("a: |+\n  x\n  ", Rule::ReaderDiffers),
    ("a: |+\n  x\n\n ", Rule::ReaderDiffers),
    ("a: |+\n  ", Rule::ReaderDiffers),
    ("- |\n x\n  ", Rule::ReaderDiffers),
    ("{a\n  b: 1}\n", Rule::ReaderDiffers),
    ("x: {a\n  : 1}\n", Rule::ReaderDiffers),
    ("x: {\"a\n  b\": 1}\n", Rule::ReaderDiffers),
    ("x: {\"a\"\n  : 1}\n", Rule::ReaderDiffers),
    ("x: {\n  a b # c\n  : 1}\n", Rule::ReaderDiffers),
    ("a: !!int 017\n", Rule::ReaderDiffers),
    ("a: !!int 08\n", Rule::ReaderDiffers),
    ("a: !!int -017\n", Rule::ReaderDiffers),
    ("a: !!int 12345678901234567890\n", Rule::ReaderDiffers),
    ("a: !!float -.5\n", Rule::ReaderDiffers),
    ("a: !!float 1E400\n", Rule::ReaderDiffers),
    ("\u{feff}\u{feff}a: 1\n", Rule::ReaderDiffers),
    ("a: [:x]\n", Rule::ReaderDiffers),
    ("a: {b: :x}\n", Rule::ReaderDiffers),
    ("a: {:x: 1}\n", Rule::ReaderDiffers),
    ("a: [::1]\n", Rule::ReaderDiffers),
    ("a: [?x]\n", Rule::ReaderDiffers),
    ("a: {b: ?x}\n", Rule::ReaderDiffers),
    ("a: {?x: 1}\n", Rule::ReaderDiffers),
    ("a: [x?y]\n", Rule::ReaderDiffers),
    ("a: [http://x/?y=1]\n", Rule::ReaderDiffers),
    ("a: {x:}\n", Rule::ReaderDiffers),
    ("a: {x:, y: 1}\n", Rule::ReaderDiffers),
    ("a: {x :}\n", Rule::ReaderDiffers),
    ("a: &x 1\nb: &x 2\nc: *x\n", Rule::ReaderDiffers),
    ("a: &x: 1\n", Rule::ReaderDiffers),
    ("a: &x.y 1\n", Rule::ReaderDiffers),
    ("a: {x: 1, y:}\n", Rule::ReaderDiffers),
    ("a: [\"x\":1]\n", Rule::ReaderDiffers),
    ("a: [b, 'x':1]\n", Rule::ReaderDiffers),
    ("a: !!float 1\n", Rule::ReaderDiffers),
    ("a: !!int 1_000\n", Rule::ReaderDiffers),
    ("a: !!bool yes\n", Rule::ReaderDiffers),
    ("a: !!null ''\n", Rule::ReaderDiffers),
    ("a: ! 1\n", Rule::ReaderDiffers),
    ("a: !!set {x}\n", Rule::ReaderDiffers),
    ("a: !!omap [x: 1]\n", Rule::ReaderDiffers),
    ("a: !!timestamp 2020-01-01\n", Rule::ReaderDiffers),
    ("null: x\n", Rule::AmbiguousScalar),
    ("~: x\n", Rule::AmbiguousScalar),
    ("1.0: x\n", Rule::AmbiguousScalar),
    ("a:\tx\n", Rule::ReaderDiffers),
    ("a: x\t# c\n", Rule::ReaderDiffers),
    ("a: x\ty\n", Rule::ReaderDiffers),
    ("a: [x,\t1]\n", Rule::ReaderDiffers),
    ("a: 1\rb: 2\n", Rule::ReaderDiffers),
    ("a: \"x\ny\"\n", Rule::Syntax),
    ("a:\n  b: 'x\n  y'\n", Rule::Syntax),
    ("t: a\u{2028}b\nn: 1\n", Rule::HiddenCharacter),
    ("t: a\u{2028}\nn: 1\n", Rule::HiddenCharacter),
    ("t: |\n  a\u{2028}b\n", Rule::HiddenCharacter),
    ("t: 1 # x\u{2028}y: 2\n", Rule::HiddenCharacter),
    ("t: a\u{85}b\nn: 1\n", Rule::HiddenCharacter),
    ("t: \"a\u{85}b\"\n", Rule::HiddenCharacter),
    ("# x\u{2029}y: 2\nn: 1\n", Rule::HiddenCharacter),
    ("\"a\u{2028}b\": 1\n", Rule::HiddenCharacter),
    ("08: x\n", Rule::AmbiguousScalar),
    ("on: x\n", Rule::AmbiguousScalar),
];

/// Their neighbours, which all readers take for the same.
const AGREED: &[&str] = &[
    "a: &a {x: 1}\nc:\n  x: 3\n  y: 2\n",
    "a: |\n  x\n",
    "a: |-\n  x",
    "a: |\n  x\n  ",
    "a: |\n  ",
    "a: |-\n  x\n   ",
    "a: |\n  x\n   \n",
    "a: |+\n  x\n\n",
    "x: {a b\n  c}\n",
    "x: {k: a\n  b}\n",
    "x: {? a\n    b : 1}\n",
    "a: !!int 0o17\nb: !!int 0x1F\nc: !!int +1\nd: !!float 1e3\ne: !!float .5\nf: !!float 08.5\ng: !!float .inf\n",
    "\u{feff}a: 1\n",
    "a: [':x', \"?y\", x:y]\n",
    "b: :x\nc: x?y\n?d: 1\n",
    "a: 'x\ty' # a\tb\n",
    "a: |\n  x\ty\n",
    "a: 1\r\nb: 2\r\n",
    "a:\n  b: 'x\n   y'\n",
    "t: \"a\\u2028b\"\n",
    "t: zero\u{200b}width\n",
    "a: [x#y, -x, x&y]\n",
    "a: {x: }\nb: {y: , z: 1}\nc: {\"x\":1}\nd: [x: 1]\ne: [{\"x\":1}]\n",
    "a: !!float 1.5\nb: !!int 1\nc: !!str 1\nd: !!bool true\ne: !!null ~\nf: !!int '1'\ng: !!bool 'true'\n",
    "1: x\n1.5: b\n",
];

#[test]
#[ignore = "needs node with js-yaml and yaml, python3 with PyYAML and ruamel.yaml"]
fn no_text_is_taken_apart_without_a_finding() {
    let texts: Vec<String> =
        TEXTS.iter().map(|(text, _)| *text).chain(AGREED.iter().copied()).map(str::to_owned).collect();
    let answers = answers(&texts);
    for (number, text) in texts.iter().enumerate() {
        let document = Document::parse(text.as_bytes(), &Limits::default()).ok();
        let differs = |reader: &&String| match &document {
            Some(document) => !agrees(document.value(), &answers[*reader][number]),
            None => answers[*reader][number][0] != "error",
        };
        let readers: Vec<&String> =
            answers.keys().filter(|reader| *reader != ON_REQUEST).filter(differs).collect();
        let rules: Vec<Rule> = findings(text).into_iter().map(|(rule, _)| rule).collect();
        match TEXTS.get(number) {
            Some((_, rule)) => {
                assert!(rules.contains(rule), "{text:?}: {rules:?}");
                assert!(!readers.is_empty(), "needless: {text:?} {rules:?}");
            }
            None => assert_eq!((readers, rules), (Vec::<&String>::new(), Vec::new()), "{text:?}"),
        }
    }
    println!("{} texts taken apart and told, {} agreed on and not told", TEXTS.len(), AGREED.len());
}
