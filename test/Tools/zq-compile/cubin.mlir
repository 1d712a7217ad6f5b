// With ptxas, the module holds kernels for every M.
// REQUIRES: ptxas
// RUN: zq-compile %s -o %t.zqm --tokens=16,64 | FileCheck %s
// RUN: zq-run %t.zqm --list | FileCheck %s --check-prefix=LIST
// RUN: zq-run %t.zqm --compare float64 --m 1,17

// CHECK: .zqm: 1 linear, {{[0-9]+}} bytes
// LIST: kernels for sm_90a, {{[0-9]+}} bytes
// LIST: linear 3 64 64 e2m1*e4m3 bf16 bf16 0 no no {{[0-9]+}} any
func.func @main(%x: tensor<?x64xbf16>) -> tensor<?x3xbf16> {
  %w = arith.constant dense<0.75> : tensor<3x64xbf16>
  %y = zq.linear %x, %w {name = "linear"} : (tensor<?x64xbf16>, tensor<3x64xbf16>) -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}
