"""Runs of fetchbench by a script, and the cells of the tables made of them."""

import os
import pathlib
import subprocess
import sys

from figures import Figures

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROXIES = {f"{name}_proxy" for name in ("http", "https", "all", "no")}


def fetchbench(*arguments, output=None):
    """Runs fetchbench and returns its output, if it is a pipe. Ends if fetchbench fails.

    A comparison with an invalid backend ends with 3, and its report shows why.
    """
    given = os.environ.get("FETCHBENCH")
    program = [given] if given else ["cargo", "run", "--locked", "--profile", "bench", "--features", "full", "--quiet", "--"]
    backtraces = {"RUST_BACKTRACE", "RUST_LIB_BACKTRACE"}
    environment = {
        name: value for name, value in os.environ.items() if name.lower() not in PROXIES and name not in backtraces
    }
    ended = subprocess.run([*program, *arguments], cwd=ROOT, env=environment, stdout=output)
    if ended.returncode not in (0, 3):
        sys.exit(f"error: fetchbench {' '.join(arguments)} ended with {ended.returncode}")
    return ended.stdout


def make_pages(record):
    """Writes the reports of a record into it."""
    report = record / "report"
    forms = ["--markdown", f"{report}.md", "--html", f"{report}.html", "--svg", f"{report}.svg"]
    fetchbench("report", str(record), *forms)


def exported(record, directory):
    """Returns the figures of a record, which are exported to a directory once."""
    record = pathlib.Path(record)
    path = pathlib.Path(directory) / f"{record.name}.json"
    if not path.exists():
        fetchbench("report", str(record), "--json", str(path))
    return Figures(directory, record.name)


def seconds(value):
    if value is None:
        return "–"
    return f"{value:.3f} s" if abs(value) >= 1 else f"{value * 1e3:.2f} ms"


def line(cells):
    return "| " + " | ".join(cells) + " |"
