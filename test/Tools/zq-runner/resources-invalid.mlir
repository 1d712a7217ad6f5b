// A resource that is missing or of another size is not read.
// RUN: not zq-runner %s --entry=short 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: sed 's/short: "0x04000000/other: "0x04000000/' %s > %t.mlir
// RUN: not zq-runner %t.mlir --entry=short 2>&1 | FileCheck %s --check-prefix=NONE

// SHORT: :[[#@LINE+3]]:{{[0-9]+}}: error: dense_resource<short> of 'tensor<4x8xf32>' has 8 bytes, wanted 128
// NONE: error: dense_resource<short> of 'tensor<4x8xf32>' has 0 bytes, wanted 128
func.func @short() -> tensor<4x8xf32> {
  %w = arith.constant dense_resource<short> : tensor<4x8xf32>
  return %w : tensor<4x8xf32>
}

{-#
  dialect_resources: {
    builtin: {
      short: "0x040000000000803F00000040"
    }
  }
#-}
