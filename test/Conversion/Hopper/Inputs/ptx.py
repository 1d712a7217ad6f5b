"""Reads PTX: instructions with what they read and write, and how control flows."""
import re

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


def read_ptx(path):
    text = open(path, errors="replace").read()
    match = re.search(r'assembly = "(.*?)(?<!\\)"', text, re.S)
    if not match:
        return text
    return re.sub(r"\\([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), match[1]).replace("\\\\", "\\")
