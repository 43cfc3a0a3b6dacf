//! `serve`, with the real binary, real connections and real repositories. Every wait is for a condition.

mod addresses;
mod attack;
#[cfg(feature = "client")]
mod attempts;
#[cfg(feature = "client")]
mod client;
mod contract;
mod crowd;
#[cfg(target_os = "linux")]
mod disk_full;
mod dropin;
mod elsewhere;
mod events;
mod followed;
mod isolation;
mod kills;
mod last_good;
mod limits;
mod page;
mod problems;
mod promotes;
mod proxy;
mod reads;
mod replica;
#[cfg(feature = "client")]
mod sequences;
mod start;
#[cfg(feature = "client")]
mod tls;
mod tokens;
mod unmasked;
mod writes;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::World;

/// Far longer than anything takes, however busy the machine.
const LONG: Duration = Duration::from_secs(90);

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    agent: ureq::Agent,
    told: Arc<Mutex<String>>,
    /// Sent with every request.
    token: Option<String>,
}

/// An answer, without its date.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn of(mut answer: http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let text = |value: &http::HeaderValue| value.to_str().expect("ASCII").to_owned();
        // When it was given is no part of what it says.
        let said = answer.headers().iter().filter(|(name, _)| *name != "date");
        let headers = said.map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = String::from_utf8(answer.body_mut().read_to_vec()?).expect("UTF-8");
        Ok(Self { status: answer.status().as_u16(), headers, body })
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The name of a problem, which has everything that problems have.
    fn problem(&self) -> String {
        let problem = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(problem["status"], self.status, "{self:?}");
        let is_sentence = problem["detail"].as_str().is_some_and(|text| !text.is_empty());
        for said in ["title", "detail", "help"].map(|field| problem[field].as_str().unwrap_or_default()) {
            assert!(!names_a_command(said), "a caller of the API has no command line: {self:?}");
        }
        assert!(is_sentence && problem["title"].is_string(), "{self:?}");
        let name = problem["type"].as_str().and_then(|name| name.strip_prefix("urn:terrace:problem:"));
        name.unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

/// Whether a sentence names a command or an option of terrace.
fn names_a_command(said: &str) -> bool {
    let words: Vec<&str> = said.split([' ', '`', '\n', '(', ')']).collect();
    let is_verb = |word: &str| word.starts_with(|first: char| first.is_ascii_lowercase() || first == '-');
    let is_command = words.windows(2).any(|pair| pair[0] == "terrace" && is_verb(pair[1]));
    let is_git = words.contains(&"git");
    is_command || (!is_git && words.iter().any(|word| word.starts_with("--") && word.len() > 2))
}

#[test]
fn a_command_in_a_sentence_is_seen() {
    for said in ["see `terrace list`", "terrace --help", "give `--env staging`", "or --open (to all)"] {
        assert!(names_a_command(said), "{said}");
    }
    for said in
        ["`git fetch --refetch --no-filter` completes it", "what terrace, and others, wrote", "a -- b"]
    {
        assert!(!names_a_command(said), "{said}");
    }
}

impl Server {
    pub(crate) fn start(world: &World) -> Self {
        Self::start_with(world, &[])
    }

    fn start_with(world: &World, arguments: &[&str]) -> Self {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        Self::started(command)
    }

    /// A server whose command is made already.
    fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("terrace runs");
        let (told, mut err) = (Arc::new(Mutex::new(String::new())), child.stderr.take().expect("a pipe"));
        let heard = Arc::clone(&told);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = err.read(&mut bytes) {
                heard.lock().expect("no panic").push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("listening on ").and_then(|place| place.split_once("://"));
        let address = address.map(|(_, address)| address.to_owned());
        let address = address.unwrap_or_else(|| panic!("{line:?} {:?}", told.lock()));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(LONG));
        Self { child, address, agent: config.build().into(), told, token: None }
    }

    fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.call().and_then(Answer::of);
        answer.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// A request that writes.
    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_send(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        self.try_ask(self.token.as_deref(), (method, path), headers, body)
    }

    /// A request with another token, or none.
    fn ask(
        &self,
        token: Option<&str>,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let answer = self.try_ask(token, (method, path), headers, body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_ask(
        &self,
        token: Option<&str>,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let mut request =
            http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Answer::of(self.agent.run(request.body(body.to_owned()).expect("a request"))?)
    }

    /// Something of staging.
    fn staging(&self, path: &str) -> Answer {
        self.get(&format!("/api/v1/environments/staging{path}"))
    }

    /// What is answered to these very bytes, until the server closes the connection.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(LONG)).expect("a time-out");
        stream.write_all(bytes).expect("sent");
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            // Closed with bytes that nobody read.
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Waits until an environment is at the branch's newest commit, served or held back.
    fn arrives(&self, world: &World, environment: &str) {
        let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let is_there = |answer: &Answer| {
            let json = answer.json();
            json["commit"] == *head || json["held_back"]["commit"] == *head
        };
        self.until(&format!("/api/v1/environments/{environment}"), is_there);
    }

    /// Asks until the answer is right.
    fn until(&self, path: &str, is_right: impl Fn(&Answer) -> bool) -> Answer {
        let end = Instant::now() + LONG;
        loop {
            let answer = self.get(path);
            if is_right(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{answer:?} {:?}", self.told.lock());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What was told on standard error, once it holds `text`: the log is read beside the answers.
    fn tells(&self, text: &str) -> String {
        let end = Instant::now() + LONG;
        while !self.told().contains(text) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
        let told = self.told();
        assert!(told.contains(text), "{text} is not told: {told}");
        told
    }

    /// What was told on standard error so far.
    fn told(&self) -> String {
        self.told.lock().expect("no panic").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Payments everywhere; staging has a secret, a nested key, a file of two documents, and a schema.
fn world() -> World {
    World::with(&[
        ("environments/development/payments.yaml", "timeout: 5s\npool: 10\n"),
        (
            "environments/staging/payments.yaml",
            "# whose\ntimeout: 8s\npool: 1.10\nhex: 0x1F\ndb: {host: db.stg.example.com, password: hunter2-hunter2}\n\
             servers:\n- {name: api, port: 80}\n- {name: web, port: 81}\n",
        ),
        ("environments/staging/billing/invoices.yaml", "rate: 20\nname: a b\nnone: null\nlist: [1, 2]\n"),
        ("environments/staging/several.yaml", "a: 1\n---\nb: 2\n"),
        ("environments/production/payments.yaml", "timeout: 5s\npool: 40\n"),
        ("environments/production/merger-talks.yaml", "date: soon\n"),
        ("schemas/billing/invoices.schema.json", r#"{"properties": {"rate": {"type": "integer"}}}"#),
    ])
}
