//! Items put, patched and deleted, one or several in one commit.

use std::path::Path as FsPath;
use std::sync::Arc;

use terrace::model::{BlobId, Environment, EnvironmentSet, ErrorKind, Help, ItemId, Map, Rule, Value};
use terrace::ops::{
    AllowChanges, ChangeRequest, Edit, Expected, ItemChange, ItemEdit, PathEdit, PreparedChanges, SetRequest,
    Workspace, commit_changes, commit_changes_if, findings, prepare_changes, set_committed,
};
use terrace::secrets::mask::Reveal;
use terrace::store::transaction::{Identity, Moment, Options, Person, Start};

use crate::support::World;

pub(crate) const STAGING: Environment = Environment::Staging;

fn world() -> World {
    World::with(&[
        ("environments/staging/pay.yaml", "# ours\nsize: 1  # small\nhosts: [a, b]\ndb:\n  pool: 10\n"),
        ("environments/staging/search.yaml", "boost: 1.10\n"),
        (
            "schemas/pay.schema.json",
            r#"{"properties": {"size": {"type": "integer", "maximum": 5}}, "required": ["size"]}"#,
        ),
    ])
}

pub(crate) fn blob(world: &World, file: &str) -> BlobId {
    world.git(&["rev-parse", &format!("HEAD:{file}")]).trim().parse::<BlobId>().expect("an id")
}

pub(crate) fn change(key: &str, expected: Option<Expected>, edit: ItemEdit) -> ItemChange {
    ItemChange { item: ItemId::new(key.parse().expect("a key"), STAGING), expected, edit }
}

pub(crate) fn options() -> Options {
    let person = Person { name: Some("Bot".into()), email: Some("bot@example.com".into()), time: None };
    let identity = Identity { author: person.clone(), committer: person };
    let now = Moment { seconds: 1_800_000_000, offset: 0 };
    Options { identity, ..Options::at(now, Arc::default()) }
}

pub(crate) fn workspace(dir: &FsPath) -> Workspace {
    Workspace::open(dir, &Arc::default()).expect("a repository")
}

pub(crate) fn request(items: Vec<ItemChange>) -> ChangeRequest {
    ChangeRequest { items, message: None, reveal: Reveal::Secrets }
}

/// Commits these changes; true when there was something to commit.
fn commit(world: &World, items: Vec<ItemChange>) -> terrace::Result<bool> {
    let done = commit_changes(&workspace(&world.dir), &request(items), &options())?;
    Ok(done.committed.is_some())
}

fn set(path: &str, value: Value) -> PathEdit {
    PathEdit::Set { path: path.parse().expect("a path"), value, parents: true }
}

fn number(text: &str) -> Value {
    Value::Number(text.to_owned())
}

#[test]
fn only_the_bytes_of_what_changes_move() {
    let world = world();
    let edits = vec![
        set("size", number("2")),
        set("db.pool", number("10")),
        set("limits.rate", Value::String("20/s".into())),
        PathEdit::Unset { path: "hosts".parse().expect("a path") },
        PathEdit::Unset { path: "nothing.here".parse().expect("a path") },
    ];
    let expected = Some(Expected::Blob(blob(&world, "environments/staging/pay.yaml")));
    assert_eq!(commit(&world, vec![change("pay", expected.clone(), ItemEdit::Paths(edits))]), Ok(true));
    let after = "# ours\nsize: 2  # small\ndb:\n  pool: 10\nlimits:\n  rate: 20/s\n";
    assert_eq!(world.read("environments/staging/pay.yaml"), after);
    assert_eq!(world.git(&["log", "-1", "--format=%an %s"]), "Bot patch(pay): staging\n");
    // The same again, by its value: nothing to do; and what was expected then is not there any more.
    let value = Value::Map(Map::from_iter([
        ("size".to_owned(), number("2")),
        ("db".to_owned(), Value::Map(Map::from_iter([("pool".to_owned(), number("10"))]))),
        (
            "limits".to_owned(),
            Value::Map(Map::from_iter([("rate".to_owned(), Value::String("20/s".into()))])),
        ),
    ]));
    assert_eq!(commit(&world, vec![change("pay", None, ItemEdit::Value(value.clone()))]), Ok(false));
    let stale = commit(&world, vec![change("pay", expected, ItemEdit::Value(value))]).expect_err("stale");
    assert_eq!(
        (stale.kind(), stale.message()),
        (ErrorKind::Stale, "environments/staging/pay.yaml has changed since it was read")
    );
}

#[test]
fn several_items_are_one_commit_or_none() {
    let world = world();
    let text = b"a: 1  # as it was sent\n".to_vec();
    let new = |expected| change("new/one", expected, ItemEdit::Put(text.clone()));
    let gone = |expected| change("search", expected, ItemEdit::Delete);
    let present = Some(Expected::Blob(blob(&world, "environments/staging/search.yaml")));
    let before = world.state();
    let wrong = Some(Expected::Blob("0".repeat(40).parse::<BlobId>().expect("an id")));
    let stale = commit(&world, vec![new(Some(Expected::Absent)), gone(wrong)]).expect_err("stale");
    assert_eq!(stale.kind(), ErrorKind::Stale);
    assert_eq!(world.state(), before);
    assert_eq!(commit(&world, vec![new(Some(Expected::Absent)), gone(present.clone())]), Ok(true));
    assert_eq!(world.read("environments/staging/new/one.yaml").as_bytes(), text);
    assert!(!world.dir.join("environments/staging/search.yaml").exists());
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    for (item, told) in [
        (new(Some(Expected::Absent)), "environments/staging/new/one.yaml is there already"),
        (gone(present), "environments/staging/search.yaml is not there any more"),
    ] {
        assert_eq!(commit(&world, vec![item]).expect_err("stale").message(), told);
    }
    assert_eq!(commit(&world, vec![gone(None)]), Ok(false));
}

#[test]
fn what_a_rule_refuses_is_told_with_its_findings() {
    let world = world();
    let before = world.state();
    let edits = vec![set("size", number("9")), set("db.pool", number("11"))];
    let refused = commit(&world, vec![change("pay", None, ItemEdit::Paths(edits))]).expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::Undecided);
    let found: Vec<_> =
        refused.findings().iter().map(|f| (f.rule, f.location.map(|at| at.start.line))).collect();
    assert_eq!(found, [(Rule::Schema, Some(2))]);
    for (edit, fault) in [
        (ItemEdit::Put(b"size: [".to_vec()), ErrorKind::Usage),
        (ItemEdit::Put(b"boost: 1\n".to_vec()), ErrorKind::Undecided),
    ] {
        assert_eq!(commit(&world, vec![change("pay", None, edit)]).expect_err("refused").kind(), fault);
    }
    let absent = commit(&world, vec![change("pya", None, ItemEdit::Paths(Vec::new()))]).expect_err("absent");
    assert_eq!(
        (absent.kind(), absent.help().cloned()),
        (ErrorKind::NotFound, Some(Help::DidYouMean("pay".into())))
    );
    assert_eq!(world.state(), before);
}

#[test]
fn what_changed_since_is_told_as_data() {
    let mut world = world();
    let file = "environments/staging/pay.yaml";
    let then = blob(&world, file);
    world.write(file, "# ours\nsize: 2\nhosts: [a, b]\ndb:\n  pool: 10\n");
    world.commit("smaller");
    world.write(file, "# ours\nsize: 3\nhosts: [a, b]\ndb:\n  pool: 10\n  host: x\n");
    world.commit("larger");
    world.write("environments/staging/search.yaml", "boost: 2\n");
    world.commit("other");
    let told = |error: &terrace::Error| -> Vec<String> {
        let told = error.changed().iter();
        told.map(|it| format!("{} {} {} {}", it.item, it.path, it.commit.author, it.commit.subject)).collect()
    };
    let expected = Some(Expected::Blob(then));
    let stale = commit(&world, vec![change("pay", expected.clone(), ItemEdit::Delete)]).expect_err("stale");
    assert_eq!(told(&stale), ["pay in staging size Ann larger", "pay in staging db.host Ann larger"]);
    let wish = |text: &str| Edit::Set {
        text: text.to_owned(),
        string: false,
        parents: false,
        create: false,
        is_new: false,
        behind: false,
    };
    let set = |expected, wish| {
        let (key, path) = ("pay".parse().expect("a key"), "size".parse().expect("a path"));
        let request = SetRequest { key, environment: STAGING, path, wish, expected };
        set_committed(&workspace(&world.dir), &request, None, &options()).map(|done| done.is_some())
    };
    let before = world.state();
    for wish in [wish("4"), Edit::Unset] {
        let stale = set(expected.clone(), wish.clone()).expect_err("stale");
        assert_eq!((stale.kind(), told(&stale).len()), (ErrorKind::Stale, 2));
        assert_eq!(set(Some(Expected::Absent), wish).expect_err("stale").kind(), ErrorKind::Stale);
    }
    // A content that the item never had says nothing of it.
    let other = blob(&world, "environments/staging/search.yaml");
    assert_eq!(set(Some(Expected::Blob(other)), wish("4")).expect_err("stale").changed(), []);
    assert_eq!(world.state(), before);
    assert_eq!(set(Some(Expected::Blob(blob(&world, file))), wish("4")), Ok(true));
}

#[test]
fn a_branch_of_a_bare_repository_is_written_and_tried_first() {
    let world = world();
    let bare = world.beside("bare");
    let bare = bare.to_str().expect("UTF-8");
    world.git(&["branch", "next"]);
    world.git(&["clone", "--quiet", "--bare", ".", bare]);
    let workspace = workspace(FsPath::new(bare));
    let options = Options { branch: Some("next".into()), start: Start::Tip, ..options() };
    let items = || vec![change("new", Some(Expected::Absent), ItemEdit::Value(number("1")))];
    let tip = || world.git(&["-C", bare, "rev-parse", "next"]);
    let before = tip();
    let tried = prepare_changes(&workspace, &request(items()), &options).expect("nothing against it");
    assert_eq!(tip(), before);
    let done = commit_changes(&workspace, &request(items()), &options).expect("nothing against it");
    assert_eq!(done.committed.as_ref().map(|it| format!("{}\n", it.commit)), Some(tip()));
    assert_eq!(done.items, tried.items);
    let after = done.items[0].after.as_ref().expect("a file").to_string();
    let file = "next:environments/staging/new.yaml";
    assert_eq!(world.git(&["-C", bare, "rev-parse", file]).trim(), after);
    assert_eq!(world.git(&["-C", bare, "show", file]), "1\n");
    assert_eq!(world.git(&["-C", bare, "rev-parse", "main"]), before);
    // What is there already: nothing to do, and still what it is.
    let again = vec![change("new", None, ItemEdit::Value(number("1")))];
    let again = commit_changes(&workspace, &request(again), &options).expect("nothing against it");
    assert_eq!((again.committed, &again.items[0].after), (None, &done.items[0].after));
    // An item of another spelling would be another one on some systems.
    let clash = vec![change("Pay", None, ItemEdit::Value(number("1")))];
    let clash = commit_changes(&workspace, &request(clash), &options).expect_err("refused");
    assert_eq!(clash.findings().iter().map(|found| found.rule).collect::<Vec<_>>(), [Rule::KeyCaseCollision]);
    let twice = [items(), items()].concat();
    let twice = commit_changes(&workspace, &request(twice), &options).expect_err("refused");
    assert_eq!(twice.message(), "new in staging is changed twice");
}

#[test]
fn writers_of_two_items_never_meet_and_those_of_one_lose_nothing() {
    let world = world();
    let file = |key: &str| format!("environments/staging/{key}.yaml");
    let writer = |key: &'static str, name: &'static str| {
        let dir = world.dir.clone();
        move || {
            let workspace = workspace(&dir);
            let (mut done, mut stale) = (0, 0);
            while done < 5 {
                let at = terrace::ops::At::Revision("HEAD".into());
                let configuration = workspace.configuration(&at).expect("a configuration");
                let key: terrace::Key = key.parse().expect("a key");
                let blob = configuration.item(&key, STAGING).and_then(|item| item.blob.clone());
                let path = format!("{name}{done}");
                let edits = vec![set(&path, number("1"))];
                let expected = blob.map(Expected::Blob);
                let items = vec![change(key.as_str(), expected, ItemEdit::Paths(edits))];
                match commit_changes(&workspace, &request(items), &options()) {
                    Ok(_) => done += 1,
                    Err(error) if error.kind() == ErrorKind::Stale => stale += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            stale
        }
    };
    let threads: Vec<_> = [("pay", "a"), ("pay", "b"), ("search", "c")]
        .map(|(key, name)| std::thread::spawn(writer(key, name)))
        .into();
    let stale: Vec<usize> = threads.into_iter().map(|it| it.join().expect("no panic")).collect();
    assert_eq!(stale[2], 0, "{stale:?}");
    for (key, names) in [("pay", "ab"), ("search", "c")] {
        let text = world.read(&file(key));
        for name in names.chars().flat_map(|name| (0..5).map(move |n| format!("\n{name}{n}: 1\n"))) {
            assert!(text.contains(&name), "{name}: {text}");
        }
    }
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]).trim(), "16");
}

/// A server takes of an environment that is broken only what mends it.
#[test]
fn what_a_change_would_come_to_may_be_asked_about_before() {
    let mut world = world();
    world.write("environments/staging/pay.yaml", "size: 9\n");
    world.commit("broken");
    let mends = |prepared: &PreparedChanges| {
        let broken = ["pay".parse().expect("a key")];
        match findings(&prepared.after, &broken, Some(STAGING))?.iter().any(|it| it.rule == Rule::Schema) {
            true => Err(terrace::Error::usage("it is still broken")),
            false => Ok(()),
        }
    };
    let allow = AllowChanges { is_whole: true, ask: &mends };
    let write = |items| commit_changes_if(&workspace(&world.dir), &request(items), &options(), allow);
    let before = world.state();
    let other = change("search", None, ItemEdit::Delete);
    for items in
        [vec![other.clone()], vec![change("pay", None, ItemEdit::Paths(vec![set("size", number("8"))]))]]
    {
        assert_eq!(write(items).expect_err("refused").message(), "it is still broken");
    }
    assert_eq!(world.state(), before);
    let mended = change("pay", None, ItemEdit::Paths(vec![set("size", number("3"))]));
    assert!(write(vec![mended, other]).expect("mended").committed.is_some());
}

/// Who may not read an environment cannot find out its secrets and names by writing into another one.
#[test]
fn a_refusal_tells_nothing_of_what_may_not_be_read() {
    let world = World::with(&[
        ("environments/development/pay.yaml", "password: hunter2\n"),
        ("environments/staging/pay.yaml", "password: other1\n"),
        ("environments/production/talks.yaml", "a: 1\n"),
    ]);
    let text = |text: &str| ItemEdit::Put(text.as_bytes().to_vec());
    for (key, text, rule) in [
        ("pay", text("password: hunter2\n"), Rule::SharedSecret),
        ("Talks", text("a: 1\n"), Rule::KeyCaseCollision),
    ] {
        let tried = |readable| {
            let workspace = workspace(&world.dir).with_readable(readable);
            let request = request(vec![change(key, None, text.clone())]);
            let tried = prepare_changes(&workspace, &request, &options()).expect("nothing against it");
            tried.refused.iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        assert_eq!(tried(STAGING.into()), []);
        assert_eq!(tried(EnvironmentSet::ALL), [rule]);
    }
}
