#!/usr/bin/env python3
"""Writes modules of zqgpu.linear ops and compiles them: OUT/NAME.mlir (linears with variants) and OUT/NAME.cubin.

usage: prepare.py OUT [NAME...] [--zq-opt build/bin/zq-opt] [--seed N]

Shapes are real, data are splats: check.py makes its own.
"""
import argparse
import pathlib
import random
import re
import subprocess

# Largest shift with normal numbers only, largest exact shift.
WINDOWS = {"f4E2M1FN": (11, 14), "!zq.e3m0": (8, 11), "!zq.e1m2": (12, 15), "i4": (12, 15)}
ROWS = [1, 2, 5, 63, 64, 65, 127, 128, 129, 200, 333, 576, 1000, 1536, 2049, 3001]
TYPES = ["bf16", "f16", "f32"]
COLUMNS = [1, 2, 3, 31, 32, 33, 64, 100, 127, 128, 129, 255, 257, 300, 515, 576, 1000, 1536, 2047, 4099]


class Module:
    def __init__(self):
        self.linears = []

    def add(self, n, k, weight="f4E2M1FN", group=128, max_shift=11, activation="f8E4M3FN", input="bf16",
            output=None, rank=0, factors=None, bias=None, residual=False):
        output, factors = output or input, factors or input
        groups = -(-k // group)
        text = (f"zqgpu.linear @l{len(self.linears)} {n} x {k} weight {weight} group = {group} max_shift = {max_shift} "
                f"activation {activation} input {input} output {output} "
                f"codes(dense<1> : tensor<{n}x{(k + 1) // 2}xi8>) shifts(dense<0> : tensor<{n}x{groups}xi8>) "
                f"row_scale(dense<1.0> : tensor<{n}xf32>)")
        if rank:
            text += f" down(dense<1.0> : tensor<{rank}x{k}x{factors}>) up(dense<1.0> : tensor<{n}x{rank}x{factors}>)"
        if bias:
            text += f" bias(dense<1.0> : tensor<{n}x{bias}>)"
        if residual:
            text += " residual"
        self.linears.append(text)

    def text(self):
        return "\n".join(self.linears) + "\n"


def all_formats():
    """Each weight format, group and activation; the rest at random. Then shapes of models, and large K."""
    module = Module()
    for weight in WINDOWS:
        for group in (32, 64, 128, 256, "K", 96):
            for activation in ("f8E4M3FN", "f8E5M2"):
                n, k = random.choice(ROWS), random.choice(COLUMNS)
                input = random.choice(["bf16", "bf16", "f16", "f32"])
                output = input if random.random() < 0.8 else random.choice(["bf16", "f16", "f32"])
                module.add(n, k, weight, k if group == "K" else group, random.choice(WINDOWS[weight]), activation,
                           input, output, random.choice([0, 0, 1, 8, 17, 64, 100]), None, random.choice([None, input]))
    for n, k in ((576, 576), (1536, 576), (576, 1536), (192, 576), (1, 1), (4096, 4096), (130, 96)):
        module.add(n, k)
    for n in (257, 300, 700):
        module.add(n, 16384)
        module.add(n, 16384, output="f32")
    module.add(333, 16001, "i4", 96, 12, "f8E5M2", "f32", rank=64, factors="bf16", bias="f32")
    return module


def few_formats():
    module = Module()
    for n, k in ((200, 333), (1000, 4099), (700, 16384)):
        module.add(n, k, max_shift=14)
        module.add(n, k, "i4", 32, 15, "f8E5M2", "f32", rank=9, bias="f32")
        module.add(n, k, "!zq.e3m0", 64, 11, "f8E4M3FN", "f16", rank=64)
    return module


def grid():
    """The shapes of benchmark.py: LLaMA's, and some that nobody tuned for."""
    module = Module()
    for n, k in ((4096, 4096), (11008, 4096), (4096, 11008), (8192, 8192), (28672, 8192), (8192, 28672), (1024, 8192),
                 (13824, 5120), (14336, 4096), (5120, 13824), (6144, 4096), (11024, 4112), (3008, 5008)):
        module.add(n, k)
    return module


def tuned():
    """The shapes that tune.py measures all schedules of."""
    module = Module()
    for n, k in ((4096, 4096), (11008, 4096), (4096, 11008), (8192, 8192), (28672, 8192), (8192, 28672)):
        module.add(n, k)
    return module


def small():
    """For compute-sanitizer: every schedule, K enough to be split 8 ways."""
    module = Module()
    module.add(120, 4096)
    return module


def compensated():
    module = Module()
    for n, k in ((4096, 4096), (11008, 4096), (8192, 8192), (28672, 8192)):
        module.add(n, k, rank=16)
    return module


def residuals():
    """Every type of y, rows of y aligned and not, alone and behind compensation and bias."""
    module = Module()
    for output in TYPES:
        for n, k, rank, bias in ((600, 1536, 0, None), (301, 1500, 9, output), (1000, 4099, 16, None)):
            module.add(n, k, output=output, rank=rank, bias=bias, residual=True)
    return module


def added():
    """For all schedules: all that an epilogue can have."""
    module = Module()
    module.add(600, 4096, rank=8, bias="bf16", residual=True)
    return module


def projections():
    """The layers of a block that a residual is added to."""
    module = Module()
    for n, k in ((4096, 4096), (4096, 11008), (8192, 28672)):
        module.add(n, k, residual=True)
    return module


MODULES = {  # name: module, options of zqgpu-to-cubin
    "main": (all_formats, ""),
    "main-128": (all_formats, "interval=128"),
    "odd": (few_formats, "tokens=8,24,32 stages=3"),
    "single-stage": (few_formats, "tokens=16,128 stages=1 interval=128"),
    "unsplit": (few_formats, "split=1 stages=4"),
    "split-8": (few_formats, "split=8 tokens=16,72"),
    "split-5": (few_formats, "split=5 stages=2 tokens=8,64 interval=128"),
    "fast": (few_formats, "tokens=64,256 accumulation=fast"),
    "grid": (grid, ""),
    "grid-fast": (grid, "accumulation=fast"),
    "candidates": (tuned, "expand-candidates tokens=16,64,128,176,192"),
    "candidates-fast": (tuned, "expand-candidates accumulation=fast tokens=16,32,64,88,96,128,192,256"),
    "every": (small, "expand-candidates tokens=16,64,128,176,192"),
    "every-fast": (small, "expand-candidates accumulation=fast tokens=16,32,64,88,96,128,192,256"),
    "residual": (residuals, "tokens=16,64,192"),
    "residual-fast": (residuals, "accumulation=fast tokens=24,256"),
    "residual-every": (added, "expand-candidates tokens=16,64,128,176,192"),
    "residual-every-fast": (added, "expand-candidates accumulation=fast tokens=16,32,64,88,96,128,192,256"),
    "projections": (projections, ""),
    "projections-fast": (projections, "accumulation=fast"),
    "lorc": (compensated, ""),
    "lorc-fast": (compensated, "accumulation=fast"),
}


def unescape(text):
    return re.sub(rb'\\(\\|"|[0-9A-F]{2})', lambda m: m[1] if m[1] in b'\\"' else bytes([int(m[1], 16)]), text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help="modules; all where none is named")
    parser.add_argument("--zq-opt", default=pathlib.Path(__file__).parents[2] / "build/bin/zq-opt")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in MODULES]:
        parser.error(f"no module is called {', '.join(unknown)}; there are {', '.join(MODULES)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or MODULES:
        make, options = MODULES[name]
        random.seed(arguments.seed)
        result = subprocess.run([arguments.zq_opt, "-", f"--zqgpu-to-cubin={options}"], input=make().text().encode(),
                                capture_output=True)
        if result.returncode:
            raise SystemExit(f"{name}: {result.stderr.decode()}")
        binary = re.search(rb'gpu\.binary @zq_kernels .*? bin = "(.*?)">\]', result.stdout, re.S)
        (arguments.out / f"{name}.cubin").write_bytes(unescape(binary[1]))
        text = result.stdout[:binary.start()] + result.stdout[binary.end():]
        (arguments.out / f"{name}.mlir").write_bytes(text)
        print(f"{name}: {text.count(b'zqgpu.linear')} linears, {len(unescape(binary[1]))} bytes of code")


main()
