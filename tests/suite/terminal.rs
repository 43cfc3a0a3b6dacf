//! The questions of `promote`, answered on a real pseudo-terminal.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::shop::{PRODUCTION, Shop};

const DECISIONS: &str = ".terrace/decisions/production/payments=/5e1ecee06a7fc06f305ae5c12acfe7a7.toml";
const END_OF_INPUT: &str = "\u{4}";

/// Runs the command on a terminal, and types each answer when its question stands there; gives the
/// exit code and everything that the terminal showed.
fn talk(shop: &Shop, arguments: &[&str], answers: &[(&str, &str)]) -> (i32, String) {
    converse(shop.terrace_command(arguments), answers)
}

/// The same for any command.
pub(crate) fn converse(mut command: Command, answers: &[(&str, &str)]) -> (i32, String) {
    command.env("TERM", "dumb");
    talk_to(command, 80, answers)
}

/// The same on a terminal of so many columns, with whatever TERM the command has.
pub(crate) fn talk_to(mut command: Command, columns: u16, answers: &[(&str, &str)]) -> (i32, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&master).expect("granted");
    unlockpt(&master).expect("unlocked");
    let name = ptsname(&master, Vec::new()).expect("a name");
    let open = || {
        let file = OpenOptions::new().read(true).write(true).open(name.to_str().expect("text"));
        Stdio::from(file.expect("the other end"))
    };
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&master, size).expect("a size");
    command.stdin(open()).stdout(open()).stderr(open());
    let mut child = command.spawn().expect("terrace runs");
    drop(command);
    let mut master = File::from(master);
    let reader = master.try_clone().expect("a clone");
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut reader, mut buffer) = (reader, [0; 4096]);
        // The terminal ends with an error when the last process has left it.
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..read].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut shown = Vec::new();
    let mut seen = 0;
    for (question, answer) in answers {
        loop {
            let text = String::from_utf8_lossy(&shown).into_owned();
            let text = text.replace("\r\n", "\n");
            if let Some(at) = text.get(seen..).and_then(|rest| rest.find(question)) {
                seen += at + question.len();
                break;
            }
            match receive.recv_timeout(Duration::from_secs(60)) {
                Ok(bytes) => shown.extend(bytes),
                Err(_) => panic!("`{question}` was not asked:\n{text}"),
            }
        }
        master.write_all(answer.as_bytes()).expect("typed");
    }
    let code = child.wait().expect("an end").code().unwrap_or(-1);
    while let Ok(bytes) = receive.recv_timeout(Duration::from_secs(60)) {
        shown.extend(bytes);
    }
    (code, String::from_utf8_lossy(&shown).replace("\r\n", "\n"))
}

const PROMOTE: [&str; 4] = ["promote", "payments", "--to", "production"];
const NEW: &str = "Take \"cache responses\" (new cache) as well?\n  \
                   [y]es  [n]o, and remember  [s]kip for now  [q]uit";

#[test]
fn yes_takes_the_new_keys() {
    let shop = Shop::ahead();
    let (code, shown) = talk(&shop, &PROMOTE, &[(NEW, "y\n"), ("Commit 3 changes?  [y]es  [n]o", "y\n")]);
    assert_eq!(code, 0, "{shown}");
    assert!(shop.read(PRODUCTION).ends_with("cache:\n  ttl: 60s\n  size: 512\n"), "{shown}");
    assert!(!shop.root.join(DECISIONS).exists());
}

#[test]
fn no_is_remembered_and_not_asked_again() {
    let shop = Shop::ahead();
    let (code, shown) = talk(&shop, &PROMOTE, &[(NEW, "n\n"), ("Commit 2 changes?", "yes\n")]);
    assert_eq!(code, 0, "{shown}");
    assert!(!shop.read(PRODUCTION).contains("cache"), "{shown}");
    assert!(shop.read(DECISIONS).contains("path = \"cache\""), "{shown}");
    let (code, shown) = talk(&shop, &PROMOTE, &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("nothing to do") && shown.contains("declined"), "{shown}");
}

#[test]
fn a_skipped_question_comes_again() {
    let shop = Shop::ahead();
    let (code, shown) = talk(&shop, &PROMOTE, &[(NEW, "what\n"), (NEW, "s\n"), ("Commit 2 changes?", "y\n")]);
    assert_eq!(code, 0, "{shown}");
    assert!(!shop.read(PRODUCTION).contains("cache") && !shop.root.join(DECISIONS).exists(), "{shown}");
    let (_, shown) = talk(&shop, &PROMOTE, &[(NEW, "q\n")]);
    assert!(shown.contains("nothing was committed"), "{shown}");
}

#[test]
fn quitting_and_the_end_of_input_commit_nothing() {
    for answers in [
        &[(NEW, "q\n")][..],
        &[(NEW, END_OF_INPUT)],
        &[(NEW, "y\n"), ("Commit 3 changes?", "n\n")],
        &[(NEW, "y\n"), ("Commit 3 changes?", END_OF_INPUT)],
    ] {
        let shop = Shop::ahead();
        let head = shop.head();
        let (code, shown) = talk(&shop, &PROMOTE, answers);
        assert_eq!(code, 0, "{answers:?}: {shown}");
        assert!(shown.contains("\nnothing was committed\n"), "{answers:?}: {shown}");
        assert_eq!(shop.head(), head);
        assert!(shop.git(&["status", "--porcelain"]).is_empty());
    }
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let shop = Shop::ahead();
    let answer = shop.terrace(&PROMOTE);
    assert_eq!(answer.code, 3, "{answer:?}");
    let answer = shop.terrace(&[&PROMOTE[..], &["--with-new"]].concat());
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("--yes"), "{answer:?}");
}

/// Two items in which staging and production changed the same path.
fn in_conflict() -> Shop {
    let shop = Shop::empty();
    let file = |environment: &str, item: &str| format!("environments/{environment}/{item}.yaml");
    for (subject, environments, rate) in [
        ("begin", &["staging", "production"][..], "40/s"),
        ("protect the provider", &["production"], "20/s"),
        ("load test passed", &["staging"], "60/s"),
    ] {
        for environment in environments {
            for item in ["payments", "search"] {
                shop.write(&file(environment, item), &format!("limits:\n  rate: {rate}\n"));
            }
        }
        shop.commit(&[], subject);
    }
    shop
}

const ALL: [&str; 4] = ["promote", "--all", "--to", "production"];
const CHOICES: &str = "s[o]urce  [t]arget  [v]alue  [s]kip  [q]uit";

fn conflict(item: &str) -> String {
    let question = format!("limits.rate of {item}: staging has 60/s, production has 20/s. Which one?");
    format!("{question}\n  {CHOICES}")
}

#[test]
fn a_conflict_is_decided_for_the_item_that_it_is_about() {
    let (payments, search) = (conflict("payments"), conflict("search"));
    let shop = in_conflict();
    let why = "Why does production keep it? (it is recorded)";
    let again = "search   staging → production";
    let (code, shown) = talk(
        &shop,
        &ALL,
        &[
            (&payments, "1\n"),
            (&payments, "yes\n"),
            (&payments, "O\n"),
            (&search, "target\n"),
            (why, "the provider asked\n"),
            (again, ""),
            ("Commit 1 change?", "y\n"),
        ],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(shop.read(PRODUCTION).contains("60/s"), "{shown}");
    assert!(shop.read("environments/production/search.yaml").contains("20/s"), "{shown}");
    let decided = shop.terrace_command(&["hold", "--list"]).output().expect("runs");
    let decisions = String::from_utf8_lossy(&decided.stdout).into_owned();
    assert!(decisions.contains("search") && decisions.contains("the provider asked"), "{decisions}");
    assert!(!shop.root.join(DECISIONS).exists(), "{shown}");
}

#[test]
fn a_conflict_is_given_a_value_or_left() {
    let (payments, search) = (conflict("payments"), conflict("search"));
    let shop = in_conflict();
    let value = "The value for production:";
    let answers = [
        (payments.as_str(), "v\n"),
        (value, "[\n"),
        ("that is not one YAML value", ""),
        (&payments, "v\n"),
        (value, "50/s\n"),
        (&search, "s\n"),
        ("20/s → 50/s", ""),
        ("Commit 1 change?", "y\n"),
    ];
    let (code, shown) = talk(&shop, &ALL, &answers);
    assert_eq!(code, 0, "{shown}");
    assert!(shop.read(PRODUCTION).contains("50/s"), "{shown}");
    assert!(shop.read("environments/production/search.yaml").contains("20/s"), "{shown}");
    let head = shop.head();
    for last in ["q\n", END_OF_INPUT] {
        let (code, shown) = talk(&shop, &ALL, &[(&search, last)]);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("\nnothing was committed\n"), "{shown}");
        assert_eq!(shop.head(), head);
    }
}
