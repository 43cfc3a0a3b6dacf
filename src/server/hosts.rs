//! The names under which the server may be reached: a page of somebody else that has its own name
//! answered with our address gets nothing.

use std::net::{IpAddr, SocketAddr};

use http::{Request, Version, header, uri::Authority};

use super::forwarded::Proxy;
use super::problem::{Problem, ProblemKind};
use crate::guards::{self, Guard};

/// The allowed names, without ports.
#[derive(Clone, Debug)]
pub(super) struct Hosts(Vec<String>);

impl Hosts {
    /// The names of this machine's own interface, the address that is listened at, and `more`.
    pub(super) fn new(address: SocketAddr, more: &[String]) -> Self {
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into();
        if !address.ip().is_unspecified() {
            names.push(match address.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            });
        }
        names.extend(more.iter().map(|name| name.to_ascii_lowercase()));
        let mut known = std::collections::BTreeSet::new();
        names.retain(|name| known.insert(name.clone()));
        Self(names)
    }

    /// Refuses a request that does not name this server exactly once, and one whose sender asked a proxy
    /// for another.
    pub(super) fn check<B>(&self, request: &Request<B>, proxy: Proxy) -> Result<(), Problem> {
        let mut named = request.headers().get_all(header::HOST).iter();
        let header = named.next();
        let is_once = named.next().is_none();
        let of_address = request.uri().authority().cloned();
        let of_header = header.map(|value| value.to_str().ok().and_then(|text| text.parse().ok()));
        let is_ours = |authority: &Authority| {
            let name = authority.host().to_ascii_lowercase();
            let has_user = authority.as_str().contains('@');
            !has_user && self.0.contains(&name)
        };
        let is_right = match (of_address, of_header) {
            (Some(address), Some(Some(header))) => is_ours(&address) && is_ours(&header),
            // HTTP/2 has the name in the address alone.
            (Some(address), None) => is_ours(&address) && request.version() == Version::HTTP_2,
            (None, Some(Some(header))) => is_ours(&header),
            (_, Some(None)) | (None, None) => false,
        };
        let is_forwarded_right =
            proxy.host(request.headers()).is_none_or(|said| said.as_ref().is_some_and(is_ours));
        if (is_right && is_once && is_forwarded_right) || guards::off(Guard::HostName) {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::MisdirectedRequest,
            "the request does not name this server as its host",
        )
        .with_help(format!("send one Host header with one of {}", self.0.join(", "))))
    }
}

/// Refuses a request by which another site's page would change something. One that no browser sent says
/// neither whence it comes nor how, and passes.
///
/// # Errors
/// `foreign-origin`.
pub(super) fn require_own_origin<B>(request: &Request<B>, proxy: Proxy) -> Result<(), Problem> {
    if request.method().is_safe() {
        return Ok(());
    }
    let headers = request.headers();
    let host = proxy.known_as(request);
    let is_own = |origin: &str| {
        let origin = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let origin = origin.and_then(|origin| origin.parse::<Authority>().ok());
        origin.is_some_and(|origin| Some(origin) == host)
    };
    let origins = headers.get_all(header::ORIGIN).iter();
    let mut sites = headers.get_all("sec-fetch-site").iter();
    let is_right = origins.map(|value| value.to_str().unwrap_or_default()).all(is_own)
        && sites.all(|site| site == "same-origin" || site == "none");
    if is_right || guards::off(Guard::OwnOrigin) {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::ForeignOrigin, "the page of another site sent this")
        .with_help("send it from a page of this server, or from a program"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_known_name_is_asked_for() {
        let address = "127.0.0.1:7878".parse().expect("an address");
        let hosts = Hosts::new(address, &["Terrace.example.com".to_owned()]);
        for (uri, named, is_right) in [
            ("/", &["localhost:7878"][..], true),
            ("/", &["LOCALHOST"], true),
            ("/", &["127.0.0.1:1"], true),
            ("/", &["[::1]:7878"], true),
            ("/", &["terrace.example.com"], true),
            ("/", &["evil.example.com"], false),
            ("/", &["localhost.evil.example.com"], false),
            ("/", &["evil@localhost"], false),
            ("/", &["local host"], false),
            ("/", &[], false),
            ("/", &["localhost", "localhost"], false),
            ("http://evil.example.com/", &["localhost"], false),
            ("http://localhost/", &["evil.example.com"], false),
            ("http://localhost/", &["localhost"], true),
        ] {
            let mut request = Request::builder().uri(uri);
            for name in named {
                request = request.header(header::HOST, *name);
            }
            let request = request.body(()).expect("a request");
            assert_eq!(hosts.check(&request, Proxy::None).is_ok(), is_right, "{uri} {named:?}");
        }
    }

    #[test]
    fn behind_a_proxy_its_word_counts_too() {
        let address = "127.0.0.1:7878".parse().expect("an address");
        let hosts = Hosts::new(address, &["terrace.example.com".to_owned()]);
        for (host, forwarded, is_right) in [
            ("127.0.0.1:7878", "terrace.example.com", true),
            ("127.0.0.1:7878", "evil.example.com, terrace.example.com", true),
            ("127.0.0.1:7878", "evil.example.com", false),
            ("127.0.0.1:7878", "", false),
            // A page whose own name was answered with our address may say what it likes.
            ("evil.example.com", "terrace.example.com", false),
        ] {
            let request = Request::builder().method("PUT").uri("/").header("host", host);
            let request = request.header("x-forwarded-host", forwarded);
            let request =
                request.header("origin", "https://terrace.example.com").body(()).expect("a request");
            assert_eq!(hosts.check(&request, Proxy::Believed).is_ok(), is_right, "{host} {forwarded}");
            let own = require_own_origin(&request, Proxy::Believed).is_ok();
            assert_eq!(own, forwarded.ends_with("terrace.example.com"), "{host} {forwarded}");
            assert!(require_own_origin(&request, Proxy::None).is_err(), "{host} {forwarded}");
            assert_eq!(
                hosts.check(&request, Proxy::None).is_ok(),
                host != "evil.example.com",
                "{host} {forwarded}"
            );
        }
    }

    #[test]
    fn what_changes_something_is_sent_by_us_or_by_no_browser() {
        for (method, headers, is_right) in [
            ("PUT", &[][..], true),
            ("PUT", &[("sec-fetch-mode", "cors")], true),
            ("PUT", &[("origin", "http://localhost:7878")], true),
            ("PUT", &[("origin", "https://localhost:7878"), ("sec-fetch-site", "same-origin")], true),
            ("PUT", &[("origin", "http://localhost:3000")], false),
            ("PUT", &[("origin", "null")], false),
            ("PUT", &[("origin", "http://localhost:7878.evil.example.com")], false),
            ("PUT", &[("origin", "http://localhost:7878"), ("origin", "http://evil.example.com")], false),
            ("POST", &[("sec-fetch-site", "same-site")], false),
            ("DELETE", &[("sec-fetch-site", "cross-site")], false),
            ("PATCH", &[("sec-fetch-site", "none")], true),
            ("GET", &[("sec-fetch-site", "cross-site"), ("origin", "http://evil.example.com")], true),
        ] {
            let mut request = Request::builder().method(method).uri("/").header("host", "localhost:7878");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(()).expect("a request");
            assert_eq!(require_own_origin(&request, Proxy::None).is_ok(), is_right, "{method} {headers:?}");
        }
    }
}
