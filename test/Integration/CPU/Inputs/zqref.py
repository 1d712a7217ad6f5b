"""The reference of the CPU tests: formats as tables of exact numbers, and a way
to run a function through zq-runner. Written from the formats' definitions; it
shares nothing with the compiler.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

# Magnitudes of the 4-bit formats by their low three bits; bit 3 is the sign.
MAGNITUDES = {
    "f4E2M1FN": [0, .5, 1, 1.5, 2, 3, 4, 6],
    "!zq.e3m0": [0, .25, .5, 1, 2, 4, 8, 16],
    "!zq.e1m2": [0, .25, .5, .75, 1, 1.25, 1.5, 1.75],
    "i4": [0, 1, 2, 3, 4, 5, 6, 7],
}
# Exponent bits, mantissa bits, bias, largest finite, has infinities.
FP8 = {
    "f8E4M3FN": (4, 3, 7, 448.0, False),
    "f8E5M2": (5, 2, 15, 57344.0, True),
}
LARGEST = {"f8E4M3FN": 448.0, "f8E5M2": 57344.0, "i8": 127.0}


def fp8_values(name):
    """The float64 values of all 256 codes."""
    exponent_bits, mantissa_bits, bias, largest, infinite = FP8[name]
    values = np.empty(256)
    for code in range(256):
        exponent = (code >> mantissa_bits) & ((1 << exponent_bits) - 1)
        mantissa = code & ((1 << mantissa_bits) - 1)
        if exponent == 0:
            value = mantissa * 2.0 ** (1 - bias - mantissa_bits)
        else:
            value = (1 + mantissa / (1 << mantissa_bits)) * 2.0 ** (exponent - bias)
        if value > largest:
            value = np.inf if infinite and mantissa == 0 else np.nan
        values[code] = -value if code & 0x80 else value
    return values


def code_values(name):
    """The float64 values of all 16 codes."""
    positive = np.array(MAGNITUDES[name], dtype=np.float64)
    return np.concatenate([positive, -positive])


def encode_fp8(name, x):
    """The codes nearest to finite `x`, ties to the even code, saturating."""
    values = fp8_values(name)[:128]
    finite = values[np.isfinite(values)]
    magnitude = np.abs(np.asarray(x, dtype=np.float64))
    above = np.clip(np.searchsorted(finite, magnitude), 1, len(finite) - 1)
    below = above - 1
    # float64 holds these differences exactly or far from a tie.
    low, high = magnitude - finite[below], finite[above] - magnitude
    code = np.where(low < high, below, above)
    code = np.where(low == high, np.where(below % 2 == 0, below, above), code)
    return (code | np.where(np.signbit(x), 0x80, 0)).astype(np.uint8)


def encode(name, x):
    if name == "i8":
        return np.clip(np.rint(np.asarray(x, np.float64)), -127, 127).astype(np.int8)
    return encode_fp8(name, x)


def decode(name, codes):
    if name == "i8":
        return np.asarray(codes, np.float64)
    return fp8_values(name)[codes]


def pack(codes):
    """N x K codes as N x ceil(K/2) bytes, the even column in the low nibble."""
    n, k = codes.shape
    padded = np.zeros((n, k + k % 2), np.uint8)
    padded[:, :k] = codes
    return (padded[:, 0::2] | padded[:, 1::2] << 4).view(np.int8)


def bf16_values(bits):
    return (np.asarray(bits, np.uint32) << 16).view(np.float32)


def run(module, inputs, extra=()):
    """The results of @main of the module's text, through zq-runner."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "module.mlir")
        with open(source, "w") as file:
            file.write(module)
        paths = []
        for i, array in enumerate(inputs):
            paths.append(os.path.join(folder, f"input{i}.npy"))
            np.save(paths[-1], np.array(array, order="C"))
        command = ["zq-runner", source, "--output-dir", folder, *extra]
        if paths:
            command.append("--inputs=" + ",".join(paths))
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}{module}")
        results = []
        while os.path.exists(path := os.path.join(folder, f"output{len(results)}.npy")):
            results.append(np.load(path))
        return results


def check_equal(what, actual, expected):
    """Bit for bit, NaN of any payload equal to NaN."""
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        sys.exit(f"{what}: {actual.dtype}{actual.shape}, want {expected.dtype}{expected.shape}")
    same = actual.view(f"u{actual.itemsize}") == expected.view(f"u{actual.itemsize}")
    if actual.dtype.kind == "f":
        same |= np.isnan(actual) & np.isnan(expected)
    if not same.all():
        where = tuple(np.argwhere(~same)[0])
        sys.exit(f"{what}: {np.count_nonzero(~same)} of {same.size} differ, first at "
                 f"{where}: {actual[where]!r}, want {expected[where]!r}")


def relative_l2(actual, expected):
    return np.linalg.norm(np.float64(actual) - expected) / np.linalg.norm(expected)
