//! TLS of the server's own, with certificates that openssl makes.

use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::tokens::token;
use super::{Answer, LONG, Server, world};

/// Asks a server, believing this certificate alone.
fn ask(server: &Server, certificate: &str, secret: &str) -> Result<Answer, String> {
    let pem = std::fs::read(certificate).expect("a certificate");
    let root = Certificate::from_pem(&pem).expect("PEM");
    let tls = TlsConfig::builder().root_certs(RootCerts::from(vec![root])).build();
    let config = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false);
    let agent: ureq::Agent = config.timeout_global(Some(LONG)).build().into();
    let port = server.address.rsplit(':').next().expect("a port");
    let address = format!("https://localhost:{port}/api/v1/environments/staging/items/billing/invoices");
    let request = agent.get(address).header("authorization", format!("Bearer {secret}"));
    request.call().and_then(Answer::of).map_err(|error| error.to_string())
}

#[test]
#[ignore = "needs openssl"]
fn a_certificate_is_served_with_and_read_again_when_it_changes() {
    let world = world();
    let secret = token(&world, "staging", "read");
    let [certificate_file, key] = world.certificate("server");
    let [other, other_key] = world.certificate("other");
    let tokens = world.beside("tokens.json").display().to_string();
    let arguments = ["--tokens", &tokens, "--tls-cert", &certificate_file, "--tls-key", &key];
    let server = Server::start_with(&world, &arguments);
    let first = std::fs::read(&certificate_file).expect("a certificate");
    let known = world.beside("known.crt").display().to_string();
    std::fs::write(&known, &first).expect("written");
    let answer = ask(&server, &known, &secret).expect("an answer");
    assert_eq!((answer.status, &answer.json()["value"]["rate"]), (200, &20.into()));
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    assert!(ask(&server, &other, &secret).is_err(), "another certificate is not believed");
    // In the clear there is no answer, and nothing of what was sent is taken for a request.
    assert!(!server.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").contains("200"));
    std::fs::copy(&other_key, &key).expect("copied");
    std::fs::copy(&other, &certificate_file).expect("copied");
    let deadline = std::time::Instant::now() + LONG;
    while ask(&server, &other, &secret).is_err() {
        assert!(std::time::Instant::now() < deadline, "{}", server.told());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    // What cannot be read leaves the one before.
    std::fs::write(&certificate_file, "nothing").expect("written");
    while !server.told().contains("holds no certificate") {
        assert!(std::time::Instant::now() < deadline, "{}", server.told());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(ask(&server, &other, &secret).expect("an answer").status, 200);
}

#[test]
#[ignore = "needs openssl"]
fn what_is_no_certificate_is_told_at_the_start() {
    let world = world();
    let [certificate_file, key] = world.certificate("server");
    let [_, other_key] = world.certificate("other");
    let empty = world.beside("empty").display().to_string();
    std::fs::write(&empty, "").expect("written");
    let missing = world.beside("missing").display().to_string();
    for (certificate, key, told) in [
        (&missing, &key, "cannot read".to_owned()),
        (&empty, &key, format!("{empty} holds no certificate")),
        (&certificate_file, &empty, format!("{empty} holds no private key that can be read")),
        (&certificate_file, &other_key, format!("{other_key} cannot be used with {certificate_file}")),
    ] {
        let line = format!("serve --listen 127.0.0.1:0 --tls-cert {certificate} --tls-key {key}");
        let failed = world.line(&line);
        assert!(failed.stderr.contains(&told) && failed.stderr.contains("help: "), "{}", failed.told());
        assert_eq!(failed.code, 2, "{}", failed.told());
    }
    let alone = world.line(&format!("serve --tls-cert {certificate_file}"));
    assert!(alone.code == 2 && alone.stderr.contains("--tls-key"), "{}", alone.told());
}
