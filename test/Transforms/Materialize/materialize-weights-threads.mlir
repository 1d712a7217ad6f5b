// The same text and the same report for any number of threads.
// RUN: %python %S/Inputs/make_weights.py %t.safetensors 300 203
// RUN: sed s#FILE#%t.safetensors# %s > %t.mlir
// DEFINE: %{threads} = 1
// DEFINE: %{flags} =
// DEFINE: %{run} = zq-opt %t.mlir %{flags} --zq-decide="group-size=32 clip=search rounding=mse anchor-search=true lorc-rank=4" \
// DEFINE:   --zq-materialize="threads=%{threads} report=%t.%{threads}.json" --zq-optimize
// RUN: %{run} > %t.1
// REDEFINE: %{threads} = 4
// RUN: %{run} > %t.4
// REDEFINE: %{threads} = 7
// REDEFINE: %{flags} = --mlir-disable-threading
// RUN: %{run} > %t.7
// REDEFINE: %{threads} = 0
// RUN: %{run} > %t.0
// RUN: diff %t.1 %t.4
// RUN: diff %t.1 %t.7
// RUN: diff %t.1 %t.0
// RUN: diff %t.1.json %t.4.json
// RUN: diff %t.1.json %t.0.json
// RUN: FileCheck %s < %t.1

// CHECK-COUNT-3: zq.shift_cast
func.func @f(%x: tensor<3x203xf32>, %z: tensor<3x300xf32>) -> (tensor<3x300xf32>, tensor<3x300xf32>, tensor<3x203xf32>) {
  %w = zq.weight "w" from "FILE" : tensor<300x203xf32>
  %0 = zq.linear %x, %w {name = "a"} : (tensor<3x203xf32>, tensor<300x203xf32>) -> tensor<3x300xf32>
  %scale = arith.constant dense<2.0> : tensor<300x203xf32>
  %1 = zq.linear %x, %scale {name = "b"} : (tensor<3x203xf32>, tensor<300x203xf32>) -> tensor<3x300xf32>
  %e = tensor.empty() : tensor<203x300xf32>
  %t = linalg.transpose ins(%w : tensor<300x203xf32>) outs(%e : tensor<203x300xf32>) permutation = [1, 0]
  %2 = zq.linear %z, %t {name = "c"} : (tensor<3x300xf32>, tensor<203x300xf32>) -> tensor<3x203xf32>
  return %0, %1, %2 : tensor<3x300xf32>, tensor<3x300xf32>, tensor<3x203xf32>
}
