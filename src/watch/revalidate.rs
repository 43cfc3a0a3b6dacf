//! Whatever is saved, in whatever order: what is said then is what a first look says.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::Scope;
use super::state::State;
use crate::engine::configuration::Configuration;
use crate::engine::rules::{self, CheckInput, Fingerprint, Judgement, Memory, Salt};
use crate::engine::snapshot::{Content, FileEntry, FileKind, Snapshot, Source};
use crate::model::date::day;
use crate::model::{BlobId, Environment, Error, Key, NoProgress, Result, Revision};

/// Items of which some share hosts and secrets, name each other's environments, or break.
const ITEMS: &[&str] = &[
    "size: 1\n",
    "size: 500\nmode: 0644\n",
    "size: '1'\npassword: hunter2-hunter2\n",
    "size: 1\nuser: {password: hunter2-hunter2}\nhost: db.staging.example.com\n",
    "size: 2\nhost: db.example.com\nextra: {a: 1, b: 2, c: 3, d: 4, e: 5}\n",
    "servers:\n- name: api\n  port: 80\n  url: https://api.staging.example.com\n- name: web\n  port: 0x1F\n",
    "servers:\n- name: api\n  port: '80'\n",
    "base: &b {mode: no, password: hunter2-hunter2}\none: *b\ntwo: {<<: *b, size: 3}\n",
    "size: 1\nsize: 2\n",
    "size: [\n",
    "",
    "size: 1\n---\nsize: x\n",
];

const FILES: &[(&str, &[&str])] = &[
    ("environments/development/pay.yaml", ITEMS),
    ("environments/staging/pay.yaml", ITEMS),
    ("environments/production/pay.yaml", ITEMS),
    ("environments/staging/pay.production.yaml", ITEMS),
    ("environments/development/team/api.yaml", ITEMS),
    ("environments/production/team/api.yaml", ITEMS),
    ("environments/production/Pay.yaml", ITEMS),
    ("environments/qa/pay.yaml", ITEMS),
    ("environments/staging/pay.yml", ITEMS),
    ("environments/staging/not a key.yaml", ITEMS),
    ("pay.yaml", ITEMS),
    ("schemas/pay.schema.json", SCHEMAS),
    ("schemas/pay.production.schema.json", SCHEMAS),
    ("schemas/common", SCHEMAS),
    ("environments/shared.json", SCHEMAS),
    ("terrace.toml", POLICIES),
];

const SCHEMAS: &[&str] = &[
    r#"{"properties": {"size": {"type": "integer", "maximum": 50}}}"#,
    r#"{"properties": {"size": {"type": "string"}}, "required": ["mode"]}"#,
    r#"{"properties": {"servers": {"x-terrace": {"listKey": "port"}}}}"#,
    r#"{"$ref": "common"}"#,
    r#"{"type": "#,
    "true",
];

const POLICIES: &[&str] = &[
    "",
    "[[waiver]]\nrule = \"ambiguous-scalar\"\nkey = \"pay*\"\nreason = \"x\"\n",
    "[[waiver]]\nrule = \"schema\"\nreason = \"x\"\nuntil = 2026-05-01\n\
     [[waiver]]\nrule = \"missing-key\"\npath = \"extra.**\"\nreason = \"x\"\n",
    "[[schema]]\nkeys = \"team/*\"\nfile = \"schemas/common\"\n\
     [[schema]]\nkeys = \"**\"\nfile = \"environments/shared.json\"\n",
    "[rules]\nsyntax = \"off\"\nshared-secret = \"warning\"\n",
    "[nonsense]\n",
];

type Contents = BTreeMap<String, Option<String>>;

/// The bytes of one moment; `None` cannot be read.
struct Held(Contents);

impl Source for Held {
    fn read(&self, path: &str, _: Option<&BlobId>) -> Result<Vec<u8>> {
        let text = self.0.get(path).cloned().flatten();
        text.map(String::into_bytes).ok_or_else(|| Error::usage(format!("cannot read {path}")))
    }

    fn identify(&self, path: &str, blob: Option<&BlobId>) -> Result<Content> {
        // The text is its own id.
        let text = String::from_utf8(self.read(path, blob)?).expect("UTF-8");
        Ok(Content { id: Some(BlobId::new(text)), bytes: None })
    }
}

/// Files that are written between the look at them and their reading.
struct Overtaken {
    listed: Held,
    now: Held,
}

impl Source for Overtaken {
    fn read(&self, path: &str, blob: Option<&BlobId>) -> Result<Vec<u8>> {
        self.now.read(path, blob)
    }

    fn identify(&self, path: &str, blob: Option<&BlobId>) -> Result<Content> {
        self.listed.identify(path, blob)
    }

    fn read_identified(&self, path: &str, blob: Option<&BlobId>) -> Result<Content> {
        self.now.read_identified(path, blob)
    }
}

/// All that was ever remembered, and how often it was recalled.
#[derive(Default)]
struct Remembered {
    judgements: Mutex<HashMap<(Key, Fingerprint), Arc<Judgement>>>,
    schemas: Mutex<HashMap<String, (Vec<String>, Fingerprint)>>,
    judged: Mutex<Vec<Key>>,
}

impl Memory for Remembered {
    fn salt(&self) -> &Salt {
        &[7; 32]
    }

    fn recall(&self, key: &Key, of: Fingerprint) -> Option<Arc<Judgement>> {
        self.judgements.lock().expect("no panic").get(&(key.clone(), of)).cloned()
    }

    fn remember(&self, key: &Key, of: Fingerprint, judgement: &Arc<Judgement>) {
        self.judged.lock().expect("no panic").push(key.clone());
        self.judgements.lock().expect("no panic").insert((key.clone(), of), Arc::clone(judgement));
    }

    fn recall_schema(&self, file: &str) -> Option<(Vec<String>, Fingerprint)> {
        self.schemas.lock().expect("no panic").get(file).cloned()
    }

    fn remember_schema(&self, file: &str, made_of: &[String], of: Fingerprint) {
        self.schemas.lock().expect("no panic").insert(file.to_owned(), (made_of.to_vec(), of));
    }
}

/// What a check says that remembers.
fn said_from(memory: &Remembered, snapshot: Snapshot, scope: &Scope) -> String {
    let report = Configuration::read_to_judge(snapshot).and_then(|configuration| {
        configuration.snapshot().require_keys(&scope.keys)?;
        rules::check(&CheckInput {
            configuration: &configuration,
            today: Some(day("2026-06-01")),
            keys: &scope.keys,
            environment: scope.environment,
            is_alone: false,
            change: None,
            ends: None,
            memory: Some(memory),
            progress: &NoProgress,
        })
    });
    format!("{:#?}", report.map(Arc::new))
}

#[derive(Clone, Debug)]
enum Save {
    Text(&'static str),
    Unreadable,
    Link,
    Gone,
}

#[derive(Clone, Default)]
struct World {
    listing: BTreeMap<String, FileEntry>,
    contents: Contents,
}

impl World {
    fn save(&mut self, path: &str, save: &Save) {
        let (kind, text) = match save {
            Save::Text(text) => (FileKind::File, Some((*text).to_owned())),
            Save::Unreadable => (FileKind::File, None),
            Save::Link => (FileKind::Symlink, None),
            Save::Gone => {
                self.listing.remove(path);
                self.contents.remove(path);
                return;
            }
        };
        self.listing.insert(path.to_owned(), FileEntry { blob: None, kind });
        self.contents.insert(path.to_owned(), text);
    }

    fn snapshot(&self) -> Snapshot {
        let (listing, held) = (self.listing.clone(), Arc::new(Held(self.contents.clone())));
        Snapshot::new(Revision::WorkTree, String::new(), listing, held)
    }
}

fn save() -> impl Strategy<Value = (&'static str, Save)> {
    select(FILES).prop_flat_map(|(path, texts)| {
        let save = prop_oneof![
            12 => select(texts).prop_map(Save::Text),
            4 => Just(Save::Gone),
            1 => Just(Save::Link),
            1 => Just(Save::Unreadable),
        ];
        (Just(path), save)
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    let keys = prop_oneof![2 => Just(vec![]), 1 => Just(vec!["pay"])];
    let environment = prop_oneof![2 => Just(None), 1 => select(&Environment::ALL).prop_map(Some)];
    (keys, environment).prop_map(|(keys, environment)| Scope {
        keys: keys.into_iter().map(|key| key.parse().expect("a key")).collect(),
        environment,
    })
}

fn said(state: &State) -> String {
    format!("{:#?}", state.outcome)
}

proptest! {
    #[test]
    fn judged_again_it_is_as_judged_anew(scope in scope(), batches in vec(vec(save(), 1..4), 2..12)) {
        let mut world = World::default();
        let mut state = State::first(world.snapshot(), &scope, Some(day("2026-06-01")), None);
        let memory = Remembered::default();
        for batch in &batches {
            for (path, save) in batch {
                world.save(path, save);
            }
            let changed = batch.iter().map(|(path, _)| (*path).to_owned()).collect();
            state = state.next(world.snapshot(), &changed, &scope, Some(day("2026-06-01")));
            let anew = State::first(world.snapshot(), &scope, Some(day("2026-06-01")), None);
            let recalled = State::first(world.snapshot(), &scope, Some(day("2026-06-01")), Some(&memory));
            prop_assert_eq!(said(&recalled), said(&anew), "after {:?}", batch);
            prop_assert_eq!(said(&state), said(&anew), "after {:?}", batch);
            prop_assert_eq!(said_from(&memory, world.snapshot(), &scope), said(&anew), "after {:?}", batch);
        }
    }
}

#[test]
fn what_has_not_changed_is_not_judged_again() {
    let mut world = World::default();
    let (pay, api) = ("environments/staging/pay.yaml", "environments/production/team/api.yaml");
    for (path, text) in [
        (pay, "size: 1\n"),
        (api, "size: 1\n"),
        ("schemas/pay.schema.json", r#"{"$ref": "common"}"#),
        ("schemas/common", "true"),
    ] {
        world.save(path, &Save::Text(text));
    }
    let (memory, scope) = (Remembered::default(), Scope { keys: Vec::new(), environment: None });
    let judged = |world: &World| {
        memory.judged.lock().expect("no panic").clear();
        said_from(&memory, world.snapshot(), &scope);
        let mut judged: Vec<_> = memory.judged.lock().expect("no panic").iter().map(Key::to_string).collect();
        judged.sort();
        judged
    };
    assert_eq!(judged(&world), ["pay", "team/api"]);
    assert!(judged(&world).is_empty());
    for (path, save, expected) in [
        (api, Save::Text("size: 2\n"), &["team/api"][..]),
        // It was so before.
        (api, Save::Text("size: 1\n"), &[]),
        ("schemas/common", Save::Text("false"), &["pay"]),
        ("schemas/team/api.schema.json", Save::Text("true"), &["team/api"]),
        ("environments/development/pay.yaml", Save::Link, &["pay"]),
        ("terrace.toml", Save::Text("[rules]\nschema = \"off\"\n"), &["pay", "team/api"]),
        ("terrace.toml", Save::Gone, &[]),
        // What is not read as a schema may be mended by any file.
        ("schemas/common", Save::Text("{"), &[]),
        (api, Save::Text("size: 3\n"), &["team/api"]),
    ] {
        world.save(path, &save);
        assert_eq!(judged(&world), expected, "{path} {save:?}");
    }
}

#[test]
fn a_judgement_is_remembered_of_the_bytes_that_were_judged() {
    let (mut before, memory) = (World::default(), Remembered::default());
    let scope = Scope { keys: Vec::new(), environment: None };
    before.save("environments/staging/pay.yaml", &Save::Text("size: 1\n"));
    let mut now = before.clone();
    now.save("environments/staging/pay.yaml", &Save::Text("mode: 0644\n"));
    let source = Overtaken { listed: Held(before.contents.clone()), now: Held(now.contents.clone()) };
    let overtaken =
        Snapshot::new(Revision::WorkTree, String::new(), before.listing.clone(), Arc::new(source));
    let said = said_from(&memory, overtaken, &scope);
    let anew = |world: &World| said_from(&Remembered::default(), world.snapshot(), &scope);
    assert_eq!(said, anew(&now));
    assert_ne!(said, anew(&before));
    for world in [&before, &now] {
        assert_eq!(said_from(&memory, world.snapshot(), &scope), anew(world));
    }
}
