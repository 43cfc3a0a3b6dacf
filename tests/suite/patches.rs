//! Patches of items: what they mean, which bytes move, and what they may not do with secrets.

use terrace::api::{sent, value};
use terrace::model::{ErrorKind, Patch, PatchOperation, Pointer, Policy, Segment, Value, ValuePath};
use terrace::ops::{ItemEdit, commit_changes, prepare_changes};
use terrace::secrets::mask::{Mask, Reveal};
use terrace::yaml::{Document, Limits};

use crate::changes::{STAGING, change, options, request, workspace};
use crate::fixtures;
use crate::support::World;

const FILE: &str = "environments/staging/a.yaml";

fn patch(text: &str) -> Patch {
    let patch = if text.starts_with('[') { sent::json_patch(text) } else { sent::merge_patch(text) };
    patch.unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The text of the item once it is edited, or the kind of the refusal and its message.
fn edited(world: &World, edit: ItemEdit, reveal: Reveal) -> Result<String, (ErrorKind, String)> {
    let request = terrace::ops::ChangeRequest { reveal, ..request(vec![change("a", None, edit)]) };
    let workspace = workspace(&world.dir);
    let told = |error: terrace::Error| (error.kind(), error.message().to_owned());
    // Trying says the same as doing.
    let tried = prepare_changes(&workspace, &request, &options()).map(|tried| tried.items).map_err(told);
    let done = commit_changes(&workspace, &request, &options()).map_err(told);
    assert_eq!(done.as_ref().map(|done| &done.items), tried.as_ref());
    done.map(|_| world.read(FILE))
}

fn patched(before: &str, text: &str, reveal: Reveal) -> Result<String, (ErrorKind, String)> {
    let world = World::with(&[(FILE, before)]);
    let after = edited(&world, ItemEdit::Patch(patch(text)), reveal);
    if after.is_err() {
        assert_eq!(world.read(FILE), before);
    }
    after
}

#[test]
fn only_the_bytes_of_what_differs_move() {
    for (before, patch, after) in [
        // RFC 7396.
        (
            "a: 1.10  # as it is\nb: 0x1F\n",
            r#"{"b":2,"c":{"d":1e5}}"#,
            "a: 1.10  # as it is\nb: 2\nc:\n  d: 1e5\n",
        ),
        (
            "# top\na: 'x'\nb: {c: 1, d: 2} # one line\n",
            r#"{"a":"y","b":{"c":null,"e":"no"}}"#,
            "# top\na: 'y'\nb: {d: 2, e: 'no'} # one line\n",
        ),
        ("a: [1, 2]\nb: 1\n", r#"{"a":[1,2,3]}"#, "a: [1, 2, 3]\nb: 1\n"),
        ("a: 1\n", r#"{"a":{"b":null,"c":1}}"#, "a:\n  c: 1\n"),
        ("a: 1\r\nb: 2\r\n", r#"{"b":null,"c":3}"#, "a: 1\r\nc: 3\r\n"),
        ("a: 1\nb: 2", r#"{"b":3}"#, "a: 1\nb: 3"),
        ("# nothing yet\n", r#"{"a":{"b":1}}"#, "# nothing yet\na:\n  b: 1\n"),
        ("a: 1\n", r#"{}"#, "a: 1\n"),
        ("a: 1\n", r#"{"x":null}"#, "a: 1\n"),
        // RFC 6902.
        (
            "l:\n  - a  # first\n  - b  # second\n  - c\n",
            r#"[{"op":"remove","path":"/l/0"}]"#,
            "l:\n  - b  # second\n  - c\n",
        ),
        (
            "l:\n  - a  # first\n  - c\n",
            r#"[{"op":"add","path":"/l/1","value":"b"},{"op":"add","path":"/l/-","value":"d"}]"#,
            "l:\n  - a  # first\n  - b\n  - c\n  - d\n",
        ),
        (
            "a: 1\nb: 1.10\n",
            r#"[{"op":"test","path":"/b","value":1.1},{"op":"copy","from":"/b","path":"/c"},{"op":"move","from":"/a","path":"/d"}]"#,
            "b: 1.10\nc: 1.10\nd: 1\n",
        ),
        (
            "a:\n  b/c: 1  # kept\n  ~: 2\n",
            r#"[{"op":"replace","path":"/a/b~1c","value":2},{"op":"remove","path":"/a/~0"}]"#,
            "a:\n  b/c: 2  # kept\n",
        ),
        (
            "a: 1\nb: 2\n",
            r#"[{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":1}]"#,
            "a: 1\nb: 2\n",
        ),
        ("a:\n", r#"[{"op":"add","path":"/a/b","value":null}]"#, "a:\n  b: null\n"),
        ("a: 1\nb: 2 # two\n", r#"[{"op":"replace","path":"","value":{"b":2}}]"#, "b: 2 # two\n"),
        (
            "servers:\n  - name: x1\n    port: 1 # one\n  - name: y1\n    port: 2\n",
            r#"[{"op":"move","from":"/servers/1","path":"/servers/0"},{"op":"replace","path":"/servers/1/port","value":3}]"#,
            "servers:\n  - name: y1\n    port: 2\n  - name: x1\n    port: 3 # one\n",
        ),
        // What is merged is overridden where it is read; an alias is written out.
        (
            "d: &d {x: 1, y: 2}\ne:\n  <<: *d\n  z: 3 # own\n",
            r#"{"e":{"x":5}}"#,
            "d: &d {x: 1, y: 2}\ne:\n  <<: *d\n  z: 3 # own\n  x: 5\n",
        ),
        ("a: &a 1\nb: *a\n", r#"{"b":2}"#, "a: &a 1\nb: 2\n"),
        ("a: !x {b: 1}\n", r#"{"a":{"c":2}}"#, "a: !x {b: 1, c: 2}\n"),
    ] {
        assert_eq!(patched(before, patch, Reveal::Nothing).as_deref(), Ok(after), "{patch}");
    }
}

#[test]
fn what_does_not_fit_changes_nothing() {
    for (before, patch, kind, told) in [
        (
            "a: 1\n",
            r#"[{"op":"remove","path":"/b"}]"#,
            ErrorKind::Usage,
            "operation 1 (remove): there is no value at `/b`",
        ),
        (
            "a: 1\n",
            r#"[{"op":"replace","path":"/a","value":2},{"op":"test","path":"/a","value":1}]"#,
            ErrorKind::TestFailed,
            "operation 2 (test): the value at `/a` is not what is tested for",
        ),
        (
            "a: '1'\n",
            r#"[{"op":"test","path":"/a","value":1}]"#,
            ErrorKind::TestFailed,
            "operation 1 (test): the value at `/a` is not what is tested for",
        ),
        (
            "l: [1]\n",
            r#"[{"op":"add","path":"/l/2","value":1}]"#,
            ErrorKind::Usage,
            "operation 1 (add): the list has 1 elements, and no place at `/l/2`",
        ),
        (
            "l: [1, 2]\n",
            r#"[{"op":"remove","path":"/l/01"}]"#,
            ErrorKind::Usage,
            "operation 1 (remove): there is no value at `/l/01`",
        ),
        (
            "l: [1]\n",
            r#"[{"op":"replace","path":"/l/-","value":1}]"#,
            ErrorKind::Usage,
            "operation 1 (replace): there is no value at `/l/-`",
        ),
        (
            "a: {b: 1}\n",
            r#"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            ErrorKind::Usage,
            "operation 1 (move): `/a` cannot be moved into itself, to `/a/b`",
        ),
        (
            "a: x\n",
            r#"[{"op":"add","path":"/a/b","value":1}]"#,
            ErrorKind::Usage,
            "operation 1 (add): the parent of `/a/b` is neither a mapping nor a list",
        ),
        (
            "a: 1\n",
            r#"[{"op":"remove","path":""}]"#,
            ErrorKind::Usage,
            "operation 1 (remove): an item is not removed by a patch",
        ),
        ("a: 1\n", r#"{"b":{"number":"x: 1"}}"#, ErrorKind::Usage, "`b` is given as a number, and is none"),
        (
            "a: 1\n---\nb: 1\n",
            r#"{"a":2}"#,
            ErrorKind::Undecided,
            "environments/staging/a.yaml holds 2 YAML documents, and one value is none of them",
        ),
        (
            "d: &d {x: 1}\ne: *d\n",
            r#"{"e":{"x":2}}"#,
            ErrorKind::Undecided,
            "environments/staging/a.yaml:1:11: `e.x` takes its value from `d.x`, through an alias or a merge",
        ),
        ("a: [\n", r#"{"a":2}"#, ErrorKind::State, "environments/staging/a.yaml:1:4: "),
    ] {
        let (found, message) = patched(before, patch, Reveal::Secrets).expect_err(patch);
        assert!(found == kind && message.starts_with(told), "{patch}: {found:?} {message}");
    }
}

const SECRETS: &str = "user: u\npassword: hunter2  # ours\nusers:\n  - name: x\n    token: tx1\n  - name: y\n    token: ty2\nkeys: []\n";

#[test]
fn a_mask_is_what_stands_there() {
    for (patch, after) in [
        (r#"{"user":"v","password":{"masked":true}}"#, SECRETS.replace("user: u", "user: v")),
        (
            r#"{"users":[{"name":"y","token":{"masked":true}},{"name":"z"}]}"#,
            SECRETS.replace("  - name: x\n    token: tx1\n", "").replace("keys", "  - name: z\nkeys"),
        ),
        (
            r#"[{"op":"remove","path":"/users/0"},{"op":"add","path":"/users/0/a","value":1}]"#,
            SECRETS.replace("  - name: x\n    token: tx1\n", "").replace("ty2\n", "ty2\n    a: 1\n"),
        ),
        (
            r#"[{"op":"test","path":"/users/1","value":{"name":"y","token":{"masked":true}}},{"op":"replace","path":"/users/1/token","value":{"masked":true}}]"#,
            SECRETS.to_owned(),
        ),
        (r#"{"password":null}"#, SECRETS.replace("password: hunter2  # ours\n", "")),
    ] {
        for reveal in [Reveal::Nothing, Reveal::Secrets] {
            assert_eq!(patched(SECRETS, patch, reveal).as_ref(), Ok(&after), "{patch}");
        }
    }
    for (patch, told) in [
        (r#"{"user":{"masked":true}}"#, "`user` is given as masked, and no secret stands there"),
        (
            r#"{"new":{"password":{"masked":true}}}"#,
            "`new.password` is given as masked, and no secret stands there",
        ),
        (
            r#"{"users":[{"name":"z","token":{"masked":true}}]}"#,
            "`users[0].token` is given as masked, and no secret stands there",
        ),
        (
            r#"[{"op":"add","path":"/users/0","value":{"name":"w","token":{"masked":true}}}]"#,
            "operation 1 (add): `users[0].token` is given as masked, and no secret stands there",
        ),
    ] {
        let told = (ErrorKind::Undecided, told.to_owned());
        assert_eq!(patched(SECRETS, patch, Reveal::Secrets), Err(told.clone()), "{patch}");
        assert_eq!(patched(SECRETS, patch, Reveal::Nothing), Err(told), "{patch}");
    }
}

#[test]
fn who_may_not_see_secrets_learns_and_carries_none() {
    for (patch, kind) in [
        (r#"{"password":"hunter2"}"#, ErrorKind::Forbidden),
        (r#"{"password":"other"}"#, ErrorKind::Forbidden),
        (r#"{"db":{"password":"new1"}}"#, ErrorKind::Forbidden),
        (r#"[{"op":"copy","from":"/password","path":"/user"}]"#, ErrorKind::Forbidden),
        (r#"[{"op":"move","from":"/password","path":"/note"}]"#, ErrorKind::Forbidden),
        (r#"[{"op":"copy","from":"/users/0/token","path":"/keys/-"}]"#, ErrorKind::Forbidden),
        (r#"[{"op":"test","path":"/password","value":"hunter2"}]"#, ErrorKind::TestFailed),
        (r#"[{"op":"test","path":"/users/0","value":{"name":"x","token":"tx1"}}]"#, ErrorKind::TestFailed),
    ] {
        let (found, message) = patched(SECRETS, patch, Reveal::Nothing).expect_err(patch);
        assert_eq!(found, kind, "{patch}");
        assert!(
            ["hunter2", "tx1", "other", "new1"].iter().all(|secret| !message.contains(secret)),
            "{message}"
        );
        assert!(patched(SECRETS, patch, Reveal::Secrets).is_ok(), "{patch}");
    }
    // A whole item that holds a secret, or held one, is put by who may see it.
    let value = |text: &str| ItemEdit::Value(sent::value(text).expect("JSON"));
    for (before, edit, may) in [
        (SECRETS, ItemEdit::Put(SECRETS.into()), false),
        (SECRETS, ItemEdit::Put(b"user: u\n".to_vec()), false),
        (SECRETS, value(r#"{"user":"v","password":{"masked":true}}"#), false),
        (SECRETS, ItemEdit::Delete, true),
        ("user: u\n", ItemEdit::Put(SECRETS.into()), false),
        ("user: u\n", value(r#"{"password":"p1"}"#), false),
        ("x: [\n", ItemEdit::Put(b"user: u\n".to_vec()), true),
        ("password: hunter2\nx: [\n", ItemEdit::Put(b"user: u\n".to_vec()), false),
        ("user: u  # who\nb: 1\n", value(r#"{"user":"u","b":2}"#), true),
    ] {
        let world = World::with(&[(FILE, before)]);
        if !may {
            let (kind, _) = edited(&world, edit.clone(), Reveal::Nothing).expect_err("forbidden");
            assert_eq!(kind, ErrorKind::Forbidden, "{edit:?}");
            assert_eq!(world.read(FILE), before);
        }
        let reveal = if may { Reveal::Nothing } else { Reveal::Secrets };
        let request = terrace::ops::ChangeRequest { reveal, ..request(vec![change("a", None, edit)]) };
        let done = commit_changes(&workspace(&world.dir), &request, &options());
        assert!(done.is_ok(), "{before}: {done:?}");
    }
    assert_eq!(STAGING.name(), "staging");
}

/// The examples of RFC 7396, appendix A, and those of RFC 6902, appendix A, that are about values.
#[test]
fn patches_mean_what_their_standards_say() {
    for (before, patch, after) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"{"a":"b"}"#, r#"{"a":"b"}"#),
        (r#"{"a":"b"}"#, r#""c""#, r#""c""#),
        (r#"{"a":"foo"}"#, "null", "null"),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        (r#"{"foo":"bar"}"#, r#"[{"op":"add","path":"/baz","value":"qux"}]"#, r#"{"baz":"qux","foo":"bar"}"#),
        (
            r#"{"foo":["bar","baz"]}"#,
            r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            r#"{"foo":["bar","qux","baz"]}"#,
        ),
        (r#"{"baz":"qux","foo":"bar"}"#, r#"[{"op":"remove","path":"/baz"}]"#, r#"{"foo":"bar"}"#),
        (
            r#"{"foo":["bar","qux","baz"]}"#,
            r#"[{"op":"remove","path":"/foo/1"}]"#,
            r#"{"foo":["bar","baz"]}"#,
        ),
        (
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            r#"{"baz":"boo","foo":"bar"}"#,
        ),
        (
            r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
        ),
        (
            r#"{"foo":["all","grass","cows","eat"]}"#,
            r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            r#"{"foo":["all","cows","eat","grass"]}"#,
        ),
        (
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
        ),
        (
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            r#"{"foo":"bar","child":{"grandchild":{}}}"#,
        ),
        (r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":10}]"#, r#"{"/":9,"~1":10}"#),
        (
            r#"{"foo":["bar"]}"#,
            r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            r#"{"foo":["bar",["abc","def"]]}"#,
        ),
    ] {
        let text = format!("{before}\n");
        let text =
            patched(&text, patch, Reveal::Secrets).unwrap_or_else(|error| panic!("{patch}: {error:?}"));
        let read = Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        assert_eq!(Ok(read.value()), sent::value(after).as_ref(), "{before} {patch}");
    }
}

/// Keys and positions on the way to each scalar.
fn leaves(value: &Value) -> Vec<(ValuePath, Value)> {
    let mut leaves = Vec::new();
    value.walk(&ValuePath::root(), &mut |path, value| leaves.push((path.clone(), value.clone())));
    leaves
}

/// What a program reads of a real file it may send back, and nothing changes; one value replaced is one
/// line.
#[test]
#[ignore = "needs the fixtures"]
fn real_files_are_put_back_as_they_were_and_patched_in_one_place() {
    let policy = Policy::default();
    let mut texts = Vec::new();
    for file in fixtures::files(&fixtures::folder()) {
        let is_yaml = file.extension().is_some_and(|it| it == "yaml" || it == "yml");
        let Some(text) =
            std::fs::read(&file).ok().filter(|_| is_yaml).and_then(|it| String::from_utf8(it).ok())
        else {
            continue;
        };
        let Ok(document) = Document::parse(text.as_bytes(), &Limits::default()) else { continue };
        let is_plain = document.values().len() == 1 && document.problems().is_empty() && text.len() < 20_000;
        if is_plain && document.value().as_map().is_some_and(|map| !map.is_empty()) {
            texts.push(text);
        }
    }
    let every = texts.len() / 250 + 1;
    let texts: Vec<String> = texts.into_iter().step_by(every).collect();
    let files: Vec<(String, &str)> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| (format!("environments/staging/f{n}.yaml"), text.as_str()))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), *text)).collect();
    let world = World::with(&files);
    let (workspace, options) = (workspace(&world.dir), options());
    let edit = |n: usize, edit| {
        let items = vec![change(&format!("f{n}"), None, edit)];
        prepare_changes(&workspace, &request(items), &options)
    };
    let (mut same, mut one_line, mut more, mut refused) = (0, 0, Vec::new(), Vec::new());
    for (n, text) in texts.iter().enumerate() {
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        let mask = Mask::new(&policy);
        let secrets = mask.secrets_of([&document]);
        let shown = mask.within(&secrets).value(&ValuePath::root(), document.value());
        let read = value::json(shown.shown()).to_string();
        match sent::value(&read).and_then(|value| edit(n, ItemEdit::Value(value))) {
            Ok(prepared) => {
                assert!(prepared.is_empty(), "f{n} {read}\n{text}");
                same += 1;
            }
            Err(error) => refused.push(format!("put: {error}")),
        }
        let leaves = leaves(document.value());
        let Some((path, _)) = leaves.iter().filter(|(_, it)| it.is_scalar()).nth(n % leaves.len().max(1))
        else {
            continue;
        };
        let tokens = path.segments.iter().map(|segment| match segment {
            Segment::Key(key) => key.clone(),
            Segment::Index(index) => index.to_string(),
            Segment::Append | Segment::Identity { .. } => unreachable!("paths of values by position"),
        });
        let path = Pointer::new(tokens);
        let replace =
            PatchOperation::Replace { path: path.clone(), value: Value::String("terrace-new".into()) };
        match edit(n, ItemEdit::Patch(Patch::Json(vec![replace]))) {
            Ok(prepared) => {
                let after = prepared.text(0).expect("a text");
                let (old, new): (Vec<&str>, Vec<&str>) = (text.lines().collect(), after.lines().collect());
                let differ = old.iter().zip(&new).filter(|(a, b)| a != b).count();
                if differ == 1 && old.len() == new.len() {
                    one_line += 1
                } else {
                    more.push(format!("f{n} {path}"))
                }
            }
            Err(error) => refused.push(format!("replace {path}: {error}")),
        }
    }
    let count = texts.len();
    println!(
        "patches: {count} real files, {same} put back unchanged; one value replaced: {one_line} in one line, {} in more, {} refused",
        more.len(),
        refused.len()
    );
    println!("{}\n{}", more.join("\n"), refused.join("\n"));
    assert!(count > 100 && same * 100 >= count * 95 && (one_line + more.len()) * 100 >= count * 95);
}
