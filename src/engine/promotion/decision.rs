//! Decisions: what people decided not to promote, kept beside the configuration.
//!
//! A decision is judged each time: it lives until the source changes, until a day, or until it is
//! released. It stores a digest of the source's value, never the value. Each has a file of its own, so
//! that git merges what two people decided; a file that holds all of an item's is of an earlier time.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::value::Datetime;

use crate::model::{
    BlobId, Date, Environment, Error, Help, Hop, Key, Result, UNFINISHED_MERGE, Value, ValuePath,
    left_markers,
};

/// How long a decision counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Until {
    /// Until the source's value is another one.
    SourceChanges,
    /// Until somebody releases it.
    Released,
    /// Up to and including a day.
    Date(Date),
}

impl Until {
    /// Whether what ends so may still count when what ends like `other` does not.
    #[must_use]
    pub fn may_outlast(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Released) | (Self::SourceChanges, Self::SourceChanges) => false,
            (Self::Date(day), Self::Date(other)) => other < day,
            (Self::Released | Self::Date(_), Self::SourceChanges)
            | (Self::Released | Self::SourceChanges, Self::Date(_)) => true,
        }
    }
}

impl std::fmt::Display for Until {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SourceChanges => f.write_str("source-changes"),
            Self::Released => f.write_str("released"),
            Self::Date(date) => date.fmt(f),
        }
    }
}

impl std::str::FromStr for Until {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "source-changes" => Ok(Self::SourceChanges),
            "released" => Ok(Self::Released),
            _ => text.parse().map(Self::Date).map_err(|_| {
                Error::usage(format!("`{}` is no end of a decision", text.escape_debug()))
                    .with_help("write source-changes, released, or a day such as 2027-01-31")
            }),
        }
    }
}

/// Whether a decision still counts, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionState {
    /// It counts.
    Live,
    /// It was made for another value of the source.
    SourceChanged,
    /// Its day is over.
    Expired,
}

/// A decision and where it counts.
#[derive(Clone, Debug)]
pub struct HoldStatus {
    /// The item.
    pub key: Key,
    /// The environment that keeps its value.
    pub target: Environment,
    /// The decision.
    pub decision: Decision,
    /// Whether it still counts.
    pub life: DecisionState,
}

impl HoldStatus {
    /// Until when it counts, or why it does not.
    #[must_use]
    pub fn why(&self) -> String {
        let source = Hop::into_target(self.target).map_or("the source", |hop| hop.source().name());
        match (self.life, &self.decision.until) {
            (DecisionState::SourceChanged, _) => format!("{source} changed it since"),
            (DecisionState::Expired, until) => format!("was until {until}"),
            (DecisionState::Live, Until::SourceChanges) => format!("until {source} changes it"),
            (DecisionState::Live, until) => format!("until {until}"),
        }
    }
}

/// A recorded "this environment keeps its own value", with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is kept, and all below it.
    pub path: ValuePath,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: String,
    /// How long it counts.
    pub until: Until,
    /// The digest of the source's value when it was decided.
    pub source: String,
}

impl Decision {
    /// Whether it knows the source's value by its blob alone.
    #[must_use]
    pub fn is_by_blob(&self) -> bool {
        self.source.starts_with(BY_BLOB)
    }

    /// Whether it still counts: `source` is the source's present value at its path, with its blob, `today`
    /// the day that is judged.
    #[must_use]
    pub fn is_live(&self, source: (Option<&Value>, Option<&BlobId>), today: Date) -> bool {
        self.life(source, today) == DecisionState::Live
    }

    /// The same, with why not. The source is compared as it was recorded, by its value or by its blob,
    /// whatever is secret by now.
    #[must_use]
    pub fn life(&self, (value, blob): (Option<&Value>, Option<&BlobId>), today: Date) -> DecisionState {
        let now = || digest(value, blob.filter(|_| self.is_by_blob()));
        match &self.until {
            Until::SourceChanges if self.source != now() => DecisionState::SourceChanged,
            Until::Date(date) if today > *date => DecisionState::Expired,
            Until::Released | Until::SourceChanges | Until::Date(_) => DecisionState::Live,
        }
    }
}

/// What begins the digest of a value of which nothing may be told.
const BY_BLOB: &str = "blob:";

/// The digest by which a decision knows the source's value; for a secret the blob stands in
/// for the value, so that nothing can be guessed from it.
#[must_use]
pub fn digest(value: Option<&Value>, secret: Option<&BlobId>) -> String {
    match (secret, value) {
        (Some(blob), _) => format!("{BY_BLOB}{blob}"),
        (None, None) => "absent".to_owned(),
        (None, Some(value)) => format!("sha256:{}", hex(&value.canonical())),
    }
}

fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) const FOLDER: &str = ".terrace/decisions/";

/// Where an item's decisions for a target lie, relative to the configuration root: the folder of one
/// file each, and the one file of all as it was written before.
#[must_use]
pub fn places(key: &Key, target: Environment) -> [String; 2] {
    // `=` cannot stand in a key, so that the folder is no other item's.
    [format!("{FOLDER}{target}/{key}="), format!("{FOLDER}{target}/{key}.toml")]
}

/// The file of one decision, relative to the configuration root.
#[must_use]
pub(super) fn file(key: &Key, target: Environment, path: &ValuePath) -> String {
    let [folder, _] = places(key, target);
    let digest = hex(&path.to_string());
    format!("{folder}/{}.toml", digest.get(..32).unwrap_or(&digest))
}

/// Whether a file, relative to the git root, is one recorded decision.
#[must_use]
pub fn is_one(file: &str) -> bool {
    let below = file.split_once(FOLDER).filter(|(root, _)| root.is_empty() || root.ends_with('/'));
    let folder = below.and_then(|(_, below)| below.strip_suffix(".toml")?.rsplit_once('/'));
    folder.is_some_and(|(folder, _)| folder.ends_with('='))
}

/// Whose decisions a file (relative to the configuration root) holds; `None` when it holds none.
#[must_use]
pub fn owner(file: &str) -> Option<(Key, Environment)> {
    let (target, below) = file.strip_prefix(FOLDER)?.split_once('/')?;
    let stem = below.strip_suffix(".toml")?;
    let key = match stem.rsplit_once('/') {
        Some((folder, _)) if folder.ends_with('=') => folder.strip_suffix('=')?,
        _ => stem,
    };
    Some((key.parse().ok()?, target.parse().ok()?))
}

/// Whether a file (relative to the configuration root) is called like one of decisions, or as a folder of
/// them, and is of no environment or no possible item, so that nobody reads it.
#[must_use]
pub fn is_unread(file: &str) -> bool {
    let is_called_so = file.ends_with('=')
        || std::path::Path::new(file).extension().is_some_and(|extension| extension == "toml");
    file.starts_with(FOLDER) && is_called_so && owner(file).is_none()
}

/// Why a text is no decisions file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
    /// What to do.
    pub help: Help,
}

impl Unreadable {
    fn at(text: &str, offset: usize, message: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line: before.matches('\n').count() + 1, column, message, help: Help::ReadDecisions }
    }

    /// The same as an error about `file`.
    #[must_use]
    pub fn of(self, file: &str) -> Error {
        Error::state(format!("{file}:{}:{}: {}", self.line, self.column, self.message)).with_help(self.help)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: i64,
    #[serde(default)]
    decision: Vec<Spanned<RawDecision>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecision {
    path: String,
    reason: String,
    #[serde(default)]
    by: String,
    until: RawUntil,
    source: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawUntil {
    Date(Datetime),
    Word(String),
}

/// Reads a decisions file.
///
/// # Errors
/// When the text is not one, with its place.
pub fn parse(text: &str) -> Result<Vec<Decision>, Unreadable> {
    let raw: RawFile = toml::from_str(text).map_err(|error| match left_markers(text) {
        Some(offset) => Unreadable {
            help: Help::FinishMerge,
            ..Unreadable::at(text, offset, UNFINISHED_MERGE.to_owned())
        },
        None => {
            let at = error.span().map_or(0, |span| span.start);
            Unreadable::at(text, at, error.message().replace('\n', ", "))
        }
    })?;
    if raw.version != 1 {
        return Err(Unreadable::at(text, 0, format!("version {} is not known", raw.version)));
    }
    raw.decision
        .into_iter()
        .map(|spanned| {
            let at = spanned.span().start;
            let wrong = |message: String| Unreadable::at(text, at, message);
            let raw = spanned.into_inner();
            let until = match raw.until {
                RawUntil::Date(Datetime { date: Some(date), .. }) => {
                    Until::Date(date.to_string().parse().map_err(|error| wrong(format!("until: {error}")))?)
                }
                RawUntil::Word(word) if word == "source-changes" => Until::SourceChanges,
                RawUntil::Word(word) if word == "released" => Until::Released,
                RawUntil::Date(_) | RawUntil::Word(_) => {
                    return Err(wrong("until is \"source-changes\", \"released\" or a date".to_owned()));
                }
            };
            let path = raw.path.parse().map_err(|error| wrong(format!("{error}")))?;
            Ok(Decision { path, reason: raw.reason, by: raw.by, until, source: raw.source })
        })
        .collect()
}

/// The text of a decision's file.
#[must_use]
pub(super) fn render(decision: &Decision) -> String {
    let until = match &decision.until {
        Until::Date(date) => {
            let date = date.to_string();
            date.parse().map(toml::Value::Datetime).unwrap_or(toml::Value::String(date))
        }
        Until::SourceChanges | Until::Released => toml::Value::String(decision.until.to_string()),
    };
    let text = |text: &str| toml::Value::String(text.to_owned());
    let [path, reason, by, source] =
        [&decision.path.to_string(), &decision.reason, &decision.by, &decision.source]
            .map(|field| text(field));
    format!(
        "# Not promoted. Written by `terrace hold` and `terrace promote`.\nversion = 1\n\n[[decision]]\n\
         path = {path}\nreason = {reason}\nby = {by}\nuntil = {until}\nsource = {source}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::date::day;

    #[test]
    fn decisions_survive_being_written_and_read() {
        let decision = |path: &str, until| Decision {
            path: path.parse().expect(path),
            reason: "load \"limit\"\nof the provider".into(),
            by: "platform".into(),
            until,
            source: digest(Some(&Value::Number("1.10".into())), None),
        };
        let all = vec![
            decision("limits.rate", Until::SourceChanges),
            decision("l[name=a].b", Until::Released),
            decision("\"a.b\"", Until::Date(day("2027-01-31"))),
        ];
        for decision in all {
            assert_eq!(parse(&render(&decision)).expect("a decision"), [decision]);
        }
    }

    #[test]
    fn files_say_whose_decisions_they_hold() {
        let key = |text: &str| text.parse::<Key>().expect(text);
        let path: ValuePath = "limits.rate".parse().expect("a path");
        for (name, target) in [("payments", Environment::Production), ("a/b.c", Environment::Staging)] {
            let file = file(&key(name), target, &path);
            assert!(file.starts_with(&format!(".terrace/decisions/{target}/{name}=/")), "{file}");
            assert_eq!(owner(&file), Some((key(name), target)), "{file}");
            let [_, before] = places(&key(name), target);
            assert_eq!(owner(&before), Some((key(name), target)), "{before}");
        }
        for file in [
            ".terrace/decisions/production/a=/x.txt",
            ".terrace/decisions/production/a=/b/x.toml",
            ".terrace/decisions/prod/a.toml",
            ".terrace/kept.toml",
        ] {
            assert_eq!(owner(file), None, "{file}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_has_its_place() {
        let good =
            "version = 1\n[[decision]]\npath = \"a\"\nreason = \"\"\nuntil = \"released\"\nsource = \"\"\n";
        assert!(parse(good).is_ok());
        for (text, line) in [
            ("<<<<<<< HEAD\n".to_owned() + good, 1),
            (good.replace("released", "never"), 2),
            (good.replace("= 1", "= 2"), 1),
            (good.replace("reason", "why"), 4),
        ] {
            assert_eq!(parse(&text).expect_err(&text).line, line, "{text}");
        }
    }

    #[test]
    fn ends_are_words_or_days() {
        for (text, expected) in [
            ("source-changes", Some(Until::SourceChanges)),
            ("released", Some(Until::Released)),
            ("2027-01-31", Some(Until::Date(day("2027-01-31")))),
            ("2027-02-31", None),
            ("2027-01-31T10:00:00Z", None),
            ("10:00:00", None),
            ("never", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Until>().ok(), expected, "{text}");
        }
    }

    #[test]
    fn decisions_live_as_long_as_they_say() {
        let one = Value::Number("1".into());
        let now = digest(Some(&one), None);
        let [blob, other] = ["1", "2"].map(|digit| digit.repeat(40).parse::<BlobId>().expect("a blob"));
        for (until, source, today, live) in [
            (Until::SourceChanges, digest(Some(&one), Some(&blob)), "2026-01-01", true),
            (Until::SourceChanges, digest(Some(&one), Some(&other)), "2026-01-01", false),
            (Until::SourceChanges, now.clone(), "2026-01-01", true),
            (Until::SourceChanges, digest(None, None), "2026-01-01", false),
            (Until::Released, digest(None, None), "2026-01-01", true),
            (Until::Date(day("2026-01-01")), now.clone(), "2026-01-01", true),
            (Until::Date(day("2026-01-01")), now.clone(), "2026-01-02", false),
        ] {
            let decision = Decision {
                path: ValuePath::root().key("a"),
                reason: String::new(),
                by: String::new(),
                until,
                source,
            };
            assert_eq!(decision.is_live((Some(&one), Some(&blob)), day(today)), live, "{decision:?} {today}");
        }
    }
}
