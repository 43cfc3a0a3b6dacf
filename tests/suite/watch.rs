//! `watch`, with the real binary on real repositories. Every wait is for a condition.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

use crate::support::World;

/// Far longer than anything takes, however busy the machine.
const LONG: Duration = Duration::from_secs(90);

const PAY: &str = "environments/staging/pay.yaml";
const SCHEMA: &str = "schemas/pay.schema.json";
const POOL: &str = r#"{"type":"object","properties":{"pool":{"type":"integer","maximum":50}}}"#;

/// A repository with one item in each environment, and its schema.
fn world() -> World {
    World::with(&[
        ("environments/development/pay.yaml", "pool: 10\n"),
        (PAY, "pool: 10\n"),
        ("environments/production/pay.yaml", "pool: 10\n"),
        (SCHEMA, POOL),
    ])
}

/// A watch that runs.
struct Watching {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    _input: Option<ChildStdin>,
}

impl Watching {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.arg("watch").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::of(command.spawn().expect("terrace runs"))
    }

    fn of(mut child: Child) -> Self {
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let _input = child.stdin.take();
        Self { child, lines, seen: Vec::new(), _input }
    }

    /// The lines up to the next one that has `text` in it.
    fn until(&mut self, text: &str) -> Vec<String> {
        let from = self.seen.len();
        loop {
            let Ok(line) = self.lines.recv_timeout(LONG) else {
                panic!("no `{text}` after {:#?}", self.seen);
            };
            self.seen.push(line.clone());
            if line.contains(text) {
                return self.seen[from..].to_vec();
            }
        }
    }

    /// The next line of JSON of a kind.
    fn json(&mut self, kind: &str) -> Value {
        let lines = self.until(&format!("\"kind\":\"{kind}\""));
        serde_json::from_str(lines.last().expect("a line")).expect("JSON")
    }

    fn verdict(&mut self) -> Value {
        self.json("verdict")
    }

    /// The verdict after which these are all the changes since now, however many looks they took.
    fn comes_to(&mut self, expected: &[&str]) -> Value {
        let mut net: BTreeMap<String, &str> = BTreeMap::new();
        loop {
            let verdict = self.verdict();
            for change in changes(&verdict) {
                let (kind, file) = change.split_once(' ').expect("a kind and a file");
                let now = match (net.get(file).copied(), kind) {
                    (Some("added"), "removed") => None,
                    (Some("added"), _) => Some("added"),
                    (Some("removed"), "added") => Some("modified"),
                    (_, "added") => Some("added"),
                    (_, "removed") => Some("removed"),
                    (_, _) => Some("modified"),
                };
                match now {
                    Some(kind) => drop(net.insert(file.to_owned(), kind)),
                    None => drop(net.remove(file)),
                }
            }
            let told: Vec<String> = net.iter().map(|(file, kind)| format!("{kind} {file}")).collect();
            if told == expected {
                return verdict;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is there");
    }

    /// Ends it as Ctrl-C does; gives the exit code, the lines not seen yet, and standard error.
    fn end(self) -> (Option<i32>, Vec<String>, String) {
        self.signal(Signal::INT);
        self.finish()
    }

    fn finish(mut self) -> (Option<i32>, Vec<String>, String) {
        let code = wait(&mut self.child);
        let mut error = String::new();
        if let Some(mut err) = self.child.stderr.take() {
            err.read_to_string(&mut error).expect("UTF-8");
        }
        let rest = std::iter::from_fn(|| self.lines.recv_timeout(LONG).ok()).collect();
        (code, rest, error)
    }
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < LONG {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    panic!("it does not end");
}

/// Waits until something holds.
fn holds(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn changes(verdict: &Value) -> Vec<String> {
    let change = |change: &Value| {
        format!("{} {}", change["change"].as_str().expect("a kind"), change["file"].as_str().expect("a file"))
    };
    verdict["changed"].as_array().expect("a list").iter().map(change).collect()
}

fn rules(verdict: &Value) -> Vec<String> {
    let findings = verdict["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
}

const JSON: [&str; 2] = ["--format", "json"];

#[test]
fn saves_are_judged_and_what_is_the_same_is_not_told() {
    let world = world();
    let mut watch = Watching::start(&world, &[]);
    watch.until("3 items in 3 environments: no findings");
    assert_eq!(
        watch.seen,
        ["watching environments on main; Ctrl-C ends", "", "3 items in 3 environments: no findings"]
    );
    world.write(PAY, "pool: 500\n");
    let told = watch.until("3 items in 3 environments: 1 error");
    assert_eq!(
        told.join("\n"),
        format!(
            "\nchanged {PAY} · on main\n\nerror[schema]: 500 is more than the maximum of 50\n  --> {PAY}:1:7\n   |\n 1 | pool: 500\n   |       ^^^ pool\n   = schema: {SCHEMA}#/properties/pool/maximum\n   = help: {}\n\n3 items in 3 environments: 1 error",
            told.iter().find_map(|line| line.split_once("help: ")).expect("help").1
        )
    );
    // Touched, written with the same bytes, and the files of editors: nothing to tell.
    world.write(PAY, "pool: 500\n");
    world.write("environments/staging/.pay.yaml.swp", "x");
    world.write("environments/staging/pay.yaml~", "x");
    world.write("environments/production/pay.yaml", "pool: 11\n");
    let told = watch.until("3 items");
    assert!(
        told.iter().any(|line| line == "changed environments/production/pay.yaml · on main"),
        "{told:#?}"
    );
    assert!(told.last().expect("a line").ends_with(&format!("1 error (not shown: the error at {PAY}:1:7)")));
    let (code, rest, error) = watch.end();
    assert_eq!((code, rest, error.as_str()), (Some(0), vec![], ""));
}

#[test]
fn atomic_saves_are_one_change() {
    let world = world();
    let mut watch = Watching::start(&world, &JSON);
    assert_eq!(watch.verdict()["good"], true);
    let at = |name: &str| world.dir.join("environments/staging").join(name);
    // As vim does it.
    fs::write(at("4913"), "").expect("a file");
    fs::remove_file(at("4913")).expect("removed");
    fs::rename(at("pay.yaml"), at("pay.yaml~")).expect("renamed");
    fs::write(at("pay.yaml"), "pool: 51\n").expect("a file");
    fs::remove_file(at("pay.yaml~")).expect("removed");
    let verdict = watch.verdict();
    assert_eq!((changes(&verdict), &verdict["good"]), (vec![format!("modified {PAY}")], &Value::from(false)));
    // As most others do it, under a name that is not known to be an editor's.
    fs::write(at("pay.yaml.Xy12"), "pool: 12\n").expect("a file");
    fs::rename(at("pay.yaml.Xy12"), at("pay.yaml")).expect("renamed");
    let verdict = watch.verdict();
    assert_eq!((changes(&verdict), &verdict["good"]), (vec![format!("modified {PAY}")], &Value::from(true)));
    assert_eq!(verdict["number"], 3);
    assert_eq!(watch.end().1, Vec::<String>::new());
}

#[test]
fn a_checkout_is_one_pass() {
    let mut world = world();
    world.git(&["checkout", "--quiet", "-b", "other"]);
    for n in 0..300 {
        world.write(&format!("environments/development/many/item{n}.yaml"), "a: 1\n");
    }
    world.write(PAY, "pool: 20\n");
    world.commit("many");
    world.git(&["checkout", "--quiet", "main"]);
    let mut watch = Watching::start(&world, &JSON);
    assert_eq!(watch.verdict()["summary"]["items"], 3);
    world.git(&["checkout", "--quiet", "other"]);
    let verdict = watch.verdict();
    assert_eq!(changes(&verdict).len(), 301, "{:?}", changes(&verdict));
    assert_eq!((&verdict["branch"], &verdict["summary"]["items"]), (&"other".into(), &303.into()));
    world.git(&["checkout", "--quiet", "main"]);
    let verdict = watch.verdict();
    assert_eq!((changes(&verdict).len(), &verdict["branch"]), (301, &"main".into()));
    world.git(&["checkout", "--quiet", "-b", "same"]);
    assert_eq!(watch.json("branch")["branch"], "same");
    assert_eq!(watch.end().1, Vec::<String>::new());
}

#[test]
fn a_linked_work_tree_has_its_own_branch() {
    let world = world();
    let linked = world.beside("linked");
    world.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().expect("text")]);
    let mut watch = Watching::start(&world, &["--format", "json", "-C", linked.to_str().expect("text")]);
    assert_eq!(watch.verdict()["branch"], "side");
    world.git(&["-C", linked.to_str().expect("text"), "checkout", "--quiet", "-b", "other"]);
    assert_eq!(watch.json("branch")["branch"], "other");
    fs::write(linked.join(PAY), "pool: 51\n").expect("a file");
    assert_eq!(watch.verdict()["good"], false);
}

#[test]
fn schema_and_policy_edits_judge_what_they_concern() {
    let world = world();
    let mut watch = Watching::start(&world, &JSON);
    watch.verdict();
    world.write(SCHEMA, &POOL.replace("50", "5"));
    let verdict = watch.verdict();
    assert_eq!(
        (changes(&verdict), &verdict["summary"]["errors"]),
        (vec![format!("modified {SCHEMA}")], &3.into())
    );
    assert_eq!(verdict["files"].as_array().expect("files").len(), 4);
    world.write(SCHEMA, "{");
    let verdict = watch.verdict();
    assert_eq!((&verdict["good"], &verdict["findings"][0]["file"]), (&false.into(), &SCHEMA.into()));
    world.write(SCHEMA, POOL);
    let verdict = watch.verdict();
    assert_eq!((&verdict["good"], verdict["findings"].as_array().map(Vec::len)), (&true.into(), Some(0)));

    world.write("terrace.toml", "vesion = 1\n");
    let verdict = watch.verdict();
    assert_eq!((&verdict["good"], &verdict["summary"]), (&false.into(), &Value::Null));
    assert_eq!(
        verdict["error"]["message"],
        "terrace.toml:1:1: unknown field `vesion`, expected one of `version`, `promotion`, `pin`, `secrets`, `isolation`, `rules`, `waiver`, `schema`, `limits`, `run`"
    );
    world.write("terrace.toml", "[isolation.hosts]\nproduction = [\"db\"]\n");
    assert_eq!(watch.verdict()["good"], true);
    world.write(PAY, "pool: 10\nhost: db\n");
    assert!(rules(&watch.verdict()).contains(&"foreign-host".to_owned()));
    world.write("terrace.toml", "");
    let verdict = watch.verdict();
    assert_eq!(
        (&verdict["good"], changes(&verdict)),
        (&true.into(), vec!["modified terrace.toml".to_owned()])
    );
}

#[test]
fn folders_come_and_go_with_their_files() {
    let world = world();
    let mut watch = Watching::start(&world, &JSON);
    watch.verdict();
    let outside = world.beside("outside");
    fs::create_dir_all(outside.join("deep")).expect("a folder");
    fs::write(outside.join("deep/one.yaml"), "a: 1\n").expect("a file");
    fs::write(outside.join("two.yaml"), "a: 1\n").expect("a file");
    fs::rename(&outside, world.dir.join("environments/staging/moved")).expect("moved");
    watch.comes_to(&[
        "added environments/staging/moved/deep/one.yaml",
        "added environments/staging/moved/two.yaml",
    ]);
    world.put("environments/staging/moved/deep/one.yaml", "a: [\n");
    assert!(rules(&watch.verdict()).contains(&"syntax".to_owned()));
    // Made at once, so that the system cannot tell of the file.
    world.put("environments/staging/a/b/c/new.yaml", "a: 1\n");
    watch.comes_to(&["added environments/staging/a/b/c/new.yaml"]);
    world.put("environments/staging/a/b/c/new.yaml", "a: 2\n");
    watch.comes_to(&["modified environments/staging/a/b/c/new.yaml"]);
    let staging = world.dir.join("environments/staging");
    fs::rename(staging.join("moved"), staging.join("named")).expect("renamed");
    watch.comes_to(&[
        "removed environments/staging/moved/deep/one.yaml",
        "removed environments/staging/moved/two.yaml",
        "added environments/staging/named/deep/one.yaml",
        "added environments/staging/named/two.yaml",
    ]);
    fs::remove_dir_all(staging.join("named")).expect("removed");
    fs::remove_dir_all(staging.join("a")).expect("removed");
    watch.comes_to(&[
        "removed environments/staging/a/b/c/new.yaml",
        "removed environments/staging/named/deep/one.yaml",
        "removed environments/staging/named/two.yaml",
    ]);
    fs::remove_file(world.dir.join(PAY)).expect("removed");
    let verdict = watch.comes_to(&[&format!("removed {PAY}")]);
    assert_eq!(verdict["summary"]["items"], 2);
    // A folder that was not there when the watch began.
    world.put("terrace.toml", "");
    watch.comes_to(&["added terrace.toml"]);
    fs::rename(world.dir.join("schemas"), world.beside("schemas")).expect("moved");
    watch.comes_to(&[&format!("removed {SCHEMA}")]);
    fs::rename(world.beside("schemas"), world.dir.join("schemas")).expect("moved");
    watch.comes_to(&[&format!("added {SCHEMA}")]);
    world.put(SCHEMA, &POOL.replace("50", "5"));
    assert_eq!(watch.verdict()["good"], false);
}

#[test]
fn a_part_is_watched_alone() {
    let world = world();
    let mut watch = Watching::start(&world, &["--format", "json", "--env", "production"]);
    assert_eq!(watch.verdict()["summary"]["items"], 1);
    world.write(PAY, "pool: 500\n");
    world.write("environments/production/pay.yaml", "pool: 51\n");
    let verdict = watch.verdict();
    assert_eq!(changes(&verdict), ["modified environments/production/pay.yaml"]);
    assert_eq!(
        (&verdict["summary"]["errors"], verdict["findings"].as_array().map(Vec::len)),
        (&1.into(), Some(1))
    );
    let answer = world.terrace(&["watch", "pya"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(answer.stderr.contains("did you mean `pay`?"), "{}", answer.stderr);
}

#[test]
fn a_repository_that_goes_away_ends_the_watch() {
    for folder in ["", "environments"] {
        let world = world();
        let mut watch = Watching::start(&world, &[]);
        watch.until("3 items");
        fs::rename(world.dir.join(folder), world.beside("away")).expect("moved");
        let (code, rest, error) = watch.finish();
        assert_eq!((code, rest), (Some(2), vec![]), "{error}");
        assert!(error.contains("environments is not there any more\n"), "{error}");
    }
    let world = World::with(&[("README.md", "")]);
    world.refuses("watch", 2, "error: there is no folder environments\nhelp: run `terrace init` to lay one out, or say where it is with -C DIR");
}

#[test]
fn polling_sees_the_same() {
    let world = world();
    let mut watch = Watching::start(&world, &["--format", "json", "--poll"]);
    watch.verdict();
    world.write(PAY, "pool: 51\n");
    assert_eq!(changes(&watch.verdict()), [format!("modified {PAY}")]);
    world.write("environments/staging/new/one.yaml", "a: 1\n");
    assert_eq!(changes(&watch.verdict()), ["added environments/staging/new/one.yaml"]);
    fs::remove_dir_all(world.dir.join("environments/staging/new")).expect("removed");
    assert_eq!(changes(&watch.verdict()), ["removed environments/staging/new/one.yaml"]);
    world.git(&["checkout", "--quiet", "-b", "other"]);
    assert_eq!(watch.json("branch")["branch"], "other");
}

#[test]
#[ignore = "needs user namespaces"]
fn limits_of_the_system_are_told_once_and_polled_around() {
    let world = world();
    let script = format!(
        "echo 2 > /proc/sys/user/max_inotify_watches && exec '{}' watch --format json",
        env!("CARGO_BIN_EXE_terrace")
    );
    let mut command = world.command("unshare");
    command.args(["-Ur", "sh", "-c", &script]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watch = Watching::of(command.spawn().expect("unshare runs"));
    watch.verdict();
    let remark = watch.json("remark");
    let said = remark["message"].as_str().expect("a sentence");
    assert!(
        said.contains("fs.inotify.max_user_watches") && said.ends_with("looking every 500 ms instead"),
        "{said}"
    );
    world.write(PAY, "pool: 51\n");
    assert_eq!(watch.verdict()["good"], false);
    let (code, rest, _) = watch.end();
    assert_eq!((code, rest), (Some(0), vec![]));
}

#[test]
fn a_command_never_runs_on_a_broken_state() {
    let world = world();
    let log = world.beside("log");
    let command = format!("cat {PAY} >> '{}'", log.display());
    let mut watch = Watching::start(&world, &["--exec", &command]);
    watch.until(" ended");
    assert_eq!(text(&log), "pool: 10\n");
    world.write(PAY, "pool: 500\n");
    watch.until("does not run until this is mended");
    world.write(PAY, "pool: 10\n");
    watch.until("has run on this state");
    world.write(PAY, "pool: [\n");
    watch.until("the last good state stays in force");
    world.write(PAY, "pool: 11\n");
    watch.until(" ended");
    assert_eq!(text(&log), "pool: 10\npool: 11\n");
}

#[test]
fn a_running_command_ends_first_and_runs_once_more() {
    let world = world();
    let (log, go) = (world.beside("log"), world.beside("go"));
    let command = format!(
        "cat {PAY} >> '{}'; while ! test -e '{}'; do sleep 0.01; done; exit 7",
        log.display(),
        go.display()
    );
    let mut watch = Watching::start(&world, &["--exec", &command]);
    watch.until("$ running");
    holds("it runs", || text(&log) == "pool: 10\n");
    for pool in [11, 12, 13] {
        world.write(PAY, &format!("pool: {pool}\n"));
        watch.until("once more when it has ended");
    }
    assert_eq!(text(&log), "pool: 10\n");
    fs::write(&go, "").expect("a file");
    watch.until("ended with exit code 7");
    watch.until("ended with exit code 7");
    assert_eq!(text(&log), "pool: 10\npool: 13\n");
    assert_eq!(watch.end().1, Vec::<String>::new());
}

/// Whether a process is there and no zombie.
fn lives(pid: &str) -> bool {
    let Some(pid) = pid.trim().parse().ok().and_then(Pid::from_raw) else { return false };
    let stat = text(Path::new(&format!("/proc/{}/stat", pid.as_raw_nonzero())));
    test_kill_process(pid).is_ok() && !stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'))
}

#[test]
fn restart_ends_the_whole_group_and_so_does_the_end() {
    let world = world();
    let log = world.beside("log");
    // The shell's own child outlives the shell unless the group is ended.
    let command = format!("(sleep 1000 & echo $! >> '{}'; wait) & wait", log.display());
    let mut watch = Watching::start(&world, &["--exec", &command, "--restart"]);
    watch.until("$ running");
    let pids = || text(&log).lines().map(str::to_owned).collect::<Vec<_>>();
    holds("it runs", || pids().len() == 1);
    let first = pids()[0].clone();
    assert!(lives(&first));
    world.write(PAY, "pool: 500\n");
    watch.until("keeps running on it");
    assert!(lives(&first), "the last good one was ended");
    world.write(PAY, "pool: 12\n");
    watch.until("$ stopping");
    watch.until("$ running");
    holds("it runs again", || pids().len() == 2);
    assert!(!lives(&first), "the first is left");
    let second = pids()[1].clone();
    watch.signal(Signal::TERM);
    assert_eq!(watch.finish().0, Some(0));
    assert!(!lives(&second), "the second is left");
}

#[test]
fn what_does_not_end_when_asked_is_killed() {
    let world = world();
    let log = world.beside("log");
    let command = format!("trap '' TERM; echo $$ > '{}'; while :; do sleep 0.05; done", log.display());
    let mut watch = Watching::start(&world, &["--exec", &command, "--restart"]);
    watch.until("$ running");
    holds("it runs", || !text(&log).trim().is_empty());
    let first = text(&log);
    world.write(PAY, "pool: 12\n");
    watch.until("$ stopping");
    watch.until("$ running");
    assert!(!lives(&first));
    holds("it runs again", || !text(&log).trim().is_empty() && text(&log) != first);
    let second = text(&log);
    watch.signal(Signal::INT);
    assert_eq!(watch.finish().0, Some(0));
    assert!(!lives(&second));
}

#[test]
fn every_line_of_json_fits_the_schema() {
    let world = world();
    let mut watch = Watching::start(&world, &["--format", "json", "--exec", "true"]);
    watch.until("\"ended\"");
    world.write(PAY, "pool: 500\n");
    watch.until("\"withheld\"");
    world.write("terrace.toml", "nonsense");
    watch.until("\"withheld\"");
    world.git(&["checkout", "--quiet", "-b", "other"]);
    watch.until("\"branch\":\"other\"");
    let schema: Value = serde_json::from_str(include_str!("../../schemas/watch.schema.json")).expect("JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    for line in &watch.seen {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["version"], 1);
        let errors: Vec<_> = schema.iter_errors(&line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
    }
    assert!(!schema.is_valid(&serde_json::json!({"version": 1, "kind": "verdict"})));
}

#[test]
fn a_closed_pipe_is_a_quiet_success() {
    let world = world();
    let mut command = world.command("sh");
    let script = format!("'{}' watch 2> err | head -n 1; echo over", env!("CARGO_BIN_EXE_terrace"));
    let mut child = command.args(["-c", &script]).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut pool = 10;
    let start = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        assert!(start.elapsed() < LONG, "it does not end");
        pool += 1;
        world.write(PAY, &format!("pool: {}\n", pool % 40));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(world.read("err"), "");
}

#[test]
fn secrets_are_masked() {
    let world = world();
    let mut watch = Watching::start(&world, &JSON);
    watch.verdict();
    world.write(PAY, "pool: 10\npassword: hunter2\n");
    watch.until("plain-secret");
    assert!(!watch.seen.concat().contains("hunter2"));
}

#[test]
fn a_command_that_changes_what_is_watched_does_not_run_as_fast_as_it_can() {
    let world = world();
    let log = world.beside("log");
    let command = format!("echo >> '{}'; echo \"pool: $$\" > environments/staging/loop.yaml", log.display());
    let mut watch = Watching::start(&world, &["--exec", &command]);
    watch.until("it may change what is watched");
    assert_eq!(text(&log).len(), 10);
}

#[test]
fn errors_stand_before_what_weighs_less() {
    let world = world();
    world.write(PAY, "mode: no\npool: 500\n");
    let mut watch = Watching::start(&world, &[]);
    let lines = watch.until("1 error");
    let at = |what: &str| lines.iter().position(|line| line.starts_with(what)).expect(what);
    assert!(at("error[schema]") < at("warning[ambiguous-scalar]"), "{lines:#?}");
}
