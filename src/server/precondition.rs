//! What a write expects to be there: the tag that the item was read with.

use std::sync::Arc;

use headers::{ETag, HeaderMapExt, IfMatch};
use http::{HeaderMap, header};

use super::problem::{Problem, ProblemKind};
use super::tags::tag;
use super::view::{ServedItem, masked_tag_of};
use super::writing::Writing;
use crate::engine::configuration::Configuration;
use crate::guards::{self, Guard};
use crate::model::{BlobId, ItemId, Key};
use crate::ops::{self, Expected};
use crate::secrets::mask::Reveal;

/// What a request says of the item's file.
#[derive(Clone, Debug)]
pub(super) enum Precondition {
    /// There is none.
    Absent,
    /// One of these representations of it was read.
    Tags(IfMatch),
}

impl Precondition {
    /// What the headers of a request say.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let unread = |name: &str| {
            Problem::new(ProblemKind::BadRequest, format!("the header {name} means nothing here"))
                .with_help("send `If-Match` with the tag that was read, or `If-None-Match: *` to create")
        };
        match (headers.contains_key(header::IF_MATCH), headers.get(header::IF_NONE_MATCH)) {
            (true, Some(_)) => Err(unread("If-None-Match")),
            (false, Some(value)) if value.as_bytes() == b"*" => Ok(Self::Absent),
            (false, Some(_)) => Err(unread("If-None-Match")),
            (false, None) if guards::off(Guard::PreconditionNamed) => Ok(Self::Tags(IfMatch::any())),
            (false, None) => Err(required()),
            (true, None) => {
                let tags = headers.typed_try_get::<IfMatch>().ok().flatten();
                let tags = tags.ok_or_else(|| unread("If-Match"))?;
                if tags.is_any() {
                    return Err(required());
                }
                let parts = headers.get_all(header::IF_MATCH).iter();
                let parts = parts.flat_map(|value| value.to_str().unwrap_or_default().split(','));
                match parts.map(str::trim).all(|part| part.parse::<ETag>().is_ok()) {
                    true => Ok(Self::Tags(tags)),
                    false => Err(unread("If-Match")),
                }
            }
        }
    }

    /// What a body says: a tag, or null where there is no item yet.
    pub(super) fn of_body(etag: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = etag else { return Ok(Self::Absent) };
        let tag = text.parse::<ETag>().map_err(|_| {
            Problem::new(ProblemKind::InvalidBody, format!("`{}` is no tag", text.escape_debug()))
                .with_help("give the tag as it was read, with its quotation marks")
        })?;
        Ok(Self::Tags(tag.into()))
    }

    /// What the item's file must be; the tag is one of those that the caller can have been given.
    pub(super) fn expected(&self, writing: &Writing, key: &Key) -> Result<Expected, Problem> {
        let Self::Tags(tags) = self else { return Ok(Expected::Absent) };
        let item = writing.item(key)?;
        if let Some((configuration, item)) = &item
            && let Some(blob) = item.blob()
            && given(configuration, item, writing.reveal).iter().any(|tag| passes(tags, tag))
        {
            return Ok(Expected::Blob(blob.clone()));
        }
        Err(self.stale(writing, tags, key, item.as_ref())?)
    }

    /// Whether the item was read with its secrets masked, by somebody who may see them now: what is written
    /// knows nothing of them then.
    pub(super) fn is_of_masked(&self, writing: &Writing, key: &Key) -> Result<bool, Problem> {
        let (Self::Tags(tags), Reveal::Secrets) = (self, writing.reveal) else { return Ok(false) };
        let Some((configuration, item)) = writing.item(key)? else { return Ok(false) };
        let holds_secrets = item.facts(&configuration).holds_secrets;
        let given = |reveal| given(&configuration, &item, reveal);
        let passes_any = |given: Vec<String>| given.iter().any(|tag| passes(tags, tag));
        let masked = given(Reveal::Nothing);
        let open = given(Reveal::Secrets).into_iter().filter(|tag| !masked.contains(tag)).collect();
        Ok(holds_secrets && passes_any(masked) && !passes_any(open))
    }

    /// The problem of a tag that is not the item's.
    fn stale(
        &self,
        writing: &Writing,
        tags: &IfMatch,
        key: &Key,
        item: Option<&(Configuration, Arc<ServedItem>)>,
    ) -> Result<Problem, Problem> {
        let id = ItemId::new(key.clone(), writing.environment);
        let newest = writing.newest()?;
        let blobs = writing.workspace.repository.blobs();
        let is_then = |blob: &BlobId| {
            let of = |what: &str| tag(writing.environment, key.as_str(), what, blob.as_str().as_bytes());
            let masked = match writing.reveal {
                Reveal::Secrets => None,
                Reveal::Nothing => {
                    let bytes = blobs.read("an old version of an item", Some(blob)).ok();
                    bytes.and_then(|bytes| masked_tag_of(newest, (key, writing.environment), &bytes))
                }
            };
            match masked {
                Some(masked) => passes(tags, &masked),
                None => passes(tags, &of("yaml")) || passes(tags, &of("json")),
            }
        };
        let changed = ops::changed_since(&writing.workspace, newest, &writing.tip, &id, &is_then);
        let changed = changed.map_err(|error| Problem::of(&error, ProblemKind::RepositoryUnreadable))?;
        let what = if item.is_some() { "has changed since it was read" } else { "is not there" };
        let problem = Problem::new(ProblemKind::PreconditionFailed, format!("`{key}` {what}"))
            .with_help("read it again, and decide anew; nothing was written")
            .with_changed(changed);
        let is_held = writing.view.served.held_back.is_some();
        let held = item.filter(|_| is_held);
        let held = held.and_then(|(configuration, item)| held_etag(configuration, item, writing.reveal));
        Ok(problem.with_held_etag(held))
    }
}

/// The tags of an item's representations that somebody is given.
fn given(configuration: &Configuration, item: &ServedItem, reveal: Reveal) -> Vec<String> {
    let facts = item.facts(configuration);
    // The others would tell whether a secret was guessed.
    let is_open = !facts.holds_secrets || reveal == Reveal::Secrets;
    let open = [Some(item.yaml_etag()), facts.json.clone()].into_iter().flatten().filter(|_| is_open);
    open.chain(facts.masked.clone()).collect()
}

/// The tag by which a broken item is mended.
pub(super) fn held_etag(configuration: &Configuration, item: &ServedItem, reveal: Reveal) -> Option<String> {
    given(configuration, item, reveal).into_iter().next()
}

fn passes(tags: &IfMatch, tag: &str) -> bool {
    let passes = tag.parse::<ETag>().is_ok_and(|tag| tags.precondition_passes(&tag));
    passes || guards::off(Guard::PreconditionTag)
}

fn required() -> Problem {
    Problem::new(ProblemKind::PreconditionRequired, "the write does not say what it expects to be there")
        .with_help("send `If-Match` with the tag that was read, or `If-None-Match: *` to create")
}
