//! What the promotion's form sends: the plan that was shown, and what was chosen for each line of it.

use std::collections::BTreeMap;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value as Json, json};

use super::edit::{require_confirmed, saved};
use super::form::Form;
use super::promotion::{Choice, Sent, draw};
use super::visit::Visit;
use super::wrong::Wrong;
use crate::api::value::json as value_json;
use crate::model::{Environment, Hop};
use crate::server::problem::{Problem, ProblemKind};
use crate::server::routes::promotions::{self, WouldWrite};
use crate::yaml::{Document, Limits};

pub(super) async fn promote(visit: Visit, body: Bytes) -> Result<Response, Wrong> {
    let target = visit.environment()?;
    let form = Form::read(&body)?;
    if form.require("environment")? != target.name() {
        let detail = "the form is for another environment than its address";
        return Err(Problem::new(ProblemKind::EnvironmentConflict, detail).into());
    }
    let Some(hop) = Hop::into_target(target) else {
        return Err(Problem::new(ProblemKind::BadRequest, format!("nothing is promoted to {target}")).into());
    };
    let unread =
        || Problem::new(ProblemKind::InvalidBody, "the form has no plan").with_help("load the page again");
    let plan: Json = serde_json::from_str(form.require("plan")?).map_err(|_| unread())?;
    let keys: Vec<String> =
        form.fields().filter(|(name, _)| *name == "key").map(|(_, key)| key.to_owned()).collect();
    let mut sent = Sent {
        choices: choices(&form),
        message: form.get("message").unwrap_or_default().trim().to_owned(),
        reason: form.get("reason").unwrap_or_default().trim().to_owned(),
        plan,
        ..Sent::default()
    };
    let is_check = form.get("do") == Some("check");
    let confirmed = if is_check { Ok(()) } else { require_confirmed(&form, target) };
    let outcome = match confirmed {
        Ok(()) => send(&visit, target, &sent, is_check).await,
        Err(why) => Err(why),
    };
    match outcome {
        Ok(answer) if !is_check => Ok(saved(&answer, &format!("/ui/{target}/promote"))),
        Ok(answer) => {
            sent.files = answer.extensions().get::<WouldWrite>().cloned().unwrap_or_default();
            let plan = sent.plan.clone();
            draw(&visit, hop, &keys, &plan, &sent, Some("checked")).await
        }
        Err(why) if why.kind == ProblemKind::Forbidden => Err(why.into()),
        Err(why) => {
            let plan = why.plan().cloned().unwrap_or_else(|| sent.plan.clone());
            // The choices come from the form, not from the plan that a refusal brings.
            sent.why = Some(why);
            draw(&visit, hop, &keys, &plan, &sent, None).await
        }
    }
}

/// What was chosen, by item and path.
fn choices(form: &Form) -> BTreeMap<(String, String), Choice> {
    let mut out = BTreeMap::new();
    for (name, value) in form.fields() {
        let Some(number) = name.strip_prefix("line.") else { continue };
        let value = value.replace("\r\n", "\n");
        let Some((key, path)) = value.split_once('\n') else { continue };
        let what = form.get(&format!("do.{number}")).unwrap_or_default().to_owned();
        let value = form.get(&format!("value.{number}")).unwrap_or_default().to_owned();
        out.insert((key.to_owned(), path.to_owned()), Choice { what, value });
    }
    out
}

async fn send(visit: &Visit, target: Environment, sent: &Sent, is_check: bool) -> Result<Response, Problem> {
    let mut plan = sent.plan.clone();
    let mut select: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut needs_reason = false;
    for ((key, path), choice) in &sent.choices {
        match choice.what.as_str() {
            "set" => set(&mut plan, key, path, &choice.value)?,
            what @ ("take" | "keep" | "decline") => {
                needs_reason |= what == "decline" && !is_declined(&mut plan, key, path);
                select.entry(key).or_default().insert(path, what);
            }
            _ => {}
        }
    }
    if needs_reason && sent.reason.is_empty() {
        return Err(Problem::new(ProblemKind::Undecided, "a value is kept without a reason")
            .with_help("say why in the field below the lines; it is recorded with the decision"));
    }
    if !sent.reason.is_empty() {
        plan["reason"] = Json::String(sent.reason.clone());
    }
    let message = Some(&sent.message).filter(|message| !message.is_empty());
    let body = json!({ "plan": plan, "select": select, "message": message, "confirm": target.name() });
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let request = visit.request(target, None, if is_check { "dry-run=true" } else { "" }, headers)?;
    promotions::promote(request, body.to_string().into()).await
}

/// The line of a plan.
fn line<'p>(plan: &'p mut Json, key: &str, path: &str) -> Option<&'p mut Json> {
    let hops = plan.get_mut("hops")?.as_array_mut()?.iter_mut();
    let items = hops.filter_map(|hop| hop.get_mut("items")?.as_array_mut()).flatten();
    let lines = items.filter(|item| item["key"] == key);
    let mut lines = lines.filter_map(|item| item.get_mut("resolutions")?.as_array_mut()).flatten();
    lines.find(|line| line["path"] == path)
}

fn is_declined(plan: &mut Json, key: &str, path: &str) -> bool {
    line(plan, key, path).is_some_and(|line| line["outcome"] == "decline")
}

/// Gives a line a value of its own.
fn set(plan: &mut Json, key: &str, path: &str, typed: &str) -> Result<(), Problem> {
    let wrong = |detail: String| {
        Problem::new(ProblemKind::InvalidBody, detail)
            .with_help("write a YAML value such as 20, true or 60/s")
    };
    if typed.trim().is_empty() {
        return Err(wrong(format!("`{path}` of `{key}` is to have another value, and none is given")));
    }
    let read = Document::parse(typed.trim().as_bytes(), &Limits::default());
    let document = read.map_err(|rejection| {
        wrong(format!("the value for `{path}` cannot be read: {}", rejection.message))
    })?;
    let Some(line) = line(plan, key, path) else { return Ok(()) };
    line["outcome"] = json!("set");
    line["taken"] = json!(true);
    line["value"] = value_json(document.value());
    Ok(())
}
