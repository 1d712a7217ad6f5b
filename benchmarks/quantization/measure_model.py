#!/usr/bin/env python3
"""Quantizes and compiles a model of synthetic_model.py; says how fast, and how much memory it took at its peak (resident,
mapped pages of files included).

usage: measure_model.py FOLDER BUILD_FOLDER [--threads 2]

By the clock the numbers depend on what else the machine does; "at N threads" is what the CPU time says: bytes over CPU
seconds, times the threads.
"""
import argparse
import os
import pathlib
import re
import subprocess
import time

SEARCHED = "rounding=mse anchor-search=true"


def run(command):
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{errors}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def get_largest(model):
    return max(2 * int(n) * int(k) for n, k in re.findall(r"zq\.weight .* : tensor<(\d+)x(\d+)xbf16>", model.read_text()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    model = args.folder / "model.mlir"
    size, largest = (args.folder / "model.safetensors").stat().st_size, get_largest(model)
    empty = args.folder / "empty.mlir"
    empty.write_text('func.func @main(%x: tensor<2x64xbf16>) -> tensor<2x64xbf16> {\n  %w = arith.constant dense<1.0> : tensor<64x64xbf16>\n'
                     '  %y = zq.linear %x, %w : (tensor<2x64xbf16>, tensor<64x64xbf16>) -> tensor<2x64xbf16>\n  return %y : tensor<2x64xbf16>\n}\n')
    output = args.folder / "quantized.safetensors"
    print(f"{size / 1e9:.2f} GB of BF16 weights, the largest {largest / 1e6:.0f} MB; {args.threads} threads")
    print(f"{'':44} {'s':>7} {'GB/s':>6} {'CPU s':>7} {f'GB/s at {args.threads} threads':>18} {'peak MB':>8} {'less a small model, / largest':>30}")

    def measure(what, get_command):
        _, _, base = run(get_command(empty))
        seconds, cpu, peak = run(get_command(model))
        print(f"{what:44} {seconds:7.2f} {size / seconds / 1e9:6.2f} {cpu:7.2f} {args.threads * size / cpu / 1e9:18.2f} {peak / 1e6:8.0f} "
              f"{(peak - base) / largest:30.2f}", flush=True)

    def quantize(decide, rest=""):
        return lambda source: [args.build / "bin/zq-opt", source, "-o", os.devnull, f"--zq-decide={decide}",
                               f"--zq-materialize=weights-output={output} threads={args.threads} {rest}"]

    measure("RTN, M2 nearest", quantize(""))
    measure("RTN, M2 searched", quantize(SEARCHED))
    measure("RTN, M2 searched, LoRC 8", quantize(f"{SEARCHED} lorc-rank=8"))
    measure("zq-compile, M2 searched (no kernels)", lambda source: [
        args.build / "bin/zq-compile", source, "-o", args.folder / "model.zqm", "--no-cubin", "--quiet", f"--threads={args.threads}",
        "--rounding=mse", "--anchor-search=true"])


if __name__ == "__main__":
    main()
