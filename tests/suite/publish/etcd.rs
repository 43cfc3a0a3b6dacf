//! To etcd.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::stores::Etcd;
use super::{Running, publish, world};
use crate::support::World;

/// What an etcd holds below a prefix, without what terrace keeps for itself.
fn items(etcd: &Etcd, prefix: &str) -> BTreeMap<String, String> {
    let all = etcd.all().into_iter();
    let below = all.filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value)));
    below.filter(|(name, _)| !name.starts_with('@')).collect()
}

#[test]
#[ignore = "needs etcd"]
fn a_store_holds_what_is_committed_and_nothing_else_of_it_is_touched() {
    let (mut world, etcd) = (world(), Etcd::start());
    let to = etcd.address("t");
    etcd.put("t/production-else", "theirs");
    etcd.put("u", "theirs");
    etcd.put("t/production/theirs", "theirs");
    let before = etcd.all();

    let planned = publish(&world, "production", &to, &["--dry-run"]).exits(0);
    assert!(planned.contains("add    billing/invoices\n  add    orders\n"), "{planned}");
    assert!(planned.contains("nothing was written (--dry-run): 2 added"), "{planned}");
    assert_eq!(etcd.all(), before);

    let said = publish(&world, "production", &to, &[]).exits(0);
    assert!(said.contains("published: 2 added"), "{said}");
    let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let all = etcd.all();
    assert_eq!(all["t/production/orders"], "limit: 10 # per minute\nhost: db.example.com\n");
    assert_eq!(all["t/production/billing/invoices"], "days: [1, 15]\n");
    assert_eq!(all["t/production/@commit"], head);
    let manifest: Value = serde_json::from_str(&all["t/production/@manifest"]).expect("JSON");
    assert_eq!(manifest["names"], json!(["billing/invoices", "orders"]));
    assert_eq!(all.len(), before.len() + 4, "{all:?}");

    let again = publish(&world, "production", &to, &[]).exits(0);
    assert!(again.contains("already"), "{again}");
    assert_eq!(etcd.all(), all);

    // What is not committed is not published.
    world.write("environments/production/orders.yaml", "limit: 11\nhost: db.example.com\n");
    assert_eq!(publish(&world, "production", &to, &[]).exits(0), again);
    std::fs::remove_file(world.dir.join("environments/production/billing/invoices.yaml")).expect("a file");
    world.commit("change");
    let told = publish(&world, "production", &to, &["--format", "json"]).exits(0);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let changes = json!([
        { "name": "billing/invoices", "change": "removed" }, { "name": "orders", "change": "modified" },
    ]);
    assert_eq!((&told["changes"], &told["from"], &told["written"]), (&changes, &json!(head), &json!(true)));
    let left = BTreeMap::from([
        ("orders".to_owned(), "limit: 11\nhost: db.example.com\n".to_owned()),
        ("theirs".to_owned(), "theirs".to_owned()),
    ]);
    assert_eq!(items(&etcd, "t/production/"), left);
    for (key, value) in before {
        assert_eq!(etcd.all()[&key], value, "{key}");
    }

    // What somebody else put there stays, and is named.
    world.write("environments/production/theirs.yaml", "a: 1\n");
    world.commit("in the way");
    let all = etcd.all();
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 3, "{}", refused.told());
    assert!(refused.stderr.contains("t/production/theirs is in the way"), "{}", refused.told());
    assert_eq!(etcd.all(), all);

    // Another environment has a place of its own.
    publish(&world, "development", &to, &[]).exits(0);
    let mut with_development = etcd.all();
    assert_eq!(
        with_development.remove("t/development/orders").as_deref(),
        Some("limit: 1\nhost: db.dev.example.com\n")
    );
    with_development.retain(|key, _| !key.starts_with("t/development/"));
    assert_eq!(with_development, all);
    for prefix in ["t/production", "production", "t/staging/x"] {
        let refused = publish(&world, "development", &etcd.address(prefix), &[]);
        assert_eq!(refused.code, 2, "{}", refused.told());
        assert!(refused.stderr.contains("the prefix names an environment"), "{}", refused.told());
    }
}

#[test]
#[ignore = "needs etcd"]
fn secrets_blocks_and_older_states_are_refused() {
    let (mut world, etcd) = (world(), Etcd::start());
    let to = etcd.address("t");
    publish(&world, "production", &to, &[]).exits(0);
    let first = etcd.all();

    world.write("environments/production/mail.yaml", "host: mx.example.com\npassword: hunter2-of-mail\n");
    world.commit("a secret");
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 2, "{}", refused.told());
    assert!(refused.stderr.contains("mail holds secrets in clear"), "{}", refused.told());
    assert!(refused.stderr.contains("--allow-secrets"), "{}", refused.told());
    assert!(!refused.told().contains("hunter2"), "{}", refused.told());
    assert_eq!(etcd.all(), first);
    let said = publish(&world, "production", &to, &["--allow-secrets"]);
    assert!(!said.told().contains("hunter2"), "{}", said.told());
    said.exits(0);
    assert!(etcd.all()["t/production/mail"].contains("hunter2-of-mail"));
    // Development has none.
    publish(&world, "development", &to, &[]).exits(0);

    let good = etcd.all();
    world.write("environments/production/orders.yaml", "limit: [\n");
    world.commit("broken");
    let refused = publish(&world, "production", &to, &["--allow-secrets"]);
    assert_eq!(refused.code, 3, "{}", refused.told());
    assert!(refused.stderr.contains("environments/production/orders.yaml:"), "{}", refused.told());
    assert_eq!(etcd.all(), good);

    // An older state does not take the place of a newer one, nor another repository's.
    world.git(&["checkout", "--quiet", "-b", "old", "HEAD~2"]);
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 3, "{}", refused.told());
    assert!(refused.stderr.contains("does not follow it"), "{}", refused.told());
    let other = World::with(&[("environments/production/orders.yaml", "limit: 3\n")]);
    let refused = publish(&other, "production", &to, &[]);
    assert_eq!(refused.code, 3, "{}", refused.told());
    assert!(refused.stderr.contains("which this repository does not have"), "{}", refused.told());
    assert_eq!(etcd.all(), good);
    publish(&world, "production", &to, &["--accept-rewrite"]).exits(0);
    assert_eq!(items(&etcd, "t/production/"), items_of(&first));

    // An environment without items empties nothing by mistake.
    std::fs::remove_dir_all(world.dir.join("environments/production")).expect("a folder");
    world.commit("gone");
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 3, "{}", refused.told());
    assert!(refused.stderr.contains("all 2 names that the store holds would go"), "{}", refused.told());
    publish(&world, "production", &to, &["--allow-empty"]).exits(0);
    assert_eq!(items(&etcd, "t/production/"), BTreeMap::new());
}

fn items_of(all: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let below = all.iter().filter_map(|(key, value)| Some((key.strip_prefix("t/production/")?, value)));
    below
        .filter(|(name, _)| !name.starts_with('@'))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// Items that need several transactions.
fn many(world: &mut World, count: usize, limit: usize) {
    for number in 0..count {
        world.write(
            &format!("environments/production/many/n{number}.yaml"),
            &format!("limit: {limit}{number}\n"),
        );
    }
    world.commit("many");
}

#[test]
#[ignore = "needs etcd"]
fn what_is_killed_in_the_middle_is_finished_by_the_next() {
    let (mut world, etcd) = (world(), Etcd::start());
    let to = etcd.address("t");
    etcd.put("t/production/theirs", "theirs");
    publish(&world, "production", &to, &[]).exits(0);
    let first = etcd.all();
    many(&mut world, 300, 1);
    let proxy = etcd.proxy(2);
    let mut killed = Running::start(&world, "production", &proxy.address("t"), &[]);
    proxy.holds();
    killed.signal("-KILL");
    killed.ends();
    let half = etcd.all();
    assert_eq!((half["t/production/@state"].as_str(), half.len()), ("writing", first.len() + 127 + 2));
    assert_eq!(
        half["t/production/@commit"], first["t/production/@commit"],
        "readers know that it is no whole"
    );

    let planned = publish(&world, "production", &to, &["--dry-run"]).exits(0);
    assert!(planned.contains("finishes a publication that was interrupted"), "{planned}");
    assert_eq!(etcd.all(), half);
    publish(&world, "production", &to, &[]).exits(0);
    let whole = items(&etcd, "t/production/");
    assert_eq!(whole.len(), 303);
    assert!((0..300).all(|n| whole[&format!("many/n{n}")] == format!("limit: 1{n}\n")));
    let all = etcd.all();
    assert!(!all.contains_key("t/production/@state") && !all.contains_key("t/production/@owner"));
    assert_eq!(all["t/production/@commit"], world.git(&["rev-parse", "HEAD"]).trim());
    assert_eq!(all["t/production/theirs"], "theirs");
}

#[test]
#[ignore = "needs etcd"]
fn of_two_publishers_the_loser_stops() {
    let (mut world, etcd) = (world(), Etcd::start());
    let to = etcd.address("t");
    // In chunks: another one takes over in the middle, with another state.
    many(&mut world, 150, 1);
    let proxy = etcd.proxy(2);
    let mut loser = Running::start(&world, "production", &proxy.address("t"), &[]);
    proxy.holds();
    world.write("environments/production/orders.yaml", "limit: 12\n");
    world.commit("newer");
    publish(&world, "production", &to, &[]).exits(0);
    let won = etcd.all();
    proxy.let_go();
    assert_eq!(loser.ends(), Some(4), "{}", loser.told());
    loser.tells("somebody else changed t/production meanwhile");
    assert_eq!(etcd.all(), won);

    // In one transaction: whoever publishes the same has nothing to do.
    world.write("environments/production/orders.yaml", "limit: 13\n");
    world.commit("newer still");
    let proxy = etcd.proxy(0);
    let mut second = Running::start(&world, "production", &proxy.address("t"), &[]);
    proxy.holds();
    publish(&world, "production", &to, &[]).exits(0);
    proxy.let_go();
    assert_eq!(second.ends(), Some(0), "{}", second.told());
    second.tells("already");
}

#[test]
#[ignore = "needs etcd"]
fn hostile_names_and_values_arrive_as_they_are() {
    let hostile = "quote: \"a\\\"b\\\\c\\n\\e[31m\"\n'@commit': x\n'../../up': 1\n'': top\n'a: b': {'': null, 'π': \"\\0\"}\nbig: 12345678901234567890\n";
    let world = World::with(&[
        ("terrace.toml", "version = 1\n\n[limits]\nfile-bytes = 4000000\n"),
        ("environments/production/h.yaml", hostile),
        ("environments/production/large.yaml", &format!("text: {}\n", "x".repeat(1_200_000))),
        ("environments/production/larger.yaml", &format!("text: {}\n", "y".repeat(1_300_000))),
    ]);
    let etcd = Etcd::start();
    publish(&world, "production", &etcd.address("whole"), &[]).exits(0);
    let whole = items(&etcd, "whole/production/");
    assert_eq!((whole["h"].as_str(), whole["larger"].len()), (hostile, 1_300_007));
    publish(&world, "production", &etcd.address("flat"), &["--flat"]).exits(0);
    let flat = items(&etcd, "flat/production/");
    assert_eq!(flat["h:quote"], "a\"b\\c\n\u{1b}[31m");
    assert_eq!((flat["h:@commit"].as_str(), flat["h:../../up"].as_str()), ("x", "1"));
    assert_eq!(flat["h:big"], "12345678901234567890");
    assert_eq!((flat["h:a: b.π"].as_str(), flat["h:"].as_str()), ("\0", "top"));
    let again = publish(&world, "production", &etcd.address("flat"), &["--flat"]).exits(0);
    assert!(again.contains("already"), "{again}");

    // Who has to say a password says the right one, and it is not shown.
    let said = json!({ "name": "root", "password": "hunter2" });
    etcd.admin("/v3/auth/user/add", &said);
    etcd.admin("/v3/auth/user/grant", &json!({ "user": "root", "role": "root" }));
    etcd.admin("/v3/auth/enable", &json!({}));
    let (to, bare) = (etcd.address("whole"), "etcd://");
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 2, "{}", refused.told());
    assert!(refused.stderr.contains("TERRACE_ETCD_PASSWORD"), "{}", refused.told());
    let with = |who: &str| to.replacen(bare, &format!("{bare}{who}@"), 1);
    let refused = publish(&world, "production", &with("root:hunter3"), &[]);
    assert!(refused.code == 2 && !refused.told().contains("hunter3"), "{}", refused.told());
    let said = publish(&world, "production", &with("root:hunter2"), &[]);
    assert!(said.code == 0 && !said.told().contains("hunter2"), "{}", said.told());
}

#[test]
#[ignore = "needs etcd and openssl"]
fn tls_is_spoken_with_whom_the_authorities_name() {
    let mut world = world();
    let made = world.certificate("etcd");
    let etcd = Etcd::start_tls(made.clone());
    let to = etcd.address("t");
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 4, "{}", refused.told());
    assert!(refused.stderr.contains("TERRACE_ETCD_CA"), "{}", refused.told());
    world.variables.push(("TERRACE_ETCD_CA".into(), made[0].clone()));
    publish(&world, "production", &to, &[]).exits(0);
    let again = publish(&world, "production", &to, &[]).exits(0);
    assert!(again.contains("already"), "{again}");
}
