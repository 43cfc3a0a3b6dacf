//! `run`: the command gets exactly its environment's variables, and is otherwise on its own.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::support::{KILLED, World, run, shop};

fn world() -> World {
    World::with(&[
        (
            "environments/staging/pay.yaml",
            "greeting: \"it's $HOME\\n\\\"two\\\" `lines`\"\nport: 8080\nempty: ~\n",
        ),
        ("environments/staging/search.yaml", "boost: 1.10\n"),
        ("environments/production/pay.yaml", "only: production\n"),
    ])
}

/// The variables that a command finds, without the inherited ones.
fn variables(world: &World, more: &[&str]) -> BTreeMap<String, String> {
    let all = |printed: &str| -> BTreeMap<String, String> {
        let pairs = printed.split_terminator('\0').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let mut found = all(&world.terrace(&[&["run"], more, &["--", "env", "-0"]].concat()).exits(0));
    let inherited = all(&run(world.command("env").arg("-0")).exits(0));
    found.retain(|name, value| inherited.get(name) != Some(value));
    found
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_command_gets_its_environments_variables() {
    let world = world();
    let greeting = "it's $HOME\n\"two\" `lines`";
    assert_eq!(
        variables(&world, &["pay", "--env", "staging"]),
        pairs(&[("GREETING", greeting), ("PORT", "8080"), ("EMPTY", "")])
    );
    assert_eq!(
        variables(&world, &["--env", "staging", "--prefix", "APP_"]),
        pairs(&[
            ("APP_PAY_GREETING", greeting),
            ("APP_PAY_PORT", "8080"),
            ("APP_PAY_EMPTY", ""),
            ("APP_SEARCH_BOOST", "1.10"),
        ])
    );
    assert_eq!(
        variables(&world, &["--env", "production", "--at", "HEAD"]),
        pairs(&[("PAY_ONLY", "production")])
    );
}

#[test]
fn what_is_overridden_is_named_and_never_shown() {
    let mut world =
        World::with(&[("environments/staging/pay.yaml", "db: {password: hunter2}\nlang: C\nempty: ~\n")]);
    for (name, value) in [("DB_PASSWORD", "swordfish"), ("LANG", "C"), ("EMPTY", "inherited")] {
        world.variables.push((name.to_owned(), value.to_owned()));
    }
    let told = world.line("run pay --env staging -- true");
    // LANG keeps its value.
    assert_eq!((told.code, told.stderr.as_str()), (0, "overrides inherited DB_PASSWORD, EMPTY\n"));
    assert_eq!(world.line("-q run pay --env staging -- true").stderr, "");
    let told =
        world.terrace(&["run", "pay", "--env", "staging", "--", "sh", "-c", "echo $DB_PASSWORD:$EMPTY:"]);
    assert_eq!(told.stdout, "hunter2::\n");
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let world = world();
    world.write("plain.txt", "text\n");
    for (command, code) in [
        (&["true"][..], 0),
        (&["sh", "-c", "exit 3"], 3),
        (&["sh", "-c", "exit 255"], 255),
        (&["sh", "-c", "kill -TERM $$"], KILLED),
        (&["no-such-command-here"], 127),
        (&["./plain.txt"], 126),
        (&["./environments"], 126),
    ] {
        let told = world.terrace(&[&["run", "pay", "--env", "staging", "--"], command].concat());
        assert_eq!(told.code, code, "{command:?}: {}", told.stderr);
        assert_eq!(
            told.stderr.starts_with("error: cannot run"),
            code == 126 || code == 127,
            "{}",
            told.stderr
        );
    }
    let told = world.line("run pay --env staging -- no-such-command-here");
    assert!(told.stderr.starts_with("error: cannot run no-such-command-here: there is no such command\n"));
}

#[test]
fn input_arguments_and_signals_reach_the_command() {
    let world = world();
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    let script = "trap 'echo caught; exit 9' TERM; echo $$ \"$1\"; read line; echo \"$line\"; while :; do sleep 0.05; done";
    command.args(["run", "pay", "--env", "staging", "--", "sh", "-c", script, "sh", "--env -x 'q'"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("terrace");
    let mut lines =
        BufReader::new(child.stdout.take().expect("output")).lines().map(|line| line.expect("a line"));
    // The command is the very process that was started, so whoever signals one signals the other.
    assert_eq!(lines.next(), Some(format!("{} --env -x 'q'", child.id())));
    child.stdin.take().expect("input").write_all(b"typed\n").expect("written");
    assert_eq!(lines.next().as_deref(), Some("typed"));
    let killed = run(world.command("kill").arg("-TERM").arg(child.id().to_string()));
    assert_eq!(killed.code, 0);
    assert_eq!(lines.next().as_deref(), Some("caught"));
    assert_eq!(child.wait().expect("an end").code(), Some(9));
}

#[cfg(target_os = "linux")]
#[test]
fn values_are_in_no_process_list() {
    let world = World::with(&[("environments/staging/pay.yaml", "password: hunter2\n")]);
    let script = "tr '\\0' ' ' < /proc/$$/cmdline; echo; tr '\\0' '\\n' < /proc/$$/environ | grep -c ^PASSWORD=hunte[r]2";
    let told = world.terrace(&["run", "pay", "--env", "staging", "--", "sh", "-c", script]);
    let (process, found) = told.stdout.split_once('\n').expect("two lines");
    assert!(!process.contains("hunter2"), "{process}");
    assert_eq!(found.trim(), "1");
}

#[test]
fn the_command_runs_where_c_says() {
    let world = world();
    let told = world.terrace(&["-C", "environments", "run", "pay", "--env", "staging", "--", "pwd"]);
    assert_eq!(told.exits(0).trim(), world.dir.join("environments").to_str().expect("UTF-8"));
}

#[test]
fn nothing_runs_with_a_configuration_that_is_refused() {
    let world = World::with(&[
        ("environments/staging/pay.yaml", "a: 1\na: 2\n"),
        ("environments/staging/odd.yaml", "path: /srv\n"),
        ("environments/staging/nul.yaml", "a: \"\\0\"\n"),
        ("environments/development/late.yaml", "a: 1\n"),
    ]);
    for (key, code) in [("pay", 3), ("odd", 3), ("nul", 3), ("late", 2), ("gone", 2)] {
        let told = world.terrace(&["run", key, "--env", "staging", "--", "touch", "ran"]);
        assert_eq!(told.code, code, "{}", told.stderr);
    }
    assert!(!world.dir.join("ran").exists());
    let told = world.terrace(&[
        "run",
        "odd",
        "--env",
        "staging",
        "--prefix",
        "ODD_",
        "--",
        "sh",
        "-c",
        "echo $ODD_PATH",
    ]);
    assert_eq!(told.exits(0), "/srv\n");
    assert_eq!(world.line("run odd --env staging").code, 2);
}

#[cfg(target_os = "linux")]
#[test]
fn variables_beyond_what_the_system_allows_are_named() {
    // Linux takes 128 KiB for one variable.
    let long = format!("cert: {}\nsmall: x\n", "x".repeat(200_000));
    let world = World::with(&[("environments/staging/pay.yaml", &long)]);
    let told = world.line("run pay --env staging -- true");
    assert_eq!(told.code, 126);
    assert_eq!(
        told.stderr,
        "error: cannot run true: its variables and arguments are larger than the system allows\nhelp: the 2 variables of terrace have 200014 bytes; the largest is CERT with 200000. Deliver large values as files\n"
    );
}

#[test]
fn a_terminal_stays_the_commands() {
    let world = shop();
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.args([
        "run",
        "pay",
        "--env",
        "production",
        "--",
        "sh",
        "-c",
        "test -t 0 && test -t 1 && echo terminal; read x; echo got $x",
    ]);
    let (code, shown) = crate::terminal::converse(command, &[("terminal", "word\n")]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("got word"), "{shown}");
}

#[test]
fn run_gives_what_the_shell_export_gives() {
    let world = shop();
    for environment in ["development", "staging", "production"] {
        let shell = format!(
            "eval \"$('{}' export pay --env {environment} --format shell)\" && env",
            env!("CARGO_BIN_EXE_terrace")
        );
        let ours = |text: String| -> Vec<String> {
            let ours = |line: &&str| ["DB_", "TIMEOUT", "SERVERS_"].iter().any(|name| line.starts_with(name));
            let mut lines: Vec<String> = text.lines().filter(ours).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let by_shell = ours(run(world.command("sh").arg("-c").arg(shell)).exits(0));
        let by_run = ours(world.line(&format!("run pay --env {environment} -- env")).exits(0));
        assert_eq!(by_shell, by_run);
        assert_eq!(by_run.len(), 8);
    }
}
