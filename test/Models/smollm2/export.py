#!/usr/bin/env python3
"""Writes block.mlir: one decoder block of SmolLM2-135M, from PyTorch through torch-mlir to linalg on tensors.

    pip install torch==2.15.0 torch-mlir==20261001
    python export.py > block.mlir

The weights are arguments that carry the names of the checkpoint's tensors in `zq.weight`, "{layer}." standing for
"model.layers.0." and so on, so that one file serves all 30 blocks (scripts/smollm2.py fills it in). 64 tokens, BF16, as
the checkpoint says; the architecture is that of config.json (LlamaForCausalLM).
"""
import math
import re
import sys
import warnings

import torch
import torch.nn.functional as F
from torch import nn
from torch_mlir import fx

TOKENS, HIDDEN, HEADS, KV_HEADS, INTERMEDIATE, THETA, EPS = 64, 576, 9, 3, 1536, 100000.0, 1e-5
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


class WeightsAsArguments(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.names, self.block = [name for name, _ in block.named_parameters()], [block]

    def forward(self, x, *weights):
        return torch.func.functional_call(self.block[0], dict(zip(self.names, weights)), (x,))


def main():
    block = Block().bfloat16().eval()
    module = WeightsAsArguments(block)
    args = [torch.randn(1, TOKENS, HIDDEN).bfloat16(), *(p.detach() for p in block.parameters())]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = str(fx.export_and_import(module, *args, output_type="linalg-on-tensors", func_name="block"))

    def name(match):
        index = int(match[1])
        if index == 0:
            return match[0]
        return f'{match[0]} {{zq.weight = "{{layer}}.{module.names[index - 1]}"}}'

    signature = re.search(r"func\.func @block\(.*", text)[0]
    sys.stdout.write(text.replace(signature, re.sub(r"%arg(\d+): tensor<[^>]*>", name, signature)))


if __name__ == "__main__":
    main()
