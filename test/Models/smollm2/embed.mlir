#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
module {
  func.func @embed(%arg0: tensor<1x1021xi64>, %arg1: tensor<49152x576xbf16> {zq.weight = "model.embed_tokens.weight"}) -> tensor<1x1021x576xf32> {
    %c49152 = arith.constant 49152 : index
    %c0_i64 = arith.constant 0 : i64
    %0 = tensor.empty() : tensor<1x1021x576xbf16>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x1021xi64>) outs(%0 : tensor<1x1021x576xbf16>) {
    ^bb0(%in: i64, %out: bf16):
      %4 = arith.index_cast %in : i64 to index
      %5 = linalg.index 2 : index
      %6 = arith.cmpi slt, %4, %c49152 : index
      cf.assert %6, "index must be smaller than dim size"
      %7 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %7, "index must be larger or equal to 0"
      %extracted = tensor.extract %arg1[%4, %5] : tensor<49152x576xbf16>
      linalg.yield %extracted : bf16
    } -> tensor<1x1021x576xbf16>
    %2 = tensor.empty() : tensor<1x1021x576xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<1x1021x576xbf16>) outs(%2 : tensor<1x1021x576xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %4 = arith.extf %in : bf16 to f32
      linalg.yield %4 : f32
    } -> tensor<1x1021x576xf32>
    return %3 : tensor<1x1021x576xf32>
  }
}
