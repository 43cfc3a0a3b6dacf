//! The form that a schema makes, and what becomes of what was typed when others wrote meanwhile.

use super::super::{Answer, Server, tokens};
use super::field;
use crate::support::World;

const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["level"],
  "properties": {
    "level": {"enum": ["debug", "info", "warn"], "description": "how much is logged"},
    "on": {"type": "boolean"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "title": "Port"},
    "limits": {"properties": {"rate": {"type": "string", "pattern": "^\\d+/s$"}}},
    "database": {"properties": {"host": {"type": "string"}, "pool": {"type": "integer", "default": 5}}}
  }
}"#;

const TEXT: &str = "# of the gateway\nlevel: info # not debug\non: true\nport: 8080\nlimits:\n  rate: 40/s\nfree: 8s\n\
                    api_token: hunter2-hunter2\nlist:\n  - a\n  - b\n";

fn world() -> World {
    let mut world = World::with(&[
        ("environments/development/gateway.yaml", TEXT),
        ("environments/staging/gateway.yaml", TEXT),
        ("environments/production/gateway.yaml", TEXT),
        ("environments/staging/plain.yaml", "# first\na: 1\nb: 1\nc: 1\n"),
        ("schemas/gateway.schema.json", SCHEMA),
    ]);
    world.write("notes.txt", "none");
    world.commit("begin");
    world
}

/// The form as a browser has it: every field with its value, of a list the chosen one.
fn fields(page: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> =
        ["environment", "key", "etag"].map(|name| (name.to_owned(), field(page, name))).to_vec();
    let numbers = page.split("name=\"path.").skip(1);
    let numbers = numbers.filter_map(|rest| rest.split('"').next()?.parse::<usize>().ok());
    for at in numbers {
        let was = field(page, &format!("was.{at}"));
        out.push((format!("path.{at}"), field(page, &format!("path.{at}"))));
        let contested = format!("contested.{at}");
        if page.contains(&format!("name=\"{contested}\"")) {
            out.push((contested, "1".to_owned()));
        }
        out.push((format!("was.{at}"), was.clone()));
        out.push((format!("value.{at}"), typed(page, at).unwrap_or(was)));
    }
    out
}

/// What stands in an input.
fn typed(page: &str, at: usize) -> Option<String> {
    let start = page.find(&format!("<input id=\"v{at}\""))?;
    let tag = page[start..].split('>').next()?;
    let value = tag.split(" value=\"").nth(1)?.split('"').next()?;
    Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

/// The number of a value's field.
fn at(fields: &[(String, String)], path: &str) -> String {
    let found = fields.iter().find(|(name, value)| name.starts_with("path.") && value == path);
    found.unwrap_or_else(|| panic!("no field {path}: {fields:?}")).0["path.".len()..].to_owned()
}

fn set(fields: &mut Vec<(String, String)>, name: &str, path: &str, value: &str) {
    let name = format!("{name}.{}", at(fields, path));
    fields.retain(|(known, _)| *known != name);
    fields.push((name, value.to_owned()));
}

fn post(server: &Server, address: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    server.post(address, &fields)
}

#[test]
fn a_schema_makes_the_form_and_only_what_was_changed_is_written() {
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    let address = "/ui/staging/form/gateway";
    let page = server.get(address).body;
    for expected in [
        "how much is logged",
        "required",
        "<option value=\"&quot;info&quot;\" selected>info</option>",
        "<option value=\"true\" selected>true</option>",
        "type=\"number\" value=\"8080\"",
        "min=\"1\" max=\"65535\"",
        "Port · a whole number, at least 1, at most 65535",
        "matches ^\\d+/s$",
        "Not in the file yet",
        "5 if it is not set",
        "a secret, which is not written here",
    ] {
        assert!(page.contains(expected), "{expected} {page}");
    }
    assert!(!page.contains("hunter2"), "{page}");
    let before = fields(&page);
    let head = world.git(&["rev-parse", "HEAD"]);
    let same = post(&server, address, &before);
    assert_eq!(
        (same.status, same.header("location")),
        (303, "/ui/staging/items/gateway?saved=same"),
        "{same:?}"
    );
    assert_eq!(world.git(&["rev-parse", "HEAD"]), head);
    for (path, value, status, expected) in [
        ("port", "[8", 400, "`port`: the value cannot be read"),
        ("port", "70000", 422, "65535"),
        ("level", "\"loud\"", 422, "level"),
    ] {
        let mut sent = before.clone();
        set(&mut sent, "value", path, value);
        let answer = post(&server, address, &sent);
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert!(answer.body.contains(expected), "{expected} {}", answer.body);
        assert_eq!(world.git(&["rev-parse", "HEAD"]), head, "{path}");
    }
    let mut sent = before;
    for (path, value) in [
        ("level", "\"warn\""),
        ("on", ""),
        ("port", "8081"),
        ("free", "20"),
        ("list[0]", "x"),
        ("database.host", "db.example.com"),
        ("database.pool", "7"),
    ] {
        set(&mut sent, "value", path, value);
    }
    sent.push(("message".to_owned(), "by form".to_owned()));
    let saved = post(&server, address, &sent);
    assert_eq!(saved.status, 303, "{saved:?}");
    assert_eq!(world.git(&["log", "-1", "--format=%s"]).trim(), "by form");
    let now = world.git(&["show", "HEAD:environments/staging/gateway.yaml"]);
    let expected = TEXT
        .replace("info #", "warn #")
        .replace("on: true\n", "")
        .replace("8080", "8081")
        .replace("8s", "'20'")
        .replace("- a", "- x");
    assert_eq!(now, format!("{expected}database:\n  host: db.example.com\n  pool: 7\n"));
}

#[test]
fn after_a_stale_form_each_value_that_others_changed_too_is_decided() {
    let mut world = world();
    let server = Server::start_with(&world, &["--open"]);
    let address = "/ui/staging/form/gateway";
    let mut sent = fields(&server.get(address).body);
    for (path, value) in [("port", "8081"), ("limits.rate", "50/s"), ("free", "9s"), ("list[1]", "mine")] {
        set(&mut sent, "value", path, value);
    }
    let file = "environments/staging/gateway.yaml";
    world.write(file, &TEXT.replace("8080", "9090").replace("true", "false").replace("8s", "7s"));
    world.commit("others");
    server.arrives(&world, "staging");
    let stale = post(&server, address, &sent);
    assert_eq!(stale.status, 412, "{stale:?}");
    for expected in [
        "has changed since it was read",
        "take theirs",
        "9090",
        "reapply mine",
        "8081",
        "3 values were changed",
    ] {
        assert!(stale.body.contains(expected), "{expected} {}", stale.body);
    }
    // What others changed alone is theirs, what was typed stays.
    assert!(stale.body.contains("<option value=\"false\" selected>"), "{}", stale.body);
    let mut again = fields(&stale.body);
    assert_eq!(at(&again, "limits.rate"), at(&sent, "limits.rate"));
    let undecided = post(&server, address, &again);
    assert_eq!(undecided.status, 422, "{undecided:?}");
    assert!(undecided.body.contains("`port` was changed by others too"), "{}", undecided.body);
    set(&mut again, "pick", "port", "theirs");
    set(&mut again, "pick", "free", "mine");
    set(&mut again, "pick", "list[1]", "mine");
    let saved = post(&server, address, &again);
    assert_eq!(saved.status, 303, "{saved:?}");
    let now = world.git(&["show", &format!("HEAD:{file}")]);
    let expected = TEXT.replace("8080", "9090").replace("true", "false");
    assert_eq!(now, expected.replace("8s", "9s").replace("40/s", "50/s").replace("- b", "- mine"));
}

#[test]
fn after_a_stale_text_both_are_put_together_and_what_both_changed_is_decided() {
    let mut world = world();
    let server = Server::start_with(&world, &["--open"]);
    let (address, file) = ("/ui/staging/edit/plain", "environments/staging/plain.yaml");
    let read = |server: &Server| {
        let page = server.get(address).body;
        ["environment", "key", "etag", "base"].map(|name| (name.to_owned(), field(&page, name))).to_vec()
    };
    let with = |fields: &[(String, String)], more: &[(&str, &str)]| {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        fields.iter().cloned().chain(more).collect::<Vec<_>>()
    };
    let area = |page: &str| {
        let start = page.find("<textarea").expect("a field");
        let text = page[start..].split_once('>').expect("an end").1;
        text.split("</textarea>").next().expect("an end").trim_start_matches('\n').to_owned()
    };
    // Apart from each other: they come together by themselves.
    let before = read(&server);
    world.write(file, "# first\na: 1\nb: 1\nc: 2 # theirs\n");
    world.commit("others");
    server.arrives(&world, "staging");
    let mine = ("text", "# first, mine\na: 2\nb: 1\nc: 1\n");
    let stale = post(&server, address, &with(&before, &[mine]));
    assert_eq!(stale.status, 412, "{stale:?}");
    assert!(stale.body.contains("put together below"), "{}", stale.body);
    assert_eq!(area(&stale.body), "# first, mine\na: 2\nb: 1\nc: 2 # theirs\n");
    assert!(!world.read(file).contains("mine"));
    // Both changed `a`: whose it is, is asked.
    let before = read(&server);
    world.write(file, "# first\na: 3\nb: 3\nc: 2 # theirs\n");
    world.commit("others again");
    server.arrives(&world, "staging");
    let mine = "# first\na: 4\nb: 1\nc: 5 # theirs\n";
    let stale = post(&server, address, &with(&before, &[("text", mine)]));
    assert_eq!(stale.status, 412, "{stale:?}");
    for expected in
        ["take theirs, <bdi class=\"v\">3", "reapply mine, <bdi class=\"v\">4", "Put together", "Take theirs"]
    {
        assert!(stale.body.contains(expected), "{expected} {}", stale.body);
    }
    assert_eq!(area(&stale.body), mine);
    let fields =
        ["environment", "key", "etag", "base"].map(|name| (name.to_owned(), field(&stale.body, name)));
    let asked = [("text", mine), ("at.0", "a"), ("do", "join")];
    let open = post(&server, address, &with(&fields, &asked));
    assert_eq!((open.status, area(&open.body).as_str()), (200, mine), "{open:?}");
    let joined = post(&server, address, &with(&fields, &[&asked[..], &[("pick.0", "theirs")]].concat()));
    assert_eq!(joined.status, 200, "{joined:?}");
    let text = "# first\na: 3\nb: 3\nc: 5 # theirs\n";
    assert_eq!(area(&joined.body), text);
    assert!(world.read(file).contains("c: 2"), "nothing is written yet");
    let fields =
        ["environment", "key", "etag", "base"].map(|name| (name.to_owned(), field(&joined.body, name)));
    let saved = post(&server, address, &with(&fields, &[("text", text)]));
    assert_eq!(saved.status, 303, "{saved:?}");
    assert_eq!(world.git(&["show", &format!("HEAD:{file}")]), text);
}

#[test]
fn a_form_asks_for_the_right_to_write_where_it_stands_and_is_for_one_place() {
    for (rights, address) in [
        ("read", "/ui/development/form/gateway"),
        ("read,write", "/ui/staging/form/gateway"),
        ("read,write", "/ui/production/form/nothing"),
    ] {
        let world = world();
        let server = tokens::server(&world, "development", rights);
        let names = address.split('/').collect::<Vec<_>>();
        let fields = [("environment", names[2]), ("key", names[4]), ("etag", "\"x\"")];
        for answer in [server.get(address), server.post(address, &fields)] {
            assert_eq!(answer.status, 403, "{rights} {address} {answer:?}");
            assert!(!answer.body.contains("level"), "{rights} {address} {answer:?}");
        }
    }
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    let address = "/ui/staging/form/gateway";
    let before = fields(&server.get(address).body);
    for (name, value) in [("environment", "production"), ("key", "plain")] {
        let mut sent = before.clone();
        sent.retain(|(known, _)| known != name);
        sent.push((name.to_owned(), value.to_owned()));
        set(&mut sent, "value", "port", "8081");
        assert_eq!(post(&server, address, &sent).status, 400, "{name}");
    }
    assert_eq!(server.get("/ui/staging/form/nothing").status, 404);
    assert_eq!(world.git(&["rev-parse", "HEAD"]), head);
}

#[test]
fn reapplying_mine_writes_what_was_changed_and_nothing_else() {
    let mut world = world();
    let server = Server::start_with(&world, &["--open"]);
    let (address, file) = ("/ui/staging/edit/plain", "environments/staging/plain.yaml");
    let names = ["environment", "key", "etag", "base"];
    let read = |page: &str| names.map(|name| (name.to_owned(), field(page, name))).to_vec();
    let with = |fields: &[(String, String)], more: &[(&str, &str)]| {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        fields.iter().cloned().chain(more).collect::<Vec<_>>()
    };
    let before = read(&server.get(address).body);
    world.write(file, "# first\na: 5\nb: 9 # theirs\nc: 1\n");
    world.commit("others");
    server.arrives(&world, "staging");
    let mine = ("text", "# first\na: 2\nb: 1\nc: 1\n");
    let stale = post(&server, address, &with(&before, &[mine]));
    assert!(stale.status == 412 && stale.body.contains("Reapply mine in staging"), "{stale:?}");
    let saved = post(&server, address, &with(&read(&stale.body), &[mine, ("at.0", "a"), ("do", "save")]));
    assert_eq!(saved.status, 303, "{saved:?}");
    let now = world.git(&["show", &format!("HEAD:{file}")]);
    assert_eq!(now, "# first\na: 2\nb: 9 # theirs\nc: 1\n");
    // What cannot be put together is written over theirs only once that was said.
    let before = read(&server.get(address).body);
    world.write(file, "# first\na: 3\nb: 9\nc: 1\n");
    world.commit("others again");
    server.arrives(&world, "staging");
    let broken = ("text", "# first\na: 4\n---\nb: 9\n");
    let stale = post(&server, address, &with(&before, &[broken]));
    assert!(stale.body.contains("saving writes it over what is there now"), "{stale:?}");
    assert!(!stale.body.contains("name=\"base\""), "{stale:?}");
    let fields = ["environment", "key", "etag"].map(|name| (name.to_owned(), field(&stale.body, name)));
    let saved = post(&server, address, &with(&fields, &[broken]));
    assert_eq!(saved.status, 303, "{saved:?}");
}

#[test]
fn a_value_that_no_field_holds_leads_nowhere_that_is_refused() {
    let mut world = world();
    let hidden = "a: \"x\\u200Bz\"\n";
    world.write("environments/staging/open.yaml", hidden);
    world.write("environments/staging/closed.yaml", &format!("{hidden}password: hunter2-hunter2\n"));
    world.commit("hidden");
    let server = Server::start_with(&world, &["--open"]);
    let form = |key: &str| server.get(&format!("/ui/staging/form/{key}")).body;
    assert!(form("open").contains("edit it in the text"), "{}", form("open"));
    let closed = form("closed");
    assert!(
        !closed.contains("in the text.") && closed.contains("it is changed in the repository"),
        "{closed}"
    );
}
