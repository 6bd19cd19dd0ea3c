"""Rows of figures as pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.rows import Row


def bars(rows: Sequence[Row], to: Path) -> None:
    """Draw *rows* as bars, those of one unit together, into the PNG file *to*."""
    units = list(dict.fromkeys(row.unit for row in rows))
    groups = [[row for row in rows if row.unit == unit] for unit in units]
    figure = Figure(figsize=(9, 1 + 0.35 * len(rows) + 0.6 * len(units)), layout="constrained")
    shares = [len(group) for group in groups]
    axes = figure.subplots(len(units), 1, height_ratios=shares, squeeze=False)[:, 0]
    for unit, group, each in zip(units, groups, axes, strict=True):
        drawn = each.barh([row.name for row in group], [row.value for row in group], color="#4a7ab5")
        each.bar_label(drawn, fmt="%.3g", padding=3)
        each.set_xlabel(unit)
        each.invert_yaxis()
        each.margins(x=0.12)
        each.spines[["top", "right"]].set_visible(False)
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=110)


def lines(found: Mapping[float, Sequence[float]], what: tuple[str, str], to: Path) -> None:
    """Draw the values of *found* over its keys into the PNG file *to*; *what* names both axes."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    each = figure.subplots()
    for key, values in found.items():
        each.plot([key] * len(values), values, "o", color="#4a7ab5")
    each.set_xlabel(what[0])
    each.set_ylabel(what[1])
    each.set_ylim(bottom=0)
    each.spines[["top", "right"]].set_visible(False)
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=110)
