//! Slips of the hand at the command line: what each gets, and with which exit code.
#![cfg(unix)]

use crate::support::World;

fn world() -> World {
    let text = "timeout: 5\ndatabase:\n  host: db.example.com\n  size: 3\nreplicas1: 1\n\
                routes:\n  - name: api\n    port: 1\n  - name: web\n";
    let mut world = World::with(&[
        ("environments/development/payments.yaml", text),
        ("environments/staging/payments.yaml", &format!("{text}queue: jobs\n")),
        ("environments/production/billing/invoices.yaml", "currency: EUR\n"),
    ]);
    world.write("environments/development/payments.yaml", &text.replace("timeout: 5", "timeout: 8"));
    world.commit("raise the timeout");
    world
}

/// The words, the exit code, and what is said.
type Slip = (&'static str, i32, &'static [&'static str]);

const SLIPS: &[Slip] = &[
    // Environments.
    ("get payments timeout --env prod", 2, &["`prod` is not an environment", "did you mean `production`"]),
    ("get payments timeout --env Staging", 2, &["did you mean `staging`"]),
    ("get payments timeout --env qa", 2, &["development, staging, production"]),
    ("get payments timeout", 2, &["--env"]),
    ("check --env stg", 2, &["did you mean `staging`"]),
    ("promote payments --to prod", 2, &["did you mean `production`"]),
    ("promote payments --to development", 2, &["nothing is promoted to development"]),
    ("promote payments --from development --to production", 2, &["hop by hop"]),
    ("diff prod staging", 2, &["did you mean `production`"]),
    ("diff staging", 2, &["is one side"]),
    // Commands.
    ("chek", 2, &["exists: 'check'"]),
    ("prmote", 2, &["exists: 'promote'"]),
    ("exprt", 2, &["exists: 'export'"]),
    ("lgo", 2, &["exists: 'log'"]),
    ("satus", 2, &["exists: 'status'"]),
    ("validate", 2, &["exists: 'check'"]),
    ("foo", 2, &["'foo'\n\nUsage"]),
    ("merge", 2, &["'merge'\n\nUsage"]),
    // Keys and paths.
    ("check paymens", 2, &["no item `paymens`", "did you mean `payments`"]),
    ("check payments --env production", 2, &["no item `payments` in production"]),
    ("get paymens timeout --env staging", 1, &["did you mean `payments`"]),
    ("get payments timout --env staging", 1, &["did you mean `timeout`"]),
    ("get payments database.hst --env staging", 1, &["did you mean `database.host`"]),
    ("get payments nothing --env staging", 1, &["has no `nothing`"]),
    ("status paymens", 2, &["did you mean `payments`"]),
    ("diff staging production paymens", 2, &["did you mean `payments`"]),
    ("diff paymens", 2, &["did you mean `payments`"]),
    ("promote paymens --to staging --yes", 2, &["did you mean `payments`"]),
    ("log paymens", 2, &["did you mean `payments`"]),
    ("log payments timout", 1, &["no commit changed `timout`", "did you mean `timeout`"]),
    ("blame payments --env production", 2, &["no item `payments` in production"]),
    ("hold paymens timeout --env staging --reason r", 2, &["did you mean `payments`"]),
    ("export --env staging --format json paymens", 2, &["did you mean `payments`"]),
    ("export --env production --format json payments", 2, &["promote it first"]),
    ("run --env staging paymens -- true", 2, &["did you mean `payments`"]),
    ("rollback paymens --env staging", 2, &["did you mean `payments`"]),
    ("unset payments '' --env staging", 2, &["the path is empty"]),
    ("unset payments nothing --env staging", 0, &["nothing to do"]),
    // New keys that look like others.
    ("set payments timout 6 --env staging", 3, &["looks like `timeout`", "--new"]),
    ("set payments time-out 6 --env staging", 3, &["looks like `timeout`"]),
    ("set payments database.hots x --env staging", 3, &["looks like `database.host`"]),
    ("set payments ques jobs --env development", 0, &["ques"]),
    ("set payments queues jobs --env development", 3, &["looks like `queue`"]),
    ("set payments queue jobs --env development", 0, &["queue jobs"]),
    ("set payments replicas2 2 --env staging", 0, &["replicas2 2"]),
    ("set payments timout 6 --env staging --new", 0, &["timout 6"]),
    ("set payments databse.port 6 --env staging --parents", 3, &["looks like `database`", "--new"]),
    ("set payments pool.size 6 --env staging --parents", 0, &["pool.size 6"]),
    ("set billing/invoices curency EUR --env staging --create", 3, &["looks like `currency`"]),
    ("set payments database/size 6 --env staging", 3, &["looks like `database.size`"]),
    ("set payments database:size 6 --env staging", 3, &["looks like `database.size`"]),
    ("set payments a:b 6 --env staging", 0, &["a:b 6"]),
    ("set payments timeout '' --env staging", 2, &["is empty", "`null`"]),
    ("set payments database '' --env staging", 2, &["is empty"]),
    ("set payments timeout '' --env staging --string", 0, &["5 →"]),
    ("set payments timeout null --env staging", 0, &["5 → null"]),
    ("set payments routes[2] x --env staging", 2, &["has 2 elements"]),
    ("set payments database/pool 6 --env staging", 3, &["looks like `database.pool`"]),
    ("set payments payments.database.size 6 --env staging --parents", 3, &["did you mean `database.size`"]),
    ("set payments staging/database/size 6 --env staging", 3, &["did you mean `database.size`"]),
    ("set payments example.com/size 6 --env staging --parents", 0, &["example.com/size 6"]),
    ("set payments 6 database.size --env staging", 3, &["what is given for it is the path `database.size`"]),
    ("set payments database '{hots: x}' --env staging", 3, &["looks like `database.host`"]),
    ("set payments database '{host: x, siez: 3}' --env staging", 3, &["looks like `database.size`"]),
    ("set payments '{timeout: 5, databse: {}}' --env staging --whole", 3, &["looks like `database`"]),
    ("set payments routes[0].prt 6 --env staging", 3, &["looks like `routes[0].port`"]),
    ("set payments routes[1].prot 6 --env staging", 3, &["looks like `routes[1].port`"]),
    ("set payments routes[1].port 6 --env staging", 0, &["port 6"]),
    ("set payments routes[+] '{name: c, prot: 1}' --env staging", 3, &["looks like `routes[+].port`"]),
    ("set payments routes[+] '{name: c, tls: true}' --env staging", 0, &["tls: true"]),
    (
        "set payments routes[name=ap].port 6 --env staging --parents",
        2,
        &["did you mean `routes[name=api].port`"],
    ),
    ("set payments routes.api.port 6 --env staging --parents", 2, &["did you mean `routes[name=api].port`"]),
    ("set payments routes[7].port 6 --env staging", 2, &["has 2 elements"]),
    ("get payments routes[name=ap].port --env staging", 1, &["did you mean `routes[name=api].port`"]),
    ("get payments database/size --env staging", 1, &["did you mean `database.size`"]),
    ("unset payments database/size --env staging", 0, &["did you mean `database.size`"]),
    ("set payments ' ' 6 --env staging", 2, &["a space"]),
    ("set payments 'database. size' 6 --env staging", 2, &["a space"]),
    ("set paymens timeout 6 --env staging --create", 3, &["looks like `payments`", "--new"]),
    ("set paymens timeout 6 --env staging --create --new", 0, &["paymens.yaml"]),
    ("set --edit paymens --env staging --create", 3, &["looks like `payments`", "--new"]),
    ("set prod/payments timeout 6 --env staging --create", 3, &["looks like `payments`"]),
    ("set billing/invoces currency EUR --env production --create", 3, &["looks like `billing/invoices`"]),
    ("set payments database.host my words --env staging", 2, &["quote a value of several words"]),
    ("set payments '' 6 --env staging", 2, &["the path is empty", "--whole"]),
    ("set payments '{a: 1}' --env staging --whole", 0, &["(the whole item)"]),
    ("set payments timeout --env staging", 2, &["<VALUE>"]),
    ("set payments database.pool.size 6 --env staging", 2, &["--parents"]),
    ("set paymens timeout 6 --env staging", 2, &["did you mean `payments`"]),
    ("set payments timeout 'a: b' --env staging", 2, &["--string"]),
    ("set payments timeout -5 -e staging", 0, &["5 → -5"]),
    // Items by their files.
    ("get environments/staging/payments.yaml timeout", 0, &["5"]),
    ("get ./environments/staging/payments.yaml timeout -e staging", 0, &["5"]),
    ("get environments/staging/payments.yaml timeout --env production", 2, &["is of staging"]),
    ("get payments.yaml timeout -e staging", 0, &["5"]),
    (
        "promote environments/production/payments.yaml --to staging",
        2,
        &["is of production", "--to says staging"],
    ),
    ("promote environments/development/payments.yaml --to staging --dry-run", 0, &["payments"]),
    ("get billing/invoices.yaml currency -e production", 0, &["EUR"]),
    ("check environments/production/billing/invoices.yaml", 0, &["1 item in 1 environment"]),
    ("status environments/staging/payments.yaml", 0, &["payments"]),
    ("set environments/staging/payments.yaml timeout 7", 0, &["5 → 7"]),
    ("check environments/staging/paymens.yaml", 2, &["did you mean `payments`"]),
    ("-C environments/staging check payments.yaml", 0, &["1 item in 1 environment"]),
    // Environments and paths in the place of items, and items in that of others.
    ("status production", 2, &["an environment by an option"]),
    ("check staging", 2, &["an environment by an option: --env staging"]),
    ("check environments/staging", 2, &["an environment by an option: --env staging"]),
    ("list prod payments", 2, &["an environment by an option: --env production"]),
    ("promote payments staging --yes", 2, &["an environment is named by an option: --to staging"]),
    ("promote payments development staging", 2, &["--to staging"]),
    ("promote payments -e staging", 2, &["--to staging"]),
    ("get staging payments timeout", 2, &["an environment is named by an option: --env staging"]),
    ("set payments timeout 6 staging", 2, &["an environment is named by an option: --env staging"]),
    ("rollback payments production", 2, &["an environment is named by an option: --env production"]),
    ("log payments.database.host", 2, &["a path stands apart from it: payments database.host"]),
    ("log payments database/hots", 1, &["did you mean `database.host`"]),
    ("promote billing --to staging", 2, &["a folder of items: billing/invoices"]),
    ("check invoices", 2, &["did you mean `billing/invoices`"]),
    ("init environments/staging", 2, &["lies within the configuration"]),
    ("init schemas/deep/er", 2, &["lies within the configuration"]),
    // Words that a shell lost.
    ("hold payments '' --env staging --reason r", 2, &["the path is empty"]),
    ("promote payments --to staging --only '' --yes", 2, &["a path is empty"]),
    ("promote payments --to staging --except '' --yes", 2, &["a path is empty"]),
    ("promote payments --to staging --take source= --yes", 2, &["a path is empty"]),
    ("promote payments --to staging -m '' --yes", 2, &["--message"]),
    (
        "set payments timeout 6 --env staging --commit -m ' '",
        2,
        &["first line of the commit's message is empty"],
    ),
    ("promote payments --to staging --yes --push https://u:pa55w0rdX@example.com/r.git", 2, &["//u:••••@"]),
    (
        "promote payments --to staging --yes --set password:hunter2x",
        2,
        &["`--set password…` is not PATH=VALUE"],
    ),
    ("rollback payments --env development --to HEAD~1 --only '' --yes", 2, &["a path is empty"]),
    // Commands as other tools call them.
    ("validate", 2, &["'check'"]),
    ("ls", 2, &["'list'"]),
    ("rm payments timeout", 2, &["'unset'"]),
    ("revert payments", 2, &["'rollback'"]),
    ("hooks instal", 2, &["'install'"]),
    // Options and formats.
    ("export --env staging payments -o out.json", 2, &["-o json > FILE"]),
    ("get payments timeout --evn staging", 2, &["'--evn'", "'--env'"]),
    ("check --strcit", 2, &["'--strict'"]),
    ("chekc", 2, &["'check'"]),
    ("check -o json", 0, &["\"version\": 1"]),
    ("list -o json", 0, &["\"version\": 1"]),
    ("get payments timeout -e staging -o yaml", 0, &["5"]),
    ("get payments timeout -e staging -o xml", 2, &["json"]),
    ("promote payments --to staging --dry-run -o json", 0, &["\"version\": 1"]),
    ("promote payments --to staging --dry-run -o yaml", 2, &["-o json or -o text"]),
    ("promote payments --to staging -o ../plan.json", 0, &["1 change"]),
    ("plan payments --to staging", 0, &["1 change to commit"]),
    ("plan payments --to staging -o json", 0, &["\"version\": 1"]),
    ("apply ../no-plan.json --yes", 2, &["no-plan.json"]),
    // Revisions.
    ("diff HEAD~1 HEAD", 1, &["timeout", "5 → 8", "development"]),
    ("diff HEAD~1..HEAD", 1, &["1 difference"]),
    ("diff HEAD~1..", 1, &["1 difference"]),
    ("diff HEAD~1", 1, &["1 difference"]),
    ("diff HEAD~99 HEAD", 2, &["`HEAD~99` names no commit"]),
    ("diff HEAD HEAD^9", 2, &["`HEAD^9` names no commit"]),
    ("diff nothing@{1}", 2, &["names no commit"]),
    ("diff HEAD", 0, &["no differences"]),
    ("diff HEAD~1 HEAD billing/invoices", 0, &["no differences"]),
    ("diff HEAD~1 HEAD -o json", 1, &["\"environment\": \"development\""]),
    ("diff HEAD~7..HEAD", 2, &["`HEAD~7` names no commit"]),
    ("diff main..feature", 2, &["`feature` names no commit"]),
    ("diff staging..production", 2, &["terrace diff staging production"]),
    ("review main", 2, &["--base main --head HEAD"]),
    ("review HEAD~1..", 2, &["--base HEAD~1 --head HEAD"]),
    ("review HEAD~1 HEAD", 2, &["--base HEAD~1 --head HEAD"]),
    ("check --at mian", 2, &["did you mean `main`"]),
    ("log payments database.host", 0, &["the whole item"]),
    ("log payments timeout", 0, &["5 → 8"]),
];

/// The words of a line; what stands between single quotes is one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn slips_of_the_hand_are_met() {
    let mut wrong = Vec::new();
    let world = world();
    for (line, code, said) in SLIPS {
        world.git(&["checkout", "--quiet", "--force", "main"]);
        world.git(&["clean", "--quiet", "--force", "-d"]);
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = world.terrace(&words);
        let told = format!("{}{}", output.stdout, output.stderr);
        let is_met = output.code == *code && said.iter().all(|said| told.contains(said));
        if !is_met || told.contains("as a value, use") {
            wrong.push(format!("{line}\n  wants exit {code}, {said:?}; exit {}:\n{told}", output.code));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SLIPS.len(), wrong.join("\n"));
}

#[test]
fn a_plan_is_applied_by_its_file() {
    let world = world();
    world.terrace(&["plan", "payments", "--to", "staging", "-o", "../plan.json"]).exits(0);
    assert!(world.terrace(&["apply", "../plan.json", "--yes"]).exits(0).contains("committed"));
}
