"""Quantizes one model with many sets of options and runs it on the CPU.

usage: options.py MODULE SCRATCH
"""
import os
import re
import subprocess
import sys

source, scratch = sys.argv[1:]
os.makedirs(scratch, exist_ok=True)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


errors = {}


def error(options):
    """Relative L2 error of the model's result against the float model."""
    if options not in errors:
        quantized = os.path.join(scratch, "quantized.mlir")
        run("zq-opt", f"--zq-quantize={options}", source, "-o", quantized)
        output = run("zq-runner", quantized, "--compare", source, "--inputs=random:1")
        errors[options] = float(re.search(r"relative L2 error (\S+),", output).group(1))
        print(f"{options or 'default'}: {errors[options]:.4f}")
    return errors[options]


def check_less(better, worse):
    if not error(better) < error(worse):
        sys.exit(f"'{better}' has the error {error(better):.4f}, want less than {error(worse):.4f} of '{worse}'")


# Every set gives a usable result; nothing quantized would give 0.
for options in ("", "group-size=32", "group-size=32 constraint=none", "group-size=32 constraint=m1",
                "weight-format=e3m0", "weight-format=int4", "weight-format=e1m2", "activation-format=e5m2",
                "activation-format=int8 constraint=none", "lorc-rank=16", "rounding=mse anchor-search=true"):
    if not 0.02 < error(options) < 0.5:
        sys.exit(f"'{options}': error {error(options):.4f}")
# A free scale for each group is better than a constrained one; compensation and
# a search help; three bits of exponent leave no mantissa.
check_less("group-size=32 constraint=none", "group-size=32")
check_less("group-size=32 constraint=none", "group-size=32 constraint=m1")
check_less("lorc-rank=16", "")
check_less("rounding=mse anchor-search=true", "")
check_less("", "weight-format=e3m0")
check_less("", "activation-format=e5m2")
# The same eight magnitudes but for a factor of 4, which the scale takes.
if error("weight-format=e1m2") != error("weight-format=int4"):
    sys.exit("e1m2 and int4 differ")
print(f"{len(errors)} sets of options")
