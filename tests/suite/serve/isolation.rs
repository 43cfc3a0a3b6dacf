//! What is shown of an environment is made of it alone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::tokens::token;
use super::{Answer, LONG, Server, world};
use crate::support::World;

/// Everything that is told of development.
const ROUTES: [&str; 13] = [
    "",
    "/items",
    "/items?prefix=pay",
    "/items/payments",
    "/items/payments?path=timeout",
    "/items/merger-talks",
    "/items/paymnets",
    "/export/payments?format=json",
    "/history/payments",
    "/blame/payments",
    "/schemas/payments",
    "/findings",
    "/status",
];

/// What is told of development besides, where the rest of the branch moves.
const MORE: [&str; 3] = ["/holds", "/promotion", "/diff?against=production"];

fn everything(server: &Server, environment: &str) -> Vec<(String, Answer)> {
    let ask = |path: String| {
        let mut answer = server.get(&path);
        answer.headers.remove("date");
        (path, answer)
    };
    let own = ROUTES.iter().map(|route| format!("/api/v1/environments/{environment}{route}"));
    let others = [
        format!("/spring/payments/{environment}"),
        format!("/spring/merger-talks/{environment}"),
        format!("/spring/payments-{environment}.yml"),
    ];
    own.chain(others).map(ask).collect()
}

/// What is told of development to who reads by POST, and by the routes that are about a hop.
fn posted(server: &Server) -> Vec<Answer> {
    let form = [("content-type", "application/json")];
    let reads = [
        ("/development/ofrep/v1/evaluate/flags", "{\"context\":{}}"),
        ("/development/ofrep/v1/evaluate/flags/payments:timeout", "{\"context\":{}}"),
        ("/development/ofrep/v1/evaluate/flags/merger-talks:date", "{\"context\":{}}"),
        ("/argocd/development/api/v1/getparams.execute", "{\"input\":{}}"),
    ];
    let ask = |(path, body): (&str, &str)| {
        let mut answer = server.send("POST", path, &form, body);
        answer.headers.remove("date");
        answer
    };
    let hops = MORE.iter().map(|route| {
        let mut answer = server.get(&format!("/api/v1/environments/development{route}"));
        answer.headers.remove("date");
        answer
    });
    reads.into_iter().map(ask).chain(hops).collect()
}

/// Commits that have nothing to do with development, of many kinds.
fn elsewhere(world: &mut World, turn: usize) {
    match turn % 10 {
        0 => world.write("environments/production/payments.yaml", &format!("timeout: {turn}s\npool: 40\n")),
        1 => world.write("environments/production/payments.yaml", "timeout: [\n"),
        2 => world.write("environments/production/payments.yaml", "timeout: 5s\npool: ten\n"),
        3 => world.write(&format!("environments/production/paymnets{turn}.yaml"), "a: 1\n"),
        4 => world
            .write("schemas/payments.production.schema.json", &format!(r#"{{"maxProperties": {turn}0}}"#)),
        5 => world.write("schemas/merger-talks.schema.json", &format!(r#"{{"title": "{turn}"}}"#)),
        6 => world.write("environments/staging/payments.yaml", &format!("timeout: 5s\npool: 1{turn}\n")),
        7 => world.write("environments/production/notes.txt", &turn.to_string()),
        8 => world.write("README.md", &turn.to_string()),
        _ => {
            world.git(&[
                "rm",
                "--quiet",
                "-r",
                "--ignore-unmatch",
                "environments/production/merger-talks.yaml",
            ]);
            world.write("environments/production/a/b.yaml", "host: db.dev.example.com\n");
        }
    }
    world.commit(&format!("turn {turn}"));
}

/// A stream of development's events, read up to its first one.
fn stream(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.set_read_timeout(Some(LONG)).expect("a time-out");
    let token = server.token.as_deref().expect("a token");
    let head = format!("Host: {}\r\nAuthorization: Bearer {token}\r\n\r\n", server.address);
    write!(stream, "GET /api/v1/environments/development/events HTTP/1.1\r\n{head}").expect("sent");
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("event: ready") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).expect("an event");
        assert!(read > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&bytes[..read]);
    }
    stream
}

/// What a stream has told since.
fn told_since(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a time-out");
    let (mut seen, mut bytes) = (Vec::new(), [0; 1024]);
    while let Ok(read @ 1..) = stream.read(&mut bytes) {
        seen.extend_from_slice(&bytes[..read]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

/// `TERRACE_ISOLATION_TURNS=200` makes as many commits as that (about ten minutes).
#[test]
fn development_says_the_same_whatever_production_does() {
    let mut world = world();
    let tokens = ["development", "staging,production"].map(|env| token(&world, env, "read"));
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(tokens[0].clone());
    let before = everything(&server, "development");
    assert_eq!(before.iter().filter(|(_, answer)| answer.status == 200).count(), 13);
    let posted_before = posted(&server);
    assert_eq!(
        posted_before.iter().map(|answer| answer.status).collect::<Vec<_>>(),
        [200, 200, 404, 200, 200, 400, 403]
    );
    let turns = std::env::var_os("TERRACE_ISOLATION_TURNS").and_then(|turns| turns.to_str()?.parse().ok());
    let stream = stream(&server);
    for turn in 0..turns.unwrap_or(30) {
        elsewhere(&mut world, turn);
        for ((path, then), (_, now)) in before.iter().zip(everything(&server, "development")) {
            assert_eq!(*then, now, "turn {turn}: {path}");
        }
        assert_eq!(posted(&server), posted_before, "turn {turn}");
        if turn % 10 == 3 {
            server.token = Some(tokens[1].clone());
            server.arrives(&world, "production");
            server.token = Some(tokens[0].clone());
            for ((path, then), (_, now)) in before.iter().zip(everything(&server, "development")) {
                assert_eq!(*then, now, "turn {turn}, arrived: {path}");
            }
        }
    }
    let told = told_since(stream);
    assert!(!told.contains("event:") && !told.contains("id:"), "{told}");
    // And so says a server that never saw anything else.
    let mut anew = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    anew.token = Some(tokens[0].clone());
    for ((path, then), (_, now)) in before.iter().zip(everything(&anew, "development")) {
        assert_eq!(*then, now, "anew: {path}");
    }
}

/// A server that followed every commit and one that begins now say the same of every environment.
#[test]
fn a_restart_says_the_same() {
    let mut world = world();
    let server = Server::start(&world);
    let mut turn = 0;
    for step in 0..24 {
        match step % 6 {
            0 => world
                .write("environments/development/payments.yaml", &format!("timeout: {step}s\npool: 10\n")),
            1 => world.write("environments/development/payments.yaml", "a: 1\na: 2\n"),
            2 => world.write(
                "terrace.toml",
                if step % 12 == 2 { "[nonsense]\n" } else { "[secrets]\npaths = [\"pool\"]\n" },
            ),
            3 => {
                let _ = std::fs::remove_file(world.dir.join("terrace.toml"));
                world.write("schemas/payments.schema.json", &format!(r#"{{"title": "{step}"}}"#));
            }
            4 => world.write("environments/development/payments.yaml", "timeout: 5s\npool: 10\n"),
            _ => {
                turn += 1;
                elsewhere(&mut world, turn);
            }
        }
        world.commit(&format!("step {step}"));
        if step % 5 == 4 {
            let anew = Server::start(&world);
            for environment in ["development", "staging", "production"] {
                let expected = everything(&anew, environment);
                for (path, expected) in expected {
                    let right = |answer: &Answer| {
                        let mut answer = answer.clone();
                        answer.headers.remove("date");
                        answer == expected
                    };
                    server.until(&path, right);
                }
            }
        }
    }
}
