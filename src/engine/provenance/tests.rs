//! Promotions, ways and changes, on tiny histories.

use std::collections::HashMap;

use super::*;
use crate::diff::lists::NoListRules;
use crate::engine::history::{CommitChanges, FileChange};
use crate::model::{BlobId, CommitId};
use crate::yaml::{FileValues, Limits, VersionReader};

/// One commit: the texts of development, staging, production; `None` leaves the file as it was,
/// `Some("gone")` deletes it.
type Step<'a> = [Option<&'a str>; 3];

fn history(steps: &[Step<'_>], complete: bool) -> History {
    let key: Key = "app".parse().expect("key");
    let mut now: [Option<BlobId>; 3] = [None, None, None];
    let mut commits = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let mut changes = Vec::new();
        for (env, text) in Environment::ALL.into_iter().zip(step) {
            let Some(text) = text else { continue };
            let after = (*text != "gone").then(|| BlobId::new((*text).to_owned()));
            let before = std::mem::replace(&mut now[env as usize], after.clone());
            changes.push(FileChange::new(key.file(env), before, after));
        }
        let info = CommitInfo {
            id: CommitId::new(format!("{n}")),
            author: "platform".into(),
            time: 0,
            offset: 0,
            subject: format!("step {n}"),
        };
        commits.push(CommitChanges::new(info, changes));
    }
    commits.reverse();
    History::new(commits, complete, 0)
}

/// Runs `ask` over a history; a blob's id is its text.
fn over<T>(steps: &[Step<'_>], complete: bool, ask: impl Fn(&Provenance<'_>) -> T) -> T {
    let history = history(steps, complete);
    let known: std::cell::RefCell<HashMap<BlobId, Option<Arc<FileValues>>>> = std::cell::RefCell::default();
    let read = |blob: &BlobId| {
        let parse = || VersionReader::new(Limits::default()).read(blob.as_str().as_bytes()).map(Arc::new);
        Ok(known.borrow_mut().entry(blob.clone()).or_insert_with(parse).clone())
    };
    ask(&Provenance::new(&history, &"app".parse().expect("key"), &read).expect("versions"))
}

/// The way of production's `a`, as `environment step`.
fn way(steps: &[Step<'_>], complete: bool) -> Vec<String> {
    over(steps, complete, |provenance| {
        let document = provenance.after(Environment::Production, 0).expect("production").clone();
        let path = ValuePath::root().key("a");
        let blames = provenance.blame(Environment::Production, &document, &path, &NoListRules);
        let step = |step: &super::Step| {
            let commit = step.commit.as_ref().map_or("?", |commit| commit.id.as_str());
            format!("{} {commit}", step.environment)
        };
        blames.iter().flat_map(|blame| blame.steps.iter().map(step)).collect()
    })
}

#[test]
fn a_value_is_followed_over_both_hops() {
    let one = Some("a: 1");
    let two = Some("a: 2");
    for (steps, expected) in [
        // Promoted hop by hop.
        (
            vec![[one, one, one], [two, None, None], [None, two, None], [None, None, two]],
            vec!["production 3", "staging 2", "development 1"],
        ),
        // Written in production by hand.
        (vec![[one, one, one], [None, None, two]], vec!["production 1"]),
        // Written in staging, never in development.
        (vec![[one, one, one], [None, two, None], [None, None, two]], vec!["production 2", "staging 1"]),
        // Both hops in one commit.
        (
            vec![[one, one, one], [two, None, None], [None, two, two]],
            vec!["production 2", "staging 2", "development 1"],
        ),
        // Set everywhere at once: nobody took it from anybody.
        (vec![[one, one, one], [two, two, two]], vec!["production 1"]),
        // What staging did afterwards is not the way of production's value.
        (
            vec![[one, one, one], [None, two, None], [None, None, two], [None, one, None], [None, two, None]],
            vec!["production 2", "staging 1"],
        ),
        // A change elsewhere in the file, or of a comment, gives no value.
        (vec![[one, one, one], [None, None, Some("a: 1 # x\nb: 2")]], vec!["production 0"]),
        // A version that is not YAML is skipped.
        (vec![[one, one, one], [None, None, Some("a: [")], [None, None, one]], vec!["production 0"]),
    ] {
        assert_eq!(way(&steps, true), expected, "{steps:?}");
    }
}

#[test]
fn a_cut_history_says_that_it_does_not_know() {
    let (one, two) = (Some("a: 1"), Some("a: 2"));
    assert_eq!(way(&[[one, one, one]], false), ["production ?"]);
    let promoted = [[one, two, one], [None, None, two]];
    assert_eq!(way(&promoted, false), ["production 1", "staging ?"]);
}

#[test]
fn promotions_are_known_by_content() {
    let both = "a: 1\nb: 1";
    for (steps, expected) in [
        (vec![[None, Some(both), Some(both)], [None, Some("a: 2\nb: 1"), None]], None),
        (
            vec![
                [None, Some(both), Some(both)],
                [None, Some("a: 2\nb: 1"), None],
                [None, None, Some("a: 2\nb: 1")],
                [None, None, Some("a: 2\nb: 7")],
            ],
            Some("2"),
        ),
        // Back on the old value: no promotion, for staging had moved on.
        (
            vec![
                [None, Some(both), Some(both)],
                [None, Some("a: 2\nb: 1"), None],
                [None, None, Some("a: 2\nb: 1")],
                [None, None, Some(both)],
            ],
            Some("2"),
        ),
        // A removal that follows the source's is one, a removal of an own key is none.
        (
            vec![[None, Some(both), Some(both)], [None, Some("a: 1"), None], [None, None, Some("a: 1")]],
            Some("2"),
        ),
        (vec![[None, Some("a: 1"), Some(both)], [None, None, Some("a: 1")]], None),
        // One commit that carries a value of development over both hops; what came with it came from nowhere.
        (
            vec![
                [Some(both), Some(both), Some(both)],
                [Some("a: 2\nb: 1"), None, None],
                [None, Some("a: 2\nb: 1"), Some("a: 2\nb: 1")],
            ],
            Some("2"),
        ),
        (
            vec![
                [Some(both), Some(both), Some(both)],
                [Some("a: 1"), None, None],
                [None, Some("a: 1"), Some("a: 1")],
            ],
            Some("2"),
        ),
        (vec![[Some(both), Some(both), Some(both)], [None, Some("a: 2\nb: 1"), Some("a: 2\nb: 1")]], None),
        (
            vec![
                [Some(both), Some(both), Some(both)],
                [Some("a: 2\nb: 1"), Some("a: 2\nb: 1"), Some("a: 2\nb: 1")],
            ],
            None,
        ),
        // A new item, and one that went with the source's.
        (vec![[None, Some(both), None], [None, None, Some(both)]], Some("1")),
        (
            vec![[None, Some(both), Some(both)], [None, Some("gone"), None], [None, None, Some("gone")]],
            Some("2"),
        ),
    ] {
        let found = over(&steps, true, |provenance| {
            let at = provenance.last_promotion(Hop::ToProduction, &NoListRules);
            at.map(|at| provenance.info(at).id.to_string())
        });
        assert_eq!(found.as_deref(), expected, "{steps:?}");
    }
}

#[test]
fn entries_name_the_environment_that_had_the_value() {
    let steps = [
        [None, Some("a: 1\nb: 1"), Some("a: 1\nb: 1")],
        [None, Some("a: 2\nb: 1"), None],
        [None, None, Some("a: 2\nb: 7\nc: {d: 1}")],
    ];
    let shown = over(&steps, true, |provenance| {
        let key = "app".parse().expect("key");
        let entries = provenance.entries(&key, Environment::Production, 0, &NoListRules);
        entries
            .iter()
            .map(|entry| {
                format!("{} {} {:?}", entry.kind.sign(), entry.path, entry.from.map(Environment::name))
            })
            .collect::<Vec<_>>()
    });
    assert_eq!(shown, ["~ a Some(\"staging\")", "~ b None", "+ c None"]);
}
