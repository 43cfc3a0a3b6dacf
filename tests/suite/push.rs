//! `--branch` and `--push`: where a promotion's commit goes, and what stays as it is.

use std::path::PathBuf;

use crate::shop::{PRODUCTION, STAGING, Shop};

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

/// A clone of the shop's `origin` beside it.
fn colleague(shop: &Shop, name: &str) -> PathBuf {
    shop.git(&["clone", "-q", "../origin.git", &format!("../{name}")]);
    shop.folder.path().join(name)
}

/// What a colleague commits and pushes in the meantime.
fn meanwhile(shop: &Shop, file: &str, text: &str) {
    let there = colleague(shop, "meanwhile");
    std::fs::create_dir_all(there.join(file).parent().expect("a folder")).expect("a folder");
    std::fs::write(there.join(file), text).expect("written");
    for arguments in [&["add", "-A"][..], &["commit", "-q", "-m", "meanwhile"], &["push", "-q"]] {
        shop.git(&[&["-C", "../meanwhile"], arguments].concat());
    }
    std::fs::remove_dir_all(there).expect("removed");
}

fn references(shop: &Shop) -> String {
    shop.git(&["for-each-ref", "refs/terrace"])
}

#[test]
fn the_commit_is_made_on_what_the_remote_has() {
    let shop = with_origin();
    meanwhile(&shop, "notes.txt", "theirs\n");
    let theirs = at_origin(&shop, "main");
    let answer = shop.terrace(&promote(&["--push", "origin"]));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.err.contains("behind origin"), "{answer:?}");
    assert_eq!(shop.git(&["rev-parse", "HEAD~1"]), theirs);
    assert_eq!(at_origin(&shop, "main"), shop.head());
    assert_eq!(shop.read("notes.txt"), "theirs\n");
    assert_eq!((shop.git(&["status", "--porcelain"]), references(&shop)), (String::new(), String::new()));
    assert!(shop.terrace(&promote(&["--push", "origin"])).out.ends_with("nothing to do\n"));
}

#[test]
fn a_work_tree_that_cannot_follow_stays_and_the_remote_has_it() {
    let shop = with_origin();
    meanwhile(&shop, "notes.txt", "theirs\n");
    shop.write("notes.txt", "mine\n");
    let old = shop.head();
    let answer = shop.terrace(&promote(&["--push", "origin"]));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.err.contains("help: git pull origin main"), "{answer:?}");
    assert_eq!((shop.head(), shop.read("notes.txt").as_str()), (old, "mine\n"));
    assert_ne!(at_origin(&shop, "main"), shop.head());
    shop.write(PRODUCTION, "timeout: 1s\n");
    let again = shop.terrace(&promote(&["--push", "origin"]));
    assert!(again.code == 0 && again.out.ends_with("nothing to do\n"), "{again:?}");
}

#[test]
fn two_who_promote_at_once_are_both_there_once() {
    let shop = with_origin();
    let items = ["a", "b", "c"];
    for environment in ["staging", "production"] {
        for item in items {
            shop.write(&format!("environments/{environment}/{item}.yaml"), &format!("v: {environment}\n"));
        }
    }
    shop.commit(&[], "items");
    let files = items.map(|item| format!("environments/production/{item}.yaml"));
    for file in &files {
        shop.write(file, "v: old\n");
        shop.write(&file.replace("production", "staging"), "v: old\n");
    }
    shop.commit(&[], "equal");
    for file in &files {
        shop.write(&file.replace("production", "staging"), "v: new\n");
    }
    shop.commit(&[], "staging moves");
    shop.git(&["push", "-q", "origin", "main"]);
    for item in items {
        colleague(&shop, item);
    }
    std::thread::scope(|scope| {
        for item in items {
            let mut command =
                shop.terrace_command(&["promote", item, "--to", "production", "--push", "origin", "--yes"]);
            command.current_dir(shop.folder.path().join(item));
            scope.spawn(move || {
                let mut codes = Vec::new();
                while codes.last() != Some(&0) && codes.len() < 10 {
                    let code = command.output().expect("terrace runs").status.code().expect("a code");
                    assert!(code == 0 || code == 4, "{item}: {code}");
                    codes.push(code);
                }
                assert_eq!(codes.last(), Some(&0), "{item}: {codes:?}");
            });
        }
    });
    shop.git(&["pull", "-q", "--ff-only", "origin", "main"]);
    for (item, file) in items.iter().zip(&files) {
        assert_eq!(shop.read(file), "v: new\n");
        let subject = format!("^promote({item})");
        assert_eq!(shop.git(&["rev-list", "--count", "--grep", &subject, "HEAD"]), "1", "{item}");
    }
}

#[test]
fn a_commit_of_an_earlier_run_is_sent_and_other_peoples_are_not() {
    let shop = with_origin();
    assert_eq!(shop.terrace(&promote(&[])).code, 0);
    let made = shop.head();
    let answer = shop.terrace(&promote(&["--push", "origin"]));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.out.contains("pushed main to origin, which was committed earlier"), "{answer:?}");
    assert_eq!((at_origin(&shop, "main"), shop.head()), (made.clone(), made.clone()));
    let staging = shop.read(STAGING).replace("8s", "9s");
    shop.commit(&[(STAGING, &staging)], "not sent");
    let answer = shop.terrace(&promote(&["--push", "origin"]));
    assert_eq!(answer.code, 4, "{answer:?}");
    assert!(answer.err.contains("help: git push origin main"), "{answer:?}");
    let beside = shop.terrace(&promote(&["--branch", "next", "--push", "origin"]));
    assert_eq!(beside.code, 4, "{beside:?}");
    assert!(beside.err.contains("help: git push origin main"), "{beside:?}");
    assert_eq!(at_origin(&shop, "main"), made);
    assert_eq!(at_origin(&shop, "next"), "");
}

#[test]
fn a_promotion_branch_of_an_earlier_run_follows_what_is_promoted() {
    let shop = with_origin();
    let next = promote(&["--branch", "next", "--push", "origin"]);
    assert_eq!(shop.terrace(&next).code, 0);
    let first = at_origin(&shop, "next");
    shop.commit(&[("notes.txt", "x\n")], "something else");
    shop.git(&["push", "-q", "origin", "main"]);
    let same = shop.terrace(&next);
    assert!(same.code == 0 && same.out.ends_with("nothing to do\n"), "{same:?}");
    assert_eq!(at_origin(&shop, "next"), first);
    let staging = shop.read(STAGING).replace("8s", "9s");
    shop.commit(&[(STAGING, &staging)], "slower still");
    shop.git(&["push", "-q", "origin", "main"]);
    // A clone that never saw the branch does as well as the one that made it.
    let there = colleague(&shop, "fresh");
    let output = shop.terrace_command(&next).current_dir(&there).output().expect("terrace runs");
    assert!(output.status.success(), "{output:?}");
    shop.git(&["fetch", "-q", "origin"]);
    assert_eq!(shop.git(&["rev-parse", "origin/next~1"]), shop.head());
    assert!(shop.git(&["show", &format!("origin/next:{PRODUCTION}")]).contains("timeout: 9s"));
    let again = shop.terrace(&next);
    assert!(again.code == 0 && again.out.ends_with("nothing to do\n"), "{again:?}");
}

#[test]
fn a_promotion_branch_whose_source_went_back_is_told() {
    for push in [&[][..], &["--push", "origin"]] {
        let shop = with_origin();
        let staging = shop.read(STAGING);
        let next = promote(&[&["--branch", "next"], push].concat());
        assert_eq!(shop.terrace(&next).code, 0);
        shop.commit(&[(STAGING, &shop.read(PRODUCTION))], "given up");
        shop.git(&["push", "-q", "origin", "main"]);
        let stale = shop.terrace(&next);
        assert!(stale.code == 0 && stale.out.ends_with("nothing to do\n"), "{stale:?}");
        let told = stale.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("branch next still changes payments in production"), "{stale:?}");
        shop.commit(&[(STAGING, &staging)], "wanted again");
        shop.git(&["push", "-q", "origin", "main"]);
        let again = shop.terrace(&next);
        assert!(again.code == 0 && !again.err.contains("still changes"), "{again:?}");
        // Merged in another shape, it is no news.
        shop.git(&["checkout", "-q", "next", "--", PRODUCTION]);
        shop.git(&["commit", "-q", "-m", "squashed"]);
        shop.git(&["push", "-q", "origin", "main"]);
        let merged = shop.terrace(&next);
        assert!(merged.code == 0 && !merged.err.contains("still changes"), "{merged:?}");
    }
    // A branch that is no longer at the remote holds nothing there.
    let shop = with_origin();
    let next = promote(&["--branch", "next", "--push", "origin"]);
    assert_eq!(shop.terrace(&next).code, 0);
    shop.commit(&[(STAGING, &shop.read(PRODUCTION))], "given up");
    shop.git(&["push", "-q", "origin", "main"]);
    shop.git(&["--git-dir", "../origin.git", "branch", "-D", "next"]);
    let gone = shop.terrace(&next);
    assert!(gone.code == 0 && !gone.err.contains("still changes"), "{gone:?}");
}

#[test]
fn another_items_promotion_goes_on_top_and_anything_else_is_refused() {
    let shop = Shop::ahead();
    let search = "environments/staging/search.yaml";
    let both = [(search, "boost: 1\n"), ("environments/production/search.yaml", "boost: 1\n")];
    shop.commit(&both, "search");
    shop.commit(&[(search, "boost: 2\n")], "boost");
    let next = promote(&["--branch", "next"]);
    assert_eq!(shop.terrace(&next).code, 0);
    let first = shop.git(&["rev-parse", "next"]);
    let other = ["promote", "search", "--to", "production", "--branch", "next", "--yes"];
    assert_eq!(shop.terrace(&other).code, 0);
    assert_eq!(shop.git(&["rev-parse", "next~1"]), first);
    for command in [&next[..], &other] {
        let again = shop.terrace(command);
        assert!(again.code == 0 && again.out.ends_with("nothing to do\n"), "{again:?}");
    }
    let staging = shop.read(STAGING).replace("8s", "9s");
    shop.commit(&[(STAGING, &staging)], "slower still");
    let before = shop.git(&["rev-parse", "next"]);
    let answer = shop.terrace(&next);
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(answer.err.contains("branch next has other commits"), "{answer:?}");
    assert!(answer.err.contains("git branch -D next"), "{answer:?}");
    assert_eq!(shop.git(&["rev-parse", "next"]), before);
}

/// What a promotion branch holds here and its remote no longer has was there once: a host deleted the branch
/// when it was merged, or somebody put another one there. The next promotion begins anew, and is there once.
#[test]
fn a_promotion_branch_that_is_gone_or_another_one_at_the_remote_is_made_anew() {
    let search = "environments/staging/search.yaml";
    let other = ["promote", "search", "--to", "production", "--branch", "next", "--push", "origin", "--yes"];
    for (what, prune) in [
        ("closed", false),
        ("closed", true),
        ("squashed", true),
        ("merged", true),
        ("rewound", true),
        ("forced", true),
        ("more", true),
    ] {
        let shop = with_origin();
        let both = [(search, "boost: 1\n"), ("environments/production/search.yaml", "boost: 1\n")];
        shop.commit(&both, "search");
        shop.commit(&[(search, "boost: 2\n")], "boost");
        shop.git(&["push", "-q", "origin", "main"]);
        assert_eq!(shop.terrace(&promote(&["--branch", "next", "--push", "origin"])).code, 0);
        let first = at_origin(&shop, "next");
        let there = colleague(&shop, "host");
        let host = |script: &str| {
            let mut command = std::process::Command::new("sh");
            command.current_dir(&there).args(["-ec", script]);
            for name in ["AUTHOR", "COMMITTER"] {
                command
                    .env(format!("GIT_{name}_NAME"), "Host")
                    .env(format!("GIT_{name}_EMAIL"), "host@example.com");
            }
            let output = command.output().expect("sh runs");
            assert!(output.status.success(), "{what} {output:?}");
        };
        host(match what {
            "squashed" => {
                "git merge -q --squash origin/next && git commit -q -m squashed && git push -q origin main :next"
            }
            "merged" => "git merge -q --no-ff -m merged origin/next && git push -q origin main :next",
            "rewound" => "git push -q -f origin main:next",
            "forced" => {
                "git checkout -q origin/next && git commit -q --amend -m reworded && git push -q -f origin HEAD:next"
            }
            "more" => {
                "git checkout -q origin/next && echo x >more.txt && git add more.txt && git commit -q -m more && git push -q origin HEAD:next"
            }
            _ => "git push -q origin :next",
        });
        shop.git(&["pull", "-q", "--ff-only", "origin", "main"]);
        if prune {
            shop.git(&["fetch", "-q", "--prune", "origin"]);
        }
        let sent = shop.terrace(&other);
        assert_eq!(sent.code, 0, "{what} {prune} {sent:?}");
        let tip = at_origin(&shop, "next");
        assert_eq!(shop.git(&["rev-parse", "next"]), tip, "{what} {prune}");
        assert!(shop.git(&["show", &format!("{tip}:environments/production/search.yaml")]).contains('2'));
        let below = shop.git(&["rev-list", &format!("main..{tip}")]);
        let expected = match what {
            "forced" => 2,
            "more" => 3,
            _ => 1,
        };
        assert_eq!(below.lines().count(), expected, "{what} {prune} {below}");
        assert_eq!(below.contains(&first), what == "more", "{what} {prune}");
        let again = shop.terrace(&other);
        assert!(again.code == 0 && again.out.ends_with("nothing to do\n"), "{what} {again:?}");
        assert_eq!(at_origin(&shop, "next"), tip);
    }
    // What nobody sent is nobody's to drop.
    let shop = with_origin();
    shop.commit(&[(search, "boost: 1\n"), ("environments/production/search.yaml", "boost: 1\n")], "search");
    shop.commit(&[(search, "boost: 2\n")], "boost");
    shop.git(&["push", "-q", "origin", "main"]);
    assert_eq!(shop.terrace(&promote(&["--branch", "next"])).code, 0);
    let unsent = shop.terrace(&other);
    assert!(unsent.code == 4 && unsent.err.contains("help: git push origin next"), "{unsent:?}");
}

#[test]
fn set_hold_and_rollback_are_sent_as_well() {
    let shop = with_origin();
    let set = ["set", "payments", "timeout", "7s", "--env", "production", "--push", "origin"];
    let refused = shop.terrace(&set);
    assert!(refused.code == 2 && refused.err.contains("help: add --commit"), "{refused:?}");
    meanwhile(&shop, "notes.txt", "theirs\n");
    let hold = ["hold", "payments", "retries", "--env", "production", "--reason", "own", "--push", "origin"];
    for command in [
        &[&set[..], &["--commit"]].concat()[..],
        &hold,
        &promote(&["--only", "cache", "--push", "origin"]),
        &["rollback", "payments", "--env", "production", "--push", "origin", "--yes"],
    ] {
        let answer = shop.terrace(command);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(answer.out.ends_with("pushed main to origin\n"), "{answer:?}");
        assert_eq!(at_origin(&shop, "main"), shop.head());
        assert_eq!(shop.git(&["status", "--porcelain"]), "");
    }
    let again = shop.terrace(&hold);
    assert!(again.code == 0 && again.out.contains("nothing to do"), "{again:?}");
    let old = shop.head();
    let beside = ["hold", "payments", "pool", "--env", "production", "--reason", "own", "--branch", "held"];
    assert_eq!(shop.terrace(&beside).code, 0);
    assert_eq!((shop.git(&["rev-parse", "held~1"]), shop.head()), (old.clone(), old));
    assert!(shop.terrace(&beside).out.contains("nothing to do"));
}

#[test]
fn a_remote_that_refuses_or_is_not_there_is_told_apart() {
    let shop = with_origin();
    let old = shop.head();
    let hook = shop.folder.path().join("origin.git/hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho signed only >&2\nexit 1\n").expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    for more in [&["--branch", "a", "--push", "origin"][..], &["--push", "origin"]] {
        let refused = shop.terrace(&promote(more));
        assert_eq!(refused.code, 3, "{refused:?}");
        assert!(refused.err.contains("hook declined") && refused.err.contains("signed only"), "{refused:?}");
        assert_eq!((shop.head(), shop.git(&["branch", "--list", "a"])), (old.clone(), String::new()));
    }
    std::fs::remove_dir_all(shop.folder.path().join("origin.git")).expect("removed");
    let gone = shop.terrace(&promote(&["--branch", "b", "--push", "origin"]));
    assert_eq!(gone.code, 2, "{gone:?}");
    assert!(gone.err.contains("origin could not be asked"), "{gone:?}");
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
