//! The page in a real Chromium, driven by `browser.js` with playwright-core and axe-core.

use std::path::Path;
use std::process::{Command, Stdio};

use super::super::Server;
use super::{tokens, world};
use crate::support::World;

/// Runs a part of the script against a server; what it prints is shown.
fn drive(world: &World, server: &Server, part: &str, secret: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shots = root.join("target/page");
    std::fs::create_dir_all(&shots).expect("a folder");
    let modules =
        std::env::var_os("NODE_PATH").unwrap_or_else(|| root.join("target/node/node_modules").into());
    let mut command = world.command("node");
    command
        .arg(root.join("tests/suite/serve/page/browser.js"))
        .arg(part)
        .arg(format!("http://{}", server.address));
    command.env("NODE_PATH", modules).env("SHOTS", shots).env("SECRET", secret);
    command.env("TERRACE", env!("CARGO_BIN_EXE_terrace")).env("WORLD", &world.dir);
    let output = command.stderr(Stdio::piped()).output().expect("node runs");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{part}: {told}\n{}", server.told());
}

#[test]
#[ignore = "needs Chromium, playwright-core and axe-core"]
fn a_person_at_work() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    drive(&world, &server, "work", "");
    let log = world.git(&["log", "--format=%s"]);
    assert!(log.contains("from the browser") && log.contains("from another tab"), "{log}");
}

#[test]
#[ignore = "needs Chromium, playwright-core and axe-core"]
fn without_a_script_all_but_live_works() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    drive(&world, &server, "plain", "");
    assert!(world.git(&["show", "HEAD:environments/production/payments.yaml"]).contains("timeout: 8s"));
}

#[test]
#[ignore = "needs Chromium, playwright-core and axe-core"]
fn a_session_holds_in_a_browser_over_plain_loopback_http() {
    let world = world();
    let secret = tokens::token(&world, "development", "read,write");
    let file = world.beside("tokens.json");
    let server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    drive(&world, &server, "session", &secret);
}

#[test]
#[ignore = "needs Chromium, playwright-core and axe-core"]
fn what_changes_while_a_page_is_on_its_way_is_told() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    drive(&world, &server, "live", "");
}

#[test]
#[ignore = "needs Chromium, playwright-core and axe-core"]
fn screens_are_accessible_in_light_dark_and_narrow() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    drive(&world, &server, "look", "");
}

#[test]
#[ignore = "needs Chromium, playwright-core and axe-core"]
fn three_thousand_items_stay_quick() {
    let mut world = World::unborn();
    for environment in ["development", "staging", "production"] {
        for at in 0..3_000 {
            let text = format!("host: db-{at}.{environment}.example.com\nrate: 40/s\npool: {at}\n");
            world.write(&format!("environments/{environment}/service-{at:04}.yaml"), &text);
        }
    }
    world.commit("base");
    let server = Server::start_with(&world, &["--open"]);
    drive(&world, &server, "crowd", "");
    let pid = server.child.id();
    let status = Command::new("cat").arg(format!("/proc/{pid}/status")).output().expect("cat runs").stdout;
    let status = String::from_utf8_lossy(&status).into_owned();
    println!("{}", status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default());
}
