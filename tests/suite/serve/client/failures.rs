//! Servers that are away, that point elsewhere, that mix up answers, or that are none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use terrace::{Client, ClientErrorKind, Environment, EnvironmentView};

use super::scripted::{Reply, Request, Scripted, item, problem};

fn staging(server: &Scripted) -> EnvironmentView {
    Client::new(&server.address).expect("an address").token("trc_1").environment(Environment::Staging)
}

fn kind_of(server: &Scripted) -> ClientErrorKind {
    staging(server).get::<u32>("a").expect_err("no value").kind()
}

#[test]
fn a_redirect_is_followed_within_the_server_alone() {
    let other = Scripted::start(|_| item("staging", "a", "t", "1"));
    for (to, is_followed) in [
        (format!("{}/api/v1/environments/staging/items/a", other.address), false),
        (format!("//{}/x", other.address.trim_start_matches("http://")), false),
        ("https://config.example.com/".to_owned(), false),
        (String::new(), false),
        ("/api/v1/environments/staging/items/a?again".to_owned(), true),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let to = to.clone();
            let server = Scripted::start(move |request| match request.target.ends_with("?again") {
                true => item("staging", "a", "t", "1"),
                false => (status, vec![("location", to.clone())], String::new()),
            });
            let read = staging(&server).get::<u32>("a");
            match read {
                Ok(read) => assert!(is_followed && *read == 1, "{status}"),
                Err(error) => {
                    assert_eq!((error.kind(), is_followed), (ClientErrorKind::Redirected, false), "{error}");
                }
            }
        }
    }
    assert_eq!(other.seen().len(), 0, "no request, and no token, went there");
    let round = Scripted::start(|request| (302, vec![("location", request.target.clone())], String::new()));
    assert_eq!(kind_of(&round), ClientErrorKind::Redirected);
    assert!(round.seen().len() < 10);
}

/// A 404 of something that is not Terrace says nothing about an item.
#[test]
fn answers_that_are_no_answers_are_no_values() {
    let html =
        || -> Reply { (404, vec![("content-type", "text/html".to_owned())], "<h1>404</h1>".to_owned()) };
    let untagged = || -> Reply {
        let (status, _, body) = item("staging", "a", "t", "1");
        (status, Vec::new(), body)
    };
    let cases: Vec<(Reply, ClientErrorKind)> = vec![
        (item("production", "a", "t", "1"), ClientErrorKind::OtherEnvironment),
        (item("staging", "b", "t", "1"), ClientErrorKind::OtherEnvironment),
        (item("Staging", "a", "t", "1"), ClientErrorKind::OtherEnvironment),
        (html(), ClientErrorKind::NotTerrace),
        (untagged(), ClientErrorKind::NotTerrace),
        ((200, vec![("etag", "\"t\"".to_owned())], "hello".to_owned()), ClientErrorKind::NotTerrace),
        ((200, vec![("etag", "\"t\"".to_owned())], r#"{"value":1}"#.to_owned()), ClientErrorKind::NotTerrace),
        ((304, Vec::new(), String::new()), ClientErrorKind::NotTerrace),
        ((204, Vec::new(), String::new()), ClientErrorKind::NotTerrace),
        (problem(404, "item-not-found"), ClientErrorKind::NotFound),
        (problem(404, "not-found"), ClientErrorKind::Usage),
        (problem(503, "environment-unavailable"), ClientErrorKind::Unavailable),
        (problem(429, "overloaded"), ClientErrorKind::Unavailable),
        (problem(400, "unknown-environment"), ClientErrorKind::Usage),
    ];
    for (reply, expected) in cases {
        let server = Scripted::start({
            let reply = reply.clone();
            move |_| reply.clone()
        });
        assert_eq!(kind_of(&server), expected, "{reply:?}");
    }
}

#[test]
fn the_last_good_value_stands_in_for_what_the_server_cannot() {
    let folder = tempfile::tempdir().expect("a folder");
    for (reply, is_used) in [
        (problem(500, "internal"), true),
        ((502, Vec::new(), String::new()), true),
        (problem(503, "environment-unavailable"), true),
        (problem(400, "bad-request"), false),
        (problem(401, "unauthorized"), false),
        (problem(403, "forbidden"), false),
        ((404, Vec::new(), String::new()), false),
        (problem(429, "overloaded"), false),
        (item("production", "a", "t", "2"), false),
        ((302, vec![("location", "https://example.com/".to_owned())], String::new()), false),
        (problem(404, "item-not-found"), false),
    ] {
        let asked = AtomicUsize::new(0);
        let shown = format!("{reply:?}");
        let server = Scripted::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => item("staging", "a", "t", "1"),
            _ => reply.clone(),
        });
        let client = Client::new(&server.address).expect("an address").remember_in(folder.path());
        let remote = client.expect("a folder").environment(Environment::Staging);
        assert!(!remote.get::<u32>("a").expect("a value").is_stale(), "{shown}");
        let again = remote.get::<u32>("a");
        assert_eq!(again.is_ok_and(|value| value.is_stale() && *value == 1), is_used, "{shown}");
    }
}

/// Whoever waits is told once that the server is away, and then what changed meanwhile.
#[test]
fn a_watch_outlives_the_server() {
    let asked = AtomicUsize::new(0);
    let server = Scripted::start(move |request: &Request| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => item("staging", "a", "one", "1"),
        1 | 2 => problem(503, "overloaded"),
        3 => (304, Vec::new(), String::new()),
        4 => problem(503, "overloaded"),
        5 => {
            assert_eq!(request.header("if-none-match"), Some("\"one\""));
            item("staging", "a", "two", "2")
        }
        _ => problem(404, "item-not-found"),
    });
    let mut watch = staging(&server).watch::<u32>("a").expect("a watch");
    let mut next = || watch.next().expect("no end").map(|value| *value).map_err(|error| error.kind());
    let start = Instant::now();
    let told: Vec<_> = (0..5).map(|_| next()).collect();
    let away = Err(ClientErrorKind::Unavailable);
    assert_eq!(told, [Ok(1), away, away, Ok(2), Err(ClientErrorKind::NotFound)]);
    assert!(start.elapsed() >= Duration::from_secs(2), "a server that is away is not hammered");
    let seen = server.seen();
    assert_eq!(seen.len(), 7);
    assert_eq!((seen[0].header("prefer"), seen[1].header("prefer")), (None, Some("wait=50")));
    assert!(seen.iter().all(|request| request.header("authorization") == Some("Bearer trc_1")));
}

#[test]
fn a_request_is_given_up() {
    let server = Scripted::start(|_| {
        std::thread::sleep(Duration::from_secs(20));
        item("staging", "a", "t", "1")
    });
    let client = Client::new(&server.address).expect("an address").timeout(Duration::from_millis(200));
    let start = Instant::now();
    let late = client.environment(Environment::Staging).get::<u32>("a").expect_err("too late");
    assert_eq!(late.kind(), ClientErrorKind::Unreachable, "{late}");
    assert!(start.elapsed() < Duration::from_secs(15));
}
