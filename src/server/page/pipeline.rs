//! The way of changes through the environments, drawn, and as a table.

use axum::response::Response;
use maud::{Markup, html};

use super::document::{Place, Screen};
use super::frame::{held_back, page};
use super::judgements::{DAYS, Judged, Judgements};
use super::overview::judged;
use super::visit::Visit;
use super::words::{counted, shape, short, shown, thousands};
use super::wrong::Wrong;
use crate::engine::promotion::Resolution;
use crate::model::sanitize::cut;
use crate::model::{Date, Environment, Hop};
use crate::server::problem::{Problem, ProblemKind};

/// What waits before a hop.
struct Waiting {
    hop: Hop,
    paths: usize,
    conflicts: usize,
    items: usize,
    /// Items of which nothing can be said.
    unjudged: usize,
    oldest: Option<Date>,
}

impl Waiting {
    fn of(judged: &Judged, hop: Hop) -> Self {
        let waits = |resolution| {
            matches!(
                resolution,
                Resolution::Pending | Resolution::New | Resolution::Removed | Resolution::Renamed
            )
        };
        let mut waiting = Self { hop, paths: 0, conflicts: 0, items: 0, unjudged: 0, oldest: None };
        for item in judged.items.values() {
            waiting.paths += item.count(hop, waits);
            waiting.conflicts +=
                item.count(hop, |it| matches!(it, Resolution::Conflict | Resolution::Unknown));
            let is_judged = item.unjudged[hop as usize].is_none();
            waiting.items += usize::from(
                is_judged && item.present[hop.source() as usize] && !item.present[hop.target() as usize],
            );
            waiting.unjudged += usize::from(item.unjudged[hop as usize].is_some());
            let days = item
                .cells(hop)
                .filter(|cell| waits(cell.resolution))
                .filter_map(|cell| cell.by.as_ref().map(|by| by.1));
            waiting.oldest = days.chain(waiting.oldest).min();
        }
        waiting
    }

    fn is_none(&self) -> bool {
        self.paths + self.conflicts + self.items + self.unjudged == 0
    }

    fn words(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |count: usize, one: &str, many: &str| {
            if count > 0 {
                parts.push(counted(count, one, many));
            }
        };
        add(self.paths, "waits", "wait");
        add(self.items, "new item", "new items");
        add(self.conflicts, "conflict", "conflicts");
        add(self.unjudged, "item cannot be compared", "items cannot be compared");
        if parts.is_empty() { "nothing waits".to_owned() } else { parts.join(" · ") }
    }
}

pub(super) async fn pipeline(visit: Visit) -> Result<Response, Wrong> {
    let query = visit.query(&["at"], &[])?;
    let at = query.get("at").filter(|at| !at.is_empty());
    let (now, past) = match at {
        Some(at) => (None, Some(past(&visit, at).await?)),
        None => (Some(judged(&visit).await?), None),
    };
    let Some(judged) = past.as_ref().or(now.as_deref()) else {
        return Err(Problem::new(ProblemKind::Internal, "nothing was judged").into());
    };
    let shown_here: Vec<Environment> = visit.readable().collect();
    let reads = |environment| visit.caller.may_read(environment);
    let hops = Hop::ALL.into_iter().filter(|hop| reads(hop.source()) && reads(hop.target()));
    let hops: Vec<Waiting> = hops.map(|hop| Waiting::of(judged, hop)).collect();
    let items = |environment: Environment| match at {
        Some(_) => judged.items.values().filter(|item| item.present[environment as usize]).count(),
        None => visit.shared.view(environment).map_or(0, |view| view.items.len()),
    };
    let body = html! {
        h1 { "Pipeline" }
        @if at.is_some() { p.note { "As it was at " code { (judged.tip.short()) } ", " (judged.day) ". " a href="/ui/pipeline" { "Now" } } }
        @else { (held_back(&visit)) }
        // On a narrow screen it is scrolled, for which it has to be reached by keys.
        div.scroll tabindex="0" role="group" aria-label="Drawing" { (drawing(judged, &shown_here, &hops, &items)) }
        ul.links { @for waiting in &hops { li {
            @if waiting.is_none() { "Nothing waits for " (shown(waiting.hop.target())) "." }
            @else if at.is_some() { (waiting.hop.source()) " → " (shown(waiting.hop.target())) ": " (waiting.words()) }
            @else { a.button href=(format!("/ui/{}/promote", waiting.hop.target())) { "Promote " (waiting.hop.source()) " → " (shown(waiting.hop.target())) } " " (waiting.words()) }
        } } }
        details { summary { "As a table" } (table(judged, &shown_here, &hops, &items)) }
        h2 { "Latest changes" }
        div.columns { @for environment in &shown_here { (latest(judged, *environment, visit.caller.may_read_all())) } }
    };
    Ok(page(&visit, &Place::of(Screen::Pipeline, "Pipeline"), &body))
}

/// How the items stood at a commit that leads to the served branch.
async fn past(visit: &Visit, at: &str) -> Result<Judged, Wrong> {
    let environment = visit.readable().next().unwrap_or(Environment::Development);
    let back = |problem: Problem| Wrong::from(problem).with_link("/ui/pipeline", "the pipeline now");
    let request = visit.request(environment, None, "", http::HeaderMap::new())?;
    let commit = request.revision(at).map_err(back)?;
    let _permit = visit.shared.at_work.acquire().await;
    let read = || Judgements::past(&visit.shared.workspace, &commit);
    let judged = tokio::task::block_in_place(read);
    judged.map_err(|error| back(Problem::of(&error, ProblemKind::RepositoryUnreadable)))
}

fn latest(judged: &Judged, environment: Environment, with_subject: bool) -> Markup {
    html! {
        section {
            h3 class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) }
            @let latest = &judged.activity[environment as usize].latest;
            @if latest.is_empty() { p.soft { "no change yet" } }
            ul { @for (id, author, day, subject) in latest {
                li { a href={ "/ui/pipeline?at=" (id) } { code { (short(id.as_str())) } span.hidden { ", the pipeline then" } } " " @if with_subject { bdi { (cut(subject, 100)) } } p.soft { bdi { (author) } " · " (day) } }
            } }
        }
    }
}

fn drawing(
    judged: &Judged,
    environments: &[Environment],
    hops: &[Waiting],
    items: &dyn Fn(Environment) -> usize,
) -> Markup {
    html! {
        svg.svg viewBox="0 0 900 150" role="img" aria-labelledby="drawn" {
            title id="drawn" { "The environments in order; the table below says the same" }
            @for environment in environments {
                @let x = 20 + 320 * (*environment as usize);
                circle class={ "n-" (environment) } cx=(x + 12) cy="28" r="9" {}
                text x=(x + 30) y="33" { (shape(*environment)) " " (shown(*environment)) }
                text.soft x=(x) y="62" { (counted(items(*environment), "item", "items")) }
                (bars(&judged.activity[*environment as usize].days, x))
                text.soft x=(x) y="140" { "changes a day, " (DAYS) " days" }
            }
            @for waiting in hops {
                @let x = 20 + 320 * (waiting.hop.source() as usize);
                line x1=(x + 155) y1="28" x2=(x + 300) y2="28" stroke-width="2" {}
                path d=(format!("M{} 22 L{} 28 L{} 34", x + 294, x + 303, x + 294)) stroke-width="2" {}
                text x=(x + 155) y="18" { (waiting.words()) }
                @if let Some(oldest) = waiting.oldest { text.soft x=(x + 155) y="50" { "oldest of " (oldest) } }
            }
        }
    }
}

/// A bar for each day, the last one on the right.
fn bars(days: &[usize], x: usize) -> Markup {
    let most = days.iter().copied().max().unwrap_or_default().max(1);
    html! {
        @for (at, count) in days.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let height = (count * 44 / most).max(3);
            rect.b x=(x + at * 8) y=(120 - height) width="6" height=(height) {}
        }
        line x1=(x) y1="121" x2=(x + DAYS * 8) y2="121" {}
    }
}

fn table(
    judged: &Judged,
    environments: &[Environment],
    hops: &[Waiting],
    items: &dyn Fn(Environment) -> usize,
) -> Markup {
    html! {
        table.stack {
            thead { tr { th scope="col" { "environment" } th scope="col" { "items" } th scope="col" { "changes in " (DAYS) " days" } th scope="col" { "waits to come here" } } }
            tbody { @for environment in environments {
                @let waiting = hops.iter().find(|waiting| waiting.hop.target() == *environment);
                tr {
                    th scope="row" { (shown(*environment)) }
                    td { (thousands(items(*environment))) }
                    td { (thousands(judged.activity[*environment as usize].days.iter().sum())) }
                    td { @match waiting { Some(waiting) => { (waiting.words()) }, None => { "–" } } }
                }
            } }
        }
    }
}
