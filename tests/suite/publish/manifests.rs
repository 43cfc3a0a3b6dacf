//! To folders of Kubernetes manifests.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{publish, world};
use crate::fixtures::files;
use crate::support::{World, run};

/// The manifests in a folder, by their names.
fn manifests(world: &World, folder: &str) -> BTreeMap<String, Value> {
    let is_manifest = |path: &std::path::PathBuf| path.extension().is_some_and(|it| it == "yaml");
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a file");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, serde_yaml::from_str(&text).expect("YAML"))
    };
    files(&world.dir.join(folder)).into_iter().filter(is_manifest).map(read).collect()
}

#[test]
fn each_item_is_a_config_map_with_its_own_commit() {
    let mut world = world();
    let to = "kubernetes-manifest:deploy";
    let planned = publish(&world, "production", to, &["--dry-run"]).exits(0);
    assert!(planned.contains("add    billing-invoices.yaml"), "{planned}");
    assert!(!world.dir.join("deploy").exists());
    publish(&world, "production", to, &[]).exits(0);
    let first = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let found = manifests(&world, "deploy/production");
    let orders = &found["orders.yaml"];
    assert_eq!((&orders["kind"], &orders["metadata"]["name"]), (&"ConfigMap".into(), &"orders".into()));
    assert_eq!(orders["data"]["orders.yaml"], "limit: 10 # per minute\nhost: db.example.com\n");
    assert_eq!(orders["metadata"]["labels"]["terrace.dev/environment"], "production");
    assert_eq!(orders["metadata"]["labels"]["app.kubernetes.io/managed-by"], "terrace");
    assert_eq!(orders["metadata"]["annotations"]["terrace.dev/commit"], first.as_str());
    assert_eq!(
        found["billing-invoices.yaml"]["metadata"]["annotations"]["terrace.dev/key"],
        "billing/invoices"
    );
    assert_eq!(found["billing-invoices.yaml"]["data"]["invoices.yaml"], "days: [1, 15]\n");

    // Only what changed is written, so that nothing else is started anew.
    std::fs::write(world.dir.join("deploy/production/theirs.yaml"), "kind: Service\n").expect("a file");
    let before = std::fs::read(world.dir.join("deploy/production/billing-invoices.yaml")).expect("a file");
    world.write("environments/production/orders.yaml", "limit: 11\n");
    world.commit("change");
    let said = publish(&world, "production", to, &[]).exits(0);
    assert!(said.contains("published: 1 changed, 1 unchanged"), "{said}");
    let after = std::fs::read(world.dir.join("deploy/production/billing-invoices.yaml")).expect("a file");
    assert_eq!(before, after);
    assert!(publish(&world, "production", to, &[]).exits(0).contains("already"));

    std::fs::remove_file(world.dir.join("environments/production/orders.yaml")).expect("a file");
    world.commit("removed");
    publish(&world, "production", to, &[]).exits(0);
    let names: Vec<_> = manifests(&world, "deploy/production").into_keys().collect();
    assert_eq!(names, ["billing-invoices.yaml", "theirs.yaml"]);
    world.write("environments/production/theirs.yaml", "a: 1\n");
    world.commit("in the way");
    let refused = publish(&world, "production", to, &[]);
    assert_eq!(refused.code, 3, "{}", refused.told());
    assert!(refused.stderr.contains("deploy/production/theirs.yaml is in the way"), "{}", refused.told());

    // Another environment lies beside it.
    publish(&world, "development", to, &["--flat"]).exits(0);
    let flat = manifests(&world, "deploy/development");
    assert_eq!(flat["orders.yaml"]["data"]["LIMIT"], "1");
    assert_eq!(flat.len(), 1);
}

/// A policy that takes files which are too large for a ConfigMap.
const LARGE: &str = "version = 1\n\n[limits]\nfile-bytes = 4000000\n";

#[test]
fn what_cannot_be_is_refused_by_name() {
    let mut world = World::with(&[
        ("terrace.toml", LARGE),
        ("environments/production/a/b.yaml", "x: 1\n"),
        ("environments/production/a-b.yaml", "x: 2\n"),
        ("environments/staging/large.yaml", &format!("x: {}\n", "y".repeat(1_100_000))),
    ]);
    let to = "kubernetes-manifest:deploy";
    for (environment, to, code, said) in [
        ("production", to, 3, "a-b and a/b would both be the ConfigMap a-b"),
        ("staging", to, 3, "a ConfigMap holds 1048576"),
        ("staging", "kubernetes-manifest:environments", 2, "is where the items are"),
        ("staging", "kubernetes-manifest:x/../environments/staging", 2, "is where the items are"),
        ("prod", to, 2, "production"),
        ("production", "etcd://h", 2, "has no prefix"),
        ("production", "rediss://h/x?prefix=a", 2, "is no number of a database"),
    ] {
        let refused = publish(&world, environment, to, &[]);
        assert_eq!(refused.code, code, "{}", refused.told());
        assert!(refused.stderr.contains(said) && refused.stderr.contains("help: "), "{}", refused.told());
    }
    let unreachable = publish(&world, "production", "etcd://127.0.0.1:1/t", &[]);
    assert_eq!(unreachable.code, 4, "{}", unreachable.told());
    for to in ["redis://127.0.0.1:1/?prefix=t", "rediss://127.0.0.1:1/?prefix=t"] {
        let unreachable = publish(&world, "production", to, &[]);
        assert_eq!(unreachable.code, 4, "{}", unreachable.told());
    }
    assert!(!world.dir.join("deploy").exists());

    // A list that comes from anybody removes nothing outside.
    world.write("environments/development/a.yaml", "x: 1\n");
    world.commit("one");
    publish(&world, "development", to, &[]).exits(0);
    let list = "deploy/development/.terrace-published";
    let good = world.read(list);
    for name in ["../../terrace.toml", "a:/../../../x", "/etc/hostname", "b/../../x"] {
        world.write(list, &good.replace("\"a.yaml\"", &format!("\"a.yaml\", \"{name}\"")));
        let before = world.state();
        let refused = publish(&world, "development", to, &[]);
        assert_eq!(refused.code, 2, "{}", refused.told());
        assert_eq!(world.state(), before);
    }
    // A folder that comes with the repository leads to no items.
    world.write(list, &good);
    world.write("environments/development/.terrace-published", &good);
    world.write("links/README", "");
    std::os::unix::fs::symlink("../environments/development", world.dir.join("links/development"))
        .expect("a link");
    let before = world.state();
    for more in [&["--dry-run"][..], &[]] {
        let refused = publish(&world, "development", "kubernetes-manifest:links", more);
        assert!(
            refused.code == 2 && refused.stderr.contains("links/development is a link"),
            "{}",
            refused.told()
        );
    }
    assert_eq!(world.state(), before);
    // What was interrupted is finished, with what was left behind.
    world.write(list, &good.replace("\"is_writing\": false", "\"is_writing\": true"));
    world.write("deploy/development/.terrace-half.new", "kind: Conf");
    let said = publish(&world, "development", to, &[]).exits(0);
    assert!(said.contains("finishes a publication that was interrupted"), "{said}");
    assert_eq!(world.read(list), good);
    assert!(!world.dir.join("deploy/development/.terrace-half.new").exists());
}

#[test]
#[ignore = "needs kubectl"]
fn kubernetes_reads_what_hostile_items_say() {
    let hostile =
        "quote: \"a\\\"b\\\\c\\ttab\"\non: yes\n'a: b': \"# no comment\"\nlines: |\n  ---\n  kind: Secret\n";
    let world = World::with(&[("environments/production/Shop.v2/h_x.yaml", hostile)]);
    publish(&world, "production", "kubernetes-manifest:deploy", &[]).exits(0);
    let mut kubectl = world.command("kubectl");
    kubectl.args(["label", "--local", "-o", "json", "-f", "deploy/production", "seen=yes"]);
    let said = run(&mut kubectl);
    let read: Value = serde_json::from_str(&said.exits(0)).expect("JSON");
    assert_eq!(read["metadata"]["name"], "shop.v2-h-x");
    assert_eq!(read["data"]["h_x.yaml"], hostile);
}

#[test]
fn a_value_that_no_path_leads_to_is_not_left_out() {
    let world = World::with(&[("environments/staging/a.yaml", "a: 1\n? [b, c]\n: 2\n")]);
    let told = publish(&world, "staging", "kubernetes-manifest:deploy", &["--flat"]);
    assert!(told.stderr.contains("a.yaml:2:3: this key is a list or a mapping"), "{}", told.stderr);
    told.exits(3);
    publish(&world, "staging", "kubernetes-manifest:deploy", &[]).exits(0);
}
