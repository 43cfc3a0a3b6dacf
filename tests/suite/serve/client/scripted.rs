//! A server of one's own on a loopback port, that answers as a test wants.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Status, headers, body.
pub(super) type Reply = (u16, Vec<(&'static str, String)>, String);

/// A server; it ends with the test's process.
pub(super) struct Scripted {
    pub(super) address: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    pub(super) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    seen.lock().expect("no panic").push(request.clone());
                    write(&stream, answer(&request));
                });
            }
        });
        Self { address, seen }
    }

    /// The requests that came so far.
    pub(super) fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut start = lines.first()?.split(' ');
    let (method, target) = (start.next()?.to_owned(), start.next()?.to_owned());
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers: BTreeMap<_, _> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body: String::from_utf8(body).ok()? })
}

fn write(mut stream: &TcpStream, (status, headers, body): Reply) {
    let mut text = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if ![204, 304].contains(&status) {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    // Who asks may be gone.
    let _ = stream.write_all(format!("{text}\r\n{body}").as_bytes());
}

/// An item as the API answers with it.
pub(super) fn item(environment: &str, key: &str, tag: &str, value: &str) -> Reply {
    let body = format!(
        r#"{{"version":1,"key":"{key}","environment":"{environment}","file":"environments/{environment}/{key}.yaml","value":{value}}}"#
    );
    (200, vec![("content-type", "application/json".to_owned()), ("etag", format!("\"{tag}\""))], body)
}

/// A problem as the API answers with it.
pub(super) fn problem(status: u16, name: &str) -> Reply {
    let body = format!(
        r#"{{"type":"urn:terrace:problem:{name}","title":"t","status":{status},"detail":"{name} it is","help":"do"}}"#
    );
    (status, vec![("content-type", "application/problem+json".to_owned())], body)
}
