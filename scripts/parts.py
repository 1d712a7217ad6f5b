"""Puts a model together from its parts, as a front end wrote them: functions whose weights are arguments that name a
checkpoint's tensors ("{layer}" stands for the layer's prefix), for a number of tokens that is no other number in them.
"""
import dataclasses
import re


@dataclasses.dataclass
class Part:
    """A function: its text, and what a caller must know."""

    aliases: str
    text: str
    weights: list  # type and tensor's name of each argument but the first
    result: str


def read_part(path, written_tokens, tokens):
    """The one function of a file, for `tokens` instead of `written_tokens`. Its aliases get a name of their own."""
    text = path.read_text().replace(f"{written_tokens:.6e}", f"{tokens:.6e}").replace(str(written_tokens), str(tokens))
    text = re.sub(r"#map", f"#{path.stem}_map", text)
    aliases, rest = text.split("module {\n", 1)
    function = rest.rsplit("\n}", 1)[0]
    arguments, result = re.search(r"func\.func @\w+\((.*)\) -> (tensor<[^>]*>) \{", function).groups()
    weights = re.findall(r'(tensor<[^>]*>) \{zq\.weight = "([^"]*)"\}', arguments)
    return Part(aliases, function, weights, result)


def instantiate(part, name, layer=""):
    """The function under another name, {layer} filled in."""
    return re.sub(r"func\.func @\w+", f"func.func @{name}", part.text, count=1).replace("{layer}", layer)


def write_model(calls, input_type):
    """@model: one call after the other, (name, part, layer) each. It has all weights as arguments, to pass them on."""
    arguments, lines, value, value_type = [f"%tokens: {input_type}"], [], "%tokens", input_type
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


def write_module(calls, input_type, others=()):
    """The functions of `calls`, @model that makes them, and functions that stand for themselves, (name, part) each."""
    parts = {id(part): part for _, part, *_ in [*calls, *others]}.values()
    functions = [instantiate(part, name, layer) for name, part, layer in calls]
    return "\n".join(["".join(part.aliases for part in parts) + "module {", *functions, write_model(calls, input_type),
                      *(instantiate(part, name) for name, part in others), "}\n"])
