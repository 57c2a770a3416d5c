//! The `fetchbench` program: parses the command line, runs one command, prints the error chain once.

use std::process::ExitCode;

fn main() -> ExitCode {
    fetchbench::cli::main()
}
