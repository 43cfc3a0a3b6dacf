//! Attempts at what a token does not allow, from where it may not be asked, and without having read.

use super::child::Task;
use super::repository::Repository;
use super::scene::{PRODUCTION, SECRET, STAGING, Scene, judge};
use super::table::{Door, Outcome, Row, Tries};
use crate::serve::Answer;
use crate::support::{KILLED, Output};

const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "a write or promotion without the right", make: rights },
    Row { attempt: "a comparison with production", make: compared },
    Row { attempt: "a foreign host, a page of another site", make: places },
    Row { attempt: "a write that does not say what it read", make: unread },
    Row { attempt: "a tag of another environment", make: tags },
    Row { attempt: "a mask given as a value", make: mask },
    Row { attempt: "a secret read or written without the right", make: secrets },
];

fn rights(tries: &mut Tries<'_>) {
    // `promoter` may not write, `all` may not promote, and nobody here may more than they hold.
    let tag = tries.scene.server.get(&format!("{STAGING}/items/shared")).header("etag").to_owned();
    let promotions = format!("{PRODUCTION}/promotions");
    let plan = format!("{{\"plan\":{},\"confirm\":\"production\"}}", tries.scene.plan);
    let staging = tries.scene.server.token.clone().unwrap_or_default();
    let (all, promoter) = (tries.scene.all.clone(), tries.scene.promoter.clone());
    let put = r#"{"value":{"size":9}}"#;
    for (token, method, path, body) in [
        (&promoter, "PUT", format!("{STAGING}/items/shared"), put),
        (&promoter, "DELETE", format!("{STAGING}/items/shared"), ""),
        (&promoter, "POST", format!("{STAGING}/rollbacks"), r#"{"keys":["shared"]}"#),
        (&promoter, "POST", format!("{STAGING}/changes"), r#"{"items":[]}"#),
        (&all, "POST", promotions.clone(), plan.as_str()),
        (&staging, "POST", promotions, plan.as_str()),
        (&all, "POST", format!("{PRODUCTION}/holds"), "{}"),
        (&staging, "PUT", format!("{PRODUCTION}/items/shared"), put),
    ] {
        let headers: &[(&str, &str)] = if method == "POST" { &[JSON] } else { &[JSON, ("if-match", &tag)] };
        tries.by(Door::ApiWrite, |it| {
            it.answered(&path, &it.ask(method, Some(token), &path, headers, body), 403)
        });
        tries.by(Door::Replica, |it| it.replicated(Some(token), (method, &path), headers, body, 403));
    }
    for page in ["/ui/production/promote", "/ui/staging/promote"] {
        let environment = if page.contains("production") { "production" } else { "staging" };
        let body = format!("environment={environment}&key=shared&confirm={environment}");
        tries.by(Door::Page, |it| it.post_form_as(&all, page, &(body + &it.plan_field()), 403));
    }
    tries.by(Door::Page, |it| it.get_as(&promoter, "/ui/staging/edit/shared", 403));
    tries.by(Door::ApiRead, |it| it.get_as(&promoter, "/metrics", 403));
}

fn compared(tries: &mut Tries<'_>) {
    let production = tries.scene.production.clone();
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/diff?against=production"), 403));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/diff?against=development&key=payments"), 403));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/status"), 403));
    tries.by(Door::ApiRead, |it| it.get(&format!("{PRODUCTION}/promotion"), 403));
    tries.by(Door::ApiRead, |it| it.get_as(&production, &format!("{PRODUCTION}/promotion"), 403));
    tries.by(Door::ApiRead, |it| it.get_as(&production, &format!("{PRODUCTION}/holds"), 403));
    for path in [format!("{STAGING}/diff?against=production"), format!("{PRODUCTION}/promotion")] {
        tries.by(Door::Replica, |it| it.replicated(it.server.token.as_deref(), ("GET", &path), &[], "", 403));
    }
    tries.by(Door::Page, |it| it.get("/ui/production/promote", 403));
    tries.by(Door::Page, |it| it.get_as(&production, "/ui/production/promote", 403));
}

fn places(tries: &mut Tries<'_>) {
    let item = format!("{STAGING}/items/payments");
    for (door, path) in [
        (Door::ApiRead, item.as_str()),
        (Door::Spring, "/spring/payments/staging"),
        (Door::Page, "/ui/staging/items/payments"),
        (Door::Page, "/ui/sign-in"),
    ] {
        for host in ["evil.example.com", "localhost.evil.example.com", "127.0.0.1@evil.example.com"] {
            tries.by(door, |it| it.get_with(path, ("host", host), 421));
        }
    }
    for (method, header, status) in
        [("GET", ("host", "evil.example.com"), 421), ("PUT", ("origin", "http://evil.example.com"), 403)]
    {
        tries.by(Door::Replica, |it| {
            it.replicated(it.server.token.as_deref(), (method, &item), &[JSON, header], "{}", status)
        });
    }
    let form = ("content-type", "application/x-www-form-urlencoded");
    for header in [
        ("origin", "http://evil.example.com"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for (door, method, path, body) in [
            (Door::ApiWrite, "PUT", item.as_str(), JSON),
            (Door::ApiWrite, "DELETE", item.as_str(), JSON),
            (Door::Ofrep, "POST", "/staging/ofrep/v1/evaluate/flags/payments:owner", JSON),
            (Door::Argo, "POST", "/argocd/staging/api/v1/getparams.execute", JSON),
            (Door::Page, "POST", "/ui/staging/edit/payments", form),
            (Door::Page, "POST", "/ui/sign-out", form),
        ] {
            tries.by(door, |it| it.answered(path, &it.server.send(method, path, &[body, header], "{}"), 403));
        }
    }
}

fn unread(tries: &mut Tries<'_>) {
    let item = format!("{STAGING}/items/payments");
    let body = r#"{"value":{"owner":"x"}}"#;
    tries.by(Door::ApiWrite, |it| it.put(&item, &[], body, 428));
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-match", "*")], body, 428));
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-match", "\"0\"")], body, 412));
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-match", "W/\"0\"")], body, 412));
    // What is there already is not made anew.
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-none-match", "*")], body, 412));
    tries.by(Door::ApiWrite, |it| {
        let merge = [("content-type", "application/merge-patch+json")];
        it.answered("patch", &it.server.send("PATCH", &item, &merge, r#"{"pool":11}"#), 428)
    });
    tries.by(Door::ApiWrite, |it| it.answered("delete", &it.server.send("DELETE", &item, &[], ""), 428));
    tries.by(Door::ApiWrite, |it| {
        let body = r#"{"items":[{"key":"payments","etag":null,"put":{}}]}"#;
        it.post(&format!("{STAGING}/changes"), body, 412)
    });
    for (headers, status) in
        [(&[JSON][..], 428), (&[JSON, ("if-match", "\"0\"")], 412), (&[JSON, ("if-none-match", "*")], 412)]
    {
        tries.by(Door::Replica, |it| {
            it.replicated(it.server.token.as_deref(), ("PUT", &item), headers, body, status)
        });
    }
    tries.by(Door::Page, |it| {
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        let body = "environment=staging&key=payments&etag=%220%22&path=pool&text=11&as=number";
        it.answered("edit", &it.server.send("POST", "/ui/staging/edit/payments", &headers, body), 412)
    });
}

/// `size: 3` in staging and in an environment where it says the same have tags of their own.
fn tags(tries: &mut Tries<'_>) {
    let all = tries.scene.all.clone();
    let path = |environment: &str| format!("/api/v1/environments/{environment}/items/shared");
    let read = |it: &Scene, environment: &str, headers: &[(&str, &str)]| {
        it.ask("GET", Some(&all), &path(environment), headers, "")
    };
    // Development and production have the same bytes.
    tries.by(Door::ApiRead, |it| {
        let tag = read(it, "production", &[]).header("etag").to_owned();
        let answer = read(it, "development", &[("if-none-match", &tag)]);
        judge(answer.status == 200 && !tag.is_empty(), "own tag".to_owned(), || format!("{answer:?}"))
    });
    tries.by(Door::ApiWrite, |it| {
        let tag = read(it, "production", &[]).header("etag").to_owned();
        let answer = it.ask(
            "PUT",
            Some(&all),
            &path("development"),
            &[JSON, ("if-match", &tag)],
            r#"{"value":{"size":9}}"#,
        );
        it.answered("put", &answer, 412)
    });
    tries.by(Door::Replica, |it| {
        let tag = read(it, "production", &[]).header("etag").to_owned();
        let headers = [JSON, ("if-match", tag.as_str())];
        it.replicated(Some(&all), ("PUT", &path("development")), &headers, r#"{"value":{"size":9}}"#, 412)
    });
    tries.by(Door::Client, |it| {
        it.program(
            &Task::ClientTag { address: it.server.address.clone(), token: all.clone() },
            "OtherEnvironment",
        )
    });
}

fn mask(tries: &mut Tries<'_>) {
    let create = [("if-none-match", "*")];
    for value in [
        r#"{"value":{"owner":{"masked":true}}}"#,
        r#"{"value":{"masked":true}}"#,
        r#"{"value":{"list":[{"masked":true}]}}"#,
    ] {
        tries.by(Door::ApiWrite, |it| it.put(&format!("{STAGING}/items/new"), &create, value, 422));
        tries.by(Door::Replica, |it| {
            let (token, item) = (it.server.token.as_deref(), format!("{STAGING}/items/new"));
            it.replicated(token, ("PUT", &item), &[JSON, create[0]], value, 422)
        });
    }
    tries.by(Door::ApiWrite, |it| {
        let tag = it.server.get(&format!("{STAGING}/items/payments")).header("etag").to_owned();
        let body = r#"{"value":{"owner":{"masked":true}}}"#;
        it.put(&format!("{STAGING}/items/payments"), &[("if-match", &tag)], body, 422)
    });
}

/// Whether an answer is this one, has a mask where the secret stands, and nowhere the secret.
fn masked(answer: &Answer, mask: &str) -> Outcome {
    let text: String = answer.body.split_whitespace().collect();
    let is_right = answer.status == 200 && text.contains(mask) && !answer.body.contains(SECRET);
    judge(is_right, "masked".to_owned(), || format!("{answer:?}"))
}

/// Whether a command ends with this code, having shown the mask and not the secret.
fn shown(said: &Output, code: i32) -> Outcome {
    let told = said.told();
    judge(said.code == code && told.contains(MASK) && !told.contains(SECRET), "masked".to_owned(), || told)
}

/// What stands in the place of a secret: for programs, and for people.
const MASKED: &str = r#"{"masked":true}"#;
const MASK: &str = "••••";

fn secrets(tries: &mut Tries<'_>) {
    let item = format!("{STAGING}/items/access");
    let yaml = ("accept", "application/yaml");
    for path in [
        item.clone(),
        format!("{item}?path=password"),
        format!("{STAGING}/history/access"),
        format!("{STAGING}/blame/access"),
    ] {
        tries.by(Door::ApiRead, |it| masked(&it.server.get(&path), MASKED));
    }
    tries.by(Door::ApiRead, |it| masked(&it.server.get(&format!("{STAGING}/findings")), "plain-secret"));
    tries.by(Door::ApiRead, |it| it.get_with(&item, yaml, 403));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/export/access?format=json"), 403));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/export/access?format=dotenv"), 403));
    tries.by(Door::Spring, |it| it.get("/spring/access/staging", 403));
    tries.by(Door::Ofrep, |it| {
        it.post("/staging/ofrep/v1/evaluate/flags/access:password", r#"{"context":{}}"#, 403)
    });
    tries.by(Door::Argo, |it| {
        let body = r#"{"input":{"parameters":{"key":"access"}}}"#;
        it.post("/argocd/staging/api/v1/getparams.execute", body, 403)
    });
    for (page, mask) in [
        ("items/access", MASK),
        ("edit/access?path=password", "neithershownnorwrittenhere"),
        ("history/access", MASK),
        ("findings", MASK),
    ] {
        tries.by(Door::Page, |it| masked(&it.server.get(&format!("/ui/staging/{page}")), mask));
    }
    for (line, code) in [
        (&["diff", "development", "staging", "access"][..], 1),
        (&["log", "access", "--env", "staging"], 0),
        (&["blame", "access", "--env", "staging"], 0),
        (&["check", "access", "--env", "staging"], 0),
    ] {
        tries.by(Door::CommandLine, |it| shown(&it.world.terrace(line), code));
    }
    tries.by(Door::Watch, |it| {
        let said = it.world.watched(&["watch", "access", "--env", "staging", "--poll"], "1 warning");
        shown(&said, KILLED)
    });
    tries.by(Door::Publish, |it| it.world.publishes_nothing(&["--env", "staging"], 2));
    tries.by(Door::Replica, |it| {
        let is_masked = |answer: &Answer| masked(answer, MASKED).is_ok();
        it.of_replica(it.server.token.as_deref(), ("GET", &item), &[], "", is_masked)
    });
    tries.by(Door::Replica, |it| it.replicated(it.server.token.as_deref(), ("GET", &item), &[yaml], "", 403));
    let mut world = Repository::with(&[("environments/staging/access.yaml", "password: old-of-staging\n")]);
    world.variables.clone_from(&tries.scene.world.variables);
    world.hooked();
    world.write("environments/staging/access.yaml", &format!("password: {SECRET}\n"));
    tries.apart(Door::Drivers, || {
        let diff = world.git(&["diff"]);
        judge(diff.contains(MASK) && !diff.contains(SECRET), "masked".to_owned(), || diff)
    });
    world.write("environments/staging/another.yaml", &format!("password: {SECRET}\n"));
    tries.apart(Door::Hooks, || shown(&world.tries_to_commit(), 0));
    let create = [("if-none-match", "*")];
    tries.by(Door::ApiWrite, |it| {
        it.put(&format!("{STAGING}/items/new"), &create, r#"{"value":{"password":"swordfish-42"}}"#, 403)
    });
    tries.by(Door::ApiWrite, |it| {
        let body = r#"{"items":[{"key":"new","etag":null,"yaml":"password: swordfish-42\n"}]}"#;
        it.post(&format!("{STAGING}/changes"), body, 403)
    });
}
