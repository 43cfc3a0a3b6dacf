//! `migrate` tells, asks about or refuses what it could only guess; it sweeps nothing along.

use std::os::unix::fs::symlink;

use crate::shop::Shop;
use crate::support::World;

#[test]
fn links_and_submodules_are_listed_and_refused_by_name() {
    let shop = Shop::empty();
    shop.commit(&[("config/a.yaml", "a: 1\n"), ("other/b.yaml", "b: 1\n")], "flat");
    symlink("a.yaml", shop.root.join("config/link.yaml")).expect("a link");
    symlink("../other", shop.root.join("config/folder")).expect("a link");
    symlink("script.sh", shop.root.join("config/run.sh")).expect("a link");
    shop.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},config/module", shop.head())]);
    shop.git(&["add", "config/link.yaml", "config/folder", "config/run.sh"]);
    shop.git(&["commit", "-qm", "links"]);
    let plan = shop.terrace(&["migrate", "config", "--dry-run"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    for line in
        ["a symbolic link to a.yaml", "a symbolic link to ../other", "a submodule", "1 item, 1 value."]
    {
        assert!(plan.out.contains(line), "{line} in {plan:?}");
    }
    assert!(!plan.out.contains("run.sh"), "{plan:?}");
    for (source, message) in [
        ("config/link.yaml", "config/link.yaml is a symbolic link to a.yaml"),
        ("config/folder/b.yaml", "config/folder/b.yaml: config/folder is a symbolic link to ../other"),
        ("config/module", "config/module is a submodule, another repository's files"),
        ("config/module/x.yaml", "config/module/x.yaml: config/module is a submodule"),
    ] {
        let refused = shop.terrace(&["migrate", source, "--yes"]);
        assert!(refused.code == 2 && refused.err.contains(message), "{refused:?}");
        assert!(refused.err.contains("\nhelp: "), "{refused:?}");
    }
}

#[test]
fn files_of_other_formats_are_listed_where_their_folder_is_named() {
    let shop = Shop::empty();
    let unread = [
        ("c/db.ini", "INI"),
        ("c/app.xml", "XML"),
        ("c/sub/x.conf", "own format"),
        ("c/a.json5", "JSON with"),
    ];
    let others = [
        ("c/ok.yaml", "a: 1\n"),
        ("c/notes.txt", "notes\n"),
        ("c/v.yaml.gotmpl", "a\n"),
        ("d/x.ini", "[a]\n"),
    ];
    let files: Vec<(&str, &str)> = unread.iter().map(|(file, _)| (*file, "[a]\n")).chain(others).collect();
    shop.commit(&files, "flat");
    let plan = shop.terrace(&["migrate", "c", "--dry-run"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    let line = |file: &str| plan.out.lines().find(|line| line.contains(file)).unwrap_or_default();
    for (file, format) in unread {
        assert!(line(file).starts_with("left alone") && line(file).contains(format), "{file}: {plan:?}");
    }
    assert!(line("c/v.yaml.gotmpl").contains("a template"), "{plan:?}");
    assert!(line("notes.txt").is_empty() && line("d/x.ini").is_empty(), "{plan:?}");
    let whole = shop.terrace(&["migrate", ".", "--dry-run"]);
    assert!(!whole.out.contains(".ini"), "{whole:?}");
}

#[test]
fn of_a_chart_only_its_values_are_taken_and_nothing_of_tools() {
    let shop = Shop::empty();
    let left = [
        ("chart/Chart.yaml", "name: c\n"),
        ("chart/templates/cm.yaml", "kind: ConfigMap\n"),
        ("chart/crds/crd.yaml", "kind: Other\n"),
        ("chart/charts/sub/values.yaml", "a: 1\n"),
        ("chart/ci/small-values.yaml", "a: 1\n"),
        ("web/node_modules/x/conf.yaml", "a: 1\n"),
        ("pnpm-workspace.yaml", "packages: [a]\n"),
        (".github/dependabot.yml", "version: 2\n"),
        ("docker-compose.yml", "services: {}\n"),
    ];
    let taken = [("chart/values.yaml", "a: 1\n"), ("templates/mail.yaml", "a: 1\n")];
    shop.commit(&[&left[..], &taken].concat(), "a chart");
    let plan = shop.terrace(&["migrate", ".", "--dry-run"]);
    assert!(plan.code == 0 && plan.out.contains("2 items, 2 values."), "{plan:?}");
    for (file, _) in left {
        let line = plan.out.lines().find(|line| line.contains(file));
        assert!(line.is_some_and(|line| line.starts_with("left alone")), "{file}: {plan:?}");
    }
    // Named by itself a file is what its name says.
    let named = shop.terrace(&["migrate", "chart/templates/cm.yaml", "--dry-run"]);
    assert!(named.out.contains("would move"), "{named:?}");
    // Beside files that are environments' too.
    shop.commit(
        &[("chart/values-prod.yaml", "a: 2\n"), ("chart/charts/sub/values-prod.yaml", "a: 2\n")],
        "x",
    );
    let plan = shop.terrace(&["migrate", ".", "--dry-run"]);
    let sub = plan.out.lines().find(|line| line.contains("chart/charts/sub/values-prod.yaml"));
    assert!(sub.is_some_and(|line| line.starts_with("left alone")), "{plan:?}");
}

#[test]
fn what_is_asked_about_stays_and_the_rest_is_taken() {
    let shop = Shop::empty();
    shop.commit(
        &[("config/a.yaml", "a: 1\n"), ("config/b-live.yaml", "b: 1\n"), ("config/local.yaml", "c: 1\n")],
        "flat",
    );
    let answer = shop.terrace(&["migrate", "config", "--yes"]);
    assert!(answer.code == 0 && answer.out.matches("asks ").count() == 2, "{answer:?}");
    assert!(answer.out.contains("1 item, 1 value."), "{answer:?}");
    assert_eq!(shop.read("config/local.yaml"), "c: 1\n");
}

#[test]
fn what_readers_take_differently_is_told_by_line_and_secrets_stay_masked() {
    let shop = Shop::empty();
    let env = "PATHS=\"C:\\new\"\nDB_PASSWORD=\"hun\\\\ter2\"\nexport URL=${HOST}/x\nEND='\u{1b}\\\\'\n";
    shop.commit(&[("config/app.env", env)], "flat");
    let plan = shop.terrace(&["migrate", "config", "--dry-run"]);
    for line in [
        "config/app.env:1: PATHS holds a backslash, which readers take differently; taken as `C:⏎ew`",
        "config/app.env:2: DB_PASSWORD holds a backslash, which readers take differently; taken as `••••`",
        "config/app.env:3: URL refers to a variable, which stays as written; taken as `${HOST}/x`",
        "config/app.env:4: END ",
        "1 line begins with `export`",
    ] {
        assert!(plan.out.contains(line), "{line} in {}", plan.out);
    }
    assert!(!plan.out.contains("hun") && !plan.out.contains('\u{1b}'), "{}", plan.out);
}

#[test]
fn nothing_of_another_environment_arrives_unless_its_file_is_named() {
    let shop = Shop::empty();
    let files = [
        ("config/db.yml", "development: {db: a}\nproduction: {db: b}\n"),
        ("config/app.properties", "a=1\n#---\nspring.config.activate.on-profile=production\na.live=true\n"),
        ("config/erb.yml", "password: <%= ENV['X'] %>\n"),
    ];
    shop.commit(&files, "flat");
    let swept = shop.terrace(&["migrate", "config", "--skip-invalid", "--yes"]);
    assert!(swept.code == 0 && swept.out.contains("nothing to do"), "{swept:?}");
    let divided = shop.terrace(&["migrate", "config/app.properties", "--yes"]);
    assert!(
        divided.code == 2 && divided.err.contains("config/app.properties:2:1: `#---` divides"),
        "{divided:?}"
    );
    let named = shop.terrace(&["migrate", "config/db.yml", "config/erb.yml", "--yes"]);
    assert_eq!(named.code, 0, "{named:?}");
    assert!(named.out.contains("config/db.yml:2: `production` names production"), "{named:?}");
    assert!(named.out.contains("config/erb.yml:1: an ERB template"), "{named:?}");
}

#[test]
fn a_file_that_says_whose_it_is_becomes_no_other_environments() {
    let world = World::with(&[
        ("config/app.yaml", "environment: production\nhost: db\n"),
        ("config/mode.env", "NODE_ENV=production\n"),
        ("config/part.yaml", "sentry: {environment: prod}\n"),
        ("config/vendor/lib.yaml", "a: 1\n"),
        ("target/classes/app.yaml", "a: 1\n"),
    ]);
    let plan = world.terrace(&["migrate", "config", "--dry-run"]).exits(0);
    for line in [
        "asks         config/app.yaml ",
        "asks         config/part.yaml ",
        "would write  config/mode.env ",
        "left alone   config/vendor/lib.yaml ",
        "--env production takes it as that, --env",
        "1 item, 1 value.",
    ] {
        assert!(plan.contains(line), "{line} in {plan}");
    }
    world.refuses(
        "migrate config/app.yaml --yes",
        3,
        "error: config/app.yaml is production's by what it says, and would become development's\n\
         help: terrace migrate config/app.yaml --env production",
    );
    let told = world.terrace(&["migrate", "target", "--dry-run"]).exits(0);
    assert!(told.contains("environments/development/classes/app.yaml"), "{told}");
    let told = world.terrace(&["migrate", "config/part.yaml", "--dry-run"]).exits(0);
    assert!(told.contains("`sentry.environment` says production"), "{told}");
    for (environment, folder) in [("production", "production"), ("development", "development")] {
        let plan = ["migrate", "config/app.yaml", "--env", environment, "--dry-run"];
        let told = world.terrace(&plan).exits(0);
        assert!(told.contains(&format!("environments/{folder}/app.yaml")), "{told}");
    }
}

#[test]
fn another_environments_file_never_becomes_developments() {
    let mut world = World::with(&[
        ("production.yaml", "a: 1\n"),
        ("config/prod/app.yaml", "a: 1\n"),
        ("chart/values-develop.yaml", "a: 1\n"),
        ("chart/values-release.yaml", "a: 2\n"),
        ("chart/values-prd.yaml", "a: 3\n"),
    ]);
    for file in ["production.yaml", "config/prod/app.yaml"] {
        let message = format!(
            "error: {file} is production's by its name, and would become development's\n\
             help: terrace migrate {file} --env production"
        );
        world.refuses(&format!("migrate {file} --yes"), 3, &message);
    }
    for source in ["config/prod", "config", "chart"] {
        let told = world.line(&format!("migrate {source} --yes")).exits(0);
        assert!(told.contains("asks  ") && told.contains("nothing to do"), "{told}");
    }
    let told = world.line("migrate chart --dry-run").exits(0);
    assert!(told.contains("--environments prd=ENVIRONMENT says whose it is"), "{told}");
    world.dir.push("config/prod");
    let refused = world.line("migrate app.yaml --yes");
    assert!(refused.code == 3, "{refused:?}");
    assert!(refused.stderr.contains("help: terrace migrate app.yaml --env production\n"), "{refused:?}");
}
