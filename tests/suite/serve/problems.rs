//! Every error is a problem with a name, a status and a sentence.

use super::{Server, world};

#[test]
fn each_refusal_has_its_name() {
    let world = world();
    let server = Server::start(&world);
    let long = format!("/api/v1/environments/staging/items/payments?path={}", "a".repeat(9000));
    for (path, status, name) in [
        ("/api/v1/environments/prod/items", 400, "unknown-environment"),
        ("/api/v1/environments/Staging", 400, "unknown-environment"),
        ("/api/v1/environments/staging%20/items/payments", 400, "unknown-environment"),
        ("/api/v1/environments/staging,production/items", 400, "unknown-environment"),
        ("/api/v1/environments/%ff/items", 400, "bad-request"),
        ("/api/v1/environments/staging/items/%ff", 400, "bad-request"),
        ("/api/v1/environments/staging/items/a%2f..%2fb", 400, "invalid-key"),
        ("/api/v1/environments/staging/items/payments/", 400, "invalid-key"),
        ("/api/v1/environments/staging/items/billing//invoices", 400, "invalid-key"),
        ("/api/v1/environments/staging/items/billing%252Finvoices", 400, "invalid-key"),
        ("/api/v1/environments/staging/items/a+b", 400, "invalid-key"),
        ("/api/v1/environments/staging/items/payment", 404, "item-not-found"),
        // Another environment has it.
        ("/api/v1/environments/staging/items/merger-talks", 404, "item-not-found"),
        ("/api/v1/environments/staging/history/payment", 404, "item-not-found"),
        ("/api/v1/environments/staging/blame/payment", 404, "item-not-found"),
        ("/api/v1/environments/staging/schemas/payment", 404, "item-not-found"),
        ("/api/v1/environments/staging/export/payment?format=json", 404, "item-not-found"),
        ("/api/v1/environments/staging/findings?key=payment", 404, "item-not-found"),
        ("/api/v1/environments/staging/status?key=payment", 404, "item-not-found"),
        ("/api/v1/environments/staging/diff?against=production&key=x", 404, "item-not-found"),
        ("/api/v1/environments/staging/items/payments?path=timeou", 404, "value-not-found"),
        ("/api/v1/environments/staging/items/payments?pointer=/servers/7", 404, "value-not-found"),
        ("/api/v1/environments/staging/items/payments?pth=a", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/items/payments?path=a&path=a", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/items/payments?path=a&pointer=/a", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/items/payments?environment=production", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/items/payments?path=%ff", 400, "bad-request"),
        ("/api/v1/environments/staging/items/payments?path=", 400, "invalid-path"),
        ("/api/v1/environments/staging/items/payments?path=a[", 400, "invalid-path"),
        ("/api/v1/environments/staging/items/payments?pointer=a", 400, "invalid-path"),
        ("/api/v1/environments/staging/items?limit=0", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/items?limit=1001", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/items?after=a%20b", 400, "invalid-key"),
        ("/api/v1/environments/staging/items/payments?revision=main", 400, "unknown-revision"),
        ("/api/v1/environments/staging/items/payments?revision=0123456", 400, "unknown-revision"),
        ("/api/v1/environments/staging/history/payments?before=0123456", 400, "unknown-revision"),
        ("/api/v1/environments/staging/export/payments", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/export/payments?format=xml", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/export/payments?format=json", 403, "secrets-not-allowed"),
        ("/api/v1/environments/staging/export/several?format=json", 422, "refused"),
        ("/api/v1/environments/staging/diff", 400, "invalid-parameter"),
        ("/api/v1/environments/staging/diff?against=prod", 400, "unknown-environment"),
        ("/api/v1/environments/staging/nothing", 400, "unknown-route"),
        ("/api/v1/environments/staging/", 400, "unknown-route"),
        ("/api/v2/environments", 400, "unknown-route"),
        ("/api", 400, "unknown-route"),
        ("/nothing", 404, "not-found"),
        ("/", 404, "not-found"),
        (long.as_str(), 414, "address-too-long"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (status, name), "{path}: {answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    }
    let item = "/api/v1/environments/staging/items/payments";
    for (headers, status, name) in [
        (&[("accept", "text/html")][..], 406, "not-acceptable"),
        (&[("accept", "application/json;q=0")], 406, "not-acceptable"),
        (&[("accept", "application/yaml")], 403, "secrets-not-allowed"),
        (&[("terrace-environment", "production")], 400, "environment-conflict"),
        (&[("prefer", "wait=soon")], 400, "bad-request"),
        (&[("host", "evil.example.com")], 421, "misdirected-request"),
    ] {
        let answer = server.get_with(item, headers);
        assert_eq!((answer.status, answer.problem().as_str()), (status, name), "{headers:?}");
    }
    assert_eq!(server.get_with(item, &[("terrace-environment", "staging")]).status, 200);
    let text = [("accept", "text/plain")];
    for (path, name) in [("db.password", "secrets-not-allowed"), ("db", "not-acceptable")] {
        assert_eq!(server.get_with(&format!("{item}?path={path}"), &text).problem(), name, "{path}");
    }
}

/// A token must not read what is on other branches.
#[test]
fn only_commits_that_lead_to_the_branch_are_revisions() {
    let mut world = world();
    world.git(&["checkout", "--quiet", "-b", "secret-plans"]);
    world.write("environments/staging/payments.yaml", "plan: buy them\n");
    world.commit("plans");
    let other = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.git(&["checkout", "--quiet", "main"]);
    let server = Server::start(&world);
    for revision in [other.as_str(), &other[..12], "secret-plans"] {
        let answer = server.staging(&format!("/items/payments?revision={revision}"));
        assert_eq!((answer.status, answer.problem().as_str()), (400, "unknown-revision"), "{revision}");
    }
}

#[test]
fn what_the_framework_answers_is_a_problem_too() {
    let server = Server::start(&world());
    let host = format!("Host: {}\r\nConnection: close\r\n", server.address);
    let get = "GET /healthz HTTP/1.1\r\n";
    for (request, status, name) in [
        (format!("POST /api/v1/environments HTTP/1.1\r\n{host}\r\n"), 405, "method-not-allowed"),
        (format!("TRACE /healthz HTTP/1.1\r\n{host}\r\n"), 405, "method-not-allowed"),
        (format!("OPTIONS /healthz HTTP/1.1\r\n{host}\r\n"), 405, "method-not-allowed"),
        (format!("{get}{host}Host: localhost\r\n\r\n"), 421, "misdirected-request"),
        (format!("{get}Connection: close\r\n\r\n"), 421, "misdirected-request"),
        (format!("GET http://evil.example.com/healthz HTTP/1.1\r\n{host}\r\n"), 421, "misdirected-request"),
        ("GET /healthz HTTP/1.0\r\n\r\n".to_owned(), 421, "misdirected-request"),
        (format!("{get}{host}Content-Length: 2000000\r\n\r\n"), 413, "body-too-large"),
    ] {
        let answer = server.raw(request.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} "))
                || answer.starts_with(&format!("HTTP/1.0 {status} ")),
            "{request:?}\n{answer}"
        );
        assert!(answer.contains(&format!("urn:terrace:problem:{name}")), "{request:?}\n{answer}");
        assert_eq!(answer.contains("allow: GET,HEAD"), status == 405, "{request:?}\n{answer}");
    }
}

/// The fields of an object in their order are none.
#[test]
fn a_list_is_no_body() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    let state = world.state();
    let staging = "/api/v1/environments/staging";
    let form = [("content-type", "application/json")];
    let new = [form[0], ("if-none-match", "*")];
    for (method, path, headers, body) in [
        ("PUT", "items/new2", &new[..], r#"[1,"new2","staging",null,{"a":1}]"#),
        ("POST", "changes", &form, r#"[null,null,[{"key":"new2","etag":null,"put":{}}]]"#),
        ("POST", "changes", &form, r#"{"items":[["new2",null,{"a":1},null,null,false]]}"#),
        ("POST", "promotions", &form, r#"[{"version":1},{},null,"staging"]"#),
        ("POST", "promotions", &form, r#"{"plan":[1,"0123456",null,[]]}"#),
        ("POST", "rollbacks", &form, r#"[null,["payments"],null,null,[],{},false,false,null]"#),
        ("POST", "holds", &form, r#"[null,"payments","pool","because",null]"#),
    ] {
        let answer = server.send(method, &format!("{staging}/{path}"), headers, body);
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "invalid-body"),
            "{method} {path} {body}"
        );
    }
    assert_eq!(world.state(), state);
}
