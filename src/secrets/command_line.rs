//! The secrets that a command line gives away: behind a flag (`--token x`, `-u user:x`, `-px`), in a header
//! (`-H 'X-Api-Key: x'`), in a variable before or behind the command (`TOKEN=x run`).
//!
//! Texts are prose as often as they are commands. A plain word behind a flag counts only where nothing but
//! another flag follows it.

use super::looks::{is_literal_password, refers};
use super::names::{self, Family, Name};
use super::no_secret::is_other_than;

/// So deep within quotes a command is looked for: `sh -c "su -c 'run --token x'"`.
const DEEP: usize = 3;

/// The literal secrets of a command line, of a script of them, or of a text that mentions one.
pub(super) fn secrets_in_commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if may_hold_any(text) {
        for line in commands(text) {
            search(line, DEEP, &mut found);
        }
        found.extend(authorization(text));
    }
    found
}

/// The secret that the element of a list gives, by the one before it and the first ones, among which the
/// command is: `[run, --token, x]`.
pub(super) fn given_behind<'t>(before: &str, first: &[Option<&str>], text: &'t str) -> Option<&'t str> {
    let mut programs = first.iter().flatten().map(|text| base_name(text));
    let program = programs.find(|program| is_known(program)).unwrap_or_default();
    let word = Word { raw: text, is_quoted: !text.starts_with('-') };
    Expected::behind(before, program).given(word, true).or_else(|| given_together(text, program))
}

/// Whether one glance tells that there is nothing of a command in a text.
fn may_hold_any(text: &str) -> bool {
    text.contains([' ', '\n'])
        && (text.contains(" -")
            || text.starts_with('-')
            || text.contains('=')
            || ["uthorization:", "assword ", "PASSWORD ", " BY ", " by "].iter().any(|it| text.contains(it)))
}

/// The lines of a text; one that ends with a backslash goes on.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let goes_on =
            |at: usize| rest.get(..at).is_some_and(|line| line.ends_with('\\') || line.ends_with("\\\r"));
        let end = rest.match_indices('\n').map(|(at, _)| at).find(|at| !goes_on(*at)).unwrap_or(rest.len());
        let line = rest.get(..end).filter(|_| !rest.is_empty())?;
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line)
    })
}

/// A word as a shell reads it.
#[derive(Clone, Copy)]
struct Word<'t> {
    /// With its quotes.
    raw: &'t str,
    /// Whether it is quoted as a whole.
    is_quoted: bool,
}

impl<'t> Word<'t> {
    fn text(self) -> &'t str {
        bare(self.raw)
    }

    fn is_flag(self) -> bool {
        self.raw.starts_with('-') && self.raw.len() > 1
    }

    fn ends_command(self) -> bool {
        !self.is_quoted
            && (["|", "||", "&&", "&", ";", ">", ">>", "<"].contains(&self.raw) || self.raw.ends_with(';'))
    }
}

/// A text without the quotes around it.
fn bare(text: &str) -> &str {
    text.trim_matches(['"', '\'', '\\'])
}

/// The words of a line. A quote counts at the beginning of a word, and behind `=`.
fn words(line: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut from = 0;
        let mut before = ' ';
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            if at < from {
                continue;
            }
            if c.is_whitespace() {
                end = at;
                break;
            }
            if matches!(c, '"' | '\'') && matches!(before, ' ' | '=') {
                // A quote that nothing closes is an apostrophe.
                if let Some(closing) = closing(rest, at, c) {
                    end = closing + 1;
                    break;
                }
            }
            before = c;
            from = at + c.len_utf8();
        }
        let raw = rest.get(..end).filter(|raw| !raw.is_empty())?;
        rest = rest.get(end..).unwrap_or_default();
        Some(Word {
            raw,
            is_quoted: raw.len() > 1 && raw.starts_with(['"', '\'']) && raw.ends_with(['"', '\'']),
        })
    })
}

/// Where the quote stands that closes the one at `at`.
fn closing(text: &str, at: usize, quote: char) -> Option<usize> {
    let behind = text.get(at + 1..)?;
    let is_escaped = |i: usize| behind.get(..i).is_some_and(|before| before.ends_with('\\'));
    let mut closing = behind.match_indices(quote).map(|(i, _)| i);
    closing.find(|i| quote == '\'' || !is_escaped(*i)).map(|i| at + 1 + i)
}

/// What a word is, as far as those before it tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Nothing,
    /// The value of a flag with a secret's name.
    Secret(Family),
    /// The value of a flag that is a password's for this program.
    Anything,
    /// A user's name and password.
    Account,
    /// The same, where a program is given one by this flag.
    Login,
    Header,
    /// A password of SQL, which is quoted.
    Quoted,
}

/// The flag behind which programs are given a password.
struct PasswordFlag {
    programs: &'static [&'static str],
    flag: &'static str,
    /// Whether the password is a word of its own, and whether it may be run together with the flag.
    is_apart: bool,
    is_together: bool,
}

const PASSWORD_FLAGS: [PasswordFlag; 6] = [
    PasswordFlag {
        programs: &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlcheck",
            "mysqlimport",
            "mysqlshow",
            "mycli",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
            "mariadb-check",
            "mariadb-import",
        ],
        flag: "-p",
        is_apart: false,
        is_together: true,
    },
    PasswordFlag { programs: &["sshpass", "7z", "7za"], flag: "-p", is_apart: true, is_together: true },
    PasswordFlag {
        programs: &[
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "mongoimport",
            "mongoexport",
            "influx",
            "login",
            "rabbitmqadmin",
        ],
        flag: "-p",
        is_apart: true,
        is_together: false,
    },
    PasswordFlag { programs: &["redis-cli"], flag: "-a", is_apart: true, is_together: false },
    PasswordFlag {
        programs: &["sqlcmd", "bcp", "isql", "zip", "unzip"],
        flag: "-P",
        is_apart: true,
        is_together: true,
    },
    PasswordFlag {
        programs: &["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldappasswd"],
        flag: "-w",
        is_apart: true,
        is_together: false,
    },
];

/// Programs that are given a user's name and password at once.
const CLIENTS: [&str; 8] = ["curl", "http", "https", "xh", "ab", "siege", "hurl", "wget"];

fn password_flag(program: &str) -> Option<&'static PasswordFlag> {
    PASSWORD_FLAGS.iter().find(|known| known.programs.contains(&program))
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

impl Expected {
    /// What is expected behind a flag that has no value yet.
    fn behind(flag: &str, program: &str) -> Self {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !flag.starts_with('-') || !flag.trim_end_matches('\\').chars().all(is_part) {
            return Self::Nothing;
        }
        if password_flag(program).is_some_and(|known| known.is_apart && known.flag == flag) {
            return Self::Anything;
        }
        match flag {
            "-H" | "--header" | "--headers" | "--proxy-header" => return Self::Header,
            "-u" | "-U" | "-a" | "-A" | "--user" | "--auth" | "--creds" | "--basic" | "--proxy-user" => {
                return if CLIENTS.contains(&program) { Self::Login } else { Self::Account };
            }
            _ => {}
        }
        match names::read(flag.trim_start_matches('-')) {
            Name::Secret(family) => Self::Secret(family),
            _ => Self::Nothing,
        }
    }

    /// The secret that a word gives where this is expected; `ends` where no other word follows it.
    fn given(self, word: Word<'_>, ends: bool) -> Option<&str> {
        let text = word.text();
        if word.is_flag() && !word.is_quoted {
            return None;
        }
        match self {
            Self::Nothing => None,
            Self::Secret(family) => {
                let speaks = !word.is_quoted && (!ends || names_a_value(text)) && is_plain(text);
                (!speaks && is_given(text, family)).then_some(text)
            }
            Self::Anything => is_given(text, Family::Password).then_some(text),
            Self::Quoted => (word.is_quoted && is_given(text, Family::Password)).then_some(text),
            Self::Login => password_of(text),
            Self::Account => password_of(text).filter(|password| is_mixed(password)),
            Self::Header => given_in_header(text),
        }
    }
}

fn search<'t>(line: &'t str, deep: usize, found: &mut Vec<&'t str>) {
    let mut words = words(line).filter(|word| word.raw != "\\").peekable();
    let mut program = "";
    let (mut has_flag, mut expected, mut are_labels) = (false, Expected::Nothing, false);
    let mut last = ["", ""];
    while let Some(word) = words.next() {
        let ends =
            word.ends_command() || words.peek().is_none_or(|next| next.is_flag() || next.ends_command());
        let (text, awaited) = (word.text(), std::mem::replace(&mut expected, Expected::Nothing));
        found.extend(awaited.given(word, ends));
        if word.is_quoted && text.contains(char::is_whitespace) && deep > 0 {
            search(inside(word.raw), deep - 1, found);
        }
        if word.is_flag() {
            has_flag = true;
            found.extend(given_together(word.raw, program));
            expected = Expected::behind(word.raw, program);
        } else if expected == Expected::Nothing && is_known(base_name(text)) {
            program = base_name(text);
        }
        let is_before = |words: &[&str]| words.iter().any(|it| last[1].eq_ignore_ascii_case(it));
        if text.eq_ignore_ascii_case("password") && last[0].eq_ignore_ascii_case("login") {
            expected = Expected::Anything;
        } else if text == "PASSWORD"
            || (text.eq_ignore_ascii_case("password") && is_before(&["with", "encrypted"]))
            || (text.eq_ignore_ascii_case("by") && is_before(&["identified", "mysql_native_password"]))
        {
            expected = Expected::Quoted;
        }
        are_labels |= begins_labels(word.raw);
        for setting in word.raw.split(',').filter(|_| !are_labels) {
            found.extend(given_in_setting(setting, has_flag));
        }
        are_labels &= !word.raw.contains('}');
        if word.ends_command() {
            program = "";
        }
        last = [last[1], text];
    }
}

/// Whether in a word a metric's labels begin: `up{job="x"`.
fn begins_labels(word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    word.split_once('{').is_some_and(|(metric, _)| metric.ends_with(is_name))
}

/// The password that is run together with its flag.
fn given_together<'t>(word: &'t str, program: &str) -> Option<&'t str> {
    let flag = password_flag(program).filter(|known| known.is_together)?.flag;
    word.strip_prefix(flag).map(bare).filter(|text| is_given(text, Family::Password))
}

/// What stands within quotes.
fn inside(raw: &str) -> &str {
    raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()
}

fn is_known(program: &str) -> bool {
    CLIENTS.contains(&program) || password_flag(program).is_some()
}

/// The secret in `NAME=value`, `--name=value` or `--set a.name=value`; names of variables and what is quoted
/// count anywhere, others beside a flag.
fn given_in_setting(setting: &str, has_flag: bool) -> Option<&str> {
    let mut rest = setting;
    loop {
        let (name, value) = rest.split_once('=')?;
        let name = name.trim_start_matches(['"', '\'']);
        let is_variable = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        match names::read(name.trim_start_matches('-')) {
            Name::Secret(family) if is_variable || has_flag || value.starts_with(['"', '\'']) => {
                let text = bare(value);
                let is_switch = matches!(text, "true" | "false" | "yes" | "no" | "on" | "off");
                return (!is_switch && is_given(text, family)).then_some(text);
            }
            Name::Plain if name.starts_with('-') => rest = value,
            _ => return None,
        }
    }
}

/// The secret that a header bears, `X-Api-Key: …` or `Authorization: Bearer …`.
fn given_in_header(header: &str) -> Option<&str> {
    let (name, value) = header.split_once(':')?;
    let Name::Secret(_) = names::read(name) else { return None };
    let text = credentials(value);
    (!is_plain(text) && is_given(text, Family::Key)).then_some(text)
}

/// What stands behind the scheme of a header's credentials.
fn credentials(value: &str) -> &str {
    let value = value.trim();
    value.split_once(' ').map_or(value, |(_, behind)| behind.trim())
}

/// What `Authorization:` headers within a text bear.
fn authorization(text: &str) -> impl Iterator<Item = &str> {
    text.split("uthorization:").skip(1).filter_map(|rest| {
        let value = rest.split(['"', '\'', '\n', '`', '\\', ',', ')']).next()?.trim_start();
        let mut words = value.split_whitespace();
        let first = words.next()?;
        let schemes = ["bearer", "basic", "token", "apikey", "digest", "key"];
        let is_scheme = schemes.iter().any(|scheme| first.eq_ignore_ascii_case(scheme));
        let text = if is_scheme { words.next()? } else { first };
        (is_mixed(text) && !text.contains('(') && is_given(text, Family::Key)).then_some(text)
    })
}

/// The literal password in `user:password`.
fn password_of(account: &str) -> Option<&str> {
    let filled_in = || account.split_once("}:").filter(|(user, _)| user.starts_with("${"));
    let (user, password) = filled_in().or_else(|| account.split_once(':'))?;
    let is_name = !user.is_empty() && !user.contains(['/', ' ']);
    (is_name && user != password && is_given(password, Family::Password)).then_some(password)
}

/// Whether a text is a secret that is spelt out, where one belongs.
fn is_given(text: &str, family: Family) -> bool {
    let judged = text.trim_end_matches([';', ')', '|', '&']);
    let is_shouted = judged.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    judged.chars().any(char::is_alphanumeric)
        && is_literal_password(judged)
        && !judged.starts_with(['@', '`', '#', '%', '\\'])
        && !judged.contains(['`', '\u{2026}'])
        && !["id=", "src=", "type=", "env=", "pass:env", "env:", "file:", "..."]
            .iter()
            .any(|it| judged.starts_with(it))
        && !is_shouted
        && !refers(judged)
        && !judged.split_once('=').is_some_and(|(_, value)| refers(value))
        && !is_other_than(family, judged)
}

/// Whether a text is a word of a language, as far as its letters tell.
fn is_plain(text: &str) -> bool {
    text.trim_end_matches(['.', ',', ';', ':', ')', '!', '?']).chars().all(char::is_alphabetic)
}

/// Whether a word behind a flag says what belongs there: `--token string`, "the `--token` flag".
fn names_a_value(text: &str) -> bool {
    let words =
        ["string", "text", "value", "flag", "flags", "option", "options", "argument", "parameter", "switch"];
    words.contains(&text.trim_end_matches(['.', ',', ';', ':', ')']).to_lowercase().as_str())
}

/// Whether a text has what words have not: digits among its letters, or signs.
fn is_mixed(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    text.len() >= 6
        && has(char::is_ascii_alphabetic)
        && text.contains(|c: char| c.is_ascii_digit() || "!$%^*+=?#".contains(c))
        && !text.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_gives_its_secrets_away() {
        for (text, secret) in [
            ("run --token abc123xyz --verbose", "abc123xyz"),
            ("run --token=abc123xyz --verbose", "abc123xyz"),
            ("run -password hunter2 now", "hunter2"),
            ("run --db.password 'correct horse' --now", "correct horse"),
            ("run --password=\"two words\" x", "two words"),
            ("run --password hunter --port 80", "hunter"),
            ("run --client-secret Xk29fjA8", "Xk29fjA8"),
            ("./run --api-key\\\n  abc123", "abc123"),
            ("run \\\n  --user app \\\n  --password hunter2 \\\n  --port 80", "hunter2"),
            ("sh -c \"run --token abc123 | tee x\"", "abc123"),
            ("sh -c 'su -c \"run --token abc123\"'", "abc123"),
            ("mysql -u root -phunter2 shop", "hunter2"),
            ("docker exec db mysqldump -phunter2 shop", "hunter2"),
            ("/usr/bin/mysql -p'hunter2' shop", "hunter2"),
            ("sshpass -p hunter2 ssh app@db", "hunter2"),
            ("sshpass -phunter2 ssh app@db", "hunter2"),
            ("redis-cli -h cache -a hunter2 ping", "hunter2"),
            ("docker login -u app -p hunter2 registry", "hunter2"),
            ("mongosh -u app -p hunter2", "hunter2"),
            ("ldapsearch -D cn=app -w hunter2", "hunter2"),
            ("curl -u admin:hunter https://db/x", "hunter"),
            ("curl -fsS --user 'admin:hunter2' https://db/x", "hunter2"),
            ("probe -u admin:hunter2", "hunter2"),
            ("curl -u ${USER}:hunter2 x", "hunter2"),
            ("curl -H 'X-Api-Key: abc123' x", "abc123"),
            ("curl -H \"PRIVATE-TOKEN: abc123\" x", "abc123"),
            ("curl -H \"Authorization: Bearer abc123\" x", "abc123"),
            ("curl --header 'Authorization: Token abc123' x", "abc123"),
            ("send Authorization: Bearer abc123 with it", "abc123"),
            ("authorization: basic YXBwOng0", "YXBwOng0"),
            ("PGPASSWORD=hunter2 psql -h db", "hunter2"),
            ("export API_TOKEN=abc123; run", "abc123;"),
            ("rate(x{a=\"b\"}[5m]) TOKEN=abc123", "abc123"),
            ("echo ${X} TOKEN=abc123", "abc123"),
            ("mysql -p$DB_PASSWORD --token abc123", "abc123"),
            ("docker run -e DB_PASSWORD=hunter2 app", "hunter2"),
            ("docker run --env=DB_PASSWORD=hunter2 app", "hunter2"),
            ("helm upgrade x --set a=1,db.password=hunter2", "hunter2"),
            ("kubectl create secret generic x --from-literal=password=hunter2", "hunter2"),
            ("java -Ddb.password=hunter2 -jar x", "hunter2"),
            ("CREATE USER app WITH PASSWORD 'hunter2';", "hunter2"),
            ("create user app identified by 'hunter2'", "hunter2"),
            ("PlainLoginModule required username=\"app\" password=\"hunter2\";", "hunter2"),
            ("machine db login app password hunter2", "hunter2"),
        ] {
            assert!(secrets_in_commands(text).contains(&secret), "{text} {:?}", secrets_in_commands(text));
        }
    }

    #[test]
    fn a_command_line_that_gives_nothing_away() {
        for text in [
            "run --token $TOKEN",
            "run --token \"$TOKEN\" x",
            "run --token ${TOKEN}",
            "run --token=$(cat /run/token)",
            "run --token `cat /run/token`",
            "run --token {{ .Values.token }}",
            "run --token <token>",
            "run --token YOUR_TOKEN",
            "run --token TOKEN",
            "run --password %PASSWORD%",
            "run --password changeme",
            "run --password ***",
            "run --password password",
            "run --token-file token1.txt",
            "run --token-file /run/secrets/token1",
            "run --password-stdin x1",
            "run --no-password x1",
            "run --token /run/secrets/token1",
            "run --token @token1.txt",
            "run --private-key certs/tls1.key",
            "run --client-key tls1.pem",
            "run --token-ttl 15m",
            "run --token 15m",
            "run --max-tokens 4096",
            "run --use-token=true",
            "run --auth-token=true",
            "run --password",
            "run --password --verbose x1",
            "run --tls-secret shop-tls-cert",
            "docker build --secret id=npm1,src=.npmrc1 .",
            "run --image-pull-secret regcred1",
            "run --shared-keys=secret_version=projects/p1/secrets/s1",
            "mysql -u root -p shop1",
            "mysql -u root -p$PW shop1",
            "mysql -u root -p${PW} shop1",
            "mysqldump -u root -p$DB_PASSWORD shop1",
            "mysql -p${DB_PASSWORD} shop1 < x",
            "tool -token$API_TOKEN x1",
            "curl -F token=@/run/token1 -F file=@x1 x",
            "curl -H 'X-Api-Key: your-key' x",
            "export API_TOKEN=`cat x1`",
            "^Authorization: Bearer [A-Za-z0-9._-]+$",
            "grep -E 'token=[a-z0-9]+' log1",
            "sed -i 's/password=.*/password=$PW/' x1",
            "printf 'token=%s\\n' -1",
            "rate(x{a=\"b\",secret=\"db1\"}[5m]) - 1",
            "sum by (x) (y{a=\"b\", token=\"db1\"}) > 0",
            "mysql --port 3306 -P 3307",
            "redis-cli -p 6379",
            "ssh -p 2222 app@host1",
            "docker run -u 1000:1000 app1",
            "docker run -u app:staff app1",
            "docker run --user nginx1:nginx1 app1",
            "curl -u $USER:$PASSWORD x1",
            "curl -u admin: x1",
            "curl -H 'Accept: text/html1' x",
            "curl -H 'Authorization: Bearer ${TOKEN}' x",
            "curl -H 'X-Token-Ttl: 300' x",
            "authorization: Bearer token",
            "the header Authorization: Bearer is required",
            "use --token to sign in",
            "the --token option is required",
            "pass --password, then 1 more",
            "  --token string   the token for step 2",
            "needs the --token flag",
            "run --token ...",
            "run TOKEN=$TOKEN x1",
            "run --set db.password=${PW} x1",
            "alter user app with password 'SOME_SECRET';",
            "invalid password '{0}' for user1",
            "sorted by 'name1'",
            "a sentence, token=x1",
            "don't use --token $A isn't it1",
            "tokens - and keys1 - are not shown",
            "-",
            "--",
            " ",
            "",
        ] {
            assert_eq!(secrets_in_commands(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn elements_of_a_list_are_read_as_words() {
        for (list, given) in [
            (&["run", "--token", "abc123"][..], true),
            (&["redis-cli", "-a", "hunter2"], true),
            (&["mysql", "-u", "-phunter2"], true),
            (&["run", "--token", "$TOKEN"], false),
            (&["run", "--token-file", "abc123"], false),
            (&["run", "--token", "--verbose"], false),
            (&["run", "token", "abc123"], false),
            (&["docker", "-u", "1000:1000"], false),
            (&["curl", "-H", "X-Api-Key: abc123"], true),
        ] {
            let first: Vec<_> = list.iter().map(|text| Some(*text)).collect();
            assert_eq!(given_behind(list[1], &first, list[2]).is_some(), given, "{list:?}");
        }
    }
}
