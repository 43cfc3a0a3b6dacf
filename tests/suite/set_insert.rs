//! `set` into a list behind an element, and of an item as a whole, to the byte.

use crate::support::World;

const ITEM: &str = "environments/staging/p.yaml";

fn set(before: &str, arguments: &[&str]) -> (i32, String, String) {
    let world = World::with(&[(ITEM, before)]);
    let arguments = [&["set", "p"], arguments, &["--env", "staging"]].concat();
    let told = world.terrace(&arguments);
    (told.code, world.read(ITEM), told.stderr)
}

#[test]
fn a_value_goes_behind_the_element_that_is_named() {
    for (before, path, value, after) in [
        ("l:\n  - a # x\n  - b\n", "l[0]+", "new", "l:\n  - a # x\n  - new\n  - b\n"),
        ("l:\n  - a\n  - b # z\n", "l[1]+", "new", "l:\n  - a\n  - b # z\n  - new\n"),
        ("l: [a, b]\n", "l[0]+", "new", "l: [a, new, b]\n"),
        ("l:\r\n- a # x\r\n- b\r\n", "l[0]+", "new", "l:\r\n- a # x\r\n- new\r\n- b\r\n"),
        ("- - 1\n  - 2\n", "[0][0]+", "9", "- - 1\n  - 9\n  - 2\n"),
        (
            "s:\n- name: api\n  port: 1\n# web\n- name: web\n",
            "s[name=api]+",
            "{name: edge, port: 9}",
            "s:\n- name: api\n  port: 1\n- name: edge\n  port: 9\n# web\n- name: web\n",
        ),
        (
            "s:\n- metadata: {name: api}\n- metadata: {name: web}\n",
            "s[metadata.name=api]+",
            "{metadata: {name: edge}}",
            "s:\n- metadata: {name: api}\n- metadata:\n    name: edge\n- metadata: {name: web}\n",
        ),
        // A key may end in `+` as well.
        ("a: 1\n", "b+", "2", "a: 1\nb+: 2\n"),
    ] {
        assert_eq!(set(before, &[path, value, "--new"]), (0, after.to_owned(), String::new()), "{path}");
    }
    for (before, path, says) in [
        ("l: []\n", "l[0]+", "has no `l[0]`"),
        ("l: [{name: a}]\n", "l[name=b]+", "has no `l[name=b]`"),
        ("l: {a: 1}\n", "l[0]+", "has no `l[0]`"),
        ("a: &x [1]\nb: *x\n", "b[0]+", "through an alias"),
    ] {
        let (code, after, told) = set(before, &[path, "1"]);
        assert!([2, 3].contains(&code) && told.contains(says), "{path} {code} {told}");
        assert_eq!(after, before, "{path}");
    }
}

#[test]
fn the_comments_beside_the_whole_item_stay() {
    for (before, value, after) in [
        ("# head\n5  # why\n# tail\n", "7", "# head\n7  # why\n# tail\n"),
        ("--- 5 # why\n", "7", "--- 7 # why\n"),
        ("--- # start\n5 # why\n... # end\n# after\n", "7", "--- # start\n7 # why\n... # end\n# after\n"),
        ("'a b' # why\n", "c", "'c' # why\n"),
        ("one\n  two # why\n", "x", "x # why\n"),
        ("{a: 1}  # why\n", "{a: 2}", "{a: 2}  # why\n"),
        ("[1, 2] # why\n", "[1]", "[1] # why\n"),
        ("a: 1 # one\nb: 2\n", "{a: 2, b: 2}", "a: 2 # one\nb: 2\n"),
        ("5  # why\n", "{a: 1}", "# why\na: 1\n"),
        ("--- 5 # why\n", "[1]", "--- # why\n- 1\n"),
        ("\u{feff}5\t# why\r\n", "6", "\u{feff}6\t# why\r\n"),
        ("# only\n", "3", "# only\n3\n"),
    ] {
        let (code, found, told) = set(before, &[value, "--whole"]);
        assert_eq!((code, found.as_str()), (0, after), "{before:?} {told}");
    }
    let (code, _, told) = set("a: 1\n", &["x: y", "--whole"]);
    assert!(code == 2 && told.contains("what is given for the whole item is not one YAML value"), "{told}");
}
