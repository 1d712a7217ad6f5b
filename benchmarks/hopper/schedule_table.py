#!/usr/bin/env python3
"""Makes the table that the option schedule-table reads from tune.py's times: the fastest schedule of each range of M.

usage: schedule_table.py MEASURED.json TABLE.json [--tolerance 1.01]

A range ends at an M that was measured, and goes on as long as its schedule is within the tolerance of the best.
"""
import argparse
import json
import pathlib


def get_accumulation(schedule):
    return "fast" if "accumulation = fast" in schedule else "promoted"


def choose(times, tolerance):
    """`times`: by M, by schedule."""
    tokens = sorted(times)
    choices, at = [], 0
    while at < len(tokens):
        chosen, longest = None, 0
        for schedule, us in sorted(times[tokens[at]].items(), key=lambda item: item[1]):
            to = at
            while to < len(tokens):
                here = times[tokens[to]]
                if here.get(schedule, float("inf")) > tolerance * min(here.values()):
                    break
                to += 1
            if to - at > longest:
                chosen, longest = schedule, to - at
        at += longest
        choice = {"last": tokens[at - 1]} if at < len(tokens) else {}
        choices.append({**choice, "us": times[tokens[at - 1]][chosen], "schedule": chosen})
    return choices


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=pathlib.Path)
    parser.add_argument("table", type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=1.01)
    arguments = parser.parse_args()
    measured = json.loads(arguments.measured.read_text())
    linears = {}
    for time in measured["times"]:
        key = time["n"], time["k"], time["group"], time["rank"], get_accumulation(time["schedule"])
        linears.setdefault(key, {}).setdefault(time["m"], {})[time["schedule"]] = time["us"]
    entries = [{"n": n, "k": k, "group": group, "rank": rank, "accumulation": accumulation,
                "choices": choose(times, arguments.tolerance)}
               for (n, k, group, rank, accumulation), times in linears.items()]
    table = {"version": 1, "device": measured["device"], "commit": measured["commit"], "linears": entries}
    arguments.table.write_text(json.dumps(table, indent=1) + "\n")
    print(f"{len(entries)} linears, {sum(len(entry['choices']) for entry in entries)} ranges")


main()
