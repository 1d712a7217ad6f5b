#!/usr/bin/env python3
"""Writes a model of linear layers in the shape of a LLaMA, with random weights in BF16: FOLDER/model.mlir and
FOLDER/model.safetensors. Only with the standard library.

usage: synthetic_model.py FOLDER [--blocks 10] [--hidden 4096] [--intermediate 11008]
"""
import argparse
import array
import json
import pathlib
import random
import struct


def get_layers(blocks, hidden, intermediate):
    """Of each layer name, N and K."""
    shapes = [(f"self_attn.{name}_proj", hidden, hidden) for name in "qkvo"]
    shapes += [("mlp.gate_proj", intermediate, hidden), ("mlp.up_proj", intermediate, hidden), ("mlp.down_proj", hidden, intermediate)]
    return [(f"model.layers.{block}.{name}", n, k) for block in range(blocks) for name, n, k in shapes]


def write_weights(path, layers):
    rng = random.Random(1)
    # Normal values, cut to BF16; each row starts anywhere in them.
    pool = array.array("H", (struct.unpack("<I", struct.pack("<f", rng.gauss(0.0, 0.02)))[0] >> 16 for _ in range(1 << 19)))
    pool = pool.tobytes()
    header, end = {}, 0
    for name, n, k in layers:
        header[f"{name}.weight"] = {"dtype": "BF16", "shape": [n, k], "data_offsets": [end, end + 2 * n * k]}
        end += 2 * n * k
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, n, k in layers:
            for _ in range(n):
                start = 2 * rng.randrange(len(pool) // 2 - k)
                file.write(pool[start:start + 2 * k])


def write_model(path, weights, layers):
    """Each layer has an input and an output of its own: only weights matter here."""
    arguments = ", ".join(f"%x{i}: tensor<?x{k}xbf16>" for i, (_, _, k) in enumerate(layers))
    results = ", ".join(f"tensor<?x{n}xbf16>" for _, n, _ in layers)
    lines = [f"func.func @main({arguments}) -> ({results}) {{"]
    for i, (name, n, k) in enumerate(layers):
        lines.append(f'  %w{i} = zq.weight "{name}.weight" from "{weights}" : tensor<{n}x{k}xbf16>')
        lines.append(f'  %y{i} = zq.linear %x{i}, %w{i} {{name = "{name}"}} : (tensor<?x{k}xbf16>, tensor<{n}x{k}xbf16>) -> tensor<?x{n}xbf16>')
    lines.append(f"  return {', '.join(f'%y{i}' for i in range(len(layers)))} : {results}\n}}\n")
    path.write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--blocks", type=int, default=10)
    parser.add_argument("--hidden", type=int, default=4096)
    parser.add_argument("--intermediate", type=int, default=11008)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    layers = get_layers(args.blocks, args.hidden, args.intermediate)
    weights = args.folder / "model.safetensors"
    write_weights(weights, layers)
    write_model(args.folder / "model.mlir", weights, layers)
    print(f"{len(layers)} layers, {weights.stat().st_size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
