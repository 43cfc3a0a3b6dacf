//! Secrets while an item is patched: each stands behind a number, so that it can be left where it is,
//! and moved with what holds it, without being looked at.

use crate::engine::configuration::Configuration;
use crate::engine::snapshot::Reading;
use crate::guards::{self, Guard};
use crate::model::{Error, ErrorKind, ItemId, List, Result, Segment, Value, ValuePath};
use crate::secrets::mask::Reveal;
use crate::secrets::unparsed;
use crate::yaml::Document;

/// The tag of the number that stands for a secret. No value that is written has it.
const KEPT: &str = "terrace:kept";

/// The secrets of a value, by the numbers that stand for them.
#[derive(Default)]
pub(in crate::ops) struct Kept(Vec<Value>);

impl Kept {
    /// The values of a file with their secrets behind numbers.
    pub(in crate::ops) fn of(document: &Document, configuration: &Configuration) -> (Vec<Value>, Self) {
        let mut kept = Self(Vec::new());
        let shown = shown(document, configuration);
        let values = document.values().iter().zip(&shown).map(|(value, shown)| kept.hide(value, shown));
        (values.collect(), kept)
    }

    fn hide(&mut self, value: &Value, shown: &Value) -> Value {
        match (value, shown) {
            (Value::Tagged(tag, _), _) if tag == KEPT => self.keep(value),
            (value, shown) if shown.is_masked() => self.keep(value),
            (Value::Map(map), Value::Map(shown)) => {
                let entries = map.iter().zip(shown.values());
                Value::Map(
                    entries.map(|((key, value), shown)| (key.clone(), self.hide(value, shown))).collect(),
                )
            }
            (Value::List(list), Value::List(shown)) => {
                Value::List(list.iter().zip(shown).map(|(value, shown)| self.hide(value, shown)).collect())
            }
            (Value::Tagged(tag, value), Value::Tagged(_, shown)) => {
                Value::Tagged(tag.clone(), Box::new(self.hide(value, shown)))
            }
            (value, _) => value.clone(),
        }
    }

    fn keep(&mut self, value: &Value) -> Value {
        self.0.push(value.clone());
        Value::Tagged(KEPT.to_owned(), Box::new(Value::Number((self.0.len() - 1).to_string())))
    }

    fn secret(&self, value: &Value) -> Option<&Value> {
        match value {
            Value::Tagged(tag, number) if tag == KEPT => {
                self.0.get(number.scalar_text()?.parse::<usize>().ok()?)
            }
            _ => None,
        }
    }

    /// The value with its secrets in their places again.
    pub(in crate::ops) fn put_back(&self, value: &Value) -> Value {
        if let Some(secret) = self.secret(value) {
            return secret.clone();
        }
        match value {
            Value::Map(map) => {
                Value::Map(map.iter().map(|(key, value)| (key.clone(), self.put_back(value))).collect())
            }
            Value::List(list) => Value::List(list.iter().map(|value| self.put_back(value)).collect()),
            Value::Tagged(tag, value) => Value::Tagged(tag.clone(), Box::new(self.put_back(value))),
            scalar => scalar.clone(),
        }
    }

    /// What was given for the place of `current`: what it leaves masked is the secret that stands there.
    ///
    /// # Errors
    /// Undecided, where no secret stands.
    pub(in crate::ops) fn resolve(
        &self,
        given: &Value,
        current: Option<&Value>,
        path: &ValuePath,
    ) -> Result<Value> {
        Ok(match given {
            given if given.is_masked() => match current.filter(|value| self.secret(value).is_some()) {
                Some(secret) => secret.clone(),
                None if guards::off(Guard::MaskIsNoValue) => given.clone(),
                None => {
                    let place = if path.is_root() { "the item".to_owned() } else { format!("`{path}`") };
                    return Err(Error::undecided(format!(
                        "{place} is given as masked, and no secret stands there"
                    ))
                    .with_help("give the value itself; what is masked stays only where it is"));
                }
            },
            Value::Map(map) => {
                let old = current.and_then(|value| value.untagged().as_map());
                let entry = |(key, value): (&String, &Value)| {
                    let current = old.and_then(|old| old.get(key));
                    Ok((key.clone(), self.resolve(value, current, &path.key(key))?))
                };
                Value::Map(map.iter().map(entry).collect::<Result<_>>()?)
            }
            Value::List(list) => {
                let old = current.and_then(|value| value.untagged().as_list()).unwrap_or_default();
                let element = |(index, value)| {
                    let path = path.join(Segment::Index(index));
                    self.resolve(value, counterpart(list, index, old), &path)
                };
                Value::List(list.iter().enumerate().map(element).collect::<Result<_>>()?)
            }
            Value::Tagged(tag, value) => {
                let current = match current {
                    Some(Value::Tagged(other, current)) if other == tag => Some(&**current),
                    other => other,
                };
                Value::Tagged(tag.clone(), Box::new(self.resolve(value, current, path)?))
            }
            scalar => scalar.clone(),
        })
    }

    /// Whether what stands somewhere is what was given; numbers as numbers. Who may not see secrets
    /// compares nothing with one, and only asks whether there is one.
    pub(super) fn is_same(&self, current: &Value, given: &Value, reveal: Reveal) -> bool {
        match (current, given) {
            (current, given) if given.is_masked() => self.secret(current).is_some(),
            (current, given) if let Some(secret) = self.secret(current) => {
                reveal == Reveal::Secrets && self.is_same(secret, given, reveal)
            }
            (Value::Map(a), Value::Map(b)) => {
                let has =
                    |(key, a): (&String, &Value)| b.get(key).is_some_and(|b| self.is_same(a, b, reveal));
                a.len() == b.len() && a.iter().all(has)
            }
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.is_same(a, b, reveal))
            }
            (Value::Tagged(a, current), Value::Tagged(b, given)) => {
                a == b && self.is_same(current, given, reveal)
            }
            (Value::Number(a), Value::Number(b)) => {
                a == b || decimal(a).is_some_and(|a| Some(a) == decimal(b))
            }
            (current, given) => current == given,
        }
    }

    /// Refuses for who may not see secrets what writes one, or carries one to where it can be read.
    /// `patched` are values with numbers, each with its path in the file that they are in `after`.
    ///
    /// # Errors
    /// `Forbidden`.
    pub(in crate::ops) fn require_untouched(
        &self,
        patched: &[(ValuePath, Value)],
        after: &Document,
        configuration: &Configuration,
    ) -> Result<()> {
        let shown = shown(after, configuration);
        let touched = patched.iter().find_map(|(path, value)| {
            let shown = shown.get(path.document.find(after.values())?)?.at(path)?;
            self.touched(value, shown, path)
        });
        touched.map_or(Ok(()), |path| Err(forbidden(&path)))
    }

    fn touched(&self, patched: &Value, shown: &Value, path: &ValuePath) -> Option<ValuePath> {
        match (patched, shown) {
            (patched, shown) if self.secret(patched).is_some() || shown.is_masked() => {
                (self.secret(patched).is_some() != shown.is_masked()).then(|| path.clone())
            }
            (Value::Map(map), Value::Map(shown)) => {
                map.iter().find_map(|(key, value)| self.touched(value, shown.get(key)?, &path.key(key)))
            }
            (Value::List(list), Value::List(shown)) => {
                let mut pairs = list.iter().zip(shown).enumerate();
                pairs.find_map(|(at, (value, shown))| {
                    self.touched(value, shown, &path.join(Segment::Index(at)))
                })
            }
            (Value::Tagged(_, value), Value::Tagged(_, shown)) => self.touched(value, shown, path),
            _ => None,
        }
    }
}

/// The element of an old list that a new one's element at a position is, as far as that is certain.
fn counterpart<'v>(list: &List, index: usize, old: &'v List) -> Option<&'v Value> {
    let names = Value::NAMES.into_iter();
    let mut fields = names.filter(|field| [list, old].iter().all(|it| it.is_told_apart_by(field)));
    match fields.next() {
        Some(field) => old.named(field, list.get(index)?.name(field)?),
        None => old.get(index).filter(|_| old.len() == list.len()),
    }
}

/// Sign, digits without zeros at the ends, and the power of ten of the last digit.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let power = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let power = power.checked_add(i64::try_from(digits.len() - kept.len()).ok()?)?;
    match kept.trim_start_matches('0') {
        "" => Some((false, String::new(), 0)),
        digits => Some((is_negative, digits.to_owned(), power)),
    }
}

/// The values of a file as who may not see secrets sees them.
fn shown(document: &Document, configuration: &Configuration) -> Vec<Value> {
    let mask = configuration.mask(Reveal::Nothing);
    let secrets = mask.secrets_of([document]);
    let mask = mask.within(&secrets);
    let values = document.values().iter().enumerate();
    values.map(|(number, value)| mask.value(&ValuePath::document(number), value).shown().clone()).collect()
}

pub(in crate::ops) fn forbidden(path: &ValuePath) -> Error {
    let place = if path.is_root() { "the item".to_owned() } else { format!("`{path}`") };
    Error::new(ErrorKind::Forbidden, format!("{place} is a secret, which may not be written here"))
        .with_help("leave it as it is, or ask for the right to see secrets")
}

/// Refuses a whole file that holds secrets to who may not see them.
///
/// # Errors
/// `Forbidden`, with the first of them.
pub(in crate::ops) fn require_no_secrets(document: &Document, configuration: &Configuration) -> Result<()> {
    let mut found = None;
    for (number, value) in shown(document, configuration).iter().enumerate() {
        value.walk(&ValuePath::document(number), &mut |path, value| {
            if value.is_masked() && found.is_none() {
                found = Some(path.clone());
            }
        });
    }
    let found = found.filter(|_| !guards::off(Guard::SecretsWritten));
    found.map_or(Ok(()), |path| Err(forbidden(&path)))
}

/// Refuses for who may not see secrets what would show one: a value that was masked where it stood, and is
/// not masked there any more, or not where it goes to. Which value it is plays no part, so that a refusal
/// confirms none.
///
/// # Errors
/// `Forbidden`, with the first of them; also when an item cannot be read.
pub fn require_still_masked(
    (before, after): (&Configuration, &Configuration),
    id: &ItemId,
    moved: &[(ValuePath, ValuePath)],
) -> Result<()> {
    let read = |configuration: &Configuration| match configuration.item(&id.key, id.environment) {
        Some(item) => configuration.reading(item).map(Some),
        None => Ok(None),
    };
    let (Some(old), Some(new)) = (read(before)?, read(after)?) else { return Ok(()) };
    let values = |configuration: &Configuration, reading: &Reading| match &reading.document {
        Ok(document) => Some(shown(document, configuration)),
        Err(_) => None,
    };
    let (Some(old), Some(new)) = (values(before, &old), values(after, &new)) else {
        // What cannot be read has no paths by which it could be compared.
        let text = String::from_utf8_lossy(&old.bytes);
        let is_open = unparsed::spans(&text, before.policy()).is_empty();
        return if is_open { Ok(()) } else { Err(forbidden(&ValuePath::root())) };
    };
    let named = ValuePath::root().key("metadata").key("name");
    let name = |value: &Value| value.at(&named).cloned();
    // A document that comes or goes moves the others.
    let was = |number: usize, value: &Value| match old.len() == new.len() {
        true => old.get(number),
        false => old.iter().find(|old| name(old) == name(value)),
    };
    let here = new
        .iter()
        .enumerate()
        .find_map(|(number, value)| revealed(was(number, value)?, value, &ValuePath::document(number)));
    let at = |values: &[Value], path: &ValuePath| {
        let value = path.document.find(values).and_then(|at| values.get(at))?.at(path)?;
        Some(value.is_masked())
    };
    let is_shown =
        |(from, to): &&(ValuePath, ValuePath)| at(&old, from) == Some(true) && at(&new, to) == Some(false);
    let found = here.or_else(|| moved.iter().find(is_shown).map(|(_, to)| to.clone()));
    let found = found.filter(|_| !guards::off(Guard::SecretsWritten));
    found.map_or(Ok(()), |path| Err(forbidden(&path)))
}

/// The first place at which what was masked is not.
fn revealed(old: &Value, new: &Value, path: &ValuePath) -> Option<ValuePath> {
    match (old, new) {
        (old, new) if old.is_masked() => (!new.is_masked()).then(|| path.clone()),
        (Value::Map(old), Value::Map(new)) => {
            old.iter().find_map(|(key, old)| revealed(old, new.get(key)?, &path.key(key)))
        }
        (Value::List(old), Value::List(new)) => new.iter().enumerate().find_map(|(at, value)| {
            revealed(counterpart(new, at, old)?, value, &path.join(Segment::Index(at)))
        }),
        (Value::Tagged(_, old), Value::Tagged(_, new)) => revealed(old, new, path),
        _ => None,
    }
}

/// Refuses a value that was given and that no YAML says: a number that is none, and our own tag.
///
/// # Errors
/// Usage, with its path.
pub(in crate::ops) fn require_writable(
    value: &Value,
    path: &ValuePath,
    configuration: &Configuration,
) -> Result<()> {
    match value {
        Value::Number(text) => {
            let read = Document::parse(text.as_bytes(), configuration.limits());
            match read.is_ok_and(|read| read.value() == value) {
                true => Ok(()),
                false => Err(Error::usage(format!("`{path}` is given as a number, and is none"))
                    .with_help("give a number of YAML, such as 10, 1.5 or 0x1F, or a string")),
            }
        }
        Value::Map(map) => {
            map.iter().try_for_each(|(key, value)| require_writable(value, &path.key(key), configuration))
        }
        Value::List(list) => list.iter().enumerate().try_for_each(|(index, value)| {
            require_writable(value, &path.join(Segment::Index(index)), configuration)
        }),
        Value::Tagged(tag, _) if tag == KEPT => {
            Err(Error::usage(format!("`{path}` is given a tag of terrace's own"))
                .with_help("take another tag"))
        }
        Value::Tagged(_, inner) if !value.is_masked() => require_writable(inner, path, configuration),
        Value::Tagged(..) | Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_by_their_value() {
        for (a, b, same) in [
            ("1.10", "1.1", true),
            ("100", "1e2", true),
            ("-0", "0.0", true),
            ("1E-2", "0.01", true),
            ("12345678901234567890123", "12345678901234567890124", false),
            ("-1", "1", false),
            ("10", "1", false),
            ("1e99999999999999999999", "1", false),
        ] {
            let (a, b) = (Value::Number(a.to_owned()), Value::Number(b.to_owned()));
            assert_eq!(Kept(Vec::new()).is_same(&a, &b, Reveal::Nothing), same, "{a} {b}");
        }
    }
}
