"""The report of zq-materialize-weights, zq-compile or zq-calibrate: reading it, and what its layers say."""
import json
import math
import re
import sys


def read_report(path):
    """The report in a file; what is none ends the program with an error of one line."""
    try:
        report = json.loads(path.read_text())
        layers, _ = report["layers"], report["total"]["bytes_after"]
        names = [layer["name"] for layer in layers]
    except OSError as problem:
        sys.exit(f"error: {path}: {problem.strerror}")
    except (ValueError, KeyError, TypeError) as problem:
        sys.exit(f"error: {path}: no report of zq-materialize-weights: {type(problem).__name__}: {problem}")
    if not names:
        sys.exit(f"error: {path}: it has no layers")
    return report


def size(count):
    """Bytes, in powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000


def get_kind(name):
    """Layers of one kind differ in the number of their block: "model.layers.3.mlp.up_proj" is an "mlp.up_proj"."""
    return re.split(r"(?:^|\.)\d+\.", name)[-1] or name


def get_block(name):
    found = re.search(r"(?:^|\.)(\d+)(?:\.|$)", name)
    return int(found[1]) if found else None


def get_gain(layer):
    """What LoRC brings, in dB."""
    before, after = layer["sqnr_db"], layer.get("sqnr_lorc_db")
    return None if before is None or after is None else after - before


def get_gains(layers):
    """Of each option of the chain, in order: the errors of all layers without it and with it."""
    order, gains = [], {}
    for layer in layers:
        place = 0
        for gain in layer.get("gains") or []:
            # Not every layer has all: behind the one that it stands behind here.
            if gain["name"] not in gains:
                order.insert(place, gain["name"])
            place = order.index(gain["name"]) + 1
            gains.setdefault(gain["name"], []).append((gain["error_before"], gain["error_after"]))
    return {name: gains[name] for name in order}


def get_inputs(layers):
    """Of each input that has a histogram: the first layer that reads it, and {bin: count} (docs/statistics.md)."""
    found = {}
    for layer in layers:
        if histogram := layer.get("input_histogram"):
            counts = dict(enumerate(histogram["counts"], histogram["first_bin"]))
            found.setdefault(layer["calibration_inputs"], (layer, counts))
    return list(found.values())


def get_octave(place):
    """The binary logarithm of where bin 1 + place begins."""
    return math.log2(1 + place % 4 / 4) + place // 4 - 20


def get_range(counts):
    """How many octaves there are from the median of the magnitudes that are not 0 to the end of the last bin."""
    seen, half = 0, sum(count for bin, count in counts.items() if bin > 0) / 2
    for bin, count in sorted(counts.items()):
        seen += count if bin > 0 else 0
        if bin > 0 and seen >= half:
            return get_octave(max(counts)) - (get_octave(bin - 1) + get_octave(bin)) / 2
    return None
