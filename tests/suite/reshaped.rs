//! Items that the source gave another shape: what moved, what took a place, and what is one document or
//! element arrives whole or stays whole.
#![cfg(unix)]

use crate::support::World;

const FILES: [&str; 3] =
    ["environments/development/x.yaml", "environments/staging/x.yaml", "environments/production/x.yaml"];

/// All environments have the first text; then staging gets its own, where it has one, and development
/// each of the others.
fn world(first: &str, own: Option<&str>, changes: &[&str]) -> World {
    let mut world = World::with(&FILES.map(|file| (file, first)));
    if let Some(own) = own {
        world.write(FILES[1], own);
        world.commit("staging's own");
    }
    for (number, text) in changes.iter().enumerate() {
        world.write(FILES[0], text);
        world.commit(&format!("change {number}"));
    }
    world
}

/// What staging has after a promotion with these options.
fn promoted(world: &World, options: &str, code: i32) -> String {
    world.line(&format!("promote x --to staging --yes {options}")).exits(code);
    world.read(FILES[1])
}

#[test]
fn what_moved_keeps_its_values_and_nothing_is_lost() {
    for (first, own, changes, options, expected) in [
        // Several entries into one new mapping.
        (
            "host: h\nport: 11\npool: 55\nz: 1\n",
            None,
            &["db:\n  host: h\n  port: 11\n  pool: 55\nz: 1\n"][..],
            "--with-new",
            "db:\n  host: h\n  port: 11\n  pool: 55\nz: 1\n",
        ),
        (
            "l:\n- name: a\n  cpu: 11\n  mem: 22\n",
            Some("l:\n- name: a\n  cpu: 12\n  mem: 22\n"),
            &["l:\n- name: a\n  res:\n    cpu: 11\n    mem: 22\n"],
            "--with-new",
            "l:\n- name: a\n  res:\n    cpu: 12\n    mem: 22\n",
        ),
        // One mapping into two.
        (
            "m:\n  a: 1x\n  z: 2x\n  q: 3x\n",
            None,
            &["w:\n  a: 1x\n  z: 2x\no:\n  q: 3x\n"],
            "--with-new",
            "w:\n  a: 1x\n  z: 2x\no:\n  q: 3x\n",
        ),
        // Renamed twice, with an own value.
        (
            "a: {timeout: 5, x: 1}\n",
            Some("a: {timeout: 7, x: 1}\n"),
            &["a: {timeoutS: 5, x: 1}\n", "a: {timeoutSeconds: 5, x: 1}\n"],
            "--with-new",
            "a: {timeoutSeconds: 7, x: 1}\n",
        ),
        // Renamed within what is renamed, before it or after it, as often as may be.
        (
            "p:\n  a: 1x\n  c: 2\n",
            Some("p:\n  a: 9x\n  c: 2\n"),
            &["q:\n  a: 1x\n  c: 2\n", "q:\n  b: 1x\n  c: 2\n", "q:\n  e: 1x\n  c: 3\n"],
            "--with-new",
            "q:\n  e: 9x\n  c: 3\n",
        ),
        (
            "p:\n  a: 1x\n  c: 2\n",
            Some("p:\n  a: 9x\n  c: 2\n"),
            &["p:\n  b: 1x\n  c: 2\n", "q:\n  b: 1x\n  c: 2\n"],
            "--with-new",
            "q:\n  b: 9x\n  c: 2\n",
        ),
        (
            "l:\n  - name: k\n    a: 1x\n    c: 2\n",
            Some("l:\n  - name: k\n    a: 9x\n    c: 2\n"),
            &["l:\n  - name: m\n    a: 1x\n    c: 2\n", "l:\n  - name: m\n    b: 1x\n    c: 2\n"],
            "--with-new",
            "l:\n  - name: m\n    b: 9x\n    c: 2\n",
        ),
        (
            "p:\n  m:\n    a: 1x\n    c: 2\n  d: 7\n",
            Some("p:\n  m:\n    a: 9x\n    c: 2\n  d: 7\n"),
            &[
                "q:\n  m:\n    a: 1x\n    c: 2\n  d: 7\n",
                "q:\n  o:\n    a: 1x\n    c: 2\n  d: 7\n",
                "q:\n  o:\n    b: 1x\n    c: 2\n  d: 7\n",
            ],
            "--with-new",
            "q:\n  o:\n    b: 9x\n    c: 2\n  d: 7\n",
        ),
        // What the target removed of it stays away, whatever it is called.
        (
            "p:\n  a: 1x\n  c: 2\n  d: t\n",
            Some("p:\n  c: 2\n  d: t\n"),
            &["q:\n  a: 1x\n  c: 2\n  d: t\n", "q:\n  b: 1x\n  c: 2\n  d: t\n"],
            "--with-new",
            "q:\n  c: 2\n  d: t\n",
        ),
        (
            "p:\n  a: 1x\n  c: 2\n  d: t\n",
            Some("p:\n  c: 2\n  d: t\n"),
            &["p:\n  b: 1x\n  c: 2\n  d: t\n", "q:\n  b: 1x\n  c: 2\n  d: t\n"],
            "--with-new",
            "q:\n  c: 2\n  d: t\n",
        ),
        // Renamed, and then given a value that stays behind.
        (
            "m:\n  a: hostx\n  z: 1\n",
            None,
            &["m:\n  b: hostx\n  z: 1\n", "m:\n  b: x-dev.example.com\n  z: 1\n"],
            "--with-new",
            "m:\n  a: hostx\n  z: 1\n",
        ),
        (
            "m:\n  a: 5\n  z: 1\n",
            None,
            &["m:\n  b: 6\n  z: 1\n", "m:\n  b: 7\n  z: 1\n"],
            "--without-new",
            "m:\n  a: 5\n  z: 1\n",
        ),
        // A secret within what was renamed.
        (
            "db:\n  password: hunter2xx\n  user: u\n",
            None,
            &["database:\n  password: hunter2xx\n  user: u\n"],
            "--with-new --with-removals",
            "db:\n  password: hunter2xx\ndatabase:\n  user: u\n",
        ),
        // What makes no pair stays, and the rest goes with its own values.
        (
            "db:\n  password: hunter2xx\n  size: 1\n  depth: 4\n",
            Some("db:\n  password: hunter3xx\n  # load\n  size: \"7\" # own\n  depth: 4\n"),
            &["database:\n  password: hunter2xx\n  size: 1\n  depth: 4\n"],
            "--with-new",
            "db:\n  password: hunter3xx\ndatabase:\n  # load\n  size: \"7\" # own\n  depth: 4\n",
        ),
        (
            "db:\n  dev-host: h\n  size: 1\n",
            Some("db:\n  size: 7\n"),
            &["database:\n  dev-host: h\n  size: 1\n"],
            "--with-new",
            "database:\n  size: 7\n",
        ),
        (
            "db:\n  main: {password: hunter2xx, size: 1}\n  opts: {x: 1, z: 2}\n",
            Some("db:\n  main: {password: hunter3xx, size: 7}\n  opts: {x: 1, z: 9, q: 4}\n"),
            &["database:\n  main: {password: hunter2xx, size: 1}\n  opts: {x: 1, z: 2}\n"],
            "--with-new",
            "db:\n  main: {password: hunter3xx}\ndatabase:\n  main:\n    size: 7\n  opts: {x: 1, z: 9, q: 4}\n",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: a}\ns: {v: 1, token: hunter2xx}\n---\nk: 1\n",
            Some(
                "apiVersion: v1\nkind: A\nmetadata: {name: a}\ns:\n  v: \"7\" # own\n  token: hunter3xx\n---\nk: 1\n",
            ),
            &["apiVersion: v1\nkind: A\nmetadata: {name: b}\ns: {v: 1, token: hunter2xx}\n---\nk: 1\n"],
            "--with-new",
            "apiVersion: v1\nkind: A\nmetadata:\n  name: b\ns:\n  v: \"7\" # own\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\ns:\n  token: hunter3xx\n---\nk: 1\n",
        ),
        // An element goes whole.
        (
            "db:\n  l:\n  - {name: a, v: 1}\n  - {name: b, v: 2, token: hunter2xx}\n",
            Some("db:\n  l:\n  - {name: a, v: 7}\n  - {name: b, v: 7, token: hunter2xx}\n"),
            &["database:\n  l:\n  - {name: a, v: 1}\n  - {name: b, v: 2, token: hunter2xx}\n"],
            "--with-new",
            "db:\n  l:\n  - {name: b, v: 7, token: hunter2xx}\ndatabase:\n  l:\n  - {name: a, v: 7}\n",
        ),
        (
            "l:\n- name: a\n  token: hunter2xx\n  v: u\n",
            None,
            &["l:\n- name: aa\n  token: hunter2xx\n  v: u\n"],
            "--with-new",
            "l:\n- name: a\n  token: hunter2xx\n  v: u\n",
        ),
        // What moves and changes at once keeps its text, and what came to it comes with the source's.
        (
            "s:\n  w: 1\n  d:\n    j: 1\n    e: 2\n",
            Some("s:\n  w: 1\n  d:\n    # first\n    j: \"1\" # j\n    e: 7 # own\n"),
            &["s:\n  d:\n    j: 1\n    e: 2\n", "m:\n  s:\n    d:\n      j: 1\n      e: 2\n"],
            "--with-new",
            "m:\n  s:\n    d:\n      # first\n      j: \"1\" # j\n      e: 7 # own\n",
        ),
        (
            "s:\n  password: hunterS1\n  h:\n    a: 1\n    b: 2\n",
            Some("s:\n  password: hunterO1\n  h:\n    # the a\n    a: \"7\" # own\n    b: 2 # two\n"),
            &[
                "s:\n  password: hunterS1\n  h:\n    a: 1\n    # c\n    c: {d: 3} # new\n    b: 2\n",
                "m:\n  password: hunterS1\n  h:\n    a: 1\n    # c\n    c: {d: 3} # new\n    b: 2\n",
            ],
            "--with-new",
            "s:\n  password: hunterO1\nm:\n  h:\n    # the a\n    a: \"7\" # own\n    # c\n    c: {d: 3} # new\n    b: 2 # two\n",
        ),
        (
            "s:\n  a: 1\n  b: 2\n",
            Some("s:\n  a: \"7\" # own\n  b: 2\n"),
            &["s:\n  # c\n  c: 0x3 # new\n  a: 1\n  b: 2\n", "t:\n  # c\n  c: 0x3 # new\n  a: 1\n  b: 2\n"],
            "--with-new",
            "t:\n  # c\n  c: 0x3 # new\n  a: \"7\" # own\n  b: 2\n",
        ),
        (
            "s:\n  r:\n    t: 5\n    n: 1\n  w:\n    d: 2\n",
            Some("s:\n  r:\n    # ours\n    t: 99 # load\n    n: 1\n  w:\n    d: 2\n"),
            &[
                "s:\n  r:\n    n: 1\n  w:\n    d: 2\n    t: 5\n",
                "h:\n  r:\n    n: 1\n  w:\n    d: 2\n    t: 5\n",
            ],
            "--with-new",
            "h:\n  r:\n    n: 1\n  w:\n    d: 2\n    # ours\n    t: 99 # load\n",
        ),
        (
            "s:\n  r:\n    t: 5\n    n: 1\n  w:\n    d: 2\n",
            Some("s:\n  r:\n    # ours\n    t: 99 # load\n    n: 1\n  w:\n    d: 2\n"),
            &[
                "h:\n  r:\n    t: 5\n    n: 1\n  w:\n    d: 2\n",
                "h:\n  r:\n    n: 1\n  w:\n    t: 5\n    d: 2\n",
            ],
            "--with-new",
            "h:\n  r:\n    n: 1\n  w:\n    # ours\n    t: 99 # load\n    d: 2\n",
        ),
        // Out of an element of a list that gets another name, and into one.
        (
            "s:\n- name: w\n  a: 1\n  b: 2\nz: {q: 1}\n",
            Some("s:\n- name: w\n  a: 9 # own\n  b: 2\nz: {q: 1}\n"),
            &["s:\n- name: w\n  b: 2\nz: {q: 1, a: 1}\n", "t:\n- name: w\n  b: 2\nz: {q: 1, a: 1}\n"],
            "--with-new --with-removals",
            "t:\n- name: w\n  b: 2\nz: {q: 1, a: 9}\n",
        ),
        (
            "s:\n- name: w\n  b: 2\nz:\n  q: 1\n  a: 1\n",
            Some("s:\n- name: w\n  b: 2\nz:\n  q: 1\n  a: 9 # own\n"),
            &["t:\n- name: w\n  b: 2\nz:\n  q: 1\n  a: 1\n", "t:\n- name: w\n  b: 2\n  a: 1\nz:\n  q: 1\n"],
            "--with-new --with-removals",
            "t:\n- name: w\n  b: 2\n  a: 9 # own\nz:\n  q: 1\n",
        ),
        // An element goes to another list, also where its own moves.
        (
            "old:\n- name: aa\n  size: 1\n- name: bb\n  size: 3\nz:\n  q: 1\n",
            Some("old:\n# first\n- name: aa\n  size: 9 # own\n# second\n- name: bb\n  size: 3\nz:\n  q: 1\n"),
            &[
                "z:\n  q: 1\n  old:\n  - name: aa\n    size: 1\n  - name: bb\n    size: 3\n",
                "z:\n  q: 1\n  old:\n  - name: bb\n    size: 3\nnew:\n- name: aa\n  size: 1\n",
            ],
            "--with-new --with-removals",
            "z:\n  q: 1\n  old:\n  # second\n  - name: bb\n    size: 3\nnew:\n# first\n- name: aa\n  size: 9 # own\n",
        ),
        // What went out of something that moves does so with what is put in its place alone.
        (
            "m:\n  a: 4\n  b: 2\nz:\n  q: 1\n",
            Some("m:\n  a: 4 # ah\n  b: 8\nz:\n  q: 1\n"),
            &["z:\n  q: 1\n  m:\n    a: 4\n    b: 2\n", "z:\n  q: 1\n  m:\n    b: 2\nw:\n  a: 4\n"],
            "--with-new --except w.a",
            "m:\n  a: 4 # ah\nz:\n  q: 1\n  m:\n    b: 8\n",
        ),
        // Own text stays where nothing is of the target's own; lists keep theirs element by element.
        (
            "g:\n  web:\n    size: 1\n  k: 1\n",
            Some("g:\n  # above\n  web: # head\n    size: 1 # sz\n  k: 1\n"),
            &[
                "g:\n  front:\n    size: 1\n  k: 1\n",
                "g:\n  k: 1\nnew:\n  # theirs\n  front:\n    size: 1 # theirs\n",
            ],
            "--with-new",
            "g:\n  k: 1\nnew:\n  # above\n  front: # head\n    size: 1 # sz\n",
        ),
        (
            "m:\n- name: aa\n  x: 1\n  w: 5\n- name: bb\n  x: 2\nz: 1\n",
            Some(
                "m:\n# mine\n- name: aa # n\n  x: 0x9 # own\n  w: 5 # yy\n# b here\n- name: bb # bn\n  x: 2 # b x\nz: 1\n",
            ),
            &[
                "k:\n- name: aa\n  x: 1\n  w: 5\n- name: bb\n  x: 2\nz: 1\n",
                "k:\n- name: cc\n  x: 1\n  w: 5\n- name: bb\n  x: 2\nz: 1\n",
                "k:\n- name: cc\n  x: 1\n  w: 5\n  # brings\n  v: \"7\" # too\n- name: bb\n  x: 3\nz: 1\n",
            ],
            "--with-new",
            "k:\n# mine\n- name: cc # n\n  x: 0x9 # own\n  w: 5 # yy\n  # brings\n  v: \"7\" # too\n# b here\n- name: bb # bn\n  x: 3 # b x\nz: 1\n",
        ),
        (
            "web:\n  size: 1\n  depth: 4\n",
            Some("# W\nweb: # w\n  size: 7 # sz\n  # dd\n  depth: 4 # dp\n"),
            &["front:\n  size: 1\n  depth: 4\n"],
            "--take source=front",
            "# W\nfront: # w\n  size: 1 # sz\n  # dd\n  depth: 4 # dp\n",
        ),
        // A part of an element is asked for.
        (
            "l:\n- name: a\n  w: 10\n  h: x\n- name: b\n  w: 5\n",
            Some("l:\n- name: a\n  w: 90\n  h: x\n- name: b\n  w: 5\n"),
            &["l:\n- name: aa\n  w: 11\n  h: x\n- name: b\n  w: 5\n"],
            "--only l[name=aa].h",
            "l:\n- name: aa\n  w: 11\n  h: x\n- name: a\n  w: 90\n  h: x\n- name: b\n  w: 5\n",
        ),
        (
            "l:\n- name: a\n  v: 1\n",
            Some("l:\n- name: a\n  v: 10\n"),
            &["l:\n- name: aa\n  v: 1\n"],
            "--only l[name=aa].v",
            "l:\n- name: aa\n  v: 10\n",
        ),
        // What merges a mapping no more, of which a key is called otherwise.
        (
            "b: &d\n  cpu: 1\n  mem: 2\nw:\n  <<: *d\n  port: 80\nz: 1\n",
            None,
            &[
                "b: &d\n  cpu: 1\n  memory: 2\nw:\n  <<: *d\n  port: 80\nz: 7\n",
                "b: &d\n  cpu: 1\n  memory: 2\nw:\n  port: 80\nz: 7\n",
            ],
            "--with-new --with-removals --skip-undecided",
            "b: &d\n  cpu: 1\n  mem: 2\nw:\n  <<: *d\n  port: 80\nz: 7\n",
        ),
        // An anchor whose holder went.
        (
            "d: &d {cpu: 1}\na: {<<: *d, n: 1}\nv: 1\n",
            None,
            &["a: {cpu: 1, n: 1}\nv: 2\n"],
            "--skip-undecided",
            "d: &d {cpu: 1}\na: {<<: *d, n: 1}\nv: 2\n",
        ),
    ] {
        let world = world(first, own, changes);
        assert_eq!(promoted(&world, options, 0), expected, "{changes:?} {options}");
    }
}

/// What is first in the source stands before what it precedes there, as far as the target has that, and below
/// what heads the file.
#[test]
fn what_comes_first_stands_first() {
    for (first, own, change, expected) in [
        (
            "# head\n\na: 1\nb: 2\n",
            None,
            "# head\n\n# why\nn: 1\na: 1\nb: 2\n",
            "# head\n\n# why\nn: 1\na: 1\nb: 2\n",
        ),
        ("# head\na: 1\n", None, "# head\nn: 1\na: 1\n", "# head\nn: 1\na: 1\n"),
        (
            "\u{feff}# head\r\na: 1\r\nb: 2",
            None,
            "\u{feff}# head\r\nn: 1\r\na: 1\r\nb: 2",
            "\u{feff}# head\r\nn: 1\r\na: 1\r\nb: 2",
        ),
        (
            "m:\n  # a\n  a: 1\n  b: 2\n",
            None,
            "m:\n  n: 1\n  o: 1\n  # a\n  a: 1\n  b: 2\n",
            "m:\n  n: 1\n  o: 1\n  # a\n  a: 1\n  b: 2\n",
        ),
        ("m: {a: 1, b: 2}\n", None, "m: {o: 1, a: 1, b: 2}\n", "m: {o: 1, a: 1, b: 2}\n"),
        (
            "a: 1\nb: 2\n",
            Some("p: 1  # own\na: 1\nb: 2\n"),
            "o: 1\na: 1\nb: 2\n",
            "p: 1  # own\no: 1\na: 1\nb: 2\n",
        ),
        (
            "l:\n- name: x\n  v: 1\n",
            None,
            "l:\n- first: 1\n  name: x\n  v: 1\n",
            "l:\n- first: 1\n  name: x\n  v: 1\n",
        ),
        (
            "---\na: 1\n---\nb: 1\n",
            None,
            "---\na: 1\n---\n# why\no: 1\nb: 1\n",
            "---\na: 1\n---\n# why\no: 1\nb: 1\n",
        ),
        (
            "x: &x {v: 1}\nm:\n  <<: *x\n  a: 1\n",
            None,
            "x: &x {v: 1}\nm:\n  o: 1\n  <<: *x\n  a: 1\n",
            "x: &x {v: 1}\nm:\n  o: 1\n  <<: *x\n  a: 1\n",
        ),
    ] {
        assert_eq!(promoted(&world(first, own, &[change]), "--with-new", 0), expected, "{change}");
    }
}

/// A key is renamed where it is written, be its value an anchor or read below an alias.
#[test]
fn a_key_is_renamed_where_it_stands() {
    for (first, own, change, code, expected) in [
        (
            "# head\nbase: &b\n  x: 1\nuse:\n  <<: *b\n  z: 3\nlast: 1\n",
            "# head\nbase: &b\n  x: 10  # own\nuse:\n  <<: *b\n  z: 3\nlast: 1\n",
            "# head\ndefaults: &b\n  x: 1\nuse:\n  <<: *b\n  z: 3\nlast: 1\n",
            0,
            "# head\ndefaults: &b\n  x: 10  # own\nuse:\n  <<: *b\n  z: 3\nlast: 1\n",
        ),
        (
            "d: &d\n  host: h\n  port: 1\nz: *d\n",
            "d: &d\n  host: own  # why\n  port: 1\nz: *d\n",
            "d: &d\n  hostname: h\n  port: 1\nz: *d\n",
            0,
            "d: &d\n  hostname: own  # why\n  port: 1\nz: *d\n",
        ),
        (
            "d: &d\n  host: h\n  port: 1\nz: *d\n",
            "d: &d\n  host: own\n  port: 1\nz: *d\n",
            "d: &d\n  hostname: h\n  port: 1\nz: {host: h, port: 1}\n",
            3,
            "d: &d\n  host: own\n  port: 1\nz: *d\n",
        ),
    ] {
        assert_eq!(promoted(&world(first, Some(own), &[change]), "--with-new", code), expected, "{change}");
    }
}

#[test]
fn a_move_of_the_file_hides_no_rename() {
    let mut world = world(
        "m:\n  a: 5\n  z: 1\nk: v\nl: w\n",
        Some("m:\n  a: 50\n  z: 1\nk: v\nl: w\n"),
        &["m:\n  b: 5\n  z: 1\nk: v\nl: w\n"],
    );
    for file in FILES {
        world.git(&["mv", file, &file.replace("x.yaml", "y.yaml")]);
    }
    world.commit("moved");
    world.line("promote y --to staging --yes --with-new").exits(0);
    assert_eq!(world.read("environments/staging/y.yaml"), "m:\n  b: 50\n  z: 1\nk: v\nl: w\n");
}

fn deployment(name: &str, image: u8) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  image: x:{image}\n")
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  port: 80\n";

fn map(namespace: &str, value: u8) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {namespace}}}\ndata: {{k: {value}}}\n"
    )
}

#[test]
fn documents_are_known_by_all_that_tells_them_apart() {
    let and = |documents: &[&str]| documents.join("---\n");
    let [one, two] = [1, 2].map(|image| deployment("web", image));
    // One becomes two, and the new one is left.
    let world_of = |first: &str, own: Option<&str>, change: &str| world(first, own, &[change]);
    let grown = world_of(&one, None, &and(&[&two, SERVICE]));
    assert_eq!(promoted(&grown, "--without-new", 0), two);
    // Another group of the same kind, and values of its own.
    let ingress = |group: &str, n: u8| {
        format!("apiVersion: {group}/v1\nkind: Ingress\nmetadata: {{name: web}}\nspec: {{host: a, n: {n}}}\n")
    };
    let [old, own, new] = [("extensions", 1), ("extensions", 5), ("networking.k8s.io", 1)]
        .map(|(group, n)| and(&[&ingress(group, n), SERVICE]));
    let regrouped = world_of(&old, Some(&own), &new);
    assert_eq!(promoted(&regrouped, "--with-new", 0), and(&[&ingress("networking.k8s.io", 5), SERVICE]));
    // All documents are others, and come back.
    let renamed = world_of(&one, None, &and(&[SERVICE, &deployment("web2", 1)]));
    let before = renamed.read(FILES[1]);
    promoted(&renamed, "--with-new", 0);
    renamed.line("rollback x --env staging --yes").exits(0);
    assert_eq!(renamed.read(FILES[1]), before);
    // Where one of two namespaces went, the other is still itself.
    let [n1, n2, changed] = [map("n1", 1), map("n2", 2), map("n1", 5)];
    let parted = world_of(&and(&[&n1, &n2, SERVICE]), None, &and(&[&changed, SERVICE]));
    promoted(&parted, "--only #ConfigMap/n2/a:", 0);
    assert_eq!(promoted(&parted, "", 0), and(&[&changed, SERVICE]));
}

/// A file's only document is the one of its name beside others, in versions before and after.
#[test]
fn the_only_document_is_renamed_as_one_of_several() {
    let job = |name: &str, spec: &str| {
        format!("apiVersion: v1\nkind: Job\nmetadata:\n  name: {name}\nspec:\n  {spec}\n  size: 1\n")
    };
    let and = |documents: &[&String]| {
        documents.iter().map(|document| document.as_str()).collect::<Vec<_>>().join("---\n")
    };
    let [five, own, limit, own_limit, named, own_named, last, own_last] = [
        ("a", "timeout: 5"),
        ("a", "timeout: 99 # ours"),
        ("a", "limit: 5"),
        ("a", "limit: 99 # ours"),
        ("b", "timeout: 5"),
        ("b", "timeout: 99 # ours"),
        ("b", "limit: 5"),
        ("b", "limit: 99 # ours"),
    ]
    .map(|(name, spec)| job(name, spec));
    let other = job("other", "x: 1");
    let plain = |spec: &str| format!("{spec}\nsize: 1\n");
    let all = "--with-new --with-removals";
    for (first, own, changes, options, expected) in [
        // The target has one more.
        (&five, and(&[&own, &other]), vec![limit.clone()], all, and(&[&own_limit, &other])),
        (&five, and(&[&other, &own]), vec![limit.clone()], all, and(&[&other, &own_limit])),
        (&five, and(&[&own, &other]), vec![named.clone()], all, and(&[&own_named, &other])),
        (&five, and(&[&own, &other]), vec![named.clone(), last.clone()], all, and(&[&own_last, &other])),
        (&five, and(&[&five, &other]), vec![limit.clone()], "--without-new", and(&[&five, &other])),
        // The source got one more.
        (&five, own.clone(), vec![limit.clone(), and(&[&limit, &other])], all, and(&[&own_limit, &other])),
        (&five, own.clone(), vec![named.clone(), and(&[&other, &named])], all, and(&[&other, &own_named])),
        (&five, own.clone(), vec![named.clone(), and(&[&named, &other])], "--skip-undecided", own.clone()),
        (&five, five.clone(), vec![named.clone(), and(&[&named, &other])], "--without-new", five.clone()),
        // It has but one now.
        (
            &and(&[&other, &five]),
            and(&[&other, &own]),
            vec![five.clone(), limit.clone(), last.clone()],
            all,
            own_last.clone(),
        ),
        // Without a name, beside one that has one.
        (
            &plain("timeout: 5"),
            plain("timeout: 99 # ours"),
            vec![plain("limit: 5"), and(&[&other, &plain("limit: 5")])],
            all,
            and(&[&other, &plain("limit: 99 # ours")]),
        ),
    ] {
        let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
        let world = world(first, Some(&own), &changes);
        assert_eq!(promoted(&world, options, 0), expected, "{changes:?} {options}");
        let again = world.line(&format!("promote x --to staging --yes {options}")).exits(0);
        assert!(again.contains("nothing to do"), "{again}");
        if expected != own {
            world.line("rollback x --env staging --yes").exits(0);
            assert_eq!(world.read(FILES[1]), own, "{changes:?}");
        }
    }
}

#[test]
fn a_promotion_that_only_gave_values_is_the_last_one() {
    let mut world = world("a: 1\nc: 1\n", None, &["a: 2\nc: 1\n"]);
    promoted(&world, "", 0);
    world.write(FILES[1], "a: 2\nc: 5\n");
    world.commit("own");
    world.write(FILES[0], "a: 2\nc: 6\n");
    world.commit("six");
    assert_eq!(promoted(&world, "--set c=7", 0), "a: 2\nc: 7\n");
    world.line("rollback x --env staging --yes").exits(0);
    assert_eq!(world.read(FILES[1]), "a: 2\nc: 5\n");
}

#[test]
fn what_is_kept_of_a_rename_is_one_decision() {
    let world =
        world("l:\n- name: a\n  v: 1\n", Some("l:\n- name: a\n  v: 10\n"), &["l:\n- name: aa\n  v: 1\n"]);
    world.line("promote x --to staging --take target=l[name=aa] --reason load --yes").exits(0);
    assert!(!world.git(&["log", "-1", "--format=%B"]).contains("renamed"));
    let again = world.line("promote x --to staging --yes").exits(0);
    assert!(again.contains("declined by"), "{again}");
    assert!(!again.contains("offered"), "{again}");
}

#[test]
fn an_item_under_another_name_is_told_as_one() {
    let mut world = world("a: 1\nb: 2\n", Some("a: 1\nb: 20\n"), &[]);
    world.git(&["mv", FILES[0], "environments/development/y.yaml"]);
    world.commit("renamed");
    for line in ["promote y --to staging --dry-run", "promote --all --to staging --dry-run"] {
        let told = world.line(line).exits(0);
        assert!(told.contains("was x in development"), "{line}: {told}");
        assert!(!told.contains("--delete"), "{line}: {told}");
    }
}

#[test]
fn decisions_that_cannot_be_read_stop_an_item_in_sync_too() {
    let mut world = world("a: 1\n", None, &[]);
    world.write(".terrace/decisions/staging/x=/1.toml", "<<<<<<< ours\n");
    world.commit("a conflict");
    for line in ["promote x --to staging --yes", "promote --all --to staging --yes"] {
        world.line(line).exits(2);
    }
    // A folder that is called as one is none that says nothing.
    world.git(&["rm", "--quiet", "-r", ".terrace"]);
    world.write(".terrace/decisions/staging/x=/1.toml/y.toml", "");
    world.commit("a folder");
    world.line("promote x --to staging --yes").exits(2);
    world.git(&["rm", "--quiet", "-r", ".terrace"]);
    world.write(".terrace/decisions/staging/x=", "");
    world.commit("a file");
    assert!(world.line("check").exits(1).contains("decisions/staging/x="));
}

#[test]
fn a_renamed_element_or_document_keeps_the_targets_text() {
    let list = "l:\n  - name: web\n    host: h\n    port: 5\n  - name: z\n";
    let own = "l:\n  # our web\n  - name: web # first\n    # why\n    host: \"own\" # host\n    port: 5 # port\n  - name: z\n";
    let front = list.replace("web", "front");
    let world_ = world(list, Some(own), &[&front, &front.replace("5", "6")]);
    promoted(&world_, "--with-new", 0);
    assert_eq!(world_.read(FILES[1]), own.replace("web #", "front #").replace('5', "6"));
    // The namespace tells nothing apart here, and is the target's own.
    let document = |name: &str, namespace: &str| {
        format!(
            "apiVersion: v1\nkind: Job\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec: {{n: 1}}\n---\n{}",
            deployment("b", 1)
        )
    };
    let own = document("web", "uno").replace("name: web", "name: web # w");
    let world_ = world(&document("web", "one"), Some(&own), &[&document("front", "one")]);
    promoted(&world_, "--with-new", 0);
    assert_eq!(world_.read(FILES[1]), own.replace("web", "front"));
}

/// A part is left or asked for with the whole; by itself it gets a value, the source's too, or keeps its own.
#[test]
fn of_a_part_of_what_is_renamed_a_value_is_decided() {
    let own = "s:\n  host: own # why\n  n: 1\n";
    let result = |host: &str| format!("t:\n  host: {host} # why\n  n: 1\n");
    for (options, expected) in [
        ("--with-new --take source=t.host", result("h")),
        ("--with-new --set t.host=x", result("x")),
        ("--with-new --take target=t.host --reason ours", result("own")),
        ("--with-new --take source=t.n", result("own")),
        ("--without-new --take source=t.host", result("h")),
        ("--without-new --set t.host=x", own.to_owned()),
    ] {
        let world = world("s:\n  host: h\n  n: 1\n", Some(own), &["t:\n  host: h\n  n: 1\n"]);
        world.line(&format!("promote x --to staging {options} -o plan.json")).exits(0);
        assert_eq!(promoted(&world, options, 0), expected, "{options}");
        let again = world.line(&format!("promote x --to staging --yes {options}")).exits(0);
        assert!(again.contains("nothing to do"), "{again}");
        if expected != own {
            world.git(&["reset", "-q", "--hard", "HEAD~1"]);
            world.line("promote --plan plan.json --yes").exits(0);
            assert_eq!(world.read(FILES[1]), expected, "{options}");
            world.line("rollback x --env staging --yes").exits(0);
            assert_eq!(world.read(FILES[1]), own, "{options}");
        }
    }
    let world = world("s:\n  host: h\n  n: 1\n", Some(own), &["t:\n  host: h\n  n: 1\n"]);
    for (part, at) in
        [("--except t.host", "t.host"), ("--take source=s.host", "s.host"), ("--set t.z=1", "t.z")]
    {
        let told = world.line(&format!("promote x --to staging --with-new --yes {part}"));
        assert!(told.stderr.contains(&format!("nothing of this plan is at {at}")), "{}", told.told());
        told.exits(2);
    }
}

/// What both sides changed within an entry that the source renamed stops with it, and is decided as anywhere.
#[test]
fn a_conflict_within_what_is_renamed_is_decided_with_it() {
    let mapping = |name: &str, host: &str| format!("{name}:\n  host: {host} # why\n  size: 1\n");
    let element = |name: &str, v: &str| format!("l:\n- name: {name}\n  v: {v}\n  w: 2\n");
    for (of, names, path) in [
        (&mapping as &dyn Fn(&str, &str) -> String, ["server", "http"], "http.host"),
        (&element, ["a", "b"], "l[name=b].v"),
    ] {
        let [old, new] = names;
        let (own, changed) = (of(old, "own"), of(old, "h3"));
        for (options, code, expected) in [
            ("--with-new".to_owned(), 3, of(old, "own")),
            ("--with-new --skip-undecided".to_owned(), 0, of(new, "own")),
            (format!("--with-new --except {path}"), 0, of(new, "own")),
            (format!("--with-new --take source={path}"), 0, of(new, "h3")),
            (format!("--with-new --take target={path}"), 0, of(new, "own")),
            (format!("--with-new --set {path}=given"), 0, of(new, "given")),
            (format!("--without-new --set {path}=given"), 0, of(old, "own")),
        ] {
            let world = world(&of(old, "h"), Some(&own), &[&changed, &of(new, "h3")]);
            assert_eq!(promoted(&world, &options, code), expected, "{options}");
            if code == 0 && expected != own {
                let again = world.line(&format!("promote x --to staging --yes {options}")).exits(0);
                assert!(again.contains("nothing to do"), "{again}");
                world.line("rollback x --env staging --yes").exits(0);
                assert_eq!(world.read(FILES[1]), own, "{options}");
            }
        }
    }
}

#[test]
fn a_rename_that_the_source_takes_back_is_asked_about_as_each() {
    let before = "port: 80\ntimeout: 5\n";
    let own = "port: 80\ntimeout: 9 # x\n";
    let mut world = world(before, Some(own), &["port: 80\nlimit: 5\n"]);
    promoted(&world, "--with-new", 0);
    assert_eq!(world.read(FILES[1]), own.replace("timeout", "limit"));
    world.write(FILES[0], before);
    world.commit("back");
    promoted(&world, "", 3);
    promoted(&world, "--with-new", 0);
    assert_eq!(world.read(FILES[1]), own);
}

#[test]
fn new_lists_stand_as_the_targets_do() {
    let unindented = "l:\n- a\nn:\n  p:\n  - k: 1\n    q:\n    # of q\n    - x: |\n        t\n\n        u\n    - y\nz: 1\n";
    let indented = "l:\n  - a\nn:\n  p:\n    - k: 1\n      q:\n        # of q\n        - x: |\n            t\n\n            u\n        - y\nz: 1\n";
    for (source, target) in [(unindented, indented), (indented, unindented)] {
        let before = format!("{}z: 1\n", target.split("n:\n").next().unwrap_or_default());
        let mut world = world(&before, None, &[source]);
        assert_eq!(promoted(&world, "--with-new", 0), target);
        world.commit("promoted");
        // What comes back comes back as it was.
        let mixed = format!("{target}m:\n- b\no:\n      - c\n");
        world.write(FILES[1], &mixed);
        world.commit("mixed");
        world.write(FILES[0], &source.replace("z:", "  r: 1\nz:"));
        world.commit("more");
        assert_eq!(promoted(&world, "--with-new", 0), mixed.replace("z:", "  r: 1\nz:"));
        world.line("rollback x --env staging --yes").exits(0);
        assert_eq!(world.read(FILES[1]), mixed);
    }
}

#[test]
fn what_the_user_gives_is_written_or_refused() {
    let (both, change) = ("s: &s {c: 1}\na: *s\nb: *s\nz: 1\n", "s: &s {c: 1}\na: *s\nb: {c: 4}\nz: 2\n");
    for given in ["--set b.c=7", "--take source=b", "--take source=b.c"] {
        let world = world(both, Some(&both.replace("{c: 1}", "{c: 3}")), &[change]);
        let head = world.git(&["rev-parse", "HEAD"]);
        world.line(&format!("promote x --to staging --yes --skip-undecided {given}")).exits(3);
        assert_eq!(world.git(&["rev-parse", "HEAD"]), head, "{given}");
    }
    let world = world("a: {timeout: 5}\n", Some("a: {timeout: 9}\n"), &["a: {timeoutS: 5}\n"]);
    assert_eq!(promoted(&world, "--take source=a.timeoutS", 0), "a: {timeoutS: 5}\n");
}

#[test]
fn the_command_at_the_end_of_a_plan_runs() {
    let world = world("a: 1\nb: 1\nc: 1\n", Some("b: 1\n"), &["a: 1\nb: 2\nc: 1\n"]);
    let told = world.line("promote x --to staging --yes").exits(0);
    let told = told.replace("\\\n", " ");
    let command = told.lines().find_map(|line| line.split_once("terrace promote ")).expect("a command").1;
    assert_eq!(command.matches("--only").count(), 2, "{command}");
    world.line(&format!("promote {command} --yes")).exits(0);
    let staging = world.read(FILES[1]);
    assert!(staging.contains("a: 1") && staging.contains("c: 1"), "{staging}");
}

#[test]
fn a_path_becomes_one_thing() {
    let world = world("a: 1\n", None, &["a: 2\n"]);
    for options in [
        "--take source=a --take target=a",
        "--take source=a --set a=7",
        "--take source=a --except a",
        "--set a=1 --set a=2",
    ] {
        world.line(&format!("promote x --to staging --yes {options}")).exits(2);
    }
}

#[test]
fn a_rename_is_known_on_its_way_to_production_and_in_review() {
    let (first, own) = ("a: {timeout: 5, x: 1}\n", "a: {timeout: 7, x: 1}\n");
    let mut world = world(first, Some(own), &["a: {timeoutS: 5, x: 1}\n"]);
    let change = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    // Copied, staging's own value goes.
    world.git(&["checkout", "-q", "-b", "copied"]);
    world.write(FILES[1], &world.read(FILES[0]));
    world.commit("copied");
    let told = world.line("review --base main").exits(0);
    assert!(told.contains("overwrites-own-value"), "{told}");
    world.git(&["checkout", "-q", "main"]);
    promoted(&world, "--with-new", 0);
    let line = format!("promote x --to production --yes --change {change}");
    world.line(&line).exits(0);
    // Production never had a value of its own: what waited in staging comes with the name.
    assert_eq!(world.read(FILES[2]), "a: {timeoutS: 7, x: 1}\n");
}

/// What cannot move stays where it is by itself: the rest goes, or stays, as the plan says.
#[test]
fn what_stays_behind_is_no_whole() {
    let doc = |name: &str, spec: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  {spec}\n")
    };
    let job = doc("job", "x: 1");
    let docs = |name: &str, spec: &str| format!("{job}---\n{}", doc(name, spec));
    let list = |mapping: &str, [x, z]: [u8; 2]| {
        format!("{mapping}:\n  l:\n  - name: a\n    x: {x}\n  - name: b\n    dev-host: h\n    z: {z}\n")
    };
    let [web, own] = ["dev-host: h\n  size: 1", "dev-host: own\n  size: 7"];
    for (first, own, change, gone) in [
        (docs("web", web), docs("web", own), docs("front", web), "  size: 7\n"),
        (list("w", [1, 3]), list("w", [7, 9]), list("v", [1, 3]), "  - name: a\n    x: 7\n"),
    ] {
        for options in ["--with-new", "--with-new --skip-undecided", "--with-new --with-removals"] {
            let mut world = world(&first, Some(&own), &[&change]);
            let after = promoted(&world, options, 0);
            assert_eq!(after.matches(gone).count(), 1, "{options}: {after}");
            assert!(after.contains("dev-host"), "{options}: {after}");
            world.commit("promoted");
            assert_eq!(promoted(&world, options, 0), after, "{options}");
            world.line("rollback x --env staging --yes").exits(0);
            assert_eq!(world.read(FILES[1]), own, "{options}");
        }
    }
    let [before, after] =
        ["db", "database"].map(|name| format!("{name}:\n  password: hunter2x\n  size: 1\n"));
    let own = "db:\n  password: stagingpw9\n  size: 7 # own\n";
    let world = world(&before, Some(own), &[&after]);
    let told = world.line("promote x --to staging --with-new --dry-run").exits(0);
    assert!(told.contains("--only db.password"), "{told}");
    assert_eq!(promoted(&world, "--only db.password", 0), "db:\n  size: 7 # own\n");
    // What is read elsewhere stops by itself.
    let [first, change] =
        ["a", "b"].map(|name| format!("{name}:\n  x: 1\n  password: hunterS1\n  m: &m\n    p: 1\nz: *m\n"));
    let own = "a:\n  x: 7\n  password: hunterO1\n  m: &m\n    p: 3\nz: *m\n";
    let world = self::world(&first, Some(own), &[&change]);
    let after = promoted(&world, "--with-new --skip-undecided", 0);
    assert_eq!(after, "a:\n  password: hunterO1\n  m: &m\n    p: 3\nb:\n  x: 7\nz: *m\n");
}

/// What the target has under the new name already is no reason to give it the source's value for the rest.
#[test]
fn what_is_left_of_a_renamed_mapping_is_still_renamed() {
    let [before, after] = ["web", "front"]
        .map(|name| format!("port: 1\n{name}:\n  size: 1\n  depth: 4\n  password: hunterS3\n"));
    let own = "port: 1\nweb:\n  size: 7 # own\n  depth: 4\n  password: hunterO3\n";
    let mut world = world(&before, Some(own), &[&after]);
    let first = promoted(&world, "--with-new --except web.size", 0);
    assert!(first.contains("  size: 7 # own\n") && first.contains("front:\n  depth: 4\n"), "{first}");
    world.commit("promoted");
    assert_eq!(promoted(&world, "--with-new --with-removals --except web.size", 0), first);
    let second = promoted(&world, "--with-new", 0);
    assert_eq!(second, "port: 1\nfront:\n  size: 7 # own\n  depth: 4\nweb:\n  password: hunterO3\n");
    // A mapping of the target's own under the new name.
    let own = format!("{own}front:\n  mine: 1\n");
    let world = self::world(&before, Some(&own), &[&after]);
    let all = promoted(&world, "--with-new --with-removals", 0);
    assert!(all.contains("  mine: 1\n  size: 7 # own\n  depth: 4\n"), "{all}");
}

#[test]
fn a_plan_file_says_of_elements_what_the_plan_says() {
    let first = "l:\n- name: a\n  x: 1\n  y: 2\nport: 1\n";
    let own = first.replace("x: 1", "x: 7");
    for options in ["--with-new --with-removals", "--with-new --skip-undecided"] {
        let world = world(first, Some(&own), &[&first.replace("  y:", "  z:"), "port: 1\n"]);
        world.line(&format!("promote x --to staging -o plan.json {options}")).exits(0);
        let by_hand = promoted(&world, options, 0);
        if by_hand != own {
            world.git(&["reset", "-q", "--hard", "HEAD~1"]);
        }
        world.line("promote --plan plan.json --yes").exits(0);
        assert_eq!(world.read(FILES[1]), by_hand, "{options}");
    }
}

/// What was wrong before is not new because its document has a name beside another one.
#[test]
fn a_second_document_makes_no_known_error_new() {
    let doc = |name: &str, spec: &str| {
        format!("apiVersion: v1\nkind: Job\nmetadata:\n  name: {name}\nspec:\n  {spec}\n")
    };
    let first = doc("web", "password: hunterSame9");
    let both = format!("{first}---\n{}", doc("job", "x: 1"));
    let world = world(&first, None, &[&both]);
    assert_eq!(promoted(&world, "--with-new", 0), both);
    // The same in the document that comes is new.
    let [first, second] = ["web", "job"].map(|name| doc(name, "x: 9"));
    let both = format!("{first}---\n{second}");
    let mut world = self::world(&first, None, &[&both]);
    world
        .write("schemas/x.schema.json", r#"{"properties": {"spec": {"properties": {"x": {"maximum": 5}}}}}"#);
    world.commit("a schema");
    assert_eq!(promoted(&world, "--with-new", 3), first);
}

/// An element with something that is not promoted comes and stays whole: it is renamed in the target by hand.
#[test]
fn an_element_with_a_secret_is_not_halved() {
    let list = |name: &str, password: &str, x: u8| {
        format!("l:\n- name: {name}\n  password: {password}\n  x: {x}\n- name: c\n  z: 3\n")
    };
    let own = list("a", "hunterO1", 7);
    let source = list("n", "hunterS1", 1);
    let mut world = world(&list("a", "hunterS1", 1), Some(&own), &[&source]);
    for options in ["--with-new", "--with-new --with-removals", "--with-new --skip-undecided"] {
        let told = world.line(&format!("promote x --to staging --yes {options}")).exits(0);
        assert!(told.contains("rename it in staging itself") && told.contains("nothing to do"), "{told}");
    }
    world.write(FILES[1], &list("n", "hunterO1", 7));
    world.commit("by hand");
    let told = world.line("promote x --to staging --yes").exits(0);
    assert!(told.contains("nothing to do") && !told.contains("renamed"), "{told}");
    // One of a list that goes elsewhere: the others go.
    let moved = |elements: &str| format!("q:\n  {}", elements.replace('\n', "\n  ").trim_end());
    let world = self::world(
        &list("a", "hunterS1", 1),
        Some(&own),
        &[&format!("{}\n", moved(&list("a", "hunterS1", 1)))],
    );
    let expected = "l:\n- name: a\n  password: hunterO1\n  x: 7\nq:\n  l:\n  - name: c\n    z: 3\n";
    for options in ["--with-new", "--with-new --with-removals"] {
        assert_eq!(promoted(&world, options, 0), expected, "{options}");
    }
}

/// What the target renamed by a promotion it did not remove.
#[test]
fn what_is_renamed_within_a_promoted_rename_is_renamed() {
    let text = |mapping: &str, key: &str, value: &str| {
        format!("port: 80\n{mapping}:\n  {key}: {value}\n  size: 1\n")
    };
    let mut world = world(
        &text("server", "timeout", "5"),
        Some(&text("server", "timeout", "9 # own")),
        &[&text("http", "timeout", "5")],
    );
    assert_eq!(promoted(&world, "--with-new", 0), text("http", "timeout", "9 # own"));
    world.write(FILES[0], &text("http", "limit", "5"));
    world.commit("limit");
    assert_eq!(promoted(&world, "--with-new", 0), text("http", "limit", "9 # own"));
}

#[test]
fn a_renamed_document_keeps_the_targets_namespace() {
    let doc = |name: &str, size: u8| {
        format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  size: {size}\n")
    };
    let job = "apiVersion: v1\nkind: Job\nmetadata:\n  name: a\nspec:\n  x: 1\n---\n";
    let mine = |name: &str| format!("{job}{}", doc(name, 7).replace("spec:", "  namespace: mine\nspec:"));
    let world = world(
        &format!("{job}{}", doc("web", 1)),
        Some(&mine("web")),
        &[&format!("{job}{}", doc("front", 1))],
    );
    assert_eq!(promoted(&world, "--with-new", 0), mine("front"));
}

/// What the source removed of something that it renamed before is a question of the first plan.
#[test]
fn a_removal_within_what_is_renamed_is_asked_about() {
    let own = "m:\n  a: 7 # own\n  b: 2\n";
    let changes = ["n0:\n  a: 1\n  b: 2\n", "n0:\n  b: 2\n"];
    for (options, code, expected) in [
        ("--with-new", 3, own),
        ("--with-new --without-removals", 0, "n0:\n  a: 7 # own\n  b: 2\n"),
        ("--with-new --with-removals", 0, "n0:\n  b: 2\n"),
        ("--with-new --take target=n0.a --reason ours", 0, "n0:\n  a: 7 # own\n  b: 2\n"),
        ("--without-new --with-removals", 0, own),
    ] {
        let world = world("m:\n  a: 1\n  b: 2\n", Some(own), &changes);
        assert_eq!(promoted(&world, options, code), expected, "{options}");
        if code == 0 {
            let again = world.line(&format!("promote x --to staging --yes {options}")).exits(0);
            assert!(again.contains("nothing to do"), "{again}");
        }
        if expected != own {
            world.line("rollback x --env staging --yes").exits(0);
            assert_eq!(world.read(FILES[1]), own, "{options}");
        }
    }
}

#[test]
fn a_plan_file_of_an_element_whose_secret_went_is_carried_out() {
    let list =
        |name: &str, rest: &str| format!("k:\n- name: {name}\n  e: 1\n{rest}- name: n2\n  f: 8\nz: 1\n");
    let secret = "  password: hunterX\n";
    let own = list("n1", secret).replace("e: 1", "e: 7");
    let world = world(
        &list("n1", secret),
        Some(&own),
        &[&list("n3", secret), &list("n3", "").replace("z: 1", "z: 2")],
    );
    world.line("promote x --to staging --with-new --with-removals --skip-undecided -o plan.json").exits(0);
    world.line("promote --plan plan.json --yes").exits(0);
    assert_eq!(world.read(FILES[1]), own.replace("z: 1", "z: 2"));
}

#[test]
fn what_is_kept_of_a_part_is_decided_once() {
    let own = "web:\n  size: 1\n  inner: {a: 8, b: 2}\n";
    let text = |name: &str| format!("{name}:\n  size: 1\n  inner:\n    a: 1\n    b: 2\n");
    let world = world(&text("web"), Some(own), &[&text("front")]);
    let command = "promote x --to staging --with-new --take target=front.inner --reason ours --yes";
    world.line(command).exits(0);
    assert!(world.line(command).exits(0).contains("nothing to do"));
}
