// Which schedules shapes get: as many stages as shared memory holds, and K split
// while all tiles are worked on at once and 4 stages are left.
//
// RUN: zq-opt %s --zqgpu-generate-kernels -o %t
// RUN: grep -o "zqgpu.linear @[a-z]*\|variant<m = [0-9]* to [0-9]*, schedule = <[^>]*>" %t | FileCheck %s
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=16,256 accumulation=fast" -o %t.fast
// RUN: grep -o "zqgpu.linear @[a-z]*\|variant<m = [0-9]* to [0-9]*, schedule = <[^>]*>" %t.fast | FileCheck %s --check-prefix=FAST

// 32 row tiles: 3 CTAs each, 2 where M makes it 64 tiles.
// CHECK-LABEL: @middle
// CHECK-NEXT: m = 1 to 16, schedule = <tokens = 16, stages = 16, accumulation = promoted, interval = 512, split = 3>
// CHECK-NEXT: m = 17 to 64, schedule = <tokens = 64, stages = 12, accumulation = promoted, interval = 512, split = 3>
// CHECK-NEXT: m = 65 to 128, schedule = <tokens = 128, stages = 6, accumulation = promoted, interval = 512, split = 3>
// CHECK-NEXT: m = 129 to 256, schedule = <tokens = 128, stages = 6, accumulation = promoted, interval = 512, split = 2>
// CHECK-NEXT: m = 257 to 2147483647, schedule = <tokens = 128, stages = 9, accumulation = promoted, interval = 512>
// FAST-LABEL: @middle
// FAST-NEXT: m = 1 to 16, schedule = <tokens = 16, stages = 16, accumulation = fast, split = 3>
// FAST-NEXT: m = 17 to 2147483647, schedule = <tokens = 256, stages = 5, accumulation = fast>
zqgpu.linear @middle 4096 x 4096
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<4096x2048xi8>) shifts(dense<0> : tensor<4096x32xi8>)
  row_scale(dense<1.0> : tensor<4096xf32>)

// 86 row tiles: no two CTAs for each.
// CHECK-LABEL: @wide
// CHECK-NEXT: m = 1 to 16, schedule = <tokens = 16, stages = 16, accumulation = promoted, interval = 512>
// CHECK-NEXT: m = 17 to 64,
// CHECK-NEXT: m = 65 to 2147483647, schedule = <tokens = 128, stages = 9, accumulation = promoted, interval = 512>
zqgpu.linear @wide 11008 x 4096
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<11008x2048xi8>) shifts(dense<0> : tensor<11008x32xi8>)
  row_scale(dense<1.0> : tensor<11008xf32>)

// Few tiles along K: each CTA has 2 of them.
// CHECK-LABEL: @short
// CHECK-NEXT: m = 1 to 16, schedule = <tokens = 16, stages = 16, accumulation = promoted, interval = 512, split = 2>
zqgpu.linear @short 200 x 600
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x300xi8>) shifts(dense<0> : tensor<200x5xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)

// One: not split.
// CHECK-LABEL: @single
// CHECK-NEXT: m = 1 to 16, schedule = <tokens = 16, stages = 16, accumulation = promoted, interval = 512>
zqgpu.linear @single 200 x 100
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x50xi8>) shifts(dense<0> : tensor<200x1xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
