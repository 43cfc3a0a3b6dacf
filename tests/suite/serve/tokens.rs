//! Who may read what.

use serde_json::json;

use super::{Answer, Server, world};
use crate::support::World;

/// A token for some environments, in a file beside the work tree.
pub(super) fn token(world: &World, environments: &str, allow: &str) -> String {
    let file = world.beside("tokens.json");
    let name = environments.replace(',', "-") + "-" + &allow.replace(',', "-");
    let create = ["token", "create", "--file", &file.to_string_lossy(), "--name", &name];
    let who = ["--email", "ci@example.com", "--env", environments, "--allow", allow];
    world.terrace(&[&create[..], &who].concat()).exits(0).trim_end().to_owned()
}

/// A server, and the token of somebody who may do this in these environments.
pub(super) fn server(world: &World, environments: &str, allow: &str) -> Server {
    let secret = token(world, environments, allow);
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(secret);
    server
}

/// The status and the name of a problem.
pub(super) fn problem(answer: &Answer) -> (u16, String) {
    (answer.status, answer.problem())
}

#[test]
fn a_token_reads_its_environments_and_nothing_else() {
    let world = world();
    let (staging, writes) = (token(&world, "staging", "read"), token(&world, "staging", "write"));
    let secrets = token(&world, "staging,production", "read,secrets");
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    let item = "/api/v1/environments/staging/items/payments";
    for headers in [&[][..], &[("authorization", "Bearer trc_0")], &[("x-api-key", "")]] {
        let answer = server.get_with(item, headers);
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthorized"), "{headers:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"terrace\"");
    }
    for (name, value) in [
        ("authorization", format!("Bearer {staging}")),
        ("x-api-key", staging.clone()),
        ("x-config-token", staging.clone()),
    ] {
        assert_eq!(server.get_with(item, &[(name, &value)]).status, 200, "{name}");
    }
    // Health says nothing but its status to strangers.
    assert_eq!(server.get("/readyz").json(), json!({ "status": "ready" }));
    assert_eq!(server.get("/healthz").json(), json!({ "status": "ok" }));
    server.token = Some(staging.clone());
    let listed = server.get("/api/v1/environments").json();
    let names: Vec<_> =
        listed["environments"].as_array().expect("a list").iter().map(|it| &it["environment"]).collect();
    assert_eq!(names, ["staging"]);
    assert_eq!(server.get("/readyz").json()["environments"].as_array().map(Vec::len), Some(1));
    let refused = server.get("/api/v1/environments/production/items/payments");
    assert_eq!((refused.status, refused.problem().as_str()), (403, "forbidden"));
    for path in [
        "production/items/payment",
        "production/items/payments",
        "production",
        "production/events",
        "development/findings",
    ] {
        assert_eq!(server.get(&format!("/api/v1/environments/{path}")).body, refused.body, "{path}");
    }
    for path in ["/status", "/diff?against=production", "/diff?against=development&key=nothing"] {
        assert_eq!(server.staging(path).body, refused.body, "{path}");
    }
    server.tells("refused 403: GET /api/v1/environments/production/items/payments by staging-read");
    let masked = server.staging("/items/payments");
    assert_eq!(masked.json()["value"]["db"]["password"], json!({ "masked": true }));
    assert_eq!(server.get("/metrics").problem(), "forbidden");
    server.token = Some(writes);
    assert_eq!(server.staging("/items").problem(), "forbidden");
    server.token = Some(secrets);
    let whole = server.staging("/items/payments");
    assert_eq!(whole.json()["value"]["db"]["password"], "hunter2-hunter2");
    assert_ne!(whole.header("etag"), masked.header("etag"));
    let yaml = server.get_with(item, &[("accept", "application/yaml")]);
    assert_eq!(yaml.body, world.read("environments/staging/payments.yaml"));
    let text = server.get_with(&format!("{item}?path=db.password"), &[("accept", "text/plain")]);
    assert_eq!(text.body, "hunter2-hunter2");
    assert_eq!(server.staging("/export/payments?format=dotenv").status, 200);
    assert_eq!(server.staging("/diff?against=production").status, 200);
    // A token that is revoked is not known a moment later.
    server.token = Some(staging);
    let gone = world.line(&format!("token revoke --file {} staging-read", file.display()));
    gone.exits(0);
    server.until(item, |answer| answer.status == 401);
}

/// A commit that also touches what somebody may not read shows them no message, and no origin.
#[test]
fn history_tells_a_reader_of_one_environment_of_no_other() {
    let mut world = world();
    for (environment, file) in [("staging", "payments"), ("production", "merger-talks")] {
        world.write(&format!("environments/{environment}/{file}.yaml"), "timeout: 9s\n");
    }
    world.commit("prepare the merger");
    world.write("environments/production/payments.yaml", "timeout: 9s\n");
    world.commit("raise production");
    world.write("environments/staging/payments.yaml", "timeout: 10s\n");
    world.commit("raise staging");
    let tokens =
        ["staging", "production", "development,staging,production"].map(|env| token(&world, env, "read"));
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    let subjects = |server: &Server, environment: &str| -> Vec<String> {
        let path = format!("/api/v1/environments/{environment}/history/payments");
        let commits = server.get(&path).json()["commits"].clone();
        let commits = commits.as_array().expect("commits").clone();
        commits.iter().map(|commit| commit["subject"].as_str().expect("a text").to_owned()).collect()
    };
    let from = |server: &Server| {
        let path = "/api/v1/environments/production/history/payments";
        server.get(path).json()["commits"][0]["changes"].to_string().contains(r#""from":"staging""#)
    };
    let way = |server: &Server| {
        let blame = server.get("/api/v1/environments/production/blame/payments").json();
        blame["paths"][0]["way"].as_array().map(Vec::len)
    };
    server.token = Some(tokens[0].clone());
    assert_eq!(subjects(&server, "staging"), ["raise staging", "", ""]);
    server.token = Some(tokens[1].clone());
    assert_eq!(subjects(&server, "production"), ["raise production", ""]);
    assert_eq!((from(&server), way(&server)), (false, Some(1)));
    server.token = Some(tokens[2].clone());
    assert_eq!(subjects(&server, "staging"), ["raise staging", "prepare the merger", "base"]);
    assert_eq!((from(&server), way(&server)), (true, Some(2)));
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let world = world();
    let file = world.beside("deep/tokens.json").to_string_lossy().into_owned();
    let line = |words: &str| world.line(&format!("token {words} --file {file}"));
    let create = "create --name ci --email ci@example.com --env staging --allow read";
    line(&format!("{create} --expires 2027-01-31")).exits(0);
    assert!(line("list").exits(0).starts_with("ci  ci@example.com  staging  read  "));
    for (words, message) in [
        (create, "there is a token `ci` already"),
        ("create --name a --email a@b --env prod --allow read", "`prod` is not an environment"),
        ("create --name a --email a@b --env staging --allow raed", "`raed` is nothing that a token allows"),
        (
            "create --name a --email a@b --env staging --allow read --expires soon",
            "`soon` is no end of a token",
        ),
        ("revoke co", "there is no token `co`"),
    ] {
        let refused = line(words);
        assert_eq!(refused.code, 2, "{words}");
        assert!(refused.stderr.contains(message) && refused.stderr.contains("help: "), "{}", refused.stderr);
    }
    line("revoke ci").exits(0);
    assert_eq!(line("list").exits(0), "");
    let inside = world.line(&format!("token {create} --file tokens.json"));
    assert_eq!(inside.code, 2);
    assert!(inside.stderr.contains("lies in a repository"), "{}", inside.stderr);
}
