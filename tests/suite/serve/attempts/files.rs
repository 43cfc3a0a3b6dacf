//! Attempts with files, links, repositories within, commits and git's own programs; each in a repository
//! of its own. Broken files and commits elsewhere, and what they move.

use std::os::unix::fs::symlink;

use super::child::Task;
use super::scene::{OF_PRODUCTION, Scene, judge};
use super::table::{Door, Outcome, Row, Tries};
use crate::serve::Server;
use crate::support::{World, run};

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "a link to another environment's file", make: |tries| linked(tries, link) },
    Row { attempt: "a link to another environment's folder", make: |tries| linked(tries, folder) },
    Row { attempt: "a repository within", make: |tries| linked(tries, nested) },
    Row { attempt: "a submodule", make: |tries| linked(tries, submodule) },
    Row { attempt: "a hard link to another environment's file", make: hard_link },
    Row { attempt: "a broken file of another environment", make: broken },
    Row { attempt: "a broken file of the environment itself", make: last_good },
    Row { attempt: "a commit to production", make: moves },
    Row { attempt: "two processes at once", make: at_once },
    Row { attempt: "files of two environments in one merge or diff", make: drivers },
    Row { attempt: "a sparse checkout without the others", make: sparse },
];

const FILE: &str = "environments/staging/linked.yaml";

fn world(scene: &Scene) -> World {
    let mut world = World::with(&[
        ("environments/development/payments.yaml", "owner: only-in-development\n"),
        ("environments/staging/payments.yaml", "owner: only-in-staging\n"),
        ("environments/production/payments.yaml", "owner: only-in-production\n"),
        ("environments/production/linked.yaml", "owner: only-in-production\n"),
    ]);
    world.variables.clone_from(&scene.world.variables);
    world
}

fn link(world: &mut World) {
    symlink("../production/linked.yaml", world.dir.join(FILE)).expect("a link");
    world.commit("a link");
}

fn folder(world: &mut World) {
    std::fs::remove_dir_all(world.dir.join("environments/staging")).expect("a folder");
    symlink("production", world.dir.join("environments/staging")).expect("a link");
    world.commit("a link");
}

/// A repository in the place of a folder of staging.
fn inner(world: &World) {
    std::fs::remove_dir_all(world.dir.join("environments/staging")).expect("a folder");
    world.git(&["init", "--quiet", "--initial-branch=main", "environments/staging"]);
    world.write(FILE, "owner: only-in-production\n");
    world.git(&["-C", "environments/staging", "add", "--all"]);
    world.git(&["-C", "environments/staging", "commit", "--quiet", "--message", "inner"]);
}

fn nested(world: &mut World) {
    inner(world);
}

fn submodule(world: &mut World) {
    inner(world);
    world.git(&["rm", "-r", "--quiet", "--cached", "environments/staging"]);
    world.git(&["-c", "advice.addEmbeddedRepo=false", "add", "environments/staging"]);
    world.git(&["commit", "--quiet", "--message", "a submodule"]);
}

fn silent(said: &crate::support::Output) -> Outcome {
    let is_right = said.code != 0 && !said.told().contains(OF_PRODUCTION);
    judge(is_right, format!("exit {}", said.code), || said.told())
}

fn linked(tries: &mut Tries<'_>, make: fn(&mut World)) {
    let scene = tries.scene;
    let mut world = world(scene);
    make(&mut world);
    let before = world.state();
    let run_in = |line: &[&str]| silent(&world.terrace(line));
    tries.note(Door::CommandLine, run_in(&["get", "linked", "--env", "staging"]));
    tries.note(Door::CommandLine, run_in(&["set", "linked", "owner", "x", "--env", "staging"]));
    tries.note(Door::CommandLine, run_in(&["check", "--env", "staging"]));
    tries.note(Door::CommandLine, run_in(&["promote", "linked", "--to", "production", "--yes"]));
    tries.note(Door::Export, run_in(&["export", "linked", "--env", "staging", "--format", "json"]));
    tries.note(Door::Export, run_in(&["run", "linked", "--env", "staging", "--", "env"]));
    let mut program = Task::library("staging", "linked").command(scene);
    let said = run(program.current_dir(&world.dir)).told();
    let is_right = said.contains("<refused") && !said.contains(OF_PRODUCTION);
    tries.note(Door::Library, judge(is_right, "refused".to_owned(), || said));
    let server = Server::start(&world);
    let flag = r#"{"context":{}}"#;
    let argo = r#"{"input":{"parameters":{"key":"linked"}}}"#;
    let json = [("content-type", "application/json")];
    for (door, answer) in [
        (Door::ApiRead, server.staging("/items/linked")),
        (Door::ApiRead, server.staging("/export/linked?format=json")),
        (Door::Spring, server.get("/spring/linked/staging")),
        (Door::Ofrep, server.send("POST", "/staging/ofrep/v1/evaluate/flags/linked:owner", &json, flag)),
        (Door::Argo, server.send("POST", "/argocd/staging/api/v1/getparams.execute", &json, argo)),
        (Door::Page, server.get("/ui/staging/items/linked")),
    ] {
        let is_right = answer.status >= 400 && !answer.body.contains(OF_PRODUCTION);
        tries.note(door, judge(is_right, answer.status.to_string(), || format!("{answer:?}")));
    }
    tries.note(Door::Git, judge(world.state() == before, "unchanged".to_owned(), || "changed".to_owned()));
}

/// Two names of one file: a write through one leaves the other.
fn hard_link(tries: &mut Tries<'_>) {
    let mut world = world(tries.scene);
    let [staging, production] =
        [FILE, "environments/production/linked.yaml"].map(|path| world.dir.join(path));
    std::fs::hard_link(&production, &staging).expect("a link");
    world.commit("a hard link");
    let said = world.terrace(&["set", "linked", "owner", "of-staging", "--env", "staging", "--commit"]);
    let is_right = said.code == 0
        && world.read(FILE) == "owner: of-staging\n"
        && world.read("environments/production/linked.yaml") == "owner: only-in-production\n"
        && world.git(&["status", "--porcelain"]).is_empty();
    tries.note(Door::CommandLine, judge(is_right, "apart".to_owned(), || said.told()));
    std::fs::remove_file(&staging).expect("a file");
    std::fs::hard_link(&production, &staging).expect("a link");
    world.commit("again");
    let server = Server::start_with(&world, &["--open"]);
    let tag = server.staging("/items/linked").header("etag").to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let path = "/api/v1/environments/staging/items/linked";
    let answer = server.send("PUT", path, &headers, r#"{"value":{"owner":"by-the-api"}}"#);
    let is_right = answer.status == 200
        && world.git(&["show", "HEAD:environments/production/linked.yaml"]) == "owner: only-in-production\n"
        && world.read("environments/production/linked.yaml") == "owner: only-in-production\n";
    tries.note(Door::ApiWrite, judge(is_right, "apart".to_owned(), || format!("{answer:?}")));
}

/// What a server and programs say of staging, by door.
fn said_of_staging(world: &World, server: &Server, scene: &Scene) -> Vec<(Door, String)> {
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
    let before = said_of_staging(&world, &server, scene);
    for text in texts {
        world.write("environments/production/payments.yaml", text);
        world.commit("elsewhere");
        server.arrives(&world, "production");
        let after = said_of_staging(&world, &server, scene);
        for ((door, before), (_, after)) in before.iter().zip(&after) {
            let is_right = before == after && !before.is_empty() && !after.contains(OF_PRODUCTION);
            tries.note(*door, judge(is_right, "the same".to_owned(), || format!("{before} {after}")));
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
    world.write("environments/staging/payments.yaml", "owner: [\n");
    world.commit("broken");
    server.arrives(&world, "staging");
    for (door, path) in [
        (Door::ApiRead, "/api/v1/environments/staging/items/payments"),
        (Door::Spring, "/spring/payments/staging"),
        (Door::Page, "/ui/staging/items/payments"),
    ] {
        let answer = server.get(path);
        // The page shows the newest text, to be mended, and says that it is not served.
        let is_right = match door {
            Door::Page => answer.body.contains("is held back") && !answer.body.contains("only-in-staging"),
            _ => answer.body.contains("only-in-staging") && !answer.body.contains(OF_PRODUCTION),
        };
        tries.note(
            door,
            judge(is_right && answer.status == 200, "last good".to_owned(), || format!("{answer:?}")),
        );
    }
    for (door, line) in [
        (Door::CommandLine, &["get", "payments", "--env", "staging"][..]),
        (Door::Export, &["export", "payments", "--env", "staging", "--format", "json"]),
        (Door::Export, &["run", "payments", "--env", "staging", "--", "true"]),
    ] {
        tries.note(door, silent(&world.terrace(line)));
    }
}

/// Processes that write two environments at the same time: each writes its own.
fn at_once(tries: &mut Tries<'_>) {
    let world = world(tries.scene);
    let start = |environment: &str, number: usize| {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args([
            "set",
            "payments",
            &format!("n{number}"),
            environment,
            "--env",
            environment,
            "--commit",
        ]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().expect("a program")
    };
    let mut children = Vec::new();
    for number in 0..4 {
        children.push(start("staging", number));
        children.push(start("production", number));
    }
    let codes: Vec<Option<i32>> = children.iter_mut().map(|it| it.wait().expect("an end").code()).collect();
    let written = codes.iter().filter(|code| **code == Some(0)).count();
    let [development, staging, production] = ["development", "staging", "production"]
        .map(|environment| world.git(&["show", &format!("HEAD:environments/{environment}/payments.yaml")]));
    let is_right = development == "owner: only-in-development\n"
        && !staging.contains("production")
        && production.matches("staging").count() == 0
        && staging.matches(": staging").count() + production.matches(": production").count() == written
        && world.git(&["rev-list", "--count", "HEAD"]).trim() == (written + 1).to_string();
    let told = || format!("{codes:?} {staging} {production}");
    tries.note(Door::CommandLine, judge(is_right && written > 0, "apart".to_owned(), told));
}

/// Git's drivers read what git gives them, and no file beside it.
fn drivers(tries: &mut Tries<'_>) {
    let mut world = world(tries.scene);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write("environments/staging/payments.yaml", "owner: only-in-staging\nnew: 1\n");
    world.commit("of staging");
    world.git(&["checkout", "--quiet", "main"]);
    world.write("environments/production/payments.yaml", "owner: only-in-production\nnew: 2\n");
    world.commit("of production");
    world.find_terrace();
    world.terrace(&["hooks", "install"]);
    std::fs::write(
        world.dir.join(".git/info/attributes"),
        "environments/**/*.yaml merge=terrace diff=terrace\n",
    )
    .expect("attributes");
    let driver = format!("{} git-merge %O %A %B %P", env!("CARGO_BIN_EXE_terrace"));
    world.git(&["config", "merge.terrace.driver", &driver]);
    world.git(&["merge", "--quiet", "--no-edit", "feature"]);
    let [staging, production] =
        ["staging", "production"].map(|it| world.read(&format!("environments/{it}/payments.yaml")));
    let is_right = staging == "owner: only-in-staging\nnew: 1\n" && production.ends_with("new: 2\n");
    tries.note(Door::Drivers, judge(is_right, "apart".to_owned(), || format!("{staging} {production}")));
    // A version of production's file is no version of staging's: nothing of it comes in.
    let files = ["base", "ours", "theirs"].map(|name| world.beside(name));
    for (file, text) in files.iter().zip(["owner: a\n", "owner: only-in-staging\n", "owner: a\nnew: 1\n"]) {
        std::fs::write(file, text).expect("a file");
    }
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.arg("git-merge").args(&files).arg("environments/production/payments.yaml");
    let said = run(&mut command);
    let merged = std::fs::read_to_string(&files[1]).expect("a file");
    let is_right = said.code == 0 && !merged.contains(OF_PRODUCTION) && !said.told().contains(OF_PRODUCTION);
    tries.note(Door::Drivers, judge(is_right, "apart".to_owned(), || format!("{} {merged}", said.told())));
    let diff = world.git(&["diff", "HEAD~1", "--", "environments/staging"]);
    tries.note(Door::Git, judge(!diff.contains(OF_PRODUCTION), "apart".to_owned(), || diff.clone()));
}

/// Where only staging's files are checked out, the others are neither lost nor read for it.
fn sparse(tries: &mut Tries<'_>) {
    let world = world(tries.scene);
    let head = |environment: &str| {
        world.git(&["rev-parse", &format!("HEAD:environments/{environment}/payments.yaml")])
    };
    let before = [head("development"), head("production")];
    world.git(&["sparse-checkout", "set", "--no-cone", "/environments/staging/"]);
    let get = world.terrace(&["get", "payments", "--env", "staging"]);
    let set = world.terrace(&["set", "payments", "pool", "11", "--env", "staging"]);
    let is_right = get.code == 0
        && !get.told().contains(OF_PRODUCTION)
        && matches!(set.code, 0 | 2 | 3)
        && [head("development"), head("production")] == before
        && !world.dir.join("environments/production").exists();
    let told = || format!("{} {}", get.told(), set.told());
    tries.note(Door::Git, judge(is_right, format!("exit {}", set.code), told));
    let other = world.terrace(&["set", "payments", "owner", "x", "--env", "production"]);
    let is_right = other.code != 0 || head("development") == before[0];
    tries.note(Door::CommandLine, judge(is_right, format!("exit {}", other.code), || other.told()));
}
