//! The `terrace` binary: argument vector in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    terrace::cli::main(std::env::args_os())
}
