"""Reads the exports as their consumers do. Usage: read.py JUNIT BENCHMARK_ACTION; see scripts/schemas."""

import json
import pathlib
import sys

from junitparser import Failure, JUnitXml, Skipped


def check(is_right, what):
    """Ends with an error unless something is right."""
    if not is_right:
        sys.exit(f"error: {what}")


def check_junit(path):
    """Checks that the counts of each suite are those of its cases, and that failures say why."""
    suites = list(JUnitXml.fromfile(path))
    check(len(suites) == 2, f"{path}: {len(suites)} suites")
    for suite in suites:
        results = [case.result for case in suite]
        failures = [it for one in results for it in one if isinstance(it, Failure)]
        skipped = [it for one in results for it in one if isinstance(it, Skipped)]
        counted = (len(results), len(failures), len(skipped))
        stated = (suite.tests, suite.failures, suite.skipped)
        check(counted == stated, f"{path}: {suite.name} has {counted} cases and states {stated}")
        check(all(it.type and it.message and it.text for it in failures), f"{path}: {suite.name}")
        print(f"{suite.name}: {len(results)} cases, {len(failures)} failures, {len(skipped)} skipped")
    for kind in ("failures", "skipped"):
        check(any(getattr(suite, kind) for suite in suites), f"{path}: no {kind}")


def check_benchmark_action(path):
    """Checks that every name appears once, because a chart belongs to a name."""
    names = [entry["name"] for entry in json.loads(pathlib.Path(path).read_text())]
    check(names and len(names) == len(set(names)), f"{path}: {names}")
    print(f"{len(names)} ratios for github-action-benchmark")


check_junit(sys.argv[1])
check_benchmark_action(sys.argv[2])
