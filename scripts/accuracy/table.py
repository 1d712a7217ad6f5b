#!/usr/bin/env python3
"""Measures the rows of docs/accuracy.md (scripts/accuracy/rows.py) and writes its tables.

    scripts/smollm2/fetch --text && scripts/minilm/fetch
    build/venv/bin/python scripts/accuracy/table.py                       # what is missing, on 11 windows
    build/venv/bin/python scripts/accuracy/table.py --count 0 --rows '*-best-*'   # these on all windows
    build/venv/bin/python scripts/accuracy/table.py --print               # the tables of what is there

Each row is quantized, evaluated beside the float model by zq-evaluate (a few rows at a time, which share its cost), and
kept as a JSON file under benchmarks/results/accuracy; one that is there with the same options and as many windows is not
measured again, so an interrupted run goes on where it was. Another text: --text with a folder of calibration.npy and
evaluation.npy from scripts/windows.py, and --results with a folder of its own.
"""
import argparse
import dataclasses
import datetime
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
from rows import ROWS

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs/accuracy.md"


@dataclasses.dataclass
class Model:
    """Where a model and its text are, and how it is written."""

    checkpoint: pathlib.Path
    text: pathlib.Path
    script: str
    skip: str  # rules of zq-quantize
    head: str
    tokens: int


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def run(*command):
    result = subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if result.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{result.stderr.strip()[-3000:]}")
    return result.stdout


def split_options(row, own):
    """The options of zq-calibrate's own, and those of the phases."""
    options = dict(option.split("=", 1) for option in row.options.split())
    return {k: v for k, v in options.items() if k in own}, {k: v for k, v in options.items() if k not in own}


#===----------------------------------------------------------------------===#
# Measuring
#===----------------------------------------------------------------------===#


class Bench:
    """Makes modules of a model and evaluates them."""

    def __init__(self, args, model):
        self.args, self.model = args, model
        self.work = args.work / (row_model := pathlib.Path(model.script).parent.name)
        self.work.mkdir(parents=True, exist_ok=True)
        for needed in (model.checkpoint / "model.safetensors", model.text / "evaluation.npy"):
            if not needed.exists():
                raise SystemExit(f"{needed} is missing: scripts/{row_model}/fetch makes it")
        self.source = self.work / "model.mlir"
        run(sys.executable, ROOT / model.script, self.source, "--tokens", model.tokens)
        self.floats = self.work / "float.mlir"
        self.opt(f"zq-import{{weights={self.weights}}}", self.floats)

    @property
    def weights(self):
        return self.model.checkpoint / "model.safetensors"

    def opt(self, pipeline, output):
        run(self.args.bin / "zq-opt", self.source, "-o", output, "--emit-bytecode", f"--pass-pipeline=builtin.module({pipeline})")

    def quantize(self, row):
        """The module of a row and what its report says of the layers. One that an interrupted run left is taken as it is."""
        output, report = self.work / f"{row.name}.mlirbc", self.work / f"{row.name}.report.json"
        made_with = self.work / f"{row.name}.options"
        request = f"{row.request}\n{self.args.calibration_windows if row.calibrated else ''}\n"
        if output.exists() and made_with.exists() and made_with.read_text() == request:
            return output, json.loads(report.read_text())["layers"]
        made_with.unlink(missing_ok=True)
        rules = ";".join(filter(None, (self.model.skip, row.rules)))
        if not row.calibrated:
            self.opt(f"zq-quantize{{weights={self.weights} {f'rules={rules}' if rules else ''} {row.options} probe-tokens=0 "
                     f"report={report}}}", output)
        else:
            own, phases = split_options(row, {"targets", "calibration-inputs"})
            phases["weights"] = self.weights
            if rules:
                phases["rules"] = rules
            run(self.args.bin / "zq-calibrate", self.source, "-o", output, "--entry=model", f"--data={self.calibration_data()}",
                f"--report={report}", "--quiet", *(f"--{key}={value}" for key, value in (own | phases).items()))
        made_with.write_text(request)
        return output, json.loads(report.read_text())["layers"]

    def calibration_data(self):
        """Windows to calibrate on, evenly spaced over those that there are."""
        windows, count = np.load(self.model.text / "calibration.npy"), self.args.calibration_windows
        if not 0 <= count <= len(windows):
            raise SystemExit(f"--calibration-windows={count}, but there are {len(windows)}")
        path = self.work / "calibration.npy"
        np.save(path, windows[np.arange(count) * len(windows) // count] if count else windows)
        return path

    def evaluate(self, modules):
        """The results of the float model and of the modules, in their order."""
        out = self.work / "evaluation.json"
        say(f"evaluating {', '.join(modules)}")
        process = subprocess.run([str(c) for c in (
            self.args.bin / "zq-evaluate", f"float={self.floats}", *(f"{name}={path}" for name, path in modules.items()),
            "--windows", self.model.text / "evaluation.npy", f"--head={self.model.head}", f"--count={self.args.count}",
            f"--jobs={self.args.jobs}", "--json", out)], stdout=subprocess.DEVNULL)
        if process.returncode:
            raise SystemExit("zq-evaluate failed")
        return json.loads(out.read_text())


def bits_per_weight(layers):
    """Over all layers; none if only activations are quantized."""
    elements = sum(layer["n"] * layer["k"] for layer in layers)
    return sum(layer["bits_per_weight"] * layer["n"] * layer["k"] for layer in layers) / elements if layers else None


def commit():
    return run("git", "-C", ROOT, "rev-parse", "--short", "HEAD").strip()


def write_json(path, value):
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=1) + "\n")
    os.replace(part, path)


def load(args, row):
    path = args.results / f"{row.name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def is_done(args, row):
    result = load(args, row)
    if not result or result["options"] != row.request:
        return False
    return result["windows"] == result["windows_of"] or 0 < args.count <= result["windows"]


def measure(args, rows, models):
    """All rows of one model, a batch at a time."""
    pending = [row for row in rows if not is_done(args, row)]
    say(f"{len(rows) - len(pending)} of {len(rows)} rows are there")
    benches, failures = {}, []
    for model in models:
        todo = [row for row in pending if row.model == model]
        if todo and model not in benches:
            benches[model] = Bench(args, models[model])
        for begin in range(0, len(todo), args.batch):
            measure_batch(args, benches[model], todo[begin:begin + args.batch], failures)
    for failure in failures:
        print(failure, file=sys.stderr)
    return not failures


def measure_batch(args, bench, rows, failures):
    modules, quantized, start = {}, {}, time.time()
    for row in rows:
        say(f"quantizing {row.name}")
        began = time.time()
        try:
            modules[row.name], layers = bench.quantize(row)
        except RuntimeError as error:
            failures.append(f"{row.name}: {error}")
            say(f"{row.name} failed: {str(error).splitlines()[-1]}")
            continue
        quantized[row.name] = (bits_per_weight(layers), len(layers), round(time.time() - began))
    if not modules:
        return
    result = bench.evaluate(modules)
    floats, others = result["modules"][0], result["modules"][1:]
    windows_of = len(np.load(bench.model.text / "evaluation.npy", mmap_mode="r"))
    for row, found in zip([row for row in rows if row.name in modules], others):
        bits, layers, seconds = quantized[row.name]
        kept = {"options": row.request, "bits": bits, "layers": layers, "quantization_seconds": seconds,
                "windows": len(result["windows"]), "windows_of": windows_of, "tokens_per_window": result["tokens_per_window"],
                "commit": commit()}
        if row.calibrated:
            kept["calibration_windows"] = args.calibration_windows or len(np.load(bench.model.text / "calibration.npy", mmap_mode="r"))
        kept |= {key: found[key] for key in ("perplexity", "kl", "output_sqnr_db", "window_kl") if key in found}
        if "perplexity" in floats:
            kept["float_perplexity"] = floats["perplexity"]
        args.results.mkdir(parents=True, exist_ok=True)
        write_json(args.results / f"{row.name}.json", kept)
        modules[row.name].unlink()
    say(f"{len(modules)} rows in {time.time() - start:.0f} s")


#===----------------------------------------------------------------------===#
# Tables
#===----------------------------------------------------------------------===#


def table(header, lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines])


def describe(row, result):
    scheme = row.scheme + (f" + LoRC {row.lorc}" if row.lorc else "")
    bits = f"{result['bits']:.2f}" if result.get("bits") else "16"
    algorithm = row.algorithm + (f" ({result['calibration_windows']})" if "calibration_windows" in result else "")
    return [scheme, algorithm, row.constraint, row.group, bits]


def language_table(args, rows):
    lines = []
    for row in rows:
        result = load(args, row)
        if result and result["options"] == row.request:
            ratio = 100 * (result["perplexity"] / result["float_perplexity"] - 1)
            lines.append([*describe(row, result), f"{result['perplexity']:.3f}", f"{ratio:+.2f}%", f"{result['kl']:.4f}",
                          str(result["windows"])])
    return table(["scheme", "algorithm", "scales", "group", "bits", "perplexity", "to float", "KL", "windows"], lines)


def encoder_table(args, rows):
    lines = []
    for row in rows:
        result = load(args, row)
        if result and result["options"] == row.request:
            lines.append([*describe(row, result), f"{result['output_sqnr_db']:.2f}", str(result["windows"])])
    return table(["scheme", "algorithm", "scales", "group", "bits", "output SQNR dB", "windows"], lines)


def make_tables(args):
    by_model = {model: [row for row in ROWS if row.model == model] for model in ("smollm2", "minilm")}
    return {"smollm2": language_table(args, by_model["smollm2"]), "minilm": encoder_table(args, by_model["minilm"])}


def write_page(tables):
    text = PAGE.read_text()
    for name, content in tables.items():
        begin, end = f"<!-- table: {name} -->", "<!-- /table -->"
        head, rest = text.split(begin, 1)
        text = head + begin + "\n" + content + "\n" + end + rest.split(end, 1)[1]
    PAGE.write_text(text)


#===----------------------------------------------------------------------===#
# What the results have to show
#===----------------------------------------------------------------------===#


def find_pairs(args):
    """W4A8 rows that differ only in INT-INT and FP-FP, and their results."""
    results = {row: load(args, row) for row in ROWS}
    measured = {row: result for row, result in results.items() if result and result["options"] == row.request}

    def key(row):
        return row.model, row.algorithm, row.constraint, row.group, row.lorc

    others = {key(row): row for row in measured if row.scheme == "W4A8 FP-FP"}
    for row in measured:
        if row.scheme == "W4A8 INT-INT" and key(row) in others:
            other = others[key(row)]
            yield row, measured[row], other, measured[other]


def check(args):
    """Whether FP-FP is ahead of INT-INT in every pair; says each."""
    ahead = []
    for row, integers, other, floats in find_pairs(args):
        if row.model == "smollm2":
            found, name = (floats["kl"], integers["kl"]), "KL"
            ahead.append(found[0] < found[1])
        else:
            found, name = (floats["output_sqnr_db"], integers["output_sqnr_db"]), "output SQNR"
            ahead.append(found[0] > found[1])
        windows = f"{floats['windows']} and {integers['windows']} windows"
        print(f"{other.name}: {name} {found[0]:.4f}, INT-INT {found[1]:.4f} ({windows}){'' if ahead[-1] else ': behind'}")
    if not ahead:
        print("no pair of FP-FP and INT-INT was measured")
    return ahead and all(ahead)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="*", help="globs of the rows' names, separated by commas")
    parser.add_argument("--count", type=int, default=11, help="windows to evaluate on, evenly spaced; 0 for all")
    parser.add_argument("--calibration-windows", type=int, default=0, help="evenly spaced; 0 for all")
    parser.add_argument("--batch", type=int, default=3, help="rows evaluated at a time")
    parser.add_argument("--jobs", type=int, default=0, help="threads of zq-evaluate")
    parser.add_argument("--checkpoint", type=pathlib.Path, default=ROOT / "build/smollm2")
    parser.add_argument("--text", type=pathlib.Path, default=ROOT / "build/handbook")
    parser.add_argument("--minilm", type=pathlib.Path, default=ROOT / "build/minilm")
    parser.add_argument("--minilm-text", type=pathlib.Path, default=ROOT / "build/minilm-handbook")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "benchmarks/results/accuracy")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/accuracy")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--list", action="store_true", help="print the rows' names and options")
    parser.add_argument("--print", action="store_true", help="print the tables and measure nothing")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/accuracy.md and measure nothing")
    parser.add_argument("--check", action="store_true", help="compare FP-FP with INT-INT in all pairs of rows; fails where it is behind")
    args = parser.parse_args()

    if args.check:
        if not check(args):
            raise SystemExit(1)
    elif args.list:
        for row in ROWS:
            print(row.name, row.options, sep="\t")
    elif args.print or args.write:
        tables = make_tables(args)
        if args.write:
            write_page(tables)
        else:
            print("\n\n".join(tables.values()))
    else:
        rows = [row for row in ROWS if any(fnmatch.fnmatch(row.name, glob) for glob in args.rows.split(","))]
        if not rows:
            raise SystemExit(f"--rows={args.rows} matches no row; --list prints them")
        models = {"smollm2": Model(args.checkpoint, args.text, "scripts/smollm2/language_model.py", "model.embed_tokens=skip", "head", 1024),
                  "minilm": Model(args.minilm, args.minilm_text, "scripts/minilm/model.py", "", "", 128)}
        if not measure(args, rows, models):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
