//! Host names and addresses within the text of a value.
//!
//! This knows what a host looks like, not whose it is.

/// A host with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The host as written, without port and user.
    pub host: &'a str,
    /// What follows the host and port: path, query, fragment.
    pub rest: &'a str,
}

/// Every stretch of characters that a host can be made of: what host globs are tried on.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_host_char(c)).map(|token| token.trim_end_matches('.')).filter(|t| !t.is_empty())
}

/// The addresses that a value holds: of URLs anywhere in the text, else the value itself when it
/// is one host or a list of them.
///
/// `expected` says that the value's key speaks of a host, so that one bare label is a host too.
#[must_use]
pub fn addresses(text: &str, expected: bool) -> Vec<Address<'_>> {
    if text.contains("://") {
        return urls(text);
    }
    let words = text.split([',', ';', ' ', '\t', '\n', '\r']).filter(|word| !word.is_empty());
    let found: Option<Vec<_>> = words.map(|word| bare(word, expected)).collect();
    found.unwrap_or_default()
}

fn is_host_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Schemes whose authority names something else than a host.
const NOT_HOSTS: [&str; 6] = ["s3", "s3a", "s3n", "gs", "file", "op"];

fn urls(text: &str) -> Vec<Address<'_>> {
    let mut found = Vec::new();
    // Where the word ends that the last URL stands in: many URLs may share one word.
    let mut word_end = 0;
    for (at, separator) in text.match_indices("://") {
        let before = text.get(..at).unwrap_or_default();
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if scheme.is_empty() || NOT_HOSTS.contains(&scheme.to_ascii_lowercase().as_str()) {
            continue;
        }
        let start = at + separator.len();
        if start > word_end {
            let after = text.get(start..).unwrap_or_default();
            word_end = start + after.find(char::is_whitespace).unwrap_or(after.len());
        }
        let after = text.get(start..word_end).unwrap_or_default();
        let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
        let rest = after.get(authority.len()..).unwrap_or_default();
        // A user and password may hold anything; several hosts may share one URL.
        let hosts = authority.rsplit('@').next().unwrap_or_default();
        for host in hosts.split(',') {
            let (name, tail) = host.split_at(host.find(|c| !is_host_char(c)).unwrap_or(host.len()));
            // What goes on with other signs is a pattern or a template.
            let ends = tail.is_empty() || tail.starts_with([':', '"', '\'', ')', '>', ';', '`', ']']);
            if !name.is_empty() && ends {
                found.push(Address { host: name, rest });
            }
        }
    }
    found
}

/// A word that is nothing but a host, perhaps with a port and a path.
fn bare(word: &str, expected: bool) -> Option<Address<'_>> {
    let authority = word.split('/').next()?;
    let rest = word.get(authority.len()..)?;
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (authority, None),
    };
    let host = host.strip_prefix("*.").or_else(|| host.strip_prefix('.')).unwrap_or(host);
    let labels: Vec<&str> = host.split('.').collect();
    let fits = |label: &&str| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty() && label.chars().all(allowed) && !label.starts_with('-') && !label.ends_with('-')
    };
    if !labels.iter().all(fits) {
        return None;
    }
    let (first, last) = (labels.first()?, labels.last()?);
    let is_host = match labels.len() {
        1 => (expected && rest.is_empty()) || port.is_some_and(|port| port >= 80),
        _ if expected => !EXTENSIONS.contains(last),
        _ => is_top_label(last) && !is_version(first) && !REVERSED.contains(first),
    };
    is_host.then_some(Address { host, rest })
}

/// Whether a name ends as hosts do: in a country's label or one of the common ones.
fn is_top_label(label: &str) -> bool {
    let is_country = label.len() == 2 && label.chars().all(|c| c.is_ascii_lowercase());
    (is_country || TOP_LABELS.contains(&label)) && !EXTENSIONS.contains(&label)
}

fn is_version(label: &str) -> bool {
    let digits = label.strip_prefix('v').unwrap_or(label);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}

/// First labels of names written the other way round: packages, annotations.
const REVERSED: [&str; 4] = ["com", "org", "net", "io"];

/// Last labels of public and of private hosts.
const TOP_LABELS: [&str; 40] = [
    "agency",
    "app",
    "biz",
    "cloud",
    "cluster",
    "com",
    "company",
    "consul",
    "corp",
    "dev",
    "digital",
    "edu",
    "gov",
    "health",
    "home",
    "host",
    "info",
    "int",
    "internal",
    "intra",
    "intranet",
    "lan",
    "live",
    "local",
    "localdomain",
    "mil",
    "net",
    "network",
    "online",
    "org",
    "page",
    "private",
    "services",
    "shop",
    "site",
    "software",
    "svc",
    "systems",
    "tech",
    "xyz",
];

/// Last labels that make a name a file's.
const EXTENSIONS: [&str; 40] = [
    "cer",
    "cert",
    "cfg",
    "conf",
    "config",
    "crt",
    "css",
    "csv",
    "db",
    "env",
    "gz",
    "html",
    "ini",
    "jar",
    "jks",
    "js",
    "json",
    "jsonnet",
    "key",
    "lock",
    "log",
    "md",
    "pem",
    "pfx",
    "png",
    "properties",
    "py",
    "rb",
    "sh",
    "sql",
    "sqlite",
    "svg",
    "tar",
    "tf",
    "toml",
    "txt",
    "xml",
    "yaml",
    "yml",
    "zip",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        for (text, hosts) in [
            ("db.staging.example.com", vec!["db.staging.example.com"]),
            ("db.staging.example.com:5432/payments", vec!["db.staging.example.com"]),
            ("*.staging.example.com", vec!["staging.example.com"]),
            ("payments.staging.svc:8080", vec!["payments.staging.svc"]),
            ("kafka-dev-0:9092,kafka-dev-1:9092", vec!["kafka-dev-0", "kafka-dev-1"]),
            ("https://a.example.com/x and https://b.example.com", vec!["a.example.com", "b.example.com"]),
            ("jdbc:postgresql://db.example.com:5432/x?ssl=true", vec!["db.example.com"]),
            ("amqps://user:%{hiera('a::b')}@mq.example.com:5671/v", vec!["mq.example.com"]),
            ("mongodb://u:p@m1.example.com:1,m2.example.com:2/db", vec!["m1.example.com", "m2.example.com"]),
            ("registry.example.com/team/app:1.2", vec!["registry.example.com"]),
            ("s3://payments-dev/backups", vec![]),
            ("payments-dev", vec![]),
            ("payments-dev:17", vec![]),
            ("applicationinsights.dev.json", vec![]),
            ("../base/values.dev.yaml", vec![]),
            ("v1.2.3-dev.rc", vec![]),
            ("1.4.0-staging.x", vec![]),
            ("com.example.staging.Client", vec![]),
            ("org.example.dev", vec![]),
            ("govuk-dev@digital.example.gov.uk", vec![]),
            ("moved to dev.example.com last year", vec![]),
            ("-production.cloudapps.digital", vec![]),
            ("10.12.0.1", vec![]),
            ("whitehall_production.assets", vec![]),
            ("delivery.tekton.dev.application", vec![]),
            ("orders.staging.events", vec![]),
            ("^https://docker-images-prod\\.s3[a-z0-9.-]*\\.amazonaws\\.com/x", vec![]),
            ("https://api.${ENV}.example.com https://%{host}/", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<_> = addresses(text, false).iter().map(|address| address.host).collect();
            assert_eq!(found, hosts, "{text}");
        }
        for host in ["db-staging", "podinfo.production"] {
            assert_eq!(addresses(host, true), [Address { host, rest: "" }]);
        }
        let rests = |text| addresses(text, false).iter().map(|address| address.rest).collect::<Vec<_>>();
        assert_eq!(rests("a://b/c://d/e f://g h"), ["/c://d/e", "/e", ""]);
        assert_eq!(rests("a:// b://c"), [""]);
        let many = "a://b/".repeat(100_000);
        assert_eq!(addresses(&many, false).iter().filter(|address| address.host == "b").count(), 100_000);
        assert!(addresses("application.dev.yaml", true).is_empty());
        assert_eq!(addresses("https://x.example.com:8/a/b?c#d", false)[0].rest, "/a/b?c#d");
    }

    #[test]
    fn tokens_are_what_a_host_glob_is_tried_on() {
        let found: Vec<_> = tokens("jdbc:pg://db.example.com.:5432/x_y").collect();
        assert_eq!(found, ["jdbc", "pg", "db.example.com", "5432", "x_y"]);
    }
}
