//! Items written over HTTP.

use serde_json::{Value, json};

use super::tokens::{problem, server, token};
use super::{Server, world};
use crate::support::World;

const YAML: (&str, &str) = ("content-type", "application/yaml");
const JSON: (&str, &str) = ("content-type", "application/json");
const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");
const PATCH: (&str, &str) = ("content-type", "application/json-patch+json");
const NEW: (&str, &str) = ("if-none-match", "*");

const STAGING: &str = "/api/v1/environments/staging";

fn writer(world: &World) -> Server {
    server(world, "staging", "read,write,secrets")
}

fn etag(server: &Server, path: &str) -> String {
    server.get(path).header("etag").to_owned()
}

fn commits(world: &World) -> usize {
    world.git(&["rev-list", "--count", "HEAD"]).trim().parse().expect("a number")
}

/// Who committed last, who wrote it, and the message.
fn last(world: &World) -> String {
    world.git(&["log", "-1", "--format=%an <%ae>|%cn|%B"]).trim().to_owned()
}

#[test]
fn an_item_is_created_replaced_and_deleted() {
    let world = world();
    let server = writer(&world);
    let path = format!("{STAGING}/items/billing/plans");
    let before = commits(&world);
    let made =
        server.send("PUT", &path, &[YAML, NEW, ("terrace-message", "plans of größe")], "# ours\nfree: 1.0\n");
    assert_eq!(made.status, 201, "{made:?}");
    let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(made.header("terrace-commit"), head);
    assert_eq!(
        made.json(),
        json!({
            "version": 1, "environment": "staging", "commit": head,
            "items": [{ "key": "billing/plans", "etag": made.header("etag") }],
        })
    );
    assert_eq!(world.read("environments/staging/billing/plans.yaml"), "# ours\nfree: 1.0\n");
    let name = last(&world);
    assert!(name.starts_with("staging-read-write-secrets <ci@example.com>|"), "{name}");
    assert!(!name.contains("|staging-read") && name.ends_with("|plans of größe"), "{name}");
    // What was written is read, and its tag is the one that was answered.
    let read = server.get(&path);
    assert_eq!((read.header("etag"), &read.json()["value"]), (made.header("etag"), &json!({ "free": 1.0 })));
    let yaml = server.get_with(&path, &[("accept", "application/yaml")]);
    // The tag of either representation is the item's.
    for tag in [made.header("etag"), yaml.header("etag")] {
        let same = server.send("PUT", &path, &[YAML, ("if-match", tag)], "# ours\nfree: 1.0\n");
        assert_eq!((same.status, &same.json()["commit"]), (200, &Value::Null));
        assert_eq!(same.header("etag"), made.header("etag"));
    }
    assert_eq!(commits(&world), before + 1);
    let put = server.send(
        "PUT",
        &path,
        &[JSON, ("if-match", yaml.header("etag"))],
        r#"{"environment":"staging","key":"billing/plans","value":{"free":1.0,"pro":[1e2]}}"#,
    );
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(world.read("environments/staging/billing/plans.yaml"), "# ours\nfree: 1.0\npro:\n  - 1e2\n");
    assert!(last(&world).ends_with("|put(billing/plans): staging"), "{}", last(&world));
    // Only tried.
    let tag = ("if-match", put.header("etag"));
    let dry = server.send("DELETE", &format!("{path}?dry-run=true"), &[tag], "");
    assert_eq!(
        (dry.status, &dry.json()["would_commit"], &dry.json()["commit"]),
        (200, &json!(true), &Value::Null)
    );
    assert_eq!(commits(&world), before + 2);
    let gone = server.send("DELETE", &path, &[tag], "");
    assert_eq!((gone.status, gone.body.as_str()), (204, ""), "{gone:?}");
    assert_eq!(gone.header("terrace-commit"), world.git(&["rev-parse", "HEAD"]).trim());
    assert_eq!(problem(&server.get(&path)), (404, "item-not-found".into()));
    for (method, form) in [("DELETE", JSON), ("PATCH", MERGE)] {
        assert_eq!(problem(&server.send(method, &path, &[form, tag], "{}")), (404, "item-not-found".into()));
    }
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    let line = format!(
        r#""by":"staging-read-write-secrets","environment":"staging","keys":["billing/plans"],"status":201,"commit":"{head}""#
    );
    let told = server.tells(&line);
    assert!(!told.contains("free"), "{told}");
}

#[test]
fn what_may_not_be_written_is_refused_with_a_name() {
    let world = world();
    let server = writer(&world);
    let path = format!("{STAGING}/items/billing/invoices");
    let tag = etag(&server, &path);
    let value = server.get(&format!("{path}?path=rate")).header("etag").to_owned();
    let other = etag(&server, &format!("{STAGING}/items/payments"));
    let is = ("if-match", tag.as_str());
    let state = world.state();
    let deep = format!(r#"{{"value":{}1{}}}"#, "[".repeat(101), "]".repeat(101));
    for (method, headers, body, status, name) in [
        ("PUT", &[YAML][..], "rate: 1\n", 428, "precondition-required"),
        ("PUT", &[YAML, ("if-match", "*")], "rate: 1\n", 428, "precondition-required"),
        ("DELETE", &[], "", 428, "precondition-required"),
        ("PUT", &[YAML, ("if-match", "nothing")], "rate: 1\n", 400, "bad-request"),
        ("PUT", &[YAML, is, NEW], "rate: 1\n", 400, "bad-request"),
        ("PUT", &[YAML, ("if-none-match", &tag)], "rate: 1\n", 400, "bad-request"),
        ("PUT", &[YAML, NEW], "rate: 1\n", 412, "precondition-failed"),
        ("PUT", &[YAML, ("if-match", &value)], "rate: 1\n", 412, "precondition-failed"),
        ("PUT", &[YAML, ("if-match", &other)], "rate: 1\n", 412, "precondition-failed"),
        ("PUT", &[is], "rate: 1\n", 415, "unsupported-media-type"),
        ("PUT", &[is, ("content-type", "text/plain")], "rate: 1\n", 415, "unsupported-media-type"),
        ("PUT", &[YAML, is, ("content-encoding", "gzip")], "rate: 1\n", 415, "unsupported-media-type"),
        ("PATCH", &[is, JSON], "{}", 415, "unsupported-media-type"),
        ("PUT", &[YAML, is], "rate: [\n", 400, "invalid-body"),
        ("PUT", &[YAML, is], "rate: x\n", 422, "findings"),
        ("PUT", &[JSON, is], r#"{"value":{"rate":"x"}}"#, 422, "findings"),
        ("PATCH", &[MERGE, is], r#"{"rate":"x"}"#, 422, "findings"),
        ("PUT", &[JSON, is], r#"{"environment":"production","value":{}}"#, 400, "environment-conflict"),
        ("PUT", &[JSON, is], r#"{"environment":"stage","value":{}}"#, 400, "environment-conflict"),
        ("PUT", &[JSON, is], r#"{"key":"payments","value":{}}"#, 400, "invalid-body"),
        ("PUT", &[JSON, is], r#"{"value":{"rate":1,"rate":2}}"#, 400, "invalid-body"),
        ("PUT", &[JSON, is], r#"{"values":{"rate":1}}"#, 400, "invalid-body"),
        ("PUT", &[JSON, is], "{", 400, "invalid-body"),
        ("PUT", &[JSON, is], &deep, 400, "invalid-body"),
        ("PUT", &[JSON, is], r#"{"value":{"rate":{"masked":true}}}"#, 422, "undecided"),
        ("PATCH", &[PATCH, is], r#"[{"op":"test","path":"/rate","value":21}]"#, 409, "test-failed"),
        ("PATCH", &[PATCH, is], r#"[{"op":"remove","path":"/nothing"}]"#, 400, "invalid-body"),
        ("PATCH", &[PATCH, is], "{}", 400, "invalid-body"),
        ("PUT", &[YAML, is, ("terrace-message", " ")], "rate: 1\n", 400, "bad-request"),
        ("PUT", &[YAML, is, ("origin", "http://evil.example.com")], "rate: 1\n", 403, "foreign-origin"),
        ("PUT", &[YAML, is, ("sec-fetch-site", "cross-site")], "rate: 1\n", 403, "foreign-origin"),
        ("PUT", &[YAML, is, ("terrace-environment", "production")], "rate: 1\n", 400, "environment-conflict"),
    ] {
        let answer = server.send(method, &path, headers, body);
        let body = &body[..body.len().min(80)];
        assert_eq!(problem(&answer), (status, name.to_owned()), "{method} {headers:?} {body} {answer:?}");
        assert!(answer.json()["help"].as_str().is_none_or(|help| !help.contains("--")), "{answer:?}");
    }
    let large = format!(
        "PUT {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: 1048577\r\n\r\n",
        server.token.clone().expect("a token")
    );
    assert!(server.raw(large.as_bytes()).contains("urn:terrace:problem:body-too-large"));
    assert_eq!(world.state(), state);
    let findings = server.send("PUT", &path, &[YAML, is], "\nrate: x\n").json()["findings"].clone();
    assert_eq!((&findings[0]["rule"], &findings[0]["line"]), (&json!("schema"), &json!(2)), "{findings}");
    let form = server.send("PATCH", &path, &[is, JSON], "{}");
    assert_eq!(form.header("accept-patch"), "application/merge-patch+json, application/json-patch+json");
    let wrong = server.send("PUT", &format!("{path}?dry-run=yes"), &[YAML, is], "rate: 1\n");
    assert_eq!(problem(&wrong), (400, "invalid-parameter".into()));
    let wrong = server.send("POST", &path, &[YAML, is], "rate: 1\n");
    assert_eq!(
        (problem(&wrong), wrong.header("allow").contains("PATCH")),
        ((405, "method-not-allowed".into()), true)
    );
}

#[test]
fn only_the_bytes_of_what_differs_move() {
    let world = world();
    let server = writer(&world);
    let path = format!("{STAGING}/items/payments");
    let text = world.read("environments/staging/payments.yaml");
    let tag = etag(&server, &path);
    let done = server.send(
        "PATCH",
        &path,
        &[PATCH, ("if-match", &tag)],
        r#"[{"op":"test","path":"/pool","value":1.1},{"op":"replace","path":"/servers/1/port","value":82}]"#,
    );
    assert_eq!(done.status, 200, "{done:?}");
    let expected = text.replace("port: 81", "port: 82");
    assert_eq!(world.read("environments/staging/payments.yaml"), expected);
    // Somebody else was faster; what they changed is told.
    let late = server.send("PATCH", &path, &[MERGE, ("if-match", &tag)], r#"{"timeout":"9s"}"#);
    assert_eq!(problem(&late), (412, "precondition-failed".into()));
    assert_eq!(
        late.json()["changed"],
        json!([{
            "key": "payments", "environment": "staging", "path": "servers[name=web].port",
            "author": "staging-read-write-secrets", "commit": done.header("terrace-commit"),
        }])
    );
    let done = server.send(
        "PATCH",
        &path,
        &[MERGE, ("if-match", done.header("etag"))],
        r#"{"timeout":"9s","hex":null}"#,
    );
    assert_eq!(done.status, 200, "{done:?}");
    let expected = expected.replace("timeout: 8s", "timeout: 9s").replace("hex: 0x1F\n", "");
    assert_eq!(world.read("environments/staging/payments.yaml"), expected);
    // What was read is written back with one value more, and nothing else moves.
    let mut read = server.get(&path).json();
    read["value"]["more"] = json!(true);
    let back = server.send("PUT", &path, &[JSON, ("if-match", done.header("etag"))], &read.to_string());
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(world.read("environments/staging/payments.yaml"), format!("{expected}more: true\n"));
}

#[test]
fn who_may_write_is_asked_first() {
    let world = world();
    let mut server = server(&world, "staging", "read,write");
    let reader = token(&world, "staging", "read");
    let path = format!("{STAGING}/items/payments");
    server.until(&path, |answer| answer.status == 200);
    let tag = etag(&server, &path);
    let is = ("if-match", tag.as_str());
    let state = world.state();
    // The item holds a secret: it is not put as a whole, nor is the secret written, tested or moved.
    for (method, form, body) in [
        ("PUT", YAML, "timeout: 9s\n"),
        ("PUT", JSON, r#"{"value":{"timeout":"9s"}}"#),
        ("PATCH", MERGE, r#"{"db":{"password":"guess"}}"#),
        ("PATCH", PATCH, r#"[{"op":"copy","from":"/db/password","path":"/shown"}]"#),
    ] {
        let answer = server.send(method, &path, &[form, is], body);
        assert_eq!(problem(&answer), (403, "secrets-not-allowed".into()), "{method} {body}");
    }
    // Whether it was guessed is not told either.
    for guess in ["hunter2-hunter2", "hunter3"] {
        let test = json!([{ "op": "test", "path": "/db/password", "value": guess }]);
        let answer = server.send("PATCH", &path, &[PATCH, is], &test.to_string());
        assert_eq!(problem(&answer), (409, "test-failed".into()), "{guess}");
    }
    // A tag that only who knows the secret can make does not count.
    let blob = world.git(&["rev-parse", "HEAD:environments/staging/payments.yaml"]).trim().to_owned();
    let guess = tag_of("payments", "yaml", &blob);
    let answer = server.send("PATCH", &path, &[MERGE, ("if-match", &guess)], "{}");
    assert_eq!(problem(&answer), (412, "precondition-failed".into()));
    assert_eq!(answer.json()["changed"], Value::Null);
    assert_eq!(world.state(), state);
    // Beside the secret it is patched, and stays masked.
    let done =
        server.send("PATCH", &path, &[MERGE, is], r#"{"timeout":"9s","db":{"password":{"masked":true}}}"#);
    assert_eq!(done.status, 200, "{done:?}");
    assert!(world.read("environments/staging/payments.yaml").contains("password: hunter2-hunter2"));
    assert_eq!(done.header("etag"), etag(&server, &path));
    // The masked tag is told of what changed since, too.
    let late = server.send("PATCH", &path, &[MERGE, is], r#"{"timeout":"7s"}"#);
    assert_eq!(late.json()["changed"][0]["path"], "timeout", "{late:?}");
    // One body for what is there and what is not.
    server.token = Some(reader);
    server.until(&path, |answer| answer.status == 200);
    let refused = server.send("PUT", &path, &[YAML, is], "a: 1\n");
    assert_eq!(problem(&refused), (403, "forbidden".into()));
    for (method, other) in [
        ("PUT", "staging/items/nothing"),
        ("PATCH", "staging/items/payments"),
        ("DELETE", "production/items/payments"),
        ("DELETE", "production/items/nothing"),
        ("POST", "staging/changes"),
        ("POST", "production/changes"),
    ] {
        let answer = server.send(method, &format!("/api/v1/environments/{other}"), &[JSON, is], "{}");
        assert_eq!(answer.body, refused.body, "{method} {other}");
    }
    server.tells("refused 403: PUT /api/v1/environments/staging/items/payments by staging-read");
}

/// The tag of a representation of staging's item, made by who knows its blob.
pub(super) fn tag_of(key: &str, what: &str, blob: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    for part in ["staging", key, what, blob] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let digits: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

#[test]
fn an_environment_that_is_held_back_is_only_mended() {
    let mut world = world();
    let server = writer(&world);
    let path = format!("{STAGING}/items/billing/invoices");
    let (served, other) = (etag(&server, &path), etag(&server, &format!("{STAGING}/items/payments")));
    world.write("environments/staging/billing/invoices.yaml", "rate: x\n");
    world.commit("broken");
    server.arrives(&world, "staging");
    let held =
        server.get(&format!("{STAGING}/findings")).json()["held_back"]["items"][0]["held_etag"].clone();
    let held = held.as_str().expect("a tag").to_owned();
    let state = world.state();
    let patch = |dry: &str| {
        let path = format!("{STAGING}/items/payments{dry}");
        server.send("PATCH", &path, &[MERGE, ("if-match", &other)], r#"{"timeout":"9s"}"#)
    };
    for answer in [
        patch(""),
        patch("?dry-run=true"),
        server.send("PUT", &path, &[YAML, ("if-match", &held)], "rate: y\n"),
        server.send("PUT", &format!("{STAGING}/items/new"), &[YAML, NEW], "a: 1\n"),
    ] {
        assert_eq!(problem(&answer), (409, "environment-held-back".into()), "{answer:?}");
        assert_eq!(answer.json()["findings"][0]["rule"], "schema");
    }
    let stale = server.send("PUT", &path, &[YAML, ("if-match", &served)], "rate: 30\n");
    assert_eq!(problem(&stale), (412, "precondition-failed".into()));
    assert_eq!(
        (&stale.json()["held_etag"], &stale.json()["changed"][0]["path"]),
        (&json!(held), &json!("rate")),
        "{stale:?}"
    );
    assert_eq!(world.state(), state);
    let mended = server.send("PUT", &path, &[YAML, ("if-match", &held)], "rate: 30\n");
    assert_eq!(mended.status, 200, "{mended:?}");
    assert_eq!(etag(&server, &path), mended.header("etag"));
    assert_eq!(server.staging("").json()["held_back"], Value::Null);
    assert_eq!(patch("").status, 200);
}

#[test]
fn several_items_are_one_commit_or_none() {
    let world = world();
    let server = writer(&world);
    let (payments, invoices) = (
        etag(&server, &format!("{STAGING}/items/payments")),
        etag(&server, &format!("{STAGING}/items/billing/invoices")),
    );
    let post = |items: Value| {
        let body = json!({ "message": "all of it", "items": items });
        server.send("POST", &format!("{STAGING}/changes"), &[JSON], &body.to_string())
    };
    let state = world.state();
    for (items, status, name) in [
        (json!([]), 400, "invalid-body"),
        (json!([{ "key": "payments", "patch": {} }]), 428, "precondition-required"),
        (json!([{ "key": "payments", "etag": payments }]), 400, "invalid-body"),
        (json!([{ "key": "payments", "etag": payments, "delete": true, "put": 1 }]), 400, "invalid-body"),
        (json!([{ "key": "../x", "etag": null, "put": {} }]), 400, "invalid-key"),
        (json!([{ "key": "nothing", "etag": payments, "delete": true }]), 404, "item-not-found"),
        (
            json!([{ "key": "payments", "etag": payments, "patch": { "timeout": "9s" } }, { "key": "billing/invoices", "etag": payments, "delete": true }]),
            412,
            "precondition-failed",
        ),
        (
            json!([{ "key": "payments", "etag": payments, "patch": { "timeout": "9s" } }, { "key": "billing/invoices", "etag": invoices, "patch": { "rate": "x" } }]),
            422,
            "findings",
        ),
        (
            json!([{ "key": "payments", "etag": payments, "patch": {} }, { "key": "payments", "etag": payments, "patch": {} }]),
            400,
            "invalid-body",
        ),
    ] {
        let answer = post(items.clone());
        assert_eq!(problem(&answer), (status, name.to_owned()), "{items} {answer:?}");
    }
    assert_eq!(world.state(), state);
    let done = post(json!([
        { "key": "payments", "etag": payments, "patch": [{ "op": "add", "path": "/timeout", "value": "9s" }] },
        { "key": "billing/invoices", "etag": invoices, "delete": true },
        { "key": "billing/plans", "etag": null, "yaml": "free: 1 # for now\n" },
        { "key": "nothing", "etag": null, "put": null },
    ]));
    assert_eq!(done.status, 200, "{done:?}");
    let keys: Vec<_> =
        done.json()["items"].as_array().expect("items").iter().map(|it| it["key"].clone()).collect();
    assert_eq!(keys, ["payments", "billing/invoices", "billing/plans", "nothing"]);
    assert_eq!(done.json()["items"][1]["etag"], Value::Null);
    assert_eq!(done.json()["items"][0]["etag"], etag(&server, &format!("{STAGING}/items/payments")));
    assert!(last(&world).ends_with("|all of it"));
    assert_eq!(world.git(&["show", "--format=", "--name-only", "HEAD"]).lines().count(), 4);
    let checked =
        server.send("POST", &format!("{STAGING}/check/billing/invoices"), &[YAML], "a: 1\nrate: x\n");
    let finding = &checked.json()["findings"][0];
    assert_eq!(
        (checked.status, &finding["rule"], &finding["line"]),
        (200, &json!("schema"), &json!(2)),
        "{checked:?}"
    );
    let checked = server.send("POST", &format!("{STAGING}/check/new"), &[YAML], "a: [\n");
    assert!(checked.body.contains(r#""rule":"syntax""#), "{checked:?}");
    assert_eq!(server.get(&format!("{STAGING}/items/new")).status, 404);
}
