//! What becomes of each file of a repository that keeps environments apart.

use std::collections::{BTreeMap, BTreeSet};

use super::super::belonging::{Belonging, Owner, belongings};
use super::super::charts::Charts;
use super::super::exclusions::what_it_is;
use super::super::plan::{not_filled_in, root_of, says, secret_paths};
use super::super::templates::template;
use super::fold::fold;
use super::layout::{Ground, Role, Roles, Words, roles};
use super::outcome::{
    BaseFile, Clash, Left, TakeOver, TakeOverPlan, Taken, UnknownWord, WordSource, WordUse,
};
use crate::formats::read::{Format, Refusal, convert, key_for};
use crate::model::{Environment, Error, Key, Result, Value, closest};
use crate::yaml::Document;

/// Judges every file.
///
/// # Errors
/// A usage error when `as_key` meets files of several items; a defect when a converted file does not
/// say what its source says.
pub fn take_over(request: &TakeOver<'_>) -> Result<TakeOverPlan> {
    let known: BTreeMap<String, Environment> = request
        .policy
        .words
        .iter()
        .flat_map(|(environment, words)| words.iter().map(|word| (word.to_lowercase(), *environment)))
        .collect();
    let words = Words { known: &known, given: request.given, left: request.left };
    let paths: Vec<&str> = request
        .files
        .iter()
        .map(|(file, _)| file.as_str())
        .filter(|file| Format::of(file).is_some())
        .collect();
    let beside: Vec<&str> = request.beside.iter().map(String::as_str).collect();
    let ground = Ground { files: &paths, beside: &beside, roots: request.roots, prefix: request.prefix };
    let Roles { of: mut roles, beside, words: used } = roles(ground, &words);
    let spoken = request.given.keys().chain(request.left).filter(|word| !known.contains_key(*word));
    let unmatched = spoken.filter(|word| !used.contains(*word)).map(|word| {
        let near = closest(word, used.iter().map(String::as_str));
        (word.clone(), near.map(str::to_owned))
    });
    let plan = TakeOverPlan { beside, unmatched: unmatched.collect(), ..TakeOverPlan::default() };
    let charts = Charts::among(paths.iter().copied());
    let mut judged = Judged { charts: &charts, plan, bases: Bases::new(), names: BTreeSet::new() };
    let own = format!("{}environments/", request.prefix);
    for (file, bytes) in request.files {
        let Some(role) = roles.remove(file) else { continue };
        judged.plan.is_within |=
            file.starts_with(&own) && matches!(role, Role::Item { .. } | Role::Unknown(_));
        judge_file(request, (file, bytes, role), &mut judged)?;
    }
    let Judged { mut plan, bases, names, .. } = judged;
    require_one(request.as_key, &names)?;
    suggest(&mut plan);
    settle(request, &mut plan);
    if request.folds {
        fold_all(request, &bases, &mut plan);
    }
    plan.there = there(request, &plan);
    Ok(plan)
}

/// The text of each base, or why there is none.
type Bases = BTreeMap<Key, Vec<Result<String, String>>>;

/// The items that are there under the keys of what is taken.
fn there(request: &TakeOver<'_>, plan: &TakeOverPlan) -> Vec<(Key, Environment, Vec<Value>)> {
    let keys: BTreeSet<&Key> = plan.items.iter().map(|item| &item.key).collect();
    let found = request.existing.iter().filter(|((key, _), _)| keys.contains(key));
    let read = found.filter_map(|((key, environment), bytes)| {
        let document = Document::parse(bytes, request.limits).ok()?;
        Some((key.clone(), *environment, document.values().to_vec()))
    });
    read.collect()
}

/// What was made of the files so far.
struct Judged<'a> {
    charts: &'a Charts<'a>,
    plan: TakeOverPlan,
    bases: Bases,
    /// The names of the items, where one name is given to all.
    names: BTreeSet<String>,
}

fn judge_file(
    request: &TakeOver<'_>,
    (file, bytes, role): (&String, &[u8], Role),
    judged: &mut Judged<'_>,
) -> Result<()> {
    let Judged { plan, bases, names, charts } = judged;
    let Some(format) = Format::of(file) else { return Ok(()) };
    let role = match request.one {
        Some(one) => as_one(one, request.roots, file, role),
        None => Ok(role),
    };
    let role = match role {
        Ok(role) => name(request.as_key, role, names),
        Err(left) => {
            plan.left_alone.push((file.clone(), left));
            return Ok(());
        }
    };
    let read = match convert(format, bytes, request.limits) {
        Err(Refusal::Defect(error)) => return Err(error.at(file)),
        Err(Refusal::Rejected(rejection)) => Err(rejection),
        Ok(converted) => Ok(converted),
    };
    let text = String::from_utf8_lossy(bytes);
    let values = read.as_ref().ok().map(|converted| converted.documents.as_slice());
    let meant = read.as_ref().ok().is_some_and(|converted| converted.complex_key.is_none());
    let template = template(&text, values.filter(|_| meant));
    let is_named = request.roots.contains(file);
    let root = root_of(request.roots, file);
    let excluded = what_it_is(root, (file, charts), template, values.unwrap_or_default());
    if let Some(excluded) = excluded.filter(|_| !is_named) {
        if let Role::Base(key) = role {
            bases.entry(key).or_default().push(Err(format!("{file} is {excluded}")));
        }
        plan.left_alone.push((file.clone(), Left::Excluded(excluded)));
        return Ok(());
    }
    let words = &request.policy.words;
    let profiles: Vec<Belonging> = belongings(values.unwrap_or_default(), words)
        .into_iter()
        .filter(|found| matches!(found.owner, Owner::Profile(_)))
        .map(|found| found.found_in(Document::parse(bytes, request.limits).ok().as_ref()))
        .collect();
    let read = match template {
        Some(template) if !meant => Err(not_filled_in(template)),
        _ => read,
    };
    let mut left = |why| plan.left_alone.push((file.clone(), why));
    match role {
        Role::BaseAlone => left(Left::BaseAlone),
        Role::LeftWord(word) => left(Left::Word(word)),
        Role::Alone { environment, .. } => left(Left::Alone(environment)),
        Role::Both(one, other) => left(Left::NamesBoth(one, other)),
        Role::Plain => left(Left::NamesNone),
        Role::Unsaid(word) => left(Left::Unsaid(word)),
        Role::Unknown(word) => match plan.unknown.iter_mut().find(|known| known.word == word) {
            Some(known) => known.files.push(file.clone()),
            None => plan.unknown.push(UnknownWord { word, files: vec![file.clone()], suggestion: None }),
        },
        Role::Base(key) => {
            let text = match read {
                Ok(converted) => Ok(converted.text),
                Err(rejection) => {
                    let at = rejection.location.start;
                    let why = format!("{file}:{}:{}: {}", at.line, at.column, rejection.message);
                    plan.unread_bases.push((file.clone(), rejection));
                    Err(why)
                }
            };
            bases.entry(key.clone()).or_default().push(text);
            plan.divided.extend(profiles.into_iter().next().map(|found| (file.clone(), found)));
            plan.bases.push(BaseFile { source: file.clone(), key });
        }
        Role::Item { environment, word, key } => {
            // Whose a file is does not rest on whether it can be read.
            count(request, &word, environment, file, plan);
            let is_own = |found: &&Belonging| match &found.owner {
                Owner::Profile(profile) => known_word(words, profile) == Some(environment),
                Owner::Section(_) | Owner::Value(_) | Owner::Says(_) | Owner::Layer(_) => true,
            };
            if let Some(found) = profiles.iter().find(|found| !is_own(found)).filter(|_| !is_named) {
                plan.asks.push((file.clone(), found.clone()));
                return Ok(());
            }
            match (read, key) {
                (Err(rejection), _) => plan.rejected.push((file.clone(), rejection)),
                (_, Err(invalid)) => plan.unnamed.push((file.clone(), invalid)),
                (Ok(converted), Ok(key)) => {
                    let secrets = secret_paths(&converted, request.policy);
                    let source = file.clone();
                    plan.items.push(Taken {
                        source,
                        key,
                        environment,
                        format,
                        converted,
                        folded: 0,
                        goes_on: false,
                        secrets,
                        profiles,
                    });
                }
            }
        }
    }
    Ok(())
}

/// The environment that a text is a word for.
fn known_word(words: &BTreeMap<Environment, Vec<String>>, text: &str) -> Option<Environment> {
    let lower = text.trim().to_lowercase();
    Environment::ALL.into_iter().find(|env| words.get(env).is_some_and(|words| words.contains(&lower)))
}

/// What a file is where all are said to be one environment's: one that seems another's stays.
fn as_one(one: Environment, roots: &[String], file: &str, role: Role) -> Result<Role, Left> {
    let item = |key| Ok(Role::Item { environment: one, word: String::new(), key });
    match role {
        Role::Item { environment, .. } | Role::Alone { environment, .. } if environment != one => {
            Err(Left::NamesOther(environment))
        }
        Role::Item { environment, word, key } => Ok(Role::Item { environment, word, key }),
        Role::LeftWord(word) => Ok(Role::LeftWord(word)),
        // Its key is that of the other environments' files, wherever those are by now.
        Role::Alone { key, .. } => item(key),
        Role::Both(a, b) if ![a, b].contains(&one) || !roots.iter().any(|root| root == file) => {
            Err(Left::NamesBoth(a, b))
        }
        Role::Both(..)
        | Role::Plain
        | Role::Base(_)
        | Role::BaseAlone
        | Role::Unknown(_)
        | Role::Unsaid(_) => item(key_for(root_of(roots, file), file)),
    }
}

fn count(request: &TakeOver<'_>, word: &str, environment: Environment, file: &str, plan: &mut TakeOverPlan) {
    if word.is_empty() {
        return;
    }
    if let Some(known) = plan.words.iter_mut().find(|known| known.word == word) {
        known.files += 1;
        return;
    }
    let is_policys =
        || request.policy.words.get(&environment).is_some_and(|words| words.iter().any(|w| w == word));
    let source = match environment.words().contains(&word) {
        true => WordSource::Common,
        false if is_policys() => WordSource::Policy,
        false => WordSource::Given,
    };
    plan.words.push(WordUse {
        word: word.to_owned(),
        environment,
        source,
        files: 1,
        example: file.to_owned(),
    });
    plan.words.sort_by(|a, b| (a.environment, &a.word).cmp(&(b.environment, &b.word)));
}

/// Gives an item the key that all are to have.
fn name(as_key: Option<&Key>, role: Role, names: &mut BTreeSet<String>) -> Role {
    let Some(as_key) = as_key else { return role };
    let Role::Item { environment, word, key } = role else { return role };
    names.insert(key.map_or_else(|invalid| invalid.text, |key| key.to_string()));
    Role::Item { environment, word, key: Ok(as_key.clone()) }
}

fn require_one(as_key: Option<&Key>, names: &BTreeSet<String>) -> Result<()> {
    match as_key {
        Some(key) if names.len() > 1 => {
            Err(Error::usage(format!("`--as {key}` names one item, and there are {}", names.len()))
                .with_help("name the files of one item"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Suggests the one environment for which no word stands, where there is one unknown word.
fn suggest(plan: &mut TakeOverPlan) {
    let taken = plan.items.iter().map(|item| item.environment);
    let used: BTreeSet<Environment> = taken.chain(plan.beside.iter().copied()).collect();
    let mut free = Environment::ALL.into_iter().filter(|environment| !used.contains(environment));
    if let ([unknown], Some(one), None) = (plan.unknown.as_mut_slice(), free.next(), free.next()) {
        unknown.suggestion = Some(one);
    }
}

/// Takes what is alone with its item; all else clashes, or is there already.
fn settle(request: &TakeOver<'_>, plan: &mut TakeOverPlan) {
    let mut groups: BTreeMap<(Environment, String), Vec<Taken>> = BTreeMap::new();
    for item in std::mem::take(&mut plan.items) {
        groups.entry((item.environment, item.key.as_str().to_lowercase())).or_default().push(item);
    }
    for ((environment, lower), mut items) in groups {
        let Some(first) = items.first() else { continue };
        let key = first.key.clone();
        let existing = request
            .existing
            .iter()
            .find(|((taken, whose), _)| *whose == environment && taken.as_str().to_lowercase() == lower);
        match (existing, items.len()) {
            (None, 1) => plan.items.append(&mut items),
            (Some(((taken, _), bytes)), 1)
                if *taken == key && says(bytes, &first.converted, request.limits) =>
            {
                plan.present.push((first.source.clone(), key, environment));
            }
            _ => plan.clashes.push(Clash {
                key,
                environment,
                sources: items.into_iter().map(|item| item.source).collect(),
                exists: existing.is_some(),
            }),
        }
    }
    plan.items.sort_by(|a, b| (&a.key, a.environment).cmp(&(&b.key, b.environment)));
    plan.present.sort();
}

fn fold_all(request: &TakeOver<'_>, bases: &Bases, plan: &mut TakeOverPlan) {
    for item in &mut plan.items {
        let base = match bases.get(&item.key).map(Vec::as_slice) {
            Some([Ok(text)]) => text,
            Some([Err(why)]) => {
                plan.unfolded.push((item.source.clone(), format!("that cannot be read: {why}")));
                continue;
            }
            Some([_, ..]) => {
                plan.unfolded.push((item.source.clone(), "it has several bases".to_owned()));
                continue;
            }
            Some([]) | None => continue,
        };
        match fold(base, &item.converted.text, request.limits) {
            Err(why) => plan.unfolded.push((item.source.clone(), why)),
            Ok(folded) if folded.added == 0 => {}
            Ok(folded) => {
                item.converted.unchanged = false;
                item.converted.text = folded.text;
                item.converted.documents = folded.documents;
                item.converted.values += folded.added;
                item.folded = folded.added;
                item.secrets = secret_paths(&item.converted, request.policy);
            }
        }
    }
}
