//! What is read here, and that the parser reads the same.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::parse;
use super::forest;

/// Whether a text is read here; if so, the parser reads the same.
pub(super) fn is_read(text: &str) -> bool {
    let Some(read) = forest(text) else { return false };
    let parsed = parse::forest(text, true);
    let parsed = parsed.unwrap_or_else(|error| panic!("{text:?} is refused: {error}"));
    assert_eq!(format!("{read:?}"), format!("{parsed:?}"), "{text:?}");
    true
}

#[test]
fn ordinary_configuration_is_read_here() {
    for text in [
        "a: 1\n",
        "a: 1",
        "---\na: 1\n",
        "# one\n---  # two\n\n# three\na : 1  # four\n#five\n  # six\nb:\n",
        "a:\n  b:\n    - c\n    - 'd'' e' # f\n  g: \"h \\\" \\n\"\ni:\n- j: k\n  l: m\n-\n  n: o\n-\n- - p\n  - q\n",
        "- a\n- b: c\n  d:\n  - e\n  -  f: g\n     h: i\n-   - j\n",
        "a: []\nb: {}\nc: [ d, 'e', [f] , {g: h}, ]  # i\nj: {k: l, m : [n]}\n",
        "'a': b\n\"c d\" : e\nf g: h: i\n".trim_end_matches(": i\n"),
        "url: http://a.b/c?d#e\nargs: -Xmx1g --x, [y] {z} & * ! | > ' \" % @ `\n",
        "a:\n  b\nc:\n  - d\n\n\n  - e   \n   \n",
        "grüße: äöü – € 😀\n# ✓\n",
        "# a\n---\nb: c\n---  # d\n- e\n---\nf:\n",
        "a: |\n  b\n   c\n\n  d # e\n\n# f\ng: |-\n    h\ni:\n- |+  # j\n  k\n\n\n- l: |\n    m: n\n",
    ] {
        assert!(is_read(text), "{text:?} is left to the parser");
    }
}

#[test]
fn what_is_not_plain_is_left_to_the_parser() {
    for text in [
        "",
        "# a\n",
        "a\n",
        "a: b\n c\n",
        "a: b: c\n",
        "a: - b\n",
        "a:\n b: 1\n  c: 2\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !b c\n",
        "a: >\n b\n",
        "a: 'b\n",
        "a: 'b' c\n",
        "a:\tb\n",
        "? a\n",
        "a: [b\n]\n",
        "a: b\n...\n",
        "a: b\r\n",
        "a: \u{feff}b\n",
        "a: \u{85}b\n",
        "--- a\n",
        "a: b\n- c\n",
        "- a\nb: c\n",
        "a: %b\n",
    ] {
        assert!(!is_read(text), "{text:?} is read");
    }
}

/// Lines of pieces that begin, end or look like something.
fn texts() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "a",
        "b: ",
        "c:",
        "d:\n",
        "- ",
        "-",
        "- - ",
        "--- ",
        "---\n",
        "...",
        "# e",
        " #f",
        "#",
        "'g'",
        "'h",
        "\"i\"",
        "\"\\n\"",
        "\"",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        ": ",
        ":",
        "? ",
        "?",
        "&j ",
        "*j",
        "!k ",
        "|\n",
        ">\n",
        "|-\n",
        "%l",
        "@",
        "`",
        "<<: ",
        "~",
        "1",
        "-1",
        " ",
        "  ",
        "   ",
        "\n",
        "\n\n",
        "\n ",
        "\n  ",
        "\n  - ",
        "\n- ",
        "\nb: ",
        "\n  b: ",
        "\n    c: ",
        "\n\t",
        "\t",
        "\r\n",
        "[a, b]",
        "{a: b}",
        "[]",
        "{}",
        "é",
        "\u{a0}",
        "\u{feff}",
        "\u{2028}",
        "\u{85}",
        "\u{ffff}",
        "\u{7f}",
        "''",
        "\\",
        "=",
        "m n",
    ]);
    proptest::collection::vec(pieces, 1..24).prop_map(|pieces| pieces.concat())
}

/// A text that is nearly plain: entries at some depth, with one piece of another kind at most.
fn near_texts() -> impl Strategy<Value = String> {
    let line = (
        select(vec!["", "", "  ", "  ", "    ", " ", "      "]),
        select(vec!["a: ", "b:", "- ", "- c: ", "-", "'d': ", "# e", "", "- - ", "f g: "]),
        select(vec![
            "", "", "1", "h i", "'j'", "\"k\\t\"", "[l, 2]", "{m: n}", "[]", " # o", "p # q", "-r", "s:t",
            "u: v", "|", "|-", "|+", "w\n", "&x", "#y",
        ]),
    );
    let lines = proptest::collection::vec(line, 1..12);
    let ends = select(vec!["", "\n", "\n\n", "\n ", "\n    ", " ", "\n  \n", "\n#"]);
    (lines, ends).prop_map(|(lines, ends)| {
        let lines: Vec<_> = lines.iter().map(|(a, b, c)| format!("{a}{b}{c}")).collect();
        format!("{}{ends}", lines.join("\n"))
    })
}

proptest! {
    #[test]
    fn what_is_read_here_the_parser_reads_the_same(text in texts(), near in near_texts()) {
        is_read(&text);
        is_read(&near);
    }
}
