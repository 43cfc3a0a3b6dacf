//! The demo: its printed commands, typed into a shell on a fresh copy of its first commit, say the
//! same; and so do README and guide where they show them.

use crate::support::{World, run};

/// One command of the story: its day, and what was printed below it.
struct Step {
    date: String,
    line: String,
    answer: String,
}

fn steps(story: &str) -> Vec<Step> {
    let (mut steps, mut date): (Vec<Step>, _) = (Vec::new(), String::new());
    for line in story.lines() {
        if let Some(rest) = line
            .strip_prefix("# ")
            .filter(|rest| rest.get(4..5) == Some("-") && rest.get(10..11) == Some(":"))
        {
            date = rest[..10].to_owned();
        } else if let Some(command) = line.strip_prefix("$ ").filter(|command| !command.starts_with("cd ")) {
            steps.push(Step { date: date.clone(), line: command.to_owned(), answer: String::new() });
        } else if let Some(step) = steps.last_mut() {
            step.answer += &format!("{line}\n");
        }
    }
    steps
}

#[test]
fn the_demo_can_be_typed() {
    let mut world = World::bare_ground();
    let story = world.line("demo story").exits(0);
    let steps = steps(&story);
    assert!(steps.len() > 20, "{story}");
    let origin = world.dir.join("story");
    let fresh = world.dir.join("typed");
    world.dir = origin;
    let first = world.git(&["rev-list", "--max-parents=0", "HEAD"]);
    world.git(&["clone", "--quiet", ".", fresh.to_str().expect("a path")]);
    let last = world.git(&["rev-parse", "HEAD^{tree}"]);
    world.dir = fresh;
    world.git(&["reset", "--quiet", "--hard", first.trim()]);
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_terrace")).parent().expect("a folder");
    let search = std::env::var_os("PATH").unwrap_or_default();
    let search = std::env::join_paths(std::iter::once(bin.to_owned()).chain(std::env::split_paths(&search)))
        .expect("a search path");
    for step in &steps[..] {
        let mut shell = world.command("sh");
        shell.arg("-c").arg(format!("{} 2>&1", step.line)).env("PATH", &search);
        for role in ["AUTHOR", "COMMITTER"] {
            shell
                .env(format!("GIT_{role}_NAME"), "demo")
                .env(format!("GIT_{role}_EMAIL"), "demo@example.com");
            shell.env(format!("GIT_{role}_DATE"), format!("{}T12:00:00+00:00", step.date));
        }
        let output = run(&mut shell);
        let code = if output.code == 0 { String::new() } else { format!("(exit {})\n", output.code) };
        let said = format!("{}{code}", output.stdout);
        assert!(
            step.answer.starts_with(&said),
            "$ {}\n--- typed\n{said}\n--- printed\n{}",
            step.line,
            step.answer
        );
    }
    assert_eq!(world.git(&["rev-parse", "HEAD^{tree}"]), last);
}

/// A page, and of it the part below a heading where one is given.
fn page(file: &str, heading: Option<&str>) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).expect(file);
    let Some(heading) = heading else { return text };
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).expect(heading);
    rest.split("\n## ").next().unwrap_or_default().to_owned()
}

/// The commands that a page shows, each with its answer.
fn shown(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut is_console = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) {
            found.push((command.to_owned(), String::new()));
        } else if let Some((_, answer)) = found.last_mut().filter(|_| is_console) {
            *answer += &format!("{line}\n");
        }
    }
    found
}

/// What a step printed, without what the demo says about it.
fn printed(step: &Step) -> String {
    let lines = step.answer.lines().filter(|line| !line.starts_with("(exit "));
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let world = World::bare_ground();
    let steps = steps(&world.line("demo story").exits(0));
    let mut rest = steps.as_slice();
    let mut answers = 0;
    for (command, answer) in shown(&page("README.md", Some("The story"))) {
        let at = rest.iter().position(|step| step.line == command);
        let at = at.unwrap_or_else(|| panic!("the demo has no `{command}` there"));
        if !answer.is_empty() {
            assert_eq!(answer.trim_end(), printed(&rest[at]), "{command}");
            answers += 1;
        }
        rest = &rest[at + 1..];
    }
    assert!(answers > 3, "only {answers} answers");
}

/// From the flat files of the example on, until weeks have passed.
#[test]
fn the_readme_can_be_followed_with_the_example() {
    let mut world = World::unborn();
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop/.");
    let copied = run(world.command("cp").arg("-R").arg(example).arg(&world.dir));
    assert_eq!(copied.code, 0, "{}", copied.told());
    world.commit("flat configuration");
    let story = page("README.md", Some("The story"));
    let (first, _) = story.split_once("Weeks later").expect("a second part");
    let commands = shown(first);
    assert!(commands.len() > 8, "{first}");
    for (command, answer) in commands {
        let mut shell = world.command("sh");
        let said = run(shell.arg("-c").arg(&command).env("PATH", crate::completion::search_path()));
        assert_eq!(said.code, 0, "{command}: {}", said.told());
        if !answer.is_empty() {
            assert_eq!(said.stdout.trim_end(), answer.trim_end(), "{command}");
        }
    }
}

#[test]
fn the_guide_shows_what_is_printed_after_the_demo() {
    let mut world = World::bare_ground();
    world.line("demo story").exits(0);
    world.dir = world.dir.join("story");
    let shown = shown(&page("src/guide/promotion.md", None));
    // The way back comes last: it is a commit of its own.
    for command in [
        "terrace log payments -n 1",
        "terrace blame payments --env production",
        "terrace rollback payments --env production --yes",
    ] {
        let (_, answer) = shown.iter().find(|(shown, _)| shown == command).expect(command);
        let words: Vec<_> = command.split(' ').skip(1).collect();
        let said = world.terrace(&words).exits(0);
        // Of many values some are shown, and a commit of today has another id each day.
        let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<_> = said.lines().map(squeezed).collect();
        for line in answer.lines().filter(|line| !line.starts_with("committed ")) {
            assert!(lines.contains(&squeezed(line)), "{command} does not print {line}\n{said}");
        }
        let is_part = command.contains("blame");
        assert!(is_part || answer.lines().count() == said.lines().count(), "{command}\n{said}");
    }
}

#[test]
#[cfg(unix)]
fn the_demo_runs_this_program_whatever_it_is_called() {
    let world = World::bare_ground();
    let program = world.dir.join("renamed");
    // By another process: what another test starts meanwhile would keep the file open for writing, and busy.
    let copied = run(std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_terrace")).arg(&program));
    assert_eq!(copied.code, 0, "{}", copied.stderr);
    let link = world.dir.join("link");
    std::os::unix::fs::symlink(&program, &link).expect("a link");
    let mut command = std::process::Command::new(&link);
    command.args(["demo", "story"]).current_dir(&world.dir).env_clear();
    let output = run(&mut command);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
}
