//! The `terrace` binary: argument vector in, exit code out.

use std::process::ExitCode;

// Judging makes and drops many small texts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    terrace::cli::main(std::env::args_os())
}
