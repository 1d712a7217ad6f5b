"""Compiles layers of random shapes and formats for a machine with a Hopper GPU.

    make_bundle.py BUILD OUT [--layers N] [--seed S] [--large]

BUILD is a build folder (with ptxas at hand), OUT a folder that then holds all
that the GPU machine needs: bin/zq-run, lib/libzq_runtime.so.1, modules/*.zqm and
run.sh, which runs every layer for many M and compares with float64. Build with
ZQ_PORTABLE=ON where that machine's C++ runtime is older.

Every weight format, activation format, group size, M2 and M3, with and without
low-rank compensation, bias and residual occurs; N and K are random, from 1 up. One layer more for
each family of schedules, with all of compensation, bias and residual. --large adds layers
of the size that models have.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import struct
import subprocess

import numpy

WEIGHTS = ["e2m1", "e3m0", "e1m2", "int4"]
ACTIVATIONS = ["e4m3", "e5m2"]
GROUPS = ["32", "64", "128", "256", "row"]
TYPES = {"bf16": "BF16", "f16": "F16", "f32": "F32"}
LAYERS_PER_MODULE = 6
SCHEDULES = {
    "split": "tokens = 16, stages = 12, accumulation = promoted, interval = 1024, split = 3",
    "split_wide": "tokens = 128, stages = 4, accumulation = fast, split = 2",
    "stream": "tokens = 64, stages = 6, accumulation = promoted, interval = 1024, stream_k",
    "stream_half": "tokens = 16, stages = 8, accumulation = promoted, interval = 1024, stream_k, per_sm = 2",
    "plain": "tokens = 48, stages = 8, accumulation = promoted, interval = 1024",
    "rows256": "tokens = 32, stages = 5, accumulation = promoted, interval = 1024, rows = 256",
    "ahead": "tokens = 48, stages = 8, accumulation = fast",
    "rows256_fast": "tokens = 88, stages = 4, accumulation = fast, rows = 256",
    "fast": "tokens = 256, stages = 4, accumulation = fast",
    "promoted_ahead": "tokens = 176, stages = 4, accumulation = promoted, interval = 1024",
    "promoted": "tokens = 192, stages = 4, accumulation = promoted, interval = 1024",
    "rows256_fast": "tokens = 96, stages = 5, accumulation = fast, rows = 256",
}
# Around the sizes of tiles and warps, and what models use.
TOKENS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 128, 129, 255, 257, 500, 1000, 1025, 2048, 4096]


def choose_layers(random, count, large):
    """Formats in turn, so that all meet; shapes log-uniform."""
    layers = []
    for i in range(count):
        n, k = (int(round(3000 ** random.random())) for _ in range(2))
        group = GROUPS[i % len(GROUPS)]
        if i % 2:  # more than one group and tile in a row
            k += 300
        layers.append({
            "name": f"layer{i}", "n": n, "k": k, "group-size": group,
            "weight-format": WEIGHTS[i % 4], "activation-format": ACTIVATIONS[i // 4 % 2],
            # M3 where the format has room for it, with both kinds of activations.
            "constraint": "m3" if i % 4 < 2 and i // 4 % 2 == i // 8 % 2 else "m2",
            # Another period than the formats', so that each is compensated.
            "rank": int(random.integers(1, min(n, k, 24) + 1)) if i % 3 == 1 else 0,
            "bias": bool(random.integers(2)),
            # With and without compensation, of either parity.
            "residual": i % 7 in (1, 2, 4, 5),
            # BF16 in most layers, as in models.
            "input": ["bf16", "bf16", "f16", "f32"][int(random.integers(4))] if i % 3 == 0 else "bf16",
            "output": ["bf16", "bf16", "f16", "f32"][int(random.integers(4))] if i % 5 == 0 else "bf16",
        })
    for i, (name, schedule) in enumerate(SCHEDULES.items()):
        # The first has columns of y that are not aligned; K is worth sharing.
        layers.append({"name": name, "n": 301 if i == 0 else 600, "k": 1500, "group-size": "128", "weight-format": "e2m1",
                       "activation-format": "e4m3", "constraint": "m2", "rank": 8 + 5 * (i % 2), "bias": True,
                       "residual": True, "input": "bf16", "output": ["bf16", "f16", "f32"][i % 3 if i < 6 else 0],
                       "schedule": schedule})
    shapes = [(4096, 4096), (1536, 576), (1000, 11008), (5000, 3001)] if large else []
    for i, (n, k) in enumerate(shapes):
        layers.append({"name": f"large{i}", "n": n, "k": k, "group-size": GROUPS[i + 1], "weight-format": WEIGHTS[i],
                       "activation-format": "e4m3", "constraint": "m2", "rank": 8 * (i % 2), "bias": i == 2, "residual": i in (0, 1, 3), "input": "bf16", "output": "bf16"})
    return layers


def to_bf16(values):
    bits = values.astype("<f4").view("<u4")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


def make_weight(random, n, k):
    """Heavy tails, rows of different sizes, a row of zeros."""
    weight = 0.05 * random.standard_t(5, (n, k)) * 2 ** random.uniform(-1, 1, (n, 1))
    if n > 4:
        weight[n // 2] = 0
    return weight.astype(numpy.float32)


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "BF16", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())


def get_function(layer):
    n, k, name = layer["n"], layer["k"], layer["name"]
    x, y = f"tensor<?x{k}x{layer['input']}>", f"tensor<?x{n}x{layer['output']}>"
    weight, bias = f"tensor<{n}x{k}xbf16>", f"tensor<{n}xbf16>"
    arguments = [f"%x: {x}", f'%w: {weight} {{zq.weight = "{name}.weight"}}']
    types = [x, weight]
    if layer["bias"]:
        arguments.append(f'%b: {bias} {{zq.weight = "{name}.bias"}}')
        types.append(bias)
    attributes = f'name = "{name}"'
    if "schedule" in layer:
        attributes += f", zqgpu.schedules = [#zqgpu.choice<m = 1 to 2147483647, schedule = <{layer['schedule']}>>]"
    operands = "%x, %w" + (" bias(%b)" if layer["bias"] else "")
    add = ""
    if layer["residual"]:
        arguments.append(f"%r: {y}")
        add = f"  %z = arith.addf %y, %r : {y}\n"
    return (f"func.func @run_{name}({', '.join(arguments)}) -> {y} {{\n"
            f'  %y = zq.linear {operands} {{{attributes}}} : ({", ".join(types)}) -> {y}\n{add}'
            f"  return {'%z' if add else '%y'} : {y}\n}}\n")


def compile_module(build, folder, index, layers, random):
    base = folder / f"module{index:02}"
    tensors = {}
    for layer in layers:
        tensors[layer["name"] + ".weight"] = to_bf16(make_weight(random, layer["n"], layer["k"]))
        if layer["bias"]:
            tensors[layer["name"] + ".bias"] = to_bf16(random.standard_normal(layer["n"]).astype(numpy.float32))
    write_safetensors(f"{base}.safetensors", tensors)
    base.with_suffix(".mlir").write_text("".join(map(get_function, layers)))
    keys = ["group-size", "weight-format", "activation-format", "constraint", "rank"]
    rules = [{"layers": layer["name"], **{key: layer[key] for key in keys if layer[key]}} for layer in layers]
    base.with_suffix(".json").write_text(json.dumps(rules, indent=1))
    subprocess.run([build / "bin/zq-compile", base.with_suffix(".mlir"), f"--weights={base}.safetensors",
                    f"--rules-file={base}.json", "--fuse-residual=true", "-o", base.with_suffix(".zqm")], check=True)
    for suffix in [".safetensors", ".mlir", ".json"]:
        base.with_suffix(suffix).unlink()
    return len(layers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--tokens", default=",".join(map(str, TOKENS)), help="numbers of tokens that run.sh runs")
    options = parser.parse_args()
    here = pathlib.Path(__file__).parent
    for folder in ["bin", "lib", "modules"]:
        shutil.rmtree(options.out / folder, ignore_errors=True)
        (options.out / folder).mkdir(parents=True)
    shutil.copy(options.build / "bin/zq-run", options.out / "bin")
    shutil.copy(options.build / "lib/libzq_runtime.so.1", options.out / "lib")
    shutil.copy(here / "run.sh", options.out)
    (options.out / "tokens").write_text(options.tokens + "\n")
    commit = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=here, text=True,
                            capture_output=True).stdout.strip()
    (options.out / "commit").write_text((commit or "unknown") + "\n")

    layers = choose_layers(numpy.random.default_rng(options.seed), options.layers, options.large)
    modules = [layers[i:i + LAYERS_PER_MODULE] for i in range(0, len(layers), LAYERS_PER_MODULE)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(compile_module, options.build, options.out / "modules", i, module,
                            numpy.random.default_rng([options.seed, i])) for i, module in enumerate(modules)]
        print(sum(job.result() for job in jobs), "layers in", len(modules), "modules")


main()
