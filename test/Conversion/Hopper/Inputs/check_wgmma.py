"""Checks the order of wgmma's registers in PTX, along every path.

PTX leaves wgmma's results undefined if, before a wait that covers it,
  - a register of its A fragment is written, or
  - one of its accumulators is read or written by anything but another wgmma,
or if, before it, one of them was written with no wgmma.fence in between.

usage: check_wgmma.py FILE...   (PTX, or MLIR with a gpu.binary that holds PTX)
Prints the number of wgmma checked for each file; exits with 1 on a violation.
"""
import re
import sys

from ptx import parse, read_ptx, split_functions, successors


def check_in_flight(code, labels, start):
    """From one wgmma to the waits that cover it."""
    product = code[start]
    work = [(next_index, 0) for next_index in successors(code, labels, start)]
    seen = set()
    while work:
        index, committed = state = work.pop()
        if state in seen:
            continue
        seen.add(state)
        if index >= len(code):
            yield f"{product}\n  is not waited for before the end"
            continue
        instruction = code[index]
        if instruction.op == "ret":
            yield f"{product}\n  is not waited for before {instruction}"
            continue
        if instruction.op.startswith("wgmma.commit_group"):
            committed = min(committed + 1, 8)
        elif instruction.op.startswith("wgmma.wait_group"):
            pending = int(re.search(r"(\d+);", instruction.text)[1])
            if committed > pending:
                continue
        elif not instruction.is_wgmma():
            if instruction.writes & product.fragment:
                yield f"{product}\n  is in flight, and its fragment is written by {instruction}"
            if (instruction.writes | instruction.reads) & product.accumulators:
                yield f"{product}\n  is in flight, and its accumulators are touched by {instruction}"
        work += [(next_index, committed) for next_index in successors(code, labels, index)]


def check_fences(code, labels):
    """Registers written since the last fence, at each wgmma."""
    dirty = [None] * (len(code) + 1)
    work = [(0, frozenset())]
    while work:
        index, entering = work.pop()
        if index >= len(code):
            continue
        merged = entering if dirty[index] is None else dirty[index] | entering
        if merged == dirty[index]:
            continue
        dirty[index] = merged
        instruction = code[index]
        leaving = frozenset() if instruction.op.startswith("wgmma.fence") else merged | instruction.writes
        work += [(next_index, leaving) for next_index in successors(code, labels, index)]
    for index, instruction in enumerate(code):
        if instruction.is_wgmma() and dirty[index]:
            late = dirty[index] & (instruction.accumulators | instruction.fragment)
            if late:
                yield f"{instruction}\n  reads {', '.join(sorted(late))}, written since the last fence"


def main():
    bad = False
    for path in sys.argv[1:]:
        count = 0
        for name, body, line in split_functions(read_ptx(path)):
            code, labels = parse(body, line)
            products = [i for i, instruction in enumerate(code) if instruction.is_wgmma()]
            count += len(products)
            problems = list(check_fences(code, labels)) if products else []
            for index in products:
                problems += check_in_flight(code, labels, index)
            for problem in dict.fromkeys(problems):
                print(f"{name}: {problem}")
                bad = True
        print(f"{count} wgmma checked")
    sys.exit(bad)


main()
