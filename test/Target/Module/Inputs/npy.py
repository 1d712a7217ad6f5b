"""Small float32 arrays in NumPy's file format, without NumPy.

npy.py write FILE ROWS COLUMNS VALUE...
npy.py read FILE
"""
import re
import struct
import sys

MAGIC = b"\x93NUMPY\x01\x00"


def write(path, rows, columns, *values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}"
    header = header.ljust(117) + "\n"
    values = [float(value) for value in values]
    assert len(values) == int(rows) * int(columns)
    with open(path, "wb") as file:
        file.write(MAGIC + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}f", *values))


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data.startswith(MAGIC)
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    rows, columns = map(int, re.search(rb"\((\d+), (\d+)", data[:begin]).groups())
    values = struct.unpack(f"<{rows * columns}f", data[begin:])
    print(f"{rows} x {columns}:", *values)


{"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
