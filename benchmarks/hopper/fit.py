#!/usr/bin/env python3
"""Fits the costs of lib/Conversion/Hopper/CostModel.cpp to tune.py's times, prints its table, and what its choices lose.

usage: fit.py MEASURED.json

The model, for each family of kernels (sharing, accumulation, rows, CTAs on a multiprocessor), in microseconds:

    launch + max(bytes / bandwidth, blocks * block[tokens] + rounds * (tile + tokens * per token))

with the blocks of 128 columns of K and the tiles that the busiest CTA has. Least squares of relative errors over the schedules
that are within 1.6 times the best of their shape and M: what is further off is not chosen in any case. Needs numpy.
"""
import argparse
import json
import math
import pathlib
import re

import numpy as np

RESIDENT = {1: 132, 2: 66, 3: 39, 4: 29, 5: 24, 6: 19, 7: 16, 8: 14}
TILES = [16, 32, 64, 96, 128, 192, 256]
SHARINGS = {"whole": "Whole", "cluster": "Cluster", "stream_k": "StreamK"}


def parse(schedule):
    def number(key, default):
        found = re.search(rf"{key} = (\d+)", schedule)
        return int(found[1]) if found else default
    split = number("split", 1)
    sharing = "stream_k" if "stream_k" in schedule else "cluster" if split > 1 else "whole"
    accumulation = re.search(r"accumulation = (\w+)", schedule)[1]
    return {"family": (sharing, accumulation, number("rows", 128), number("per_sm", 1)), "tokens": number("tokens", 0), "split": split}


def get_features(time, measured):
    """What multiplies launch, tile, tile per token, and the block of each size; and the time that bytes take."""
    schedule = parse(time["schedule"])
    sharing, _, rows, per_sm = schedule["family"]
    n, k, m, tokens, split = time["n"], time["k"], time["m"], schedule["tokens"], schedule["split"]
    row_tiles, k_tiles = -(-n // 128), -(-k // 128)
    tiles = -(-row_tiles * 128 // rows) * -(-m // tokens)
    resident = max(1, RESIDENT[split] * measured["sms"] // 132) * per_sm
    rounds = -(-tiles // resident)
    blocks = rounds * -(-k_tiles // split)
    if sharing == "stream_k":
        blocks, rounds = -(-tiles * k_tiles // resident), rounds + 1
    traffic = (row_tiles * k_tiles * 8320 + m * k + 2 * m * n) / measured["copy_bandwidth"] * 1e6
    # A size between two of the table's costs what lies between.
    shares = [np.interp(tokens, TILES, np.arange(len(TILES)) == i) for i in range(len(TILES))]
    return np.array([1, rounds, rounds * tokens] + [blocks * share for share in shares], float), traffic


def solve(features, want):
    """Least squares without negative costs (Lawson and Hanson)."""
    used = np.zeros(features.shape[1], bool)
    costs = np.zeros(features.shape[1])
    for _ in range(10 * len(used)):
        gradient = features.T @ (want - features @ costs)
        gradient[used] = -np.inf
        if gradient.max() <= 1e-9:
            break
        used[np.argmax(gradient)] = True
        while True:
            new = np.zeros_like(costs)
            new[used] = np.linalg.lstsq(features[:, used], want, rcond=None)[0]
            below = used & (new <= 0)
            if not below.any():
                break
            step = min(costs[i] / (costs[i] - new[i]) for i in np.flatnonzero(below))
            costs = costs + step * (new - costs)
            used &= costs > 1e-12
        costs = new
    return costs


def predict(costs, features, traffic):
    return costs[0] + np.maximum(traffic, features[..., 1:] @ costs[1:])


def fit(features, traffic, us):
    costs = np.array([3.0, 0.0, 0.01] + [0.25 + 0.0018 * size for size in TILES])
    for _ in range(30):
        bound = traffic > features[:, 1:] @ costs[1:]
        used = features.copy()
        used[bound, 1:] = 0
        want = us - np.where(bound, traffic, 0)
        new = solve(used / us[:, None], want / us)
        if np.allclose(new, costs, rtol=1e-3):
            break
        costs = (costs + new) / 2
    return fill_gaps(costs, features[:, 3:].any(0))


def fill_gaps(costs, timed):
    """Blocks of sizes that were not timed cost what lies between; none costs less than a smaller one."""
    known = np.flatnonzero(timed)
    costs[3:] = np.interp(TILES, [TILES[i] for i in known], np.maximum.accumulate(costs[3:][known]))
    return costs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=pathlib.Path)
    measured = json.loads(parser.parse_args().measured.read_text())
    cells, families = {}, {}
    for time in measured["times"]:
        time.update(parse(time["schedule"]))
        time["features"], time["traffic"] = get_features(time, measured)
        cells.setdefault((time["n"], time["k"], time["m"], time["family"][1]), []).append(time)
    for times in cells.values():
        best = min(time["us"] for time in times)
        for time in times:
            if time["us"] <= 1.6 * best:
                families.setdefault(time["family"], []).append(time)
    fitted = {}
    for family, times in sorted(families.items()):
        features, traffic, us = (np.array([time[key] for time in times]) for key in ("features", "traffic", "us"))
        costs = fitted[family] = fit(features, traffic, us)
        errors = predict(costs, features, traffic) / us - 1
        sharing, accumulation, rows, per_sm = family
        most = max(time["tokens"] for time in times)
        blocks = ", ".join(f"{cost:.3f}" for cost in costs[3:])
        print(f"    {{Sharing::{SHARINGS[sharing]}, {accumulation}, {rows}, {per_sm}, {most}, true, {costs[0]:.2f}, {costs[1]:.2f}, "
              f"{costs[2]:.4f},\n     {{{blocks}}}}}, // {len(us)} times, error {np.sqrt((errors**2).mean()):.1%}")
    losses = {}
    for (n, k, m, accumulation), times in cells.items():
        known = [time for time in times if time["family"] in fitted]
        chosen = min(known, key=lambda time: predict(fitted[time["family"]], time["features"], time["traffic"]))
        loss = chosen["us"] / min(time["us"] for time in times)
        band = next(f"M <= {last}" for last in (64, 256, 1536, 8192) if m <= last)
        losses.setdefault((accumulation, band), []).append(loss)
        if loss > 1.05:
            best = min(times, key=lambda time: time["us"])
            print(f"{n}x{k} M {m}: chosen {chosen['schedule']} {chosen['us']:.1f}, best {best['schedule']} {best['us']:.1f}")
    for key, values in losses.items():
        print(f"{', '.join(key)}: chosen / best {math.exp(np.mean(np.log(values))):.3f}, worst {max(values):.3f}, of {len(values)}")


main()
