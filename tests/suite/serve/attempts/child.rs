//! A program of its own that uses the library or the client: the test binary, started again in a role.

use std::process::Command;

use serde::{Deserialize, Serialize};

use super::scene::Scene;

/// What the program does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// Reads an item of an environment, by its name, from the repository.
    Library { environment: String, key: String },
    /// The same at a revision.
    LibraryAt { revision: String, key: String },
    /// Reads an item from the server at an address.
    Client { address: String, token: String, environment: String, key: String },
    /// Reads an item in production, and writes to staging what it guards.
    ClientTag { address: String, token: String },
}

impl Task {
    pub(super) fn library(environment: &str, key: &str) -> Self {
        Self::Library { environment: environment.to_owned(), key: key.to_owned() }
    }

    pub(super) fn client(scene: &Scene, environment: &str, key: &str) -> Self {
        Self::Client {
            address: scene.server.address.clone(),
            token: scene.server.token.clone().unwrap_or_default(),
            environment: environment.to_owned(),
            key: key.to_owned(),
        }
    }

    pub(super) fn command(&self, scene: &Scene) -> Command {
        let program = std::env::current_exe().expect("the test binary");
        let mut child = scene.command(&program.to_string_lossy());
        child.args(["--exact", "serve::attempts::child::role", "--nocapture", "--test-threads=1"]);
        child.env("PROOF_TASK", serde_json::to_string(self).expect("json"));
        child
    }
}

/// Not a test: what the program does. It says what it got, or what refused it.
#[test]
fn role() {
    let Some(task) = std::env::var_os("PROOF_TASK") else { return };
    let task: Task = serde_json::from_str(task.to_str().expect("text")).expect("a task");
    match done(task) {
        Ok(got) => println!("<got {got}>"),
        Err(refused) => println!("<refused {refused}>"),
    }
}

fn done(task: Task) -> Result<String, String> {
    match task {
        Task::Library { environment, key } => library(None, &environment, &key),
        Task::LibraryAt { revision, key } => library(Some(&revision), "staging", &key),
        Task::Client { address, token, environment, key } => {
            client::read(&address, &token, &environment, &key)
        }
        Task::ClientTag { address, token } => client::write(&address, &token),
    }
}

fn library(revision: Option<&str>, environment: &str, key: &str) -> Result<String, String> {
    let environment: terrace::Environment =
        environment.parse().map_err(|error: terrace::UnknownEnvironment| format!("name: {error}"))?;
    let refused = |error: terrace::Error| format!("{:?}: {error}", error.kind());
    let mut configuration = terrace::open(".").map_err(refused)?;
    if let Some(revision) = revision {
        configuration = configuration.at(revision).map_err(refused)?;
    }
    let item = configuration.item(environment, key).map_err(refused)?;
    item.load::<serde_json::Value>().map(|value| value.to_string()).map_err(|error| format!("load: {error}"))
}

mod client {
    use serde_json::Value as Json;
    use terrace::{Client, ClientError, Environment};

    fn refused(error: ClientError) -> String {
        format!("{:?}: {error}", error.kind())
    }

    fn to(address: &str, token: &str) -> Result<Client, String> {
        Ok(Client::new(&format!("http://{address}")).map_err(refused)?.token(token))
    }

    pub(super) fn read(address: &str, token: &str, environment: &str, key: &str) -> Result<String, String> {
        let environment: Environment = environment.parse().map_err(|error| format!("name: {error:?}"))?;
        let item = to(address, token)?.environment(environment).get::<Json>(key);
        item.map(|item| item.to_string()).map_err(refused)
    }

    pub(super) fn write(address: &str, token: &str) -> Result<String, String> {
        let client = to(address, token)?;
        let read = client.environment(Environment::Production).get::<Json>("shared").map_err(refused)?;
        let written = client.environment(Environment::Staging).put(&read, &serde_json::json!({ "size": 9 }));
        written.map(|_| "written".to_owned()).map_err(refused)
    }
}
