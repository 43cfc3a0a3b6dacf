//! Plan files: read back, and compared with what the repository says now.
//!
//! A plan file is what [`super::plan::promotion`] writes. Only its outcomes are believed; whatever
//! else it says must be what the repository says, so that nobody reviews one thing and gets
//! another. Every complaint names its place in the file.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::object;
use super::plan::{Outcome, entry_json};
use super::value::{from_json, json};
use crate::engine::promotion::{
    Action, ItemPlan, PlanEntry, Resolution, SavedCreation, SavedEntry, SavedItem, SavedPlan, wrong_plan,
};
use crate::guards::{self, Guard};
use crate::model::{BlobId, Environment, Error, Help, Hop, InvalidId, Key, Policy, Result, Value, ValuePath};
use crate::secrets::mask::{Mask, Shown};

/// What may be edited, and is therefore not compared.
const EDITABLE: [&str; 3] = ["taken", "outcome", "value"];

/// A plan file that was read.
#[derive(Debug)]
pub struct PlanFile {
    /// What it orders.
    pub agreed: SavedPlan,
    /// For each item, its entries as they were found.
    entries: Vec<Vec<Json>>,
}

#[derive(Deserialize)]
struct RawFile<'a> {
    version: u64,
    head: String,
    reason: Option<String>,
    #[serde(borrow, deserialize_with = "object::objects")]
    hops: Vec<RawHop<'a>>,
}

#[derive(Deserialize)]
struct RawHop<'a> {
    from: Environment,
    to: Environment,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    created: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    deleted: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawItem<'a> {
    key: String,
    source_blob: String,
    target_blob: String,
    #[serde(borrow)]
    resolutions: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    set: Vec<&'a RawValue>,
    #[serde(default)]
    empties: bool,
}

#[derive(Deserialize)]
struct RawCreated<'a> {
    key: String,
    source_blob: String,
    left_out: Vec<String>,
    #[serde(borrow, default)]
    set: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawDeleted {
    key: String,
    target_blob: String,
}

#[derive(Deserialize)]
struct RawGiven {
    path: String,
    value: Json,
}

#[derive(Deserialize)]
struct RawEntry {
    path: String,
    taken: bool,
    outcome: Outcome,
    value: Option<Json>,
    resolution: Resolution,
}

/// Reads a plan file; `file` names it in messages, `policy` says which paths are secret.
///
/// # Errors
/// With the place, when the text is no plan or contradicts itself.
pub fn read(text: &str, file: &str, policy: &Policy) -> Result<PlanFile> {
    let reader = Reader { text, file, policy };
    let raw: RawFile<'_> = reader.parse(text)?;
    if raw.version != 1 {
        return Err(Error::usage(format!("{file}: plan version {} is not known", raw.version))
            .with_help("this terrace reads version 1"));
    }
    let [hop] = raw.hops.as_slice() else {
        return Err(wrong_plan(file, "a plan that can be carried out has exactly one hop"));
    };
    let known = Hop::into_target(hop.to).filter(|known| known.source() == hop.from);
    let known = known
        .ok_or_else(|| wrong_plan(file, &format!("there is no promotion from {} to {}", hop.from, hop.to)))?;
    let mut items = Vec::new();
    let mut entries = Vec::new();
    for part in &hop.items {
        let (item, found) = reader.item(part)?;
        items.push(item);
        entries.push(found);
    }
    let creations = hop.created.iter().map(|part| reader.creation(part)).collect::<Result<_>>()?;
    let deletions = hop.deleted.iter().map(|part| reader.deletion(part)).collect::<Result<_>>()?;
    let head = object_id(&raw.head, file)?;
    let agreed =
        SavedPlan { head, hop: known, reason: raw.reason, by: String::new(), items, creations, deletions };
    reader.refuse_twice(&agreed)?;
    Ok(PlanFile { agreed, entries })
}

impl PlanFile {
    /// Refuses a file that says something else than these plans (masked, in its order), but for
    /// what may be edited.
    ///
    /// # Errors
    /// With the place of the first difference.
    pub fn require_same(&self, plans: &[ItemPlan<Shown>]) -> Result<()> {
        for ((item, found), plan) in self.agreed.items.iter().zip(&self.entries).zip(plans) {
            for ((agreed, found), line) in item.lines.iter().zip(found).zip(&plan.lines) {
                // Whether a removal waits rests on what is taken, which may have been edited.
                let Some(field) = differing(line, plan.hop, found) else { continue };
                let mut waiting = line.while_it_waits(&plan.lines);
                let is_same = waiting.any(|line| differing(&line, plan.hop, found).is_none());
                if !is_same && !guards::off(Guard::PlanText) {
                    let what = format!(
                        "`{field}` of {} at {} is not what the repository says",
                        item.key, agreed.path
                    );
                    return Err(wrong_plan(&agreed.place, &what));
                }
            }
        }
        Ok(())
    }
}

/// The first field, of those that may not be edited, in which an entry of a file is not this line.
fn differing(line: &PlanEntry<Shown>, hop: Hop, found: &Json) -> Option<String> {
    // Reading JSON gives exponents a sign, so what is compared was read as well.
    let expected: Json = serde_json::from_str(&entry_json(line, hop).to_string()).unwrap_or(Json::Null);
    let fields = expected.as_object().into_iter().flatten();
    let mut fields = fields.filter(|(field, _)| !EDITABLE.contains(&field.as_str()));
    fields.find(|(field, value)| found.get(field.as_str()) != Some(value)).map(|(field, _)| field.clone())
}

/// Reads parts of a file and knows their places.
struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    policy: &'a Policy,
}

impl<'a> Reader<'a> {
    /// `file:line:column` of a part of the text, `ahead` bytes into it.
    fn place(&self, part: &str, ahead: usize) -> String {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize) + ahead;
        let before = self.text.get(..offset).unwrap_or(self.text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{}:{column}", self.file, before.matches('\n').count() + 1)
    }

    fn parse<T: Deserialize<'a>>(&self, part: &'a str) -> Result<T> {
        object::from_str(part).map_err(|error| {
            let lines = part.split_inclusive('\n').take(error.line().saturating_sub(1));
            let ahead = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
            let said = error.to_string();
            let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
            wrong_plan(&self.place(part, ahead), &format!("this is no plan: {said}"))
        })
    }

    fn item(&self, part: &'a RawValue) -> Result<(SavedItem, Vec<Json>)> {
        let place = self.place(part.get(), 0);
        let raw: RawItem<'_> = self.parse(part.get())?;
        let mut lines = Vec::new();
        let mut found = Vec::new();
        for entry in raw.resolutions {
            lines.push(self.line(entry)?);
            found.push(self.parse(entry.get())?);
        }
        let item = SavedItem {
            key: key(&raw.key, &place)?,
            source_blob: object_id(&raw.source_blob, &place)?,
            target_blob: object_id(&raw.target_blob, &place)?,
            lines,
            given: raw.set.iter().map(|part| self.given(part)).collect::<Result<_>>()?,
            empties: raw.empties,
            place,
        };
        Ok((item, found))
    }

    fn line(&self, part: &'a RawValue) -> Result<SavedEntry> {
        let place = self.place(part.get(), 0);
        let raw: RawEntry = self.parse(part.get())?;
        let path = path(&raw.path, &place)?;
        let verdict = match (raw.outcome, raw.value) {
            (Outcome::Set, Some(value)) => Action::Set(self.value(&path, &value, &place)?),
            (Outcome::Set, None) => return Err(wrong_plan(&place, "outcome `set` needs a `value`")),
            (Outcome::Take, None) => Action::Take,
            (Outcome::Decline, None) => Action::Decline,
            (Outcome::Keep, None) => Action::Keep,
            (Outcome::Ask, None) => Action::Ask,
            (Outcome::Stop, None) => Action::Stop,
            (_, Some(_)) => return Err(wrong_plan(&place, "only outcome `set` has a `value`")),
        };
        if raw.taken != matches!(verdict, Action::Take | Action::Set(_)) {
            return Err(wrong_plan(&place, "`taken` and `outcome` contradict each other"));
        }
        let stopped = raw.resolution == Resolution::Conflict;
        Ok(SavedEntry { path, verdict, stopped, place })
    }

    fn creation(&self, part: &'a RawValue) -> Result<SavedCreation> {
        let place = self.place(part.get(), 0);
        let raw: RawCreated<'_> = self.parse(part.get())?;
        Ok(SavedCreation {
            key: key(&raw.key, &place)?,
            source_blob: object_id(&raw.source_blob, &place)?,
            left_out: raw.left_out.iter().map(|text| path(text, &place)).collect::<Result<_>>()?,
            given: raw.set.iter().map(|part| self.given(part)).collect::<Result<_>>()?,
            place,
        })
    }

    fn deletion(&self, part: &'a RawValue) -> Result<(Key, BlobId)> {
        let place = self.place(part.get(), 0);
        let raw: RawDeleted = self.parse(part.get())?;
        Ok((key(&raw.key, &place)?, object_id(&raw.target_blob, &place)?))
    }

    fn given(&self, part: &'a RawValue) -> Result<(ValuePath, Value)> {
        let place = self.place(part.get(), 0);
        let raw: RawGiven = self.parse(part.get())?;
        let path = path(&raw.path, &place)?;
        let value = self.value(&path, &raw.value, &place)?;
        Ok((path, value))
    }

    fn value(&self, path: &ValuePath, value: &Json, place: &str) -> Result<Value> {
        let value = from_json(value)
            .ok_or_else(|| wrong_plan(place, &format!("the value of {path} cannot be written")))?;
        require_no_secret(path, &value, self.policy).map_err(|error| error.at(place))?;
        Ok(value)
    }

    fn refuse_twice(&self, agreed: &SavedPlan) -> Result<()> {
        let mut keys: Vec<&Key> = agreed.items.iter().map(|item| &item.key).collect();
        keys.extend(agreed.creations.iter().map(|creation| &creation.key));
        keys.extend(agreed.deletions.iter().map(|(key, _)| key));
        keys.sort();
        match keys.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => {
                let key = pair.first().map(ToString::to_string).unwrap_or_default();
                Err(wrong_plan(self.file, &format!("{key} is there twice")))
            }
            None => Ok(()),
        }
    }
}

fn key(text: &str, place: &str) -> Result<Key> {
    text.parse().map_err(|error| wrong_plan(place, &format!("{error}")))
}

fn object_id<T: FromStr<Err = InvalidId>>(text: &str, place: &str) -> Result<T> {
    text.parse().map_err(|error: InvalidId| wrong_plan(place, &error.to_string()))
}

fn path(text: &str, place: &str) -> Result<ValuePath> {
    text.parse().map_err(|error| wrong_plan(place, &format!("{error}")))
}

/// Refuses what a plan file cannot hold: secrets, and values that JSON would change.
///
/// # Errors
/// When the value at the path is one.
pub fn require_writable(path: &ValuePath, value: &Value, policy: &Policy) -> Result<()> {
    require_no_secret(path, value, policy)?;
    let text = json(value).to_string();
    let read = serde_json::from_str(&text).ok().and_then(|read| from_json(&read));
    if read.as_ref() == Some(value) {
        return Ok(());
    }
    Err(Error::usage(format!("a plan file cannot hold the value of {path} exactly"))
        .with_help(Help::SetByItself))
}

fn require_no_secret(path: &ValuePath, value: &Value, policy: &Policy) -> Result<()> {
    if *Mask::new(policy).value(path, value).shown() == *value {
        return Ok(());
    }
    Err(Error::usage(format!("a plan file holds no secrets, and {path} is one")).with_help(Help::SetByItself))
}
