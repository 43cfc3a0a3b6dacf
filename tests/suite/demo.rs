//! The demo: its printed commands, typed into a shell on a fresh copy of its first commit, say the
//! same.

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

#[test]
#[cfg(unix)]
fn the_demo_runs_this_program_whatever_it_is_called() {
    let world = World::bare_ground();
    let program = world.dir.join("renamed");
    std::fs::copy(env!("CARGO_BIN_EXE_terrace"), &program).expect("copied");
    let link = world.dir.join("link");
    std::os::unix::fs::symlink(&program, &link).expect("a link");
    let mut command = std::process::Command::new(&link);
    command.args(["demo", "story"]).current_dir(&world.dir).env_clear();
    let output = run(&mut command);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
}
