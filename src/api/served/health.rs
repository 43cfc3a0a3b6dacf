//! Whether the server is well.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::findings::line;
use crate::model::Environment;

/// Whether the server is well.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health")]
pub(super) struct HealthReport<'a> {
    /// `ok`, `ready` or `stopping`.
    status: &'a str,
    /// How each environment stands that the caller may read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environments: Vec<EnvironmentHealth>,
    /// How the branch stands to the remote that it follows; left out where it follows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    replica: Option<ReplicaHealth>,
}

/// How the served branch stands to the remote that it follows.
#[derive(Serialize, JsonSchema)]
pub struct ReplicaHealth {
    /// `following`, `unreachable`, `branch-missing`, or `diverged` where the remote does not have all
    /// of the branch.
    pub condition: &'static str,
    /// Whether writes are refused for that.
    #[serde(rename = "read_only")]
    pub is_read_only: bool,
    /// When the remote last answered, in seconds since 1970-01-01 UTC.
    pub fetched: Option<i64>,
    /// So many seconds ago.
    pub age: Option<u64>,
    /// So many commits of the branch the remote does not have; told to who may read all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<usize>,
    /// So many commits of the remote the branch does not have; told to who may read all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<usize>,
}

/// How one environment stands.
#[derive(Serialize, JsonSchema)]
pub struct EnvironmentHealth {
    /// The environment.
    pub environment: Environment,
    /// `served`, `stale` where the branch cannot be read and the environment is as it was read last,
    /// `held-back` or `unavailable`.
    pub status: &'static str,
    /// What keeps its newest state from being served, each with its place, `file:line:column: …`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held_back: Vec<String>,
}

/// Writes whether the server is well.
///
/// # Errors
/// Those of `out`.
pub fn health(
    status: &str,
    environments: Vec<EnvironmentHealth>,
    replica: Option<ReplicaHealth>,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&HealthReport { status, environments, replica }, out)
}
