//! The names under which the server may be reached: a page of somebody else that has its own name
//! answered with our address gets nothing.

use std::net::{IpAddr, SocketAddr};

use http::{Request, Version, header, uri::Authority};

use super::problem::{Problem, ProblemKind};

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

    /// Refuses a request that does not name this server exactly once.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Problem> {
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
        if is_right && is_once {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::MisdirectedRequest,
            "the request does not name this server as its host",
        )
        .with_help(format!("send one Host header with one of {}", self.0.join(", "))))
    }
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
            assert_eq!(hosts.check(&request).is_ok(), is_right, "{uri} {named:?}");
        }
    }
}
