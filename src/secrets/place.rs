//! Where a value sits, and whether that is a place for a secret: what the names on the way say, and
//! what the document says besides.

use std::collections::HashSet;

use super::looks::stands_in;
use super::names::{self, Family, Name};
use super::no_secret::{is_identifier, is_object_name, is_other_than};
use super::{Secret, command_line, is_secret_step, scalar_secret};
use crate::model::{Policy, Segment, Value, ValuePath};
use crate::yaml::{Document, FileValues, NodeId, SharedScalars};

/// What the place of a value says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing.
    Open,
    /// The policy says that no secret is here, whatever it looks like.
    Excluded,
    /// A secret, since the policy says so.
    Declared,
    /// `data` of a Secret of Kubernetes.
    Data,
    /// A secret by its own name, and what it stands below.
    Named(Family, Holder),
    /// Below a mapping or list with such a name.
    Below(Family),
    /// The element of a list that another one asks for: `[run, --token, x]`.
    Asked,
}

/// What a name stands below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Holder {
    /// Nothing that says more.
    #[default]
    Plain,
    /// A `secret`, which may name what objects hold.
    Secret,
    /// The name of an object, whose entries name the object's own.
    Object,
}

impl Place {
    /// Whether secrets stand here.
    pub(super) const fn is_secret(self) -> bool {
        !matches!(self, Self::Open | Self::Excluded)
    }

    /// Whether a scalar here, with this text, is a secret itself.
    pub(super) fn holds(self, scalar: &Value, text: &str) -> bool {
        let is_text = scalar.as_str().is_some();
        if !self.is_secret() || stands_in(text) {
            return false;
        }
        match self {
            Self::Open | Self::Excluded => false,
            Self::Declared | Self::Data | Self::Asked => true,
            Self::Named(Family::Password, _) if !is_text => true,
            Self::Named(family, holder) => {
                let is_reference = match holder {
                    Holder::Plain => false,
                    Holder::Secret => is_object_name(text),
                    Holder::Object => is_identifier(text),
                };
                is_text && !is_reference && !is_other_than(family, text)
            }
            Self::Below(family) => is_text && !is_other_than(family, text),
        }
    }
}

/// How entries are called that say by a name beside it what a value is, and how that name is.
pub(super) const PAIRS: [(&str, &[&str]); 3] =
    [("value", &["name", "key"]), ("Value", &["Name", "Key"]), ("ParameterValue", &["ParameterKey"])];

/// The account beside which [`is_short_for_password`] counts.
pub(super) const USERS: [&str; 3] = ["user", "username", "login"];

/// Whether a key is short for `password` beside an account, and may be anything elsewhere.
pub(super) fn is_short_for_password(key: &str) -> bool {
    ["pass", "pwd"].iter().any(|word| key.eq_ignore_ascii_case(word))
}

/// What the policy and the names on the way to a value say. The value that stands `steps` steps down
/// is known from there on, and says more.
pub(super) fn place(policy: &Policy, path: &ValuePath, known: Option<(usize, &Value)>) -> Place {
    match policy.declares_secret(path) {
        Some(true) => return Place::Declared,
        Some(false) => return Place::Excluded,
        None => {}
    }
    let mut way = Way { words: policy.own_words(), ..Way::default() };
    for (step, segment) in path.segments.iter().enumerate() {
        // Few keys ask what they stand in.
        way.step(segment, &|| {
            let (steps, start) = known?;
            let mut below = path.segments.get(steps..step)?.iter();
            below.try_fold(start, |value, segment| value.child(segment)).map(Value::untagged)
        });
    }
    match way.place() {
        Place::Open if known.is_some_and(|(steps, start)| is_asked_for(path, steps, start)) => Place::Asked,
        place => place,
    }
}

/// Whether the element of a list is what the one before it, a flag of a command, asks for. The value that
/// stands `steps` steps down is known.
fn is_asked_for(path: &ValuePath, steps: usize, start: &Value) -> bool {
    let asked = || {
        let (Segment::Index(index), above) = path.segments.split_last()? else { return None };
        let mut below = above.get(steps..)?.iter();
        let list = below.try_fold(start, |value, segment| value.child(segment))?.untagged().as_list()?;
        let text = |index: usize| list.get(index).and_then(Value::as_str);
        command_line::given_behind(text(index.checked_sub(1)?)?, &[text(0), text(1), text(2)], text(*index)?)
    };
    asked().is_some()
}

/// What is known on the way down to a value.
#[derive(Default)]
struct Way<'a> {
    /// Lower-case words that name environments besides their own names.
    words: &'a [String],
    /// What the last key said, and those above it that hand it down.
    own: Option<Family>,
    above: Option<Family>,
    /// Whether the last key reads like the name of an object.
    is_object: bool,
    holder: Holder,
    /// A key said that what is below is ciphertext.
    encrypted: bool,
    /// The last step was the element of a list with this name.
    element: Option<&'a str>,
    in_data: bool,
}

impl<'a> Way<'a> {
    fn step(&mut self, segment: &'a Segment, holder: &dyn Fn() -> Option<&'a Value>) {
        let key = match segment {
            Segment::Key(key) => key,
            Segment::Identity { field, value } => {
                self.element = ["name", "key"].contains(&field.as_str()).then_some(value.as_str());
                return;
            }
            Segment::Index(_) | Segment::Append => {
                self.element = None;
                return;
            }
        };
        let field = |name: &str| holder().and_then(Value::as_map)?.get(name)?.as_str();
        let element = self.element.take();
        if ["data", "stringData"].contains(&key.as_str()) && field("kind") == Some("Secret") {
            self.in_data = true;
        }
        // A mapping that reads like an object's name names one.
        if self.own.is_some() && self.is_object {
            self.above = None;
            self.holder = Holder::Object;
        } else if self.own == Some(Family::Secret) && self.holder == Holder::Plain {
            self.holder = Holder::Secret;
        }
        let pair = PAIRS.into_iter().find(|(value, _)| value == key).map(|(_, names)| names);
        let named = || pair?.iter().find_map(|name| field(name));
        let name = element.filter(|_| key == "value").or_else(named);
        let mut said = names::said(names::without_own_words(name.unwrap_or(key), self.words));
        if is_short_for_password(key) && USERS.into_iter().any(|name| field(name).is_some()) {
            said.name = Name::Secret(Family::Password);
        }
        self.is_object = said.is_objects;
        self.own = None;
        // In an ExternalSecret this is the name that a secret gets.
        let names_one = key == "secretKey"
            && holder().and_then(Value::as_map).is_some_and(|map| map.contains_key("remoteRef"));
        match said.name {
            Name::Secret(_) if names_one => self.above = None,
            Name::Secret(family) => {
                self.own = Some(family);
                self.above = (family != Family::Authorization).then_some(family);
            }
            Name::About => self.above = None,
            Name::Encrypted => self.encrypted = true,
            Name::Plain if said.describes => self.above = None,
            Name::Plain => {}
        }
    }

    fn place(&self) -> Place {
        match (self.own, self.above) {
            _ if self.encrypted => Place::Open,
            _ if self.in_data => Place::Data,
            (Some(family), _) => Place::Named(family, self.holder),
            (None, Some(family)) => Place::Below(family),
            (None, None) => Place::Open,
        }
    }
}

/// What is secret in a document for reasons that no path tells: an alias of a secret, the `value`
/// beside a `name`, the `data` of a Secret.
#[derive(Clone, Debug)]
pub struct DocumentSecrets<'d> {
    values: &'d FileValues,
    shared: Shared<'d>,
}

/// The scalars that are secret at one of the paths that lead to them.
#[derive(Clone, Debug)]
enum Shared<'d> {
    None,
    Nodes(&'d Document, HashSet<NodeId>),
    /// Lists by position.
    Paths(HashSet<ValuePath>),
    All,
}

impl<'d> DocumentSecrets<'d> {
    /// What is secret in the document by this policy.
    #[must_use]
    pub fn of(document: &'d Document, policy: &Policy) -> Self {
        let mut found = Self { values: document, shared: Shared::None };
        if document.has_aliases() {
            let mut shared = HashSet::new();
            document.walk(&mut |visit| {
                if visit.value.is_scalar() && found.secret(policy, visit.path, visit.value).is_some() {
                    shared.insert(document.follow(visit.node));
                }
            });
            found.shared = Shared::Nodes(document, shared);
        }
        found
    }

    /// The same of an old version.
    #[must_use]
    pub fn of_values(values: &'d FileValues, policy: &Policy) -> Self {
        let mut found = Self { values, shared: Shared::None };
        found.shared = match values.shared() {
            SharedScalars::Many => Shared::All,
            SharedScalars::Paths(shared) => {
                let is_secret = |path: &ValuePath| {
                    values.at(path).is_some_and(|value| found.own_secret(policy, path, value).is_some())
                };
                let secret = shared.iter().filter(|paths| paths.iter().any(is_secret));
                Shared::Paths(secret.flatten().cloned().collect())
            }
        };
        found
    }

    fn is_shared(&self, path: &ValuePath) -> bool {
        match &self.shared {
            Shared::None => false,
            Shared::Nodes(document, nodes) => {
                !nodes.is_empty()
                    && document.locate(path).is_some_and(|it| nodes.contains(&document.follow(it.node)))
            }
            Shared::Paths(paths) => {
                !paths.is_empty() && self.values.by_position(path).is_some_and(|path| paths.contains(&path))
            }
            Shared::All => true,
        }
    }

    /// Whether the value at `path`, or one below it, is or holds a secret, or stands under a key that does.
    pub fn holds_secret(&self, policy: &Policy, path: &ValuePath, value: &Value) -> bool {
        let mut found = false;
        value.walk(path, &mut |path, value| {
            found = found
                || (path.segments.iter().any(is_secret_step) && policy.declares_secret(path) != Some(false))
                || self.secret(policy, path, value).is_some();
        });
        found
    }

    /// Whether of the value at `path` nothing may be recorded, not even a digest: what it is called, what it
    /// is, or what it is an alias of says that it is a secret.
    pub fn is_confidential(&self, policy: &Policy, path: &ValuePath, value: Option<&Value>) -> bool {
        place(policy, path, None).is_secret()
            || value.is_some_and(|value| self.holds_secret(policy, path, value))
    }

    /// The secret that the scalar at `path` is or holds, aliases not considered.
    pub fn own_secret<'v>(&self, policy: &Policy, path: &ValuePath, value: &'v Value) -> Option<Secret<'v>> {
        let root = self.values.position_of(&path.document).and_then(|at| self.values.values().get(at));
        scalar_secret(policy, value, || place(policy, path, root.map(|root| (0, root))))
    }

    /// The secret that the scalar at `path` is or holds, be the path of this document or of another
    /// version.
    pub fn secret<'v>(&self, policy: &Policy, path: &ValuePath, value: &'v Value) -> Option<Secret<'v>> {
        self.own_secret(policy, path, value).or_else(|| {
            let is_shared = policy.declares_secret(path).is_none() && self.is_shared(path);
            let text = value.scalar_text().filter(|text| !text.is_empty() && is_shared)?;
            Some(Secret { what: "a secret", text })
        })
    }
}
