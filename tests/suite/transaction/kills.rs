//! A process that is killed at any step leaves what git understands, and the next run mends the rest.

#[cfg(not(feature = "kill-points"))]
#[test]
#[ignore = "needs the feature kill-points"]
fn killed_anywhere() {
    panic!("killing needs `cargo test --features kill-points --test suite door`");
}

#[cfg(feature = "kill-points")]
mod with_kill_points {
    use std::collections::BTreeSet;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    use terrace::store::transaction::KILL_POINTS;

    use super::super::child::Task;
    use super::super::world::World;

    const PAYMENTS: &str = "environments/production/payments.yaml";
    const SEARCH: &str = "environments/production/search.yaml";
    const NEW: &str = "environments/production/eu/billing/invoices.yaml";

    /// A way to commit.
    struct Scenario {
        name: &'static str,
        world: fn() -> World,
        task: fn() -> Task,
    }

    const FOLLOWED: &[Scenario] = &[
        Scenario { name: "change", world: World::new, task: change },
        Scenario { name: "change beside others' work", world: disturbed, task: change },
        Scenario { name: "new folder", world: World::new, task: create },
        Scenario { name: "new folder beside others' work", world: disturbed, task: create },
        Scenario { name: "delete", world: World::new, task: delete },
        Scenario { name: "delete the last file of a folder", world: nested, task: delete_nested },
        Scenario { name: "delete beside others' work", world: disturbed, task: delete },
    ];

    const ELSEWHERE: &[Scenario] = &[
        Scenario { name: "linked work tree", world: linked, task: everything },
        Scenario { name: "first commit", world: World::empty, task: create },
        Scenario { name: "carriage returns", world: carriage_returns, task: everything },
        Scenario { name: "submodule", world: submodule, task: everything },
    ];

    const UNFOLLOWED: &[Scenario] = &[
        Scenario { name: "another branch", world: disturbed, task: another_branch },
        Scenario { name: "bare", world: bare, task: change },
    ];

    fn change() -> Task {
        Task::publish(&[(PAYMENTS, Some("size: 40\n")), (SEARCH, Some("boost: 2\n"))])
    }

    fn create() -> Task {
        Task::publish(&[(NEW, Some("a: 1\n"))])
    }

    fn delete() -> Task {
        Task::publish(&[(SEARCH, None), (PAYMENTS, Some("size: 40\n"))])
    }

    fn nested() -> World {
        let world = World::new();
        world.write(NEW, "a: 1\n");
        world.git(&["add", "."]);
        world.git(&["commit", "-qm", "nested"]);
        world
    }

    fn delete_nested() -> Task {
        Task::publish(&[(NEW, None)])
    }

    fn everything() -> Task {
        Task::publish(&[(SEARCH, None), (PAYMENTS, Some("size: 40\n")), (NEW, Some("a: 1\n"))])
    }

    fn another_branch() -> Task {
        Task { branch: Some("promote/payments".to_owned()), ..everything() }
    }

    fn disturbed() -> World {
        let world = World::new();
        world.disturb();
        world
    }

    fn linked() -> World {
        let mut world = World::new();
        world.git(&["worktree", "add", "-q", "-b", "linked", "../linked"]);
        world.root = world.folder.path().join("linked");
        world.disturb();
        world
    }

    fn carriage_returns() -> World {
        let world = World::new();
        world.write(".gitattributes", "*.yaml text eol=crlf\n");
        world.git(&["add", "."]);
        world.git(&["commit", "-qm", "carriage returns"]);
        std::fs::remove_dir_all(world.path("environments")).expect("removed");
        world.git(&["checkout", "-q", "."]);
        assert_eq!(world.read(PAYMENTS).as_deref(), Some("size: 10\r\n"));
        world
    }

    fn submodule() -> World {
        let mut world = World::new();
        let inner = world.root.to_string_lossy().into_owned();
        let outer = world.folder.path().join("outer");
        std::fs::create_dir(&outer).expect("made");
        world.root = outer;
        world.git(&["init", "-q", "-b", "main", "."]);
        world.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &inner, "config"]);
        world.root = world.path("config");
        world.git(&["config", "user.name", "Tester"]);
        world.git(&["config", "user.email", "tester@example.com"]);
        world
    }

    fn bare() -> World {
        let mut world = World::new();
        let git_dir = world.folder.path().join("bare.git");
        world.git(&["clone", "-q", "--bare", ".", &git_dir.to_string_lossy()]);
        world.root = git_dir;
        world.git(&["config", "user.name", "Tester"]);
        world.git(&["config", "user.email", "tester@example.com"]);
        world
    }

    /// What one file may hold at one side of the commit, in the branch and in the work tree.
    #[derive(Debug, PartialEq, Eq)]
    struct Side {
        commits: usize,
        blobs: Vec<Vec<String>>,
        files: Vec<Option<String>>,
        entries: Vec<Vec<String>>,
    }

    /// What git and the disk say of the files of the task.
    fn side(world: &World, task: &Task) -> Side {
        let paths: Vec<&str> = task.files.iter().map(|(path, _)| path.as_str()).collect();
        let count = |branch: &str| {
            let counted = world.try_git(&["rev-list", "--count", branch, "--"]);
            counted.status.success().then(|| String::from_utf8_lossy(&counted.stdout).trim().parse().ok())?
        };
        let named = task.branch.as_deref().unwrap_or("HEAD");
        let (branch, commits) = match count(named) {
            Some(commits) => (named, commits),
            None => ("HEAD", count("HEAD").unwrap_or(0)),
        };
        // Lines that end in a tab and a path.
        let told = |arguments: &[&str]| {
            let told = world.try_git(&[arguments, &["--"], &paths].concat());
            let told = String::from_utf8_lossy(&told.stdout).into_owned();
            move |path: &str| -> Vec<String> {
                let of_path = told.lines().filter(|line| line.ends_with(&format!("\t{path}")));
                of_path.map(str::to_owned).collect()
            }
        };
        let (blob, is_bare) = (told(&["ls-tree", "-r", branch]), !world.path(".git").exists());
        let blobs = paths.iter().map(|path| blob(path)).collect();
        let mut side = Side { commits, blobs, files: Vec::new(), entries: Vec::new() };
        if !is_bare && !paths.is_empty() {
            let entry = told(&["ls-files", "-s"]);
            side.files = paths.iter().map(|path| world.read(path)).collect();
            side.entries = paths.iter().map(|path| entry(path)).collect();
        }
        side
    }

    /// Others' work as git shows it, whichever side our own files are on.
    fn others(world: &World, task: &Task) -> String {
        if world.git(&["rev-parse", "--is-bare-repository"]) == "true" {
            return String::new();
        }
        let except: Vec<_> = task.files.iter().map(|(path, _)| format!(":(exclude){path}")).collect();
        let mut told = String::new();
        for command in [&["status", "--porcelain=v2", "-uall"][..], &["diff"], &["diff", "--cached"]] {
            let mut arguments = command.to_vec();
            arguments.extend(["--", ".", ":(exclude).terrace-*", ":(exclude)**/.terrace-*"]);
            arguments.extend(except.iter().map(String::as_str));
            told.push_str(&world.git(&arguments));
            told.push('\n');
        }
        told
    }

    /// A copy of a world with everything where it was.
    fn copy(world: &World) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let status =
            Command::new("cp").arg("-a").arg(world.folder.path().join(".")).arg(folder.path()).status();
        assert!(status.expect("cp runs").success());
        let below = world.root.strip_prefix(world.folder.path()).expect("below");
        let root = folder.path().join(below);
        let copied = World { folder, root };
        // A linked work tree and its repository know each other by absolute paths.
        if copied.root.ends_with("linked") {
            let git_dir = copied.folder.path().join("repo/.git/worktrees/linked");
            std::fs::write(copied.path(".git"), format!("gitdir: {}\n", git_dir.display())).expect("written");
            std::fs::write(git_dir.join("gitdir"), format!("{}\n", copied.path(".git").display()))
                .expect("written");
        }
        // The copied index would make git refresh it at the first look, which is not our doing.
        let _ = copied.try_git(&["status"]);
        copied
    }

    /// How the run that was to be killed ended.
    enum End {
        Killed,
        Passed,
    }

    fn run(world: &World, task: &Task, kill_at: Option<&str>) -> End {
        let mut command = task.command(world);
        if let Some(step) = kill_at {
            command.env("TERRACE_KILL_AT", step);
        }
        let output = command.output().expect("the child runs");
        match output.status.signal() {
            Some(9) if kill_at.is_some() => End::Killed,
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "at {kill_at:?}: {said}");
                End::Passed
            }
        }
    }

    /// Kills at every step and returns the steps that were met, with the number of kills.
    fn kill_everywhere(scenarios: &[Scenario]) -> BTreeSet<&'static str> {
        let mut met = BTreeSet::new();
        let mut kills = 0;
        for Scenario { name, world, task } in scenarios {
            let (template, task) = (world(), task());
            let whole = copy(&template);
            run(&whole, &task, None);
            let ends = [side(&template, &task), side(&whole, &task)];
            assert_ne!(ends[0], ends[1], "{name}");
            for step in KILL_POINTS {
                for time in 1.. {
                    let world = copy(&template);
                    let at = format!("{step}:{time}");
                    let End::Killed = run(&world, &task, Some(&at)) else { break };
                    met.insert(*step);
                    kills += 1;
                    judge(&world, &task, &ends, &format!("{name}, killed at {at}"));
                }
            }
        }
        println!("door: {kills} kills in {} scenarios, 0 broken rules", scenarios.len());
        met
    }

    fn judge(world: &World, task: &Task, ends: &[Side; 2], when: &str) {
        let [old, new] = ends;
        // As it lies: git finds nothing wrong, everything is old or new, nothing in between.
        world.fsck();
        let found = side(world, task);
        let whole = |a: &Side| a.commits == found.commits && a.blobs == found.blobs;
        assert!(whole(old) || whole(new), "{when}: {found:?}");
        for (at, file) in found.files.iter().enumerate() {
            assert!([&old.files[at], &new.files[at]].contains(&file), "{when}: {file:?}");
        }
        for (at, entry) in found.entries.iter().enumerate() {
            assert!([&old.entries[at], &new.entries[at]].contains(&entry), "{when}: {entry:?}");
        }
        // A git that sees the branch moved never sees the index from before it.
        let moved = whole(new);
        assert!(!moved || found.entries == new.entries, "{when}: {found:?}");
        // A run that has nothing to do itself finishes or drops it.
        run(world, &Task { files: Vec::new(), ..task.clone() }, None);
        assert_eq!(&side(world, task), if moved { new } else { old }, "{when}");
        assert_eq!(world.litter(), Vec::<String>::new(), "{when}");
        // The same command again ends as if nothing had happened, with one commit and not two.
        run(world, task, None);
        assert_eq!(&side(world, task), new, "{when}");
        assert_eq!(world.litter(), Vec::<String>::new(), "{when}");
        world.fsck();
    }

    /// The work of others before and after, beside what [`judge`] looks at.
    fn kill_beside_others(scenarios: &[Scenario]) -> BTreeSet<&'static str> {
        for Scenario { name, world, task } in scenarios {
            let (template, task) = (copy(&world()), task());
            let before = others(&template, &task);
            for step in ["branch-moved", "file-replaced", "index-replaced"] {
                let world = copy(&template);
                run(&world, &task, Some(step));
                assert_eq!(others(&world, &task), before, "{name}, killed at {step}");
                run(&world, &task, None);
                assert_eq!(others(&world, &task), before, "{name}, killed at {step}");
            }
        }
        kill_everywhere(scenarios)
    }

    #[test]
    fn killed_anywhere() {
        let met = kill_beside_others(FOLLOWED);
        let all: BTreeSet<_> = KILL_POINTS.iter().copied().collect();
        let missed: Vec<_> = all.difference(&met).collect();
        assert!(missed.is_empty(), "no scenario passes {missed:?}");
    }

    #[test]
    fn killed_anywhere_in_other_kinds_of_repositories() {
        kill_beside_others(ELSEWHERE);
    }

    #[test]
    fn killed_anywhere_on_another_branch() {
        kill_beside_others(UNFOLLOWED);
    }

    #[test]
    fn killed_again_while_recovering() {
        let (template, task) = (copy(&disturbed()), everything());
        let whole = copy(&template);
        run(&whole, &task, None);
        let ends = [side(&template, &task), side(&whole, &task)];
        let mut kills = 0;
        for first in ["journal-written", "branch-moved", "file-replaced:2", "index-prepared"] {
            for step in KILL_POINTS {
                for time in 1.. {
                    let world = copy(&template);
                    run(&world, &task, Some(first));
                    let second = format!("{step}:{time}");
                    let End::Killed = run(&world, &task, Some(&second)) else { break };
                    kills += 1;
                    judge(&world, &task, &ends, &format!("killed at {first}, then at {second}"));
                }
            }
        }
        println!("door: {kills} kills of a second run, 0 broken rules");
    }

    #[test]
    fn killed_while_only_the_work_tree_is_written() {
        let mut kills = 0;
        for (path, old, new) in [(PAYMENTS, Some("size: 10\n"), "size: 11\n"), (NEW, None, "a: 1\n")] {
            let template = World::new();
            let task = Task { work_tree: true, ..Task::publish(&[(path, Some(new))]) };
            for step in KILL_POINTS {
                let world = copy(&template);
                let End::Killed = run(&world, &task, Some(step)) else { continue };
                kills += 1;
                let found = world.read(path);
                assert!(
                    found.as_deref() == old || found.as_deref() == Some(new),
                    "{path}, {step}: {found:?}"
                );
                run(&world, &Task::default(), None);
                assert_eq!(world.read(path), found, "{path}, {step}");
                assert_eq!(world.litter(), Vec::<String>::new(), "{path}, {step}");
            }
        }
        println!("door: {kills} kills while only the work tree is written, 0 broken rules");
        assert!(kills >= 8);
    }

    #[test]
    fn a_person_who_removes_the_lock_and_commits_is_not_overruled() {
        let world = World::new();
        run(&world, &change(), Some("branch-moved"));
        std::fs::remove_file(world.path(".git/index.lock")).expect("ours was there");
        world.write("notes.txt", "two\n");
        world.git(&["commit", "-qm", "notes", "notes.txt"]);
        world.write(PAYMENTS, "size: 99 # mine\n");
        let (status, head) = (world.git(&["status", "--porcelain"]), world.head());
        run(&world, &Task::default(), None);
        assert_eq!(world.read(PAYMENTS).as_deref(), Some("size: 99 # mine\n"));
        assert_eq!(world.head(), head);
        // `git commit notes.txt` took only that file, so the branch still has ours, and the file
        // that nobody touched has followed.
        assert_eq!(world.read(SEARCH).as_deref(), Some("boost: 2\n"));
        assert!(status.contains(SEARCH));
        assert_eq!(world.git(&["status", "--porcelain"]), format!(" M {PAYMENTS}"));
        world.fsck();
    }

    #[test]
    fn another_work_tree_frees_the_one_that_was_killed() {
        let world = linked();
        run(&world, &everything(), Some("branch-moved"));
        assert!(world.try_git(&["add", "notes.txt"]).status.code() == Some(128));
        let main = World { root: world.folder.path().join("repo"), folder: world.folder };
        run(&main, &Task::default(), None);
        let world = World { root: main.folder.path().join("linked"), folder: main.folder };
        assert_eq!(world.read(PAYMENTS).as_deref(), Some("size: 40\n"));
        world.git(&["add", "notes.txt"]);
        world.fsck();
    }
}
