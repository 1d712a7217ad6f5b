// Linears that differ in their schedules alone have their constants in the file once.
//
// RUN: zq-opt %s --zq-write-module=file=%t.zqm -o /dev/null
// RUN: %python -c "import sys; d = open(sys.argv[1], 'rb').read(); print(d[64:64 + int.from_bytes(d[16:24], 'little')].decode())" %t.zqm | FileCheck %s
// RUN: zq-run %t.zqm --m 3 --compare float64 | FileCheck %s --check-prefix=SAME

// CHECK: "blobs":[{{{[^}]*}}},{{{[^}]*}}},{{{[^}]*}}},{{{[^}]*}}}]
// SAME: first
// SAME: second
// SAME: other
// SAME-NOT: MISMATCH
zqgpu.linear @first 130 x 70 weight i4 group = 32 max_shift = 12
  activation f8E4M3FN input bf16 output bf16
  codes(dense<26> : tensor<130x35xi8>) shifts(dense<3> : tensor<130x3xi8>)
  row_scale(dense<0.3> : tensor<130xf32>)
zqgpu.linear @second 130 x 70 weight i4 group = 32 max_shift = 12
  activation f8E4M3FN input bf16 output bf16
  codes(dense<26> : tensor<130x35xi8>) shifts(dense<3> : tensor<130x3xi8>)
  row_scale(dense<0.3> : tensor<130xf32>)
zqgpu.linear @other 130 x 70 weight i4 group = 32 max_shift = 12
  activation f8E4M3FN input bf16 output bf16
  codes(dense<26> : tensor<130x35xi8>) shifts(dense<3> : tensor<130x3xi8>)
  row_scale(dense<0.5> : tensor<130xf32>)
