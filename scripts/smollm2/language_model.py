#!/usr/bin/env python3
"""Writes the whole of SmolLM2-135M as one MLIR module, computed in float32.

    python language_model.py OUT.mlir [--tokens 1024] [--head-tokens 128] [--layers 30]

The module has, for T tokens and S at once in the head,
  @embed    1xT i64 -> 1xTx576
  @block_0  1xTx576 -> 1xTx576, and so on: the decoder blocks
  @model    1xT i64 -> 1xTx576: calls these in a straight line, which is what layer-by-layer calibration walks
  @head     1xSx576 -> 1xSx49152: the last norm and the logits, for a slice of @model's result (all T are 200 MB)
made of the front end's output in test/Models/smollm2 (export.py there); nothing else is computed. Weights are arguments
that name the checkpoint's tensors (`zq.weight`): zq-bind-weights binds them to the file that scripts/smollm2/fetch makes,
and widens its BF16 to float32, which is exact. The head's weight is the embedding's, a linear layer named
model.embed_tokens to who quantizes the module: rules="model.embed_tokens=skip" leaves it in float.
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from parts import read_part, write_module

PARTS = pathlib.Path(__file__).parents[2] / "test/Models/smollm2"
TEMPLATE_TOKENS = 1021  # what export.py wrote, a number that stands for nothing else


def assemble(tokens, head_tokens, layers):
    embed, block, head = (read_part(PARTS / f"{name}.mlir", TEMPLATE_TOKENS, count)
                          for name, count in (("embed", tokens), ("block_f32", tokens), ("head", head_tokens)))
    calls = [("embed", embed, "")] + [(f"block_{i}", block, f"model.layers.{i}") for i in range(layers)]
    return write_module(calls, f"tensor<1x{tokens}xi64>", [("head", head)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--head-tokens", type=int, help="default: 128, or all if that does not divide them")
    parser.add_argument("--layers", type=int, default=30)
    args = parser.parse_args()
    if args.tokens < 2 or args.layers < 0:
        raise SystemExit(f"{args.tokens} tokens and {args.layers} layers, want at least 2 and 0")
    head_tokens = args.head_tokens or (128 if args.tokens % 128 == 0 else args.tokens)
    if args.tokens % head_tokens:
        raise SystemExit(f"--head-tokens={head_tokens} does not divide {args.tokens} tokens")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(assemble(args.tokens, head_tokens, args.layers))


if __name__ == "__main__":
    main()
