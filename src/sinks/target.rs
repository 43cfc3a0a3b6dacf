//! [`Target`]: where a publication goes, as it is named on the command line.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use ureq::http::uri::Authority;
use ureq::tls::{Certificate, PemItem, parse_pem};

use crate::model::{Environment, Error, Result, closest};

/// Who asks; never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The certificates of the authorities that sign the store's, PEM; the web's without.
    pub authorities: Option<Vec<u8>>,
}

impl Credentials {
    /// The authorities' certificates, where some were given; `variable` is where they are named.
    ///
    /// # Errors
    /// `Usage` when there is none in the file.
    pub(super) fn certificates(&self, variable: &str) -> Result<Option<Vec<Certificate<'static>>>> {
        let Some(pem) = &self.authorities else { return Ok(None) };
        let certificate = |item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            Ok(_) | Err(_) => None,
        };
        let certificates: Vec<_> = parse_pem(pem).filter_map(certificate).collect();
        if certificates.is_empty() {
            return Err(Error::usage(format!("{variable} names a file that holds no certificates"))
                .with_help("give certificates in PEM, beginning with -----BEGIN CERTIFICATE-----"));
        }
        Ok(Some(certificates))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Where a publication goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Keys of an etcd.
    Etcd {
        /// Whether the connection is encrypted.
        tls: bool,
        /// The host, and the port where it is not the usual one.
        host: String,
        /// What the keys begin with.
        prefix: String,
        /// Who asks.
        credentials: Credentials,
    },
    /// Keys of a redis.
    Redis {
        /// Whether the connection is encrypted.
        tls: bool,
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The number of the database.
        database: i64,
        /// What the keys begin with.
        prefix: String,
        /// Who asks.
        credentials: Credentials,
    },
    /// Kubernetes manifests in a folder.
    Manifests(PathBuf),
}

/// What is advised where an address cannot be read.
const FORMS: &str = "give etcd://HOST/PREFIX, etcds://HOST/PREFIX, redis://HOST/DB?prefix=PREFIX, rediss://HOST/DB?prefix=PREFIX or kubernetes-manifest:DIR";

const SCHEMES: [&str; 5] = ["etcd", "etcds", "redis", "rediss", "kubernetes-manifest"];

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// `Usage`, without user and password.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(folder) = text.strip_prefix("kubernetes-manifest:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            return match folder {
                "" => Err(Error::usage("kubernetes-manifest: names no folder").with_help(FORMS)),
                folder => Ok(Self::Manifests(folder.into())),
            };
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| unknown(text))?;
        // A password ends at the first of these, and its rest stands where nobody looks for one.
        if rest.split_once(['/', '?']).is_some_and(|(_, behind)| behind.contains('@')) {
            return Err(Error::usage("the address has an @ behind the host")
                .with_help("in a user and a password write / as %2F and ? as %3F"));
        }
        match scheme {
            "etcd" | "etcds" => etcd(scheme, rest),
            "redis" | "rediss" => redis(scheme, rest),
            other => Err(unknown(other)),
        }
    }

    /// The same for somebody, where the address names nobody.
    #[must_use]
    pub fn or_credentials(mut self, known: Credentials) -> Self {
        match &mut self {
            Self::Etcd { credentials, .. } | Self::Redis { credentials, .. } => {
                if (&credentials.user, &credentials.password) == (&None, &None) {
                    (credentials.user, credentials.password) = (known.user, known.password);
                }
                credentials.authorities = known.authorities;
            }
            Self::Manifests(_) => {}
        }
        self
    }

    /// The same, a folder being meant from another one.
    #[must_use]
    pub fn from_folder(self, folder: &Path) -> Self {
        match self {
            Self::Manifests(dir) if folder != Path::new(".") => Self::Manifests(folder.join(dir)),
            Self::Manifests(dir) => Self::Manifests(dir),
            Self::Etcd { .. } | Self::Redis { .. } => self,
        }
    }
}

/// Without user and password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Etcd { tls, host, prefix, .. } => {
                write!(f, "etcd{}://{host}/{prefix}", if *tls { "s" } else { "" })
            }
            Self::Redis { tls, host, port, database, prefix, .. } => {
                let scheme = if *tls { "rediss" } else { "redis" };
                write!(f, "{scheme}://{host}:{port}/{database}?prefix={prefix}")
            }
            Self::Manifests(folder) => write!(f, "kubernetes-manifest:{}", folder.display()),
        }
    }
}

fn unknown(scheme: &str) -> Error {
    // Whoever leaves the scheme out may have given a password.
    let shown = scheme.rsplit_once('@').map_or(scheme, |(_, host)| host).escape_debug().to_string();
    let error = Error::usage(format!("`{shown}` is no store to publish to"));
    match closest(scheme, SCHEMES) {
        Some(near) => error.with_help(format!("did you mean `{near}`? {FORMS}")),
        None => error.with_help(FORMS),
    }
}

/// Host, port and who asks.
struct Server {
    host: String,
    port: Option<u16>,
    credentials: Credentials,
}

fn server(scheme: &str, text: &str) -> Result<Server> {
    let (user, host) = match text.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, text),
    };
    let wrong = || {
        let shown = host.escape_debug();
        Error::usage(format!("`{shown}` is no host of {scheme}://")).with_help(FORMS)
    };
    let authority: Authority = host.parse().map_err(|_| wrong())?;
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    if authority.host().is_empty() || has_port && authority.port_u16().is_none() {
        return Err(wrong());
    }
    let credentials = match user {
        Some(user) => credentials(user)?,
        None => Credentials::default(),
    };
    Ok(Server { host: authority.host().to_owned(), port: authority.port_u16(), credentials })
}

fn credentials(text: &str) -> Result<Credentials> {
    let decoded = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        let wrong = || Error::usage("the user or the password of the address is not UTF-8");
        decoded
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| wrong().with_help("write them in UTF-8, escaped by %"))
    };
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    let user = (!user.is_empty()).then(|| decoded(user)).transpose()?;
    Ok(Credentials { user, password: password.map(decoded).transpose()?, authorities: None })
}

fn etcd(scheme: &str, rest: &str) -> Result<Target> {
    if rest.contains(['?', '#']) {
        return Err(Error::usage("an address of etcd ends with the prefix, without ? or #").with_help(FORMS));
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Server { host, port, credentials } = server(scheme, host)?;
    let host = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    Ok(Target::Etcd { tls: scheme == "etcds", host, prefix: prefix(path)?, credentials })
}

fn redis(scheme: &str, rest: &str) -> Result<Target> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, database) = place.split_once('/').unwrap_or((place, ""));
    let Server { host, port, credentials } = server(scheme, host)?;
    let database = match database {
        "" => 0,
        text => {
            let wrong = || Error::usage(format!("`{}` is no number of a database", text.escape_debug()));
            text.parse::<u16>().map_err(|_| wrong().with_help(FORMS))?.into()
        }
    };
    let wanted = query.strip_prefix("prefix=").filter(|text| !text.contains('&'));
    if wanted.is_none() && !query.is_empty() {
        let mut names = query.split('&').map(|part| part.split('=').next().unwrap_or_default());
        let name = names.find(|name| *name != "prefix").unwrap_or("prefix twice").escape_debug().to_string();
        let message = format!("an address of redis has `prefix` alone behind ?, and not `{name}`");
        return Err(Error::usage(message).with_help(FORMS));
    }
    let prefix = prefix(wanted.unwrap_or_default())?;
    let (tls, port) = (scheme == "rediss", port.unwrap_or(6379));
    Ok(Target::Redis { tls, host, port, database, prefix, credentials })
}

/// What names begin with; an environment's own name follows it.
fn prefix(text: &str) -> Result<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        let error = Error::usage("the address has no prefix, under which the keys are written");
        return Err(error.with_help(FORMS));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~:/{}".contains(c);
    if let Some(wrong) = text.chars().find(|c| !fits(*c)) {
        let message = format!("`{}` cannot stand in a prefix", wrong.escape_debug());
        return Err(Error::usage(message).with_help("a prefix has letters, digits and any of -._~:/{}"));
    }
    if let Some(name) = text.split('/').find(|step| step.parse::<Environment>().is_ok()) {
        let message = format!("the prefix names an environment, {name}, and it is for any of them");
        let help = "leave it out: the name of the environment that is published is put behind the prefix";
        return Err(Error::usage(message).with_help(help));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_and_shown_without_passwords() {
        for (text, shown) in [
            ("etcd://etcd.example.com/terrace", "etcd://etcd.example.com/terrace"),
            ("etcds://ann:hunter2@[::1]:2380/a/b/", "etcds://[::1]:2380/a/b"),
            ("etcd://h//terrace", "etcd://h//terrace"),
            ("redis://h?prefix=terrace", "redis://h:6379/0?prefix=terrace"),
            ("redis://:hunter2@h:6380/3?prefix={a}:b", "redis://h:6380/3?prefix={a}:b"),
            ("rediss://:hunter2@h/?prefix=t", "rediss://h:6379/0?prefix=t"),
            ("redis://[::1]:1/?prefix=t", "redis://[::1]:1/0?prefix=t"),
            ("kubernetes-manifest:deploy", "kubernetes-manifest:deploy"),
            ("kubernetes-manifest:///srv/x", "kubernetes-manifest:/srv/x"),
        ] {
            let target = Target::parse(text).expect(text);
            assert_eq!(target.to_string(), shown);
            assert!(!format!("{target:?}").contains("hunter2"));
        }
        let Target::Etcd { credentials, .. } =
            Target::parse("etcd://a%40b:p%3Aq@h/t").expect("a target").or_credentials(Credentials::default())
        else {
            panic!("an etcd");
        };
        assert_eq!(
            (credentials.user.as_deref(), credentials.password.as_deref()),
            (Some("a@b"), Some("p:q"))
        );
    }

    #[test]
    fn what_is_no_target_is_refused_in_a_sentence() {
        for (text, said) in [
            ("", "`` is no store"),
            ("etdc://h/p", "`etdc` is no store"),
            ("u:hunter2@h/p", "`h/p` is no store"),
            ("http://u:hunter2@h/p", "`http` is no store"),
            ("rediss://:hunter2@h:x/0?prefix=a", "is no host of rediss://"),
            ("etcd://u:hunter2@/p", "is no host of etcd://"),
            ("etcd://u:hunter2@h:99999/p", "is no host of etcd://"),
            ("etcd://h:/p", "is no host of etcd://"),
            ("etcd://h", "has no prefix"),
            ("etcd://h/", "has no prefix"),
            ("etcd://h/p?x=y", "without ? or #"),
            ("etcd://h/a b", "cannot stand in a prefix"),
            ("etcd://h/a/production", "the prefix names an environment, production"),
            ("redis://h/0", "has no prefix"),
            ("redis://h/x?prefix=a", "is no number of a database"),
            ("redis://h/0?prefix=a&b=c", "has `prefix` alone behind ?, and not `b`"),
            ("redis://h/0?prefix=a&prefix=b", "and not `prefix twice`"),
            ("redis://u:hunter2/x@h/0?prefix=a", "an @ behind the host"),
            ("redis://u:hunter2?x@h/0?prefix=a", "an @ behind the host"),
            ("redis://u:1/hunter2@h/0?prefix=a", "an @ behind the host"),
            ("etcds://u:hunter2/x@h/p", "an @ behind the host"),
            ("redis://h/0?password=hunter2", "and not `password`"),
            ("kubernetes-manifest:", "names no folder"),
        ] {
            let error = Target::parse(text).expect_err(text);
            assert!(error.message().contains(said), "{text}: {error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            assert!(error.help().is_some(), "{text}");
        }
    }
}
