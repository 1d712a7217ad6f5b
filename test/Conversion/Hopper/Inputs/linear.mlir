zqgpu.linear @l 2 x 300
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x150xi8>) shifts(dense<0> : tensor<2x3xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
