//! Nobody keeps the server from answering others.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{Answer, LONG, Server, world};

#[test]
fn half_a_request_is_closed() {
    let server = Server::start_with(&world(), &["--idle", "1"]);
    for half in [
        &b""[..],
        b"G",
        b"PRI * HTTP/2.0\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: local",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        assert!(!server.raw(half).contains(" 200 "), "{half:?}");
    }
    // So is a connection that says nothing more.
    let whole = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    assert!(server.raw(whole.as_bytes()).starts_with("HTTP/1.1 200 OK"));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn large_heads_are_refused() {
    let server = Server::start(&world());
    let large = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "a".repeat(20_000));
    let refused = server.raw(large.as_bytes());
    assert!(refused.starts_with("HTTP/1.1 431") && refused.contains("headers-too-large"), "{refused}");
    let larger = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "a".repeat(40_000));
    assert!(server.raw(larger.as_bytes()).starts_with("HTTP/1.1 431"));
    let many = "X-A: b\r\n".repeat(200);
    let many = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{many}\r\n");
    assert!(server.raw(many.as_bytes()).starts_with("HTTP/1.1 431"));
}

#[test]
fn many_idle_connections_hold_nobody_up() {
    let server = Server::start(&world());
    let idle: Vec<TcpStream> =
        (0..400).map(|_| TcpStream::connect(&server.address).expect("a connection")).collect();
    assert_eq!(server.staging("/items/payments").status, 200);
    assert_eq!(idle.len(), 400);
}

#[test]
fn requests_in_a_row_are_answered_in_a_row() {
    let server = Server::start(&world());
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.set_read_timeout(Some(LONG)).expect("a time-out");
    let one = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let last = format!("GET /nothing HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address);
    stream.write_all(format!("{one}{one}{last}").as_bytes()).expect("sent");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("closed");
    assert_eq!((answers.matches(" 200 OK").count(), answers.matches(" 404 ").count()), (2, 1));
}

/// Who waits for a change takes none of the places of those who read, and has a bound of its own.
#[test]
fn many_long_polls_hold_nobody_up() {
    let mut world = world();
    let server = Server::start(&world);
    let tag = server.staging("/items/payments").header("etag").to_owned();
    let ask = format!(
        "GET /api/v1/environments/staging/items/payments HTTP/1.1\r\nHost: {}\r\nIf-None-Match: {tag}\r\nPrefer: wait=60\r\nConnection: close\r\n\r\n",
        server.address
    );
    let mut waiting: Vec<TcpStream> = (0..513)
        .map(|_| {
            let mut stream = TcpStream::connect(&server.address).expect("a connection");
            stream.write_all(ask.as_bytes()).expect("sent");
            stream
        })
        .collect();
    let all_wait = |answer: &Answer| {
        ["terrace_waits 512", "terrace_requests_in_flight 1"]
            .iter()
            .all(|line| answer.body.lines().any(|told| told == *line))
    };
    server.until("/metrics", all_wait);
    assert_eq!(server.staging("/items/payments").status, 200);
    world.write("environments/staging/payments.yaml", "timeout: 9s\n");
    world.commit("faster");
    let mut answers = [0, 0];
    for stream in &mut waiting {
        stream.set_read_timeout(Some(LONG)).expect("a time-out");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let is_refused =
            answer.starts_with("HTTP/1.1 503 ") && answer.to_lowercase().contains("retry-after: 5");
        assert!(is_refused || (answer.starts_with("HTTP/1.1 200 ") && answer.contains("9s")), "{answer}");
        answers[usize::from(is_refused)] += 1;
    }
    assert_eq!(answers, [512, 1]);
}
