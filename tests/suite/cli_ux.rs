//! Look and feel: tables that fit, colours where they are wanted, progress that leaves no trace,
//! help that helps, and slips of the hand that are met.
#![cfg(unix)]

use unicode_width::UnicodeWidthStr;

use crate::support::{World, run};
use crate::terminal::talk_to;

/// Every command that the help lists.
fn commands(world: &World) -> Vec<String> {
    let help = world.terrace(&["--help"]).exits(0);
    let listed =
        help.split("\nCommands:\n").nth(1).expect("commands").lines().take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> =
        names.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect();
    assert!(names.len() > 18, "{names:?}");
    names.into_iter().filter(|name| name != "help").collect()
}

/// Long names, wide letters and long values, with something to say for every table.
fn wide() -> World {
    let key = "billing/a-service-with-a-very-long-name-that-goes-on/invoices";
    let file = |environment: &str| format!("environments/{environment}/{key}.yaml");
    let text = |host: &str, rate: u32| {
        let long = "0123456789".repeat(30);
        format!(
            "設定の名前がとても長い場合:\n  もう一つの長い名前: 値値値値値値値値値値値値値値値値値値値値{rate}\nhost: {host}.example.com\nlong: {long}{rate}\nrate: {rate}\n"
        )
    };
    let mut world = World::with(&[
        (&file("development"), &text("dev", 1)),
        (&file("staging"), &text("stg", 1)),
        (&file("production"), &text("prd", 1)),
        ("environments/development/pay.yaml", "timeout: 5s\n"),
    ]);
    world.write(&file("staging"), &text("stg", 2));
    world
        .commit("a subject that is long enough to be wider than a narrow terminal, and then some more of it");
    let reason = "the provider has a limit that nobody wants to find out about by exceeding it 設定設定設定";
    world.terrace(&["hold", key, "rate", "--env", "production", "--reason", reason]).exits(0);
    world
}

fn key() -> &'static str {
    "billing/a-service-with-a-very-long-name-that-goes-on/invoices"
}

/// The command on a terminal of so many columns.
fn on_terminal(world: &World, columns: u16, term: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.env("TERM", term).env("TERRACE_PAGER", "cat").args(arguments);
    talk_to(command, columns, &[])
}

/// On a terminal that is told of long work at once.
fn told_at_once(world: &World, columns: u16, term: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.env("TERM", term).env("GIT_PROGRESS_DELAY", "0").args(arguments);
    talk_to(command, columns, &[])
}

#[test]
fn tables_fit_the_terminal() {
    let world = wide();
    for line in [
        &["status"][..],
        &["diff"],
        &["diff", "staging", "production"],
        &["list"],
        &["log"],
        &["blame", key(), "--env", "staging"],
        &["hold", "--list"],
        &["explain"],
    ] {
        let piped = world.terrace(line).stdout;
        assert!(piped.lines().any(|line| line.width() > 60), "{line:?} is full on a pipe:\n{piped}");
        for columns in [40, 60, 80, 200] {
            let (_, shown) = on_terminal(&world, columns, "dumb", line);
            // A command is copied, so its words stay whole.
            let is_word = |row: &&str| row.trim().strip_suffix(" \\").is_some_and(|word| word == key());
            for row in shown.lines().filter(|row| !is_word(row)) {
                assert!(row.width() <= usize::from(columns), "{line:?} at {columns}: {row}\n{shown}");
            }
        }
    }
    let (_, verbose) = on_terminal(&world, 60, "dumb", &["-v", "list"]);
    let whole: String = verbose.split_whitespace().collect();
    assert!(whole.contains(key()), "{verbose}");
}

/// Which streams are coloured, by option, variables and what the stream is.
#[test]
fn colours_go_where_they_are_wanted() {
    let mut world = wide();
    world.write("environments/staging/broken.yaml", "a: [\n");
    let coloured = |text: &str| text.contains("\u{1b}[");
    let set = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    // Variables, option, then: on a pipe, on a terminal.
    for (variables, option, pipe, terminal) in [
        (&[][..], "auto", false, true),
        (&[("NO_COLOR", "1")], "auto", false, false),
        (&[("NO_COLOR", "")], "auto", false, true),
        (&[("CLICOLOR_FORCE", "1")], "auto", true, true),
        (&[("CLICOLOR_FORCE", "0")], "auto", false, true),
        (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], "auto", false, false),
        (&[("NO_COLOR", "1")], "always", true, true),
        (&[], "never", false, false),
        (&[("CLICOLOR_FORCE", "1")], "never", false, false),
    ] {
        world.variables = set(variables);
        for line in [
            &["check"][..],
            &["status"],
            &["log"],
            &["diff"],
            &["get", "no", "--env", "staging"],
            &["nonsense"],
        ] {
            let arguments = [&["--color", option][..], line].concat();
            let said = world.terrace(&arguments);
            let told = said.told();
            assert_eq!(coloured(&told), pipe, "{variables:?} {arguments:?} on a pipe: {told}");
            let (_, shown) = on_terminal(&world, 100, "xterm", &arguments);
            assert_eq!(coloured(&shown), terminal, "{variables:?} {arguments:?} on a terminal: {shown}");
            let (_, shown) = on_terminal(&world, 100, "dumb", &arguments);
            let dumb = coloured(&shown);
            assert!(!dumb || pipe, "{variables:?} {arguments:?} on a dumb terminal: {shown}");
        }
    }
    // Each stream for itself: standard output goes into a file, standard error stays on a terminal.
    world.variables.clear();
    let mut command = world.command("sh");
    let line = format!("{} check > out.txt; {0} get no --env staging", env!("CARGO_BIN_EXE_terrace"));
    command.env("TERM", "xterm").args(["-c", &line]);
    let (_, shown) = talk_to(command, 100, &[]);
    assert!(coloured(&shown) && !coloured(&world.read("out.txt")), "{shown}");
}

#[test]
fn long_work_is_told_of_and_leaves_no_trace() {
    let mut world = World::unborn();
    let text: String =
        (0..60).map(|n| format!("group{n}:\n  host: h{n}.example.com\n  size: {n}\n")).collect();
    for environment in ["development", "staging", "production"] {
        for number in 0..60 {
            world.write(&format!("environments/{environment}/svc-{number:04}.yaml"), &text);
        }
    }
    world.commit("base");
    let (code, shown) = told_at_once(&world, 100, "xterm", &["check"]);
    assert_eq!(code, 0, "{shown}");
    let (before, after) = shown.rsplit_once("\r\u{1b}[K").expect("a line that was erased");
    assert!(before.contains("judging items: "), "{before}");
    assert!(after.contains("180 items") && !before.contains("180 items in"), "{after}");
    let (_, narrow) = told_at_once(&world, 12, "xterm", &["schema", "infer", "--check"]);
    for line in narrow.split('\r').filter(|line| line.ends_with("\u{1b}[K")) {
        assert!(line.trim_end_matches("\u{1b}[K").width() < 12, "{line}");
    }
    for (term, arguments) in [("xterm", &["-q", "check"][..]), ("dumb", &["check"])] {
        let (_, shown) = told_at_once(&world, 100, term, arguments);
        assert!(!shown.contains("\u{1b}[K") && shown.contains("180 items"), "{shown}");
    }
    assert!(!world.terrace(&["check"]).stderr.contains('\r'));
}

#[test]
fn every_help_has_examples_and_exit_codes() {
    let world = World::bare_ground();
    for command in commands(&world) {
        let command = command.as_str();
        let help = world.terrace(&[command, "--help"]).exits(0);
        assert!(help.contains("Example"), "{command}:\n{help}");
        assert!(help.contains("Exit codes: "), "{command}:\n{help}");
        assert!(help.contains("\nGlobal options:\n"), "{command}:\n{help}");
        let short = world.terrace(&[command, "-h"]).exits(0);
        assert!(short.lines().count() <= 60, "{command}: {} lines", short.lines().count());
        let options = help.split("\n\n").filter(|part| part.contains("ptions:\n"));
        for line in options.flat_map(str::lines) {
            assert!(!line.ends_with('.'), "{command}: {line}");
        }
        assert_eq!(world.terrace(&["help", command]).exits(0), help);
    }
    let alone = world.terrace(&[]);
    assert_eq!((alone.code, alone.stdout.as_str()), (2, ""));
    assert!(alone.stderr.contains("Usage: terrace"), "{}", alone.stderr);
    assert_eq!(world.terrace(&["--version"]).exits(0), format!("terrace {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let world = World::bare_ground();
    world.terrace(&["man", "pages"]).exits(0);
    for command in commands(&world) {
        let page = world.read(&format!("pages/terrace-{command}.1"));
        assert!(page.contains(".SH NAME") && page.contains("Exit codes"), "{command}:\n{page}");
    }
    assert!(world.read("pages/terrace.1").contains("terrace\\-promote(1)"));
    assert!(
        !world.dir.join("pages/terrace-complete.1").exists()
            && !world.dir.join("pages/terrace-man.1").exists()
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(world.terrace(&["completions", shell]).exits(0).contains("terrace"), "{shell}");
    }
}

#[test]
fn slips_of_the_hand_are_met_everywhere() {
    let text = |timeout: &str| format!("database:\n  host: h\n  pool: 10\ntimeout: {timeout}\n");
    let mut world = World::with(&[
        ("environments/development/payments.yaml", &text("5s")),
        ("environments/staging/payments.yaml", &text("5s")),
        ("environments/production/payments.yaml", &text("5s")),
    ]);
    world.git(&["branch", "release"]);
    world.write("environments/staging/payments.yaml", &text("8s"));
    world.commit("raise");
    world.git(&["remote", "add", "origin", "."]);
    world.terrace(&["hold", "payments", "database.pool", "--env", "production", "--reason", "ours"]).exits(0);
    for (line, meant) in [
        ("get paymnts --env staging", "payments"),
        ("get payments databse.hots --env staging", "database.host"),
        ("get payments --env stagin", "staging"),
        ("get payments --env staging --at relase", "release"),
        ("set paymnts timeout 1 --env staging", "payments"),
        ("set payments databse.host x --env staging", "database.host"),
        ("set payments timeout 1 --env stagin", "staging"),
        ("unset paymnts timeout --env staging", "payments"),
        ("unset payments timeot --env staging", "timeout"),
        ("list --env stagin", "staging"),
        ("check paymnts", "payments"),
        ("check --env stagin", "staging"),
        ("check --format jsn", "json"),
        ("check --at relase", "release"),
        ("schema infer paymnts", "payments"),
        ("diff stagin production", "staging"),
        ("diff staging prodction", "production"),
        ("diff staging production paymnts", "payments"),
        ("diff paymnts", "payments"),
        ("diff relase:staging staging", "release"),
        ("status paymnts", "payments"),
        ("status --at relase", "release"),
        ("promote paymnts --to production", "payments"),
        ("promote payments --to prodction", "production"),
        ("promote payments --to production --from stagin", "staging"),
        ("promote payments --to production --only timeot", "timeout"),
        ("promote payments --to production --except timeot", "timeout"),
        ("promote payments --to production --take source=timeot", "timeout"),
        ("promote payments --to production --take target=timeot", "timeout"),
        ("promote payments --to production --set timeot=3", "timeout"),
        ("promote payments --to production --change relase", "release"),
        ("promote payments --to production --push orign", "origin"),
        ("hold paymnts timeout --env production --reason x", "payments"),
        ("hold payments timeot --env production --reason x", "timeout"),
        ("hold payments timeout --env prodction --reason x", "production"),
        ("hold --release payments databse.pool --env production", "payments database.pool"),
        ("rollback paymnts --env production", "payments"),
        ("rollback payments --env prodction --to HEAD", "production"),
        ("rollback payments --env staging --to relase", "release"),
        ("rollback payments --env staging --to HEAD~2 --only timeot", "timeout"),
        ("rollback payments --env staging --promotion relase", "release"),
        ("log paymnts", "payments"),
        ("log --env stagin", "staging"),
        ("log --at relase", "release"),
        ("blame paymnts --env staging", "payments"),
        ("blame payments databse.host --env staging", "database.host"),
        ("blame payments --env stagin", "staging"),
        ("explain foreign-hots", "foreign-host"),
    ] {
        let said = world.line(line);
        let asked = said.stderr.contains(&format!("did you mean `{meant}`?"));
        let plain = said.stderr.contains(&format!("did you mean {meant}?"));
        assert!(asked || plain, "terrace {line}: {}", said.told());
    }
    for (line, meant) in [
        ("promot", "promote"),
        ("check --stict", "--strict"),
        ("schema infr", "infer"),
        ("status --format jsn", "json"),
    ] {
        let said = world.line(line);
        assert!(
            said.code == 2 && said.stderr.contains(&format!("exists: '{meant}'")),
            "{line}: {}",
            said.told()
        );
    }
}

#[test]
fn a_closed_pipe_is_a_quiet_success() {
    let mut world = World::unborn();
    for number in 0..300 {
        for environment in ["development", "staging"] {
            let text = format!(
                "password: p{number}\nhost: db.staging.example.com\nmode: 0644\nname: {environment}\n"
            );
            world.write(
                &format!("environments/{environment}/svc-{number:04}-{}.yaml", "x".repeat(200)),
                &text,
            );
        }
    }
    world.commit("base");
    for line in [
        "check",
        "check --format json",
        "check --format sarif",
        "list",
        "list --format json",
        "diff",
        "diff --format json",
        "diff development staging",
        "diff development staging --format unified",
        "status",
        "status --format json",
        "log",
        "log --format json",
        "schema infer --check",
        "explain",
        "completions elvish",
        "promote --help",
        "promote --all --to staging --dry-run",
        "complete zsh -- terrace get ''",
    ] {
        let script = format!("terrace {line} | head -c 1 > /dev/null; echo \"${{PIPESTATUS[0]}}\"");
        let mut command = world.command("bash");
        command.env("PATH", crate::completion::search_path());
        let said = run(command.args(["-c", &script]));
        // What did fit into the pipe was said in full, and then the verdict counts.
        let fits = world.line(&line.replace("''", "")).stdout.len() < 60_000;
        assert!(said.stdout == "0\n" || fits, "{line}: {}", said.told());
        let notes = said.stderr.lines().filter(|line| {
            !line.starts_with("note: ") && !line.starts_with("error: ") && !line.starts_with("help: ")
        });
        assert_eq!(notes.count(), 0, "{line}: {}", said.stderr);
        assert!(
            !said.stderr.contains("panicked") && !said.stderr.contains("pipe"),
            "{line}: {}",
            said.stderr
        );
    }
}
