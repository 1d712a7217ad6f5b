#!/usr/bin/env python3
"""Holds zq's CPU path against PyTorch: SmolLM2 in float beside transformers, quantized beside a fake-quantized run of it.

    pip install torch transformers numpy
    python check_torch.py CHECKPOINT WINDOWS.npy OUTDIR [--tokens 256] [--count 4] [--bin build/bin]

CHECKPOINT and WINDOWS are what scripts/smollm2/fetch --text makes. The windows are cut to --tokens tokens. The quantized
scheme is that of zq-quantize's defaults: E2M1 weights in groups of 128 with M2 scales, shifts to the nearest, rounded to
nearest; activations E4M3 by token. Here it is written down again, from its definition: nothing of zq's is used. With
--lorc-rank the error's truncated SVD is added. Two correct runs differ by which of the activations that lie on a tie go
up (the embedding came from Q8_0: many do); the third number says how much that is: the fake-quantized run once more,
its embedding changed by 1e-7 of itself.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np
import torch
from transformers import AutoModelForCausalLM

ROOT = pathlib.Path(__file__).parents[2]
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def round_e2m1(x):
    """To the nearest magnitude; a tie goes to the even code."""
    middle = (E2M1[1:] + E2M1[:-1]) / 2
    low = np.searchsorted(middle, np.abs(x), side="left")
    high = np.searchsorted(middle, np.abs(x), side="right")
    return np.sign(x) * E2M1[np.where(low % 2 == 0, low, high)].astype(np.float32)


def fake_quantize_weight(w, group=128):
    """E2M1, groups' scales the row's largest times 2^-k. Quotients are float32: weights that came from Q4_1 lie on ties
    in numbers, and in float64 it would be the scale's own rounding that decides them."""
    groups = [w[:, i:i + group] for i in range(0, w.shape[1], group)]
    free = np.stack([np.abs(g).max(axis=1) / np.float32(6) for g in groups], axis=1).astype(np.float64)
    anchor = free.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        shift = np.minimum(np.round(np.log2(anchor / free)), 11)
    scale = (anchor * 2.0 ** -shift).astype(np.float32)
    return np.concatenate([round_e2m1(g / s[:, None]) * s[:, None] for g, s in zip(groups, scale.T)], axis=1)


def fake_quantize_activation(x):
    """E4M3, a token's scale its largest magnitude / 448."""
    scale = x.abs().amax(dim=-1, keepdim=True) / 448
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    return (x / scale).to(torch.float8_e4m3fn).to(torch.float32) * scale


class FakeQuantizedLinear(torch.nn.Module):
    def __init__(self, linear, rank):
        super().__init__()
        w = linear.weight.detach().numpy()
        quantized = fake_quantize_weight(w)
        self.weight = torch.from_numpy(quantized.astype(np.float32))
        self.correction = None
        if rank:
            u, s, v = np.linalg.svd(w.astype(np.float64) - quantized, full_matrices=False)
            self.correction = torch.from_numpy(((u[:, :rank] * s[:rank]) @ v[:rank]).astype(np.float32))

    def forward(self, x):
        y = torch.nn.functional.linear(fake_quantize_activation(x), self.weight)
        return y if self.correction is None else y + torch.nn.functional.linear(x, self.correction)


def compute_logits(model, windows):
    with torch.no_grad():
        return [model(torch.from_numpy(window)[None]).logits[0].double() for window in windows]


def compare(logits, floats, windows):
    """Perplexity and KL over all tokens that have a next one."""
    surprise, divergence, count = 0.0, 0.0, 0
    for ours, reference, window in zip(logits, floats, windows):
        q, p = torch.log_softmax(ours[:-1], -1), torch.log_softmax(reference[:-1], -1)
        surprise -= q.gather(1, torch.from_numpy(window)[1:, None]).sum().item()
        divergence += (p.exp() * (p - q)).sum().item()
        count += len(window) - 1
    return np.exp(surprise / count), divergence / count


def run(*command):
    result = subprocess.run([str(c) for c in command], text=True, capture_output=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("windows", type=pathlib.Path)
    parser.add_argument("outdir", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--lorc-rank", type=int, default=0)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    args = parser.parse_args()
    out, weights = args.outdir, args.checkpoint / "model.safetensors"
    out.mkdir(parents=True, exist_ok=True)

    windows = np.load(args.windows)
    chosen = np.ascontiguousarray(windows[np.arange(args.count) * len(windows) // args.count, :args.tokens])
    np.save(out / "windows.npy", chosen)
    run(sys.executable, ROOT / "scripts/smollm2/language_model.py", out / "model.mlir", "--tokens", args.tokens, "--head-tokens", args.tokens)
    run(args.bin / "zq-opt", out / "model.mlir", "-o", out / "float.mlir", f"--pass-pipeline=builtin.module(zq-import{{weights={weights}}})")
    run(args.bin / "zq-opt", out / "model.mlir", "-o", out / "quantized.mlir",
        f"--pass-pipeline=builtin.module(zq-quantize{{weights={weights} rules=model.embed_tokens=skip lorc-rank={args.lorc_rank} probe-tokens=0}})")
    run(args.bin / "zq-evaluate", out / "float.mlir", out / "quantized.mlir", "--windows", out / "windows.npy", "--json", out / "zq.json")
    ours = json.loads((out / "zq.json").read_text())["modules"]

    torch.set_grad_enabled(False)
    model = AutoModelForCausalLM.from_pretrained(args.checkpoint, dtype=torch.float32, attn_implementation="eager").eval()
    floats = compute_logits(model, chosen)
    np.save(out / "tokens.npy", chosen[:1])
    for entry, source in (("model", "tokens"), ("head", "model")):
        run(args.bin / "zq-runner", out / "float.mlir", "--entry", entry, "--inputs", out / f"{source}.npy", "--output", out / f"{entry}.npy")
    logits = np.load(out / "head.npy")[0]
    print(f"{args.count} windows of {args.tokens} tokens of {args.windows}")
    print(f"float: largest difference of a logit {np.abs(logits - floats[0].numpy()).max():.2e}, largest logit "
          f"{np.abs(logits).max():.1f}; perplexity zq {ours[0]['perplexity']:.6f}, transformers {compare(floats, floats, chosen)[0]:.6f}")
    for layer in model.model.layers:
        for block in (layer.self_attn, layer.mlp):
            for name, module in list(block.named_children()):
                if isinstance(module, torch.nn.Linear):
                    setattr(block, name, FakeQuantizedLinear(module, args.lorc_rank))
    perplexity, divergence = compare(compute_logits(model, chosen), floats, chosen)
    embedding = model.get_input_embeddings()
    embedding.register_forward_hook(lambda module, inputs, rows: rows * (1 + 1e-7 * torch.randn_like(rows)))
    torch.manual_seed(0)
    moved = compare(compute_logits(model, chosen), floats, chosen)
    print(f"E2M1 M2 nearest{f' LoRC {args.lorc_rank}' if args.lorc_rank else ''}, E4M3: perplexity zq {ours[1]['perplexity']:.4f}, "
          f"fake-quantized {perplexity:.4f}, moved by 1e-7 {moved[0]:.4f}; "
          f"KL zq {ours[1]['kl']:.5f}, fake-quantized {divergence:.5f}, moved {moved[1]:.5f}")


if __name__ == "__main__":
    main()
