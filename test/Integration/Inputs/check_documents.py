"""Checks the Markdown files of a tree: each link leads to a file, and to a heading of it where it names one; each path of
the tree that code names is there; each command has only options that its program knows.

usage: check_documents.py TREE BUILD
"""
import glob
import itertools
import pathlib
import re
import shlex
import subprocess
import sys

tree, build = (pathlib.Path(path).resolve() for path in sys.argv[1:])
problems = []
FOLDERS = sorted(path.name for path in tree.iterdir() if path.is_dir() and not path.name.startswith(".") and path != build)


def get_documents():
    listed = subprocess.run(["git", "-C", tree, "ls-files", "*.md"], capture_output=True, text=True)
    names = listed.stdout.split() if listed.returncode == 0 else []
    return [tree / name for name in names] or sorted(path for folder in FOLDERS if folder != "build" for path in (tree / folder).rglob("*.md"))


def split_code(text):
    """(line, text) of prose, with code blanked out, of shell commands in blocks, and of code between backticks."""
    prose, commands, spans, fence = [], [], [], None
    for number, line in enumerate(text.split("\n"), 1):
        if opened := re.match(r" *```(\w*)", line):
            fence = None if fence is not None else opened[1]
            continue
        if fence is not None:
            if fence in ("sh", "bash"):
                commands.append((number, line))
        elif line.startswith("    ") and re.match(r" +\S+(\.py|\.sh) ", line):
            commands.append((number, line))
        else:
            prose.append((number, line))
    # A span may go over the end of a line.
    joined = "\n".join(line for _, line in prose)
    for span in re.finditer(r"`([^`]+)`", joined):
        spans.append((prose[joined.count("\n", 0, span.start())][0], span[1].replace("\n", " ")))
    return prose, commands, spans


def get_anchors(path):
    """As GitHub makes them of headings."""
    anchors, seen = set(), {}
    for number, line in split_code(path.read_text())[0]:
        if heading := re.match(r"#+ +(.*)", line):
            title = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").strip().lower()
            anchor = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
            count = seen[anchor] = seen.get(anchor, -1) + 1
            anchors.add(f"{anchor}-{count}" if count else anchor)
    return anchors


def check_links(path, prose, complain):
    for number, line in prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (tree / name[1:] if name.startswith("/") else path.parent / name) if name else path
            if not file.exists():
                complain(number, f"link to {target}: no such file")
            elif anchor and anchor not in get_anchors(file):
                complain(number, f"link to {target}: no such heading")


def expand(pattern):
    """a/{b,c} is a/b and a/c."""
    parts = [part[1:-1].split(",") if part.startswith("{") else [part] for part in re.split(r"(\{[^}]*\})", pattern)]
    return ["".join(choice) for choice in itertools.product(*parts)]


def check_paths(number, words, complain):
    for word in words:
        if not re.match(rf"({'|'.join(FOLDERS)})/[\w./{{}},*-]+$", word):
            continue
        for pattern in expand(word.rstrip(".,")):
            if pattern.startswith("build/bin/"):
                found = (build / pattern[6:]).exists()
            else:
                found = pattern.startswith("build/") or glob.glob(str(tree / pattern))
            if not found:
                complain(number, f"{pattern}: no such file")


helps = {}


def get_known_options(program):
    """The options of a tool of zq or of a script; None for other programs."""
    if program in helps:
        return helps[program]
    tool, known = build / "bin" / program, None
    scripts = [path for folder in ("scripts", "benchmarks") for path in (tree / folder).rglob("*") if path.name == program and path.is_file()]
    if tool.is_file():
        text = subprocess.run([tool, "--help"], capture_output=True, text=True).stdout
        known = set(re.findall(r"(?<!\S)--?([a-z][\w-]*)", text)) | {"help"}
    elif len(scripts) == 1:
        text = scripts[0].read_text()
        known = set(re.findall(r"--([a-z][\w-]*)", text)) | {"help"}
        if "options of zq-compile" in text:
            known |= get_known_options("zq-compile")
    helps[program] = known
    return known


def check_command(number, words, complain):
    names = [pathlib.PurePath(word).name for word in words]
    at = next((i for i, name in enumerate(names) if not re.match(r"\w+=", words[i]) and name not in ("python", "python3")), None)
    known = None if at is None else get_known_options(names[at])
    for word in words[at + 1:] if known is not None else []:
        option = re.match(r"--([a-z][\w-]*)", word)
        if option and option[1] not in known:
            complain(number, f"{names[at]} has no option --{option[1]}")


def split_words(text):
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


for document in get_documents():
    def complain(number, text):
        problems.append(f"{document.relative_to(tree)}:{number}: {text}")

    prose, commands, spans = split_code(document.read_text())
    check_links(document, prose, complain)
    continued = ""
    for number, line in commands:
        continued += line.rstrip("\\")
        if not line.endswith("\\"):
            for part in re.split(r"&&|\|", continued):
                check_command(number, split_words(part), complain)
            check_paths(number, split_words(continued), complain)
            continued = ""
    for number, code in spans:
        check_paths(number, split_words(code), complain)
        check_command(number, split_words(code), complain)

print("\n".join(problems) or f"{len(get_documents())} documents")
sys.exit(bool(problems))
