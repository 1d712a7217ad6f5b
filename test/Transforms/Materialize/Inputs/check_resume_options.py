"""An interrupted run is not gone on with under another option of calibration: the run ends with the bits of one that had
this option from the start. PYTHONPATH must have scripts/calibration."""
import pathlib
import re
import shutil
import subprocess
import sys

import make_statistics

folder = pathlib.Path(sys.argv[1])
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
make_statistics.write(folder)
weights, output = folder / "weights.safetensors", folder / "out.safetensors"
partial, journal = folder / "out.safetensors.partial", folder / "out.safetensors.partial.journal"


def run(options):
    result = subprocess.run(
        ["zq-opt", folder / "model.mlir", "--zq-decide=group-size=32 lorc-rank=4", "-o", "/dev/null",
         f"--zq-materialize=weights-output={output} statistics={folder}/statistics.safetensors {options}"],
        capture_output=True, text=True)
    if result.returncode != 0:
        return result.stderr
    found = re.search(r"remark: (\d+) of 3 weights are those of an interrupted run", result.stderr)
    left = output.read_bytes()
    output.unlink()
    return left, int(found[1]) if found else 0


# The last weight's last number is a NaN: the two others are kept.
whole = weights.read_bytes()
weights.write_bytes(whole[:-4] + b"\0\0\xc0\x7f")
error = run("")
assert "2 of 3 weights are kept in" in error, error
saved = partial.read_bytes(), journal.read_bytes()
weights.write_bytes(whole)
partial.unlink(), journal.unlink()


def interrupted(options):
    partial.write_bytes(saved[0])
    journal.write_bytes(saved[1])
    return run(options)


default, restored = run("")
assert restored == 0
left, restored = interrupted("")
assert left == default and restored == 2, restored
for options in ("lorc-format=e4m3", "lorc-rounds=1", "lorc-weighted=false", "algorithm=gptq", "descent-passes=2",
                "damping=diagonal", "damping-amount=0.5", "algorithm=gptq column-order=descending",
                "algorithm=gptq group-scales=updated", "scale-importance=conditional"):
    wanted = run(options)
    assert interrupted(options) == (wanted[0], 0), options
    assert wanted[0] != default or options.startswith(("damping", "lorc-rounds", "scale-importance")), options
print("interrupted runs with other options start anew")
