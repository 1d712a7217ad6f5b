#!/usr/bin/env python3
"""Fits the costs of lib/Conversion/Hopper/CostModel.cpp to tune.py's times, prints its table, and what its choices lose.

usage: fit.py MEASURED.json

The model, for each family of kernels (sharing, accumulation, rows, CTAs on a multiprocessor), in microseconds:

    launch + max(bytes / bandwidth, blocks * (block + tokens * per token) + rounds * (tile + tokens * per token))

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
    """What multiplies launch, block, block per token, tile, tile per token; and the time that bytes take."""
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
    return np.array([1, blocks, blocks * tokens, rounds, rounds * tokens], float), traffic


def solve(features, want):
    """Least squares without negative costs, by coordinate descent."""
    gram, right = features.T @ features, features.T @ want
    costs = np.zeros(len(right))
    for _ in range(20000):
        for i in range(len(right)):
            costs[i] = max(0, costs[i] + (right[i] - gram[i] @ costs) / max(gram[i, i], 1e-12))
    return costs


def predict(costs, features, traffic):
    return costs[0] + np.maximum(traffic, features[..., 1:] @ costs[1:])


def fit(features, traffic, us):
    costs = np.array([3.0, 0.25, 0.0018, 0.0, 0.01])
    for _ in range(12):
        bound = traffic > features[:, 1:] @ costs[1:]
        used = features.copy()
        used[bound, 1:] = 0
        want = us - np.where(bound, traffic, 0)
        new = solve(used / us[:, None], want / us)
        if np.allclose(new, costs, rtol=1e-3):
            break
        costs = new
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
        print(f"    {{Sharing::{SHARINGS[sharing]}, {accumulation}, {rows}, {per_sm}, {most}, "
              f"{costs[0]:.2f}, {costs[1]:.4f}, {costs[2]:.6f}, {costs[3]:.3f}, {costs[4]:.4f}}}, "
              f"// {len(us)} times, error {np.sqrt((errors**2).mean()):.1%}")
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
