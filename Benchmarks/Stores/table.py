#!/usr/bin/env python3
"""Makes a Markdown table of the figures that run.sh has gathered: median, smallest and largest."""

import statistics
import sys

lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
names = ["filled"] + lines[0].split("\t")
groups = {}
for line in lines[1:]:
    row = dict(zip(names, line.split("\t"), strict=True))
    groups.setdefault((int(row["filled"]), row["mode"]), []).append(row)


def words(value):
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:g}"


def cell(rows, name):
    values = [float(row[name]) for row in rows]
    middle = words(statistics.median(values))
    if min(values) == max(values):
        return middle
    return f"{middle} ({words(min(values))} to {words(max(values))})"


shown = [name for name in names if name not in ("filled", "mode", "records")]
print("| records | mode | " + " | ".join(shown) + " |")
print("| --- | --- |" + " --- |" * len(shown))
for (filled, mode), rows in groups.items():
    cells = " | ".join(cell(rows, name) for name in shown)
    print(f"| {words(filled)} | {mode} | {cells} |")
