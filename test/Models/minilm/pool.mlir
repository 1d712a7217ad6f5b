#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d2)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, 0)>
#map4 = affine_map<(d0, d1) -> (d0)>
module {
  func.func @pool(%arg0: tensor<1x509x384xf32>) -> tensor<1x384xf32> {
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999998E-13 : f64
    %cst_1 = arith.constant 5.090000e+02 : f32
    %cst_2 = arith.constant 5.000000e-01 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %0 = tensor.empty() : tensor<1x384xf32>
    %1 = linalg.fill ins(%cst : f32) outs(%0 : tensor<1x384xf32>) -> tensor<1x384xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction", "parallel"]} ins(%arg0 : tensor<1x509x384xf32>) outs(%1 : tensor<1x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = arith.addf %in, %out : f32
      linalg.yield %11 : f32
    } -> tensor<1x384xf32>
    %3 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%2 : tensor<1x384xf32>) outs(%0 : tensor<1x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = arith.divf %in, %cst_1 : f32
      linalg.yield %11 : f32
    } -> tensor<1x384xf32>
    %4 = tensor.empty() : tensor<1x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<1x1xf32>) -> tensor<1x1xf32>
    %6 = linalg.generic {indexing_maps = [#map2, #map3], iterator_types = ["parallel", "reduction"]} ins(%3 : tensor<1x384xf32>) outs(%5 : tensor<1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = math.absf %in : f32
      %12 = math.powf %11, %cst_3 : f32
      %13 = arith.addf %12, %out : f32
      linalg.yield %13 : f32
    } -> tensor<1x1xf32>
    %7 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%6 : tensor<1x1xf32>) outs(%4 : tensor<1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = math.powf %in, %cst_2 : f32
      linalg.yield %11 : f32
    } -> tensor<1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%7 : tensor<1x1xf32>) outs(%4 : tensor<1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = arith.truncf %cst_0 : f64 to f32
      %12 = arith.cmpf ult, %in, %11 : f32
      %13 = arith.select %12, %11, %in : f32
      linalg.yield %13 : f32
    } -> tensor<1x1xf32>
    %collapsed = tensor.collapse_shape %8 [[0, 1]] : tensor<1x1xf32> into tensor<1xf32>
    %9 = linalg.generic {indexing_maps = [#map4, #map2], iterator_types = ["parallel", "parallel"]} ins(%collapsed : tensor<1xf32>) outs(%0 : tensor<1x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x384xf32>
    %10 = linalg.generic {indexing_maps = [#map2, #map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%3, %9 : tensor<1x384xf32>, tensor<1x384xf32>) outs(%0 : tensor<1x384xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %11 = arith.divf %in, %in_4 : f32
      linalg.yield %11 : f32
    } -> tensor<1x384xf32>
    return %10 : tensor<1x384xf32>
  }
}
