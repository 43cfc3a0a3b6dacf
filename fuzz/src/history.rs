//! The steps of a history index, as they lie in its file behind the head.

/// Reads steps, writes and reads them again. Nobody hears of a refusal: history is walked instead.
pub fn history(bytes: &[u8]) -> bool {
    let survives = terrace::store::history_index_survives(bytes);
    assert_ne!(survives, Some(false), "written steps are read as others");
    survives.is_some()
}
