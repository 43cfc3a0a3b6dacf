//! The server against its own description: schemathesis, which `tests/run` installs, makes requests of
//! it that fit and that do not, and holds every answer to what the description says.
//!
//! `TERRACE_CONTRACT_EXAMPLES=200` asks for so many examples of each operation, and for requests that
//! follow one another (about an hour); without it, a few of each are made.

use std::path::Path;
use std::process::{Command, Stdio};

use super::tokens::server;
use super::world;

/// The interpreter that `tests/run` prepares.
fn python() -> Command {
    Command::new(std::env::var_os("TERRACE_PYTHON").unwrap_or_else(|| "python3".into()))
}

#[test]
#[ignore = "needs Python with openapi-python-client, which tests/run installs"]
fn a_generated_client_reads_waits_and_writes() {
    let world = world();
    let server = server(&world, "development,staging,production", "read,write,promote,secrets");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/serve/contract/generated.py");
    let folder = world.beside("generated");
    std::fs::create_dir(&folder).expect("a folder");
    let mut command = python();
    command.arg(script).arg(format!("http://{}", server.address));
    command.arg(server.token.as_deref().expect("a token")).arg(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().expect("python runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}{}", String::from_utf8_lossy(&output.stderr), server.told());
    assert!(told.ends_with("read, waited and wrote\n"), "{told}");
}

#[test]
#[ignore = "needs Python with schemathesis, which tests/run installs"]
fn answers_are_what_the_description_says() {
    let world = world();
    let server = server(&world, "development,staging,production", "read,write,promote,secrets,metrics");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/serve/contract");
    let examples = std::env::var_os("TERRACE_CONTRACT_EXAMPLES").and_then(|text| text.into_string().ok());
    let phases = if examples.is_some() { "examples,coverage,fuzzing,stateful" } else { "fuzzing" };
    let mut command = python();
    command.args(["-c", "from schemathesis.cli import schemathesis; schemathesis()"]);
    command.arg("--config-file").arg(folder.join("schemathesis.toml")).arg("run");
    command.arg(format!("http://{}/api/v1/openapi.json", server.address));
    command
        .arg("--header")
        .arg(format!("Authorization: Bearer {}", server.token.as_deref().expect("a token")));
    // A stream has no end that could be waited for; its tests are beside it.
    command.args(["--exclude-operation-id", "events", "--phases", phases, "--seed", "1"]);
    command.args(["--max-examples", examples.as_deref().unwrap_or("4")]);
    command.args(["--request-timeout", "60", "--continue-on-failure", "--no-color"]);
    // Where it keeps what it has seen.
    command.current_dir(world.beside("")).stdin(Stdio::null());
    command.env("SCHEMATHESIS_HOOKS", folder.join("checks.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().expect("python runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}{}", String::from_utf8_lossy(&output.stderr), server.told());
    assert!(told.contains("Tested: 26"), "{told}");
    // The last lines count what was done.
    println!("{}", told.rsplit("SUMMARY").next().unwrap_or_default());
}
