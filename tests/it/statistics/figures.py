"""Prints what scipy and numpy say, for tests/it/statistics/figures.rs:

    python3 -m venv target/scipy && target/scipy/bin/pip install scipy==1.17.1
    target/scipy/bin/python tests/it/statistics/figures.py >tests/it/statistics/figures.json
"""

import json

import numpy
import scipy
from scipy import stats
from scipy.optimize import brentq

FEW = [0.12, -0.03, 0.08, 0.05, 0.11]
OTHERS = [0.02, 0.01, 0.05, -0.04, 0.03, 0.02, 0.0]
LOGS = [0.12, -0.03, 0.08, 0.05, 0.11, 0.02]
TEN = [7.5, 1.0, 3.0, 2.0, 10.0, 4.25, 8.0, 6.0, 5.0, 9.0]


def interval(values, level):
    return stats.t.interval(level, len(values) - 1, loc=numpy.mean(values), scale=stats.sem(values))


def welch(values, others, level):
    return stats.ttest_ind(values, others, equal_var=False).confidence_interval(level)


def detectable(count, comparisons):
    """The shift, in standard errors, at which a t interval lies wholly on its side with 80 % probability."""
    critical = stats.t.ppf(1 - 0.025 / comparisons, count - 1)
    return brentq(lambda shift: stats.nct.sf(critical, count - 1, shift) - 0.8, 0.5, 60)


def power(difference, blocks, deviation):
    """How often so many blocks show a difference, as one of six comparisons."""
    critical = stats.t.ppf(1 - 0.025 / 6, blocks - 1)
    return stats.nct.sf(critical, blocks - 1, numpy.log1p(difference) * numpy.sqrt(blocks) / deviation)


def proportion(count, trials, level):
    return stats.binomtest(count, trials).proportion_ci(level, "exact")


def median_rank(count, level):
    """The highest rank such that the median lies below that value with half of what is left of the level at most."""
    ranks = numpy.arange(count // 2 + 1)
    return int(ranks[stats.binom.cdf(ranks - 1, count, 0.5) <= (1 - level) / 2][-1])


FIGURES = {
    "t_quantile": [
        (p, freedom, stats.t.ppf(p, freedom))
        for p in [0.6, 0.9, 0.975, 0.995, 0.9995, 1 - 0.025 / 6, 1 - 0.025 / 21, 1 - 0.025 / 45]
        for freedom in [1, 2, 4, 5, 7.5, 9, 17, 19, 30, 59, 120, 1000]
    ],
    "t_interval": [(FEW, level, *interval(FEW, level)) for level in [0.9, 0.95, 0.99]],
    "welch_interval": [(FEW, OTHERS, level, *welch(FEW, OTHERS, level)) for level in [0.95, 0.99]],
    # As one of so many comparisons.
    "ratio": [(LOGS, many, *numpy.exp(interval(LOGS, 1 - 0.05 / many))) for many in [1, 6]],
    "detectable_shift": [(n, many, detectable(n, many)) for n in [5, 6, 18, 60] for many in [1, 6, 45]],
    "power": [
        (difference, blocks, deviation, power(difference, blocks, deviation))
        for difference, blocks in [(0.05, 6), (0.05, 18), (0.10, 6)]
        for deviation in [0.02, 0.03, 0.045]
    ],
    "proportion_interval": [
        (count, trials, level, *proportion(count, trials, level))
        for count, trials, level in [
            (0, 300, 0.95), (300, 300, 0.95), (15, 300, 0.95), (7, 20, 0.9), (120, 2000, 0.95), (1, 1, 0.95),
            (49_800, 100_000, 0.95),
        ]
    ],
    "median_rank": [
        (count, level, median_rank(count, level))
        for count, level in [
            (5, 0.9), (6, 0.95), (9, 0.95), (20, 0.95), (20, 0.99), (101, 0.95), (360, 0.95), (100_000, 0.95),
        ]
    ],
    "quantile": [(TEN, p, numpy.quantile(TEN, p)) for p in [0.1, 0.25, 0.5, 0.75, 0.9]],
}


def plain(cell):
    return cell.item() if isinstance(cell, numpy.generic) else cell


print("{")
print(f'"scipy": "{scipy.__version__}", "numpy": "{numpy.__version__}"', end="")
for name, rows in FIGURES.items():
    lines = ",\n".join("  " + json.dumps([plain(cell) for cell in row]) for row in rows)
    print(f',\n"{name}": [\n{lines}\n]', end="")
print("\n}")
