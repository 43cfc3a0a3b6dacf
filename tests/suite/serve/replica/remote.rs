//! A remote that is away, is another one, or asks who is there.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::{STAGING, clone, etag, has_nothing_pending, of, origin, patch, replica, tip};
use crate::support::run;

#[test]
fn reads_go_on_without_the_remote_and_writes_when_it_is_back() {
    let mut world = origin();
    clone(&world, "a");
    let server = replica(&world, "a", &["--sync", "100ms"]);
    let ready = server.until("/readyz", |answer| answer.json()["replica"]["condition"] == "following").json();
    assert_eq!(ready["replica"]["read_only"], false);
    assert!(ready["replica"]["age"].is_u64() && ready["replica"]["fetched"].is_i64(), "{ready}");
    std::fs::rename(world.beside("origin.git"), world.beside("away.git")).expect("moved");
    server.until("/readyz", |answer| answer.status == 200 && answer.json()["replica"]["read_only"] == true);
    server.tells("reads go on, writes are refused: origin could not be asked");
    let tag = etag(&server, "payments");
    let refused = patch(&server, "payments", &tag, r#"{"pool": 7}"#);
    assert_eq!((refused.status, &*refused.problem()), (503, "remote-unavailable"));
    assert!(!refused.header("retry-after").is_empty());
    assert!(has_nothing_pending(&world, "a"));
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("\nterrace_replica_read_only 1\n"), "{metrics}");
    std::fs::rename(world.beside("away.git"), world.beside("origin.git")).expect("moved");
    world.write("environments/staging/billing/invoices.yaml", "rate: 30\n");
    world.commit("meanwhile");
    world.git(&["push", "--quiet", "origin", "main"]);
    let is_new = |answer: &super::Answer| answer.json()["value"]["rate"] == 30;
    server.until(&format!("{STAGING}/billing/invoices"), is_new);
    assert_eq!(patch(&server, "payments", &tag, r#"{"pool": 7}"#).status, 200);
    assert_eq!(tip(&world, "a"), tip(&world, "origin"));
    assert!(server.get("/metrics").body.contains("\nterrace_replica_read_only 0\n"));
}

#[test]
fn what_cannot_be_followed_is_refused_at_the_start() {
    let world = origin();
    clone(&world, "a");
    let start = |arguments: &[&str]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        let folder = world.beside("a.git");
        command.args(["serve", "--listen", "127.0.0.1:0", "-C"]).arg(folder).args(arguments);
        let output = run(&mut command);
        assert_eq!((output.code, &*output.stdout), (2, ""), "{output:?}");
        output.stderr
    };
    let told = start(&["--remote", "origin", "--branch", "production"]);
    assert!(told.contains("origin has no branch `production`\nhelp: name a branch"), "{told}");
    let told = start(&["--remote", "orign"]);
    assert!(told.contains("there is no remote `orign`\nhelp: did you mean `origin`?"), "{told}");
    for (sync, told) in
        [("never", "give a number and ms"), ("5d", "give a number and ms"), ("1ms", "between 100ms")]
    {
        assert!(start(&["--remote", "origin", "--sync", sync]).contains(told), "{sync}");
    }
    let told = start(&["--sync", "5s"]);
    assert!(told.contains("--remote <REMOTE>"), "{told}");
    let secret = world.beside("secret");
    std::fs::write(&secret, "short\n").expect("written");
    let told = start(&["--remote", "origin", "--webhook-secret", &secret.to_string_lossy()]);
    assert!(told.contains("fewer than 16 bytes"), "{told}");
}

#[test]
fn a_branch_that_is_not_here_yet_is_fetched() {
    let world = origin();
    clone(&world, "a");
    world.git(&["push", "--quiet", "origin", "main:refs/heads/next"]);
    let folder = world.beside("a.git");
    let folder = folder.to_string_lossy();
    let server = crate::serve::Server::start_with(
        &world,
        &["-C", &folder, "--open", "--branch", "next", "--remote", "origin", "--sync", "1h"],
    );
    assert_eq!(patch(&server, "payments", &etag(&server, "payments"), r#"{"pool": 7}"#).status, 200);
    assert_eq!(of(&world, "origin", &["rev-parse", "next~1"]), tip(&world, "origin"));
}

#[test]
fn a_remote_that_asks_for_a_password_keeps_nobody_waiting() {
    let world = origin();
    clone(&world, "a");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    of(&world, "a", &["remote", "set-url", "origin", &format!("http://{address}/config.git")]);
    let server = replica(&world, "a", &["--sync", "1h"]);
    let told = server.tells("writes are refused");
    assert!(told.contains("could not read Username") || told.contains("terminal prompts disabled"), "{told}");
    assert_eq!(server.get(&format!("{STAGING}/payments")).status, 200);
    let refused = patch(&server, "payments", &etag(&server, "payments"), r#"{"pool": 7}"#);
    assert_eq!((refused.status, &*refused.problem()), (503, "remote-unavailable"));
}

#[test]
fn strangers_are_told_nothing_of_the_remote() {
    let world = origin();
    clone(&world, "a");
    let [development, all] = ["development", "development,staging,production"]
        .map(|environments| crate::serve::tokens::token(&world, environments, "read"));
    let file = world.beside("tokens.json");
    let (folder, file) = (world.beside("a.git"), file.to_string_lossy());
    let start =
        ["-C", &*folder.to_string_lossy(), "--tokens", &*file, "--branch", "main", "--remote", "origin"];
    let mut server = crate::serve::Server::start_with(&world, &start);
    assert_eq!(server.get("/readyz").json(), serde_json::json!({ "status": "ready" }));
    for (token, is_counted) in [(development, false), (all, true)] {
        server.token = Some(token);
        let replica = server.get("/readyz").json()["replica"].clone();
        assert_eq!(replica["condition"], "following", "{replica}");
        assert_eq!(
            replica.get("ahead").is_some() && replica.get("behind").is_some(),
            is_counted,
            "{replica}"
        );
    }
}
