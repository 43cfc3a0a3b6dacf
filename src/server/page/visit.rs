//! [`Visit`]: a request for the page, by somebody who is known.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::request::Parts;

use super::sign_in;
use super::words::encode;
use super::wrong::Wrong;
use crate::model::{CommitId, Environment, Key};
use crate::server::caller::Caller;
use crate::server::environment;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::Query;
use crate::server::state::Shared;

/// A request for the page.
pub(super) struct Visit {
    pub(super) shared: Arc<Shared>,
    pub(super) caller: Caller,
    pub(super) headers: HeaderMap,
    /// The path and query.
    pub(super) address: String,
    /// What each environment that may be read was, before anything of it was looked at.
    pub(super) begun: Vec<(Environment, Option<CommitId>)>,
    query: Option<String>,
    parameters: Vec<(String, String)>,
}

impl FromRequestParts<Arc<Shared>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        let read = Path::<Vec<(String, String)>>::from_request_parts(parts, shared).await;
        let unread = |_| {
            let problem = Problem::new(ProblemKind::BadRequest, "the address is not UTF-8");
            Wrong::from(problem).into_response()
        };
        let Path(parameters) = read.map_err(unread)?;
        let caller =
            parts.extensions.get::<Caller>().cloned().unwrap_or_else(Caller::stranger).without_secrets();
        let address = parts.uri.path_and_query().map_or("", |address| address.as_str()).to_owned();
        if !Environment::ALL.into_iter().any(|environment| caller.may_read(environment)) {
            return Err(sign_in::needed(&caller, &address));
        }
        let query = parts.uri.query().map(str::to_owned);
        let readable = Environment::ALL.into_iter().filter(|environment| caller.may_read(*environment));
        let commit = |environment| shared.view(environment)?.commit().cloned();
        Ok(Self {
            begun: readable.map(|environment| (environment, commit(environment))).collect(),
            shared: Arc::clone(shared),
            caller,
            headers: parts.headers.clone(),
            address,
            query,
            parameters,
        })
    }
}

impl Visit {
    /// A part of the path.
    fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The environment that the address names, exactly; its reader is known.
    pub(super) fn environment(&self) -> Result<Environment, Wrong> {
        let name = self.parameter("environment");
        match environment::environment(name) {
            Ok(environment) => {
                self.caller.require_read(environment)?;
                Ok(environment)
            }
            Err(problem) => Err(Wrong { problem: Box::new(problem), links: self.meant(name) }),
        }
    }

    /// The same address in the environment that was most likely meant, and the chooser.
    fn meant(&self, name: &str) -> Vec<(String, String)> {
        let rest = self.address.strip_prefix("/ui/").unwrap_or_default();
        let rest = rest.split_once('/').map_or("/", |(first, _)| &rest[first.len()..]);
        let guess = Environment::guess(name).filter(|meant| self.caller.may_read(*meant));
        let same = guess.map(|meant| {
            let address = if rest == "/" { format!("/ui/{meant}") } else { format!("/ui/{meant}{rest}") };
            (address.clone(), address)
        });
        same.into_iter().chain([("/ui/".to_owned(), "choose an environment".to_owned())]).collect()
    }

    /// The item that the address names.
    pub(super) fn key(&self) -> Result<Key, Wrong> {
        Ok(environment::key(self.parameter("key"))?)
    }

    /// The parameters of the address.
    pub(super) fn query(&self, known: &[&str], many: &[&str]) -> Result<Query, Wrong> {
        Ok(Query::read(self.query.as_deref(), known, many)?)
    }

    /// The environments that are shown.
    pub(super) fn readable(&self) -> impl Iterator<Item = Environment> {
        Environment::ALL.into_iter().filter(|environment| self.caller.may_read(*environment))
    }
}

/// The address of a screen of an item.
pub(super) fn item_address(environment: Environment, screen: &str, key: &Key) -> String {
    format!("/ui/{environment}/{screen}/{}", encode(key.as_str(), true))
}
