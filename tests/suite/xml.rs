//! A small strict reader of XML 1.0 documents: enough to tell well-formed from not.

/// What a document holds, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A start tag with its attributes.
    Open(String, Vec<(String, String)>),
    /// Text between tags that is not only blanks.
    Text(String),
    /// An end tag, or the end of an empty element.
    Close(String),
}

/// Reads a document; the error says what is not well-formed.
pub(crate) fn read(text: &str) -> Result<Vec<Event>, String> {
    let legal =
        |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if let Some(c) = text.chars().find(|c| !legal(*c)) {
        return Err(format!("{c:?} is no character of XML 1.0"));
    }
    let declaration = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let mut rest = text.strip_prefix(declaration).ok_or("no declaration")?;
    let (mut events, mut open) = (Vec::new(), Vec::new());
    while let Some((before, after)) = rest.split_once('<') {
        push_text(before, &open, &mut events)?;
        let (tag, tail) = end_of_tag(after)?;
        rest = tail;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop().as_deref() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            events.push(Event::Close(name.to_owned()));
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if open.is_empty() && events.iter().any(|event| matches!(event, Event::Close(_))) {
            return Err("a second root".to_owned());
        }
        events.push(Event::Open(name_of(name)?, read_attributes(attributes)?));
        if empty {
            events.push(Event::Close(name.to_owned()));
        } else {
            open.push(name.to_owned());
        }
    }
    push_text(rest, &open, &mut events)?;
    if open.is_empty() { Ok(events) } else { Err(format!("{open:?} stay open")) }
}

/// Splits behind the `>` that ends a tag, which is not one inside a quoted value.
fn end_of_tag(text: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    let end = end.ok_or("a tag does not end")?;
    Ok((&text[..end], &text[end + 1..]))
}

fn push_text(text: &str, open: &[String], events: &mut Vec<Event>) -> Result<(), String> {
    if text.contains("]]>") {
        return Err("]]> in text".to_owned());
    }
    if !text.trim().is_empty() {
        if open.is_empty() {
            return Err(format!("text outside of the root: {text}"));
        }
        events.push(Event::Text(unescape(text)?));
    }
    Ok(())
}

fn name_of(name: &str) -> Result<String, String> {
    let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    if fits { Ok(name.to_owned()) } else { Err(format!("`{name}` is no name")) }
}

fn read_attributes(mut text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    while !text.is_empty() {
        let (name, after) = text.split_once("=\"").ok_or("an attribute without value")?;
        let (value, tail) = after.split_once('"').ok_or("a value without end")?;
        if value.contains(['<', '\n', '\t']) || found.iter().any(|(known, _)| known == name) {
            return Err(format!("bad attribute {name}={value}"));
        }
        found.push((name_of(name)?, unescape(value)?));
        text = if tail.is_empty() {
            tail
        } else {
            tail.strip_prefix(' ').ok_or("no blank between attributes")?
        };
    }
    Ok(found)
}

fn unescape(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, tail) = part.split_once(';').ok_or("a bare &")?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => return Err(format!("unknown entity {other}")),
        });
        out.push_str(tail);
    }
    Ok(out)
}

#[test]
fn the_reader_tells_well_formed_from_not() {
    let document = |body: &str| read(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{body}"));
    assert_eq!(document("<a b=\"&lt;>\">x&amp;</a>\n").map(|events| events.len()), Ok(3));
    for bad in [
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a b=\"<\"/>",
        "<a>&x;</a>",
        "<a>&</a>",
        "<a>]]></a>",
        "<a>\u{1b}</a>",
        "<a>\u{ffff}</a>",
        "text<a/>",
        "<a b=\"1\"c=\"2\"/>",
        "<!--x--><a/>",
    ] {
        assert!(document(bad).is_err(), "{bad}");
    }
    assert!(read("<a/>").is_err());
}
