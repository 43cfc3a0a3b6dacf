//! A branch that was rewritten at the remote.

use super::{STAGING, clone, etag, of, origin, patch, replica, tip};

#[test]
fn a_rewritten_branch_is_followed_only_when_that_is_wanted() {
    let mut world = origin();
    world.write("environments/staging/payments.yaml", "pool: 1\n");
    world.commit("pushed too early");
    world.git(&["push", "--quiet", "origin", "main"]);
    clone(&world, "a");
    let server = replica(&world, "a", &["--sync", "100ms"]);
    let old = tip(&world, "a");
    world.write("environments/staging/payments.yaml", "pool: 2\n");
    world.git(&["commit", "--quiet", "--all", "--amend", "--message", "better"]);
    world.git(&["push", "--quiet", "--force", "origin", "main"]);
    let ready = server.until("/readyz", |answer| answer.json()["replica"]["condition"] == "diverged").json();
    assert_eq!(ready["replica"]["read_only"], true);
    assert_eq!((&ready["replica"]["ahead"], &ready["replica"]["behind"]), (&1.into(), &1.into()));
    server.tells("start with --accept-rewrite to follow origin");
    assert_eq!(server.get(&format!("{STAGING}/payments")).json()["value"]["pool"], 1);
    let refused = patch(&server, "payments", &etag(&server, "payments"), r#"{"pool": 7}"#);
    assert_eq!((refused.status, &*refused.problem()), (503, "read-only"));
    assert_eq!(tip(&world, "a"), old);
    drop(server);
    let server = replica(&world, "a", &["--sync", "100ms", "--accept-rewrite"]);
    assert_eq!(server.get(&format!("{STAGING}/payments")).json()["value"]["pool"], 2);
    server.tells("is followed");
    assert_eq!(tip(&world, "a"), tip(&world, "origin"));
    assert_eq!(of(&world, "a", &["rev-parse", &format!("refs/terrace/replaced/{old}")]), old);
    assert_eq!(patch(&server, "payments", &etag(&server, "payments"), r#"{"pool": 7}"#).status, 200);
}

#[test]
fn a_branch_that_went_away_is_served_on_and_not_made_again() {
    let world = origin();
    clone(&world, "a");
    let server = replica(&world, "a", &["--sync", "100ms"]);
    of(&world, "origin", &["update-ref", "-d", "refs/heads/main"]);
    server.until("/readyz", |answer| answer.json()["replica"]["condition"] == "branch-missing");
    let refused = patch(&server, "payments", &etag(&server, "payments"), r#"{"pool": 7}"#);
    assert_eq!((refused.status, &*refused.problem()), (503, "read-only"));
    assert_eq!(of(&world, "origin", &["for-each-ref", "refs/heads"]), "");
}
