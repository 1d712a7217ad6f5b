"""Interrupts zq-materialize-weights in several ways; the run that goes on must end with the bits of one that was never
interrupted: the same file, IR and report. Only with the standard library."""
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import time

N, K, LAYERS = 256, 512, 6
folder = pathlib.Path(sys.argv[1])
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
weights, output = folder / "weights.safetensors", folder / "out.safetensors"
partial, journal = folder / "out.safetensors.partial", folder / "out.safetensors.partial.journal"
random.seed(1)
values = [random.gauss(0.0, 1.0) for _ in range(N * K)]


def write_weights(special=None):
    """Layer i is the values from i on; `special` is a layer with a NaN."""
    size = 4 * N * K
    header = json.dumps({f"w{i}": {"dtype": "F32", "shape": [N, K], "data_offsets": [i * size, (i + 1) * size]}
                         for i in range(LAYERS)}).encode()
    header += b" " * (-len(header) % 8)
    with open(weights, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for i in range(LAYERS):
            layer = values[i:] + values[:i]
            if i == special:
                layer[5] = float("nan")
            file.write(struct.pack(f"<{N * K}f", *layer))


def write_model():
    lines = [f"func.func @f(%x: tensor<?x{K}xf32>) -> ({', '.join([f'tensor<?x{N}xf32>'] * LAYERS)}) {{"]
    for i in range(LAYERS):
        lines.append(f'  %w{i} = zq.weight "w{i}" from "{weights}" : tensor<{N}x{K}xf32>')
        lines.append(f'  %y{i} = zq.linear %x, %w{i} {{name = "l{i}"}} : (tensor<?x{K}xf32>, tensor<{N}x{K}xf32>) -> tensor<?x{N}xf32>')
    lines.append(f"  return {', '.join(f'%y{i}' for i in range(LAYERS))} : {', '.join([f'tensor<?x{N}xf32>'] * LAYERS)}\n}}")
    (folder / "model.mlir").write_text("\n".join(lines))


def get_command(options=""):
    return ["zq-opt", folder / "model.mlir", "--zq-decide=lorc-rank=4 rounding=mse anchor-search=true",
            f"--zq-materialize=weights-output={output} report={folder}/report.json report-gains=true {options}"]


def run(options=""):
    """What a whole run leaves, and how many weights it had not to compute."""
    result = subprocess.run(get_command(options), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert not partial.exists() and not journal.exists()
    found = re.search(r"remark: (\d+) of 6 weights are those of an interrupted run", result.stderr)
    restored = int(found[1]) if found else 0
    left = output.read_bytes(), result.stdout, (folder / "report.json").read_text()
    output.unlink()
    return left, restored


write_model()
write_weights()
whole, restored = run()
assert restored == 0
assert run("threads=1")[0] == whole

# An error in one weight keeps the others.
write_weights(special=3)
failed = subprocess.run(get_command(), capture_output=True, text=True)
assert failed.returncode != 0 and "of layer 'l3': NaN in the weight at row 0, column 5" in failed.stderr, failed.stderr
assert "5 of 6 weights are kept in" in failed.stderr and not output.exists(), failed.stderr
saved = partial.read_bytes(), journal.read_bytes()


def restore(partial_bytes=saved[0], journal_bytes=saved[1]):
    partial.write_bytes(partial_bytes)
    journal.write_bytes(journal_bytes)


write_weights()
assert run() == (whole, 5)
# Bytes that never reached the disk are noticed, and so is a line that was not written to its end.
restore(partial_bytes=saved[0][:-1000] + bytes(1000))
assert run() == (whole, 4)
restore(journal_bytes=saved[1][:-30])
assert run() == (whole, 4)
# So is everything that makes a result another one.
restore()
assert run("probe-tokens=16")[1] == 0
restore()
values[0] += 1.0
write_weights()
changed, restored = run()
assert restored == 0 and changed[0] != whole[0]
values[0] -= 1.0
write_weights()
restore()
partial.write_bytes(saved[0] + b" ")  # of other tensors
assert run() == (whole, 0)

# The process is killed.
for attempt in range(20):
    process = subprocess.Popen(get_command("threads=1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # A header and two weights.
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= 3):
        time.sleep(0.0005)
    process.kill()
    process.wait()
    if not output.exists():
        break
    output.unlink()
else:
    raise SystemExit("was never quick enough to interrupt it")
left, restored = run()
assert left == whole and restored >= 2, restored
print("interrupted runs end with the same bits")
