"""Every scheme of the comparison table on one layer, decided by rules, quantized and run by the compiler; against the same
in numpy, from the float weight on: scales, their constraint, codes, activations, and the product in float64.

schemes.py FOLDER
"""
import json
import os
import subprocess
import sys

import numpy as np
import zqref

N, K, M = 24, 300, 5
TYPES = {"e2m1": "f4E2M1FN", "e3m0": "!zq.e3m0", "e1m2": "!zq.e1m2", "int4": "i4", "e4m3": "f8E4M3FN", "e5m2": "f8E5M2", "int8": "i8"}
# The last shift that keeps all E4M3 values normal: without multipliers, with.
WINDOWS = {"e2m1": (11, 10), "e3m0": (8, 8), "e1m2": (12, None), "int4": (12, None)}
folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)


def list_schemes():
    """(weight format, activation format, constraint, group)"""
    for weight, activation in (("int4", "int8"), ("int4", "e4m3"), ("e2m1", "e4m3"), ("e3m0", "e4m3"), ("e2m1", "int8"), ("e1m2", "e5m2")):
        for constraint in ("none", "m1", "m2", "m3"):
            for group in ("32", "128", "row"):
                if constraint != "m3" or WINDOWS[weight][1] is not None:
                    yield weight, activation, constraint, group
    for weight, activation in (("int8", "int8"), ("int8", "e4m3"), ("e4m3", "e4m3"), ("e5m2", "e4m3")):
        for group in ("128", "row"):
            # 8-bit weights keep free scales whatever is asked for.
            yield weight, activation, "none" if group == "row" else "m2", group
    for activation in ("e4m3", "int8"):
        yield "none", activation, "m2", "row"


def round_to(name, x):
    """The values of the nearest codes, ties to the even one, saturating."""
    element = TYPES[name]
    if element not in zqref.MAGNITUDES:
        return zqref.decode(element, zqref.encode(element, x))
    table = np.array(zqref.MAGNITUDES[element])
    distance = np.abs(np.abs(np.float64(x))[..., None] - table)
    code = np.argmin(distance + 1e-12 * (np.arange(8) % 2), axis=-1)
    return np.copysign(table[code], x)


def get_largest(name):
    element = TYPES[name]
    return np.float32(zqref.LARGEST[element] if element in zqref.LARGEST else zqref.MAGNITUDES[element][7])


def constrain(name, constraint, free):
    """The scales of one row from its free ones, by each constraint's default rounding."""
    if constraint == "none":
        return free
    window = WINDOWS[name][constraint == "m3"]
    free = free.astype(np.float64)
    if constraint == "m1":
        scales = 2.0 ** np.ceil(np.log2(free))
        return np.maximum(scales, scales.max() * 2.0**-window)
    anchor = free.max()
    multipliers = np.array([1, 1.25, 1.5] if constraint == "m3" else [1], np.float32)
    steps = (2.0 ** -np.arange(window + 1.0)[:, None] * (np.float32(anchor) * multipliers).astype(np.float64)).ravel()
    nearest = np.argmin(np.abs(np.log2(steps) - np.log2(free)[:, None]), axis=1)
    return steps[nearest]


def quantize_weight(w, name, constraint, group):
    if name == "none":
        return np.float64(w)
    group = K if group == "row" else int(group)
    result = np.empty(w.shape)
    for row, out in zip(w, result):
        groups = range(0, K, group)
        free = np.array([np.abs(row[g:g + group]).max() for g in groups], np.float32) / get_largest(name)
        for g, scale in zip(groups, constrain(name, constraint if name in WINDOWS else "none", free)):
            out[g:g + group] = round_to(name, row[g:g + group] / np.float32(scale)) * np.float64(scale)
    return result


def quantize_activation(x, name):
    scale = np.abs(x).max(axis=1) / get_largest(name)
    return round_to(name, x / scale[:, None]) * np.float64(scale)[:, None]


def write_safetensors(path, w):
    header = json.dumps({"w": {"dtype": "F32", "shape": list(w.shape), "data_offsets": [0, w.nbytes]}}).encode()
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header + w.tobytes())


random = np.random.default_rng(17)
# Groups of different sizes, so that shifts differ.
w = (random.standard_normal((N, K)) * 2.0 ** random.uniform(-4, 0, (N, K // 10)).repeat(10, axis=1)).astype(np.float32)
x = (random.standard_normal((M, K)) * 2.0 ** random.uniform(-3, 3, (M, 1))).astype(np.float32)
schemes = list(list_schemes())
write_safetensors(os.path.join(folder, "w.safetensors"), w)
np.save(os.path.join(folder, "x.npy"), x)
with open(os.path.join(folder, "rules.json"), "w") as file:
    keys = ["weight-format", "activation-format", "constraint", "group-size"]
    json.dump([{"layers": f"layer{i}", **dict(zip(keys[:2] if scheme[0] == "none" else keys, scheme))}
               for i, scheme in enumerate(schemes)], file)
y = f"tensor<?x{N}xf32>"
with open(os.path.join(folder, "model.mlir"), "w") as file:
    file.write(f"func.func @main(%x: tensor<?x{K}xf32>) -> ({', '.join([y] * len(schemes))}) {{\n"
               f'  %w = zq.weight "w" from "{folder}/w.safetensors" : tensor<{N}x{K}xf32>\n')
    for i in range(len(schemes)):
        file.write(f'  %y{i} = zq.linear %x, %w {{name = "layer{i}"}} : (tensor<?x{K}xf32>, tensor<{N}x{K}xf32>) -> {y}\n')
    file.write(f"  return {', '.join(f'%y{i}' for i in range(len(schemes)))} : {', '.join([y] * len(schemes))}\n}}\n")
subprocess.run(["zq-opt", f"--zq-quantize=rules-file={folder}/rules.json", f"{folder}/model.mlir", "-o", f"{folder}/quantized.mlir"],
               check=True)
subprocess.run(["zq-runner", f"{folder}/quantized.mlir", f"--inputs={folder}/x.npy", f"--output-dir={folder}"], check=True)

exact = np.float64(x) @ np.float64(w).T
seen = []
for i, scheme in enumerate(schemes):
    weight, activation, constraint, group = scheme
    found = np.load(os.path.join(folder, f"output{i}.npy"))
    wanted = quantize_activation(x, activation) @ quantize_weight(w, weight, constraint, group).T
    error = zqref.relative_l2(found, wanted)
    print(*scheme, f"{error:.1e} from numpy, {zqref.relative_l2(found, exact):.4f} from the float layer")
    if not error <= 1e-6:
        sys.exit("differs from numpy")
    if not 1e-4 < zqref.relative_l2(found, exact) < 0.5:
        sys.exit("is not what quantization costs")
    # One group a row leaves nothing for M2 and M3 to constrain.
    if group != "row":
        seen.append(found.tobytes())
if len(set(seen)) != len(seen):
    sys.exit("two schemes give the same")
print(len(schemes), "schemes agree")
