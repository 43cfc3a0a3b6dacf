//! Requests to etcd's JSON gateway: ranges and transactions of the version 3 API.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use ureq::tls::{RootCerts, TlsConfig};

use crate::model::{Error, Result};
use crate::sinks::{Credentials, Target};

/// The largest answer that is read, in bytes.
const LARGEST: u64 = 512 * 1024 * 1024;

/// So many keys are asked for at once.
const PAGE: usize = 200;

/// One etcd.
pub(super) struct Gateway {
    agent: ureq::Agent,
    origin: String,
    token: Option<String>,
    /// As errors name it.
    shown: String,
}

/// A key with its value, and when it was changed.
pub(super) struct Stored {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) version: i64,
}

/// What has to be so for a transaction to be done.
pub(super) enum Condition<'a> {
    /// A key was changed at this revision; 0 for a key that is not there.
    Version(&'a str, i64),
    /// A key has this value.
    Value(&'a str, &'a str),
}

/// One step of a transaction.
pub(super) enum Step<'a> {
    Put(String, &'a [u8]),
    Delete(String),
}

impl Step<'_> {
    /// So many bytes of a request it is.
    pub(super) fn size(&self) -> usize {
        // The key stands in its condition too; the rest is what the wire format adds.
        match self {
            Self::Put(key, value) => 2 * key.len() + value.len() + 64,
            Self::Delete(key) => 2 * key.len() + 64,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RangeAnswer {
    header: Header,
    kvs: Vec<KeyValue>,
    more: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Header {
    revision: Count,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyValue {
    key: String,
    value: String,
    mod_revision: Count,
}

/// A 64 bit number, which JSON holds as a text.
#[derive(Default, Deserialize)]
#[serde(try_from = "String")]
struct Count(i64);

impl TryFrom<String> for Count {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TxnAnswer {
    succeeded: bool,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    message: String,
    error: String,
    code: u32,
}

impl Gateway {
    pub(super) fn open(target: &Target, tls: bool, host: &str, who: &Credentials) -> Result<Self> {
        let port =
            if host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']')) { "" } else { ":2379" };
        let scheme = if tls { "https" } else { "http" };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(30)))
            .tls_config(tls_config(who)?)
            .user_agent(concat!("terrace/", env!("CARGO_PKG_VERSION")));
        let (agent, origin) = (config.build().into(), format!("{scheme}://{host}{port}"));
        let mut gateway = Self { agent, origin, token: None, shown: target.to_string() };
        match (&who.user, &who.password) {
            (None, None) => {}
            (Some(user), Some(password)) => {
                let asked = json!({ "name": user, "password": password });
                let answer: TokenAnswer = gateway.ask("/v3/auth/authenticate", &asked)?;
                gateway.token = Some(answer.token);
            }
            (Some(_), None) | (None, Some(_)) => {
                let message =
                    format!("{target} is given a user without a password, or a password without a user");
                return Err(
                    Error::usage(message).with_help("set TERRACE_ETCD_USER and TERRACE_ETCD_PASSWORD")
                );
            }
        }
        Ok(gateway)
    }

    /// All keys that begin with a text, at one revision.
    pub(super) fn below(&self, prefix: &str) -> Result<Vec<Stored>> {
        let (mut from, end) = (prefix.as_bytes().to_vec(), after(prefix));
        let (mut found, mut revision) = (Vec::new(), 0);
        loop {
            let asked = json!({
                "key": STANDARD.encode(&from), "range_end": STANDARD.encode(&end),
                "limit": PAGE.to_string(), "revision": revision.to_string(),
            });
            let answer: RangeAnswer = self.ask("/v3/kv/range", &asked)?;
            revision = answer.header.revision.0;
            let is_last = !answer.more || answer.kvs.is_empty();
            for kv in answer.kvs {
                found.push(self.stored(&kv)?);
            }
            match found.last() {
                // The next key there can be.
                Some(last) if !is_last => from = [&last.key[..], &[0]].concat(),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// One key.
    pub(super) fn get(&self, key: &str) -> Result<Option<Stored>> {
        let answer: RangeAnswer = self.ask("/v3/kv/range", &json!({ "key": STANDARD.encode(key) }))?;
        answer.kvs.first().map(|kv| self.stored(kv)).transpose()
    }

    /// Does all of this if all conditions hold, or nothing; says whether.
    pub(super) fn transact(&self, conditions: &[Condition<'_>], steps: &[Step<'_>]) -> Result<bool> {
        let compare: Vec<Json> = conditions.iter().map(condition).collect();
        let success: Vec<Json> = steps.iter().map(step).collect();
        let asked = json!({ "compare": compare, "success": success });
        let answer: TxnAnswer = self.ask("/v3/kv/txn", &asked)?;
        Ok(answer.succeeded)
    }

    fn stored(&self, kv: &KeyValue) -> Result<Stored> {
        let decoded = |text: &str| STANDARD.decode(text).map_err(|error| self.unreadable(&error.to_string()));
        Ok(Stored { key: decoded(&kv.key)?, value: decoded(&kv.value)?, version: kv.mod_revision.0 })
    }

    fn ask<T: for<'de> Deserialize<'de>>(&self, path: &str, asked: &Json) -> Result<T> {
        let mut request = self.agent.post(format!("{}{path}", self.origin));
        if let Some(token) = &self.token {
            request = request.header("authorization", token);
        }
        let sent = request.header("content-type", "application/json").send(asked.to_string().as_bytes());
        let mut answer = sent.map_err(|error| self.unreachable(&error))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        let body = body.map_err(|error| self.unreachable(&error))?;
        if status != 200 {
            return Err(self.refused(status, serde_json::from_slice(&body).unwrap_or_default()));
        }
        serde_json::from_slice(&body).map_err(|error| self.unreadable(&error.to_string()))
    }

    fn unreachable(&self, error: &ureq::Error) -> Error {
        Error::busy(format!("{} cannot be reached: {error}", self.shown))
            .with_help("see that etcd runs there, and over TLS with a certificate that the web's authorities or those in TERRACE_ETCD_CA signed; the same may succeed later")
    }

    fn unreadable(&self, why: &str) -> Error {
        Error::state(format!("{} does not answer as etcd 3.4 or later does: {why}", self.shown))
            .with_help("see that the address is that of etcd's clients, usually port 2379")
    }

    fn refused(&self, status: u16, problem: Problem) -> Error {
        let said = if problem.message.is_empty() { problem.error } else { problem.message };
        // 14 is gRPC's word for a server that is not ready: it starts, or has no leader.
        let may_pass = problem.code == 14 || said.contains("no leader") || said.contains("timed out");
        let error = if may_pass { Error::busy } else { Error::state };
        let help = match status {
            401 | 403 => {
                "give a user that may read and write there: TERRACE_ETCD_USER and TERRACE_ETCD_PASSWORD"
            }
            404 => "the gateway of the version 3 API is asked below /v3, as etcd 3.4 and later have it",
            _ if may_pass => "the same may succeed later",
            _ => "see what etcd says, and in its log",
        };
        let said = if said.is_empty() { format!("status {status}") } else { said };
        let is_user = said.contains("user name is empty") || said.contains("authentication failed");
        let help = if is_user {
            "give a user that may read and write there: TERRACE_ETCD_USER and TERRACE_ETCD_PASSWORD"
        } else {
            help
        };
        error(format!("{} refuses: {said}", self.shown)).with_help(help)
    }
}

/// Certificates are verified by the web's authorities, or by those that were given.
fn tls_config(who: &Credentials) -> Result<TlsConfig> {
    let Some(certificates) = who.certificates("TERRACE_ETCD_CA")? else {
        return Ok(TlsConfig::builder().build());
    };
    Ok(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build())
}

/// The first key after all that begin with a text that ends in ASCII.
fn after(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

fn condition(condition: &Condition<'_>) -> Json {
    match condition {
        Condition::Version(key, version) => json!({
            "key": STANDARD.encode(key), "target": "MOD", "result": "EQUAL",
            "mod_revision": version.to_string(),
        }),
        Condition::Value(key, value) => json!({
            "key": STANDARD.encode(key), "target": "VALUE", "result": "EQUAL", "value": STANDARD.encode(value),
        }),
    }
}

fn step(step: &Step<'_>) -> Json {
    match step {
        Step::Put(key, value) => {
            json!({ "request_put": { "key": STANDARD.encode(key), "value": STANDARD.encode(value) } })
        }
        Step::Delete(key) => json!({ "request_delete_range": { "key": STANDARD.encode(key) } }),
    }
}
