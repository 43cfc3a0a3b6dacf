//! `terrace rollback`: what a promotion changed goes back, and stays back.

use super::decision_world::{DEV, PRODUCTION, People, STAGING, equal};

const OLD: &str = "# payments\ntimeout: '5'   # seconds\nrate: 20\npool: 10\n";
const NEW: &str =
    "# payments\ntimeout: '8'   # seconds\nrate: 60\npool: 10\ncache:\n  ttl: 60\n  size: 512\n";
const ROLLBACK: [&str; 5] = ["rollback", "payments", "--env", "production", "--yes"];

/// Staging moved on and production followed in the commit `HEAD`.
fn promoted() -> People {
    let people = equal(OLD);
    people.commit("2026-02-01", "faster", &[(STAGING, NEW)]);
    let arguments = ["promote", "payments", "--to", "production", "--with-new", "--yes"];
    people.works("2026-02-02", &arguments);
    people
}

#[test]
fn a_rollback_stays_until_the_source_moves_on() {
    let people = promoted();
    let promotion = people.id("HEAD");
    let said = people.works("2026-02-03", &ROLLBACK);
    assert!(said.contains(&format!("production to before {promotion}")), "{said}");
    assert!(said.contains("back  timeout  \"8\" → \"5\""), "{said}");
    assert_eq!(people.read(PRODUCTION), OLD, "text, quoting and comments as before");
    let message = people.git("2026-02-03", &["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with(&format!("rollback(payments): production to before {promotion}\n")),
        "{message}"
    );
    let commits = people.commits();
    assert!(people.works("2026-02-03", &ROLLBACK).ends_with("nothing to do\n"));
    let status = people.works("2026-02-03", &["status"]);
    assert!(status.contains("behind since 2026-02-03, set by Ada"), "{status}");
    let again = people.works("2026-02-04", &["promote", "payments", "--to", "production", "--yes"]);
    assert!(again.ends_with("nothing to do\n"), "{again}");
    let again = people.works("2026-03-20", &["promote", "payments", "--to", "production", "--yes"]);
    assert!(again.ends_with("nothing to do\n"), "{again}");
    assert_eq!(people.commits(), commits);
    people.commit("2026-02-05", "fixed", &[(STAGING, &NEW.replace("rate: 60", "rate: 50"))]);
    people.works("2026-02-06", &["promote", "payments", "--to", "production", "--yes"]);
    assert_eq!(
        people.read(PRODUCTION),
        OLD.replace("rate: 20", "rate: 50"),
        "only what moved on is promoted"
    );
}

#[test]
fn what_changed_since_is_a_conflict_unless_left_out() {
    let people = promoted();
    let now = NEW.replace("rate: 60", "rate: 7");
    people.commit("2026-02-03", "protect the provider", &[(PRODUCTION, &now)]);
    let commits = people.commits();
    let said = people.terrace("2026-02-04", &ROLLBACK);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains("STOP  rate"), "{}", said.out);
    assert!(said.out.contains("changed since by Ada, 2026-02-03: protect the provider"), "{}", said.out);
    assert_eq!(people.commits(), commits);
    let some = [&ROLLBACK[..], &["--only", "timeout", "--only", "cache"]].concat();
    people.works("2026-02-04", &some);
    assert_eq!(people.read(PRODUCTION), OLD.replace("rate: 20", "rate: 7"));
    let wrong = people.terrace("2026-02-04", &[&ROLLBACK[..], &["--only", "pool"]].concat());
    assert_eq!(wrong.code, 2, "{wrong:?}");
}

/// What stood beside a value comes back with it, where it stood.
#[test]
fn comments_and_layout_come_back_too() {
    let before =
        "# head\nfirst: &a # one\n  # two\n  k: 1\n  l: 2\nflag: true # three\n\n# four\nlast: {<<: *a}\n";
    let source = before.replace("first:", "zero: 1\nnow:").replace("flag: true # three", "other: true");
    let people = equal(before);
    people.commit("2026-02-01", "names", &[(STAGING, &source)]);
    people.works(
        "2026-02-02",
        &["promote", "payments", "--to", "production", "--with-new", "--with-removals", "--yes"],
    );
    let promoted = people.read(PRODUCTION);
    assert_ne!(promoted, before);
    people.works("2026-02-03", &ROLLBACK);
    assert_eq!(people.read(PRODUCTION), before);
    people.commit("2026-02-04", "again", &[(PRODUCTION, &promoted)]);
    people.commit("2026-02-05", "own", &[(PRODUCTION, &promoted.replace("*a}\n", "*a} # own\nmore: 1\n"))]);
    let promotion = people.id("HEAD~3");
    people.works("2026-02-06", &[&ROLLBACK[..], &["--promotion", &promotion]].concat());
    assert_eq!(people.read(PRODUCTION), before.replace("*a}\n", "*a} # own\nmore: 1\n"));
}

/// What a commit's message says makes no promotion of it.
#[test]
fn a_forged_trailer_changes_nothing() {
    let people = promoted();
    let promotion = people.id("HEAD");
    let forged =
        "promote(payments): staging -> production\n\nTerrace-Promotion: payments staging -> production";
    let by_hand = NEW.replace("pool: 10", "pool: 99");
    people.commit("2026-02-03", forged, &[(PRODUCTION, &by_hand)]);
    let named = people.id("HEAD");
    let said = people.works("2026-02-04", &ROLLBACK);
    assert!(said.contains(&format!("production to before {promotion}")), "{said}");
    assert_eq!(people.read(PRODUCTION), OLD.replace("pool: 10", "pool: 99"));
    let said = people.terrace("2026-02-05", &[&ROLLBACK[..], &["--promotion", &named]].concat());
    assert!(said.code == 2 && said.err.contains("did not promote `payments` to production"), "{said:?}");
    // Without any promotion there is none.
    let people = equal(OLD);
    people.commit("2026-02-03", forged, &[(PRODUCTION, &OLD.replace("pool: 10", "pool: 99"))]);
    let said = people.terrace("2026-02-04", &ROLLBACK);
    assert!(said.code == 2 && said.err.contains("no commit promoted `payments` to production"), "{said:?}");
}

/// Commits that a host made one of, with the source's change among them.
#[test]
fn a_squashed_promotion_is_taken_back() {
    let (old, new) = (OLD, OLD.replace("rate: 20", "rate: 60").replace("pool: 10", "pool: 12"));
    let trailers = [
        "Terrace-Promotion: payments development -> staging",
        "Terrace-Promotion: payments staging -> production",
    ];
    let kept = format!("Faster (#7)\n\n* pool\n\n* promote\n\n{}\n\n{}\n", trailers[0], trailers[1]);
    let gits = format!("Squashed commit of the following:\n\n    promote\n\n    {}\n", trailers[1]);
    let all = [(DEV, new.as_str()), (STAGING, new.as_str()), (PRODUCTION, new.as_str())];
    for (message, edits, is_promotion) in [
        // Both hops, and nothing that development did not have before.
        ("Faster (#7)", &all[1..], true),
        (kept.as_str(), &all[1..], true),
        // With its change, what says that it was promoted is a word alone.
        (kept.as_str(), &all[..], true),
        (gits.as_str(), &all[..], true),
        ("Faster (#7)", &all[..], false),
    ] {
        let people = equal(old);
        if edits.len() < all.len() {
            people.commit("2026-02-01", "faster", &all[..1]);
        }
        people.commit("2026-02-02", message, edits);
        let said = people.terrace("2026-02-03", &ROLLBACK);
        if is_promotion {
            assert_eq!((said.code, people.read(PRODUCTION).as_str()), (0, old), "{message} {said:?}");
        } else {
            assert!(said.code == 2 && said.err.contains("no commit promoted"), "{said:?}");
        }
    }
    // What neither hop can give stays in the way.
    let people = equal(old);
    let own = old.replace("timeout: '5'", "timeout: '99'");
    people.commit("2026-02-02", &kept, &[(STAGING, &new), (PRODUCTION, &own)]);
    assert_eq!(people.terrace("2026-02-03", &ROLLBACK).code, 2);
}

#[test]
fn an_older_promotion_and_a_revision_can_be_named() {
    let people = promoted();
    let first = people.id("HEAD");
    people.commit("2026-02-05", "pool", &[(STAGING, &NEW.replace("pool: 10", "pool: 12"))]);
    people.works("2026-02-06", &["promote", "payments", "--to", "production", "--yes"]);
    people.works("2026-02-07", &[&ROLLBACK[..], &["--promotion", &first]].concat());
    assert_eq!(people.read(PRODUCTION), OLD.replace("pool: 10", "pool: 12"), "the later promotion stays");
    let hand = people.id(&format!("{first}~1"));
    let said = people.terrace("2026-02-07", &[&ROLLBACK[..], &["--promotion", &hand]].concat());
    assert_eq!(said.code, 2, "{said:?}");
    people.works("2026-02-08", &[&ROLLBACK[..], &["--to", &first]].concat());
    assert_eq!(people.read(PRODUCTION), NEW);
    let development = ["rollback", "payments", "--env", "development", "--yes"];
    people.commit("2026-02-09", "try", &[(DEV, "timeout: 1\n")]);
    let said = people.terrace("2026-02-09", &development);
    assert!(said.code == 2 && said.err.contains("--to REV"), "{said:?}");
    people.works("2026-02-09", &[&development[..], &["--to", "HEAD~1"]].concat());
    let value = people.works("2026-02-09", &["get", "payments", "rate", "--env", "development"]);
    assert_eq!(value, "20\n");
}

#[test]
fn a_new_item_goes_again_and_nothing_else_does() {
    let people = People::new(&[(STAGING, OLD), ("environments/production/search.yaml", "boost: 1\n")]);
    people.works("2026-02-02", &["promote", "payments", "--to", "production", "--yes"]);
    for more in [&[][..], &["--dry-run"]] {
        let said = people.terrace("2026-02-03", &[&ROLLBACK[..], more].concat());
        assert!(said.code == 3 && said.err.contains("delete it with --delete"), "{said:?}");
        assert!(said.out.contains("the item is removed"), "{said:?}");
        assert_eq!(people.read(PRODUCTION), OLD);
    }
    people.works("2026-02-03", &[&ROLLBACK[..], &["--delete"]].concat());
    assert!(!people.root().join(PRODUCTION).exists());
    assert_eq!(people.read("environments/production/search.yaml"), "boost: 1\n");
    people.commits();
    people.works("2026-02-04", &[&ROLLBACK[..], &["--to", "HEAD~1"]].concat());
    assert_eq!(people.read(PRODUCTION), OLD);
}

#[test]
fn errors_that_the_older_values_bring_need_force() {
    let people = promoted();
    let schema = r#"{"type": "object", "properties": {"rate": {"type": "integer", "minimum": 30}}}"#;
    people.commit("2026-02-03", "schema", &[("schemas/payments.schema.json", schema)]);
    let said = people.terrace("2026-02-04", &ROLLBACK);
    assert!(said.code == 3 && said.err.contains("--force") && said.err.contains("30"), "{said:?}");
    assert_eq!(people.read(PRODUCTION), NEW);
    people.works("2026-02-04", &[&ROLLBACK[..], &["--force"]].concat());
    assert_eq!(people.read(PRODUCTION), OLD);
}

#[test]
fn nothing_is_written_without_consent() {
    let people = promoted();
    let commits = people.commits();
    let dry = people.works("2026-02-03", &["rollback", "payments", "--env", "production", "--dry-run"]);
    assert!(dry.ends_with("3 changes to commit\n"), "{dry}");
    let said = people.terrace("2026-02-03", &["rollback", "payments", "--env", "production"]);
    assert!(said.code == 2 && said.err.contains("--yes"), "{said:?}");
    assert_eq!((people.commits(), people.read(PRODUCTION).as_str()), (commits, NEW));
}

/// A squash of the source's change and its promotion says in its message what it is; a commit of a branch came
/// with its merge, and one that was amended is none of the branch's.
#[test]
fn promotions_that_came_to_the_branch_otherwise_are_found_or_told() {
    let people = equal(OLD);
    let both = [(STAGING, NEW), (PRODUCTION, NEW)];
    people.commit("2026-02-01", "squashed", &both);
    let squash = people.id("HEAD");
    let said = people.terrace("2026-02-02", &ROLLBACK);
    let told = format!("no commit promoted `payments` to production; {squash} changed it last");
    assert!(said.code == 2 && said.err.contains(&told), "{said:?}");
    let trailer = "squashed\n\n    Terrace-Promotion: payments staging -> production";
    people.git("2026-02-02", &["commit", "--quiet", "--amend", "-m", trailer]);
    people.works("2026-02-03", &ROLLBACK);
    assert_eq!((people.read(PRODUCTION).as_str(), people.read(STAGING).as_str()), (OLD, NEW));

    let named = |people: &People, id: &str| {
        let said = people.terrace("2026-02-05", &[&ROLLBACK[..], &["--promotion", id]].concat());
        assert_eq!(said.code, 2, "{said:?}");
        said.err
    };
    let people = promoted();
    let promotion = people.id("HEAD");
    people.git("2026-02-03", &["commit", "--quiet", "--amend", "-m", "reworded"]);
    let told = named(&people, &promotion);
    assert!(told.contains("is not in the history of this branch; it may have been amended"), "{told}");
    let people = promoted();
    let promotion = people.id("HEAD");
    people.git("2026-02-03", &["checkout", "--quiet", "-b", "side"]);
    people.git("2026-02-03", &["checkout", "--quiet", "main"]);
    people.git("2026-02-03", &["reset", "--quiet", "--hard", "HEAD~1"]);
    people.commit("2026-02-03", "other", &[("README.md", "other\n")]);
    people.git("2026-02-04", &["merge", "--quiet", "--no-edit", "side"]);
    let merge = people.id("HEAD");
    let told = named(&people, &promotion);
    assert!(told.contains(&format!("{promotion} came to this branch with {merge}")), "{told}");
    assert!(told.contains(&format!("--promotion {merge}")), "{told}");
    people.works("2026-02-05", &[&ROLLBACK[..], &["--promotion", &merge]].concat());
    assert_eq!(people.read(PRODUCTION), OLD);
}

/// What others gave another name since is known by that one.
#[test]
fn what_was_promoted_below_another_name_comes_back_there() {
    let before = "hosts:\n- name: a  # one\n  port: 1\n  zone: x\npool:\n  size: 10\n  wait: 5s\n";
    let source = before.replace("zone: x", "zone: x\n  tls: true  # new").replace("5s", "5s\n  burst: 3");
    let people = equal(before);
    people.commit("2026-02-01", "more", &[(STAGING, &source)]);
    people.works("2026-02-02", &["promote", "payments", "--to", "production", "--with-new", "--yes"]);
    assert_eq!(people.read(PRODUCTION), source);
    let renamed = |text: &str| text.replace("name: a", "name: b").replace("pool:", "limits:  # now");
    people.commit("2026-02-03", "names", &[(PRODUCTION, &renamed(&source))]);
    people.works("2026-02-04", &ROLLBACK);
    assert_eq!(people.read(PRODUCTION), renamed(before));
}

/// What others wrote in something that gets its name back stays; what would go with it stops.
#[test]
fn no_comment_that_others_wrote_since_is_lost() {
    const BEFORE: &str = "pool:\n  size: 10\n  wait: 5s\nrate: 20\n";
    const SOURCE: &str = "limits:\n  size: 10\n  wait: 9s\nrate: 20\ncache:\n  ttl: 60\n  size: 512\n";
    let promoted = || {
        let people = equal(BEFORE);
        people.commit("2026-02-01", "names", &[(STAGING, SOURCE)]);
        let arguments = ["--with-new", "--with-removals", "--yes"];
        people
            .works("2026-02-02", &[&["promote", "payments", "--to", "production"][..], &arguments].concat());
        assert_eq!(people.read(PRODUCTION), SOURCE);
        people
    };
    for (old, new) in [
        ("  size: 10", "  # why\n  size: 10"),
        ("wait: 9s", "wait: 9s  # slow"),
        ("limits:", "limits:  # now"),
        ("limits:", "# head\nlimits:"),
        ("  size: 10", "  size: 10\n  burst: 3  # more"),
    ] {
        let people = promoted();
        people.commit("2026-02-03", "why", &[(PRODUCTION, &SOURCE.replace(old, new))]);
        let said = people.works("2026-02-04", &ROLLBACK);
        assert!(said.contains("back  limits → pool  renamed"), "{said}");
        let [old, new] = [old, new].map(|text| text.replace("9s", "5s").replace("limits", "pool"));
        assert_eq!(people.read(PRODUCTION), BEFORE.replace(&old, &new));
    }
    let people = promoted();
    let now = SOURCE.replace("  ttl:", "  # measured\n  ttl:");
    people.commit("2026-02-03", "why", &[(PRODUCTION, &now)]);
    let said = people.terrace("2026-02-04", &ROLLBACK);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains("STOP  cache"), "{}", said.out);
    assert!(said.err.contains("1 value was commented on since; nothing was committed"), "{}", said.err);
    people.works("2026-02-04", &[&ROLLBACK[..], &["--only", "pool"]].concat());
    assert_eq!(people.read(PRODUCTION), format!("{BEFORE}{}", &now[now.find("cache").unwrap_or(0)..]));
}
