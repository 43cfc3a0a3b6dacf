//! Which of the offered forms a request accepts.

use http::{HeaderMap, header};

use super::problem::{Problem, ProblemKind};

/// A form in which something is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Yaml,
    Text,
}

impl Media {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Text => "text/plain",
        }
    }
}

/// The form that is accepted most gladly, the first offered among equals; the first one where nothing is
/// said.
pub(super) fn negotiate(headers: &HeaderMap, offered: &[Media]) -> Result<Media, Problem> {
    let ranges: Vec<(&str, u16)> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range)
        .collect();
    let best = offered.iter().rev().max_by_key(|media| weight(**media, &ranges));
    let best = best.copied().filter(|media| ranges.is_empty() || weight(*media, &ranges) > 0);
    best.ok_or_else(|| {
        let names: Vec<_> = offered.iter().map(|media| media.name()).collect();
        Problem::new(ProblemKind::NotAcceptable, "this is not offered in any of the accepted forms")
            .with_help(format!("accept {}", names.join(" or ")))
    })
}

/// A range of media types and its weight in thousandths.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| name.contains('/'))?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let Some(weight) = weight else { return Some((name, 1_000)) };
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let thousandths = whole.parse::<u16>().ok()?.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
    (thousandths <= 1_000).then_some((name, thousandths))
}

/// The weight of the most exact range that a form is in; 0 where none is.
fn weight(media: Media, ranges: &[(&str, u16)]) -> u16 {
    let name = media.name();
    let kind = name.split('/').next().unwrap_or_default();
    let fits = |range: &str| match range.split_once('/') {
        _ if range.eq_ignore_ascii_case(name) => 3,
        Some((of, "*")) if of.eq_ignore_ascii_case(kind) => 2,
        Some(("*", "*")) => 1,
        _ => 0,
    };
    let fitting = ranges.iter().map(|(range, weight)| (fits(range), *weight));
    fitting.filter(|(exact, _)| *exact > 0).max().map_or(0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_welcome_form_is_chosen() {
        let all = [Media::Json, Media::Yaml];
        for (accept, expected) in [
            ("", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/yaml", Some(Media::Yaml)),
            ("application/json;q=0.5, application/yaml", Some(Media::Yaml)),
            ("text/html, application/yaml;q=0.3, */*;q=0.2", Some(Media::Yaml)),
            ("application/json;q=0, */*", Some(Media::Yaml)),
            ("text/html", None),
            ("application/json;q=0, application/yaml;q=0", None),
            ("Application/YAML; charset=utf-8", Some(Media::Yaml)),
        ] {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            }
            assert_eq!(negotiate(&headers, &all).ok(), expected, "{accept}");
        }
    }
}
