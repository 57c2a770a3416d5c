#!/usr/bin/env python3
"""Inserts the answers of README.md and the tables of costs into the pages. `scripts/pages` calls it.

Usage: scripts/tables.py FIGURES RECORD TLS FIELD CROWD

RECORD, TLS, FIELD and CROWD are the names of records in results/: the default backends, the same over https, all
backends, and all backends on crowd. FIGURES is a directory with a file NAME.json of each, made by `fetchbench report`.
"""

import json
import pathlib
import re
import sys

import markdown_block
from choice import answers
from figures import Figures, microseconds, size, ratio

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "benches/footprint"
CHOOSING_PAGE = ROOT / "docs/choosing.md"
LEAVING_PAGE = ROOT / "docs/leaving-async-std.md"

# The way out of async-std and surf: the backends of today, and where their users can go.
LEAVING = ["surf@async-std", "surf@smol", "hyper@smol", "isahc@smol", "hyper@tokio", "reqwest@tokio", "ureq@threads"]

# The columns of the tables: a heading, and the text for a backend of the comparison and its entry of the footprint.
RUNNING = [
    ("CPU/fetch", lambda backend, _: microseconds(backend.get("cpu_s_per_fetch"))),
    ("peak memory", lambda backend, _: size(backend.get("peak_rss_bytes"), 1e6, "MB")),
    ("memory/fetch", lambda backend, _: size(backend.get("memory_per_fetch_bytes"), 1e3, "kB")),
    ("sockets/pass (ideal)", lambda backend, _: sockets(backend)),
]
DEPENDING = [
    ("https in it", lambda _, entry: "yes" if entry["https"] else "no"),
    ("crates (twice)", lambda _, entry: f"{entry['crates']} ({len(entry['duplicates'])})"),
    ("build, CPU", lambda _, entry: f"{entry['build_cpu_s']:.0f} s"),
    ("binary", lambda _, entry: size(entry["binary_bytes"], 1e6, "MB")),
    ("C compiler", lambda _, entry: ", ".join(entry["native"]) or "no"),
    ("Rust", lambda _, entry: entry["msrv"] or "–"),
    ("licence", lambda _, entry: licence(entry)),
    ("released", lambda _, entry: f"[{entry['released']['date']}][{version(entry)}]" if entry["released"] else "–"),
    ("advisories", lambda _, entry: str(len(entry["advisories"]))),
]


def main(arguments):
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
    elif len(arguments) != 5:
        sys.exit(__doc__.strip())
    else:
        directory, *names = arguments
        record, tls, field, crowd = (Figures(directory, name) for name in names)
        markdown_block.insert("choice", answers(record, tls, field, crowd), [ROOT / "README.md"])
        costs(field, crowd)
        for source in re.findall(r"<!-- BEGIN: (\S+\.rs) -->", LEAVING_PAGE.read_text()):
            markdown_block.insert(source, f"```rust\n{program_text(source)}```\n", [LEAVING_PAGE])


def costs(field, crowd):
    """Inserts the tables of costs: all backends, and those of the page on leaving async-std."""
    keepalive, crowded = field.scenario("keepalive"), crowd.scenario("crowd")
    if not any(backend.get("ratio") and backend["ratio"]["low"] for backend in keepalive.backends.values()):
        sys.exit(f"error: {field.name} has no interval on keepalive: measure it for longer")
    programs = json.loads((ROOT / "results/footprint.json").read_text())["programs"]
    entries = {name: entry for entry in programs for name in entry["rows"]}
    leaving = {name: entries[name] for name in LEAVING}
    # With thousands of fetches in flight, the program is a small part of the memory.
    for name, backend in keepalive.backends.items():
        in_crowd = crowded.backends.get(name, {})
        backend["memory_per_fetch_bytes"] = in_crowd.get("memory_per_fetch_bytes")
    time = (f"time vs {keepalive.reference}", lambda backend, _: ratio(backend, keepalive.reference))
    sources = (
        f"Time to sockets: `keepalive` of {field.link('..')}. memory/fetch: `crowd` of {crowd.link('..')}, with all "
        "fetches in flight at once. From `https in it` on: [footprint.json](../results/footprint.json).\n"
    )
    for page, shown in [(CHOOSING_PAGE, entries), (LEAVING_PAGE, leaving)]:
        parts = [table([time, *RUNNING, *DEPENDING], shown, keepalive.backends), sources, advisories(shown), links(shown)]
        markdown_block.insert("footprint", "\n".join(parts), [page])
    parts = [table(RUNNING, leaving, crowded.backends), f"`crowd` of {crowd.link('..')}.\n"]
    markdown_block.insert("crowd", "\n".join(parts), [LEAVING_PAGE])


def program_text(source):
    """Returns a program of benches/footprint without its first lines, which name its crates."""
    text = (SOURCES / source).read_text()
    head, _, rest = text.partition("\n\n")
    return rest if head.startswith("// ") else text


def table(columns, entries, backends):
    """Returns a table with one line per entry."""
    lines = ["| backend | " + " | ".join(heading for heading, _ in columns) + " |", "|---|" + "--:|" * len(columns)]
    for name, entry in entries.items():
        cells = [text(backends.get(name, {}), entry) for _, text in columns]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def sockets(backend):
    if not backend.get("sockets_per_pass"):
        return "–"
    keys = ("sockets_per_pass", "sockets_ideal_per_pass")
    opened, ideal = (f"{backend[key]:,.2f}".rstrip("0").rstrip(".") for key in keys)
    return f"{opened} ({ideal})"


def licence(entry):
    return entry["licence"].replace("MIT OR Apache-2.0", "MIT/Apache").replace("MIT/Apache-2.0", "MIT/Apache")


def version(entry):
    return f"{entry['client']} {entry['version']}"


def advisories(entries):
    """Returns a list of all advisories, each with the backends that it concerns."""
    backends = {}
    for name, entry in entries.items():
        for advisory in entry["advisories"]:
            backends.setdefault("{crate} [{id}]".format(**advisory), []).append(f"`{name}`")
    alike = {}
    for advisory, concerned in backends.items():
        alike.setdefault(", ".join(concerned), []).append(advisory)
    return "".join(f"* Advisories in {concerned}: {', '.join(found)}.\n" for concerned, found in alike.items())


def links(entries):
    """Returns the targets of the names in brackets."""
    released = {version(entry): entry["released"]["link"] for entry in entries.values() if entry["released"]}
    found = {advisory["id"]: advisory["link"] for entry in entries.values() for advisory in entry["advisories"]}
    return "".join(f"[{name}]: {link}\n" for name, link in {**released, **found}.items())


if __name__ == "__main__":
    main(sys.argv[1:])
