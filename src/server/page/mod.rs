//! The page: what people look at and choose from, below `/ui`.
//!
//! It is a door to the API's own routes: what it shows and what it writes goes through them, with the
//! rights of who asks, so that nothing can be seen or done here that a program could not. The
//! environment stands in every address; nothing remembers one. Values are masked always, also for who
//! may read secrets. Everything works without a script; the script opens rows in place, tells of
//! changes, and checks a text while it is typed.

mod ask;
mod assets;
mod bytes;
mod chooser;
mod document;
mod edit;
mod fields;
mod findings;
mod form;
mod frame;
mod help;
mod history;
mod item;
pub(super) mod judgements;
mod overview;
mod pipeline;
mod promotion;
mod promotion_form;
mod rollback;
mod rollback_plan;
pub(super) mod send;
pub(super) mod session;
mod sign_in;
mod stale;
mod value_form;
mod visit;
mod words;
pub(super) mod wrong;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::state::Shared;

/// The routes of the page.
pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/ui", get(chooser::to_chooser))
        .route("/ui/", get(chooser::chooser))
        .route("/ui/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/ui/sign-out", post(sign_in::sign_out))
        .route("/ui/overview", get(overview::overview))
        .route("/ui/fragments/items/{*key}", get(overview::fragment))
        .route("/ui/pipeline", get(pipeline::pipeline))
        .route("/ui/assets/{file}", get(assets::asset))
        .route("/ui/{environment}", get(chooser::environment))
        .route("/ui/{environment}/items/{*key}", get(item::item))
        .route("/ui/{environment}/edit/{*key}", get(edit::form).post(edit::save))
        .route("/ui/{environment}/form/{*key}", get(value_form::form).post(value_form::save))
        .route("/ui/{environment}/check/{*key}", post(edit::check))
        .route("/ui/{environment}/history/{*key}", get(history::history))
        .route("/ui/{environment}/rollback/{*key}", get(rollback::plan).post(rollback::roll_back))
        .route("/ui/{environment}/findings", get(findings::findings))
        .route("/ui/{environment}/promote", get(promotion::plan).post(promotion_form::promote))
        .route("/ui/{environment}/events", get(ask::events))
        .layer(axum::middleware::from_fn(send::finish))
}
