//! The routes: one table, from which the router and its description are made.

mod compare;
mod environments;
mod forms;
mod health;
mod history;
mod items;

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderValue, header};

use super::guard::guard;
use super::openapi::Doc;
use super::openapi::Parameter as P;
use super::problem::ProblemKind as K;
use super::state::Shared;

/// A route and what is said of it.
pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) doc: Doc,
    handler: MethodRouter<Arc<Shared>>,
}

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const TEXT: &str = "text/plain";

const KEYS: P = P::many("key", "Only this item; may stand several times");
const REVISION: P = P::one("revision", "The digits of a commit that leads to the served branch");

/// Every route, in the order of the documentation.
pub(super) fn routes() -> Vec<Route> {
    let route = |path, doc, handler| Route { path, doc, handler };
    let missing = &[K::ItemNotFound, K::InvalidKey];
    vec![
        route(
            "/api/v1/environments",
            Doc::new("environments", "The environments that the caller may read")
                .answer(JSON, "Environments"),
            get(environments::list),
        ),
        route(
            "/api/v1/environments/{environment}",
            Doc::new("environment", "One environment").tagged().answer(JSON, "Environment"),
            get(environments::one),
        ),
        route(
            "/api/v1/environments/{environment}/items",
            Doc::new("items", "The items of an environment, in the order of their keys")
                .tagged()
                .parameter(P::one("prefix", "Only items whose keys begin so"))
                .parameter(P::one("after", "Only items behind this key: `next` of the page before"))
                .parameter(P::number("limit", "So many items at most", 1_000))
                .problems(&[K::InvalidKey])
                .answer(JSON, "Items"),
            get(items::list),
        ),
        route(
            "/api/v1/environments/{environment}/items/{*key}",
            Doc::new("item", "One item, or one value of it")
                .tagged()
                .parameter(P::one("path", "Only the value at this path, such as `servers[name=api].port`"))
                .parameter(P::one("pointer", "Only the value at this JSON pointer"))
                .parameter(REVISION)
                .problems(missing)
                .problems(&[K::ValueNotFound, K::InvalidPath, K::UnknownRevision, K::NotAcceptable])
                .problems(&[K::SecretsNotAllowed, K::Refused])
                .answer(JSON, "Item")
                .answer(JSON, "Got")
                .answer(YAML, "")
                .answer(TEXT, ""),
            get(items::item),
        ),
        route(
            "/api/v1/environments/{environment}/export/{*key}",
            Doc::new("export", "One item for a process or a tool")
                .tagged()
                .parameter(P::one("format", "The format, as `terrace export` has them").required())
                .parameter(P::one("prefix", "What every name begins with"))
                .parameter(P::one("names", "The letters of names: upper or keep"))
                .parameter(P::one("separator", "What stands between the steps of a path in a name"))
                .parameter(REVISION)
                .problems(missing)
                .problems(&[K::UnknownRevision, K::SecretsNotAllowed, K::Refused])
                .answer(JSON, "")
                .answer(YAML, "")
                .answer(TEXT, ""),
            get(forms::export),
        ),
        route(
            "/api/v1/environments/{environment}/history/{*key}",
            Doc::new("history", "The commits that changed an item, newest first")
                .tagged()
                .parameter(P::number("limit", "So many commits at most", 1_000))
                .parameter(P::one("before", "Only commits before this one: `next` of the page before"))
                .problems(missing)
                .problems(&[K::UnknownRevision])
                .answer(JSON, "LogReport"),
            get(history::history),
        ),
        route(
            "/api/v1/environments/{environment}/blame/{*key}",
            Doc::new("blame", "Where each value of an item came from")
                .tagged()
                .problems(missing)
                .answer(JSON, "BlameReport"),
            get(history::blame),
        ),
        route(
            "/api/v1/environments/{environment}/schemas/{*key}",
            Doc::new("schemas", "The schemas that describe an item")
                .tagged()
                .problems(missing)
                .answer(JSON, "ItemSchemas"),
            get(forms::schemas),
        ),
        route(
            "/api/v1/environments/{environment}/findings",
            Doc::new("findings", "What was found in what is served, and what is held back")
                .tagged()
                .parameter(KEYS)
                .problems(missing)
                .answer(JSON, "EnvironmentFindings"),
            get(environments::findings),
        ),
        route(
            "/api/v1/environments/{environment}/status",
            Doc::new("status", "What waits to be promoted into an environment")
                .tagged()
                .parameter(KEYS)
                .problems(missing)
                .problems(&[K::Refused])
                .answer(JSON, "PlanReport"),
            get(compare::status),
        ),
        route(
            "/api/v1/environments/{environment}/diff",
            Doc::new("diff", "The differences between two environments")
                .tagged()
                .parameter(P::one("against", "The environment on the left side").required())
                .parameter(KEYS)
                .parameter(REVISION)
                .problems(missing)
                .problems(&[K::UnknownRevision, K::Refused])
                .answer(JSON, "DiffReport"),
            get(compare::diff),
        ),
        route(
            "/api/v1/openapi.json",
            Doc::new("description", "This description").answer(JSON, ""),
            get(description),
        ),
        route(
            "/healthz",
            Doc::new("health", "Whether the server runs").answer(JSON, "Health"),
            get(health::live),
        ),
        route(
            "/readyz",
            Doc::new("readiness", "Whether the server is ready, and how each environment stands")
                .answer(JSON, "Health"),
            get(health::ready),
        ),
    ]
}

/// The router of all routes.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let guarded = axum::middleware::from_fn_with_state(Arc::clone(&shared), guard);
    let empty = Router::new();
    let router = routes().into_iter().fold(empty, |router, route| router.route(route.path, route.handler));
    let nothing = || async { http::StatusCode::NOT_FOUND };
    router.fallback(nothing).layer(guarded).with_state(shared)
}

async fn description() -> Response {
    let body = super::openapi::document().to_string();
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
