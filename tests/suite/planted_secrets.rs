//! Secrets of every kind are planted in a repository, which is then printed through every command,
//! format, error, message, file and driver; none of them may be found.

use crate::support::{Output, World, run};

/// What every planted secret holds.
const MARK: &str = "CANARY";

const BODY: &str = "MIIEowIBAAKCAQEAxXxXxXxXxXxXxXxXxXxXCANARYXxXxXxXxXxXxXx";

/// An item with secrets of many kinds; `tag` makes those of each version its own.
fn secrets(tag: &str) -> String {
    format!(
        "n: {tag}
password: CANARY{tag}a
db:
  PGPASSWORD: \"CANARY{tag}b\"
  smtp_pass: 'CANARY{tag}c'
  url: postgres://app:CANARY{tag}d@db.example.org/x
dsn: Server=db;User Id=a;Password=CANARY{tag}e
gh: ghp_CANARY{tag}0123456789abcdefghijABCDEFGHIJ0123
tls: |
  -----BEGIN PRIVATE KEY-----
  {BODY}{tag}
  -----END PRIVATE KEY-----
secrets:
  stripe: CANARY{tag}f
  deep: {{more: [CANARY{tag}g]}}
tokens: [CANARY{tag}h, CANARY{tag}i]
env:
  - name: API_TOKEN
    value: CANARY{tag}j
  - name: MODE
    value: {tag}
pairs:
  - {{name: API_TOKEN, value: CANARY{tag}k}}
  - {{name: API_TOKEN, value: CANARY{tag}l}}
seats:
  - {{id: CANARY{tag}u, n: 1}}
  - {{id: CANARY{tag}v, n: 2}}
shared: &s CANARY{tag}m
api_key: *s
again: *s
arguments: [--x={tag}, *s]
licence_code: CANARY{tag}n
run: mysqladmin -u root -pCANARY{tag}A ping
probe: [curl, -u, \"app:CANARY{tag}B\", \"http://db\"]
argv: [redis-server, --requirepass, CANARY{tag}C]
call: \"send Authorization: Bearer CANARY{tag}D with it\"
settings: |
  mode=x
  db.password=CANARY{tag}E
jaas: required username=\"a\" password=\"CANARY{tag}F\";
account: ${{DB_USER}}:CANARY{tag}G
maven: <password>CANARY{tag}H</password>
nested: '{{\"a\": \"{{\\\"password\\\": \\\"CANARY{tag}I\\\"}}\"}}'
pgpass: db:5432:shop:app:CANARY{tag}J
# run --token CANARY{tag}K first
# old password: CANARY{tag}o
# see https://u:CANARY{tag}p@example.org
last: {tag}
"
    )
}

fn kubernetes(tag: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata:\n  plain: CANARY{tag}q\nstringData:\n  other: CANARY{tag}r\n"
    )
}

fn broken(tag: &str) -> String {
    format!("a: [1\npassword: CANARY{tag}s\nsecret:\n  x: CANARY{tag}t ]: }}\n")
}

fn world() -> World {
    let policy = "version = 1\n[secrets]\npaths = [\"**.licence-code\", \"seats.*.id\"]\n";
    let schema = "{\"type\": \"object\", \"properties\": {\"password\": {\"type\": \"string\", \"maxLength\": 3}, \"n\": {\"type\": \"integer\"}, \"dsn\": {\"pattern\": \"^x\"}, \"again\": {\"enum\": [\"x\"]}}}";
    let mut world = World::with(&[
        ("terrace.toml", policy),
        ("environments/development/x.yaml", &secrets("D1")),
        ("environments/staging/x.yaml", &secrets("S1")),
        ("environments/production/x.yaml", &secrets("P1")),
        ("environments/development/k.yaml", &kubernetes("D1")),
        ("environments/staging/k.yaml", &kubernetes("S1")),
        ("environments/development/gone.yaml", &secrets("G1")),
        ("environments/development/broken.yaml", &broken("D1")),
        ("environments/development/new.yaml", &secrets("N1")),
        ("old/.env", "DB_PASSWORD=CANARYE1\nMODE=x\n"),
    ]);
    world.git(&["tag", "first"]);
    std::fs::remove_file(world.dir.join("environments/development/gone.yaml")).expect("a file");
    world.write("environments/development/x.yaml", &secrets("D2"));
    world.write("environments/development/k.yaml", &kubernetes("D2"));
    world.write("environments/development/broken.yaml", &broken("D2"));
    world.write("schemas/x.schema.json", schema);
    world.commit("second");
    world.write("environments/staging/x.yaml", &secrets("S1").replace("n: S1", "n: S2"));
    world.commit("third");
    world.find_terrace();
    world
}

/// What was printed, and the secrets that were looked for in it.
struct Search {
    outputs: usize,
    shown: Vec<String>,
    /// Outputs that did not come about as they should.
    amiss: Vec<String>,
}

impl Search {
    /// Takes down what something said; it has to say `word`, and to end in one of these ways.
    fn take(&mut self, what: &str, output: &Output, codes: &[i32], word: &str) {
        let told = output.told();
        if !codes.contains(&output.code) {
            self.amiss.push(format!("{what}: {told}"));
        }
        self.text(what, &told, word);
    }

    fn text(&mut self, what: &str, told: &str, word: &str) {
        if !told.contains(word) {
            self.amiss.push(format!("{what} does not say `{word}`: {told}"));
        }
        self.outputs += 1;
        let hits = told.lines().filter(|line| line.contains(MARK));
        self.shown.extend(hits.map(|line| format!("{what}: {line}")));
    }
}

#[test]
fn no_output_shows_a_planted_secret() {
    let mut world = world();
    let mut search = Search { outputs: 0, shown: Vec::new(), amiss: Vec::new() };
    for (line, codes, word) in [
        ("check", &[1][..], "plain-secret"),
        ("check --at first", &[1], "plain-secret"),
        ("check --staged", &[1], "plain-secret"),
        ("check --format json", &[1], "plain-secret"),
        ("check --format github", &[1], "plain-secret"),
        ("check --format sarif", &[1], "plain-secret"),
        ("check --format junit", &[1], "plain-secret"),
        ("check --format gitlab", &[1], "plain-secret"),
        ("check --format markdown", &[1], "plain-secret"),
        ("diff", &[0, 1, 2], "again"),
        ("diff --format json", &[0, 1, 2], ""),
        ("diff --format markdown", &[0, 1, 2], "again"),
        ("diff development staging", &[1, 2], "again"),
        ("diff development staging x --format json", &[1], "again"),
        ("diff development staging x --format markdown", &[1], "again"),
        ("diff development staging x --format unified", &[1], "again"),
        ("diff first:development development x", &[1], "again"),
        ("diff first:development development x --format unified", &[1], "again"),
        ("diff first:development HEAD:development x", &[1], "again"),
        ("status", &[0, 1], "x"),
        ("status --format json", &[0, 1], "again"),
        ("status -v", &[0, 1], "x"),
        ("promote x --to staging --dry-run", &[0, 1, 3], "[secrets]"),
        ("promote x --to staging --dry-run -v", &[0, 1, 3], "again"),
        ("promote x --to staging --dry-run --format json", &[0, 1, 3], "again"),
        ("promote x --to staging --take source=again --dry-run", &[3], "[secrets]"),
        ("promote x --to staging --take source=db.url --dry-run", &[3], "[secrets]"),
        ("promote --all --to staging --dry-run", &[0, 1, 2, 3], "x"),
        ("promote k --to staging --dry-run", &[0, 1, 3], "data"),
        ("promote new --to staging --dry-run", &[0, 1, 3], "new item"),
        ("promote broken --to staging --dry-run", &[2, 3], "broken"),
        ("promote x --to staging --set password=CANARY0 --dry-run", &[0, 2, 3], "password"),
        ("promote x --to staging --set db.PGPASSWORD=CANARY0 --dry-run", &[0, 2, 3], "x"),
        ("log", &[0], "again"),
        ("log x", &[0], "again"),
        ("log gone", &[0], "gone"),
        ("log x again", &[0, 2], "again"),
        ("log --format json", &[0], "again"),
        ("blame x --env development", &[0], "again"),
        ("blame x --env development --format json", &[0], "again"),
        ("blame k --env development", &[0], "data"),
        ("review --base first", &[1], "again"),
        ("review --base first --format markdown", &[1], "again"),
        ("review --base first --format github", &[1], "schema"),
        ("review --base first --format sarif", &[1], "plain-secret"),
        ("review --base first --format junit", &[1], "schema"),
        ("review --base first --format gitlab", &[1], "schema"),
        ("review --base first --format json", &[1], "plain-secret"),
        ("get broken --env development", &[0, 2], ""),
        ("get x nothing --env development", &[1, 2], "nothing"),
        ("get x again.more --env development", &[1, 2], "again"),
        ("set x password CANARY0 --env development", &[0, 3], "password"),
        ("set x again.y CANARY0 --env development", &[2, 3], "again"),
        ("set x dsn Server=a;Uid=b;Pwd=CANARY0 --env development", &[0, 3], ""),
        ("rollback x --env development --to first --dry-run", &[0, 3], "again"),
        ("migrate old --dry-run", &[0], "1 value looks like a secret"),
        ("schema infer x --check", &[0, 1, 2], "x"),
        ("hold --list", &[0], ""),
        ("list", &[0], "x"),
        ("explain plain-secret", &[0], "secret"),
        ("complete zsh -- terrace get x ", &[0], ""),
        ("complete zsh -- terrace get x --env development p", &[0], "password"),
        ("export --env development --format json x", &[2, 3, 1], "error"),
        ("export --env development --format dotenv broken", &[2, 3, 1], "error"),
        ("run --env development broken -- true", &[2, 3, 1], "error"),
    ] {
        search.take(line, &world.line(line), codes, word);
    }
    plan_file(&world, &mut search);
    drivers(&world, &mut search);
    edits(&mut world, &mut search);
    println!("{} outputs, {} secrets each", search.outputs, planted(&world));
    assert!(search.amiss.is_empty(), "{}", search.amiss.join("\n"));
    assert!(search.outputs > 80, "{}", search.outputs);
    assert!(search.shown.is_empty(), "{}", search.shown.join("\n"));
}

/// The secrets that history holds.
fn planted(world: &World) -> usize {
    let all = world.git(&["log", "--all", "--patch", "--no-ext-diff", "--format="]);
    let words = all.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.contains(MARK)).collect::<std::collections::BTreeSet<_>>().len()
}

fn plan_file(world: &World, search: &mut Search) {
    let file = world.beside("plan.json");
    let plan = file.to_str().expect("UTF-8");
    let written = world.terrace(&["promote", "x", "--to", "staging", "--skip-undecided", "-o", plan]);
    search.take("promote -o", &written, &[0, 1, 3], "x");
    let text = std::fs::read_to_string(&file).expect("a plan");
    search.text("the plan file", &text, "resolution");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).expect("a plan").permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&file, text.replacen("\"taken\": false", "\"taken\": true", 1)).expect("a plan");
    let applied = world.terrace(&["promote", "x", "--to", "staging", "--plan", plan, "--dry-run"]);
    search.take("promote --plan", &applied, &[0, 2, 3, 4], "");
}

/// Git's drivers and hooks.
fn drivers(world: &World, search: &mut Search) {
    search.take("hooks install", &world.line("hooks install --yes"), &[0], "set up");
    let git = |arguments: &[&str]| run(world.command("git").args(arguments));
    search.take("git show", &git(&["show", "--ext-diff", "--format=", "HEAD~1"]), &[0], "again");
    search.take("git diff", &git(&["diff", "--ext-diff", "first", "HEAD"]), &[0], "again");
    search.take(
        "git diff of what does not parse",
        &git(&["diff", "--ext-diff", "first", "HEAD", "--", "environments/development/broken.yaml"]),
        &[0],
        "password",
    );
    world.write("environments/development/broken.yaml", &broken("D3"));
    world.git(&["add", "--all"]);
    search.take("the pre-commit hook", &git(&["commit", "--message", "x"]), &[0, 1], "");
    search.take("git diff --cached", &git(&["diff", "--ext-diff", "HEAD~1"]), &[0], "password");
    world.git(&["reset", "--quiet", "--hard"]);
    // A conflict, by way of the merge driver.
    for (name, text) in [
        ("base", secrets("M1")),
        ("ours", secrets("M2")),
        ("theirs", secrets("M3")),
        ("broken", broken("M4")),
    ] {
        std::fs::write(world.beside(name), text).expect("a file");
    }
    let file = |name: &str| world.beside(name).to_str().expect("UTF-8").to_owned();
    for theirs in ["theirs", "broken"] {
        let merged = world.terrace(&[
            "git-merge",
            &file("base"),
            &file("ours"),
            &file(theirs),
            "environments/staging/x.yaml",
        ]);
        search.take("git-merge", &merged, &[0, 1, 2, 3], "");
    }
    // The conflict stays in the file, which is checked and shown.
    let conflict = std::fs::read_to_string(world.beside("ours")).expect("a file");
    world.write("environments/staging/c.yaml", &conflict);
    search.take("check of a conflict", &world.line("check c"), &[1], "c.yaml");
    world.git(&["add", "--all", "--intent-to-add"]);
    search.take("git diff of a conflict", &git(&["diff", "--ext-diff"]), &[0], "password");
    world.git(&["rm", "--quiet", "--force", "environments/staging/c.yaml"]);
}

/// What changes the repository: what it says, and the messages of the commits.
fn edits(world: &mut World, search: &mut Search) {
    search.take("hooks uninstall", &world.line("hooks uninstall --yes"), &[0], "");
    world.git(&["rm", "--quiet", "schemas/x.schema.json"]);
    world.commit("no schema");
    for (line, codes, word) in [
        ("set x password CANARY1 --env development --commit", &[0][..], "password"),
        ("set x again CANARY2 --env development --commit", &[0], "again"),
        ("set x db.url redis://:CANARY3@h --env development --commit", &[0], "db.url"),
        ("set x secrets.fresh CANARY4 --env development --commit", &[0], "secrets.fresh"),
        ("set x env[name=API_TOKEN].value CANARY5 --env development", &[0], "env"),
        ("unset x tokens --env development", &[0], "tokens"),
    ] {
        world.pass(1);
        search.take(line, &world.line(line), codes, word);
    }
    world.commit("more");
    for (line, codes, word) in [
        ("hold x again --env production --reason ours", &[0][..], "again"),
        ("promote x --to staging --take source=n --only n --yes", &[0], "n"),
        ("promote k --to staging --yes --skip-undecided", &[0, 3], "k"),
        (
            "promote new --to staging --set password=CANARY6 --set gh=ghp_CANARY70123456789abcdefghijABCDEFGHIJ012 --yes",
            &[0, 3],
            "new",
        ),
        ("promote x --to staging --set api_key=CANARY8 --skip-undecided --yes", &[0, 2, 3], "api_key"),
        ("rollback x --env staging --yes", &[0, 3], "x"),
        ("migrate old --yes", &[0], "1 value looks like a secret"),
        ("log", &[0], "again"),
        ("review --base first", &[0, 1], "introduced"),
        ("check", &[1], "plain-secret"),
        ("status", &[0, 1], "x"),
    ] {
        world.pass(1);
        search.take(line, &world.line(line), codes, word);
    }
    search.text("the messages of all commits", &world.git(&["log", "--all", "--format=%B"]), "set(x)");
    let decisions = world.git(&["grep", "-h", "", "HEAD", "--", ".terrace"]);
    search.text("the decisions", &decisions, "ours");
}

/// What an alias alone made a secret stays one in what is said of the change that takes the alias away.
#[test]
fn a_secret_does_not_show_when_its_alias_goes() {
    let mut world = World::with(&[
        ("environments/staging/pay.yaml", "shared: &s hunter2value\napi_key: *s\n"),
        ("environments/production/pay.yaml", "shared: &s hunter2value\napi_key: *s\n"),
        ("schemas/pay.schema.json", r#"{"properties": {"port": {"type": "integer"}}}"#),
    ]);
    world.write("schemas/pay.schema.json", r#"{"properties": {"shared": {"type": "integer"}}}"#);
    world.commit("numbers");
    // The error was there before, in the same words: the change does not bring it.
    let said = world.line("set pay api_key other --env production");
    assert!(said.code == 0 && !said.told().contains("hunter2"), "{}", said.told());
    world.write("environments/production/pay.yaml", "shared: hunter2value\napi_key: other\n");
    world.commit("alias gone");
    for format in ["markdown", "github", "json", "sarif", "junit", "gitlab"] {
        let said = world.line(&format!("review --base HEAD~1 --format {format}"));
        assert!(!said.told().contains("hunter2"), "{format}: {}", said.told());
    }
}
