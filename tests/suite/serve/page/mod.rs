//! The page, over plain HTTP: what a browser without a script gets.

mod browser;
mod forms;
mod screens;
mod sign_in;
mod writes;

use super::{Answer, Server, tokens};
use crate::support::World;

/// A form of the page as a browser sends it.
fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                b' ' => "+".to_owned(),
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

impl Server {
    /// Sends a form.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.send("POST", path, &headers, &form(fields))
    }
}

/// What stands behind a name in a page: the value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let from = page.find(&start).unwrap_or_else(|| panic!("no field {name}: {page}")) + start.len();
    let value = page[from..].split('"').next().expect("an end");
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Three environments of which something waits, conflicts, and stays.
fn world() -> World {
    let text = |host: &str| {
        format!(
            "limits:\n  rate: 40/s\ndatabase:\n  host: db.{host}.example.com\n  password: hunter2-{host}-hunter2\ntimeout: 5s\n"
        )
    };
    let mut world = World::with(&[
        ("environments/development/payments.yaml", &text("dev")),
        ("environments/staging/payments.yaml", &text("stg")),
        ("environments/production/payments.yaml", &text("www")),
        ("environments/development/newcomer.yaml", "a: 1\n"),
        ("environments/staging/billing/invoices.yaml", "rate: 20\n"),
        ("environments/production/billing/invoices.yaml", "rate: 20\n"),
        ("environments/production/merger-talks.yaml", "date: soon\n"),
    ]);
    let replace = |world: &World, environment: &str, old: &str, new: &str| {
        let path = format!("environments/{environment}/payments.yaml");
        world.write(&path, &world.read(&path).replace(old, new));
    };
    replace(&world, "staging", "5s", "8s");
    world.commit("raise the timeout");
    replace(&world, "production", "40/s", "20/s");
    world.commit("protect the provider");
    replace(&world, "staging", "40/s", "60/s");
    world.commit("load test passed");
    world
}
