//! The `fetchbench` program: parses the command line, runs one command, prints the error chain
//! once.

use std::process::ExitCode;

use fetchbench::worker::counting::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    fetchbench::cli::main()
}
