//! How the server does, in the text form of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::RemoteCondition;
use super::replica::RemoteState;
use crate::model::{Environment, EnvironmentSet};

/// What is counted of requests.
#[derive(Default)]
pub(super) struct Requests(Mutex<BTreeMap<Labels, Count>>);

/// The upper bounds of the classes that latencies fall into, in seconds.
const BOUNDS: [f64; 8] = [0.001, 0.0025, 0.01, 0.05, 0.1, 0.5, 2.5, 10.0];

/// What tells requests apart: the route as the table has it, the environment, and the status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    route: String,
    environment: Option<Environment>,
    status: u16,
}

#[derive(Clone, Copy, Default)]
struct Count {
    requests: u64,
    time: Duration,
    /// How many took no longer than each of [`BOUNDS`].
    within: [u64; BOUNDS.len()],
}

/// The environment that an address of the API names.
pub(super) fn environment_in(path: &str) -> Option<Environment> {
    path.strip_prefix("/api/v1/environments/")?.split('/').next()?.parse().ok()
}

/// How an environment stands.
pub(super) struct Gauges {
    pub(super) environment: Environment,
    pub(super) items: usize,
    pub(super) is_held_back: bool,
    /// Whether it is as it was read last, for the branch cannot be read.
    pub(super) is_stale: bool,
    /// The time of the commit that is served, in seconds since 1970-01-01 UTC.
    pub(super) commit_time: Option<i64>,
}

impl Requests {
    /// Counts an answer.
    pub(super) fn count(&self, route: &str, environment: Option<Environment>, status: u16, time: Duration) {
        let labels = Labels { route: route.to_owned(), environment, status };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(labels).or_default();
        count.requests += 1;
        count.time += time;
        for (within, bound) in count.within.iter_mut().zip(BOUNDS) {
            *within += u64::from(time.as_secs_f64() <= bound);
        }
    }

    /// Everything as text that is of no environment, or of those that may be told of.
    pub(super) fn text(&self, told_of: EnvironmentSet, environments: &[Gauges], open: Open) -> String {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        counts.retain(|labels, _| labels.environment.is_none_or(|environment| told_of.contains(environment)));
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, lines: Lines| {
            write_family(&mut text, (name, kind, help), lines)
        };
        let of_requests = |value: fn(&Count) -> String| {
            counts.iter().map(|(labels, count)| (labels.to_string(), value(count))).collect()
        };
        let of_environments = |value: fn(&Gauges) -> Option<String>| {
            let line = |gauges: &Gauges| {
                Some((format!("{{environment=\"{}\"}}", gauges.environment), value(gauges)?))
            };
            environments.iter().filter_map(line).collect()
        };
        family(
            "terrace_requests_total",
            "counter",
            "Requests that were answered",
            of_requests(|count| count.requests.to_string()),
        );
        family(
            "terrace_items",
            "gauge",
            "Items that are served",
            of_environments(|gauges| Some(gauges.items.to_string())),
        );
        family(
            "terrace_held_back",
            "gauge",
            "Whether the newest state is not served",
            of_environments(|gauges| Some(u8::from(gauges.is_held_back).to_string())),
        );
        family(
            "terrace_stale",
            "gauge",
            "Whether the branch cannot be read, and what is served is as it was read last",
            of_environments(|gauges| Some(u8::from(gauges.is_stale).to_string())),
        );
        family(
            "terrace_commit_timestamp_seconds",
            "gauge",
            "The time of the commit that is served",
            of_environments(|gauges| gauges.commit_time.map(|time| time.to_string())),
        );
        let one = |value: usize| vec![(String::new(), value.to_string())];
        let Open { streams, waits, in_flight } = open;
        family("terrace_streams", "gauge", "Open streams of events", one(streams));
        family("terrace_waits", "gauge", "Requests that wait for a change", one(waits));
        family("terrace_requests_in_flight", "gauge", "Requests that are being answered", one(in_flight));
        text.push_str(&latencies(&counts));
        text
    }
}

/// What is open at the moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Streams of events.
    pub(super) streams: usize,
    /// Requests that wait for a change.
    pub(super) waits: usize,
    /// Requests that are being answered.
    pub(super) in_flight: usize,
}

/// Labels and values.
type Lines = Vec<(String, String)>;

fn write_family(text: &mut String, (name, kind, help): (&str, &str, &str), lines: Lines) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in lines {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

/// How the branch stands to its remote, as text; `is_told_all` is whether commits of any environment are
/// told of.
pub(super) fn remote_text(state: &RemoteState, is_told_all: bool) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, value: Option<String>| {
        let lines = value.map(|value| (String::new(), value)).into_iter().collect();
        write_family(&mut text, (name, kind, help), lines);
    };
    let is_read_only = u8::from(state.condition != RemoteCondition::Following).to_string();
    family("terrace_replica_read_only", "gauge", "Whether writes are refused", Some(is_read_only));
    let fetched = state.fetched.map(|(moment, _)| moment.seconds.to_string());
    family("terrace_replica_fetch_timestamp_seconds", "gauge", "When the remote last answered", fetched);
    let age = state.fetched.map(|(_, instant)| format!("{:.3}", instant.elapsed().as_secs_f64()));
    family("terrace_replica_fetch_age_seconds", "gauge", "The time since the remote last answered", age);
    let told = |count: usize| is_told_all.then(|| count.to_string());
    let (ahead, behind) = (told(state.ahead), told(state.behind));
    family("terrace_replica_ahead", "gauge", "Commits that the remote does not have", ahead);
    family("terrace_replica_behind", "gauge", "Commits of the remote that are not served", behind);
    let (fetches, failures) = (Some(state.fetches.to_string()), Some(state.failures.to_string()));
    family("terrace_replica_fetches_total", "counter", "How often the remote answered", fetches);
    family("terrace_replica_failures_total", "counter", "How often the remote was asked in vain", failures);
    text
}

/// The latencies of each route and environment, whatever was answered, as a histogram.
fn latencies(counts: &BTreeMap<Labels, Count>) -> String {
    let mut routes: BTreeMap<(&str, Option<Environment>), Count> = BTreeMap::new();
    for (labels, count) in counts {
        let sum = routes.entry((&labels.route, labels.environment)).or_default();
        sum.requests += count.requests;
        sum.time += count.time;
        for (sum, within) in sum.within.iter_mut().zip(count.within) {
            *sum += within;
        }
    }
    let name = "terrace_request_seconds";
    let mut text =
        format!("# HELP {name} The time until the head of the answer was ready\n# TYPE {name} histogram\n");
    for ((route, environment), Count { requests, time, within }) in routes {
        let environment = environment.map_or("", Environment::name);
        let labels = format!("route=\"{route}\",environment=\"{environment}\"");
        for (bound, within) in BOUNDS.iter().zip(within) {
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {within}");
        }
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {requests}");
        let _ = writeln!(text, "{name}_sum{{{labels}}} {:.6}", time.as_secs_f64());
        let _ = writeln!(text, "{name}_count{{{labels}}} {requests}");
    }
    text
}

impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let environment = self.environment.map_or("", Environment::name);
        let Self { route, status, .. } = self;
        write!(f, "{{route=\"{route}\",environment=\"{environment}\",status=\"{status}\"}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_counted_by_route_and_environment() {
        let requests = Requests::default();
        let staging = Some(Environment::Staging);
        for (environment, status, millis) in
            [(staging, 200, 2), (staging, 404, 40), (staging, 200, 60_000), (None, 200, 1)]
        {
            requests.count("/a", environment, status, Duration::from_millis(millis));
        }
        let text = requests.text(EnvironmentSet::ALL, &[], Open { streams: 3, waits: 2, in_flight: 1 });
        for line in [
            "terrace_requests_total{route=\"/a\",environment=\"staging\",status=\"200\"} 2",
            "terrace_requests_total{route=\"/a\",environment=\"staging\",status=\"404\"} 1",
            "terrace_request_seconds_bucket{route=\"/a\",environment=\"staging\",le=\"0.001\"} 0",
            "terrace_request_seconds_bucket{route=\"/a\",environment=\"staging\",le=\"0.05\"} 2",
            "terrace_request_seconds_bucket{route=\"/a\",environment=\"staging\",le=\"10\"} 2",
            "terrace_request_seconds_bucket{route=\"/a\",environment=\"staging\",le=\"+Inf\"} 3",
            "terrace_request_seconds_sum{route=\"/a\",environment=\"staging\"} 60.042000",
            "terrace_request_seconds_count{route=\"/a\",environment=\"\"} 1",
            "terrace_streams 3",
            "terrace_waits 2",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }
    #[test]
    fn commits_of_any_environment_are_counted_for_who_may_read_all() {
        let state = RemoteState {
            condition: RemoteCondition::Diverged,
            fetched: None,
            ahead: 3,
            behind: 2,
            fetches: 1,
            failures: 0,
        };
        for is_counted in [true, false] {
            let text = remote_text(&state, is_counted);
            let has = |known: &str| text.lines().any(|line| line == known);
            assert_eq!(has("terrace_replica_ahead 3"), is_counted, "{text}");
            assert_eq!(has("terrace_replica_behind 2"), is_counted, "{text}");
            assert!(has("terrace_replica_read_only 1"), "{text}");
        }
    }
}
