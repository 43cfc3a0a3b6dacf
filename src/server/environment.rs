//! [`InEnvironment`]: the one way in which a route learns which environment it is about.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use super::caller::Caller;
use super::problem::{Problem, ProblemKind};
use super::query::Query;
use super::state::Shared;
use super::turn::Turn;
use super::view::EnvironmentView;
use crate::guards::{self, Guard};
use crate::model::{CommitId, Environment, Error, Key};
use crate::ops::Good;

/// Names the environment once more, for clients whose addresses cannot.
const ENVIRONMENT: HeaderName = HeaderName::from_static("terrace-environment");

/// A request about one environment, by somebody who may read it.
pub(super) struct InEnvironment {
    pub(super) shared: Arc<Shared>,
    pub(super) environment: Environment,
    pub(super) caller: Caller,
    pub(super) headers: HeaderMap,
    /// The request's place among those that are being answered; what the page asks has none of its own.
    pub(super) turn: Option<Turn>,
    query: Option<String>,
    key: Option<String>,
}

impl FromRequestParts<Arc<Shared>> for InEnvironment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let encoding = || {
            Problem::new(ProblemKind::BadRequest, "the address is not UTF-8")
                .with_help("encode UTF-8 with %, and a percent sign as %25")
        };
        let Path(mut parameters) =
            Path::<Vec<(String, String)>>::from_request_parts(parts, shared).await.map_err(|_| encoding())?;
        let mut parameter = |name: &str| {
            let at = parameters.iter().position(|(known, _)| known == name)?;
            Some(parameters.swap_remove(at).1)
        };
        let environment = environment(&parameter("environment").unwrap_or_default())?;
        let key = parameter("key");
        Self::of(Arc::clone(shared), environment, parts, key)
    }
}

/// Reads exactly one of the three names.
pub(super) fn environment(name: &str) -> Result<Environment, Problem> {
    name.parse::<Environment>()
        .map_err(|error| Problem::of(&Error::from(error), ProblemKind::UnknownEnvironment))
}

/// The environment that the header names, where it does.
pub(super) fn named_by_header(headers: &HeaderMap) -> Result<Option<Environment>, Problem> {
    let mut names = headers.get_all(ENVIRONMENT).iter().map(|name| name.to_str().unwrap_or_default());
    let Some(first) = names.next() else { return Ok(None) };
    if names.any(|name| name != first) {
        return Err(conflict());
    }
    environment(first).map(Some)
}

fn conflict() -> Problem {
    Problem::new(ProblemKind::EnvironmentConflict, "the address and a header name different environments")
        .with_help("leave the header Terrace-Environment out")
}

impl InEnvironment {
    /// A request about an environment, unless a header names another one or the caller may not read it.
    pub(super) fn of(
        shared: Arc<Shared>,
        environment: Environment,
        parts: &Parts,
        key: Option<String>,
    ) -> Result<Self, Problem> {
        for header in parts.headers.get_all(ENVIRONMENT) {
            let is_other = header.as_bytes() != environment.name().as_bytes();
            if is_other && !guards::off(Guard::EnvironmentHeader) {
                return Err(conflict());
            }
        }
        let caller = parts.extensions.get::<Caller>().cloned();
        let caller = caller.ok_or_else(|| Problem::new(ProblemKind::Internal, "nobody asked"))?;
        caller.require_read(environment)?;
        Ok(Self {
            shared,
            environment,
            caller,
            headers: parts.headers.clone(),
            turn: parts.extensions.get::<Turn>().cloned(),
            query: parts.uri.query().map(str::to_owned),
            key,
        })
    }

    /// What the page asks of a route, for somebody who may read the environment.
    pub(super) fn of_page(
        (shared, caller): (&Arc<Shared>, &Caller),
        environment: Environment,
        key: Option<&Key>,
        query: Option<String>,
        headers: HeaderMap,
    ) -> Result<Self, Problem> {
        caller.require_read(environment)?;
        let (shared, caller) = (Arc::clone(shared), caller.clone());
        let turn = None;
        Ok(Self { shared, environment, caller, headers, turn, query, key: key.map(ToString::to_string) })
    }

    /// The same for as long as a stream is open: without its place among the requests that are being
    /// answered, and without its headers, which keep the bytes in which they came.
    pub(super) fn of_stream(self) -> Self {
        Self { turn: None, headers: HeaderMap::new(), query: None, key: None, ..self }
    }

    /// The parameters of the address.
    pub(super) fn query(&self, known: &[&str], many: &[&str]) -> Result<Query, Problem> {
        Query::read(self.query.as_deref(), known, many)
    }

    /// The item that the address names.
    pub(super) fn key(&self) -> Result<Key, Problem> {
        key(self.key.as_deref().unwrap_or_default())
    }

    /// The environment as it is now.
    pub(super) fn view(&self) -> Result<Arc<EnvironmentView>, Problem> {
        let unavailable =
            || Problem::new(ProblemKind::EnvironmentUnavailable, "the environment is being read");
        self.shared.view(self.environment).ok_or_else(|| unavailable().retry_after(1))
    }

    /// A commit that leads to the served branch.
    pub(super) fn revision(&self, text: &str) -> Result<CommitId, Problem> {
        let unknown = || {
            Problem::new(ProblemKind::UnknownRevision, "no such commit leads to the served branch")
                .with_help("give the digits of a commit, at least seven")
        };
        let is_id =
            (7..=40).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let tip = self.shared.tip().filter(|_| is_id).ok_or_else(unknown)?;
        let repository = &self.shared.workspace.repository;
        let commit = repository.commit(text).map_err(|_| unknown())?;
        let is_reachable = repository.is_reachable(&commit, &tip);
        let is_reachable =
            is_reachable.map_err(|error| Problem::of(&error, ProblemKind::RepositoryUnreadable))?;
        if is_reachable || guards::off(Guard::ReachableRevision) { Ok(commit) } else { Err(unknown()) }
    }
}

/// Reads a key.
pub(super) fn key(text: &str) -> Result<Key, Problem> {
    text.parse::<Key>().map_err(|error| Problem::of(&Error::from(error), ProblemKind::InvalidKey))
}

impl EnvironmentView {
    /// What is served of it.
    pub(super) fn good(&self) -> Result<&Good, Problem> {
        self.served.good.as_ref().ok_or_else(|| {
            Problem::new(
                ProblemKind::EnvironmentUnavailable,
                "no commit of late has a state of this environment that can be served",
            )
            .with_help("its findings say what is wrong; a commit that mends it is served at once")
            .retry_after(5)
        })
    }

    /// The problem of an item that is not there.
    pub(super) fn no_such_item(&self, key: &Key) -> Problem {
        match self.good() {
            Ok(good) => {
                let error = good.configuration().snapshot().absent(key, self.environment());
                Problem::of(&error, ProblemKind::ItemNotFound)
            }
            Err(problem) => problem,
        }
    }
}
