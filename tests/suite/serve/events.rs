//! Events tell of what changed, and of nothing else.

use std::io::{BufRead, BufReader, Read};

use serde_json::{Value, json};

use super::{Server, world};

/// A stream of events.
struct Events(BufReader<Box<dyn Read + Send>>);

impl Events {
    fn open(server: &Server, path: &str, last: Option<&str>) -> Self {
        let mut request = server.agent.get(format!("http://{}/api/v1/environments/{path}", server.address));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.call().expect("a stream");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self(BufReader::new(Box::new(answer.into_body().into_reader())))
    }

    /// The next event, its id and its data; an empty name where the stream ends.
    fn next(&mut self) -> (String, String, Value) {
        let (mut event, mut id, mut data) = (String::new(), String::new(), Value::Null);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).expect("a line") == 0 {
                return (String::new(), id, data);
            }
            match line.trim_end().split_once(": ") {
                Some(("event", name)) => event = name.to_owned(),
                Some(("id", text)) => id = text.to_owned(),
                Some(("data", text)) => data = serde_json::from_str(text).expect("JSON"),
                Some(_) => {}
                None if event.is_empty() => {}
                None => return (event, id, data),
            }
        }
    }
}

#[test]
fn a_change_is_told_where_it_is() {
    let mut world = world();
    let server = Server::start(&world);
    let head = |world: &crate::support::World| world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let first = head(&world);
    let mut all = Events::open(&server, "staging/events", None);
    let mut payments = Events::open(&server, "staging/events?key=payments&key=new", None);
    for events in [&mut all, &mut payments] {
        let data = json!({ "version": 1, "environment": "staging", "commit": first });
        assert_eq!(events.next(), ("ready".to_owned(), first.clone(), data));
    }
    world.write("environments/production/payments.yaml", "timeout: 1s\n");
    world.commit("another environment");
    server.arrives(&world, "production");
    world.write("environments/staging/billing/invoices.yaml", "rate: 21\n");
    world.commit("another item");
    server.arrives(&world, "staging");
    let second = head(&world);
    world.write("environments/staging/payments.yaml", "timeout: 9s\n");
    world.write("environments/staging/new.yaml", "a: 1\n");
    world.git(&["rm", "--quiet", "environments/staging/several.yaml"]);
    world.commit("these");
    let third = head(&world);
    let told = |(event, id, data): (String, String, Value)| {
        assert_eq!(event, "change");
        let items = data["items"].as_array().expect("items").clone();
        let item = |item: &Value| {
            format!("{} {}", item["change"].as_str().unwrap_or(""), item["key"].as_str().unwrap_or(""))
        };
        (id, items.iter().map(item).collect::<Vec<_>>())
    };
    assert_eq!(told(all.next()), (second.clone(), vec!["modified billing/invoices".to_owned()]));
    let these = ["added new", "modified payments", "removed several"].map(str::to_owned);
    assert_eq!(told(all.next()), (third.clone(), these.to_vec()));
    assert_eq!(told(payments.next()), (third.clone(), these[..2].to_vec()));
    // Whoever comes back is told of what was missed.
    let mut back = Events::open(&server, "staging/events", Some(&second));
    assert_eq!(back.next().1, "");
    let (_, id, data) = back.next();
    assert_eq!((&id, &data["items"][1]["key"]), (&third, &json!("payments")));
    assert_eq!(data["items"][1]["etag"], server.staging("/items/payments").header("etag"));
    let mut still = Events::open(&server, "staging/events", Some(&third));
    assert_eq!(still.next().1, third);
    for unknown in ["0123456789012345678901234567890123456789", "main", ""] {
        let mut reset = Events::open(&server, "staging/events", Some(unknown));
        assert_eq!(reset.next().0, "ready");
        assert_eq!((reset.next().0.as_str(), unknown), ("reset", unknown));
    }
}

#[test]
fn one_caller_opens_no_more_than_some() {
    let server = Server::start(&world());
    let mut open: Vec<Events> = (0..64).map(|_| Events::open(&server, "staging/events", None)).collect();
    let answer = server.staging("/events");
    assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
    assert!(open.iter_mut().all(|events| events.next().0 == "ready"));
    drop(open);
    server.until("/healthz", |_| {
        let path = format!("http://{}/api/v1/environments/staging/events", server.address);
        server.agent.get(path).call().is_ok_and(|answer| answer.status() == 200)
    });
}
