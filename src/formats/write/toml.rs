//! TOML, which knows no null, no integers beyond 64 bits, and only a mapping at its root.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item as Node, Table, Value as Toml};

use super::{Exported, Selection, number, place};
use crate::model::{Error, Help, Key, Map, Result, Segment, Value, ValuePath};

/// The items' values: of one item meant by itself, or of several below their keys.
pub(super) fn write(selection: &Selection<'_>) -> Result<Exported> {
    let mut left_out = Vec::new();
    let mut document = DocumentMut::new();
    *document.as_table_mut() = match selection.items.as_slice() {
        [item] if selection.alone => Writer { key: item.key, left_out: &mut left_out }.root(item.value)?,
        items => {
            let mut table = Table::new();
            for item in items {
                let mut writer = Writer { key: item.key, left_out: &mut left_out };
                if let Some(node) = writer.entry(item.value, &ValuePath::root())? {
                    table.insert(item.key.as_str(), node);
                }
            }
            table
        }
    };
    let notes = match left_out.as_slice() {
        [] => Vec::new(),
        [one] => vec![format!("TOML has no null: {one} is left out")],
        [first, ..] => {
            vec![format!("TOML has no null: {} values are left out, {first} first", left_out.len())]
        }
    };
    Ok(Exported { text: document.to_string(), notes })
}

struct Writer<'a> {
    key: &'a Key,
    left_out: &'a mut Vec<String>,
}

impl Writer<'_> {
    fn root(&mut self, value: &Value) -> Result<Table> {
        match value {
            Value::Map(map) => self.table(map, &ValuePath::root()),
            Value::Null => Ok(Table::new()),
            other @ (Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Tagged(..)) => Err(Error::undecided(format!(
                "{} is a {} as a whole, and TOML has a mapping there",
                self.key,
                other.kind()
            ))
            .with_help(Help::OtherFormat { formats: "json or yaml".into(), or: None })),
        }
    }

    fn table(&mut self, map: &Map, path: &ValuePath) -> Result<Table> {
        let mut table = Table::new();
        for (name, value) in map {
            if let Some(node) = self.entry(value, &path.key(name))? {
                table.insert(name, node);
            }
        }
        // A table that holds nothing but tables needs no header of its own.
        table.set_implicit(!table.is_empty() && table.iter().all(|(_, node)| !node.is_value()));
        Ok(table)
    }

    /// What stands in a table under one name; a null stands nowhere.
    fn entry(&mut self, value: &Value, path: &ValuePath) -> Result<Option<Node>> {
        Ok(match value {
            Value::Null => {
                self.left_out.push(place(self.key, path));
                None
            }
            Value::Map(map) => Some(Node::Table(self.table(map, path)?)),
            Value::List(list)
                if !list.is_empty() && list.iter().all(|element| element.as_map().is_some()) =>
            {
                let mut tables = ArrayOfTables::new();
                for (i, map) in
                    list.iter().enumerate().filter_map(|(i, element)| Some((i, element.as_map()?)))
                {
                    let mut table = self.table(map, &path.join(Segment::Index(i)))?;
                    table.set_implicit(false);
                    tables.push(table);
                }
                Some(Node::ArrayOfTables(tables))
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_) | Value::Tagged(..) => {
                Some(Node::Value(self.value(value, path)?))
            }
        })
    }

    /// A value on its own line or within an array.
    fn value(&mut self, value: &Value, path: &ValuePath) -> Result<Toml> {
        Ok(match value {
            // Without it the elements behind would move.
            Value::Null => return Err(self.cannot(path, "is null within a list")),
            Value::Bool(value) => Toml::from(*value),
            Value::Number(text) => self.number(text, path)?,
            Value::String(text) => Toml::from(text.as_str()),
            Value::List(list) => {
                let mut array = Array::new();
                for (i, element) in list.iter().enumerate() {
                    array.push(self.value(element, &path.join(Segment::Index(i)))?);
                }
                Toml::Array(array)
            }
            Value::Map(map) => Toml::InlineTable(self.table(map, path)?.into_inline_table()),
            Value::Tagged(_, value) => self.value(value, path)?,
        })
    }

    fn number(&self, text: &str, path: &ValuePath) -> Result<Toml> {
        let text = match text.to_ascii_lowercase().as_str() {
            ".inf" | "+.inf" => "inf".to_owned(),
            "-.inf" => "-inf".to_owned(),
            ".nan" => "nan".to_owned(),
            _ => number::decimal(text).unwrap_or_else(|| text.to_owned()),
        };
        // Read as TOML, a number keeps its text.
        text.parse().map_err(|_| self.cannot(path, &format!("is {text}, beyond 64 bits")))
    }

    fn cannot(&self, path: &ValuePath, what: &str) -> Error {
        Error::undecided(format!("{} {what}, which TOML cannot say", place(self.key, path))).with_help(
            Help::OtherFormat {
                formats: "json or yaml".into(),
                or: Some("change the value in the item".into()),
            },
        )
    }
}
