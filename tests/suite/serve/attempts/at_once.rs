//! Two environments at the same time, or in the same place.

use std::os::unix::fs::symlink;

use super::files::world;
use super::replica::Replica;
use super::scene::{OF_PRODUCTION, Scene, judge};
use super::table::{Door, Outcome, Row, Tries};
use crate::serve::Server;

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "two processes at once", make: at_once },
    Row { attempt: "a publication in another environment's place", make: publications },
];

/// Processes that write two environments at the same time: each writes its own.
fn at_once(tries: &mut Tries<'_>) {
    let world = world(tries.scene);
    let start = |environment: &str, number: usize| {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(["set", "payments", &format!("n{number}"), environment]);
        command.args(["--env", environment, "--commit"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().expect("a program")
    };
    tries.apart(Door::CommandLine, || {
        let pairs = (0..4).flat_map(|number| [("staging", number), ("production", number)]);
        let mut children: Vec<_> = pairs.map(|(environment, number)| start(environment, number)).collect();
        let codes: Vec<Option<i32>> =
            children.iter_mut().map(|it| it.wait().expect("an end").code()).collect();
        let written = codes.iter().filter(|code| **code == Some(0)).count();
        let [development, staging, production] =
            ["development", "staging", "production"].map(|environment| {
                world.git(&["show", &format!("HEAD:environments/{environment}/payments.yaml")])
            });
        let is_right = development == "owner: only-in-development\n"
            && !staging.contains("production")
            && !production.contains("staging")
            && staging.matches(": staging").count() + production.matches(": production").count() == written
            && codes.iter().all(|code| matches!(code, Some(0 | 4)))
            && world.git(&["rev-list", "--count", "HEAD"]).trim() == (written + 1).to_string();
        let told = || format!("{codes:?} {staging} {production}");
        judge(is_right && written > 0, "apart".to_owned(), told)
    });
    tries.apart(Door::Replica, || replicas_at_once(tries.scene));
    tries.apart(Door::Publish, || publications_at_once(tries.scene));
}

/// Two replicas that write two environments at the same time through one remote.
fn replicas_at_once(scene: &Scene) -> Outcome {
    let world = world(scene);
    let [a, b] = ["a", "b"].map(|name| Replica::start(&world, name, &["--sync", "1h", "--open"]).server);
    let write = |server: &Server, environment: &str| -> Vec<u16> {
        let write = |number: usize| {
            let path = format!("/api/v1/environments/{environment}/items/n{number}");
            let headers = [("content-type", "application/yaml"), ("if-none-match", "*")];
            server.send("PUT", &path, &headers, &format!("owner: {environment}\n")).status
        };
        (0..4).map(write).collect()
    };
    let answers = std::thread::scope(|scope| {
        let other = scope.spawn(|| write(&b, "production"));
        [write(&a, "staging"), other.join().expect("no panic")]
    });
    let of_remote = |arguments: &[&str]| world.git(&[&["--git-dir", "../origin.git"], arguments].concat());
    let files = of_remote(&["ls-tree", "-r", "--name-only", "main"]);
    let has_own = |environment: &str, answers: &[u16]| {
        (0..4).zip(answers).all(|(number, status)| {
            let path = format!("environments/{environment}/n{number}.yaml");
            match status {
                201 => of_remote(&["show", &format!("main:{path}")]) == format!("owner: {environment}\n"),
                503 => !files.contains(&path),
                _ => false,
            }
        })
    };
    let written = answers.iter().flatten().filter(|status| **status == 201).count();
    let is_right = has_own("staging", &answers[0]) && has_own("production", &answers[1]) && written > 0;
    judge(is_right, "apart".to_owned(), || format!("{answers:?} {files}"))
}

/// Two publications of two environments to one place: each writes its own.
fn publications_at_once(scene: &Scene) -> Outcome {
    let world = world(scene);
    let start = |environment: &str| {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(["publish", "--env", environment, "--to", "kubernetes-manifest:out"]);
        command.stdout(std::process::Stdio::null()).spawn().expect("a program")
    };
    let children = ["staging", "production"].map(start);
    let codes = children.map(|mut child| child.wait().expect("an end").code());
    let read = |environment: &str| world.read(&format!("out/{environment}/payments.yaml"));
    let is_right = codes == [Some(0); 2]
        && ["staging", "production"].iter().all(|it| read(it).contains(&format!("only-in-{it}")))
        && !read("staging").contains(OF_PRODUCTION)
        && !world.dir.join("out/staging/linked.yaml").exists();
    judge(is_right, "apart".to_owned(), || format!("{codes:?}"))
}

/// A place that another environment's files or publication have.
fn publications(tries: &mut Tries<'_>) {
    let world = world(tries.scene);
    let publish = |environment: &str, to: &str| {
        world.terrace(&["publish", "--env", environment, "--to", &format!("kubernetes-manifest:{to}")])
    };
    publish("production", "out").exits(0);
    publish("staging", "own").exits(0);
    let [forged, own] = ["own/staging/.terrace-published"; 2].map(|it| world.read(it));
    let forged =
        forged.replace("\"payments.yaml\"", "\"payments.yaml\", \"../../out/production/payments.yaml\"");
    assert_ne!(forged, own);
    symlink("production", world.dir.join("out/staging")).expect("a link");
    std::fs::create_dir(world.dir.join("links")).expect("a folder");
    symlink("../environments/production", world.dir.join("links/staging")).expect("a link");
    for to in ["environments", "own/../environments/production", "out", "links", "own"] {
        if to == "own" {
            world.write("own/staging/.terrace-published", &forged);
        }
        tries.apart(Door::Publish, || {
            let before = world.state();
            let said = publish("staging", to);
            let is_right = said.code == 2 && world.state() == before && !said.told().contains(OF_PRODUCTION);
            judge(is_right, "exit 2".to_owned(), || format!("{to}: {}", said.told()))
        });
    }
    // What production published is not taken for staging's own.
    std::fs::remove_file(world.dir.join("out/staging")).expect("a link");
    std::fs::rename(world.dir.join("out/production"), world.dir.join("out/staging")).expect("a folder");
    tries.apart(Door::Publish, || {
        let before = world.state();
        let said = publish("staging", "out");
        let is_right = said.code != 0 && world.state() == before;
        judge(is_right, format!("exit {}", said.code), || said.told())
    });
}
