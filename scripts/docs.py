#!/usr/bin/env python3
"""Writes the documentation that follows from code and tests; --check says whether it is up to date (a test does).

    scripts/docs.py [--check] [--bin build/bin] [--tblgen mlir-tblgen]

- docs/passes.md: the pipelines as zq-opt has them; each pass's description, options and statistics from its Passes.td,
  with an example from its test: the section of a lit test that has the line `// DOC-EXAMPLE: zq-name-of-the-pass`, and
  what the test's RUN line makes of it.
- docs/dialects.md: types, attributes and ops of the dialects from their .td files.
- README.md: between `<!-- example: zq-name -->` and `<!-- /example -->`, the same for the named example.
"""
import argparse
import difflib
import json
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
PHASES = ["Import", "Calibrate", "Decide", "Materialize", "Optimize", "Lower"]
# Those that are made of others have the options of all of them.
PIPELINES = {"zq-import": [], "zq-decide": [], "zq-materialize": [], "zq-optimize": [],
             "zq-quantize": ["zq-import", "zq-decide", "zq-materialize", "zq-optimize"],
             "zq-to-cpu": [], "zqgpu-to-cubin": [], "zq-to-nvvm": [], "zq-compile": ["zq-quantize", "zq-to-nvvm"]}
INTRODUCTION = """\
On `zq-opt`'s command line, `--zq-insert-lorc="rank=4 factor-type=bf16"` runs a pass or a pipeline with options;
in a list of passes, `--pass-pipeline='builtin.module(zq-quantize-linear,zq-insert-lorc{rank=4})'`. In the lists of
options, what stands behind a `=` is the default.
"""
MARKER = re.compile(r"^\s*// DOC-EXAMPLE: (\S+)\s*$", re.M)
# RUN:, CHECK-SAME:, M2: and whatever else speaks to a tool.
TEST_LINE = re.compile(r"^\s*// [A-Z][A-Z0-9_-]+: .*\n?", re.M)
QUANTIZED = re.compile(r"!zq\.quantized<[^<>]*(?:<[^<>]*>)?[^<>]*>")


def find_examples():
    """Name of a pass or pipeline -> (test file, its section with the marker)."""
    found = {}
    for path in sorted((ROOT / "test").rglob("*.mlir")):
        text = path.read_text()
        if "DOC-EXAMPLE" not in text:
            continue
        for section in text.split("// -----"):
            for name in MARKER.findall(section):
                if name in found:
                    raise SystemExit(f"{path}: {name} has an example already, in {found[name][0]}")
                found[name] = (path, section)
    return found


def run_example(path, section, tools):
    """The options of the test's first RUN line, the IR before, the IR after."""
    run = re.search(r"^// RUN: zq-opt (.*?)(\|.*)?$", path.read_text(), re.M)
    if not run:
        raise SystemExit(f"{path}: want a RUN line that starts with zq-opt")
    skip = ("%s", "--split-input-file", "--verify-diagnostics")
    options = [option.strip("'\"") for option in re.findall(r"(?:[^\s'\"]|'[^']*'|\"[^\"]*\")+", run[1]) if option not in skip]
    options = [re.sub(r"='(.*)'?$", r"=\1", option) for option in options]
    before = re.sub(r"\n{3,}", "\n\n", TEST_LINE.sub("", section)).strip()
    result = subprocess.run([tools / "zq-opt", *options, "-"], input=before, text=True, capture_output=True)
    if result.returncode:
        raise SystemExit(f"{path}: {' '.join(options)}\n{result.stderr}")
    module, *resources = re.split(r"(?m)^(?=\{-#)", result.stdout.strip())
    after = re.sub(r"\A((?:#.*\n)*)module \{\n(.*)\n\}\s*\Z",
                   lambda m: m[1] + re.sub(r"^  ", "", m[2], flags=re.M), module.strip(), flags=re.S)
    after = "\n".join([after, *resources]).rstrip()
    return options, before, with_aliases(after, before)


def with_aliases(after, before):
    """Names the long types, by the names they have in `before` or !q0, !q1..."""
    names = {" ".join(text.split()): name for name, text in re.findall(r"^(!\w+) = (!zq\.quantized<.*>)$", before, re.M)}
    used = {}
    for text in dict.fromkeys(QUANTIZED.findall(after)):
        used[text] = names.get(text) or f"!q{len(used)}"
    for text, name in used.items():
        after = after.replace(text, name)
    return "\n".join(f"{name} = {text}" for text, name in used.items()) + "\n" * bool(used) + after


def render_example(name, examples, tools):
    path, section = examples[name]
    options, before, after = run_example(path, section, tools)
    shorten = lambda text: re.sub(r'"0x([0-9A-F]{40})[0-9A-F]{16,}"', r'"0x\1..."', text)
    return (f"`zq-opt {' '.join(options)}` ([{path.relative_to(ROOT)}](/{path.relative_to(ROOT)})) turns\n\n"
            f"```mlir\n{shorten(before)}\n```\n\ninto\n\n```mlir\n{shorten(after)}\n```\n")


def list_options(options):
    """[(name, default or None, description)] as lines."""
    names = [name + (f"={default}" if default else "") for name, default, _ in options]
    width = max(map(len, names))
    return "\n".join(f"{name:{width}} : {text}" for name, (_, _, text) in zip(names, options))


def find_pipelines(tools):
    """Name of a pipeline -> (summary, {option: description}), as zq-opt --help says."""
    text = subprocess.run([tools / "zq-opt", "--help"], text=True, capture_output=True, check=True).stdout
    found, options = {}, {}
    for line in text[text.index("Pass Pipelines:"):].splitlines():
        if match := re.match(r" {6}--([\w-]+) +-   (.*)", line):
            found[match[1]] = (match[2], options := {})
        elif match := re.match(r" {8}--([\w-]+)(?:=<.*?>)? +- (.*)", line):
            options[match[1]] = match[2]
        elif not line:
            break
    return found


def dump_pipeline(name, tools):
    """The passes that a pipeline runs, and the values of the options of those of zq."""
    # Weights are bound only where there are some. That the file does not exist is said after the passes.
    option = "=weights=model.safetensors" if name in ("zq-import", "zq-quantize", "zq-compile") else ""
    text = subprocess.run([tools / "zq-opt", f"--{name}{option}", "--dump-pass-pipeline", "-"], input="module {}", text=True,
                          capture_output=True).stderr
    passes = re.findall(r"(?m)^ +([\w.-]+)(?!.*\($)", text)
    values = {}
    for settings in re.findall(r"(?m)^ +zq[\w-]+\{(.*)\}", text):
        values.update(re.findall(r"([\w-]+)=(\S+)", settings))
    return passes, values


def render_pipelines(tools):
    found = find_pipelines(tools)
    unlisted = [name for name in found if name.startswith("zq") and name not in PIPELINES]
    if unlisted:
        raise SystemExit(f"scripts/docs.py: PIPELINES lacks {', '.join(unlisted)}")
    out = ["## Pipelines", ""]
    for name, parts in PIPELINES.items():
        summary, options = found[name]
        out += [f"### `{name}`", "", f"_{summary}_", ""]
        if parts:
            missing = set(options) - {option for part in parts for option in found[part][1]}
            if missing:
                raise SystemExit(f"{name} has options that its parts lack: {missing}")
            runs = ", ".join(f"`{part}`" for part in parts)
            out += [f"Runs {runs}, and has their options.", ""]
            continue
        passes, values = dump_pipeline(name, tools)
        out += [textwrap.fill("Runs " + ", ".join(f"`{p}`" for p in passes) + ".", 120, break_on_hyphens=False), ""]
        if options:
            rows = [(option, values.get(option) or values.get(option.removeprefix("lorc-")), text) for option, text in options.items()]
            out += ["#### Options", "", "```", list_options(rows), "```", ""]
    return out


def pass_docs(tblgen, td, includes):
    includes = ["-I", ROOT, *(f"-I{i}" for i in includes)]
    text = subprocess.run([tblgen, "-gen-pass-doc", td, *includes], text=True, capture_output=True, check=True).stdout
    text = re.sub(r"^<!-- Autogenerated.*-->\n", "", text).strip()
    # mlir-tblgen leaves out the defaults, and puts a dash where none is written.
    records = json.loads(subprocess.run([pathlib.Path(tblgen).with_name("llvm-tblgen"), "--dump-json", td, *includes],
                                        text=True, capture_output=True, check=True).stdout)
    for name in records["!instanceof"]["PassBase"]:
        options = [records[option["def"]] for option in records[name]["options"]]
        if not options:
            continue
        rows = [(option["argument"], (option.get("defaultValue") or "").strip('"'), option["description"])
                for option in options]
        head = re.escape(f"### `-{records[name]['argument']}`")
        text = re.sub(rf"({head}\n(?:(?!### `).*\n)*?#### Options\n\n```\n)(?:.*\n)*?(```)",
                      lambda match: match[1] + list_options(rows) + "\n" + match[2], text)
    return text


def render_passes(examples, tools, tblgen, includes):
    out = ["<!-- Written by scripts/docs.py from the Passes.td files and the tests. -->", "# Passes", "", INTRODUCTION,
           *render_pipelines(tools)]
    groups = [(phase, ROOT / "include/zq/Transforms" / phase / "Passes.td") for phase in PHASES]
    groups += [("Conversion", ROOT / "include/zq/Conversion/Passes.td"),
               ("Outlining", ROOT / "include/zq/Conversion/ZqToZqGPU/Passes.td"),
               ("Kernels for Hopper", ROOT / "include/zq/Conversion/Hopper/Passes.td"),
               ("Cubins for Hopper", ROOT / "include/zq/Target/Hopper/Passes.td"),
               ("Module files", ROOT / "include/zq/Target/Module/Passes.td")]
    for title, td in groups:
        if not td.exists():
            continue
        out += [f"## {title}", ""]
        for doc in re.split(r"(?m)^(?=### `)", pass_docs(tblgen, td, includes)):
            if not doc.strip():
                continue
            name = re.match(r"### `-?-?([\w-]+)`", doc)[1]
            out += [doc.replace(f"`-{name}`", f"`{name}`", 1).strip(), ""]
            if name in examples:
                out += ["#### Example", "", render_example(name, examples, tools)]
    return "\n".join(out).rstrip() + "\n"


def render_dialects(tblgen, includes):
    out = ["<!-- Written by scripts/docs.py from the .td files of the dialects. -->", "# Dialects", "",
           "What an op means. What must hold is numbered in [the specification](/dialects/Zq/Specification.md), and why it",
           "is so in the rationales of [zq](/dialects/Zq/Rationale.md) and [zqgpu](/dialects/ZqGPU/Rationale.md).", ""]
    for dialect, folder, tds in [("zq", "Zq", ["ZqOps.td"]), ("zqgpu", "ZqGPU", ["ZqGPUOps.td", "ZqGPUDeviceOps.td"])]:
        for td in tds:
            command = [tblgen, "-gen-dialect-doc", f"-dialect={dialect}", ROOT / "dialects" / folder / td, "-I", ROOT,
                       *(f"-I{i}" for i in includes)]
            text = subprocess.run(command, text=True, capture_output=True, check=True).stdout
            text = re.sub(r"^<!-- Autogenerated.*-->\n|^\[TOC\]\n", "", text, flags=re.M).strip()
            # The dialect heads its first file; where there are more, they add ops.
            out += [re.sub(r"(?m)^# ", "## ", text) if td == tds[0] else text[text.index("## Operations"):], ""]
    return re.sub(r"[ \t]+$|\n{3,}", lambda m: "\n\n" if "\n" in m[0] else "", "\n".join(out), flags=re.M).rstrip() + "\n"


def render_readme(text, examples, tools):
    def fill(match):
        if match[1] not in examples:
            raise SystemExit(f"README.md: no test has the line // DOC-EXAMPLE: {match[1]}")
        return f"<!-- example: {match[1]} -->\n{render_example(match[1], examples, tools)}<!-- /example -->"
    return re.sub(r"<!-- example: (\S+) -->.*?<!-- /example -->", fill, text, flags=re.S)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something is out of date")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--tblgen", default="/usr/lib/llvm-22/bin/mlir-tblgen")
    parser.add_argument("--include", default=["/usr/lib/llvm-22/include"], nargs="*")
    args = parser.parse_args()

    examples = find_examples()
    readme, passes, dialects = ROOT / "README.md", ROOT / "docs/passes.md", ROOT / "docs/dialects.md"
    wanted = {passes: render_passes(examples, args.bin, args.tblgen, args.include),
              dialects: render_dialects(args.tblgen, args.include),
              readme: render_readme(readme.read_text(), examples, args.bin)}
    stale = False
    for path, text in wanted.items():
        old = path.read_text() if path.exists() else ""
        if old == text:
            continue
        stale = True
        if args.check:
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True),
                                                       str(path.relative_to(ROOT)), "from the tests"))
        else:
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")
    if args.check and stale:
        raise SystemExit("documentation is out of date: run scripts/docs.py")


if __name__ == "__main__":
    main()
