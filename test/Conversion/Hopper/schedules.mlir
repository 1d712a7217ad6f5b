// Which schedules shapes get. Times are fitted anew as kernels change: this looks at
// what any fit has to say.
//
// RUN: zq-opt %s --zqgpu-choose-schedules=accumulation=fast -o %t
// RUN: grep -o "zqgpu.linear @[a-z]*\|choice<m = [0-9]* to [0-9]*, schedule = <[^>]*>" %t | FileCheck %s
// RUN: zq-opt %s --zqgpu-choose-schedules -o %t.promoted
// RUN: grep -o "zqgpu.linear @[a-z]*\|choice<m = [0-9]* to [0-9]*, schedule = <[^>]*>" %t.promoted | FileCheck %s --check-prefix=PROMOTED

// 32 row tiles: K is shared out while there are few tokens, tiles are large where there
// are many.
// CHECK-LABEL: @middle
// CHECK-NEXT: m = 1 to {{[0-9]+}}, schedule = <tokens = {{16|32}}, stages = {{[0-9]+}}, accumulation = fast, {{split = [2-8]|stream_k}}
// CHECK: to 2147483647, schedule = <tokens = {{192|256}}, stages = {{[0-9]+}}, accumulation = fast{{>|, rows = 128>}}
// PROMOTED-LABEL: @middle
// PROMOTED-NEXT: m = 1 to {{[0-9]+}}, schedule = <tokens = {{16|32}}, stages = {{[0-9]+}}, accumulation = promoted, interval = 1024, {{split = [2-8]|stream_k}}
// PROMOTED: to 2147483647, schedule = <tokens = {{128|192}}, stages = {{[0-9]+}}, accumulation = promoted, interval = 1024>
zqgpu.linear @middle 4096 x 4096
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<4096x2048xi8>) shifts(dense<0> : tensor<4096x32xi8>)
  row_scale(dense<1.0> : tensor<4096xf32>)

// One tile along K: nothing to share out.
// CHECK-LABEL: @single
// CHECK-NOT: split
// CHECK: to 2147483647
// CHECK-NOT: split
zqgpu.linear @single 200 x 100
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x50xi8>) shifts(dense<0> : tensor<200x1xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
