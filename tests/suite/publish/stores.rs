//! Stores that run: an etcd, a redis, and a proxy that holds requests up.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::until;

/// A port that nobody else gets until its store listens, or listens again: none of those that the system gives
/// to whoever asks for any, or connects.
fn free_port() -> u16 {
    const PORTS: std::ops::Range<u16> = 12_000..32_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another run of the tests beside this one begins elsewhere.
    let begin = std::process::id().wrapping_mul(97);
    let mut ports = PORTS.map(|_| {
        let number = begin.wrapping_add(NEXT.fetch_add(1, Ordering::SeqCst).into());
        PORTS.start + (number % u32::from(PORTS.end - PORTS.start)) as u16
    });
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a port")
}

/// A process that ends with its test.
struct Process(Child);

impl Process {
    /// Starts a store that writes a log, and waits until it is there.
    fn start(command: &mut Command, log: PathBuf, is_there: impl Fn() -> bool) -> Self {
        let file = File::create(&log).expect("a file");
        let command = command.stdin(Stdio::null()).stdout(file.try_clone().expect("a file")).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut process = Self(child);
        until("a store", || {
            let ended = process.0.try_wait().expect("a child");
            let told = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(ended.is_none(), "{command:?} ended: {}", told());
            is_there()
        });
        process
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An etcd of its own.
pub(super) struct Etcd {
    folder: TempDir,
    port: u16,
    peer: u16,
    /// Its certificate and key, where it speaks TLS.
    certificate: Option<[String; 2]>,
    process: Option<Process>,
}

impl Etcd {
    pub(super) fn start() -> Self {
        Self::started(None)
    }

    /// One that speaks TLS alone.
    pub(super) fn start_tls(certificate: [String; 2]) -> Self {
        Self::started(Some(certificate))
    }

    fn started(certificate: Option<[String; 2]>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut etcd = Self { folder, port: free_port(), peer: free_port(), certificate, process: None };
        etcd.up();
        etcd
    }

    pub(super) fn up(&mut self) {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        let (client, peer) =
            (format!("{scheme}://127.0.0.1:{}", self.port), format!("http://127.0.0.1:{}", self.peer));
        let mut command = Command::new("etcd");
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        command.args(["--listen-client-urls", &client]);
        command.args(["--advertise-client-urls", &client, "--listen-peer-urls", &peer]);
        command.args(["--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("default={peer}")]);
        if let Some([certificate, key]) = &self.certificate {
            command.args(["--cert-file", certificate, "--key-file", key]);
        }
        let is_there = || match self.certificate {
            // It listens once it is a member.
            Some(_) => TcpStream::connect(("127.0.0.1", self.port)).is_ok(),
            None => self.ask("/v3/kv/range", &json!({ "key": "AA==" })).is_some(),
        };
        self.process = Some(Process::start(&mut command, self.folder.path().join("log"), is_there));
    }

    pub(super) fn down(&mut self) {
        self.process = None;
    }

    pub(super) fn address(&self, prefix: &str) -> String {
        let scheme = if self.certificate.is_some() { "etcds" } else { "etcd" };
        format!("{scheme}://127.0.0.1:{}/{prefix}", self.port)
    }

    fn ask(&self, path: &str, asked: &Value) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let mut answer = ureq::post(url).send(asked.to_string().as_bytes()).ok()?;
        serde_json::from_slice(&answer.body_mut().read_to_vec().ok()?).ok()
    }

    pub(super) fn put(&self, key: &str, value: &str) {
        let asked = json!({ "key": STANDARD.encode(key), "value": STANDARD.encode(value) });
        self.ask("/v3/kv/put", &asked).expect("an answer");
    }

    /// Asks etcd for something else.
    pub(super) fn admin(&self, path: &str, asked: &Value) -> Value {
        self.ask(path, asked).expect("an answer")
    }

    /// Everything there is.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let asked = json!({ "key": STANDARD.encode([0]), "range_end": STANDARD.encode([0]) });
        let answer = self.ask("/v3/kv/range", &asked).expect("an answer");
        let text = |value: &Value| {
            let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).expect("base64");
            String::from_utf8(bytes).expect("UTF-8")
        };
        let all = answer["kvs"].as_array().into_iter().flatten();
        all.map(|kv| (text(&kv["key"]), text(&kv["value"]))).collect()
    }

    /// A way to it that lets so many transactions pass, and holds the next one up.
    pub(super) fn proxy(&self, transactions: usize) -> Proxy {
        Proxy::start(self.port, transactions)
    }
}

/// A redis of its own, which keeps nothing on disk.
pub(super) struct Redis {
    folder: TempDir,
    port: u16,
    process: Option<Process>,
}

impl Redis {
    pub(super) fn start() -> Self {
        let mut redis = Self { folder: TempDir::new().expect("a folder"), port: free_port(), process: None };
        redis.up();
        redis
    }

    /// One that speaks TLS beside; gives the address.
    pub(super) fn start_tls([certificate, key]: &[String; 2], prefix: &str) -> (Self, String) {
        let mut redis = Self { folder: TempDir::new().expect("a folder"), port: free_port(), process: None };
        let port = free_port().to_string();
        let more = ["--tls-port", &port, "--tls-cert-file", certificate, "--tls-key-file", key];
        redis.run(&[&more[..], &["--tls-auth-clients", "no"]].concat());
        (redis, format!("rediss://localhost:{port}/1?prefix={prefix}"))
    }

    pub(super) fn up(&mut self) {
        self.run(&[]);
    }

    fn run(&mut self, more: &[&str]) {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.arg("--dir").arg(self.folder.path()).args(more);
        let is_there = || self.connect().is_ok_and(|mut it| redis::cmd("PING").exec(&mut it).is_ok());
        self.process = Some(Process::start(&mut command, self.folder.path().join("log"), is_there));
    }

    pub(super) fn down(&mut self) {
        self.process = None;
    }

    pub(super) fn address(&self, prefix: &str) -> String {
        format!("redis://127.0.0.1:{}/1?prefix={prefix}", self.port)
    }

    fn connect(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(format!("redis://127.0.0.1:{}/1", self.port))?.get_connection()
    }

    pub(super) fn connection(&self) -> redis::Connection {
        self.connect().expect("redis")
    }

    /// What redis answers to a line of words.
    pub(super) fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).query(&mut self.connection()).expect("an answer")
    }

    /// All texts there are.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let mut keys: Vec<String> = self.ask(&["KEYS", "*"]);
        keys.retain(|key| self.ask::<String>(&["TYPE", key]) == "string");
        keys.into_iter().map(|key| (key.clone(), self.ask(&["GET", &key]))).collect()
    }
}

/// A way to a store that holds a request up.
pub(super) struct Proxy {
    port: u16,
    /// So many transactions may still pass.
    left: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(to: u16, transactions: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (left, held) = (Arc::new(AtomicUsize::new(transactions)), Arc::new(AtomicUsize::new(0)));
        let (may, seen) = (Arc::clone(&left), Arc::clone(&held));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (may, seen) = (Arc::clone(&may), Arc::clone(&seen));
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let (back, forth) =
                    (server.try_clone().expect("a stream"), client.try_clone().expect("a stream"));
                std::thread::spawn(move || pass(back, forth));
                std::thread::spawn(move || pass_requests(client, server, &may, &seen));
            }
        });
        Self { port, left, held }
    }

    pub(super) fn address(&self, prefix: &str) -> String {
        format!("etcd://127.0.0.1:{}/{prefix}", self.port)
    }

    /// Waits until a transaction is held up.
    pub(super) fn holds(&self) {
        until("a transaction that is held up", || self.held.load(Ordering::SeqCst) > 0);
    }

    /// Lets everything pass.
    pub(super) fn let_go(&self) {
        self.left.store(usize::MAX, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 65536];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
}

fn pass_requests(mut from: TcpStream, mut to: TcpStream, left: &AtomicUsize, held: &AtomicUsize) {
    let mut bytes = [0; 65536];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        // A request's first line comes at once.
        if bytes.starts_with(b"POST /v3/kv/txn") {
            while left.load(Ordering::SeqCst) == 0 {
                held.store(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(10));
            }
            left.fetch_sub(1, Ordering::SeqCst);
        }
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
}
