"""Checks one materialized layer against the definitions, with nothing of zq:
the scales of a group from its largest magnitude, the constraint, the nearest
code with ties to even, the layout of the bytes, and the report's numbers.

check_layer.py WEIGHTS.safetensors OUTPUT.mlir REPORT.json FORMAT GROUP CONSTRAINT
Scales are those of clip=absmax and the constraint's default rounding.
"""
import json
import math
import re
import struct
import sys

MAGNITUDES = {
    "e2m1": [0, 0.5, 1, 1.5, 2, 3, 4, 6],
    "e3m0": [0, 0.25, 0.5, 1, 2, 4, 8, 16],
    "e1m2": [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75],
    "int4": [0, 1, 2, 3, 4, 5, 6, 7],
    # 8 bits: all codes up to the largest finite one.
    "e4m3": [(m if e == 0 else 8 + m) * 2.0 ** (max(e, 1) - 10) for e in range(16) for m in range(8)][:-1],
    "int8": list(range(128)),
}


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def read_weights(path):
    with open(path, "rb") as file:
        blob = file.read()
    size = struct.unpack_from("<Q", blob)[0]
    tensor = json.loads(blob[8 : 8 + size])["w"]
    data = blob[8 + size :]
    n, k = tensor["shape"]
    if tensor["dtype"] == "BF16":
        values = [struct.unpack("<f", b"\0\0" + data[i : i + 2])[0] for i in range(0, len(data), 2)]
    else:
        code = {"F32": "f", "F16": "e"}[tensor["dtype"]]
        values = struct.unpack(f"<{n * k}{code}", data)
    return [list(values[r * k : (r + 1) * k]) for r in range(n)]


def read_constants(text):
    """The bytes of each constant, by SSA name."""
    resources = dict(re.findall(r'^\s*"?([\w.]+)"?: "0x([0-9A-F]+)"', text, re.M))
    constants = {}
    for name, kind, value, shape, element in re.findall(
        r"%(\w+) = arith\.constant (dense_resource|dense)<([^>]*)> : tensor<([0-9x]+)x(i8|f32)>", text):
        count = math.prod(int(d) for d in shape.split("x"))
        if kind == "dense_resource":
            data = bytes.fromhex(resources[value])[4:]  # after the alignment
        elif value.startswith('"0x'):
            data = bytes.fromhex(value[3:-1])
        else:  # a splat
            data = struct.pack("<f", float(value)) if element == "f32" else struct.pack("<b", int(value))
            data *= count
        constants[name] = data
    return constants


def nearest_code(magnitudes, value):
    """Ties to the even code, saturating."""
    magnitude = abs(value)
    best = min(range(len(magnitudes)), key=lambda c: (abs(magnitudes[c] - magnitude), c & 1))
    return best


def split_code(fmt, byte):
    """Sign and index of the magnitude of an 8-bit code."""
    if fmt == "int8":
        return (1, 256 - byte) if byte > 127 else (0, byte)
    return byte >> 7, byte & 127


def find_step(anchor, free):
    """M3: the step whose scale is nearest to `free` in the logarithm."""
    steps = sorted((f32(anchor * m) * 2.0**-shift, shift + 16 * i)
                   for shift in range(40) for i, m in enumerate((1, 1.25, 1.5)) if (shift, i) < (1, 0) or shift)
    steps = [s for s in steps if s[0] <= anchor]
    above = min(range(len(steps)), key=lambda i: (steps[i][0] < free, steps[i][0]))
    high, low = steps[above], steps[above - 1]
    return low if high[0] * low[0] > free * free else high


def expected_scales(rows, group, magnitudes, constraint, window):
    """Per row: (the scale of each group, anchor, shifts, clamped groups)."""
    result = []
    for row in rows:
        groups = [row[i : i + group] for i in range(0, len(row), group)]
        absmax = [max(abs(v) for v in g) for g in groups]
        free = [f32(a / magnitudes[-1]) if a else 1.0 for a in absmax]
        used = [s for s, a in zip(free, absmax) if a]
        if constraint == "free":
            result.append((free, None, None, 0))
            continue
        if not used:
            result.append(([1.0] * len(free), 1.0, [0] * len(free), 0))
            continue
        if constraint == "m1":
            up = [2.0 ** math.ceil(math.log2(s)) for s in free]
            anchor = max(u for u, a in zip(up, absmax) if a)
            shifts = [int(math.log2(anchor / u)) for u in up]
        elif constraint == "m3":
            anchor = max(used)
            found = [find_step(anchor, s) if a else (anchor, 0) for s, a in zip(free, absmax)]
            past = [s for s in found if s[0] < anchor * 2.0**-window]
            found = [max(s, (anchor * 2.0**-window, window)) for s in found]
            result.append(([s[0] for s in found], anchor, [s[1] for s in found], len(past)))
            continue
        else:
            anchor = max(used)
            shifts = [math.floor(math.log2(anchor / s) + 0.5) for s in free]
        shifts = [s if a else 0 for s, a in zip(shifts, absmax)]
        clamped = sum(s > window for s in shifts)
        shifts = [min(s, window) for s in shifts]
        result.append(([anchor * 2.0**-s for s in shifts], anchor, shifts, clamped))
    return result


def main():
    weights, output, report_path, fmt, group, constraint = sys.argv[1:]
    rows = read_weights(weights)
    n, k = len(rows), len(rows[0])
    group = k if group == "row" else min(int(group), k)
    magnitudes = MAGNITUDES[fmt]
    with open(output) as file:
        text = file.read()
    with open(report_path) as file:
        layer = json.load(file)["layers"][0]
    constants = read_constants(text)
    storage = re.search(r"zq\.storage_cast %(\w+)", text).group(1)
    names = re.search(r"zq\.quantized_linear .* scales\(([^)]*)\)", text).group(1).replace("%", "").split(", ")
    window = int(re.search(r"max_shift = (\d+)", text).group(1)) if constraint != "free" else 0

    expected = expected_scales(rows, group, magnitudes, constraint, window)
    # Scale values.
    if constraint == "free":
        found = struct.unpack(f"<{sum(len(e[0]) for e in expected)}f", constants[names[0]])
        assert list(found) == [s for e in expected for s in e[0]], "scales"
    else:
        assert list(struct.unpack(f"<{n}f", constants[names[0]])) == [e[1] for e in expected], "anchors"
        shifts = [s for e in expected for s in e[2]]
        assert list(constants[names[1]]) == shifts, "shifts"
        places = [s & 15 for s in shifts]  # without the multipliers of M3
        histogram = [places.count(i) for i in range(max(places) + 1)]
        assert layer["shift_histogram"] == histogram, "histogram"
        assert layer["clamped_groups"] == sum(e[3] for e in expected), "clamped groups"

    # Codes, and the error that they make.
    codes = constants[storage]
    packed = len(magnitudes) == 8
    row_bytes = (k + 1) // 2 if packed else k
    assert len(codes) == n * row_bytes, "size of storage"
    signal = error = 0.0
    for r, row in enumerate(rows):
        scales = expected[r][0]
        for c, value in enumerate(row):
            if packed:
                byte = codes[r * row_bytes + c // 2]
                code = byte >> 4 if c % 2 else byte & 15
                sign, found = code >> 3, code & 7
            else:
                sign, found = split_code(fmt, codes[r * row_bytes + c])
            quotient = f32(value / scales[c // group])
            magnitude = nearest_code(magnitudes, quotient)
            assert found == magnitude, f"code at row {r}, column {c}: {found}, expected {magnitude} for {quotient}"
            assert magnitude == 0 or (sign == 1) == (value < 0), f"sign at row {r}, column {c}"
            exact = magnitudes[magnitude] * scales[c // group] * (-1 if value < 0 else 1)
            signal += value * value
            error += (value - exact) ** 2
        if packed and k % 2:
            assert codes[(r + 1) * row_bytes - 1] >> 4 == 0, "the unused nibble is zero"
    assert abs(layer["sqnr_db"] - 10 * math.log10(signal / error)) < 1e-6, "SQNR"
    assert layer["bytes_after"] == len(codes) + sum(len(constants[name]) for name in names), "bytes"
    print("ok", fmt, group, constraint, f"{layer['sqnr_db']:.2f} dB")


main()
