//! `serve --remote`: replicas of one remote, which is a bare repository beside the world.

mod crowd;
mod hooks;
#[cfg(feature = "kill-points")]
mod kills;
mod remote;
mod rewritten;
mod writes;

use super::{Answer, Server, world};
use crate::support::World;

const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");
const STAGING: &str = "/api/v1/environments/staging/items";

/// A world whose work tree stands for a person's clone of the remote.
fn origin() -> World {
    let world = world();
    world.git(&["clone", "--quiet", "--bare", ".", "../origin.git"]);
    world.git(&["remote", "add", "origin", "../origin.git"]);
    world
}

/// A bare clone of the remote, for a replica.
fn clone(world: &World, name: &str) {
    let folder = format!("../{name}.git");
    world.git(&["clone", "--quiet", "--bare", "--no-local", "../origin.git", &folder]);
}

/// The remote's address is seen from the clone.
fn replica(world: &World, name: &str, more: &[&str]) -> Server {
    let folder = world.beside(&format!("{name}.git"));
    let folder = folder.to_string_lossy();
    let start = ["-C", &*folder, "--open", "--branch", "main", "--remote", "origin"];
    Server::start_with(world, &[&start[..], more].concat())
}

/// Something of a bare repository beside the world.
fn of(world: &World, name: &str, arguments: &[&str]) -> String {
    let folder = format!("../{name}.git");
    world.git(&[&["--git-dir", &*folder][..], arguments].concat()).trim().to_owned()
}

fn tip(world: &World, name: &str) -> String {
    of(world, name, &["rev-parse", "refs/heads/main"])
}

/// No commit waits to be sent.
fn has_nothing_pending(world: &World, name: &str) -> bool {
    of(world, name, &["for-each-ref", "refs/terrace/pending"]).is_empty()
}

/// The subjects of the remote's commits; its history has no merge.
fn subjects(world: &World) -> Vec<String> {
    assert_eq!(of(world, "origin", &["rev-list", "--merges", "--count", "main"]), "0");
    of(world, "origin", &["log", "--format=%s", "main"]).lines().map(str::to_owned).collect()
}

fn etag(server: &Server, key: &str) -> String {
    let answer = server.get(&format!("{STAGING}/{key}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("etag").to_owned()
}

fn patch(server: &Server, key: &str, etag: &str, body: &str) -> Answer {
    server.send("PATCH", &format!("{STAGING}/{key}"), &[MERGE, ("if-match", etag)], body)
}
