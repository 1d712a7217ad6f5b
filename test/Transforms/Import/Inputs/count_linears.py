#!/usr/bin/env python3
"""Imports every .mlir of a folder and prints what became of its products:
count_linears.py FOLDER, one line a file, by name."""
import pathlib
import re
import subprocess
import sys

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.mlir")):
    run = subprocess.run(["zq-opt", "--zq-import", "--remarks-filter-missed=zq",
                          "--remarks-filter-analyse=zq", path],
                         capture_output=True, text=True)
    if run.returncode:
        print(f"{path.stem}: {run.stderr}")
        continue
    linears = re.findall(r"zq\.linear %\S+, %\S+( bias)?", run.stdout)
    left = len(re.findall(r"\[(?:Missed|Analysis)\] zq-raise-linear", run.stderr))
    print(f"{path.stem}: {len(linears)} linears, {sum(map(bool, linears))} with bias, {left} products left")
