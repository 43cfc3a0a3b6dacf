//! What the tests of this room share.

use super::{Converted, Format, Refusal, convert};
use crate::yaml::Limits;

pub(super) fn converted(format: Format, text: &str) -> Converted {
    convert(format, text.as_bytes(), &Limits::default())
        .unwrap_or_else(|refusal| panic!("{text:?} is refused: {refusal:?}"))
}

/// `line:column message` of a rejection.
pub(super) fn refused(format: Format, bytes: &[u8]) -> String {
    match convert(format, bytes, &Limits::default()) {
        Err(Refusal::Rejected(rejection)) => {
            let at = rejection.location.start;
            assert!(!rejection.help.is_empty());
            format!("{}:{} {}", at.line, at.column, rejection.message)
        }
        other => panic!("{:?} gives {other:?}", String::from_utf8_lossy(bytes)),
    }
}

/// Whether any bytes are either converted or rejected, and nothing else happens.
pub(super) fn never_defective(format: Format, bytes: &[u8]) -> bool {
    !matches!(convert(format, bytes, &Limits::default()), Err(Refusal::Defect(_)))
}
