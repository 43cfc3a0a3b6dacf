//! Promotions, rollbacks and holds on a branch that is not checked out, as a server makes them: planned
//! on its tip, carried out exactly, or refused with what is there now.

use std::collections::BTreeMap;

use terrace::api::plan_file;
use terrace::model::{CommitId, Environment, EnvironmentSet, ErrorKind, Help, Hop, Key};
use terrace::ops::{
    Agreed, Expected, HoldRequest, PromoteRequest, RollbackRequest, RollbackTarget, Workspace, agree,
    commit_agreed, commit_promotion, commit_rollback, held_at, hold, prepare_promotion, prepare_rollback,
    status,
};
use terrace::store::transaction::{Options, Start};

use crate::changes::{blob, options, workspace};
use crate::support::World;

const STAGING: &str = "environments/staging/pay.yaml";
const PRODUCTION: &str = "environments/production/pay.yaml";

/// A repository whose branch `next` is a change of staging ahead of the one that is checked out.
fn world() -> World {
    let mut world = World::with(&[(STAGING, "rate: 1\nsize: 5\n"), (PRODUCTION, "rate: 1\nsize: 5\n")]);
    world.git(&["checkout", "--quiet", "-b", "next"]);
    world.write(STAGING, "rate: 2\nsize: 5\n");
    world.commit("faster");
    world.git(&["checkout", "--quiet", "main"]);
    world
}

fn on_next() -> Options {
    Options { branch: Some("next".into()), start: Start::Tip, ..options() }
}

fn key() -> Key {
    "pay".parse().expect("a key")
}

fn request() -> PromoteRequest {
    PromoteRequest {
        keys: vec![key()],
        matching: Vec::new(),
        hop: Hop::ToProduction,
        selection: Default::default(),
        answers: BTreeMap::new(),
        create_unnamed: false,
        delete: false,
        leave_unwritable: false,
        reason: None,
        by: String::new(),
    }
}

fn show(world: &World, file: &str) -> String {
    world.git(&["show", &format!("next:{file}")])
}

/// Commits on `next` without leaving `main`.
fn commit_on_next(world: &mut World, file: &str, text: &str) {
    world.git(&["checkout", "--quiet", "next"]);
    world.write(file, text);
    world.commit("by hand");
    world.git(&["checkout", "--quiet", "main"]);
}

fn promoted(workspace: &Workspace) -> CommitId {
    let planner = workspace.planner_to_commit(&on_next(), &[]).expect("a planner");
    let prepared = prepare_promotion(workspace, &planner, &request()).expect("a plan");
    let done = commit_promotion(workspace, &request(), &prepared, None, &on_next()).expect("a commit");
    done.expect("something to commit").commit
}

#[test]
fn a_promotion_is_planned_on_the_tip_of_its_branch() {
    let world = world();
    let workspace = workspace(&world.dir);
    let main = world.git(&["rev-parse", "main"]);
    let commit = promoted(&workspace);
    assert_eq!(show(&world, PRODUCTION), "rate: 2\nsize: 5\n");
    assert_eq!(world.git(&["rev-parse", "next"]).trim(), commit.as_str());
    assert_eq!(
        (world.git(&["rev-parse", "main"]), world.read(PRODUCTION)),
        (main, "rate: 1\nsize: 5\n".into())
    );
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_plan_that_was_given_is_carried_out_exactly_or_answered_with_the_new_one() {
    let mut world = world();
    world.git(&["checkout", "--quiet", "next"]);
    world.line("promote pay --to production -o plan.json").exits(0);
    let text = world.read("plan.json");
    std::fs::remove_file(world.dir.join("plan.json")).expect("a file");
    world.git(&["checkout", "--quiet", "main"]);
    let workspace = workspace(&world.dir);
    let planner = || workspace.planner_to_commit(&on_next(), &[]).expect("a planner");
    let given = plan_file::read(&text, "plan", planner().configuration.policy()).expect("a plan").agreed;
    // Another item, and the branch that is checked out, do no harm.
    commit_on_next(&mut world, "environments/staging/other.yaml", "a: 1\n");
    let Agreed::Ready(prepared) = agree(&workspace, &planner(), &given).expect("an answer") else {
        panic!("it is up to date")
    };
    let done = commit_agreed(&workspace, &given, &prepared, None, &on_next()).expect("a commit");
    assert!(done.is_some_and(|done| done.is_new));
    assert_eq!(show(&world, PRODUCTION), "rate: 2\nsize: 5\n");
    commit_on_next(&mut world, STAGING, "rate: 3\nsize: 5\n");
    let Agreed::Moved { why, plan } = agree(&workspace, &planner(), &given).expect("an answer") else {
        panic!("its files have moved")
    };
    assert_eq!(why.kind(), ErrorKind::Stale);
    let told = why.changed().iter().map(|it| format!("{} {}: {}", it.item, it.path, it.commit.subject));
    let told: Vec<String> = told.collect();
    assert_eq!(told[0], "pay in staging rate: by hand");
    assert!(told.len() == 2 && told[1].starts_with("pay in production rate: promote(pay)"), "{told:?}");
    let lines = plan.plans.iter().flat_map(|plan| &plan.lines);
    let lines: Vec<String> = lines
        .map(|line| format!("{} {:?}", line.path, line.source.as_ref().map(ToString::to_string)))
        .collect();
    assert_eq!(lines, ["rate Some(\"3\")"]);
    // What was prepared and is out of date by now is not committed either.
    let stale = commit_agreed(&workspace, &given, &prepared, None, &on_next()).expect_err("stale");
    assert_eq!(stale.kind(), ErrorKind::Stale);
}

#[test]
fn a_rollback_counts_only_for_what_was_seen() {
    let world = world();
    let workspace = workspace(&world.dir);
    promoted(&workspace);
    let planner = workspace.planner_to_commit(&on_next(), &[]).expect("a planner");
    let rollback = |expected| RollbackRequest {
        keys: vec![key()],
        environment: Environment::Production,
        back: RollbackTarget::LastPromotion,
        only: Vec::new(),
        force: false,
        delete: false,
        expected: BTreeMap::from([(key(), expected)]),
        subject: None,
    };
    let before = Expected::Blob(blob(&world, PRODUCTION));
    for expected in [before, Expected::Absent] {
        let stale = prepare_rollback(&workspace, &planner, &rollback(expected)).expect_err("stale");
        assert_eq!(stale.kind(), ErrorKind::Stale);
    }
    let now = planner.configuration.item(&key(), Environment::Production).expect("an item");
    let request = rollback(Expected::Blob(now.blob.clone().expect("a blob")));
    let prepared = prepare_rollback(&workspace, &planner, &request).expect("a rollback");
    let done = commit_rollback(&workspace, &request, &prepared, &on_next()).expect("a commit");
    assert!(done.is_some());
    assert_eq!(show(&world, PRODUCTION), "rate: 1\nsize: 5\n");
}

#[test]
fn a_decision_is_recorded_on_its_branch() {
    let world = world();
    let workspace = workspace(&world.dir);
    let request = HoldRequest {
        key: key(),
        target: Environment::Production,
        path: "rate".parse().expect("a path"),
        reason: "load".into(),
        until: "released".parse().expect("an end"),
    };
    assert!(hold(&workspace, &request, &on_next()).expect("a decision").is_some());
    let held = |planner| held_at(&planner).expect("decisions").len();
    assert_eq!(held(workspace.planner_to_commit(&on_next(), &[]).expect("a planner")), 1);
    assert_eq!(held(workspace.planner(None).expect("a planner")), 0);
}

/// What is said to who may read development and staging is the same whatever production has.
#[test]
fn nothing_is_suggested_or_said_of_what_may_not_be_read() {
    let base = [("environments/staging/pay.yaml", "a: 1\n"), ("environments/development/pay.yaml", "a: 1\n")];
    let secret = ("environments/production/merger-talks.yaml", "a: 1\n");
    let with = World::with(&[&base[..], &[secret]].concat());
    let worlds = [World::with(&base), with];
    let readable = EnvironmentSet::from_iter([Environment::Development, Environment::Staging]);
    let asked: Vec<Key> =
        ["merger-talk", "merger-talks", "pya"].map(|key| key.parse().expect("a key")).into();
    let told = |world: &World, readable: EnvironmentSet| {
        let workspace = workspace(&world.dir).with_readable(readable);
        let planner = workspace.planner(None).expect("a planner");
        let mut told = Vec::new();
        for key in &asked {
            let keys = vec![key.clone()];
            let promote = PromoteRequest { keys: keys.clone(), hop: Hop::ToStaging, ..request() };
            told.extend(prepare_promotion(&workspace, &planner, &promote).err());
            told.extend(status(&workspace, &keys, None, Default::default()).err());
            let rollback = RollbackRequest {
                keys,
                environment: Environment::Staging,
                back: RollbackTarget::LastPromotion,
                only: Vec::new(),
                force: false,
                delete: false,
                expected: BTreeMap::new(),
                subject: None,
            };
            told.extend(prepare_rollback(&workspace, &planner, &rollback).err());
            let hold_request = HoldRequest {
                key: key.clone(),
                target: Environment::Staging,
                path: "a".parse().expect("a path"),
                reason: "r".into(),
                until: "released".parse().expect("an end"),
            };
            told.extend(hold(&workspace, &hold_request, &options()).err());
        }
        told
    };
    let [without, with] = worlds.each_ref().map(|world| told(world, readable));
    assert_eq!(without, with);
    assert_eq!(with.len(), 12);
    for error in &with {
        let message = error.message();
        assert!(message.ends_with("in development or staging"), "{message}");
        assert!(matches!(error.help(), Some(Help::ListItems | Help::DidYouMean(_))), "{error:?}");
    }
    assert!(with.iter().any(|error| error.help() == Some(&Help::DidYouMean("pay".into()))));
    // Who may read all is told what there is, and where it is not.
    let all = told(&worlds[1], EnvironmentSet::ALL);
    assert!(all.iter().any(|error| error.help() == Some(&Help::DidYouMean("merger-talks".into()))));
    worlds[1].refuses(
        "promote merger-talks --to staging",
        2,
        "error: there is no item `merger-talks` in development or staging\nhelp: `terrace list` shows the items there are",
    );
}

#[test]
fn a_line_says_which_environments_it_speaks_of() {
    let file = |environment: &str| format!("environments/{environment}/pay.yaml");
    let mut world = World::with(&[
        (&file("development"), "a: 1\n"),
        (&file("staging"), "a: 1\n"),
        (&file("production"), "a: 1\nown: 7\n"),
    ]);
    world.write(&file("development"), "a: 2\nown: 5\n");
    world.commit("development moves on");
    let lines = |hop: Hop| -> Vec<String> {
        let workspace = workspace(&world.dir);
        let planner = workspace.planner(None).expect("a planner");
        let prepared = prepare_promotion(&workspace, &planner, &PromoteRequest { hop, ..request() });
        let prepared = prepared.expect("a plan");
        let lines = prepared.plans.iter().flat_map(|plan| &plan.lines);
        lines.map(|line| format!("{}: {}", line.path, line.environments(hop))).collect()
    };
    assert_eq!(lines(Hop::ToStaging), ["a: development or staging", "own: any environment"]);
    world.line("promote pay --to staging --only a --yes").exits(0);
    assert_eq!(lines(Hop::ToProduction), ["a: any environment", "own: staging or production"]);
}
