//! The merge driver in real merges, beside plain git and a known truth.
//!
//! Every case is one file of one big merge, made twice: by git alone, and with the driver. The
//! truth comes from how the case was made, read by another YAML reader: both edits one after the
//! other, or, where they concern the same, a conflict.

mod conflicts;
mod edits;
mod explicit;
mod real;

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::support::{World, run};

/// One merge.
pub(crate) struct Case {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) base: Option<Vec<u8>>,
    pub(crate) ours: Vec<u8>,
    pub(crate) theirs: Vec<u8>,
    pub(crate) truth: Truth,
}

/// What must come out.
#[derive(Clone, Debug)]
pub(crate) enum Truth {
    /// The values and comments of this text; leaving a conflict is no mistake.
    Text(String),
    /// As [`Truth::Text`], and it must be solved.
    Solved(String),
    /// Only a person can say.
    Conflict,
}

impl Case {
    /// How a result differs from the truth.
    fn apart(&self, result: &str) -> String {
        match &self.truth {
            Truth::Conflict => format!("conflict expected\n{result}"),
            Truth::Text(truth) | Truth::Solved(truth) => {
                similar::TextDiff::from_lines(truth.as_str(), result).unified_diff().to_string()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    Conflict,
    Wrong,
}

/// How one way of merging ended for a case.
struct Merged {
    clean: bool,
    text: Vec<u8>,
}

/// Named elements are a set: their order is no value.
fn normal(value: Value) -> Value {
    match value {
        Value::Sequence(list) => {
            let mut list: Vec<_> = list.into_iter().map(normal).collect();
            if list.iter().all(|element| element.get("name").is_some()) {
                list.sort_by_key(|element| format!("{:?}", element.get("name")));
            }
            Value::Sequence(list)
        }
        Value::Mapping(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, value)| (key, normal(value))).collect();
            entries.sort_by_key(|(key, _)| format!("{key:?}"));
            Value::Mapping(entries.into_iter().collect())
        }
        other => other,
    }
}

fn values(text: &str) -> Option<Vec<Value>> {
    use serde::Deserialize;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).map(normal))
        .collect::<Result<_, _>>()
        .ok()
}

fn judge(case: &Case, merged: &Merged) -> Verdict {
    if !merged.clean {
        return Verdict::Conflict;
    }
    let (Truth::Text(truth) | Truth::Solved(truth)) = &case.truth else { return Verdict::Wrong };
    let text = String::from_utf8_lossy(&merged.text);
    let same_values = values(&text).is_some_and(|found| Some(found) == values(truth));
    let same_comments = edits::comments(&text) == edits::comments(truth);
    if same_values && same_comments { Verdict::Right } else { Verdict::Wrong }
}

fn file(number: usize) -> String {
    format!("environments/development/case-{number:05}.yaml")
}

/// Makes the merge of all cases, by git alone or with the driver, which may favor a side.
fn merge_all(cases: &[Case], driver: bool, favor: Option<&str>) -> Vec<Merged> {
    let mut world = World::unborn();
    world.find_terrace();
    world.write("README.md", "cases\n");
    let put = |world: &World, content: &dyn Fn(&Case) -> Option<Vec<u8>>| {
        for (number, case) in cases.iter().enumerate() {
            world.write(&file(number), "");
            match content(case) {
                Some(bytes) => std::fs::write(world.dir.join(file(number)), bytes).expect("a file"),
                None => std::fs::remove_file(world.dir.join(file(number))).expect("a file"),
            }
        }
    };
    world.git(&["config", "core.autocrlf", "false"]);
    put(&world, &|case| case.base.clone());
    world.commit("base");
    world.git(&["checkout", "--quiet", "-b", "theirs"]);
    put(&world, &|case| Some(case.theirs.clone()));
    world.commit("theirs");
    world.git(&["checkout", "--quiet", "main"]);
    put(&world, &|case| Some(case.ours.clone()));
    world.commit("ours");
    if driver {
        world.terrace(&["hooks", "install", "--yes"]).exits(0);
    }
    let favor = favor.map(|side| format!("merge.terrace.favor={side}"));
    let favor = favor.iter().flat_map(|setting| ["-c", setting]);
    let output = run(world.command("git").args(favor).args(["merge", "--no-edit", "--quiet", "theirs"]));
    assert!(output.code <= 1, "{}", output.stderr);
    let unmerged = world.git(&["diff", "--name-only", "--diff-filter=U"]);
    let unmerged: std::collections::BTreeSet<_> = unmerged.lines().collect();
    (0..cases.len())
        .map(|number| Merged {
            clean: !unmerged.contains(file(number).as_str()),
            text: std::fs::read(world.dir.join(file(number))).expect("the merged file"),
        })
        .collect()
}

/// Merges all cases both ways, prints the table, and returns the cases with both verdicts.
fn compare(title: &str, cases: &[Case]) -> [usize; 2] {
    let (plain, driven) = (merge_all(cases, false, None), merge_all(cases, true, None));
    let mut rows: BTreeMap<&str, [usize; 7]> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for ((case, plain), driven) in cases.iter().zip(&plain).zip(&driven) {
        let verdicts = [judge(case, plain), judge(case, driven)];
        let row = rows.entry(&case.kind).or_default();
        row[0] += 1;
        for (i, verdict) in verdicts.iter().enumerate() {
            row[1 + 3 * i + *verdict as usize] += 1;
        }
        let lost = verdicts[0] == Verdict::Right && verdicts[1] != Verdict::Right;
        let unsolved = matches!(case.truth, Truth::Solved(_)) && verdicts[1] != Verdict::Right;
        let markers = String::from_utf8_lossy(&driven.text).contains("<<<<<<< HEAD");
        let unmarked = verdicts[1] == Verdict::Conflict && !markers && case.kind != "binary";
        if verdicts[1] == Verdict::Wrong || lost || unsolved || unmarked {
            mistakes.push(format!(
                "{}: {}: git {:?}, terrace {:?}\n{}",
                case.kind,
                case.name,
                verdicts[0],
                verdicts[1],
                case.apart(&String::from_utf8_lossy(&driven.text))
            ));
        }
    }
    println!("{title}\n{:<22} {:>7}   {:^23}   {:^23}", "kind", "merges", "git", "terrace");
    println!(
        "{:<30}   {:>7} {:>8} {:>6}   {:>7} {:>8} {:>6}",
        "", "right", "conflict", "wrong", "right", "conflict", "wrong"
    );
    let mut total = [0; 7];
    for (kind, row) in &rows {
        show(kind, row);
        total.iter_mut().zip(row).for_each(|(total, count)| *total += count);
    }
    show("all", &total);
    assert!(
        mistakes.is_empty(),
        "{} mistakes, the first:\n{}",
        mistakes.len(),
        mistakes[..mistakes.len().min(12)].join("\n\n")
    );
    [total[1], total[4]]
}

fn show(kind: &str, row: &[usize; 7]) {
    let [all, right, conflict, wrong, our_right, our_conflict, our_wrong] = row;
    println!(
        "{kind:<22} {all:>7}   {right:>7} {conflict:>8} {wrong:>6}   {our_right:>7} {our_conflict:>8} {our_wrong:>6}"
    );
}

#[test]
fn each_pair_of_edits_is_merged_right_or_left_to_a_person() {
    let edits = edits::all();
    let mut cases = Vec::new();
    for (i, one) in edits.iter().enumerate() {
        for (j, other) in edits.iter().enumerate().take(i + 1) {
            // Each pair once, in changing roles.
            let (ours, theirs) = if (i + j) % 2 == 0 { (one, other) } else { (other, one) };
            let (a, b) = ((ours.change)(edits::BASE), (theirs.change)(edits::BASE));
            if a == b {
                continue;
            }
            let kinds =
                if ours.kind <= theirs.kind { [ours.kind, theirs.kind] } else { [theirs.kind, ours.kind] };
            let mut both = edits::both(edits::BASE, ours, theirs);
            both.retain(|text| values(text).is_some());
            let one = both.first().filter(|text| both.iter().all(|other| values(other) == values(text)));
            let truth = match (edits::meet(ours, theirs), one) {
                (true, _) => Truth::Conflict,
                (false, Some(text)) => Truth::Text(text.clone()),
                // How this was made does not tell what it comes to.
                (false, None) => continue,
            };
            cases.push(Case {
                kind: kinds.join(" · "),
                name: format!("{} {} / {} {}", ours.kind, ours.name, theirs.kind, theirs.name),
                base: Some(edits::BASE.into()),
                ours: a.into_bytes(),
                theirs: b.into_bytes(),
                truth,
            });
        }
    }
    assert!(cases.len() >= 100);
    let [git, terrace] = compare("generated merges", &cases);
    assert!(terrace > git, "the driver solves no more than git");
}

/// What only one side changed comes, and of what both changed the favored side's, with its comments.
#[test]
fn a_favored_side_leaves_no_conflict_and_loses_nothing_else() {
    let edits: Vec<_> = edits::all().into_iter().filter(|edit| edit.kind != "layout").collect();
    let mut cases: [Vec<Case>; 2] = Default::default();
    for (i, one) in edits.iter().enumerate() {
        for (j, other) in edits.iter().enumerate().filter(|(j, _)| *j != i) {
            let does_meet = edits::meet(one, other);
            if !does_meet && (i + j) % 5 != 0 {
                continue;
            }
            let mut both = edits::both(edits::BASE, one, other);
            both.retain(|text| values(text).is_some());
            let truth = match both.first().filter(|_| !does_meet) {
                Some(text) if both.iter().all(|other| values(other) == values(text)) => {
                    Truth::Solved(text.clone())
                }
                _ => Truth::Conflict,
            };
            cases[(i + j) % 2].push(Case {
                kind: String::new(),
                name: format!("{} {} / {} {}", one.kind, one.name, other.kind, other.name),
                base: Some(edits::BASE.into()),
                ours: (one.change)(edits::BASE).into_bytes(),
                theirs: (other.change)(edits::BASE).into_bytes(),
                truth,
            });
        }
    }
    let mut mistakes = Vec::new();
    for (cases, favor) in cases.iter().zip(["ours", "theirs"]) {
        assert!(cases.len() > 100);
        for (case, merged) in cases.iter().zip(merge_all(cases, true, Some(favor))) {
            let text = String::from_utf8_lossy(&merged.text);
            let [ours, theirs] =
                [&case.ours, &case.theirs].map(|side| edits::comments(&String::from_utf8_lossy(side)));
            let (favored, other) = if favor == "ours" { (ours, theirs) } else { (theirs, ours) };
            let (base, found) = (edits::comments(edits::BASE), edits::comments(&text));
            let stands = |comment: &String| found.contains_key(comment);
            let went = |comment: &String| base.contains_key(comment) && !other.contains_key(comment);
            let is_right = match &case.truth {
                Truth::Solved(truth) => values(&text) == values(truth),
                Truth::Text(_) | Truth::Conflict => values(&text).is_some(),
            };
            if !merged.clean || !is_right || !favored.keys().all(|it| stands(it) || went(it)) {
                mistakes.push(format!("{favor}: {}\n{}", case.name, case.apart(&text)));
            }
        }
    }
    assert!(mistakes.is_empty(), "{} mistakes:\n{}", mistakes.len(), mistakes.join("\n\n"));
}

#[test]
fn explicit_merges_come_out_as_written() {
    compare("explicit merges", &explicit::cases());
}

#[test]
#[ignore = "needs the fixtures"]
fn edits_of_real_files_are_merged_right_or_left_to_a_person() {
    let folder = crate::fixtures::folder();
    let [git, terrace] = compare("merges of real files", &real::cases(&folder.join("per-env")));
    assert!(terrace > git, "the driver solves no more than git");
}
