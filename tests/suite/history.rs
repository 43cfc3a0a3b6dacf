//! What counts as history: merges that are opened, files under their former names, and versions
//! that cannot be read.

use std::collections::BTreeSet;

use terrace::engine::history::{CommitChanges, History};
use terrace::model::{BlobId, CommitId, Environment};
use terrace::store::Repository;

use super::support::{World, run};

const DEV: &str = "environments/development/api.yaml";
const STAGING: &str = "environments/staging/api.yaml";

fn repository(world: &World) -> (Repository, CommitId) {
    let repository = Repository::discover(&world.dir).expect("a repository");
    let head = repository.require_head().expect("a commit");
    (repository, head)
}

/// The history of HEAD: walked, kept, kept again, and of these files alone, all saying the same.
fn history(world: &World) -> History {
    let (repository, head) = repository(world);
    let walked = repository.walk_history(&head).expect("walked");
    for turn in ["first", "again"] {
        assert_eq!(repository.history(&head).expect("answered"), walked, "{turn}");
    }
    walked
}

/// The lines that `api` had in an environment, newest first, from all and from a part.
fn values(world: &World, environment: Environment) -> Vec<String> {
    let key = "api".parse().expect("a key");
    let (repository, head) = repository(world);
    let text =
        |blob: BlobId| world.git(&["cat-file", "blob", blob.as_str()]).replace('\n', " ").trim().to_owned();
    let of = |history: &History| history.blobs(&key, environment).into_iter().map(text).collect::<Vec<_>>();
    let all = of(&history(world));
    let files: BTreeSet<String> = Environment::ALL.map(|environment| key.file(environment)).into();
    let part = repository.history_of(&head, files).expect("walked");
    assert_eq!(of(&part), all, "a part of history says something else");
    let part = repository.history_of_items(&head, std::slice::from_ref(&key)).expect("looked up");
    assert_eq!(of(&part), all, "what is looked up says something else");
    all
}

fn everywhere(world: &World, place: &dyn Fn(Environment) -> String, text: &str) {
    for environment in Environment::ALL {
        world.write(&place(environment), text);
    }
}

fn item(environment: Environment) -> String {
    format!("environments/{environment}/api.yaml")
}

fn merge(world: &mut World, branch: &str) {
    world.pass(1);
    let message = format!("merge {branch}");
    world.git(&["merge", "--quiet", "--no-ff", "--strategy-option", "ours", "-m", &message, branch]);
}

/// A branch of two commits, one of them a merge of a third, merged into `main`.
fn merged() -> World {
    let mut world = World::with(&[(DEV, "rate: 1\n"), (STAGING, "rate: 1\n"), ("notes", "")]);
    world.git(&["checkout", "--quiet", "-b", "sprint"]);
    world.write(DEV, "rate: 2\n");
    world.commit("dev 2");
    world.git(&["checkout", "--quiet", "-b", "inner", "main"]);
    world.write(STAGING, "rate: 2\n");
    world.write("notes", "inner");
    world.commit("staging 2");
    world.write("notes", "more");
    world.commit("notes only");
    world.git(&["checkout", "--quiet", "sprint"]);
    merge(&mut world, "inner");
    world.write(DEV, "rate: 3\n");
    world.commit("dev 3");
    world.git(&["checkout", "--quiet", "main"]);
    world.write("other", "");
    world.commit("mainline");
    merge(&mut world, "sprint");
    world
}

fn brought(commit: &CommitChanges) -> Vec<String> {
    let told = |commit: &CommitChanges| {
        let files: Vec<_> = commit.changes.iter().map(|change| change.path.as_str()).collect();
        format!("{}: {}", commit.info.subject, files.join(" "))
    };
    commit.brought.iter().map(told).collect()
}

#[test]
fn a_merge_that_changed_an_item_on_both_sides_is_opened() {
    let world = merged();
    let history = history(&world);
    let [merge, base] = history.commits() else { panic!("{history:?}") };
    // The inner merge took each file as one of its parents had it.
    let expected = [format!("dev 2: {DEV}"), format!("staging 2: {STAGING}"), format!("dev 3: {DEV}")];
    assert_eq!(brought(merge), expected);
    assert!(base.brought.is_empty());
    let (repository, head) = repository(&world);
    // One side alone, too: what became of the change in other items is asked.
    for files in [&[DEV][..], &[DEV, STAGING]] {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        let part = repository.history_of(&head, files).expect("walked");
        assert_eq!(brought(&part.commits()[0]), expected);
    }
}

#[test]
fn an_inner_merge_says_what_its_other_parents_had() {
    let mut world = World::with(&[(DEV, "rate: 1\n"), (STAGING, "rate: 1\n")]);
    world.git(&["checkout", "--quiet", "-b", "sprint"]);
    world.write(DEV, "a: 1\nrate: 2\n");
    world.commit("dev 2");
    world.git(&["checkout", "--quiet", "-b", "inner", "main"]);
    world.write(STAGING, "rate: 2\n");
    world.write(DEV, "rate: 1\nz: 1\n");
    world.commit("both");
    let other = world.git(&["rev-parse", &format!("HEAD:{DEV}")]);
    world.git(&["checkout", "--quiet", "sprint"]);
    world.pass(1);
    let conflict = run(world.command("git").args(["merge", "--quiet", "inner"]));
    assert_eq!(conflict.code, 1, "{conflict:?}");
    world.write(DEV, "a: 1\nrate: 2\nz: 1\n");
    world.commit("both ways");
    world.git(&["checkout", "--quiet", "main"]);
    merge(&mut world, "sprint");
    let history = history(&world);
    let inner = history.commits()[0].brought.last().expect("brought");
    assert_eq!(inner.info.subject, "both ways");
    let [change] = inner.changes.as_slice() else { panic!("{inner:?}") };
    let others: Vec<_> = change.others.iter().flatten().map(BlobId::as_str).collect();
    assert_eq!((change.path.as_str(), others.as_slice()), (DEV, &[other.trim()][..]));
}

#[test]
fn a_merge_stays_closed_where_a_shallow_clone_lacks_what_came_with_it() {
    let mut world = merged();
    let url = format!("file://{}", world.dir.display());
    let clone = world.beside("shallow");
    world.git(&["clone", "--quiet", "--depth", "2", &url, clone.to_str().expect("a path")]);
    world.dir = clone;
    let history = history(&world);
    let [merge, ..] = history.commits() else { panic!("{history:?}") };
    assert_eq!((merge.changes.len(), brought(merge)), (2, Vec::new()));
}

#[test]
fn each_of_three_equal_files_keeps_its_own_past_wherever_it_was() {
    use Environment::{Development, Production, Staging};
    type Place = fn(Environment) -> String;
    let old: [(&str, Place); 4] = [
        ("a root", |env| format!("deploy/environments/{env}/api.yaml")),
        ("folders", |env| format!("environments/{}/api.yaml", env.words().last().expect("a word"))),
        ("names", |env| format!("values-{}.yaml", env.words().last().expect("a word"))),
        ("another key", |env| format!("environments/{env}/old/api.yaml")),
    ];
    for (what, place) in old {
        let mut world = World::with(&[("README.md", "")]);
        everywhere(&world, &place, "rate: 1\n");
        world.commit("base");
        world.write(&place(Production), "rate: 5\n");
        world.commit("production tries 5");
        world.write(&place(Production), "rate: 1\n");
        world.commit("and goes back");
        let back = world.git(&["rev-parse", "--short=7", "HEAD"]);
        for environment in Environment::ALL {
            std::fs::create_dir_all(world.dir.join("environments").join(environment.name()))
                .expect("a folder");
            world.git(&["mv", &place(environment), &item(environment)]);
        }
        world.commit("moved");
        world.write(DEV, "rate: 2\n");
        world.commit("dev 2");
        assert_eq!(values(&world, Production), ["rate: 1", "rate: 5", "rate: 1"], "{what}");
        assert_eq!(values(&world, Development), ["rate: 2", "rate: 1"], "{what}");
        assert_eq!(values(&world, Staging), ["rate: 1"], "{what}");
        let status = world.line("status");
        assert!(
            status.stdout.contains("1 to promote") && !status.stderr.contains("move"),
            "{what}: {status:?}"
        );
        let log = world.line("log api --env production").exits(0);
        assert!(log.contains("production tries 5") && log.contains("5 → 1"), "{what}: {log}");
        let blame = world.line("blame api --env production").exits(0);
        assert!(blame.contains(back.trim()), "{what}: {blame}");
    }
}

#[test]
fn a_file_is_followed_through_several_moves_and_back() {
    let lines = "one: 1\ntwo: 2\nthree: 3\n";
    let mut world = World::with(&[(DEV, &format!("rate: 1\n{lines}")), ("README.md", "")]);
    let go = |world: &mut World, from: &str, to: &str, text: &str| {
        let (from, target) = (world.dir.join(from), world.dir.join(to));
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        std::fs::rename(from, target).expect("moved");
        world.write(to, &format!("{text}{lines}"));
        world.commit(&format!("to {to}"));
    };
    go(&mut world, DEV, "conf/dev/api.yaml", "rate: 2\n");
    world.write("conf/dev/api.yaml", &format!("rate: 3\n{lines}"));
    world.commit("3 outside");
    go(&mut world, "conf/dev/api.yaml", "deploy/api-dev.yml", "rate: 3\n");
    go(&mut world, "deploy/api-dev.yml", DEV, "rate: 4\n");
    let short = |text: String| text.split(" one").next().expect("text").to_owned();
    let found: Vec<_> = values(&world, Environment::Development).into_iter().map(short).collect();
    assert_eq!(found, ["rate: 4", "rate: 3", "rate: 2", "rate: 1"]);
    let order: Vec<_> = history(&world).commits().iter().map(|c| c.info.subject.clone()).collect();
    let to = |path: &str| format!("to {path}");
    assert_eq!(
        order,
        [to(DEV), to("deploy/api-dev.yml"), "3 outside".into(), to("conf/dev/api.yaml"), "base".into()]
    );
}

#[test]
fn what_nobody_can_tell_apart_begins_at_the_move() {
    let mut world =
        World::with(&[("a/api.yaml", "rate: 1\n"), ("b/api.yaml", "rate: 1\n"), ("c/api.yaml", "rate: 1\n")]);
    let id = |world: &World| world.git(&["rev-parse", "--short=7", "HEAD"]).trim().to_owned();
    for (folder, environment) in ["a", "b", "c"].iter().zip(Environment::ALL) {
        std::fs::create_dir_all(world.dir.join("environments").join(environment.name())).expect("a folder");
        world.git(&["mv", &format!("{folder}/api.yaml"), &item(environment)]);
    }
    world.commit("moved");
    let moved = id(&world);
    world.write(DEV, "rate: 2\n");
    world.commit("dev 2");
    assert_eq!(values(&world, Environment::Staging), ["rate: 1"]);
    let said = world.line("status").stderr;
    assert_eq!(said.matches("history begins at the move on 2026-01-07").count(), 1, "{said}");
    assert!(said.contains(&moved), "{said}");
}

#[test]
#[cfg(unix)]
fn a_link_in_the_place_of_a_file_leaves_its_past_to_the_item() {
    let mut world = World::with(&[("config/api.yaml", "rate: 1\n")]);
    world.write("config/api.yaml", "rate: 2\n");
    world.commit("2");
    std::fs::remove_file(world.dir.join("config/api.yaml")).expect("removed");
    std::os::unix::fs::symlink(format!("../{DEV}"), world.dir.join("config/api.yaml")).expect("a link");
    world.write(DEV, "rate: 2\n");
    world.commit("moved");
    assert_eq!(values(&world, Environment::Development), ["rate: 2", "rate: 1"]);
}

#[test]
fn a_file_that_was_taken_over_and_stays_is_the_past_of_its_item() {
    let mut world = World::with(&[("config/api.yaml", "rate: 1\n"), ("config/note.txt", "")]);
    world.write("config/api.yaml", "rate: 2\n");
    world.commit("2");
    world.line("migrate config/api.yaml --keep-legacy --yes").exits(0);
    assert_eq!(values(&world, Environment::Development), ["rate: 2", "rate: 1"]);
}

#[test]
fn a_version_that_is_not_there_is_an_error_that_names_the_fetch() {
    let mut world = World::with(&[(DEV, "rate: 1\n"), (STAGING, "rate: 1\n")]);
    world.write(DEV, "rate: 2\n");
    world.commit("dev 2");
    world.write(DEV, "rate: 3\n");
    world.commit("dev 3");
    let gone = world.git(&["rev-parse", &format!("HEAD~1:{DEV}")]);
    let object = world.dir.join(".git/objects").join(&gone[..2]).join(gone[2..].trim());
    for damage in ["empty", "missing"] {
        if damage == "empty" {
            std::fs::remove_file(&object).expect("removed");
            std::fs::write(&object, "").expect("an empty file");
        } else {
            std::fs::remove_file(&object).expect("removed");
        }
        for line in [
            "status",
            "promote api --to staging --yes",
            "promote --all --to staging --yes",
            "log",
            "blame api --env development",
        ] {
            let output = world.line(line);
            assert_eq!(output.code, 2, "{damage}: {line}: {output:?}");
            assert!(output.stderr.contains(&gone[..7]), "{damage}: {line}: {output:?}");
            assert!(output.stderr.contains("git fetch"), "{damage}: {line}: {output:?}");
        }
    }
}

#[test]
fn a_sparse_checkout_is_read_from_the_index_and_said_once() {
    let production = "environments/production/api.yaml";
    let world = World::with(&[(DEV, "rate: 1\n"), (STAGING, "rate: 2\n"), (production, "rate: [\n")]);
    world.git(&["sparse-checkout", "set", "--no-cone", DEV]);
    assert!(!world.dir.join(STAGING).exists());
    let note = "note: the checkout is sparse; what it leaves out is read from the index\n";
    let check = world.line("check");
    assert!(check.stdout.contains(production) && check.stderr == note, "{check:?}");
    assert_eq!(check.code, 1);
    let get = world.line("get api rate --env staging");
    assert_eq!((get.stdout.as_str(), get.stderr.as_str()), ("2\n", note));
    assert!(world.line("diff development staging").exits(1).contains("rate"));
    let status = world.line("status");
    assert!(!status.stderr.contains("not committed"), "{status:?}");
    // What is gone by hand is gone.
    std::fs::remove_file(world.dir.join(DEV)).expect("removed");
    assert!(world.line("status").stderr.contains("environments/development/api.yaml has changes"));
}
