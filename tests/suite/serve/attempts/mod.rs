//! Attempts to reach one environment through another, by every door: each cell is made for real and says
//! what refused it. Nothing of production may come back, and nothing may be changed.

use super::tokens::token;
use super::{Answer, Server};
use crate::support::World;

/// What only production holds.
const SECRET_OF_PRODUCTION: &str = "only-in-production";

/// The doors, in the order of the table.
const DOORS: [&str; 8] =
    ["command line", "export, run", "API read", "API write", "Spring", "OFREP", "Argo CD", "page"];

/// What came of an attempt by a door: what refused it, or why it cannot be made there.
enum Cell {
    Refused(String),
    /// Answered, as the protocol asks, with no value of any environment.
    Nothing,
    Empty(&'static str),
}

/// Each environment has `payments`; production has a value and an item of its own, staging a branch that
/// is not merged, and a token that is for staging alone.
struct Scene {
    world: World,
    server: Server,
    /// The commit of the branch that is not merged.
    elsewhere: String,
}

impl Scene {
    fn new() -> Self {
        let file = |environment: &str| format!("environments/{environment}/payments.yaml");
        let text = |environment: &str| format!("owner: only-in-{environment}\npool: 10\n");
        let mut world = World::with(&[
            (&file("development"), &text("development")),
            (&file("staging"), &text("staging")),
            (&file("production"), &text("production")),
            ("environments/production/merger-talks.yaml", "date: only-in-production\n"),
        ]);
        world.git(&["checkout", "--quiet", "-b", "elsewhere"]);
        world.write(&file("staging"), "owner: only-in-production\n");
        world.commit("not merged");
        let elsewhere = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
        world.git(&["checkout", "--quiet", "-"]);
        let secret = token(&world, "staging", "read,write,promote");
        let tokens = world.beside("tokens.json");
        let mut server = Server::start_with(&world, &["--tokens", &tokens.to_string_lossy()]);
        server.token = Some(secret);
        Self { world, server, elsewhere }
    }

    /// A command that has to be refused, and to say nothing of production's values.
    fn line(&self, line: &[&str]) -> Cell {
        let said = self.world.terrace(line);
        assert!(matches!(said.code, 1..=3), "{line:?}: {}", said.told());
        assert!(!said.told().contains(SECRET_OF_PRODUCTION), "{line:?}: {}", said.told());
        Cell::Refused(format!("exit {}", said.code))
    }

    fn answered(&self, what: &str, answer: &Answer, allowed: &[u16]) -> Cell {
        assert!(allowed.contains(&answer.status), "{what}: {answer:?}");
        let told = format!("{} {:?}", answer.body, answer.headers);
        assert!(!told.contains(SECRET_OF_PRODUCTION), "{what}: {answer:?}");
        Cell::Refused(answer.status.to_string())
    }

    fn answers_nothing(&self, path: &str, nothing: &str) -> Cell {
        let answer = self.server.get(path);
        assert!(answer.status == 200 && answer.body.contains(nothing), "{path}: {answer:?}");
        assert!(!answer.body.contains("only-in-"), "{path}: {answer:?}");
        Cell::Nothing
    }

    fn get(&self, path: &str, allowed: &[u16]) -> Cell {
        self.answered(path, &self.server.get(path), allowed)
    }

    fn get_with(&self, path: &str, header: (&str, &str), allowed: &[u16]) -> Cell {
        self.answered(path, &self.server.get_with(path, &[header]), allowed)
    }

    fn put(&self, path: &str, headers: &[(&str, &str)], body: &str, allowed: &[u16]) -> Cell {
        let json = ("content-type", "application/json");
        let headers = [&[json, ("if-none-match", "*")], headers].concat();
        self.answered(path, &self.server.send("PUT", path, &headers, body), allowed)
    }

    fn post(&self, path: &str, body: &str, allowed: &[u16]) -> Cell {
        let json = ("content-type", "application/json");
        self.answered(path, &self.server.send("POST", path, &[json], body), allowed)
    }

    /// All doors for an environment's name that is none, or none that the token may read.
    /// `local` says why those of this machine are left out.
    fn environment(&self, name: &str, status: u16, mut local: [Option<Cell>; 2]) -> [Cell; 8] {
        let api = format!("/api/v1/environments/{name}/items/payments");
        let typed = name.replace("%D0%BE", "\u{43e}");
        let flag = r#"{"context":{}}"#;
        let argo = r#"{"input":{"parameters":{"key":"payments"}}}"#;
        [
            local[0].take().unwrap_or_else(|| self.line(&["get", "payments", "--env", &typed])),
            local[1]
                .take()
                .unwrap_or_else(|| self.line(&["export", "payments", "--env", &typed, "--format", "json"])),
            self.get(&api, &[status]),
            self.put(&api, &[], "{\"value\":{\"owner\":\"x\"}}", &[status]),
            self.get(&format!("/spring/payments/{name}"), &[status]),
            self.post(&format!("/{name}/ofrep/v1/evaluate/flags/payments:owner"), flag, &[status]),
            self.post(&format!("/argocd/{name}/api/v1/getparams.execute"), argo, &[status]),
            self.get(&format!("/ui/{name}/items/payments"), &[status]),
        ]
    }
}

fn empty(why: &'static str) -> Cell {
    Cell::Empty(why)
}

#[test]
fn nothing_of_an_environment_is_reached_through_another() {
    let scene = Scene::new();
    let before = scene.world.state();
    let local = "whoever has the repository reads it";
    let api = "/api/v1/environments";
    let staging = format!("{api}/staging");
    let mut table: Vec<(&str, [Cell; 8])> = vec![
        ("an environment that is none", scene.environment("qa", 400, [None, None])),
        ("an alias", scene.environment("prod", 400, [None, None])),
        ("other letters", scene.environment("Production", 400, [None, None])),
        ("letters that look alike", scene.environment("pr%D0%BEduction", 400, [None, None])),
        ("two names", scene.environment("staging,production", 400, [None, None])),
    ];
    // Whoever has the repository reads all of it: rights are those of the server's tokens.
    let foreign = scene.environment("production", 403, [Some(empty(local)), Some(empty(local))]);
    table.push(("a token of another environment", foreign));
    table.push((
        "no environment",
        [
            scene.line(&["get", "payments"]),
            scene.line(&["export", "payments", "--format", "json"]),
            scene.get(&format!("{api}//items/payments"), &[400]),
            scene.put(&format!("{api}//items/payments"), &[], "{\"value\":{}}", &[400]),
            // Spring Boot asks `default` first: it has no sources.
            scene.answers_nothing("/spring/payments/default", "\"propertySources\":[]"),
            scene.post("/ofrep/v1/evaluate/flags/payments:owner", r#"{"context":{}}"#, &[400]),
            scene.post("/argocd//api/v1/getparams.execute", "{}", &[400]),
            scene.get("/ui/items/payments", &[400, 404]),
        ],
    ));
    let other = ("terrace-environment", "production");
    table.push((
        "another environment beside the address",
        [
            scene.line(&["get", "payments", "--env", "staging", "--env", "production"]),
            scene.line(&["run", "payments", "--env", "staging", "--env", "production", "--", "true"]),
            scene.get_with(&format!("{staging}/items/payments"), other, &[400]),
            scene.put(
                &format!("{staging}/items/new"),
                &[],
                r#"{"environment":"production","value":{}}"#,
                &[400],
            ),
            scene.get("/spring/payments/staging,production", &[400]),
            scene.answered(
                "ofrep",
                &scene.server.send(
                    "POST",
                    "/staging/ofrep/v1/evaluate/flags/payments:owner",
                    &[("content-type", "application/json"), other],
                    r#"{"context":{}}"#,
                ),
                &[400],
            ),
            scene.answered(
                "argo",
                &scene.server.send(
                    "POST",
                    "/argocd/staging/api/v1/getparams.execute",
                    &[("content-type", "application/json")],
                    r#"{"input":{"parameters":{"key":"payments","environment":"production"}}}"#,
                ),
                &[400],
            ),
            empty("a page reads no such header"),
        ],
    ));
    let up = "..%2Fproduction%2Fpayments";
    table.push((
        "a key that leads out of its environment",
        [
            scene.line(&["get", "../production/payments", "--env", "staging"]),
            scene.line(&["export", "../production/payments", "--env", "staging", "--format", "json"]),
            scene.get(&format!("{staging}/items/{up}"), &[400]),
            scene.put(&format!("{staging}/items/{up}"), &[], "{\"value\":{}}", &[400]),
            scene.get(&format!("/spring/{up}/staging"), &[400, 404]),
            scene.post(
                &format!("/staging/ofrep/v1/evaluate/flags/{up}:owner"),
                r#"{"context":{}}"#,
                &[400, 404],
            ),
            scene.post(
                "/argocd/staging/api/v1/getparams.execute",
                r#"{"input":{"parameters":{"key":"../production/payments"}}}"#,
                &[400, 404],
            ),
            scene.get(&format!("/ui/staging/items/{up}"), &[400, 404]),
        ],
    ));
    table.push((
        "an item that only production has",
        [
            scene.line(&["get", "merger-talks", "--env", "staging"]),
            scene.line(&["run", "merger-talks", "--env", "staging", "--", "true"]),
            scene.get(&format!("{staging}/items/merger-talks"), &[404]),
            scene.answered(
                "delete",
                &scene.server.send(
                    "DELETE",
                    &format!("{staging}/items/merger-talks"),
                    &[("if-match", "\"0\"")],
                    "",
                ),
                &[404, 412],
            ),
            scene.get("/spring/merger-talks/staging", &[404]),
            scene.post("/staging/ofrep/v1/evaluate/flags/merger-talks:date", r#"{"context":{}}"#, &[404]),
            scene.post(
                "/argocd/staging/api/v1/getparams.execute",
                r#"{"input":{"parameters":{"key":"merger-talks"}}}"#,
                &[404],
            ),
            scene.get("/ui/staging/items/merger-talks", &[404]),
        ],
    ));
    let elsewhere = &scene.elsewhere;
    table.push((
        "a commit of a branch that is not merged",
        [
            empty(local),
            empty(local),
            scene.get(&format!("{staging}/items/payments?revision={elsewhere}"), &[400]),
            empty("a write names no revision"),
            scene.get(&format!("/spring/payments/staging/{elsewhere}"), &[404]),
            empty("the protocol has no revisions"),
            empty("the protocol has no revisions"),
            empty("a page has no revisions"),
        ],
    ));
    table.push((
        "a comparison with production",
        [
            empty(local),
            empty("it compares nothing"),
            scene.get(&format!("{staging}/diff?against=production"), &[403]),
            scene.get(&format!("{api}/production/promotion"), &[403]),
            empty("the protocol compares nothing"),
            empty("the protocol compares nothing"),
            empty("the protocol compares nothing"),
            scene.get("/ui/production/promote", &[403]),
        ],
    ));
    table.push((
        "a promotion that skips or reverses",
        [
            scene.line(&["promote", "payments", "--to", "production", "--from", "development", "--yes"]),
            empty("it promotes nothing"),
            empty("it promotes nothing"),
            scene.post(&format!("{api}/development/promotions"), r#"{"plan":{}}"#, &[400, 403]),
            empty("it promotes nothing"),
            empty("it promotes nothing"),
            empty("it promotes nothing"),
            scene.get("/ui/development/promote", &[400, 403]),
        ],
    ));
    table.push((
        "a mask given as a value",
        [
            empty("the command line has texts alone"),
            empty("it writes nothing"),
            empty("it writes nothing"),
            scene.put(&format!("{staging}/items/new"), &[], r#"{"value":{"owner":{"masked":true}}}"#, &[422]),
            empty("it writes nothing"),
            empty("it writes nothing"),
            empty("it writes nothing"),
            empty("forms have texts alone"),
        ],
    ));
    assert_eq!(scene.world.state(), before, "something was changed");
    print(&table);
    let refused =
        table.iter().flat_map(|(_, cells)| cells).filter(|cell| matches!(cell, Cell::Refused(_))).count();
    assert!(refused >= 85, "only {refused} cells were tried");
}

/// The answers for what is missing and for what may not be read tell nothing of either.
#[test]
fn what_may_not_be_read_is_refused_as_what_is_missing() {
    let scene = Scene::new();
    for (there, missing) in [
        ("/api/v1/environments/production/items/payments", "/api/v1/environments/production/items/nothing"),
        ("/spring/payments/production", "/spring/nothing/production"),
        ("/ui/production/items/payments", "/ui/production/items/nothing"),
        ("/ui/production/history/payments", "/ui/production/history/nothing"),
    ] {
        let [there, missing] = [there, missing].map(|path| scene.server.get(path));
        assert_eq!(
            (there.status, &there.body),
            (missing.status, &missing.body.replace("nothing", "payments"))
        );
        assert_eq!(there.status, 403, "{there:?}");
    }
}

fn print(table: &[(&str, [Cell; 8])]) {
    let line = |name: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<12}")).collect();
        println!("{name:<42}{}", cells.join(" ").trim_end());
    };
    line("", DOORS.map(str::to_owned).to_vec());
    let mut reasons = Vec::new();
    for (attempt, cells) in table {
        let shown = cells.iter().map(|cell| match cell {
            Cell::Refused(what) => what.clone(),
            Cell::Nothing => "no values".to_owned(),
            Cell::Empty(why) => {
                let number = reasons.iter().position(|known| known == why).unwrap_or_else(|| {
                    reasons.push(*why);
                    reasons.len() - 1
                });
                format!("– ({})", number + 1)
            }
        });
        line(attempt, shown.collect());
    }
    for (number, why) in reasons.iter().enumerate() {
        println!("({}) {why}", number + 1);
    }
    let count =
        |is: fn(&Cell) -> bool| table.iter().flat_map(|(_, cells)| cells).filter(|cell| is(cell)).count();
    println!(
        "{} attempts by {} doors: {} refused, {} answered without a value, {} have no such way",
        table.len(),
        DOORS.len(),
        count(|cell| matches!(cell, Cell::Refused(_))),
        count(|cell| matches!(cell, Cell::Nothing)),
        count(|cell| matches!(cell, Cell::Empty(_))),
    );
}
