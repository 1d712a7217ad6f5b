// From a float linear to calls, zqgpu.linear and kernels; each step can be left
// out or told what to do.
// RUN: zq-opt %s --zq-compile="group-size=32 kernels=false" | FileCheck %s --check-prefixes=CHECK,NOKERNELS
// RUN: %if ptxas %{ zq-opt %s --zq-compile="group-size=32 tokens=8 accumulation=promoted interval=128" | FileCheck %s --check-prefixes=CHECK,KERNELS %}
// RUN: not zq-opt %s --zq-compile="tokens=7" 2>&1 | FileCheck %s --check-prefix=TOKENS

// What says how kernels are made is not ignored where none are.
// RUN: not zq-opt %s --zq-to-nvvm="kernels=false expand-candidates=true" 2>&1 | FileCheck %s --check-prefix=EXPAND
// RUN: not zq-opt %s --pass-pipeline="builtin.module(zq-compile{kernels=false tokens=16,32})" 2>&1 | FileCheck %s --check-prefix=IGNORED
// RUN: zq-opt %s --zq-compile="kernels=false expand-candidates=false" -o /dev/null
// EXPAND: error: zq-to-nvvm: found expand-candidates with kernels=false, wanted one of the two
// IGNORED: error: zq-compile: found tokens with kernels=false, wanted one of the two

// KERNELS: gpu.binary @zq_kernels {{.*}}bin = "\7FELF
// CHECK: func.func @main(%[[X:.*]]: tensor<?x64xbf16>)
// CHECK-NEXT: call @zq_up(%[[X]])
// CHECK: zqgpu.linear @up 3 x 64 weight f4E2M1FN group = 32
// NOKERNELS-NOT: variants
// KERNELS-SAME: variants [#zqgpu.variant<m = 1 to {{[0-9]+}}, schedule = <tokens = 8, {{.*}}accumulation = promoted, interval = 128>
// CHECK: func.func private @zq_up(tensor<?x64xbf16>) -> tensor<?x3xbf16> attributes {llvm.emit_c_interface, zq.compiled = @up}
// TOKENS: error: option tokens holds 7, want ascending multiples of 8 from 8 to 256
func.func @main(%x: tensor<?x64xbf16>) -> tensor<?x3xbf16> {
  %w = arith.constant dense<0.75> : tensor<3x64xbf16>
  %y = zq.linear %x, %w {name = "up"} : (tensor<?x64xbf16>, tensor<3x64xbf16>) -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}
