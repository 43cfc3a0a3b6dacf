//! What the rules found in one environment.

use axum::response::Response;
use maud::{Markup, html};

use super::document::{Place, Screen};
use super::frame::page;
use super::help::say;
use super::visit::{Visit, item_address};
use super::words::{counted, encode, shape, shown};
use super::wrong::Wrong;
use crate::model::policy::Waiver;
use crate::model::sanitize::{clean, cut};
use crate::model::{Date, Environment, Finding, Severity};
use crate::server::view::EnvironmentView;

/// So many findings are shown at most.
const MOST: usize = 200;

pub(super) async fn findings(visit: Visit) -> Result<Response, Wrong> {
    let environment = visit.environment()?;
    let query = visit.query(&["rule", "key"], &[])?;
    let (rule, key) = (query.get("rule").unwrap_or_default(), query.get("key").unwrap_or_default());
    let view = visit.request(environment, None, "", http::HeaderMap::new())?.view()?;
    let held = view.served.held_back.as_ref();
    let good = view.served.good.as_ref().map_or(&[][..], |good| good.findings());
    let is_meant = |finding: &&Finding| {
        let is_of = |key: &str| finding.key.as_ref().is_some_and(|known| known.as_str().contains(key));
        (rule.is_empty() || finding.rule.id() == rule) && (key.is_empty() || is_of(key))
    };
    let mut found: Vec<&Finding> = good.iter().filter(is_meant).collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut rules: Vec<&str> = good.iter().map(|finding| finding.rule.id()).collect();
    rules.sort_unstable();
    rules.dedup();
    let count = |severity| found.iter().filter(|finding| finding.severity == severity).count();
    let body = html! {
        h1 { span class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) } ": findings" }
        @if let Some(held) = held {
            div.problem {
                p { strong { "Held back." } " The newest state, " code { (held.commit.short()) } ", is not served; what was served before still is." }
                @if let Some(error) = &held.error { p { bdi { (error.message()) } } }
                ul.findings { @for finding in held.findings.iter().take(MOST) { (entry(environment, finding)) } }
            }
        }
        form.filter action=(format!("/ui/{environment}/findings")) {
            label for="rule" { "Rule" }
            select #rule name="rule" { option value="" { "all" } @for known in &rules { option selected[*known == rule] { (known) } } }
            label for="key" { "Key" }
            input #key name="key" type="search" value=(key);
            button { "Filter" }
        }
        @if found.is_empty() {
            p.empty { @if good.is_empty() { "Nothing was found in what is served of " (environment) "." } @else { "No finding is like this. " a href=(format!("/ui/{environment}/findings")) { "Show all" } } }
        } @else {
            p { (counted(count(Severity::Error), "error", "errors")) " · " (counted(count(Severity::Warning), "warning", "warnings")) " · " (counted(count(Severity::Notice), "notice", "notices")) }
            ul.findings { @for finding in found.iter().take(MOST) { (entry(environment, finding)) } }
        }
        (waivers(&visit, environment, &view))
        @if found.len() > MOST { p.soft { "The first " (MOST) " of " (found.len()) "; filter by rule or key." } }
    };
    Ok(page(&visit, &Place::of(Screen::Findings, "Findings").within(environment, "findings"), &body))
}

/// What the policy accepts here, and for how long. A waiver for everywhere may name what is elsewhere.
fn waivers(visit: &Visit, environment: Environment, view: &EnvironmentView) -> Markup {
    let is_told = |waiver: &&Waiver| match waiver.environment {
        Some(only) => only == environment,
        None => visit.caller.may_read_all(),
    };
    let good = view.served.good.as_ref();
    let waivers = good.map_or(&[][..], |good| &good.configuration().policy().waivers[..]);
    let mut waivers: Vec<&Waiver> = waivers.iter().filter(is_told).collect();
    waivers.sort_by_key(|waiver| (waiver.until.is_none(), waiver.until));
    let today = visit.shared.access.today();
    html! {
        @if !waivers.is_empty() {
            h2 { "Accepted by waivers" }
            table.stack {
                thead { tr { th scope="col" { "rule" } th scope="col" { "where" } th scope="col" { "reason" } th scope="col" { "lasts" } } }
                tbody { @for waiver in waivers.iter().take(MOST) { tr {
                    td { code { (waiver.rule) } }
                    td { bdi { @if waiver.place().is_empty() { "everywhere" } @else { (cut(&clean(&waiver.place()), 120)) } } }
                    td { bdi { (cut(&clean(&waiver.reason), 200)) } }
                    td { (lasting(waiver, today)) }
                } } }
            }
        }
    }
}

/// How long a waiver counts yet.
fn lasting(waiver: &Waiver, today: Date) -> Markup {
    let days = waiver.until.map(|until| (until, today.days_until(until)));
    html! {
        @match days {
            None => { "without an end" },
            Some((until, days @ ..0)) => { strong.r-conflict { "ended " (counted(days.unsigned_abs() as usize, "day", "days")) " ago" } " · " (until) },
            Some((until, 0)) => { strong.r-behind { "ends today" } " · " (until) },
            Some((until, days)) => { (counted(days.unsigned_abs() as usize, "day", "days")) " left · " (until) },
        }
    }
}

fn entry(environment: Environment, finding: &Finding) -> Markup {
    html! {
        li class={ "s-" (finding.severity) } {
            strong { (finding.severity) } " " code { (finding.rule) } " " bdi { (cut(&clean(&finding.message), 400)) }
            p.soft {
                code { bdi { (finding.file) } @if let Some(at) = finding.location { ":" (at.start.line) ":" (at.start.column) } }
                @if let Some(key) = &finding.key { " · " a href=(item_address(environment, "items", key)) { "open " bdi { (key) } }
                    @if let Some(path) = finding.path.as_ref().filter(|path| !path.is_root()) { " · " a href={ (item_address(environment, "edit", key)) "?path=" (encode(&path.to_string(), false)) } { "edit " bdi { (cut(&clean(&path.to_string()), 80)) } } }
                }
            }
            @if let Some(excerpt) = &finding.excerpt {
                ol.excerpt start=(excerpt.first_line) { @for line in excerpt.text.lines().take(12) { li { bdi { (cut(&clean(line), 200)) } } } }
            }
            @if !finding.help.is_empty() { p.help { "help: " bdi { (say(&finding.help)) } } }
        }
    }
}
