//! What a proxy says of those for whom it asks: believed where one stands before the server, and then
//! the last of each header alone, which is what the proxy itself wrote.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, Request, header, uri::Authority};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Whether a proxy stands before the server, whose word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proxy {
    /// None does: its headers are anybody's.
    None,
    /// One does.
    Believed,
}

impl Proxy {
    /// Its last word, which is empty where it cannot be read; nothing where it said none.
    fn said<'h>(self, headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
        let Self::Believed = self else { return None };
        let last = headers.get_all(name).iter().next_back()?.to_str().unwrap_or_default();
        last.rsplit(',').next().map(str::trim)
    }

    /// The address from which a request comes.
    pub(super) fn address<B>(self, request: &Request<B>) -> Option<IpAddr> {
        let said = self.said(request.headers(), &FOR).and_then(|said| said.parse().ok());
        said.or_else(|| request.extensions().get::<Peer>().map(|peer| peer.0))
    }

    /// The host that was asked for where that is another than the request names; `Some(None)` where the
    /// proxy's word is none.
    pub(super) fn host(self, headers: &HeaderMap) -> Option<Option<Authority>> {
        self.said(headers, &HOST).map(|said| said.parse().ok())
    }

    /// The host under which the sender knows the server.
    pub(super) fn known_as<B>(self, request: &Request<B>) -> Option<Authority> {
        if let Some(said) = self.host(request.headers()) {
            return said;
        }
        let header = request.headers().get(header::HOST);
        let header = header.and_then(|value| value.to_str().ok()?.parse::<Authority>().ok());
        request.uri().authority().cloned().or(header)
    }

    /// Whether the sender speaks TLS with the proxy.
    pub(super) fn is_tls(self, headers: &HeaderMap) -> bool {
        self.said(headers, &PROTO).is_some_and(|said| said.eq_ignore_ascii_case("https"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().uri("/").header("host", "127.0.0.1:7878");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).expect("a request");
        request.extensions_mut().insert(Peer([10, 0, 0, 9].into()));
        request
    }

    #[test]
    fn the_last_word_counts_and_only_behind_a_proxy() {
        for (headers, address) in [
            (&[][..], "10.0.0.9"),
            (&[("x-forwarded-for", "192.0.2.7")], "192.0.2.7"),
            (&[("x-forwarded-for", "1.1.1.1, 192.0.2.7")], "192.0.2.7"),
            (&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2001:db8::7")], "2001:db8::7"),
            (&[("x-forwarded-for", "1.1.1.1, unknown")], "10.0.0.9"),
        ] {
            let request = request(headers);
            let address = Some(address.parse().expect("an address"));
            assert_eq!(Proxy::Believed.address(&request), address, "{headers:?}");
            assert_eq!(Proxy::None.address(&request), Some([10, 0, 0, 9].into()), "{headers:?}");
        }
        for (headers, host, is_tls) in [
            (&[][..], Some("127.0.0.1:7878"), false),
            (
                &[("x-forwarded-host", "a.example.com"), ("x-forwarded-proto", "https")],
                Some("a.example.com"),
                true,
            ),
            (
                &[("x-forwarded-host", "evil.example.com, a.example.com:8443")],
                Some("a.example.com:8443"),
                false,
            ),
            (&[("x-forwarded-host", "not a host"), ("x-forwarded-proto", "https, http")], None, false),
        ] {
            let request = request(headers);
            let host = host.map(|host| host.parse::<Authority>().expect("a host"));
            assert_eq!(Proxy::Believed.known_as(&request), host, "{headers:?}");
            assert_eq!(Proxy::Believed.is_tls(request.headers()), is_tls, "{headers:?}");
            let own = Proxy::None.known_as(&request).expect("a host");
            assert_eq!((own.as_str(), Proxy::None.is_tls(request.headers())), ("127.0.0.1:7878", false));
        }
        // What cannot be read is not taken for nothing said.
        let mut request = request(&[]);
        request.headers_mut().insert(HOST, http::HeaderValue::from_bytes(b"\xff").expect("a value"));
        assert_eq!(Proxy::Believed.host(request.headers()), Some(None));
    }
}
