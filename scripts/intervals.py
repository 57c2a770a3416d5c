"""Student's intervals of ratios."""

import math
import statistics


def above(t, freedom):
    """Returns the probability that Student's t exceeds t, from the angle whose tangent is t / sqrt(freedom)."""
    return cosine_integral(math.atan(t / math.sqrt(freedom)), freedom) / (2 * cosine_integral(0, freedom))


def cosine_integral(angle, freedom, steps=2000):
    """Returns the integral of cos(x) ** (freedom - 1) from an angle to a right one, by midpoints."""
    width = (math.pi / 2 - angle) / steps
    return width * sum(math.cos(angle + (step + 0.5) * width) ** (freedom - 1) for step in range(steps))


def student(freedom, tail):
    """Returns the value that Student's t exceeds with this probability, by bisection."""
    low, high = 0.0, 1e4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle, freedom) > tail else (low, middle)
    return low


def ratio(logs, critical):
    """Returns the mean of ratios, given by their logarithms, with its interval."""
    half = critical * statistics.stdev(logs) / math.sqrt(len(logs))
    mean = statistics.fmean(logs)
    return f"{math.exp(mean):.3f} ({math.exp(mean - half):.3f} to {math.exp(mean + half):.3f})"
