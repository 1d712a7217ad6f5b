"""Three layers and their calibration data: model.mlir, weights.safetensors, statistics.safetensors in a folder.

The inputs are correlated, as those of real layers are: a few hidden values, mixed, and a little noise. Layers q and k read
the same, layer o others. PYTHONPATH must have scripts/calibration.
"""
import json
import pathlib
import sys

import numpy as np
from from_torch import InputMoments, write_statistics

K, N, TOKENS = 96, 40, 800


def make():
    random = np.random.default_rng(11)
    inputs = {name: random.normal(size=(TOKENS, 12)) @ random.normal(size=(12, K)) * random.uniform(0.2, 3, K)
              + 0.3 * random.normal(size=(TOKENS, K)) for name in "qo"}
    inputs = {name: x.astype(np.float32) for name, x in inputs.items()}
    return inputs | {"k": inputs["q"]}, {name: random.standard_t(5, size=(N, K)).astype(np.float32) for name in "qko"}


def write(folder):
    inputs, weights = make()
    header, data = {}, b""
    for name, w in weights.items():
        header[f"{name}.weight"] = {"dtype": "F32", "shape": [N, K], "data_offsets": [len(data), len(data) + w.nbytes]}
        data += w.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "weights.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    moments = {name: InputMoments(K) for name in "qo"}
    for name, moment in moments.items():
        moment.add(inputs[name])
    write_statistics(folder / "statistics.safetensors", moments, {"k": "q"})
    write_statistics(folder / "no-o.safetensors", {"q": moments["q"]}, {"k": "q"})
    lines = "".join(f"""
  %w{name} = zq.weight "{name}.weight" from "{folder}/weights.safetensors" : tensor<{N}x{K}xf32>
  %y{name} = zq.linear %{x}, %w{name} {{name = "{name}"}} : (tensor<?x{K}xf32>, tensor<{N}x{K}xf32>) -> tensor<?x{N}xf32>"""
                    for name, x in (("q", "x"), ("k", "x"), ("o", "z")))
    y = f"tensor<?x{N}xf32>"
    (folder / "model.mlir").write_text(f"""
func.func @f(%x: tensor<?x{K}xf32>, %z: tensor<?x{K}xf32>) -> ({y}, {y}, {y}) {{{lines}
  return %yq, %yk, %yo : {y}, {y}, {y}
}}
""")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write(folder)
