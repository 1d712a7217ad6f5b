#!/usr/bin/env python3
"""make_safetensors.py FILE NAME:DTYPE:SHAPE...: a weights file with the values
0, 1, 2, ... in every tensor (shape as 2x3)."""
import json
import struct
import sys

PACK = {"F32": lambda v: struct.pack("<f", v), "F16": lambda v: struct.pack("<e", v),
        "BF16": lambda v: struct.pack("<f", v)[2:], "I8": lambda v: struct.pack("<b", v)}

header, data = {}, b""
for argument in sys.argv[2:]:
    name, dtype, shape = argument.rsplit(":", 2)
    shape = [int(size) for size in shape.split("x")]
    count = 1
    for size in shape:
        count *= size
    values = b"".join(PACK[dtype](i % 128) for i in range(count))
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
    data += values
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
