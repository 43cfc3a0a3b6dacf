use proptest::prelude::*;

use super::*;
use crate::yaml::{Document, Limits};

fn value(text: &str) -> Value {
    Document::parse(text.as_bytes(), &Limits::default()).expect(text).value().clone()
}

fn key(text: &str) -> Key {
    text.parse().expect(text)
}

/// The items of `texts`, one meant by itself when there is only one.
fn exported(texts: &[(&str, &str)], prefix: &str, format: Format) -> Result<Exported> {
    let items: Vec<_> = texts.iter().map(|(name, text)| (key(name), value(text))).collect();
    let selection = Selection {
        items: items.iter().map(|(key, value)| ExportItem { key, value }).collect(),
        alone: items.len() == 1,
        prefix,
        names: &NameStyle::default(),
        allowed: &[],
    };
    export(&selection, format)
}

fn text(yaml: &str, format: Format) -> String {
    exported(&[("pay", yaml)], "", format).expect(yaml).text
}

fn refused(yaml: &str, format: Format) -> String {
    exported(&[("pay", yaml)], "", format).expect_err(yaml).message
}

#[test]
fn each_format_quotes_by_its_own_rules() {
    let yaml = "a: it's\nb: 'two words'\nc: \"x\\ny\"\nd: 1.10\ne: ~\nf: []\ng: {h: true}\ni: ' lead'\nj: 'no'\nk: größe\n";
    for (format, expected) in [
        (
            Format::Dotenv,
            "A=\"it's\"\nB='two words'\nC=\"x\\ny\"\nD=1.10\nE=''\nF=''\nG_H=true\nI=' lead'\nJ=no\nK='größe'\n",
        ),
        (
            Format::Shell,
            "export A='it'\\''s'\nexport B='two words'\nexport C='x\ny'\nexport D='1.10'\nexport E=''\nexport F=''\nexport G_H='true'\nexport I=' lead'\nexport J='no'\nexport K='größe'\n",
        ),
        (
            Format::FlatJson,
            "{\n  \"A\": \"it's\",\n  \"B\": \"two words\",\n  \"C\": \"x\\ny\",\n  \"D\": \"1.10\",\n  \"E\": \"\",\n  \"F\": \"\",\n  \"G_H\": \"true\",\n  \"I\": \" lead\",\n  \"J\": \"no\",\n  \"K\": \"größe\"\n}\n",
        ),
        (
            Format::Properties,
            "a=it's\nb=two words\nc=x\\ny\nd=1.10\ne=\nf=\ng.h=true\ni=\\ lead\nj=no\nk=gr\\u00f6\\u00dfe\n",
        ),
        (
            Format::Configmap,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"pay\"\ndata:\n  \"A\": \"it's\"\n  \"B\": \"two words\"\n  \"C\": \"x\\ny\"\n  \"D\": \"1.10\"\n  \"E\": \"\"\n  \"F\": \"\"\n  \"G_H\": \"true\"\n  \"I\": \" lead\"\n  \"J\": \"no\"\n  \"K\": \"größe\"\n",
        ),
        (
            Format::Json,
            "{\n  \"a\": \"it's\",\n  \"b\": \"two words\",\n  \"c\": \"x\\ny\",\n  \"d\": 1.10,\n  \"e\": null,\n  \"f\": [],\n  \"g\": {\n    \"h\": true\n  },\n  \"i\": \" lead\",\n  \"j\": \"no\",\n  \"k\": \"größe\"\n}\n",
        ),
        (
            Format::Toml,
            "a = \"it's\"\nb = \"two words\"\nc = \"\"\"\nx\ny\"\"\"\nd = 1.10\nf = []\ni = \" lead\"\nj = \"no\"\nk = \"größe\"\n\n[g]\nh = true\n",
        ),
        (
            Format::Yaml,
            "a: it's\nb: two words\nc: |-\n  x\n  y\nd: 1.10\ne: null\nf: []\ng:\n  h: true\ni: ' lead'\nj: 'no'\nk: größe\n",
        ),
    ] {
        assert_eq!(text(yaml, format), expected, "{format}");
    }
}

#[test]
fn aliases_and_merges_are_followed() {
    let yaml = "base: &b {x: 1}\none: {<<: *b, y: 2}\ntwo: *b\n";
    assert_eq!(text(yaml, Format::Dotenv), "BASE_X=1\nONE_Y=2\nONE_X=1\nTWO_X=1\n");
}

#[test]
fn several_items_are_told_apart() {
    let items = [("a/b", "x: 1\n"), ("c", "x: 2\n")];
    for (format, expected) in [
        (Format::Dotenv, "A_B_X=1\nC_X=2\n"),
        (Format::EnvFile, "A_B_X=1\nC_X=2\n"),
        (Format::Properties, "a.b.x=1\nc.x=2\n"),
        (
            Format::Secret,
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"a-b\"\ntype: Opaque\ndata:\n  \"X\": \"MQ==\"\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: \"c\"\ntype: Opaque\ndata:\n  \"X\": \"Mg==\"\n",
        ),
        (Format::Json, "{\n  \"a/b\": {\n    \"x\": 1\n  },\n  \"c\": {\n    \"x\": 2\n  }\n}\n"),
        (Format::Yaml, "a/b:\n  x: 1\nc:\n  x: 2\n"),
        (Format::Toml, "[\"a/b\"]\nx = 1\n\n[c]\nx = 2\n"),
        (
            Format::Configmap,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"a-b\"\ndata:\n  \"X\": \"1\"\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"c\"\ndata:\n  \"X\": \"2\"\n",
        ),
    ] {
        assert_eq!(exported(&items, "", format).expect("exported").text, expected);
    }
    let clash = exported(&[("a_b", "x: 1\n"), ("a/b", "y: 1\n")], "", Format::Configmap);
    assert_eq!(clash.expect_err("clash").message, "a_b and a/b would both be the ConfigMap a-b");
    let clash = exported(&[("a", "b_c: 1\n"), ("a/b", "c: 1\n")], "", Format::Shell);
    assert_eq!(clash.expect_err("clash").message, "`b_c` of a and `c` of a/b would both be A_B_C");
}

#[test]
fn what_cannot_be_named_or_said_is_refused() {
    for (yaml, format, expected) in [
        ("a-b: 1\na: {b: 2}\n", Format::Dotenv, "`a-b` of pay and `a.b` of pay would both be A_B"),
        ("a: 1\nA: 2\n", Format::Configmap, "`a` of pay and `A` of pay would both be A"),
        ("a.b: 1\na: {b: 2}\n", Format::Properties, "`\"a.b\"` of pay and `a.b` of pay would both be a.b"),
        (
            "path: /x\n",
            Format::Shell,
            "`path` of pay would be the variable PATH, which is where programs are looked for",
        ),
        (
            "ld: {preload: x}\n",
            Format::Dotenv,
            "`ld.preload` of pay would be the variable LD_PRELOAD, which is what the loader puts into programs",
        ),
        ("a: \"x\\0\"\n", Format::Shell, "`a` of pay holds a NUL character, which a variable cannot"),
        ("a: \"x\\0\"\n", Format::Dotenv, "`a` of pay holds a NUL character, which a .env file cannot"),
        (
            "a: \"x\\ny\"\n",
            Format::EnvFile,
            "`a` of pay holds a line break, which an env file without quotes cannot say",
        ),
        (
            "a: \"x\\r\"\n",
            Format::EnvFile,
            "`a` of pay holds a line break, which an env file without quotes cannot say",
        ),
        (
            "a: !!binary aGk=\n",
            Format::Secret,
            "`a` of pay is under the tag `!!binary`, which secret cannot say",
        ),
        ("a: !ENV x\n", Format::FlatJson, "`a` of pay is under the tag `!ENV`, which flat-json cannot say"),
        ("a: [1, !ref x]\n", Format::Json, "`a[1]` of pay is under the tag `!ref`, which json cannot say"),
        ("a: !m {b: 1}\n", Format::Dotenv, "`a` of pay is under the tag `!m`, which dotenv cannot say"),
        ("a: [.nan]\n", Format::Json, "`a[0]` of pay is .nan, which JSON cannot say"),
        ("a: [1, ~]\n", Format::Toml, "`a[1]` of pay is null within a list, which TOML cannot say"),
        (
            "a: 9223372036854775808\n",
            Format::Toml,
            "`a` of pay is 9223372036854775808, beyond 64 bits, which TOML cannot say",
        ),
        ("- 1\n", Format::Toml, "pay is a list as a whole, and TOML has a mapping there"),
    ] {
        assert_eq!(refused(yaml, format), expected, "{yaml}");
    }
    let long = Value::String("x".repeat(600_000));
    let big = Value::Map([("a".to_owned(), long.clone()), ("b".to_owned(), long)].into_iter().collect());
    let key = key("pay");
    let big = Selection {
        items: vec![ExportItem { key: &key, value: &big }],
        alone: true,
        prefix: "",
        names: &NameStyle::default(),
        allowed: &[],
    };
    let big = export(&big, Format::Configmap).expect_err("big");
    assert_eq!(big.message, "pay has 1200002 bytes, a ConfigMap holds 1048576");
    let prefix = |prefix, format| exported(&[("pay", "a: 1\n")], prefix, format);
    assert!(prefix("9", Format::Dotenv).is_err() && prefix("a b", Format::Shell).is_err());
    assert!(prefix("APP_", Format::Json).is_err());
    assert_eq!(prefix("app.", Format::Properties).expect("a prefix").text, "app.a=1\n");
    assert_eq!(
        prefix("APP_", Format::Configmap).expect("a prefix").text.lines().last(),
        Some("  \"APP_A\": \"1\"")
    );
}

#[test]
fn what_is_empty_or_one_value_has_its_own_rule() {
    for (yaml, format, expected) in [
        ("", Format::Dotenv, ""),
        ("{}", Format::Properties, ""),
        ("", Format::Json, "null\n"),
        ("", Format::Toml, ""),
        ("x y", Format::Dotenv, "PAY='x y'\n"),
        ("x y", Format::Properties, "pay=x y\n"),
        ("- a\n- b: c\n", Format::Dotenv, "_0=a\n_1_B=c\n"),
        ("{}", Format::Configmap, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"pay\"\ndata: {}\n"),
        (
            "a: .inf\nb: 0x1F\nc: [{d: ~}, {d: 1}]\n",
            Format::Toml,
            "a = inf\nb = 31\n\n[[c]]\n\n[[c]]\nd = 1\n",
        ),
    ] {
        assert_eq!(text(yaml, format), expected, "{yaml} {format}");
    }
    let notes = exported(&[("pay", "a: ~\nb: {c: ~}\n")], "", Format::Toml).expect("toml").notes;
    assert_eq!(notes, ["TOML has no null: 2 values are left out, `a` of pay first"]);
}

#[test]
fn a_dotenv_value_is_one_line_that_nothing_runs() {
    for (yaml, expected) in [
        ("a: $(id) `id`\n", Some("A='$(id) `id`'\n")),
        ("a: \"x\\nPROD_TOKEN=owned\"\n", Some("A=\"x\\nPROD_TOKEN=owned\"\n")),
        ("a: \"it's $(id)\"\n", None),
        ("a: \"it's `id`\"\n", None),
        ("a: \"x\\n$(id)\"\n", None),
        ("a: C:\\dir\\\n", None),
        ("a: $(id)\\\n", None),
        ("a: x y\\\n", None),
        ("a: C:\\dir\n", Some("A='C:\\dir'\n")),
    ] {
        let told = exported(&[("pay", yaml)], "", Format::Dotenv);
        assert_eq!(told.ok().map(|told| told.text).as_deref(), expected, "{yaml}");
    }
}

#[test]
fn names_by_which_text_is_run_leave_where_they_are_allowed_or_data() {
    let items = [(key("pay"), value("path: /x\n"))];
    let leaves = |format, allowed: &[String]| {
        let names = NameStyle::default();
        let items = items.iter().map(|(key, value)| ExportItem { key, value }).collect();
        export(&Selection { items, alone: true, prefix: "", names: &names, allowed }, format).is_ok()
    };
    for format in Format::ALL {
        let is_run = matches!(format, Format::Dotenv | Format::Shell);
        assert_eq!(leaves(format, &[]), !is_run, "{format}");
        assert!(leaves(format, &["PATH".to_owned()]), "{format}");
    }
}

#[test]
fn names_keep_their_letters_where_that_is_asked_for() {
    let key = key("pay");
    let value = value("poolSize: {max-x: 1}\n");
    let names = NameStyle { case: NameCase::Keep, separator: ".".to_owned() };
    let selection = Selection {
        items: vec![ExportItem { key: &key, value: &value }],
        alone: true,
        prefix: "",
        names: &names,
        allowed: &[],
    };
    for (format, expected) in [
        (Format::FlatJson, Some("{\n  \"poolSize.max-x\": \"1\"\n}\n")),
        (Format::Dotenv, None),
        (Format::Properties, None),
        (Format::Json, None),
    ] {
        let told = export(&selection, format).ok().map(|told| told.text);
        assert_eq!(told.as_deref(), expected, "{format}");
    }
    let manifest = export(&selection, Format::Configmap).expect("a manifest").text;
    assert!(manifest.ends_with("  \"poolSize.max-x\": \"1\"\n"), "{manifest}");
}

#[test]
fn values_that_env_readers_dispute_are_named() {
    let notes =
        exported(&[("pay", "a: $x\nb: ${x}\nc: it's\nd: \"it's $5\"\ne: 'a\\b'\n")], "", Format::Dotenv)
            .expect("dotenv")
            .notes;
    assert_eq!(notes.len(), 1);
    assert!(notes.concat().contains("as in B, D;"), "{notes:?}");
}

#[test]
fn formats_are_known_by_their_names() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    let error = "dotev".parse::<Format>().expect_err("no format");
    assert!(error.help.is_some_and(|help| help.to_string().starts_with("did you mean `dotenv`?")));
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|n| Value::Number(n.to_string())),
        "[ -~\n\t\r]{0,12}".prop_map(Value::String),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| Value::List(list.into())),
            prop::collection::vec(("[ -~é]{0,8}", inner), 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

/// The value as another reader's, numbers by their text.
fn of_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.to_string()),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(of_json).collect()),
        serde_json::Value::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), of_json(value))).collect())
        }
    }
}

proptest! {
    #[test]
    fn trees_read_back(tree in prop::collection::vec(("[ -~é]{0,8}", tree()), 0..5)) {
        let value = Value::Map(tree.into_iter().collect());
        let key = key("pay");
        let one = Selection { items: vec![ExportItem { key: &key, value: &value }], alone: true, prefix: "", names: &NameStyle::default(), allowed: &[] };
        let text = |format| export(&one, format).expect("exported").text;
        let json: serde_json::Value = serde_json::from_str(&text(Format::Json)).expect("JSON");
        prop_assert_eq!(&of_json(&json), &value);
        let toml: ::toml::Value = ::toml::from_str(&text(Format::Toml)).expect("TOML");
        let toml = serde_json::to_value(&toml).expect("JSON");
        prop_assert_eq!(&of_json(&toml), &value);
        let yaml = text(Format::Yaml);
        let yaml = Document::parse(yaml.as_bytes(), &Limits::default()).expect("YAML");
        prop_assert_eq!(yaml.value(), &value);
    }
}
