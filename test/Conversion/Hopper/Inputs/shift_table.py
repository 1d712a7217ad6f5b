"""Folds zqgpu.shift_table for every shift, and every step with a multiplier, of every format; the words must be the
E4M3 bytes of the exact products, found from the formats' definitions.
"""
import re
import subprocess
import sys

MAGNITUDES = {
    "f4E2M1FN": [0, .5, 1, 1.5, 2, 3, 4, 6],
    "!zq.e3m0": [0, .25, .5, 1, 2, 4, 8, 16],
    "!zq.e1m2": [0, .25, .5, .75, 1, 1.25, 1.5, 1.75],
    "i4": [0, 1, 2, 3, 4, 5, 6, 7],
}
# Bias 7, 3 bits of mantissa; 0x7F is NaN.
E4M3 = {(m * 2.0**-9 if e == 0 else (8 + m) * 2.0 ** (e - 10)): e << 3 | m for e in range(16) for m in range(8) if (e, m) != (15, 7)}


def find_window(products):
    """The largest exponent at which all are E4M3 numbers, and the shifts from there."""
    fits = [e for e in range(-32, 33) if all(p * 2.0**e in E4M3 for p in products)]
    return (max(fits), max(fits) - min(fits)) if fits else None


cases, functions = [], []
for multipliers in ([1], [1, 1.25, 1.5]):
    for weight, magnitudes in MAGNITUDES.items():
        window = find_window([m * p for m in multipliers for p in magnitudes])
        if not window:
            assert len(multipliers) == 3 and weight in ("!zq.e1m2", "i4")
            continue
        exponent, last = window[0], min(window[1], 15)
        unit = ", multipliers" if len(multipliers) == 3 else ""
        for index, multiplier in enumerate(multipliers):
            for shift in range(last + 1):
                table = [E4M3[m * multiplier * 2.0 ** (exponent - shift)] for m in magnitudes]
                cases.append((f"{weight} x {multiplier}, shift {shift}", table))
                functions.append(f"""
  func.func @f{len(functions)}() -> (i32, i32) {{
    %s = llvm.mlir.constant({shift + 16 * index} : i32) : i32
    %low, %high = zqgpu.shift_table %s {{weight_format = {weight}, max_shift = {last}{unit}}}
    return %low, %high : i32, i32
  }}""")

module = "gpu.module @kernels {" + "".join(functions) + "\n}\n"
done = subprocess.run(["zq-opt", "--pass-pipeline=builtin.module(gpu.module(zqgpu-to-nvvm,sccp,canonicalize))"],
                      input=module, capture_output=True, text=True)
if done.returncode:
    sys.exit(done.stderr)
bodies = done.stdout.split("func.func @f")[1:]
assert len(bodies) == len(cases)
for body, (name, table) in zip(bodies, cases):
    constants = dict(re.findall(r"(%[\w-]+) = \S*constant\(?\s?(-?\d+) : i32", body))
    words = re.search(r"return (%[\w-]+), (%[\w-]+)", body).groups()
    found = b"".join(int(constants[word]).to_bytes(4, "little", signed=True) for word in words)
    if list(found) != table:
        sys.exit(f"{name}: found {found.hex()}, want {bytes(table).hex()}")
print(len(cases), "tables are exact")
