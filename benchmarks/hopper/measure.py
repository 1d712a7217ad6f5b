#!/usr/bin/env python3
"""Times whole linears (quantization and GEMM) and their GEMM alone. Needs PyTorch and a Hopper GPU.

usage: measure.py OUT [NAME...]

Medians of CUDA graphs in which the weights rotate over 400 MB, so that L2 does not serve them. The floor is the larger of the
weight's bytes over the bandwidth of a copy and the operations over 1450 TFLOP/s.
"""
import statistics
import sys

import torch

from launch import Kernels, read_linears
from reference import GPU, TYPES

TOKENS = [1, 16, 64, 128, 256, 1024, 4096]


def time_graph(call, count, repeats=7):
    """Median microseconds of call(i), i < count, in one graph."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        call(0)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            for i in range(count):
                call(i)
        graph.replay()
        times = []
        for _ in range(repeats):
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            graph.replay()
            end.record()
            end.synchronize()
            times.append(begin.elapsed_time(end) * 1e3 / count)
    return statistics.median(times)


def copy_bandwidth():
    source = torch.empty(1 << 30, dtype=torch.uint8, device=GPU).random_()
    target = torch.empty_like(source)
    times = []
    for _ in range(9):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        target.copy_(source)
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1e-3)
    return 2 * source.numel() / statistics.median(times)


def measure(kernels, linear, m):
    n, k = linear["n"], linear["k"]
    variant = next(v for v in linear["variants"] if v["first"] <= m <= v["last"])
    tiles = -(-n // 128) * -(-k // 128) * (8192 + 128)
    copies = max(1, -(-400_000_000 // tiles))
    weights = torch.randint(0, 12, (copies, tiles), dtype=torch.uint8, device=GPU)
    weights[:, ::2] = torch.randint(0, 256, (copies, (tiles + 1) // 2), dtype=torch.uint8, device=GPU)
    held = {"x": torch.randn(m, k, device=GPU).to(TYPES[linear["input"]]), "row_scale": torch.rand(n, device=GPU),
            "y": torch.empty(m, n, dtype=TYPES[linear["output"]], device=GPU)}
    for name, (per_token, fixed) in variant["workspace"].items():
        held[name] = torch.empty(per_token * m + fixed, dtype=torch.uint8, device=GPU)
    addresses = {name: tensor.data_ptr() for name, tensor in held.items()}

    def call(i, only=None):
        addresses["weights"] = weights[i % copies].data_ptr()
        kernels.run(variant, addresses, m, torch.cuda.current_stream().cuda_stream, only)

    count = max(8, min(96, 20_000_000_000_000 // (n * k * m)))
    return variant["tokens"], time_graph(call, count), time_graph(lambda i: call(i, "gemm"), count)


def main():
    properties = torch.cuda.get_device_properties(0)
    bandwidth = copy_bandwidth()
    print(f"{properties.name}, copies at {bandwidth / 1e12:.2f} TB/s; microseconds")
    print(f"{'module':12} {'N x K':>12} {'M':>5} {'tokens':>6} {'floor':>8} {'linear':>8} {'GEMM':>8}")
    for name in sys.argv[2:] or ("layers", "layers-fast"):
        kernels = Kernels(f"{sys.argv[1]}/{name}.cubin", properties.multi_processor_count)
        for linear in read_linears(f"{sys.argv[1]}/{name}.mlir"):
            n, k = linear["n"], linear["k"]
            for m in TOKENS:
                tokens, whole, gemm = measure(kernels, linear, m)
                floor = max(n * k * 0.508 / bandwidth, 2 * n * k * m / 1450e12) * 1e6
                shape = f"{n}x{k}"
                print(f"{name:12} {shape:>12} {m:5} {tokens:6} {floor:8.1f} {whole:8.1f} {gemm:8.1f}", flush=True)


main()
