#!/usr/bin/env python3
"""Holds all-MiniLM-L6-v2 in float on zq's CPU path against transformers: the sentence embeddings of some windows.

    pip install torch transformers numpy
    python check_minilm.py CHECKPOINT WINDOWS.npy OUTDIR [--count 2] [--bin build/bin]

CHECKPOINT is what scripts/minilm/fetch makes, WINDOWS what scripts/windows.py --special-tokens does of a text.
"""
import argparse
import pathlib
import sys

import numpy as np
import torch
from check_torch import run
from transformers import AutoModel

ROOT = pathlib.Path(__file__).parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("windows", type=pathlib.Path)
    parser.add_argument("outdir", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=2)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    args = parser.parse_args()
    out = args.outdir
    out.mkdir(parents=True, exist_ok=True)
    windows = np.load(args.windows)[:args.count]
    run(sys.executable, ROOT / "scripts/minilm/model.py", out / "model.mlir", "--tokens", windows.shape[1])
    run(args.bin / "zq-opt", out / "model.mlir", "-o", out / "float.mlir",
        f"--pass-pipeline=builtin.module(zq-import{{weights={args.checkpoint}/model.safetensors}})")
    model = AutoModel.from_pretrained(args.checkpoint, dtype=torch.float32, attn_implementation="eager").eval()
    for i, window in enumerate(windows):
        np.save(out / "tokens.npy", window[None])
        run(args.bin / "zq-runner", out / "float.mlir", "--entry", "model", "--inputs", out / "tokens.npy", "--output", out / "output.npy")
        with torch.no_grad():
            hidden = model(torch.from_numpy(window)[None]).last_hidden_state
        wanted = torch.nn.functional.normalize(hidden.mean(1), dim=-1).numpy()
        print(f"window {i}: largest difference {np.abs(np.load(out / 'output.npy') - wanted).max():.2e}, "
              f"largest number {np.abs(wanted).max():.3f}")


if __name__ == "__main__":
    main()
