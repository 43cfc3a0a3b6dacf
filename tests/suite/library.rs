//! The library: typed values of one environment, schemas from types, values that follow their file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use terrace::model::ErrorKind;
use terrace::schema::{self, State};
use terrace::{Environment, Item};

use crate::support::World;

/// Keeps a test from hanging when what has to happen does not; it says nothing of how fast it is.
const SOON: Duration = Duration::from_secs(300);

const FILE: &str = "environments/staging/payments.yaml";
const GOOD: &str = "# payments\ndefaults: &defaults\n  pool: 10\n  host: db.stg.example.com\ndatabase:\n  <<: *defaults\n  password: hunter2-secret\nversion: \"1.10\"\n";

/// What the service needs.
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Settings {
    /// Its database.
    database: Database,
    version: String,
    /// Nobody needs it.
    note: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
struct Database {
    host: String,
    pool: u16,
    #[schemars(length(min = 8))]
    password: String,
    #[serde(default)]
    mode: Mode,
}

#[derive(Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    ReadWrite,
    ReadOnly,
}

fn world() -> World {
    World::with(&[(FILE, GOOD), ("environments/development/only.yaml", "a: 1\n")])
}

fn item(world: &World, key: &str) -> terrace::Result<Item> {
    terrace::open(&world.dir)?.item(Environment::Staging, key)
}

fn payments(world: &World) -> Item {
    item(world, "payments").expect("an item")
}

/// What `load` says of this file.
fn refused(world: &World, text: &str) -> String {
    world.write(FILE, text);
    payments(world).load::<Settings>().expect_err(text).to_string()
}

#[test]
fn values_are_typed_with_merges_applied() {
    let mut world = world();
    let settings: Settings = payments(&world).load().expect("settings");
    assert_eq!((settings.database.pool, settings.version.as_str()), (10, "1.10"));
    assert_eq!(settings.database.host, "db.stg.example.com");
    assert_eq!(settings.database.mode, Mode::ReadWrite);

    // The working tree is read anew; a commit stays what it was.
    world.write(FILE, &GOOD.replace("pool: 10", "pool: 20"));
    assert_eq!(payments(&world).load::<Settings>().expect("settings").database.pool, 20);
    let at = |revision: &str| {
        let configuration = terrace::open(&world.dir)?.at(revision)?;
        configuration.item(Environment::Staging, "payments")?.load::<Settings>()
    };
    assert_eq!(at("HEAD").expect("settings").database.pool, 10);
    assert!(at("nowhere").expect_err("no commit").to_string().contains("nowhere"));
    world.commit("twenty");
    assert_eq!(
        terrace::open(&world.dir)
            .and_then(|c| c.at("HEAD~1"))
            .and_then(|c| c.item(Environment::Staging, "payments"))
            .and_then(|item| item.load::<Settings>())
            .expect("settings")
            .database
            .pool,
        10
    );
}

#[test]
fn values_are_delivered_by_path_and_as_a_whole() {
    let world = world();
    let item = payments(&world);
    assert_eq!(item.get("database.pool").expect("a value").to_string(), "10");
    assert_eq!(item.get("/database/password").expect("a value").to_string(), "hunter2-secret");
    let absent = item.get("database.pol").expect_err("absent");
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    assert_eq!(absent.help().map(ToString::to_string).as_deref(), Some("did you mean `database.pool`?"));
    assert_eq!(item.values().expect("values").len(), 1);

    world.write(FILE, "n: 123456789012345678901234567890123456789012345678\nf: 1.10\n---\n0x1F\n");
    let values = item.values().expect("values");
    assert_eq!(values[0].to_string(), "{n: 123456789012345678901234567890123456789012345678, f: 1.10}");
    assert_eq!(values[1].to_string(), "0x1F");
    let several = item.load::<Settings>().expect_err("several documents");
    assert_eq!(several.to_string(), format!("{FILE} has 2 YAML documents"));

    world.write(FILE, "[1]\n---\n[2, x]\n");
    let second = item.load_all::<Vec<u8>>().expect_err("no number").to_string();
    assert_eq!(second, format!("{FILE}:3:5: #2:[1]: expected a whole number (u8), found the string \"x\""));
}

#[test]
fn nothing_is_filled_from_another_environment() {
    let world = world();
    let error = item(&world, "only").expect_err("not in staging");
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::NotFound, "there is no item `only` in staging".into())
    );
    assert!(item(&world, "../x").is_err());
    let keys = |environment| {
        let items = terrace::open(&world.dir).and_then(|c| c.items(environment)).expect("items");
        items.iter().map(|item| item.key().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys(Environment::Staging), ["payments"]);
    assert_eq!(keys(Environment::Development), ["only"]);
    assert!(keys(Environment::Production).is_empty());

    // It went away between two questions.
    let payments = payments(&world);
    std::fs::remove_file(world.dir.join(FILE)).expect("removed");
    assert_eq!(payments.load::<Settings>().expect_err("gone").kind(), ErrorKind::NotFound);
    assert!(terrace::open(world.beside("nowhere")).is_err());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let world = world();
    for (from, to, told) in [
        (
            "pool: 10",
            "pool: many",
            ":3:9: database.pool: expected a whole number (u16), found the string \"many\"",
        ),
        ("pool: 10", "pol: 10", ":3:3: database.pol: `pol` is not a key that the program knows"),
        ("version: \"1.10\"", "version: 1.10", ":8:10: version: expected a string, found the number 1.10"),
        ("version: \"1.10\"", "vers: x", ":2:1: the key `version` is missing"),
        ("version: \"1.10\"", "version: x\nversion: y", ":9:1: version: "),
        ("version: \"1.10\"", "version: [", ":8:10: unclosed bracket '[' [syntax]"),
        (
            "  password",
            "  mode: read-onyl\n  password",
            ":7:9: database.mode: `read-onyl` is not one of `read-write`, `read-only`",
        ),
    ] {
        let said = refused(&world, &GOOD.replace(from, to));
        assert!(said.starts_with(&format!("{FILE}{told}")), "{told}\n{said}");
    }
}

#[test]
fn a_key_that_the_type_refuses_is_pointed_at() {
    let world = world();
    let said = refused(&world, &GOOD.replace("  password", "  pasword: x\n  password"));
    assert_eq!(said, format!("{FILE}:7:3: database.pasword: `pasword` is not a key that the program knows"));
}

#[test]
fn no_error_tells_a_secret() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Picky;
    impl TryFrom<String> for Picky {
        type Error = String;
        fn try_from(text: String) -> Result<Self, String> {
            Err(format!("cannot make anything of {text:?}"))
        }
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Secrets {
        password: Option<u8>,
        token: Option<Mode>,
        other: Option<u8>,
        picky: Option<Picky>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Nested {
        #[serde(flatten)]
        all: std::collections::BTreeMap<String, u8>,
    }
    let world = world();
    for text in [
        "password: hunter2\n",
        "token: hunter2\n",
        "secret: &s hunter2\nother: *s\n",
        "secret: &s hunter2\npicky: *s\n",
        "passwd: hunter2\npicky: hunter2\n",
    ] {
        world.write(FILE, text);
        let error = payments(&world).load::<Secrets>().expect_err(text);
        let said = format!("{error} {error:?}");
        assert!(said.contains(FILE) && !said.contains("hunter") && !said.contains("unte"), "{said}");
        let error = payments(&world).load::<Nested>().expect_err(text);
        assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
    }
    world.write(FILE, "picky: hello\npassword: ~\n");
    let said = payments(&world).load::<Secrets>().expect_err("picky").to_string();
    assert_eq!(said, format!("{FILE}:1:8: picky: cannot make anything of \"hello\""));
}

#[test]
fn what_check_calls_an_error_is_no_value() {
    let world = world();
    world.write("schemas/payments.schema.json", r#"{"properties": {"database": {"properties": {"pool": {"maximum": 5}, "password": {"maxLength": 3}}}}}"#);
    let error = payments(&world).load::<Settings>().expect_err("too many");
    let said = error.to_string();
    assert!(
        said.contains(&format!(
            "{FILE}:7:13: database.password: the value is longer than 3 characters [schema]"
        )),
        "{said}"
    );
    assert!(said.contains("database.pool: 10 is more than the maximum of 5 [schema]"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    assert!(world.line("check payments --env staging").exits(1).contains("10 is more than the maximum of 5"));

    // A schema that is broken judges nothing, so nothing passes.
    world.write("schemas/payments.schema.json", "{\"type\": ");
    let said = payments(&world).load::<Settings>().expect_err("broken").to_string();
    assert!(said.starts_with("schemas/payments.schema.json:1:"), "{said}");
    world.write("environments/development/payments.yaml", GOOD);
    assert!(payments(&world).load::<Settings>().is_err());
    for file in ["schemas/payments.schema.json", "environments/development/payments.yaml"] {
        std::fs::remove_file(world.dir.join(file)).expect("removed");
    }

    // Another environment's file, and another item, keep nobody from starting.
    world.write("environments/production/payments.yaml", "a: [\n");
    world.write("environments/staging/broken.yaml", "a: [\n");
    payments(&world).load::<Settings>().expect("settings");

    // A host that production owns has no place in staging.
    world.write("terrace.toml", "version = 1\n[isolation.hosts]\nproduction = [\"db.stg.example.com\"]\n");
    let findings = payments(&world).findings().expect("findings");
    assert!(findings.iter().any(|finding| finding.rule.to_string() == "foreign-host"), "{findings:?}");
    assert!(payments(&world).load::<Settings>().expect_err("foreign").to_string().contains("[foreign-host]"));
    world.write("terrace.toml", "nonsense = 1\n");
    assert!(payments(&world).load::<Settings>().expect_err("policy").to_string().contains("terrace.toml"));
}

#[test]
fn a_type_gives_its_item_a_schema_that_check_uses() {
    let mut world = world();
    let file = "schemas/payments.schema.json";
    assert_eq!(schema::compare::<Settings>(&world.dir, "payments"), Ok(State::New));
    assert_eq!(schema::write::<Settings>(world.dir.join("environments"), "payments"), Ok(State::New));
    let text = world.read(file);
    let json: serde_json::Value = serde_json::from_str(&text).expect("json");
    assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(json["description"], "What the service needs.");
    assert_eq!(json["required"], serde_json::json!(["database", "version"]));
    assert_eq!(json["properties"]["note"]["type"], serde_json::json!(["string", "null"]));
    assert_eq!(json["$defs"]["Database"]["additionalProperties"], false);
    assert_eq!(json["$defs"]["Mode"]["enum"], serde_json::json!(["read-write", "read-only"]));
    assert_eq!(json["x-terrace"]["from"], "type");
    world.line("check payments --env staging").exits(0);
    assert!(payments(&world).load::<Settings>().is_ok());

    world.write(FILE, &GOOD.replace("pool: 10", "pool: 70000").replace("hunter2-secret", "short"));
    let checked = world.line("check payments --env staging").exits(1);
    assert!(checked.contains("70000 is more than the maximum of 65535"), "{checked}");
    assert!(checked.contains(&format!("{FILE}:7:13")) && !checked.contains("short\n"), "{checked}");

    // Unchanged is not written; inference leaves it alone; another type renews it.
    world.write(FILE, GOOD);
    let written =
        || std::fs::metadata(world.dir.join(file)).and_then(|meta| meta.modified()).expect("a time");
    let before = written();
    assert_eq!(schema::write::<Settings>(&world.dir, "payments"), Ok(State::Current));
    assert_eq!(written(), before);
    let said = world.line("schema infer payments").exits(0);
    assert_eq!(said, format!("yours    {file}\nwrote    .vscode/settings.json\n"));
    assert_eq!(world.read(file), text);
    assert_eq!(schema::write::<Database>(&world.dir, "payments"), Ok(State::Stale));
    assert_ne!(world.read(file), text);

    // A person's is never overwritten.
    let taken = text.replace("65535", "500");
    world.write(file, &taken);
    assert_eq!(schema::write::<Settings>(&world.dir, "payments"), Ok(State::TakenOver));
    assert_eq!(world.read(file), taken);
    world.write(file, "{}\n");
    assert_eq!(schema::write::<Settings>(&world.dir, "payments"), Ok(State::TakenOver));
    std::fs::remove_file(world.dir.join(file)).expect("removed");
    world.line("schema infer payments").exits(0);
    assert_eq!(schema::write::<Settings>(&world.dir, "payments"), Ok(State::Stale));
    assert_eq!(world.read(file), text);
    world.commit("schema");
    assert!(schema::write::<Settings>(&world.dir, "a b").is_err());
}

#[cfg(feature = "watch")]
mod watched {
    use super::*;

    fn pool(world: &World, pool: &str) {
        world.write(FILE, &GOOD.replace("pool: 10", &format!("pool: {pool}")));
    }

    #[test]
    fn the_last_good_value_stays() {
        let world = world();
        let mut settings = payments(&world).watch::<Settings>().expect("a watch");
        assert_eq!((settings.current().database.pool, settings.error()), (10, None));
        pool(&world, "20");
        let changed = settings.changed_within(SOON).expect("in time").expect("good");
        assert_eq!(changed.database.pool, 20);

        for broken in ["soon", "[", "70000"] {
            pool(&world, broken);
            let error = settings.changed_within(SOON).expect("in time").expect_err(broken);
            assert!(error.to_string().contains(FILE), "{error}");
            assert_eq!(settings.error(), Some(error));
            assert_eq!(settings.current().database.pool, 20);
        }

        // Good again, though the value is the one that stayed.
        pool(&world, "20");
        let back = settings.changed_within(SOON).expect("in time").expect("good");
        assert!(Arc::ptr_eq(&back, &changed));
        assert_eq!(settings.error(), None);

        std::fs::remove_file(world.dir.join(FILE)).expect("removed");
        let error = settings.changed_within(SOON).expect("in time").expect_err("gone");
        assert_eq!(settings.current().database.pool, 20);
        assert!(error.to_string().contains("payments"), "{error}");
        pool(&world, "30");
        assert_eq!(settings.changed_within(SOON).expect("in time").expect("good").database.pool, 30);
    }

    #[test]
    fn what_leaves_the_value_equal_is_nothing() {
        let world = world();
        let mut settings = payments(&world).watch::<Settings>().expect("a watch");
        let first = settings.current();
        let production = GOOD.replace("pool: 10", "pool: 1");
        for (file, text) in [
            (FILE, GOOD.replace("# payments", "# the payments service").as_str()),
            ("environments/production/payments.yaml", &production),
            ("environments/staging/other.yaml", "a: 1\n"),
        ] {
            world.put(file, text);
            // What is told next is of a later change: the policy and the schemas judge the value, too.
            world.put("schemas/payments.schema.json", r#"{"required": ["region"]}"#);
            let error = settings.changed_within(SOON).expect("in time").expect_err("required");
            assert!(error.to_string().contains("the required key `region` is missing"), "{error}");
            std::fs::remove_file(world.dir.join("schemas/payments.schema.json")).expect("removed");
            let back = settings.changed_within(SOON).expect("in time").expect("good");
            // Nor did it give another value that nobody was in time to see.
            assert!(Arc::ptr_eq(&back, &first), "{file}");
        }
    }

    #[test]
    fn an_atomic_save_and_another_branch_come_through() {
        let mut world = world();
        world.git(&["checkout", "--quiet", "-b", "more"]);
        pool(&world, "40");
        world.commit("more");
        world.git(&["checkout", "--quiet", "main"]);
        let mut settings = payments(&world).watch::<Settings>().expect("a watch");
        let mut other = settings.clone();
        world.git(&["checkout", "--quiet", "more"]);
        assert_eq!(settings.changed_within(SOON).expect("in time").expect("good").database.pool, 40);
        assert_eq!(other.changed_within(SOON).expect("in time").expect("good").database.pool, 40);
        let beside = world.dir.join("environments/staging/.payments.yaml.tmp");
        std::fs::write(&beside, GOOD.replace("pool: 10", "pool: 50")).expect("a file");
        std::fs::rename(&beside, world.dir.join(FILE)).expect("renamed");
        assert_eq!(settings.changed_within(SOON).expect("in time").expect("good").database.pool, 50);
    }

    #[test]
    fn a_repository_that_comes_back_is_watched_again() {
        let world = world();
        let mut settings = payments(&world).watch::<Settings>().expect("a watch");
        let away = world.beside("away");
        std::fs::rename(&world.dir, &away).expect("moved");
        assert!(settings.changed_within(SOON).expect("in time").is_err());
        assert_eq!(settings.current().database.pool, 10);
        std::fs::write(away.join(FILE), GOOD.replace("pool: 10", "pool: 60")).expect("a file");
        std::fs::rename(&away, &world.dir).expect("moved");
        assert_eq!(settings.changed_within(SOON).expect("in time").expect("good").database.pool, 60);
    }

    #[test]
    fn what_is_wrong_from_the_start_is_an_error() {
        let world = world();
        let commit = terrace::open(&world.dir).and_then(|c| c.at("HEAD")).expect("a commit");
        let item = commit.item(Environment::Staging, "payments").expect("an item");
        assert!(
            item.watch::<Settings>().expect_err("a commit").to_string().contains("a commit does not change")
        );
        let item = payments(&world);
        pool(&world, "many");
        assert!(item.watch::<Settings>().expect_err("broken").to_string().contains("database.pool"));
        std::fs::remove_file(world.dir.join(FILE)).expect("removed");
        assert!(item.watch::<Settings>().is_err());
    }

    #[test]
    fn a_type_that_panics_leaves_nobody_waiting() {
        #[derive(Debug, Deserialize)]
        #[serde(from = "serde_json::Value")]
        struct Fragile;
        impl From<serde_json::Value> for Fragile {
            fn from(value: serde_json::Value) -> Self {
                assert!(value["database"]["pool"] == 10, "this type takes ten only");
                Self
            }
        }
        let world = world();
        let mut settings = payments(&world).watch::<Fragile>().expect("a watch");
        pool(&world, "11");
        let error = settings.changed_within(SOON).expect("in time").expect_err("a panic");
        assert_eq!(error.kind(), ErrorKind::Internal);
        let _ = settings.current();
    }

    #[test]
    fn the_watch_ends_with_its_last_handle() {
        static ALIVE: AtomicUsize = AtomicUsize::new(0);
        #[derive(Debug, Deserialize)]
        #[serde(from = "serde_json::Value")]
        struct Counted;
        impl From<serde_json::Value> for Counted {
            fn from(_: serde_json::Value) -> Self {
                ALIVE.fetch_add(1, Ordering::SeqCst);
                Self
            }
        }
        impl Drop for Counted {
            fn drop(&mut self) {
                ALIVE.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let world = world();
        let one = payments(&world).watch::<Counted>().expect("a watch");
        let mut two = one.clone();
        assert_eq!(ALIVE.load(Ordering::SeqCst), 1);
        drop(one);
        pool(&world, "20");
        assert!(two.changed_within(SOON).expect("in time").is_ok());
        drop(two);
        // The thread held the value as well, and has been waited for.
        assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
    }
}

#[cfg(all(feature = "watch", feature = "client"))]
mod service {
    use std::io::{BufRead, BufReader};
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::support::run;

    const SETTINGS: &str = "listen: 127.0.0.1:8080\ntimeout-ms: 500\nlog: normal\ndatabase:\n  host: db.stg.example.com\n  pool: 10\n";

    const FEATURES: &str = match (cfg!(feature = "kill-points"), cfg!(feature = "client-async")) {
        (true, true) => "kill-points,client-async",
        (true, false) => "kill-points,client",
        (false, true) => "client-async",
        (false, false) => "client",
    };

    /// The example program. `cargo test` of everything has built it; where it tests this alone, it is
    /// built here.
    fn binary() -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_BIN_EXE_terrace"));
        let binary = folder.parent().expect("a folder").join("examples/service");
        if std::env::var_os("TERRACE_EXAMPLES_BUILT").is_some() && binary.exists() {
            return binary;
        }
        let build = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--profile", "test", "--example", "service", "--features", FEATURES])
            .arg("--manifest-path")
            .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .status()
            .expect("cargo");
        assert!(build.success());
        binary
    }

    /// The program, and what it says.
    fn start(world: &World, binary: &str, source: &str) -> (Child, Receiver<String>) {
        let mut command = world.command(binary);
        command.args(["staging", source]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut service = command.spawn().expect("the service");
        let stdout = BufReader::new(service.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        (service, lines)
    }

    fn told(pool: u16) -> String {
        format!(
            "listen 127.0.0.1:8080, timeout 500 ms, log Normal, db.stg.example.com with pool {pool}, on call nobody"
        )
    }

    fn next(lines: &Receiver<String>) -> String {
        lines.recv_timeout(SOON).expect("a line in time")
    }

    #[test]
    fn the_example_service_reloads_what_is_good_and_keeps_what_was() {
        let binary = binary();
        let binary = binary.to_str().expect("a path");
        let world = World::with(&[(FILE, SETTINGS)]);
        let dir = world.dir.to_str().expect("a path");

        // It writes its own schema, which `check` then uses.
        for said in ["written", "current"] {
            let output = run(world.command(binary).args(["--schema", dir]));
            assert_eq!(output.exits(0), format!("schemas/payments.schema.json: {said}\n"));
        }
        world.line("check").exits(0);
        world.write(FILE, &SETTINGS.replace("500", "50"));
        assert!(world.line("check").exits(1).contains("50 is less than the minimum of 100"));
        let output = run(world.command(binary).args(["staging", dir]));
        assert_eq!(
            (output.code, output.stderr.lines().next()),
            (
                1,
                Some(&*format!(
                    "staging/payments: {FILE}:2:13: timeout-ms: 50 is less than the minimum of 100 [schema]"
                ))
            )
        );
        world.write(FILE, SETTINGS);
        for (environment, told) in [
            (
                "stage",
                "`stage` is not an environment\nhelp: did you mean `staging`? The environments are development, staging, production.\n",
            ),
            (
                "production",
                "production/payments: there is no item `payments` in production\nhelp: name an item that the environment has\n",
            ),
        ] {
            let output = run(world.command(binary).args([environment, dir]));
            assert_eq!((output.code, output.stderr.as_str()), (1, told));
        }

        // It reloads live.
        let (mut service, lines) = start(&world, binary, dir);
        assert_eq!(next(&lines), format!("staging: {}", told(10)));
        world.write(FILE, &SETTINGS.replace("pool: 10", "pool: 20"));
        assert_eq!(next(&lines), format!("reloaded: {}", told(20)));
        world.write(FILE, &SETTINGS.replace("pool: 10", "pool: lots"));
        assert_eq!(
            next(&lines),
            format!(
                "kept pool 20: staging/payments: {FILE}:6:9: database.pool: expected an integer, found the string \"lots\" [schema]"
            )
        );
        world.write(FILE, &SETTINGS.replace("pool: 10", "pool: 30"));
        assert_eq!(next(&lines), format!("reloaded: {}", told(30)));
        drop(service.stdin.take());
        assert!(service.wait().expect("an end").success());
    }

    #[test]
    fn the_same_program_runs_on_a_server() {
        let mut world = World::with(&[(FILE, SETTINGS)]);
        world.commit("settings");
        let server = crate::serve::Server::start(&world);
        let address = format!("http://{}", server.address);
        let (mut service, lines) = start(&world, binary().to_str().expect("a path"), &address);
        assert_eq!(next(&lines), format!("staging: {}", told(10)));
        world.write(FILE, &SETTINGS.replace("pool: 10", "pool: 20"));
        world.commit("more");
        assert_eq!(next(&lines), format!("reloaded: {}", told(20)));
        // A server serves on what was good; what does not fit the program is told of the value.
        world.write(FILE, &SETTINGS.replace("pool: 10", "pool: lots"));
        world.commit("wrong");
        assert_eq!(
            next(&lines),
            "kept pool 20: staging/payments: database.pool: invalid type: string \"…\", expected u16"
        );
        drop(service.stdin.take());
        assert!(service.wait().expect("an end").success());
    }
}
