//! Behind a proxy, which asks for others.

use super::tokens::token;
use super::{Server, world};

const ITEM: &str = "/api/v1/environments/staging/items/payments";

#[test]
fn what_a_proxy_says_counts_behind_one_alone() {
    let world = world();
    let secret = token(&world, "staging", "read,write");
    let file = world.beside("tokens.json");
    let file = file.to_string_lossy();
    let arguments = ["--tokens", &file, "--host", "terrace.example.com", "--behind-proxy"];
    let write = |server: &Server, host: &str| {
        let tag = server.get(ITEM).header("etag").to_owned();
        let said = [
            ("x-forwarded-for", "198.51.100.1, 192.0.2.7"),
            ("x-forwarded-host", host),
            ("x-forwarded-proto", "https"),
            ("origin", "https://terrace.example.com"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/merge-patch+json"),
            ("if-match", tag.as_str()),
        ];
        server.send("PATCH", ITEM, &said, r#"{"timeout": "9s"}"#)
    };

    let mut server = Server::start_with(&world, &arguments);
    server.token = Some(secret.clone());
    let answer = write(&server, "terrace.example.com");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("strict-transport-security").starts_with("max-age="), "{answer:?}");
    server.tells(r#""from":"192.0.2.7""#);
    let answer = write(&server, "evil.example.com");
    assert_eq!((answer.status, answer.problem()), (421, "misdirected-request".to_owned()));
    drop(server);

    let mut server = Server::start_with(&world, &arguments[..4]);
    server.token = Some(secret);
    let answer = write(&server, "terrace.example.com");
    assert_eq!((answer.status, answer.problem()), (403, "foreign-origin".to_owned()));
    assert_eq!(answer.header("strict-transport-security"), "");
    let told = server.tells("refused 403");
    assert!(told.contains("127.0.0.1") && !told.contains("192.0.2.7"), "{told}");
}
