"""Quantizes the layers of make_statistics.py in several ways; the output's error on the calibration data, computed in
float64 from the bytes in the IR, must be what the report says, and smaller with each step.
"""
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
from make_statistics import K, N, make, write

E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
GROUP = 32
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
write(folder)
inputs, weights = make()


def read_constants(text):
    resources = dict(re.findall(r'^\s*"?([\w.]+)"?: "0x([0-9A-F]+)"', text, re.M))
    constants = {}
    for name, kind, value, shape, element in re.findall(
            r"%(\w+) = arith\.constant (dense_resource|dense)<([^>]*)> : tensor<([0-9x]+)x(i8|f32)>", text):
        shape = [int(d) for d in shape.split("x")]
        dtype = "u1" if kind == "dense_resource" else "<f4" if element == "f32" else "i1"
        if kind == "dense_resource":
            data = bytes.fromhex(resources[value])[4:]  # after the alignment
        elif value.startswith('"0x'):
            data = bytes.fromhex(value[3:-1])
        else:
            data = np.array(json.loads(value)).astype(dtype).tobytes()
        array = np.frombuffer(data, dtype)
        constants[name] = (np.full(shape, array[0]) if array.size == 1 else array.reshape(shape)).astype(np.float64)
    return constants


def read_weights(text):
    """Of each layer the dequantized weight, with its low-rank factors where it has them."""
    constants = read_constants(text)
    storage = dict(re.findall(r"%(\w+) = zq\.storage_cast %(\w+)", text))
    factors = re.findall(r"%(\w+) = zq\.linear %\w+, %(\w+) ", text)
    result = {}
    for quantized, anchors, shifts, name in re.findall(
            r"zq\.quantized_linear %\w+ scale\(%\w+\), %(\w+) scales\(%(\w+), %(\w+)\) \{name = \"(\w)\"", text):
        codes = constants[storage[quantized]].astype(int)
        codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(N, K)
        steps = constants[shifts].astype(int)  # with M3 a multiplier above the shift
        scales = constants[anchors][:, None] * (1 + (steps >> 4) / 4) * 2.0 ** -(steps & 15)
        result[name] = E2M1[codes & 7] * np.where(codes & 8, -1, 1) * np.repeat(scales, GROUP, axis=1)
        if factors:
            (_, down), (_, up) = factors[:2]
            factors = factors[2:]
            result[name] += constants[up] @ constants[down]
    return result


def quantize(label, decide, materialize):
    """The module's text, and the report's layers."""
    report = folder / f"{label}.json"
    result = subprocess.run(
        ["zq-opt", folder / "model.mlir", f"--zq-decide=group-size={GROUP} rounding=mse anchor-search=true {decide}",
         f"--zq-materialize=report={report} {materialize}"], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(result.stderr)
    return result.stdout, {layer["name"]: layer for layer in json.loads(report.read_text())["layers"]}


def run(label, decide, materialize):
    text, layers = quantize(label, decide, materialize)
    found = read_weights(text)
    errors = {}
    for name, w in weights.items():
        x = inputs[name].astype(np.float64)
        errors[name] = np.linalg.norm(x @ (w - found[name]).T) / np.linalg.norm(x @ w.T)
        reported = layers[name].get("calibration_error")
        if reported is not None:
            assert abs(reported - errors[name]) < 1e-3 * errors[name], (label, name, reported, errors[name])
            assert layers[name]["calibration_tokens"] == len(x) and layers[name]["calibration_inputs"] == {"k": "q"}.get(name, name)
            # All values, from the smallest's bin to the largest's (docs/statistics.md).
            histogram = layers[name]["input_histogram"]
            assert sum(histogram["counts"]) == x.size, (label, name, histogram)
            last = histogram["first_bin"] + len(histogram["counts"]) - 1
            assert 2.0 ** ((last - 1) // 4 - 20) <= np.abs(x).max() < 2.0 ** ((last - 1) // 4 - 19), (label, name, histogram)
    print(label, *(f"{name} {error:.4f}" for name, error in errors.items()))
    return errors


statistics = f"statistics={folder}/statistics.safetensors"
best = "damping=diagonal damping-amount=0.001 column-order=descending"
runs = [run("plain", "", ""),
        run("rtn", "", f"algorithm=rtn {statistics}"),
        run("gptq", "", f"algorithm=gptq {statistics} {best}"),
        run("descent", "", f"algorithm=gptq {statistics} {best} descent-passes=6"),
        run("lorc", "lorc-rank=4", f"algorithm=gptq {statistics} {best} descent-passes=6 report-steps=true report-gains=true")]
# Scales with multipliers: the same steps, each better than with powers of two alone.
m3 = "constraint=m3"
for label, decide, materialize, m2 in (("plain-m3", m3, "", runs[0]), ("rtn-m3", m3, f"algorithm=rtn {statistics}", runs[1]),
                                       ("gptq-m3", m3, f"algorithm=gptq {statistics} {best}", runs[2])):
    errors = run(label, decide, materialize)
    assert sum(errors.values()) < sum(m2.values()), (label, errors, m2)
    layers = json.loads((folder / f"{label}.json").read_text())["layers"]
    assert all(layer["constraint"] == "m3" and layer["max_shift"] == 10 for layer in layers), layers
# Weights of 8 bits, whose scales stay free: GPTQ helps them as well.
for weight in ("e4m3", "int8"):
    decide = f"weight-format={weight}"
    rtn, gptq = (quantize(f"{algorithm}-{weight}", decide, f"algorithm={algorithm} {statistics} {options}")[1]
                 for algorithm, options in (("rtn", ""), ("gptq", best)))
    for name in weights:
        assert rtn[name]["weight_format"] == weight and rtn[name]["constraint"] == "free", rtn[name]
        assert gptq[name]["calibration_error"] < 0.5 * rtn[name]["calibration_error"] < 0.03, (weight, rtn[name], gptq[name])
for name in weights:
    errors = [errors[name] for errors in runs]
    assert all(after < before for before, after in zip(errors, errors[1:])), (name, errors)
    assert errors[2] < 0.7 * errors[0], (name, errors)
steps = json.loads((folder / "lorc.json").read_text())["layers"][0]["steps"]
assert [step["name"] for step in steps] == ["nearest", "scales", "gptq", "descent", "lorc 1", "lorc 2", "lorc 3"], steps
gains = {layer["name"]: layer["gains"] for layer in json.loads((folder / "lorc.json").read_text())["layers"]}
for name in weights:
    assert [gain["name"] for gain in gains[name]] == ["shifts", "anchors", "importance", "gptq", "damping", "order", "descent", "refit",
                                                      "lorc", "lorc weighted", "lorc rounds"], gains[name]
    # The same as running each by itself.
    for step, errors in (("importance", runs[1]), ("order", runs[2]), ("refit", runs[3]), ("lorc rounds", runs[4])):
        found, = (gain["error_after"] for gain in gains[name] if gain["name"] == step)
        assert abs(found - errors[name]) < 1e-3 * errors[name], (name, step, found, errors[name])
print("each step helps each layer")
