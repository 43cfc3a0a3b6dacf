//! An item's values as a form that its schema makes, beside its text.
//!
//! Only what was changed in it is written, as a patch, by the API's own route. After a stale save the
//! form holds what was typed; of what others changed too, each value is decided by itself.

use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::StatusCode;
use indexmap::IndexMap;
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::document::{Place, Screen, problem};
use super::edit::{self, confirmation, require_confirmed, require_same, saved};
use super::fields::{Field, Notation};
use super::form::Form;
use super::frame::page_with;
use super::item::{Side, side};
use super::visit::{Visit, item_address};
use super::words::{MASK, counted, encode, shape, shown};
use super::wrong::Wrong;
use crate::model::sanitize::{clean, cut};
use crate::model::{Environment, InvalidPath, Key, Segment, ValuePath};
use crate::server::Verb;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::routes::write;

/// So many values have a field at most, and so many lines of the file stand beside them.
const MOST: usize = 500;

/// The longest value that has a field, in bytes.
const LONGEST: usize = 8 * 1024;

/// Whose value stands, where others changed it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    Mine,
    Theirs,
}

/// One field as it was sent.
#[derive(Debug)]
struct Typed {
    path: String,
    /// What stood in the field before somebody typed.
    was: String,
    value: String,
    /// Whether others changed the value too.
    is_contested: bool,
    pick: Option<Pick>,
}

/// What was sent.
#[derive(Default)]
struct Draft {
    etag: String,
    message: String,
    typed: Vec<Typed>,
}

impl Draft {
    fn read(form: &Form) -> Result<Self, Problem> {
        let text = |name: String| form.get(&name).unwrap_or_default().replace("\r\n", "\n");
        let typed = form.fields().filter_map(|(name, path)| Some((name.strip_prefix("path.")?, path)));
        let typed = typed.map(|(number, path)| Typed {
            path: path.to_owned(),
            was: text(format!("was.{number}")),
            value: text(format!("value.{number}")),
            is_contested: form.get(&format!("contested.{number}")).is_some(),
            pick: match form.get(&format!("pick.{number}")) {
                Some("mine") => Some(Pick::Mine),
                Some("theirs") => Some(Pick::Theirs),
                _ => None,
            },
        });
        Ok(Self {
            etag: form.require("etag")?.to_owned(),
            message: form.get("message").unwrap_or_default().trim().to_owned(),
            typed: typed.collect(),
        })
    }

    fn of(&self, path: &str) -> Option<&Typed> {
        self.typed.iter().find(|typed| typed.path == path)
    }

    /// What was typed, over what others made of the item meanwhile. Elements of lists are told apart by
    /// position alone, so nobody can say that it is still the same one.
    fn rebase(&mut self, etag: &str, now: &IndexMap<String, Field>) {
        self.etag = etag.to_owned();
        for typed in &mut self.typed {
            let field = now.get(&typed.path);
            let theirs = field.map_or("", |field| field.text.as_str());
            let is_unsure = typed.path.contains('[');
            if typed.value == typed.was || typed.pick == Some(Pick::Theirs) {
                theirs.clone_into(&mut typed.value);
                typed.is_contested = false;
            } else {
                typed.is_contested = theirs != typed.value && (theirs != typed.was || is_unsure);
            }
            theirs.clone_into(&mut typed.was);
            typed.pick = None;
        }
    }
}

/// The fields of an item: its values in the order of the file, then those that only its schema names.
fn fields(now: &Side, environment: Environment, key: &Key) -> IndexMap<String, Field> {
    let schemas = now.configuration.schemas();
    let described = |path: &ValuePath| schemas.describe(key, environment, path);
    let mut out: IndexMap<String, Field> = now
        .values
        .iter()
        .map(|(name, (path, value))| (name.clone(), Field::of(described(path), Some(value))))
        .collect();
    for path in schemas.named_values(key, environment) {
        let is_apart = |(there, _): &(ValuePath, _)| !there.covers(&path) && !path.covers(there);
        if now.values.values().all(is_apart) {
            out.insert(path.to_string(), Field::of(described(&path), None));
        }
    }
    out
}

/// The item, which has to be there, and to be one document.
fn known(visit: &Visit, environment: Environment, key: &Key) -> Result<Side, Wrong> {
    let now = tokio::task::block_in_place(|| side(visit, environment, key))?;
    let text = || (item_address(environment, "edit", key), "its text");
    match now {
        Some(now) if now.documents == 1 => Ok(now),
        Some(_) => {
            let detail = format!("the file of `{key}` is not one YAML document, so there is no form for it");
            let (address, name) = text();
            Err(Wrong::from(Problem::new(ProblemKind::BadRequest, detail)).with_link(address, name))
        }
        None => {
            let view = visit.request(environment, None, "", http::HeaderMap::new())?.view()?;
            let (address, _) = text();
            let name = format!("make `{key}` in {}", shown(environment));
            Err(Wrong::from(view.no_such_item(key)).with_link(address, name))
        }
    }
}

pub(super) async fn form(visit: Visit) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    visit.caller.require_in(Verb::Write, environment)?;
    visit.query(&[], &[])?;
    let now = known(&visit, environment, &key)?;
    let draft = Draft { etag: now.etag.clone(), ..Draft::default() };
    Ok(draw(&visit, (environment, &key), &now, &draft, None))
}

pub(super) async fn save(visit: Visit, body: Bytes) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    visit.caller.require_in(Verb::Write, environment)?;
    let form = Form::read(&body)?;
    require_same(&form, environment, &key)?;
    let mut draft = Draft::read(&form)?;
    let now = known(&visit, environment, &key)?;
    let outcome = match require_confirmed(&form, environment) {
        Ok(()) => send(&visit, (environment, &key), &now, &draft).await,
        Err(why) => Err(why),
    };
    let why = match outcome {
        Ok(answer) => return Ok(answer),
        Err(why) if why.kind == ProblemKind::Forbidden => return Err(why.into()),
        Err(why) => why,
    };
    // Nobody knows what others did between the two looks, but the tag does.
    let now = known(&visit, environment, &key)?;
    if why.kind == ProblemKind::PreconditionFailed {
        draft.rebase(&now.etag, &fields(&now, environment, &key));
    }
    Ok(draw(&visit, (environment, &key), &now, &draft, Some(&why)))
}

async fn send(
    visit: &Visit,
    (environment, key): (Environment, &Key),
    now: &Side,
    draft: &Draft,
) -> Result<Response, Problem> {
    let address = item_address(environment, "items", key);
    let is_stale = draft.etag != now.etag;
    let patch = match is_stale {
        // The route says so, and what was changed.
        true => json!([]),
        false => patch(now, (environment, key), draft)?,
    };
    if !is_stale && patch.as_array().is_some_and(Vec::is_empty) {
        return Ok(Redirect::to(&format!("{address}?saved=same")).into_response());
    }
    let headers = edit::headers(&draft.etag, &draft.message, "application/json-patch+json")?;
    let request = visit.request(environment, Some(key), "", headers)?;
    let answer = write::patch(request, patch.to_string().into_bytes().into()).await?;
    Ok(saved(&answer, &address))
}

/// What was typed, as a JSON Patch.
fn patch(now: &Side, (environment, key): (Environment, &Key), draft: &Draft) -> Result<Json, Problem> {
    let fields = fields(now, environment, key);
    let (mut operations, mut removals) = (Vec::new(), Vec::new());
    let mut added: IndexMap<ValuePath, Json> = IndexMap::new();
    for typed in draft.typed.iter().filter(|typed| typed.value != typed.was) {
        match typed.pick {
            Some(Pick::Theirs) => continue,
            None if typed.is_contested => {
                let detail = format!("`{}` was changed by others too", cut(&clean(&typed.path), 120));
                return Err(Problem::new(ProblemKind::Undecided, detail)
                    .with_help("say for each such value whose it shall be"));
            }
            Some(Pick::Mine) | None => {}
        }
        let unread = |error: InvalidPath| Problem::of(&error.into(), ProblemKind::InvalidPath);
        let path: ValuePath = typed.path.parse().map_err(unread)?;
        let fresh = Field::of(now.configuration.schemas().describe(key, environment, &path), None);
        let field = fields.get(&typed.path).unwrap_or(&fresh);
        let read = field.read(&typed.value);
        let value = read.map_err(|why| {
            let detail = format!("`{}`: {}", cut(&clean(&typed.path), 120), why.detail());
            let told = Problem::new(why.kind, detail);
            match why.help() {
                Some(help) => told.with_help(help.clone()),
                None => told,
            }
        })?;
        let pointer = now.pointer(&path);
        match value {
            Some(value) if field.is_there => {
                operations.push(json!({ "op": "replace", "path": pointer, "value": value }));
            }
            Some(value) => add(now, &mut added, &path, value),
            None if field.is_there => removals.push(json!({ "op": "remove", "path": pointer })),
            None => {}
        }
    }
    let added = added.into_iter();
    operations.extend(
        added.map(|(path, value)| json!({ "op": "add", "path": now.pointer(&path), "value": value })),
    );
    // From the end, so that no element of a list moves before its turn.
    operations.extend(removals.into_iter().rev());
    Ok(Json::Array(operations))
}

/// A value that is new, with the mappings around it that are.
fn add(now: &Side, added: &mut IndexMap<ValuePath, Json>, path: &ValuePath, value: Json) {
    let steps = (1..=path.segments.len()).find(|steps| !now.is_there(&path.prefix(*steps)));
    let steps = steps.unwrap_or(path.segments.len());
    let mut place = added.entry(path.prefix(steps)).or_insert_with(|| Json::Object(Map::new()));
    for segment in path.segments.get(steps..).unwrap_or_default() {
        let (Segment::Key(key), Json::Object(map)) = (segment, place) else { return };
        place = map.entry(key.clone()).or_insert_with(|| Json::Object(Map::new()));
    }
    *place = value;
}

fn draw(
    visit: &Visit,
    (environment, key): (Environment, &Key),
    now: &Side,
    draft: &Draft,
    why: Option<&Problem>,
) -> Response {
    let fields = fields(now, environment, key);
    let present = fields.iter().filter(|(_, field)| field.is_there).count();
    let is_stale = why.is_some_and(|why| why.kind == ProblemKind::PreconditionFailed);
    let contested = draft.typed.iter().filter(|typed| typed.is_contested).count();
    let body = html! {
        h1 { span class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) } " / " bdi { (key) } ": edit values" }
        div.actions {
            span.button aria-current="page" { "Values" }
            @if now.holds_secrets { span.soft { "The text holds secrets, so it is not edited here." } }
            @else { a.button href=(item_address(environment, "edit", key)) { "Text" } }
        }
        @if let Some(why) = why { (problem(why)) }
        @if is_stale { p.note {
            strong { "Your input is below, unchanged." }
            @if contested == 0 { " Nobody else changed what you changed: saving again writes yours beside theirs." }
            @else { " " (counted(contested, "value was", "values were")) " changed by others too; say whose shall stand." }
        } }
        div.beside {
            form.edit method="post" action=(item_address(environment, "form", key)) {
                input type="hidden" name="environment" value=(environment);
                input type="hidden" name="key" value=(key);
                input type="hidden" name="etag" value=(draft.etag);
                @for (number, (path, field)) in fields.iter().take(MOST).enumerate() {
                    @if number == present { h2 { "Not in the file yet" } }
                    (row(number, path, field, draft.of(path), now.holds_secrets))
                }
                @if fields.is_empty() { p.empty { "There is no value yet, and no schema that names one." } }
                @if fields.len() > MOST { p.soft { "The first " (MOST) " of " (fields.len()) " values; the others are edited from the item" @if !now.holds_secrets { " or as text" } "." } }
                (gone(&fields, draft))
                div.fields {
                    label for="message" { "message" }
                    input #message name="message" value=(draft.message) maxlength="200" placeholder="made from what changes, if left empty";
                    (confirmation(environment))
                }
                div.actions {
                    button.go { "Save to " (shown(environment)) }
                    a.button href=(item_address(environment, "items", key)) { "Cancel" }
                }
            }
            section {
                h2 { "The file" }
                ol.text { @for line in now.lines.iter().take(MOST) { li { bdi { (cut(&clean(line), 300)) } } } }
                @if now.lines.len() > MOST { p.soft { "The first " (MOST) " of " (now.lines.len()) " lines." } }
            }
        }
    };
    let rest = format!("items/{}", encode(key.as_str(), true));
    let status = why.map_or(Ok(StatusCode::OK), |why| StatusCode::from_u16(why.kind.status()));
    let place = Place::of(Screen::Item, key.as_str()).within(environment, &rest);
    page_with(status.unwrap_or(StatusCode::BAD_REQUEST), visit, &place, &body)
}

fn row(number: usize, path: &str, field: &Field, typed: Option<&Typed>, holds_secrets: bool) -> Markup {
    let id = format!("v{number}");
    let (was, value) =
        typed.map_or((field.text.as_str(), field.text.as_str()), |typed| (&typed.was, &typed.value));
    let is_contested = typed.is_some_and(|typed| typed.is_contested);
    let name = html! { bdi { (cut(&clean(path), 300)) } @if field.described.is_required { " " small { "required" } } };
    html! {
        div.value {
            @if field.notation == Notation::Secret {
                strong { (name) }
                p.soft { (MASK) " is a secret, which is not written here" }
            } @else if typed.is_some() || is_for_a_field(&field.text) {
                label for=(id) { (name) }
                input type="hidden" name={ "path." (number) } value=(path);
                input type="hidden" name={ "was." (number) } value=(was);
                (field.control(&id, &format!("value.{number}"), value))
            } @else {
                strong { (name) }
                p.soft { bdi.v { (cut(&clean(&field.text), 120)) } " is too long for a field, or holds what cannot be seen; " @if holds_secrets { "it is changed in the repository." } @else { "edit it in the text." } }
            }
            @if is_contested { (contest(number, path, field, value)) }
        }
    }
}

/// Whether a browser can hold a value as it is, and a person can see all of it.
fn is_for_a_field(text: &str) -> bool {
    text.len() <= LONGEST && text.lines().all(|line| clean(line) == line)
}

/// A value that others changed too.
fn contest(number: usize, path: &str, field: &Field, mine: &str) -> Markup {
    let name = format!("pick.{number}");
    let words = |text: &str| match text {
        "" if !field.is_there => "no value".to_owned(),
        text => cut(&clean(text), 80).into_owned(),
    };
    html! {
        div.options.moved role="radiogroup" aria-label={ "Whose value of " (cut(&clean(path), 80)) } {
            input type="hidden" name={ "contested." (number) } value="1";
            span { "changed by others too:" }
            label { input type="radio" name=(name) value="theirs" required; " take theirs, " bdi.v { (words(&field.text)) } }
            label { input type="radio" name=(name) value="mine"; " reapply mine, " bdi.v { (words(mine)) } }
        }
    }
}

/// What was typed for values that nothing names any more.
fn gone(fields: &IndexMap<String, Field>, draft: &Draft) -> Markup {
    let is_gone = |typed: &&Typed| typed.value != typed.was && !fields.contains_key(&typed.path);
    let gone: Vec<&Typed> = draft.typed.iter().filter(is_gone).collect();
    html! {
        @if !gone.is_empty() {
            h2 { "Typed for values that are not there any more" }
            dl { @for typed in gone { dt { bdi { (cut(&clean(&typed.path), 120)) } } dd { bdi.v { (clean(&typed.value)) } } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_schema::ValueDescription;

    #[test]
    fn what_was_typed_is_laid_over_what_others_wrote() {
        let field = |text: &str| Field {
            described: ValueDescription::default(),
            notation: Notation::Text,
            text: text.to_owned(),
            is_there: !text.is_empty(),
        };
        for (path, was, typed, pick, theirs, expected, is_contested) in [
            // Untouched: theirs.
            ("a", "1", "1", None, "2", "2", false),
            // Mine alone.
            ("a", "1", "2", None, "1", "2", false),
            // Both, and the same.
            ("a", "1", "2", None, "2", "2", false),
            ("a", "1", "2", None, "3", "2", true),
            ("a", "1", "2", None, "", "2", true),
            ("a", "1", "2", Some(Pick::Theirs), "3", "3", false),
            ("a", "1", "2", Some(Pick::Mine), "3", "2", true),
            // Whether the element is the same, nobody knows.
            ("a[0]", "1", "2", None, "1", "2", true),
            ("a[0]", "1", "1", None, "2", "2", false),
        ] {
            let typed = Typed {
                path: path.to_owned(),
                was: was.to_owned(),
                value: typed.to_owned(),
                is_contested: false,
                pick,
            };
            let mut draft = Draft { typed: vec![typed], ..Draft::default() };
            let fields = IndexMap::from([(path.to_owned(), field(theirs))]);
            draft.rebase("new", &fields);
            let found = &draft.typed[0];
            assert_eq!(
                (found.value.as_str(), found.is_contested),
                (expected, is_contested),
                "{path} {was} {theirs}"
            );
            assert_eq!((found.was.as_str(), found.pick, draft.etag.as_str()), (theirs, None, "new"));
        }
    }
}
