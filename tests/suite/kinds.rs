//! `get` and `set` on single values: what is printed, and what a change of kind is told by.

use crate::support::World;

#[test]
fn a_value_is_printed_with_one_line_break() {
    let world = World::with(&[("environments/staging/pay.yaml", "a: x\nb: |\n  x\nc: 1\nd: \"\"\n")]);
    for (path, text, raw) in [("a", "x\n", "x"), ("b", "x\n", "x\n"), ("c", "1\n", "1"), ("d", "\n", "")] {
        let get = format!("get pay {path} --env staging");
        assert_eq!(world.line(&get).exits(0), text, "{path}");
        assert_eq!(world.line(&format!("{get} --raw")).exits(0), raw, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_is_shown_what_would_act_on_it() {
    let world = World::with(&[(
        "environments/staging/pay.yaml",
        "a: \"x\\e[31m\\n::error::y\\u202Ez\\u2028##[x]\"\n",
    )]);
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.args(["get", "pay", "a", "--env", "staging"]);
    let (code, shown) = crate::terminal::converse(command, &[]);
    assert_eq!(code, 0, "{shown}");
    for acts in ["\u{1b}", "\n::error", "\u{202e}", "\u{2028}", "##["] {
        assert!(!shown.contains(acts), "{acts:?} in {shown:?}");
    }
}

#[test]
fn a_change_of_kind_and_a_tag_that_goes_are_said() {
    let world = World::with(&[("environments/staging/pay.yaml", "v: \"08\"\nt: !ENV x\nn: ~\nf: [a]\n")]);
    let now = "note: v was a string and is a number now; --string keeps it a string\n";
    for (line, told) in [
        ("set pay v 9", now),
        ("set pay v 10", ""),
        ("set pay v 11 --string", "note: v was a number and is a string now\n"),
        ("set pay v null", "note: v was a string and is null now; --string keeps it a string\n"),
        ("set pay n 1", ""),
        ("set pay t y", "note: the tag !ENV of t is gone\n"),
    ] {
        let done = world.line(&format!("{line} --env staging"));
        assert_eq!((done.code, done.stderr.as_str()), (0, told), "{line}");
    }
}

#[test]
fn a_block_text_at_the_end_keeps_its_value() {
    for (text, value) in [
        ("a: |\n  x", "\"x\\n\""),
        ("a: >\n  x", "\"x\\n\""),
        ("a: |-\n  x", "\"x\""),
        ("a: |+\n  x", "\"x\\n\""),
    ] {
        let world = World::with(&[("environments/staging/pay.yaml", text)]);
        world.line("set pay b 1 --env staging").exits(0);
        let json: serde_json::Value =
            serde_json::from_str(&world.line("get pay --env staging --format json").exits(0)).expect("JSON");
        assert_eq!(json["value"].to_string(), format!("{{\"a\":{value},\"b\":1}}"), "{text:?}");
    }
}

#[test]
fn what_brackets_take_for_indicators_is_written_quoted() {
    let world = World::with(&[("environments/staging/pay.yaml", "l: [a]\n")]);
    for (number, text) in [":x", "?y", "x?y", "::1"].iter().enumerate() {
        let path = format!("l[{}]", if number == 0 { "0".to_owned() } else { "+".to_owned() });
        world.terrace(&["set", "pay", &path, text, "--string", "--env", "staging"]).exits(0);
    }
    let written = world.line("get pay --env staging").exits(0);
    assert_eq!(written, "l: [':x', '?y', 'x?y', '::1']\n");
}
