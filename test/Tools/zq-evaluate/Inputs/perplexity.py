"""perplexity.py FOLDER: two small language models through zq-evaluate, and the definitions in numpy beside it."""
import json
import pathlib
import subprocess
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
WINDOWS, TOKENS, STEP, HIDDEN, VOCABULARY = 5, 6, 3, 4, 11
random = np.random.default_rng(2)
embedding = np.round(random.normal(size=(VOCABULARY, HIDDEN)) * 16) / 16
heads = [np.round(random.normal(size=(VOCABULARY, HIDDEN)) * 16) / 16 for _ in range(2)]
scales = [1.0, 1.25]


def dense(values):
    return str(values.tolist())


def write(name, scale, head):
    (folder / name).write_text(f"""
#row = affine_map<(d0, d1, d2) -> (d0, d1)>
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @model(%tokens: tensor<1x{TOKENS}xi64>) -> tensor<1x{TOKENS}x{HIDDEN}xf32> {{
  %table = arith.constant dense<{dense(embedding)}> : tensor<{VOCABULARY}x{HIDDEN}xf32>
  %scale = arith.constant {scale} : f32
  %empty = tensor.empty() : tensor<1x{TOKENS}x{HIDDEN}xf32>
  %hidden = linalg.generic {{indexing_maps = [#row, #all], iterator_types = ["parallel", "parallel", "parallel"]}}
      ins(%tokens : tensor<1x{TOKENS}xi64>) outs(%empty : tensor<1x{TOKENS}x{HIDDEN}xf32>) {{
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 2 : index
    %value = tensor.extract %table[%row, %column] : tensor<{VOCABULARY}x{HIDDEN}xf32>
    %scaled = arith.mulf %value, %scale : f32
    linalg.yield %scaled : f32
  }} -> tensor<1x{TOKENS}x{HIDDEN}xf32>
  return %hidden : tensor<1x{TOKENS}x{HIDDEN}xf32>
}}
func.func @head(%hidden: tensor<1x{STEP}x{HIDDEN}xf32>) -> tensor<1x{STEP}x{VOCABULARY}xf32> {{
  %w = arith.constant dense<{dense(head)}> : tensor<{VOCABULARY}x{HIDDEN}xf32>
  %logits = zq.linear %hidden, %w : (tensor<1x{STEP}x{HIDDEN}xf32>, tensor<{VOCABULARY}x{HIDDEN}xf32>) -> tensor<1x{STEP}x{VOCABULARY}xf32>
  return %logits : tensor<1x{STEP}x{VOCABULARY}xf32>
}}
""")


for name, scale, head in zip(("reference.mlir", "candidate.mlir"), scales, heads):
    write(name, scale, head)
windows = random.integers(0, VOCABULARY, (WINDOWS, TOKENS))
np.save(folder / "windows.npy", windows)


def log_softmax(logits):
    return logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))


def expect(chosen):
    logs = [log_softmax(scale * embedding[chosen] @ head.T)[:, :-1] for scale, head in zip(scales, heads)]
    nexts = chosen[:, 1:, None]
    perplexities = [np.exp(-np.take_along_axis(log, nexts, -1).mean()) for log in logs]
    kl = (np.exp(logs[0]) * (logs[0] - logs[1])).sum(axis=-1).mean()
    return perplexities, kl


def check(what, wanted, found):
    np.testing.assert_allclose(found, wanted, rtol=1e-5, err_msg=what)


for options, chosen in ((["--jobs=3"], range(WINDOWS)), (["--count=2", "--jobs=1"], [0, 2])):
    out = subprocess.run(["zq-evaluate", "reference.mlir", "other=candidate.mlir", "--windows=windows.npy", "--json=out.json", *options],
                         cwd=folder, check=True, capture_output=True, text=True).stdout
    results = json.loads((folder / "out.json").read_text())
    perplexities, kl = expect(windows[list(chosen)])
    reference, other = results["modules"]
    assert results["windows"] == list(chosen) and reference["tokens"] == len(chosen) * (TOKENS - 1)
    check("perplexity of the reference", perplexities[0], reference["perplexity"])
    check("perplexity", perplexities[1], other["perplexity"])
    check("divergence", kl, other["kl"])
    check("SQNR", 20 * np.log10(1 / 0.25), other["output_sqnr_db"])
    assert reference["kl"] == 0 and reference["output_sqnr_db"] is None
    assert f"{perplexities[1]:.5f}"[:-2] in out and f"{kl:.5f}"[:-1] in out, out
    print("ok", *options)
out = subprocess.run(["zq-evaluate", "reference.mlir", "other=candidate.mlir", "--windows=windows.npy", "--head="],
                     cwd=folder, check=True, capture_output=True, text=True).stdout
print(out)
