//! Nobody keeps the server from answering others.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{LONG, Server, world};

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
    assert!(server.raw(large.as_bytes()).starts_with("HTTP/1.1 431"));
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
