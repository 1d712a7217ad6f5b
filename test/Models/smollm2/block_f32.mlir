#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1) -> (d0, 0)>
#map5 = affine_map<(d0, d1) -> (d1)>
#map6 = affine_map<(d0, d1) -> (d0, d1)>
#map7 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map8 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
#map9 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
#map10 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map11 = affine_map<(d0, d1) -> (0, d1)>
#map12 = affine_map<(d0, d1) -> ()>
#map13 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map14 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
module {
  func.func @block(%arg0: tensor<1x1021x576xf32>, %arg1: tensor<576xf32> {zq.weight = "{layer}.input_layernorm.weight"}, %arg2: tensor<576xf32> {zq.weight = "{layer}.post_attention_layernorm.weight"}, %arg3: tensor<576x576xf32> {zq.weight = "{layer}.self_attn.q_proj.weight"}, %arg4: tensor<576x576xf32> {zq.weight = "{layer}.self_attn.o_proj.weight"}, %arg5: tensor<192x576xf32> {zq.weight = "{layer}.self_attn.k_proj.weight"}, %arg6: tensor<192x576xf32> {zq.weight = "{layer}.self_attn.v_proj.weight"}, %arg7: tensor<1536x576xf32> {zq.weight = "{layer}.mlp.gate_proj.weight"}, %arg8: tensor<1536x576xf32> {zq.weight = "{layer}.mlp.up_proj.weight"}, %arg9: tensor<576x1536xf32> {zq.weight = "{layer}.mlp.down_proj.weight"}) -> tensor<1x1021x576xf32> {
    %c1_i64 = arith.constant 1 : i64
    %c2_i64 = arith.constant 2 : i64
    %c0_i64 = arith.constant 0 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant 0xFF800000 : f32
    %cst_2 = arith.constant dense<0.000000e+00> : tensor<f32>
    %cst_3 = arith.constant dense<0xFF800000> : tensor<1021x1021xf32>
    %cst_4 = arith.constant 1.000000e-05 : f64
    %cst_5 = arith.constant 5.760000e+02 : f32
    %cst_6 = arith.constant 2.000000e+00 : f32
    %cst_7 = arith.constant 6.400000e+01 : f32
    %cst_8 = arith.constant 1.000000e+05 : f32
    %cst_9 = arith.constant 8.000000e+00 : f32
    %0 = tensor.empty() : tensor<1x1021x576xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x1021x576xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    %2 = tensor.empty() : tensor<1x1021x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<1x1021x1xf32>) -> tensor<1x1021x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<1x1021x576xf32>) outs(%3 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.addf %in, %out : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%4 : tensor<1x1021x1xf32>) outs(%2 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.divf %in, %cst_5 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<1x1021x1xf32>) outs(%2 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.truncf %cst_4 : f64 to f32
      %102 = arith.addf %in, %101 : f32
      linalg.yield %102 : f32
    } -> tensor<1x1021x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<1x1021x1xf32>) outs(%2 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.rsqrt %in : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %7 : tensor<1x1021x576xf32>, tensor<1x1021x1xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    %9 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1, %8 : tensor<576xf32>, tensor<1x1021x576xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    %10 = tensor.empty() : tensor<576x576xf32>
    %transposed = linalg.transpose ins(%arg3 : tensor<576x576xf32>) outs(%10 : tensor<576x576xf32>) permutation = [1, 0] 
    %collapsed = tensor.collapse_shape %9 [[0, 1], [2]] : tensor<1x1021x576xf32> into tensor<1021x576xf32>
    %11 = tensor.empty() : tensor<1021x576xf32>
    %12 = linalg.fill ins(%cst : f32) outs(%11 : tensor<1021x576xf32>) -> tensor<1021x576xf32>
    %13 = linalg.matmul ins(%collapsed, %transposed : tensor<1021x576xf32>, tensor<576x576xf32>) outs(%12 : tensor<1021x576xf32>) -> tensor<1021x576xf32>
    %expanded = tensor.expand_shape %13 [[0, 1], [2, 3]] output_shape [1, 1021, 9, 64] : tensor<1021x576xf32> into tensor<1x1021x9x64xf32>
    %14 = tensor.empty() : tensor<1x9x1021x64xf32>
    %transposed_10 = linalg.transpose ins(%expanded : tensor<1x1021x9x64xf32>) outs(%14 : tensor<1x9x1021x64xf32>) permutation = [0, 2, 1, 3] 
    %15 = tensor.empty() : tensor<32xf32>
    %16 = linalg.generic {indexing_maps = [#map3], iterator_types = ["parallel"]} outs(%15 : tensor<32xf32>) {
    ^bb0(%out: f32):
      %101 = linalg.index 0 : index
      %102 = arith.index_cast %101 : index to i64
      %103 = arith.sitofp %102 : i64 to f32
      %104 = arith.mulf %103, %cst_6 : f32
      %105 = arith.addf %104, %cst : f32
      linalg.yield %105 : f32
    } -> tensor<32xf32>
    %17 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%16 : tensor<32xf32>) outs(%15 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.divf %in, %cst_7 : f32
      linalg.yield %101 : f32
    } -> tensor<32xf32>
    %18 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%17 : tensor<32xf32>) outs(%15 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.powf %cst_8, %in : f32
      linalg.yield %101 : f32
    } -> tensor<32xf32>
    %19 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%18 : tensor<32xf32>) outs(%15 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.cmpf one, %in, %cst : f32
      cf.assert %101, "unimplemented: tensor with zero element"
      %102 = arith.divf %cst_0, %in : f32
      linalg.yield %102 : f32
    } -> tensor<32xf32>
    %20 = tensor.empty() : tensor<1021xf32>
    %21 = linalg.generic {indexing_maps = [#map3], iterator_types = ["parallel"]} outs(%20 : tensor<1021xf32>) {
    ^bb0(%out: f32):
      %101 = linalg.index 0 : index
      %102 = arith.index_cast %101 : index to i64
      %103 = arith.sitofp %102 : i64 to f32
      %104 = arith.addf %103, %cst : f32
      linalg.yield %104 : f32
    } -> tensor<1021xf32>
    %expanded_11 = tensor.expand_shape %21 [[0, 1]] output_shape [1021, 1] : tensor<1021xf32> into tensor<1021x1xf32>
    %22 = tensor.empty() : tensor<1021x32xf32>
    %23 = linalg.generic {indexing_maps = [#map4, #map5, #map6], iterator_types = ["parallel", "parallel"]} ins(%expanded_11, %19 : tensor<1021x1xf32>, tensor<32xf32>) outs(%22 : tensor<1021x32xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1021x32xf32>
    %concat = tensor.concat dim(1) %23, %23 : (tensor<1021x32xf32>, tensor<1021x32xf32>) -> tensor<1021x64xf32>
    %extracted_slice = tensor.extract_slice %transposed_10[0, 0, 0, 0] [1, 9, 1021, 32] [1, 1, 1, 1] : tensor<1x9x1021x64xf32> to tensor<1x9x1021x32xf32>
    %extracted_slice_12 = tensor.extract_slice %transposed_10[0, 0, 0, 32] [1, 9, 1021, 32] [1, 1, 1, 1] : tensor<1x9x1021x64xf32> to tensor<1x9x1021x32xf32>
    %24 = tensor.empty() : tensor<1021x64xf32>
    %25 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel"]} ins(%concat : tensor<1021x64xf32>) outs(%24 : tensor<1021x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.cos %in : f32
      linalg.yield %101 : f32
    } -> tensor<1021x64xf32>
    %26 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_10, %25 : tensor<1x9x1021x64xf32>, tensor<1021x64xf32>) outs(%14 : tensor<1x9x1021x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x64xf32>
    %27 = tensor.empty() : tensor<1x9x1021x32xf32>
    %28 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_12 : tensor<1x9x1021x32xf32>) outs(%27 : tensor<1x9x1021x32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.negf %in : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x32xf32>
    %concat_13 = tensor.concat dim(3) %28, %extracted_slice : (tensor<1x9x1021x32xf32>, tensor<1x9x1021x32xf32>) -> tensor<1x9x1021x64xf32>
    %29 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel"]} ins(%concat : tensor<1021x64xf32>) outs(%24 : tensor<1021x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.sin %in : f32
      linalg.yield %101 : f32
    } -> tensor<1021x64xf32>
    %30 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_13, %29 : tensor<1x9x1021x64xf32>, tensor<1021x64xf32>) outs(%14 : tensor<1x9x1021x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x64xf32>
    %31 = linalg.generic {indexing_maps = [#map7, #map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%26, %30 : tensor<1x9x1021x64xf32>, tensor<1x9x1021x64xf32>) outs(%14 : tensor<1x9x1021x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.addf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x64xf32>
    %32 = tensor.empty() : tensor<576x192xf32>
    %transposed_14 = linalg.transpose ins(%arg5 : tensor<192x576xf32>) outs(%32 : tensor<576x192xf32>) permutation = [1, 0] 
    %33 = tensor.empty() : tensor<1021x192xf32>
    %34 = linalg.fill ins(%cst : f32) outs(%33 : tensor<1021x192xf32>) -> tensor<1021x192xf32>
    %35 = linalg.matmul ins(%collapsed, %transposed_14 : tensor<1021x576xf32>, tensor<576x192xf32>) outs(%34 : tensor<1021x192xf32>) -> tensor<1021x192xf32>
    %expanded_15 = tensor.expand_shape %35 [[0, 1], [2, 3]] output_shape [1, 1021, 3, 64] : tensor<1021x192xf32> into tensor<1x1021x3x64xf32>
    %36 = tensor.empty() : tensor<1x3x1021x64xf32>
    %transposed_16 = linalg.transpose ins(%expanded_15 : tensor<1x1021x3x64xf32>) outs(%36 : tensor<1x3x1021x64xf32>) permutation = [0, 2, 1, 3] 
    %37 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%18 : tensor<32xf32>) outs(%15 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.cmpf one, %in, %cst : f32
      cf.assert %101, "unimplemented: tensor with zero element"
      %102 = arith.divf %cst_0, %in : f32
      linalg.yield %102 : f32
    } -> tensor<32xf32>
    %38 = linalg.generic {indexing_maps = [#map4, #map5, #map6], iterator_types = ["parallel", "parallel"]} ins(%expanded_11, %37 : tensor<1021x1xf32>, tensor<32xf32>) outs(%22 : tensor<1021x32xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1021x32xf32>
    %concat_17 = tensor.concat dim(1) %38, %38 : (tensor<1021x32xf32>, tensor<1021x32xf32>) -> tensor<1021x64xf32>
    %extracted_slice_18 = tensor.extract_slice %transposed_16[0, 0, 0, 0] [1, 3, 1021, 32] [1, 1, 1, 1] : tensor<1x3x1021x64xf32> to tensor<1x3x1021x32xf32>
    %extracted_slice_19 = tensor.extract_slice %transposed_16[0, 0, 0, 32] [1, 3, 1021, 32] [1, 1, 1, 1] : tensor<1x3x1021x64xf32> to tensor<1x3x1021x32xf32>
    %39 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel"]} ins(%concat_17 : tensor<1021x64xf32>) outs(%24 : tensor<1021x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.cos %in : f32
      linalg.yield %101 : f32
    } -> tensor<1021x64xf32>
    %40 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_16, %39 : tensor<1x3x1021x64xf32>, tensor<1021x64xf32>) outs(%36 : tensor<1x3x1021x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x3x1021x64xf32>
    %41 = tensor.empty() : tensor<1x3x1021x32xf32>
    %42 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_19 : tensor<1x3x1021x32xf32>) outs(%41 : tensor<1x3x1021x32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.negf %in : f32
      linalg.yield %101 : f32
    } -> tensor<1x3x1021x32xf32>
    %concat_20 = tensor.concat dim(3) %42, %extracted_slice_18 : (tensor<1x3x1021x32xf32>, tensor<1x3x1021x32xf32>) -> tensor<1x3x1021x64xf32>
    %43 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel"]} ins(%concat_17 : tensor<1021x64xf32>) outs(%24 : tensor<1021x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.sin %in : f32
      linalg.yield %101 : f32
    } -> tensor<1021x64xf32>
    %44 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_20, %43 : tensor<1x3x1021x64xf32>, tensor<1021x64xf32>) outs(%36 : tensor<1x3x1021x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x3x1021x64xf32>
    %45 = linalg.generic {indexing_maps = [#map7, #map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%40, %44 : tensor<1x3x1021x64xf32>, tensor<1x3x1021x64xf32>) outs(%36 : tensor<1x3x1021x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.addf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x3x1021x64xf32>
    %transposed_21 = linalg.transpose ins(%arg6 : tensor<192x576xf32>) outs(%32 : tensor<576x192xf32>) permutation = [1, 0] 
    %46 = linalg.matmul ins(%collapsed, %transposed_21 : tensor<1021x576xf32>, tensor<576x192xf32>) outs(%34 : tensor<1021x192xf32>) -> tensor<1021x192xf32>
    %expanded_22 = tensor.expand_shape %46 [[0, 1], [2, 3]] output_shape [1, 1021, 3, 64] : tensor<1021x192xf32> into tensor<1x1021x3x64xf32>
    %transposed_23 = linalg.transpose ins(%expanded_22 : tensor<1x1021x3x64xf32>) outs(%36 : tensor<1x3x1021x64xf32>) permutation = [0, 2, 1, 3] 
    %47 = tensor.empty() : tensor<1x3x3x1021x64xf32>
    %48 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%45 : tensor<1x3x1021x64xf32>) outs(%47 : tensor<1x3x3x1021x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x3x3x1021x64xf32>
    %collapsed_24 = tensor.collapse_shape %48 [[0], [1, 2], [3], [4]] : tensor<1x3x3x1021x64xf32> into tensor<1x9x1021x64xf32>
    %49 = tensor.empty() : tensor<1x9x64x1021xf32>
    %transposed_25 = linalg.transpose ins(%collapsed_24 : tensor<1x9x1021x64xf32>) outs(%49 : tensor<1x9x64x1021xf32>) permutation = [0, 1, 3, 2] 
    %collapsed_26 = tensor.collapse_shape %31 [[0, 1], [2], [3]] : tensor<1x9x1021x64xf32> into tensor<9x1021x64xf32>
    %collapsed_27 = tensor.collapse_shape %transposed_25 [[0, 1], [2], [3]] : tensor<1x9x64x1021xf32> into tensor<9x64x1021xf32>
    %50 = tensor.empty() : tensor<9x1021x1021xf32>
    %51 = linalg.fill ins(%cst : f32) outs(%50 : tensor<9x1021x1021xf32>) -> tensor<9x1021x1021xf32>
    %52 = linalg.batch_matmul ins(%collapsed_26, %collapsed_27 : tensor<9x1021x64xf32>, tensor<9x64x1021xf32>) outs(%51 : tensor<9x1021x1021xf32>) -> tensor<9x1021x1021xf32>
    %expanded_28 = tensor.expand_shape %52 [[0, 1], [2], [3]] output_shape [1, 9, 1021, 1021] : tensor<9x1021x1021xf32> into tensor<1x9x1021x1021xf32>
    %53 = tensor.empty() : tensor<1x9x1021x1021xf32>
    %54 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_28 : tensor<1x9x1021x1021xf32>) outs(%53 : tensor<1x9x1021x1021xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.divf %in, %cst_9 : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x1021xf32>
    %55 = tensor.empty() : tensor<1021xi64>
    %56 = linalg.generic {indexing_maps = [#map3], iterator_types = ["parallel"]} outs(%55 : tensor<1021xi64>) {
    ^bb0(%out: i64):
      %101 = linalg.index 0 : index
      %102 = arith.index_cast %101 : index to i64
      linalg.yield %102 : i64
    } -> tensor<1021xi64>
    %expanded_29 = tensor.expand_shape %56 [[0, 1]] output_shape [1, 1021] : tensor<1021xi64> into tensor<1x1021xi64>
    %expanded_30 = tensor.expand_shape %56 [[0, 1]] output_shape [1021, 1] : tensor<1021xi64> into tensor<1021x1xi64>
    %57 = tensor.empty() : tensor<1021x1021xi64>
    %58 = linalg.generic {indexing_maps = [#map11, #map4, #map6], iterator_types = ["parallel", "parallel"]} ins(%expanded_29, %expanded_30 : tensor<1x1021xi64>, tensor<1021x1xi64>) outs(%57 : tensor<1021x1021xi64>) {
    ^bb0(%in: i64, %in_47: i64, %out: i64):
      %101 = arith.subi %in, %in_47 : i64
      linalg.yield %101 : i64
    } -> tensor<1021x1021xi64>
    %59 = tensor.empty() : tensor<1021x1021xi1>
    %60 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel"]} ins(%58 : tensor<1021x1021xi64>) outs(%59 : tensor<1021x1021xi1>) {
    ^bb0(%in: i64, %out: i1):
      %101 = arith.cmpi sge, %in, %c1_i64 : i64
      linalg.yield %101 : i1
    } -> tensor<1021x1021xi1>
    %61 = tensor.empty() : tensor<1021x1021xf32>
    %62 = linalg.generic {indexing_maps = [#map6, #map6, #map12, #map6], iterator_types = ["parallel", "parallel"]} ins(%60, %cst_3, %cst_2 : tensor<1021x1021xi1>, tensor<1021x1021xf32>, tensor<f32>) outs(%61 : tensor<1021x1021xf32>) {
    ^bb0(%in: i1, %in_47: f32, %in_48: f32, %out: f32):
      %101 = arith.select %in, %in_47, %in_48 : f32
      linalg.yield %101 : f32
    } -> tensor<1021x1021xf32>
    %63 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%54, %62 : tensor<1x9x1021x1021xf32>, tensor<1021x1021xf32>) outs(%53 : tensor<1x9x1021x1021xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.addf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x1021xf32>
    %64 = tensor.empty() : tensor<1x9x1021xi64>
    %65 = linalg.fill ins(%c0_i64 : i64) outs(%64 : tensor<1x9x1021xi64>) -> tensor<1x9x1021xi64>
    %66 = tensor.empty() : tensor<1x9x1021xf32>
    %67 = linalg.fill ins(%cst_1 : f32) outs(%66 : tensor<1x9x1021xf32>) -> tensor<1x9x1021xf32>
    %68:2 = linalg.generic {indexing_maps = [#map7, #map13, #map13], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%63 : tensor<1x9x1021x1021xf32>) outs(%67, %65 : tensor<1x9x1021xf32>, tensor<1x9x1021xi64>) {
    ^bb0(%in: f32, %out: f32, %out_47: i64):
      %101 = linalg.index 3 : index
      %102 = arith.index_cast %101 : index to i64
      %103 = arith.maximumf %in, %out : f32
      %104 = arith.cmpf ogt, %in, %out : f32
      %105 = arith.select %104, %102, %out_47 : i64
      linalg.yield %103, %105 : f32, i64
    } -> (tensor<1x9x1021xf32>, tensor<1x9x1021xi64>)
    %expanded_31 = tensor.expand_shape %68#0 [[0], [1], [2, 3]] output_shape [1, 9, 1021, 1] : tensor<1x9x1021xf32> into tensor<1x9x1021x1xf32>
    %69 = linalg.generic {indexing_maps = [#map7, #map14, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%63, %expanded_31 : tensor<1x9x1021x1021xf32>, tensor<1x9x1021x1xf32>) outs(%53 : tensor<1x9x1021x1021xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.subf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x1021xf32>
    %70 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%69 : tensor<1x9x1021x1021xf32>) outs(%53 : tensor<1x9x1021x1021xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.exp %in : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x1021xf32>
    %71 = tensor.empty() : tensor<1x9x1021x1xf32>
    %72 = linalg.fill ins(%cst : f32) outs(%71 : tensor<1x9x1021x1xf32>) -> tensor<1x9x1021x1xf32>
    %73 = linalg.generic {indexing_maps = [#map7, #map14], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%70 : tensor<1x9x1021x1021xf32>) outs(%72 : tensor<1x9x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.addf %in, %out : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x1xf32>
    %74 = linalg.generic {indexing_maps = [#map7, #map14, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%70, %73 : tensor<1x9x1021x1021xf32>, tensor<1x9x1021x1xf32>) outs(%53 : tensor<1x9x1021x1021xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.divf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x9x1021x1021xf32>
    %75 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_23 : tensor<1x3x1021x64xf32>) outs(%47 : tensor<1x3x3x1021x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x3x3x1021x64xf32>
    %collapsed_32 = tensor.collapse_shape %74 [[0, 1], [2], [3]] : tensor<1x9x1021x1021xf32> into tensor<9x1021x1021xf32>
    %collapsed_33 = tensor.collapse_shape %75 [[0, 1, 2], [3], [4]] : tensor<1x3x3x1021x64xf32> into tensor<9x1021x64xf32>
    %76 = tensor.empty() : tensor<9x1021x64xf32>
    %77 = linalg.fill ins(%cst : f32) outs(%76 : tensor<9x1021x64xf32>) -> tensor<9x1021x64xf32>
    %78 = linalg.batch_matmul ins(%collapsed_32, %collapsed_33 : tensor<9x1021x1021xf32>, tensor<9x1021x64xf32>) outs(%77 : tensor<9x1021x64xf32>) -> tensor<9x1021x64xf32>
    %expanded_34 = tensor.expand_shape %78 [[0, 1], [2], [3]] output_shape [1, 9, 1021, 64] : tensor<9x1021x64xf32> into tensor<1x9x1021x64xf32>
    %79 = tensor.empty() : tensor<1x1021x9x64xf32>
    %transposed_35 = linalg.transpose ins(%expanded_34 : tensor<1x9x1021x64xf32>) outs(%79 : tensor<1x1021x9x64xf32>) permutation = [0, 2, 1, 3] 
    %transposed_36 = linalg.transpose ins(%arg4 : tensor<576x576xf32>) outs(%10 : tensor<576x576xf32>) permutation = [1, 0] 
    %collapsed_37 = tensor.collapse_shape %transposed_35 [[0, 1], [2, 3]] : tensor<1x1021x9x64xf32> into tensor<1021x576xf32>
    %80 = linalg.matmul ins(%collapsed_37, %transposed_36 : tensor<1021x576xf32>, tensor<576x576xf32>) outs(%12 : tensor<1021x576xf32>) -> tensor<1021x576xf32>
    %expanded_38 = tensor.expand_shape %80 [[0, 1], [2]] output_shape [1, 1021, 576] : tensor<1021x576xf32> into tensor<1x1021x576xf32>
    %81 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %expanded_38 : tensor<1x1021x576xf32>, tensor<1x1021x576xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.addf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    %82 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81 : tensor<1x1021x576xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    %83 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%82 : tensor<1x1021x576xf32>) outs(%3 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.addf %in, %out : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1xf32>
    %84 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%83 : tensor<1x1021x1xf32>) outs(%2 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.divf %in, %cst_5 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1xf32>
    %85 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%84 : tensor<1x1021x1xf32>) outs(%2 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.truncf %cst_4 : f64 to f32
      %102 = arith.addf %in, %101 : f32
      linalg.yield %102 : f32
    } -> tensor<1x1021x1xf32>
    %86 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%85 : tensor<1x1021x1xf32>) outs(%2 : tensor<1x1021x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = math.rsqrt %in : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1xf32>
    %87 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81, %86 : tensor<1x1021x576xf32>, tensor<1x1021x1xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    %88 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2, %87 : tensor<576xf32>, tensor<1x1021x576xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    %89 = tensor.empty() : tensor<576x1536xf32>
    %transposed_39 = linalg.transpose ins(%arg7 : tensor<1536x576xf32>) outs(%89 : tensor<576x1536xf32>) permutation = [1, 0] 
    %collapsed_40 = tensor.collapse_shape %88 [[0, 1], [2]] : tensor<1x1021x576xf32> into tensor<1021x576xf32>
    %90 = tensor.empty() : tensor<1021x1536xf32>
    %91 = linalg.fill ins(%cst : f32) outs(%90 : tensor<1021x1536xf32>) -> tensor<1021x1536xf32>
    %92 = linalg.matmul ins(%collapsed_40, %transposed_39 : tensor<1021x576xf32>, tensor<576x1536xf32>) outs(%91 : tensor<1021x1536xf32>) -> tensor<1021x1536xf32>
    %expanded_41 = tensor.expand_shape %92 [[0, 1], [2]] output_shape [1, 1021, 1536] : tensor<1021x1536xf32> into tensor<1x1021x1536xf32>
    %93 = tensor.empty() : tensor<1x1021x1536xf32>
    %94 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_41 : tensor<1x1021x1536xf32>) outs(%93 : tensor<1x1021x1536xf32>) {
    ^bb0(%in: f32, %out: f32):
      %101 = arith.negf %in : f32
      %102 = math.exp %101 : f32
      %103 = arith.addf %102, %cst_0 : f32
      %104 = arith.divf %cst_0, %103 : f32
      linalg.yield %104 : f32
    } -> tensor<1x1021x1536xf32>
    %95 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_41, %94 : tensor<1x1021x1536xf32>, tensor<1x1021x1536xf32>) outs(%93 : tensor<1x1021x1536xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1536xf32>
    %transposed_42 = linalg.transpose ins(%arg8 : tensor<1536x576xf32>) outs(%89 : tensor<576x1536xf32>) permutation = [1, 0] 
    %96 = linalg.matmul ins(%collapsed_40, %transposed_42 : tensor<1021x576xf32>, tensor<576x1536xf32>) outs(%91 : tensor<1021x1536xf32>) -> tensor<1021x1536xf32>
    %expanded_43 = tensor.expand_shape %96 [[0, 1], [2]] output_shape [1, 1021, 1536] : tensor<1021x1536xf32> into tensor<1x1021x1536xf32>
    %97 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%95, %expanded_43 : tensor<1x1021x1536xf32>, tensor<1x1021x1536xf32>) outs(%93 : tensor<1x1021x1536xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.mulf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x1536xf32>
    %98 = tensor.empty() : tensor<1536x576xf32>
    %transposed_44 = linalg.transpose ins(%arg9 : tensor<576x1536xf32>) outs(%98 : tensor<1536x576xf32>) permutation = [1, 0] 
    %collapsed_45 = tensor.collapse_shape %97 [[0, 1], [2]] : tensor<1x1021x1536xf32> into tensor<1021x1536xf32>
    %99 = linalg.matmul ins(%collapsed_45, %transposed_44 : tensor<1021x1536xf32>, tensor<1536x576xf32>) outs(%12 : tensor<1021x576xf32>) -> tensor<1021x576xf32>
    %expanded_46 = tensor.expand_shape %99 [[0, 1], [2]] output_shape [1, 1021, 576] : tensor<1021x576xf32> into tensor<1x1021x576xf32>
    %100 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81, %expanded_46 : tensor<1x1021x576xf32>, tensor<1x1021x576xf32>) outs(%0 : tensor<1x1021x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %101 = arith.addf %in, %in_47 : f32
      linalg.yield %101 : f32
    } -> tensor<1x1021x576xf32>
    return %100 : tensor<1x1021x576xf32>
  }
}
