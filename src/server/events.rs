//! Events: what changed in an environment, told as it changes (server-sent events).
//!
//! A stream compares the view that it told of last with the one that is there now, so that a reader who
//! is slow is told of everything at once, and nothing is kept for it.

use std::collections::btree_map;
use std::convert::Infallible;
use std::iter::Peekable;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use http_body::Frame;
use tokio::sync::mpsc;

use super::environment::{InEnvironment, key};
use super::problem::Problem;
use super::view::{EnvironmentView, ServedItem};
use crate::api::served::{self, ChangedItem, ItemChange};

use crate::model::{CommitId, Key};
use crate::ops;

/// A comment is sent after so long, so that nobody takes the stream for dead.
const BEAT: Duration = Duration::from_secs(15);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Opens a stream.
pub(super) async fn events(request: InEnvironment) -> Result<Response, Problem> {
    let query = request.query(&["key"], &["key"])?;
    let keys = query.all("key").map(key).collect::<Result<Vec<_>, _>>()?;
    open(request, keys, Voice::Changes)
}

/// What a stream says of a change.
#[derive(Clone, Copy)]
pub(super) enum Voice {
    /// What changed.
    Changes,
    /// That flags are to be evaluated again, which then have this tag (OFREP).
    Refetch(fn(&InEnvironment, &EnvironmentView, &[Key]) -> Option<String>),
}

/// Opens a stream of an environment, or of some of its items.
pub(super) fn open(request: InEnvironment, keys: Vec<Key>, voice: Voice) -> Result<Response, Problem> {
    let view = request.view()?;
    view.good()?;
    let place = request.shared.streams.enter(request.caller.name())?;
    let last = request.headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default().to_owned());
    let (sender, receiver) = mpsc::channel(1);
    let request = request.of_stream();
    tokio::spawn(async move {
        let _place = place;
        let begun = match voice {
            Voice::Changes => begin(&request, &keys, &view, last, &sender).await,
            Voice::Refetch(tag) => {
                // What changed since the flags were evaluated is not known, so they are to be again.
                let first = refetch(&request, &view, &keys, tag);
                send(&sender, [b"retry: 2000\n", first.as_slice()].concat()).await
            }
        };
        // Whoever has gone is told nothing more.
        if begun.is_ok() {
            let _ = tell(&request, (&keys, voice), view, &sender).await;
        }
    });
    let mut response = Response::new(Body::new(Stream(receiver)));
    let form = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    Ok(response)
}

/// Nobody reads the stream any more.
struct Gone;

/// Tells where the environment is, and what was missed.
async fn begin(
    request: &InEnvironment,
    keys: &[Key],
    view: &EnvironmentView,
    last: Option<String>,
    sender: &mpsc::Sender<Bytes>,
) -> Result<(), Gone> {
    let missed = tokio::task::block_in_place(|| missed(request, keys, view, last.as_deref()));
    let state = state(request, view);
    // What was missed is told before its id is, so that a stream that breaks in between loses nothing.
    let ready_id = view.commit().map(CommitId::as_str).filter(|_| missed.is_none());
    let ready = [b"retry: 2000\n", event_text("ready", ready_id, &state).as_slice()].concat();
    send(sender, ready).await?;
    match missed {
        None => {}
        Some(Missed::Changes(data)) => send(sender, event_of("change", view, &data)).await?,
        Some(Missed::Unknown) => send(sender, event_of("reset", view, &state)).await?,
    }
    Ok(())
}

/// Tells of what changes from a view on.
async fn tell(
    request: &InEnvironment,
    (keys, voice): (&[Key], Voice),
    view: Arc<EnvironmentView>,
    sender: &mpsc::Sender<Bytes>,
) -> Result<(), Gone> {
    let mut turns = request.shared.turns(request.environment);
    let mut told = view;
    loop {
        if request.shared.is_stopping() {
            return send(sender, b"retry: 1000\n\n".to_vec()).await;
        }
        if !request.shared.access.still_admits(&request.caller) {
            return Ok(());
        }
        let now = request.view().ok().filter(|now| now.served.good.is_some());
        if let Some(now) = now.filter(|now| !Arc::ptr_eq(now, &told)) {
            let compare = || changes(request, keys, &told, &now);
            // Under another policy every item is looked at anew.
            let changed = if is_under_one_policy(&told, &now) {
                compare()
            } else {
                tokio::task::block_in_place(compare)
            };
            let is_news = !changed.is_empty() || keys.is_empty() && told.commit() != now.commit();
            if is_news {
                let event = match voice {
                    Voice::Changes => event_of("change", &now, &change(request, now.commit(), &changed)),
                    Voice::Refetch(tag) => refetch(request, &now, keys, tag),
                };
                send(sender, event).await?;
            }
            told = now;
            continue;
        }
        tokio::select! {
            _ = turns.changed() => {}
            () = sender.closed() => return Err(Gone),
            () = tokio::time::sleep(BEAT) => send(sender, b":\n\n".to_vec()).await?,
        }
    }
}

async fn send(sender: &mpsc::Sender<Bytes>, text: Vec<u8>) -> Result<(), Gone> {
    sender.send(text.into()).await.map_err(|_| Gone)
}

/// That flags are to be evaluated again.
fn refetch(
    request: &InEnvironment,
    view: &EnvironmentView,
    keys: &[Key],
    tag: fn(&InEnvironment, &EnvironmentView, &[Key]) -> Option<String>,
) -> Vec<u8> {
    let mut data = serde_json::json!({ "type": "refetchEvaluation" });
    if let (Some(tag), Some(entries)) = (tag(request, view, keys), data.as_object_mut()) {
        entries.insert("etag".to_owned(), tag.into());
    }
    event_of("message", view, data.to_string().as_bytes())
}

/// An event that leads to a view.
fn event_of(event: &str, view: &EnvironmentView, data: &[u8]) -> Vec<u8> {
    event_text(event, Some(view.commit().map_or("", CommitId::as_str)), data)
}

/// An event; `data` is one line of JSON.
fn event_text(event: &str, id: Option<&str>, data: &[u8]) -> Vec<u8> {
    let mut text = format!("event: {event}\n");
    if let Some(id) = id {
        text.push_str("id: ");
        text.push_str(id);
        text.push('\n');
    }
    text.push_str("data: ");
    let mut text = text.into_bytes();
    text.extend_from_slice(data.trim_ascii_end());
    text.extend_from_slice(b"\n\n");
    text
}

fn state(request: &InEnvironment, view: &EnvironmentView) -> Vec<u8> {
    change_of(request, view.commit(), None)
}

fn change(request: &InEnvironment, commit: Option<&CommitId>, items: &[ChangedItem<'_>]) -> Vec<u8> {
    change_of(request, commit, Some(items))
}

fn change_of(
    request: &InEnvironment,
    commit: Option<&CommitId>,
    items: Option<&[ChangedItem<'_>]>,
) -> Vec<u8> {
    let mut data = Vec::new();
    // A vector takes all.
    let _ = served::event(request.environment, commit, items, &mut data);
    data
}

/// What a stream missed since an event.
enum Missed {
    Changes(Vec<u8>),
    /// The branch does not lead from that event to where it is.
    Unknown,
}

fn missed(
    request: &InEnvironment,
    keys: &[Key],
    view: &EnvironmentView,
    last: Option<&str>,
) -> Option<Missed> {
    let last = last?;
    let good = view.served.good.as_ref()?;
    if last == good.commit.as_str() {
        return None;
    }
    let then = request.revision(last).ok().filter(|_| last.len() == 40).and_then(|commit| {
        let repository = &request.shared.workspace.repository;
        let is_before = repository.is_reachable(&commit, good.point()).unwrap_or_default();
        let policy = good.configuration().shared_policy();
        let then = ops::environment_at(repository, request.environment, &commit, policy).ok();
        then.filter(|_| is_before)
    });
    let Some(then) = then else { return Some(Missed::Unknown) };
    let now = good.configuration();
    let blob = |configuration: &crate::engine::configuration::Configuration, key: &Key| {
        configuration.item(key, request.environment).and_then(|item| item.blob.clone())
    };
    let mut all: Vec<&Key> = then.snapshot().keys();
    all.extend(view.items.keys());
    all.sort_unstable();
    all.dedup();
    let wanted = all.into_iter().filter(|key| keys.is_empty() || keys.contains(key));
    let changed: Vec<ChangedItem<'_>> = wanted
        .filter_map(|key| {
            let (before, after) = (blob(&then, key), blob(now, key));
            let what = what(before.is_some(), after.is_some()).filter(|_| before != after)?;
            Some(ChangedItem { key: key.as_str(), etag: etag(request, view, key), change: what })
        })
        .collect();
    let is_news = !changed.is_empty() || keys.is_empty();
    is_news.then(|| Missed::Changes(change(request, Some(&good.commit), &changed)))
}

fn etag(request: &InEnvironment, view: &EnvironmentView, key: &Key) -> Option<String> {
    Some(view.etag(view.items.get(key)?, request.caller.may_read_secrets()))
}

const fn what(was: bool, is: bool) -> Option<ItemChange> {
    match (was, is) {
        (false, true) => Some(ItemChange::Added),
        (true, true) => Some(ItemChange::Modified),
        (true, false) => Some(ItemChange::Removed),
        (false, false) => None,
    }
}

fn is_under_one_policy(earlier: &EnvironmentView, later: &EnvironmentView) -> bool {
    match (&earlier.served.good, &later.served.good) {
        (Some(earlier), Some(later)) => {
            later.configuration().is_under(&earlier.configuration().shared_policy())
        }
        _ => false,
    }
}

/// The items that are not the same for this caller.
fn changes<'v>(
    request: &InEnvironment,
    keys: &[Key],
    earlier: &'v EnvironmentView,
    later: &'v EnvironmentView,
) -> Vec<ChangedItem<'v>> {
    if Arc::ptr_eq(&earlier.items, &later.items) {
        return Vec::new();
    }
    let is_asked = |key: &Key| keys.is_empty() || keys.contains(key);
    let is_same = |key: &Key, sides: (Option<&Arc<ServedItem>>, Option<&Arc<ServedItem>>)| match sides {
        (Some(before), Some(now)) => {
            Arc::ptr_eq(before, now)
                || before.is_same(now)
                || before.blob() == now.blob() && etag(request, earlier, key) == etag(request, later, key)
        }
        _ => false,
    };
    let (mut before, mut now) = (earlier.items.iter().peekable(), later.items.iter().peekable());
    let mut changed = Vec::new();
    // Both are in order.
    while let Some(key) =
        before.peek().map(|(key, _)| *key).into_iter().chain(now.peek().map(|(key, _)| *key)).min()
    {
        let at = |side: &mut Peekable<btree_map::Iter<'v, Key, Arc<ServedItem>>>| {
            side.next_if(|(found, _)| *found == key).map(|(_, item)| item)
        };
        let sides = (at(&mut before), at(&mut now));
        if is_asked(key)
            && !is_same(key, sides)
            && let Some(change) = what(sides.0.is_some(), sides.1.is_some())
        {
            changed.push(ChangedItem { key: key.as_str(), etag: etag(request, later, key), change });
        }
    }
    changed
}

/// The body of a stream.
struct Stream(mpsc::Receiver<Bytes>);

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
