//! `hooks`: what git does once it is set up, and that all of it goes again.

use crate::support::{World, run, shop};

const PAY: &str = "environments/staging/pay.yaml";

fn set_up() -> World {
    let mut world = shop();
    world.find_terrace();
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    world
}

/// Every file of git's own folder that a person may write, and git's settings.
fn integration(world: &World) -> Vec<String> {
    let read = |path: &str| std::fs::read_to_string(world.dir.join(path)).unwrap_or_default();
    vec![read(".git/config"), read(".git/info/attributes"), read(".git/hooks/pre-commit")]
}

#[test]
fn what_is_set_up_goes_again() {
    let mut world = shop();
    world.find_terrace();
    world.write(".git/info/attributes", "*.png binary\n");
    let before = integration(&world);
    let told = world.line("hooks install");
    assert_eq!(told.code, 2, "without a terminal nobody agreed");
    for line in
        ["will write .git/hooks/pre-commit", "exec terrace check --staged", "merge=terrace diff=terrace"]
    {
        assert!(told.stdout.contains(line), "{}", told.stdout);
    }
    assert_eq!(integration(&world), before);
    world.line("hooks install --yes").exits(0);
    assert!(integration(&world)[1].starts_with("*.png binary\n"));
    assert_eq!(world.line("hooks install --yes").exits(0), "nothing to do\n");
    let status = world.line("hooks status").exits(0);
    assert!(status.lines().count() == 5 && status.lines().all(|line| line.starts_with("set up")), "{status}");
    world.line("hooks uninstall --yes").exits(0);
    let after = integration(&world);
    assert_eq!(after[1..], before[1..]);
    assert!(!after[0].contains("terrace"), "{}", after[0]);
    assert_eq!(world.line("hooks uninstall --yes").exits(0), "nothing to do\n");
}

#[test]
fn what_others_wrote_is_left_alone() {
    let world = shop();
    world.write(".git/hooks/pre-commit", "#!/bin/sh\nmake test\n");
    world.git(&["config", "diff.terrace.command", "mine"]);
    let told = world.line("hooks install --yes").exits(0);
    assert!(told.contains("left alone .git/hooks/pre-commit"), "{told}");
    assert!(told.contains("add this line to the hook: terrace check --staged"), "{told}");
    assert!(told.contains("left alone git config diff.terrace.command"), "{told}");
    world.line("hooks uninstall --yes").exits(0);
    assert_eq!(world.read(".git/hooks/pre-commit"), "#!/bin/sh\nmake test\n");
    assert_eq!(world.git(&["config", "diff.terrace.command"]), "mine\n");
}

#[test]
fn the_folder_of_the_hooks_is_the_one_that_git_uses() {
    let mut world = shop();
    world.find_terrace();
    world.git(&["config", "core.hooksPath", ".own"]);
    world.line("hooks install --yes").exits(0);
    assert!(world.read(".own/pre-commit").contains("terrace check --staged"));
    let shared = shop();
    let global = shared.beside("gitconfig");
    std::fs::write(&global, "[core]\n\thooksPath = /nowhere/hooks\n").expect("a file");
    let mut shared = shared;
    shared.variables.push(("GIT_CONFIG_GLOBAL".to_owned(), global.display().to_string()));
    // libgit2 finds the user's configuration in the home folder.
    std::fs::copy(&global, shared.beside(".gitconfig")).expect("a file");
    let told = shared.line("hooks install --yes").exits(0);
    assert!(told.contains("left alone /nowhere/hooks/pre-commit"), "{told}");
}

#[test]
fn hooks_that_a_team_shares_are_left_to_it_with_the_line_to_add() {
    for (file, text, hooks, says) in [
        (".githooks/pre-push", "#!/bin/sh\n", Some(".githooks"), "its folder is tracked"),
        (".githooks/pre-commit", "#!/bin/sh\nmake test\n", Some(".githooks"), "its folder is tracked"),
        (".husky/pre-commit", "npm test\n", Some(".husky/_"), "husky runs the hooks"),
        ("lefthook.yml", "pre-push: {}\n", None, "lefthook runs the hooks"),
        (".pre-commit-config.yaml", "repos:\n", None, "pre-commit runs the hooks"),
    ] {
        let mut world = shop();
        world.find_terrace();
        world.write(file, text);
        world.commit("hooks");
        if let Some(hooks) = hooks {
            world.git(&["config", "core.hooksPath", hooks]);
        }
        let told = world.line("hooks install --yes").exits(0);
        assert!(told.contains(says) && told.contains("terrace check --staged --since HEAD\n"), "{told}");
        assert_eq!(world.git(&["status", "--porcelain"]), "", "{file}");
        assert_eq!(world.read(file), text);
        assert!(!world.dir.join(".git/hooks/pre-commit").exists(), "{file}");
        // What is advised is known again.
        let lines: Vec<_> = told.lines().skip_while(|line| !line.contains(says)).skip(1).collect();
        let lines: Vec<_> = lines.iter().map_while(|line| line.strip_prefix("    ")).collect();
        let hook = if file.ends_with("pre-push") { ".githooks/pre-commit" } else { file };
        world.write(hook, &format!("{text}{}\n", lines.join("\n")));
        let status = world.line("hooks status").exits(0);
        assert!(
            status.lines().any(|line| line.starts_with("by hand") && line.contains("pre-commit")),
            "{status}"
        );
    }
}

#[test]
fn a_commit_is_judged_by_what_it_would_hold() {
    let world = set_up();
    let good = world.read(PAY);
    let commit =
        |arguments: &[&str]| run(world.command("git").args(["commit", "--quiet", "-m", "x"]).args(arguments));

    // Staged broken, mended in the work tree only.
    world.write(PAY, "a: [\n");
    world.git(&["add", PAY]);
    world.write(PAY, &good);
    let told = commit(&[]);
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert!(format!("{}{}", told.stdout, told.stderr).contains("error[syntax]"), "{}", told.stdout);

    // Staged good, broken in the work tree only.
    world.write(PAY, &good.replace("5s", "6s"));
    world.git(&["add", PAY]);
    world.write(PAY, "a: [\n");
    assert_eq!(commit(&[]).code, 0);

    // Committed straight from the work tree, by an index of its own.
    for arguments in [&["-a"][..], &["--", PAY]] {
        let told = commit(arguments);
        assert_eq!(told.code, 1, "{arguments:?} {}", told.stderr);
    }
    world.write(PAY, &good);
    assert_eq!(commit(&["-a"]).code, 0);
}

#[test]
fn a_linked_work_tree_and_a_sub_folder_are_judged_too() {
    let mut world = World::with(&[
        ("config/environments/staging/pay.yaml", "a: 1\n"),
        ("config/terrace.toml", "version = 1\n"),
    ]);
    world.find_terrace();
    world.terrace_in("config", &["hooks", "install", "--yes"]).exits(0);
    assert!(world.read(".git/hooks/pre-commit").contains("terrace -C 'config/' check --staged"));
    let linked = world.beside("linked");
    world.git(&["worktree", "add", "--quiet", linked.to_str().expect("UTF-8")]);
    std::fs::write(linked.join("config/environments/staging/pay.yaml"), "a: [\n").expect("a file");
    let commit = run(world.command("git").current_dir(&linked).args(["commit", "--quiet", "-a", "-m", "x"]));
    assert_eq!(commit.code, 1, "{}", commit.stderr);
    // The main work tree is as it was.
    assert_eq!(world.terrace_in("config", &["check", "--staged"]).code, 0);
    let status = run(world
        .command(env!("CARGO_BIN_EXE_terrace"))
        .current_dir(linked.join("config"))
        .args(["hooks", "status"]));
    assert!(status.stdout.lines().all(|line| line.starts_with("set up")), "{}", status.stdout);
}

#[test]
fn git_diff_reads_by_path() {
    let world = set_up();
    let text = world.read(PAY);
    world.write(PAY, &text.replace("pool: 10", "pool: 40").replace("STG_DB", "OTHER_DB"));
    let shown = world.git(&["diff"]);
    assert_eq!(
        shown,
        "diff --terrace environments/staging/pay.yaml\n                                          old:line  new:line\n  ~ db.pool      10 → 40                         4         4\n  ~ db.password  ${STG_DB} → ${OTHER_DB}         5         5\n"
    );
    // A secret is masked, comments alone are shown by lines, and so is what is no YAML.
    world.write(PAY, &text.replace("${STG_DB}", "hunter2"));
    assert!(!world.git(&["diff"]).contains("hunter2"));
    world.write(PAY, &text.replace("# whose", "# ours"));
    let shown = world.git(&["diff"]);
    assert!(
        shown.contains("the same values") && shown.contains("+  host: db.stg.example.com  # ours"),
        "{shown}"
    );
    world.write(PAY, "a: [\n");
    assert!(world.git(&["diff"]).contains("+a: ["));
    // Added and removed files, and git's other ways to show them.
    world.write("environments/staging/new.yaml", "b: 1\n");
    std::fs::remove_file(world.dir.join(PAY)).expect("a file");
    world.git(&["add", "--all"]);
    let shown = world.git(&["diff", "--cached"]);
    assert!(
        shown.contains("new file") && shown.contains("+b: 1") && shown.contains("deleted file"),
        "{shown}"
    );
    world.git(&["commit", "--quiet", "--no-verify", "-m", "x"]);
    assert!(world.git(&["show"]).contains("@@"), "lines unless asked");
    assert!(world.git(&["show", "--ext-diff"]).contains("diff --terrace"));
}

#[cfg(unix)]
#[test]
fn git_diff_names_modes_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let world = set_up();
    let (text, file) = (world.read(PAY), world.dir.join(PAY));
    let set_mode = |mode: u32| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    let head = "diff --terrace environments/staging/pay.yaml\n";
    set_mode(0o755);
    let run = "mode 100644 → 100755, executable now\n";
    assert_eq!(world.git(&["diff"]), format!("{head}{run}"));
    world.write(PAY, &text.replace("# whose", "# ours"));
    assert!(world.git(&["diff"]).starts_with(&format!("{head}{run}the same values")));
    world.write(PAY, &text.replace("pool: 10", "pool: 40"));
    let shown = world.git(&["diff"]);
    assert!(shown.starts_with(&format!("{head}{run}")) && shown.contains("10 → 40"), "{shown}");
    world.git(&["commit", "--quiet", "--no-verify", "--all", "-m", "x"]);
    set_mode(0o644);
    assert!(world.git(&["diff"]).ends_with("mode 100755 → 100644, no longer executable\n"));
    // A file in whose place is a link, another link, and the file again.
    std::fs::remove_file(&file).expect("a file");
    symlink("../production/pay.yaml", &file).expect("a link");
    let shown = world.git(&["diff"]);
    assert!(shown.contains("deleted file\n"), "{shown}");
    assert!(shown.contains("new symbolic link\n@@ -0,0 +1 @@\n+../production/pay.yaml"), "{shown}");
    world.git(&["commit", "--quiet", "--no-verify", "--all", "-m", "y"]);
    std::fs::remove_file(&file).expect("a link");
    symlink("../development/pay.yaml", &file).expect("a link");
    let shown = world.git(&["diff"]);
    assert!(shown.contains("symbolic link\n") && shown.contains("-../production/pay.yaml"), "{shown}");
    std::fs::remove_file(&file).expect("a link");
    world.write(PAY, &text);
    assert!(world.git(&["diff"]).contains("deleted symbolic link\n"));
    world.git(&["rm", "--quiet", "--cached", PAY]);
    world.git(&["commit", "--quiet", "--no-verify", "-m", "z"]);
    set_mode(0o755);
    world.git(&["add", PAY]);
    assert!(world.git(&["diff", "--cached"]).contains("new file, executable\n"));
}

#[test]
fn without_terrace_git_works_as_ever() {
    let mut world = set_up();
    let text = world.read(PAY);
    let git = std::env::split_paths(&std::env::var_os("PATH").expect("PATH"))
        .filter(|folder| !folder.join("terrace").exists())
        .collect::<Vec<_>>();
    let path = std::env::join_paths(git).expect("a path").into_string().expect("UTF-8");
    world.variables.push(("PATH".to_owned(), path));
    world.git(&["checkout", "--quiet", "-b", "theirs"]);
    world.write(PAY, &text.replace("timeout: 5s", "timeout: 6s"));
    assert!(world.git(&["diff"]).contains("+timeout: 6s"));
    world.commit("theirs");
    world.git(&["checkout", "--quiet", "main"]);
    world.write(PAY, &text.replace("timeout: 5s", "timeout: 7s"));
    world.commit("ours");
    assert_eq!(run(world.command("git").args(["merge", "--quiet", "theirs"])).code, 1);
    assert!(world.read(PAY).contains("<<<<<<< ours"));
}

#[test]
fn roots_that_are_not_committed_yet_get_patterns_of_their_own() {
    let mut world = World::with(&[("README.md", "x\n")]);
    world.find_terrace();
    let attributes = |world: &World| {
        let file = world.read(".git/info/attributes");
        let lines = file
            .lines()
            .filter_map(|line| line.strip_suffix("environments/**/*.yaml merge=terrace diff=terrace"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    // Nothing is known so far: whatever comes, wherever.
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    assert_eq!(attributes(&world), ["**/"]);
    world.write("svc/a/environments/staging/pay.yaml", "a: 1\n");
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    assert_eq!(attributes(&world), ["**/"]);
    world.terrace_in("svc/a", &["hooks", "install", "--yes"]).exits(0);
    assert_eq!(attributes(&world), ["/svc/a/"]);
    world.commit("a root");
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    assert_eq!(attributes(&world), ["/svc/a/"]);
    world.write("environments/staging/pay.yaml", "a: 1\n");
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    assert_eq!(attributes(&world), ["**/"]);
}
