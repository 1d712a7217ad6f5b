// Schedules that no kernel can be generated for.
//
// RUN: zq-opt %s --split-input-file --zqgpu-generate-kernels --verify-diagnostics

// expected-error @+1 {{schedule for m = 1 has 256 tokens in a tile, but its kernels have registers for}}
zqgpu.linear @registers 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  schedules [#zqgpu.choice<m = 1 to 99, schedule = <tokens = 256, stages = 4, accumulation = promoted, interval = 1024>>]

// -----

// expected-error @+1 {{schedule for m = 1 splits K 2 ways, but it has 1 tiles of 128}}
zqgpu.linear @split 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  schedules [#zqgpu.choice<m = 1 to 99, schedule = <tokens = 16, stages = 4, accumulation = fast, split = 2>>]

// -----

// expected-error-re @+1 {{schedule for m = 100 takes {{[0-9]+}} bytes of shared memory, but a CTA has 232448 at most; use fewer stages}}
zqgpu.linear @shared 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  schedules [#zqgpu.choice<m = 1 to 99, schedule = <tokens = 16, stages = 4, accumulation = fast>>,
             #zqgpu.choice<m = 100 to 200, schedule = <tokens = 256, stages = 16, accumulation = fast>>]

// -----

// expected-error @+1 {{schedule starts at m = 101, want 100: ranges ascend from 1 without gaps}}
zqgpu.linear @gap 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  schedules [#zqgpu.choice<m = 1 to 99, schedule = <tokens = 16, stages = 4, accumulation = fast>>,
             #zqgpu.choice<m = 101 to 200, schedule = <tokens = 16, stages = 4, accumulation = fast>>]
