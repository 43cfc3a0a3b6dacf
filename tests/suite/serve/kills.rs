//! A server that is killed at moments drawn at random, while it is written to.

use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use super::tokens::token;
use super::{Server, world};
use crate::random_kills::{Moments, kills};
use crate::support::World;

const YAML: (&str, &str) = ("content-type", "application/yaml");
const NEW: (&str, &str) = ("if-none-match", "*");

/// How many items each of two writers makes.
const ITEMS: usize = 4;

fn start(world: &World, secret: &str) -> Server {
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(secret.to_owned());
    server
}

fn key(round: usize, writer: usize, item: usize) -> String {
    format!("round/{round}/{writer}-{item}")
}

fn put(server: &Server, key: &str) -> Result<super::Answer, ureq::Error> {
    let path = format!("/api/v1/environments/staging/items/{key}");
    server.try_send("PUT", &path, &[YAML, NEW], "a: 1\n")
}

/// Writes a round's items; the commits of those that were answered, by their keys.
fn write(server: &Server, round: usize) -> Vec<(String, String)> {
    let answered = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for writer in 0..2 {
            let answered = &answered;
            scope.spawn(move || {
                for item in 0..ITEMS {
                    let key = key(round, writer, item);
                    let Ok(answer) = put(server, &key) else { break };
                    assert_eq!(answer.status, 201, "{answer:?}");
                    let commit = answer.header("terrace-commit").to_owned();
                    answered.lock().expect("no panic").push((key, commit));
                }
            });
        }
    });
    answered.into_inner().expect("no panic")
}

#[test]
fn a_server_killed_at_any_moment_has_each_write_once_or_not_at_all() {
    let world = world();
    let secret = token(&world, "staging", "read,write");
    let server = start(&world, &secret);
    let begun = Instant::now();
    assert_eq!(write(&server, 0).len(), 2 * ITEMS);
    let length = begun.elapsed();
    drop(server);
    let mut moments = Moments::seeded(6);
    let (mut acknowledged, mut open) = (0, 0);
    for round in 1..=kills() {
        let (after, server) = (moments.before(length), start(&world, &secret));
        let at = format!("round {round}, killed after {after:?} of {length:?}");
        let answered = thread::scope(|scope| {
            let writes = scope.spawn(|| write(&server, round));
            thread::sleep(after);
            let id = server.child.id().to_string();
            assert!(world.command("kill").args(["-9", &id]).status().expect("kill").success(), "{at}");
            writes.join().expect("no panic")
        });
        drop(server);
        acknowledged += answered.len();
        world.git(&["fsck", "--strict", "--no-dangling"]);
        let history = world.git(&["rev-list", "HEAD"]);
        for (key, commit) in &answered {
            assert!(history.contains(commit.as_str()), "{at}: {key} was acknowledged and is lost");
        }
        open += usize::from(world.dir.join(".git/index.lock").exists());
        finish(&world, &secret, round, &answered, &at);
    }
    println!(
        "serve: {} kills within {length:?}: {acknowledged} of {} writes were acknowledged, each is there once; \
         {open} with an index to mend",
        kills(),
        kills() * 2 * ITEMS
    );
}

/// The same writes again: what was acknowledged is there, and in the end each was made once.
fn finish(world: &World, secret: &str, round: usize, answered: &[(String, String)], at: &str) {
    let server = start(world, secret);
    for key in (0..2).flat_map(|writer| (0..ITEMS).map(move |item| key(round, writer, item))) {
        let again = put(&server, &key).expect("an answer");
        let is_acknowledged = answered.iter().any(|(known, _)| *known == key);
        let is_right = again.status == 412 || (again.status == 201 && !is_acknowledged);
        assert!(is_right, "{at}: {key}: {again:?}");
    }
    // What was left in the middle is finished by the next write at the latest.
    let last = put(&server, &format!("round/{round}/last")).expect("an answer");
    assert_eq!(last.status, 201, "{at}: {last:?}");
    let folder = format!("environments/staging/round/{round}");
    let made = world.git(&["log", "--format=", "--name-status", "--", &folder]);
    let mut made: Vec<&str> = made.lines().filter(|line| !line.is_empty()).collect();
    made.sort_unstable();
    let mut each_once = made.clone();
    each_once.dedup();
    assert_eq!(made, each_once, "{at}: something was written twice");
    assert_eq!(made.len(), 2 * ITEMS + 1, "{at}: {made:?}");
    assert_eq!(world.git(&["status", "--porcelain"]), "", "{at}");
}
