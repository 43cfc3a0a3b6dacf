//! Edits of a text by its lines, each with the paths it concerns. Two edits that concern different
//! things can be made one after the other, and that is what their merge must come to.

use std::collections::BTreeMap;

/// The file that most merges begin with.
pub(super) const BASE: &str = "\
# settings of the shop
service:
  name: shop  # shown to people
  port: 8080
  host: \"shop.example.com\"
  timeout: 5s
# how it scales
scaling:
  min: 2
  max: 10
  # steady or bold
  policy: steady
features:
  - checkout
  - search
  - reviews
  - ratings
servers:
  - name: api
    port: 80
    weight: 1
  - name: web
    port: 81
  # nightly
  - name: jobs
    port: 82
script: |
  set -e
  echo one
  echo two
  exit 0
defaults: &defaults
  retries: 3
  wait: 1s
worker:
  <<: *defaults
  queue: mail
limits: {rate: 20, burst: 40}
empty: {}
owner: platform
";

type Change = Box<dyn Fn(&str) -> String>;

/// One edit.
pub(super) struct Edit {
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// What it concerns, segments joined by dots; layout and order are segments with `!`.
    pub(super) touches: &'static str,
    /// Edits of a later stage are made behind others, whose lines they move.
    pub(super) stage: u8,
    pub(super) change: Change,
}

/// Whether two edits concern the same: one's path begins with the other's. What is written beside or
/// around a value is another thing than the value; a comment does not go with a value that is removed.
pub(super) fn meet(a: &Edit, b: &Edit) -> bool {
    let split = |edit: &Edit| edit.touches.split('.').collect::<Vec<_>>();
    let within = |inner: &Edit, outer: &Edit| {
        let (deep, path) = (split(inner), split(outer));
        let around = deep.iter().skip(path.len()).any(|segment| segment.starts_with('!'));
        deep.starts_with(&path)
            && (!around || (outer.kind == "remove" && matches!(inner.kind, "comment" | "rename")))
    };
    within(a, b) || within(b, a)
}

/// Both edits made one after the other, in the order in which both have something to change; where
/// both orders have, in each.
pub(super) fn both(text: &str, a: &Edit, b: &Edit) -> Vec<String> {
    let orders = [(a, b), (b, a)].into_iter().filter(|(first, second)| first.stage <= second.stage);
    orders
        .filter_map(|(first, second)| {
            let once = (first.change)(text);
            let twice = (second.change)(&once);
            (twice != once).then_some(twice)
        })
        .collect()
}

/// Changes each line that begins with `start` to nothing, itself, or several lines.
fn lines(start: &'static str, change: impl Fn(&str) -> Vec<String> + 'static) -> Change {
    Box::new(move |text| {
        let mut done = false;
        let mut out = String::new();
        for line in text.lines() {
            if !done && line.starts_with(start) {
                done = true;
                change(line).iter().for_each(|line| out.extend([line, "\n"]));
            } else {
                out.extend([line, "\n"]);
            }
        }
        out
    })
}

fn replace(old: &'static str, new: &'static str) -> Change {
    Box::new(move |text| text.replacen(old, new, 1))
}

/// All edits of the base.
pub(super) fn all() -> Vec<Edit> {
    let mut out = Vec::new();
    let mut add = |kind, name: &str, touches, change| {
        let stage = u8::from(kind == "layout");
        out.push(Edit { kind, name: name.to_owned(), touches, stage, change });
    };
    for (name, touches, old, new) in [
        ("port", "service.port", "port: 8080", "port: 9090"),
        ("port otherwise", "service.port", "port: 8080", "port: 7070"),
        ("host", "service.host", "\"shop.example.com\"", "\"www.example.com\""),
        ("timeout", "service.timeout", "timeout: 5s", "timeout: 8s"),
        ("min", "scaling.min", "min: 2", "min: 3"),
        ("max", "scaling.max", "max: 10", "max: 20"),
        ("policy", "scaling.policy", "policy: steady", "policy: bold"),
        ("api port", "servers.api.port", "port: 80\n", "port: 8000\n"),
        ("api weight", "servers.api.weight", "weight: 1", "weight: 5"),
        ("jobs port", "servers.jobs.port", "port: 82", "port: 8200"),
        ("retries", "defaults.retries", "retries: 3", "retries: 4"),
        ("queue", "worker.queue", "queue: mail", "queue: post"),
        ("rate", "limits.rate", "rate: 20", "rate: 60"),
        ("burst", "limits.burst", "burst: 40", "burst: 80"),
        ("owner", "owner", "owner: platform", "owner: shop"),
        ("to a mapping", "service.timeout", "timeout: 5s", "timeout:\n    read: 5s\n    write: 9s"),
    ] {
        add("scalar", name, touches, replace(old, new));
    }
    for (name, touches, behind, new) in [
        ("key behind port", "service.tls", "  port: 8080", "  tls: true"),
        ("key behind host", "service.path", "  host:", "  path: /shop"),
        ("key at the end of service", "service.retry", "  timeout:", "  retry: 3  # times"),
        ("another key there", "service.proxy", "  timeout:", "  # from the edge\n  proxy: on-prem"),
        ("the same key there", "service.retry", "  timeout:", "  retry: 4"),
        ("mapping at the end", "cache", "owner:", "cache:\n  ttl: 60s\n  size: 512"),
        ("key at the end", "region", "owner:", "region: eu"),
        ("key of limits", "limits.!x", "nothing", ""),
        ("server at the end", "servers.mail", "    port: 82", "  - name: mail\n    port: 83"),
        ("other server at the end", "servers.logs", "    port: 82", "  # new\n  - name: logs\n    port: 84"),
        ("server in the middle", "servers.edge", "    weight:", "  - name: edge\n    port: 90"),
        ("feature first", "features.!first", "features:", "  - login"),
        ("feature last", "features.!last", "  - ratings", "  - wishes"),
        ("other feature last", "features.!last", "  - ratings", "  - gifts"),
        ("line in the script", "script.!top", "  set -e", "  set -u"),
        ("step in the script", "script.!end", "  echo two", "  echo three"),
    ] {
        let new = new.to_owned();
        add("add", name, touches, lines(behind, move |line| vec![line.to_owned(), new.clone()]));
    }
    add("add", "flow key", "limits.window", replace("burst: 40", "burst: 40, window: 1m"));
    add("add", "into the empty", "empty.first", replace("empty: {}", "empty:\n  first: 1"));
    for (name, touches, gone) in [
        ("port", "service.port", "  port: 8080\n"),
        ("timeout", "service.timeout", "  timeout: 5s\n"),
        ("policy with its comment", "scaling.policy", "  # steady or bold\n  policy: steady\n"),
        ("web", "servers.web", "  - name: web\n    port: 81\n"),
        ("jobs with its comment", "servers.jobs", "  # nightly\n  - name: jobs\n    port: 82\n"),
        ("search", "features.!search", "  - search\n"),
        ("owner", "owner", "owner: platform\n"),
        ("queue", "worker.queue", "  queue: mail\n"),
    ] {
        add("remove", name, touches, replace(gone, ""));
    }
    add(
        "remove",
        "scaling",
        "scaling",
        Box::new(|text| {
            let (before, rest) = text.split_once("# how it scales\n").expect("scaling");
            let (_, after) = rest.split_once("features:").expect("features");
            format!("{before}features:{after}")
        }),
    );
    for (name, touches, old, new) in [
        ("above min", "scaling.min.!above", "  min: ", "  # never below\n  min: "),
        ("beside max", "scaling.max.!beside", "max: 10", "max: 10  # in the sale 40"),
        ("reworded", "service.name.!beside", "# shown to people", "# what people see"),
        ("reworded otherwise", "service.name.!beside", "# shown to people", "# the title"),
        ("gone", "!gone", "  # steady or bold\n", ""),
        ("head", "!head", "# settings of the shop", "# settings of the shop\n# asked for by sales"),
        ("beside port", "service.port.!beside", "port: 8080", "port: 8080 # public"),
        ("above owner", "owner.!above", "owner: ", "# who answers\nowner: "),
    ] {
        add("comment", name, touches, replace(old, new));
    }
    for (name, touches, old, new) in [
        ("host", "service.host.!quotes", "\"shop.example.com\"", "shop.example.com"),
        (
            "limits as a block",
            "limits.!layout",
            "limits: {rate: 20, burst: 40}",
            "limits:\n  rate: 20\n  burst: 40",
        ),
    ] {
        add("quoting", name, touches, replace(old, new));
    }
    for (name, touches, start) in [
        ("timeout", "service.timeout.!quotes", "  timeout: "),
        ("policy", "scaling.policy.!quotes", "  policy: "),
    ] {
        let quoted = move |line: &str| vec![format!("{start}'{}'", &line[start.len()..])];
        add("quoting", name, touches, lines(start, quoted));
    }
    add("rename", "scaling", "scaling.!name", replace("scaling:\n", "autoscaling:\n"));
    add("reorder", "min and max", "scaling.!order", swap("  min:", "  max:"));
    add("reorder", "port and host", "service.!order", swap("  port:", "  host:"));
    add(
        "reorder",
        "owner first",
        "!order",
        Box::new(|text| {
            let (owner, rest): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("owner:"));
            owner.into_iter().chain(rest).map(|line| format!("{line}\n")).collect()
        }),
    );
    add(
        "layout",
        "wider",
        "!wider",
        Box::new(|text| {
            let widen = |line: &str| {
                let rest = line.trim_start_matches(' ');
                format!("{}{rest}\n", " ".repeat(2 * (line.len() - rest.len())))
            };
            text.lines().map(widen).collect()
        }),
    );
    add("layout", "CRLF", "!crlf", Box::new(|text| text.replace('\n', "\r\n")));
    add("layout", "no final newline", "!final", Box::new(|text| text.trim_end().to_owned()));
    add("layout", "byte order mark", "!bom", Box::new(|text| format!("\u{feff}{text}")));
    add(
        "layout",
        "blank lines",
        "!blank",
        Box::new(|text| {
            let open = |line: &str| if line.ends_with(':') && !line.starts_with(' ') { "\n" } else { "" };
            text.lines().map(|line| format!("{}{line}\n", open(line))).collect()
        }),
    );
    out.retain(|edit| (edit.change)(BASE) != BASE);
    out
}

fn swap(first: &'static str, second: &'static str) -> Change {
    Box::new(move |text| {
        let mut lines: Vec<_> = text.lines().collect();
        let at = |start: &str| lines.iter().position(|line| line.starts_with(start));
        if let (Some(a), Some(b)) = (at(first), at(second)) {
            lines.swap(a, b);
        }
        lines.into_iter().map(|line| format!("{line}\n")).collect()
    })
}

/// The comments of a text in which `#` begins nothing else, with how often each is there.
pub(super) fn comments(text: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let at = if line.trim_start().starts_with('#') { line.find('#') } else { line.find(" #") };
        if let Some(at) = at {
            *out.entry(line[at..].trim().to_owned()).or_insert(0) += 1;
        }
    }
    out
}
