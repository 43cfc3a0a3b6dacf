//! Broken files and commits elsewhere, and what they move of what is said of an environment.

use super::child::Task;
use super::files::world;
use super::replica::Replica;
use super::repository::Repository;
use super::scene::{OF_PRODUCTION, Scene, judge};
use super::table::{Door, Row, Tries};
use crate::serve::Server;
use crate::support::run;

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "a broken file of another environment", make: broken },
    Row { attempt: "a broken file of the environment itself", make: last_good },
    Row { attempt: "a commit to production", make: moves },
];

/// What a server and programs say of staging, by door.
fn said_of_staging(
    world: &Repository,
    [server, replica]: [&Server; 2],
    scene: &Scene,
) -> Vec<(Door, String)> {
    let json = [("content-type", "application/json")];
    let flag = r#"{"context":{}}"#;
    let argo = r#"{"input":{"parameters":{"key":"payments"}}}"#;
    let answered = |mut answer: crate::serve::Answer| {
        answer.headers.remove("date");
        format!("{answer:?}")
    };
    let mut all: Vec<(Door, String)> = Vec::new();
    for line in [
        &["get", "payments", "--env", "staging", "--format", "json"][..],
        &["log", "payments", "--env", "staging", "--format", "json"],
        &["blame", "payments", "--env", "staging", "--format", "json"],
        &["check", "payments", "--env", "staging"],
    ] {
        all.push((Door::CommandLine, world.terrace(line).told()));
    }
    let export = ["export", "payments", "--env", "staging", "--format", "dotenv"];
    all.push((Door::Export, world.terrace(&export).told()));
    let mut program = Task::library("staging", "payments").command(scene);
    let told = run(program.current_dir(&world.dir)).told();
    all.push((Door::Library, told.lines().filter(|line| line.contains("<")).collect()));
    for route in ["", "/items", "/items/payments", "/history/payments", "/blame/payments", "/findings"] {
        all.push((Door::ApiRead, answered(server.staging(route))));
    }
    all.push((Door::Spring, answered(server.get("/spring/payments/staging"))));
    let path = "/staging/ofrep/v1/evaluate/flags/payments:owner";
    all.push((Door::Ofrep, answered(server.send("POST", path, &json, flag))));
    let path = "/argocd/staging/api/v1/getparams.execute";
    all.push((Door::Argo, answered(server.send("POST", path, &json, argo))));
    for route in ["", "/items/payments", "/history/payments"] {
        all.push((Door::Replica, answered(replica.staging(route))));
    }
    let out = world.beside("out").to_string_lossy().into_owned();
    let line = ["publish", "--env", "staging", "--to", &format!("kubernetes-manifest:{out}")];
    let code = world.terrace(&line).code;
    let manifest = std::fs::read_to_string(format!("{out}/staging/payments.yaml")).expect("a manifest");
    all.push((Door::Publish, format!("{code} {manifest}")));
    let (address, token) = (server.address.clone(), String::new());
    let (environment, key) = ("staging".to_owned(), "payments".to_owned());
    let told = run(&mut Task::Client { address, token, environment, key }.command(scene)).told();
    all.push((Door::Client, told.lines().filter(|line| line.contains("<")).collect()));
    all
}

/// Commits of production leave what is said of staging as it was, its tags and ids too.
fn still(tries: &mut Tries<'_>, texts: &[&str]) {
    let scene = tries.scene;
    let mut world = world(scene);
    let server = Server::start(&world);
    let replica = Replica::start(&world, "replica", &["--sync", "100ms", "--open"]).server;
    let before = said_of_staging(&world, [&server, &replica], scene);
    for text in texts {
        world.write("environments/production/payments.yaml", text);
        world.commit("elsewhere");
        world.git(&["push", "--quiet", "../origin.git", "main"]);
        server.arrives(&world, "production");
        replica.arrives(&world, "production");
        let after = said_of_staging(&world, [&server, &replica], scene);
        for ((door, before), (_, after)) in before.iter().zip(&after) {
            tries.apart(*door, || {
                let is_right = before == after && !before.is_empty() && !after.contains(OF_PRODUCTION);
                judge(is_right, "the same".to_owned(), || format!("{before} {after}"))
            });
        }
    }
}

fn broken(tries: &mut Tries<'_>) {
    still(tries, &["owner: [\n", "a: 1\na: 2\n", "owner: *nobody\n", "\u{1}"]);
}

fn moves(tries: &mut Tries<'_>) {
    still(tries, &["owner: another\n", "owner: only-in-staging\n"]);
}

/// The last good state is served, and it is the environment's own.
fn last_good(tries: &mut Tries<'_>) {
    let mut world = world(tries.scene);
    let server = Server::start(&world);
    let replica = Replica::start(&world, "replica", &["--sync", "100ms", "--open"]).server;
    world.write("environments/staging/payments.yaml", "owner: [\n");
    world.hooked();
    tries.apart(Door::Hooks, || world.commits_nothing("syntax"));
    world.git(&["commit", "--quiet", "--no-verify", "--message", "broken"]);
    world.git(&["push", "--quiet", "../origin.git", "main"]);
    server.arrives(&world, "staging");
    replica.arrives(&world, "staging");
    for (door, path) in [
        (Door::Replica, "/api/v1/environments/staging/items/payments"),
        (Door::ApiRead, "/api/v1/environments/staging/items/payments"),
        (Door::Spring, "/spring/payments/staging"),
        (Door::Page, "/ui/staging/items/payments"),
    ] {
        tries.apart(door, || {
            let answer = if door == Door::Replica { replica.get(path) } else { server.get(path) };
            // The page shows the newest text, to be mended, and says that it is not served.
            let is_right = match door {
                Door::Page => {
                    answer.body.contains("is held back") && !answer.body.contains("only-in-staging")
                }
                _ => answer.body.contains("only-in-staging") && !answer.body.contains(OF_PRODUCTION),
            };
            judge(is_right && answer.status == 200, "last good".to_owned(), || format!("{answer:?}"))
        });
    }
    tries.apart(Door::Publish, || world.publishes_nothing(&["--env", "staging"], 3));
    for (door, line, code) in [
        (Door::CommandLine, &["get", "payments", "--env", "staging"][..], 2),
        (Door::Export, &["export", "payments", "--env", "staging", "--format", "json"], 3),
        (Door::Export, &["run", "payments", "--env", "staging", "--", "true"], 3),
    ] {
        tries.apart(door, || world.refuses(line, code));
    }
}
