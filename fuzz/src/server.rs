//! A server in this very process, of a repository whose environments bear marks.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use terrace::ops::Workspace;
use terrace::server::{Options, ServeEvent, serve};
use terrace::store::ProcessEnvironment;
use terrace::store::transaction::{Moment, Options as CommitOptions};
use terrace::testing::Repository;

use super::address::FILES;

const MOMENT: Moment = Moment { seconds: 1_800_000_000, offset: 0 };

/// Starts it; it serves as long as the process lives.
pub fn server() -> SocketAddr {
    let repository = Repository::with(&FILES).expect("a repository");
    git(repository.path(), &["add", "."]);
    git(repository.path(), &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"]);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let environment = Arc::new(ProcessEnvironment::of(std::env::vars_os()));
        let workspace = Workspace::open(repository.path(), &environment).expect("a workspace");
        let options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            hosts: Vec::new(),
            branch: None,
            root: None,
            tokens: None,
            is_open: true,
            behind_proxy: false,
            tls: None,
            idle: Duration::from_secs(20),
            today: Arc::new(|| "2027-01-15".parse().expect("a date")),
            commit: CommitOptions::at(MOMENT, environment),
            now: Arc::new(|| MOMENT),
            replica: None,
        };
        let log = move |event: &ServeEvent| {
            if let ServeEvent::Listening { address, .. } = event {
                tell.send(*address).expect("somebody waits");
            }
        };
        serve(workspace, &options, Arc::new(log)).expect("a server");
    });
    told.recv().expect("a server that listens")
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git").current_dir(folder).args(arguments).status();
    assert!(done.expect("git").success(), "git {arguments:?}");
}
