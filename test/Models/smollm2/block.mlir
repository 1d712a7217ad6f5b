#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0) -> (d0)>
#map5 = affine_map<(d0, d1) -> (d0, 0)>
#map6 = affine_map<(d0, d1) -> (d1)>
#map7 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map8 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
#map9 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
#map10 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map11 = affine_map<(d0, d1) -> (0, d1)>
#map12 = affine_map<(d0, d1) -> ()>
#map13 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map14 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
module {
  func.func @block(%arg0: tensor<1x64x576xbf16>, %arg1: tensor<576xbf16> {zq.weight = "{layer}.input_layernorm.weight"}, %arg2: tensor<576xbf16> {zq.weight = "{layer}.post_attention_layernorm.weight"}, %arg3: tensor<576x576xbf16> {zq.weight = "{layer}.self_attn.q_proj.weight"}, %arg4: tensor<576x576xbf16> {zq.weight = "{layer}.self_attn.o_proj.weight"}, %arg5: tensor<192x576xbf16> {zq.weight = "{layer}.self_attn.k_proj.weight"}, %arg6: tensor<192x576xbf16> {zq.weight = "{layer}.self_attn.v_proj.weight"}, %arg7: tensor<1536x576xbf16> {zq.weight = "{layer}.mlp.gate_proj.weight"}, %arg8: tensor<1536x576xbf16> {zq.weight = "{layer}.mlp.up_proj.weight"}, %arg9: tensor<576x1536xbf16> {zq.weight = "{layer}.mlp.down_proj.weight"}) -> tensor<1x64x576xbf16> {
    %c1_i64 = arith.constant 1 : i64
    %c2_i64 = arith.constant 2 : i64
    %c0_i64 = arith.constant 0 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant 0xFF800000 : f32
    %cst_2 = arith.constant dense<0.000000e+00> : tensor<f32>
    %cst_3 = arith.constant dense<0xFF800000> : tensor<64x64xf32>
    %cst_4 = arith.constant 1.000000e-05 : f64
    %cst_5 = arith.constant 5.760000e+02 : f32
    %cst_6 = arith.constant 2.000000e+00 : f32
    %cst_7 = arith.constant 6.400000e+01 : f32
    %cst_8 = arith.constant 1.000000e+05 : f32
    %cst_9 = arith.constant 8.000000e+00 : bf16
    %0 = tensor.empty() : tensor<1x64x576xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<1x64x576xbf16>) outs(%0 : tensor<1x64x576xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %125 = arith.extf %in : bf16 to f32
      linalg.yield %125 : f32
    } -> tensor<1x64x576xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<1x64x576xf32>) outs(%0 : tensor<1x64x576xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %125 : f32
    } -> tensor<1x64x576xf32>
    %3 = tensor.empty() : tensor<1x64x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<1x64x1xf32>) -> tensor<1x64x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<1x64x576xf32>) outs(%4 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.addf %in, %out : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<1x64x1xf32>) outs(%3 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.divf %in, %cst_5 : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<1x64x1xf32>) outs(%3 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.truncf %cst_4 : f64 to f32
      %126 = arith.addf %in, %125 : f32
      linalg.yield %126 : f32
    } -> tensor<1x64x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<1x64x1xf32>) outs(%3 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.rsqrt %in : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<1x64x576xf32>, tensor<1x64x1xf32>) outs(%0 : tensor<1x64x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.mulf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x576xf32>
    %10 = tensor.empty() : tensor<1x64x576xbf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<1x64x576xf32>) outs(%10 : tensor<1x64x576xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x576xbf16>
    %12 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1, %11 : tensor<576xbf16>, tensor<1x64x576xbf16>) outs(%10 : tensor<1x64x576xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.mulf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x576xbf16>
    %13 = tensor.empty() : tensor<576x576xbf16>
    %transposed = linalg.transpose ins(%arg3 : tensor<576x576xbf16>) outs(%13 : tensor<576x576xbf16>) permutation = [1, 0] 
    %collapsed = tensor.collapse_shape %12 [[0, 1], [2]] : tensor<1x64x576xbf16> into tensor<64x576xbf16>
    %14 = tensor.empty() : tensor<64x576xf32>
    %15 = linalg.fill ins(%cst : f32) outs(%14 : tensor<64x576xf32>) -> tensor<64x576xf32>
    %16 = linalg.matmul ins(%collapsed, %transposed : tensor<64x576xbf16>, tensor<576x576xbf16>) outs(%15 : tensor<64x576xf32>) -> tensor<64x576xf32>
    %17 = tensor.empty() : tensor<64x576xbf16>
    %18 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%16 : tensor<64x576xf32>) outs(%17 : tensor<64x576xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x576xbf16>
    %expanded = tensor.expand_shape %18 [[0, 1], [2, 3]] output_shape [1, 64, 9, 64] : tensor<64x576xbf16> into tensor<1x64x9x64xbf16>
    %19 = tensor.empty() : tensor<1x9x64x64xbf16>
    %transposed_10 = linalg.transpose ins(%expanded : tensor<1x64x9x64xbf16>) outs(%19 : tensor<1x9x64x64xbf16>) permutation = [0, 2, 1, 3] 
    %20 = tensor.empty() : tensor<32xf32>
    %21 = linalg.generic {indexing_maps = [#map4], iterator_types = ["parallel"]} outs(%20 : tensor<32xf32>) {
    ^bb0(%out: f32):
      %125 = linalg.index 0 : index
      %126 = arith.index_cast %125 : index to i64
      %127 = arith.sitofp %126 : i64 to f32
      %128 = arith.mulf %127, %cst_6 : f32
      %129 = arith.addf %128, %cst : f32
      linalg.yield %129 : f32
    } -> tensor<32xf32>
    %22 = linalg.generic {indexing_maps = [#map4, #map4], iterator_types = ["parallel"]} ins(%21 : tensor<32xf32>) outs(%20 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.divf %in, %cst_7 : f32
      linalg.yield %125 : f32
    } -> tensor<32xf32>
    %23 = linalg.generic {indexing_maps = [#map4, #map4], iterator_types = ["parallel"]} ins(%22 : tensor<32xf32>) outs(%20 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.powf %cst_8, %in : f32
      linalg.yield %125 : f32
    } -> tensor<32xf32>
    %24 = linalg.generic {indexing_maps = [#map4, #map4], iterator_types = ["parallel"]} ins(%23 : tensor<32xf32>) outs(%20 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.cmpf one, %in, %cst : f32
      cf.assert %125, "unimplemented: tensor with zero element"
      %126 = arith.divf %cst_0, %in : f32
      linalg.yield %126 : f32
    } -> tensor<32xf32>
    %25 = tensor.empty() : tensor<64xf32>
    %26 = linalg.generic {indexing_maps = [#map4], iterator_types = ["parallel"]} outs(%25 : tensor<64xf32>) {
    ^bb0(%out: f32):
      %125 = linalg.index 0 : index
      %126 = arith.index_cast %125 : index to i64
      %127 = arith.sitofp %126 : i64 to f32
      %128 = arith.addf %127, %cst : f32
      linalg.yield %128 : f32
    } -> tensor<64xf32>
    %expanded_11 = tensor.expand_shape %26 [[0, 1]] output_shape [64, 1] : tensor<64xf32> into tensor<64x1xf32>
    %27 = tensor.empty() : tensor<64x32xf32>
    %28 = linalg.generic {indexing_maps = [#map5, #map6, #map3], iterator_types = ["parallel", "parallel"]} ins(%expanded_11, %24 : tensor<64x1xf32>, tensor<32xf32>) outs(%27 : tensor<64x32xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.mulf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<64x32xf32>
    %concat = tensor.concat dim(1) %28, %28 : (tensor<64x32xf32>, tensor<64x32xf32>) -> tensor<64x64xf32>
    %extracted_slice = tensor.extract_slice %transposed_10[0, 0, 0, 0] [1, 9, 64, 32] [1, 1, 1, 1] : tensor<1x9x64x64xbf16> to tensor<1x9x64x32xbf16>
    %extracted_slice_12 = tensor.extract_slice %transposed_10[0, 0, 0, 32] [1, 9, 64, 32] [1, 1, 1, 1] : tensor<1x9x64x64xbf16> to tensor<1x9x64x32xbf16>
    %29 = tensor.empty() : tensor<64x64xf32>
    %30 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%concat : tensor<64x64xf32>) outs(%29 : tensor<64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.cos %in : f32
      linalg.yield %125 : f32
    } -> tensor<64x64xf32>
    %31 = tensor.empty() : tensor<64x64xbf16>
    %32 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%30 : tensor<64x64xf32>) outs(%31 : tensor<64x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x64xbf16>
    %33 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_10, %32 : tensor<1x9x64x64xbf16>, tensor<64x64xbf16>) outs(%19 : tensor<1x9x64x64xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.mulf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x9x64x64xbf16>
    %34 = tensor.empty() : tensor<1x9x64x32xbf16>
    %35 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_12 : tensor<1x9x64x32xbf16>) outs(%34 : tensor<1x9x64x32xbf16>) {
    ^bb0(%in: bf16, %out: bf16):
      %125 = arith.negf %in : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x9x64x32xbf16>
    %concat_13 = tensor.concat dim(3) %35, %extracted_slice : (tensor<1x9x64x32xbf16>, tensor<1x9x64x32xbf16>) -> tensor<1x9x64x64xbf16>
    %36 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%concat : tensor<64x64xf32>) outs(%29 : tensor<64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.sin %in : f32
      linalg.yield %125 : f32
    } -> tensor<64x64xf32>
    %37 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%36 : tensor<64x64xf32>) outs(%31 : tensor<64x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x64xbf16>
    %38 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_13, %37 : tensor<1x9x64x64xbf16>, tensor<64x64xbf16>) outs(%19 : tensor<1x9x64x64xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.mulf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x9x64x64xbf16>
    %39 = linalg.generic {indexing_maps = [#map7, #map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%33, %38 : tensor<1x9x64x64xbf16>, tensor<1x9x64x64xbf16>) outs(%19 : tensor<1x9x64x64xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.addf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x9x64x64xbf16>
    %40 = tensor.empty() : tensor<576x192xbf16>
    %transposed_14 = linalg.transpose ins(%arg5 : tensor<192x576xbf16>) outs(%40 : tensor<576x192xbf16>) permutation = [1, 0] 
    %41 = tensor.empty() : tensor<64x192xf32>
    %42 = linalg.fill ins(%cst : f32) outs(%41 : tensor<64x192xf32>) -> tensor<64x192xf32>
    %43 = linalg.matmul ins(%collapsed, %transposed_14 : tensor<64x576xbf16>, tensor<576x192xbf16>) outs(%42 : tensor<64x192xf32>) -> tensor<64x192xf32>
    %44 = tensor.empty() : tensor<64x192xbf16>
    %45 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%43 : tensor<64x192xf32>) outs(%44 : tensor<64x192xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x192xbf16>
    %expanded_15 = tensor.expand_shape %45 [[0, 1], [2, 3]] output_shape [1, 64, 3, 64] : tensor<64x192xbf16> into tensor<1x64x3x64xbf16>
    %46 = tensor.empty() : tensor<1x3x64x64xbf16>
    %transposed_16 = linalg.transpose ins(%expanded_15 : tensor<1x64x3x64xbf16>) outs(%46 : tensor<1x3x64x64xbf16>) permutation = [0, 2, 1, 3] 
    %47 = linalg.generic {indexing_maps = [#map4, #map4], iterator_types = ["parallel"]} ins(%23 : tensor<32xf32>) outs(%20 : tensor<32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.cmpf one, %in, %cst : f32
      cf.assert %125, "unimplemented: tensor with zero element"
      %126 = arith.divf %cst_0, %in : f32
      linalg.yield %126 : f32
    } -> tensor<32xf32>
    %48 = linalg.generic {indexing_maps = [#map5, #map6, #map3], iterator_types = ["parallel", "parallel"]} ins(%expanded_11, %47 : tensor<64x1xf32>, tensor<32xf32>) outs(%27 : tensor<64x32xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.mulf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<64x32xf32>
    %concat_17 = tensor.concat dim(1) %48, %48 : (tensor<64x32xf32>, tensor<64x32xf32>) -> tensor<64x64xf32>
    %extracted_slice_18 = tensor.extract_slice %transposed_16[0, 0, 0, 0] [1, 3, 64, 32] [1, 1, 1, 1] : tensor<1x3x64x64xbf16> to tensor<1x3x64x32xbf16>
    %extracted_slice_19 = tensor.extract_slice %transposed_16[0, 0, 0, 32] [1, 3, 64, 32] [1, 1, 1, 1] : tensor<1x3x64x64xbf16> to tensor<1x3x64x32xbf16>
    %49 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%concat_17 : tensor<64x64xf32>) outs(%29 : tensor<64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.cos %in : f32
      linalg.yield %125 : f32
    } -> tensor<64x64xf32>
    %50 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%49 : tensor<64x64xf32>) outs(%31 : tensor<64x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x64xbf16>
    %51 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_16, %50 : tensor<1x3x64x64xbf16>, tensor<64x64xbf16>) outs(%46 : tensor<1x3x64x64xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.mulf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x3x64x64xbf16>
    %52 = tensor.empty() : tensor<1x3x64x32xbf16>
    %53 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_19 : tensor<1x3x64x32xbf16>) outs(%52 : tensor<1x3x64x32xbf16>) {
    ^bb0(%in: bf16, %out: bf16):
      %125 = arith.negf %in : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x3x64x32xbf16>
    %concat_20 = tensor.concat dim(3) %53, %extracted_slice_18 : (tensor<1x3x64x32xbf16>, tensor<1x3x64x32xbf16>) -> tensor<1x3x64x64xbf16>
    %54 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%concat_17 : tensor<64x64xf32>) outs(%29 : tensor<64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.sin %in : f32
      linalg.yield %125 : f32
    } -> tensor<64x64xf32>
    %55 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%54 : tensor<64x64xf32>) outs(%31 : tensor<64x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x64xbf16>
    %56 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_20, %55 : tensor<1x3x64x64xbf16>, tensor<64x64xbf16>) outs(%46 : tensor<1x3x64x64xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.mulf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x3x64x64xbf16>
    %57 = linalg.generic {indexing_maps = [#map7, #map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%51, %56 : tensor<1x3x64x64xbf16>, tensor<1x3x64x64xbf16>) outs(%46 : tensor<1x3x64x64xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.addf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x3x64x64xbf16>
    %transposed_21 = linalg.transpose ins(%arg6 : tensor<192x576xbf16>) outs(%40 : tensor<576x192xbf16>) permutation = [1, 0] 
    %58 = linalg.matmul ins(%collapsed, %transposed_21 : tensor<64x576xbf16>, tensor<576x192xbf16>) outs(%42 : tensor<64x192xf32>) -> tensor<64x192xf32>
    %59 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%58 : tensor<64x192xf32>) outs(%44 : tensor<64x192xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x192xbf16>
    %expanded_22 = tensor.expand_shape %59 [[0, 1], [2, 3]] output_shape [1, 64, 3, 64] : tensor<64x192xbf16> into tensor<1x64x3x64xbf16>
    %transposed_23 = linalg.transpose ins(%expanded_22 : tensor<1x64x3x64xbf16>) outs(%46 : tensor<1x3x64x64xbf16>) permutation = [0, 2, 1, 3] 
    %60 = tensor.empty() : tensor<1x3x3x64x64xbf16>
    %61 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%57 : tensor<1x3x64x64xbf16>) outs(%60 : tensor<1x3x3x64x64xbf16>) {
    ^bb0(%in: bf16, %out: bf16):
      linalg.yield %in : bf16
    } -> tensor<1x3x3x64x64xbf16>
    %collapsed_24 = tensor.collapse_shape %61 [[0], [1, 2], [3], [4]] : tensor<1x3x3x64x64xbf16> into tensor<1x9x64x64xbf16>
    %transposed_25 = linalg.transpose ins(%collapsed_24 : tensor<1x9x64x64xbf16>) outs(%19 : tensor<1x9x64x64xbf16>) permutation = [0, 1, 3, 2] 
    %collapsed_26 = tensor.collapse_shape %39 [[0, 1], [2], [3]] : tensor<1x9x64x64xbf16> into tensor<9x64x64xbf16>
    %collapsed_27 = tensor.collapse_shape %transposed_25 [[0, 1], [2], [3]] : tensor<1x9x64x64xbf16> into tensor<9x64x64xbf16>
    %62 = tensor.empty() : tensor<9x64x64xf32>
    %63 = linalg.fill ins(%cst : f32) outs(%62 : tensor<9x64x64xf32>) -> tensor<9x64x64xf32>
    %64 = linalg.batch_matmul ins(%collapsed_26, %collapsed_27 : tensor<9x64x64xbf16>, tensor<9x64x64xbf16>) outs(%63 : tensor<9x64x64xf32>) -> tensor<9x64x64xf32>
    %65 = tensor.empty() : tensor<9x64x64xbf16>
    %66 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%64 : tensor<9x64x64xf32>) outs(%65 : tensor<9x64x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<9x64x64xbf16>
    %expanded_28 = tensor.expand_shape %66 [[0, 1], [2], [3]] output_shape [1, 9, 64, 64] : tensor<9x64x64xbf16> into tensor<1x9x64x64xbf16>
    %67 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_28 : tensor<1x9x64x64xbf16>) outs(%19 : tensor<1x9x64x64xbf16>) {
    ^bb0(%in: bf16, %out: bf16):
      %125 = arith.divf %in, %cst_9 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x9x64x64xbf16>
    %68 = tensor.empty() : tensor<1x9x64x64xf32>
    %69 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%67 : tensor<1x9x64x64xbf16>) outs(%68 : tensor<1x9x64x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %125 = arith.extf %in : bf16 to f32
      linalg.yield %125 : f32
    } -> tensor<1x9x64x64xf32>
    %70 = tensor.empty() : tensor<64xi64>
    %71 = linalg.generic {indexing_maps = [#map4], iterator_types = ["parallel"]} outs(%70 : tensor<64xi64>) {
    ^bb0(%out: i64):
      %125 = linalg.index 0 : index
      %126 = arith.index_cast %125 : index to i64
      linalg.yield %126 : i64
    } -> tensor<64xi64>
    %expanded_29 = tensor.expand_shape %71 [[0, 1]] output_shape [1, 64] : tensor<64xi64> into tensor<1x64xi64>
    %expanded_30 = tensor.expand_shape %71 [[0, 1]] output_shape [64, 1] : tensor<64xi64> into tensor<64x1xi64>
    %72 = tensor.empty() : tensor<64x64xi64>
    %73 = linalg.generic {indexing_maps = [#map11, #map5, #map3], iterator_types = ["parallel", "parallel"]} ins(%expanded_29, %expanded_30 : tensor<1x64xi64>, tensor<64x1xi64>) outs(%72 : tensor<64x64xi64>) {
    ^bb0(%in: i64, %in_47: i64, %out: i64):
      %125 = arith.subi %in, %in_47 : i64
      linalg.yield %125 : i64
    } -> tensor<64x64xi64>
    %74 = tensor.empty() : tensor<64x64xi1>
    %75 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%73 : tensor<64x64xi64>) outs(%74 : tensor<64x64xi1>) {
    ^bb0(%in: i64, %out: i1):
      %125 = arith.cmpi sge, %in, %c1_i64 : i64
      linalg.yield %125 : i1
    } -> tensor<64x64xi1>
    %76 = linalg.generic {indexing_maps = [#map3, #map3, #map12, #map3], iterator_types = ["parallel", "parallel"]} ins(%75, %cst_3, %cst_2 : tensor<64x64xi1>, tensor<64x64xf32>, tensor<f32>) outs(%29 : tensor<64x64xf32>) {
    ^bb0(%in: i1, %in_47: f32, %in_48: f32, %out: f32):
      %125 = arith.select %in, %in_47, %in_48 : f32
      linalg.yield %125 : f32
    } -> tensor<64x64xf32>
    %77 = linalg.generic {indexing_maps = [#map7, #map8, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%69, %76 : tensor<1x9x64x64xf32>, tensor<64x64xf32>) outs(%68 : tensor<1x9x64x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.addf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<1x9x64x64xf32>
    %78 = tensor.empty() : tensor<1x9x64xi64>
    %79 = linalg.fill ins(%c0_i64 : i64) outs(%78 : tensor<1x9x64xi64>) -> tensor<1x9x64xi64>
    %80 = tensor.empty() : tensor<1x9x64xf32>
    %81 = linalg.fill ins(%cst_1 : f32) outs(%80 : tensor<1x9x64xf32>) -> tensor<1x9x64xf32>
    %82:2 = linalg.generic {indexing_maps = [#map7, #map13, #map13], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%77 : tensor<1x9x64x64xf32>) outs(%81, %79 : tensor<1x9x64xf32>, tensor<1x9x64xi64>) {
    ^bb0(%in: f32, %out: f32, %out_47: i64):
      %125 = linalg.index 3 : index
      %126 = arith.index_cast %125 : index to i64
      %127 = arith.maximumf %in, %out : f32
      %128 = arith.cmpf ogt, %in, %out : f32
      %129 = arith.select %128, %126, %out_47 : i64
      linalg.yield %127, %129 : f32, i64
    } -> (tensor<1x9x64xf32>, tensor<1x9x64xi64>)
    %expanded_31 = tensor.expand_shape %82#0 [[0], [1], [2, 3]] output_shape [1, 9, 64, 1] : tensor<1x9x64xf32> into tensor<1x9x64x1xf32>
    %83 = linalg.generic {indexing_maps = [#map7, #map14, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%77, %expanded_31 : tensor<1x9x64x64xf32>, tensor<1x9x64x1xf32>) outs(%68 : tensor<1x9x64x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.subf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<1x9x64x64xf32>
    %84 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%83 : tensor<1x9x64x64xf32>) outs(%68 : tensor<1x9x64x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.exp %in : f32
      linalg.yield %125 : f32
    } -> tensor<1x9x64x64xf32>
    %85 = tensor.empty() : tensor<1x9x64x1xf32>
    %86 = linalg.fill ins(%cst : f32) outs(%85 : tensor<1x9x64x1xf32>) -> tensor<1x9x64x1xf32>
    %87 = linalg.generic {indexing_maps = [#map7, #map14], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%84 : tensor<1x9x64x64xf32>) outs(%86 : tensor<1x9x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.addf %in, %out : f32
      linalg.yield %125 : f32
    } -> tensor<1x9x64x1xf32>
    %88 = linalg.generic {indexing_maps = [#map7, #map14, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%84, %87 : tensor<1x9x64x64xf32>, tensor<1x9x64x1xf32>) outs(%68 : tensor<1x9x64x64xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.divf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<1x9x64x64xf32>
    %89 = linalg.generic {indexing_maps = [#map7, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%88 : tensor<1x9x64x64xf32>) outs(%19 : tensor<1x9x64x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<1x9x64x64xbf16>
    %90 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_23 : tensor<1x3x64x64xbf16>) outs(%60 : tensor<1x3x3x64x64xbf16>) {
    ^bb0(%in: bf16, %out: bf16):
      linalg.yield %in : bf16
    } -> tensor<1x3x3x64x64xbf16>
    %collapsed_32 = tensor.collapse_shape %89 [[0, 1], [2], [3]] : tensor<1x9x64x64xbf16> into tensor<9x64x64xbf16>
    %collapsed_33 = tensor.collapse_shape %90 [[0, 1, 2], [3], [4]] : tensor<1x3x3x64x64xbf16> into tensor<9x64x64xbf16>
    %91 = linalg.batch_matmul ins(%collapsed_32, %collapsed_33 : tensor<9x64x64xbf16>, tensor<9x64x64xbf16>) outs(%63 : tensor<9x64x64xf32>) -> tensor<9x64x64xf32>
    %92 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%91 : tensor<9x64x64xf32>) outs(%65 : tensor<9x64x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<9x64x64xbf16>
    %expanded_34 = tensor.expand_shape %92 [[0, 1], [2], [3]] output_shape [1, 9, 64, 64] : tensor<9x64x64xbf16> into tensor<1x9x64x64xbf16>
    %93 = tensor.empty() : tensor<1x64x9x64xbf16>
    %transposed_35 = linalg.transpose ins(%expanded_34 : tensor<1x9x64x64xbf16>) outs(%93 : tensor<1x64x9x64xbf16>) permutation = [0, 2, 1, 3] 
    %transposed_36 = linalg.transpose ins(%arg4 : tensor<576x576xbf16>) outs(%13 : tensor<576x576xbf16>) permutation = [1, 0] 
    %collapsed_37 = tensor.collapse_shape %transposed_35 [[0, 1], [2, 3]] : tensor<1x64x9x64xbf16> into tensor<64x576xbf16>
    %94 = linalg.matmul ins(%collapsed_37, %transposed_36 : tensor<64x576xbf16>, tensor<576x576xbf16>) outs(%15 : tensor<64x576xf32>) -> tensor<64x576xf32>
    %95 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%94 : tensor<64x576xf32>) outs(%17 : tensor<64x576xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x576xbf16>
    %expanded_38 = tensor.expand_shape %95 [[0, 1], [2]] output_shape [1, 64, 576] : tensor<64x576xbf16> into tensor<1x64x576xbf16>
    %96 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %expanded_38 : tensor<1x64x576xbf16>, tensor<1x64x576xbf16>) outs(%10 : tensor<1x64x576xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.addf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x576xbf16>
    %97 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%96 : tensor<1x64x576xbf16>) outs(%0 : tensor<1x64x576xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %125 = arith.extf %in : bf16 to f32
      linalg.yield %125 : f32
    } -> tensor<1x64x576xf32>
    %98 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%97 : tensor<1x64x576xf32>) outs(%0 : tensor<1x64x576xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %125 : f32
    } -> tensor<1x64x576xf32>
    %99 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%98 : tensor<1x64x576xf32>) outs(%4 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.addf %in, %out : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1xf32>
    %100 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%99 : tensor<1x64x1xf32>) outs(%3 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.divf %in, %cst_5 : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1xf32>
    %101 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%100 : tensor<1x64x1xf32>) outs(%3 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.truncf %cst_4 : f64 to f32
      %126 = arith.addf %in, %125 : f32
      linalg.yield %126 : f32
    } -> tensor<1x64x1xf32>
    %102 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%101 : tensor<1x64x1xf32>) outs(%3 : tensor<1x64x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = math.rsqrt %in : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1xf32>
    %103 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%97, %102 : tensor<1x64x576xf32>, tensor<1x64x1xf32>) outs(%0 : tensor<1x64x576xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.mulf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x576xf32>
    %104 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%103 : tensor<1x64x576xf32>) outs(%10 : tensor<1x64x576xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x576xbf16>
    %105 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2, %104 : tensor<576xbf16>, tensor<1x64x576xbf16>) outs(%10 : tensor<1x64x576xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.mulf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x576xbf16>
    %106 = tensor.empty() : tensor<576x1536xbf16>
    %transposed_39 = linalg.transpose ins(%arg7 : tensor<1536x576xbf16>) outs(%106 : tensor<576x1536xbf16>) permutation = [1, 0] 
    %collapsed_40 = tensor.collapse_shape %105 [[0, 1], [2]] : tensor<1x64x576xbf16> into tensor<64x576xbf16>
    %107 = tensor.empty() : tensor<64x1536xf32>
    %108 = linalg.fill ins(%cst : f32) outs(%107 : tensor<64x1536xf32>) -> tensor<64x1536xf32>
    %109 = linalg.matmul ins(%collapsed_40, %transposed_39 : tensor<64x576xbf16>, tensor<576x1536xbf16>) outs(%108 : tensor<64x1536xf32>) -> tensor<64x1536xf32>
    %110 = tensor.empty() : tensor<64x1536xbf16>
    %111 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%109 : tensor<64x1536xf32>) outs(%110 : tensor<64x1536xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x1536xbf16>
    %expanded_41 = tensor.expand_shape %111 [[0, 1], [2]] output_shape [1, 64, 1536] : tensor<64x1536xbf16> into tensor<1x64x1536xbf16>
    %112 = tensor.empty() : tensor<1x64x1536xf32>
    %113 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_41 : tensor<1x64x1536xbf16>) outs(%112 : tensor<1x64x1536xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %125 = arith.extf %in : bf16 to f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1536xf32>
    %114 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%113 : tensor<1x64x1536xf32>) outs(%112 : tensor<1x64x1536xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.negf %in : f32
      %126 = math.exp %125 : f32
      %127 = arith.addf %126, %cst_0 : f32
      %128 = arith.divf %cst_0, %127 : f32
      linalg.yield %128 : f32
    } -> tensor<1x64x1536xf32>
    %115 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%113, %114 : tensor<1x64x1536xf32>, tensor<1x64x1536xf32>) outs(%112 : tensor<1x64x1536xf32>) {
    ^bb0(%in: f32, %in_47: f32, %out: f32):
      %125 = arith.mulf %in, %in_47 : f32
      linalg.yield %125 : f32
    } -> tensor<1x64x1536xf32>
    %116 = tensor.empty() : tensor<1x64x1536xbf16>
    %117 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%115 : tensor<1x64x1536xf32>) outs(%116 : tensor<1x64x1536xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x1536xbf16>
    %transposed_42 = linalg.transpose ins(%arg8 : tensor<1536x576xbf16>) outs(%106 : tensor<576x1536xbf16>) permutation = [1, 0] 
    %118 = linalg.matmul ins(%collapsed_40, %transposed_42 : tensor<64x576xbf16>, tensor<576x1536xbf16>) outs(%108 : tensor<64x1536xf32>) -> tensor<64x1536xf32>
    %119 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%118 : tensor<64x1536xf32>) outs(%110 : tensor<64x1536xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x1536xbf16>
    %expanded_43 = tensor.expand_shape %119 [[0, 1], [2]] output_shape [1, 64, 1536] : tensor<64x1536xbf16> into tensor<1x64x1536xbf16>
    %120 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%117, %expanded_43 : tensor<1x64x1536xbf16>, tensor<1x64x1536xbf16>) outs(%116 : tensor<1x64x1536xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.mulf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x1536xbf16>
    %121 = tensor.empty() : tensor<1536x576xbf16>
    %transposed_44 = linalg.transpose ins(%arg9 : tensor<576x1536xbf16>) outs(%121 : tensor<1536x576xbf16>) permutation = [1, 0] 
    %collapsed_45 = tensor.collapse_shape %120 [[0, 1], [2]] : tensor<1x64x1536xbf16> into tensor<64x1536xbf16>
    %122 = linalg.matmul ins(%collapsed_45, %transposed_44 : tensor<64x1536xbf16>, tensor<1536x576xbf16>) outs(%15 : tensor<64x576xf32>) -> tensor<64x576xf32>
    %123 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%122 : tensor<64x576xf32>) outs(%17 : tensor<64x576xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %125 = arith.truncf %in : f32 to bf16
      linalg.yield %125 : bf16
    } -> tensor<64x576xbf16>
    %expanded_46 = tensor.expand_shape %123 [[0, 1], [2]] output_shape [1, 64, 576] : tensor<64x576xbf16> into tensor<1x64x576xbf16>
    %124 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%96, %expanded_46 : tensor<1x64x576xbf16>, tensor<1x64x576xbf16>) outs(%10 : tensor<1x64x576xbf16>) {
    ^bb0(%in: bf16, %in_47: bf16, %out: bf16):
      %125 = arith.addf %in, %in_47 : bf16
      linalg.yield %125 : bf16
    } -> tensor<1x64x576xbf16>
    return %124 : tensor<1x64x576xbf16>
  }
}
