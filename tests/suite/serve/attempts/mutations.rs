//! Each guard is taken out on its own, and the attempts that it answers are made again: they come through
//! by the doors that it guards.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use terrace::guards::Guard;

use super::rows;
use super::scene::Scene;
use super::table::{Door, Red};

/// The attempt that notices, and the doors by which it comes through: these and no other.
fn noticed_by(guard: Guard) -> (&'static str, &'static [Door]) {
    use Door::{
        ApiRead, ApiWrite, Argo, Client, CommandLine, Drivers, Git, Library, Ofrep, Page, Publish, Replica,
        Spring,
    };
    const EVERY_DOOR: &[Door] = &[
        CommandLine,
        Door::Export,
        Door::Watch,
        Library,
        Client,
        ApiRead,
        ApiWrite,
        Spring,
        Ofrep,
        Argo,
        Page,
        Replica,
        Publish,
        Door::Hooks,
        Git,
    ];
    match guard {
        Guard::EnvironmentName => ("an alias", EVERY_DOOR),
        Guard::KeySegments => (
            "a key that leads out of its environment",
            &[CommandLine, Library, Client, ApiRead, ApiWrite, Spring, Ofrep, Argo, Page],
        ),
        Guard::LinkIsNoItem => ("a link to another environment's file", &[CommandLine, Page]),
        Guard::PromotionOrder => ("a promotion that skips or reverses", &[CommandLine]),
        Guard::EnvironmentHeader => {
            ("another environment beside the address", &[ApiRead, ApiWrite, Spring, Ofrep, Replica])
        }
        Guard::QueryNames => ("another environment beside the address", &[ApiRead]),
        Guard::ClientAnswer => ("another environment beside the address", &[Client]),
        Guard::TokenDigest => (
            "no token, a wrong one, an old one, two",
            &[Client, ApiRead, ApiWrite, Spring, Ofrep, Argo, Page, Replica],
        ),
        Guard::TokenExpiry => (
            "no token, a wrong one, an old one, two",
            &[ApiRead, ApiWrite, Spring, Ofrep, Argo, Page, Replica],
        ),
        Guard::TokenOnce => {
            ("no token, a wrong one, an old one, two", &[ApiRead, ApiWrite, Spring, Ofrep, Argo, Page])
        }
        Guard::SignIn => ("no token, a wrong one, an old one, two", &[Page]),
        Guard::TokenEnvironments => (
            "a token of another environment",
            &[Client, ApiRead, ApiWrite, Spring, Ofrep, Argo, Page, Replica],
        ),
        Guard::MetricsScope => ("a token of another environment", &[ApiRead]),
        Guard::TokenVerbs => ("a write or promotion without the right", &[ApiRead, ApiWrite, Page, Replica]),
        Guard::HostName => ("a foreign host, a page of another site", &[ApiRead, Spring, Page, Replica]),
        Guard::OwnOrigin => {
            ("a foreign host, a page of another site", &[ApiWrite, Ofrep, Argo, Page, Replica])
        }
        Guard::PromotionSource => ("a comparison with production", &[ApiRead]),
        Guard::ComparedSide => ("a comparison with production", &[ApiRead, Replica]),
        Guard::ReachableRevision => {
            ("a commit of a branch that is not merged", &[ApiRead, ApiWrite, Spring, Page, Replica, Git])
        }
        Guard::PreconditionNamed => ("a write that does not say what it read", &[ApiWrite, Replica]),
        Guard::PreconditionTag => ("a write that does not say what it read", &[ApiWrite, Page, Replica]),
        Guard::ExpectedFile => ("a write that does not say what it read", &[ApiWrite, Replica]),
        Guard::TagEnvironment => ("a tag of another environment", &[ApiRead, ApiWrite]),
        Guard::ClientTag => ("a tag of another environment", &[Client]),
        Guard::MaskIsNoValue => ("a mask given as a value", &[ApiWrite, Replica]),
        Guard::SecretsMasked => (
            "a secret read or written without the right",
            &[CommandLine, ApiRead, ApiWrite, Ofrep, Page, Replica, Drivers],
        ),
        Guard::SecretsAsText => {
            ("a secret read or written without the right", &[ApiRead, Spring, Ofrep, Argo, Replica])
        }
        Guard::SecretsWritten => ("a secret read or written without the right", &[ApiWrite]),
        Guard::PlanTarget => ("a plan for another environment, unconfirmed", &[ApiWrite, Replica]),
        Guard::PlanConfirmed => ("a plan for another environment, unconfirmed", &[ApiWrite, Replica]),
        Guard::PlanFiles => ("a plan of files that changed since", &[CommandLine, ApiWrite, Replica]),
        Guard::PlanText => ("a plan that was forged or edited", &[CommandLine, ApiWrite, Replica]),
        Guard::LastGood => {
            ("a broken file of the environment itself", &[ApiRead, Spring, Page, Replica, Publish])
        }
        Guard::Weakened => ("a pull request that weakens the policy", &[CommandLine]),
        Guard::BasePolicy => ("a pull request that weakens the policy", &[CommandLine]),
    }
}

/// The doors of an attempt that are red: what came through, and what could not be tried.
fn red(attempt: &str, scene: &Scene) -> (Vec<Door>, Vec<String>) {
    let row = rows().find(|row| row.attempt == attempt).unwrap_or_else(|| panic!("no attempt {attempt}"));
    let (mut through, mut untried) = (Vec::new(), Vec::new());
    for (door, outcomes) in row.of(scene) {
        for outcome in outcomes {
            match outcome {
                Err(Red::Through(_)) if !through.contains(&door) => through.push(door),
                Err(Red::Panicked(told)) => untried.push(format!("{}: {told}", door.name())),
                Ok(_) | Err(Red::Through(_)) => {}
            }
        }
    }
    (through, untried)
}

#[test]
fn no_guard_is_taken_out_unnoticed() {
    let next = AtomicUsize::new(0);
    let noticed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(guard) = Guard::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let red = red(noticed_by(*guard).0, &Scene::new(Some(*guard)));
                    noticed.lock().expect("no panic").push((*guard, red));
                }
            });
        }
    });
    let mut noticed = noticed.into_inner().expect("no panic");
    noticed.sort_by_key(|(guard, _)| Guard::ALL.iter().position(|known| known == guard));
    let mut wrong = Vec::new();
    for (guard, (through, untried)) in &noticed {
        let (attempt, doors) = noticed_by(*guard);
        let names: Vec<&str> = through.iter().map(|door| door.name()).collect();
        println!("without {:<20} {attempt:<44} {}", format!("{guard:?}"), names.join(", "));
        if through != doors || doors.is_empty() || !untried.is_empty() {
            wrong.push(format!("{guard:?}: {attempt}: through {through:?}, not {doors:?}; {untried:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} guards taken out, each noticed by the doors that it guards", noticed.len());
    assert_eq!(noticed.len(), Guard::ALL.len());
    assert!(noticed.len() >= 25, "too few guards");
}
