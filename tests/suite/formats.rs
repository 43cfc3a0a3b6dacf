//! Every report format against what its specification and its readers ask for.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use terrace::api;
use terrace::model::{Environment, Excerpt, Finding, Location, NoteLabel, Position, Rule, Severity};
use terrace::report::{self, Format, Styles, Summary, View};

use crate::xml::{self, Event};

/// A location on one line.
pub(crate) fn at(line: usize, column: usize, end: usize) -> Option<Location> {
    Some(Location { start: Position { line, column }, end: Position { line, column: end } })
}

/// What a format writes, with a summary of three items.
pub(crate) fn written(format: Format, findings: &[Finding]) -> String {
    let summary = Summary::new(3, Environment::ALL, findings);
    let mut out = Vec::new();
    report::findings(format, findings, &summary, &View::default(), &mut out).expect("writes to memory");
    String::from_utf8(out).expect("text")
}

fn too_large() -> Finding {
    Finding {
        location: at(7, 9, 12),
        excerpt: Some(Excerpt { first_line: 7, text: "  size: 500".to_owned(), highlight: 8..11 }),
        notes: vec![(NoteLabel::Schema, "schemas/payments.schema.json".to_owned())],
        environment: Some(Environment::Production),
        key: Some("payments".parse().expect("a key")),
        path: Some("database.pool.size".parse().expect("a path")),
        pointer: terrace::model::Pointer::parse("/database/pool/size"),
        ..Finding::new(
            Rule::Schema,
            "environments/production/payments.yaml",
            "500 is more than the maximum of 50",
            "choose a value up to 50, or raise the maximum in the schema",
        )
    }
}

fn foreign() -> Finding {
    Finding {
        severity: Severity::Warning,
        location: at(3, 9, 31),
        excerpt: Some(Excerpt {
            first_line: 3,
            text: "  host: db.staging.example.com".to_owned(),
            highlight: 8..30,
        }),
        environment: Some(Environment::Production),
        key: Some("payments".parse().expect("a key")),
        ..Finding::new(
            Rule::ForeignHost,
            "environments/production/payments.yaml",
            "production names a staging host",
            "use production's own host, or accept it: terrace explain foreign-host",
        )
    }
}

fn folder() -> Finding {
    Finding::new(
        Rule::UnknownEnvironment,
        "environments/prod",
        "`prod` is not an environment",
        "did you mean `production`?",
    )
}

fn three() -> Vec<Finding> {
    vec![folder(), too_large(), foreign()]
}

#[test]
fn text_reads_as_it_should() {
    insta::assert_snapshot!(written(Format::Text, &[too_large(), foreign(), folder()]), @r"
    error[schema]: 500 is more than the maximum of 50
      --> environments/production/payments.yaml:7:9
       |
     7 |   size: 500
       |         ^^^ database.pool.size
       = schema: schemas/payments.schema.json
       = help: choose a value up to 50, or raise the maximum in the schema

    warning[foreign-host]: production names a staging host
      --> environments/production/payments.yaml:3:9
       |
     3 |   host: db.staging.example.com
       |         ^^^^^^^^^^^^^^^^^^^^^^
       = help: use production's own host, or accept it: terrace explain foreign-host

    error[unknown-environment]: `prod` is not an environment
      --> environments/prod
       = help: did you mean `production`?

    3 items in 3 environments: 2 errors, 1 warning
    ");
    assert_eq!(written(Format::Text, &[]), "3 items in 3 environments: no findings\n");
}

#[test]
fn colours_add_nothing_to_the_words() {
    let (findings, mut out) = (three(), Vec::new());
    let summary = Summary::new(3, Environment::ALL, &findings);
    let view = View { styles: Styles::coloured(), ..View::default() };
    report::findings(Format::Text, &findings, &summary, &view, &mut out).expect("writes to memory");
    let coloured = String::from_utf8(out).expect("text");
    let mut parts = coloured.split("\u{1b}[");
    let mut words = parts.next().unwrap_or_default().to_owned();
    words.extend(parts.map(|part| part.split_once('m').expect("a style").1));
    assert_ne!(words, coloured);
    assert_eq!(words, written(Format::Text, &findings));
}

#[test]
fn json_keeps_its_contract_and_its_schema() {
    let report: Json = serde_json::from_str(&written(Format::Json, &[folder(), too_large()])).expect("JSON");
    assert_eq!(
        report,
        json!({
            "version": 1,
            "findings": [
                {
                    "rule": "unknown-environment", "severity": "error", "message": "`prod` is not an environment",
                    "help": "did you mean `production`?", "file": "environments/prod",
                    "line": null, "column": null, "end_line": null, "end_column": null,
                    "environment": null, "key": null, "pointer": null, "path": null, "related": [],
                },
                {
                    "rule": "schema", "severity": "error", "message": "500 is more than the maximum of 50",
                    "help": "choose a value up to 50, or raise the maximum in the schema",
                    "file": "environments/production/payments.yaml",
                    "line": 7, "column": 9, "end_line": 7, "end_column": 12,
                    "environment": "production", "key": "payments",
                    "pointer": "/database/pool/size", "path": "database.pool.size", "related": [],
                },
            ],
            "summary": {
                "items": 3, "environments": ["development", "staging", "production"],
                "errors": 2, "warnings": 0, "notices": 0,
            },
        })
    );
    let schema = api::findings::schema();
    jsonschema::meta::validate(&schema).expect("a JSON Schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&report), "{schema:#}");
    assert!(validator.is_valid(&serde_json::from_str(&written(Format::Json, &[])).expect("JSON")));
    for spoil in ["/findings/0/line", "/summary/items", "/version", "/findings/1/severity"] {
        let mut wrong = report.clone();
        *wrong.pointer_mut(spoil).expect(spoil) = json!("x");
        assert!(!validator.is_valid(&wrong), "{spoil}");
    }
    let mut missing = report.clone();
    missing["findings"][0].as_object_mut().expect("a finding").shift_remove("path");
    assert!(!validator.is_valid(&missing), "null is written, not left out");
}

#[test]
fn github_annotations_are_commands() {
    let spanning = Finding {
        location: Some(Location {
            start: Position { line: 2, column: 3 },
            end: Position { line: 4, column: 1 },
        }),
        severity: Severity::Notice,
        ..Finding::new(Rule::NoSchema, "a,b:c%.yaml", "100%, done: yes", "")
    };
    insta::assert_snapshot!(written(Format::Github, &[too_large(), folder(), spanning]), @r"
    ::error file=environments/production/payments.yaml,line=7,col=9,endLine=7,endColumn=12,title=schema%3A database.pool.size::500 is more than the maximum of 50%0Ahelp: choose a value up to 50, or raise the maximum in the schema
    ::error file=environments/prod,title=unknown-environment::`prod` is not an environment%0Ahelp: did you mean `production`?
    ::notice file=a%2Cb%3Ac%25.yaml,line=2,endLine=4,title=no-schema::100%25, done: yes
    3 items in 3 environments: 2 errors, 1 notice
    ");
}

/// What SARIF 2.1.0 requires and what GitHub's code scanning asks for besides.
#[test]
fn sarif_has_what_github_requires() {
    let findings = [three(), vec![too_large()]].concat();
    let log: Json = serde_json::from_str(&written(Format::Sarif, &findings)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["tool"]["driver"]["name"], "terrace");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), Rule::ALL.len());
    for rule in rules {
        for text in ["/id", "/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"]
        {
            let text = rule.pointer(text).and_then(Json::as_str).expect(text);
            assert!(!text.is_empty() && !text.contains("<a"), "{text}");
        }
        let level = rule.pointer("/defaultConfiguration/level").and_then(Json::as_str);
        assert!(matches!(level, Some("error" | "warning" | "note")));
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), findings.len());
    let mut names = BTreeSet::new();
    for (result, finding) in results.iter().zip(&findings) {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(result["ruleId"], rules[index]["id"]);
        assert_eq!(result["ruleId"], finding.rule.id());
        assert!(result["message"]["text"].as_str().is_some_and(|text| text.ends_with(&finding.message)));
        assert_eq!(result["locations"].as_array().map(Vec::len), Some(1));
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains([':', '\\', ' ']), "{uri}");
        for number in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][number].as_u64().is_some_and(|n| n >= 1), "{number}");
        }
        assert!(names.insert(result["partialFingerprints"]["terrace/v1"].as_str().expect("a fingerprint")));
    }
    assert_eq!(results[1]["message"]["text"], "database.pool.size: 500 is more than the maximum of 50");
    assert_eq!(results[1]["locations"][0]["physicalLocation"]["region"]["endColumn"], 12);
    assert_eq!(results[2]["level"], "warning");
    let mut moved = too_large();
    (moved.location, moved.message) = (at(9, 1, 2), "60 is more than the maximum of 50".to_owned());
    let after: Json = serde_json::from_str(&written(Format::Sarif, &[moved])).expect("JSON");
    let name = "/runs/0/results/0/partialFingerprints";
    assert_eq!(after.pointer(name), log.pointer("/runs/0/results/1/partialFingerprints"));
}

fn attribute<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    let Event::Open(_, attributes) = event else { return None };
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[test]
fn junit_counts_what_it_holds() {
    for findings in [three(), vec![], vec![foreign()]] {
        let text = written(Format::Junit, &findings);
        let events = xml::read(&text).expect(&text);
        let named = |name: &str| -> Vec<&Event> {
            events.iter().filter(|event| matches!(event, Event::Open(n, _) if n == name)).collect()
        };
        let total = |suites: &[&Event], count: &str| -> usize {
            suites
                .iter()
                .map(|suite| attribute(suite, count).expect(count).parse::<usize>().expect(count))
                .sum()
        };
        let (root, suites, cases) = (named("testsuites"), named("testsuite"), named("testcase"));
        for (count, found) in [
            ("tests", cases.len()),
            ("failures", named("failure").len()),
            ("skipped", named("skipped").len()),
            ("errors", 0),
        ] {
            assert_eq!(total(&suites, count), found, "{count}\n{text}");
            assert!(count == "skipped" || total(&root, count) == found, "{count}\n{text}");
        }
        assert!(cases.len() >= findings.len().max(3), "every environment has a case");
        assert!(
            cases
                .iter()
                .all(|case| attribute(case, "name").is_some() && attribute(case, "classname").is_some())
        );
        assert_eq!(named("failure").len(), findings.iter().filter(|f| f.severity == Severity::Error).count());
    }
    insta::assert_snapshot!(written(Format::Junit, &[too_large(), foreign(), foreign()]), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="terrace" tests="5" failures="1" errors="0">
      <testsuite name="development" tests="1" failures="0" errors="0" skipped="0">
        <testcase name="no findings" classname="development"/>
      </testsuite>
      <testsuite name="staging" tests="1" failures="0" errors="0" skipped="0">
        <testcase name="no findings" classname="staging"/>
      </testsuite>
      <testsuite name="production" tests="3" failures="1" errors="0" skipped="2">
        <testcase name="schema: database.pool.size" classname="environments/production/payments.yaml">
          <failure type="schema" message="database.pool.size: 500 is more than the maximum of 50">error[schema]: 500 is more than the maximum of 50
      --&gt; environments/production/payments.yaml:7:9
       |
     7 |   size: 500
       |         ^^^ database.pool.size
       = schema: schemas/payments.schema.json
       = help: choose a value up to 50, or raise the maximum in the schema
    </failure>
        </testcase>
        <testcase name="foreign-host" classname="environments/production/payments.yaml">
          <skipped message="warning: production names a staging host"/>
        </testcase>
        <testcase name="foreign-host (2)" classname="environments/production/payments.yaml">
          <skipped message="warning: production names a staging host"/>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn gitlab_has_what_code_quality_requires() {
    let findings = [three(), three()].concat();
    let issues: Vec<Json> = serde_json::from_str(&written(Format::Gitlab, &findings)).expect("a list");
    assert_eq!(
        issues[1],
        json!({
            "description": "database.pool.size: 500 is more than the maximum of 50",
            "check_name": "schema",
            "fingerprint": issues[1]["fingerprint"],
            "severity": "critical",
            "location": {"path": "environments/production/payments.yaml", "lines": {"begin": 7, "end": 7}},
        })
    );
    assert_eq!(issues[0]["location"]["lines"]["begin"], 1);
    let known = ["info", "minor", "major", "critical", "blocker"];
    assert!(issues.iter().all(|issue| known.contains(&issue["severity"].as_str().expect("a severity"))));
    let names: BTreeSet<_> = issues.iter().map(|issue| issue["fingerprint"].to_string()).collect();
    assert_eq!(names.len(), 6);
    assert_eq!(written(Format::Gitlab, &[]), "[]\n");
}

#[test]
fn markdown_says_the_verdict_first() {
    insta::assert_snapshot!(written(Format::Markdown, &[foreign(), folder()]), @r"
    <!-- terrace:check -->
    **terrace check: 1 error, 1 warning** (3 items in 3 environments)

    <details open><summary>1 error</summary>

    ```text
    error[unknown-environment]: `prod` is not an environment
      --> environments/prod
       = help: did you mean `production`?
    ```

    </details>

    <details><summary>1 warning</summary>

    ```text
    warning[foreign-host]: production names a staging host
      --> environments/production/payments.yaml:3:9
       |
     3 |   host: db.staging.example.com
       |         ^^^^^^^^^^^^^^^^^^^^^^
       = help: use production's own host, or accept it: terrace explain foreign-host
    ```

    </details>
    ");
    let none = "<!-- terrace:check -->\n**terrace check: no findings** (3 items in 3 environments)\n";
    assert_eq!(written(Format::Markdown, &[]), none);
}

#[test]
fn markdown_is_cut_to_what_github_accepts() {
    let named = |file: String| Finding { file, ..too_large() };
    let many: Vec<_> = (0..2_000).map(|n| named(format!("file-{n}"))).collect();
    let huge: Vec<_> = ["`", "é", "\n```\n"].iter().map(|part| named(part.repeat(100_000))).collect();
    for (findings, all) in [(many, false), (huge, false), (vec![named("`".repeat(40_000))], true)] {
        let comment = written(Format::Markdown, &findings);
        assert!(comment.len() < 65_536, "{}", comment.len());
        assert!(comment.starts_with("<!-- terrace:check -->\n**terrace check: "));
        assert_eq!(comment.matches("<details").count(), comment.matches("</details>").count());
        assert_eq!(comment.contains("did not fit into this comment"), !all);
    }
    let comment = written(Format::Markdown, &[named("x".repeat(70_000)), foreign()]);
    assert!(
        comment.contains("foreign-host") && comment.contains("\n1 finding did not fit"),
        "what fits is shown"
    );
}

#[test]
fn a_sentence_quotes_no_more_than_can_be_read() {
    let long = Finding { message: format!("\"{}\" is too long", "x".repeat(100_000)), ..too_large() };
    for format in [Format::Text, Format::Github, Format::Junit, Format::Gitlab] {
        let output = written(format, std::slice::from_ref(&long));
        assert!(output.len() < 4_000 && output.contains("x…x") && output.contains("is too long"), "{format}");
    }
    assert!(written(Format::Json, &[long]).len() > 100_000, "programs get all of it");
}
