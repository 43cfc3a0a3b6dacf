//! What every answer of the page has: its policy for browsers, and less bytes where that is wanted.

use std::io::Write;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, header};

/// Nothing but what this server itself sends is run, shown or asked, and nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What is smaller is sent as it is.
const SMALL: usize = 1_024;

/// The largest answer that is looked at.
const LARGEST: usize = 64 * 1024 * 1024;

pub(super) async fn finish(request: Request, next: Next) -> Response {
    let is_wanted = accepts_gzip(request.headers());
    let mut answer = next.run(request).await;
    with_policy(&mut answer);
    let form =
        answer.headers().get(header::CONTENT_TYPE).and_then(|form| form.to_str().ok()).unwrap_or_default();
    if !is_wanted || !(form.starts_with("text/html") || form.contains("css") || form.contains("javascript")) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    // Our own bodies are whole and in memory.
    let bytes = axum::body::to_bytes(body, LARGEST).await.unwrap_or_default();
    match Some(&bytes).filter(|bytes| bytes.len() >= SMALL).and_then(|bytes| compressed(bytes)) {
        Some(less) => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, less.into())
        }
        None => Response::from_parts(parts, bytes.into()),
    }
}

/// Says what a browser may do with an answer.
pub(in crate::server) fn with_policy(answer: &mut Response) {
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // Without a referrer, browsers send forms with `Origin: null`.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::VARY, HeaderValue::from_static("Cookie, Authorization, Accept-Encoding"));
}

fn compressed(bytes: &[u8]) -> Option<Bytes> {
    let mut out = GzEncoder::new(Vec::new(), Compression::new(5));
    out.write_all(bytes).ok()?;
    out.finish().ok().map(Bytes::from)
}

/// Whether a request takes gzip.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut offers = lines.flat_map(|line| line.split(','));
    offers.any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        for (accepted, is_wanted) in [
            ("gzip, deflate, br", true),
            ("br;q=1, GZIP;q=0.5", true),
            ("identity", false),
            ("gzip;q=0", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, accepted.parse().expect("text"))]);
            assert_eq!(accepts_gzip(&headers), is_wanted, "{accepted}");
        }
    }
}
