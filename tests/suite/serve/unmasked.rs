//! What is masked stays so, whatever is written, for how long a request is open, and by which tag.

use serde_json::{Value, json};

use super::tokens::{problem, server, token};
use super::{Server, world};
use crate::support::World;

const JSON: (&str, &str) = ("content-type", "application/json");
const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");
const ALL: &str = "development,staging,production";
const OPEN: &str = "kind: ConfigMap\ndata:\n  a: hello\n";
const SECRET: &str = "kind: Secret\ndata:\n  a: dFRvcFNlY3JldA==\n";

fn items(text: &str) -> World {
    let files = ["development", "staging", "production"]
        .map(|environment| (format!("environments/{environment}/app.yaml"), text.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    World::with(&files)
}

#[test]
fn no_rollback_and_no_promotion_shows_what_is_masked() {
    let mut world = items(OPEN);
    let first = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.write("environments/production/app.yaml", SECRET);
    world.commit("a secret");
    for (allow, status) in [("read,write", 403), ("read,write,secrets", 201)] {
        let server = server(&world, "production", allow);
        let tag = server.get("/api/v1/environments/production/items/app").header("etag").to_owned();
        let expected = json!({ "app": tag });
        let back =
            json!({ "keys": ["app"], "to": first, "only": ["kind"], "expected": expected }).to_string();
        let answer = server.send("POST", "/api/v1/environments/production/rollbacks", &[JSON], &back);
        assert_eq!(answer.status, status, "{allow}: {answer:?}");
        if status == 403 {
            assert_eq!(answer.problem(), "secrets-not-allowed");
            let item = server.get("/api/v1/environments/production/items/app").body;
            assert!(!item.contains("dFRvc"), "{item}");
        }
    }
    let mut world = items(SECRET);
    world.write("environments/production/app.yaml", &SECRET.replace("dFRv", "eFRv"));
    world.commit("production has its own");
    world.write("environments/staging/app.yaml", &SECRET.replace("Secret", "ConfigMap"));
    world.commit("no secret any more");
    let server = server(&world, "staging,production", "read,promote");
    let plan = server.get("/api/v1/environments/production/promotion?key=app").json();
    let lines = plan["hops"][0]["items"][0]["resolutions"].as_array().expect("lines").clone();
    let select: serde_json::Map<String, Value> = lines
        .iter()
        .map(|line| {
            let path = line["path"].as_str().expect("a path").to_owned();
            let verdict = if path == "kind" { "take" } else { "keep" };
            (path, json!(verdict))
        })
        .collect();
    let body = json!({ "plan": plan, "select": { "app": select }, "confirm": "production" }).to_string();
    let state = world.state();
    let answer = server.send("POST", "/api/v1/environments/production/promotions", &[JSON], &body);
    assert_eq!(problem(&answer), (403, "secrets-not-allowed".into()), "{answer:?}");
    assert_eq!(world.state(), state);
}

#[test]
fn states_of_items_confirm_no_guess() {
    let mut world = world();
    world.write("environments/development/payments.yaml", "timeout: 99s\ndb: {password: hunter3-hunter3}\n");
    world.commit("development waits longer");
    let blobs = |allow: &str| {
        let server = server(&world, ALL, allow);
        server.get("/api/v1/environments/staging/status").json()["hops"][0]["items"][0].clone()
    };
    let blob = world.git(&["rev-parse", "HEAD:environments/staging/payments.yaml"]).trim().to_owned();
    assert_eq!(blobs("read,secrets")["target_blob"], json!(blob));
    let veiled = blobs("read");
    assert!(veiled["target_blob"].is_string() && veiled["target_blob"] != json!(blob), "{veiled}");
}

/// Who reads without the right to see secrets, and writes with it, knows nothing of them.
#[test]
fn a_tag_of_what_was_masked_writes_no_secret() {
    let mut world = world();
    let path = "/api/v1/environments/staging/items/payments";
    let (reader, writer) = (token(&world, "staging", "read"), token(&world, "staging", "read,write,secrets"));
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(reader);
    let tag = server.get(path).header("etag").to_owned();
    let text = world.read("environments/staging/payments.yaml");
    world.write("environments/staging/payments.yaml", &text.replace("hunter2-hunter2", "rotated-rotated"));
    world.commit("rotate");
    server.arrives(&world, "staging");
    server.token = Some(writer);
    let is = ("if-match", tag.as_str());
    let put = server.send("PUT", path, &[("content-type", "application/yaml"), is], &text);
    assert_eq!(problem(&put), (412, "precondition-failed".into()), "{put:?}");
    let answer =
        server.send("PATCH", path, &[MERGE, is], &json!({ "db": { "password": "old" } }).to_string());
    assert_eq!(problem(&answer), (412, "precondition-failed".into()), "{answer:?}");
    assert!(world.read("environments/staging/payments.yaml").contains("rotated-rotated"));
    let other = server.send("PATCH", path, &[MERGE, is], &json!({ "timeout": "77s" }).to_string());
    assert_eq!(other.status, 200, "{other:?}");
    assert!(world.read("environments/staging/payments.yaml").contains("rotated-rotated"));
}

#[test]
fn a_token_that_is_revoked_ends_what_is_open() {
    let mut world = world();
    let secret = token(&world, "staging", "read");
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(secret.clone());
    let path = "/api/v1/environments/staging/items/payments";
    let tag = server.get(path).header("etag").to_owned();
    let server = &server;
    std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| server.get_with(path, &[("if-none-match", &tag), ("prefer", "wait=60")]));
        let told = scope.spawn(|| server.get("/api/v1/environments/staging/events"));
        server.until("/api/v1/environments/staging", |answer| answer.status == 200);
        world.line(&format!("token revoke --file {} staging-read", file.display())).exits(0);
        server.until(path, |answer| answer.status == 401);
        world.write("environments/staging/payments.yaml", "timeout: 98s\n");
        world.commit("not for them");
        assert_eq!(waiting.join().expect("an answer").status, 401);
        let told = told.join().expect("a stream that ends");
        assert!(!told.body.contains("event: change") && told.status != 500, "{told:?}");
    });
}

#[test]
fn a_key_that_can_be_no_file_is_refused_before_anything_is_written() {
    let world = world();
    let server = server(&world, "staging", "read,write");
    let item = |key: &str| format!("/api/v1/environments/staging/items/{key}");
    let state = world.state();
    let put = |key: &str| {
        let headers = [("content-type", "application/yaml"), ("if-none-match", "*")];
        server.send("PUT", &item(key), &headers, "a: 1\n")
    };
    let (long, deep) = ("d".repeat(300), vec!["d".repeat(100); 41].join("/"));
    for key in [long.as_str(), deep.as_str()] {
        assert_eq!(problem(&put(key)), (400, "invalid-key".into()));
    }
    let below = put("payments.yaml/x");
    assert!((400..500).contains(&below.status), "{below:?}");
    assert_eq!(server.get(&item("payments.yaml/x")).status, 404);
    assert_eq!(server.get("/api/v1/environments/staging/history/payments.yaml/x").status, 404);
    assert_eq!(world.state(), state);
    assert_eq!(put("brand/new").status, 201);
}

/// What cannot be read comes back as a whole; a decision is nothing without a reason.
#[test]
fn a_rollback_mends_what_cannot_be_read() {
    let mut world = items("a: 1\nb: 2\n");
    let good = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.write("environments/production/app.yaml", "a: [\n");
    world.commit("broken");
    let server = server(&world, ALL, "read,write,promote");
    let post = |what: &str, body: Value| {
        let path = format!("/api/v1/environments/production/{what}");
        server.send("POST", &path, &[JSON], &body.to_string())
    };
    let hold = post("holds", json!({ "key": "app", "path": "a", "reason": " " }));
    assert_eq!(problem(&hold), (400, "invalid-body".into()), "{hold:?}");
    let findings = server.get("/api/v1/environments/production/findings").json();
    let expected = json!({ "app": findings["held_back"]["items"][0]["held_etag"] });
    let back = post("rollbacks", json!({ "keys": ["app"], "to": good, "expected": expected }));
    assert_eq!(back.status, 201, "{back:?}");
    assert_eq!(world.read("environments/production/app.yaml"), "a: 1\nb: 2\n");
    world.write("environments/production/app.yaml", "b: [\n");
    world.commit("broken again");
    let line = format!("rollback app --env production --to {good} --yes");
    world.line(&line).exits(0);
    assert_eq!(world.read("environments/production/app.yaml"), "a: 1\nb: 2\n");
}
