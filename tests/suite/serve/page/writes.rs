//! What is written from the page: by the API's routes, as it was shown, or not at all.

use super::super::Server;
use super::{field, world};
use crate::support::World;

fn server(world: &World) -> Server {
    Server::start_with(world, &["--open"])
}

#[test]
fn a_value_is_edited_and_a_stale_save_keeps_what_was_typed() {
    let world = world();
    let server = server(&world);
    let path = "/ui/staging/edit/payments";
    let shown = server.get(&format!("{path}?path=limits.rate")).body;
    let etag = field(&shown, "etag");
    let fields = |text: &'static str, etag: &str| {
        let fixed = [
            ("environment", "staging"),
            ("key", "payments"),
            ("path", "limits.rate"),
            ("as", "string"),
            ("text", text),
            ("message", "from the page"),
        ];
        let mut fields: Vec<(String, String)> =
            fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        fields.push(("etag".to_owned(), etag.to_owned()));
        fields
    };
    let post = |fields: &[(String, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        server.post(path, &fields)
    };
    let saved = post(&fields("70/s", &etag));
    assert_eq!(saved.status, 303, "{saved:?}");
    assert!(saved.header("location").starts_with("/ui/staging/items/payments?saved="), "{saved:?}");
    let commit = world.git(&["log", "-1", "--format=%s%n%H"]);
    assert!(commit.starts_with("from the page\n"), "{commit}");
    assert!(world.git(&["show", "HEAD:environments/staging/payments.yaml"]).contains("rate: 70/s"));
    let stale = post(&fields("75/s", &etag));
    assert_eq!(stale.status, 412, "{stale:?}");
    for expected in [
        "has changed since it was read",
        "Your input is below",
        "Reapply mine",
        "Take theirs",
        "value=\"75/s\"",
        "limits.rate",
        "70/s",
        "Ann",
    ] {
        assert!(stale.body.contains(expected), "{expected} {}", stale.body);
    }
    let again = post(&fields("75/s", &field(&stale.body, "etag")));
    assert_eq!(again.status, 303, "{again:?}");
    // The log tells of a write from the page as of any other.
    assert!(
        server
            .until("/healthz", |_| server.told().contains("\"written\":\"POST /ui/staging/edit/payments\""))
            .status
            == 200
    );
}

#[test]
fn a_form_that_names_another_place_is_refused() {
    let world = world();
    let server = server(&world);
    let etag = field(&server.get("/ui/staging/edit/payments?path=timeout").body, "etag");
    for (environment, key, address) in [
        ("production", "payments", "/ui/staging/edit/payments"),
        ("staging", "payments", "/ui/production/edit/payments"),
        ("staging", "billing/invoices", "/ui/staging/edit/payments"),
    ] {
        let head = world.git(&["rev-parse", "HEAD"]);
        let fields = [
            ("environment", environment),
            ("key", key),
            ("etag", &etag),
            ("path", "timeout"),
            ("text", "9s"),
        ];
        let answer = server.post(address, &fields);
        assert_eq!(answer.status, 400, "{environment} {key} {address} {answer:?}");
        assert_eq!(world.git(&["rev-parse", "HEAD"]), head);
    }
    let evil = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];
    assert_eq!(server.send("POST", "/ui/staging/edit/payments", &evil, "").status, 403);
}

#[test]
fn production_is_typed_and_a_text_with_findings_stays_in_its_field() {
    let world = world();
    let server = server(&world);
    let path = "/ui/production/edit/billing/invoices";
    let etag = field(&server.get(path).body, "etag");
    let fields = [("environment", "production"), ("key", "billing/invoices"), ("etag", etag.as_str())];
    let unconfirmed = server.post(path, &[&fields[..], &[("text", "rate: 21\n")]].concat());
    assert_eq!(unconfirmed.status, 400, "{unconfirmed:?}");
    assert!(unconfirmed.body.contains("rate: 21"), "{unconfirmed:?}");
    let confirm = ("confirm", "production");
    let broken = server.post(path, &[&fields[..], &[("text", "rate: [21\n"), confirm]].concat());
    assert!(matches!(broken.status, 400 | 422), "{broken:?}");
    assert!(broken.body.contains("rate: [21"), "{broken:?}");
    let saved = server.post(path, &[&fields[..], &[("text", "rate: 21\r\n"), confirm]].concat());
    assert_eq!(saved.status, 303, "{saved:?}");
    assert_eq!(world.git(&["show", "HEAD:environments/production/billing/invoices.yaml"]), "rate: 21\n");
    // A text with secrets is not shown, so it cannot be sent back either.
    let hidden = server.get("/ui/production/edit/payments").body;
    assert!(hidden.contains("The text holds secrets") && !hidden.contains("<textarea"), "{hidden}");
    let checked = server.send("POST", "/ui/production/check/billing/invoices", &[], "rate: [1\n").json();
    let found = checked["findings"].as_array().expect("findings");
    let error = found.iter().find(|finding| finding["rule"] == "syntax").expect("an error");
    assert_eq!((&error["line"], &error["column"]), (&1.into(), &7.into()), "{checked}");
}

#[test]
fn an_item_is_made_and_a_value_removed() {
    let world = world();
    let server = server(&world);
    let new = server.get("/ui/development/edit/brand/new").body;
    let fields = [
        ("environment", "development"),
        ("key", "brand/new"),
        ("etag", &field(&new, "etag")),
        ("text", "a: 1\nb: 2\n"),
    ];
    let made = server.post("/ui/development/edit/brand/new", &fields);
    assert_eq!(made.status, 303, "{made:?}");
    let twice = server.post("/ui/development/edit/brand/new", &fields);
    assert_eq!(twice.status, 412, "{twice:?}");
    let shown = server.get("/ui/development/edit/brand/new?path=a").body;
    let fields = [
        ("environment", "development"),
        ("key", "brand/new"),
        ("etag", &field(&shown, "etag")),
        ("path", "a"),
        ("text", ""),
        ("do", "remove"),
    ];
    let removed = server.post("/ui/development/edit/brand/new", &fields);
    assert_eq!(removed.status, 303, "{removed:?}");
    assert_eq!(world.git(&["show", "HEAD:environments/development/brand/new.yaml"]), "b: 2\n");
}

/// The number of a line in a promotion's form.
fn number(page: &str, path: &str) -> String {
    let at = page.find(&format!("\n{path}\"")).unwrap_or_else(|| panic!("no line {path}: {page}"));
    let start = page[..at].rfind("name=\"line.").expect("a line") + "name=\"line.".len();
    page[start..].split('"').next().expect("an end").to_owned()
}

#[test]
fn a_conflict_is_decided_and_promoted() {
    let world = world();
    let server = server(&world);
    let page = server.get("/ui/production/promote").body;
    for expected in ["1 to take", "1 to decide", "raise the timeout", "5s", "8s", "60/s", "20/s", "⇄"] {
        assert!(page.contains(expected), "{expected} {page}");
    }
    let plan = field(&page, "plan");
    let (rate, timeout) = (number(&page, "limits.rate"), number(&page, "timeout"));
    let line = |number: &str| format!("line.{number}");
    let fields = [
        ("environment", "production"),
        ("plan", plan.as_str()),
        (&line(&rate), "payments\nlimits.rate"),
        (&line(&timeout), "payments\ntimeout"),
        (&format!("do.{timeout}"), "take"),
    ];
    let post = |more: &[(&str, &str)]| server.post("/ui/production/promote", &[&fields[..], more].concat());
    let confirm = ("confirm", "production");
    let head = world.git(&["rev-parse", "HEAD"]);
    let (rate, other) = (format!("do.{rate}"), format!("value.{rate}"));
    for (more, status, expected) in [
        (&[][..], 400, "has to be confirmed"),
        (&[confirm][..], 422, "limits.rate"),
        (&[confirm, (&rate, "decline")], 422, "without a reason"),
        (&[confirm, (&rate, "set"), (&other, "")], 400, "none is given"),
        (&[confirm, (&rate, "take"), ("do", "check")], 200, "Nothing was written"),
        (
            &[confirm, (&rate, "take"), ("do", "check")],
            200,
            "<li class=\"ins\"><bdi>+  rate: 60/s</bdi></li>",
        ),
    ] {
        let answer = post(more);
        assert_eq!(answer.status, status, "{more:?} {answer:?}");
        assert!(answer.body.contains(expected), "{more:?} {}", answer.body);
        assert_eq!(world.git(&["rev-parse", "HEAD"]), head, "{more:?}");
    }
    let done = post(&[confirm, (&rate, "decline"), ("reason", "the provider allows 20")]);
    assert_eq!(done.status, 303, "{done:?}");
    let now = world.git(&["show", "HEAD:environments/production/payments.yaml"]);
    assert!(now.contains("timeout: 8s") && now.contains("rate: 20/s"), "{now}");
    let decided = world.git(&["grep", "-h", "reason", "HEAD", "--", ".terrace/decisions/production"]);
    assert!(decided.contains("the provider allows 20"), "{decided}");
}

#[test]
fn a_plan_that_moved_is_drawn_anew_with_what_is_new_marked() {
    let mut world = world();
    let server = server(&world);
    let page = server.get("/ui/production/promote").body;
    let (plan, timeout) = (field(&page, "plan"), number(&page, "timeout"));
    let path = "environments/staging/payments.yaml";
    world.write(path, &world.read(path).replace("8s", "9s"));
    world.commit("nine seconds");
    server.arrives(&world, "staging");
    let fields = [
        ("environment", "production"),
        ("plan", plan.as_str()),
        (&format!("line.{timeout}"), "payments\ntimeout"),
        (&format!("do.{timeout}"), "take"),
        ("confirm", "production"),
    ];
    let moved = server.post("/ui/production/promote", &fields);
    assert_eq!(moved.status, 409, "{moved:?}");
    for expected in ["The plan was made anew", "9s", "changed", "nine seconds"] {
        assert!(moved.body.contains(expected), "{expected} {}", moved.body);
    }
    assert!(world.git(&["show", "HEAD:environments/production/payments.yaml"]).contains("5s"));
}

#[test]
fn a_rollback_shows_what_it_would_do_first() {
    let world = world();
    let server = server(&world);
    let history = server.get("/ui/production/history/payments").body;
    let to = history.split("?to=").nth(1).expect("a link").split('"').next().expect("an end").to_owned();
    let address = format!("/ui/production/rollback/payments?to={to}");
    let page = server.get(&address);
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("20/s") && page.body.contains("40/s"), "{}", page.body);
    let fields = [
        ("environment", "production"),
        ("key", "payments"),
        ("etag", &field(&page.body, "etag")),
        ("to", &to),
    ];
    let said = ("message", "back to what the provider allows");
    let unconfirmed = server.post("/ui/production/rollback/payments", &[&fields[..], &[said]].concat());
    assert_eq!(unconfirmed.status, 400, "{unconfirmed:?}");
    assert!(unconfirmed.body.contains(said.1), "{}", unconfirmed.body);
    let done = server.post(
        "/ui/production/rollback/payments",
        &[&fields[..], &[said, ("confirm", "production")]].concat(),
    );
    assert_eq!(done.status, 303, "{done:?}");
    let message = world.git(&["log", "-1", "--format=%B"]);
    assert!(message.starts_with("back to what the provider allows\n\n"), "{message}");
    assert!(message.contains("\nTerrace-Rollback: payments production "), "{message}");
    assert!(world.git(&["show", "HEAD:environments/production/payments.yaml"]).contains("40/s"));
}

#[test]
fn a_rollback_is_offered_where_there_is_something_to_take_back() {
    let world = world();
    let server = server(&world);
    let offers = |environment: &str| {
        let answer = server.get(&format!("/ui/{environment}/items/payments"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body.contains("Roll back…")
    };
    assert_eq!(["development", "staging", "production"].map(offers), [false; 3]);
    for (path, status) in [
        ("/ui/staging/rollback/nope", 404),
        ("/ui/staging/rollback/payments", 404),
        ("/ui/development/rollback/payments", 404),
        ("/ui/prod/rollback/payments", 400),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert!(!answer.body.contains("The body cannot be read"), "{path} {answer:?}");
    }
    world.line("promote payments --to production --take source=limits.rate --yes").exits(0);
    server.arrives(&world, "production");
    assert_eq!(["development", "staging", "production"].map(offers), [false, false, true]);
}

#[test]
fn an_item_that_is_made_or_deleted_as_a_whole_is_counted() {
    let world = world();
    let server = server(&world);
    let page = server.get("/ui/staging/promote?key=newcomer").body;
    assert!(page.contains("1 item to make") && page.contains("data-whole=\"1\""), "{page}");
    let page = server.get("/ui/production/promote?key=payments").body;
    assert!(!page.contains("item to make") && page.contains("data-whole=\"0\""), "{page}");
}
