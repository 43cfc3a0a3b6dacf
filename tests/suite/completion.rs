//! Completion, as bash, zsh and fish do it: the keys are pressed on a pseudo-terminal, and what
//! the command is then given says whether the words were right.
#![cfg(unix)]

use std::path::Path;

use crate::support::{Output, World, run};
use crate::terminal::talk_to;

const TEXT: &str = "database:\n  host: db.example.com\n  pool: {size: 10}\n  password: hunter2\nservers:\n- {name: api, port: 80}\n- {name: my web, port: 81}\n\"a.b\": {c: 1}\ntokens:\n- {key: hunter3}\n";

fn world() -> World {
    let staging = TEXT.replace("size: 10", "size: 10, only_staging: 1");
    let mut world = World::with(&[
        ("environments/development/pay.yaml", TEXT),
        ("environments/staging/pay.yaml", &staging),
        ("environments/production/pay.yaml", TEXT),
        ("environments/staging/billing/invoices.yaml", "currency: EUR\n"),
        ("environments/staging/broken.yaml", "{{ not yaml\n"),
        ("terrace.toml", "version = 1\n[secrets]\npaths = [\"**.password\", \"tokens.**\"]\n"),
    ]);
    world.git(&["tag", "v1"]);
    world.git(&["branch", "release"]);
    world.variables.push(("PATH".into(), search_path()));
    world
}

/// Where the shells find the command under test.
pub(crate) fn search_path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_terrace")).parent().expect("a folder").display();
    format!("{folder}:{}", std::env::var_os("PATH").unwrap_or_default().display())
}

/// What the words can become, as the scripts are told.
fn offers(world: &World, words: &[&str]) -> Vec<String> {
    let output = world.terrace(&[&["complete", "zsh", "--", "terrace"], words].concat());
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{words:?}");
    output.stdout.lines().map(|line| line.split('\t').nth(1).expect("a word").to_owned()).collect()
}

#[test]
fn every_kind_of_value_is_offered() {
    let world = world();
    let commit = world.git(&["rev-parse", "--short=7", "HEAD"]).trim().to_owned();
    for (line, expected) in [
        ("pro", "promote"),
        ("get ", "billing/invoices broken pay"),
        ("get --env production ", "pay"),
        ("get billing/", "billing/invoices"),
        ("get --env staging billing/in", "billing/invoices"),
        ("get --at v1 billing/", "billing/invoices"),
        ("get bill/", ""),
        ("get billing/../p", ""),
        ("get /", ""),
        ("promote --to production ", "billing/invoices broken pay"),
        ("promote pay --to production bi", "billing/invoices"),
        ("get pay --env ", "development staging production"),
        ("get pay --env=st", "--env=staging"),
        ("get pay --env staging database.pool.", "database.pool.size database.pool.only_staging"),
        ("get pay --env production database.pool.", "database.pool.size"),
        ("get pay --env qa database.pool.", "database.pool.size database.pool.only_staging"),
        ("get pay servers[", "servers[name=api]. servers[name=my web]."),
        ("get pay \"a", "\"a.b\"."),
        ("promote pay --to production --only database.pool.o", "database.pool.only_staging"),
        ("promote pay --to production --take ", "source= target="),
        ("promote pay --to production --take source=database.ho", "source=database.host"),
        ("promote pay --to production --set database.ho", "database.host="),
        ("hold pay database.pool.o", "database.pool.only_staging"),
        ("hold pay --env production database.pool.o", "database.pool.only_staging"),
        ("rollback pay --env staging --only cur", ""),
        ("rollback pay --env staging --to ", "HEAD main release v1"),
        ("get pay --at v", "v1"),
        ("get pay --env staging --at v1 data", "database."),
        ("explain fo", "foreign-host"),
        ("check --format j", "json junit"),
        ("diff --format ", "text json markdown unified"),
        ("diff st", "staging"),
        ("diff v1:st", "v1:staging"),
        ("diff staging production p", "production pay"),
        ("schema ", "infer help"),
        ("schema infer p", "pay"),
        ("completions ", "bash elvish fish powershell zsh"),
        ("get nothing --env staging ", ""),
        ("get broken --env staging ", ""),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let found = offers(&world, &words);
        let found: Vec<&str> =
            found.iter().map(String::as_str).filter(|word| !word.starts_with("--c")).collect();
        let found: Vec<&str> = if expected.is_empty() {
            found.into_iter().filter(|word| !word.starts_with('-')).collect()
        } else {
            found
        };
        assert_eq!(found.join(" "), expected, "{line}");
    }
    let first = offers(&world, &["rollback", "pay", "--env", "staging", "--promotion", ""]);
    assert_eq!(first.first(), Some(&commit));
    let options = offers(&world, &["get", "pay", "--"]);
    assert!(options.iter().any(|word| word == "--env") && options.iter().all(|word| word.starts_with("--")));
}

#[test]
fn no_value_of_a_secret_is_ever_offered() {
    let world = world();
    for line in
        ["get pay database.", "get pay tokens[", "get pay tokens[0].", "promote pay --to staging --set "]
    {
        let words: Vec<&str> = line.split(' ').collect();
        for shell in ["zsh", "fish"] {
            let output = world.terrace(&[&["complete", shell, "--", "terrace"], &words[..]].concat());
            assert!(output.stdout.contains('.') || output.stdout.contains('['), "{line}: {}", output.stdout);
            assert!(!output.stdout.contains("hunter"), "{line}: {}", output.stdout);
        }
    }
}

#[test]
fn nothing_is_said_where_nothing_can_be() {
    let nowhere = World::bare_ground();
    let mut broken = world();
    broken.write("terrace.toml", "this is no policy");
    broken.commit("broken");
    for (world, words) in [
        (&nowhere, &["terrace", "get", ""][..]),
        (&nowhere, &["terrace", "-C", "/nowhere/at/all", "get", ""]),
        (&broken, &["terrace", "get", "pay", "--env", "staging", ""]),
        (&broken, &["terrace", "get", "pay", "--at", "no-such-revision", "data"]),
        (&broken, &["terrace"]),
        (&broken, &[]),
    ] {
        for shell in ["bash", "zsh", "fish"] {
            let said = world.terrace(&[&["complete", shell, "--"], words].concat());
            assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{shell} {words:?}");
        }
    }
}

/// What a shell's command is given after the keys were pressed.
fn typed(world: &World, shell: &str, keys: &str) -> String {
    let script = world.terrace(&["completions", shell]).exits(0);
    let file = world.beside(&format!("terrace.{shell}"));
    std::fs::write(&file, script).expect("a script");
    let mut command = world.command(shell);
    command.env("TERM", "dumb").env("PS1", "READY ").env("LC_ALL", "C.UTF-8");
    let setup = match shell {
        "bash" => {
            command.args(["--norc", "--noprofile", "-i"]);
            ""
        }
        _ => {
            command.args(["-f", "-i"]);
            "autoload -Uz compinit && compinit -u -D; unsetopt prompt_sp; unset zle_bracketed_paste; zstyle ':completion:*' verbose no; "
        }
    };
    let setup = format!(
        "{setup}terrace() {{ printf 'GIVEN'; printf '[%s]' \"$@\"; echo ' END'; }}; source {}; echo LOA''DED\n",
        file.display()
    );
    let line = format!("terrace {keys}");
    let answers = [("READY ", setup.as_str()), ("LOADED", ""), ("READY ", line.as_str()), (" END", "exit\n")];
    let (_, shown) = talk_to(command, 200, &answers);
    let given = shown.rsplit_once("GIVEN").map(|(_, rest)| rest).unwrap_or(&shown);
    given.split(" END").next().unwrap_or_default().to_owned()
}

const KEYS: [(&str, &str); 10] = [
    ("ge\tpay\n", "[get][pay]"),
    ("get p\t--env sta\t\n", "[get][pay][--env][staging]"),
    ("get pay --env=sta\t\n", "[get][pay][--env=staging]"),
    ("get pay database.ho\t--env staging\n", "[get][pay][database.host][--env][staging]"),
    ("get pay data\tpo\tsi\t\n", "[get][pay][database.pool.size]"),
    ("get pay servers\\[name=m\tpo\t\n", "[get][pay][servers[name=my web].port]"),
    ("get pay 'servers[name=m\tpo\t\n", "[get][pay][servers[name=my web].port]"),
    ("get pay \"servers[name=m\tpo\t\n", "[get][pay][servers[name=my web].port]"),
    ("get pay '\"a\t\t\n", "[get][pay][\"a.b\".c]"),
    (
        "promote pay --to production --take source=database.h\t\n",
        "[promote][pay][--to][production][--take][source=database.host]",
    ),
];

#[test]
fn bash_completes_what_is_typed() {
    let world = world();
    for (keys, given) in KEYS {
        assert_eq!(typed(&world, "bash", keys), given, "{keys:?}");
    }
}

#[test]
#[ignore = "needs zsh"]
fn zsh_completes_what_is_typed() {
    let world = world();
    for (keys, given) in KEYS {
        assert_eq!(typed(&world, "zsh", keys), given, "{keys:?}");
    }
}

/// The function of the script, called as programs like `sudo` call it.
#[test]
fn the_function_of_bash_fills_its_reply() {
    let world = world();
    let script = "eval \"$(terrace completions bash)\"; COMP_LINE=\"terrace $1\" COMP_POINT=$((8 + ${#1})) \
                  COMP_WORDS=(terrace $1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _terrace terrace \"$2\" x; \
                  printf '<%s>' \"${COMPREPLY[@]}\"";
    let reply = |line: &str, word: &str| -> Output {
        run(world.command("bash").args(["--norc", "-c", script, "bash", line, word]))
    };
    for (line, word, expected) in [
        ("get p", "p", "<pay>"),
        ("get pay --env=", "", "<development><staging><production>"),
        ("get pay servers", "servers", "<servers><servers\\[name=api\\].><servers\\[name=my\\ web\\].>"),
        ("get pay --at x:", "", "<>"),
    ] {
        let said = reply(line, word);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), (expected, ""), "{line}");
    }
}

#[test]
#[ignore = "needs fish"]
fn fish_completes_what_is_typed() {
    let world = world();
    let complete = |line: &str| -> Vec<String> {
        let script = format!("terrace completions fish | source; complete --do-complete {line:?}");
        let said = run(world.command("fish").args(["--no-config", "-c", &script]));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{line}");
        said.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    };
    for (line, expected) in [
        ("terrace get p", &["pay"][..]),
        ("terrace get pay --env=st", &["--env=staging"]),
        ("terrace get pay database.", &["database.host", "database.pool.", "database.password"]),
        ("terrace get pay 'servers[name=m", &["servers[name=my web]."]),
        ("terrace get pay servers\\[name=m", &["servers[name=my web]."]),
        ("terrace promote pay --to production --take source=database.h", &["source=database.host"]),
    ] {
        assert_eq!(complete(line), expected, "{line}");
    }
}

#[test]
fn all_of_a_thousand_items_are_offered() {
    let world = World::unborn();
    for environment in ["development", "staging", "production"] {
        for number in 0..1000 {
            world.write(&format!("environments/{environment}/svc-{number:04}.yaml"), TEXT);
        }
    }
    assert_eq!(offers(&world, &["get", ""]).len(), 1000);
    assert_eq!(offers(&world, &["get", "svc-0500", "database."]).len(), 3);
}
