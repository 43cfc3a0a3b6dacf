//! The promotion, a mode of its own: what came from which change, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::bytes::differences;
use super::document::{Place, Screen, problem};
use super::edit::confirmation;
use super::frame::{held_back, page_with};
use super::overview::judged;
use super::visit::{Visit, item_address};
use super::words::{counted, encode, is_masked, json_text, list, shape, short, shown, text};
use super::wrong::Wrong;
use crate::model::sanitize::{clean, cut};
use crate::model::{CommitId, Environment, Hop, Key};
use crate::server::Verb;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::routes::promotions::{self, WouldWrite};

/// What somebody chose for a line.
#[derive(Clone, Default)]
pub(super) struct Choice {
    /// `take`, `keep`, `decline` or `set`; nothing where nobody chose.
    pub(super) what: String,
    /// The value of its own.
    pub(super) value: String,
}

/// What was sent before, and why it was not carried out.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) plan: Json,
    /// By item and path.
    pub(super) choices: BTreeMap<(String, String), Choice>,
    pub(super) message: String,
    pub(super) reason: String,
    pub(super) why: Option<Problem>,
    /// What would be written, where that was asked.
    pub(super) files: WouldWrite,
}

/// The longest plan that a form brings back.
const PLAN_BYTES: usize = 256 * 1024;

/// A line of the plan: its item, itself, and its number in the form.
struct Line<'p> {
    key: &'p str,
    entry: &'p Json,
    number: usize,
}

/// The hop that ends in the address's environment.
fn hop(visit: &Visit, target: Environment) -> Result<Hop, Wrong> {
    let Some(hop) = Hop::into_target(target) else {
        let problem = Problem::new(ProblemKind::BadRequest, format!("nothing is promoted to {target}"));
        return Err(Wrong::from(problem).with_link("/ui/staging/promote", "promote to staging"));
    };
    visit.caller.require_read(hop.source())?;
    Ok(hop)
}

pub(super) async fn plan(visit: Visit) -> Result<Response, Wrong> {
    let target = visit.environment()?;
    let hop = hop(&visit, target)?;
    let query = visit.query(&["key", "saved"], &["key"])?;
    let keys: Vec<String> = query.all("key").map(str::to_owned).collect();
    let saved = query.get("saved").map(|commit| cut(&clean(commit), 40).into_owned());
    let asked: Vec<String> = keys.iter().map(|key| format!("key={}", encode(key, false))).collect();
    let plan = visit.ask(promotions::one, target, None, &asked.join("&")).await?;
    draw(&visit, hop, &keys, &plan, &Sent::default(), saved.as_deref()).await
}

/// The lines of a plan in its order.
fn lines(plan: &Json) -> Vec<Line<'_>> {
    let items = list(plan, "hops").iter().flat_map(|hop| list(hop, "items"));
    let lines =
        items.flat_map(|item| list(item, "resolutions").iter().map(|entry| (text(item, "key"), entry)));
    lines.enumerate().map(|(number, (key, entry))| Line { key, entry, number }).collect()
}

/// Shows a plan, with what was chosen before.
pub(super) async fn draw(
    visit: &Visit,
    hop: Hop,
    keys: &[String],
    plan: &Json,
    sent: &Sent,
    saved: Option<&str>,
) -> Result<Response, Wrong> {
    let target = hop.target();
    let judged = judged(visit).await?;
    let all = lines(plan);
    let (open, stay): (Vec<&Line<'_>>, Vec<&Line<'_>>) = all.iter().partition(|line| {
        matches!(text(line.entry, "level"), "take" | "ask" | "stop")
            || sent.choices.get(&id(line)).is_some_and(|it| !it.what.is_empty() && it.what != "keep")
    });
    let before: BTreeSet<String> = lines(&sent.plan).iter().map(print).collect();
    let is_redrawn = !sent.plan.is_null() && sent.plan["head"] != plan["head"];
    let is_moved = |line: &Line<'_>| is_redrawn && !before.contains(&print(line));
    let mut groups: Vec<(&str, Vec<&Line<'_>>)> = Vec::new();
    for line in open {
        let origin = Some(text(line.entry, "origin"))
            .filter(|it| !it.is_empty())
            .unwrap_or_else(|| text(line.entry, "commit"));
        match groups.iter_mut().find(|(known, _)| *known == origin) {
            Some((_, group)) => group.push(line),
            None => groups.push((origin, vec![line])),
        }
    }
    let created: Vec<&Json> = list(plan, "hops").iter().flat_map(|hop| list(hop, "created")).collect();
    let deleted: Vec<&Json> = list(plan, "hops").iter().flat_map(|hop| list(hop, "deleted")).collect();
    let only_there = judged.items.iter().filter(|(key, item)| {
        keys.is_empty()
            && item.present[hop.source() as usize]
            && !item.present[target as usize]
            && !key.as_str().is_empty()
    });
    let only_there: Vec<&Key> = only_there.map(|(key, _)| key).collect();
    let count = |level: &str| all.iter().filter(|line| text(line.entry, "level") == level).count();
    let is_empty = groups.is_empty() && created.is_empty() && deleted.is_empty();
    let whole = plan.to_string();
    let is_large = whole.len() > PLAN_BYTES;
    let may = visit.caller.may(Verb::Promote);
    let body = html! {
        h1 { (shape(hop.source())) " " (shown(hop.source())) " → " span class={ "env-" (target) } { span.shape { (shape(target)) } " " (shown(target)) } }
        p { a href="/ui/overview" { "← leave promotion" } @if !keys.is_empty() { " · only " @for key in keys { bdi { (key) } " " } a href=(format!("/ui/{target}/promote")) { "all items" } } }
        (held_back(visit))
        @if let Some(saved) = saved { p.note role="status" { @if saved == "checked" { "Checked: this promotion can be made; what it writes stands below. Nothing was written." } @else if saved == "same" { "Everything was so already; nothing was committed." } @else { "Promoted to " strong { (shown(target)) } " as " code { (short(saved)) } "." } } }
        @if let Some(why) = sent.why.as_ref().filter(|_| !is_redrawn) { (problem(why)) }
        (differences(&sent.files))
        @if is_redrawn { p.note role="alert" { @if let Some(why) = &sent.why { (why.detail()) ". Nothing was committed. " } strong { "The plan was made anew." } " What is new or other than you saw is marked " em { "changed" } "; your choices for the rest stand." } }
        @if is_empty && stay.is_empty() && only_there.is_empty() { p.empty { "Nothing waits: " (hop.source()) " and " (shown(target)) " agree. " a href="/ui/pipeline" { "Pipeline" } } }
        @else {
            p { (count("take")) " to take · " (count("stop")) " to decide · " (count("ask")) " new · " (stay.len()) " stay" @if !created.is_empty() { " · " (counted(created.len(), "item to make", "items to make")) } @if !deleted.is_empty() { " · " (counted(deleted.len(), "item to delete", "items to delete")) } " · plan of " code { (short(text(plan, "head"))) } }
            form.promotion method="post" action=(format!("/ui/{target}/promote")) {
                input type="hidden" name="environment" value=(target);
                @for key in keys { input type="hidden" name="key" value=(key); }
                @if !is_large { input type="hidden" name="plan" value=(whole); }
                @for (origin, group) in &groups { (origin_group(visit, hop, origin, group, sent, &is_moved)) }
                (whole_items(&created, &deleted, target))
                @if !stay.is_empty() {
                    details { summary { "stay (" (stay.len()) ")" }
                        @for line in stay { (choices(hop, line, sent, is_moved(line))) }
                    }
                }
                @if !is_empty && is_large { p.problem { "The plan is too large for a form. Open one item and promote that, or use " code { "terrace promote" } "." } }
                @else if !is_empty && may { (commit_fields(target, sent, groups.iter().map(|(_, group)| group.len()).sum(), created.len() + deleted.len())) }
                @else if !is_empty { p.soft { "To promote, " a href={ "/ui/sign-in?then=" (encode(&visit.address, false)) } { "sign in" } " with a token that may promote." } }
            }
        }
        @if !only_there.is_empty() {
            h2 { "Items that only " (hop.source()) " has" }
            ul { @for key in only_there.iter().take(100) { li { bdi { (key) } " " a href=(format!("/ui/{target}/promote?key={}", encode(key.as_str(), false))) { "plan it" span.hidden { " (" (key) ")" } } } } }
        }
    };
    let status = sent.why.as_ref().map_or(Ok(StatusCode::OK), |why| StatusCode::from_u16(why.kind.status()));
    let place = Place::of(Screen::Promotion, "Promote").within(target, "promote");
    Ok(page_with(status.unwrap_or(StatusCode::CONFLICT), visit, &place, &body))
}

fn id(line: &Line<'_>) -> (String, String) {
    (line.key.to_owned(), text(line.entry, "path").to_owned())
}

/// What tells a line from the same line of another plan.
fn print(line: &Line<'_>) -> String {
    let entry = line.entry;
    format!(
        "{}\n{}\n{}\n{}\n{}",
        line.key,
        text(entry, "path"),
        entry["source"],
        entry["target"],
        text(entry, "resolution")
    )
}

fn commit_fields(target: Environment, sent: &Sent, lines: usize, whole: usize) -> Markup {
    html! {
        div.fields {
            label for="message" { "message" }
            input #message name="message" maxlength="200" value=(sent.message) placeholder="made from what is promoted, if left empty";
            label for="reason" { "reason for what is kept" }
            input #reason name="reason" maxlength="500" value=(sent.reason) placeholder="needed where a value is declined";
            (confirmation(target))
        }
        div.actions {
            button.go name="do" value="promote" { "Promote to " (shown(target)) }
            button name="do" value="check" formnovalidate { "Only check, and show the bytes" }
            span #decided.soft role="status" data-whole=(whole) { (counted(lines + whole, "line", "lines")) " above" }
        }
    }
}

fn origin_group(
    visit: &Visit,
    hop: Hop,
    origin: &str,
    group: &[&Line<'_>],
    sent: &Sent,
    is_moved: &dyn Fn(&Line<'_>) -> bool,
) -> Markup {
    let commit = origin.parse::<CommitId>().ok();
    // A commit may tell of what somebody may not read.
    let info = commit
        .filter(|_| visit.caller.may_read_all())
        .and_then(|id| visit.shared.workspace.repository.info(&id).ok());
    html! {
        fieldset.group {
            legend {
                @if origin.is_empty() { "no single change" } @else { code { (short(origin)) } }
                @if let Some(info) = info { " " bdi { (cut(&clean(&info.subject), 120)) } " · " bdi { (info.author) } " · " (info.date()) }
            }
            @for line in group { (choices(hop, line, sent, is_moved(line))) }
        }
    }
}

/// A line with what may become of it.
fn choices(hop: Hop, line: &Line<'_>, sent: &Sent, is_moved: bool) -> Markup {
    let Line { key, entry, number } = line;
    let level = text(entry, "level");
    let chosen = sent.choices.get(&id(line)).filter(|_| !is_moved);
    let usual = match text(entry, "outcome") {
        "take" => "take",
        "keep" => "keep",
        "decline" => "decline",
        _ => "",
    };
    let is_on = |what: &str| chosen.map_or(usual, |choice| choice.what.as_str()) == what;
    let name = format!("do.{number}");
    let resolution = text(entry, "resolution");
    let source = json_text(&entry["source"], 120);
    let is_pinned = matches!(resolution, "pinned") || level == "keep" && is_masked(&entry["source"]);
    let verb = if entry["source"].get("absent").is_some() {
        "remove it".to_owned()
    } else {
        format!("take {}", cut(&source, 40))
    };
    html! {
        div class={ "choice-line" (if is_moved { " moved" } else { "" }) } {
            div {
                input type="hidden" name={ "line." (number) } value=(format!("{key}\n{}", text(entry, "path")));
                a href=(key.parse::<Key>().map(|key| item_address(hop.target(), "items", &key)).unwrap_or_default()) { bdi { (cut(&clean(key), 60)) } } " "
                strong { bdi { (cut(&clean(text(entry, "path")), 120)) } }
                @if is_moved { " " em.r-behind { "changed" } }
            }
            div {
                del { bdi.v { (json_text(&entry["target"], 120)) } } " " (if level == "stop" { "⇄" } else { "→" }) " " ins { bdi.v { (source) } }
                div { span class={ "r r-" (resolution) } { (resolution) } " " small { bdi { (cut(&clean(text(entry, "reason")), 200)) } } }
            }
            div.options role="radiogroup" aria-label=(format!("{key} {}", cut(text(entry, "path"), 80))) {
                @if is_pinned { span.soft { "stays" } }
                @else {
                    label { input type="radio" name=(name) value="take" checked[is_on("take")]; (verb) }
                    label { input type="radio" name=(name) value="keep" checked[is_on("keep")]; "leave for now" }
                    label { input type="radio" name=(name) value="decline" checked[is_on("decline")]; "keep " (shown(hop.target())) "’s, for the reason below" }
                    @if level == "stop" {
                        span.other-value {
                            label { input type="radio" name=(name) value="set" checked[is_on("set")]; "other" }
                            input name={ "value." (number) } aria-label="the other value" size="10" autocomplete="off" value=(chosen.map_or("", |choice| choice.value.as_str()));
                        }
                    }
                }
            }
        }
    }
}

fn whole_items(created: &[&Json], deleted: &[&Json], target: Environment) -> Markup {
    html! {
        @for item in created { p.note {
            "Makes the item " strong { bdi { (text(item, "key")) } } " in " (shown(target)) "."
            @let left = list(item, "left_out");
            @if !left.is_empty() { " These do not come along: " @for path in left { code { bdi { (path.as_str().unwrap_or_default()) } } " " } }
        } }
        @for item in deleted { p.problem { "Deletes the item " strong { bdi { (text(item, "key")) } } " from " (shown(target)) ", as the source did." } }
    }
}
