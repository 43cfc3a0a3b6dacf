//! Any bytes as the address of a request to a server in this very process.

#![no_main]

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock, mpsc};
use std::time::Duration;

use terrace::ops::Workspace;
use terrace::server::{Options, ServeEvent, serve};
use terrace::store::ProcessEnvironment;
use terrace::store::transaction::{Moment, Options as CommitOptions};
use terrace::testing::Repository;

const MOMENT: Moment = Moment { seconds: 1_800_000_000, offset: 0 };

static SERVER: LazyLock<SocketAddr> = LazyLock::new(start);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::address(*SERVER, bytes);
});

fn start() -> SocketAddr {
    let repository = Repository::with(&terrace_fuzz::FILES).expect("a repository");
    git(repository.path(), &["add", "."]);
    git(repository.path(), &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"]);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let environment = Arc::new(ProcessEnvironment::default());
        let workspace = Workspace::open(repository.path(), &environment).expect("a workspace");
        let options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            hosts: Vec::new(),
            branch: None,
            root: None,
            tokens: None,
            is_open: true,
            behind_proxy: false,
            idle: Duration::from_secs(20),
            today: Arc::new(|| "2027-01-15".parse().expect("a date")),
            commit: CommitOptions { environment, ..CommitOptions::default() },
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
