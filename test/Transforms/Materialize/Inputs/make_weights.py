"""Writes a safetensors file with one weight that has all that is awkward: rows
and groups of zeros, a group whose shift is past any window, an outlier, ties.

make_weights.py FILE N K [F32|F16|BF16] [SPECIAL]
SPECIAL, one of nan, inf, -inf, is put at row 1, column 2.
"""
import json
import random
import struct
import sys


def to_bytes(values, dtype):
    if dtype == "F32":
        return struct.pack(f"<{len(values)}f", *values)
    if dtype == "F16":
        return struct.pack(f"<{len(values)}e", *values)
    # The values below are multiples of 2^-8 below 2^8 in magnitude or powers of
    # two times those; cutting an FP32 number is good enough for a test's input.
    return b"".join(struct.pack("<f", v)[2:] for v in values)


def make(n, k):
    rng = random.Random(7)
    rows = [[rng.gauss(0.0, 1.0) for _ in range(k)] for _ in range(n)]
    rows[n // 2] = [0.0] * k
    rows[0][: min(k, 32)] = [0.0] * min(k, 32)
    rows[n - 1] = [v * 2.0**-20 for v in rows[n - 1]]
    rows[n - 1][k - 1] = 300.0
    for i in range(min(k, 8)):  # ties, once the row's scale is a power of two
        rows[2 % n][i] = [6.0, 0.25, 0.75, 1.25, 1.75, 2.5, 3.5, -5.0][i]
    return rows


def main():
    path, n, k = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    dtype = sys.argv[4] if len(sys.argv) > 4 else "F32"
    rows = make(n, k)
    if len(sys.argv) > 5:
        rows[1][2] = float(sys.argv[5])
    data = to_bytes([v for row in rows for v in row], dtype)
    header = json.dumps({"w": {"dtype": dtype, "shape": [n, k], "data_offsets": [0, len(data)]}}).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + data)


main()
