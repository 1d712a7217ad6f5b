#!/usr/bin/env python3
"""Runs modules of prepare.py on random data and compares with float64. Needs PyTorch and a Hopper GPU.

usage: check.py OUT [--seed N] [--seconds S] NAME...

Every buffer stands between guard bytes of 0xff, which are NaN in every float format: a read past an end shows in the result,
a write in the guard. Outputs are poisoned in the same way. Token codes and scales must be equal to the reference, results
within 3e-3 of their norm (fast accumulation: 1e-2; results of a few numbers: 2^-8, the rounding of one number to bf16).
"""
import argparse
import random
import time

import torch

from launch import Kernels, read_linears
from reference import GPU, TYPES, Weights, linear64, quantize, sizes64

GUARD = 4096
TOKENS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 128, 129, 200, 255, 257, 511, 777, 1000, 2047,
          2048, 4095, 4096]


class Buffer:
    def __init__(self, size, data=None, misaligned=0):
        self.start, self.size = GUARD + misaligned, size
        self.bytes = torch.full((self.start + size + GUARD,), 0xff, dtype=torch.uint8, device=GPU)
        if data is not None:
            self.bytes[self.start:self.start + size] = data.contiguous().view(-1).view(torch.uint8)

    def address(self):
        return self.bytes.data_ptr() + self.start

    def read(self, dtype, shape):
        return self.bytes[self.start:self.start + self.size].clone().view(dtype).view(shape)

    def is_intact(self):
        return bool((self.bytes[:self.start] == 0xff).all() and (self.bytes[self.start + self.size:] == 0xff).all())


def make_tokens(linear, m, rng):
    x = torch.randn(m, linear["k"], device=GPU) * torch.exp2(torch.randint(-4, 5, (m, 1), device=GPU).float())
    if m > 2:
        x[rng.randrange(m)] = 0
    return x.to(TYPES[linear["input"]])


def run_case(kernels, linear, weights, variant, m, rng):
    """The error of the result's norm, and of the worst element against its row's."""
    n, k, output = linear["n"], linear["k"], TYPES[linear["output"]]
    x = make_tokens(linear, m, rng)
    buffers = {name: Buffer(data.numel() * data.element_size(), data) for name, data in weights.buffers.items()}
    buffers["x"] = Buffer(x.numel() * x.element_size(), x, rng.choice([0, 1, 4]) * x.element_size())
    buffers["y"] = Buffer(m * n * output.itemsize, None, rng.choice([0, 1]) * output.itemsize)
    scale, codes = quantize(x, linear["activation"])
    want = linear64(x, scale, codes, weights)
    if linear["residual"]:
        # As large as the rest, token by token: neither hides the other.
        sizes = want.pow(2).mean(1, keepdim=True).sqrt()
        residual = (torch.randn(m, n, device=GPU) * sizes).to(output)
        want += residual.double()
        buffers["residual"] = Buffer(m * n * output.itemsize, residual, rng.choice([0, 1]) * output.itemsize)
    for name, (per_token, fixed) in variant["workspace"].items():
        buffers[name] = Buffer(per_token * m + fixed)
    addresses = {name: buffer.address() for name, buffer in buffers.items()}
    kernels.run(variant, addresses, m)
    torch.cuda.synchronize()
    # Again, twice in a row on the same workspace, as linears of a stream do: the same bits.
    once = buffers["y"].bytes.clone()
    for _ in range(2):
        kernels.run(variant, addresses, m)
    torch.cuda.synchronize()
    assert torch.equal(buffers["y"].bytes, once), "a second run gives other bits"

    if linear["residual"]:
        # Added to what is there already.
        place = buffers["y"].bytes[buffers["y"].start:][:buffers["y"].size]
        place.copy_(residual.contiguous().view(-1).view(torch.uint8))
        kernels.run(variant, {**addresses, "residual": addresses["y"]}, m)
        torch.cuda.synchronize()
        assert torch.equal(buffers["y"].bytes, once), "in place the result has other bits"

    for name, buffer in buffers.items():
        assert buffer.is_intact(), f"written beside {name}"
    assert torch.equal(buffers["xs"].read(torch.float32, (m,)), scale), "token scales differ"
    stored = buffers["xq"].read(torch.uint8, (m, -(-k // 128) * 128))
    assert torch.equal(stored[:, :k], codes.view(torch.uint8)), "token codes differ"
    assert not stored[:, k:].any(), "padding columns are not zero"
    got = buffers["y"].read(output, (m, n)).double()
    assert torch.isfinite(got).all(), "result is not finite"
    # A row of the result at least, and what its terms make of a single column: both may cancel to nothing.
    size = want.pow(2).mean(1, keepdim=True).sqrt() + want.pow(2).mean().sqrt().clamp_min(1e-30) * 1e-2
    size = torch.maximum(size, sizes64(x, scale, codes, weights))
    error = (got - want).norm() / want.norm().clamp_min(1e-30)
    return error.item(), ((got - want).abs() / (size + want.abs())).max().item()


def describe(linear, variant, m):
    fields = {key: value for key, value in linear.items() if key != "variants"}
    return f"{fields} M {m}, {variant['tokens']} tokens"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9)
    arguments = parser.parse_args()
    torch.zeros(1, device=GPU)  # makes the context in which cubins are loaded
    properties = torch.cuda.get_device_properties(0)
    print(f"{properties.name}, seed {arguments.seed}")
    start, cases, failed, worst = time.time(), 0, 0, {}
    for name in arguments.names:
        kernels = Kernels(f"{arguments.out}/{name}.cubin", properties.multi_processor_count)
        rng = random.Random(arguments.seed)
        torch.manual_seed(arguments.seed)
        fast = "fast" in name
        for linear in read_linears(f"{arguments.out}/{name}.mlir"):
            if time.time() - start > arguments.seconds:
                raise SystemExit("out of time")
            weights = Weights(linear, rng)
            for variant in linear["variants"]:
                last = min(variant["last"], 4096)
                own = [m for m in TOKENS if variant["first"] <= m <= last]
                # The last: any M is right for any kernel.
                for m in rng.sample(own, min(3, len(own))) + [last, rng.randint(1, 600)]:
                    if m * max(linear["k"], linear["n"]) > 1e8:
                        continue
                    cases += 1
                    try:
                        error, element = run_case(kernels, linear, weights, variant, m, rng)
                        limit = 1e-2 if fast else 3e-3 if m * linear["n"] > 64 else 2.0**-8
                        assert error <= limit and element <= (5e-2 if fast else 2e-2), f"error {error:.2e}, of one element {element:.2e}"
                    except AssertionError as problem:
                        failed += 1
                        print(f"FAIL {name}: {describe(linear, variant, m)}: {problem}", flush=True)
                        continue
                    k = linear["k"]
                    row = worst.setdefault((name, linear["output"], 16000 if k >= 16000 else 4000 if k >= 4000 else 0),
                                           [0, 0.0, 0.0, ""])
                    case = f"{linear['name']}, {linear['weight']} x {linear['activation']}, {linear['n']}x{k}, M {m}"
                    row[:] = row[0] + 1, max(row[1], error), max(row[2], element), case if error > row[1] else row[3]
    print(f"{'module':14} {'y':5} {'K from':>6} {'cases':>6} {'error':>9} {'element':>9}")
    for (name, output, k), (count, error, element, case) in sorted(worst.items()):
        print(f"{name:14} {output:5} {k:6} {count:6} {error:9.2e} {element:9.2e}  worst: {case}")
    print(f"{cases - failed} passed, {failed} failed, {time.time() - start:.0f} s")
    raise SystemExit(failed > 0)


main()
