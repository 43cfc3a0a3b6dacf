//! A file of the cache. Its checksums are made right first, so that what lies behind them is reached.

/// Reads a file, and writes and reads it again. Nobody hears of a refusal: all is judged anew.
pub fn cache(bytes: &[u8]) -> bool {
    let survives = terrace::store::cache_file_survives(bytes);
    assert_ne!(survives, Some(false), "a written file is read as another");
    survives.is_some()
}
