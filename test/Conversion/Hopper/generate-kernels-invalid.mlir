// RUN: zq-opt %s --split-input-file --zqgpu-generate-kernels --verify-diagnostics
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=tokens=12 2>&1 | FileCheck %s --check-prefix=TOKENS
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=tokens=64,16 2>&1 | FileCheck %s --check-prefix=ASCENDING
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=stages=1 2>&1 | FileCheck %s --check-prefix=DEADLOCK
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels='stages=1 accumulation=fast' 2>&1 | FileCheck %s --check-prefix=DEADLOCK
// RUN: zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels='stages=1 interval=128' -o /dev/null
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=stages=17 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=split=9 2>&1 | FileCheck %s --check-prefix=SPLIT
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=accumulation=exact 2>&1 | FileCheck %s --check-prefix=MODE
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=interval=100 2>&1 | FileCheck %s --check-prefix=INTERVAL
// RUN: not zq-opt %S/Inputs/linear.mlir --zqgpu-generate-kernels=tokens=256 2>&1 | FileCheck %s --check-prefix=PROMOTED

// TOKENS: error: option tokens holds 12, want ascending multiples of 8 from 8 to 256
// ASCENDING: error: option tokens holds 16, want ascending multiples of 8 from 8 to 256
// DEADLOCK: error: option stages is 1, want 2 to 16, or promoted accumulation with interval 128: tiles of K overlap in twos
// STAGES: error: option stages is 17, want 0 to 16
// SPLIT: error: option split is 9, want 0 to 8
// MODE: error: option accumulation is "exact", want "fast" or "promoted"
// INTERVAL: error: option interval is 100, want a positive multiple of 128
// PROMOTED: error: option tokens holds 256, but promoted accumulation has registers for 192 at most

// expected-error @+1 {{group is 48, but kernels for sm_90a need a multiple of 32, or one group for all of K; quantize with another group size}}
zqgpu.linear @l 2 x 100
  weight f4E2M1FN group = 48 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x50xi8>) shifts(dense<0> : tensor<2x3xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @+1 {{has the name of the module that kernels go to; rename it}}
func.func private @zq_kernels()

zqgpu.linear @l 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
