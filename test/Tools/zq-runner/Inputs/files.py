"""Writes inputs, runs the identity on them, reads what comes back."""
import json
import os
import struct
import subprocess
import sys

import numpy as np

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


def write_module(name, arguments, results, body):
    with open(path(name), "w") as file:
        file.write(f"func.func @main({arguments}) -> ({results}) {{\n{body}\n}}\n")
    return path(name)


def write_safetensors(name, tensors):
    header, data = {}, b""
    for key, (dtype, array) in tensors.items():
        begin = len(data)
        data += array.tobytes()
        header[key] = {"dtype": dtype, "shape": array.shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    with open(path(name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    return path(name)


def run(*arguments):
    return subprocess.run(["zq-runner", *arguments], capture_output=True, text=True)


def expect(done):
    if done.returncode:
        sys.exit(f"{done.args}\n{done.stdout}{done.stderr}")
    return done


# Every element type there and back, an odd number of elements.
generator = np.random.default_rng(5)
types = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "i1": np.bool_, "i8": np.int8, "i16": np.int16,
         "i32": np.int32, "i64": np.int64, "ui8": np.uint8, "index": np.int64, "bf16": np.float32,
         "f8E4M3FN": np.uint8, "f8E5M2": np.uint8}
for element, dtype in types.items():
    array = (generator.standard_normal((3, 5)) * 50).astype(dtype)
    if element == "bf16":
        array = (array.view(np.uint32) & 0xFFFF0000).view(np.float32)
    np.save(path("in.npy"), array)
    module = write_module("identity.mlir", f"%x: tensor<?x5x{element}>", f"tensor<?x5x{element}>",
                          f"return %x : tensor<?x5x{element}>")
    expect(run(module, "--inputs=" + path("in.npy"), "--output=" + path("out.npy")))
    back = np.load(path("out.npy"))
    assert back.dtype == dtype and back.shape == array.shape and (back == array).all(), element
print(f"types: {len(types)}")

# Files that are not what the argument wants.
module = write_module("f32.mlir", "%x: tensor<?x4xf32>", "tensor<?x4xf32>", "return %x : tensor<?x4xf32>")
good = np.ones((2, 4), np.float32)
np.save(path("good.npy"), good)
content = open(path("good.npy"), "rb").read()
np.save(path("f64.npy"), good.astype(np.float64))
np.save(path("shape.npy"), np.ones((2, 5), np.float32))
np.save(path("fortran.npy"), np.asfortranarray(good))
np.save(path("big-endian.npy"), good.astype(">f4"))
open(path("short.npy"), "wb").write(content[:-3])
open(path("text.npy"), "w").write("1 2 3 4")
open(path("raw.bin"), "wb").write(good.tobytes()[:-1])
errors = {
    path("f64.npy"): "argument 0 is tensor<?x4xF32>, but",
    path("shape.npy"): "argument 0 is tensor<?x4xF32>, but",
    path("fortran.npy"): "column-major",
    path("big-endian.npy"): "want little-endian",
    path("short.npy"): "has 29 bytes of elements, but its shape wants 32",
    path("text.npy"): "is no .npy file",
    "raw:" + path("raw.bin"): "has 31 bytes, but 2x4xF32 has 32",
}
for source, message in errors.items():
    dims = ["--dims=2"] if source.startswith("raw:") else []
    done = run(module, "--inputs=" + source, "--output=" + path("never.npy"), *dims)
    assert done.returncode == 1 and message in done.stderr, (source, done.stderr)
assert not os.path.exists(path("never.npy"))
print(f"errors: {len(errors)}")

# Weights from a safetensors file: named by the argument, or by the source.
w = generator.standard_normal((3, 4)).astype(np.float32)
file = write_safetensors("w.safetensors", {"layer.weight": ("F32", w)})
module = write_module("linear.mlir", '%x: tensor<?x4xf32>, %w: tensor<3x4xf32> {zq.weight = "layer.weight"}',
                      "tensor<?x3xf32>",
                      "%y = zq.linear %x, %w : (tensor<?x4xf32>, tensor<3x4xf32>) -> tensor<?x3xf32>\n"
                      "return %y : tensor<?x3xf32>")
ways = [[f"--inputs={path('good.npy')}", f"--weights={file}"],
        [f"--inputs={path('good.npy')},{file}:layer.weight"]]
for way in ways:
    expect(run(module, *way, "--output=" + path("y.npy")))
    assert np.allclose(np.load(path("y.npy")), good @ w.T, rtol=1e-5), way
print(f"weights: {len(ways)}")
