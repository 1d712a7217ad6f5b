"""Checks low-rank factors against numpy's SVD: no product of that rank leaves a
smaller error, and the report's SQNR is that of the factors as stored.

check_lorc.py WEIGHTS.safetensors OUTPUT.mlir REPORT.json GROUP RANK
E2M1 with M2 scales; factors in F32 or BF16.
"""
import json
import re
import struct
import sys

import numpy as np

MAGNITUDES = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def main():
    weights, output, report_path, group, rank = sys.argv[1:]
    group, rank = int(group), int(rank)
    with open(weights, "rb") as file:
        blob = file.read()
    size = struct.unpack_from("<Q", blob)[0]
    n, k = json.loads(blob[8 : 8 + size])["w"]["shape"]
    w = np.frombuffer(blob[8 + size :], "<f4").reshape(n, k).astype(np.float64)
    with open(output) as file:
        text = file.read()
    with open(report_path) as file:
        layer = json.load(file)["layers"][0]

    resources = dict(re.findall(r'^\s*"?([\w.]+)"?: "0x([0-9A-F]+)"', text, re.M))
    constants = {
        name: bytes.fromhex(resources[value])[4:] if kind else bytes.fromhex(value.strip('"')[2:])
        for name, kind, value in re.findall(r'%(\w+) = arith\.constant dense(_resource)?<("0x\w+"|\w+)>', text)
    }
    elements = dict(re.findall(r"%(\w+) = arith\.constant .* : tensor<[0-9x]+x(\w+)>", text))

    def floats(name):
        if elements[name] == "bf16":
            bits = np.frombuffer(constants[name], "<u2").astype("<u4") << 16
            return bits.view("<f4").astype(np.float64)
        return np.frombuffer(constants[name], "<f4").astype(np.float64)

    storage = re.search(r"zq\.storage_cast %(\w+)", text).group(1)
    anchors, shifts = re.search(r"zq\.quantized_linear .* scales\(%(\w+), %(\w+)\)", text).groups()
    down, up = [floats(name) for name in re.findall(r"zq\.linear %\w+, %(\w+) ", text)]
    down, up = down.reshape(rank, k), up.reshape(n, rank)

    packed = np.frombuffer(constants[storage], np.uint8).reshape(n, -1)
    codes = np.stack([packed & 15, packed >> 4], axis=2).reshape(n, -1)[:, :k]
    values = MAGNITUDES[codes & 7] * np.where(codes & 8, -1, 1)
    scales = floats(anchors)[:, None] * 2.0 ** -np.frombuffer(constants[shifts], np.int8).reshape(n, -1).astype(float)
    error = w - values * np.repeat(scales, group, axis=1)[:, :k]

    best = np.sqrt(np.sum(np.linalg.svd(error, compute_uv=False)[rank:] ** 2))
    found = np.linalg.norm(error - up @ down)
    tolerance = 1e-2 if elements[storage] == "bf16" else 1e-3
    assert best <= found * (1 + 1e-6) and found <= best * (1 + tolerance), (best, found)
    sqnr = 20 * np.log10(np.linalg.norm(w) / found)
    assert abs(layer["sqnr_lorc_db"] - sqnr) < 1e-3, (layer["sqnr_lorc_db"], sqnr)
    assert layer["sqnr_lorc_db"] > layer["sqnr_db"]
    print(f"ok {layer['sqnr_db']:.2f} dB -> {sqnr:.2f} dB")


main()
