#map = affine_map<(d0, d1) -> (d1)>
#map1 = affine_map<(d0, d1) -> (d0, d1)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map5 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map6 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map7 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @layer(%arg0: tensor<1x509x384xf32>, %arg1: tensor<384x384xf32> {zq.weight = "{layer}.attention.self.query.weight"}, %arg2: tensor<384xf32> {zq.weight = "{layer}.attention.self.query.bias"}, %arg3: tensor<384x384xf32> {zq.weight = "{layer}.attention.self.key.weight"}, %arg4: tensor<384xf32> {zq.weight = "{layer}.attention.self.key.bias"}, %arg5: tensor<384x384xf32> {zq.weight = "{layer}.attention.self.value.weight"}, %arg6: tensor<384xf32> {zq.weight = "{layer}.attention.self.value.bias"}, %arg7: tensor<384x384xf32> {zq.weight = "{layer}.attention.output.dense.weight"}, %arg8: tensor<384xf32> {zq.weight = "{layer}.attention.output.dense.bias"}, %arg9: tensor<384xf32> {zq.weight = "{layer}.attention.output.LayerNorm.weight"}, %arg10: tensor<384xf32> {zq.weight = "{layer}.attention.output.LayerNorm.bias"}, %arg11: tensor<1536x384xf32> {zq.weight = "{layer}.intermediate.dense.weight"}, %arg12: tensor<1536xf32> {zq.weight = "{layer}.intermediate.dense.bias"}, %arg13: tensor<384x1536xf32> {zq.weight = "{layer}.output.dense.weight"}, %arg14: tensor<384xf32> {zq.weight = "{layer}.output.dense.bias"}, %arg15: tensor<384xf32> {zq.weight = "{layer}.output.LayerNorm.weight"}, %arg16: tensor<384xf32> {zq.weight = "{layer}.output.LayerNorm.bias"}) -> tensor<1x509x384xf32> {
    %cst = arith.constant 0.000000e+00 : f32
    %c0_i64 = arith.constant 0 : i64
    %cst_0 = arith.constant 0xFF800000 : f32
    %cst_1 = arith.constant 0.000000e+00 : f64
    %cst_2 = arith.constant 1.000000e+00 : f32
    %cst_3 = arith.constant 5.000000e-01 : f32
    %cst_4 = arith.constant 9.9999999999999998E-13 : f64
    %cst_5 = arith.constant 5.6568542494923806 : f64
    %cst_6 = arith.constant 3.840000e+02 : f64
    %cst_7 = arith.constant 3.840000e+02 : f32
    %cst_8 = arith.constant 1.41421354 : f32
    %collapsed = tensor.collapse_shape %arg0 [[0, 1], [2]] : tensor<1x509x384xf32> into tensor<509x384xf32>
    %0 = tensor.empty() : tensor<384x384xf32>
    %transposed = linalg.transpose ins(%arg1 : tensor<384x384xf32>) outs(%0 : tensor<384x384xf32>) permutation = [1, 0] 
    %1 = tensor.empty() : tensor<509x384xf32>
    %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<509x384xf32>) -> tensor<509x384xf32>
    %3 = linalg.matmul ins(%collapsed, %transposed : tensor<509x384xf32>, tensor<384x384xf32>) outs(%2 : tensor<509x384xf32>) -> tensor<509x384xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%arg2 : tensor<384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<509x384xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel"]} ins(%3, %4 : tensor<509x384xf32>, tensor<509x384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<509x384xf32>
    %expanded = tensor.expand_shape %5 [[0, 1], [2, 3]] output_shape [1, 509, 12, 32] : tensor<509x384xf32> into tensor<1x509x12x32xf32>
    %6 = tensor.empty() : tensor<1x12x509x32xf32>
    %transposed_9 = linalg.transpose ins(%expanded : tensor<1x509x12x32xf32>) outs(%6 : tensor<1x12x509x32xf32>) permutation = [0, 2, 1, 3] 
    %transposed_10 = linalg.transpose ins(%arg3 : tensor<384x384xf32>) outs(%0 : tensor<384x384xf32>) permutation = [1, 0] 
    %7 = linalg.matmul ins(%collapsed, %transposed_10 : tensor<509x384xf32>, tensor<384x384xf32>) outs(%2 : tensor<509x384xf32>) -> tensor<509x384xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%arg4 : tensor<384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<509x384xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel"]} ins(%7, %8 : tensor<509x384xf32>, tensor<509x384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<509x384xf32>
    %expanded_11 = tensor.expand_shape %9 [[0, 1], [2, 3]] output_shape [1, 509, 12, 32] : tensor<509x384xf32> into tensor<1x509x12x32xf32>
    %transposed_12 = linalg.transpose ins(%arg5 : tensor<384x384xf32>) outs(%0 : tensor<384x384xf32>) permutation = [1, 0] 
    %10 = linalg.matmul ins(%collapsed, %transposed_12 : tensor<509x384xf32>, tensor<384x384xf32>) outs(%2 : tensor<509x384xf32>) -> tensor<509x384xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%arg6 : tensor<384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<509x384xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel"]} ins(%10, %11 : tensor<509x384xf32>, tensor<509x384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<509x384xf32>
    %expanded_13 = tensor.expand_shape %12 [[0, 1], [2, 3]] output_shape [1, 509, 12, 32] : tensor<509x384xf32> into tensor<1x509x12x32xf32>
    %transposed_14 = linalg.transpose ins(%expanded_13 : tensor<1x509x12x32xf32>) outs(%6 : tensor<1x12x509x32xf32>) permutation = [0, 2, 1, 3] 
    %13 = tensor.empty() : tensor<1x12x32x509xf32>
    %transposed_15 = linalg.transpose ins(%expanded_11 : tensor<1x509x12x32xf32>) outs(%13 : tensor<1x12x32x509xf32>) permutation = [0, 2, 3, 1] 
    %collapsed_16 = tensor.collapse_shape %transposed_9 [[0, 1], [2], [3]] : tensor<1x12x509x32xf32> into tensor<12x509x32xf32>
    %collapsed_17 = tensor.collapse_shape %transposed_15 [[0, 1], [2], [3]] : tensor<1x12x32x509xf32> into tensor<12x32x509xf32>
    %14 = tensor.empty() : tensor<12x509x509xf32>
    %15 = linalg.fill ins(%cst : f32) outs(%14 : tensor<12x509x509xf32>) -> tensor<12x509x509xf32>
    %16 = linalg.batch_matmul ins(%collapsed_16, %collapsed_17 : tensor<12x509x32xf32>, tensor<12x32x509xf32>) outs(%15 : tensor<12x509x509xf32>) -> tensor<12x509x509xf32>
    %expanded_18 = tensor.expand_shape %16 [[0, 1], [2], [3]] output_shape [1, 12, 509, 509] : tensor<12x509x509xf32> into tensor<1x12x509x509xf32>
    %17 = tensor.empty() : tensor<1x12x509x509xf32>
    %18 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_18 : tensor<1x12x509x509xf32>) outs(%17 : tensor<1x12x509x509xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.truncf %cst_5 : f64 to f32
      %90 = arith.divf %in, %89 : f32
      linalg.yield %90 : f32
    } -> tensor<1x12x509x509xf32>
    %19 = tensor.empty() : tensor<1x12x509xi64>
    %20 = linalg.fill ins(%c0_i64 : i64) outs(%19 : tensor<1x12x509xi64>) -> tensor<1x12x509xi64>
    %21 = tensor.empty() : tensor<1x12x509xf32>
    %22 = linalg.fill ins(%cst_0 : f32) outs(%21 : tensor<1x12x509xf32>) -> tensor<1x12x509xf32>
    %23:2 = linalg.generic {indexing_maps = [#map2, #map3, #map3], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%18 : tensor<1x12x509x509xf32>) outs(%22, %20 : tensor<1x12x509xf32>, tensor<1x12x509xi64>) {
    ^bb0(%in: f32, %out: f32, %out_33: i64):
      %89 = linalg.index 3 : index
      %90 = arith.index_cast %89 : index to i64
      %91 = arith.maximumf %in, %out : f32
      %92 = arith.cmpf ogt, %in, %out : f32
      %93 = arith.select %92, %90, %out_33 : i64
      linalg.yield %91, %93 : f32, i64
    } -> (tensor<1x12x509xf32>, tensor<1x12x509xi64>)
    %expanded_19 = tensor.expand_shape %23#0 [[0], [1], [2, 3]] output_shape [1, 12, 509, 1] : tensor<1x12x509xf32> into tensor<1x12x509x1xf32>
    %24 = linalg.generic {indexing_maps = [#map2, #map4, #map2], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%18, %expanded_19 : tensor<1x12x509x509xf32>, tensor<1x12x509x1xf32>) outs(%17 : tensor<1x12x509x509xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.subf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x12x509x509xf32>
    %25 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%24 : tensor<1x12x509x509xf32>) outs(%17 : tensor<1x12x509x509xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = math.exp %in : f32
      linalg.yield %89 : f32
    } -> tensor<1x12x509x509xf32>
    %26 = tensor.empty() : tensor<1x12x509x1xf32>
    %27 = linalg.fill ins(%cst : f32) outs(%26 : tensor<1x12x509x1xf32>) -> tensor<1x12x509x1xf32>
    %28 = linalg.generic {indexing_maps = [#map2, #map4], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%25 : tensor<1x12x509x509xf32>) outs(%27 : tensor<1x12x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.addf %in, %out : f32
      linalg.yield %89 : f32
    } -> tensor<1x12x509x1xf32>
    %29 = linalg.generic {indexing_maps = [#map2, #map4, #map2], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%25, %28 : tensor<1x12x509x509xf32>, tensor<1x12x509x1xf32>) outs(%17 : tensor<1x12x509x509xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.divf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x12x509x509xf32>
    %collapsed_20 = tensor.collapse_shape %29 [[0, 1], [2], [3]] : tensor<1x12x509x509xf32> into tensor<12x509x509xf32>
    %collapsed_21 = tensor.collapse_shape %transposed_14 [[0, 1], [2], [3]] : tensor<1x12x509x32xf32> into tensor<12x509x32xf32>
    %30 = tensor.empty() : tensor<12x509x32xf32>
    %31 = linalg.fill ins(%cst : f32) outs(%30 : tensor<12x509x32xf32>) -> tensor<12x509x32xf32>
    %32 = linalg.batch_matmul ins(%collapsed_20, %collapsed_21 : tensor<12x509x509xf32>, tensor<12x509x32xf32>) outs(%31 : tensor<12x509x32xf32>) -> tensor<12x509x32xf32>
    %expanded_22 = tensor.expand_shape %32 [[0, 1], [2], [3]] output_shape [1, 12, 509, 32] : tensor<12x509x32xf32> into tensor<1x12x509x32xf32>
    %33 = tensor.empty() : tensor<1x509x12x32xf32>
    %transposed_23 = linalg.transpose ins(%expanded_22 : tensor<1x12x509x32xf32>) outs(%33 : tensor<1x509x12x32xf32>) permutation = [0, 2, 1, 3] 
    %collapsed_24 = tensor.collapse_shape %transposed_23 [[0, 1], [2, 3]] : tensor<1x509x12x32xf32> into tensor<509x384xf32>
    %transposed_25 = linalg.transpose ins(%arg7 : tensor<384x384xf32>) outs(%0 : tensor<384x384xf32>) permutation = [1, 0] 
    %34 = linalg.matmul ins(%collapsed_24, %transposed_25 : tensor<509x384xf32>, tensor<384x384xf32>) outs(%2 : tensor<509x384xf32>) -> tensor<509x384xf32>
    %35 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%arg8 : tensor<384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<509x384xf32>
    %36 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel"]} ins(%34, %35 : tensor<509x384xf32>, tensor<509x384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<509x384xf32>
    %expanded_26 = tensor.expand_shape %36 [[0, 1], [2]] output_shape [1, 509, 384] : tensor<509x384xf32> into tensor<1x509x384xf32>
    %37 = tensor.empty() : tensor<1x509x384xf32>
    %38 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_26, %arg0 : tensor<1x509x384xf32>, tensor<1x509x384xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %39 = tensor.empty() : tensor<1x509x384xf64>
    %40 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%38 : tensor<1x509x384xf32>) outs(%39 : tensor<1x509x384xf64>) {
    ^bb0(%in: f32, %out: f64):
      %89 = arith.extf %in : f32 to f64
      linalg.yield %89 : f64
    } -> tensor<1x509x384xf64>
    %41 = tensor.empty() : tensor<1x509x1xf64>
    %42 = linalg.fill ins(%cst_1 : f64) outs(%41 : tensor<1x509x1xf64>) -> tensor<1x509x1xf64>
    %43 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "reduction"]} ins(%40 : tensor<1x509x384xf64>) outs(%42 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.addf %in, %out : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %44 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%43 : tensor<1x509x1xf64>) outs(%41 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.divf %in, %cst_6 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %45 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%40, %44 : tensor<1x509x384xf64>, tensor<1x509x1xf64>) outs(%39 : tensor<1x509x384xf64>) {
    ^bb0(%in: f64, %in_33: f64, %out: f64):
      %89 = arith.subf %in, %in_33 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x384xf64>
    %46 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%45, %45 : tensor<1x509x384xf64>, tensor<1x509x384xf64>) outs(%39 : tensor<1x509x384xf64>) {
    ^bb0(%in: f64, %in_33: f64, %out: f64):
      %89 = arith.mulf %in, %in_33 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x384xf64>
    %47 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "reduction"]} ins(%46 : tensor<1x509x384xf64>) outs(%42 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.addf %in, %out : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %48 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%47 : tensor<1x509x1xf64>) outs(%41 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.divf %in, %cst_6 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %49 = tensor.empty() : tensor<1x509x1xf32>
    %50 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%48 : tensor<1x509x1xf64>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f64, %out: f32):
      %89 = arith.truncf %in : f64 to f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %51 = linalg.fill ins(%cst : f32) outs(%49 : tensor<1x509x1xf32>) -> tensor<1x509x1xf32>
    %52 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "reduction"]} ins(%38 : tensor<1x509x384xf32>) outs(%51 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.addf %in, %out : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %53 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%52 : tensor<1x509x1xf32>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.divf %in, %cst_7 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %54 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%50 : tensor<1x509x1xf32>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.truncf %cst_4 : f64 to f32
      %90 = arith.addf %in, %89 : f32
      linalg.yield %90 : f32
    } -> tensor<1x509x1xf32>
    %55 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%54 : tensor<1x509x1xf32>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = math.rsqrt %in : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %56 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%38, %53 : tensor<1x509x384xf32>, tensor<1x509x1xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.subf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %57 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%56, %55 : tensor<1x509x384xf32>, tensor<1x509x1xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.mulf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %58 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%57, %arg9 : tensor<1x509x384xf32>, tensor<384xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.mulf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %59 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%58, %arg10 : tensor<1x509x384xf32>, tensor<384xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %collapsed_27 = tensor.collapse_shape %59 [[0, 1], [2]] : tensor<1x509x384xf32> into tensor<509x384xf32>
    %60 = tensor.empty() : tensor<384x1536xf32>
    %transposed_28 = linalg.transpose ins(%arg11 : tensor<1536x384xf32>) outs(%60 : tensor<384x1536xf32>) permutation = [1, 0] 
    %61 = tensor.empty() : tensor<509x1536xf32>
    %62 = linalg.fill ins(%cst : f32) outs(%61 : tensor<509x1536xf32>) -> tensor<509x1536xf32>
    %63 = linalg.matmul ins(%collapsed_27, %transposed_28 : tensor<509x384xf32>, tensor<384x1536xf32>) outs(%62 : tensor<509x1536xf32>) -> tensor<509x1536xf32>
    %64 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%arg12 : tensor<1536xf32>) outs(%61 : tensor<509x1536xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<509x1536xf32>
    %65 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel"]} ins(%63, %64 : tensor<509x1536xf32>, tensor<509x1536xf32>) outs(%61 : tensor<509x1536xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<509x1536xf32>
    %expanded_29 = tensor.expand_shape %65 [[0, 1], [2]] output_shape [1, 509, 1536] : tensor<509x1536xf32> into tensor<1x509x1536xf32>
    %66 = tensor.empty() : tensor<1x509x1536xf32>
    %67 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_29 : tensor<1x509x1536xf32>) outs(%66 : tensor<1x509x1536xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.divf %in, %cst_8 : f32
      %90 = math.erf %89 : f32
      %91 = arith.addf %90, %cst_2 : f32
      %92 = arith.mulf %91, %cst_3 : f32
      %93 = arith.mulf %in, %92 : f32
      linalg.yield %93 : f32
    } -> tensor<1x509x1536xf32>
    %collapsed_30 = tensor.collapse_shape %67 [[0, 1], [2]] : tensor<1x509x1536xf32> into tensor<509x1536xf32>
    %68 = tensor.empty() : tensor<1536x384xf32>
    %transposed_31 = linalg.transpose ins(%arg13 : tensor<384x1536xf32>) outs(%68 : tensor<1536x384xf32>) permutation = [1, 0] 
    %69 = linalg.matmul ins(%collapsed_30, %transposed_31 : tensor<509x1536xf32>, tensor<1536x384xf32>) outs(%2 : tensor<509x384xf32>) -> tensor<509x384xf32>
    %70 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%arg14 : tensor<384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<509x384xf32>
    %71 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel"]} ins(%69, %70 : tensor<509x384xf32>, tensor<509x384xf32>) outs(%1 : tensor<509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<509x384xf32>
    %expanded_32 = tensor.expand_shape %71 [[0, 1], [2]] output_shape [1, 509, 384] : tensor<509x384xf32> into tensor<1x509x384xf32>
    %72 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_32, %59 : tensor<1x509x384xf32>, tensor<1x509x384xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %73 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%72 : tensor<1x509x384xf32>) outs(%39 : tensor<1x509x384xf64>) {
    ^bb0(%in: f32, %out: f64):
      %89 = arith.extf %in : f32 to f64
      linalg.yield %89 : f64
    } -> tensor<1x509x384xf64>
    %74 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "reduction"]} ins(%73 : tensor<1x509x384xf64>) outs(%42 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.addf %in, %out : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %75 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%74 : tensor<1x509x1xf64>) outs(%41 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.divf %in, %cst_6 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %76 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%73, %75 : tensor<1x509x384xf64>, tensor<1x509x1xf64>) outs(%39 : tensor<1x509x384xf64>) {
    ^bb0(%in: f64, %in_33: f64, %out: f64):
      %89 = arith.subf %in, %in_33 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x384xf64>
    %77 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%76, %76 : tensor<1x509x384xf64>, tensor<1x509x384xf64>) outs(%39 : tensor<1x509x384xf64>) {
    ^bb0(%in: f64, %in_33: f64, %out: f64):
      %89 = arith.mulf %in, %in_33 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x384xf64>
    %78 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "reduction"]} ins(%77 : tensor<1x509x384xf64>) outs(%42 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.addf %in, %out : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %79 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%78 : tensor<1x509x1xf64>) outs(%41 : tensor<1x509x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %89 = arith.divf %in, %cst_6 : f64
      linalg.yield %89 : f64
    } -> tensor<1x509x1xf64>
    %80 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%79 : tensor<1x509x1xf64>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f64, %out: f32):
      %89 = arith.truncf %in : f64 to f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %81 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "reduction"]} ins(%72 : tensor<1x509x384xf32>) outs(%51 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.addf %in, %out : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %82 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81 : tensor<1x509x1xf32>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.divf %in, %cst_7 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %83 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%80 : tensor<1x509x1xf32>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = arith.truncf %cst_4 : f64 to f32
      %90 = arith.addf %in, %89 : f32
      linalg.yield %90 : f32
    } -> tensor<1x509x1xf32>
    %84 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%83 : tensor<1x509x1xf32>) outs(%49 : tensor<1x509x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %89 = math.rsqrt %in : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x1xf32>
    %85 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%72, %82 : tensor<1x509x384xf32>, tensor<1x509x1xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.subf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %86 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%85, %84 : tensor<1x509x384xf32>, tensor<1x509x1xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.mulf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %87 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%86, %arg15 : tensor<1x509x384xf32>, tensor<384xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.mulf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    %88 = linalg.generic {indexing_maps = [#map5, #map7, #map5], iterator_types = ["parallel", "parallel", "parallel"]} ins(%87, %arg16 : tensor<1x509x384xf32>, tensor<384xf32>) outs(%37 : tensor<1x509x384xf32>) {
    ^bb0(%in: f32, %in_33: f32, %out: f32):
      %89 = arith.addf %in, %in_33 : f32
      linalg.yield %89 : f32
    } -> tensor<1x509x384xf32>
    return %88 : tensor<1x509x384xf32>
  }
}
