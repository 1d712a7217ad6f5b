"""A model of two gated blocks, y = x + down(gate(x) * up(x)), its weights and calibration data.

    python two_blocks.py FOLDER

writes model.mlir (entry @model), w.safetensors, data.npy.
"""
import json
import pathlib
import struct
import sys

import numpy as np

K, HIDDEN, TOKENS, WINDOWS, BLOCKS = 16, 24, 12, 6, 2
SHAPES = {"gate": (HIDDEN, K), "up": (HIDDEN, K), "down": (K, HIDDEN)}


def make_weights():
    random = np.random.default_rng(7)
    return {f"{block}.{name}.weight": (random.normal(size=shape) / np.sqrt(shape[1])).astype(np.float32)
            for block in range(BLOCKS) for name, shape in SHAPES.items()}


def make_data():
    random = np.random.default_rng(8)
    mixing = random.normal(size=(K, K))
    return (random.normal(size=(WINDOWS, TOKENS, K)) @ mixing).astype(np.float32) / 4


def tensor(*shape):
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


def write_block(block):
    x, h = tensor(1, TOKENS, K), tensor(1, TOKENS, HIDDEN)
    w = {name: tensor(*shape) for name, shape in SHAPES.items()}
    arguments = ", ".join(f'%{name}: {w[name]} {{zq.weight = "{block}.{name}.weight"}}' for name in SHAPES)
    return f"""
  func.func @block_{block}(%x: {x}, {arguments}) -> {x} {{
    %g = zq.linear %x, %gate {{name = "{block}.gate"}} : ({x}, {w['gate']}) -> {h}
    %u = zq.linear %x, %up {{name = "{block}.up"}} : ({x}, {w['up']}) -> {h}
    %m = arith.mulf %g, %u : {h}
    %d = zq.linear %m, %down {{name = "{block}.down"}} : ({h}, {w['down']}) -> {x}
    %y = arith.addf %x, %d : {x}
    return %y : {x}
  }}"""


def write_model():
    x = tensor(1, TOKENS, K)
    arguments, lines, value = [f"%x: {x}"], [], "%x"
    for block in range(BLOCKS):
        names = [f"%w{block}_{name}" for name in SHAPES]
        types = [tensor(*shape) for shape in SHAPES.values()]
        arguments += [f'{n}: {t} {{zq.weight = "{block}.{name}.weight"}}' for n, t, name in zip(names, types, SHAPES)]
        lines.append(f"    %y{block} = call @block_{block}({', '.join([value] + names)}) : ({', '.join([x] + types)}) -> {x}")
        value = f"%y{block}"
    return "\n".join([f"  func.func @model({', '.join(arguments)}) -> {x} {{", *lines, f"    return {value} : {x}", "  }"])


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in tensors.values()))


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "model.mlir").write_text("\n".join([*map(write_block, range(BLOCKS)), write_model(), ""]))
    write_safetensors(folder / "w.safetensors", make_weights())
    np.save(folder / "data.npy", make_data())


if __name__ == "__main__":
    main()
