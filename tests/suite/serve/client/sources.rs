//! One program, two sources: what is asked of a repository and of a server that serves it.

use serde_json::{Value as Json, json};
use terrace::{ClientErrorKind, Environment, EnvironmentView};

use super::super::Server;
use crate::support::World;

const FILE: &str = "environments/staging/payments.yaml";
const GOOD: &str =
    "# whose\ntimeout: 8s\npool: 1.10\nhex: 0x1F\ndb: {host: db.stg.example.com}\nservers: [80, 81]\n";

fn world() -> World {
    let mut world = World::with(&[(FILE, GOOD), ("environments/development/only.yaml", "a: 1\n")]);
    world.commit("settings");
    world.git(&["config", "user.name", "Test"]);
    world.git(&["config", "user.email", "test@example.com"]);
    world
}

fn repository(world: &World) -> EnvironmentView {
    terrace::open(&world.dir).expect("a repository").environment(Environment::Staging)
}

/// Does the same with either source.
fn either(check: impl Fn(&EnvironmentView, &dyn Fn(&mut World, &str), &mut World)) {
    let mut of_repository = world();
    check(&repository(&of_repository), &|world, text| world.write(FILE, text), &mut of_repository);
    let mut of_server = world();
    let server = Server::start_with(&of_server, &["--open"]);
    let view = terrace::connect(&format!("http://{}", server.address)).expect("an address");
    let save = |world: &mut World, text: &str| {
        world.git(&["reset", "-q", "--hard"]);
        world.write(FILE, text);
        world.commit("saved");
    };
    check(&view.environment(Environment::Staging), &save, &mut of_server);
}

#[test]
fn values_and_refusals_are_the_same() {
    either(|staging, _, _| {
        let payments = staging.get::<Json>("payments").expect("an item");
        assert_eq!(
            payments.to_string(),
            r#"{"timeout":"8s","pool":1.10,"hex":31,"db":{"host":"db.stg.example.com"},"servers":[80,81]}"#
        );
        assert_eq!((payments.environment(), payments.is_stale()), (Environment::Staging, false));
        assert_eq!(*staging.value::<u16>("payments", "servers[1]").expect("a value"), 81);
        assert_eq!(*staging.value::<String>("payments", "/db/host").expect("a value"), "db.stg.example.com");
        for (told, kind, expected) in [
            (staging.get::<Json>("only").map(drop), ClientErrorKind::NotFound, "staging/only: "),
            (staging.get::<Json>("A B").map(drop), ClientErrorKind::Usage, "`A B`"),
            (
                staging.value::<Json>("payments", "none").map(drop),
                ClientErrorKind::NotFound,
                "staging/payments: none: ",
            ),
            (
                staging.value::<u16>("payments", "timeout").map(drop),
                ClientErrorKind::WrongType,
                "staging/payments: timeout: ",
            ),
            (staging.get::<Vec<u8>>("payments").map(drop), ClientErrorKind::WrongType, "staging/payments: "),
        ] {
            let error = told.expect_err(expected);
            assert!(error.kind() == kind && error.to_string().starts_with(expected), "{expected} {error:?}");
            assert!(error.help().is_some() && !error.to_string().contains("8s"), "{error:?}");
        }
    });
    // A repository says where in the file, too.
    let world = world();
    let error = repository(&world).value::<Vec<String>>("payments", "servers").expect_err("numbers");
    assert!(
        error.to_string().starts_with(&format!("staging/payments: servers: {FILE}:6:11: [0]: ")),
        "{error}"
    );
}

#[test]
fn writes_are_guarded_by_what_was_read() {
    either(|staging, _, world| {
        let read = staging.get::<Json>("payments").expect("an item");
        let written =
            staging.with_message("raise the pool").patch(&read, &json!({ "pool": 20 })).expect("written");
        assert_eq!(
            world.git(&["log", "-1", "--format=%H %s"]).trim(),
            format!("{} raise the pool", written.commit.clone().expect("a commit"))
        );
        assert_eq!(world.git(&["show", &format!("HEAD:{FILE}")]), GOOD.replace("1.10", "20"));
        let late = staging.patch(&read, &json!({ "pool": 30 })).expect_err("it has changed");
        assert_eq!(late.kind(), ClientErrorKind::Stale, "{late}");
        let now = staging.get::<Json>("payments").expect("an item");
        assert_eq!((now["pool"].clone(), written.etag.as_deref()), (json!(20), Some(now.etag())));
        assert_eq!(staging.patch(&now, &json!({ "pool": 20 })).expect("nothing to do").commit, None);
        let part = staging.value::<Json>("payments", "db").expect("a value");
        assert_eq!(staging.put(&part, &json!(1)).expect_err("a part").kind(), ClientErrorKind::Usage);

        assert_eq!(
            staging.create("payments", &json!({})).expect_err("is there").kind(),
            ClientErrorKind::Stale
        );
        staging.create("billing/plans", &json!({ "free": 1 })).expect("created");
        let plans = staging.get::<Json>("billing/plans").expect("an item");
        staging.put(&plans, &json!({ "free": 2 })).expect("put");
        let plans = staging.get::<Json>("billing/plans").expect("an item");
        assert_eq!(*plans, json!({ "free": 2 }));
        assert_eq!(staging.delete(&plans).expect("gone").etag, None);
        assert_eq!(staging.get::<Json>("billing/plans").expect_err("gone").kind(), ClientErrorKind::NotFound);
    });
    // What is not committed counts as changed.
    let world = world();
    let staging = repository(&world);
    world.write(FILE, &GOOD.replace("1.10", "2"));
    let read = staging.get::<Json>("payments").expect("an item");
    let error = staging.patch(&read, &json!({ "pool": 3 })).expect_err("not committed");
    assert_eq!(error.kind(), ClientErrorKind::Stale, "{error}");
    // A commit is as it is.
    let commit = terrace::open(&world.dir).and_then(|it| it.at("HEAD")).expect("a commit");
    let commit = commit.environment(Environment::Staging);
    let read = commit.get::<Json>("payments").expect("an item");
    assert_eq!(
        commit.patch(&read, &json!({ "pool": 3 })).expect_err("a commit").kind(),
        ClientErrorKind::Usage
    );
    assert_eq!(
        commit.watch::<Json>("payments").map(drop).expect_err("a commit").kind(),
        ClientErrorKind::Usage
    );
}

#[cfg(feature = "watch")]
#[test]
fn changes_are_told_as_they_come() {
    either(|staging, save, world| {
        let mut told = staging.watch_value::<String>("payments", "timeout").expect("a watch");
        let mut next = || told.next().expect("it has no end");
        assert_eq!(*next().expect("as it is"), "8s");
        // Another value wakes nobody; the next thing that is told is the change behind it.
        save(world, &GOOD.replace("1.10", "2"));
        save(world, &GOOD.replace("8s", "9s"));
        assert_eq!(*next().expect("changed"), "9s");
        save(world, &GOOD.replace("8s", "[1]"));
        assert_eq!(next().expect_err("no string").kind(), ClientErrorKind::WrongType);
        save(world, GOOD);
        assert_eq!(*next().expect("good again"), "8s");
    });
}

/// While the file is broken or gone, a repository's handle has what it read before; a server serves it itself.
#[cfg(feature = "watch")]
#[test]
fn the_last_good_value_of_a_repository_is_kept_and_said_to_be_stale() {
    let world = world();
    let staging = repository(&world);
    let mut told = staging.watch::<Json>("payments").expect("a watch");
    let first = told.next().expect("it has no end").expect("as it is");
    assert!(first.is_remembered());
    world.write(FILE, "timeout: [\n");
    let error = told.next().expect("it has no end").expect_err("broken");
    assert!(
        error.kind() == ClientErrorKind::Refused && error.to_string().contains(&format!("{FILE}:1:10")),
        "{error}"
    );
    assert_eq!(error.document().map(|it| it["findings"][0]["line"].clone()), Some(json!(1)));
    let stale = staging.get::<Json>("payments").expect("the last good value");
    assert_eq!((&*stale, stale.is_stale()), (&*first, true));
    assert_eq!(stale.why_stale().map(terrace::ClientError::kind), Some(ClientErrorKind::Refused));
    // Who never read it has nothing; what is gone is gone.
    assert_eq!(
        repository(&world).get::<Json>("payments").expect_err("broken").kind(),
        ClientErrorKind::Refused
    );
    std::fs::remove_file(world.dir.join(FILE)).expect("removed");
    assert_eq!(staging.get::<Json>("payments").expect_err("gone").kind(), ClientErrorKind::NotFound);
}

#[cfg(all(feature = "client-async", feature = "watch"))]
mod stream {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::Thread;

    use futures_core::Stream;

    use super::*;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// What a stream has next; the smallest executor there is.
    fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut stream = pin!(stream);
        loop {
            match stream.as_mut().poll_next(&mut Context::from_waker(&waker)) {
                Poll::Ready(told) => return told,
                Poll::Pending => std::thread::park(),
            }
        }
    }

    #[test]
    fn changes_are_a_stream_too() {
        either(|staging, save, world| {
            let updates = staging.watch_value::<String>("payments", "timeout").expect("a watch");
            let mut stream = updates.into_stream().expect("a stream");
            for timeout in ["8s", "9s", "10s"] {
                save(world, &GOOD.replace("8s", timeout));
                assert_eq!(*next(&mut stream).expect("no end").expect("a value"), timeout);
            }
        });
    }
}
