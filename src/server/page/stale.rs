//! A text that others changed while somebody edited it: what both wrote is put together, and of what
//! both changed each value is decided by itself. Nothing is written here.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::form::Form;
use super::item::Side;
use super::words::value_text;
use crate::merge::{Conflict, Version, Versions, merge_decided};
use crate::model::sanitize::{clean, cut};
use crate::model::{Key, ValuePath};
use crate::secrets::mask::{Reveal, Shown};

/// A text of more bytes is not brought back by the form, so it is not put together either.
pub(super) const MOST_BYTES: usize = 256 * 1024;

/// What became of two texts that grew from one.
pub(super) enum Joined {
    /// They are one text, in which all that both sides changed stands.
    Together(String),
    /// These values were changed by both.
    Contested(Vec<Contest>),
    /// They are for a person to put together.
    Apart,
}

/// A value that both sides changed.
pub(super) struct Contest {
    path: String,
    mine: Option<Shown>,
    theirs: Option<Shown>,
}

/// Whose value was chosen, by its path.
pub(super) fn picks(form: &Form) -> BTreeMap<String, Version> {
    let at = |(name, path): (&str, &str)| {
        let number = name.strip_prefix("at.")?;
        let version = match form.get(&format!("pick.{number}"))? {
            "mine" => Version::Ours,
            "theirs" => Version::Theirs,
            _ => return None,
        };
        Some((path.to_owned(), version))
    };
    form.fields().filter_map(at).collect()
}

/// Puts a text together with what is there now; both grew from `base`.
pub(super) fn join(
    now: &Side,
    key: &Key,
    base: Option<&str>,
    mine: &str,
    decided: &dyn Fn(&str) -> Option<Version>,
) -> Joined {
    // A text with secrets is shown to nobody.
    let (Some(base), Some(theirs)) = (base, now.text.as_deref()) else { return Joined::Apart };
    let versions = Versions { base: base.as_bytes(), ours: mine.as_bytes(), theirs: theirs.as_bytes() };
    let decided = |path: &ValuePath| decided(&path.to_string());
    let lists = now.configuration.lists(key);
    let conflicts = match merge_decided(&versions, &decided, &lists, now.configuration.limits()) {
        Ok(text) => return Joined::Together(text),
        Err(conflicts) => conflicts,
    };
    let mask = now.configuration.mask(Reveal::Nothing);
    let contest = |conflict: Conflict| match conflict.map(|path, value| mask.value(path, &value)) {
        Conflict::Changed { path, ours, theirs, .. } => {
            Some(Contest { path: path.to_string(), mine: ours, theirs })
        }
        Conflict::Renamed { .. }
        | Conflict::Reordered(_)
        | Conflict::Emptied(_)
        | Conflict::Documents
        | Conflict::Comments(_)
        | Conflict::Written
        | Conflict::Anchor(_)
        | Conflict::Encrypted
        | Conflict::NoYaml(_)
        | Conflict::NoText
        | Conflict::Decision => None,
    };
    conflicts.into_iter().map(contest).collect::<Option<Vec<_>>>().map_or(Joined::Apart, Joined::Contested)
}

/// The values that both sides changed, each with the question whose it shall be.
pub(super) fn questions(contests: &[Contest], picks: &BTreeMap<String, Version>) -> Markup {
    let words = |value: Option<&Shown>| value.map_or_else(|| "no value".to_owned(), |it| value_text(it, 120));
    html! {
        fieldset {
            legend { "Changed by you and by others: whose value shall stand?" }
            @for (number, Contest { path, mine, theirs }) in contests.iter().enumerate() {
                @let name = format!("pick.{number}");
                @let is_on = |version| picks.get(path) == Some(&version);
                div.choice-line {
                    strong { bdi { (cut(&clean(path), 120)) } }
                    div.options role="radiogroup" aria-label={ "Whose value of " (cut(&clean(path), 80)) } {
                        input type="hidden" name={ "at." (number) } value=(path);
                        label { input type="radio" name=(name) value="theirs" checked[is_on(Version::Theirs)]; " take theirs, " bdi.v { (words(theirs.as_ref())) } }
                        label { input type="radio" name=(name) value="mine" checked[is_on(Version::Ours)]; " reapply mine, " bdi.v { (words(mine.as_ref())) } }
                    }
                }
            }
        }
    }
}
