//! Writes go through the remote, whatever is written, and rest on what is there.

use serde_json::{Value, json};

use super::{STAGING, clone, etag, has_nothing_pending, of, origin, patch, replica, tip};

const JSON: (&str, &str) = ("content-type", "application/json");
const PRODUCTION: &str = "/api/v1/environments/production";

#[test]
fn every_write_is_in_the_remote_when_it_is_answered() {
    let mut world = origin();
    for environment in ["staging", "production"] {
        world.write(&format!("environments/{environment}/api.yaml"), "pool: 10\n");
    }
    world.commit("api");
    world.write("environments/staging/api.yaml", "pool: 20\n");
    world.commit("api: more");
    world.git(&["push", "--quiet", "origin", "main"]);
    clone(&world, "a");
    let server = replica(&world, "a", &["--sync", "1h"]);
    let tag = etag(&server, "payments");
    let plan = server.get(&format!("{PRODUCTION}/promotion?key=api")).json();
    let promote = json!({ "plan": plan, "confirm": "production" }).to_string();
    let hold =
        json!({ "key": "payments", "path": "pool", "reason": "smaller", "until": "released" }).to_string();
    let yaml = ("content-type", "application/yaml");
    let item = format!("{STAGING}/payments");
    let new = format!("{STAGING}/new");
    let many = json!({ "items": [{ "key": "other", "etag": null, "yaml": "a: 1\n" }] }).to_string();
    for (method, path, headers, body) in [
        ("PATCH", &item, vec![super::MERGE, ("if-match", &*tag)], r#"{"pool": 7}"#),
        ("PUT", &new, vec![yaml, ("if-none-match", "*")], "a: 1\n"),
        ("POST", &"/api/v1/environments/staging/changes".to_owned(), vec![JSON], &many),
        ("POST", &format!("{PRODUCTION}/holds"), vec![JSON], &hold),
        ("POST", &format!("{PRODUCTION}/promotions"), vec![JSON], &promote),
    ] {
        let before = tip(&world, "origin");
        let answer = server.send(method, path, &headers, body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        let commit = answer.header("terrace-commit");
        assert_eq!((commit, commit), (&*tip(&world, "origin"), &*tip(&world, "a")), "{method} {path}");
        assert_eq!(of(&world, "origin", &["rev-parse", "main~1"]), before, "{method} {path}");
        assert!(has_nothing_pending(&world, "a"));
    }
    let tag = etag(&server, "new");
    let gone = server.send("DELETE", &new, &[("if-match", &tag)], "");
    assert_eq!((gone.status, gone.header("terrace-commit")), (204, &*tip(&world, "origin")));
    assert_eq!(server.get(&new).status, 404);
}

#[test]
fn an_item_that_changed_at_the_remote_is_not_overwritten_and_others_are_written() {
    let mut world = origin();
    for name in ["a", "b"] {
        clone(&world, name);
    }
    // Neither asks by itself.
    let [a, b] = ["a", "b"].map(|name| replica(&world, name, &["--sync", "1h"]));
    let (old, other) = (etag(&a, "payments"), etag(&a, "billing/invoices"));
    assert_eq!(patch(&b, "payments", &old, r#"{"pool": 7}"#).status, 200);
    let refused = patch(&a, "payments", &old, r#"{"pool": 8}"#);
    assert_eq!((refused.status, &*refused.problem()), (412, "precondition-failed"));
    assert_eq!(patch(&a, "billing/invoices", &other, r#"{"rate": 21}"#).status, 200);
    // What the other one answered is good here, before it was seen here.
    let new = patch(&b, "payments", &etag(&b, "payments"), r#"{"pool": 9}"#);
    assert_eq!(patch(&a, "payments", new.header("etag"), r#"{"pool": 10}"#).status, 200);
    // A person's push counts as well.
    let old = etag(&a, "payments");
    world.git(&["pull", "--quiet", "--ff-only", "origin", "main"]);
    world.write("environments/staging/payments.yaml", "pool: 11\n");
    world.commit("by hand");
    world.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(patch(&a, "payments", &old, r#"{"pool": 12}"#).status, 412);
    assert_eq!(a.get(&format!("{STAGING}/payments")).json()["value"], json!({ "pool": 11 }));
    assert_eq!(b.get(&format!("{STAGING}/payments")).json()["value"]["pool"], Value::from(9));
}
