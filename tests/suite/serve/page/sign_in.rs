//! Signing in, and what a session is good for.

use super::super::{Answer, Server};
use super::{tokens, world};

/// The cookie that an answer sets, as it is sent back.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    assert!(set.contains("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{answer:?}");
    set.split(';').next().expect("a pair").to_owned()
}

#[test]
fn one_signs_in_with_a_token_and_out_again() {
    let world = world();
    let secret = tokens::token(&world, "staging", "read");
    let file = world.beside("tokens.json");
    let server = Server::start_with(&world, &["--tokens", &file.to_string_lossy()]);
    for path in ["/ui/", "/ui/overview", "/ui/staging/items/payments", "/ui/nowhere"] {
        let asked = server.get(path);
        assert_eq!(asked.status, 401, "{path} {asked:?}");
        assert!(asked.body.contains("name=\"token\"") && !asked.body.contains("60/s"), "{path} {asked:?}");
    }
    let refused = server.post("/ui/sign-in", &[("token", "trc_0")]);
    assert_eq!((refused.status, refused.header("set-cookie")), (401, ""), "{refused:?}");
    let then = "/ui/staging/items/payments";
    let entered = server.post("/ui/sign-in", &[("token", &secret), ("then", then)]);
    assert_eq!((entered.status, entered.header("location")), (303, then), "{entered:?}");
    let cookie = cookie(&entered);
    assert!(!cookie.contains(&secret), "the cookie holds the token");
    let session = [("cookie", cookie.as_str())];
    assert_eq!(server.get_with(then, &session).status, 200);
    assert_eq!(server.get_with("/ui/production/items/payments", &session).status, 403);
    // The API knows no cookies, so no page of another site can use one there.
    assert_eq!(server.get_with("/api/v1/environments/staging/items/payments", &session).status, 401);
    let evil = [("cookie", cookie.as_str()), ("origin", "http://evil.example.com")];
    assert_eq!(server.send("POST", "/ui/sign-out", &evil, "").status, 403);
    let left = server.send("POST", "/ui/sign-out", &session, "");
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{left:?}");
    assert_eq!(server.get_with(then, &session).status, 401);
    // A token that is revoked ends its sessions.
    let entered = server.post("/ui/sign-in", &[("token", &secret)]);
    let again = self::cookie(&entered);
    world.terrace(&["token", "revoke", "staging-read", "--file", &file.to_string_lossy()]).exits(0);
    let end = std::time::Instant::now() + super::super::LONG;
    while server.get_with(then, &[("cookie", again.as_str())]).status != 401 {
        assert!(std::time::Instant::now() < end, "the session goes on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn the_link_of_the_start_opens_once() {
    let world = world();
    let server = Server::start(&world);
    let told = server.until("/healthz", |_| server.told().contains("?once="));
    assert_eq!(told.status, 200);
    let told = server.told();
    let link = told.split_whitespace().find(|word| word.contains("?once=")).expect("a link").to_owned();
    let path = link.split_once(&server.address).expect("our address").1;
    assert_eq!(server.get("/ui/staging/edit/payments").status, 403, "nobody writes without");
    assert_eq!(server.get("/ui/?once=trc_0").status, 401);
    let opened = server.get(path);
    assert_eq!((opened.status, opened.header("location")), (303, "/ui/"), "{opened:?}");
    let cookie = cookie(&opened);
    let page = server.get_with("/ui/staging/edit/payments?path=timeout", &[("cookie", &cookie)]);
    assert_eq!(page.status, 200, "{page:?}");
    let spent = server.get(path);
    assert_eq!((spent.status, spent.header("set-cookie")), (401, ""), "{spent:?}");
}
