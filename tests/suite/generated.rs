//! What is generated and committed is current: the JSON Schemas of terrace's own formats, and the
//! README's sections on the rules.
//!
//! `TERRACE_WRITE=1 cargo test --test suite generated` writes them anew.

use std::path::Path;

use serde_json::Value;
use terrace::api;
use terrace::report;

fn schemas() -> Vec<(&'static str, Value)> {
    let mut schemas = vec![
        ("policy", terrace::model::policy::schema()),
        ("findings", api::findings::schema()),
        ("diff", api::diff::schema()),
        ("matrix", api::matrix::schema()),
        ("plan", api::plan::schema()),
        ("publish", api::publish::schema()),
        ("decisions", api::hold::schema()),
        ("log", api::log::schema()),
        ("blame", api::blame::schema()),
        ("review", api::review::schema()),
        ("watch", api::watch::schema()),
    ];
    schemas.extend(api::items::schemas());
    schemas
}

#[test]
fn the_schemas_of_our_own_formats_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let write = std::env::var_os("TERRACE_WRITE").is_some();
    for (name, schema) in schemas() {
        let file = folder.join(format!("{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if write {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&file, &text).expect("a file");
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == text,
            "{} is stale: TERRACE_WRITE=1 cargo test --test suite generated",
            file.display()
        );
        jsonschema::draft202012::new(&schema).expect("a valid JSON Schema");
    }
}

/// What a server says of itself.
#[cfg(feature = "server")]
#[test]
fn the_description_of_the_api_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&terrace::server::openapi()).expect("JSON"));
    if std::env::var_os("TERRACE_WRITE").is_some() {
        std::fs::write(&file, &text).expect("a file");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "{} is stale: TERRACE_WRITE=1 cargo test --test suite generated",
        file.display()
    );
}

/// The guide and `terrace explain` say the same of every rule, since both say what the model says.
#[test]
fn the_rules_in_the_guide_are_current() {
    let (begin, end) = ("<!-- rules:begin -->\n", "<!-- rules:end -->");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/rules.md");
    let readme = std::fs::read_to_string(&file).expect("the page");
    let (before, rest) = readme.split_once(begin).expect("where the rules begin");
    let (committed, after) = rest.split_once(end).expect("where the rules end");
    let current = format!("\n{}\n", report::explain::reference());
    if std::env::var_os("TERRACE_WRITE").is_some() {
        std::fs::write(&file, format!("{before}{begin}{current}{end}{after}")).expect("the page");
    } else {
        assert!(
            committed == current,
            "src/guide/rules.md is stale: TERRACE_WRITE=1 cargo test --test suite generated"
        );
    }
}

/// The policy that the guide documents, and the one that `init` writes, fit the policy's schema.
#[test]
fn documented_policies_fit_the_schema_of_policies() {
    let readme = include_str!("../../src/guide/policy.md");
    let policy = readme
        .split("# Policy\n\n```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a policy");
    assert!(policy.contains("[promotion]"));
    terrace::model::Policy::parse(policy, "policy.md").expect("the documented policy");
    let validator = jsonschema::draft202012::new(&terrace::model::policy::schema()).expect("a schema");
    let value: Value =
        serde_json::to_value(toml::from_str::<toml::Table>(policy).expect("TOML")).expect("JSON");
    // TOML's dates have no JSON; the schema sees them as what they are read as.
    let errors: Vec<_> = validator
        .iter_errors(&value)
        .filter(|error| !error.instance_path().to_string().ends_with("/until"))
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}
