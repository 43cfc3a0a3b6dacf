//! A replica that is killed at each step of a write.

use super::{MERGE, STAGING, clone, etag, has_nothing_pending, origin, patch, replica, subjects, tip};

const STEPS: [&str; 14] = [
    "locked",
    "recovered",
    "blob-written",
    "tree-written",
    "commit-written",
    "pending-kept",
    "sent",
    "journal-prepared",
    "journal-written",
    "branch-locked",
    "reflog-written",
    "branch-moved",
    "journal-removed",
    "pending-dropped",
];

#[test]
fn nothing_acknowledged_is_lost_and_nothing_waits_for_ever() {
    let mut world = origin();
    clone(&world, "a");
    for (number, step) in STEPS.iter().enumerate() {
        world.variables.push(("TERRACE_KILL_AT".to_owned(), (*step).to_owned()));
        let mut server = replica(&world, "a", &["--sync", "1h"]);
        world.variables.pop();
        let (tag, message) = (etag(&server, "payments"), format!("killed at {step}"));
        let sent = [MERGE, ("if-match", &*tag), ("terrace-message", &*message)];
        let body = format!("{{\"pool\": {number}}}");
        let answer = server.try_send("PATCH", &format!("{STAGING}/payments"), &sent, &body);
        let status = server.child.wait().expect("it ends");
        assert!(answer.is_err() && !status.success(), "{step} is not passed: {answer:?}");
        // Whoever starts it again finds it whole.
        let server = replica(&world, "a", &["--sync", "1h"]);
        assert!(has_nothing_pending(&world, "a"), "{step}");
        assert_eq!(tip(&world, "a"), tip(&world, "origin"), "{step}");
        let times = subjects(&world).iter().filter(|subject| **subject == message).count();
        let is_sent = STEPS.iter().position(|it| *it == "sent").is_some_and(|sent| number >= sent);
        assert_eq!(times, usize::from(is_sent), "{step}");
        let next =
            patch(&server, "payments", &etag(&server, "payments"), &format!("{{\"after\": {number}}}"));
        assert_eq!(next.status, 200, "{step}: {next:?}");
        assert_eq!(next.header("terrace-commit"), tip(&world, "origin"), "{step}");
    }
}
