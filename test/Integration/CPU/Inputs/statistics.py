"""Runs two batches through zq-runner --statistics and checks the file against numpy."""
import json
import pathlib
import subprocess
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(3)
wq, wv, wo = (np.round(random.normal(size=(n, 6)) * 8) / 8 for n in (6, 6, 4))


def dense(name, w):
    rows = ", ".join("[" + ", ".join(f"{value:.3f}" for value in row) + "]" for row in w)
    return f'    %{name} = arith.constant dense<[{rows}]> : tensor<{len(w)}x6xf32>\n'


(folder / "model.mlir").write_text(f"""
  func.func @unused(%x: tensor<?x6xf32>, %w: tensor<6x6xf32>) -> tensor<?x6xf32> {{
    %y = zq.linear %x, %w {{name = "unused"}} : (tensor<?x6xf32>, tensor<6x6xf32>) -> tensor<?x6xf32>
    return %y : tensor<?x6xf32>
  }}
  func.func @main(%x: tensor<2x?x6xf32>) -> tensor<2x?x4xf32> {{
{dense('wq', wq)}{dense('wv', wv)}{dense('wo', wo)}
    %q = zq.linear %x, %wq {{name = "q"}} : (tensor<2x?x6xf32>, tensor<6x6xf32>) -> tensor<2x?x6xf32>
    %v = zq.linear %x, %wv {{name = "v"}} : (tensor<2x?x6xf32>, tensor<6x6xf32>) -> tensor<2x?x6xf32>
    %s = arith.mulf %q, %v : tensor<2x?x6xf32>
    %y = zq.linear %s, %wo {{name = "o"}} : (tensor<2x?x6xf32>, tensor<4x6xf32>) -> tensor<2x?x4xf32>
    return %y : tensor<2x?x4xf32>
  }}
""")
batches = [random.normal(size=(2, tokens, 6)).astype(np.float32) for tokens in (5, 300)]
for i, batch in enumerate(batches):
    np.save(folder / f"{i}.npy", batch)
path = folder / "statistics.safetensors"
run = subprocess.run(["zq-runner", folder / "model.mlir", f"--inputs={folder}/0.npy,{folder}/1.npy", f"--statistics={path}"],
                     capture_output=True, text=True)
print(run.stdout.strip())

data = path.read_bytes()
size = int.from_bytes(data[:8], "little")
header = json.loads(data[8:8 + size])
metadata = header.pop("__metadata__")
print("shared:", {key: value for key, value in metadata.items() if key.endswith(".inputs")})


def tensor(name, dtype):
    begin, end = header[name]["data_offsets"]
    return np.frombuffer(data[8 + size + begin:8 + size + end], dtype).reshape(header[name]["shape"])


x = np.concatenate([batch.reshape(-1, 6) for batch in batches]).astype(np.float64)
inputs = {"q": x, "o": (x @ wq.T) * (x @ wv.T)}
for name, values in inputs.items():
    hessian = 2 / len(values) * values.T @ values
    np.testing.assert_allclose(tensor(f"{name}.hessian", "<f4"), hessian, rtol=1e-5, atol=1e-5 * np.abs(hessian).max())
    np.testing.assert_allclose(tensor(f"{name}.absmax", "<f4"), np.abs(values).max(axis=0), rtol=1e-5)
    assert tensor(f"{name}.count", "<i8") == 610
print("checked:", *sorted(name[:-len(".hessian")] for name in header if name.endswith(".hessian")))
print(run.stderr.strip())
