#!/usr/bin/env python3
"""Statistics of a PyTorch module's linear layers, in a file for zq-materialize-weights (docs/statistics.md).

    from from_torch import calibrate
    calibrate(model, batches, "statistics.safetensors")     # batches: what the model is called with, one by one

Every torch.nn.Linear is observed under its name in model.named_modules(), which is what zq calls the layer where its
weight comes from the model's state_dict. Layers that read the same tensor (q, k and v; gate and up) share one Hessian.
torch is needed by `calibrate` alone; `InputMoments` and `write_statistics` take numpy arrays from anywhere.
"""
import json
import os

import numpy as np

VERSION = "1"


FIRST_OCTAVE, OCTAVES = -20, 40
BINS = 4 * OCTAVES + 2


def count_magnitudes(x):
    """Four bins an octave of finite FP32 values, and one for what is on either side: exponent and two bits of mantissa."""
    bins = (x.view(np.uint32) & 0x7FFFFFFF) >> 21
    return np.bincount(np.clip(bins.astype(np.int64) - 4 * (127 + FIRST_OCTAVE) + 1, 0, BINS - 1).ravel(), minlength=BINS)


class InputMoments:
    """H = (2/n) sum x x^T, the largest magnitudes and a histogram of inputs of k values, added up batch by batch."""

    def __init__(self, k):
        self.sums = np.zeros((k, k), np.float64)
        self.absmax = np.zeros(k, np.float32)
        self.histogram = np.zeros(BINS, np.int64)
        self.count = 0

    def add(self, x):
        """x: any shape that ends in k; a row is a token."""
        x = np.ascontiguousarray(x, np.float32).reshape(-1, len(self.absmax))
        if not np.isfinite(x).all():
            raise ValueError("an input is not finite")
        for begin in range(0, len(x), 512):  # FP32 over these, FP64 over all
            part = x[begin:begin + 512]
            self.sums += part.T @ part
        self.absmax = np.maximum(self.absmax, np.abs(x).max(axis=0, initial=0.0))
        self.histogram += count_magnitudes(x)
        self.count += len(x)

    def hessian(self):
        return (2.0 / max(self.count, 1) * self.sums).astype(np.float32)


def write_statistics(path, moments, shared=None):
    """moments: layer name -> InputMoments; shared: layer name -> the layer in moments that reads the same input."""
    shared = shared or {}
    for layer, other in shared.items():
        if other not in moments:
            raise ValueError(f"{layer} shares the inputs of {other}, which has none")
    metadata = {"format": "zq-statistics", "version": VERSION} | {f"{layer}.inputs": other for layer, other in shared.items()}
    header, offset = {"__metadata__": metadata}, 0

    def add(name, dtype, shape, size):
        nonlocal offset
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size

    counts = np.array([m.count for m in moments.values()], np.int64)  # first, for their alignment
    if not counts.all():
        raise ValueError(f"no inputs of {', '.join(name for name, m in moments.items() if not m.count)}")
    for name in moments:
        add(f"{name}.count", "I64", [], 8)
    for name in moments:
        add(f"{name}.histogram", "I64", [BINS], 8 * BINS)
    for name, m in moments.items():
        k = len(m.absmax)
        add(f"{name}.hessian", "F32", [k, k], 4 * k * k)
        add(f"{name}.absmax", "F32", [k], 4 * k)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    partial = f"{path}.partial"
    with open(partial, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.write(counts.astype("<i8").tobytes())
        for m in moments.values():
            file.write(m.histogram.astype("<i8").tobytes())
        for m in moments.values():  # one Hessian in memory at a time
            file.write(m.hessian().astype("<f4").tobytes())
            file.write(m.absmax.astype("<f4").tobytes())
    os.replace(partial, path)


def calibrate(model, batches, path):
    """Runs the model on every batch (a tensor, a tuple of arguments or a dict of them) and writes the statistics."""
    import torch

    moments, sharers, current = {}, {}, {}

    def observe(name, x):
        # The tensor is kept until the end of the call, so that no other gets its id; one that was written to is another.
        key = id(x), x._version
        if key in current:
            first = current[key][1]
            if name not in moments and sharers.setdefault(name, first) == first:
                return
        if name in sharers:
            raise RuntimeError(f"{name} shares the inputs of {sharers[name]} in one call and not in another")
        current.setdefault(key, (x, name))
        moments.setdefault(name, InputMoments(x.shape[-1])).add(x.detach().float().cpu().numpy())

    hooks = [module.register_forward_pre_hook(lambda module, args, name=name: observe(name, args[0]))
             for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    try:
        with torch.no_grad():
            for batch in batches:
                current.clear()
                if isinstance(batch, dict):
                    model(**batch)
                elif isinstance(batch, (tuple, list)):
                    model(*batch)
                else:
                    model(batch)
    finally:
        for hook in hooks:
            hook.remove()
    write_statistics(path, moments, sharers)
