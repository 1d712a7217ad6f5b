"""Breaks a safetensors file in each way that its format knows, and gives it to zq-opt and zq-compile:
check_weights_files.py FOLDER"""
import json
import pathlib
import struct
import subprocess
import sys

N, K = 4, 64
MODEL = f"""func.func @main(%x: tensor<?x{K}xbf16>, %w: tensor<{N}x{K}xbf16> {{zq.weight = "up.weight"}}) -> tensor<?x{N}xbf16> {{
  %y = zq.linear %x, %w {{name = "up"}} : (tensor<?x{K}xbf16>, tensor<{N}x{K}xbf16>) -> tensor<?x{N}xbf16>
  return %y : tensor<?x{N}xbf16>
}}
"""
SIZE = N * K * 2
DATA = struct.pack("<e", 1.0) * (N * K)


def entry(dtype="BF16", shape=(N, K), offsets=(0, SIZE)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def file(header, data=DATA, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def with_bits(index, bits):
    return DATA[:2 * index] + struct.pack("<H", bits) + DATA[2 * index + 2:]


GOOD = file({"up.weight": entry()})
# Name of the file -> its bytes, and what the message must name besides the file.
CASES = {
    "empty": (b"", ""),
    "no-header": (GOOD[:5], ""),
    "cut-header": (GOOD[:40], ""),
    "cut-data": (GOOD[:-1], ""),
    "extra-data": (GOOD + b"\0", ""),
    "huge-length": (file({"up.weight": entry()}, length=2**63), ""),
    "long-length": (file({"up.weight": entry()}, length=len(GOOD)), ""),
    "no-json": (file(b"{\"up.weight\": "), ""),
    "array": (file(b"[1, 2, 3]"), ""),
    "duplicate": (file(b'{"up.weight": %b, "up.weight": %b}' % ((json.dumps(entry()).encode(),) * 2)), "up.weight"),
    "past-end": (file({"up.weight": entry(offsets=(2, SIZE + 2))}), "up.weight"),
    "backwards": (file({"up.weight": entry(offsets=(SIZE, 0))}), "up.weight"),
    "negative": (file({"up.weight": entry(offsets=(-SIZE, 0))}), "up.weight"),
    "wrong-size": (file({"up.weight": entry(shape=(N, K + 1))}), "up.weight"),
    "overflow": (file({"up.weight": entry(shape=(2**32, 2**32))}), "up.weight"),
    "overlap": (file({"up.weight": entry(), "b": entry(offsets=(0, SIZE))}), ""),
    "hole": (file({"up.weight": entry(offsets=(2, SIZE + 2))}, b"\0\0" + DATA), ""),
    "unknown-dtype": (file({"up.weight": entry(dtype="F17")}), "up.weight"),
    "integers": (file({"up.weight": entry(dtype="I16")}), "up.weight"),
    "other-shape": (file({"up.weight": entry(shape=(K, N))}), "up.weight"),
    "other-name": (file({"down.weight": entry()}), "up.weight"),
    "nan": (file({"up.weight": entry()}, with_bits(70, 0x7FC0)), "up.weight"),
    "infinity": (file({"up.weight": entry()}, with_bits(70, 0xFF80)), "up.weight"),
}


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "model.mlir").write_text(MODEL)
    failures = []

    def tools(weights):
        yield ["zq-opt", "model.mlir", f"--zq-quantize=weights={weights}", "-o", "out.mlir"], "out.mlir"
        yield (["zq-compile", "model.mlir", "--quiet", "--no-cubin", f"--weights={weights}", "--report=report.json",
                "-o", "out.zqm"], "out.zqm")

    (folder / "good.safetensors").write_bytes(GOOD)
    for command, output in tools("good.safetensors"):
        result = run(command, folder)
        if result.returncode or not (folder / output).exists():
            failures.append(f"{command}: the good file failed:\n{result.stderr}")
    for left in folder.glob("out.*"):
        left.unlink()
    (folder / "report.json").unlink(missing_ok=True)

    for name, (data, named) in CASES.items():
        weights = f"{name}.safetensors"
        (folder / weights).write_bytes(data)
        for command, _ in tools(weights):
            before = set(folder.iterdir())
            result = run(command, folder)
            new = sorted(p.name for p in set(folder.iterdir()) - before)
            if result.returncode != 1:
                failures.append(f"{command}: exit status {result.returncode}, want 1\n{result.stderr}")
            if "error:" not in result.stderr or weights not in result.stderr or named not in result.stderr:
                failures.append(f"{command}: want an error that names {weights} and {named!r}:\n{result.stderr}")
            if new:
                failures.append(f"{command}: left {new}")
    print("\n".join(failures) or f"{len(CASES)} broken files, all refused")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
