// The default window keeps all FP8 values normal numbers, format by format; more
// is taken up to where the cast is exact.
// RUN: zq-opt %s --zq-quantize-linear=weight-format=e2m1 --zq-constrain-scales | FileCheck %s --check-prefix=E2M1
// RUN: zq-opt %s --zq-quantize-linear=weight-format=e3m0 --zq-constrain-scales | FileCheck %s --check-prefix=E3M0
// RUN: zq-opt %s --zq-quantize-linear=weight-format=e1m2 --zq-constrain-scales | FileCheck %s --check-prefix=E1M2
// RUN: zq-opt %s --zq-quantize-linear=weight-format=int4 --zq-constrain-scales | FileCheck %s --check-prefix=E1M2
// RUN: zq-opt %s --zq-quantize-linear --zq-constrain-scales=max-shift=14 | FileCheck %s --check-prefix=MORE
// RUN: zq-opt %s --zq-quantize-linear --zq-constrain-scales="max-shift=14 rules=a=max-shift:3" | FileCheck %s --check-prefix=RULE
// RUN: not zq-opt %s --zq-quantize-linear --zq-constrain-scales=max-shift=15 2>&1 | FileCheck %s --check-prefix=PAST
// RUN: zq-opt %s --zq-quantize-linear --zq-constrain-scales=constraint=m3 | FileCheck %s --check-prefix=E2M1-M3
// RUN: zq-opt %s --zq-quantize-linear=weight-format=e3m0 --zq-constrain-scales="constraint=m3 anchor-search=true" | FileCheck %s --check-prefix=E3M0-M3
// RUN: zq-opt %s --zq-quantize-linear --zq-constrain-scales="constraint=m2 rules=\"a=constraint:m3,max-shift:11\"" | FileCheck %s --check-prefix=MORE-M3
// RUN: not zq-opt %s --zq-quantize-linear --zq-constrain-scales="constraint=m3 max-shift=12" 2>&1 | FileCheck %s --check-prefix=PAST-M3
// RUN: not zq-opt %s --zq-quantize-linear=weight-format=int4 --zq-constrain-scales=constraint=m3 2>&1 | FileCheck %s --check-prefix=INT4-M3

// Smallest magnitude at the top of E4M3 over 2^-6: 0.5 * 2^6 gives 11,
// 0.25 * 2^4 (16 * 2^4 = 256) gives 8, 0.25 * 2^8 (1.75 * 2^8 = 448) gives 12.
// E2M1: max_shift = 11>
// E3M0: max_shift = 8>
// E1M2: max_shift = 12>
// MORE: max_shift = 14>
// RULE: max_shift = 3>
// PAST: constrain-scales-window.mlir:[[@LINE+9]]:{{.*}}error: {{.*}}'a': max-shift is 15, but 'f4E2M1FN' is exact in f8E4M3FN only for shifts up to 14
// 6 * 1.5 * 2^5 = 288 and 0.5 * 2^5 over 2^-6 gives 10; 16 * 1.5 * 2^4 = 384.
// E2M1-M3: #zq.step<max_shift = 10>
// E3M0-M3: zq.quantize_weight {{.*}} {anchor_search, {{.*}} #zq.step<max_shift = 8>
// MORE-M3: #zq.step<max_shift = 11>
// PAST-M3: error: {{.*}}'a': max-shift is 12, but 'f4E2M1FN' times 1, 1.25 and 1.5 is exact in f8E4M3FN only for shifts up to 11
// INT4-M3: error: {{.*}}'a': constraint is 'm3', but 'i4' times 1.25 or 1.5 is not exact in f8E4M3FN: want m1, m2 or none, or weight-format e2m1 or e3m0
func.func @f(%x: tensor<3x128xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %y = zq.linear %x, %w {name = "a"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
