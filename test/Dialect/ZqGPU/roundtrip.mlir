// RUN: zq-opt %s | zq-opt | FileCheck %s
// RUN: zq-opt --mlir-print-op-generic %s | zq-opt | FileCheck %s

// CHECK-LABEL: zqgpu.linear @plain 2 x 3
// CHECK-SAME: weight f4E2M1FN group = 128 max_shift = 11
// CHECK-SAME: activation f8E4M3FN input bf16 output bf16
// CHECK-SAME: codes(dense<1> : tensor<2x2xi8>)
zqgpu.linear @plain 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// CHECK-LABEL: zqgpu.linear @steps 2 x 3
// CHECK-SAME: weight f4E2M1FN group = 128 max_shift = 10 multipliers activation
zqgpu.linear @steps 2 x 3
  weight f4E2M1FN group = 128 max_shift = 10 multipliers
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<42> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// CHECK-LABEL: zqgpu.linear @adds 2 x 3
// CHECK-SAME: bias(dense<1.000000e+00> : tensor<2xf32>) residual schedules [
zqgpu.linear @adds 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>) bias(dense<1.0> : tensor<2xf32>) residual
  schedules [#zqgpu.choice<m = 1 to 16, schedule = <tokens = 16, stages = 4, accumulation = fast>>]

// CHECK-LABEL: zqgpu.linear @everything 2 x 40
// CHECK-SAME: weight !zq.e3m0 group = 32 max_shift = 8
// CHECK-SAME: activation f8E5M2 input f16 output f32
// CHECK-SAME: down(dense<5.000000e-01> : tensor<4x40xbf16>) up(dense<2.500000e-01> : tensor<2x4xf16>)
// CHECK-SAME: bias(dense<1.000000e+00> : tensor<2xf32>)
// CHECK-SAME: variants [#zqgpu.variant<m = 1 to 16,
// CHECK-SAME: schedule = <tokens = 16, stages = 4, accumulation = fast, stream_k>,
// CHECK-SAME: workspace = [#zqgpu.workspace<"xq", bytes_per_token = 128, bytes = 0>, #zqgpu.workspace<"xs", bytes_per_token = 4, bytes = 0>],
// CHECK-SAME: #zqgpu.launch<kernel = @zq_kernels::@quantize, grid = <tokens = 1, ctas = 1, per_sm = 0>,
// CHECK-SAME: block = 256, cluster = 1, shared = 0, programmatic = false,
// CHECK-SAME: params = [#zqgpu.buffer<user "x">, #zqgpu.buffer<workspace "xq">, #zqgpu.tokens, 40 : i32]>
// CHECK-SAME: #zqgpu.tensor_map<"xq", columns = 128, box = 16 x 128>
// CHECK-SAME: #zqgpu.variant<m = 17 to 2147483647,
// CHECK-SAME: schedule = <tokens = 64, stages = 4, accumulation = promoted, interval = 1024, split = 2, rows = 256, per_sm = 2>
zqgpu.linear @everything 2 x 40
  weight !zq.e3m0 group = 32 max_shift = 8
  activation f8E5M2 input f16 output f32
  codes(dense<1> : tensor<2x20xi8>) shifts(dense<0> : tensor<2x2xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  down(dense<0.5> : tensor<4x40xbf16>) up(dense<0.25> : tensor<2x4xf16>)
  bias(dense<1.0> : tensor<2xf32>)
  variants [
    #zqgpu.variant<m = 1 to 16,
      schedule = <tokens = 16, stages = 4, accumulation = fast, stream_k>,
      workspace = [#zqgpu.workspace<"xq", bytes_per_token = 128, bytes = 0>,
                   #zqgpu.workspace<"xs", bytes_per_token = 4, bytes = 0>],
      launches = [
        #zqgpu.launch<kernel = @zq_kernels::@quantize,
          grid = <tokens = 1, ctas = 1, per_sm = 0>, block = 256, cluster = 1,
          shared = 0, programmatic = false,
          params = [#zqgpu.buffer<user "x">, #zqgpu.buffer<workspace "xq">, #zqgpu.tokens, 40 : i32]>,
        #zqgpu.launch<kernel = @zq_kernels::@gemm,
          grid = <tokens = 16, ctas = 1, per_sm = 1>, block = 384, cluster = 1,
          shared = 67712, programmatic = true,
          params = [#zqgpu.tensor_map<"xq", columns = 128, box = 16 x 128>,
                    #zqgpu.buffer<blob "weights">, #zqgpu.buffer<user "y">]>]>,
    #zqgpu.variant<m = 17 to 2147483647,
      schedule = <tokens = 64, stages = 4, accumulation = promoted, interval = 1024, split = 2, rows = 256, per_sm = 2>,
      workspace = [],
      launches = [
        #zqgpu.launch<kernel = @zq_kernels::@gemm,
          grid = <tokens = 0, ctas = 1, per_sm = 0>, block = 384, cluster = 2,
          shared = 67712, programmatic = false, params = []>]>]
