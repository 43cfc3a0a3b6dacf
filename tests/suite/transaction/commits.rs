//! What a commit does, and what it leaves alone.

use terrace::model::CommitId;
use terrace::store::transaction::{
    self, Change, Identity, Moment, Options, Outcome, Person, Transaction, write_work_tree,
};

use super::world::{World, options};

const PAYMENTS: &str = "environments/production/payments.yaml";
const SEARCH: &str = "environments/production/search.yaml";

#[test]
fn exactly_the_named_files_change() {
    let world = World::new();
    world.disturb();
    let status = world.git(&["status", "--porcelain"]);
    let staged = world.git(&["diff", "--cached"]);
    let unsaved = world.git(&["diff"]);
    let before = world.files();
    let new = "environments/production/billing/invoices.yaml";
    let files = [(PAYMENTS, Some("size: 40\n")), (new, Some("a: 1\n")), (SEARCH, None)];
    let committed = world.publish(&files, &options()).expect("published").expect("a commit");

    assert_eq!(committed.branch, "main");
    assert!(committed.left_alone.is_empty());
    assert_eq!(Some(committed.commit.to_string()), world.head());
    let names = world.git(&["show", "--format=%s|%an <%ae>|%cn", "--name-status", "HEAD"]);
    let expected =
        format!("change|Tester <tester@example.com>|Tester\n\nA\t{new}\nM\t{PAYMENTS}\nD\t{SEARCH}");
    assert_eq!(names, expected);
    assert_eq!(world.git(&["status", "--porcelain"]), status);
    assert_eq!(world.git(&["diff", "--cached"]), staged);
    assert_eq!(world.git(&["diff"]), unsaved);
    let mut expected = before;
    expected.retain(|(path, _)| path != SEARCH);
    for (path, bytes) in &mut expected {
        if path == PAYMENTS {
            *bytes = b"size: 40\n".to_vec();
        }
    }
    expected.push(("environments/production/billing/".to_owned(), Vec::new()));
    expected.push((new.to_owned(), b"a: 1\n".to_vec()));
    expected.sort();
    assert_eq!(world.files(), expected);
    assert_eq!(world.litter(), Vec::<String>::new());
    world.fsck();
}

#[test]
fn the_same_again_is_nothing_to_do() {
    let world = World::new();
    let files = [(PAYMENTS, Some("size: 40\n")), (SEARCH, Some("boost: 1\n"))];
    assert!(world.publish(&files, &options()).expect("published").is_some());
    assert_eq!(world.git(&["show", "--format=", "--name-only", "HEAD"]), PAYMENTS);
    assert_eq!(world.publish(&files, &options()), Ok(None));
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]), "2");
}

#[test]
fn an_edit_within_the_second_of_the_index_stays_visible() {
    let world = World::new();
    // Same size, same time as the index: only the index's own time makes git read the file again.
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    let date = |path: &str| {
        let file = std::fs::File::options().append(true).open(world.path(path)).expect("open");
        file.set_modified(long_ago).expect("set");
    };
    world.git(&["config", "core.trustctime", "false"]);
    date("notes.txt");
    world.git(&["status"]);
    date(".git/index");
    std::fs::write(world.path("notes.txt"), "two\n").expect("written");
    date("notes.txt");
    world.publish(&[(PAYMENTS, Some("size: 11\n"))], &options()).expect("published");
    assert_eq!(world.git(&["status", "--porcelain"]), " M notes.txt");
}

#[test]
fn a_deleted_file_takes_its_empty_folders_along() {
    let world = World::new();
    world.publish(&[("a/b/c.yaml", Some("x: 1\n"))], &options()).expect("published");
    world.publish(&[("a/b/c.yaml", None)], &options()).expect("published");
    assert!(!world.path("a").exists());
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.fsck();
}

#[cfg(unix)]
#[test]
fn modes_are_kept() {
    use std::fs::{Permissions, set_permissions, symlink_metadata};
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let mode = |path: &str| symlink_metadata(world.path(path)).expect("there").permissions().mode() & 0o7777;
    world.git(&["update-index", "--chmod=+x", SEARCH]);
    world.git(&["commit", "-qm", "executable"]);
    set_permissions(world.path(SEARCH), Permissions::from_mode(0o755)).expect("set");
    set_permissions(world.path(PAYMENTS), Permissions::from_mode(0o640)).expect("set");
    let files = [(PAYMENTS, Some("size: 2\n")), (SEARCH, Some("boost: 2\n"))];
    world.publish(&files, &options()).expect("published");
    assert_eq!((mode(PAYMENTS), mode(SEARCH)), (0o640, 0o755));
    assert!(world.git(&["ls-tree", "HEAD", SEARCH]).starts_with("100755 "));
    assert!(world.git(&["ls-files", "-s", SEARCH]).starts_with("100755 "));
    write_work_tree(&world.root, PAYMENTS, Some(b"size: 2\n"), b"size: 3\n", &options().environment)
        .expect("written");
    assert_eq!(mode(PAYMENTS), 0o640);
    assert_eq!(world.git(&["status", "--porcelain"]), format!(" M {PAYMENTS}"));
}

#[test]
fn author_committer_and_dates_come_from_the_caller() {
    let world = World::new();
    let person = |name: &str, seconds| Person {
        name: Some(name.to_owned()),
        email: None,
        time: Some(Moment { seconds, offset: -90 }),
    };
    let identity = Identity { author: person("Ann", 1_700_000_000), committer: person("Bob", 1_700_000_100) };
    let options = Options { identity, ..options() };
    world.publish(&[(PAYMENTS, Some("size: 2\n"))], &options).expect("published");
    let told = world.git(&["log", "-1", "--format=%an <%ae> %ad|%cn %ct", "--date=iso"]);
    assert_eq!(told, "Ann <tester@example.com> 2023-11-14 20:43:20 -0130|Bob 1700000100");
    let reflog = world.git(&["reflog", "-2", "--format=%gn %gs"]);
    assert_eq!(reflog, "Bob terrace: change\nTester commit (initial): begin");
    assert_eq!(world.git(&["reflog", "main", "-1", "--format=%gs"]), "terrace: change");
}

/// Publishes a change that rests on the search item while others push `pushes` times.
fn beside(
    world: &World,
    pushed: &str,
    pushes: usize,
    shown: bool,
) -> (terrace::Result<Option<usize>>, usize) {
    let mut asked = 0;
    let decide = |asked: &mut usize| {
        *asked += 1;
        let change = world.change(&[(PAYMENTS, Some("size: 2\n"))]);
        let change = Change { rests_on: vec![SEARCH.to_owned()], ..change };
        if *asked <= pushes {
            // Between the decision and the swap.
            world.pushed(pushed, &format!("boost: {asked}0\n"));
        }
        (change, *asked)
    };
    let first = shown.then(|| decide(&mut asked));
    let published = transaction::publish(&world.root, &options(), first, |_| Ok(Some(decide(&mut asked))));
    (published.map(|made| made.map(|(_, kept)| kept)), asked)
}

#[test]
fn what_a_decision_rests_on_says_whether_it_is_made_anew() {
    for (pushed, pushes, expected) in [(SEARCH, 2, 3), (SEARCH, 5, 6), ("other.yaml", 1, 1)] {
        for shown in [false, true] {
            let world = World::new();
            let (published, asked) = beside(&world, pushed, pushes, shown);
            assert_eq!((published, asked), (Ok(Some(expected)), expected), "{pushed} {pushes} {shown}");
            let log = format!("change\n{}begin", "pushed\n".repeat(pushes));
            assert_eq!(world.git(&["log", "--format=%s"]), log);
            assert_eq!(world.read(PAYMENTS).as_deref(), Some("size: 2\n"));
        }
    }
}

#[test]
fn what_was_shown_is_committed_or_nothing() {
    let world = World::new();
    let shown = world.change(&[(PAYMENTS, Some("size: 2\n"))]);
    world.pushed(PAYMENTS, "size: 3\n");
    let other = |_: Option<&CommitId>| Ok(Some((world.change(&[(PAYMENTS, Some("size: 4\n"))]), ())));
    let published = transaction::publish(&world.root, &options(), Some((shown, ())), other);
    assert_eq!(published.expect_err("another plan").kind(), terrace::model::ErrorKind::Stale);
    assert_eq!(world.git(&["log", "--format=%s"]), "pushed\nbegin");
    assert_eq!(world.litter(), Vec::<String>::new());
}

#[test]
fn a_head_that_never_rests_is_retried_later() {
    let world = World::new();
    let (published, _) = beside(&world, SEARCH, usize::MAX, false);
    assert_eq!(published.expect_err("moved").kind(), terrace::model::ErrorKind::Busy);
    assert_eq!(world.litter(), Vec::<String>::new());
}

#[test]
fn a_file_saved_meanwhile_is_left_alone_and_told() {
    let world = World::new();
    let mut door = Transaction::open(&world.root, &options()).expect("open");
    let change = world.change(&[(PAYMENTS, Some("size: 2\n")), (SEARCH, Some("boost: 2\n"))]);
    // The refusals see a clean file; the editor saves while the branch is locked by somebody's git.
    std::fs::write(world.path(".git/refs/heads/main.lock"), "").expect("locked");
    let editor = std::thread::spawn({
        let (lock, file) = (world.path(".git/refs/heads/main.lock"), world.path(PAYMENTS));
        let journal = world.path(".git/terrace/journal");
        move || {
            while !journal.exists() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            std::fs::write(file, "size: 99 # mine\n").expect("saved");
            std::fs::remove_file(lock).expect("unlocked");
        }
    });
    let outcome = door.commit(&change).expect("committed");
    door.close().expect("closed");
    editor.join().expect("saved");
    let Outcome::Committed(committed) = outcome else { panic!("{outcome:?}") };
    assert_eq!(committed.left_alone, [PAYMENTS]);
    assert_eq!(world.read(PAYMENTS).as_deref(), Some("size: 99 # mine\n"));
    assert_eq!(world.read(SEARCH).as_deref(), Some("boost: 2\n"));
    assert_eq!(world.git(&["status", "--porcelain"]), format!(" M {PAYMENTS}"));
}

#[test]
fn the_work_tree_is_written_only_over_what_was_read() {
    let world = World::new();
    write_work_tree(&world.root, "new/deep/file.yaml", None, b"a: 1\n", &options().environment)
        .expect("written");
    assert_eq!(world.read("new/deep/file.yaml").as_deref(), Some("a: 1\n"));
    write_work_tree(&world.root, PAYMENTS, Some(b"size: 10\n"), b"size: 11\n", &options().environment)
        .expect("written");
    for (path, before) in [(PAYMENTS, Some(&b"size: 10\n"[..])), (PAYMENTS, None), ("absent", Some(b"x"))] {
        let error = write_work_tree(&world.root, path, before, b"never\n", &options().environment)
            .expect_err("changed");
        assert_eq!(error.kind(), terrace::model::ErrorKind::Stale, "{error}");
    }
    assert_eq!(world.read(PAYMENTS).as_deref(), Some("size: 11\n"));
    assert_eq!(world.read("absent"), None);
    assert_eq!(world.litter(), Vec::<String>::new());
}
