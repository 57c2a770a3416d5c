//! Network namespaces of a test's own, so that it can break the network without harm.

use std::process::Command;

use crate::peers::skip;

/// Set inside a namespace.
const INSIDE: &str = "FETCHBENCH_NAMESPACE";

/// How a setup that cannot be made ends.
const UNMADE: i32 = 77;

/// Runs a test of this program again in new user, mount and network namespaces, after the shell
/// commands of `setup`. Returns `true` inside, where the test is to do its work.
///
/// Skips the test if this machine allows no namespaces, unless FETCHBENCH_REQUIRE_PEERS is set.
pub fn enter(test: &str, setup: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let script = format!("set -e\ntrap 'exit {UNMADE}' EXIT\n{setup}\ntrap - EXIT\nexec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", &script, "sh"]);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let output = match command.env(INSIDE, "yes").output() {
        Ok(output) => output,
        Err(error) => {
            skip(&format!("cannot start unshare: {error}"));
            return false;
        }
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    match output.status.code() {
        Some(0) => assert!(said.contains("1 passed"), "no test has the name {test}: {said}"),
        // `unshare` itself ends with 1, a test with 101.
        Some(1 | UNMADE) => skip(&format!("cannot make a namespace: {said}")),
        _ => panic!("{test} in a namespace: {said}"),
    }
    false
}
