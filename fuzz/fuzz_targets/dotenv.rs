//! Any bytes as a `.env` file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::dotenv(bytes);
});
