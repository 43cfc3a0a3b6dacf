//! From the file to its meaning: every pattern compiled, every mistake told with its place.

use std::collections::BTreeMap;
use std::ops::Range;

use globset::GlobMatcher;
use toml::Spanned;
use toml::value::Datetime;

use super::raw::{RawLevel, RawPin, RawPolicy, RawPromotion, RawSchema, RawWaiver, RawWord};
use super::{Clause, Fits, NewKeys, Pin, Policy, PolicyEntry, SchemaMapping, Setting, Waiver};
use crate::model::glob::{self, Globs};
use crate::model::pattern::PatternSet;
use crate::model::place_index::PlaceIndex;
use crate::model::{
    Date, Environment, Error, Help, PathPattern, Position, Result, Rule, Severity, UNFINISHED_MERGE, closest,
    left_markers,
};

const SECRET_REFERENCES: [&str; 6] = ["${*}", "vault:*", "ref+*", "ENC[*", "op://*", "%env(*"];

const FILE_BYTES: usize = 1024 * 1024;

/// Reads the text of `terrace.toml`; `file` is the name for messages.
pub(super) fn policy(text: &str, file: &str) -> Result<Policy> {
    let resolver = Resolver { places: Places::of(text), file, entries: Vec::new() };
    let raw = toml::from_str(text).map_err(|error| resolver.not_understood(&error))?;
    resolver.policy(raw)
}

struct Resolver<'t> {
    places: Places<'t>,
    file: &'t str,
    entries: Vec<PolicyEntry>,
}

impl Resolver<'_> {
    fn policy(mut self, raw: RawPolicy) -> Result<Policy> {
        if let Some(version) = raw.version.filter(|version| *version != 1) {
            let error = self.error(0, format!("version {version} is not known"));
            return Err(error.with_help("write `version = 1`, or use a newer terrace"));
        }
        let pins = raw.pin.into_iter().map(|pin| self.pin(pin)).collect::<Result<Vec<_>>>()?;
        let waivers = raw.waiver.into_iter().map(|waiver| self.waiver(waiver)).collect::<Result<Vec<_>>>()?;
        let secret_paths = self.secret_paths(&raw.secrets.paths, Clause::Secret)?;
        let no_secret_paths = self.secret_paths(&raw.secrets.not, Clause::NoSecret)?;
        let secret_references = self.references(&raw.secrets.references)?;
        for name in &raw.run.allow {
            self.add(name.span(), Clause::RunAllow(name.get_ref().clone()), None);
        }
        let words = Environment::ALL.map(|env| {
            let own = env.words().iter().map(|word| (*word).to_owned());
            let more = self.words(env, raw.isolation.words.get(&env).map_or(&[], Vec::as_slice));
            (env, own.chain(more).collect())
        });
        let own_words = raw.isolation.words.values().flatten().map(|word| word.get_ref().to_lowercase());
        let own_words = own_words.collect();
        let (hosts, owners) = self.hosts(&raw.isolation.hosts)?.into_iter().unzip();
        let (schema_keys, schemas): (Vec<_>, Vec<_>) = raw
            .schema
            .into_iter()
            .map(|mapping| self.schema(mapping))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let levels =
            raw.rules.into_iter().map(|(id, level)| self.level(&id, level)).collect::<Result<_>>()?;
        let [new_keys, removals] = self.undecided(&raw.promotion);
        let file_bytes = raw.limits.file_bytes.as_ref();
        Ok(Policy {
            new_keys,
            removals,
            pins_by_place: PlaceIndex::new(pins.iter().map(|pin| (pin.key.as_ref(), Some(&pin.path)))),
            pins,
            secret_paths,
            no_secret_paths,
            secret_references,
            words: words.into_iter().collect(),
            own_words,
            hosts: Globs::new(hosts),
            owners,
            levels,
            waivers_by_place: PlaceIndex::new(
                waivers.iter().map(|waiver| (waiver.key.as_ref(), waiver.path.as_ref())),
            ),
            waivers,
            schemas,
            schema_keys: Globs::new(schema_keys),
            file_bytes: self.setting(file_bytes, FILE_BYTES),
            run_allow: raw.run.allow.into_iter().map(Spanned::into_inner).collect(),
            entries: self.entries,
        })
    }

    fn add(&mut self, span: Range<usize>, clause: Clause, fits: Option<Fits>) {
        let position = self.places.at(span.start);
        self.entries.push(PolicyEntry { clause, fits, span, position });
    }

    fn pin(&mut self, pin: Spanned<RawPin>) -> Result<Pin> {
        let (span, RawPin { key, path, to }) = (pin.span(), pin.into_inner());
        let matcher = key.as_ref().map(|key| self.glob(span.start, key)).transpose()?;
        let pattern = self.pattern(span.start, &path)?;
        let line = self.places.at(span.start).line;
        self.add(span, Clause::Pin { key, path, to }, Some(Fits::Pin(matcher.clone(), pattern.clone())));
        Ok(Pin { key: matcher, path: pattern, to, line })
    }

    fn waiver(&self, waiver: Spanned<RawWaiver>) -> Result<Waiver> {
        let (span, waiver) = (waiver.span(), waiver.into_inner());
        if waiver.reason.trim().is_empty() {
            let error = self.error(span.start, "a waiver needs a reason".to_owned());
            return Err(error.with_help("say why the finding is accepted: reason = \"…\""));
        }
        Ok(Waiver {
            rule: self.rule(span.start, &waiver.rule)?,
            key: waiver.key.map(|key| self.glob(span.start, &key)).transpose()?,
            environment: waiver.environment,
            path: waiver.path.map(|path| self.pattern(span.start, &path)).transpose()?,
            reason: waiver.reason,
            until: waiver.until.map(|until| self.day(&until)).transpose()?,
            span,
        })
    }

    fn day(&self, until: &Spanned<Datetime>) -> Result<Date> {
        let day = until.get_ref().date.and_then(|date| date.to_string().parse().ok());
        day.ok_or_else(|| {
            let message = format!("until = {} is no day of the calendar", until.get_ref());
            self.error(until.span().start, message)
                .with_help("write the last day on which it counts: until = 2027-01-31")
        })
    }

    fn secret_paths(&mut self, paths: &[RawWord], clause: fn(String) -> Clause) -> Result<PatternSet> {
        let mut patterns = Vec::new();
        for path in paths {
            let pattern = self.pattern(path.span().start, path.get_ref())?;
            self.add(path.span(), clause(path.get_ref().clone()), Some(Fits::Secret(pattern.clone())));
            patterns.push(pattern);
        }
        Ok(PatternSet::loose(patterns))
    }

    /// The references that are known, and those that the policy names.
    fn references(&mut self, globs: &[RawWord]) -> Result<Globs> {
        let known =
            SECRET_REFERENCES.map(|text| text.replace('[', "[[]").replace('{', "[{]").replace('}', "[}]"));
        let mut references = known.iter().map(|text| self.glob(0, text)).collect::<Result<Vec<_>>>()?;
        for text in globs {
            let matcher = self.glob(text.span().start, text.get_ref())?;
            let clause = Clause::Reference(text.get_ref().clone());
            self.add(text.span(), clause, Some(Fits::Reference(matcher.clone())));
            references.push(matcher);
        }
        Ok(Globs::new(references))
    }

    fn words(&mut self, environment: Environment, words: &[RawWord]) -> Vec<String> {
        let lower = |given: &RawWord| {
            let word = given.get_ref().to_lowercase();
            let clause = Clause::Word(environment, word.clone());
            self.add(given.span(), clause, Some(Fits::Word(word.clone())));
            word
        };
        words.iter().map(lower).collect()
    }

    fn hosts(
        &mut self,
        hosts: &BTreeMap<Environment, Vec<RawWord>>,
    ) -> Result<Vec<(GlobMatcher, Environment)>> {
        let mut owned = Vec::new();
        for (environment, text) in
            hosts.iter().flat_map(|(env, globs)| globs.iter().map(move |text| (*env, text)))
        {
            let host = text.get_ref().to_lowercase();
            let matcher = self.glob(text.span().start, &host)?;
            self.add(text.span(), Clause::Host(environment, host), Some(Fits::Host(matcher.clone())));
            owned.push((matcher, environment));
        }
        Ok(owned)
    }

    fn schema(&mut self, mapping: Spanned<RawSchema>) -> Result<(GlobMatcher, SchemaMapping)> {
        let (span, RawSchema { keys, file }) = (mapping.span(), mapping.into_inner());
        let matcher = self.glob(span.start, &keys)?;
        let clause = Clause::Schema { keys, file: file.clone() };
        self.add(span, clause, Some(Fits::Schema(matcher.clone())));
        Ok((matcher, SchemaMapping { file }))
    }

    fn level(&self, id: &Spanned<String>, level: RawLevel) -> Result<(Rule, Setting<Option<Severity>>)> {
        let level = match level {
            RawLevel::Off => None,
            RawLevel::Notice => Some(Severity::Notice),
            RawLevel::Warning => Some(Severity::Warning),
            RawLevel::Error => Some(Severity::Error),
        };
        let start = id.span().start;
        Ok((self.rule(start, id.get_ref())?, Setting { value: level, at: Some(self.places.at(start)) }))
    }

    /// What promotions do with new keys, and with removals.
    fn undecided(&self, promotion: &RawPromotion) -> [Setting<NewKeys>; 2] {
        [&promotion.new_keys, &promotion.removals].map(|own| {
            let given = own.as_ref().or(promotion.undecided.as_ref());
            self.setting(given, NewKeys::default())
        })
    }

    fn setting<T: Copy>(&self, given: Option<&Spanned<T>>, default: T) -> Setting<T> {
        Setting {
            value: given.map_or(default, |given| *given.get_ref()),
            at: given.map(|given| self.places.at(given.span().start)),
        }
    }

    fn glob(&self, at: usize, text: &str) -> Result<GlobMatcher> {
        glob::compile(text).map_err(|reason| self.error(at, reason).with_help("use `*`, `**`, `?` or `[…]`"))
    }

    fn pattern(&self, at: usize, text: &str) -> Result<PathPattern> {
        text.parse::<PathPattern>().map_err(|error| {
            self.error(at, error.to_string()).with_help("a path pattern is `a.b`, `a.*` or `**.b`")
        })
    }

    fn rule(&self, at: usize, id: &str) -> Result<Rule> {
        id.parse::<Rule>().map_err(|error| self.error(at, error.to_string()).with_help(error.help()))
    }

    fn not_understood(&self, error: &toml::de::Error) -> Error {
        if let Some(offset) = left_markers(self.places.text) {
            return self.error(offset, UNFINISHED_MERGE.to_owned()).with_help(Help::FinishMerge);
        }
        let message = error.message().replace('\n', ", ");
        let wrong = message.split('`').nth(1).unwrap_or_default().to_owned();
        let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        let help = match closest(&wrong, known.iter().copied()) {
            Some(name) if message.starts_with("unknown") => Help::DidYouMean(name.to_owned()),
            _ => Help::ReadPolicy,
        };
        self.error(error.span().map_or(0, |span| span.start), message).with_help(help)
    }

    fn error(&self, at: usize, message: String) -> Error {
        let (file, Position { line, column }) = (self.file, self.places.at(at));
        Error::state(format!("{file}:{line}:{column}: {message}"))
    }
}

/// The places of a text by offset.
struct Places<'t> {
    text: &'t str,
    /// Where each line but the first begins.
    starts: Vec<usize>,
}

impl<'t> Places<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, starts: text.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    /// The line and column of an offset.
    fn at(&self, offset: usize) -> Position {
        let before = self.starts.partition_point(|start| *start <= offset);
        let start = before.checked_sub(1).and_then(|last| self.starts.get(last)).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |text| text.chars().count()) + 1;
        Position { line: before + 1, column }
    }
}
