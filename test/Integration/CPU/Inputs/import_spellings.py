#!/usr/bin/env python3
"""import_spellings.py MODULE SCRATCH: imports a module and runs each of its
functions beside the original. Prints one line a function."""
import pathlib
import re
import subprocess
import sys

original, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
scratch.mkdir(parents=True, exist_ok=True)
imported = scratch / "imported.mlir"
subprocess.run(["zq-opt", "--zq-import", original, "-o", imported], check=True)
for function in re.split(r"^  func\.func ", imported.read_text(), flags=re.M)[1:]:
    name = re.match(r"@(\w+)", function).group(1)
    # Sums in f32 differ by their order, results in bf16 by a rounding.
    tolerance = 1e-3 if "bf16" in function else 1e-6
    run = subprocess.run(["zq-runner", imported, f"--compare={original}", f"--entry={name}", "--inputs=random",
                          "--dims=3", f"--tolerance={tolerance}"], capture_output=True, text=True)
    error = re.search(r"relative L2 error (\S+)", run.stdout)
    print(f"{name}: {function.count('zq.linear')} linears, "
          f"{'ok' if run.returncode == 0 and error else 'FAILED'} {error.group(1) if error else run.stderr}")
