"""Where a chain that only the gains want fails, the result is what it is without them, `gains` is null, and a remark says
why; an interrupted run remembers it. PYTHONPATH must have scripts/calibration."""
import json
import pathlib
import re
import shutil
import subprocess
import sys

import make_statistics
import numpy as np
from from_torch import InputMoments, write_statistics

folder = pathlib.Path(sys.argv[1])
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
make_statistics.write(folder)
# A matrix that no inputs have, as rounding may leave it: GPTQ's published damping is too little for layers q and k.
K = make_statistics.K
moments = {name: InputMoments(K) for name in "qo"}
for moment in moments.values():
    moment.add(np.eye(K))
moments["q"].sums[0, 1] = moments["q"].sums[1, 0] = 1.5
write_statistics(folder / "statistics.safetensors", moments, {"k": "q"})
output, report, weights = folder / "out.safetensors", folder / "report.json", folder / "weights.safetensors"


def run(options):
    return subprocess.run(
        ["zq-opt", folder / "model.mlir", "--zq-decide=group-size=32", "--remarks-filter-missed=zq",
         f"--zq-materialize=weights-output={output} statistics={folder}/statistics.safetensors report={report} algorithm=gptq "
         f"damping-amount=1 {options}"], capture_output=True, text=True)


def check(result):
    assert result.returncode == 0, result.stderr
    gains = {layer["name"]: layer["gains"] for layer in json.loads(report.read_text())["layers"]}
    assert gains["q"] is None and gains["k"] is None and len(gains["o"]) > 2, gains
    remarks = re.findall(r"Layer=(\w), Reason=\"its gains are null in the report: Hessian is not positive definite", result.stderr)
    assert remarks == ["q", "k"], result.stderr
    return output.read_bytes(), result.stdout


plain = run("")
assert plain.returncode == 0 and '"gains"' not in report.read_text(), plain.stderr
wanted = output.read_bytes(), plain.stdout
output.unlink()
assert check(run("report-gains=true")) == wanted
output.unlink()

whole = weights.read_bytes()
weights.write_bytes(whole[:-4] + b"\0\0\xc0\x7f")
interrupted = run("report-gains=true")
assert interrupted.returncode and "2 of 3 weights are kept in" in interrupted.stderr, interrupted.stderr
weights.write_bytes(whole)
resumed = run("report-gains=true")
assert check(resumed) == wanted
assert "2 of 3 weights are those of an interrupted run" in resumed.stderr, resumed.stderr
print("gains that fail change nothing of the result")
