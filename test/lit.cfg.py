"""lit's configuration of all FileCheck tests.

Features, each by discovery, so that a test says REQUIRES: and is skipped where
the machine lacks it:
  ptxas   NVIDIA's assembler was found (scripts/setup fetches one)
  sm90    a Hopper GPU answers
  numpy, matplotlib   can be imported
Substitutions: %python, %models (front-end IR of test/Models), %S and %t as ever.
"""
import ctypes
import os
import subprocess

import lit.formats

config.name = "zq"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Models", "Unit"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.zq_obj_root, "test")

path = [os.path.join(config.zq_obj_root, "bin"), config.llvm_tools_dir]
if config.ptxas and not config.ptxas.endswith("NOTFOUND"):
    config.available_features.add("ptxas")
    path.append(os.path.dirname(config.ptxas))
config.environment["PATH"] = os.pathsep.join(path + [config.environment["PATH"]])
if config.sanitize:
    config.available_features.add("sanitizer")
    # MLIR interns types and attributes for the life of the process.
    config.environment["ASAN_OPTIONS"] = "detect_leaks=0"

config.substitutions.append(("%python", config.python))
config.substitutions.append(("%models", os.path.join(config.test_source_root, "Models")))
config.substitutions.append(("%zq_src", config.zq_src_root))
config.substitutions.append(("%zq_obj", config.zq_obj_root))
config.substitutions.append(("%llvm_lib", os.path.join(os.path.dirname(config.llvm_tools_dir), "lib")))


def has_hopper():
    """Asks the CUDA driver; the machine need not have a toolkit."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    device, major = ctypes.c_int(), ctypes.c_int()
    compute_capability_major = 75
    return (cuda.cuInit(0) == 0 and cuda.cuDeviceGet(ctypes.byref(device), 0) == 0
            and cuda.cuDeviceGetAttribute(ctypes.byref(major), compute_capability_major, device) == 0
            and major.value == 9)


if has_hopper():
    config.available_features.add("sm90")
for package in ("numpy", "matplotlib"):
    if subprocess.run([config.python, "-c", f"import {package}"], capture_output=True).returncode == 0:
        config.available_features.add(package)
