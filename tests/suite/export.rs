//! `export`: what it writes is what other people's readers read, for real items and for strings
//! that were made to break it; and what it refuses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;
use terrace::formats::read;
use terrace::formats::write::{ExportItem, Format, NameStyle, Selection, export};
use terrace::model::{Key, Value};
use terrace::yaml::{Document, Limits};

use crate::external_readers::{self, Values};
use crate::fixtures;
use crate::support::{World, shop};

/// How a test names variables, apart from the code under test.
fn variable(steps: &[String]) -> String {
    let name: String = steps.join("_").to_uppercase();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn property(steps: &[String]) -> String {
    let mut name = String::new();
    for step in steps {
        match step.strip_prefix('\u{1}') {
            Some(index) => name += &format!("[{index}]"),
            None if name.is_empty() => name += step,
            None => name += &format!(".{step}"),
        }
    }
    name
}

/// Every single value by its steps; those into lists begin with U+0001 when `marked`.
fn flat(value: &Value, marked: bool, steps: &mut Vec<String>, out: &mut Vec<(Vec<String>, String)>) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map {
                steps.push(key.clone());
                flat(value, marked, steps, out);
                steps.pop();
            }
        }
        Value::List(list) if !list.is_empty() => {
            for (index, value) in list.iter().enumerate() {
                steps.push(if marked { format!("\u{1}{index}") } else { index.to_string() });
                flat(value, marked, steps, out);
                steps.pop();
            }
        }
        Value::Bool(value) => out.push((steps.clone(), value.to_string())),
        Value::Number(text) | Value::String(text) => out.push((steps.clone(), text.clone())),
        Value::Null | Value::List(_) | Value::Map(_) => out.push((steps.clone(), String::new())),
        Value::Tagged(..) => panic!("a tag"),
    }
}

fn named(value: &Value, marked: bool, name: fn(&[String]) -> String) -> Values {
    let mut out = Vec::new();
    flat(value, marked, &mut Vec::new(), &mut out);
    out.into_iter().map(|(steps, text)| (name(&steps), text)).collect()
}

/// Whether another reader's tree says the same; numbers by value, and `nulls`: nulls in mappings
/// may be left out.
fn same(value: &Value, json: &Json, nulls: bool) -> bool {
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Number(a), Json::Number(b)) => {
            *a == b.to_string() || a.parse::<f64>().is_ok_and(|a| Some(a) == b.as_f64())
        }
        (Value::String(a), Json::String(b)) => a == b,
        (Value::List(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, nulls))
        }
        (Value::Map(a), Json::Object(b)) => {
            let there = |value: &Value| !(nulls && *value == Value::Null);
            a.values().filter(|value| there(value)).count() == b.len()
                && a.iter()
                    .filter(|(_, value)| there(value))
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b, nulls)))
        }
        _ => false,
    }
}

/// The real items: those of `per-env` as they are, those of `flat` as `migrate` makes them.
fn items(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for file in fixtures::files(folder) {
        let name = file.strip_prefix(folder).expect("below").to_str().expect("UTF-8").to_owned();
        let (Some(format), true) =
            (read::Format::of(&name), name.starts_with("per-env/") || name.starts_with("flat/"))
        else {
            continue;
        };
        let bytes = std::fs::read(&file).expect("a file");
        let text = match format {
            read::Format::Yaml => bytes,
            other => read::convert(other, &bytes, &Limits::default()).expect(&name).text.into_bytes(),
        };
        let bare = name.rsplit_once('.').map_or(name.as_str(), |(bare, _)| bare);
        let key: String = bare
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-/".contains(c) { c } else { '_' })
            .collect();
        // Two files may differ in their extension only.
        let key = if found.contains_key(&key) { format!("{key}-{format}") } else { key };
        found.insert(key, text);
    }
    found
}

/// What readers made of one format: how many items came back, and why the others did not leave.
#[derive(Default)]
struct Tally {
    readers: BTreeMap<&'static str, usize>,
    refused: BTreeMap<String, usize>,
    files: Vec<(PathBuf, Values)>,
}

#[test]
#[ignore = "needs the fixtures, dash, java, kubectl, python-dotenv and node with dotenv"]
fn every_real_item_reads_back_in_every_format() {
    let folder = fixtures::folder();
    let items = items(&folder);
    assert!(items.len() > 60, "{}", items.len());
    let mut world = World::unborn();
    for (key, bytes) in &items {
        world.write(&format!("environments/production/{key}.yaml"), "");
        std::fs::write(world.dir.join(format!("environments/production/{key}.yaml")), bytes)
            .expect("written");
    }
    world.commit("real items");
    let out = tempfile::tempdir().expect("a folder");
    let mut values_read = 0;
    for format in Format::ALL {
        let mut tally = Tally::default();
        for (number, (key, bytes)) in items.iter().enumerate() {
            let told = world.terrace(&["export", key, "--env", "production", "--format", format.name()]);
            if told.code != 0 {
                assert_eq!((told.code, told.stdout.as_str()), (3, ""), "{key} {format}: {}", told.stderr);
                *tally.refused.entry(reason(&told.stderr)).or_default() += 1;
                continue;
            }
            let document = Document::parse(bytes, &Limits::default()).expect("YAML");
            let file = out.path().join(format!("{number}.{format}"));
            std::fs::write(&file, &told.stdout).expect("written");
            values_read += document.value().leaves();
            read_back(format, document.value(), &told.stdout, file, &mut tally);
        }
        read_back_by_others(format, &mut tally);
        println!(
            "{format:<10} {} items: read back by {:?}; refused: {:?}",
            items.len(),
            tally.readers,
            tally.refused
        );
        let refused: usize = tally.refused.values().sum();
        for (reader, count) in &tally.readers {
            assert_eq!(count + refused, items.len(), "{reader}");
        }
        assert!(refused < items.len() / 3, "{format}");
    }
    println!("{values_read} values");
}

/// The refusal without the names of its place.
fn reason(stderr: &str) -> String {
    let line = stderr.lines().next().unwrap_or_default();
    for known in [
        "YAML documents",
        "would both be",
        "as a whole",
        "null within a list",
        "under the tag",
        "[syntax]",
        "[duplicate-key]",
        "is where programs",
        "would be the variable",
        "ends in a backslash",
        "needs double quotes",
        "holds a line break",
    ] {
        if line.contains(known) {
            return known.to_owned();
        }
    }
    panic!("an unforeseen refusal: {stderr}");
}

fn read_back(format: Format, value: &Value, text: &str, file: PathBuf, tally: &mut Tally) {
    let is_empty = match value {
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        other => *other == Value::Null,
    };
    let wanted = |marked, name| if is_empty { Values::new() } else { named(value, marked, name) };
    let mut count = |reader| *tally.readers.entry(reader).or_default() += 1;
    match format {
        Format::Json => {
            assert!(same(value, &serde_json::from_str(text).expect("JSON"), false), "{}", file.display());
            count("serde_json");
        }
        Format::Yaml => {
            let yaml: serde_yaml::Value = serde_yaml::from_str(text).expect("YAML");
            let json = serde_json::to_value(&yaml).expect("JSON");
            assert!(same(value, &json, false), "{}", file.display());
            count("yaml_serde");
        }
        Format::Toml => {
            let table: toml::Table = toml::from_str(text).expect("TOML");
            let json = serde_json::to_value(&table).expect("JSON");
            assert!(same(value, &json, true) || is_empty && table.is_empty(), "{}", file.display());
            count("toml");
        }
        Format::Dotenv => tally.files.push((file, wanted(false, variable))),
        Format::Properties => {
            let wanted = wanted(true, property);
            agree(&external_readers::properties(text), &wanted, "the specification", &file);
            count("the specification");
            tally.files.push((file, wanted));
        }
        Format::Shell => {
            let wanted = wanted(false, variable);
            agree(&external_readers::shell("sh", &file, &wanted), &wanted, "sh", &file);
            count("sh");
            tally.files.push((file, wanted));
        }
        Format::EnvFile => {
            let wanted = wanted(false, variable);
            agree(&external_readers::env_file(text), &wanted, "docker's rules", &file);
            count("docker's rules");
            tally.files.push((file, wanted));
        }
        Format::FlatJson => {
            let read = serde_json::from_str(text).expect("an object of strings");
            agree(&read, &wanted(false, variable), "serde_json", &file);
            count("serde_json");
        }
        Format::Configmap | Format::Secret => {
            let wanted = wanted(false, variable);
            let kind = if format == Format::Secret { "Secret" } else { "ConfigMap" };
            agree(&external_readers::manifest(text, kind), &wanted, "Kubernetes' rules", &file);
            count("Kubernetes' rules");
            tally.files.push((file, wanted));
        }
    }
}

/// Fails with the first value that a reader sees otherwise.
fn agree(read: &Values, wanted: &Values, reader: &str, file: &Path) {
    let differs = |name: &&String| read.get(*name) != wanted.get(*name);
    if let Some(name) = read.keys().chain(wanted.keys()).find(differs) {
        let (read, wanted) = (read.get(name), wanted.get(name));
        panic!("{reader} reads {name} of {} as {read:?}, not {wanted:?}", file.display());
    }
}

/// What programs read that not every machine has; those that are slow to start read all files at
/// once.
fn read_back_by_others(format: Format, tally: &mut Tally) {
    let paths: Vec<PathBuf> = tally.files.iter().map(|(file, _)| file.clone()).collect();
    let files = tally.files.iter();
    let shell =
        |shell| files.clone().map(|(file, wanted)| external_readers::shell(shell, file, wanted)).collect();
    let read: Vec<(&'static str, Vec<Values>)> = match format {
        Format::Dotenv => {
            agree_where_readers_do(tally, &external_readers::npm_dotenv(&paths), "npm dotenv");
            for shell in ["dash", "bash"] {
                let source = |(file, wanted): &(PathBuf, Values)| {
                    // What a shell would expand between double quotes may also be an error to it.
                    let text = std::fs::read_to_string(file).expect("a file");
                    let agreed = text.lines().filter(|line| {
                        line.split_once('=')
                            .and_then(|(name, _)| wanted.get(name))
                            .is_some_and(|text| is_agreed(text))
                    });
                    let part = file.with_extension("agreed");
                    std::fs::write(&part, agreed.map(|line| format!("{line}\n")).collect::<String>())
                        .expect("written");
                    external_readers::sourced(shell, &part, wanted)
                };
                let read: Vec<_> = files.clone().map(source).collect();
                agree_where_readers_do(tally, &read, shell);
            }
            vec![("python-dotenv", external_readers::dotenv(&paths))]
        }
        Format::EnvFile => {
            vec![("kubectl", paths.iter().map(|file| external_readers::kubectl_env_file(file)).collect())]
        }
        Format::Properties => vec![("java", external_readers::java(&paths))],
        Format::Shell => vec![("dash", shell("dash")), ("bash", shell("bash"))],
        Format::Configmap | Format::Secret => {
            vec![("kubectl", paths.iter().map(|file| external_readers::kubectl(file)).collect())]
        }
        Format::Json | Format::FlatJson | Format::Yaml | Format::Toml => Vec::new(),
    };
    for (reader, read) in read {
        assert_eq!(read.len(), tally.files.len(), "{reader}");
        for (read, (file, wanted)) in read.iter().zip(&tally.files) {
            agree(read, wanted, reader, file);
        }
        tally.readers.insert(reader, read.len());
    }
}

/// Whether readers of .env files agree on a value: what stands between single quotes or none, and what
/// needs double ones and holds nothing that some expand or escape.
fn is_agreed(text: &str) -> bool {
    let escaped = text.contains(['\'', '\r', '\n']) || text.contains("\\\\");
    !escaped || !text.contains(['$', '\\', '"', '\r', '\n'])
}

/// That a reader of .env files has each value on which such readers agree.
fn agree_where_readers_do(tally: &Tally, read: &[Values], reader: &str) {
    assert_eq!(read.len(), tally.files.len(), "{reader}");
    for (read, (file, wanted)) in read.iter().zip(&tally.files) {
        for (name, text) in wanted.iter().filter(|(_, text)| is_agreed(text)) {
            assert_eq!(read.get(name), Some(text), "{reader} of {name} in {}", file.display());
        }
    }
}

/// Strings that quoting gets wrong.
fn nasty() -> Vec<String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "'", "\"", "\\", "$", "`", "#", " ", "\n", "\r", "\r\n", "\t", "=", ":", "!", "%", "${HOME}", "$(id)",
            "`id`", "\\n", "\\u0041", "\\'", "\\\"", "\\\\", "'\\''", "é", "設定", "🎉", "\u{2028}", "\u{85}", "\u{1b}[31m",
            "\u{7f}", "\u{1}", "\u{feff}", "\u{202e}", "yes", "~", "---", "- ", "? ", "{{x}}", "%s", "&", ";", "|", "<<EOF",
            "\\ ", "\u{b}", "\u{c}", "export ", "null", "0x1F", ",", "]", "}", "@",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{1,6}",
        1 => any::<char>().prop_filter("no NUL", |c| *c != '\0').prop_map(|c| c.to_string()),
    ];
    let text = prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    (0..2_000).map(|_| text.new_tree(&mut runner).expect("a string").current()).collect()
}

#[test]
fn strings_made_to_break_quoting_read_back() {
    nasty_strings_read_back(|_, _| ());
}

#[test]
#[ignore = "needs dash, java, kubectl, python-dotenv and node with dotenv"]
fn strings_made_to_break_quoting_read_back_by_others() {
    nasty_strings_read_back(read_back_by_others);
}

fn nasty_strings_read_back(others: fn(Format, &mut Tally)) {
    let all = nasty();
    // What a format cannot say is refused.
    let beyond = |format, text: &String| {
        if format == Format::Dotenv {
            let escaped = text.contains(['\'', '\r', '\n']) || text.contains("\\\\");
            return text.ends_with('\\') || escaped && (text.contains("$(") || text.contains('`'));
        }
        format == Format::EnvFile && text.contains(['\n', '\r'])
    };
    let key: Key = "nasty".parse().expect("a key");
    let out = tempfile::tempdir().expect("a folder");
    for format in Format::ALL {
        let (refused, strings): (Vec<_>, Vec<_>) = all.iter().partition(|text| beyond(format, text));
        let items = strings.iter().enumerate();
        let value =
            Value::Map(items.map(|(i, text)| (format!("v{i}"), Value::String((*text).clone()))).collect());
        let text = of_one(&key, &value, format).expect("exported");
        let file = out.path().join(format.name());
        std::fs::write(&file, &text).expect("written");
        let mut tally = Tally::default();
        read_back(format, &value, &text, file, &mut tally);
        others(format, &mut tally);
        println!("{format:<10} {} strings read back by {:?}", strings.len(), tally.readers.keys());
        for text in refused {
            let value = Value::Map([("v".to_owned(), Value::String(text.clone()))].into_iter().collect());
            let error = of_one(&key, &value, format).expect_err("refused");
            let known = ["ends in a backslash", "needs double quotes", "holds a line break"];
            assert!(known.iter().any(|known| error.message().contains(known)), "{}", error.message());
        }
    }
}

fn of_one(key: &Key, value: &Value, format: Format) -> terrace::model::Result<String> {
    let selection = Selection {
        items: vec![ExportItem { key, value }],
        alone: true,
        prefix: "",
        names: &NameStyle::default(),
        allowed: &[],
    };
    export(&selection, format).map(|exported| exported.text)
}

#[test]
fn values_leave_unmasked_from_the_environment_and_revision_asked_for() {
    let mut world = shop();
    let export =
        |world: &World, more: &str| world.line(&format!("export pay --format dotenv {more}")).exits(0);
    let staging = "DB_HOST=db.stg.example.com\nDB_POOL=10\nDB_PASSWORD='${STG_DB}'\nTIMEOUT=5s\nSERVERS_0_NAME=api\nSERVERS_0_PORT=80\nSERVERS_1_NAME=web\nSERVERS_1_PORT=81\n";
    assert_eq!(export(&world, "--env staging"), staging);
    assert!(export(&world, "--env production --prefix PAY_").starts_with("PAY_DB_HOST=db.example.com\n"));
    let path = "environments/staging/pay.yaml";
    world.write(path, "password: staged\n");
    world.git(&["add", "--all"]);
    world.write(path, "password: here\n");
    assert_eq!(export(&world, "--env staging"), "PASSWORD=here\n");
    assert_eq!(export(&world, "--env staging --staged"), "PASSWORD=staged\n");
    assert_eq!(export(&world, "--env staging --at HEAD"), staging);
    world.commit("a password");
    assert_eq!(export(&world, "--env staging --at HEAD~1"), staging);
}

#[test]
fn several_items_are_named_by_their_keys() {
    let world = World::with(&[
        ("environments/staging/pay.yaml", "a: 1\n"),
        ("environments/staging/billing/out.yaml", "a: 2\n"),
    ]);
    let export = |line: &str| world.line(&format!("export --env staging {line}")).exits(0);
    assert_eq!(export("--format dotenv"), "BILLING_OUT_A=2\nPAY_A=1\n");
    assert_eq!(export("pay billing/out pay --format dotenv"), "PAY_A=1\nBILLING_OUT_A=2\n");
    assert_eq!(export("--format yaml"), "billing/out:\n  a: 2\npay:\n  a: 1\n");
    assert_eq!(export("pay --format yaml"), "a: 1\n");
}

#[test]
fn nothing_comes_from_another_environment() {
    let world = World::with(&[
        ("environments/development/pay.yaml", "a: 1\n"),
        ("environments/staging/pay.yaml", "a: 2\n"),
        ("environments/staging/search.yaml", "b: 1\n"),
    ]);
    world.refuses(
        "export pay --env production --format json",
        2,
        "error: there is no item `pay` in production\nhelp: development and staging have it, and production takes nothing from there; promote it first",
    );
    world.refuses(
        "export pay search --env development --format json",
        2,
        "error: there is no item `search` in development\nhelp: staging has it, and development takes nothing from there; promote it first",
    );
    world.refuses(
        "export serch --env staging --format json",
        2,
        "error: there is no item `serch` in staging\nhelp: did you mean `search`?",
    );
    world.refuses(
        "export --env production --format json",
        2,
        "error: production has no items\nhelp: `terrace list` shows the items there are",
    );
    world.refuses(
        "export --env prod --format json",
        2,
        "error: `prod` is not an environment\nhelp: did you mean `production`? The environments are development, staging, production.",
    );
    world.refuses(
        "export --env staging --format jsn",
        2,
        "error: `jsn` is not a format of export\nhelp: did you mean `json`? the formats are dotenv, env-file, shell, json, flat-json, yaml, toml, properties, configmap, secret",
    );
}

#[test]
fn only_items_without_errors_leave() {
    let schema = r#"{"properties": {"size": {"maximum": 50}, "password": {"maxLength": 3}}}"#;
    let world = World::with(&[
        ("schemas/pay.schema.json", schema),
        ("schemas/bad.schema.json", "{"),
        ("environments/staging/pay.yaml", "size: 500\n"),
        ("environments/production/pay.yaml", "size: 5\n"),
        ("environments/production/leak.yaml", "a: 1\n"),
        ("environments/staging/broken.yaml", "a: [\n"),
        ("environments/staging/twice.yaml", "a: 1\na: 2\n"),
        ("environments/staging/bad.yaml", "a: 1\n"),
        ("environments/staging/two.yaml", "a: 1\n---\nb: 1\n"),
        ("environments/staging/warned.yaml", "mode: 0644\n"),
    ]);
    let only = "only items without errors leave: terrace check --env staging";
    for (key, expected) in [
        ("pay", "environments/staging/pay.yaml:1:7: size: 500 is more than the maximum of 50 [schema]"),
        ("broken", "environments/staging/broken.yaml:"),
        ("twice", "environments/staging/twice.yaml:2:1: a: "),
        ("bad", "schemas/bad.schema.json:"),
    ] {
        let told = world.line(&format!("export {key} --env staging --format shell"));
        assert_eq!((told.code, told.stdout.as_str()), (3, ""), "{}", told.stderr);
        assert!(told.stderr.starts_with(&format!("error: {expected}")), "{}", told.stderr);
        assert!(told.stderr.contains(only), "{}", told.stderr);
    }
    world.refuses(
        "export two --env staging --format json",
        3,
        "error: environments/staging/two.yaml holds 2 YAML documents, and an item leaves as one\nhelp: split it into items of one document each",
    );
    // Another environment's error and a warning are no obstacle; a policy or a waiver decides.
    assert_eq!(world.line("export pay --env production --format dotenv").exits(0), "SIZE=5\n");
    assert_eq!(world.line("export warned --env staging --format dotenv").exits(0), "MODE=0644\n");
    world.write(
        "terrace.toml",
        "version = 1\n[[waiver]]\nrule = \"schema\"\nkey = \"pay\"\npath = \"size\"\nreason = \"load test\"\n",
    );
    assert_eq!(world.line("export pay --env staging --format dotenv").exits(0), "SIZE=500\n");
}

#[test]
fn ciphertext_is_no_configuration() {
    let sops = "a: ENC[AES256_GCM,data:x]\nsops:\n  mac: ENC[AES256_GCM,data:y]\n  version: 3.9.0\n";
    let world = World::with(&[("environments/staging/pay.yaml", sops)]);
    for line in [
        "export pay --env staging --format json",
        "run pay --env staging -- true",
        "set --edit pay --env staging",
    ] {
        let told = world.line(line);
        assert_eq!((told.code, told.stdout.as_str()), (3, ""), "{}", told.stderr);
        assert!(told.stderr.contains("pay.yaml is encrypted with SOPS"), "{}", told.stderr);
    }
}

#[test]
fn a_refusal_keeps_secrets() {
    let schema = r#"{"properties": {"password": {"maxLength": 3}}}"#;
    let world = World::with(&[
        ("schemas/pay.schema.json", schema),
        ("environments/staging/pay.yaml", "password: hunter2\n"),
        ("environments/staging/odd.yaml", "password: \"hunter2\\0\"\ntoken: [.inf, hunter2]\n"),
    ]);
    for line in ["pay --format json", "odd --format dotenv", "odd --format json"] {
        let told = world.line(&format!("export {line} --env staging"));
        assert_eq!(told.code, 3);
        assert!(!told.told().contains("hunter2"), "{}", told.told());
    }
}

#[test]
fn notes_go_to_standard_error() {
    let world = World::with(&[("environments/staging/pay.yaml", "a: ~\nb: ${x}\n")]);
    let told = world.line("export pay --env staging --format toml");
    assert_eq!(
        (told.stdout.as_str(), told.stderr.as_str()),
        ("b = \"${x}\"\n", "TOML has no null: `a` of pay is left out\n")
    );
    let told = world.line("export pay --env staging --format dotenv");
    assert!(told.stdout == "A=''\nB='${x}'\n" && told.stderr.contains("as in B;"), "{}", told.told());
    assert_eq!(world.line("-q export pay --env staging --format toml").stderr, "");
}

#[cfg(unix)]
#[test]
fn nothing_is_left_out_silently() {
    let world = World::with(&[("environments/production/app.yaml", "a: 1\n")]);
    std::os::unix::fs::symlink("app.yaml", world.dir.join("environments/production/x.yaml")).expect("a link");
    for line in ["export", "export x"] {
        let told = world.line(&format!("{line} --env production --format json"));
        assert_eq!((told.code, told.stdout.as_str()), (3, ""), "{line}: {}", told.stderr);
        assert!(told.stderr.contains("x.yaml") && told.stderr.contains("[symlink]"), "{}", told.stderr);
    }
    assert_eq!(world.line("run --env production -- true").code, 3);
    assert_eq!(world.line("export app --env production --format dotenv").exits(0), "A=1\n");
    std::fs::remove_file(world.dir.join("environments/production/x.yaml")).expect("removed");
    world.write("environments/production/-limits.yaml", "c: 1\n");
    assert_eq!(world.line("export --env production --format json").code, 3);
}

#[test]
fn names_by_which_text_is_run_need_the_policy() {
    let world =
        World::with(&[("environments/staging/pay.yaml", "env: /x\nnode_options: --require ./x.js\n")]);
    let told = world.line("export pay --env staging --format dotenv");
    assert_eq!((told.code, told.stdout.as_str()), (3, ""), "{}", told.stderr);
    assert!(told.stderr.contains("NODE_OPTIONS, which is code that Node loads"), "{}", told.stderr);
    assert!(told.stderr.contains("[run] allow = [\"NODE_OPTIONS\"] in terrace.toml"), "{}", told.stderr);
    assert_eq!(world.line("export pay --env staging --format env-file").code, 0);
    world.write("terrace.toml", "version = 1\n[run]\nallow = [\"NODE_OPTIONS\"]\n");
    assert_eq!(world.line("export pay --env staging --format dotenv").code, 0);
    assert_eq!(world.line("run pay --env staging -- true").code, 0);
    let told = world.line("run pay --env staging -- sh -c true");
    assert!(told.code == 3 && told.stderr.contains("variable ENV, which is"), "{}", told.stderr);
}

#[cfg(unix)]
#[test]
fn a_terminal_is_not_obeyed() {
    let world = World::with(&[("environments/staging/pay.yaml", "a: \"x\\e[31my\\tz\\nb\"\n")]);
    // An env file has no line breaks, and a Secret is in base64.
    for format in Format::ALL.into_iter().filter(|format| !matches!(format, Format::EnvFile | Format::Secret))
    {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(["export", "pay", "--env", "staging", "--format", format.name()]);
        let (code, shown) = crate::terminal::converse(command, &[]);
        assert_eq!(code, 0, "{shown}");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{format}: {shown:?}");
        assert!(shown.contains("[31m"), "{format}: {shown:?}");
    }
}

#[test]
fn a_bare_repository_exports_its_head() {
    let world = shop();
    let bare = world.beside("bare.git");
    world.git(&["clone", "--quiet", "--bare", ".", bare.to_str().expect("UTF-8")]);
    let told = world.terrace(&[
        "-C",
        bare.to_str().expect("UTF-8"),
        "export",
        "pay",
        "--env",
        "production",
        "--format",
        "json",
    ]);
    let json: Json = serde_json::from_str(&told.exits(0)).expect("JSON");
    assert_eq!(json["db"]["host"], "db.example.com");
}
