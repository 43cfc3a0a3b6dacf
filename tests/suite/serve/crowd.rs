//! Many who write at the same time, beside the server too, and a server that is killed.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::tokens::token;
use super::{Server, world};
use crate::processes;
use crate::support::World;

const YAML: (&str, &str) = ("content-type", "application/yaml");

fn start(world: &World, secret: &str) -> Server {
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(secret.to_owned());
    server
}

fn history(world: &World) -> Vec<String> {
    world.git(&["rev-list", "HEAD"]).lines().map(str::to_owned).collect()
}

#[test]
fn writers_of_two_items_never_meet_and_of_one_lose_nothing() {
    let world = world();
    let secret = token(&world, "staging", "read,write");
    let server = start(&world, &secret);
    let before = history(&world).len();
    let (acknowledged, rivals) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let made = server.send(
        "PUT",
        "/api/v1/environments/staging/items/shared",
        &[YAML, ("if-none-match", "*")],
        "sum: 0\n",
    );
    assert_eq!(made.status, 201);
    thread::scope(|scope| {
        for number in 0..16 {
            let (server, acknowledged, rivals) = (&server, &acknowledged, &rivals);
            scope.spawn(move || {
                // Its own item: never refused.
                let path = format!("/api/v1/environments/staging/items/own/{number}");
                let mut condition = ("if-none-match", "*".to_owned());
                for round in 0..3 {
                    let body = format!("round: {round}\n");
                    let answer = server.send("PUT", &path, &[YAML, (condition.0, &condition.1)], &body);
                    assert!(matches!(answer.status, 200 | 201), "{answer:?}");
                    // What was written is read at once.
                    let read = server.get(&path);
                    assert_eq!(read.header("etag"), answer.header("etag"));
                    assert_eq!(read.json()["value"]["round"], round);
                    condition = ("if-match", answer.header("etag").to_owned());
                    acknowledged.lock().expect("no panic").push(answer.header("terrace-commit").to_owned());
                }
                // An item of all: read again until nobody was faster.
                let path = "/api/v1/environments/staging/items/shared";
                loop {
                    let read = server.get(path);
                    let sum = read.json()["value"]["sum"].as_u64().expect("a number") + 1;
                    let headers = [YAML, ("if-match", read.header("etag"))];
                    let answer = server.send("PUT", path, &headers, &format!("sum: {sum}\n"));
                    match answer.status {
                        200 => {
                            let commit = answer.header("terrace-commit").to_owned();
                            break acknowledged.lock().expect("no panic").push(commit);
                        }
                        412 => rivals.fetch_add(1, Ordering::SeqCst),
                        _ => panic!("{answer:?}"),
                    };
                }
            });
        }
        // Somebody commits by the command line meanwhile.
        for number in 1..=4 {
            let line = format!("set payments timeout {number}s --env production --commit");
            scope.spawn({
                let world = &world;
                move || world.line(&line).exits(0)
            });
        }
    });
    let history = history(&world);
    let acknowledged = acknowledged.into_inner().expect("no panic");
    assert_eq!(acknowledged.len(), 16 * 4);
    let unique: BTreeSet<&String> = acknowledged.iter().collect();
    assert_eq!(unique.len(), acknowledged.len(), "each is a commit of its own");
    assert!(unique.iter().all(|commit| history.contains(commit)));
    assert!(history.len() <= before + 1 + 64 + 4, "and nothing else is");
    assert_eq!(server.staging("/items/shared?path=sum").json()["value"], 16, "{rivals:?}");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "HEAD"]).trim(), "0");
}

#[test]
fn a_server_that_is_killed_loses_nothing_that_it_acknowledged() {
    let world = world();
    let secret = token(&world, "staging", "read,write");
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let mut server = start(&world, &secret);
        let path = format!("/api/v1/environments/staging/items/round/{round}");
        let done = AtomicUsize::new(0);
        let kept = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for writer in 0..3 {
                let (agent, address, secret) = (server.agent.clone(), server.address.clone(), &secret);
                let (path, kept, done) = (&path, &kept, &done);
                scope.spawn(move || {
                    for number in 0.. {
                        let url = format!("http://{address}{path}/{writer}-{number}");
                        let request = agent.put(url).header("authorization", format!("Bearer {secret}"));
                        let request = request.header(YAML.0, YAML.1).header("if-none-match", "*");
                        let Ok(answer) = request.send("a: 1\n") else { break };
                        assert_eq!(answer.status(), 201);
                        let commit = answer.headers()["terrace-commit"].to_str().expect("ASCII").to_owned();
                        kept.lock().expect("no panic").push((format!("{path}/{writer}-{number}"), commit));
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            while done.load(Ordering::SeqCst) < 4 + 3 * round {
                thread::yield_now();
            }
            server.child.kill().expect("it runs");
            server.child.wait().expect("it ends");
        });
        acknowledged.extend(kept.into_inner().expect("no panic"));
    }
    let server = start(&world, &secret);
    let history = history(&world);
    for (path, commit) in &acknowledged {
        assert!(history.contains(commit), "{path} {commit}");
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    // What was left in the middle is finished by the next write.
    let path = "/api/v1/environments/staging/items/last";
    assert_eq!(server.send("PUT", path, &[YAML, ("if-none-match", "*")], "a: 1\n").status, 201);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

/// Processes of the command line and clients of a server write at once, each an item of its own.
#[test]
fn processes_and_clients_at_once_have_each_write_once() {
    let world = world();
    let secret = token(&world, "staging", "read,write");
    let server = start(&world, &secret);
    let half = processes::processes() / 2;
    let file = |n: usize| format!("environments/staging/by/i{n}.yaml");
    for number in 0..half {
        world.write(&file(number), "a: x\n");
    }
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--message", "items"]);
    server.arrives(&world, "staging");
    let (done, made) = thread::scope(|scope| {
        let clients: Vec<_> = (0..half)
            .map(|number| {
                let server = &server;
                scope.spawn(move || {
                    let path = format!("/api/v1/environments/staging/items/served/{number}");
                    let answer = server.send("PUT", &path, &[YAML, ("if-none-match", "*")], "a: 1\n");
                    assert_eq!(answer.status, 201, "{answer:?}");
                    answer.header("terrace-commit").to_owned()
                })
            })
            .collect();
        let children = (0..half).map(|n| processes::set(&world, &format!("by/i{n}"), "a", n)).collect();
        let made: Vec<String> = clients.into_iter().map(|it| it.join().expect("no panic")).collect();
        (processes::done(children), made)
    });
    processes::each_is_there_once(&world, &done, file);
    let history = history(&world);
    let unique: BTreeSet<&String> = made.iter().filter(|commit| history.contains(commit)).collect();
    assert_eq!(unique.len(), half, "each write that was answered is a commit of its own");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}
