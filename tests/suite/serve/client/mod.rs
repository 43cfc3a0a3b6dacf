//! The client library, against the real server, and against servers that misbehave.

mod failures;
mod scripted;
mod sources;
mod writes;

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::json;
use terrace::{Client, ClientErrorKind, Environment, EnvironmentView};

use super::{Server, world};
use crate::serve::tokens::token;
use crate::support::World;

/// What some program wants of `payments`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Settings {
    timeout: String,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Rest {
    pool: f64,
    hex: u8,
    servers: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Named {
    name: String,
    port: u16,
}

fn client(server: &Server) -> Client {
    Client::new(&format!("http://{}", server.address)).expect("an address")
}

fn staging(server: &Server) -> EnvironmentView {
    client(server).environment(Environment::Staging)
}

fn folder(world: &World) -> PathBuf {
    world.beside("last-good")
}

#[test]
fn an_environment_is_read_as_types() {
    let mut world = world();
    world.write(
        "environments/staging/big.yaml",
        "id: 9007199254740993\nrate: 0.30\nhuge: 123456789012345678901234567890\n",
    );
    world.commit("numbers");
    let server = Server::start(&world);
    let staging = staging(&server);
    let invoices = staging.get::<serde_json::Value>("billing/invoices").expect("an item");
    assert_eq!(*invoices, json!({ "rate": 20, "name": "a b", "none": null, "list": [1, 2] }));
    let raw = server.staging("/items/billing/invoices");
    assert_eq!(invoices.etag(), raw.header("etag"));
    assert_eq!(invoices.commit().map(terrace::CommitId::as_str), Some(raw.header("terrace-commit")));
    assert_eq!((invoices.environment(), invoices.key().as_str()), (Environment::Staging, "billing/invoices"));
    assert!(!invoices.is_stale() && !invoices.is_remembered() && invoices.path().is_none());
    // Digits stay: no number goes through a float that the type does not ask for.
    let big = staging.get::<serde_json::Value>("big").expect("an item");
    assert_eq!(
        big.to_string(),
        r#"{"id":9007199254740993,"rate":0.30,"huge":123456789012345678901234567890}"#
    );
    assert_eq!(*staging.value::<u64>("big", "id").expect("a value"), 9_007_199_254_740_993);
    assert_eq!(*staging.value::<f64>("big", "rate").expect("a value"), 0.3);
    assert_eq!(
        staging.value::<u64>("big", "huge").expect_err("too large").kind(),
        ClientErrorKind::WrongType
    );
    // A value by its path, by the name of a list's element, and by a pointer.
    for (path, expected) in [("servers[name=web].port", 81), ("servers[0].port", 80), ("/servers/1/port", 81)]
    {
        let port = staging.value::<u16>("payments", path).expect(path);
        assert_eq!((*port, port.path().is_some()), (expected, true), "{path}");
    }
    assert_eq!(*staging.value::<String>("payments", "db.host").expect("a value"), "db.stg.example.com");
    let masked = staging.value::<String>("payments", "db.password").expect_err("a mask is no value");
    assert_eq!(masked.kind(), ClientErrorKind::WrongType);
    // Numbers go into a flattened part too.
    world.write(
        "environments/staging/payments.yaml",
        "timeout: 8s\npool: 1.5\nhex: 0x1F\nservers:\n- {name: api, port: 80}\n",
    );
    world.commit("plain");
    server.arrives(&world, "staging");
    let settings = staging.get::<Settings>("payments").expect("settings");
    let rest = Rest { pool: 1.5, hex: 31, servers: vec![Named { name: "api".to_owned(), port: 80 }] };
    assert_eq!(*settings, Settings { timeout: "8s".to_owned(), rest });
    assert_eq!(settings.timeout, "8s");
}

#[test]
fn what_is_not_there_is_told() {
    let world = world();
    let server = Server::start(&world);
    let staging = staging(&server);
    let production = client(&server).environment(Environment::Production);
    let absent = production.get::<serde_json::Value>("billing/invoices").expect_err("only staging has it");
    assert_eq!(
        (absent.kind(), absent.problem(), absent.status()),
        (ClientErrorKind::NotFound, Some("item-not-found"), Some(404))
    );
    assert!(absent.to_string().starts_with("production/billing/invoices: "), "{absent}");
    assert!(absent.document().is_some() && !absent.is_transient());
    let absent = staging.value::<u16>("payments", "servers[name=none].port").expect_err("no such value");
    assert_eq!((absent.kind(), absent.problem()), (ClientErrorKind::NotFound, Some("value-not-found")));
    assert!(absent.to_string().starts_with("staging/payments: servers[name=none].port: "), "{absent}");
    let wrong = staging.value::<Vec<Named>>("billing/invoices", "list").expect_err("numbers");
    assert_eq!(wrong.kind(), ClientErrorKind::WrongType);
    assert!(wrong.to_string().contains("staging/billing/invoices: list: [0]: "), "{wrong}");
    for key in ["", "../production/payments", "a//b", "a?revision=x", "a#b", "a%2Fb"] {
        let wrong = staging.get::<serde_json::Value>(key).expect_err(key);
        assert_eq!(
            (wrong.kind(), wrong.status(), wrong.help().is_some()),
            (ClientErrorKind::Usage, None, true),
            "{key}"
        );
    }
    for path in ["", "a..b", "a["] {
        assert_eq!(
            staging.value::<u8>("payments", path).expect_err(path).kind(),
            ClientErrorKind::Usage,
            "{path}"
        );
    }
}

#[test]
fn a_watch_tells_each_change_and_no_other() {
    let mut world = world();
    let server = Server::start(&world);
    let staging = staging(&server);
    let mut rate = staging.watch_value::<u32>("billing/invoices", "rate").expect("a watch");
    let mut item = staging.watch::<serde_json::Value>("billing/invoices").expect("a watch");
    assert_eq!(*rate.next().expect("no end").expect("a value"), 20);
    assert_eq!(item.next().expect("no end").expect("an item")["name"], "a b");
    let waits = std::thread::spawn(move || (*rate.next().expect("no end").expect("a value"), rate));
    // Neither another environment nor another value of the item wakes who waits for one value.
    world.write("environments/production/payments.yaml", "timeout: 6s\npool: 40\n");
    world.commit("production");
    world.write("environments/staging/billing/invoices.yaml", "rate: 20\nname: other\n");
    world.commit("another value");
    assert_eq!(item.next().expect("no end").expect("an item")["name"], "other");
    assert!(!waits.is_finished());
    world.write("environments/staging/billing/invoices.yaml", "rate: 21\nname: other\n");
    world.commit("the value");
    let (told, mut rate) = waits.join().expect("no panic");
    assert_eq!(told, 21);
    assert_eq!(item.next().expect("no end").expect("an item")["rate"], 21);
    // What the type does not take, and what is gone, is told, and the watch goes on.
    world.write("environments/staging/billing/invoices.yaml", "name: other\n");
    world.commit("gone");
    let gone = rate.next().expect("no end").expect_err("no value");
    assert_eq!(gone.kind(), ClientErrorKind::NotFound);
    world.write("environments/staging/billing/invoices.yaml", "rate: -1\n");
    world.commit("negative");
    assert_eq!(rate.next().expect("no end").expect_err("negative").kind(), ClientErrorKind::WrongType);
    world.write("environments/staging/billing/invoices.yaml", "rate: 21\n");
    world.commit("as before");
    assert_eq!(*rate.next().expect("no end").expect("a value"), 21);
}

#[test]
fn the_last_good_value_stands_in_when_the_server_is_gone() {
    let world = world();
    let server = Server::start(&world);
    let kept =
        client(&server).remember_in(folder(&world)).expect("a folder").environment(Environment::Staging);
    let other = client(&server).remember_in(folder(&world)).expect("a folder");
    let other = other.environment(Environment::Production);
    let good = kept.get::<serde_json::Value>("billing/invoices").expect("an item");
    let port = kept.value::<u16>("payments", "servers[name=web].port").expect("a value");
    assert!(good.is_remembered() && !good.is_stale() && port.is_remembered());
    let elsewhere = Client::new("http://127.0.0.1:9").expect("an address").remember_in(folder(&world));
    drop(server);
    let stale = kept.get::<serde_json::Value>("billing/invoices").expect("the last good one");
    assert!(stale.is_stale());
    assert_eq!((&*stale, stale.etag(), stale.commit()), (&*good, good.etag(), good.commit()));
    assert_eq!(stale.why_stale().map(terrace::ClientError::kind), Some(ClientErrorKind::Unreachable));
    assert_eq!(*kept.value::<u16>("payments", "servers[name=web].port").expect("a value"), *port);
    // A watch begins with it.
    let mut watch = kept.watch::<serde_json::Value>("billing/invoices").expect("a watch");
    assert!(watch.next().expect("no end").expect("the last good one").is_stale());
    // Nothing of another item, value, environment or server.
    let lost = |remote: &EnvironmentView, key: &str| {
        let error = remote.get::<serde_json::Value>(key).expect_err(key);
        assert_eq!((error.kind(), error.is_transient()), (ClientErrorKind::Unreachable, true), "{error}");
    };
    lost(&kept, "payments");
    lost(&other, "billing/invoices");
    lost(&elsewhere.expect("a folder").environment(Environment::Staging), "billing/invoices");
    assert!(kept.value::<u16>("billing/invoices", "rate").is_err());
    // What the type does not take is no last good value.
    assert!(kept.get::<Vec<u8>>("billing/invoices").is_err());
}

#[test]
fn damaged_files_are_not_believed() {
    let world = world();
    let server = Server::start(&world);
    let folder = folder(&world);
    let kept = client(&server).remember_in(&folder).expect("a folder");
    let (staging, production) =
        (kept.environment(Environment::Staging), kept.environment(Environment::Production));
    let files = || -> Vec<PathBuf> {
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    };
    drop(staging.get::<serde_json::Value>("payments").expect("an item"));
    let file = files().pop().expect("a file");
    drop(production.get::<serde_json::Value>("payments").expect("an item"));
    let second = files().into_iter().find(|found| *found != file).expect("another");
    assert_eq!(files().len(), 2, "nothing is left lying about");
    #[cfg(unix)]
    for (path, mode) in [(&file, 0o600), (&folder, 0o700)] {
        use std::os::unix::fs::PermissionsExt;
        let found = std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", path.display());
    }
    drop(server);
    let read = || staging.get::<serde_json::Value>("payments");
    let good = std::fs::read(&file).expect("bytes");
    assert!(read().expect("the last good one").is_stale());
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(&file, bytes).expect("written");
        assert!(read().is_err(), "byte {at}");
        std::fs::write(&file, &good[..at]).expect("written");
        assert!(read().is_err(), "cut at {at}");
    }
    // A whole file of another environment in its place.
    std::fs::copy(&second, &file).expect("copied");
    assert!(read().is_err());
    #[cfg(unix)]
    {
        std::fs::write(world.beside("elsewhere"), &good).expect("written");
        std::fs::remove_file(&file).expect("removed");
        std::os::unix::fs::symlink(world.beside("elsewhere"), &file).expect("a link");
        assert!(read().is_err());
        std::fs::remove_file(&file).expect("removed");
    }
    std::fs::write(&file, &good).expect("written");
    assert!(read().expect("the last good one").is_stale());
    // A folder that is none is told before anything is read.
    let blocked = Client::new("http://127.0.0.1:9").expect("an address").remember_in(&file);
    assert_eq!(blocked.expect_err("a file").kind(), ClientErrorKind::Folder);
}

#[test]
fn a_refusal_is_never_answered_from_disk() {
    let mut world = world();
    let (all, one) = (token(&world, "staging,production", "read"), token(&world, "staging", "read"));
    let file = world.beside("tokens.json");
    let mut server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    server.token = Some(all.clone());
    let as_who = |token: &str| client(&server).token(token).remember_in(folder(&world)).expect("a folder");
    let production = as_who(&all).environment(Environment::Production);
    assert!(production.get::<serde_json::Value>("payments").expect("an item").is_remembered());
    let refused = as_who(&one).environment(Environment::Production).get::<serde_json::Value>("payments");
    let refused = refused.expect_err("not allowed");
    assert_eq!((refused.kind(), refused.problem()), (ClientErrorKind::Forbidden, Some("forbidden")));
    for token in ["trc_0", "", "a\nb: c"] {
        let remote = as_who(token).environment(Environment::Production);
        let unknown = remote.get::<serde_json::Value>("payments").expect_err("unknown");
        let kind = if token.contains('\n') { ClientErrorKind::Usage } else { ClientErrorKind::Unauthorized };
        assert_eq!(unknown.kind(), kind, "{token}");
    }
    assert!(!format!("{:?} {production:?}", as_who(&all)).contains(&all), "a token is not shown");
    // What the server says is gone is gone on disk too.
    world.git(&["rm", "-q", "environments/production/payments.yaml"]);
    world.commit("gone");
    server.arrives(&world, "production");
    assert_eq!(
        production.get::<serde_json::Value>("payments").expect_err("gone").kind(),
        ClientErrorKind::NotFound
    );
    drop(server);
    assert_eq!(
        production.get::<serde_json::Value>("payments").expect_err("no server").kind(),
        ClientErrorKind::Unreachable
    );
}
