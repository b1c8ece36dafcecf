#!/usr/bin/env python3
"""Reads a page in Prometheus' text format 0.0.4 as strictly as it is written down, and checks that docs/metrics.md names it.

metrics_check.py PAGE DOCS: exit 1 and a sentence at the first thing that is wrong; else every sample as NAME{LABELS} VALUE."""
import math
import re
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"')
VALUE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|Inf)|NaN")
SUFFIXES = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"], "summary": ["", "_sum", "_count"]}
UNITS = ("_seconds", "_bytes", "_dollars")


def fail(line, why):
    sys.exit(f"line {line}: {why}")


def parse_sample(number, line):
    name = NAME.match(line)
    if not name:
        fail(number, f"no name: {line}")
    rest, labels = line[name.end():], {}
    if rest.startswith("{"):
        rest = rest[1:]
        while not rest.startswith("}"):
            label = LABEL.match(rest)
            if not label or label[1] in labels or label[1].startswith("__"):
                fail(number, f"a label: {line}")
            labels[label[1]] = label[2]
            rest = rest[label.end():]
            if rest.startswith(","):
                rest = rest[1:]
            elif not rest.startswith("}"):
                fail(number, f"what follows a label: {line}")
        rest = rest[1:]
    if not rest.startswith(" ") or not VALUE.fullmatch(rest[1:]):
        fail(number, f"a value: {line}")
    return name[0], labels, float(rest[1:].replace("Inf", "inf"))


def parse(text):
    """{metric: (type, [(suffix, labels, value)])}"""
    if not text.endswith("\n"):
        fail(0, "the last line does not end")
    metrics, current, helped = {}, None, None
    for number, line in enumerate(text[:-1].split("\n"), 1):
        if line.startswith("# HELP "):
            name, _, doc = line[7:].partition(" ")
            if not NAME.fullmatch(name) or not doc or name in metrics:
                fail(number, f"HELP: {line}")
            helped = name
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            if name != helped or kind not in SUFFIXES:
                fail(number, f"TYPE: {line}")
            metrics[name], current = (kind, []), name
        else:
            name, labels, value = parse_sample(number, line)
            if not current or not name.startswith(current) or name[len(current):] not in SUFFIXES[metrics[current][0]]:
                fail(number, f"{name} is not of {current}")
            metrics[current][1].append((name[len(current):], labels, value))
    return metrics


def key_of(labels, *but):
    return tuple(sorted(pair for pair in labels.items() if pair[0] not in but))


def check_histogram(name, samples):
    series = {}
    for suffix, labels, value in samples:
        series.setdefault(key_of(labels, "le"), {}).setdefault(suffix, []).append((labels.get("le"), value))
    for parts in series.values():
        bounds = [float(bound.replace("Inf", "inf")) for bound, _ in parts["_bucket"]]
        counts = [count for _, count in parts["_bucket"]]
        if bounds != sorted(bounds) or not math.isinf(bounds[-1]) or counts != sorted(counts):
            sys.exit(f"{name}: buckets that do not rise")
        if len(parts["_sum"]) != 1 or parts["_count"] != [(None, counts[-1])]:
            sys.exit(f"{name}: _sum or _count")


def check(metrics, docs):
    documented = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", docs, re.M))
    for name, (kind, samples) in metrics.items():
        if documented.get(name) != kind:
            sys.exit(f"{name}: a {kind} that docs/metrics.md does not have")
        if not name.startswith("assay_") or name.endswith("_total") != (kind == "counter"):
            sys.exit(f"{name}: by its name it is something else")
        if re.search(r"_(ms|us|ns|kb|mb|usd|minutes|percent)(_|$)", name):
            sys.exit(f"{name}: not in base units {UNITS}")
        if not samples:
            sys.exit(f"{name}: no sample")
        seen = [(suffix, key_of(labels)) for suffix, labels, _ in samples]
        if len(set(seen)) != len(seen):
            sys.exit(f"{name}: a series twice")
        if kind == "counter" and any(not value >= 0 for _, _, value in samples):
            sys.exit(f"{name}: a counter below 0")
        if kind == "histogram":
            check_histogram(name, samples)


def main():
    page = open(sys.argv[1], newline="", encoding="utf-8").read()
    metrics = parse(page)
    check(metrics, open(sys.argv[2], encoding="utf-8").read())
    for name, (_, samples) in metrics.items():
        for suffix, labels, value in samples:
            text = ",".join(f'{key}="{labels[key]}"' for key in labels)
            print(f"{name}{suffix}{{{text}}} {value:.15g}")


main()
