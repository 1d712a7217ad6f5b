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

REGISTER = re.compile(r"%[a-z]+\d+")
NO_RESULT = ("st.", "bra", "ret", "bar.", "mbarrier.init", "mbarrier.try_wait", "wgmma.",
             "fence.", "setmaxnreg", "griddepcontrol", "cp.async", "ld.param.none")


class Instruction:
    def __init__(self, text, line):
        self.text, self.line = text, line
        body = re.sub(r"^@!?%?\w+\s+", "", text)
        self.guarded = body != text
        self.op = body.split(None, 1)[0].rstrip(";")
        self.label = body.split()[1].rstrip(";") if self.op.startswith("bra") else None
        lists = re.findall(r"\{([^}]*)\}", body)
        if self.op.startswith("wgmma.mma_async"):
            self.accumulators = set(REGISTER.findall(lists[0]))
            self.fragment = set(REGISTER.findall(lists[1]))
            self.writes, self.reads = set(), set()
            return
        operands = body[len(self.op):]
        self.writes = set()
        if not self.op.startswith(NO_RESULT):
            first = lists[0] if operands.lstrip().startswith("{") else operands.split(",")[0]
            self.writes = set(REGISTER.findall(first))
        rest = REGISTER.findall(operands)
        for register in self.writes:
            if register in rest:
                rest.remove(register)
        self.reads = set(rest)

    def is_wgmma(self):
        return self.op.startswith("wgmma.mma_async")

    def __str__(self):
        return f"line {self.line}: {self.text[:100]}"


def split_functions(ptx):
    for match in re.finditer(r"\.entry (\w+)\(.*?^\)(.*?)(?=^\.visible|\Z)", ptx, re.S | re.M):
        yield match[1], match[2], ptx[:match.start(2)].count("\n") + 1


def parse(body, first_line):
    """Instructions, and the index that each label stands for."""
    code, labels = [], {}
    scope = 0  # labels of an inline-PTX block are its own
    for number, line in enumerate(body.split("\n")):
        text = line.split("//")[0].strip()
        if text in ("{", "}"):
            scope += text == "{"
            continue
        label = re.match(r"^([$\w]+):$", text)
        if label:
            name = label[1]
            labels[name if name.startswith("$") else f"{scope}.{name}"] = len(code)
        elif text and not text.startswith("."):
            instruction = Instruction(text, first_line + number)
            if instruction.label and not instruction.label.startswith("$"):
                instruction.label = f"{scope}.{instruction.label}"
            code.append(instruction)
    return code, labels


def successors(code, labels, index):
    instruction = code[index]
    if instruction.op == "ret":
        return []
    if instruction.label is None:
        return [index + 1]
    target = [labels[instruction.label]]
    return target + [index + 1] if instruction.guarded else target


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


def read_ptx(path):
    text = open(path, errors="replace").read()
    match = re.search(r'assembly = "(.*?)(?<!\\)"', text, re.S)
    if not match:
        return text
    return re.sub(r"\\([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), match[1]).replace("\\\\", "\\")


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
