//! Attempts with files, links, repositories within and git's own programs; each in a repository of its own.

use std::os::unix::fs::symlink;

use super::child::Task;
use super::repository::Repository;
use super::scene::{OF_PRODUCTION, Scene, judge};
use super::table::{Door, Row, Tries};
use crate::serve::Server;
use crate::support::run;

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "a link to another environment's file", make: |tries| linked(tries, &LINK) },
    Row { attempt: "a link to another environment's folder", make: |tries| linked(tries, &FOLDER) },
    Row { attempt: "a repository within", make: |tries| linked(tries, &NESTED) },
    Row { attempt: "a submodule", make: |tries| linked(tries, &SUBMODULE) },
    Row { attempt: "a hard link to another environment's file", make: hard_link },
    Row { attempt: "files of two environments in one merge or diff", make: drivers },
    Row { attempt: "a sparse checkout without the others", make: sparse },
];

const FILE: &str = "environments/staging/linked.yaml";

pub(super) fn world(scene: &Scene) -> Repository {
    let mut world = Repository::with(&[
        ("environments/development/payments.yaml", "owner: only-in-development\n"),
        ("environments/staging/payments.yaml", "owner: only-in-staging\n"),
        ("environments/production/payments.yaml", "owner: only-in-production\n"),
        ("environments/production/linked.yaml", "owner: only-in-production\n"),
    ]);
    world.variables.clone_from(&scene.world.variables);
    world
}

/// How staging's files are reached in another place: what makes it so in the work tree, and how a command
/// that reads the item ends.
struct Link {
    make: fn(&Repository),
    is_committed: bool,
    export: i32,
}

const LINK: Link = Link { make: link, is_committed: true, export: 3 };
const FOLDER: Link = Link { make: folder, is_committed: true, export: 2 };
const NESTED: Link = Link { make: nested, is_committed: false, export: 2 };
const SUBMODULE: Link = Link { make: submodule, is_committed: true, export: 2 };

fn link(world: &Repository) {
    symlink("../production/linked.yaml", world.dir.join(FILE)).expect("a link");
}

fn folder(world: &Repository) {
    std::fs::remove_dir_all(world.dir.join("environments/staging")).expect("a folder");
    symlink("production", world.dir.join("environments/staging")).expect("a link");
}

/// A repository in the place of a folder of staging.
fn nested(world: &Repository) {
    std::fs::remove_dir_all(world.dir.join("environments/staging")).expect("a folder");
    world.git(&["init", "--quiet", "--initial-branch=main", "environments/staging"]);
    world.write(FILE, "owner: only-in-production\n");
    world.git(&["-C", "environments/staging", "add", "--all"]);
    world.git(&["-C", "environments/staging", "commit", "--quiet", "--message", "inner"]);
}

fn submodule(world: &Repository) {
    nested(world);
    world.git(&["rm", "-r", "--quiet", "--cached", "environments/staging"]);
    world.git(&["-c", "advice.addEmbeddedRepo=false", "add", "environments/staging"]);
}

fn linked(tries: &mut Tries<'_>, link: &Link) {
    let scene = tries.scene;
    let mut world = world(scene);
    world.hooked();
    (link.make)(&world);
    if link.is_committed {
        tries.apart(Door::Hooks, || world.commits_nothing("symlink"));
        world.git(&["commit", "--quiet", "--no-verify", "--message", "a link"]);
    }
    let before = world.state();
    for (door, line, code) in [
        (Door::CommandLine, &["get", "linked", "--env", "staging"][..], 2),
        (Door::CommandLine, &["set", "linked", "owner", "x", "--env", "staging"], 2),
        (Door::CommandLine, &["check", "--env", "staging"], 1),
        (Door::CommandLine, &["promote", "linked", "--to", "production", "--yes"], 2),
        (Door::Export, &["export", "linked", "--env", "staging", "--format", "json"], link.export),
        (Door::Export, &["run", "linked", "--env", "staging", "--", "env"], link.export),
    ] {
        tries.apart(door, || world.refuses(line, code));
    }
    tries.apart(Door::Library, || {
        let mut program = Task::library("staging", "linked").command(scene);
        let said = run(program.current_dir(&world.dir)).told();
        let is_right = said.contains("<refused") && !said.contains(OF_PRODUCTION);
        judge(is_right, "refused".to_owned(), || said)
    });
    linked_server(tries, &world);
    tries
        .apart(Door::Git, || judge(world.state() == before, "unchanged".to_owned(), || "changed".to_owned()));
    tries.apart(Door::Drivers, || {
        let of_staging = |arguments: &[&str]| {
            world.git(&[arguments, &["--ext-diff", "HEAD", "--", "environments/staging"]].concat())
        };
        let shown = of_staging(&["show", "--format="]) + &of_staging(&["diff"]);
        judge(!shown.is_empty() && !shown.contains(OF_PRODUCTION), "apart".to_owned(), || shown)
    });
    if link.is_committed {
        tries.apart(Door::Publish, || world.publishes_nothing(&["--env", "staging"], 3));
    }
}

fn linked_server(tries: &mut Tries<'_>, world: &Repository) {
    let server = Server::start(world);
    for (door, path, body) in [
        (Door::ApiRead, "/api/v1/environments/staging/items/linked", ""),
        (Door::ApiRead, "/api/v1/environments/staging/export/linked?format=json", ""),
        (Door::Spring, "/spring/linked/staging", ""),
        (Door::Ofrep, "/staging/ofrep/v1/evaluate/flags/linked:owner", r#"{"context":{}}"#),
        (
            Door::Argo,
            "/argocd/staging/api/v1/getparams.execute",
            r#"{"input":{"parameters":{"key":"linked"}}}"#,
        ),
        (Door::Page, "/ui/staging/items/linked", ""),
    ] {
        tries.apart(door, || {
            let answer = match body {
                "" => server.get(path),
                body => server.send("POST", path, &[("content-type", "application/json")], body),
            };
            let is_right = answer.status == 404 && !answer.body.contains(OF_PRODUCTION);
            judge(is_right, answer.status.to_string(), || format!("{answer:?}"))
        });
    }
}

/// Two names of one file: a write through one leaves the other.
fn hard_link(tries: &mut Tries<'_>) {
    let mut world = world(tries.scene);
    let [staging, production] =
        [FILE, "environments/production/linked.yaml"].map(|path| world.dir.join(path));
    std::fs::hard_link(&production, &staging).expect("a link");
    world.commit("a hard link");
    tries.apart(Door::CommandLine, || {
        let said = world.terrace(&["set", "linked", "owner", "of-staging", "--env", "staging", "--commit"]);
        let is_right = said.code == 0
            && world.read(FILE) == "owner: of-staging\n"
            && world.read("environments/production/linked.yaml") == "owner: only-in-production\n"
            && world.git(&["status", "--porcelain"]).is_empty();
        judge(is_right, "apart".to_owned(), || said.told())
    });
    std::fs::remove_file(&staging).expect("a file");
    std::fs::hard_link(&production, &staging).expect("a link");
    world.commit("again");
    tries.apart(Door::ApiWrite, || {
        let server = Server::start_with(&world, &["--open"]);
        let tag = server.staging("/items/linked").header("etag").to_owned();
        let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
        let path = "/api/v1/environments/staging/items/linked";
        let answer = server.send("PUT", path, &headers, r#"{"value":{"owner":"by-the-api"}}"#);
        let is_right = answer.status == 200
            && world.git(&["show", "HEAD:environments/production/linked.yaml"])
                == "owner: only-in-production\n"
            && world.read("environments/production/linked.yaml") == "owner: only-in-production\n";
        judge(is_right, "apart".to_owned(), || format!("{answer:?}"))
    });
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
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    tries.apart(Door::Drivers, || {
        world.git(&["merge", "--quiet", "--no-edit", "feature"]);
        let [staging, production] =
            ["staging", "production"].map(|it| world.read(&format!("environments/{it}/payments.yaml")));
        let is_right = staging == "owner: only-in-staging\nnew: 1\n" && production.ends_with("new: 2\n");
        judge(is_right, "apart".to_owned(), || format!("{staging} {production}"))
    });
    // A version of production's file is no version of staging's: nothing of it comes in.
    let files = ["base", "ours", "theirs"].map(|name| world.beside(name));
    for (file, text) in files.iter().zip(["owner: a\n", "owner: only-in-staging\n", "owner: a\nnew: 1\n"]) {
        std::fs::write(file, text).expect("a file");
    }
    tries.apart(Door::Drivers, || {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.arg("git-merge").args(&files).arg("environments/production/payments.yaml");
        let said = run(&mut command);
        let merged = std::fs::read_to_string(&files[1]).expect("a file");
        let is_right = said.code == 0 && merged == "owner: only-in-staging\nnew: 1\n";
        let is_right = is_right && !said.told().contains(OF_PRODUCTION);
        judge(is_right, "apart".to_owned(), || format!("{} {merged}", said.told()))
    });
    tries.apart(Door::Git, || {
        let diff = world.git(&["diff", "HEAD~1", "--", "environments/staging"]);
        judge(diff.contains("new") && !diff.contains(OF_PRODUCTION), "apart".to_owned(), || diff)
    });
}

/// Where only staging's files are checked out, the others are neither lost nor read for it.
fn sparse(tries: &mut Tries<'_>) {
    let mut world = world(tries.scene);
    world.hooked();
    let others = |world: &Repository| {
        ["development", "production"]
            .map(|it| world.git(&["rev-parse", &format!("HEAD:environments/{it}/payments.yaml")]))
    };
    let before = others(&world);
    world.git(&["sparse-checkout", "set", "--no-cone", "/environments/staging/"]);
    let is_out = |world: &Repository| !world.dir.join("environments/production").exists();
    tries.apart(Door::Git, || {
        let get = world.terrace(&["get", "payments", "--env", "staging"]);
        let set = world.terrace(&["set", "payments", "owner", "x", "--env", "staging", "--commit"]);
        let is_right = (get.code, set.code) == (0, 0)
            && !get.told().contains(OF_PRODUCTION)
            && others(&world) == before
            && is_out(&world);
        judge(is_right, "apart".to_owned(), || format!("{} {}", get.told(), set.told()))
    });
    tries.apart(Door::Hooks, || {
        world.write("environments/staging/payments.yaml", "owner: y\n");
        let said = world.tries_to_commit();
        let is_right = said.code == 0 && others(&world) == before && is_out(&world);
        judge(is_right, "apart".to_owned(), || said.told())
    });
    // What is not checked out can be written, from the index: it alone.
    tries.apart(Door::CommandLine, || {
        let said = world.terrace(&["set", "payments", "owner", "x", "--env", "production", "--commit"]);
        let changed = world.git(&["diff", "--name-only", "HEAD~1"]);
        let is_right = said.code == 0 && changed == "environments/production/payments.yaml\n";
        judge(is_right && is_out(&world), "apart".to_owned(), || format!("{} {changed}", said.told()))
    });
}
