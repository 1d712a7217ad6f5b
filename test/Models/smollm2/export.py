#!/usr/bin/env python3
"""Writes the parts of SmolLM2-135M, from PyTorch through torch-mlir to linalg on tensors.

    pip install torch==2.15.0 torch-mlir==20261001
    python export.py [OUTDIR] [--tokens 1021]

  block.mlir      one decoder block, 64 tokens, computed in BF16, the checkpoint's type
  block_f32.mlir  the same computed in float32
  embed.mlir      tokens to hidden states in float32
  head.mlir       the last norm and the product with the embedding, in float32

The weights are arguments that carry the names of the checkpoint's tensors in `zq.weight`, "{layer}." standing for
"model.layers.0." and so on, so that one file serves all 30 blocks (scripts/smollm2/model.py fills it in). The float32
parts have 1021 tokens: a prime that is no other number in them, so that model.py makes them of any length by putting
another number in its place. The architecture is that of config.json (LlamaForCausalLM).
"""
import argparse
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from named_weights import export

HIDDEN, HEADS, KV_HEADS, INTERMEDIATE, VOCABULARY, THETA, EPS = 576, 9, 3, 1536, 49152, 100000.0, 1e-5
HEAD = HIDDEN // HEADS


class RMSNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(HIDDEN))

    def forward(self, x):
        h = x.float()
        return self.weight * (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + EPS)).to(x.dtype)


def linear(k, n):
    return nn.Linear(k, n, bias=False)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj, self.o_proj = linear(HIDDEN, HIDDEN), linear(HIDDEN, HIDDEN)
        self.k_proj, self.v_proj = linear(HIDDEN, KV_HEADS * HEAD), linear(HIDDEN, KV_HEADS * HEAD)

    def rotate(self, x):
        frequency = 1.0 / (THETA ** (torch.arange(0, HEAD, 2, dtype=torch.float32) / HEAD))
        angle = torch.outer(torch.arange(x.shape[2], dtype=torch.float32), frequency)
        angle = torch.cat((angle, angle), -1)
        a, b = x[..., :HEAD // 2], x[..., HEAD // 2:]
        return x * angle.cos().to(x.dtype) + torch.cat((-b, a), -1) * angle.sin().to(x.dtype)

    def forward(self, x):
        b, t, _ = x.shape
        split = lambda y, heads: y.view(b, t, heads, HEAD).transpose(1, 2)
        repeat = lambda y: (y[:, :, None].expand(b, KV_HEADS, HEADS // KV_HEADS, t, HEAD).reshape(b, HEADS, t, HEAD))
        q, k = self.rotate(split(self.q_proj(x), HEADS)), self.rotate(split(self.k_proj(x), KV_HEADS))
        v = split(self.v_proj(x), KV_HEADS)
        w = torch.matmul(q, repeat(k).transpose(2, 3)) / math.sqrt(HEAD)
        w = torch.softmax(w.float() + torch.full((t, t), float("-inf")).triu(1), -1).to(q.dtype)
        return self.o_proj(torch.matmul(w, repeat(v)).transpose(1, 2).reshape(b, t, HIDDEN))


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj, self.up_proj = linear(HIDDEN, INTERMEDIATE), linear(HIDDEN, INTERMEDIATE)
        self.down_proj = linear(INTERMEDIATE, HIDDEN)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(), RMSNorm()
        self.self_attn, self.mlp = Attention(), MLP()

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Embed(nn.Module):
    """Rows are looked up as the checkpoint has them, and widened."""

    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, HIDDEN, dtype=torch.bfloat16)

    def forward(self, tokens):
        return self.embed_tokens(tokens).float()


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.embed_tokens = RMSNorm(), linear(HIDDEN, VOCABULARY)

    def forward(self, x):
        return self.embed_tokens(self.norm(x))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outdir", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).parent)
    parser.add_argument("--tokens", type=int, default=1021, help="of the float32 parts")
    args = parser.parse_args()
    args.outdir.mkdir(parents=True, exist_ok=True)
    hidden = torch.randn(1, args.tokens, HIDDEN)
    parts = {
        "block": (Block().bfloat16(), "block", torch.randn(1, 64, HIDDEN).bfloat16(), "{layer}"),
        "block_f32": (Block(), "block", hidden, "{layer}"),
        "embed": (Embed(), "embed", torch.zeros(1, args.tokens, dtype=torch.int64), "model"),
        "head": (Head(), "head", hidden, "model"),
    }
    for name, part in parts.items():
        (args.outdir / f"{name}.mlir").write_text(export(*part))


if __name__ == "__main__":
    main()
