//! The resolution table, row by row, on tiny histories.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use super::{
    Action, Decision, Input, Judge, Level, PlanEntry, Resolution, Selection, SourceCommit, SourceCommits,
    Until, asked, containers, digest, judge_leaves, leaves, note_successors, select,
};
use crate::diff::labels::DocumentLabels;
use crate::diff::lists::NoListRules;
use crate::engine::history::{CommitChanges, FileChange, History};
use crate::engine::naming::Naming;
use crate::engine::timeline::Question;
use crate::model::date::day;
use crate::model::policy::NewKeys;
use crate::model::{BlobId, CommitId, CommitInfo, Environment, Hop, Key, Policy, Value, ValuePath};
use crate::yaml::{Document, FileValues, Limits, VersionReader};

/// One commit: day, source text, target text; `None` leaves the side as it was, `Some("gone")`
/// deletes it.
type Step<'a> = (i64, Option<&'a str>, Option<&'a str>);

pub(super) struct World {
    history: History,
    texts: HashMap<BlobId, String>,
    key: Key,
}

pub(super) fn world(steps: &[Step<'_>], complete: bool, head_day: i64) -> World {
    let key: Key = "app".parse().expect("key");
    let mut texts = HashMap::new();
    let mut now: [Option<BlobId>; 2] = [None, None];
    let mut commits = Vec::new();
    for (n, (day, source, target)) in steps.iter().enumerate() {
        let mut changes = Vec::new();
        for (side, (text, env)) in
            [(source, Environment::Staging), (target, Environment::Production)].into_iter().enumerate()
        {
            let Some(text) = text else { continue };
            let after = (*text != "gone").then(|| BlobId::new(format!("{text:?}")));
            if let Some(blob) = &after {
                texts.insert(blob.clone(), (*text).to_owned());
            }
            changes.push(FileChange::new(key.file(env), now[side].take(), after.clone()));
            now[side] = after;
        }
        let info = CommitInfo {
            id: CommitId::new(format!("{:040x}", n + 1)),
            author: "platform".into(),
            time: day * 86_400,
            offset: 0,
            subject: format!("step {n}"),
        };
        commits.push(CommitChanges::new(info, changes));
    }
    commits.reverse();
    World { history: History::new(commits, complete, head_day * 86_400), texts, key }
}

impl World {
    fn read(&self, reader: &VersionReader, blob: &BlobId) -> crate::model::Result<Option<Arc<FileValues>>> {
        Ok(reader.read(self.texts[blob].as_bytes()).map(Arc::new))
    }

    pub(super) fn plan(
        &self,
        policy: &str,
        decisions: &[Decision],
        selection: &Selection,
        required: &str,
    ) -> Vec<PlanEntry> {
        let policy = Policy::parse(policy, "terrace.toml").expect("policy");
        let naming = Naming::new(&policy);
        let reader = VersionReader::new(Limits::default());
        let read = |blob: &BlobId| self.read(&reader, blob);
        let hop = Hop::ToProduction;
        let last = |environment| {
            let versions = self.history.versions(&self.key, environment, &read).expect("readable");
            let blob = versions.last().and_then(|version| version.blob.as_ref()).expect("a version");
            Document::parse(self.texts[blob].as_bytes(), &Limits::default()).expect("YAML")
        };
        let (source, target) = (last(hop.source()), last(hop.target()));
        let differing = leaves(&source, &target, &NoListRules);
        let paths = asked(&differing);
        let containers = containers(&differing);
        let documents = &DocumentLabels::new(source.values(), target.values());
        let (paths, containers, lists) = (&paths, &containers, &NoListRules);
        let question = Question { key: &self.key, hop, paths, containers, documents, lists };
        let timeline = self.history.timeline(&question, &read).expect("readable");
        let judge = Judge::new(timeline.view(), hop, &naming, None, &|_| Ok(false));
        let input = Input {
            key: &self.key,
            hop,
            source: &source,
            source_blob: &BlobId::new("s"),
            target: &target,
            judge: &judge,
            policy: &policy,
            decisions,
            required: &|path| path.to_string() == required,
            today: day("2026-01-01"),
        };
        let mut lines = judge_leaves(&input, &differing).expect("readable");
        let commit = |id: &CommitId, [before, after]: [&BlobId; 2]| -> crate::model::Result<_> {
            let (Some(before), Some(after)) = (read(before)?, read(after)?) else { return Ok(None) };
            Ok(Some(SourceCommit { id: id.clone(), before, after }))
        };
        let by = |id: &CommitId| match self.history.change_by(id, &self.key, hop.source()) {
            Some(blobs) => commit(id, blobs),
            None => Ok(None),
        };
        let since = |id: &CommitId| {
            let changes = self.history.changes_since(id, &self.key, hop.source()).into_iter();
            changes.filter_map(|(id, blobs)| commit(id, blobs).transpose()).collect()
        };
        let commits = SourceCommits { by: &by, since: &since, documents, target_had: &|_| Ok(true) };
        note_successors(&mut lines, &commits, &source, &NoListRules).expect("readable");
        select(lines, selection, &source, &target)
    }
}

/// The reason in words; the worlds promote to production.
fn phrase(line: &PlanEntry) -> String {
    line.reason.phrase(Hop::ToProduction)
}

/// The plan of a complete history that ends on `day`.
fn plan(steps: &[Step<'_>], day: i64) -> Vec<PlanEntry> {
    world(steps, true, day).plan("", &[], &Selection::default(), "")
}

fn shown(lines: &[PlanEntry]) -> Vec<String> {
    lines.iter().map(|line| format!("{} {} {}", line.path, line.resolution, line.level.name())).collect()
}

const BOTH: &str = "a: 1\n";

#[test]
fn row_1_equal_values_are_no_lines() {
    assert!(plan(&[(0, Some("a: 1"), Some("a: 1 # note"))], 100).is_empty());
}

#[test]
fn row_2_pinned_by_policy() {
    let steps = [(0, Some(BOTH), Some(BOTH)), (1, Some("a: 2"), None)];
    let lines = world(&steps, true, 100).plan("[[pin]]\npath = \"a\"", &[], &Selection::default(), "");
    assert_eq!(shown(&lines), ["a pinned keep"]);
    assert_eq!(phrase(&lines[0]), "pinned, terrace.toml:1");
}

#[test]
fn row_3_declined_until_the_source_changes() {
    let decision = |source: &Value| Decision {
        path: ValuePath::root().key("a"),
        reason: "load limit".into(),
        by: "platform".into(),
        until: Until::SourceChanges,
        source: digest(Some(source), None),
    };
    let steps = [(0, Some(BOTH), Some(BOTH)), (1, Some("a: 2"), None)];
    for (source, expected) in [("2", "a declined keep"), ("3", "a pending take")] {
        let decisions = [decision(&Value::Number(source.into()))];
        let lines = world(&steps, true, 100).plan("", &decisions, &Selection::default(), "");
        assert_eq!(shown(&lines), [expected]);
    }
}

#[test]
fn row_4_unknown_where_history_was_cut_off() {
    let steps = [(0, Some("a: 2\nb: 1"), Some("a: 1\nb: 1")), (1, Some("a: 2\nb: 2"), None)];
    let lines = world(&steps, false, 100).plan("", &[], &Selection::default(), "");
    assert_eq!(shown(&lines), ["a unknown stop", "b unknown stop"]);
    let known = [(0, Some("a: 2"), Some("a: 1")), (1, None, Some("a: 0")), (2, Some("a: 3"), None)];
    let lines = world(&known, false, 100).plan("", &[], &Selection::default(), "");
    assert_ne!(lines[0].resolution, Resolution::Unknown);
}

#[test]
fn row_5_removed_in_the_source() {
    let lines = plan(&[(0, Some("a: 1\nb: 1"), Some("a: 1\nb: 1")), (1, Some("a: 1"), None)], 100);
    assert_eq!(shown(&lines), ["b removed take"]);
    assert_eq!(phrase(&lines[0]), "removed in staging on 1970-01-02");
    let own = plan(&[(0, Some("a: 1\nb: 1"), Some("a: 1\nb: 7")), (1, Some("a: 1"), None)], 100);
    assert_eq!(phrase(&own[0]), "removed in staging on 1970-01-02 (production had its own value)");
}

#[test]
fn row_6_only_the_target_has_it() {
    let lines = plan(&[(0, Some(BOTH), Some(BOTH)), (1, None, Some("a: 1\nb: 1"))], 100);
    assert_eq!(shown(&lines), ["b environment-specific keep"]);
    assert_eq!(phrase(&lines[0]), "exists only in production");
}

#[test]
fn row_7_the_target_removed_it_or_began_without_it() {
    let began = [(0, Some("a: 1\nb: 1"), Some(BOTH))];
    assert_eq!(shown(&plan(&began, 100)), ["b environment-specific keep"]);
    assert_eq!(shown(&plan(&began, 29)), ["b environment-specific ask"]);
    let names = [(0, Some("a: 1\nstaging-url: x"), Some(BOTH))];
    assert_eq!(shown(&plan(&names, 29)), ["staging-url environment-specific offer"]);
    assert_eq!(phrase(&plan(&began, 100)[0]), "production began without it");
    let removed = [(0, Some("a: 1\nb: 1"), Some("a: 1\nb: 1")), (50, None, Some(BOTH))];
    assert_eq!(shown(&plan(&removed, 100)), ["b environment-specific keep"]);
    assert_eq!(shown(&plan(&removed, 57)), ["b environment-specific offer"]);
    assert_eq!(phrase(&plan(&removed, 100)[0]), "production removed this key");
}

#[test]
fn row_8_a_new_key_that_names_another_environment() {
    for (text, expected) in [
        ("a: 1\nstaging_url: x", "staging_url environment-specific keep"),
        ("a: 1\nurl: https://db.stg.example.com", "url environment-specific keep"),
        ("a: 1\nurl: https://stages.example.com", "url new ask"),
        ("a: 1\nprod_url: x", "prod_url new ask"),
    ] {
        assert_eq!(shown(&plan(&[(0, Some(BOTH), Some(BOTH)), (1, Some(text), None)], 2)), [expected]);
    }
}

#[test]
fn row_9_production_has_its_own_value_for_what_is_new_on_the_way_to_staging() {
    let document = |text: &str| Arc::new(Document::parse(text.as_bytes(), &Limits::default()).expect(text));
    let key: Key = "app".parse().expect("key");
    let change = |env, before: Option<&str>, after: &str| {
        FileChange::new(key.file(env), before.map(BlobId::new), Some(BlobId::new(after)))
    };
    let commit = |n: i64, changes| {
        let info = CommitInfo {
            id: CommitId::new(format!("{n:040x}")),
            author: "platform".into(),
            time: n * 86_400,
            offset: 0,
            subject: String::new(),
        };
        CommitChanges::new(info, changes)
    };
    let (development, staging) = (Environment::Development, Environment::Staging);
    let first = vec![change(development, None, "a: 1"), change(staging, None, "a: 1")];
    let second = vec![change(development, Some("a: 1"), "a: 1\nb: 2")];
    let history = History::new(vec![commit(1, second), commit(0, first)], true, 2 * 86_400);
    let read = |blob: &BlobId| {
        Ok(VersionReader::new(Limits::default()).read(blob.as_str().as_bytes()).map(Arc::new))
    };
    let path: ValuePath = "b".parse().expect("path");
    let (paths, containers) = ([&path], [ValuePath::root()]);
    let question = Question {
        key: &key,
        hop: Hop::ToStaging,
        paths: &paths,
        containers: &containers,
        documents: &DocumentLabels::new(&[], &[]),
        lists: &NoListRules,
    };
    let timeline = history.timeline(&question, &read).expect("readable");
    let policy = Policy::default();
    let naming = Naming::new(&policy);
    for (production, expected) in [
        (Some("a: 1\nb: 7"), Resolution::EnvironmentSpecific),
        (Some("a: 1\nb: 2"), Resolution::New),
        (Some("a: 1"), Resolution::New),
        (None, Resolution::New),
    ] {
        let production = production.map(document);
        let judge = Judge::new(
            timeline.view(),
            Hop::ToStaging,
            &naming,
            production.as_deref().map(Deref::deref),
            &|_| Ok(false),
        );
        let judged = judge.judge_path(&path, &path).expect("readable");
        assert_eq!(judged.resolution, expected, "{production:?}");
    }
}

#[test]
fn row_10_a_new_key_that_people_left_out() {
    let new = "a: 1\nb: {c: 1}";
    let beside = [(0, Some(BOTH), Some(BOTH)), (1, Some(new), Some("a: 5"))];
    assert!(shown(&plan(&beside, 2)).contains(&"b.c left-out offer".to_owned()));
    let edits: Vec<String> = (0..5).map(|n| format!("a: {}", n + 10)).collect();
    let mut steps = vec![(0, Some(BOTH), Some(BOTH)), (1, Some(new), None)];
    steps.extend(edits.iter().take(4).map(|text| (2, None, Some(text.as_str()))));
    assert!(shown(&plan(&steps, 3)).contains(&"b.c new ask".to_owned()));
    steps.push((2, None, Some(edits[4].as_str())));
    assert!(shown(&plan(&steps, 3)).contains(&"b.c left-out offer".to_owned()));
    let old = [(0, Some(BOTH), Some(BOTH)), (1, Some(new), None)];
    assert_eq!(shown(&plan(&old, 121)), ["b.c new ask"]);
    assert_eq!(shown(&plan(&old, 122)), ["b.c left-out offer"]);
}

#[test]
fn row_10_judges_what_comes_below_something_left_out_with_it() {
    let (new, more) = ("a: 1\nm: {b: 1}", "a: 1\nm: {b: 1, c: 1}");
    let steps = [(0, Some(BOTH), Some(BOTH)), (1, Some(new), Some("a: 5")), (2, Some(more), None)];
    assert_eq!(
        shown(&plan(&steps, 3)),
        ["a environment-specific offer", "m.b left-out offer", "m.c left-out offer"]
    );
    // Where the mapping is there, an entry is its own matter.
    let steps = [(0, Some(new), Some(new)), (1, Some(more), None)];
    assert_eq!(shown(&plan(&steps, 2)), ["m.c new ask"]);
}

#[test]
fn row_10_counts_edits_where_the_mapping_is_there() {
    let edits: Vec<String> = (0..5).map(|n| format!("a: {n}\nm: {{x: 1}}\n")).collect();
    let plan = |new: &str, day| {
        let source = format!("a: 9\nm: {{x: 1, {new}}}\n");
        let both = Some("a: 9\nm: {x: 1}\n");
        let mut steps = vec![(0, both, both), (1, Some(source.as_str()), None)];
        steps.extend(edits.iter().map(|text| (2, None, Some(text.as_str()))));
        shown(&plan(&steps, day)).pop().expect("a line")
    };
    assert_eq!([plan("y: 1", 31), plan("y: 1", 32)], ["m.y new ask", "m.y left-out offer"]);
    assert_eq!([plan("y: {z: 1}", 32), plan("y: {z: 1}", 122)], ["m.y.z new ask", "m.y.z left-out offer"]);
}

#[test]
fn row_10_counts_promotions_that_left_it() {
    let texts: Vec<String> = (0..5).map(|n| format!("m: {{x: {n}}}\nnew: 1\n")).collect();
    let takes: Vec<String> = (0..5).map(|n| format!("m: {{x: {n}}}\n")).collect();
    let mut steps = vec![(0, Some("m: {x: 9}"), Some("m: {x: 9}")), (1, Some("m: {x: 9}\nnew: 1"), None)];
    for n in 0..5 {
        steps.push((2, Some(texts[n].as_str()), None));
        steps.push((3, None, Some(takes[n].as_str())));
    }
    assert_eq!(shown(&plan(&steps[..steps.len() - 1], 3)).last().map(String::as_str), Some("new new ask"));
    assert_eq!(shown(&plan(&steps, 3)), ["new left-out offer"]);
}

#[test]
fn row_11_new_keys_are_asked_about_unless_the_schema_requires_them() {
    let steps = [(0, Some(BOTH), Some(BOTH)), (1, Some("a: 1\nb: 2"), None)];
    let world = world(&steps, true, 2);
    let lines = world.plan("", &[], &Selection::default(), "");
    assert_eq!(shown(&lines), ["b new ask"]);
    assert_eq!(
        (lines[0].verdict.clone(), phrase(&lines[0]).as_str()),
        (Action::Ask, "new in staging on 1970-01-02 by 0000000")
    );
    let required = world.plan("", &[], &Selection::default(), "b");
    assert_eq!((required[0].level, required[0].verdict.clone()), (Level::Take, Action::Take));
    for (new_keys, verdict) in [(NewKeys::Take, Action::Take), (NewKeys::Leave, Action::Keep)] {
        let selection = Selection { new_keys, ..Selection::default() };
        assert_eq!(world.plan("", &[], &selection, "")[0].verdict, verdict);
    }
}

#[test]
fn row_12_the_target_is_behind() {
    let steps = [(0, Some("a: 1"), Some("a: 1")), (1, Some("a: 2"), Some("a: 2")), (20, None, Some("a: 1"))];
    assert_eq!(shown(&plan(&steps, 100)), ["a behind keep"]);
    assert_eq!(shown(&plan(&steps, 30)), ["a behind offer"]);
    assert_eq!(phrase(&plan(&steps, 100)[0]), "production is on the value staging left on 1970-01-02");
}

#[test]
fn row_13_the_targets_own_value() {
    let steps = [(0, Some("a: 1"), Some("a: 1")), (20, None, Some("a: 7"))];
    assert_eq!(shown(&plan(&steps, 100)), ["a environment-specific keep"]);
    assert_eq!(shown(&plan(&steps, 27)), ["a environment-specific offer"]);
    let together = [(0, Some("a: 1"), Some("a: 1")), (20, Some("a: 10"), Some("a: 40"))];
    assert_eq!(shown(&plan(&together, 21)), ["a environment-specific keep"]);
}

#[test]
fn row_14_the_two_met_by_chance() {
    let steps = [(0, Some("a: 1"), Some("a: 7")), (1, Some("a: 7"), None), (2, Some("a: 1"), None)];
    assert_eq!(shown(&plan(&steps, 100)), ["a environment-specific offer"]);
}

#[test]
fn row_15_the_sources_value_names_an_environment() {
    let steps = |target: &'static str| {
        [(0, Some(target), Some(target)), (1, Some("a: db.staging.example.com"), None)]
    };
    assert_eq!(shown(&plan(&steps("a: db.example.com"), 100)), ["a environment-specific keep"]);
    assert_eq!(shown(&plan(&steps("a: db.prod.example.com"), 100)), ["a environment-specific keep"]);
    assert_eq!(shown(&plan(&steps("a: db.dev.example.com"), 100)), ["a pending take"]);
}

#[test]
fn row_16_changed_in_the_source() {
    let lines = plan(&[(0, Some("a: 1"), Some("a: 1")), (1, Some("a: 2"), None)], 100);
    assert_eq!(shown(&lines), ["a pending take"]);
    assert_eq!(lines[0].base, Some(Value::Number("1".into())));
    assert_eq!(lines[0].commit.as_ref().map(|commit| commit.subject.as_str()), Some("step 1"));
}

#[test]
fn row_17_the_target_is_on_an_older_source_value() {
    let steps = [
        (0, Some("a: 1"), Some("a: 1")),
        (1, Some("a: 2"), Some("a: 2")),
        (2, None, Some("a: 1")),
        (3, Some("a: 3"), None),
    ];
    let lines = plan(&steps, 100);
    assert_eq!(shown(&lines), ["a pending take"]);
    assert_eq!(phrase(&lines[0]), "production is on an older staging value (set by platform)");
}

#[test]
fn row_18_always_different() {
    let steps = [(0, Some("a: 1"), Some("a: 7")), (50, Some("a: 2"), None)];
    assert_eq!(shown(&plan(&steps, 100)), ["a environment-specific keep"]);
    assert_eq!(shown(&plan(&steps, 57)), ["a environment-specific offer"]);
}

#[test]
fn row_19_conflict() {
    let steps = [(0, Some("a: 1"), Some("a: 1")), (1, None, Some("a: 7")), (2, Some("a: 2"), None)];
    let lines = plan(&steps, 100);
    assert_eq!(shown(&lines), ["a conflict stop"]);
    assert_eq!(
        (lines[0].verdict.clone(), phrase(&lines[0]).as_str()),
        (Action::Stop, "changed on both sides since 1970-01-01")
    );
}

#[test]
fn versions_that_do_not_parse_and_files_that_come_back_are_no_changes() {
    let broken = [
        (0, Some("a: 1"), Some("a: 1")),
        (1, None, Some("a: [")),
        (2, None, Some("a: 1 # x")),
        (3, Some("a: 2"), None),
    ];
    assert_eq!(shown(&plan(&broken, 100)), ["a pending take"]);
    let restored = [
        (0, Some("a: 1"), Some("a: 1")),
        (1, Some("a: 2"), None),
        (2, None, Some("gone")),
        (3, None, Some("a: 1")),
    ];
    assert_eq!(shown(&plan(&restored, 100)), ["a pending take"]);
}

#[test]
fn leaves_of_one_fate_are_one_line_and_others_stay_out() {
    let steps = [(0, Some(BOTH), Some(BOTH)), (1, Some("a: 1\nb: {c: 1, d: {e: 2}, password: p1}"), None)];
    let world = world(&steps, true, 2);
    let lines = world.plan("", &[], &Selection::default(), "");
    assert_eq!(shown(&lines), ["b.c new ask", "b.d.e new ask", "b.password new keep"]);
    let lines = world.plan("[secrets]\nnot = [\"**.password\"]", &[], &Selection::default(), "");
    assert_eq!(shown(&lines), ["b new ask"]);
    let only = Selection { only: vec!["b.d".parse().expect("path")], ..Selection::default() };
    let lines = world.plan("[secrets]\nnot = [\"**.password\"]", &[], &only, "");
    let taken: Vec<_> =
        lines.iter().filter(|line| line.is_taken()).map(|line| line.path.to_string()).collect();
    assert_eq!(taken, ["b.d.e"]);
}

#[test]
fn what_the_user_names_decides() {
    let steps = [
        (0, Some("a: 1\nb: 1"), Some("a: 1\nb: 1")),
        (1, None, Some("a: 7\nb: 7")),
        (2, Some("a: 2\nb: 2"), None),
    ];
    let world = world(&steps, true, 100);
    let a = || vec!["a".parse().expect("path")];
    let verdicts = |selection: &Selection| -> Vec<Action> {
        world.plan("", &[], selection, "").into_iter().map(|line| line.verdict).collect()
    };
    for (selection, expected) in [
        (Selection { take_source: a(), ..Selection::default() }, Action::Take),
        (Selection { take_target: a(), ..Selection::default() }, Action::Decline),
        (
            Selection { set: vec![(a().remove(0), Value::Null)], ..Selection::default() },
            Action::Set(Value::Null),
        ),
        (Selection { except: a(), ..Selection::default() }, Action::Keep),
    ] {
        assert_eq!(verdicts(&selection), [expected, Action::Stop]);
    }
    assert_eq!(verdicts(&Selection { only: a(), ..Selection::default() }), [Action::Stop, Action::Keep]);
    assert_eq!(
        verdicts(&Selection { skip_undecided: true, ..Selection::default() }),
        [Action::Keep, Action::Keep]
    );
    let unknown = Selection {
        only: vec!["z".parse().expect("path")],
        changes: vec!["beef".into()],
        ..Selection::default()
    };
    assert_eq!(unknown.unmatched(&world.plan("", &[], &unknown, ""), &|_| false), ["z", "commit beef"]);
}

#[test]
fn a_mapping_that_the_source_gave_up_leaves_nothing_empty_behind() {
    let both = "a: 1\nc:\n  d: 1\n  e: 1\n";
    for steps in [
        vec![(0, Some("a: 1\nc: {d: 1}\n"), Some("a: 1\nc: {d: 1}\n")), (1, Some("a: 1\n"), None)],
        // Entry by entry, so that the lines are not one.
        vec![(0, Some(both), Some(both)), (1, Some("a: 1\nc: {e: 1}\n"), None), (2, Some("a: 1\n"), None)],
    ] {
        let lines = plan(&steps, 100);
        let document = |text: &str| Document::parse(text.as_bytes(), &Limits::default()).expect(text);
        let (source, target) = (document("a: 1\n"), document(steps[0].2.expect("a text")));
        let edits = super::operations(&lines, &source, &target);
        let text = crate::yaml::edit::apply(&target, &edits, &Limits::default());
        assert_eq!(text.as_deref(), Ok("a: 1\n"));
    }
}

#[test]
fn a_removal_waits_for_what_took_its_place() {
    let renamed = |to: &'static str, later: i64| {
        [
            (0, Some("q: {size: 7, n: x}"), Some("q: {size: 7, n: x}")),
            (1, Some(to), None),
            (later, None, None),
        ]
    };
    let both = "q: {capacity: 7, n: x}";
    let left = Selection { new_keys: NewKeys::Leave, ..Selection::default() };
    let taken = |lines: Vec<PlanEntry>| -> Vec<String> {
        lines.iter().filter(|line| line.is_taken()).map(|line| line.path.to_string()).collect()
    };
    // Asked about together, taken together, left together, at any age.
    let world_of = |to| world(&renamed(to, 1)[..2], true, 2);
    let asked = world_of(both).plan("", &[], &Selection::default(), "");
    assert_eq!(shown(&asked), ["q.capacity new ask", "q.size removed ask"]);
    assert_eq!(taken(world_of(both).plan("", &[], &left, "")), Vec::<String>::new());
    let all = Selection { new_keys: NewKeys::Take, ..Selection::default() };
    assert_eq!(taken(world_of(both).plan("", &[], &all, "")), ["q.capacity", "q.size"]);
    let old = world(&renamed(both, 1)[..2], true, 140).plan("", &[], &Selection::default(), "");
    assert_eq!(shown(&old), ["q.capacity left-out offer", "q.size removed offer"]);
    assert!(
        phrase(&old[1]).ends_with("`q.capacity`, which took its place, is not taken"),
        "{}",
        phrase(&old[1])
    );
    // By its value wherever it went; by standing alone when its value is another one.
    assert_eq!(
        taken(world_of("q: {n: x}\nm: {deep: {er: 7}}").plan("", &[], &left, "")),
        Vec::<String>::new()
    );
    assert_eq!(taken(world_of("q: {capacity: 8, n: x}").plan("", &[], &left, "")), Vec::<String>::new());
    // What comes elsewhere with another value is no successor.
    assert_eq!(taken(world_of("q: {n: x}\nm: {other: 9}").plan("", &[], &left, "")), ["q.size"]);
    // A value of the target's own goes with it too, and is no question beside it.
    let own = [
        (0, Some("q: {size: 7, n: x}"), Some("q: {size: 7, n: x}")),
        (1, None, Some("q: {size: 40, n: x}")),
        (2, Some("q: {n: x}\nm: {deep: {er: 7}}"), None),
    ];
    let lines = world(&own, true, 3).plan("", &[], &left, "");
    assert_eq!(shown(&lines), ["q.size removed offer", "m.deep.er new ask"]);
    assert!(lines.iter().all(|line| line.verdict == Action::Keep));
    // Asked for by its own path.
    let named = Selection { only: vec!["q.size".parse().expect("path")], ..Selection::default() };
    assert_eq!(taken(world_of(both).plan("", &[], &named, "")), ["q.size"]);
}

#[test]
fn an_element_that_is_called_otherwise_goes_only_with_its_successor() {
    let list = |name: &str| format!("l:\n- name: {name}\n  at: 5\n- name: report\n  at: 9\n");
    let (old, new) = (list("cleanup"), list("tidy"));
    let steps = [(0, Some(old.as_str()), Some(old.as_str())), (1, Some(new.as_str()), None)];
    let lines = plan(&steps, 150);
    assert!(lines.iter().all(|line| !line.is_taken()), "{:?}", shown(&lines));
}

#[test]
fn what_came_to_an_element_or_document_that_the_target_removed_stays_away_with_it() {
    let (all, without) = ("l: [{name: a, v: 1}, {name: b, v: 1}]", "l: [{name: b, v: 1}]");
    let more = "l: [{name: a, v: 1, w: 2}, {name: b, v: 1}]";
    let keep = |paths: &[&str]| -> Vec<String> {
        paths.iter().map(|path| format!("{path} environment-specific keep")).collect()
    };
    let away = keep(&["l[name=a].v", "l[name=a].w"]);
    let named = |spec: &str| format!("apiVersion: v1\nkind: B\nmetadata: {{name: b}}\nspec: {spec}\n");
    let both = |spec: &str| format!("apiVersion: v1\nkind: A\nmetadata: {{name: a}}\n---\n{}", named(spec));
    let [one, two, changed] = ["{v: 1}", "{v: 1, w: 2}", "{v: 1, w: {x: 2}}"].map(both);
    let rest = "apiVersion: v1\nkind: A\nmetadata: {name: a}\n";
    for (steps, expected) in [
        (
            &[(0, Some(&*one), Some(&*one)), (1, None, Some(rest)), (2, Some(&*two), None)][..],
            keep(&["#B/b:spec.v", "#B/b:spec.w"]),
        ),
        (&[(0, Some(&one), Some(rest)), (2, Some(&changed), None)], keep(&["#B/b:spec.v", "#B/b:spec.w.x"])),
        (
            &[(0, Some(rest), Some(rest)), (1, Some(&one), None), (2, Some(&two), None)],
            vec!["#B/b:spec.v new ask".to_owned(), "#B/b:spec.w new ask".to_owned()],
        ),
        (&[(0, Some(all), Some(all)), (1, None, Some(without)), (2, Some(more), None)], away.clone()),
        (&[(0, Some(all), Some(without)), (2, Some(more), None)], away.clone()),
        // With the list, and a part that is called otherwise.
        (
            &[(0, Some(all), Some(all)), (1, None, Some("k: 1")), (2, Some("l: [{name: a, u: 1}]"), None)],
            [keep(&["l"]), vec!["k environment-specific keep".to_owned()]].concat(),
        ),
        // An element that came after that is a new one.
        (
            &[(0, Some(without), Some(without)), (1, Some(all), None), (2, Some(more), None)],
            vec!["l[name=a].v new ask".to_owned(), "l[name=a].w new ask".to_owned()],
        ),
    ] {
        let lines = world(steps, true, 60).plan("", &[], &Selection::default(), "");
        assert_eq!(shown(&lines), expected, "{steps:?}");
    }
}
