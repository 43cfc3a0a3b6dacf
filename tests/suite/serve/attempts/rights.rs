//! Attempts at what a token does not allow, from where it may not be asked, and without having read.

use super::child::Task;
use super::scene::{PRODUCTION, SECRET, STAGING, Scene, judge};
use super::table::{Door, Outcome, Row, Tries};

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
            it.answered(&path, &it.ask(method, Some(token), &path, headers, body), &[403])
        });
    }
    for page in ["/ui/production/promote", "/ui/staging/promote"] {
        let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        let environment = if page.contains("production") { "production" } else { "staging" };
        let body = format!("environment={environment}&key=shared&plan=x&confirm={environment}");
        tries.by(Door::Page, |it| {
            it.answered(page, &it.ask("POST", Some(&all), page, &form, &body), &[400, 403])
        });
    }
    tries.by(Door::Page, |it| it.get_as(&promoter, "/ui/staging/edit/shared", &[403]));
    tries.by(Door::ApiRead, |it| it.get_as(&promoter, "/metrics", &[403]));
}

fn compared(tries: &mut Tries<'_>) {
    let production = tries.scene.production.clone();
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/diff?against=production"), &[403]));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/diff?against=development&key=payments"), &[403]));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/status"), &[403]));
    tries.by(Door::ApiRead, |it| it.get(&format!("{PRODUCTION}/promotion"), &[403]));
    tries.by(Door::ApiRead, |it| it.get_as(&production, &format!("{PRODUCTION}/promotion"), &[403]));
    tries.by(Door::ApiRead, |it| it.get_as(&production, &format!("{PRODUCTION}/holds"), &[403]));
    tries.by(Door::Page, |it| it.get("/ui/production/promote", &[403]));
    tries.by(Door::Page, |it| it.get_as(&production, "/ui/production/promote", &[403]));
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
            tries.by(door, |it| it.get_with(path, ("host", host), &[421]));
        }
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
            tries.by(door, |it| {
                it.answered(path, &it.server.send(method, path, &[body, header], "{}"), &[403])
            });
        }
    }
}

fn unread(tries: &mut Tries<'_>) {
    let item = format!("{STAGING}/items/payments");
    let body = r#"{"value":{"owner":"x"}}"#;
    tries.by(Door::ApiWrite, |it| it.put(&item, &[], body, &[428]));
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-match", "*")], body, &[428]));
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-match", "\"0\"")], body, &[412]));
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-match", "W/\"0\"")], body, &[400, 412]));
    // What is there already is not made anew.
    tries.by(Door::ApiWrite, |it| it.put(&item, &[("if-none-match", "*")], body, &[412]));
    tries.by(Door::ApiWrite, |it| {
        let merge = [("content-type", "application/merge-patch+json")];
        it.answered("patch", &it.server.send("PATCH", &item, &merge, r#"{"pool":11}"#), &[428])
    });
    tries.by(Door::ApiWrite, |it| it.answered("delete", &it.server.send("DELETE", &item, &[], ""), &[428]));
    tries.by(Door::ApiWrite, |it| {
        let body = r#"{"items":[{"key":"payments","etag":null,"put":{}}]}"#;
        it.post(&format!("{STAGING}/changes"), body, &[412])
    });
    tries.by(Door::Page, |it| {
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        let body = "environment=staging&key=payments&etag=%220%22&path=pool&text=11&as=number";
        it.answered("edit", &it.server.send("POST", "/ui/staging/edit/payments", &headers, body), &[412])
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
        it.answered("put", &answer, &[412])
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
        tries.by(Door::ApiWrite, |it| it.put(&format!("{STAGING}/items/new"), &create, value, &[422]));
    }
    tries.by(Door::ApiWrite, |it| {
        let tag = it.server.get(&format!("{STAGING}/items/payments")).header("etag").to_owned();
        let body = r#"{"value":{"owner":{"masked":true}}}"#;
        it.put(&format!("{STAGING}/items/payments"), &[("if-match", &tag)], body, &[422])
    });
}

/// Whether an answer holds no secret.
fn silent(text: &str, observed: String) -> Outcome {
    judge(!text.contains(SECRET), observed, || text.to_owned())
}

fn secrets(tries: &mut Tries<'_>) {
    let item = format!("{STAGING}/items/access");
    let yaml = ("accept", "application/yaml");
    for path in [
        item.clone(),
        format!("{item}?path=password"),
        format!("{STAGING}/history/access"),
        format!("{STAGING}/blame/access"),
        format!("{STAGING}/findings"),
    ] {
        tries.by(Door::ApiRead, |it| {
            let answer = it.server.get(&path);
            silent(&answer.body, "masked".to_owned())
        });
    }
    tries.by(Door::ApiRead, |it| it.get_with(&item, yaml, &[403]));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/export/access?format=json"), &[403]));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/export/access?format=dotenv"), &[403]));
    tries.by(Door::Spring, |it| silent(&it.server.get("/spring/access/staging").body, "403".to_owned()));
    tries.by(Door::Ofrep, |it| {
        it.post("/staging/ofrep/v1/evaluate/flags/access:password", r#"{"context":{}}"#, &[403])
    });
    tries.by(Door::Argo, |it| {
        let body = r#"{"input":{"parameters":{"key":"access"}}}"#;
        it.post("/argocd/staging/api/v1/getparams.execute", body, &[403])
    });
    for page in ["items/access", "edit/access?path=user", "history/access", "findings"] {
        tries.by(Door::Page, |it| {
            silent(&it.server.get(&format!("/ui/staging/{page}")).body, "masked".to_owned())
        });
    }
    for line in [
        &["diff", "access", "--from", "development", "--to", "staging"][..],
        &["log", "access", "--env", "staging"],
        &["blame", "access", "--env", "staging"],
        &["check"],
        &["status"],
    ] {
        tries.by(Door::CommandLine, |it| silent(&it.world.terrace(line).told(), "masked".to_owned()));
    }
    tries.by(Door::Watch, |it| it.watch(&["watch", "--poll", "--env", "none"], 2));
    let create = [("if-none-match", "*")];
    tries.by(Door::ApiWrite, |it| {
        it.put(&format!("{STAGING}/items/new"), &create, r#"{"value":{"password":"swordfish-42"}}"#, &[403])
    });
    tries.by(Door::ApiWrite, |it| {
        let body = r#"{"items":[{"key":"new","etag":null,"yaml":"password: swordfish-42\n"}]}"#;
        it.post(&format!("{STAGING}/changes"), body, &[403])
    });
}
