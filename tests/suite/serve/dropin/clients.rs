//! Other people's clients, which `tests/run` installs: what they say that they read.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::super::{Server, world};

/// What a script of ours, which drives clients, tells of what they read.
fn told(program: impl AsRef<std::ffi::OsStr>, script: &str, server: &Server) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/serve/dropin");
    let mut command = Command::new(program);
    command.arg(folder.join(script)).arg(format!("http://{}", server.address));
    let output = command.stdin(Stdio::null()).output().expect("a program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), server.told())
    })
}

#[test]
#[ignore = "needs node with the clients that tests/run installs"]
fn clients_for_node_read_configuration_and_flags() {
    let mut world = world();
    let server = Server::start(&world);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/serve/dropin");
    let mut command = Command::new("node");
    command.arg(folder.join("clients.cjs")).arg(format!("http://{}", server.address));
    let mut node = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node runs");
    let mut lines = BufReader::new(node.stdout.take().expect("a pipe")).lines();
    let mut line = || lines.next().unwrap_or_else(|| panic!("{}", server.told())).expect("a line");
    let told: Value = serde_json::from_str(&line()).expect("JSON");
    let expected = json!({
        "spring": { "timeout": "5s", "pool": 40 },
        "spring_nested": { "rate": 20, "list": [1, 2] },
        "spring_default": {},
        "spring_several_profiles": "refused",
        "flags": {
            "number": [20, "STATIC"], "text": ["8s", "STATIC"], "object": [{ "name": "api", "port": 80 }, "STATIC"],
            "absent": [7, "ERROR", "FLAG_NOT_FOUND"], "list": [["d"], "ERROR", "GENERAL"],
            "secret": ["d", "ERROR", "GENERAL"],
        },
        "scoped": [20, "STATIC"],
        "web": { "number": [20, "STATIC"], "absent": [7, "ERROR", "FLAG_NOT_FOUND"] },
    });
    assert_eq!(told, expected, "{told:#}");
    assert_eq!(line(), "waiting");
    world.write("environments/staging/billing/invoices.yaml", "rate: 21\n");
    world.commit("a flag changes");
    assert_eq!(line(), "[21,\"STATIC\"]");
    assert!(node.wait().expect("node ends").success());
}

#[test]
#[ignore = "needs Python with the clients that tests/run installs"]
fn clients_for_python_read_configuration_and_flags() {
    let server = Server::start(&world());
    let python = std::env::var_os("TERRACE_PYTHON").unwrap_or_else(|| "python3".into());
    let told = told(python, "clients.py", &server);
    let expected = json!({
        "spring": { "timeout": "5s", "pool": 40 },
        "spring_unknown_label": "refused",
        "flags": {
            "number": [20, "STATIC", null], "text": ["8s", "STATIC", null], "nothing": ["d", "STATIC", null],
            "absent": [7, "ERROR", "FLAG_NOT_FOUND"],
        },
    });
    assert_eq!(told, expected, "{told:#}");
}
