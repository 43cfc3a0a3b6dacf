//! The routes: one table, from which the router and its description are made.

pub(super) mod compare;
pub(super) mod environments;
mod forms;
mod health;
pub(super) mod history;
pub(super) mod holds;
pub(super) mod items;
pub(super) mod promotions;
pub(super) mod rollbacks;
pub(super) mod write;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use http::{HeaderValue, header};

use super::dropin;
use super::events::events;
use super::guard::guard;
use super::openapi::Doc;
use super::openapi::Parameter as P;
use super::openapi::document;
use super::problem::ProblemKind as K;
use super::state::Shared;
use super::webhook;
use crate::formats::write::Format;
use crate::model::{Environment, Key};

/// A route and what is said of it.
struct Route {
    doc: Doc,
    handler: MethodRouter<Arc<Shared>>,
}

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const TEXT: &str = "text/plain";

/// What a JSON pointer is (RFC 6901), as a regular expression.
const POINTER_PATTERN: &str = "^(/([^~/]|~[01])*)*$";

/// The digits of a commit.
const COMMIT_PATTERN: &str = "^[0-9a-f]{7,40}$";

const KEYS: P = P::many("key", "Only this item; may stand several times").pattern(Key::PATTERN);
const REVISION: P =
    P::one("revision", "The digits of a commit that leads to the served branch").pattern(COMMIT_PATTERN);

/// Every route, in the order of the documentation.
fn routes() -> Vec<Route> {
    let route = |doc, handler| Route { doc, handler };
    let missing = &[K::ItemNotFound, K::InvalidKey];
    vec![
        route(
            Doc::new("/api/v1/environments", "environments", "The environments that the caller may read")
                .answer(JSON, "Environments"),
            get(environments::list),
        ),
        route(
            Doc::new("/api/v1/environments/{environment}", "environment", "One environment")
                .tagged()
                .answer(JSON, "ServedEnvironment"),
            get(environments::one),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/items",
                "items",
                "The items of an environment, in the order of their keys",
            )
            .tagged()
            .parameter(P::one("prefix", "Only items whose keys begin so"))
            .parameter(
                P::one("after", "Only items behind this key: `next` of the page before")
                    .pattern(Key::PATTERN),
            )
            .parameter(P::number("limit", "So many items at most", 1_000))
            .problems(&[K::InvalidKey])
            .answer(JSON, "Items"),
            get(items::list),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/items/{*key}",
                "item",
                "One item, or one value of it",
            )
            .tagged()
            .parameter(P::one("path", "Only the value at this path, such as `servers[name=api].port`"))
            .parameter(P::one("pointer", "Only the value at this JSON pointer").pattern(POINTER_PATTERN))
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
            writes("/api/v1/environments/{environment}/items/{*key}", "put_item", "Put an item")
                .method("put")
                .preconditioned()
                .body(YAML, "")
                .body(JSON, "PutItem")
                .status(201)
                .answer(JSON, "Written"),
            put(write::put),
        ),
        route(
            writes(
                "/api/v1/environments/{environment}/items/{*key}",
                "patch_item",
                "Change some values of an item; its other bytes stay",
            )
            .method("patch")
            .preconditioned()
            .problems(&[K::ItemNotFound, K::TestFailed])
            .body("application/merge-patch+json", "")
            .body("application/json-patch+json", "")
            .answer(JSON, "Written"),
            patch(write::patch),
        ),
        route(
            writes("/api/v1/environments/{environment}/items/{*key}", "delete_item", "Delete an item")
                .method("delete")
                .preconditioned()
                .problems(&[K::ItemNotFound])
                .status(204)
                .answer(JSON, "Written"),
            delete(write::delete),
        ),
        route(
            writes(
                "/api/v1/environments/{environment}/changes",
                "change_items",
                "Change several items in one commit, or none",
            )
            .method("post")
            .problems(&[K::PreconditionFailed, K::PreconditionRequired, K::ItemNotFound, K::TestFailed])
            .body(JSON, "ChangeItems")
            .answer(JSON, "Written"),
            post(write::changes),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/check/{*key}",
                "check",
                "What would be found if an item's file were this text; nothing is written",
            )
            .method("post")
            .problems(&[K::InvalidKey, K::BodyTooLarge])
            .body(YAML, "")
            .body_may_be_empty()
            .answer(JSON, "CheckedText"),
            post(write::check),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/export/{*key}",
                "export",
                "One item for a process or a tool",
            )
            .tagged()
            .parameter(P::one("format", "The format of the export").words(formats).required())
            .parameter(P::one("prefix", "What every name begins with"))
            .parameter(P::one("names", "The letters of names: upper or keep").pattern("^(upper|keep)$"))
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
            Doc::new(
                "/api/v1/environments/{environment}/history/{*key}",
                "history",
                "The commits that changed an item, newest first",
            )
            .tagged()
            .parameter(P::number("limit", "So many commits at most", 1_000))
            .parameter(
                P::one("before", "Only commits before this one: `next` of the page before")
                    .pattern(COMMIT_PATTERN),
            )
            .problems(missing)
            .problems(&[K::UnknownRevision])
            .answer(JSON, "LogReport"),
            get(history::history),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/blame/{*key}",
                "blame",
                "Where each value of an item came from",
            )
            .tagged()
            .problems(missing)
            .answer(JSON, "BlameReport"),
            get(history::blame),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/schemas/{*key}",
                "schemas",
                "The schemas that describe an item",
            )
            .tagged()
            .problems(missing)
            .answer(JSON, "ItemSchemas"),
            get(forms::schemas),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/findings",
                "findings",
                "What was found in what is served, and what is held back",
            )
            .tagged()
            .parameter(KEYS)
            .problems(missing)
            .answer(JSON, "EnvironmentFindings"),
            get(environments::findings),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/status",
                "status",
                "What waits to be promoted into an environment",
            )
            .tagged()
            .parameter(KEYS)
            .problems(missing)
            .problems(&[K::Refused])
            .answer(JSON, "PlanReport"),
            get(compare::status),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/diff",
                "diff",
                "The differences between two environments",
            )
            .tagged()
            .parameter(
                P::one("against", "The environment on the left side").words(environment_names).required(),
            )
            .parameter(KEYS)
            .parameter(REVISION)
            .problems(missing)
            .problems(&[K::UnknownRevision, K::Refused])
            .answer(JSON, "DiffReport"),
            get(compare::diff),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/promotion",
                "promotion",
                "What a promotion into an environment would do: the plan to send to `promotions`",
            )
            .tagged()
            .parameter(KEYS)
            .problems(missing)
            .problems(&[K::Refused])
            .answer(JSON, "PlanReport"),
            get(promotions::one),
        ),
        route(
            writes(
                "/api/v1/environments/{environment}/promotions",
                "promote",
                "Carry out a plan as it is, or not at all",
            )
            .method("post")
            .problems(&[K::PlanMoved, K::InvalidPath, K::ConfirmationRequired])
            .body(JSON, "Promote")
            .status(201)
            .answer(JSON, "Written"),
            post(promotions::promote),
        ),
        route(
            writes(
                "/api/v1/environments/{environment}/rollbacks",
                "roll_back",
                "Take back what a promotion changed, or restore older values",
            )
            .method("post")
            .problems(&[K::PreconditionFailed, K::PreconditionRequired, K::ItemNotFound])
            .problems(&[K::InvalidPath, K::UnknownRevision])
            .body(JSON, "RollBack")
            .status(201)
            .answer(JSON, "Written"),
            post(rollbacks::roll_back),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/holds",
                "holds",
                "What is recorded not to be promoted into an environment",
            )
            .tagged()
            .answer(JSON, "HoldReport"),
            get(holds::list),
        ),
        route(
            Doc::new("/api/v1/environments/{environment}/holds", "hold", "Record that a value is kept")
                .method("post")
                .parameter(dry_run())
                .problems(&WRITES)
                .problems(&[K::InvalidPath])
                .body(JSON, "Hold")
                .status(201)
                .answer(JSON, "Written"),
            post(holds::hold),
        ),
        route(
            Doc::new("/api/v1/environments/{environment}/holds/{*key}", "release", "Release what is kept")
                .method("delete")
                .parameter(P::one("path", "What is held").required())
                .parameter(dry_run())
                .problems(&WRITES)
                .problems(&[K::InvalidPath, K::ValueNotFound])
                .status(204)
                .answer(JSON, "Written"),
            delete(holds::release),
        ),
        route(
            Doc::new(
                "/api/v1/environments/{environment}/events",
                "events",
                "What changes in an environment, as server-sent events: `ready`, `change` and `reset`",
            )
            .parameter(KEYS)
            .problems(&[K::InvalidKey])
            .answer("text/event-stream", ""),
            get(events),
        ),
        route(
            Doc::new("/api/v1/openapi.json", "description", "This description").answer(JSON, ""),
            get(description),
        ),
        route(
            Doc::new(
                webhook::PATH,
                "pushed",
                "A git host says that a branch moved: the remote is asked at once",
            )
            .method("post")
            .problems(&[K::Forbidden])
            .status(202),
            post(webhook::pushed),
        ),
        route(
            Doc::new("/healthz", "health", "Whether the server runs").answer(JSON, "Health"),
            get(health::live),
        ),
        route(
            Doc::new("/readyz", "readiness", "Whether the server is ready, and how each environment stands")
                .answer(JSON, "Health"),
            get(health::ready),
        ),
        route(
            Doc::new("/metrics", "metrics", "How the server does, in the text form of Prometheus")
                .problems(&[K::Forbidden])
                .answer(TEXT, ""),
            get(health::metrics),
        ),
    ]
}

fn formats() -> Vec<&'static str> {
    Format::ALL.map(Format::name).to_vec()
}

fn environment_names() -> Vec<&'static str> {
    Environment::ALL.map(Environment::name).to_vec()
}

/// What every write takes.
fn dry_run() -> P {
    P::flag("dry-run", "Say what would come of it, and write nothing")
}

/// What is said of a route that writes.
fn writes(path: &'static str, id: &'static str, summary: &'static str) -> Doc {
    Doc::new(path, id, summary).parameter(dry_run()).problems(&WRITES).problems(&[
        K::SecretsNotAllowed,
        K::Findings,
        K::Undecided,
    ])
}

/// The problems of everything that writes.
const WRITES: [K; 10] = [
    K::InvalidBody,
    K::InvalidKey,
    K::ForeignOrigin,
    K::EnvironmentHeldBack,
    K::BodyTooLarge,
    K::UnsupportedMediaType,
    K::RepositoryNotReady,
    K::RepositoryBusy,
    K::RemoteUnavailable,
    K::ReadOnly,
];

/// The routes of other people's protocols, which their own documents describe.
fn dropin_routes() -> impl Iterator<Item = (&'static str, MethodRouter<Arc<Shared>>)> {
    [
        ("/spring/{name}", get(dropin::spring)),
        ("/spring/{name}/{profiles}", get(dropin::spring)),
        ("/spring/{name}/{profiles}/{*label}", get(dropin::spring)),
        ("/argocd/{environment}/api/v1/getparams.execute", post(dropin::parameters)),
    ]
    .into_iter()
}

/// The router of all routes, the page's among them.
pub(super) fn router(shared: Arc<Shared>, page: Router<Arc<Shared>>) -> Router {
    let guarded = axum::middleware::from_fn_with_state(Arc::clone(&shared), guard);
    let empty = Router::new();
    let router =
        routes().into_iter().fold(empty, |router, route| router.route(route.doc.path, route.handler));
    let router = dropin_routes().fold(router, |router, (path, handler)| router.route(path, handler));
    router
        .merge(page)
        .fallback(dropin::fallback)
        // The guard has read the body already, and bounds it.
        .layer(DefaultBodyLimit::disable())
        .layer(guarded)
        .with_state(shared)
}

/// The description of all routes.
#[must_use]
pub fn describe() -> serde_json::Value {
    document(routes().iter().map(|route| &route.doc))
}

async fn description() -> Response {
    let body = describe().to_string();
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
