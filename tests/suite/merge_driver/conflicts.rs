//! What a person must decide: markers around that alone, and a reason for each.

use crate::support::{Output, World, run};

const ITEM: &str = "environments/staging/pay.yaml";
const DECISION: &str = ".terrace/decisions/production/pay=/0123.toml";

/// The base, ours and theirs of a file, `None` where it is not there.
type Sides<'a> = [Option<&'a str>; 3];

fn world(file: &str, sides: Sides<'_>) -> World {
    let mut world = World::unborn();
    world.find_terrace();
    world.write("environments/staging/other.yaml", "a: 1\n");
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    let put = |text: Option<&str>, name: &str| {
        match text {
            Some(text) => world.write(file, text),
            None if world.dir.join(file).exists() => {
                std::fs::remove_file(world.dir.join(file)).expect("a file")
            }
            None => {}
        }
        world.git(&["add", "--all"]);
        world.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", name]);
    };
    put(sides[0], "base");
    world.git(&["checkout", "--quiet", "-b", "theirs"]);
    put(sides[2], "theirs");
    world.git(&["checkout", "--quiet", "main"]);
    put(sides[1], "ours");
    world
}

fn git(world: &World, arguments: &[&str]) -> Output {
    run(world.command("git").args(arguments))
}

#[test]
fn markers_stand_around_the_conflict_alone_and_its_reason_is_said() {
    let base = "# pay\ndb:\n  host: a  # whose\n  port: 1\n  password: one-two-three\nlimits: {rate: 20, burst: 40}\ntail: 1\n";
    let ours = base.replace("host: a", "host: o").replace("burst: 40", "burst: 50").replace("two", "zwei");
    let theirs =
        base.replace("host: a", "host: t").replace("rate: 20", "rate: 30").replace("tail: 1", "tail: 2");
    let merged = |first: &str, second: &str| {
        format!(
            "# pay\ndb:\n<<<<<<< HEAD\n  host: {first}  # whose\n=======\n  host: {second}  # whose\n>>>>>>> theirs\n  \
             port: 1\n  password: one-zwei-three\nlimits: {{rate: 30, burst: 50}}\ntail: 2\n"
        )
    };
    let world = world(ITEM, [Some(base), Some(&ours), Some(&theirs)]);
    let commit = |name: &str| {
        let said = world.git(&["log", "-1", "--format=%h (%s)", name]);
        said.trim().to_owned()
    };
    for (arguments, label, first, second) in [
        (&["merge", "theirs"][..], "theirs".to_owned(), "o", "t"),
        (&["cherry-pick", "theirs"], commit("theirs"), "o", "t"),
        (&["rebase", "theirs"], commit("main"), "t", "o"),
    ] {
        let told = git(&world, arguments);
        assert_eq!(told.code, 1, "{arguments:?} {}", told.stderr);
        let expected = merged(first, second).replace(">>>>>>> theirs", &format!(">>>>>>> {label}"));
        assert_eq!(world.read(ITEM), expected, "{arguments:?}");
        let reason = format!("{ITEM}: both sides changed db.host: ours {first}, theirs {second}, base a\n");
        assert!(told.stderr.contains(&reason), "{arguments:?} {}", told.stderr);
        assert_eq!(told.stderr.matches("both sides").count(), 1, "{}", told.stderr);
        world.git(&[arguments[0], "--abort"]);
    }
    world.write(ITEM, &ours.replace("port: 1", "port: 2"));
    world.git(&["stash", "--quiet"]);
    world.write(ITEM, &ours.replace("port: 1", "port: 3").replace("# pay", "# paid"));
    world.git(&["commit", "--quiet", "--no-verify", "-a", "-m", "port"]);
    assert_eq!(git(&world, &["stash", "pop"]).code, 1);
    let port = "<<<<<<< Updated upstream\n  port: 3\n=======\n  port: 2\n>>>>>>> Stashed changes\n";
    assert_eq!(world.read(ITEM), ours.replace("  port: 1\n", port).replace("# pay", "# paid"));
}

#[test]
fn no_secret_is_in_a_reason_and_the_style_of_markers_is_the_users() {
    let text = |password: &str, port: u8| format!("db:\n  password: {password}\n  port: {port}\n");
    let (base, ours, theirs) = (text("hunter-one", 1), text("hunter-two", 1), text("hunter-six", 2));
    let world = world(ITEM, [Some(&base), Some(&ours), Some(&theirs)]);
    world.git(&["config", "merge.conflictStyle", "diff3"]);
    let told = git(&world, &["merge", "theirs"]);
    assert!(
        told.stderr.contains("both sides changed db.password: ours ••••, theirs ••••, base ••••"),
        "{}",
        told.stderr
    );
    assert!(!told.stderr.contains("hunter") && !told.stdout.contains("hunter"));
    let base = world.git(&["rev-parse", "--short", "main~1"]);
    assert_eq!(
        world.read(ITEM).replace(base.trim(), "base"),
        "db:\n<<<<<<< HEAD\n  password: hunter-two\n||||||| base\n  password: hunter-one\n=======\n  password: hunter-six\n>>>>>>> theirs\n  port: 2\n"
    );
}

#[test]
fn every_kind_of_conflict_has_its_reason() {
    for (base, ours, theirs, reason) in [
        (
            "a: {b: 1}\n",
            "x: 1\n",
            "a: {b: 2}\n",
            "both sides changed a: ours absent, theirs {b: 2}, base {b: 1}",
        ),
        (
            "l: [1, 2]\n",
            "l: [1, 3]\n",
            "l: [1, 4]\n",
            "both sides changed l: ours [1, 3], theirs [1, 4], base [1, 2]",
        ),
        (
            "l:\n- id: a\n- id: b\n- id: c\n",
            "l:\n- id: b\n- id: a\n- id: c\n",
            "l:\n- id: a\n- id: c\n- id: b\n",
            "both sides put the elements of l into another order",
        ),
        (
            "m:\n  # why\n  size: 40  # own\n  z: 1\n",
            "m:\n  # why\n  room: 40  # own\n  z: 1\n",
            "m:\n  # why\n  width: 40  # own\n  z: 1\n",
            "both sides renamed m.size: ours room, theirs width\n",
        ),
        (
            "a: &d\n  t: 5\nb: {}\nm:\n  p: 1\n",
            "a: {}\nb: &d\n  t: 5\nm:\n  p: 2\n",
            "a: &d\n  t: 5\nb: {}\nm:\n  <<: *d\n  p: 1\n",
            "one side moved or removed the anchor &d, which the other uses",
        ),
        ("a: {b: 1, c: 1}\n", "a: {b: 1}\n", "a: {c: 1}\n", "together both sides removed all of a"),
        ("a: 1\n", "a: [\n", "a: 2\n", "ours is no plain YAML"),
        ("a: 1  # x\n", "a: 1  # y\n", "a: 1  # z\n", "both sides changed the comments at a\n"),
        ("a: 'x'\n", "a: \"x\"\n", "a: x\n", "comments, order or layout were changed on both sides"),
        (
            "a: 1  # x\nb: 1\n",
            "b: 1\n",
            "a: 1  # y\nb: 1\n",
            "both sides changed a: ours absent, theirs 1, base 1",
        ),
    ] {
        let world = world(ITEM, [Some(base), Some(ours), Some(theirs)]);
        let told = git(&world, &["merge", "theirs"]);
        assert!(told.code == 1 && told.stderr.contains(reason), "{ours} {}", told.stderr);
        let text = world.read(ITEM);
        assert!(text.contains("<<<<<<< HEAD\n") && text.contains(">>>>>>> theirs\n"), "{text}");
    }
}

/// What both sides changed stands by itself, with the base where it was asked for, be it values or comments;
/// who asks for one side has that one there, and what the other changed elsewhere too.
#[test]
fn each_conflict_stands_alone_and_one_side_can_be_asked_for() {
    let base = "a: 1\nb: 1  # b\n# c\nc: 1\nd: 1\n";
    let ours = base.replace("a: 1", "a: 2").replace("# c", "# ours").replace("d: 1", "d: 2");
    let theirs = base.replace("a: 1", "a: 3").replace("# c", "# theirs").replace("# b", "# why");
    let block = |base: &str, ours: &str, theirs: &str, with_base: bool| {
        let base = if with_base { format!("||||||| base\n{base}\n") } else { String::new() };
        format!("<<<<<<< HEAD\n{ours}\n{base}=======\n{theirs}\n>>>>>>> theirs\n")
    };
    let world = world(ITEM, [Some(base), Some(&ours), Some(&theirs)]);
    let of_base = world.git(&["rev-parse", "--short", "main~1"]);
    for (style, with_base) in [("merge", false), ("diff3", true), ("zdiff3", true)] {
        let told = git(&world, &["-c", &format!("merge.conflictStyle={style}"), "merge", "theirs"]);
        let (value, comment) =
            (block("a: 1", "a: 2", "a: 3", with_base), block("# c", "# ours", "# theirs", with_base));
        let expected = format!("{value}b: 1  # why\n{comment}c: 1\nd: 2\n");
        assert_eq!(world.read(ITEM).replace(of_base.trim(), "base"), expected, "{style}");
        for reason in
            ["both sides changed a: ours 2, theirs 3, base 1", "both sides changed the comments at c"]
        {
            assert!(told.stderr.contains(&format!("{ITEM}: {reason}\n")), "{}", told.stderr);
        }
        world.git(&["merge", "--abort"]);
    }
    for (favor, expected) in [
        ("ours", "a: 2\nb: 1  # why\n# ours\nc: 1\nd: 2\n"),
        ("theirs", "a: 3\nb: 1  # why\n# theirs\nc: 1\nd: 2\n"),
    ] {
        let setting = format!("merge.terrace.favor={favor}");
        let told = git(&world, &["-c", &setting, "merge", "--no-commit", "theirs"]);
        assert_eq!((told.code, world.read(ITEM).as_str()), (0, expected), "{}", told.stderr);
        world.git(&["merge", "--abort"]);
    }
    let told = git(&world, &["-c", "merge.terrace.favor=mine", "merge", "theirs"]);
    assert!(told.code == 1 && told.stderr.contains("help: say ours or theirs"), "{}", told.stderr);
}

/// What the bases of a criss-cross merge have alike is a base; of their own merge nothing is told.
#[test]
fn a_merge_with_several_bases_is_merged_by_path() {
    let text = |a: u8, n: u8, b: u8| format!("a: {a}\nn: {n}\nb: {b}\n");
    for (ours, theirs, favor, expected) in [
        (5, 5, None, Some(5)),
        (5, 7, None, None),
        (2, 3, None, None),
        (3, 2, None, None),
        (2, 3, Some("theirs"), Some(3)),
        (3, 2, Some("theirs"), Some(2)),
    ] {
        let world = world(ITEM, [Some(&text(1, 1, 1)), Some(&text(2, 1, 1)), Some(&text(3, 1, 1))]);
        let merge = |into: &str, other: &str, resolved: &str| {
            world.git(&["checkout", "--quiet", into]);
            assert_eq!(git(&world, &["merge", "--quiet", other]).code, 1);
            world.write(ITEM, resolved);
            world.git(&["commit", "--quiet", "--no-verify", "-a", "-m", "merge"]);
        };
        world.git(&["branch", "one", "main"]);
        merge("main", "theirs", &text(ours, 9, 1));
        merge("theirs", "one", &text(theirs, 1, 2));
        world.git(&["checkout", "--quiet", "main"]);
        let setting = favor.map(|side| format!("merge.terrace.favor={side}"));
        let setting: Vec<_> = setting.iter().flat_map(|setting| ["-c", setting]).collect();
        let told = git(&world, &[&setting[..], &["merge", "--quiet", "--no-edit", "theirs"]].concat());
        match expected {
            Some(a) => {
                assert_eq!((told.code, world.read(ITEM)), (0, text(a, 9, 2)), "{}", told.stderr);
                assert!(!told.stderr.contains(ITEM), "{}", told.stderr);
            }
            None => {
                let reason = format!("{ITEM}: both sides changed a: ours {ours}, theirs {theirs}, base");
                assert!(told.code == 1 && told.stderr.contains(&reason), "{}", told.stderr);
                assert_eq!(told.stderr.matches(ITEM).count(), 1, "{}", told.stderr);
                let rest = "n: 9\nb: 2\n";
                assert!(
                    world.read(ITEM).ends_with(&format!(">>>>>>> theirs\n{rest}")),
                    "{}",
                    world.read(ITEM)
                );
            }
        }
    }
}

#[test]
fn lines_of_a_decision_are_not_mixed() {
    let text = |reason: &str, by: &str, until: &str| {
        format!(
            "version = 1\n\n[[decision]]\npath = \"a\"\nreason = \"{reason}\"\nby = \"{by}\"\nuntil = {until}\nsource = \"\"\n"
        )
    };
    let (base, ours, theirs) =
        (text("load", "T", "2030-01-01"), text("mine", "T", "2030-01-01"), text("load", "T", "2031-01-01"));
    let world_of = |sides| {
        let world = world(DECISION, sides);
        let told = git(&world, &["merge", "--no-edit", "theirs"]);
        (told, world)
    };
    let (told, world) = world_of([Some(&base), Some(&ours), Some(&theirs)]);
    assert!(
        told.code == 1 && told.stderr.contains(&format!("{DECISION}: both sides changed this decision")),
        "{}",
        told.stderr
    );
    let block = "<<<<<<< HEAD\nreason = \"mine\"\nby = \"T\"\nuntil = 2030-01-01\n=======\nreason = \"load\"\nby = \"T\"\nuntil = 2031-01-01\n>>>>>>> theirs\n";
    assert!(world.read(DECISION).contains(block), "{}", world.read(DECISION));
    let told = world.line("check");
    assert!(
        told.stdout.contains(&format!("{DECISION}:5:1")) && told.stdout.contains("unfinished merge"),
        "{}",
        told.stdout
    );
    // Gone on one side and changed on the other is git's to say; changed on one side alone is merged.
    let (told, _) = world_of([Some(&base), None, Some(&theirs)]);
    assert!(told.code == 1 && told.stdout.contains("modify/delete"), "{}", told.stdout);
    let (told, world) = world_of([Some(&base), Some(&base), Some(&theirs)]);
    assert_eq!((told.code, world.read(DECISION)), (0, theirs));
}

/// Elements that no usual key tells apart, by the schema's; where it says that their order counts, a list of
/// two orders is one value.
#[test]
fn the_items_schema_says_how_elements_are_told_apart() {
    let base = "routes:\n- host: a\n  weight: 1\n- host: b\n  weight: 1\n";
    let ours = base.replace("host: a\n  weight: 1", "host: a\n  weight: 2");
    let theirs = "routes:\n- host: b\n  weight: 1\n- host: a\n  weight: 1\n  tls: true\n";
    let merged = "routes:\n- host: b\n  weight: 1\n- host: a\n  weight: 2\n  tls: true\n";
    for (rules, clean) in [
        (r#"{"listKey": "host"}"#, true),
        (r#"{"listKey": "host", "listOrder": true}"#, false),
        (r#"{"listKey": "name"}"#, false),
    ] {
        let world = world(ITEM, [Some(base), Some(&ours), Some(theirs)]);
        let schema = format!(r#"{{"properties": {{"routes": {{"x-terrace": {rules}}}}}}}"#);
        world.write("schemas/pay.schema.json", &schema);
        world.git(&["add", "--all"]);
        world.git(&["commit", "--quiet", "--no-verify", "-m", "schema"]);
        let told = git(&world, &["merge", "--quiet", "--no-edit", "theirs"]);
        assert_eq!(told.code, i32::from(!clean), "{rules} {}", told.stderr);
        if clean {
            assert_eq!(world.read(ITEM), merged);
            world.write(ITEM, &merged.replace("weight: 1", "weight: 3"));
            let shown = git(&world, &["diff"]);
            assert!(shown.stdout.contains("routes[host=b].weight"), "{}", shown.stdout);
        } else {
            assert!(told.stderr.contains("both sides changed routes: "), "{}", told.stderr);
        }
    }
}
