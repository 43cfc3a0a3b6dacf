//! Schemas as an enemy would write them: bounded time, bounded stack, and a clear sentence.

use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json, json};
use terrace::json_schema::{Compiled, SchemaError};
use terrace::model::Value;
use terrace::yaml::{Document, Limits};

/// What any of these may take, on a slow and busy machine without optimisation.
const PATIENCE: Duration = Duration::from_secs(20);

fn timed<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = act();
    let spent = begin.elapsed();
    println!("{:>9.1} ms  {what}", spent.as_secs_f64() * 1000.0);
    assert!(spent < PATIENCE, "{what}: {spent:?}");
    result
}

fn load(what: &str, schema: &Json) -> Result<Compiled, Vec<SchemaError>> {
    let text = schema.to_string();
    timed(&format!("load {what}"), || {
        Compiled::load("schemas/a.schema.json", &|_| Some(text.clone().into()).into())
    })
}

fn yaml(text: &str) -> Value {
    Document::parse(text.as_bytes(), &Limits::default()).expect("YAML").value().clone()
}

/// The message of the first thing that is wrong with a schema.
fn refused(what: &str, schema: &Json) -> String {
    load(what, schema).expect_err(what).remove(0).message
}

/// The messages about a document.
fn told(what: &str, compiled: &Compiled, document: &Value) -> Vec<String> {
    let violations = timed(&format!("validate {what}"), || compiled.validate(document));
    violations.into_iter().map(|violation| violation.message).collect()
}

/// Definitions `d0` to `dN`, each made from a reference to the next; the last takes strings.
fn chain(length: usize, link: impl Fn(Json) -> Json) -> Json {
    let mut definitions = Map::new();
    for i in 0..length {
        definitions.insert(format!("d{i}"), link(json!({"$ref": format!("#/$defs/d{}", i + 1)})));
    }
    definitions.insert(format!("d{length}"), json!({"type": "string"}));
    json!({"$ref": "#/$defs/d0", "$defs": definitions})
}

/// `{a: {a: … 1}}`
fn nested(depth: usize) -> Value {
    yaml(&format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth)))
}

#[test]
fn alternatives_that_multiply_on_one_value_are_refused() {
    const MESSAGE: &str = "the schema applies more than 10000 schemas to one value";
    for keyword in ["anyOf", "oneOf", "allOf"] {
        let schema = chain(25, |next| json!({ keyword: [next, next] }));
        assert_eq!(refused(&format!("25 levels of {keyword} with two equal references"), &schema), MESSAGE);
    }
    let mut unevaluated = chain(9, |next| json!({"allOf": [next, next]}));
    unevaluated["unevaluatedProperties"] = json!(false);
    let message = refused("9 levels of allOf below unevaluatedProperties", &unevaluated);
    assert_eq!(message, "the schema applies more than 1000 schemas to one value");
    let within = chain(11, |next| json!({"anyOf": [next, next]}));
    let within = load("11 levels of anyOf", &within).expect("within bounds");
    assert_eq!(told("a number", &within, &yaml("1")), ["expected a string, found the number 1"]);
    assert!(told("a string", &within, &yaml("x")).is_empty());
}

#[test]
fn endless_and_very_long_references_are_refused() {
    const ENDLESS: &str = "the schema refers to itself without going down into the value";
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"not": {"$ref": "#"}}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
    ] {
        assert_eq!(refused(&schema.to_string(), &schema), ENDLESS);
    }
    let long = chain(10_000, |next| next);
    assert_eq!(
        refused("10,000 references in a row", &long),
        "more than 250 schemas refer to one another in a row"
    );
    let short = load("200 references in a row", &chain(200, |next| next)).expect("within bounds");
    assert_eq!(told("a number", &short, &yaml("1")).len(), 1);
}

#[test]
fn recursion_along_a_document_is_counted_before_it_is_tried() {
    let tree = json!({"type": ["object", "integer"], "additionalProperties": {"$ref": "#"}});
    let tree = load("a recursive schema", &tree).expect("a plain recursion");
    assert!(told("150 levels", &tree, &nested(150)).is_empty());
    let twice = json!({"anyOf": [
        {"properties": {"a": {"$ref": "#"}}, "required": ["b"]},
        {"properties": {"a": {"$ref": "#"}}, "required": ["b"]},
    ]});
    let twice = load("a recursion that doubles at each level", &twice).expect("a schema");
    assert_eq!(told("3 levels", &twice, &nested(3)).len(), 1);
    assert_eq!(
        told("150 levels", &twice, &nested(150)),
        ["validating the document with this schema would take too much time or memory"]
    );
    let marked = json!({"unevaluatedProperties": false, "allOf": [{"properties": {"a": {"$ref": "#"}}}]});
    let marked = load("unevaluatedProperties in a recursion", &marked).expect("a schema");
    assert!(told("10 levels", &marked, &nested(10)).is_empty());
    assert_eq!(told("150 levels", &marked, &nested(150)).len(), 1);
}

#[test]
fn copies_of_large_values_in_errors_are_counted() {
    let branches: Vec<_> = (0..1000).map(|i| json!({"required": [format!("k{i}")]})).collect();
    let schema = load("1,000 alternatives", &json!({ "anyOf": branches })).expect("a schema");
    let large: String = (0..50_000).map(|i| format!("key{i}: value\n")).collect();
    let large = yaml(&large);
    assert_eq!(
        told("50,000 keys", &schema, &large),
        ["the document does not fit its schema, and is too large for it to say where"]
    );
    assert_eq!(told("one key", &schema, &yaml("a: 1")).len(), 1);
}

#[test]
fn patterns_take_linear_time_and_bounded_space() {
    for pattern in ["((a{1000}){1000}){1000}", "\\p{L}{1,500}", "(a"] {
        let message = refused(pattern, &json!({ "pattern": pattern }));
        assert!(message.starts_with("the pattern `") && message.contains("cannot be used"), "{message}");
    }
    for pattern in ["(?=a)b", "(a)\\1"] {
        let schema = load(pattern, &json!({ "pattern": pattern, "maxLength": 3 })).expect("a schema");
        assert!(told("unchecked", &schema, &Value::String("1".into())).is_empty(), "{pattern}");
        assert_eq!(told("the rest counts", &schema, &Value::String("1234".into())).len(), 1, "{pattern}");
    }
    for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}b", "(a|b)*a(a|b){100}$"] {
        let schema = json!({"pattern": pattern, "additionalProperties": {"pattern": pattern}});
        let schema = load(pattern, &schema).expect("a schema");
        let text = format!("{}!", "a".repeat(500_000));
        assert_eq!(told("half a megabyte", &schema, &Value::String(text)).len(), 1, "{pattern}");
    }
    let many = |count: usize, pattern: &dyn Fn(usize) -> String| {
        let schemas: Vec<_> = (0..count).map(|i| json!({ "pattern": pattern(i) })).collect();
        json!({ "allOf": schemas })
    };
    let large = many(100, &|i| format!("^.{{{}}}$", 300 + i));
    assert!(load("100 large patterns", &large).is_ok());
    let message = refused("2,000 patterns", &many(2_000, &|i| format!("^k{i}$")));
    assert_eq!(message, "the schema holds more than 500 patterns");
}

#[test]
fn large_schemas_are_read_and_larger_ones_refused() {
    let property = |i: usize| (format!("key{i}"), json!({"type": "string", "minLength": 2}));
    let wide = json!({"properties": (0..10_000).map(property).collect::<Map<_, _>>()});
    let wide = load("10,000 properties", &wide).expect("a schema");
    let document = Value::Map((0..10_000).map(|i| (format!("key{i}"), Value::String("x".into()))).collect());
    assert_eq!(told("10,000 wrong values", &wide, &document).len(), 10_000);
    let deep = (0..10_000).fold("{}".to_owned(), |below, _| format!("{{\"properties\":{{\"a\":{below}}}}}"));
    let broken = timed("load 10,000 nested properties", || {
        Compiled::load("schemas/a.schema.json", &|_| Some(deep.clone().into_bytes()).into())
            .expect_err("deep")
    });
    assert_eq!(broken[0].message, "the schema is not JSON: recursion limit exceeded");
    assert_eq!(broken[0].help.to_string(), "a schema may nest at most 127 levels deep");
    let many = json!({"allOf": vec![json!({}); 110_000]});
    assert_eq!(refused("110,000 schemas", &many), "the schema is made of more than 100000 schemas");
    let huge = format!("{{\"description\": \"{}\"}}", "x".repeat(9_000_000));
    let broken = Compiled::load("schemas/a.schema.json", &|_| Some(huge.clone().into_bytes()).into())
        .expect_err("huge");
    assert_eq!(broken[0].message, "the schema has 9000019 bytes, more than the 8388608 allowed");
    let wrong =
        json!({"properties": (0..5_000).map(|i| (i.to_string(), json!({"type": i}))).collect::<Map<_, _>>()});
    assert_eq!(load("5,000 mistakes", &wrong).expect_err("mistakes").len(), 5_000);
}

/// Every file refers to every other, from two places each.
#[test]
fn files_that_all_refer_to_each_other_are_read_once() {
    let file = |own: usize| {
        let links = (0..60).filter(|other| *other != own).flat_map(|other| {
            ["a", "b"]
                .map(|name| (format!("{name}{other}"), json!({"$ref": format!("s{other}.json#/$defs/x")})))
        });
        json!({"$defs": {"x": {"properties": links.collect::<Map<_, _>>()}}, "$ref": "#/$defs/x"}).to_string()
    };
    let reads = std::cell::Cell::new(0);
    let read = |path: &str| {
        reads.set(reads.get() + 1);
        let number = path.strip_prefix('s').and_then(|rest| rest.strip_suffix(".json")?.parse().ok());
        number.map(|number| file(number).into_bytes()).into()
    };
    let compiled = timed("load 60 files in circles", || Compiled::load("s0.json", &read)).expect("a schema");
    assert_eq!((compiled.files().len(), reads.get()), (60, 60));
    assert!(told("a document", &compiled, &yaml("a1: {b2: {a3: {}}}")).is_empty());
    let endless = |path: &str| {
        let number =
            path.strip_prefix('s').and_then(|rest| rest.strip_suffix(".json")?.parse::<usize>().ok());
        let next = |number: usize| json!({"items": {"$ref": format!("s{}.json", number + 1)}}).to_string();
        number.map(|number| next(number).into_bytes()).into()
    };
    let broken =
        timed("load endlessly many files", || Compiled::load("s0.json", &endless)).expect_err("endless");
    assert_eq!(broken[0].message, "the schema is made of more than 100 files");
}

/// The limits hold on the small stack of a worker thread.
#[test]
fn what_is_within_the_limits_needs_little_stack() {
    let act = || {
        let mut schema = chain(40, |next| json!({"allOf": [next]}));
        schema["$defs"]["d40"] = json!({"properties": {"a": {"$ref": "#"}}, "type": "object"});
        let schema = load("80 schemas a level", &schema).expect("a schema");
        assert_eq!(told("11 levels", &schema, &nested(11)), ["expected a mapping, found the number 1"]);
        assert_eq!(
            told("150 levels", &schema, &nested(150)),
            ["validating the document with this schema would take too much time or memory"]
        );
        let deep = (0..60).fold(json!({"type": "string"}), |below, _| json!({"properties": {"a": below}}));
        let deep = load("60 nested properties", &deep).expect("a schema");
        assert!(told("150 levels", &deep, &nested(150)).len() == 1);
    };
    let worker = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(act).expect("a thread");
    worker.join().expect("no overflow");
}
