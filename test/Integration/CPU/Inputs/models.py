"""Runs the front ends' modules of a folder on the CPU: as they are, imported,
and quantized. Weights that are arguments get random values from a file.

usage: models.py FOLDER SCRATCH [file ...]
"""
import json
import os
import re
import struct
import subprocess
import sys

import numpy as np

# FP32 sums in another order, and what rounding to the model's type makes of
# them: a residual block repeats it, and StableHLO accumulates bf16 in bf16,
# which zq.linear does not.
IMPORT_BOUNDS = {"f32": 1e-5, "f16": 1e-3, "bf16": 2e-2}
# W4A8 of normal and uniform random weights: 0.11 to 0.13 for one layer, more
# for two in a row. Nothing quantized gives 0, a wrong scale gives 0.5 and more.
QUANTIZED_BOUNDS = (0.02, 0.2)
NO_LINEARS = ("attention", "conv")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def read_arguments(path):
    """Shape and element type of each argument of @main."""
    with open(path) as file:
        signature = re.search(r"func\.func (?:public )?@main\((.*?)\) ->", file.read()).group(1)
    return [(tuple(int(d) if d != "?" else d for d in dims.split("x")[:-1]), element)
            for dims, element in re.findall(r"tensor<((?:[\d?]+x)*)(\w+)>", signature)]


def make_weight(generator, shape, element, contracted):
    """Bits of a weight that keeps the size of activations."""
    if len(shape) == 1:
        values = 1 + 0.1 * generator.standard_normal(shape)
    else:
        values = generator.standard_normal(shape) / np.sqrt(contracted)
    values = values.astype(np.float32)
    if element == "bf16":
        return "BF16", (values.view(np.uint32) >> 16).astype(np.uint16)
    return {"f32": ("F32", values), "f16": ("F16", values.astype(np.float16))}[element]


def bind(source, scratch, arguments):
    """The module with all arguments but the first from a weights file."""
    generator = np.random.default_rng(3)
    header, data = {}, b""
    for i, (shape, element) in enumerate(arguments[1:], 1):
        # N x K, or K x N where K is what x has.
        features = arguments[0][0][-1]
        contracted = shape[0] if len(shape) == 2 and shape[1] != features and shape[0] == features else shape[-1]
        dtype, array = make_weight(generator, shape, element, contracted)
        header[f"w{i}"] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    weights = os.path.join(scratch, "weights.safetensors")
    with open(weights, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    names = ",".join(f"{i}=w{i}" for i in range(1, len(arguments)))
    bound = os.path.join(scratch, "bound.mlir")
    run("zq-opt", f"--zq-bind-weights=file={weights} names={names}", source, "-o", bound)
    return bound


def call(module, scratch):
    """The result of @main on random activations."""
    path = os.path.join(scratch, "result.npy")
    run("zq-runner", module, "--inputs=random:1", "--dims=5", "--output", path)
    result = np.load(path).astype(np.float64)
    if not np.isfinite(result).all():
        sys.exit(f"{module}: a result is not finite")
    return result


def check(folder, scratch, name):
    source = os.path.join(folder, name + ".mlir")
    arguments = read_arguments(source)
    original = bind(source, scratch, arguments) if len(arguments) > 1 else source
    expected = call(original, scratch)
    errors = []
    for pipeline in ("--zq-import", "--zq-quantize"):
        rewritten = os.path.join(scratch, "rewritten.mlir")
        run("zq-opt", pipeline, original, "-o", rewritten)
        result = call(rewritten, scratch)
        errors.append(np.linalg.norm(result - expected) / np.linalg.norm(expected))
    print(f"{name}: imported {errors[0]:.1e}, quantized {errors[1]:.3f}")
    low, high = (0, 0) if name in NO_LINEARS else QUANTIZED_BOUNDS
    bound = IMPORT_BOUNDS[arguments[0][1]]
    if not errors[0] <= bound or not low <= errors[1] <= high:
        sys.exit(f"{name}: want at most {bound} imported, {low} to {high} quantized")


folder, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)
names = sys.argv[3:] or sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".mlir"))
for name in names:
    check(folder, scratch, name)
print(f"{len(names)} modules")
