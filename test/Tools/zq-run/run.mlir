// RUN: zq-opt %s --zq-write-module=file=%t.zqm -o /dev/null
// RUN: zq-run %t.zqm --m 0,1,5 --compare float64 --repeat 1 | FileCheck %s
// RUN: zq-run %t.zqm --m 9 --compare float64 --threads 3
// RUN: not zq-run %t.zqm --linear b --compare float64 --tolerance 0 2>&1 | FileCheck %s --check-prefix=STRICT
// RUN: %python %S/../../Target/Module/Inputs/npy.py write %t.x.npy 4 7  1 2 3 4 5 6 7  1 nan 3 4 5 6 7  0 0 0 0 0 0 -inf  7 6 5 4 3 2 1
// RUN: zq-run %t.zqm --linear b --input %t.x.npy --output %t.y.npy --compare float64
// RUN: %python %S/../../Target/Module/Inputs/npy.py read %t.y.npy | FileCheck %s --check-prefix=NAN

// A NaN or an infinity makes a row of NaN, and no other row.
// NAN: 4 x 3: {{[0-9.-]+}} {{[0-9.-]+}} {{[0-9.-]+}} nan nan nan nan nan nan {{[0-9.-]+}} {{[0-9.-]+}} {{[0-9.-]+$}}

// One line for each linear and M: shape, error, time.
// CHECK: run.mlir{{.*}}.zqm on cpu
// CHECK-NEXT: linear N K group formats rank bias M error worst us
// CHECK-NEXT: a 130 70 32 int4*e5m2 0 no 0 - - {{[0-9.]+$}}
// CHECK-NEXT: a {{.*}} 1 {{[0-9.]+}}e-0{{[3-9]}} {{[0-9.]+}}e-0{{[3-9]}} {{[0-9.]+$}}
// CHECK-NEXT: a {{.*}} 5 {{[0-9.]+}}e-0{{[3-9]}} {{[0-9.]+}}e-0{{[3-9]}} {{[0-9.]+$}}
// CHECK-NEXT: b 3 7 7 e3m0*e4m3 2 yes 0 - -
// CHECK-NEXT: b {{.*}} 1
// CHECK-NEXT: b {{.*}} 5
// CHECK-NOT: MISMATCH
// CHECK: 6 runs, largest error {{[0-9.]+}}e-0{{[3-9]}}, worst element {{[0-9.]+}}e-0{{[3-9]}}; 2 without outputs (M = 0), not compared

// A comparison that compares nothing does not pass.
// RUN: not zq-run %t.zqm --m 0 --compare float64 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: zq-run %t.zqm --m 0
// NOTHING: zq-run: error: nothing was compared: with M = 0 there are no outputs

// STRICT: b {{.*}} MISMATCH
// STRICT: zq-run: error: 1 of 1 outputs are off by more than the tolerance

zqgpu.linear @a 130 x 70 weight i4 group = 32 max_shift = 12
  activation f8E5M2 input bf16 output bf16
  codes(dense<26> : tensor<130x35xi8>) shifts(dense<3> : tensor<130x3xi8>)
  row_scale(dense<0.3> : tensor<130xf32>)

zqgpu.linear @b 3 x 7 weight !zq.e3m0 group = 7 max_shift = 8
  activation f8E4M3FN input f32 output f16
  codes(dense<[[0x12, 0x34, 0x56, 0x07], [0x9A, 0xBC, 0xDE, 0x0F], [1, 2, 3, 4]]> : tensor<3x4xi8>)
  shifts(dense<[[0], [5], [8]]> : tensor<3x1xi8>)
  row_scale(dense<[0.1, 0.2, 0.3]> : tensor<3xf32>)
  down(dense<0.3> : tensor<2x7xf32>) up(dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xbf16>)
  bias(dense<[1.0, -1.0, 0.25]> : tensor<3xf16>)
