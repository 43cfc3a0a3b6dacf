//! Items put, patched and deleted, one or several in one commit.

use std::path::Path as FsPath;
use std::sync::Arc;

use terrace::model::{BlobId, Environment, ErrorKind, Help, ItemId, Map, Rule, Value};
use terrace::ops::{ChangeRequest, Expected, ItemChange, ItemEdit, PathEdit, Workspace, commit_changes};
use terrace::store::transaction::{Identity, Moment, Options, Person};

use crate::support::World;

const STAGING: Environment = Environment::Staging;

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

fn blob(world: &World, file: &str) -> BlobId {
    world.git(&["rev-parse", &format!("HEAD:{file}")]).trim().parse::<BlobId>().expect("an id")
}

fn change(key: &str, expected: Option<Expected>, edit: ItemEdit) -> ItemChange {
    ItemChange { item: ItemId::new(key.parse().expect("a key"), STAGING), expected, edit }
}

/// Commits these changes; true when there was something to commit.
fn commit(world: &World, items: Vec<ItemChange>) -> terrace::Result<bool> {
    let person = Person { name: Some("Bot".into()), email: Some("bot@example.com".into()), time: None };
    let identity = Identity { author: person.clone(), committer: person };
    let environment = Arc::default();
    let workspace = Workspace::open(FsPath::new(&world.dir), &environment)?;
    let now = Moment { seconds: 1_800_000_000, offset: 0 };
    let options = Options { identity, ..Options::at(now, environment) };
    let request = ChangeRequest { items, message: None };
    Ok(commit_changes(&workspace, &request, &options)?.is_some())
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
    assert_eq!(commit(&world, vec![change("pay", expected.clone(), ItemEdit::Patch(edits))]), Ok(true));
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
    let refused = commit(&world, vec![change("pay", None, ItemEdit::Patch(edits))]).expect_err("refused");
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
    let absent = commit(&world, vec![change("pya", None, ItemEdit::Patch(Vec::new()))]).expect_err("absent");
    assert_eq!(
        (absent.kind(), absent.help().cloned()),
        (ErrorKind::NotFound, Some(Help::DidYouMean("pay".into())))
    );
    assert_eq!(world.state(), before);
}
