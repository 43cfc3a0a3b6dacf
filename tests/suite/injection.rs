//! Whatever a file holds, no format lets it act: not on a terminal, a CI runner, or a web page.

use serde_json::Value as Json;
use terrace::diff::Kind;
use terrace::engine::compare::DiffRow;
use terrace::engine::mode::{FileMode, ModeChange};
use terrace::engine::promotion::{Decision, DecisionState, HopStatus, ItemState, Reason, Until};
use terrace::engine::review::{
    Compared, DecisionChange, End, FileChangeKind, ItemChange, Origin, Review, Row, SchemaChange, Turn,
    WaiverChange, Weakened, Weakening,
};
use terrace::model::policy::Clause;
use terrace::model::{
    CommitId, CommitInfo, Environment, Excerpt, Finding, Hop, Key, NoteLabel, Pointer, Rule, Value, ValuePath,
};
use terrace::report::sanitize::clean;
use terrace::report::{Format, Summary, View, review};
use terrace::secrets::mask::{Mask, Shown};

use crate::formats::{at, written};
use crate::xml::{self, Event};

/// Text that would act somewhere, were it not escaped.
const ATTACKS: &[&str] = &[
    "\n::error::x",
    "\r::set-env name=PATH::/tmp",
    "%0A::warning file=a::x",
    "x,line=1::y",
    "::stop-commands::abc",
    " ##[add-mask]a",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[buildStop comment='x']",
    "</details><script>alert(1)</script>",
    "\n\n# heading\n\n- item",
    "\n```\n@everyone\n```\n",
    "````\n````text\n</details>",
    "~~~\n@octocat fixes #12, GH-12, octo/repo#12",
    "[x](javascript:alert(1))",
    "![x](https://example.com/track.png)",
    "<img src=x onerror=alert(1)>",
    "https://example.com www.example.com a@example.com",
    "`` ` ``` |a|b| \\| *b* _i_ ~s~ &lt; &#64;x",
    "<!-- terrace:check -->",
    "]]><!-- & &amp; &#0; ' \" -->",
    "\"/><testcase name=\"",
    "{0} {1} {{2}} %1$s",
    "\",\"rule\":\"syntax",
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31m",
    "\u{9b}2J\u{90}x\u{9c}\u{8}\u{7f}\0",
    "\u{202e}txt.yaml\u{2066}\u{200f}",
    "a\u{200b}b\u{2028}c\u{2029}d\u{85}e\u{feff}f\u{e0041}g",
    "\u{ffff}\u{fffe}\u{fff9}",
];

/// A finding that holds `text` wherever something of a file can stand.
fn finding(text: &str) -> Finding {
    Finding {
        location: at(7, 1, 2),
        excerpt: Some(Excerpt { first_line: 7, text: text.to_owned(), highlight: 0..text.len() }),
        notes: vec![(NoteLabel::Schema, text.to_owned())],
        path: Some(ValuePath::root().key(text)),
        ..Finding::new(Rule::Schema, text, text, text)
    }
}

/// What may stand in any output: nothing that a terminal or a runner acts on, but for the annotations
/// that are ours.
fn assert_inert(output: &str, attack: &str) {
    let is_ours =
        |line: &str| ["::error ", "::warning ", "::notice "].iter().any(|own| line.starts_with(own));
    for line in output.lines().map(|line| if is_ours(line) { line.trim_start_matches(':') } else { line }) {
        assert_eq!(clean(line), line, "{attack:?}");
    }
}

#[test]
fn every_line_of_text_begins_with_a_word_of_ours() {
    let ours = ["error[schema]: ", "  --> ", "   |", "   = schema: ", "   = help: ", "3 items in "];
    for attack in ATTACKS {
        let output = written(Format::Text, &[finding(attack)]);
        assert_inert(&output, attack);
        for line in output.lines().filter(|line| !line.is_empty()) {
            let numbered = line.get(..5).is_some_and(|start| {
                start.trim_start().chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '|')
            });
            assert!(numbered || ours.iter().any(|start| line.starts_with(start)), "{line}");
        }
    }
}

#[test]
fn markdown_around_the_code_is_the_same_for_every_text() {
    let outside = |text: &str| {
        let output = written(Format::Markdown, &[finding(text)]);
        assert_inert(&output, text);
        let mut fence = None;
        let mut lines = Vec::new();
        for line in output.lines() {
            let ticks: String = line.trim_start().chars().take_while(|c| *c == '`').collect();
            match &fence {
                None if ticks.len() >= 3 => fence = Some(ticks),
                None => lines.push(line.to_owned()),
                Some(open) if ticks.len() >= open.len() && line.trim() == ticks => fence = None,
                Some(_) => {}
            }
        }
        assert_eq!(fence, None, "{text:?} leaves a fence open");
        lines
    };
    for attack in ATTACKS {
        assert_eq!(outside(attack), outside("harmless"), "{attack:?}");
    }
}

/// A command's name, its properties and its data.
type Command = (String, Vec<(String, String)>, String);

/// Reads a line as the runner does: `::name key=value,…::data`, with its escapes undone.
fn command(line: &str) -> Option<Command> {
    let unescaped = |text: &str, escapes: &[(&str, &str)]| {
        escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let data = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    let property = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let pairs = properties.split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.to_owned(), unescaped(value, &property))).collect();
    Some((name.to_owned(), pairs, unescaped(message, &data)))
}

#[test]
fn the_runner_reads_one_annotation_and_nothing_else() {
    for attack in ATTACKS {
        let output = written(Format::Github, &[finding(attack)]);
        let lines: Vec<_> = output.lines().collect();
        assert_eq!(lines.len(), 2, "{output}");
        let (name, properties, message) = command(lines[0]).expect("a command");
        let shown = clean(attack);
        assert_eq!((name.as_str(), message), ("error", format!("{shown}\nhelp: {shown}")));
        let keys: Vec<_> = properties.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["file", "line", "col", "endLine", "endColumn", "title"]);
        assert_eq!(properties[0].1, shown);
        assert!(command(lines[1]).is_none());
        assert!(lines[0].starts_with("::error ") && !lines[1].contains("##["));
    }
}

/// The names of a JSON value's fields, values left out.
fn shape(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let fields: Vec<_> = map.iter().map(|(key, value)| format!("{key}:{}", shape(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Json::Array(list) => format!("[{}]", list.iter().map(shape).collect::<Vec<_>>().join(",")),
        Json::String(_) => "s".to_owned(),
        other => other.to_string(),
    }
}

#[test]
fn json_formats_keep_their_shape_and_their_text() {
    for attack in ATTACKS {
        let parsed = [Format::Json, Format::Sarif, Format::Gitlab].map(|format| {
            let output = written(format, &[finding(attack)]);
            assert_inert(&output, attack);
            let harmless: Json = serde_json::from_str(&written(format, &[finding("x")])).expect("JSON");
            let value: Json = serde_json::from_str(&output).expect("JSON");
            assert_eq!(shape(&value), shape(&harmless), "{attack:?}");
            value
        });
        let [json, sarif, gitlab] = &parsed;
        for field in ["message", "help", "file"] {
            assert_eq!(json["findings"][0][field], *attack, "programs get the exact text");
        }
        let result = &sarif["runs"][0]["results"][0];
        let message = result["message"]["text"].as_str().expect("a message");
        assert!(!message.contains("](") && clean(message) == message, "{message}");
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let uri = place.as_str().expect("a URI");
        assert!(uri.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/%".contains(c)), "{uri}");
        let description = gitlab[0]["description"].as_str().expect("a description");
        assert_eq!(clean(description), description);
    }
}

#[test]
fn junit_stays_well_formed() {
    let skeleton = |text: &str| -> Vec<String> {
        let output = written(Format::Junit, &[finding(text)]);
        assert_inert(&output, text);
        let names = |event: &Event| match event {
            Event::Open(name, attributes) => {
                let attributes: Vec<_> = attributes.iter().map(|(name, _)| name.as_str()).collect();
                format!("<{name} {attributes:?}>")
            }
            Event::Text(body) => {
                assert!(body.contains(clean(text).lines().next().unwrap_or_default()), "{body}");
                "text".to_owned()
            }
            Event::Close(name) => format!("</{name}>"),
        };
        xml::read(&output).expect(&output).iter().map(names).collect()
    };
    for attack in ATTACKS {
        assert_eq!(skeleton(attack), skeleton("harmless"), "{attack:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_at_all_acts(text in r#"(?s)[`~<>&"'\[\]()#@:|%{}!\\\r\n\t \x1b\u{9b}\u{202e}\u{2028}a0.]{0,40}"#) {
        let findings = [finding(&text)];
        for format in Format::ALL {
            assert_inert(&written(format, &findings), &text);
        }
        proptest::prop_assert!(xml::read(&written(Format::Junit, &findings)).is_ok());
        proptest::prop_assert_eq!(written(Format::Github, &findings).lines().count(), 2);
    }
}

#[test]
fn the_summary_holds_nothing_of_a_file() {
    let summary = Summary::new(1, [], &[finding("x")]);
    assert_eq!(summary.to_string(), "1 item in 0 environments: 1 error");
}

/// A commit whose words are `text`.
fn commit(text: &str) -> CommitInfo {
    let id = "0123456789abcdef0123456789abcdef01234567".parse::<CommitId>().expect("an id");
    CommitInfo { id, author: text.to_owned(), time: 0, offset: 0, subject: text.to_owned() }
}

fn shown(value: Option<Value>) -> Option<Shown> {
    value.map(|value| Mask::none().value(&ValuePath::root(), &value))
}

/// A review that holds `text` as keys' names, values, authors, subjects, branches and reasons.
fn reviewed(text: &str) -> Review {
    let (key, path): (Key, ValuePath) = ("pay".parse().expect("a key"), ValuePath::root().key(text));
    let value = |text: &str| Some(Value::String(text.to_owned()));
    let diff = DiffRow {
        kind: Kind::Modified,
        path: path.clone(),
        pointer: Pointer::default(),
        left: shown(value("old")),
        right: shown(value(text)),
        left_line: Some(1),
        right_line: Some(1),
    };
    let lists = Some(Value::List(vec![Value::String(text.to_owned()), Value::Null].into()));
    let list = DiffRow {
        left: shown(value("old").map(|old| Value::List(vec![old].into()))),
        right: shown(lists),
        ..diff.clone()
    };
    let reason = Reason::Declined { by: text.to_owned(), reason: text.to_owned(), until: Until::Released };
    let against = Origin::Overwrites { hop: Hop::ToProduction, since: None, reason };
    let mut rows = [diff.clone(), list].map(|diff| Row { diff, origin: Origin::ByHand(Vec::new()) }).to_vec();
    rows.push(Row { diff: DiffRow { left: shown(value(text)), ..diff.clone() }, origin: against });
    let own = Origin::Overwrites { hop: Hop::ToProduction, since: None, reason: Reason::OnlyInTarget };
    rows.push(Row { diff: DiffRow { left: shown(value(text)), ..diff }, origin: own });
    let item = ItemChange {
        key: key.clone(),
        environment: Environment::Production,
        what: FileChangeKind::Modified,
        rows,
    };
    let decision = Decision {
        path,
        reason: text.to_owned(),
        by: text.to_owned(),
        until: Until::Released,
        source: String::new(),
    };
    let (target, turn, life) = (Environment::Production, Turn::Added, DecisionState::Live);
    Review {
        base: End { commit: commit(text), name: text.to_owned() },
        head: End { commit: commit(text), name: text.to_owned() },
        commits: vec![commit(text)],
        more_commits: 0,
        modes: vec![ModeChange {
            file: text.to_owned(),
            before: FileMode::Regular,
            after: FileMode::Executable,
        }],
        items: vec![item],
        policy: true,
        schemas: vec![SchemaChange {
            file: text.to_owned(),
            kind: Kind::Added,
            keys: vec![key.clone()],
            breaks: Vec::new(),
        }],
        decisions: vec![DecisionChange { key, target, decision, turn, life, before: None }],
        waivers: vec![WaiverChange {
            rule: Rule::Schema,
            place: text.to_owned(),
            reason: text.to_owned(),
            by: text.to_owned(),
            until: None,
            turn,
            accepts: 0,
        }],
        weakened: vec![Weakened {
            what: Weakening::Gone(Clause::Secret(text.to_owned())),
            file: text.to_owned(),
            at: None,
            before: None,
        }],
        findings: Compared {
            introduced: vec![Finding { rule: Rule::PolicyWeakened, ..finding(text) }, finding(text)],
            known: vec![finding(text)],
            mended: vec![finding(text)],
        },
        waiting: vec![HopStatus {
            hop: Hop::ToProduction,
            items: vec![("pay".parse().expect("a key"), ItemState::Unreadable(text.to_owned()))],
        }],
        judged: 1,
        environments: vec![Environment::Production],
    }
}

fn written_review(format: Format, text: &str) -> String {
    let mut out = Vec::new();
    review::review(format, &reviewed(text), &View { verbose: true, ..View::default() }, &mut out)
        .expect("writes");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_review_lets_nothing_act_in_any_format() {
    for attack in ATTACKS {
        for format in Format::ALL {
            assert_inert(&written_review(format, attack), attack);
        }
        let annotations = written_review(Format::Github, attack);
        assert_eq!(annotations.lines().filter(|line| command(line).is_some()).count(), 4, "{annotations}");
        let json: Json = serde_json::from_str(&written_review(Format::Json, attack)).expect("JSON");
        let harmless: Json = serde_json::from_str(&written_review(Format::Json, "x")).expect("JSON");
        assert_eq!(shape(&json), shape(&harmless), "{attack:?}");
        assert_eq!(json["decisions"][0]["reason"], *attack, "programs get the exact text");
        assert!(xml::read(&written_review(Format::Junit, attack)).is_ok());
        let text = written_review(Format::Text, attack);
        assert!(!text.lines().any(|line| command(line).is_some()), "{text}");
    }
}

#[test]
fn a_reviews_markdown_around_the_code_is_the_same_for_every_text() {
    let outside = |text: &str| -> Vec<String> {
        let mut fence: Option<String> = None;
        let mut lines = Vec::new();
        for line in written_review(Format::Markdown, text).lines() {
            let ticks: String = line.trim_start().chars().take_while(|c| *c == '`').collect();
            match &fence {
                // The range is a span of code on a line of its own, whose fence nothing in it can end.
                None if line.starts_with('`') && line.ends_with(&ticks) && line.len() > 2 * ticks.len() => {
                    let inner = &line[ticks.len()..line.len() - ticks.len()];
                    assert!(inner.split(|c| c != '`').all(|run| run != ticks), "{line}");
                    lines.push("a span of code".to_owned());
                }
                None if ticks.len() >= 3 => fence = Some(ticks),
                None => lines.push(line.to_owned()),
                Some(open) if ticks.len() >= open.len() && line.trim() == ticks => fence = None,
                Some(_) => {}
            }
        }
        assert_eq!(fence, None, "{text:?} leaves a fence open");
        lines
    };
    for attack in ATTACKS {
        assert_eq!(outside(attack), outside("harmless"), "{attack:?}");
    }
}
