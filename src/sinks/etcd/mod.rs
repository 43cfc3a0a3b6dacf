//! etcd: one transaction where a change fits into one, else several that one publisher owns.
//!
//! A transaction holds 128 operations and 1.5 MiB. What needs more says so by `@state`, is written in
//! chunks that are done only while `@owner` is whoever began, and ends with `@commit`: who reads all
//! at the revision at which `@commit` was changed reads one publication as a whole.

mod gateway;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use self::gateway::{Condition, Gateway, Step, Stored};
use super::{COMMIT, Change, Held, MANIFEST, OWNER, Present, STATE, Sink, Target, manifest, overtaken};
use crate::model::{Environment, Error, Result};

/// etcd's own limit of operations in one transaction.
const OPERATIONS: usize = 128;

/// A request stays below etcd's own limit of 1.5 MiB.
const LARGEST: usize = 1_500_000;

/// One environment's keys in an etcd.
pub(super) struct Etcd {
    gateway: Gateway,
    environment: Environment,
    /// What the keys begin with, the environment's name and its `/` with it.
    prefix: String,
}

impl Etcd {
    pub(super) fn open(target: &Target, environment: Environment) -> Result<Self> {
        let Target::Etcd { tls, host, prefix, credentials } = target else {
            return Err(Error::internal("no etcd is meant"));
        };
        let gateway = Gateway::open(target, *tls, host, credentials)?;
        Ok(Self { gateway, environment, prefix: format!("{prefix}/{environment}/") })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The steps of a change, each with what its key has to be.
    fn steps<'a>(&self, change: &Change<'a>, held: &Held) -> Vec<(Step<'a>, i64)> {
        let version = |name: &str| held.versions.get(name).copied().unwrap_or_default();
        let puts = change.puts.iter().map(|(name, value)| (Step::Put(self.key(name), value), version(name)));
        let removals = change.removals.iter().map(|name| (Step::Delete(self.key(name)), version(name)));
        puts.chain(removals).collect()
    }

    fn transact(&self, own: &[Condition<'_>], steps: Vec<(Step<'_>, Option<i64>)>) -> Result<bool> {
        let mut keys = Vec::new();
        for (step, version) in &steps {
            let (Step::Put(key, _) | Step::Delete(key)) = step;
            keys.extend(version.map(|version| (key.clone(), version)));
        }
        let mut conditions: Vec<Condition<'_>> =
            keys.iter().map(|(key, version)| Condition::Version(key, *version)).collect();
        conditions.extend(own.iter().map(|condition| match condition {
            Condition::Version(key, version) => Condition::Version(key, *version),
            Condition::Value(key, value) => Condition::Value(key, value),
        }));
        let steps: Vec<Step<'_>> = steps.into_iter().map(|(step, _)| step).collect();
        self.gateway.transact(&conditions, &steps)
    }

    /// In chunks: begun, written and ended by one owner.
    fn write_in_chunks(&self, change: &Change<'_>, held: &Held, steps: Vec<(Step<'_>, i64)>) -> Result<()> {
        let me = random_name()?;
        let version = |name: &str| Some(held.versions.get(name).copied().unwrap_or_default());
        let owner = self.key(OWNER);
        let known = held.names.iter().map(String::as_str);
        let both: BTreeSet<&str> = known.chain(change.names.iter().copied()).collect();
        let (both, last) =
            (self.manifest(both.iter().copied())?, self.manifest(change.names.iter().copied())?);
        let commit = self.key(COMMIT);
        let is_as_read = Condition::Version(&commit, version(COMMIT).unwrap_or_default());
        let begin = vec![
            (Step::Put(owner.clone(), me.as_bytes()), version(OWNER)),
            (Step::Put(self.key(STATE), b"writing"), None),
            (Step::Put(self.key(MANIFEST), &both), version(MANIFEST)),
        ];
        if !self.transact(&[is_as_read], begin)? {
            return Err(self.overtaken());
        }
        let is_mine = [Condition::Value(&owner, &me)];
        let mut chunk: Vec<(Step<'_>, Option<i64>)> = Vec::new();
        let mut size = 0;
        for (step, version) in steps {
            let more = step.size();
            if chunk.len() + is_mine.len() >= OPERATIONS || size + more > LARGEST {
                self.write_chunk(&is_mine, std::mem::take(&mut chunk))?;
                size = 0;
            }
            size += more;
            chunk.push((step, Some(version)));
        }
        self.write_chunk(&is_mine, chunk)?;
        let end = vec![
            (Step::Put(self.key(MANIFEST), &last), None),
            (Step::Delete(self.key(STATE)), None),
            (Step::Delete(owner.clone()), None),
            (Step::Put(self.key(COMMIT), change.commit.as_bytes()), None),
        ];
        self.write_chunk(&is_mine, end)
    }

    fn write_chunk(&self, own: &[Condition<'_>], chunk: Vec<(Step<'_>, Option<i64>)>) -> Result<()> {
        if chunk.is_empty() || self.transact(own, chunk)? { Ok(()) } else { Err(self.overtaken()) }
    }

    fn overtaken(&self) -> Error {
        overtaken(self.prefix.trim_end_matches('/'))
    }

    fn manifest<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<Vec<u8>> {
        let text = manifest::write(self.environment, names);
        if text.len() + 2 * self.prefix.len() + 256 > LARGEST {
            let message =
                format!("the names of what is published are {} bytes, which etcd does not take", text.len());
            return Err(Error::undecided(message)
                .with_help("publish whole items instead of single values, or to redis, which takes more"));
        }
        Ok(text)
    }
}

/// Who is at work, until the end of this publication.
fn random_name() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::unreadable(format!("the system gives no random bytes: {error}")))?;
    let mut name = String::new();
    for byte in bytes {
        // A text takes all.
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}

impl Sink for Etcd {
    fn read(&mut self, wanted: &BTreeSet<&str>) -> Result<Held> {
        let mut held = Held::default();
        for Stored { key, value, version } in self.gateway.below(&self.prefix)? {
            // What is not UTF-8 has a name that is not ours.
            let Some(name) = key.get(self.prefix.len()..).and_then(|name| std::str::from_utf8(name).ok())
            else {
                continue;
            };
            held.versions.insert(name.to_owned(), version);
            match name {
                COMMIT => held.commit = Some(String::from_utf8_lossy(&value).into_owned()),
                MANIFEST => held.names = manifest::read(self.environment, &value, &self.key(MANIFEST))?,
                STATE => held.is_writing = true,
                OWNER => {}
                name => _ = held.values.insert(name.to_owned(), Present::Value(value)),
            }
        }
        let names = &held.names;
        held.values.retain(|name, _| names.contains(name) || wanted.contains(name.as_str()));
        Ok(held)
    }

    fn write(&mut self, change: &Change<'_>, held: &Held) -> Result<()> {
        let steps = self.steps(change, held);
        let names = self.manifest(change.names.iter().copied())?;
        let size: usize = steps.iter().map(|(step, _)| step.size()).sum();
        if steps.len() + 4 > OPERATIONS || size + names.len() + 4 * (self.prefix.len() + 128) > LARGEST {
            return self.write_in_chunks(change, held, steps);
        }
        let version = |name: &str| Some(held.versions.get(name).copied().unwrap_or_default());
        let mut steps: Vec<_> = steps.into_iter().map(|(step, version)| (step, Some(version))).collect();
        steps.extend([
            (Step::Put(self.key(MANIFEST), &names), version(MANIFEST)),
            (Step::Delete(self.key(STATE)), version(STATE)),
            (Step::Delete(self.key(OWNER)), version(OWNER)),
            (Step::Put(self.key(COMMIT), change.commit.as_bytes()), version(COMMIT)),
        ]);
        self.write_chunk(&[], steps)
    }

    fn commit(&mut self) -> Result<Option<String>> {
        let found = self.gateway.get(&self.key(COMMIT))?;
        Ok(found.map(|found| String::from_utf8_lossy(&found.value).into_owned()))
    }

    fn full_name(&self, name: &str) -> String {
        self.key(name)
    }

    fn largest(&self) -> usize {
        // Beside it stand its key, and what owns the chunk.
        LARGEST - 2 * self.prefix.len() - 1024
    }
}
