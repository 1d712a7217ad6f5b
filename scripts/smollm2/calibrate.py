#!/usr/bin/env python3
"""Calibrates the first decoder blocks of SmolLM2-135M on the CPU and prints what it brings, layer by layer.

    python calibrate.py CHECKPOINT OUTDIR [--blocks 1] [--windows 48] [--bin build/bin]

CHECKPOINT is a folder that scripts/smollm2/fetch makes. The text is this repository's documentation in windows of 64
tokens; every fourth is held out. Block by block, in the float model: zq-runner --statistics on the calibration windows,
zq-quantize by rounding and by GPTQ with them, then the blocks' outputs on the held-out windows beside the float block's.
Weights came from Q4_1: they have been quantized before. `error` is ||y - y^|| / ||y||.
"""
import argparse
import json
import pathlib
import re
import subprocess

import numpy as np
from model import BLOCK, instantiate, read_tensor
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).parents[2]
DECIDE = "group-size=128 rounding=mse anchor-search=true"
RECIPES = {  # name -> options of zq-quantize; {s} is the statistics file
    "rtn": "",
    "rtn, diag(H)": "algorithm=rtn statistics={s}",
    "gptq": "algorithm=gptq statistics={s} damping=diagonal damping-amount=0.1 column-order=descending",
    "gptq, descent": "algorithm=gptq statistics={s} damping=diagonal damping-amount=0.1 column-order=descending descent-passes=6",
}


def run(*command):
    result = subprocess.run([str(c) for c in command], text=True, capture_output=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


def read_windows(checkpoint, count):
    """The embedding of the documentation, window by window, 1 x 64 x 576 each."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "dialects").rglob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
    tokens = Tokenizer.from_file(str(checkpoint / "tokenizer.json")).encode("\n".join(f.read_text() for f in files)).ids
    count = min(count, len(tokens) // 64)
    embedding = read_tensor(checkpoint / "model.safetensors", "model.embed_tokens.weight")
    return [embedding[tokens[64 * i:64 * (i + 1)]][None] for i in range(count)]


def measure(runner, module, block, floats, windows):
    """The relative error of the block's output over windows, token by token as they are."""
    errors = []
    for window in windows:
        text = run(runner, module, "--entry", f"block_{block}", "--inputs", window, "--compare", floats)
        errors.append(float(re.search(r"relative L2 error (\S+),", text)[1]))
    return float(np.sqrt(np.mean(np.square(errors))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("outdir", type=pathlib.Path)
    parser.add_argument("--blocks", type=int, default=1)
    parser.add_argument("--windows", type=int, default=48)
    parser.add_argument("--held-out", type=int, default=2, help="held-out windows to measure on (of every fourth)")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    args = parser.parse_args()
    out, weights = args.outdir, args.checkpoint / "model.safetensors"
    out.mkdir(parents=True, exist_ok=True)

    paths = []
    for i, window in enumerate(read_windows(args.checkpoint, args.windows)):
        paths.append(out / f"window{i}.npy")
        np.save(paths[-1], window)
    template = BLOCK.read_text()
    for block in range(args.blocks):
        source, floats, statistics = (out / f"block{block}{end}" for end in (".mlir", "_float.mlir", ".safetensors"))
        source.write_text(instantiate(template, [block]))
        run(args.bin / "zq-opt", source, "-o", floats, f"--pass-pipeline=builtin.module(zq-import{{weights={weights}}})")
        calibration = [path for i, path in enumerate(paths) if i % 4 != 3]
        held_out = [path for i, path in enumerate(paths) if i % 4 == 3][:args.held_out]
        run(args.bin / "zq-runner", floats, "--entry", f"block_{block}", f"--inputs={','.join(map(str, calibration))}",
            f"--statistics={statistics}")
        layers, outputs = {}, {}
        for recipe, options in RECIPES.items():
            module, report = out / f"block{block}_quantized.mlir", out / f"block{block}.json"
            options = options.format(s=statistics)
            run(args.bin / "zq-opt", source, "-o", module,
                f"--pass-pipeline=builtin.module(zq-quantize{{weights={weights} {DECIDE} probe-tokens=0 report={report} {options}}})")
            for layer in json.loads(report.read_text())["layers"]:
                layers.setdefault(layer["name"], {})[recipe] = layer.get("calibration_error")
            outputs[recipe] = measure(args.bin / "zq-runner", module, block, floats, held_out)
        print(f"block {block}: {len(calibration)} windows of 64 tokens; error on the calibration data, weights alone")
        for name, errors in layers.items():
            print(f"  {name:40}" + "".join(f"  {recipe} {error:.4f}" for recipe, error in errors.items() if error is not None))
        print(f"  output of the block on {len(held_out)} held-out windows, W4A8: "
              + ", ".join(f"{recipe} {error:.4f}" for recipe, error in outputs.items()), flush=True)
        if block + 1 < args.blocks:  # what the next block sees
            for path in paths:
                run(args.bin / "zq-runner", floats, "--entry", f"block_{block}", "--inputs", path, "--output", path)


if __name__ == "__main__":
    main()
