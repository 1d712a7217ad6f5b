#!/usr/bin/env python3
"""Times of all schedules that linears may have, of GEMMs alone, for fit.py. Needs PyTorch and a Hopper GPU.

usage: tune.py OUT MEASURED.json [--modules candidates-fast,candidates] [--tokens 1,16,...] [--commit NAME]

OUT is prepare.py's; `expand-candidates` made a linear of every schedule. The GEMM alone is timed, chained, weights rotated
over 400 MB, candidates in turn; each is compared with float64 in the same run.

fit.py makes the costs of lib/Conversion/Hopper/CostModel.cpp of them. A table of the fastest schedules of whole linears, for
the option schedule-table, is zq-run's to make (scripts/autotune).
"""
import argparse
import json
import pathlib
import random
import time

import torch

from benchmark import TOKENS, check_peer
from launch import Kernels, read_linears
from peers import GPU, Generated, Layer, Tokens
from timing import capture, copy_bandwidth, measure_burst


def is_worth_it(linear, variant, m):
    """Whether a schedule may be the best for M: tiles neither much larger nor much smaller than M, K shared out by few tiles."""
    tokens, launch = variant["tokens"], variant["launches"][-1]
    tiles = -(-linear["n"] // 128) * -(-m // tokens)
    if launch["cluster"] > 1 and tiles * launch["cluster"] > 2 * 132:
        return False
    if m <= 256:
        return tokens <= max(32, 2 * m) and tokens >= m / 4
    return tokens >= (64 if m < 1024 else 128)


def measure(module, kernels, linears, layer, m, failures):
    tokens, peers, graphs = Tokens(m, layer.k), [], {}
    bytes_each = layer.groups * -(-layer.n // 128) * 8320
    estimate = max(bytes_each / 4e6, 2 * layer.n * layer.k * m / 1450e6) + 5
    for index, linear in enumerate(linears):
        variant = linear["variants"][0]
        if not is_worth_it(linear, variant, m):
            continue
        peer = Generated(module, kernels, linear, layer, tokens, "gemm", True)
        peer.name, problems = f"{module} {index}", []
        check_peer(peer, {}, problems, sample=96)
        failures += [f"{layer.n}x{layer.k} M {m} {variant['schedule']}: {problem}" for problem in problems]
        count = max(2, min(len(peer.weights), 24, round(300 / estimate)))
        graphs[index] = capture(peer.call, count, peer.reset), count
        peers.append((index, linear, variant, peer))  # graphs do not keep its buffers
    times = measure_burst(graphs, 5, idle=False)
    return [{"n": layer.n, "k": layer.k, "group": linear["group"], "rank": linear["rank"], "m": m,
             "schedule": f"<{variant['schedule']}>", "us": times[index]["median"]} for index, linear, variant, _ in peers]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("measured", type=pathlib.Path)
    parser.add_argument("--modules", type=lambda text: text.split(","), default=["candidates-fast", "candidates"])
    parser.add_argument("--tokens", type=lambda text: [int(m) for m in text.split(",")], default=TOKENS[:-1])
    parser.add_argument("--commit", default="")
    parser.add_argument("--seconds", type=float, default=1e9, help="no new measurement after this time")
    arguments = parser.parse_args()
    start = time.time()
    random.seed(1)
    torch.manual_seed(1)
    torch.zeros(1, device=GPU)
    properties = torch.cuda.get_device_properties(0)
    modules = {}
    for name in arguments.modules:
        modules[name] = (Kernels(f"{arguments.out}/{name}.cubin", properties.multi_processor_count),
                         read_linears(f"{arguments.out}/{name}.mlir"))
    result = {"device": properties.name, "commit": arguments.commit, "sms": properties.multi_processor_count,
              "copy_bandwidth": copy_bandwidth(), "times": []}
    failures = []
    shapes = dict.fromkeys((linear["n"], linear["k"]) for _, linears in modules.values() for linear in linears)
    with torch.cuda.stream(torch.cuda.Stream()):
        for n, k in shapes:
            layer = Layer(n, k)
            for m in arguments.tokens:
                for name, (kernels, linears) in modules.items():
                    if time.time() - start > arguments.seconds:
                        continue
                    own = [linear for linear in linears if (linear["n"], linear["k"]) == (n, k)]
                    times = measure(name, kernels, own, layer, m, failures)
                    result["times"] += times
                    if times:
                        best = min(times, key=lambda t: t["us"])
                        print(f"{n}x{k} M {m} {name}: {len(times)} schedules, {best['us']:.1f} us {best['schedule']}", flush=True)
            del layer
            torch.cuda.empty_cache()
    arguments.measured.write_text(json.dumps(result, indent=0) + "\n")
    print("\n".join(["FAIL " + failure for failure in failures]))
    print(f"{len(result['times'])} times, {len(failures)} failures, {time.time() - start:.0f} s")
    raise SystemExit(len(failures) > 0)


main()
