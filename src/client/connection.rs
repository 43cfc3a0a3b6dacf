//! One server: its address, the token, and requests to it that go nowhere else.

use std::fmt;
use std::time::Duration;

use ureq::http::{Method, Request, Response, Uri, header};
use ureq::{AsSendBody, Body};

use super::error::{ClientError, ClientErrorKind};
use crate::model::CommitId;

/// Redirects within the server that a read follows at most.
const REDIRECTS: usize = 5;

/// The largest answer that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Scheme, host and port.
    origin: String,
    /// What stands before the server's own paths; without `/` at its end.
    base: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, ClientError> {
        let wrong = |what: &str| {
            let shown = text.split_once('@').map_or(text, |(_, host)| host);
            ClientError::new(ClientErrorKind::Usage, format!("`{shown}` is no address of a server: {what}"))
                .with_help("give one such as https://config.example.com")
        };
        let uri: Uri = text.parse().map_err(|_| wrong("it cannot be read"))?;
        let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme));
        let scheme = scheme.ok_or_else(|| wrong("it begins with neither https:// nor http://"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?.as_str();
        if authority.contains('@') {
            return Err(wrong("who asks is said by a token").with_help("give the secret to `token`"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(wrong("it has a query or a fragment"));
        }
        let origin = format!("{scheme}://{}", authority.to_ascii_lowercase());
        Ok(Self { origin, base: uri.path().trim_end_matches('/').to_owned() })
    }

    /// The path within this server to which an answer points.
    fn within<'l>(&self, location: &'l str) -> Option<&'l str> {
        let rest = location.strip_prefix(&self.origin).unwrap_or(location);
        (rest.starts_with('/') && !rest.starts_with("//")).then_some(rest)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.base)
    }
}

/// A secret, which is not shown.
#[derive(Clone)]
pub(super) struct Token(pub(super) String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A server, and who asks.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) agent: ureq::Agent,
    pub(super) address: Address,
    pub(super) token: Option<Token>,
    /// An answer is there after so long, beyond what it may wait.
    pub(super) timeout: Duration,
}

/// A request below `/api/v1`.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) headers: Vec<(&'static str, String)>,
    /// The media type of the content, and the content.
    pub(super) content: Option<(&'static str, Vec<u8>)>,
    /// The server may take so long before it answers.
    pub(super) wait: Duration,
}

/// An answer that is a success, or that nothing has changed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) commit: Option<CommitId>,
    pub(super) body: Vec<u8>,
}

impl Connection {
    /// Sends a request, and follows where the server points within itself when it only reads.
    pub(super) fn send(&self, asked: &Asked<'_>) -> Result<Answer, ClientError> {
        let mut path = format!("{}/api/v1{}", self.address.base, asked.path);
        for _ in 0..=REDIRECTS {
            let mut response = self.once(asked, &path)?;
            let (status, headers) = (response.status().as_u16(), response.headers());
            let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            if let 301 | 302 | 303 | 307 | 308 = status {
                let location = text("location").unwrap_or_default().to_owned();
                let to = self.address.within(&location).filter(|_| asked.method == Method::GET);
                path = to.ok_or_else(|| self.redirected(status, &location))?.to_owned();
                continue;
            }
            let form = text("content-type").unwrap_or_default().to_ascii_lowercase();
            let (etag, commit) = (text("etag").map(str::to_owned), text("terrace-commit"));
            let commit = commit.and_then(|id| id.parse().ok());
            let retry_after = text("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
            let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
            let body = body.map_err(|error| self.unreachable(error))?;
            return match status {
                200..=299 | 304 => Ok(Answer { status, etag, commit, body }),
                _ => {
                    let is_problem = form.starts_with("application/problem+json");
                    Err(ClientError::of_answer(status, is_problem, &body, retry_after))
                }
            };
        }
        Err(self.redirected(302, "itself, again and again"))
    }

    fn once(&self, asked: &Asked<'_>, path: &str) -> Result<Response<Body>, ClientError> {
        let mut request =
            Request::builder().method(&asked.method).uri(format!("{}{path}", self.address.origin));
        for (name, value) in &asked.headers {
            request = request.header(*name, value.as_bytes());
        }
        if let Some(Token(token)) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let unsendable = |error| {
            ClientError::new(
                ClientErrorKind::Usage,
                "the token or the message has a line break or control character",
            )
            .with_help("give both on one line")
            .with_source(error)
        };
        match &asked.content {
            None => self.run(request.body(()).map_err(unsendable)?, asked.wait),
            Some((form, content)) => {
                let request = request.header(header::CONTENT_TYPE, *form).body(content.as_slice());
                self.run(request.map_err(unsendable)?, asked.wait)
            }
        }
    }

    fn run(&self, request: Request<impl AsSendBody>, wait: Duration) -> Result<Response<Body>, ClientError> {
        let request = self.agent.configure_request(request);
        let request = request.timeout_global(Some(self.timeout + wait)).build();
        self.agent.run(request).map_err(|error| self.unreachable(error))
    }

    fn redirected(&self, status: u16, location: &str) -> ClientError {
        let detail = format!("{} points elsewhere ({location}), which is not followed", self.address);
        ClientError::new(ClientErrorKind::Redirected, detail)
            .with_status(status)
            .with_help("give the address at which the server answers by itself")
    }

    fn unreachable(&self, error: ureq::Error) -> ClientError {
        let detail = format!("{} cannot be reached: {error}", self.address);
        let is_certificate = match &error {
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => true,
            ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
            _ => false,
        };
        let help = if is_certificate {
            "the server's certificate must be valid for its name; give `root_certificates` where an authority of your own signs it"
        } else {
            "see that the server runs and that the address is right; the same request may succeed later"
        };
        let told = ClientError::new(ClientErrorKind::Unreachable, detail).with_help(help);
        told.with_source(error)
    }
}

/// An agent that verifies certificates, by the web's authorities or these, and follows nothing by itself.
pub(super) fn agent(roots: Option<&[u8]>) -> Result<ureq::Agent, ClientError> {
    let mut tls = ureq::tls::TlsConfig::builder();
    if let Some(pem) = roots {
        let mut certificates = Vec::new();
        for item in ureq::tls::parse_pem(pem) {
            match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(_) => {}
                Err(error) => return Err(no_certificates().with_source(error)),
            }
        }
        if certificates.is_empty() {
            return Err(no_certificates());
        }
        tls = tls.root_certs(ureq::tls::RootCerts::new_with_certs(&certificates));
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(Duration::from_secs(10)))
        .user_agent(concat!("terrace-client/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls.build());
    Ok(config.build().into())
}

fn no_certificates() -> ClientError {
    ClientError::new(ClientErrorKind::Usage, "the text holds no certificates")
        .with_help("give certificates in PEM, beginning with -----BEGIN CERTIFICATE-----")
}

/// A part of an address, with everything escaped that could end it.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_server_and_nothing_else() {
        for (text, expected) in [
            ("https://Config.example.com/", Some("https://config.example.com")),
            ("http://127.0.0.1:7878", Some("http://127.0.0.1:7878")),
            ("http://[::1]:7878/terrace/", Some("http://[::1]:7878/terrace")),
            ("config.example.com", None),
            ("ftp://example.com", None),
            ("https://u:hunter2@example.com", None),
            ("https://example.com/?a=b", None),
            ("https://example.com/#a", None),
            ("", None),
        ] {
            let found = Address::parse(text);
            assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
            assert_eq!(found.ok().map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_paths_of_the_same_server_are_followed() {
        let address = Address::parse("https://a.example/base").expect("an address");
        for (location, expected) in [
            ("/x", Some("/x")),
            ("https://a.example/x?y", Some("/x?y")),
            ("//b.example/x", None),
            ("https://a.example//x", None),
            ("https://a.example.evil/x", None),
            ("https://a.example@evil/x", None),
            ("https://a.example:8443/x", None),
            ("http://a.example/x", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(address.within(location), expected, "{location}");
        }
        assert_eq!(encoded("servers[name=a&b].é"), "servers%5Bname%3Da%26b%5D.%C3%A9");
    }
}
