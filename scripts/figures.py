"""The figures of a record, and how the pages write them."""

import json
import math
import pathlib
import sys


class Figures:
    """What `fetchbench report --json` prints for a record in results/."""

    def __init__(self, directory, name):
        self.name = name
        self.scenarios = json.loads((pathlib.Path(directory) / f"{name}.json").read_text())["scenarios"]

    def scenario(self, name):
        """Returns the scenario of that name, or ends the program."""
        for figures in self.scenarios:
            if figures["scenario"] == name:
                return ScenarioFigures(self, figures)
        sys.exit(f"error: {self.name} has no scenario {name}")

    def link(self, up=".", text=None):
        """Returns a link to the report, for a page in the directory that `up` leads out of."""
        path = f"results/{self.name}/report.md"
        return f"[{text or self.name}]({path if up == '.' else f'{up}/{path}'})"


class ScenarioFigures:
    """The backends of a scenario by name, in the order of their ratios."""

    def __init__(self, record, figures):
        self.record = record
        self.reference = figures["reference"]
        self.backends = {backend["backend"]: backend for backend in figures["backends"]}

    def ratio(self, name):
        """Returns the ratio of a backend and its interval, or None if there is no interval."""
        found = self.backends.get(name, {}).get("ratio")
        return found if found and found["low"] is not None else None


def interval(ratio):
    """Returns a ratio and its interval as text. Ends are rounded outward, as in the reports."""
    low, high = math.floor(ratio["low"] * 1000) / 1000, math.ceil(ratio["high"] * 1000) / 1000
    return f"{ratio['mean']:.3f}× ({low:.3f} to {high:.3f})"


def ratio(backend, reference):
    """Returns the time of a backend relative to the reference as text."""
    if backend.get("backend") == reference:
        return "1"
    if (backend.get("stopped") or {}).get("why") == "far-slower":
        return "≥ 10×"
    found = backend.get("ratio")
    return interval(found) if found and found["low"] is not None else "–"


def microseconds(seconds):
    return "–" if seconds is None else f"{seconds * 1e6:.1f} µs"


def size(number, unit, name):
    return "–" if not number else f"{number / unit:.1f} {name}"
