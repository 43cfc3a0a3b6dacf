//! Values patched: what a patch makes of an item's value, and the edits of its text that bring it there.
//!
//! The operations are carried out on values, one after the other; the text is edited once, from what
//! it holds to what it shall hold, so that only the bytes of what differs move.

mod apply;
mod edits;
mod kept;

use crate::model::{Patch, Result, Value, ValuePath};
use crate::secrets::mask::Reveal;
use crate::yaml::{Document, Limits};

pub(super) use self::apply::apply;
pub(super) use self::edits::edits;
pub use self::kept::require_still_masked;
pub(super) use self::kept::{Kept, forbidden, require_no_secrets, require_writable};

/// The value and the text that a patch makes of a document without secrets; for the fuzz targets.
///
/// # Errors
/// When the patch does not fit the value, or its outcome the text.
#[doc(hidden)]
pub fn patched(document: &Document, patch: &Patch) -> Result<(Value, String)> {
    let value = apply(patch, document.value(), &Kept::default(), Reveal::Secrets)?;
    let edits = edits(document, &ValuePath::root(), &value);
    let text = super::edit::edit(document, &edits, &Limits::default(), "the item")?;
    Ok((value, text))
}
