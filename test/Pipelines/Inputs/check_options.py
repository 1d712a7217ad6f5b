"""Gives every option of the named pipelines a value and looks for it in what zq-opt --dump-pass-pipeline prints: an option
that a pipeline takes and does not hand on to a pass is ignored.

usage: check_options.py PIPELINE...
"""
import re
import subprocess
import sys

HELP = subprocess.run(["zq-opt", "--help"], capture_output=True, text=True).stdout.split("\n")


def get_options(pipeline):
    """(name, type) of each; a type of "" is a switch."""
    start = next(i for i, line in enumerate(HELP) if re.match(rf" +--{pipeline} ", line))
    indent = len(HELP[start]) - len(HELP[start].lstrip())
    options = []
    for line in HELP[start + 1:]:
        if len(line) - len(line.lstrip()) <= indent:
            break
        if option := re.match(r" +--([\w-]+)(?:=<([\w ]+)>)? ", line):
            options.append((option[1], option[2] or ""))
    return options


def dump(pipeline, text):
    result = subprocess.run(["zq-opt", "-", f"--pass-pipeline=builtin.module({pipeline}{{{text}}})", "--dump-pass-pipeline"],
                            input="module {}", capture_output=True, text=True)
    assert "Pass Manager with" in result.stderr, (pipeline, text, result.stderr)
    # What follows is about the values, which are none that passes take.
    return result.stderr[:result.stderr.index("\n)\n")]


ignored = []
for pipeline in sys.argv[1:]:
    given, wanted = [], {}
    for i, (name, kind) in enumerate(get_options(pipeline)):
        if kind in ("string",):
            wanted[name] = f"value-{i}-"
            given.append(f"{name}={wanted[name]}")
        elif kind in ("int", "long", "uint"):
            wanted[name] = str(1000 + i)
            given.append(f"{name}={wanted[name]}")
        elif kind == "number":
            wanted[name] = f"{0.001 * (i + 1):.6e}"
            given.append(f"{name}={0.001 * (i + 1):.3f}")
        else:
            assert kind == "", (pipeline, name, kind)
            if dump(pipeline, f"{name}=true") == dump(pipeline, f"{name}=false"):
                ignored.append((pipeline, name))
    text = dump(pipeline, " ".join(given))
    ignored += [(pipeline, name) for name, value in wanted.items() if value not in text]
    print(f"{pipeline}: {len(get_options(pipeline))} options")
sys.exit("\n".join(f"{pipeline} ignores {name}" for pipeline, name in ignored) or 0)
