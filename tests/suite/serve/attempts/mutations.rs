//! Each guard is taken out on its own, and the attempts that it answers are made again: at least one has
//! to come through.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use terrace::guards::Guard;

use super::rows;
use super::scene::Scene;

/// The attempt that notices.
fn attempt(guard: Guard) -> &'static str {
    match guard {
        Guard::EnvironmentName => "an alias",
        Guard::KeySegments => "a key that leads out of its environment",
        Guard::LinkIsNoItem => "a link to another environment's file",
        Guard::PromotionOrder => "a promotion that skips or reverses",
        Guard::EnvironmentHeader | Guard::QueryNames | Guard::ClientAnswer => {
            "another environment beside the address"
        }
        Guard::TokenDigest | Guard::TokenExpiry | Guard::TokenOnce | Guard::SignIn => {
            "no token, a wrong one, an old one, two"
        }
        Guard::TokenEnvironments | Guard::MetricsScope => "a token of another environment",
        Guard::TokenVerbs => "a write or promotion without the right",
        Guard::HostName | Guard::OwnOrigin => "a foreign host, a page of another site",
        Guard::PromotionSource | Guard::ComparedSide => "a comparison with production",
        Guard::ReachableRevision => "a commit of a branch that is not merged",
        Guard::PreconditionNamed | Guard::PreconditionTag | Guard::ExpectedFile => {
            "a write that does not say what it read"
        }
        Guard::TagEnvironment | Guard::ClientTag => "a tag of another environment",
        Guard::MaskIsNoValue => "a mask given as a value",
        Guard::SecretsMasked | Guard::SecretsAsText | Guard::SecretsWritten => {
            "a secret read or written without the right"
        }
        Guard::PlanTarget | Guard::PlanConfirmed => "a plan for another environment, unconfirmed",
        Guard::PlanFiles => "a plan of files that changed since",
        Guard::PlanText => "a plan that was forged or edited",
        Guard::LastGood => "a broken file of the environment itself",
        Guard::Weakened | Guard::BasePolicy => "a pull request that weakens the policy",
    }
}

#[test]
fn no_guard_is_taken_out_unnoticed() {
    let next = AtomicUsize::new(0);
    let noticed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(guard) = Guard::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let scene = Scene::new(Some(*guard));
                    let name = attempt(*guard);
                    let row = rows().find(|row| row.attempt == name);
                    let cells = row.unwrap_or_else(|| panic!("no attempt {name}")).of(&scene);
                    let through = |outcomes: &[super::table::Outcome]| outcomes.iter().any(Result::is_err);
                    let red: Vec<&str> = cells
                        .iter()
                        .filter(|(_, outcomes)| through(outcomes))
                        .map(|(door, _)| door.name())
                        .collect();
                    noticed.lock().expect("no panic").push((*guard, name, red));
                }
            });
        }
    });
    let mut noticed = noticed.into_inner().expect("no panic");
    noticed.sort_by_key(|(guard, ..)| Guard::ALL.iter().position(|known| known == guard));
    for (guard, name, red) in &noticed {
        let guard = format!("{guard:?}");
        println!("without {guard:<20} {name:<44} {}", red.join(", "));
    }
    let unnoticed: Vec<_> = noticed.iter().filter(|(.., red)| red.is_empty()).map(|(it, ..)| it).collect();
    assert!(unnoticed.is_empty(), "taken out unnoticed: {unnoticed:?}");
    println!("{} guards taken out, each noticed", noticed.len());
    assert_eq!(noticed.len(), Guard::ALL.len());
    assert!(noticed.len() >= 25, "too few guards");
}
