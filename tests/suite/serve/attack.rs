//! Many who mean harm, all at once, while somebody reads.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::tokens::token;
use super::{Answer, LONG, Server, world};

const PATH: &str = "/api/v1/environments/staging/items/payments";

/// The memory that a process has, in KiB.
fn memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Sends something and leaves the connection open.
fn open(server: &Server, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.set_read_timeout(Some(LONG)).expect("a time-out");
    stream.write_all(bytes.as_bytes()).expect("sent");
    stream
}

/// Lets this process, and the server that it starts, open as many files as the system allows.
fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    setrlimit(Resource::Nofile, raised).expect("up to the maximum is allowed");
}

/// How long a plain read takes in the middle of some.
fn pace(server: &Server) -> Duration {
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(server.get(PATH).status, 200);
            start.elapsed()
        })
        .collect();
    times.sort();
    times[10]
}

#[test]
fn a_plain_read_is_answered_whoever_else_holds_connections() {
    allow_many_files();
    let world = world();
    let secrets: Vec<String> =
        ["read", "read,write", "read,promote", "read,secrets", "read,metrics", "write,read", "promote,read"]
            .iter()
            .map(|allow| token(&world, "staging", allow))
            .collect();
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy(), "--idle", "120"]);
    server.token = Some(secrets[1].clone());
    let host = &server.address;
    pace(&server);

    // Streams that nobody reads beyond their beginning.
    let before = memory(&server);
    let mut held = Vec::new();
    for number in 0..400 {
        let secret = &secrets[number % secrets.len()];
        let mut stream = open(
            &server,
            &format!(
                "GET /api/v1/environments/staging/events HTTP/1.1\r\nHost: {host}\r\n\
                 Authorization: Bearer {secret}\r\n\r\n"
            ),
        );
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).expect("an answer");
        assert_eq!(&begin, b"HTTP/1.1 200");
        held.push(stream);
    }
    // They take no place of those who read.
    server.token = Some(secrets[4].clone());
    let gauges = server.get("/metrics").body;
    assert!(
        gauges.contains("terrace_streams 400") && gauges.contains("terrace_requests_in_flight 1"),
        "{gauges}"
    );
    server.token = Some(secrets[1].clone());
    let each = memory(&server).saturating_sub(before) * 1024 / 400;
    println!("{each} bytes for each idle stream");
    // The bound is that of a build without optimisation, of which 28 KB were measured.
    assert!(each <= 40_000, "{each} bytes for each idle stream");

    // Half heads, half bodies of strangers and of who may write, and answers that nobody reads.
    let secret = &secrets[1];
    for number in 0..300 {
        held.push(open(&server, &format!("GET {PATH} HTTP/1.1\r\nHost: {host}\r\nX-{number}: ")));
        let whole = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000000\r\n\r\nslow");
        held.push(open(&server, &whole));
        let body = format!(
            "PUT {PATH} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {secret}\r\nIf-None-Match: *\r\n\
             Content-Type: application/yaml\r\nContent-Length: 1000000\r\n\r\na: 1\n"
        );
        held.push(open(&server, &body));
    }
    let one = format!("GET /api/v1/openapi.json HTTP/1.1\r\nHost: {host}\r\n\r\n");
    held.extend((0..20).map(|_| open(&server, &one.repeat(40))));

    let pace = pace(&server);
    println!("{pace:?} for a plain read beside {} connections", held.len());
    assert!(pace <= Duration::from_millis(100), "{pace:?}");
    let grown = memory(&server).saturating_sub(before);
    println!("{grown} KiB more than before");
    assert!(grown <= 150 * 1024, "{grown} KiB");
}

#[test]
fn bodies_without_end_or_bottom_are_refused() {
    let world = world();
    let secret = token(&world, "development,staging", "read,write,promote,secrets");
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(secret);
    let before = server.get(PATH);
    let tag = ("if-match", before.header("etag"));
    let (json, yaml) = (("content-type", "application/json"), ("content-type", "application/yaml"));
    let merge = ("content-type", "application/merge-patch+json");
    let patch = ("content-type", "application/json-patch+json");
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    let (lists, maps) = (deep("[", "]"), deep("{\"a\":", "}"));
    let flow = format!("a: {lists}\n");
    let aliases = (0..30).fold("a0: &a0 [1, 2]\n".to_owned(), |mut text, number| {
        let next = number + 1;
        writeln!(text, "a{next}: &a{next} [*a{number}, *a{number}, *a{number}]").expect("text");
        text
    });
    let item = |field: &str| format!(r#"{{"items":[{{"key":"payments","etag":null,{field}}}]}}"#);
    let staging = "/api/v1/environments/staging";
    let at = |resource: &str| format!("{staging}/{resource}");
    let (changes, promotions, rollbacks) = (at("changes"), at("promotions"), at("rollbacks"));
    let holds = at("holds");
    for (method, path, form, body) in [
        ("PUT", PATH, json, format!("{{\"value\":{lists}}}")),
        ("PUT", PATH, json, maps.clone()),
        ("PUT", PATH, yaml, flow.clone()),
        ("PUT", PATH, yaml, aliases),
        ("PATCH", PATH, merge, maps.clone()),
        ("PATCH", PATH, patch, lists.clone()),
        ("PATCH", PATH, patch, format!(r#"[{{"op":"add","path":"/a","value":{lists}}}]"#)),
        ("PATCH", PATH, patch, format!(r#"[{{"op":"add","path":"{}","value":1}}]"#, "/a".repeat(10_000))),
        ("POST", changes.as_str(), json, item(&format!("\"put\":{maps}"))),
        ("POST", changes.as_str(), json, item(&format!("\"patch\":{lists}"))),
        ("POST", promotions.as_str(), json, format!("{{\"plan\":{maps}}}")),
        ("POST", rollbacks.as_str(), json, format!("{{\"keys\":{lists}}}")),
        ("POST", holds.as_str(), json, lists.clone()),
        ("POST", "/argocd/staging/api/v1/getparams.execute", json, maps.clone()),
        ("POST", "/staging/ofrep/v1/evaluate/flags/payments:pool", json, maps.clone()),
    ] {
        let answer = server.send(method, path, &[form, tag], &body);
        let is_refused = matches!(answer.status, 400 | 409 | 422);
        assert!(is_refused, "{method} {path} {} {answer:.300?}", &body[..40]);
        // It may repeat what was sent, and no more.
        assert!(answer.body.len() < body.len() + 4096, "{method} {path}: {} bytes", answer.body.len());
    }
    let checked = server.send("POST", &format!("{staging}/check/payments"), &[yaml], &flow);
    assert!(matches!(checked.status, 200 | 400 | 422), "{checked:.300?}");

    // Declared, and in pieces without an end that is told.
    let large = "a".repeat(1024 * 1024 + 1);
    let bearer = server.token.as_deref().expect("a token");
    let head = format!(
        "PUT {PATH} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {bearer}\r\nIf-None-Match: *\r\n\
         Content-Type: application/yaml\r\n",
        server.address
    );
    let declared = server.raw(format!("{head}Content-Length: {}\r\n\r\n", large.len()).as_bytes());
    assert!(declared.starts_with("HTTP/1.1 413") && declared.contains("body-too-large"), "{declared}");
    let pieces = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n", large.len());
    let mut stream = open(&server, &pieces);
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 413");
    let after = server.get(PATH);
    assert_eq!((after.status, after.body), (200, before.body));
}

#[test]
fn other_hosts_sites_and_spellings_get_nothing() {
    let server = Server::start_with(&world(), &["--open"]);
    let port = server.address.rsplit(':').next().expect("a port").to_owned();
    for host in [
        "evil.example.com".to_owned(),
        format!("evil.example.com:{port}"),
        format!("localhost.evil.example.com:{port}"),
        format!("127.0.0.1.evil.example.com:{port}"),
        format!("127.0.0.1@evil.example.com:{port}"),
        "0.0.0.0".to_owned(),
    ] {
        let answer = server
            .raw(format!("GET {PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        let is_refused = answer.starts_with("HTTP/1.1 421") || answer.starts_with("HTTP/1.1 400");
        assert!(is_refused && !answer.contains("timeout"), "{host}: {answer}");
    }
    let tag = server.get(PATH).header("etag").to_owned();
    let write = |headers: &[(&str, &str)]| -> Answer {
        let always = [("content-type", "application/yaml"), ("if-match", tag.as_str())];
        server.send("PUT", PATH, &[&always[..], headers].concat(), "timeout: 1s\n")
    };
    for headers in [
        &[("origin", "http://evil.example.com")][..],
        &[("origin", "null")],
        &[("origin", "https://localhost")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.example.com"), ("sec-fetch-site", "same-origin")],
    ] {
        let answer = write(headers);
        assert_eq!((answer.status, answer.problem().as_str()), (403, "foreign-origin"), "{headers:?}");
    }
    let items = "/api/v1/environments/staging/items";
    for spelling in [
        "/..%2fproduction%2fmerger-talks",
        "/../production/merger-talks",
        "/%2e%2e/production/merger-talks",
        "/%252e%252e%252fproduction%252fmerger-talks",
        "/..%5cproduction%5cmerger-talks",
        "/%c0%ae%c0%ae/production/merger-talks",
        "/payments%00",
        "/payments%0d%0aX:%20y",
        "/%ff",
        "/payments.yaml%3f",
        "//payments",
        "/payments/",
        "/./payments",
        "/PAYMENTS%20",
        "/%E2%80%AEpayments",
    ] {
        let answer = server.raw(
            format!(
                "GET {items}{spelling} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                server.address
            )
            .as_bytes(),
        );
        let is_refused = answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 404");
        assert!(is_refused && !answer.contains("soon") && !answer.contains("8s"), "{spelling}: {answer}");
    }
    assert_eq!(server.get(PATH).header("etag"), tag);
}
