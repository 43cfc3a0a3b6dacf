//! What is wrong in one environment stops what relies on it, and nothing is told of it to who may not read it.

use std::fs;

use super::tokens::server;
use super::{Answer, Server};
use crate::support::World;

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

/// One item everywhere, of which a value waits in development.
fn world() -> World {
    let own = |environment: &str| format!("rate: 1\nown: {environment}\npassword: hunter2-hunter2\n");
    let files = ENVIRONMENTS.map(|it| (format!("environments/{it}/pay.yaml"), own(it)));
    let files = files.each_ref().map(|(path, text)| (path.as_str(), text.as_str()));
    let mut world = World::with(&files);
    world.write("environments/development/dv.yaml", "x: 1\ny: 2\n");
    world.write("environments/development/pay.yaml", &own("development").replace('1', "2"));
    world.commit("faster");
    world
}

fn page(server: &Server, path: &str) -> String {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path} {answer:?}");
    answer.body
}

#[test]
fn who_reads_two_environments_is_told_of_the_two() {
    let mut world = world();
    let server = server(&world, "development,staging", "read");
    let paths = [
        "/ui/fragments/items/pay",
        "/ui/fragments/items/dv",
        "/ui/overview",
        "/ui/overview?filter=x&show=all",
        "/ui/pipeline",
    ];
    let before = paths.map(|path| page(&server, path));
    assert!(before[0].contains("1 waiting · 1 own") || before[0].contains("1 waiting"), "{}", before[0]);
    assert!(before[0].contains("pending") && !before[0].contains("in sync"), "{}", before[0]);
    assert!(before[1].contains("Only development has this item"), "{}", before[1]);
    assert!(before[4].contains("1 waits · 1 new item"), "{}", before[4]);
    for (file, text) in [
        ("dv", "x: 1\ny: 3\n"),
        ("dv", "x: 5\ny: 2\n"),
        ("pay", "a: [1\n"),
        ("pay", "rate: 1\nown: development\n"),
        ("pay", "{}\n"),
    ] {
        world.write(&format!("environments/production/{file}.yaml"), text);
        world.commit("elsewhere");
        Server::start(&world).arrives(&world, "production");
        for (path, before) in paths.iter().zip(&before) {
            assert_eq!(page(&server, path), *before, "{path} after {text}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_where_it_stands() {
    let mut world = world();
    world.write("environments/production/pay.yaml", "a: [1\n");
    world.commit("broken");
    let server = Server::start(&world);
    let item = page(&server, "/ui/fragments/items/pay");
    assert_eq!(item.matches("cannot be read").count(), 1, "{item}");
    assert!(item.contains("pending") && item.contains("environments/production/pay.yaml:"), "{item}");
    let pipeline = page(&server, "/ui/pipeline");
    assert!(pipeline.contains("1 waits · 1 new item"), "{pipeline}");
    assert!(pipeline.contains("1 item cannot be compared"), "{pipeline}");
    let staging = self::server(&world, "staging,production", "read");
    assert!(page(&staging, "/ui/fragments/items/pay").contains("cannot be read"));
    assert!(!page(&staging, "/ui/pipeline").contains("Nothing waits"));
}

#[test]
fn whether_a_secret_is_the_same_is_not_told() {
    let mut world = world();
    let server = Server::start(&world);
    let paths =
        ["/ui/fragments/items/pay", "/ui/overview?show=all", "/ui/overview?state=own", "/ui/pipeline"];
    // The newest commit and the days are no news.
    let is_news = |part: &&str| {
        !["rect", "code", "line", "td", "text", "body"]
            .iter()
            .any(|it| part.trim_start_matches('/').starts_with(it))
    };
    let news = |page: String| page.split('<').filter(is_news).collect::<Vec<_>>().join("<");
    let cut = |page: String| page.split("<h2>Latest changes").next().unwrap_or_default().to_owned();
    let all = |server: &Server| paths.map(|path| news(cut(server.get(path).body)));
    let same = all(&server);
    assert!(same[0].contains("password") && same[0].contains("••••••"), "{}", same[0]);
    for environment in ["staging", "production"] {
        let file = format!("environments/{environment}/pay.yaml");
        world.write(&file, &world.read(&file).replace("hunter2-hunter2", "another-secret"));
    }
    world.commit("other secrets");
    server.arrives(&world, "production");
    for (then, now) in same.iter().zip(all(&server)) {
        let differing = then.split('<').zip(now.split('<')).find(|(then, now)| then != now);
        assert_eq!(differing, None);
        assert_eq!(then.len(), now.len());
    }
}

/// What is asked of development and staging alone.
fn asked(server: &Server) -> Vec<(String, Answer)> {
    let api = "/api/v1/environments";
    let reads = ["history/pay", "blame/pay", "holds", "status", "promotion", "findings", "items/pay"];
    let reads = reads.iter().flat_map(|route| {
        ["development", "staging"].map(|environment| format!("{api}/{environment}/{route}"))
    });
    let pages = ["/ui/pipeline", "/ui/overview", "/ui/staging/promote", "/ui/fragments/items/pay"];
    let paths = reads.chain(pages.map(str::to_owned));
    let nothing_to = |path: &String| *path != format!("{api}/development/promotion");
    paths.filter(nothing_to).map(|path| (path.clone(), server.get(&path))).collect()
}

#[test]
fn what_is_wrong_with_production_stops_what_relies_on_it_alone() {
    let decisions = ".terrace/decisions/production";
    for (what, is_folder) in [("decisions", false), ("a decision", true), ("the folder", false)] {
        let mut world = world();
        let relying = super::tokens::token(&world, "staging,production", "read");
        let mut server = server(&world, "development,staging", "read,write,promote");
        let before = asked(&server);
        match (what, is_folder) {
            ("the folder", _) => {
                fs::remove_dir_all(world.dir.join("environments/production")).expect("a folder less");
                world.write("environments/production", "not a folder\n");
            }
            (_, false) => world.write(decisions, "not a folder\n"),
            (_, true) => world.write(&format!("{decisions}/pay=/1.toml"), "nonsense = [\n"),
        }
        world.write("environments/development/dv.yaml", "x: 2\ny: 2\n");
        world.commit(what);
        server.arrives(&world, "development");
        for ((path, then), (_, now)) in before.iter().zip(asked(&server)) {
            assert_eq!(now.status, 200, "{what}: {path} {now:?}");
            assert!(!now.body.contains(decisions), "{what}: {path} {now:?}");
            let is_told_of_the_head = path.ends_with("/promotion") || path.starts_with("/ui/");
            assert!(is_told_of_the_head || now.body == then.body, "{what}: {path}\n{then:?}\n{now:?}");
        }
        // Writes go on, and a rollback is planned.
        let etag = server.get("/api/v1/environments/development/items/pay").header("etag").to_owned();
        let headers = [("content-type", "application/merge-patch+json"), ("if-match", etag.as_str())];
        let path = "/api/v1/environments/development/items/pay";
        let written = server.send("PATCH", path, &headers, r#"{"rate": 3}"#);
        assert_eq!(written.status, 200, "{what}: {written:?}");
        let head = world.git(&["rev-parse", "HEAD~2"]).trim().to_owned();
        let etag = written.json()["items"][0]["etag"].to_string();
        let body = format!(r#"{{"keys": ["pay"], "to": "{head}", "expected": {{"pay": {etag}}}}}"#);
        let path = "/api/v1/environments/development/rollbacks?dry-run=true";
        let planned = server.send("POST", path, &[("content-type", "application/json")], &body);
        assert_eq!(planned.status, 200, "{what}: {planned:?}");
        // Who relies on it is told.
        server.token = Some(relying);
        for route in if is_folder { &["holds", "promotion?key=pay"][..] } else { &["holds"][..] } {
            let answer = server.get(&format!("/api/v1/environments/production/{route}"));
            let is_refused = answer.status >= 400 && answer.body.contains("production");
            assert!(is_refused || what == "the folder", "{what}: {route} {answer:?}");
        }
        let status = server.get("/api/v1/environments/production/status");
        let tells = status.status >= 400 || status.body.contains(decisions);
        assert!(tells, "{what}: {status:?}");
    }
}

#[test]
fn the_first_schema_of_another_environments_item_changes_no_findings() {
    let mut world = world();
    let server = server(&world, "development", "read");
    let findings = |server: &Server| server.get("/api/v1/environments/development/findings").body;
    let before = findings(&server);
    assert!(before.contains("no item has a schema yet"), "{before}");
    world.write("environments/production/other.yaml", "a: 1\n");
    for schema in ["other", "pay.production"] {
        world.write(&format!("schemas/{schema}.schema.json"), "{}");
        world.commit("a schema");
        Server::start(&world).arrives(&world, "production");
        assert_eq!(findings(&server), before, "{schema}");
    }
    world.write("schemas/dv.schema.json", "{}");
    world.commit("a schema of its own");
    let one = |answer: &Answer| answer.body.contains("no schema describes `pay`");
    server.until("/api/v1/environments/development/findings", one);
}
