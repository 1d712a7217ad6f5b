#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
#map3 = affine_map<(d0, d1, d2) -> (d1, d2)>
#map4 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @embed(%arg0: tensor<1x509xi64>, %arg1: tensor<30522x384xf32> {zq.weight = "embeddings.word_embeddings.weight"}, %arg2: tensor<512x384xf32> {zq.weight = "embeddings.position_embeddings.weight"}, %arg3: tensor<2x384xf32> {zq.weight = "embeddings.token_type_embeddings.weight"}, %arg4: tensor<384xf32> {zq.weight = "embeddings.LayerNorm.weight"}, %arg5: tensor<384xf32> {zq.weight = "embeddings.LayerNorm.bias"}) -> tensor<1x509x384xf32> {
    %c0_i64 = arith.constant 0 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %c30522 = arith.constant 30522 : index
    %cst_0 = arith.constant 0.000000e+00 : f64
    %cst_1 = arith.constant 9.9999999999999998E-13 : f64
    %cst_2 = arith.constant 3.840000e+02 : f64
    %cst_3 = arith.constant 3.840000e+02 : f32
    %extracted_slice = tensor.extract_slice %arg2[0, 0] [509, 384] [1, 1] : tensor<512x384xf32> to tensor<509x384xf32>
    %0 = tensor.empty() : tensor<1x509x384xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x509xi64>) outs(%0 : tensor<1x509x384xf32>) {
    ^bb0(%in: i64, %out: f32):
      %25 = arith.index_cast %in : i64 to index
      %26 = linalg.index 2 : index
      %27 = arith.cmpi slt, %25, %c30522 : index
      cf.assert %27, "index must be smaller than dim size"
      %28 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %28, "index must be larger or equal to 0"
      %extracted = tensor.extract %arg1[%25, %26] : tensor<30522x384xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x509x384xf32>
    %extracted_slice_4 = tensor.extract_slice %arg3[0, 0] [1, 384] [1, 1] : tensor<2x384xf32> to tensor<1x384xf32>
    %collapsed = tensor.collapse_shape %extracted_slice_4 [[0, 1]] : tensor<1x384xf32> into tensor<384xf32>
    %2 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %collapsed : tensor<1x509x384xf32>, tensor<384xf32>) outs(%0 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %25 = arith.addf %in, %in_5 : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x384xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %extracted_slice : tensor<1x509x384xf32>, tensor<509x384xf32>) outs(%0 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %25 = arith.addf %in, %in_5 : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x384xf32>
    %4 = tensor.empty() : tensor<1x509x384xf64>
    %5 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3 : tensor<1x509x384xf32>) outs(%4 : tensor<1x509x384xf64>) {
    ^bb0(%in: f32, %out: f64):
      %25 = arith.extf %in : f32 to f64
      linalg.yield %25 : f64
    } -> tensor<1x509x384xf64>
    %6 = tensor.empty() : tensor<1x509x1xf64>
    %7 = linalg.fill ins(%cst_0 : f64) outs(%6 : tensor<1x509x1xf64>) -> tensor<1x509x1xf64>
    %8 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%5 : tensor<1x509x384xf64>) outs(%7 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %25 = arith.addf %in, %out : f64
      linalg.yield %25 : f64
    } -> tensor<1x509x1xf64>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<1x509x1xf64>) outs(%6 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %25 = arith.divf %in, %cst_2 : f64
      linalg.yield %25 : f64
    } -> tensor<1x509x1xf64>
    %10 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %9 : tensor<1x509x384xf64>, tensor<1x509x1xf64>) outs(%4 : tensor<1x509x384xf64>) {
    ^bb0(%in: f64, %in_5: f64, %out: f64):
      %25 = arith.subf %in, %in_5 : f64
      linalg.yield %25 : f64
    } -> tensor<1x509x384xf64>
    %11 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %10 : tensor<1x509x384xf64>, tensor<1x509x384xf64>) outs(%4 : tensor<1x509x384xf64>) {
    ^bb0(%in: f64, %in_5: f64, %out: f64):
      %25 = arith.mulf %in, %in_5 : f64
      linalg.yield %25 : f64
    } -> tensor<1x509x384xf64>
    %12 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%11 : tensor<1x509x384xf64>) outs(%7 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %25 = arith.addf %in, %out : f64
      linalg.yield %25 : f64
    } -> tensor<1x509x1xf64>
    %13 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<1x509x1xf64>) outs(%6 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %25 = arith.divf %in, %cst_2 : f64
      linalg.yield %25 : f64
    } -> tensor<1x509x1xf64>
    %14 = tensor.empty() : tensor<1x509x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<1x509x1xf64>) outs(%14 : tensor<1x509x1xf32>) {
    ^bb0(%in: f64, %out: f32):
      %25 = arith.truncf %in : f64 to f32
      linalg.yield %25 : f32
    } -> tensor<1x509x1xf32>
    %16 = linalg.fill ins(%cst : f32) outs(%14 : tensor<1x509x1xf32>) -> tensor<1x509x1xf32>
    %17 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<1x509x384xf32>) outs(%16 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %25 = arith.addf %in, %out : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x1xf32>
    %18 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%17 : tensor<1x509x1xf32>) outs(%14 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %25 = arith.divf %in, %cst_3 : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x1xf32>
    %19 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<1x509x1xf32>) outs(%14 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %25 = arith.truncf %cst_1 : f64 to f32
      %26 = arith.addf %in, %25 : f32
      linalg.yield %26 : f32
    } -> tensor<1x509x1xf32>
    %20 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19 : tensor<1x509x1xf32>) outs(%14 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %25 = math.rsqrt %in : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x1xf32>
    %21 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %18 : tensor<1x509x384xf32>, tensor<1x509x1xf32>) outs(%0 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %25 = arith.subf %in, %in_5 : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x384xf32>
    %22 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%21, %20 : tensor<1x509x384xf32>, tensor<1x509x1xf32>) outs(%0 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %25 = arith.mulf %in, %in_5 : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x384xf32>
    %23 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%22, %arg4 : tensor<1x509x384xf32>, tensor<384xf32>) outs(%0 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %25 = arith.mulf %in, %in_5 : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x384xf32>
    %24 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%23, %arg5 : tensor<1x509x384xf32>, tensor<384xf32>) outs(%0 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %25 = arith.addf %in, %in_5 : f32
      linalg.yield %25 : f32
    } -> tensor<1x509x384xf32>
    return %24 : tensor<1x509x384xf32>
  }
}
