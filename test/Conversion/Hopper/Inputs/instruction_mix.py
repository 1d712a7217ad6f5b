"""Counts the instructions of the loops that a kernel spends its time in, by class.

usage: instruction_mix.py FILE...   (PTX, or MLIR with a gpu.binary that holds PTX)

A loop is what can be reached from its first block and leads back to it, however its blocks lie in the file. Those shown
are the innermost that have products (wgmma) or copies to shared memory (cp.async.bulk): the main loops of consumers and
producers. A kernel without them, such as that which quantizes, is shown as a whole. A loop that only waits belongs to
the one around it. Both sides of a branch count.
"""
import collections
import sys

from ptx import parse, read_ptx, split_functions, successors

# What a loop is there for.
KEYS = {"products": "wgmma.mma_async", "copies": "cp.async.bulk"}
# Lines, and their classes of instructions by the beginnings of names; the first that fits is an instruction's.
LINES = {
    "tensor cores": {"wgmma": ["wgmma.mma_async"], "fence": ["wgmma.fence"], "commit_group": ["wgmma.commit_group"],
                     "wait_group": ["wgmma.wait_group"]},
    "barriers": {"wait": ["mbarrier.try_wait"], "warp": ["bar.warp.sync"], "arrive": ["mbarrier.arrive"]},
    "memory": {"cp.async.bulk": ["cp.async.bulk"], "ld.shared": ["ld.shared"], "st.shared": ["st.shared"],
               "ld.global": ["ld.global"], "st.global": ["st.global"]},
    # ptxas makes one lop3 of several logical operations; most moves go away.
    "bits": {"prmt": ["prmt"], "logic": ["and.b", "or.b", "xor.b", "not.b", "lop3"], "shift": ["shl", "shr", "shf", "bfe"]},
    "numbers": {"to FP8": ["cvt.rn.satfinite"],
                "FP32": ["add.f32", "add.rn.f32", "sub.f32", "sub.rn.f32", "mul.f32", "mul.rn.f32", "fma.", "div.rn", "div.full",
                         "max.f32", "max.NaN.f32", "min.f32", "abs."]},
    "other": {"integer": ["add.", "sub.", "mul.", "mad.", "min.", "max.", "neg.", "div.u", "rem."],
              "choice": ["setp", "selp", "and.pred", "or.pred", "xor.pred", "not.pred"],
              "convert": ["cvt"], "branch": ["bra"], "move": ["mov"], "else": [""]},
}
CLASSES = [(name, starts) for classes in LINES.values() for name, starts in classes.items()]


def classify(op):
    return next(name for name, starts in CLASSES if any(op.startswith(start) for start in starts))


def find_dominators(after):
    """For each instruction all that every path to it goes through, as bits."""
    before = [[] for _ in after]
    for index, targets in enumerate(after):
        for target in targets:
            before[target].append(index)
    dominators = [1] + [(1 << len(after)) - 1] * (len(after) - 1)
    changed = True
    while changed:
        changed = False
        for index in range(1, len(after)):
            common = (1 << len(after)) - 1
            for source in before[index]:
                common &= dominators[source]
            common |= 1 << index
            changed |= common != dominators[index]
            dominators[index] = common
    return dominators, before


def find_loops(code, labels):
    """Sets of instructions, by the loop's first."""
    after = [[t for t in successors(code, labels, i) if t < len(code)] for i in range(len(code))]
    dominators, before = find_dominators(after)
    loops = collections.defaultdict(set)
    for index, targets in enumerate(after):
        for first in targets:
            if not dominators[index] >> first & 1:
                continue
            loop, work = loops[first], [index]
            loop.add(first)
            while work:
                here = work.pop()
                if here not in loop:
                    loop.add(here)
                    work += before[here]
    return loops


def print_mix(title, code):
    print(f"  {title}")
    mix = collections.Counter(classify(instruction.op) for instruction in code)
    for line, classes in LINES.items():
        counts = [f"{kind} {mix[kind]}" for kind in classes if mix[kind]]
        if counts:
            print(f"    {line}: {', '.join(counts)}")


def main():
    for path in sys.argv[1:]:
        for name, body, line in split_functions(read_ptx(path)):
            code, labels = parse(body, line)
            print(name)
            loops = find_loops(code, labels)
            for key, start in KEYS.items():
                having = [loop for loop in loops.values() if any(code[i].op.startswith(start) for i in loop)]
                innermost = [loop for loop in having if not any(other < loop for other in having)]
                for loop in sorted(innermost, key=min):
                    print_mix(f"loop of {key}", [code[i] for i in loop])
            if not any(instruction.op.startswith(tuple(KEYS.values())) for instruction in code):
                print_mix("all of it", code)


main()
