//! Attempts with the key of an item: out of its environment, of another one, of another time.

use super::child::Task;
use super::repository::Repository;
use super::scene::{OF_PRODUCTION, STAGING, judge};
use super::table::{Door, Row, Tries};

const FLAG: &str = r#"{"context":{}}"#;

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "a key that leads out of its environment", make: out },
    Row { attempt: "an item that only production has", make: elsewhere },
    Row { attempt: "a key that is nearly one of production's", make: nearly },
    Row { attempt: "a commit of a branch that is not merged", make: unmerged },
];

fn out(tries: &mut Tries<'_>) {
    for key in [
        "../production/payments",
        "a/../../production/payments",
        "/environments/production/payments",
        "..\\production\\payments",
        ".",
        "",
    ] {
        tries.by(Door::CommandLine, |it| it.line(&["get", key, "--env", "staging"], 2));
        tries.by(Door::CommandLine, |it| it.line(&["set", key, "pool", "11", "--env", "staging"], 2));
        tries.by(Door::Export, |it| it.line(&["export", key, "--env", "staging", "--format", "json"], 2));
        tries.by(Door::Export, |it| it.line(&["run", key, "--env", "staging", "--", "true"], 2));
        tries.by(Door::Watch, |it| it.watch(&["watch", key, "--env", "staging"], 2));
        tries.by(Door::Library, |it| it.program(&Task::library("staging", key), "Usage"));
        tries.by(Door::Client, |it| it.program(&Task::client(it, "staging", key), "Usage"));
        tries.by(Door::Argo, |it| {
            let body = serde_json::json!({ "input": { "parameters": { "key": key } } }).to_string();
            it.post("/argocd/staging/api/v1/getparams.execute", &body, 400)
        });
        tries.by(Door::ApiWrite, |it| {
            let body = serde_json::json!({ "items": [{ "key": key, "etag": null, "put": {} }] });
            it.post(&format!("{STAGING}/changes"), &body.to_string(), 400)
        });
    }
    for key in [
        "..%2Fproduction%2Fpayments",
        "%2E%2E/production/payments",
        "%2e%2e%2fproduction%2fpayments",
        "..%252Fproduction%252Fpayments",
        "..%5Cproduction%5Cpayments",
        "%2Fenvironments%2Fproduction%2Fpayments",
        "payments%00",
        "payments%2F",
    ] {
        // To Spring a slash is a slash: the next segment names an environment, and the token is not for it.
        let in_spring = if key.contains("/production/") { 403 } else { 400 };
        tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/items/{key}"), 400));
        tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/history/{key}"), 400));
        tries.by(Door::ApiWrite, |it| {
            let create = [("if-none-match", "*")];
            it.put(&format!("{STAGING}/items/{key}"), &create, "{\"value\":{}}", 400)
        });
        tries.by(Door::Spring, |it| it.get(&format!("/spring/{key}/staging"), in_spring));
        tries.by(Door::Ofrep, |it| {
            it.post(&format!("/staging/ofrep/v1/evaluate/flags/{key}:owner"), FLAG, 400)
        });
        tries.by(Door::Page, |it| it.get(&format!("/ui/staging/items/{key}"), 400));
        tries.by(Door::Page, |it| it.get(&format!("/ui/staging/edit/{key}"), 400));
    }
}

fn elsewhere(tries: &mut Tries<'_>) {
    tries.by(Door::CommandLine, |it| it.line(&["get", "merger-talks", "--env", "staging"], 1));
    tries.by(Door::Export, |it| {
        it.line(&["export", "merger-talks", "--env", "staging", "--format", "json"], 2)
    });
    tries.by(Door::Export, |it| it.line(&["run", "merger-talks", "--env", "staging", "--", "true"], 2));
    tries.by(Door::Library, |it| it.program(&Task::library("staging", "merger-talks"), "NotFound"));
    tries.by(Door::Client, |it| it.program(&Task::client(it, "staging", "merger-talks"), "NotFound"));
    for route in ["items/merger-talks", "history/merger-talks", "blame/merger-talks", "schemas/merger-talks"]
    {
        tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/{route}"), 404));
    }
    tries.by(Door::ApiWrite, |it| {
        let path = format!("{STAGING}/items/merger-talks");
        it.answered("delete", &it.server.send("DELETE", &path, &[("if-match", "\"0\"")], ""), 404)
    });
    tries.by(Door::Spring, |it| it.get("/spring/merger-talks/staging", 404));
    tries.by(Door::Ofrep, |it| it.post("/staging/ofrep/v1/evaluate/flags/merger-talks:date", FLAG, 404));
    tries.by(Door::Argo, |it| {
        let body = r#"{"input":{"parameters":{"key":"merger-talks"}}}"#;
        it.post("/argocd/staging/api/v1/getparams.execute", body, 404)
    });
    tries.by(Door::Page, |it| it.get("/ui/staging/items/merger-talks", 404));
}

/// "Did you mean" names nothing that only production has.
fn nearly(tries: &mut Tries<'_>) {
    let body = r#"{"input":{"parameters":{"key":"merger-talk"}}}"#;
    for (door, path) in [
        (Door::ApiRead, format!("{STAGING}/items/merger-talk")),
        (Door::ApiRead, format!("{STAGING}/export/merger-talk?format=json")),
        (Door::ApiRead, format!("{STAGING}/findings?key=merger-talk")),
        (Door::Spring, "/spring/merger-talk/staging".to_owned()),
        (Door::Page, "/ui/staging/items/merger-talk".to_owned()),
        (Door::Page, "/ui/fragments/items/merger-talk".to_owned()),
    ] {
        tries.by(door, |it| {
            let answer = it.server.get(&path);
            let is_right = answer.status == 404 && !answer.body.contains("merger-talks");
            judge(is_right, "404".to_owned(), || format!("{path} {answer:?}"))
        });
    }
    for (door, path, body) in [
        (Door::Ofrep, "/staging/ofrep/v1/evaluate/flags/merger-talk:date", FLAG),
        (Door::Argo, "/argocd/staging/api/v1/getparams.execute", body),
    ] {
        tries.by(door, |it| {
            let answer = it.server.send("POST", path, &[("content-type", "application/json")], body);
            let is_right = answer.status == 404 && !answer.body.contains("merger-talks");
            judge(is_right, "404".to_owned(), || format!("{path} {answer:?}"))
        });
    }
    for line in [&["get", "merger-talk", "--env", "staging"][..], &["log", "merger-talk", "--env", "staging"]]
    {
        tries.by(Door::CommandLine, |it| {
            let said = it.world.terrace(line);
            let is_right = said.code != 0 && !said.told().contains("merger-talks");
            judge(is_right, format!("exit {}", said.code), || said.told())
        });
    }
    tries.by(Door::Library, |it| {
        let said = crate::support::run(&mut Task::library("staging", "merger-talk").command(it)).told();
        let is_right = said.contains("<refused NotFound") && !said.contains("merger-talks");
        judge(is_right, "NotFound".to_owned(), || said)
    });
}

fn unmerged(tries: &mut Tries<'_>) {
    let unmerged = tries.scene.unmerged.clone();
    for route in ["items/payments", "export/payments"] {
        for revision in
            [unmerged.as_str(), &unmerged[..7], "unmerged", "refs/heads/unmerged", "HEAD~1", "main"]
        {
            let format = if route.starts_with("export") { "&format=json" } else { "" };
            tries.by(Door::ApiRead, |it| {
                it.get(&format!("{STAGING}/{route}?revision={revision}{format}"), 400)
            });
        }
    }
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/history/payments?before={unmerged}"), 400));
    tries.by(Door::ApiWrite, |it| {
        let tag = it.server.get(&format!("{STAGING}/items/payments")).header("etag").to_owned();
        let expected = serde_json::json!({ "payments": tag });
        let body =
            serde_json::json!({ "keys": ["payments"], "to": unmerged, "expected": expected }).to_string();
        it.post(&format!("{STAGING}/rollbacks"), &body, 400)
    });
    tries.by(Door::Spring, |it| it.get(&format!("/spring/payments/staging/{unmerged}"), 404));
    tries.by(Door::Spring, |it| it.get("/spring/payments/staging/unmerged", 404));
    tries.by(Door::Page, |it| it.get(&format!("/ui/staging/rollback/payments?to={unmerged}"), 400));
    tries.by(Door::Library, |it| {
        let task = Task::LibraryAt { revision: "0123456789".to_owned(), key: "payments".to_owned() };
        it.program(&task, "Usage")
    });
    for path in ["items/payments", "history/payments"] {
        let name = if path.starts_with("items") { "revision" } else { "before" };
        let path = format!("{STAGING}/{path}?{name}={unmerged}");
        tries.by(Door::Replica, |it| it.replicated(it.server.token.as_deref(), ("GET", &path), &[], "", 400));
    }
    // What was published of the branch is not replaced by what it does not lead to.
    tries.apart(Door::Publish, || {
        let mut world = Repository::with(&[("environments/staging/payments.yaml", "owner: staging\n")]);
        world.git(&["checkout", "--quiet", "-b", "unmerged"]);
        world.write("environments/staging/payments.yaml", "owner: only-in-production\n");
        world.commit("not merged");
        world.git(&["checkout", "--quiet", "main"]);
        world.write("environments/staging/payments.yaml", "owner: newer\n");
        world.commit("newer");
        let publish = ["publish", "--env", "staging", "--to", "kubernetes-manifest:out"];
        world.terrace(&publish).exits(0);
        let before = world.state();
        let outcome = world.refuses(&[&publish[..], &["--branch", "unmerged"]].concat(), 3);
        assert_eq!(world.state(), before, "{outcome:?}");
        outcome
    });
    // The unmerged commit is there for whoever has the repository: what is served has none of it.
    tries.by(Door::Git, |it| {
        let said = it.world.git(&["show", &format!("{unmerged}:environments/staging/payments.yaml")]);
        let served = it.server.get(&format!("{STAGING}/items/payments"));
        let is_right = said.contains(OF_PRODUCTION) && !served.body.contains(OF_PRODUCTION);
        judge(is_right, "not served".to_owned(), || format!("{served:?}"))
    });
}
