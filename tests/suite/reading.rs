//! `list`, `get`, `check`, `diff` and `status`: where they look, what they say, and in which form.

use std::process::Stdio;

use serde_json::Value as Json;
use terrace::api;

use crate::support::{Output, World, shop};

const SECRETS: [&str; 4] = ["hunter2", "tr0ub4dor", "s3cr3t-one", "s3cr3t-two"];

/// A shop whose development moved on, with secrets in plain text everywhere.
fn leaky() -> World {
    let mut world = shop();
    for (environment, secret) in [("development", "hunter2"), ("staging", "tr0ub4dor")] {
        world.write(
            &format!("environments/{environment}/leaky.yaml"),
            &format!("a: {environment}\npassword: {secret}\nnested: {{token: [{secret}], n: 1}}\nsecret: |\n  s3cr3t-one\n  {secret}\nlist:\n  - api-key: s3cr3t-two\n"),
        );
    }
    world.commit("leaky");
    world.write("environments/development/leaky.yaml", "a: 3\npassword: hunter2\nnested: {token: [hunter2], n: 2}\nlist:\n  - api-key: s3cr3t-two\nnew: {token: hunter2, n: 1}\n");
    world.commit("moved");
    world
}

#[test]
fn secrets_are_masked_in_every_report() {
    let world = leaky();
    let mut lines = vec!["check".to_owned(), "promote leaky --to production --dry-run".to_owned()];
    for format in ["json", "markdown", "github", "sarif", "junit", "gitlab"] {
        lines.push(format!("check --format {format}"));
    }
    for format in ["text", "json", "markdown"] {
        lines.push(format!("diff --format {format}"));
        lines.push(format!("status --format {format}"));
    }
    for format in ["text", "json", "markdown", "unified"] {
        lines.push(format!("diff development staging --format {format}"));
        lines.push(format!("diff staging production --format {format}"));
    }
    for format in ["text", "json"] {
        lines.push(format!("promote leaky --to staging --dry-run --format {format}"));
        lines.push(format!(
            "promote leaky --to staging --dry-run --format {format} --take target=a --with-new -v"
        ));
    }
    lines.push("set leaky password hunter2 --env staging".to_owned());
    lines.push("promote leaky --to staging --with-new --with-removals --skip-undecided --yes".to_owned());
    for line in lines {
        let told = world.line(&line).told();
        assert!(told.len() > 40, "{line}: {told}");
        for secret in SECRETS {
            assert!(!told.contains(secret), "{line} shows {secret}:\n{told}");
        }
        world.git(&["checkout", "--quiet", "."]);
    }
    let message = world.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains("leaky: nested.n: 1 -> 2") && SECRETS.iter().all(|secret| !message.contains(secret)),
        "{message}"
    );
    for line in ["diff development staging --show-secrets", "diff --show-secrets"] {
        assert!(world.line(line).stdout.contains("hunter2"), "{line}");
    }
    assert_eq!(world.line("get leaky password --env development").exits(0), "hunter2\n", "get delivers");
}

#[test]
fn a_unified_difference_shows_that_a_secret_differs() {
    let mut world = shop();
    world.write("environments/staging/s.yaml", "a: 1\npassword: hunter2\n");
    world.write("environments/production/s.yaml", "a: 1\npassword: tr0ub4dor # why");
    world.commit("secrets");
    insta::assert_snapshot!(world.line("diff staging production s --format unified").told(), @r"
    --- staging/s.yaml
    +++ production/s.yaml
    @@ -1,2 +1,2 @@
     a: 1
    -password: ••••
    +password: •••• # why
    \ No newline at end of file
    [exit 1]
    ");
}

fn json(output: Output, schema: &Json) -> Json {
    let value: Json = serde_json::from_str(&output.stdout).expect(&output.stdout);
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{}", output.stdout);
    value
}

#[test]
fn machine_formats_keep_their_schemas() {
    let world = leaky();
    let check = json(world.line("check --format json"), &api::findings::schema());
    assert_eq!(check["summary"]["items"], 5);
    let sides = json(world.line("diff development staging --format json"), &api::diff::schema());
    assert_eq!(sides["items"].as_array().map(Vec::len), Some(2));
    let matrix = json(world.line("diff --format json"), &api::matrix::schema());
    assert_eq!(matrix["items"][0]["key"], "leaky");
    for line in [
        "status --format json",
        "promote leaky --to staging --dry-run --with-new --with-removals --format json",
    ] {
        let plan = json(world.line(line), &api::plan::schema());
        assert!(
            plan["hops"][0]["items"][0]["resolutions"].as_array().is_some_and(|all| !all.is_empty()),
            "{line}"
        );
    }
    // What is done is told apart: standard output holds one document and nothing else.
    let done = world.line("promote leaky --to staging --with-new --with-removals --yes --format json");
    assert!(done.stderr.starts_with("committed "), "{}", done.told());
    json(done, &api::plan::schema());
    let again = world.line("promote leaky --to staging --with-new --with-removals --yes --format json");
    assert_eq!(again.stderr, "nothing to do\n");
    json(again, &api::plan::schema());
    let value = world.line("get pay servers[name=api].port --env staging --format json --at HEAD").exits(0);
    let value: Json = serde_json::from_str(&value).expect("JSON");
    assert_eq!((&value["pointer"], &value["value"]), (&Json::from("/servers/0/port"), &Json::from(80)));
    assert_eq!(value["commit"], world.git(&["rev-parse", "HEAD"]).trim());
    world.line("hold pay timeout --env production --reason load").exits(0);
    for (line, schema, at, expected) in [
        ("hold --list --format json", api::hold::schema(), "/decisions/0/reason", "load"),
        ("log --format json", api::log::schema(), "/commits/0/changes/0/key", "leaky"),
        ("blame leaky --env staging --format json", api::blame::schema(), "/paths/0/path", "a"),
    ] {
        let told = json(world.line(line), &schema);
        assert_eq!(told.pointer(at).and_then(Json::as_str), Some(expected), "{told:#}");
    }
    for ((name, schema), line) in
        api::items::schemas().iter().zip(["list --format json", "get pay --env staging --format json"])
    {
        assert!(line.starts_with(name));
        json(world.line(line), schema);
    }
}

#[test]
fn revisions_and_the_index_are_read_without_a_checkout() {
    let mut world = shop();
    world.line("set pay timeout 6s --env staging").exits(0);
    world.commit("six");
    world.line("set pay timeout 7s --env staging").exits(0);
    world.git(&["add", "--all"]);
    world.line("set pay timeout 8s --env staging").exits(0);
    for (place, expected) in
        [("--at HEAD~1", "5s\n"), ("--at main", "6s\n"), ("--staged", "7s\n"), ("", "8s\n")]
    {
        assert_eq!(
            world.line(&format!("get pay timeout --env staging {place}")).exits(0),
            expected,
            "{place}"
        );
    }
    let diff = world.line("diff HEAD~1:staging staging pay").exits(1);
    assert!(diff.contains("5s → 8s"), "{diff}");
    assert_eq!(world.line("diff HEAD:staging HEAD:staging").exits(0), "no differences\n");
    assert_eq!(world.line("diff HEAD~1:staging staging --exit-zero").code, 0);
    world.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(world.line("status").code, 0);
}

#[test]
fn any_folder_of_the_configuration_will_do() {
    let mut world = World::unborn();
    for environment in ["development", "staging"] {
        world.write(&format!("deploy/config/environments/{environment}/a.yaml"), "x: 1\n");
    }
    world.write("environments.txt", "");
    world.commit("base");
    for folder in ["deploy/config", "deploy/config/environments", "deploy/config/environments/staging"] {
        assert_eq!(world.terrace_in(folder, &["list"]).exits(0), "a  development, staging\n", "{folder}");
    }
    let set = world.terrace_in("deploy/config", &["set", "a", "x", "2", "--env", "development", "--commit"]);
    assert!(
        set.stdout.starts_with("deploy/config/environments/development/a.yaml: x 1 → 2 ("),
        "{}",
        set.told()
    );
    let missing = world.terrace_in("deploy/config", &["get", "a", "y", "--env", "staging"]);
    assert_eq!(
        missing.stderr,
        "error: deploy/config/environments/staging/a.yaml has no `y`\nhelp: the item has x\n"
    );
    world.terrace_in("deploy/config/environments", &["promote", "a", "--to", "staging", "--yes"]).exits(0);
    assert_eq!(world.read("deploy/config/environments/staging/a.yaml"), "x: 2\n");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn colour_is_asked_for_or_left_out() {
    let mut world = leaky();
    for line in [
        "diff",
        "diff development staging",
        "status",
        "check",
        "promote leaky --to staging --dry-run",
        "list --env prod",
    ] {
        let plain = world.line(line).told();
        assert!(!plain.contains('\u{1b}'), "{line}");
        assert_eq!(world.line(&format!("{line} --color never")).told(), plain, "{line}");
        let coloured = world.line(&format!("{line} --color always")).told();
        assert!(coloured.contains('\u{1b}'), "{line}");
        world.variables = vec![("NO_COLOR".to_owned(), "1".to_owned())];
        assert_eq!(world.line(line).told(), plain, "{line}");
        world.variables.clear();
    }
}

#[test]
fn a_closed_pipe_is_a_quiet_success() {
    let world = leaky();
    for line in ["list", "check", "diff", "status", "explain schema"] {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        let mut child = command
            .args(line.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("terrace");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("terrace");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let world = leaky();
    for line in ["list", "list -o json", "check", "status", "diff staging production", "explain"] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        let output = command.args(line.split(' ')).stdout(full).output().expect("terrace");
        assert_eq!(output.status.code(), Some(2), "{line}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with("error: cannot write the output: "), "{line}: {said}");
    }
}

#[test]
fn what_is_printed_stands_before_what_is_said_of_it() {
    let [development, staging] = ["development", "staging"].map(|env| format!("environments/{env}/pay.yaml"));
    let mut world = World::with(&[(&development, "a: 1\n"), (&staging, "a: 1\n")]);
    world.write(&development, "a: 1\nb: 2\n");
    world.commit("one more");
    for line in ["promote pay --to staging", "promote --all --to staging", "promote pay --to staging -o json"]
    {
        let both = std::fs::File::create(world.beside("both")).expect("a file");
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(line.split(' ')).stdin(Stdio::null());
        command.stdout(both.try_clone().expect("a file")).stderr(both);
        assert_eq!(command.status().expect("terrace").code(), Some(3), "{line}");
        let told = std::fs::read_to_string(world.beside("both")).expect("a text");
        let (printed, said) = (told.find("pay"), told.find("error: "));
        assert!(printed.is_some() && printed < said, "{line}: {told}");
    }
}

#[test]
fn list_identity_of_the_schema_counts_for_two_sides() {
    let mut world = World::unborn();
    world.write("environments/staging/a.yaml", "rules:\n  - path: /x\n    v: 1\n  - path: /y\n    v: 2\n");
    world.write("environments/production/a.yaml", "rules:\n  - path: /y\n    v: 3\n  - path: /x\n    v: 1\n");
    world.write(
        "schemas/a.schema.json",
        r#"{"properties": {"rules": {"type": "array", "x-terrace": {"listKey": "path"}}}}"#,
    );
    world.commit("base");
    let diff = world.line("diff staging production").exits(1);
    assert!(diff.contains("~ rules[path=/y].v    2 → 3") || diff.contains("rules[path=/y].v"), "{diff}");
    assert!(diff.ends_with("1 difference\n"), "{diff}");
}

#[test]
fn a_file_larger_than_any_is_refused_and_the_others_are_judged() {
    let world = World::with(&[
        ("environments/staging/huge.yaml", "a: 1\n"),
        ("environments/staging/other.yaml", "a: 1\na: 2\n"),
    ]);
    let file = std::fs::File::options().write(true).open(world.dir.join("environments/staging/huge.yaml"));
    file.expect("a file").set_len(1 << 40).expect("a hole");
    let found = world.terrace(&["check"]).exits(1);
    let told = "the file has over 67108864 bytes, more than the 1048576 allowed";
    assert!(found.contains(told) && found.contains("error[duplicate-key]"), "{found}");
    for line in
        ["get huge a --env staging", "set huge a 2 --env staging", "export huge --env staging --format json"]
    {
        let refused = world.line(line);
        assert!(refused.code >= 1 && refused.stderr.contains(told), "{line}: {refused:?}");
    }
}
