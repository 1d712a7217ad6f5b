// RUN: zq-opt %s --zq-write-module=file=%t.zqm | FileCheck %s --check-prefix=IR
// RUN: zq-run %t.zqm --list | FileCheck %s --check-prefix=LIST
// RUN: %python %S/Inputs/npy.py write %t.x.npy 2 4  448 -224 1.75 0  0 0 0 0
// RUN: zq-run %t.zqm --linear small --input %t.x.npy --output %t.y.npy
// RUN: %python %S/Inputs/npy.py read %t.y.npy | FileCheck %s --check-prefix=VALUES

// IR: zqgpu.linear @small
// IR: zqgpu.linear @splat

// LIST: by zq {{[0-9.]+}}
// LIST: small {{ *}}3 {{ *}}4 {{ *}}32 e2m1*e4m3 {{ *}}f32 f32 {{ *}}1 {{ *}}yes
// LIST: splat {{ *}}130 {{ *}}70 {{ *}}32 int4*e5m2 {{ *}}bf16 f16 {{ *}}0 {{ *}}no

// Codes of row 0: 1 0 0 0 (values), of row 1: 6 -6 0.5 0, of row 2: zeros.
// They are times 2^6, 2^5 (shift 1) and 2^6; row scales take that back.
// The token's scale is 1, so it is exact.
// y[0] = 448 + 2 * (2 * 1.75) + 1, y[1] = 6 * 448 + 6 * 224 + 0.5 * 1.75 - 1,
// y[2] = 0 + 4 * 3.5 + 0.25; the token of zeros gives the bias.
// VALUES: 2 x 3: 456.0 4031.875 14.25 1.0 -1.0 0.25
zqgpu.linear @small 3 x 4 weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<[[0x02, 0x00], [0xF7, 0x01], [0, 0]]> : tensor<3x2xi8>)
  shifts(dense<[[0], [1], [0]]> : tensor<3x1xi8>)
  row_scale(dense<[0.015625, 0.03125, 1.0]> : tensor<3xf32>)
  down(dense<[[0.0, 0.0, 2.0, 1.0]]> : tensor<1x4xbf16>)
  up(dense<[[2.0], [0.0], [4.0]]> : tensor<3x1xf16>)
  bias(dense<[1.0, -1.0, 0.25]> : tensor<3xf32>)

zqgpu.linear @splat 130 x 70 weight i4 group = 32 max_shift = 12
  activation f8E5M2 input bf16 output f16
  codes(dense<17> : tensor<130x35xi8>) shifts(dense<3> : tensor<130x3xi8>)
  row_scale(dense<1.0> : tensor<130xf32>)
