//! Every refusal comes before the first write: HEAD, index and files stay byte by byte.

use std::process::Command;
use std::time::Duration;

use terrace::model::{BlobId, ErrorKind};
use terrace::store::transaction::{self, Options, Transaction};

use super::world::{World, options};

const PAYMENTS: &str = "environments/production/payments.yaml";
const NEW: &str = "environments/production/billing/invoices.yaml";

/// Everything that a refusal must not change.
#[derive(PartialEq, Eq)]
struct Everything {
    head: Option<String>,
    references: String,
    index: Option<Vec<u8>>,
    files: Vec<(String, Vec<u8>)>,
}

fn everything(world: &World) -> Everything {
    let references = world.git(&["for-each-ref"]);
    Everything { head: world.head(), references, index: world.index(), files: world.files() }
}

fn unlink(world: &World, path: &str) {
    std::fs::remove_file(world.path(path)).expect("removed");
}

fn break_index(world: &World) {
    let mut bytes = world.index().expect("an index");
    bytes[40] ^= 1;
    std::fs::write(world.path(".git/index"), bytes).expect("written");
}

struct Case {
    name: &'static str,
    prepare: fn(&World),
    files: &'static [(&'static str, Option<&'static str>)],
    kind: ErrorKind,
    /// What the message says, apart from its beginning.
    says: &'static str,
}

const CHANGE: &[(&str, Option<&str>)] = &[("notes.txt", Some("z\n")), (PAYMENTS, Some("size: 40\n"))];
const CREATE: &[(&str, Option<&str>)] = &[("notes.txt", Some("z\n")), (NEW, Some("a: 1\n"))];
const DELETE: &[(&str, Option<&str>)] = &[("notes.txt", Some("z\n")), (PAYMENTS, None)];

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { name: "unsaved", prepare: |w| w.write(PAYMENTS, "size: 12\n"), files: CHANGE, kind: ErrorKind::State,
           says: "environments/production/payments.yaml has changes that are not committed" },
    Case { name: "unsaved, deleted by us", prepare: |w| w.write(PAYMENTS, "size: 12\n"), files: DELETE,
           kind: ErrorKind::State, says: "environments/production/payments.yaml has changes that are not committed" },
    Case { name: "staged", prepare: |w| { w.write(PAYMENTS, "size: 12\n"); w.git(&["add", PAYMENTS]); w.write(PAYMENTS, "size: 10\n"); },
           files: CHANGE, kind: ErrorKind::State, says: "has staged changes that are not committed" },
    Case { name: "staged mode", prepare: |w| { w.git(&["update-index", "--chmod=+x", PAYMENTS]); },
           files: CHANGE, kind: ErrorKind::State, says: "has staged changes" },
    Case { name: "staged deletion", prepare: |w| { w.git(&["rm", "-q", "--cached", PAYMENTS]); },
           files: CHANGE, kind: ErrorKind::State, says: "has staged changes" },
    Case { name: "deleted in the work tree", prepare: |w| unlink(w, PAYMENTS),
           files: CHANGE, kind: ErrorKind::State, says: "is deleted in the work tree" },
    Case { name: "untracked", prepare: |w| w.write(NEW, "mine: 1\n"), files: CREATE, kind: ErrorKind::State,
           says: "invoices.yaml exists, but git does not know it" },
    Case { name: "staged new", prepare: |w| { w.write(NEW, "mine: 1\n"); w.git(&["add", NEW]); }, files: CREATE,
           kind: ErrorKind::State, says: "has staged changes" },
    Case { name: "intent to add", prepare: |w| { w.write(NEW, ""); w.git(&["add", "-N", NEW]); }, files: CREATE,
           kind: ErrorKind::State, says: "has staged changes" },
    Case { name: "a folder in the way", prepare: |w| w.write(&format!("{NEW}/x"), ""), files: CREATE,
           kind: ErrorKind::State, says: "invoices.yaml is a folder" },
    Case { name: "a file for a folder", prepare: |w| w.write("environments/production/billing", ""), files: CREATE,
           kind: ErrorKind::State, says: "environments/production/billing is a file, not a folder" },
    Case { name: "a staged file for a folder", files: CREATE, kind: ErrorKind::State, says: "has staged changes",
           prepare: |w| { w.write("environments/production/billing", ""); w.git(&["add", "environments/production/billing"]);
                          unlink(w, "environments/production/billing"); } },
    Case { name: "committed file for a folder", files: &[("notes.txt/x", Some(""))], prepare: |_| (), kind: ErrorKind::State,
           says: "notes.txt is not a folder" },
    Case { name: "a merge conflict", files: CHANGE, kind: ErrorKind::State, says: "a merge is in progress",
           prepare: |w| { branch_off(w); w.try_git(&["merge", "other"]); } },
    Case { name: "a merge elsewhere", files: &[("notes.txt", Some("z\n"))], kind: ErrorKind::State, says: "a merge is in progress",
           prepare: |w| { branch_off(w); w.try_git(&["merge", "other"]); } },
    Case { name: "a rebase", files: &[("notes.txt", Some("z\n"))], kind: ErrorKind::State, says: "HEAD is detached",
           prepare: |w| { branch_off(w); w.try_git(&["rebase", "other"]); } },
    Case { name: "a cherry-pick", files: &[("notes.txt", Some("z\n"))], kind: ErrorKind::State, says: "a cherry-pick is in progress",
           prepare: |w| { branch_off(w); w.try_git(&["cherry-pick", "other"]); } },
    Case { name: "a revert", files: &[("notes.txt", Some("z\n"))], kind: ErrorKind::State, says: "a revert is in progress",
           prepare: |w| { w.git(&["revert", "--no-commit", "HEAD"]); w.git(&["reset", "-q", "--", "."]); w.git(&["checkout", "-q", "."]); } },
    Case { name: "a bisection", files: &[("notes.txt", Some("z\n"))], kind: ErrorKind::State, says: "a bisect is in progress",
           prepare: |w| { w.git(&["bisect", "start"]); } },
    Case { name: "detached", files: CHANGE, kind: ErrorKind::State, says: "HEAD is detached",
           prepare: |w| { w.git(&["checkout", "-q", "--detach"]); } },
    Case { name: "filter", files: CHANGE, kind: ErrorKind::State, says: "payments.yaml goes through the filter `lfs`",
           prepare: |w| w.write(".gitattributes", "*.yaml filter=lfs diff=lfs -text\n") },
    Case { name: "git-crypt below", files: CREATE, kind: ErrorKind::State, says: "goes through the filter `git-crypt`",
           prepare: |w| w.write("environments/.gitattributes", "production/** filter=git-crypt\n") },
    Case { name: "ident", files: CHANGE, kind: ErrorKind::State, says: "has the attribute `ident`",
           prepare: |w| w.write(".git/info/attributes", "*.yaml ident\n") },
    Case { name: "encoding", files: CHANGE, kind: ErrorKind::State, says: "has the working-tree-encoding `UTF-16`",
           prepare: |w| w.write(".gitattributes", "*.yaml working-tree-encoding=UTF-16\n") },
    Case { name: "outside", files: &[("../x", Some(""))], prepare: |_| (), kind: ErrorKind::Usage,
           says: "`../x` is not a path inside the repository" },
    Case { name: "git's own", files: &[(".git/hooks/post-commit", Some(""))], prepare: |_| (), kind: ErrorKind::Usage,
           says: "is not a path inside the repository" },
    Case { name: "split index", files: CHANGE, kind: ErrorKind::State, says: ".git/index cannot be read",
           prepare: |w| { w.git(&["update-index", "--split-index"]); } },
    Case { name: "sparse index", files: CHANGE, kind: ErrorKind::State, says: ".git/index cannot be read",
           prepare: |w| { w.write("else/where/x", ""); w.git(&["add", "."]); w.git(&["commit", "-qm", "more"]);
                          w.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "environments/production"]); } },
    Case { name: "broken index", files: CHANGE, kind: ErrorKind::State, says: ".git/index cannot be read",
           prepare: break_index },
    Case { name: "busy index", files: CHANGE, kind: ErrorKind::Busy, says: "another git process holds",
           prepare: |w| w.write(".git/index.lock", "") },
    Case { name: "busy branch", files: CHANGE, kind: ErrorKind::Busy, says: "another git process holds",
           prepare: |w| w.write(".git/refs/heads/main.lock", "") },
    Case { name: "a newer journal", files: CHANGE, kind: ErrorKind::State, says: ".git/terrace/journal cannot be read",
           prepare: |w| w.write(".git/terrace/journal", "{\"version\": 2}") },
];

/// Two branches that changed the same line.
fn branch_off(world: &World) {
    world.git(&["checkout", "-qb", "other"]);
    world.write(PAYMENTS, "size: 20\n");
    world.git(&["commit", "-qam", "other"]);
    world.git(&["checkout", "-q", "main"]);
    world.write(PAYMENTS, "size: 30\n");
    world.git(&["commit", "-qam", "ours"]);
}

#[test]
fn refusals_come_before_the_first_write() {
    let options = Options { wait: Duration::from_millis(50), ..options() };
    for case in CASES {
        let world = World::new();
        (case.prepare)(&world);
        let before = everything(&world);
        let error = world.publish(case.files, &options).expect_err(case.name);
        assert_eq!(error.kind(), case.kind, "{}: {error}", case.name);
        assert!(error.message().contains(case.says), "{}: {error}", case.name);
        assert!(error.help().is_some(), "{}: {error}", case.name);
        assert!(!error.message().ends_with('.'), "{}: {error}", case.name);
        assert!(everything(&world) == before, "{}: something changed", case.name);
        let ours = |name: &String| {
            !name.starts_with("refs/heads/main") && !name.starts_with("index") && !name.contains("journal")
        };
        assert_eq!(
            world.litter().into_iter().filter(ours).collect::<Vec<_>>(),
            Vec::<String>::new(),
            "{}",
            case.name
        );
    }
    println!("door: {} refusals, nothing changed by any", CASES.len());
}

#[cfg(unix)]
#[test]
fn no_symbolic_link_is_followed() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a folder");
    let target = outside.path().join("payments.yaml");
    for (link, moved) in [(PAYMENTS, false), ("environments/production", true), ("environments", true)] {
        let world = World::new();
        std::fs::write(&target, "size: 10\n").expect("written");
        if moved {
            std::fs::rename(world.path(link), outside.path().join("moved")).expect("moved");
            symlink(outside.path().join("moved"), world.path(link)).expect("linked");
        } else {
            std::fs::remove_file(world.path(link)).expect("removed");
            symlink(&target, world.path(link)).expect("linked");
        }
        let before = everything(&world);
        for files in [CHANGE, DELETE] {
            let error = world.publish(files, &options()).expect_err(link);
            assert!(error.message().contains(&format!("{link} is a symbolic link")), "{error}");
        }
        let error = transaction::write_work_tree(
            &world.root,
            PAYMENTS,
            Some(b"size: 10\n"),
            b"size: 11\n",
            &options().environment,
        )
        .expect_err(link);
        assert!(error.message().contains(&format!("{link} is a symbolic link")), "{error}");
        assert!(everything(&world) == before, "{link}");
        assert_eq!(std::fs::read_to_string(&target).expect("there"), "size: 10\n");
        let _ = std::fs::remove_dir_all(outside.path().join("moved"));
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_is_committed_is_no_file() {
    let world = World::new();
    std::os::unix::fs::symlink("payments.yaml", world.path("environments/production/link.yaml"))
        .expect("linked");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "a link"]);
    let files = [("environments/production/link.yaml", Some("x: 1\n"))];
    let error = world.publish(&files, &options()).expect_err("refused");
    assert!(error.message().contains("link.yaml is not a regular file"), "{error}");
}

#[test]
fn a_change_decided_on_another_blob_is_retried_later() {
    let world = World::new();
    let mut change = world.change(CHANGE);
    change.files[0].before =
        Some("0123456789012345678901234567890123456789".parse::<BlobId>().expect("an id"));
    let before = everything(&world);
    let mut door = Transaction::open(&world.root, &options()).expect("open");
    let error = door.commit(&change).expect_err("stale");
    drop(door);
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Stale, "notes.txt has changed since it was looked at")
    );
    assert!(everything(&world) == before);
}

#[test]
fn another_terrace_is_waited_for_and_then_reported() {
    let world = World::new();
    let _door = Transaction::open(&world.root, &options()).expect("open");
    let options = Options { wait: Duration::from_millis(50), ..options() };
    let error = world.publish(CHANGE, &options).expect_err("busy");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.message().contains("another terrace is writing to"), "{error}");
}

#[test]
fn a_foreign_lock_is_waited_for() {
    let world = World::new();
    let lock = world.path(".git/index.lock");
    std::fs::write(&lock, "").expect("written");
    let git = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        std::fs::remove_file(lock).expect("still there: nobody else removes it");
    });
    assert!(world.publish(CHANGE, &options()).expect("published").is_some());
    git.join().expect("still there");
}

#[test]
fn folders_that_are_no_repository_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).current_dir(folder.path()).output().expect("git runs");
        assert!(output.status.success());
    };
    git(&["init", "-q", "--object-format=sha256", "sha256"]);
    git(&["init", "-q", "--ref-format=reftable", "reftable"]);
    std::fs::create_dir(folder.path().join("plain")).expect("made");
    for (name, says) in [
        ("sha256", "is a sha256 repository, which terrace cannot open"),
        ("reftable", "keeps its branches as reftable, which terrace cannot open"),
        ("plain", "is not a git repository"),
        ("absent", "is not a git repository"),
    ] {
        let error = Transaction::open(&folder.path().join(name), &options()).expect_err(name);
        assert!(error.message().ends_with(says), "{error}");
        assert!(error.help().is_some());
    }
}

#[test]
fn a_planted_folder_link_is_refused() {
    let world = World::new();
    let outside = world.folder.path().join("outside");
    std::fs::create_dir(&outside).expect("made");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, world.path(".git/terrace")).expect("linked");
        let error = world.publish(CHANGE, &options()).expect_err("refused");
        assert!(error.message().contains(".git/terrace is not a folder"), "{error}");
        assert_eq!(std::fs::read_dir(&outside).expect("there").count(), 0);
    }
}
