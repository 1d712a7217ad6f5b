#!/usr/bin/env python3
"""How far searched M2 scales are from the best that there are, on random rows: E2M1, Gaussian and Student's t(5),
groups of 128 and 256. Wants numpy.

usage: optimal_scales.py ZQ_OPT [--rows 128] [--anchors 256]

The best is computed here from the definition, in numpy, and shares nothing with zq. Anchors that differ by a power of two allow
the same scales, so an octave of them holds all; of a row under one anchor the groups do not depend on each other, so each takes
the shift of its least error; and nearest codes are the best codes of any scale. An octave is tried in --anchors points, all
shifts under each, and the anchor of the best point is fitted to its codes in closed form.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import tempfile

import numpy as np

K = 4096


def round_e2m1(magnitudes):
    """To nearest, ties to even, saturating."""
    spacing = np.where(magnitudes < 2, np.float32(0.5), np.where(magnitudes < 4, np.float32(1), np.float32(2)))
    return np.minimum(np.rint(magnitudes / spacing) * spacing, np.float32(6))


def get_errors(groups, scales):
    """Squared error of each group under its scale, in double."""
    x = groups / scales[:, None]
    return ((x - round_e2m1(x)).astype(np.float64) ** 2).sum(axis=1) * scales.astype(np.float64) ** 2


def get_free_error(row, group):
    groups = np.abs(row).reshape(-1, group)
    return get_errors(groups, groups.max(axis=1) / np.float32(6)).sum()


def get_best_error(row, group, anchors):
    groups = np.abs(row).reshape(-1, group)
    free = groups.max(axis=1) / np.float32(6)
    # From three octaves below the smallest group's absmax scale to one above the largest's.
    lowest = np.floor(np.log2(free.min())) - 3
    octaves = int(np.ceil(np.log2(free.max()))) + 1 - int(lowest)
    best_error, best_scales = np.inf, None
    for anchor in range(anchors):
        scales = np.exp2(lowest + np.arange(octaves) + anchor / anchors).astype(np.float32)
        tried = np.stack([get_errors(groups, np.full(len(groups), scale)) for scale in scales])
        error = tried.min(axis=0).sum()
        if error < best_error:
            best_error, best_scales = error, scales[tried.argmin(axis=0)]
    for _ in range(4):
        values = round_e2m1(groups / best_scales[:, None]).astype(np.float64) * best_scales[:, None]
        best_scales = (best_scales * ((groups * values).sum() / (values * values).sum())).astype(np.float32)
    assert np.log2(best_scales.max() / best_scales.min()) <= 14, "a shift that M2 does not have"
    return min(best_error, get_errors(groups, best_scales).sum())


def get_searched_error(tool, folder, rows, group):
    """What zq reports of the same rows."""
    n = len(rows)
    header = json.dumps({"w": {"dtype": "F32", "shape": [n, K], "data_offsets": [0, 4 * n * K]}}).encode()
    header += b" " * (-len(header) % 8)
    (folder / "w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + rows.astype("<f4").tobytes())
    (folder / "model.mlir").write_text(
        f'func.func @main(%x: tensor<1x{K}xf32>) -> tensor<1x{n}xf32> {{\n'
        f'  %w = zq.weight "w" from "{folder}/w.safetensors" : tensor<{n}x{K}xf32>\n'
        f'  %y = zq.linear %x, %w {{name = "w"}} : (tensor<1x{K}xf32>, tensor<{n}x{K}xf32>) -> tensor<1x{n}xf32>\n'
        f'  return %y : tensor<1x{n}xf32>\n}}\n')
    subprocess.run([tool, folder / "model.mlir", "-o", folder / "out.mlir", f"--zq-decide=group-size={group} rounding=mse anchor-search=true",
                    f"--zq-materialize=report={folder}/report.json probe-tokens=0"], check=True)
    layer, = json.loads((folder / "report.json").read_text())["layers"]
    return 10 ** (-layer["sqnr_db"] / 10) * (rows.astype(np.float64) ** 2).sum()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("--rows", type=int, default=128)
    parser.add_argument("--anchors", type=int, default=256)
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    draws = {"Gaussian": rng.standard_normal((args.rows, K)), "t(5)": rng.standard_t(5, (args.rows, K))}
    print(f"SQNR in dB of E2M1, {args.rows} x {K}; the best of {args.anchors} anchors an octave, each with all shifts")
    print(f"{'':10} {'group':>5} {'free absmax':>12} {'M2, zq':>8} {'M2, best':>9} {'zq - best':>10} {'best - free':>12}")
    for name, draw in draws.items():
        rows = draw.astype(np.float32)
        signal = (rows.astype(np.float64) ** 2).sum()
        for group in (128, 256):
            with tempfile.TemporaryDirectory() as folder:
                searched = get_searched_error(args.tool, pathlib.Path(folder), rows, group)
            free = sum(get_free_error(row, group) for row in rows)
            best = sum(get_best_error(row, group, args.anchors) for row in rows)
            free, searched, best = (10 * np.log10(signal / error) for error in (free, searched, best))
            print(f"{name:10} {group:5} {free:12.3f} {searched:8.3f} {best:9.3f} {searched - best:10.3f} {best - free:12.3f}", flush=True)


if __name__ == "__main__":
    main()
