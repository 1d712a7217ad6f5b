"""Checks the low-rank factors of a quantized model in text, and the report's bits, against their definition.

    python factors.py MODEL.mlir REPORT.json
"""
import json
import pathlib
import re
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "CPU/Inputs"))
import zqref  # noqa: E402

text = pathlib.Path(sys.argv[1]).read_text()
values = {name: (literal, tuple(map(int, shape.split("x")[:-1]))) for name, literal, shape in
          re.findall(r"(%\w+) = arith\.constant dense<(.*?)> : tensor<([0-9x]+xf32)>", text)}
levels = np.unique(np.abs(zqref.fp8_values("f8E4M3FN")[:127]))


def constant(name):
    literal, shape = values[name]
    if literal.startswith('"0x'):
        return np.frombuffer(bytes.fromhex(literal[3:-1]), "<f4").reshape(shape)
    return np.array(json.loads(literal), np.float32).reshape(shape)


def is_e4m3(vector):
    """Whether one power of two brings all values into E4M3."""
    if not vector.any():
        return True
    exponent = np.floor(np.log2(np.abs(vector).max())) - 8
    return any(np.isin(np.abs(vector) * 2.0 ** -e, levels).all() for e in (exponent, exponent + 1))


count = 0
for operand, name in re.findall(r'zq\.linear %\w+, (%\w+) \{name = "[^"]*lorc_(down|up)"', text):
    factor = constant(operand)
    vectors = factor if name == "down" else factor.T
    assert all(map(is_e4m3, vectors)), f"{operand}: not E4M3 with a power of two a vector"
    count += 1
print(count, "factors in E4M3")

GROUP, RANK = 32, 2
bits, elements = 0, 0
for layer in json.loads(pathlib.Path(sys.argv[2]).read_text())["layers"]:
    n, k = layer["n"], layer["k"]
    nominal = 4 * n * k + 6 * n * -(-k // GROUP) + 32 * n + RANK * (n + k) * 8 + 2 * RANK * 8
    assert abs(layer["bits_per_weight"] - nominal / (n * k)) < 1e-9, layer
    bits, elements = bits + nominal, elements + n * k
total = json.loads(pathlib.Path(sys.argv[2]).read_text())["total"]["bits_per_weight"]
assert abs(total - bits / elements) < 1e-9, total
print("bits as defined")
