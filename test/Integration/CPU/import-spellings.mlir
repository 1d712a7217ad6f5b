// Spellings of linear layers that no front end of test/Models uses: each function
// computes the same after zq-import as before.
// RUN: %python %S/Inputs/import_spellings.py %s %t | FileCheck %s
// CHECK: rhs_nk: 1 linears, ok
// CHECK: lhs_km: 1 linears, ok
// CHECK: contract_out_nm: 1 linears, ok
// CHECK: vecmat: 1 linears, ok
// CHECK: matvec: 1 linears, ok
// CHECK: batch_vecmat: 1 linears, ok
// CHECK: weight_left: 1 linears, ok
// CHECK: batch_reduce: 1 linears, ok
// CHECK: heads: 1 linears, ok
// CHECK: heads_out: 1 linears, ok
// CHECK: broadcast_collapsed: 1 linears, ok
// CHECK: mmt4d: 1 linears, ok
// CHECK: init_bias: 1 linears, ok
// CHECK: init_other: 1 linears, ok
// CHECK: relu_in_body: 1 linears, ok
// CHECK: in_place: 1 linears, ok
// CHECK: residual_one_row: 1 linears, ok
// CHECK: on_tensors: 1 linears, ok
// CHECK: all_dynamic: 1 linears, ok

func.func @rhs_nk(%x: tensor<8x64xf32>, %w: tensor<96x64xf32>) -> tensor<8x96xf32> {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x96xf32>
  %z = linalg.fill ins(%c : f32) outs(%e : tensor<8x96xf32>) -> tensor<8x96xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] ins(%x, %w : tensor<8x64xf32>, tensor<96x64xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

func.func @lhs_km(%x: tensor<64x?xf32>, %w: tensor<64x96xf32>) -> tensor<?x96xf32> {
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c1 : tensor<64x?xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty(%m) : tensor<?x96xf32>
  %z = linalg.fill ins(%c : f32) outs(%e : tensor<?x96xf32>) -> tensor<?x96xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] ins(%x, %w : tensor<64x?xf32>, tensor<64x96xf32>) outs(%z : tensor<?x96xf32>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

func.func @contract_out_nm(%x: tensor<8x64xf32>, %w: tensor<96x64xf32>) -> tensor<96x8xf32> {
  %z = arith.constant dense<0.0> : tensor<96x8xf32>
  %y = linalg.contract indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, m)>] ins(%x, %w : tensor<8x64xf32>, tensor<96x64xf32>) outs(%z : tensor<96x8xf32>) -> tensor<96x8xf32>
  return %y : tensor<96x8xf32>
}

func.func @vecmat(%x: tensor<64xf32>, %w: tensor<64x96xf32>) -> tensor<96xf32> {
  %z = arith.constant dense<0.0> : tensor<96xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<64xf32>, tensor<64x96xf32>) outs(%z : tensor<96xf32>) -> tensor<96xf32>
  return %y : tensor<96xf32>
}

func.func @matvec(%x: tensor<64xf32>, %w: tensor<96x64xf32>) -> tensor<96xf32> {
  %z = arith.constant dense<0.0> : tensor<96xf32>
  %y = linalg.matvec ins(%w, %x : tensor<96x64xf32>, tensor<64xf32>) outs(%z : tensor<96xf32>) -> tensor<96xf32>
  return %y : tensor<96xf32>
}

func.func @batch_vecmat(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %e = tensor.empty() : tensor<8x64x96xf32>
  %b = linalg.broadcast ins(%w : tensor<64x96xf32>) outs(%e : tensor<8x64x96xf32>) dimensions = [0]
  %y = linalg.batch_vecmat ins(%x, %b : tensor<8x64xf32>, tensor<8x64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

func.func @weight_left(%w: tensor<96x64xf32> {zq.weight}, %x: tensor<8x64xf32>, %b: tensor<96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<96x8xf32>
  %e = tensor.empty() : tensor<64x8xf32>
  %xt = linalg.transpose ins(%x : tensor<8x64xf32>) outs(%e : tensor<64x8xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%w, %xt : tensor<96x64xf32>, tensor<64x8xf32>) outs(%z : tensor<96x8xf32>) -> tensor<96x8xf32>
  %e2 = tensor.empty() : tensor<96x8xf32>
  %bb = linalg.broadcast ins(%b : tensor<96xf32>) outs(%e2 : tensor<96x8xf32>) dimensions = [1]
  %s = linalg.add ins(%y, %bb : tensor<96x8xf32>, tensor<96x8xf32>) outs(%e2 : tensor<96x8xf32>) -> tensor<96x8xf32>
  %e3 = tensor.empty() : tensor<8x96xf32>
  %yt = linalg.transpose ins(%s : tensor<96x8xf32>) outs(%e3 : tensor<8x96xf32>) permutation = [1, 0]
  return %yt : tensor<8x96xf32>
}

func.func @batch_reduce(%x: tensor<4x8x16xf32>, %w: tensor<4x16x96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.batch_reduce_matmul ins(%x, %w : tensor<4x8x16xf32>, tensor<4x16x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

func.func @heads(%w: tensor<64x4x16xf32> {zq.weight}, %x: tensor<2x8x64xf32>) -> tensor<2x4x8x16xf32> {
  %z = arith.constant dense<0.0> : tensor<2x4x8x16xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, t, h, e, k) -> (b, t, k)>, affine_map<(b, t, h, e, k) -> (k, h, e)>, affine_map<(b, t, h, e, k) -> (b, h, t, e)>]
    ins(%x, %w : tensor<2x8x64xf32>, tensor<64x4x16xf32>) outs(%z : tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %y : tensor<2x4x8x16xf32>
}

func.func @heads_out(%w: tensor<4x16x64xf32> {zq.weight}, %x: tensor<2x8x4x16xf32>) -> tensor<2x8x64xf32> {
  %z = arith.constant dense<0.0> : tensor<2x8x64xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, t, h, e, n) -> (b, t, h, e)>, affine_map<(b, t, h, e, n) -> (h, e, n)>, affine_map<(b, t, h, e, n) -> (b, t, n)>]
    ins(%x, %w : tensor<2x8x4x16xf32>, tensor<4x16x64xf32>) outs(%z : tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return %y : tensor<2x8x64xf32>
}

func.func @broadcast_collapsed(%w: tensor<96x64xf32> {zq.weight}, %x: tensor<6x8x64xf32>) -> tensor<6x8x96xf32> {
  %e = tensor.empty() : tensor<2x3x96x64xf32>
  %b = linalg.broadcast ins(%w : tensor<96x64xf32>) outs(%e : tensor<2x3x96x64xf32>) dimensions = [0, 1]
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<2x3x96x64xf32> into tensor<6x96x64xf32>
  %z = arith.constant dense<0.0> : tensor<6x8x96xf32>
  %y = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>] ins(%x, %c : tensor<6x8x64xf32>, tensor<6x96x64xf32>) outs(%z : tensor<6x8x96xf32>) -> tensor<6x8x96xf32>
  return %y : tensor<6x8x96xf32>
}

func.func @mmt4d(%w: tensor<6x4x16x16xf32> {zq.weight}, %x: tensor<2x4x8x16xf32>) -> tensor<2x6x8x16xf32> {
  %z = arith.constant dense<0.0> : tensor<2x6x8x16xf32>
  %y = linalg.mmt4d ins(%x, %w : tensor<2x4x8x16xf32>, tensor<6x4x16x16xf32>) outs(%z : tensor<2x6x8x16xf32>) -> tensor<2x6x8x16xf32>
  return %y : tensor<2x6x8x16xf32>
}

func.func @init_bias(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %b: tensor<96xf32>) -> tensor<8x96xf32> {
  %e = tensor.empty() : tensor<8x96xf32>
  %z = linalg.broadcast ins(%b : tensor<96xf32>) outs(%e : tensor<8x96xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

func.func @init_other(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %z: tensor<8x96xf32>) -> tensor<8x96xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

func.func @relu_in_body(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %b: tensor<1x96xf32>) -> tensor<8x96xf32> {
  %c = arith.constant 0.0 : f32
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  %e = tensor.empty() : tensor<8x96xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (0, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%y, %b : tensor<8x96xf32>, tensor<1x96xf32>) outs(%e : tensor<8x96xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %q, %p : f32
    %t = arith.maximumf %s, %c : f32
    linalg.yield %t : f32
  } -> tensor<8x96xf32>
  return %r : tensor<8x96xf32>
}

func.func @in_place(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %b: tensor<96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%b : tensor<96xf32>) outs(%y : tensor<8x96xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.addf %p, %o : f32
    linalg.yield %s : f32
  } -> tensor<8x96xf32>
  return %r : tensor<8x96xf32>
}

func.func @residual_one_row(%x: tensor<1x64xf32>, %w: tensor<64x64xf32>) -> tensor<1x64xf32> {
  %z = arith.constant dense<0.0> : tensor<1x64xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x64xf32>, tensor<64x64xf32>) outs(%z : tensor<1x64xf32>) -> tensor<1x64xf32>
  %e = tensor.empty() : tensor<1x64xf32>
  %r = linalg.add ins(%x, %y : tensor<1x64xf32>, tensor<1x64xf32>) outs(%e : tensor<1x64xf32>) -> tensor<1x64xf32>
  return %r : tensor<1x64xf32>
}

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

func.func @all_dynamic(%x: tensor<?x?x64xf32>, %w: tensor<96x64xf32>) -> tensor<?x?x96xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %x, %c0 : tensor<?x?x64xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x64xf32>
  %m = arith.muli %b, %t : index
  %c = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x64xf32> into tensor<?x64xf32>
  %e = tensor.empty(%m) : tensor<?x96xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x96xf32>) -> tensor<?x96xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] ins(%c, %w : tensor<?x64xf32>, tensor<96x64xf32>) outs(%z : tensor<?x96xf32>) -> tensor<?x96xf32>
  %r = tensor.expand_shape %y [[0, 1], [2]] output_shape [%b, %t, 96] : tensor<?x96xf32> into tensor<?x?x96xf32>
  return %r : tensor<?x?x96xf32>
}
