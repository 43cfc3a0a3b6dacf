//! Promotions: planned, and carried out exactly as they were planned, or not at all.

use std::io::Write;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value as Json;

use super::write::{dry_run, read, refused, require_json, written};
use crate::api::plan::{self, Creation, Promotion};
use crate::api::plan_file;
use crate::api::requests::{Promote, Selected};
use crate::api::served::WrittenItem;
use crate::engine::configuration::Configuration;
use crate::engine::promotion::{Action, HopStatus, ItemPlan, ItemState, SavedPlan, Selection};
use crate::guards::{self, Guard};
use crate::model::policy::NewKeys;
use crate::model::{
    BlobId, CommitId, Environment, EnvironmentSet, Error, ErrorKind, Hop, ItemId, Key, Result, ValuePath,
};
use crate::ops::{self, Agreed, Planner, Prepared, PromoteRequest};
use crate::secrets::mask::{MaskedText, Reveal, Shown};
use crate::server::caller::Caller;
use crate::server::environment::{InEnvironment, key};
use crate::server::problem::{Problem, ProblemKind};
use crate::server::respond::{Answer, Work, respond};
use crate::server::tags;
use crate::server::tokens::Verb;
use crate::server::writing::{Writing, write};

/// The hop that ends here, for somebody who may read where it begins.
fn hop(caller: &Caller, target: Environment) -> Result<Hop, Problem> {
    let Some(hop) = Hop::into_target(target) else {
        return Err(Problem::new(ProblemKind::BadRequest, format!("nothing is promoted to {target}"))
            .with_help("name staging or production"));
    };
    if !guards::off(Guard::PromotionSource) {
        caller.require_read(hop.source())?;
    }
    Ok(hop)
}

pub(in crate::server) async fn one(request: InEnvironment) -> Result<Response, Problem> {
    let query = request.query(&["key"], &["key"])?;
    let keys = query.all("key").map(key).collect::<Result<Vec<_>, _>>()?;
    let hop = hop(&request.caller, request.environment)?;
    let shared = &request.shared;
    let workspace = shared.workspace.clone().with_readable(request.caller.readable());
    let shown = Showing::of(&request, hop);
    respond(&request, Work::Heavy, |view| {
        let unreadable = |error: Error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
        let head = match (shared.tip(), view.served.newest()) {
            (Some(tip), Some(newest)) => {
                let last = ops::last_change_of_hop(&workspace.repository, hop, &tip, newest.policy());
                Some(last.map_err(unreadable)?)
            }
            (tip, _) => tip.map(|tip| (*tip).clone()),
        };
        let planner = workspace.planner_of(head.as_ref().map(CommitId::as_str), &keys);
        let planner = planner.map_err(unreadable)?;
        let has = |key: &Key, environment| planner.configuration.item(key, environment).is_some();
        let missing = keys.iter().find(|key| !has(key, hop.source()) && !has(key, hop.target()));
        if let Some(missing) = missing {
            return Err(view.no_such_item(missing));
        }
        let asked = PromoteRequest {
            keys: keys.clone(),
            matching: Vec::new(),
            hop,
            selection: Selection { new_keys: NewKeys::Ask, ..Selection::default() },
            answers: std::collections::BTreeMap::new(),
            create_unnamed: false,
            delete: !keys.is_empty(),
            leave_unwritable: true,
            reason: None,
            by: String::new(),
        };
        let prepared = ops::prepare_promotion(&workspace, &planner, &asked);
        let prepared = prepared.map_err(|error| Problem::of(&error, ProblemKind::Refused))?;
        let body = shown.text(&prepared, &prepared.head, &planner.configuration, None);
        Ok(Answer::json(&request, "promotion", |out| out.write_all(body.as_bytes())))
    })
    .await
}

pub(in crate::server) async fn promote(request: InEnvironment, body: Bytes) -> Result<Response, Problem> {
    let target = request.environment;
    request.caller.require_in(Verb::Promote, target)?;
    let hop = hop(&request.caller, target)?;
    let is_dry = dry_run(&request)?;
    require_json(&request.headers)?;
    read::<Promote<'_>>(&body)?;
    let shown = Showing::of(&request, hop);
    let done = write(&request, is_dry, move |writing| {
        let sent: Promote<'_> = read(&body)?;
        carry_out(writing, &shown, &sent)
    });
    let Done { commit, would_commit, items, files } = done.await?;
    let status = if commit.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let mut answer = written(target, status, commit.as_ref(), would_commit, &items);
    answer.extensions_mut().insert(files);
    Ok(answer)
}

struct Done {
    commit: Option<CommitId>,
    would_commit: Option<bool>,
    items: Vec<WrittenItem>,
    files: WouldWrite,
}

/// The texts that a promotion would change, for who looks at them: before and after.
#[derive(Clone, Default)]
pub(in crate::server) struct WouldWrite(pub(in crate::server) Arc<Vec<FileTexts>>);

/// A file before and after; nothing where it is not there.
pub(in crate::server) struct FileTexts {
    pub(in crate::server) file: String,
    pub(in crate::server) before: Option<MaskedText>,
    pub(in crate::server) after: Option<MaskedText>,
}

impl WouldWrite {
    fn of(prepared: &Prepared, before: &Configuration, target: Environment, keys: &[Key]) -> Result<Self> {
        let after = prepared.after(before)?;
        let mask = before.mask(Reveal::Nothing);
        let text = |configuration: &Configuration, key: &Key| -> Result<Option<MaskedText>> {
            let item = configuration.item(key, target).map(|item| configuration.reading(item)).transpose()?;
            Ok(item.map(|reading| match &reading.document {
                Ok(document) => mask.text(document),
                Err(_) => mask.plain_text(&String::from_utf8_lossy(&reading.bytes)),
            }))
        };
        let file = |key: &Key| {
            let file = key.file(target);
            Ok(FileTexts { file, before: text(before, key)?, after: text(&after, key)? })
        };
        keys.iter().map(file).collect::<Result<Vec<_>>>().map(|files| Self(Arc::new(files)))
    }
}

fn carry_out(writing: &Writing, shown: &Showing, sent: &Promote<'_>) -> Result<Done, Problem> {
    let wrong = |error: Error| Problem::of_write(&error);
    let policy = writing.newest()?.shared_policy();
    let file = plan_file::read(sent.plan.get(), "plan", &policy).map_err(wrong)?;
    let mut agreed = file.agreed.clone();
    let target = writing.environment;
    if agreed.hop != shown.hop && !guards::off(Guard::PlanTarget) {
        let detail = format!("the plan is for {}, and the address for {target}", agreed.hop.target());
        return Err(Problem::new(ProblemKind::EnvironmentConflict, detail)
            .with_help("send the plan to the environment that it is for"));
    }
    let is_confirmed = sent.confirm.as_deref().map(|name| name == target.name());
    let is_unconfirmed =
        is_confirmed == Some(false) || (is_confirmed.is_none() && target == Environment::Production);
    if is_unconfirmed && !guards::off(Guard::PlanConfirmed) {
        let detail = format!("the promotion to {target} is not confirmed");
        return Err(Problem::new(ProblemKind::ConfirmationRequired, detail)
            .with_help(format!("send `\"confirm\": \"{target}\"`")));
    }
    agreed.by = ops::decider(&writing.workspace, &writing.options);
    select(&mut agreed, sent)?;
    let planner = writing.planner(&agreed.keys())?;
    shown.reveal_blobs(&mut agreed, &planner.configuration);
    let agree = |planner: &Planner| ops::agree(&writing.workspace, planner, &agreed);
    let moved = |why: &Error, plan: &Prepared, planner: &Planner| {
        let plan = shown.json(plan, &plan.head, &planner.configuration, agreed.reason.as_deref());
        Problem::of_write(why).with_kind(ProblemKind::PlanMoved).with_plan(plan)
    };
    let prepared = match agree(&planner).map_err(|error| refused(writing, &error))? {
        Agreed::Ready(prepared) => prepared,
        Agreed::Moved { why, plan } => return Err(moved(&why, &plan, &planner)),
    };
    file.require_same(&shown.masked(&prepared, &planner.configuration)).map_err(wrong)?;
    prepared.require_decided().map_err(|error| {
        let plan = shown.json(&prepared, &agreed.head, &planner.configuration, agreed.reason.as_deref());
        Problem::of_write(&error).with_plan(plan)
    })?;
    if writing.reveal == Reveal::Nothing {
        let masked = require_still_masked(&prepared, &planner.configuration, target);
        masked.map_err(|error| refused(writing, &error))?;
    }
    if writing.view.served.held_back.is_some() {
        let left = prepared.after(&planner.configuration).and_then(|after| writing.blocking(&after));
        let left = left.map_err(|error| refused(writing, &error))?;
        if !left.is_empty() {
            return Err(writing.held_back(left));
        }
    }
    let keys = keys(&prepared);
    if writing.is_dry {
        let files = WouldWrite::of(&prepared, &planner.configuration, target, &keys);
        let files = files.map_err(|error| refused(writing, &error))?;
        let items = keys.into_iter().map(|key| WrittenItem { key: key.to_string(), etag: None }).collect();
        return Ok(Done { commit: None, would_commit: Some(!prepared.is_empty()), items, files });
    }
    let (workspace, options) = (&writing.workspace, &writing.options);
    let committed = ops::commit_agreed(workspace, &agreed, &prepared, sent.message.as_deref(), options);
    let committed = committed.map_err(|error| match error.kind() {
        ErrorKind::Stale => {
            let tip = writing.shared.look().ok().and_then(|()| writing.shared.tip());
            let planner = tip.and_then(|tip| workspace.planner_of(Some(tip.as_str()), &agreed.keys()).ok());
            let anew = planner.and_then(|planner| Some((agree(&planner).ok()?, planner)));
            match &anew {
                Some((Agreed::Ready(plan) | Agreed::Moved { plan, .. }, planner)) => {
                    moved(&error, plan, planner)
                }
                None => Problem::of_write(&error).with_kind(ProblemKind::PlanMoved),
            }
        }
        _ => refused(writing, &error),
    })?;
    let commit = committed.map(|committed| committed.commit);
    writing.settle(commit.as_ref())?;
    let at = commit.clone().unwrap_or_else(|| (*writing.tip).clone());
    let item = |key: &Key| WrittenItem { key: key.to_string(), etag: writing.etag_at(key, &at) };
    let items = keys.iter().map(item).collect();
    Ok(Done { commit, would_commit: None, items, files: WouldWrite::default() })
}

/// Refuses a promotion that would show what is masked now, where it is or under the name that it gets.
fn require_still_masked(prepared: &Prepared, before: &Configuration, target: Environment) -> Result<()> {
    let after = prepared.after(before)?;
    prepared.plans.iter().try_for_each(|plan| {
        let taken = plan.lines.iter().filter(|line| line.verdict == Action::Take);
        let moved = taken.filter_map(|line| Some((line.renamed.as_ref()?.from.clone(), line.path.clone())));
        let moved: Vec<_> = moved.collect();
        ops::require_still_masked((before, &after), &ItemId::new(plan.key.clone(), target), &moved)
    })
}

/// Puts what the masked text is known by in the places of blobs that hold secrets, for who may see none. It
/// is the same of every server.
pub(super) fn veil_blobs(request: &InEnvironment, hops: &mut [HopStatus<Shown>]) {
    if request.caller.may_read_secrets() {
        return;
    }
    let veil = |key: &Key, environment: Environment, blob: &mut BlobId| {
        let view = request.shared.view(environment);
        let facts = view.as_ref().and_then(|view| {
            let item = view.items.get(key).filter(|item| item.blob() == Some(&*blob))?;
            Some(item.facts(view.good().ok()?.configuration()))
        });
        // Of what is not served nobody knows whether it holds any.
        if facts.is_none_or(|facts| facts.holds_secrets) {
            let masked = facts.and_then(|facts| facts.masked.as_deref()).unwrap_or_default();
            let digits = tags::digits(environment, key.as_str(), b"masked", masked.as_bytes());
            *blob = digits.parse().unwrap_or_else(|_| blob.clone());
        }
    };
    for status in hops {
        let (source, target) = (status.hop.source(), status.hop.target());
        for (key, state) in &mut status.items {
            if let ItemState::Differs(plan) = state {
                veil(key, source, &mut plan.source_blob);
                veil(key, target, &mut plan.target_blob);
            }
        }
    }
}

/// The items that something becomes of.
fn keys(prepared: &Prepared) -> Vec<Key> {
    let plans = prepared.plans.iter().filter(|plan| plan.taken() > 0 || !plan.given.is_empty());
    let created = prepared.creations.iter().map(|creation| &creation.key);
    plans.map(|plan| &plan.key).chain(created).chain(&prepared.deletions).cloned().collect()
}

/// Changes what a plan does with single paths.
fn select(agreed: &mut SavedPlan, sent: &Promote<'_>) -> Result<(), Problem> {
    for (name, paths) in &sent.select {
        for (text, selected) in paths {
            let path = text.parse::<ValuePath>();
            let path = path.map_err(|error| Problem::of(&error.into(), ProblemKind::InvalidPath))?;
            let items = agreed.items.iter_mut().filter(|item| item.key.as_str() == name);
            let line = items.flat_map(|item| &mut item.lines).find(|line| line.path == path);
            let Some(line) = line else {
                let (name, text) = (name.escape_debug(), text.escape_debug());
                return Err(Problem::new(
                    ProblemKind::InvalidBody,
                    format!("the plan has no line `{text}` of `{name}`"),
                )
                .with_help("name items and paths as the plan does"));
            };
            line.verdict = match selected {
                Selected::Take => Action::Take,
                Selected::Decline => Action::Decline,
                Selected::Keep => Action::Keep,
            };
        }
    }
    Ok(())
}

/// How plans are shown to somebody.
struct Showing {
    hop: Hop,
    readable: EnvironmentSet,
    /// Stands for blobs to who may see no secrets: they would tell whether one was guessed.
    veil: Option<[u8; 32]>,
}

impl Showing {
    fn of(request: &InEnvironment, hop: Hop) -> Self {
        let veil = (!request.caller.may_read_secrets()).then(|| request.shared.writes.veil());
        Self { hop, readable: request.caller.readable(), veil }
    }

    /// The plans as they may be shown.
    fn masked(&self, prepared: &Prepared, configuration: &Configuration) -> Vec<ItemPlan<Shown>> {
        let mask = configuration.mask(Reveal::Nothing);
        let mut plans: Vec<_> = prepared.plans.iter().map(|plan| plan.masked(&mask)).collect();
        if self.readable != EnvironmentSet::ALL {
            let lines = plans.iter_mut().flat_map(|plan| &mut plan.lines);
            lines.for_each(|line| line.origin = None);
        }
        plans
    }

    fn json(
        &self,
        prepared: &Prepared,
        head: &CommitId,
        configuration: &Configuration,
        reason: Option<&str>,
    ) -> Json {
        serde_json::from_str(&self.text(prepared, head, configuration, reason)).unwrap_or_default()
    }

    /// A plan as a program gets it, and sends it back; `head` is the commit that it was judged on.
    fn text(
        &self,
        prepared: &Prepared,
        head: &CommitId,
        configuration: &Configuration,
        reason: Option<&str>,
    ) -> String {
        let mask = configuration.mask(Reveal::Nothing);
        let (source, target) = (self.hop.source(), self.hop.target());
        let veiled = |key: &Key, environment: Environment, blob: &BlobId| self.veiled(key, environment, blob);
        let mut plans = self.masked(prepared, configuration);
        for plan in &mut plans {
            plan.source_blob = veiled(&plan.key, source, &plan.source_blob);
            plan.target_blob = veiled(&plan.key, target, &plan.target_blob);
        }
        let created = &prepared.creations;
        let blobs: Vec<BlobId> =
            created.iter().map(|creation| veiled(&creation.key, source, &creation.source_blob)).collect();
        let deleted = prepared.deleted(self.hop);
        let gone: Vec<(&Key, BlobId)> =
            deleted.iter().map(|(key, blob)| (*key, veiled(key, target, blob))).collect();
        let created = created.iter().zip(&blobs).map(|(creation, source_blob)| Creation {
            key: &creation.key,
            source_blob,
            left_out: &creation.left_out,
            given: creation.given.iter().map(|(path, value)| (path, mask.value(path, value))).collect(),
        });
        let promotion = Promotion {
            head,
            hop: self.hop,
            reason,
            plans: &plans,
            emptied: &prepared.emptied,
            created: created.collect(),
            deleted: gone.iter().map(|(key, blob)| (*key, blob)).collect(),
            left: &prepared.left,
        };
        let mut out = Vec::new();
        // A vector takes all.
        let _ = plan::promotion(&promotion, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    fn veiled(&self, key: &Key, environment: Environment, blob: &BlobId) -> BlobId {
        let Some(veil) = &self.veil else { return blob.clone() };
        let digits = tags::digits(environment, key.as_str(), veil, blob.as_str().as_bytes());
        digits.parse().unwrap_or_else(|_| blob.clone())
    }

    /// Puts the blobs of a commit in the places of what stands for them; what stands for others stays.
    fn reveal_blobs(&self, agreed: &mut SavedPlan, now: &Configuration) {
        if self.veil.is_none() {
            return;
        }
        let reveal = |key: &Key, environment: Environment, told: &mut BlobId| {
            let blob = now.item(key, environment).and_then(|item| item.blob.as_ref());
            if let Some(blob) = blob.filter(|blob| self.veiled(key, environment, blob) == *told) {
                *told = blob.clone();
            }
        };
        let (source, target) = (self.hop.source(), self.hop.target());
        for item in &mut agreed.items {
            reveal(&item.key, source, &mut item.source_blob);
            reveal(&item.key, target, &mut item.target_blob);
        }
        for creation in &mut agreed.creations {
            reveal(&creation.key, source, &mut creation.source_blob);
        }
        for (key, blob) in &mut agreed.deletions {
            reveal(key, target, blob);
        }
    }
}
