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
import dataclasses
import pathlib
import re

PARTS = pathlib.Path(__file__).parents[2] / "test/Models/smollm2"
TEMPLATE_TOKENS = "1021"  # what export.py wrote, a number that stands for nothing else


@dataclasses.dataclass
class Part:
    """A function of the front end: its text, and what a caller must know."""

    aliases: str
    text: str
    weights: list  # type and tensor's name of each argument but the first
    result: str


def read_part(name, tokens):
    """The one function of a file, for so many tokens. Its aliases get a name of their own."""
    text = (PARTS / f"{name}.mlir").read_text().replace(TEMPLATE_TOKENS, str(tokens))
    text = re.sub(r"#map", f"#{name}_map", text)
    aliases, rest = text.split("module {\n", 1)
    function = rest.rsplit("\n}", 1)[0]
    arguments, result = re.search(r"func\.func @\w+\((.*)\) -> (tensor<[^>]*>) \{", function).groups()
    weights = re.findall(r'(tensor<[^>]*>) \{zq\.weight = "([^"]*)"\}', arguments)
    return Part(aliases, function, weights, result)


def instantiate(part, name, layer=""):
    """The function under another name, {layer} filled in."""
    return re.sub(r"func\.func @\w+", f"func.func @{name}", part.text, count=1).replace("{layer}", layer)


def write_model(calls, tokens):
    """@model: one call after the other. It has all weights as arguments, to pass them on."""
    arguments, lines, value, value_type = [f"%tokens: tensor<1x{tokens}xi64>"], [], "%tokens", f"tensor<1x{tokens}xi64>"
    for name, part, layer in calls:
        operands, types = [value], [value_type]
        for i, (kind, tensor) in enumerate(part.weights):
            operands.append(f"%{name}_{i}")
            types.append(kind)
            arguments.append(f'%{name}_{i}: {kind} {{zq.weight = "{tensor.replace("{layer}", layer)}"}}')
        lines.append(f"    %{name} = call @{name}({', '.join(operands)}) : ({', '.join(types)}) -> {part.result}")
        value, value_type = f"%{name}", part.result
    return "\n".join([f"  func.func @model({', '.join(arguments)}) -> {value_type} {{", *lines,
                      f"    return {value} : {value_type}", "  }"])


def assemble(tokens, head_tokens, layers):
    embed, block, head = read_part("embed", tokens), read_part("block_f32", tokens), read_part("head", head_tokens)
    calls = [("embed", embed, "")] + [(f"block_{i}", block, f"model.layers.{i}") for i in range(layers)]
    functions = [instantiate(part, name, layer) for name, part, layer in calls]
    return "\n".join([embed.aliases + block.aliases + head.aliases + "module {", *functions, write_model(calls, tokens),
                      instantiate(head, "head"), "}\n"])


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
