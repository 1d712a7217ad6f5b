#!/usr/bin/env python3
"""The published GPTQ algorithm in PyTorch beside zq-quantization-speed, on one synthetic layer and the same CPU.

usage: torch_gptq.py SPEED_TOOL [--n 4096] [--k 4096] [--threads 2]

The transcription follows Frantar et al. 2022 as published: Cholesky, inverse, Cholesky; blocks of 128 columns, each column
rounded for all rows at once, lazy updates of the rest. Scales are M2 (nearest shift), of groups of 128, found before the
first column, as the other side has them by default.
"""
import argparse
import re
import subprocess
import time

import torch

GROUP = BLOCK = 128
MAGNITUDES = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
THRESHOLDS = (MAGNITUDES[1:] + MAGNITUDES[:-1]) / 2


def quantize(x, scale):
    magnitude = MAGNITUDES[torch.bucketize((x / scale).abs(), THRESHOLDS)]
    return torch.copysign(magnitude, x) * scale


def find_scales(w):
    free = w.reshape(w.shape[0], -1, GROUP).abs().amax(dim=2) / 6
    anchor = free.amax(dim=1, keepdim=True)
    return anchor * torch.exp2(-torch.round(torch.log2(anchor / free)).clamp(0, 11))


def factor(hessian):
    h = hessian.clone()
    diagonal = torch.arange(h.shape[0])
    h[diagonal, diagonal] += 0.01 * h.diagonal().mean()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(h))
    return torch.linalg.cholesky(inverse, upper=True)


def run_columns(weight, u):
    w, q = weight.clone(), torch.zeros_like(weight)
    scales = find_scales(w)
    for begin in range(0, w.shape[1], BLOCK):
        end = min(begin + BLOCK, w.shape[1])
        block, errors, ub = w[:, begin:end].clone(), torch.zeros(w.shape[0], end - begin), u[begin:end, begin:end]
        for i in range(end - begin):
            column = block[:, i]
            rounded = quantize(column, scales[:, (begin + i) // GROUP])
            q[:, begin + i] = rounded
            error = (column - rounded) / ub[i, i]
            block[:, i:] -= error[:, None] @ ub[i:i + 1, i:]
            errors[:, i] = error
        w[:, end:] -= errors @ u[begin:end, end:]
    return q


def measure(what, body):
    wall, cpu = time.monotonic(), time.process_time()
    result = body()
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    print(f"PyTorch: {what:25} {wall:8.3f} s, {cpu:8.3f} CPU s", flush=True)
    return result, wall, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("--n", type=int, default=4096)
    parser.add_argument("--k", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    x = torch.randn(4 * args.k, args.k) * (1 + torch.arange(args.k) % 7)
    x[:, 1:] += 0.7 * x[:, :-1]
    hessian = 2 / x.shape[0] * x.T @ x
    weight = 0.02 * torch.randn(args.n, args.k)
    u, wall, cpu = measure("factor of H^-1", lambda: factor(hessian))
    q, loop_wall, loop_cpu = measure("columns (M2 nearest)", lambda: run_columns(weight, u))
    error = weight - q
    nearest = weight - quantize(weight, find_scales(weight).repeat_interleave(GROUP, dim=1))
    ratio = (error @ hessian * error).sum() / (nearest @ hessian * nearest).sum()
    print(f"PyTorch: output error {ratio.sqrt():.3f} times that of rounding to nearest")
    wall, cpu = wall + loop_wall, cpu + loop_cpu
    text = subprocess.run([args.tool, str(args.n), str(args.k), str(args.threads)], capture_output=True, text=True, check=True).stdout
    print(text, end="")
    found = re.search(r"GPTQ: the published operations\s+([\d.]+) s,\s+([\d.]+) CPU s", text)
    print(f"GPTQ: {wall / float(found[1]):.1f} times as fast as PyTorch by the clock, {cpu / float(found[2]):.1f} times by CPU time")


if __name__ == "__main__":
    main()
