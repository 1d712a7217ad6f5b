// RUN: zq-opt --zq-export-functions %s | FileCheck %s

// CHECK: func.func @main(%{{.*}}: tensor<?x4xf32> {bufferization.writable = false}, %{{.*}}: i32) -> tensor<?x4xf32>
// CHECK-SAME: attributes {llvm.emit_c_interface, zq.signature = (tensor<?x4xf32>, i32) -> tensor<?x4xf32>}
func.func @main(%x: tensor<?x4xf32>, %i: i32) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

// CHECK: func.func @weights(%{{.*}}: tensor<?x4xf32> {bufferization.writable = false}, %{{.*}}: tensor<4xf32> {bufferization.writable = false}) -> tensor<?x4xf32>
// CHECK-SAME: zq.argument_weights = ["", "norm.weight"]
func.func @weights(%x: tensor<?x4xf32>, %w: tensor<4xf32> {zq.weight = "norm.weight"}) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

// CHECK: func.func private @helper(%{{.*}}: tensor<4xf32>) -> tensor<4xf32> {
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// CHECK: func.func private @elsewhere(tensor<4xf32>)
// CHECK-NOT: attributes
func.func private @elsewhere(tensor<4xf32>)
