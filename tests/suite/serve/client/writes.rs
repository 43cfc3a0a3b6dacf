//! Writes, as the contract of the API has them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value as Json, json};
use terrace::{Client, ClientErrorKind, Environment};

use super::scripted::{Reply, Request, Scripted, problem};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Items in memory, guarded as the API guards them.
fn server() -> Scripted {
    let items: Mutex<BTreeMap<String, Json>> = Mutex::default();
    Scripted::start(move |request| answer(&mut items.lock().expect("no panic"), request))
}

fn tag(value: &Json) -> String {
    format!(
        "\"{:x}\"",
        value.to_string().bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte))
    )
}

fn answer(items: &mut BTreeMap<String, Json>, request: &Request) -> Reply {
    let place = request.target.strip_prefix("/api/v1/environments/").expect("an environment").to_owned();
    let (environment, key) = place.split_once("/items/").expect("an item");
    let present = items.get(&place).cloned();
    let told = |status: u16, value: &Json, commit: Json| -> Reply {
        let body =
            json!({ "version": 1, "environment": environment, "key": key, "value": value, "commit": commit });
        (
            status,
            vec![("content-type", "application/json".to_owned()), ("etag", tag(value))],
            body.to_string(),
        )
    };
    if request.method == "GET" {
        return present
            .map_or_else(|| problem(404, "item-not-found"), |value| told(200, &value, json!(COMMIT)));
    }
    let is_met = match (request.header("if-match"), request.header("if-none-match")) {
        (Some(wanted), None) => present.as_ref().is_some_and(|value| tag(value) == wanted),
        (None, Some("*")) => present.is_none(),
        _ => return problem(428, "precondition-required"),
    };
    if !is_met {
        return problem(412, "stale");
    }
    if request.method == "DELETE" {
        items.remove(&place);
        return (204, vec![("terrace-commit", COMMIT.to_owned())], String::new());
    }
    let body: Json = serde_json::from_str(&request.body).expect("JSON");
    let value = match (request.method.as_str(), request.header("content-type")) {
        ("PUT", Some("application/json")) => body["value"].clone(),
        ("PATCH", Some("application/merge-patch+json")) => {
            let mut value = present.clone().expect("an item");
            for (name, changed) in body.as_object().expect("an object") {
                value[name] = changed.clone();
            }
            value
        }
        _ => return problem(415, "unsupported-media-type"),
    };
    if value["pool"] == json!("lots") {
        return problem(422, "findings");
    }
    let status = if present.is_some() { 200 } else { 201 };
    let commit = if present.as_ref() == Some(&value) { Json::Null } else { json!(COMMIT) };
    items.insert(place.clone(), value.clone());
    told(status, &value, commit)
}

#[test]
fn a_write_changes_what_was_read_and_nothing_newer() {
    let server = server();
    let client = Client::new(&server.address).expect("an address").token("trc_1");
    let staging = client.environment(Environment::Staging);
    let made = staging.create("billing/a", &json!({ "pool": 10, "rate": 1 })).expect("made");
    assert_eq!(made.commit.as_ref().map(terrace::CommitId::as_str), Some(COMMIT));
    let there = staging.create("billing/a", &json!({ "pool": 11 })).expect_err("it is there");
    assert_eq!(
        (there.kind(), there.status(), there.problem()),
        (ClientErrorKind::Stale, Some(412), Some("stale"))
    );
    let read = staging.get::<Json>("billing/a").expect("an item");
    assert_eq!(Some(read.etag()), made.etag.as_deref());
    let raised =
        staging.with_message("raise the pool").patch(&read, &json!({ "pool": 20 })).expect("patched");
    assert_eq!(
        server.seen().last().and_then(|request| request.header("terrace-message")),
        Some("raise the pool")
    );
    for late in [
        staging.patch(&read, &json!({ "pool": 30 })),
        staging.put(&read, &json!({ "pool": 30 })),
        staging.delete(&read),
    ] {
        assert_eq!(late.expect_err("it was changed since").kind(), ClientErrorKind::Stale);
    }
    let now = staging.get::<Json>("billing/a").expect("an item");
    assert_eq!((&*now, Some(now.etag())), (&json!({ "pool": 20, "rate": 1 }), raised.etag.as_deref()));
    let same = staging.put(&now, &*now).expect("nothing to do");
    assert_eq!((same.commit, same.etag.as_deref()), (None, Some(now.etag())));
    let refused = staging.put(&now, &json!({ "pool": "lots" })).expect_err("a finding");
    assert_eq!((refused.kind(), refused.help()), (ClientErrorKind::Refused, Some("do")));
    // A guard of one environment, or of one value, guards nothing else, and nothing is sent.
    let before = server.seen().len();
    let production = client.environment(Environment::Production);
    for wrong in [production.put(&now, &*now), production.patch(&now, &json!({})), production.delete(&now)] {
        assert_eq!(wrong.expect_err("of staging").kind(), ClientErrorKind::OtherEnvironment);
    }
    for message in ["a\nb", "a\r\nx: y", "\0"] {
        let wrong = staging.with_message(message).delete(&now).expect_err("no header");
        assert_eq!(wrong.kind(), ClientErrorKind::Usage, "{message:?}");
    }
    let unsendable = staging.put(&now, &BTreeMap::from([((1, 2), 3)])).expect_err("no JSON");
    assert_eq!(unsendable.kind(), ClientErrorKind::WrongType);
    assert_eq!(server.seen().len(), before);
    let gone = staging.delete(&now).expect("removed");
    assert_eq!((gone.commit.is_some(), gone.etag), (true, None));
    assert_eq!(staging.get::<Json>("billing/a").expect_err("gone").kind(), ClientErrorKind::NotFound);
}

#[test]
fn a_write_goes_nowhere_else_and_says_when_its_end_is_not_known() {
    let asked = std::sync::atomic::AtomicBool::new(false);
    let moved = Scripted::start(move |request| match request.method.as_str() {
        "GET" => super::scripted::item("staging", "a", "t", "1"),
        _ if asked.swap(true, std::sync::atomic::Ordering::SeqCst) => {
            super::scripted::item("production", "a", "t", "1")
        }
        _ => (307, vec![("location", "/api/v1/environments/staging/items/b".to_owned())], String::new()),
    });
    let staging = Client::new(&moved.address).expect("an address").environment(Environment::Staging);
    let read = staging.get::<u32>("a").expect("a value");
    assert_eq!(staging.put(&read, &2).expect_err("moved").kind(), ClientErrorKind::Redirected);
    assert_eq!(staging.put(&read, &2).expect_err("mixed up").kind(), ClientErrorKind::OtherEnvironment);
    let value = Client::new(&moved.address).expect("an address").environment(Environment::Staging);
    let value = value.value::<u32>("a", "b").expect("a value");
    assert_eq!(staging.put(&value, &2).expect_err("one value's tag").kind(), ClientErrorKind::Usage);
    let away = Client::new("http://127.0.0.1:9").expect("an address").environment(Environment::Staging);
    let lost = away.put(&read, &2).expect_err("nobody is there");
    assert_eq!(lost.kind(), ClientErrorKind::Unreachable);
    assert!(lost.help().is_some_and(|help| help.contains("not known")), "{lost:?}");
}
