#!/usr/bin/env python3
"""Makes one self-contained HTML page, with plots, of the report of zq-materialize-weights, zq-compile or zq-calibrate.

usage: report_page.py REPORT.json PAGE.html [--title TEXT]

Needs matplotlib. The page refers to nothing outside of itself.
"""
import argparse
import html
import math
import os
import pathlib
import statistics
import sys

from report_plots import Plots
from reports import get_gain, get_gains, read_report, size

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
    report = read_report(args.report)
    try:
        page = make_page(report, args.title or args.report.stem)
    except ImportError as problem:
        sys.exit(f"error: {problem}; matplotlib draws the plots: pip install matplotlib, or run this by build/venv/bin/python, "
                 "the Python that scripts/setup prepares")
    temporary = args.page.with_name(f"{args.page.name}.{os.getpid()}.tmp")
    temporary.write_text(page)
    temporary.replace(args.page)


if __name__ == "__main__":
    main()
