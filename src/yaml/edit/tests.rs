//! Small edits, each with the bytes that must come out.

use super::{Operation, Place, Replacement, apply, intended};
use crate::model::{Segment, ValuePath};
use crate::yaml::{Document, Limits};

fn read(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
}

fn path(text: &str) -> ValuePath {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn value(yaml: &str) -> Replacement<'static> {
    Replacement::Value(read(yaml).value().clone())
}

/// The value at a path of another document, which lives as long as the tests do.
fn from(source: &str, at: &str) -> Replacement<'static> {
    Replacement::From { document: Box::leak(Box::new(read(source))), path: path(at) }
}

fn set(at: &str, value: Replacement<'static>) -> Operation<'static> {
    Operation::Set { path: path(at), value }
}

fn remove(at: &str) -> Operation<'static> {
    Operation::Remove { path: path(at) }
}

fn insert(parent: &str, key: &str, place: Place, value: Replacement<'static>) -> Operation<'static> {
    let key = (!key.is_empty()).then(|| key.to_owned());
    Operation::Insert { parent: path(parent), key, place, value, comment: None }
}

fn add(parent: &str, key: &str, yaml: &str) -> Operation<'static> {
    insert(parent, key, Place::Last, value(yaml))
}

fn push(parent: &str, after: Option<usize>, yaml: &str) -> Operation<'static> {
    let place = after.map_or(Place::First, |index| Place::After(Segment::Index(index)));
    insert(parent, "", place, value(yaml))
}

fn after(key: &str) -> Place {
    Place::After(Segment::Key(key.to_owned()))
}

fn named(name: &str) -> Place {
    Place::After(Segment::Identity { field: "name".to_owned(), value: name.to_owned() })
}

fn document(after: &str, value: Replacement<'static>) -> Operation<'static> {
    let after = (!after.is_empty()).then(|| path(after).document);
    Operation::InsertDocument { after, value }
}

type Case = (&'static str, &'static str, Vec<Operation<'static>>, &'static str);

/// Applies each case and compares bytes; `apply` itself has compared the values.
fn check(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for (name, input, operations, expected) in cases {
        match apply(&read(input), &operations, &Limits::default()) {
            Ok(text) if text == expected => {
                assert_eq!(Ok(read(&text).values().to_vec()), intended(&read(input), &operations), "{name}");
            }
            Ok(text) => wrong.push(format!("{name}:\n{input}---- gives\n{text}---- not\n{expected}")),
            Err(refusal) => wrong.push(format!("{name}: refused: {}", refusal.message)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n====\n"));
}

#[test]
fn scalars_keep_their_style() {
    check(vec![
        ("plain", "a: x  # c\nb: 1\n", vec![set("a", value("w"))], "a: w  # c\nb: 1\n"),
        ("single quotes", "a: 'x'\n", vec![set("a", value("it's"))], "a: 'it''s'\n"),
        ("double quotes", "a: \"x\" # c\n", vec![set("a", value("'q\"q'"))], "a: \"q\\\"q\" # c\n"),
        ("quotes go for a number", "a: 'x'\n", vec![set("a", value("5"))], "a: 5\n"),
        ("a look-alike of YAML 1.1", "a: x\n", vec![set("a", value("'no'"))], "a: 'no'\n"),
        ("a look-alike of a number", "a: x\n", vec![set("a", value("'1.10'"))], "a: '1.10'\n"),
        ("to null", "a: x # c\n", vec![set("a", value("~"))], "a: null # c\n"),
        ("nothing written", "a:   # c\nb: 1\n", vec![set("a", value("5"))], "a: 5   # c\nb: 1\n"),
        ("nothing written in a list", "- a\n-\n", vec![set("[1]", value("b"))], "- a\n- b\n"),
        ("nothing written, with an anchor", "a: &x\n", vec![set("a", value("1"))], "a: &x 1\n"),
        (
            "lines of plain text",
            "a: one\n  two  # c\nb: 1\n",
            vec![set("a", value("x"))],
            "a: x  # c\nb: 1\n",
        ),
        ("a value on its own line", "a:\n  x # c\nb: 1\n", vec![set("a", value("w"))], "a:\n  w # c\nb: 1\n"),
        ("a root", "# h\nx # c\n", vec![set("", value("w"))], "# h\nw # c\n"),
        ("a tag that fits", "a: !!str 12 # c\n", vec![set("a", value("'x'"))], "a: !!str x # c\n"),
        ("a tag that does not fit", "a: !!str 12 # c\n", vec![set("a", value("5"))], "a: 5 # c\n"),
        ("a tag of an application", "a: !env X\n", vec![set("a", value("!env Z"))], "a: !env Z\n"),
        ("a new tag", "a: &n 1\n", vec![set("a", value("!env Z"))], "a: &n !env Z\n"),
        ("an unused anchor stays", "a: &n x\n", vec![set("a", value("w"))], "a: &n w\n"),
        ("equal is untouched", "a: 0x1F\nb: ~\n", vec![set("b", value("null"))], "a: 0x1F\nb: ~\n"),
        ("an explicit key", "? a\n: x\n? b\n: w\n", vec![set("b", value("z"))], "? a\n: x\n? b\n: z\n"),
        ("a key without a colon", "{a, b: 1}\n", vec![set("a", value("5"))], "{a: 5, b: 1}\n"),
        ("the last of two equal keys", "a: 1\na: 2\n", vec![set("a", value("3"))], "a: 1\na: 3\n"),
    ]);
}

#[test]
fn block_scalars_stay_blocks_where_they_can() {
    check(vec![
        ("to lines", "a: x # c\nb: 1\n", vec![set("a", value("\"p\\nq\\n\""))], "a: | # c\n  p\n  q\nb: 1\n"),
        (
            "lines to lines",
            "a: |\n    x\n\nb: 1\n",
            vec![set("a", value("\"p\\nq\""))],
            "a: |-\n    p\n    q\n\nb: 1\n",
        ),
        (
            "lines to a word",
            "a: >- # c\n  x\n  w\n\n# d\nb: 1\n",
            vec![set("a", value("z"))],
            "a: z # c\n\n# d\nb: 1\n",
        ),
        ("quotes stay", "a: \"x\"\n", vec![set("a", value("\"p\\nq\""))], "a: \"p\\nq\"\n"),
        ("in a list", "- x\n- w\n", vec![set("[0]", value("\"p\\nq\\n\""))], "- |\n  p\n  q\n- w\n"),
        ("in flow", "{a: x}\n", vec![set("a", value("\"p\\nq\""))], "{a: \"p\\nq\"}\n"),
        (
            "folded from a source",
            "a: x\n",
            vec![set("a", from("k:\n    z: >-\n        one\n\n        two\n        three\n", "k.z"))],
            "a: >-\n  one\n\n  two\n  three\n",
        ),
        (
            "blank lines at its end",
            "a: x\n\nb: 1\n",
            vec![set("a", value("\"p\\n\\n\""))],
            "a: \"p\\n\\n\"\n\nb: 1\n",
        ),
        ("one that keeps blank lines", "a: |+\n  x\n\nb: 1\n", vec![set("a", value("w"))], "a: w\nb: 1\n"),
        (
            "a neighbour that keeps blank lines",
            "a: |+\n  x\n\nb: 1\n\nc: 2\n",
            vec![remove("b")],
            "a: |+\n  x\n\nc: 2\n",
        ),
        // Readers differ on the last line feed of a text that the file ends with.
        ("at the end of an open file", "a: x", vec![set("a", value("\"p\\nq\\n\""))], "a: |\n  p\n  q\n"),
        ("which ends so already", "a: |\n  x", vec![set("a", value("\"p\\nq\\n\""))], "a: |\n  p\n  q"),
        ("without a last line feed", "a: x", vec![set("a", value("\"p\\nq\""))], "a: |-\n  p\n  q"),
    ]);
}

#[test]
fn text_comes_from_its_source() {
    let source = "n: 1.10\nh: 0x1F\nt: True\nnull: ~\nq: \"a b\"\ns: 'no'\nd: 2024-01-01\nyes: no\n";
    check(vec![
        ("a number's text", "a: 1\n", vec![set("a", from(source, "n"))], "a: 1.10\n"),
        ("another base", "a: 1\n", vec![set("a", from(source, "h"))], "a: 0x1F\n"),
        ("a boolean's text", "a: 1\n", vec![set("a", from(source, "t"))], "a: True\n"),
        ("null's text", "a: 1\n", vec![set("a", from(source, "null"))], "a: ~\n"),
        ("the target's quoting", "a: x\n", vec![set("a", from(source, "q"))], "a: a b\n"),
        (
            "the source's quotes where some are needed",
            "a: x\n",
            vec![set("a", from("s: \"no\"\n", "s"))],
            "a: \"no\"\n",
        ),
        ("the target's quotes", "a: \"x\"\n", vec![set("a", from(source, "s"))], "a: \"no\"\n"),
        ("plain text that was plain", "a: x\n", vec![set("a", from(source, "d"))], "a: 2024-01-01\n"),
        (
            "an entry brings its quotes",
            "a: 1\n",
            vec![insert("", "q", Place::Last, from(source, "q"))],
            "a: 1\nq: \"a b\"\n",
        ),
        (
            "an entry brings its comments",
            "m:\n    a: 1\n",
            vec![insert("m", "k", Place::Last, from("k: 1\n\n# why\n# so\nk: 5 # s\nz: 1\n", "k"))],
            "m:\n    a: 1\n    # why\n    # so\n    k: 5 # s\n",
        ),
        (
            "a mapping brings its comments",
            "a:\n    b: 1\nz: 1\n",
            vec![insert(
                "a",
                "m",
                after("b"),
                from("m: # m\n  # x\n  x: 1 # one\n\n  w: |\n    t\n  # end\nn: 1\n", "m"),
            )],
            "a:\n    b: 1\n    m: # m\n      # x\n      x: 1 # one\n\n      w: |\n        t\n      # end\nz: 1\n",
        ),
        (
            "a mapping in the place of a scalar",
            "a: 1 # c\nz: 1\n",
            vec![set("a", from("m:\n    # x\n    x: 1.0 # one\nn: 1\n", "m"))],
            "a: # c\n  # x\n  x: 1.0 # one\nz: 1\n",
        ),
        (
            "an element",
            "l:\n- name: a\n- name: c\n",
            vec![insert(
                "l",
                "",
                named("a"),
                from("k:\n  # b!\n  - name: b # B\n    v: 1\n  - name: c\n", "k[name=b]"),
            )],
            "l:\n- name: a\n# b!\n- name: b # B\n  v: 1\n- name: c\n",
        ),
        (
            "aliases are written out, anchors stay behind",
            "a: 1\n",
            vec![
                insert("", "m", Place::Last, from("d: &d {x: 1}\nm: {w: *d}\n", "m")),
                insert("", "n", Place::Last, from("n: &n\n  x: &x 1 # c\n", "n")),
            ],
            "a: 1\nm:\n  w:\n    x: 1\nn:\n  x: 1 # c\n",
        ),
        (
            "block into flow",
            "a: {b: 1}\n",
            vec![insert("a", "c", Place::Last, from("c:\n  - x # c\n", "c"))],
            "a: {b: 1, c: [x]}\n",
        ),
        (
            "flow into block",
            "a: 1\n",
            vec![insert("", "c", Place::Last, from("z: {c: [ x ]}\n", "z.c"))],
            "a: 1\nc: [ x ]\n",
        ),
        (
            "the key's own text",
            "a: 1\n",
            vec![insert("", "8080", Place::Last, from("8080: x\n", "8080"))],
            "a: 1\n8080: x\n",
        ),
        (
            "CRLF into LF",
            "a: 1\n",
            vec![insert("", "m", Place::Last, from("m:\r\n  x: 1\r\n", "m"))],
            "a: 1\nm:\n  x: 1\n",
        ),
    ]);
}

#[test]
fn entries_come_in_by_their_siblings_indentation() {
    check(vec![
        (
            "last",
            "a:\n    b: 1 # c\n\nz: 1\n",
            vec![add("a", "c", "2")],
            "a:\n    b: 1 # c\n    c: 2\n\nz: 1\n",
        ),
        (
            "nested layout",
            "a:\n    l:\n    - x\n",
            vec![add("a", "m", "{p: {q: [1]}}")],
            "a:\n    l:\n    - x\n    m:\n        p:\n            q:\n            - 1\n",
        ),
        (
            "first",
            "# head\n\n# a\na: 1\n",
            vec![insert("", "z", Place::First, value("0"))],
            "# head\n\nz: 0\n# a\na: 1\n",
        ),
        (
            "below what heads the file",
            "# head\na: 1\n",
            vec![insert("", "z", Place::First, value("0"))],
            "# head\nz: 0\na: 1\n",
        ),
        (
            "below what heads a document",
            "%YAML 1.2\n--- # top\n# head\na: 1\n",
            vec![insert("", "z", Place::First, value("0"))],
            "%YAML 1.2\n--- # top\n# head\nz: 0\na: 1\n",
        ),
        (
            "behind a sibling",
            "a: 1 # c\n\nb: 2\n",
            vec![insert("", "z", after("a"), value("0"))],
            "a: 1 # c\nz: 0\n\nb: 2\n",
        ),
        (
            "several in order, also behind each other",
            "a: 1\nb: 2\n",
            vec![
                insert("", "p", after("a"), value("1")),
                insert("", "q", after("a"), value("2")),
                insert("", "p2", after("p"), value("3")),
                add("", "z", "4"),
                insert("", "w", after("b"), value("5")),
            ],
            "a: 1\np: 1\np2: 3\nq: 2\nb: 2\nw: 5\nz: 4\n",
        ),
        (
            "at several depths at once",
            "a:\n  b: 1\nz: 1\n",
            vec![insert("", "c", after("a"), value("1")), add("a", "d", "2")],
            "a:\n  b: 1\n  d: 2\nc: 1\nz: 1\n",
        ),
        (
            "no final newline",
            "a:\n  b: 1",
            vec![add("a", "c", "2"), add("", "d", "3")],
            "a:\n  b: 1\n  c: 2\nd: 3",
        ),
        (
            "a block text to no final newline",
            "a: 1",
            vec![insert("", "b", after("a"), value("\"x\\ny\\n\""))],
            "a: 1\nb: |\n  x\n  y\n",
        ),
        (
            "CRLF and a byte order mark",
            "\u{feff}a: 1\r\nb: 2\r\n",
            vec![add("", "c", "{d: 1}"), remove("a")],
            "\u{feff}b: 2\r\nc:\r\n  d: 1\r\n",
        ),
        ("to nothing written", "a: # c\nb: 1\n", vec![add("a", "x", "1")], "a: # c\n  x: 1\nb: 1\n"),
        (
            "to null",
            "a: null # c\nb: 1\n",
            vec![add("a", "x", "1"), add("a", "w", "2")],
            "a: # c\n  x: 1\n  w: 2\nb: 1\n",
        ),
        ("an element to null", "a: ~\n", vec![push("a", None, "x")], "a:\n  - x\n"),
        ("to an empty mapping", "a: {} # c\n", vec![add("a", "x", "1")], "a: # c\n  x: 1\n"),
        ("to an empty list in a list", "- []\n", vec![push("[0]", None, "x")], "- - x\n"),
        (
            "to a null in a list",
            "-\n- x\n",
            vec![add("[0]", "k", "1"), add("[0]", "l", "1")],
            "- k: 1\n  l: 1\n- x\n",
        ),
        ("to an empty file", "", vec![add("", "x", "1")], "x: 1\n"),
        ("to a file of comments", "# only", vec![add("", "x", "1")], "# only\nx: 1\n"),
        (
            "to an empty document",
            "---\n# c\n---\na: 1\n",
            vec![add("", "x", "1")],
            "---\nx: 1\n# c\n---\na: 1\n",
        ),
        (
            "behind an element with a mapping",
            "l:\n  - m: a\n    v: 1\n  - m: b\n",
            vec![push("l", Some(0), "{m: c, v: 2}")],
            "l:\n  - m: a\n    v: 1\n  - m: c\n    v: 2\n  - m: b\n",
        ),
        (
            "first behind a dash",
            "- a: 1 # c\n  b: 2\n",
            vec![insert("[0]", "z", Place::First, value("0"))],
            "- z: 0\n  a: 1 # c\n  b: 2\n",
        ),
        (
            "into a list in a list",
            "- - a\n  - b\n- - c\n",
            vec![push("[0]", None, "z"), push("[0]", Some(1), "x")],
            "- - z\n  - a\n  - b\n  - x\n- - c\n",
        ),
        (
            "a list at its key's column",
            "l:\n- a\nz: 1\n",
            vec![push("l", Some(0), "b")],
            "l:\n- a\n- b\nz: 1\n",
        ),
        (
            "a key that needs quotes",
            "a: 1\n",
            vec![add("", "no", "x"), add("", "a b", "w"), add("", "1", "z")],
            "a: 1\n'no': x\na b: w\n'1': z\n",
        ),
        ("keys in quotes", "{\"a\": \"x\"}\n", vec![add("", "b", "1")], "{\"a\": \"x\", \"b\": 1}\n"),
        (
            "behind a block scalar",
            "a: |\n  x\n\nb: 1\n",
            vec![insert("", "z", after("a"), value("1"))],
            "a: |\n  x\nz: 1\n\nb: 1\n",
        ),
        (
            "with a comment",
            "a:\n  b: 1\n",
            vec![Operation::Insert {
                parent: path("a"),
                key: Some("c".into()),
                place: Place::Last,
                value: value("[1]"),
                comment: Some("why".into()),
            }],
            "a:\n  b: 1\n  c:  # why\n    - 1\n",
        ),
        (
            "behind comments further in",
            "a:\n  b: 1\n  # c: 2\nz: 1\n",
            vec![insert("", "d", after("a"), value("1"))],
            "a:\n  b: 1\n  # c: 2\nd: 1\nz: 1\n",
        ),
        (
            "in the second document",
            "a: 1\n---\nb: 1 # c\n...\n",
            vec![add("#2:", "c", "1")],
            "a: 1\n---\nb: 1 # c\nc: 1\n...\n",
        ),
    ]);
}

#[test]
fn entries_go_with_their_comments() {
    check(vec![
        (
            "with what is above and beside",
            "# h\n\n# a\n# b\nb: 1 # c\n# d\nd: 1\n",
            vec![remove("b")],
            "# h\n\n# d\nd: 1\n",
        ),
        (
            "not a comment at another column",
            "a:\n  x: 1\n  # w\nb: 1\n",
            vec![remove("b")],
            "a:\n  x: 1\n  # w\n",
        ),
        (
            "with comments inside and below",
            "a:\n  x: 1\n\n  # more\n# b\nb: 1\n",
            vec![remove("a")],
            "# b\nb: 1\n",
        ),
        ("the last of a mapping", "a: # c\n  x: 1 # d\nb: 1\n", vec![remove("a.x")], "a: {} # c\nb: 1\n"),
        ("the last of a list", "a:\n- x\nb: 1\n", vec![remove("a[0]")], "a: []\nb: 1\n"),
        ("the last behind a dash", "- a: 1\n- b\n", vec![remove("[0].a")], "- {}\n- b\n"),
        ("the last of all", "# h\n\na: 1\n", vec![remove("a")], "# h\n\n{}\n"),
        (
            "the last under an anchor and a tag",
            "a: !!map &x\n  b: 1\n",
            vec![remove("a.b")],
            "a: !!map &x {}\n",
        ),
        (
            "all of several",
            "a:\n  x: 1\n  # free\n\n  w: 2\n",
            vec![remove("a.x"), remove("a.w")],
            "a: {}\n  # free\n\n",
        ),
        ("the first behind a dash", "- a: 1\n  b: 2\n- c\n", vec![remove("[0].a")], "- b: 2\n- c\n"),
        (
            "the first behind a dash, a comment next",
            "- a: 1\n  # b\n  b: 2\n",
            vec![remove("[0].a")],
            "- # b\n  b: 2\n",
        ),
        (
            "the first two behind a dash",
            "- a: 1\n  b: 2\n  c: 3\n",
            vec![remove("[0].a"), remove("[0].b")],
            "- c: 3\n",
        ),
        (
            "the first behind a dash, a blank line next",
            "- a: 1\n\n  b: 2\n",
            vec![remove("[0].a")],
            "-\n\n  b: 2\n",
        ),
        (
            "gone and new behind a dash",
            "- a: 1\n  b: 2\n",
            vec![remove("[0].a"), insert("[0]", "z", after("a"), value("0"))],
            "- z: 0\n  b: 2\n",
        ),
        (
            "everything for something else",
            "a:\n  x: 1\nb: 1\n",
            vec![remove("a.x"), add("a", "w", "2")],
            "a:\n  w: 2\nb: 1\n",
        ),
        ("the last line of an open file", "a: 1\nb: 2", vec![remove("b")], "a: 1"),
        (
            "elements by name",
            "l:\n  - name: a\n  - name: b # B\n    v: 1\n  - name: c\n",
            vec![remove("l[name=a]"), set("l[name=b].v", value("2")), remove("l[name=c]")],
            "l:\n  - name: b # B\n    v: 2\n",
        ),
        ("both of two equal keys", "a: 1\nb: 2\na: 3\n", vec![remove("a")], "b: 2\n"),
        (
            "a block scalar and the blank line behind",
            "a: |\n  # no comment\n  x\n\nb: 1\n",
            vec![remove("a")],
            "\nb: 1\n",
        ),
        (
            "lines of a block scalar are no comments",
            "a: |\n  x\n  # no comment\nb: 1\n",
            vec![remove("b")],
            "a: |\n  x\n  # no comment\n",
        ),
        ("an explicit key", "? a\n: - x\n? b\n", vec![remove("a")], "? b\n"),
    ]);
}

#[test]
fn flow_collections_keep_their_layout() {
    let lines = "a: [\n  1,  # one\n  2,  # two\n  3   # three\n]\n";
    check(vec![
        (
            "insert last",
            "a: {x: 1}  # c\n",
            vec![add("a", "w", "[1, {z: 2}]")],
            "a: {x: 1, w: [1, {z: 2}]}  # c\n",
        ),
        (
            "insert first and between",
            "[1, 3]\n",
            vec![push("", None, "0"), push("", Some(0), "2")],
            "[0, 1, 2, 3]\n",
        ),
        (
            "insert into empty",
            "{a: [], b: {}, c:}\n",
            vec![push("a", None, "1"), add("b", "x", "1"), add("c", "w", "1")],
            "{a: [1], b: {x: 1}, c: {w: 1}}\n",
        ),
        (
            "insert last in lines",
            lines,
            vec![push("a", Some(2), "4")],
            "a: [\n  1,  # one\n  2,  # two\n  3,   # three\n  4\n]\n",
        ),
        (
            "insert first in lines",
            lines,
            vec![push("a", None, "0")],
            "a: [\n  0,\n  1,  # one\n  2,  # two\n  3   # three\n]\n",
        ),
        (
            "a trailing comma",
            "a: {\n  x: 1, # x\n}\n",
            vec![add("a", "w", "2")],
            "a: {\n  x: 1, # x\n  w: 2,\n}\n",
        ),
        ("a trailing comma in a line", "[1, 2,]\n", vec![push("", Some(1), "3"), remove("[0]")], "[2, 3,]\n"),
        ("remove first", "[1, 2, 3]\n", vec![remove("[0]")], "[2, 3]\n"),
        (
            "remove middle and last",
            "{x: 1, w: 2, z: 3} # c\n",
            vec![remove("w"), remove("z")],
            "{x: 1} # c\n",
        ),
        ("remove last in lines", lines, vec![remove("a[2]")], "a: [\n  1,  # one\n  2  # two\n]\n"),
        ("remove all", lines, vec![remove("a[0]"), remove("a[1]"), remove("a[2]")], "a: []\n"),
        ("remove one of a pair of lines", "[1,\n 2]\n", vec![remove("[1]")], "[1]\n"),
        ("remove the first of a line", "[1, 2,\n 3]\n", vec![remove("[0]")], "[2,\n 3]\n"),
        (
            "remove the last, insert another",
            "[1, 2]\n",
            vec![remove("[1]"), push("", Some(1), "3")],
            "[1, 3]\n",
        ),
        (
            "remove the first, insert another",
            "[1, 2]\n",
            vec![remove("[0]"), push("", Some(0), "0")],
            "[0, 2]\n",
        ),
        (
            "set a collection",
            "{a: {b: 1}, c: 2}\n",
            vec![set("c", value("{d: [1]}")), set("a", value("x"))],
            "{a: x, c: {d: [1]}}\n",
        ),
        ("a single pair", "[a: b]\n", vec![set("[0].a", value("c"))], "[a: c]\n"),
        ("a second pair", "[a: b]\n", vec![add("[0]", "c", "1")], "[{a: b, c: 1}]\n"),
        ("the only pair", "[a: b, c]\n", vec![remove("[0].a")], "[{}, c]\n"),
        ("what needs quotes only here", "[a]\n", vec![set("[0]", value("'x, w'"))], "['x, w']\n"),
        (
            "a comment in an empty one",
            "a: [ # none\n  ]\n",
            vec![push("a", None, "1")],
            "a: [1 # none\n  ]\n",
        ),
    ]);
}

#[test]
fn collections_change_inside_where_they_can() {
    check(vec![
        (
            "a mapping for a mapping",
            "a:\n  # x\n  x: 1 # one\n  w: 2\n  z: 3 # three\n",
            vec![set("a", value("{x: 1, m: 9, z: 4}"))],
            "a:\n  # x\n  x: 1 # one\n  m: 9\n  z: 4 # three\n",
        ),
        (
            "a whole root",
            "# h\na: {b: 1}\nc: 1\n",
            vec![set("", value("{a: {b: 2}, d: 1}"))],
            "# h\na: {b: 2}\nd: 1\n",
        ),
        (
            "a list for a list",
            "- a # A\n- b # B\n- c # C\n- d # D\n",
            vec![set("", value("[b, x, d, e]"))],
            "- b # B\n- x # C\n- d # D\n- e\n",
        ),
        (
            "elements by identity",
            "- name: a # A\n  v: 1\n- name: b # B\n  v: 1\n",
            vec![set("", value("[{name: c}, {name: b, v: 2}]"))],
            "- name: c\n- name: b # B\n  v: 2\n",
        ),
        (
            "several sets keep the mapping",
            "a: # c\n  x: 1 # one\n  w: 2\n",
            vec![set("a.x", value("2")), set("a.w", value("{z: 1}"))],
            "a: # c\n  x: 2 # one\n  w:\n    z: 1\n",
        ),
        (
            "a mapping to a scalar",
            "a: # c\n  # in\n  x: 1\n\n  # end\n# b\nb: 1\n",
            vec![set("a", value("5"))],
            "a: 5 # c\n# b\nb: 1\n",
        ),
        (
            "a scalar to a list",
            "a: 5 # c\nb:\n- 1\n",
            vec![set("a", value("[x, w]"))],
            "a: # c\n- x\n- w\nb:\n- 1\n",
        ),
        ("a list to a mapping", "a:\n  - x\nb: 1\n", vec![set("a", value("{w: 1}"))], "a:\n  w: 1\nb: 1\n"),
        (
            "an element to a mapping",
            "-   x\n- w # c\n",
            vec![set("[0]", value("{a: 1, b: 2}")), set("[1]", value("{a: 1}"))],
            "-   a: 1\n    b: 2\n- # c\n  a: 1\n",
        ),
        ("an element from a mapping", "- a: 1\n  b: 2\n- w\n", vec![set("[0]", value("x"))], "- x\n- w\n"),
        ("to empty", "a:\n  - x\nb: 1\n", vec![set("a", value("{}"))], "a: {}\nb: 1\n"),
        ("a root to another kind", "# h\na: 1\n", vec![set("", value("[1, 2]"))], "# h\n- 1\n- 2\n"),
        ("a root behind its marker", "--- x # c\n", vec![set("", value("{a: 1}"))], "--- # c\na: 1\n"),
    ]);
}

#[test]
fn anchors_serve_all_their_users_or_none() {
    let both = "a: &x 1 # c\nb: *x\n";
    let deep = "d: &d\n  p: 1\n  q: 2\ne: *d\nf:\n  <<: *d\n  q: 3\n";
    check(vec![
        ("an alias is replaced", both, vec![set("b", value("2"))], "a: &x 1 # c\nb: 2\n"),
        ("an alias is removed", both, vec![remove("b")], "a: &x 1 # c\n"),
        (
            "the anchor for all",
            both,
            vec![set("a", value("2")), set("b", value("2"))],
            "a: &x 2 # c\nb: *x\n",
        ),
        (
            "other values for both",
            "a: &x 1\nb: *x\nc: *x\n",
            vec![set("b", value("2")), remove("c")],
            "a: &x 1\nb: 2\n",
        ),
        (
            "below an alias and a merge, for all",
            deep,
            vec![set("d.p", value("9")), set("e.p", value("9")), set("f.p", value("9"))],
            "d: &d\n  p: 9\n  q: 2\ne: *d\nf:\n  <<: *d\n  q: 3\n",
        ),
        (
            "added and removed for all",
            deep,
            vec![
                remove("d.p"),
                remove("e.p"),
                remove("f.p"),
                add("d", "r", "1"),
                add("e", "r", "1"),
                add("f", "r", "1"),
            ],
            "d: &d\n  q: 2\n  r: 1\ne: *d\nf:\n  <<: *d\n  q: 3\n",
        ),
        (
            "what enters is merged, through another merge too, unless it differs",
            "d: &d\n  p: 1\ng: &g\n  <<: *d\n  s: 1\nh:\n  <<: *g\n  t: 1\n",
            vec![
                add("d", "r", "1"),
                add("g", "r", "1"),
                add("h", "r", "1"),
                add("d", "u", "1"),
                add("g", "u", "2"),
                add("h", "u", "2"),
            ],
            "d: &d\n  p: 1\n  r: 1\n  u: 1\ng: &g\n  <<: *d\n  s: 1\n  u: 2\nh:\n  <<: *g\n  t: 1\n",
        ),
        (
            "beside a merge",
            deep,
            vec![add("f", "z", "1"), set("f.q", value("4"))],
            "d: &d\n  p: 1\n  q: 2\ne: *d\nf:\n  <<: *d\n  q: 4\n  z: 1\n",
        ),
        ("anchor and users go together", both, vec![remove("a"), remove("b"), add("", "c", "1")], "c: 1\n"),
        ("a mapping behind an anchor", "a: &x 1\n", vec![set("a", value("{b: 1}"))], "a: &x\n  b: 1\n"),
    ]);
}

#[test]
fn what_cannot_be_right_is_refused() {
    let both = "a: &x 1\nb: *x\n";
    let deep = "d: &d\n  p: 1\n  q: 2\ne: *d\nf:\n  <<: *d\n";
    let cases = vec![
        ("nothing there", "a: 1\n", vec![set("b.c", value("1"))], "nothing at `b.c`"),
        ("nothing in the source", "a: 1\n", vec![set("a", from("b: 1\n", "c"))], "source has nothing at `c`"),
        ("a key that is there", "a: 1\n", vec![add("", "a", "1")], "`a` is there already"),
        ("a key of a merge", deep, vec![add("f", "p", "1")], "`f.p` is there already"),
        ("a new key twice", "a: 1\n", vec![add("", "b", "1"), add("", "b", "2")], "`b` is there already"),
        ("a key into a list", "a: [1]\n", vec![add("a", "b", "1")], "is a list"),
        ("an element into a string", "a: x\n", vec![push("a", None, "1")], "is a string"),
        ("both into null", "a:\n", vec![push("a", None, "1"), add("a", "b", "1")], "changed twice"),
        (
            "behind what is not there",
            "a: 1\n",
            vec![insert("", "b", after("x"), value("1"))],
            "nothing at `x`",
        ),
        ("the whole document", "a: 1\n", vec![remove("")], "cannot be removed"),
        ("set twice", "a: 1\n", vec![set("a", value("2")), set("a", value("3"))], "`a` is changed twice"),
        (
            "set below what goes",
            "a: {b: 1}\n",
            vec![remove("a"), set("a.b", value("3"))],
            "`a.b` is changed twice",
        ),
        ("an anchor in use", both, vec![set("a", value("2"))], "`b` takes its value from what would change"),
        ("an anchor in use goes", both, vec![remove("a")], "the anchor `&x` would go"),
        (
            "an anchor in use goes with its mapping",
            "m:\n  a: &x 1\nb: *x\n",
            vec![set("m", value("1"))],
            "the anchor `&x` would go",
        ),
        (
            "other values for anchor and alias",
            both,
            vec![set("a", value("2")), set("b", value("2")), set("b", value("3"))],
            "changed twice",
        ),
        ("below an alias", deep, vec![set("e.p", value("9"))], "`e.p` takes its value from `d.p`"),
        ("removed below a merge", deep, vec![remove("f.p")], "`f.p` takes its value from `d.p`"),
        ("added below an alias", deep, vec![add("e", "z", "1")], "`e` takes its value from `d`"),
        (
            "not all users",
            deep,
            vec![set("d.p", value("9")), set("e.p", value("9"))],
            "`f.p` takes its value",
        ),
        ("beyond the documents", "a: 1\n", vec![set("#2:a", value("1"))], "nothing at `#2:a`"),
    ];
    for (name, input, operations, message) in cases {
        let document = read(input);
        let refusal = apply(&document, &operations, &Limits::default()).expect_err(name);
        assert!(refusal.message.contains(message), "{name}: {}", refusal.message);
        assert!(!refusal.help.is_empty(), "{name}");
        assert!(refusal.span.is_none_or(|span| input.get(span).is_some()), "{name}");
    }
}

#[test]
fn whole_documents_come_and_go() {
    let source = "# head\nkind: C # c\n---\nb: 1\n--- # marked\nc:  1\n";
    check(vec![
        (
            "before all others",
            "a: 1\n---\nb: 1\n",
            vec![document("", from(source, ""))],
            "# head\nkind: C # c\n---\na: 1\n---\nb: 1\n",
        ),
        (
            "before a marked one",
            "# x\n---\na: 1\n",
            vec![document("", from(source, "#2:"))],
            "# x\n---\nb: 1\n---\na: 1\n",
        ),
        (
            "behind the first, and behind the last without a final line ending",
            "a: 1\n# e\n---\nb: 2",
            vec![document("#1:", from(source, "#3:")), document("#2:", value("{x: [1]}"))],
            "a: 1\n# e\n--- # marked\nc:  1\n---\nb: 2\n---\nx:\n  - 1",
        ),
        ("into nothing", "# only\n", vec![document("", from(source, "#2:"))], "# only\nb: 1\n"),
        (
            "with other line endings, beside an edit",
            "a: 1\r\n",
            vec![document("#1:", from(source, "#2:")), add("", "z", "2")],
            "a: 1\r\nz: 2\r\n---\r\nb: 1\r\n",
        ),
        ("the first goes", "# c\na: 1\n---\nb: 1\n", vec![remove("#1:")], "b: 1\n"),
        ("the last goes", "a: 1\n---\nb: 1\n", vec![remove("#2:")], "a: 1\n"),
        ("one between", "---\na: 1\n---\nb: 1\n---\nc: 1\n", vec![remove("#2:")], "---\na: 1\n---\nc: 1\n"),
        (
            "one for another",
            "a: 1\n---\nb: 1\n",
            vec![remove("#1:"), document("#1:", value("c: 1"))],
            "---\nc: 1\n---\nb: 1\n",
        ),
        (
            "a named one",
            "{apiVersion: v1, kind: S, metadata: {name: a}}\n---\nb: 1\n",
            vec![remove("#S/a:"), set("#~1:b", value("2"))],
            "b: 2\n",
        ),
    ]);
}

#[test]
fn a_block_text_takes_the_place_of_another_as_it_is_written() {
    for (old, new) in [
        ("a: |+\n  one\n\nz: 1\n", "a: |+\n  two\n\nz: 1\n"),
        ("a: |+\n  one\n\n\nz: 1\n", "a: |+\n  two\n\n\nz: 1\n"),
        ("a: |2\n    x\n  y\nz: 1\n", "a: |2\n    x\n  w\nz: 1\n"),
        ("m:\n  a: >2-\n      x\n    y\n", "m:\n  a: >2-\n      x\n    w\n"),
        ("l:\n- |2+\n   x\n\n- b\n", "l:\n- |2+\n   w\n\n- b\n"),
        ("a: >+\n  one\n  more\n\n", "a: >+\n  two\n  more\n\n"),
        ("a: |-\n  one\nz: 1\n", "a: |-\n  two\nz: 1\n"),
        ("a: |+\r\n  one\r\n\r\nz: 1\r\n", "a: |+\r\n  two\r\n\r\nz: 1\r\n"),
    ] {
        let [before, after] =
            [old, new].map(|text| Document::parse(text.as_bytes(), &Limits::default()).expect(text));
        let path = ["a", "m.a", "l[0]"].into_iter().map(|path| path.parse::<ValuePath>().expect(path));
        let is_there = |path: &ValuePath| before.at(path).is_some_and(crate::model::Value::is_scalar);
        let path = path.filter(is_there).last().expect("a scalar");
        for is_back in [false, true] {
            let document = &after;
            let value = match is_back {
                true => Replacement::Restored { document, path: path.clone() },
                false => Replacement::From { document, path: path.clone() },
            };
            let text = apply(&before, &[Operation::Set { path: path.clone(), value }], &Limits::default());
            assert_eq!(text.as_deref(), Ok(new), "{old:?}");
        }
    }
}
