//! Merges whose truth is written down.

use super::{Case, Truth};

fn case(kind: &str, texts: [&[u8]; 3], truth: Truth) -> Case {
    let [base, ours, theirs] = texts;
    Case {
        kind: kind.to_owned(),
        name: String::from_utf8_lossy(ours).into_owned(),
        base: (!base.is_empty()).then(|| base.to_vec()),
        ours: ours.to_vec(),
        theirs: theirs.to_vec(),
        truth,
    }
}

/// The cases; an empty base is none at all.
pub(super) fn cases() -> Vec<Case> {
    let solved = |text: &str| Truth::Solved(text.to_owned());
    let text = |text: &str| Truth::Text(text.to_owned());
    let mut out = Vec::new();
    for (kind, base, ours, theirs, truth) in [
        (
            "same key twice",
            "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n",
            "x: 5\na: 1\nb: 1\nc: 1\nd: 1\ne: 1\n",
            "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nx: 5\n",
            solved("a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nx: 5\n"),
        ),
        (
            "same key twice",
            "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n",
            "x: 5\na: 1\nb: 1\nc: 1\nd: 1\ne: 1\n",
            "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nx: 6\n",
            Truth::Conflict,
        ),
        (
            "same element twice",
            "l:\n- name: a\n- name: b\n- name: c\n- name: d\n",
            "l:\n- name: x\n- name: a\n- name: b\n- name: c\n- name: d\n",
            "l:\n- name: a\n- name: b\n- name: c\n- name: d\n- name: x\n",
            solved("l:\n- name: x\n- name: a\n- name: b\n- name: c\n- name: d\n"),
        ),
        (
            "same element twice",
            "l:\n- a\n- b\n- c\n- d\n",
            "l:\n- x\n- a\n- b\n- c\n- d\n",
            "l:\n- a\n- b\n- c\n- d\n- x\n",
            Truth::Conflict,
        ),
        (
            "nesting",
            "a:\n  b: 1\nc:\n  d: 1\n",
            "a:\n  b: 1\n  x: 1\nc:\n  d: 1\n",
            "a:\n  b: 1\n  y:\n    z: 1\nc:\n  d: 1\n",
            solved("a:\n  b: 1\n  x: 1\n  y:\n    z: 1\nc:\n  d: 1\n"),
        ),
        (
            "moved below another",
            "a:\n  b: 1\n  c: 1\nz: 1\n",
            "a:\n  b: 1\nz: 1\nc: 1\n",
            "a:\n  b: 1\n  c: 2\nz: 1\n",
            Truth::Conflict,
        ),
        ("both add", "", "a: 1\nb: 1\n", "a: 1\nc: 1\n", solved("a: 1\nb: 1\nc: 1\n")),
        ("both add", "", "# ours\na: 1\n", "# theirs\nc: 1\n", text("# ours\na: 1\n# theirs\nc: 1\n")),
        ("both add", "a: {}\n", "a:\n  x: 1\n", "a: {y: 2}\n", solved("a: {x: 1, y: 2}\n")),
        ("both add", "", "a: 1\n", "a: 2\n", Truth::Conflict),
        (
            "both add",
            "a: 1\n",
            "a: 1\nn:\n  x: 1\n",
            "a: 1\nn:\n  y: 2\n",
            solved("a: 1\nn:\n  x: 1\n  y: 2\n"),
        ),
        ("both add", "a: 1\n", "a: 1\nn:\n  x: 1\n", "a: 1\nn:\n  x: 2\n", Truth::Conflict),
        ("both empty it", "a:\n  b: 1\n  c: 1\n", "a:\n  b: 1\n", "a:\n  c: 1\n", Truth::Conflict),
        (
            "delete and edit",
            "a:\n  b: 1\n  c: 1\nd: 1\n",
            "d: 1\n",
            "a:\n  b: 2\n  c: 1\nd: 1\n",
            Truth::Conflict,
        ),
        (
            "delete and edit",
            "l:\n- name: a\n  v: 1\n- name: b\n  v: 1\n",
            "l:\n- name: b\n  v: 1\n",
            "l:\n- name: a\n  v: 2\n- name: b\n  v: 1\n",
            Truth::Conflict,
        ),
        (
            "documents",
            "a: 1\nb: 1\n---\nc: 1\nd: 1\n",
            "a: 2\nb: 1\n---\nc: 1\nd: 1\n",
            "a: 1\nb: 2\n---\nc: 1\nd: 2\n",
            text("a: 2\nb: 2\n---\nc: 1\nd: 2\n"),
        ),
        (
            "documents",
            "a: 1\nb: 1\nc: 1\nd: 1\n",
            "a: 2\nb: 1\nc: 1\nd: 1\n",
            "a: 1\nb: 1\nc: 1\nd: 1\n---\ne: 1\n",
            solved("a: 2\nb: 1\nc: 1\nd: 1\n---\ne: 1\n"),
        ),
        (
            "anchors",
            "a: &x\n  v: 1\n  w: 1\nb: *x\nc: 1\n",
            "a: &x\n  v: 2\n  w: 1\nb: *x\nc: 1\n",
            "a: &x\n  v: 1\n  w: 1\nb: *x\nc: 1\nd: *x\n",
            solved("a: &x\n  v: 2\n  w: 1\nb: *x\nc: 1\nd: *x\n"),
        ),
        (
            "anchors",
            "a: &x {v: 1}\nb: *x\n",
            "a: &x {v: 2}\nb: *x\n",
            "a: &x {v: 1}\nb: {v: 1}\n",
            text("a: &x {v: 2}\nb: {v: 1}\n"),
        ),
        (
            "anchors",
            "a: &x\n  v: 1\nb: *x\nc: 1\n",
            "a: &x\n  v: 2\nb: *x\nc: 1\n",
            "a: &x\n  v: 3\nb: *x\nc: 1\n",
            Truth::Conflict,
        ),
        ("CRLF", "a: 1\r\nb: 1\r\n", "a: 2\r\nb: 1\r\n", "a: 1\r\nb: 2\r\n", solved("a: 2\nb: 2\n")),
        (
            "byte order mark",
            "\u{feff}a: 1\nb: 1\n",
            "\u{feff}a: 2\nb: 1\n",
            "\u{feff}a: 1\nb: 2\n",
            solved("a: 2\nb: 2\n"),
        ),
        ("no final newline", "a: 1\nb: 1", "a: 2\nb: 1", "a: 1\nb: 2", solved("a: 2\nb: 2\n")),
        ("no final newline", "a: 1", "a: 1\nb: 1", "a: 1\nc: 1", solved("a: 1\nb: 1\nc: 1\n")),
        ("types", "a: 1\nb: 1\n", "a: '1'\nb: 1\n", "a: 1\nb: 1.0\n", solved("a: '1'\nb: 1.0\n")),
        ("types", "a: 1\nb: 1\n", "a: '1'\nb: 1\n", "a: 1.0\nb: 1\n", Truth::Conflict),
        (
            "one line",
            "a: {b: 1, c: 1}\n",
            "a: {b: 2, c: 1}\n",
            "a: {b: 1, c: 2}\n",
            solved("a: {b: 2, c: 2}\n"),
        ),
        ("comment beside", "a: 1 # x\n", "a: 2 # x\n", "a: 1 # y\n", solved("a: 2 # y\n")),
        ("comment beside", "a: 1 # x\n", "a: 1 # z\n", "a: 1 # y\n", Truth::Conflict),
        (
            "comment beside a neighbour",
            "# top\na: 1 # x\n# about b\nb: 1\n",
            "# top\na: 2 # y\n# about b\nb: 1\n",
            "# top\na: 1 # x\n# all about b\nb: 2\n",
            solved("# top\na: 2 # y\n# all about b\nb: 2\n"),
        ),
        (
            "comment beside a neighbour",
            "a: 1 # x\nb: 1\n",
            "a: 1\nb: 2\n",
            "a: 1 # x\n# why\nb: 1 # w\n",
            solved("a: 1\n# why\nb: 2 # w\n"),
        ),
        (
            "comment and order",
            "c: 1\na: 1 # a\nb: 1\n",
            "a: 1 # a\nb: 1\nc: 1\n",
            "c: 1\na: 2 # A\nb: 1\n",
            solved("a: 2 # A\nb: 1\nc: 1\n"),
        ),
        (
            "comment and layout",
            "a:\n  b: 1\n  c: 'x'\n",
            "a:\n    b: 1\n    c: \"x\"\n",
            "a:\n  b: 2 # t\n  c: 'x' # u\n",
            solved("a:\n    b: 2 # t\n    c: x # u\n"),
        ),
        ("removed and remarked", "a: 1\nb: 1\n", "b: 1\n", "a: 1 # why\nb: 1\n", Truth::Conflict),
        (
            "removed and remarked",
            "l:\n- name: a\n  v: 1\n- name: b\n",
            "l:\n- name: b\n",
            "l:\n- name: a\n  # why\n  v: 1\n- name: b\n",
            Truth::Conflict,
        ),
        (
            "line endings of one side",
            "a: 1\n# b\nb: 1\n",
            "a: 2\r\n# b\r\nb: 1\r\n",
            "a: 1\n# c\nb: 2\n",
            solved("a: 2\n# c\nb: 2\n"),
        ),
        (
            "not YAML",
            "a: 1\nb: {{ x }}: [\n",
            "a: 2\nb: {{ x }}: [\n",
            "a: 3\nb: {{ x }}: [\n",
            Truth::Conflict,
        ),
        ("duplicate keys", "a: 1\nb: 1\na: 1\n", "a: 2\nb: 1\na: 1\n", "a: 3\nb: 1\na: 1\n", Truth::Conflict),
        (
            "sealed by SOPS",
            "a: ENC[1]\nb: ENC[1]\nsops:\n  version: 3\n  mac: ENC[m1]\n",
            "a: ENC[2]\nb: ENC[1]\nsops:\n  version: 3\n  mac: ENC[m2]\n",
            "a: ENC[1]\nb: ENC[2]\nsops:\n  version: 3\n  mac: ENC[m3]\n",
            Truth::Conflict,
        ),
    ] {
        out.push(case(kind, [base.as_bytes(), ours.as_bytes(), theirs.as_bytes()], truth));
    }
    out.push(case("not UTF-8", [b"a: \xff\n", b"a: \xfe\n", b"a: \xfd\n"], Truth::Conflict));
    out.push(case("binary", [b"a: \0\n", b"a: \0b\n", b"a: \0c\n"], Truth::Conflict));
    out
}
