//! Many who write through two replicas at the same time.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{MERGE, STAGING, clone, has_nothing_pending, of, origin, replica, subjects, tip};
use crate::serve::Server;

/// Writes one number into one item, again until nobody was faster, and returns the commit.
fn write(server: &Server, number: usize) -> String {
    let (path, message) = (format!("{STAGING}/item{}", number % 10), format!("number {number}"));
    loop {
        let read = server.get(&path);
        let sent = [MERGE, ("if-match", read.header("etag")), ("terrace-message", &*message)];
        let answer = server.send("PATCH", &path, &sent, &format!("{{\"n{number}\": {number}}}"));
        match answer.status {
            200 => return answer.header("terrace-commit").to_owned(),
            412 => {}
            503 => assert!(!answer.header("retry-after").is_empty(), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
    }
}

#[test]
fn what_is_acknowledged_is_in_the_remote_exactly_once() {
    let writes: usize = std::env::var_os("TERRACE_REPLICA_WRITES")
        .and_then(|text| text.to_str()?.parse().ok())
        .unwrap_or(200);
    let mut world = origin();
    for item in 0..10 {
        world.write(&format!("environments/staging/item{item}.yaml"), "n: 0\n");
    }
    world.commit("items");
    world.git(&["push", "--quiet", "origin", "main"]);
    let before = subjects(&world).len();
    for name in ["a", "b"] {
        clone(&world, name);
    }
    let servers = ["a", "b"].map(|name| replica(&world, name, &["--sync", "500ms"]));
    let (next, commits) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    thread::scope(|scope| {
        for server in servers.iter().flat_map(|server| [server; 8]) {
            let (next, commits) = (&next, &commits);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= writes {
                        return;
                    }
                    let commit = write(server, number);
                    assert!(commits.lock().expect("no panic").insert(commit), "two answers name one commit");
                }
            });
        }
    });
    let commits = commits.into_inner().expect("no panic");
    let subjects = subjects(&world);
    assert_eq!((commits.len(), subjects.len()), (writes, before + writes));
    let own: BTreeSet<&str> =
        subjects.iter().map(String::as_str).filter(|it| it.starts_with("number ")).collect();
    assert_eq!(own.len(), writes, "each is there once");
    let there = of(&world, "origin", &["rev-list", "main"]);
    assert!(commits.iter().all(|commit| there.contains(commit)));
    // No later write took an earlier one away.
    for number in 0..writes {
        let file =
            of(&world, "origin", &["show", &format!("main:environments/staging/item{}.yaml", number % 10)]);
        assert!(file.contains(&format!("n{number}: {number}")), "{number} is lost: {file}");
    }
    let end = tip(&world, "origin");
    for (name, server) in ["a", "b"].into_iter().zip(&servers) {
        server.until("/api/v1/environments/staging", |answer| answer.json()["commit"] == *end);
        assert_eq!(tip(&world, name), end);
        assert!(has_nothing_pending(&world, name), "{name}");
    }
}
