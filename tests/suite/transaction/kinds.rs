//! Repositories of every kind, and what their configuration may not do.

use std::process::Command;

use terrace::model::{ErrorKind, Result};
use terrace::store::transaction::{Committed, Options, Transaction};

use super::child::Task;
use super::world::{World, options};

const PAYMENTS: &str = "environments/production/payments.yaml";
const NEW: &str = "environments/production/eu/billing/invoices.yaml";
const CHANGE: &[(&str, Option<&str>)] = &[(PAYMENTS, Some("size: 40\n")), (NEW, Some("a: 1\n"))];

fn on_branch(world: &World, branch: &str) -> Result<Option<Committed>> {
    let options = Options { branch: Some(branch.to_owned()), ..options() };
    world.publish(CHANGE, &options)
}

/// The files of the last commit of a branch.
fn changed(world: &World, branch: &str) -> String {
    world.git(&["show", "--format=", "--name-only", branch])
}

#[test]
fn the_first_commit() {
    let world = World::empty();
    world.write("mine.txt", "x\n");
    world.git(&["add", "mine.txt"]);
    assert_eq!(Transaction::open(&world.root, &options()).expect("open").head(), Ok(None));
    world.publish(&[(NEW, Some("a: 1\n"))], &options()).expect("published").expect("a commit");
    assert_eq!(world.git(&["log", "--format=%s"]), "change");
    assert_eq!(world.git(&["ls-tree", "-r", "--name-only", "HEAD"]), NEW);
    assert_eq!(world.git(&["status", "--porcelain"]), "A  mine.txt");
    world.fsck();
}

#[test]
fn another_branch_leaves_work_tree_and_index() {
    let world = World::new();
    world.disturb();
    world.write(PAYMENTS, "size: 12 # mine, not staged\n");
    let (files, index, head) = (world.files(), world.index(), world.head());
    let committed = on_branch(&world, "promote/payments").expect("published").expect("a commit");
    assert_eq!(committed.branch, "promote/payments");
    assert_eq!(changed(&world, "promote/payments"), format!("{NEW}\n{PAYMENTS}"));
    assert_eq!(world.git(&["rev-parse", "promote/payments^"]), head.clone().expect("a head"));
    // The branch has a tip of its own now, and that is what is decided on.
    let options = Options { branch: Some("promote/payments".to_owned()), ..options() };
    assert_eq!(Transaction::open(&world.root, &options).expect("open").head(), Ok(Some(committed.commit)));
    assert!(world.files() == files && world.index() == index && world.head() == head);
    let reflog = world.git(&["reflog", "promote/payments", "--format=%gs"]);
    assert_eq!(reflog, "terrace: change");
    assert_eq!(world.git(&["reflog", "-1", "--format=%gs"]), "commit (initial): begin");
    world.fsck();
}

#[test]
fn another_branch_is_fine_while_head_is_detached_or_a_merge_goes_on() {
    let world = World::new();
    world.git(&["checkout", "-q", "--detach"]);
    assert!(on_branch(&world, "one").expect("published").is_some());
    world.write(".git/MERGE_HEAD", &world.head().expect("a head"));
    assert!(on_branch(&world, "two").expect("published").is_some());
}

#[test]
fn names_that_cannot_be_branches_are_refused() {
    let world = World::new();
    world.git(&["branch", "taken"]);
    world.git(&["branch", "packed/below"]);
    world.git(&["pack-refs", "--all"]);
    world.git(&["worktree", "add", "-q", "-b", "elsewhere", "../elsewhere"]);
    let before = world.git(&["for-each-ref"]);
    for (name, says) in [
        ("taken/below", "branch taken/below cannot be made beside branch taken"),
        ("packed", "branch packed cannot be made beside branch packed/below"),
        ("main/below", "branch main/below cannot be made beside branch main"),
        ("elsewhere", "branch elsewhere is checked out in another work tree"),
        ("a..b", "`a..b` is not a name for a branch"),
        ("-x", "`-x` is not a name for a branch"),
        ("", "`` is not a name for a branch"),
    ] {
        let error = on_branch(&world, name).expect_err(name);
        assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, says));
        assert!(error.help().is_some());
    }
    assert_eq!(world.git(&["for-each-ref"]), before);
    assert_eq!(world.litter(), Vec::<String>::new());
    // The checked-out branch by its name is the checked-out branch.
    assert!(on_branch(&world, "main").expect("published").is_some());
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn packed_branches_move_and_deleted_ones_leave_no_trap() {
    let world = World::new();
    world.git(&["branch", "old/name"]);
    world.git(&["pack-refs", "--all"]);
    assert!(!world.path(".git/refs/heads/main").exists());
    world.publish(CHANGE, &options()).expect("published").expect("a commit");
    world.git(&["branch", "-D", "old/name"]);
    std::fs::create_dir_all(world.path(".git/refs/heads/old/empty")).expect("made");
    std::fs::create_dir_all(world.path(".git/logs/refs/heads/old/empty")).expect("made");
    world
        .publish(&[(PAYMENTS, Some("size: 41\n"))], &Options { branch: Some("old".into()), ..options() })
        .expect("published")
        .expect("a commit");
    assert_eq!(changed(&world, "old"), PAYMENTS);
    world.git(&["pack-refs", "--all", "--prune"]);
    world.fsck();
}

#[test]
fn a_branch_that_is_another_name_moves_the_other() {
    let world = World::new();
    world.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    world.git(&["symbolic-ref", "HEAD", "refs/heads/alias"]);
    let committed = world.publish(CHANGE, &options()).expect("published").expect("a commit");
    assert_eq!(committed.branch, "main");
    assert_eq!(world.git(&["symbolic-ref", "refs/heads/alias"]), "refs/heads/main");
    assert_eq!(world.git(&["rev-parse", "main"]), committed.commit.as_str());
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_bare_repository_has_only_commits() {
    let mut world = World::new();
    let bare = world.folder.path().join("bare.git");
    world.git(&["clone", "-q", "--bare", ".", &bare.to_string_lossy()]);
    world.root = bare;
    world.git(&["config", "user.name", "Tester"]);
    world.git(&["config", "user.email", "tester@example.com"]);
    let committed = world.publish(CHANGE, &options()).expect("published").expect("a commit");
    assert_eq!(committed.branch, "main");
    assert_eq!(changed(&world, "main"), format!("{NEW}\n{PAYMENTS}"));
    assert!(!world.path("index").exists() && !world.path("environments").exists());
    world.fsck();
    // Its attributes are those of the commit.
    let files = [(".gitattributes", Some("*.yaml filter=lfs\n"))];
    world.publish(&files, &options()).expect("published").expect("a commit");
    let error = world.publish(&[(PAYMENTS, Some("size: 1\n"))], &options()).expect_err("refused");
    assert!(error.message().contains("goes through the filter `lfs`"), "{error}");
}

#[test]
fn a_linked_work_tree_keeps_to_itself() {
    let mut world = World::new();
    world.git(&["worktree", "add", "-q", "-b", "linked", "../linked"]);
    let (files, index, head) = (world.files(), world.index(), world.head());
    let main = std::mem::replace(&mut world.root, world.folder.path().join("linked"));
    world.disturb();
    let status = world.git(&["status", "--porcelain"]);
    let committed = world.publish(CHANGE, &options()).expect("published").expect("a commit");
    assert_eq!(committed.branch, "linked");
    assert_eq!(world.git(&["status", "--porcelain"]), status);
    assert_eq!(world.git(&["reflog", "-1", "--format=%gs"]), "terrace: change");
    world.root = main;
    assert!(world.files() == files && world.index() == index && world.head() == head);
    assert_eq!(world.git(&["reflog", "-1", "--format=%gs"]), "commit (initial): begin");
    world.fsck();
}

#[test]
fn a_sparse_checkout_stays_sparse() {
    let world = World::new();
    world.write("else/where.yaml", "a: 1\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "more"]);
    world.git(&["sparse-checkout", "set", "--cone", "--no-sparse-index", "else"]);
    assert_eq!(world.read(PAYMENTS), None);
    let files = [(PAYMENTS, Some("size: 40\n")), ("else/where.yaml", Some("a: 2\n"))];
    let committed = world.publish(&files, &options()).expect("published").expect("a commit");
    assert_eq!(committed.left_alone, Vec::<String>::new());
    assert_eq!(world.read(PAYMENTS), None);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    assert_eq!(world.git(&["show", &format!("HEAD:{PAYMENTS}")]), "size: 40");
    world.git(&["sparse-checkout", "disable"]);
    assert_eq!(world.read(PAYMENTS).as_deref(), Some("size: 40\n"));
    world.fsck();
}

#[test]
fn every_version_of_the_index_is_written_as_it_was() {
    for version in ["2", "3", "4"] {
        let world = World::new();
        world.disturb();
        world.git(&["update-index", "--index-version", version]);
        world.git(&["update-index", "--assume-unchanged", "notes.txt"]);
        let flags = world.git(&["ls-files", "-v", "--", ".", ":(exclude)environments"]);
        let status = world.git(&["status", "--porcelain"]);
        world.publish(CHANGE, &options()).expect("published").expect("a commit");
        assert_eq!(world.git(&["ls-files", "-v", "--", ".", ":(exclude)environments"]), flags, "{version}");
        assert_eq!(world.git(&["status", "--porcelain"]), status, "{version}");
        let known = world.git(&["ls-files", "--debug", PAYMENTS]);
        assert!(known.contains("size: 9"), "git knows the file's size: {known}");
        world.fsck();
    }
}

#[test]
fn nothing_that_the_repository_names_is_run_or_read() {
    let world = World::new();
    let marker = world.folder.path().join("executed");
    let script = world.folder.path().join("script");
    std::fs::write(&script, format!("#!/bin/sh\ntouch '{}'\n", marker.display())).expect("written");
    executable(&script);
    // Would it be read, the door would refuse the path.
    let attributes = world.folder.path().join("attributes");
    std::fs::write(&attributes, "*.yaml filter=evil\n").expect("written");
    let script = script.to_string_lossy().into_owned();
    for hook in ["pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"] {
        std::fs::copy(&script, world.path(".git/hooks").join(hook)).expect("copied");
    }
    for (name, value) in [
        ("core.fsmonitor", script.as_str()),
        ("core.hooksPath", world.path(".git/hooks").to_str().expect("text")),
        ("filter.evil.clean", &script),
        ("filter.evil.smudge", &script),
        ("diff.evil.textconv", &script),
        ("gpg.program", &script),
        ("core.sshCommand", &script),
        ("core.editor", &script),
        ("alias.commit-tree", &format!("!{script}")),
        ("core.attributesFile", attributes.to_str().expect("text")),
        ("core.fsyncObjectFiles", "false"),
    ] {
        world.git(&["config", name, value]);
    }
    world.write(".git/info/attributes", "*.yaml diff=evil\n");
    let _ = std::fs::remove_file(&marker);
    world.publish(CHANGE, &options()).expect("published").expect("a commit");
    assert!(!marker.exists());
    // Git itself would have run them.
    world.try_git(&["commit", "-q", "--allow-empty", "-m", "empty"]);
    assert!(marker.exists());
}

fn executable(path: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("set");
    }
}

/// Runs the task in a process with the world's home, and tells what it complained of.
fn complaint(world: &World, task: &Task) -> Option<String> {
    let output = task.command(world).output().expect("the child runs");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn without_an_identity_nothing_is_committed() {
    let world = World::new();
    for name in ["user.name", "user.email"] {
        world.git(&["config", "--unset", name]);
    }
    let head = world.head();
    let said = complaint(&world, &Task::publish(CHANGE)).expect("refused");
    assert!(said.contains("State: git does not know who you are"), "{said}");
    assert_eq!((world.head(), world.git(&["status", "--porcelain"])), (head, String::new()));
    // Conditional settings of the user count, as they do for git.
    let home = world.folder.path().join("home");
    let config = format!("[includeIf \"gitdir:{}/\"]\n\tpath = work\n", world.folder.path().display());
    std::fs::write(home.join(".gitconfig"), config).expect("written");
    std::fs::write(home.join("work"), "[user]\n\tname = Ann at Work\n\temail = ann@work.example\n")
        .expect("written");
    assert_eq!(complaint(&world, &Task::publish(CHANGE)), None);
    assert_eq!(world.git(&["log", "-1", "--format=%an <%ae>"]), "Ann at Work <ann@work.example>");
    // The repository's own word for the person is stronger.
    world.git(&["config", "user.name", "Ann Here"]);
    world.git(&["config", "author.email", "ann@here.example"]);
    assert_eq!(complaint(&world, &Task::publish(&[(NEW, None)])), None);
    let told = world.git(&["log", "-1", "--format=%an <%ae>|%cn <%ce>"]);
    assert_eq!(told, "Ann Here <ann@here.example>|Ann Here <ann@work.example>");
}

#[test]
#[ignore = "needs ssh-keygen"]
fn who_signs_with_git_signs_here() {
    let world = World::new();
    let home = world.folder.path().join("home");
    let key = home.join("key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.expect("ssh-keygen runs").success());
    let public = std::fs::read_to_string(home.join("key.pub")).expect("a key");
    std::fs::write(home.join("signers"), format!("tester@example.com {public}")).expect("written");
    let config = format!(
        "[commit]\n\tgpgSign = true\n[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tallowedSignersFile = {0}/signers\n\
         [user]\n\tsigningKey = {0}/key\n",
        home.display()
    );
    std::fs::write(home.join(".gitconfig"), config).expect("written");
    let marker = world.folder.path().join("executed");
    world.git(&["config", "gpg.ssh.program", &format!("touch {}", marker.display())]);
    assert_eq!(complaint(&world, &Task::publish(CHANGE)), None);
    world.git(&["config", "--unset", "gpg.ssh.program"]);
    world.git(&["verify-commit", "HEAD"]);
    assert_eq!(world.git(&["log", "-1", "--format=%an %s"]), "Tester publish");
    assert!(!marker.exists() && !world.path(".git/terrace/signer").exists());
    world.fsck();
    // A key that is not there: nothing is committed.
    std::fs::remove_file(&key).expect("removed");
    let said = complaint(&world, &Task::publish(&[(NEW, None)])).expect("refused");
    assert!(said.contains("State: git could not sign the commit"), "{said}");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]), "2");
}

#[test]
fn the_repository_may_be_reached_through_a_link() {
    let mut world = World::new();
    let link = world.folder.path().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&world.root, &link).expect("linked");
    world.root = link;
    assert!(on_branch(&world, "main").expect("published").is_some());
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    assert!(on_branch(&world, "side").expect("published").is_none());
}
