#!/usr/bin/env python3
"""Writes all-MiniLM-L6-v2 (float32, never quantized before) as one MLIR module.

    python model.py OUT.mlir [--tokens 128] [--layers 6]

The module has, for T tokens, @embed (1xT i64 -> 1xTx384), @layer_0 and so on (1xTx384 -> 1xTx384), @pool (1xTx384 ->
1x384, a sentence's embedding, of length 1), and @model (1xT i64 -> 1x384), which calls these in a straight line. They are
the front end's output in test/Models/minilm (export.py there). Weights are arguments that name the checkpoint's tensors
(`zq.weight`). All tokens count: there is no padding.
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from parts import read_part, write_module

PARTS = pathlib.Path(__file__).parents[2] / "test/Models/minilm"
TEMPLATE_TOKENS = 509  # what export.py wrote, a number that stands for nothing else


def assemble(tokens, layers):
    embed, layer, pool = (read_part(PARTS / f"{name}.mlir", TEMPLATE_TOKENS, tokens) for name in ("embed", "layer", "pool"))
    calls = [("embed", embed, "")] + [(f"layer_{i}", layer, f"encoder.layer.{i}") for i in range(layers)] + [("pool", pool, "")]
    return write_module(calls, f"tensor<1x{tokens}xi64>")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--layers", type=int, default=6)
    args = parser.parse_args()
    if not 2 <= args.tokens <= 512:
        raise SystemExit(f"--tokens={args.tokens}, want 2 to 512")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(assemble(args.tokens, args.layers))


if __name__ == "__main__":
    main()
