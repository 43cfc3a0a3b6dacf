//! Screens of real files: at every width each line fits, and nothing that one looks for is cut away.
#![cfg(unix)]

use serde_json::Value as Json;
use unicode_width::UnicodeWidthStr;

use crate::fixtures;
use crate::support::World;
use crate::terminal::talk_to;

fn on_terminal(world: &World, columns: u16, variables: &[(&str, &str)], line: &[&str]) -> (i32, String) {
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.env("TERM", "xterm").env("NO_COLOR", "1").envs(variables.iter().copied()).args(line);
    talk_to(command, columns, &[])
}

/// The sets of three files, with a change that waits in each.
fn sets() -> World {
    let folder = fixtures::folder().join("per-env");
    let mut world = World::unborn();
    for (key, names) in [
        (
            "hieradata",
            ["govuk-puppet/integration", "govuk-puppet/staging", "govuk-puppet/production"]
                .map(|n| format!("{n}.yaml")),
        ),
        ("adjudications", ["dev", "preprod", "prod"].map(|n| format!("moj-adjudications/values-{n}.yaml"))),
        ("interventions", ["dev", "preprod", "prod"].map(|n| format!("moj-interventions/values-{n}.yaml"))),
        (
            "scaling",
            ["development", "staging", "production"].map(|n| format!("cloud-gov-cf/scaling-{n}.yml")),
        ),
    ] {
        for (environment, name) in ["development", "staging", "production"].iter().zip(names) {
            let text = std::fs::read_to_string(folder.join(&name)).expect(&name);
            world.write(&format!("environments/{environment}/{key}.yaml"), &text);
        }
    }
    world.commit("as it is");
    let file = "environments/development/adjudications.yaml";
    let text = world
        .read(file)
        .replace("replicaCount: ", "replicaCount: 1")
        .replace("sign-in-dev.", "sign-in-second-dev.");
    world.write(file, &text);
    world.commit("use the second sign-in service and more replicas, since the first one is switched off at the end of the month");
    world
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What holds values, whose own fields are none of ours.
const VALUES: [&str; 7] = ["value", "values", "old", "new", "left", "right", "source"];

/// The texts of a field of the format, wherever it stands.
fn texts(json: &Json, field: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(map) => {
            found.extend(map.get(field).and_then(Json::as_str).map(str::to_owned));
            let own = map.iter().filter(|(name, _)| !VALUES.contains(&name.as_str()) && *name != "target");
            own.for_each(|(_, value)| texts(value, field, found));
        }
        Json::Array(list) => list.iter().for_each(|value| texts(value, field, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// Whether a path's last name stands below a line that holds its parent and nothing else.
fn is_below_its_parent(shown: &str, path: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = shown.lines().collect();
    (1..path.len()).filter(|at| path.is_char_boundary(*at)).any(|at| {
        let (parent, name) = path.split_at(at);
        let heads = lines.iter().enumerate().filter(|(_, line)| line.trim() == parent);
        let below = |(number, head): (usize, &&str)| {
            let rows = lines[number + 1..].iter().take_while(|line| indent(line) > indent(head));
            squeezed(&rows.copied().collect::<String>())
        };
        (name.starts_with(['.', '[']))
            .then_some(name.strip_prefix('.').unwrap_or(name))
            .is_some_and(|name| heads.into_iter().map(below).any(|rows| rows.contains(&squeezed(name))))
    })
}

#[test]
#[ignore = "needs the fixtures"]
fn every_line_fits_and_names_and_reasons_are_whole() {
    let world = sets();
    for (line, fields) in [
        (&["diff"][..], &["path"][..]),
        (&["diff", "staging", "production"], &["path"]),
        (&["diff", "HEAD~1", "HEAD"], &["path"]),
        (&["status"], &[]),
        (&["log", "adjudications"], &["path"]),
        (&["blame", "adjudications", "--env", "staging"], &["path"]),
        (&["list"], &["key"]),
        (&["review", "--base", "HEAD~1"], &[]),
        (&["promote", "adjudications", "--to", "staging", "--dry-run", "-v"], &["path", "reason"]),
        (&["promote", "hieradata", "--to", "production", "--dry-run", "-v"], &["path"]),
        (&["check"], &[]),
    ] {
        let piped = squeezed(&world.terrace(line).stdout);
        let json = [line, &["--format", "json"]].concat();
        let json: Json = serde_json::from_str(&world.terrace(&json).stdout).expect("JSON");
        for columns in [60, 80, 100] {
            let (_, shown) =
                on_terminal(&world, columns, &[("TERRACE_PAGER", "cat")], &[&["-q"], line].concat());
            // A single word of a command stays whole: it is copied.
            let is_word =
                |row: &str| row.strip_suffix(" \\").is_some_and(|row| !row.trim_start().contains(' '));
            for row in shown.lines().filter(|row| !is_word(row)) {
                assert!(row.width() <= usize::from(columns), "{line:?} at {columns}: {row}\n{shown}");
            }
            let all = squeezed(&shown);
            for field in fields {
                let mut wanted = Vec::new();
                texts(&json, field, &mut wanted);
                assert!(!wanted.is_empty(), "{line:?} has no {field}");
                // Not every reason is said; those that a pipe gets are.
                for text in wanted.iter().filter(|text| *field == "path" || piped.contains(&squeezed(text))) {
                    let is_there = all.contains(&squeezed(text))
                        || *field == "path" && columns <= 80 && is_below_its_parent(&shown, text);
                    assert!(is_there, "{line:?} at {columns} lacks {text}\n{shown}");
                }
            }
            for (old, new) in shown.lines().filter_map(|row| row.split_once(" → ")) {
                let old = old.split("  ").last().unwrap_or_default();
                let new = new.split("  ").next().unwrap_or_default();
                let is_count = |text: &str| {
                    ["element", "elements", "line", "lines"].iter().any(|word| text.ends_with(word))
                };
                assert!(old.trim() != new.trim() || is_count(old), "{line:?} at {columns}\n{shown}");
            }
        }
    }
}

#[test]
fn what_is_long_is_paged() {
    let mut world = World::with(&[
        ("environments/development/pay.yaml", "rate: 1\n"),
        ("environments/staging/pay.yaml", "rate: 2\n"),
    ]);
    world.commit("begin");
    let paged = |variables: &[(&str, &str)], line: &[&str]| on_terminal(&world, 80, variables, line);
    let marks = ("TERRACE_PAGER", "sed 's/^/> /'");
    let sides = &["diff", "development", "staging"][..];
    for (line, code) in [
        (sides, 1),
        (&["log"], 0),
        (&["blame", "pay", "--env", "staging"], 0),
        (&["explain", "schema"], 0),
        (&["review", "--base", "HEAD"], 0),
        (&["diff", "development", "staging", "--format", "unified"], 1),
    ] {
        let (exit, shown) = paged(&[marks], line);
        assert!(shown.lines().all(|row| row.starts_with("> ")) && !shown.is_empty(), "{line:?}: {shown}");
        assert_eq!(exit, code, "{line:?}: {shown}");
    }
    for (variables, line, is_paged) in [
        (&[("PAGER", "sed 's/^/> /'")][..], sides, true),
        (&[("PAGER", "cat"), marks], sides, true),
        (&[("PAGER", "sed 's/^/> /'"), ("TERRACE_PAGER", "")], sides, false),
        (&[("PAGER", "sed 's/^/> /'"), ("TERM", "dumb")], sides, false),
        (&[("PAGER", "there-is-no-such-pager")], sides, false),
        (&[marks], &["--no-pager", "diff", "development", "staging"], false),
        (&[marks], &["diff", "development", "staging", "--format", "json"], false),
        (&[marks], &["status"], false),
    ] {
        let (_, shown) = paged(variables, line);
        assert_eq!(shown.starts_with("> "), is_paged, "{variables:?} {line:?}: {shown}");
        assert!(shown.contains("pay"), "{variables:?} {line:?}: {shown}");
    }
}

#[test]
fn groups_of_items_are_named_by_globs() {
    let mut world = World::with(&[
        ("environments/development/billing/invoices.yaml", "rate: 1\n"),
        ("environments/development/billing/plans.yaml", "free: 1\n"),
        ("environments/development/pay.yaml", "rate: 1\n"),
        ("environments/staging/billing/invoices.yaml", "rate: 1\n"),
        ("environments/staging/pay.yaml", "rate: 1\n"),
        ("environments/production/billing/invoices.yaml", "rate: 1\n"),
    ]);
    world.write("environments/development/billing/invoices.yaml", "rate: 2\n");
    world.write("environments/development/pay.yaml", "rate: 2\n");
    world.commit("raise");
    let listed = world.terrace(&["list", "billing/*"]).exits(0);
    assert!(listed.contains("billing/plans") && !listed.contains("pay"), "{listed}");
    let listed = world.terrace(&["list", "pay", "*/plans"]).exits(0);
    assert!(
        listed.contains("billing/plans") && listed.contains("pay") && !listed.contains("invoices"),
        "{listed}"
    );
    let status = world.terrace(&["status", "billing/*"]).exits(0);
    assert!(status.contains("billing/invoices") && !status.contains("pay"), "{status}");
    let status = world.line("status --to production").exits(0);
    assert!(status.contains("staging → production") && !status.contains("development → staging"), "{status}");
    for (line, message) in [
        ("status 'nothing*'", "no item matches `nothing*`"),
        ("list 'nothing*'", "no item matches `nothing*`"),
        ("status 'billing/*' absent", "there is no item `absent`"),
        ("list absent", "there is no item `absent`"),
        ("status --to development", "nothing is promoted to development"),
    ] {
        let words: Vec<_> = line.split_whitespace().map(|word| word.trim_matches('\'')).collect();
        let said = world.terrace(&words);
        assert!(said.code == 2 && said.stderr.contains(message), "{line}: {}", said.told());
    }
}

/// Keys, values and lines as they are at work: long, and different only deep inside.
fn long_winded() -> World {
    let mut world = World::unborn();
    for environment in ["development", "staging", "production"] {
        world.write(&format!("environments/{environment}/{LONG_KEY}.yaml"), &long_text("normal", "4", "two"));
    }
    world.commit("one");
    world.write(&format!("environments/development/{LONG_KEY}.yaml"), &long_text("fast", "8", "second"));
    world.commit("two");
    world
}

const LONG_KEY: &str = "platform/eu-west-1/customer-notification-gateway/settings";

fn long_text(mode: &str, workers: &str, host: &str) -> String {
    format!(
        "url: https://gateway.internal.example.com/customers/notifications/v1/endpoint?region=eu-west-1&mode={mode}&trace=false&retries=3\n\
         script: |\n  exec /usr/bin/java -Xms512m -Xmx512m -jar /opt/customer-notification-gateway/app.jar --server.port=8080 --workers={workers}\n  last line\n\
         hosts: [one.internal.example.com, {host}.internal.example.com, three.internal.example.com]\n"
    )
}

#[test]
fn where_long_values_differ_is_seen_and_keys_are_whole() {
    let world = long_winded();
    let review = ["review", "--base", "HEAD~1"];
    let plan = ["promote", LONG_KEY, "--to", "staging", "--dry-run"];
    for (line, is_both) in [
        (&["diff"][..], true),
        (&["diff", "development", "staging"], true),
        (&plan, true),
        (&["log", "-n", "1"], true),
        (&review, true),
        (&["blame", LONG_KEY, "--env", "staging"], false),
        (&["status"], false),
    ] {
        for columns in [60, 80, 100] {
            let (_, shown) = on_terminal(&world, columns, &[("TERRACE_PAGER", "cat")], line);
            for row in shown.lines().filter(|row| !row.contains(LONG_KEY)) {
                assert!(row.width() <= usize::from(columns), "{line:?} at {columns}: {row}\n{shown}");
            }
            assert!(squeezed(&shown).contains(LONG_KEY), "{line:?} at {columns}\n{shown}");
            let told = ["mode=fast", "mode=normal", "workers=4", "workers=8", "second.int", "two.int"];
            for told in told.iter().filter(|_| is_both) {
                assert!(shown.contains(told), "{line:?} at {columns} lacks {told}\n{shown}");
            }
        }
    }
}

#[test]
fn a_command_is_copied_as_it_stands() {
    let world = long_winded();
    for line in [&["status"][..], &["review", "--base", "HEAD~1"]] {
        for columns in [40, 60, 80, 200] {
            let (_, shown) = on_terminal(&world, columns, &[("TERRACE_PAGER", "cat")], line);
            let (_, command) = shown.split_once("next: ").expect("a next step");
            let rows = command.lines().take_while(|row| !row.is_empty());
            let copied = rows.collect::<Vec<_>>().join("\n").replace("\\\n", "");
            let words: Vec<&str> = copied.split_whitespace().collect();
            let expected = ["terrace", "promote", LONG_KEY, "--to", "staging", "--dry-run"];
            assert_eq!(words, expected, "{line:?} at {columns}\n{shown}");
        }
    }
}

#[test]
fn items_to_take_over_stand_below_their_environments() {
    let mut world = World::unborn();
    for service in ["payments-gateway", "orders"] {
        for environment in ["dev", "staging", "production"] {
            for key in ["application-settings", "feature-flags"] {
                let more = if environment == "production" { "c: 1\n" } else { "" };
                let file = format!("services/{service}/config/{key}-{environment}.yaml");
                world.write(&file, &format!("a: 1\nb: 2\n{more}"));
            }
        }
    }
    world.commit("as it is");
    for columns in [40, 60, 80, 100, 120] {
        let (_, shown) = on_terminal(&world, columns, &[], &["migrate", "--dry-run"]);
        for row in shown.lines() {
            assert!(row.width() <= usize::from(columns), "at {columns}: {row}\n{shown}");
        }
        // A word is broken behind a slash, a dash or a dot, or not at all.
        assert!(shown.contains("settings-production.yaml)") || columns < 60, "{shown}");
        let heads = shown.lines().find(|row| row.contains("staging  ") && row.ends_with("production"));
        let Some(heads) = heads else {
            assert!(columns < 60 && shown.contains("\n  production   3 values\n"), "{shown}");
            continue;
        };
        let column = |row: &str, word: &str| row.find(word).map(|at| row[..at].width());
        let counts: Vec<_> = shown.lines().filter(|row| row.ends_with("3 values")).collect();
        assert_eq!(counts.len(), 4, "{shown}");
        for row in counts {
            assert_eq!(column(row, "3 values"), column(heads, "production"), "{row}\n{shown}");
        }
    }
}

#[test]
fn questions_and_remarks_fit_and_columns_are_as_said() {
    let mut world = long_winded();
    for environment in ["dev", "preprod", "prod"] {
        world.write(&format!("s/v-{environment}.yaml"), "a: 1\n");
    }
    world.commit("more");
    let new = "a-new-key-that-is-rather-long: 1\n";
    let file = format!("environments/development/{LONG_KEY}.yaml");
    world.write(&file, &(world.read(&file) + new));
    world.commit("a new key that comes with a subject which takes nearly all of a line");
    let asked = |variables: &[(&str, &str)], line: &[&str]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.env("TERM", "xterm").env("NO_COLOR", "1").envs(variables.iter().copied()).args(line);
        talk_to(command, 60, &[("[q]uit", "q\n")]).1
    };
    for line in [
        &["migrate", "s"][..],
        &["promote", LONG_KEY, "--to", "staging"],
        &["set", LONG_KEY, "a-new-key-that-is-rather-lang", "2", "--env", "development"],
    ] {
        for (variables, columns) in [(&[][..], 60), (&[("COLUMNS", "50")], 50), (&[("COLUMNS", "none")], 60)]
        {
            let shown = asked(variables, line);
            for row in shown.lines() {
                assert!(row.width() <= columns, "{line:?} at {columns}: {row}\n{shown}");
            }
        }
    }
    // Wider than the terminal as well, as git has it.
    let (_, shown) = on_terminal(&world, 60, &[("COLUMNS", "200")], &["status"]);
    assert!(shown.contains(&format!("next: terrace promote {LONG_KEY} --to staging --dry-run")), "{shown}");
}
