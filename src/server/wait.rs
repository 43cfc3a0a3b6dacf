//! Long polls: `Prefer: wait=N` with `If-None-Match` answers when the thing has changed.

use std::num::IntErrorKind;
use std::time::Duration;

use http::{HeaderMap, HeaderName};

use super::problem::{Problem, ProblemKind};

/// The longest wait, in seconds; more is cut.
const LONGEST: u64 = 60;

pub(super) const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(super) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How long the caller would wait for a change; `None` when they would not.
///
/// # Errors
/// When it means nothing.
pub(super) fn asked(headers: &HeaderMap) -> Result<Option<Duration>, Problem> {
    let told = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let wait = told.flat_map(|value| value.split([',', ';'])).find_map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').to_owned())
    });
    let Some(text) = wait else { return Ok(None) };
    match text.parse::<u64>() {
        Ok(seconds @ 1..) => Ok(Some(Duration::from_secs(seconds.min(LONGEST)))),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Ok(Some(Duration::from_secs(LONGEST))),
        _ => {
            let detail = format!("`Prefer: wait={}` is no time", text.escape_debug());
            Err(Problem::new(ProblemKind::BadRequest, detail)
                .with_help(format!("give seconds from 1 to {LONGEST}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_whole_seconds() {
        for (prefer, expected) in [
            ("wait=5", Some(5)),
            ("respond-async, Wait=\"7\"", Some(7)),
            ("wait=900", Some(60)),
            ("wait=0", None),
            ("wait=-1", None),
            ("wait=soon", None),
            ("wait", None),
        ] {
            let headers = HeaderMap::from_iter([(PREFER, prefer.parse().expect("a header"))]);
            let found = asked(&headers).map(|found| found.map(|wait| wait.as_secs()));
            assert_eq!(found.ok().flatten(), expected, "{prefer}");
        }
        assert_eq!(asked(&HeaderMap::new()).ok(), Some(None));
    }
}
