//! Every route answers what the repository says.

use serde_json::{Value, json};

use super::{LONG, Server, world};

#[test]
fn items_are_read_whole_and_by_value() {
    let world = world();
    let server = Server::start(&world);
    let item = server.staging("/items/payments");
    assert_eq!(
        item.json(),
        json!({
            "version": 1, "key": "payments", "environment": "staging",
            "file": "environments/staging/payments.yaml",
            "value": serde_json::from_str::<Value>(
                r#"{"timeout": "8s", "pool": 1.10, "hex": {"number": "0x1F"},
                    "db": {"host": "db.stg.example.com", "password": {"masked": true}},
                    "servers": [{"name": "api", "port": 80}, {"name": "web", "port": 81}]}"#
            ).expect("JSON"),
        })
    );
    assert_eq!(item.header("terrace-commit"), world.git(&["rev-parse", "HEAD"]).trim());
    assert_eq!(item.header("vary"), "Authorization, Accept");
    // The same bytes, whatever of JSON is accepted, and for HEAD none.
    for accept in ["*/*", "application/*", "text/html, application/json;q=0.5"] {
        let again = server.get_with("/api/v1/environments/staging/items/payments", &[("accept", accept)]);
        assert_eq!((&again.body, again.header("etag")), (&item.body, item.header("etag")), "{accept}");
    }
    let yaml = [("accept", "application/yaml")];
    for path in ["billing/invoices", "billing%2Finvoices", "billing%2finvoices"] {
        let answer = server.get_with(&format!("/api/v1/environments/staging/items/{path}"), &yaml);
        assert_eq!(answer.body, world.read("environments/staging/billing/invoices.yaml"), "{path}");
        assert_eq!(answer.header("content-type"), "application/yaml");
    }
    assert_eq!(server.staging("/items/several").json()["documents"], json!([{ "a": 1 }, { "b": 2 }]));
}

#[test]
fn values_are_json_or_text() {
    let server = Server::start(&world());
    let text = [("accept", "text/plain")];
    let value = |query: &str| server.staging(&format!("/items/{query}")).json()["value"].to_string();
    for (query, json, text_of) in [
        ("payments?path=timeout", r#""8s""#, Some("8s")),
        ("payments?path=pool", "1.10", Some("1.10")),
        ("payments?path=hex", r#"{"number":"0x1F"}"#, Some("0x1F")),
        ("payments?path=servers%5Bname=web%5D.port", "81", Some("81")),
        ("payments?path=servers[0].port", "80", Some("80")),
        ("payments?pointer=/servers/1/port", "81", Some("81")),
        ("payments?path=/servers/1/port", "81", Some("81")),
        ("billing/invoices?path=name", r#""a b""#, Some("a b")),
        ("billing/invoices?path=none", "null", Some("null")),
        ("billing/invoices?path=list", "[1,2]", None),
        ("billing/invoices?pointer=", r#"{"rate":20,"name":"a b","none":null,"list":[1,2]}"#, None),
        ("several?path=%232:b", "2", Some("2")),
        ("payments?path=db.host", r#""db.stg.example.com""#, Some("db.stg.example.com")),
        ("payments?path=db.password", r#"{"masked":true}"#, None),
    ] {
        assert_eq!(value(query), json, "{query}");
        let answer = server.get_with(&format!("/api/v1/environments/staging/items/{query}"), &text);
        match text_of {
            Some(expected) => assert_eq!(answer.body, expected, "{query}"),
            None => assert!([403, 406].contains(&answer.status), "{query}: {answer:?}"),
        }
    }
}

#[test]
fn lists_are_pages_in_order() {
    let server = Server::start(&world());
    let keys = |query: &str| {
        let page = server.staging(&format!("/items{query}")).json();
        let keys: Vec<_> =
            page["items"].as_array().expect("items").iter().map(|it| it["key"].clone()).collect();
        (keys, page["next"].clone())
    };
    assert_eq!(keys(""), (vec![json!("billing/invoices"), json!("payments"), json!("several")], Value::Null));
    assert_eq!(keys("?limit=2"), (vec![json!("billing/invoices"), json!("payments")], json!("payments")));
    assert_eq!(keys("?limit=2&after=payments"), (vec![json!("several")], Value::Null));
    assert_eq!(keys("?prefix=billing/"), (vec![json!("billing/invoices")], Value::Null));
    assert_eq!(keys("?prefix=none"), (Vec::new(), Value::Null));
    let listed = server.staging("/items").json()["items"][1]["etag"].clone();
    assert_eq!(listed, server.staging("/items/payments").header("etag"));
}

#[test]
fn other_forms_and_history_are_those_of_the_commands() {
    let mut world = world();
    world.write("environments/staging/payments.yaml", "timeout: 9s\n");
    world.commit("raise");
    let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let base = world.git(&["rev-parse", "HEAD~1"]).trim().to_owned();
    let server = Server::start(&world);
    let command = |line: &str| world.line(line).exits(0);
    for format in ["json", "yaml", "dotenv", "properties", "toml", "shell", "env-file", "configmap"] {
        assert_eq!(
            server.staging(&format!("/export/payments?format={format}")).body,
            command(&format!("export payments --env staging --format {format}")),
        );
    }
    let flat = server.staging("/export/billing/invoices?format=flat-json");
    assert_eq!(flat.json(), json!({ "rate": "20", "name": "a b", "none": "", "list.0": "1", "list.1": "2" }));
    let history = server.staging("/history/payments").json();
    let told: Value =
        serde_json::from_str(&command("log payments --env staging --format json")).expect("JSON");
    assert_eq!(history, told);
    let page = server.staging("/history/payments?limit=1").json();
    assert_eq!((&page["next"], &page["commits"][0]["commit"]), (&json!(head), &json!(head)));
    let rest = server.staging(&format!("/history/payments?limit=1&before={head}")).json();
    assert_eq!((&rest["next"], &rest["commits"][0]["commit"]), (&Value::Null, &json!(base)));
    let blame: Value =
        serde_json::from_str(&command("blame payments --env staging --format json")).expect("JSON");
    assert_eq!(server.staging("/blame/payments").json(), blame);
    let status: Value = serde_json::from_str(&command("status --format json")).expect("JSON");
    assert_eq!(server.staging("/status").json()["hops"][0], status["hops"][0]);
    assert_eq!(server.get("/api/v1/environments/development/status").json()["hops"], json!([]));
    let diff = world.line("diff production staging --format json");
    let diff: Value = serde_json::from_str(&diff.stdout).expect("JSON");
    assert_eq!(server.staging("/diff?against=production").json(), diff);
    let schemas = server.staging("/schemas/billing/invoices").json();
    assert_eq!(schemas["schemas"][0]["file"], "schemas/billing/invoices.schema.json");
    assert_eq!(schemas["schemas"][0]["schema"]["properties"]["rate"]["type"], "integer");
    // The past, of which no more is shown than of the present.
    let then = server.staging(&format!("/items/payments?revision={}&path=db", &base[..9])).json();
    assert_eq!(then["value"]["password"], json!({ "masked": true }));
    let then = server.staging(&format!("/diff?against=production&revision={base}")).json();
    assert_eq!(then["items"][3]["key"], "several");
}

#[test]
fn a_tag_changes_with_the_bytes_and_with_nothing_else() {
    let mut world = world();
    let server = Server::start(&world);
    let of = |path: &str| server.staging(path).header("etag").to_owned();
    let paths = ["/items/payments", "/items/payments?path=pool", "/items/billing/invoices", "/items", ""];
    let before = paths.map(of);
    for (path, tag) in paths.iter().zip(&before) {
        let known = format!("W/\"other\", {tag}");
        let path = format!("/api/v1/environments/staging{path}");
        let again = server.get_with(&path, &[("if-none-match", &known)]);
        assert_eq!(
            (again.status, again.body.as_str(), again.header("etag")),
            (304, "", tag.as_str()),
            "{path}"
        );
        assert_eq!(server.get_with(&path, &[("if-none-match", "\"other\"")]).status, 200);
        assert_eq!(server.get_with(&path, &[("if-match", tag)]).status, 200);
        assert_eq!(server.get_with(&path, &[("if-match", "\"other\"")]).problem(), "precondition-failed");
    }
    let text = world.read("environments/staging/payments.yaml").replace("8s", "9s");
    world.write("environments/staging/payments.yaml", &text);
    world.commit("slower");
    server.arrives(&world, "staging");
    let changed: Vec<bool> = paths.map(of).iter().zip(&before).map(|(now, then)| now != then).collect();
    assert_eq!(changed, [true, false, false, true, true]);
}

#[test]
fn a_wait_ends_with_the_change_and_with_no_other() {
    let mut world = world();
    let server = Server::start(&world);
    let path = "/api/v1/environments/staging/items/payments?path=timeout";
    let tag = server.get(path).header("etag").to_owned();
    let headers = [("if-none-match", tag.as_str()), ("prefer", "wait=60")];
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.get_with(path, &headers));
        world.write("environments/production/payments.yaml", "timeout: 1s\n");
        world.commit("another environment");
        server.arrives(&world, "production");
        world.write("environments/staging/billing/invoices.yaml", "rate: 21\n");
        world.commit("another item");
        server.arrives(&world, "staging");
        assert!(!waiting.is_finished());
        world.write("environments/staging/payments.yaml", "timeout: 9s\n");
        world.commit("this one");
        let answer = waiting.join().expect("an answer");
        assert_eq!((answer.status, &answer.json()["value"]), (200, &json!("9s")));
        assert_eq!(answer.header("preference-applied"), "wait=60");
    });
    let tag = server.get(path).header("etag").to_owned();
    let still = server.get_with(path, &[("if-none-match", &tag), ("prefer", "wait=1")]);
    assert_eq!((still.status, still.header("preference-applied")), (304, "wait=1"));
    assert!(LONG.as_secs() > 60);
}

#[test]
fn the_description_tells_of_what_is_there() {
    let server = Server::start(&world());
    let described = server.get("/api/v1/openapi.json").json();
    assert_eq!(described, terrace::server::openapi());
    for path in described["paths"].as_object().expect("paths").keys() {
        let there = path.replace("{environment}", "staging").replace("{key}", "payments");
        let answer = server.get(&format!("{there}?against=production&format=json"));
        // The routes without parameters refuse these, and are there.
        assert!(answer.status == 200 || answer.problem() != "unknown-route", "{path}: {answer:?}");
    }
}

#[test]
fn what_was_asked_is_counted() {
    let server = Server::start(&world());
    for path in ["/items/payments", "/items/payments", "/items/nothing"] {
        server.staging(path);
    }
    let metrics = server.get("/metrics").body;
    let route = r#"route="/api/v1/environments/{environment}/items/{*key}",environment="staging""#;
    for line in [
        format!("terrace_requests_total{{{route},status=\"200\"}} 2"),
        format!("terrace_requests_total{{{route},status=\"404\"}} 1"),
        "terrace_items{environment=\"staging\"} 3".to_owned(),
        "terrace_held_back{environment=\"production\"} 0".to_owned(),
        "terrace_commit_timestamp_seconds{environment=\"staging\"} 1767700800".to_owned(),
        "terrace_requests_in_flight 1".to_owned(),
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line}\n{metrics}");
    }
}

/// Not found means what is served, for clients delete on it: what was not there at a revision is another matter.
#[test]
fn what_was_not_there_then_is_a_revision_that_does_not_have_it() {
    let mut world = world();
    let then = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.write("environments/staging/late.yaml", "a: 1\n");
    world.write("environments/staging/billing/invoices.yaml", "rate: 20\nadded: 1\n");
    world.commit("later");
    let server = Server::start(&world);
    for (path, status, name) in [
        (format!("/items/late?revision={then}"), 400, "unknown-revision"),
        (format!("/export/late?format=json&revision={then}"), 400, "unknown-revision"),
        (format!("/items/billing/invoices?path=added&revision={then}"), 400, "unknown-revision"),
        (format!("/diff?against=development&key=late&revision={then}"), 400, "unknown-revision"),
        (format!("/items/never?revision={then}"), 404, "item-not-found"),
        (format!("/items/billing/invoices?path=never&revision={then}"), 404, "value-not-found"),
        (format!("/diff?against=development&key=never&revision={then}"), 404, "item-not-found"),
    ] {
        let answer = server.staging(&path);
        assert_eq!((answer.status, answer.problem().as_str()), (status, name), "{path}");
    }
    // What is gone is still there then.
    assert_eq!(server.staging(&format!("/items/billing/invoices?path=name&revision={then}")).status, 200);
    let label = server.get(&format!("/spring/late/staging/{then}"));
    assert_eq!((label.status, label.problem().as_str()), (404, "not-found"));
}
