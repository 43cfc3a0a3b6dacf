//! A broken file holds its environment back, and no other.

use serde_json::json;

use super::{Server, world};

#[test]
fn what_is_broken_is_not_served_and_told() {
    let mut world = world();
    let server = Server::start(&world);
    let good = server.staging("/items/billing/invoices");
    let served = server.staging("").json()["commit"].clone();
    for (file, text, rule, place) in [
        ("billing/invoices.yaml", "rate: [\n", "syntax", [1, 7]),
        ("billing/invoices.yaml", "rate: x\n", "schema", [1, 7]),
        ("billing/invoices.yaml", "rate: 1\nrate: 2\n", "duplicate-key", [2, 1]),
        (
            "billing/invoices.yaml",
            "<<<<<<< a\nrate: 1\n=======\nrate: 2\n>>>>>>> b\n",
            "conflict-markers",
            [1, 1],
        ),
    ] {
        world.write(&format!("environments/staging/{file}"), text);
        world.write("environments/production/payments.yaml", &format!("timeout: 5s # {rule}\n"));
        world.commit(rule);
        server.arrives(&world, "staging");
        let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
        assert_eq!(server.staging("/items/billing/invoices").body, good.body, "{rule}");
        let summary = server.staging("").json();
        assert_eq!((&summary["commit"], &summary["held_back"]["commit"]), (&served, &json!(head)), "{rule}");
        let held = &server.staging("/findings").json()["held_back"];
        let finding = &held["findings"][0];
        assert_eq!(
            [&finding["rule"], &finding["line"], &finding["column"]],
            [&json!(rule), &json!(place[0]), &json!(place[1])]
        );
        assert_eq!(held["items"][0]["key"], "billing/invoices");
        assert!(held["items"][0]["held_etag"].as_str().is_some_and(|tag| tag.len() == 34), "{held}");
        let told = format!("environments/staging/{file}:{}:{}: ", place[0], place[1]);
        server.tells(&told);
        let stands = &server.get("/readyz").json()["environments"];
        assert_eq!(
            (&stands[1]["status"], &stands[2]["status"]),
            (&json!("held-back"), &json!("served")),
            "{rule}"
        );
        assert!(stands[1]["held_back"][0].as_str().is_some_and(|place| place.starts_with(&told)), "{stands}");
        // The others go on.
        server.arrives(&world, "production");
        let yaml = [("accept", "application/yaml")];
        let production = server.get_with("/api/v1/environments/production/items/payments", &yaml);
        assert_eq!(production.body, format!("timeout: 5s # {rule}\n"));
        let anew = Server::start(&world);
        assert_eq!(anew.staging("").json(), summary, "{rule}");
        assert_eq!(anew.staging("/items/billing/invoices").body, good.body, "{rule}");
    }
    world.write("environments/staging/billing/invoices.yaml", "rate: 30\n");
    world.commit("mended");
    server.arrives(&world, "staging");
    assert_eq!(server.staging("/items/billing/invoices").json()["value"], json!({ "rate": 30 }));
    assert_eq!(server.staging("").json()["held_back"], json!(null));
}

#[test]
fn what_never_was_good_is_not_served() {
    let mut world = crate::support::World::with(&[
        ("environments/staging/a.yaml", "a: [\n"),
        ("environments/production/a.yaml", "a: 1\n"),
    ]);
    let server = Server::start(&world);
    for path in ["", "/items", "/items/a", "/history/a", "/export/a?format=json", "/diff?against=production"]
    {
        let answer = server.staging(path);
        assert_eq!((answer.status, answer.problem().as_str()), (503, "environment-unavailable"), "{path}");
        assert_eq!(answer.header("retry-after"), "5");
    }
    assert_eq!(server.staging("/findings").json()["held_back"]["findings"][0]["rule"], "syntax");
    assert_eq!(server.get("/api/v1/environments/production/items/a").status, 200);
    assert_eq!(server.get("/api/v1/environments").json()["environments"][1]["commit"], json!(null));
    world.write("environments/staging/a.yaml", "a: 1\n");
    world.commit("mended");
    server.until("/api/v1/environments/staging/items/a", |answer| answer.status == 200);
}

/// What a history says that was written anew.
#[test]
fn a_branch_that_was_moved_back_is_followed() {
    let mut world = world();
    world.write("environments/staging/payments.yaml", "timeout: 9s\n");
    world.commit("later");
    let server = Server::start(&world);
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    server.arrives(&world, "staging");
    assert_eq!(server.staging("/items/payments?path=timeout").json()["value"], "8s");
    world.git(&["pack-refs", "--all"]);
    world.write("environments/staging/payments.yaml", "timeout: 7s\n");
    world.commit("another way");
    server.arrives(&world, "staging");
    assert_eq!(server.staging("/items/payments?path=timeout").json()["value"], "7s");
}

#[test]
fn a_commit_without_configuration_empties_nothing() {
    let mut world = world();
    let server = Server::start_with(&world, &["--open"]);
    let item = server.staging("/items/payments");
    world.git(&["mv", "environments", "config"]);
    world.commit("elsewhere");
    let are = |status: &str| {
        let status = json!(status);
        server.until("/readyz", |answer| {
            let json = answer.json();
            let mut stands = json["environments"].as_array().expect("a list").iter();
            stands.all(|environment| environment["status"] == status)
        });
    };
    are("held-back");
    assert_eq!(server.staging("/items/payments").body, item.body);
    let error = server.staging("/findings").json()["held_back"]["error"].clone();
    assert_eq!(error, "there is neither environments/ nor terrace.toml");
    assert_eq!(server.get("/readyz").json()["environments"][1]["held_back"], json!([error]));
    let headers = [("content-type", "application/yaml"), ("if-none-match", "*")];
    let refused = server.send("PUT", "/api/v1/environments/staging/items/new", &headers, "a: 1\n");
    assert_eq!(refused.problem(), "environment-held-back", "{refused:?}");
    assert!(refused.body.contains("there is neither"), "{refused:?}");
    world.write("terrace.toml", "");
    world.commit("a configuration, and nothing in it");
    are("served");
    assert_eq!(server.staging("/items/payments").status, 404);
}

#[test]
fn what_cannot_be_read_any_more_is_said_to_be_stale() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    let item = server.staging("/items/billing/invoices");
    let all = |status: &str| {
        let status = json!(status);
        server.until("/readyz", |answer| {
            let json = answer.json();
            let stands = json["environments"].as_array().expect("a list");
            stands.len() == 3 && stands.iter().all(|environment| environment["status"] == status)
        });
    };
    let is_told = |answer: &super::Answer| answer.body.contains("is shown as it was read last");
    all("served");
    world.git(&["branch", "kept"]);
    for is_there in [false, true] {
        // Gone, or at a commit that is not in the repository.
        match is_there {
            true => world.put(".git/refs/heads/main", &format!("{}\n", "1".repeat(40))),
            false => drop(world.git(&["update-ref", "-d", "refs/heads/main"])),
        }
        all("stale");
        assert_eq!(server.staging("/items/billing/invoices"), item, "reads go on");
        assert!(server.get("/metrics").body.contains("terrace_stale{environment=\"staging\"} 1\n"));
        assert!(is_told(&server.get("/ui/overview")) && is_told(&server.get("/ui/staging/items/payments")));
        let headers = [("content-type", "application/yaml"), ("if-none-match", "*")];
        let refused = server.send("PUT", "/api/v1/environments/staging/items/new", &headers, "a: 1\n");
        assert_eq!(refused.problem(), "repository-unreadable", "{refused:?}");
        world.put(".git/refs/heads/main", &world.read(".git/refs/heads/kept"));
        all("served");
        assert!(!is_told(&server.get("/ui/overview")));
        assert!(server.get("/metrics").body.contains("terrace_stale{environment=\"staging\"} 0\n"));
    }
}

#[test]
fn an_environment_whose_folder_has_another_name_now_is_not_empty() {
    let mut world = world();
    let server = Server::start(&world);
    let item = server.staging("/items/payments");
    for name in ["stg", "Staging", "stagin"] {
        world.git(&["mv", "environments/staging", &format!("environments/{name}")]);
        world.write("environments/production/payments.yaml", &format!("timeout: 5s # {name}\n"));
        world.commit(name);
        server.arrives(&world, "staging");
        server.arrives(&world, "production");
        assert_eq!(server.staging("/items/payments").body, item.body, "404 has it deleted by who reads it");
        let error = server.staging("/findings").json()["held_back"]["error"].clone();
        assert_eq!(
            error,
            format!("there is no environments/staging, and nothing is read of environments/{name}")
        );
        assert_eq!(server.get("/readyz").json()["environments"][1]["status"], "held-back");
        let anew = Server::start(&world);
        assert_eq!(anew.staging("/items/payments").body, item.body);
        world.git(&["mv", &format!("environments/{name}"), "environments/staging"]);
        world.commit("back");
        server.until("/readyz", |answer| answer.json()["environments"][1]["status"] == "served");
        assert_eq!(server.staging("/items/payments").body, item.body);
    }
    // What is gone is gone, whatever lies beside it.
    world.git(&["mv", "environments/staging", "environments/qa"]);
    world.commit("gone");
    server.until("/api/v1/environments/staging/items/payments", |answer| answer.status == 404);
}
