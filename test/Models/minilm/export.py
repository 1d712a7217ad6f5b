#!/usr/bin/env python3
"""Writes the parts of all-MiniLM-L6-v2, from PyTorch through torch-mlir to linalg on tensors, in float32.

    pip install torch==2.15.0 torch-mlir==20261001
    python export.py [OUTDIR] [--tokens 509]

  embed.mlir  tokens to hidden states
  layer.mlir  one encoder layer
  pool.mlir   the mean over tokens, of length 1: a sentence's embedding

The weights are arguments that carry the names of the checkpoint's tensors in `zq.weight`, "{layer}." standing for
"encoder.layer.0." and so on. 509 tokens: a prime that is no other number in the text, so that scripts/minilm/model.py
makes parts of any length by putting another number in its place. The architecture is that of config.json (BertModel),
for windows without padding.
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

HIDDEN, HEADS, INTERMEDIATE, VOCABULARY, POSITIONS, EPS = 384, 12, 1536, 30522, 512, 1e-12
HEAD = HIDDEN // HEADS


class Embed(nn.Module):
    def __init__(self):
        super().__init__()
        self.word_embeddings = nn.Embedding(VOCABULARY, HIDDEN)
        self.position_embeddings = nn.Embedding(POSITIONS, HIDDEN)
        self.token_type_embeddings = nn.Embedding(2, HIDDEN)
        self.LayerNorm = nn.LayerNorm(HIDDEN, eps=EPS)

    def forward(self, tokens):
        positions = self.position_embeddings.weight[:tokens.shape[1]]
        return self.LayerNorm(self.word_embeddings(tokens) + self.token_type_embeddings.weight[0] + positions)


class Dense(nn.Module):
    """A linear layer and the norm behind the sum with what went round it."""

    def __init__(self, k, n):
        super().__init__()
        self.dense, self.LayerNorm = nn.Linear(k, n), nn.LayerNorm(n, eps=EPS)

    def forward(self, x, residual):
        return self.LayerNorm(self.dense(x) + residual)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.self = nn.ModuleDict({name: nn.Linear(HIDDEN, HIDDEN) for name in ("query", "key", "value")})
        self.output = Dense(HIDDEN, HIDDEN)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (self.self[name](x).view(b, t, HEADS, HEAD).transpose(1, 2) for name in ("query", "key", "value"))
        w = torch.softmax(torch.matmul(q, k.transpose(2, 3)) / math.sqrt(HEAD), -1)
        return self.output(torch.matmul(w, v).transpose(1, 2).reshape(b, t, HIDDEN), x)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = Attention()
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(HIDDEN, INTERMEDIATE)})
        self.output = Dense(INTERMEDIATE, HIDDEN)

    def forward(self, x):
        x = self.attention(x)
        return self.output(F.gelu(self.intermediate["dense"](x)), x)


class Pool(nn.Module):
    def forward(self, x):
        return F.normalize(x.mean(1), dim=-1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outdir", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).parent)
    parser.add_argument("--tokens", type=int, default=509)
    args = parser.parse_args()
    args.outdir.mkdir(parents=True, exist_ok=True)
    hidden = torch.randn(1, args.tokens, HIDDEN)
    parts = {
        "embed": (Embed(), torch.zeros(1, args.tokens, dtype=torch.int64), "embeddings"),
        "layer": (Layer(), hidden, "{layer}"),
        "pool": (Pool(), hidden, ""),
    }
    for name, (module, x, prefix) in parts.items():
        (args.outdir / f"{name}.mlir").write_text(export(module, name, x, prefix))


if __name__ == "__main__":
    main()
