#!/usr/bin/env python3
"""Makes a Markdown page and a plot of benchmark.py's JSON. Needs matplotlib, no GPU.

usage: report.py BENCHMARK.json PAGE.md PLOT.png
"""
import argparse
import json
import math
import pathlib

GRID = [(4096, 4096), (11008, 4096), (4096, 11008), (8192, 8192), (28672, 8192), (8192, 28672)]
FAST, PROMOTED, COMPENSATED = "grid-fast", "grid", "lorc-fast"
BANDS = [("M <= 64", 1, 64), ("64 < M <= 256", 65, 256), ("256 < M <= 1536", 257, 1536)]

# The fastest public kernel on an H200 (Humming, CUTLASS's example 55, PyTorch's FP8), microseconds, in an earlier run;
# and PyTorch's FP8 there where it was timed in the same way, to scale by. None: PyTorch's FP8 of this run.
PEERS = {
    (4096, 4096): {1: (6.7, 13.3), 16: (7.1, 13.4), 64: (8.7, 13.6), 128: (10.2, 13.6), 256: (10.9, 0), 512: None, 1024: None, 4096: None, 8192: None},
    (11008, 4096): {1: (10.6, 18.7), 16: (11.0, 17.5), 64: (13.2, 16.2), 128: (15.2, 16.1), 256: (19.7, 0), 512: (35.5, 0), 1024: None, 4096: None,
                    8192: None},
    (8192, 8192): {1: (12.8, 34.3), 16: (13.4, 23.9), 64: (16.0, 24.4), 128: (21.9, 29.5), 256: None, 512: (45.0, 0), 1024: (88.2, 0), 4096: None,
                   8192: None},
    (28672, 8192): {1: (31.0, 66.5), 16: (31.7, 67.3), 64: (45.1, 66.2), 128: (60.5, 70.9), 256: (86.7, 0), 512: None, 1024: None, 4096: None,
                    8192: None},
}
# N, K, M, microseconds to reach.
POINTS = [(4096, 4096, 1, 4.8), (4096, 4096, 16, 4.8), (11008, 4096, 1, 8.0), (11008, 4096, 16, 8.0), (8192, 8192, 1, 10.5), (8192, 8192, 16, 10.5),
          (28672, 8192, 1, 29), (28672, 8192, 16, 29), (28672, 8192, 64, 32), (28672, 8192, 128, 46), (4096, 4096, 128, 7), (8192, 8192, 128, 15),
          (11008, 4096, 256, 19), (4096, 4096, 512, 13.5)]


def mean(values):
    values = list(values)
    return math.exp(sum(math.log(value) for value in values) / len(values)) if values else float("nan")


def get_time(cell, *names, state="burst"):
    """The least of the named peers' medians, or None."""
    times = [cell[state][name]["median"] for name in names if name in cell[state]]
    return min(times) if times else None


def get_gemm(cell, module, state="burst"):
    return get_time(cell, f"{module} gemm", f"{module} gemm plain", state=state)


def get_study(cell):
    return get_time(cell, "study", "study plain")


def print_number(value, digits=1):
    return "" if value is None else f"{value:.{digits}f}"


def make_table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def summarize_bands(cells):
    rows = []
    for name, first, last in BANDS:
        band = [cell for cell in cells if first <= cell["m"] <= last and get_gemm(cell, FAST)]
        for who, get in (("zq", lambda cell: get_gemm(cell, FAST)), ("study", get_study)):
            held = [cell for cell in band if get(cell) and get_time(cell, "fp8 fast")]
            if held:
                ratios = [get_time(cell, "fp8 fast") / get(cell) for cell in held]
                rows.append([f"{name}, {who}", f"{mean(cell['floor'] / get(cell) for cell in held):.3f}",
                             f"{mean(ratios):.3f}", f"{min(ratios):.2f}"])
    return make_table(["", "floor / time", "FP8 fast / time", "least of these"], rows)


def summarize_prefill(cells):
    rows = []
    large = [cell for cell in cells if cell["m"] >= 2048]
    for label, mine, theirs in (("fast / FP8 fast", FAST, "fp8 fast"), ("promoted / FP8 no-fast", PROMOTED, "fp8 no-fast")):
        for state in ("burst", "steady"):
            ratios = {(cell["n"], cell["k"], cell["m"]): get_time(cell, theirs, state=state) / get_gemm(cell, mine, state)
                      for cell in large if get_gemm(cell, mine, state) and get_time(cell, theirs, state=state)}
            study = [get_time(cell, theirs, state=state) / get_time(cell, "study promoted" if mine == PROMOTED else "study", state=state)
                     for cell in large if get_time(cell, "study promoted" if mine == PROMOTED else "study", state=state)]
            if ratios:
                rows.append([label, state, f"{mean(ratios.values()):.3f}", f"{min(ratios.values()):.2f}",
                             f"{mean(study):.3f}" if study else ""])
    return make_table(["M >= 2048", "", "theirs / zq", "least", "theirs / study"], rows)


def summarize_peers(by_cell):
    rows, won = [], 0
    for shape, peers in PEERS.items():
        for m, peer in peers.items():
            cell = by_cell.get((*shape, m))
            if not cell or not get_gemm(cell, FAST):
                continue
            fp8, mine = get_time(cell, "fp8 fast"), get_gemm(cell, FAST)
            best = fp8 if peer is None else peer[0] * (fp8 / peer[1] if peer[1] else 1)
            won += mine <= best
            rows.append([f"{shape[0]}x{shape[1]}", str(m), f"{best:.1f}", f"{mine:.1f}", f"{best / mine:.2f}"])
    return [f"Fastest of all public kernels in {won} of {len(rows)} cells:", ""] + make_table(["N x K", "M", "best peer", "zq", "peer / zq"], rows)


def summarize_points(by_cell):
    rows = []
    for n, k, m, reach in POINTS:
        cell = by_cell.get((n, k, m))
        if cell and get_gemm(cell, FAST):
            mine = get_gemm(cell, FAST)
            rows.append([f"{n}x{k}", str(m), f"{cell['floor']:.1f}", print_number(get_study(cell)), f"{mine:.1f}", f"{reach}",
                         "yes" if mine <= reach else "no"])
    return make_table(["N x K", "M", "floor", "study", "zq", "to reach", "reached"], rows)


def summarize_fusion(cells):
    rows = []
    for cell in cells:
        linear, gemm = get_time(cell, f"{FAST} linear"), get_time(cell, f"{FAST} gemm")
        compensated = get_time(cell, f"{COMPENSATED} linear")
        if compensated and (cell["m"] <= 64 or cell["m"] >= 2048):
            rows.append([f"{cell['n']}x{cell['k']}", str(cell["m"]), f"{gemm:.1f}", f"{linear:.1f}", f"{linear - gemm:.1f}", f"{compensated:.1f}",
                         f"{compensated / linear - 1:.1%}"])
    return make_table(["N x K", "M", "GEMM", "with quantization", "extra, us", "with LoRC, rank 16", "extra"], rows)


def summarize_steps(steps):
    rows = []
    for step in steps:
        times = {kind: time["median"] for kind, time in step["times"].items()}
        rows.append([f"{step['layers']} layers of {step['stack']}", str(step["m"]), f"{times['gemm']:.0f}", f"{times['linear']:.0f}",
                     f"{times['fp8 fast']:.0f}", f"{times['fp8 fast'] / times['gemm']:.2f}", f"{times['fp8 fast'] / times['linear']:.2f}"])
    return make_table(["", "M", "zq, GEMMs", "zq, whole linears", "FP8 fast", "FP8 / GEMMs", "FP8 / linears"], rows)


def list_cells(cells):
    rows = []
    for cell in cells:
        mine, linear = get_gemm(cell, FAST), get_time(cell, f"{FAST} linear")
        row = [f"{cell['n']}x{cell['k']}", str(cell["m"]), print_number(cell["floor"]), print_number(mine), print_number(get_gemm(cell, PROMOTED)),
               print_number(linear), print_number(get_study(cell))]
        row += [print_number(get_time(cell, name)) for name in ("fp8 fast", "fp8 no-fast", "bf16")]
        rows.append(row + [print_number(mine and cell["floor"] / mine, 2)])
    return make_table(["N x K", "M", "floor", "zq fast", "zq promoted", "zq fast, whole linear", "study", "FP8 fast", "FP8 no-fast", "bf16",
                       "floor / zq fast"], rows)


def make_page(result, plot):
    cells = result["cells"]
    by_cell = {(cell["n"], cell["k"], cell["m"]): cell for cell in cells}
    grid = [cell for cell in cells if (cell["n"], cell["k"]) in GRID]
    others = [cell for cell in cells if (cell["n"], cell["k"]) not in GRID]
    errors = {}
    for cell in cells:
        for name, error in cell["errors"].items():
            name = name.replace(" plain", "")
            errors[name] = max(errors.get(name, 0), error)
    lines = ["# Kernels of zq beside others on one GPU", "",
             f"{result['device']}, driver {result['driver']}, PyTorch {result['torch']}; commit {result['commit']}, {result['date']}; copies at "
             f"{result['copy_bandwidth'] / 1e12:.2f} TB/s. Medians in microseconds, written by benchmarks/hopper/report.py from the JSON beside this;",
             "benchmarks/hopper/benchmark.py says how they were measured. Floor: the larger of the weight's bytes over the copies' bandwidth",
             "and the operations over 1450 TFLOP/s. zq: the generated GEMM with fast or promoted accumulation, the faster of chained and plain",
             "launches; the whole linear quantizes its activations as well. Study: the best of a set of hand-written kernels for each cell.", "",
             f"![time and fraction of the floor]({plot})", "",
             f"{len(cells)} cells in {result['seconds']} s, {len(result['failures'])} failures. Largest errors against float64: "
             + ", ".join(f"{name} {error:.1e}" for name, error in errors.items()) + ".", "", "## The grid", ""]
    lines += summarize_bands(grid) + summarize_prefill(grid)
    if others:
        lines += ["## Shapes that nobody tuned for", ""] + summarize_bands(others) + summarize_prefill(others)
    lines += ["## Single points", ""] + summarize_points(by_cell)
    lines += ["## Public kernels", "",
              "Times of an earlier run on the same kind of machine, scaled by PyTorch's FP8 where that was timed alike.", ""] + summarize_peers(by_cell)
    lines += ["## Decode steps", "", "The linears of one step, in one graph; FP8 gets its activations quantized for nothing.", ""]
    lines += summarize_steps(result["steps"])
    if any(COMPENSATED + " linear" in cell["burst"] for cell in cells):
        lines += ["## Quantization and low-rank compensation", ""] + summarize_fusion(cells)
    lines += ["## All cells", ""] + list_cells(cells)
    return "\n".join(lines)


CURVES = [("zq fast", lambda cell: get_gemm(cell, FAST), "#d62728", "o-", 2), ("zq promoted", lambda cell: get_gemm(cell, PROMOTED), "#ff9896", "o-", 1.2),
          ("study", get_study, "#7f7f7f", "x--", 1), ("FP8 fast (PyTorch)", lambda cell: get_time(cell, "fp8 fast"), "#1f77b4", "s-", 1.2),
          ("FP8 no-fast", lambda cell: get_time(cell, "fp8 no-fast"), "#aec7e8", "s-", 1),
          ("bf16", lambda cell: get_time(cell, "bf16"), "#2ca02c", "^-", 1)]


def plot_cells(result, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    shapes = [shape for shape in GRID if any((cell["n"], cell["k"]) == shape for cell in result["cells"])]
    columns = min(3, len(shapes))
    bands = -(-len(shapes) // columns)
    figure, axes = plt.subplots(2 * bands, columns, figsize=(5.2 * columns, 5.6 * bands), squeeze=False, sharex=True,
                                gridspec_kw={"height_ratios": [1.5, 1] * bands})
    for index, (n, k) in enumerate(shapes):
        time, fraction = (axes[2 * (index // columns) + part][index % columns] for part in (0, 1))
        cells = sorted((cell for cell in result["cells"] if (cell["n"], cell["k"]) == (n, k)), key=lambda cell: cell["m"])
        tokens = [cell["m"] for cell in cells]
        time.plot(tokens, [cell["floor"] for cell in cells], "k:", label="floor")
        for label, get, color, style, width in CURVES:
            held = [(cell["m"], get(cell), cell["floor"]) for cell in cells if get(cell)]
            if held:
                time.plot([m for m, _, _ in held], [us for _, us, _ in held], style, color=color, lw=width, ms=4, label=label)
                fraction.plot([m for m, _, _ in held], [floor / us for _, us, floor in held], style, color=color, lw=width, ms=4)
        for axis in (time, fraction):
            axis.set_xscale("log", base=2)
            axis.set_yscale("log")
            axis.grid(True, which="both", alpha=0.25)
        time.set_title(f"{n} x {k}")
        fraction.set_yticks([0.1, 0.2, 0.5, 1.0], ["0.1", "0.2", "0.5", "1"])
        fraction.minorticks_off()
        fraction.set_ylim(0.08, 1.3)
        fraction.axhline(1, color="k", ls=":", lw=1)
        ticks = [1, 4, 16, 64, 256, 1024, 4096]
        fraction.set_xticks(ticks, [str(tick) for tick in ticks])
        time.tick_params(labelbottom=False)
        if index % columns == 0:
            time.set_ylabel("microseconds")
            fraction.set_ylabel("floor / time")
        fraction.set_xlabel("M (tokens)")
    axes[0][0].legend(fontsize=8)
    figure.suptitle(f"W4A8 GEMM, N x K, on {result['device']} (commit {result['commit']}, {result['date']})", fontsize=11)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=pathlib.Path)
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("plot", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        result = json.loads(arguments.result.read_text())
    except (OSError, ValueError) as problem:
        raise SystemExit(f"{arguments.result}: {problem}")
    plot_cells(result, arguments.plot)
    arguments.page.write_text(make_page(result, arguments.plot.name))


main()
