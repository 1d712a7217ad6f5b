#!/usr/bin/env python3
"""Measures compiled linears beside PyTorch's matrix products in one run. Needs PyTorch and a Hopper GPU.

usage: benchmark.py OUT [--modules grid,grid-fast] [--json FILE] [--quick] [--study FOLDER] [--commit NAME] ...

OUT is prepare.py's. For every shape of its modules and every M: whole linears and their GEMM alone, launched in a chain
(programmatic dependent launch) and plain; bf16 and FP8 (`_scaled_mm`, row-wise scales, both accumulations) from PyTorch,
fed with the same values; with --study the hand-written kernels in a folder, the fastest of those that can run it.

Medians of CUDA graphs; weights rotate over 400 MB, so that no cache holds them. Peers take turns in random order. From
M = 256 on each timed replay follows 20 ms of idleness ("burst"), and from M = 2048 on there are times after 35 ms of the
same work as well ("steady"). Every peer is compared with float64 (some tokens, some outputs; outputs are poisoned before
and all of them looked at for what is not a number), three runs have to give the same bits, and so have the timed ones.

The floor of a time is the larger of the weight's bytes over the bandwidth of a copy and the operations over 1450 TFLOP/s.
"""
import argparse
import datetime
import json
import pathlib
import random
import subprocess
import time

import torch

import steps
from launch import Kernels, read_linears
from peers import BF16, FP8, GPU, Generated, Layer, Study, Tokens
from timing import capture, copy_bandwidth, measure_burst, measure_steady

GRID = [(4096, 4096), (11008, 4096), (4096, 11008), (8192, 8192), (28672, 8192), (8192, 28672)]
TOKENS = [1, 16, 32, 64, 96, 128, 256, 384, 512, 1024, 1536, 2048, 4096, 8192]
QUICK_TOKENS = [1, 16, 64, 128, 256, 1024, 4096]
OPERATIONS = 1450e12
LIMITS = {"fast": 1e-2, "promoted": 3e-3, "bf16": 3e-3}


def check_peer(peer, errors, problems, sample=512):
    """The error of some of the result against float64; the output, all of it looked at."""
    m, n = peer.y.shape
    peer.y.view(torch.uint8).fill_(0xff)
    for i in range(3):
        if peer.reset:
            peer.reset()
        peer.call(0)
        torch.cuda.synchronize()
        if i == 0:
            first = peer.y.clone()
        elif not torch.equal(first.view(torch.int16), peer.y.view(torch.int16)):
            problems.append("a second run gives other bits")
    if not torch.isfinite(peer.y).all():
        problems.append("not all of the output is written")
    # The first and the last, and some between.
    rows = torch.unique(torch.cat([torch.tensor([0, m - 1]), torch.randint(0, m, (min(m, sample),))])).to(GPU)
    columns = torch.unique(torch.cat([torch.tensor([0, n - 1]), torch.randint(0, n, (sample,))])).to(GPU)
    want = peer.want(rows, columns)
    error = ((first[rows][:, columns].double() - want).norm() / want.norm()).item()
    errors[peer.name] = float(f"{error:.3g}")
    promoted = "fast" not in peer.name and peer.name != "study" and peer.name != "study plain"
    if not error <= LIMITS["promoted" if promoted else "fast"]:
        problems.append(f"error {error:.2e}")
    return first


class Cell:
    """All peers of one shape and M."""

    def __init__(self, bench, layer, m):
        self.bench, self.layer, self.tokens = bench, layer, Tokens(m, layer.k)
        n, k = layer.n, layer.k
        weight_bytes = layer.groups * -(-n // 128) * 8320
        self.floor = max(weight_bytes / bench.bandwidth, 2 * n * k * m / OPERATIONS) * 1e6
        self.estimate = self.floor + 5
        self.result = {"n": n, "k": k, "m": m, "floor": round(self.floor, 3), "schedules": {}, "burst": {}, "steady": {}, "errors": {}}

    def make_peers(self):
        layer, tokens, m = self.layer, self.tokens, self.tokens.m
        for name, (kernels, linears) in self.bench.modules.items():
            for linear in linears:
                if (linear["n"], linear["k"]) != (layer.n, layer.k):
                    continue
                for part in ("gemm", "linear"):
                    for chained in (True, False) if m <= self.bench.plain_up_to else (True,):
                        peer = Generated(name, kernels, linear, layer, tokens, part, chained)
                        self.result["schedules"][name] = peer.variant["schedule"]
                        yield peer
        if self.bench.torch:
            yield FP8(layer, tokens, True)
            yield FP8(layer, tokens, False)
            yield BF16(layer, tokens)
        if self.bench.study and self.bench.study.accepts(layer) and (layer.n, layer.k) in self.bench.study_shapes:
            for promoted in (False, True):
                best = self.pick_study(promoted)
                if best:
                    yield best
                    if not promoted and m <= self.bench.plain_up_to:
                        yield best.plain()

    def pick_study(self, promoted):
        """The fastest of the study's kernels for this, chained, that is right."""
        times = []
        for peer in self.bench.study.peers(self.layer, self.tokens, promoted):
            count = max(2, min(len(peer.weights), round(300 / self.estimate)))
            graph = capture(peer.call, count)
            graph.replay()
            times.append((measure_burst({"": (graph, count)}, 3, False)[""]["median"], len(times), peer))
        for _, _, peer in sorted(times):
            problems = []
            check_peer(peer, {}, problems)
            if not problems:
                self.result["schedules"][peer.name] = f"{peer.entry} {peer.kernel} {peer.own}"
                return peer
        return None

    def measure(self):
        graphs, peers, m = {}, [], self.tokens.m
        for peer in self.make_peers():
            problems = []
            try:
                first = check_peer(peer, self.result["errors"], problems)
                count = max(len(peer.weights) if m <= 512 else 3, min(200, round(500 / self.estimate)))
                graphs[peer.name] = (capture(peer.call, count, peer.reset), count)
                peers.append((peer, first, problems))
            except RuntimeError as error:
                self.bench.report(self.result, peer.name, [str(error).splitlines()[0]])
        rounds = self.bench.rounds
        self.result["burst"] = measure_burst(graphs, rounds if m >= 256 else rounds + 4, idle=m >= 256)
        if m >= 2048:
            held = {name: graph for name, graph in graphs.items() if not name.endswith("plain") and name != "bf16"}
            estimates = {name: self.result["burst"][name]["median"] * count for name, (_, count) in held.items()}
            self.result["steady"] = measure_steady(held, max(3, rounds - 2), estimates)
        for peer, first, problems in peers:
            if not torch.equal(first.view(torch.int16), peer.y.view(torch.int16)):
                problems.append("timed runs give other bits")
            self.bench.report(self.result, peer.name, problems)
        if self.bench.study:
            self.measure_read()
        return self.result

    def measure_read(self):
        """What reading the weights alone takes."""
        if "read" in self.layer.copies:
            self.result["read"] = self.layer.copies["read"]
            return
        weights, study = self.layer.rotated("tiles"), self.bench.study
        graphs = {}
        for blocks in (132, 264):
            graphs[blocks] = capture(lambda i: study.read(weights[i % len(weights)], blocks), len(weights)), len(weights)
        times = measure_burst(graphs, 5, False)
        self.result["read"] = self.layer.copies["read"] = min(t["median"] for t in times.values())


class Benchmark:
    def __init__(self, arguments):
        self.start, self.seconds, self.path = time.time(), arguments.seconds, arguments.json
        torch.zeros(1, device=GPU)  # makes the context in which cubins are loaded
        self.properties = torch.cuda.get_device_properties(0)
        self.modules = {}
        for name in arguments.modules:
            kernels = Kernels(f"{arguments.out}/{name}.cubin", self.properties.multi_processor_count)
            self.modules[name] = kernels, read_linears(f"{arguments.out}/{name}.mlir")
        self.study = Study(arguments.study) if arguments.study else None
        self.study_shapes = arguments.study_shapes
        self.torch, self.rounds = not arguments.no_torch, arguments.rounds
        self.plain_up_to = 1 << 30 if arguments.plain else 1536
        self.bandwidth = copy_bandwidth()
        driver = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True)
        self.result = {
            "device": self.properties.name, "driver": driver.stdout.split()[0] if driver.stdout else "", "torch": torch.__version__,
            "commit": arguments.commit, "date": datetime.date.today().isoformat(), "seed": arguments.seed,
            "copy_bandwidth": self.bandwidth, "operations": OPERATIONS, "cells": [], "steps": [], "failures": []}

    def report(self, cell, name, problems):
        for problem in problems:
            self.result["failures"].append(f"{cell['n']}x{cell['k']} M {cell['m']} {name}: {problem}")
            print("FAIL", self.result["failures"][-1], flush=True)

    def has_time(self):
        return time.time() - self.start < self.seconds

    def measure_cell(self, layer, m):
        cell = Cell(self, layer, m).measure()
        self.result["cells"].append(cell)
        times = " ".join(f"{name} {t['median']:.1f}" for name, t in cell["burst"].items())
        print(f"{cell['n']}x{cell['k']} M {m} floor {cell['floor']:.1f}: {times}", flush=True)

    def measure_grid(self, shapes, tokens):
        for n, k in shapes:
            layer = Layer(n, k)
            for m in tokens:
                if not self.has_time():
                    print("out of time", flush=True)
                    return
                self.measure_cell(layer, m)
            self.save()
            del layer
            torch.cuda.empty_cache()

    def save(self):
        self.result["seconds"] = round(time.time() - self.start, 1)
        self.path.write_text(json.dumps(self.result, indent=1) + "\n")


def parse_shape(text):
    n, k = text.split("x")
    return int(n), int(k)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    split = lambda text: text.split(",")
    parser.add_argument("--modules", type=split, default=["grid", "grid-fast"], help="of prepare.py, with commas")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("benchmark.json"))
    parser.add_argument("--shapes", type=lambda text: [parse_shape(s) for s in split(text)],
                        help="4096x4096,...; all of the modules' if not given")
    parser.add_argument("--tokens", type=lambda text: [int(m) for m in split(text)], default=TOKENS)
    parser.add_argument("--quick", action="store_true", help=f"fewer rounds, and of M {QUICK_TOKENS}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1e9, help="no new measurement after this time")
    parser.add_argument("--no-torch", action="store_true")
    parser.add_argument("--plain", action="store_true", help="plain launches for M beyond 1536 as well")
    parser.add_argument("--study", help="a folder with the hand-written kernels, w4a8.so and w4a8_mid.so")
    parser.add_argument("--study-shapes", type=lambda text: [parse_shape(s) for s in split(text)], default=GRID, help="what they are run on")
    parser.add_argument("--steps", help="module for the decode step of whole stacks; none if not given")
    parser.add_argument("--commit", default="", help="noted in the JSON")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds = min(arguments.rounds, 3)
        arguments.tokens = [m for m in arguments.tokens if m in QUICK_TOKENS]
    random.seed(arguments.seed)
    torch.manual_seed(arguments.seed)

    bench = Benchmark(arguments)
    print(f"{bench.properties.name}, copies at {bench.bandwidth / 1e12:.2f} TB/s; microseconds", flush=True)
    with torch.cuda.stream(torch.cuda.Stream()):
        if arguments.steps:
            kernels, linears = bench.modules[arguments.steps]
            bench.result["steps"] = steps.measure(kernels, linears, arguments.steps, bench.rounds)
            bench.save()
        shapes = arguments.shapes or list(dict.fromkeys(
            (linear["n"], linear["k"]) for _, linears in bench.modules.values() for linear in linears))
        bench.measure_grid(shapes, arguments.tokens)
    bench.save()
    print(f"{len(bench.result['cells'])} cells, {len(bench.result['failures'])} failures, {bench.result['seconds']} s")
    raise SystemExit(len(bench.result["failures"]) > 0)


if __name__ == "__main__":
    main()
