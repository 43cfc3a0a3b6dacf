//! An address that a server is asked for, as it stands in the first line of a request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What stands in the files of each environment, and nowhere else.
pub const FILES: [(&str, &str); 5] = [
    ("environments/development/a.yaml", "x: mark-of-development\n"),
    ("environments/development/b/c.yaml", "l: [1, {name: n, v: mark-of-development}]\n"),
    ("environments/staging/a.yaml", "x: mark-of-staging\n"),
    ("environments/staging/only.yaml", "password: hunter2-hunter2\ny: mark-of-staging\n"),
    ("environments/production/a.yaml", "x: mark-of-production\n"),
];

const NAMES: [&str; 3] = ["development", "staging", "production"];

/// Addresses that answer about two environments on purpose.
const COMPARING: [&str; 4] = ["status", "promotion", "diff", "ui"];

/// Asks for an address; whether there is something.
pub fn address(server: SocketAddr, bytes: &[u8]) -> bool {
    // Otherwise it would be more than the first line, or an answer without an end.
    if bytes.is_empty() || bytes.iter().any(|byte| byte.is_ascii_control() || *byte == b' ') {
        return false;
    }
    let decoded = percent_decoded(bytes);
    if decoded.contains("/events") {
        return false;
    }
    let answer = ask(server, bytes).expect("the server answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse::<u16>().ok());
    let status = status.unwrap_or_else(|| panic!("{answer:?}"));
    assert!(status < 500, "{answer}");
    assert!(!answer.contains("hunter2-hunter2"), "a secret: {answer}");
    if !COMPARING.iter().any(|word| decoded.contains(word)) {
        for name in NAMES {
            let is_told = answer.contains(&format!("mark-of-{name}"));
            assert!(!is_told || decoded.contains(name), "{name} was not asked for: {answer}");
        }
    }
    status == 200
}

fn ask(server: SocketAddr, address: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let rest = format!(" HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[b"GET ", address, rest.as_bytes()].concat())?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if answer.is_empty() => Err(error),
        // Closed with bytes that nobody read.
        Ok(_) | Err(_) => Ok(answer),
    }
}

/// Decoded once, with nothing refused.
fn percent_decoded(bytes: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                decoded.push(byte);
                rest = &behind[2..];
            }
            None => {
                decoded.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
