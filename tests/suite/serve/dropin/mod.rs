//! Drop-in reads: requests as the clients of other protocols send them, and the clients themselves.

mod clients;

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use super::{Server, world};

/// Answers `world` and the base64 of `u:` and a token are not needed: whoever is here may read.
const V2: &str = "application/vnd.spring-cloud.config-server.v2+json";

/// Status and JSON of an answer to these very bytes.
fn asked(server: &Server, request: &str) -> (u16, Value) {
    let request = request.replace("HOST", &server.address).replace('\n', "\r\n");
    let answer = server.raw(request.as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (
        status.expect("a status"),
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")),
    )
}

#[test]
fn the_java_client_has_its_two_requests_answered() {
    let world = world();
    let server = Server::start(&world);
    let request = |path: &str| {
        format!("GET {path} HTTP/1.1\nAccept: {V2}\nAccept-Charset: utf-8\nHost: HOST\nConnection: close\n\n")
    };
    let (status, first) = asked(&server, &request("/spring/payments/default"));
    assert_eq!(status, 200);
    assert_eq!((&first["profiles"], &first["propertySources"]), (&json!(["default"]), &json!([])));
    let (status, second) = asked(&server, &request("/spring/payments/production"));
    let head = world.git(&["rev-parse", "HEAD"]);
    assert_eq!(status, 200);
    assert_eq!(
        second,
        json!({
            "name": "payments", "profiles": ["production"], "label": null, "version": head.trim(), "state": null,
            "propertySources": [{
                "name": "terrace:environments/production/payments.yaml (payments-production)",
                "source": {
                    "timeout": {"value": "5s", "origin": "environments/production/payments.yaml:1:10"},
                    "pool": {"value": 40, "origin": "environments/production/payments.yaml:2:7"},
                },
            }],
        })
    );
}

#[test]
fn spring_names_profiles_and_labels_mean_one_environment() {
    let mut world = world();
    world.write("environments/staging/plain.yaml", "a: {b: 0x1F, c: ~}\nl: [{d: 1.10}]\ne: []\nu: ünï\n");
    world.commit("plain");
    let first = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.write("environments/staging/plain.yaml", "a: 2\n");
    world.commit("changed");
    world.git(&["branch", "feature/x", &first]);
    world.git(&["checkout", "-q", "-b", "elsewhere"]);
    world.write("environments/staging/plain.yaml", "a: 3\n");
    world.commit("elsewhere");
    world.git(&["checkout", "-q", "main"]);
    let server = Server::start(&world);
    let source = |path: &str| server.get(path).json()["propertySources"][0]["source"].clone();
    let then = json!({ "a.b": "0x1F", "a.c": "", "l[0].d": 1.1, "e": "", "u": "ünï" });
    let then_text = then.to_string().replace("1.1,", "1.10,");
    for label in ["feature(_)x", "feature%2Fx", &first, &first[..9]] {
        assert_eq!(source(&format!("/spring/plain/staging/{label}")).to_string(), then_text, "{label}");
    }
    assert_eq!(source("/spring/plain/staging/main"), json!({ "a": 2 }));
    for name in ["billing(_)invoices", "billing%2Finvoices"] {
        let answer = server.get(&format!("/spring/{name}/staging"));
        assert_eq!(answer.json()["propertySources"][0]["source"]["list[1]"], 2, "{name}");
    }
    let several = server.get("/spring/plain,billing(_)invoices/staging").json();
    assert_eq!(several["propertySources"][1]["source"], json!({ "a": 2 }));
    assert_eq!(several["propertySources"].as_array().map(Vec::len), Some(2));
    for (path, status, name) in [
        ("/spring/payments/production,aws", 400, "unknown-environment"),
        ("/spring/payments/staging,production", 400, "unknown-environment"),
        ("/spring/payments/Production", 400, "unknown-environment"),
        ("/spring/billing/invoices/production", 400, "unknown-environment"),
        ("/spring/payments-default.yml", 400, "unknown-environment"),
        ("/spring/payments-default.json", 400, "unknown-environment"),
        ("/spring/plain/staging?resolvePlaceholders=true", 400, "invalid-parameter"),
        ("/spring/none/staging", 404, "item-not-found"),
        ("/spring/plain,none/staging", 404, "item-not-found"),
        ("/spring/plain/staging/master", 404, "not-found"),
        ("/spring/plain/staging/elsewhere", 404, "not-found"),
        ("/spring/plain/staging/%00main", 404, "not-found"),
        ("/spring/plain", 404, "not-found"),
        ("/spring/payments/staging", 403, "secrets-not-allowed"),
        ("/spring/payments-staging.yml", 403, "secrets-not-allowed"),
        ("/spring/several/staging", 422, "refused"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (status, name), "{path}");
    }
    let refused = server.get("/spring/payments/production,aws").body;
    assert!(refused.contains("spring.cloud.config.profile"), "{refused}");
    assert!(server.get("/spring/billing/invoices/production").body.contains("(_)"));
    let twice = server.get_with("/spring/plain/staging", &[("terrace-environment", "production")]);
    assert_eq!(twice.problem(), "environment-conflict");
    // The forms of files.
    let text = |path: &str| server.get(&format!("/spring{path}")).body;
    assert_eq!(text("/plain-staging.yml"), "a: 2\n");
    assert_eq!(text("/plain-staging.json"), "{\"a\":2}\n");
    let properties = "a.b=0x1F\na.c=\nl[0].d=1.10\ne=\nu=\\u00fcn\\u00ef\n";
    assert_eq!(text("/feature(_)x/plain-staging.properties"), properties);
    // The tag is that of the bytes, and the answer is counted by its environment.
    let tag = server.get("/spring/plain/staging").header("etag").to_owned();
    assert_eq!(server.get_with("/spring/plain/staging", &[("if-none-match", &tag)]).status, 304);
    server.get("/spring/plain/default");
    let metrics = server.get("/metrics").body;
    let line =
        "terrace_requests_total{route=\"/spring/{name}/{profiles}\",environment=\"\",status=\"200\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    assert!(
        metrics.contains("route=\"/spring/{name}/{profiles}\",environment=\"staging\",status=\"304\"} 1")
    );
}

#[test]
fn what_spring_cannot_name_and_what_no_path_leads_to_is_refused() {
    let mut world = world();
    for (key, text) in [
        ("names", "\"a.b\": 1\na: {b: 2}\n"),
        ("lists", "x: [1]\n\"x[0]\": 2\n"),
        ("empty", "\"a.b\": {}\na: {b: 2}\n"),
        ("complex", "a: 1\n? [c, d]\n: 2\nb: {? {e: 1} : 2, f: 3}\n"),
        ("number", "a: 1e3\nb: 1E+05\n"),
    ] {
        world.write(&format!("environments/staging/{key}.yaml"), text);
    }
    world.commit("more");
    let server = Server::start(&world);
    let told = |path: &str| {
        let answer = server.get(path);
        (answer.status, answer.body)
    };
    for (name, expected) in
        [("names", "would both be a.b"), ("lists", "would both be x[0]"), ("complex", ":2:3: ")]
    {
        for path in [format!("/spring/{name}/staging"), format!("/spring/{name}-staging.properties")] {
            let (status, body) = told(&path);
            assert!(status == 422 && body.contains(expected), "{path} {status} {body}");
        }
    }
    assert_eq!(told("/spring/names-staging.json").0, 200);
    assert_eq!(
        server.get("/spring/empty/staging").json()["propertySources"][0]["source"],
        json!({ "a.b": 2 })
    );
    assert!(told("/spring/number/staging").1.contains(r#""source":{"a":1e3,"b":1E+05}"#));
    // No value is left out without a word.
    let items = "/api/v1/environments/staging";
    for path in [
        "/items/complex",
        "/items/complex?path=b",
        "/export/complex?format=json",
        "/export/complex?format=dotenv",
    ] {
        let (status, body) = told(&format!("{items}{path}"));
        assert!(status == 422 && body.contains("this key is a list or a mapping"), "{path} {status} {body}");
    }
    assert_eq!(told(&format!("{items}/items/complex?path=b.f")).0, 200);
    let bytes = server.get_with(&format!("{items}/items/complex"), &[("accept", "application/yaml")]);
    assert_eq!(bytes.status, 200);
    let form = [("content-type", "application/json")];
    let ask = |path: &str| server.send("POST", &format!("/staging/{path}"), &form, "{\"context\":{}}");
    for (flag, status) in [("complex:a", 200), ("complex:b", 400), ("complex:b.f", 200), ("complex", 400)] {
        assert_eq!(ask(&format!("ofrep/v1/evaluate/flags/{flag}")).status, status, "{flag}");
    }
    let bulk = ask("complex/ofrep/v1/evaluate/flags").json();
    let flags = bulk["flags"].as_array().expect("flags");
    assert!(flags.iter().any(|flag| flag["key"] == "complex" && flag["errorCode"] == "GENERAL"), "{bulk}");
    assert!(ask("number/ofrep/v1/evaluate/flags").body.contains("\"value\":1e3"));
    let refused = world.terrace(&["export", "--env", "staging", "complex", "--format", "json"]);
    assert!(refused.exits(3).is_empty());
}

#[test]
fn flags_are_the_values_of_one_environment() {
    let world = world();
    let server = Server::start(&world);
    let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let form = [("content-type", "application/json; charset=utf-8")];
    let ask = |path: &str| server.send("POST", path, &form, r#"{"context":{"targetingKey":"x"}}"#);
    let rate = json!({
        "key": "billing/invoices:rate", "reason": "STATIC", "variant": head[..12], "value": 20,
        "metadata": {
            "environment": "staging", "commit": head, "file": "environments/staging/billing/invoices.yaml", "line": 1,
        },
    });
    for path in ["billing/invoices:rate", "billing%2Finvoices%3Arate", "billing%2Finvoices:rate"] {
        assert_eq!(ask(&format!("/staging/ofrep/v1/evaluate/flags/{path}")).json(), rate, "{path}");
    }
    assert_eq!(ask("/staging//ofrep/v1/evaluate/flags/billing/invoices:rate").json(), rate);
    let scoped = ask("/staging/billing/invoices/ofrep/v1/evaluate/flags/rate").json();
    assert_eq!((&scoped["key"], &scoped["value"]), (&json!("rate"), &json!(20)));
    let by_header = [form[0], ("terrace-environment", "staging")];
    let path = "/ofrep/v1/evaluate/flags/billing/invoices:rate";
    assert_eq!(server.send("POST", path, &by_header, "{\"context\":{}}").json(), rate);
    // Nothing is no value, a mapping is an object, and what JSON cannot say is a text.
    let none = ask("/staging/ofrep/v1/evaluate/flags/billing/invoices:none").json();
    assert_eq!((none.get("value"), &none["reason"]), (None, &json!("STATIC")));
    let hex = ask("/staging/ofrep/v1/evaluate/flags/payments:hex").json();
    assert_eq!(hex["value"], "0x1F");
    let server_of = ask("/staging/ofrep/v1/evaluate/flags/payments:servers[0]").json();
    assert_eq!(server_of["value"], json!({ "name": "api", "port": 80 }));
    for (path, body, status, code) in [
        ("/staging/ofrep/v1/evaluate/flags/none:a", "{\"context\":{}}", 404, "FLAG_NOT_FOUND"),
        ("/staging/ofrep/v1/evaluate/flags/payments:none", "{\"context\":{}}", 404, "FLAG_NOT_FOUND"),
        ("/staging/ofrep/v1/evaluate/flags/billing/invoices:list", "{\"context\":{}}", 400, "GENERAL"),
        ("/staging/ofrep/v1/evaluate/flags/payments:db.password", "{\"context\":{}}", 403, "GENERAL"),
        ("/staging/ofrep/v1/evaluate/flags/payments:db", "{\"context\":{}}", 403, "GENERAL"),
        ("/staging/ofrep/v1/evaluate/flags/payments:pool", "{\"context\":", 400, "PARSE_ERROR"),
        ("/staging/ofrep/v1/evaluate/flags", "[1]", 400, "PARSE_ERROR"),
        ("/staging/ofrep/v1/evaluate/flags", "[]", 400, "PARSE_ERROR"),
        ("/staging/ofrep/v1/evaluate/flags", "[{}]", 400, "PARSE_ERROR"),
        ("/staging/ofrep/v1/evaluate/flags", "{\"context\":{},\"context\":{}}", 400, "PARSE_ERROR"),
        ("/prod/ofrep/v1/evaluate/flags", "{\"context\":{}}", 400, "GENERAL"),
        ("/ofrep/v1/evaluate/flags", "{\"context\":{}}", 400, "GENERAL"),
        ("/staging/ofrep/v1/configuration", "{\"context\":{}}", 400, "GENERAL"),
        ("/staging/ofrep/v2/evaluate/flags", "{\"context\":{}}", 400, "GENERAL"),
        ("/staging/ofrep/v1", "{\"context\":{}}", 400, "GENERAL"),
        ("/staging/billing/invoices/ofrep", "{\"context\":{}}", 400, "GENERAL"),
    ] {
        let answer = server.send("POST", path, &form, body);
        answer.problem();
        assert_eq!((answer.status, &answer.json()["errorCode"]), (status, &json!(code)), "{path} {answer:?}");
        let details = answer.json()["errorDetails"].as_str().map(str::len);
        assert!(details.is_some_and(|length| length > 10), "{answer:?}");
    }
    let both = server.send("POST", &format!("/production{path}"), &by_header, "{\"context\":{}}");
    assert_eq!(both.problem(), "environment-conflict");
    for path in ["/staging/ofrep/v2/evaluate/flags", "/staging/ofrep/v1", "/ofrep"] {
        assert_eq!(server.get(path).problem(), "unknown-route", "{path}");
    }
    let get = server.get("/staging/ofrep/v1/evaluate/flags");
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
}

#[test]
fn all_flags_of_an_environment_have_one_tag_that_is_its_own() {
    let mut world = world();
    let server = Server::start(&world);
    let bulk = |server: &Server, path: &str, headers: &[(&str, &str)]| {
        let headers = [&[("content-type", "application/json")], headers].concat();
        server.send("POST", &format!("/{path}/ofrep/v1/evaluate/flags"), &headers, "{\"context\":{}}")
    };
    let all = bulk(&server, "staging", &[]);
    let flag = |answer: &Value, key: &str| {
        let flags = answer["flags"].as_array().expect("flags").clone();
        flags.into_iter().find(|flag| flag["key"] == *key)
    };
    assert_eq!(flag(&all.json(), "payments:servers[1].port").expect("a flag")["value"], 81);
    assert_eq!(flag(&all.json(), "billing/invoices:list[0]").expect("a flag")["value"], 1);
    assert_eq!(flag(&all.json(), "several:#2:b").expect("a flag")["value"], 2);
    let secret = flag(&all.json(), "payments:db.password").expect("a flag");
    assert_eq!((&secret["errorCode"], secret.get("value")), (&json!("GENERAL"), None));
    assert!(!all.body.contains("hunter2") && !all.body.contains("masked\":true"), "{}", all.body);
    let scoped = bulk(&server, "staging/billing/invoices", &[]).json();
    let keys: Vec<_> =
        scoped["flags"].as_array().expect("flags").iter().map(|flag| flag["key"].clone()).collect();
    assert_eq!(keys, ["rate", "name", "none", "list[0]", "list[1]"]);
    assert_eq!(bulk(&server, "staging/none", &[]).json()["errorCode"], "FLAG_NOT_FOUND");
    let tag = all.header("etag").to_owned();
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(bulk(&server, "staging", &known).status, 304);
    world.write("environments/production/payments.yaml", "timeout: 1s\n");
    world.commit("another environment");
    server.arrives(&world, "production");
    assert_eq!(bulk(&server, "staging", &known).status, 304);
    world.write("environments/staging/billing/invoices.yaml", "rate: 21\n");
    world.commit("this one");
    server.arrives(&world, "staging");
    let now = bulk(&server, "staging", &known);
    assert_eq!(flag(&now.json(), "billing/invoices:rate").expect("a flag")["value"], 21);
    let open = Server::start_with(&world, &["--open"]);
    let told = flag(&bulk(&open, "staging", &[]).json(), "payments:db.password").expect("a flag");
    assert_eq!(told["value"], "hunter2-hunter2");
}

#[test]
fn the_generator_of_argo_cd_gets_its_parameters() {
    let world = world();
    let server = Server::start(&world);
    let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let ask = |environment: &str, parameters: Value| {
        let path = format!("/argocd/{environment}/api/v1/getparams.execute");
        let body = json!({ "applicationSetName": "all", "input": { "parameters": parameters } });
        server.send("POST", &path, &[("content-type", "application/json")], &body.to_string())
    };
    let one = ask("staging", json!({ "key": "billing/invoices", "environment": "staging" }));
    let value = json!({ "rate": 20, "name": "a b", "none": null, "list": [1, 2] });
    let parameter =
        json!({ "environment": "staging", "key": "billing/invoices", "commit": head, "value": value });
    assert_eq!(one.json(), json!({ "output": { "parameters": [parameter] } }), "{one:?}");
    let all = ask("staging", json!({})).json();
    let keys: Vec<_> = all["output"]["parameters"].as_array().expect("parameters").iter().collect();
    assert_eq!(
        keys.iter().map(|it| it["key"].clone()).collect::<Vec<_>>(),
        ["billing/invoices", "payments", "several"]
    );
    assert!(keys.iter().all(|it| it.get("value").is_none()));
    let some = ask("staging", json!({ "prefix": "billing/" })).json();
    assert_eq!(some["output"]["parameters"].as_array().map(Vec::len), Some(1));
    for (environment, parameters, status, name) in [
        ("staging", json!({ "environment": "production", "key": "payments" }), 400, "environment-conflict"),
        ("prod", json!({}), 400, "unknown-environment"),
        ("staging", json!({ "key": "none" }), 404, "item-not-found"),
        ("staging", json!({ "key": "payments" }), 403, "secrets-not-allowed"),
        ("staging", json!({ "keys": "payments" }), 400, "invalid-body"),
        ("staging", json!({ "key": "a", "prefix": "b" }), 400, "invalid-body"),
    ] {
        let answer = ask(environment, parameters.clone());
        assert_eq!((answer.status, answer.problem().as_str()), (status, name), "{parameters}");
    }
    for body in
        [r#"[[[null,"payments",null]]]"#, r#"{"input":[]}"#, r#"{"input":{"parameters":["staging"]}}"#]
    {
        let path = "/argocd/staging/api/v1/getparams.execute";
        let answer = server.send("POST", path, &[("content-type", "application/json")], body);
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-body"), "{body}");
    }
    let route = server.send("POST", "/argocd/staging/api/v1/getparams", &[], "{}");
    assert_eq!((route.status, route.problem().as_str()), (400, "unknown-route"));
    assert_eq!(server.get("/argocd/staging/api/v1/getparams.execute").status, 405);
}

#[test]
fn streams_tell_when_to_evaluate_flags_again() {
    let mut world = world();
    let server = Server::start(&world);
    let bulk = |path: &str| {
        let headers = [("content-type", "application/json")];
        server.send("POST", &format!("/{path}/ofrep/v1/evaluate/flags"), &headers, "{\"context\":{}}")
    };
    let open = |path: &str| {
        let answer = server.agent.get(format!("http://{}{path}", server.address)).call().expect("a stream");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        BufReader::new(answer.into_body().into_reader())
    };
    let mut streams = Vec::new();
    for place in ["staging", "staging/billing/invoices"] {
        let told = bulk(place);
        let address = format!("/{place}/ofrep/v1/events");
        let stream =
            json!([{ "type": "sse", "endpoint": { "requestUri": address }, "inactivityDelaySec": 120 }]);
        assert_eq!(told.json()["eventStreams"], stream, "{told:?}");
        let mut stream = open(&address);
        assert_eq!(refetch(&mut stream), told.header("etag"));
        streams.push((place, stream));
    }
    world.write("environments/production/payments.yaml", "timeout: 1s\n");
    world.commit("another environment");
    server.arrives(&world, "production");
    world.write("environments/staging/billing/invoices.yaml", "rate: 21\n");
    world.commit("a flag of both");
    server.arrives(&world, "staging");
    for (place, stream) in &mut streams {
        assert_eq!(refetch(stream), bulk(place).header("etag"), "{place}");
    }
    for (path, status) in [
        ("/staging/none/ofrep/v1/events", 404),
        ("/prod/ofrep/v1/events", 400),
        ("/staging/ofrep/v1/events?key=a", 400),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    let post = server.send("POST", "/staging/ofrep/v1/events", &[("content-type", "application/json")], "{}");
    assert_eq!((post.status, post.header("allow")), (405, "GET"));
}

/// The tag of the next event, which asks for flags to be evaluated again.
fn refetch(stream: &mut impl BufRead) -> String {
    let mut event = String::new();
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).expect("a line") > 0, "the stream ended");
        if let Some(name) = line.strip_prefix("event: ") {
            event = name.trim_end().to_owned();
        }
        if let Some(data) = line.strip_prefix("data: ") {
            let data: Value = serde_json::from_str(data).expect("JSON");
            assert_eq!((event.as_str(), &data["type"]), ("message", &json!("refetchEvaluation")));
            return data["etag"].as_str().expect("a tag").to_owned();
        }
    }
}
