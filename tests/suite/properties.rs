//! `.properties` files: what becomes of them is what Java reads in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use terrace::formats::read::{Converted, Format, Refusal, convert};
use terrace::formats::write::{ExportItem, Format as Export, NameStyle, Selection, export};
use terrace::model::{Key, Value};
use terrace::yaml::Limits;

use crate::external_readers::{self, Values};
use crate::fixtures::files;
use crate::support::World;

/// An item's strings by their dotted paths.
fn dotted(value: &Value) -> Values {
    fn collect(value: &Value, name: &[String], out: &mut Values) {
        match value {
            Value::Map(map) => {
                for (key, value) in map {
                    collect(value, &[name, std::slice::from_ref(key)].concat(), out);
                }
            }
            Value::String(text) => assert_eq!(out.insert(name.join("."), text.clone()), None),
            other => panic!("{other:?}"),
        }
    }
    let mut out = Values::new();
    collect(value, &[], &mut out);
    out
}

fn values(converted: &Converted) -> Values {
    dotted(converted.documents.first().expect("a document"))
}

#[test]
fn a_properties_file_becomes_an_item_and_goes_back() {
    let text = "# the shop\nserver.port = 8080\nserver.name: shop\n\n! where orders go\norders.queue=jms:\\\n    orders?x=${X}\ntitle=Gr\\u00f6\\u00dfe\n";
    let world = World::with(&[
        ("config/application.properties", text),
        ("config/application-prod.properties", "a=1\n"),
        ("config/gradle.properties", "org.gradle.daemon=true\n"),
    ]);
    let told = world.line("migrate config --yes").exits(0);
    let item = world.read("environments/development/application.yaml");
    assert_eq!(
        item,
        "# the shop\nserver:\n  port: '8080'\n  name: shop\n\n# where orders go\norders:\n  queue: jms:orders?x=${X}\ntitle: Größe\n"
    );
    assert!(!world.dir.join("config/application.properties").exists());
    for expected in [
        "config/application-prod.properties looks like production's",
        "a build tool's settings",
        "application.properties:6: orders.queue refers to a variable, which stays as written",
    ] {
        let line = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(expected), "{expected}: {told}");
    }
    let exported = world.line("export application --env development --format properties").exits(0);
    assert_eq!(external_readers::properties(&exported), external_readers::properties(text));
}

#[test]
fn a_kept_properties_file_must_say_what_its_item_says() {
    let world = World::with(&[("config/app.properties", "a.b=1\na.c=2\n")]);
    world.line("migrate config --keep-legacy --yes").exits(0);
    world.line("check").exits(0);
    world.write("config/app.properties", "a.b=1\na.c=3\n");
    let told = world.line("check");
    assert_eq!(told.code, 1);
    assert!(told.stdout.contains("legacy-drift") && told.stdout.contains("a.c"), "{}", told.stdout);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let world = World::with(&[
        ("config/app.properties", "a=1\nb=2\n a = 3\n"),
        ("config/u.properties", "x=\\u00g0\n"),
    ]);
    world.refuses(
        "migrate config/app.properties --yes",
        2,
        "error: config/app.properties:3:2: `a` is set twice, first on line 1\nhelp: keep the one that counts; Java takes the last; or leave such files with --skip-invalid",
    );
    let told = world.line("migrate config/u.properties --yes");
    assert_eq!(told.code, 2);
    assert!(told.stderr.starts_with("error: config/u.properties:1:3: "), "{}", told.stderr);
}

/// Texts made of what a properties reader treats in its own way, and only of valid escapes.
fn texts() -> Vec<String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "a", "b", ".", "=", ":", " ", "\t", "\u{c}", "#", "!", "\\\\", "\\=", "\\:", "\\ ", "\\#", "\\n", "\\t",
            "\\r", "\\f", "\\q", "\\u0041", "\\u00e4", "\\ud83d\\ude00", "\\\n", "\\\n   ", "\\\r\n\t", "x.y", "[0]", "${v}", "é",
            "🎉", "\"", "'", "\u{85}", "\u{2028}",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]).prop_map(str::to_owned),
        1 => "[ -\\[\\]-~]{1,5}",
    ];
    let text = prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    (0..3_000).map(|_| text.new_tree(&mut runner).expect("a text").current()).collect()
}

#[test]
fn any_valid_file_says_what_the_specification_reads() {
    let (mut some, mut twice) = (0, 0);
    for text in texts() {
        match convert(Format::Properties, text.as_bytes(), &Limits::default()) {
            Ok(converted) => {
                let read = external_readers::properties(&text);
                assert_eq!(values(&converted), read, "{text:?}");
                some += usize::from(!read.is_empty());
            }
            Err(Refusal::Rejected(rejection)) => {
                assert!(rejection.message.contains("is set twice"), "{text:?}: {}", rejection.message);
                twice += 1;
            }
            Err(Refusal::Defect(error)) => panic!("{text:?}: {error}"),
        }
    }
    println!("{some} files agree with the specification, {twice} refused for a name set twice");
    assert!(some > 1_000);
}

#[test]
#[ignore = "needs java"]
fn any_valid_file_says_what_java_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut files, mut read) = (Vec::new(), Vec::new());
    for (number, text) in texts().into_iter().enumerate() {
        // A continued line that the file's end leaves empty is a property without a name to Java,
        // though empty lines are none.
        if text.replace("\r\n", "\n").replace('\r', "\n").ends_with("\\\n") {
            continue;
        }
        let Ok(converted) = convert(Format::Properties, text.as_bytes(), &Limits::default()) else {
            continue;
        };
        let file = folder.path().join(number.to_string());
        // Java's reader takes bytes for ISO-8859-1; its escapes say the same.
        std::fs::write(&file, escaped(&text)).expect("written");
        files.push(file);
        read.push(values(&converted));
    }
    let java = external_readers::java(&files);
    assert_eq!(java.len(), files.len());
    for ((ours, java), file) in read.iter().zip(&java).zip(&files) {
        assert_eq!(ours, java, "{:?}", std::fs::read_to_string(file));
    }
    println!("{} files agree with java", java.len());
}

/// Characters beyond ASCII as escapes.
fn escaped(text: &str) -> String {
    let unit = |unit: u16| format!("\\u{unit:04x}");
    let escape = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|u| unit(*u)).collect(),
    };
    text.chars().map(escape).collect()
}

/// The configuration files of the Java that is installed.
fn of_java() -> Vec<PathBuf> {
    let told = Command::new("java").args(["-XshowSettings:properties", "-version"]).output().expect("java");
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    let home = told.lines().find_map(|line| line.trim().strip_prefix("java.home = ")).expect("its home");
    let conf = Path::new(home).join("conf").canonicalize().expect("its configuration");
    let mut found = files(&conf);
    found.retain(|file| file.extension().is_some_and(|extension| extension == "properties"));
    found
}

#[test]
#[ignore = "needs java"]
fn real_properties_files_go_there_and_back() {
    let files = of_java();
    assert!(!files.is_empty());
    let key: Key = "app".parse().expect("a key");
    let folder = tempfile::tempdir().expect("a folder");
    let (mut back, mut comments, mut count) = (Vec::new(), 0, 0);
    for (number, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).expect("a file");
        let converted = convert(Format::Properties, &bytes, &Limits::default()).expect("converted");
        comments += converted.comments;
        count += converted.values;
        let value = converted.documents.first().expect("a document");
        let selection = Selection {
            items: vec![ExportItem { key: &key, value }],
            alone: true,
            prefix: "",
            names: &NameStyle::default(),
            allowed: &[],
        };
        let text = export(&selection, Export::Properties).expect("exported").text;
        let copy = folder.path().join(number.to_string());
        std::fs::write(&copy, text).expect("written");
        back.push(copy);
    }
    let (before, after) = (external_readers::java(&files), external_readers::java(&back));
    assert_eq!(before, after);
    println!("{} real files, {count} values, {comments} comments", files.len());
}
