//! The overview: every item over every environment that may be read. It writes nothing.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::document::{Place, Screen, html_answer};
use super::frame::{held_back, page};
use super::judgements::{Cell, ItemRows, Judged, Row, Standing};
use super::visit::{Visit, item_address};
use super::words::{CHIPS, counted, encode, resolved, shape, shown, tag, thousands};
use super::wrong::Wrong;
use crate::engine::promotion::Resolution;
use crate::model::{Environment, Hop, Key};
use crate::server::problem::{Problem, ProblemKind};

/// So many items stand on one page.
const WINDOW: usize = 200;

/// Where so few items are shown, they are open from the start.
const FEW: usize = 8;

/// So many rows of one item are shown here; the item's own screen has them all.
const ROWS: usize = 200;

/// What is asked for.
#[derive(Clone, Default)]
struct Wish {
    filter: String,
    is_all: bool,
    state: Option<Resolution>,
    after: String,
    open: Vec<String>,
}

impl Wish {
    fn read(visit: &Visit) -> Result<Self, Wrong> {
        let query = visit.query(&["filter", "show", "state", "after", "open"], &["open"])?;
        let wrong = |name: &str, text: &str, help: String| {
            let detail = format!("`{name}` is `{}`", text.escape_debug());
            Wrong::from(Problem::new(ProblemKind::InvalidParameter, detail).with_help(help))
        };
        let is_all = match query.get("show") {
            None | Some("differences") => false,
            Some("all") => true,
            Some(other) => return Err(wrong("show", other, "give differences or all".to_owned())),
        };
        let state = match query.get("state").filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => Some(CHIPS.into_iter().find(|chip| chip.name() == name).ok_or_else(|| {
                wrong("state", name, format!("the states are {}", CHIPS.map(Resolution::name).join(", ")))
            })?),
        };
        let text = |name| query.get(name).unwrap_or_default().to_owned();
        let open = query.all("open").map(str::to_owned).collect();
        Ok(Self { filter: text("filter"), is_all, state, after: text("after"), open })
    }

    /// The address of this wish.
    fn address(&self) -> String {
        let mut out = String::from("/ui/overview?");
        // A string takes all.
        if !self.filter.is_empty() {
            let _ = write!(out, "filter={}&", encode(&self.filter, false));
        }
        if self.is_all {
            out.push_str("show=all&");
        }
        if let Some(state) = self.state {
            let _ = write!(out, "state={}&", state.name());
        }
        if !self.after.is_empty() {
            let _ = write!(out, "after={}&", encode(&self.after, false));
        }
        for key in &self.open {
            let _ = write!(out, "open={}&", encode(key, false));
        }
        out.pop();
        out
    }

    fn first(&self) -> Self {
        Self { after: String::new(), open: Vec::new(), ..self.clone() }
    }
}

/// What one person sees of how items stand.
struct Sight {
    columns: Vec<Environment>,
}

impl Sight {
    fn of(visit: &Visit) -> Self {
        Self { columns: visit.readable().collect() }
    }

    fn sees(&self, environment: Environment) -> bool {
        self.columns.contains(&environment)
    }

    fn has(&self, item: &ItemRows) -> bool {
        self.columns.iter().any(|environment| item.present[*environment as usize])
    }

    /// What the table says of a row for an environment: of the hop that ends there.
    fn cell<'r>(&self, row: &'r Row, environment: Environment) -> Option<&'r Cell> {
        let hop = Hop::into_target(environment)?;
        row.cells[hop as usize].as_ref().filter(|_| self.sees(hop.source()) && self.sees(hop.target()))
    }

    fn rows<'r>(&self, item: &'r ItemRows) -> Vec<&'r Row> {
        item.rows(&self.columns)
    }

    /// The hops of which both sides are seen.
    fn hops(&self) -> impl Iterator<Item = Hop> {
        Hop::ALL.into_iter().filter(|hop| self.sees(hop.source()) && self.sees(hop.target()))
    }

    /// Why something of an item cannot be told, each reason once.
    fn troubles<'r>(&self, item: &'r ItemRows) -> Vec<&'r str> {
        let unreadable = self.columns.iter().filter_map(|it| item.unreadable[*it as usize].as_deref());
        let unjudged = self.hops().filter_map(|hop| item.unjudged[hop as usize].as_deref());
        let mut troubles: Vec<&str> = unreadable.collect();
        for trouble in unjudged {
            if !troubles.contains(&trouble) {
                troubles.push(trouble);
            }
        }
        troubles
    }

    fn is_in_sync(&self, item: &ItemRows) -> bool {
        let is_everywhere = self.columns.iter().all(|environment| item.present[*environment as usize]);
        is_everywhere && item.agrees(&self.columns) && self.troubles(item).is_empty()
    }

    fn has_state(&self, item: &ItemRows, state: Resolution) -> bool {
        self.hops().any(|hop| item.has(hop, state))
    }
}

/// How the items stand that may be seen. Who sees one environment is told of it alone, and of nothing
/// that is judged by others.
async fn standing(visit: &Visit) -> Result<Arc<Standing>, Wrong> {
    let mut readable = visit.readable();
    let (Some(only), None) = (readable.next(), readable.next()) else {
        return Ok(Arc::clone(&judged(visit).await?.items));
    };
    let view = visit.shared.view(only);
    let present = Environment::ALL.map(|environment| environment == only);
    let one = Arc::new(ItemRows::only(present));
    let keys = view.iter().flat_map(|view| view.items.keys().cloned());
    Ok(Arc::new(keys.map(|key| (key, Arc::clone(&one))).collect()))
}

/// How items stand now.
pub(super) async fn judged(visit: &Visit) -> Result<Arc<Judged>, Wrong> {
    let _permit = visit.shared.at_work.acquire().await;
    let tip = visit.shared.tip().ok_or_else(|| {
        Problem::new(ProblemKind::EnvironmentUnavailable, "the branch is being read").retry_after(1)
    })?;
    let read = || visit.shared.judgements.at(&visit.shared.workspace, &tip);
    let judged = tokio::task::block_in_place(read);
    Ok(judged.map_err(|error| Problem::of(&error, ProblemKind::RepositoryUnreadable))?)
}

pub(super) async fn overview(visit: Visit) -> Result<Response, Wrong> {
    let wish = Wish::read(&visit)?;
    let items = standing(&visit).await?;
    let sight = Sight::of(&visit);
    let needle = wish.filter.to_lowercase();
    let matches = |key: &Key, item: &ItemRows| {
        let has = |text: &str| text.to_lowercase().contains(&needle);
        needle.is_empty() || has(key.as_str()) || sight.rows(item).iter().any(|row| has(&row.path))
    };
    let seen = items.iter().filter(|(_, item)| sight.has(item));
    let found: Vec<(&Key, &Arc<ItemRows>)> = seen.clone().filter(|(key, item)| matches(key, item)).collect();
    let is_wanted = |item: &ItemRows| match wish.state {
        Some(state) => sight.has_state(item, state),
        None => wish.is_all || sight.columns.len() < 2 || !sight.is_in_sync(item),
    };
    let wanted: Vec<_> = found.iter().filter(|(_, item)| is_wanted(item)).collect();
    let behind: Vec<_> = wanted.iter().filter(|(key, _)| key.as_str() > wish.after.as_str()).collect();
    let window: Vec<_> = behind.iter().take(WINDOW).collect();
    let differing = found.iter().filter(|(_, item)| !sight.is_in_sync(item)).count();
    let is_few = wanted.len() <= FEW;
    let next = window.last().filter(|_| behind.len() > WINDOW).map(|(key, _)| key.to_string());
    let body = html! {
        h1 { "Overview" }
        (held_back(&visit))
        form.filter action="/ui/overview" {
            label for="filter" { "Filter" }
            input #filter name="filter" type="search" value=(wish.filter) maxlength="200" placeholder="a part of a key or path";
            @if wish.is_all { input type="hidden" name="show" value="all"; }
            @if let Some(state) = wish.state { input type="hidden" name="state" value=(state.name()); }
            button { "Filter" }
            (show_links(&wish))
        }
        (chips(&sight, &wish, &found))
        @if window.is_empty() { (nothing(&wish, seen.count())) }
        @else {
            // The script makes a grid of it, and counts the rows that are open.
            table.matrix data-first=(wanted.len() - behind.len()) data-items=(wanted.len()) {
                caption.hidden { "Items by environment" }
                thead { tr {
                    th scope="col" { "item" }
                    @for environment in &sight.columns {
                        th scope="col" class={ "env-" (environment) } { span aria-hidden="true" { (shape(*environment)) } " " (shown(*environment)) }
                    }
                } }
                @for (key, item) in window {
                    @let is_open = is_few || wish.open.iter().any(|open| open == key.as_str());
                    (item_rows(&sight, &wish, key, item, is_open))
                }
            }
        }
        p.foot {
            (counted(found.len(), "item", "items")) " · " (thousands(differing)) " differ"
            @if let Some(next) = next {
                " · " a rel="next" href=(Wish { after: next, open: Vec::new(), ..wish.clone() }.address()) { "next " (WINDOW) " of " (thousands(behind.len() - WINDOW)) " more ↓" }
            }
            @if !wish.after.is_empty() { " · " a href=(wish.first().address()) { "back to the first ↑" } }
        }
    };
    Ok(page(&visit, &Place::of(Screen::Overview, "Overview"), &body))
}

fn show_links(wish: &Wish) -> Markup {
    let other = |is_all| Wish { is_all, ..wish.first() }.address();
    html! {
        span.switch {
            a href=(other(false)) aria-current=[(!wish.is_all).then_some("true")] { "differences" }
            a href=(other(true)) aria-current=[wish.is_all.then_some("true")] { "all" }
        }
    }
}

fn chips(sight: &Sight, wish: &Wish, found: &[(&Key, &Arc<ItemRows>)]) -> Markup {
    let count = |state| found.iter().filter(|(_, item)| sight.has_state(item, state)).count();
    let counts: Vec<_> = CHIPS.into_iter().map(|state| (state, count(state))).collect();
    let shown = counts.into_iter().filter(|(state, count)| *count > 0 || wish.state == Some(*state));
    html! {
        ul.chips aria-label="Filter by state" {
            @for (state, count) in shown {
                @let is_on = wish.state == Some(state);
                @let (sign, word) = resolved(state);
                @let address = Wish { state: Some(state).filter(|_| !is_on), ..wish.first() }.address();
                li { a class={ "chip r-" (state.name()) } href=(address) aria-current=[is_on.then_some("true")] {
                    span aria-hidden="true" { (sign) } " " (word) " " (thousands(count)) @if is_on { " ×" }
                } }
            }
        }
    }
}

fn nothing(wish: &Wish, items: usize) -> Markup {
    html! {
        p.empty {
            @if items == 0 { "There is no item yet. " code { "terrace set --env development KEY PATH VALUE --create" } " makes the first." }
            @else if !wish.filter.is_empty() || wish.state.is_some() { "No item is like this. " a href="/ui/overview" { "Show what differs" } }
            @else { "All environments agree on all of their " (counted(items, "item", "items")) ". " a href="/ui/overview?show=all" { "Show all" } }
        }
    }
}

/// An item: its counts, and its rows where it is open.
fn item_rows(sight: &Sight, wish: &Wish, key: &Key, item: &ItemRows, is_open: bool) -> Markup {
    let mut opened = wish.clone();
    match is_open {
        true => opened.open.retain(|open| open != key.as_str()),
        false => opened.open.push(key.to_string()),
    }
    html! {
        tbody data-key=(key) {
            tr.item {
                th scope="rowgroup" {
                    a.row href=(opened.address()) aria-expanded=(is_open) { span.twist aria-hidden="true" { @if is_open { "▾" } @else { "▸" } } " " bdi { (key) } }
                }
                @for environment in &sight.columns { (summary(sight, key, item, *environment)) }
            }
            @if is_open { (open_rows(sight, key, item)) }
        }
    }
}

/// How an item stands in an environment, in counts.
fn summary(sight: &Sight, key: &Key, item: &ItemRows, environment: Environment) -> Markup {
    let is_there = item.present[environment as usize];
    let hop = Hop::into_target(environment).filter(|hop| sight.sees(hop.source()));
    let count = |states: &[Resolution]| {
        hop.map_or(0, |hop| item.count(hop, |resolution| states.contains(&resolution)))
    };
    let conflicts = count(&[Resolution::Conflict, Resolution::Unknown]);
    let waiting = count(&[Resolution::Pending, Resolution::New, Resolution::Removed, Resolution::Renamed]);
    let own = count(&[
        Resolution::EnvironmentSpecific,
        Resolution::Pinned,
        Resolution::Declined,
        Resolution::LeftOut,
    ]);
    let behind = count(&[Resolution::Behind]);
    let is_judged = hop.is_none_or(|hop| item.unjudged[hop as usize].is_none());
    let is_new = is_judged && !is_there && hop.is_some_and(|hop| item.present[hop.source() as usize]);
    let parts = [
        (conflicts, "r-conflict", "conflict", "conflicts"),
        (waiting, "r-pending", "waiting", "waiting"),
        (behind, "r-behind", "behind", "behind"),
        (own, "r-own", "own", "own"),
    ];
    html! {
        td class={ "env-" (environment) } {
            @if item.unreadable[environment as usize].is_some() { span.r.r-conflict { "cannot be read" } }
            @else if is_new { (tag(Resolution::New, Some("only the environment before has it"))) }
            @else if !is_there { span.none { "not here" } }
            @else {
                a.there href=(item_address(environment, "items", key)) {
                    @let said: Vec<_> = parts.into_iter().filter(|(count, ..)| *count > 0).collect();
                    @if said.is_empty() { (agreement(item, hop)) }
                    @for (at, (count, class, one, many)) in said.iter().enumerate() {
                        @if at > 0 { " · " }
                        span class=(class) { (counted(*count, one, many)) }
                    }
                }
            }
        }
    }
}

/// How an item stands of which nothing is to be said.
fn agreement(item: &ItemRows, hop: Option<Hop>) -> &'static str {
    match hop {
        Some(hop) if item.unjudged[hop as usize].is_some() => "cannot be compared",
        Some(hop) if item.present[hop.source() as usize] => "in sync",
        Some(_) => "own item",
        None => "here",
    }
}

fn open_rows(sight: &Sight, key: &Key, item: &ItemRows) -> Markup {
    let rows = sight.rows(item);
    html! {
        @let troubles = sight.troubles(item);
        @for trouble in &troubles {
            tr { td.wide colspan=(sight.columns.len() + 1) { bdi { (trouble) } } }
        }
        @for row in rows.iter().take(ROWS) {
            tr.path {
                th scope="row" { bdi { (row.path) } }
                @for environment in &sight.columns {
                    @let value = &row.values[*environment as usize];
                    td class={ "env-" (environment) } {
                        @match value { Some(value) => { bdi.v { (value) } }, None => { span.none { "–" } } }
                        @if let Some(cell) = sight.cell(row, *environment) {
                            " " (tag(cell.resolution, Some(&cell.reason)))
                            @if let Some((who, day)) = &cell.by { " " small.by { bdi { (who) } " · " (day) } }
                        }
                    }
                }
            }
        }
        @if rows.is_empty() && troubles.is_empty() {
            tr.path { td.wide colspan=(sight.columns.len() + 1) { (nothing_differs(sight, item)) } }
        }
        @if rows.len() > ROWS {
            tr { td.wide colspan=(sight.columns.len() + 1) {
                (counted(rows.len() - ROWS, "more path", "more paths")) ": "
                @if let Some(last) = sight.columns.last() { a href=(item_address(*last, "items", key)) { "open the item" } }
            } }
        }
    }
}

/// Why an item has no rows.
fn nothing_differs(sight: &Sight, item: &ItemRows) -> Markup {
    let here: Vec<_> =
        sight.columns.iter().filter(|it| item.present[**it as usize]).map(|it| shown(*it)).collect();
    html! {
        @if sight.columns.len() == 1 { "You read one environment; there is nothing to compare." }
        @else if let [only] = here.as_slice() { "Only " (only) " has this item." }
        @else { (here.join(" and ")) " agree on all of its values." }
    }
}

/// The rows of one item, for the script.
pub(super) async fn fragment(visit: Visit) -> Result<Response, Wrong> {
    let key = visit.key()?;
    let items = standing(&visit).await?;
    let sight = Sight::of(&visit);
    let absent = || {
        let detail = format!("there is no item `{key}` where you may read");
        Wrong::from(Problem::new(ProblemKind::ItemNotFound, detail))
    };
    let item = items.get(&key).filter(|item| sight.has(item)).ok_or_else(absent)?;
    let rows = item_rows(&sight, &Wish::default(), &key, item, true);
    Ok(html_answer(StatusCode::OK, html! { table { (rows) } }))
}
