//! The style sheet and the script: in the binary, and under names that change with them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::server::tokens;

/// A file of ours.
pub(super) struct Asset {
    /// Its name, which tells its content.
    name: String,
    form: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, form: &'static str, text: &'static str) -> Self {
        let digest: String = tokens::digest(text).chars().take(16).collect();
        Self { name: format!("{stem}.{digest}.{ending}"), form, text }
    }

    /// Where it is.
    pub(super) fn address(&self) -> String {
        format!("/ui/assets/{}", self.name)
    }
}

/// The style sheet.
pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("page", "css", "text/css; charset=utf-8", include_str!("assets/page.css")));

/// The script.
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("page", "js", "text/javascript; charset=utf-8", include_str!("assets/page.js"))
});

/// The sign in the tab.
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

pub(super) async fn asset(Path(file): Path<String>) -> Response {
    let all = [&*STYLE, &*SCRIPT, &*ICON];
    let Some(found) = all.into_iter().find(|asset| asset.name == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = found.text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(found.form));
    let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, for_ever);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_style_keep_within_their_budgets() {
        assert!(SCRIPT.text.len() <= 12 * 1024, "the script has {} bytes", SCRIPT.text.len());
        assert!(STYLE.text.len() <= 20 * 1024, "the style sheet has {} bytes", STYLE.text.len());
    }
}
