//! Mistakes of every verb: one sentence, help, the right exit code, and nothing changed.

use crate::support::{World, shop};

const NO_ENVIRONMENT: &str = "error: `prod` is not an environment\nhelp: did you mean `production`? The environments are development, staging, production.";
const NO_ITEM: &str = "error: there is no item `pai` in any environment\nhelp: did you mean `pay`?";
const NO_COMMIT: &str =
    "error: `nope` names no commit\nhelp: name a commit, branch or tag; `git log --oneline` lists some";
const SIDES_FIRST: &str = "error: a comparison of two sides names both before the items\nhelp: for example: terrace diff staging production payments";
const NOT_OF_PLAN: &str =
    "help: a selection names paths or source commits of the plan; run with --dry-run to see them";

#[test]
fn names_that_mean_nothing() {
    let world = shop();
    for line in [
        "list --env prod",
        "get pay --env prod",
        "set pay timeout 1 --env prod",
        "unset pay timeout --env prod",
        "check --env prod",
        "diff prod staging",
        "diff staging prod",
        "diff prod",
        "diff HEAD:prod staging",
        "promote pay --to prod",
        "promote pay --to staging --from prod",
    ] {
        let expected =
            if line.contains("--from prod") || line.contains("prod") { NO_ENVIRONMENT } else { "" };
        world.refuses(line, 2, expected);
    }
    for line in [
        "check pai",
        "diff pai",
        "diff staging production pai",
        "status pai",
        "schema infer pai",
        "promote pai --to staging",
    ] {
        world.refuses(line, 2, NO_ITEM);
    }
    for line in [
        "list --at nope",
        "get pay --env staging --at nope",
        "check --at nope",
        "diff nope:staging production",
        "status --at nope",
        "promote pay --to staging --change nope",
    ] {
        world.refuses(line, 2, NO_COMMIT);
    }
    for (line, code, stderr) in [
        ("get pai --env staging", 1, "error: there is no item `pai` in staging\nhelp: did you mean `pay`?"),
        (
            "get pay db.pol --env staging",
            1,
            "error: environments/staging/pay.yaml has no `db.pol`\nhelp: did you mean `db.pool`?",
        ),
        (
            "get pay x --env staging",
            1,
            "error: environments/staging/pay.yaml has no `x`\nhelp: the item has db, timeout, servers",
        ),
        (
            "get pay servers[name=apo].port --env staging",
            1,
            "error: environments/staging/pay.yaml has no `servers[name=apo].port`\nhelp: did you mean `servers[name=api].port`?",
        ),
        (
            "set new a 1 --env staging",
            2,
            "error: there is no item `new` in staging\nhelp: `terrace list` shows the items there are; --create makes a new item",
        ),
        (
            "set pay a.b 1 --env staging",
            2,
            "error: environments/staging/pay.yaml has no `a.b`\nhelp: the item has db, timeout, servers; --parents makes what is missing",
        ),
        (
            "set pay db.password [ --env staging",
            2,
            "error: what is given for `db.password` is not one YAML value\nhelp: quote it for YAML as well (\"'a: b'\"), write JSON, or pass --string to take it as it is",
        ),
        (
            "unset pai x --env staging",
            2,
            "error: there is no item `pai` in staging\nhelp: did you mean `pay`?",
        ),
        (
            "diff staging",
            2,
            "error: `staging` is one side; a comparison has two\nhelp: name the other as well: terrace diff staging production [KEY…]",
        ),
        ("diff pay staging", 2, SIDES_FIRST),
        (
            "diff --format unified",
            2,
            "error: the matrix has no unified format\nhelp: name two sides: terrace diff staging production --format unified",
        ),
        (
            "check --format xml",
            2,
            "error: `xml` is not a format\nhelp: the formats are text, json, markdown, github, sarif, junit, gitlab",
        ),
        (
            "migrate nope",
            2,
            "error: there is no nope\nhelp: name a file or a folder of this repository; without one, `terrace migrate` lists candidates",
        ),
        (
            "migrate ..",
            2,
            "error: .. is outside the repository\nhelp: name a file or folder of this repository",
        ),
        (
            "migrate environments/staging",
            2,
            "error: environments/staging is part of the configuration repository already\nhelp: name flat files that stand outside environments/, schemas/ and .terrace/",
        ),
        (
            "migrate",
            2,
            "error: name the files or folders to migrate\nhelp: for example: terrace migrate config --dry-run",
        ),
        (
            "promote pay --to development",
            2,
            "error: nothing is promoted to development\nhelp: changes begin there: terrace set KEY PATH VALUE --env development",
        ),
        (
            "promote pay --to production --from development",
            2,
            "error: there is no promotion from development to production\nhelp: production takes from staging; promote hop by hop",
        ),
        (
            "promote pay --to staging --from production",
            2,
            "error: there is no promotion from production to staging\nhelp: staging takes from development; promote hop by hop",
        ),
        (
            "-C nope list",
            2,
            &format!(
                "error: cannot find {}/nope: No such file or directory (os error 2)\nhelp: check the spelling, and the folder that terrace runs in (-C DIR)",
                world.dir.display()
            ),
        ),
    ] {
        world.refuses(line, code, stderr);
    }
}

#[test]
fn selections_that_speak_of_nothing() {
    let mut world = shop();
    world.line("set pay timeout 9s --env development").exits(0);
    world.line("set pay cache {ttl:60} --env development --string").exits(0);
    world.commit("longer");
    for word in [
        "--only x.y",
        "--except x",
        "--take source=x",
        "--take target=x",
        "--set x=1",
        "--only timeout --set db.pool.x=1",
    ] {
        let path = if word.contains("pool") {
            "db.pool.x"
        } else if word.contains("x.y") {
            "x.y"
        } else {
            "x"
        };
        let stderr = format!("error: nothing of this plan is at {path}\n{NOT_OF_PLAN}");
        world.refuses(&format!("promote pay --to staging --yes --without-new {word}"), 2, &stderr);
    }
    for (word, stderr) in [
        (
            "--take foo",
            "error: `--take foo` names no side\nhelp: write --take source=PATH or --take target=PATH",
        ),
        ("--set foo", "error: `--set foo` is not PATH=VALUE\nhelp: for example: --set limits.rate=40/s"),
        (
            "--set db.password=[hunter2",
            "error: `--set db.password` is given what is not one YAML value\nhelp: for example: --set limits.rate=40/s",
        ),
    ] {
        world.refuses(&format!("promote pay --to staging --yes {word}"), 2, stderr);
    }
    // A selection below a path that is shown as one line is still of the plan.
    let plan = world.line("promote pay --to staging --dry-run --only timeout --only timeout").exits(0);
    assert!(plan.contains("1 change to commit"), "{plan}");
}

#[test]
fn a_policy_that_means_nothing_stops_every_verb() {
    let mut world = shop();
    world.write("terrace.toml", "version = 1\n[promotion]\nnew-keyz = \"ask\"\n");
    world.commit("policy");
    let stderr = "error: terrace.toml:3:1: unknown field `new-keyz`, expected one of `new-keys`, `removals`, `undecided`\nhelp: did you mean `new-keys`?";
    for line in [
        "check",
        "get pay --env staging",
        "set pay timeout 1s --env staging",
        "unset pay timeout --env staging",
        "diff",
        "diff staging production",
        "status",
        "promote pay --to staging",
        "schema infer",
        "migrate x",
    ] {
        world.refuses(line, 2, stderr);
    }
}

#[test]
fn one_broken_file_hides_no_other() {
    let mut world = shop();
    for environment in ["development", "staging"] {
        world.write(&format!("environments/{environment}/broken.yaml"), "a: 1\npassword: \"hunter2\nb: [\n");
    }
    world.line("set pay timeout 9s --env development").exits(0);
    world.commit("broken");
    let place = "environments/development/broken.yaml:2:11: ";
    for (line, code, shown) in [
        ("check", 1, "[syntax]"),
        ("diff", 2, "timeout"),
        ("diff development staging", 2, "timeout"),
        ("status", 0, "1 to promote"),
        ("list", 0, "pay"),
        ("promote pay --to staging --dry-run", 0, "5s → 9s"),
        (
            "promote --all --to staging --dry-run",
            0,
            "broken   left alone: environments/development/broken.yaml:2:11: ",
        ),
        ("schema infer", 2, "schemas/pay.schema.json"),
    ] {
        let output = world.line(line);
        assert_eq!(output.code, code, "{line}: {}", output.told());
        assert!(output.stdout.contains(shown), "{line}: {}", output.told());
        assert!(!output.told().contains("hunter2"), "{line}: {}", output.told());
    }
    for line in [
        "promote pay broken --to staging --yes",
        "get broken a --env development",
        "set broken a 2 --env development",
    ] {
        let (before, output) = (world.state(), world.line(line));
        assert_eq!(
            (output.code, output.stderr.starts_with(&format!("error: {place}"))),
            (2, true),
            "{}",
            output.told()
        );
        assert_eq!(world.state(), before);
    }
}

#[test]
fn places_without_a_repository_or_a_commit() {
    let none = World::bare_ground();
    for verb in [
        "list",
        "check",
        "diff",
        "status",
        "get a --env staging",
        "promote a --to staging",
        "schema infer",
        "migrate x",
    ] {
        let stderr = format!(
            "error: {} is in no git repository\nhelp: run `terrace init` to lay one out here, or name a folder with `-C DIR`",
            none.dir.display()
        );
        let output = none.line(verb);
        assert_eq!((output.code, output.stderr.trim_end()), (2, stderr.as_str()), "{verb}");
    }
    let unborn = World::unborn();
    let no_commit = "error: the repository has no commit yet\nhelp: commit the configuration first: git add -A && git commit";
    for verb in ["status", "promote a --to staging", "migrate x"] {
        unborn.refuses(verb, 2, no_commit);
    }
    let hook = unborn.line("check --staged --since HEAD");
    assert_eq!(hook.exits(0), "0 items in 0 environments: no findings\n");
    let nothing = "error: there is no configuration here: neither files in `environments/` nor `terrace.toml`\nhelp: run `terrace init` to lay one out, or say where it is with -C DIR";
    for verb in ["check", "check --staged", "list", "diff"] {
        unborn.refuses(verb, 2, nothing);
    }
    unborn.write("environments/staging/a.yaml", "a: 1\n");
    assert_eq!(unborn.line("list").exits(0), "a  staging\n");
    unborn.refuses("set a a 2 --env staging --commit", 2, no_commit);
    unborn.line("set a a 2 --env staging").exits(0);
    assert_eq!(unborn.read("environments/staging/a.yaml"), "a: 2\n");
}

#[test]
fn bare_repositories_are_read_and_committed_to() {
    let mut world = shop();
    world.line("set pay timeout 9s --env development").exits(0);
    world.commit("longer");
    world.git(&["clone", "--quiet", "--bare", ".", world.beside("bare").to_str().expect("a path")]);
    world.dir = world.beside("bare");
    assert_eq!(world.line("list").exits(0), "pay  development, staging, production\n");
    assert_eq!(world.line("get pay timeout --env development").exits(0), "9s\n");
    for (line, stderr) in [
        (
            "set pay timeout 1s --env staging",
            "error: a bare repository has no working tree\nhelp: commit directly: --commit",
        ),
        (
            "schema infer",
            "error: a bare repository has no working tree\nhelp: infer schemas in a clone and commit them",
        ),
        (
            "migrate x",
            "error: there is no x\nhelp: name a file or a folder of this repository; without one, \
             `terrace migrate` lists candidates",
        ),
        ("list --staged", "error: a bare repository has no index\nhelp: name a commit: --at REV"),
    ] {
        let output = world.line(line);
        assert_eq!((output.code, output.stderr.trim_end()), (2, stderr), "{line}");
    }
    world.line("promote pay --to staging --yes").exits(0);
    assert_eq!(world.line("get pay timeout --env staging").exits(0), "9s\n");
    world.line("set pay timeout 1s --env production --commit").exits(0);
    assert_eq!(world.git(&["show", "HEAD:environments/production/pay.yaml"]).matches("1s").count(), 1);
}

#[test]
fn an_index_that_others_complete_says_how_it_is_made_whole() {
    let mut world = shop();
    world.line("set pay timeout 9s --env development").exits(0);
    world.commit("longer");
    world.git(&["update-index", "--split-index"]);
    world.write("new.txt", "a\n");
    world.git(&["add", "new.txt"]);
    for line in ["status", "check --staged", "promote pay --to staging --yes"] {
        let said = world.line(line);
        assert_eq!(said.code, 2, "{line}: {}", said.told());
        assert!(said.stderr.contains(".git/index cannot be read: most of its entries are in another file"));
        assert!(said.stderr.contains("`git update-index --no-split-index`"), "{line}: {}", said.told());
    }
    world.git(&["update-index", "--no-split-index"]);
    world.line("promote pay --to staging --yes").exits(0);
    assert_eq!(world.git(&["status", "--porcelain"]), "A  new.txt\n");
}

/// Who judges commits tells of an item that only the work tree has.
#[test]
fn an_item_that_is_yet_to_be_committed_is_told_as_such() {
    let mut world = shop();
    let file = "environments/staging/fresh.yaml";
    world.write(file, "a: 1\n");
    for line in [
        "promote fresh --to production --dry-run",
        "status fresh",
        "log fresh",
        "blame fresh --env staging",
        "rollback fresh --env staging",
        "hold fresh a --env staging --reason later",
    ] {
        let said = world.line(line);
        let help = format!("help: {file} is not committed; what is judged here are commits\n");
        assert_eq!(said.code, 2, "{line}: {said:?}");
        assert!(said.stderr.starts_with("error: there is no item `fresh` in "), "{line}: {said:?}");
        assert!(said.stderr.ends_with(&help), "{line}: {said:?}");
    }
    // Of another environment's nothing is said, nor of what HEAD has where an older commit is asked.
    let silent = |world: &World, line: &str| {
        let said = world.line(line);
        assert!(said.code == 2 && !said.stderr.contains("not committed"), "{line}: {said:?}");
    };
    for line in ["log fresh --env production", "blame fresh --env production"] {
        silent(&world, line);
    }
    world.commit("a new item");
    world.write(file, "a: 2\n");
    for line in ["log fresh --at HEAD~1", "blame fresh --env staging --at HEAD~1"] {
        silent(&world, line);
    }
}

#[test]
fn what_stands_in_the_way_of_a_commit() {
    let mut world = shop();
    world.line("set pay timeout 9s --env development").exits(0);
    world.commit("longer");
    let both = |world: &World, stderr: &str| {
        for line in ["promote pay --to staging --dry-run", "promote pay --to staging --yes"] {
            world.refuses(line, 2, stderr);
        }
    };
    let target = "environments/staging/pay.yaml";
    let clean = world.read(target);
    world.write(target, &format!("{clean}# mine\n"));
    both(
        &world,
        &format!("error: {target} has changes that are not committed\nhelp: commit or stash them first"),
    );
    world.git(&["add", target]);
    both(
        &world,
        &format!(
            "error: {target} has staged changes that are not committed\nhelp: commit them first, or take them back with git restore --staged"
        ),
    );
    world.git(&["reset", "--quiet", "--hard"]);
    world.git(&["checkout", "--quiet", "--detach"]);
    both(
        &world,
        "error: HEAD is detached: no branch is checked out\nhelp: check out a branch, or name one with --branch",
    );
    world.git(&["checkout", "--quiet", "main"]);
    std::fs::write(world.dir.join(".git/MERGE_HEAD"), world.git(&["rev-parse", "HEAD"])).expect("a file");
    both(&world, "error: a merge is in progress\nhelp: finish it first: git commit, or git merge --abort");
    std::fs::remove_file(world.dir.join(".git/MERGE_HEAD")).expect("gone");
    // Other people's work elsewhere is no hindrance, and stays.
    world.write("environments/production/pay.yaml", "dirty: true\n");
    world.write("notes.txt", "untracked\n");
    let output = world.line("promote pay --to staging --yes");
    assert_eq!(output.code, 0, "{}", output.told());
    assert_eq!(world.git(&["status", "--porcelain"]), " M environments/production/pay.yaml\n?? notes.txt\n");
    // A source that is not committed is not seen, and that is said.
    world.git(&["reset", "--quiet", "--hard"]);
    world.line("set pay timeout 11s --env development").exits(0);
    let output = world.line("promote pay --to staging --yes");
    assert_eq!(
        output.stderr,
        "note: environments/development/pay.yaml has changes that are not committed; a promotion takes what is committed\n"
    );
    assert!(output.stdout.ends_with("nothing to do\n"), "{}", output.told());
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let mut world = shop();
    world.line("set pay timeout 9s --env development").exits(0);
    world.commit("longer");
    let from = format!("file://{}", world.dir.display());
    world.git(&["clone", "--quiet", "--depth=1", &from, world.beside("shallow").to_str().expect("a path")]);
    world.dir = world.beside("shallow");
    let status = world.line("status");
    assert_eq!(
        status.stderr,
        "note: the history of this clone is cut off; fetch the rest: git fetch --unshallow\n"
    );
    let output = world.line("promote pay --to staging --yes");
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (
            3,
            "error: 3 paths cannot be judged, because the history is cut off\nhelp: fetch the rest: git fetch --unshallow; in GitHub Actions check out with `fetch-depth: 0`, in GitLab CI set GIT_DEPTH to 0\n"
        )
    );
    world.git(&["fetch", "--quiet", "--unshallow"]);
    world.line("promote pay --to staging --yes").exits(0);
    assert!(world.read("environments/staging/pay.yaml").contains("timeout: 9s"));
}
