"""Layer-by-layer calibration in float64, written from its description, beside what zq-calibrate did.

    python sequential.py FOLDER [--token-weights]

Codes are rounded to nearest with one free scale a row (absmax), towards targets half way to the float model's output
and, for down, to its residual stream. FOLDER has s.safetensors (the statistics) and y.npy (the quantized model's output
on the first window, run by itself). With --token-weights, tokens count in down by 1 / mean(r^2), r the float model's
residual stream.
"""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "CPU/Inputs"))
import zqref  # noqa: E402
from two_blocks import BLOCKS, K, TOKENS, make_data, make_weights  # noqa: E402

folder = pathlib.Path(sys.argv[1])
weights_tokens = sys.argv[2:] == ["--token-weights"]
data = (folder / "s.safetensors").read_bytes()
size = int.from_bytes(data[:8], "little")
header = json.loads(data[8:8 + size])


def stored(name):
    begin, end = header[name]["data_offsets"]
    return np.frombuffer(data[8 + size + begin:8 + size + end], "<f4").reshape(header[name]["shape"])


def quantize_activations(x):
    """The values that a layer multiplies: E4M3 with a scale for each token."""
    scale = np.float32(np.abs(x).max(axis=1, keepdims=True)) / np.float32(448)
    codes = zqref.encode_fp8("f8E4M3FN", np.float32(x) / scale)
    return zqref.fp8_values("f8E4M3FN")[codes] * scale


def round_weight(w):
    """E2M1, nearest, ties to the even code."""
    scale = np.abs(w).max(axis=1, keepdims=True) / 6
    levels = np.array(zqref.MAGNITUDES["f4E2M1FN"])
    distance = np.abs(np.abs(w / scale)[..., None] - levels)
    return np.sign(w) * levels[distance.argmin(axis=-1)] * scale


def quantize(name, w, z, x_float, missing=None, residual=None):
    """The weight for inputs z of the quantized model; checks the statistics of it."""
    n = len(z)
    weights = np.ones((n, 1))
    if weights_tokens and residual is not None:
        weights = 1 / (residual ** 2).mean(axis=1, keepdims=True)
    hessian, cross = 2 / n * z.T @ (weights * z), 2 / n * x_float.T @ (weights * z)
    wanted = w @ cross
    if missing is not None:
        residual = 2 / n * missing.T @ (weights * z)
        check(f"{name}.residual_moment", residual)
        wanted = wanted + residual
    if f"{name}.hessian" in header:  # up reads what gate reads
        check(f"{name}.hessian", hessian)
        check(f"{name}.input_moment", cross)
    damped = hessian + 0.1 * np.diag(np.diag(hessian))
    return round_weight(w + 0.5 * (wanted - w @ hessian) @ np.linalg.inv(damped))


checked = []


def check(name, expected):
    error = zqref.relative_l2(stored(name), expected)
    if not error < 1e-5 and np.abs(expected).max() > 1e-7:
        sys.exit(f"{name}: relative error {error}")
    checked.append(name)


weights = {name: w.astype(np.float64) for name, w in make_weights().items()}
x_float = x = make_data().reshape(-1, K).astype(np.float64)
for block in range(BLOCKS):
    gate, up, down = (weights[f"{block}.{name}.weight"] for name in ("gate", "up", "down"))
    z = quantize_activations(x)
    q_gate = quantize(f"{block}.gate", gate, z, x_float)
    q_up = quantize(f"{block}.up", up, z, x_float)
    m_float, m = (x_float @ gate.T) * (x_float @ up.T), (z @ q_gate.T) * (z @ q_up.T)
    z = quantize_activations(m)
    q_down = quantize(f"{block}.down", down, z, m_float, x_float - x, x_float)
    x_float, x = x_float + m_float @ down.T, x + z @ q_down.T
print("checked:", *checked)
error = zqref.relative_l2(np.load(folder / "y.npy").reshape(-1, K), x[:TOKENS])
print("output as in float64" if error < 1e-5 else f"output: relative error {error}")
stages = json.loads((folder / "r.json").read_text())["stages"]
expected = np.linalg.norm(x - x_float) / np.linalg.norm(x_float)
print("error of the model as in float64" if abs(stages[-1]["output_error"] / expected - 1) < 1e-4
      else f"error of the model: {stages[-1]}, want {expected}")
