"""The plots of scripts/report_page.py."""
import collections
import html
import io
import re

from reports import get_block, get_gains, get_inputs, get_kind, get_octave, get_range

COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444", "#8C564B", "#7F7F7F", "#BCBD22"]


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
