//! Values patched: what a patch makes of an item's value, and the edits of its text that bring it there.
//!
//! The operations are carried out on values, one after the other; the text is edited once, from what
//! it holds to what it shall hold, so that only the bytes of what differs move.

mod apply;
mod edits;
mod kept;

pub(super) use self::apply::apply;
pub(super) use self::edits::edits;
pub(super) use self::kept::{Kept, forbidden, require_no_secrets, require_writable};
