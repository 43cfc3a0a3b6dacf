//! Line endings: git itself would have written the same file and the same blob.

use super::world::{World, options};

const FILE: &str = "environments/production/payments.yaml";

/// Attributes and configuration, as far as they are set.
struct Case {
    attributes: &'static str,
    autocrlf: &'static str,
    eol: &'static str,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let attributes = [
        "",
        "*.yaml text",
        "*.yaml -text",
        "*.yaml text=auto",
        "*.yaml eol=crlf",
        "*.yaml eol=lf",
        "*.yaml text=auto eol=crlf",
        "*.yaml text=auto eol=lf",
        "*.yaml text eol=crlf",
        "*.yaml binary",
        "*.yaml crlf",
        "*.yaml -crlf",
        "*.yaml crlf=input",
        "*.yaml text=input",
    ];
    for attributes in attributes {
        for autocrlf in ["false", "true", "input"] {
            for eol in ["lf", "crlf"] {
                cases.push(Case { attributes, autocrlf, eol });
            }
        }
    }
    cases
}

/// The old blob as it was once committed, without regard to attributes.
const OLD: [&str; 3] = ["size: 1\nname: a\n", "size: 1\r\nname: a\r\n", "size: 1\r\nname: a\n"];

/// The new content as the decision has it.
const NEW: [&str; 4] =
    ["size: 2\nname: a\n", "size: 2\r\nname: a\r\n", "size: 2\r\nname: a\n", "size: 2\rx\n"];

#[test]
fn files_and_blobs_are_as_git_would_write_them() {
    let compared: usize = std::thread::scope(|scope| {
        let all: Vec<_> = OLD.iter().map(|old| scope.spawn(|| compare_all(old))).collect();
        all.into_iter().map(|it| it.join().expect("equal")).sum()
    });
    println!("door: {compared} conversions, each as git does it");
    assert!(compared > 900);
}

/// The path of the file that gets the n-th new content.
fn path(n: usize) -> String {
    format!("environments/production/payments-{n}.yaml")
}

fn compare_all(old: &str) -> usize {
    let world = World::empty();
    // Written as a blob, so that the repository holds exactly these bytes.
    world.write("old", old);
    let blob = world.git(&["hash-object", "-w", "--no-filters", "old"]);
    std::fs::remove_file(world.path("old")).expect("removed");
    for n in 0..NEW.len() {
        world.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{}", path(n))]);
    }
    world.git(&["commit", "-qm", "old"]);
    let base = world.head().expect("a commit");
    let mut compared = 0;
    for case in cases() {
        world.git(&["config", "core.autocrlf", case.autocrlf]);
        world.git(&["config", "core.eol", case.eol]);
        world.write(".git/info/attributes", case.attributes);
        compared += compare(&world, &base, &case);
    }
    compared
}

/// Commits by the door, then has git do the same from the start.
fn compare(world: &World, base: &str, case: &Case) -> usize {
    let Case { attributes, autocrlf, eol } = case;
    let told = format!("{attributes:?} autocrlf={autocrlf} eol={eol}");
    fresh_checkout(world, base);
    let shown = files(world);
    let paths: Vec<_> = (0..NEW.len()).map(path).collect();
    let change: Vec<_> = paths.iter().zip(NEW).map(|(path, new)| (path.as_str(), Some(new))).collect();
    let published = world.publish(&change, &options());
    published.unwrap_or_else(|error| panic!("{told}: {error}")).expect("one of them changes");
    let (blobs, written) = (blobs(world, "HEAD"), files(world));
    // Git's own status sees nothing to do, even when it compares contents.
    assert_eq!(world.git(&["status", "--porcelain"]), "", "{told}");
    let committed = world.head().expect("a commit");
    let changed = world.git(&["diff", "--name-only", base, "HEAD"]);
    // Git writes these files from these blobs; a file whose blob stays is not written at all.
    fresh_checkout(world, &committed);
    for (n, file) in files(world).into_iter().enumerate() {
        let expected = if changed.contains(&path(n)) { &file } else { &shown[n] };
        assert_eq!(&written[n], expected, "{told}: the file of {:?}", NEW[n]);
    }
    // Git makes these blobs of the new contents, over the same old ones.
    fresh_checkout(world, base);
    for (path, new) in paths.iter().zip(NEW) {
        world.write(path, new);
    }
    world.git(&["add", "."]);
    assert_eq!(self::blobs(world, ""), blobs, "{told}: the blobs of {NEW:?}");
    NEW.len()
}

fn files(world: &World) -> Vec<Option<String>> {
    (0..NEW.len()).map(|n| world.read(&path(n))).collect()
}

fn blobs(world: &World, revision: &str) -> String {
    let names: Vec<_> = (0..NEW.len()).map(|n| format!("{revision}:{}", path(n))).collect();
    let mut arguments = vec!["rev-parse"];
    arguments.extend(names.iter().map(String::as_str));
    world.git(&arguments)
}

fn fresh_checkout(world: &World, commit: &str) {
    let _ = std::fs::remove_dir_all(world.path("environments"));
    world.git(&["reset", "-q", "--hard", commit]);
}

#[test]
fn an_edit_that_only_changes_line_endings_is_no_change() {
    let world = World::new();
    world.write(".git/info/attributes", "*.yaml text eol=crlf\n");
    assert_eq!(world.publish(&[(FILE, Some("size: 10\r\n"))], &options()), Ok(None));
}
