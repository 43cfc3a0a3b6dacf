//! What a secret looks like: private keys, tokens with a prefix of their own, passwords in URLs;
//! and what looks like a place kept for one.

use super::names;

/// A secret in plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret<'a> {
    /// What it is, as in "a password".
    pub what: &'static str,
    /// The secret itself; no message may hold it.
    pub text: &'a str,
}

/// The letters and digits of a text, in lower case.
pub(super) fn folded(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a text only keeps the place of a secret, or is filled in later.
pub(super) fn stands_in(text: &str) -> bool {
    let bare = folded(text);
    let is_word = |word: &&str| word.eq_ignore_ascii_case(text);
    let is_apart = |rest: &str| rest.starts_with(['-', '_']);
    bare.chars().all(|c| c == 'x')
        || ["none", "null", "nil", "todo", "tbd", "fixme", "unset", "notset", "dummy"]
            .contains(&bare.as_str())
        || ["true", "false", "yes", "no", "on", "off"].iter().any(is_word)
        || ["enabled", "disabled", "required", "optional", "read", "write"].contains(&text)
        || ["changeme", "changeit", "replaceme", "replacewith", "placeholder", "redacted"]
            .iter()
            .any(|word| bare.contains(word))
        || (bare.starts_with("your") && (bare.ends_with("here") || text.get(4..).is_some_and(is_apart)))
        || text.starts_with("__")
        || (is_filled_in(text) && !has_literal(text))
}

/// Whether beside what is filled in stands what looks like a password: behind the colon of a user's name
/// (`${USER}:hunter2`), or a word of letters and digits (`${PREFIX}hunter2`).
fn has_literal(text: &str) -> bool {
    let is_apart = |word: &str| word.contains(|c: char| c.is_whitespace() || "/:=;,&?@{}<>".contains(c));
    let is_mixed = |word: &str| {
        let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
        word.len() >= 6 && has(char::is_ascii_alphabetic) && has(char::is_ascii_digit)
    };
    let is_password = |literal: &str| match literal.strip_prefix(':') {
        Some(word) => word.len() >= 4 && !is_apart(word) && !word.bytes().all(|b| b.is_ascii_digit()),
        None => {
            let word = literal.trim_matches(['-', '_', '.', ':']);
            !is_apart(word) && is_mixed(word) && !word.contains(['-', '_', '.'])
        }
    };
    !text.contains("://") && literals(text).any(is_password)
}

/// What of a text stands outside of `${…}`, `{{…}}`, `%{…}` and `$(…)`.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    const BRACKETS: [(&str, &str); 4] = [("${", "}"), ("{{", "}}"), ("%{", "}"), ("$(", ")")];
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let here = rest?;
        let begins = BRACKETS.iter().filter_map(|(open, close)| Some((here.find(open)?, *close)));
        let Some((at, close)) = begins.min_by_key(|(at, _)| *at) else {
            return rest.take();
        };
        let behind = here.get(at..).and_then(|here| here.split_once(close));
        rest = behind.map(|(_, behind)| behind);
        here.get(..at)
    })
}

/// Whether a text is a template, a variable or a parameter: its value comes from elsewhere.
pub fn is_filled_in(text: &str) -> bool {
    let wrapped =
        |open, close| text.strip_prefix(open).and_then(|text: &str| text.strip_suffix(close)).is_some();
    let name = text.strip_prefix('$').unwrap_or_default();
    let is_variable = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let parameter = text.strip_prefix('%').and_then(|text| text.strip_suffix('%')).unwrap_or_default();
    let is_parameter =
        !parameter.is_empty() && parameter.chars().all(|c| c.is_ascii_alphanumeric() || "._-:()".contains(c));
    // As `printf` and systemd have it.
    let is_format = text.strip_prefix('%').is_some_and(|rest| rest.len() == 1 && rest != "%");
    ["{{", "${", "%{"].iter().any(|open| text.contains(open))
        || ["$(", "<%", "%env("].iter().any(|open| text.starts_with(open))
        || wrapped("((", "))")
        || wrapped("<", ">")
        || wrapped("@", "@")
        || wrapped("[", "]")
        || is_parameter
        || is_format
        || is_variable
}

/// Beginnings of texts that say where a secret is.
const SCHEMES: [&str; 9] =
    ["arn:", "env:", "file:", "keyvault:", "kms:", "projects/", "secretsmanager:", "ssm:", "k8s:"];

/// Whether a text names a secret in a store of a cloud.
#[must_use]
pub fn names_a_stored_secret(text: &str) -> bool {
    let stores = ["arn:aws:secretsmanager:", "arn:aws:ssm:", "keyvault:", "secretsmanager:", "ssm:"];
    stores.iter().any(|store| text.starts_with(store))
}

/// Beginnings of texts that are encrypted, hashed or public.
const PROTECTED: [&str; 13] = [
    "$ANSIBLE_VAULT;",
    "-----BEGIN PGP MESSAGE",
    "-----BEGIN AGE ENCRYPTED",
    "-----BEGIN CERTIFICATE",
    "-----BEGIN PUBLIC KEY",
    "ssh-",
    "$2a$",
    "$2b$",
    "$2y$",
    "$5$",
    "$6$",
    "$argon2",
    "{SHA",
];

/// Ends of the names of files that hold a secret.
const FILES: [&str; 12] =
    [".pem", ".key", ".crt", ".cer", ".p12", ".pfx", ".jks", ".json", ".txt", ".yaml", ".yml", ".pub"];

/// Whether a text says where the secret is, or is of no use to a thief.
pub(super) fn refers(text: &str) -> bool {
    let is_path = |text: &str| {
        let begins = text.starts_with(['/', '~']) || text.starts_with("./") || text.starts_with("../");
        (begins || FILES.iter().any(|end| text.ends_with(end)))
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-~".contains(c))
    };
    // `@/run/token` of curl, `token:/run/app/token` of systemd.
    let is_behind_name = |(name, place): (&str, &str)| {
        name.chars().all(char::is_alphanumeric) && place.matches('/').count() > 1 && is_path(place)
    };
    is_path(text.strip_prefix('@').unwrap_or(text))
        || text.split_once(':').is_some_and(is_behind_name)
        || is_variables_name(text)
        || text.contains("://")
        || SCHEMES.iter().chain(&PROTECTED).any(|beginning| text.starts_with(beginning))
}

/// Whether a text is the name of a variable that holds a secret, such as `DB_PASSWORD`.
fn is_variables_name(text: &str) -> bool {
    let words: Vec<&str> = text.split('_').collect();
    let is_word =
        |word: &&str| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) && !word.is_empty();
    let speaks = |word: &&str| {
        ["PASS", "PWD", "PW", "KEY"].contains(word) || matches!(names::read(word), names::Name::Secret(_))
    };
    text.len() <= 128 && words.len() > 1 && words.iter().all(is_word) && words.iter().any(speaks)
}

/// Whether a text is a name that a secret goes by, such as `api-token` below `secretKey`.
pub(super) fn is_word_for_secret(text: &str) -> bool {
    text.len() <= 64
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && !text.contains(|c: char| c.is_ascii_digit())
        && !matches!(names::read(text), names::Name::Plain)
}

/// Whether a text is a span of time: `30m`, `1h30m`, `15 minutes`, `PT15M`.
pub(super) fn is_duration(text: &str) -> bool {
    let units = [
        "ns", "us", "ms", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes",
        "h", "hr", "hrs", "hour", "hours", "d", "day", "days", "w", "week", "weeks", "month", "months", "y",
        "year", "years",
    ];
    if text.len() > 32 {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let is_iso = text.strip_prefix('P').is_some_and(|rest| {
        rest.contains(|c: char| c.is_ascii_digit())
            && rest.ends_with(|c: char| "YMWDHS".contains(c))
            && rest.chars().all(|c| c.is_ascii_digit() || "YMWDTHS.".contains(c))
    });
    let mut rest = lower.trim();
    while let Some(after) = Some(rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
        .filter(|after| after.len() < rest.len())
    {
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, behind) = after.split_at(end);
        if !units.contains(&unit) {
            return is_iso;
        }
        rest = behind.trim_start();
        if rest.is_empty() {
            return true;
        }
    }
    is_iso
}

/// Whether a text is the address of a host, with or without a port, and nothing else.
pub(super) fn is_address(text: &str) -> bool {
    if text.len() > 255 {
        return false;
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let has_port =
        port.is_some_and(|port| (2..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()));
    if port.is_some() && !has_port {
        return false;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let is_number = |label: &&str| label.len() <= 3 && label.bytes().all(|b| b.is_ascii_digit());
    let top = labels.last().copied().unwrap_or_default();
    let is_name = (2..=13).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_lowercase());
    let known = ["com", "org", "net", "io", "local", "internal", "localhost", "svc", "dev", "cloud"];
    labels.iter().all(is_label)
        && (host == "localhost"
            || (labels.len() == 4 && labels.iter().all(is_number))
            || (has_port && is_name)
            || (labels.len() > 2 && is_name)
            || (labels.len() == 2 && known.contains(&top)))
}

/// Tokens with a shape of their own: what they are, prefix, least length of the rest.
const TOKENS: [(&str, &str, usize); 66] = [
    ("a GitHub token", "ghp_", 36),
    ("a GitHub token", "gho_", 36),
    ("a GitHub token", "ghu_", 36),
    ("a GitHub token", "ghs_", 36),
    ("a GitHub token", "ghr_", 36),
    ("a GitHub token", "github_pat_", 36),
    ("a GitLab token", "glpat-", 20),
    ("a GitLab token", "gldt-", 20),
    ("a GitLab token", "glrt-", 20),
    ("a GitLab token", "glptt-", 20),
    ("a Slack token", "xoxb-", 24),
    ("a Slack token", "xoxp-", 24),
    ("a Slack token", "xoxa-", 24),
    ("a Slack token", "xoxr-", 24),
    ("a Slack token", "xoxs-", 24),
    ("a Slack token", "xapp-", 24),
    ("a Stripe key", "sk_live_", 24),
    ("a Stripe key", "rk_live_", 24),
    ("a Stripe key", "sk_test_", 24),
    ("a Stripe key", "rk_test_", 24),
    ("a webhook's signing key", "whsec_", 24),
    ("an npm token", "npm_", 36),
    ("a PyPI token", "pypi-AgE", 50),
    ("a RubyGems key", "rubygems_", 48),
    ("a SendGrid key", "SG.", 40),
    ("an age key", "AGE-SECRET-KEY-1", 50),
    ("an AWS access key", "AKIA", 16),
    ("an AWS access key", "ASIA", 16),
    ("a Google API key", "AIza", 35),
    ("a Google token", "ya29.", 40),
    ("a Google client secret", "GOCSPX-", 28),
    ("a Vault token", "hvs.", 24),
    ("a Vault token", "hvb.", 24),
    ("a DigitalOcean token", "dop_v1_", 64),
    ("a Docker token", "dckr_pat_", 20),
    ("a Shopify token", "shpat_", 32),
    ("a Square token", "sq0atp-", 22),
    ("a Square secret", "sq0csp-", 40),
    ("an API key", "sk-ant-", 40),
    ("an API key", "sk-proj-", 40),
    ("a Hugging Face token", "hf_", 34),
    ("a Grafana token", "glsa_", 32),
    ("an Atlassian token", "ATATT3", 60),
    ("a GitLab token", "glcbt-", 20),
    ("a GitLab token", "glsoat-", 20),
    ("a DigitalOcean token", "doo_v1_", 64),
    ("a DigitalOcean token", "dor_v1_", 64),
    ("a Shopify secret", "shpss_", 32),
    ("an API key", "sk-svcacct-", 40),
    ("an API key", "sk-or-v1-", 60),
    ("an API key", "gsk_", 48),
    ("an API key", "lin_api_", 40),
    ("an API key", "PMAK-", 59),
    ("a Notion token", "ntn_", 40),
    ("a Doppler token", "dp.st.", 40),
    ("a Pulumi token", "pul-", 40),
    ("a Tailscale key", "tskey-auth-", 20),
    ("a PlanetScale password", "pscale_pw_", 32),
    ("a PlanetScale token", "pscale_tkn_", 32),
    ("a Figma token", "figd_", 40),
    ("an Atlassian token", "ATCTT3", 60),
    ("a private key", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk", 40),
    ("a private key", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS", 40),
    ("a private key", "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS", 40),
    ("a private key", "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ", 40),
    ("a JSON Web Token", "eyJ", 40),
];

/// The secrets that a text is or holds, by their look alone.
pub(super) fn by_look(text: &str) -> impl Iterator<Item = Secret<'_>> {
    // Few texts hold what a look needs: one glance tells for most.
    let holding = |byte: u8| Some(text).filter(|text| memchr::memchr(byte, text.as_bytes()).is_some());
    let long = Some(text).filter(|text| text.len() >= SHORTEST_TOKEN);
    let keys = long.into_iter().flat_map(private_keys).map(|text| Secret { what: "a private key", text });
    let passwords = holding(b'@').into_iter().flat_map(passwords_in_urls);
    let passwords = passwords.map(|text| Secret { what: "a password in a URL", text });
    let connections = holding(b'=').into_iter().flat_map(passwords_in_settings);
    let connections = connections.map(|text| Secret { what: "a password in an address", text });
    let entries = holding(b'{').and(holding(b'"')).into_iter().flat_map(secrets_in_json);
    let entries = entries.map(|text| Secret { what: "a secret in JSON", text });
    let webhooks = long.and(holding(b'/')).into_iter().flat_map(webhooks);
    let webhooks = webhooks.map(|text| Secret { what: "the address of a webhook", text });
    let bearers = long.and(holding(b' ')).into_iter().flat_map(bearers);
    keys.chain(long.into_iter().flat_map(tokens))
        .chain(passwords)
        .chain(connections)
        .chain(bearers)
        .chain(entries)
        .chain(webhooks)
}

/// No token, private key or header's credentials are shorter.
const SHORTEST_TOKEN: usize = 20;

fn tokens(text: &str) -> impl Iterator<Item = Secret<'_>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.split(move |c| !is_part(c)).filter_map(|word| {
        let fits = |(_, prefix, least): &&(&str, &str, usize)| {
            word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *least)
        };
        if word.len() < SHORTEST_TOKEN {
            return None;
        }
        let (what, prefix, _) = TOKENS.iter().find(fits)?;
        let is_genuine = match *prefix {
            "AKIA" | "ASIA" => is_access_key(word),
            "eyJ" => is_web_token(word),
            _ => true,
        };
        let is_example = word.to_ascii_lowercase().contains("example") || is_filler(word, prefix);
        (is_genuine && !is_example).then_some(Secret { what, text: word })
    })
}

fn is_access_key(word: &str) -> bool {
    word.len() == 20 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn is_web_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    matches!(parts.as_slice(), [_, claims, signature] if claims.starts_with("eyJ") && signature.len() >= 20)
}

/// The bodies of private keys that are not themselves encrypted.
fn private_keys(text: &str) -> impl Iterator<Item = &str> {
    text.split("-----BEGIN ").skip(1).filter_map(|block| {
        let (label, body) = block.split_once("-----")?;
        let is_private = label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK");
        let body = body.split("-----END").next()?;
        let is_whole = body.chars().filter(char::is_ascii_alphanumeric).count() >= 40;
        let is_encrypted = label.contains("ENCRYPTED") || body.contains("ENCRYPTED");
        (is_private && is_whole && !is_encrypted).then_some(body)
    })
}

/// Whether behind a prefix there are one or two characters over and over.
fn is_filler(word: &str, prefix: &str) -> bool {
    let rest = word.strip_prefix(prefix).unwrap_or_default();
    let mut seen: Vec<char> = Vec::new();
    rest.chars().all(|c| {
        if !seen.contains(&c) {
            seen.push(c);
        }
        seen.len() < 3
    })
}

/// So far behind `://` a password is looked for.
const AUTHORITY: usize = 1024;

/// The literal passwords in the authorities of URLs.
fn passwords_in_urls(text: &str) -> impl Iterator<Item = &str> {
    let in_urls = text.match_indices("://").filter_map(|(at, separator)| {
        let after = text.get(at + separator.len()..)?;
        let after = after.get(..after.floor_char_boundary(AUTHORITY.min(after.len())))?;
        let authority = after.split(['/', '?', '#', ' ', '\n', '"', '\'']).next()?;
        let whole = || {
            // A slash or a quote in the password that nobody has escaped.
            let word = after.split([' ', '\n', ',']).next()?.split("://").next()?;
            let behind = authority.rsplit_once(':')?.1;
            let is_port = behind.bytes().all(|b| b.is_ascii_digit());
            (!is_port && !authority.contains('@')).then_some(word)
        };
        let (user, _) = authority.rsplit_once('@').or_else(|| whole()?.rsplit_once('@'))?;
        user.split_once(':').map(|(_, password)| password)
    });
    // `app:password@tcp(db:3306)/shop`, as Go writes it.
    let in_calls = ["@tcp(", "@unix(", "@("].into_iter().filter_map(|call| {
        let (user, _) = text.split_once(call).filter(|_| !text.starts_with("jdbc:"))?;
        user.split_once(':').map(|(_, password)| password).filter(|it| !it.contains(char::is_whitespace))
    });
    // `app/password@//db:1521/shop`, as Oracle's drivers have it.
    let in_oracle = text.split("jdbc:oracle:").skip(1).filter_map(|rest| {
        let (user, _) = rest.split_once(':')?.1.split_once('@')?;
        user.split_once('/').map(|(_, password)| password).filter(|it| !it.contains(char::is_whitespace))
    });
    in_urls.chain(in_calls).chain(in_oracle).filter(|password| is_literal_password(password))
}

pub(super) fn is_literal_password(password: &str) -> bool {
    let is_word = |word: &&str| word.eq_ignore_ascii_case(password);
    !password.is_empty()
        && !stands_in(password)
        && !["user", "pass", "password", "pw", "secret", "username", "string"].iter().any(is_word)
        && !password.starts_with(['{', '$', '<', '(', '`'])
        && !is_pattern(password)
        && !["${", "$(", "%(", "{{", "(("].iter().any(|open| password.contains(open))
        && ![('{', '}'), ('<', '>')]
            .iter()
            .any(|(open, close)| password.contains(*open) && password.contains(*close))
        && !password.chars().all(|c| c == '*')
}

/// Whether a text begins as a regular expression does that stands for any password.
fn is_pattern(text: &str) -> bool {
    [".*", ".+", "[^", "[a-z", "[A-Z", "[0-9", "[\\w", "\\S", "\\w", "\\d"]
        .iter()
        .any(|begin| text.starts_with(begin))
}

/// The literal passwords among the settings of a connection, `Server=db;Password=…`, and among the
/// parameters of a URL.
fn passwords_in_settings(text: &str) -> impl Iterator<Item = &str> {
    let are_settings = text.contains("://") || text.matches('=').count() > 1 || is_setting(text);
    let ends = |c: char| c.is_whitespace() || ";&?,\"'".contains(c);
    let parts = are_settings.then(|| text.split(ends)).into_iter().flatten();
    parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        let name = name.trim_start_matches('-');
        let is_secret = matches!(names::read(name), names::Name::Secret(_))
            || ["pwd", "pass", "sig", "sharedaccesssignature", "sharedaccesskey"]
                .contains(&name.to_ascii_lowercase().as_str());
        (is_secret && is_literal_password(value) && !refers(value)).then_some(value)
    })
}

/// Whether a text is one setting, `DB_PASSWORD=…` or `--password=…`, that is not only on or off.
fn is_setting(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.split_once('=').is_some_and(|(name, value)| {
        let is_switch = matches!(value, "true" | "false" | "yes" | "no" | "on" | "off");
        !name.is_empty() && name.chars().all(is_part) && !is_switch
    })
}

/// The literal texts under the name of a secret in JSON that is kept as a text.
fn secrets_in_json(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('"').filter_map(|(at, quote)| {
        let (name, behind) = (text.get(..at)?.rsplit_once('"')?.1, text.get(at + quote.len()..)?);
        // Within another text of JSON the quotes are escaped.
        let name = name.trim_end_matches('\\');
        let value = behind.trim_start().strip_prefix(':')?.trim_start();
        let value = value.trim_start_matches('\\').strip_prefix('"')?;
        let value = value.get(..closing_quote(value)?)?;
        let is_secret = matches!(names::read(name), names::Name::Secret(_));
        (is_secret && is_literal_password(value) && !refers(value)).then_some(value)
    })
}

/// Where the quote stands that ends a text of JSON.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}

/// Addresses to which anybody who knows them may write.
fn webhooks(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    let hosts = ["hooks.slack.com/services/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"];
    hosts.into_iter().flat_map(move |host| text.split(host).skip(1)).filter_map(move |rest| {
        let path = rest.get(..rest.find(|c| !is_part(c)).unwrap_or(rest.len()))?;
        let is_genuine =
            path.len() >= 24 && path.contains('/') && path.contains(|c: char| c.is_ascii_digit());
        let is_example = path.rsplit('/').next().is_none_or(|last| is_filler(last, ""));
        (is_genuine && !is_example).then_some(path)
    })
}

/// What an `Authorization` header bears.
fn bearers(text: &str) -> impl Iterator<Item = Secret<'_>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    ["Bearer ", "Basic "].into_iter().flat_map(move |scheme| text.split(scheme).skip(1)).filter_map(
        move |rest| {
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let token = rest.get(..end).filter(|token| token.len() >= 16)?;
            let is_token = token.contains(|c: char| c.is_ascii_digit())
                && token.contains(|c: char| c.is_ascii_alphabetic());
            is_token.then_some(Secret { what: "the credentials of a header", text: token })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_secrets_place_is_none() {
        for text in [
            "",
            "****",
            "xxxx",
            "CHANGE_ME",
            "changeme!",
            "<password>",
            "@db.password@",
            "{{ pw }}",
            "${PW}",
            "pre-${PW}",
            "%{hiera('x')}",
            "$(PW)",
            "$PW",
            "%kernel.secret%",
            "%DB_PW%",
            "required",
            "$_pw1",
            "((pw))",
            "[REDACTED]",
            "__PW__",
            "your-token-here",
            "your-key",
            "YOUR_API_KEY_1",
            "%s",
            "%d",
            "TODO",
            "none",
            "replace-me",
        ] {
            assert!(stands_in(text), "{text}");
        }
        for text in [
            "${USER}:hunter2",
            "${PREFIX}hunter2xyz9",
            "hunter2${SUFFIX}",
            "{{ .user }}:s3cr3tpw",
            "$(USER):hunter2",
            "${USER}:correct-horse",
            "%{user}:hunter2",
            "pre-hunter2-${X}:Xk29fjA8",
        ] {
            assert!(!stands_in(text), "{text}");
        }
        for text in [
            "${A}${B}",
            "${A}:${B}",
            "Bearer ${TOKEN}",
            "${HOST}:5432",
            "arn:aws:x:eu-west-1:${AWS::AccountId}:secret:app1",
            "prod-db-1-${PW}",
            "${ENV}-eu-west-1",
            "redis://:${PW}@redis01",
            "Server=${HOST};Password=${PW};Database=app1db",
            "{{ if .x }}a{{ end }}",
            "${PW",
            "secret/data/app1#${KEY}",
        ] {
            assert!(stands_in(text), "{text}");
        }
        for text in [
            "hunter2",
            "%s1",
            "youRhunter2",
            "100%",
            "%a b%",
            "$ecret!",
            "$1",
            "todo-list-of-9",
            "p<w>",
            "xoxo",
            "yourself",
        ] {
            assert!(!stands_in(text), "{text}");
        }
    }

    #[test]
    fn settings_json_and_webhooks_show_their_secrets() {
        for (text, secret) in [
            ("DB_PASSWORD=hunter2", Some("hunter2")),
            ("--password=hunter2", Some("hunter2")),
            ("--auth-token=true", None),
            ("DB_PASSWORD=${DB_PASSWORD}", None),
            ("LEVEL=debug", None),
            ("TOKEN=`cat x`", None),
            ("TOKEN=%s", None),
            ("PASSWORD=Password", None),
            ("PASSWORD=[^&]+", None),
            ("PASSWORD=[hunter2", Some("[hunter2")),
            ("TOKEN=@/run/token", None),
            ("--client-key=c1.key", None),
            ("TOKEN=hunter2.keys", Some("hunter2.keys")),
            ("TOKEN=@hunter2", Some("@hunter2")),
            ("LoadCredential=token:/run/token", None),
            ("DB_PASSWORD=a:b/c", Some("a:b/c")),
            (r#"{"password": "string"}"#, None),
            ("a sentence, token=x1", None),
            (r#"{"user":"app", "password" : "hun\"ter2"}"#, Some(r#"hun\"ter2"#)),
            (r#"{"a": "{\"password\": \"hunter2\"}"}"#, Some(r#"hunter2\"}"#)),
            (r#"{"password": "${PW}", "port": 1}"#, None),
            (r#"{"user": "app"}"#, None),
            (
                "https://hooks.slack.com/services/T01ABCD2E/B01ABCD2E/x7Yz1Ab2Cd3Ef4Gh",
                Some("T01ABCD2E/B01ABCD2E/x7Yz1Ab2Cd3Ef4Gh"),
            ),
            ("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXX", None),
        ] {
            assert_eq!(by_look(text).next().map(|secret| secret.text), secret, "{text}");
        }
    }

    #[test]
    fn no_token_is_shorter_than_the_shortest() {
        for (what, prefix, least) in TOKENS {
            assert!(prefix.len() + least >= SHORTEST_TOKEN, "{what} {prefix}");
        }
    }

    #[test]
    fn a_url_shows_its_password() {
        for (text, password) in [
            ("postgres://app:hunter2@db/x", Some("hunter2")),
            ("see redis://:s3cr3t@cache:6379/0 for it", Some("s3cr3t")),
            ("https://user@host/x:y@z", None),
            ("https://host:8080/a@b", None),
            ("amqp://user:${PW}@host", None),
            ("postgres://user:password@host", None),
            ("mailto:a@b", None),
            ("jdbc:oracle:thin:app/hunter2@db:1521/x", Some("hunter2")),
            ("jdbc:oracle:thin:@//db:1521/x", None),
            ("jdbc:oracle:thin:@(DESCRIPTION=(HOST=a/b))", None),
        ] {
            assert_eq!(by_look(text).next().map(|secret| secret.text), password, "{text}");
        }
    }
}
