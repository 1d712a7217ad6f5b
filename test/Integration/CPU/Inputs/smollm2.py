"""smollm2.py SOURCE FOLDER: two blocks of SmolLM2 through zq-opt and zq-runner beside float64 in numpy."""
import json
import pathlib
import struct
import subprocess
import sys

import numpy as np

source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
TOKENS, LAYERS = 16, 2
HIDDEN, HEADS, KV_HEADS, INTERMEDIATE, VOCABULARY = 576, 9, 3, 1536, 49152
SHAPES = {"self_attn.q_proj": (HIDDEN, HIDDEN), "self_attn.k_proj": (KV_HEADS * 64, HIDDEN), "self_attn.v_proj": (KV_HEADS * 64, HIDDEN),
          "self_attn.o_proj": (HIDDEN, HIDDEN), "mlp.gate_proj": (INTERMEDIATE, HIDDEN), "mlp.up_proj": (INTERMEDIATE, HIDDEN),
          "mlp.down_proj": (HIDDEN, INTERMEDIATE)}
random = np.random.default_rng(5)


def make_bf16(shape, scale, offset=0.0):
    """Random numbers that are BF16."""
    values = (offset + scale * random.standard_normal(shape, np.float32)).astype(np.float32)
    return (values.view(np.uint32) >> 16).astype(np.uint16)


tensors = {"model.embed_tokens.weight": make_bf16((VOCABULARY, HIDDEN), 0.5), "model.norm.weight": make_bf16(HIDDEN, 0.3, 1.0)}
for layer in range(LAYERS):
    for norm in ("input_layernorm", "post_attention_layernorm"):
        tensors[f"model.layers.{layer}.{norm}.weight"] = make_bf16(HIDDEN, 0.3, 1.0)
    for name, shape in SHAPES.items():
        tensors[f"model.layers.{layer}.{name}.weight"] = make_bf16(shape, 1.5 / shape[1] ** 0.5)
header, offset = {}, 0
for name, data in tensors.items():
    header[name] = {"dtype": "BF16", "shape": data.shape, "data_offsets": [offset, offset + data.nbytes]}
    offset += data.nbytes
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(folder / "weights.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text)
    for data in tensors.values():
        file.write(data.tobytes())


def weight(name):
    return (tensors[name + ".weight"].astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def norm(x, name):
    return weight(name) * x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-5)


def rotate(x):
    """Turns the pair (x[j], x[j + 32]) of each head by position * 100000^(-j / 32): as complex numbers."""
    angles = np.arange(TOKENS)[:, None] * 100000.0 ** (-np.arange(32) / 32)
    turned = (x[..., :32] + 1j * x[..., 32:]) * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag], axis=-1)


def attend(x, prefix):
    q, k, v = ((x @ weight(f"{prefix}.{name}_proj").T).reshape(TOKENS, -1, 64).transpose(1, 0, 2) for name in "qkv")
    q, k = rotate(q), rotate(k)
    out = np.empty((TOKENS, HEADS, 64))
    for head in range(HEADS):
        for t in range(TOKENS):
            scores = k[head // 3, :t + 1] @ q[head, t] / 8
            p = np.exp(scores - scores.max())
            out[t, head] = p @ v[head // 3, :t + 1] / p.sum()
    return out.reshape(TOKENS, HIDDEN) @ weight(f"{prefix}.o_proj").T


def feed_forward(x, prefix):
    gate = x @ weight(f"{prefix}.gate_proj").T
    return (gate / (1 + np.exp(-gate)) * (x @ weight(f"{prefix}.up_proj").T)) @ weight(f"{prefix}.down_proj").T


tokens = random.integers(0, VOCABULARY, TOKENS)
tokens[0], tokens[-1] = 0, VOCABULARY - 1
hidden = weight("model.embed_tokens")[tokens]
for layer in range(LAYERS):
    prefix = f"model.layers.{layer}"
    hidden = hidden + attend(norm(hidden, f"{prefix}.input_layernorm"), f"{prefix}.self_attn")
    hidden = hidden + feed_forward(norm(hidden, f"{prefix}.post_attention_layernorm"), f"{prefix}.mlp")
logits = norm(hidden, "model.norm") @ weight("model.embed_tokens").T


def run(*command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)


run(sys.executable, source / "scripts/smollm2/language_model.py", folder / "model.mlir", "--tokens", TOKENS, "--layers", LAYERS)
run("zq-opt", folder / "model.mlir", f"--pass-pipeline=builtin.module(zq-import{{weights={folder}/weights.safetensors}})",
    "-o", folder / "float.mlir")
print("linears:", (folder / "float.mlir").read_text().count(" = zq.linear "))
np.save(folder / "tokens.npy", tokens[None].astype(np.int64))
entries = {"model": ("tokens.npy", hidden), "head": ("model.npy", logits)}
for entry, (inputs, wanted) in entries.items():
    run("zq-runner", folder / "float.mlir", "--entry", entry, "--inputs", folder / inputs, "--output", folder / f"{entry}.npy")
    error = np.linalg.norm(np.load(folder / f"{entry}.npy")[0] - wanted) / np.linalg.norm(wanted)
    print(f"{entry}:", "ok" if error < 1e-5 else f"relative error {error:.1e}", f"({error:.1e})" if error > 1e-9 else "too good")
(folder / "weights.safetensors").unlink()  # 70 MB
