#!/usr/bin/env python3
"""Makes one self-contained HTML page, with plots, of the report of zq-materialize-weights, zq-compile or zq-calibrate.

usage: report_page.py REPORT.json PAGE.html [--title TEXT]

Needs matplotlib. The page refers to nothing outside of itself.
"""
import argparse
import collections
import html
import io
import json
import math
import os
import pathlib
import re
import statistics
import sys

COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444", "#8C564B", "#7F7F7F", "#BCBD22"]
STYLE = """
body { font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; color: #222; background: #fafafa; margin: 0 auto; max-width: 1340px; padding: 1.5em; }
h1 { font-size: 1.5em; margin: 0 0 .2em; } h2 { font-size: 1.15em; margin: 2em 0 .5em; }
.sub, figcaption { color: #666; } figcaption { font-size: .88em; margin: 0 .5em .3em; }
.cards { display: flex; flex-wrap: wrap; gap: .8em; margin: 1.2em 0; }
.card { background: #fff; border: 1px solid #ddd; border-radius: 6px; padding: .6em 1em; }
.card b { display: block; font-size: 1.35em; font-weight: 600; }
.card span { color: #666; font-size: .88em; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(520px, 1fr)); gap: 1em; }
figure { background: #fff; border: 1px solid #ddd; border-radius: 6px; margin: 0; padding: .6em; }
figure svg { width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2em 1.2em; margin: .5em 0 1em; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; }
.table { overflow-x: auto; background: #fff; border: 1px solid #ddd; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .84em; font-variant-numeric: tabular-nums; }
th, td { padding: .28em .6em; text-align: right; white-space: nowrap; border-bottom: 1px solid #eee; }
th { position: sticky; top: 0; background: #f2f2f2; cursor: pointer; user-select: none; }
th:first-child, td:first-child { text-align: left; } tr:hover td { background: #f6f9fc; } td.warn { color: #b33; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content auto; gap: .1em 1.2em; } dt { color: #666; } dd { margin: 0; }
"""
SORT = """
for (const th of document.querySelectorAll("th")) th.onclick = () => {
  const body = th.closest("table").tBodies[0], i = th.cellIndex, up = th.dataset.up = th.dataset.up === "1" ? "0" : "1";
  const key = row => { const v = row.cells[i].dataset.v; return v === "" ? -Infinity : isNaN(v) ? v : +v; };
  [...body.rows].map(row => [key(row), row]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (up === "1" ? 1 : -1))
    .forEach(([, row]) => body.append(row));
};
"""


def size(count):
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


class Plots:
    """The figures of a report, as SVG. The x axis is the block, where layers have one, otherwise the layer's number."""

    def __init__(self, layers):
        import matplotlib
        matplotlib.use("Agg")
        matplotlib.rcParams.update({
            "svg.fonttype": "none", "svg.hashsalt": "zq", "font.family": "sans-serif", "font.size": 10.5, "axes.grid": True, "grid.alpha": 0.3,
            "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "legend.frameon": False})
        import matplotlib.pyplot
        self.pyplot = matplotlib.pyplot
        self.layers = layers
        self.kinds = list(dict.fromkeys(get_kind(layer["name"]) for layer in layers))
        blocks = [get_block(layer["name"]) for layer in layers]
        known = [block for block in blocks if block is not None]
        # One layer of a kind in each block; the few without a block, such as the head, come behind the last.
        places = set(zip(blocks, (get_kind(layer["name"]) for layer in layers)))
        self.has_blocks = len(places) == len(layers) and len(known) > len(layers) // 2
        self.x = [max(known) + 1 if block is None else block for block in blocks] if self.has_blocks else list(range(len(layers)))
        self.has_kinds = self.has_blocks and len(self.kinds) <= len(COLORS)

    def get_color(self, kind):
        return COLORS[self.kinds.index(kind)] if self.has_kinds else COLORS[0]

    def draw(self, caption, paint, height=3.3):
        figure, axes = self.pyplot.subplots(figsize=(6.6, height), layout="constrained")
        paint(axes)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
        self.pyplot.close(figure)
        # Ids of several pictures in one page must differ.
        svg = text.getvalue()[text.getvalue().index("<svg"):]
        prefix = re.sub(r"\W+", "-", caption[:24])
        svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
        return f"<figure><figcaption>{html.escape(caption)}</figcaption>{svg}</figure>"

    def by_layer(self, caption, label, get, log=False, floor=None):
        """One value for each layer: a line for each kind over the blocks."""
        points = collections.defaultdict(list)
        for x, layer in zip(self.x, self.layers):
            value = get(layer)
            if value is not None and not (log and value <= 0):
                points[get_kind(layer["name"]) if self.has_kinds else ""].append((x, value))
        if not any(points.values()):
            return ""

        def paint(axes):
            for kind, values in points.items():
                color = self.get_color(kind)
                axes.plot(*zip(*sorted(values)), "o-" if self.has_kinds else "o", color=color, markersize=3.2, linewidth=0.9, alpha=0.9)
            axes.set_xlabel("block" if self.has_blocks else "layer")
            axes.set_ylabel(label)
            axes.xaxis.get_major_locator().set_params(integer=True)
            if log:
                axes.set_yscale("log")
                axes.yaxis.set_major_formatter("{x:g}")
                axes.yaxis.set_minor_formatter("{x:g}")
            if floor is not None:
                axes.set_ylim(bottom=min(floor, axes.get_ylim()[0]))

        return self.draw(caption, paint)

    def shifts(self):
        """How often each shift is used, by kind of layer."""
        counts = collections.defaultdict(collections.Counter)
        for layer in self.layers:
            kind = get_kind(layer["name"]) if self.has_kinds else ""
            for shift, count in enumerate(layer.get("shift_histogram", [])):
                counts[kind][shift] += count
        total = sum(sum(counter.values()) for counter in counts.values())
        if not total:
            return ""
        last = max(max(counter) for counter in counts.values())

        def paint(axes):
            bottom = [0.0] * (last + 1)
            for kind, counter in counts.items():
                heights = [100 * counter[shift] / total for shift in range(last + 1)]
                axes.bar(range(last + 1), heights, bottom=bottom, color=self.get_color(kind), width=0.8)
                bottom = [b + h for b, h in zip(bottom, heights)]
            axes.set_xlabel("shift k of a group's scale, anchor / 2^k")
            axes.set_ylabel("groups, %")
            axes.set_xticks(range(last + 1))
            axes.grid(axis="x", visible=False)

        return self.draw("Shifts of all groups", paint)

    def steps(self):
        """What each step of the calibration leaves, relative to rounding to nearest."""
        order, ratios = [], collections.defaultdict(list)
        for layer in self.layers:
            steps = layer.get("steps", [])
            first = steps[0]["calibration_error"] if steps else None
            for step in steps:
                if step["name"] not in order:
                    order.append(step["name"])
                if first:
                    ratios[step["name"]].append(100 * step["calibration_error"] / first)
        if not any(ratios.values()):
            return ""

        def paint(axes):
            axes.boxplot([ratios[name] for name in order], whis=(0, 100), showmeans=False, medianprops={"color": COLORS[1]},
                         boxprops={"color": COLORS[0]}, whiskerprops={"color": COLORS[0]}, capprops={"color": COLORS[0]})
            axes.set_xticks(range(1, len(order) + 1), order)
            axes.set_ylabel("error, % of the first step's")
            axes.set_ylim(bottom=0)
            axes.grid(axis="x", visible=False)

        return self.draw("Error on the calibration data after each step: median, quartiles and extremes over layers", paint)

    def gains(self):
        """What each option of the chain brings: the error that is left of what there was without it."""
        gains = get_gains(self.layers)
        if not gains:
            return ""

        def paint(axes):
            ratios = [[100 * after / before for before, after in pairs if before] or [100.0] for pairs in gains.values()]
            axes.boxplot(ratios, whis=(0, 100), medianprops={"color": COLORS[1]},
                         boxprops={"color": COLORS[0]}, whiskerprops={"color": COLORS[0]}, capprops={"color": COLORS[0]})
            axes.axhline(100, color="#999999", linewidth=0.8)
            axes.set_xticks(range(1, len(gains) + 1), gains, rotation=35, ha="right")
            axes.set_ylabel("% of the error without it")
            axes.grid(axis="x", visible=False)

        return self.draw("What each option of the chain brings: median, quartiles and extremes over layers", paint, height=3.8)

    def inputs(self):
        """How the magnitudes of inputs are distributed, by kind of layer."""
        kinds = collections.defaultdict(collections.Counter)
        for layer, counts in get_inputs(self.layers):
            kinds[get_kind(layer["name"]) if self.has_kinds else ""].update(counts)
        if not kinds:
            return ""

        def paint(axes):
            for kind, counts in kinds.items():
                total = sum(counts.values())
                # A density, since bins have unequal widths; zeros and the like have no place on the axis.
                bins = [bin for bin in range(min(counts), max(counts) + 1) if 1 <= bin <= 160]
                edges = [get_octave(bin - 1) for bin in bins] + [get_octave(bins[-1])] if bins else [0]
                density = [100 * counts[bin] / total / (high - low) for bin, low, high in zip(bins, edges, edges[1:])]
                axes.stairs(density, edges, color=self.get_color(kind), linewidth=1.1)
            axes.set_yscale("log")
            axes.set_xlabel("binary logarithm of the magnitude")
            axes.set_ylabel("inputs in an octave, %")
            axes.yaxis.set_major_formatter("{x:g}")

        return self.draw("Magnitudes of the inputs on the calibration data", paint)

    def input_ranges(self):
        ranges = {id(layer): get_range(counts) for layer, counts in get_inputs(self.layers)}
        return self.by_layer("From the median magnitude of the inputs to the largest", "octaves", lambda layer: ranges.get(id(layer)), floor=0)

    def bytes(self):
        before, after = collections.Counter(), collections.Counter()
        for layer in self.layers:
            kind = get_kind(layer["name"]) if self.has_blocks else layer["name"]
            before[kind] += layer["bytes_before"]
            after[kind] += layer["bytes_after"]
        kinds = sorted(before, key=before.get)[-16:]

        def paint(axes):
            rows = range(len(kinds))
            unit, name = (1e9, "GB") if max(before.values()) >= 2e9 else (1e6, "MB") if max(before.values()) >= 2e6 else (1e3, "kB")
            axes.barh([row + 0.2 for row in rows], [before[kind] / unit for kind in kinds], height=0.38, color="#bbbbbb", label="float")
            axes.barh([row - 0.2 for row in rows], [after[kind] / unit for kind in kinds], height=0.38, color=COLORS[0], label="quantized")
            axes.set_yticks(rows, kinds)
            axes.set_xlabel(name)
            axes.grid(axis="y", visible=False)
            axes.legend(loc="lower right")

        return self.draw("Bytes of weights, with scales and LoRC factors, by kind of layer", paint, height=max(2.2, 0.36 * len(kinds) + 0.9))

    def stages(self, report):
        """Errors of the whole model after each stage (zq-calibrate), where there are any."""
        stages = report.get("stages") or []
        keys = [key for key in (stages[0] if stages else {}) if isinstance(stages[0][key], (int, float)) and "error" in key]
        if not keys:
            return ""

        def paint(axes):
            for key, color in zip(keys, COLORS):
                axes.plot(range(len(stages)), [stage.get(key) for stage in stages], "o-", markersize=3, linewidth=0.9, color=color, label=key.replace("_", " "))
            axes.set_xlabel("stage")
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.set_ylim(bottom=0)
            axes.legend()

        return self.draw("Error of each stage's output against the float model's", paint)

    def legend(self):
        if not self.has_kinds:
            return ""
        items = (f'<span><i style="background:{self.get_color(kind)}"></i>{html.escape(kind)}</span>' for kind in self.kinds)
        return f'<div class="legend">{"".join(items)}</div>'


def make_card(value, what):
    return f'<div class="card"><b>{html.escape(str(value))}</b><span>{html.escape(what)}</span></div>'


def make_cards(report):
    layers, total = report["layers"], report["total"]
    elements = sum(layer["n"] * layer["k"] for layer in layers) or 1
    bytes_after = sum(layer["bytes_after"] for layer in layers)
    cards = [make_card(len(layers), "layer" if len(layers) == 1 else "layers"),
             make_card(f"{size(total['bytes_before'])} → {size(total['bytes_after'])}", f"{total['bytes_before'] / total['bytes_after']:.2f} times smaller"
                       if total["bytes_after"] else "bytes of weights"),
             make_card(f"{8 * bytes_after / elements:.2f}", "bits a weight, with scales and LoRC")]
    for key, what in (("sqnr_db", "dB, median SQNR of weights"), ("sqnr_lorc_db", "dB with LoRC")):
        values = [layer[key] for layer in layers if layer.get(key) is not None]
        if values:
            cards.append(make_card(f"{statistics.median(values):.2f}", what))
    for key, what in (("output_error", "median output error, probe batch"), ("calibration_error", "median output error, calibration data")):
        values = [layer[key] for layer in layers if layer.get(key) is not None]
        if values:
            cards.append(make_card(f"{100 * statistics.median(values):.2f} %", what))
    groups = sum(layer["groups"] for layer in layers)
    clamped = sum(layer.get("clamped_groups", 0) for layer in layers)
    cards.append(make_card(f"{clamped:,}", f"of {groups:,} groups clamped to the last shift"))
    return f'<div class="cards">{"".join(cards)}</div>'


def make_table(layers):
    def number(value, digits):
        return ("", "") if value is None else (repr(value), f"{value:.{digits}f}")

    def error(value):
        return ("", "") if value is None else (repr(value), f"{100 * value:.2f}")

    columns = [("layer", lambda l: (l["name"] or l["function"],) * 2), ("N × K", lambda l: (l["n"] * l["k"], f"{l['n']} × {l['k']}")),
               ("weights", lambda l: (l["weight_format"],) * 2), ("activations", lambda l: (l["activation_format"] or "",) * 2),
               ("group", lambda l: (l["group_size"],) * 2), ("scales", lambda l: (l["constraint"],) * 2),
               ("SQNR, dB", lambda l: number(l["sqnr_db"], 2) if l["sqnr_db"] is not None else (1e9, "exact")),
               ("LoRC rank", lambda l: (l["lorc_rank"] or "",) * 2), ("gain, dB", lambda l: number(get_gain(l), 2)),
               ("output error, %", lambda l: error(l.get("output_error"))), ("calibration error, %", lambda l: error(l.get("calibration_error"))),
               ("groups", lambda l: (l["groups"], f"{l['groups']:,}")), ("clamped", lambda l: (l.get("clamped_groups", ""),) * 2),
               ("before", lambda l: (l["bytes_before"], size(l["bytes_before"]))), ("after", lambda l: (l["bytes_after"], size(l["bytes_after"])))]
    cells = [[get(layer) for _, get in columns] for layer in layers]
    # Columns of nothing say nothing.
    used = [i for i in range(len(columns)) if any(str(row[i][1]) != "" for row in cells)]
    head = "".join(f"<th>{html.escape(columns[i][0])}</th>" for i in used)
    rows = []
    for row in cells:
        parts = []
        for i in used:
            warn = ' class="warn"' if columns[i][0] == "clamped" and row[i][0] else ""
            parts.append(f'<td{warn} data-v="{html.escape(str(row[i][0]))}">{html.escape(str(row[i][1]))}</td>')
        rows.append(f"<tr>{''.join(parts)}</tr>")
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def make_gains(layers):
    """A table of what each option brings; see docs/calibration.md for what the names stand for."""
    gains = get_gains(layers)
    if not gains:
        return ""
    rows = []
    for name, pairs in gains.items():
        before, after = (statistics.median(errors) for errors in zip(*pairs))
        decibels = statistics.median(20 * math.log10(b / a) if a and b else 0.0 for b, a in pairs)
        cells = [(name, name), (len(pairs), len(pairs)), (before, f"{100 * before:.2f}"), (after, f"{100 * after:.2f}"),
                 (decibels, f"{decibels:+.2f}"), (sum(a < b for b, a in pairs),) * 2]
        rows.append("<tr>" + "".join(f'<td data-v="{html.escape(str(v))}">{html.escape(str(text))}</td>' for v, text in cells) + "</tr>")
    head = "".join(f"<th>{what}</th>" for what in ("option", "layers", "median error before, %", "after, %", "median gain, dB", "layers it helps"))
    return f'<h2>Gain of each option</h2><div class="table"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def make_settings(report):
    entries = {"algorithm": report["algorithm"]}
    entries.update(report.get("calibration") or {})
    if report.get("probe", {}).get("tokens"):
        entries["probe"] = f"{report['probe']['tokens']} tokens of {report['probe']['values']}"
    items = "".join(f"<dt>{html.escape(key.replace('_', ' '))}</dt><dd>{html.escape(str(value))}</dd>" for key, value in entries.items())
    return f"<dl>{items}</dl>"


def make_page(report, title):
    layers = report["layers"]
    plots = Plots(layers)
    figures = [
        plots.by_layer("SQNR of the quantized weight", "dB", lambda layer: layer["sqnr_db"]),
        plots.by_layer("What LoRC adds to it", "dB", get_gain, floor=0),
        plots.by_layer("Output error on the probe batch, ||y − ŷ|| / ||y||, activations quantized as well", "%",
                       lambda layer: None if layer.get("output_error") is None else 100 * layer["output_error"], floor=0),
        plots.by_layer("Output error on the calibration data, activations in float", "%",
                       lambda layer: None if layer.get("calibration_error") is None else 100 * layer["calibration_error"], log=True),
        plots.steps(), plots.gains(), plots.stages(report), plots.inputs(), plots.input_ranges(), plots.shifts(), plots.bytes()]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>
<h1>{html.escape(title)}</h1><div class="sub">Quantized weights, layer by layer</div>
{make_cards(report)}
{plots.legend()}
<div class="plots">{"".join(figures)}</div>
{make_gains(layers)}
<h2>Layers</h2>
{make_table(layers)}
<h2>Settings</h2>
{make_settings(report)}
<script>{SORT}</script>
</body></html>
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path)
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--title", help="of the page; the report's name otherwise")
    args = parser.parse_args()
    try:
        report = json.loads(args.report.read_text())
        layers = report["layers"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        sys.exit(f"{args.report}: no report of zq-materialize-weights: {problem}")
    if not layers:
        sys.exit(f"{args.report}: it has no layers")
    try:
        page = make_page(report, args.title or args.report.stem)
    except ImportError as problem:
        sys.exit(f"{problem}; matplotlib draws the plots: pip install matplotlib")
    temporary = args.page.with_name(f"{args.page.name}.{os.getpid()}.tmp")
    temporary.write_text(page)
    temporary.replace(args.page)


if __name__ == "__main__":
    main()
