//! A field for one value: by what the schema says of it, or else by what is there.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::words::{MASK, json_text};
use crate::api::value::json as value_json;
use crate::json_schema::{Bound, ValueDescription, ValueKind};
use crate::model::Value;
use crate::model::sanitize::{clean, cut};
use crate::secrets::mask::Shown;
use crate::server::problem::{Problem, ProblemKind};
use crate::yaml::{Document, Limits};

/// How a value is written into a field, and read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// As the JSON of one of the choices.
    Choice,
    /// A number.
    Number,
    /// The text itself.
    Text,
    /// A text that is never shown; nothing keeps what is there.
    Secret,
    /// YAML.
    Yaml,
}

/// A field for one value.
pub(super) struct Field {
    pub(super) described: ValueDescription,
    pub(super) notation: Notation,
    /// What stands in it: nothing where there is no value, or a secret.
    pub(super) text: String,
    pub(super) is_there: bool,
}

impl Field {
    pub(super) fn of(described: ValueDescription, now: Option<&Shown>) -> Self {
        let now = now.map(Shown::shown);
        let is_secret = now.is_some_and(Value::is_masked);
        let is_text = match now {
            Some(value) => value.as_str().is_some(),
            None => false,
        };
        let notation = match described.kind {
            _ if is_secret => Notation::Secret,
            _ if !choices(&described).is_empty() => Notation::Choice,
            ValueKind::Integer | ValueKind::Number => Notation::Number,
            ValueKind::Text => Notation::Text,
            ValueKind::Any if is_text => Notation::Text,
            ValueKind::Any | ValueKind::Boolean => Notation::Yaml,
        };
        let text = match (now, notation) {
            (None, _) | (Some(_), Notation::Secret) => String::new(),
            (Some(value), Notation::Choice) => value_json(value).to_string(),
            (Some(value), Notation::Text) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            (Some(value), Notation::Number | Notation::Yaml) => value.to_string(),
        };
        Self { described, notation, text, is_there: now.is_some() }
    }

    /// Whether the schema leaves no question how a text is read.
    pub(super) fn is_said(&self) -> bool {
        match self.notation {
            Notation::Choice | Notation::Number => true,
            Notation::Text => self.described.kind == ValueKind::Text,
            Notation::Secret | Notation::Yaml => false,
        }
    }

    /// What is meant by a text that was typed; `None` for no value.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(&self, typed: &str) -> Result<Option<Json>, Problem> {
        match self.notation {
            Notation::Choice | Notation::Number | Notation::Yaml if typed.trim().is_empty() => Ok(None),
            Notation::Choice | Notation::Number | Notation::Yaml => read_value(typed).map(Some),
            Notation::Text | Notation::Secret if typed.is_empty() && !self.is_there => Ok(None),
            Notation::Text | Notation::Secret => Ok(Some(Json::String(typed.to_owned()))),
        }
    }

    /// The field as it is filled in.
    pub(super) fn control(&self, id: &str, name: &str, typed: &str) -> Markup {
        let helped = format!("{id}-help");
        let described_by = self.has_words().then_some(helped.as_str());
        html! {
            @match self.notation {
                Notation::Choice => select id=(id) name=(name) aria-describedby=[described_by] {
                    @let options: Vec<(String, Json)> = choices(&self.described).into_iter().map(|option| (option.to_string(), option)).collect();
                    @let is_known = options.iter().any(|(text, _)| text == typed);
                    @if !self.described.is_required || typed.is_empty() { option value="" selected[typed.is_empty()] { "(not set)" } }
                    @for (text, option) in &options {
                        option value=(text) selected[text == typed] { (json_text(option, 120)) }
                    }
                    @if !is_known && !typed.is_empty() { option value=(typed) selected { (cut(&clean(typed), 120)) " (not one of them)" } }
                },
                Notation::Number if is_plain_number(typed) => {
                    input id=(id) name=(name) type="number" value=(typed) autocomplete="off" aria-describedby=[described_by]
                        step=(if self.described.kind == ValueKind::Integer { "1" } else { "any" })
                        min=[fitting(self.described.minimum.as_ref(), typed, f64::ge)] max=[fitting(self.described.maximum.as_ref(), typed, f64::le)];
                },
                Notation::Secret => input id=(id) name=(name) type="password" autocomplete="off" placeholder=(MASK) aria-describedby=[described_by];,
                Notation::Text if typed.contains('\n') => textarea id=(id) name=(name) rows=(typed.lines().count().clamp(3, 12)) spellcheck="false" aria-describedby=[described_by] { "\n" (typed) },
                Notation::Number | Notation::Text | Notation::Yaml => input id=(id) name=(name) value=(typed) autocomplete="off" spellcheck="false" aria-describedby=[described_by];,
            }
            @if self.has_words() { p.help id=(helped) { (self.words()) } }
        }
    }

    fn has_words(&self) -> bool {
        let ValueDescription { title, description, .. } = &self.described;
        title.is_some() || description.is_some() || !self.limits().is_empty()
    }

    fn words(&self) -> Markup {
        let said = [&self.described.title, &self.described.description];
        let said = said.into_iter().flatten().map(|text| cut(&clean(text), 300).into_owned());
        let said: Vec<String> = said.chain(Some(self.limits()).filter(|limits| !limits.is_empty())).collect();
        html! { bdi { (said.join(" · ")) } }
    }

    /// What the schema asks of the value, in words.
    fn limits(&self) -> String {
        let described = &self.described;
        let mut parts = Vec::new();
        let bound = |bound: &Option<Bound>, words: [&str; 2]| {
            let bound = bound.as_ref()?;
            Some(format!("{} {}", words[usize::from(bound.is_exclusive)], bound.limit))
        };
        parts.extend(
            (described.kind == ValueKind::Integer && described.options.is_empty())
                .then(|| "a whole number".to_owned()),
        );
        parts.extend(bound(&described.minimum, ["at least", "more than"]));
        parts.extend(bound(&described.maximum, ["at most", "less than"]));
        parts.extend(described.min_length.map(|length| format!("at least {length} characters")));
        parts.extend(described.max_length.map(|length| format!("at most {length} characters")));
        parts.extend(
            described.pattern.as_ref().map(|pattern| format!("matches {}", cut(&clean(pattern), 120))),
        );
        parts.extend(
            described.default.as_ref().map(|value| format!("{} if it is not set", json_text(value, 60))),
        );
        parts.join(", ")
    }
}

/// A bound that a browser can hold a number to; none that would keep what is there from being sent.
fn fitting(bound: Option<&Bound>, typed: &str, fits: impl Fn(&f64, &f64) -> bool) -> Option<String> {
    let bound = bound.filter(|bound| !bound.is_exclusive)?;
    let (limit, value) = (bound.limit.as_f64()?, typed.trim().parse::<f64>().ok());
    value.is_none_or(|value| fits(&value, &limit)).then(|| bound.limit.to_string())
}

/// The values to choose from.
fn choices(described: &ValueDescription) -> Vec<Json> {
    match described.kind {
        _ if !described.options.is_empty() => described
            .options
            .iter()
            .filter(|option| !option.is_object() && !option.is_array())
            .cloned()
            .collect(),
        ValueKind::Boolean => vec![Json::Bool(true), Json::Bool(false)],
        ValueKind::Text | ValueKind::Integer | ValueKind::Number | ValueKind::Any => Vec::new(),
    }
}

/// Whether browsers read a number as it is written; others would vanish from the field.
fn is_plain_number(text: &str) -> bool {
    let text = text.trim();
    let is_decimal = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    text.is_empty() || (is_decimal && serde_json::from_str::<serde_json::Number>(text).is_ok())
}

/// A value as it is typed: YAML.
pub(super) fn read_value(text: &str) -> Result<Json, Problem> {
    let read = Document::parse(text.trim().as_bytes(), &Limits::default());
    let wrong = |detail: String| {
        Problem::new(ProblemKind::InvalidBody, detail)
            .with_help("write a YAML value such as 20, true, 60/s or [a, b]; or choose text")
    };
    let document =
        read.map_err(|rejection| wrong(format!("the value cannot be read: {}", rejection.message)))?;
    match document.values() {
        [] => Ok(Json::Null),
        [value] => Ok(value_json(value)),
        _ => Err(wrong("the value is several YAML documents".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Policy, ValuePath};
    use crate::secrets::mask::Mask;

    fn field(described: ValueDescription, yaml: Option<&str>) -> Field {
        let document = yaml.map(|yaml| Document::parse(yaml.as_bytes(), &Limits::default()).expect(yaml));
        let policy = Policy::default();
        let shown = document.map(|it| Mask::new(&policy).value(&ValuePath::root().key("a"), it.value()));
        Field::of(described, shown.as_ref())
    }

    #[test]
    fn what_is_typed_is_read_as_the_schema_means_it() {
        let of = |kind| ValueDescription { kind, ..ValueDescription::default() };
        let chosen = ValueDescription { options: vec![json!("a"), json!(1)], ..of(ValueKind::Any) };
        for (described, there, notation, typed, expected) in [
            (of(ValueKind::Text), Some("60/s"), Notation::Text, "20", Some(json!("20"))),
            (of(ValueKind::Text), None, Notation::Text, "", None),
            (of(ValueKind::Text), Some("x"), Notation::Text, "", Some(json!(""))),
            (of(ValueKind::Integer), Some("20"), Notation::Number, "21", Some(json!(21))),
            (of(ValueKind::Integer), Some("20"), Notation::Number, " ", None),
            (of(ValueKind::Boolean), Some("true"), Notation::Choice, "false", Some(json!(false))),
            (chosen.clone(), Some("a"), Notation::Choice, "\"a\"", Some(json!("a"))),
            (chosen, None, Notation::Choice, "1", Some(json!(1))),
            (of(ValueKind::Any), Some("8s"), Notation::Text, "20", Some(json!("20"))),
            (of(ValueKind::Any), Some("20"), Notation::Yaml, "[1, a]", Some(json!([1, "a"]))),
            (of(ValueKind::Any), None, Notation::Yaml, "8s", Some(json!("8s"))),
        ] {
            let field = field(described, there);
            assert_eq!(field.notation, notation, "{there:?} {typed}");
            assert_eq!(field.read(typed).expect(typed), expected, "{there:?} {typed}");
        }
        assert!(field(of(ValueKind::Any), None).read("[1").is_err());
        for (text, is_plain) in
            [("", true), ("-1.5", true), ("0x1F", false), ("1_000", false), (".inf", false)]
        {
            assert_eq!(is_plain_number(text), is_plain, "{text}");
        }
    }

    #[test]
    fn a_field_says_what_the_schema_asks() {
        let bound = |limit: i64, is_exclusive| Some(Bound { limit: limit.into(), is_exclusive });
        let port = ValueDescription {
            kind: ValueKind::Integer,
            minimum: bound(1, false),
            maximum: bound(10, true),
            description: Some("where it listens".to_owned()),
            default: Some(json!(8)),
            ..ValueDescription::default()
        };
        let of = |yaml| {
            let field = field(port.clone(), Some(yaml));
            field.control("v", "value", &field.text).into_string()
        };
        let page = of("7");
        for expected in [
            "type=\"number\"",
            "min=\"1\"",
            "step=\"1\"",
            "where it listens · a whole number, at least 1, less than 10, 8 if it is not set",
            "aria-describedby=\"v-help\"",
        ] {
            assert!(page.contains(expected), "{expected} {page}");
        }
        assert!(!page.contains("max="), "{page}");
        // What is there can be sent back, whatever the schema says.
        assert!(!of("0").contains("min="));
        assert!(of("0x1F").contains("value=\"0x1F\"") && !of("0x1F").contains("type=\"number\""));
    }
}
