//! Any bytes as the steps of a history index.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::history(bytes);
});
