//! Files that readers stumble over, each beside a sound one: the right finding at the right place,
//! or none, and the other item goes on.

use proptest::prelude::*;

use super::testing::Repository;

const SOUND: &str = "other: no\n";

fn found(bytes: &[u8]) -> Vec<String> {
    let file = "environments/development/trap.yaml";
    let repository = Repository::new(&[(file, bytes)]).and("environments/development/z.yaml", SOUND);
    let report = repository.report();
    assert_eq!(report.items, 2);
    let mut places = repository.places();
    assert_eq!(
        places.pop().as_deref(),
        Some("environments/development/z.yaml:1:8 warning[ambiguous-scalar]")
    );
    places.iter().map(|place| place.replace(&format!("{file}:"), "")).collect()
}

#[test]
fn sound_files_of_every_kind_have_no_finding() {
    let comments: String = (0..200).map(|n| format!("# line {n}\n")).chain(["a: 1\n".to_owned()]).collect();
    for text in [
        "\u{feff}# with a mark\na: 1\n",
        "a: 1",
        "a: 1\r\nb: 2\r\n",
        "- type: replace\n  path: /a/name=b/c?\n  value: 2\n- type: replace\n  path: /x\n  value: 1",
        "govuk::apps::x::enabled: true\nannotations/a.b@c: 1\n\"a b\": 2\nwhen@dev: {x: 1}\n",
        "a: &x {b: 1}\nc: *x\nd: &y {b: 2}\ne: *y\n",
        "a: &a {k: 1}\nb: &b {l: 2}\nc:\n  !!merge <<: [*a, *b]\n",
        "a: &a {k: 1}\nb: &b {l: 2}\nc:\n  <<: [*a, *b]\n  m: 3\n",
        "value: '{{ .Values.x }}'\n",
        "a: !Ref x\nb: !!binary aGVsbG8=\n",
        "spring:\n  a: 1\n---\nspring:\n  a: 2\n",
        "a: |\n  no\n  0644\nb: >-\n  folded\n",
        "date: '2024-01-01'\nversion: 1.10\nhex: 0x1F\nbig: 9007199254740992\n",
        comments.as_str(),
    ] {
        assert_eq!(found(text.as_bytes()), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_readers_stumble_over_is_told_where_it_stands() {
    let doubled = "\u{feff}a: 1\r\nb: 2\r\na: 3";
    for (bytes, expected) in [
        (doubled.as_bytes(), "3:1 error[duplicate-key]"),
        (b"\xef\xbb\xbfa: no\nb: 1".as_slice(), "1:4 warning[ambiguous-scalar]"),
        ("\u{e4}\u{f6}: off".as_bytes(), "1:5 warning[ambiguous-scalar]"),
        (b"a: 1\n---\nb: 0644\n", "3:4 warning[ambiguous-scalar]"),
        (b"a: 1\nb: caf\xe9\n", "2:7 error[syntax]"),
        (b"a: 1\nb: x\0y\n", "2:5 error[syntax]"),
        (b"\xff\xfea\0:\0 \x001\0", "1:1 error[syntax]"),
        (b"\xfe\xff\0a\0:\0 \x001", "1:1 error[syntax]"),
        (b"image: {{ .Values.image }}\n", "1:9 warning[unsupported-yaml]"),
        (b"a: *nowhere\n", "1:4 error[syntax]"),
        (b"? {a: 1}\n: 2\n", "1:3 warning[unsupported-yaml]"),
        (b"a: &a [*a]\n", "1:8 error[unsupported-yaml]"),
    ] {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(found(bytes), [expected], "{text}");
    }
}

#[test]
fn what_is_too_much_is_refused_before_it_costs_anything() {
    let large = format!("a: {}\n", "x".repeat(2 * 1024 * 1024));
    assert_eq!(found(large.as_bytes()), ["1:1 error[syntax]"]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    let places = found(bomb.as_bytes());
    assert_eq!(places.len(), 1, "{places:?}");
    assert!(places[0].ends_with(" error[unsupported-yaml]"), "{places:?}");
    let nested = format!("a: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    let places = found(nested.as_bytes());
    assert!(places[0].starts_with("1:") && places[0].ends_with(" error[syntax]"), "{places:?}");
}

/// Aliases can nest values deeper than the text is nested.
#[test]
fn a_ladder_of_aliases_is_refused() {
    let mut ladder = "a0: &a0 1\n".to_owned();
    for n in 1..100 {
        ladder.push_str(&format!("a{n}: &a{n} {}*a{}{}\n", "[".repeat(190), n - 1, "]".repeat(190)));
    }
    let places = found(ladder.as_bytes());
    assert!(places.iter().all(|place| place.ends_with(" error[unsupported-yaml]")), "{places:?}");
    assert_eq!(places.len(), 1);
}

#[test]
fn one_long_line_stays_cheap() {
    let pairs: Vec<String> = (0..5_000).map(|n| format!("k{n}: no")).collect();
    let repository =
        Repository::new(&[("environments/development/a.yaml", format!("{{{}}}", pairs.join(", ")).as_str())]);
    let report = repository.report();
    assert_eq!(report.findings.len(), 5_000);
    assert!(report.findings.iter().all(|finding| finding.excerpt.is_none()));
}

proptest! {
    /// Whatever is wrong with a file, nothing under a secret key is shown, and nothing panics.
    #[test]
    fn no_broken_file_shows_its_secrets(
        lines in prop::collection::vec((0usize..4, prop::sample::select(vec![
            "password: hunter2",
            "token: [hunter2, ",
            "secret: \"hunter2",
            "api-key: 'hunter2'",
            "{password: hunter2, a: [",
            "private_key: &x hunter2",
            "password: *hunter2",
            "token: {on: hunter2}",
            "- secret: hunter2",
            "client_secret: postgres://u:hunter2@db.prod.example.com",
            "url: postgres://u:hunter2@db.prod.example.com/x",
            "a: no",
            "a: {b: 1, b: 2}",
            "? [a]",
            "- b: 0644",
            "}",
            "x: |",
            "\ty: 1",
        ])), 1..8),
        other in prop::sample::select(vec!["password: 5\n", "token: hunter2\n", "a: 1\n"]),
    ) {
        let text: String = lines.iter().map(|(n, line)| format!("{}{line}\n", "  ".repeat(*n))).collect();
        let report = Repository::new(&[
            ("environments/development/a.yaml", text.as_str()),
            ("environments/staging/a.yaml", other),
        ])
        .report();
        for finding in &report.findings {
            let shown = format!("{finding:?}").replace("unknown anchor", "");
            prop_assert!(!shown.contains("hunter2"), "{text}\n{finding:?}");
        }
    }

    /// Bytes of any kind are judged without a panic.
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[ -~\\n\\t:{}\\[\\]&*!|>'\"%@`#-]{0,120}") {
        Repository::new(&[("environments/development/a.yaml", bytes.as_slice()), ("environments/staging/a.yaml", text.as_bytes())]).report();
    }
}
