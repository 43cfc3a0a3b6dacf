//! redis: what was read is watched, and all of a change is one `MULTI`, whatever its size.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::{
    Client, Connection, ConnectionAddr, ErrorKind, IntoConnectionInfo, Pipeline, RedisConnectionInfo,
    RedisError, ServerErrorKind, TlsCertificates,
};

use super::{COMMIT, Change, Credentials, Held, MANIFEST, Present, Sink, Target, manifest, overtaken};
use crate::model::{Environment, Error, Result};

const PATIENCE: Duration = Duration::from_secs(30);
const CONNECTS: Duration = Duration::from_secs(5);

/// So many keys are asked for at once.
const PAGE: usize = 500;

/// The largest value that redis takes.
const LARGEST: usize = 512 * 1024 * 1024;

/// One environment's keys in a redis.
pub(super) struct Redis {
    connection: Connection,
    environment: Environment,
    prefix: String,
    /// As errors name it.
    shown: String,
}

impl Redis {
    pub(super) fn open(target: &Target, environment: Environment) -> Result<Self> {
        let Target::Redis { tls, host, port, database, prefix, credentials } = target else {
            return Err(Error::internal("no redis is meant"));
        };
        let shown = target.to_string();
        let (host, port) = (host.trim_matches(['[', ']']).to_owned(), *port);
        let address = match tls {
            true => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            false => ConnectionAddr::Tcp(host, port),
        };
        // What holds no certificate is told before anybody is asked.
        credentials.certificates("TERRACE_REDIS_CA")?;
        let connect = || {
            let info = address.into_connection_info()?.set_redis_settings(settings(*database, credentials));
            let client = match (tls, &credentials.authorities) {
                (true, Some(pem)) => {
                    let believed = TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) };
                    Client::build_with_tls(info, believed)?
                }
                _ => Client::open(info)?,
            };
            let connection = client.get_connection_with_timeout(CONNECTS)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection.set_write_timeout(Some(PATIENCE))?;
            Ok(connection)
        };
        let connection = connect().map_err(|error| failed(&shown, &error))?;
        Ok(Self { connection, environment, prefix: format!("{prefix}/{environment}/"), shown })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn ask<T: redis::FromRedisValue>(&mut self, pipeline: &Pipeline) -> Result<T> {
        pipeline.query(&mut self.connection).map_err(|error| failed(&self.shown, &error))
    }

    /// Watches names from here on, and reads what stands there.
    fn watch(&mut self, names: &[&str]) -> Result<Vec<Option<Present>>> {
        let mut found = Vec::new();
        for names in names.chunks(PAGE) {
            let keys: Vec<String> = names.iter().map(|name| self.key(name)).collect();
            let mut pipeline = Pipeline::new();
            pipeline.cmd("WATCH").arg(&keys).ignore();
            for key in &keys {
                pipeline.cmd("TYPE").arg(key);
            }
            // What is no text reads as nothing here.
            pipeline.cmd("MGET").arg(&keys);
            let mut answers: Vec<redis::Value> = self.ask(&pipeline)?;
            let values = answers.pop().map(redis::from_redis_value::<Vec<Option<Vec<u8>>>>);
            let values = values.transpose().map_err(|error| unreadable(&self.shown, &error.to_string()))?;
            for (kind, value) in answers.into_iter().zip(values.unwrap_or_default()) {
                let kind: String = redis::from_redis_value(kind)
                    .map_err(|error| unreadable(&self.shown, &error.to_string()))?;
                found.push(match (kind.as_str(), value) {
                    (_, Some(value)) => Some(Present::Value(value)),
                    ("none", None) => None,
                    (kind, None) => Some(Present::Other(format!("a {kind}"))),
                });
            }
        }
        Ok(found)
    }

    /// The bytes that stand under one of our own names.
    fn own(&self, name: &str, present: Option<Present>) -> Result<Option<Vec<u8>>> {
        match present {
            None => Ok(None),
            Some(Present::Value(value)) => Ok(Some(value)),
            Some(Present::Other(kind)) => {
                let message = format!("{} is {kind}, and not what terrace published", self.key(name));
                Err(Error::state(message).with_help("remove it, or publish under a free prefix"))
            }
        }
    }
}

fn settings(database: i64, credentials: &Credentials) -> RedisConnectionInfo {
    let mut settings = RedisConnectionInfo::default().set_db(database).set_skip_set_lib_name();
    if let Some(user) = &credentials.user {
        settings = settings.set_username(user);
    }
    if let Some(password) = &credentials.password {
        settings = settings.set_password(password);
    }
    settings
}

fn failed(shown: &str, error: &RedisError) -> Error {
    let is_starting = matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::TryAgain
        )
    );
    if error.is_io_error() || error.is_connection_refusal() || error.is_timeout() || is_starting {
        return Error::busy(format!("{shown} cannot be reached: {error}")).with_help(
            "see that redis runs there, and over TLS with a certificate that the web's authorities or those in TERRACE_REDIS_CA signed; the same may succeed later",
        );
    }
    Error::state(format!("{shown} refuses: {error}")).with_help(
        "see that the user may read, write, watch and publish there: TERRACE_REDIS_USER and TERRACE_REDIS_PASSWORD",
    )
}

fn unreadable(shown: &str, why: &str) -> Error {
    Error::state(format!("{shown} does not answer as redis does: {why}")).with_help("see what runs there")
}

impl Sink for Redis {
    fn read(&mut self, wanted: &BTreeSet<&str>) -> Result<Held> {
        let mut held = Held::default();
        let mut found = self.watch(&[COMMIT, MANIFEST])?.into_iter();
        let commit = self.own(COMMIT, found.next().flatten())?;
        held.commit = commit.map(|commit| String::from_utf8_lossy(&commit).into_owned());
        if let Some(text) = self.own(MANIFEST, found.next().flatten())? {
            held.names = manifest::read(self.environment, &text, &self.key(MANIFEST))?;
        }
        let names: BTreeSet<&str> =
            held.names.iter().map(String::as_str).chain(wanted.iter().copied()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let present = self.watch(&names)?;
        let values =
            names.iter().zip(present).filter_map(|(name, present)| Some(((*name).to_owned(), present?)));
        let values = values.collect();
        held.values = values;
        Ok(held)
    }

    fn write(&mut self, change: &Change<'_>, _: &Held) -> Result<()> {
        let mut pipeline = Pipeline::new();
        pipeline.atomic();
        for (name, value) in &change.puts {
            pipeline.cmd("SET").arg(self.key(name)).arg(*value);
        }
        for name in &change.removals {
            pipeline.cmd("DEL").arg(self.key(name));
        }
        let names = manifest::write(self.environment, change.names.iter().copied());
        pipeline.cmd("SET").arg(self.key(MANIFEST)).arg(names);
        pipeline.cmd("SET").arg(self.key(COMMIT)).arg(change.commit);
        pipeline.cmd("PUBLISH").arg(self.key(COMMIT)).arg(change.commit);
        let done: Option<Vec<redis::Value>> = self.ask(&pipeline)?;
        // Nothing is answered, and nothing done, where what was watched has changed.
        done.map(drop).ok_or_else(|| overtaken(self.prefix.trim_end_matches('/')))
    }

    fn commit(&mut self) -> Result<Option<String>> {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("GET").arg(self.key(COMMIT));
        let found: Vec<Option<Vec<u8>>> = self.ask(&pipeline)?;
        Ok(found.into_iter().next().flatten().map(|commit| String::from_utf8_lossy(&commit).into_owned()))
    }

    fn full_name(&self, name: &str) -> String {
        self.key(name)
    }

    fn largest(&self) -> usize {
        LARGEST
    }
}
