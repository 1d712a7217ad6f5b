#!/usr/bin/env python3
"""SmolLM2-135M as MLIR: decoder blocks whose weights are bound by name, and what block 0 sees of a text.

    python model.py CHECKPOINT OUTDIR [--layers 30]

CHECKPOINT is a folder with model.safetensors, config.json and tokenizer.json (scripts/smollm2/fetch makes it). Writes
  OUTDIR/model.mlir   one function for each block: test/Models/smollm2/block.mlir with the names filled in
  OUTDIR/block0.mlir  the first block alone
  OUTDIR/prompt.npy   1 x 64 x 576, float32: the embedding rows of the first 64 tokens of a text
"""
import argparse
import json
import pathlib
import struct

import numpy as np
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).parents[2]
BLOCK = ROOT / "test/Models/smollm2/block.mlir"
TEXT = ROOT / "CONTRIBUTING.md"


def instantiate(template, layers):
    """One module with a function @block_<i> for each layer."""
    head, rest = template.split("  func.func @block(", 1)
    body, tail = rest.rsplit("\n}", 1)
    functions = (f"  func.func @block_{i}(" + body.replace("{layer}", f"model.layers.{i}") for i in layers)
    return head + "\n".join(functions) + "\n}" + tail


def read_tensor(path, name):
    """A BF16 tensor of a safetensors file as float32."""
    with open(path, "rb") as file:
        header_bytes = struct.unpack("<Q", file.read(8))[0]
        entry = json.loads(file.read(header_bytes))[name]
        if entry["dtype"] != "BF16":
            raise SystemExit(f"{path}: {name} is {entry['dtype']}, want BF16")
        begin, end = entry["data_offsets"]
        file.seek(8 + header_bytes + begin)
        bits = np.frombuffer(file.read(end - begin), np.uint16)
    return (bits.astype(np.uint32) << 16).view(np.float32).reshape(entry["shape"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("outdir", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=30)
    args = parser.parse_args()
    args.outdir.mkdir(parents=True, exist_ok=True)

    template = BLOCK.read_text()
    (args.outdir / "model.mlir").write_text(instantiate(template, range(args.layers)))
    (args.outdir / "block0.mlir").write_text(instantiate(template, [0]))

    tokens = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json")).encode(TEXT.read_text()).ids[:64]
    if len(tokens) < 64:
        raise SystemExit(f"{TEXT}: {len(tokens)} tokens, want 64")
    embedding = read_tensor(args.checkpoint / "model.safetensors", "model.embed_tokens.weight")
    np.save(args.outdir / "prompt.npy", embedding[tokens][None])


if __name__ == "__main__":
    main()
