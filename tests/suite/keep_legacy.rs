//! `migrate --keep-legacy` and `--finish`: old readers keep their files during the rollout.

use crate::shop::Shop;

const YAML: &str = "# payments\ntimeout: 5s # enough\n";
const TOML: &str = "[boost]\nfactor = 1.10\n";
const RECORD: &str = ".terrace/legacy.toml";

fn migrated() -> Shop {
    let shop = Shop::empty();
    shop.commit(&[("config/payments.yaml", YAML), ("config/search.toml", TOML)], "flat");
    let answer = shop.terrace(&["migrate", "config", "--keep-legacy", "--yes"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    shop
}

fn drift(shop: &Shop, more: &[&str]) -> (i32, bool) {
    let answer = shop.terrace(&[&["check"], more].concat());
    (answer.code, answer.out.contains("error[legacy-drift]"))
}

#[test]
fn old_files_stay_and_must_say_the_same() {
    let shop = migrated();
    assert_eq!(shop.read("config/payments.yaml"), YAML);
    assert_eq!(shop.read("config/search.toml"), TOML);
    assert_eq!(shop.read("environments/development/payments.yaml"), YAML);
    assert_eq!(shop.git(&["status", "--porcelain"]), "");
    assert_eq!(drift(&shop, &[]), (0, false));
    let again = shop.terrace(&["migrate", "config", "--keep-legacy", "--yes"]);
    assert!(again.code == 0 && again.out.contains("nothing to do"), "{again:?}");

    shop.write("config/search.toml", "[boost]\nfactor = 1.1\n");
    assert_eq!(drift(&shop, &[]), (1, true), "the work tree has come apart");
    assert_eq!(drift(&shop, &["--staged"]), (0, false));
    assert_eq!(drift(&shop, &["--at", "HEAD"]), (0, false));
    shop.git(&["add", "-A"]);
    assert_eq!(drift(&shop, &["--staged"]), (1, true));
    shop.commit(&[], "apart");
    assert_eq!(drift(&shop, &["--at", "HEAD"]), (1, true));

    let head = shop.head();
    let refused = shop.terrace(&["migrate", "--finish", "--yes"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused.err.contains("config/search.toml") && refused.err.contains("boost.factor"),
        "{refused:?}"
    );
    assert_eq!(shop.head(), head);
}

#[test]
fn a_kept_file_with_the_items_bytes_follows_and_of_others_it_is_told() {
    let shop = migrated();
    let set = |item: &[&str], more: &[&str]| {
        let answer = shop.terrace(&[&["set"], item, &["--env", "development"], more].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.err
    };
    let new = YAML.replace("5s", "8s");
    assert!(!set(&["payments", "timeout", "8s"], &["--commit"]).contains("old readers"));
    assert_eq!(shop.read("config/payments.yaml"), new);
    let files = shop.git(&["show", "--name-only", "--format=", "HEAD"]);
    assert_eq!(files, "config/payments.yaml\nenvironments/development/payments.yaml");
    assert_eq!(drift(&shop, &[]), (0, false));
    assert_eq!(drift(&shop, &["payments", "--at", "HEAD"]), (0, false));
    set(&["payments", "timeout", "9s"], &[]);
    assert_eq!(shop.read("config/payments.yaml"), YAML.replace("5s", "9s"));
    shop.commit(&[], "by hand");
    let rolled = shop.terrace(&["rollback", "payments", "--env", "development", "--to", "HEAD~1", "--yes"]);
    assert!(rolled.code == 0 && shop.read("config/payments.yaml") == new, "{rolled:?}");
    let told = set(&["search", "boost.factor", "2.0"], &["--commit"]);
    assert!(told.contains("note: old readers read config/search.toml, which no longer says"), "{told}");
    assert_eq!(drift(&shop, &["payments"]), (0, false));
    assert_eq!(drift(&shop, &[]), (1, true));
    shop.commit(&[("config/search.toml", "[boost]\nfactor = 2.0\n")], "old readers follow");
    assert_eq!(drift(&shop, &[]), (0, false));
    assert_eq!(shop.terrace(&["migrate", "--finish", "--yes"]).code, 0);
}

#[test]
fn a_kept_file_follows_a_promotion() {
    let shop = Shop::empty();
    let files = [("c/v-dev.yaml", "a: 1\nb: 1\n"), ("c/v-stg.yaml", "a: 1\nb: 1\n")];
    shop.commit(&files, "apart");
    for line in [
        &["migrate", "c", "--keep-legacy", "--yes"][..],
        &["set", "v", "a", "2", "--env", "development", "--commit"],
        &["promote", "v", "--to", "staging", "--yes"],
    ] {
        let answer = shop.terrace(line);
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    assert_eq!(shop.read("c/v-stg.yaml"), "a: 2\nb: 1\n");
    assert_eq!(shop.git(&["status", "--porcelain"]), "");
    assert_eq!(drift(&shop, &[]), (0, false));
}

#[test]
fn finishing_removes_the_files_and_the_record_in_one_commit() {
    let shop = migrated();
    let old = shop.head();
    let planned = shop.terrace(&["migrate", "--finish", "--dry-run"]);
    assert!(planned.code == 0 && planned.out.contains("would remove   config/search.toml"), "{planned:?}");
    assert_eq!(shop.head(), old);
    let answer = shop.terrace(&["migrate", "--finish", "--yes"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(shop.git(&["rev-parse", "HEAD~1"]), old);
    let removed = shop.git(&["diff", "--name-status", "HEAD~1", "HEAD"]);
    assert_eq!(removed, format!("D\t{RECORD}\nD\tconfig/payments.yaml\nD\tconfig/search.toml"));
    assert_eq!(shop.git(&["status", "--porcelain"]), "");
    assert_eq!(drift(&shop, &[]), (0, false));
    let again = shop.terrace(&["migrate", "--finish", "--yes"]);
    assert!(again.code == 0 && again.out.contains("nothing to do"), "{again:?}");
}

#[test]
fn a_kept_file_goes_with_its_item() {
    let shop = migrated();
    shop.git(&["rm", "-q", "environments/development/payments.yaml"]);
    shop.commit(&[], "no payments any more");
    let told = shop.terrace(&["check"]);
    assert!(
        told.code == 1 && told.out.contains("help: remove this file too, or bring the item back"),
        "{told:?}"
    );
    let refused = shop.terrace(&["migrate", "--finish", "--yes"]);
    assert!(refused.code == 3 && refused.err.contains("help: remove the file as well"), "{refused:?}");
    shop.git(&["rm", "-q", "config/payments.yaml"]);
    shop.commit(&[], "nor its old file");
    assert_eq!(drift(&shop, &[]), (0, false));
    let planned = shop.terrace(&["migrate", "--finish", "--dry-run"]);
    assert!(planned.code == 0 && !planned.out.contains("payments"), "{planned:?}");
    shop.git(&["rm", "-q", "config/search.toml", "environments/development/search.yaml"]);
    shop.commit(&[("environments/development/new.yaml", "a: 1\n")], "nor the other");
    assert_eq!(drift(&shop, &[]), (0, false));
    let answer = shop.terrace(&["migrate", "--finish", "--yes"]);
    assert!(answer.code == 0 && answer.out.contains("the record of files that are gone"), "{answer:?}");
    assert_eq!(shop.git(&["show", "--name-status", "--format=", "HEAD"]), format!("D\t{RECORD}"));
}
