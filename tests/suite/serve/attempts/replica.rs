//! A replica of the scene's repository: a bare clone that writes through a bare remote.

use std::collections::BTreeMap;
use std::path::Path;

use super::scene::{OF_PRODUCTION, Scene, judge};
use super::table::Outcome;
use crate::serve::{Answer, Server};
use crate::support::{World, git_state};

/// A replica, and where it and its remote lie.
pub(super) struct Replica {
    pub(super) server: Server,
    folders: [String; 2],
}

impl Replica {
    /// A replica by this name of the world's repository, asked for changes by nobody.
    pub(super) fn start(world: &World, name: &str, more: &[&str]) -> Self {
        let remote = world.beside("origin.git").to_string_lossy().into_owned();
        let clone = world.beside(&format!("{name}.git")).to_string_lossy().into_owned();
        if !world.beside("origin.git").exists() {
            world.git(&["clone", "--quiet", "--bare", ".", &remote]);
        }
        world.git(&["clone", "--quiet", "--bare", "--no-local", &remote, &clone]);
        let start = ["-C", &clone, "--branch", "main", "--remote", "origin"];
        let server = Server::start_with(world, &[&start[..], more].concat());
        Self { server, folders: [remote, clone] }
    }

    /// Every ref of both, with what waits to be sent.
    fn refs(&self) -> [BTreeMap<String, Vec<u8>>; 2] {
        self.folders.each_ref().map(|folder| git_state(Path::new(folder)).expect("a repository"))
    }
}

impl Scene {
    /// The scene's replica, with the scene's tokens.
    fn replica(&self) -> &Replica {
        self.replica.get_or_init(|| {
            let tokens = self.world.beside("tokens.json");
            let mut replica = Replica::start(
                &self.world,
                "replica",
                &["--sync", "1h", "--tokens", &tokens.to_string_lossy()],
            );
            replica.server.token.clone_from(&self.server.token);
            replica
        })
    }

    /// A request to the replica that has to be refused, and to leave it and its remote as they are.
    pub(super) fn replicated(
        &self,
        token: Option<&str>,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
        status: u16,
    ) -> Outcome {
        self.of_replica(token, (method, path), headers, body, |answer| answer.status == status)
    }

    /// The same, answered in a way that is right.
    pub(super) fn of_replica(
        &self,
        token: Option<&str>,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
        is_right: impl FnOnce(&Answer) -> bool,
    ) -> Outcome {
        let replica = self.replica();
        let before = replica.refs();
        let answer = replica.server.ask(token, (method, path), headers, body);
        let is_still = replica.refs() == before;
        let is_right = is_right(&answer) && is_still && !answer.body.contains(OF_PRODUCTION);
        judge(is_right, answer.status.to_string(), || format!("{method} {path}: {is_still} {answer:?}"))
    }
}
