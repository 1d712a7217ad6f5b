// Every format, both activations, each kind of group, compensation and bias.
zqgpu.linear @plain 2 x 300
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x150xi8>) shifts(dense<0> : tensor<2x3xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
zqgpu.linear @subnormal 2 x 300
  weight f4E2M1FN group = 64 max_shift = 14
  activation f8E5M2 input f16 output f16
  codes(dense<1> : tensor<2x150xi8>) shifts(dense<0> : tensor<2x5xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  down(dense<1.0> : tensor<8x300xf16>) up(dense<1.0> : tensor<2x8xf16>)
zqgpu.linear @e3m0 2 x 300
  weight !zq.e3m0 group = 32 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<1> : tensor<2x150xi8>) shifts(dense<0> : tensor<2x10xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  down(dense<1.0> : tensor<8x300xbf16>) up(dense<1.0> : tensor<2x8xf32>)
  bias(dense<1.0> : tensor<2xf32>)
zqgpu.linear @e1m2 2 x 300
  weight !zq.e1m2 group = 300 max_shift = 12
  activation f8E5M2 input bf16 output bf16
  codes(dense<1> : tensor<2x150xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>) bias(dense<1.0> : tensor<2xbf16>)
zqgpu.linear @int4 2 x 300
  weight i4 group = 32 max_shift = 15
  activation f8E5M2 input f32 output bf16
  codes(dense<1> : tensor<2x150xi8>) shifts(dense<0> : tensor<2x10xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
  down(dense<1.0> : tensor<8x300xf32>) up(dense<1.0> : tensor<2x8xf32>)
  bias(dense<1.0> : tensor<2xbf16>)
