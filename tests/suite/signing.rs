//! Commits signed as the user's own git signs.

use crate::shop::Shop;

const PROMOTE: [&str; 6] = ["promote", "payments", "--to", "production", "--with-new", "--yes"];

/// A shop whose user signs with a new ssh key.
fn with_ssh_key() -> Shop {
    let shop = Shop::ahead();
    let home = shop.folder.path().join("home");
    let key = home.join("key");
    let key_text = key.to_str().expect("text");
    let made = shop.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", key_text]).status();
    assert!(made.expect("ssh-keygen runs").success());
    let public = std::fs::read_to_string(home.join("key.pub")).expect("a key");
    std::fs::write(home.join("signers"), format!("tester@example.com {public}")).expect("written");
    let signers = home.join("signers");
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key_text),
        ("commit.gpgSign", "true"),
        ("gpg.ssh.allowedSignersFile", signers.to_str().expect("text")),
    ] {
        shop.git(&["config", "--global", name, value]);
    }
    shop
}

#[test]
#[ignore = "needs ssh-keygen"]
fn commits_are_signed_with_the_users_ssh_key() {
    let shop = with_ssh_key();
    let old = shop.head();
    let answer = shop.terrace(&PROMOTE);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(shop.git(&["log", "-1", "--format=%G? %GS %an"]), "G tester@example.com Tester");
    shop.git(&["verify-commit", "HEAD"]);
    assert_eq!(shop.git(&["rev-parse", "HEAD~1"]), old);
    assert!(shop.git(&["status", "--porcelain"]).is_empty());
}

#[test]
#[ignore = "needs ssh-keygen"]
fn the_configuration_that_variables_name_signs() {
    let shop = with_ssh_key();
    let home = shop.folder.path().join("home");
    let elsewhere = home.join("elsewhere");
    std::fs::rename(home.join(".gitconfig"), &elsewhere).expect("moved");
    let text = std::fs::read_to_string(&elsewhere).expect("a configuration");
    assert!(text.contains("gpgSign") || text.contains("gpgsign"), "{text}");
    let key = home.join("key").display().to_string();
    let settings = [("gpg.format", "ssh"), ("user.signingKey", key.as_str()), ("commit.gpgSign", "true")];
    for by_file in [true, false] {
        let mut command = shop.terrace_command(&PROMOTE);
        if by_file {
            command.env("GIT_CONFIG_GLOBAL", &elsewhere);
        } else {
            command.env("GIT_CONFIG_COUNT", "3");
            for (n, (name, value)) in settings.iter().enumerate() {
                command.env(format!("GIT_CONFIG_KEY_{n}"), name).env(format!("GIT_CONFIG_VALUE_{n}"), value);
            }
        }
        let output = command.output().expect("terrace runs");
        assert!(output.status.success(), "{output:?}");
        assert!(shop.git(&["cat-file", "commit", "HEAD"]).contains("\ngpgsig "), "by file: {by_file}");
        shop.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn the_repositorys_own_signer_never_runs() {
    let shop = with_ssh_key();
    let spy = shop.folder.path().join("spy");
    std::fs::write(&spy, "#!/bin/sh\ntouch \"$0-ran\"\nexit 1\n").expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&spy, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    let spy_text = spy.to_str().expect("text");
    for name in ["gpg.program", "gpg.ssh.program", "gpg.ssh.defaultKeyCommand", "user.signingKey"] {
        shop.git(&["config", name, spy_text]);
    }
    let answer = shop.terrace(&PROMOTE);
    assert_eq!(answer.code, 0, "{answer:?}");
    shop.git(&["-c", "gpg.ssh.program=ssh-keygen", "verify-commit", "HEAD"]);
    assert!(!shop.folder.path().join("spy-ran").exists());
}

#[test]
fn a_signer_that_fails_leaves_everything_as_it_was() {
    let shop = Shop::ahead();
    for (name, value) in
        [("gpg.format", "ssh"), ("user.signingKey", "/nowhere/key"), ("commit.gpgSign", "true")]
    {
        shop.git(&["config", "--global", name, value]);
    }
    let before = (shop.head(), shop.git(&["status", "--porcelain"]));
    let answer = shop.terrace(&PROMOTE);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("error: git could not sign the commit"), "{answer:?}");
    assert!(answer.err.contains("help: commits are signed because commit.gpgSign is on"), "{answer:?}");
    assert_eq!((shop.head(), shop.git(&["status", "--porcelain"])), before);
    shop.git(&["config", "--global", "commit.gpgSign", "false"]);
    assert_eq!(shop.terrace(&PROMOTE).code, 0, "and the next run works");
}

#[test]
#[ignore = "needs gpg"]
fn commits_are_signed_with_the_users_openpgp_key() {
    let shop = Shop::ahead();
    let home = shop.folder.path().join("home/.gnupg");
    std::fs::create_dir(&home).expect("a folder");
    #[cfg(unix)]
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("mode");
    let arguments = ["--batch", "--passphrase", "", "--quick-gen-key", "Tester <tester@example.com>"];
    let made = shop.command("gpg").args(arguments).output().expect("gpg runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    shop.git(&["config", "--global", "commit.gpgSign", "true"]);
    shop.git(&["config", "--global", "user.signingKey", "tester@example.com"]);
    let answer = shop.terrace(&PROMOTE);
    assert_eq!(answer.code, 0, "{answer:?}");
    shop.git(&["verify-commit", "HEAD"]);
    let _ = shop.command("gpgconf").args(["--kill", "all"]).output();
}
