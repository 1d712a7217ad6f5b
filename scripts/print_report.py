#!/usr/bin/env python3
"""Prints the report of zq-materialize-weights as a table, of all layers or of the first ones."""
import argparse
import pathlib
import signal

from reports import read_report, size


def decibels(value):
    return "exact" if value is None else f"{value:.2f}"


def fraction(value):
    """zq-calibrate has no probe tokens unless it is given some."""
    return "-" if value is None else f"{value:.4f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=pathlib.Path, help="the JSON file of its option `report`")
    parser.add_argument("--first", type=int, metavar="N", help="print N layers and how many more there are")
    args = parser.parse_args()
    report = read_report(args.report)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error
    layers, total = report["layers"], report["total"]
    lorc = any(layer["lorc_rank"] for layer in layers)

    width = max(len("layer"), *(len(layer["name"]) for layer in layers))
    print(f"{'layer':{width}}  {'N x K':>12}  {'SQNR dB':>7}  " + (f"{'+ LoRC':>6}  " if lorc else "")
          + f"{'output error':>12}  {'bytes before':>12}  {'after':>9}")
    for layer in layers[:args.first]:
        shape = f"{layer['n']} x {layer['k']}"
        with_lorc = (f"{decibels(layer['sqnr_lorc_db']) if layer['lorc_rank'] else '':>6}  " if lorc else "")
        print(f"{layer['name']:{width}}  {shape:>12}  {decibels(layer['sqnr_db']):>7}  {with_lorc}"
              f"{fraction(layer['output_error']):>12}  {size(layer['bytes_before']):>12}  {size(layer['bytes_after']):>9}")
    if args.first is not None and len(layers) > args.first:
        print(f"... ({len(layers) - args.first} more)")
    ratio = total["bytes_before"] / total["bytes_after"]
    print(f"{len(layers)} layers: {size(total['bytes_before'])} -> {size(total['bytes_after'])}, {ratio:.2f} times smaller")
    probe = report["probe"]
    print("SQNR is of the weights" + (f"; output error is ||y - y^|| / ||y|| on {probe['tokens']} probe tokens ({probe['values']}), "
                                      "activations quantized as well." if probe["tokens"] else "."))


if __name__ == "__main__":
    main()
