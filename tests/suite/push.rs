//! `--branch` and `--push`: where a promotion's commit goes, and what stays as it is.

use crate::shop::{PRODUCTION, Shop};

fn promote<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["promote", "payments", "--to", "production", "--with-new", "--yes"], more].concat()
}

/// A shop whose `origin` is a bare repository beside it.
fn with_origin() -> Shop {
    let shop = Shop::ahead();
    shop.git(&["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    shop.git(&["remote", "add", "origin", "../origin.git"]);
    shop.git(&["push", "-q", "origin", "main"]);
    shop
}

fn at_origin(shop: &Shop, branch: &str) -> String {
    shop.git(&["ls-remote", "../origin.git", &format!("refs/heads/{branch}")])
        .split('\t')
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_new_branch_begins_at_head_and_nothing_else_moves() {
    let shop = Shop::ahead();
    shop.write(PRODUCTION, "mine: unsaved\n");
    shop.write("staged.txt", "staged\n");
    shop.git(&["add", "staged.txt"]);
    let before = (shop.head(), shop.git(&["status", "--porcelain"]), shop.git(&["ls-files", "-s"]));
    let answer = shop.terrace(&promote(&["--branch", "promote/payments"]));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.out.contains("on promote/payments"), "{answer:?}");
    assert_eq!((shop.head(), shop.git(&["status", "--porcelain"]), shop.git(&["ls-files", "-s"])), before);
    assert_eq!(shop.read(PRODUCTION), "mine: unsaved\n");
    assert_eq!(shop.git(&["rev-parse", "promote/payments~1"]), before.0);
    assert!(shop.git(&["show", &format!("promote/payments:{PRODUCTION}")]).contains("timeout: 8s"));
    assert_eq!(shop.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
}

#[test]
fn an_existing_branch_gets_the_commit_on_top() {
    let shop = Shop::ahead();
    shop.git(&["branch", "release"]);
    let first = shop.terrace(&promote(&["--branch", "release", "--only", "timeout"]));
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(shop.git(&["rev-parse", "release~1"]), shop.head());
    assert_eq!(shop.git(&["rev-list", "--count", "main..release"]), "1");
}

#[test]
fn a_branch_that_is_checked_out_elsewhere_is_refused() {
    let shop = Shop::ahead();
    shop.git(&["worktree", "add", "-q", "-b", "release", "../elsewhere"]);
    let answer = shop.terrace(&promote(&["--branch", "release"]));
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("checked out in another work tree"), "{answer:?}");
    assert_eq!(shop.git(&["rev-parse", "release"]), shop.head());
}

#[test]
fn the_branch_is_sent_and_no_hook_runs() {
    let shop = with_origin();
    let hook = shop.root.join(".git/hooks/pre-push");
    std::fs::write(&hook, "#!/bin/sh\ntouch hook-ran\nexit 1\n").expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    // Variables of the caller name another repository; git must not follow them.
    let mut command = shop.terrace_command(&promote(&["--branch", "next", "--push", "origin"]));
    let output = command.env("GIT_DIR", "/nowhere").env("GIT_SSH_COMMAND", "false").output().expect("runs");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("pushed next to origin"));
    assert_eq!(at_origin(&shop, "next"), shop.git(&["rev-parse", "next"]));
    assert_eq!(shop.git(&["rev-parse", "refs/remotes/origin/next"]), shop.git(&["rev-parse", "next"]));
    assert!(!shop.root.join("hook-ran").exists() && !shop.root.join(".git/hook-ran").exists());
    let answer = shop.terrace(&promote(&["--push", "origin"]));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(at_origin(&shop, "main"), shop.head());
}

#[test]
fn a_rejected_push_keeps_the_commit_and_says_what_to_do() {
    let shop = with_origin();
    shop.git(&["clone", "-q", "../origin.git", "../colleague"]);
    shop.git(&["-C", "../colleague", "commit", "-q", "--allow-empty", "-m", "faster"]);
    shop.git(&["-C", "../colleague", "push", "-q", "origin", "main"]);
    let (old, theirs) = (shop.head(), at_origin(&shop, "main"));
    let answer = shop.terrace(&promote(&["--push", "origin"]));
    assert_eq!(answer.code, 4, "{answer:?}");
    assert!(
        answer.err.contains("help: the commit is made") && answer.err.contains("git pull --rebase"),
        "{answer:?}"
    );
    assert_eq!(shop.git(&["rev-parse", "HEAD~1"]), old);
    assert_eq!(at_origin(&shop, "main"), theirs);
}

#[test]
fn a_remote_that_refuses_or_is_not_there_is_told_apart() {
    let shop = with_origin();
    let hook = shop.folder.path().join("origin.git/hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    let refused = shop.terrace(&promote(&["--branch", "a", "--push", "origin"]));
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.err.contains("hook declined"), "{refused:?}");
    std::fs::remove_dir_all(shop.folder.path().join("origin.git")).expect("removed");
    let gone = shop.terrace(&promote(&["--branch", "b", "--push", "origin"]));
    assert_eq!(gone.code, 2, "{gone:?}");
    assert!(gone.err.contains("could not be sent to origin"), "{gone:?}");
}

#[test]
fn what_is_wrong_with_a_remote_is_said_before_anything_is_committed() {
    let shop = with_origin();
    let head = shop.head();
    for (setting, name, expected) in [
        (None, "upstream", "the remotes are origin"),
        (None, "--receive-pack=touch x", "there is no remote"),
        (Some(["config", "core.sshCommand", "touch ran"]), "origin", "core.sshcommand"),
        (
            Some(["config", "credential.https://x.helper", "!touch ran"]),
            "origin",
            "credential.https://x.helper",
        ),
    ] {
        if let Some(setting) = setting {
            shop.git(&setting);
        }
        let push = format!("--push={name}");
        let answer = shop.terrace(&promote(&[&push]));
        assert_eq!(answer.code, 2, "{name}: {answer:?}");
        assert!(answer.err.contains(expected), "{name}: {answer:?}");
        assert_eq!(shop.head(), head);
        if let Some([_, setting, _]) = setting {
            shop.git(&["config", "--unset", setting]);
        }
    }
}
