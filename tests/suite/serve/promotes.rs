//! Promotions, rollbacks and holds over HTTP, and who may ask for them.

use serde_json::{Value, json};

use super::tokens::{problem, server};
use super::{Answer, Server, world};
use crate::support::World;

const JSON: (&str, &str) = ("content-type", "application/json");
const PRODUCTION: &str = "/api/v1/environments/production";
const ALL: &str = "development,staging,production";

/// Staging raises a pool that production never touched, and both have a timeout of their own.
fn raised() -> World {
    let files = ["development", "staging", "production"].map(|environment| {
        (format!("environments/{environment}/api.yaml"), "pool: 10\ntimeout: 5s\n".to_owned())
    });
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let mut world = World::with(&files);
    world.write("environments/production/api.yaml", "pool: 10\ntimeout: 9s\n");
    world.commit("production waits longer");
    world.write("environments/staging/api.yaml", "pool: 20\ntimeout: 5s\nfresh: 1\n");
    world.commit("raise the pool");
    world
}

fn post(server: &Server, what: &str, body: &Value) -> Answer {
    server.send("POST", &format!("{PRODUCTION}/{what}"), &[JSON], &body.to_string())
}

/// A plan is of two environments: commits in the third change nothing of it, its head and its days included,
/// and it is carried out behind them.
#[test]
fn commits_in_a_third_environment_move_no_plan() {
    let mut world = raised();
    let server = server(&world, ALL, "read,promote,secrets");
    let path = "/api/v1/environments/staging/promotion?key=api";
    world.write("environments/staging/api.yaml", "pool: 10\ntimeout: 5s\n");
    world.commit("back");
    world.write("environments/development/api.yaml", "pool: 11\ntimeout: 5s\n");
    world.commit("more in development");
    let before = server.get(path);
    let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(before.json()["head"], *head);
    for pool in [50, 60] {
        world.write("environments/production/api.yaml", &format!("pool: {pool}\n"));
        world.commit("elsewhere");
    }
    // A write looks at the branch first.
    let promote = |query: &str| {
        let path = format!("/api/v1/environments/staging/promotions{query}");
        server.send("POST", &path, &[JSON], &json!({ "plan": before.json() }).to_string())
    };
    assert_eq!(promote("?dry-run=true").status, 200);
    let after = server.get(path);
    assert_eq!((after.body.as_str(), after.header("etag")), (before.body.as_str(), before.header("etag")));
    let done = promote("");
    assert_eq!(done.status, 201, "{done:?}");
    assert!(world.read("environments/staging/api.yaml").contains("pool: 11"));
    let policy = server.get(path);
    world.write("terrace.toml", "[[pin]]\npath = \"timeout\"\n");
    world.commit("a pin");
    server.until(path, |answer| answer.header("etag") != policy.header("etag"));
}

#[test]
fn a_plan_is_carried_out_as_it_is_or_not_at_all() {
    let mut world = raised();
    // Who may see no secrets gets no blobs, and promotes all the same.
    for (allow, pool) in [("read,promote", 30), ("read,promote,secrets", 40)] {
        let server = server(&world, ALL, allow);
        let plan = server.get(&format!("{PRODUCTION}/promotion?key=api"));
        assert_eq!(plan.status, 200, "{plan:?}");
        assert!(plan.header("etag").len() == 34);
        let plan = plan.json();
        let blob = world.git(&["rev-parse", "HEAD:environments/staging/api.yaml"]).trim().to_owned();
        let is_told = plan["hops"][0]["items"][0]["source_blob"] == *blob;
        assert_eq!(is_told, allow.contains("secrets"), "{plan}");
        let state = world.state();
        let undecided = post(&server, "promotions", &json!({ "plan": plan, "confirm": "production" }));
        assert_eq!(problem(&undecided), (422, "undecided".into()), "{undecided:?}");
        assert_eq!(undecided.json()["plan"], plan);
        let select = json!({ "api": { "fresh": "keep" } });
        let mut forged = plan.clone();
        forged["hops"][0]["items"][0]["resolutions"][0]["source"] = json!(21);
        let mut skipping = plan.clone();
        skipping["hops"][0]["from"] = json!("development");
        let mut other = plan.clone();
        other["hops"][0]["from"] = json!("development");
        other["hops"][0]["to"] = json!("staging");
        for (body, status, name) in [
            (json!({ "plan": plan, "select": select }), 400, "confirmation-required"),
            (json!({ "plan": plan, "select": select, "confirm": "staging" }), 400, "confirmation-required"),
            (json!({ "plan": skipping, "confirm": "production" }), 400, "invalid-body"),
            (json!({ "plan": other, "confirm": "production" }), 400, "environment-conflict"),
            (json!({ "plan": forged, "select": select, "confirm": "production" }), 400, "invalid-body"),
            (
                json!({ "plan": plan, "select": { "api": { "no": "take" } }, "confirm": "production" }),
                400,
                "invalid-body",
            ),
            (json!({ "plan": {}, "confirm": "production" }), 400, "invalid-body"),
            (json!({ "confirm": "production" }), 400, "invalid-body"),
        ] {
            let answer = post(&server, "promotions", &body);
            assert_eq!(problem(&answer), (status, name.to_owned()), "{body} {answer:?}");
        }
        assert_eq!(world.state(), state);
        // The source moves: the plan as it is now comes with the refusal.
        world.write(
            "environments/staging/api.yaml",
            &format!("pool: {pool}\ntimeout: 5s\nfresh: 1 # {allow}\n"),
        );
        world.commit("again");
        let body =
            json!({ "plan": plan, "select": select, "message": "more of it", "confirm": "production" });
        let moved = post(&server, "promotions", &body);
        assert_eq!(problem(&moved), (409, "plan-moved".into()), "{moved:?}");
        let anew = moved.json()["plan"].clone();
        let body =
            json!({ "plan": anew, "select": select, "message": "more of it", "confirm": "production" });
        let dry =
            server.send("POST", &format!("{PRODUCTION}/promotions?dry-run=true"), &[JSON], &body.to_string());
        assert_eq!((dry.status, &dry.json()["would_commit"]), (200, &json!(true)), "{dry:?}");
        let done = post(&server, "promotions", &body);
        assert_eq!(done.status, 201, "{done:?}");
        let item = server.get(&format!("{PRODUCTION}/items/api"));
        assert_eq!(item.json()["value"], json!({ "pool": pool, "timeout": "9s" }));
        assert_eq!(done.json()["items"], json!([{ "key": "api", "etag": item.header("etag") }]));
        assert!(world.git(&["log", "-1", "--format=%B"]).starts_with("more of it\n"));
        // Back again, and once more.
        let tag = item.header("etag");
        let late = json!({ "keys": ["api"], "expected": { "api": "\"0\"" } });
        assert_eq!(problem(&post(&server, "rollbacks", &late)), (403, "forbidden".into()));
        let writer = self::server(&world, ALL, &format!("write,{allow}"));
        assert_eq!(problem(&post(&writer, "rollbacks", &late)), (412, "precondition-failed".into()));
        for (body, status, name) in [
            (json!({ "keys": [] }), 400, "invalid-body"),
            (json!({ "keys": ["api"] }), 428, "precondition-required"),
            (json!({ "keys": ["api"], "expected": { "api": null } }), 412, "precondition-failed"),
            (json!({ "keys": ["api"], "to": "main", "expected": { "api": tag } }), 400, "unknown-revision"),
            (
                json!({ "keys": ["api"], "only": ["nothing"], "expected": { "api": tag } }),
                400,
                "invalid-body",
            ),
            (json!({ "keys": ["nothing"], "expected": { "nothing": tag } }), 404, "item-not-found"),
        ] {
            let answer = post(&writer, "rollbacks", &body);
            assert_eq!(problem(&answer), (status, name.to_owned()), "{body} {answer:?}");
        }
        let body = json!({ "keys": ["api"], "expected": { "api": tag } });
        let back = post(&writer, "rollbacks", &body);
        assert_eq!(back.status, 201, "{back:?}");
        let item = writer.get(&format!("{PRODUCTION}/items/api"));
        assert_eq!(item.json()["value"]["pool"], 10);
        assert_eq!(back.json()["items"][0]["etag"], item.header("etag"));
        world.write("environments/staging/api.yaml", "pool: 20\ntimeout: 5s\nfresh: 1\n");
        world.commit("as it was");
    }
    let server = server(&world, "staging", "read,write,promote");
    assert_eq!(problem(&server.staging("/promotion")), (403, "forbidden".into()));
}

#[test]
fn what_is_kept_is_recorded_and_released() {
    let world = raised();
    let server = server(&world, ALL, "read,write,promote");
    assert_eq!(server.get(&format!("{PRODUCTION}/holds")).json()["decisions"], json!([]));
    let body = json!({ "key": "api", "path": "pool", "reason": "not on a Friday", "until": "released" });
    let state = world.state();
    let dry = server.send("POST", &format!("{PRODUCTION}/holds?dry-run=true"), &[JSON], &body.to_string());
    assert_eq!((dry.status, &dry.json()["would_commit"]), (200, &json!(true)), "{dry:?}");
    let nothing = json!({ "key": "api", "path": "nothing", "reason": "x" }).to_string();
    let dry = server.send("POST", &format!("{PRODUCTION}/holds?dry-run=true"), &[JSON], &nothing);
    assert_eq!(dry.status, 400, "{dry:?}");
    assert_eq!(world.state(), state);
    let held = post(&server, "holds", &body);
    assert_eq!(held.status, 201, "{held:?}");
    let listed = server.get(&format!("{PRODUCTION}/holds")).json();
    assert_eq!(
        (&listed["decisions"][0]["path"], &listed["decisions"][0]["by"]),
        (&json!("pool"), &json!("development-staging-production-read-write-promote"))
    );
    assert_eq!(post(&server, "holds", &body).json()["commit"], Value::Null);
    for (path, status, name) in
        [("holds/api", 400, "invalid-parameter"), ("holds/api?path=timeout", 404, "value-not-found")]
    {
        let answer = server.send("DELETE", &format!("{PRODUCTION}/{path}"), &[], "");
        assert_eq!(problem(&answer), (status, name.to_owned()), "{path}");
    }
    let body = json!({ "key": "api", "path": "pool", "reason": "", "until": "some day" });
    assert_eq!(problem(&post(&server, "holds", &body)), (400, "invalid-body".into()));
    let state = world.state();
    let dry = |path: &str| server.send("DELETE", &format!("{PRODUCTION}/holds/{path}&dry-run=true"), &[], "");
    let would = dry("api?path=pool");
    assert_eq!((would.status, &would.json()["would_commit"]), (200, &json!(true)), "{would:?}");
    assert_eq!(dry("api?path=timeout").status, 404);
    assert_eq!(world.state(), state);
    let again = json!({ "key": "api", "path": "pool", "reason": "not on a Friday", "until": "released" });
    let again = server.send("POST", &format!("{PRODUCTION}/holds?dry-run=true"), &[JSON], &again.to_string());
    assert_eq!((again.status, &again.json()["would_commit"]), (200, &json!(false)), "{again:?}");
    let gone = server.send("DELETE", &format!("{PRODUCTION}/holds/api?path=pool"), &[], "");
    assert_eq!(gone.status, 204, "{gone:?}");
    assert_eq!(server.get(&format!("{PRODUCTION}/holds")).json()["decisions"], json!([]));
}

/// Whoever is on the machine reads; who bears the token of the run does everything, as git names them.
#[test]
fn the_local_user_reads_and_writes_with_the_token_of_the_run() {
    let world = world();
    let mut server = Server::start(&world);
    let path = "/api/v1/environments/staging/items/new";
    let put = |server: &Server| {
        let headers = [("content-type", "application/yaml"), ("if-none-match", "*")];
        server.send("PUT", path, &headers, "a: 1\n")
    };
    assert_eq!(problem(&put(&server)), (403, "forbidden".into()));
    server.token = Some("trc_0".to_owned());
    assert_eq!(problem(&put(&server)), (401, "unauthorized".into()));
    server.token = None;
    server.until("/healthz", |_| server.told().contains("try: "));
    let told = server.told();
    let token = told.split("the token of this run: ").nth(1).and_then(|rest| rest.lines().next());
    server.token = token.map(str::to_owned);
    assert_eq!(put(&server).status, 201, "{told}");
    let password = server.staging("/items/payments?path=db.password").json()["value"].clone();
    assert_eq!(password, "hunter2-hunter2");
    let (author, committer) = ("%an <%ae>", "%cn <%ce>");
    let who = |format: &str| world.git(&["log", "-1", &format!("--format={format}")]);
    assert_eq!(who(author), who(committer));
    drop(server);
    let server = Server::start_with(&world, &["--open"]);
    let tag = server.get(path).header("etag").to_owned();
    assert_eq!(server.send("DELETE", path, &[("if-match", &tag)], "").status, 204);
    let refused = world.line("serve --open --tokens tokens.json");
    assert_eq!(refused.code, 2);
    world.refuses(
        "serve --open --listen 0.0.0.0:0",
        2,
        "error: 0.0.0.0:0 can be reached from other machines, and nobody is asked who they are\n\
         help: listen at 127.0.0.1, or make a token with `terrace token create` and name its file with --tokens",
    );
}

/// An item of which nothing would be left is told of, and holds up no other, as on the command line.
#[test]
fn a_plan_of_everything_leaves_alone_what_it_cannot_write() {
    let mut world = raised();
    for environment in ["staging", "production"] {
        world.write(&format!("environments/{environment}/empty.yaml"), "only: 1\n");
    }
    world.commit("one value");
    world.write("environments/staging/empty.yaml", "{}\n");
    world.commit("and none");
    let server = server(&world, ALL, "read,promote");
    let plan = server.get(&format!("{PRODUCTION}/promotion"));
    assert_eq!(plan.status, 200, "{plan:?}");
    let hop = plan.json()["hops"][0].clone();
    let keys: Vec<_> =
        hop["items"].as_array().expect("items").iter().map(|item| item["key"].clone()).collect();
    assert_eq!(keys, ["api"]);
    let left = &hop["not_compared"][0];
    assert_eq!((&left["key"], &left["why"]), (&json!("empty"), &json!("unwritable")));
    let message = left["message"].as_str().expect("a message");
    assert!(message.starts_with("environments/production/empty.yaml: nothing would be left"), "{message}");
    // The plan is carried out as it is.
    let select = json!({ "api": { "fresh": "keep" } });
    let done = post(
        &server,
        "promotions",
        &json!({ "plan": plan.json(), "select": select, "confirm": "production" }),
    );
    assert_eq!((done.status, done.json()["items"][0]["key"].clone()), (201, json!("api")), "{done:?}");
    // Asked for by its name, it may be emptied.
    let named = server.get(&format!("{PRODUCTION}/promotion?key=empty")).json();
    assert_eq!(named["hops"][0]["items"][0]["empties"], true);
}
