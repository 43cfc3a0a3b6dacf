//! Any sequence of operations on one environment, through any door, leaves the bytes of the others and
//! what is served of them as they were, but for the promotions that name them.

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use serde_json::{Value as Json, json};
use terrace::{Client, Environment, EnvironmentView};

use super::{Answer, Server};
use crate::support::World;

/// So many sequences, where `TERRACE_SEQUENCES` says nothing else.
const SEQUENCES: u32 = 64;

/// So many on one repository: after them it is made anew.
const A_REPOSITORY: u32 = 32;

const KEYS: [&str; 3] = ["a", "b/c", "d"];
const FIELDS: [&str; 3] = ["x", "y", "z"];

/// Through what an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    CommandLine,
    Api,
    Client,
    Page,
}

/// Something that is done in one environment; a promotion goes on to the next one.
#[derive(Clone, Debug)]
enum Operation {
    Set(Door, usize, usize, u8),
    Remove(Door, usize, usize),
    Delete(Door, usize),
    /// Several items in one commit.
    Several(u8),
    Promote(Door),
    /// The library and the command line read.
    Read(usize),
    /// Something that is refused: a tag that is none, an item of another place.
    Refused(Door, usize),
}

/// What the items of the environment hold.
type Model = BTreeMap<&'static str, BTreeMap<&'static str, u8>>;

fn operation() -> impl Strategy<Value = Operation> {
    // A process each is dear.
    let door = || {
        prop_oneof![
            1 => Just(Door::CommandLine), 10 => Just(Door::Api), 10 => Just(Door::Client), 5 => Just(Door::Page)
        ]
    };
    let (key, field) = (|| 0..KEYS.len(), || 0..FIELDS.len());
    prop_oneof![
        12 => (door(), key(), field(), 0..100_u8).prop_map(|(d, k, f, n)| Operation::Set(d, k, f, n)),
        4 => (door(), key(), field()).prop_map(|(d, k, f)| Operation::Remove(d, k, f)),
        3 => (door(), key()).prop_map(|(d, k)| Operation::Delete(d, k)),
        2 => (0..100_u8).prop_map(Operation::Several),
        1 => door().prop_map(Operation::Promote),
        2 => key().prop_map(Operation::Read),
        3 => (door(), key()).prop_map(|(d, k)| Operation::Refused(d, k)),
    ]
}

fn sequence() -> impl Strategy<Value = (usize, Vec<Operation>)> {
    (0..3_usize, proptest::collection::vec(operation(), 1..=30))
}

struct Place {
    world: World,
    server: Server,
    client: Client,
}

/// An environment's files in the newest commit and in the work tree, and all that is served of it.
#[derive(Debug, PartialEq, Eq)]
struct Told(String, BTreeMap<String, Vec<u8>>, Vec<Answer>);

impl Place {
    fn new() -> Self {
        let file = |environment, key| format!("environments/{environment}/{key}.yaml");
        let mut files = Vec::new();
        for (number, environment) in ["development", "staging", "production"].iter().enumerate() {
            files.push((file(environment, "a"), format!("# of {environment}\nx: {number}\n")));
            files.push((file(environment, "b/c"), "x: 1\ny: 2\n".to_owned()));
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let world = World::with(&files);
        let server = Server::start_with(&world, &["--open"]);
        let client = Client::new(&format!("http://{}", server.address)).expect("an address");
        Self { world, server, client }
    }

    fn told(&self, environment: Environment) -> Told {
        let folder = format!("environments/{environment}");
        let committed = self.world.git(&["ls-tree", "-r", "HEAD", "--", &folder]);
        let place = self.world.dir.join(&folder);
        // An environment without items has no folder.
        let files = if place.exists() { crate::fixtures::files(&place) } else { Vec::new() };
        let files = files
            .into_iter()
            .map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file")))
            .collect();
        let routes = ["", "/items", "/items/a", "/items/b/c", "/items/d", "/findings"];
        let api = routes.map(|route| format!("/api/v1/environments/{environment}{route}")).into_iter();
        let answers = api.chain([format!("/spring/a/{environment}")]).map(|path| {
            let mut answer = self.server.get(&path);
            answer.headers.remove("date");
            answer
        });
        Told(committed, files, answers.collect())
    }

    fn remote(&self, environment: Environment) -> EnvironmentView {
        self.client.environment(environment)
    }

    fn item(&self, environment: Environment, key: &str) -> Answer {
        self.server.get(&format!("/api/v1/environments/{environment}/items/{key}"))
    }

    fn send(
        &self,
        method: &str,
        environment: Environment,
        what: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.server.send(method, &format!("/api/v1/environments/{environment}/{what}"), headers, body)
    }

    fn form(&self, environment: Environment, page: &str, fields: &str) -> Answer {
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        let body = format!("environment={environment}&confirm={environment}&{fields}");
        self.server.send("POST", &format!("/ui/{environment}/{page}"), &headers, &body)
    }

    /// The command line, which has to say so; then the server has to have seen it.
    fn line(&self, environment: Environment, line: &[&str], codes: &[i32]) {
        let said = self.world.terrace(line);
        assert!(codes.contains(&said.code), "{line:?}: {}", said.told());
        self.server.arrives_behind(&self.world, environment);
    }
}

impl Server {
    /// Waits until the newest commit was looked at: a write in vain does that.
    fn arrives_behind(&self, world: &World, environment: Environment) {
        let path = format!("/api/v1/environments/{environment}/items/none");
        let answer = self.send("DELETE", &path, &[("if-match", "\"0\"")], "");
        assert!(matches!(answer.status, 404 | 412), "{answer:?} {}", world.dir.display());
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");

/// Does one operation, and its model.
fn act(place: &Place, environment: Environment, model: &mut Model, operation: &Operation) {
    let name = environment.name();
    match operation {
        Operation::Set(door, key, field, number) => {
            let (key, field) = (KEYS[*key], FIELDS[*field]);
            set(place, environment, (*door, model.contains_key(key)), (key, field, *number));
            model.entry(key).or_default().insert(field, *number);
        }
        Operation::Remove(door, key, field) => {
            let (key, field) = (KEYS[*key], FIELDS[*field]);
            let Some(item) = model.get_mut(key).filter(|item| item.len() > 1) else { return };
            if item.remove(field).is_none() {
                return;
            }
            let body = json!({ field: null });
            if *door == Door::Client {
                let remote = place.remote(environment);
                let read = remote.get::<Json>(key).expect("an item");
                remote.patch(&read, &body).expect("a patch");
            } else {
                let tag = place.item(environment, key).header("etag").to_owned();
                let headers = [MERGE, ("if-match", tag.as_str())];
                let answer =
                    place.send("PATCH", environment, &format!("items/{key}"), &headers, &body.to_string());
                assert_eq!(answer.status, 200, "{answer:?}");
            }
        }
        Operation::Delete(door, key) => {
            let key = KEYS[*key];
            if model.remove(key).is_none() {
                return;
            }
            if *door == Door::Client {
                let remote = place.remote(environment);
                let read = remote.get::<Json>(key).expect("an item");
                remote.delete(&read).expect("deleted");
            } else {
                let tag = place.item(environment, key).header("etag").to_owned();
                let answer =
                    place.send("DELETE", environment, &format!("items/{key}"), &[("if-match", &tag)], "");
                assert_eq!(answer.status, 204, "{answer:?}");
            }
        }
        Operation::Several(number) => {
            let items = KEYS.map(|key| {
                let answer = place.item(environment, key);
                let tag = Some(answer.header("etag")).filter(|_| answer.status == 200);
                json!({ "key": key, "etag": tag, "put": { "x": number } })
            });
            let body = json!({ "items": items }).to_string();
            let answer = place.send("POST", environment, "changes", &[JSON], &body);
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
            for key in KEYS {
                model.insert(key, BTreeMap::from([("x", *number)]));
            }
        }
        Operation::Promote(_) => {}
        Operation::Read(key) => {
            let key = KEYS[*key];
            let repository =
                terrace::open(&place.world.dir).and_then(|it| it.at("HEAD")).expect("a repository");
            let item = repository.item(environment, key);
            assert_eq!(item.is_ok(), model.contains_key(key), "{key}");
            if let Ok(item) = item {
                assert_eq!(item.load::<Json>().expect("values"), json!(model[key]));
            }
        }
        Operation::Refused(door, key) => {
            let key = KEYS[*key];
            let answer = match door {
                Door::CommandLine | Door::Client => {
                    let missing = place.remote(environment).create("../a", &json!({}));
                    assert!(missing.is_err());
                    return;
                }
                Door::Api => {
                    let body = json!({ "environment": "elsewhere", "value": {} }).to_string();
                    place.send(
                        "PUT",
                        environment,
                        &format!("items/{key}"),
                        &[JSON, ("if-match", "\"0\"")],
                        &body,
                    )
                }
                Door::Page => {
                    let fields = format!("key={key}&etag=%220%22&path=x&text=1&as=yaml");
                    place.form(environment, &format!("edit/{key}"), &fields)
                }
            };
            assert!((400..500).contains(&answer.status), "{name} {answer:?}");
        }
    }
}

/// Sets a value through a door.
fn set(
    place: &Place,
    environment: Environment,
    (door, is_there): (Door, bool),
    (key, field, number): (&str, &str, u8),
) {
    let body = json!({ field: number });
    match (door, is_there) {
        (Door::CommandLine, _) => {
            let text = number.to_string();
            let line = ["set", key, field, &text, "--env", environment.name(), "--commit", "--create"];
            place.line(environment, &line, &[0]);
        }
        (Door::Client, true) => {
            let remote = place.remote(environment);
            let read = remote.get::<Json>(key).expect("an item");
            remote.patch(&read, &body).expect("a patch");
        }
        (Door::Client, false) => _ = place.remote(environment).create(key, &body).expect("made"),
        (Door::Api | Door::Page, false) => {
            let headers = [JSON, ("if-none-match", "*")];
            let body = json!({ "value": body }).to_string();
            let answer = place.send("PUT", environment, &format!("items/{key}"), &headers, &body);
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        (Door::Api, true) => {
            let tag = place.item(environment, key).header("etag").to_owned();
            let headers = [MERGE, ("if-match", tag.as_str())];
            let answer =
                place.send("PATCH", environment, &format!("items/{key}"), &headers, &body.to_string());
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        (Door::Page, true) => {
            let tag = place.item(environment, key).header("etag").replace('"', "%22");
            let fields = format!("key={key}&etag={tag}&path={field}&text={number}&as=yaml");
            let answer = place.form(environment, &format!("edit/{key}"), &fields);
            assert!(matches!(answer.status, 303), "{fields} {answer:?}");
        }
    }
}

/// Promotes all of an environment to the next one; whatever comes of it.
fn promote(place: &Place, door: Door, target: Environment) {
    if door == Door::CommandLine {
        let line = ["promote", "--all", "--to", target.name(), "--yes", "--skip-undecided", "--without-new"];
        place.line(target, &[&line[..], &["--without-removals"]].concat(), &[0, 1, 2, 3]);
        return;
    }
    let plan = place.server.get(&format!("/api/v1/environments/{target}/promotion"));
    if plan.status == 422 {
        // Nothing would be left of an item.
        return;
    }
    assert_eq!(plan.status, 200, "{plan:?}");
    let body = json!({ "plan": plan.json(), "confirm": target.name() }).to_string();
    let answer = place.send("POST", target, "promotions", &[JSON], &body);
    assert!(matches!(answer.status, 200 | 201 | 422), "{answer:?}");
}

/// What the environment holds, as it is served.
fn served(place: &Place, environment: Environment) -> Model {
    let mut model = Model::new();
    for key in KEYS {
        let answer = place.item(environment, key);
        if answer.status == 200 {
            let value = answer.json()["value"].clone();
            let values = FIELDS.into_iter().filter_map(|field| {
                let number = value[field].as_u64()?;
                Some((field, u8::try_from(number).expect("a small number")))
            });
            model.insert(key, values.collect());
        }
    }
    model
}

fn run(place: &Place, environment: Environment, operations: &[Operation]) -> Result<(), TestCaseError> {
    let mut model = served(place, environment);
    let others: Vec<Environment> = environment.others().collect();
    let mut before: Vec<Told> = others.iter().map(|other| place.told(*other)).collect();
    let changed = |before: &[Told], but: Option<Environment>, when: &str| {
        for (other, before) in others.iter().zip(before).filter(|(other, _)| Some(**other) != but) {
            let now = place.told(*other);
            if now != *before {
                return Err(TestCaseError::fail(format!("{other} changed {when}: {before:?} {now:?}")));
            }
        }
        Ok(())
    };
    for operation in operations {
        match operation {
            Operation::Promote(door) => {
                let Some(target) = others.iter().copied().find(|other| *other > environment) else {
                    continue;
                };
                changed(&before, None, "before a promotion")?;
                promote(place, *door, target);
                changed(&before, Some(target), "with a promotion")?;
                before = others.iter().map(|other| place.told(*other)).collect();
            }
            other => act(place, environment, &mut model, other),
        }
    }
    changed(&before, None, "at the end")?;
    let now = served(place, environment);
    if now != model {
        return Err(TestCaseError::fail(format!("{environment} is {now:?}, and not {model:?}")));
    }
    Ok(())
}

#[test]
fn no_sequence_of_operations_reaches_another_environment() {
    let asked = std::env::var_os("TERRACE_SEQUENCES").and_then(|text| text.to_str()?.parse::<u32>().ok());
    let (sequences, start) = (asked.unwrap_or(SEQUENCES), std::time::Instant::now());
    let (mut done, mut count) = (0, 0_usize);
    while done < sequences {
        let cases = A_REPOSITORY.min(sequences - done);
        let place = Place::new();
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let counted = std::cell::Cell::new(0);
        let outcome = runner.run(&sequence(), |(environment, operations)| {
            counted.set(counted.get() + operations.len());
            run(&place, Environment::ALL[environment], &operations)
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(why, sequence)) => panic!("{sequence:?}: {why}"),
            Err(TestError::Abort(why)) => panic!("{why}"),
        }
        done += cases;
        count += counted.get();
    }
    println!("{done} sequences, {count} operations, in {:?}", start.elapsed());
}
