//! Attempts with the name of an environment: wrong, missing, doubled, foreign.

use super::child::Task;
use super::repository::Repository;
use super::scene::{OF_PRODUCTION, PRODUCTION, STAGING, Scene, judge};
use super::table::{Door, Outcome, Row, Tries};

const JSON: (&str, &str) = ("content-type", "application/json");
const FLAG: &str = r#"{"context":{}}"#;
const ARGO: &str = r#"{"input":{"parameters":{"key":"payments"}}}"#;

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "an environment that is none", make: |tries| none(tries, "qa", "qa") },
    Row { attempt: "an alias", make: |tries| none(tries, "prod", "prod") },
    Row { attempt: "other letters", make: |tries| none(tries, "Production", "Production") },
    Row {
        attempt: "letters that look alike",
        make: |tries| none(tries, "pr%D0%BEduction", "pr\u{43e}duction"),
    },
    Row { attempt: "a blank behind the name", make: |tries| none(tries, "production%20", "production ") },
    Row { attempt: "two names", make: |tries| none(tries, "staging,production", "staging,production") },
    Row { attempt: "no environment", make: missing },
    Row { attempt: "another environment beside the address", make: beside },
    Row { attempt: "a token of another environment", make: foreign_token },
    Row { attempt: "no token, a wrong one, an old one, two", make: no_token },
    Row { attempt: "a form that names another environment", make: forms },
];

/// The doors of the server, for an environment that is none or that the token may not read.
fn served(tries: &mut Tries<'_>, name: &str, status: u16) {
    let api = format!("/api/v1/environments/{name}");
    for route in ["", "/items/payments", "/export/payments?format=json", "/history/payments", "/findings"] {
        tries.by(Door::ApiRead, |it| it.get(&format!("{api}{route}"), status));
    }
    tries.by(Door::ApiRead, |it| it.stream(&format!("{api}/events"), status));
    tries.by(Door::Page, |it| it.stream(&format!("/ui/{name}/events"), status));
    let json = r#"{"value":{"owner":"x"}}"#;
    let create = [("if-none-match", "*")];
    tries.by(Door::ApiWrite, |it| it.put(&format!("{api}/items/payments"), &create, json, status));
    tries.by(Door::ApiWrite, |it| it.post(&format!("{api}/changes"), r#"{"items":[]}"#, status));
    tries.by(Door::ApiWrite, |it| it.post(&format!("{api}/promotions"), r#"{"plan":{}}"#, status));
    tries.by(Door::Spring, |it| it.get(&format!("/spring/payments/{name}"), status));
    tries.by(Door::Ofrep, |it| {
        it.post(&format!("/{name}/ofrep/v1/evaluate/flags/payments:owner"), FLAG, status)
    });
    tries.by(Door::Ofrep, |it| it.post(&format!("/{name}/ofrep/v1/evaluate/flags"), FLAG, status));
    tries.by(Door::Argo, |it| it.post(&format!("/argocd/{name}/api/v1/getparams.execute"), ARGO, status));
    for page in ["items/payments", "edit/payments", "history/payments", "findings", "promote"] {
        tries.by(Door::Page, |it| it.get(&format!("/ui/{name}/{page}"), status));
    }
    let item = format!("{api}/items/payments");
    for (method, headers) in [("GET", &[][..]), ("PUT", &[JSON, ("if-none-match", "*")])] {
        tries.by(Door::Replica, |it| {
            it.replicated(it.server.token.as_deref(), (method, &item), headers, json, status)
        });
    }
}

fn none(tries: &mut Tries<'_>, encoded: &str, typed: &str) {
    served(tries, encoded, 400);
    for line in [
        &["get", "payments", "--env", typed][..],
        &["set", "payments", "pool", "11", "--env", typed],
        &["log", "payments", "--env", typed],
        &["check", "--env", typed],
        &["promote", "payments", "--to", typed, "--yes"],
    ] {
        tries.by(Door::CommandLine, |it| it.line(line, 2));
    }
    for line in [
        &["export", "payments", "--env", typed, "--format", "json"][..],
        &["run", "payments", "--env", typed, "--", "true"],
    ] {
        tries.by(Door::Export, |it| it.line(line, 2));
    }
    tries.by(Door::Watch, |it| it.watch(&["watch", "--env", typed], 2));
    tries.by(Door::Publish, |it| it.world.publishes_nothing(&["--env", typed], 2));
    tries.by(Door::Library, |it| it.program(&Task::library(typed, "payments"), "name"));
    tries.by(Door::Client, |it| it.program(&Task::client(it, typed, "payments"), "name"));
    tries.by(Door::Git, |it| folder(it, typed));
    tries.by(Door::Hooks, |it| hooked(it, typed));
}

/// A commit with a folder of that name, in a repository of its own: nothing of it is an environment.
fn folder(scene: &Scene, name: &str) -> Outcome {
    let mut world = Repository::with(&[
        ("environments/staging/payments.yaml", "pool: 10\n"),
        (&format!("environments/{name}/payments.yaml"), "owner: only-in-production\n"),
    ]);
    world.variables.clone_from(&scene.world.variables);
    let check = world.terrace(&["check", "--format", "json"]);
    let listed = world.terrace(&["list", "--format", "json"]).stdout;
    let has = |environment: &str| world.terrace(&["get", "payments", "--env", environment]).code;
    let is_right = check.told().contains("unknown-environment")
        && !listed.contains("only-in")
        && [has("production"), has("development")] == [1, 1];
    judge(is_right, format!("exit {}", check.code), || format!("{} {listed}", check.told()))
}

/// The same while it is committed: the hook says that there is no such environment.
fn hooked(scene: &Scene, name: &str) -> Outcome {
    let mut world = Repository::with(&[("environments/staging/payments.yaml", "pool: 10\n")]);
    world.variables.clone_from(&scene.world.variables);
    world.hooked();
    world.write(&format!("environments/{name}/payments.yaml"), "owner: only-in-production\n");
    let said = world.tries_to_commit();
    let is_right = said.told().contains("unknown-environment") && !said.told().contains(OF_PRODUCTION);
    judge(is_right, format!("exit {}", said.code), || said.told())
}

fn missing(tries: &mut Tries<'_>) {
    for (door, line, wanted) in [
        (Door::CommandLine, &["get", "payments"][..], "--env <ENVIRONMENT>"),
        (Door::CommandLine, &["set", "payments", "pool", "11"], "--env <ENVIRONMENT>"),
        (Door::CommandLine, &["promote", "payments", "--yes"], "--to <ENVIRONMENT>"),
        (Door::CommandLine, &["rollback", "payments", "--yes"], "--env <ENVIRONMENT>"),
        (Door::Export, &["export", "payments", "--format", "json"], "--env <ENVIRONMENT>"),
        (Door::Export, &["run", "payments", "--", "true"], "--env <ENVIRONMENT>"),
        (Door::Publish, &["publish", "--to", "kubernetes-manifest:out"], "--env <ENVIRONMENT>"),
    ] {
        tries.by(door, |it| it.world.misread(line, wanted));
    }
    tries.by(Door::Library, |it| it.program(&Task::library("", "payments"), "name"));
    tries.by(Door::Client, |it| it.program(&Task::client(it, "", "payments"), "name"));
    tries.by(Door::ApiRead, |it| it.get("/api/v1/environments//items/payments", 400));
    tries.by(Door::ApiWrite, |it| {
        it.put("/api/v1/environments//items/payments", &[("if-none-match", "*")], "{\"value\":{}}", 400)
    });
    // Spring Boot asks `default` first: it has no sources.
    tries.by(Door::Spring, |it| {
        let answer = it.server.get("/spring/payments/default");
        let is_right = answer.body.contains("\"propertySources\":[]") && !answer.body.contains("only-in");
        judge(is_right, "no values".to_owned(), || format!("{answer:?}"))
    });
    tries.by(Door::Ofrep, |it| it.post("/ofrep/v1/evaluate/flags/payments:owner", FLAG, 400));
    tries.by(Door::Argo, |it| it.post("/argocd//api/v1/getparams.execute", "{}", 400));
    tries.by(Door::Page, |it| it.get("/ui/items/payments", 400));
}

fn beside(tries: &mut Tries<'_>) {
    let other = ("terrace-environment", "production");
    let twice = ["--env", "staging", "--env", "production"];
    for (door, line) in [
        (Door::CommandLine, [&["get", "payments"], &twice[..]].concat()),
        (Door::Export, [&["run", "payments"], &twice[..], &["--", "true"]].concat()),
        (Door::Watch, [&["watch"], &twice[..]].concat()),
        (Door::Publish, [&["publish", "--to", "kubernetes-manifest:out"], &twice[..]].concat()),
    ] {
        tries.by(door, |it| it.world.misread(&line, "'--env <ENVIRONMENT>' cannot be used multiple times"));
    }
    let item = format!("{STAGING}/items/payments");
    tries.by(Door::ApiRead, |it| it.get_with(&item, other, 400));
    for query in ["environment=production", "env=production", "prefix=a", "path=owner&path=pool"] {
        tries.by(Door::ApiRead, |it| it.get(&format!("{item}?{query}"), 400));
    }
    let new = format!("{STAGING}/items/new");
    let create = ("if-none-match", "*");
    let body = r#"{"environment":"production","value":{}}"#;
    tries.by(Door::ApiWrite, |it| it.put(&new, &[create], body, 400));
    tries.by(Door::ApiWrite, |it| it.put(&new, &[create, other], r#"{"value":{}}"#, 400));
    let body = r#"{"environment":"production","items":[]}"#;
    tries.by(Door::ApiWrite, |it| it.post(&format!("{STAGING}/changes"), body, 400));
    tries.by(Door::Replica, |it| {
        let token = it.server.token.as_deref();
        it.replicated(token, ("PUT", &new), &[JSON, create, other], r#"{"value":{}}"#, 400)
    });
    tries.by(Door::Client, lies);
    tries.by(Door::Spring, |it| it.get("/spring/payments/staging,production", 400));
    tries.by(Door::Spring, |it| it.get_with("/spring/payments/staging", other, 400));
    tries.by(Door::Ofrep, |it| {
        let json = ("content-type", "application/json");
        let path = "/staging/ofrep/v1/evaluate/flags/payments:owner";
        it.answered("ofrep", &it.server.send("POST", path, &[json, other], FLAG), 400)
    });
    tries.by(Door::Argo, |it| {
        let body = r#"{"input":{"parameters":{"key":"payments","environment":"production"}}}"#;
        it.post("/argocd/staging/api/v1/getparams.execute", body, 400)
    });
}

/// A server, or something on the way, that answers with another environment.
fn lies(scene: &Scene) -> Outcome {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let _ = stream.read(&mut [0; 4096]);
        let body = r#"{"version":1,"environment":"production","key":"payments","value":{"owner":"it"},"commit":"0123456789abcdef0123456789abcdef01234567"}"#;
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: \"0\"\r\nconnection: close\r\n";
        let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
    });
    let (environment, key) = ("staging".to_owned(), "payments".to_owned());
    scene.program(&Task::Client { address, token: "t".to_owned(), environment, key }, "OtherEnvironment")
}

fn foreign_token(tries: &mut Tries<'_>) {
    served(tries, "production", 403);
    tries.by(Door::Client, |it| it.program(&Task::client(it, "production", "payments"), "Forbidden"));
    let missing = [
        (Door::ApiRead, format!("{PRODUCTION}/items/"), ""),
        (Door::Spring, "/spring/".to_owned(), "/production"),
        (Door::Page, "/ui/production/items/".to_owned(), ""),
        (Door::Page, "/ui/production/history/".to_owned(), ""),
    ];
    // What may not be read is refused as what is missing.
    for (door, before, after) in missing {
        tries.by(door, |it| {
            let [there, missing] =
                ["payments", "nothing"].map(|key| it.server.get(&format!("{before}{key}{after}")));
            let is_same =
                (there.status, &there.body) == (missing.status, &missing.body.replace("nothing", "payments"));
            judge(is_same, "403".to_owned(), || format!("{there:?} {missing:?}"))
        });
    }
    // What is listed leaves production out, and so does the page for all.
    for (door, path) in [
        (Door::ApiRead, "/api/v1/environments"),
        (Door::ApiRead, "/readyz"),
        (Door::Page, "/ui/"),
        (Door::Page, "/ui/overview"),
        (Door::Page, "/ui/pipeline"),
        (Door::Page, "/ui/fragments/items/merger-talks"),
    ] {
        tries.by(door, |it| {
            let answer = it.server.get(path);
            let is_right = ["production", "merger"].iter().all(|word| !answer.body.contains(word));
            let is_right = is_right || (answer.status == 404 && !answer.body.contains("only-in"));
            judge(is_right, "left out".to_owned(), || format!("{path} {answer:?}"))
        });
    }
    tries.by(Door::ApiRead, |it| it.get("/metrics", 403));
    // What is counted of production is told to who is for production.
    tries.by(Door::ApiRead, |it| {
        let answer = it.ask("GET", Some(&it.metrics), "/metrics", &[], "");
        let is_right = answer.body.contains("staging") && !answer.body.contains("production");
        judge(answer.status == 200 && is_right, "left out".to_owned(), || format!("{answer:?}"))
    });
}

fn no_token(tries: &mut Tries<'_>) {
    let item = format!("{STAGING}/items/payments");
    let paths = [
        (Door::ApiRead, "GET", item.clone(), ""),
        (Door::ApiWrite, "DELETE", item, ""),
        (Door::Spring, "GET", "/spring/payments/staging".to_owned(), ""),
        (Door::Ofrep, "POST", "/staging/ofrep/v1/evaluate/flags/payments:owner".to_owned(), FLAG),
        (Door::Argo, "POST", "/argocd/staging/api/v1/getparams.execute".to_owned(), ARGO),
        (Door::Page, "GET", "/ui/staging/items/payments".to_owned(), ""),
    ];
    for (door, method, path, body) in &paths {
        let wrong = "trc_0".to_owned() + &"0".repeat(60);
        let tokens = [None, Some(wrong.as_str()), Some(&tries.scene.ended), Some("")];
        for token in tokens {
            let json = [("content-type", "application/json"), ("if-match", "\"0\"")];
            tries.by(*door, |it| it.answered(path, &it.ask(method, token, path, &json, body), 401));
        }
        tries.by(*door, |it| {
            let two = [("x-api-key", it.all.as_str()), ("content-type", "application/json")];
            let own = it.server.token.as_deref();
            it.answered(path, &it.ask(method, own, path, &two, body), 401)
        });
    }
    for token in [None, Some("trc_0"), Some(tries.scene.ended.as_str()), Some("")] {
        let (item, headers) = (format!("{STAGING}/items/payments"), [("if-match", "\"0\"")]);
        for method in ["GET", "DELETE"] {
            tries.by(Door::Replica, |it| it.replicated(token, (method, &item), &headers, "", 401));
        }
        // Nor does a replica hear who says that something was pushed, and has no secret.
        let sent = [("x-gitlab-token", token.unwrap_or_default()), JSON];
        tries.by(Door::Replica, |it| it.replicated(None, ("POST", "/hooks/push"), &sent, "{}", 403));
    }
    tries.by(Door::Client, |it| {
        let (address, token) = (it.server.address.clone(), "trc_0".to_owned());
        let (environment, key) = ("staging".to_owned(), "payments".to_owned());
        it.program(&Task::Client { address, token, environment, key }, "Unauthorized")
    });
}

fn forms(tries: &mut Tries<'_>) {
    for (environment, key, path, status) in [
        ("production", "payments", "/ui/staging/edit/payments", 400),
        ("staging", "merger-talks", "/ui/staging/edit/payments", 400),
        ("staging", "payments", "/ui/production/edit/payments", 403),
        ("staging", "payments", "/ui/production/rollback/payments", 403),
        ("staging", "payments", "/ui/production/promote", 403),
        ("staging", "payments", "/ui/prod/edit/payments", 400),
    ] {
        tries.by(Door::Page, |it| {
            let headers =
                [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
            let body =
                format!("environment={environment}&key={key}&etag=%220%22&path=pool&text=11&as=number");
            it.answered(path, &it.server.send("POST", path, &headers, &body), status)
        });
    }
}
