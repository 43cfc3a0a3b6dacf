//! Every screen, whatever stands in the repository.

use super::super::Server;
use super::{tokens, world};
use crate::support::World;

const SCREENS: [&str; 17] = [
    "/ui/",
    "/ui/overview",
    "/ui/overview?show=all&filter=pay",
    "/ui/overview?state=conflict&open=payments",
    "/ui/fragments/items/payments",
    "/ui/pipeline",
    "/ui/sign-in",
    "/ui/development",
    "/ui/production",
    "/ui/production/items/payments",
    "/ui/production/items/payments?saved=0123456789abcdef",
    "/ui/staging/items/billing/invoices",
    "/ui/production/history/payments",
    "/ui/production/history/payments?blame=1",
    "/ui/production/findings",
    "/ui/production/promote",
    "/ui/staging/promote?key=newcomer",
];

const WRITING: [&str; 4] = [
    "/ui/production/form/payments",
    "/ui/production/edit/payments?path=limits.rate",
    "/ui/staging/edit/billing/invoices",
    "/ui/staging/edit/brand/new",
];

/// What a page may not hold, whatever is in the repository.
fn is_inert(page: &str) -> bool {
    let scripts = page.matches("<script").count() == page.matches("<script src=\"/ui/assets/").count();
    scripts && !page.contains(" style=") && !page.contains(" onclick") && !page.contains("javascript:")
}

#[test]
fn every_screen_answers_with_its_policy_and_nothing_inline() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    for path in SCREENS.iter().chain(&WRITING) {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{path} {policy}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(is_inert(&answer.body), "{path} {}", answer.body);
        assert!(!answer.body.contains("hunter2"), "{path} shows a secret");
    }
    let page = server.get("/ui/overview").body;
    for asset in page.split('"').filter(|part| part.starts_with("/ui/assets/")) {
        let answer = server.get(asset);
        assert_eq!(answer.status, 200, "{asset}");
        assert!(answer.header("cache-control").contains("immutable"), "{asset}");
    }
    assert_eq!(server.get("/ui/assets/page.0.js").status, 400);
}

#[test]
fn the_overview_says_what_differs_in_signs_and_words() {
    let world = world();
    let server = Server::start(&world);
    let page = server.get("/ui/overview").body;
    for expected in [
        "payments",
        "limits.rate",
        "60/s",
        "20/s",
        "conflict",
        "pending",
        "own item",
        "PRODUCTION",
        "newcomer",
    ] {
        assert!(page.contains(expected), "{expected} {page}");
    }
    let filtered = server.get("/ui/overview?filter=invoices").body;
    assert!(filtered.contains("billing/invoices") && !filtered.contains("newcomer"), "{filtered}");
    let wrong = server.get("/ui/overview?state=confict");
    assert_eq!(wrong.status, 400);
    assert!(wrong.body.contains("help: the states are conflict"), "{wrong:?}");
}

#[test]
fn an_environment_is_one_of_three_and_never_guessed() {
    let world = world();
    let server = Server::start(&world);
    for (path, link) in [
        ("/ui/prod/items/payments", "/ui/production/items/payments"),
        ("/ui/Production/promote", "/ui/production/promote"),
        ("/ui/stage/history/billing/invoices", "/ui/staging/history/billing/invoices"),
        ("/ui/dev", "/ui/development"),
        ("/ui/nowhere/items/payments", "/ui/"),
        ("/ui/production/nothing/here", "/ui/"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 400, "{path} {answer:?}");
        assert!(answer.body.contains(&format!("href=\"{link}\"")), "{path} {answer:?}");
        assert!(answer.header("location").is_empty(), "{path}");
    }
    let chooser = server.get("/ui/");
    let has_all = ["development", "staging", "production"]
        .iter()
        .all(|name| chooser.body.contains(&format!("/ui/{name}\"")));
    assert!(has_all, "{chooser:?}");
    let absent = server.get("/ui/development/items/merger-talks");
    assert_eq!(absent.status, 404, "{absent:?}");
    assert!(absent.body.contains("/ui/production/items/merger-talks"), "{absent:?}");
}

#[test]
fn a_development_token_is_told_of_development_alone() {
    let mut world = world();
    let server = tokens::server(&world, "development", "read");
    let paths = [
        "/ui/",
        "/ui/overview",
        "/ui/overview?show=all",
        "/ui/pipeline",
        "/ui/development",
        "/ui/development/items/payments",
        "/ui/development/history/payments",
        "/ui/development/findings",
    ];
    let before = paths.map(|path| server.get(path));
    for (path, answer) in paths.iter().zip(&before) {
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        for hidden in ["PRODUCTION", "/ui/staging", "merger", "60/s", "20/s", "protect", "load test"] {
            assert!(!answer.body.contains(hidden), "{path} tells of {hidden}: {}", answer.body);
        }
    }
    for path in [
        "/ui/production",
        "/ui/production/items/payments",
        "/ui/production/items/nothing",
        "/ui/staging/promote",
        "/ui/production/events",
        "/ui/staging/findings",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 403, "{path} {answer:?}");
        assert_eq!(answer.body, server.get("/ui/production").body, "{path}");
    }
    assert_eq!(server.get("/ui/fragments/items/merger-talks").status, 404);
    world.write("environments/production/payments.yaml", "limits: {rate: 7/s}\n");
    world.commit("elsewhere");
    let watcher = Server::start(&world);
    watcher.arrives(&world, "production");
    for (path, before) in paths.iter().zip(&before) {
        let now = server.get(path);
        assert_eq!(now.body, before.body, "{path}");
    }
}

#[test]
fn after_any_commit_the_overview_is_that_of_a_new_start() {
    let mut world = world();
    let server = Server::start(&world);
    let all = "/ui/overview?show=all";
    server.get(all);
    let steps = [
        ("a value", "environments/development/payments.yaml", "limits: {rate: 77}\n"),
        ("a new item", "environments/development/new/comer.yaml", "a: 1\n"),
        ("an item that goes", "environments/development/new/comer.yaml", ""),
        ("no YAML", "environments/staging/payments.yaml", "limits: [\n"),
        ("a folder of another spelling", "Environments/development/x.yaml", "a: 1\n"),
        ("a policy", "terrace.toml", "version = 1\n[[pin]]\nkey = \"payments\"\npath = \"limits.rate\"\n"),
        ("a file that is kept", "config/old.yaml", "a: 1\n"),
        (
            "a record of what is kept",
            ".terrace/legacy.toml",
            "[[kept]]\nfile = \"config/old.yaml\"\nkey = \"payments\"\nenvironment = \"development\"\n",
        ),
        ("what is kept", "config/old.yaml", "a: 2\n"),
        ("nothing of it", "README", "text\n"),
    ];
    for (what, path, text) in steps {
        let place = world.dir.join(path);
        if place.is_dir() {
            std::fs::remove_dir_all(&place).expect("a folder less");
        }
        if text.is_empty() {
            std::fs::remove_file(&place).expect("a file less");
        } else {
            world.write(path, text);
        }
        world.commit(what);
        let other = Server::start(&world).get(all);
        assert_eq!(other.status, 200, "after {what}: {other:?}");
        server.until(all, |page| inert_parts(&page.body) == inert_parts(&other.body));
    }
}

/// A page without what each server draws for itself.
fn inert_parts(page: &str) -> Vec<&str> {
    page.split('<').filter(|part| !part.contains("token") && !part.contains("nonce")).collect()
}

#[test]
fn the_pipeline_is_shown_as_of_an_older_commit() {
    let world = world();
    let server = Server::start(&world);
    let page = server.get("/ui/pipeline").body;
    assert!(page.contains("1 conflict"), "{page}");
    let begin = world.git(&["rev-list", "--max-parents=0", "HEAD"]);
    assert!(
        page.contains(&format!("/ui/pipeline?at={}", world.git(&["rev-parse", "HEAD"]).trim())),
        "{page}"
    );
    let then = server.get(&format!("/ui/pipeline?at={}", begin.trim()));
    assert_eq!(then.status, 200, "{then:?}");
    assert!(then.body.contains("As it was at") && !then.body.contains("1 conflict"), "{then:?}");
    for at in ["HEAD", "0123456789abcdef0123456789abcdef01234567", "environments"] {
        let wrong = server.get(&format!("/ui/pipeline?at={at}"));
        assert_eq!(wrong.status, 400, "{at} {wrong:?}");
        assert!(wrong.body.contains("href=\"/ui/pipeline\""), "{at} {wrong:?}");
    }
}

#[test]
fn findings_tell_which_waivers_hold_and_how_long() {
    let policy = |rest: &str| {
        format!("[[waiver]]\nrule = \"ambiguous-scalar\"\nreason = \"read by a 1.1 parser\"\n{rest}\n\n")
    };
    let policy = [
        policy("environment = \"development\"\nuntil = 2200-01-01"),
        policy("environment = \"development\"\npath = \"a\"\nuntil = 2020-01-01"),
        policy("environment = \"production\"\nkey = \"merger-talks\""),
        policy("key = \"merger-*\""),
    ]
    .concat();
    let mut world = world();
    world.write("terrace.toml", &format!("version = 1\n\n{policy}"));
    world.commit("waivers");
    let server = Server::start(&world);
    let page = server.get("/ui/development/findings").body;
    for expected in
        ["read by a 1.1 parser", "days left · 2200-01-01", "days ago", "merger-*", "without an end"]
    {
        assert!(page.contains(expected), "{expected} {page}");
    }
    assert!(!page.contains("merger-talks"), "{page}");
    let limited = tokens::server(&world, "development", "read").get("/ui/development/findings").body;
    assert!(limited.contains("days left") && !limited.contains("merger"), "{limited}");
}

#[test]
fn hostile_values_stay_text() {
    let long = "x".repeat(200_000);
    let values = format!(
        "script: \"<script>alert(1)</script>\"\nlink: \"javascript:alert(1)\"\nquote: '\" onclick=\"alert(1)'\n\
         right: \"\\u202Etxt.exe\"\nbell: \"a\\ab\"\nlong: {long}\n\"<img src=x>\": 1\n\"a b.c[0]\": {{\"]\": 2}}\n"
    );
    let mut world = World::with(&[
        ("environments/development/a.yaml", &values),
        ("environments/staging/a.yaml", "script: \"</td><script>alert(2)</script>\"\n"),
        ("environments/production/a.yaml", "b: [1\n"),
        ("environments/development/deep/er/key.with-dots_and.dashes.yaml", "a: 1\n"),
    ]);
    world.write("environments/staging/a.yaml", "script: other\n");
    world.commit("<script>alert(3)</script> \" onmouseover=\"x");
    let server = Server::start_with(&world, &["--open"]);
    for path in [
        "/ui/overview?open=a&filter=%3Cscript%3E&show=all",
        "/ui/overview?show=all&open=a",
        "/ui/fragments/items/a",
        "/ui/pipeline",
        "/ui/development/items/a",
        "/ui/development/items/deep/er/key.with-dots_and.dashes",
        "/ui/development/edit/a",
        "/ui/development/edit/a?path=script",
        "/ui/development/form/a",
        "/ui/development/edit/a?path=%22%3Cscript%3E%22",
        "/ui/staging/history/a",
        "/ui/staging/history/a?blame=1",
        "/ui/development/findings",
        "/ui/production/findings",
        "/ui/staging/promote",
        "/ui/sign-in?then=javascript%3Aalert(1)",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path} {}", answer.body.chars().take(2_000).collect::<String>());
        let body = &answer.body;
        assert!(
            !body.contains("<script>") && !body.contains("<img") && !body.contains("\" onclick="),
            "{path}"
        );
        assert!(
            !body.contains("href=\"javascript:") && !body.contains('\u{202e}') && !body.contains('\u{7}'),
            "{path}"
        );
        // The long line is in a text that is edited, and cut everywhere else.
        assert!(body.len() < 100_000 || path.ends_with("/edit/a"), "{path} has {} bytes", body.len());
    }
}

#[test]
fn a_page_of_200_of_450_items_keeps_within_its_budget() {
    let mut world = World::unborn();
    for environment in ["development", "staging", "production"] {
        for at in 0..450 {
            let text = format!("host: db-{at}.{environment}.example.com\nrate: 40/s\npool: {at}\n");
            world.write(&format!("environments/{environment}/service-{at:03}/settings.yaml"), &text);
        }
    }
    world.commit("base");
    let server = Server::start(&world);
    let first = server.get("/ui/overview");
    let nodes = first.body.matches('<').count() - first.body.matches("</").count();
    assert!(nodes <= 3_000, "{nodes} nodes");
    assert!(first.body.contains("450 items"), "{}", first.body);
    assert!(first.body.contains("after=service-199%2Fsettings"), "{}", first.body);
    let last = server.get("/ui/overview?after=service-399%2Fsettings").body;
    assert!(last.contains("service-449/settings") && !last.contains("service-399/settings"), "{last}");
    let raw = format!(
        "GET /ui/overview HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
        server.address
    );
    let sent = server.raw(raw.as_bytes());
    assert!(sent.contains("content-encoding: gzip"), "{}", sent.chars().take(900).collect::<String>());
    let length = sent.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let length: usize = length.trim().parse().expect("a number");
    println!("overview: {nodes} nodes, {} bytes, {length} gzipped", first.body.len());
    assert!(length <= 30 * 1024, "{length} bytes");
}
