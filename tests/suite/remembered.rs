//! What `check`, `export` and `status` remember: the same answers, sooner, and nothing that is secret.

use std::path::PathBuf;

use crate::support::World;

const SECRET: &str = "Wq7hLmZ2pTx9";

/// A repository with a finding of many kinds.
fn world() -> World {
    let text = format!(
        "host: db.staging.example.com\nmode: 0644\ndb:\n  password: {SECRET}\nservers:\n- name: a\n  port: '80'\n"
    );
    World::with(&[
        ("environments/development/pay.yaml", "host: db.dev.example.com\nservers:\n- name: a\n  port: 80\n"),
        ("environments/staging/pay.yaml", &text),
        ("environments/production/pay.yaml", &text),
        ("environments/production/team/api.yaml", "size: 1\nsize: 2\n"),
        ("schemas/pay.schema.json", r#"{"properties": {"mode": {"type": "string"}}}"#),
        ("schemas/unused.schema.json", "true"),
        ("terrace.toml", "[isolation.words]\nproduction = [\"zebra\"]\n"),
    ])
}

fn file(world: &World) -> PathBuf {
    let folder = std::fs::read_dir(world.dir.join(".git/terrace")).expect("a folder");
    let mut files = folder.map(|entry| entry.expect("an entry").path());
    files
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("judged-")))
        .expect("a file")
}

fn said(world: &World) -> String {
    let lines = [
        "check",
        "check --format json",
        "check --env production",
        "check --staged",
        "check --at HEAD",
        "export --env development --format json",
        "export --env production --format json",
        "export --env development --format json --at HEAD",
    ];
    lines.map(|line| world.line(line).told()).concat()
}

#[test]
fn what_is_remembered_is_said_again_and_damage_changes_no_answer() {
    let world = world();
    let first = said(&world);
    assert!(first.contains("shared-secret") && first.contains("unused-word"), "{first}");
    assert_eq!(said(&world), first);
    let file = file(&world);
    let whole = std::fs::read(&file).expect("remembered");
    for at in (0..whole.len()).step_by(whole.len() / 12) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x20;
        std::fs::write(&file, &damaged).expect("written");
        assert_eq!(world.line("check").told(), world.line("check").told(), "byte {at}");
        std::fs::write(&file, &whole[..at]).expect("written");
        assert_eq!(said(&world), first, "cut at {at}");
    }
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(said(&world), first);
}

#[test]
fn the_file_is_its_owners_alone_and_holds_no_secret() {
    let world = world();
    said(&world);
    let bytes = std::fs::read(file(&world)).expect("remembered");
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file(&world).metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn what_changes_is_seen_whatever_its_size_and_time() {
    let world = world();
    let first = said(&world);
    let path = "environments/production/team/api.yaml";
    for (text, is_found) in
        [("size: 1\nSize: 2\n", false), ("size: 1\nsize: 2\n", true), ("size: 1\nsizE: 2\n", false)]
    {
        world.write(path, text);
        let now = world.line("check").told();
        assert_eq!(now.contains("duplicate-key"), is_found, "{text}: {now}");
    }
    world.write(path, "size: 1\nsize: 2\n");
    assert_eq!(said(&world), first);
    // Another policy, another schema.
    world.write("schemas/pay.schema.json", r#"{"properties": {"mode": {"type": "integer"}}}"#);
    assert_ne!(world.line("check").told(), first);
    world.write("schemas/pay.schema.json", "{");
    assert!(world.line("check").told().contains("schemas/pay.schema.json:1:"));
    world.write("terrace.toml", "[rules]\nduplicate-key = \"off\"\n");
    assert!(!world.line("check").told().contains("duplicate-key"));
}

/// What a whole check finds of an item is what a check of that item finds, wherever its schemas lie.
#[test]
fn an_item_that_is_named_is_judged_as_among_all() {
    let common = r#"{"properties": {"size": {"type": "string"}}}"#;
    let to_common = r#"{"$ref": "common.json"}"#;
    let policy = |file: &str| format!("[[schema]]\nkeys = \"pay\"\nfile = \"{file}\"\n");
    for (policy, schemas) in [
        (String::new(), vec![("schemas/pay.schema.json", common)]),
        (String::new(), vec![("schemas/pay.schema.json", to_common), ("schemas/common.json", common)]),
        (
            String::new(),
            vec![
                ("schemas/pay.schema.json", r#"{"$ref": "../environments/shared.json"}"#),
                ("environments/shared.json", common),
            ],
        ),
        (policy("environments/shared.json"), vec![("environments/shared.json", common)]),
        (
            policy("environments/shared.json"),
            vec![
                ("environments/shared.json", r#"{"$ref": "../schemas/common.json"}"#),
                ("schemas/common.json", common),
            ],
        ),
    ] {
        let mut files = vec![
            ("environments/staging/pay.yaml", "size: 1\nmode: 0644\n"),
            ("environments/production/Pay.yaml", "size: a\n"),
            ("environments/staging/other.yaml", "x: 1\n"),
            ("terrace.toml", policy.as_str()),
        ];
        files.extend(schemas);
        let world = World::with(&files);
        let lines = |line: &str| -> Vec<String> {
            let said: serde_json::Value = serde_json::from_str(&world.line(line).stdout).expect("JSON");
            let found = said["findings"].as_array().expect("findings").iter();
            found.filter(|one| one["key"] == "pay").map(ToString::to_string).collect()
        };
        for at in ["", " --at HEAD", " --staged"] {
            let whole = lines(&format!("check --format json{at}"));
            assert!(whole.iter().any(|one| one.contains("\"schema\"")), "{whole:?}");
            assert_eq!(lines(&format!("check pay --format json{at}")), whole, "{policy}{at}");
        }
    }
}

/// A file of the cache whose name begins so.
fn cached(world: &World, begin: &str) -> Option<PathBuf> {
    let folder = std::fs::read_dir(world.dir.join(".git/terrace")).ok()?;
    let mut files = folder.map(|entry| entry.expect("an entry").path());
    files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begin)))
}

fn forget_all(world: &World) {
    let folder = world.dir.join(".git/terrace");
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("removed");
    }
}

/// What items are, one after the other; some break, some name other environments, some hold a secret.
const VERSIONS: &[&str] = &[
    "size: 1\nhost: db.example.com\n",
    "size: 2\nhost: db.example.com\nlimits: {cpu: 2}\n",
    "size: 2\nhost: db.uat.staging.example.com\n",
    "db:\n  password: Wq7hLmZ2pTx9\nsize: 3\n",
    "servers:\n- name: a\n  port: 80\n- name: b\n  port: 81\nsize: 1\n",
    "servers:\n- name: b\n  port: 8081\nsize: null\non: yes\nmode: 0644\n",
    "a: &x {b: 1.50, c: [1, 'two', ~]}\nd: *x\ne: !own text\n",
    "a: [\n",
    "size: 1\n---\nsize: 2\n",
];

/// The same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("small") % count
    }
}

#[test]
fn a_status_is_the_same_cold_warm_and_damaged_whatever_was_committed() {
    let lines = ["status", "status --format json", "status --format markdown", "status --show-secrets"];
    let told = |world: &World| lines.map(|line| world.line(line).told());
    for seed in 1..5 {
        let mut numbers = Numbers(seed);
        let mut world = World::with(&[("environments/development/app.yaml", VERSIONS[0])]);
        world.write("environments/staging/app.yaml", VERSIONS[1]);
        world.write("environments/production/app.yaml", VERSIONS[0]);
        world.commit("base");
        for round in 0..6 {
            for _ in 0..=numbers.below(2) {
                let environment = ["development", "staging", "production"][numbers.below(3)];
                let path =
                    format!("environments/{environment}/{}.yaml", ["app", "team/api"][numbers.below(2)]);
                match numbers.below(8) {
                    0 if environment != "production" => _ = std::fs::remove_file(world.dir.join(&path)),
                    _ => world.write(&path, VERSIONS[numbers.below(VERSIONS.len())]),
                }
            }
            if numbers.below(4) == 0 {
                world.write("terrace.toml", &format!("# {round}\n[[pin]]\npath = \"size\"\n"));
            }
            world.pass(u32::try_from(numbers.below(40)).expect("small"));
            world.git(&["commit", "--quiet", "--allow-empty", "--message", "nothing"]);
            world.commit("change");
            // What was remembered of the commit before is there, and not believed.
            let after = told(&world);
            assert_eq!(told(&world), after, "warm: {seed} {round}");
            forget_all(&world);
            assert_eq!(told(&world), after, "cold: {seed} {round}");
            let file = cached(&world, "status-").expect("remembered");
            let whole = std::fs::read(&file).expect("read");
            let at = numbers.below(whole.len());
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            std::fs::write(&file, &damaged).expect("written");
            assert_eq!(told(&world), after, "byte {at}: {seed} {round}");
            std::fs::write(&file, &whole[..at]).expect("written");
            assert_eq!(told(&world), after, "cut at {at}: {seed} {round}");
        }
    }
}

#[test]
fn a_remembered_status_is_its_owners_alone_and_holds_no_secret() {
    let world = World::with(&[
        ("environments/development/pay.yaml", VERSIONS[3]),
        ("environments/staging/pay.yaml", "db:\n  password: ${DB}\nsize: 1\n"),
        ("environments/production/pay.yaml", "size: 1\n"),
    ]);
    let shown = world.line("status --show-secrets --format json").told();
    assert!(shown.contains(SECRET), "{shown}");
    assert_eq!(cached(&world, "status-"), None, "what shows secrets is not remembered");
    let masked = world.line("status --format json").told();
    assert!(!masked.contains(SECRET), "{masked}");
    let file = cached(&world, "status-").expect("remembered");
    let bytes = std::fs::read(&file).expect("read");
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(world.line("status --show-secrets --format json").told(), shown, "asked for, they are shown");
}

#[test]
fn a_status_in_a_shallow_clone_is_not_taken_for_one_of_the_whole() {
    let mut world = World::with(&[("environments/development/app.yaml", "a: 1\n")]);
    for (environment, text) in [("staging", "a: 1\n"), ("production", "a: 1\n"), ("development", "a: 2\n")] {
        world.write(&format!("environments/{environment}/app.yaml"), text);
        world.commit(environment);
    }
    let whole = world.line("status").told();
    let url = format!("file://{}", world.dir.display());
    let clone = world.beside("shallow");
    world.git(&["clone", "--quiet", "--depth", "1", &url, clone.to_str().expect("a path")]);
    world.dir = clone;
    let cut = world.line("status").told();
    assert!(cut.contains("cut off"), "{cut}");
    assert_eq!(world.line("status").told(), cut);
    world.git(&["fetch", "--quiet", "--unshallow"]);
    assert_eq!(world.line("status").told(), whole);
}

/// What a status says, and what it says without anything that is remembered.
fn warm_and_cold(world: &World) -> [String; 2] {
    let told = || ["status", "status --format json"].map(|line| world.line(line).told()).concat();
    let warm = told();
    let [folder, aside] = ["terrace", "aside"].map(|name| world.dir.join(".git").join(name));
    std::fs::rename(&folder, &aside).expect("moved");
    let cold = told();
    std::fs::remove_dir_all(&folder).expect("removed");
    std::fs::rename(&aside, &folder).expect("moved");
    [warm, cold]
}

const ITEMS: [&str; 5] = ["app", "team/api", "team/web", "pay", "pay.staging"];

/// One of the things that people do, not yet committed.
fn do_something(world: &World, numbers: &mut Numbers, round: usize) {
    let environment = ["development", "development", "staging", "production"][numbers.below(4)];
    let item = ITEMS[numbers.below(ITEMS.len())];
    let path = format!("environments/{environment}/{item}.yaml");
    let there = world.dir.join(&path).exists();
    match numbers.below(16) {
        // One change in many items, of which some are taken.
        0..4 => {
            for item in &ITEMS[numbers.below(3)..] {
                let text = format!("size: {}\nport: {round}\nreplicas: {}\n", round % 5, numbers.below(3));
                world.write(&format!("environments/{environment}/{item}.yaml"), &text);
            }
        }
        4 if there => std::fs::remove_file(world.dir.join(&path)).expect("removed"),
        5 if there => {
            let to = world.dir.join(format!("environments/{environment}/team/new{}.yaml", numbers.below(3)));
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            std::fs::rename(world.dir.join(&path), to).expect("moved");
        }
        6 => {
            let day = ["2026-03-01", "2026-05-01", "2026-09-01"][numbers.below(3)];
            let place = format!("{item} size --env staging --until {day}");
            world.line(&format!("hold {place} --reason own"));
        }
        7 => world.write(
            &format!("schemas/{item}.schema.json"),
            r#"{"properties": {"port": {"type": "integer"}}, "required": ["port"]}"#,
        ),
        8 => world.write("terrace.toml", &format!("# {round}\n[[pin]]\npath = \"size\"\n")),
        9 => world.write("README.md", &format!("{round}\n")),
        _ => world.write(&path, VERSIONS[numbers.below(VERSIONS.len())]),
    }
}

#[test]
fn a_status_goes_on_from_commit_to_commit_as_if_all_was_judged() {
    for seed in 1..9 {
        let mut numbers = Numbers(seed);
        let mut world = World::with(&[("environments/development/app.yaml", VERSIONS[0])]);
        for round in 0..14 {
            if numbers.below(6) == 0 {
                world.git(&["checkout", "--quiet", "-b", "side"]);
                for _ in 0..2 {
                    do_something(&world, &mut numbers, round);
                    world.commit("on a branch");
                }
                world.git(&["checkout", "--quiet", "-"]);
                world.pass(1);
                world.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "side"]);
                world.git(&["branch", "--quiet", "-D", "side"]);
            }
            for _ in 0..=numbers.below(2) {
                do_something(&world, &mut numbers, round);
            }
            world.pass(u32::try_from([0, 1, 6, 13, 40][numbers.below(5)]).expect("small"));
            world.commit("change");
            if numbers.below(5) > 0 {
                let [warm, cold] = warm_and_cold(&world);
                assert_eq!(warm, cold, "{seed} {round}");
            }
        }
    }
}

#[test]
fn an_item_that_nobody_touched_is_not_read_again() {
    let mut world = World::with(&[
        ("environments/development/app.yaml", "a: 1\n"),
        ("environments/staging/app.yaml", "a: 1\n"),
        ("environments/development/old.yaml", "b: 1\n"),
        ("environments/staging/old.yaml", "b: 2\n"),
    ]);
    let first = world.line("status").told();
    assert!(first.contains("old"), "{first}");
    let id = world.git(&["rev-parse", "HEAD:environments/staging/old.yaml"]);
    let (folder, name) = id.trim().split_at(2);
    world.write("environments/development/app.yaml", "a: 2\n");
    world.commit("change");
    let object = world.dir.join(".git/objects").join(folder).join(name);
    let aside = world.beside("object");
    std::fs::rename(&object, &aside).expect("moved");
    let after = world.line("status").told();
    assert!(after.contains("old") && after.contains("app"), "{after}");
    forget_all(&world);
    assert!(!world.line("status").told().contains("app"), "all is judged, and one cannot be read");
    std::fs::rename(&aside, &object).expect("moved");
    assert_eq!(world.line("status").told(), after);
}

#[test]
fn what_a_new_commit_changed_in_other_items_counts_for_one_that_is_named() {
    let items = ["app", "pay", "web"];
    let mut world = World::with(&[]);
    let set = |world: &World, environment: &str, text: &str| {
        for item in items {
            world.write(&format!("environments/{environment}/{item}.yaml"), text);
        }
    };
    for environment in ["development", "staging", "production"] {
        set(&world, environment, "level: 1\n");
    }
    world.commit("base");
    // The history index knows this much.
    world.line("status").exits(0);
    set(&world, "development", "level: 2\n");
    world.commit("level");
    world.pass(20);
    world.commit("nothing");
    let named = world.line("status app").exits(0);
    assert!(named.contains("app  1 offered"), "{named}");
    forget_all(&world);
    assert_eq!(world.line("status app").exits(0), named, "without an index");
}
