"""Follows every stored weight through printed IR (generic form) and checks that
nothing computes on it in floating point: from the bytes of a storage_cast to the
quantized_linear, only the integer ops below are passed, and a row's scale meets
the linear as one vector.

zq-opt --mlir-print-op-generic ... | check_integer_weights.py LINEARS
LINEARS is how many quantized linears there must be.
"""
import re
import sys

ON_WEIGHTS = {"zq.storage_cast", "zq.shift_cast", "zq.quantized_linear"}


def main():
    derived = set()  # values that hold weights
    linears = 0
    for line in sys.stdin:
        op = re.match(r'\s*(?:%([\w#]+)(?::\d+)? = )?"([\w.]+)"\(([^)]*)\)', line)
        if not op:
            continue
        result, name, operands = op.groups()
        operands = [o.split("#")[0] for o in re.findall(r"%([\w#]+)", operands)]
        if name == "arith.constant" and "dense_resource" in line and line.rstrip().endswith("xi8>"):
            derived.add(result)
        used = [o for o in operands if o in derived]
        if not used:
            continue
        assert name in ON_WEIGHTS, f"{name} computes on a weight: {line.strip()}"
        if name == "zq.quantized_linear":
            linears += 1
            types = line[line.rindex(": (") :]
            assert re.search(r"tensor<\d+x\d+xf8E4M3FN>, tensor<\d+xf32>", types), f"weight and scales: {types}"
        else:
            derived.add(result)
            assert name == "zq.storage_cast" or "xf8E4M3FN>" in line, line
    assert linears == int(sys.argv[1]), f"{linears} quantized linears"
    print("ok", linears, "linears")


main()
