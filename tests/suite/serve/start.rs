//! How a server begins and ends.

use super::tokens::token;
use super::{LONG, Server, world};
use crate::support::{World, run};

#[test]
fn what_cannot_be_served_is_refused_at_once() {
    let world = world();
    world.refuses(
        "serve --listen 0.0.0.0:0",
        2,
        "error: 0.0.0.0:0 can be reached from other machines, and nobody is asked who they are\n\
         help: listen at 127.0.0.1, or make a token with `terrace token create` and name its file with --tokens",
    );
    let _ = token(&world, "staging", "read");
    let tokens = world.beside("tokens.json");
    let line = format!("serve --listen 0.0.0.0:0 --tokens {}", tokens.display());
    world.refuses(
        &line,
        2,
        "error: 0.0.0.0:0 can be reached from other machines, and tokens would travel in the clear\n\
         help: listen at 127.0.0.1, name a certificate with --tls-cert and --tls-key, or say --behind-proxy where a proxy before it speaks TLS",
    );
    world.refuses(
        "serve --listen 127.0.0.1:0 --branch nope",
        2,
        "error: there is no branch `nope` with a commit\nhelp: check out a branch, or name one with --branch",
    );
    let server = Server::start(&world);
    let taken = world.terrace(&["serve", "--listen", &server.address]);
    assert_eq!(taken.code, 2, "{}", taken.stderr);
    assert!(taken.stderr.contains(&format!("cannot listen at {}", server.address)), "{}", taken.stderr);
    let empty = World::with(&[("README.md", "nothing\n")]);
    let refused = empty.line("serve --listen 127.0.0.1:0");
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("there is no configuration here"), "{}", refused.stderr);
}

#[test]
fn a_bare_repository_is_served_wherever_its_configuration_is() {
    let world =
        World::with(&[("services/shop/environments/staging/a.yaml", "a: 1\n"), ("README.md", "more\n")]);
    let bare = world.beside("bare.git");
    world.git(&["clone", "--quiet", "--bare", ".", &bare.to_string_lossy()]);
    for (number, root) in (2..).zip([&[][..], &["--root", "services/shop"], &["--root", "services/shop/"]]) {
        let arguments = [&["-C", bare.to_str().expect("UTF-8")][..], root].concat();
        let server = Server::start_with(&world, &arguments);
        let item = server.staging("/items/a").json();
        assert_eq!(item["file"], "services/shop/environments/staging/a.yaml", "{root:?}");
        // A push from elsewhere.
        world.write("services/shop/environments/staging/a.yaml", &format!("a: {number}\n"));
        world.git(&["commit", "--quiet", "--all", "--message", "more", "--allow-empty"]);
        world.git(&["push", "--quiet", &bare.to_string_lossy(), "main"]);
        server.arrives(&world, "staging");
    }
    world.write("services/blog/environments/staging/a.yaml", "a: 1\n");
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--message", "another"]);
    world.git(&["push", "--quiet", &bare.to_string_lossy(), "main"]);
    let refused = world.terrace(&["-C", &bare.to_string_lossy(), "serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--root services/blog/, --root services/shop/"), "{}", refused.stderr);
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_asked_to() {
    use rustix::process::{Pid, Signal, kill_process};
    let world = world();
    let mut server = Server::start(&world);
    let path = "/api/v1/environments/staging/items/payments";
    let tag = server.get(path).header("etag").to_owned();
    let (agent, address) = (server.agent.clone(), server.address.clone());
    let waiting = std::thread::spawn(move || {
        let request = agent.get(format!("http://{address}{path}"));
        let answer = request.header("if-none-match", tag).header("prefer", "wait=60").call();
        answer.map(|answer| answer.status().as_u16()).ok()
    });
    // The wait is under way once another request that came later is answered; either way it ends.
    assert_eq!(server.get("/healthz").status, 200);
    kill_process(Pid::from_child(&server.child), Signal::TERM).expect("it is there");
    let end = std::time::Instant::now() + LONG;
    let status = loop {
        match server.child.try_wait().expect("a child") {
            Some(status) => break status,
            None => assert!(std::time::Instant::now() < end, "it does not end"),
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    assert!(status.success(), "{status} {}", server.told());
    assert!(matches!(waiting.join().expect("no panic"), Some(304) | None));
    server.tells("stopping");
    // Nothing of it stays.
    assert_eq!(run(world.command("git").args(["status", "--porcelain"])).stdout, "");
}
