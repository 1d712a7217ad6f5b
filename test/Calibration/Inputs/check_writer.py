"""Writes statistics of two batches with from_torch.py and reads the file by its bytes."""
import json
import pathlib
import sys

import numpy as np
from from_torch import InputMoments, write_statistics

path = pathlib.Path(sys.argv[1])
random = np.random.default_rng(7)
moments = {"q": InputMoments(6), "o": InputMoments(3)}
x = random.normal(size=(2, 40, 6)).astype(np.float32)
for batch in x:
    moments["q"].add(batch)
moments["o"].add(random.normal(size=(1, 5, 3)))
write_statistics(path, moments, {"k": "q", "v": "q"})

data = path.read_bytes()
size = int.from_bytes(data[:8], "little")
header = json.loads(data[8:8 + size])
assert header.pop("__metadata__") == {"format": "zq-statistics", "version": "1", "k.inputs": "q", "v.inputs": "q"}
assert set(header) == {f"{layer}.{what}" for layer in "qo" for what in ("hessian", "count", "absmax", "histogram")}


def tensor(name, dtype):
    begin, end = header[name]["data_offsets"]
    return np.frombuffer(data[8 + size + begin:8 + size + end], dtype).reshape(header[name]["shape"])


tokens = x.reshape(80, 6).astype(np.float64)
np.testing.assert_allclose(tensor("q.hessian", "<f4"), 2 / 80 * sum(np.outer(t, t) for t in tokens), atol=1e-5)
np.testing.assert_array_equal(tensor("q.absmax", "<f4"), np.abs(tokens).max(axis=0).astype(np.float32))
# Bins by their definition (docs/statistics.md).
edges = [(1 + i % 4 / 4) * 2.0 ** (i // 4 - 20) for i in range(161)]
bins = np.searchsorted(edges, np.abs(tokens).ravel(), side="right")
np.testing.assert_array_equal(tensor("q.histogram", "<i8"), np.bincount(bins, minlength=162))
extremes = InputMoments(8)
extremes.add([[0.0, -2.0**-21, 2.0**-20, -1.0, 1.25, 2.0**20 - 1, -2.0**20, 1e30]])
assert extremes.histogram.nonzero()[0].tolist() == [0, 1, 81, 82, 160, 161] and extremes.histogram[[0, 161]].tolist() == [2, 2]
assert tensor("q.count", "<i8") == 80 and tensor("o.count", "<i8") == 5
assert sum(end - begin for begin, end in (t["data_offsets"] for t in header.values())) == len(data) - 8 - size

for broken in (lambda: moments["o"].add([[1.0, float("nan"), 0.0]]),
               lambda: write_statistics(path, {"q": InputMoments(2)}),
               lambda: write_statistics(path, moments, {"k": "missing"})):
    try:
        broken()
    except ValueError:
        continue
    raise SystemExit("a mistake was accepted")
assert path.read_bytes() == data
