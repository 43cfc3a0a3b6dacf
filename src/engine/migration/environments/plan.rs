//! What becomes of each file of a repository that keeps environments apart.

use std::collections::{BTreeMap, BTreeSet};

use super::super::exclusions::what_it_is;
use super::super::plan::{not_filled_in, root_of, says, secret_paths};
use super::super::templates::template;
use super::fold::fold;
use super::layout::{Role, Words, roles};
use super::outcome::{
    BaseFile, Clash, Left, TakeOver, TakeOverPlan, Taken, UnknownWord, WordSource, WordUse,
};
use crate::engine::moves::are_alike;
use crate::formats::read::{Format, Refusal, convert, key_for};
use crate::model::{Environment, Error, Key, Result};

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
    let mut roles = roles(&paths, request.roots, &words);
    let mut plan = TakeOverPlan::default();
    let mut texts: BTreeMap<Key, Vec<(String, String)>> = BTreeMap::new();
    for (file, bytes) in request.files {
        let Some(role) = roles.remove(file) else { continue };
        judge_file(request, (file, bytes, role), &mut plan, &mut texts)?;
    }
    if let Some(key) = request.as_key {
        name_all(key, &mut plan)?;
    }
    suggest(&mut plan);
    settle(request, &mut plan);
    if request.folds {
        fold_all(request, &texts, &mut plan);
    }
    Ok(plan)
}

fn judge_file(
    request: &TakeOver<'_>,
    (file, bytes, role): (&String, &[u8], Role),
    plan: &mut TakeOverPlan,
    texts: &mut BTreeMap<Key, Vec<(String, String)>>,
) -> Result<()> {
    let Some(format) = Format::of(file) else { return Ok(()) };
    let role = match request.one {
        Some(one) => as_one(one, request.roots, file, role),
        None => Ok(role),
    };
    let role = match role {
        Ok(role) => role,
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
    let excluded = what_it_is(root_of(request.roots, file), file, template, values.unwrap_or_default());
    if let Some(excluded) = excluded.filter(|_| !is_named) {
        plan.left_alone.push((file.clone(), Left::Excluded(excluded)));
        return Ok(());
    }
    let read = match template {
        Some(template) if !meant => Err(not_filled_in(template)),
        _ => read,
    };
    let mut left = |why| plan.left_alone.push((file.clone(), why));
    match role {
        Role::BaseAlone => left(Left::BaseAlone),
        Role::LeftWord(word) => left(Left::Word(word)),
        Role::Alone(environment) => left(Left::Alone(environment)),
        Role::Plain => left(Left::NamesNone),
        Role::Unknown(word) => match plan.unknown.iter_mut().find(|known| known.word == word) {
            Some(known) => known.files.push(file.clone()),
            None => plan.unknown.push(UnknownWord { word, files: vec![file.clone()], suggestion: None }),
        },
        Role::Base(key) => {
            if let Ok(converted) = read {
                texts.entry(key.clone()).or_default().push((file.clone(), converted.text));
            }
            plan.bases.push(BaseFile { source: file.clone(), key });
        }
        Role::Item { environment, word, key } => {
            // Whose a file is does not rest on whether it can be read.
            count(request, &word, environment, file, plan);
            match (read, key) {
                (Err(rejection), _) => plan.rejected.push((file.clone(), rejection)),
                (_, Err(invalid)) => plan.unnamed.push((file.clone(), invalid)),
                (Ok(converted), Ok(key)) => {
                    let secrets = secret_paths(&converted, request.policy);
                    let source = file.clone();
                    let goes_on = matches!(format, Format::Yaml | Format::Json);
                    plan.items.push(Taken {
                        source,
                        key,
                        environment,
                        format,
                        converted,
                        folded: 0,
                        goes_on,
                        secrets,
                    });
                }
            }
        }
    }
    Ok(())
}

/// What a file is where all are said to be one environment's: one that seems another's stays.
fn as_one(one: Environment, roots: &[String], file: &str, role: Role) -> Result<Role, Left> {
    match role {
        Role::Item { environment, .. } | Role::Alone(environment) if environment != one => {
            Err(Left::NamesOther(environment))
        }
        Role::Item { environment, word, key } => Ok(Role::Item { environment, word, key }),
        Role::LeftWord(word) => Ok(Role::LeftWord(word)),
        Role::Alone(_) | Role::Plain | Role::Base(_) | Role::BaseAlone | Role::Unknown(_) => {
            Ok(Role::Item { environment: one, word: String::new(), key: key_for(root_of(roots, file), file) })
        }
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

fn name_all(key: &Key, plan: &mut TakeOverPlan) -> Result<()> {
    let keys: BTreeSet<&Key> = plan.items.iter().map(|item| &item.key).collect();
    if keys.len() > 1 {
        return Err(Error::usage(format!("`--as {key}` names one item, and there are {}", keys.len()))
            .with_help("name the files of one item"));
    }
    plan.items.iter_mut().for_each(|item| item.key = key.clone());
    Ok(())
}

/// Suggests the one environment for which no word stands, where there is one unknown word.
fn suggest(plan: &mut TakeOverPlan) {
    let used: BTreeSet<Environment> = plan.items.iter().map(|item| item.environment).collect();
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

fn fold_all(request: &TakeOver<'_>, texts: &BTreeMap<Key, Vec<(String, String)>>, plan: &mut TakeOverPlan) {
    for item in &mut plan.items {
        let base = match texts.get(&item.key).map(Vec::as_slice) {
            Some([(_, text)]) => text,
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
                // Of JSON the lines are others, and with a base the values as well.
                let text = item.converted.text.as_bytes();
                item.goes_on = item.format == Format::Yaml && are_alike(text, folded.text.as_bytes());
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
