//! The README and the guide: no dead link, no command that the command line does not know, and the
//! README is short enough to be read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use terrace::guide::{PLAN_WORDS, TOPICS};

use crate::support::{World, run};

fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = TOPICS.iter().map(|topic| root.join(format!("src/guide/{}.md", topic.name)));
    let files = [root.join("README.md"), root.join("examples/take-over/README.md")].into_iter().chain(guide);
    files.map(|file| (file.clone(), std::fs::read_to_string(&file).expect("a page"))).collect()
}

/// What GitHub makes of a heading.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect::<String>()
        .replace(' ', "-")
}

/// The anchors of a page: its headings, and those that it sets itself.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let own = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    headings.map(|line| slug(line.trim_start_matches('#').trim())).chain(own.map(str::to_owned)).collect()
}

/// The addresses of links outside of code.
fn links(text: &str) -> Vec<String> {
    let mut is_code = false;
    let prose = text.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    let links = prose.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next()));
    links.map(str::to_owned).collect()
}

#[test]
fn no_link_is_dead() {
    let mut seen = 0;
    for (file, text) in pages() {
        for link in links(&text).into_iter().filter(|link| !link.starts_with("https://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => file.clone(),
                path => file.parent().expect("a folder").join(path),
            };
            assert!(target.exists(), "{}: {link} leads nowhere", file.display());
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).expect("a page");
                assert!(anchors(&text).contains(anchor), "{}: {link} has no such place", file.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} links");
}

/// The commands of shell blocks, without what follows in a pipe.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut language = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("```") {
            language = if language.is_none() { Some(name.to_owned()) } else { None };
            continue;
        }
        let command = match language.as_deref() {
            Some("console") => line.strip_prefix("$ "),
            Some("sh") => Some(line),
            _ => None,
        };
        found.extend(command.filter(|command| command.starts_with("terrace ")).map(str::to_owned));
    }
    found
}

/// Each command is given in an empty folder: it may find nothing there, but it has to be understood.
#[test]
fn every_command_is_understood() {
    let world = World::bare_ground();
    let mut seen = 0;
    for (file, text) in pages() {
        for line in commands(&text).iter().filter(|line| !line.contains("<TAB>") && !line.contains('…')) {
            let mut command = world.command("sh");
            command.env("PATH", crate::completion::search_path());
            // What would go on for ever, or ask, ends at once where there is no repository.
            let said = run(command.args(["-c", line]));
            let is_understood =
                !said.stderr.contains("Usage: ") && !said.stderr.contains("unexpected argument");
            assert!(is_understood && said.code != 127, "{}: {line}\n{}", file.display(), said.told());
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} commands");
}

/// What goes on for ever, is for another machine, or is no whole command.
const NOT_RUN: [&str; 7] = [
    "terrace serve",
    "terrace ui",
    "terrace watch",
    "--follow",
    "etcd://",
    "<TAB>",
    "preprod=staging --dry-run",
];

/// What has to be done before some commands do something: those of the page, and those that make it so.
const BEFORE: [(&str, &[&str]); 8] = [
    (
        "terrace set payments database.host db.example.com",
        &[
            "sed -i s:db.example:db.old.example: environments/production/payments.yaml; git commit --quiet -am host",
        ],
    ),
    (
        "terrace set payments database.pool.size",
        &[
            "sed -i 's/pool: 6/pool: {size: 6}/' environments/production/payments.yaml; git commit --quiet -am pool",
        ],
    ),
    (
        "terrace promote payments --to production --with-new --take",
        &[
            "sed -i s:40/s:60/s: environments/staging/payments.yaml; git commit --quiet -am staging",
            "sed -i s:40/s:20/s: environments/production/payments.yaml; git commit --quiet -am production",
        ],
    ),
    (
        "terrace migrate chart",
        &[
            "cp chart/values-prod.yaml chart/values-preprod.yaml; git add chart; git commit --quiet -m preprod",
        ],
    ),
    ("terrace hold --release", &["terrace hold payments limits.rate --env production --reason x"]),
    ("terrace promote --plan", &["terrace promote --all --to production -o plan.json"]),
    ("terrace migrate --finish", &["terrace migrate config --keep-legacy --yes"]),
    ("terrace hooks uninstall", &["terrace hooks install --yes"]),
];

/// A repository in which each command of the guide has something to do: three environments, a change that
/// waits, one that was promoted, files to take over, a remote.
fn prepared() -> World {
    let text = |host: &str| format!("database:\n  host: {host}\n  pool: 5\nlimits:\n  rate: 40/s\n");
    let mut world = World::with(&[
        ("environments/development/payments.yaml", &text("db.dev.example.com")),
        ("environments/staging/payments.yaml", &text("db.dev.example.com")),
        ("environments/production/payments.yaml", &text("db.example.com")),
        ("config/search.yaml", "size: 5\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: shop\n"),
        ("chart/values-dev.yaml", "replicas: 1\n"),
        ("chart/values-prod.yaml", "replicas: 3\n"),
        ("service", "#!/bin/sh\ntrue\n"),
    ]);
    world.write("payments", "#!/bin/sh\ntrue\n");
    run(world.command("chmod").args(["+x", "payments", "service"]));
    let replace = |world: &World, environment: &str, old: &str, new: &str| {
        let file = format!("environments/{environment}/payments.yaml");
        world.write(&file, &world.read(&file).replace(old, new));
    };
    replace(&world, "staging", "pool: 5", "pool: 6");
    world.commit("a larger pool");
    world.line("promote payments --to production --yes").exits(0);
    replace(&world, "staging", "pool: 6", "pool: 7");
    world.commit("a still larger one");
    replace(&world, "development", "rate: 40/s", "rate: 50/s");
    world.commit("faster in development");
    let remote = world.beside("origin.git");
    world.git(&["init", "--quiet", "--bare", "--initial-branch=main", &remote.to_string_lossy()]);
    world.git(&["remote", "add", "origin", &remote.to_string_lossy()]);
    world.git(&["push", "--quiet", "origin", "main"]);
    world
}

/// Each command is given where it has something to do, in a copy of its own.
#[test]
fn every_command_that_can_be_run_does_what_it_says() {
    let template = prepared();
    let mut seen = BTreeSet::new();
    for (file, text) in pages() {
        let runs = |line: &String| !line.contains('…') && !NOT_RUN.iter().any(|not| line.contains(not));
        for line in commands(&text).into_iter().filter(runs) {
            let bare = line.split("  ").next().unwrap_or_default().trim().to_owned();
            if !seen.insert(bare) {
                continue;
            }
            let world = World::bare_ground();
            let copied = run(world.command("cp").arg("-a").arg(template.dir.join(".")).arg(&world.dir));
            assert_eq!(copied.code, 0, "{}", copied.told());
            let give = |line: &str| {
                let mut command = world.command("sh");
                command.env("PATH", crate::completion::search_path());
                // The shell makes no folders for what it writes.
                let folders =
                    "mkdir -p ~/.local/share/bash-completion/completions ~/.zfunc ~/.config/fish/completions";
                run(command.args(["-c", &format!("{folders}; {line}")]))
            };
            let before =
                BEFORE.iter().filter(|(start, _)| line.starts_with(start)).flat_map(|(_, lines)| *lines);
            for line in before {
                let said = give(line);
                assert_eq!(said.code, 0, "{line}: {}", said.told());
            }
            let line = if line.starts_with("terrace hooks") {
                line.replacen("install", "install --yes", 1)
            } else {
                line
            };
            let said = give(&line);
            // Where something was found, that is said by 1.
            let may_find =
                ["terrace diff", "terrace check", "terrace review"].iter().any(|it| line.starts_with(it));
            let is_done = said.code == 0 || (may_find && said.code == 1);
            assert!(is_done && !said.stderr.contains("error"), "{}: {line}\n{}", file.display(), said.told());
            assert!(!said.stdout.contains("nothing to"), "{}: {line}\n{}", file.display(), said.told());
        }
    }
    assert!(seen.len() > 25, "only {} commands", seen.len());
}

#[test]
fn the_readme_is_read_in_one_go() {
    let (_, text) = pages().swap_remove(0);
    assert!(text.lines().count() <= 350, "{} lines", text.lines().count());
    for topic in TOPICS {
        assert!(text.contains(&format!("](src/guide/{}.md)", topic.name)), "{} is not linked", topic.name);
    }
}

/// The table of commands stands twice.
#[test]
fn both_tables_of_commands_say_the_same() {
    let pages = pages();
    let table = |name: &str, heading: &str| {
        let (_, text) = pages.iter().find(|(file, _)| file.ends_with(name)).expect(name);
        let (_, rest) = text.split_once(&format!("## {heading}\n")).expect(heading);
        let rows = rest.lines().skip_while(|line| !line.starts_with('|'));
        rows.take_while(|line| line.starts_with('|')).map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = table("README.md", "Commands");
    assert!(rows.len() > 20, "{rows:#?}");
    assert_eq!(rows, table("src/guide/layout.md", "Commands"));
}

#[test]
fn pages_and_words_are_explained() {
    let world = World::bare_ground();
    let listed = world.line("explain").exits(0);
    for topic in TOPICS {
        assert!(topic.text.starts_with("# ") && listed.contains(topic.title()), "{}", topic.name);
        assert_eq!(world.terrace(&["explain", topic.name]).exits(0), topic.text);
    }
    for known in PLAN_WORDS {
        let said = world.terrace(&["explain", known.word]).exits(0);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("terrace ") || said.contains("git ") || said.contains("--with-new"), "{said}");
    }
    for (word, known) in
        [("STOP", "STOP"), ("stop", "STOP"), ("Look", "look"), ("keep", "keep"), ("ask", "ask")]
    {
        let said = world.terrace(&["explain", word]).exits(0);
        assert!(said.contains(known), "{word}: {said}");
    }
    let wrong = world.line("explain promotoin");
    assert_eq!(wrong.code, 2, "{}", wrong.told());
    assert!(wrong.stderr.contains("did you mean `promotion`?"), "{}", wrong.told());
    world.line("man pages").exits(0);
    let page = world.read("pages/terrace-guide-promotion.1");
    assert!(page.starts_with(".ie") || page.contains(".TH"), "{page}");
    assert!(page.contains("How a promotion decides"), "{page}");
}
