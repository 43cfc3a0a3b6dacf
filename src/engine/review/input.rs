//! What is known of one item of a change before it is judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::base_plan::BasePlan;
use crate::diff::lists::ListRules;
use crate::engine::departure::Departure;
use crate::engine::naming::Naming;
use crate::engine::promotion::Decision;
use crate::model::{Environment, Key, Policy, Result, Value, ValuePath};
use crate::secrets::mask::Mask;
use crate::yaml::{Document, FileValues};

/// An item's file in one environment of one revision.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// There is none.
    Absent,
    /// It is not readable YAML.
    Unreadable,
    /// What it says.
    Read(&'a Document),
}

impl<'a> Side<'a> {
    pub(super) const fn document(self) -> Option<&'a Document> {
        match self {
            Self::Read(document) => Some(document),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

/// An item in every environment, before and after.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// Before, in the order of the environments.
    pub base: [Side<'a>; 3],
    /// After.
    pub head: [Side<'a>; 3],
}

/// The versions that the item had in an environment; `None` when history does not reach back.
pub type Past<'a> = dyn Fn(Environment) -> Result<Option<Vec<Arc<FileValues>>>> + 'a;

/// How a source (the environment) left its value at a path since the base, if it did.
pub type LeftSince<'a> = dyn Fn(Environment, &ValuePath, Option<&Value>) -> Result<Option<Departure>> + 'a;

/// What is known of one item of a change.
pub struct Input<'a> {
    /// The item.
    pub key: &'a Key,
    /// Its files.
    pub sides: Sides<'a>,
    /// The environments in which its file differs.
    pub touched: &'a BTreeSet<Environment>,
    /// What it was called before in an environment, when it was renamed there.
    pub renamed: &'a dyn Fn(Environment) -> Option<Key>,
    /// What the schema says of lists.
    pub lists: &'a dyn ListRules,
    /// What may be shown: what neither revision calls secret.
    pub masks: [Mask<'a>; 2],
    /// Its history.
    pub past: &'a Past<'a>,
    /// What the plan into an environment says at the base; `None` where promotions go by no path: one
    /// side lacks the item, or it is encrypted.
    pub plan: &'a dyn Fn(Environment) -> Option<&'a BasePlan>,
    /// The policy of the base.
    pub base_policy: &'a Policy,
    /// How a source left a value of the base since, on the line that the change goes to.
    pub left_since: &'a LeftSince<'a>,
    /// What is production's own by rule.
    pub exemptions: &'a Exemptions<'a>,
}

/// What is production's own by rule.
pub struct Exemptions<'a> {
    /// The policy: pins, secrets and references.
    pub policy: &'a Policy,
    /// What names an environment.
    pub naming: &'a Naming<'a>,
    /// What was decided for the item in production.
    pub decisions: &'a [Decision],
}

impl<'a> Input<'a> {
    pub(super) fn sides(&self, environment: Environment) -> [Side<'a>; 2] {
        let of = |sides: &[Side<'a>; 3]| {
            let found = Environment::ALL.iter().position(|env| *env == environment);
            found.and_then(|at| sides.get(at)).copied().unwrap_or(Side::Absent)
        };
        [of(&self.sides.base), of(&self.sides.head)]
    }

    /// The value at a path before and after.
    pub(super) fn values(&self, environment: Environment, path: &ValuePath) -> [Option<&'a Value>; 2] {
        self.sides(environment).map(|side| side.document().and_then(|document| document.at(path)))
    }

    /// Whether the change sets the path in an environment; of what cannot be read nobody knows.
    pub(super) fn sets(&self, environment: Environment, path: &ValuePath) -> bool {
        let is_known = self.sides(environment).iter().all(|side| !matches!(side, Side::Unreadable));
        let [before, after] = self.values(environment, path);
        is_known && before != after
    }

    /// Whether the item is there, and readable, after the change.
    pub(super) fn is_in(&self, environment: Environment) -> bool {
        matches!(self.sides(environment)[1], Side::Read(_))
    }
}
