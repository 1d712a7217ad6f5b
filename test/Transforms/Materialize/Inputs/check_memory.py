"""The peak memory of a run with weights-output is that of its largest layers, not of the model."""
import json
import os
import pathlib
import struct
import subprocess
import sys

N, K = 1024, 2048
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
weight = bytes(range(0x30, 0x40)) * (N * K // 8)  # as BF16, numbers from 1e-9 on


def measure(layers):
    size, path = 2 * N * K, folder / f"{layers}.safetensors"
    header = json.dumps({f"w{i}": {"dtype": "BF16", "shape": [N, K], "data_offsets": [i * size, (i + 1) * size]} for i in range(layers)}).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _ in range(layers):
            file.write(weight)
    linears = "".join(f'  %w{i} = zq.weight "w{i}" from "{path}" : tensor<{N}x{K}xbf16>\n'
                      f'  %y{i} = zq.linear %x, %w{i} : (tensor<2x{K}xbf16>, tensor<{N}x{K}xbf16>) -> tensor<2x{N}xbf16>\n' for i in range(layers))
    results = ", ".join(f"%y{i}" for i in range(layers)), ", ".join([f"tensor<2x{N}xbf16>"] * layers)
    model = folder / f"{layers}.mlir"
    model.write_text(f"func.func @main(%x: tensor<2x{K}xbf16>) -> ({results[1]}) {{\n{linears}  return {results[0]} : {results[1]}\n}}\n")
    process = subprocess.Popen(["zq-compile", model, "-o", folder / "out.zqm", "--no-cubin", "--quiet", "--threads=2"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, status
    path.unlink()
    return usage.ru_maxrss * 1024


few, many = measure(4), measure(60)
layer = 2 * N * K
print(f"peak with 4 layers {few / 1e6:.0f} MB, with 60 {many / 1e6:.0f} MB, a layer {layer / 1e6:.1f} MB")
# 56 layers more are 235 MB of weights and 59 MB of codes.
assert many - few < 4 * layer, (few, many)
print("memory is bounded")
