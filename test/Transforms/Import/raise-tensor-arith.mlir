// Extensions, a bias, a factor of 1 and a truncation as arith ops on tensors.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @on_tensors(
// CHECK-SAME: %[[X:.*]]: tensor<8x64xbf16>, %[[W:.*]]: tensor<64x96xbf16>, %[[B:.*]]: tensor<96xbf16>
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]]
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %[[WT]] bias(%[[B]]) {{.*}} : (tensor<8x64xbf16>, tensor<96x64xbf16>, tensor<96xbf16>) -> tensor<8x96xbf16>
// CHECK-NEXT: return %[[Y]]
func.func @on_tensors(%x: tensor<8x64xbf16>, %w: tensor<64x96xbf16>, %b: tensor<96xbf16>) -> tensor<8x96xbf16> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %xe = arith.extf %x : tensor<8x64xbf16> to tensor<8x64xf32>
  %we = arith.extf %w : tensor<64x96xbf16> to tensor<64x96xf32>
  %y = linalg.matmul ins(%xe, %we : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  %e = tensor.empty() : tensor<8x96xbf16>
  %bb = linalg.broadcast ins(%b : tensor<96xbf16>) outs(%e : tensor<8x96xbf16>) dimensions = [0]
  %be = arith.extf %bb : tensor<8x96xbf16> to tensor<8x96xf32>
  %s = arith.addf %y, %be : tensor<8x96xf32>
  %one = arith.constant dense<1.0> : tensor<8x96xf32>
  %s1 = arith.mulf %one, %s : tensor<8x96xf32>
  %t = arith.truncf %s1 : tensor<8x96xf32> to tensor<8x96xbf16>
  return %t : tensor<8x96xbf16>
}
