//! The secrets in files that a text holds: settings, YAML, `.npmrc`, `.netrc`, `.pgpass`, and what keeps
//! a user's password in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::looks::{is_literal_password, refers};
use super::names::{self, Family, Name};
use super::no_secret::is_other_than;

/// The literal secrets in the lines of a text, `name: value` or `name=value`, and in its elements of XML.
pub(super) fn secrets_in_lines(text: &str) -> impl Iterator<Item = &str> {
    let is_file = text.contains('\n');
    let in_lines = text.lines().filter_map(move |line| {
        let line = line.trim_start_matches([' ', '\t', '-', '#', ';']);
        pgpass(line).or_else(|| setting(line.strip_prefix("export ").unwrap_or(line), is_file))
    });
    in_lines.chain(in_elements(text))
}

/// The secrets in elements of XML: `<password>x</password>`.
fn in_elements(text: &str) -> impl Iterator<Item = &str> {
    let closes = text.split('<').skip(1).map(|tag| tag.starts_with('/'));
    text.split('<').zip(closes).filter(|(_, is_closed)| *is_closed).filter_map(|(element, _)| {
        let (name, value) = element.split_once('>')?;
        let Name::Secret(family) = names::read(name.split(char::is_whitespace).next()?) else { return None };
        let value = value.trim();
        (!value.contains(char::is_whitespace) && is_spelt_out(value, family)).then_some(value)
    })
}

/// The secret that a line sets. One line alone that has a colon may be a sentence.
fn setting(line: &str, is_file: bool) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-./:@[]\"'".contains(c);
    let at = line.find(|c: char| !is_part(c) || c == ':').map(|at| match line.get(at..) {
        // Of an address in the name of a setting, the last colon counts.
        Some(rest) if rest.starts_with(':') && line.starts_with("//") => line.find('=').unwrap_or(at),
        _ => at,
    })?;
    let (name, rest) = line.split_at(at);
    let value = rest.trim_start();
    let value =
        value.strip_prefix('=').or_else(|| value.strip_prefix(": ").filter(|_| is_file && value == rest))?;
    let Name::Secret(family) = names::read(name.trim_matches(['"', '\''])) else { return None };
    let value = value.split(" #").next()?.trim().trim_end_matches([',', ';']);
    let text = value.trim_matches(['"', '\'']);
    let is_bare = text.len() == value.len();
    let is_said = is_bare && (text.contains(char::is_whitespace) || is_expression(text));
    (!is_said && is_spelt_out(text, family)).then_some(text)
}

/// Whether a text takes a secret from elsewhere, as programs and Terraform do: `var.token`,
/// `os.environ["TOKEN"]`, `random_password.db.result`.
fn is_expression(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && name.chars().all(is_part)
    };
    let path = text.split('[').next().unwrap_or_default();
    let names: Vec<&str> = path.split('.').collect();
    let roots = ["var", "local", "data", "module", "input", "env", "process", "os", "self", "this", "config"];
    let speaks = |name: &&str| !matches!(names::read(name), Name::Plain);
    names.len() > 1
        && names.iter().all(|name| is_name(name) || name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        && (names.first().is_some_and(|root| roots.contains(root)) || names.iter().any(speaks))
}

/// The password in `host:port:database:user:password`.
fn pgpass(line: &str) -> Option<&str> {
    let mut parts = line.trim_end().splitn(5, ':');
    let (host, port) = (parts.next()?, parts.next()?);
    let (database, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.*".contains(c))
    };
    let is_port = port == "*" || (port.len() == 4 && port.bytes().all(|b| b.is_ascii_digit()));
    let are_names = is_name(host) && is_name(database) && is_name(user);
    let is_word = !password.contains([' ', '/', ':']);
    (is_port && are_names && is_word && is_spelt_out(password, Family::Password)).then_some(password)
}

fn is_spelt_out(text: &str, family: Family) -> bool {
    let types = ["string", "text", "integer", "number", "boolean", "object", "array", "any", "id", "uuid"];
    let is_type = types.contains(&text.trim_end_matches(['!', '?']).to_ascii_lowercase().as_str());
    let is_call = text.contains(['(', '`']) || text.starts_with(['*', '&', '|', '>', '!', '@', '[']);
    !is_type && !is_call && is_literal_password(text) && !refers(text) && !is_other_than(family, text)
}

/// The password behind a user's name that is filled in, in a text that is nothing else:
/// `${DB_USER}:hunter2`.
pub(super) fn password_behind_user(text: &str) -> Option<&str> {
    let brackets = [("${", "}"), ("{{", "}}"), ("%{", "}"), ("$(", ")"), ("$", "")];
    let (open, close) = brackets.into_iter().find(|(open, _)| text.starts_with(open))?;
    let inner = text.strip_prefix(open)?;
    let (user, password) = match close {
        "" => inner.split_once(':')?,
        close => inner.split_once(close).and_then(|(user, rest)| Some((user, rest.strip_prefix(':')?)))?,
    };
    let user = user.split([':', '|', '-']).next()?.trim().trim_matches(['\'', '"', ')']);
    let user = user.rsplit(['.', '_', '\'', '(', '$']).next()?.to_ascii_lowercase();
    let is_user = ["user", "username", "login", "account", "uid"].iter().any(|end| user.ends_with(end));
    let is_word = password.len() >= 4
        && !password.contains(|c: char| c.is_whitespace() || "/:=;,&?@{}<>".contains(c))
        && !password.chars().all(|c| c.is_ascii_digit())
        && !password.chars().all(char::is_alphabetic);
    (is_user && is_word && is_literal_password(password)).then_some(password)
}

/// The words of a text that are a user's name and password in base64, as `auth` in Docker's configuration and
/// the scheme `Basic` have it.
pub(super) fn accounts_in_base64(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    text.split(move |c| !is_part(c)).filter(|word| is_account(word))
}

/// In base64 no account is told from a word that is shorter.
pub(super) const SHORTEST_ACCOUNT: usize = 16;

fn is_account(word: &str) -> bool {
    let is_long = (SHORTEST_ACCOUNT..=256).contains(&word.len()) && word.len().is_multiple_of(4);
    let decoded = is_long.then(|| STANDARD.decode(word).ok()).flatten();
    let account = decoded.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
    account.and_then(|account| account.split_once(':')).is_some_and(|(user, password)| {
        let is_name =
            user.len() > 1 && user.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@+$|\\".contains(c));
        let is_word = password.len() > 2
            && password.chars().all(|c| c.is_ascii_graphic())
            && !password.starts_with('/')
            && !password.bytes().all(|b| b.is_ascii_digit());
        is_name && is_word && is_literal_password(password)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_a_text_show_their_secrets() {
        for (text, secret) in [
            ("url=x\ndb.password=hunter2\n", Some("hunter2")),
            ("db:\n  user: app\n  password: hunter2\n", Some("hunter2")),
            ("db:\n  password: \"hunter2\"\n", Some("hunter2")),
            ("# password: hunter2\nx: 1\n", Some("hunter2")),
            ("x: 1\npassword: hunter2 # of the app\n", Some("hunter2")),
            ("//registry.example.com/:_authToken=abc123", Some("abc123")),
            ("a=1\n//registry.example.com/:_authToken=abc123\n", Some("abc123")),
            ("export API_TOKEN=abc123\nrun\n", Some("abc123")),
            ("[db]\npassword = 'hunter2'\n", Some("hunter2")),
            ("# host:port\ndb.example.com:5432:shop:app:hunter2\n", Some("hunter2")),
            ("a\n*:*:*:app:hunter2\n", Some("hunter2")),
            ("db:5432:shop:app:hunter2", Some("hunter2")),
            ("12:30:10:20:30x", None),
            ("password: ${PW}\nx: 1\n", None),
            ("password: string\ntoken: {{ x }}\n", None),
            ("password = get(\"x\")\ny\n", None),
            ("password: must have 12 letters\nx\n", None),
            ("token_url: abc123\nx\n", None),
            ("token = var.token\nx\n", None),
            ("token = os.environ[\"TOKEN\"]\nx\n", None),
            ("token = process.env.TOKEN;\nx\n", None),
            ("password = random_password.db.result\nx\n", None),
            ("password = \"local.hunter2\"\nx\n", Some("local.hunter2")),
            ("password = hunter.two\nx\n", Some("hunter.two")),
            ("password: String!\ntoken: ID\n", None),
            ("password_file=/run/x1\nx\n", None),
            ("password: !vault |\n  abc123\n", None),
            ("location /x {\n  proxy_pass http://app1;\n}\n", None),
            ("http://a:8080\nb:c\n", None),
            ("one line of password: hunter2", None),
            ("password: hunter2", None),
            ("db_password = \"hunter2\"", Some("hunter2")),
            ("<server><id>a</id><password>hunter2</password></server>", Some("hunter2")),
            ("<password>${PW}</password><token/>", None),
            ("a <token> b", None),
        ] {
            assert_eq!(secrets_in_lines(text).next(), secret, "{text}");
        }
    }

    #[test]
    fn a_password_stands_behind_a_user_that_is_filled_in() {
        for (text, password) in [
            ("${USER}:hunter2", Some("hunter2")),
            ("${DB_USER:-app}:hunter2", Some("hunter2")),
            ("{{ .Values.username }}:hunter2", Some("hunter2")),
            ("%{hiera('http_username')}:hunter2", Some("hunter2")),
            ("$(DB_USER):hunter2", Some("hunter2")),
            ("$USER:hunter2", Some("hunter2")),
            ("${USER}:${PW}", None),
            ("${USER}:staff", None),
            ("${USER}:1000", None),
            ("${HOST}:v1.2.3", None),
            ("${IMAGE}:hunter2", None),
            ("%{hiera('http_username')}:%{hiera('http_password')}", None),
            ("x ${USER}:hunter2", None),
        ] {
            assert_eq!(password_behind_user(text), password, "{text}");
        }
    }

    #[test]
    fn an_account_in_base64_is_known() {
        for (text, is_account) in [
            ("YWRtaW46aHVudGVyMnh5eg==", true),
            (r#"{"auths": {"r": {"auth": "YWRtaW46aHVudGVyMnh5eg=="}}}"#, true),
            ("Basic YWRtaW46aHVudGVyMnh5eg==", true),
            ("cm9ib3Q6ZGNrci1YazI5ZmpBOA==", true),
            ("bG9jYWxob3N0OjU0MzI=", false),
            ("aHR0cHM6Ly9leGFtcGxlLmNvbQ==", false),
            ("aGVsbG8sIHdvcmxkIGFuZCBhbGw=", false),
            ("authorizationUrl", false),
            ("0123456789abcdef", false),
            ("d41d8cd98f00b204e9800998ecf8427e", false),
        ] {
            assert_eq!(accounts_in_base64(text).next().is_some(), is_account, "{text}");
        }
    }
}
