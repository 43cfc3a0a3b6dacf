//! Masking: what of a value may be shown.

use crate::model::{Path, Policy, Segment, Value};

/// Replaces secret scalars by [`Value::masked`], unless secrets are to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a> {
    policy: Option<&'a Policy>,
}

impl<'a> Mask<'a> {
    /// Masks what the policy calls secret; references to secrets stay readable.
    #[must_use]
    pub const fn new(policy: &'a Policy) -> Self {
        Self { policy: Some(policy) }
    }

    /// Shows everything, as `--show-secrets` asks.
    #[must_use]
    pub const fn none() -> Self {
        Self { policy: None }
    }

    /// The value at `path` as it may be shown.
    #[must_use]
    pub fn value(&self, path: &Path, value: &Value) -> Value {
        let Some(policy) = self.policy else { return value.clone() };
        match value {
            Value::Map(map) => Value::Map(
                map.iter().map(|(key, value)| (key.clone(), self.value(&path.key(key), value))).collect(),
            ),
            Value::List(list) => {
                let element = |(i, value)| self.value(&path.join(Segment::Index(i)), value);
                Value::List(list.iter().enumerate().map(element).collect())
            }
            Value::Tagged(tag, inner) => Value::Tagged(tag.clone(), Box::new(self.value(path, inner))),
            Value::Null => Value::Null,
            Value::String(text) if policy.is_reference(text) => value.clone(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                if policy.is_secret(path) {
                    Value::masked()
                } else {
                    value.clone()
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let policy = Policy::default();
        let text = "db: {user: u, password: p}\nl: [{token: 1}]\nsecret: {a: [x]}\npasswd: ${P}\n";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("yaml");
        let shown = Mask::new(&policy).value(&Path::root(), document.value());
        assert_eq!(
            shown.to_string(),
            "{db: {user: u, password: ••••}, l: [{token: ••••}], secret: {a: [••••]}, passwd: ${P}}"
        );
        assert_eq!(&Mask::none().value(&Path::root(), document.value()), document.value());
    }
}
