//! Events: what changed in an environment, told as it changes (server-sent events).
//!
//! A stream compares the view that it told of last with the one that is there now, so that a reader who
//! is slow is told of everything at once, and nothing is kept for it.

use std::collections::btree_map;
use std::convert::Infallible;
use std::iter::Peekable;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use http_body::Frame;
use tokio::sync::watch;

use super::environment::{InEnvironment, key};
use super::problem::Problem;
use super::streams::StreamPlace;
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
    let request = request.of_stream();
    let begin = match voice {
        Voice::Changes => tokio::task::block_in_place(|| begin(&request, &keys, &view, last.as_deref())),
        Voice::Refetch(tag) => {
            // What changed since the flags were evaluated is not known, so they are to be again.
            let first = refetch(&request, &view, &keys, tag);
            [b"retry: 2000\n", first.as_slice()].concat()
        }
    };
    let turns = request.shared.turns(request.environment);
    let teller =
        Teller { request, keys, voice, told: view, turns, begin: Some(begin), is_over: false, _place: place };
    let mut response = Response::new(Body::new(Stream(Some(Box::pin(teller.next())))));
    let form = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    Ok(response)
}

/// Where the environment is, and what was missed.
fn begin(request: &InEnvironment, keys: &[Key], view: &EnvironmentView, last: Option<&str>) -> Vec<u8> {
    let missed = missed(request, keys, view, last);
    let state = state(request, view);
    // What was missed is told before its id is, so that a stream that breaks in between loses nothing.
    let ready_id = view.commit().map(CommitId::as_str).filter(|_| missed.is_none());
    let more = match missed {
        None => Vec::new(),
        Some(Missed::Changes(data)) => event_of("change", view, &data),
        Some(Missed::Unknown) => event_of("reset", view, &state),
    };
    [b"retry: 2000\n", event_text("ready", ready_id, &state).as_slice(), &more].concat()
}

/// What is told next, and who tells what follows; `None` at the end.
type Told = Option<(Vec<u8>, Teller)>;

/// Tells one reader of what changes.
struct Teller {
    request: InEnvironment,
    keys: Vec<Key>,
    voice: Voice,
    /// The view that was told of last.
    told: Arc<EnvironmentView>,
    turns: watch::Receiver<u64>,
    /// What is told first of all.
    begin: Option<Vec<u8>>,
    /// Whether the last was told.
    is_over: bool,
    _place: StreamPlace,
}

impl Teller {
    /// What is told next, as soon as there is something.
    async fn next(mut self) -> Told {
        if let Some(begin) = self.begin.take() {
            return Some((begin, self));
        }
        while !self.is_over {
            if self.request.shared.is_stopping() {
                self.is_over = true;
                return Some((b"retry: 1000\n\n".to_vec(), self));
            }
            if !self.request.shared.access.still_admits(&self.request.caller) {
                return None;
            }
            let now = self.request.view().ok().filter(|now| now.served.good.is_some());
            if let Some(now) = now.filter(|now| !Arc::ptr_eq(now, &self.told)) {
                let news = self.news(&now);
                self.told = now;
                if let Some(news) = news {
                    return Some((news, self));
                }
                continue;
            }
            tokio::select! {
                _ = self.turns.changed() => {}
                () = tokio::time::sleep(BEAT) => return Some((b":\n\n".to_vec(), self)),
            }
        }
        None
    }

    /// What there is to tell of a view.
    fn news(&self, now: &EnvironmentView) -> Option<Vec<u8>> {
        let Self { request, keys, told, .. } = self;
        let compare = || changes(request, keys, told, now);
        // Under another policy every item is looked at anew.
        let changed =
            if is_under_one_policy(told, now) { compare() } else { tokio::task::block_in_place(compare) };
        let is_news = !changed.is_empty() || keys.is_empty() && told.commit() != now.commit();
        is_news.then(|| match self.voice {
            Voice::Changes => event_of("change", now, &change(request, now.commit(), &changed)),
            Voice::Refetch(tag) => refetch(request, now, keys, tag),
        })
    }
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

/// The body of a stream: what is told next.
struct Stream(Option<Pin<Box<dyn Future<Output = Told> + Send>>>);

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.0 else { return Poll::Ready(None) };
        let told = ready!(next.as_mut().poll(context));
        let (text, next) = told.map(|(text, teller)| (text, Box::pin(teller.next()) as _)).unzip();
        self.0 = next;
        Poll::Ready(text.map(|text| Ok(Frame::data(text.into()))))
    }
}
