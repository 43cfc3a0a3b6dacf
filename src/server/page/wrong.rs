//! [`Wrong`]: why a visit is not answered as asked, as a page.

use axum::response::{IntoResponse, Response};
use maud::html;

use super::document;
use crate::server::problem::{Problem, ProblemKind};

/// Why a visit is not answered as asked.
pub(in crate::server) struct Wrong {
    pub(super) problem: Box<Problem>,
    /// Where to go on: addresses, and what they are called.
    pub(super) links: Vec<(String, String)>,
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        let sign_in =
            (problem.kind == ProblemKind::Forbidden).then_some(("/ui/sign-in", "sign in with another token"));
        let links = sign_in.into_iter().chain([("/ui/overview", "overview")]);
        let links = links.map(|(address, name)| (address.to_owned(), name.to_owned())).collect();
        Self { problem: Box::new(problem), links }
    }
}

impl Wrong {
    pub(in crate::server) fn with_link(
        mut self,
        address: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        self.links.insert(0, (address.into(), name.into()));
        self
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let Self { problem, links } = self;
        let body = html! {
            h1 { (problem.kind.title()) }
            (document::problem(&problem))
            ul.links { @for (address, name) in &links { li { a href=(address) { (name) } } } }
        };
        document::bare(problem.kind.status(), problem.kind.title(), &body)
    }
}
