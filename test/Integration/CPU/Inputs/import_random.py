#!/usr/bin/env python3
"""import_random.py SEED COUNT SCRATCH: random products with a weight, written
as linalg.generic between random transposes, broadcasts and reshapes, are
imported and run beside the original.

The dimensions of a tensor are a list of loops: every op is written by saying
which loops index its operands and its result."""
import pathlib
import random
import re
import subprocess
import sys


def affine_map(num_loops, results):
    return f"affine_map<({', '.join(f'd{i}' for i in range(num_loops))}) -> ({', '.join(results)})>"


class Function:
    def __init__(self):
        self.lines, self.sizes, self.units = [], [], set()

    def add_loops(self, count):
        self.sizes += random.choices([1, 2, 3, 4, 5], k=count)
        return list(range(len(self.sizes) - count, len(self.sizes)))

    def add_unit(self):
        self.sizes.append(1)
        self.units.add(len(self.sizes) - 1)
        return len(self.sizes) - 1

    def type(self, dims):
        return "tensor<" + "".join(f"{self.sizes[loop]}x" for loop in dims) + "f32>"

    def op(self, text):
        self.lines.append(f"%v{len(self.lines)} = {text}")
        return f"%v{len(self.lines) - 1}"

    def empty(self, dims):
        return self.op(f"tensor.empty() : {self.type(dims)}")

    def generic(self, inputs, init, out, loops, body):
        """Inputs are values with their dims. A loop that the op does not have is a unit, indexed by 0."""
        position = {loop: f"d{i}" for i, loop in enumerate(loops)}
        maps = [affine_map(len(loops), [position.get(loop, "0") for loop in dims])
                for dims in [dims for _, dims in inputs] + [out]]
        iterators = ['"parallel"' if loop in out else '"reduction"' for loop in loops]
        arguments = ", ".join([f"%i{i}: f32" for i in range(len(inputs))] + ["%o: f32"])
        return self.op(
            f"linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = [{', '.join(iterators)}]}} "
            f"ins({', '.join(value for value, _ in inputs)} : {', '.join(self.type(dims) for _, dims in inputs)}) "
            f"outs({init} : {self.type(out)}) {{\n^bb0({arguments}):\n{body}\n}} -> {self.type(out)}")

    def move(self, value, dims, to):
        return self.generic([(value, dims)], self.empty(to), to, to, "linalg.yield %i0 : f32")

    def wander(self, value, dims, broadcasts=()):
        """Through up to three random layout ops; returns the value and its dims."""
        broadcasts = list(broadcasts)
        for kind in random.choices(["transpose", "unit", "drop", "broadcast"], k=random.randint(0, 3)):
            to, at = list(dims), random.randint(0, len(dims))
            if kind == "transpose":
                random.shuffle(to)
                if random.random() < 0.5:
                    value = self.move(value, dims, to)
                else:
                    order = [dims.index(loop) for loop in to]
                    value = self.op(f"linalg.transpose ins({value} : {self.type(dims)}) "
                                    f"outs({self.empty(to)} : {self.type(to)}) permutation = {order}")
            elif kind == "broadcast" and broadcasts:
                to.insert(at, broadcasts.pop())
                value = self.move(value, [self.add_unit() if loop in self.units and random.random() < 0.5 else loop
                                          for loop in dims], to)
            elif kind == "unit" and dims:
                to.insert(at, self.add_unit())
                groups = [[i + (i >= at)] for i in range(len(dims))]
                groups[min(at, len(dims) - 1)].insert(0 if at < len(dims) else 1, at)
                sizes = [self.sizes[loop] for loop in to]
                value = self.op(f"tensor.expand_shape {value} {groups} output_shape {sizes} : "
                                f"{self.type(dims)} into {self.type(to)}")
            elif kind == "drop" and len(dims) > 1 and self.units.intersection(dims):
                at = next(i for i, loop in enumerate(dims) if loop in self.units)
                del to[at]
                groups = [[i + (i >= at)] for i in range(len(to))]
                groups[max(at - 1, 0)].insert(1 if at else 0, at)
                value = self.op(f"tensor.collapse_shape {value} {groups} : {self.type(dims)} into {self.type(to)}")
            dims = to
        return value, dims


def write_function(name):
    f = Function()
    batch, m = f.add_loops(random.randint(0, 2)), f.add_loops(random.randint(0, 2))
    n, k = f.add_loops(random.randint(1, 2)), f.add_loops(random.randint(1, 2))
    f.sizes[k[0]] = max(f.sizes[k[0]], 2)  # K = 1 is no layer
    shuffled = lambda loops: random.sample(loops, len(loops))
    x, w, bias, out = shuffled(batch + m + k), shuffled(n + k), shuffled(n), shuffled(batch + m + n)
    arguments = [f"%x: {f.type(x)}", f"%w: {f.type(w)} {{zq.weight}}"]
    factors = [f.wander("%x", x), f.wander("%w", w, batch if random.random() < 0.5 else ())]

    kind = random.choice(["none", "bias in outs", "bias behind", "other addend"])
    if kind == "bias in outs":
        init = f.move("%b", bias, out)
    elif kind == "other addend":
        init = "%a"
        arguments.append(f"%a: {f.type(out)}")
    else:
        zero = f.op("arith.constant 0.0 : f32")
        init = f.op(f"linalg.fill ins({zero} : f32) outs({f.empty(out)} : {f.type(out)}) -> {f.type(out)}")
    if kind.startswith("bias"):
        arguments.append(f"%b: {f.type(bias)} {{zq.weight}}")
    random.shuffle(factors)
    y = f.generic(factors, init, out, shuffled(batch + m + n + k),
                  "%p = arith.mulf %i0, %i1 : f32\n%s = arith.addf %o, %p : f32\nlinalg.yield %s : f32")
    y, out = f.wander(y, out)
    if kind == "bias behind":
        y = f.generic([(y, out), ("%b", bias)], f.empty(out), out, out,
                      "%s = arith.addf %i1, %i0 : f32\nlinalg.yield %s : f32")
        y, out = f.wander(y, out)
    lines = "\n".join(f.lines)
    return f"func.func @{name}({', '.join(arguments)}) -> {f.type(out)} {{\n{lines}\nreturn {y} : {f.type(out)}\n}}\n"


random.seed(int(sys.argv[1]))
count, scratch = int(sys.argv[2]), pathlib.Path(sys.argv[3])
scratch.mkdir(parents=True, exist_ok=True)
original, imported = scratch / "original.mlir", scratch / "imported.mlir"
original.write_text("".join(write_function(f"f{i}") for i in range(count)))
subprocess.run(["zq-opt", "--zq-import", original, "-o", imported], check=True)
linears, same = imported.read_text().count("zq.linear"), 0
for i in range(count):
    run = subprocess.run(["zq-runner", imported, f"--compare={original}", f"--entry=f{i}", "--inputs=random",
                          "--tolerance=1e-6"], capture_output=True, text=True)
    if run.returncode == 0 and "relative L2 error" in run.stdout:
        same += 1
    else:
        print(f"f{i}: {run.stdout}{run.stderr}")
print(f"{linears} of {count} are linears, {same} compute the same")
