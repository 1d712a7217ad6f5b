// A linear for every schedule that may be chosen, each of it for all M.
//
// RUN: zq-opt %s --zqgpu-expand-candidates="tokens=16,64 accumulation=fast" -o %t
// RUN: grep -o "zqgpu.linear @[a-z_0-9]*\|choice<m = [0-9]* to [0-9]*, schedule = <[^>]*>" %t | FileCheck %s

// CHECK-DAG: m = 1 to 2147483647, schedule = <tokens = 16, stages = 16, accumulation = fast>
// CHECK-DAG: m = 1 to 2147483647, schedule = <tokens = 64, stages = 12, accumulation = fast>
// CHECK-DAG: m = 1 to 2147483647, schedule = <tokens = 16, stages = 16, accumulation = fast, split = 2>
// CHECK-DAG: zqgpu.linear @l_1
// CHECK-DAG: zqgpu.linear @l_0
zqgpu.linear @l 200 x 600
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x300xi8>) shifts(dense<0> : tensor<200x5xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)

// Of one shape the first stands for all; another rank makes another shape.
// CHECK-NOT: zqgpu.linear @same
// CHECK: zqgpu.linear @compensated
zqgpu.linear @same 200 x 600
  weight !zq.e3m0 group = 128 max_shift = 8
  activation f8E4M3FN input bf16 output bf16
  codes(dense<2> : tensor<200x300xi8>) shifts(dense<0> : tensor<200x5xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
zqgpu.linear @compensated 200 x 600
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x300xi8>) shifts(dense<0> : tensor<200x5xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  down(dense<1.0> : tensor<4x600xbf16>) up(dense<1.0> : tensor<200x4xbf16>)
