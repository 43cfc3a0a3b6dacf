//! Terrace beside the best tools for each job, on the same files, as ratios.
//!
//! For every size a repository is made: items in three environments with one schema, and commits that
//! change two or three files each. Every row names a job; all its programs are run in turn, several
//! rounds. CPU is user and system time of the process and its children; it and wall time are the
//! medians of all rounds; memory is the peak of one more run, where `/usr/bin/time` is there. "scan" is this program reading the same files with
//! libyaml (translated to Rust), one thread, every event looked at and nothing kept.
//!
//! `cargo bench --bench compare [-- FILES… [--commits N] [--rounds N] [--only WORD]]`, by default 300
//! and 3000 files. What the other programs are and how to get them is said where one is missing;
//! `cargo bench --bench watch` compares from a save to its verdict.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../measure/mod.rs"]
mod measure;
mod peers;
#[path = "../../examples/generate/repository.rs"]
mod repository;

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{Took, forget, middle, run};
use peers::Peer;
use serde::Deserialize as _;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TERRACE: &str = env!("CARGO_BIN_EXE_terrace");
const TIME: &str = "/usr/bin/time";

/// What promotions begin at.
const BASE: &str = "base";

/// Git flushes what it writes, as Terrace does.
const FLUSHED: &str = "git -c core.fsync=all";

/// The item that jobs on one item are about.
const KEY: &str = "team-000/service-0007";

const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["name", "group0", "servers"],
  "properties": {
    "name": {"type": "string"},
    "host": {"type": "string"},
    "group0": {"type": "object", "additionalProperties": {"type": "integer"}},
    "servers": {"type": "array", "items": {"type": "object", "required": ["name", "port"]}}
  }
}
"#;

/// What was asked for.
struct Arguments {
    files: Vec<usize>,
    commits: usize,
    rounds: usize,
    only: Option<String>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut read = Self { files: Vec::new(), commits: 500, rounds: 5, only: None };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--commits" => read.commits = value()?.parse()?,
                "--rounds" => read.rounds = value()?.parse::<usize>()?.max(1),
                "--only" => read.only = Some(value()?),
                // What cargo hands to every bench.
                "--bench" => {}
                number => read.files.push(number.parse()?),
            }
        }
        if read.files.is_empty() {
            read.files = vec![300, 3_000];
        }
        Ok(read)
    }
}

/// One program of a row.
struct Entrant<'a> {
    name: String,
    words: Vec<String>,
    /// What is done before each run and not measured; it gets the number of the run.
    before: Box<dyn Fn(usize) -> Result<()> + 'a>,
}

impl<'a> Entrant<'a> {
    fn new(name: &str, words: &[&str]) -> Self {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Self { name: name.to_owned(), words, before: Box::new(|_| Ok(())) }
    }

    fn terrace(words: &[&str]) -> Self {
        Self::new(&format!("terrace {}", words.join(" ")), &[&[TERRACE], words].concat())
    }

    fn git(words: &[&str]) -> Self {
        Self::new(&format!("git {}", words.join(" ")), &[&["git"], words].concat())
    }

    fn before(mut self, before: impl Fn(usize) -> Result<()> + 'a) -> Self {
        self.before = Box::new(before);
        self
    }
}

/// A job, the folder that it is done in, Terrace first, and then what it is compared with.
struct Row<'a> {
    job: &'static str,
    goal: &'static str,
    dir: PathBuf,
    entrants: Vec<Entrant<'a>>,
}

/// What was measured of Terrace at the smallest size, by job: how figures grow.
type Smallest = HashMap<&'static str, Took>;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if(|word| word == "--scan").is_some() {
        return words.try_for_each(|folder| scan(Path::new(&folder)));
    }
    let arguments = Arguments::read(words)?;
    for peer in peers::ALL.iter().filter(|peer| !peer.is_there()) {
        println!("{} is not there: {}", peer.name, peer.install);
    }
    if !peers::GIT.is_there() {
        return Err("nothing can be compared without git".into());
    }
    println!("{}", machine());
    let mut smallest = Smallest::new();
    for files in &arguments.files {
        compare(*files, &arguments, &mut smallest)?;
    }
    Ok(())
}

/// The events of every YAML file below a folder.
fn scan(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            scan(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path)?;
            for document in serde_yaml::Deserializer::from_str(&text) {
                serde::de::IgnoredAny::deserialize(document)?;
            }
        }
    }
    Ok(())
}

fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let version = Command::new("git").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("{model}, {cores} cores, load {load}; {}", version.unwrap_or_default())
}

fn git(dir: &Path, words: &[&str]) -> Result<()> {
    let own = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0"];
    let output = Command::new("git").args(own).args(words).current_dir(dir).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("git {words:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn corpus(dir: &Path, files: usize, commits: usize) -> Result<()> {
    repository::generate(dir, files.div_ceil(3), commits)?;
    for (name, value) in [("user.name", "bench"), ("user.email", "bench@example.com"), ("gc.auto", "0")] {
        git(dir, &["config", name, value])?;
    }
    fs::create_dir_all(dir.join("schemas"))?;
    fs::write(dir.join("schemas/service.schema.json"), SCHEMA)?;
    let policy = "version = 1\n\n[[schema]]\nkeys = \"**\"\nfile = \"schemas/service.schema.json\"\n";
    fs::write(dir.join("terrace.toml"), policy)?;
    git(dir, &["add", "-A"])?;
    git(dir, &["commit", "-qm", "one schema"])?;
    // What is reviewed.
    for number in 0..3 {
        edit(dir, "development", 1, number + 1_000)?;
        git(dir, &["commit", "-qam", "one value"])?;
    }
    git(dir, &["tag", BASE])?;
    git(dir, &["commit-graph", "write", "--reachable", "--changed-paths"])
}

/// Flat files to migrate: those of one environment, made three times as many.
fn flat(from: &Path, to: &Path) -> Result<()> {
    for environment in ["development", "staging", "production"] {
        copy(&from.join("environments").join(environment), &to.join("config").join(&environment[..1]))?;
    }
    git(to, &["init", "-q", "-b", "main"])?;
    for (name, value) in [("user.name", "bench"), ("user.email", "bench@example.com"), ("gc.auto", "0")] {
        git(to, &["config", name, value])?;
    }
    git(to, &["add", "-A"])?;
    git(to, &["commit", "-qm", "flat"])
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Gives one value of so many items of an environment another value.
fn edit(dir: &Path, environment: &str, most: usize, number: usize) -> Result<()> {
    let mut files = Vec::new();
    yaml_files(&dir.join("environments").join(environment), &mut files)?;
    files.sort();
    for file in files.into_iter().take(most) {
        let text = fs::read_to_string(&file)?;
        let changed = text.lines().map(|line| match line.strip_prefix("  value1: ") {
            Some(_) => format!("  value1: {number} # in seconds\n"),
            None => format!("{line}\n"),
        });
        fs::write(&file, changed.collect::<String>())?;
    }
    Ok(())
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            yaml_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(())
}

fn compare(files: usize, arguments: &Arguments, smallest: &mut Smallest) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dir = &folder.path().join("configuration");
    corpus(dir, files, arguments.commits)?;
    let flat_dir = &folder.path().join("flat");
    flat(dir, flat_dir)?;
    println!(
        "\n{files} files, {} commits; {} rounds\n{:<34} {:<48} {:>9} {:>9} {:>6}   ratios, goal",
        arguments.commits, arguments.rounds, "job", "program", "CPU ms", "wall ms", "MiB"
    );
    let file = &format!("environments/staging/{KEY}.yaml");
    let rows = reading(dir, file).into_iter().chain(writing(dir, flat_dir, files, file));
    for row in rows {
        if arguments.only.as_ref().is_none_or(|only| row.job.contains(only.as_str())) {
            measure_row(&row, arguments.rounds, smallest)?;
        }
    }
    Ok(())
}

/// The validators of JSON Schema that are there, on these files.
fn validators<'a>(dir: &Path, files: &[String]) -> Vec<Entrant<'a>> {
    let schema = "schemas/service.schema.json";
    let with = |peer: &Peer, words: &[&str], flag: Option<&str>| {
        let mut entrant = Entrant::new(peer.name, words);
        for file in files {
            entrant.words.extend(flag.map(str::to_owned));
            entrant.words.push(file.clone());
        }
        peer.is_there().then_some(entrant)
    };
    let all = [
        with(&peers::BOON, &["boon", schema], None),
        with(&peers::JSONSCHEMA_CLI, &["jsonschema-cli", "validate", schema], Some("-i")),
        with(&peers::CHECK_JSONSCHEMA, &["check-jsonschema", "--schemafile", schema], None),
        with(&peers::AJV, &["ajv", "validate", "--spec=draft2020", "-s", schema], Some("-d")),
    ];
    // A validator that does not read these files is none for them.
    let reads = |entrant: &Entrant<'_>| {
        let words: Vec<&str> = entrant.words.iter().map(String::as_str).collect();
        run(dir, &words, &[0]).is_ok()
    };
    all.into_iter().flatten().filter(reads).collect()
}

fn reading<'a>(dir: &'a Path, file: &str) -> Vec<Row<'a>> {
    let own = std::env::current_exe().unwrap_or_default().to_string_lossy().into_owned();
    let scan = |folders: &[&str]| {
        let words: Vec<&str> = [own.as_str(), "--scan"].into_iter().chain(folders.iter().copied()).collect();
        Entrant::new("scan of the same files", &words)
    };
    let cold = move |_| {
        forget(dir);
        Ok(())
    };
    let row = |job, goal, entrants| Row { job, goal, dir: dir.to_owned(), entrants };
    let mut every = Vec::new();
    let _ = yaml_files(&dir.join("environments"), &mut every);
    let every: Vec<String> = every.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    let of_peer = |peer: &Peer, words: &[&str]| peer.is_there().then(|| Entrant::new(peer.name, words));
    let mut check = vec![Entrant::terrace(&["check"]).before(cold), scan(&["environments"])];
    check.extend(validators(dir, &every));
    let mut one = vec![Entrant::terrace(&["check", KEY])];
    one.extend(validators(dir, &[file.to_owned()]));
    let sides = ["environments/development", "environments/staging"];
    let trees = ["diff", "--raw", "HEAD:environments/development", "HEAD:environments/staging"];
    let mut diff = vec![
        Entrant::terrace(&["diff", "development", "staging"]).before(cold),
        scan(&sides),
        Entrant::git(&trees),
    ];
    diff.extend(of_peer(
        &peers::JSONDIFFPATCH,
        &["node", "--input-type=commonjs", "-e", peers::JSONDIFFPATCH_SCRIPT],
    ));
    diff.extend(of_peer(&peers::DEEPDIFF, &["python3", "-c", peers::DEEPDIFF_SCRIPT]));
    let mut export = vec![
        Entrant::terrace(&["export", "--env", "staging", "--format", "json"]),
        scan(&["environments/staging"]),
    ];
    export.extend(of_peer(&peers::PYYAML, &["python3", "-c", peers::PYYAML_SCRIPT]));
    let change = move |number| {
        fs::write(
            dir.join(format!("environments/development/{KEY}.yaml")),
            format!("name: {number}\ngroup0: {{a: 1}}\nservers: []\n"),
        )?;
        Ok(())
    };
    let restore = move |_| git(dir, &["checkout", "-q", "--", "environments"]);
    vec![
        row("check, cold", "<= 4.5 scan", check),
        row(
            "check again",
            "<= 1.5 git status",
            vec![Entrant::terrace(&["check"]), Entrant::git(&["status"])],
        ),
        row(
            "check after one change",
            "<= 1.5 git status",
            vec![Entrant::terrace(&["check"]).before(change), Entrant::git(&["status"])],
        ),
        row(
            "check KEY",
            "<= 1.5 jsonschema-cli, flat",
            one.into_iter().map(|it| it.before(restore)).collect(),
        ),
        row("get KEY", "flat", vec![Entrant::terrace(&["get", KEY, "--env", "staging"])]),
        row(
            "complete a key",
            "<= 20 ms, flat",
            vec![Entrant::new(
                "terrace complete",
                &[TERRACE, "complete", "zsh", "--", "terrace", "get", "team-000/service-000"],
            )],
        ),
        row("diff of two environments", "<= 3.5 scan", diff),
        row(
            "review of the last commits",
            "<= 4 git diff --raw, flat",
            vec![
                Entrant::terrace(&["review", "--base", "HEAD~3"]),
                Entrant::git(&["diff", "--raw", "HEAD~3"]),
            ],
        ),
        row(
            "status, cold",
            "<= 4 git log --raw",
            vec![
                Entrant::terrace(&["status"]).before(cold),
                Entrant::git(&["log", "--raw", "--first-parent", "--", "environments"]),
            ],
        ),
        row(
            "status again",
            "<= 2 git status",
            vec![Entrant::terrace(&["status"]), Entrant::git(&["status"])],
        ),
        row(
            "log KEY",
            "<= 1.5 git log -- item, flat",
            vec![Entrant::terrace(&["log", KEY]), Entrant::git(&["log", "--", file])],
        ),
        row(
            "blame KEY",
            "<= 1.5 git log -- item, flat",
            vec![Entrant::terrace(&["blame", KEY, "--env", "staging"]), Entrant::git(&["log", "--", file])],
        ),
        row(
            "log -n 20",
            "<= 1 git log -p -20",
            vec![Entrant::terrace(&["log", "-n", "20"]), Entrant::git(&["log", "-p", "-20"])],
        ),
        row("export of one environment", "<= 4 scan", export),
    ]
}

fn writing<'a>(dir: &'a Path, flat: &'a Path, files: usize, file: &str) -> Vec<Row<'a>> {
    let many = (files / 3).saturating_sub(files / 24).max(1);
    // Both environments get a value together, so that it counts as promoted, and then development another.
    let pending = move |most: usize, number: usize| {
        // Each round has the same history.
        git(dir, &["reset", "-q", "--hard", BASE])?;
        for environment in ["development", "staging"] {
            edit(dir, environment, most, number + 100_000)?;
        }
        git(dir, &["commit", "-qam", "the same"])?;
        edit(dir, "development", most, number + 300_000)?;
        git(dir, &["commit", "-qam", "develop"])
    };
    let in_staging = move |number: usize| edit(dir, "staging", many, number + 200_000);
    let write_object = format!("{FLUSHED} hash-object -w {file} && {FLUSHED} update-ref refs/bench HEAD");
    let commit_all = format!("{FLUSHED} commit -qam staging");
    let add_and_commit = format!("{FLUSHED} add -A && {FLUSHED} commit -qm x");
    let unmoved = move |_| {
        git(flat, &["reset", "-q", "--hard", "main"])?;
        git(flat, &["clean", "-qfd"])?;
        git(flat, &["checkout", "-q", "-B", "work", "main"])
    };
    let moved = move |number| {
        unmoved(number)?;
        fs::create_dir_all(flat.join("environments"))?;
        Ok(fs::rename(flat.join("config"), flat.join("environments/development"))?)
    };
    vec![
        Row {
            job: "promotion of one item",
            goal: "<= 4 hash-object + update-ref, flat",
            dir: dir.to_owned(),
            entrants: vec![
                Entrant::terrace(&["promote", KEY, "--to", "staging", "--only", "group0.value1", "--yes"])
                    .before(move |number| pending(usize::MAX, number)),
                Entrant::new("git hash-object -w; update-ref, flushed", &["sh", "-c", &write_object]),
            ],
        },
        Row {
            job: "many items in one commit",
            goal: "<= 1 git commit -a",
            dir: dir.to_owned(),
            entrants: vec![
                Entrant::terrace(&["promote", "--all", "--to", "staging", "--skip-undecided", "--yes"])
                    .before(move |number| pending(many, number)),
                Entrant::new("git commit -a, flushed", &["sh", "-c", &commit_all]).before(in_staging),
            ],
        },
        Row {
            job: "migrate",
            goal: "<= 1 git add -A; git commit",
            dir: flat.to_owned(),
            entrants: vec![
                Entrant::terrace(&["migrate", "config", "--yes"]).before(unmoved),
                Entrant::new("git add -A; git commit, flushed", &["sh", "-c", &add_and_commit]).before(moved),
            ],
        },
    ]
}

/// Runs all of a row in turn, and prints it.
fn measure_row(row: &Row<'_>, rounds: usize, smallest: &mut Smallest) -> Result<()> {
    let mut took: Vec<Vec<Took>> = row.entrants.iter().map(|_| Vec::new()).collect();
    let mut peaks = Vec::new();
    // One round before those that count: files are read into memory, caches are filled.
    for round in 0..=rounds {
        for (entrant, took) in row.entrants.iter().zip(&mut took) {
            (entrant.before)(round)?;
            let words: Vec<&str> = entrant.words.iter().map(String::as_str).collect();
            let measured = run(&row.dir, &words, &[0, 1])?;
            if round > 0 {
                took.push(measured);
            }
        }
    }
    for entrant in &row.entrants {
        (entrant.before)(rounds + 1)?;
        peaks.push(peak(&row.dir, &entrant.words));
    }
    let took: Vec<Took> = took.iter().map(|took| middle(took)).collect();
    let Some(own) = took.first() else { return Ok(()) };
    for (number, ((entrant, took), peak)) in row.entrants.iter().zip(&took).zip(&peaks).enumerate() {
        let job = if number == 0 { row.job } else { "" };
        let name: String = entrant.name.chars().take(48).collect();
        let peak = peak.map_or("-".to_owned(), |mib| format!("{mib:.0}"));
        print!("{job:<34} {name:<48} {:>9.1} {:>9.1} {peak:>6}", took.cpu, took.wall);
        if number == 0 {
            let first = *smallest.entry(row.job).or_insert(*own);
            println!("   {:.1} of the smallest size; goal {}", own.cpu / first.cpu, row.goal);
        } else {
            let (cpu, wall) = (own.cpu / took.cpu, own.wall / took.wall);
            println!("   terrace takes {cpu:.1} CPU, {wall:.1} wall of it");
        }
    }
    Ok(())
}

/// The peak memory of a run in MiB, where `time` can say it.
fn peak(dir: &Path, words: &[String]) -> Option<f64> {
    let time = peers::on_path("time").unwrap_or_else(|| TIME.into());
    let output = Command::new(time).args(["-f", "%M"]).args(words).current_dir(dir).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().last()?.trim().parse::<f64>().ok().map(|kib| kib / 1_024.0)
}
