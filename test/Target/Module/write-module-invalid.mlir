// What cannot be written is an error at the op, and leaves no file.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: zq-opt %s --split-input-file --zq-write-module=file=m.zqm --verify-diagnostics
// RUN: ls -a %t | FileCheck %s
// CHECK-NOT: zqm

// expected-error @below {{cannot be written: the shift of row 1, group 0 is 12, wanted 0 to 11}}
zqgpu.linear @shift 2 x 4 weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<0> : tensor<2x2xi8>) shifts(dense<[[0], [12]]> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @below {{cannot be written: the step of row 1, group 0 is 49, wanted 16 times 0 to 2, and 0 to 10}}
zqgpu.linear @step 2 x 4 weight f4E2M1FN group = 32 max_shift = 10 multipliers
  activation f8E4M3FN input f32 output f32
  codes(dense<0> : tensor<2x2xi8>) shifts(dense<[[42], [49]]> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @below {{cannot be written: the scale of row 1 is nan, wanted a finite number}}
zqgpu.linear @scale 2 x 4 weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<0> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<[1.0, 0x7FC00000]> : tensor<2xf32>)

// -----

// expected-error @below {{cannot be written: the resource 'none' has no data}}
zqgpu.linear @resource 2 x 4 weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense_resource<none> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @below {{has groups of 3 elements, which the layout of module files cannot hold: wanted a multiple of 32, or one group for a row}}
zqgpu.linear @group 2 x 4 weight f4E2M1FN group = 3 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<0> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x2xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @below {{launches kernels of @zq_kernels, but the module has no gpu.binary of that name: run zqgpu-to-cubin}}
zqgpu.linear @kernels 2 x 4 weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<0> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  variants [#zqgpu.variant<m = 1 to 16, schedule = <tokens = 16, stages = 4, accumulation = fast>,
            workspace = [], launches = [#zqgpu.launch<kernel = @zq_kernels::@gemm,
              grid = <tokens = 16, ctas = 1, per_sm = 1>, block = 384, cluster = 1, shared = 0,
              programmatic = true, params = [#zqgpu.tokens]>]>]

// -----

// expected-error @below {{launches kernels of @zq_kernels, which holds no cubin: run zqgpu-assemble}}
zqgpu.linear @ptx 2 x 4 weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<0> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  variants [#zqgpu.variant<m = 1 to 16, schedule = <tokens = 16, stages = 4, accumulation = fast>,
            workspace = [], launches = [#zqgpu.launch<kernel = @zq_kernels::@gemm,
              grid = <tokens = 16, ctas = 1, per_sm = 1>, block = 384, cluster = 1, shared = 0,
              programmatic = true, params = [#zqgpu.tokens]>]>]
// expected-note @below {{the kernels are here}}
gpu.binary @zq_kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = "PTX">]
