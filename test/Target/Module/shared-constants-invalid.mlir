// Linears share the bytes of constants only where the same limits hold: the same codes
// and shifts (9) are right for the first, and wrong for the second, in either order.
// RUN: zq-opt %s --split-input-file --zq-write-module=file=%t.zqm --verify-diagnostics
// RUN: not ls %t.zqm

zqgpu.linear @wide 2 x 4 weight i4 group = 32 max_shift = 12
  activation f8E4M3FN input f32 output f32
  codes(dense<26> : tensor<2x2xi8>) shifts(dense<9> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
// expected-error @below {{cannot be written: the shift of row 0, group 0 is 9, wanted 0 to 4}}
zqgpu.linear @narrow 2 x 4 weight i4 group = 32 max_shift = 4
  activation f8E4M3FN input f32 output f32
  codes(dense<26> : tensor<2x2xi8>) shifts(dense<9> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

// expected-error @below {{cannot be written: the shift of row 0, group 0 is 9, wanted 0 to 4}}
zqgpu.linear @narrow 2 x 4 weight i4 group = 32 max_shift = 4
  activation f8E4M3FN input f32 output f32
  codes(dense<26> : tensor<2x2xi8>) shifts(dense<9> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
zqgpu.linear @wide 2 x 4 weight i4 group = 32 max_shift = 12
  activation f8E4M3FN input f32 output f32
  codes(dense<26> : tensor<2x2xi8>) shifts(dense<9> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)

// -----

zqgpu.linear @steps 2 x 4 weight f4E2M1FN group = 32 max_shift = 10 multipliers
  activation f8E4M3FN input f32 output f32
  codes(dense<26> : tensor<2x2xi8>) shifts(dense<20> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
// expected-error @below {{cannot be written: the shift of row 0, group 0 is 20, wanted 0 to 10}}
zqgpu.linear @shifts 2 x 4 weight f4E2M1FN group = 32 max_shift = 10
  activation f8E4M3FN input f32 output f32
  codes(dense<26> : tensor<2x2xi8>) shifts(dense<20> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
